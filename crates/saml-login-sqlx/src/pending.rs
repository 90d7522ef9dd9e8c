//! Requests that wait for their answers, by the digest of the browser's cookie.

use chrono::{DateTime, Utc};
use saml_login::error::BoxError;
use saml_login::request::{Pending, Remembered};
use saml_login::token::Token;
use saml_login::{Random, RequestStore};
use serde_json::to_vec;

use crate::database::{Connection, values};
use crate::failure::Failure;
use crate::gather::{Answer, Job};
use crate::keys::{self, Digest};
use crate::store::SqlStore;

impl RequestStore for SqlStore {
    async fn put(
        &self,
        pending: &Pending,
        random: Random,
        _now: DateTime<Utc>,
    ) -> Result<Remembered, BoxError> {
        let cookie = Token::new(random);
        let job = Job::Put(keys::of_cookie(cookie.as_str()), pending.clone());
        match self.ask(job).await? {
            // It would hand one browser's request to another.
            Answer::Known => Err(BoxError::new("the same random value was handed in twice")),
            _ => Ok(Remembered::Cookie(cookie.as_str().to_owned())),
        }
    }

    async fn take(
        &self,
        request_id: &str,
        cookie: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Pending>, BoxError> {
        let job = Job::Take(keys::of_cookie(cookie), keys::of_request(request_id), now);
        match self.ask(job).await? {
            Answer::Pending(pending) => Ok(pending),
            _ => Ok(None),
        }
    }

    async fn look(
        &self,
        request_id: &str,
        cookie: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Pending>, BoxError> {
        let (cookie, request) = (keys::of_cookie(cookie), keys::of_request(request_id));
        let mut look = self.database().look().await?;
        let sql = "SELECT record FROM saml_pending \
             WHERE cookie = $1 AND request = $2 AND expires_at > $3";
        let values = values![cookie, request, keys::instant(now)];
        let row = look.connection().row(sql, values).await?;
        Ok(row.map(|row| row.record(0)).transpose()?)
    }
}

/// Whether nothing lies under this cookie yet.
pub(crate) async fn put(
    connection: &mut Connection<'_>,
    cookie: &Digest,
    pending: &Pending,
) -> Result<bool, Failure> {
    let sql = "INSERT INTO saml_pending (cookie, request, expires_at, record) \
         VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    let request = keys::of_request(pending.request_id());
    let values = values![cookie, request, keys::instant(pending.expires_at()), to_vec(pending)?];
    Ok(connection.run(sql, values).await? > 0)
}

/// Takes a request out, if it has not expired: one of any number that come for it gets it.
pub(crate) async fn take(
    connection: &mut Connection<'_>,
    cookie: &Digest,
    request: &Digest,
    now: DateTime<Utc>,
) -> Result<Option<Pending>, Failure> {
    let sql = "DELETE FROM saml_pending \
         WHERE cookie = $1 AND request = $2 AND expires_at > $3 RETURNING record";
    let row = connection.row(sql, values![cookie, request, keys::instant(now)]).await?;
    row.map(|row| row.record(0)).transpose()
}
