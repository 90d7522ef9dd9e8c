//! `CipherData`: XML Encryption 1.1 §3.3.

use crate::error::Rejection;
use crate::xml::{Element, Namespace};

/// The octets of a CipherValue; a CipherReference is never followed.
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
