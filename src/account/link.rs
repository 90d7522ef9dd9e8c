//! Who somebody is at the identity provider, and how that is known.

use crate::code::codes;
use crate::identity::StableKey;

/// How it became known that an account and a name at the identity provider are one person's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum LinkOrigin {
    /// Another administrator, or an operator, has said so.
    Approved,
    /// The person entered a code that was sent to the account's address, or came by the link of
    /// their invitation.
    Code,
    /// The account was made for this name, by its first login.
    Created,
    /// Both have the same e-mail address. Whoever can set their own at the identity provider has
    /// any: an administrator's account is not linked like this.
    Email,
    /// The person was signed in to the account when they came under this name.
    Session,
}

codes!(LinkOrigin {
    Approved = "approved",
    Code = "code",
    Created = "created",
    Email = "email",
    Session = "session",
});

/// The name of an account's holder at the identity provider.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Link {
    /// The name.
    pub key: StableKey,
    /// How it is known.
    pub origin: LinkOrigin,
}

impl Link {
    /// A link.
    pub fn new(key: StableKey, origin: LinkOrigin) -> Self {
        Self { key, origin }
    }
}
