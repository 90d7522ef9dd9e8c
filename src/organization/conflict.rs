//! What two organizations cannot have in common, and what could be nobody's.

use super::{Claim, ClaimKind, Organization, SpUrls};
use crate::address::normal_form;
use crate::error::{refuses, sentence};

/// What two organizations cannot have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Conflict {
    /// The Assertion Consumer Service URL: what is posted there would be meant for both.
    #[error("another organization has the same ACS URL")]
    AcsUrl,
    /// A verified domain: of a shared one either's identity provider would be believed.
    #[error("another organization has verified this domain")]
    Domain,
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
    /// The slug, now or formerly.
    #[error("another organization has the same slug, or had it")]
    Slug,
    /// The slug is one that people would take for something of the application's.
    #[error("this slug is reserved")]
    SlugReserved,
    /// One of the organization's URLs is no absolute http or https URL of plain ASCII without a
    /// user or a fragment.
    #[error("one of the organization's URLs is not a web address")]
    UrlInvalid,
}

impl Conflict {
    /// That about something that another organization has [claimed](Claim).
    pub fn about(kind: ClaimKind) -> Self {
        match kind {
            ClaimKind::AcsUrl => Self::AcsUrl,
            ClaimKind::Domain => Self::Domain,
            ClaimKind::LoginUrl => Self::LoginUrl,
            ClaimKind::SloUrl => Self::SloUrl,
            ClaimKind::Slug => Self::Slug,
        }
    }

    /// A stable snake_case code, part of semver.
    pub fn code(self) -> &'static str {
        match self {
            Self::AcsUrl => "acs_url_taken",
            Self::Domain => "domain_taken",
            Self::Id => "organization_id_taken",
            Self::IdEmpty => "organization_id_empty",
            Self::LoginUrl => "login_url_taken",
            Self::SloUrl => "slo_url_taken",
            Self::Slug => "slug_taken",
            Self::SlugReserved => "slug_reserved",
            Self::UrlInvalid => "sp_url_invalid",
        }
    }

    /// What to change, for whoever runs the service provider.
    pub fn help(self) -> String {
        sentence(&self)
    }

    /// A fixed sentence for the person who asked for it.
    pub fn user_message(self) -> &'static str {
        "The organization was not changed."
    }
}

refuses!(Conflict, ServiceProvider);

impl Organization {
    /// What this organization has that belongs to another one.
    pub fn conflict_with(&self, other: &Self) -> Option<Conflict> {
        if self.id == other.id {
            return Some(Conflict::Id);
        }
        let others = other.claims();
        let is_theirs = |claim: &Claim| others.contains(claim);
        self.claims().into_iter().find(is_theirs).map(|claim| Conflict::about(claim.kind))
    }

    /// What of this organization could be nobody's.
    pub fn own_conflict(&self) -> Option<Conflict> {
        let SpUrls { acs_url, login_url, slo_url, .. } = &self.urls;
        if self.id.as_str().trim().is_empty() {
            return Some(Conflict::IdEmpty);
        }
        if self.slug.is_reserved() {
            return Some(Conflict::SlugReserved);
        }
        let invalid = [acs_url, login_url, slo_url].iter().any(|url| normal_form(url).is_none());
        invalid.then_some(Conflict::UrlInvalid)
    }
}
