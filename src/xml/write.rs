//! Writing the messages that we send.

use quick_xml::escape::escape;

/// Markup under construction. Texts and values are escaped; names are ours.
pub(crate) struct Markup(String);

impl Markup {
    pub(crate) fn new() -> Self {
        Self(String::new())
    }

    /// A start tag with the attributes that have a value.
    pub(crate) fn open(&mut self, name: &str, attributes: &[(&str, Option<&str>)]) {
        self.0.push('<');
        self.0.push_str(name);
        for (name, value) in attributes {
            if let Some(value) = value {
                self.0.push(' ');
                self.0.push_str(name);
                self.0.push_str("=\"");
                self.0.push_str(&escaped(value));
                self.0.push('"');
            }
        }
        self.0.push('>');
    }

    pub(crate) fn close(&mut self, name: &str) {
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
    }

    /// A whole element that holds text.
    pub(crate) fn element(&mut self, name: &str, attributes: &[(&str, Option<&str>)], text: &str) {
        self.open(name, attributes);
        self.0.push_str(&escaped(text));
        self.close(name);
    }

    pub(crate) fn finish(self) -> String {
        self.0
    }
}

/// Text as it stands in content and in attribute values alike. White space is written as
/// references, so that attribute values keep it.
pub(crate) fn escaped(text: &str) -> String {
    escape(text).chars().fold(String::with_capacity(text.len()), |mut escaped, c| {
        match c {
            '\t' => escaped.push_str("&#9;"),
            '\n' => escaped.push_str("&#10;"),
            '\r' => escaped.push_str("&#13;"),
            // XML 1.0 §2.2 excludes what else is below; it cannot be written in any way.
            c if c < ' ' => escaped.push('\u{FFFD}'),
            c => escaped.push(c),
        }
        escaped
    })
}
