//! Signing once more what was signed, by the same algorithms and with another key.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::algorithm::Scheme;
use super::signature::Signature;
use super::signed_info::SignedInfo;
use crate::error::Part;
use crate::limits::Limits;
use crate::trust::{Certificate, KeyPair};
use crate::xml::{Document, Element, Namespace};

/// By whom, and how.
#[derive(Clone, Copy)]
pub(crate) struct Anew<'k> {
    /// A key for each kind of algorithm.
    pub(crate) rsa: &'k KeyPair,
    pub(crate) ec: &'k KeyPair,
    /// Whether the digest is to be wrong, as it was.
    pub(crate) changed: bool,
    /// The certificate to show in KeyInfo, where one was, if it is not that of the key.
    pub(crate) shown: Option<&'k KeyPair>,
}

/// Fills in the signature of the element with this `ID`, whose values are placeholders. `None` if
/// it is not of a form that could be signed.
pub(crate) fn sign_anew(
    xml: &str,
    id: &str,
    on: Part,
    limits: &Limits,
    anew: &Anew<'_>,
) -> Option<String> {
    let digest = |signed: Element<'_>| {
        let signature = Signature::of(signed, on).ok()?;
        let (octets, _) = signature.signed_info_octets().ok()?;
        let document = Document::parse(octets, limits).ok()?;
        let info = SignedInfo::read(&document, on, id, true).ok()?;
        let octets = info.transform.apply(signed, Some(signature.id)).ok()?;
        let mut digest = info.digest.digest(octets.as_bytes()).ok()?;
        if anew.changed {
            digest.iter_mut().for_each(|byte| *byte = !*byte);
        }
        Some(STANDARD.encode(digest))
    };
    let value = |signed: Element<'_>| {
        let signature = Signature::of(signed, on).ok()?;
        let (octets, _) = signature.signed_info_octets().ok()?;
        let document = Document::parse(octets, limits).ok()?;
        let algorithm = SignedInfo::read(&document, on, id, true).ok()?.signature;
        let key = key_for(algorithm.scheme, anew);
        Some(STANDARD.encode(algorithm.sign(key.key(), document.text().as_bytes()).ok()?))
    };
    let certificate = |signed: Element<'_>| {
        let signature = Signature::of(signed, on).ok()?;
        let (octets, _) = signature.signed_info_octets().ok()?;
        let document = Document::parse(octets, limits).ok()?;
        let scheme = SignedInfo::read(&document, on, id, true).ok()?.signature.scheme;
        let shown: &Certificate = anew.shown.unwrap_or(key_for(scheme, anew)).certificate();
        Some(STANDARD.encode(shown.der()))
    };
    let xml = filled(xml, id, limits, "DigestValue", digest)?;
    let xml = filled(&xml, id, limits, "SignatureValue", value)?;
    // Not every signature shows a certificate.
    Some(filled(&xml, id, limits, "X509Certificate", certificate).unwrap_or(xml))
}

fn key_for<'k>(scheme: Scheme, anew: &Anew<'k>) -> &'k KeyPair {
    match scheme {
        Scheme::Ecdsa => anew.ec,
        Scheme::RsaPkcs1 | Scheme::RsaPss => anew.rsa,
    }
}

/// The XML with this value in the first such element of the signature.
fn filled(
    xml: &str,
    id: &str,
    limits: &Limits,
    local: &str,
    value: impl Fn(Element<'_>) -> Option<String>,
) -> Option<String> {
    let document = Document::parse(xml.to_owned(), limits).ok()?;
    let root = document.root()?;
    let signed = root.descendants().find(|element| element.attribute("ID") == Some(id))?;
    let mut children = signed.child_elements();
    let signature = children.find(|child| child.is(Namespace::DS, "Signature"))?;
    let place = signature.descendants().find(|element| element.is(Namespace::DS, local))?;
    let range = place.content_range();
    let (before, after) = (xml.get(..range.start)?, xml.get(range.end..)?);
    Some(format!("{before}{}{after}", value(signed)?))
}
