//! Accounts: what an application has of the people in an organization.

mod address;
mod id;
mod invitation;
mod link;
mod profile;
mod pushed;
mod seats;

use std::fmt;

use chrono::{DateTime, Utc};

pub use self::address::{AccountAddress, EmailProof};
pub use self::id::{AccountId, OrganizationId};
pub use self::invitation::Invitation;
pub use self::link::{Link, LinkOrigin};
pub use self::profile::{Profile, is_name};
pub use self::pushed::{Pushed, PushedAddress};
pub use self::seats::Seats;
use crate::code::codes;
use crate::identity::{Email, StableKey};

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
    /// Switched off by an administrator or by the directory; it can be switched on again by the
    /// same.
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

/// Who manages an account, or has ended it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Source {
    /// The application: its dashboard, its operators, a login.
    #[default]
    Application,
    /// The customer's directory, by SCIM.
    Directory,
}

codes!(Source {
    Application = "application",
    Directory = "directory",
});

/// A person's account in one organization.
///
/// Whoever belongs to two organizations has two of these. What the application has above them (one
/// person, one inbox, a list to switch between) is its own; [`LoginPolicy`](crate::LoginPolicy)
/// decides what of it may be seen.
///
/// What becomes of one is decided in [`provision::decide`](crate::provision::decide()). `Debug`
/// hides whatever tells who the person is.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// The [id](crate::Organization::id) of its organization.
    pub organization: OrganizationId,
    /// Raised by everything that writes it. A change is of the version that was read.
    #[cfg_attr(feature = "serde", serde(default))]
    pub version: u64,
    /// Raised by everything that ends its sessions. A session is good while it carries the same
    /// one: no clock of another machine is asked.
    #[cfg_attr(feature = "serde", serde(default))]
    pub generation: u64,
    /// Where it is in its life.
    pub status: Status,
    /// Who deactivated or deleted it: neither brings back whom the other has ended.
    #[cfg_attr(feature = "serde", serde(default))]
    pub ended_by: Option<Source>,
    /// What the person may do.
    #[cfg_attr(feature = "serde", serde(default))]
    pub role: Role,
    /// The person's e-mail address, and how good it is.
    #[cfg_attr(feature = "serde", serde(default))]
    pub address: Option<AccountAddress>,
    /// Who the person is at the identity provider, once they have come from it.
    #[cfg_attr(feature = "serde", serde(default))]
    pub link: Option<Link>,
    /// SCIM's `userName`: that of the directory, or the address as it was first sent.
    #[cfg_attr(feature = "serde", serde(default))]
    pub user_name: Option<String>,
    /// The directory's own id of the person.
    #[cfg_attr(feature = "serde", serde(default))]
    pub external_id: Option<String>,
    /// What is shown of the person.
    #[cfg_attr(feature = "serde", serde(default))]
    pub profile: Profile,
    /// What the directory has said, if it has.
    #[cfg_attr(feature = "serde", serde(default))]
    pub pushed: Option<Box<Pushed>>,
    /// Where its profile and its address come from.
    #[cfg_attr(feature = "serde", serde(default))]
    pub managed_by: Source,
    /// What leads to it, while it is an invitation.
    #[cfg_attr(feature = "serde", serde(default))]
    pub invitation: Option<Invitation>,
    /// When it came to be.
    #[cfg_attr(feature = "serde", serde(default))]
    pub created_at: DateTime<Utc>,
    /// When it was last written.
    #[cfg_attr(feature = "serde", serde(default))]
    pub changed_at: DateTime<Utc>,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn hidden<T>(value: &Option<T>) -> Option<fmt::Arguments<'static>> {
            value.as_ref().map(|_| format_args!("…"))
        }
        f.debug_struct("Account")
            .field("id", &self.id)
            .field("organization", &self.organization)
            .field("version", &self.version)
            .field("generation", &self.generation)
            .field("status", &self.status)
            .field("ended_by", &self.ended_by)
            .field("role", &self.role)
            .field("address", &self.address)
            .field("link", &self.link)
            .field("user_name", &hidden(&self.user_name))
            .field("external_id", &hidden(&self.external_id))
            .field("profile", &self.profile)
            .field("pushed", &self.pushed)
            .field("managed_by", &self.managed_by)
            .field("invitation", &self.invitation)
            .field("created_at", &self.created_at)
            .field("changed_at", &self.changed_at)
            .finish()
    }
}

impl Account {
    /// An active member with nothing but an id.
    pub fn new(
        id: AccountId,
        organization: impl Into<OrganizationId>,
        created_at: DateTime<Utc>,
    ) -> Self {
        Self {
            id,
            organization: organization.into(),
            version: 0,
            generation: 0,
            status: Status::Active,
            ended_by: None,
            role: Role::Member,
            address: None,
            link: None,
            user_name: None,
            external_id: None,
            profile: Profile::default(),
            pushed: None,
            managed_by: Source::Application,
            invitation: None,
            created_at,
            changed_at: created_at,
        }
    }

    /// Its e-mail address, if it has one.
    pub fn email(&self) -> Option<&Email> {
        self.address.as_ref().map(|address| &address.email)
    }

    /// How good its address is; unproven where there is none.
    pub fn proof(&self) -> EmailProof {
        self.address.as_ref().map_or(EmailProof::Unproven, |address| address.proof)
    }

    /// The key of the person at the identity provider, once they have come from it.
    pub fn stable_key(&self) -> Option<&StableKey> {
        self.link.as_ref().map(|link| &link.key)
    }

    /// Whether its address is this one, in [any letter case](AccountAddress::is).
    pub fn has_email(&self, email: &Email) -> bool {
        self.address.as_ref().is_some_and(|address| address.is(email))
    }

    /// Whether it administers its organization: an administrator's, and active.
    pub fn is_active_administrator(&self) -> bool {
        self.role == Role::Administrator && self.status == Status::Active
    }

    /// Whether a code that is sent to its address reaches its holder and nobody else: they have
    /// proven the address, and no directory has put it there.
    pub fn takes_code(&self) -> bool {
        self.proof() == EmailProof::Proven && self.managed_by == Source::Application
    }

    /// Whether it is anything but deleted.
    pub fn is_living(&self) -> bool {
        self.status != Status::Deleted
    }

    /// Whether it administers exactly this organization.
    pub fn administers(&self, organization: &OrganizationId) -> bool {
        self.organization == *organization && self.is_active_administrator()
    }

    /// The same with another address, which the application has put there. The user name follows it
    /// where the directory has not given one.
    #[must_use]
    pub(crate) fn moved(self, address: AccountAddress) -> Self {
        let followed = address.email.original().trim().to_owned();
        let kept = self.user_name.clone().filter(|_| self.pushed.is_some());
        Self {
            user_name: kept.or(Some(followed)),
            address: Some(address),
            managed_by: Source::Application,
            ..self
        }
    }

    /// Makes this the next version of an account that was read, and ends its sessions where that
    /// has to be; whether anything is another.
    pub(crate) fn succeeds(&mut self, before: &Self, now: DateTime<Utc>) -> bool {
        if self == before {
            return false;
        }
        if self.ends_sessions_of(before) {
            self.generation = before.generation.saturating_add(1);
        }
        self.version = before.version.saturating_add(1);
        self.changed_at = now;
        true
    }

    /// Whether one changed from `before` ends the sessions that were begun with that: when its
    /// holder may no longer be the same person, or may no longer come in. The first proof of an
    /// address counts, too: whoever had the account before its holder proved that (a password set
    /// in advance) loses it. A domain's owner has vouched for it already.
    fn ends_sessions_of(&self, before: &Self) -> bool {
        let ended = self.status != before.status && !self.status.holds_seat();
        let unlinked = before.link.is_some() && self.stable_key() != before.stable_key();
        let moved = match (&before.address, self.email()) {
            (Some(address), Some(email)) => !address.is(email),
            (Some(_), None) => true,
            (None, _) => false,
        };
        let first = match before.proof() {
            EmailProof::Unproven => before.address.is_some() && self.proof() > before.proof(),
            EmailProof::Organization => self.proof() == EmailProof::Proven,
            EmailProof::Domain | EmailProof::Proven => false,
        };
        ended || unlinked || moved || (first && before.status != Status::Invited)
    }
}
