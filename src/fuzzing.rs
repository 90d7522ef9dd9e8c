//! What fuzz targets call of the layers below the public ones. Exists only in fuzzing builds.

use chrono::{DateTime, Utc};

use crate::binding;
use crate::instant;
use crate::limits::Limits;
use crate::xml::{C14n, Document, canonicalize};

/// Decodes a form value and parses it.
pub fn parse(form_value: &[u8]) {
    let limits = Limits::default();
    if let Ok(xml) = binding::decode(form_value, &limits) {
        let _ = Document::parse(xml.to_owned(), &limits);
    }
}

/// The canonical form of the root element, if the text is well-formed and the form is defined.
pub fn canonical_form(xml: &str, algorithm: &str, prefix_list: &[&str]) -> Option<String> {
    let document = Document::parse(xml.to_owned(), &Limits::default()).ok()?;
    canonicalize(document.root()?, None, C14n::from_uri(algorithm)?, prefix_list).ok()
}

/// Parses an instant.
pub fn instant(text: &str) -> Option<DateTime<Utc>> {
    instant::parse(text)
}
