//! The conductor: one line per stage.

use chrono::{DateTime, TimeDelta, Utc};

use crate::assertion::{Addressing, Assertion, Envelope, SignedDocument};
use crate::binding;
use crate::dsig::{self, SignedOctets, Trust};
use crate::error::{ConfigError, Excerpt, Part, Rejection, SendError};
use crate::identity::{AttributeMap, Identity, IdentityField, IdentityParts, Session};
use crate::limits::Limits;
use crate::login::Unspent;
use crate::logout::{
    self, LogoutMessage, LogoutOptions, LogoutOutcome, LogoutRequest, LogoutSubject, PendingLogout,
    ReceivedLogout, Receiver, StartedLogout,
};
use crate::provider::{IdentityProvider, ServiceProvider};
use crate::request::{self, LoginOptions, StartedLogin};
#[cfg(feature = "samael")]
use crate::second_opinion;
use crate::send::Delivery;
use crate::store::Spending;
use crate::trust::{KeyPair, KeyType};
use crate::validate::{self, CHECKS, ENVELOPE_CHECKS, Expected, Facts, MAX_CLOCK_SKEW, Rules, Unsolicited};
use crate::warning::{self, Address, Warning};
use crate::xml::Document;
use crate::xmlenc::{self, Opening};

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
    allow_3des: bool,
    forbid_cbc: bool,
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
            allow_3des: false,
            forbid_cbc: false,
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

    /// Starts a login here: makes an AuthnRequest (Core §3.4.1, Profiles §4.1.4.1).
    ///
    /// `random` is fresh from a cryptographic generator; the request's ID is made of it. Answer the browser with the
    /// [`delivery`](StartedLogin::delivery), and remember the [`pending`](StartedLogin::pending) request for it in a
    /// [`RequestStore`](crate::RequestStore).
    ///
    /// # Errors
    ///
    /// [`SendError`]: the identity provider has no such endpoint, or it cannot be signed.
    pub fn start_login(
        &self,
        options: LoginOptions,
        random: [u8; 32],
        now: DateTime<Utc>,
    ) -> Result<StartedLogin, SendError> {
        request::start(&self.id, &self.sp, &self.idp, options, random, now)
    }

    /// Starts a logout here: makes a LogoutRequest (Core §3.7.1, Profiles §4.4). End the application's own session first.
    ///
    /// # Errors
    ///
    /// [`SendError`]: the identity provider has no such endpoint, or it cannot be signed.
    pub fn start_logout(
        &self,
        subject: &LogoutSubject,
        options: LogoutOptions,
        random: [u8; 32],
        now: DateTime<Utc>,
    ) -> Result<StartedLogout, SendError> {
        logout::start(&self.id, (&self.sp, &self.idp), subject, options, random, now)
    }

    /// Verifies a message that came to the Single Logout Service URL: a request of the identity provider, or the answer to a request of
    /// ours, for which `pending` is what was remembered for this browser.
    ///
    /// # Errors
    ///
    /// The first rule that the message breaks. It has to be signed, in the form's message or on the query's octets.
    pub fn receive_logout(
        &self,
        message: LogoutMessage<'_>,
        pending: Option<&PendingLogout>,
        now: DateTime<Utc>,
    ) -> Result<ReceivedLogout, Rejection> {
        let receiver = Receiver {
            connection_id: &self.id,
            audience: self.sp.audience(),
            slo_url: self.sp.slo_url().ok_or(Rejection::LogoutUnconfigured)?,
            issuer: self.idp.issuer(),
            trust: self.trust(),
            opening: self.opening(),
            skew: self.settings.clock_skew,
            now,
        };
        logout::receive(message, pending, &receiver)
    }

    /// Answers a request of the identity provider, once the sessions that it concerns have ended: LogoutResponse, Core §3.7.2.
    ///
    /// # Errors
    ///
    /// [`SendError`]: the identity provider has no such endpoint, or it cannot be signed.
    pub fn answer_logout(
        &self,
        request: &LogoutRequest,
        outcome: &LogoutOutcome,
        random: [u8; 32],
        now: DateTime<Utc>,
    ) -> Result<Delivery, SendError> {
        logout::answer((&self.sp, &self.idp), request, outcome, random, now)
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
        self.second_opinion(&xml, &signed).unwrap_or(Ok(()))?;
        Ok((signed, envelope.addressing()))
    }

    /// What works and should still be looked at: certificates near their end, telltale mistakes, dangers switched on.
    pub fn warnings(&self, now: DateTime<Utc>) -> Vec<Warning> {
        let mut warnings = warning::of_providers(&self.sp, &self.idp, now);
        warnings.extend(self.dangers().into_iter().map(|switch| Warning::Danger { switch }));
        warnings
    }

    fn dangers(&self) -> Vec<&'static str> {
        let Settings { allow_sha1, allow_weak_keys, allow_3des, ignore_unsolicited_in_response_to, .. } =
            self.settings;
        [
            (allow_3des, "danger_allow_3des"),
            (allow_sha1, "danger_allow_sha1"),
            (allow_weak_keys, "danger_allow_weak_keys"),
            (ignore_unsolicited_in_response_to, "danger_ignore_unsolicited_in_response_to"),
        ]
        .into_iter()
        .filter_map(|(on, switch)| on.then_some(switch))
        .collect()
    }

    /// What is signed of a received response: every signature that is there verified, those that have to be there demanded,
    /// and what is encrypted opened.
    pub(crate) fn signed_octets(&self, envelope: Envelope<'_>) -> Result<Signed, Rejection> {
        let signed = match envelope.encrypted_assertion() {
            None => self.verified(envelope)?,
            Some(_) => self.opened(envelope)?,
        };
        // The names of elements are never written in another way, so without the text there is no such element.
        if memchr::memmem::find(signed.octets.as_str().as_bytes(), b"Encrypted").is_none() {
            return Ok(signed);
        }
        let document = SignedDocument::parse(&signed.octets, &self.settings.limits)?;
        let encrypted = document.assertion()?.encrypted_parts();
        if encrypted.is_empty() {
            return Ok(signed);
        }
        let opened = xmlenc::open(&encrypted, self.opening())?;
        Ok(signed.opened(opened))
    }

    fn verified(&self, envelope: Envelope<'_>) -> Result<Signed, Rejection> {
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
        // Both are verified on the document as it was received; the wider one is read, and the other dropped at once.
        let mut octets = None;
        let mut rests_on_sha1 = false;
        if found.assertion {
            let assertion = dsig::verify(envelope.assertion()?, Part::Assertion, self.trust())?;
            rests_on_sha1 |= assertion.rests_on_sha1();
            octets = Some(assertion).filter(|_| !found.response);
        }
        if let Some(response) = self.verified_response(envelope)? {
            rests_on_sha1 |= response.rests_on_sha1();
            octets = Some(response);
        }
        let octets = octets.ok_or(Rejection::SignatureMissing { on: Part::Message })?;
        Ok(Signed { octets, rests_on_sha1, before_opening: None })
    }

    fn verified_response(&self, envelope: Envelope<'_>) -> Result<Option<SignedOctets>, Rejection> {
        match envelope.signatures().response {
            true => dsig::verify(envelope.response(), Part::Response, self.trust()).map(Some),
            false => Ok(None),
        }
    }

    /// An encrypted assertion: a signature of the Response is verified before any key is used, and covers what it encloses; then
    /// one of the Assertion is, in what was opened.
    fn opened(&self, envelope: Envelope<'_>) -> Result<Signed, Rejection> {
        let response = self.verified_response(envelope)?;
        if response.is_none()
            && matches!(self.settings.signed_parts, SignedParts::Response | SignedParts::Both)
        {
            return Err(Rejection::SignatureMissing { on: Part::Response });
        }
        let limits = &self.settings.limits;
        let opened = match &response {
            None => self.open_assertion(envelope)?,
            Some(octets) => {
                let document = Document::parse(octets.as_str(), limits)?;
                self.open_assertion(check_envelope(received_envelope(&document)?)?)?
            }
        };
        let assertion =
            self.verified_inside(&opened, response.is_some()).map_err(|_| Rejection::DecryptionFailed)?;
        let rests_on_sha1 = response.iter().chain(&assertion).any(SignedOctets::rests_on_sha1);
        match (response, assertion) {
            (Some(octets), _) => {
                let signed = Signed { octets, rests_on_sha1, before_opening: None };
                Ok(signed.opened(opened))
            }
            (None, Some(octets)) => {
                let before_opening = Some((Some(opened), octets.as_str().to_owned()));
                Ok(Signed { octets, rests_on_sha1, before_opening })
            }
            (None, None) => Err(Rejection::DecryptionFailed),
        }
    }

    fn open_assertion(&self, envelope: Envelope<'_>) -> Result<String, Rejection> {
        let encrypted = envelope.encrypted_assertion().ok_or(Rejection::AssertionCount { found: 0 })?;
        xmlenc::open(&[encrypted], self.opening())
    }

    /// The signature of the assertion in a response that was opened. Without one, the Response's has to cover it.
    fn verified_inside(&self, opened: &str, covered: bool) -> Result<Option<SignedOctets>, Rejection> {
        let document = Document::parse(opened, &self.settings.limits)?;
        let envelope = check_envelope(received_envelope(&document)?)?;
        let assertion = envelope.assertion()?;
        if envelope.signatures().assertion {
            return dsig::verify(assertion, Part::Assertion, self.trust()).map(Some);
        }
        match self.settings.signed_parts {
            SignedParts::Any | SignedParts::Response if covered => Ok(None),
            _ => Err(Rejection::SignatureMissing { on: Part::Assertion }),
        }
    }

    fn trust(&self) -> Trust<'_> {
        Trust {
            certificates: self.idp.certificates(),
            allow_sha1: self.settings.allow_sha1,
            limits: &self.settings.limits,
        }
    }

    fn opening(&self) -> Opening<'_> {
        Opening {
            keys: self.sp.decryption_keys(),
            recipient: self.sp.audience(),
            forbid_cbc: self.settings.forbid_cbc,
            allow_3des: self.settings.allow_3des,
            limits: &self.settings.limits,
        }
    }

    /// What the second engine says, if the connection asks for it.
    pub(crate) fn second_opinion(&self, message: &str, signed: &Signed) -> Option<Result<(), Rejection>> {
        #[cfg(feature = "samael")]
        if self.settings.second_opinion {
            let (message, octets) = match &signed.before_opening {
                None => (message, signed.octets.as_str()),
                Some((opened, octets)) => (opened.as_deref().unwrap_or(message), octets.as_str()),
            };
            return Some(second_opinion::agrees(
                message,
                octets,
                self.idp.certificates(),
                &self.settings.limits,
            ));
        }
        let _ = (message, signed);
        None
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.settings.limits
    }

    pub(crate) fn rules<'a>(&'a self, expected: Expected<'a>, now: DateTime<Utc>) -> Rules<'a> {
        Rules {
            connection_id: &self.id,
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
        Ok(match facts.rules.expected.request_id() {
            Some(request_id) => spending.with_request_id(request_id),
            None => spending,
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
    /// Where something was opened: the message in which the signature was verified, if not the one received, and the octets
    /// that it was verified over. For the second opinion.
    #[cfg_attr(not(feature = "samael"), expect(dead_code, reason = "for the second opinion"))]
    before_opening: Option<(Option<String>, String)>,
}

impl Signed {
    fn opened(self, octets: String) -> Self {
        let before = self.before_opening.or_else(|| Some((None, self.octets.as_str().to_owned())));
        Self { octets: self.octets.opened(octets), before_opening: before, ..self }
    }
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

    /// Opens what is encrypted with Triple DES, whose blocks are so short that patterns show in much data.
    pub fn danger_allow_3des(mut self) -> Self {
        self.connection.settings.allow_3des = true;
        self
    }

    /// Accepts SHA-1 in signatures and digests. Collisions of SHA-1 are affordable; do this only for an identity
    /// provider that cannot do better.
    pub fn danger_allow_sha1(mut self) -> Self {
        self.connection.settings.allow_sha1 = true;
        self
    }

    /// Accepts RSA keys from 1024 bits, on either side; the default asks for 2048.
    pub fn danger_allow_weak_keys(mut self) -> Self {
        self.connection.settings.allow_weak_keys = true;
        self
    }

    /// Lets unsolicited responses carry an InResponseTo, which is ignored. Some identity providers send an invented one.
    pub fn danger_ignore_unsolicited_in_response_to(mut self) -> Self {
        self.connection.settings.ignore_unsolicited_in_response_to = true;
        self
    }

    /// Refuses encryption in the CBC mode, which nothing protects against changes but the signature. Default: it is opened, for
    /// most identity providers know nothing else.
    pub fn forbid_cbc(mut self) -> Self {
        self.connection.settings.forbid_cbc = true;
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
        if sp.decryption_keys().iter().any(|key| !matches!(key.certificate().key(), KeyType::Rsa { .. })) {
            return Err(ConfigError::DecryptionKeyNotRsa);
        }
        let slo = sp.slo_url().map(|url| ("Single Logout Service URL", url));
        let endpoints = idp.sso_endpoints().iter().map(|endpoint| ("Single Sign-On Service", endpoint));
        let endpoints =
            endpoints.chain(idp.slo_endpoints().iter().map(|endpoint| ("Single Logout Service", endpoint)));
        let urls = endpoints.flat_map(|(what, endpoint)| {
            [Some(&endpoint.location), endpoint.response_location.as_ref()]
                .into_iter()
                .flatten()
                .map(move |url| (what, url.as_str()))
        });
        let resolution =
            idp.artifact_resolution().iter().map(|(_, url)| ("Artifact Resolution Service", url.as_str()));
        if let Some((what, url)) =
            urls.chain(resolution).chain(slo).find(|(_, url)| Address::of(url) == Address::None)
        {
            return Err(ConfigError::EndpointInvalid { what, found: Excerpt::new(url) });
        }
        let ours = sp.signing_keys().iter().chain(sp.decryption_keys()).map(KeyPair::certificate);
        for certificate in idp.certificates().iter().chain(ours) {
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
