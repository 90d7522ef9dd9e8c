//! The names under which identity providers send what makes up an identity.

use super::IdentityField;

/// An [`IdentityField`], or one of the claims that stand in for an e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Slot {
    DisplayName,
    Email,
    FirstName,
    Groups,
    LastName,
    NameClaim,
    UpnClaim,
}

impl Slot {
    pub(super) fn of(field: IdentityField) -> Self {
        match field {
            IdentityField::DisplayName => Self::DisplayName,
            IdentityField::Email => Self::Email,
            IdentityField::FirstName => Self::FirstName,
            IdentityField::Groups => Self::Groups,
            IdentityField::LastName => Self::LastName,
        }
    }
}

/// What Entra sends in place of the groups of a person who is in too many.
pub(super) const GROUPS_LINK: &str = "http://schemas.microsoft.com/claims/groups.link";

/// Short names as administrators type them, then URIs and OIDs. Letter case does not matter.
pub(super) const DEFAULT_NAMES: &[(Slot, &[&str])] = &[
    (
        Slot::DisplayName,
        &[
            "displayName",
            "Display Name",
            "name",
            "fullName",
            "Full Name",
            "full_name",
            "cn",
            "http://schemas.microsoft.com/identity/claims/displayname",
            "urn:oid:2.16.840.1.113730.3.1.241",
            "urn:oid:2.5.4.3",
            "http://schemas.xmlsoap.org/claims/CommonName",
            "urn:mace:dir:attribute-def:displayName",
            "urn:mace:dir:attribute-def:cn",
        ],
    ),
    (
        Slot::Email,
        &[
            "email",
            "mail",
            "emailAddress",
            "Email Address",
            "E-Mail Address",
            "user.email",
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
            "http://schemas.xmlsoap.org/claims/EmailAddress",
            "urn:oid:0.9.2342.19200300.100.1.3",
            "urn:oid:1.2.840.113549.1.9.1",
            "urn:mace:dir:attribute-def:mail",
        ],
    ),
    (
        Slot::FirstName,
        &[
            "firstName",
            "first_name",
            "First Name",
            "givenName",
            "given_name",
            "Given Name",
            "User.FirstName",
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname",
            "urn:oid:2.5.4.42",
            "urn:mace:dir:attribute-def:givenName",
        ],
    ),
    (
        // Not GROUPS_LINK, which is a URL.
        Slot::Groups,
        &[
            "groups",
            "group",
            "memberOf",
            "isMemberOf",
            "member",
            "roles",
            "role",
            "Group Names",
            "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups",
            "http://schemas.microsoft.com/ws/2008/06/identity/claims/role",
            "http://schemas.xmlsoap.org/claims/Group",
            "urn:oid:1.3.6.1.4.1.5923.1.5.1.1",
            "urn:mace:dir:attribute-def:isMemberOf",
        ],
    ),
    (
        Slot::LastName,
        &[
            "lastName",
            "last_name",
            "Last Name",
            "surname",
            "sn",
            "family_name",
            "Family Name",
            "User.LastName",
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname",
            "urn:oid:2.5.4.4",
            "urn:mace:dir:attribute-def:sn",
        ],
    ),
    (Slot::NameClaim, &["http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name"]),
    (Slot::UpnClaim, &["http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"]),
];
