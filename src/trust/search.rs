//! Certificates in whatever they were wrapped in on the way: markup, JSON, percent-encoding, quoted
//! mail, typography. Only what is a certificate to the last byte of its DER is found.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use openssl::x509::X509;

use super::paste::{certificate, header, refuse_documents};
use crate::error::CertificateError;

/// Base64 whose end is known by other means than padding.
pub(super) const UNPADDED: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// So many places are looked at where a certificate could begin.
const MAX_PLACES: usize = 256;

/// How every certificate begins in Base64: a SEQUENCE whose length has two bytes.
const BEGIN: &str = "MII";

/// How certificates begin, and private keys of any type.
const BEGINNINGS: [&str; 3] = ["MI", "MHc", "MC4"];

/// The certificates in a text, as DER, in order; none if there are none.
///
/// # Errors
///
/// A private key; or metadata, or a message: whoever writes those chooses the certificate in them.
pub(super) fn certificates(text: &str) -> Result<Vec<Vec<u8>>, CertificateError> {
    let packed = packed(text)?;
    let found = in_base64(&packed)?;
    let inside = in_base64(&self::packed(&inner(&packed))?)?;
    Ok(if found.is_empty() { inside } else { found })
}

/// The text of a PEM file, once more in Base64: all of it, or from its first dashes on. DER is
/// none.
fn inner(packed: &str) -> String {
    let all = UNPADDED.decode(packed).ok().and_then(|inner| String::from_utf8(inner).ok());
    let from_dashes = || {
        let dashes = packed.get(packed.find("LS0t")?..)?;
        let groups = dashes.get(..dashes.len() - dashes.len() % 4)?;
        Some(String::from_utf8_lossy(&UNPADDED.decode(groups).ok()?).into_owned())
    };
    all.or_else(from_dashes).unwrap_or_default()
}

/// What can be Base64 of a text, unwrapped.
fn packed(text: &str) -> Result<String, CertificateError> {
    /// So often a text may have been escaped.
    const DEPTH: usize = 3;
    let text = (0..DEPTH).fold(text.to_owned(), |text, _| unescaped(&text));
    // Its names are seen once nothing is escaped.
    refuse_documents(&text)?;
    let mut packed = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(next) = rest.chars().next() {
        // Tags and armour are no Base64, though made of the same letters.
        let skipped = skipped(rest);
        if skipped == 0 && (next.is_ascii_alphanumeric() || matches!(next, '+' | '/')) {
            packed.push(next);
        }
        rest = rest.get(skipped.max(next.len_utf8())..).unwrap_or_default();
    }
    // A form puts a plus sign in the place of a blank.
    let discloses = ["PRIVATEKEY", "PRIVATE+KEY"].iter().any(|words| packed.contains(words));
    if discloses { Err(CertificateError::PrivateKey) } else { Ok(packed) }
}

/// How many bytes at the beginning are markup or armour.
fn skipped(text: &str) -> usize {
    /// No tag that wraps the lines of a certificate is longer.
    const TAG: usize = 200;
    if text.starts_with('<') {
        return text.find('>').filter(|end| *end < TAG).map_or(0, |end| end.saturating_add(1));
    }
    let words = ["BEGIN CERTIFICATE", "END CERTIFICATE", "X509Certificate"];
    words.iter().find(|words| text.starts_with(**words)).map_or(0, |words| words.len())
}

/// Without what JSON (RFC 8259 §7), URLs (RFC 3986 §2.1) and XML (§4.1) put in the place of
/// characters.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let (character, length) = escape(rest).unwrap_or((next, next.len_utf8()));
        plain.push(character);
        rest = rest.get(length..).unwrap_or_default();
    }
    plain
}

/// The character that an escape at the beginning stands for, and how long the escape is.
fn escape(text: &str) -> Option<(char, usize)> {
    let hex = |digits: &str| u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
    match text.as_bytes() {
        [b'%', ..] => Some((hex(text.get(1..3)?)?, 3)),
        [b'\\', b'u', ..] => Some((hex(text.get(2..6)?)?, 6)),
        [b'\\', b'n' | b'r' | b't', ..] => Some((' ', 2)),
        [b'\\', b'/', ..] => Some(('/', 2)),
        [b'&', ..] => {
            let (name, _) = text.get(1..)?.split_once(';').filter(|(name, _)| name.len() <= 8)?;
            let number = name.strip_prefix('#').and_then(|number| match number.strip_prefix('x') {
                Some(digits) => hex(digits),
                None => number.parse().ok().and_then(char::from_u32),
            });
            // One with another name is none that Base64 or a tag has.
            let named = match name {
                "amp" => '&',
                "lt" => '<',
                "gt" => '>',
                _ => ' ',
            };
            let character = number.unwrap_or(named);
            Some((character, name.len().saturating_add(2)))
        }
        _ => None,
    }
}

fn in_base64(packed: &str) -> Result<Vec<Vec<u8>>, CertificateError> {
    // The first characters are what a mouse misses.
    for missed in ["M", "MI", "MII"] {
        let whole = format!("{missed}{packed}");
        if whole.starts_with(BEGIN)
            && let Some((der, behind)) = first(&whole)?
        {
            let mut found = vec![der];
            found.extend(further(behind)?);
            return Ok(found);
        }
    }
    further(packed)
}

fn further(packed: &str) -> Result<Vec<Vec<u8>>, CertificateError> {
    let mut found = Vec::new();
    let mut rest = packed;
    for _ in 0..MAX_PLACES {
        let places = BEGINNINGS.iter().filter_map(|beginning| rest.find(beginning));
        let Some(place) = places.min() else { break };
        let candidate = rest.get(place..).unwrap_or_default();
        rest = match first(candidate)? {
            Some((der, behind)) => {
                found.push(der);
                behind
            }
            None => candidate.get(1..).unwrap_or_default(),
        };
    }
    Ok(found)
}

/// The certificate at the beginning, and what stands behind it. Its own length tells where it ends.
fn first(base64: &str) -> Result<Option<(Vec<u8>, &str)>, CertificateError> {
    let Some((der, behind)) = value(base64) else { return Ok(None) };
    match certificate(&der) {
        Err(CertificateError::PrivateKey) => Err(CertificateError::PrivateKey),
        Ok(_) if is_whole(&der) => Ok(Some((der, behind))),
        _ => Ok(None),
    }
}

/// The DER value at the beginning, and what stands behind it.
fn value(base64: &str) -> Option<(Vec<u8>, &str)> {
    let start = UNPADDED.decode(base64.get(..8)?).ok()?;
    let (_, length, content) = header(&start)?;
    let bytes = start.len().checked_sub(content.len())?.checked_add(length)?;
    // Four characters hold three bytes.
    let (own, behind) = base64.split_at_checked(bytes.checked_mul(4)?.div_ceil(3))?;
    Some((UNPADDED.decode(own).ok()?, behind))
}

/// To the last byte, and with a key that can be read.
fn is_whole(der: &[u8]) -> bool {
    X509::from_der(der).is_ok_and(|parsed| {
        parsed.public_key().is_ok() && parsed.to_der().is_ok_and(|again| again == der)
    })
}
