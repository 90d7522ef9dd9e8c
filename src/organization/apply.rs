//! Making a change: who may, what is told of it, and what becomes of it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::{Applied, Around, By, Change, ChangeRefusal, Conflict, Organization, SetupScope};
use crate::account::{AccountId, Link};
use crate::audit::{Action, AuditEvent, Code, Outcome};
use crate::doctor::Finding;

/// What a change that was made leaves to be done and said.
#[derive(Default)]
pub(super) struct Made {
    pub(super) warnings: Vec<Finding>,
    pub(super) link: Option<(AccountId, Link)>,
}

impl Organization {
    /// Makes one change, wholly or not at all.
    ///
    /// An administrator of the organization may make every change but those that say that a domain
    /// is theirs; an operator and the application may make all. Whatever sets something up needs
    /// the [plan](super::Plan); whatever takes something back, or keeps going what is there, does
    /// not, so that nobody is ever shut in. While single sign-on is enforced, nothing that decides
    /// whether an administrator comes in is changed without having been tried out.
    pub fn apply(
        &mut self,
        change: Change,
        by: &By<'_>,
        around: &Around,
        now: DateTime<Utc>,
    ) -> Applied {
        let before = self.clone();
        let mut changed = self.clone();
        let action = self.action(&change);
        let enforces = matches!(change, Change::Enforce);
        let named = target(&change);
        let made = changed.checked(change, by, around, now);
        let (result, made) = match made {
            Ok(made) => (Ok(()), made),
            Err(refusal) => (Err(refusal), Made::default()),
        };
        if result.is_ok() {
            *self = changed;
            self.closed = self.contradiction();
        }
        let action = told(action, &before, self);
        let outcome = match &result {
            Ok(()) => Outcome::Done,
            Err(refusal) => Outcome::Refused(refusal.code().into()),
        };
        let target = named.or_else(|| made.link.as_ref().map(|(account, _)| account.clone()));
        let event = AuditEvent::new(&self.id, by.actor(), action, now).ended(outcome);
        let break_glass =
            if enforces && result.is_ok() { self.break_glass.clone() } else { BTreeSet::new() };
        Applied {
            event: AuditEvent { target, ..event },
            result,
            warnings: made.warnings,
            link: made.link,
            break_glass,
            enforced_untested: self.is_enforced() && !self.is_tested(),
        }
    }

    fn checked(
        &mut self,
        change: Change,
        by: &By<'_>,
        around: &Around,
        now: DateTime<Utc>,
    ) -> Result<Made, ChangeRefusal> {
        self.permitted(&change, by, around)?;
        let claims = change.claims(self);
        let claimed = claims.into_iter().find(|claim| around.claims.contains(claim));
        if let Some(claim) = claimed {
            return Err(Conflict::about(claim.kind).into());
        }
        self.change(change, by, around, now)
    }

    /// Who may make a change at all.
    fn permitted(
        &self,
        change: &Change,
        by: &By<'_>,
        around: &Around,
    ) -> Result<(), ChangeRefusal> {
        match by {
            By::Application | By::Operator(_) => {}
            By::Member { entered: true, .. } => return Err(ChangeRefusal::EnteredSession),
            By::Member { account, .. } => {
                // Whoever tests says so of themselves, and is asked for the rest with it.
                let is_own = matches!(change, Change::RecordTestLogin(test) if *test.account() == account.id);
                if !is_own && !by.administers(&self.id) {
                    return Err(ChangeRefusal::NotAdministrator);
                }
                if is_of_application(change) {
                    return Err(ChangeRefusal::NotOperator);
                }
            }
            By::SetupLink(..) if is_of_application(change) => {
                return Err(ChangeRefusal::NotOperator);
            }
            By::SetupLink(_, scope) if self.is_of_link(change, scope) => {}
            By::Directory(_) | By::IdentityProvider | By::SetupLink(..) => {
                return Err(ChangeRefusal::NotAdministrator);
            }
        }
        let of_directory = matches!(change, Change::ManageByDirectory(true));
        let included = around.plan.sso && (around.plan.directory || !of_directory);
        if takes_back(change) || included { Ok(()) } else { Err(ChangeRefusal::NotEntitled) }
    }

    /// What somebody without an account may do, who came by a setup link: to propose, and to set
    /// things up where nobody logs in by them yet.
    fn is_of_link(&self, change: &Change, scope: &BTreeSet<SetupScope>) -> bool {
        match change {
            Change::Configure(_) | Change::Enable => {
                let never_used = self.settings.is_none() || !self.is_tested();
                scope.contains(&SetupScope::Sso) && !self.is_open() && never_used
            }
            Change::Propose(proposal) => {
                scope.contains(&SetupScope::Sso) && proposal.provisioning.is_none()
            }
            Change::RequestDomain { .. } => scope.contains(&SetupScope::Domains),
            _ => false,
        }
    }

    fn action(&self, change: &Change) -> Action {
        let candidate = |change: &'static str| Action::CandidateChanged { change: change.into() };
        match change {
            Change::AddCertificate { .. } => Action::CertificateAdded { fingerprints: Vec::new() },
            Change::AddKeyPair(pair) => Action::KeyPairAdded { fingerprint: pair.fingerprint() },
            Change::Adjust(options) => {
                Action::ConnectionUpdated { dangers: codes(options.dangers()) }
            }
            Change::Adopt => candidate("adopted"),
            Change::BreakGlass { granted, .. } => Action::BreakGlassChanged { granted: *granted },
            Change::CheckDomain { domain, found } => {
                let token = self.requested_domains.get(domain);
                let found = token.is_some_and(|token| token.is_among(found));
                Action::DomainChecked { domain: domain.to_string(), found }
            }
            Change::Configure(values) => self.configuration(values),
            Change::Disable => Action::SsoChanged { enabled: false },
            Change::Drop => candidate("dropped"),
            Change::Enable => Action::SsoChanged { enabled: true },
            Change::Enforce => Action::EnforcementChanged { enforced: true },
            Change::ForgetDomain(domain) => {
                Action::DomainChanged { domain: domain.to_string(), verified: false }
            }
            Change::LiftEnforcement => Action::EnforcementChanged { enforced: false },
            Change::LimitSessions(_) => Action::SessionsLimited,
            Change::ManageByDirectory(managing) => Action::DirectoryChanged { managing: *managing },
            Change::ListenToDirectory(_) => Action::DirectoryRulesChanged,
            Change::Propose(_) => candidate("proposed"),
            Change::Provision(rules) => {
                Action::ProvisioningChanged { dangers: codes(rules.dangers()) }
            }
            Change::RecordTestLogin(_) => Action::TestLogin,
            Change::RemoveConnection => Action::ConnectionRemoved,
            Change::RenameSlug { slug, .. } => Action::SlugRenamed { slug: slug.to_string() },
            Change::Reseal(_) => Action::KeyPairsResealed,
            Change::RequestDomain { domain, .. } => {
                Action::DomainRequested { domain: domain.to_string() }
            }
            Change::RetireCertificate { fingerprint } => {
                Action::CertificateRetired { fingerprint: *fingerprint }
            }
            Change::RetireKeyPair { fingerprint } => {
                Action::KeyPairRetired { fingerprint: *fingerprint }
            }
            Change::SignRequests(signed) => Action::RequestSigningChanged { signed: *signed },
            Change::SetEndpoints { .. } => Action::ConnectionUpdated { dangers: self.dangers() },
            Change::VerifyDomain(domain) => {
                Action::DomainChanged { domain: domain.to_string(), verified: true }
            }
        }
    }

    /// The switches called danger that are on.
    pub(super) fn dangers(&self) -> Vec<Code> {
        let options = self.settings.as_ref().map(|settings| &settings.options);
        options.map(|options| codes(options.dangers())).unwrap_or_default()
    }
}

/// What is said once it is known what came of it.
fn told(action: Action, before: &Organization, after: &Organization) -> Action {
    match action {
        Action::CertificateAdded { .. } => {
            let known = before.fingerprints();
            let mut fingerprints = after.fingerprints();
            fingerprints.retain(|fingerprint| !known.contains(fingerprint));
            Action::CertificateAdded { fingerprints }
        }
        Action::DomainChecked { domain, found } => {
            let (was, is) = (before.has_domain(&domain), after.has_domain(&domain));
            match (was, is) {
                (false, true) => Action::DomainChanged { domain, verified: true },
                (true, false) => Action::DomainChanged { domain, verified: false },
                _ => Action::DomainChecked { domain, found },
            }
        }
        other => other,
    }
}

fn target(change: &Change) -> Option<AccountId> {
    match change {
        Change::BreakGlass { account, .. } => Some(account.clone()),
        Change::RecordTestLogin(test) => Some(test.account().clone()),
        _ => None,
    }
}

/// What the application alone can know.
fn is_of_application(change: &Change) -> bool {
    match change {
        Change::CheckDomain { .. }
        | Change::ForgetDomain(_)
        | Change::Reseal(_)
        | Change::VerifyDomain(_) => true,
        Change::Propose(proposal) => proposal.domain.is_some(),
        _ => false,
    }
}

/// What takes something back, or keeps going what is there.
fn takes_back(change: &Change) -> bool {
    match change {
        Change::AddCertificate { .. }
        | Change::AddKeyPair(_)
        | Change::BreakGlass { .. }
        | Change::CheckDomain { .. }
        | Change::Disable
        | Change::Drop
        | Change::ForgetDomain(_)
        | Change::LiftEnforcement
        | Change::LimitSessions(_)
        | Change::ListenToDirectory(_)
        | Change::RecordTestLogin(_)
        | Change::RemoveConnection
        | Change::Reseal(_)
        | Change::RetireCertificate { .. }
        | Change::RetireKeyPair { .. }
        | Change::VerifyDomain(_) => true,
        Change::SignRequests(signed) => !signed,
        Change::ManageByDirectory(managing) => !managing,
        Change::Adjust(_)
        | Change::Adopt
        | Change::Configure(_)
        | Change::Enable
        | Change::Enforce
        | Change::Propose(_)
        | Change::Provision(_)
        | Change::RenameSlug { .. }
        | Change::RequestDomain { .. }
        | Change::SetEndpoints { .. } => false,
    }
}

pub(super) fn codes(switches: Vec<&'static str>) -> Vec<Code> {
    switches.into_iter().map(Code::from).collect()
}
