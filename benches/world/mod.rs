//! Who takes part in a benchmark, and what they send. The content is fixed; the keys are new in every run.

#![allow(dead_code, reason = "each benchmark uses its part of it")]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use openssl::bn::BigNum;
use openssl::ecdsa::EcdsaSig;
use openssl::pkey::{PKey, Public};
use openssl::x509::X509;
use saml_login::test_idp::{TestAttribute, TestIdp, TestSigned};
use saml_login::{Connection, Expected, Rejection, ServiceProvider, Unspent};

const ISSUER: &str = "https://sso.idp.example.test/saml2/2f5b0c31-7f5e-4c39-9f52-5b7f2f0c2f11";
const REQUEST_ID: &str = "_5f3c1d2e4b5a69788796a5b4c3d2e1f0";

pub(crate) struct World {
    pub(crate) rsa: TestIdp,
    pub(crate) ecdsa: TestIdp,
    /// Signs with a key that no connection knows.
    pub(crate) other: TestIdp,
    sp: ServiceProvider,
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
        let sp = ServiceProvider::new(
            "https://app.example.test/saml/acme",
            "https://app.example.test/saml/acme/acs",
        );
        let connection = |idp: &TestIdp| {
            let idp = idp.identity_provider().expect("a certificate");
            Connection::builder("acme", sp.clone(), idp).build().expect("a connection")
        };
        let (by_rsa, by_ecdsa) = (connection(&rsa), connection(&ecdsa));
        let now = DateTime::from_timestamp(1_900_000_000, 0).expect("an instant");
        Self { rsa, ecdsa, other, sp, by_rsa, by_ecdsa, now }
    }

    pub(crate) fn verify(&self, message: &Message) -> Result<Unspent, Rejection> {
        let connection = if message.ecdsa { &self.by_ecdsa } else { &self.by_rsa };
        connection.verify(&message.form_value, Expected::Reply { request_id: REQUEST_ID }, message.at)
    }

    /// A key, octets as long as the canonical form of an ordinary SignedInfo, and their signature as OpenSSL takes it.
    pub(crate) fn signed_octets(&self, ecdsa: bool) -> (PKey<Public>, Vec<u8>, Vec<u8>) {
        let idp = if ecdsa { &self.ecdsa } else { &self.rsa };
        let certificate = X509::from_der(&idp.certificate_der().expect("DER")).expect("a certificate");
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

    /// A response as a common identity provider sends it: six attributes with typed values, of which the last, the
    /// groups, has so many.
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
        let groups: Vec<String> = (0..groups).map(|n| format!("CN=app-group-{n:05},OU=Groups")).collect();
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

pub(crate) fn with_second_assertion(xml: &str) -> String {
    xml.replace("</samlp:Response>", "<saml:Assertion ID=\"_second\"></saml:Assertion></samlp:Response>")
}

/// The signature of something else: its first character is another.
pub(crate) fn with_wrong_signature(xml: &str) -> String {
    let (before, value) = xml.split_once("<ds:SignatureValue>").expect("a signature");
    let (first, rest) = value.split_at(1);
    let other = if first == "A" { "B" } else { "A" };
    format!("{before}<ds:SignatureValue>{other}{rest}")
}
