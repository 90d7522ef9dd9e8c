//! The XML that the identity provider for tests reads and writes.

use super::TestIdpError;
use crate::limits::Limits;
use crate::xml::{Document, escaped};

/// Limits are for those who read what strangers send; here they would only be in the way.
pub(super) fn parse(xml: &str) -> Result<Document, TestIdpError> {
    let limits = Limits {
        document_bytes: usize::MAX,
        depth: usize::MAX,
        attributes: usize::MAX,
        namespaces: usize::MAX,
        nodes: usize::MAX,
        bytes_per_node: 0,
        name_bytes: usize::MAX,
        text_bytes: usize::MAX,
    };
    Document::parse(xml.to_owned(), &limits)
        .map_err(|rejection| TestIdpError::Xml { reason: rejection.to_string() })
}

pub(super) fn attribute(xml: &mut String, name: &str, value: Option<&String>) {
    if let Some(value) = value {
        *xml += &format!(" {name}=\"{}\"", escaped(value));
    }
}

pub(super) fn element(xml: &mut String, name: &str, text: Option<&String>) {
    if let Some(text) = text {
        *xml += &format!("<{name}>{}</{name}>", escaped(text));
    }
}
