//! What of a browser's requests is counted.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Browser, RateKey, RateKind, RateLimits as _, Sso, SsoRefusal};
use crate::error::Error;
use crate::store::Store;

impl<S: Store> Sso<S> {
    /// Counts one by the browser's address, if there is one.
    pub(super) async fn limited(&self, kind: RateKind, browser: &Browser<'_>) -> Result<(), Error> {
        match browser.client {
            Some(client) => self.limited_by(&RateKey::of_client(kind, client), browser).await,
            None => Ok(()),
        }
    }

    /// Counts one by this key.
    pub(super) async fn limited_by(
        &self,
        key: &RateKey,
        browser: &Browser<'_>,
    ) -> Result<(), Error> {
        match self.counted(key, browser.now).await {
            Some(wait) => {
                let seconds = wait.num_seconds().max(0).saturating_add(1);
                Err(SsoRefusal::TooOften { seconds }.into())
            }
            None => Ok(()),
        }
    }

    /// Counts one by this key: how long to wait, if there is no room. What cannot count lets
    /// everybody on.
    pub(crate) async fn counted(&self, key: &RateKey, now: DateTime<Utc>) -> Option<TimeDelta> {
        self.rates.take(key, now).await.unwrap_or_default()
    }

    /// An answered login does not count.
    pub(super) async fn answered(&self, browser: &Browser<'_>) {
        if let Some(client) = browser.client {
            let key = RateKey::of_client(RateKind::LoginStarted, client);
            let _ = self.rates.give_back(&key, browser.now).await;
        }
    }
}
