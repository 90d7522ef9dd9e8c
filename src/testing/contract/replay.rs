//! The contract of a [`ReplayStore`].

use chrono::{DateTime, TimeDelta, Utc};

use super::{Runner, Task, instant, together};
use crate::replay::{ReplayStore, SpendOutcome, Spending};

/// Tests a [`ReplayStore`] that is empty: single use under 64 concurrent takers, of assertions and
/// of requests, connections apart, expiry, and nothing that is over.
///
/// # Panics
///
/// Where the contract is broken.
#[expect(clippy::panic, reason = "a test")]
pub fn replay_store<S: ReplayStore + Sync>(store: &S, block_on: impl Fn(Task<'_>) + Sync) {
    let runner = Runner(&block_on);
    let now = instant();
    let later = now + TimeDelta::minutes(5);
    let spend = |connection: &str, assertion: &str, request: Option<&str>, at: DateTime<Utc>| {
        let spending = Spending::new(connection, "urn:issuer", assertion, later);
        let spending = match request {
            Some(request) => spending.with_request_id(request),
            None => spending,
        };
        match runner.run(store.spend(&spending, at)) {
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
    assert_eq!(
        spend("contract-a", "assertion", None, now),
        SpendOutcome::AssertionSeen,
        "it stays spent"
    );
    assert_eq!(
        spend("contract-b", "assertion", None, now),
        SpendOutcome::Fresh,
        "connections are apart"
    );
    let last = later - TimeDelta::seconds(1);
    assert_eq!(
        spend("contract-a", "assertion", None, last),
        SpendOutcome::AssertionSeen,
        "up to the last instant"
    );
    for (id, until) in [("over", last), ("long-over", now)] {
        let over = Spending::new("contract-a", "urn:issuer", id, until);
        let outcome = runner.run(store.spend(&over, last));
        assert!(!matches!(outcome, Ok(SpendOutcome::Fresh)), "nothing that is over is fresh");
    }
}
