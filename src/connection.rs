//! The conductor: one line per stage.

use chrono::{DateTime, TimeDelta, Utc};

use crate::assertion::{Addressing, Assertion, Envelope, SignedDocument};
use crate::binding;
use crate::dsig::{self, SignedOctets, Trust};
use crate::error::{ConfigError, Excerpt, Part, Rejection};
use crate::identity::{AttributeMap, Identity, IdentityField, IdentityParts, Session};
use crate::limits::Limits;
use crate::login::Unspent;
use crate::provider::{IdentityProvider, ServiceProvider};
#[cfg(feature = "samael")]
use crate::second_opinion;
use crate::store::Spending;
use crate::trust::KeyType;
use crate::validate::{self, CHECKS, ENVELOPE_CHECKS, Expected, Facts, MAX_CLOCK_SKEW, Rules, Unsolicited};
use crate::warning::{self, Address, Warning};
use crate::xml::Document;

/// One tenant's pairing of the two sides, with its policies. Build it once and keep it: its keys are parsed.
#[derive(Clone, Debug)]
pub struct Connection {
    id: String,
    sp: ServiceProvider,
    idp: IdentityProvider,
    settings: Settings,
}

#[derive(Clone, Debug)]
struct Settings {
    attribute_map: AttributeMap,
    clock_skew: TimeDelta,
    limits: Limits,
    required: Vec<IdentityField>,
    signed_parts: SignedParts,
    unsolicited: Unsolicited,
    allow_sha1: bool,
    allow_weak_keys: bool,
    ignore_unsolicited_in_response_to: bool,
    #[cfg(feature = "samael")]
    second_opinion: bool,
}

/// Which parts of a response must be signed. A signature that is present must verify in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignedParts {
    /// The Response or the Assertion: whatever the identity provider prefers.
    #[default]
    Any,
    /// The Assertion.
    Assertion,
    /// Both.
    Both,
    /// The Response, with all that is in it.
    Response,
}

impl Connection {
    /// Pairs the two sides under an id of the caller's choice, which must never be reused for another tenant: it is
    /// part of every person's key.
    pub fn builder(id: impl Into<String>, sp: ServiceProvider, idp: IdentityProvider) -> ConnectionBuilder {
        let settings = Settings {
            attribute_map: AttributeMap::default(),
            clock_skew: TimeDelta::seconds(60),
            limits: Limits::default(),
            required: Vec::new(),
            signed_parts: SignedParts::default(),
            unsolicited: Unsolicited::default(),
            allow_sha1: false,
            allow_weak_keys: false,
            ignore_unsolicited_in_response_to: false,
            #[cfg(feature = "samael")]
            second_opinion: false,
        };
        ConnectionBuilder { connection: Self { id: id.into(), sp, idp, settings } }
    }

    /// The id given by the caller.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Our side.
    pub fn service_provider(&self) -> &ServiceProvider {
        &self.sp
    }

    /// The customer's side.
    pub fn identity_provider(&self) -> &IdentityProvider {
        &self.idp
    }

    /// Verifies the `SAMLResponse` form value of a POST to the ACS URL.
    ///
    /// `form_value` is the field as the browser posted it, after form decoding. `expected` says what the caller
    /// remembers of this browser. `now` is the current time.
    ///
    /// The result still has to be [spent](Unspent::spend) before it yields the identity.
    ///
    /// # Errors
    ///
    /// The first rule that the response breaks. [`Connection::explain`] tells of all of them.
    pub fn verify(
        &self,
        form_value: impl AsRef<[u8]>,
        expected: Expected<'_>,
        now: DateTime<Utc>,
    ) -> Result<Unspent, Rejection> {
        let xml = binding::decode(form_value.as_ref(), &self.settings.limits)?;
        let (signed, addressing) = self.signed_part(xml)?;
        let document = SignedDocument::parse(&signed.octets, &self.settings.limits)?;
        let addressing = match document.envelope()? {
            Some(signed) => check_envelope(signed)?.addressing(),
            None => addressing,
        };
        let assertion = document.assertion()?;
        let rules = self.rules(expected, now);
        let facts = Facts { addressing: &addressing, statements: assertion.statements(), rules: &rules };
        CHECKS.iter().try_for_each(|check| (check.run)(&facts))?;
        let identity = self.identity(assertion, &signed.octets)?;
        Ok(Unspent::new(identity, self.spending(&facts)?))
    }

    /// What is signed, and what the Response around it says. The received document ends here.
    fn signed_part(&self, xml: String) -> Result<(Signed, Addressing), Rejection> {
        let received = Document::parse(&xml, &self.settings.limits)?;
        let envelope = check_envelope(received_envelope(&received)?)?;
        let signed = self.signed_octets(envelope)?;
        self.second_opinion(&xml, envelope, &signed).unwrap_or(Ok(()))?;
        Ok((signed, envelope.addressing()))
    }

    /// What works and should still be looked at: certificates near their end, telltale mistakes, dangers switched on.
    pub fn warnings(&self, now: DateTime<Utc>) -> Vec<Warning> {
        let mut warnings = warning::of_providers(&self.sp, &self.idp, now);
        warnings.extend(self.dangers().into_iter().map(|switch| Warning::Danger { switch }));
        warnings
    }

    fn dangers(&self) -> Vec<&'static str> {
        let Settings { allow_sha1, allow_weak_keys, ignore_unsolicited_in_response_to, .. } = self.settings;
        [
            (allow_sha1, "danger_allow_sha1"),
            (allow_weak_keys, "danger_allow_weak_keys"),
            (ignore_unsolicited_in_response_to, "danger_ignore_unsolicited_in_response_to"),
        ]
        .into_iter()
        .filter_map(|(on, switch)| on.then_some(switch))
        .collect()
    }

    /// Verifies every signature that is there, and demands those that have to be.
    pub(crate) fn signed_octets(&self, envelope: Envelope<'_>) -> Result<Signed, Rejection> {
        let trust = Trust {
            certificates: self.idp.certificates(),
            allow_sha1: self.settings.allow_sha1,
            limits: &self.settings.limits,
        };
        let found = envelope.signatures();
        let missing = match self.settings.signed_parts {
            SignedParts::Any if !found.response && !found.assertion => Some(Part::Message),
            SignedParts::Response | SignedParts::Both if !found.response => Some(Part::Response),
            SignedParts::Assertion | SignedParts::Both if !found.assertion => Some(Part::Assertion),
            _ => None,
        };
        if let Some(on) = missing {
            return Err(Rejection::SignatureMissing { on });
        }
        // Both are verified on the document as it was received; the wider one is read.
        let assertion = match found.assertion {
            true => Some(dsig::verify(envelope.assertion()?, Part::Assertion, trust)?),
            false => None,
        };
        let response = match found.response {
            true => Some(dsig::verify(envelope.response(), Part::Response, trust)?),
            false => None,
        };
        let rests_on_sha1 = response.iter().chain(&assertion).any(SignedOctets::rests_on_sha1);
        let octets = response.or(assertion).ok_or(Rejection::SignatureMissing { on: Part::Message })?;
        Ok(Signed { octets, rests_on_sha1 })
    }

    /// What the second engine says, if the connection asks for it.
    pub(crate) fn second_opinion(
        &self,
        message: &str,
        envelope: Envelope<'_>,
        signed: &Signed,
    ) -> Option<Result<(), Rejection>> {
        #[cfg(feature = "samael")]
        if self.settings.second_opinion {
            return Some(second_opinion::agrees(message, envelope, &signed.octets, self.idp.certificates()));
        }
        let _ = (message, envelope, signed);
        None
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.settings.limits
    }

    pub(crate) fn rules<'a>(&'a self, expected: Expected<'a>, now: DateTime<Utc>) -> Rules<'a> {
        Rules {
            audience: self.sp.audience(),
            acs_url: self.sp.acs_url(),
            issuer: self.idp.issuer(),
            unsolicited: self.settings.unsolicited,
            ignore_unsolicited_in_response_to: self.settings.ignore_unsolicited_in_response_to,
            expected,
            now,
            skew: self.settings.clock_skew,
        }
    }

    /// The identity, if it says all that the connection requires.
    pub(crate) fn identity(
        &self,
        assertion: Assertion<'_>,
        octets: &SignedOctets,
    ) -> Result<Identity, Rejection> {
        let statements = assertion.statements();
        let authn = statements.authn_statements()?;
        let first = authn
            .first()
            .ok_or(Rejection::ElementMissing { parent: "Assertion", element: "AuthnStatement" })?;
        let parts = IdentityParts {
            connection_id: self.id.clone(),
            issuer: self.idp.issuer().to_owned(),
            name_id: assertion.name_id()?,
            session: Session {
                session_index: first.session_index().map(str::to_owned),
                session_not_on_or_after: statements.session_not_on_or_after()?,
                authn_instant: first.authn_instant()?,
                authn_context_class_ref: first.authn_context_class_ref()?.map(|class| class.into_owned()),
            },
            attributes: assertion.attributes(),
            key_fingerprint: octets.fingerprint().to_owned(),
        };
        let identity = Identity::from_parts(parts, &self.settings.attribute_map);
        match identity.first_missing(&self.settings.required) {
            None => Ok(identity),
            Some(field) => Err(Rejection::AttributeMissing { field: field.as_str() }),
        }
    }

    fn spending(&self, facts: &Facts<'_>) -> Result<Spending, Rejection> {
        let assertion_id = facts.statements.id()?;
        let until = validate::acceptable_until(facts)?;
        let spending = Spending::new(self.id.as_str(), self.idp.issuer(), assertion_id, until);
        Ok(match facts.rules.expected {
            Expected::Reply { request_id } => spending.with_request_id(request_id),
            Expected::Unsolicited => spending,
        })
    }
}

/// The response as it was received.
pub(crate) fn received_envelope<'d>(document: &'d Document<'_>) -> Result<Envelope<'d>, Rejection> {
    let root = document.root().ok_or_else(|| Rejection::NotAResponse { found: Excerpt::new("") })?;
    Ok(Envelope::new(root, false))
}

fn check_envelope(envelope: Envelope<'_>) -> Result<Envelope<'_>, Rejection> {
    ENVELOPE_CHECKS.iter().try_for_each(|check| (check.run)(&envelope))?;
    Ok(envelope)
}

/// What the signatures of a response cover.
pub(crate) struct Signed {
    pub(crate) octets: SignedOctets,
    /// Whether any of them rests on SHA-1.
    pub(crate) rests_on_sha1: bool,
}

/// Sets up a [`Connection`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it builds"]
pub struct ConnectionBuilder {
    connection: Connection,
}

impl ConnectionBuilder {
    /// Replaces the attribute map, which knows the names that the usual identity providers send.
    pub fn attribute_map(mut self, attribute_map: AttributeMap) -> Self {
        self.connection.settings.attribute_map = attribute_map;
        self
    }

    /// How far the two clocks may be apart. Default 60 s, at most 300 s.
    pub fn clock_skew(mut self, clock_skew: TimeDelta) -> Self {
        self.connection.settings.clock_skew = clock_skew;
        self
    }

    /// Accepts SHA-1 in signatures and digests. Collisions of SHA-1 are affordable; do this only for an identity
    /// provider that cannot do better.
    pub fn danger_allow_sha1(mut self) -> Self {
        self.connection.settings.allow_sha1 = true;
        self
    }

    /// Accepts RSA keys from 1024 bits; the default asks for 2048.
    pub fn danger_allow_weak_keys(mut self) -> Self {
        self.connection.settings.allow_weak_keys = true;
        self
    }

    /// Lets unsolicited responses carry an InResponseTo, which is ignored. Some identity providers send an invented one.
    pub fn danger_ignore_unsolicited_in_response_to(mut self) -> Self {
        self.connection.settings.ignore_unsolicited_in_response_to = true;
        self
    }

    /// Replaces the bounds on the work that one response can cause.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.connection.settings.limits = limits;
        self
    }

    /// Refuses people of whom the response does not say all of this. Default: nothing is required beyond the NameID.
    pub fn require(mut self, fields: impl IntoIterator<Item = IdentityField>) -> Self {
        self.connection.settings.required = fields.into_iter().collect();
        self
    }

    /// Asks libxmlsec1 for its opinion of every message that is verified, and refuses where it does not come to the same
    /// octets. It doubles the work. RSA-PSS is unknown to its versions before 1.3, and so refused.
    #[cfg(feature = "samael")]
    pub fn second_opinion(mut self) -> Self {
        self.connection.settings.second_opinion = true;
        self
    }

    /// Which parts have to be signed. Default: either.
    pub fn signed_parts(mut self, signed_parts: SignedParts) -> Self {
        self.connection.settings.signed_parts = signed_parts;
        self
    }

    /// Whether responses are taken that answer no request. Default: they are not.
    pub fn unsolicited(mut self, unsolicited: Unsolicited) -> Self {
        self.connection.settings.unsolicited = unsolicited;
        self
    }

    /// Builds the connection.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the field that is empty, malformed or too weak.
    pub fn build(self) -> Result<Connection, ConfigError> {
        let Connection { id, sp, idp, settings } = &self.connection;
        let blank = |text: &str| text.trim().is_empty();
        let skew = settings.clock_skew;
        if blank(id) {
            return Err(ConfigError::ConnectionIdEmpty);
        }
        if blank(sp.audience()) {
            return Err(ConfigError::AudienceEmpty);
        }
        if blank(sp.acs_url()) {
            return Err(ConfigError::AcsUrlEmpty);
        }
        if blank(idp.issuer()) {
            return Err(ConfigError::IssuerEmpty);
        }
        if let Some(url) = idp.sso_url().filter(|url| Address::of(url) == Address::None) {
            return Err(ConfigError::SsoUrlInvalid { found: Excerpt::new(url) });
        }
        if skew < TimeDelta::zero() || skew > TimeDelta::seconds(MAX_CLOCK_SKEW) {
            return Err(ConfigError::ClockSkewOutOfRange { seconds: skew.num_seconds() });
        }
        for certificate in idp.certificates() {
            if let KeyType::Rsa { bits } = certificate.key()
                && bits < 2048
                && !settings.allow_weak_keys
            {
                let fingerprint = certificate.fingerprint().to_owned();
                return Err(ConfigError::KeyTooWeak { fingerprint, bits });
            }
        }
        Ok(self.connection)
    }
}
