//! Verified SAML 2.0 login.
#![forbid(unsafe_code)]

mod error;
mod binding;
mod instant;
mod limits;
mod xml;

pub use error::*;
pub use limits::Limits;
