//! How the customer's directory is listened to.

use crate::code::codes;

/// How strictly the directory's requests are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum ScimMode {
    /// By the interoperability profile (`draft-ietf-scim-interop-profile`): what the schema does
    /// not define is refused, and each operation of a PATCH has a path.
    Interop,
    /// As real directories need it: what is not stored is dropped, with a note in the request log.
    #[default]
    Lenient,
}

codes!(ScimMode {
    Interop = "interop",
    Lenient = "lenient",
});

/// How the customer's directory is listened to, while it manages accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct DirectoryRules {
    /// How strictly its requests are read.
    pub mode: ScimMode,
    /// Whether a question for groups is answered with an empty list. There are none either way;
    /// JumpCloud and Okta ask, and go no further where the answer is an error. On by default.
    pub answers_groups: bool,
}

impl DirectoryRules {
    /// In this mode.
    pub fn new(mode: ScimMode) -> Self {
        Self { mode, ..Self::default() }
    }

    #[cfg(feature = "serde")]
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for DirectoryRules {
    fn default() -> Self {
        Self { mode: ScimMode::default(), answers_groups: true }
    }
}
