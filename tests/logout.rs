//! Single logout, both ways: made messages, captured ones, and third-party vectors.

mod common;

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use common::{Verify as _, at, block_on, now, unsolicited_on};
use saml_login::assertion::NameId;
use saml_login::binding::{Binding, PostForm, RelayState};
use saml_login::error::BoxError;
use saml_login::logout::{
    LogoutMessage, LogoutOptions, LogoutOutcome, LogoutRequest, LogoutResponse, LogoutSubject,
    OpenedLogout, StartedLogout,
};
use saml_login::provider::Endpoint;
use saml_login::replay::{SpendOutcome, Spending};
use saml_login::request::PendingLogout;
use saml_login::testing::idp::{SignatureOptions, TestIdp};
use saml_login::{
    Certificates, Connection, Delivery, Error, Identity, IdentityProvider, KeyPair,
    MemoryReplayStore, Random, Rejection, ReplayStore, ServiceProvider, Unspent,
};

static IDP: LazyLock<TestIdp> =
    LazyLock::new(|| TestIdp::rsa("https://idp.example.test").expect("a key"));

const SLO: &str = "https://app.example.test/saml/slo";
const RANDOM: [u8; 32] = [7; 32];

fn random() -> Random {
    Random::new(RANDOM)
}

fn sp() -> ServiceProvider {
    common::sp().with_slo_url(SLO)
}

fn fixture(file: &str) -> Vec<u8> {
    fs::read(format!("{}/fixtures/{file}", env!("CARGO_MANIFEST_DIR"))).expect("a fixture")
}

fn signing() -> ServiceProvider {
    sp().with_signing_key(
        KeyPair::from_pem(fixture("sp-key.pem"), fixture("sp-cert.pem")).expect("a pair"),
    )
}

fn connection(sp: ServiceProvider) -> Connection {
    let mut answers_elsewhere =
        Endpoint::new(Binding::HttpRedirect, "https://idp.example.test/slo");
    answers_elsewhere.response_location = Some("https://idp.example.test/slo/answers".into());
    let idp = IDP.identity_provider().expect("a certificate").with_slo_endpoint(answers_elsewhere);
    let idp = idp
        .with_slo_endpoint(Endpoint::new(Binding::HttpPost, "https://idp.example.test/slo/post"));
    let builder = Connection::builder("acme", sp, idp).with_options(unsolicited_on());
    builder.build().expect("a connection")
}

fn alice() -> Identity {
    let form_value = IDP.response(&sp(), now()).form_value().expect("a response");
    let unspent = connection(sp()).verify(form_value, None, now()).expect("a login");
    block_on(unspent.spend(&MemoryReplayStore::default(), now())).expect("the first use")
}

fn subject() -> LogoutSubject {
    LogoutSubject::from(&alice())
}

fn started(options: LogoutOptions) -> StartedLogout {
    connection(signing()).start_logout(&subject(), options, random(), now()).expect("a logout")
}

/// A message of the identity provider; attributes and content are as given.
fn message(name: &str, attributes: &str, content: &str) -> String {
    format!(
        "<samlp:{name} xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" \
         xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"_message\" Version=\"2.0\" \
         IssueInstant=\"2030-01-31T12:00:00Z\"{attributes}><saml:Issuer>https://idp.example.test</saml:Issuer>\
         {content}</samlp:{name}>"
    )
}

fn request(attributes: &str, content: &str) -> String {
    message("LogoutRequest", &format!(" Destination=\"{SLO}\"{attributes}"), content)
}

const NAME: &str = "<saml:NameID Format=\"urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress\">alice@example.test</saml:NameID>";
const SUCCESS: &str = "<samlp:Status><samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"></samlp:StatusCode></samlp:Status>";

fn posted(xml: &str) -> String {
    STANDARD
        .encode(IDP.sign_xml(xml, "_message", &SignatureOptions::default()).expect("a signature"))
}

const SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";

fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn deflated(xml: &str) -> String {
    let mut deflated = Vec::new();
    let mut encoder =
        flate2::read::DeflateEncoder::new(xml.as_bytes(), flate2::Compression::default());
    std::io::Read::read_to_end(&mut encoder, &mut deflated).expect("DEFLATE");
    encode(&STANDARD.encode(deflated))
}

fn redirected(parameter: &str, xml: &str, relay_state: &str) -> String {
    let query = format!("{parameter}={}{relay_state}&SigAlg={}", deflated(xml), encode(SHA256));
    let signature = IDP.sign_octets(SHA256, query.as_bytes()).expect("a signature");
    format!("{query}&Signature={}", encode(&STANDARD.encode(signature)))
}

/// What a message comes to once it is opened and, if it is an answer, accepted.
#[derive(Debug)]
enum Received {
    Request(Box<Unspent<LogoutRequest>>),
    Response(LogoutResponse),
}

fn receive(
    connection: &Connection,
    message: LogoutMessage<'_>,
    pending: Option<&PendingLogout>,
    at: DateTime<Utc>,
) -> Result<Received, Rejection> {
    match connection.open_logout(message, at)? {
        OpenedLogout::Request(request) => Ok(Received::Request(request)),
        OpenedLogout::Answer(answer) => answer.accept(pending, at).map(Received::Response),
        other => panic!("{other:?}"),
    }
}

fn received(
    message: LogoutMessage<'_>,
    pending: Option<&PendingLogout>,
) -> Result<Received, &'static str> {
    receive(&connection(sp()), message, pending, now()).map_err(|rejection| rejection.code())
}

fn request_of(message: LogoutMessage<'_>) -> Result<LogoutRequest, &'static str> {
    match received(message, None)? {
        Received::Request(unspent) => {
            Ok(block_on(unspent.spend(&MemoryReplayStore::default(), now()))
                .expect("the first use"))
        }
        other => panic!("{other:?} is no request"),
    }
}

fn post(value: &str) -> LogoutMessage<'_> {
    LogoutMessage::Post { value, relay_state: Some("rs") }
}

fn form(delivery: &Delivery) -> &PostForm {
    match delivery {
        Delivery::Post(form) => form,
        other => panic!("{other:?} is no form"),
    }
}

#[test]
fn a_request_names_the_session_and_is_signed() {
    let mut options = LogoutOptions::default();
    options.binding = Some(Binding::HttpPost);
    let started = started(options);
    let (name, value) = form(&started.delivery).fields().next().expect("a field");
    assert_eq!(name, "SAMLRequest");
    let xml = String::from_utf8(STANDARD.decode(value).expect("Base64")).expect("UTF-8");
    let (start, rest) = xml.split_once("<ds:Signature").expect("a signature");
    assert_eq!(
        start,
        format!(
            "<samlp:LogoutRequest xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" \
             xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"{}\" Version=\"2.0\" \
             IssueInstant=\"2030-01-31T12:00:00Z\" Destination=\"https://idp.example.test/slo/post\" \
             NotOnOrAfter=\"2030-01-31T12:10:00Z\"><saml:Issuer>{}</saml:Issuer>",
            common::message_id(RANDOM),
            sp().audience()
        )
    );
    assert!(rest.ends_with(&format!(
        "</ds:Signature>{NAME}<samlp:SessionIndex>_session</samlp:SessionIndex></samlp:LogoutRequest>"
    )));
}

/// Our own signatures verify by the same rules as anybody's: the two sides exchanged.
#[test]
fn our_messages_are_what_we_would_take() {
    let certificates = Certificates::parse(fixture("sp-cert.pem")).expect("a certificate");
    let idp = IdentityProvider::new(sp().audience(), certificates);
    for (binding, location) in [
        (Binding::HttpRedirect, "https://idp.example.test/slo"),
        (Binding::HttpPost, "https://idp.example.test/slo/post"),
    ] {
        let exchanged =
            ServiceProvider::new("https://idp.example.test", "urn:acs").with_slo_url(location);
        let exchanged =
            Connection::builder("other", exchanged, idp.clone()).build().expect("a connection");
        let mut options = LogoutOptions::default();
        options.binding = Some(binding);
        options.relay_state = Some(RelayState::path("/bye").expect("a path"));
        let started = started(options);
        let received = match &started.delivery {
            Delivery::Redirect(url) => {
                let (_, query) = url.split_once('?').expect("a query");
                exchanged.open_logout(LogoutMessage::Redirect { query }, now())
            }
            delivery => {
                let (_, value) = form(delivery).fields().next().expect("a field");
                exchanged.open_logout(post(value), now())
            }
        };
        let OpenedLogout::Request(unspent) = received.expect("a request") else {
            panic!("no request")
        };
        let request =
            block_on(unspent.spend(&MemoryReplayStore::default(), now())).expect("the first use");
        assert_eq!(request.id, started.pending.request_id);
        assert!(!request.concerns(&subject()), "the connection is another");
        let mut of_the_other = subject();
        of_the_other.connection_id = "other".into();
        assert!(!request.concerns(&of_the_other), "the issuer is another");
        of_the_other.issuer = sp().audience().into();
        assert!(request.concerns(&of_the_other));
    }
}

#[test]
fn a_request_of_the_identity_provider_is_verified_and_used_once() {
    let xml = request(
        " NotOnOrAfter=\"2030-01-31T12:05:00Z\"",
        &format!("{NAME}<samlp:SessionIndex>_session</samlp:SessionIndex>"),
    );
    let query = redirected("SAMLRequest", &xml, "&RelayState=a%20b");
    for (message, relay_state) in
        [(post(&posted(&xml)), "rs"), (LogoutMessage::Redirect { query: &query }, "a b")]
    {
        let request = request_of(message).expect("a request");
        assert_eq!(
            (request.id.as_str(), request.relay_state.as_deref()),
            ("_message", Some(relay_state))
        );
        assert!(request.concerns(&subject()));
    }
    let store = MemoryReplayStore::default();
    let spend =
        || match received(LogoutMessage::Redirect { query: &query }, None).expect("a request") {
            Received::Request(unspent) => block_on(unspent.spend(&store, now())),
            other => panic!("{other:?}"),
        };
    assert!(spend().is_ok());
    assert_eq!(spend().map_err(|error: Error| error.code()).err(), Some("assertion_replayed"));
}

/// A store that has forgotten everything, as one may once something is over.
struct Forgetful;

impl ReplayStore for Forgetful {
    async fn spend(&self, _: &Spending, _: DateTime<Utc>) -> Result<SpendOutcome, BoxError> {
        Ok(SpendOutcome::Fresh)
    }
}

#[test]
fn a_request_that_is_over_is_not_spent() {
    let value = posted(&request(" NotOnOrAfter=\"2030-01-31T12:05:00Z\"", NAME));
    let spend = |later: TimeDelta| match received(post(&value), None).expect("a request") {
        Received::Request(unspent) => block_on(unspent.spend(&Forgetful, now() + later)),
        other => panic!("{other:?}"),
    };
    // The largest clock skew that a connection can have is part of it.
    let end = TimeDelta::minutes(10);
    assert!(spend(end - TimeDelta::milliseconds(1)).is_ok());
    for later in [end, TimeDelta::days(1)] {
        assert_eq!(spend(later).map_err(|error| error.code()).err(), Some("expired"));
    }
}

#[test]
fn a_request_concerns_the_sessions_that_it_names() {
    let concerns = |content: &str, subject: &LogoutSubject| {
        request_of(post(&posted(&request("", content)))).expect("a request").concerns(subject)
    };
    let index = |index: &str| format!("<samlp:SessionIndex>{index}</samlp:SessionIndex>");
    assert!(concerns(NAME, &subject()), "no index means every session");
    assert!(concerns(&format!("{NAME}{}{}", index("_other"), index("_session")), &subject()));
    assert!(!concerns(&format!("{NAME}{}", index("_other")), &subject()));
    assert!(!concerns(&NAME.replace("alice", "bob"), &subject()));
    assert!(!concerns(
        &NAME.replace("1.1:nameid-format:emailAddress", "2.0:nameid-format:persistent"),
        &subject()
    ));
    // Identity providers mix up the version numbers of the formats, and nothing else.
    for (format, same) in [
        ("urn:oasis:names:tc:SAML:2.0:nameid-format:emailAddress", true),
        ("urn:oasis:names:tc:SAML:1.0:nameid-format:emailAddress", true),
        ("urn:oasis:names:tc:SAML:1.0:nameid-format:unspecified", true),
        ("urn:oasis:names:tc:SAML:3.0:nameid-format:emailAddress", false),
        ("urn:oasis:names:tc:SAML:1.1:nameid-format:emailaddress", false),
        ("urn:oasis:names:tc:SAML:1.1:nameid-format:transient", false),
        ("urn:example", false),
    ] {
        let name = NAME.replace("urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress", format);
        assert_eq!(concerns(&name, &subject()), same, "{format}");
    }
    let mut qualified: NameId = subject().name_id;
    qualified.sp_name_qualifier = Some("urn:other".into());
    let qualified = LogoutSubject::new("acme", "https://idp.example.test", qualified, None);
    assert!(concerns(NAME, &qualified));
    assert!(!concerns(
        &NAME.replace("<saml:NameID", "<saml:NameID SPNameQualifier=\"urn:sp\""),
        &qualified
    ));
}

#[test]
fn what_cannot_be_sent_is_an_error_that_says_so() {
    for binding in [Binding::Soap, Binding::HttpArtifact] {
        let idp = IDP.identity_provider().expect("a certificate");
        let idp = idp.with_slo_endpoint(Endpoint::new(binding, "https://idp.example.test/soap"));
        let acme = Connection::builder("acme", sp(), idp).build().expect("a connection");
        let code = |binding| {
            let mut options = LogoutOptions::default();
            options.binding = binding;
            acme.start_logout(&subject(), options, random(), now())
                .map(|_| ())
                .map_err(|error| error.code())
        };
        assert_eq!(code(Some(binding)), Err("binding_unusable"));
        assert_eq!(code(None), Err("endpoint_missing"));
        assert_eq!(code(Some(Binding::HttpPost)), Err("endpoint_missing"));
    }
}

#[test]
fn no_tenant_ends_the_sessions_of_another() {
    let of = |connection_id: &str, issuer: &str| {
        let LogoutSubject { name_id, session_index, .. } = subject();
        LogoutSubject::new(connection_id, issuer, name_id, session_index)
    };
    let (acme, globex) = (connection(signing()), "globex");
    let issuer = "https://idp.example.test";
    let request = request_of(post(&posted(&request("", NAME)))).expect("a request");
    assert_eq!((request.connection_id.as_str(), request.issuer.as_str()), ("acme", issuer));
    assert!(request.concerns(&of("acme", issuer)));
    let start = |subject: &LogoutSubject| {
        let started = acme.start_logout(subject, LogoutOptions::default(), random(), now());
        started.map(|_| ()).map_err(|error| error.code())
    };
    assert_eq!(start(&of("acme", issuer)), Ok(()));
    for foreign in [
        of(globex, issuer),
        of("acme", "https://idp2.example.test"),
        of("", ""),
        of("ACME", issuer),
    ] {
        assert!(!request.concerns(&foreign), "{} {}", foreign.connection_id, foreign.issuer);
        assert_eq!(start(&foreign), Err("connection_foreign"));
    }
    // Nor is a request answered in the name of another.
    let idp = acme.identity_provider().clone();
    let other = Connection::builder(globex, signing(), idp).build().expect("a connection");
    let answer = |connection: &Connection| {
        let answer = connection.answer_logout(&request, &LogoutOutcome::Complete, random(), now());
        answer.map(|_| ()).map_err(|error| error.code())
    };
    assert_eq!((answer(&acme), answer(&other)), (Ok(()), Err("connection_foreign")));
}

#[test]
fn every_rule_has_its_refusal() {
    let code = |xml: &str| request_of(post(&posted(xml))).err();
    let honest = request("", NAME);
    assert_eq!(code(&honest), None);
    for (xml, expected) in [
        (honest.replace("Version=\"2.0\"", "Version=\"1.1\""), "version_unsupported"),
        (
            honest.replace(">https://idp.example.test<", ">https://other.example.test<"),
            "issuer_mismatch",
        ),
        (
            honest.replace("<saml:Issuer>https://idp.example.test</saml:Issuer>", "<saml:Issuer/>"),
            "issuer_mismatch",
        ),
        (
            honest.replace(
                "<saml:Issuer>",
                "<saml:Issuer Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:transient\">",
            ),
            "issuer_format",
        ),
        (honest.replace(SLO, "https://app.example.test/other"), "destination_mismatch"),
        (message("LogoutRequest", "", NAME), "destination_missing"),
        (request(" NotOnOrAfter=\"2030-01-31T11:59:00Z\"", NAME), "expired"),
        (honest.replace("12:00:00Z", "11:53:00Z"), "expired"),
        (honest.replace("12:00:00Z", "12:06:01Z"), "not_yet_valid"),
        (honest.replace("12:00:00Z", "noon"), "instant_malformed"),
        (request("", ""), "name_id_missing"),
        (request("", &format!("{NAME}{NAME}")), "element_repeated"),
        (request("", "<saml:EncryptedID></saml:EncryptedID>"), "decryption_key_missing"),
        (honest.replace("samlp:LogoutRequest", "samlp:Response"), "not_a_logout_message"),
    ] {
        assert_eq!(code(&xml), Some(expected), "{xml}");
    }
    let unsigned = STANDARD.encode(&honest);
    assert_eq!(request_of(post(&unsigned)).err(), Some("signature_missing"));
    let tampered = STANDARD.decode(posted(&honest)).expect("Base64");
    let tampered = String::from_utf8(tampered).expect("UTF-8").replace("alice", "bob");
    assert_eq!(request_of(post(&STANDARD.encode(tampered))).err(), Some("digest_mismatch"));
    let without =
        Connection::builder("acme", common::sp(), IDP.identity_provider().expect("a certificate"));
    let refused = without.build().expect("a connection").open_logout(post(&unsigned), now());
    assert_eq!(refused.expect_err("a refusal").code(), "logout_unconfigured");
}

#[test]
fn a_query_is_verified_as_it_was_received() {
    let xml = request("", NAME);
    let honest = redirected("SAMLRequest", &xml, "&RelayState=%2fA");
    let code = |query: &str| request_of(LogoutMessage::Redirect { query }).err();
    assert_eq!(code(&honest), None);
    let (message, signature) = honest.split_once("&Signature=").expect("a signature");
    for (query, expected) in [
        (honest.replace("RelayState=%2fA", "RelayState=%2FA"), "signature_invalid"),
        (honest.replace("&RelayState=%2fA", ""), "signature_invalid"),
        (format!("{honest}&RelayState=b"), "query_malformed"),
        (format!("{honest}&SAMLResponse=b"), "query_malformed"),
        (message.to_owned(), "query_malformed"),
        (format!("SAMLRequest={}", deflated(&xml)), "signature_missing"),
        (honest.replace("rsa%2Dsha256", "rsa%2Dsha1"), "algorithm_forbidden"),
        (honest.replace("rsa%2Dsha256", "none"), "algorithm_forbidden"),
        (honest.replace(signature, "AAAA"), "signature_invalid"),
        (redirected("SAMLResponse", &xml, ""), "not_a_logout_message"),
        (
            redirected(
                "SAMLRequest",
                &String::from_utf8(STANDARD.decode(posted(&xml)).expect("Base64")).expect("UTF-8"),
                "",
            ),
            "signature_misplaced",
        ),
    ] {
        assert_eq!(code(&query), Some(expected), "{query}");
    }
    // Other parameters and the order do not matter: the signature is over those of the binding, in
    // their order.
    let shuffled = format!("Signature={signature}&x=y&{message}");
    assert_eq!(code(&shuffled), None);
}

#[test]
fn an_answer_is_to_the_request_of_this_browser() {
    let mut options = LogoutOptions::default();
    options.relay_state = Some(RelayState::path("/bye").expect("a path"));
    let pending = started(options).pending;
    let answer = |status: &str| {
        let attributes = format!(" Destination=\"{SLO}\" InResponseTo=\"{}\"", pending.request_id);
        message("LogoutResponse", &attributes, status)
    };
    let outcome = |xml: &str, pending: Option<&PendingLogout>, at: DateTime<Utc>| {
        let value = posted(xml);
        let received = receive(&connection(sp()), post(&value), pending, at);
        match received.map_err(|rejection| rejection.code())? {
            Received::Response(response) => {
                assert_eq!(response.relay_state.as_ref().map(RelayState::as_str), Some("/bye"));
                Ok(response.outcome)
            }
            other => panic!("{other:?} is no response"),
        }
    };
    assert_eq!(outcome(&answer(SUCCESS), Some(&pending), now()), Ok(LogoutOutcome::Complete));
    let partial = SUCCESS.replace(
        "</samlp:StatusCode>",
        "<samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:PartialLogout\"/></samlp:StatusCode>",
    );
    assert_eq!(outcome(&answer(&partial), Some(&pending), now()), Ok(LogoutOutcome::Partial));
    let failed = SUCCESS.replace("status:Success", "status:Responder");
    let failed = outcome(&answer(&failed), Some(&pending), now());
    assert!(
        matches!(&failed, Ok(LogoutOutcome::Failed { codes }) if codes.len() == 1),
        "{failed:?}"
    );
    assert_eq!(outcome(&answer(SUCCESS), None, now()), Err("unsolicited_forbidden"));
    assert_eq!(
        outcome(&answer(SUCCESS), Some(&pending), now() + TimeDelta::minutes(10)),
        Err("request_expired")
    );
    let mut other = pending.clone();
    other.request_id = "_other".into();
    assert_eq!(outcome(&answer(SUCCESS), Some(&other), now()), Err("in_response_to_mismatch"));
    let mut foreign = pending.clone();
    foreign.connection_id = "other".into();
    assert_eq!(outcome(&answer(SUCCESS), Some(&foreign), now()), Err("request_foreign"));
    let unasked = message("LogoutResponse", &format!(" Destination=\"{SLO}\""), SUCCESS);
    assert_eq!(outcome(&unasked, Some(&pending), now()), Err("in_response_to_missing"));
}

/// Some identity providers sign no answer. It proves nothing, and leads back to where the logout
/// was asked from.
#[test]
fn an_answer_that_is_not_signed_confirms_nothing() {
    let mut options = LogoutOptions::default();
    options.relay_state = Some(RelayState::path("/bye").expect("a path"));
    let pending = started(options).pending;
    let answer = |attributes: &str| {
        let attributes = format!("{attributes} InResponseTo=\"{}\"", pending.request_id);
        message("LogoutResponse", &attributes, SUCCESS)
    };
    let unconfirmed = LogoutOutcome::Unconfirmed;
    for xml in [answer(""), answer(&format!(" Destination=\"{SLO}\""))] {
        let value = STANDARD.encode(&xml);
        let query = format!("SAMLResponse={}", deflated(&xml));
        for message in [post(&value), LogoutMessage::Redirect { query: &query }] {
            let opened = connection(sp()).open_logout(message, now()).expect("an answer");
            let OpenedLogout::Answer(answer) = opened else { panic!("no answer") };
            assert!(!answer.is_signed());
            assert_eq!(answer.in_response_to(), Some(pending.request_id.as_str()));
            let response = answer.accept(Some(&pending), now()).expect("the answer");
            assert_eq!(response.outcome, unconfirmed);
            assert_eq!(response.relay_state.as_ref().map(RelayState::as_str), Some("/bye"));
        }
    }
    let code = |xml: &str, pending: Option<&PendingLogout>| {
        let received = receive(&connection(sp()), post(&STANDARD.encode(xml)), pending, now());
        received.map(|_| ()).map_err(|rejection| rejection.code())
    };
    assert_eq!(code(&answer(""), None), Err("unsolicited_forbidden"));
    let elsewhere = answer(" Destination=\"https://other.example.test/slo\"");
    assert_eq!(code(&elsewhere, Some(&pending)), Err("destination_mismatch"));
    let stranger = answer("").replace("https://idp.example.test<", "https://other.example.test<");
    assert_eq!(code(&stranger, Some(&pending)), Err("issuer_mismatch"));
    let whole = posted(&answer(&format!(" Destination=\"{SLO}\"")));
    let opened = connection(sp()).open_logout(post(&whole), now()).expect("an answer");
    let OpenedLogout::Answer(signed) = opened else { panic!("no answer") };
    assert!(signed.is_signed());
    // One whose signature does not hold is refused, not taken for unsigned.
    let signed = STANDARD.decode(posted(&answer(&format!(" Destination=\"{SLO}\""))));
    let signed = String::from_utf8(signed.expect("Base64")).expect("UTF-8");
    let forged = signed.replace("status:Success", "status:Requester");
    assert_eq!(code(&forged, Some(&pending)), Err("digest_mismatch"));
}

#[test]
fn a_request_is_good_for_a_day_at_most_and_says_why_no_longer() {
    let refusal = |until: &str, after: TimeDelta| {
        let value = posted(&request(&format!(" NotOnOrAfter=\"{until}\""), NAME));
        connection(sp()).open_logout(post(&value), now() + after).err()
    };
    let expired = |what, end: &str, after| {
        let (not_on_or_after, now) = (at(end), now() + after);
        Some(Rejection::Expired { what, not_on_or_after, now, skew_seconds: 60 })
    };
    let (day, later) = ("2030-02-01T12:00:00Z", "2030-02-03T12:00:00Z");
    let a_day = TimeDelta::days(1) + TimeDelta::seconds(60);
    let plus_a_day = "LogoutRequest/@IssueInstant plus a day";
    assert_eq!(refusal(later, a_day - TimeDelta::seconds(1)), None);
    assert_eq!(refusal(later, a_day), expired(plus_a_day, day, a_day));
    assert_eq!(refusal(day, a_day), expired("LogoutRequest/@NotOnOrAfter", day, a_day));
}

#[test]
fn options_are_what_they_were_set_to() {
    let relay_state = RelayState::path("/bye").expect("a path");
    let options = LogoutOptions::default()
        .with_binding(Binding::HttpPost)
        .with_sign(false)
        .with_relay_state(relay_state.clone())
        .with_lifetime(TimeDelta::minutes(3));
    assert_eq!(options.binding, Some(Binding::HttpPost));
    assert_eq!(options.sign, Some(false));
    assert_eq!(options.relay_state, Some(relay_state));
    assert_eq!(options.lifetime, TimeDelta::minutes(3));
}

#[test]
fn a_request_is_answered_at_the_place_for_answers() {
    let request = request_of(post(&posted(&request("", NAME)))).expect("a request");
    let answer =
        connection(signing()).answer_logout(&request, &LogoutOutcome::Partial, random(), now());
    let Ok(Delivery::Redirect(url)) = answer else { panic!("no redirect") };
    let (place, query) = url.split_once('?').expect("a query");
    assert_eq!(place, "https://idp.example.test/slo/answers");
    assert!(
        query.starts_with("SAMLResponse=") && query.contains("&RelayState=rs&SigAlg="),
        "{query}"
    );
}

/// Logout messages of a real identity provider.
#[test]
fn captured_messages() {
    let rows: Vec<serde_json::Value> =
        serde_json::from_slice(&fixture("logout.json")).expect("rows");
    for row in &rows {
        let text = |name: &str| row[name].as_str().expect("a text");
        let certificates =
            Certificates::parse(fixture(text("certificate"))).expect("a certificate");
        let idp = IdentityProvider::new(text("issuer"), certificates);
        let sp = ServiceProvider::new(text("audience"), "urn:acs").with_slo_url(text("slo_url"));
        let connection = Connection::builder("captured", sp, idp).build().expect("a connection");
        let mut pending = started(LogoutOptions::default()).pending;
        pending.request_id = row["request_id"].as_str().unwrap_or("_none").into();
        pending.connection_id = "captured".into();
        let message = LogoutMessage::Redirect { query: text("query") };
        let received = receive(&connection, message, Some(&pending), at(text("now")));
        let found = match received {
            Ok(Received::Request(_)) => "request",
            Ok(Received::Response(response)) if response.outcome == LogoutOutcome::Complete => {
                "complete"
            }
            Ok(Received::Response(response)) if response.outcome == LogoutOutcome::Unconfirmed => {
                "unconfirmed"
            }
            Ok(other) => panic!("{other:?}"),
            Err(rejection) => rejection.code(),
        };
        assert_eq!(found, text("expect"), "{}", text("reason"));
    }
}

/// The layers `redirect` and `logout` of the third-party vectors.
#[test]
fn vectors() {
    let Some(folder) = std::env::var_os("SAML_LOGIN_VECTORS").map(PathBuf::from) else { return };
    let manifest = fs::read(folder.join("manifest.json")).expect("manifest.json");
    let rows: Vec<serde_json::Value> = serde_json::from_slice(&manifest).expect("rows");
    let mut count = 0;
    for row in rows.iter().filter(|row| row["layer"] == "redirect" || row["layer"] == "logout") {
        let text = |name: &str| row[name].as_str().expect("a text");
        let certificate =
            fs::read(folder.join(row["cert_pem"][0].as_str().expect("a file"))).expect("a file");
        let idp = IdentityProvider::new(
            text("idp_issuer"),
            Certificates::parse(certificate).expect("a certificate"),
        );
        let sp = ServiceProvider::new("urn:audience", "urn:acs").with_slo_url(text("acs_url"));
        // The clock of the row that is named for its NotOnOrAfter stands years before it, where
        // nothing is wrong with the message: what the row is about shows at that instant, and the
        // clock skew later.
        let clock = match row["not_on_or_after"].as_str() {
            Some(end) if text("layer") == "logout" => at(end) + TimeDelta::seconds(60),
            _ => at(text("now")),
        };
        let verdict = |sha1: bool| {
            let options =
                unsolicited_on().with_danger_allow_weak_keys(true).with_danger_allow_sha1(sha1);
            let builder =
                Connection::builder("vector", sp.clone(), idp.clone()).with_options(options);
            let content = fs::read_to_string(folder.join(text("file"))).expect("a file");
            let encoded = STANDARD.encode(&content);
            let message = match text("layer") {
                "redirect" => LogoutMessage::Redirect { query: content.trim_end() },
                _ => LogoutMessage::Post { value: &encoded, relay_state: None },
            };
            let mut pending = started(LogoutOptions::default()).pending;
            pending.request_id = row["request_id"].as_str().unwrap_or("_none").into();
            pending.connection_id = "vector".into();
            let connection = builder.build().expect("a connection");
            receive(&connection, message, Some(&pending), clock).map(|_| ()).map_err(|r| r.code())
        };
        let expected = match text("id") {
            "redirect_both_messages"
            | "redirect_duplicate_message"
            | "redirect_duplicate_relaystate" => Err("query_malformed"),
            "redirect_relaystate_added"
            | "redirect_relaystate_removed"
            | "redirect_reencoded_lower_hex" => Err("signature_invalid"),
            "redirect_sigalg_unknown" => Err("algorithm_forbidden"),
            "logout_logout_request_with_bad_signature" => Err("signature_invalid"),
            "logout_logout_request_with_bad_expiration" => Err("expired"),
            _ => Ok(()),
        };
        assert_eq!(expected.is_ok(), text("expect") == "accept", "{}", text("id"));
        assert_eq!(verdict(true), expected, "{}", text("id"));
        if expected.is_ok() {
            assert_eq!(verdict(false), Err("algorithm_forbidden"), "{}", text("id"));
        }
        count += 1;
    }
    println!("vectors: redirect and logout rows {count}");
    assert_eq!(count, 14);
}
