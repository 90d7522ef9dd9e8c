//! One write: everything in the order of the answers that the contract gives, and undone as a whole
//! by whoever runs it, unless the answer is that it is done.
//!
//! **Locks.** The organization's row of counters is locked first, and held until the commit. So
//! the writes of one organization come one after the other, in every process, and whatever is read
//! behind that lock is as it was last committed: no name, version or number can change meanwhile.
//! In that order no two writes of one organization can wait for each other. They would wait for
//! that row at their ends otherwise; and once several share a transaction, the first of them would
//! hold it for all that follow. What several organizations can want, claims and what is spent,
//! comes behind it and is sorted.

mod account;
pub(crate) mod counters;
mod kept;
mod sessions;
mod settings;
pub(crate) mod spent;
pub(crate) mod told;

use saml_login::account::Account;
use saml_login::organization::Shortage;
use saml_login::replay::SpendOutcome;
use saml_login::store::{AccountWrite, Record, SettingsWrite, StoreRecord, Write, Written};
use serde_json::to_vec;

use crate::database::{Connection, values};
use crate::failure::Failure;
use crate::hook::{AccountWritten, AnyHook};
use crate::keys::{self, Digest};

/// A write under way.
struct Writing<'w, 'c> {
    write: &'w Write,
    connection: Connection<'c>,
    organization: Digest,
    /// The organization as it was before, or as it is founded.
    record: Option<Record>,
    /// The last number of the feed.
    changes: i64,
    /// The account as it was before.
    before: Option<Account>,
}

/// Writes what belongs together. Unless it is [`Written::Done`], the caller undoes it.
pub(crate) async fn write(
    connection: &mut Connection<'_>,
    hook: Option<&dyn AnyHook>,
    write: &Write,
) -> Result<Written, Failure> {
    let mut writing = Writing {
        write,
        connection: connection.reborrow(),
        organization: keys::of_organization(&write.organization),
        record: None,
        changes: 0,
        before: None,
    };
    if let Some(refused) = writing.refused().await? {
        return Ok(refused);
    }
    writing.put(hook).await?;
    Ok(Written::Done)
}

impl Writing<'_, '_> {
    /// What speaks against it, in the order of the contract: `Outdated`, `AlreadySpent`,
    /// `Conflict`, `Claimed`, `LastAdministrator`, `NoSeat`. What has to be written in order to
    /// know is written here.
    async fn refused(&mut self) -> Result<Option<Written>, Failure> {
        let write = self.write;
        if write.needs_organization() || is_founding(write) {
            self.lock().await?;
        }
        let is_there = self.record.is_some();
        let version = self.record.as_ref().map(|record| record.version);
        let is_other = write.decided_by.is_some_and(|read| version != Some(read));
        if is_other || (!is_there && write.needs_organization()) {
            return Ok(Some(Written::Outdated));
        }
        if let Some(spending) = &write.spend
            && (spending.until <= write.at
                || spent::spend(&mut self.connection, spending, write.at).await?
                    != SpendOutcome::Fresh)
        {
            return Ok(Some(Written::AlreadySpent));
        }
        if write.is_mixed() || self.conflicts().await? {
            return Ok(Some(Written::Conflict));
        }
        if let Some(claim) = self.claim().await? {
            return Ok(Some(Written::Claimed(claim)));
        }
        if write.keep_reachable && is_there && self.loses_reach().await? {
            return Ok(Some(Written::LastAdministrator));
        }
        Ok(self.shortage())
    }

    async fn conflicts(&mut self) -> Result<bool, Failure> {
        Ok(self.is_stale_store_record().await?
            || self.settings_conflict().await?
            || self.account_conflicts().await?
            || self.kept_conflicts().await?
            || self.sessions_conflict().await?)
    }

    fn shortage(&self) -> Option<Written> {
        let write = self.write;
        let (record, account) = self.record.as_ref().zip(write.account.as_ref())?;
        match record.counters.shortage(self.before.as_ref(), account.after())? {
            Shortage::LastAdministrator if write.keep_administrator => {
                Some(Written::LastAdministrator)
            }
            Shortage::NoSeat => Some(Written::NoSeat),
            // What takes an administrator away takes no seat.
            _ => None,
        }
    }

    /// Writes what nothing speaks against.
    async fn put(&mut self, hook: Option<&dyn AnyHook>) -> Result<(), Failure> {
        self.put_store_record().await?;
        // What is written of an organization goes with it.
        if self.write.settings == Some(SettingsWrite::Remove) {
            self.remove().await?;
            if let Some(hook) = hook {
                let connection = self.connection.reborrow().into();
                hook.removed(&self.write.organization, connection).await?;
            }
            return Ok(());
        }
        self.put_settings().await?;
        self.put_account().await?;
        self.put_sessions().await?;
        told::tell(&mut self.connection, &self.organization, &self.write.events).await?;
        self.put_counters().await?;
        self.call(hook).await
    }

    async fn call(&mut self, hook: Option<&dyn AnyHook>) -> Result<(), Failure> {
        let (Some(hook), Some(account)) = (hook, &self.write.account) else { return Ok(()) };
        let after = account.after().cloned();
        let written = AccountWritten { before: self.before.clone(), after };
        Ok(hook.written(&written, self.connection.reborrow().into()).await?)
    }

    async fn is_stale_store_record(&mut self) -> Result<bool, Failure> {
        let Some(new) = &self.write.store_record else { return Ok(false) };
        let sql = format!("SELECT record FROM saml_store{}", self.connection.for_update());
        let before = self.connection.row(sql, values![]).await?;
        let before = before.map(|row| read_store_record(&row)).transpose()?.unwrap_or_default();
        Ok(before.version.checked_add(1) != Some(new.version))
    }

    async fn put_store_record(&mut self) -> Result<(), Failure> {
        let Some(record) = &self.write.store_record else { return Ok(()) };
        let sql = "UPDATE saml_store SET record = $1";
        self.connection.run(sql, values![to_vec(record)?]).await?;
        Ok(())
    }
}

/// The one record: none was written yet where there is none.
pub(crate) fn read_store_record(row: &crate::database::Row) -> Result<StoreRecord, Failure> {
    match row.maybe_bytes(0)? {
        Some(_) => row.record(0),
        None => Ok(StoreRecord::default()),
    }
}

fn is_founding(write: &Write) -> bool {
    matches!(write.settings, Some(SettingsWrite::Found { .. }))
}

/// The account that a write leaves, if it leaves one.
fn after(write: &Write) -> Option<&Account> {
    write.account.as_ref().and_then(AccountWrite::after)
}
