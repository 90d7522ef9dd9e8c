//! Accounts: what an application has of the people in an organization.

mod change;
mod id;
mod seats;

use std::fmt;

pub use self::change::{Changes, NewAccount};
pub use self::id::{AccountId, OrganizationId};
pub use self::seats::Seats;
use crate::code::codes;
use crate::identity::{Email, Identity, StableKey};

/// What a person may do in an organization, as far as single sign-on asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Role {
    /// Changes the organization's settings.
    Administrator,
    /// Uses the product.
    #[default]
    Member,
}

codes!(Role {
    Administrator = "administrator",
    Member = "member",
});

/// Where an account is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Status {
    /// In use.
    Active,
    /// Switched off by an administrator or by the identity provider; it can be switched on again by
    /// the same.
    Deactivated,
    /// Removed by an administrator. The record stays, so that a login does not quietly bring the
    /// person back.
    Deleted,
    /// An administrator has invited the person, who has not come yet.
    Invited,
}

codes!(Status {
    Active = "active",
    Deactivated = "deactivated",
    Deleted = "deleted",
    Invited = "invited",
});

impl Status {
    /// Whether an account takes one of the seats: active ones do, and invitations, which have to be
    /// kept.
    pub fn holds_seat(self) -> bool {
        matches!(self, Self::Active | Self::Invited)
    }
}

/// How good an account's e-mail address is, the weakest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum EmailProof {
    /// Anybody could have typed it in. A login never leads to an account because of such an
    /// address.
    #[default]
    Unproven,
    /// The organization says so: an administrator has invited the address, or the identity provider
    /// has sent it. That holds inside the organization and nowhere else.
    Organization,
    /// The organization says so, and had shown that the domain is its own. That holds elsewhere for
    /// as long as the domain is.
    Domain,
    /// The person has received something there.
    Proven,
}

codes!(EmailProof {
    Unproven = "unproven",
    Organization = "organization",
    Domain = "domain",
    Proven = "proven",
});

/// What is shown of a person. Texts are the identity provider's, or the person's own: escape them
/// like any other input.
#[derive(Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Profile {
    /// The first name, if it is known.
    pub first_name: Option<String>,
    /// The last name, if it is known.
    pub last_name: Option<String>,
    /// The display name, if it is known.
    pub display_name: Option<String>,
}

impl Profile {
    /// What this identity says. A text that is no name (longer than 256 characters, with line
    /// breaks, other control characters or marks that turn the direction of writing) is left out.
    pub fn of(identity: &Identity) -> Self {
        let name = |text: &Option<String>| text.clone().filter(|text| is_name(text));
        Self {
            first_name: name(&identity.first_name),
            last_name: name(&identity.last_name),
            display_name: name(&identity.display_name),
        }
    }

    /// This, with everything that `newer` knows. What it does not say stays: attributes can be
    /// switched off at the identity provider without a wish to forget anything.
    #[must_use]
    pub fn overlaid(&self, newer: &Self) -> Self {
        let either =
            |new: &Option<String>, old: &Option<String>| new.clone().or_else(|| old.clone());
        Self {
            first_name: either(&newer.first_name, &self.first_name),
            last_name: either(&newer.last_name, &self.last_name),
            display_name: either(&newer.display_name, &self.display_name),
        }
    }
}

/// Whether a text can be shown as a name, in a list and in the head of a mail.
fn is_name(text: &str) -> bool {
    /// Characters, of any script.
    const LONGEST: usize = 256;
    let turns = |c: char| matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    text.chars().nth(LONGEST).is_none() && !text.chars().any(|c| turns(c) || breaks(c))
}

/// Names are nobody's business in a log.
impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Profile(…)")
    }
}

/// A person's account in one organization.
///
/// Whoever belongs to two organizations has two of these. What the application has above them (one
/// person, one inbox, a list to switch between) is its own; [`LoginPolicy`](crate::LoginPolicy)
/// decides what of it may be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// The [id](crate::Organization::id) of its organization.
    pub organization: OrganizationId,
    /// Where it is in its life.
    pub status: Status,
    /// What the person may do.
    pub role: Role,
    /// The person's e-mail address.
    pub email: Option<Email>,
    /// How good that address is.
    pub email_proof: EmailProof,
    /// The key of the person at the identity provider, once they have come from it.
    pub stable_key: Option<StableKey>,
    /// What is shown of the person.
    pub profile: Profile,
    /// Whether the identity provider's directory pushes this account (SCIM). Then that is where its
    /// profile comes from.
    pub directory_managed: bool,
}

impl Account {
    /// An active member with nothing but an id.
    pub fn new(id: AccountId, organization: impl Into<OrganizationId>) -> Self {
        Self {
            id,
            organization: organization.into(),
            status: Status::Active,
            role: Role::Member,
            email: None,
            email_proof: EmailProof::Unproven,
            stable_key: None,
            profile: Profile::default(),
            directory_managed: false,
        }
    }

    /// Whether its address is this one. ASCII letter case does not count, in the part before the
    /// `@` neither: no mail system that is in use tells `Alice@` from `alice@`, and two accounts of
    /// one person are worse than the theory.
    pub fn has_email(&self, email: &Email) -> bool {
        self.email.as_ref().is_some_and(|own| own.address().eq_ignore_ascii_case(email.address()))
    }
}
