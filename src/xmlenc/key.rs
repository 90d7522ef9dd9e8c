//! `EncryptedKey`: XML Encryption 1.1 §3.5.

use openssl::encrypt::Decrypter;
use openssl::error::ErrorStack;
use openssl::rsa::Padding;

use super::Opening;
use super::algorithm::KeyTransport;
use super::data::cipher_value;
use crate::error::Rejection;
use crate::trust::KeyPair;
use crate::xml::{Element, Namespace};

/// So many keys are looked at for one encrypted element, and as many of ours tried on each.
const MAX_KEYS: usize = 8;

/// A key that may be meant for us.
pub(super) struct EncryptedKey {
    transport: KeyTransport,
    value: Vec<u8>,
}

impl EncryptedKey {
    /// The keys for `data`: in its KeyInfo, beside it, or where a same-document RetrievalMethod points; Core §6.1, XML Encryption
    /// §3.5.1. Nothing else is ever followed.
    pub(super) fn all(
        encrypted: Element<'_>,
        data: Element<'_>,
        opening: Opening<'_>,
    ) -> Result<Vec<Self>, Rejection> {
        let is_key = |element: &Element<'_>| element.is(Namespace::XENC, "EncryptedKey");
        let mut found: Vec<Element<'_>> = encrypted.child_elements().filter(is_key).collect();
        let key_info = data.child_elements().find(|child| child.is(Namespace::DS, "KeyInfo"));
        for child in key_info.iter().flat_map(Element::child_elements) {
            if is_key(&child) {
                found.push(child);
            } else if child.is(Namespace::DS, "RetrievalMethod") {
                let id =
                    child.attribute("URI").and_then(|uri| uri.strip_prefix('#')).filter(|id| !id.is_empty());
                let id = id.ok_or(Rejection::EncryptionMalformed)?;
                if child.child_elements().next().is_some() {
                    return Err(Rejection::EncryptionMalformed);
                }
                // Nearby alone: the keys of one element do not lie all over the document.
                let mut pointed = encrypted.descendants().filter(is_key);
                let key = pointed.find(|key| key.attribute("Id") == Some(id));
                let key = key.ok_or(Rejection::EncryptionMalformed)?;
                if !found.iter().any(|other| other.id() == key.id()) {
                    found.push(key);
                }
            }
        }
        if found.is_empty() || found.len() > MAX_KEYS {
            return Err(Rejection::EncryptionMalformed);
        }
        let is_ours = |key: &Element<'_>| key.attribute("Recipient").is_none_or(|to| to == opening.recipient);
        let keys: Result<Vec<Self>, Rejection> = found.into_iter().filter(is_ours).map(Self::read).collect();
        let keys = keys?;
        if keys.is_empty() { Err(Rejection::DecryptionFailed) } else { Ok(keys) }
    }

    fn read(key: Element<'_>) -> Result<Self, Rejection> {
        let method = key.child_elements().find(|child| child.is(Namespace::XENC, "EncryptionMethod"));
        let transport = KeyTransport::accepted(method.ok_or(Rejection::EncryptionMalformed)?)?;
        Ok(Self { transport, value: cipher_value(key)? })
    }

    /// The key inside, of exactly so many bytes, if one of ours opens it.
    pub(super) fn open(&self, ours: &[KeyPair], length: usize) -> Option<Vec<u8>> {
        let opened = ours.iter().take(MAX_KEYS).filter_map(|key| self.open_with(key).ok());
        opened.into_iter().find(|key| key.len() == length)
    }

    fn open_with(&self, ours: &KeyPair) -> Result<Vec<u8>, ErrorStack> {
        let mut decrypter = Decrypter::new(ours.key())?;
        decrypter.set_rsa_padding(Padding::PKCS1_OAEP)?;
        decrypter.set_rsa_oaep_md(self.transport.digest)?;
        decrypter.set_rsa_mgf1_md(self.transport.mask_digest)?;
        let mut key = vec![0; decrypter.decrypt_len(&self.value)?];
        let length = decrypter.decrypt(&self.value, &mut key)?;
        key.truncate(length);
        Ok(key)
    }
}
