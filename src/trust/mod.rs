//! Keys: the identity provider's certificates, as administrators paste them, and our own.

mod certificate;
pub(crate) mod chain;
mod der;
mod documents;
mod key_pair;
mod paste;
mod private_key;
mod public_key;
mod search;
#[cfg(test)]
mod tests;
mod utf16;

pub use certificate::{Certificate, Certificates, KeyType};
pub use key_pair::KeyPair;

pub use crate::fingerprint::{Fingerprint, FingerprintError};
pub(crate) use certificate::MAX_CERTIFICATES;
pub(crate) use der::UNPADDED;
pub(crate) use documents::is_document;
#[cfg(feature = "testing")]
pub(crate) use key_pair::self_signed;
pub(crate) use private_key::has_private_key;
pub(crate) use public_key::{KeyUsage, SignaturePadding};
pub(crate) use utf16::utf16;
