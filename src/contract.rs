//! What every store has to hold to: run these against an implementation in its tests.
//!
//! Each function panics where the contract is broken, and says how. They use 64 threads, and block each on its future.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Barrier};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use chrono::{DateTime, TimeDelta, Utc};

use crate::account::{Account, AccountId, AccountStatus, Profile, Role};
use crate::assertion::{Attributes, NameId};
use crate::directory::{Directory, ProvisionError, Provisioned, Written, provision};
use crate::error::StoreError;
use crate::identity::{AttributeMap, Email, Identity, IdentityParts, Session};
use crate::organization::{Organization, Slug, SpUrls};
use crate::pending::PendingRequest;
use crate::provision::{AccountChanges, NewAccount};
use crate::relay_state::RelayState;
use crate::request::{Remembered, RequestStore};
use crate::store::{ReplayStore, SpendOutcome, Spending};

const THREADS: usize = 64;

/// Tests a [`ReplayStore`] that is empty: single use under 64 concurrent takers, of assertions and of requests, connections apart,
/// expiry, and nothing that is over.
///
/// # Panics
///
/// Where the contract is broken.
#[expect(clippy::panic, reason = "a test")]
pub fn replay_store<S: ReplayStore + Sync>(store: &S) {
    let now = instant();
    let later = now + TimeDelta::minutes(5);
    let spend = |connection: &str, assertion: &str, request: Option<&str>, at: DateTime<Utc>| {
        let spending = Spending::new(connection, "urn:issuer", assertion, later);
        let spending = match request {
            Some(request) => spending.with_request_id(request),
            None => spending,
        };
        match block_on(store.spend(&spending, at)) {
            Ok(outcome) => outcome,
            Err(error) => panic!("the store failed: {error}"),
        }
    };
    let outcomes = together(|thread| match thread % 2 {
        // The same assertion alone, and the same request with an assertion of its own.
        0 => spend("contract-a", "assertion", None, now),
        _ => spend("contract-a", &format!("assertion-{thread}"), Some("request"), now),
    });
    let fresh = |parity: usize| {
        let of = outcomes.iter().skip(parity).step_by(2);
        of.filter(|outcome| **outcome == SpendOutcome::Fresh).count()
    };
    assert_eq!(fresh(0), 1, "one of 32 spends of one assertion succeeds");
    assert_eq!(fresh(1), 1, "one of 32 spends of one request succeeds");
    assert_eq!(spend("contract-a", "assertion", None, now), SpendOutcome::AssertionSeen, "it stays spent");
    assert_eq!(spend("contract-b", "assertion", None, now), SpendOutcome::Fresh, "connections are apart");
    let last = later - TimeDelta::seconds(1);
    assert_eq!(
        spend("contract-a", "assertion", None, last),
        SpendOutcome::AssertionSeen,
        "up to the last instant"
    );
    for (id, until) in [("over", last), ("long-over", now)] {
        let over = Spending::new("contract-a", "urn:issuer", id, until);
        let outcome = block_on(store.spend(&over, last));
        assert!(!matches!(outcome, Ok(SpendOutcome::Fresh)), "nothing that is over is fresh");
    }
}

/// Tests a [`RequestStore`] that is empty: a request is given to its cookie and to no other, not beyond its expiry, and, if the store
/// `gives_once`, to one of 64 concurrent takers.
///
/// # Panics
///
/// Where the contract is broken.
#[expect(clippy::panic, reason = "a test")]
pub fn request_store<S: RequestStore + Sync>(store: &S, gives_once: bool) {
    let now = instant();
    let pending = |number: u8| PendingRequest {
        request_id: format!("_request-{number}"),
        connection_id: "contract".into(),
        issued_at: now,
        expires_at: now + TimeDelta::minutes(10),
        relay_state: RelayState::received("/inbox"),
        force_authn: number == 1,
        authn_contexts: vec!["urn:context".into()],
    };
    let remember = |number: u8| match block_on(store.remember(&pending(number), [number; 32], now)) {
        Ok(Remembered::Cookie(cookie)) => cookie,
        other => panic!("a request is not remembered: {other:?}"),
    };
    let take = |cookie: &str, at: DateTime<Utc>| match block_on(store.take(cookie, at)) {
        Ok(taken) => taken,
        Err(error) => panic!("the store failed: {error}"),
    };
    let (one, two, three) = (remember(1), remember(2), remember(3));
    assert!(one != two && two != three, "each request has its own cookie");
    let is_safe = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    assert!(one.bytes().all(is_safe), "a cookie's value has letters, digits, `-` and `_`");
    assert_eq!(take("", now), None, "an empty cookie gives nothing");
    let mut other = one.clone();
    let last = other.pop();
    other.push(if last == Some('A') { 'B' } else { 'A' });
    // Base64 without padding may end in bits that do not count; the byte before does.
    assert!(take(&format!("x{other}"), now).is_none(), "a cookie that the store did not make gives nothing");
    let given: Vec<PendingRequest> = together(|_| take(&one, now)).into_iter().flatten().collect();
    assert!(given.iter().all(|given| *given == pending(1)), "a cookie gives its own request, whole");
    if gives_once {
        assert_eq!(given.len(), 1, "one of 64 takers gets the request");
        assert_eq!(take(&one, now), None, "it stays taken");
    }
    assert_eq!(
        take(&two, now + TimeDelta::minutes(10) - TimeDelta::seconds(1)),
        Some(pending(2)),
        "until its last instant"
    );
    assert_eq!(take(&three, now + TimeDelta::minutes(10)), None, "an expired request is not given");
}

/// Tests a [`Directory`] that is empty: 64 simultaneous first logins of one person, 64 newcomers for a few seats, uniqueness, changes of
/// what has changed, and the count of seats. `set_seats` sets how many an organization has bought.
///
/// # Panics
///
/// Where the contract is broken.
#[expect(clippy::panic, reason = "a test")]
pub fn directory<D: Directory + Sync>(directory: &D, set_seats: impl Fn(&str, Option<u32>)) {
    let written = |written: Result<Written, StoreError>| match written {
        Ok(written) => written,
        Err(error) => panic!("the directory failed: {error}"),
    };
    let account = |outcome: Written| match outcome {
        Written::Done(account) => *account,
        other => panic!("an account is not written: {other:?}"),
    };
    let status = |before: &Account, status| {
        written(block_on(directory.change(before, &AccountChanges::to_status(status))))
    };
    let taken = |organization: &str| match block_on(directory.find(organization, None, None)) {
        Ok(matches) => matches.seats.taken,
        Err(error) => panic!("the directory failed: {error}"),
    };
    let login = |organization: &Organization, name: &str| {
        block_on(provision(directory, &identity(organization.id(), name), organization))
    };

    let one = organization("contract-one");
    set_seats("contract-one", Some(10));
    let came = together(|_| login(&one, "alice"));
    let ids: BTreeSet<AccountId> = came.iter().flatten().map(|came| came.account.id.clone()).collect();
    assert_eq!(
        came.iter().filter(|came| came.is_ok()).count(),
        THREADS,
        "all of one person's logins succeed"
    );
    assert_eq!(ids.len(), 1, "64 first logins of one person make one account");
    assert_eq!(taken("contract-one"), 1, "and take one seat");
    let created = came.iter().flatten().filter(|came| came.provisioning.code() == "create").count();
    assert_eq!(created, 1, "one of them says that it created the account");

    let few = organization("contract-few");
    set_seats("contract-few", Some(7));
    let came = together(|thread| login(&few, &format!("person-{thread}")));
    assert_eq!(
        came.iter().filter(|came| came.is_ok()).count(),
        7,
        "64 newcomers for 7 seats: exactly 7 come in"
    );
    let refused = |came: &Result<Provisioned, ProvisionError>| came.as_ref().err().map(ProvisionError::code);
    assert!(came.iter().filter_map(refused).all(|code| code == "no_seat"), "the others are told why");
    assert_eq!(taken("contract-few"), 7);

    // The same address in other letters, by invitation.
    let invite = |organization: &str, text: &str| match Email::parse(text) {
        Some(email) => {
            written(block_on(directory.create(NewAccount::invited(organization, email, Role::Member))))
        }
        None => panic!("not an address: {text}"),
    };
    assert_eq!(invite("contract-one", "ALICE@example.test"), Written::Conflict, "addresses are unique");
    assert_eq!(taken("contract-one"), 1, "a conflict takes no seat");
    assert_eq!(invite("contract-few", "late@example.test"), Written::NoSeat, "an invitation needs a seat");
    let elsewhere = account(invite("contract-two", "alice@example.test"));
    assert_eq!(elsewhere.status, AccountStatus::Invited, "organizations are apart");
    let several = together(|_| invite("contract-two", "bob@example.test"));
    let done = several.iter().filter(|written| matches!(written, Written::Done(_))).count();
    assert_eq!(done, 1, "one of 64 invitations of one address is written");

    // A seat comes back, and is taken again.
    let alice = match login(&one, "alice") {
        Ok(came) => came.account,
        Err(error) => panic!("the person does not come in again: {error}"),
    };
    let off = account(status(&alice, AccountStatus::Deactivated));
    assert_eq!(taken("contract-one"), 0, "deactivation gives the seat back at once");
    assert_eq!(status(&alice, AccountStatus::Active), Written::Conflict, "what was read has changed since");
    set_seats("contract-one", Some(0));
    assert_eq!(status(&off, AccountStatus::Active), Written::NoSeat, "reactivation takes a seat");
    assert!(
        login(&one, "alice").err().map(|error| error.code()) == Some("account_deactivated"),
        "a login activates nobody"
    );
    set_seats("contract-one", Some(1));
    let reactivated: Vec<Written> = together(|_| status(&off, AccountStatus::Active));
    let done = reactivated.iter().filter(|written| matches!(written, Written::Done(_))).count();
    assert_eq!((done, taken("contract-one")), (1, 1), "one of 64 reactivations is written");

    // Fewer seats than are taken: nobody loses theirs, a change needs none, and nobody new gets one.
    set_seats("contract-few", Some(3));
    assert_eq!(taken("contract-few"), 7, "nobody is evicted");
    assert_eq!(login(&few, "new").err().map(|error| error.code()), Some("no_seat"));
    let deleted = match came.into_iter().flatten().next() {
        Some(came) => {
            let renamed = AccountChanges { profile: Some(Profile::default()), ..AccountChanges::default() };
            let renamed = account(written(block_on(directory.change(&came.account, &renamed))));
            account(status(&renamed, AccountStatus::Deleted))
        }
        None => panic!("somebody came in"),
    };
    assert_eq!(taken("contract-few"), 6, "deletion gives the seat back");
    let found = block_on(directory.find("contract-few", deleted.stable_key.as_ref(), deleted.email.as_ref()));
    assert!(found.is_ok_and(|found| found.accounts == [deleted]), "a deleted account is still found");
}

fn organization(id: &str) -> Organization {
    let urls =
        Slug::parse(id).and_then(|slug| Some((SpUrls::derived("https://app.example.test", &slug)?, slug)));
    match urls {
        Some((urls, slug)) => Organization::new(id, slug, urls),
        #[expect(clippy::panic, reason = "a test")]
        None => panic!("not a slug: {id}"),
    }
}

fn identity(connection_id: &str, name: &str) -> Identity {
    let email = format!("{name}@example.test");
    let name_id = NameId {
        value: email,
        format: Some("urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress".into()),
        name_qualifier: None,
        sp_name_qualifier: None,
    };
    let session = Session {
        session_index: None,
        session_not_on_or_after: None,
        authn_instant: instant(),
        authn_context_class_ref: None,
    };
    let parts = IdentityParts {
        connection_id: connection_id.into(),
        issuer: "urn:issuer".into(),
        name_id,
        session,
        attributes: Attributes::default(),
        key_fingerprint: String::new(),
    };
    Identity::from_parts(parts, &AttributeMap::default())
}

fn instant() -> DateTime<Utc> {
    DateTime::from_timestamp(1_900_000_000, 0).unwrap_or_default()
}

/// What so many threads get that begin at the same instant.
fn together<T: Send>(work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(THREADS);
    let start = |thread| {
        barrier.wait();
        work(thread)
    };
    thread::scope(|scope| {
        let start = &start;
        let threads: Vec<_> = (0..THREADS).map(|thread| scope.spawn(move || start(thread))).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
    })
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}
