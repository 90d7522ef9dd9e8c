//! The test identity provider does what it says: what is honest is accepted whole, what is hostile
//! is hostile in the one way that was asked for.

mod common;

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::{Verify as _, at, block_on, now, sp, unsolicited_on};
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Signer};
use saml_login::assertion::AttributeValue;
use saml_login::testing::idp::{
    SignatureOptions, SignaturePlace, TestAttribute, TestConfirmation, TestIdp, TestIdpError,
    TestResponse, TestSigned,
};
use saml_login::{Certificates, Connection, Identity, MemoryReplayStore, Rejection};

const ISSUER: &str = "https://idp.example.test";
const MORE: &str = "http://www.w3.org/2001/04/xmldsig-more";
const MGF1: &str = "http://www.w3.org/2007/05/xmldsig-more";
const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const INCLUSIVE: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
const INCLUSIVE_11: &str = "http://www.w3.org/2006/12/xml-c14n11";
const PARTS: [TestSigned; 3] = [TestSigned::Assertion, TestSigned::Response, TestSigned::Both];

static RSA: LazyLock<TestIdp> = LazyLock::new(|| TestIdp::rsa(ISSUER).expect("a key"));
static P256: LazyLock<TestIdp> = LazyLock::new(|| TestIdp::p256(ISSUER).expect("a key"));
static P384: LazyLock<TestIdp> = LazyLock::new(|| TestIdp::p384(ISSUER).expect("a key"));
static P521: LazyLock<TestIdp> = LazyLock::new(|| TestIdp::p521(ISSUER).expect("a key"));

fn connection(idp: &TestIdp) -> Connection {
    let idp = idp.identity_provider().expect("a certificate");
    Connection::builder("acme", sp(), idp)
        .with_options(unsolicited_on())
        .build()
        .expect("a connection")
}

fn verify(connection: &Connection, xml: &str) -> Result<Identity, Rejection> {
    let unspent = connection.verify(STANDARD.encode(xml), None, now())?;
    Ok(block_on(unspent.spend(&MemoryReplayStore::default(), now())).expect("the first use"))
}

fn code(idp: &TestIdp, xml: &str) -> Result<String, &'static str> {
    verify(&connection(idp), xml)
        .map(|identity| identity.name_id.value)
        .map_err(|rejection| rejection.code())
}

fn alice() -> Result<String, &'static str> {
    Ok("alice@example.test".into())
}

/// The verdict on a response with its Assertion signed, with options that `change` has made wrong.
fn signed_so(
    idp: &TestIdp,
    change: impl FnOnce(&mut SignatureOptions),
) -> Result<String, &'static str> {
    let mut response = idp.response(&sp(), now());
    change(&mut response.signature);
    code(idp, &response.xml().expect("XML"))
}

fn refused(code: &'static str) -> Result<String, &'static str> {
    Err(code)
}

#[test]
fn the_honest_identity_is_exact() {
    let identity = verify(&connection(&P256), &P256.response(&sp(), now()).xml().expect("XML"));
    let identity = identity.expect("an honest response");
    let certificates =
        Certificates::parse(P256.certificate_pem().expect("PEM")).expect("a certificate");
    assert_eq!(identity.connection_id, "acme");
    assert_eq!(identity.issuer, ISSUER);
    assert_eq!(identity.name_id.value, "alice@example.test");
    assert_eq!(
        identity.name_id.format.as_deref(),
        Some("urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress")
    );
    assert_eq!(
        (&identity.name_id.name_qualifier, &identity.name_id.sp_name_qualifier),
        (&None, &None)
    );
    assert_eq!(identity.email.as_ref().map(|email| email.address()), Some("alice@example.test"));
    assert_eq!(identity.first_name.as_deref(), Some("Alice"));
    assert_eq!(identity.last_name.as_deref(), Some("Ångström"));
    assert_eq!(identity.display_name, None);
    assert_eq!(identity.groups, ["staff", "admins"]);
    assert_eq!(identity.session_index.as_deref(), Some("_session"));
    assert_eq!(identity.session_not_on_or_after, None);
    assert_eq!(identity.authn_instant, now());
    assert_eq!(
        identity.authn_context_class_ref.as_deref(),
        Some("urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport")
    );
    assert_eq!(Some(identity.key_fingerprint), certificates.iter().next().map(|c| c.fingerprint()));
    let names: Vec<&str> =
        identity.attributes.iter().map(|attribute| attribute.name.as_str()).collect();
    assert_eq!(names, ["email", "firstName", "lastName", "groups"]);
}

#[test]
fn every_honest_signature_gives_that_identity() {
    let mut count = 0;
    for (idp, is_rsa) in [(&RSA, true), (&P256, false), (&P384, false), (&P521, false)] {
        let connection = connection(idp);
        let expected = verify(&connection, &idp.response(&sp(), now()).xml().expect("XML"));
        let expected = expected.expect("an honest response");
        for (bits, digest) in [
            ("256", "http://www.w3.org/2001/04/xmlenc#sha256"),
            ("384", "http://www.w3.org/2001/04/xmldsig-more#sha384"),
            ("512", "http://www.w3.org/2001/04/xmlenc#sha512"),
        ] {
            let algorithms = match is_rsa {
                true => vec![format!("{MORE}#rsa-sha{bits}"), format!("{MGF1}#sha{bits}-rsa-MGF1")],
                false => vec![format!("{MORE}#ecdsa-sha{bits}")],
            };
            for algorithm in algorithms {
                for base in [EXCLUSIVE, INCLUSIVE, INCLUSIVE_11] {
                    let with_comments = format!("{}#WithComments", base.trim_end_matches('#'));
                    for canonicalization in [base, &with_comments] {
                        for transform in [Some(EXCLUSIVE), Some(INCLUSIVE), None] {
                            for signed in PARTS {
                                let mut response = idp.response(&sp(), now()).signed(signed);
                                response.signature.signature_algorithm = Some(algorithm.clone());
                                response.signature.digest_algorithm = digest.into();
                                response.signature.canonicalization = canonicalization.into();
                                response.signature.transform = transform.map(str::to_owned);
                                let xml = response.xml().expect("XML");
                                let found = verify(&connection, &xml);
                                assert_eq!(
                                    found.as_ref(),
                                    Ok(&expected),
                                    "{algorithm} {canonicalization} {transform:?} {signed:?}"
                                );
                                count += 1;
                            }
                        }
                    }
                }
            }
        }
    }
    assert_eq!(count, (2 + 3) * 3 * 6 * 3 * 3);
}

#[test]
fn styles_of_real_identity_providers_are_accepted() {
    let own_words = |response: &TestResponse<'_>| {
        let xml = response
            .unsigned_xml()
            .replace("saml:", "saml2:")
            .replace("xmlns:saml=", "xmlns:saml2=");
        response.sign(&xml).expect("XML")
    };
    for signed in PARTS {
        for prefix in ["ds", "", "dsig"] {
            for width in [None, Some(64), Some(76)] {
                let mut response = RSA.response(&sp(), now()).signed(signed);
                response.signature.prefix = prefix.into();
                response.signature.base64_width = width;
                // SignedInfo in the default namespace, canonicalized in all its surroundings.
                response.signature.canonicalization = INCLUSIVE.into();
                let xml = response.xml().expect("XML");
                assert_eq!(xml.contains('\n'), width.is_some());
                assert!(
                    width.is_none() || xml.lines().skip(1).any(|line| Some(line.len()) == width)
                );
                assert_eq!(xml.contains("<Signature xmlns="), prefix.is_empty());
                assert_eq!(code(&RSA, &xml), alice(), "{signed:?} {prefix:?} {width:?}");
                assert_eq!(code(&RSA, &own_words(&response)), alice());
            }
        }
    }
}

#[test]
fn signatures_are_wrong_in_the_one_way_asked_for() {
    let mut response = P256.response(&sp(), now());
    let tampered = response.xml().expect("XML").replace(">alice@", ">mallory@");
    assert_eq!(code(&P256, &tampered), refused("digest_mismatch"));
    response.signed = TestSigned::Nothing;
    assert_eq!(code(&P256, &response.xml().expect("XML")), refused("signature_missing"));

    let unknown =
        signed_so(&P256, |options| options.signature_algorithm = Some("urn:x?a=\"1\"&b".into()));
    assert_eq!(unknown, refused("algorithm_forbidden"));
    assert_eq!(
        signed_so(&P256, |options| options.digest_algorithm = "urn:x".into()),
        refused("algorithm_forbidden")
    );
    assert_eq!(
        signed_so(&P256, |options| options.canonicalization = "urn:x".into()),
        refused("algorithm_forbidden")
    );
    assert_eq!(
        signed_so(&P256, |options| options.transform = Some("urn:x".into())),
        refused("transform_forbidden")
    );
    // Identifiers for another kind of key: the key's own algorithm signs.
    for algorithm in [format!("{MORE}#rsa-sha256"), format!("{MGF1}#sha256-rsa-MGF1")] {
        let found = signed_so(&P256, |options| options.signature_algorithm = Some(algorithm));
        assert_eq!(found, refused("signature_invalid"));
    }
    let der = P256.certificate_der().expect("DER");
    for digest in ["sha1", "sha256", "sha384", "sha512"] {
        let found = signed_so(&P256, |options| {
            options.signature_algorithm = Some(format!("{MORE}#hmac-{digest}"));
            options.hmac_key = Some(der.clone());
        });
        assert_eq!(found, refused("algorithm_forbidden"), "{digest}");
    }
    for idp in [&P256, &P384, &P521] {
        for bits in [256, 384, 512] {
            let with = |ecdsa_der| {
                signed_so(idp, |options| {
                    options.signature_algorithm = Some(format!("{MORE}#ecdsa-sha{bits}"));
                    options.ecdsa_der = ecdsa_der;
                })
            };
            assert_eq!(with(false), alice());
            assert_eq!(with(true), refused("signature_invalid"));
        }
    }
    assert_eq!(
        signed_so(&P256, |options| options.signature_value = Some(vec![0; 64])),
        refused("signature_invalid")
    );
    assert_eq!(
        signed_so(&P256, |options| options.reference_uri = Some(String::new())),
        refused("reference_mismatch")
    );
    assert_eq!(
        signed_so(&P256, |options| options.digest_of = Some("_response".into())),
        refused("digest_mismatch")
    );
}

#[test]
fn a_digest_method_is_what_it_says() {
    for digest in ["md5", "sha224", "sha1"] {
        let uri = format!("http://www.w3.org/2000/09/xmldsig#{digest}");
        assert_eq!(
            signed_so(&P256, |options| options.digest_algorithm = uri),
            refused("algorithm_forbidden")
        );
    }
    // SHA-1 beneath a sound signature: forbidden until it is allowed, and then it is right.
    let mut response = P256.response(&sp(), now());
    response.signature.digest_algorithm = "http://www.w3.org/2000/09/xmldsig#sha1".into();
    let idp = P256.identity_provider().expect("a certificate");
    let lax = Connection::builder("acme", sp(), idp)
        .with_options(unsolicited_on().with_danger_allow_sha1(true))
        .build();
    assert!(verify(&lax.expect("a connection"), &response.xml().expect("XML")).is_ok());
}

#[test]
fn several_references_are_signed_with_their_true_digests() {
    let response = P256.response(&sp(), now());
    let xml = response.unsigned_xml();
    let evil = "<x xmlns=\"urn:x\" ID=\"_evil\">mallory</x>";
    let xml = xml.replace(
        "<samlp:Status>",
        &format!("<samlp:Extensions>{evil}</samlp:Extensions><samlp:Status>"),
    );
    let reference = |id: &str| {
        let info = P256.signed_info(&xml, id, &SignatureOptions::default()).expect("a SignedInfo");
        let start = info.find("<ds:Reference").expect("a reference");
        info[start..].trim_end_matches("</ds:SignedInfo>").to_owned()
    };
    let own =
        P256.signed_info(&xml, "_assertion", &SignatureOptions::default()).expect("a SignedInfo");
    let (good, other) = (reference("_assertion"), reference("_evil"));
    for (references, expected) in [
        (good.clone(), alice()),
        (format!("{good}{other}"), refused("signature_malformed")),
        (format!("{other}{good}"), refused("signature_malformed")),
        (String::new(), refused("signature_malformed")),
        (other.clone(), refused("reference_mismatch")),
    ] {
        let mut options = SignatureOptions::default();
        options.raw_signed_info = Some(own.replace(&good, &references));
        let signed = P256.sign_xml(&xml, "_assertion", &options).expect("XML");
        assert_eq!(code(&P256, &signed), expected, "{references}");
    }
}

#[test]
fn signatures_are_put_where_they_are_asked_for() {
    let ns = "xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"";
    let place = |xml: &str, id: &str, place: SignaturePlace| {
        let mut options = SignatureOptions::default();
        options.place = place;
        let signed = P256.sign_xml(xml, id, &options).expect("XML");
        let (before, rest) = signed.split_once("<ds:Signature ").expect("a signature");
        let (_, after) = rest.split_once("</ds:Signature>").expect("its end");
        format!("{before}*{after}")
    };
    let after_issuer = |xml: &str| place(xml, "a", SignaturePlace::AfterIssuer);
    let issuer = |markup: &str| format!("<a {ns} ID=\"a\">{markup}<b ID=\"b\"/></a>");
    for markup in [
        "<saml:Issuer>x</saml:Issuer>",
        "<saml:Issuer>x</saml:Issuer \n>",
        "<saml:Issuer Format='/>'></saml:Issuer>",
        "<saml:Issuer/>",
        "<saml:Issuer><![CDATA[</saml:Issuer>]]></saml:Issuer>",
        "<c/><saml:Issuer>x</saml:Issuer>",
    ] {
        assert_eq!(after_issuer(&issuer(markup)), issuer(&format!("{markup}*")), "{markup}");
    }
    assert_eq!(after_issuer(&issuer("<c/>")), issuer("*<c/>"));
    // An element without content gets some.
    let empty = "<p:a xmlns:p=\"urn:p\" ID=\"a\"/>";
    for (at, expected) in [
        (SignaturePlace::AfterIssuer, "<p:a xmlns:p=\"urn:p\" ID=\"a\">*</p:a>"),
        (SignaturePlace::FirstIn("a".into()), "<p:a xmlns:p=\"urn:p\" ID=\"a\">*</p:a>"),
        (SignaturePlace::LastIn("a".into()), "<p:a xmlns:p=\"urn:p\" ID=\"a\">*</p:a>"),
    ] {
        assert_eq!(place(empty, "a", at), expected);
    }
    let xml = "<a ID=\"a\"><b ID=\"b\">x</b></a>";
    assert_eq!(
        place(xml, "a", SignaturePlace::LastIn("b".into())),
        "<a ID=\"a\"><b ID=\"b\">x*</b></a>"
    );
    assert_eq!(
        place(xml, "b", SignaturePlace::LastIn("a".into())),
        "<a ID=\"a\"><b ID=\"b\">x</b>*</a>"
    );
    assert_eq!(place(xml, "a", SignaturePlace::Offset(20)), "<a ID=\"a\"><b ID=\"b\">*x</b></a>");
}

#[test]
fn what_cannot_be_signed_is_an_error() {
    let sign = |xml: &str, id: &str, place: SignaturePlace| {
        let mut options = SignatureOptions::default();
        options.place = place;
        P256.sign_xml(xml, id, &options)
    };
    let xml = "<a ID='å'><b/></a>";
    for (xml, id, place) in [
        (xml, "x", SignaturePlace::AfterIssuer),
        (xml, "å", SignaturePlace::FirstIn("x".into())),
        (xml, "å", SignaturePlace::Offset(8)),
        (xml, "å", SignaturePlace::Offset(1000)),
    ] {
        let found = sign(xml, id, place.clone());
        assert!(matches!(found, Err(TestIdpError::NoElement { .. })), "{place:?} {found:?}");
    }
    for xml in ["<a ID='a'>", "<!DOCTYPE a><a ID='a'/>", "<a ID='a' xmlns:x='relative'/>"] {
        let found = sign(xml, "a", SignaturePlace::AfterIssuer);
        assert!(matches!(found, Err(TestIdpError::Xml { .. })), "{found:?}");
    }
}

#[test]
fn keys_from_elsewhere() {
    let key = PKey::from_rsa(openssl::rsa::Rsa::generate(2048).expect("a key")).expect("a key");
    let pem = key.private_key_to_pem_pkcs8().expect("PEM");
    let idp = TestIdp::from_key_pem(ISSUER, &pem).expect("an identity provider");
    // RSA-PSS as its identifier does not mean it: the octets are there to be signed in any other
    // way.
    let mut response = idp.response(&sp(), now());
    response.signature.signature_algorithm = Some(format!("{MGF1}#sha256-rsa-MGF1"));
    let octets = idp.octets_to_sign(&response.unsigned_xml(), "_assertion", &response.signature);
    let octets = octets.expect("octets");
    assert!(octets.starts_with("<ds:SignedInfo xmlns:ds="));
    for (mgf1, salt, expected) in [
        (MessageDigest::sha256(), RsaPssSaltlen::DIGEST_LENGTH, alice()),
        (MessageDigest::sha1(), RsaPssSaltlen::DIGEST_LENGTH, refused("signature_invalid")),
        (MessageDigest::sha256(), RsaPssSaltlen::custom(0), refused("signature_invalid")),
    ] {
        let mut signer = Signer::new(MessageDigest::sha256(), &key).expect("a signer");
        signer.set_rsa_padding(Padding::PKCS1_PSS).expect("PSS");
        signer.set_rsa_mgf1_md(mgf1).expect("MGF1");
        signer.set_rsa_pss_saltlen(salt).expect("a salt");
        let value = signer.sign_oneshot_to_vec(octets.as_bytes()).expect("a signature");
        response.signature.signature_value = Some(value);
        assert_eq!(code(&idp, &response.xml().expect("XML")), expected);
    }

    let key =
        PKey::generate_ed25519().and_then(|key| key.private_key_to_pem_pkcs8()).expect("a key");
    let idp = TestIdp::from_key_pem(ISSUER, &key).expect("an identity provider");
    assert!(matches!(idp.identity_provider(), Err(TestIdpError::Certificate(_))));
    let xml = idp.response(&sp(), now()).xml().expect("XML");
    assert_eq!(code(&P256, &xml), refused("algorithm_forbidden"));
}

#[test]
fn certificates_are_valid_as_long_as_they_are_asked_to_be() {
    let (not_before, not_after) = (at("2024-02-29T01:02:03Z"), at("2051-12-31T23:59:59Z"));
    let idp = P256.clone().with_validity(not_before, not_after).expect("a certificate");
    let configured = idp.identity_provider().expect("an identity provider");
    let certificate = configured.certificates().iter().next().expect("one").clone();
    assert_eq!(
        (certificate.not_before(), certificate.not_after()),
        (Some(not_before), Some(not_after))
    );
    // The key is the same.
    assert_eq!(code(&P256, &idp.response(&sp(), now()).xml().expect("XML")), alice());
    let expired =
        P256.clone().with_validity(at("2020-01-01T00:00:00Z"), at("2021-01-01T00:00:00Z"));
    let expired = connection(&expired.expect("a certificate"));
    assert_eq!(expired.warnings(now()).len(), 1);
}

#[test]
fn raw_parts_stand_where_they_say() {
    let mut response = P256.response(&sp(), now());
    response.status_message = Some("all <well> & \"good\"".into());
    response.raw_status = "<samlp:StatusDetail><x xmlns=\"urn:x\"/></samlp:StatusDetail>".into();
    response.confirmations.insert(0, TestConfirmation::bearer("https://other.example.test/acs"));
    response.confirmations[0].raw_data = "<x xmlns=\"urn:x\"/>".into();
    response.confirmations.insert(0, TestConfirmation::default());
    response.attributes = vec![TestAttribute::new("a", ["<&>\"'\t\r\n"])];
    let nil = "<saml:AttributeValue xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:nil=\"true\"/>";
    response.attributes[0].raw_values =
        format!("{nil}<saml:AttributeValue><x/></saml:AttributeValue>");
    let xml = response.xml().expect("XML");
    assert!(xml.contains(
        "</samlp:StatusMessage><samlp:StatusDetail><x xmlns=\"urn:x\"/></samlp:StatusDetail></samlp:Status>"
    ));
    assert!(xml.contains("<saml:SubjectConfirmation Method=\"\"></saml:SubjectConfirmation>"));
    assert!(xml.contains("<x xmlns=\"urn:x\"/></saml:SubjectConfirmationData>"));
    let identity = verify(&connection(&P256), &xml).expect("an honest response");
    let values = identity.attributes.iter().next().expect("an attribute").values.clone();
    assert_eq!(
        values,
        [
            AttributeValue::Text("<&>\"'\t\r\n".into()),
            AttributeValue::Nil,
            AttributeValue::Complex("<x></x>".into())
        ]
    );
}

#[test]
fn a_refused_login_carries_no_assertion_and_can_be_signed() {
    for signed in PARTS {
        let mut response = P256.response(&sp(), now()).signed(signed);
        response.has_assertion = false;
        response.status_codes = ["Responder", "AuthnFailed"]
            .map(|status| format!("urn:oasis:names:tc:SAML:2.0:status:{status}"))
            .into();
        let xml = response.xml().expect("XML");
        assert_eq!(xml.contains("<ds:Signature "), signed != TestSigned::Assertion);
        assert_eq!(code(&P256, &xml), refused("status_not_success"));
    }
}

#[test]
fn responses_can_be_told_apart() {
    let idp = TestIdp::p256("urn:idp").expect("a key");
    let response = idp.response(&sp(), now()).for_person("bob@example.test").numbered("7");
    let xml = response.xml().expect("XML");
    assert!(xml.contains("ID=\"_response-7\"") && xml.contains("ID=\"_assertion-7\""));
    assert_eq!(xml.matches("bob@example.test").count(), 2);
    assert!(!xml.contains("alice"));
}
