//! A copy that can be shared has the structure and the verdict of the original, and none of its
//! values.

mod common;

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::{at, now, sp, unsolicited_on};
use saml_login::identity::{AttributeMap, IdentityField};
use saml_login::redact::{Lost, Redacted};
use saml_login::testing::idp::{TestAttribute, TestIdp, TestKeyInfo, TestResponse, TestSigned};
use saml_login::testing::pending_request;
use saml_login::{
    Certificates, Connection, ConnectionOptions, IdentityProvider, KeyPair, Random, ServiceProvider,
};

fn idp() -> TestIdp {
    TestIdp::rsa("https://idp.acme.test/saml/metadata").expect("a key")
}

fn connection(idp: &TestIdp, options: ConnectionOptions) -> Connection {
    let provider = idp.identity_provider().expect("a certificate");
    Connection::builder("acme", sp(), provider).with_options(options).build().expect("a connection")
}

fn redacted(connection: &Connection, form_value: &str, seed: u8) -> Redacted {
    connection.redact(form_value, None, now(), Random::new([seed; 32])).expect("a copy")
}

fn xml(form_value: &str) -> String {
    let packed: String = form_value.split_ascii_whitespace().collect();
    String::from_utf8(STANDARD.decode(packed).expect("Base64")).expect("UTF-8")
}

/// The texts and the values of attributes of a document, as it is written.
fn values(xml: &str) -> BTreeSet<String> {
    let texts = xml.split('<').filter_map(|piece| piece.split_once('>')).map(|(_, text)| text);
    let quoted = xml.split('<').flat_map(|piece| {
        let tag = piece.split_once('>').map_or(piece, |(tag, _)| tag);
        tag.split(['"', '\'']).skip(1).step_by(2).collect::<Vec<_>>()
    });
    texts
        .chain(quoted)
        .map(|value| value.trim().to_owned())
        .filter(|value| value.len() > 3)
        .collect()
}

/// Words of the specifications, times, and the names that everybody gives to attributes.
fn is_public(value: &str) -> bool {
    let map = AttributeMap::default();
    let is_name = |value: &str| {
        let mut names = IdentityField::ALL.iter().flat_map(|field| map.names(*field));
        names.any(|name| name.eq_ignore_ascii_case(value))
    };
    let is_time =
        value.ends_with('Z') && value.chars().all(|c| c.is_ascii_digit() || "-:.TZ".contains(c));
    value.starts_with("urn:oasis:names:tc:SAML:")
        || value.starts_with("http://www.w3.org/")
        || ["xs:string", "xs:anyURI", "true", "false"].contains(&value)
        || is_time
        || is_name(value)
}

/// Searches the copy, its configuration and its report for every value of the original.
fn assert_nothing_is_left(original: &str, redacted: &Redacted, what: &str) {
    let copy = xml(&redacted.form_value);
    let configured = format!(
        "{copy} {} {} {} {:?} {redacted:?}",
        redacted.connection.service_provider().audience(),
        redacted.connection.service_provider().acs_url(),
        redacted.connection.identity_provider().issuer(),
        redacted.lost,
    );
    // The report has sentences of its own, in which short words are no values.
    let report = redacted.copy.to_string();
    let is_left =
        |value: &str| configured.contains(value) || (value.len() > 10 && report.contains(value));
    for value in values(original).into_iter().filter(|value| !is_public(value)) {
        assert!(!is_left(&value), "{what}: {value} is left");
        // Nor a part of an address.
        for piece in value.split(['@', '/', ':', '#']).filter(|piece| piece.len() > 5) {
            let constant = ["https", "metadata"].contains(&piece) || is_public(piece);
            assert!(constant || !is_left(piece), "{what}: {piece} is left");
        }
    }
}

fn elements(xml: &str) -> Vec<String> {
    let tags = xml.split('<').skip(1).filter(|tag| !tag.starts_with(['/', '?', '!']));
    tags.map(|tag| tag.split([' ', '>', '/']).next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn a_copy_has_the_structure_and_the_verdict_and_none_of_the_values() {
    let idp = idp();
    for signed in [TestSigned::Assertion, TestSigned::Response, TestSigned::Both] {
        let mut response = idp.response(&sp(), now()).signed(signed);
        response.attributes.push(TestAttribute::new("acmeCostCentre", ["4711-0815", "R&D <Lab>"]));
        let connection = connection(&idp, unsolicited_on());
        let form_value = response.form_value().expect("a value");
        let redacted = redacted(&connection, &form_value, 1);
        assert!(redacted.original.accepted && redacted.copy.accepted, "{}", redacted.copy);
        assert_eq!(redacted.lost, []);
        let original = xml(&form_value);
        assert_nothing_is_left(&original, &redacted, &format!("{signed:?}"));
        assert_eq!(elements(&original), elements(&xml(&redacted.form_value)));
        // Whoever gets the copy judges it as here.
        let again = redacted.connection.explain(&redacted.form_value, None, redacted.now);
        assert_eq!(again, redacted.copy);
    }
}

#[test]
fn every_refusal_is_kept() {
    let (idp, other) = (idp(), TestIdp::rsa("https://other.acme.test").expect("a key"));
    let acme = connection(&idp, unsolicited_on());
    type Edit = fn(&mut TestResponse<'_>);
    let edits: [(&str, Edit); 9] = [
        ("issuer_mismatch", |r| r.assertion_issuer = Some("https://idp.acme.test/other".into())),
        ("audience_mismatch", |r| r.audiences = vec![vec!["https://app.example.test/".into()]]),
        ("destination_mismatch", |r| r.destination = Some("https://old.acme.test/acs".into())),
        ("recipient_mismatch", |r| {
            r.confirmations[0].recipient = Some("https://old.acme.test/acs".into());
        }),
        ("status_not_success", |r| {
            r.status_codes = vec!["urn:oasis:names:tc:SAML:2.0:status:Responder".into()];
        }),
        ("expired", |r| r.not_on_or_after = Some("2030-01-31T11:56:00Z".into())),
        ("version_unsupported", |r| r.version = Some("1.1".into())),
        ("name_id_missing", |r| r.name_id = None),
        ("algorithm_forbidden", |r| {
            r.signature.signature_algorithm =
                Some("http://www.w3.org/2000/09/xmldsig#rsa-sha1".into());
        }),
    ];
    for (code, edit) in edits {
        let mut response = idp.response(&sp(), now()).signed(TestSigned::Response);
        edit(&mut response);
        let form_value = response.form_value().expect("a value");
        let redacted = redacted(&acme, &form_value, 1);
        assert_eq!((redacted.original.code, redacted.copy.code), (Some(code), Some(code)));
        assert_nothing_is_left(&xml(&form_value), &redacted, code);
    }
    // What does not verify: by a stranger, by damage, by a change.
    let strange = other.response(&sp(), now()).signed(TestSigned::Both).form_value();
    let copy = redacted(&acme, &strange.expect("a value"), 1);
    assert_eq!(
        (copy.original.code, copy.copy.code),
        (Some("key_untrusted"), Some("key_untrusted"))
    );
    for key_info in [TestKeyInfo::Certificate, TestKeyInfo::None] {
        let mut damaged = idp.response(&sp(), now()).signed(TestSigned::Assertion);
        damaged.signature.signature_value = Some(vec![1; 256]);
        damaged.signature.key_info = key_info;
        let copy = redacted(&acme, &damaged.form_value().expect("a value"), 1);
        let both = (copy.original.code, copy.copy.code);
        assert_eq!(both, (Some("signature_invalid"), Some("signature_invalid")));
    }
    let honest = idp.response(&sp(), now()).signed(TestSigned::Both).xml().expect("XML");
    let changed = honest.replace("alice@", "mallory@");
    let copy = redacted(&acme, &STANDARD.encode(changed), 1);
    assert_eq!(
        (copy.original.code, copy.copy.code),
        (Some("digest_mismatch"), Some("digest_mismatch"))
    );
}

#[test]
fn the_same_has_the_same_in_its_place_and_each_run_another() {
    let idp = idp();
    let mut response = idp.response(&sp(), now()).signed(TestSigned::Assertion);
    response
        .attributes
        .push(TestAttribute::new("acmeMail", ["alice@example.test", "Alice@example.test"]));
    let options = unsolicited_on().with_attribute_map(
        AttributeMap::default().with_names(IdentityField::DisplayName, ["acmeMail"]),
    );
    let connection = connection(&idp, options.with_required([IdentityField::DisplayName]));
    let form_value = response.form_value().expect("a value");
    let (one, other) =
        (redacted(&connection, &form_value, 1), redacted(&connection, &form_value, 2));
    // The name of the attribute is another, and the copy is read by that name.
    assert!(one.copy.accepted, "{}", one.copy);
    assert!(!xml(&one.form_value).contains("acmeMail"));
    let text = xml(&one.form_value);
    let of = |name: &str| {
        let (_, behind) = text.split_once(&format!("Name=\"{name}\"")).expect("the attribute");
        let (_, value) = behind.split_once("AttributeValue").expect("a value");
        let (_, value) = value.split_once('>').expect("its tag");
        value.split_once('<').expect("its end").0.to_owned()
    };
    let email = of("email");
    assert_eq!(text.matches(&email).count(), 3, "NameID, email and acmeMail: {email}");
    assert_eq!(text.to_lowercase().matches(&email).count(), 4, "and one in other letters");
    for value in values(&text).into_iter().filter(|value| !is_public(value)) {
        let kept = ["https://", "AAAA"].contains(&value.as_str());
        assert!(kept || !xml(&other.form_value).contains(&value), "{value}");
    }
}

#[test]
fn what_nobody_knows_is_emptied_and_said() {
    let idp = idp();
    let connection = connection(&idp, unsolicited_on());
    let mut response = idp.response(&sp(), now()).signed(TestSigned::Assertion);
    response.raw_extensions =
        "<samlp:Extensions><acme:secret xmlns:acme='urn:acme:own' acme:of='us'>secret</acme:secret>\
         <!-- secret --></samlp:Extensions>"
            .into();
    let form_value = response.form_value().expect("a value");
    let redacted = redacted(&connection, &form_value, 1);
    assert!(redacted.copy.accepted);
    assert_eq!(redacted.lost, [Lost::Elements { count: 1 }, Lost::Remarks { count: 1 }]);
    let copy = xml(&redacted.form_value);
    assert!(!copy.contains("acme") && !copy.contains("secret"), "{copy}");
    let nothing = connection.redact("no Base64!", None, now(), Random::new([1; 32]));
    assert_eq!(nothing.expect_err("nothing to copy").code(), "response_undecodable");
}

#[test]
fn nothing_that_was_decrypted_stays() {
    let idp = idp();
    let until = now() + chrono::TimeDelta::days(1);
    let pair = KeyPair::self_signed(include_str!("../fixtures/sp-key.pem"), "sp", now(), until);
    let pair = pair.expect("a key pair");
    let response = idp.response(&sp(), now()).signed(TestSigned::Both);
    let form_value = response.encrypted_to(pair.certificate()).form_value().expect("a value");
    let provider = idp.identity_provider().expect("a certificate");
    let builder = Connection::builder("acme", sp().with_decryption_key(pair), provider);
    let connection = builder.with_options(unsolicited_on()).build().expect("a connection");
    let redacted = redacted(&connection, &form_value, 1);
    assert!(redacted.original.accepted);
    assert!(redacted.lost.contains(&Lost::Encrypted), "{:?}", redacted.lost);
    let outcome = redacted.lost.iter().any(
        |lost| matches!(lost, Lost::Outcome { original: "accepted", copy } if *copy != "accepted"),
    );
    assert!(outcome, "{:?}", redacted.lost);
    assert_nothing_is_left(&xml(&form_value), &redacted, "encrypted");
    assert!(!xml(&redacted.form_value).contains("alice"));
}

/// Responses of real identity providers.
#[test]
fn captured_responses() {
    let manifest = include_str!("../fixtures/manifest.json");
    let rows: serde_json::Value = serde_json::from_str(manifest).expect("JSON");
    let rows = rows.as_array().or_else(|| rows["responses"].as_array()).expect("rows");
    let mut seen = 0;
    for row in rows {
        let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        let read = |file: &str| std::fs::read_to_string(format!("fixtures/{file}")).ok();
        let (Some(form_value), Some(certificate)) =
            (read(&text("file")), read(&text("certificate")))
        else {
            continue;
        };
        let (Ok(certificates), false) = (Certificates::parse(certificate), text("now").is_empty())
        else {
            continue;
        };
        let idp = IdentityProvider::new(text("issuer"), certificates);
        let sp = ServiceProvider::new(text("audience"), text("acs_url"));
        let options = unsolicited_on().with_danger_allow_sha1(true);
        let connection = Connection::builder("acme", sp, idp)
            .with_options(options)
            .build()
            .expect("a connection");
        let now = at(&text("now"));
        let request = row["request_id"].as_str().map(|id| pending_request(&connection, id, now));
        let copy = connection.redact(&form_value, request.as_ref(), now, Random::new([3; 32]));
        let copy = copy.unwrap_or_else(|error| panic!("{}: {error}", text("file")));
        if !copy.lost.contains(&Lost::Encrypted) {
            assert_eq!(copy.original.code, copy.copy.code, "{} {:?}", text("file"), copy.lost);
        }
        assert_nothing_is_left(&xml(&form_value), &copy, &text("file"));
        seen += 1;
    }
    println!("redacted captures: {seen}");
    assert!(seen > 5, "{seen}");
}
