//! `AuthnRequest`: asking an identity provider to log a person in (Core §3.4.1, Profiles §4.1.4.1).

mod cookie;
mod pending;
mod sealed;
mod store;

use chrono::{DateTime, TimeDelta, Utc};

pub use cookie::{RequestCookie, RequestCookies, SetCookie};
pub(crate) use pending::check_open;
pub use pending::{Pending, PendingLogout, PendingRequest, Purpose};
pub use sealed::SealedRequests;
pub(crate) use store::remember;
pub use store::{DynRequestStore, MemoryRequestStore, Remembered, RequestStore};

use crate::binding::RelayState;
use crate::binding::{Binding, Parameter};
use crate::error::SendError;
use crate::provider::{IdentityProvider, ServiceProvider};
use crate::random::Random;
use crate::send::{Delivery, Header, Outgoing, endpoint, message_id, signing_key};
use crate::xml::Markup;

/// How to ask. The default asks for nothing in particular, which is what most identity providers
/// take best.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LoginOptions {
    /// How the request travels: [`Binding::HttpPost`] or [`Binding::HttpRedirect`]. Default: by the
    /// identity provider's first Single Sign-On Service of either.
    pub binding: Option<Binding>,
    /// How the answer has to travel: [`Binding::HttpPost`], the default, or
    /// [`Binding::HttpArtifact`].
    pub answer_by: Binding,
    /// Whether to sign. Default (`None`): if there is a signing key.
    pub sign: Option<bool>,
    /// Whether the person has to prove anew who they are: ForceAuthn. What is asked for is demanded
    /// of the answer.
    pub force_authn: bool,
    /// Whether the identity provider must not show anything to the person: IsPassive.
    pub is_passive: bool,
    /// The Format of the NameID to ask for (NameIDPolicy). What is asked for is demanded of the
    /// answer. Default: whatever the identity provider is set up to send.
    pub name_id_format: Option<String>,
    /// Authentication context classes, one of which has to be met exactly: RequestedAuthnContext.
    /// What is asked for is demanded of the answer. Default: none; to ask for a password breaks the
    /// login of everybody who has something better.
    pub authn_contexts: Vec<String>,
    /// The name of the application, for people to read.
    pub provider_name: Option<String>,
    /// Where to go on afterwards.
    pub relay_state: Option<RelayState>,
    /// How long the answer may take. Default ten minutes.
    pub lifetime: TimeDelta,
    /// What the login is for. Default: to let a person in.
    pub purpose: Purpose,
    /// What the application wants to find again in the [`PendingRequest`]: at most 2,048 bytes,
    /// opaque here, kept by the store or sealed in the cookie, and never sent.
    pub context: Vec<u8>,
}

/// What a context may have at most, so that it fits in a sealed cookie.
const MAX_CONTEXT_BYTES: usize = 2_048;

impl Default for LoginOptions {
    fn default() -> Self {
        Self {
            binding: None,
            answer_by: Binding::HttpPost,
            sign: None,
            force_authn: false,
            is_passive: false,
            name_id_format: None,
            authn_contexts: Vec::new(),
            provider_name: None,
            relay_state: None,
            lifetime: TimeDelta::minutes(10),
            purpose: Purpose::Login,
            context: Vec::new(),
        }
    }
}

impl LoginOptions {
    /// Sets how the request travels.
    #[must_use]
    pub fn with_binding(mut self, binding: Binding) -> Self {
        self.binding = Some(binding);
        self
    }

    /// Sets how the answer has to travel.
    #[must_use]
    pub fn with_answer_by(mut self, answer_by: Binding) -> Self {
        self.answer_by = answer_by;
        self
    }

    /// Sets whether to sign.
    #[must_use]
    pub fn with_sign(mut self, sign: bool) -> Self {
        self.sign = Some(sign);
        self
    }

    /// Sets whether the person has to prove anew who they are.
    #[must_use]
    pub fn with_force_authn(mut self, force_authn: bool) -> Self {
        self.force_authn = force_authn;
        self
    }

    /// Sets whether the identity provider must show nothing to the person.
    #[must_use]
    pub fn with_is_passive(mut self, is_passive: bool) -> Self {
        self.is_passive = is_passive;
        self
    }

    /// Sets the Format of the NameID to ask for.
    #[must_use]
    pub fn with_name_id_format(mut self, name_id_format: impl Into<String>) -> Self {
        self.name_id_format = Some(name_id_format.into());
        self
    }

    /// Sets the authentication context classes, one of which has to be met.
    #[must_use]
    pub fn with_authn_contexts(
        mut self,
        authn_contexts: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.authn_contexts = authn_contexts.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the name of the application, for people to read.
    #[must_use]
    pub fn with_provider_name(mut self, provider_name: impl Into<String>) -> Self {
        self.provider_name = Some(provider_name.into());
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

    /// Sets what the login is for.
    #[must_use]
    pub fn with_purpose(mut self, purpose: Purpose) -> Self {
        self.purpose = purpose;
        self
    }

    /// Sets what the application wants to find again with the answer.
    #[must_use]
    pub fn with_context(mut self, context: impl Into<Vec<u8>>) -> Self {
        self.context = context.into();
        self
    }
}

/// A login that was started: send the browser on its way, and remember the request for it.
#[derive(Clone, Debug)]
#[must_use = "the browser has to be sent to the identity provider, and the request remembered"]
#[non_exhaustive]
pub struct StartedLogin {
    /// What to answer the browser with.
    pub delivery: Delivery,
    /// What to remember.
    pub pending: PendingRequest,
}

/// Makes a request of a connection, which has an id and a revision.
pub(crate) fn start(
    (connection_id, revision): (&str, &str),
    (sp, idp): (&ServiceProvider, &IdentityProvider),
    options: LoginOptions,
    random: Random,
    now: DateTime<Utc>,
) -> Result<StartedLogin, SendError> {
    if options.context.len() > MAX_CONTEXT_BYTES {
        return Err(SendError::ContextTooLong { allowed: MAX_CONTEXT_BYTES });
    }
    let endpoint = endpoint(idp.sso_endpoints(), options.binding, "Single Sign-On Service")?;
    let key = signing_key(sp, options.sign)?;
    let id = message_id(random);
    let xml = authn_request(&id, &endpoint.location, sp, &options, now);
    let outgoing = Outgoing {
        parameter: Parameter::SamlRequest,
        xml: &xml,
        id: &id,
        relay_state: options.relay_state.as_ref().map(RelayState::as_str),
        key,
    };
    let delivery = outgoing.to(endpoint.binding, &endpoint.location)?;
    let expires_at = now.checked_add_signed(options.lifetime).unwrap_or(now);
    let pending = PendingRequest {
        request_id: id,
        connection_id: connection_id.to_owned(),
        revision: revision.to_owned(),
        purpose: options.purpose,
        issued_at: now,
        expires_at,
        relay_state: options.relay_state,
        force_authn: options.force_authn,
        name_id_format: options.name_id_format,
        authn_contexts: options.authn_contexts,
        context: options.context,
    };
    Ok(StartedLogin { delivery, pending })
}

fn authn_request(
    id: &str,
    destination: &str,
    sp: &ServiceProvider,
    options: &LoginOptions,
    now: DateTime<Utc>,
) -> String {
    let mut xml = Markup::new();
    let header = Header { name: "samlp:AuthnRequest", id, destination, issuer: sp.audience(), now };
    let attributes = [
        ("ForceAuthn", options.force_authn.then_some("true")),
        ("IsPassive", options.is_passive.then_some("true")),
        ("ProtocolBinding", Some(options.answer_by.uri())),
        ("AssertionConsumerServiceURL", Some(sp.acs_url())),
        ("ProviderName", options.provider_name.as_deref()),
    ];
    header.open(&mut xml, &attributes);
    if let Some(format) = &options.name_id_format {
        xml.element(
            "samlp:NameIDPolicy",
            &[("Format", Some(format)), ("AllowCreate", Some("true"))],
            "",
        );
    }
    if !options.authn_contexts.is_empty() {
        xml.open("samlp:RequestedAuthnContext", &[("Comparison", Some("exact"))]);
        for class in &options.authn_contexts {
            xml.element("saml:AuthnContextClassRef", &[], class);
        }
        xml.close("samlp:RequestedAuthnContext");
    }
    xml.close("samlp:AuthnRequest");
    xml.finish()
}
