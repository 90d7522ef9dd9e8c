//! Organizations: tenants with their own connection to their own identity provider.
//!
//! An [`Organization`] is plain data that an application stores as one record. Nothing in it is
//! changed but by [`Organization::apply`], which asks [who may](Authority), changes everything or
//! nothing, and says for the audit trail what became of it.

mod apply;
mod by;
mod change;
mod claim;
mod discovery;
mod domain;
mod registry;
mod rules;
mod settings;
mod slug;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

pub use self::by::By;
pub use self::change::{Applied, Authority, Change, ChangeRefusal, Neighbours};
pub use self::claim::{Claim, ClaimKind};
pub use self::discovery::{Discovery, discover, discover_proven};
pub use self::domain::{EmailDomain, EmailDomainError};
pub use self::registry::{Conflict, Organizations};
pub use self::rules::{DomainRule, ProfileSource, ProvisioningRules, RelinkRule};
pub use self::settings::ConnectionSettings;
pub use self::slug::{Slug, SlugError, SpUrls};
use crate::account::AccountId;
use crate::account::OrganizationId;
use crate::audit::{Action, Actor, AuditEvent, Outcome};
use crate::connection::{Connection, ConnectionBuilder};
use crate::error::{ConfigError, NOT_SET_UP, refuses, sentence};
use crate::identity::Email;
use crate::provider::ServiceProvider;

/// A tenant: who it is, and how its people log in.
///
/// Single sign-on is *enabled* or not, and *configured* or not: two steps for an administrator, and
/// two separate states. Logins through it work when it is both.
///
/// With the feature `serde` it is one record. One that contradicts itself (enforced without a test
/// login, open without a certificate, a field that is not known) is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(remote = "Self", deny_unknown_fields))]
pub struct Organization {
    id: OrganizationId,
    slug: Slug,
    urls: SpUrls,
    #[cfg_attr(feature = "serde", serde(default))]
    sso_enabled: bool,
    #[cfg_attr(feature = "serde", serde(default))]
    settings: Option<ConnectionSettings>,
    /// What a test login has succeeded with.
    #[cfg_attr(feature = "serde", serde(default))]
    tested: Option<String>,
    #[cfg_attr(feature = "serde", serde(default))]
    enforced: bool,
    #[cfg_attr(feature = "serde", serde(default))]
    directory_managed: bool,
    #[cfg_attr(feature = "serde", serde(default))]
    break_glass: BTreeSet<AccountId>,
    #[cfg_attr(feature = "serde", serde(default))]
    verified_domains: BTreeSet<EmailDomain>,
    /// Whether there ever was a verified domain.
    #[cfg_attr(feature = "serde", serde(default))]
    bound_to_domains: bool,
    #[cfg_attr(feature = "serde", serde(default))]
    provisioning: ProvisioningRules,
}

impl Organization {
    /// An organization without single sign-on. `id` is the application's own, never shown to be
    /// chosen and never used again for another: it becomes the connection's id, and so a part of
    /// every person's [key](crate::identity::StableKey).
    pub fn new(id: impl Into<OrganizationId>, slug: Slug, urls: SpUrls) -> Self {
        Self {
            id: id.into(),
            slug,
            urls,
            sso_enabled: false,
            settings: None,
            tested: None,
            enforced: false,
            directory_managed: false,
            break_glass: BTreeSet::new(),
            verified_domains: BTreeSet::new(),
            bound_to_domains: false,
            provisioning: ProvisioningRules::default(),
        }
    }

    /// Its id.
    pub fn id(&self) -> &OrganizationId {
        &self.id
    }

    /// Its name in URLs.
    pub fn slug(&self) -> &Slug {
        &self.slug
    }

    /// Its URLs.
    pub fn urls(&self) -> &SpUrls {
        &self.urls
    }

    /// Whether single sign-on is switched on.
    pub fn is_enabled(&self) -> bool {
        self.sso_enabled
    }

    /// What is configured, if anything is.
    pub fn settings(&self) -> Option<&ConnectionSettings> {
        self.settings.as_ref()
    }

    /// Whether logins through single sign-on work: it is enabled and configured.
    pub fn is_open(&self) -> bool {
        self.sso_enabled && self.settings.is_some()
    }

    /// Whether an administrator's login has succeeded with the very settings, domains and rules
    /// that are in effect now.
    pub fn is_tested(&self) -> bool {
        self.tested.is_some() && self.tested == self.test_digest()
    }

    /// Whether people can log in by single sign-on alone. It is so only while single sign-on is
    /// enabled and configured.
    pub fn is_enforced(&self) -> bool {
        self.enforced && self.is_open()
    }

    /// Whether the identity provider's directory manages accounts (SCIM).
    pub fn is_directory_managed(&self) -> bool {
        self.directory_managed
    }

    /// Who may log in without single sign-on while it is enforced, as long as they are
    /// administrators. Nobody, unless somebody was named.
    pub fn break_glass(&self) -> &BTreeSet<AccountId> {
        &self.break_glass
    }

    /// The domains that the organization has shown to be its own.
    pub fn verified_domains(&self) -> &BTreeSet<EmailDomain> {
        &self.verified_domains
    }

    /// Whether an address is of one of the verified domains.
    pub fn owns(&self, email: &Email) -> bool {
        EmailDomain::any_holds(&self.verified_domains, email)
    }

    /// Whether the organization has ever verified a domain. From then on its connection is believed
    /// for verified domains alone, also when the last of them is gone: see [`DomainRule`].
    pub fn is_bound_to_domains(&self) -> bool {
        self.bound_to_domains
    }

    /// The rules of just-in-time provisioning.
    pub fn provisioning(&self) -> &ProvisioningRules {
        &self.provisioning
    }

    /// Our side of the connection, without keys: add those with
    /// [`ServiceProvider::with_signing_key`] and [`ServiceProvider::with_decryption_key`]. Before
    /// anything is configured it has the proposed Audience URI, for [metadata](crate::SpMetadata)
    /// to give out in advance.
    pub fn service_provider(&self) -> ServiceProvider {
        let audience =
            self.settings.as_ref().map_or(&self.urls.entity_id, |settings| &settings.audience);
        ServiceProvider::new(audience, &self.urls.acs_url).with_slo_url(&self.urls.slo_url)
    }

    /// The connection, without keys of ours. Build it once and keep it until the
    /// [revision](Organization::revision) is another.
    ///
    /// # Errors
    ///
    /// Those of [`Organization::connection_builder`], and what [`ConnectionBuilder::build`]
    /// refuses.
    pub fn connection(&self) -> Result<Connection, SsoUnavailable> {
        Ok(self.connection_builder(self.service_provider())?.build()?)
    }

    /// The same for a [service provider](Organization::service_provider) with keys, and with
    /// settings that are not stored.
    ///
    /// # Errors
    ///
    /// [`SsoUnavailable`], if single sign-on is not both enabled and configured.
    pub fn connection_builder(
        &self,
        sp: ServiceProvider,
    ) -> Result<ConnectionBuilder, SsoUnavailable> {
        if !self.sso_enabled {
            return Err(SsoUnavailable::Disabled);
        }
        let settings = self.settings.as_ref().ok_or(SsoUnavailable::NotConfigured)?;
        Ok(settings.builder(self.id.as_str(), sp)?)
    }

    /// What single sign-on rests on at present, as a digest; `None` where it does not
    /// [work](Organization::is_open). Keep it beside the connection: another one means that the
    /// connection has to be made anew.
    pub fn revision(&self) -> Option<String> {
        self.digest().filter(|_| self.is_open())
    }

    /// What decides whether an administrator comes in: the settings, and whom they are believed
    /// for.
    fn test_digest(&self) -> Option<String> {
        let domains: Vec<&str> = self.verified_domains.iter().map(EmailDomain::as_str).collect();
        let bound = if self.bound_to_domains { "bound" } else { "" };
        let rules = self.provisioning.domains.as_str();
        self.digest().map(|digest| format!("{digest} {rules} {bound} {}", domains.join(" ")))
    }

    /// Whether the settings, if there are any, make a connection.
    fn check_settings(&self) -> Result<(), ConfigError> {
        let Some(settings) = &self.settings else { return Ok(()) };
        settings.builder(self.id.as_str(), self.service_provider())?.build().map(|_| ())
    }

    fn digest(&self) -> Option<String> {
        self.settings.as_ref().map(|settings| settings.digest(&self.urls.acs_url))
    }
}

/// Why there is no connection to log in through.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SsoUnavailable {
    /// The settings make no connection.
    #[error("the settings make no connection: {0}")]
    Config(#[from] ConfigError),
    /// Single sign-on is switched off.
    #[error("single sign-on is switched off for this organization")]
    Disabled,
    /// Single sign-on is switched on, and not configured.
    #[error("single sign-on is not configured for this organization")]
    NotConfigured,
}

impl SsoUnavailable {
    /// A stable snake_case code, part of semver.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Config(error) => error.code(),
            Self::Disabled => "sso_disabled",
            Self::NotConfigured => "sso_not_configured",
        }
    }

    /// What to change, for the organization's administrator.
    pub fn help(&self) -> String {
        sentence(self)
    }

    /// A fixed sentence for the person who tried to log in.
    pub fn user_message(&self) -> &'static str {
        match self {
            Self::Config(_) => NOT_SET_UP,
            Self::Disabled | Self::NotConfigured => {
                "Single sign-on is not available for your organization. Sign in another way."
            }
        }
    }

    /// The event of a login that ended here, for the audit trail.
    pub fn event(&self, organization: impl Into<OrganizationId>, at: DateTime<Utc>) -> AuditEvent {
        let event = AuditEvent::new(organization, Actor::IdentityProvider, Action::Login, at);
        event.ended(Outcome::Refused(self.code().into()))
    }
}

refuses!(SsoUnavailable, ServiceProvider);

#[cfg(feature = "serde")]
impl serde::Serialize for Organization {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Organization {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Self::deserialize(deserializer)?;
        match read.contradiction() {
            None => Ok(read),
            Some(contradiction) => Err(serde::de::Error::custom(contradiction)),
        }
    }
}

#[cfg(feature = "serde")]
impl Organization {
    /// What no sequence of changes leads to.
    fn contradiction(&self) -> Option<&'static str> {
        if self.check_settings().is_err() {
            return Some("the settings make no connection");
        }
        if self.enforced && !(self.is_open() && self.tested.is_some()) {
            return Some("single sign-on is enforced without being enabled, configured and tested");
        }
        if self.directory_managed && !self.is_open() {
            return Some("a directory manages accounts without single sign-on");
        }
        let loose = !self.bound_to_domains && !self.verified_domains.is_empty();
        loose.then_some("there are verified domains, and the organization is not bound to them")
    }
}
