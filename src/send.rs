//! Sending: a message becomes a URL or a form.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};

use crate::binding::{Binding, Parameter, PostForm, deflated, parameter, with_query};
use crate::digest::hex;
use crate::dsig::{Place, sign_enveloped, sign_octets};
use crate::error::SendError;
use crate::instant;
use crate::provider::{Endpoint, ServiceProvider};
use crate::random::Random;
use crate::trust::KeyPair;
use crate::xml::Markup;

/// What to answer the browser with, so that it carries a message to the identity provider.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delivery {
    /// A page that posts itself.
    Post(PostForm),
    /// A redirect (302 or 303) to this URL, with `Cache-Control: no-store`.
    Redirect(String),
}

/// The query carries the message, which may name a person, and the RelayState, which may be a
/// secret: only the address is shown.
impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Post(form) => f.debug_tuple("Post").field(form).finish(),
            Self::Redirect(url) => {
                let address = url.split_once('?').map_or(url.as_str(), |(address, _)| address);
                f.debug_tuple("Redirect").field(&format_args!("{address}?…")).finish()
            }
        }
    }
}

/// What every message of ours begins with: Core §3.2.1, §3.2.2.
pub(crate) struct Header<'m> {
    /// The qualified name, with the prefix `samlp`.
    pub(crate) name: &'static str,
    pub(crate) id: &'m str,
    pub(crate) destination: &'m str,
    pub(crate) issuer: &'m str,
    pub(crate) now: DateTime<Utc>,
}

impl Header<'_> {
    /// The start tag with these attributes besides, and the Issuer.
    pub(crate) fn open(&self, xml: &mut Markup, more: &[(&str, Option<&str>)]) {
        let issued = instant::write(self.now);
        let mut attributes = vec![
            ("xmlns:samlp", Some("urn:oasis:names:tc:SAML:2.0:protocol")),
            ("xmlns:saml", Some("urn:oasis:names:tc:SAML:2.0:assertion")),
            ("ID", Some(self.id)),
            ("Version", Some("2.0")),
            ("IssueInstant", Some(&issued)),
            ("Destination", Some(self.destination)),
        ];
        attributes.extend(more);
        xml.open(self.name, &attributes);
        xml.element("saml:Issuer", &[], self.issuer);
    }
}

/// An `ID` of 256 bits: Core §1.3.4 asks for 128. It begins with a character that names may begin
/// with.
pub(crate) fn message_id(random: Random) -> String {
    format!("_{}", hex(&random.for_purpose("message ID")))
}

/// Whether a request of ours could have this `ID`.
pub(crate) fn is_message_id(id: &str) -> bool {
    let digits = id.strip_prefix('_').map(str::as_bytes).unwrap_or_default();
    digits.len() == 64 && digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
}

/// The key to sign with, if `sign` says so, or if that is left open and there is one.
///
/// What the other side wants does not matter: whoever has no key cannot sign, and many want what
/// they do not need (every realm of Keycloak says WantAuthnRequestsSigned).
pub(crate) fn signing_key(
    sp: &ServiceProvider,
    sign: Option<bool>,
) -> Result<Option<&KeyPair>, SendError> {
    let key = sp.signing_keys().first();
    match sign.unwrap_or(key.is_some()) {
        false => Ok(None),
        true => key.map(Some).ok_or(SendError::SigningKeyMissing),
    }
}

/// A message of ours on its way.
pub(crate) struct Outgoing<'m> {
    pub(crate) parameter: Parameter,
    pub(crate) xml: &'m str,
    /// The `ID` of its root.
    pub(crate) id: &'m str,
    pub(crate) relay_state: Option<&'m str>,
    /// Signs it, if there is one.
    pub(crate) key: Option<&'m KeyPair>,
}

impl Outgoing<'_> {
    pub(crate) fn to(&self, binding: Binding, location: &str) -> Result<Delivery, SendError> {
        match binding {
            Binding::HttpPost => self.post(location).map(Delivery::Post),
            Binding::HttpRedirect => self.redirect(location).map(Delivery::Redirect),
            Binding::HttpArtifact | Binding::Soap => {
                Err(SendError::BindingUnusable { binding: binding.uri() })
            }
        }
    }

    /// Bindings §3.4.4.1: the signature is over the octets of the query, and the message itself has
    /// none.
    fn redirect(&self, location: &str) -> Result<String, SendError> {
        let mut query = deflated(self.parameter, self.xml, self.relay_state);
        if let Some(key) = self.key {
            // The algorithm is part of what is signed.
            query.push('&');
            query.push_str(&parameter("SigAlg", key.signature_algorithm()));
            let signature = sign_octets(key, query.as_bytes())?;
            query.push('&');
            query.push_str(&parameter("Signature", &STANDARD.encode(signature)));
        }
        Ok(with_query(location, &query))
    }

    /// Bindings §3.5.4.
    fn post(&self, location: &str) -> Result<PostForm, SendError> {
        let message = match self.key {
            Some(key) => {
                STANDARD.encode(sign_enveloped(self.xml, self.id, Place::AfterIssuer, key)?)
            }
            None => STANDARD.encode(self.xml),
        };
        let mut fields = vec![(self.parameter.as_str(), message)];
        fields.extend(self.relay_state.map(|relay_state| ("RelayState", relay_state.to_owned())));
        Ok(PostForm::new(location.to_owned(), fields))
    }
}

/// The endpoint of the binding that was asked for, or else the first that a browser can be sent to.
pub(crate) fn endpoint<'e>(
    endpoints: &'e [Endpoint],
    binding: Option<Binding>,
    service: &'static str,
) -> Result<&'e Endpoint, SendError> {
    let by_browser =
        |binding: Binding| matches!(binding, Binding::HttpPost | Binding::HttpRedirect);
    if let Some(binding) = binding.filter(|binding| !by_browser(*binding)) {
        return Err(SendError::BindingUnusable { binding: binding.uri() });
    }
    let usable = |endpoint: &&Endpoint| match binding {
        Some(binding) => endpoint.binding == binding,
        None => by_browser(endpoint.binding),
    };
    endpoints.iter().find(usable).ok_or(SendError::EndpointMissing { service })
}
