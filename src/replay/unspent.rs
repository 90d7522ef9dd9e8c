//! Single use is a type: a verified login yields its identity only by being spent.

use std::fmt;

use chrono::{DateTime, Utc};

use super::{ReplayStore, Spending};
use crate::error::{Error, Rejection};

/// What is verified and not used yet: a login ([`Identity`](crate::Identity)) or the identity
/// provider's request to log somebody out ([`LogoutRequest`](crate::logout::LogoutRequest)).
///
/// It is out of reach until it is [spent](Unspent::spend), so that no path through an application
/// can forget replay protection (Profiles §4.1.4.5).
#[must_use = "what is verified is yielded only by being spent"]
pub struct Unspent<T> {
    value: T,
    /// What it is called where it has expired.
    what: &'static str,
    spending: Spending,
}

impl<T> Unspent<T> {
    pub(crate) fn new(value: T, what: &'static str, spending: Spending) -> Self {
        Self { value, what, spending }
    }

    /// What it says and what it spends, for whoever records that together with what follows from
    /// it, and yields nothing before.
    pub(crate) fn into_parts(self, now: DateTime<Utc>) -> Result<(T, Spending), Rejection> {
        let Self { value, what, spending } = self;
        let not_on_or_after = spending.until;
        match now < not_on_or_after {
            true => Ok((value, spending)),
            false => Err(Rejection::Expired { what, not_on_or_after, now, skew_seconds: 0 }),
        }
    }

    /// Records the message's ID (and that of the request it answers) as used, and yields what it
    /// says.
    ///
    /// Do this once all else that can refuse it has been looked at, and act on it right after.
    ///
    /// # Errors
    ///
    /// [`Rejection::AssertionReplayed`] or [`Rejection::RequestReplayed`] if either was used
    /// before, [`Rejection::Expired`] if so much time passed since verification that it may have
    /// been forgotten, [`Rejection::ReplayStoreFull`] and [`Error::ReplayStore`] if the store
    /// cannot tell.
    pub async fn spend<S: ReplayStore>(self, store: &S, now: DateTime<Utc>) -> Result<T, Error> {
        let (value, spending) = self.into_parts(now)?;
        let outcome = store.spend(&spending, now).await.map_err(Error::ReplayStore)?;
        outcome.refusal().map_or(Ok(value), |refusal| Err(refusal.into()))
    }
}

impl<T> fmt::Debug for Unspent<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unspent").field("spending", &self.spending).finish_non_exhaustive()
    }
}
