//! "This organization signs in by single sign-on only", and all that follows from it.
//!
//! [`LoginPolicy::decide`] is asked wherever somebody logs in, goes on with a session, switches
//! accounts, or has accounts assigned. It is a pure function of what the organization has set, of
//! the person, and of what is to be done:
//!
//! | what is to be done | single sign-on off | on | enforced |
//! |---|---|---|---|
//! | log in by single sign-on | `sso_disabled`, `sso_not_configured` | allowed | allowed |
//! | log in otherwise (a code that was sent before, too) | allowed | allowed | `sso_enforced` |
//! | set a password or another credential | allowed | allowed | `sso_enforced` |
//! | go on with a session begun at the identity provider configured now | allowed | allowed | allowed |
//! | go on with another session | allowed | allowed | `sso_step_up` |
//! | see or enter it from another organization's session | allowed | allowed | `organization_hidden` |
//! | see or enter others from its session | allowed | allowed | `others_hidden` |
//!
//! What the dashboard may do with accounts meanwhile is decided [elsewhere](crate::provision), by
//! the same settings; to look at members, roles and billing is never locked. A person whose account
//! is deactivated or deleted gets nowhere, and an invitation is accepted first. Accounts of two
//! organizations are one person's where both have the same address and both addresses are proven;
//! an identity provider's word alone is no proof, and a session that came from one leads elsewhere
//! for addresses of its organization's own domains alone. Administrators named for
//! [break-glass](crate::Organization::break_glass) log in, go on and set credentials all the same:
//! that is reason `break_glass`, and belongs in the audit trail like every other decision.

mod action;
mod decision;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

pub use self::action::{Origin, PolicyAction};
pub use self::decision::{Decision, Reason, Verdict};
use crate::account::OrganizationId;
use crate::account::{Account, AccountId, EmailProof, Role, Status};
use crate::audit::{Action, Actor, AuditEvent, Outcome};
use crate::fingerprint::Fingerprint;
use crate::organization::{EmailDomain, Organization};
use crate::session::{LoginMethod, SessionStart};

/// Whether logins through single sign-on work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SsoState {
    Disabled,
    NotConfigured,
    Open,
}

/// What an organization has set, as far as logins are concerned: of the moment at which it was
/// taken. Take it anew for every decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginPolicy {
    organization: OrganizationId,
    sso: SsoState,
    enforced: bool,
    /// The issuer whose sessions count as single sign-on.
    issuer: Option<String>,
    /// The certificates whose sessions do.
    fingerprints: Vec<Fingerprint>,
    break_glass: BTreeSet<AccountId>,
    verified_domains: BTreeSet<EmailDomain>,
}

impl LoginPolicy {
    /// What this organization has set.
    pub fn of(organization: &Organization) -> Self {
        let sso = match (organization.is_enabled(), organization.settings()) {
            (false, _) => SsoState::Disabled,
            (true, None) => SsoState::NotConfigured,
            (true, Some(_)) => SsoState::Open,
        };
        Self {
            organization: organization.id().clone(),
            sso,
            enforced: organization.is_enforced(),
            issuer: organization.settings().map(|settings| settings.issuer.clone()),
            fingerprints: organization.fingerprints(),
            break_glass: organization.break_glass().clone(),
            verified_domains: organization.verified_domains().clone(),
        }
    }

    /// Decides what the holder of an account may do.
    pub fn decide(&self, account: &Account, action: &PolicyAction<'_>) -> Decision {
        if account.organization != self.organization {
            return Decision::refused(Reason::OrganizationForeign);
        }
        if let PolicyAction::See(origin) | PolicyAction::Enter(origin) = action {
            return self.elsewhere(account, *origin);
        }
        if let Some(reason) = gone(account.status, action) {
            let verdict = match action {
                PolicyAction::Resume(_) | PolicyAction::ChangeCredential => Verdict::EndSession,
                _ => Verdict::Refuse,
            };
            return Decision { verdict, reason };
        }
        match action {
            PolicyAction::LogIn(LoginMethod::Sso) => match self.sso {
                SsoState::Disabled => Decision::refused(Reason::SsoDisabled),
                SsoState::NotConfigured => Decision::refused(Reason::SsoNotConfigured),
                SsoState::Open => Decision::ALLOWED,
            },
            PolicyAction::LogIn(_) | PolicyAction::ChangeCredential => {
                self.without_sso(account, Decision::refused(Reason::SsoEnforced))
            }
            PolicyAction::Resume(session) if session.organization != self.organization => {
                Decision::refused(Reason::SessionForeign)
            }
            PolicyAction::Resume(session) if session.account != account.id => {
                Decision::refused(Reason::AccountDiffers)
            }
            PolicyAction::Resume(session) if session.generation != account.generation => {
                Decision { verdict: Verdict::EndSession, reason: Reason::SessionEnded }
            }
            PolicyAction::Resume(session) if self.is_of_identity_provider(session) => {
                Decision::ALLOWED
            }
            // Whoever is not trusted any more may have begun it, also where other ways are open.
            PolicyAction::Resume(session) if self.is_of_another(session) => match self.sso {
                SsoState::Open => Decision::STEP_UP,
                SsoState::Disabled | SsoState::NotConfigured => {
                    Decision { verdict: Verdict::EndSession, reason: Reason::SessionEnded }
                }
            },
            PolicyAction::Resume(_) => self.without_sso(account, Decision::STEP_UP),
            PolicyAction::See(origin) | PolicyAction::Enter(origin) => {
                self.elsewhere(account, *origin)
            }
        }
    }

    /// Whether the session began at the identity provider that is configured now, by a key that is.
    /// After another took its place, its people step up.
    fn is_of_identity_provider(&self, session: &SessionStart) -> bool {
        session.method == LoginMethod::Sso && self.trusts(session)
    }

    /// Whether it began at an identity provider, or by a credential that was set in a session from
    /// one, that is not configured now.
    fn is_of_another(&self, session: &SessionStart) -> bool {
        session.method == LoginMethod::Sso || session.issuer.is_some() && !self.trusts(session)
    }

    fn trusts(&self, session: &SessionStart) -> bool {
        session.issuer.is_some()
            && session.issuer == self.issuer
            && session.key_fingerprint.is_some_and(|key| self.fingerprints.contains(&key))
    }

    /// What is done without single sign-on: `otherwise`, where that is enforced and the person is
    /// not named for emergencies.
    fn without_sso(&self, account: &Account, otherwise: Decision) -> Decision {
        if !self.enforced {
            Decision::ALLOWED
        } else if account.role == Role::Administrator && self.break_glass.contains(&account.id) {
            Decision::BREAK_GLASS
        } else {
            otherwise
        }
    }

    fn elsewhere(&self, account: &Account, origin: Origin<'_>) -> Decision {
        // The session has to be good where it was begun.
        let there = origin.policy.decide(origin.account, &PolicyAction::Resume(origin.session));
        if !there.is_allowed() {
            return Decision::refused(there.reason);
        }
        if origin.policy.organization == self.organization {
            // The session is of the origin's account, which was asked above.
            return match origin.account.id == account.id {
                true => there,
                false => Decision::refused(Reason::AccountDiffers),
            };
        }
        if origin.policy.enforced {
            return Decision::refused(Reason::OthersHidden);
        }
        if self.enforced {
            return Decision::refused(Reason::OrganizationHidden);
        }
        if !account.email().is_some_and(|email| origin.account.has_email(email)) {
            return Decision::refused(Reason::EmailDiffers);
        }
        // After single sign-on it is the identity provider's word that this is the account's
        // holder: good elsewhere for the addresses of its organization's own domains. Otherwise it
        // counts what whoever is here has proven in this login, whatever the account's holder has
        // proven at other times.
        let is_proven = match origin.session.method {
            LoginMethod::Sso => origin.policy.owns(origin.account),
            LoginMethod::EmailCode | LoginMethod::Other | LoginMethod::Password => {
                let proven = origin.session.proven.as_ref();
                proven.is_some_and(|email| origin.account.has_email(email))
            }
        };
        if !is_proven || !self.proves(account) {
            return Decision::refused(Reason::EmailUnproven);
        }
        // Last, so that nobody else learns how the account stands.
        match gone(account.status, &PolicyAction::Enter(origin)) {
            Some(reason) => Decision::refused(reason),
            None => Decision::ALLOWED,
        }
    }

    /// Whether it is proven that the account's address is its holder's.
    fn proves(&self, account: &Account) -> bool {
        match account.proof() {
            EmailProof::Proven => true,
            EmailProof::Domain => self.owns(account),
            EmailProof::Organization | EmailProof::Unproven => false,
        }
    }

    /// Whether the account's address is of one of the organization's own domains.
    fn owns(&self, account: &Account) -> bool {
        let email = account.email();
        email.is_some_and(|email| EmailDomain::any_holds(&self.verified_domains, email))
    }

    /// The event of a decision, for the audit trail: `action` is the code of what was to be done,
    /// and `target` whose account it is about.
    pub fn event(
        &self,
        decision: &Decision,
        action: &'static str,
        actor: Actor,
        target: Option<AccountId>,
        at: DateTime<Utc>,
    ) -> AuditEvent {
        let outcome = match decision.verdict {
            Verdict::Allow => Outcome::Done,
            Verdict::EndSession | Verdict::Refuse | Verdict::StepUp => {
                Outcome::Refused(decision.code().into())
            }
        };
        let action = match decision.reason {
            Reason::BreakGlass => Action::BreakGlassUsed { action: action.into() },
            _ => Action::Policy { action: action.into() },
        };
        let event = AuditEvent::new(self.organization.clone(), actor, action, at);
        AuditEvent { target, ..event }.ended(outcome)
    }
}

/// Why somebody with an account like this gets nowhere. Single sign-on accepts an invitation;
/// everything else waits for that.
fn gone(status: Status, action: &PolicyAction<'_>) -> Option<Reason> {
    match (status, action) {
        (Status::Active, _) | (Status::Invited, PolicyAction::LogIn(LoginMethod::Sso)) => None,
        (Status::Deactivated, _) => Some(Reason::AccountDeactivated),
        (Status::Deleted, _) => Some(Reason::AccountDeleted),
        (Status::Invited, _) => Some(Reason::InvitationPending),
    }
}
