//! Sessions that begin, end and are used.

use std::collections::BTreeMap;

use saml_login::account::AccountId;
use saml_login::session::Session;
use saml_login::store::SessionWrite;
use serde_json::to_vec;

use super::{Writing, after};
use crate::database::values;
use crate::failure::Failure;
use crate::keys;

impl Writing<'_, '_> {
    /// Whether a session that begins has no account, or takes another organization's place.
    pub(super) async fn sessions_conflict(&mut self) -> Result<bool, Failure> {
        let mut are_there = BTreeMap::new();
        for session in &self.write.sessions {
            let SessionWrite::Begin(session) = session else { continue };
            let account = &session.start.account;
            if !are_there.contains_key(account) {
                are_there.insert(account, self.is_there(account).await?);
            }
            if are_there.get(account) != Some(&true) || self.is_elsewhere(session).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether an account is there behind this write.
    async fn is_there(&mut self, id: &AccountId) -> Result<bool, Failure> {
        let written = self.write.account.as_ref();
        if written.is_some_and(|account| account.id() == id) {
            return Ok(after(self.write).is_some());
        }
        let sql = "SELECT 1 FROM saml_accounts WHERE organization = $1 AND account = $2";
        let values = values![self.organization, keys::of_account(id)];
        Ok(self.connection.row(sql, values).await?.is_some())
    }

    async fn is_elsewhere(&mut self, session: &Session) -> Result<bool, Failure> {
        let sql = "SELECT 1 FROM saml_sessions WHERE token = $1 AND organization <> $2";
        let values = values![session.token.as_bytes(), self.organization];
        Ok(self.connection.row(sql, values).await?.is_some())
    }

    pub(super) async fn put_sessions(&mut self) -> Result<(), Failure> {
        for session in &self.write.sessions {
            match session {
                SessionWrite::Begin(session) => self.begin(session).await?,
                SessionWrite::End(token) => {
                    let sql = "DELETE FROM saml_sessions WHERE token = $1 AND organization = $2";
                    let values = values![token.as_bytes(), self.organization];
                    self.connection.run(sql, values).await?;
                }
                // One that is not there does not come back.
                SessionWrite::Touch(token, at) => {
                    let sql = "UPDATE saml_sessions SET last_used_at = $3 \
                         WHERE token = $1 AND organization = $2";
                    let values = values![token.as_bytes(), self.organization, keys::instant(*at)];
                    self.connection.run(sql, values).await?;
                }
                _ => return Err(Failure::other("a session that this release knows not")),
            }
        }
        Ok(())
    }

    async fn begin(&mut self, session: &Session) -> Result<(), Failure> {
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
        match self.connection.run(sql, values).await? {
            0 => Err(Failure::other("another organization has a session of this token")),
            _ => Ok(()),
        }
    }
}
