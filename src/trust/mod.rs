//! Keys: the identity provider's certificates, as administrators paste them, and our own.

mod certificate;
pub(crate) mod chain;
mod key_pair;
mod paste;
mod public_key;
mod search;
#[cfg(test)]
mod tests;

pub use certificate::{Certificate, Certificates, KeyType};
pub use key_pair::KeyPair;

pub use crate::fingerprint::{Fingerprint, FingerprintError};
pub(crate) use certificate::MAX_CERTIFICATES;
#[cfg(feature = "testing")]
pub(crate) use key_pair::self_signed;
pub(crate) use paste::{has_private_key, is_document};
pub(crate) use public_key::{KeyUsage, SignaturePadding};
