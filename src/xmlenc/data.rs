//! `EncryptedData`: XML Encryption 1.1 §3.4.

use openssl::symm::{Crypter, Mode as Direction, decrypt_aead};

use super::Opening;
use super::algorithm::{DataAlgorithm, Mode};
use super::key::EncryptedKey;
use crate::error::Rejection;
use crate::xml::{Element, Namespace};

/// What an EncryptedAssertion, EncryptedID or EncryptedAttribute holds, as text.
pub(super) fn open(encrypted: Element<'_>, opening: Opening<'_>) -> Result<String, Rejection> {
    let mut found = encrypted.child_elements().filter(|child| child.is(Namespace::XENC, "EncryptedData"));
    let (Some(data), None) = (found.next(), found.next()) else { return Err(Rejection::EncryptionMalformed) };
    // §3.1: what is encrypted is an element; where the type is missing it cannot be anything else.
    if data.attribute("Type").is_some_and(|of| of != "http://www.w3.org/2001/04/xmlenc#Element") {
        return Err(Rejection::EncryptionMalformed);
    }
    let method = data.child_elements().find(|child| child.is(Namespace::XENC, "EncryptionMethod"));
    let uri = method.and_then(|method| method.attribute("Algorithm")).unwrap_or_default();
    let algorithm = DataAlgorithm::accepted(uri, opening)?;
    let value = cipher_value(data)?;
    let keys = EncryptedKey::all(encrypted, data, opening)?;

    // From here on there is one refusal.
    let length = algorithm.cipher.key_len();
    let plain = keys.iter().filter_map(|key| key.open(opening.keys, length)).find_map(|key| {
        let plain = match algorithm.mode {
            Mode::Cbc => open_cbc(algorithm, &key, &value),
            Mode::Gcm => open_gcm(algorithm, &key, &value),
        };
        String::from_utf8(plain?).ok()
    });
    plain.ok_or(Rejection::DecryptionFailed)
}

/// The octets of a CipherValue; a CipherReference is never followed. §3.3.
pub(super) fn cipher_value(parent: Element<'_>) -> Result<Vec<u8>, Rejection> {
    let malformed = Rejection::EncryptionMalformed;
    let data = parent
        .child_elements()
        .find(|child| child.is(Namespace::XENC, "CipherData"))
        .ok_or(malformed.clone())?;
    let mut children = data.child_elements();
    let (Some(value), None) = (children.next(), children.next()) else { return Err(malformed) };
    if !value.is(Namespace::XENC, "CipherValue") {
        return Err(malformed);
    }
    value.base64().ok_or(malformed)
}

/// §5.2.4.
fn open_gcm(algorithm: DataAlgorithm, key: &[u8], value: &[u8]) -> Option<Vec<u8>> {
    let (iv, rest) = value.split_at_checked(12)?;
    let (text, tag) = rest.split_at_checked(rest.len().checked_sub(16)?)?;
    decrypt_aead(algorithm.cipher, key, Some(iv), &[], text, tag).ok()
}

/// §5.2: the last byte tells how many bytes to cut off; what the others are is left open.
fn open_cbc(algorithm: DataAlgorithm, key: &[u8], value: &[u8]) -> Option<Vec<u8>> {
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
    if padding == 0 || padding > block {
        return None;
    }
    plain.truncate(plain.len().checked_sub(padding)?);
    Some(plain)
}
