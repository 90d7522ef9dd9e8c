//! Messages and assertions: Core §2, §3.2, §3.3.
//!
//! [`Envelope`] and [`Statements`] are read by checks and can only refuse. [`Assertion`] is made of
//! [`SignedDocument`] alone, and an identity of `Assertion` alone.

mod attribute;
mod envelope;
mod field;
mod name_id;
mod reader;

pub use attribute::{Attribute, AttributeValue, Attributes};
pub(crate) use envelope::{Addressing, Envelope, Issuer, is_version_2};
pub(crate) use field::{any_uri, optional, optional_instant, required_instant, text};
pub use name_id::NameId;
pub(crate) use reader::{Assertion, ConfirmationData, SignedDocument, Statements};
