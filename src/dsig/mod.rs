//! XML Signature, as much of it as SAML prescribes (Core §5.4), and no more.
//!
//! A signature is a direct child of the element it signs, and its one Reference names exactly that
//! element. What comes out is not a verdict but the very octets that were signed: [`SignedOctets`]
//! has one maker, [`verify`](verify()).

mod algorithm;
mod anew;
mod detached;
mod sign;
mod signature;
mod signed_info;
mod verify;

#[cfg(feature = "testing")]
pub(crate) use algorithm::{DigestAlgorithm, SignatureAlgorithm};
pub(crate) use anew::{Anew, KeyPairs, sign_anew};
pub(crate) use detached::verify_detached;
pub(crate) use sign::{Place, sign_enveloped, sign_octets};
pub(crate) use verify::{SignedOctets, Trust, is_inclusive, verify};
