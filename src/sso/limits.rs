//! How often something may be tried.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::future::Future;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::account::{Account, OrganizationId};
use crate::code::codes;
use crate::error::BoxError;
use crate::pointers::behind_pointers;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RateKind {
    /// Codes to log in with that are mailed to one account, whoever asks for them: 15 an hour.
    CodeMailed,
    /// The same that one network asks for: 5 an hour.
    CodeMailedFrom,
    /// Codes that one address asks for: 30 an hour.
    CodeAsked,
    /// Requests of one organization's directory: 1,000 in ten seconds. A group that is bound is a
    /// request for each of its people, at once. Each operation of a Bulk is one.
    DirectoryAsked,
    /// Codes that link an administrator's account, each after a verified login: 5 an hour that are
    /// not entered.
    LinkMailed,
    /// Logins that one address starts and that are not answered: 300 in ten minutes. An answer
    /// gives its place back: a whole company may share an address.
    LoginStarted,
    /// Requests of one address to a directory without a token that is good: 30 a minute.
    TokenRefused,
}

codes!(RateKind {
    CodeAsked = "code_asked",
    CodeMailed = "code_mailed",
    CodeMailedFrom = "code_mailed_from",
    DirectoryAsked = "directory_asked",
    LinkMailed = "link_mailed",
    LoginStarted = "login_started",
    TokenRefused = "token_refused",
});

impl RateKind {
    /// So many in so long.
    pub fn allows(self) -> (u32, TimeDelta) {
        match self {
            Self::CodeMailed => (15, TimeDelta::hours(1)),
            Self::CodeMailedFrom | Self::LinkMailed => (5, TimeDelta::hours(1)),
            Self::CodeAsked => (30, TimeDelta::hours(1)),
            Self::DirectoryAsked => (1_000, TimeDelta::seconds(10)),
            Self::TokenRefused => (30, TimeDelta::minutes(1)),
            Self::LoginStarted => (300, TimeDelta::minutes(10)),
        }
    }
}

/// What is counted, and whose.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct RateKey {
    /// What.
    pub kind: RateKind,
    /// Whose: an account's id, or a network. IPv6 addresses count by their first 64 bits, which
    /// somebody who has one has all of.
    pub whose: String,
}

impl RateKey {
    /// That of an organization.
    pub fn of_organization(kind: RateKind, organization: &OrganizationId) -> Self {
        Self { kind, whose: organization.as_str().to_owned() }
    }

    /// That of an account.
    pub fn of_account(kind: RateKind, account: &Account) -> Self {
        let Account { organization, id, .. } = account;
        Self { kind, whose: format!("{} {organization} {id}", organization.as_str().len()) }
    }

    /// The same, for whoever asks from this network.
    pub fn of_account_from(kind: RateKind, account: &Account, client: Option<IpAddr>) -> Self {
        let network = client.map(|client| Self::of_client(kind, client).whose);
        let Self { whose, .. } = Self::of_account(kind, account);
        Self { kind, whose: format!("{} {whose}", network.unwrap_or_default()) }
    }

    /// That of a client.
    pub fn of_client(kind: RateKind, client: IpAddr) -> Self {
        let whose = match client.to_canonical() {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        };
        Self { kind, whose }
    }
}

/// Counts how often something was tried. What several machines serve is counted by all of them in
/// one place, or by each for itself and so more generously.
///
/// Write plain `async fn`, no `async_trait`. What fails lets people in: it protects the application
/// from floods, and nobody's account; codes have tries of their own.
///
/// # Contract
///
/// - [`take`](RateLimits::take) counts in one atomic step: of any number of concurrent callers, in
///   all processes together, no more get in than there is [room](RateKind::allows) for.
/// - What was counted counts for the length of the window, and no longer: after exactly the wait
///   that a refusal gave there is room. A refusal counts nothing.
/// - [`give_back`](RateLimits::give_back) takes away what was counted last; where nothing is
///   counted it does nothing.
/// - Keys are apart: neither another kind nor another text takes or gives room. Texts are compared
///   byte for byte, and have any length.
/// - `now` is the only clock. What a clock that was ahead has counted stops to count as soon as an
///   earlier `now` is asked with, and does not come back.
/// - Room to remember keys may be bounded. A kind that is full forgets the key that was asked about
///   longest ago; no kind takes that room from another.
///
/// `contract::rate_limits` (feature `testing`) tests an implementation.
pub trait RateLimits: Send + Sync {
    /// Counts one, if there is [room](RateKind::allows); otherwise how long to wait.
    ///
    /// # Errors
    ///
    /// Whenever it cannot count. Whoever asked is let on.
    fn take(
        &self,
        key: &RateKey,
        now: DateTime<Utc>,
    ) -> impl Future<Output = Result<Option<TimeDelta>, BoxError>> + Send;

    /// Gives the place of the latest one back.
    ///
    /// # Errors
    ///
    /// Whenever it cannot. The place is taken then until its time is over.
    fn give_back(
        &self,
        key: &RateKey,
        now: DateTime<Utc>,
    ) -> impl Future<Output = Result<(), BoxError>> + Send;
}

behind_pointers!(
    RateLimits,
    /// Any [`RateLimits`], for those who choose at run time.
    DynRateLimits {
        fn take(
            key: &RateKey = &'a RateKey,
            now: DateTime<Utc> = DateTime<Utc>
        ) -> Result<Option<TimeDelta>, BoxError>;
        fn give_back(
            key: &RateKey = &'a RateKey,
            now: DateTime<Utc> = DateTime<Utc>
        ) -> Result<(), BoxError>;
    }
);

/// [`RateLimits`] of this process. It remembers 50,000 keys of each kind at most; beyond, those
/// that were asked about longest ago are forgotten. So no flood of addresses fills the memory, and
/// none takes away what is counted of accounts, which have kinds of their own.
#[derive(Default)]
pub struct MemoryRateLimits {
    counted: Mutex<HashMap<RateKind, Counted>>,
}

const CAPACITY: usize = 50_000;

/// Those of one kind.
#[derive(Default)]
struct Counted {
    by_key: HashMap<String, Taken>,
    /// Each key once, by when it was asked about last.
    order: BTreeMap<u64, String>,
    asked: u64,
}

/// What one key has taken.
#[derive(Default)]
struct Taken {
    place: u64,
    instants: VecDeque<DateTime<Utc>>,
}

impl Counted {
    fn of(&mut self, key: &RateKey, now: DateTime<Utc>) -> &mut VecDeque<DateTime<Utc>> {
        self.asked = self.asked.saturating_add(1);
        if !self.by_key.contains_key(&key.whose) && self.order.len() >= CAPACITY {
            let oldest = self.order.pop_first();
            oldest.iter().for_each(|(_, oldest)| drop(self.by_key.remove(oldest)));
        }
        let taken = self.by_key.entry(key.whose.clone()).or_default();
        self.order.remove(&taken.place);
        taken.place = self.asked;
        self.order.insert(taken.place, key.whose.clone());
        let (instants, (_, window)) = (&mut taken.instants, key.kind.allows());
        // What a clock that was ahead has counted would count for as long as it was.
        instants.retain(|instant| *instant <= now);
        while instants.front().is_some_and(|first| now.signed_duration_since(*first) >= window) {
            instants.pop_front();
        }
        instants
    }
}

impl RateLimits for MemoryRateLimits {
    async fn take(&self, key: &RateKey, now: DateTime<Utc>) -> Result<Option<TimeDelta>, BoxError> {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let instants = counted.entry(key.kind).or_default().of(key, now);
        let (most, window) = key.kind.allows();
        let is_full = u32::try_from(instants.len()).is_ok_and(|taken| taken >= most);
        match instants.front().filter(|_| is_full) {
            Some(first) => Ok(Some(window - now.signed_duration_since(*first))),
            None => {
                instants.push_back(now);
                Ok(None)
            }
        }
    }

    async fn give_back(&self, key: &RateKey, now: DateTime<Utc>) -> Result<(), BoxError> {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        counted.entry(key.kind).or_default().of(key, now).pop_back();
        Ok(())
    }
}

impl fmt::Debug for MemoryRateLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryRateLimits").finish_non_exhaustive()
    }
}
