//! What a message shows of its own cause, and small things that no other test would miss.

mod common;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::{Verify as _, now, sp, unsolicited_on};
use saml_login::advice::Product;
use saml_login::connection::Warning;
use saml_login::error::{
    DigestCause, LimitKind, Part, SignatureCause, SignatureProblem, XmlProblem,
};
use saml_login::testing::idp::{
    SignatureOptions, TestAttribute, TestIdp, TestKeyInfo, TestResponse, TestSigned,
};
use saml_login::{Connection, KeyPair, Rejection};

const ISSUER: &str = "https://idp.example.test";

fn p256() -> TestIdp {
    TestIdp::p256(ISSUER).expect("a key")
}

fn connection(idp: &TestIdp) -> Connection {
    let idp = idp.identity_provider().expect("a certificate");
    let builder = Connection::builder("acme", sp(), idp);
    builder.with_options(unsolicited_on()).build().expect("a connection")
}

fn response(idp: &TestIdp) -> TestResponse<'_> {
    idp.response(&sp(), now()).signed(TestSigned::Assertion)
}

fn refusal(connection: &Connection, xml: &str) -> Option<Rejection> {
    connection.verify(STANDARD.encode(xml), None, now()).err()
}

/// What becomes of a response that is signed like this.
fn signed(change: impl Fn(&mut SignatureOptions)) -> Option<Rejection> {
    let idp = p256();
    let mut response = response(&idp);
    change(&mut response.signature);
    refusal(&connection(&idp), &response.xml().expect("XML"))
}

#[test]
fn an_ecdsa_value_that_is_a_der_sequence_is_told_from_one_by_another_key() {
    let on = Part::Assertion;
    let found = signed(|options| options.ecdsa_der = true).expect("a refusal");
    let cause = Some(SignatureCause::DerSequence);
    assert_eq!(found, Rejection::SignatureInvalid { on, cause });
    let advice = saml_login::advice::Advice::for_refusal(&found, Some(Product::Keycloak));
    assert!(advice.expect("advice").text.starts_with("Choose"));
    assert_eq!(
        signed(|options| options.signature_value = Some(vec![0; 64])),
        Some(Rejection::SignatureInvalid { on, cause: None })
    );
    // An RSA value that happens to be one is a damaged signature.
    let der = p256().sign_octets("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", b"x");
    let rsa = TestIdp::rsa(ISSUER).expect("a key");
    let mut of_rsa = response(&rsa);
    of_rsa.signature.signature_value = Some(der.expect("a signature"));
    assert_eq!(
        refusal(&connection(&rsa), &of_rsa.xml().expect("XML")),
        Some(Rejection::SignatureInvalid { on, cause: None })
    );
}

#[test]
fn a_digest_that_fails_beside_escaped_text_says_so() {
    for (value, cause) in [
        ("R&D", Some(DigestCause::EscapedText)),
        ("a < b", Some(DigestCause::EscapedText)),
        ("R and D", None),
        ("a > b", None),
    ] {
        let idp = p256();
        let mut response = response(&idp);
        response.attributes.push(TestAttribute::new("department", [value]));
        let xml = response.xml().expect("XML");
        let connection = connection(&idp);
        assert_eq!(refusal(&connection, &xml), None, "{value}");
        // As an identity provider signs it that digests the text unescaped, or as a forger changes
        // it: either is refused.
        let changed = xml.replace("alice", "malice");
        let on = Part::Assertion;
        assert_eq!(refusal(&connection, &changed), Some(Rejection::DigestMismatch { on, cause }));
    }
}

#[test]
fn what_stands_before_the_declaration_is_named() {
    let idp = p256();
    let xml = response(&idp).xml().expect("XML");
    let declared = format!("\n<?xml version=\"1.0\"?>{xml}");
    let found = refusal(&connection(&idp), &declared).expect("a refusal");
    let problem = XmlProblem::DeclarationMisplaced;
    assert_eq!(found, Rejection::XmlMalformed { problem, offset: 22 });
    assert!(found.help().contains("a blank line for example"), "{}", found.help());
    // One that is wrong in itself is another thing.
    let found = refusal(&connection(&idp), &format!("<?xml?>{xml}")).expect("a refusal");
    let problem = XmlProblem::Declaration;
    assert_eq!(found, Rejection::XmlMalformed { problem, offset: 7 });
    assert!(!found.help().contains("blank line"), "{}", found.help());
}

#[test]
fn signed_info_has_no_strange_children_and_an_end() {
    let malformed = Some(Rejection::SignatureMalformed {
        on: Part::Assertion,
        problem: SignatureProblem::Elements,
    });
    fn within(info: &str, name: &str, inner: &str) -> String {
        let start = info.find(&format!("<ds:{name} ")).expect("the element");
        let (before, rest) = info.split_at(start);
        let (tag, behind) = rest.split_once('>').expect("its end");
        let behind = behind.trim_start_matches(&format!("</ds:{name}>"));
        format!("{before}{}>{inner}</ds:{name}>{behind}", tag.trim_end_matches('/'))
    }
    let in_digest_method: [fn(String) -> String; 3] = [
        |info| within(&info, "DigestMethod", "<p:b xmlns:p='urn:p'/>"),
        |info| within(&info, "DigestMethod", "text"),
        |info| within(&info, "SignatureMethod", "<p:b xmlns:p='urn:p'/>"),
    ];
    for edit in in_digest_method {
        assert_eq!(signed(|options| options.edit_signed_info = Some(edit)), malformed);
    }
    let forbidden: [fn(String) -> String; 2] = [
        |info| within(&info, "Transform", "<p:b xmlns:p='urn:p'/>"),
        |info| within(&info, "Transform", "text"),
    ];
    for edit in forbidden {
        let found = signed(|options| options.edit_signed_info = Some(edit)).expect("a refusal");
        assert_eq!(found.code(), "transform_forbidden");
    }
    // Blank space between elements is nobody's mistake, up to the bound.
    let padded: [fn(String) -> String; 2] = [
        |info| within(&info, "DigestMethod", &" ".repeat(100 * 1024)),
        |info| within(&info, "DigestMethod", &" ".repeat(128 * 1024)),
    ];
    let [short, long] = padded.map(|edit| signed(|options| options.edit_signed_info = Some(edit)));
    assert_eq!(short, None);
    let limit = LimitKind::SignedInfoBytes;
    assert_eq!(long, Some(Rejection::XmlLimitExceeded { limit, allowed: 128 * 1024 }));
}

#[test]
fn the_children_of_signed_info_bear_their_names() {
    let malformed = Some(Rejection::SignatureMalformed {
        on: Part::Assertion,
        problem: SignatureProblem::Elements,
    });
    // Signed as they are written here.
    let misnamed: [fn(String) -> String; 6] = [
        |info| info.replace("ds:CanonicalizationMethod", "ds:Canonicalization"),
        |info| info.replace("ds:SignatureMethod", "ds:Signing"),
        |info| info.replace("ds:Reference", "ds:Referral"),
        |info| info.replace("ds:Transforms", "ds:Changes"),
        |info| info.replace("ds:DigestMethod", "ds:Digesting"),
        |info| info.replace("ds:DigestValue", "ds:Value"),
    ];
    for (number, edit) in misnamed.into_iter().enumerate() {
        let found = signed(|options| options.edit_signed_info = Some(edit));
        assert_eq!(found, malformed, "{number}");
    }
}

#[test]
fn a_certificate_that_was_issued_anew_for_the_same_key_is_no_stranger() {
    let idp = p256();
    let configured = connection(&idp);
    let renewed = idp.with_validity(now(), now() + chrono::TimeDelta::days(1)).expect("another");
    let mut of_renewed = response(&renewed);
    assert_eq!(refusal(&configured, &of_renewed.xml().expect("XML")), None);
    of_renewed.signature.signature_value = Some(vec![1; 64]);
    let on = Part::Assertion;
    let invalid = Some(Rejection::SignatureInvalid { on, cause: None });
    assert_eq!(refusal(&configured, &of_renewed.xml().expect("XML")), invalid);
}

#[test]
fn what_was_changed_before_the_response_was_signed_is_no_matter_of_canonicalization() {
    let idp = p256();
    let changed = response(&idp).xml().expect("XML").replace("alice@", "mallory@");
    let around = idp.sign_xml(&changed, "_response", &SignatureOptions::default());
    let mismatch = Rejection::DigestMismatch { on: Part::Assertion, cause: None };
    assert_eq!(refusal(&connection(&idp), &around.expect("XML")), Some(mismatch));
}

#[test]
fn nothing_but_key_info_stands_in_its_place() {
    let malformed = Some(Rejection::SignatureMalformed {
        on: Part::Assertion,
        problem: SignatureProblem::Elements,
    });
    for inner in [
        "<ds:KeyValue/>",
        "<KeyInfo/>",
        "<ds:KeyInfo/><ds:KeyInfo/>",
        "<ds:SignatureValue>AAAA</ds:SignatureValue>",
    ] {
        let raw = TestKeyInfo::Raw(inner.into());
        assert_eq!(signed(|options| options.key_info = raw.clone()), malformed, "{inner}");
    }
    assert_eq!(signed(|options| options.key_info = TestKeyInfo::Raw("<ds:KeyInfo/>".into())), None);
}

#[test]
fn an_unsigned_response_without_destination_around_a_signed_assertion_comes_in() {
    let idp = p256();
    let mut response = response(&idp);
    response.destination = None;
    assert_eq!(refusal(&connection(&idp), &response.xml().expect("XML")), None);
    // A signed one says where it goes: Bindings §3.5.5.2.
    let signed = response.signed(TestSigned::Response).xml().expect("XML");
    let on = Part::Response;
    let missing = Some(Rejection::DestinationMissing { on });
    assert_eq!(refusal(&connection(&idp), &signed), missing);
}

#[test]
fn sha1_under_either_of_two_signatures_is_told() {
    let idp = TestIdp::rsa(ISSUER).expect("a key");
    let options = unsolicited_on().with_danger_allow_sha1(true);
    let builder = Connection::builder("acme", sp(), idp.identity_provider().expect("one"));
    let connection = builder.with_options(options).build().expect("a connection");
    let weak = |options: &mut SignatureOptions, weak: bool| {
        let sha1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1";
        options.signature_algorithm = weak.then(|| sha1.to_owned());
    };
    for (inner, outer, expected) in [
        (true, false, &[Warning::RestsOnSha1][..]),
        (false, true, &[Warning::RestsOnSha1]),
        (true, true, &[Warning::RestsOnSha1]),
        (false, false, &[]),
    ] {
        let mut response = response(&idp);
        weak(&mut response.signature, inner);
        let with_inner = response.sign(&response.unsigned_xml()).expect("XML");
        let mut around = response.signed(TestSigned::Response);
        weak(&mut around.signature, outer);
        let xml = around.sign(&with_inner).expect("XML");
        assert_eq!(xml.matches("<ds:SignatureValue>").count(), 2);
        let report = connection.explain(STANDARD.encode(&xml), None, now());
        assert!(report.accepted, "{report}");
        let switch = Warning::Danger { switch: "danger_allow_sha1" };
        assert_eq!(report.warnings, [&[switch], expected].concat(), "{inner} {outer}");
    }
}

#[test]
fn a_report_shows_instants_and_confirmations_as_they_are() {
    let idp = p256();
    let report =
        connection(&idp).explain(response(&idp).form_value().expect("a value"), None, now());
    let shown = |name: &str| {
        let check = report.checks.iter().find(|check| check.name == name).expect("a row");
        (check.expected.clone().unwrap_or_default(), check.found.clone().unwrap_or_default())
    };
    let row = |expected: &str, found: &str| (expected.to_owned(), found.to_owned());
    assert_eq!(
        shown("conditions_time"),
        row(
            "now is 2030-01-31T12:00:00Z, give or take 60 s",
            "from 2030-01-31T11:55:00Z until 2030-01-31T12:05:00Z"
        )
    );
    assert_eq!(
        shown("subject_confirmation"),
        row(
            "for https://app.example.test/saml/acs, in response to nothing; now is 2030-01-31T12:00:00Z, give or take 60 s",
            "for https://app.example.test/saml/acs, in response to nothing, from any time until 2030-01-31T12:05:00Z"
        )
    );
    assert_eq!(
        shown("authn_statement"),
        row("not after 2030-01-31T12:00:00Z, give or take 60 s", "2030-01-31T12:00:00Z")
    );
    assert_eq!(shown("conditions_understood"), row("", ""));
    let mut once = response(&idp);
    once.raw_conditions = "<saml:OneTimeUse/>".into();
    let report = connection(&idp).explain(once.form_value().expect("a value"), None, now());
    let found = report.checks.iter().find(|check| check.name == "conditions_understood");
    let found = found.and_then(|check| check.found.as_deref());
    assert_eq!(found, Some("OneTimeUse (true of every assertion here)"));
}

#[test]
fn the_debug_text_of_a_key_pair_is_that_of_its_certificate() {
    let key = include_str!("../fixtures/sp-key.pem");
    let (from, until) = (now(), now() + chrono::TimeDelta::days(1));
    let pair = KeyPair::self_signed(key, "sp", from, until).expect("a key pair");
    let certificate = format!("{:?}", pair.certificate());
    assert_eq!(format!("{pair:?}"), format!("KeyPair {{ certificate: {certificate}, .. }}"));
    assert!(certificate.starts_with("Certificate { fingerprint: ") && certificate.len() < 200);
}
