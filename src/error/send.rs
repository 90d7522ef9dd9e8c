use super::{BoxError, NOT_SET_UP, UNAVAILABLE, sentence};

/// Why a message cannot be sent. Nothing was sent or remembered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// A binding was asked for that carries nothing of ours: HTTP-Artifact or SOAP. By HTTP-POST
    /// and HTTP-Redirect a browser carries it.
    #[error("no message of ours is sent by {binding}: ask for HTTP-POST or HTTP-Redirect")]
    BindingUnusable {
        /// The binding's identifier: Bindings §3.
        binding: &'static str,
    },
    /// The session, or the logout request, is of another connection or of another identity
    /// provider.
    #[error("the session or the logout request is of another connection")]
    ConnectionForeign,
    /// What the application wants to find again is too long to be kept in a cookie.
    #[error("the context has more than {allowed} bytes")]
    ContextTooLong {
        /// How many bytes it may have.
        allowed: usize,
    },
    /// This browser has so many logins under way that there is no room for the cookie of one more.
    #[error("this browser has too many logins under way")]
    CookiesFull,
    /// The identity provider has no such endpoint in the connection's configuration.
    #[error("the identity provider has no {service} for this binding")]
    EndpointMissing {
        /// The service that has none.
        service: &'static str,
    },
    /// OpenSSL's generator gave no randomness.
    #[error("there is no randomness")]
    Random(#[source] BoxError),
    /// The RelayState is no safe path, no opaque token, or too long.
    #[error("the RelayState is refused: {problem}")]
    RelayState {
        /// What is wrong with it.
        problem: RelayStateProblem,
    },
    /// OpenSSL could not sign.
    #[error("the message could not be signed")]
    Signing(#[source] BoxError),
    /// The message has to be signed, and there is no key for it.
    #[error("the service provider has no signing key")]
    SigningKeyMissing,
}

impl SendError {
    /// A stable snake_case code, part of semver.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BindingUnusable { .. } => "binding_unusable",
            Self::ConnectionForeign => "connection_foreign",
            Self::ContextTooLong { .. } => "context_too_long",
            Self::CookiesFull => "cookies_full",
            Self::EndpointMissing { .. } => "endpoint_missing",
            Self::Random(_) => "randomness_failed",
            Self::RelayState { .. } => "relay_state_refused",
            Self::Signing(_) => "signing_failed",
            Self::SigningKeyMissing => "signing_key_missing",
        }
    }

    /// What to change, for whoever sets up the connection.
    pub fn help(&self) -> String {
        match self {
            Self::CookiesFull => "This browser has so many logins under way that there is no room for one more. \
                                  They expire by themselves after some minutes."
                .into(),
            Self::ConnectionForeign => "A session, or a logout request, was handed to another connection than the \
                                        one that it came by. Look the connection up by its id."
                .into(),
            Self::EndpointMissing { service } => format!(
                "Enter the address of the identity provider's {service}, or let the request travel by another \
                 binding."
            ),
            Self::SigningKeyMissing => "The application asks for a signed message. \
                                        Give the service provider a signing key, and the identity provider its \
                                        certificate."
                .into(),
            _ => sentence(self),
        }
    }

    /// A fixed sentence for the person who tried to log in.
    pub fn user_message(&self) -> &'static str {
        match self {
            Self::CookiesFull | Self::Random(_) | Self::Signing(_) => UNAVAILABLE,
            _ => NOT_SET_UP,
        }
    }
}

/// What is wrong with a RelayState.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RelayStateProblem {
    /// Not a path on the allow-list.
    #[error("it is not a path that is allowed")]
    NotAllowed,
    /// More than 80 bytes: Bindings §3.4.3.
    #[error("it has more than 80 bytes")]
    TooLong,
    /// A path that a browser or a server could read as another site's address, or as another path.
    #[error("it could lead elsewhere")]
    Unsafe,
}
