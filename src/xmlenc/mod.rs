//! XML Encryption, as much of it as SAML prescribes (Core §6, XML Encryption 1.1).
//!
//! Encryption is not authentication: whoever has the service provider's certificate can encrypt to it. What is opened here is put
//! into the place of the encrypted element and parsed like any other document, and its signature is verified like any other.
//!
//! After a key was used, every failure is the same [`Rejection::DecryptionFailed`], so that nobody learns from the
//! difference what a guessed ciphertext decrypts to.

mod algorithm;
mod data;
mod key;

use std::ops::Range;

use crate::error::Rejection;
use crate::limits::Limits;
use crate::trust::KeyPair;
use crate::xml::{Document, Element};
use quick_xml::escape::escape;

/// With what encrypted elements are opened.
#[derive(Clone, Copy)]
pub(crate) struct Opening<'c> {
    pub(crate) keys: &'c [KeyPair],
    /// Our entity ID: an EncryptedKey for another recipient is passed over.
    pub(crate) recipient: &'c str,
    pub(crate) forbid_cbc: bool,
    pub(crate) allow_3des: bool,
    pub(crate) limits: &'c Limits,
}

/// So many elements are opened in one document: a NameID for each confirmation, and attributes.
const MAX_ELEMENTS: usize = 64;

/// Opens these encrypted elements of one document (none inside another), and puts what was in each into its place, so that
/// names in it mean what they meant there.
pub(crate) fn open(encrypted: &[Element<'_>], opening: Opening<'_>) -> Result<String, Rejection> {
    let first = encrypted.first().ok_or(Rejection::EncryptionMalformed)?;
    if opening.keys.is_empty() {
        return Err(Rejection::DecryptionKeyMissing { element: name(*first) });
    }
    let document = first.document();
    if encrypted.len() > MAX_ELEMENTS {
        return Err(Rejection::EncryptionMalformed);
    }
    let mut opened = String::with_capacity(document.text().len());
    let mut places: Vec<Range<usize>> = Vec::with_capacity(encrypted.len());
    let mut done = 0;
    for element in encrypted {
        let outer = element.outer_range().ok_or(Rejection::DecryptionFailed)?;
        let plain = data::open(*element, opening)?;
        // XML Encryption §3.1: of type Element, one whole element; its declaration and blank space around it do not count.
        let plain = without_declaration(plain.trim_ascii());
        opened.push_str(document.text().get(done..outer.start).unwrap_or_default());
        let start = opened.len();
        push_in_scope(&mut opened, plain, *element);
        places.push(start..opened.len());
        done = outer.end;
    }
    opened.push_str(document.text().get(done..).unwrap_or_default());
    // What was opened must be one element that begins and ends in its own place, whatever it makes of the text around it.
    if all_are_elements(&opened, &places, opening.limits) {
        Ok(opened)
    } else {
        Err(Rejection::DecryptionFailed)
    }
}

fn all_are_elements(text: &str, places: &[Range<usize>], limits: &Limits) -> bool {
    let Ok(document) = Document::parse(text, limits) else { return false };
    let Some(root) = document.root() else { return false };
    let mut elements = root.descendants().filter_map(|element| element.outer_range());
    places.iter().all(|place| elements.any(|range| range == *place))
}

/// Writes an element in the place of `replaced`, with the namespaces that were declared there: what was encrypted may lean on
/// them. Those around it are still around it. A declaration of its own stays; one that is written twice does not parse.
fn push_in_scope(out: &mut String, element: &str, replaced: Element<'_>) {
    let tag_end = element.find('>').unwrap_or(element.len());
    let name_end = element.find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>')).unwrap_or(0);
    let tag = element.get(..tag_end).unwrap_or_default();
    let (name, rest) = element.split_at_checked(name_end).unwrap_or(("", element));
    out.push_str(name);
    for (prefix, uri) in replaced.declared() {
        let attribute = if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") };
        let declares = |after: &str| after.trim_ascii_start().starts_with('=');
        if !tag.split(attribute.as_str()).skip(1).any(declares) {
            out.push_str(&format!(" {attribute}=\"{}\"", escape(uri)));
        }
    }
    out.push_str(rest);
}

fn without_declaration(text: &str) -> &str {
    let rest = text.strip_prefix("<?xml ").and_then(|rest| rest.split_once("?>"));
    rest.map_or(text, |(_, rest)| rest.trim_ascii_start())
}

fn name(encrypted: Element<'_>) -> &'static str {
    let names = ["EncryptedAssertion", "EncryptedID", "EncryptedAttribute"];
    names.into_iter().find(|name| encrypted.local_name() == *name).unwrap_or("encrypted element")
}
