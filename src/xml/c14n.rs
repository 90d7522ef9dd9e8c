//! Canonicalization: Exclusive XML Canonicalization 1.0, Canonical XML 1.0 and 1.1, each with and
//! without comments.
//!
//! What is canonicalized here is always one whole element, optionally without one element inside of
//! it (the enveloped signature). For such a node-set the rules come down to: which namespace
//! declarations to write, and in which order.

use super::USUAL;
use super::document::{Attribute, Element, Kind, NodeId};
use super::interner::{Namespace, Prefix};

/// One of the six canonicalization algorithms.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct C14n {
    mode: Mode,
    comments: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mode {
    Exclusive,
    Inclusive10,
    Inclusive11,
}

impl C14n {
    /// What a Reference without a canonicalization transform means: XML Signature §4.4.3.2.
    pub(crate) const IMPLIED: Self = Self { mode: Mode::Inclusive10, comments: false };
    pub(crate) const EXCLUSIVE: Self = Self { mode: Mode::Exclusive, comments: false };

    /// The algorithm that an identifier names.
    pub(crate) fn from_uri(uri: &str) -> Option<Self> {
        let (mode, comments) = match uri {
            "http://www.w3.org/2001/10/xml-exc-c14n#" => (Mode::Exclusive, false),
            "http://www.w3.org/2001/10/xml-exc-c14n#WithComments" => (Mode::Exclusive, true),
            "http://www.w3.org/TR/2001/REC-xml-c14n-20010315" => (Mode::Inclusive10, false),
            "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments" => {
                (Mode::Inclusive10, true)
            }
            "http://www.w3.org/2006/12/xml-c14n11" => (Mode::Inclusive11, false),
            "http://www.w3.org/2006/12/xml-c14n11#WithComments" => (Mode::Inclusive11, true),
            _ => return None,
        };
        Some(Self { mode, comments })
    }

    /// A same-document `#ID` reference selects no comments, whatever the algorithm: XML Signature
    /// §4.4.3.3.
    pub(crate) fn without_comments(self) -> Self {
        Self { comments: false, ..self }
    }

    pub(crate) fn is_exclusive(self) -> bool {
        self.mode == Mode::Exclusive
    }
}

/// Canonicalizes `apex` with everything in it but the element `except`.
///
/// `prefix_list` is the InclusiveNamespaces PrefixList of the exclusive algorithms (`#default`
/// names the default namespace); the others ignore it.
pub(crate) fn canonicalize(
    apex: Element<'_>,
    except: Option<NodeId>,
    algorithm: C14n,
    prefix_list: &[&str],
) -> Result<String, C14nError> {
    if apex.document.relative_namespace {
        // C14N 1.0 §1.3: "implementations must report an operation failure".
        return Err(C14nError::Undefined("a namespace name is not an absolute URI"));
    }
    let mut writer = Writer::new(apex, algorithm, prefix_list);
    let inherited = writer.inherited(apex)?;
    writer.walk(apex, except, &inherited)?;
    Ok(writer.out)
}

/// Why there is no canonical form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum C14nError {
    /// It would be longer than so many bytes.
    TooLong(usize),
    /// It is not defined.
    Undefined(&'static str),
}

/// The canonical form may be so many times as long as the document. Exclusive canonicalization
/// repeats a declaration on every element that needs it: an honest response with typed attribute
/// values grows to about twice its size, a hostile one to fifty times.
const MAX_GROWTH: usize = 4;

struct Writer<'d> {
    out: String,
    apex: Element<'d>,
    algorithm: C14n,
    /// Which prefixes, by number, are on the PrefixList.
    listed: Vec<bool>,
    /// What each prefix is bound to in the output so far, by its number.
    rendered: Vec<Namespace>,
    /// The bindings that output elements have hidden, oldest first.
    hidden: Vec<(Prefix, Namespace)>,
    /// Reused from element to element.
    to_render: Vec<(Prefix, Namespace)>,
}

/// An element whose end tag is still to be written.
struct Open<'d> {
    element: Element<'d>,
    /// How many hidden bindings there were before it.
    hidden: usize,
}

impl<'d> Writer<'d> {
    fn new(apex: Element<'d>, algorithm: C14n, prefix_list: &[&str]) -> Self {
        let prefixes = &apex.document.prefixes;
        let mut listed = vec![false; prefixes.len()];
        if algorithm.is_exclusive() {
            for name in prefix_list {
                let prefix = if *name == "#default" {
                    Some(Prefix::DEFAULT)
                } else {
                    apex.document.find_prefix(name)
                };
                if let Some(flag) = prefix.and_then(|prefix| listed.get_mut(prefix.index())) {
                    *flag = true;
                }
            }
        }
        let mut rendered = vec![Namespace::UNBOUND; prefixes.len()];
        if let Some(default) = rendered.first_mut() {
            *default = Namespace::NONE;
        }
        // Where typed values lean on one declaration around all of them, each gets its own: half as
        // much again.
        let out = String::with_capacity(apex.content().len() / 4 * 7 + 256);
        let (hidden, to_render) = (Vec::with_capacity(USUAL), Vec::with_capacity(USUAL));
        Self { out, apex, algorithm, listed, rendered, hidden, to_render }
    }

    /// The `xml:` attributes that an inclusively canonicalized apex takes from its ancestors: C14N
    /// 1.0 §2.4, C14N 1.1 §2.4.
    fn inherited(&self, apex: Element<'d>) -> Result<Vec<&'d Attribute>, C14nError> {
        let mut inherited: Vec<&Attribute> = Vec::new();
        let input = apex.document.text();
        if self.algorithm.is_exclusive() {
            return Ok(inherited);
        }
        for ancestor in std::iter::successors(apex.parent(), Element::parent) {
            for attribute in ancestor.attributes().iter().filter(|a| a.namespace == Namespace::XML)
            {
                let taken = match (self.algorithm.mode, attribute.local.get(input)) {
                    (Mode::Inclusive11, "base") => {
                        return Err(C14nError::Undefined("an xml:base would have to be combined"));
                    }
                    (Mode::Inclusive11, local) => matches!(local, "lang" | "space"),
                    _ => true,
                };
                let nearer = apex
                    .attribute_ns(Namespace::XML, attribute.local.get(input))
                    .is_some()
                    || inherited.iter().any(|a| a.local.get(input) == attribute.local.get(input));
                if taken && !nearer {
                    inherited.push(attribute);
                }
            }
        }
        Ok(inherited)
    }

    fn walk(
        &mut self,
        apex: Element<'d>,
        except: Option<NodeId>,
        inherited: &[&'d Attribute],
    ) -> Result<(), C14nError> {
        let (document, input) = (apex.document, apex.document.text());
        let longest = document.text().len().saturating_mul(MAX_GROWTH);
        let mut open: Vec<Open<'d>> = Vec::with_capacity(USUAL);
        let mut id = apex.id;
        while id < apex.node.end {
            while let Some(done) = open.pop_if(|open| id >= open.element.node.end) {
                self.end_tag(&done);
            }
            let Some(node) = document.node(id) else { break };
            if self.out.len() > longest {
                return Err(C14nError::TooLong(longest));
            }
            if Some(id) == except {
                id = node.end;
                continue;
            }
            match &node.kind {
                Kind::Element(data) => {
                    let element = Element { document, id, node, data };
                    let hidden = self.hidden.len();
                    self.start_tag(element, if id == apex.id { inherited } else { &[] });
                    open.push(Open { element, hidden });
                }
                Kind::Text(text) => escape(&mut self.out, text.get(input), text_escape),
                Kind::Comment(text) if self.algorithm.comments => {
                    self.out.push_str("<!--");
                    self.out.push_str(text.get(input));
                    self.out.push_str("-->");
                }
                Kind::Comment(_) => {}
                Kind::ProcessingInstruction { target, data } => {
                    self.out.push_str("<?");
                    self.out.push_str(target.get(input));
                    let data = data.get(input);
                    if !data.is_empty() {
                        self.out.push(' ');
                        self.out.push_str(data);
                    }
                    self.out.push_str("?>");
                }
            }
            id = id.next();
        }
        while let Some(done) = open.pop() {
            self.end_tag(&done);
        }
        Ok(())
    }

    fn start_tag(&mut self, element: Element<'d>, inherited: &[&'d Attribute]) {
        self.out.push('<');
        self.qualified_name(element.data.prefix, element.local_name());
        self.namespaces(element);

        if let ([] | [_], []) = (element.attributes(), inherited) {
            element.attributes().iter().for_each(|attribute| self.attribute(attribute));
        } else {
            let mut attributes: Vec<&Attribute> =
                element.attributes().iter().chain(inherited.iter().copied()).collect();
            // C14N 1.0 §2.2: by namespace name, then by local name; none comes first.
            let (document, input) = (element.document, element.document.text());
            attributes.sort_unstable_by(|a, b| match a.namespace == b.namespace {
                true => a.local.get(input).cmp(b.local.get(input)),
                false => document.uri(a.namespace).cmp(document.uri(b.namespace)),
            });
            attributes.into_iter().for_each(|attribute| self.attribute(attribute));
        }
        self.out.push('>');
    }

    fn attribute(&mut self, attribute: &Attribute) {
        let input = self.apex.document.text();
        self.out.push(' ');
        self.qualified_name(attribute.prefix, attribute.local.get(input));
        self.out.push_str("=\"");
        escape(&mut self.out, attribute.value.get(input), attribute_escape);
        self.out.push('"');
    }

    fn end_tag(&mut self, open: &Open<'d>) {
        self.out.push_str("</");
        self.qualified_name(open.element.data.prefix, open.element.local_name());
        self.out.push('>');
        while self.hidden.len() > open.hidden {
            let Some((prefix, namespace)) = self.hidden.pop() else { break };
            if let Some(rendered) = self.rendered.get_mut(prefix.index()) {
                *rendered = namespace;
            }
        }
    }

    /// Writes the declarations that the element needs and the output around it lacks.
    fn namespaces(&mut self, element: Element<'d>) {
        self.to_render.clear();
        if self.algorithm.is_exclusive() {
            // Exclusive C14N §3: what is visibly utilized …
            self.need(element.data.prefix, element.data.namespace);
            for attribute in element.attributes() {
                if attribute.prefix != Prefix::DEFAULT {
                    self.need(attribute.prefix, attribute.namespace);
                }
            }
        }
        for declaration in element.declarations() {
            if !self.algorithm.is_exclusive() || self.is_listed(declaration.prefix) {
                self.need(declaration.prefix, declaration.namespace);
            }
        }
        if element.id == self.apex.id {
            // … and, as in C14N 1.0, what the apex finds in scope. The nearest declaration of a
            // prefix counts.
            let mut seen = vec![false; self.rendered.len()];
            for scope in std::iter::successors(Some(element), Element::parent) {
                for declaration in scope.declarations() {
                    let nearer = seen
                        .get_mut(declaration.prefix.index())
                        .map(|seen| std::mem::replace(seen, true));
                    if nearer == Some(false)
                        && (!self.algorithm.is_exclusive() || self.is_listed(declaration.prefix))
                    {
                        self.need(declaration.prefix, declaration.namespace);
                    }
                }
            }
        }
        let document = element.document;
        self.to_render.sort_unstable_by_key(|(prefix, _)| document.prefix_str(*prefix));
        for (prefix, namespace) in &self.to_render {
            self.out.push_str(if *prefix == Prefix::DEFAULT { " xmlns" } else { " xmlns:" });
            self.out.push_str(document.prefix_str(*prefix));
            self.out.push_str("=\"");
            escape(&mut self.out, document.uri(*namespace), attribute_escape);
            self.out.push('"');
        }
    }

    fn is_listed(&self, prefix: Prefix) -> bool {
        self.listed.get(prefix.index()) == Some(&true)
    }

    fn need(&mut self, prefix: Prefix, namespace: Namespace) {
        if prefix == Prefix::XML {
            return;
        }
        if let Some(rendered) =
            self.rendered.get_mut(prefix.index()).filter(|rendered| **rendered != namespace)
        {
            let hidden = std::mem::replace(rendered, namespace);
            self.hidden.push((prefix, hidden));
            self.to_render.push((prefix, namespace));
        }
    }

    fn qualified_name(&mut self, prefix: Prefix, local: &str) {
        if prefix != Prefix::DEFAULT {
            self.out.push_str(self.apex.document.prefix_str(prefix));
            self.out.push(':');
        }
        self.out.push_str(local);
    }
}

/// C14N 1.0 §2.3, text nodes.
fn text_escape(byte: u8) -> Option<&'static str> {
    match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'\r' => Some("&#xD;"),
        _ => None,
    }
}

/// C14N 1.0 §2.3, attribute nodes.
fn attribute_escape(byte: u8) -> Option<&'static str> {
    match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'"' => Some("&quot;"),
        b'\t' => Some("&#x9;"),
        b'\n' => Some("&#xA;"),
        b'\r' => Some("&#xD;"),
        _ => None,
    }
}

/// Appends `text`, with the bytes that `replacement` names (all of them ASCII) replaced.
fn escape(out: &mut String, text: &str, replacement: impl Fn(u8) -> Option<&'static str>) {
    // Most texts have nothing to replace, and looking at all bytes without stopping looks at many
    // at a time.
    if !text.bytes().fold(false, |found, byte| found | replacement(byte).is_some()) {
        out.push_str(text);
        return;
    }
    let mut rest = text;
    while let Some((position, escaped)) =
        rest.bytes().enumerate().find_map(|(position, byte)| Some((position, replacement(byte)?)))
    {
        out.push_str(rest.get(..position).unwrap_or_default());
        out.push_str(escaped);
        rest = rest.get(position + 1..).unwrap_or_default();
    }
    out.push_str(rest);
}
