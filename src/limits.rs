//! Bounds on the work one message can cause.

/// Bounds on the work one message can cause. Going beyond one is a typed refusal, never a slow
/// success.
///
/// Start from [`Limits::default`] and change what you must; each default says what it was measured
/// against.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes in the decoded document. Default 1 MiB: honest responses with hundreds of groups stay
    /// below 100 KiB. The encoded form value may be twice as long, blank space included.
    pub document_bytes: usize,
    /// Nesting of elements. Default 64: an assertion with an advised assertion inside reaches about
    /// 16.
    pub depth: usize,
    /// Attributes on one element. Default 64: SAML and XML Signature define at most 9 for any
    /// element.
    pub attributes: usize,
    /// Namespace declarations on one element. Default 64: identity providers that declare
    /// everything on the root stay below 10.
    pub namespaces: usize,
    /// Nodes (elements, attributes, namespace declarations, pieces of text, comments, processing
    /// instructions) in the document. Default 131,072: one megabyte of ordinary attribute values
    /// has about 60,000.
    pub nodes: usize,
    /// Bytes that a document has for each of its nodes beyond the first 1,024. Default 12: honest
    /// documents have 20 and more, and markup that is denser takes many times its length in memory.
    /// 0 asks for none.
    pub bytes_per_node: usize,
    /// Bytes in one name: of an element, an attribute, a prefix, or a namespace. Default 256: the
    /// longest name SAML defines has 28, its longest namespace 49. Canonicalization repeats
    /// namespaces, so their length multiplies.
    pub name_bytes: usize,
    /// Bytes in one piece of text, attribute value, comment or processing instruction. Default 1
    /// MiB, the size of a document: the text of one encrypted assertion is nearly the whole
    /// document.
    pub text_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            document_bytes: 1024 * 1024,
            depth: 64,
            attributes: 64,
            namespaces: 64,
            nodes: 128 * 1024,
            bytes_per_node: 12,
            name_bytes: 256,
            text_bytes: 1024 * 1024,
        }
    }
}

impl Limits {
    /// Sets the bytes in the decoded document.
    #[must_use]
    pub fn with_document_bytes(mut self, document_bytes: usize) -> Self {
        self.document_bytes = document_bytes;
        self
    }

    /// Sets the nesting of elements.
    #[must_use]
    pub fn with_depth(mut self, depth: usize) -> Self {
        self.depth = depth;
        self
    }

    /// Sets the attributes on one element.
    #[must_use]
    pub fn with_attributes(mut self, attributes: usize) -> Self {
        self.attributes = attributes;
        self
    }

    /// Sets the namespace declarations on one element.
    #[must_use]
    pub fn with_namespaces(mut self, namespaces: usize) -> Self {
        self.namespaces = namespaces;
        self
    }

    /// Sets the nodes in the document.
    #[must_use]
    pub fn with_nodes(mut self, nodes: usize) -> Self {
        self.nodes = nodes;
        self
    }

    /// Sets the bytes for each node.
    #[must_use]
    pub fn with_bytes_per_node(mut self, bytes_per_node: usize) -> Self {
        self.bytes_per_node = bytes_per_node;
        self
    }

    /// Sets the bytes in one name.
    #[must_use]
    pub fn with_name_bytes(mut self, name_bytes: usize) -> Self {
        self.name_bytes = name_bytes;
        self
    }

    /// Sets the bytes in one piece of text.
    #[must_use]
    pub fn with_text_bytes(mut self, text_bytes: usize) -> Self {
        self.text_bytes = text_bytes;
        self
    }
}
