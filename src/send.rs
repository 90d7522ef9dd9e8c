//! Sending: a message becomes a URL or a form.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::binding::{Binding, Parameter, PostForm, deflated, parameter, with_query};
use crate::dsig::{Place, sign_enveloped, sign_octets};
use crate::error::SendError;
use crate::provider::Endpoint;
use crate::trust::KeyPair;

/// What to answer the browser with, so that it carries a message to the identity provider.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delivery {
    /// A page that posts itself.
    Post(PostForm),
    /// A redirect (302 or 303) to this URL, with `Cache-Control: no-store`.
    Redirect(String),
}

/// A message of ours.
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
            _ => self.redirect(location).map(Delivery::Redirect),
        }
    }

    /// Bindings §3.4.4.1: the signature is over the octets of the query, and the message itself has none.
    fn redirect(&self, location: &str) -> Result<String, SendError> {
        let mut query = deflated(self.parameter, self.xml, self.relay_state);
        if let Some(key) = self.key {
            // The algorithm is part of what is signed.
            query.push('&');
            query.push_str(&parameter("SigAlg", key.signature_algorithm()));
            let (_, signature) = sign_octets(key, query.as_bytes())?;
            query.push('&');
            query.push_str(&parameter("Signature", &STANDARD.encode(signature)));
        }
        Ok(with_query(location, &query))
    }

    /// Bindings §3.5.4.
    fn post(&self, location: &str) -> Result<PostForm, SendError> {
        let message = match self.key {
            Some(key) => STANDARD.encode(sign_enveloped(self.xml, self.id, Place::AfterIssuer, key)?),
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
    let usable = |endpoint: &&Endpoint| match binding {
        Some(binding) => endpoint.binding == binding,
        None => matches!(endpoint.binding, Binding::HttpPost | Binding::HttpRedirect),
    };
    endpoints.iter().find(usable).ok_or(SendError::EndpointMissing { service })
}
