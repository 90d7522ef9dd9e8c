//! Verified SAML 2.0 login.
#![forbid(unsafe_code)]

mod error;
mod limits;

pub use error::*;
pub use limits::Limits;
