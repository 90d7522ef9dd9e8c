//! Organizations: tenants with their own connection to their own identity provider.
//!
//! An [`Organization`] is plain data that an application stores as one record. Nothing in it is
//! changed but by [`Organization::apply`], which asks who [asks](By), changes everything or
//! nothing, and says for the audit trail what became of it.

mod apply;
mod by;
mod candidate;
mod change;
mod claim;
mod conflict;
mod counters;
mod directory;
mod discovery;
mod domain;
mod edit;
mod enforcement;
mod key_pair;
mod notices;
mod own_keys;
mod ownership;
mod plan;
mod reach;
#[cfg(feature = "serde")]
mod record;
mod refusal;
mod rules;
mod settings;
mod slug;
mod test_login;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

pub use self::by::{By, SetupScope};
pub use self::candidate::{Candidate, Difference, Proposal};
pub use self::change::{Applied, Around, Change};
pub use self::claim::{Claim, ClaimKind};
pub use self::conflict::Conflict;
pub use self::counters::{Counters, Shortage};
pub use self::directory::{DirectoryRules, ScimMode};
pub use self::discovery::{Discovery, discover, discover_proven};
pub use self::domain::{EmailDomain, EmailDomainError};
pub use self::key_pair::{KeyPairUnavailable, SealedKeyPair};
pub use self::notices::{Notice, NoticeKind, Watched, due};
pub use self::ownership::DomainToken;
pub use self::plan::{Plan, Plans};
pub use self::refusal::ChangeRefusal;
pub use self::rules::{
    AdministratorRule, DomainRule, JitRule, ProfileSource, ProvisioningRules, RelinkRule,
};
pub use self::settings::ConnectionSettings;
pub use self::slug::{Slug, SlugError, SpUrls};
pub use self::test_login::TestLogin;
use crate::account::{AccountId, OrganizationId};
use crate::audit::{Action, Actor, AuditEvent, Outcome};
use crate::connection::{Connection, ConnectionBuilder};
use crate::digest::{Digest, hex};
use crate::error::{ConfigError, NOT_SET_UP, refuses, sentence};
use crate::fingerprint::Fingerprint;
use crate::identity::{Email, Identity};
use crate::provider::ServiceProvider;
use crate::session::SessionRules;

/// A tenant: who it is, and how its people log in.
///
/// Single sign-on is *enabled* or not, and *configured* or not: two steps for an administrator, and
/// two separate states. Logins through it work when it is both.
///
/// With the feature `serde` it is one record, which says its version. One of a version that is not
/// known is not read. What a known version does not know is kept and written back. Settings that
/// make no connection any more, because a later release is stricter, are read as a
/// [closed](Organization::closed) organization: nobody logs in, and everything can be mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    id: OrganizationId,
    slug: Slug,
    former_slugs: BTreeSet<Slug>,
    urls: SpUrls,
    /// Part of every person's key, of replays and of requests.
    connection_id: String,
    sso_enabled: bool,
    settings: Option<ConnectionSettings>,
    candidate: Option<Candidate>,
    tested: Option<TestLogin>,
    enforced: bool,
    directory_managed: bool,
    directory: DirectoryRules,
    break_glass: BTreeSet<AccountId>,
    verified_domains: BTreeSet<EmailDomain>,
    requested_domains: BTreeMap<EmailDomain, DomainToken>,
    missing_domains: BTreeMap<EmailDomain, DateTime<Utc>>,
    /// Whether there ever was a verified domain.
    bound_to_domains: bool,
    provisioning: ProvisioningRules,
    /// The one that signs first.
    key_pairs: Vec<SealedKeyPair>,
    signs_requests: bool,
    sessions: Option<SessionRules>,
    /// Why what is stored cannot be in effect.
    closed: Option<SsoUnavailable>,
    /// What a later release has written.
    #[cfg(feature = "serde")]
    unknown: BTreeMap<String, serde_json::Value>,
}

impl Organization {
    /// An organization without single sign-on. `id` is the application's own, never shown to be
    /// chosen and never used again for another. The connection gets the same id.
    pub fn new(id: impl Into<OrganizationId>, slug: Slug, urls: SpUrls) -> Self {
        let id = id.into();
        Self {
            connection_id: id.as_str().to_owned(),
            id,
            slug,
            former_slugs: BTreeSet::new(),
            urls,
            sso_enabled: false,
            settings: None,
            candidate: None,
            tested: None,
            enforced: false,
            directory_managed: false,
            directory: DirectoryRules::default(),
            break_glass: BTreeSet::new(),
            verified_domains: BTreeSet::new(),
            requested_domains: BTreeMap::new(),
            missing_domains: BTreeMap::new(),
            bound_to_domains: false,
            provisioning: ProvisioningRules::default(),
            key_pairs: Vec::new(),
            signs_requests: false,
            sessions: None,
            closed: None,
            #[cfg(feature = "serde")]
            unknown: BTreeMap::new(),
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

    /// The names in URLs that it had before. They lead here still.
    pub fn former_slugs(&self) -> &BTreeSet<Slug> {
        &self.former_slugs
    }

    /// The id of its connection: part of every person's [key](crate::identity::StableKey), and so
    /// the same for ever.
    pub fn connection_id(&self) -> &str {
        &self.connection_id
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
        self.sso_enabled && self.settings.is_some() && self.closed.is_none()
    }

    /// Why what is stored cannot be in effect: a later release does not take it. Nobody logs in by
    /// single sign-on; "single sign-on only" stays, for nothing may fall by itself, and an operator
    /// can lift it.
    pub fn closed(&self) -> Option<&SsoUnavailable> {
        self.closed.as_ref()
    }

    /// Whether people can log in by single sign-on alone. It falls with single sign-on itself.
    pub fn is_enforced(&self) -> bool {
        self.enforced
    }

    /// Whether the identity provider's directory manages accounts (SCIM).
    pub fn is_directory_managed(&self) -> bool {
        self.directory_managed
    }

    /// How the directory is listened to.
    pub fn directory_rules(&self) -> DirectoryRules {
        self.directory
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

    /// How long sessions last here, if that is set.
    pub fn session_rules(&self) -> Option<SessionRules> {
        self.sessions
    }

    /// The rules of just-in-time provisioning.
    pub fn provisioning(&self) -> &ProvisioningRules {
        &self.provisioning
    }

    /// Our side of the connection, without keys: with our key pairs it is
    /// [another](Organization::service_provider_with), and keys that are kept elsewhere are added
    /// with [`ServiceProvider::with_signing_key`] and [`ServiceProvider::with_decryption_key`].
    /// Before anything is configured it has the proposed Audience URI, for
    /// [metadata](crate::SpMetadata) to give out in advance.
    pub fn service_provider(&self) -> ServiceProvider {
        let audience =
            self.settings.as_ref().map_or(&self.urls.entity_id, |settings| &settings.audience);
        ServiceProvider::new(audience, &self.urls.acs_url).with_slo_url(&self.urls.slo_url)
    }

    /// The connection, without keys of ours: with them it is
    /// [another](Organization::connection_with). Build it once and keep it until the
    /// [revision](Organization::revision) is another.
    ///
    /// # Errors
    ///
    /// Those of [`Organization::connection_builder`], and what [`ConnectionBuilder::build`]
    /// refuses.
    pub fn connection(&self) -> Result<Connection, SsoUnavailable> {
        Ok(self.connection_builder(self.service_provider_sealed())?.build()?)
    }

    /// The same for a [service provider](Organization::service_provider) with keys that are kept
    /// elsewhere, and with settings that are not stored.
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
        match &self.closed {
            None => Ok(self.builder_of(settings, sp)?),
            Some(closed) => Err(closed.clone()),
        }
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
        let digest = Digest::of("test login")
            .text(&self.digest()?)
            .text(&self.connection_id)
            .flag(self.bound_to_domains)
            .list(&self.verified_domains, |digest, domain| digest.text(domain.as_str()));
        Some(hex(&self.provisioning.digest(digest).finish()))
    }

    /// Whether the settings, if there are any, make a connection.
    fn check_settings(&self) -> Result<(), ConfigError> {
        self.connection_of_settings().map(|_| ())
    }

    /// The connection that the settings make, whether single sign-on is on or not.
    fn connection_of_settings(&self) -> Result<Option<Connection>, ConfigError> {
        let sp = self.service_provider_sealed();
        let make = |settings| self.builder_of(settings, sp)?.build();
        self.settings.as_ref().map(make).transpose()
    }

    fn builder_of(
        &self,
        settings: &ConnectionSettings,
        sp: ServiceProvider,
    ) -> Result<ConnectionBuilder, ConfigError> {
        let revision = self.digest_of(settings, sp.acs_url());
        let builder = settings.builder(&self.connection_id, sp)?.with_revision(revision);
        // Where it is not asked for, a key that is kept elsewhere signs by being there.
        Ok(if self.signs_requests { builder.with_requests_signed(true) } else { builder })
    }

    /// What no sequence of changes of this release leads to.
    fn contradiction(&self) -> Option<SsoUnavailable> {
        let works = self.sso_enabled && self.settings.is_some();
        let loose = !self.bound_to_domains && !self.verified_domains.is_empty();
        match self.check_settings().err() {
            Some(error) => Some(error.into()),
            None if self.enforced && !works => Some(SsoUnavailable::Contradictory(
                "single sign-on is enforced without being enabled and configured",
            )),
            None if self.directory_managed && !works => Some(SsoUnavailable::Contradictory(
                "a directory manages accounts without single sign-on",
            )),
            None if loose => Some(SsoUnavailable::Contradictory(
                "there are verified domains, and the connection is not bound to them",
            )),
            None => None,
        }
    }

    fn has_domain(&self, domain: &str) -> bool {
        self.verified_domains.iter().any(|own| own.as_str() == domain)
    }

    /// The SHA-256 fingerprints of its certificates.
    pub fn fingerprints(&self) -> Vec<Fingerprint> {
        let certificates = self.settings.as_ref().and_then(|settings| settings.certificates().ok());
        let all = certificates.iter().flat_map(|certificates| certificates.iter());
        all.map(|certificate| certificate.fingerprint()).collect()
    }

    /// Whether an identity came through the connection as it is now: open, of this issuer, by one
    /// of these keys.
    pub(crate) fn is_of_connection(&self, identity: &Identity) -> bool {
        self.is_open()
            && self.settings.as_ref().is_some_and(|settings| settings.issuer == identity.issuer)
            && self.fingerprints().contains(&identity.key_fingerprint)
    }

    fn digest(&self) -> Option<String> {
        self.settings.as_ref().map(|settings| self.digest_of(settings, &self.urls.acs_url))
    }
}

/// Why there is no connection to log in through.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SsoUnavailable {
    /// The settings make no connection.
    #[error("the settings make no connection: {0}")]
    Config(#[from] ConfigError),
    /// What is stored contradicts itself.
    #[error("the stored settings contradict themselves: {0}")]
    Contradictory(&'static str),
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
            Self::Contradictory(_) => "organization_contradictory",
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
            Self::Config(_) | Self::Contradictory(_) => NOT_SET_UP,
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
