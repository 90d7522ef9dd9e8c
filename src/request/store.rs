//! Remembering requests: one trait, two ways.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::future::Future;
use std::num::NonZeroUsize;
use std::sync::Mutex;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use openssl::sha::sha256;

use crate::error::StoreError;
use crate::request::PendingRequest;
use crate::send::derived;

/// Remembers requests until their answers come, each for the one browser that has its cookie.
///
/// Give the browser the cookie with these attributes: `Secure; HttpOnly; Path=/; SameSite=None`, a
/// name that begins with `__Host-`, and the lifetime of the request. `SameSite=None` because the
/// answer is posted from the identity provider's site: with `Lax` the browser would not send it
/// along. Where the cookie is lost all the same, there is no request: the refusal
/// (`unsolicited_forbidden`, `unsolicited_in_response_to`) offers to start again.
///
/// A browser with two sign-in pages open has two requests. With one cookie the second replaces the
/// first, whose answer is then refused (`in_response_to_mismatch`), and since
/// [`take`](RequestStore::take) forgets what it gives, both have to start again. To let each tab
/// come back, give each login a cookie of its own (a name that ends in a few letters of the value),
/// hand in each of them until one is answered, and delete that one.
///
/// # Contract
///
/// - [`take`](RequestStore::take) gives a request at most once, however many ask at the same time;
///   a store that cannot tell (a [sealed cookie](crate::SealedRequests)) may give it again, for the
///   ID is spent with the assertion.
/// - An expired request is never given.
/// - A value that the store did not make gives nothing.
/// - A store without room says so, and forgets nobody's request for it. Room that is counted is
///   counted for each connection: anybody can start logins without end, and fill up that of one.
///
/// `contract::request_store` (feature `testing`) tests an implementation.
pub trait RequestStore: Send + Sync {
    /// Remembers a request. `random` is fresh from a cryptographic generator, and not what the
    /// request's ID was made of: that is known to whoever sees the request.
    fn remember(
        &self,
        pending: &PendingRequest,
        random: [u8; 32],
        now: DateTime<Utc>,
    ) -> impl Future<Output = Result<Remembered, StoreError>> + Send;

    /// Gives the request that belongs to a cookie, and forgets it.
    fn take(
        &self,
        cookie: &str,
        now: DateTime<Utc>,
    ) -> impl Future<Output = Result<Option<PendingRequest>, StoreError>> + Send;
}

/// What became of a request that was to be remembered.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Remembered {
    /// It is remembered under this value of the cookie: letters, digits, `-` and `_`.
    Cookie(String),
    /// There is no room.
    Full,
}

/// Whoever has the cookie can answer the request.
impl fmt::Debug for Remembered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cookie(_) => "Cookie(…)",
            Self::Full => "Full",
        })
    }
}

/// Remembers requests in memory: for one process, and for tests. A restart forgets all logins that
/// are under way.
///
/// **Bounded.** Anybody can start logins without end. The capacity counts requests of one
/// connection, so that whoever does it at one keeps none of the others from logging in; what has
/// expired is forgotten first, and what has not is never evicted. One connection that is full has
/// some 30 MB. Limit how often one address can start a login, or use
/// [`SealedRequests`](crate::SealedRequests), which take no room.
#[derive(Debug)]
pub struct MemoryRequestStore {
    capacity_per_connection: NonZeroUsize,
    requests: Mutex<Requests>,
}

#[derive(Default)]
struct Requests {
    /// By the SHA-256 of the cookie: whoever reads the memory does not have the cookies.
    by_cookie: HashMap<[u8; 32], PendingRequest>,
    /// What expires when, the earliest first.
    by_expiry: BTreeSet<(DateTime<Utc>, [u8; 32])>,
    /// How many there are of a connection; none is not kept.
    per_connection: HashMap<String, usize>,
}

impl fmt::Debug for Requests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Requests").field("count", &self.by_cookie.len()).finish()
    }
}

impl MemoryRequestStore {
    /// Remembers at most so many requests of each connection at a time.
    pub fn with_capacity(capacity_per_connection: NonZeroUsize) -> Self {
        Self { capacity_per_connection, requests: Mutex::default() }
    }

    fn requests(&self) -> Result<std::sync::MutexGuard<'_, Requests>, StoreError> {
        self.requests.lock().map_err(|_| "a thread panicked while it held the store".into())
    }
}

impl Default for MemoryRequestStore {
    /// Room for 65,536 requests of each connection.
    fn default() -> Self {
        Self::with_capacity(NonZeroUsize::new(65_536).unwrap_or(NonZeroUsize::MIN))
    }
}

impl Requests {
    fn forget_expired(&mut self, now: DateTime<Utc>) {
        while self.by_expiry.first().is_some_and(|(expires_at, _)| *expires_at <= now) {
            let Some((_, cookie)) = self.by_expiry.pop_first() else { break };
            self.remove(cookie);
        }
    }

    fn remove(&mut self, cookie: [u8; 32]) -> Option<PendingRequest> {
        let pending = self.by_cookie.remove(&cookie)?;
        self.by_expiry.remove(&(pending.expires_at, cookie));
        if let Entry::Occupied(mut count) = self.per_connection.entry(pending.connection_id.clone())
        {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
        Some(pending)
    }
}

impl RequestStore for MemoryRequestStore {
    async fn remember(
        &self,
        pending: &PendingRequest,
        random: [u8; 32],
        now: DateTime<Utc>,
    ) -> Result<Remembered, StoreError> {
        let mut requests = self.requests()?;
        requests.forget_expired(now);
        let taken =
            requests.per_connection.get(&pending.connection_id).copied().unwrap_or_default();
        if taken >= self.capacity_per_connection.get() {
            return Ok(Remembered::Full);
        }
        let cookie = URL_SAFE_NO_PAD.encode(derived("login cookie", random));
        let key = sha256(cookie.as_bytes());
        // The same randomness twice would hand one browser's request to another.
        if requests.by_cookie.contains_key(&key) {
            return Err("the same random value was handed in twice".into());
        }
        requests.per_connection.insert(pending.connection_id.clone(), taken + 1);
        requests.by_expiry.insert((pending.expires_at, key));
        requests.by_cookie.insert(key, pending.clone());
        Ok(Remembered::Cookie(cookie))
    }

    async fn take(
        &self,
        cookie: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<PendingRequest>, StoreError> {
        let mut requests = self.requests()?;
        requests.forget_expired(now);
        Ok(requests.remove(sha256(cookie.as_bytes())))
    }
}
