//! The inside of a start tag, and references: XML 1.0 §3.1, §3.3.3, §4.1.

use std::borrow::Cow;

use super::chars::{SPACE, is_char};
use crate::error::XmlProblem;

/// Splits what follows the name in a start tag into names and raw values.
pub(super) fn attributes(mut rest: &str) -> impl Iterator<Item = Result<(&str, &str), XmlProblem>> {
    std::iter::from_fn(move || {
        let trimmed = rest.trim_start_matches(SPACE);
        if trimmed.is_empty() {
            return None;
        }
        let spaced = trimmed.len() < rest.len();
        let attribute = split_first(trimmed).filter(|_| spaced);
        rest = attribute.map_or("", |(_, _, rest)| rest);
        Some(attribute.map(|(name, value, _)| (name, value)).ok_or(XmlProblem::Attribute))
    })
}

fn split_first(text: &str) -> Option<(&str, &str, &str)> {
    // Names are short: a plain look at each byte is quicker than a search.
    let equals = text.bytes().position(|b| b == b'=')?;
    let (name, rest) = (text.get(..equals)?, text.get(equals + 1..)?);
    let rest = rest.trim_start_matches(SPACE);
    let quote = *rest.as_bytes().first().filter(|b| matches!(b, b'"' | b'\''))?;
    let rest = rest.get(1..)?;
    let end = memchr::memchr(quote, rest.as_bytes())?;
    Some((name.trim_end_matches(SPACE), rest.get(..end)?, rest.get(end + 1..)?))
}

/// Attribute-value normalization: XML 1.0 §3.3.3. Without a DTD every attribute is of type CDATA.
pub(super) fn attribute_value(raw: &str) -> Result<Cow<'_, str>, XmlProblem> {
    if !raw.bytes().fold(false, |found, b| found | matches!(b, b'&' | b'<' | b'\t' | b'\n' | b'\r'))
    {
        return Ok(Cow::Borrowed(raw));
    }
    let mut value = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(position) = rest.find(['&', '<', '\t', '\n', '\r']) {
        let (plain, special) = rest.split_at_checked(position).ok_or(XmlProblem::Attribute)?;
        value.push_str(plain);
        rest = match special.strip_prefix('&') {
            Some(reference) => {
                let (name, after) = reference.split_once(';').ok_or(XmlProblem::Reference)?;
                value.push(resolve(name)?);
                after
            }
            None if special.starts_with('<') => return Err(XmlProblem::Attribute),
            // §2.11 turns CR LF into one line feed before this rule turns it into one space.
            None => {
                value.push(' ');
                special.strip_prefix("\r\n").or_else(|| special.get(1..)).unwrap_or_default()
            }
        };
    }
    value.push_str(rest);
    Ok(Cow::Owned(value))
}

/// What a reference (without `&` and `;`) stands for.
pub(super) fn resolve(name: &str) -> Result<char, XmlProblem> {
    let Some(number) = name.strip_prefix('#') else {
        return match name {
            "amp" => Ok('&'),
            "lt" => Ok('<'),
            "gt" => Ok('>'),
            "quot" => Ok('"'),
            "apos" => Ok('\''),
            _ => Err(XmlProblem::Reference),
        };
    };
    let (digits, radix) = match number.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    // `from_str_radix` would also take a sign.
    if !digits.chars().all(|c| c.is_digit(radix)) {
        return Err(XmlProblem::Reference);
    }
    let code = u32::from_str_radix(digits, radix).map_err(|_| XmlProblem::Reference)?;
    char::from_u32(code).filter(|c| is_char(*c)).ok_or(XmlProblem::Character)
}

/// Line-end normalization: XML 1.0 §2.11.
pub(super) fn line_ends(raw: &str) -> Cow<'_, str> {
    if raw.contains('\r') {
        Cow::Owned(raw.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(raw)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Result<Vec<(&str, &str)>, XmlProblem> {
        attributes(text).collect()
    }

    #[test]
    fn attributes_are_split() {
        assert_eq!(split(""), Ok(vec![]));
        assert_eq!(split("  a = \"1\"\n\tb='\"x\"' "), Ok(vec![("a", "1"), ("b", "\"x\"")]));
        for bad in [
            "a='1'",
            " a",
            " a=1",
            " a='1'b='2'",
            " a='1",
            " a=\"1'",
            " ='",
            " a='1' /",
            " a='1' b",
        ] {
            assert_eq!(split(bad), Err(XmlProblem::Attribute), "{bad:?}");
        }
    }

    #[test]
    fn values_are_normalized() {
        assert_eq!(attribute_value("a\tb\nc\r\nd\re"), Ok("a b c d e".into()));
        assert_eq!(
            attribute_value("a&#9;b&#xA;&#xd;&amp;&lt;&gt;&quot;&apos;"),
            Ok("a\tb\n\r&<>\"'".into())
        );
        assert_eq!(attribute_value("a<b"), Err(XmlProblem::Attribute));
        assert_eq!(attribute_value("a&b"), Err(XmlProblem::Reference));
        assert_eq!(attribute_value("&#0;"), Err(XmlProblem::Character));
        assert_eq!(attribute_value("&#xD800;"), Err(XmlProblem::Character));
    }

    #[test]
    fn references_are_the_five_and_characters() {
        for bad in ["", "#", "#x", "#+65", "#-1", "# 65", "#X41", "nbsp", "AMP", "#99999999999"] {
            assert_eq!(resolve(bad), Err(XmlProblem::Reference), "{bad:?}");
        }
        assert_eq!(resolve("#x1F600"), Ok('😀'));
        assert_eq!(resolve("#1114112"), Err(XmlProblem::Character));
    }

    #[test]
    fn line_ends_become_line_feeds() {
        assert_eq!(line_ends("a\r\nb\rc\n\r\r\n"), "a\nb\nc\n\n\n");
    }
}
