//! Home-realm discovery: from an e-mail address to the organization whose identity provider to ask.

use crate::account::{Account, EmailProof, Status};
use crate::identity::Email;
use crate::organization::Organization;

/// Where a person logs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub enum Discovery<'a> {
    /// Here: send the browser to this organization's identity provider.
    Found(&'a Organization),
    /// Nowhere that can be told.
    NotFound,
    /// In more than one place: ask for the organization's slug, and do not list any.
    Several,
}

impl Discovery<'_> {
    /// A stable snake_case code, part of semver.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Found(_) => "organization_found",
            Self::NotFound => "user_not_found",
            Self::Several => "slug_needed",
        }
    }

    /// A fixed sentence for the person, where the browser is not simply sent on.
    pub fn user_message(&self) -> Option<&'static str> {
        match self {
            Self::Found(_) => None,
            Self::NotFound => Some(
                "User not found. Check the address, or ask your administrator for the sign-in link.",
            ),
            Self::Several => {
                Some("Several organizations use this address. Enter the name of yours.")
            }
        }
    }
}

/// For somebody who has only typed an address: answers from verified domains alone, so that it
/// tells nobody who has an account.
///
/// Organizations whose single sign-on does not [work](Organization::is_open) do not count.
pub fn discover<'a>(
    email: &Email,
    organizations: impl IntoIterator<Item = &'a Organization>,
) -> Discovery<'a> {
    only_one(organizations.into_iter().filter(|organization| organization.owns(email)))
}

/// For somebody who has proven that the address is theirs (by a code that was sent to it, say), and
/// whose accounts these are: the organization of the domain, if there is one, and otherwise that of
/// a membership.
///
/// A membership counts if the account is active, has this address, and has it
/// [proven](EmailProof::Proven): an invitation, or an account that some identity provider has made
/// under the address, would let anybody send the person to an identity provider of theirs.
pub fn discover_proven<'a>(
    email: &Email,
    accounts: &[Account],
    organizations: impl IntoIterator<Item = &'a Organization, IntoIter: Clone>,
) -> Discovery<'a> {
    let organizations = organizations.into_iter();
    match discover(email, organizations.clone()) {
        Discovery::NotFound => {}
        found => return found,
    }
    only_one(organizations.filter(|organization| {
        accounts.iter().any(|account| {
            account.organization == *organization.id()
                && account.status == Status::Active
                && account.proof() == EmailProof::Proven
                && account.has_email(email)
        })
    }))
}

fn only_one<'a>(matching: impl Iterator<Item = &'a Organization>) -> Discovery<'a> {
    let mut open = matching.filter(|organization| organization.is_open());
    match (open.next(), open.next()) {
        (None, _) => Discovery::NotFound,
        (Some(organization), None) => Discovery::Found(organization),
        (Some(_), Some(_)) => Discovery::Several,
    }
}
