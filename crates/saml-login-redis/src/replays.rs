//! What is spent: an assertion and the request that it answers, in one script.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use redis::Script;
use saml_login::ReplayStore;
use saml_login::error::BoxError;
use saml_login::replay::{SpendOutcome, Spending, SpentKind};

use crate::failure::Failure;
use crate::keys::{self, Tag};
use crate::store::RedisStore;

static SPEND: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("scripts/spend.lua")));

/// For so long after the last of it is over a key stays, in milliseconds: should the clock of Redis
/// be put forward by less, nothing is forgotten early.
const MARGIN: i64 = 3_600_000;

impl ReplayStore for RedisStore {
    async fn spend(
        &self,
        spending: &Spending,
        now: DateTime<Utc>,
    ) -> Result<SpendOutcome, BoxError> {
        Ok(self.record(spending, now).await?)
    }
}

impl RedisStore {
    async fn record(
        &self,
        spending: &Spending,
        now: DateTime<Utc>,
    ) -> Result<SpendOutcome, Failure> {
        if spending.until <= now {
            return Err(Failure::Over);
        }
        let tag = Tag::of_connection(&spending.connection_id);
        let (over, now) = (keys::ceil(spending.until), keys::floor(now));
        let mut script = SPEND.prepare_invoke();
        script.key(tag.spent(spending.kind));
        for kind in SpentKind::ALL.iter().filter(|kind| **kind != spending.kind) {
            script.key(tag.spent(*kind));
        }
        script.arg(&keys::of_assertion(spending)[..]);
        script.arg(keys::of_request(spending).as_ref().map_or(&[][..], |request| &request[..]));
        script.arg(over).arg(now).arg(over.saturating_sub(now).saturating_add(MARGIN));
        script.arg(self.room.spent_per_connection.get());
        match self.run::<String>(&script).await?.as_str() {
            "fresh" => Ok(SpendOutcome::Fresh),
            "assertion_seen" => Ok(SpendOutcome::AssertionSeen),
            "request_seen" => Ok(SpendOutcome::RequestSeen),
            "full" => Ok(SpendOutcome::Full),
            "clock_went_back" => Err(Failure::ClockWentBack),
            _ => Err(Failure::Unreadable),
        }
    }
}
