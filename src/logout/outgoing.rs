use chrono::{DateTime, TimeDelta, Utc};

use super::{LogoutOutcome, LogoutRequest, LogoutSubject, PendingLogout};
use crate::binding::RelayState;
use crate::binding::{Binding, Parameter};
use crate::error::SendError;
use crate::instant;
use crate::provider::{IdentityProvider, ServiceProvider};
use crate::random::Random;
use crate::send::{Delivery, Header, Outgoing, endpoint, message_id, signing_key};
use crate::xml::Markup;

/// How to ask for a logout.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LogoutOptions {
    /// How the request travels: [`Binding::HttpPost`] or [`Binding::HttpRedirect`]. Default: by the
    /// identity provider's first Single Logout Service of either.
    pub binding: Option<Binding>,
    /// Whether to sign. Default (`None`): if there is a signing key. Identity providers should
    /// refuse what is not signed.
    pub sign: Option<bool>,
    /// Where to go on afterwards.
    pub relay_state: Option<RelayState>,
    /// How long the answer may take. Default ten minutes.
    pub lifetime: TimeDelta,
}

impl Default for LogoutOptions {
    fn default() -> Self {
        Self { binding: None, sign: None, relay_state: None, lifetime: TimeDelta::minutes(10) }
    }
}

impl LogoutOptions {
    /// Sets how the request travels.
    #[must_use]
    pub fn with_binding(mut self, binding: Binding) -> Self {
        self.binding = Some(binding);
        self
    }

    /// Sets whether to sign.
    #[must_use]
    pub fn with_sign(mut self, sign: bool) -> Self {
        self.sign = Some(sign);
        self
    }

    /// Sets where to go on afterwards.
    #[must_use]
    pub fn with_relay_state(mut self, relay_state: RelayState) -> Self {
        self.relay_state = Some(relay_state);
        self
    }

    /// Sets how long the answer may take.
    #[must_use]
    pub fn with_lifetime(mut self, lifetime: TimeDelta) -> Self {
        self.lifetime = lifetime;
        self
    }
}

/// A logout that was started.
#[derive(Clone, Debug)]
#[must_use = "the browser has to be sent to the identity provider, and the request remembered"]
#[non_exhaustive]
pub struct StartedLogout {
    /// What to answer the browser with.
    pub delivery: Delivery,
    /// What to remember.
    pub pending: PendingLogout,
}

/// Core §3.7.1, Profiles §4.4.4.1.
pub(crate) fn start(
    connection_id: &str,
    (sp, idp): (&ServiceProvider, &IdentityProvider),
    subject: &LogoutSubject,
    options: LogoutOptions,
    random: Random,
    now: DateTime<Utc>,
) -> Result<StartedLogout, SendError> {
    // The name of a person is told to nobody but the identity provider that it comes from.
    if subject.connection_id != connection_id || subject.issuer != idp.issuer() {
        return Err(SendError::ConnectionForeign);
    }
    let endpoint = endpoint(idp.slo_endpoints(), options.binding, "Single Logout Service")?;
    let id = message_id(random);
    let expires_at = now.checked_add_signed(options.lifetime).unwrap_or(now);
    let mut xml = Markup::new();
    let destination = endpoint.location.as_str();
    let header =
        Header { name: "samlp:LogoutRequest", id: &id, destination, issuer: sp.audience(), now };
    header.open(&mut xml, &[("NotOnOrAfter", Some(&instant::write(expires_at)))]);
    let name_id = &subject.name_id;
    let attributes = [
        ("Format", name_id.format.as_deref()),
        ("NameQualifier", name_id.name_qualifier.as_deref()),
        ("SPNameQualifier", name_id.sp_name_qualifier.as_deref()),
    ];
    xml.element("saml:NameID", &attributes, &name_id.value);
    if let Some(index) = &subject.session_index {
        xml.element("samlp:SessionIndex", &[], index);
    }
    xml.close("samlp:LogoutRequest");
    let outgoing = Outgoing {
        parameter: Parameter::SamlRequest,
        xml: &xml.finish(),
        id: &id,
        relay_state: options.relay_state.as_ref().map(RelayState::as_str),
        key: signing_key(sp, options.sign)?,
    };
    let delivery = outgoing.to(endpoint.binding, &endpoint.location)?;
    let pending = PendingLogout {
        request_id: id,
        connection_id: connection_id.to_owned(),
        issued_at: now,
        expires_at,
        relay_state: options.relay_state,
    };
    Ok(StartedLogout { delivery, pending })
}

/// Core §3.7.2, Profiles §4.4.4.2.
pub(crate) fn answer(
    connection_id: &str,
    (sp, idp): (&ServiceProvider, &IdentityProvider),
    request: &LogoutRequest,
    outcome: &LogoutOutcome,
    random: Random,
    now: DateTime<Utc>,
) -> Result<Delivery, SendError> {
    if request.connection_id != connection_id || request.issuer != idp.issuer() {
        return Err(SendError::ConnectionForeign);
    }
    let endpoint = endpoint(idp.slo_endpoints(), None, "Single Logout Service")?;
    let location = endpoint.response_location.as_ref().unwrap_or(&endpoint.location);
    let id = message_id(random);
    let mut xml = Markup::new();
    let destination = location.as_str();
    let header =
        Header { name: "samlp:LogoutResponse", id: &id, destination, issuer: sp.audience(), now };
    header.open(&mut xml, &[("InResponseTo", Some(&request.id))]);
    let (outer, inner) = match outcome {
        LogoutOutcome::Complete => ("Success", None),
        LogoutOutcome::Partial | LogoutOutcome::Unconfirmed => ("Success", Some("PartialLogout")),
        LogoutOutcome::Failed { .. } => ("Responder", None),
    };
    let uri = |name: &str| format!("urn:oasis:names:tc:SAML:2.0:status:{name}");
    xml.open("samlp:Status", &[]);
    xml.open("samlp:StatusCode", &[("Value", Some(&uri(outer)))]);
    if let Some(inner) = inner {
        xml.element("samlp:StatusCode", &[("Value", Some(&uri(inner)))], "");
    }
    xml.close("samlp:StatusCode");
    xml.close("samlp:Status");
    xml.close("samlp:LogoutResponse");
    let outgoing = Outgoing {
        parameter: Parameter::SamlResponse,
        xml: &xml.finish(),
        id: &id,
        relay_state: request.relay_state.as_deref(),
        key: signing_key(sp, None)?,
    };
    outgoing.to(endpoint.binding, location)
}
