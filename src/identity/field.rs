use crate::code::codes;

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

codes!(IdentityField {
    DisplayName = "display_name",
    Email = "email",
    FirstName = "first_name",
    Groups = "groups",
    LastName = "last_name",
});
