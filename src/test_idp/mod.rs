//! An identity provider for tests: honest by default, hostile on request.
//!
//! It makes its key when it is made, and builds and signs responses for any connection. Use it to test how an
//! application treats logins, and refusals. It reads no clock.
//!
//! Never let an application trust a certificate of it in production. It signs with this crate's own canonicalization, and
//! so proves nothing about other implementations.
//!
//! ```
//! use chrono::{DateTime, Utc};
//! use saml_login::test_idp::TestIdp;
//! use saml_login::{Connection, Expected, ServiceProvider};
//!
//! let now: DateTime<Utc> = "2030-01-31T12:00:00Z".parse()?;
//! let idp = TestIdp::p256("https://idp.example.test")?;
//! let sp = ServiceProvider::new("https://app.example.test/saml/acme", "https://app.example.test/saml/acme/acs");
//! let connection = Connection::builder("acme", sp.clone(), idp.identity_provider()?).build()?;
//!
//! // What the browser would post after a login that was started with the request "_request".
//! let response = idp.response(&sp, now).in_reply_to("_request");
//! let login = connection.verify(response.form_value()?, Expected::Reply { request_id: "_request" }, now);
//! assert!(login.is_ok());
//!
//! // The same, meant for somebody else.
//! let mut response = idp.response(&sp, now).in_reply_to("_request");
//! response.audiences = vec![vec!["https://other.example.test".into()]];
//! let refusal = connection.verify(response.form_value()?, Expected::Reply { request_id: "_request" }, now);
//! assert_eq!(refusal.unwrap_err().code(), "audience_mismatch");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod response;
mod signing;

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::{X509, X509Name};

pub use self::response::{
    TestAttribute, TestAuthnStatement, TestConfirmation, TestNameId, TestResponse, TestSigned,
};
pub use self::signing::{SignatureOptions, SignaturePlace, TestKeyInfo};
use crate::error::CertificateError;
use crate::provider::IdentityProvider;
use crate::trust::Certificates;

/// Why the test identity provider could not do what it was asked to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TestIdpError {
    /// The certificate is refused by this crate: a key that is too short, for example.
    #[error("the certificate is refused")]
    Certificate(#[from] CertificateError),
    /// There is no place for the signature: no element with that ID, or one without content.
    #[error("there is no element with the ID {id} that can take a signature")]
    NoElement {
        /// The ID.
        id: String,
    },
    /// OpenSSL failed.
    #[error("OpenSSL failed")]
    OpenSsl(#[from] ErrorStack),
    /// The XML to sign is not well-formed, or cannot be canonicalized.
    #[error("the XML cannot be signed: {reason}")]
    Xml {
        /// Why not.
        reason: String,
    },
}

/// An identity provider for tests.
pub struct TestIdp {
    issuer: String,
    key: PKey<Private>,
    certificate: X509,
}

impl TestIdp {
    /// With an RSA key of 2048 bits. That takes a moment: share one between tests with a `OnceLock`, or use
    /// [`TestIdp::p256`].
    ///
    /// # Errors
    ///
    /// [`TestIdpError::OpenSsl`].
    pub fn rsa(issuer: impl Into<String>) -> Result<Self, TestIdpError> {
        Self::rsa_bits(issuer, 2048)
    }

    /// With an RSA key of so many bits.
    ///
    /// # Errors
    ///
    /// [`TestIdpError::OpenSsl`].
    pub fn rsa_bits(issuer: impl Into<String>, bits: u32) -> Result<Self, TestIdpError> {
        Self::with_key(issuer, PKey::from_rsa(Rsa::generate(bits)?)?)
    }

    /// With an elliptic-curve key on P-256.
    ///
    /// # Errors
    ///
    /// [`TestIdpError::OpenSsl`].
    pub fn p256(issuer: impl Into<String>) -> Result<Self, TestIdpError> {
        Self::ec(issuer, Nid::X9_62_PRIME256V1)
    }

    /// With an elliptic-curve key on P-384.
    ///
    /// # Errors
    ///
    /// [`TestIdpError::OpenSsl`].
    pub fn p384(issuer: impl Into<String>) -> Result<Self, TestIdpError> {
        Self::ec(issuer, Nid::SECP384R1)
    }

    /// With an elliptic-curve key on P-521.
    ///
    /// # Errors
    ///
    /// [`TestIdpError::OpenSsl`].
    pub fn p521(issuer: impl Into<String>) -> Result<Self, TestIdpError> {
        Self::ec(issuer, Nid::SECP521R1)
    }

    fn ec(issuer: impl Into<String>, curve: Nid) -> Result<Self, TestIdpError> {
        let key = EcKey::generate(EcGroup::from_curve_name(curve)?.as_ref())?;
        Self::with_key(issuer, PKey::from_ec_key(key)?)
    }

    /// The certificate is self-signed and valid from 2020 to 2050.
    fn with_key(issuer: impl Into<String>, key: PKey<Private>) -> Result<Self, TestIdpError> {
        let mut name = X509Name::builder()?;
        name.append_entry_by_text("CN", "Test identity provider")?;
        let name = name.build();
        let mut builder = X509::builder()?;
        builder.set_version(2)?;
        let serial = BigNum::from_u32(1)?.to_asn1_integer()?;
        builder.set_serial_number(&serial)?;
        builder.set_subject_name(&name)?;
        builder.set_issuer_name(&name)?;
        let (not_before, not_after) =
            (Asn1Time::from_str("20200101000000Z")?, Asn1Time::from_str("20500101000000Z")?);
        builder.set_not_before(&not_before)?;
        builder.set_not_after(&not_after)?;
        builder.set_pubkey(&key)?;
        builder.sign(&key, MessageDigest::sha256())?;
        Ok(Self { issuer: issuer.into(), key, certificate: builder.build() })
    }

    /// The issuer, its entity ID.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The certificate, as PEM.
    ///
    /// # Errors
    ///
    /// [`TestIdpError::OpenSsl`].
    pub fn certificate_pem(&self) -> Result<String, TestIdpError> {
        Ok(String::from_utf8_lossy(&self.certificate.to_pem()?).into_owned())
    }

    /// The certificate, as DER.
    ///
    /// # Errors
    ///
    /// [`TestIdpError::OpenSsl`].
    pub fn certificate_der(&self) -> Result<Vec<u8>, TestIdpError> {
        Ok(self.certificate.to_der()?)
    }

    /// What a connection needs to know of it.
    ///
    /// # Errors
    ///
    /// [`TestIdpError::Certificate`] for a key that this crate never accepts.
    pub fn identity_provider(&self) -> Result<IdentityProvider, TestIdpError> {
        Ok(IdentityProvider::new(self.issuer.clone(), Certificates::parse(self.certificate_der()?)?))
    }
}

impl std::fmt::Debug for TestIdp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TestIdp").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}
