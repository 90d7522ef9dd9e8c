//! Making digests and signatures.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::hash;
use openssl::pkey::{Id, PKeyRef, Private};
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Signer};

use super::algorithm::{DigestAlgorithm, Scheme, SignatureAlgorithm};
use crate::error::{BoxError, SendError};
use crate::limits::Limits;
use crate::trust::KeyPair;
use crate::xml::{C14n, Document, Element, canonicalize};

impl DigestAlgorithm {
    pub(crate) fn digest(self, octets: &[u8]) -> Result<Vec<u8>, ErrorStack> {
        Ok(hash(self.message_digest(), octets)?.to_vec())
    }
}

impl SignatureAlgorithm {
    /// Whether this is an algorithm for keys of this kind.
    #[cfg(feature = "testing")]
    pub(crate) fn is_for(self, key: &PKeyRef<Private>) -> bool {
        let id = match self.scheme {
            Scheme::RsaPkcs1 | Scheme::RsaPss => Id::RSA,
            Scheme::Ecdsa => Id::EC,
        };
        key.id() == id
    }

    /// Signs `octets`; an ECDSA signature comes as r‖s, as XML Signature has it.
    pub(crate) fn sign(self, key: &PKeyRef<Private>, octets: &[u8]) -> Result<Vec<u8>, ErrorStack> {
        let mut signer = Signer::new(self.digest.message_digest(), key)?;
        if self.scheme == Scheme::RsaPss {
            signer.set_rsa_padding(Padding::PKCS1_PSS)?;
            signer.set_rsa_mgf1_md(self.digest.message_digest())?;
            signer.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
        }
        let signature = signer.sign_oneshot_to_vec(octets)?;
        if key.id() != Id::EC {
            return Ok(signature);
        }
        let size = i32::try_from(key.bits().div_ceil(8)).unwrap_or(0);
        let signature = EcdsaSig::from_der(&signature)?;
        Ok([signature.r().to_vec_padded(size)?, signature.s().to_vec_padded(size)?].concat())
    }
}

/// Signs octets with [the algorithm of the key](KeyPair::signature_algorithm).
pub(crate) fn sign_octets(key: &KeyPair, octets: &[u8]) -> Result<Vec<u8>, SendError> {
    let algorithm = SignatureAlgorithm::accepted(key.signature_algorithm(), false)
        .map_err(|rejection| SendError::Signing(rejection.into()))?;
    algorithm.sign(key.key(), octets).map_err(|error| SendError::Signing(error.into()))
}

/// Where a signature is put.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Behind the Issuer that the element begins with: Core §3.2.1.
    AfterIssuer,
    /// First in the element: Metadata §2.3.2.
    First,
}

/// Signs the element with this `ID` in a message of our own: exclusive canonicalization, SHA-256,
/// the certificate in KeyInfo.
pub(crate) fn sign_enveloped(
    xml: &str,
    id: &str,
    place: Place,
    key: &KeyPair,
) -> Result<String, SendError> {
    let failed = |reason: &str| SendError::Signing(BoxError::new(reason));
    let document = Document::parse(xml.to_owned(), &Limits::default())
        .map_err(|rejection| SendError::Signing(rejection.into()))?;
    let root = document.root().ok_or_else(|| failed("there is no element"))?;
    let signed = root.descendants().find(|element| element.attribute("ID") == Some(id));
    let signed = signed.ok_or_else(|| failed("there is no element with this ID"))?;
    let at = match place {
        Place::First => signed.content_range().start,
        Place::AfterIssuer => {
            let issuer =
                signed.child_elements().next().ok_or_else(|| failed("there is no Issuer"))?;
            end_tag_end(xml, issuer).ok_or_else(|| failed("the Issuer does not end"))?
        }
    };
    let octets = canonicalize(signed, None, C14n::EXCLUSIVE, &[])
        .map_err(|_| failed("there is no canonical form"))?;
    let digest = DigestAlgorithm::Sha256
        .digest(octets.as_bytes())
        .map_err(|error| SendError::Signing(error.into()))?;
    let algorithm = key.signature_algorithm();
    // In canonical form but for the declaration, which stands on the Signature around it.
    let signed_info = |declaration: &str| {
        format!(
            "<ds:SignedInfo{declaration}><ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\">\
             </ds:CanonicalizationMethod><ds:SignatureMethod Algorithm=\"{algorithm}\"></ds:SignatureMethod>\
             <ds:Reference URI=\"#{id}\"><ds:Transforms>\
             <ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"></ds:Transform>\
             <ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:Transform></ds:Transforms>\
             <ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"></ds:DigestMethod>\
             <ds:DigestValue>{}</ds:DigestValue></ds:Reference></ds:SignedInfo>",
            STANDARD.encode(&digest)
        )
    };
    let declared = " xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"";
    let value = sign_octets(key, signed_info(declared).as_bytes())?;
    let signature = format!(
        "<ds:Signature{declared}>{}<ds:SignatureValue>{}</ds:SignatureValue><ds:KeyInfo><ds:X509Data>\
         <ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>",
        signed_info(""),
        STANDARD.encode(value),
        STANDARD.encode(key.certificate().der())
    );
    let (before, after) =
        xml.split_at_checked(at).ok_or_else(|| failed("there is no place for the signature"))?;
    Ok(format!("{before}{signature}{after}"))
}

fn end_tag_end(xml: &str, element: Element<'_>) -> Option<usize> {
    let content_end = element.content_range().end;
    Some(content_end + xml.get(content_end..)?.find('>')? + 1)
}
