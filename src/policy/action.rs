//! What somebody wants to do, and from where.

use super::LoginPolicy;
use crate::account::Account;
use crate::session::{LoginMethod, SessionStart};

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
