//! Organizations side by side: what must be theirs alone.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{Applied, Authority, Change, Neighbours, Organization, SpUrls};
use crate::account::Account;
use crate::account::OrganizationId;
use crate::address::normal_form;
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
    /// The id is empty, which is nobody's.
    #[error("the organization's id is empty")]
    IdEmpty,
    /// The login URL: a login that starts there would be that of both.
    #[error("another organization has the same login URL")]
    LoginUrl,
    /// The Single Logout Service URL.
    #[error("another organization has the same Single Logout Service URL")]
    SloUrl,
    /// The slug.
    #[error("another organization has the same slug")]
    Slug,
    /// One of the organization's URLs is no absolute http or https URL of plain ASCII without a
    /// user or a fragment.
    #[error("one of the organization's URLs is not a web address")]
    UrlInvalid,
}

impl Conflict {
    /// A stable snake_case code, part of semver.
    pub fn code(self) -> &'static str {
        match self {
            Self::AcsUrl => "acs_url_taken",
            Self::Id => "organization_id_taken",
            Self::IdEmpty => "organization_id_empty",
            Self::LoginUrl => "login_url_taken",
            Self::SloUrl => "slo_url_taken",
            Self::Slug => "slug_taken",
            Self::UrlInvalid => "sp_url_invalid",
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
    /// What this organization has that belongs to another one. URLs are compared as browsers read
    /// them: letter case of the host, default ports, escapes and dots make no other address.
    pub fn conflict_with(&self, other: &Self) -> Option<Conflict> {
        if self.id == other.id {
            return Some(Conflict::Id);
        }
        if self.slug == other.slug {
            return Some(Conflict::Slug);
        }
        let urls = [
            (&self.urls.acs_url, &other.urls.acs_url, Conflict::AcsUrl),
            (&self.urls.login_url, &other.urls.login_url, Conflict::LoginUrl),
            (&self.urls.slo_url, &other.urls.slo_url, Conflict::SloUrl),
        ];
        let mut same = urls.into_iter().filter(|(own, other, _)| is_same(own, other));
        same.next().map(|(.., conflict)| conflict)
    }

    /// What of this organization could be nobody's.
    fn own_conflict(&self) -> Option<Conflict> {
        let SpUrls { acs_url, login_url, slo_url, .. } = &self.urls;
        if self.id.as_str().trim().is_empty() {
            return Some(Conflict::IdEmpty);
        }
        let invalid = [acs_url, login_url, slo_url].iter().any(|url| normal_form(url).is_none());
        invalid.then_some(Conflict::UrlInvalid)
    }
}

fn is_same(one: &str, other: &str) -> bool {
    one == other || normal_form(one).zip(normal_form(other)).is_some_and(|(a, b)| a == b)
}

/// Organizations in memory, no two of which get into each other's way.
///
/// An application that keeps them in a database has unique indexes instead: id, slug, ACS URL,
/// login URL and Single Logout Service URL, each compared byte for byte, the URLs as
/// [`SpUrls::derived`] spells them; and a look for a domain among all organizations before it is
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
        let conflict = organization.own_conflict();
        let with_others = || self.iter().find_map(|other| organization.conflict_with(other));
        if let Some(conflict) = conflict.or_else(with_others) {
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
        self.iter().find(|organization| is_same(&organization.urls.acs_url, acs_url))
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
