use std::fmt;

/// A part of an [`Identity`](crate::Identity) that attributes are mapped to and that a connection
/// may insist on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum IdentityField {
    /// [`Identity::display_name`](crate::Identity::display_name).
    DisplayName,
    /// [`Identity::email`](crate::Identity::email).
    Email,
    /// [`Identity::first_name`](crate::Identity::first_name).
    FirstName,
    /// [`Identity::groups`](crate::Identity::groups).
    Groups,
    /// [`Identity::last_name`](crate::Identity::last_name).
    LastName,
}

impl IdentityField {
    /// The name of the field in snake case; part of semver.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DisplayName => "display_name",
            Self::Email => "email",
            Self::FirstName => "first_name",
            Self::Groups => "groups",
            Self::LastName => "last_name",
        }
    }
}

impl fmt::Display for IdentityField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
