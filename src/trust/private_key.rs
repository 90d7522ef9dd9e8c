//! Private keys, whatever they are written as: they are disclosed by now.

use base64::Engine;

use super::der::{self, INTEGER, OCTET_STRING, SEQUENCE, UNPADDED};

/// So many places are looked at to their end. By chance there is not one in a document; what has
/// more is taken for what it looks like.
const MAX_CANDIDATES: usize = 64;

/// Whether there is a private key in a text, by its words: PEM and SSH2 (RFC 4716), PuTTY's files,
/// a JSON Web Key (RFC 7518 §6.2.2, §6.3.2, §6.4.1) alone or in a set, and the XML of .NET. One
/// that is bare Base64 or DER is told by its shape.
pub(crate) fn has_private_key(text: &str) -> bool {
    if ["PRIVATE KEY-----", "PRIVATE KEY ----", "PuTTY-User-Key-File", "Private-Lines:"]
        .iter()
        .any(|words| text.contains(words))
    {
        return true;
    }
    // A form puts a plus sign in the place of a blank, and markup a tag.
    let letters: String = text.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '+').collect();
    if [
        "BEGINPRIVATEKEY",
        "EGINENCRYPTEDPRIVATEKEY",
        "PRIVATE+KEY",
        "RSAPRIVATEKEY",
        "ECPRIVATEKEY",
    ]
    .iter()
    .any(|words| letters.contains(words))
    {
        return true;
    }
    if has_key_in_der(text) {
        return true;
    }
    if text.contains("RSAKeyValue") && text.contains("<D>") {
        return true;
    }
    if !text.contains("kty") {
        return false;
    }
    // In a program, JSON may have other quotation marks, none, or ones that are escaped.
    let json: String =
        text.chars().filter(|c| !c.is_whitespace() && !"\\\"'".contains(*c)).collect();
    let members = ["{d:", ",d:", "{k:", ",k:"];
    json.contains("kty:") && members.iter().any(|member| json.contains(member))
}

/// Whether the DER of a private key stands somewhere in a text, in Base64: a SEQUENCE that begins
/// with the INTEGER 0 or 1 (RFC 5958 §2, RFC 8017 §A.1.2, RFC 5915 §3).
fn has_key_in_der(text: &str) -> bool {
    let letters: String =
        text.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/')).collect();
    let places = letters.match_indices('M').filter_map(|(place, _)| letters.get(place..));
    let candidates = places.filter(|candidate| begins_like_one(candidate));
    let mut found = candidates.enumerate().map(|(number, candidate)| {
        let der = || der::in_base64(candidate);
        number >= MAX_CANDIDATES || der().is_some_and(|(der, _)| is_private_key(&der))
    });
    found.any(|found| found)
}

/// By its first bytes: what does not begin so need not be decoded to its end.
fn begins_like_one(base64: &str) -> bool {
    let start = base64.get(..16).and_then(|start| UNPADDED.decode(start).ok());
    let Some((SEQUENCE, _, content)) = start.as_deref().and_then(der::header) else { return false };
    matches!(content, [INTEGER, 1, 0 | 1, SEQUENCE | OCTET_STRING | INTEGER, ..])
}

/// Version, then the algorithm and the key (PKCS#8), or the key (SEC 1), or numbers (PKCS#1).
fn is_private_key(der: &[u8]) -> bool {
    let Some((_, content, [])) = der::value(der) else { return false };
    let Some((INTEGER, [0 | 1], rest)) = der::value(content) else { return false };
    match der::value(rest) {
        Some((SEQUENCE, _, rest)) => der::value(rest).is_some_and(|(tag, ..)| tag == OCTET_STRING),
        Some((OCTET_STRING, key, _)) => key.len() >= 16,
        Some((INTEGER, modulus, rest)) => modulus.len() >= 64 && der::value(rest).is_some(),
        _ => false,
    }
}
