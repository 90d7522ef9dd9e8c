//! The project's own documents.

/// Known attacks, what stands against them, and the test that shows it.
#[doc = include_str!("../ATTACKS.md")]
pub mod attacks {}

/// Why it is built so.
#[doc = include_str!("../DESIGN.md")]
pub mod design {}

/// The directory: SCIM 2.0.
#[doc = include_str!("../DIRECTORY.md")]
pub mod directory {}

/// Every refusal.
#[doc = include_str!("../ERRORS.md")]
pub mod errors {}

/// Tenants: configuration, accounts, seats, "single sign-on only".
#[doc = include_str!("../ORGANIZATIONS.md")]
pub mod organizations {}

/// Against whom it is built.
#[doc = include_str!("../SECURITY.md")]
pub mod security {}
