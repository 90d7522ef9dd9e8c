//! Signing any element of any XML.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openssl::hash::MessageDigest;
use openssl::pkey::{Id, PKey};
use openssl::sign::Signer;

use super::{TestIdp, TestIdpError};
use crate::dsig::{DigestAlgorithm, SignatureAlgorithm};
use crate::limits::Limits;
use crate::xml::{C14n, Document, Element, Namespace, canonicalize};

/// How to sign.
///
/// Identifiers may be anything; for one that is not known, the signature is made as if the default stood there.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SignatureOptions {
    /// SignatureMethod. Default: `None`, which is SHA-256 with the algorithm of the key.
    pub signature_algorithm: Option<String>,
    /// DigestMethod. Default: SHA-256.
    pub digest_algorithm: String,
    /// CanonicalizationMethod, by which SignedInfo is canonicalized. Default: exclusive.
    pub canonicalization: String,
    /// The canonicalization among the transforms, by which the element is canonicalized. Default: exclusive; `None`
    /// leaves the transform out, which means inclusive 1.0.
    pub transform: Option<String>,
    /// InclusiveNamespaces/@PrefixList of that transform. Default: none.
    pub prefix_list: Option<String>,
    /// The Reference URI, if not `#` and the ID of the element.
    pub reference_uri: Option<String>,
    /// The ID of the element whose digest is taken, if not the signed one.
    pub digest_of: Option<String>,
    /// What stands in KeyInfo. Default: the certificate.
    pub key_info: TestKeyInfo,
    /// Where the signature is put. Default: behind the Issuer.
    pub place: SignaturePlace,
    /// Changes the SignedInfo before it is signed, so that the signature is valid over anything.
    pub edit_signed_info: Option<fn(String) -> String>,
    /// Makes an HMAC-SHA256 with this key instead of a signature.
    pub hmac_key: Option<Vec<u8>>,
    /// Writes an ECDSA signature as DER instead of r‖s.
    pub ecdsa_der: bool,
}

impl Default for SignatureOptions {
    fn default() -> Self {
        Self {
            signature_algorithm: None,
            digest_algorithm: "http://www.w3.org/2001/04/xmlenc#sha256".into(),
            canonicalization: "http://www.w3.org/2001/10/xml-exc-c14n#".into(),
            transform: Some("http://www.w3.org/2001/10/xml-exc-c14n#".into()),
            prefix_list: None,
            reference_uri: None,
            digest_of: None,
            key_info: TestKeyInfo::Certificate,
            place: SignaturePlace::AfterIssuer,
            edit_signed_info: None,
            hmac_key: None,
            ecdsa_der: false,
        }
    }
}

/// What stands in a signature's KeyInfo.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TestKeyInfo {
    /// The certificate of the identity provider.
    Certificate,
    /// There is no KeyInfo.
    None,
    /// This XML, KeyInfo included; `ds` is bound.
    Raw(String),
}

/// Where a signature is put.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignaturePlace {
    /// Behind the first Issuer in the signed element, or first in it if there is none.
    AfterIssuer,
    /// First in the element with this ID.
    FirstIn(String),
    /// Last in the element with this ID.
    LastIn(String),
    /// At this byte offset of the XML.
    Offset(usize),
}

impl TestIdp {
    /// Signs the element with this `ID` in `xml`, and puts the signature where the options say.
    ///
    /// # Errors
    ///
    /// [`TestIdpError::Xml`] if the XML is not well-formed or cannot be canonicalized, [`TestIdpError::NoElement`] if an
    /// ID is not found.
    pub fn sign_xml(&self, xml: &str, id: &str, options: &SignatureOptions) -> Result<String, TestIdpError> {
        let digest_of = options.digest_of.as_deref().unwrap_or(id);
        let transform = match &options.transform {
            Some(uri) => C14n::from_uri(uri).unwrap_or(C14n::EXCLUSIVE),
            None => C14n::IMPLIED,
        };
        let prefix_list: Vec<&str> =
            options.prefix_list.as_deref().unwrap_or_default().split_ascii_whitespace().collect();
        let document = parse(xml)?;
        let octets =
            canonicalize(with_id(&document, digest_of)?, None, transform.without_comments(), &prefix_list)
                .map_err(|error| TestIdpError::Xml { reason: format!("{error:?}") })?;
        let digest = DigestAlgorithm::accepted(&options.digest_algorithm, true)
            .unwrap_or(DigestAlgorithm::Sha256)
            .digest(octets.as_bytes())?;

        let method = options.signature_algorithm.as_deref().unwrap_or(match self.key.id() {
            Id::EC => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
            _ => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
        });
        let reference = options.reference_uri.clone().unwrap_or_else(|| format!("#{id}"));
        let signed_info = signed_info(options, method, &reference, &STANDARD.encode(digest));
        let signed_info = options.edit_signed_info.map_or(signed_info.clone(), |edit| edit(signed_info));
        let key_info = match &options.key_info {
            TestKeyInfo::Certificate => format!(
                "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>",
                STANDARD.encode(self.certificate_der()?)
            ),
            TestKeyInfo::None => String::new(),
            TestKeyInfo::Raw(xml) => xml.clone(),
        };
        let signature = format!(
            "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">{signed_info}\
             <ds:SignatureValue></ds:SignatureValue>{key_info}</ds:Signature>"
        );
        let place = place(&document, id, &options.place)?;
        let (before, after) = xml.split_at_checked(place).ok_or(TestIdpError::NoElement { id: id.into() })?;
        let unsigned = format!("{before}{signature}{after}");

        // SignedInfo is canonicalized where it stands: the inclusive algorithms see the namespaces around it.
        let document = parse(&unsigned)?;
        let signed_info = document
            .elements()
            .filter(|element| element.is(Namespace::DS, "SignedInfo"))
            .find(|element| element.content_range().start > place)
            .ok_or(TestIdpError::NoElement { id: id.into() })?;
        let algorithm = C14n::from_uri(&options.canonicalization).unwrap_or(C14n::EXCLUSIVE);
        let octets = canonicalize(signed_info, None, algorithm, &[])
            .map_err(|error| TestIdpError::Xml { reason: format!("{error:?}") })?;
        let value = STANDARD.encode(self.signature_value(method, octets.as_bytes(), options)?);
        let signature = signature.replacen(
            "<ds:SignatureValue></ds:SignatureValue>",
            &format!("<ds:SignatureValue>{value}</ds:SignatureValue>"),
            1,
        );
        Ok(format!("{before}{signature}{after}"))
    }

    fn signature_value(
        &self,
        method: &str,
        octets: &[u8],
        options: &SignatureOptions,
    ) -> Result<Vec<u8>, TestIdpError> {
        if let Some(key) = &options.hmac_key {
            let key = PKey::hmac(key)?;
            return Ok(Signer::new(MessageDigest::sha256(), &key)?.sign_oneshot_to_vec(octets)?);
        }
        if options.ecdsa_der {
            return Ok(Signer::new(MessageDigest::sha256(), &self.key)?.sign_oneshot_to_vec(octets)?);
        }
        let own = match self.key.id() {
            Id::EC => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
            _ => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
        };
        let algorithm =
            SignatureAlgorithm::accepted(method, true).or(SignatureAlgorithm::accepted(own, true));
        let algorithm = algorithm.map_err(|rejection| TestIdpError::Xml { reason: rejection.to_string() })?;
        Ok(algorithm.sign(&self.key, octets)?)
    }
}

fn signed_info(options: &SignatureOptions, method: &str, reference: &str, digest: &str) -> String {
    let inclusive = options.prefix_list.as_ref().map_or(String::new(), |list| {
        format!(
            "<ec:InclusiveNamespaces xmlns:ec=\"http://www.w3.org/2001/10/xml-exc-c14n#\" PrefixList=\"{list}\"/>"
        )
    });
    let transform = options
        .transform
        .as_ref()
        .map_or(String::new(), |uri| format!("<ds:Transform Algorithm=\"{uri}\">{inclusive}</ds:Transform>"));
    format!(
        "<ds:SignedInfo><ds:CanonicalizationMethod Algorithm=\"{}\"/><ds:SignatureMethod Algorithm=\"{method}\"/>\
         <ds:Reference URI=\"{reference}\"><ds:Transforms>\
         <ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>{transform}</ds:Transforms>\
         <ds:DigestMethod Algorithm=\"{}\"/><ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>",
        options.canonicalization, options.digest_algorithm
    )
}

fn parse(xml: &str) -> Result<Document<'_>, TestIdpError> {
    let limits = Limits {
        depth: 1000,
        attributes: 100_000,
        namespaces: 100_000,
        nodes: 10_000_000,
        ..Limits::default()
    };
    let limits = Limits { text_bytes: usize::MAX, name_bytes: usize::MAX, ..limits };
    Document::parse(xml, &limits).map_err(|rejection| TestIdpError::Xml { reason: rejection.to_string() })
}

fn with_id<'d>(document: &'d Document<'_>, id: &str) -> Result<Element<'d>, TestIdpError> {
    let mut elements = document.elements();
    elements
        .find(|element| element.attribute("ID") == Some(id))
        .ok_or(TestIdpError::NoElement { id: id.into() })
}

/// The byte offset of a place.
fn place(document: &Document<'_>, id: &str, place: &SignaturePlace) -> Result<usize, TestIdpError> {
    let target = match place {
        SignaturePlace::AfterIssuer => id,
        SignaturePlace::FirstIn(id) | SignaturePlace::LastIn(id) => id,
        SignaturePlace::Offset(offset) => return Ok(*offset),
    };
    let element = with_id(document, target)?;
    let issuer = element.child_elements().find(|child| child.is(Namespace::SAML, "Issuer"));
    let end_tag = "</".len() + ">".len();
    Ok(match (place, issuer) {
        (SignaturePlace::AfterIssuer, Some(issuer)) if !issuer.content().is_empty() => {
            issuer.content_range().end + end_tag + issuer.qualified_name().len()
        }
        (SignaturePlace::LastIn(_), _) => element.content_range().end,
        _ => element.content_range().start,
    })
}
