//! Algorithm identifiers: XML Signature §6, RFC 9231.

use openssl::bn::BigNum;
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::{DigestBytes, MessageDigest, hash};

use crate::error::{AlgorithmUse, Excerpt, Rejection};
use crate::trust::{Certificate, KeyType, KeyUsage, SignaturePadding};

/// The switch that lets SHA-1 in.
const DANGER_SHA1: &str = "danger_allow_sha1";

/// A digest algorithm.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum DigestAlgorithm {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl DigestAlgorithm {
    /// The algorithm that a DigestMethod names, if it is accepted.
    pub(crate) fn accepted(uri: &str, allow_sha1: bool) -> Result<Self, Rejection> {
        let algorithm = match uri {
            "http://www.w3.org/2001/04/xmlenc#sha256" => Self::Sha256,
            "http://www.w3.org/2001/04/xmldsig-more#sha384" => Self::Sha384,
            "http://www.w3.org/2001/04/xmlenc#sha512" => Self::Sha512,
            "http://www.w3.org/2000/09/xmldsig#sha1" if allow_sha1 => Self::Sha1,
            "http://www.w3.org/2000/09/xmldsig#sha1" => {
                return Err(forbidden(AlgorithmUse::Digest, uri, Some(DANGER_SHA1)));
            }
            _ => return Err(forbidden(AlgorithmUse::Digest, uri, None)),
        };
        Ok(algorithm)
    }

    pub(super) fn is_sha1(self) -> bool {
        self == Self::Sha1
    }

    pub(super) fn message_digest(self) -> MessageDigest {
        match self {
            Self::Sha1 => MessageDigest::sha1(),
            Self::Sha256 => MessageDigest::sha256(),
            Self::Sha384 => MessageDigest::sha384(),
            Self::Sha512 => MessageDigest::sha512(),
        }
    }

    /// Whether `octets` have this digest. The comparison takes the same time wherever they differ.
    pub(super) fn matches(self, octets: &[u8], expected: &[u8]) -> bool {
        hash(self.message_digest(), octets).is_ok_and(|found| {
            found.len() == expected.len() && openssl::memcmp::eq(&found, expected)
        })
    }
}

/// A signature algorithm: scheme and digest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct SignatureAlgorithm {
    pub(super) scheme: Scheme,
    pub(super) digest: DigestAlgorithm,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Scheme {
    /// RSASSA-PKCS1-v1_5: RFC 9231 §2.3.
    RsaPkcs1,
    /// RSASSA-PSS with its parameters implied by the identifier: RFC 9231 §2.3.10.
    RsaPss,
    /// ECDSA with the signature as the concatenation r‖s: RFC 9231 §2.3.6.
    Ecdsa,
}

impl SignatureAlgorithm {
    /// The algorithm that a SignatureMethod names, if it is accepted. There is no HMAC among them:
    /// a certificate is no secret.
    pub(crate) fn accepted(uri: &str, allow_sha1: bool) -> Result<Self, Rejection> {
        use DigestAlgorithm::{Sha1, Sha256, Sha384, Sha512};
        use Scheme::{Ecdsa, RsaPkcs1, RsaPss};
        let (scheme, digest) = match uri {
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256" => (RsaPkcs1, Sha256),
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384" => (RsaPkcs1, Sha384),
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512" => (RsaPkcs1, Sha512),
            "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1" => (RsaPss, Sha256),
            "http://www.w3.org/2007/05/xmldsig-more#sha384-rsa-MGF1" => (RsaPss, Sha384),
            "http://www.w3.org/2007/05/xmldsig-more#sha512-rsa-MGF1" => (RsaPss, Sha512),
            "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256" => (Ecdsa, Sha256),
            "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384" => (Ecdsa, Sha384),
            "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512" => (Ecdsa, Sha512),
            "http://www.w3.org/2000/09/xmldsig#rsa-sha1" if allow_sha1 => (RsaPkcs1, Sha1),
            "http://www.w3.org/2000/09/xmldsig#rsa-sha1" => {
                return Err(forbidden(AlgorithmUse::Signature, uri, Some(DANGER_SHA1)));
            }
            _ => return Err(forbidden(AlgorithmUse::Signature, uri, None)),
        };
        Ok(Self { scheme, digest })
    }

    pub(super) fn uses_sha1(self) -> bool {
        self.digest.is_sha1()
    }

    /// The digest of the octets that are signed: made once, however many keys are tried.
    pub(super) fn digest(self, octets: &[u8]) -> Option<DigestBytes> {
        hash(self.digest.message_digest(), octets).ok()
    }

    /// Whether the key of `certificate` made `signature` over octets with this digest. Any failure
    /// inside OpenSSL is a no.
    pub(super) fn verifies(
        self,
        certificate: &Certificate,
        digest: &DigestBytes,
        signature: &[u8],
    ) -> bool {
        self.verify(certificate, digest, signature).unwrap_or(false)
    }

    fn verify(
        self,
        certificate: &Certificate,
        digest: &DigestBytes,
        signature: &[u8],
    ) -> Result<bool, ErrorStack> {
        let padding = match (self.scheme, certificate.key()) {
            (Scheme::RsaPkcs1, KeyType::Rsa { .. }) => SignaturePadding::Pkcs1,
            (Scheme::RsaPss, KeyType::Rsa { .. }) => SignaturePadding::Pss,
            (Scheme::Ecdsa, KeyType::P256 | KeyType::P384 | KeyType::P521) => {
                SignaturePadding::None
            }
            _ => return Ok(false),
        };
        let usage = KeyUsage { digest: self.digest.message_digest().type_(), padding };
        match certificate.key() {
            KeyType::Rsa { .. } => certificate.verifies(usage, digest, signature),
            KeyType::P256 => certificate.verifies(usage, digest, &ecdsa_der(signature, 32)?),
            KeyType::P384 => certificate.verifies(usage, digest, &ecdsa_der(signature, 48)?),
            KeyType::P521 => certificate.verifies(usage, digest, &ecdsa_der(signature, 66)?),
        }
    }

    /// Whether this is an ECDSA value as OpenSSL and X.509 have it, which verifies for nobody: "the
    /// signature value consists of the base64 encoding of the concatenation of two octet-streams"
    /// (XML Signature 1.1 §6.4.3).
    pub(super) fn is_der_sequence(self, signature: &[u8]) -> bool {
        self.scheme == Scheme::Ecdsa && EcdsaSig::from_der(signature).is_ok()
    }
}

/// Turns r‖s, each of exactly `size` bytes, into the form that OpenSSL takes. Anything else becomes
/// an empty signature, which verifies for nobody.
fn ecdsa_der(signature: &[u8], size: usize) -> Result<Vec<u8>, ErrorStack> {
    let Some((r, s)) = signature.split_at_checked(size).filter(|(_, s)| s.len() == size) else {
        return Ok(Vec::new());
    };
    EcdsaSig::from_private_components(BigNum::from_slice(r)?, BigNum::from_slice(s)?)?.to_der()
}

pub(super) fn forbidden(
    usage: AlgorithmUse,
    uri: &str,
    allowed_by: Option<&'static str>,
) -> Rejection {
    Rejection::AlgorithmForbidden { usage, algorithm: Excerpt::new(uri), allowed_by }
}
