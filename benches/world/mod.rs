//! Who takes part in a benchmark, and what they send. The content is fixed; the keys are new in
//! every run.

#![allow(dead_code, reason = "each benchmark uses its part of it")]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use openssl::bn::BigNum;
use openssl::ecdsa::EcdsaSig;
use openssl::encrypt::{Decrypter, Encrypter};
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, PKeyRef, Private, Public};
use openssl::rsa::{Padding, Rsa};
use openssl::x509::X509;
use saml_login::testing::idp::{TestAttribute, TestIdp, TestSigned};
use saml_login::testing::pending_request;
use saml_login::{Connection, Identity, KeyPair, Rejection, ServiceProvider, Unspent};

const ISSUER: &str = "https://sso.idp.example.test/saml2/2f5b0c31-7f5e-4c39-9f52-5b7f2f0c2f11";
const REQUEST_ID: &str = "_5f3c1d2e4b5a69788796a5b4c3d2e1f0";

pub(crate) struct World {
    pub(crate) rsa: TestIdp,
    pub(crate) ecdsa: TestIdp,
    /// Signs with a key that no connection knows.
    pub(crate) other: TestIdp,
    sp: ServiceProvider,
    /// Opens what is encrypted for us.
    decryption_key: PKey<Private>,
    by_rsa: Connection,
    by_ecdsa: Connection,
    now: DateTime<Utc>,
}

/// A posted form value, which connection it is for, and when it comes.
pub(crate) struct Message {
    form_value: String,
    ecdsa: bool,
    at: DateTime<Utc>,
    /// The size of the document.
    pub(crate) bytes: usize,
}

impl World {
    pub(crate) fn new() -> Self {
        let rsa = TestIdp::rsa(ISSUER).expect("a key");
        let ecdsa = TestIdp::p256(ISSUER).expect("a key");
        let other = TestIdp::rsa(ISSUER).expect("a key");
        let now = DateTime::from_timestamp(1_900_000_000, 0).expect("an instant");
        let decryption_key = PKey::from_rsa(Rsa::generate(2048).expect("a key")).expect("a key");
        let pem = decryption_key.private_key_to_pem_pkcs8().expect("PEM");
        let ours =
            KeyPair::self_signed(&pem, "sp", now, now + TimeDelta::days(1)).expect("a key pair");
        let sp = ServiceProvider::new(
            "https://app.example.test/saml/acme",
            "https://app.example.test/saml/acme/acs",
        )
        .with_decryption_key(ours);
        let connection = |idp: &TestIdp| {
            let idp = idp.identity_provider().expect("a certificate");
            Connection::builder("acme", sp.clone(), idp).build().expect("a connection")
        };
        let (by_rsa, by_ecdsa) = (connection(&rsa), connection(&ecdsa));
        Self { rsa, ecdsa, other, sp, decryption_key, by_rsa, by_ecdsa, now }
    }

    pub(crate) fn verify(&self, message: &Message) -> Result<Unspent<Identity>, Rejection> {
        let connection = if message.ecdsa { &self.by_ecdsa } else { &self.by_rsa };
        let request = pending_request(connection, REQUEST_ID, message.at);
        connection.open(&message.form_value, message.at)?.accept(Some(&request), message.at)
    }

    /// A key, octets as long as the canonical form of an ordinary SignedInfo, and their signature
    /// as OpenSSL takes it.
    pub(crate) fn signed_octets(&self, ecdsa: bool) -> (PKey<Public>, Vec<u8>, Vec<u8>) {
        let idp = if ecdsa { &self.ecdsa } else { &self.rsa };
        let certificate =
            X509::from_der(&idp.certificate_der().expect("DER")).expect("a certificate");
        let octets = vec![b'x'; 700];
        let mut signature = idp.sign_octets("", &octets).expect("a signature");
        if ecdsa {
            let number = |bytes| BigNum::from_slice(bytes).expect("a number");
            let (r, s) = signature.split_at(32);
            let pair = EcdsaSig::from_private_components(number(r), number(s));
            signature = pair.and_then(|pair| pair.to_der()).expect("DER");
        }
        (certificate.public_key().expect("a key"), octets, signature)
    }

    /// The same message with its assertion encrypted.
    pub(crate) fn encrypted(&self, message: &Message) -> Message {
        let recipient = self.sp.decryption_keys()[0].certificate();
        message.changed(|xml| {
            let start = xml.find("<saml:Assertion").expect("an assertion");
            let end = xml.find("</saml:Assertion>").expect("an end") + "</saml:Assertion>".len();
            let encrypted = TestIdp::encrypted("EncryptedAssertion", &xml[start..end], recipient);
            [&xml[..start], &encrypted.expect("a value"), &xml[end..]].concat()
        })
    }

    /// Our key, and a key of 32 bytes that is encrypted for it by OAEP with SHA-256.
    pub(crate) fn encrypted_key(&self) -> (PKey<Private>, Vec<u8>) {
        let mut encrypter = Encrypter::new(&self.decryption_key).expect("an encrypter");
        encrypter.set_rsa_padding(Padding::PKCS1_OAEP).expect("OAEP");
        encrypter.set_rsa_oaep_md(MessageDigest::sha256()).expect("a digest");
        encrypter.set_rsa_mgf1_md(MessageDigest::sha256()).expect("a digest");
        let mut value = vec![0; encrypter.encrypt_len(&[7; 32]).expect("a length")];
        let length = encrypter.encrypt(&[7; 32], &mut value).expect("a value");
        value.truncate(length);
        (self.decryption_key.clone(), value)
    }

    /// A response as a common identity provider sends it: six attributes with typed values, of
    /// which the last, the groups, has so many.
    pub(crate) fn message(&self, idp: &TestIdp, signed: TestSigned, groups: usize) -> Message {
        let mut response = idp.response(&self.sp, self.now).in_reply_to(REQUEST_ID).signed(signed);
        response.id = "_8d3e0c1b2a49586776859a4b3c2d1e0f".into();
        response.assertion_id = Some("_a1b2c3d4e5f60718293a4b5c6d7e8f90".into());
        response.attributes = Vec::new();
        let ordinary = [
            ("email", "alice.angstrom@example.test"),
            ("firstName", "Alice"),
            ("lastName", "Ångström"),
            ("displayName", "Alice Ångström"),
            ("department", "Research & Development"),
        ];
        for (name, value) in ordinary {
            response.attributes.push(attribute(name, &[value.to_owned()]));
        }
        let groups: Vec<String> =
            (0..groups).map(|n| format!("CN=app-group-{n:05},OU=Groups")).collect();
        response.attributes.push(attribute("groups", &groups));
        let declared = "<saml:Assertion xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" \
                        xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"";
        let xml = response.unsigned_xml().replacen("<saml:Assertion", declared, 1);
        let xml = response.sign(&xml).expect("a response");
        Message {
            form_value: STANDARD.encode(&xml),
            ecdsa: std::ptr::eq(idp, &self.ecdsa),
            at: self.now,
            bytes: xml.len(),
        }
    }
}

fn attribute(name: &str, values: &[String]) -> TestAttribute {
    let mut attribute = TestAttribute::new(name, [""; 0]);
    attribute.name_format = Some("urn:oasis:names:tc:SAML:2.0:attrname-format:basic".into());
    for value in values {
        let value = value.replace('&', "&amp;");
        attribute.raw_values +=
            &format!("<saml:AttributeValue xsi:type=\"xs:string\">{value}</saml:AttributeValue>");
    }
    attribute
}

impl Message {
    /// The same with another form value.
    pub(crate) fn edited(&self, edit: impl FnOnce(&str) -> String) -> Self {
        let form_value = edit(&self.form_value);
        Self { bytes: form_value.len(), form_value, ..*self }
    }

    /// The same with another document in the form value.
    pub(crate) fn changed(&self, change: impl FnOnce(&str) -> String) -> Self {
        let xml = STANDARD.decode(&self.form_value).expect("Base64");
        let xml = change(std::str::from_utf8(&xml).expect("UTF-8"));
        Self { bytes: xml.len(), form_value: STANDARD.encode(&xml), ..*self }
    }

    /// The same an hour later.
    pub(crate) fn later(&self) -> Self {
        Self { form_value: self.form_value.clone(), at: self.at + TimeDelta::hours(1), ..*self }
    }
}

/// A bare decryption of a key by OAEP with SHA-256.
pub(crate) fn open_key(key: &PKeyRef<Private>, value: &[u8]) -> Vec<u8> {
    let mut decrypter = Decrypter::new(key).expect("a decrypter");
    decrypter.set_rsa_padding(Padding::PKCS1_OAEP).expect("OAEP");
    decrypter.set_rsa_oaep_md(MessageDigest::sha256()).expect("a digest");
    decrypter.set_rsa_mgf1_md(MessageDigest::sha256()).expect("a digest");
    let mut opened = vec![0; decrypter.decrypt_len(value).expect("a length")];
    let length = decrypter.decrypt(value, &mut opened).expect("a key");
    opened.truncate(length);
    opened
}

pub(crate) fn with_second_assertion(xml: &str) -> String {
    xml.replace(
        "</samlp:Response>",
        "<saml:Assertion ID=\"_second\"></saml:Assertion></samlp:Response>",
    )
}

/// The signature of something else: its first character is another.
pub(crate) fn with_wrong_signature(xml: &str) -> String {
    let (before, value) = xml.split_once("<ds:SignatureValue>").expect("a signature");
    let (first, rest) = value.split_at(1);
    let other = if first == "A" { "B" } else { "A" };
    format!("{before}<ds:SignatureValue>{other}{rest}")
}
