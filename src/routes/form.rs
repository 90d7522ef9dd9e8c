//! Forms, as browsers post them.

use percent_encoding::percent_decode_str;

/// The fields of a form or of a query (`application/x-www-form-urlencoded`).
#[derive(Clone, Default)]
pub(super) struct Form(Vec<(String, String)>);

/// So many fields are read; nobody here has more.
const MOST_FIELDS: usize = 64;

impl Form {
    pub(super) fn parse(octets: &[u8]) -> Self {
        let text = String::from_utf8_lossy(octets);
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).take(MOST_FIELDS);
        let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        Self(pairs.map(|(name, value)| (decoded(name), decoded(value))).collect())
    }

    /// The first of this name.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

fn decoded(text: &str) -> String {
    let text = text.replace('+', " ");
    percent_decode_str(&text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_as_browsers_write_it() {
        let form = Form::parse(b"a=1+2%2B3&b&a=other&%63=%ff");
        assert_eq!(form.field("a"), Some("1 2+3"));
        assert_eq!(form.field("b"), Some(""));
        assert_eq!(form.field("c"), Some("\u{FFFD}"));
        assert_eq!(form.field("d"), None);
    }
}
