//! SCIM 2.0 (RFC 7643, RFC 7644): what a directory sends is read here, and what it is told is
//! written.
//!
//! Everything here is pure: no HTTP, no store, no clock. Bytes become JSON by [`parse`], JSON a
//! [`ReceivedUser`] (POST and PUT) or a [`Patch`], and both a
//! [`Push`](crate::provision::Push) by their `apply`; a filter becomes a
//! [`store::Filter`](crate::store::Filter) by [`Expression`]; an
//! [`Account`](crate::account::Account) becomes the User that the directory reads by [`user()`].
//! Whatever is refused becomes a [`ScimError`].
//!
//! ```
//! use saml_login::scim::{JsonLimits, ScimMode, ReceivedUser, parse};
//!
//! let body = br#"{"userName": "alice", "emails": "alice@example.com", "active": "True"}"#;
//! let body = parse(body, &JsonLimits::default())?;
//! let received = ReceivedUser::parse(&body, ScimMode::Lenient)?;
//! let wanted = received.apply(None).expect("somebody new");
//! assert_eq!(wanted.pushed.user_name, "alice");
//! assert_eq!(wanted.active, Some(true));
//! # Ok::<(), saml_login::scim::ScimError>(())
//! ```

mod discovery;
mod error;
mod filter;
mod json;
mod list;
mod names;
mod patch;
mod received;
mod refusal;
mod schema;
mod selection;
mod sort;
mod user;
mod value;
mod warning;

pub use self::discovery::{
    Offered, resource_type, resource_types, schema, schemas, service_provider_config,
};
pub use self::error::{ScimError, ScimType};
pub use self::filter::{AttributePath, Comparison, Expression, FilterRefusal, Operand, PatchPath};
pub use self::json::{JsonLimits, JsonRefusal, parse};
pub use self::list::ListResponse;
pub use self::names::{
    BULK_REQUEST, BULK_RESPONSE, ENTERPRISE_USER, ERROR, LIST_RESPONSE, PATCH_OP, SEARCH_REQUEST,
    USER,
};
pub use self::patch::Patch;
pub use self::received::ReceivedUser;
pub use self::refusal::BodyRefusal;
pub use self::selection::Selection;
pub use self::sort::sort_by;
pub use self::user::{location, user, version_tag};
pub(crate) use self::value::member;
pub use self::warning::Warning;
pub use crate::organization::ScimMode;
