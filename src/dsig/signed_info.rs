//! `ds:SignedInfo`, read from the octets whose signature is verified: XML Signature §4.4.

use super::algorithm::{DigestAlgorithm, SignatureAlgorithm};
use super::signature::{Canonicalization, base64, elements};
use crate::error::{Excerpt, Part, Rejection, SignatureProblem};
use crate::xml::{C14n, Document, Element, Namespace};

const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";

/// What a signature says about what it signs.
pub(super) struct SignedInfo<'o> {
    pub(super) canonicalization: Canonicalization<'o>,
    pub(super) signature: SignatureAlgorithm,
    pub(super) transform: Canonicalization<'o>,
    pub(super) digest: DigestAlgorithm,
    pub(super) digest_value: Vec<u8>,
}

impl<'o> SignedInfo<'o> {
    /// Reads `octets`, the canonical form of a SignedInfo, and holds it to what SAML allows: one
    /// Reference, to exactly the element with this `id`, with the enveloped-signature transform and
    /// at most one canonicalization.
    pub(super) fn read(
        octets: &'o Document,
        on: Part,
        id: &str,
        allow_sha1: bool,
    ) -> Result<Self, Rejection> {
        let malformed = |problem| Rejection::SignatureMalformed { on, problem };
        let elements_of =
            |parent: Element<'o>| elements(parent).ok_or(malformed(SignatureProblem::Elements));
        let root = octets.root().filter(|root| root.is(Namespace::DS, "SignedInfo"));
        let children = elements_of(root.ok_or(malformed(SignatureProblem::Elements))?)?;
        let [canonicalization, signature, references @ ..] = children.as_slice() else {
            return Err(malformed(SignatureProblem::Elements));
        };
        let is = |element: &Element<'o>, local| element.is(Namespace::DS, local);
        if !is(canonicalization, "CanonicalizationMethod") || !is(signature, "SignatureMethod") {
            return Err(malformed(SignatureProblem::Elements));
        }
        let [reference] = references else { return Err(malformed(SignatureProblem::References)) };
        if !is(reference, "Reference") {
            return Err(malformed(SignatureProblem::Elements));
        }
        // A parameter such as HMACOutputLength or RSAPSSParams would change what the identifier
        // means.
        if !elements_of(*signature)?.is_empty() {
            return Err(malformed(SignatureProblem::Elements));
        }
        let canonicalization = Canonicalization::read(*canonicalization, on)?;
        let signature = SignatureAlgorithm::accepted(
            signature.attribute("Algorithm").unwrap_or_default(),
            allow_sha1,
        )?;

        // Core §5.4.2: "#" and the ID of the root of what is signed.
        let uri = reference.attribute("URI");
        if uri.and_then(|uri| uri.strip_prefix('#')) != Some(id) {
            return Err(Rejection::ReferenceMismatch { on, found: uri.map(Excerpt::new) });
        }
        let parts = elements_of(*reference)?;
        let (transforms, digest) = match parts.as_slice() {
            [transforms, digest @ ..] if is(transforms, "Transforms") => {
                (elements_of(*transforms)?, digest)
            }
            digest => (Vec::new(), digest),
        };
        let [method, value] = digest else { return Err(malformed(SignatureProblem::Elements)) };
        if !is(method, "DigestMethod") || !is(value, "DigestValue") {
            return Err(malformed(SignatureProblem::Elements));
        }
        // No digest that is accepted has a parameter.
        if !elements_of(*method)?.is_empty() {
            return Err(malformed(SignatureProblem::Elements));
        }
        Ok(Self {
            canonicalization,
            signature,
            transform: read_transforms(&transforms, on)?,
            digest: DigestAlgorithm::accepted(
                method.attribute("Algorithm").unwrap_or_default(),
                allow_sha1,
            )?,
            digest_value: base64(*value).ok_or(malformed(SignatureProblem::Base64))?,
        })
    }
}

/// Core §5.4.4: the enveloped-signature transform, then at most one canonicalization.
fn read_transforms<'o>(
    transforms: &[Element<'o>],
    on: Part,
) -> Result<Canonicalization<'o>, Rejection> {
    let forbidden = |transform: &Element<'o>| Rejection::TransformForbidden {
        on,
        transform: Excerpt::new(transform.attribute("Algorithm").unwrap_or_default()),
    };
    let malformed = || Rejection::SignatureMalformed { on, problem: SignatureProblem::Elements };
    if !transforms.iter().all(|transform| transform.is(Namespace::DS, "Transform")) {
        return Err(malformed());
    }
    let (enveloped, rest) = transforms.split_first().ok_or_else(malformed)?;
    if enveloped.attribute("Algorithm") != Some(ENVELOPED)
        || elements(*enveloped).is_none_or(|children| !children.is_empty())
    {
        return Err(forbidden(enveloped));
    }
    match rest {
        [] => Ok(Canonicalization::IMPLIED),
        [transform] if transform.attribute("Algorithm").and_then(C14n::from_uri).is_some() => {
            Ok(Canonicalization::read(*transform, on)?.without_comments())
        }
        [transform] | [_, transform, ..] => Err(forbidden(transform)),
    }
}
