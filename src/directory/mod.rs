//! Where accounts are kept, and how a login becomes one: [`provision`] decides, and a [`Directory`]
//! makes it true.

mod memory;

use std::future::Future;
use std::sync::Arc;

use chrono::{DateTime, Utc};

pub use memory::MemoryDirectory;

use crate::account::Account;
use crate::audit::{Actor, AuditAction, AuditEvent, AuditOutcome};
use crate::error::StoreError;
use crate::identity::{Email, Identity, StableKey};
use crate::organization::Organization;
use crate::provision::{
    AccountChanges, NewAccount, Provisioning, ProvisioningRefusal, Seats, decide,
};

/// Where an application keeps the accounts of its organizations, and counts their seats.
///
/// # The contract
///
/// 1. **Writing is one atomic step** each: the account and its seat together, or neither.
/// 2. **No two accounts of one organization, deleted ones aside, have the same key or the same
///    e-mail address** (in any ASCII letter case): the second is answered [`Written::Conflict`],
///    however close together they come, and whether an account is created, changed or restored.
///    Keys are compared whole and byte for byte.
/// 3. **A seat is needed where a status that [holds none](crate::AccountStatus::holds_seat) becomes
///    one that holds one**, and where an account is created with such a status. Where no seat is
///    free that is answered [`Written::NoSeat`]. A status that holds one and becomes one that holds
///    none gives the seat back at once. No other change needs a seat, takes one or gives one back:
///    not one that leaves the status alone, not the one from invited to active, not the one from
///    deactivated to deleted; also where fewer seats are bought than are taken.
/// 4. **A change is of the account as it was read**: if anything in it has changed since, the
///    answer is [`Written::Conflict`].
/// 5. **A failure changes nothing**, unless the fate of a commit is unknown.
/// 6. **Organizations are apart**: each has accounts, keys, addresses and seats of its own.
///
/// `contract::directory` (feature `test-idp`) tests an implementation.
///
/// # SQL
///
/// ```sql
/// CREATE TABLE organization (
///     id        TEXT    PRIMARY KEY,
///     purchased INTEGER,                     -- NULL for any number
///     taken     INTEGER NOT NULL DEFAULT 0
/// );
/// CREATE TABLE account (
///     id           TEXT   PRIMARY KEY,
///     organization TEXT   NOT NULL REFERENCES organization,
///     status       TEXT   NOT NULL,
///     email        TEXT   COLLATE "C",
///     stable_key   TEXT   COLLATE "C",       -- compared byte for byte
///     version      BIGINT NOT NULL DEFAULT 0 -- raised by everything that writes the row
///     -- and the other fields of `Account`
/// );
/// CREATE UNIQUE INDEX account_key ON account (organization, stable_key) WHERE status <> 'deleted';
/// CREATE UNIQUE INDEX account_email ON account (organization, lower(email)) WHERE status <> 'deleted';
/// ```
///
/// Each write is one transaction, and whatever is answered other than [`Written::Done`] rolls it
/// back. A unique index that is violated is a [`Written::Conflict`]. A change reads the row first:
/// one that is not equal to `before` is a conflict, and so is an `UPDATE` that finds no row.
///
/// ```sql
/// SELECT …, version FROM account WHERE id = $account AND organization = $organization;
/// UPDATE account SET …, version = version + 1 WHERE id = $account AND version = $version;
///
/// -- Only where an account is created with a status that holds a seat, or the old status held none and the new one holds one.
/// -- No row updated: `NoSeat`.
/// UPDATE organization SET taken = taken + 1
///     WHERE id = $organization AND (purchased IS NULL OR taken < purchased);
///
/// -- Only where the old status held a seat and the new one holds none.
/// UPDATE organization SET taken = taken - 1 WHERE id = $organization;
/// ```
pub trait Directory: Send + Sync {
    /// The accounts of an organization that have this key, or this address in any ASCII letter
    /// case, deleted ones included; and its seats.
    fn find(
        &self,
        organization: &str,
        key: Option<&StableKey>,
        email: Option<&Email>,
    ) -> impl Future<Output = Result<Matches, StoreError>> + Send;

    /// Creates an account under an id that the directory chooses.
    fn create(&self, new: NewAccount) -> impl Future<Output = Result<Written, StoreError>> + Send;

    /// Changes an account that was read as `before`.
    fn change(
        &self,
        before: &Account,
        changes: &AccountChanges,
    ) -> impl Future<Output = Result<Written, StoreError>> + Send;
}

impl<D: Directory> Directory for &D {
    fn find(
        &self,
        organization: &str,
        key: Option<&StableKey>,
        email: Option<&Email>,
    ) -> impl Future<Output = Result<Matches, StoreError>> + Send {
        D::find(self, organization, key, email)
    }

    fn create(&self, new: NewAccount) -> impl Future<Output = Result<Written, StoreError>> + Send {
        D::create(self, new)
    }

    fn change(
        &self,
        before: &Account,
        changes: &AccountChanges,
    ) -> impl Future<Output = Result<Written, StoreError>> + Send {
        D::change(self, before, changes)
    }
}

impl<D: Directory> Directory for Arc<D> {
    fn find(
        &self,
        organization: &str,
        key: Option<&StableKey>,
        email: Option<&Email>,
    ) -> impl Future<Output = Result<Matches, StoreError>> + Send {
        D::find(self, organization, key, email)
    }

    fn create(&self, new: NewAccount) -> impl Future<Output = Result<Written, StoreError>> + Send {
        D::create(self, new)
    }

    fn change(
        &self,
        before: &Account,
        changes: &AccountChanges,
    ) -> impl Future<Output = Result<Written, StoreError>> + Send {
        D::change(self, before, changes)
    }
}

/// What a directory finds for a login.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Matches {
    /// The accounts.
    pub accounts: Vec<Account>,
    /// The seats of the organization.
    pub seats: Seats,
}

impl Matches {
    /// These.
    pub fn new(accounts: Vec<Account>, seats: Seats) -> Self {
        Self { accounts, seats }
    }
}

/// What became of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub enum Written {
    /// Something else came first. Nothing was written; read again and decide anew.
    Conflict,
    /// It is written, and this is the account now.
    Done(Box<Account>),
    /// No seat is free. Nothing was written.
    NoSeat,
}

/// Somebody who has come in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub struct Provisioned {
    /// Their account, as it is now.
    pub account: Account,
    /// What was done.
    pub provisioning: Provisioning,
}

/// Why somebody has not come in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProvisionError {
    /// Again and again something else came first. Nothing was written; the person can try again.
    #[error("the account was changed by others again and again")]
    Contended,
    /// The decision.
    #[error("the person does not come in")]
    Refused(#[from] ProvisioningRefusal),
    /// The directory failed.
    #[error("the directory failed")]
    Store(#[source] StoreError),
}

impl ProvisionError {
    /// A stable snake_case code, part of semver.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Contended => "directory_contended",
            Self::Refused(refusal) => refusal.code(),
            Self::Store(_) => "directory_failed",
        }
    }

    /// The event of it, for the audit trail.
    pub fn event(&self, organization: &str, at: DateTime<Utc>) -> AuditEvent {
        match self {
            Self::Refused(refusal) => Provisioning::Refuse(*refusal).event(organization, None, at),
            Self::Contended | Self::Store(_) => {
                let action = AuditAction::Provisioning { decision: "refuse" };
                let event = AuditEvent::new(organization, Actor::IdentityProvider, action, at);
                event.ended(AuditOutcome::Failed(self.code()))
            }
        }
    }

    /// What to change, for the administrator.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Contended => {
                "The account was changed by others at the same time, again and again. Let the person try again."
            }
            Self::Refused(refusal) => refusal.help(),
            Self::Store(_) => "The directory of accounts failed. See its own log.",
        }
    }

    /// A fixed sentence for the person who tried to log in.
    pub fn user_message(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.user_message(),
            Self::Contended | Self::Store(_) => {
                "You could not be signed in just now. Try again in a minute."
            }
        }
    }
}

/// A write that comes second finds what came first when it reads again, so that one more round is
/// nearly always enough.
const ROUNDS: usize = 16;

/// Brings a person in: finds, [decides](crate::decide), and writes, again if something else came
/// first.
///
/// Any number of first logins of one person at the same time make one account and take one seat;
/// whoever comes second finds it. Call it once the login is [spent](crate::Unspent::spend), and ask
/// the [login policy](crate::LoginPolicy) about the account afterwards.
///
/// # Errors
///
/// [`ProvisionError`]: nothing was created or taken then.
pub async fn provision<D: Directory>(
    directory: &D,
    identity: &Identity,
    organization: &Organization,
) -> Result<Provisioned, ProvisionError> {
    let key = identity.stable_key();
    let mut full = false;
    for _ in 0..ROUNDS {
        let found = directory.find(organization.id(), key.as_ref(), identity.email.as_ref()).await;
        let Matches { accounts, seats } = found.map_err(ProvisionError::Store)?;
        let provisioning = decide(identity, organization, &accounts, seats);
        let read = |id| accounts.iter().find(|account| account.id == id).cloned();
        let written = match &provisioning {
            Provisioning::Refuse(refusal) => return Err((*refusal).into()),
            Provisioning::Keep(id) => match read(id.clone()) {
                Some(account) => return Ok(Provisioned { account, provisioning }),
                None => continue,
            },
            Provisioning::Create(new) => directory.create((**new).clone()).await,
            Provisioning::Link { account, changes } | Provisioning::Update { account, changes } => {
                match read(account.clone()) {
                    Some(before) => directory.change(&before, changes).await,
                    None => continue,
                }
            }
        };
        match written.map_err(ProvisionError::Store)? {
            Written::Done(account) => return Ok(Provisioned { account: *account, provisioning }),
            // The last seat may have gone to this very person's other login: reading again tells.
            Written::NoSeat => full = true,
            Written::Conflict => full = false,
        }
    }
    // A directory that reads from a copy may see seats for longer than there are any.
    Err(if full { ProvisioningRefusal::NoSeat.into() } else { ProvisionError::Contended })
}
