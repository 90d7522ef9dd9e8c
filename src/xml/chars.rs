//! Characters and names: XML 1.0 §2.2, §2.3 and Namespaces §3.

/// Blank space: XML 1.0 §2.3, production S.
pub(super) const SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

/// The byte offset of the first character that XML 1.0 §2.2 (production Char) excludes, if there is one.
///
/// A `str` holds no surrogates, so only control characters, U+FFFE and U+FFFF are left to find.
pub(super) fn first_forbidden(input: &str) -> Option<usize> {
    let control = |b: u8| b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r');
    // Nearly every document is clean; looking at all bytes without stopping looks at many at a time.
    let any_control = input.bytes().fold(false, |found, b| found | control(b));
    let control = if any_control { input.bytes().position(control) } else { None };
    // Both noncharacters begin with this byte.
    let noncharacter = match input.as_bytes().contains(&0xEF) {
        true => input.find('\u{FFFE}').into_iter().chain(input.find('\u{FFFF}')).min(),
        false => None,
    };
    control.into_iter().chain(noncharacter).min()
}

/// Whether a character reference may stand for `c`: XML 1.0 §4.1, constraint "Legal Character".
pub(super) fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// Namespaces §3, production NCName: a name without a colon.
pub(super) fn is_ncname(name: &str) -> bool {
    if name.is_ascii() {
        let mut bytes = name.bytes();
        return bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
            && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    }
    let mut chars = name.chars();
    chars.next().is_some_and(is_name_start) && chars.all(is_name_char)
}

/// Splits a qualified name into prefix (empty if there is none) and local part: Namespaces §4, production QName.
pub(super) fn split_qname(name: &str) -> Option<(&str, &str)> {
    // Names are short: a plain look at each byte is quicker than a search.
    let (prefix, local) = match name.bytes().position(|b| b == b':') {
        None => ("", name),
        Some(colon) => (name.get(..colon)?, name.get(colon + 1..)?),
    };
    if name.len() > local.len() && !is_ncname(prefix) {
        return None;
    }
    is_ncname(local).then_some((prefix, local))
}

fn is_name_start(c: char) -> bool {
    match c {
        'a'..='z' | 'A'..='Z' | '_' => true,
        '\0'..='\u{7F}' => false,
        '\u{C0}'..='\u{D6}'
        | '\u{D8}'..='\u{F6}'
        | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}'
        | '\u{37F}'..='\u{1FFF}'
        | '\u{200C}'..='\u{200D}'
        | '\u{2070}'..='\u{218F}'
        | '\u{2C00}'..='\u{2FEF}'
        | '\u{3001}'..='\u{D7FF}'
        | '\u{F900}'..='\u{FDCF}'
        | '\u{FDF0}'..='\u{FFFD}'
        | '\u{10000}'..='\u{EFFFF}' => true,
        _ => false,
    }
}

/// XML 1.0 §2.3, production NameChar without the colon.
pub(super) fn is_name_char(c: char) -> bool {
    matches!(c, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
        || is_name_start(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn qualified_names() {
        assert_eq!(split_qname("saml:Assertion"), Some(("saml", "Assertion")));
        assert_eq!(split_qname("Assertion"), Some(("", "Assertion")));
        for bad in ["", ":", "a:", ":a", "a:b:c", "::a", "1a", "-a", "a b", "a:1", "a\u{d7}"] {
            assert_eq!(split_qname(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn forbidden_characters() {
        assert_eq!(first_forbidden("a\tb\r\n\u{7f}\u{85}\u{feff}é😀"), None);
        assert_eq!(first_forbidden("ab\0"), Some(2));
        assert_eq!(first_forbidden("a\u{ffff}\u{fffe}"), Some(1));
        assert_eq!(first_forbidden("a\u{fffe}\u{1}"), Some(1));
        assert!(!is_char('\u{0}') && !is_char('\u{1f}') && !is_char('\u{fffe}') && is_char('\u{10ffff}'));
    }
}
