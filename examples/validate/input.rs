//! Base64, XML or a form body: telling which, and making the form value of it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The value of the form field `SAMLResponse` that the file stands for.
pub(crate) fn form_value(file: &[u8]) -> Vec<u8> {
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    let trimmed = file.trim_ascii();
    if trimmed.starts_with(b"<") {
        return STANDARD.encode(file).into_bytes();
    }
    let fields = trimmed.split(|byte| *byte == b'&');
    match fields.into_iter().find_map(|field| field.strip_prefix(b"SAMLResponse=")) {
        Some(value) => percent_decoded(value),
        // A value copied without its name is still percent-encoded.
        None if trimmed.contains(&b'%') => percent_decoded(trimmed),
        None => trimmed.to_vec(),
    }
}

/// Resolves `%XX`. A `+` stays: Base64 means it, and a browser that meant a blank would not have sent one.
fn percent_decoded(value: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((first, behind)) = rest.split_first() {
        let escaped = behind.split_at_checked(2).filter(|_| *first == b'%').and_then(|(digits, behind)| {
            let digits = str::from_utf8(digits).ok()?;
            Some((u8::from_str_radix(digits, 16).ok()?, behind))
        });
        let (byte, behind) = escaped.unwrap_or((*first, behind));
        decoded.push(byte);
        rest = behind;
    }
    decoded
}
