//! Small things that a deliberate break of the verification half would change, and that no other
//! test looks at.

mod common;

use common::{Verify as _, now, sp, unsolicited_off, unsolicited_on};
use saml_login::report::CheckOutcome;
use saml_login::request::LoginOptions;
use saml_login::testing::idp::{TestIdp, TestResponse, TestSigned};
use saml_login::{Connection, ConnectionOptions, PendingRequest, Random, Rejection, Report};

const ISSUER: &str = "https://idp.example.test";
const SSO_URL: &str = "https://idp.example.test/sso";

fn idp() -> TestIdp {
    TestIdp::p256(ISSUER).expect("a key")
}

fn connection(idp: &TestIdp, options: ConnectionOptions) -> Connection {
    let idp = idp.identity_provider().expect("a certificate").with_sso_url(SSO_URL);
    Connection::builder("acme", sp(), idp).with_options(options).build().expect("a connection")
}

/// What a report shows beside a check: expected, and found.
fn shown(report: &Report, name: &str) -> (String, String) {
    let check = report.checks.iter().find(|check| check.name == name).expect("a row");
    (check.expected.clone().unwrap_or_default(), check.found.clone().unwrap_or_default())
}

fn row(expected: &str, found: &str) -> (String, String) {
    (expected.to_owned(), found.to_owned())
}

#[test]
fn a_report_shows_the_contexts_that_were_asked_for_and_the_end_of_the_session() {
    let idp = idp();
    let connection = connection(&idp, unsolicited_off());
    let options = LoginOptions::default().with_authn_contexts(["urn:context:a", "urn:context:b"]);
    let login = connection.start_login(options, Random::new([7; 32]), now()).expect("a login");
    let pending: PendingRequest = login.pending;
    let report = |change: fn(&mut TestResponse<'_>)| {
        let mut response = idp.response(&sp(), now()).in_reply_to(&pending.request_id);
        change(&mut response);
        connection.explain(response.form_value().expect("a value"), Some(&pending), now())
    };
    let met = report(|response| {
        let statement = &mut response.authn_statements[0];
        statement.authn_context_class_ref = Some("urn:context:b".into());
        statement.session_not_on_or_after = Some("2030-01-31T13:00:00Z".into());
    });
    let asked = "urn:context:a or urn:context:b";
    let present = "now is 2030-01-31T12:00:00Z, give or take 60 s";
    assert_eq!(met.code, None);
    assert_eq!(shown(&met, "authn_context"), row(asked, "urn:context:b"));
    assert_eq!(shown(&met, "session"), row(present, "until 2030-01-31T13:00:00Z"));
    let unmet = report(|response| {
        let statement = &mut response.authn_statements[0];
        statement.authn_context_class_ref = None;
        statement.session_not_on_or_after = None;
    });
    assert_eq!(unmet.code, Some("authn_context_unmet"));
    assert_eq!(shown(&unmet, "authn_context"), row(asked, ""));
    assert_eq!(shown(&unmet, "session"), row(present, ""));
}

#[test]
fn a_report_shows_issuers_and_requests_and_what_is_not_there() {
    let idp = idp();
    let connection = connection(&idp, unsolicited_off());
    let login = connection.start_login(LoginOptions::default(), Random::new([7; 32]), now());
    let pending = login.expect("a login").pending;
    let id = pending.request_id.clone();
    let report = |change: fn(&mut TestResponse<'_>)| {
        let mut response = idp.response(&sp(), now()).in_reply_to(&id);
        change(&mut response);
        connection.explain(response.form_value().expect("a value"), Some(&pending), now())
    };
    let honest = report(|_| {});
    assert_eq!(honest.code, None);
    assert_eq!(shown(&honest, "response_issuer"), row(ISSUER, ISSUER));
    assert_eq!(shown(&honest, "assertion_issuer"), row(ISSUER, ISSUER));
    assert_eq!(shown(&honest, "in_response_to"), row(&id, &id));
    let named = |report: &Report| -> Vec<&'static str> {
        let failed = report.checks.iter().filter(|check| check.outcome == CheckOutcome::Failed);
        failed.map(|check| check.name).collect()
    };
    assert_eq!(named(&honest), [""; 0]);
    // The row that says so is the one that fails, whatever else asks for the same.
    let undated = report(|response| response.assertion_issue_instant = None);
    assert_eq!(undated.code, Some("instant_malformed"));
    assert_eq!(named(&undated).first(), Some(&"assertion_id"));
    let nameless = report(|response| {
        response.assertion_id = None;
        response.signed = TestSigned::Response;
    });
    assert_eq!(nameless.code, Some("id_invalid"));
    assert_eq!(named(&nameless).first(), Some(&"assertion_id"));
}

#[test]
fn of_confirmations_that_fail_alike_the_first_is_told() {
    let idp = idp();
    let connection = connection(&idp, unsolicited_on());
    let mut response = idp.response(&sp(), now());
    response.confirmations = ["https://first.example.test/", "https://second.example.test/"]
        .map(|recipient| {
            let mut confirmation = response.confirmations[0].clone();
            confirmation.recipient = Some(recipient.into());
            confirmation
        })
        .into();
    let refusal = connection.verify(response.form_value().expect("a value"), None, now()).err();
    let Some(Rejection::RecipientMismatch { mismatch }) = refusal else { panic!("{refusal:?}") };
    let found: Vec<&str> = mismatch.found.iter().map(|found| found.as_str()).collect();
    assert_eq!(found, ["https://first.example.test/"]);
}

#[test]
fn of_nested_status_codes_the_outermost_are_kept() {
    let idp = idp();
    let connection = connection(&idp, unsolicited_on());
    let mut response = idp.response(&sp(), now());
    response.status_codes = (0..12).map(|number| format!("urn:status:{number}")).collect();
    let refusal = connection.verify(response.form_value().expect("a value"), None, now()).err();
    let Some(Rejection::StatusNotSuccess { codes, .. }) = refusal else { panic!("{refusal:?}") };
    let expected: Vec<String> = (0..8).map(|number| format!("urn:status:{number}")).collect();
    assert_eq!(codes.iter().map(|code| code.as_str()).collect::<Vec<_>>(), expected);
}

#[test]
fn advice_is_advice_in_an_assertion_alone() {
    let idp = idp();
    let connection = connection(&idp, unsolicited_on());
    let mut response = idp.response(&sp(), now());
    let advice =
        "<saml:Advice><ds:Signature xmlns:ds='http://www.w3.org/2000/09/xmldsig#'/></saml:Advice>";
    response.raw_extensions = format!("<samlp:Extensions>{advice}</samlp:Extensions>");
    let refusal = connection.verify(response.form_value().expect("a value"), None, now()).err();
    let Some(Rejection::SignatureMisplaced { parent }) = refusal else { panic!("{refusal:?}") };
    assert_eq!(parent.as_str(), "Advice");
}
