//! A report shows every check, agrees with the verdict, and never yields an identity.

mod common;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::{Verify as _, at, unsolicited_off};
use saml_login::advice::Product;
use saml_login::error::Fixer;
use saml_login::report::{CheckOutcome, View};
use saml_login::testing::idp::{TestAttribute, TestIdp};
use saml_login::testing::pending_request;
use saml_login::{Certificates, Connection, IdentityProvider, Report, ServiceProvider};

const FORM_VALUE: &str = include_str!("../fixtures/saml-idp-samlp/assertion-signed.b64");
const CERTIFICATE: &str = include_str!("../fixtures/saml-idp-samlp/idp-cert.pem");
const OTHER_CERTIFICATE: &str = include_str!("../fixtures/simplesamlphp/idp-cert.pem");
const AUDIENCE: &str = "https://app.example.test/saml/acme";
const ACS_URL: &str = "http://127.0.0.1:18150/saml/acs";
const ISSUER: &str = "http://127.0.0.1:18110/metadata";
const REQUEST: &str = "_edb805d3d2cd710eb1d8651ff97ed6341edf76ea";

fn connection(audience: &str, issuer: &str, certificate: &str) -> Connection {
    let idp =
        IdentityProvider::new(issuer, Certificates::parse(certificate).expect("a certificate"));
    let sp = ServiceProvider::new(audience, ACS_URL);
    Connection::builder("acme", sp, idp)
        .with_options(unsolicited_off())
        .build()
        .expect("a connection")
}

fn named(report: &Report, outcome: CheckOutcome) -> Vec<&'static str> {
    report.checks.iter().filter(|check| check.outcome == outcome).map(|check| check.name).collect()
}

const ALL: [&str; 27] = [
    "decoded",
    "well_formed",
    "root",
    "response_version",
    "status",
    "one_assertion",
    "signature_places",
    "signature",
    "signed_document",
    "assertion_version",
    "assertion_id",
    "response_issuer",
    "assertion_issuer",
    "destination",
    "in_response_to",
    "pending_request",
    "name_id",
    "subject_confirmation",
    "conditions_time",
    "conditions_understood",
    "audience",
    "authn_statement",
    "force_authn",
    "authn_context",
    "session",
    "required_fields",
    "unsolicited",
];

#[test]
fn an_honest_response_passes_every_check() {
    let connection = connection(AUDIENCE, ISSUER, CERTIFICATE);
    let report = connection.explain_reply(FORM_VALUE, REQUEST, at("2026-11-23T20:47:00Z"));
    assert!(report.accepted);
    assert_eq!((report.code, report.view), (None, View::Signed));
    assert_eq!(named(&report, CheckOutcome::Passed), ALL);
    let certificate = connection.identity_provider().certificates().iter().next().expect("one");
    assert_eq!(report.key_fingerprint, Some(certificate.fingerprint()));
    assert_eq!(report.warnings, []);
    assert_eq!(report.advice, None);
}

#[test]
fn every_broken_rule_is_shown_at_once() {
    let connection = connection("https://app.example.test/saml/acme/", "urn:other", CERTIFICATE);
    let report = connection.explain(FORM_VALUE, None, at("2026-11-24T20:47:00Z"));
    assert!(!report.accepted);
    assert_eq!((report.code, report.view), (Some("issuer_mismatch"), View::Signed));
    let failed = [
        "response_issuer",
        "assertion_issuer",
        "in_response_to",
        "subject_confirmation",
        "conditions_time",
        "audience",
    ];
    assert_eq!(named(&report, CheckOutcome::Failed), failed);
    let audience = report.checks.iter().find(|check| check.name == "audience").expect("the row");
    assert_eq!(audience.code, Some("audience_mismatch"));
    assert_eq!(audience.expected.as_deref(), Some("https://app.example.test/saml/acme/"));
    assert_eq!(audience.found.as_deref(), Some(AUDIENCE));
    assert_eq!(audience.fixer, Some(Fixer::EitherSide));
    let help = audience.help.as_deref().expect("help");
    assert!(help.contains("they differ only in the slash at the end"), "{help}");
}

#[test]
fn what_is_not_verified_is_labelled() {
    let connection = connection(AUDIENCE, ISSUER, OTHER_CERTIFICATE);
    let report = connection.explain_reply(FORM_VALUE, REQUEST, at("2026-11-23T20:47:00Z"));
    assert_eq!((report.code, report.view), (Some("key_untrusted"), View::Unverified));
    assert_eq!(named(&report, CheckOutcome::Failed), ["signature"]);
    assert_eq!(
        named(&report, CheckOutcome::Skipped),
        ["signed_document", "required_fields", "unsolicited"]
    );
    assert_eq!(report.key_fingerprint, None);
    let help = report.help.expect("help");
    assert!(help.contains("a rotation or a forgery"), "{help}");
    assert!(help.contains("never copy a certificate from a response"), "{help}");
    let configured = Certificates::parse(OTHER_CERTIFICATE).expect("a certificate");
    let embedded = Certificates::parse(CERTIFICATE).expect("a certificate");
    for certificate in configured.iter().chain(&embedded) {
        assert!(help.contains(&certificate.fingerprint().to_string()), "{help}");
    }
}

#[test]
fn what_cannot_be_checked_is_skipped() {
    let connection = connection(AUDIENCE, ISSUER, CERTIFICATE);
    let skipped_from = |form_value: &str, failed: &str, code: &str| {
        let report = connection.explain_reply(form_value, REQUEST, at("2026-11-23T20:47:00Z"));
        assert_eq!((report.code, report.view), (Some(code), View::None));
        assert_eq!(named(&report, CheckOutcome::Failed), [failed]);
        named(&report, CheckOutcome::Skipped)
    };
    assert_eq!(skipped_from("%%%", "decoded", "response_undecodable"), ALL[1..]);
    assert_eq!(skipped_from(&STANDARD.encode("<a>"), "well_formed", "xml_malformed"), ALL[2..]);
}

#[test]
fn what_to_change_is_said_in_the_words_of_the_console() {
    let advice = |audience: &str, issuer: &str, sso_url: Option<&str>| {
        let idp =
            IdentityProvider::new(issuer, Certificates::parse(CERTIFICATE).expect("a certificate"));
        let idp = sso_url.into_iter().fold(idp, IdentityProvider::with_sso_url);
        let connection = Connection::builder("acme", ServiceProvider::new(audience, ACS_URL), idp);
        let connection = connection.build().expect("a connection");
        let report = connection.explain_reply(FORM_VALUE, REQUEST, at("2026-11-23T20:47:00Z"));
        report.advice.map(|advice| (advice.product, advice.text))
    };
    let issuer = "Copy the issuer from the console into this connection, byte for byte.";
    assert_eq!(
        advice(AUDIENCE, "http://www.okta.com/exk1a2b3", None),
        Some((
            Some(Product::Okta),
            format!(
                "{issuer} In the Okta admin console: Applications > Applications > the application > Sign On > View SAML \
                 setup instructions > Identity Provider Issuer."
            )
        ))
    );
    assert_eq!(
        advice(AUDIENCE, "acme", Some("https://sso.jumpcloud.com/saml2/acme")),
        Some((
            Some(Product::JumpCloud),
            format!(
                "{issuer} In the JumpCloud Admin Portal: SSO Applications > the application > SSO > IdP Entity ID."
            )
        ))
    );
    assert_eq!(
        advice("urn:other", ISSUER, None),
        Some((
            None,
            "Enter the Audience URI of this connection as the entity ID of the service provider. Consoles call it SP Entity \
             ID, Audience, Identifier, or Client ID."
                .into()
        ))
    );
    // Nobody's setting: there is nothing to read.
    let report = connection(AUDIENCE, ISSUER, CERTIFICATE).explain_reply(
        "%%%",
        REQUEST,
        at("2026-11-23T20:47:00Z"),
    );
    assert_eq!((report.code, report.advice), (Some("response_undecodable"), None));
}

#[test]
fn the_names_of_attributes_tell_the_product_as_well() {
    let idp = TestIdp::p256("acme").expect("a key");
    let sp = ServiceProvider::new(AUDIENCE, ACS_URL);
    let tenant = "http://schemas.microsoft.com/identity/claims/tenantid";
    let now = at("2030-01-31T12:00:00Z");
    let mut response = idp.response(&sp, now).in_reply_to("_request");
    response.attributes = vec![TestAttribute::new(tenant, ["1"])];
    let form_value = response.form_value().expect("a response");
    let sp = ServiceProvider::new("urn:other", ACS_URL);
    let connection =
        Connection::builder("acme", sp, idp.identity_provider().expect("a certificate"));
    let connection = connection.build().expect("a connection");
    let request = pending_request(&connection, "_request", now);
    let report = connection.explain(form_value, Some(&request), now);
    assert_eq!(report.code, Some("audience_mismatch"));
    let advice = report.advice.expect("advice");
    assert_eq!(advice.product, Some(Product::Entra));
    assert_eq!(
        serde_json::json!([advice.product, Product::JumpCloud]),
        serde_json::json!(["entra", "jumpcloud"])
    );
    assert!(
        advice.text.ends_with("Basic SAML Configuration > Identifier (Entity ID)."),
        "{}",
        advice.text
    );
}

#[test]
fn a_report_serializes_without_personal_data() {
    let connection = connection(AUDIENCE, "urn:other", CERTIFICATE);
    let report = connection.explain_reply(FORM_VALUE, REQUEST, at("2026-11-23T20:47:00Z"));
    let json = serde_json::to_value(&report).expect("JSON");
    assert_eq!(json["view"], "signed");
    assert_eq!(json["checks"][0]["outcome"], "passed");
    assert_eq!(json["checks"][0]["name"], "decoded");
    assert_eq!(json["advice"]["product"], serde_json::Value::Null);
    assert!(json["advice"]["text"].as_str().expect("a text").starts_with("Copy the issuer"));
    let text = format!("{json}{report:?}");
    for personal in ["alice@example.test", "saml.jackson@example.com", "Jackson", "Ångström"] {
        assert!(!text.contains(personal), "{personal}");
    }
}
