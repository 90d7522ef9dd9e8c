//! Signing once more what was signed, by the same algorithms and with another key.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::algorithm::{Scheme, SignatureAlgorithm};
use super::signature::Signature;
use super::signed_info::SignedInfo;
use crate::error::Part;
use crate::limits::Limits;
use crate::trust::KeyPair;
use crate::xml::{Document, Element, Namespace};

/// A key for each kind of algorithm.
#[derive(Clone)]
pub(crate) struct KeyPairs {
    pub(crate) rsa: KeyPair,
    pub(crate) ec: KeyPair,
}

impl KeyPairs {
    fn of(&self, algorithm: SignatureAlgorithm) -> &KeyPair {
        match algorithm.scheme {
            Scheme::Ecdsa => &self.ec,
            Scheme::RsaPkcs1 | Scheme::RsaPss => &self.rsa,
        }
    }
}

/// By whom, and how.
#[derive(Clone, Copy)]
pub(crate) struct Anew<'k> {
    pub(crate) keys: &'k KeyPairs,
    /// Whether the digest is to be wrong, as it was.
    pub(crate) changed: bool,
    /// The key pair whose certificate to show in KeyInfo, where one was, if it is another.
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
    let document = Document::parse(xml.to_owned(), limits).ok()?;
    let signed = with_id(&document, id)?;
    let signature = Signature::of(signed, on).ok()?;
    let octets = signed_info(&signature, limits)?;
    let info = SignedInfo::read(&octets, on, id, true).ok()?;
    let content = info.transform.apply(signed, Some(signature.id)).ok()?;
    let mut digest = info.digest.digest(content.as_bytes()).ok()?;
    if anew.changed {
        digest.iter_mut().for_each(|byte| *byte = !*byte);
    }
    let xml = filled(&document, id, "DigestValue", &digest)?;

    let document = Document::parse(xml, limits).ok()?;
    let signature = Signature::of(with_id(&document, id)?, on).ok()?;
    let octets = signed_info(&signature, limits)?;
    let pair = anew.keys.of(info.signature);
    let value = info.signature.sign(pair.key(), octets.text().as_bytes()).ok()?;
    let xml = filled(&document, id, "SignatureValue", &value)?;

    // Not every signature shows a certificate.
    let document = Document::parse(xml, limits).ok()?;
    let shown = anew.shown.unwrap_or(pair).certificate();
    let with_certificate = filled(&document, id, "X509Certificate", shown.der());
    Some(with_certificate.unwrap_or_else(|| document.into_text()))
}

fn with_id<'d>(document: &'d Document, id: &str) -> Option<Element<'d>> {
    document.root()?.descendants().find(|element| element.attribute("ID") == Some(id))
}

/// The canonical form of SignedInfo, read once more.
fn signed_info(signature: &Signature<'_>, limits: &Limits) -> Option<Document> {
    let (octets, _) = signature.signed_info_octets().ok()?;
    Document::parse(octets, limits).ok()
}

/// The XML with this value in the first such element of the signature.
fn filled(document: &Document, id: &str, local: &str, value: &[u8]) -> Option<String> {
    let mut children = with_id(document, id)?.child_elements();
    let signature = children.find(|child| child.is(Namespace::DS, "Signature"))?;
    let place = signature.descendants().find(|element| element.is(Namespace::DS, local))?;
    let (range, xml) = (place.content_range(), document.text());
    let (before, after) = (xml.get(..range.start)?, xml.get(range.end..)?);
    Some(format!("{before}{}{after}", STANDARD.encode(value)))
}
