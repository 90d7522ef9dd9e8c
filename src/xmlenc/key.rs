//! `EncryptedKey`: XML Encryption 1.1 §3.5.

use openssl::encrypt::Decrypter;
use openssl::error::ErrorStack;
use openssl::rsa::Padding;

use super::Opening;
use super::algorithm::KeyTransport;
use super::cipher::cipher_value;
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
    /// The keys for `data`: in its KeyInfo, beside it, or where a same-document RetrievalMethod
    /// points; Core §6.1, XML Encryption §3.5.1. Nothing else is ever followed.
    pub(super) fn all(
        encrypted: Element<'_>,
        data: Element<'_>,
        opening: Opening<'_>,
    ) -> Result<Vec<Self>, Rejection> {
        let is_key = |element: &Element<'_>| element.is(Namespace::XENC, "EncryptedKey");
        let is_reference = |element: &Element<'_>| element.is(Namespace::DS, "RetrievalMethod");
        let key_info = data.child_elements().find(|child| child.is(Namespace::DS, "KeyInfo"));
        let inside = || key_info.iter().flat_map(Element::child_elements);
        let mut found: Vec<Element<'_>> =
            encrypted.child_elements().chain(inside()).filter(is_key).collect();
        let references: Vec<Element<'_>> = inside().filter(is_reference).collect();
        // Before any of them is looked for.
        if found.len() > MAX_KEYS || references.len() > MAX_KEYS {
            return Err(Rejection::EncryptionMalformed);
        }
        if !references.is_empty() {
            // Nearby alone: the keys of one element do not lie all over the document.
            let near: Vec<Element<'_>> = encrypted.descendants().filter(is_key).collect();
            for reference in references {
                let key = pointed_at(reference, &near).ok_or(Rejection::EncryptionMalformed)?;
                if !found.iter().any(|other| other.id() == key.id()) {
                    found.push(key);
                }
            }
        }
        if found.is_empty() || found.len() > MAX_KEYS {
            return Err(Rejection::EncryptionMalformed);
        }
        // Recipient is a hint (§3.5.1): identity providers write other names of ours there. Those
        // for us come first, and each is tried all the same.
        found.sort_by_key(|key| key.attribute("Recipient") != Some(opening.recipient));
        found.into_iter().map(Self::read).collect()
    }

    fn read(key: Element<'_>) -> Result<Self, Rejection> {
        let method =
            key.child_elements().find(|child| child.is(Namespace::XENC, "EncryptionMethod"));
        let transport = KeyTransport::accepted(method.ok_or(Rejection::EncryptionMalformed)?)?;
        Ok(Self { transport, value: cipher_value(key)? })
    }

    /// Those of our keys that are tried.
    pub(super) fn tried(ours: &[KeyPair]) -> &[KeyPair] {
        ours.get(..MAX_KEYS).unwrap_or(ours)
    }

    /// What each of our keys opens it to, if that is a key of exactly so many bytes.
    pub(super) fn open(&self, ours: &[KeyPair], length: usize) -> Vec<Vec<u8>> {
        let opened = Self::tried(ours).iter().filter_map(|key| self.open_with(key).ok());
        opened.filter(|key| key.len() == length).collect()
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

/// Where a RetrievalMethod of the same document points, without a transform.
fn pointed_at<'d>(reference: Element<'d>, near: &[Element<'d>]) -> Option<Element<'d>> {
    let id = reference
        .attribute("URI")
        .and_then(|uri| uri.strip_prefix('#'))
        .filter(|id| !id.is_empty())?;
    if reference.child_elements().next().is_some() {
        return None;
    }
    near.iter().find(|key| key.attribute("Id") == Some(id)).copied()
}
