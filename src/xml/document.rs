use std::borrow::Cow;
use std::ops::Range;

use super::interner::{Interner, Namespace, Prefix};
use super::text::{Span, Text, large, small};
use crate::binding;

/// A parsed document: its text, and one arena in document order.
///
/// It owns the text and points into it by number, so that it can be kept for as long as anybody
/// likes. A node's subtree is the run from its own place to its `end`, so that skipping and walking
/// need no recursion.
pub(crate) struct Document {
    pub(super) input: String,
    pub(super) nodes: Vec<NodeData>,
    pub(super) attributes: Vec<Attribute>,
    pub(super) declarations: Vec<Declaration>,
    pub(super) namespaces: Interner,
    pub(super) prefixes: Interner,
    pub(super) root: NodeId,
    /// Some namespace name is a relative reference or no URI, which leaves canonicalization
    /// undefined (C14N 1.0 §1.3).
    pub(super) relative_namespace: bool,
}

/// The place of a node in its document.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct NodeId(u32);

impl NodeId {
    /// The node at this place. The parser takes no document that could have more.
    pub(super) fn at(place: usize) -> Self {
        Self(small(place))
    }

    pub(super) fn index(self) -> usize {
        large(self.0)
    }

    pub(super) fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

pub(super) struct NodeData {
    pub(super) kind: Kind,
    /// Its own place for a node outside of the root.
    pub(super) parent: NodeId,
    /// One past the last node of the subtree.
    pub(super) end: NodeId,
}

pub(super) enum Kind {
    Element(ElementData),
    /// Character data with CDATA sections and references resolved, up to the next markup.
    Text(Text),
    Comment(Text),
    ProcessingInstruction {
        target: Span,
        data: Text,
    },
}

pub(super) struct ElementData {
    pub(super) prefix: Prefix,
    pub(super) namespace: Namespace,
    pub(super) local: Span,
    pub(super) attributes: Span,
    pub(super) declarations: Span,
    /// Where the content (between the tags) stands in the input.
    pub(super) content: Span,
}

pub(super) struct Attribute {
    pub(super) prefix: Prefix,
    pub(super) namespace: Namespace,
    pub(super) local: Span,
    pub(super) value: Text,
}

#[derive(Clone, Copy)]
pub(super) struct Declaration {
    pub(super) prefix: Prefix,
    pub(super) namespace: Namespace,
}

impl Document {
    /// The one root element.
    ///
    /// `None` cannot happen: the parser refuses a document without a root. It is an `Option` so
    /// that there is no panic.
    pub(crate) fn root(&self) -> Option<Element<'_>> {
        self.element(self.root)
    }

    /// The text that was parsed.
    pub(crate) fn text(&self) -> &str {
        &self.input
    }

    pub(crate) fn into_text(self) -> String {
        self.input
    }

    pub(super) fn uri(&self, namespace: Namespace) -> &str {
        self.namespaces.uri(namespace, &self.input)
    }

    pub(super) fn prefix_str(&self, prefix: Prefix) -> &str {
        self.prefixes.prefix_str(prefix, &self.input)
    }

    pub(super) fn find_prefix(&self, prefix: &str) -> Option<Prefix> {
        self.prefixes.find_prefix(prefix, &self.input)
    }

    pub(super) fn node(&self, id: NodeId) -> Option<&NodeData> {
        self.nodes.get(id.index())
    }

    fn element(&self, id: NodeId) -> Option<Element<'_>> {
        let node = self.nodes.get(id.index())?;
        match &node.kind {
            Kind::Element(data) => Some(Element { document: self, id, node, data }),
            _ => None,
        }
    }

    /// All elements in document order.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn elements(&self) -> impl Iterator<Item = Element<'_>> {
        (0..self.nodes.len()).filter_map(|place| self.element(NodeId::at(place)))
    }
}

/// An element of a document.
#[derive(Clone, Copy)]
pub(crate) struct Element<'d> {
    pub(super) document: &'d Document,
    pub(super) id: NodeId,
    pub(super) node: &'d NodeData,
    pub(super) data: &'d ElementData,
}

/// A child of an element.
pub(crate) enum Node<'d> {
    Element(Element<'d>),
    Text(&'d str),
    Comment,
    ProcessingInstruction,
}

impl<'d> Element<'d> {
    pub(crate) fn id(&self) -> NodeId {
        self.id
    }

    pub(crate) fn document(&self) -> &'d Document {
        self.document
    }

    /// Whether the element has this expanded name.
    pub(crate) fn is(&self, namespace: Namespace, local: &str) -> bool {
        self.data.namespace == namespace && self.data.local.holds(local, &self.document.input)
    }

    pub(crate) fn local_name(&self) -> &'d str {
        self.data.local.get(&self.document.input)
    }

    /// `{namespace}local`, for messages.
    pub(crate) fn expanded_name(&self) -> String {
        match self.data.namespace {
            Namespace::NONE => self.local_name().to_owned(),
            namespace => format!("{{{}}}{}", self.document.uri(namespace), self.local_name()),
        }
    }

    /// The value of an attribute without a namespace, which is where SAML and XML Signature put all
    /// of theirs.
    pub(crate) fn attribute(&self, local: &str) -> Option<&'d str> {
        self.attribute_ns(Namespace::NONE, local)
    }

    /// The `ID`, if it is there and holds no white space. That is less than `xs:ID` asks for:
    /// identity providers use bare UUIDs, Base64 and more. It is compared as it stands.
    pub(crate) fn identifier(&self) -> Option<&'d str> {
        self.attribute("ID").filter(|id| !id.is_empty() && !id.contains(char::is_whitespace))
    }

    pub(crate) fn attribute_ns(&self, namespace: Namespace, local: &str) -> Option<&'d str> {
        let input = &self.document.input;
        let named = |a: &&Attribute| a.namespace == namespace && a.local.holds(local, input);
        self.attributes().iter().find(named).map(|attribute| attribute.value.get(input))
    }

    pub(super) fn attributes(&self) -> &'d [Attribute] {
        self.document.attributes.get(self.data.attributes.range()).unwrap_or_default()
    }

    pub(super) fn declarations(&self) -> &'d [Declaration] {
        self.document.declarations.get(self.data.declarations.range()).unwrap_or_default()
    }

    /// The attributes with their names as they stand in the tag.
    pub(crate) fn written_attributes(&self) -> impl Iterator<Item = (String, &'d str)> + use<'d> {
        let document = self.document;
        self.attributes().iter().map(move |attribute| {
            let local = attribute.local.get(&document.input);
            let name = match document.prefix_str(attribute.prefix) {
                "" => local.to_owned(),
                prefix => format!("{prefix}:{local}"),
            };
            (name, attribute.value.get(&document.input))
        })
    }

    /// The namespace declarations on this very element: prefix (empty for the default) and
    /// namespace name.
    pub(crate) fn declared(&self) -> impl Iterator<Item = (&'d str, &'d str)> + use<'d> {
        let document = self.document;
        let names = |d: &Declaration| (document.prefix_str(d.prefix), document.uri(d.namespace));
        self.declarations().iter().map(names)
    }

    pub(crate) fn parent(&self) -> Option<Element<'d>> {
        let parent = self.node.parent;
        if parent == self.id { None } else { self.document.element(parent) }
    }

    pub(crate) fn children(&self) -> impl Iterator<Item = Node<'d>> + use<'d> {
        let document = self.document;
        let end = self.node.end;
        let mut next = self.id.next();
        std::iter::from_fn(move || {
            if next >= end {
                return None;
            }
            let id = next;
            let node = document.node(id)?;
            next = node.end;
            Some(match &node.kind {
                Kind::Element(data) => Node::Element(Element { document, id, node, data }),
                Kind::Text(text) => Node::Text(text.get(&document.input)),
                Kind::Comment(_) => Node::Comment,
                Kind::ProcessingInstruction { .. } => Node::ProcessingInstruction,
            })
        })
    }

    pub(crate) fn child_elements(&self) -> impl Iterator<Item = Element<'d>> + use<'d> {
        self.children().filter_map(|child| match child {
            Node::Element(element) => Some(element),
            _ => None,
        })
    }

    /// The element and all elements below it, in document order.
    pub(crate) fn descendants(&self) -> impl Iterator<Item = Element<'d>> + use<'d> {
        let document = self.document;
        (self.id.index()..self.node.end.index())
            .filter_map(move |place| document.element(NodeId::at(place)))
    }

    /// The whole text, with comments removed and CDATA and references resolved; `None` if a child
    /// element or a processing instruction stands in it.
    pub(crate) fn text(&self) -> Option<Cow<'d, str>> {
        let mut text = Cow::Borrowed("");
        for child in self.children() {
            match child {
                Node::Text(piece) if text.is_empty() => text = Cow::Borrowed(piece),
                Node::Text(piece) => text.to_mut().push_str(piece),
                Node::Comment => {}
                Node::Element(_) | Node::ProcessingInstruction => return None,
            }
        }
        Some(text)
    }

    /// The octets of an element that holds Base64 text, blank space allowed, and nothing else: no
    /// comments either.
    pub(crate) fn base64(&self) -> Option<Vec<u8>> {
        let mut children = self.children();
        // A comment or an element would be a second child: the parser joins neighbouring pieces of
        // text.
        let text = match (children.next(), children.next()) {
            (None, _) => "",
            (Some(Node::Text(text)), None) => text,
            _ => return None,
        };
        binding::base64(text)
    }

    /// The name as it stands in the tags.
    pub(crate) fn qualified_name(&self) -> String {
        match self.document.prefix_str(self.data.prefix) {
            "" => self.local_name().to_owned(),
            prefix => format!("{prefix}:{}", self.local_name()),
        }
    }

    /// Where the markup between the element's tags stands in the document; behind the tag if that
    /// is empty.
    pub(crate) fn content_range(&self) -> Range<usize> {
        self.data.content.range()
    }

    /// Where the whole element stands in the document, its tags included.
    pub(crate) fn outer_range(&self) -> Option<Range<usize>> {
        let content = self.data.content.range();
        let before = self.document.input.get(..content.start)?;
        // No start tag holds another `<`; only an empty element's tag ends like this.
        let start = before.rfind('<')?;
        if before.ends_with("/>") {
            return Some(start..content.end);
        }
        let end_tag = self.document.input.get(content.end..)?.find('>')?;
        let end = content.end.checked_add(end_tag)?.checked_add(1)?;
        Some(start..end)
    }

    /// The markup between the element's tags, as it stands in the document.
    pub(crate) fn content(&self) -> &'d str {
        self.document.input.get(self.data.content.range()).unwrap_or_default()
    }
}
