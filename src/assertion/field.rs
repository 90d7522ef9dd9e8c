//! Reading one field strictly: the elements and attributes that SAML's schemas allow once occur
//! once.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use crate::error::{Excerpt, Rejection};
use crate::instant;
use crate::xml::{Element, Namespace};

/// The child with this name, of which there may be one.
pub(crate) fn optional<'d>(
    parent: Element<'d>,
    namespace: Namespace,
    (parent_name, name): (&'static str, &'static str),
) -> Result<Option<Element<'d>>, Rejection> {
    let mut found = parent.child_elements().filter(|child| child.is(namespace, name));
    let first = found.next();
    match found.next() {
        None => Ok(first),
        Some(_) => Err(Rejection::ElementRepeated { parent: parent_name, element: name }),
    }
}

/// The child with this name, of which there must be one.
pub(crate) fn required<'d>(
    parent: Element<'d>,
    namespace: Namespace,
    names: (&'static str, &'static str),
) -> Result<Element<'d>, Rejection> {
    let missing = Rejection::ElementMissing { parent: names.0, element: names.1 };
    optional(parent, namespace, names)?.ok_or(missing)
}

/// The instant in an attribute, if the attribute is there. `what` names it as `Element/@Attribute`.
pub(crate) fn optional_instant(
    element: Element<'_>,
    attribute: &str,
    what: &'static str,
) -> Result<Option<DateTime<Utc>>, Rejection> {
    let Some(text) = element.attribute(attribute) else { return Ok(None) };
    let malformed = || Rejection::InstantMalformed { what, found: Some(Excerpt::new(text)) };
    instant::parse(text).map(Some).ok_or_else(malformed)
}

/// The instant in an attribute that must be there.
pub(crate) fn required_instant(
    element: Element<'_>,
    attribute: &str,
    what: &'static str,
) -> Result<DateTime<Utc>, Rejection> {
    let missing = Rejection::InstantMalformed { what, found: None };
    optional_instant(element, attribute, what)?.ok_or(missing)
}

/// The whole text of an element that holds nothing but text.
pub(crate) fn text<'d>(
    element: Element<'d>,
    name: &'static str,
) -> Result<Cow<'d, str>, Rejection> {
    element.text().ok_or(Rejection::TextMalformed { element: name })
}

/// What an `xs:anyURI` means: white space at its ends is no part of it (XML Schema 2 §4.3.6,
/// "collapse").
pub(crate) fn any_uri(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\n', '\r'])
}

/// The same of the text of an element.
pub(crate) fn any_uri_of(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(any_uri(text)),
        Cow::Owned(text) => Cow::Owned(any_uri(&text).to_owned()),
    }
}
