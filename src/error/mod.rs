//! What can go wrong, and what each reader is told of it.
//!
//! | reader | gets |
//! |---|---|
//! | the person logging in | [`Rejection::user_message`]: one of a few fixed sentences, never data from the message |
//! | support, dashboards | [`Rejection::code`]: stable snake_case, part of semver |
//! | the identity provider's administrator | [`Rejection::help`] and [`Report`](crate::Report): expected and found, near misses named, and [who has to fix it](Fixer) |
//! | the developer | `Display`, `source()`, `Debug`; no secrets, no attribute values, no NameIDs |

mod boxed;
mod config;
mod detail;
mod excerpt;
mod help;
mod refused;
mod rejection;
mod send;
mod table;

pub use crate::code::UnknownCode;
pub use boxed::BoxError;
pub use config::{CertificateError, ConfigError, KeyPairError};
pub use detail::{
    AlgorithmUse, ArtifactProblem, DecodeProblem, DigestCause, LimitKind, Part, QueryProblem,
    SignatureCause, SignatureProblem, UntrustedKey, XmlProblem,
};
pub use excerpt::{Excerpt, Mismatch, NearMiss, printable};
pub use refused::Refused;
pub(crate) use refused::refuses;
pub use rejection::Rejection;
pub use send::{RelayStateProblem, SendError};
pub use table::Fixer;
pub(crate) use table::{NOT_SET_UP, UNAVAILABLE};

/// Everything that can stop a login, by who is at fault: every error of this library converts into
/// it, so that `?` does in the function that logs somebody in.
///
/// `Display` says as much as [`code`](Error::code) and [`help`](Error::help) know. Where an error
/// of others is behind it, that is the [`source`](std::error::Error::source).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The connection is not set up correctly: the developer or the customer's administrator acts.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Another part of the library refuses: metadata, an organization, provisioning.
    #[error(transparent)]
    Refused(Box<Refused>),
    /// The response is refused: [`Rejection`] says by which rule.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The replay store failed, so single use cannot be guaranteed: the operator acts. The login is
    /// refused.
    #[error("the replay store failed, so that single use cannot be guaranteed")]
    ReplayStore(#[source] BoxError),
    /// The store of requests failed or has no room, so a login cannot be started or answered: the
    /// operator acts.
    #[error("the store of pending requests failed or has no room")]
    RequestStore(#[source] BoxError),
    /// The identity provider's server could not be asked for the message: the operator acts. The
    /// login is refused.
    #[error("the identity provider's server could not be asked for the message")]
    Resolution(#[source] BoxError),
    /// A message of ours could not be made.
    #[error(transparent)]
    Send(#[from] SendError),
}

/// The codes of stores that failed.
const FAILURES: [&str; 4] =
    ["account_store_contended", "account_store_failed", "settings_contended", "store_failed"];

impl From<CertificateError> for Error {
    fn from(error: CertificateError) -> Self {
        Self::Config(error.into())
    }
}

impl From<KeyPairError> for Error {
    fn from(error: KeyPairError) -> Self {
        Self::Config(error.into())
    }
}

impl From<Box<Refused>> for Error {
    fn from(refused: Box<Refused>) -> Self {
        Self::Refused(refused)
    }
}

impl Error {
    /// Whether something did not work, so that nothing was decided: the same may be tried again.
    pub(crate) fn is_failure(&self) -> bool {
        match self {
            // A store without room has recorded nothing, and has room again later.
            Self::Rejected(rejection) => matches!(rejection, Rejection::ReplayStoreFull),
            Self::Refused(refused) => FAILURES.contains(&refused.code()),
            _ => true,
        }
    }

    /// The stable code: that of the error inside, or one of `replay_store_failed`,
    /// `request_store_failed` and `artifact_resolution_failed`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Config(error) => error.code(),
            Self::Refused(refused) => refused.code(),
            Self::Rejected(rejection) => rejection.code(),
            Self::ReplayStore(_) => "replay_store_failed",
            Self::RequestStore(_) => "request_store_failed",
            Self::Resolution(_) => "artifact_resolution_failed",
            Self::Send(error) => error.code(),
        }
    }

    /// What to change, for the administrator. Escape it before putting it in HTML.
    pub fn help(&self) -> String {
        match self {
            Self::Config(error) => error.help(),
            Self::Refused(refused) => refused.help().to_owned(),
            Self::Rejected(rejection) => rejection.help(),
            Self::ReplayStore(_) => {
                "The replay store failed, so that single use cannot be guaranteed. See its own log.".into()
            }
            Self::RequestStore(_) => {
                "The store of pending requests failed or has no room, so that nobody can log in. See its own log.".into()
            }
            Self::Resolution(_) => {
                "The identity provider's server could not be asked for the message that the browser \
                 brought a reference to. See the log of this side, and compare the address of its Artifact \
                 Resolution Service."
                    .into()
            }
            Self::Send(error) => error.help(),
        }
    }

    /// Who has to act.
    pub fn fixer(&self) -> Fixer {
        match self {
            Self::Config(_)
            | Self::ReplayStore(_)
            | Self::RequestStore(_)
            | Self::Resolution(_)
            | Self::Send(_) => Fixer::ServiceProvider,
            Self::Refused(refused) => refused.fixer(),
            Self::Rejected(rejection) => rejection.fixer(),
        }
    }

    /// One of a few fixed sentences for the person who tried to log in; never data from the
    /// message.
    pub fn user_message(&self) -> &'static str {
        match self {
            Self::Config(error) => error.user_message(),
            Self::Refused(refused) => refused.user_message(),
            Self::Rejected(rejection) => rejection.user_message(),
            Self::Send(error) => error.user_message(),
            Self::ReplayStore(_) | Self::RequestStore(_) | Self::Resolution(_) => UNAVAILABLE,
        }
    }
}

/// What an error says, as a sentence.
pub(crate) fn sentence(error: &impl std::error::Error) -> String {
    let text = error.to_string();
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), characters.as_str())
}

#[cfg(test)]
mod tests;
