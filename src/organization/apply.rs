//! Making a change: who may, what is asked first, and what becomes of it.

use chrono::{DateTime, Utc};

use super::{
    Applied, Authority, Change, ChangeRefusal, ConnectionSettings, Neighbours, Organization,
};
use crate::account::OrganizationId;
use crate::account::{Account, Role, Status};
use crate::audit::{Action, Actor, AuditEvent, Code, Outcome};
use crate::binding::Binding;
use crate::connection::ConnectionOptions;
use crate::doctor::{Diagnosis, Finding, PastedField, PastedValues, Surroundings, examine};
use crate::fingerprint::Fingerprint;
use crate::identity::Identity;
use crate::limits::Limits;
use crate::trust::{Certificate, Certificates};

impl Organization {
    /// Makes one change, wholly or not at all.
    ///
    /// An administrator of the organization may make every change but those of domains; an operator
    /// and the application may make all. Whatever sets something up needs the
    /// [entitlement](Authority::is_entitled); whatever takes something back, or keeps going what is
    /// there, does not, so that nobody is ever shut in.
    pub fn apply(
        &mut self,
        change: Change,
        by: &Actor,
        authority: &impl Authority,
        around: &Neighbours,
        now: DateTime<Utc>,
    ) -> Applied {
        let mut action = self.action(&change);
        let target = match &change {
            Change::BreakGlass { account, .. } => Some(account.clone()),
            _ => None,
        };
        let mut changed = self.clone();
        let taken =
            matches!(&change, Change::VerifyDomain(domain) if around.domains.contains(domain));
        let result = match permitted(&change, by, &self.id, authority) {
            Ok(()) if taken && !matches!(by, Actor::Operator(_)) => Err(ChangeRefusal::DomainTaken),
            Ok(()) => changed.change(change, around, now),
            Err(refusal) => Err(refusal),
        };
        let (result, warnings) = match result {
            Ok(warnings) => (Ok(()), warnings),
            Err(refusal) => (Err(refusal), Vec::new()),
        };
        if result.is_ok() {
            let both = self.settings.as_ref().zip(changed.settings.as_ref());
            if matches!(action, Action::ConnectionUpdated { .. })
                && both.is_some_and(|(before, after)| !before.trusts_as(after))
            {
                action = Action::ConnectionRekeyed;
            }
            *self = changed;
        }
        let event = AuditEvent { target, ..self.event(action, by, &result, now) };
        Applied {
            event,
            result,
            warnings,
            enforced_untested: self.is_enforced() && !self.is_tested(),
        }
    }

    /// Notes that a login has succeeded, so that single sign-on can be enforced: the login of an
    /// active administrator, all the way into their account, through a connection that was made of
    /// the present settings. `revision` is the [revision](Organization::revision) that was kept
    /// beside that connection when it was made.
    pub fn record_test_login(
        &mut self,
        identity: &Identity,
        account: &Account,
        revision: &str,
        now: DateTime<Utc>,
    ) -> Applied {
        let is_current = self.revision().as_deref() == Some(revision)
            && identity.connection_id == self.id.as_str()
            && self.settings.as_ref().is_some_and(|settings| settings.issuer == identity.issuer)
            && self.fingerprints().contains(&identity.key_fingerprint);
        let is_theirs = account.organization == self.id
            && account.role == Role::Administrator
            && account.status == Status::Active
            && account.stable_key() == identity.stable_key().as_ref()
            && identity.email.as_ref().is_none_or(|email| account.has_email(email))
            && (account.stable_key().is_some() || identity.email.is_some());
        let result = match (is_current, is_theirs) {
            (false, _) => Err(ChangeRefusal::TestLoginOutdated),
            (true, false) => Err(ChangeRefusal::TestLoginNotAdministrator),
            (true, true) => Ok(()),
        };
        if result.is_ok() {
            self.tested = self.test_digest();
        }
        let event = self.event(Action::TestLogin, &Actor::Member(account.id.clone()), &result, now);
        let enforced_untested = self.is_enforced() && !self.is_tested();
        Applied {
            event: event.about(account.id.clone()),
            result,
            warnings: Vec::new(),
            enforced_untested,
        }
    }

    fn event(
        &self,
        action: Action,
        by: &Actor,
        result: &Result<(), ChangeRefusal>,
        now: DateTime<Utc>,
    ) -> AuditEvent {
        let outcome = match result {
            Ok(()) => Outcome::Done,
            Err(refusal) => Outcome::Refused(refusal.code().into()),
        };
        AuditEvent::new(self.id.clone(), by.clone(), action, now).ended(outcome)
    }

    fn action(&self, change: &Change) -> Action {
        match change {
            Change::AddCertificate { .. } => Action::CertificateAdded,
            Change::Adjust(options) => {
                Action::ConnectionUpdated { dangers: codes(options.dangers()) }
            }
            Change::BreakGlass { granted, .. } => Action::BreakGlassChanged { granted: *granted },
            Change::Configure(_) => match &self.settings {
                None => Action::ConnectionActivated,
                Some(settings) => {
                    Action::ConnectionUpdated { dangers: codes(settings.options.dangers()) }
                }
            },
            Change::Disable => Action::SsoChanged { enabled: false },
            Change::Enable => Action::SsoChanged { enabled: true },
            Change::Enforce => Action::EnforcementChanged { enforced: true },
            Change::ForgetDomain(domain) => {
                Action::DomainChanged { domain: domain.to_string(), verified: false }
            }
            Change::LiftEnforcement => Action::EnforcementChanged { enforced: false },
            Change::ManageByDirectory(managing) => Action::DirectoryChanged { managing: *managing },
            Change::Provision(rules) => {
                Action::ProvisioningChanged { dangers: codes(rules.dangers()) }
            }
            Change::RemoveConnection => Action::ConnectionRemoved,
            Change::RetireCertificate { fingerprint } => {
                Action::CertificateRetired { fingerprint: *fingerprint }
            }
            Change::SetEndpoints { .. } => Action::ConnectionUpdated {
                dangers: self
                    .settings
                    .as_ref()
                    .map(|settings| codes(settings.options.dangers()))
                    .unwrap_or_default(),
            },
            Change::VerifyDomain(domain) => {
                Action::DomainChanged { domain: domain.to_string(), verified: true }
            }
        }
    }

    fn change(
        &mut self,
        change: Change,
        around: &Neighbours,
        now: DateTime<Utc>,
    ) -> Result<Vec<Finding>, ChangeRefusal> {
        match change {
            Change::AddCertificate { certificate } => {
                return self.add_certificate(certificate, around, now);
            }
            Change::Configure(values) => return self.configure(*values, around, now),
            other => self.change_quietly(other)?,
        }
        Ok(Vec::new())
    }

    /// The changes that there is nothing to warn of.
    fn change_quietly(&mut self, change: Change) -> Result<(), ChangeRefusal> {
        match change {
            Change::AddCertificate { .. } | Change::Configure(_) => {}
            Change::Adjust(options) => {
                let settings = self.configured_settings()?;
                self.replace_settings(ConnectionSettings { options: *options, ..settings })?;
            }
            Change::SetEndpoints { sso_binding, slo_url } => {
                let settings = self.configured_settings()?;
                self.replace_settings(ConnectionSettings { sso_binding, slo_url, ..settings })?;
            }
            Change::BreakGlass { account, granted: true } => {
                self.break_glass.insert(account);
            }
            Change::BreakGlass { account, granted: false } => {
                self.break_glass.remove(&account);
            }
            Change::Disable => {
                self.sso_may_go()?;
                self.sso_enabled = false;
                self.enforced = false;
            }
            Change::Enable => self.sso_enabled = true,
            Change::Enforce => match (self.sso_enabled, &self.settings, self.is_tested()) {
                (false, _, _) => return Err(ChangeRefusal::EnforcementNeedsEnabled),
                (true, None, _) => return Err(ChangeRefusal::EnforcementNeedsConfiguration),
                (true, Some(_), false) => return Err(ChangeRefusal::EnforcementNeedsTestLogin),
                (true, Some(_), true) => self.enforced = true,
            },
            Change::ForgetDomain(domain) => {
                self.verified_domains.remove(&domain);
            }
            Change::LiftEnforcement => self.enforced = false,
            Change::ManageByDirectory(managing) => {
                if managing && !self.is_open() {
                    return Err(ChangeRefusal::DirectoryNeedsSso);
                }
                self.directory_managed = managing;
            }
            Change::Provision(rules) => self.provisioning = rules,
            Change::RemoveConnection => {
                self.sso_may_go()?;
                self.configured_settings()?;
                self.settings = None;
                self.tested = None;
                self.enforced = false;
            }
            Change::RetireCertificate { fingerprint } => self.retire_certificate(fingerprint)?,
            // What belongs to everybody is nobody's, whoever says so.
            Change::VerifyDomain(domain) if domain.is_public() => {
                return Err(ChangeRefusal::DomainPublic);
            }
            Change::VerifyDomain(domain) => {
                self.verified_domains.insert(domain);
                self.bound_to_domains = true;
            }
        }
        Ok(())
    }

    fn configure(
        &mut self,
        values: PastedValues,
        around: &Neighbours,
        now: DateTime<Utc>,
    ) -> Result<Vec<Finding>, ChangeRefusal> {
        let diagnosis = self.examine(&values, around, now);
        let warnings = diagnosis.findings().to_vec();
        let values = diagnosis
            .into_values()
            .map_err(|diagnosis| ChangeRefusal::Values(Box::new(diagnosis)))?;
        let idp = values.identity_provider();
        let (sso_binding, slo_url, options) = match self.settings.take() {
            Some(ConnectionSettings { sso_binding, slo_url, options, .. }) => {
                (sso_binding, slo_url, options)
            }
            None => (Binding::HttpRedirect, None, ConnectionOptions::default()),
        };
        self.replace_settings(ConnectionSettings {
            audience: values.audience().to_owned(),
            sso_url: idp.sso_url().unwrap_or_default().to_owned(),
            issuer: idp.issuer().to_owned(),
            certificates: idp.certificates().iter().map(Certificate::to_pem).collect(),
            sso_binding,
            slo_url,
            options,
        })?;
        Ok(warnings)
    }

    fn add_certificate(
        &mut self,
        certificate: String,
        around: &Neighbours,
        now: DateTime<Utc>,
    ) -> Result<Vec<Finding>, ChangeRefusal> {
        let settings = self.configured_settings()?;
        let added = Certificates::parse(&certificate)?;
        let values = PastedValues::new(
            &*settings.audience,
            &*settings.sso_url,
            &*settings.issuer,
            certificate,
        );
        let findings = self.examine(&values, around, now);
        let of_certificate = |finding: &&Finding| finding.field == PastedField::Certificate;
        let warnings = findings.findings().iter().filter(of_certificate).cloned().collect();
        let mut certificates = settings.certificates.clone();
        for pem in added.iter().map(Certificate::to_pem) {
            if !certificates.contains(&pem) {
                certificates.push(pem);
            }
        }
        self.replace_settings(ConnectionSettings { certificates, ..settings })?;
        Ok(warnings)
    }

    fn retire_certificate(&mut self, fingerprint: Fingerprint) -> Result<(), ChangeRefusal> {
        let settings = self.configured_settings()?;
        let certificates = settings.certificates()?;
        let kept: Vec<&Certificate> = certificates
            .iter()
            .filter(|certificate| certificate.fingerprint() != fingerprint)
            .collect();
        if kept.len() == certificates.iter().count() {
            return Err(ChangeRefusal::CertificateUnknown);
        }
        if kept.is_empty() {
            return Err(ChangeRefusal::LastCertificate);
        }
        let kept = kept.into_iter().map(Certificate::to_pem).collect();
        self.replace_settings(ConnectionSettings { certificates: kept, ..settings })
    }

    fn examine(&self, values: &PastedValues, around: &Neighbours, now: DateTime<Utc>) -> Diagnosis {
        let surroundings = Surroundings::default()
            .with_audience(&self.urls.entity_id)
            .with_acs_url(&self.urls.acs_url)
            .with_login_url(&self.urls.login_url)
            .with_other_fingerprints(&around.fingerprints);
        examine(values, &surroundings, &Limits::default(), now)
    }

    /// Takes settings if they make a connection; where they do not, the copy that is being changed
    /// is dropped.
    fn replace_settings(&mut self, settings: ConnectionSettings) -> Result<(), ChangeRefusal> {
        self.settings = Some(settings);
        Ok(self.check_settings()?)
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
    organization: &OrganizationId,
    authority: &impl Authority,
) -> Result<(), ChangeRefusal> {
    let of_domains = matches!(change, Change::VerifyDomain(_) | Change::ForgetDomain(_));
    match by {
        Actor::Application | Actor::Operator(_) => {}
        _ if of_domains => return Err(ChangeRefusal::NotOperator),
        Actor::Member(account) if authority.administers(account, organization) => {}
        Actor::Member(_) | Actor::Directory(_) | Actor::IdentityProvider => {
            return Err(ChangeRefusal::NotAdministrator);
        }
    }
    let takes_back = match change {
        Change::AddCertificate { .. }
        | Change::BreakGlass { .. }
        | Change::Disable
        | Change::ForgetDomain(_)
        | Change::LiftEnforcement
        | Change::RemoveConnection
        | Change::RetireCertificate { .. }
        | Change::VerifyDomain(_) => true,
        Change::ManageByDirectory(managing) => !managing,
        Change::Adjust(_)
        | Change::Configure(_)
        | Change::Enable
        | Change::Enforce
        | Change::Provision(_)
        | Change::SetEndpoints { .. } => false,
    };
    if takes_back || authority.is_entitled(organization) {
        Ok(())
    } else {
        Err(ChangeRefusal::NotEntitled)
    }
}

fn codes(switches: Vec<&'static str>) -> Vec<Code> {
    switches.into_iter().map(Code::from).collect()
}
