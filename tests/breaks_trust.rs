//! Small things that a deliberate break of what is pasted would change, and that no other test
//! looks at.

mod common;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use common::now;
use openssl::asn1::Asn1Time;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::symm::Cipher;
use openssl::x509::{X509, X509Name};
use saml_login::error::{CertificateError, KeyPairError};
use saml_login::metadata::MetadataTrust;
use saml_login::{Certificates, IdpMetadata, KeyPair, Limits};

const PEM: &str = include_str!("../fixtures/saml-idp-samlp/idp-cert.pem");

fn body() -> String {
    PEM.lines().filter(|line| !line.starts_with("-----")).collect()
}

fn key() -> PKey<Private> {
    let curve = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).expect("a curve");
    PKey::from_ec_key(EcKey::generate(&curve).expect("a key")).expect("a key")
}

fn named(name: &str) -> X509Name {
    let mut builder = X509Name::builder().expect("a builder");
    builder.append_entry_by_text("CN", name).expect("a name");
    builder.build()
}

/// The DER of a certificate of `key` by the authority of the name `root` and the key `by`.
fn issued(subject: &str, key: &PKey<Private>, by: &PKey<Private>) -> Vec<u8> {
    let mut builder = X509::builder().expect("a builder");
    builder.set_version(2).expect("a version");
    builder.set_subject_name(&named(subject)).expect("a name");
    builder.set_issuer_name(&named("root")).expect("a name");
    builder.set_not_before(&Asn1Time::from_unix(1_000_000_000).expect("a time")).expect("a time");
    builder.set_not_after(&Asn1Time::from_unix(1_500_000_000).expect("a time")).expect("a time");
    builder.set_pubkey(key).expect("a key");
    builder.sign(by, MessageDigest::sha256()).expect("a signature");
    builder.build().to_der().expect("DER")
}

fn refused(paste: impl AsRef<[u8]>) -> Option<CertificateError> {
    Certificates::parse(paste).err()
}

#[test]
fn the_length_of_der_has_one_to_four_bytes_behind_the_first() {
    for (der, expected) in [
        (&[0x30, 0x7f, 0, 0][..], CertificateError::Truncated),
        // Without end, which is no DER.
        (&[0x30, 0x80, 0, 0], CertificateError::Unrecognized),
        (&[0x30, 0x81, 0x80, 0], CertificateError::Truncated),
        (&[0x30, 0x84, 0, 0, 0, 9, 0], CertificateError::Truncated),
        (&[0x30, 0x85, 0, 0, 0, 0, 9, 0], CertificateError::Unrecognized),
        // Longer than it says.
        (&[0x30, 0x84, 0, 0, 0, 1, 0, 0], CertificateError::Unrecognized),
    ] {
        assert_eq!(refused(der), Some(expected), "{der:?}");
    }
}

#[test]
fn ten_certificates_are_counted_with_those_of_their_authority() {
    let root = key();
    let authority = issued("root", &root, &root);
    let mut leaves: Vec<Vec<u8>> =
        (1..=9).map(|number| issued(&number.to_string(), &key(), &root)).collect();
    leaves.push(authority);
    let ten = Certificates::parse(leaves.concat()).expect("ten");
    assert_eq!((ten.len(), ten.authorities().len()), (9, 1));
    leaves.push(issued("10", &key(), &root));
    assert_eq!(refused(leaves.concat()), Some(CertificateError::TooMany { limit: 10 }));
}

#[test]
fn a_key_pair_belongs_together_and_is_what_its_certificate_is() {
    let (one, other) = (key(), key());
    let certificate = issued("root", &one, &one);
    let pem = |key: &PKey<Private>| key.private_key_to_pem_pkcs8().expect("PEM");
    let pair = KeyPair::from_pem(pem(&one), &certificate).expect("a pair");
    assert_eq!(KeyPair::from_pem(pem(&other), &certificate), Err(KeyPairError::Mismatch));
    assert_eq!(KeyPair::from_pem(pem(&one), &certificate), Ok(pair.clone()));
    let until = now() + TimeDelta::days(1);
    let renewed = KeyPair::self_signed(pem(&one), "root", now(), until).expect("a pair");
    assert_ne!(renewed, pair);
}

#[test]
fn pastes_are_the_same_if_they_pin_the_same() {
    let root = key();
    let [one, other] = ["one", "other"].map(|name| issued(name, &key(), &root));
    let parsed = |der: &[u8]| Certificates::parse(der).expect("a certificate");
    assert_eq!(parsed(&one), parsed(&one));
    assert_ne!(parsed(&one), parsed(&other));
}

#[test]
fn secrets_are_named_however_they_are_written() {
    let secret = key().private_key_to_pkcs8_passphrase(Cipher::aes_128_cbc(), b"secret");
    for private in [
        secret.expect("DER"),
        // As double clicks and forms leave it.
        b"BEGIN_PRIVATE_KEY".to_vec(),
        b"a DSA PRIVATE+KEY".to_vec(),
    ] {
        assert_eq!(refused(&private), Some(CertificateError::PrivateKey), "{private:?}");
    }
    let bundle = format!("-----BEGIN PKCS12-----\n{}\n-----END PKCS12-----", body());
    assert_eq!(refused(bundle), Some(CertificateError::Bundle { format: "PKCS#12" }));
}

#[test]
fn what_holds_nothing_is_no_certificate() {
    let empty = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----";
    assert_eq!(refused(empty), Some(CertificateError::Unrecognized));
    // An element without a value is none beside one that has a value, which is not searched for.
    let body = body();
    for elements in [
        format!("<X509Certificate>{body}</X509Certificate>"),
        format!("<X509Certificate></X509Certificate><X509Certificate>{body}</X509Certificate>"),
        format!("<X509Certificate>{body}</X509Certificate><X509Certificate> </X509Certificate>"),
    ] {
        let found = Certificates::parse(&elements).expect("a certificate");
        assert_eq!((found.len(), found.were_searched()), (1, false), "{elements}");
    }
    // The end of one that is not there.
    let rest = format!("{}\n-----END CERTIFICATE-----\n{PEM}", &body[400..]);
    assert_eq!(refused(rest), Some(CertificateError::Truncated));
}

/// What is wrong with metadata whose signing certificate, and what is around it, is this.
fn of_metadata(certificate: &str, around: [&str; 2]) -> Option<&'static str> {
    let xml = format!(
        "<md:EntityDescriptor xmlns:md='urn:oasis:names:tc:SAML:2.0:metadata' \
         xmlns:ds='http://www.w3.org/2000/09/xmldsig#' entityID='https://idp.example.test'>\
         <md:IDPSSODescriptor protocolSupportEnumeration='urn:oasis:names:tc:SAML:2.0:protocol'>\
         <md:KeyDescriptor use='signing'><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{certificate}\
         </ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>\
         <md:SingleSignOnService Binding='urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect' \
         Location='https://idp.example.test/sso'/></md:IDPSSODescriptor></md:EntityDescriptor>"
    );
    let xml = [around[0], xml.as_str(), around[1]].concat();
    let parsed = IdpMetadata::parse(xml, None, MetadataTrust::Unsigned, &Limits::default(), now());
    parsed.err().map(|error| error.code())
}

#[test]
fn metadata_holds_certificates_and_is_not_held_by_a_message() {
    assert_eq!(of_metadata(&body(), ["", ""]), None);
    assert_eq!(of_metadata(&body(), ["metadata: ", ""]), None);
    assert_eq!(of_metadata(&body(), ["<samlp:Response>", ""]), Some("xml_malformed"));
    // DER that is no certificate, alone and beside one that is.
    let bare = key().public_key_to_der().expect("DER");
    let beside = [STANDARD.decode(body()).expect("Base64"), bare.clone()].concat();
    for (der, expected) in [
        (&[0x30, 3, 2, 1, 5][..], "certificate_unrecognized"),
        (&bare, "certificate_is_public_key"),
        (&beside, "certificate_is_public_key"),
    ] {
        assert_eq!(of_metadata(&STANDARD.encode(der), ["", ""]), Some(expected), "{der:?}");
    }
}

fn sequence(values: &[&[u8]]) -> Vec<u8> {
    let content = values.concat();
    let length = u16::try_from(content.len()).expect("a short one").to_be_bytes();
    match content.len() {
        0..=0x7f => [&[0x30, length[1]], content.as_slice()].concat(),
        0x80..=0xff => [&[0x30, 0x81, length[1]], content.as_slice()].concat(),
        _ => [&[0x30, 0x82, length[0], length[1]], content.as_slice()].concat(),
    }
}

#[test]
fn a_private_key_is_told_by_its_shape_between_words() {
    let number = |bytes: u8| [&[2, bytes][..], &vec![7; usize::from(bytes)]].concat();
    let version = [2, 1, 0];
    let none = Some(CertificateError::Unrecognized);
    let private = Some(CertificateError::PrivateKey);
    for (der, expected) in [
        (sequence(&[&version, &number(64), &number(3)]), &private),
        (sequence(&[&version, &number(63), &number(3)]), &none),
        (sequence(&[&version, &number(64)]), &none),
        (sequence(&[&version, &[0x30, 0], &[4, 16], &[7; 16]]), &private),
        (sequence(&[&version, &[0x30, 0], &[3, 16], &[7; 16]]), &none),
        (sequence(&[&[2, 1, 1], &[4, 16], &[7; 16]]), &private),
        (sequence(&[&[2, 1, 1], &[4, 15], &[7; 15]]), &none),
    ] {
        let text = format!("this one: {} (of 2026)", STANDARD.encode(&der));
        assert_eq!(&refused(text), expected, "{der:?}");
    }
    for quote in ["&quot;", "&apos;"] {
        let key = "{'kty': 'RSA', 'd': 'AQAB'}".replace('\'', quote);
        assert_eq!(refused(format!("<p>{key}</p>")), private, "{quote}");
    }
}

#[test]
fn what_only_looks_like_a_certificate_is_passed_over() {
    let quoted: String = PEM.lines().map(|line| format!("> {line}\n")).collect();
    let other = sequence(&[&sequence(&[&[2, 1, 5]]), &sequence(&[&[4, 0], &[7; 300]])]);
    let found = Certificates::parse(format!("{quoted}\n? {} ?", STANDARD.encode(other)));
    assert_eq!(found, Certificates::parse(PEM));
    // Nor is one whose key cannot be read: its curve is none.
    let root = key();
    let whole = issued("leaf", &key(), &root);
    let curve = [0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
    let place = whole.windows(curve.len()).position(|window| window == curve).expect("a curve");
    let mut unreadable = whole;
    unreadable[place + curve.len() - 1] = 0x7f;
    let text = format!("> {} <", STANDARD.encode(&unreadable));
    assert_eq!(refused(text), Some(CertificateError::Unrecognized));
    assert_eq!(refused(&unreadable), Some(CertificateError::KeyInvalid));
}
