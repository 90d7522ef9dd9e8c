//! Changing an organization: who may, what is asked first, and what becomes of it.

use chrono::{DateTime, Utc};

use super::{ConnectionOptions, ConnectionSettings, EmailDomain, Organization, ProvisioningRules};
use crate::account::AccountId;
use crate::audit::{Actor, AuditAction, AuditEvent, AuditOutcome};
use crate::doctor::{Diagnosis, PastedValues, Surroundings, examine};
use crate::error::{CertificateError, ConfigError};
use crate::identity::Identity;
use crate::limits::Limits;
use crate::trust::{Certificate, Certificates};

/// What only the application knows: its plans, and its administrators.
pub trait Authority {
    /// Whether somebody is an administrator of exactly this organization, now.
    fn administers(&self, account: &AccountId, organization: &str) -> bool;

    /// Whether the organization's plan includes single sign-on.
    ///
    /// Where it no longer does, what is set up goes on working and can be switched off, and nothing can be switched on or changed:
    /// neither are people locked out, nor does "single sign-on only" fall by itself.
    fn is_entitled(&self, organization: &str) -> bool;
}

/// A change of an organization.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Change {
    /// Trusts one more certificate, for a rollover of keys.
    AddCertificate {
        /// What was pasted: one certificate, or several.
        certificate: String,
    },
    /// Replaces how the connection takes what comes in.
    Adjust(Box<ConnectionOptions>),
    /// Names somebody who may log in without single sign-on although it is enforced, or takes that back.
    BreakGlass {
        /// Whose account.
        account: AccountId,
        /// Whether they may.
        granted: bool,
    },
    /// Replaces the four values at once. Options stay, and so do accounts, seats and everything else.
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
        /// Its SHA-256 fingerprint, as hexadecimal pairs with colons.
        fingerprint: String,
    },
    /// Notes that a domain is the organization's. For the application, which has had it proven, and its operators.
    VerifyDomain(EmailDomain),
}

/// Why a change is refused. Nothing was changed then.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeRefusal {
    /// The certificate cannot be used.
    #[error("the certificate is refused")]
    Certificate(#[from] CertificateError),
    /// No such certificate is configured.
    #[error("no certificate with this fingerprint is configured")]
    CertificateUnknown,
    /// The connection would not work with these options.
    #[error("the connection cannot be built like this")]
    Config(#[from] ConfigError),
    /// The directory manages accounts only where single sign-on is enabled and configured.
    #[error("the directory can manage accounts once single sign-on is enabled and configured")]
    DirectoryNeedsSso,
    /// "Single sign-on only" needs single sign-on: it is not configured.
    #[error("single sign-on cannot be enforced before it is configured")]
    EnforcementNeedsConfiguration,
    /// "Single sign-on only" needs single sign-on: it is not enabled.
    #[error("single sign-on cannot be enforced before it is enabled")]
    EnforcementNeedsEnabled,
    /// "Single sign-on only" needs a login that has succeeded with the settings as they are now.
    #[error("single sign-on cannot be enforced before a test login has succeeded with the present settings")]
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
    #[error("only the application itself may do this")]
    NotOperator,
    /// The directory that manages accounts needs single sign-on: switch the directory off first.
    #[error("the directory manages accounts: switch it off before single sign-on")]
    SsoNeededByDirectory,
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
            Self::EnforcementNeedsConfiguration => "enforcement_needs_configuration",
            Self::EnforcementNeedsEnabled => "enforcement_needs_enabled",
            Self::EnforcementNeedsTestLogin => "enforcement_needs_test_login",
            Self::LastCertificate => "last_certificate",
            Self::NotAdministrator => "not_administrator",
            Self::NotConfigured => "sso_not_configured",
            Self::NotEntitled => "not_entitled",
            Self::NotOperator => "not_operator",
            Self::SsoNeededByDirectory => "sso_needed_by_directory",
            Self::TestLoginOutdated => "test_login_outdated",
            Self::Values(_) => "values_refused",
        }
    }
}

/// What became of a change: write the event to the audit trail in either case.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "the event belongs into the audit trail, and a refusal to whoever asked"]
#[non_exhaustive]
pub struct Applied {
    /// Whether it was made.
    pub result: Result<(), ChangeRefusal>,
    /// What happened, or was tried.
    pub event: AuditEvent,
}

impl Organization {
    /// Makes one change, wholly or not at all.
    ///
    /// An administrator of the organization may make every change but those of domains; an operator and the application may make all.
    /// Whatever sets something up needs the [entitlement](Authority::is_entitled); whatever takes something back does not, so that
    /// nobody is ever shut in. `other_fingerprints` are those of certificates of other connections, for the
    /// [doctor](crate::examine) to warn of.
    pub fn apply(
        &mut self,
        change: Change,
        by: &Actor,
        authority: &impl Authority,
        other_fingerprints: &[String],
        now: DateTime<Utc>,
    ) -> Applied {
        let mut action = self.action(&change);
        let target = match &change {
            Change::BreakGlass { account, .. } => Some(account.clone()),
            _ => None,
        };
        let mut changed = self.clone();
        let result = permitted(&change, by, &self.id, authority)
            .and_then(|()| changed.change(change, other_fingerprints, now));
        if result.is_ok() {
            let trusts_as =
                |(before, after): (&ConnectionSettings, &ConnectionSettings)| before.trusts_as(after);
            if self.settings.as_ref().zip(changed.settings.as_ref()).is_some_and(|both| !trusts_as(both))
                && action == AuditAction::ConnectionUpdated
            {
                action = AuditAction::ConnectionRekeyed;
            }
            *self = changed;
        }
        Applied { event: AuditEvent { target, ..self.event(action, by, &result, now) }, result }
    }

    /// Notes that a login has succeeded, so that single sign-on can be enforced. `revision` is the
    /// [revision](Organization::revision) of the settings that the connection was made of through which the login came.
    pub fn record_test_login(&mut self, identity: &Identity, revision: &str, now: DateTime<Utc>) -> Applied {
        let is_current = self.digest().as_deref() == Some(revision)
            && identity.connection_id == self.id
            && self.settings.as_ref().is_some_and(|settings| settings.issuer == identity.issuer);
        let result = if is_current { Ok(()) } else { Err(ChangeRefusal::TestLoginOutdated) };
        if is_current {
            self.tested = Some(revision.to_owned());
        }
        let event = self.event(AuditAction::TestLogin, &Actor::IdentityProvider, &result, now);
        Applied { event, result }
    }

    /// What the settings are at present, as a digest; `None` before anything is configured. Another one means that the connection has
    /// to be made anew.
    pub fn revision(&self) -> Option<String> {
        self.digest()
    }

    fn event(
        &self,
        action: AuditAction,
        by: &Actor,
        result: &Result<(), ChangeRefusal>,
        now: DateTime<Utc>,
    ) -> AuditEvent {
        let outcome = match result {
            Ok(()) => AuditOutcome::Done,
            Err(refusal) => AuditOutcome::Refused(refusal.code()),
        };
        AuditEvent::new(self.id.clone(), by.clone(), action, now).ended(outcome)
    }

    fn action(&self, change: &Change) -> AuditAction {
        match change {
            Change::AddCertificate { .. } => AuditAction::CertificateAdded,
            Change::Adjust(_) => AuditAction::ConnectionUpdated,
            Change::BreakGlass { granted, .. } => AuditAction::BreakGlassChanged { granted: *granted },
            Change::Configure(_) if self.settings.is_none() => AuditAction::ConnectionActivated,
            Change::Configure(_) => AuditAction::ConnectionUpdated,
            Change::Disable => AuditAction::SsoChanged { enabled: false },
            Change::Enable => AuditAction::SsoChanged { enabled: true },
            Change::Enforce => AuditAction::EnforcementChanged { enforced: true },
            Change::ForgetDomain(domain) => {
                AuditAction::DomainChanged { domain: domain.to_string(), verified: false }
            }
            Change::LiftEnforcement => AuditAction::EnforcementChanged { enforced: false },
            Change::ManageByDirectory(managing) => AuditAction::DirectoryChanged { managing: *managing },
            Change::Provision(_) => AuditAction::ProvisioningChanged,
            Change::RemoveConnection => AuditAction::ConnectionRemoved,
            Change::RetireCertificate { fingerprint } => {
                AuditAction::CertificateRetired { fingerprint: fingerprint.clone() }
            }
            Change::VerifyDomain(domain) => {
                AuditAction::DomainChanged { domain: domain.to_string(), verified: true }
            }
        }
    }

    fn change(
        &mut self,
        change: Change,
        other_fingerprints: &[String],
        now: DateTime<Utc>,
    ) -> Result<(), ChangeRefusal> {
        match change {
            Change::AddCertificate { certificate } => {
                let added = configured(certificate.as_bytes())?;
                let settings = self.configured_settings()?;
                let new = added.into_iter().filter(|pem| !settings.certificates.contains(pem));
                let certificates = settings.certificates.iter().cloned().chain(new).collect();
                self.replace_settings(ConnectionSettings { certificates, ..settings })
            }
            Change::Adjust(options) => {
                let settings = self.configured_settings()?;
                self.replace_settings(ConnectionSettings { options: *options, ..settings })
            }
            Change::BreakGlass { account, granted } => {
                if granted {
                    self.break_glass.insert(account);
                } else {
                    self.break_glass.remove(&account);
                }
                Ok(())
            }
            Change::Configure(values) => self.configure(*values, other_fingerprints, now),
            Change::Disable => {
                self.sso_may_go()?;
                self.sso_enabled = false;
                self.enforced = false;
                Ok(())
            }
            Change::Enable => {
                self.sso_enabled = true;
                Ok(())
            }
            Change::Enforce => {
                match (self.sso_enabled, &self.settings, self.is_tested()) {
                    (false, _, _) => return Err(ChangeRefusal::EnforcementNeedsEnabled),
                    (true, None, _) => return Err(ChangeRefusal::EnforcementNeedsConfiguration),
                    (true, Some(_), false) => return Err(ChangeRefusal::EnforcementNeedsTestLogin),
                    (true, Some(_), true) => self.enforced = true,
                }
                Ok(())
            }
            Change::ForgetDomain(domain) => {
                self.verified_domains.remove(&domain);
                Ok(())
            }
            Change::LiftEnforcement => {
                self.enforced = false;
                Ok(())
            }
            Change::ManageByDirectory(managing) => {
                if managing && !self.is_open() {
                    return Err(ChangeRefusal::DirectoryNeedsSso);
                }
                self.directory_managed = managing;
                Ok(())
            }
            Change::Provision(rules) => {
                self.provisioning = rules;
                Ok(())
            }
            Change::RemoveConnection => {
                self.sso_may_go()?;
                self.configured_settings()?;
                self.settings = None;
                self.tested = None;
                self.enforced = false;
                Ok(())
            }
            Change::RetireCertificate { fingerprint } => {
                let settings = self.configured_settings()?;
                let (retired, kept): (Vec<String>, Vec<String>) =
                    settings.certificates.iter().cloned().partition(|pem| has_fingerprint(pem, &fingerprint));
                if retired.is_empty() {
                    return Err(ChangeRefusal::CertificateUnknown);
                }
                if kept.is_empty() {
                    return Err(ChangeRefusal::LastCertificate);
                }
                self.replace_settings(ConnectionSettings { certificates: kept, ..settings })
            }
            Change::VerifyDomain(domain) => {
                self.verified_domains.insert(domain);
                Ok(())
            }
        }
    }

    fn configure(
        &mut self,
        values: PastedValues,
        other_fingerprints: &[String],
        now: DateTime<Utc>,
    ) -> Result<(), ChangeRefusal> {
        let around = Surroundings::default()
            .with_acs_url(&self.urls.acs_url)
            .with_login_url(&self.urls.login_url)
            .with_other_fingerprints(other_fingerprints);
        let values = examine(&values, &around, &Limits::default(), now)
            .into_values()
            .map_err(|diagnosis| ChangeRefusal::Values(Box::new(diagnosis)))?;
        let idp = values.identity_provider();
        let options = self.settings.take().map(|settings| settings.options).unwrap_or_default();
        self.replace_settings(ConnectionSettings {
            audience: values.audience().to_owned(),
            sso_url: idp.sso_url().unwrap_or_default().to_owned(),
            issuer: idp.issuer().to_owned(),
            certificates: idp.certificates().iter().map(Certificate::to_pem).collect(),
            options,
        })
    }

    /// Takes settings if they make a connection.
    fn replace_settings(&mut self, settings: ConnectionSettings) -> Result<(), ChangeRefusal> {
        let changed = Self { settings: Some(settings.clone()), ..self.clone() };
        settings.builder(&self.id, changed.service_provider())?.build()?;
        self.settings = Some(settings);
        Ok(())
    }

    fn configured_settings(&self) -> Result<ConnectionSettings, ChangeRefusal> {
        self.settings.clone().ok_or(ChangeRefusal::NotConfigured)
    }

    fn sso_may_go(&self) -> Result<(), ChangeRefusal> {
        if self.directory_managed { Err(ChangeRefusal::SsoNeededByDirectory) } else { Ok(()) }
    }
}

/// Who may make a change at all.
fn permitted(
    change: &Change,
    by: &Actor,
    organization: &str,
    authority: &impl Authority,
) -> Result<(), ChangeRefusal> {
    let of_domains = matches!(change, Change::VerifyDomain(_) | Change::ForgetDomain(_));
    match by {
        Actor::Application | Actor::Operator(_) => {}
        _ if of_domains => return Err(ChangeRefusal::NotOperator),
        Actor::Member(account) if authority.administers(account, organization) => {}
        Actor::Member(_) | Actor::IdentityProvider => return Err(ChangeRefusal::NotAdministrator),
    }
    let takes_back = match change {
        Change::BreakGlass { .. }
        | Change::Disable
        | Change::ForgetDomain(_)
        | Change::LiftEnforcement
        | Change::RemoveConnection
        | Change::RetireCertificate { .. }
        | Change::VerifyDomain(_) => true,
        Change::ManageByDirectory(managing) => !managing,
        Change::AddCertificate { .. }
        | Change::Adjust(_)
        | Change::Configure(_)
        | Change::Enable
        | Change::Enforce
        | Change::Provision(_) => false,
    };
    if takes_back || authority.is_entitled(organization) { Ok(()) } else { Err(ChangeRefusal::NotEntitled) }
}

/// Certificates as they are stored: each as PEM.
fn configured(pasted: &[u8]) -> Result<Vec<String>, CertificateError> {
    Ok(Certificates::parse(pasted)?.iter().map(Certificate::to_pem).collect())
}

fn has_fingerprint(pem: &str, fingerprint: &str) -> bool {
    Certificates::parse(pem)
        .is_ok_and(|certificates| certificates.iter().any(|one| one.fingerprint() == fingerprint))
}
