//! Text in two bytes for each unit.

use std::string::FromUtf16Error;

/// The text, if this is UTF-16: by its byte order mark, or by the zero that one of the first two
/// bytes is there. A last byte without its other half is left out.
pub(crate) fn utf16(bytes: &[u8]) -> Option<Result<String, FromUtf16Error>> {
    let (text, unit): (_, fn([u8; 2]) -> u16) = match bytes {
        [0xFF, 0xFE, text @ ..] => (text, u16::from_le_bytes),
        [0xFE, 0xFF, text @ ..] => (text, u16::from_be_bytes),
        [1..=0xFF, 0, ..] => (bytes, u16::from_le_bytes),
        [0, 1..=0xFF, ..] => (bytes, u16::from_be_bytes),
        _ => return None,
    };
    let (units, _) = text.as_chunks();
    Some(String::from_utf16(&units.iter().map(|pair| unit(*pair)).collect::<Vec<_>>()))
}
