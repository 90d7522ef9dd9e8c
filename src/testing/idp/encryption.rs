//! Encrypting what a response holds: XML Encryption 1.1 §3.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openssl::encrypt::Encrypter;
use openssl::hash::MessageDigest;
use openssl::rand::rand_bytes;
use openssl::rsa::Padding;
use openssl::symm::{Cipher, encrypt_aead};
use openssl::x509::X509;

use super::markup::parse;
use super::{TestIdp, TestIdpError};
use crate::trust::Certificate;
use crate::xml::Namespace;

impl TestIdp {
    /// An element of the assertion namespace that holds `content` for the key of `recipient`, an
    /// RSA key: an `EncryptedAssertion`, `EncryptedID` or `EncryptedAttribute`, by AES-256-GCM
    /// under a new key by RSA-OAEP with SHA-256 and its mask.
    ///
    /// # Errors
    ///
    /// [`TestIdpError::OpenSsl`], for a key of another kind, too.
    pub fn encrypted(
        name: &str,
        content: &str,
        recipient: &Certificate,
    ) -> Result<String, TestIdpError> {
        let (mut key, mut iv, mut tag) = ([0; 32], [0; 12], [0; 16]);
        rand_bytes(&mut key)?;
        rand_bytes(&mut iv)?;
        let sealed = encrypt_aead(
            Cipher::aes_256_gcm(),
            &key,
            Some(&iv),
            &[],
            content.as_bytes(),
            &mut tag,
        )?;

        let recipient = X509::from_der(recipient.der())?.public_key()?;
        let mut encrypter = Encrypter::new(&recipient)?;
        encrypter.set_rsa_padding(Padding::PKCS1_OAEP)?;
        encrypter.set_rsa_oaep_md(MessageDigest::sha256())?;
        encrypter.set_rsa_mgf1_md(MessageDigest::sha256())?;
        let mut sealed_key = vec![0; encrypter.encrypt_len(&key)?];
        let length = encrypter.encrypt(&key, &mut sealed_key)?;
        sealed_key.truncate(length);

        let value = STANDARD.encode([&iv[..], &sealed, &tag].concat());
        let sealed_key = STANDARD.encode(sealed_key);
        Ok(format!(
            "<saml:{name} xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">\
             <xenc:EncryptedData xmlns:xenc=\"http://www.w3.org/2001/04/xmlenc#\" \
             Type=\"http://www.w3.org/2001/04/xmlenc#Element\">\
             <xenc:EncryptionMethod Algorithm=\"http://www.w3.org/2009/xmlenc11#aes256-gcm\"/>\
             <ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><xenc:EncryptedKey>\
             <xenc:EncryptionMethod Algorithm=\"http://www.w3.org/2009/xmlenc11#rsa-oaep\">\
             <ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>\
             <xenc11:MGF xmlns:xenc11=\"http://www.w3.org/2009/xmlenc11#\" \
             Algorithm=\"http://www.w3.org/2009/xmlenc11#mgf1sha256\"/></xenc:EncryptionMethod>\
             <xenc:CipherData><xenc:CipherValue>{sealed_key}</xenc:CipherValue></xenc:CipherData>\
             </xenc:EncryptedKey></ds:KeyInfo><xenc:CipherData><xenc:CipherValue>{value}</xenc:CipherValue>\
             </xenc:CipherData></xenc:EncryptedData></saml:{name}>"
        ))
    }
}

/// The same XML with its Assertion encrypted.
pub(super) fn encrypt_assertion(
    xml: &str,
    recipient: &Certificate,
) -> Result<String, TestIdpError> {
    let document = parse(xml)?;
    let assertion = document.root().and_then(|root| {
        root.child_elements().find(|child| child.is(Namespace::SAML, "Assertion"))
    });
    let range = assertion.and_then(|assertion| assertion.outer_range());
    let Some((before, (assertion, after))) = range.and_then(|range| {
        let (before, rest) = xml.split_at_checked(range.start)?;
        Some((before, rest.split_at_checked(range.len())?))
    }) else {
        return Err(TestIdpError::Xml { reason: "there is no Assertion to encrypt".into() });
    };
    let encrypted = TestIdp::encrypted("EncryptedAssertion", assertion, recipient)?;
    Ok(format!("{before}{encrypted}{after}"))
}
