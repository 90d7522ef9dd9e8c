//! What is over is forgotten, in small steps.

use chrono::{DateTime, TimeDelta, Utc};

use crate::database::{Connection, values};
use crate::failure::Failure;
use crate::keys::instant;

/// How long what was told is kept. What has no time is kept until its organization is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retention {
    /// Events of the audit trail. Default: without end.
    pub events: Option<TimeDelta>,
    /// Requests of directories. Default: 30 days.
    pub requests: Option<TimeDelta>,
}

impl Retention {
    /// So long.
    pub fn new(
        events: impl Into<Option<TimeDelta>>,
        requests: impl Into<Option<TimeDelta>>,
    ) -> Self {
        Self { events: events.into(), requests: requests.into() }
    }
}

impl Default for Retention {
    fn default() -> Self {
        Self::new(None, TimeDelta::days(30))
    }
}

/// What one step has forgotten, in rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pruned {
    /// Events of the audit trail.
    pub events: u64,
    /// Codes, links, paging keys.
    pub kept: u64,
    /// Requests that were never answered.
    pub pending: u64,
    /// Rates.
    pub rates: u64,
    /// Requests of directories.
    pub requests: u64,
    /// Sessions.
    pub sessions: u64,
    /// Assertions and requests that were used.
    pub spent: u64,
    /// Whether there may be more of any of it.
    pub is_more: bool,
}

/// A step.
pub(crate) struct Prune {
    pub(crate) now: DateTime<Utc>,
    /// So many rows of each table.
    pub(crate) limit: u32,
    pub(crate) retention: Retention,
}

/// A table of what is over at an instant: its key, and the column of the instant.
struct Table(&'static str, &'static str, &'static str);

const EVENTS: Table = Table("saml_events", "organization, number", "at");
const KEPT: Table = Table("saml_kept", "kind, digest", "expires_at");
const PENDING: Table = Table("saml_pending", "cookie", "expires_at");
const RATES: Table = Table("saml_rates", "rate", "until");
const REQUESTS: Table = Table("saml_requests", "organization, number", "at");
const SESSIONS: Table = Table("saml_sessions", "token", "not_on_or_after");
const SPENT: Table = Table("saml_spent", "spent", "until");

/// Forgets what has been over for a day: clocks disagree, though never by so much.
pub(crate) async fn prune(
    connection: &mut Connection<'_>,
    prune: &Prune,
) -> Result<Pruned, Failure> {
    let ago = |time: TimeDelta| prune.now.checked_sub_signed(time);
    let over = ago(TimeDelta::days(1));
    let limit = prune.limit;
    let mut pruned = Pruned {
        kept: forget(connection, &KEPT, over, limit).await?,
        pending: forget(connection, &PENDING, over, limit).await?,
        rates: forget(connection, &RATES, over, limit).await?,
        sessions: forget(connection, &SESSIONS, over, limit).await?,
        spent: forget_spent(connection, over, limit).await?,
        events: forget(connection, &EVENTS, prune.retention.events.and_then(ago), limit).await?,
        requests: forget(connection, &REQUESTS, prune.retention.requests.and_then(ago), limit)
            .await?,
        is_more: false,
    };
    let Pruned { events, kept, pending, rates, requests, sessions, spent, .. } = pruned;
    let counts = [events, kept, pending, rates, requests, sessions, spent];
    pruned.is_more = counts.iter().any(|count| *count >= u64::from(limit));
    Ok(pruned)
}

async fn forget(
    connection: &mut Connection<'_>,
    Table(table, key, over_at): &Table,
    over: Option<DateTime<Utc>>,
    limit: u32,
) -> Result<u64, Failure> {
    let Some(over) = over else { return Ok(0) };
    let sql = format!(
        "DELETE FROM {table} WHERE ({key}) IN \
         (SELECT {key} FROM {table} WHERE {over_at} <= $1 ORDER BY {over_at} LIMIT $2)"
    );
    Ok(connection.run(sql, values![instant(over), i64::from(limit)]).await?)
}

/// Remembers how far it has forgotten: should a clock go back that far, nothing from before is
/// taken for new.
async fn forget_spent(
    connection: &mut Connection<'_>,
    over: Option<DateTime<Utc>>,
    limit: u32,
) -> Result<u64, Failure> {
    let Some(over) = over else { return Ok(0) };
    let sql = "SELECT until FROM saml_spent WHERE until <= $1 ORDER BY until LIMIT $2";
    let rows = connection.rows(sql, values![instant(over), i64::from(limit)]).await?;
    let Some(last) = rows.last().map(|row| row.bytes(0)).transpose()? else { return Ok(0) };
    let sql = "UPDATE saml_store SET forgotten_until = $1 \
         WHERE forgotten_until IS NULL OR forgotten_until < $1";
    connection.run(sql, values![last]).await?;
    forget(connection, &SPENT, Some(over), limit).await
}
