//! Settings, what is claimed by them, and whose certificates are trusted.

use std::collections::BTreeSet;

use saml_login::organization::{Claim, Counters, Organization};
use saml_login::store::{Record, SettingsWrite};
use saml_login::trust::Fingerprint;
use serde_json::to_vec;

use super::Writing;
use crate::database::values;
use crate::failure::Failure;
use crate::keys::{self, Digest};

/// Where rows of an organization lie. Its row of counters goes last, and what it has claimed stays.
const TABLES: [&str; 10] = [
    "saml_accounts",
    "saml_names",
    "saml_addresses",
    "saml_purged",
    "saml_changes",
    "saml_sessions",
    "saml_kept",
    "saml_events",
    "saml_requests",
    "saml_numbers",
];

impl Writing<'_, '_> {
    /// Founds an organization as well, because only that tells whether its id was ever given.
    pub(super) async fn settings_conflict(&mut self) -> Result<bool, Failure> {
        match &self.write.settings {
            Some(SettingsWrite::Found { organization, purchased, purge_key }) => {
                let sql = "INSERT INTO saml_organizations \
                     (organization, id, version, record, purge_key) VALUES ($1, $2, 0, $3, $4) \
                     ON CONFLICT DO NOTHING";
                let id = organization.id().as_str().as_bytes();
                let record = to_vec(organization)?;
                let values = values![self.organization, id, record, purge_key.as_bytes()];
                if self.connection.run(sql, values).await? == 0 {
                    return Ok(true);
                }
                let mut counters = Counters::default();
                counters.purchased = *purchased;
                let record = Record::new((**organization).clone(), 0, counters, purge_key.clone());
                self.record = Some(record);
                Ok(false)
            }
            Some(SettingsWrite::Change(_)) => Ok(self.write.decided_by.is_none()),
            _ => Ok(false),
        }
    }

    /// Claims what the settings claim, and gives back what they do not any more; the first claim
    /// that is another organization's.
    pub(super) async fn claim(&mut self) -> Result<Option<Claim>, Failure> {
        let Some(settings) = self.write.settings.as_ref().and_then(|one| one.organization()) else {
            return Ok(None);
        };
        let wanted = settings.claims();
        // Sorted: two organizations that want the same claims do not wait for each other.
        let new: BTreeSet<Digest> = wanted.iter().map(keys::of_claim).collect();
        let old: BTreeSet<Digest> = self.claimed_before().iter().map(keys::of_claim).collect();
        let mut taken = BTreeSet::new();
        for claim in new.difference(&old) {
            if !self.claim_one(claim).await? {
                taken.insert(*claim);
            }
        }
        for claim in old.difference(&new) {
            let sql = "DELETE FROM saml_claims WHERE claim = $1 AND organization = $2";
            self.connection.run(sql, values![claim, self.organization]).await?;
        }
        Ok(wanted.into_iter().find(|claim| taken.contains(&keys::of_claim(claim))))
    }

    fn claimed_before(&self) -> Vec<Claim> {
        match (&self.write.settings, &self.record) {
            (Some(SettingsWrite::Change(_)), Some(record)) => record.organization.claims(),
            _ => Vec::new(),
        }
    }

    /// Whether a claim is the organization's now.
    async fn claim_one(&mut self, claim: &Digest) -> Result<bool, Failure> {
        let sql = "INSERT INTO saml_claims (claim, organization) VALUES ($1, $2) \
             ON CONFLICT DO NOTHING";
        if self.connection.run(sql, values![claim, self.organization]).await? > 0 {
            return Ok(true);
        }
        let sql = "SELECT 1 FROM saml_claims WHERE claim = $1 AND organization = $2";
        let own = self.connection.row(sql, values![claim, self.organization]).await?;
        Ok(own.is_some())
    }

    pub(super) async fn put_settings(&mut self) -> Result<(), Failure> {
        match &self.write.settings {
            Some(SettingsWrite::Found { organization, .. }) => {
                let sql = "INSERT INTO saml_counters (organization, active, invited, \
                     deactivated, deleted, administrators, reachable, had_administrator, changes) \
                     VALUES ($1, 0, 0, 0, 0, 0, 0, 0, 0)";
                self.connection.run(sql, values![self.organization]).await?;
                self.trust(&organization.fingerprints(), &[]).await
            }
            Some(SettingsWrite::Change(organization)) => self.change_settings(organization).await,
            Some(SettingsWrite::Seats(purchased)) => {
                if let Some(record) = &mut self.record {
                    record.counters.purchased = *purchased;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    async fn change_settings(&mut self, organization: &Organization) -> Result<(), Failure> {
        let sql = "UPDATE saml_organizations SET version = version + 1, record = $2 \
             WHERE organization = $1";
        self.connection.run(sql, values![self.organization, to_vec(organization)?]).await?;
        let counters = self.counted(Some(organization)).await?;
        let before = self.trusted_before();
        self.trust(&organization.fingerprints(), &before).await?;
        if let Some(record) = &mut self.record {
            record.counters = counters;
            record.version = record.version.saturating_add(1);
            record.organization = organization.clone();
        }
        Ok(())
    }

    fn trusted_before(&self) -> Vec<Fingerprint> {
        let before = self.record.as_ref().map(|record| record.organization.fingerprints());
        before.unwrap_or_default()
    }

    async fn trust(&mut self, new: &[Fingerprint], old: &[Fingerprint]) -> Result<(), Failure> {
        let new: BTreeSet<_> = new.iter().collect();
        let old: BTreeSet<_> = old.iter().collect();
        for gone in old.difference(&new) {
            let sql = "DELETE FROM saml_trusted WHERE fingerprint = $1 AND organization = $2";
            self.connection.run(sql, values![gone.as_bytes(), self.organization]).await?;
        }
        for come in new.difference(&old) {
            let sql = "INSERT INTO saml_trusted (fingerprint, organization) VALUES ($1, $2) \
                 ON CONFLICT DO NOTHING";
            self.connection.run(sql, values![come.as_bytes(), self.organization]).await?;
        }
        Ok(())
    }

    /// The organization goes, and everything of it. What stays is that its id and its claims were
    /// given.
    pub(super) async fn remove(&mut self) -> Result<(), Failure> {
        let before = self.trusted_before();
        self.trust(&[], &before).await?;
        for table in TABLES {
            let sql = format!("DELETE FROM {table} WHERE organization = $1");
            self.connection.run(sql, values![self.organization]).await?;
        }
        let sql = "UPDATE saml_organizations SET id = NULL, record = NULL, purge_key = NULL \
             WHERE organization = $1";
        self.connection.run(sql, values![self.organization]).await?;
        let sql = "DELETE FROM saml_counters WHERE organization = $1";
        self.connection.run(sql, values![self.organization]).await?;
        Ok(())
    }
}
