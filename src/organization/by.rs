//! Who wants a change, with the account in hand that shows whether they may.

use std::collections::BTreeSet;

use crate::account::{Account, OrganizationId};
use crate::audit::Actor;
use crate::code::codes;

/// What may be set up by a setup link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum SetupScope {
    /// Certificates.
    Certificate,
    /// The directory.
    Directory,
    /// Domains.
    Domains,
    /// The four values of single sign-on.
    Sso,
}

codes!(SetupScope {
    Certificate = "certificate",
    Directory = "directory",
    Domains = "domains",
    Sso = "sso",
});

/// Who asks for a change.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum By<'a> {
    /// The application itself: a person has done something there.
    Application,
    /// The customer's directory, with this token: the token's id.
    Directory(&'a str),
    /// Whoever is logging in through the identity provider.
    IdentityProvider,
    /// Somebody who is signed in.
    Member {
        /// Their account, as it was read for this.
        account: &'a Account,
        /// Whether they have entered it from another organization's session: then they administer
        /// nothing.
        entered: bool,
    },
    /// Somebody who runs the application, by the id that they have there.
    Operator(&'a str),
    /// Somebody without an account, who came by a setup link: the link's id, and what may be set up
    /// by it.
    SetupLink(&'a str, &'a BTreeSet<SetupScope>),
}

impl<'a> By<'a> {
    /// The holder of this account, in a session that was begun in it.
    pub fn member(account: &'a Account) -> Self {
        Self::Member { account, entered: false }
    }

    /// The holder of this account, in a session that was entered from another one.
    pub fn entered(account: &'a Account) -> Self {
        Self::Member { account, entered: true }
    }

    /// Whether this is an administrator of exactly this organization.
    pub fn administers(&self, organization: &OrganizationId) -> bool {
        matches!(self, Self::Member { account, entered: false } if account.administers(organization))
    }

    /// The same with the account as it is now, which was read once more; `None` if it is gone.
    pub(crate) fn read_anew(self, accounts: &'a [Account]) -> Option<Self> {
        match self {
            Self::Member { account, entered } => {
                let is_same = |other: &&Account| {
                    other.id == account.id && other.organization == account.organization
                };
                let now = accounts.iter().find(is_same)?;
                Some(Self::Member { account: now, entered })
            }
            other => Some(other),
        }
    }

    /// Who it is, for the audit trail.
    pub fn actor(&self) -> Actor {
        match self {
            Self::Application => Actor::Application,
            Self::Directory(token) => Actor::Directory((*token).to_owned()),
            Self::IdentityProvider => Actor::IdentityProvider,
            Self::Member { account, .. } => Actor::Member(account.id.clone()),
            Self::Operator(id) => Actor::Operator((*id).to_owned()),
            Self::SetupLink(id, _) => Actor::SetupLink((*id).to_owned()),
        }
    }
}
