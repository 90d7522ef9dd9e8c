//! Certificates in whatever they were wrapped in on the way: markup, JSON, percent-encoding, quoted
//! mail, typography. Only what is a certificate to the last byte of its DER is found.

use base64::Engine;
use openssl::x509::X509;

use super::der::{self, UNPADDED, certificate};
use super::documents::refuse_documents;
use super::private_key::has_private_key;
use crate::error::CertificateError;

/// So many places are looked at where a certificate could begin.
const MAX_PLACES: usize = 256;

/// How every certificate begins in Base64: a SEQUENCE whose length has two bytes.
const BEGIN: &str = "MII";

/// So many texts in Base64 are looked into.
const MAX_INSIDE: usize = 16;

/// The certificates in a text, as DER, in order; none if there are none.
///
/// # Errors
///
/// A private key; metadata, or a message: whoever writes those chooses the certificate in them; a
/// certificate that is damaged beside one that is whole, which may be that of its authority.
pub(super) fn certificates(text: &str) -> Result<Vec<Vec<u8>>, CertificateError> {
    let outside = Searched::of(text)?;
    let mut found = outside.found;
    // The text of PEM files, once more in Base64.
    for inside in insides(&outside.packed) {
        let inside = Searched::of(&inside)?;
        found.extend(inside.found);
    }
    Ok(found)
}

/// What was found in one text.
struct Searched {
    packed: String,
    found: Vec<Vec<u8>>,
}

impl Searched {
    fn of(text: &str) -> Result<Self, CertificateError> {
        let text = plain(text);
        // Its names are seen once nothing is escaped.
        let is_message = ["SAMLResponse", "SAMLRequest"].iter().any(|name| text.contains(name));
        if is_message {
            return Err(CertificateError::SamlMessage);
        }
        if text.contains('<') {
            refuse_documents(&text)?;
        }
        if has_private_key(&text) {
            return Err(CertificateError::PrivateKey);
        }
        let packed = packed(&text);
        let (found, whole) = in_base64(&packed)?;
        let announced = ["BEGIN CERTIFICATE", "END CERTIFICATE"];
        let announced = announced.iter().map(|words| text.matches(words).count()).max();
        if !found.is_empty() && (!whole || announced.unwrap_or_default() > found.len()) {
            return Err(CertificateError::Damaged);
        }
        Ok(Self { packed, found })
    }
}

/// Texts in Base64: all of it, and from each row of dashes on. DER is none.
fn insides(packed: &str) -> Vec<String> {
    let all = UNPADDED.decode(packed).ok().and_then(|all| String::from_utf8(all).ok());
    if let Some(all) = all {
        return vec![all];
    }
    let dashes = packed.match_indices("LS0tLS1CRUdJTi").take(MAX_INSIDE);
    let texts = dashes.filter_map(|(place, _)| {
        let rest = packed.get(place..)?;
        let groups = rest.get(..rest.len() - rest.len() % 4)?;
        Some(String::from_utf8_lossy(&UNPADDED.decode(groups).ok()?).into_owned())
    });
    // What follows the first text belongs to the next.
    let cut =
        |text: &String| text.get(..text.find("-----END ")?.checked_add(40)?).map(str::to_owned);
    texts.map(|text| cut(&text).unwrap_or(text)).collect()
}

/// Without what is invisible, and without escapes.
fn plain(text: &str) -> String {
    /// So often a text may have been escaped.
    const DEPTH: usize = 3;
    let invisible = |c: char| matches!(c, '\0' | '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}');
    let text = (0..DEPTH).fold(text.to_owned(), |text, _| unescaped(&text));
    text.chars().filter(|c| !invisible(*c)).collect()
}

/// What can be Base64 of a text, unwrapped.
fn packed(text: &str) -> String {
    let mut packed = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        // Tags and armour are no Base64, though made of the same letters.
        let skipped = skipped(rest);
        if skipped == 0 && (next.is_ascii_alphanumeric() || matches!(next, '+' | '/')) {
            packed.push(next);
        }
        rest = rest.get(skipped.max(next.len_utf8())..).unwrap_or_default();
    }
    packed
}

/// How many bytes at the beginning are markup or armour.
fn skipped(text: &str) -> usize {
    /// No tag that wraps the lines of a certificate is longer.
    const TAG: usize = 200;
    if text.starts_with('<') {
        let end = text.bytes().take(TAG).position(|byte| byte == b'>');
        return end.map_or(0, |end| end.saturating_add(1));
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
    /// No reference to a character is longer.
    const NAME: usize = 10;
    let hex = |digits: &str| u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
    match text.as_bytes() {
        [b'%', ..] => Some((hex(text.get(1..3)?)?, 3)),
        [b'\\', b'u', ..] => Some((hex(text.get(2..6)?)?, 6)),
        [b'\\', b'n' | b'r' | b't', ..] => Some((' ', 2)),
        [b'\\', b'/', ..] => Some(('/', 2)),
        [b'&', ..] => {
            let end = text.bytes().take(NAME).position(|byte| byte == b';')?;
            let name = text.get(1..end)?;
            let number = name.strip_prefix('#').and_then(|number| match number.strip_prefix('x') {
                Some(digits) => hex(digits),
                None => number.parse().ok().and_then(char::from_u32),
            });
            // One with another name is none that Base64 or a tag has.
            let named = match name {
                "amp" => '&',
                "lt" => '<',
                "gt" => '>',
                "quot" => '"',
                "apos" => '\'',
                _ => ' ',
            };
            let character = number.unwrap_or(named);
            Some((character, name.len().saturating_add(2)))
        }
        _ => None,
    }
}

/// The certificates, and whether nothing else begins like one.
fn in_base64(packed: &str) -> Result<(Vec<Vec<u8>>, bool), CertificateError> {
    // The first characters are what a mouse misses.
    for missed in ["M", "MI", "MII"] {
        let whole = format!("{missed}{packed}");
        if whole.starts_with(BEGIN)
            && let Some((der, behind)) = first(&whole)?
        {
            let (others, whole) = further(behind)?;
            return Ok(([vec![der], others].concat(), whole));
        }
    }
    further(packed)
}

fn further(packed: &str) -> Result<(Vec<Vec<u8>>, bool), CertificateError> {
    let (mut found, mut whole) = (Vec::new(), true);
    let mut rest = packed;
    for _ in 0..MAX_PLACES {
        let Some(place) = rest.find(BEGIN) else { break };
        let candidate = rest.get(place..).unwrap_or_default();
        rest = match first(candidate)? {
            Some((der, behind)) => {
                found.push(der);
                behind
            }
            None => {
                whole &= !begins_like_one(candidate);
                candidate.get(1..).unwrap_or_default()
            }
        };
    }
    Ok((found, whole))
}

/// A SEQUENCE that begins with another of some length: that of what is signed (RFC 5280 §4.1).
fn begins_like_one(base64: &str) -> bool {
    let start = base64.get(..12).and_then(|start| UNPADDED.decode(start).ok());
    matches!(start.as_deref(), Some([0x30, 0x82, _, _, 0x30, 0x81 | 0x82, ..]))
}

/// The certificate at the beginning, and what stands behind it. Its own length tells where it ends.
fn first(base64: &str) -> Result<Option<(Vec<u8>, &str)>, CertificateError> {
    let Some((der, behind)) = der::in_base64(base64) else { return Ok(None) };
    match certificate(&der) {
        // A bundle may well have the private key in it.
        Err(
            refusal @ (CertificateError::PrivateKey
            | CertificateError::Bundle { format: "PKCS#12" }),
        ) => Err(refusal),
        Ok(_) if is_whole(&der) => Ok(Some((der, behind))),
        _ => Ok(None),
    }
}

/// To the last byte, and with a key that can be read.
fn is_whole(der: &[u8]) -> bool {
    X509::from_der(der).is_ok_and(|parsed| {
        parsed.public_key().is_ok() && parsed.to_der().is_ok_and(|again| again == der)
    })
}
