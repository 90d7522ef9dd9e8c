//! Verified SAML 2.0 login.
#![forbid(unsafe_code)]

mod assertion;
mod error;
mod identity;
mod limits;

pub use assertion::{Attribute, AttributeValue, Attributes, NameId};
pub use error::*;
pub use identity::{AttributeMap, Email, Identity, IdentityField, StableKey};
pub use limits::Limits;
