//! Characters and names: XML 1.0 §2.2, §2.3 and Namespaces §3.

/// Blank space: XML 1.0 §2.3, production S.
pub(super) const SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

/// What one look at all bytes of a document tells, so that nothing has to look for it again in each
/// part.
pub(super) struct Survey {
    /// The byte offset of the first character that XML 1.0 §2.2 (production Char) excludes.
    pub(super) forbidden: Option<usize>,
    /// Whether line ends have to be normalized (§2.11).
    pub(super) carriage_return: bool,
    /// Whether `]]>` stands somewhere: allowed at the end of a CDATA section alone (§2.4).
    pub(super) section_end: bool,
    /// How many `<` there are: nearly as many as nodes.
    pub(super) tags: usize,
}

impl Survey {
    pub(super) fn of(input: &str) -> Self {
        let control = |b: u8| b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r');
        // Nearly every document is clean; looking at all bytes without stopping looks at many at a
        // time.
        let any_control = input.bytes().fold(false, |found, b| found | control(b));
        let carriage_return = input.bytes().fold(false, |found, b| found | (b == b'\r'));
        let first_control = if any_control { input.bytes().position(control) } else { None };
        // A `str` holds no surrogates, so only U+FFFE and U+FFFF are left. Both begin with 0xEF.
        let noncharacter = match memchr::memchr(0xEF, input.as_bytes()) {
            Some(_) => input.find('\u{FFFE}').into_iter().chain(input.find('\u{FFFF}')).min(),
            None => None,
        };
        Self {
            forbidden: first_control.into_iter().chain(noncharacter).min(),
            carriage_return,
            // Hardly a document has a bracket at all, and to look for one byte needs no
            // preparation.
            section_end: memchr::memchr(b']', input.as_bytes()).is_some() && input.contains("]]>"),
            tags: memchr::memchr_iter(b'<', input.as_bytes()).count(),
        }
    }
}

/// Whether a text holds no character that XML 1.0 §2.2 (production Char) excludes.
pub(crate) fn are_xml_characters(text: &str) -> bool {
    Survey::of(text).forbidden.is_none()
}

/// Whether a character reference may stand for `c`: XML 1.0 §4.1, constraint "Legal Character".
pub(super) fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// Which ASCII characters may begin a name, and which may follow: Namespaces §3, production NCName.
const ASCII_NAMES: [(bool, bool); 256] = {
    let mut table = [(false, false); 256];
    let mut byte = 0_u8;
    while byte < 0x80 {
        let start = byte.is_ascii_alphabetic() || byte == b'_';
        let more = start || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
        #[allow(
            clippy::indexing_slicing,
            clippy::as_conversions,
            reason = "evaluated by the compiler"
        )]
        {
            table[byte as usize] = (start, more);
        }
        byte += 1;
    }
    table
};

/// Namespaces §3, production NCName: a name without a colon.
pub(super) fn is_ncname(name: &str) -> bool {
    let class = |byte: u8| ASCII_NAMES.get(usize::from(byte)).copied().unwrap_or_default();
    let Some(first) = name.bytes().next() else { return false };
    if class(first).0 & name.bytes().fold(true, |all, byte| all & class(byte).1) {
        return true;
    }
    let mut chars = name.chars();
    !name.is_ascii() && chars.next().is_some_and(is_name_start) && chars.all(is_name_char)
}

/// Splits a qualified name at its first colon into prefix (empty if there is none) and local part:
/// Namespaces §4, production QName. The local part is a name; whether the prefix is one shows where
/// it is declared.
pub(super) fn split_qname(name: &str) -> Option<(&str, &str)> {
    // Names are short: a plain look at each byte is quicker than a search.
    let (prefix, local) = match name.bytes().position(|b| b == b':') {
        None => ("", name),
        Some(0) => return None,
        Some(colon) => (name.get(..colon)?, name.get(colon + 1..)?),
    };
    is_ncname(local).then_some((prefix, local))
}

fn is_name_start(c: char) -> bool {
    matches!(c, 'a'..='z'
        | 'A'..='Z'
        | '_'
        | '\u{C0}'..='\u{D6}'
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
        | '\u{10000}'..='\u{EFFFF}')
}

/// XML 1.0 §2.3, production NameChar without the colon.
pub(super) fn is_name_char(c: char) -> bool {
    matches!(c, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
        || is_name_start(c)
}

/// Whether a namespace name is an absolute URI (or IRI): it begins with a scheme (RFC 3986 §3.1),
/// and holds none of the characters that occur in neither.
pub(super) fn is_absolute(uri: &str) -> bool {
    let Some((scheme, rest)) = uri.split_once(':') else { return false };
    let excluded = |c: char| {
        c <= ' '
            || c == '\u{7F}'
            || matches!(c, '<' | '>' | '"' | '{' | '}' | '|' | '\\' | '^' | '`')
    };
    !rest.contains(excluded)
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn qualified_names() {
        assert_eq!(split_qname("saml:Assertion"), Some(("saml", "Assertion")));
        assert_eq!(split_qname("Assertion"), Some(("", "Assertion")));
        assert_eq!(split_qname("1:a"), Some(("1", "a")), "nothing declares it");
        for bad in ["", ":", "a:", ":a", "a:b:c", "::a", "1a", "-a", "a b", "a:1", "a\u{d7}"] {
            assert_eq!(split_qname(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn ascii_names_are_those_of_the_grammar() {
        for byte in 0..=0x7f_u8 {
            let c = char::from(byte);
            assert_eq!(is_ncname(&c.to_string()), is_name_start(c), "{c:?}");
            assert_eq!(is_ncname(&format!("a{c}")), is_name_char(c), "{c:?}");
        }
        assert!(is_ncname("é") && is_ncname("aé") && is_ncname("éa") && !is_ncname("a\u{d7}"));
    }

    #[test]
    fn a_survey_tells_what_there_is() {
        let survey = Survey::of("<a>]]&gt;</a>");
        assert!(!survey.carriage_return && !survey.section_end);
        assert_eq!(survey.tags, 2);
        for several in ["a\r", "a\r\r", "\r\r\r"] {
            assert!(Survey::of(several).carriage_return, "{several:?}");
        }
        assert!(Survey::of("<![CDATA[]]>").section_end);
    }

    #[test]
    fn forbidden_characters() {
        let first_forbidden = |input| Survey::of(input).forbidden;
        assert_eq!(first_forbidden("a\tb\r\n\u{7f}\u{85}\u{feff}é😀"), None);
        assert_eq!(first_forbidden("ab\0"), Some(2));
        assert_eq!(first_forbidden("ab\0\u{1}"), Some(2));
        assert_eq!(first_forbidden("a\u{ffff}\u{fffe}"), Some(1));
        assert_eq!(first_forbidden("a\u{fffe}\u{1}"), Some(1));
        assert!(are_xml_characters("a\té") && !are_xml_characters("a\u{1}"));
        assert!(
            !is_char('\u{0}')
                && !is_char('\u{1f}')
                && !is_char('\u{fffe}')
                && is_char('\u{10ffff}')
        );
    }
}
