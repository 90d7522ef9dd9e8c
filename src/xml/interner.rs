use std::borrow::Cow;
use std::collections::HashMap;

use super::text::Text;

/// A namespace name, interned: two are equal in a document when their URIs are equal byte for byte.
///
/// The namespaces that SAML reads have the same number in every document.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Namespace(u32);

impl Namespace {
    /// No namespace.
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const XML: Self = Self(1);
    pub(super) const XMLNS: Self = Self(2);
    /// SAML 2.0 assertions, usually `saml:`.
    pub(crate) const SAML: Self = Self(3);
    /// SAML 2.0 protocol, usually `samlp:`.
    pub(crate) const SAMLP: Self = Self(4);
    /// XML Signature, usually `ds:`.
    pub(crate) const DS: Self = Self(5);
    /// XML Schema instances, usually `xsi:`.
    pub(crate) const XSI: Self = Self(6);
    /// Exclusive canonicalization, usually `ec:`.
    pub(crate) const EXC_C14N: Self = Self(7);
    /// XML Encryption, usually `xenc:`.
    pub(crate) const XENC: Self = Self(8);
    /// XML Encryption 1.1, usually `xenc11:`.
    pub(crate) const XENC11: Self = Self(9);
    /// SOAP 1.1, usually `soap:`.
    pub(crate) const SOAP: Self = Self(10);
    /// SAML 2.0 metadata, usually `md:`.
    pub(crate) const MD: Self = Self(11);
    /// Stands for "the prefix is not bound". No document has so many namespaces.
    pub(super) const UNBOUND: Self = Self(u32::MAX);
}

/// The URIs of the numbered namespaces, by number.
pub(super) const KNOWN_NAMESPACES: [&str; 12] = [
    "",
    "http://www.w3.org/XML/1998/namespace",
    "http://www.w3.org/2000/xmlns/",
    "urn:oasis:names:tc:SAML:2.0:assertion",
    "urn:oasis:names:tc:SAML:2.0:protocol",
    "http://www.w3.org/2000/09/xmldsig#",
    "http://www.w3.org/2001/XMLSchema-instance",
    "http://www.w3.org/2001/10/xml-exc-c14n#",
    "http://www.w3.org/2001/04/xmlenc#",
    "http://www.w3.org/2009/xmlenc11#",
    "http://schemas.xmlsoap.org/soap/envelope/",
    "urn:oasis:names:tc:SAML:2.0:metadata",
];

/// A namespace prefix, interned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Prefix(u32);

impl Prefix {
    /// The empty prefix: the default namespace.
    pub(super) const DEFAULT: Self = Self(0);
    pub(super) const XML: Self = Self(1);

    pub(super) fn index(self) -> usize {
        index(self.0)
    }
}

/// The numbered prefixes, by number.
pub(super) const KNOWN_PREFIXES: [&str; 2] = ["", "xml"];

/// The strings of a document, numbered in order of appearance; the known ones come first. Its
/// methods are handed the text that the others stand in.
pub(super) struct Interner {
    known: &'static [&'static str],
    strings: Vec<Text>,
    /// Finds strings past the first [`SCANNED`]. Its hasher is keyed at random, so that no document
    /// can aim at it.
    index: HashMap<Box<str>, u32>,
}

/// So many strings are found by comparing with each; honest documents have no more.
const SCANNED: usize = 24;

impl Interner {
    pub(super) fn new(known: &'static [&'static str]) -> Self {
        Self { known, strings: Vec::with_capacity(SCANNED), index: HashMap::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.known.len().saturating_add(self.strings.len())
    }

    fn find(&self, string: &str, input: &str) -> Option<u32> {
        let known = self.known.iter().position(|known| *known == string);
        let scanned = || {
            let of_document = self.strings.iter().take(SCANNED);
            let place = of_document.map(|text| text.holds(string, input)).position(|is| is)?;
            place.checked_add(self.known.len())
        };
        match known.or_else(scanned) {
            Some(position) => u32::try_from(position).ok(),
            // Empty unless there are more than are looked through: nothing is hashed for that.
            None => self.index.get(string).copied(),
        }
    }

    fn intern(&mut self, string: Cow<'_, str>, input: &str) -> u32 {
        if let Some(number) = self.find(&string, input) {
            return number;
        }
        // The node limit and the document limit keep the count far below `u32::MAX`, which stands
        // for "unbound".
        let number = u32::try_from(self.len()).unwrap_or(u32::MAX - 1);
        if self.strings.len() >= SCANNED {
            self.index.insert(string.as_ref().into(), number);
        }
        self.strings.push(Text::of(string, input));
        number
    }

    fn string<'t>(&'t self, number: u32, input: &'t str) -> &'t str {
        let number = index(number);
        match self.known.get(number) {
            Some(known) => known,
            None => {
                let place = number.saturating_sub(self.known.len());
                self.strings.get(place).map_or("", |text| text.get(input))
            }
        }
    }

    pub(super) fn namespace(&mut self, uri: Cow<'_, str>, input: &str) -> Namespace {
        Namespace(self.intern(uri, input))
    }

    pub(super) fn prefix(&mut self, prefix: &str, input: &str) -> Prefix {
        Prefix(self.intern(Cow::Borrowed(prefix), input))
    }

    pub(super) fn find_prefix(&self, prefix: &str, input: &str) -> Option<Prefix> {
        self.find(prefix, input).map(Prefix)
    }

    pub(super) fn uri<'t>(&'t self, namespace: Namespace, input: &'t str) -> &'t str {
        self.string(namespace.0, input)
    }

    pub(super) fn prefix_str<'t>(&'t self, prefix: Prefix, input: &'t str) -> &'t str {
        self.string(prefix.0, input)
    }
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_stable_and_equal_strings_share_one() {
        let mut interner = Interner::new(&KNOWN_NAMESPACES);
        assert_eq!(
            interner.namespace("urn:oasis:names:tc:SAML:2.0:protocol".into(), ""),
            Namespace::SAMLP
        );
        let names: Vec<String> = (0..100).map(|n| format!("urn:{n}")).collect();
        let first: Vec<Namespace> =
            names.iter().map(|n| interner.namespace(n.into(), "")).collect();
        let second: Vec<Namespace> =
            names.iter().map(|n| interner.namespace(n.into(), "")).collect();
        assert_eq!(first, second);
        assert_eq!(interner.len(), KNOWN_NAMESPACES.len() + 100);
        assert_eq!(interner.uri(first[99], ""), "urn:99");
        assert_eq!(interner.find_prefix("urn:50", ""), Some(Prefix(first[50].0)));
    }
}
