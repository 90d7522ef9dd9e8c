//! Single use is a type: a verified login yields its identity only by being spent.

use std::fmt;

use chrono::{DateTime, Utc};

use super::{ReplayStore, SpendOutcome, Spending};
use crate::error::{Error, Rejection};
use crate::identity::Identity;

/// A login that is verified and not used yet.
///
/// Its identity is out of reach until it is [spent](Unspent::spend), so that no path through an
/// application can forget replay protection (Profiles §4.1.4.5).
#[must_use = "a verified login yields its identity only by being spent"]
pub struct Unspent {
    identity: Identity,
    spending: Spending,
}

impl Unspent {
    pub(crate) fn new(identity: Identity, spending: Spending) -> Self {
        Self { identity, spending }
    }

    /// Records the assertion (and the request it answers) as used, and yields the identity.
    ///
    /// Do this once all else that can refuse the login has been looked at, and create the session
    /// right after.
    ///
    /// # Errors
    ///
    /// [`Rejection::AssertionReplayed`] or [`Rejection::RequestReplayed`] if either was used
    /// before, [`Rejection::Expired`] if so much time passed since verification that it may have
    /// been forgotten, [`Rejection::ReplayStoreFull`] and [`Error::Store`] if the store cannot
    /// tell.
    pub async fn spend<S: ReplayStore>(
        self,
        store: &S,
        now: DateTime<Utc>,
    ) -> Result<Identity, Error> {
        let Self { identity, spending } = self;
        if now >= spending.until {
            let not_on_or_after = spending.until;
            return Err(Rejection::Expired {
                what: "Assertion",
                not_on_or_after,
                now,
                skew_seconds: 0,
            }
            .into());
        }
        match store.spend(&spending, now).await.map_err(Error::Store)? {
            SpendOutcome::Fresh => Ok(identity),
            SpendOutcome::AssertionSeen => Err(Rejection::AssertionReplayed.into()),
            SpendOutcome::RequestSeen => Err(Rejection::RequestReplayed.into()),
            SpendOutcome::Full => Err(Rejection::ReplayStoreFull.into()),
        }
    }
}

impl fmt::Debug for Unspent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unspent").field("spending", &self.spending).finish_non_exhaustive()
    }
}
