//! What is told: events, requests of the directory, and the one record of the store.

use super::Tested;
use super::people::{at, event, odd};
use crate::account::{AccountId, OrganizationId};
use crate::audit::{Action, Actor, AuditEvent, Outcome};
use crate::store::{RequestLog, Store, StoreRecord, Write, Written};
use crate::testing::contract::instant;

/// Events of every kind of end, actor and content.
fn events(id: &OrganizationId) -> Vec<AuditEvent> {
    let account = || AccountId::new(odd("account"));
    let of = |actor, action| AuditEvent::new(id, actor, action, at(1));
    let fingerprint = "cd".repeat(32).parse();
    let certificate = fingerprint.map(|fingerprint| Action::CertificateRetired { fingerprint });
    let domain = || Action::DomainChanged { domain: "told.test".into(), verified: true };
    let flood = AuditEvent { unlisted: 1_203, ..of(Actor::IdentityProvider, Action::Login) };
    let dangers = || vec!["one".into(), "two".into()];
    vec![
        of(Actor::Application, Action::Login).about(account()),
        of(Actor::Directory(odd("token")), Action::ProvisioningChanged { dangers: dangers() }),
        of(Actor::IdentityProvider, Action::Login).ended(Outcome::Refused("no_seat".into())),
        flood.ended(Outcome::Refused("signature_invalid".into())),
        of(Actor::Member(account()), domain()).ended(Outcome::Failed("broken".into())),
        of(Actor::Operator(odd("operator")), certificate.unwrap_or(Action::TestLogin)),
        of(Actor::Application, Action::BreakGlassChanged { granted: false }).about(account()),
    ]
}

impl<S: Store> Tested<'_, S> {
    fn audit(
        self,
        id: &OrganizationId,
        before: Option<u64>,
        count: usize,
    ) -> Vec<(u64, AuditEvent)> {
        self.ask(self.store.audit(id, before, count))
    }

    fn requests(
        self,
        id: &OrganizationId,
        before: Option<u64>,
        count: usize,
    ) -> Vec<(u64, RequestLog)> {
        self.ask(self.store.requests(id, before, count))
    }
}

/// The entries alone, the newest first, if their numbers fall.
fn entries<T: Clone>(told: &[(u64, T)], what: &str) -> Vec<T> {
    let pairs = told.iter().zip(told.iter().skip(1));
    let falls = pairs.into_iter().all(|((newer, _), (older, _))| newer > older);
    assert!(falls, "{what} come the newest first, each with a number of its own");
    told.iter().map(|(_, entry)| entry.clone()).collect()
}

/// Reads all pages of so many entries, by the number of the last one.
fn paged<T: Clone>(count: usize, read: impl Fn(Option<u64>) -> Vec<(u64, T)>) -> Vec<T> {
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let page = read(before);
        assert!(page.len() <= count, "a page has no more than what was asked for");
        let Some((last, _)) = page.last() else { return all };
        before = Some(*last);
        all.extend(page.into_iter().map(|(_, entry)| entry));
        assert!(all.len() < 99, "pages before a number come to an end");
    }
}

pub(super) fn events_are_told<S: Store>(tested: Tested<'_, S>) {
    let id = tested.found("contract-told", None);
    let other = tested.found("contract-told-other", None);
    assert!(tested.audit(&id, None, 9).is_empty(), "at first nothing is told");
    let mut write = Write::of(&id, instant());
    write.events = events(&id);
    tested.done(write, "events are written");
    let refusal = event(&id, "refused").ended(Outcome::Refused("account_unknown".into()));
    tested.ask(tested.store.record(&refusal));
    tested.ask(tested.store.record(&event(&other, "elsewhere")));
    let mut expected: Vec<AuditEvent> = events(&id).into_iter().chain([refusal]).collect();
    expected.reverse();
    let told = tested.audit(&id, None, 99);
    let all = entries(&told, "events");
    assert!(all.len() == expected.len(), "each event is told once, a refusal, too: {all:?}");
    for (told, written) in all.iter().zip(&expected) {
        assert!(told == written, "events are told whole, the newest first: {told:?}");
    }
    let newest = entries(&tested.audit(&id, None, 2), "events");
    assert!(newest.iter().eq(expected.iter().take(2)), "the latest events are told first");
    let pages = paged(2, |before| tested.audit(&id, before, 2));
    assert!(pages == expected, "events before a number follow without a gap: {pages:?}");
    let (first, _) = told.last().map_or((0, None), |(number, told)| (*number, Some(told)));
    assert!(tested.audit(&id, Some(first), 9).is_empty(), "before the first event there is none");
    let elsewhere = entries(&tested.audit(&other, None, 9), "events");
    assert!(elsewhere == [event(&other, "elsewhere")], "events are told by their organization");
}

pub(super) fn requests_are_logged<S: Store>(tested: Tested<'_, S>) {
    let id = tested.found("contract-logged", None);
    let other = tested.found("contract-logged-other", None);
    let log = |number: u16| RequestLog {
        token: Some(odd("token")),
        account: Some(AccountId::new(odd("account"))),
        scim_type: Some("uniqueness".into()),
        detail: Some(odd("detail")),
        reason: Some("user_name_taken".into()),
        notes: vec![odd("one"), odd("two")],
        unlisted: 1_203,
        milliseconds: u32::MAX >> 1,
        client: Some(odd("client")),
        ..RequestLog::new(&id, at(i64::from(number)), "push", number)
    };
    let mut expected: Vec<RequestLog> = (200..205).map(log).collect();
    expected.push(RequestLog::new(&id, at(0), "list", 500));
    for request in &expected {
        tested.ask(tested.store.log_request(request));
    }
    tested.ask(tested.store.log_request(&RequestLog::new(&other, at(0), "elsewhere", 200)));
    expected.reverse();
    let all = entries(&tested.requests(&id, None, 99), "requests");
    assert!(all == expected, "requests are logged whole, the newest first: {all:?}");
    let pages = paged(4, |before| tested.requests(&id, before, 4));
    assert!(pages == expected, "requests before a number follow without a gap: {pages:?}");
    let elsewhere = tested.requests(&other, None, 9).len();
    assert!(elsewhere == 1, "requests are logged by their organization");
    let nobody = OrganizationId::new("contract-logged-nobody");
    tested.ask(tested.store.log_request(&RequestLog::new(&nobody, at(0), "nowhere", 401)));
    let nowhere = tested.requests(&nobody, None, 9);
    assert!(nowhere.is_empty(), "requests of an organization that is not there are forgotten");
    assert!(tested.audit(&id, None, 9).is_empty(), "requests are no events");
}

pub(super) fn there_is_one_record<S: Store>(tested: Tested<'_, S>) {
    let read = || tested.ask(tested.store.store_record());
    assert!(read() == StoreRecord::default(), "a new store has a record at version 0");
    // It needs no organization: keys are there before the first one.
    let write = |version, keys: &[&str]| {
        let mut write = Write::of("contract-nobody", instant());
        let sealing_keys = keys.iter().map(|key| (*key).to_owned()).collect();
        write.store_record = Some(StoreRecord { version, sealing_keys });
        tested.write(write)
    };
    for (version, keys) in [(1, &["one"][..]), (2, &["one", "two"]), (3, &[])] {
        let written = write(version, keys);
        assert!(written == Written::Done, "the record is written at the next version: {written:?}");
        let kept = read();
        assert!(kept.version == version, "the record is kept with its version");
        assert!(kept.sealing_keys.iter().eq(keys), "the record is kept whole");
    }
    for version in [0, 1, 2, 3, 5] {
        let written = write(version, &["other"]);
        assert!(
            written == Written::Conflict,
            "the record is written at the next version: {version} after 3: {written:?}"
        );
        assert!(read().sealing_keys.is_empty(), "a record that is a conflict is not written");
    }
}
