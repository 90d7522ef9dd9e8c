use std::error::Error as StdError;
use std::fmt;

use super::{BoxError, Fixer};

/// What another part of the library refuses: metadata, an organization without single sign-on,
/// provisioning, a change of settings. The error itself is the
/// [`source`](std::error::Error::source).
pub struct Refused {
    code: &'static str,
    help: String,
    user_message: &'static str,
    fixer: Fixer,
    error: BoxError,
}

impl Refused {
    /// Who has to act stands first, then what each reader is told.
    pub(crate) fn by(
        fixer: Fixer,
        (code, help, user_message): (&'static str, impl Into<String>, &'static str),
        error: impl StdError + Send + Sync + 'static,
    ) -> Box<Self> {
        Box::new(Self { code, help: help.into(), user_message, fixer, error: error.into() })
    }

    /// A stable snake_case code, part of semver.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// What to change, for the administrator.
    pub fn help(&self) -> &str {
        &self.help
    }

    /// Who has to act.
    pub fn fixer(&self) -> Fixer {
        self.fixer
    }

    /// A fixed sentence for the person.
    pub fn user_message(&self) -> &'static str {
        self.user_message
    }
}

impl StdError for Refused {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.error)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.error, f)
    }
}

impl fmt::Debug for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.error, f)
    }
}

/// Lets an error of another module end a login: `refuses!(MetadataError, IdentityProvider)`. It
/// has a code, help and words for the person of its own.
macro_rules! refuses {
    ($error:ty, $fixer:ident) => {
        impl From<$error> for $crate::error::Error {
            fn from(error: $error) -> Self {
                let words = (error.code(), error.help(), error.user_message());
                $crate::error::Refused::by($crate::error::Fixer::$fixer, words, error).into()
            }
        }
    };
}
pub(crate) use refuses;
