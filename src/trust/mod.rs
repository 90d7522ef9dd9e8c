//! What is trusted: the identity provider's certificates, as administrators paste them.

mod certificate;
mod paste;
mod public_key;
#[cfg(test)]
mod tests;

pub use certificate::{Certificate, Certificates, KeyType};
pub(crate) use public_key::{KeyUsage, SignaturePadding};
