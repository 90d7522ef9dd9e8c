//! The certificate field.

use chrono::{DateTime, TimeDelta, Utc};

use super::problem::Problem;
use crate::fingerprint::Fingerprint;
use crate::trust::Certificate;

/// So long before its end a certificate is worth a warning.
const EXPIRES_SOON: TimeDelta = TimeDelta::days(30);

/// What there is to say of a certificate that can be read.
pub(super) fn problems(
    certificate: &Certificate,
    other_fingerprints: &[Fingerprint],
    now: DateTime<Utc>,
) -> Vec<Problem> {
    let fingerprint = || certificate.fingerprint();
    let weak = certificate
        .weak_bits()
        .map(|bits| Problem::KeyTooWeak { fingerprint: fingerprint(), bits });
    let not_before = certificate.not_before().filter(|not_before| now < *not_before);
    let early = not_before.map(|not_before| Problem::CertificateNotYetValid {
        fingerprint: fingerprint(),
        not_before,
    });
    let late = certificate.not_after().and_then(|not_after| {
        let fingerprint = fingerprint();
        match not_after - now {
            left if left < TimeDelta::zero() => {
                Some(Problem::CertificateExpired { fingerprint, not_after })
            }
            left if left <= EXPIRES_SOON => {
                Some(Problem::CertificateExpires { fingerprint, not_after })
            }
            _ => None,
        }
    });
    let is_shared = other_fingerprints.contains(&certificate.fingerprint());
    let shared = is_shared.then(|| Problem::CertificateShared { fingerprint: fingerprint() });
    [weak, early, late, shared].into_iter().flatten().collect()
}
