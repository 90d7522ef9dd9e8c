//! Small things that a deliberate break of the verification half would change, and that no other
//! test looks at.

mod common;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use common::{Verify as _, block_on, now, sp, unsolicited_off, unsolicited_on};
use saml_login::binding::{Binding, RelayState};
use saml_login::connection::{SignedParts, Warning};
use saml_login::error::Part;
use saml_login::identity::{AttributeMap, IdentityField};
use saml_login::report::CheckOutcome;
use saml_login::request::{
    LoginOptions, Pending, PendingLogout, Purpose, Remembered, RequestCookie, RequestCookies,
};
use saml_login::testing::idp::{
    SignatureOptions, TestAttribute, TestIdp, TestResponse, TestSigned,
};
use saml_login::{
    Connection, ConnectionOptions, KeyPair, Limits, PendingRequest, Random, Rejection, Report,
    RequestStore, SealedRequests, SealingKey, ServiceProvider, Unsolicited,
};

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

/// The checks that fail in a report.
fn failed(report: &Report) -> Vec<&'static str> {
    let failed = report.checks.iter().filter(|check| check.outcome == CheckOutcome::Failed);
    failed.map(|check| check.name).collect()
}

fn row(expected: &str, found: &str) -> (String, String) {
    (expected.to_owned(), found.to_owned())
}

#[test]
fn a_report_shows_the_contexts_that_were_asked_for_and_the_end_of_the_session() {
    let idp = idp();
    let connection = connection(&idp, unsolicited_off());
    let options = LoginOptions::default()
        .with_authn_contexts(["urn:context:a", "urn:context:b"])
        .with_force_authn(true);
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
    let bound = "at most 0 s before 2030-01-31T12:00:00Z, give or take 60 s";
    assert_eq!(shown(&met, "force_authn"), row(bound, "2030-01-31T12:00:00Z"));
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
    let success = "urn:oasis:names:tc:SAML:2.0:status:Success";
    assert_eq!(shown(&honest, "status"), row(success, success));
    assert_eq!(shown(&honest, "response_issuer"), row(ISSUER, ISSUER));
    assert_eq!(shown(&honest, "assertion_issuer"), row(ISSUER, ISSUER));
    assert_eq!(shown(&honest, "in_response_to"), row(&id, &id));
    assert_eq!(failed(&honest), [""; 0]);
    // The row that says so is the one that fails, whatever else asks for the same.
    let undated = report(|response| response.assertion_issue_instant = None);
    assert_eq!(undated.code, Some("instant_malformed"));
    assert_eq!(failed(&undated).first(), Some(&"assertion_id"));
    let nameless = report(|response| {
        response.assertion_id = None;
        response.signed = TestSigned::Response;
    });
    assert_eq!(nameless.code, Some("id_invalid"));
    assert_eq!(failed(&nameless).first(), Some(&"assertion_id"));
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

#[test]
fn options_are_what_they_were_set_to() {
    let relay_state = RelayState::path("/home").expect("a path");
    let options = LoginOptions::default()
        .with_binding(Binding::HttpPost)
        .with_answer_by(Binding::HttpArtifact)
        .with_sign(false)
        .with_force_authn(true)
        .with_is_passive(true)
        .with_name_id_format("urn:format")
        .with_authn_contexts(["urn:context"])
        .with_provider_name("An application")
        .with_relay_state(relay_state.clone())
        .with_lifetime(TimeDelta::minutes(3))
        .with_purpose(Purpose::Test)
        .with_context(b"context".to_vec());
    assert_eq!(options.binding, Some(Binding::HttpPost));
    assert_eq!(options.answer_by, Binding::HttpArtifact);
    assert_eq!(options.sign, Some(false));
    assert!(options.force_authn && options.is_passive);
    assert_eq!(options.name_id_format.as_deref(), Some("urn:format"));
    assert_eq!(options.authn_contexts, ["urn:context"]);
    assert_eq!(options.provider_name.as_deref(), Some("An application"));
    assert_eq!(options.relay_state, Some(relay_state));
    assert_eq!(options.lifetime, TimeDelta::minutes(3));
    assert_eq!(options.purpose, Purpose::Test);
    assert_eq!(options.context, b"context");

    let map = AttributeMap::default().with_names(IdentityField::Email, ["workMail"]);
    let options = ConnectionOptions::default()
        .with_unsolicited(Unsolicited::Off)
        .with_signed_parts(SignedParts::Both)
        .with_clock_skew_seconds(7)
        .with_attribute_map(map.clone())
        .with_required([IdentityField::Email])
        .with_forbid_cbc(true)
        .with_second_opinion(true)
        .with_danger_allow_sha1(true)
        .with_danger_allow_weak_keys(true)
        .with_danger_allow_3des(true)
        .with_danger_ignore_unsolicited_in_response_to(true);
    assert_eq!(options.unsolicited, Unsolicited::Off);
    assert_eq!(options.signed_parts, SignedParts::Both);
    assert_eq!(options.clock_skew_seconds, 7);
    assert_eq!(options.attribute_map, map);
    assert!(options.required.contains(&IdentityField::Email));
    assert!(options.forbid_cbc && options.second_opinion);
    let all = [
        "danger_allow_3des",
        "danger_allow_sha1",
        "danger_allow_weak_keys",
        "danger_ignore_unsolicited_in_response_to",
    ];
    assert_eq!(options.dangers(), all);
}

#[test]
fn a_second_opinion_is_given_where_there_is_one() {
    let idp = idp().identity_provider().expect("a certificate");
    for asked in [false, true] {
        let options = unsolicited_on().with_second_opinion(asked);
        let builder = Connection::builder("acme", sp(), idp.clone()).with_options(options);
        let available = !asked || cfg!(feature = "samael");
        let code = builder.build().err().map(|error| error.code());
        assert_eq!(code, (!available).then_some("second_opinion_unavailable"));
    }
}

#[test]
fn what_has_to_be_signed_is_signed() {
    let idp = idp();
    let missing = |on| Some(Rejection::SignatureMissing { on });
    for (signed, any, response, assertion, both) in [
        (
            TestSigned::Nothing,
            missing(Part::Message),
            missing(Part::Response),
            missing(Part::Assertion),
            missing(Part::Response),
        ),
        (TestSigned::Response, None, None, missing(Part::Assertion), missing(Part::Assertion)),
        (TestSigned::Assertion, None, missing(Part::Response), None, missing(Part::Response)),
        (TestSigned::Both, None, None, None, None),
    ] {
        let value = idp.response(&sp(), now()).signed(signed).form_value().expect("a value");
        for (parts, expected) in [
            (SignedParts::Any, any),
            (SignedParts::Response, response),
            (SignedParts::Assertion, assertion),
            (SignedParts::Both, both),
        ] {
            let connection = connection(&idp, unsolicited_on().with_signed_parts(parts));
            let found = connection.verify(&value, None, now()).err();
            assert_eq!(found, expected, "{signed:?} {parts:?}");
        }
    }
}

/// A key pair to decrypt with: always the same key.
fn pair() -> KeyPair {
    let (key, until) = (include_str!("../fixtures/sp-key.pem"), now() + TimeDelta::days(1));
    KeyPair::self_signed(key, "sp", now(), until).expect("a pair")
}

#[test]
fn sha1_under_either_signature_of_what_was_encrypted_is_told() {
    let idp = TestIdp::rsa(ISSUER).expect("a key");
    let sp = sp().with_decryption_key(pair());
    let options = unsolicited_on().with_danger_allow_sha1(true).with_forbid_cbc(true);
    let builder = Connection::builder("acme", sp, idp.identity_provider().expect("one"));
    let connection = builder.with_options(options).build().expect("a connection");
    let by = |weak: bool| {
        let mut options = SignatureOptions::default();
        let sha1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1";
        options.signature_algorithm = weak.then(|| sha1.to_owned());
        options
    };
    for (inner, outer, expected) in [
        (true, false, &[Warning::RestsOnSha1][..]),
        (false, true, &[Warning::RestsOnSha1]),
        (false, false, &[]),
    ] {
        let response = idp.response(&common::sp(), now()).signed(TestSigned::Nothing);
        let plain = idp.sign_xml(&response.unsigned_xml(), "_assertion", &by(inner)).expect("XML");
        let start = plain.find("<saml:Assertion").expect("an assertion");
        let end = plain.find("</saml:Assertion>").expect("an end") + "</saml:Assertion>".len();
        let hidden =
            TestIdp::encrypted("EncryptedAssertion", &plain[start..end], pair().certificate());
        let xml = format!("{}{}{}", &plain[..start], hidden.expect("XML"), &plain[end..]);
        let xml = idp.sign_xml(&xml, "_response", &by(outer)).expect("XML");
        let report = connection.explain(STANDARD.encode(&xml), None, now());
        assert!(report.accepted, "{report}");
        let switch = Warning::Danger { switch: "danger_allow_sha1" };
        assert_eq!(report.warnings, [&[switch], expected].concat(), "{inner} {outer}");
    }
}

#[test]
fn a_decryption_key_that_another_connection_has_is_told() {
    let idp = idp().identity_provider().expect("a certificate");
    let with = |id: &str, sp: ServiceProvider| {
        Connection::builder(id, sp, idp.clone()).build().expect("a connection")
    };
    let acme = with("acme", sp().with_decryption_key(pair()));
    let bravo = with("bravo", sp().with_decryption_key(pair()));
    let without = with("charlie", sp());
    let shared = Warning::DecryptionKeyShared {
        fingerprint: pair().certificate().fingerprint(),
        other: "bravo".into(),
    };
    assert_eq!(acme.warnings_beside([&acme, &bravo, &without]), [shared]);
    assert_eq!(without.warnings_beside([&acme, &bravo]), []);
}

#[test]
fn a_report_keeps_to_the_limits_and_the_names_of_its_connection() {
    let idp = idp();
    let mut response = idp.response(&sp(), now());
    response.attributes = vec![
        TestAttribute::new("workMail", ["alice@example.test"]),
        TestAttribute::new("privateMail", ["alice@home.example.test"]),
    ];
    let value = response.form_value().expect("a value");
    let map = AttributeMap::default().with_names(IdentityField::Email, ["workMail", "privateMail"]);
    let differ = |options: ConnectionOptions| {
        let report = connection(&idp, options).explain(&value, None, now());
        report.warnings.iter().map(Warning::code).collect::<Vec<_>>()
    };
    assert_eq!(differ(unsolicited_on()), [""; 0]);
    assert_eq!(differ(unsolicited_on().with_attribute_map(map)), ["emails_differ"]);

    let mut limits = Limits::default();
    limits.document_bytes = 100;
    let of_idp = idp.identity_provider().expect("a certificate");
    let builder = Connection::builder("acme", sp(), of_idp).with_options(unsolicited_on());
    let connection = builder.with_limits(limits).build().expect("a connection");
    let verdict = connection.verify(&value, None, now()).err().map(|refusal| refusal.code());
    assert_eq!(verdict, Some("response_too_large"));
    let report = connection.explain(&value, None, now());
    assert_eq!((report.code, failed(&report)), (verdict, vec!["decoded"]));
}

#[test]
fn a_bounce_makes_room_for_itself_among_the_bounces_of_others() {
    let idp = idp();
    let login = connection(&idp, unsolicited_off())
        .start_login(LoginOptions::default(), Random::new([7; 32]), now())
        .expect("a login")
        .pending;
    let cookie = |connection: &str, number: i64| {
        let mut pending = login.clone();
        pending.connection_id = connection.into();
        pending.request_id = format!("_{number}");
        pending.issued_at = now() + TimeDelta::seconds(number);
        RequestCookie::new(&Pending::Login(pending), "v").by_bounce()
    };
    let brought = |cookies: &[RequestCookie]| {
        let pairs = cookies.iter().map(|cookie| format!("{}={}", cookie.name(), cookie.value()));
        RequestCookies::read(&pairs.collect::<Vec<_>>().join("; "))
    };
    let mine: Vec<_> = (0..8).map(|number| cookie("acme", number)).collect();
    assert_eq!(brought(&mine).displaced_by(&cookie("acme", 9)), None);
    let mixed: Vec<_> =
        (0..8).map(|number| cookie(if number < 4 { "acme" } else { "bravo" }, number)).collect();
    assert_eq!(brought(&mixed).displaced_by(&cookie("acme", 9)), Some(vec![mixed[4].clone()]));
    assert_eq!(brought(&mixed).displaced_by(&cookie("bravo", 9)), Some(vec![mixed[0].clone()]));
    // A minute later they are not counted any more.
    assert_eq!(brought(&mine).displaced_by(&cookie("acme", 59)), None);
    assert_eq!(brought(&mine).displaced_by(&cookie("acme", 60)), Some(vec![mine[0].clone()]));
}

#[test]
fn a_sealed_request_fits_in_a_cookie_to_the_byte() {
    let idp = idp();
    let login = connection(&idp, unsolicited_off())
        .start_login(LoginOptions::default(), Random::new([7; 32]), now())
        .expect("a login")
        .pending;
    let store = SealedRequests::new(SealingKey::new([1; 32]));
    let sealed = |bytes: usize| {
        let mut pending = login.clone();
        pending.context = vec![b'x'; bytes];
        let pending = Pending::Login(pending);
        let put = block_on(store.put(&pending, Random::new([2; 32]), now()));
        match put.map_err(|error| error.to_string())? {
            Remembered::Cookie(cookie) => Ok(cookie.len()),
            other => Err(format!("{other:?}")),
        }
    };
    let least = sealed(0).expect("a cookie");
    // Three bytes are four letters.
    let close = (3_900 - least) / 4 * 3;
    let exact = (close..close + 4).take_while(|bytes| sealed(*bytes).is_ok()).last();
    let exact = exact.expect("one that fits");
    assert_eq!(sealed(exact), Ok(3_900));
    assert_eq!(sealed(exact + 1), Err("the request is too long for a cookie".to_owned()));
}

#[test]
fn what_is_pending_is_one_or_the_other() {
    let idp = idp();
    let connection = connection(&idp, unsolicited_off());
    let login = connection.start_login(LoginOptions::default(), Random::new([7; 32]), now());
    let login = Pending::from(login.expect("a login").pending);
    assert!(login.clone().into_login().is_some());
    assert_eq!(login.into_logout(), None);
    let logout = PendingLogout {
        request_id: "_logout".into(),
        connection_id: "acme".into(),
        issued_at: now(),
        expires_at: now() + TimeDelta::minutes(1),
        relay_state: None,
    };
    let pending = Pending::from(logout.clone());
    assert_eq!(pending.clone().into_login(), None);
    assert_eq!(pending.into_logout(), Some(logout));
}
