//! What each change does.

use chrono::{DateTime, Utc};

use super::apply::Made;
use super::{
    Around, By, Candidate, Change, ChangeRefusal, Conflict, ConnectionSettings, Organization,
    Proposal, SealedKeyPair, Slug,
};
use crate::account::AccountId;
use crate::address::normal_form;
use crate::audit::Action;
use crate::binding::Binding;
use crate::connection::ConnectionOptions;
use crate::doctor::{Diagnosis, Finding, PastedField, PastedValues, Surroundings, examine};
use crate::limits::Limits;
use crate::trust::{Certificate, Certificates};

/// So many names may an organization have had, until only an operator gives it another one.
const MOST_FORMER_SLUGS: usize = 8;

impl Organization {
    pub(super) fn change(
        &mut self,
        change: Change,
        by: &By<'_>,
        around: &Around,
        now: DateTime<Utc>,
    ) -> Result<Made, ChangeRefusal> {
        let warned = |warnings| Made { warnings, link: None };
        match change {
            Change::AddCertificate { certificate } => {
                return self.add_certificate(certificate, around, now).map(warned);
            }
            Change::Adopt => return self.adopt(around, now),
            Change::Configure(values) => {
                self.takes_effect_at_once()?;
                let (settings, warnings) = self.configured(*values, around, now)?;
                self.replace_settings(settings)?;
                return Ok(warned(warnings));
            }
            Change::Enforce => return self.enforce(around, now),
            Change::Propose(proposal) => return self.propose(*proposal, around, now).map(warned),
            Change::BreakGlass { account, granted } => {
                self.name_for_emergencies(account, granted, by, around)?;
            }
            Change::ForgetDomain(domain) => {
                if self.is_enforced() && !matches!(by, By::Operator(_)) {
                    return Err(ChangeRefusal::DomainKept);
                }
                self.forget_domain(&domain);
            }
            Change::RecordTestLogin(test) => self.record_test_login(*test, around)?,
            Change::RenameSlug { slug, login_url } => self.rename(slug, login_url, by, around)?,
            Change::RetireCertificate { fingerprint } => {
                self.retire_certificate(fingerprint, around, now)?;
            }
            other => self.change_alone(other, now)?,
        }
        Ok(Made::default())
    }

    /// The changes that need to know nothing besides.
    fn change_alone(&mut self, change: Change, now: DateTime<Utc>) -> Result<(), ChangeRefusal> {
        match change {
            Change::Adjust(options) => {
                self.takes_effect_at_once()?;
                let settings = self.configured_settings()?;
                self.replace_settings(ConnectionSettings { options: *options, ..settings })?;
            }
            Change::SetEndpoints { sso_binding, slo_url } => {
                self.takes_effect_at_once()?;
                let settings = self.configured_settings()?;
                self.replace_settings(ConnectionSettings { sso_binding, slo_url, ..settings })?;
            }
            Change::AddKeyPair(pair) => self.add_key_pair(*pair)?,
            Change::Reseal(pairs) => self.reseal(pairs)?,
            Change::RetireKeyPair { fingerprint } => {
                self.takes_effect_at_once()?;
                self.retire_key_pair(fingerprint)?;
            }
            Change::SignRequests(signed) => {
                self.takes_effect_at_once()?;
                self.signs_requests = signed;
                self.can_sign()?;
            }
            Change::CheckDomain { domain, found } => self.check_domain(domain, &found, now)?,
            Change::Disable => {
                self.sso_may_go()?;
                self.sso_enabled = false;
                self.enforced = false;
            }
            Change::Drop => {
                self.candidate.take().ok_or(ChangeRefusal::CandidateMissing)?;
            }
            Change::Enable => self.sso_enabled = true,
            Change::LiftEnforcement => self.enforced = false,
            Change::LimitSessions(rules) => {
                if rules.is_some_and(|rules| !rules.is_sound()) {
                    return Err(ChangeRefusal::SessionsUnsound);
                }
                self.sessions = rules;
            }
            Change::ManageByDirectory(managing) => {
                if managing && !self.is_open() {
                    return Err(ChangeRefusal::DirectoryNeedsSso);
                }
                self.directory_managed = managing;
            }
            Change::ListenToDirectory(rules) => self.directory = rules,
            Change::Provision(rules) => {
                self.takes_effect_at_once()?;
                self.provisioning = rules;
            }
            Change::RemoveConnection => {
                self.sso_may_go()?;
                self.configured_settings()?;
                self.settings = None;
                self.tested = None;
                self.candidate = None;
                self.enforced = false;
                self.break_glass.clear();
            }
            Change::RequestDomain { domain, token } => self.request_domain(domain, token)?,
            Change::VerifyDomain(domain) => self.verify_domain(domain)?,
            // Each of these has its own place above.
            Change::AddCertificate { .. }
            | Change::Adopt
            | Change::BreakGlass { .. }
            | Change::Configure(_)
            | Change::Enforce
            | Change::ForgetDomain(_)
            | Change::Propose(_)
            | Change::RecordTestLogin(_)
            | Change::RenameSlug { .. }
            | Change::RetireCertificate { .. } => {}
        }
        Ok(())
    }

    /// One slip while single sign-on is the only way in would lock everybody out, whoever makes it.
    fn takes_effect_at_once(&self) -> Result<(), ChangeRefusal> {
        if self.is_enforced() { Err(ChangeRefusal::ProposalNeeded) } else { Ok(()) }
    }

    fn name_for_emergencies(
        &mut self,
        account: AccountId,
        granted: bool,
        by: &By<'_>,
        around: &Around,
    ) -> Result<(), ChangeRefusal> {
        if !granted {
            self.break_glass.remove(&account);
            return Ok(());
        }
        if matches!(by, By::Member { account: own, .. } if own.id == account) {
            return Err(ChangeRefusal::BreakGlassOfOneself);
        }
        match around.account(&account) {
            Some(named) if named.administers(&self.id) => {
                self.break_glass.insert(account);
                Ok(())
            }
            _ => Err(ChangeRefusal::BreakGlassNotAdministrator),
        }
    }

    fn rename(
        &mut self,
        slug: Slug,
        login_url: String,
        by: &By<'_>,
        around: &Around,
    ) -> Result<(), ChangeRefusal> {
        if slug.is_reserved() || around.reserved.contains(slug.as_str()) {
            return Err(Conflict::SlugReserved.into());
        }
        if normal_form(&login_url).is_none() {
            return Err(Conflict::UrlInvalid.into());
        }
        if matches!(by, By::Member { .. }) {
            // Each former name is nobody else's for ever, and so is each login URL while it is.
            let is_new = !self.former_slugs.contains(&slug);
            if is_new && self.former_slugs.len() >= MOST_FORMER_SLUGS {
                return Err(ChangeRefusal::RenamedTooOften);
            }
            if !self.urls.is_login_url_of(&self.slug, &slug, &login_url) {
                return Err(ChangeRefusal::NotOperator);
            }
        }
        self.former_slugs.remove(&slug);
        let former = std::mem::replace(&mut self.slug, slug);
        if former != self.slug {
            self.former_slugs.insert(former);
        }
        self.urls.login_url = login_url;
        Ok(())
    }

    /// What pasted values would be as settings, and what deserves a look.
    fn configured(
        &self,
        values: PastedValues,
        around: &Around,
        now: DateTime<Utc>,
    ) -> Result<(ConnectionSettings, Vec<Finding>), ChangeRefusal> {
        let diagnosis = self.examine(&values, around, now);
        let warnings = diagnosis.findings().to_vec();
        let values = diagnosis
            .into_values()
            .map_err(|diagnosis| ChangeRefusal::Values(Box::new(diagnosis)))?;
        let idp = values.identity_provider();
        let (sso_binding, slo_url, options) = match &self.settings {
            Some(ConnectionSettings { sso_binding, slo_url, options, .. }) => {
                (*sso_binding, slo_url.clone(), options.clone())
            }
            None => (Binding::HttpRedirect, None, ConnectionOptions::default()),
        };
        let settings = ConnectionSettings {
            audience: values.audience().to_owned(),
            sso_url: idp.sso_url().unwrap_or_default().to_owned(),
            issuer: idp.issuer().to_owned(),
            certificates: idp.certificates().iter().map(Certificate::to_pem).collect(),
            sso_binding,
            slo_url,
            options,
        };
        Ok((settings, warnings))
    }

    /// What the attempt to configure these values is called: one to replace a key or the issuer by
    /// its name, also where it is refused.
    pub(super) fn configuration(&self, values: &PastedValues) -> Action {
        let Some(settings) = &self.settings else { return Action::ConnectionActivated };
        let dangers = self.dangers();
        let pasted = Certificates::parse(&values.certificate);
        let same = |certificates: Certificates| {
            let pems: Vec<String> = certificates.iter().map(Certificate::to_pem).collect();
            pems == settings.certificates
        };
        match values.issuer.trim() == settings.issuer.trim() && pasted.is_ok_and(same) {
            true => Action::ConnectionUpdated { dangers },
            false => Action::ConnectionRekeyed { dangers },
        }
    }

    fn add_certificate(
        &mut self,
        certificate: String,
        around: &Around,
        now: DateTime<Utc>,
    ) -> Result<Vec<Finding>, ChangeRefusal> {
        let settings = self.configured_settings()?;
        let was_tested = self.is_tested();
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
        self.carry_into_candidate(&settings.certificates, &certificates);
        self.replace_settings(ConnectionSettings { certificates, ..settings })?;
        // Whoever came in by one key comes in by it still.
        self.still_tested(was_tested);
        Ok(warnings)
    }

    fn propose(
        &mut self,
        proposal: Proposal,
        around: &Around,
        now: DateTime<Utc>,
    ) -> Result<Vec<Finding>, ChangeRefusal> {
        let Proposal { values, options, endpoints, provisioning, domain, .. } = proposal;
        let Proposal { sign_requests, retire_key_pair, .. } = proposal;
        let (mut settings, warnings) = match values {
            Some(values) => self.configured(values, around, now)?,
            None => (self.configured_settings()?, Vec::new()),
        };
        if let Some(options) = options {
            settings.options = options;
        }
        if let Some((sso_binding, slo_url)) = endpoints {
            (settings.sso_binding, settings.slo_url) = (sso_binding, slo_url);
        }
        if domain.as_ref().is_some_and(super::EmailDomain::is_public) {
            return Err(ChangeRefusal::DomainPublic);
        }
        let provisioning = provisioning.unwrap_or(self.provisioning);
        retire_key_pair.map_or(Ok(()), |fingerprint| self.known_key_pair(fingerprint))?;
        self.candidate = Some(Candidate {
            settings,
            provisioning,
            domain,
            sign_requests,
            retire_key_pair,
            tested: None,
        });
        self.candidate_connection()?;
        self.as_if_adopted().map_or(Ok(()), |adopted| adopted.can_sign())?;
        Ok(warnings)
    }

    /// A candidate that was proposed with the keys in effect has those that are in effect now: to
    /// adopt it brings no retired key back.
    pub(super) fn carry_into_candidate(&mut self, before: &[String], after: &[String]) {
        let Some(candidate) = &mut self.candidate else { return };
        if candidate.settings.certificates == before {
            candidate.settings.certificates = after.to_vec();
            candidate.tested = None;
        }
    }

    fn examine(&self, values: &PastedValues, around: &Around, now: DateTime<Utc>) -> Diagnosis {
        let own: Vec<_> = self.key_pairs.iter().map(SealedKeyPair::fingerprint).collect();
        let surroundings = Surroundings::default()
            .with_own_fingerprints(&own)
            .with_audience(&self.urls.entity_id)
            .with_acs_url(&self.urls.acs_url)
            .with_login_url(&self.urls.login_url)
            .with_other_fingerprints(&around.fingerprints);
        examine(values, &surroundings, &Limits::default(), now)
    }

    /// Takes settings if they make a connection; where they do not, the copy that is being changed
    /// is dropped.
    pub(super) fn replace_settings(
        &mut self,
        settings: ConnectionSettings,
    ) -> Result<(), ChangeRefusal> {
        self.settings = Some(settings);
        Ok(self.check_settings()?)
    }

    pub(super) fn configured_settings(&self) -> Result<ConnectionSettings, ChangeRefusal> {
        self.settings.clone().ok_or(ChangeRefusal::NotConfigured)
    }

    fn sso_may_go(&self) -> Result<(), ChangeRefusal> {
        if self.directory_managed { Err(ChangeRefusal::SsoNeededByDirectory) } else { Ok(()) }
    }
}
