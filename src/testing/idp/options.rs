//! How a signature is made, and what is wrong with it on purpose.

/// How to sign.
///
/// Identifiers may be anything. For one that is not known, or is not for the key, the signature is
/// made as if the default stood there. Texts are escaped, except in the fields whose names begin
/// with `raw`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SignatureOptions {
    /// SignatureMethod. Default: `None`, which is SHA-256 with the algorithm of the key.
    pub signature_algorithm: Option<String>,
    /// DigestMethod. Default: SHA-256.
    pub digest_algorithm: String,
    /// CanonicalizationMethod, by which SignedInfo is canonicalized. Default: exclusive.
    pub canonicalization: String,
    /// The canonicalization among the transforms, by which the element is canonicalized. Default:
    /// exclusive; `None` leaves the transform out, which means inclusive 1.0.
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
    /// The prefix of the signature's elements. Default: `ds`; an empty one makes XML Signature the
    /// default namespace.
    pub prefix: String,
    /// Breaks Base64 into lines of so many characters. Default: one line.
    pub base64_width: Option<usize>,
    /// Signs this SignedInfo in place of the one that the other options describe.
    /// [`TestIdp::signed_info`] gives one to start from, and the parts for one with several
    /// References.
    ///
    /// [`TestIdp::signed_info`]: super::TestIdp::signed_info
    pub raw_signed_info: Option<String>,
    /// Changes the SignedInfo before it is signed, so that the signature is valid over anything.
    pub edit_signed_info: Option<fn(String) -> String>,
    /// Writes these octets as the SignatureValue. [`TestIdp::octets_to_sign`] tells what a
    /// signature would be over.
    ///
    /// [`TestIdp::octets_to_sign`]: super::TestIdp::octets_to_sign
    pub signature_value: Option<Vec<u8>>,
    /// Makes an HMAC with this key instead of a signature, with the digest that the signature
    /// algorithm names if it is an HMAC, or else SHA-256.
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
            prefix: "ds".into(),
            base64_width: None,
            raw_signed_info: None,
            edit_signed_info: None,
            signature_value: None,
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
    /// This XML, KeyInfo included; [`SignatureOptions::prefix`] is bound.
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
