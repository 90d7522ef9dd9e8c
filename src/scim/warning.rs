//! What was taken, but not as it was sent.

use std::fmt;

/// What was taken otherwise than it was sent: for the log of requests. It never has the value of
/// an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// An address without a value was dropped.
    AddressEmpty,
    /// Nothing can be mailed to this address: it is kept as it is, and nobody is known by it.
    AddressUnreadable,
    /// An attribute that the server sets was ignored.
    ReadOnlyIgnored {
        /// As it was sent, in printable characters, the first 64 of them.
        name: String,
    },
    /// An attribute or a schema that nobody has heard of was dropped.
    UnknownDropped {
        /// As it was sent, in printable characters, the first 64 of them.
        name: String,
        /// The attribute that was meant, perhaps.
        near: Option<&'static str>,
    },
}

impl Warning {
    /// A stable snake_case code, part of semver.
    pub fn code(&self) -> &'static str {
        match self {
            Self::AddressEmpty => "scim_address_empty",
            Self::AddressUnreadable => "scim_address_unreadable",
            Self::ReadOnlyIgnored { .. } => "scim_read_only_ignored",
            Self::UnknownDropped { .. } => "scim_unknown_dropped",
        }
    }
}

/// For the identity provider's administrator.
impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AddressEmpty => f.write_str("an e-mail address without a value was dropped"),
            Self::AddressUnreadable => {
                f.write_str("an e-mail address is none that can be mailed to: it is kept as sent")
            }
            Self::ReadOnlyIgnored { name } => {
                write!(f, "{name} was ignored: the server sets it")
            }
            Self::UnknownDropped { name, near: None } => {
                write!(f, "{name} was dropped: it is not stored here")
            }
            Self::UnknownDropped { name, near: Some(near) } => {
                write!(f, "{name} was dropped: it is not stored here; {near} is")
            }
        }
    }
}
