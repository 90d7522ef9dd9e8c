//! An identity provider for tests: honest by default, hostile on request.
//!
//! It makes its key when it is made, and builds and signs responses for any connection. Use it to
//! test how an application treats logins, and refusals. It reads no clock.
//!
//! Never let an application trust a certificate of it in production. It signs with this crate's own
//! canonicalization, and so proves nothing about other implementations.
//!
//! ```
//! use chrono::{DateTime, Utc};
//! use saml_login::testing::idp::TestIdp;
//! use saml_login::testing::pending_request;
//! use saml_login::{Connection, MemoryReplayStore, ServiceProvider};
//!
//! let now: DateTime<Utc> = "2030-01-31T12:00:00Z".parse()?;
//! let idp = TestIdp::p256("https://idp.example.test")?;
//! let acs_url = "https://app.example.test/saml/acme/acs";
//! let sp = ServiceProvider::new("https://app.example.test/saml/acme", acs_url);
//! let connection = Connection::builder("acme", sp.clone(), idp.identity_provider()?).build()?;
//!
//! // What the browser would post after a login that was started with the request "_request".
//! let request = pending_request(&connection, "_request", now);
//! let response = idp.response(&sp, now).in_reply_to("_request");
//! let login = connection.open(response.form_value()?, now)?.accept(Some(&request), now)?;
//! # fn block_on<F: Future>(future: F) -> F::Output {
//! #     let mut context = std::task::Context::from_waker(std::task::Waker::noop());
//! #     match std::pin::pin!(future).poll(&mut context) {
//! #         std::task::Poll::Ready(output) => output,
//! #         std::task::Poll::Pending => unreachable!("the store in memory never waits"),
//! #     }
//! # }
//! let store = MemoryReplayStore::default();
//! let identity = block_on(login.spend(&store, now))?; // or `.await`
//! assert_eq!(identity.email.as_ref().map(|email| email.address()), Some("alice@example.test"));
//!
//! // The same, meant for somebody else.
//! let mut response = idp.response(&sp, now).in_reply_to("_request");
//! response.audiences = vec![vec!["https://other.example.test".into()]];
//! let refusal = connection.open(response.form_value()?, now)?.accept(Some(&request), now);
//! assert_eq!(refusal.unwrap_err().code(), "audience_mismatch");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Hostile responses
//!
//! Every part of a [`TestResponse`] is a field. What no field can say is edited as text,
//! [between building and signing](TestResponse::sign) for content that is validly signed and wrong
//! all the same, or after signing for content that was tampered with. Anything else that is to be
//! signed goes to [`TestIdp::sign_xml`], with [`SignatureOptions`] for every way in which a
//! signature can be off:
//!
//! ```
//! # use saml_login::testing::idp::{SignatureOptions, SignaturePlace, TestIdp};
//! # use saml_login::ServiceProvider;
//! # let idp = TestIdp::p256("https://idp.example.test")?;
//! # let sp = ServiceProvider::new("https://app.example.test", "https://app.example.test/acs");
//! # let now = "2030-01-31T12:00:00Z".parse()?;
//! let response = idp.response(&sp, now);
//! let doubtful = response.unsigned_xml().replace("alice@", "alice@<!-- -->");
//! let validly_signed = response.sign(&doubtful)?;
//! let tampered = response.xml()?.replace("alice@", "mallory@");
//!
//! // A signature with two references, the second to the Response.
//! let mut options = SignatureOptions::default();
//! options.digest_of = Some("_response".into());
//! options.reference_uri = Some("#_response".into());
//! let other = idp.signed_info(&doubtful, "_response", &options)?;
//! let (_, second) = other.split_once("<ds:Reference").unwrap_or_default();
//! let mut options = SignatureOptions::default();
//! let first = idp.signed_info(&doubtful, "_assertion", &options)?;
//! let end = format!("<ds:Reference{second}");
//! options.raw_signed_info = Some(first.replace("</ds:SignedInfo>", &end));
//! let two = idp.sign_xml(&doubtful, "_assertion", &options)?;
//! assert_eq!(two.matches("<ds:Reference ").count(), 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod encryption;
mod markup;
mod options;
mod response;
mod write;
mod signing;

use chrono::{DateTime, Utc};
use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::X509;

pub use self::options::{SignatureOptions, SignaturePlace, TestKeyInfo};
pub use self::response::{
    TestAttribute, TestAuthnStatement, TestConfirmation, TestNameId, TestResponse, TestSigned,
};
use crate::binding::{Query, decode};
use crate::error::CertificateError;
use crate::limits::Limits;
use crate::provider::IdentityProvider;
use crate::send::Delivery;
use crate::trust::{Certificates, self_signed};

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

/// The subject of its certificate.
const NAME: &str = "Test identity provider";

/// An identity provider for tests.
///
/// Its key, and so its certificate and its signatures, are new in every run unless it is made
/// [from a key](TestIdp::from_key_pem). The certificate is self-signed and valid from 2020 to 2050.
#[derive(Clone)]
pub struct TestIdp {
    issuer: String,
    key: PKey<Private>,
    certificate: X509,
}

impl TestIdp {
    /// With an RSA key of 2048 bits. That takes a moment: share one between tests with a
    /// `OnceLock`, or use [`TestIdp::p256`].
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

    /// With a private key in PEM: one that must be the same in every run, or of a kind that is
    /// refused, such as Ed25519.
    ///
    /// # Errors
    ///
    /// [`TestIdpError::OpenSsl`].
    pub fn from_key_pem(issuer: impl Into<String>, pem: &[u8]) -> Result<Self, TestIdpError> {
        Self::with_key(issuer, PKey::private_key_from_pem(pem)?)
    }

    fn with_key(issuer: impl Into<String>, key: PKey<Private>) -> Result<Self, TestIdpError> {
        // From 2020 to 2050.
        let [from, until] = [1_577_836_800, 2_524_608_000]
            .map(|at| DateTime::from_timestamp(at, 0).unwrap_or_default());
        let certificate = self_signed(&key, NAME, from, until)?;
        Ok(Self { issuer: issuer.into(), key, certificate })
    }

    /// Replaces the self-signed certificate, which is valid from 2020 to 2050, by one for the same
    /// key that is valid from `not_before` to `not_after`, to the second.
    ///
    /// # Errors
    ///
    /// [`TestIdpError::OpenSsl`]; for a year beyond 9999, too.
    pub fn with_validity(
        self,
        not_before: DateTime<Utc>,
        not_after: DateTime<Utc>,
    ) -> Result<Self, TestIdpError> {
        let certificate = self_signed(&self.key, NAME, not_before, not_after)?;
        Ok(Self { certificate, ..self })
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

    /// The ID of the AuthnRequest in what a browser is sent with, to
    /// [answer](TestResponse::in_reply_to); `None` if there is none that can be read.
    pub fn request_id(delivery: &Delivery) -> Option<String> {
        let limits = Limits::default();
        let xml = match delivery {
            Delivery::Redirect(url) => {
                let (url, _) = url.split_once('#').unwrap_or((url, ""));
                let (_, query) = url.split_once('?')?;
                Query::parse(query, &limits).ok()?.xml(&limits).ok()?
            }
            Delivery::Post(form) => {
                let (_, value) = form.fields().find(|(name, _)| *name == "SAMLRequest")?;
                decode(value.as_bytes(), &limits).ok()?
            }
        };
        let document = markup::parse(&xml).ok()?;
        document.root()?.attribute("ID").map(str::to_owned)
    }

    /// What a connection needs to know of it.
    ///
    /// # Errors
    ///
    /// [`TestIdpError::Certificate`] for a key that this crate never accepts.
    pub fn identity_provider(&self) -> Result<IdentityProvider, TestIdpError> {
        Ok(IdentityProvider::new(
            self.issuer.clone(),
            Certificates::parse(self.certificate_der()?)?,
        ))
    }
}

impl std::fmt::Debug for TestIdp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TestIdp").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}
