//! What of a browser's requests is counted.

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

    /// Counts one by this key. What cannot count lets people on.
    pub(super) async fn limited_by(
        &self,
        key: &RateKey,
        browser: &Browser<'_>,
    ) -> Result<(), Error> {
        match self.rates.take(key, browser.now).await {
            Ok(Some(wait)) => {
                let seconds = wait.num_seconds().max(0).saturating_add(1);
                Err(SsoRefusal::TooOften { seconds }.into())
            }
            Ok(None) | Err(_) => Ok(()),
        }
    }

    /// An answered login does not count.
    pub(super) async fn answered(&self, browser: &Browser<'_>) {
        if let Some(client) = browser.client {
            let key = RateKey::of_client(RateKind::LoginStarted, client);
            let _ = self.rates.give_back(&key, browser.now).await;
        }
    }
}
