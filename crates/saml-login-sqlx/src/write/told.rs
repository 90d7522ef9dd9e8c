//! The audit trail, and the log of the directory's requests.

use saml_login::audit::AuditEvent;
use saml_login::store::RequestLog;
use serde_json::to_vec;

use crate::database::{Connection, values};
use crate::failure::Failure;
use crate::keys::{self, Digest};

/// Adds events of an organization to its trail.
pub(crate) async fn tell(
    connection: &mut Connection<'_>,
    organization: &Digest,
    events: &[AuditEvent],
) -> Result<(), Failure> {
    let count = i64::try_from(events.len()).unwrap_or(i64::MAX);
    if count == 0 {
        return Ok(());
    }
    let last = number(connection, organization, (count, 0)).await?.0;
    let first = last.saturating_sub(count);
    for (number, event) in (first..last).zip(events) {
        let sql = "INSERT INTO saml_events (organization, number, at, record) \
             VALUES ($1, $2, $3, $4)";
        let number = number.saturating_add(1);
        let values = values![organization, number, keys::instant(event.at), to_vec(event)?];
        connection.run(sql, values).await?;
    }
    Ok(())
}

/// Adds a request to the log, if its organization is there.
pub(crate) async fn log(
    connection: &mut Connection<'_>,
    request: &RequestLog,
) -> Result<(), Failure> {
    let organization = keys::of_organization(&request.organization);
    // Locked: it is not removed meanwhile.
    let lock = connection.for_update();
    let sql = format!("SELECT 1 FROM saml_counters WHERE organization = $1{lock}");
    if connection.row(sql, values![organization]).await?.is_none() {
        return Ok(());
    }
    let number = number(connection, &organization, (0, 1)).await?.1;
    let sql = "INSERT INTO saml_requests (organization, number, at, record) \
         VALUES ($1, $2, $3, $4)";
    let values = values![organization, number, keys::instant(request.at), to_vec(request)?];
    connection.run(sql, values).await?;
    Ok(())
}

/// Takes so many numbers for events and for requests; the last of each.
async fn number(
    connection: &mut Connection<'_>,
    organization: &Digest,
    (events, requests): (i64, i64),
) -> Result<(i64, i64), Failure> {
    let sql = "INSERT INTO saml_numbers (organization, events, requests) VALUES ($1, $2, $3) \
         ON CONFLICT (organization) DO UPDATE SET \
         events = saml_numbers.events + excluded.events, \
         requests = saml_numbers.requests + excluded.requests \
         RETURNING events, requests";
    let row = connection.row(sql, values![organization, events, requests]).await?;
    let row = row.ok_or_else(|| Failure::other("the database gives no number"))?;
    Ok((row.int(0)?, row.int(1)?))
}
