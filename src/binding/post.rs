//! The HTTP-POST binding: Bindings §3.5.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::error::{DecodeProblem, Rejection};
use crate::limits::Limits;

/// Decodes the `SAMLResponse` form value into XML text: Bindings §3.5.4.
///
/// Blank space and line breaks are tolerated anywhere, a byte order mark at the beginning of the
/// text; otherwise the value is Base64 as RFC 4648 §4 has it, with padding, and the text is UTF-8.
pub(crate) fn decode(form_value: &[u8], limits: &Limits) -> Result<String, Rejection> {
    let limit = limits.document_bytes;
    let too_large = || Rejection::ResponseTooLarge { limit };
    if form_value.len() > limit.saturating_mul(2) {
        return Err(too_large());
    }
    // Most values hold no blank space: one pass finds that out by decoding them. No decoded
    // document is larger than three quarters of its encoding, so that this stays within the limit.
    let direct =
        if form_value.len() / 4 * 3 <= limit { STANDARD.decode(form_value).ok() } else { None };
    match direct {
        Some(bytes) if !bytes.is_empty() => text(bytes),
        _ => text(packed(form_value, limit)?),
    }
}

/// Decodes a value that may hold blank space, or says what is wrong with it.
fn packed(form_value: &[u8], limit: usize) -> Result<Vec<u8>, Rejection> {
    let too_large = || Rejection::ResponseTooLarge { limit };
    let packed: Vec<u8> = form_value.iter().copied().filter(|b| !is_blank(*b)).collect();
    // Before decoding: so many Base64 characters cannot stand for less.
    if packed.len() / 4 * 3 > limit.saturating_add(2) {
        return Err(too_large());
    }
    if packed.is_empty() {
        return Err(undecodable(DecodeProblem::Empty));
    }
    let bytes = STANDARD.decode(&packed).map_err(|_| {
        undecodable(match packed.contains(&b'%') {
            true => DecodeProblem::PercentEncoded,
            false => DecodeProblem::NotBase64,
        })
    })?;
    if bytes.len() > limit { Err(too_large()) } else { Ok(bytes) }
}

/// UTF-8, without a byte order mark.
fn text(bytes: Vec<u8>) -> Result<String, Rejection> {
    let mut text = String::from_utf8(bytes).map_err(|error| {
        // No XML text in any encoding begins with one of these bytes, compressed text nearly always
        // does.
        let compressed = error.as_bytes().first().is_some_and(|first| matches!(first, 0x78..=0xdf));
        undecodable(match compressed {
            true => DecodeProblem::Compressed,
            false => DecodeProblem::NotUtf8 { encoding: encoding_of(error.as_bytes()) },
        })
    })?;
    if text.starts_with('\u{FEFF}') {
        text.remove(0);
    }
    Ok(text)
}

/// The encoding that octets seem to be in: by their byte order mark, or by the declaration that XML
/// begins with (XML 1.0 §4.3.3). It only chooses words.
pub(crate) fn encoding_of(octets: &[u8]) -> Option<&'static str> {
    if octets.starts_with(&[0xFE, 0xFF]) || octets.starts_with(&[0xFF, 0xFE]) {
        return Some("UTF-16");
    }
    let start: Vec<u8> = octets.iter().take(100).copied().filter(u8::is_ascii).collect();
    let start = String::from_utf8(start).ok()?.to_ascii_lowercase();
    let (declaration, _) = start.split_once("?>")?;
    let (_, declared) = declaration.split_once("encoding")?;
    let known = [
        "ISO-8859-1",
        "ISO-8859-2",
        "ISO-8859-15",
        "windows-1250",
        "windows-1251",
        "windows-1252",
        "Shift_JIS",
        "EUC-JP",
        "GB2312",
        "GBK",
        "Big5",
        "KOI8-R",
        "US-ASCII",
    ];
    let name = declared.trim_matches(|c: char| c.is_ascii_whitespace() || "='\"".contains(c));
    known.into_iter().find(|known| name.eq_ignore_ascii_case(known))
}

fn undecodable(problem: DecodeProblem) -> Rejection {
    Rejection::ResponseUndecodable { problem }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode_with(form_value: &[u8], document_bytes: usize) -> Result<String, Rejection> {
        decode(form_value, &Limits { document_bytes, ..Limits::default() })
    }

    fn undecodable(problem: DecodeProblem) -> Result<String, Rejection> {
        Err(super::undecodable(problem))
    }

    #[test]
    fn blank_space_and_byte_order_mark_are_tolerated() {
        assert_eq!(decode_with(b"PGEv\r\n Pg\t=\n=", 100), Ok("<a/>".into()));
        assert_eq!(decode_with(STANDARD.encode("\u{feff}<a/>").as_bytes(), 100), Ok("<a/>".into()));
    }

    #[test]
    fn everything_else_is_refused() {
        use DecodeProblem::{Compressed, Empty, NotBase64, NotUtf8, PercentEncoded};
        for empty in ["", " \r\n"] {
            assert_eq!(decode_with(empty.as_bytes(), 100), undecodable(Empty));
        }
        for bad in [
            "PGEvPg",
            "PGEvPg=",
            "PGEvPg==PGE=",
            "PGEvPh==",
            "PGE_",
            "PGE-",
            "<a/>",
            "PGE\u{b}v",
            "PGE\0v",
        ] {
            assert_eq!(decode_with(bad.as_bytes(), 100), undecodable(NotBase64), "{bad:?}");
        }
        assert_eq!(decode_with(b"PGEvPg%3D%3D", 100), undecodable(PercentEncoded));
        assert_eq!(
            decode_with(STANDARD.encode(b"<a>\xe9</a>").as_bytes(), 100),
            undecodable(NotUtf8 { encoding: None })
        );
        assert_eq!(
            decode_with(STANDARD.encode(b"\xb3\xf9\xff\x00").as_bytes(), 100),
            undecodable(Compressed)
        );
    }

    #[test]
    fn another_encoding_is_named() {
        let named = |octets: &[u8]| match decode_with(STANDARD.encode(octets).as_bytes(), 100) {
            Err(Rejection::ResponseUndecodable {
                problem: DecodeProblem::NotUtf8 { encoding },
            }) => encoding,
            other => panic!("{other:?}"),
        };
        assert_eq!(named(b"\xfe\xff\0<\0a"), Some("UTF-16"));
        assert_eq!(named(b"\xff\xfe<\0a\0"), Some("UTF-16"));
        for declaration in [
            "<?xml version='1.0' encoding='ISO-8859-1'?>",
            "<?xml version=\"1.0\" encoding = \"iso-8859-1\" ?>",
        ] {
            let octets = [declaration.as_bytes(), b"<a>\xe9</a>"].concat();
            assert_eq!(named(&octets), Some("ISO-8859-1"), "{declaration}");
        }
        assert_eq!(named(b"<?xml version='1.0' encoding='of my own'?><a>\xe9</a>"), None);
    }

    #[test]
    fn the_limit_is_exact_and_comes_before_decoding() {
        let too_large = Err(Rejection::ResponseTooLarge { limit: 9 });
        assert_eq!(decode_with(STANDARD.encode("<abcdef/>").as_bytes(), 9), Ok("<abcdef/>".into()));
        assert_eq!(decode_with(STANDARD.encode("<abcdefg/>").as_bytes(), 9), too_large);
        assert_eq!(decode_with(&[b'!'; 17], 9), too_large);
        // Padding stands for nothing: as many characters may hold fewer bytes, with blank space and
        // without.
        for blank in ["", "\n"] {
            let padded = |text: &str| format!("{}{blank}", STANDARD.encode(text));
            assert_eq!(decode_with(padded("<abcde/>").as_bytes(), 8), Ok("<abcde/>".into()));
            assert_eq!(decode_with(padded("<abcdefg/>").as_bytes(), 10), Ok("<abcdefg/>".into()));
            for longer in ["<abcdefgh/>", "<abcdefghi/>", "<abcdefghij/>"] {
                let refused = Err(Rejection::ResponseTooLarge { limit: 10 });
                assert_eq!(decode_with(padded(longer).as_bytes(), 10), refused, "{longer}");
            }
        }
        assert_eq!(decode_with(&[b' '; 19], 9), too_large);
        assert_eq!(decode_with(&[b' '; 18], 9), undecodable(DecodeProblem::Empty));
    }
}
