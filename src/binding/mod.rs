//! How messages travel: SAML 2.0 Bindings.

mod form;
mod post;
mod redirect;
mod relay_state;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::code::codes;

pub use form::PostForm;
pub(crate) use post::decode;
pub(crate) use redirect::{Query, deflated, parameter, with_query};
pub use relay_state::RelayState;
pub(crate) use relay_state::is_safe_path;

/// Decodes Base64 (RFC 4648 §4, with padding), blank space in it allowed. Most texts have none: one
/// pass finds that out.
pub(crate) fn base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok().or_else(|| {
        let packed: String = text.split_ascii_whitespace().collect();
        STANDARD.decode(packed).ok()
    })
}

/// A way for messages to travel: Bindings §3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Binding {
    /// A reference travels through the browser, the message itself from server to server: Bindings
    /// §3.6.
    HttpArtifact,
    /// A form that the browser posts: Bindings §3.5.
    HttpPost,
    /// A URL that the browser is sent to: Bindings §3.4.
    HttpRedirect,
    /// From server to server: Bindings §3.2.
    Soap,
}

codes!(Binding {
    HttpArtifact = "http_artifact",
    HttpPost = "http_post",
    HttpRedirect = "http_redirect",
    Soap = "soap",
});

impl Binding {
    /// The identifier.
    pub fn uri(self) -> &'static str {
        match self {
            Self::HttpArtifact => "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact",
            Self::HttpPost => "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST",
            Self::HttpRedirect => "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect",
            Self::Soap => "urn:oasis:names:tc:SAML:2.0:bindings:SOAP",
        }
    }

    /// The binding that an identifier names.
    pub fn from_uri(uri: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|binding| binding.uri() == uri)
    }
}

/// Which of the two kinds of messages: the name of the parameter that carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parameter {
    SamlRequest,
    SamlResponse,
}

impl Parameter {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::SamlRequest => "SAMLRequest",
            Self::SamlResponse => "SAMLResponse",
        }
    }
}
