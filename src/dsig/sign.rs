//! Making digests and signatures.

use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::hash;
use openssl::pkey::{Id, PKeyRef, Private};
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Signer};

use super::algorithm::{DigestAlgorithm, Scheme, SignatureAlgorithm};

impl DigestAlgorithm {
    pub(crate) fn digest(self, octets: &[u8]) -> Result<Vec<u8>, ErrorStack> {
        Ok(hash(self.message_digest(), octets)?.to_vec())
    }
}

impl SignatureAlgorithm {
    /// Whether this is an algorithm for keys of this kind.
    pub(crate) fn is_for(self, key: &PKeyRef<Private>) -> bool {
        let id = match self.scheme {
            Scheme::RsaPkcs1 | Scheme::RsaPss => Id::RSA,
            Scheme::Ecdsa => Id::EC,
        };
        key.id() == id
    }

    /// Signs `octets`; an ECDSA signature comes as r‖s, as XML Signature has it.
    pub(crate) fn sign(self, key: &PKeyRef<Private>, octets: &[u8]) -> Result<Vec<u8>, ErrorStack> {
        let mut signer = Signer::new(self.digest.message_digest(), key)?;
        if self.scheme == Scheme::RsaPss {
            signer.set_rsa_padding(Padding::PKCS1_PSS)?;
            signer.set_rsa_mgf1_md(self.digest.message_digest())?;
            signer.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
        }
        let signature = signer.sign_oneshot_to_vec(octets)?;
        if key.id() != Id::EC {
            return Ok(signature);
        }
        let size = i32::try_from(key.bits().div_ceil(8)).unwrap_or(0);
        let signature = EcdsaSig::from_der(&signature)?;
        Ok([signature.r().to_vec_padded(size)?, signature.s().to_vec_padded(size)?].concat())
    }
}
