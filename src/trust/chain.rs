//! Certificates that stand together in one place: which of them holds the key that signs.

use openssl::pkey::{Id, PKey, Public};
use openssl::x509::{X509, X509VerifyResult};

use super::der::{SEQUENCE, value};

/// Takes apart what holds one SEQUENCE behind another. `None` if something else is there.
pub(crate) fn split(mut der: &[u8]) -> Option<Vec<&[u8]>> {
    let mut values = Vec::new();
    while !der.is_empty() {
        let (SEQUENCE, _, rest) = value(der)? else { return None };
        let (own, _) = der.split_at_checked(der.len().checked_sub(rest.len())?)?;
        values.push(own);
        der = rest;
    }
    Some(values)
}

/// Whether this is an X.509 certificate, whatever its key is good for.
pub(crate) fn is_certificate(der: &[u8]) -> bool {
    X509::from_der(der).is_ok()
}

/// For each certificate, whether it has issued another of them: then it is that of an authority.
///
/// "All certificates appearing in an X509Data element MUST relate to the validation key by either
/// containing it or being part of a certification chain that terminates in a certificate containing
/// the validation key. No ordering is implied" (XML Signature §4.4.4). The name is not enough:
/// two certificates of one identity provider have the same, and neither has issued the other. Where
/// each has issued another there is no end to begin at: then none counts as an authority.
pub(crate) fn authorities(ders: &[&[u8]]) -> Vec<bool> {
    let certificates: Vec<Option<X509>> = ders.iter().map(|der| X509::from_der(der).ok()).collect();
    // A key that only makes verification slow is good for nothing else either.
    let verifies = |key: PKey<Public>, subject: &X509| {
        let slow = match key.id() {
            Id::RSA | Id::RSA_PSS => {
                key.rsa().is_ok_and(|rsa| rsa.e().num_bits() > 256 || rsa.n().num_bits() > 16_384)
            }
            Id::EC | Id::ED25519 | Id::ED448 => false,
            _ => true,
        };
        slow || subject.verify(&key).unwrap_or(false)
    };
    let issued = |issuer: &X509, subject: &X509| {
        issuer.issued(subject) == X509VerifyResult::OK
            && issuer.public_key().is_ok_and(|key| verifies(key, subject))
    };
    let mut authorities: Vec<bool> = certificates
        .iter()
        .zip(ders)
        .map(|(issuer, own)| {
            let others = certificates.iter().zip(ders).filter(|(_, der)| *der != own);
            let mut others = others.filter_map(|(subject, _)| subject.as_ref());
            issuer.as_ref().is_some_and(|issuer| others.any(|subject| issued(issuer, subject)))
        })
        .collect();
    if authorities.iter().all(|authority| *authority) {
        authorities.fill(false);
    }
    authorities
}

/// The authorities, and the others.
pub(super) fn part<'a>(ders: &[&'a [u8]]) -> (Vec<&'a [u8]>, Vec<&'a [u8]>) {
    let parted = ders.iter().copied().zip(authorities(ders)).partition::<Vec<_>, _>(|(_, is)| *is);
    let bare = |some: Vec<(&'a [u8], bool)>| some.into_iter().map(|(der, _)| der).collect();
    (bare(parted.0), bare(parted.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_taken_apart() {
        let long = [&[0x30, 0x81, 0x80][..], &[7; 0x80]].concat();
        let both = [&[0x30, 1, 5][..], &long].concat();
        assert_eq!(split(&both), Some(vec![&[0x30, 1, 5][..], &long]));
        assert_eq!(split(&[]), Some(vec![]));
        for bad in [
            &[0x30][..],
            &[0x30, 2, 5],
            &[0x30, 0x80],
            &[0x30, 0x85, 0, 0, 0, 0, 1, 5],
            &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
            &[0x31, 1, 5],
            &[0x30, 1, 5, 0],
        ] {
            assert_eq!(split(bad), None, "{bad:?}");
        }
    }
}
