//! Small things that a deliberate break of the verification half would change, and that no other
//! test looks at.

mod common;

use common::{Verify as _, now, sp, unsolicited_off, unsolicited_on};
use saml_login::request::LoginOptions;
use saml_login::testing::idp::{TestIdp, TestResponse};
use saml_login::{Connection, ConnectionOptions, PendingRequest, Random, Report};

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
