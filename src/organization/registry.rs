//! Organizations side by side: what must be theirs alone.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{Applied, Authority, Change, Neighbours, Organization};
use crate::account::Account;
use crate::account::OrganizationId;
use crate::audit::Actor;
use crate::error::{refuses, sentence};
use crate::fingerprint::Fingerprint;
use crate::identity::Identity;

/// What two organizations cannot have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Conflict {
    /// The Assertion Consumer Service URL: what is posted there would be meant for both.
    #[error("another organization has the same ACS URL")]
    AcsUrl,
    /// The id.
    #[error("another organization has the same id")]
    Id,
    /// The slug.
    #[error("another organization has the same slug")]
    Slug,
}

impl Conflict {
    /// A stable snake_case code, part of semver.
    pub fn code(self) -> &'static str {
        match self {
            Self::AcsUrl => "acs_url_taken",
            Self::Id => "organization_id_taken",
            Self::Slug => "slug_taken",
        }
    }

    /// What to change, for whoever runs the service provider.
    pub fn help(self) -> String {
        sentence(&self)
    }

    /// A fixed sentence for the person who asked for it.
    pub fn user_message(self) -> &'static str {
        "The organization was not added."
    }
}

refuses!(Conflict, ServiceProvider);

impl Organization {
    /// What this organization has that belongs to another one.
    pub fn conflict_with(&self, other: &Self) -> Option<Conflict> {
        if self.id == other.id {
            return Some(Conflict::Id);
        }
        if self.slug == other.slug {
            return Some(Conflict::Slug);
        }
        (self.urls.acs_url == other.urls.acs_url).then_some(Conflict::AcsUrl)
    }
}

/// Organizations in memory, no two of which get into each other's way.
///
/// An application that keeps them in a database has unique indexes instead: id, slug and ACS URL,
/// each compared byte for byte, and a look for a domain among all organizations before it is
/// verified.
#[derive(Clone, Debug, Default)]
pub struct Organizations {
    by_id: BTreeMap<OrganizationId, Organization>,
}

impl Organizations {
    /// Adds an organization.
    ///
    /// # Errors
    ///
    /// [`Conflict`]; nothing is added then.
    pub fn add(&mut self, organization: Organization) -> Result<(), Conflict> {
        if let Some(conflict) = self.iter().find_map(|other| organization.conflict_with(other)) {
            return Err(conflict);
        }
        self.by_id.insert(organization.id.clone(), organization);
        Ok(())
    }

    /// The organization with this id.
    pub fn by_id(&self, id: &str) -> Option<&Organization> {
        self.by_id.get(id)
    }

    /// The organization with this slug: `/sso/{slug}`.
    pub fn by_slug(&self, slug: &str) -> Option<&Organization> {
        self.iter().find(|organization| organization.slug.as_str() == slug)
    }

    /// The organization with this ACS URL: where a response was posted decides whose connection
    /// takes it, and never what it says.
    pub fn by_acs_url(&self, acs_url: &str) -> Option<&Organization> {
        self.iter().find(|organization| organization.urls.acs_url == acs_url)
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Organization> {
        self.by_id.values()
    }

    /// [Makes a change](Organization::apply) of one; `None` if there is none with this id.
    #[must_use = "the event belongs in the audit trail, and a refusal to whoever asked"]
    pub fn apply(
        &mut self,
        id: &str,
        change: Change,
        by: &Actor,
        authority: &impl Authority,
        now: DateTime<Utc>,
    ) -> Option<Applied> {
        let around = self.neighbours(&id.into(), &change);
        Some(self.by_id.get_mut(id)?.apply(change, by, authority, &around, now))
    }

    /// [Notes a test login](Organization::record_test_login) in the organization that it was for;
    /// `None` if there is none.
    #[must_use = "the event belongs in the audit trail, and a refusal to whoever asked"]
    pub fn record_test_login(
        &mut self,
        identity: &Identity,
        account: &Account,
        revision: &str,
        now: DateTime<Utc>,
    ) -> Option<Applied> {
        let organization = self.by_id.get_mut(identity.connection_id.as_str())?;
        Some(organization.record_test_login(identity, account, revision, now))
    }

    /// What this change has to know of the others.
    fn neighbours(&self, id: &OrganizationId, change: &Change) -> Neighbours {
        let mut around = Neighbours::default();
        let others = || self.iter().filter(|other| other.id != *id);
        match change {
            Change::AddCertificate { .. } | Change::Configure(_) => {
                around.fingerprints = others().flat_map(Organization::fingerprints).collect();
            }
            Change::VerifyDomain(_) => {
                around.domains =
                    others().flat_map(|other| other.verified_domains.iter().cloned()).collect();
            }
            _ => {}
        }
        around
    }
}

impl Organization {
    /// The SHA-256 fingerprints of its certificates.
    pub fn fingerprints(&self) -> Vec<Fingerprint> {
        let certificates = self.settings.as_ref().and_then(|settings| settings.certificates().ok());
        let all = certificates.iter().flat_map(|certificates| certificates.iter());
        all.map(|certificate| certificate.fingerprint()).collect()
    }
}
