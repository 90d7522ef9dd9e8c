//! Single use.

use chrono::{DateTime, Utc};
use saml_login::replay::{SpendOutcome, Spending};

use crate::database::{Answers, Batch, Connection, values};
use crate::failure::Failure;
use crate::keys::{self, Digest, digest};

/// The places of what was spent.
pub(super) struct Asked {
    message: usize,
    request: Option<usize>,
    forgotten: usize,
}

/// Records what is spent, unless it is known: the caller undoes it where it is not
/// [fresh](SpendOutcome::Fresh).
pub(crate) async fn spend(
    connection: &mut Connection<'_>,
    spending: &Spending,
    now: DateTime<Utc>,
) -> Result<SpendOutcome, Failure> {
    if spending.until <= now {
        return Err(Failure::other("what was to be spent has expired"));
    }
    let mut batch = Batch::default();
    let asked = ask(spending, &mut batch);
    Ok(read(&asked, &connection.many(batch).await?))
}

/// Whether it was known tells the insert itself.
pub(super) fn ask(spending: &Spending, batch: &mut Batch) -> Asked {
    let Spending { connection_id, issuer, kind, assertion_id, request_id, until, .. } = spending;
    let message = digest(kind.as_str(), &[connection_id, issuer, assertion_id]);
    let message = record(&message, *until, batch);
    let request = request_id
        .as_ref()
        .map(|request_id| record(&digest("request", &[connection_id, request_id]), *until, batch));
    // Behind the insert: whoever has just forgotten this very key has said so.
    let sql = "SELECT 1 FROM saml_store WHERE forgotten_until >= $1";
    let forgotten = batch.add(sql, values![keys::instant(*until)]);
    Asked { message, request, forgotten }
}

fn record(key: &Digest, until: DateTime<Utc>, batch: &mut Batch) -> usize {
    let sql = "INSERT INTO saml_spent (spent, until) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    batch.add(sql, values![key, keys::instant(until)])
}

/// What may have been forgotten is known.
pub(super) fn read(asked: &Asked, answers: &Answers) -> SpendOutcome {
    let is_known = |place: &usize| answers.affected(*place) == 0;
    if is_known(&asked.message) || answers.first(asked.forgotten).is_some() {
        return SpendOutcome::AssertionSeen;
    }
    match asked.request.as_ref().is_some_and(is_known) {
        true => SpendOutcome::RequestSeen,
        false => SpendOutcome::Fresh,
    }
}
