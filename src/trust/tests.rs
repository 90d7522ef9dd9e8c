#![allow(clippy::string_slice, reason = "a test fails by panicking")]

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::dsa::Dsa;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkcs7::{Pkcs7, Pkcs7Flags};
use openssl::pkcs12::Pkcs12;
use openssl::pkey::{HasPublic, PKey, Private, Public};
use openssl::rsa::Rsa;
use openssl::stack::Stack;
use openssl::symm::Cipher;
use openssl::x509::{X509, X509Name, X509NameRef, X509ReqBuilder};

use super::*;
use crate::error::CertificateError;

mod wrapped;

/// Captured with the fixtures: RSA-2048, valid from 2026 to 2036.
const PEM: &str = include_str!("../../fixtures/saml-idp-samlp/idp-cert.pem");

fn rsa(bits: u32) -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap()
}

fn ec(curve: Nid) -> PKey<Private> {
    PKey::from_ec_key(EcKey::generate(&EcGroup::from_curve_name(curve).unwrap()).unwrap()).unwrap()
}

fn name() -> X509Name {
    let mut name = X509Name::builder().unwrap();
    name.append_entry_by_text("CN", "idp \u{1b}[31m").unwrap();
    name.append_entry_by_text("O", "Acme").unwrap();
    name.build()
}

fn certificate_of(key: &PKey<Private>, serial: u32) -> X509 {
    issued(key, serial, &name(), (key, &name()))
}

/// A key that nobody can sign with: only its size and its parity are looked at, so that no prime
/// numbers have to be found.
fn rsa_of(modulus: BigNum, exponent: BigNum) -> PKey<Public> {
    PKey::from_rsa(Rsa::from_public_components(modulus, exponent).unwrap()).unwrap()
}

/// The smallest number of so many bits, made odd on demand.
fn of_bits(bits: i32, odd: bool) -> BigNum {
    let mut number = BigNum::new().unwrap();
    number.set_bit(bits - 1).unwrap();
    if odd {
        number.set_bit(0).unwrap();
    }
    number
}

/// A certificate with an issuer: its key and its name.
fn issued<K: HasPublic>(
    key: &PKey<K>,
    serial: u32,
    subject: &X509NameRef,
    (issuer_key, issuer): (&PKey<Private>, &X509NameRef),
) -> X509 {
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder
        .set_serial_number(&BigNum::from_u32(serial).unwrap().to_asn1_integer().unwrap())
        .unwrap();
    builder.set_subject_name(subject).unwrap();
    builder.set_issuer_name(issuer).unwrap();
    builder.set_not_before(&Asn1Time::from_unix(1_000_000_000).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::from_unix(1_500_000_000).unwrap()).unwrap();
    builder.set_pubkey(key).unwrap();
    let digest = if matches!(issuer_key.id(), openssl::pkey::Id::ED25519) {
        MessageDigest::null()
    } else {
        MessageDigest::sha256()
    };
    builder.sign(issuer_key, digest).unwrap();
    builder.build()
}

fn armour(label: &str, der: &[u8]) -> String {
    let base64 = openssl::base64::encode_block(der);
    let lines: Vec<&str> =
        base64.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

#[track_caller]
fn assert_refused(paste: impl AsRef<[u8]>, expected: CertificateError) {
    let paste = paste.as_ref();
    let found = Certificates::parse(paste);
    assert_eq!(found, Err(expected), "{}", String::from_utf8_lossy(paste));
}

fn body() -> String {
    PEM.lines().filter(|line| !line.starts_with("-----")).collect::<Vec<_>>().join("\n")
}

#[test]
fn certificates_are_taken_as_they_are_pasted() {
    let expected = Certificates::parse(PEM).unwrap();
    assert_eq!(expected.len(), 1);
    let (body, der) = (body(), X509::from_pem(PEM.as_bytes()).unwrap().to_der().unwrap());
    let packed = body.replace('\n', "");
    for paste in [
        PEM.trim_end().to_owned(),
        format!("\u{feff}\r\n\t {PEM}\n\n\u{a0}\u{200b}"),
        PEM.replace('\n', "\r\n"),
        PEM.replace('\n', "\r"),
        PEM.replace('\n', " "),
        PEM.replace('\n', ""),
        PEM.replace('\n', "\\n"),
        format!("\"{}\"", PEM.replace('\n', "\\r\\n")),
        PEM.replace("CERTIFICATE", "X509 CERTIFICATE"),
        format!("Certificate:\n    Data:\n        Version: 3\n{PEM}"),
        format!("Bag Attributes\n    friendlyName: x\nsubject=CN = x\n{PEM}trailing words"),
        body.clone(),
        format!("  {packed}  "),
        body.replace('\n', "\r\n   "),
        format!("{body}\n-----END CERTIFICATE-----"),
        format!("CERTIFICATE-----\n{body}\n-----END CERTIFICATE"),
        format!("<ds:X509Certificate>{body}</ds:X509Certificate>"),
        format!(
            "<X509Certificate xmlns=\"http://www.w3.org/2000/09/xmldsig#\">\n{packed}\n</X509Certificate>"
        ),
        format!("<ds:X509Certificate>{}</ds:X509Certificate>", body.replace('\n', "&#13;\n")),
        format!(
            "<KeyInfo><X509Data><X509Certificate>{packed}</X509Certificate></X509Data></KeyInfo>"
        ),
        format!("{PEM}{PEM}"),
    ] {
        assert_eq!(Certificates::parse(&paste).as_ref(), Ok(&expected), "{paste}");
    }
    assert_eq!(Certificates::parse(der), Ok(expected));
}

#[test]
fn several_are_taken_in_order_and_ten_at_most() {
    let key = ec(Nid::X9_62_PRIME256V1);
    let pems: Vec<String> = (1..=11)
        .map(|serial| String::from_utf8(certificate_of(&key, serial).to_pem().unwrap()).unwrap())
        .collect();
    let ten = Certificates::parse(pems[..10].concat()).unwrap();
    assert_eq!(ten.len(), 10);
    let one = Certificates::parse(&pems[3]).unwrap();
    assert_eq!(ten.iter().nth(3), one.iter().next());
    assert_eq!(ten.clone().and(one).unwrap(), ten);
    assert_refused(pems.concat(), CertificateError::TooMany { limit: 10 });
    let last = Certificates::parse(&pems[10]).unwrap();
    assert_eq!(ten.and(last), Err(CertificateError::TooMany { limit: 10 }));
    assert_eq!(Certificates::of(Vec::new()), Err(CertificateError::Empty));
    assert_refused(" ".repeat(128 * 1024 + 1), CertificateError::TooMany { limit: 10 });
    let elements = format!(
        "<ds:X509Certificate>{}</ds:X509Certificate>\n<ds:X509Certificate>{}</ds:X509Certificate>",
        body(),
        openssl::base64::encode_block(&certificate_of(&key, 2).to_der().unwrap()),
    );
    assert_eq!(Certificates::parse(elements).unwrap().len(), 2);
}

#[test]
fn pastes_together_tell_what_either_told() {
    let quoted = |pem: &str| pem.lines().map(|line| format!("> {line}\n")).collect::<String>();
    let (plain, found) =
        (Certificates::parse(PEM).unwrap(), Certificates::parse(quoted(PEM)).unwrap());
    let searched = |first: &Certificates, second: &Certificates| {
        first.clone().and(second.clone()).unwrap().were_searched()
    };
    assert!(!plain.were_searched() && found.were_searched());
    assert!(!searched(&plain, &plain) && searched(&found, &found));
    assert!(searched(&plain, &found) && searched(&found, &plain));
}

#[test]
fn facts_are_read() {
    let certificate = Certificates::parse(PEM).unwrap().iter().next().unwrap().clone();
    assert_eq!(certificate.key(), KeyType::Rsa { bits: 2048 });
    assert_eq!(certificate.subject(), "CN=idp.saml-idp.example.test");
    assert_eq!(certificate.not_before().unwrap().to_rfc3339(), "2026-11-23T20:45:24+00:00");
    assert_eq!(certificate.not_after().unwrap().to_rfc3339(), "2036-11-20T20:45:24+00:00");
    assert_eq!(certificate.fingerprint().to_string().len(), 95);
    // The dates of one that is long over are read and judged by nobody here; its subject is fit for
    // a terminal.
    let old =
        Certificate::from_der(&certificate_of(&ec(Nid::SECP384R1), 1).to_der().unwrap()).unwrap();
    assert_eq!(old.subject(), "CN=idp \\u{1b}[31m, O=Acme");
    assert_eq!(old.not_after().unwrap().timestamp(), 1_500_000_000);
    assert_eq!(
        format!("{old:?}"),
        format!(
            "Certificate {{ fingerprint: {:?}, subject: {:?}, .. }}",
            old.fingerprint(),
            old.subject()
        )
    );
}

#[test]
fn keys_are_rsa_or_on_three_curves() {
    let key = |key: &PKey<Private>| {
        Certificate::from_der(&certificate_of(key, 1).to_der().unwrap())
            .map(|certificate| certificate.key())
    };
    let unsupported =
        |found: &str| Err(CertificateError::KeyTypeUnsupported { found: found.into() });
    assert_eq!(key(&rsa(1024)), Ok(KeyType::Rsa { bits: 1024 }));
    assert_eq!(key(&rsa(768)), Err(CertificateError::KeyTooShort { bits: 768 }));
    assert_eq!(key(&ec(Nid::X9_62_PRIME256V1)), Ok(KeyType::P256));
    assert_eq!(key(&ec(Nid::SECP384R1)), Ok(KeyType::P384));
    assert_eq!(key(&ec(Nid::SECP521R1)), Ok(KeyType::P521));
    assert_eq!(key(&ec(Nid::SECP256K1)), unsupported("EC secp256k1"));
    assert_eq!(key(&ec(Nid::SECP224R1)), unsupported("EC secp224r1"));
    assert_eq!(key(&PKey::generate_ed25519().unwrap()), unsupported("Ed25519"));
    assert_eq!(key(&PKey::from_dsa(Dsa::generate(1024).unwrap()).unwrap()), unsupported("DSA"));
}

#[test]
fn keys_that_sign_everything_or_cost_too_much_are_refused() {
    let signer = ec(Nid::X9_62_PRIME256V1);
    let with = |modulus: BigNum, exponent: BigNum| {
        let certificate =
            issued(&rsa_of(modulus, exponent), 1, &name(), (&signer, &name())).to_der().unwrap();
        Certificate::from_der(&certificate).map(|certificate| certificate.key())
    };
    let number = |exponent| BigNum::from_u32(exponent).unwrap();
    for (bits, exponent, expected) in [
        (2048, number(1), Err(CertificateError::KeyInvalid)),
        (2048, number(2), Err(CertificateError::KeyInvalid)),
        (2048, number(65536), Err(CertificateError::KeyInvalid)),
        (2048, number(3), Ok(KeyType::Rsa { bits: 2048 })),
        (2048, of_bits(256, true), Ok(KeyType::Rsa { bits: 2048 })),
        (2048, of_bits(257, true), Err(CertificateError::KeyInvalid)),
        (1023, number(3), Err(CertificateError::KeyTooShort { bits: 1023 })),
        (1024, number(3), Ok(KeyType::Rsa { bits: 1024 })),
        (16_384, number(3), Ok(KeyType::Rsa { bits: 16_384 })),
        (16_385, number(3), Err(CertificateError::KeyInvalid)),
    ] {
        assert_eq!(with(of_bits(bits, true), exponent), expected, "{bits}");
    }
    // An even modulus is no product of two large primes.
    assert_eq!(with(of_bits(2048, false), number(3)), Err(CertificateError::KeyInvalid));
}

#[test]
fn what_is_not_a_certificate_is_named() {
    use CertificateError::*;
    let key = rsa(2048);
    let curve = ec(Nid::X9_62_PRIME256V1);
    for private in [
        key.private_key_to_pem_pkcs8().unwrap(),
        key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_128_cbc(), b"secret").unwrap(),
        key.rsa().unwrap().private_key_to_pem().unwrap(),
        curve.ec_key().unwrap().private_key_to_pem().unwrap(),
        key.private_key_to_pkcs8().unwrap(),
        key.private_key_to_der().unwrap(),
        curve.ec_key().unwrap().private_key_to_der().unwrap(),
        openssl::base64::encode_block(&key.private_key_to_pkcs8().unwrap()).into_bytes(),
        format!("{PEM}{}", String::from_utf8(key.private_key_to_pem_pkcs8().unwrap()).unwrap())
            .into_bytes(),
        b"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA".to_vec(),
        b"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nP2/56wAAA".to_vec(),
        b"PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none".to_vec(),
        b"AAAA\nPrivate-Lines: 14\nAAABAQ".to_vec(),
        br#"{"kty":"RSA","n":"AQAB","e":"AQAB","d":"AQAB"}"#.to_vec(),
        br#"{"keys": [{"kty": "EC", "crv": "P-256", "x": "AQ", "y": "AQ", "d" : "AQ"}]}"#.to_vec(),
        br#""{\"kty\":\"RSA\",\n\"d\":\"AQAB\"}""#.to_vec(),
        b"{'d': 'AQ', 'kty': 'OKP'}".to_vec(),
        br#"{"kty":"oct","k":"c2VjcmV0"}"#.to_vec(),
        b"<RSAKeyValue><Modulus>AQAB</Modulus><D>AQAB</D></RSAKeyValue>".to_vec(),
        format!("{PEM}\n{{\"kty\": \"RSA\", \"d\": \"AQAB\"}}").into_bytes(),
    ] {
        assert_refused(private, PrivateKey);
    }
    for public in [
        // A public JSON Web Key is no private one.
        br#"{"kty":"RSA","n":"AQAB","e":"AQAB","kid":"d"}"#.to_vec(),
        b"<RSAKeyValue><Modulus>AQAB</Modulus><Exponent>AQAB</Exponent></RSAKeyValue>".to_vec(),
        key.public_key_to_pem().unwrap(),
        key.rsa().unwrap().public_key_to_pem_pkcs1().unwrap(),
        key.public_key_to_der().unwrap(),
        curve.public_key_to_der().unwrap(),
        key.rsa().unwrap().public_key_to_der_pkcs1().unwrap(),
        openssl::base64::encode_block(&key.public_key_to_der().unwrap()).into_bytes(),
        b"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQC me@host".to_vec(),
    ] {
        assert_refused(public, PublicKey);
    }

    let mut request = X509ReqBuilder::new().unwrap();
    request.set_subject_name(&name()).unwrap();
    request.set_pubkey(&key).unwrap();
    request.sign(&key, MessageDigest::sha256()).unwrap();
    let request = request.build();
    assert_refused(request.to_pem().unwrap(), CertificateRequest);
    assert_refused(request.to_der().unwrap(), CertificateRequest);
    assert_refused(openssl::base64::encode_block(&request.to_der().unwrap()), CertificateRequest);

    let certificate = certificate_of(&key, 1);
    let pkcs12 =
        Pkcs12::builder().name("x").pkey(&key).cert(&certificate).build2("secret").unwrap();
    assert_refused(pkcs12.to_der().unwrap(), Bundle { format: "PKCS#12" });
    assert_refused(
        openssl::base64::encode_block(&pkcs12.to_der().unwrap()),
        Bundle { format: "PKCS#12" },
    );
    let none = Stack::new().unwrap();
    let pkcs7 = Pkcs7::sign(&certificate, &key, &none, b"x", Pkcs7Flags::empty()).unwrap();
    assert_refused(pkcs7.to_pem().unwrap(), Bundle { format: "PKCS#7" });
    assert_refused(armour("PKCS7", b"x"), Bundle { format: "PKCS#7" });
    assert_refused(pkcs7.to_der().unwrap(), Bundle { format: "PKCS#7" });

    let metadata = format!(
        "<?xml version='1.0'?><md:EntityDescriptor xmlns:md='urn:oasis:names:tc:SAML:2.0:metadata'>\
         <ds:X509Certificate>{}</ds:X509Certificate></md:EntityDescriptor>",
        body()
    );
    assert_refused(metadata, Metadata);
    assert_refused("<md:EntitiesDescriptor>", Metadata);
    let encryption = format!(
        "<md:KeyDescriptor use='encryption'><ds:X509Certificate>{}</ds:X509Certificate></md:KeyDescriptor>",
        body()
    );
    assert_refused(encryption, Metadata);
    for message in [
        "samlp:Response",
        "samlp:LogoutRequest",
        "samlp:LogoutResponse",
        "samlp:ArtifactResponse",
        "samlp:ArtifactResolve",
        "samlp:AuthnRequest",
        "saml:Assertion",
        "ds:Signature",
        "ds:SignedInfo",
    ] {
        // In PEM as well: what is around it counts.
        for inside in [body(), PEM.to_owned()] {
            let inside = format!("<ds:X509Certificate>{inside}</ds:X509Certificate>");
            assert_refused(format!("<{message}>{inside}</{message}>"), SamlMessage);
            assert_refused(format!("<{message} ID='_1'>{inside}</{message}>"), SamlMessage);
        }
    }
    let encryption = format!(
        "<md:KeyDescriptor use='encryption'><ds:KeyInfo>{PEM}</ds:KeyInfo></md:KeyDescriptor>"
    );
    assert_refused(encryption, Metadata);
    assert_refused(format!("{PEM}<md:EntityDescriptor/>"), Metadata);
    assert_refused("https://idp.example.test/metadata", Url);
    assert_refused(" www.example.test/cert.pem", Url);
    for empty in ["", " \r\n\t", "\u{feff}", "\"\"", "\u{200b}"] {
        assert_refused(empty, Empty);
    }
    for garbage in
        ["hello", "<html></html>", "{}", "-----BEGIN PGP MESSAGE-----\nx", "AAAA", "0", "30820000"]
    {
        assert_refused(garbage, Unrecognized);
    }
    assert_refused("MIIB!", Damaged);
    assert_refused(PEM.replacen("Iuo", "I!o", 1).replacen("MII", "MI!", 1), Damaged);
    assert_refused([0x30, 0x03, 0x02, 0x01, 0x05, 0x00], Unrecognized);
    assert_refused([0xff, 0xfe], Empty);
    assert_refused([0xff, 0xfe, 0, 0xd8], Unrecognized);
    let mut trailing = certificate.to_der().unwrap();
    trailing.push(0);
    assert_refused(trailing, Unrecognized);
}

#[test]
fn what_is_cut_off_is_named() {
    use CertificateError::Truncated;
    let (body, packed) = (body(), body().replace('\n', ""));
    for cut in [
        "-----BEGIN CERTIFICATE-----".to_owned(),
        format!("-----BEGIN CERTIFICATE-----\n{}", &body[..body.len() - 10]),
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----", &body[..500]),
        packed[..400].to_owned(),
        packed[..401].to_owned(),
        format!("<ds:X509Certificate>{}", &packed[..400]),
        format!("<ds:X509Certificate>{}</ds:X509Certificate>", &packed[..400]),
    ] {
        assert_refused(&cut, Truncated);
    }
    let der = X509::from_pem(PEM.as_bytes()).unwrap().to_der().unwrap();
    assert_refused(&der[..der.len() - 1], Truncated);
}

/// No paste panics: every prefix, every suffix, and every byte replaced.
#[test]
fn every_damage_ends_in_a_verdict() {
    let der = X509::from_pem(PEM.as_bytes()).unwrap().to_der().unwrap();
    for text in [PEM.as_bytes(), &der] {
        for cut in 0..text.len() {
            let _ = Certificates::parse(&text[..cut]);
            let _ = Certificates::parse(&text[cut..]);
            let mut damaged = text.to_vec();
            damaged[cut] ^= 0x55;
            let _ = Certificates::parse(&damaged);
        }
    }
}

#[test]
fn a_fingerprint_is_read_in_every_spelling_and_no_other_text_is() {
    let pairs: Vec<String> = (0..32_u8).map(|byte| format!("{:02X}", 0xE0 ^ byte)).collect();
    let written = pairs.join(":");
    let fingerprint: Fingerprint = written.parse().unwrap();
    assert_eq!(fingerprint.to_string(), written);
    assert_eq!(format!("{fingerprint:?}"), written);
    for other in [
        pairs.concat(),
        pairs.concat().to_lowercase(),
        pairs.join(" "),
        format!("  {}\n{}", pairs[..16].join(":"), pairs[16..].join(":")),
    ] {
        assert_eq!(other.parse(), Ok(fingerprint), "{other}");
    }
    for bad in [
        String::new(),
        pairs[..31].join(":"),
        format!("{written}:00"),
        format!("{written}\nand more"),
        written.replace('E', "G"),
        "é".repeat(64),
    ] {
        assert_eq!(bad.parse::<Fingerprint>(), Err(FingerprintError), "{bad}");
    }
}
