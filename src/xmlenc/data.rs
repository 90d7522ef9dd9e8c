//! `EncryptedData`: XML Encryption 1.1 §3.4.

use openssl::symm::{Crypter, Mode as Direction, decrypt_aead};

use super::Opening;
use super::algorithm::{DataAlgorithm, Mode};
use super::cipher::cipher_value;
use super::key::EncryptedKey;
use crate::error::Rejection;
use crate::trust::KeyPair;
use crate::xml::{Element, Namespace, are_xml_characters};

/// What an EncryptedAssertion, EncryptedID or EncryptedAttribute holds, read and not opened yet.
pub(super) struct EncryptedData {
    algorithm: DataAlgorithm,
    value: Vec<u8>,
    keys: Vec<EncryptedKey>,
}

/// What was opened, as text, or a stand-in of the ciphertext's length. Where it is not right, it is
/// looked at all the same, and then refused.
pub(super) struct Plain {
    pub(super) text: String,
    pub(super) right: bool,
}

impl EncryptedData {
    /// All that can be refused without a key is refused here.
    pub(super) fn read(encrypted: Element<'_>, opening: Opening<'_>) -> Result<Self, Rejection> {
        // Core §2.3.4: "EncryptedData [Required]", "EncryptedKey [Zero or more]". What stands
        // beside them, a plain assertion among it, has no business there.
        let is_key = |child: &Element<'_>| child.is(Namespace::XENC, "EncryptedKey");
        let mut others = encrypted.child_elements().filter(|child| !is_key(child));
        let (Some(data), None) = (others.next(), others.next()) else {
            return Err(Rejection::EncryptionMalformed);
        };
        if !data.is(Namespace::XENC, "EncryptedData") {
            return Err(Rejection::EncryptionMalformed);
        }
        // §3.1: what is encrypted is an element; where the type is missing it cannot be anything
        // else.
        if data.attribute("Type").is_some_and(|of| of != "http://www.w3.org/2001/04/xmlenc#Element")
        {
            return Err(Rejection::EncryptionMalformed);
        }
        let method =
            data.child_elements().find(|child| child.is(Namespace::XENC, "EncryptionMethod"));
        let uri = method.and_then(|method| method.attribute("Algorithm")).unwrap_or_default();
        let algorithm = DataAlgorithm::accepted(uri, opening)?;
        let value = cipher_value(data)?;
        Ok(Self { algorithm, value, keys: EncryptedKey::all(encrypted, data, opening)? })
    }

    /// How many private-key operations it takes to open it with these keys of ours.
    pub(super) fn operations(&self, ours: &[KeyPair]) -> usize {
        self.keys.len().saturating_mul(EncryptedKey::tried(ours).len())
    }

    /// Tries every key on every EncryptedKey, and every key that comes out, whichever is the right
    /// one.
    pub(super) fn open(&self, ours: &[KeyPair]) -> Plain {
        let length = self.algorithm.cipher.key_len();
        let keys: Vec<Vec<u8>> = self.keys.iter().flat_map(|key| key.open(ours, length)).collect();
        let opened: Vec<Plain> = keys.iter().filter_map(|key| self.open_with(key)).collect();
        let best = opened.iter().position(|plain| plain.right).unwrap_or(0);
        let stand_in = || Plain { text: "x".repeat(self.value.len()), right: false };
        opened.into_iter().nth(best).unwrap_or_else(stand_in)
    }

    /// The text, if key, tag and characters are right. Wrong padding is text as well, and only not
    /// right.
    fn open_with(&self, key: &[u8]) -> Option<Plain> {
        let (octets, right) = match self.algorithm.mode {
            Mode::Cbc => open_cbc(self.algorithm, key, &self.value)?,
            Mode::Gcm => (open_gcm(self.algorithm, key, &self.value)?, true),
        };
        let text = String::from_utf8(octets).ok().filter(|text| are_xml_characters(text))?;
        Some(Plain { text, right })
    }
}

/// §5.2.4.
fn open_gcm(algorithm: DataAlgorithm, key: &[u8], value: &[u8]) -> Option<Vec<u8>> {
    let (iv, rest) = value.split_at_checked(12)?;
    let (text, tag) = rest.split_at_checked(rest.len().checked_sub(16)?)?;
    decrypt_aead(algorithm.cipher, key, Some(iv), &[], text, tag).ok()
}

/// §5.2: the last byte tells how many bytes to cut off; what the others are is left open. Where it
/// tells nothing that can be, nothing is cut off, and the octets are not right.
fn open_cbc(algorithm: DataAlgorithm, key: &[u8], value: &[u8]) -> Option<(Vec<u8>, bool)> {
    let block = algorithm.cipher.block_size();
    let (iv, text) = value.split_at_checked(algorithm.cipher.iv_len()?)?;
    if text.is_empty() || !text.len().is_multiple_of(block) {
        return None;
    }
    let mut crypter = Crypter::new(algorithm.cipher, Direction::Decrypt, key, Some(iv)).ok()?;
    crypter.pad(false);
    let mut plain = vec![0; text.len().checked_add(block)?];
    let written = crypter.update(text, &mut plain).ok()?;
    let rest = crypter.finalize(plain.get_mut(written..)?).ok()?;
    plain.truncate(written.checked_add(rest)?);
    let padding = usize::from(*plain.last()?);
    let right = padding != 0 && padding <= block;
    plain.truncate(plain.len().saturating_sub(if right { padding } else { 0 }));
    Some((plain, right))
}
