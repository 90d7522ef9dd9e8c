//! A signature beside what it signs: Bindings §3.4.4.1.

use super::algorithm::SignatureAlgorithm;
use super::verify::Trust;
use crate::error::{Part, Rejection, SignatureCause};
use crate::fingerprint::Fingerprint;

/// Verifies `signature` over `octets`; gives the fingerprint of the certificate whose key verified.
pub(crate) fn verify_detached(
    algorithm: &str,
    octets: &[u8],
    signature: &[u8],
    trust: Trust<'_>,
) -> Result<Fingerprint, Rejection> {
    let algorithm = SignatureAlgorithm::accepted(algorithm, trust.allow_sha1)?;
    let on = Part::Logout;
    let invalid = |cause| Rejection::SignatureInvalid { on, cause };
    let digest = algorithm.digest(octets).ok_or(invalid(None))?;
    let mut certificates = trust.certificates.iter();
    match certificates.find(|certificate| algorithm.verifies(certificate, &digest, signature)) {
        Some(certificate) => Ok(certificate.fingerprint()),
        None if algorithm.is_der_sequence(signature) => {
            Err(invalid(Some(SignatureCause::DerSequence)))
        }
        None => Err(invalid(None)),
    }
}
