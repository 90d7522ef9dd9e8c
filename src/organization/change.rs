//! The changes that there are, and why one is refused.

use std::collections::BTreeSet;
use std::fmt;

use super::{EmailDomain, ProvisioningRules};
use crate::account::AccountId;
use crate::account::OrganizationId;
use crate::audit::AuditEvent;
use crate::binding::Binding;
use crate::connection::ConnectionOptions;
use crate::doctor::{Diagnosis, Finding, PastedValues};
use crate::error::{CertificateError, ConfigError, refuses, sentence};
use crate::fingerprint::Fingerprint;

/// What only the application knows: its plans, and its administrators.
///
/// Who administers an organization has [`Role::Administrator`](crate::account::Role) in their
/// account there: the one is asked before a change, the other for break-glass and for test logins,
/// and both have to agree. The first administrator's account comes from the application, as an
/// [invitation](crate::account::NewAccount::invited) for example; a login makes members.
pub trait Authority {
    /// Whether somebody is an administrator of exactly this organization, now.
    fn administers(&self, account: &AccountId, organization: &OrganizationId) -> bool;

    /// Whether the organization's plan includes single sign-on.
    ///
    /// Where it no longer does, what is set up goes on working and can be switched off, and nothing
    /// can be switched on or changed: neither are people locked out, nor does "single sign-on only"
    /// fall by itself.
    fn is_entitled(&self, organization: &OrganizationId) -> bool;
}

/// What is known of the other organizations when one is changed.
/// [`Organizations`](super::Organizations) collects it; an application with a database asks that.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Neighbours {
    /// SHA-256 fingerprints of the certificates of other connections. One that comes up again is
    /// warned of.
    pub fingerprints: Vec<Fingerprint>,
    /// The verified domains of other organizations. They cannot be verified again, but by an
    /// operator who knows that both are one customer's: of a shared domain either's identity
    /// provider is believed, for accounts of the other as well.
    pub domains: BTreeSet<EmailDomain>,
}

/// A change of an organization.
#[derive(Clone)]
#[non_exhaustive]
pub enum Change {
    /// Trusts one more certificate, for a rollover of keys.
    AddCertificate {
        /// What was pasted: one certificate, or several.
        certificate: String,
    },
    /// Replaces how the connection takes what comes in.
    Adjust(Box<ConnectionOptions>),
    /// Names somebody who may log in without single sign-on although it is enforced, or takes that
    /// back.
    BreakGlass {
        /// Whose account.
        account: AccountId,
        /// Whether they may.
        granted: bool,
    },
    /// Replaces the four values at once. Options stay, and so do accounts, seats and everything
    /// else.
    Configure(Box<PastedValues>),
    /// Switches single sign-on off. Its values stay; "single sign-on only" falls.
    Disable,
    /// Switches single sign-on on.
    Enable,
    /// Lets people in by single sign-on alone.
    Enforce,
    /// Forgets that a domain is verified. For the application and its operators.
    ForgetDomain(EmailDomain),
    /// Lets people in in every way again.
    LiftEnforcement,
    /// Has the identity provider's directory manage accounts, or no longer.
    ManageByDirectory(bool),
    /// Replaces the rules of just-in-time provisioning.
    Provision(ProvisioningRules),
    /// Removes the four values. "Single sign-on only" falls.
    RemoveConnection,
    /// Ceases to trust a certificate.
    RetireCertificate {
        /// Its SHA-256 fingerprint.
        fingerprint: Fingerprint,
    },
    /// Replaces how requests travel, and where logouts go.
    SetEndpoints {
        /// By HTTP-Redirect, or by HTTP-POST.
        sso_binding: Binding,
        /// The identity provider's Single Logout Service for HTTP-Redirect, if there is one.
        slo_url: Option<String>,
    },
    /// Notes that a domain is the organization's. For the application, which has had it proven, and
    /// its operators.
    VerifyDomain(EmailDomain),
}

/// What is pasted may be a secret that was meant for another field.
impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AddCertificate { .. } => "AddCertificate { … }",
            Self::Adjust(_) => "Adjust(…)",
            Self::BreakGlass { granted: true, .. } => "BreakGlass { granted: true, … }",
            Self::BreakGlass { granted: false, .. } => "BreakGlass { granted: false, … }",
            Self::Configure(_) => "Configure(…)",
            Self::Disable => "Disable",
            Self::Enable => "Enable",
            Self::Enforce => "Enforce",
            Self::ForgetDomain(_) => "ForgetDomain(…)",
            Self::LiftEnforcement => "LiftEnforcement",
            Self::ManageByDirectory(true) => "ManageByDirectory(true)",
            Self::ManageByDirectory(false) => "ManageByDirectory(false)",
            Self::Provision(_) => "Provision(…)",
            Self::RemoveConnection => "RemoveConnection",
            Self::RetireCertificate { .. } => "RetireCertificate { … }",
            Self::SetEndpoints { .. } => "SetEndpoints { … }",
            Self::VerifyDomain(_) => "VerifyDomain(…)",
        })
    }
}

/// Why a change is refused. Nothing was changed then.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeRefusal {
    /// The certificate cannot be used.
    #[error("the certificate is refused: {0}")]
    Certificate(#[from] CertificateError),
    /// No such certificate is configured.
    #[error("no certificate with this fingerprint is configured")]
    CertificateUnknown,
    /// The connection would not work with these options.
    #[error("the connection cannot be built like this: {0}")]
    Config(#[from] ConfigError),
    /// The directory manages accounts only where single sign-on is enabled and configured.
    #[error("the directory can manage accounts once single sign-on is enabled and configured")]
    DirectoryNeedsSso,
    /// Anybody can have an address in the domain: it is that of a mailbox provider.
    #[error(
        "anybody can have an address in this domain: only an organization's own can be verified"
    )]
    DomainPublic,
    /// Another organization has verified the domain. Only an operator can let both have it.
    #[error("another organization has verified this domain")]
    DomainTaken,
    /// "Single sign-on only" needs single sign-on: it is not configured.
    #[error("single sign-on cannot be enforced before it is configured")]
    EnforcementNeedsConfiguration,
    /// "Single sign-on only" needs single sign-on: it is not enabled.
    #[error("single sign-on cannot be enforced before it is enabled")]
    EnforcementNeedsEnabled,
    /// "Single sign-on only" needs a login that has succeeded with the settings as they are now.
    #[error(
        "single sign-on cannot be enforced before a test login has succeeded with the present settings"
    )]
    EnforcementNeedsTestLogin,
    /// The last certificate has to stay: remove the connection, or configure it anew.
    #[error("the last certificate cannot be retired")]
    LastCertificate,
    /// Only an administrator of this organization may do this.
    #[error("only an administrator of this organization may do this")]
    NotAdministrator,
    /// There is nothing configured that could be changed.
    #[error("single sign-on is not configured")]
    NotConfigured,
    /// The organization's plan does not include single sign-on.
    #[error("the organization's plan does not include single sign-on")]
    NotEntitled,
    /// Only the application or one of its operators may do this.
    #[error("only the application and its operators may do this")]
    NotOperator,
    /// The directory that manages accounts needs single sign-on: switch the directory off first.
    #[error("the directory manages accounts: switch it off before single sign-on")]
    SsoNeededByDirectory,
    /// The person whose login it was is no administrator here: they could not mend what turns out
    /// to be wrong.
    #[error("the test login has to be that of an active administrator of this organization")]
    TestLoginNotAdministrator,
    /// The login was not through the connection as it is now.
    #[error("the login was made with other settings than the present ones")]
    TestLoginOutdated,
    /// The pasted values are refused: what is wrong with which field, and what may have been meant.
    #[error("the pasted values are refused")]
    Values(Box<Diagnosis>),
}

impl ChangeRefusal {
    /// A stable snake_case code, part of semver.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Certificate(error) => error.code(),
            Self::CertificateUnknown => "certificate_unknown",
            Self::Config(error) => error.code(),
            Self::DirectoryNeedsSso => "directory_needs_sso",
            Self::DomainPublic => "domain_public",
            Self::DomainTaken => "domain_taken",
            Self::EnforcementNeedsConfiguration => "enforcement_needs_configuration",
            Self::EnforcementNeedsEnabled => "enforcement_needs_enabled",
            Self::EnforcementNeedsTestLogin => "enforcement_needs_test_login",
            Self::LastCertificate => "last_certificate",
            Self::NotAdministrator => "not_administrator",
            Self::NotConfigured => "sso_not_configured",
            Self::NotEntitled => "not_entitled",
            Self::NotOperator => "not_operator",
            Self::SsoNeededByDirectory => "sso_needed_by_directory",
            Self::TestLoginNotAdministrator => "test_login_not_administrator",
            Self::TestLoginOutdated => "test_login_outdated",
            Self::Values(_) => "values_refused",
        }
    }

    /// What to change, for the organization's administrator.
    pub fn help(&self) -> String {
        sentence(self)
    }

    /// A fixed sentence for the person who asked for the change.
    pub fn user_message(&self) -> &'static str {
        "The settings of single sign-on were not changed."
    }
}

refuses!(ChangeRefusal, ServiceProvider);

/// What became of a change: write the event to the audit trail in either case.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "the event belongs in the audit trail, and a refusal to whoever asked"]
#[non_exhaustive]
pub struct Applied {
    /// Whether it was made.
    pub result: Result<(), ChangeRefusal>,
    /// What happened, or was tried.
    pub event: AuditEvent,
    /// What deserves a look although it was taken: show it to whoever made the change.
    pub warnings: Vec<Finding>,
    /// Whether single sign-on is the only way in now, with settings that nobody has logged in with
    /// yet. Say so, and have an administrator log in while their session lasts.
    pub enforced_untested: bool,
}
