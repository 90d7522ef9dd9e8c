//! What every store has to hold to: run these against an implementation in its tests.
//!
//! Each function panics where the contract is broken, and says how. They use 64 threads, and block each on its future.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Barrier};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use chrono::{DateTime, TimeDelta, Utc};

use crate::pending::PendingRequest;
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
