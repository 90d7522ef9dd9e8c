//! The certificate field.

use chrono::{DateTime, TimeDelta, Utc};

use super::Surroundings;
use super::problem::Problem;
use crate::fingerprint::Fingerprint;
use crate::trust::{Certificate, Certificates};

/// So long before its end a certificate is worth a warning.
const EXPIRES_SOON: TimeDelta = TimeDelta::days(30);

/// What there is to say of certificates that can be read.
pub(super) fn problems(
    certificates: &Certificates,
    around: &Surroundings<'_>,
    now: DateTime<Utc>,
) -> Vec<Problem> {
    let searched = certificates.were_searched().then_some(Problem::CertificateSearched);
    let authorities =
        certificates.authorities().iter().map(|authority| Problem::CertificateOfAuthority {
            fingerprint: authority.fingerprint(),
            subject: authority.subject().to_owned(),
        });
    let pinned = certificates.iter().flat_map(|certificate| of_pinned(certificate, around, now));
    searched.into_iter().chain(authorities).chain(pinned).collect()
}

/// What there is to say of a certificate whose key is to be trusted.
fn of_pinned(
    certificate: &Certificate,
    around: &Surroundings<'_>,
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
    let is_among = |fingerprints: &[Fingerprint]| fingerprints.contains(&certificate.fingerprint());
    let ours = is_among(around.own_fingerprints)
        .then(|| Problem::CertificateIsOurs { fingerprint: fingerprint() });
    let shared = is_among(around.other_fingerprints)
        .then(|| Problem::CertificateShared { fingerprint: fingerprint() });
    [weak, early, late, ours, shared].into_iter().flatten().collect()
}
