//! The markup of a copy: the same elements in the same order, with other values, unsigned.

use super::known;
use super::replace::Replacements;
use crate::xml::{Document, Element, Namespace, Node, escaped};

/// What stands in the place of digests, signatures, certificates and ciphertext.
const PLACEHOLDER: &str = "AAAA";

/// What a copy has no place for.
#[derive(Default)]
pub(super) struct Dropped {
    /// Comments and processing instructions.
    pub(super) remarks: usize,
    /// Elements that no specification of SAML knows: emptied.
    pub(super) elements: usize,
    /// Attributes, and declarations of namespaces, of the same kind.
    pub(super) attributes: usize,
}

pub(super) struct Copier<'r> {
    pub(super) replacements: &'r mut Replacements,
    pub(super) dropped: Dropped,
    xml: String,
}

enum Step<'d> {
    Visit(Node<'d>, Element<'d>),
    Close(String),
}

impl<'r> Copier<'r> {
    pub(super) fn new(replacements: &'r mut Replacements) -> Self {
        Self { replacements, dropped: Dropped::default(), xml: String::new() }
    }

    /// Writes the copy. It does not recurse, however deep the elements stand.
    pub(super) fn copy(mut self, document: &Document) -> (String, Dropped) {
        let Some(root) = document.root() else { return (self.xml, self.dropped) };
        let mut steps = vec![Step::Visit(Node::Element(root), root)];
        while let Some(step) = steps.pop() {
            match step {
                Step::Close(name) => self.xml.push_str(&format!("</{name}>")),
                Step::Visit(Node::Text(text), parent) => self.text(text, parent),
                Step::Visit(Node::Element(element), parent) => {
                    let Some(name) = self.open(element) else { continue };
                    steps.push(Step::Close(name));
                    let is_key_info = element.is(Namespace::DS, "KeyInfo")
                        && parent.is(Namespace::DS, "Signature");
                    if is_key_info {
                        self.key_info(element);
                        continue;
                    }
                    let children: Vec<_> = element.children().collect();
                    let children = children.into_iter().rev();
                    steps.extend(children.map(|child| Step::Visit(child, element)));
                }
                // They may say anything.
                Step::Visit(Node::Comment | Node::ProcessingInstruction, _) => {
                    self.dropped.remarks += 1;
                }
            }
        }
        (self.xml, self.dropped)
    }

    fn text(&mut self, text: &str, parent: Element<'_>) {
        let value = match text.trim() {
            "" => text.to_owned(),
            constant if known::is_constant(constant) => text.to_owned(),
            _ if is_binary(parent) => PLACEHOLDER.to_owned(),
            _ => self.replacements.of(text),
        };
        self.xml.push_str(&escaped(&value));
    }

    /// Of a signature, what shows a certificate shows the one of the copy.
    fn key_info(&mut self, key_info: Element<'_>) {
        let has = |local| key_info.descendants().any(|e| e.is(Namespace::DS, local));
        if has("X509Certificate") {
            let name = self.name(&key_info);
            let prefix = name.strip_suffix("KeyInfo").unwrap_or_default().to_owned();
            self.xml.push_str(&format!(
                "<{prefix}X509Data><{prefix}X509Certificate>{PLACEHOLDER}</{prefix}X509Certificate></{prefix}X509Data>"
            ));
        }
    }

    /// Writes the start tag, and gives the name. What no specification knows may hold anything, its
    /// name too: `None` if it was written whole.
    fn open(&mut self, element: Element<'_>) -> Option<String> {
        let spaces = [
            Namespace::SAML,
            Namespace::SAMLP,
            Namespace::DS,
            Namespace::XENC,
            Namespace::XENC11,
            Namespace::EXC_C14N,
        ];
        let local = element.local_name();
        if !spaces.iter().any(|space| element.is(*space, local)) {
            self.dropped.elements += 1;
            self.xml.push_str("<redacted xmlns=\"\"></redacted>");
            return None;
        }
        let name = self.name(&element);
        self.xml.push_str(&format!("<{name}"));
        for (prefix, uri) in element.declared() {
            if !known::is_namespace(uri) {
                self.dropped.attributes += 1;
                continue;
            }
            let prefix = self.prefix(prefix);
            let colon = if prefix.is_empty() { "" } else { ":" };
            self.xml.push_str(&format!(" xmlns{colon}{prefix}=\"{uri}\""));
        }
        for (name, value) in element.written_attributes() {
            match self.attribute(element, &name, value) {
                Some((name, value)) => {
                    self.xml.push_str(&format!(" {name}=\"{}\"", escaped(&value)));
                }
                None => self.dropped.attributes += 1,
            }
        }
        self.xml.push('>');
        Some(name)
    }

    fn attribute(
        &mut self,
        element: Element<'_>,
        name: &str,
        value: &str,
    ) -> Option<(String, String)> {
        if let Some((prefix, local)) = name.split_once(':') {
            return self.typed(element, prefix, local, value);
        }
        if !known::is_attribute(name) {
            return None;
        }
        let is_name = element.is(Namespace::SAML, "Attribute");
        let value = match (name, value.strip_prefix('#')) {
            ("URI", Some(id)) => format!("#{}", self.replacements.of(id)),
            ("PrefixList", _) => self.prefixes(value),
            ("Name" | "FriendlyName", _) if is_name => self.replacements.attribute_name(value),
            _ if known::is_number(name, value) || known::is_constant(value) => value.to_owned(),
            _ => self.replacements.of(value),
        };
        Some((name.to_owned(), value))
    }

    /// `xsi:type` and `xsi:nil`.
    fn typed(
        &mut self,
        element: Element<'_>,
        prefix: &str,
        local: &str,
        value: &str,
    ) -> Option<(String, String)> {
        if element.attribute_ns(Namespace::XSI, local) != Some(value) {
            return None;
        }
        let value = match local {
            "nil" if ["true", "false", "1", "0"].contains(&value) => value.to_owned(),
            "type" => {
                let (of, kind) = value.split_once(':').unwrap_or(("", value));
                let of = Some(self.prefix(of)).filter(|_| known::is_type(kind))?;
                if of.is_empty() { kind.to_owned() } else { format!("{of}:{kind}") }
            }
            _ => return None,
        };
        Some((format!("{}:{local}", self.prefix(prefix)), value))
    }

    fn prefixes(&mut self, list: &str) -> String {
        let prefixes = list.split_ascii_whitespace().map(|prefix| match prefix {
            "#default" => prefix.to_owned(),
            prefix => self.prefix(prefix),
        });
        prefixes.collect::<Vec<_>>().join(" ")
    }

    fn name(&mut self, element: &Element<'_>) -> String {
        let qualified = element.qualified_name();
        match qualified.split_once(':') {
            Some((prefix, local)) => format!("{}:{local}", self.prefix(prefix)),
            None => qualified,
        }
    }

    fn prefix(&mut self, prefix: &str) -> String {
        match known::is_prefix(prefix) {
            true => prefix.to_owned(),
            false => self.replacements.of(prefix),
        }
    }
}

/// Whether an element holds Base64 of keys, digests or ciphertext.
fn is_binary(element: Element<'_>) -> bool {
    let binary = [
        "CipherValue",
        "DigestValue",
        "Exponent",
        "Modulus",
        "OAEPparams",
        "SignatureValue",
        "X509CRL",
        "X509Certificate",
        "X509SKI",
    ];
    let local = element.local_name();
    let is_of = |space| element.is(space, local);
    binary.contains(&local) && (is_of(Namespace::DS) || is_of(Namespace::XENC))
}
