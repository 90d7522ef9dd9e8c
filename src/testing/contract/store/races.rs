//! Many that want one thing at the same time.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::people::{email, kept, member, named_organization, session, with_domain};
use super::world::spending;
use super::{Tested, creation, number_done, settings, with_kept};
use crate::account::{Invitation, OrganizationId, Role, Status};
use crate::organization::By;
use crate::provision::{Asked, Intent, ProvisionError, carry_out};
use crate::random::Random;
use crate::store::{Kept, KeptWrite, Names, SessionWrite, SettingsWrite, Store, Write, Written};
use crate::testing::contract::{THREADS, instant, together};
use crate::token::TokenDigest;

pub(super) fn one_of_many_is_first<S: Store + Sync>(tested: Tested<'_, S>) {
    let id = tested.found("contract-races", None);
    let alice = tested.created(member(&id, "alice"));
    let spend = |assertion: &str, request: Option<&str>, thread: usize| {
        let mut write = Write::of(&id, instant());
        let spending = spending(&id, assertion);
        write.spend = Some(match request {
            Some(request) => spending.with_request_id(request),
            None => spending,
        });
        let session = session(&alice, &format!("{assertion} {thread}"));
        write.sessions.push(SessionWrite::Begin(Box::new(session)));
        tested.write(write)
    };
    let written = together(|thread| spend("assertion", None, thread));
    let done = number_done(&written);
    assert!(done == 1, "of 64 that spend one assertion at once one does: {done}");
    let written = together(|thread| spend(&format!("a-{thread}"), Some("request"), thread));
    let done = number_done(&written);
    assert!(done == 1, "of 64 that answer one request at once one does: {done}");
    let begun = tested.ask(tested.store.sessions(&id, &alice.id)).len();
    assert!(begun == 2, "what is spent and its session are written together: {begun} began");
    one_of_many_keeps(tested, &id);
    one_of_many_claims(tested);
    one_of_many_notes(tested);
}

/// Machines that start at once, each with a key of its own.
fn one_of_many_notes<S: Store + Sync>(tested: Tested<'_, S>) {
    let record = tested.ask(tested.store.store_record());
    let note = |thread: usize| {
        let mut noted = record.clone();
        noted.version = noted.version.saturating_add(1);
        noted.sealing_keys.insert(format!("raced {thread}"));
        let mut write = Write::of("contract-nobody", instant());
        write.store_record = Some(noted);
        tested.write(write)
    };
    let done = number_done(&together(note));
    assert!(done == 1, "of 64 that write the record as it was read one does: {done}");
    let now = tested.ask(tested.store.store_record()).sealing_keys;
    let raced = now.iter().filter(|key| key.starts_with("raced")).count();
    assert!(raced == 1, "of 64 that write the record as it was read one is kept: {raced}");
}

fn one_of_many_keeps<S: Store + Sync>(tested: Tested<'_, S>, id: &OrganizationId) {
    let first = kept(id, "raced");
    let put = |version: u64| {
        let kept = Kept { version, ..first.clone() };
        tested.write(with_kept(id, KeptWrite::Put(Box::new(kept))))
    };
    let done = number_done(&together(|_| put(0)));
    assert!(done == 1, "of 64 that keep one new thing at once one does: {done}");
    let done = number_done(&together(|_| put(1)));
    assert!(done == 1, "of 64 that write what is kept as it was read one does: {done}");
    let take = || tested.write(with_kept(id, KeptWrite::Take(first.kind(), first.digest)));
    let done = number_done(&together(|_| take()));
    assert!(done == 1, "of 64 that take what is kept at once one does: {done}");
}

fn one_of_many_claims<S: Store + Sync>(tested: Tested<'_, S>) {
    let found = |number: usize| tested.found(&format!("contract-claimer-{number}"), None);
    let organizations: Vec<OrganizationId> = (0..THREADS).map(found).collect();
    let claim = |thread: usize| {
        let record = tested.record(organizations.get(thread)?);
        let wanted = Box::new(with_domain(&record.organization, "races.test"));
        Some(tested.write(settings(&record, SettingsWrite::Change(wanted))))
    };
    let written: Vec<Written> = together(claim).into_iter().flatten().collect();
    let done = number_done(&written);
    assert!(done == 1, "of 64 organizations that claim one domain at once one does: {done}");
    let claimed = written.iter().filter(|written| matches!(written, Written::Claimed(_))).count();
    assert!(claimed == THREADS - 1, "the others of 64 are told that it is claimed: {claimed}");
    let found = |id: &str, slug: &str| {
        let organization = named_organization(id, slug);
        let founding = Write::founding(organization, None, instant(), Random::new([6; 32]));
        tested.write(founding)
    };
    let written = together(|thread| found("contract-once", &format!("contract-once-{thread}")));
    let done = number_done(&written);
    assert!(done == 1, "of 64 that found one organization at once one does: {done}");
    let slug = |thread: usize| found(&format!("contract-slug-{thread}"), "contract-one-slug");
    let done = number_done(&together(slug));
    assert!(done == 1, "of 64 that are founded under one slug at once one is: {done}");
}

/// One changes the settings while the others write what was decided before.
pub(super) fn what_decided_stays_in_effect<S: Store + Sync>(tested: Tested<'_, S>) {
    let id = tested.found("contract-decided-crowd", None);
    let record = tested.record(&id);
    let change = || {
        let wanted = Box::new(with_domain(&record.organization, "crowd.decided.test"));
        tested.done(settings(&record, SettingsWrite::Change(wanted)), "settings are changed");
        usize::try_from(tested.counters(&id).active).unwrap_or(usize::MAX)
    };
    let create = |thread: usize| {
        let write = |number: usize| {
            let mut write = creation(&member(&id, &format!("p-{thread}-{number}")));
            write.decided_by = Some(record.version);
            tested.write(write)
        };
        number_done(&(0..4).map(write).collect::<Vec<_>>())
    };
    let counted = together(|thread| if thread == 0 { change() } else { create(thread) });
    let before = counted.first().copied().unwrap_or_default();
    let created: usize = counted.iter().skip(1).sum();
    assert!(
        created == before,
        "once settings are changed nothing is written that the former ones decided: {created} \
         accounts were created, and {before} of them before the change"
    );
    let active = usize::try_from(tested.counters(&id).active);
    assert!(active == Ok(created), "what is outdated counts nobody, however many come: {active:?}");
}

/// One reads the feed while the others write.
pub(super) fn the_feed_skips_nothing<S: Store + Sync>(tested: Tested<'_, S>) {
    let id = tested.found("contract-feed-crowd", None);
    let left = AtomicUsize::new(THREADS - 1);
    let write = |thread: usize| {
        for number in 0..4 {
            let _ = tested.created(member(&id, &format!("p-{thread}-{number}")));
        }
        left.fetch_sub(1, Ordering::SeqCst);
    };
    let read = || {
        let (mut numbers, mut after) = (Vec::new(), 0);
        loop {
            let is_last = left.load(Ordering::SeqCst) == 0;
            let page = tested.feed(&id, after, 5);
            numbers.extend(page.iter().map(|change| change.number));
            match page.last() {
                Some(last) => after = last.number,
                None if is_last => return numbers,
                None => std::thread::yield_now(),
            }
        }
    };
    let read = together(|thread| match thread {
        0 => read(),
        _ => {
            write(thread);
            Vec::new()
        }
    });
    let numbers = read.into_iter().flatten().count();
    let all = (THREADS - 1) * 4;
    assert!(
        numbers == all,
        "whoever reads the feed while many write skips nothing: {numbers} of {all} are read"
    );
    let feed = tested.feed(&id, 0, 999);
    let in_order = (1..).zip(&feed).all(|(number, change)| change.number == number);
    assert!(in_order && feed.len() == all, "many writes have numbers without a gap: {feed:?}");
    let active = tested.counters(&id).active;
    assert!(usize::try_from(active) == Ok(all), "many writes are counted each: {active}");
}

pub(super) fn an_invitation_is_accepted_once<S: Store + Sync>(tested: Tested<'_, S>) {
    let id = tested.found("contract-accept", Some(1));
    let token = TokenDigest::of("contract accept");
    let in_an_hour = instant() + chrono::TimeDelta::hours(1);
    let email = email("accepts@contract-accept.test");
    let invitation = Invitation::new(token, in_an_hour);
    let invite = Intent::Invite { email: &email, role: Role::Member, invitation };
    let carry = |intent: &Intent<'_>| {
        let random = Random::new([8; 32]);
        let asked = Asked::by(By::Application, instant());
        let done = carry_out(tested.store, &id, intent, &asked, random);
        tested.runner.run(done)
    };
    let code = |refusal: &ProvisionError| refusal.code();
    if let Err(refusal) = carry(&invite) {
        panic!("somebody is invited, and that is refused: {}", refusal.code());
    }
    let came = together(|_| carry(&Intent::Accept(token)));
    let inside = came.iter().flatten().count();
    assert!(inside == 1, "of 64 that accept one invitation at once one does: {inside}");
    let mut refused = came.iter().filter_map(|came| came.as_ref().err().map(code));
    assert!(
        refused.all(|code| code == "invitation_unknown"),
        "the others of 64 are told that the invitation leads nowhere"
    );
    let found = tested.find(&id, &Names::of_invitation(token)).accounts;
    assert!(found.is_empty(), "an invitation that was accepted leads nowhere");
    for account in came.into_iter().flatten().map(|came| came.account) {
        assert!(account.status == Status::Active, "who accepts an invitation comes in");
        assert!(tested.now(&account) == Some(account), "what was carried out is what is found");
    }
    let told = tested.ask(tested.store.audit(&id, None, 999)).len();
    assert!(told == 1 + THREADS, "what is done and what is refused is told, each once: {told}");
}
