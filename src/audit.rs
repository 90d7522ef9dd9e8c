//! What happened, who did it, and how it ended: events for an audit trail, attempts included.
//!
//! An event holds no secret, no assertion and nothing that an identity provider says about a
//! person: the account's own id alone tells who is meant.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};

use crate::account::AccountId;
use crate::account::OrganizationId;
use crate::error::{BoxError, Error};
use crate::fingerprint::Fingerprint;
use crate::pointers::behind_pointers;

/// A stable snake_case code, as the decision that it tells of gave it, or as it was read back.
pub type Code = Cow<'static, str>;

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Actor {
    /// The application itself: it has verified a domain, for instance.
    Application,
    /// The customer's directory, by the id of the token that it came with.
    Directory(String),
    /// Whoever is logging in, before it is known who that is.
    IdentityProvider,
    /// Somebody with an account in the organization.
    Member(AccountId),
    /// Somebody who runs the application, by the id that they have there.
    Operator(String),
    /// Somebody who came by a setup link, by the link's id.
    SetupLink(String),
}

/// What was done, or tried.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Action {
    /// Something was done with an account, other than by a login.
    Account {
        /// What was wanted: the code of the [intent](crate::provision::Intent).
        intent: Code,
        /// What became of it: the code of the [decision](crate::provision::Provisioning).
        decision: Code,
    },
    /// A person was given, or lost, the right to log in without single sign-on in an emergency.
    BreakGlassChanged {
        /// Whether they have it now.
        granted: bool,
    },
    /// An administrator named for emergencies did without single sign-on what it is enforced for.
    BreakGlassUsed {
        /// What was done: the code of the [action](crate::policy::PolicyAction).
        action: Code,
    },
    /// Proposed settings were adopted, or dropped, or proposed.
    CandidateChanged {
        /// Which of these: `adopted`, `dropped` or `proposed`.
        change: Code,
    },
    /// Certificates were added to the connection.
    CertificateAdded {
        /// Their SHA-256 fingerprints; none where nothing was added.
        fingerprints: Vec<Fingerprint>,
    },
    /// A certificate of the connection was retired.
    CertificateRetired {
        /// Its SHA-256 fingerprint.
        fingerprint: Fingerprint,
    },
    /// The connection got its values for the first time.
    ConnectionActivated,
    /// The values of the connection were removed.
    ConnectionRemoved,
    /// Values of the connection were replaced, and among them the issuer or the certificates: who
    /// is trusted.
    ConnectionRekeyed {
        /// The `danger_…` switches that are on.
        dangers: Vec<Code>,
    },
    /// Values or settings of the connection were replaced.
    ConnectionUpdated {
        /// The `danger_…` switches that are on afterwards.
        dangers: Vec<Code>,
    },
    /// The identity provider's directory was made the one to manage accounts, or ceased to be.
    DirectoryChanged {
        /// Whether it is now.
        managing: bool,
    },
    /// A domain was verified, or ceased to be.
    DomainChanged {
        /// The domain.
        domain: String,
        /// Whether it is verified now.
        verified: bool,
    },
    /// The TXT record of a domain was looked for, and nothing came of it.
    DomainChecked {
        /// The domain.
        domain: String,
        /// Whether its record was there.
        found: bool,
    },
    /// A domain was asked for, and the text of its TXT record given out.
    DomainRequested {
        /// The domain.
        domain: String,
    },
    /// "Single sign-on only" was switched on or off.
    EnforcementChanged {
        /// Whether it is on now.
        enforced: bool,
    },
    /// Just-in-time provisioning or its rules were changed.
    ProvisioningChanged {
        /// The rules called danger that are in effect afterwards.
        dangers: Vec<Code>,
    },
    /// A login through single sign-on.
    Login,
    /// A decision of the [login policy](crate::LoginPolicy).
    Policy {
        /// What was to be done: the code of the [action](crate::policy::PolicyAction).
        action: Code,
    },
    /// An account was created, linked, updated, or left as it is.
    Provisioning {
        /// Which: the code of the [decision](crate::provision::Provisioning).
        decision: Code,
    },
    /// The organization has another name in URLs.
    SlugRenamed {
        /// The name.
        slug: String,
    },
    /// Single sign-on was switched on or off.
    SsoChanged {
        /// Whether it is on now.
        enabled: bool,
    },
    /// A test login through the present connection.
    TestLogin,
}

impl Action {
    /// A stable snake_case code, part of semver.
    pub fn code(&self) -> &str {
        match self {
            Self::Account { intent, .. } => intent,
            Self::BreakGlassChanged { granted: true } => "break_glass_granted",
            Self::BreakGlassChanged { granted: false } => "break_glass_revoked",
            Self::BreakGlassUsed { .. } => "break_glass_used",
            Self::CandidateChanged { change } => match change.as_ref() {
                "adopted" => "candidate_adopted",
                "dropped" => "candidate_dropped",
                _ => "candidate_proposed",
            },
            Self::CertificateAdded { .. } => "certificate_added",
            Self::CertificateRetired { .. } => "certificate_retired",
            Self::ConnectionActivated => "connection_activated",
            Self::ConnectionRemoved => "connection_removed",
            Self::ConnectionRekeyed { .. } => "connection_rekeyed",
            Self::ConnectionUpdated { .. } => "connection_updated",
            Self::DirectoryChanged { managing: true } => "directory_enabled",
            Self::DirectoryChanged { managing: false } => "directory_disabled",
            Self::DomainChanged { verified: true, .. } => "domain_verified",
            Self::DomainChanged { verified: false, .. } => "domain_forgotten",
            Self::DomainChecked { .. } => "domain_checked",
            Self::DomainRequested { .. } => "domain_requested",
            Self::EnforcementChanged { enforced: true } => "enforcement_set",
            Self::EnforcementChanged { enforced: false } => "enforcement_lifted",
            Self::Login => "login",
            Self::Policy { .. } => "policy",
            Self::Provisioning { .. } => "provisioning",
            Self::ProvisioningChanged { .. } => "provisioning_changed",
            Self::SlugRenamed { .. } => "slug_renamed",
            Self::SsoChanged { enabled: true } => "sso_enabled",
            Self::SsoChanged { enabled: false } => "sso_disabled",
            Self::TestLogin => "test_login",
        }
    }
}

impl AuditEvent {
    /// The URI of the event among those of SCIM (RFC 9967 §2), where it is one of an account that
    /// was created, changed or ended: for whoever passes it on as a Security Event Token.
    pub fn scim_event(&self) -> Option<&'static str> {
        let (Action::Account { decision, .. } | Action::Provisioning { decision }) = &self.action
        else {
            return None;
        };
        match decision.as_ref() {
            _ if self.outcome != Outcome::Done => None,
            "activate" => Some("urn:ietf:params:scim:event:prov:activate"),
            "create" => Some("urn:ietf:params:scim:event:prov:create:notice"),
            "deactivate" => Some("urn:ietf:params:scim:event:prov:deactivate"),
            "delete" => Some("urn:ietf:params:scim:event:prov:delete"),
            "link" | "update" => Some("urn:ietf:params:scim:event:prov:patch:notice"),
            _ => None,
        }
    }
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Outcome {
    /// It was done, or allowed.
    Done,
    /// Something failed, so that it was not done. The code says what.
    Failed(Code),
    /// It was refused. The code says why.
    Refused(Code),
}

/// One entry of the audit trail.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct AuditEvent {
    /// The [id](crate::Organization::id) of the organization.
    pub organization: OrganizationId,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: Actor,
    /// What.
    pub action: Action,
    /// Whose account it is about, where it is about one.
    pub target: Option<AccountId>,
    /// How it ended.
    pub outcome: Outcome,
    /// The application's own id of the request that it came of, if it says which.
    #[cfg_attr(feature = "serde", serde(default))]
    pub request_id: Option<String>,
    /// The address of the client, if the application says which.
    #[cfg_attr(feature = "serde", serde(default))]
    pub client_address: Option<String>,
}

impl AuditEvent {
    /// An event that is done.
    pub fn new(
        organization: impl Into<OrganizationId>,
        actor: Actor,
        action: Action,
        at: DateTime<Utc>,
    ) -> Self {
        Self {
            organization: organization.into(),
            at,
            actor,
            action,
            target: None,
            outcome: Outcome::Done,
            request_id: None,
            client_address: None,
        }
    }

    /// The same about an account.
    #[must_use]
    pub fn about(self, target: AccountId) -> Self {
        Self { target: Some(target), ..self }
    }

    /// The same with what is known of the request: an id of the application's, and the address of
    /// the client.
    #[must_use]
    pub fn of_request(
        self,
        request_id: impl Into<Option<String>>,
        client_address: impl Into<Option<String>>,
    ) -> Self {
        Self { request_id: request_id.into(), client_address: client_address.into(), ..self }
    }

    /// The same with this end.
    #[must_use]
    pub fn ended(self, outcome: Outcome) -> Self {
        Self { outcome, ..self }
    }

    /// A login that was refused, or that something failed under, before it was known whose it is.
    pub fn login_refused(
        organization: impl Into<OrganizationId>,
        error: &Error,
        at: DateTime<Utc>,
    ) -> Self {
        let outcome = match error {
            Error::Rejected(_) => Outcome::Refused(error.code().into()),
            _ => Outcome::Failed(error.code().into()),
        };
        Self::new(organization, Actor::IdentityProvider, Action::Login, at).ended(outcome)
    }

    /// A login that was accepted, into this account.
    pub fn login_accepted(
        organization: impl Into<OrganizationId>,
        account: AccountId,
        at: DateTime<Utc>,
    ) -> Self {
        Self::new(organization, Actor::Member(account.clone()), Action::Login, at).about(account)
    }
}

/// Takes events.
///
/// Write the event in the same transaction as what it tells of, where the store of both is one. A
/// refusal is written, too.
///
/// Write plain `async fn`, no `async_trait`.
pub trait AuditLog: Send + Sync {
    /// Takes one event.
    ///
    /// # Errors
    ///
    /// If it cannot be kept. Whether what it tells of is then undone is the caller's decision.
    fn record(&self, event: &AuditEvent) -> impl Future<Output = Result<(), BoxError>> + Send;
}

behind_pointers!(
    AuditLog,
    /// Any [`AuditLog`], for those who choose at run time.
    DynAuditLog {
        fn record(event: &AuditEvent = &'a AuditEvent) -> Result<(), BoxError>;
    }
);

/// Keeps the latest events in memory: for tests, and to look at.
pub struct MemoryAuditLog {
    capacity: NonZeroUsize,
    events: Mutex<VecDeque<AuditEvent>>,
}

impl MemoryAuditLog {
    /// Keeps so many events; the oldest make room.
    pub fn with_capacity(capacity: NonZeroUsize) -> Self {
        Self { capacity, events: Mutex::default() }
    }

    /// The events, the oldest first.
    pub fn events(&self) -> Vec<AuditEvent> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

impl Default for MemoryAuditLog {
    /// Room for 65,536 events.
    fn default() -> Self {
        Self::with_capacity(NonZeroUsize::new(65_536).unwrap_or(NonZeroUsize::MIN))
    }
}

impl fmt::Debug for MemoryAuditLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryAuditLog").field("capacity", &self.capacity).finish_non_exhaustive()
    }
}

impl AuditLog for MemoryAuditLog {
    async fn record(&self, event: &AuditEvent) -> Result<(), BoxError> {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        while events.len() >= self.capacity.get() {
            events.pop_front();
        }
        events.push_back(event.clone());
        Ok(())
    }
}

/// Hands events to [`tracing`], under the target `saml_login::audit`: refusals and failures at the
/// level WARN, the rest at INFO. Feature `tracing`.
#[cfg(feature = "tracing")]
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct TracingAuditLog;

#[cfg(feature = "tracing")]
impl TracingAuditLog {
    /// One that writes to the subscriber in effect.
    pub fn new() -> Self {
        Self
    }
}

#[cfg(feature = "tracing")]
impl AuditLog for TracingAuditLog {
    async fn record(&self, event: &AuditEvent) -> Result<(), BoxError> {
        let AuditEvent { organization, at, actor, action, target, outcome, .. } = event;
        let (at, code) = (at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true), action.code());
        let (kind, actor) = match actor {
            Actor::Application => ("application", ""),
            Actor::Directory(token) => ("directory", token.as_str()),
            Actor::IdentityProvider => ("identity_provider", ""),
            Actor::Member(account) => ("member", account.as_str()),
            Actor::Operator(id) => ("operator", id.as_str()),
            Actor::SetupLink(id) => ("setup_link", id.as_str()),
        };
        let target = target.as_ref().map(AccountId::as_str);
        let made;
        let detail = match action {
            Action::ConnectionUpdated { dangers: on }
            | Action::ConnectionRekeyed { dangers: on }
            | Action::ProvisioningChanged { dangers: on } => {
                made = on.join(" ");
                &*made
            }
            Action::Policy { action } | Action::BreakGlassUsed { action } => action,
            Action::Provisioning { decision } => decision,
            Action::Account { decision, .. } => decision,
            Action::CertificateRetired { fingerprint } => {
                made = fingerprint.to_string();
                &*made
            }
            Action::DomainChanged { domain, .. }
            | Action::DomainChecked { domain, .. }
            | Action::DomainRequested { domain } => domain,
            Action::SlugRenamed { slug } => slug,
            Action::CertificateAdded { fingerprints } => {
                let all: Vec<String> = fingerprints.iter().map(ToString::to_string).collect();
                made = all.join(" ");
                &*made
            }
            _ => "",
        };
        macro_rules! write {
            ($level:ident, $outcome:expr, $reason:expr) => {
                tracing::$level!(
                    target: "saml_login::audit",
                    organization = organization.as_str(), at, actor_kind = kind, actor, action = code, detail, account = target,
                    outcome = $outcome, reason = $reason, request_id = event.request_id.as_deref(),
                    client_address = event.client_address.as_deref(),
                )
            };
        }
        match outcome {
            Outcome::Done => write!(info, "done", ""),
            Outcome::Failed(reason) => write!(warn, "failed", reason.as_ref()),
            Outcome::Refused(reason) => write!(warn, "refused", reason.as_ref()),
        }
        Ok(())
    }
}
