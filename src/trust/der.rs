//! The shapes of DER, as far as they tell what something is.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::error::CertificateError;

/// Base64 whose end is known by other means than padding.
pub(crate) const UNPADDED: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The DER value at the beginning, and what stands behind it.
pub(super) fn in_base64(base64: &str) -> Option<(Vec<u8>, &str)> {
    let start = UNPADDED.decode(base64.get(..8)?).ok()?;
    let (_, length, content) = header(&start)?;
    let bytes = start.len().checked_sub(content.len())?.checked_add(length)?;
    // Four characters hold three bytes.
    let (own, behind) = base64.split_at_checked(bytes.checked_mul(4)?.div_ceil(3))?;
    Some((UNPADDED.decode(own).ok()?, behind))
}

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;

/// Passes a certificate on and names what else the DER is. The shapes are those of RFC 5280 §4.1
/// (certificate), RFC 2986 §4.1 (request), RFC 5208 §5 and §6, RFC 8017 §A.1 and RFC 5915 §3
/// (keys), RFC 7292 §4, RFC 5652 §3 (bundles).
pub(super) fn certificate(der: &[u8]) -> Result<Vec<u8>, CertificateError> {
    let (tag, length, content) = header(der).ok_or(CertificateError::Unrecognized)?;
    if tag != SEQUENCE {
        return Err(CertificateError::Unrecognized);
    }
    if content.len() < length {
        return Err(CertificateError::Truncated);
    }
    if content.len() > length {
        return Err(CertificateError::Unrecognized);
    }
    let (first, inside, rest) = value(content).ok_or(CertificateError::Unrecognized)?;
    let second = value(rest).map(|(tag, ..)| tag);
    match (first, second) {
        (SEQUENCE, Some(SEQUENCE)) => {
            match value(inside).and_then(|(tag, _, rest)| Some((tag, value(rest)?.0))) {
                // A request begins with its version and the subject, a certificate with [0] or the
                // serial number and the signature algorithm; the subject of a request is a SEQUENCE
                // of SETs (or empty).
                Some((INTEGER, SEQUENCE)) if is_request(inside) => {
                    Err(CertificateError::CertificateRequest)
                }
                _ => Ok(der.to_vec()),
            }
        }
        (SEQUENCE, Some(BIT_STRING)) => Err(CertificateError::PublicKey),
        (SEQUENCE, Some(OCTET_STRING)) => Err(CertificateError::PrivateKey),
        (INTEGER, Some(SEQUENCE)) if inside == [3] => {
            Err(CertificateError::Bundle { format: "PKCS#12" })
        }
        (INTEGER, Some(SEQUENCE | OCTET_STRING)) => Err(CertificateError::PrivateKey),
        (INTEGER, Some(INTEGER)) if inside == [0] => Err(CertificateError::PrivateKey),
        (INTEGER, Some(INTEGER)) => Err(CertificateError::PublicKey),
        (OID, _) => Err(CertificateError::Bundle { format: "PKCS#7" }),
        _ => Err(CertificateError::Unrecognized),
    }
}

/// Version 0, subject, public key: the key is a SEQUENCE whose second element is a BIT STRING.
fn is_request(info: &[u8]) -> bool {
    let key = value(info).and_then(|(_, _, rest)| value(rest)).and_then(|(_, _, rest)| value(rest));
    let Some((SEQUENCE, key, _)) = key else { return false };
    value(key).and_then(|(_, _, rest)| value(rest)).is_some_and(|(tag, ..)| tag == BIT_STRING)
}

/// Tag, content and what follows.
pub(super) fn value(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, length, content) = header(der)?;
    let (content, rest) = content.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// Tag, length and what follows the length.
pub(super) fn header(der: &[u8]) -> Option<(u8, usize, &[u8])> {
    let (tag, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    if *first < 0x80 {
        return Some((*tag, usize::from(*first), rest));
    }
    let (length, rest) = rest.split_at_checked(usize::from(*first & 0x7f))?;
    if length.is_empty() || length.len() > 4 {
        return None;
    }
    let length = length.iter().fold(0_usize, |length, byte| length << 8 | usize::from(*byte));
    Some((*tag, length, rest))
}
