//! How often something was tried, counted by all machines in one place.

use chrono::{DateTime, TimeDelta, Utc};
use saml_login::error::BoxError;
use saml_login::sso::{RateKey, RateLimits};

use crate::database::{Connection, Row, values};
use crate::failure::Failure;
use crate::gather::{Answer, Job};
use crate::keys::{instant, of_rate, read_instant};
use crate::store::SqlStore;

impl RateLimits for SqlStore {
    async fn take(&self, key: &RateKey, now: DateTime<Utc>) -> Result<Option<TimeDelta>, BoxError> {
        match self.ask(Job::TakeRate(key.clone(), now)).await? {
            Answer::Wait(wait) => Ok(wait),
            _ => Ok(None),
        }
    }

    async fn give_back(&self, key: &RateKey, now: DateTime<Utc>) -> Result<(), BoxError> {
        self.ask(Job::GiveBack(key.clone(), now)).await.map(drop)
    }
}

/// Counts one, if there is room; otherwise how long to wait.
pub(crate) async fn take(
    connection: &mut Connection<'_>,
    key: &RateKey,
    now: DateTime<Utc>,
) -> Result<Option<TimeDelta>, Failure> {
    // There is a row to lock then.
    let sql = "INSERT INTO saml_rates (rate, until, taken) VALUES ($1, $2, $3) \
         ON CONFLICT DO NOTHING";
    connection.run(sql, values![of_rate(key), instant(now), Vec::new()]).await?;
    let mut taken = read(connection, key, now).await?;
    let (most, window) = key.kind.allows();
    let is_full = u32::try_from(taken.len()).map_or(true, |taken| taken >= most);
    if let (Some(first), true) = (taken.first(), is_full) {
        return Ok(Some(window - now.signed_duration_since(*first)));
    }
    taken.push(now);
    write(connection, key, &taken, now).await?;
    Ok(None)
}

/// Gives the place of the latest one back.
pub(crate) async fn give_back(
    connection: &mut Connection<'_>,
    key: &RateKey,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let mut taken = read(connection, key, now).await?;
    if taken.pop().is_some() {
        write(connection, key, &taken, now).await?;
    }
    Ok(())
}

/// The instants that count at this one. What a clock that was ahead has counted would count for as
/// long as it was.
async fn read(
    connection: &mut Connection<'_>,
    key: &RateKey,
    now: DateTime<Utc>,
) -> Result<Vec<DateTime<Utc>>, Failure> {
    let lock = connection.for_update();
    let sql = format!("SELECT taken FROM saml_rates WHERE rate = $1{lock}");
    let row: Option<Row> = connection.row(sql, values![of_rate(key)]).await?;
    let taken = row.map(|row| row.bytes(0)).transpose()?.unwrap_or_default();
    let window = key.kind.allows().1;
    let counts = |at: &DateTime<Utc>| *at <= now && now.signed_duration_since(*at) < window;
    Ok(taken.chunks_exact(12).filter_map(read_instant).filter(counts).collect())
}

async fn write(
    connection: &mut Connection<'_>,
    key: &RateKey,
    taken: &[DateTime<Utc>],
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let until = now.checked_add_signed(key.kind.allows().1).unwrap_or(now);
    let bytes: Vec<u8> = taken.iter().flat_map(|at| instant(*at)).collect();
    let sql = "UPDATE saml_rates SET until = $2, taken = $3 WHERE rate = $1";
    connection.run(sql, values![of_rate(key), instant(until), bytes]).await?;
    Ok(())
}
