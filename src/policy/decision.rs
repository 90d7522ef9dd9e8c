//! A decision, and its reason.

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
pub enum Reason {
    /// The account is deactivated.
    AccountDeactivated,
    /// The account is deleted.
    AccountDeleted,
    /// The session is of another account in the same organization. Log in to this one.
    AccountDiffers,
    /// Nothing speaks against it.
    Allowed,
    /// Single sign-on is enforced, and this administrator was named for emergencies.
    BreakGlass,
    /// The session's account and this one have different e-mail addresses: nothing says that they
    /// are one person's.
    EmailDiffers,
    /// The address of one of the two accounts is not [proven](crate::account::EmailProof::Proven):
    /// an organization's word for it holds in that organization alone.
    EmailUnproven,
    /// The account is an invitation that the person has not accepted.
    InvitationPending,
    /// The account belongs to another organization than the one that is asked.
    OrganizationForeign,
    /// The organization enforces single sign-on, and is not to be seen from elsewhere.
    OrganizationHidden,
    /// The session is of an organization that enforces single sign-on, and nothing else is to be
    /// seen from there.
    OthersHidden,
    /// The account's sessions from that time have ended: it was deactivated, unlinked or given
    /// another address since, or signed out everywhere.
    SessionEnded,
    /// The session was begun in another organization: ask whether it may be
    /// [entered](crate::policy::PolicyAction::Enter) from there.
    SessionForeign,
    /// Single sign-on is switched off.
    SsoDisabled,
    /// Single sign-on is the only way in.
    SsoEnforced,
    /// Single sign-on is not configured.
    SsoNotConfigured,
    /// Single sign-on is the only way to go on.
    SsoStepUp,
}

impl Reason {
    /// A stable snake_case code, part of semver.
    pub fn code(self) -> &'static str {
        match self {
            Self::AccountDeactivated => "account_deactivated",
            Self::AccountDeleted => "account_deleted",
            Self::AccountDiffers => "account_differs",
            Self::Allowed => "allowed",
            Self::BreakGlass => "break_glass",
            Self::EmailDiffers => "email_differs",
            Self::EmailUnproven => "email_unproven",
            Self::InvitationPending => "invitation_pending",
            Self::OrganizationForeign => "organization_foreign",
            Self::OrganizationHidden => "organization_hidden",
            Self::OthersHidden => "others_hidden",
            Self::SessionEnded => "session_ended",
            Self::SessionForeign => "session_foreign",
            Self::SsoDisabled => "sso_disabled",
            Self::SsoEnforced => "sso_enforced",
            Self::SsoNotConfigured => "sso_not_configured",
            Self::SsoStepUp => "sso_step_up",
        }
    }

    /// A fixed sentence for the person whom it concerns; none where there is nothing to say, or
    /// nothing to be seen.
    pub fn user_message(self) -> Option<&'static str> {
        match self {
            Self::AccountDiffers
            | Self::Allowed
            | Self::BreakGlass
            | Self::EmailDiffers
            | Self::EmailUnproven
            | Self::OrganizationForeign
            | Self::OrganizationHidden
            | Self::OthersHidden
            | Self::SessionForeign => None,
            Self::SessionEnded => Some("You have been signed out. Sign in again."),
            Self::InvitationPending => Some("Accept your invitation first."),
            Self::AccountDeactivated | Self::AccountDeleted => {
                Some("Your account is not active. Ask your administrator.")
            }
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
    pub reason: Reason,
}

impl Decision {
    pub(super) const ALLOWED: Self = Self { verdict: Verdict::Allow, reason: Reason::Allowed };
    pub(super) const BREAK_GLASS: Self =
        Self { verdict: Verdict::Allow, reason: Reason::BreakGlass };

    pub(super) const STEP_UP: Self = Self { verdict: Verdict::StepUp, reason: Reason::SsoStepUp };

    pub(super) const fn refused(reason: Reason) -> Self {
        Self { verdict: Verdict::Refuse, reason }
    }

    /// Whether it may happen now.
    pub fn is_allowed(&self) -> bool {
        self.verdict == Verdict::Allow
    }

    /// The [code](Reason::code) of the reason.
    pub fn code(&self) -> &'static str {
        self.reason.code()
    }
}
