//! Strict XML 1.0 with namespaces: one parser for everything that is read, and canonicalization for
//! what is signed.
//!
//! There is no document type declaration, no entity beyond the predefined five, no encoding beyond
//! UTF-8, and no work beyond [`Limits`](crate::Limits). Every pass over a document is linear in its
//! size and none recurses.

mod c14n;
mod chars;
mod document;
mod interner;
mod parse;
mod tag;
mod text;
mod write;

pub(crate) use c14n::{C14n, C14nError, canonicalize};
pub(crate) use chars::are_xml_characters;
pub(crate) use document::{Document, Element, Node, NodeId};
pub(crate) use interner::Namespace;
pub(crate) use write::{Markup, escaped};

/// Honest documents have no more levels, attributes on one element, or declarations in scope: room
/// for so many is made at once.
const USUAL: usize = 16;

#[cfg(test)]
mod tests;
