//! Sessions that begin, end and are used.

use saml_login::session::Session;
use saml_login::store::SessionWrite;
use serde_json::to_vec;

use super::Writing;
use crate::database::values;
use crate::failure::Failure;
use crate::keys;

impl Writing<'_> {
    pub(super) fn put_sessions(&mut self) -> Result<(), Failure> {
        for session in &self.write.sessions {
            match session {
                SessionWrite::Begin(session) => self.begin(session)?,
                SessionWrite::End(token) => {
                    let sql = "DELETE FROM saml_sessions WHERE token = $1 AND organization = $2";
                    self.batch.add(sql, values![token.as_bytes(), self.organization]);
                }
                // One that is not there does not come back.
                SessionWrite::Touch(token, at) => {
                    let sql = "UPDATE saml_sessions SET last_used_at = $3 \
                         WHERE token = $1 AND organization = $2";
                    let values = values![token.as_bytes(), self.organization, keys::instant(*at)];
                    self.batch.add(sql, values);
                }
                _ => return Err(Failure::other("a session that this release knows not")),
            }
        }
        Ok(())
    }

    /// One that is there already is as it is now. That it is no other organization's was asked; one
    /// that comes at this very moment keeps its place.
    fn begin(&mut self, session: &Session) -> Result<(), Failure> {
        let sql = "INSERT INTO saml_sessions (token, organization, account, subject, \
             not_on_or_after, last_used_at, record) VALUES ($1, $2, $3, $4, $5, $6, $7) \
             ON CONFLICT (token) DO UPDATE SET account = excluded.account, \
             subject = excluded.subject, not_on_or_after = excluded.not_on_or_after, \
             last_used_at = excluded.last_used_at, record = excluded.record \
             WHERE saml_sessions.organization = excluded.organization";
        let values = values![
            session.token.as_bytes(),
            self.organization,
            keys::of_account(&session.start.account),
            session.subject_digest().map(|digest| *digest.as_bytes()),
            keys::instant(session.not_on_or_after),
            keys::instant(session.last_used_at),
            to_vec(session)?,
        ];
        self.batch.add(sql, values);
        Ok(())
    }
}
