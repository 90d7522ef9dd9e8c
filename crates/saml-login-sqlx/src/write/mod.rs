//! One write, in two messages: what has to be known is asked, and then everything is written.
//! Whoever runs it undoes it as a whole, unless the answer is that it is done.
//!
//! **Locks.** The organization's row of counters is locked first, and held until the commit. So
//! the writes of one organization come one after the other, in every process, and whatever is read
//! behind that lock is as it was last committed: no name, version or number can change meanwhile.
//! In that order no two writes of one organization can wait for each other. They would wait for
//! that row at their ends otherwise; and once several share a transaction, the first of them would
//! hold it for all that follow. What several organizations can want, claims and what is spent,
//! comes behind it; claims are sorted.

mod account;
mod ask;
pub(crate) mod counters;
mod kept;
mod refuse;
mod sessions;
mod settings;
pub(crate) mod spent;
pub(crate) mod told;

use saml_login::account::Account;
use saml_login::store::{AccountWrite, Record, SettingsWrite, StoreRecord, Write, Written};
use serde_json::to_vec;

use self::ask::Asked;
use crate::database::{Batch, Connection, Row, values};
use crate::failure::Failure;
use crate::hook::{AccountWritten, AnyHook, HookConnection};
use crate::keys::{self, Digest};

/// A write under way.
struct Writing<'w> {
    write: &'w Write,
    organization: Digest,
    /// The organization as it was, or as it is founded, and then as it becomes.
    record: Option<Record>,
    /// Whether it was there before.
    is_there: bool,
    /// The last number of the feed.
    changes: i64,
    /// The last number of the trail.
    events: i64,
    /// The account as it was.
    before: Option<Account>,
    /// The active administrators as they were, where other settings are written.
    administrators: Vec<Account>,
    /// What is to be written.
    batch: Batch,
}

/// Writes what belongs together. Unless it is [`Written::Done`], the caller undoes it.
pub(crate) async fn write(
    connection: &mut Connection<'_>,
    hook: Option<&dyn AnyHook>,
    write: &Write,
) -> Result<Written, Failure> {
    let mut batch = Batch::default();
    let asked = Asked::of(write, connection.for_update(), &mut batch)?;
    let answers = connection.many(batch).await?;
    let mut writing = Writing::read(write, &asked, &answers)?;
    if let Some(refused) = writing.refused(&asked, &answers)? {
        return Ok(refused);
    }
    if let Some(claim) = writing.claim(connection).await? {
        return Ok(Written::Claimed(claim));
    }
    if let Some(short) = writing.shortage() {
        return Ok(short);
    }
    writing.put()?;
    connection.many(std::mem::take(&mut writing.batch)).await?;
    writing.call(connection, hook).await?;
    Ok(Written::Done)
}

impl Writing<'_> {
    /// Writes what nothing speaks against.
    fn put(&mut self) -> Result<(), Failure> {
        if let Some(record) = &self.write.store_record {
            self.batch.add("UPDATE saml_store SET record = $1", values![to_vec(record)?]);
        }
        // What is written of an organization goes with it.
        if self.write.settings == Some(SettingsWrite::Remove) {
            self.remove();
            return Ok(());
        }
        self.put_settings()?;
        self.put_account()?;
        self.put_sessions()?;
        self.put_kept()?;
        self.put_events()?;
        self.put_counters();
        Ok(())
    }

    async fn call(
        &self,
        connection: &mut Connection<'_>,
        hook: Option<&dyn AnyHook>,
    ) -> Result<(), Failure> {
        let Some(hook) = hook else { return Ok(()) };
        let connection = HookConnection::of(connection.raw());
        if self.write.settings == Some(SettingsWrite::Remove) {
            return Ok(hook.removed(&self.write.organization, connection).await?);
        }
        let Some(account) = &self.write.account else { return Ok(()) };
        let after = account.after().cloned();
        let written = AccountWritten { before: self.before.clone(), after };
        Ok(hook.written(&written, connection).await?)
    }
}

/// The one record: none was written yet where there is none.
pub(crate) fn read_store_record(row: &Row) -> Result<StoreRecord, Failure> {
    match row.maybe_bytes(0)? {
        Some(_) => row.record(0),
        None => Ok(StoreRecord::default()),
    }
}

/// The account that a write leaves, if it leaves one.
fn after(write: &Write) -> Option<&Account> {
    write.account.as_ref().and_then(AccountWrite::after)
}

fn of(write: &Write) -> Digest {
    keys::of_organization(&write.organization)
}
