//! A signature beside what it signs: Bindings §3.4.4.1.

use super::algorithm::SignatureAlgorithm;
use super::verify::Trust;
use crate::error::{Part, Rejection};
use crate::fingerprint::Fingerprint;

/// Verifies `signature` over `octets`; gives the fingerprint of the certificate whose key verified.
pub(crate) fn verify_detached(
    algorithm: &str,
    octets: &[u8],
    signature: &[u8],
    trust: Trust<'_>,
) -> Result<Fingerprint, Rejection> {
    let algorithm = SignatureAlgorithm::accepted(algorithm, trust.allow_sha1)?;
    let mut certificates = trust.certificates.iter();
    match certificates.find(|certificate| algorithm.verifies(certificate, octets, signature)) {
        Some(certificate) => Ok(certificate.fingerprint()),
        None => Err(Rejection::SignatureInvalid { on: Part::Logout, inclusive: false }),
    }
}
