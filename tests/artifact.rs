//! HTTP-Artifact: a reference through the browser, the message from server to server.

mod common;

use std::sync::{LazyLock, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::{block_on, now, sp};
use openssl::sha::sha1;
use saml_login::artifact::SoapClient;
use saml_login::error::BoxError;
use saml_login::testing::idp::{TestIdp, TestSigned};
use saml_login::testing::pending_request;
use saml_login::{Connection, Error, IdentityProvider, KeyPair, MemoryReplayStore, Random};

static IDP: LazyLock<TestIdp> =
    LazyLock::new(|| TestIdp::p256("https://idp.example.test").expect("a key"));

const RANDOM: [u8; 32] = [7; 32];

/// Answers every request in the same way, and keeps what it was asked.
struct Server {
    answer: Result<String, &'static str>,
    asked: Mutex<Vec<(String, String)>>,
}

impl Server {
    fn new(answer: impl Into<String>) -> Self {
        Self { answer: Ok(answer.into()), asked: Mutex::default() }
    }
}

impl SoapClient for Server {
    async fn post(&self, url: &str, body: String) -> Result<Vec<u8>, BoxError> {
        self.asked.lock().expect("no panic").push((url.to_owned(), body));
        Ok(self.answer.clone().map_err(BoxError::new)?.into_bytes())
    }
}

fn idp() -> IdentityProvider {
    let idp = IDP.identity_provider().expect("a certificate");
    idp.with_artifact_resolution(3, "https://idp.example.test/artifact")
}

fn artifact(issuer: &str, index: u8) -> String {
    STANDARD.encode([&[0, 4, 0, index][..], &sha1(issuer.as_bytes()), &[9; 20]].concat())
}

fn honest() -> String {
    artifact("https://idp.example.test", 3)
}

fn in_soap(content: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body>\
         <samlp:ArtifactResponse xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" \
         xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"_answer\" Version=\"2.0\" \
         IssueInstant=\"2030-01-31T12:00:00Z\" InResponseTo=\"{}\"><saml:Issuer>https://idp.example.test</saml:Issuer>\
         <samlp:Status><samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"/></samlp:Status>\
         {content}</samlp:ArtifactResponse></soap:Body></soap:Envelope>",
        common::message_id(RANDOM)
    )
}

fn response(signed: TestSigned) -> String {
    IDP.response(&sp(), now()).in_reply_to("_request").signed(signed).xml().expect("XML")
}

fn verdict(server: &Server, artifact: &str) -> Result<String, Error> {
    let connection = Connection::builder("acme", sp(), idp()).build().expect("a connection");
    let opened = block_on(connection.open_artifact(artifact, server, Random::new(RANDOM), now()))?;
    let request = pending_request(&connection, "_request", now());
    let unspent = opened.accept(Some(&request), now())?;
    Ok(block_on(unspent.spend(&MemoryReplayStore::default(), now()))?.name_id.value)
}

fn code(server: &Server, artifact: &str) -> Option<&'static str> {
    verdict(server, artifact).err().map(|error| error.code())
}

#[test]
fn the_message_comes_from_the_server_and_is_verified_like_any_other() {
    for signed in [TestSigned::Assertion, TestSigned::Response, TestSigned::Both] {
        let server = Server::new(in_soap(&response(signed)));
        assert_eq!(verdict(&server, &honest()).ok().as_deref(), Some("alice@example.test"));
        let asked = server.asked.lock().expect("no panic");
        let [(url, body)] = asked.as_slice() else { panic!("asked {} times", asked.len()) };
        assert_eq!(url, "https://idp.example.test/artifact");
        assert!(body.contains(&format!("<samlp:Artifact>{}</samlp:Artifact>", honest())));
        assert!(body.contains("Destination=\"https://idp.example.test/artifact\""));
    }
    // The message may lean on the namespaces around it.
    let bare = response(TestSigned::Assertion);
    let bare = bare.replacen(" xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\"", "", 1);
    assert_eq!(code(&Server::new(in_soap(&bare)), &honest()), None);
    let unsigned = Server::new(in_soap(&response(TestSigned::Nothing)));
    assert_eq!(code(&unsigned, &honest()), Some("signature_missing"));
    let stranger = TestIdp::p256("https://idp.example.test").expect("a key");
    let forged = stranger.response(&sp(), now()).in_reply_to("_request").xml().expect("XML");
    assert_eq!(code(&Server::new(in_soap(&forged)), &honest()), Some("key_untrusted"));
}

#[test]
fn the_request_is_signed_if_there_is_a_key() {
    let fixture =
        |file: &str| std::fs::read(format!("{}/fixtures/{file}", env!("CARGO_MANIFEST_DIR")));
    let key = KeyPair::from_pem(
        fixture("sp-key.pem").expect("a key"),
        fixture("sp-cert.pem").expect("a file"),
    );
    let sp = sp().with_signing_key(key.expect("a pair"));
    let connection = Connection::builder("acme", sp, idp()).build().expect("a connection");
    let server = Server::new(in_soap(&response(TestSigned::Assertion)));
    assert!(
        block_on(connection.open_artifact(&honest(), &server, Random::new(RANDOM), now())).is_ok()
    );
    let asked = server.asked.lock().expect("no panic");
    assert!(asked[0].1.contains("</saml:Issuer><ds:Signature "), "{}", asked[0].1);
}

#[test]
fn nothing_is_asked_for_an_artifact_of_somebody_else() {
    let server = Server::new("");
    for artifact in [
        artifact("https://other.example.test", 3),
        artifact("https://idp.example.test", 4),
        "AAQ".into(),
        honest().replacen("AAQ", "AAM", 1),
        String::new(),
    ] {
        assert_eq!(code(&server, &artifact), Some("artifact_refused"), "{artifact}");
    }
    assert!(server.asked.lock().expect("no panic").is_empty());
}

#[test]
fn an_answer_is_to_this_request_of_this_identity_provider() {
    let honest_answer = in_soap(&response(TestSigned::Assertion));
    for answer in [
        honest_answer.replace(&common::message_id(RANDOM), "_other"),
        honest_answer.replacen("<saml:Issuer>https://idp", "<saml:Issuer>https://other", 1),
        honest_answer.replacen("status:Success", "status:Requester", 1),
        honest_answer.replace("soap/envelope/", "soap/other/"),
        in_soap(""),
        response(TestSigned::Assertion),
    ] {
        assert_eq!(
            code(&Server::new(answer.clone()), &honest()),
            Some("artifact_refused"),
            "{answer}"
        );
    }
    assert_eq!(code(&Server::new("<html>"), &honest()), Some("xml_malformed"));
    assert_eq!(code(&Server::new("a".repeat(2_000_000)), &honest()), Some("response_too_large"));
    let down = Server { answer: Err("down"), asked: Mutex::default() };
    assert_eq!(code(&down, &honest()), Some("artifact_resolution_failed"));
}
