//! Signing any element of any XML.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openssl::bn::BigNum;
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{Id, PKey};
use openssl::sign::Signer;

use super::markup::parse;
use super::{SignatureOptions, SignaturePlace, TestIdp, TestIdpError, TestKeyInfo};
use crate::dsig::{DigestAlgorithm, SignatureAlgorithm};
use crate::xml::{C14n, C14nError, Document, Element, Namespace, canonicalize, escaped};

/// Stands for the value until there is one. `?` is no Base64.
const VALUE: &str = "?SignatureValue?";

/// XML with a signature in it whose value is still to come.
struct Prepared {
    before: String,
    signature: String,
    after: String,
    /// The canonical form of its SignedInfo.
    octets: String,
}

impl TestIdp {
    /// Signs the element with this `ID` in `xml`, and puts the signature where the options say.
    ///
    /// # Errors
    ///
    /// [`TestIdpError::Xml`] if the XML is not well-formed or cannot be canonicalized,
    /// [`TestIdpError::NoElement`] if an ID is not found or the place is none,
    /// [`TestIdpError::OpenSsl`].
    pub fn sign_xml(
        &self,
        xml: &str,
        id: &str,
        options: &SignatureOptions,
    ) -> Result<String, TestIdpError> {
        let Prepared { before, signature, after, octets } = self.prepare(xml, id, options)?;
        let value = match &options.signature_value {
            Some(value) => value.clone(),
            None => self.signature_value(octets.as_bytes(), options)?,
        };
        let signature = signature.replacen(VALUE, &base64(&value, options), 1);
        Ok(format!("{before}{signature}{after}"))
    }

    /// The SignedInfo that [`sign_xml`](TestIdp::sign_xml) would sign, before it is canonicalized:
    /// to be changed and handed over as [`SignatureOptions::raw_signed_info`].
    ///
    /// # Errors
    ///
    /// Those of [`TestIdp::sign_xml`].
    pub fn signed_info(
        &self,
        xml: &str,
        id: &str,
        options: &SignatureOptions,
    ) -> Result<String, TestIdpError> {
        let made = match &options.raw_signed_info {
            Some(raw) => raw.clone(),
            None => self.make_signed_info(xml, id, options)?,
        };
        Ok(match options.edit_signed_info {
            Some(edit) => edit(made),
            None => made,
        })
    }

    /// The octets that the signature of [`sign_xml`](TestIdp::sign_xml) is over: to be signed in
    /// some other way, and the result handed over as [`SignatureOptions::signature_value`].
    ///
    /// # Errors
    ///
    /// Those of [`TestIdp::sign_xml`].
    pub fn octets_to_sign(
        &self,
        xml: &str,
        id: &str,
        options: &SignatureOptions,
    ) -> Result<String, TestIdpError> {
        Ok(self.prepare(xml, id, options)?.octets)
    }

    /// Signs octets with the algorithm that an identifier names, or with the default of the key if
    /// that is unknown or not for this key.
    ///
    /// # Errors
    ///
    /// [`TestIdpError::OpenSsl`].
    pub fn sign_octets(&self, algorithm: &str, octets: &[u8]) -> Result<Vec<u8>, TestIdpError> {
        if self.key.id() == Id::ED25519 {
            return Ok(Signer::new_without_digest(&self.key)?.sign_oneshot_to_vec(octets)?);
        }
        let known = SignatureAlgorithm::accepted(algorithm, true).ok();
        let algorithm = match known.filter(|algorithm| algorithm.is_for(&self.key)) {
            Some(algorithm) => algorithm,
            None => SignatureAlgorithm::accepted(self.default_algorithm(), true)
                .map_err(|rejection| TestIdpError::Xml { reason: rejection.to_string() })?,
        };
        Ok(algorithm.sign(&self.key, octets)?)
    }

    fn default_algorithm(&self) -> &'static str {
        match self.key.id() {
            Id::EC => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
            Id::ED25519 => "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519",
            _ => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
        }
    }

    fn make_signed_info(
        &self,
        xml: &str,
        id: &str,
        options: &SignatureOptions,
    ) -> Result<String, TestIdpError> {
        let transform = match &options.transform {
            Some(uri) => C14n::from_uri(uri).unwrap_or(C14n::EXCLUSIVE),
            None => C14n::IMPLIED,
        };
        let prefix_list: Vec<&str> =
            options.prefix_list.as_deref().unwrap_or_default().split_ascii_whitespace().collect();
        let document = parse(xml)?;
        let element = with_id(&document, options.digest_of.as_deref().unwrap_or(id))?;
        let octets = canonicalize(element, None, transform.without_comments(), &prefix_list)
            .map_err(uncanonicalizable)?;
        let digest = DigestAlgorithm::accepted(&options.digest_algorithm, true)
            .unwrap_or(DigestAlgorithm::Sha256)
            .digest(octets.as_bytes())?;

        let inclusive = options.prefix_list.as_ref().map_or(String::new(), |list| {
            let namespace = "http://www.w3.org/2001/10/xml-exc-c14n#";
            format!(
                "<ec:InclusiveNamespaces xmlns:ec=\"{namespace}\" PrefixList=\"{}\"/>",
                escaped(list)
            )
        });
        let enveloped = algorithm(
            options,
            "Transform",
            "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
            "",
        );
        let transform = options.transform.as_ref();
        let transform =
            transform.map_or(String::new(), |uri| algorithm(options, "Transform", uri, &inclusive));
        let reference = options.reference_uri.clone().unwrap_or_else(|| format!("#{id}"));
        let method = options.signature_algorithm.as_deref().unwrap_or(self.default_algorithm());
        let reference = element_of(
            options,
            "Reference",
            &format!(" URI=\"{}\"", escaped(&reference)),
            &[
                element_of(options, "Transforms", "", &(enveloped + &transform)),
                algorithm(options, "DigestMethod", &options.digest_algorithm, ""),
                element_of(options, "DigestValue", "", &base64(&digest, options)),
            ]
            .concat(),
        );
        let canonicalization =
            algorithm(options, "CanonicalizationMethod", &options.canonicalization, "");
        let method = algorithm(options, "SignatureMethod", method, "");
        Ok(element_of(options, "SignedInfo", "", &(canonicalization + &method + &reference)))
    }

    fn prepare(
        &self,
        xml: &str,
        id: &str,
        options: &SignatureOptions,
    ) -> Result<Prepared, TestIdpError> {
        let key_info = match &options.key_info {
            TestKeyInfo::Certificate => {
                let certificate = base64(&self.certificate_der()?, options);
                let certificate = element_of(options, "X509Certificate", "", &certificate);
                element_of(
                    options,
                    "KeyInfo",
                    "",
                    &element_of(options, "X509Data", "", &certificate),
                )
            }
            TestKeyInfo::None => String::new(),
            TestKeyInfo::Raw(xml) => xml.clone(),
        };
        let declaration = match options.prefix.as_str() {
            "" => " xmlns=\"http://www.w3.org/2000/09/xmldsig#\"".to_owned(),
            prefix => format!(" xmlns:{prefix}=\"http://www.w3.org/2000/09/xmldsig#\""),
        };
        let parts = [
            self.signed_info(xml, id, options)?,
            element_of(options, "SignatureValue", "", VALUE),
            key_info,
        ];
        let signature = element_of(options, "Signature", &declaration, &parts.concat());
        let (before, after) = split(xml, id, &options.place)?;

        // SignedInfo is canonicalized where it stands: the inclusive algorithms see the namespaces
        // around it.
        let unsigned = format!("{before}{signature}{after}");
        let document = parse(&unsigned)?;
        let signed_info = document
            .elements()
            .filter(|element| element.is(Namespace::DS, "SignedInfo"))
            .find(|element| element.content_range().start > before.len())
            .ok_or(TestIdpError::NoElement { id: id.into() })?;
        let algorithm = C14n::from_uri(&options.canonicalization).unwrap_or(C14n::EXCLUSIVE);
        let octets = canonicalize(signed_info, None, algorithm, &[]).map_err(uncanonicalizable)?;
        Ok(Prepared { before, signature, after, octets })
    }

    fn signature_value(
        &self,
        octets: &[u8],
        options: &SignatureOptions,
    ) -> Result<Vec<u8>, TestIdpError> {
        let method = options.signature_algorithm.as_deref().unwrap_or(self.default_algorithm());
        if let Some(key) = &options.hmac_key {
            let digest = match method.rsplit_once("hmac-") {
                Some((_, "sha1")) => MessageDigest::sha1(),
                Some((_, "sha384")) => MessageDigest::sha384(),
                Some((_, "sha512")) => MessageDigest::sha512(),
                _ => MessageDigest::sha256(),
            };
            return Ok(Signer::new(digest, PKey::hmac(key)?.as_ref())?.sign_oneshot_to_vec(octets)?);
        }
        let value = self.sign_octets(method, octets)?;
        Ok(if options.ecdsa_der && self.key.id() == Id::EC { der(&value)? } else { value })
    }
}

/// ECDSA r‖s as DER.
fn der(value: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    let (r, s) = value.split_at_checked(value.len() / 2).unwrap_or_default();
    EcdsaSig::from_private_components(BigNum::from_slice(r)?, BigNum::from_slice(s)?)?.to_der()
}

/// An element of XML Signature.
fn element_of(options: &SignatureOptions, local: &str, attributes: &str, content: &str) -> String {
    let name = match options.prefix.as_str() {
        "" => local.to_owned(),
        prefix => format!("{prefix}:{local}"),
    };
    match content {
        "" => format!("<{name}{attributes}/>"),
        _ => format!("<{name}{attributes}>{content}</{name}>"),
    }
}

fn algorithm(options: &SignatureOptions, local: &str, uri: &str, content: &str) -> String {
    element_of(options, local, &format!(" Algorithm=\"{}\"", escaped(uri)), content)
}

fn base64(octets: &[u8], options: &SignatureOptions) -> String {
    let text = STANDARD.encode(octets);
    let Some(width) = options.base64_width else { return text };
    let characters: Vec<char> = text.chars().collect();
    let lines: Vec<String> =
        characters.chunks(width.max(1)).map(|line| line.iter().collect()).collect();
    lines.join("\n")
}

fn uncanonicalizable(error: C14nError) -> TestIdpError {
    let reason = match error {
        C14nError::TooLong(longest) => format!("its canonical form is longer than {longest} bytes"),
        C14nError::Undefined(reason) => reason.to_owned(),
    };
    TestIdpError::Xml { reason }
}

fn with_id<'d>(document: &'d Document, id: &str) -> Result<Element<'d>, TestIdpError> {
    let mut elements = document.elements();
    elements
        .find(|element| element.attribute("ID") == Some(id))
        .ok_or(TestIdpError::NoElement { id: id.into() })
}

/// The XML before and behind a place.
fn split(xml: &str, id: &str, place: &SignaturePlace) -> Result<(String, String), TestIdpError> {
    let (SignaturePlace::FirstIn(target) | SignaturePlace::LastIn(target)) = place else {
        let offset = match place {
            SignaturePlace::Offset(offset) => Some(*offset),
            _ => after_issuer(xml, id)?,
        };
        return match offset {
            Some(offset) => at(xml, offset).ok_or(TestIdpError::NoElement { id: id.into() }),
            None => split(xml, id, &SignaturePlace::FirstIn(id.into())),
        };
    };
    let document = parse(xml)?;
    let element = with_id(&document, target)?;
    let content = element.content_range();
    let offset =
        if matches!(place, SignaturePlace::LastIn(_)) { content.end } else { content.start };
    let (before, after) = at(xml, offset).ok_or(TestIdpError::NoElement { id: target.into() })?;
    Ok(match before.strip_suffix("/>").filter(|_| content.is_empty()) {
        // An empty-element tag has no inside; it becomes a pair.
        Some(tag) => (format!("{tag}>"), format!("</{}>{after}", element.qualified_name())),
        None => (before, after),
    })
}

fn at(xml: &str, offset: usize) -> Option<(String, String)> {
    xml.split_at_checked(offset).map(|(before, after)| (before.to_owned(), after.to_owned()))
}

/// The byte offset behind the first Issuer in the element.
fn after_issuer(xml: &str, id: &str) -> Result<Option<usize>, TestIdpError> {
    let document = parse(xml)?;
    let element = with_id(&document, id)?;
    let issuer = element.child_elements().find(|child| child.is(Namespace::SAML, "Issuer"));
    let Some(content) = issuer.map(|issuer| issuer.content_range()) else { return Ok(None) };
    if content.is_empty() && xml.get(..content.start).is_some_and(|before| before.ends_with("/>")) {
        return Ok(Some(content.start));
    }
    // Nothing in an end tag but its end is a `>`.
    let length = xml.get(content.end..).and_then(|rest| rest.find('>')).map(|length| length + 1);
    Ok(length.map(|length| content.end + length))
}
