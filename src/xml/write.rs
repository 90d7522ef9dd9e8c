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
                self.text(value);
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
        self.text(text);
        self.close(name);
    }

    /// White space is written as references, so that attribute values keep it.
    fn text(&mut self, text: &str) {
        for c in escape(text).chars() {
            match c {
                '\t' => self.0.push_str("&#9;"),
                '\n' => self.0.push_str("&#10;"),
                '\r' => self.0.push_str("&#13;"),
                // XML 1.0 §2.2 excludes what else is below; it cannot be written in any way.
                c if c < ' ' => self.0.push('\u{FFFD}'),
                c => self.0.push(c),
            }
        }
    }

    pub(crate) fn finish(self) -> String {
        self.0
    }
}
