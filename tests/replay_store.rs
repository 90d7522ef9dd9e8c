//! Single use, as `MemoryReplayStore` keeps it and as the contract of `ReplayStore` demands it.

mod common;

use std::num::NonZeroUsize;
use std::sync::{Arc, Barrier};
use std::thread;

use chrono::{DateTime, TimeDelta, Utc};
use common::block_on;
use saml_login::error::BoxError;
use saml_login::replay::SpendOutcome::{AssertionSeen, Fresh, Full, RequestSeen};
use saml_login::replay::{SpendOutcome, Spending};
use saml_login::testing::contract;
use saml_login::{MemoryReplayStore, ReplayStore};

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

/// Assertion `id` of the connection `acme`, over at second 100.
fn acme(id: &str) -> Spending {
    Spending::new("acme", "https://idp.test", id, at(100))
}

fn try_spend(
    store: impl ReplayStore,
    spending: &Spending,
    now: i64,
) -> Result<SpendOutcome, BoxError> {
    block_on(store.spend(spending, at(now)))
}

#[track_caller]
fn spend(store: impl ReplayStore, spending: &Spending, now: i64) -> SpendOutcome {
    try_spend(store, spending, now).unwrap()
}

fn with_capacity(entries: usize) -> MemoryReplayStore {
    MemoryReplayStore::new(NonZeroUsize::new(entries).unwrap())
}

#[test]
fn an_assertion_is_used_once() {
    let store = MemoryReplayStore::default();
    assert_eq!(spend(&store, &acme("_1"), 0), Fresh);
    assert_eq!(spend(&store, &acme("_1"), 0), AssertionSeen);
    assert_eq!(spend(&store, &acme("_1"), 99), AssertionSeen);
    assert_eq!(spend(&store, &acme("_2"), 99), Fresh);
}

#[test]
fn ids_are_compared_byte_for_byte() {
    let store = MemoryReplayStore::default();
    for id in ["_ab", "_AB", "_Ab", "_ab ", " _ab", "_ab\0", "_é", "_e\u{301}", ""] {
        assert_eq!(spend(&store, &acme(id).with_request_id(id), 0), Fresh, "{id:?}");
    }
}

#[test]
fn the_length_of_an_id_does_not_matter() {
    let store = MemoryReplayStore::default();
    let long = "x".repeat(1_000_000);
    assert_eq!(spend(&store, &acme(&long), 0), Fresh);
    assert_eq!(spend(&store, &acme(&long), 0), AssertionSeen);
    assert_eq!(spend(&store, &acme(&format!("{long}x")), 0), Fresh);
}

#[test]
fn connections_and_issuers_do_not_share_assertion_ids() {
    let store = MemoryReplayStore::default();
    assert_eq!(spend(&store, &acme("_1"), 0), Fresh);
    assert_eq!(
        spend(&store, &Spending::new("globex", "https://idp.test", "_1", at(100)), 0),
        Fresh
    );
    assert_eq!(
        spend(&store, &Spending::new("acme", "https://other.test", "_1", at(100)), 0),
        Fresh
    );
    assert_eq!(spend(&store, &acme("_1"), 0), AssertionSeen);
}

#[test]
fn the_parts_of_a_key_do_not_run_into_each_other() {
    let store = MemoryReplayStore::default();
    for (connection, issuer, id) in
        [("a", "b", "c"), ("ab", "", "c"), ("", "ab", "c"), ("a", "bc", "")]
    {
        assert_eq!(spend(&store, &Spending::new(connection, issuer, id, at(100)), 0), Fresh);
    }
}

#[test]
fn a_request_is_answered_once() {
    let store = MemoryReplayStore::default();
    assert_eq!(spend(&store, &acme("_1").with_request_id("_r"), 0), Fresh);
    assert_eq!(spend(&store, &acme("_2").with_request_id("_r"), 0), RequestSeen);
    // The second assertion was not recorded: it is still good for another request.
    assert_eq!(spend(&store, &acme("_2").with_request_id("_s"), 0), Fresh);
    assert_eq!(spend(&store, &acme("_1").with_request_id("_r"), 0), AssertionSeen);
}

#[test]
fn a_request_is_answered_once_whoever_issues_the_assertion() {
    let store = MemoryReplayStore::default();
    assert_eq!(spend(&store, &acme("_1").with_request_id("_r"), 0), Fresh);
    let by_other_issuer =
        Spending::new("acme", "https://other.test", "_1", at(100)).with_request_id("_r");
    assert_eq!(spend(&store, &by_other_issuer, 0), RequestSeen);
    let of_other_connection =
        Spending::new("globex", "https://idp.test", "_1", at(100)).with_request_id("_r");
    assert_eq!(spend(&store, &of_other_connection, 0), Fresh);
}

#[test]
fn a_replayed_assertion_does_not_use_up_a_request() {
    let store = MemoryReplayStore::default();
    assert_eq!(spend(&store, &acme("_1"), 0), Fresh);
    assert_eq!(spend(&store, &acme("_1").with_request_id("_r"), 0), AssertionSeen);
    assert_eq!(spend(&store, &acme("_2").with_request_id("_r"), 0), Fresh);
}

#[test]
fn an_assertion_and_a_request_may_have_the_same_id() {
    let store = MemoryReplayStore::default();
    assert_eq!(spend(&store, &acme("_1").with_request_id("_1"), 0), Fresh);
    assert_eq!(
        spend(&store, &Spending::new("acme", "", "_2", at(100)).with_request_id("_2"), 0),
        Fresh
    );
}

#[test]
fn entries_are_remembered_until_exactly_until() {
    let store = MemoryReplayStore::default();
    assert_eq!(spend(&store, &acme("_1").with_request_id("_r"), 0), Fresh);
    let mut longer = acme("_1").with_request_id("_r");
    longer.until = at(200);
    let last = at(100) - TimeDelta::nanoseconds(1);
    assert_eq!(block_on(store.spend(&longer, last)).unwrap(), AssertionSeen);
    assert_eq!(spend(&store, &longer, 100), Fresh);
    assert_eq!(spend(&store, &longer, 100), AssertionSeen);
}

#[test]
fn what_is_over_is_never_fresh() {
    let store = MemoryReplayStore::default();
    for now in [100, 101, 1_000_000] {
        let error = try_spend(&store, &acme("_1"), now).unwrap_err();
        assert_eq!(error.to_string(), "what was to be spent has expired");
    }
    assert_eq!(spend(&store, &acme("_1"), 99), Fresh);
}

/// The contract sees through a store that takes what is over for new.
#[test]
#[should_panic(expected = "nothing that is over is fresh")]
fn the_contract_asks_for_what_is_over() {
    struct Lax(MemoryReplayStore);
    impl ReplayStore for Lax {
        async fn spend(
            &self,
            spending: &Spending,
            now: DateTime<Utc>,
        ) -> Result<SpendOutcome, BoxError> {
            if spending.until <= now { Ok(Fresh) } else { self.0.spend(spending, now).await }
        }
    }
    contract::replay_store(&Lax(MemoryReplayStore::default()), contract::block_on);
}

#[test]
fn a_clock_that_goes_backwards_does_not_revive_an_assertion() {
    let store = MemoryReplayStore::default();
    assert_eq!(spend(&store, &acme("_1"), 0), Fresh);
    let mut later = acme("_2");
    later.until = at(200);
    assert_eq!(spend(&store, &later, 150), Fresh);

    let error = try_spend(&store, &acme("_1"), 50).unwrap_err();
    assert_eq!(error.to_string(), "the time has gone backwards, to before entries were purged");
    // What ends after everything that was purged is told apart as ever.
    assert_eq!(spend(&store, &later, 50), AssertionSeen);
    later.assertion_id = "_3".to_owned();
    assert_eq!(spend(&store, &later, 50), Fresh);
}

#[test]
fn the_capacity_counts_entries() {
    let store = with_capacity(3);
    assert_eq!(spend(&store, &acme("_1").with_request_id("_r1"), 0), Fresh);
    assert_eq!(spend(&store, &acme("_2").with_request_id("_r2"), 0), Full);
    assert_eq!(spend(&store, &acme("_2"), 0), Fresh);
    assert_eq!(spend(&store, &acme("_3"), 0), Full);
    // What is known is named as such, however full the store.
    assert_eq!(spend(&store, &acme("_2"), 0), AssertionSeen);
    assert_eq!(spend(&store, &acme("_3").with_request_id("_r1"), 0), RequestSeen);

    assert_eq!(spend(with_capacity(1), &acme("_1").with_request_id("_r"), 0), Full);
}

#[test]
fn a_full_connection_is_free_again_after_expiry() {
    let store = with_capacity(2);
    let mut longer = acme("_2");
    longer.until = at(200);
    assert_eq!(spend(&store, &acme("_1"), 0), Fresh);
    assert_eq!(spend(&store, &longer, 0), Fresh);
    let next = |id| Spending::new("acme", "https://idp.test", id, at(300));
    assert_eq!(spend(&store, &next("_3"), 99), Full);
    assert_eq!(spend(&store, &next("_3"), 100), Fresh);
    assert_eq!(spend(&store, &next("_4"), 199), Full);
    assert_eq!(spend(&store, &longer, 199), AssertionSeen);
    assert_eq!(spend(&store, &next("_4"), 200), Fresh);
}

#[test]
fn a_full_connection_does_not_lock_out_another() {
    let store = with_capacity(2);
    for (id, outcome) in [("_1", Fresh), ("_2", Fresh), ("_3", Full)] {
        assert_eq!(spend(&store, &acme(id), 0), outcome);
    }
    let globex = Spending::new("globex", "https://idp.test", "_3", at(100)).with_request_id("_r");
    assert_eq!(spend(&store, &globex, 0), Fresh);
    // Several issuers of one connection share its room.
    assert_eq!(spend(&store, &Spending::new("acme", "https://other.test", "_1", at(100)), 0), Full);
}

#[test]
fn of_64_threads_exactly_one_is_first() {
    /// Runs 64 threads that start together; how often was each outcome?
    fn race(spending: impl Fn(usize) -> Spending + Sync, refused: SpendOutcome) -> (usize, usize) {
        let store = Arc::new(MemoryReplayStore::default());
        let start = Barrier::new(64);
        let outcomes: Vec<SpendOutcome> = thread::scope(|scope| {
            let (spending, start) = (&spending, &start);
            let threads: Vec<_> = (0..64)
                .map(|n| {
                    let store = Arc::clone(&store);
                    scope.spawn(move || {
                        start.wait();
                        spend(store, &spending(n), 0)
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let count = |wanted| outcomes.iter().filter(|outcome| **outcome == wanted).count();
        (count(Fresh), count(refused))
    }

    for _ in 0..20 {
        assert_eq!(race(|_| acme("_1"), AssertionSeen), (1, 63));
        assert_eq!(race(|n| acme(&format!("_{n}")).with_request_id("_r"), RequestSeen), (1, 63));
    }
}

#[test]
fn stores_are_shared_by_reference_and_arc_in_send_futures() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let store = Arc::new(MemoryReplayStore::default());
    assert_eq!(block_on(is_send(ReplayStore::spend(&&store, &acme("_1"), at(0)))).unwrap(), Fresh);
    assert_eq!(
        block_on(is_send(Arc::clone(&store).spend(&acme("_1"), at(0)))).unwrap(),
        AssertionSeen
    );
    assert_eq!(spend(&*store, &acme("_1"), 0), AssertionSeen);
    assert_eq!(format!("{store:?}"), "MemoryReplayStore { capacity_per_connection: 100000, .. }");
}
