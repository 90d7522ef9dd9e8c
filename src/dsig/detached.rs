//! A signature beside what it signs: Bindings §3.4.4.1.

use super::algorithm::SignatureAlgorithm;
use super::verify::{Trust, signer};
use crate::error::{Part, Rejection};
use crate::fingerprint::Fingerprint;
use crate::trust::Certificate;

/// Verifies `signature` over `octets`; gives the fingerprint of the certificate whose key verified.
pub(crate) fn verify_detached(
    algorithm: &str,
    octets: &[u8],
    signature: &[u8],
    trust: Trust<'_>,
) -> Result<Fingerprint, Rejection> {
    let algorithm = SignatureAlgorithm::accepted(algorithm, trust.allow_sha1)?;
    let signer = signer(algorithm, octets, signature, trust);
    let invalid = |cause| Rejection::SignatureInvalid { on: Part::Logout, cause };
    signer.map(Certificate::fingerprint).map_err(invalid)
}
