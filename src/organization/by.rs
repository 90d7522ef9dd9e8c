//! Who wants a change, with the account in hand that shows whether they may.

use crate::account::{Account, OrganizationId};
use crate::audit::Actor;

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
        matches!(
            self,
            Self::Member { account, entered: false }
                if account.organization == *organization && account.is_active_administrator()
        )
    }

    /// Who it is, for the audit trail.
    pub fn actor(&self) -> Actor {
        match self {
            Self::Application => Actor::Application,
            Self::Directory(token) => Actor::Directory((*token).to_owned()),
            Self::IdentityProvider => Actor::IdentityProvider,
            Self::Member { account, .. } => Actor::Member(account.id.clone()),
            Self::Operator(id) => Actor::Operator((*id).to_owned()),
        }
    }
}
