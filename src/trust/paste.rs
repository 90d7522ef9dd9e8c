//! From what stands in the form field to DER, naming what is not a certificate.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::der::{SEQUENCE, UNPADDED, certificate};
use super::documents::refuse_documents;
use super::private_key::has_private_key;
use super::utf16::utf16;
use super::{chain, search};
use crate::error::CertificateError;

/// Ten certificates of 4 KiB as PEM, with room for the text that some tools print around them.
const MAX_PASTE: usize = 128 * 1024;

/// What was found in a paste.
pub(super) struct Found {
    /// The certificates, as DER, at least one.
    pub(super) certificates: Vec<Vec<u8>>,
    /// Whether they had to be searched for in other text.
    pub(super) searched: bool,
}

/// The certificates in `paste`: exactly as they are pasted, or else searched for.
pub(super) fn read(paste: &[u8], most: usize) -> Result<Found, CertificateError> {
    if paste.len() > MAX_PASTE {
        return Err(CertificateError::TooMany { limit: most });
    }
    let found = match paste.first() {
        Some(&SEQUENCE) => Found { certificates: binary(paste)?, searched: false },
        _ => in_text(&text(paste).ok_or(CertificateError::Unrecognized)?)?,
    };
    match found.certificates.len() {
        count if count > most => Err(CertificateError::TooMany { limit: most }),
        _ => Ok(found),
    }
}

/// DER of one certificate, or of several, one behind the other.
fn binary(der: &[u8]) -> Result<Vec<Vec<u8>>, CertificateError> {
    match chain::split(der) {
        Some(values) if !values.is_empty() => values.into_iter().map(certificate).collect(),
        _ => Ok(vec![certificate(der)?]),
    }
}

fn in_text(text: &str) -> Result<Found, CertificateError> {
    let exact = exact(text);
    if let Err(refusal) = &exact
        && !may_be_wrapped(refusal)
    {
        return Err(refusal.clone());
    }
    match (exact, search::certificates(text)) {
        (Ok(certificates), Err(CertificateError::Damaged) | Ok(_)) => {
            Ok(Found { certificates, searched: false })
        }
        (Err(refusal), Err(CertificateError::Damaged)) => Err(refusal),
        // Around and beside the certificate as well, and however it is wrapped.
        (_, Err(refusal)) => Err(refusal),
        (Err(refusal), Ok(found)) if found.is_empty() => Err(named(text).unwrap_or(refusal)),
        (Err(_), Ok(certificates)) => Ok(Found { certificates, searched: true }),
    }
}

/// Whether what was refused may have a certificate in it that nothing has named yet.
fn may_be_wrapped(refusal: &CertificateError) -> bool {
    matches!(
        refusal,
        CertificateError::Damaged | CertificateError::Truncated | CertificateError::Unrecognized
    )
}

/// UTF-8, or UTF-16 as some editors save files. Half a unit at the end spoils no certificate.
fn text(paste: &[u8]) -> Option<Cow<'_, str>> {
    match utf16(paste) {
        Some(text) => text.ok().map(Cow::Owned),
        None => str::from_utf8(paste).ok().map(Cow::Borrowed),
    }
}

/// What it is instead, where the shape tells.
fn named(text: &str) -> Option<CertificateError> {
    if ["\"kty\"", "'kty'", "RSAKeyValue"].iter().any(|words| text.contains(words)) {
        return Some(CertificateError::PublicKey);
    }
    is_fingerprint(text).then_some(CertificateError::Fingerprint)
}

/// Whether this is the digest of a certificate, in hexadecimal digits with any separators and with
/// the words that consoles put before it, or in Base64.
fn is_fingerprint(text: &str) -> bool {
    const WORDS: [&str; 9] = [
        "fingerprint",
        "thumbprint",
        "certificate",
        "sha-256",
        "sha256",
        "sha-1",
        "sha1",
        "sha512",
        "md5",
    ];
    let digits = WORDS.iter().fold(text.to_ascii_lowercase(), |text, word| text.replace(word, ""));
    let digits: String = digits.chars().filter(|c| c.is_alphanumeric()).collect();
    // MD5, SHA-1, SHA-256 and SHA-512.
    let in_hex = matches!(digits.len(), 32 | 40 | 64 | 128);
    if in_hex && digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return true;
    }
    // SHA-1 and SHA-256, also with the letters of base64url, as in the `x5t` of a JSON Web Key.
    let standard = text.trim().replace('-', "+").replace('_', "/");
    let digest = UNPADDED.decode(standard.trim_end_matches('=')).map(|digest| digest.len());
    matches!(digest, Ok(20 | 32))
}

fn exact(text: &str) -> Result<Vec<Vec<u8>>, CertificateError> {
    // JSON and environment files carry line breaks as two characters, XML carries some as
    // references.
    let text = ["\\r", "\\n", "&#13;", "&#xD;", "&#10;", "&#xA;", "&#xa;", "&#xd;"]
        .iter()
        .fold(text.to_owned(), |text, end| text.replace(end, "\n"));
    let text = text.trim_matches(|c: char| {
        c.is_whitespace() || matches!(c, '\u{FEFF}' | '\u{200B}' | '"' | '\'')
    });
    if text.is_empty() {
        return Err(CertificateError::Empty);
    }
    // A private key beside the certificate is disclosed by now; say so rather than take the
    // certificate.
    if has_private_key(text) {
        return Err(CertificateError::PrivateKey);
    }
    // Also where the certificate inside is in PEM.
    if text.contains('<') {
        refuse_documents(text)?;
    }
    let found = if text.contains("-----BEGIN ") {
        pem(text)?
    } else if text.contains("<") {
        elements(text)?
    } else {
        vec![bare(text)?]
    };
    let certificates: Result<Vec<_>, _> = found.iter().map(|der| binary(der)).collect();
    Ok(certificates?.concat())
}

/// The blocks of a PEM text: RFC 7468. Text between them is ignored.
fn pem(text: &str) -> Result<Vec<Vec<u8>>, CertificateError> {
    let mut found = Vec::new();
    for block in text.split("-----BEGIN ").skip(1) {
        let (label, rest) = block.split_once("-----").ok_or(CertificateError::Truncated)?;
        match label {
            "CERTIFICATE" | "X509 CERTIFICATE" => {}
            "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => {
                return Err(CertificateError::CertificateRequest);
            }
            "PKCS7" | "CMS" => return Err(CertificateError::Bundle { format: "PKCS#7" }),
            "PKCS12" => return Err(CertificateError::Bundle { format: "PKCS#12" }),
            _ if label.ends_with("PUBLIC KEY") => return Err(CertificateError::PublicKey),
            _ => return Err(CertificateError::Unrecognized),
        }
        let (body, _) = rest.split_once("-----END ").ok_or(CertificateError::Truncated)?;
        found.push(base64(body)?);
    }
    // Of one whose beginning is missing, another may be the authority.
    match text.matches("-----END ").count() > found.len() {
        true => Err(CertificateError::Truncated),
        false => Ok(found),
    }
}

/// `X509Certificate` elements, cut out of a metadata document; the whole document is not what the
/// field asks for.
fn elements(text: &str) -> Result<Vec<Vec<u8>>, CertificateError> {
    let mut found = Vec::new();
    for piece in text.split("X509Certificate").skip(1) {
        // A start tag ends here and the value follows; after an end tag there is only `>` and what
        // comes next.
        let Some((_, after)) = piece.split_once('>') else { continue };
        let Some((value, rest)) = after.split_once('<') else { continue };
        if rest.starts_with('/') && !value.trim().is_empty() {
            found.push(base64(value)?);
        }
    }
    if !found.is_empty() {
        return Ok(found);
    }
    Err(if text.contains("X509Certificate") {
        CertificateError::Truncated
    } else {
        CertificateError::Unrecognized
    })
}

/// Base64 without armour, or something else entirely.
fn bare(text: &str) -> Result<Vec<u8>, CertificateError> {
    let lower: String = text.chars().take(16).collect::<String>().to_lowercase();
    if text.contains("://") || lower.starts_with("www.") {
        return Err(CertificateError::Url);
    }
    if lower.starts_with("ssh-") || lower.starts_with("ecdsa-sha2-") {
        return Err(CertificateError::PublicKey);
    }
    // The beginning of an armour line may have been missed by the mouse.
    let text = text.split_once("-----END ").map_or(text, |(body, _)| body);
    let text = text.split_once("CERTIFICATE-----").map_or(text, |(_, body)| body);
    base64(text)
}

fn base64(body: &str) -> Result<Vec<u8>, CertificateError> {
    let packed: String = body
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '\u{200B}' | '\u{FEFF}'))
        .collect();
    STANDARD.decode(&packed).map_err(|_| {
        // Cut off within a group of four, or behind some valid ones: Base64 all the same.
        let alphabet =
            packed.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='));
        match (packed.starts_with("MI"), alphabet) {
            (true, true) => CertificateError::Truncated,
            (true, false) => CertificateError::Damaged,
            (false, _) => CertificateError::Unrecognized,
        }
    })
}
