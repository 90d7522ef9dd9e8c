//! The `ds:Signature` element as it stands in the document: XML Signature §4.1, Core §5.4.

use super::algorithm::forbidden;
use crate::error::{AlgorithmUse, LimitKind, Part, Rejection, SignatureProblem};
use crate::xml::{C14n, C14nError, Element, Namespace, Node, NodeId, canonicalize};

/// So long may SignedInfo be: it names one Reference, and anybody can write one. An ID and two
/// lists of prefixes that are longer than any have room.
const MAX_SIGNED_INFO: usize = 128 * 1024;

/// A signature found as a direct child of the element it should sign. Nothing in it is verified
/// yet.
pub(super) struct Signature<'d> {
    pub(super) id: NodeId,
    signed_info: Element<'d>,
    pub(super) value: Vec<u8>,
    key_info: Option<Element<'d>>,
    on: Part,
}

impl<'d> Signature<'d> {
    /// The one signature of `signed`, held to its form: SignedInfo, SignatureValue, at most one
    /// KeyInfo, no Object.
    pub(super) fn of(signed: Element<'d>, on: Part) -> Result<Self, Rejection> {
        let malformed = |problem| Rejection::SignatureMalformed { on, problem };
        let mut found =
            signed.child_elements().filter(|child| child.is(Namespace::DS, "Signature"));
        let signature = found.next().ok_or(Rejection::SignatureMissing { on })?;
        if found.next().is_some() {
            return Err(malformed(SignatureProblem::Repeated));
        }
        if signature.child_elements().any(|child| child.is(Namespace::DS, "Object")) {
            return Err(malformed(SignatureProblem::Object));
        }
        let mut children =
            elements(signature).ok_or(malformed(SignatureProblem::Elements))?.into_iter();
        let mut next = |local: &str| {
            let child = children.next().filter(|child| child.is(Namespace::DS, local));
            child.ok_or(malformed(SignatureProblem::Elements))
        };
        let signed_info = next("SignedInfo")?;
        let value = base64(next("SignatureValue")?).ok_or(malformed(SignatureProblem::Base64))?;
        let key_info = match children.next() {
            None => None,
            Some(child) if child.is(Namespace::DS, "KeyInfo") => Some(child),
            Some(_) => return Err(malformed(SignatureProblem::Elements)),
        };
        if children.next().is_some() {
            return Err(malformed(SignatureProblem::Elements));
        }
        // Canonicalization may drop a comment that hides part of the digest from one reader and not
        // from another.
        let digests = signed_info.descendants().filter(|e| e.is(Namespace::DS, "DigestValue"));
        for digest in digests {
            base64(digest).ok_or(malformed(SignatureProblem::Base64))?;
        }
        Ok(Self { id: signature.id(), signed_info, value, key_info, on })
    }

    /// Canonicalizes SignedInfo by its own CanonicalizationMethod: the octets that the signature is
    /// over.
    pub(super) fn signed_info_octets(&self) -> Result<(String, Canonicalization<'d>), Rejection> {
        let malformed =
            || Rejection::SignatureMalformed { on: self.on, problem: SignatureProblem::Elements };
        let method = self.signed_info.child_elements().next().ok_or_else(malformed)?;
        if !method.is(Namespace::DS, "CanonicalizationMethod") {
            return Err(malformed());
        }
        let canonicalization = Canonicalization::read(method, self.on)?;
        let within = |length: usize| match length {
            ..=MAX_SIGNED_INFO => Ok(()),
            _ => Err(Rejection::XmlLimitExceeded {
                limit: LimitKind::SignedInfoBytes,
                allowed: MAX_SIGNED_INFO,
            }),
        };
        within(self.signed_info.content().len())?;
        let octets = canonicalization.apply(self.signed_info, None)?;
        within(octets.len())?;
        Ok((octets, canonicalization))
    }

    /// Whether SignedInfo, or what is signed, is canonicalized with the namespaces of the elements
    /// around it, so that the signature holds in no other place than where it was made. For the
    /// words of a refusal.
    pub(super) fn is_inclusive(&self) -> bool {
        let named = |local: &'static str| {
            let methods = self.signed_info.descendants();
            let methods = methods.filter(move |element| element.is(Namespace::DS, local));
            methods.filter_map(|method| C14n::from_uri(method.attribute("Algorithm")?))
        };
        let implied = named("Transform").next().is_none();
        let mut all = named("CanonicalizationMethod").chain(named("Transform"));
        implied || all.any(|algorithm| !algorithm.is_exclusive())
    }

    /// The first certificate that KeyInfo holds, as DER. For the words of a refusal; it never
    /// verifies anything.
    pub(super) fn embedded_certificate(&self) -> Option<Vec<u8>> {
        let mut inside = self.key_info?.descendants();
        base64(inside.find(|element| element.is(Namespace::DS, "X509Certificate"))?)
    }
}

/// A canonicalization algorithm with its parameter.
#[derive(PartialEq, Eq)]
pub(super) struct Canonicalization<'d> {
    pub(super) algorithm: C14n,
    /// InclusiveNamespaces/@PrefixList: Exclusive C14N §4.
    prefix_list: Vec<&'d str>,
}

impl<'d> Canonicalization<'d> {
    /// What a Reference without a canonicalization transform means.
    pub(super) const IMPLIED: Self = Self { algorithm: C14n::IMPLIED, prefix_list: Vec::new() };

    /// Reads a CanonicalizationMethod, or a Transform that is one.
    pub(super) fn read(method: Element<'d>, on: Part) -> Result<Self, Rejection> {
        let uri = method.attribute("Algorithm").unwrap_or_default();
        let algorithm = C14n::from_uri(uri)
            .ok_or_else(|| forbidden(AlgorithmUse::Canonicalization, uri, None))?;
        let malformed =
            || Rejection::SignatureMalformed { on, problem: SignatureProblem::Elements };
        let prefix_list = match elements(method).ok_or_else(malformed)?.as_slice() {
            [] => Vec::new(),
            [list]
                if list.is(Namespace::EXC_C14N, "InclusiveNamespaces")
                    && algorithm.is_exclusive() =>
            {
                list.attribute("PrefixList").unwrap_or_default().split_ascii_whitespace().collect()
            }
            _ => return Err(malformed()),
        };
        Ok(Self { algorithm, prefix_list })
    }

    pub(super) fn apply(
        &self,
        apex: Element<'_>,
        except: Option<NodeId>,
    ) -> Result<String, Rejection> {
        canonicalize(apex, except, self.algorithm, &self.prefix_list).map_err(|error| match error {
            C14nError::TooLong(allowed) => {
                Rejection::XmlLimitExceeded { limit: LimitKind::CanonicalBytes, allowed }
            }
            C14nError::Undefined(reason) => Rejection::CanonicalizationUndefined { reason },
        })
    }

    pub(super) fn without_comments(self) -> Self {
        Self { algorithm: self.algorithm.without_comments(), ..self }
    }
}

/// The child elements of one that may hold nothing else but blank space and comments.
pub(super) fn elements(parent: Element<'_>) -> Option<Vec<Element<'_>>> {
    let mut elements = Vec::new();
    for child in parent.children() {
        match child {
            Node::Element(element) => elements.push(element),
            Node::Text(text) if !text.trim_ascii().is_empty() => return None,
            Node::Text(_) | Node::Comment | Node::ProcessingInstruction => {}
        }
    }
    Some(elements)
}

/// The octets of an element that holds Base64 text and nothing else, and at least one.
pub(super) fn base64(element: Element<'_>) -> Option<Vec<u8>> {
    element.base64().filter(|value| !value.is_empty())
}
