//! What is trusted: the identity provider's certificates, as administrators paste them.

mod certificate;
mod paste;
#[cfg(test)]
mod tests;

pub use certificate::{Certificate, Certificates, KeyType};
