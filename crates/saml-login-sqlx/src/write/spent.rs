//! Single use.

use chrono::{DateTime, Utc};
use saml_login::replay::{SpendOutcome, Spending};

use crate::database::{Connection, values};
use crate::failure::Failure;
use crate::keys::{self, Digest, digest};

/// Records what is spent, unless it is known: the caller undoes it where it is not
/// [fresh](SpendOutcome::Fresh). What is over, or may have been forgotten, is an error or known.
pub(crate) async fn spend(
    connection: &mut Connection<'_>,
    spending: &Spending,
    now: DateTime<Utc>,
) -> Result<SpendOutcome, Failure> {
    let Spending { connection_id, issuer, kind, assertion_id, request_id, until, .. } = spending;
    if *until <= now {
        return Err(Failure::other("what was to be spent has expired"));
    }
    let message = digest(kind.as_str(), &[connection_id, issuer, assertion_id]);
    if !record(connection, &message, *until).await? {
        return Ok(SpendOutcome::AssertionSeen);
    }
    if let Some(request_id) = request_id {
        let request = digest("request", &[connection_id, request_id]);
        if !record(connection, &request, *until).await? {
            return Ok(SpendOutcome::RequestSeen);
        }
    }
    // Behind the insert: whoever has just forgotten this very key has said so.
    let sql = "SELECT 1 FROM saml_store WHERE forgotten_until >= $1";
    match connection.row(sql, values![keys::instant(*until)]).await? {
        Some(_) => Ok(SpendOutcome::AssertionSeen),
        None => Ok(SpendOutcome::Fresh),
    }
}

async fn record(
    connection: &mut Connection<'_>,
    key: &Digest,
    until: DateTime<Utc>,
) -> Result<bool, Failure> {
    let sql = "INSERT INTO saml_spent (spent, until) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    Ok(connection.run(sql, values![key, keys::instant(until)]).await? > 0)
}
