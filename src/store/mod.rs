//! Where accounts are kept: [`AccountStore`].

mod memory;

use std::future::Future;

pub use memory::MemoryAccountStore;

use crate::account::OrganizationId;
use crate::account::{Account, Changes, NewAccount, Seats};
use crate::error::BoxError;
use crate::identity::{Email, StableKey};
use crate::pointers::behind_pointers;

/// Where an application keeps the accounts of its organizations, and counts their seats.
///
/// # The contract
///
/// 1. **Writing is one atomic step** each: the account and its seat together, or neither.
/// 2. **No two accounts of one organization, deleted ones aside, have the same key or the same
///    e-mail address** (in any ASCII letter case): the second is answered [`Written::Conflict`],
///    however close together they come, and whether an account is created, changed or restored.
///    Keys are compared whole and byte for byte.
/// 3. **A seat is needed where a status that [holds none](crate::account::Status::holds_seat)
///    becomes one that holds one**, and where an account is created with such a status. Where no
///    seat is free that is answered [`Written::NoSeat`]. A status that holds one and becomes one
///    that holds none gives the seat back at once. No other change needs a seat, takes one or gives
///    one back: not one that leaves the status alone, not the one from invited to active, not the
///    one from deactivated to deleted; also where fewer seats are bought than are taken.
/// 4. **A change is of the account as it was read**: if anything in it has changed since, the
///    answer is [`Written::Conflict`].
/// 5. **A failure changes nothing**, unless the fate of a commit is unknown.
/// 6. **Organizations are apart**: each has accounts, keys, addresses and seats of its own.
///
/// [`testing::contract::account_store`](crate::testing::contract::account_store)
/// (feature `testing`) tests an implementation.
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
/// CREATE UNIQUE INDEX account_email ON account (organization, lower(email))
///     WHERE status <> 'deleted';
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
/// -- Only where an account is created with a status that holds a seat, or the old status held none
/// -- and the new one holds one.
/// -- No row updated: `NoSeat`.
/// UPDATE organization SET taken = taken + 1
///     WHERE id = $organization AND (purchased IS NULL OR taken < purchased);
///
/// -- Only where the old status held a seat and the new one holds none.
/// UPDATE organization SET taken = taken - 1 WHERE id = $organization;
/// ```
///
/// Write plain `async fn`, no `async_trait`.
pub trait AccountStore: Send + Sync {
    /// The accounts of an organization that have this key, or this address in any ASCII letter
    /// case, deleted ones included; and its seats.
    fn find(
        &self,
        organization: &OrganizationId,
        key: Option<&StableKey>,
        email: Option<&Email>,
    ) -> impl Future<Output = Result<Matches, BoxError>> + Send;

    /// Creates an account under an id that the store chooses.
    fn create(&self, new: NewAccount) -> impl Future<Output = Result<Written, BoxError>> + Send;

    /// Changes an account that was read as `before`.
    fn change(
        &self,
        before: &Account,
        changes: &Changes,
    ) -> impl Future<Output = Result<Written, BoxError>> + Send;
}

behind_pointers!(
    AccountStore,
    /// Any [`AccountStore`], for those who choose at run time.
    DynAccountStore {
        fn find(
            organization: &OrganizationId = &'a OrganizationId,
            key: Option<&StableKey> = Option<&'a StableKey>,
            email: Option<&Email> = Option<&'a Email>
        ) -> Result<Matches, BoxError>;
        fn create(new: NewAccount = NewAccount) -> Result<Written, BoxError>;
        fn change(
            before: &Account = &'a Account,
            changes: &Changes = &'a Changes
        ) -> Result<Written, BoxError>;
    }
);

/// What a store finds for a login.
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
