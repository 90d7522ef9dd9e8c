//! What somebody wants to do, and from where.

use super::LoginPolicy;
use crate::account::OrganizationId;
use crate::account::{Account, AccountId};
use crate::code::codes;
use crate::identity::Identity;

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

codes!(LoginMethod {
    EmailCode = "email_code",
    Other = "other",
    Password = "password",
    Sso = "sso",
});

/// What is to become of an account that somebody else has, or is to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Assignment {
    /// Somebody is to get an account here.
    Assign,
    /// Somebody whose account was deactivated or deleted is to have it back. That goes on under
    /// enforcement: a login brings nobody back, and so somebody has to.
    Reactivate,
    /// Somebody is to lose it.
    Unassign,
}

codes!(Assignment {
    Assign = "assign",
    Reactivate = "reactivate",
    Unassign = "unassign",
});

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

codes!(AssignmentPath {
    AcceptedInvitation = "accepted_invitation",
    Api = "api",
    Bulk = "bulk",
    Directory = "directory",
    DomainJoin = "domain_join",
    Invitation = "invitation",
    JustInTime = "just_in_time",
    Single = "single",
});

impl AssignmentPath {
    /// Whether it leads through the identity provider rather than the application's dashboard.
    pub(super) fn is_of_identity_provider(self) -> bool {
        matches!(self, Self::Directory | Self::JustInTime)
    }
}

/// How a session was begun. Keep it with the session as it is, on the server or sealed: every later
/// question asks for it, and whoever could write it could say that they came through single
/// sign-on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct SessionStart {
    /// The id of the organization where the person logged in, which a switch of accounts does not
    /// change.
    pub organization: OrganizationId,
    /// Into which account there.
    pub account: AccountId,
    /// How.
    pub method: LoginMethod,
    /// The identity provider that the person came from, if they came from one.
    pub issuer: Option<String>,
}

impl SessionStart {
    /// A login into this account without single sign-on. One that is called single sign-on here,
    /// without an identity, steps up at once where that is enforced.
    pub fn new(account: &Account, method: LoginMethod) -> Self {
        Self {
            organization: account.organization.clone(),
            account: account.id.clone(),
            method,
            issuer: None,
        }
    }

    /// A login into this account through single sign-on.
    pub fn sso(identity: &Identity, account: &Account) -> Self {
        Self {
            organization: identity.connection_id.as_str().into(),
            account: account.id.clone(),
            method: LoginMethod::Sso,
            issuer: Some(identity.issuer.clone()),
        }
    }
}

/// What is to be done.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum PolicyAction<'a> {
    /// The person wants to set a password, register a passkey, or the like.
    ChangeCredential,
    /// The person wants to switch to this account from a session of another organization, or goes
    /// on in it after such a switch.
    Enter(Origin<'a>),
    /// The person wants to log in here.
    LogIn(LoginMethod),
    /// The person goes on with a session that was begun here: every request, every refresh, every
    /// use of a token that was made in such a session.
    Resume(&'a SessionStart),
    /// The account is to be shown in a list, in a session of another organization.
    See(Origin<'a>),
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
        }
    }
}

/// The session of another organization that somebody comes from.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Origin<'a> {
    /// That organization's policy.
    pub policy: &'a LoginPolicy,
    /// The account of the session, in that organization.
    pub account: &'a Account,
    /// How the session was begun.
    pub session: &'a SessionStart,
}

impl<'a> Origin<'a> {
    /// A session of this account under this policy.
    pub fn new(policy: &'a LoginPolicy, account: &'a Account, session: &'a SessionStart) -> Self {
        Self { policy, account, session }
    }
}
