//! Every code has a case, made with the test identity provider or by hand; and the rules at their
//! borders.

mod common;

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use common::{Verify as _, at, block_on, now, sp, unsolicited_off, unsolicited_on};
use saml_login::connection::{ConnectionBuilder, SignedParts};
use saml_login::error::{BoxError, Part, SignatureCause};
use saml_login::identity::IdentityField;
use saml_login::replay::{SpendOutcome, Spending};
use saml_login::request::Purpose;
use saml_login::testing::idp::{
    SignatureOptions, SignaturePlace, TestAttribute, TestConfirmation, TestIdp, TestKeyInfo,
    TestNameId, TestResponse, TestSigned,
};
use saml_login::testing::pending_request;
use saml_login::{Connection, Error, Identity, MemoryReplayStore, Rejection, ReplayStore};

const INCLUSIVE: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
const REQUEST: Option<&str> = Some("_request");

static IDP: LazyLock<TestIdp> =
    LazyLock::new(|| TestIdp::p256("https://idp.example.test").expect("a key"));
static STRANGER: LazyLock<TestIdp> =
    LazyLock::new(|| TestIdp::p256("https://idp.example.test").expect("a key"));

fn builder() -> ConnectionBuilder {
    Connection::builder("acme", sp(), IDP.identity_provider().expect("a certificate"))
        .with_options(unsolicited_off())
}

fn connection() -> Connection {
    builder().build().expect("a connection")
}

/// An honest answer to the request.
fn honest() -> TestResponse<'static> {
    IDP.response(&sp(), now()).in_reply_to("_request")
}

fn verify(
    connection: &Connection,
    xml: &str,
    request_id: Option<&str>,
) -> Result<Identity, Rejection> {
    let form_value = STANDARD.encode(xml);
    let request = request_id.map(|id| pending_request(connection, id, now()));
    let verdict = connection.verify(&form_value, request.as_ref(), now());
    let report = connection.explain(&form_value, request.as_ref(), now());
    assert_eq!(report.code, verdict.as_ref().err().map(Rejection::code));
    verdict.map(|unspent| {
        block_on(unspent.spend(&MemoryReplayStore::default(), now())).expect("the first use")
    })
}

/// The refusal of a response that differs from the honest one in this way.
fn refusal(change: impl FnOnce(&mut TestResponse<'static>)) -> Rejection {
    let mut response = honest();
    change(&mut response);
    verify(&connection(), &response.xml().expect("XML"), REQUEST).expect_err("a refusal")
}

/// The refusal of a response whose XML is changed before it is signed.
fn refusal_of_edited(signed: TestSigned, edit: impl FnOnce(String) -> String) -> Rejection {
    let response = honest().signed(signed);
    let edited = edit(response.unsigned_xml());
    assert_ne!(edited, response.unsigned_xml());
    verify(&connection(), &response.sign(&edited).expect("XML"), REQUEST).expect_err("a refusal")
}

/// The refusal of a response whose XML is changed after it was signed.
fn refusal_of_tampered(signed: TestSigned, edit: impl FnOnce(String) -> String) -> Rejection {
    let xml = honest().signed(signed).xml().expect("XML");
    let tampered = edit(xml.clone());
    assert_ne!(tampered, xml);
    verify(&connection(), &tampered, REQUEST).expect_err("a refusal")
}

fn refusal_of_raw(xml: &str) -> Rejection {
    verify(&connection(), xml, REQUEST).expect_err("a refusal")
}

/// A response whose assertion was signed where another namespace was in scope.
fn signed_before_it_stood_there(
    signed: TestSigned,
    change: impl FnOnce(&mut SignatureOptions),
) -> String {
    const ELSEWHERE: &str = " xmlns:elsewhere=\"urn:elsewhere\"";
    let response = honest();
    let mut options = response.signature.clone();
    change(&mut options);
    let id = response.assertion_id.clone().expect("an ID");
    let there = format!("<samlp:Response{ELSEWHERE}");
    let there = response.unsigned_xml().replacen("<samlp:Response", &there, 1);
    let here = IDP.sign_xml(&there, &id, &options).expect("XML").replacen(ELSEWHERE, "", 1);
    match signed {
        TestSigned::Both => IDP.sign_xml(&here, &response.id, &response.signature).expect("XML"),
        _ => here,
    }
}

fn inclusive(options: &mut SignatureOptions) {
    options.canonicalization = INCLUSIVE.into();
}

/// A store that always gives the same answer.
struct Answers(Result<SpendOutcome, &'static str>);

impl ReplayStore for Answers {
    async fn spend(&self, _: &Spending, _: DateTime<Utc>) -> Result<SpendOutcome, BoxError> {
        self.0.map_err(BoxError::new)
    }
}

fn spent_in(store: &impl ReplayStore, later: TimeDelta) -> Error {
    let form_value = honest().form_value().expect("XML");
    let unspent =
        connection().verify_reply(&form_value, REQUEST, now()).expect("an honest response");
    block_on(unspent.spend(store, now() + later)).expect_err("a refusal")
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn the_honest_response_is_accepted() {
    for signed in [TestSigned::Assertion, TestSigned::Response, TestSigned::Both] {
        let xml = honest().signed(signed).xml().expect("XML");
        let identity = verify(&connection(), &xml, REQUEST).expect("an honest response");
        assert_eq!(identity.name_id.value, "alice@example.test");
        assert_eq!(
            identity.email.as_ref().map(|email| email.address()),
            Some("alice@example.test")
        );
        assert_eq!(identity.first_name.as_deref(), Some("Alice"));
        assert_eq!(identity.last_name.as_deref(), Some("Ångström"));
        assert_eq!(identity.display_name, None);
        assert_eq!(identity.groups, ["staff", "admins"]);
        assert_eq!(identity.session_index.as_deref(), Some("_session"));
        assert_eq!(identity.authn_instant, now());
        assert_eq!(identity.connection_id, "acme");
        assert_eq!(identity.issuer, "https://idp.example.test");
    }
}

#[test]
fn every_code_has_a_case() {
    let strict = |signed_parts| {
        builder()
            .with_options(unsolicited_off().with_signed_parts(signed_parts))
            .build()
            .expect("a connection")
    };
    let long_ago = "2030-01-31T11:00:00Z";
    let cases: Vec<(&str, Rejection)> = vec![
        ("response_too_large", refusal_of_raw(&" ".repeat(1024 * 1024 + 1))),
        (
            "response_undecodable",
            connection().verify_reply("<a/>", REQUEST, now()).expect_err("a refusal"),
        ),
        ("xml_malformed", refusal_of_raw("<a>")),
        ("xml_limit_exceeded", refusal_of_raw(&"<a>".repeat(65))),
        ("dtd_forbidden", refusal_of_raw("<!DOCTYPE a><a/>")),
        ("duplicate_id", refusal_of_raw("<a ID='x'><b ID='x'/></a>")),
        ("not_a_response", refusal_of_raw("<Response/>")),
        ("version_unsupported", refusal(|r| r.version = some("1.1"))),
        ("version_unsupported", refusal(|r| r.version = None)),
        ("version_unsupported", refusal(|r| r.assertion_version = some("2.1"))),
        (
            "status_not_success",
            refusal(|r| {
                r.status_codes = vec!["urn:oasis:names:tc:SAML:2.0:status:Responder".into()]
            }),
        ),
        (
            "status_not_success",
            refusal(|r| {
                r.status_codes.insert(0, "urn:oasis:names:tc:SAML:2.0:status:Responder".into())
            }),
        ),
        (
            "decryption_key_missing",
            refusal(|r| {
                r.has_assertion = false;
                r.raw_end = "<saml:EncryptedAssertion></saml:EncryptedAssertion>".into();
            }),
        ),
        ("decryption_key_missing", refusal(|r| r.raw_subject = "<saml:EncryptedID/>".into())),
        (
            "decryption_key_missing",
            refusal(|r| r.raw_attributes = "<saml:EncryptedAttribute/>".into()),
        ),
        (
            "assertion_count",
            refusal(|r| r.raw_end = "<saml:EncryptedAssertion></saml:EncryptedAssertion>".into()),
        ),
        (
            "assertion_count",
            refusal(|r| {
                r.has_assertion = false;
                r.signed = TestSigned::Response;
            }),
        ),
        ("assertion_count", refusal(|r| r.raw_end = "<saml:Assertion ID='_evil'/>".into())),
        ("element_missing", refusal(|r| r.status_codes.clear())),
        ("element_missing", refusal(|r| r.assertion_issuer = None)),
        ("element_missing", refusal(|r| r.has_conditions = false)),
        ("element_missing", refusal(|r| r.authn_statements.clear())),
        (
            "element_repeated",
            refusal(|r| r.raw_subject = "<saml:NameID>mallory</saml:NameID>".into()),
        ),
        ("element_repeated", refusal(|r| r.raw_advice = "<saml:Conditions/>".into())),
        ("element_repeated", refusal(|r| r.raw_extensions = "<saml:Issuer>x</saml:Issuer>".into())),
        (
            "text_malformed",
            refusal_of_edited(TestSigned::Assertion, |xml| {
                xml.replace("alice@example.test</saml:NameID>", "alice<x/></saml:NameID>")
            }),
        ),
        (
            "text_malformed",
            refusal_of_edited(TestSigned::Assertion, |xml| {
                xml.replace("</saml:Audience>", "<?x?></saml:Audience>")
            }),
        ),
        (
            "signature_misplaced",
            refusal(|r| {
                r.signature.place = SignaturePlace::Offset(
                    r.unsigned_xml().find("<samlp:StatusCode").expect("a status"),
                )
            }),
        ),
        ("signature_missing", refusal(|r| r.signed = TestSigned::Nothing)),
        (
            "signature_missing",
            verify(&strict(SignedParts::Response), &honest().xml().expect("XML"), REQUEST)
                .expect_err("a refusal"),
        ),
        (
            "signature_missing",
            verify(
                &strict(SignedParts::Both),
                &honest().signed(TestSigned::Response).xml().expect("XML"),
                REQUEST,
            )
            .expect_err("a refusal"),
        ),
        ("id_invalid", refusal(|r| r.assertion_id = some("has blank"))),
        (
            "signature_malformed",
            refusal_of_tampered(TestSigned::Assertion, |xml| {
                xml.replace("</ds:Signature>", "<ds:Object/></ds:Signature>")
            }),
        ),
        (
            "signature_malformed",
            refusal_of_tampered(TestSigned::Assertion, |xml| {
                xml.replace("</ds:DigestValue>", "<!----></ds:DigestValue>")
            }),
        ),
        (
            "signature_malformed",
            refusal(|r| {
                r.signature.edit_signed_info = Some(|xml| {
                    xml.replace(
                        "</ds:SignedInfo>",
                        "<ds:Reference URI=\"#_assertion\"/></ds:SignedInfo>",
                    )
                });
            }),
        ),
        (
            "algorithm_forbidden",
            refusal(|r| {
                r.signature.digest_algorithm = "http://www.w3.org/2000/09/xmldsig#sha1".into()
            }),
        ),
        (
            "algorithm_forbidden",
            refusal(|r| {
                r.signature.signature_algorithm =
                    some("http://www.w3.org/2001/04/xmldsig-more#hmac-sha256");
                r.signature.hmac_key = IDP.certificate_pem().ok().map(String::into_bytes);
            }),
        ),
        (
            "algorithm_forbidden",
            refusal(|r| {
                r.signature.canonicalization = "http://www.w3.org/TR/1999/REC-xslt-19991116".into()
            }),
        ),
        (
            "transform_forbidden",
            refusal(|r| {
                r.signature.transform = some("http://www.w3.org/TR/1999/REC-xpath-19991116")
            }),
        ),
        ("reference_mismatch", refusal(|r| r.signature.reference_uri = some(""))),
        ("reference_mismatch", refusal(|r| r.signature.reference_uri = some("#%5Fassertion"))),
        (
            "canonicalization_undefined",
            refusal_of_tampered(TestSigned::Assertion, |xml| {
                xml.replace("<saml:Subject>", "<saml:Subject xmlns:x=\"1\">")
            }),
        ),
        ("key_untrusted", {
            let xml = STRANGER.response(&sp(), now()).in_reply_to("_request").xml().expect("XML");
            refusal_of_raw(&xml)
        }),
        ("signature_invalid", refusal(|r| r.signature.ecdsa_der = true)),
        (
            "digest_mismatch",
            refusal_of_tampered(TestSigned::Assertion, |xml| xml.replace("alice@", "mallory@")),
        ),
        (
            "signature_out_of_context",
            refusal_of_raw(&signed_before_it_stood_there(TestSigned::Both, inclusive)),
        ),
        ("issuer_mismatch", refusal(|r| r.issuer = some("https://idp.example.test/"))),
        ("issuer_mismatch", refusal(|r| r.assertion_issuer = some("https://IDP.example.test"))),
        (
            "issuer_format",
            refusal_of_edited(TestSigned::Assertion, |xml| {
                xml.replace(
                    "<saml:Issuer>",
                    "<saml:Issuer Format='urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress'>",
                )
            }),
        ),
        (
            "destination_missing",
            refusal(|r| {
                r.destination = None;
                r.signed = TestSigned::Response;
            }),
        ),
        (
            "destination_mismatch",
            refusal(|r| r.destination = some("https://other.example.test/saml/acs")),
        ),
        ("destination_mismatch", refusal(|r| r.destination = some(""))),
        ("unsolicited_forbidden", {
            let xml = IDP.response(&sp(), now()).xml().expect("XML");
            verify(&connection(), &xml, None).expect_err("a refusal")
        }),
        (
            "in_response_to_missing",
            refusal(|r| r.confirmations.iter_mut().for_each(|c| c.in_response_to = None)),
        ),
        (
            "in_response_to_ambiguous",
            refusal(|r| {
                let mut second = r.confirmations[0].clone();
                second.in_response_to = some("_other");
                r.confirmations.push(second);
            }),
        ),
        ("in_response_to_mismatch", refusal(|r| r.in_response_to = some("_other"))),
        (
            "in_response_to_mismatch",
            refusal(|r| {
                r.confirmations.iter_mut().for_each(|c| c.in_response_to = some("_Request"))
            }),
        ),
        ("request_outdated", {
            let mut test = pending_request(&connection(), "_request", now());
            test.purpose = Purpose::Test;
            test.revision = "an older one".into();
            let form_value = honest().form_value().expect("XML");
            connection().verify(form_value, Some(&test), now()).expect_err("a refusal")
        }),
        ("unsolicited_in_response_to", {
            let unsolicited =
                builder().with_options(unsolicited_on()).build().expect("a connection");
            verify(&unsolicited, &honest().xml().expect("XML"), None).expect_err("a refusal")
        }),
        ("name_id_missing", refusal(|r| r.name_id = None)),
        ("name_id_missing", refusal(|r| r.name_id = Some(TestNameId::new(" \n")))),
        ("subject_confirmation_missing", refusal(|r| r.confirmations.clear())),
        (
            "subject_confirmation_missing",
            refusal(|r| {
                r.confirmations
                    .iter_mut()
                    .for_each(|c| c.method = "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches".into())
            }),
        ),
        (
            "recipient_missing",
            refusal(|r| r.confirmations.iter_mut().for_each(|c| c.recipient = None)),
        ),
        (
            "recipient_mismatch",
            refusal(|r| {
                r.confirmations
                    .iter_mut()
                    .for_each(|c| c.recipient = some("https://app.example.test/saml/acs/"))
            }),
        ),
        ("instant_malformed", refusal(|r| r.not_before = some("2030-01-31T12:00:00"))),
        ("instant_malformed", refusal(|r| r.assertion_issue_instant = None)),
        (
            "instant_malformed",
            refusal(|r| r.confirmations.iter_mut().for_each(|c| c.not_on_or_after = None)),
        ),
        (
            "instant_malformed",
            refusal(|r| r.authn_statements.iter_mut().for_each(|s| s.authn_instant = None)),
        ),
        ("window_empty", refusal(|r| r.not_on_or_after = r.not_before.clone())),
        ("not_yet_valid", refusal(|r| r.not_before = some("2030-01-31T12:01:00.001Z"))),
        (
            "authn_in_future",
            refusal(|r| {
                r.authn_statements
                    .iter_mut()
                    .for_each(|s| s.authn_instant = some("2030-01-31T12:01:00.001Z"))
            }),
        ),
        ("expired", refusal(|r| r.not_on_or_after = some("2030-01-31T11:59:00Z"))),
        (
            "expired",
            refusal(|r| {
                r.confirmations.iter_mut().for_each(|c| c.not_on_or_after = some(long_ago))
            }),
        ),
        (
            "expired",
            refusal(|r| {
                r.authn_statements
                    .iter_mut()
                    .for_each(|s| s.session_not_on_or_after = some(long_ago))
            }),
        ),
        ("condition_unknown", refusal(|r| r.raw_conditions = "<saml:Condition/>".into())),
        ("audience_missing", refusal(|r| r.audiences.clear())),
        ("audience_missing", refusal(|r| r.audiences.push(Vec::new()))),
        ("audience_mismatch", refusal(|r| r.audiences.push(vec!["urn:other".into()]))),
        ("attribute_missing", {
            let demanding = builder()
                .with_options(unsolicited_off().with_required([IdentityField::DisplayName]))
                .build()
                .expect("a connection");
            verify(&demanding, &honest().xml().expect("XML"), REQUEST).expect_err("a refusal")
        }),
    ];
    let of_stores: Vec<(&str, Error)> = vec![
        (
            "assertion_replayed",
            spent_in(&Answers(Ok(SpendOutcome::AssertionSeen)), TimeDelta::zero()),
        ),
        ("request_replayed", spent_in(&Answers(Ok(SpendOutcome::RequestSeen)), TimeDelta::zero())),
        (
            "replay_store_full",
            spent_in(&MemoryReplayStore::new(NonZeroUsize::MIN), TimeDelta::zero()),
        ),
        ("replay_store_failed", spent_in(&Answers(Err("down")), TimeDelta::zero())),
        // Ten minutes are the request's, and five the largest clock skew.
        ("expired", spent_in(&Answers(Ok(SpendOutcome::Fresh)), TimeDelta::minutes(15))),
    ];
    for (number, (code, rejection)) in cases.iter().enumerate() {
        assert_eq!(rejection.code(), *code, "case {number}: {rejection}");
        assert!(!rejection.help().is_empty());
    }
    for (code, error) in &of_stores {
        assert_eq!(error.code(), *code);
    }
    let covered: BTreeSet<&str> = cases
        .iter()
        .map(|(code, _)| *code)
        .chain(of_stores.iter().map(|(code, _)| *code))
        .collect();
    let (refusals, _) =
        include_str!("../ERRORS.md").split_once("\n## ").expect("the sections behind");
    let table = refusals.lines().filter_map(|line| line.strip_prefix("| `"));
    let documented: BTreeSet<&str> =
        table.filter_map(|row| row.split('`').next()).chain(["replay_store_failed"]).collect();
    // The cases of these are in the tests of what they belong to.
    let elsewhere = [
        "artifact_refused",
        "authn_context_unmet",
        "authn_too_old",
        "bounce_unanswered",
        "decryption_failed",
        "decryption_key_sealed",
        "encryption_malformed",
        "logout_unconfigured",
        "name_id_format_unmet",
        "not_a_logout_message",
        "query_malformed",
        "request_expired",
        "request_foreign",
        "second_opinion_differs",
        "unsolicited_bounced",
    ];
    let of_tests = [
        include_str!("artifact.rs"),
        include_str!("encryption.rs"),
        include_str!("keys.rs"),
        include_str!("logout.rs"),
        include_str!("opened.rs"),
        include_str!("requests.rs"),
        include_str!("second_opinion.rs"),
    ];
    for code in elsewhere {
        assert!(
            of_tests.iter().any(|text| text.contains(&format!("\"{code}\""))),
            "{code} has no case"
        );
    }
    let documented: BTreeSet<&str> =
        documented.into_iter().filter(|code| !elsewhere.contains(code)).collect();
    assert_eq!(covered, documented);
}

#[test]
fn the_first_broken_rule_gives_the_refusal() {
    // Decode, XML, root, status, structure, signature, checks: each hides what comes behind it.
    let mut response = honest().signed(TestSigned::Nothing);
    response.status_codes = vec!["urn:oasis:names:tc:SAML:2.0:status:Requester".into()];
    response.raw_end = "<saml:EncryptedAssertion/><saml:Assertion ID='_evil'/>".into();
    response.audiences.clear();
    let code = |response: &TestResponse<'_>| refusal_of_raw(&response.unsigned_xml()).code();
    assert_eq!(code(&response), "status_not_success");
    response.status_codes = honest().status_codes;
    assert_eq!(code(&response), "assertion_count");
    response.raw_end.clear();
    assert_eq!(code(&response), "signature_missing");
    response.signed = TestSigned::Assertion;
    assert_eq!(refusal_of_raw(&response.xml().expect("XML")).code(), "audience_missing");
}

#[test]
fn status_and_its_words_are_carried_into_the_refusal() {
    let rejection = refusal(|r| {
        r.status_codes = vec![
            "urn:oasis:names:tc:SAML:2.0:status:Responder".into(),
            "urn:oasis:names:tc:SAML:2.0:status:RequestDenied".into(),
        ];
        r.status_message = some(" Alice is not assigned\u{202e} ");
    });
    let Rejection::StatusNotSuccess { codes, message } = rejection else { panic!("{rejection:?}") };
    let codes: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
    let expected = [
        "urn:oasis:names:tc:SAML:2.0:status:Responder",
        "urn:oasis:names:tc:SAML:2.0:status:RequestDenied",
    ];
    assert_eq!(codes, expected);
    assert_eq!(
        message.map(|message| message.to_string()).as_deref(),
        Some(r#""Alice is not assigned\u{202e}""#)
    );
}

#[test]
fn instants_hold_to_the_millisecond() {
    let accepts = |skew: u32, change: &dyn Fn(&mut TestResponse<'static>)| {
        let connection = builder()
            .with_options(unsolicited_off().with_clock_skew_seconds(skew))
            .build()
            .expect("a connection");
        let mut response = honest();
        change(&mut response);
        verify(&connection, &response.xml().expect("XML"), REQUEST)
            .map(|_| ())
            .map_err(|r| r.code())
    };
    for (skew, not_before_late, not_before, end_over, end) in [
        (
            0,
            "2030-01-31T12:00:00.001Z",
            "2030-01-31T12:00:00Z",
            "2030-01-31T12:00:00Z",
            "2030-01-31T12:00:00.001Z",
        ),
        (
            60,
            "2030-01-31T12:01:00.001Z",
            "2030-01-31T12:01:00Z",
            "2030-01-31T11:59:00Z",
            "2030-01-31T11:59:00.001Z",
        ),
        (
            300,
            "2030-01-31T12:05:00.001Z",
            "2030-01-31T12:05:00Z",
            "2030-01-31T11:55:00Z",
            "2030-01-31T11:55:00.001Z",
        ),
    ] {
        let far = "2030-01-31T13:00:00Z";
        let early = "2030-01-31T11:00:00Z";
        assert_eq!(
            accepts(skew, &|r| (r.not_before, r.not_on_or_after) =
                (some(not_before_late), some(far))),
            Err("not_yet_valid")
        );
        assert_eq!(
            accepts(skew, &|r| (r.not_before, r.not_on_or_after) = (some(not_before), some(far))),
            Ok(())
        );
        assert_eq!(
            accepts(skew, &|r| (r.not_before, r.not_on_or_after) = (some(early), some(end_over))),
            Err("expired")
        );
        assert_eq!(
            accepts(skew, &|r| (r.not_before, r.not_on_or_after) = (some(early), some(end))),
            Ok(())
        );
        let confirm = |r: &mut TestResponse<'static>, not_before: &str, end: &str| {
            r.confirmations
                .iter_mut()
                .for_each(|c| (c.not_before, c.not_on_or_after) = (some(not_before), some(end)));
        };
        assert_eq!(accepts(skew, &|r| confirm(r, not_before_late, far)), Err("not_yet_valid"));
        assert_eq!(accepts(skew, &|r| confirm(r, not_before, far)), Ok(()));
        assert_eq!(accepts(skew, &|r| confirm(r, early, end_over)), Err("expired"));
        assert_eq!(accepts(skew, &|r| confirm(r, early, end)), Ok(()));
        let session = |r: &mut TestResponse<'static>, end: &str| {
            r.authn_statements.iter_mut().for_each(|s| s.session_not_on_or_after = some(end));
        };
        assert_eq!(accepts(skew, &|r| session(r, end_over)), Err("expired"));
        assert_eq!(accepts(skew, &|r| session(r, end)), Ok(()));
    }
    // Ends of time overflow nothing.
    assert_eq!(
        accepts(300, &|r| (r.not_before, r.not_on_or_after) =
            (some("0001-01-01T00:00:00Z"), some("9999-12-31T23:59:59.999Z"))),
        Ok(())
    );
    assert_eq!(accepts(60, &|r| (r.not_before, r.not_on_or_after) = (None, None)), Ok(()));
    assert_eq!(
        accepts(60, &|r| r.not_on_or_after = some("2030-01-31T14:05:00.1234567890123+02:00")),
        Ok(())
    );
}

#[test]
fn audiences_are_and_across_and_or_within() {
    let mine = "https://app.example.test/saml".to_owned();
    let other = "urn:other".to_owned();
    let verdict = |audiences: Vec<Vec<String>>| {
        let mut response = honest();
        response.audiences = audiences;
        verify(&connection(), &response.xml().expect("XML"), REQUEST)
            .map(|_| ())
            .map_err(|r| r.code())
    };
    assert_eq!(verdict(vec![vec![other.clone(), mine.clone()]]), Ok(()));
    assert_eq!(verdict(vec![vec![mine.clone()], vec![other.clone(), mine.clone()]]), Ok(()));
    assert_eq!(verdict(vec![vec![mine.clone()], vec![other.clone()]]), Err("audience_mismatch"));
    // In lines of their own, as pretty printers write them.
    let lines = |text: &str| format!("\n    {text}\n    ");
    assert_eq!(verdict(vec![vec![lines(&other), lines(&mine)]]), Ok(()));
    assert_eq!(verdict(vec![vec![format!("{mine}\u{a0}")]]), Err("audience_mismatch"));
    assert_eq!(verdict(vec![vec![format!("{mine} x")]]), Err("audience_mismatch"));
    assert_eq!(verdict(vec![vec![mine.to_uppercase()]]), Err("audience_mismatch"));
    assert_eq!(verdict(vec![vec![String::new()]]), Err("audience_mismatch"));
}

#[test]
fn any_one_bearer_confirmation_suffices() {
    let verdict = |change: &dyn Fn(&mut TestConfirmation)| {
        let mut response = honest();
        let mut bad = response.confirmations.first().expect("one").clone();
        change(&mut bad);
        response.confirmations.insert(0, bad);
        verify(&connection(), &response.xml().expect("XML"), REQUEST)
            .map(|_| ())
            .map_err(|r| r.code())
    };
    assert_eq!(verdict(&|c| c.recipient = some("urn:other")), Ok(()));
    assert_eq!(verdict(&|c| c.not_on_or_after = some("2030-01-31T11:00:00Z")), Ok(()));
    assert_eq!(
        verdict(&|c| c.method = "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key".into()),
        Ok(())
    );
    // None suffices: the one that came furthest gives the refusal.
    let rejection = refusal(|r| {
        let good = r.confirmations.remove(0);
        let mut expired = good.clone();
        expired.not_on_or_after = some("2030-01-31T11:00:00Z");
        let mut elsewhere = good;
        elsewhere.recipient = None;
        r.confirmations = vec![expired, elsewhere];
    });
    assert_eq!(rejection.code(), "expired");
}

#[test]
fn text_is_read_whole() {
    for (inside, whole) in [
        ("alice@example.test<!-- -->.evil.test", "alice@example.test.evil.test"),
        ("<![CDATA[alice@example.test]]>.evil.test", "alice@example.test.evil.test"),
        ("alice&#64;example.test", "alice@example.test"),
        (" alice@example.test\n", " alice@example.test\n"),
    ] {
        for signed in [TestSigned::Assertion, TestSigned::Response] {
            let response = honest().signed(signed);
            let edited = response
                .unsigned_xml()
                .replace("alice@example.test</saml:NameID>", &format!("{inside}</saml:NameID>"));
            let xml = response.sign(&edited).expect("XML");
            let identity = verify(&connection(), &xml, REQUEST).expect("an honest response");
            assert_eq!(identity.name_id.value, whole, "{inside}");
        }
    }
}

#[test]
fn unsolicited_responses_are_a_switch() {
    let xml = IDP.response(&sp(), now()).xml().expect("XML");
    let on = builder().with_options(unsolicited_on()).build().expect("a connection");
    assert!(verify(&on, &xml, None).is_ok());
    // It does not loosen what a reply must say.
    assert_eq!(verify(&on, &xml, REQUEST).expect_err("a refusal").code(), "in_response_to_missing");
    let lenient = builder()
        .with_options(unsolicited_on().with_danger_ignore_unsolicited_in_response_to(true));
    let lenient = lenient.build().expect("a connection");
    let invented = IDP.response(&sp(), now()).in_reply_to("_invented").xml().expect("XML");
    assert!(verify(&lenient, &invented, None).is_ok());
    assert_eq!(
        verify(&lenient, &invented, REQUEST).expect_err("a refusal").code(),
        "in_response_to_mismatch"
    );
}

#[test]
fn attributes_are_merged_and_kept_raw() {
    let mut response = honest();
    response.attributes = vec![
        TestAttribute::new("email", [""; 1]),
        TestAttribute::new("groups", ["a"]),
        TestAttribute::new("groups", ["b", "a"]),
        TestAttribute::new("nothing", Vec::<String>::new()),
    ];
    response.raw_attributes =
        "<saml:Attribute Name='complex'><saml:AttributeValue><x>y</x></saml:AttributeValue>\
                               </saml:Attribute>"
            .into();
    let identity =
        verify(&connection(), &response.xml().expect("XML"), REQUEST).expect("an honest response");
    assert_eq!(identity.email.as_ref().map(|email| email.address()), Some("alice@example.test"));
    assert_eq!(identity.groups, ["a", "b"]);
    let raw = serde_json::to_value(&identity).expect("JSON");
    assert_eq!(
        raw["attributes"],
        serde_json::json!([
            {"name": "email", "name_format": null, "friendly_name": null, "values": [""]},
            {"name": "groups", "name_format": null, "friendly_name": null, "values": ["a", "b", "a"]},
            {"name": "nothing", "name_format": null, "friendly_name": null, "values": []},
            {"name": "complex", "name_format": null, "friendly_name": null, "values": [{"xml": "<x>y</x>"}]},
        ])
    );
}

#[test]
fn a_session_is_as_long_as_the_shortest_and_the_first_names_it() {
    let mut response = honest();
    let mut second = response.authn_statements.first().expect("one").clone();
    second.session_index = some("_second");
    second.session_not_on_or_after = some("2030-01-31T13:00:00Z");
    let first = response.authn_statements.first_mut().expect("one");
    first.session_not_on_or_after = some("2030-01-31T14:00:00Z");
    response.authn_statements.push(second);
    let identity =
        verify(&connection(), &response.xml().expect("XML"), REQUEST).expect("an honest response");
    assert_eq!(identity.session_index.as_deref(), Some("_session"));
    assert_eq!(identity.session_not_on_or_after, Some(at("2030-01-31T13:00:00Z")));
}

#[test]
fn what_debug_prints_names_nobody() {
    let form_value = honest().form_value().expect("XML");
    let unspent =
        connection().verify_reply(&form_value, REQUEST, now()).expect("an honest response");
    let printed = format!("{unspent:?}");
    let identity =
        block_on(unspent.spend(&MemoryReplayStore::default(), now())).expect("the first use");
    let printed = printed + &format!("{identity:?}{:?}", connection());
    for personal in ["alice", "Alice", "Ångström", "staff", "admins"] {
        assert!(!printed.contains(personal), "{personal} in {printed}");
    }
}

#[test]
fn a_signature_made_elsewhere_is_told_from_a_wrong_certificate() {
    let both = signed_before_it_stood_there(TestSigned::Both, inclusive);
    let rejection = refusal_of_raw(&both);
    assert_eq!(rejection, Rejection::SignatureOutOfContext { on: Part::Assertion });
    assert!(rejection.help().contains("the certificate is the right one"));

    // Without a signature around it, there is no proof that nothing was changed.
    let alone = signed_before_it_stood_there(TestSigned::Assertion, inclusive);
    let rejection = refusal_of_raw(&alone);
    let cause = Some(SignatureCause::InclusiveCanonicalization);
    assert_eq!(rejection, Rejection::SignatureInvalid { on: Part::Assertion, cause });
    assert!(rejection.help().contains("Set canonicalization to exclusive"));

    // Without a certificate in it, it may well be of another key.
    let unnamed = signed_before_it_stood_there(TestSigned::Both, |options| {
        inclusive(options);
        options.key_info = TestKeyInfo::None;
    });
    let invalid = Rejection::SignatureInvalid { on: Part::Assertion, cause: None };
    assert_eq!(refusal_of_raw(&unnamed), invalid);

    // What is changed behind the signature of the Response is refused for what it is.
    for (from, to) in [("alice@", "mallory@"), ("urn:oasis:names:tc:SAML:2.0:status:Success", "x")]
    {
        let changed = both.replace(from, to);
        assert_ne!(changed, both);
        assert_ne!(refusal_of_raw(&changed).code(), "signature_out_of_context");
    }

    // The same where what is signed is canonicalized so, which is meant where nothing is said.
    for transform in [some(INCLUSIVE), None] {
        let with = |options: &mut SignatureOptions| options.transform = transform.clone();
        let both = signed_before_it_stood_there(TestSigned::Both, with);
        assert_eq!(refusal_of_raw(&both).code(), "signature_out_of_context");
        let alone = signed_before_it_stood_there(TestSigned::Assertion, with);
        assert_eq!(refusal_of_raw(&alone).code(), "digest_mismatch");
    }

    // Exclusive canonicalization holds anywhere; and if it does not, there is nothing new to say.
    let held = signed_before_it_stood_there(TestSigned::Both, |_| {});
    verify(&connection(), &held, REQUEST).expect("an honest response");
    let damaged = signed_before_it_stood_there(TestSigned::Both, |options| {
        options.signature_value = Some(vec![1; 64]);
    });
    assert_eq!(refusal_of_raw(&damaged), invalid);
}
