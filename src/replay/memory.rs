use std::cmp::Reverse;
use std::collections::hash_map::Entry as MapEntry;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::fmt;
use std::future::{Future, ready};
use std::num::NonZeroUsize;
use std::sync::Mutex;

use chrono::{DateTime, Utc};
use openssl::sha::Sha256;

use super::{ReplayStore, SpendOutcome, Spending};
use crate::error::BoxError;

/// A [`ReplayStore`] in the memory of this process: bounded, immediate, forgotten on restart.
///
/// It is right for one process. With several, an assertion could be used once in each; after a
/// restart it could be used again until it expires. Share one store through an
/// [`Arc`](std::sync::Arc) or a reference.
///
/// **Bounded.** The capacity counts entries of one connection, so that a busy or hostile identity
/// provider can fill up its own connection and no other; LogoutRequests are counted apart from
/// logins. A login takes one entry, or two if it answers a request. What is over is purged before a
/// connection is [`Full`](SpendOutcome::Full); what is not over is never evicted. A connection
/// without entries takes no memory.
///
/// **Small.** Entries are SHA-256 digests, whatever the length of the IDs. One takes about 115 to
/// 230 bytes depending on how full the tables are, so that the default of 100,000 is some 15 to 23
/// MB for a connection that is full. That is room for 50,000 answers to requests within the
/// lifetime of an assertion, usually a few minutes.
///
/// **Immediate.** There is nothing to wait for: the entry is made when
/// [`spend`](ReplayStore::spend) is called, and its future is ready at once. No lock is held across
/// an `await`. Expired entries cost `O(log n)` each, once.
///
/// **Time is the caller's.** Should `now` go backwards, to before entries were purged, then an
/// assertion that may have been among them is answered with an error, not taken for a new one. A
/// request that was among them could be answered once more, but only by an assertion that has not
/// been used.
pub struct MemoryReplayStore {
    capacity_per_connection: NonZeroUsize,
    ledger: Mutex<Ledger>,
}

impl MemoryReplayStore {
    /// An empty store that keeps at most so many entries for each connection.
    pub fn new(capacity_per_connection: NonZeroUsize) -> Self {
        Self { capacity_per_connection, ledger: Mutex::default() }
    }

    fn record(&self, spending: &Spending, now: DateTime<Utc>) -> Result<SpendOutcome, BoxError> {
        let Spending { connection_id, issuer, kind, assertion_id, request_id, until } = spending;
        // Each kind has room of its own.
        let connection = digest(b"connection", &[kind.as_str(), connection_id]);
        let assertion = digest(kind.as_str().as_bytes(), &[connection_id, issuer, assertion_id]);
        let request = request_id.as_ref().map(|id| digest(b"request", &[connection_id, id]));

        let mut ledger = self.ledger.lock().map_err(|_| MemoryStoreError::Poisoned)?;
        ledger.purge(now);
        if *until <= now {
            return Err(MemoryStoreError::Over.into());
        }
        // In order of time this never holds, because what was purged ended no later than `now`. If
        // `now` has gone backwards, this assertion may be one that was purged.
        if *until <= ledger.purged_up_to {
            return Err(MemoryStoreError::ClockWentBack.into());
        }
        if ledger.keys.contains(&assertion) {
            return Ok(SpendOutcome::AssertionSeen);
        }
        if request.is_some_and(|request| ledger.keys.contains(&request)) {
            return Ok(SpendOutcome::RequestSeen);
        }
        let taken = ledger.per_connection.get(&connection).copied().unwrap_or_default();
        let needed = 1 + usize::from(request.is_some());
        if self.capacity_per_connection.get() - taken < needed {
            return Ok(SpendOutcome::Full);
        }
        for key in std::iter::once(assertion).chain(request) {
            ledger.keys.insert(key);
            ledger.by_expiry.push(Reverse(Entry { until: *until, key, connection }));
        }
        ledger.per_connection.insert(connection, taken + needed);
        Ok(SpendOutcome::Fresh)
    }
}

impl Default for MemoryReplayStore {
    /// Room for 100,000 entries per connection.
    fn default() -> Self {
        Self::new(DEFAULT_CAPACITY)
    }
}

impl ReplayStore for MemoryReplayStore {
    fn spend(
        &self,
        spending: &Spending,
        now: DateTime<Utc>,
    ) -> impl Future<Output = Result<SpendOutcome, BoxError>> + Send {
        ready(self.record(spending, now))
    }
}

impl fmt::Debug for MemoryReplayStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryReplayStore")
            .field("capacity_per_connection", &self.capacity_per_connection)
            .finish_non_exhaustive()
    }
}

/// Everything that is remembered. `keys` and `by_expiry` hold the same keys; `per_connection`
/// counts them.
struct Ledger {
    keys: HashSet<Digest>,
    by_expiry: BinaryHeap<Reverse<Entry>>,
    per_connection: HashMap<Digest, usize>,
    /// The `until` of the entry that was purged last. All that are left, and all that come, end
    /// later or with it.
    purged_up_to: DateTime<Utc>,
}

impl Ledger {
    /// Forgets what is over at `now`, and gives back the memory of a crowd that has gone.
    fn purge(&mut self, now: DateTime<Utc>) {
        while self.by_expiry.peek().is_some_and(|Reverse(entry)| entry.until <= now) {
            let Some(Reverse(entry)) = self.by_expiry.pop() else { break };
            self.purged_up_to = entry.until;
            self.keys.remove(&entry.key);
            if let MapEntry::Occupied(mut count) = self.per_connection.entry(entry.connection) {
                *count.get_mut() -= 1;
                if *count.get() == 0 {
                    count.remove();
                }
            }
        }
        // Shrinking from four times too much to twice as much keeps the cost of it amortized.
        if self.by_expiry.capacity() > 4 * self.by_expiry.len() {
            self.by_expiry.shrink_to(2 * self.by_expiry.len());
        }
        if self.keys.capacity() > 4 * self.keys.len() {
            self.keys.shrink_to(2 * self.keys.len());
        }
        if self.per_connection.capacity() > 4 * self.per_connection.len() {
            self.per_connection.shrink_to(2 * self.per_connection.len());
        }
    }
}

impl Default for Ledger {
    fn default() -> Self {
        Self {
            keys: HashSet::new(),
            by_expiry: BinaryHeap::new(),
            per_connection: HashMap::new(),
            purged_up_to: DateTime::<Utc>::MIN_UTC,
        }
    }
}

/// One key and when it may be forgotten. The order is that of the fields: earliest first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    until: DateTime<Utc>,
    key: Digest,
    connection: Digest,
}

#[derive(Debug, thiserror::Error)]
enum MemoryStoreError {
    #[error("the time has gone backwards, to before entries were purged")]
    ClockWentBack,
    #[error("what was to be spent has expired")]
    Over,
    #[error("a thread panicked while it held the replay store")]
    Poisoned,
}

type Digest = [u8; 32];

/// SHA-256 over the kind of key and its parts, each preceded by its length: no two lists of parts
/// read the same.
fn digest(kind: &[u8], parts: &[&str]) -> Digest {
    let mut hash = Sha256::new();
    for part in std::iter::once(kind).chain(parts.iter().map(|part| part.as_bytes())) {
        hash.update(&part.len().to_be_bytes());
        hash.update(part);
    }
    hash.finish()
}

/// Room for about 140 answered requests per second where an assertion is remembered for six
/// minutes.
const DEFAULT_CAPACITY: NonZeroUsize = NonZeroUsize::new(100_000).unwrap();

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn spend(
        store: &MemoryReplayStore,
        connection: &str,
        id: &str,
        until: i64,
        now: i64,
    ) -> SpendOutcome {
        let spending = Spending::new(connection, "idp", id, at(until))
            .with_request_id(format!("request {id}"));
        store.record(&spending, at(now)).unwrap()
    }

    /// Keys, heap entries, connections.
    fn sizes(store: &MemoryReplayStore) -> (usize, usize, usize) {
        let ledger = store.ledger.lock().unwrap();
        (ledger.keys.len(), ledger.by_expiry.len(), ledger.per_connection.len())
    }

    #[test]
    fn expired_entries_leave_no_memory_behind() {
        let store = MemoryReplayStore::default();
        for second in 0..10_000 {
            let connection = format!("connection {second}");
            let outcome = spend(&store, &connection, &second.to_string(), second + 10, second);
            assert_eq!(outcome, SpendOutcome::Fresh);
        }
        assert_eq!(sizes(&store), (20, 20, 10));
        let ledger = store.ledger.lock().unwrap();
        assert!(ledger.keys.capacity() < 200 && ledger.by_expiry.capacity() < 200);
        assert!(ledger.per_connection.capacity() < 100);
    }

    #[test]
    fn memory_of_a_crowd_is_given_back() {
        let store = MemoryReplayStore::default();
        for id in 0..10_000 {
            assert_eq!(spend(&store, "crowd", &id.to_string(), 100, 0), SpendOutcome::Fresh);
        }
        assert_eq!(sizes(&store), (20_000, 20_000, 1));
        // Even a spending that is refused purges.
        store.record(&Spending::new("crowd", "idp", "late", at(100)), at(100)).unwrap_err();
        assert_eq!(sizes(&store), (0, 0, 0));
        let ledger = store.ledger.lock().unwrap();
        assert_eq!(
            (ledger.keys.capacity(), ledger.by_expiry.capacity(), ledger.per_connection.capacity()),
            (0, 0, 0)
        );
    }

    #[test]
    fn refusals_record_nothing() {
        let store = MemoryReplayStore::new(NonZeroUsize::new(3).unwrap());
        assert_eq!(spend(&store, "a", "1", 100, 0), SpendOutcome::Fresh);
        assert_eq!(spend(&store, "a", "1", 100, 0), SpendOutcome::AssertionSeen);
        let same_request = Spending::new("a", "idp", "2", at(100)).with_request_id("request 1");
        assert_eq!(store.record(&same_request, at(0)).unwrap(), SpendOutcome::RequestSeen);
        assert_eq!(spend(&store, "a", "3", 100, 0), SpendOutcome::Full);
        store.record(&Spending::new("a", "idp", "4", at(0)), at(0)).unwrap_err();
        assert_eq!(sizes(&store), (2, 2, 1));
    }

    #[test]
    fn keys_are_unambiguous() {
        assert_ne!(digest(b"k", &["ab", "c"]), digest(b"k", &["a", "bc"]));
        assert_ne!(digest(b"k", &["a", ""]), digest(b"k", &["", "a"]));
        assert_ne!(digest(b"k", &["a"]), digest(b"k", &["a", ""]));
        assert_ne!(digest(b"assertion", &["a", "b"]), digest(b"request", &["a", "b"]));
    }

    #[test]
    fn a_poisoned_store_refuses() {
        let store = MemoryReplayStore::default();
        std::thread::scope(|scope| {
            let holder = scope.spawn(|| {
                let _held = store.ledger.lock().unwrap();
                panic!("while holding the lock");
            });
            holder.join().unwrap_err();
        });
        let error = store.record(&Spending::new("a", "idp", "1", at(100)), at(0)).unwrap_err();
        assert_eq!(error.to_string(), "a thread panicked while it held the replay store");
    }
}
