//! What can go wrong, and what each reader is told of it.
//!
//! | reader | gets |
//! |---|---|
//! | the person logging in | [`Rejection::user_message`]: one of a few fixed sentences, never data from the message |
//! | support, dashboards | [`Rejection::code`]: stable snake_case, part of semver |
//! | the identity provider's administrator | [`Rejection::help`] and [`Report`](crate::Report): expected and found, near misses named, and [who has to fix it](Fixer) |
//! | the developer | `Display`, `source()`, `Debug`; no secrets, no attribute values, no NameIDs |

mod config;
mod detail;
mod excerpt;
mod help;
mod rejection;
mod send;
mod table;

pub use config::{CertificateError, ConfigError, KeyPairError};
pub use detail::{
    AlgorithmUse, ArtifactProblem, DecodeProblem, LimitKind, Part, QueryProblem, SignatureProblem,
    UntrustedKey, XmlProblem,
};
pub use excerpt::{Excerpt, Mismatch, NearMiss};
pub use rejection::Rejection;
pub use send::{RelayStateProblem, SendError};
pub use table::Fixer;
pub(crate) use table::NOT_SET_UP;

/// A failure of the replay store itself, as its implementation reports it.
pub type StoreError = Box<dyn std::error::Error + Send + Sync>;

/// Everything that can stop a login, by who is at fault.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The connection is not set up correctly: the developer or the customer's administrator acts.
    #[error("the connection is not configured correctly")]
    Config(#[from] ConfigError),
    /// The response is refused: [`Rejection`] says by which rule.
    #[error("the response is refused")]
    Rejected(#[from] Rejection),
    /// The store of requests failed or has no room, so a login cannot be started or answered: the
    /// operator acts.
    #[error("the request store failed")]
    RequestStore(#[source] StoreError),
    /// The identity provider's server could not be asked for the message: the operator acts. The
    /// login is refused.
    #[error("the identity provider's server could not be asked")]
    Resolution(#[source] StoreError),
    /// A message of ours could not be made.
    #[error("a message could not be made")]
    Send(#[from] SendError),
    /// The replay store failed, so single use cannot be guaranteed: the operator acts. The login is
    /// refused.
    #[error("the replay store failed")]
    Store(#[source] StoreError),
}

impl From<CertificateError> for Error {
    fn from(error: CertificateError) -> Self {
        Self::Config(error.into())
    }
}

impl Error {
    /// The stable code: that of the [`Rejection`] or [`ConfigError`], or `replay_store_failed`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Config(error) => error.code(),
            Self::Rejected(rejection) => rejection.code(),
            Self::RequestStore(_) => "request_store_failed",
            Self::Resolution(_) => "artifact_resolution_failed",
            Self::Send(error) => error.code(),
            Self::Store(_) => "replay_store_failed",
        }
    }

    /// What to change, for the administrator. Escape it before putting it in HTML.
    pub fn help(&self) -> String {
        match self {
            Self::Config(ConfigError::Certificate(error)) => error.to_string(),
            Self::Config(error) => error.to_string(),
            Self::Rejected(rejection) => rejection.help(),
            Self::RequestStore(_) => {
                "The store of pending requests failed or has no room, so that nobody can log in. See its own log.".into()
            }
            Self::Resolution(error) => format!("The identity provider's server could not be asked: {error}."),
            Self::Send(error) => error.to_string(),
            Self::Store(_) => {
                "The replay store failed, so that single use cannot be guaranteed. See its own log.".into()
            }
        }
    }

    /// Who has to act.
    pub fn fixer(&self) -> Fixer {
        match self {
            Self::Config(_)
            | Self::RequestStore(_)
            | Self::Resolution(_)
            | Self::Send(_)
            | Self::Store(_) => Fixer::ServiceProvider,
            Self::Rejected(rejection) => rejection.fixer(),
        }
    }

    /// One of a few fixed sentences for the person who tried to log in; never data from the
    /// message.
    pub fn user_message(&self) -> &'static str {
        match self {
            Self::Config(_) | Self::Send(_) => table::NOT_SET_UP,
            Self::Rejected(rejection) => rejection.user_message(),
            Self::RequestStore(_) | Self::Resolution(_) | Self::Store(_) => table::UNAVAILABLE,
        }
    }
}

#[cfg(test)]
mod tests;
