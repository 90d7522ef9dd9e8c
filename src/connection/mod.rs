//! The conductor: one line per stage.

mod builder;
mod login;
mod opened;
mod options;
mod verify;
mod warnings;

use chrono::{DateTime, Utc};

pub use self::builder::ConnectionBuilder;
pub use self::login::{BegunLogin, LoggedIn};
pub use self::opened::Opened;
pub use self::options::{ConnectionOptions, SignedParts};
pub(crate) use self::verify::{Signed, received_envelope};
use crate::artifact::{self, SoapClient};
use crate::assertion::{Assertion, Statements};
use crate::binding;
use crate::error::{Error, Rejection, SendError};
use crate::fingerprint::Fingerprint;
use crate::identity::{Identity, IdentityParts, Session};
use crate::limits::Limits;
use crate::logout::{
    self, LogoutMessage, LogoutOptions, LogoutOutcome, LogoutRequest, LogoutSubject, OpenedLogout,
    Receiver, StartedLogout,
};
use crate::provider::{IdentityProvider, ServiceProvider};
use crate::random::Random;
use crate::replay::Spending;
use crate::request::{self, LoginOptions, PendingRequest, StartedLogin};
use crate::send::Delivery;
pub use crate::validate::Unsolicited;
use crate::validate::{self, Facts, Rules};
pub use crate::warning::Warning;
use crate::xml::Document;
use crate::xmlenc::Budget;

/// One tenant's pairing of the two sides, with its policies. Build it once and keep it: its keys
/// are parsed.
///
/// A whole login, step by step; [`begin_login`](Connection::begin_login) and
/// [`log_in`](Connection::log_in) do the same in one call each.
///
/// ```
/// # use saml_login::testing::idp::TestIdp;
/// # use saml_login::{Connection, ServiceProvider};
/// # let now = "2030-01-31T12:00:00Z".parse()?;
/// # let idp = TestIdp::p256("https://idp.example.test")?;
/// # let sp = ServiceProvider::new("https://app.example.test", "https://app.example.test/acs");
/// # let side = idp.identity_provider()?.with_sso_url("https://idp.example.test/sso");
/// # let connection = Connection::builder("acme", sp.clone(), side).build()?;
/// use saml_login::{LoginOptions, MemoryReplayStore, Random};
///
/// # let example = async {
/// // Here: the browser is sent to the identity provider, and the request remembered for it.
/// let started = connection.start_login(LoginOptions::default(), Random::generate()?, now)?;
/// # let id = started.pending.request_id.clone();
/// # let form_value = idp.response(&sp, now).in_reply_to(&id).form_value()?;
///
/// // There: the person logs in. What the browser then posts is opened, …
/// let opened = connection.open(form_value, now)?;
/// assert_eq!(opened.in_response_to(), Some(started.pending.request_id.as_str()));
///
/// // … accepted in answer to that request, and spent.
/// let unspent = opened.accept(Some(&started.pending), now)?;
/// let replays = MemoryReplayStore::default();
/// let identity = unspent.spend(&replays, now).await?;
/// assert_eq!(identity.name_id.value, "alice@example.test");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # };
/// # saml_login::testing::contract::block_on(Box::pin(async { example.await.unwrap() }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Connection {
    id: String,
    sp: ServiceProvider,
    idp: IdentityProvider,
    options: ConnectionOptions,
    limits: Limits,
    revision: String,
    /// Whether requests for logins are signed where their options leave it open.
    signs_requests: Option<bool>,
}

impl Connection {
    /// Pairs the two sides under an id of the caller's choice, which must never be reused for
    /// another tenant: it is part of every person's key.
    pub fn builder(
        id: impl Into<String>,
        sp: ServiceProvider,
        idp: IdentityProvider,
    ) -> ConnectionBuilder {
        let (options, limits) = (ConnectionOptions::default(), Limits::default());
        let (id, revision) = (id.into(), String::new());
        let signs_requests = None;
        ConnectionBuilder::new(Self { id, sp, idp, options, limits, revision, signs_requests })
    }

    /// The id given by the caller.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Which settings it was made of: what [`ConnectionBuilder::with_revision`] said, or else a
    /// digest of its addresses, certificates and options.
    pub fn revision(&self) -> &str {
        &self.revision
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
    /// The request's ID is made of `random`.
    /// Answer the browser with the [`delivery`](StartedLogin::delivery), and remember the
    /// [`pending`](StartedLogin::pending) request for it in a
    /// [`RequestStore`](crate::RequestStore).
    ///
    /// ```
    /// # use saml_login::testing::idp::TestIdp;
    /// # use saml_login::{Connection, ServiceProvider};
    /// # let now = "2030-01-31T12:00:00Z".parse()?;
    /// # let idp = TestIdp::p256("https://idp.example.test")?;
    /// # let sp = ServiceProvider::new("https://app.example.test", "https://app.example.test/acs");
    /// # let side = idp.identity_provider()?.with_sso_url("https://idp.example.test/sso");
    /// # let connection = Connection::builder("acme", sp.clone(), side).build()?;
    /// use saml_login::binding::{Binding, RelayState};
    /// use saml_login::{Delivery, LoginOptions, Random};
    ///
    /// let options = LoginOptions::default()
    ///     .with_binding(Binding::HttpRedirect)
    ///     .with_force_authn(true)
    ///     .with_relay_state(RelayState::path("/inbox")?);
    /// let started = connection.start_login(options, Random::generate()?, now)?;
    /// let Delivery::Redirect(url) = started.delivery else { panic!("no redirect") };
    /// assert!(url.starts_with("https://idp.example.test/sso?SAMLRequest="));
    /// assert!(started.pending.force_authn);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`SendError`]: the identity provider has no such endpoint, or it cannot be signed.
    pub fn start_login(
        &self,
        options: LoginOptions,
        random: Random,
        now: DateTime<Utc>,
    ) -> Result<StartedLogin, SendError> {
        let options = LoginOptions { sign: options.sign.or(self.signs_requests), ..options };
        request::start((&self.id, &self.revision), (&self.sp, &self.idp), options, random, now)
    }

    /// Starts a logout here: makes a LogoutRequest (Core §3.7.1, Profiles §4.4). End the
    /// application's own session first.
    ///
    /// ```
    /// # use saml_login::testing::idp::TestIdp;
    /// # use saml_login::{Connection, ServiceProvider};
    /// # let now = "2030-01-31T12:00:00Z".parse()?;
    /// # let idp = TestIdp::p256("https://idp.example.test")?;
    /// # let sp = ServiceProvider::new("https://app.example.test", "https://app.example.test/acs");
    /// # let side = idp.identity_provider()?.with_sso_url("https://idp.example.test/sso");
    /// # use saml_login::binding::Binding;
    /// # use saml_login::provider::Endpoint;
    /// # let slo = Endpoint::new(Binding::HttpRedirect, "https://idp.example.test/slo");
    /// # let side = side.with_slo_endpoint(slo);
    /// # let connection = Connection::builder("acme", sp.clone(), side).build()?;
    /// use saml_login::assertion::NameId;
    /// use saml_login::logout::{LogoutOptions, LogoutSubject};
    /// use saml_login::{Delivery, Random};
    ///
    /// // As it was kept beside the session, by `LogoutSubject::from(&identity)`.
    /// let name_id = NameId::new("alice@example.test");
    /// let subject = LogoutSubject::new("acme", "https://idp.example.test", name_id, None);
    /// let random = Random::generate()?;
    /// let started = connection.start_logout(&subject, LogoutOptions::default(), random, now)?;
    /// let Delivery::Redirect(url) = started.delivery else { panic!("no redirect") };
    /// assert!(url.starts_with("https://idp.example.test/slo?SAMLRequest="));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`SendError`]: the session is of another connection, the identity provider has no such
    /// endpoint, or it cannot be signed.
    pub fn start_logout(
        &self,
        subject: &LogoutSubject,
        options: LogoutOptions,
        random: Random,
        now: DateTime<Utc>,
    ) -> Result<StartedLogout, SendError> {
        logout::start(&self.id, (&self.sp, &self.idp), subject, options, random, now)
    }

    /// Opens a message that came to the Single Logout Service URL: a request of the identity
    /// provider, or the answer to a request of ours.
    ///
    /// ```
    /// # use saml_login::testing::idp::TestIdp;
    /// # use saml_login::{Connection, ServiceProvider};
    /// # let now = "2030-01-31T12:00:00Z".parse()?;
    /// # let idp = TestIdp::p256("https://idp.example.test")?;
    /// # let sp = ServiceProvider::new("https://app.example.test", "https://app.example.test/acs")
    /// #     .with_slo_url("https://app.example.test/slo");
    /// # let side = idp.identity_provider()?;
    /// # let connection = Connection::builder("acme", sp.clone(), side).build()?;
    /// # let xml = "<samlp:LogoutRequest xmlns:samlp='urn:oasis:names:tc:SAML:2.0:protocol' \
    /// #     xmlns:saml='urn:oasis:names:tc:SAML:2.0:assertion' ID='_1' Version='2.0' \
    /// #     IssueInstant='2030-01-31T12:00:00Z' Destination='https://app.example.test/slo'>\
    /// #     <saml:Issuer>https://idp.example.test</saml:Issuer>\
    /// #     <saml:NameID>alice</saml:NameID></samlp:LogoutRequest>";
    /// # let signed = idp.sign_xml(xml, "_1", &Default::default())?;
    /// # use base64::Engine as _;
    /// # let saml_request = base64::engine::general_purpose::STANDARD.encode(signed);
    /// use saml_login::MemoryReplayStore;
    /// use saml_login::logout::{LogoutMessage, OpenedLogout};
    ///
    /// # let example = async {
    /// let message = LogoutMessage::Post { value: &saml_request, relay_state: None };
    /// match connection.open_logout(message, now)? {
    ///     OpenedLogout::Request(unspent) => {
    ///         let request = unspent.spend(&MemoryReplayStore::default(), now).await?;
    ///         // End each session that it `concerns`, then `answer_logout`.
    ///         assert_eq!(request.name_id.value, "alice");
    ///     }
    ///     OpenedLogout::Answer(answer) => {
    ///         // Take the `PendingLogout` that `answer.in_response_to()` names, and accept it.
    ///         let response = answer.accept(None, now)?;
    ///         println!("{:?}", response.outcome);
    ///     }
    ///     _ => {}
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # };
    /// # saml_login::testing::contract::block_on(Box::pin(async { example.await.unwrap() }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The first rule that the message breaks. A request has to be signed, in the form's message or
    /// on the query's octets; an answer that is not can only be
    /// [unconfirmed](LogoutOutcome::Unconfirmed).
    pub fn open_logout(
        &self,
        message: LogoutMessage<'_>,
        now: DateTime<Utc>,
    ) -> Result<OpenedLogout, Rejection> {
        let budget = Budget::of_one_message();
        let receiver = Receiver {
            connection_id: &self.id,
            audience: self.sp.audience(),
            slo_url: self.sp.slo_url().ok_or(Rejection::LogoutUnconfigured)?,
            issuer: self.idp.issuer(),
            trust: self.trust(),
            opening: self.opening(&budget),
            skew: self.options.clock_skew(),
            now,
        };
        logout::open(message, &receiver)
    }

    /// Answers a request of the identity provider, once the sessions that it concerns have ended:
    /// LogoutResponse, Core §3.7.2.
    ///
    /// # Errors
    ///
    /// [`SendError`]: the request came by another connection, the identity provider has no such
    /// endpoint, or it cannot be signed.
    pub fn answer_logout(
        &self,
        request: &LogoutRequest,
        outcome: &LogoutOutcome,
        random: Random,
        now: DateTime<Utc>,
    ) -> Result<Delivery, SendError> {
        logout::answer(&self.id, (&self.sp, &self.idp), request, outcome, random, now)
    }

    /// Opens the `SAMLResponse` form value of a POST to the ACS URL: decodes, parses, decrypts and
    /// verifies it.
    ///
    /// `form_value` is the field as the browser posted it, after form decoding; `now` is when it
    /// came. What it opens to tells which request it answers, and nothing else, until it is
    /// [accepted](Opened::accept).
    ///
    /// # Errors
    ///
    /// The first rule that the response breaks. [`Connection::explain`] tells of all of them.
    pub fn open(
        &self,
        form_value: impl AsRef<[u8]>,
        now: DateTime<Utc>,
    ) -> Result<Opened<'_>, Rejection> {
        Opened::open(self, binding::decode(form_value.as_ref(), &self.limits)?, now)
    }

    /// Opens the response that an artifact stands for (`SAMLart`, HTTP-Artifact: Bindings §3.6):
    /// fetches it from the identity provider's server, and holds it to everything that a posted one
    /// is held to.
    ///
    /// That is true of its signature, too: the ArtifactResponse around it is not verified (TLS
    /// protects the way), so a Response whose only signature is the one on the ArtifactResponse is
    /// refused as [`Rejection::SignatureMissing`]. Let the identity provider sign the Response or
    /// the Assertion itself.
    ///
    /// ```
    /// # use saml_login::testing::idp::TestIdp;
    /// # use saml_login::{Connection, ServiceProvider};
    /// # let now = "2030-01-31T12:00:00Z".parse()?;
    /// # let idp = TestIdp::p256("https://idp.example.test")?;
    /// # let sp = ServiceProvider::new("https://app.example.test", "https://app.example.test/acs");
    /// # let side = idp.identity_provider()?.with_sso_url("https://idp.example.test/sso");
    /// # let connection = Connection::builder("acme", sp.clone(), side).build()?;
    /// use saml_login::Random;
    /// use saml_login::artifact::SoapClient;
    /// use saml_login::error::BoxError;
    ///
    /// /// The application's HTTP client.
    /// struct Client;
    ///
    /// impl SoapClient for Client {
    ///     async fn post(&self, url: &str, body: String) -> Result<Vec<u8>, BoxError> {
    ///         # let _ = (url, body);
    ///         // POST with the content type `text/xml; charset=utf-8`.
    ///         Err(BoxError::new("no network here"))
    ///     }
    /// }
    ///
    /// # let example = async {
    /// let refused = connection.open_artifact("AAQAAA", &Client, Random::generate()?, now).await;
    /// assert_eq!(refused.unwrap_err().code(), "artifact_refused");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # };
    /// # saml_login::testing::contract::block_on(Box::pin(async { example.await.unwrap() }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`Connection::open`], [`Rejection::ArtifactRefused`], and [`Error::Resolution`] if
    /// the server cannot be asked.
    pub async fn open_artifact<C: SoapClient>(
        &self,
        artifact: &str,
        client: &C,
        random: Random,
        now: DateTime<Utc>,
    ) -> Result<Opened<'_>, Error> {
        let sides = (&self.sp, &self.idp);
        let xml = artifact::resolve(artifact, sides, client, &self.limits, random, now).await?;
        Ok(Opened::open(self, xml, now)?)
    }

    /// The request that a response names before anything of it is verified: enough to
    /// [look](crate::RequestStore::look) among this browser's own requests, for the settings to
    /// open it with or the page to show a refusal on. Anybody may have written it.
    pub fn unverified_in_response_to(&self, form_value: impl AsRef<[u8]>) -> Option<String> {
        let xml = binding::decode(form_value.as_ref(), &self.limits).ok()?;
        let document = Document::parse(xml, &self.limits).ok()?;
        let envelope = received_envelope(&document).ok()?;
        let of_confirmation = || {
            let statements = Statements::unverified(envelope.assertion().ok()?);
            let confirmations = statements.bearer_confirmations().ok()?;
            confirmations.iter().find_map(|data| data.in_response_to()).map(str::to_owned)
        };
        envelope.addressing().in_response_to.or_else(of_confirmation)
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) fn options(&self) -> &ConnectionOptions {
        &self.options
    }

    pub(crate) fn rules<'a>(
        &'a self,
        request: Option<&'a PendingRequest>,
        now: DateTime<Utc>,
    ) -> Rules<'a> {
        Rules {
            connection_id: &self.id,
            revision: &self.revision,
            audience: self.sp.audience(),
            acs_url: self.sp.acs_url(),
            issuer: self.idp.issuer(),
            unsolicited: self.options.unsolicited,
            ignore_unsolicited_in_response_to: self
                .options
                .danger_ignore_unsolicited_in_response_to,
            request,
            now,
            skew: self.options.clock_skew(),
        }
    }

    /// The identity, if it says all that the connection requires.
    pub(crate) fn identity(
        &self,
        assertion: Assertion<'_>,
        key_fingerprint: Fingerprint,
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
                authn_context_class_ref: first
                    .authn_context_class_ref()?
                    .map(|class| class.into_owned()),
            },
            attributes: assertion.attributes(),
            key_fingerprint,
        };
        let identity = Identity::from_parts(parts, &self.options.attribute_map);
        match identity.first_missing(&self.options.required) {
            None => Ok(identity),
            Some(field) => Err(Rejection::AttributeMissing { field: field.as_str() }),
        }
    }

    fn spending(&self, facts: &Facts<'_>) -> Result<Spending, Rejection> {
        let assertion_id = facts.statements.id()?;
        let until = validate::acceptable_until(facts)?;
        let spending = Spending::new(self.id.as_str(), self.idp.issuer(), assertion_id, until);
        Ok(match facts.rules.request_id() {
            Some(request_id) => spending.with_request_id(request_id),
            None => spending,
        })
    }
}
