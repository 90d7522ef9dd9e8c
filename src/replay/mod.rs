//! Single use: what a login spends, and the stores that remember it (Profiles §4.1.4.5, Core
//! §2.5.1.5).
//!
//! An assertion is a bearer token, so it may be honoured once. Spending it records the assertion ID
//! and, where the login answers a request of ours, the request ID too. The latter is what makes a
//! pending request that is kept in a sealed cookie, and so nowhere on our side, usable only once.

mod memory;
mod unspent;

use std::future::Future;

use chrono::{DateTime, Utc};

pub use memory::MemoryReplayStore;
pub use unspent::Unspent;

use crate::code::codes;
use crate::error::{BoxError, Rejection};
use crate::pointers::behind_pointers;

/// Remembers which assertions and requests have been used.
///
/// [`MemoryReplayStore`] serves one process. Several processes, or logins that must survive a
/// restart, need a store they share: implement this trait over your database. The crate calls it
/// last, for responses that have passed every other check.
///
/// # The contract
///
/// `spend` looks up and records up to two keys:
///
/// - the **replay key**: connection ID, issuer and assertion ID, all three;
/// - the **request key**, where there is a [`request_id`](Spending::request_id): connection ID and
///   request ID.
///
/// 1. **One atomic step.** Lookup and recording cannot be told apart from outside. Of any number of
///    concurrent calls that share a key, in all processes together, at most one is answered
///    [`SpendOutcome::Fresh`].
/// 2. **Both or nothing.** `Fresh` means that every key is recorded. Every other answer leaves no
///    new key behind, and so does an error, unless the fate of a commit is unknown.
/// 3. **The assertion first.** Where both keys are known the answer is
///    [`SpendOutcome::AssertionSeen`].
/// 4. **Never `Fresh` when unsure.** Unreachable, timed out, commit not acknowledged, read-only, a
///    key too long for its column: answer `Err`, and the login is refused. Retrying inside is safe:
///    after a commit of unknown fate it can only refuse.
/// 5. **Remembered at least until [`until`](Spending::until)**, which is exclusive: while the time
///    is before it the key is known. Remembering longer is allowed. Forgetting earlier (eviction, a
///    bounded cache) is not: a store without room answers [`SpendOutcome::Full`].
/// 6. **Nothing that is over.** `until <= now` is never answered `Fresh`. The crate refuses such a
///    response before it calls; a store that is called all the same answers `Err`.
/// 7. **IDs are opaque.** They are compared byte for byte: letter case counts, nothing is trimmed,
///    normalized or cut. They come from the identity provider, may have any length, and belong in
///    bind parameters.
/// 8. **Keys cannot run into each other.** Use separate columns, or an encoding with lengths; `a:b`
///    and `c` joined by a colon is also `a` and `b:c`. Assertions and requests live in separate key
///    spaces.
/// 9. **Dropping the future** halfway leaves everything recorded or nothing.
///
/// `now` is the instant the response was validated at. Use it, not another clock, wherever your
/// store decides what is over.
///
/// # SQL
///
/// One table serves both keys; a request has an empty issuer:
///
/// ```sql
/// CREATE TABLE saml_spent (
///     kind          CHAR(1)     NOT NULL,  -- 'a' for an assertion, 'l' for a LogoutRequest,
///                                          -- 'r' for a request of ours
///     connection_id TEXT        NOT NULL,
///     issuer        TEXT        NOT NULL,
///     id            TEXT        NOT NULL,
///     until         TIMESTAMPTZ NOT NULL,
///     PRIMARY KEY (kind, connection_id, issuer, id)
/// );
/// ```
///
/// In one transaction on the primary: `INSERT … ON CONFLICT DO NOTHING` the assertion; no row
/// inserted means roll back and answer `AssertionSeen`. Then the same for the request and
/// `RequestSeen`. Commit, and only once the commit is acknowledged answer `Fresh`. A `SELECT`
/// before the `INSERT` is neither needed nor enough. Delete where `until <= now` from time to time,
/// outside of logins and allowing for clocks that disagree.
///
/// The columns need a binary collation (`"C"`, `BINARY`, `utf8mb4_bin` without padding): many
/// defaults ignore letter case or blanks at the end. Where indexed columns are short, store a
/// SHA-256 of the lengths and values instead, and make sure that the database refuses what is too
/// long rather than cutting it. Round `until` up, never down.
///
/// # Redis
///
/// The crate `saml-login-redis` is one. In a store of your own: `SET NX` sets one key and `MSETNX`
/// sets no expiry, so use a Lua script that checks both keys, then sets both. Let them expire by
/// `PX`, by how much later than `now` `until` is, with a margin for the server's own clock. In a
/// cluster both keys need one hash tag, for instance a digest of the connection ID.
/// `maxmemory-policy` must be `noeviction`. A restart forgets what `appendfsync always` would have
/// kept, and a failover forgets what was not replicated yet: `WAIT` narrows that gap without
/// closing it.
///
/// # Implementing it
///
/// Write plain `async fn`, no `async_trait`: `async fn spend` satisfies the signature as long as
/// its future is `Send`.
///
/// ```
/// use chrono::{DateTime, Utc};
/// use saml_login::error::BoxError;
/// use saml_login::replay::{SpendOutcome, Spending};
/// use saml_login::{MemoryReplayStore, ReplayStore};
///
/// enum Store {
///     Memory(MemoryReplayStore),
///     // Postgres(…)
/// }
///
/// impl ReplayStore for Store {
///     async fn spend(
///         &self,
///         spending: &Spending,
///         now: DateTime<Utc>,
///     ) -> Result<SpendOutcome, BoxError> {
///         match self {
///             Self::Memory(store) => store.spend(spending, now).await,
///         }
///     }
/// }
/// ```
pub trait ReplayStore: Send + Sync {
    /// Records what `spending` names, unless it is known already.
    ///
    /// # Errors
    ///
    /// Whenever the store cannot tell, or cannot be sure to remember. The login is refused.
    fn spend(
        &self,
        spending: &Spending,
        now: DateTime<Utc>,
    ) -> impl Future<Output = Result<SpendOutcome, BoxError>> + Send;
}

behind_pointers!(
    ReplayStore,
    /// Any [`ReplayStore`], for those who choose at run time.
    ///
    /// ```
    /// use saml_login::MemoryReplayStore;
    /// use saml_login::replay::DynReplayStore;
    ///
    /// /// What every request handler has a clone of.
    /// #[derive(Clone)]
    /// struct Shared {
    ///     replays: DynReplayStore,
    /// }
    ///
    /// let shared = Shared { replays: DynReplayStore::new(MemoryReplayStore::default()) };
    /// # let _ = shared.clone();
    /// ```
    DynReplayStore {
        fn spend(
            spending: &Spending = &'a Spending,
            now: DateTime<Utc> = DateTime<Utc>
        ) -> Result<SpendOutcome, BoxError>;
    }
);

/// What one login spends: recorded in one atomic step, or not at all.
///
/// The crate makes these from verified responses. [`Spending::new`] is public so that you can test
/// a store of yours.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct Spending {
    /// The connection's id, as the caller gave it. Issuers and IDs may collide between connections.
    pub connection_id: String,
    /// The identity provider's issuer (its entity ID).
    pub issuer: String,
    /// What kind of message is spent. IDs of different kinds are different, and room that is
    /// counted is counted apart: a flood of logins keeps nobody from logging out.
    pub kind: SpentKind,
    /// The `ID` of the message, which was covered by the verified signature.
    pub assertion_id: String,
    /// The `ID` of the request that the assertion answers; `None` for a login that the identity
    /// provider started.
    pub request_id: Option<String>,
    /// The first instant at which neither the assertion could still be accepted, clock skew
    /// included, nor the request, if there is one, still be answered.
    pub until: DateTime<Utc>,
}

impl Spending {
    /// An assertion that answers no request.
    pub fn new(
        connection_id: impl Into<String>,
        issuer: impl Into<String>,
        assertion_id: impl Into<String>,
        until: DateTime<Utc>,
    ) -> Self {
        Self {
            connection_id: connection_id.into(),
            issuer: issuer.into(),
            kind: SpentKind::Assertion,
            assertion_id: assertion_id.into(),
            request_id: None,
            until,
        }
    }

    /// The same, of a LogoutRequest.
    #[must_use]
    pub fn of_logout(self) -> Self {
        Self { kind: SpentKind::LogoutRequest, ..self }
    }

    /// The same, in answer to a request.
    #[must_use]
    pub fn with_request_id(mut self, request_id: impl Into<String>) -> Self {
        self.request_id = Some(request_id.into());
        self
    }
}

/// What kind of message is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum SpentKind {
    /// An assertion: a login.
    Assertion,
    /// A LogoutRequest.
    LogoutRequest,
}

codes!(SpentKind { Assertion = "assertion", LogoutRequest = "logout_request" });

impl SpendOutcome {
    /// Why the login does not go on, if it does not.
    pub(crate) fn refusal(self) -> Option<Rejection> {
        match self {
            Self::Fresh => None,
            Self::AssertionSeen => Some(Rejection::AssertionReplayed),
            Self::RequestSeen => Some(Rejection::RequestReplayed),
            Self::Full => Some(Rejection::ReplayStoreFull),
        }
    }
}

/// What a [`ReplayStore`] answers. Only [`Fresh`](Self::Fresh) lets the login go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub enum SpendOutcome {
    /// The assertion was spent before. Nothing was recorded.
    AssertionSeen,
    /// Nothing of it was known, and all of it is recorded now.
    Fresh,
    /// There is no room left for this connection. Nothing was recorded.
    Full,
    /// The request was answered before, by another assertion. Nothing was recorded, the new
    /// assertion neither.
    RequestSeen,
}
