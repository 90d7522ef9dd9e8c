//! Where an encrypted element stands: what may be in it, and what names mean there.

use std::ops::Range;

use quick_xml::escape::escape;

use crate::error::{LimitKind, Rejection};
use crate::limits::Limits;
use crate::xml::{Document, Element, Namespace};

/// The place of one encrypted element.
pub(super) struct Place {
    /// The local name of what has to be in it, of SAML's assertion namespace: Core §2.2.4, §2.3.4,
    /// §2.7.3.2.
    holds: &'static str,
    range: Range<usize>,
    /// Start tags of as many elements as stand around it, each with the namespaces that are
    /// declared there.
    around: String,
    depth: usize,
    /// Its own declarations: attribute name and namespace name, escaped.
    declared: Vec<(String, String)>,
}

impl Place {
    pub(super) fn of(encrypted: Element<'_>, limits: &Limits) -> Result<Self, Rejection> {
        let holds = match encrypted.local_name() {
            "EncryptedAssertion" => "Assertion",
            "EncryptedID" => "NameID",
            "EncryptedAttribute" => "Attribute",
            _ => return Err(Rejection::EncryptionMalformed),
        };
        let range = encrypted.outer_range().ok_or(Rejection::EncryptionMalformed)?;
        let mut ancestors: Vec<Element<'_>> =
            std::iter::successors(encrypted.parent(), Element::parent).collect();
        ancestors.reverse();
        // What is opened is first looked at with these around it: they are to be few, however large
        // the document.
        let declarations: usize =
            ancestors.iter().chain([&encrypted]).map(|element| element.declared().count()).sum();
        if declarations > limits.namespaces {
            let limit = LimitKind::NamespacesAround;
            return Err(Rejection::XmlLimitExceeded { limit, allowed: limits.namespaces });
        }
        let mut around = String::new();
        for ancestor in &ancestors {
            around.push_str("<w");
            declared(*ancestor).for_each(|declaration| push(&mut around, &declaration));
            around.push('>');
        }
        Ok(Self {
            holds,
            range,
            around,
            depth: ancestors.len(),
            declared: declared(encrypted).collect(),
        })
    }

    /// Where in the document the encrypted element stands, its tags included.
    pub(super) fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// What was opened, as it will stand in the place: without a declaration of XML, and with the
    /// namespaces that the encrypted element declared, for it may lean on them. A declaration of
    /// its own stays; one that is written twice does not parse.
    pub(super) fn fit(&self, opened: &str) -> String {
        let element = without_declaration(opened);
        let tag_end = element.find('>').unwrap_or(element.len());
        let name_end =
            element.find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>')).unwrap_or(0);
        let tag = element.get(..tag_end).unwrap_or_default();
        let (name, rest) = element.split_at_checked(name_end).unwrap_or(("", element));
        let mut out = String::with_capacity(element.len());
        out.push_str(name);
        for declaration in &self.declared {
            let declares = |after: &str| after.trim_ascii_start().starts_with('=');
            if !tag.split(declaration.0.as_str()).skip(1).any(declares) {
                push(&mut out, declaration);
            }
        }
        out.push_str(rest);
        out
    }

    /// Whether a text is by itself one whole element (XML Encryption §3.1), and of the kind that
    /// belongs here. It is parsed with the namespaces of the place around it and nothing else: what
    /// that costs does not depend on the rest of the document.
    pub(super) fn takes(&self, text: &str, limits: &Limits) -> bool {
        let wrapped = format!("{}{text}{}", self.around, "</w>".repeat(self.depth));
        let Ok(document) = Document::parse(wrapped, limits) else { return false };
        // In document order, the first one behind those around it.
        let found = document.root().and_then(|root| root.descendants().nth(self.depth));
        let whole = self.around.len()..self.around.len().saturating_add(text.len());
        found.is_some_and(|found| {
            found.is(Namespace::SAML, self.holds)
                && found.outer_range().is_some_and(|range| range == whole)
        })
    }
}

/// The namespace declarations on one element: attribute name and namespace name, escaped.
fn declared(element: Element<'_>) -> impl Iterator<Item = (String, String)> {
    element.declared().map(|(prefix, uri)| {
        let name = if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") };
        (name, escape(uri).into_owned())
    })
}

fn push(out: &mut String, (name, uri): &(String, String)) {
    for piece in [" ", name, "=\"", uri, "\""] {
        out.push_str(piece);
    }
}

fn without_declaration(text: &str) -> &str {
    let rest = text.strip_prefix("<?xml ").and_then(|rest| rest.split_once("?>"));
    rest.map_or(text, |(_, rest)| rest.trim_ascii_start())
}

/// The name of an encrypted element, for a refusal.
pub(super) fn name(encrypted: Element<'_>) -> &'static str {
    let names = ["EncryptedAssertion", "EncryptedID", "EncryptedAttribute"];
    names.into_iter().find(|name| encrypted.local_name() == *name).unwrap_or("encrypted element")
}
