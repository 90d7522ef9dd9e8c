//! Names of schemas and attributes, which have no letter case.

/// The schema of a User (RFC 7643 §4.1).
pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The enterprise extension (RFC 7643 §4.3): accepted, and dropped.
pub const ENTERPRISE_USER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// An error (RFC 7644 §3.12).
pub const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
/// A page of a list (RFC 7644 §3.4.2).
pub const LIST_RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
/// A PATCH (RFC 7644 §3.5.2).
pub const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
/// A search by POST (RFC 7644 §3.4.3).
pub const SEARCH_REQUEST: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
/// Several requests in one (RFC 7644 §3.7).
pub const BULK_REQUEST: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
/// The answers to several requests (RFC 7644 §3.7).
pub const BULK_RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";

/// What the schema of a User is called, the longest first: by RFC 7643, and by OneLogin.
const USER_NAMES: [&str; 3] = [USER, "urn:scim:schemas:core:2.0:User", "urn:scim:schemas:core:2.0"];

/// What a schema in the list `schemas` is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An extension of a User: of RFC 7643, of a vendor, of a customer.
    Extension,
    /// No User at all: a Group, a message, version 1 of SCIM.
    Foreign,
    /// A User, as RFC 7643 calls it.
    User,
    /// A User, by an older name of version 2.
    UserOfOld,
}

/// What a schema is of.
pub(super) fn kind(schema: &str) -> Kind {
    const FOREIGN: [&str; 4] = [
        "urn:ietf:params:scim:schemas:core:",
        "urn:ietf:params:scim:api:",
        "urn:scim:schemas:core:",
        "urn:scim:schemas:extension:enterprise:1.",
    ];
    if schema.eq_ignore_ascii_case(USER) {
        Kind::User
    } else if USER_NAMES.iter().any(|name| schema.eq_ignore_ascii_case(name)) {
        Kind::UserOfOld
    } else if FOREIGN.iter().any(|prefix| after_prefix(schema, prefix).is_some()) {
        Kind::Foreign
    } else {
        Kind::Extension
    }
}

/// What the name of an attribute leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named<'a> {
    /// An attribute of a User, without the schema before it.
    Attribute(&'a str),
    /// Another schema, or an attribute of it.
    Extension,
    /// The schema of a User itself, with its attributes in an object.
    User,
}

/// RFC 7644 §3.10: "Clients MAY omit core schema attribute URN prefixes but SHOULD fully qualify
/// extended attributes", and letter case counts in none of it.
pub(super) fn named(name: &str) -> Named<'_> {
    if after_prefix(name, "urn:").is_none() {
        return Named::Attribute(name);
    }
    if USER_NAMES.iter().any(|schema| name.eq_ignore_ascii_case(schema)) {
        return Named::User;
    }
    let mut rests = USER_NAMES.iter().filter_map(|schema| after_prefix(name, schema));
    match rests.find_map(|rest| rest.strip_prefix(':')) {
        Some(rest) => Named::Attribute(rest),
        None => Named::Extension,
    }
}

/// The rest of a text that begins so, in any letter case.
fn after_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (begin, rest) = text.split_at_checked(prefix.len())?;
    begin.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// A name of an attribute as it can stand in a log and in an error: printable, and not long.
pub(super) fn shown(name: &str) -> String {
    const LONGEST: usize = 64;
    let begin: String = name.chars().take(LONGEST).collect();
    let rest = if begin.len() < name.len() { "…" } else { "" };
    format!("{}{rest}", crate::error::printable(&begin))
}
