//! What the directory says about a person.

use std::fmt;

use super::{Account, Profile};
use crate::identity::Email;

/// What the directory has said about a person, to the letter: it gets back what it sent.
#[derive(Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default))]
#[non_exhaustive]
pub struct Pushed {
    /// SCIM's `userName`: often an address, and often not.
    pub user_name: String,
    /// The directory's own id of the person. It is compared, and never taken for an id of ours.
    pub external_id: Option<String>,
    /// The addresses, in the order in which they came.
    pub addresses: Vec<PushedAddress>,
    /// `name.givenName`.
    pub given_name: Option<String>,
    /// `name.familyName`.
    pub family_name: Option<String>,
    /// `name.formatted`.
    pub formatted: Option<String>,
    /// `displayName`.
    pub display_name: Option<String>,
}

/// One of the addresses that the directory has sent.
#[derive(Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default))]
#[non_exhaustive]
pub struct PushedAddress {
    /// The address as it was sent.
    pub value: String,
    /// What kind of address it is: `work`, usually.
    pub kind: Option<String>,
    /// Whether it is the one to write to.
    pub primary: bool,
}

impl PushedAddress {
    /// The one to write to.
    pub fn primary(value: impl Into<String>) -> Self {
        Self { value: value.into(), kind: Some("work".into()), primary: true }
    }
}

impl Pushed {
    /// So many addresses does a person have at most.
    pub const MAX_ADDRESSES: usize = 10;

    /// A person with this user name, and nothing else.
    pub fn new(user_name: impl Into<String>) -> Self {
        Self { user_name: user_name.into(), ..Self::default() }
    }

    /// What the directory reads of an account: what it has said, or else what others have. Of the
    /// latter, the account's address is the primary one, for work.
    pub fn of(account: &Account) -> Self {
        let external_id = account.external_id.clone();
        if let Some(sent) = &account.pushed {
            return Self { external_id, ..(**sent).clone() };
        }
        let email = account.email().map(|email| email.original().trim());
        let name = account.user_name.as_deref().or(email).unwrap_or(account.id.as_str());
        Self {
            external_id,
            addresses: email.map(PushedAddress::primary).into_iter().collect(),
            ..Self::new(name).renamed(&account.profile)
        }
    }

    /// The address to write to: the primary one, the only one, or else a user name that is one.
    pub fn email(&self) -> Option<Email> {
        let primary = self.addresses.iter().find(|address| address.primary);
        let value = primary.or(self.addresses.first()).map_or(&self.user_name, |one| &one.value);
        Email::parse(value).ok()
    }

    /// Whether an address is among those that were sent.
    pub fn has_address(&self, email: &Email) -> bool {
        let is = |other: Email| other.address().eq_ignore_ascii_case(email.address());
        self.addresses.iter().any(|address| Email::parse(&address.value).is_ok_and(is))
    }

    /// What is shown of the person.
    pub fn profile(&self) -> Profile {
        Profile {
            first_name: self.given_name.clone(),
            last_name: self.family_name.clone(),
            display_name: self.display_name.clone().or_else(|| self.formatted.clone()),
        }
        .named()
    }

    /// The same with another profile, where somebody else has changed it: the names that do not fit
    /// it any more go.
    #[must_use]
    pub fn renamed(self, profile: &Profile) -> Self {
        Self {
            given_name: profile.first_name.clone(),
            family_name: profile.last_name.clone(),
            display_name: profile.display_name.clone(),
            formatted: None,
            ..self
        }
    }
}

/// Names are nobody's business in a log.
impl fmt::Debug for Pushed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pushed(…)")
    }
}

/// Neither are addresses.
impl fmt::Debug for PushedAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PushedAddress(…)")
    }
}
