//! What has to be known before anything is written.

use saml_login::account::AccountId;
use saml_login::session::Session;
use saml_login::store::{AccountWrite, KeptWrite, SessionWrite, SettingsWrite, Write};
use serde_json::to_vec;

use super::{of, spent};
use crate::database::{Answers, Batch, values};
use crate::failure::Failure;
use crate::keys;
use crate::write::counters::COLUMNS;

/// The places of the questions of a write, where they were asked.
#[derive(Default)]
pub(super) struct Asked {
    pub(super) lock: Option<usize>,
    pub(super) organization: Option<usize>,
    pub(super) spent: Option<spent::Asked>,
    pub(super) store_record: Option<usize>,
    /// An organization is founded by the question whether its id was ever given.
    pub(super) founded: Option<usize>,
    /// The last event of what is founded.
    pub(super) event: Option<usize>,
    pub(super) administrators: Option<usize>,
    pub(super) before: Option<usize>,
    /// Whether each of its names is somebody else's.
    pub(super) named: Vec<usize>,
    /// In the order of the write.
    pub(super) kept: Vec<usize>,
    pub(super) sessions: Vec<AskedSession>,
}

/// A session that begins.
pub(super) struct AskedSession {
    /// Whether another organization has one of its token.
    pub(super) elsewhere: usize,
    /// Its account, where that is not written itself.
    pub(super) account: Option<usize>,
}

impl Asked {
    pub(super) fn of(write: &Write, lock: &str, batch: &mut Batch) -> Result<Self, Failure> {
        let mut asked = Self::default();
        asked.organization(write, lock, batch)?;
        if let Some(spending) = write.spend.as_ref().filter(|one| write.at < one.until) {
            asked.spent = Some(spent::ask(spending, batch));
        }
        if write.store_record.is_some() {
            let sql = format!("SELECT record FROM saml_store{lock}");
            asked.store_record = Some(batch.add(sql, values![]));
        }
        if let Some(account) = &write.account {
            asked.account(write, account, batch);
        }
        for kept in &write.kept {
            asked.kept.push(ask_kept(kept, lock, batch)?);
        }
        for session in &write.sessions {
            if let SessionWrite::Begin(session) = session {
                asked.sessions.push(ask_session(write, session, batch));
            }
        }
        Ok(asked)
    }

    /// The lock first. What stands behind it is read as it was last committed: each statement sees
    /// what was there when it began.
    fn organization(
        &mut self,
        write: &Write,
        lock: &str,
        batch: &mut Batch,
    ) -> Result<(), Failure> {
        if write.needs_organization() || write.decided_by.is_some() {
            let sql = format!(
                "SELECT {COLUMNS}, changes, events FROM saml_counters \
                 WHERE organization = $1{lock}"
            );
            self.lock = Some(batch.add(sql, values![of(write)]));
            let sql = "SELECT version, record, purge_key FROM saml_organizations \
                 WHERE organization = $1 AND record IS NOT NULL";
            self.organization = Some(batch.add(sql, values![of(write)]));
        }
        match &write.settings {
            Some(SettingsWrite::Found { organization, purge_key, .. }) => {
                let sql = "INSERT INTO saml_organizations \
                     (organization, id, version, record, purge_key) VALUES ($1, $2, 0, $3, $4) \
                     ON CONFLICT DO NOTHING";
                let id = organization.id().as_str().as_bytes();
                let record = to_vec(organization)?;
                let values = values![of(write), id, record, purge_key.as_bytes()];
                self.founded = Some(batch.add(sql, values));
                let sql = "SELECT number FROM saml_events WHERE organization = $1 \
                     ORDER BY number DESC LIMIT 1";
                self.event = Some(batch.add(sql, values![of(write)]));
            }
            Some(SettingsWrite::Change(_)) => {
                let sql = "SELECT record FROM saml_accounts \
                     WHERE organization = $1 AND administrator = 1";
                self.administrators = Some(batch.add(sql, values![of(write)]));
            }
            _ => {}
        }
        Ok(())
    }

    fn account(&mut self, write: &Write, account: &AccountWrite, batch: &mut Batch) {
        let key = keys::of_account(account.id());
        let sql = "SELECT record FROM saml_accounts WHERE organization = $1 AND account = $2";
        self.before = Some(batch.add(sql, values![of(write), key]));
        // One question each: where it is unknown how many accounts there are, a list of names can
        // look to a planner as if it were cheaper to read them all.
        for name in account.names() {
            let sql = "SELECT 1 FROM saml_names \
                 WHERE organization = $1 AND name = $2 AND account <> $3 AND living = 1 LIMIT 1";
            self.named.push(batch.add(sql, values![of(write), name.digest(), key]));
        }
    }

    /// Whether the statement at a place has found anything.
    pub(super) fn is_found(place: usize, answers: &Answers) -> bool {
        answers.first(place).is_some()
    }
}

fn ask_kept(kept: &KeptWrite, lock: &str, batch: &mut Batch) -> Result<usize, Failure> {
    let (kind, digest) = match kept {
        KeptWrite::Put(kept) => (kept.kind(), kept.digest),
        KeptWrite::Take(kind, digest) => (*kind, *digest),
        _ => return Err(Failure::other("something kept that this release knows not")),
    };
    let sql = format!("SELECT record FROM saml_kept WHERE kind = $1 AND digest = $2{lock}");
    Ok(batch.add(sql, values![kind.as_str(), digest.as_bytes()]))
}

fn ask_session(write: &Write, session: &Session, batch: &mut Batch) -> AskedSession {
    let sql = "SELECT 1 FROM saml_sessions WHERE token = $1 AND organization <> $2";
    let elsewhere = batch.add(sql, values![session.token.as_bytes(), of(write)]);
    let ask = |id: &AccountId| {
        let sql = "SELECT 1 FROM saml_accounts WHERE organization = $1 AND account = $2";
        batch.add(sql, values![of(write), keys::of_account(id)])
    };
    let id = &session.start.account;
    let is_written = write.account.as_ref().is_some_and(|account| account.id() == id);
    AskedSession { elsewhere, account: (!is_written).then_some(id).map(ask) }
}
