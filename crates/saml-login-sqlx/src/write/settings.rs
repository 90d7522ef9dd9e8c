//! Settings, what is claimed by them, and whose certificates are trusted.

use std::collections::BTreeSet;

use saml_login::organization::{Claim, Organization};
use saml_login::store::SettingsWrite;
use saml_login::trust::Fingerprint;
use serde_json::to_vec;

use super::Writing;
use crate::database::{Batch, Connection, values};
use crate::failure::Failure;
use crate::keys::{self, Digest};

/// Where rows of an organization lie. Its row of counters goes last, and what it has claimed stays.
const TABLES: [&str; 9] = [
    "saml_accounts",
    "saml_names",
    "saml_addresses",
    "saml_purged",
    "saml_changes",
    "saml_sessions",
    "saml_kept",
    "saml_events",
    "saml_requests",
];

impl Writing<'_> {
    /// Claims what the settings claim, and gives back what they do not any more; the first claim
    /// that is another organization's.
    pub(super) async fn claim(
        &self,
        connection: &mut Connection<'_>,
    ) -> Result<Option<Claim>, Failure> {
        let Some(settings) = self.write.settings.as_ref().and_then(|one| one.organization()) else {
            return Ok(None);
        };
        let wanted = settings.claims();
        // Sorted: two organizations that want the same claims do not wait for each other.
        let new: BTreeSet<Digest> = wanted.iter().map(keys::of_claim).collect();
        let old: BTreeSet<Digest> = self.claimed_before().iter().map(keys::of_claim).collect();
        let (mut batch, mut asked) = (Batch::default(), Vec::new());
        for claim in old.difference(&new) {
            let sql = "DELETE FROM saml_claims WHERE claim = $1 AND organization = $2";
            batch.add(sql, values![claim, self.organization]);
        }
        for claim in new.difference(&old) {
            let sql = "INSERT INTO saml_claims (claim, organization) VALUES ($1, $2) \
                 ON CONFLICT DO NOTHING";
            batch.add(sql, values![claim, self.organization]);
            let sql = "SELECT 1 FROM saml_claims WHERE claim = $1 AND organization = $2";
            asked.push((*claim, batch.add(sql, values![claim, self.organization])));
        }
        let answers = connection.many(batch).await?;
        let others = asked.into_iter().filter(|(_, place)| answers.first(*place).is_none());
        let others: BTreeSet<Digest> = others.map(|(claim, _)| claim).collect();
        Ok(wanted.into_iter().find(|claim| others.contains(&keys::of_claim(claim))))
    }

    fn claimed_before(&self) -> Vec<Claim> {
        match (&self.write.settings, &self.record) {
            (Some(SettingsWrite::Change(_)), Some(record)) => record.organization.claims(),
            _ => Vec::new(),
        }
    }

    pub(super) fn put_settings(&mut self) -> Result<(), Failure> {
        match &self.write.settings {
            Some(SettingsWrite::Found { organization, .. }) => {
                let sql = "INSERT INTO saml_counters (organization, active, invited, \
                     deactivated, deleted, administrators, reachable, had_administrator, changes, \
                     events, requests) VALUES ($1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)";
                self.batch.add(sql, values![self.organization]);
                self.trust(&organization.fingerprints(), &[]);
            }
            Some(SettingsWrite::Change(organization)) => self.change_settings(organization)?,
            Some(SettingsWrite::Seats(purchased)) => {
                if let Some(record) = &mut self.record {
                    record.counters.purchased = *purchased;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn change_settings(&mut self, organization: &Organization) -> Result<(), Failure> {
        let sql = "UPDATE saml_organizations SET version = version + 1, record = $2 \
             WHERE organization = $1";
        self.batch.add(sql, values![self.organization, to_vec(organization)?]);
        let before = self.trusted_before();
        self.trust(&organization.fingerprints(), &before);
        if let Some(record) = &mut self.record {
            record.counters = record.counters.counted_anew(organization, &self.administrators);
            record.version = record.version.saturating_add(1);
            record.organization = organization.clone();
        }
        Ok(())
    }

    fn trusted_before(&self) -> Vec<Fingerprint> {
        let before = self.record.as_ref().map(|record| record.organization.fingerprints());
        before.unwrap_or_default()
    }

    fn trust(&mut self, new: &[Fingerprint], old: &[Fingerprint]) {
        let new: BTreeSet<_> = new.iter().collect();
        let old: BTreeSet<_> = old.iter().collect();
        for gone in old.difference(&new) {
            let sql = "DELETE FROM saml_trusted WHERE fingerprint = $1 AND organization = $2";
            self.batch.add(sql, values![gone.as_bytes(), self.organization]);
        }
        for come in new.difference(&old) {
            let sql = "INSERT INTO saml_trusted (fingerprint, organization) VALUES ($1, $2) \
                 ON CONFLICT DO NOTHING";
            self.batch.add(sql, values![come.as_bytes(), self.organization]);
        }
    }

    /// The organization goes, and everything of it. What stays is that its id and its claims were
    /// given.
    pub(super) fn remove(&mut self) {
        let before = self.trusted_before();
        self.trust(&[], &before);
        for table in TABLES {
            let sql = format!("DELETE FROM {table} WHERE organization = $1");
            self.batch.add(sql, values![self.organization]);
        }
        let sql = "UPDATE saml_organizations SET id = NULL, record = NULL, purge_key = NULL \
             WHERE organization = $1";
        self.batch.add(sql, values![self.organization]);
        let sql = "DELETE FROM saml_counters WHERE organization = $1";
        self.batch.add(sql, values![self.organization]);
    }
}
