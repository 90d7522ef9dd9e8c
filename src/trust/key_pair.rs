//! Our own keys.

use std::fmt;
use std::sync::Arc;

use openssl::pkey::{PKey, PKeyRef, Private};

use super::certificate::{Certificate, Certificates, KeyType};
use crate::error::KeyPairError;

/// One of the service provider's own keys, with its certificate: to sign with, or to open what is encrypted to it.
///
/// Cheap to clone. `Debug` shows the certificate alone.
#[derive(Clone)]
pub struct KeyPair(Arc<Parts>);

struct Parts {
    key: PKey<Private>,
    certificate: Certificate,
}

impl KeyPair {
    /// Takes a private key in PEM (PKCS#8, PKCS#1 or SEC 1; without a passphrase) and its certificate. RSA from 2048 bits, or an
    /// elliptic curve P-256, P-384 or P-521.
    ///
    /// # Errors
    ///
    /// [`KeyPairError`] says what is wrong with either, or that they do not belong together.
    pub fn from_pem(
        private_key: impl AsRef<[u8]>,
        certificate: impl AsRef<[u8]>,
    ) -> Result<Self, KeyPairError> {
        let certificates = Certificates::parse(certificate)?;
        let [certificate] = certificates.as_slice() else { return Err(KeyPairError::SeveralCertificates) };
        // Without the callback OpenSSL would ask for a passphrase at the terminal.
        let key = PKey::private_key_from_pem_callback(private_key.as_ref(), |_| Ok(0))
            .map_err(|_| KeyPairError::PrivateKey)?;
        if let KeyType::Rsa { bits } = certificate.key()
            && bits < 2048
        {
            return Err(KeyPairError::TooWeak { bits });
        }
        if !certificate.is_of(&key) {
            return Err(KeyPairError::Mismatch);
        }
        Ok(Self(Arc::new(Parts { key, certificate: certificate.clone() })))
    }

    /// The certificate to give to the identity provider.
    pub fn certificate(&self) -> &Certificate {
        &self.0.certificate
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
