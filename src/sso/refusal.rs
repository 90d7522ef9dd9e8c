//! Why a door stays shut.

use crate::error::{BoxError, refuses};
use crate::policy::Reason;

/// Why a door stays shut, where nothing else says so.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SsoRefusal {
    /// The code is wrong, or of another browser, or was tried too often, or has expired.
    #[error("the code is not the one that was mailed, or does not hold any more")]
    CodeWrong,
    /// The account is not to be seen or entered from here.
    #[error("this account is not to be entered from here")]
    NotEnterable,
    /// A page elsewhere has loaded this as a part of itself: nobody has come.
    #[error("a login is started by a person who comes to a page, not by a page elsewhere")]
    NotNavigated,
    /// Nobody is signed in.
    #[error("nobody is signed in in this browser")]
    NotSignedIn,
    /// There is no such organization.
    #[error("there is no such organization")]
    OrganizationUnknown,
    /// The login policy of the organization does not allow it.
    #[error("the login policy does not allow it: {}", .0.code())]
    Policy(Reason),
    /// The place to go on is none on this site.
    #[error("the place to go on has to be a path on this site")]
    ReturnUnsafe,
    /// The session from which the login was started has ended, or is somebody else's.
    #[error("the session from which this login was started has ended")]
    SessionOver,
    /// The store, or what sends mails, failed.
    #[error("the store failed")]
    Store(#[source] BoxError),
    /// The test was not started by an administrator who is signed in here.
    #[error("the settings are tried out by an administrator who is signed in")]
    TestNotAdministrator,
    /// It was tried too often.
    #[error("it was tried too often: again in {seconds} s")]
    TooOften {
        /// After how many seconds it can be tried again.
        seconds: i64,
    },
}

impl SsoRefusal {
    /// A stable snake_case code, part of semver.
    pub fn code(&self) -> &'static str {
        match self {
            Self::CodeWrong => "code_wrong",
            Self::NotEnterable => "not_enterable",
            Self::NotNavigated => "not_navigated",
            Self::NotSignedIn => "not_signed_in",
            Self::OrganizationUnknown => "organization_unknown",
            Self::Policy(reason) => reason.code(),
            Self::ReturnUnsafe => "return_unsafe",
            Self::SessionOver => "session_over",
            Self::Store(_) => "store_failed",
            Self::TestNotAdministrator => "test_not_administrator",
            Self::TooOften { .. } => "too_often",
        }
    }

    /// What to change, for the administrator.
    pub fn help(&self) -> String {
        match self {
            Self::CodeWrong => "The person asks for another code.".into(),
            Self::NotEnterable => {
                "Let the person sign in to that organization itself.".into()
            }
            Self::NotNavigated => {
                "A page elsewhere has linked the start of a login as an image or a frame. Link it as a page."
                    .into()
            }
            Self::NotSignedIn => "Let the person sign in first.".into(),
            Self::OrganizationUnknown => {
                "There is no such organization. It may have been removed.".into()
            }
            Self::Policy(_) => {
                "The organization's settings of single sign-on, or the state of the account, forbid it.".into()
            }
            Self::ReturnUnsafe => {
                "Send a path that begins with one slash, of at most 1,024 bytes.".into()
            }
            Self::SessionOver => "Let the person sign in again, and start once more.".into(),
            Self::Store(_) => "The store failed. See its own log.".into(),
            Self::TestNotAdministrator => {
                "Start the test from the settings, as an administrator who is signed in to this organization."
                    .into()
            }
            Self::TooOften { seconds } => format!("It can be tried again in {seconds} s."),
        }
    }

    /// A fixed sentence for the person.
    pub fn user_message(&self) -> &'static str {
        match self {
            Self::CodeWrong => "That code does not work. Check it, or ask for another one.",
            Self::NotEnterable | Self::OrganizationUnknown => {
                "There is nothing here that you can sign in to. Check the link."
            }
            Self::NotNavigated => "Open the page to sign in.",
            Self::NotSignedIn | Self::SessionOver => "Sign in, and try again.",
            Self::Policy(reason) => {
                reason.user_message().unwrap_or("Sign in to that organization itself.")
            }
            Self::ReturnUnsafe => "This link leads nowhere. Start from the application.",
            Self::Store(_) => "That did not work just now. Try again in a minute.",
            Self::TestNotAdministrator => {
                "Only an administrator who is signed in can try this out."
            }
            Self::TooOften { .. } => "That was too often. Wait a little, and try again.",
        }
    }
}

refuses!(SsoRefusal, ServiceProvider);
