//! Our own keys.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{Id, PKey, PKeyRef, Private};
use openssl::rsa::Rsa;
use openssl::sha::sha256;
use openssl::x509::{X509, X509Name};

use super::certificate::{Certificate, Certificates, KeyType};
use crate::digest::hex;
use crate::error::KeyPairError;

/// The length of the keys that are made here. Every identity provider takes it.
const MADE_BITS: u32 = 2048;

/// One of the service provider's own keys, with its certificate: to sign with, or to open what is
/// encrypted to it.
///
/// Cheap to clone. `Debug` shows the certificate alone.
#[derive(Clone)]
pub struct KeyPair(Arc<Parts>);

struct Parts {
    key: PKey<Private>,
    certificate: Certificate,
}

impl KeyPair {
    /// Takes a private key in PEM (PKCS#8, PKCS#1 or SEC 1; without a passphrase) and its
    /// certificate. RSA, or an elliptic curve P-256, P-384 or P-521; that RSA keys have 2048 bits
    /// is for the connection to ask.
    ///
    /// # Errors
    ///
    /// [`KeyPairError`] says what is wrong with either, or that they do not belong together.
    pub fn from_pem(
        private_key_pem: impl AsRef<[u8]>,
        certificate: impl AsRef<[u8]>,
    ) -> Result<Self, KeyPairError> {
        Self::of(private_key(private_key_pem.as_ref())?, certificate)
    }

    fn of(key: PKey<Private>, certificate: impl AsRef<[u8]>) -> Result<Self, KeyPairError> {
        let certificates = Certificates::parse(certificate)?;
        let [certificate] = certificates.as_slice() else {
            return Err(KeyPairError::SeveralCertificates);
        };
        if !certificate.is_of(&key) {
            return Err(KeyPairError::Mismatch);
        }
        Ok(Self(Arc::new(Parts { key, certificate: certificate.clone() })))
    }

    /// Makes an RSA key of 2048 bits, by OpenSSL's generator, with a self-signed certificate of
    /// this validity. Its name has a digest of the key in it, so that no two have the same.
    ///
    /// It takes some tenths of a second: do it before a transaction, not in one.
    ///
    /// ```
    /// use saml_login::KeyPair;
    ///
    /// let (from, until) = ("2030-01-31T12:00:00Z".parse()?, "2040-01-31T12:00:00Z".parse()?);
    /// let pair = KeyPair::generate(from, until)?;
    /// assert_eq!(pair.certificate().not_after(), Some(until));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`KeyPairError::Generation`].
    pub fn generate(
        not_before: DateTime<Utc>,
        not_after: DateTime<Utc>,
    ) -> Result<Self, KeyPairError> {
        let made = || {
            let key = PKey::from_rsa(Rsa::generate(MADE_BITS)?)?;
            let [a, b, c, d, ..] = sha256(&key.public_key_to_der()?);
            let name = format!("SAML service provider {}", hex(&[a, b, c, d]));
            let der = self_signed(&key, &name, not_before, not_after)?.to_der()?;
            Ok::<_, ErrorStack>((key, der))
        };
        let (key, der) = made().map_err(|_| KeyPairError::Generation)?;
        Ok(Self(Arc::new(Parts { key, certificate: Certificate::from_der(&der)? })))
    }

    /// A key in DER (PKCS#8), as [`KeyPair::private_key_der`] gives it, and its certificate.
    pub(crate) fn from_der(
        private_key: &[u8],
        certificate: impl AsRef<[u8]>,
    ) -> Result<Self, KeyPairError> {
        let key = PKey::private_key_from_pkcs8(private_key);
        Self::of(key.map_err(|_| KeyPairError::PrivateKey)?, certificate)
    }

    /// The private key, to be sealed.
    pub(crate) fn private_key_der(&self) -> Result<Vec<u8>, ErrorStack> {
        self.0.key.private_key_to_pkcs8()
    }

    /// Takes a private key and makes a self-signed certificate for it, with this name and validity.
    /// The same input gives the same certificate, if the key is an RSA key.
    ///
    /// # Errors
    ///
    /// [`KeyPairError::PrivateKey`] for a key that cannot be read, [`KeyPairError::Certificate`]
    /// for one of a kind that is not supported.
    pub fn self_signed(
        private_key_pem: impl AsRef<[u8]>,
        common_name: &str,
        not_before: DateTime<Utc>,
        not_after: DateTime<Utc>,
    ) -> Result<Self, KeyPairError> {
        let key = private_key(private_key_pem.as_ref())?;
        let certificate = self_signed(&key, common_name, not_before, not_after);
        let der = certificate.and_then(|certificate| certificate.to_der());
        let der = der.map_err(|_| KeyPairError::PrivateKey)?;
        Ok(Self(Arc::new(Parts { key, certificate: Certificate::from_der(&der)? })))
    }

    /// The certificate to give to the identity provider.
    pub fn certificate(&self) -> &Certificate {
        &self.0.certificate
    }

    /// The identifier of the algorithm that it signs with: SHA-256 with RSA or ECDSA (RFC 9231
    /// §2.3).
    pub(crate) fn signature_algorithm(&self) -> &'static str {
        match self.certificate().key() {
            KeyType::Rsa { .. } => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            _ => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
        }
    }

    pub(crate) fn key(&self) -> &PKeyRef<Private> {
        &self.0.key
    }
}

impl PartialEq for KeyPair {
    fn eq(&self, other: &Self) -> bool {
        self.certificate() == other.certificate()
    }
}

impl Eq for KeyPair {}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyPair").field("certificate", self.certificate()).finish_non_exhaustive()
    }
}

fn private_key(pem: &[u8]) -> Result<PKey<Private>, KeyPairError> {
    // Without the callback OpenSSL would ask for a passphrase at the terminal.
    PKey::private_key_from_pem_callback(pem, |_| Ok(0)).map_err(|_| KeyPairError::PrivateKey)
}

/// A self-signed certificate. The two ends of its validity are taken to the second.
pub(crate) fn self_signed(
    key: &PKeyRef<Private>,
    common_name: &str,
    not_before: DateTime<Utc>,
    not_after: DateTime<Utc>,
) -> Result<X509, ErrorStack> {
    let time = |at: DateTime<Utc>| Asn1Time::from_str_x509(&at.format("%Y%m%d%H%M%SZ").to_string());
    let mut name = X509Name::builder()?;
    name.append_entry_by_text("CN", common_name)?;
    let name = name.build();
    let mut builder = X509::builder()?;
    builder.set_version(2)?;
    let serial = BigNum::from_u32(1)?.to_asn1_integer()?;
    builder.set_serial_number(&serial)?;
    builder.set_subject_name(&name)?;
    builder.set_issuer_name(&name)?;
    let (not_before, not_after) = (time(not_before)?, time(not_after)?);
    builder.set_not_before(&not_before)?;
    builder.set_not_after(&not_after)?;
    builder.set_pubkey(key)?;
    // Ed25519 brings its own digest along.
    let digest =
        if key.id() == Id::ED25519 { MessageDigest::null() } else { MessageDigest::sha256() };
    builder.sign(key, digest)?;
    Ok(builder.build())
}
