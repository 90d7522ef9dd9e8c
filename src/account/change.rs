//! What is written of an account.

use super::{Account, AccountId, EmailProof, Profile, Role, Status};
use crate::account::OrganizationId;
use crate::identity::{Email, StableKey};

/// An account that is to be created.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewAccount {
    /// The id of the organization.
    pub organization: OrganizationId,
    /// The e-mail address.
    pub email: Email,
    /// How good the address is. Unless it is [proven](EmailProof::Proven), the account must not be
    /// joined with anything that the owner of the address has elsewhere.
    pub email_proof: EmailProof,
    /// The key of the person at the identity provider; `None` if their NameID does not last.
    pub stable_key: Option<StableKey>,
    /// What is shown of the person.
    pub profile: Profile,
    /// [`Role::Member`], unless an administrator invites another one: no assertion makes an
    /// administrator.
    pub role: Role,
    /// [`Status::Active`], or [`Status::Invited`].
    pub status: Status,
}

impl NewAccount {
    /// An invitation of an address by an administrator. It takes a seat like any other account.
    pub fn invited(organization: impl Into<OrganizationId>, email: Email, role: Role) -> Self {
        Self {
            organization: organization.into(),
            email,
            email_proof: EmailProof::Organization,
            stable_key: None,
            profile: Profile::default(),
            role,
            status: Status::Invited,
        }
    }

    /// The account under an id of the application's.
    pub fn into_account(self, id: AccountId) -> Account {
        let Self { organization, email, email_proof, stable_key, profile, role, status } = self;
        Account {
            status,
            role,
            email: Some(email),
            email_proof,
            stable_key,
            profile,
            ..Account::new(id, organization)
        }
    }
}

/// What changes in an account. `None` is: as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Changes {
    /// The e-mail address.
    pub email: Option<Email>,
    /// How good the address is.
    pub email_proof: Option<EmailProof>,
    /// The profile.
    pub profile: Option<Profile>,
    /// What the person may do. No login changes it; an administrator does.
    pub role: Option<Role>,
    /// The key of the person at the identity provider.
    pub stable_key: Option<StableKey>,
    /// Whether the account loses the key it has, so that the next login with its address is linked
    /// to it.
    pub unlink: bool,
    /// The status: an invitation that is accepted by the login.
    pub status: Option<Status>,
}

impl Changes {
    /// The key goes and nothing else changes: for whoever finds that a person has another name at
    /// the identity provider by now.
    pub fn unlinked() -> Self {
        Self { unlink: true, ..Self::default() }
    }

    /// Another status and nothing else: for whoever deactivates, deletes or activates an account.
    pub fn to_status(status: Status) -> Self {
        Self { status: Some(status), ..Self::default() }
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The account with these changes.
    #[must_use]
    pub fn applied_to(&self, account: &Account) -> Account {
        Account {
            email: self.email.clone().or_else(|| account.email.clone()),
            email_proof: self.email_proof.unwrap_or(account.email_proof),
            profile: self.profile.clone().unwrap_or_else(|| account.profile.clone()),
            stable_key: self
                .stable_key
                .clone()
                .or_else(|| account.stable_key.clone().filter(|_| !self.unlink)),
            role: self.role.unwrap_or(account.role),
            status: self.status.unwrap_or(account.status),
            ..account.clone()
        }
    }
}
