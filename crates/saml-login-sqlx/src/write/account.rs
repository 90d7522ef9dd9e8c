//! An account, what it is found by, and its place in the feed.

use std::collections::{BTreeMap, BTreeSet};

use saml_login::account::{Account, Status};
use saml_login::store::{AccountWrite, Name};
use serde_json::to_vec;

use super::{Writing, after};
use crate::database::values;
use crate::failure::Failure;
use crate::keys::{self, Digest};

impl Writing<'_> {
    pub(super) fn put_account(&mut self) -> Result<(), Failure> {
        let Some(account) = &self.write.account else { return Ok(()) };
        let key = keys::of_account(account.id());
        match account.after() {
            Some(after) => self.put_record(&key, after)?,
            None => self.purge(&key),
        }
        self.put_names(&key);
        self.put_addresses(&key);
        if let Some(record) = &mut self.record {
            let before = self.before.as_ref();
            let counters = record.counters.changed(&record.organization, before, after(self.write));
            record.counters = counters;
        }
        self.put_change(account);
        Ok(())
    }

    fn put_record(&mut self, key: &Digest, account: &Account) -> Result<(), Failure> {
        let sql = match self.before {
            None => {
                "INSERT INTO saml_accounts (organization, account, living, status, administrator, \
                 created_at, changed_at, id_key, user_name_key, invitation, record) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
            }
            Some(_) => {
                "UPDATE saml_accounts SET living = $3, status = $4, administrator = $5, \
                 created_at = $6, changed_at = $7, id_key = $8, user_name_key = $9, \
                 invitation = $10, record = $11 WHERE organization = $1 AND account = $2"
            }
        };
        let invitation = account.invitation.as_ref().map(|one| *one.token.as_bytes());
        let values = values![
            self.organization,
            key,
            is_living(account),
            account.status.as_str(),
            account.is_active_administrator(),
            keys::instant(account.created_at),
            keys::instant(account.changed_at),
            keys::id_key(&account.id),
            keys::user_name_key(account.user_name.as_deref()),
            invitation,
            to_vec(account)?,
        ];
        self.batch.add(sql, values);
        Ok(())
    }

    /// The record goes for good, and its sessions with it. What stays is what its names leave.
    fn purge(&mut self, key: &Digest) {
        for table in ["saml_accounts", "saml_sessions"] {
            let sql = format!("DELETE FROM {table} WHERE organization = $1 AND account = $2");
            self.batch.add(sql, values![self.organization, key]);
        }
        let Some(AccountWrite::Purge { marks, .. }) = &self.write.account else { return };
        for mark in marks {
            let sql = "INSERT INTO saml_purged (organization, mark) VALUES ($1, $2) \
                 ON CONFLICT DO NOTHING";
            self.batch.add(sql, values![self.organization, mark.as_bytes()]);
        }
    }

    /// Writes the names that are others than before.
    fn put_names(&mut self, key: &Digest) {
        let old = self.before.as_ref().map(names).unwrap_or_default();
        let new = after(self.write).map(names).unwrap_or_default();
        for (name, _) in old.difference(&new) {
            let sql = "DELETE FROM saml_names \
                 WHERE organization = $1 AND name = $2 AND account = $3";
            self.batch.add(sql, values![self.organization, name, key]);
        }
        for (name, is_living) in new.difference(&old) {
            let sql = "INSERT INTO saml_names (organization, name, account, living) \
                 VALUES ($1, $2, $3, $4)";
            self.batch.add(sql, values![self.organization, name, key, *is_living]);
        }
    }

    fn put_addresses(&mut self, key: &Digest) {
        let old = self.before.as_ref().map(addresses).unwrap_or_default();
        let new = after(self.write).map(addresses).unwrap_or_default();
        for (address, _) in old.iter().filter(|(address, own)| new.get(*address) != Some(*own)) {
            let sql = "DELETE FROM saml_addresses \
                 WHERE organization = $1 AND address = $2 AND account = $3";
            self.batch.add(sql, values![self.organization, address, key]);
        }
        for (address, own) in new.iter().filter(|(address, own)| old.get(*address) != Some(*own)) {
            let sql = "INSERT INTO saml_addresses (organization, address, account, own) \
                 VALUES ($1, $2, $3, $4)";
            self.batch.add(sql, values![self.organization, address, key, *own]);
        }
    }

    /// The write's place in the feed: the next number of the row that is locked.
    fn put_change(&mut self, account: &AccountWrite) {
        self.changes = self.changes.saturating_add(1);
        let last = account.after().or(self.before.as_ref());
        let generation = last.map_or(0, |account| account.generation);
        let version = account.after().map(|account| account.version.cast_signed());
        let sql = "INSERT INTO saml_changes (organization, number, account, version, generation) \
             VALUES ($1, $2, $3, $4, $5)";
        let values = values![
            self.organization,
            self.changes,
            account.id().as_str().as_bytes(),
            version,
            generation.cast_signed(),
        ];
        self.batch.add(sql, values);
    }
}

fn is_living(account: &Account) -> bool {
    account.status != Status::Deleted
}

/// The digests of its names, and whether they are those of the living.
fn names(account: &Account) -> BTreeSet<(Digest, bool)> {
    let living = is_living(account);
    Name::all_of(account).iter().map(|name| (name.digest(), living)).collect()
}

/// The digests of its addresses; `true` for its own.
fn addresses(account: &Account) -> BTreeMap<Digest, bool> {
    let pushed = account.pushed.iter().flat_map(|pushed| &pushed.addresses);
    let pushed = pushed.map(|address| (keys::of_address(&address.value), false));
    let own = account.email().map(|email| (keys::of_address(email.address()), true));
    pushed.chain(own).collect()
}
