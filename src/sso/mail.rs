//! What is mailed to people, by the application.

use std::fmt;
use std::future::Future;

use crate::error::BoxError;
use crate::identity::Email;
use crate::pointers::behind_pointers;

/// A mail that somebody waits for: send it at once.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mail {
    /// The code that somebody logs in with.
    LoginCode {
        /// Whose address.
        to: Email,
        /// Six digits.
        code: String,
    },
    /// The code that links an administrator's account to their name at the identity provider.
    LinkCode {
        /// Whose address.
        to: Email,
        /// Eight letters and digits in two groups.
        code: String,
    },
    /// In the place of a code: the organization signs in by single sign-on only.
    SsoOnly {
        /// Whose address.
        to: Email,
        /// Where their login starts.
        login_url: String,
    },
}

impl Mail {
    /// Whom it is for.
    pub fn to(&self) -> &Email {
        match self {
            Self::LoginCode { to, .. } | Self::LinkCode { to, .. } | Self::SsoOnly { to, .. } => to,
        }
    }

    /// A subject in English.
    pub fn subject(&self) -> &'static str {
        match self {
            Self::LoginCode { .. } => "Your sign-in code",
            Self::LinkCode { .. } => "Connect your account to single sign-on",
            Self::SsoOnly { .. } => "How to sign in",
        }
    }

    /// A text in English.
    pub fn text(&self) -> String {
        match self {
            Self::LoginCode { code, .. } => format!(
                "Your code is {code}. It is good for ten minutes, in the browser that asked for it.\n\n\
                 If you did not ask for it, you can ignore this mail."
            ),
            Self::LinkCode { code, .. } => format!(
                "Somebody has signed in through your organization's identity provider and wants to use \
                 your account, which is an administrator's. If that was you, enter this code: {code}. It \
                 is good for ten minutes.\n\n\
                 If it was not you, give the code to nobody, and tell your colleagues."
            ),
            Self::SsoOnly { login_url, .. } => format!(
                "Your organization signs in through its identity provider. Start here: {login_url}\n\n\
                 If you did not want to sign in, you can ignore this mail."
            ),
        }
    }
}

/// Codes are secrets, and addresses are people's.
impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LoginCode { .. } => "LoginCode { … }",
            Self::LinkCode { .. } => "LinkCode { … }",
            Self::SsoOnly { .. } => "SsoOnly { … }",
        })
    }
}

/// Sends mails, in the application's own words or in [ours](Mail::text).
///
/// Queue them, and answer at once: how long an answer takes tells whether somebody has an account.
pub trait Mailer: Send + Sync {
    /// Sends, or queues, a mail.
    ///
    /// # Errors
    ///
    /// If it will not arrive. The person is told to try again.
    fn send(&self, mail: &Mail) -> impl Future<Output = Result<(), BoxError>> + Send;
}

behind_pointers!(
    Mailer,
    /// Any [`Mailer`], for those who choose at run time.
    DynMailer {
        fn send(mail: &Mail = &'a Mail) -> Result<(), BoxError>;
    }
);
