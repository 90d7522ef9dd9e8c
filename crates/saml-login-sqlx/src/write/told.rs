//! The audit trail, and the log of the directory's requests.

use saml_login::audit::AuditEvent;
use saml_login::store::RequestLog;
use serde_json::to_vec;

use super::Writing;
use crate::database::{Batch, Connection, values};
use crate::failure::Failure;
use crate::keys;

impl Writing<'_> {
    /// Each with the next number of the row that is locked.
    pub(super) fn put_events(&mut self) -> Result<(), Failure> {
        for event in &self.write.events {
            self.events = self.events.saturating_add(1);
            let sql = "INSERT INTO saml_events (organization, number, at, record) \
                 VALUES ($1, $2, $3, $4)";
            let at = keys::instant(event.at);
            self.batch.add(sql, values![self.organization, self.events, at, to_vec(event)?]);
        }
        Ok(())
    }
}

/// So often a number is taken that somebody else has taken meanwhile.
const TRIES: usize = 20;

/// Adds an event to the trail of its organization. One that is not there has a trail, too: of
/// refusals.
pub(crate) async fn record(
    connection: &mut Connection<'_>,
    event: &AuditEvent,
) -> Result<(), Failure> {
    let organization = keys::of_organization(&event.organization);
    let values = || -> Result<_, Failure> {
        Ok(values![organization, keys::instant(event.at), to_vec(event)?])
    };
    let mut batch = Batch::default();
    let sql = "UPDATE saml_counters SET events = events + 1 WHERE organization = $1";
    let counted = batch.add(sql, values![organization]);
    let sql = "INSERT INTO saml_events (organization, number, at, record) \
         SELECT organization, events, $2, $3 FROM saml_counters WHERE organization = $1";
    batch.add(sql, values()?);
    if connection.many(batch).await?.affected(counted) > 0 {
        return Ok(());
    }
    for _ in 0..TRIES {
        let sql = "INSERT INTO saml_events (organization, number, at, record) \
             SELECT $1, COALESCE(MAX(number), 0) + 1, $2, $3 FROM saml_events \
             WHERE organization = $1 ON CONFLICT DO NOTHING";
        if connection.run(sql, values()?).await? > 0 {
            return Ok(());
        }
    }
    Err(Failure::other("too many events of one organization come at once"))
}

/// Adds a request to the log, if its organization is there. That is locked, and so not removed
/// meanwhile.
pub(crate) async fn log(
    connection: &mut Connection<'_>,
    request: &RequestLog,
) -> Result<(), Failure> {
    let organization = keys::of_organization(&request.organization);
    let mut batch = Batch::default();
    let sql = "UPDATE saml_counters SET requests = requests + 1 WHERE organization = $1";
    batch.add(sql, values![organization]);
    let sql = "INSERT INTO saml_requests (organization, number, at, record) \
         SELECT organization, requests, $2, $3 FROM saml_counters WHERE organization = $1";
    batch.add(sql, values![organization, keys::instant(request.at), to_vec(request)?]);
    connection.many(batch).await?;
    Ok(())
}
