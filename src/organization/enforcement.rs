//! What is asked before single sign-on becomes, or stays, the only way in.

use chrono::{DateTime, Utc};

use super::apply::Made;
use super::{Around, Candidate, ChangeRefusal, ConnectionSettings, Organization, TestLogin};
use crate::account::Account;
use crate::fingerprint::Fingerprint;
use crate::trust::Certificate;

impl Organization {
    /// The account of whoever tried it out, if they administer still and nothing has ended the
    /// session that they did it in.
    fn tester<'a>(
        &self,
        test: &TestLogin,
        around: &'a Around,
    ) -> Result<&'a Account, ChangeRefusal> {
        let is_same = |account: &&Account| {
            account.administers(&self.id) && account.generation == test.generation
        };
        let tester = around.account(test.account()).filter(is_same);
        tester.ok_or(ChangeRefusal::TestLoginNotAdministrator)
    }

    /// Whether a test login shows that an administrator comes in: a login of an active one, not too
    /// long ago.
    fn shows(
        &self,
        test: &TestLogin,
        around: &Around,
        now: DateTime<Utc>,
    ) -> Result<Made, ChangeRefusal> {
        if !test.is_fresh(now) {
            return Err(ChangeRefusal::TestLoginTooOld);
        }
        let tester = self.tester(test, around)?;
        let link = test.link();
        let has_name = |other: &&Account| {
            other.id != tester.id && other.organization == self.id && other.is_living()
        };
        let mut others = around.accounts.iter().filter(has_name);
        let name = link.as_ref().map(|link| &link.key);
        if name.is_some() && others.any(|other| other.stable_key() == name) {
            return Err(ChangeRefusal::TestLoginOfAnother);
        }
        // Whoever has no lasting name there comes in by a code, if one can be sent.
        if link.is_none() && !self.lets_in(tester) {
            return Err(ChangeRefusal::TestLoginNotAdministrator);
        }
        Ok(Made { warnings: Vec::new(), link: link.map(|link| (tester.id.clone(), link)) })
    }

    pub(super) fn enforce(
        &mut self,
        around: &Around,
        now: DateTime<Utc>,
    ) -> Result<Made, ChangeRefusal> {
        if !self.sso_enabled {
            return Err(ChangeRefusal::EnforcementNeedsEnabled);
        }
        self.configured_settings().map_err(|_| ChangeRefusal::EnforcementNeedsConfiguration)?;
        let test = self.tested.as_ref().filter(|_| self.is_tested() && self.is_open());
        let test = test.ok_or(ChangeRefusal::EnforcementNeedsTestLogin)?;
        let made = self.shows(test, around, now)?;
        self.enforced = true;
        Ok(made)
    }

    /// While single sign-on is not enforced everything takes effect at once, and so does this.
    pub(super) fn adopt(
        &mut self,
        around: &Around,
        now: DateTime<Utc>,
    ) -> Result<Made, ChangeRefusal> {
        let adopted = self.as_if_adopted().ok_or(ChangeRefusal::CandidateMissing)?;
        adopted.check_settings()?;
        adopted.can_sign()?;
        let test = adopted.tested.as_ref().filter(|_| adopted.is_tested());
        let made = match test {
            Some(test) => adopted.shows(test, around, now),
            None => Err(ChangeRefusal::AdoptionNeedsTestLogin),
        };
        let made = match made {
            Ok(made) => made,
            Err(refusal) if self.is_enforced() => return Err(refusal),
            Err(_) => Made::default(),
        };
        *self = adopted;
        Ok(made)
    }

    pub(super) fn retire_certificate(
        &mut self,
        fingerprint: Fingerprint,
        around: &Around,
        now: DateTime<Utc>,
    ) -> Result<(), ChangeRefusal> {
        let settings = self.configured_settings()?;
        let certificates = settings.certificates()?;
        let kept: Vec<&Certificate> =
            certificates.iter().filter(|one| one.fingerprint() != fingerprint).collect();
        if kept.len() == certificates.iter().count() {
            return Err(ChangeRefusal::CertificateUnknown);
        }
        if kept.is_empty() {
            return Err(ChangeRefusal::LastCertificate);
        }
        let stays = |test: &&TestLogin| test.key_fingerprint() != fingerprint;
        let test = self.tested.as_ref().filter(|_| self.is_tested()).filter(stays);
        let shown = test.is_some_and(|test| self.shows(test, around, now).is_ok());
        if self.is_enforced() && !shown {
            return Err(ChangeRefusal::RetirementNeedsTestLogin);
        }
        let still = test.is_some();
        let certificates: Vec<String> = kept.into_iter().map(Certificate::to_pem).collect();
        self.carry_into_candidate(&settings.certificates, &certificates);
        self.replace_settings(ConnectionSettings { certificates, ..settings })?;
        self.still_tested(still);
        Ok(())
    }

    /// Takes note of a login with the settings in effect, or with those proposed.
    pub(super) fn record_test_login(
        &mut self,
        test: TestLogin,
        around: &Around,
    ) -> Result<(), ChangeRefusal> {
        self.tester(&test, around)?;
        if self.is_open() && test.is_of(self.test_digest().as_deref()) {
            self.tested = Some(test);
            return Ok(());
        }
        let adopted = self.as_if_adopted().and_then(|adopted| adopted.test_digest());
        let is_candidates = self.sso_enabled && test.is_of(adopted.as_deref());
        match &mut self.candidate {
            Some(Candidate { tested, .. }) if is_candidates => *tested = Some(test),
            _ => return Err(ChangeRefusal::TestLoginOutdated),
        }
        Ok(())
    }

    /// Whether an administrator's login has succeeded with the very settings, domains and rules
    /// that are in effect now.
    pub fn is_tested(&self) -> bool {
        self.tested.as_ref().is_some_and(|test| test.is_of(self.test_digest().as_deref()))
    }

    /// The login that the settings in effect were last tried out with.
    pub fn test_login(&self) -> Option<&TestLogin> {
        self.tested.as_ref()
    }

    /// After a change with which a test login would have gone the same way.
    pub(super) fn still_tested(&mut self, was_tested: bool) {
        if was_tested {
            let digest = self.test_digest();
            self.tested = self.tested.take().and_then(|test| test.carried_over(digest));
        }
    }

    /// Whether an administrator's login has succeeded with what is proposed, as it is now.
    pub(super) fn is_candidate_tested(&self) -> bool {
        self.as_if_adopted().is_some_and(|adopted| adopted.is_tested())
    }

    /// The same for what is proposed.
    pub(super) fn still_tested_candidate(&mut self, was_tested: bool) {
        let digest = self.as_if_adopted().and_then(|adopted| adopted.test_digest());
        if let Some(Candidate { tested, .. }) = &mut self.candidate
            && was_tested
        {
            *tested = tested.take().and_then(|test| test.carried_over(digest));
        }
    }
}
