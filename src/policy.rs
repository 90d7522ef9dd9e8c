//! "This organization signs in by single sign-on only", and all that follows from it.
//!
//! [`LoginPolicy::decide`] is asked wherever somebody logs in, goes on with a session, switches accounts, or has accounts assigned. It
//! is a pure function of what the organization has set, of the person, and of what is to be done:
//!
//! | what is to be done | single sign-on off | on | enforced |
//! |---|---|---|---|
//! | log in by single sign-on | `sso_disabled`, `sso_not_configured` | allowed | allowed |
//! | log in otherwise (a code that was sent before, too) | allowed | allowed | `sso_enforced` |
//! | set a password or another credential | allowed | allowed | `sso_enforced` |
//! | go on with a session made by single sign-on | allowed | allowed | allowed |
//! | go on with another session | allowed | allowed | `sso_step_up` |
//! | assign an account from the dashboard, on every path | allowed | allowed | `assignment_by_sso_only` |
//! | take one away | allowed | allowed | allowed |
//! | look at members, roles, billing | allowed | allowed | allowed |
//! | see or enter it from another organization's session | allowed | allowed | `organization_hidden` |
//! | see or enter others from its session | allowed | allowed | `others_hidden` |
//!
//! While a directory manages the accounts, dashboard assignment and taking away are `directory_managed`. A person whose account is
//! deactivated or deleted gets nowhere. Administrators named for [break-glass](crate::Organization::break_glass) log in, go on and set
//! credentials all the same: that is reason `break_glass`, and belongs into the audit trail like every other decision.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::account::{Account, AccountId, AccountStatus, Role};
use crate::audit::{Actor, AuditAction, AuditEvent, AuditOutcome};
use crate::organization::Organization;

/// How a person logs in, or has logged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum LoginMethod {
    /// By a code that was sent to the e-mail address. When it was sent does not matter.
    EmailCode,
    /// In some other way: a passkey, an account elsewhere.
    Other,
    /// By a password.
    Password,
    /// Through the organization's identity provider.
    Sso,
}

impl LoginMethod {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::EmailCode, Self::Other, Self::Password, Self::Sso];
}

/// What is to become of an account that somebody else has, or is to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Assignment {
    /// Somebody is to get an account here.
    Assign,
    /// Somebody is to lose it.
    Unassign,
}

impl Assignment {
    /// A stable snake_case code, part of semver.
    pub fn code(self) -> &'static str {
        match self {
            Self::Assign => "assign",
            Self::Unassign => "unassign",
        }
    }
}

/// On which way an account comes to be assigned, or loses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AssignmentPath {
    /// Somebody accepts an invitation, however old.
    AcceptedInvitation,
    /// The application's own programming interface.
    Api,
    /// Several at once in the dashboard.
    Bulk,
    /// The identity provider's directory (SCIM).
    Directory,
    /// Somebody joins because of the domain of their address.
    DomainJoin,
    /// An invitation is sent, or a link is used that invites whoever has it.
    Invitation,
    /// The first login through single sign-on.
    JustInTime,
    /// One in the dashboard.
    Single,
}

impl AssignmentPath {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::AcceptedInvitation,
        Self::Api,
        Self::Bulk,
        Self::Directory,
        Self::DomainJoin,
        Self::Invitation,
        Self::JustInTime,
        Self::Single,
    ];

    /// Whether it leads through the identity provider rather than the application's dashboard.
    fn is_of_identity_provider(self) -> bool {
        matches!(self, Self::Directory | Self::JustInTime)
    }
}

/// What is to be done.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum PolicyAction<'a> {
    /// The person wants to set a password, register a passkey, or the like.
    ChangeCredential,
    /// The person wants to switch from a session of another organization to their account here.
    Enter(Origin<'a>),
    /// The person wants to log in here.
    LogIn(LoginMethod),
    /// The person goes on with a session here that was begun by this method: every request, every refresh, every use of a token that
    /// was made in such a session.
    Resume(LoginMethod),
    /// The account here is to be shown in a list, in a session of another organization.
    See(Origin<'a>),
    /// The person wants to look at members, roles or billing.
    View,
}

impl PolicyAction<'_> {
    /// A stable snake_case code, part of semver.
    pub fn code(&self) -> &'static str {
        match self {
            Self::ChangeCredential => "change_credential",
            Self::Enter(_) => "enter",
            Self::LogIn(LoginMethod::EmailCode) => "log_in_email_code",
            Self::LogIn(LoginMethod::Other) => "log_in_other",
            Self::LogIn(LoginMethod::Password) => "log_in_password",
            Self::LogIn(LoginMethod::Sso) => "log_in_sso",
            Self::Resume(_) => "resume",
            Self::See(_) => "see",
            Self::View => "view",
        }
    }
}

/// The session of another organization that somebody comes from.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Origin<'a> {
    /// That organization's policy.
    pub policy: &'a LoginPolicy,
    /// How the session was begun.
    pub method: LoginMethod,
    /// Whether it is proven that the session's e-mail address is the person's: they have received a code there, or their
    /// organization has [verified the domain](Organization::owns). An identity provider's word alone is no proof: it would let one
    /// customer into the accounts of another.
    pub email_proven: bool,
}

impl<'a> Origin<'a> {
    /// A session under this policy.
    pub fn new(policy: &'a LoginPolicy, method: LoginMethod, email_proven: bool) -> Self {
        Self { policy, method, email_proven }
    }
}

/// Who wants to do something: what of their account in the organization matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Person<'a> {
    /// Their account in the organization that is asked.
    pub account: &'a AccountId,
    /// What they may do there.
    pub role: Role,
    /// Where the account is in its life.
    pub status: AccountStatus,
}

impl<'a> Person<'a> {
    /// Somebody with this account.
    pub fn new(account: &'a AccountId, role: Role, status: AccountStatus) -> Self {
        Self { account, role, status }
    }
}

impl<'a> From<&'a Account> for Person<'a> {
    fn from(account: &'a Account) -> Self {
        Self::new(&account.id, account.role, account.status)
    }
}

/// Whether logins through single sign-on work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SsoState {
    Disabled,
    NotConfigured,
    Open,
}

/// What an organization has set, as far as logins are concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginPolicy {
    organization: String,
    sso: SsoState,
    enforced: bool,
    directory_managed: bool,
    break_glass: BTreeSet<AccountId>,
}

/// What the application has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// Let it happen.
    Allow,
    /// End the session.
    EndSession,
    /// Do not let it happen, or do not show it.
    Refuse,
    /// Send the person through single sign-on first, and then let it happen.
    StepUp,
}

/// Why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum PolicyReason {
    /// The account is deactivated.
    AccountDeactivated,
    /// The account is deleted.
    AccountDeleted,
    /// Nothing speaks against it.
    Allowed,
    /// Single sign-on is enforced: accounts come to be by logging in, not from the dashboard.
    AssignmentBySsoOnly,
    /// Single sign-on is enforced, and this administrator was named for emergencies.
    BreakGlass,
    /// The identity provider's directory manages the accounts.
    DirectoryManaged,
    /// The session's identity provider vouches for the person in its own organization alone.
    EmailUnproven,
    /// The organization enforces single sign-on, and is not to be seen from elsewhere.
    OrganizationHidden,
    /// The session is of an organization that enforces single sign-on, and nothing else is to be seen from there.
    OthersHidden,
    /// Single sign-on is switched off.
    SsoDisabled,
    /// Single sign-on is the only way in.
    SsoEnforced,
    /// Single sign-on is not configured.
    SsoNotConfigured,
    /// Single sign-on is the only way to go on.
    SsoStepUp,
}

impl PolicyReason {
    /// A stable snake_case code, part of semver.
    pub fn code(self) -> &'static str {
        match self {
            Self::AccountDeactivated => "account_deactivated",
            Self::AccountDeleted => "account_deleted",
            Self::Allowed => "allowed",
            Self::AssignmentBySsoOnly => "assignment_by_sso_only",
            Self::BreakGlass => "break_glass",
            Self::DirectoryManaged => "directory_managed",
            Self::EmailUnproven => "email_unproven",
            Self::OrganizationHidden => "organization_hidden",
            Self::OthersHidden => "others_hidden",
            Self::SsoDisabled => "sso_disabled",
            Self::SsoEnforced => "sso_enforced",
            Self::SsoNotConfigured => "sso_not_configured",
            Self::SsoStepUp => "sso_step_up",
        }
    }

    /// A fixed sentence for the person whom it concerns; none where there is nothing to say, or nothing to be seen.
    pub fn user_message(self) -> Option<&'static str> {
        match self {
            Self::Allowed
            | Self::BreakGlass
            | Self::OrganizationHidden
            | Self::OthersHidden
            | Self::EmailUnproven => None,
            Self::AccountDeactivated | Self::AccountDeleted => {
                Some("Your account is not active. Ask your administrator.")
            }
            Self::AssignmentBySsoOnly => Some(
                "Your organization assigns accounts through its identity provider. Assign the person there.",
            ),
            Self::DirectoryManaged => Some(
                "Your organization's directory manages accounts. Make the change at your identity provider.",
            ),
            Self::SsoDisabled | Self::SsoNotConfigured => {
                Some("Single sign-on is not available for your organization. Sign in another way.")
            }
            Self::SsoEnforced | Self::SsoStepUp => {
                Some("Your organization signs in through its identity provider.")
            }
        }
    }
}

/// A decision and its reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub struct Decision {
    /// What to do.
    pub verdict: Verdict,
    /// Why.
    pub reason: PolicyReason,
}

impl Decision {
    const ALLOWED: Self = Self { verdict: Verdict::Allow, reason: PolicyReason::Allowed };
    const BREAK_GLASS: Self = Self { verdict: Verdict::Allow, reason: PolicyReason::BreakGlass };

    const fn refused(reason: PolicyReason) -> Self {
        Self { verdict: Verdict::Refuse, reason }
    }

    /// Whether it may happen now.
    pub fn is_allowed(&self) -> bool {
        self.verdict == Verdict::Allow
    }

    /// The [code](PolicyReason::code) of the reason.
    pub fn code(&self) -> &'static str {
        self.reason.code()
    }
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
            organization: organization.id().to_owned(),
            sso,
            enforced: organization.is_enforced(),
            directory_managed: organization.is_directory_managed(),
            break_glass: organization.break_glass().clone(),
        }
    }

    /// Decides.
    pub fn decide(&self, person: Person<'_>, action: &PolicyAction<'_>) -> Decision {
        if let Some(reason) = gone(person.status) {
            let verdict = match action {
                PolicyAction::Resume(_) | PolicyAction::View | PolicyAction::ChangeCredential => {
                    Verdict::EndSession
                }
                _ => Verdict::Refuse,
            };
            return Decision { verdict, reason };
        }
        match action {
            PolicyAction::View | PolicyAction::Resume(LoginMethod::Sso) => Decision::ALLOWED,
            PolicyAction::LogIn(LoginMethod::Sso) => match self.sso {
                SsoState::Disabled => Decision::refused(PolicyReason::SsoDisabled),
                SsoState::NotConfigured => Decision::refused(PolicyReason::SsoNotConfigured),
                SsoState::Open => Decision::ALLOWED,
            },
            PolicyAction::LogIn(_) | PolicyAction::ChangeCredential => {
                self.without_sso(person, Decision::refused(PolicyReason::SsoEnforced))
            }
            PolicyAction::Resume(_) => {
                let step_up = Decision { verdict: Verdict::StepUp, reason: PolicyReason::SsoStepUp };
                self.without_sso(person, step_up)
            }
            PolicyAction::See(origin) | PolicyAction::Enter(origin) => self.elsewhere(person, *origin),
        }
    }

    /// Decides about an account of somebody, whoever wants to change it: an administrator can do so only on the paths that are open.
    pub fn decide_assignment(&self, assignment: Assignment, path: AssignmentPath) -> Decision {
        match assignment {
            _ if path.is_of_identity_provider() => Decision::ALLOWED,
            _ if self.directory_managed => Decision::refused(PolicyReason::DirectoryManaged),
            Assignment::Assign if self.enforced => Decision::refused(PolicyReason::AssignmentBySsoOnly),
            Assignment::Assign | Assignment::Unassign => Decision::ALLOWED,
        }
    }

    /// What is done without single sign-on: `otherwise`, where that is enforced and the person is not named for emergencies.
    fn without_sso(&self, person: Person<'_>, otherwise: Decision) -> Decision {
        if !self.enforced {
            Decision::ALLOWED
        } else if person.role == Role::Administrator && self.break_glass.contains(person.account) {
            Decision::BREAK_GLASS
        } else {
            otherwise
        }
    }

    fn elsewhere(&self, person: Person<'_>, origin: Origin<'_>) -> Decision {
        if origin.policy.organization == self.organization {
            return self.decide(person, &PolicyAction::Resume(origin.method));
        }
        if origin.policy.enforced {
            return Decision::refused(PolicyReason::OthersHidden);
        }
        if self.enforced {
            return Decision::refused(PolicyReason::OrganizationHidden);
        }
        if !origin.email_proven {
            return Decision::refused(PolicyReason::EmailUnproven);
        }
        Decision::ALLOWED
    }

    /// The event of a decision, for the audit trail: `action` is the code of what was to be done, and `target` whose account it is
    /// about.
    pub fn event(
        &self,
        decision: &Decision,
        action: &'static str,
        actor: Actor,
        target: Option<AccountId>,
        at: DateTime<Utc>,
    ) -> AuditEvent {
        let outcome = match decision.verdict {
            Verdict::Allow => AuditOutcome::Done,
            Verdict::EndSession | Verdict::Refuse | Verdict::StepUp => AuditOutcome::Refused(decision.code()),
        };
        let action = match decision.reason {
            PolicyReason::BreakGlass => AuditAction::BreakGlassUsed { action },
            _ => AuditAction::Policy { action },
        };
        let event = AuditEvent::new(self.organization.clone(), actor, action, at);
        AuditEvent { target, ..event }.ended(outcome)
    }
}

/// Why somebody with an account like this gets nowhere.
fn gone(status: AccountStatus) -> Option<PolicyReason> {
    match status {
        AccountStatus::Active | AccountStatus::Invited => None,
        AccountStatus::Deactivated => Some(PolicyReason::AccountDeactivated),
        AccountStatus::Deleted => Some(PolicyReason::AccountDeleted),
    }
}
