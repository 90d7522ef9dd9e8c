//! The markup of a copy: the same elements in the same order, with other values, unsigned.

use super::replace::Replacements;
use crate::xml::{Document, Element, Namespace, Node, escaped};

enum Step<'d> {
    Visit(Node<'d>),
    Close(String),
}

/// Comments and processing instructions are left out: they may say anything.
pub(super) fn copy(document: &Document, replacements: &mut Replacements) -> String {
    let mut copy = String::new();
    let mut steps: Vec<Step<'_>> =
        document.root().map(|root| Step::Visit(Node::Element(root))).into_iter().collect();
    while let Some(step) = steps.pop() {
        match step {
            Step::Close(name) => copy.push_str(&format!("</{name}>")),
            Step::Visit(Node::Text(text)) if is_kept(text) => copy.push_str(&escaped(text)),
            Step::Visit(Node::Text(text)) => copy.push_str(&escaped(&replacements.of(text))),
            Step::Visit(Node::Element(element)) => {
                let name = element.qualified_name();
                open(&element, &name, &mut copy, replacements);
                steps.push(Step::Close(name));
                if is_known(&element) {
                    let children: Vec<_> = element.children().map(Step::Visit).collect();
                    steps.extend(children.into_iter().rev());
                }
            }
            Step::Visit(Node::Comment | Node::ProcessingInstruction) => {}
        }
    }
    copy
}

fn open(element: &Element<'_>, name: &str, copy: &mut String, replacements: &mut Replacements) {
    copy.push_str(&format!("<{name}"));
    for (prefix, uri) in element.declared() {
        let colon = if prefix.is_empty() { "" } else { ":" };
        copy.push_str(&format!(" xmlns{colon}{prefix}=\"{}\"", escaped(uri)));
    }
    for (name, value) in element.written_attributes() {
        let value = match value.strip_prefix('#') {
            _ if is_kept(value) => value.to_owned(),
            Some(id) => format!("#{}", replacements.of(id)),
            None => replacements.of(value),
        };
        copy.push_str(&format!(" {name}=\"{}\"", escaped(&value)));
    }
    copy.push('>');
}

/// What nobody has defined may hold anything, and is emptied. So is what holds keys, digests and
/// ciphertext: the signature is to be made anew.
fn is_known(element: &Element<'_>) -> bool {
    let emptied = ["DigestValue", "SignatureValue", "KeyInfo", "CipherValue"];
    let spaces = [Namespace::SAML, Namespace::SAMLP, Namespace::DS, Namespace::XENC];
    let local = element.local_name();
    !emptied.contains(&local) && spaces.iter().any(|space| element.is(*space, local))
}

/// Constants of the protocol and times tell nothing of anybody.
fn is_kept(value: &str) -> bool {
    let standards = ["urn:oasis:names:tc:SAML:", "http://www.w3.org/"];
    let time = value.ends_with('Z') && value.contains('T') && {
        value.bytes().all(|b| b.is_ascii_digit() || b"-:.TZ".contains(&b))
    };
    let standard = standards.iter().any(|start| value.starts_with(start));
    time || standard || ["2.0", "xs:string"].contains(&value) || value.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use crate::random::Random;

    #[test]
    fn a_copy_has_the_elements_of_the_original_and_none_of_its_values() {
        let form = include_str!("../../fixtures/simplesamlphp/both-signed.b64");
        let octets = crate::binding::base64(form).unwrap();
        let original = String::from_utf8(octets).unwrap();
        let parse = |text: &str| Document::parse(text.to_owned(), &Limits::default()).unwrap();
        let document = parse(&original);
        let copy = copy(&document, &mut Replacements::new(Random::new([7; 32])));
        let copy = parse(&copy);
        let (values, copied) = (values(&document), values(&copy));
        for value in values.iter().filter(|value| value.len() >= 4) {
            assert!(!copied.iter().any(|copy| copy.contains(value)), "{value} is in the copy");
        }
        let names = |of: &Document| of.elements().map(|e| e.qualified_name()).collect::<Vec<_>>();
        let mut expected = names(&document);
        // What stands in KeyInfo goes.
        expected.retain(|name| !name.contains("X509"));
        assert_eq!(names(&copy), expected);
        assert!(values.len() > 20, "{values:?}");
    }

    /// Whatever is to be replaced: constants may hold a short value by chance.
    fn values(document: &Document) -> Vec<String> {
        let mut values = Vec::new();
        for element in document.elements() {
            values.extend(element.written_attributes().map(|(_, value)| value.to_owned()));
            values.extend(element.children().filter_map(|child| match child {
                Node::Text(text) => Some(text.trim().to_owned()),
                _ => None,
            }));
        }
        values.retain(|value| !is_kept(value));
        values
    }
}
