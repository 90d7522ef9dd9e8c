//! How often something was tried: a window that slides, in one script.

use std::sync::LazyLock;

use chrono::{DateTime, TimeDelta, Utc};
use redis::Script;
use saml_login::error::BoxError;
use saml_login::sso::{RateKey, RateLimits};

use crate::failure::Failure;
use crate::keys::{self, instant, read_instant};
use crate::store::RedisStore;

static RATE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("scripts/rate.lua")));

/// For so long after everything is over the keys of a kind stay, in milliseconds.
const MARGIN: i64 = 60_000;

impl RateLimits for RedisStore {
    async fn take(&self, key: &RateKey, now: DateTime<Utc>) -> Result<Option<TimeDelta>, BoxError> {
        let first = self.rate(key, "take", now).await?;
        let (_, window) = key.kind.allows();
        Ok(first.map(|first| window - now.signed_duration_since(first)))
    }

    async fn give_back(&self, key: &RateKey, now: DateTime<Utc>) -> Result<(), BoxError> {
        self.rate(key, "give_back", now).await?;
        Ok(())
    }
}

impl RedisStore {
    /// The first that counts, if there is no room.
    async fn rate(
        &self,
        key: &RateKey,
        act: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, Failure> {
        let (most, window) = key.kind.allows();
        let from = now.checked_sub_signed(window).unwrap_or(DateTime::<Utc>::MIN_UTC);
        let mut script = RATE.prepare_invoke();
        let [taken, order] = keys::rates(key.kind);
        script.key(taken).key(order);
        script.arg(&keys::of_rate(key)[..]).arg(act);
        script.arg(&instant(now)[..]).arg(&instant(from)[..]);
        script.arg(most).arg(self.room.rates_per_kind.get());
        script.arg(window.num_milliseconds().saturating_add(MARGIN));
        let first: Option<Vec<u8>> = self.run(&script).await?;
        first.map(|first| read_instant(&first).ok_or(Failure::Unreadable)).transpose()
    }
}
