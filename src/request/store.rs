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

use crate::error::{BoxError, Error, SendError};
use crate::pointers::behind_pointers;
use crate::random::Random;
use crate::request::{Pending, RequestCookie, RequestCookies, SetCookie};

/// Remembers requests until their answers come, each for the one browser that has its cookie.
///
/// The cookie that carries the value is a [`RequestCookie`]: its name and its attributes are made
/// for it. Where it is lost all the same, there is no request.
///
/// Write plain `async fn`, no `async_trait`:
///
/// ```
/// use chrono::{DateTime, Utc};
/// use saml_login::error::BoxError;
/// use saml_login::request::{Pending, Remembered};
/// use saml_login::{MemoryRequestStore, Random, RequestStore};
///
/// /// Counts what is remembered, and leaves the rest to another store.
/// struct Counting(MemoryRequestStore, std::sync::atomic::AtomicU64);
///
/// impl RequestStore for Counting {
///     async fn put(
///         &self,
///         pending: &Pending,
///         random: Random,
///         now: DateTime<Utc>,
///     ) -> Result<Remembered, BoxError> {
///         self.1.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
///         self.0.put(pending, random, now).await
///     }
///
///     async fn take(
///         &self,
///         request_id: &str,
///         cookie: &str,
///         now: DateTime<Utc>,
///     ) -> Result<Option<Pending>, BoxError> {
///         self.0.take(request_id, cookie, now).await
///     }
///
///     async fn look(
///         &self,
///         request_id: &str,
///         cookie: &str,
///         now: DateTime<Utc>,
///     ) -> Result<Option<Pending>, BoxError> {
///         self.0.look(request_id, cookie, now).await
///     }
/// }
/// ```
///
/// # Contract
///
/// - [`take`](RequestStore::take) gives a request at most once, however many ask at the same time;
///   a store that cannot tell (a [sealed cookie](crate::SealedRequests)) may give it again, for the
///   ID is spent with the assertion.
/// - [`look`](RequestStore::look) gives what `take` would give, and leaves it where it is.
/// - Both give a request only for its own ID and its own cookie together. For another ID nothing is
///   given, and nothing is forgotten.
/// - An expired request is never given.
/// - A value that the store did not make gives nothing.
/// - A store without room says so, and forgets nobody's request for it. Room that is counted is
///   counted for each connection: anybody can start logins without end, and fill up that of one.
///
/// `contract::request_store` (feature `testing`) tests an implementation.
pub trait RequestStore: Send + Sync {
    /// Remembers a request for the browser that gets the cookie.
    ///
    /// # Errors
    ///
    /// Whenever the store cannot be sure to remember. Nobody is sent anywhere then.
    fn put(
        &self,
        pending: &Pending,
        random: Random,
        now: DateTime<Utc>,
    ) -> impl Future<Output = Result<Remembered, BoxError>> + Send;

    /// Gives the request of this `ID` that belongs to a cookie, and forgets it.
    ///
    /// Ask for the ID that a verified message names
    /// ([`Opened::in_response_to`](crate::Opened::in_response_to)), so that nothing but its genuine
    /// answer uses a request up.
    ///
    /// # Errors
    ///
    /// Whenever the store cannot tell. The login is refused.
    fn take(
        &self,
        request_id: &str,
        cookie: &str,
        now: DateTime<Utc>,
    ) -> impl Future<Output = Result<Option<Pending>, BoxError>> + Send;

    /// Gives the request of this `ID` that belongs to a cookie, and keeps it.
    ///
    /// What a message says before it is verified may choose among this browser's own requests: with
    /// which settings to open it, and where to show a refusal. It accepts nothing and takes
    /// nothing.
    ///
    /// # Errors
    ///
    /// Whenever the store cannot tell.
    fn look(
        &self,
        request_id: &str,
        cookie: &str,
        now: DateTime<Utc>,
    ) -> impl Future<Output = Result<Option<Pending>, BoxError>> + Send;
}

behind_pointers!(
    RequestStore,
    /// Any [`RequestStore`], for those who choose at run time.
    DynRequestStore {
        fn put(
            pending: &Pending = &'a Pending,
            random: Random = Random,
            now: DateTime<Utc> = DateTime<Utc>
        ) -> Result<Remembered, BoxError>;
        fn take(
            request_id: &str = &'a str,
            cookie: &str = &'a str,
            now: DateTime<Utc> = DateTime<Utc>
        ) -> Result<Option<Pending>, BoxError>;
        fn look(
            request_id: &str = &'a str,
            cookie: &str = &'a str,
            now: DateTime<Utc> = DateTime<Utc>
        ) -> Result<Option<Pending>, BoxError>;
    }
);

/// Remembers a request for this browser: the cookies that it has to be given, that of the request
/// first. A bounce's pushes out no other's.
pub(crate) async fn remember<R: RequestStore>(
    requests: &R,
    pending: &Pending,
    (brought, by_bounce): (&RequestCookies, bool),
    random: Random,
    now: DateTime<Utc>,
) -> Result<Vec<SetCookie>, Error> {
    let value = match requests.put(pending, random, now).await {
        Ok(Remembered::Cookie(value)) => value,
        Ok(Remembered::Full) => {
            return Err(Error::RequestStore(BoxError::new("there is no room")));
        }
        Err(error) => return Err(Error::RequestStore(error)),
    };
    let cookie = RequestCookie::new(pending, value);
    let cookie = if by_bounce { cookie.by_bounce() } else { cookie };
    let displaced = brought.displaced_by(&cookie).ok_or(SendError::CookiesFull)?;
    let cleared = displaced.iter().map(RequestCookie::clear);
    Ok(std::iter::once(cookie.set(pending.expires_at())).chain(cleared).collect())
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
/// **Bounded.** Anybody can start logins without end. One capacity counts requests of one
/// connection, so that whoever does it at one keeps none of the others from logging in; another
/// counts all of them, and once it is reached each connection has room for 64 still, so that
/// whoever does it at many keeps none of the quiet ones out. What has expired is forgotten first,
/// and what has not is never evicted. One connection that is full has some 30 MB, and all of them
/// some 120 MB. Limit how often one address can start a login, or use
/// [`SealedRequests`](crate::SealedRequests), which take no room.
#[derive(Debug)]
pub struct MemoryRequestStore {
    capacity_per_connection: NonZeroUsize,
    capacity: NonZeroUsize,
    requests: Mutex<Requests>,
}

/// As many connections as may be full at a time.
const FOUR: NonZeroUsize = NonZeroUsize::MIN.saturating_add(3);

/// So many requests of a connection have room whatever others do.
const ALWAYS: usize = 64;

#[derive(Default)]
struct Requests {
    /// By the SHA-256 of the cookie: whoever reads the memory does not have the cookies.
    by_cookie: HashMap<[u8; 32], Pending>,
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
    /// Remembers at most so many requests of each connection at a time, and four times as many of
    /// all connections.
    pub fn with_capacity(capacity_per_connection: NonZeroUsize) -> Self {
        let capacity = capacity_per_connection.saturating_mul(FOUR);
        Self { capacity_per_connection, capacity, requests: Mutex::default() }
    }

    /// Remembers at most so many requests of all connections together, and 64 more of each.
    #[must_use]
    pub fn with_capacity_of_all(self, capacity: NonZeroUsize) -> Self {
        Self { capacity, ..self }
    }

    fn requests(&self) -> Result<std::sync::MutexGuard<'_, Requests>, BoxError> {
        self.requests.lock().map_err(|_| BoxError::new("a thread panicked while it held the store"))
    }
}

impl Default for MemoryRequestStore {
    /// Room for 65,536 requests of each connection.
    fn default() -> Self {
        Self::with_capacity(NonZeroUsize::new(65_536).unwrap_or(NonZeroUsize::MIN))
    }
}

impl Requests {
    /// The request behind a cookie, if it is the one of this ID.
    fn of(&self, cookie: [u8; 32], request_id: &str) -> Option<&Pending> {
        self.by_cookie.get(&cookie).filter(|pending| pending.request_id() == request_id)
    }

    fn forget_expired(&mut self, now: DateTime<Utc>) {
        while self.by_expiry.first().is_some_and(|(expires_at, _)| *expires_at <= now) {
            let Some((_, cookie)) = self.by_expiry.pop_first() else { break };
            self.remove(cookie);
        }
    }

    fn remove(&mut self, cookie: [u8; 32]) -> Option<Pending> {
        let pending = self.by_cookie.remove(&cookie)?;
        self.by_expiry.remove(&(pending.expires_at(), cookie));
        let connection_id = pending.connection_id().to_owned();
        if let Entry::Occupied(mut count) = self.per_connection.entry(connection_id) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
        Some(pending)
    }
}

impl RequestStore for MemoryRequestStore {
    async fn put(
        &self,
        pending: &Pending,
        random: Random,
        now: DateTime<Utc>,
    ) -> Result<Remembered, BoxError> {
        let mut requests = self.requests()?;
        requests.forget_expired(now);
        let connection_id = pending.connection_id();
        let taken = requests.per_connection.get(connection_id).copied().unwrap_or_default();
        let crowded = requests.by_cookie.len() >= self.capacity.get() && taken >= ALWAYS;
        if crowded || taken >= self.capacity_per_connection.get() {
            return Ok(Remembered::Full);
        }
        let cookie = URL_SAFE_NO_PAD.encode(random.for_purpose("login cookie"));
        let key = sha256(cookie.as_bytes());
        // The same randomness twice would hand one browser's request to another.
        if requests.by_cookie.contains_key(&key) {
            return Err(BoxError::new("the same random value was handed in twice"));
        }
        requests.per_connection.insert(connection_id.to_owned(), taken + 1);
        requests.by_expiry.insert((pending.expires_at(), key));
        requests.by_cookie.insert(key, pending.clone());
        Ok(Remembered::Cookie(cookie))
    }

    async fn take(
        &self,
        request_id: &str,
        cookie: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Pending>, BoxError> {
        let mut requests = self.requests()?;
        requests.forget_expired(now);
        let key = sha256(cookie.as_bytes());
        match requests.of(key, request_id) {
            Some(_) => Ok(requests.remove(key)),
            None => Ok(None),
        }
    }

    async fn look(
        &self,
        request_id: &str,
        cookie: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Pending>, BoxError> {
        let mut requests = self.requests()?;
        requests.forget_expired(now);
        Ok(requests.of(sha256(cookie.as_bytes()), request_id).cloned())
    }
}
