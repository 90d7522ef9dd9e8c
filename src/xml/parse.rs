//! The strict parser: quick-xml finds the tokens, this module holds them to XML 1.0 and Namespaces
//! in XML 1.0.

use std::borrow::Cow;
use std::ops::Range;

use quick_xml::Reader;
use quick_xml::errors::{Error as ReaderError, IllFormedError};
use quick_xml::events::Event;

use super::chars::{SPACE, Survey, is_absolute, is_ncname, split_qname};
use super::document::{Attribute, Declaration, Document, ElementData, Kind, NodeData, NodeId};
use super::interner::{Interner, KNOWN_NAMESPACES, KNOWN_PREFIXES, Namespace, Prefix};
use super::text::{Span, Text};
use super::{USUAL, tag};
use crate::error::{LimitKind, Rejection, XmlProblem};
use crate::limits::Limits;

impl Document {
    /// Parses a whole document, strictly.
    pub(crate) fn parse(text: String, limits: &Limits) -> Result<Self, Rejection> {
        let document = parse(&text, limits)?;
        Ok(Self { input: text, ..document })
    }
}

/// The document of a text, which is still to be given to it.
fn parse(input: &str, limits: &Limits) -> Result<Document, Rejection> {
    if u32::try_from(input.len()).is_err() {
        return Err(Rejection::ResponseTooLarge {
            limit: usize::try_from(u32::MAX).unwrap_or(usize::MAX),
        });
    }
    let survey = Survey::of(input);
    if let Some(offset) = survey.forbidden {
        return Err(Rejection::XmlMalformed { problem: XmlProblem::Character, offset });
    }
    let mut reader = Reader::from_str(input);
    let config = reader.config_mut();
    config.check_comments = true;
    config.check_end_names = true;
    let mut parser = Parser::new(input, survey, limits);
    loop {
        let event = reader.read_event();
        parser.position = match &event {
            Ok(_) => reader.buffer_position(),
            Err(_) => reader.error_position(),
        }
        .try_into()
        .unwrap_or(input.len());
        match event {
            Ok(Event::Eof) => return parser.finish(),
            Ok(event) => parser.event(event)?,
            Err(error) => return Err(parser.malformed(problem(&error))),
        }
    }
}

fn problem(error: &ReaderError) -> XmlProblem {
    match error {
        ReaderError::IllFormed(
            IllFormedError::MismatchedEndTag { .. }
            | IllFormedError::UnmatchedEndTag(_)
            | IllFormedError::MissingEndTag(_),
        ) => XmlProblem::MismatchedTag,
        ReaderError::IllFormed(IllFormedError::UnclosedReference) => XmlProblem::Reference,
        _ => XmlProblem::Syntax,
    }
}

struct Parser<'i, 'l> {
    input: &'i str,
    /// Still without its text.
    document: Document,
    limits: &'l Limits,
    survey: Survey,
    /// How many nodes there may be: fewer in a short document.
    nodes: usize,
    /// One past the event at hand, as a byte offset.
    position: usize,
    root: Option<NodeId>,
    open: Vec<Open>,
    /// What each prefix is bound to, by its number.
    bindings: Vec<Namespace>,
    /// The bindings that declarations have hidden, oldest first.
    hidden: Vec<Declaration>,
    /// The attributes of the tag at hand before their names are resolved; reused from tag to tag.
    raw_attributes: Vec<(&'i str, Cow<'i, str>)>,
}

/// In a short document the density does not matter.
const FEW_NODES: usize = 1_024;
fn most_nodes(input: &str, limits: &Limits) -> usize {
    let dense = input.len().checked_div(limits.bytes_per_node);
    dense.map_or(limits.nodes, |more| limits.nodes.min(FEW_NODES.saturating_add(more)))
}

/// An element whose end tag has not come yet.
struct Open {
    id: NodeId,
    /// How many hidden bindings there were before its declarations.
    hidden: usize,
}

impl<'i, 'l> Parser<'i, 'l> {
    fn new(input: &'i str, survey: Survey, limits: &'l Limits) -> Self {
        let document = Document {
            input: String::new(),
            // An element with text has two tags and is two nodes. Not every `<` is of a tag, so no
            // more room is made before the first one than twice the input for nodes, and three
            // quarters for attributes; denser markup makes its own.
            nodes: Vec::with_capacity(survey.tags.min(input.len() / 32).min(limits.nodes)),
            attributes: Vec::with_capacity(
                (survey.tags / 2).min(input.len() / 64).min(limits.nodes),
            ),
            declarations: Vec::with_capacity(USUAL),
            namespaces: Interner::new(&KNOWN_NAMESPACES),
            prefixes: Interner::new(&KNOWN_PREFIXES),
            root: NodeId::at(0),
            relative_namespace: false,
        };
        let mut bindings = Vec::with_capacity(USUAL);
        bindings.extend([Namespace::NONE, Namespace::XML]);
        Self {
            input,
            document,
            limits,
            survey,
            nodes: most_nodes(input, limits),
            position: 0,
            root: None,
            open: Vec::with_capacity(USUAL),
            bindings,
            hidden: Vec::with_capacity(USUAL),
            raw_attributes: Vec::with_capacity(USUAL),
        }
    }

    fn event(&mut self, event: Event<'i>) -> Result<(), Rejection> {
        match event {
            Event::Start(tag) => self.start(tag.len(), ">"),
            Event::Empty(tag) => {
                self.start(tag.len(), "/>")?;
                self.close(self.position);
                Ok(())
            }
            Event::End(tag) => {
                self.close(self.end_tag_start(tag.len()));
                Ok(())
            }
            Event::Text(text) => self.text(self.borrowed(text.into_inner())?),
            Event::CData(text) => {
                let text = self.borrowed(text.into_inner())?;
                self.character_data(text.len(), self.line_ends(text))
            }
            Event::GeneralRef(reference) => {
                let c = tag::resolve(&reference).map_err(|problem| self.malformed(problem))?;
                // The five entities need no allocation.
                let text = match c {
                    '&' => Cow::Borrowed("&"),
                    '<' => Cow::Borrowed("<"),
                    '>' => Cow::Borrowed(">"),
                    '"' => Cow::Borrowed("\""),
                    '\'' => Cow::Borrowed("'"),
                    c => Cow::Owned(c.to_string()),
                };
                self.character_data(reference.len(), text)
            }
            Event::Comment(text) => {
                let text = self.borrowed(text.into_inner())?;
                self.check_text(text.len())?;
                self.push(Kind::Comment(self.kept(self.line_ends(text))))
            }
            Event::PI(instruction) => {
                let content = self.borrowed(instruction.into_inner())?;
                self.processing_instruction(content)
            }
            Event::Decl(declaration) => self.declaration(&declaration),
            Event::DocType(_) => Err(Rejection::DtdForbidden),
            Event::Eof => Ok(()),
        }
    }

    /// Where the end tag that ends at the position begins: there the content ends. Its name has so
    /// many bytes.
    fn end_tag_start(&self, name: usize) -> usize {
        let bytes = self.input.as_bytes();
        let close = self.position.saturating_sub("</>".len().saturating_add(name));
        if bytes.get(close..).is_some_and(|rest| rest.starts_with(b"</")) {
            return close;
        }
        // `</name >`: there is blank space behind the name.
        let before = self.input.get(..self.position).unwrap_or_default();
        before.rfind("</").unwrap_or(self.position)
    }

    /// What the slice reader hands out is always borrowed from the input.
    fn borrowed(&self, text: Cow<'i, str>) -> Result<&'i str, Rejection> {
        match text {
            Cow::Borrowed(text) => Ok(text),
            Cow::Owned(_) => Err(self.malformed(XmlProblem::Syntax)),
        }
    }

    /// XML 1.0 §2.8: only at the very beginning; version, encoding, standalone in this order.
    fn declaration(&mut self, content: &str) -> Result<(), Rejection> {
        let malformed = |problem| Err(self.malformed(problem));
        let first = self.document.nodes.is_empty() && self.input.starts_with("<?xml");
        if !first || self.position != content.len() + "<??>".len() {
            return malformed(XmlProblem::DeclarationMisplaced);
        }
        let mut order = ["version", "encoding", "standalone"].iter();
        let mut version = false;
        for attribute in tag::attributes(content.strip_prefix("xml").unwrap_or_default()) {
            let Ok((name, value)) = attribute else { return malformed(XmlProblem::Declaration) };
            if !order.any(|expected| *expected == name) {
                return malformed(XmlProblem::Declaration);
            }
            match name {
                "version" if value == "1.0" => version = true,
                "version" => return malformed(XmlProblem::Version),
                "encoding" if value.eq_ignore_ascii_case("UTF-8") => {}
                "encoding" => return malformed(XmlProblem::Encoding),
                _ if matches!(value, "yes" | "no") => {}
                _ => return malformed(XmlProblem::Declaration),
            }
        }
        if version { Ok(()) } else { malformed(XmlProblem::Declaration) }
    }

    /// XML 1.0 §2.6, Namespaces §7: the target is a name without a colon, and not `xml`.
    fn processing_instruction(&mut self, content: &'i str) -> Result<(), Rejection> {
        self.check_text(content.len())?;
        let (target, data) = content.split_once(SPACE).unwrap_or((content, ""));
        if !is_ncname(target) || target.eq_ignore_ascii_case("xml") {
            return Err(self.malformed(XmlProblem::Name));
        }
        self.check_name(target)?;
        let data = self.kept(self.line_ends(data.trim_start_matches(SPACE)));
        self.push(Kind::ProcessingInstruction { target: self.span(target), data })
    }

    fn text(&mut self, raw: &'i str) -> Result<(), Rejection> {
        if self.survey.section_end && raw.contains("]]>") {
            return Err(self.malformed(XmlProblem::Syntax));
        }
        if self.open.is_empty() && raw.trim_matches(SPACE).is_empty() {
            return Ok(());
        }
        self.character_data(raw.len(), self.line_ends(raw))
    }

    fn line_ends(&self, raw: &'i str) -> Cow<'i, str> {
        if self.survey.carriage_return { tag::line_ends(raw) } else { Cow::Borrowed(raw) }
    }

    fn character_data(&mut self, raw_length: usize, text: Cow<'i, str>) -> Result<(), Rejection> {
        if self.open.is_empty() {
            return Err(self.malformed(XmlProblem::ContentOutsideRoot));
        }
        self.check_text(raw_length)?;
        if text.is_empty() {
            return Ok(());
        }
        // Neighbouring pieces become one node, so that a text costs the same however it is written.
        let parent = self.open.last().map(|open| open.id);
        if let Some(NodeData { kind: Kind::Text(before), parent: its_parent, .. }) =
            self.document.nodes.last_mut()
            && Some(*its_parent) == parent
        {
            let length = before.push(&text, self.input);
            return self.check_text(length);
        }
        self.push(Kind::Text(self.kept(text)))
    }

    /// A start tag, which ends at the position with `suffix`; `length` bytes lie between it and the
    /// `<`.
    fn start(&mut self, length: usize, suffix: &str) -> Result<(), Rejection> {
        let end = self.position.saturating_sub(suffix.len());
        let content = self.input.get(end.saturating_sub(length)..end).unwrap_or_default();
        if self.open.is_empty() && self.root.is_some() {
            return Err(self.malformed(XmlProblem::Root));
        }
        if self.open.len() >= self.limits.depth {
            return Err(limit(LimitKind::Depth, self.limits.depth));
        }
        let name_end = content.bytes().position(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'));
        let name = content.get(..name_end.unwrap_or(content.len())).unwrap_or_default();
        let hidden = self.hidden.len();

        // Declarations hold for the whole tag, also before the place where they stand.
        let mut raw_attributes = std::mem::take(&mut self.raw_attributes);
        let first_declaration = self.document.declarations.len();
        for attribute in tag::attributes(content.get(name.len()..).unwrap_or_default()) {
            let (name, raw) = attribute.map_err(|problem| self.malformed(problem))?;
            self.check_text(raw.len())?;
            let value = tag::attribute_value(raw).map_err(|problem| self.malformed(problem))?;
            match name.strip_prefix("xmlns") {
                Some("") => self.declare(None, value, first_declaration)?,
                Some(rest) if rest.starts_with(':') => {
                    self.declare(rest.get(1..), value, first_declaration)?
                }
                _ if raw_attributes.len() >= self.limits.attributes => {
                    return Err(limit(LimitKind::Attributes, self.limits.attributes));
                }
                _ => raw_attributes.push((name, value)),
            }
        }
        let declarations = first_declaration..self.document.declarations.len();

        let (prefix, namespace, local) = self.resolve(name, true)?;
        let first_attribute = self.document.attributes.len();
        for (name, value) in raw_attributes.drain(..) {
            let (prefix, namespace, local) = self.resolve(name, false)?;
            let (local, value) = (self.span(local), self.kept(value));
            self.document.attributes.push(Attribute { prefix, namespace, local, value });
        }
        self.raw_attributes = raw_attributes;
        let attributes = first_attribute..self.document.attributes.len();
        self.check_unique(attributes.clone())?;

        let id = NodeId::at(self.document.nodes.len());
        let content = Span::new(self.position..self.position);
        self.push(Kind::Element(ElementData {
            prefix,
            namespace,
            local: self.span(local),
            attributes: Span::new(attributes),
            declarations: Span::new(declarations),
            content,
        }))?;
        self.root.get_or_insert(id);
        self.open.push(Open { id, hidden });
        Ok(())
    }

    /// One namespace declaration, of the default namespace or of a prefix: Namespaces §3 and §5.
    fn declare(
        &mut self,
        prefix: Option<&'i str>,
        uri: Cow<'i, str>,
        first_declaration: usize,
    ) -> Result<(), Rejection> {
        let declared = self.document.declarations.get(first_declaration..).unwrap_or_default();
        if declared.len() >= self.limits.namespaces {
            return Err(limit(LimitKind::Namespaces, self.limits.namespaces));
        }
        if prefix.is_some_and(|prefix| !is_ncname(prefix)) {
            return Err(self.malformed(XmlProblem::Name));
        }
        let prefix = prefix.unwrap_or_default();
        self.check_name(prefix)?;
        self.check_name(&uri)?;
        let number = self.document.prefixes.prefix(prefix, self.input);
        if declared.iter().any(|declaration| declaration.prefix == number) {
            return Err(self.malformed(XmlProblem::DuplicateAttribute));
        }
        let known = self.document.namespaces.len();
        let namespace = self.document.namespaces.namespace(uri, self.input);
        let xml = (number == Prefix::XML, namespace == Namespace::XML);
        let undeclared = number != Prefix::DEFAULT && namespace == Namespace::NONE;
        if prefix == "xmlns" || namespace == Namespace::XMLNS || xml.0 != xml.1 || undeclared {
            return Err(self.malformed(XmlProblem::Namespace));
        }
        // What was declared before has been looked at; the known ones are absolute.
        if self.document.namespaces.len() > known {
            self.document.relative_namespace |=
                !is_absolute(self.document.namespaces.uri(namespace, self.input));
        }
        self.document.declarations.push(Declaration { prefix: number, namespace });
        if number.index() >= self.bindings.len() {
            self.bindings.resize(number.index() + 1, Namespace::UNBOUND);
        }
        if let Some(binding) = self.bindings.get_mut(number.index()) {
            let hidden = std::mem::replace(binding, namespace);
            self.hidden.push(Declaration { prefix: number, namespace: hidden });
        }
        Ok(())
    }

    /// Namespaces §6: the default namespace applies to elements only.
    fn resolve(
        &self,
        name: &'i str,
        element: bool,
    ) -> Result<(Prefix, Namespace, &'i str), Rejection> {
        self.check_name(name)?;
        let (prefix, local) = split_qname(name).ok_or_else(|| self.malformed(XmlProblem::Name))?;
        if prefix.is_empty() && !element {
            return Ok((Prefix::DEFAULT, Namespace::NONE, local));
        }
        let bound = self.document.prefixes.find_prefix(prefix, self.input).and_then(|number| {
            let namespace = *self.bindings.get(number.index())?;
            (namespace != Namespace::UNBOUND).then_some((number, namespace))
        });
        let unbound = || match is_ncname(prefix) {
            true => XmlProblem::UndeclaredPrefix,
            false => XmlProblem::Name,
        };
        let (number, namespace) = bound.ok_or_else(|| self.malformed(unbound()))?;
        Ok((number, namespace, local))
    }

    /// XML 1.0 §3.1 and Namespaces §6.3: no two attributes with the same expanded name.
    fn check_unique(&self, attributes: Range<usize>) -> Result<(), Rejection> {
        let attributes = self.document.attributes.get(attributes).unwrap_or_default();
        let name = |attribute: &Attribute| (attribute.namespace, attribute.local.get(self.input));
        // `Limits::attributes` bounds the pairs.
        let repeated = attributes.iter().enumerate().any(|(position, attribute)| {
            attributes.iter().take(position).any(|earlier| name(earlier) == name(attribute))
        });
        if repeated { Err(self.malformed(XmlProblem::DuplicateAttribute)) } else { Ok(()) }
    }

    fn close(&mut self, content_end: usize) {
        let Some(Open { id, hidden }) = self.open.pop() else { return };
        let end = NodeId::at(self.document.nodes.len());
        if let Some(node) = self.document.nodes.get_mut(id.index()) {
            node.end = end;
            if let Kind::Element(data) = &mut node.kind {
                data.content = data.content.with_end(content_end);
            }
        }
        while self.hidden.len() > hidden {
            let Some(declaration) = self.hidden.pop() else { break };
            if let Some(binding) = self.bindings.get_mut(declaration.prefix.index()) {
                *binding = declaration.namespace;
            }
        }
    }

    fn push(&mut self, kind: Kind) -> Result<(), Rejection> {
        let document = &mut self.document;
        let id = document.nodes.len();
        if id + document.attributes.len() + document.declarations.len() >= self.nodes {
            return Err(limit(LimitKind::Nodes, self.nodes));
        }
        let id = NodeId::at(id);
        let parent = self.open.last().map_or(id, |open| open.id);
        // No more room than there may be nodes: doubled, it would be twice as much in the end.
        if document.nodes.len() == document.nodes.capacity() {
            let left = self.nodes.saturating_sub(document.nodes.len());
            document.nodes.reserve_exact(document.nodes.len().max(USUAL).min(left));
        }
        document.nodes.push(NodeData { kind, parent, end: id.next() });
        Ok(())
    }

    fn finish(mut self) -> Result<Document, Rejection> {
        if !self.open.is_empty() {
            return Err(self.malformed(XmlProblem::MismatchedTag));
        }
        self.document.root = self.root.ok_or_else(|| self.malformed(XmlProblem::Root))?;
        // Core §1.3.4: identifiers are unique. Only `ID` is one; `Id`, `id` and `xml:id` never are.
        let attributes = self.document.attributes.iter();
        let is_id =
            |a: &&Attribute| a.namespace == Namespace::NONE && a.local.holds("ID", self.input);
        let ids = attributes.filter(is_id);
        let mut ids: Vec<&str> = ids.map(|id| id.value.get(self.input)).collect();
        ids.sort_unstable();
        if !ids.is_sorted_by(|earlier, later| earlier < later) {
            return Err(Rejection::DuplicateId);
        }
        Ok(self.document)
    }

    /// Where a piece of the input stands in it.
    fn span(&self, piece: &str) -> Span {
        Span::of(piece, self.input).unwrap_or(Span::new(0..0))
    }

    fn kept(&self, text: Cow<'i, str>) -> Text {
        Text::of(text, self.input)
    }

    fn check_name(&self, name: &str) -> Result<(), Rejection> {
        check(LimitKind::NameBytes, name.len(), self.limits.name_bytes)
    }

    fn check_text(&self, length: usize) -> Result<(), Rejection> {
        check(LimitKind::TextBytes, length, self.limits.text_bytes)
    }

    fn malformed(&self, problem: XmlProblem) -> Rejection {
        Rejection::XmlMalformed { problem, offset: self.position }
    }
}

fn check(kind: LimitKind, found: usize, allowed: usize) -> Result<(), Rejection> {
    if found > allowed { Err(limit(kind, allowed)) } else { Ok(()) }
}

fn limit(limit: LimitKind, allowed: usize) -> Rejection {
    Rejection::XmlLimitExceeded { limit, allowed }
}
