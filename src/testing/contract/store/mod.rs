//! The contract of a [`AccountStore`].

#![expect(clippy::panic, reason = "a test")]

mod crowd;
mod login;
mod records;
mod seats;
mod unique;

use super::{Runner, Task};
use crate::account::{Account, Changes, NewAccount, Profile, Role, Seats, Status};
use crate::error::BoxError;
use crate::identity::{Email, StableKey};
use crate::store::{AccountStore, Matches, Written};

/// Tests a [`AccountStore`] that is empty.
///
/// What is written is found, whole, by key and by address, deleted or not. A change changes what it
/// says and nothing else, and only in the account as it was read. Organizations are apart. Keys and
/// addresses are unique, however many come at once, and seats are counted through every change of
/// status. At the end stand logins: 64 first ones of one person, and 64 newcomers for a few seats.
///
/// `set_seats` sets how many seats an organization has bought. It is called for each organization
/// before anything is written to it; their ids begin with `contract-`.
///
/// # Panics
///
/// Where the contract is broken.
pub fn account_store<D: AccountStore + Sync>(
    store: &D,
    set_seats: impl Fn(&str, Option<u32>),
    block_on: impl Fn(Task<'_>) + Sync,
) {
    let tested = Tested(store, Runner(&block_on));
    records::what_is_written_is_found(tested, &set_seats);
    records::a_change_changes_what_it_says(tested, &set_seats);
    records::a_change_is_of_what_was_read(tested, &set_seats);
    records::organizations_are_apart(tested, &set_seats);
    unique::keys_and_addresses_are_unique(tested, &set_seats);
    unique::deleted_accounts_stand_in_nobodys_way(tested, &set_seats);
    seats::seats_are_counted(tested, &set_seats);
    seats::seats_are_kept(tested, &set_seats);
    crowd::many_come_at_once(tested, &set_seats);
    login::people_log_in(tested, &set_seats);
}

type SetSeats<'s> = &'s dyn Fn(&str, Option<u32>);

struct Tested<'d, D>(&'d D, Runner<'d>);

impl<D> Clone for Tested<'_, D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<D> Copy for Tested<'_, D> {}

impl<D: AccountStore> Tested<'_, D> {
    fn create(self, new: NewAccount) -> Written {
        answered(self.1.run(self.0.create(new)))
    }

    #[track_caller]
    fn created(self, new: NewAccount) -> Account {
        done(self.create(new))
    }

    fn change(self, before: &Account, changes: &Changes) -> Written {
        answered(self.1.run(self.0.change(before, changes)))
    }

    #[track_caller]
    fn changed(self, before: &Account, changes: &Changes) -> Account {
        done(self.change(before, changes))
    }

    fn find(self, organization: &str, key: Option<&StableKey>, email: Option<&Email>) -> Matches {
        answered(self.1.run(self.0.find(&organization.into(), key, email)))
    }

    /// What is found, by id.
    fn accounts(
        self,
        organization: &str,
        key: Option<&StableKey>,
        email: Option<&Email>,
    ) -> Vec<Account> {
        let mut accounts = self.find(organization, key, email).accounts;
        accounts.sort_by(|one, other| one.id.cmp(&other.id));
        accounts
    }

    /// The account as it is now: by its key and by its address, where it has them.
    fn now(self, account: &Account) -> Option<Account> {
        let Account { organization, stable_key, email, .. } = account;
        let mut found =
            self.accounts(organization.as_str(), stable_key.as_ref(), email.as_ref()).into_iter();
        found.find(|found| found.id == account.id)
    }

    fn seats(self, organization: &str) -> Seats {
        self.find(organization, None, None).seats
    }

    fn taken(self, organization: &str) -> u32 {
        self.seats(organization).taken
    }
}

fn answered<T>(answer: Result<T, BoxError>) -> T {
    match answer {
        Ok(answer) => answer,
        Err(error) => panic!("the directory failed: {error}"),
    }
}

#[track_caller]
fn done(written: Written) -> Account {
    match written {
        Written::Done(account) => *account,
        other => panic!("nothing stands in the way of this, and it is answered {other:?}"),
    }
}

fn is_done(written: &Written) -> bool {
    matches!(written, Written::Done(_))
}

fn number_done(written: &[Written]) -> usize {
    written.iter().filter(|written| is_done(written)).count()
}

fn email(text: &str) -> Email {
    match Email::parse(text) {
        Ok(email) => email,
        Err(error) => panic!("{text}: {error}"),
    }
}

/// No two organizations here have an address in common, unless that is what is tested.
fn address_of(organization: &str, name: &str) -> Email {
    email(&format!("{name}@{organization}.test"))
}

/// The key of somebody whom the identity provider calls so.
fn key(organization: &str, name: &str) -> StableKey {
    let format = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
    match StableKey::from_stored(&format!("1|{organization}|urn:issuer|{format}|||{name}")) {
        Some(key) => key,
        None => panic!("not a key: {name}"),
    }
}

fn profile_of(name: &str) -> Profile {
    let names = Profile { first_name: Some(name.into()), ..Profile::default() };
    Profile { last_name: Some("O'Ångström \"Zoë\"; --".into()), ..names }
}

/// An active member with a key, an address and names.
fn member(organization: &str, name: &str) -> NewAccount {
    NewAccount {
        stable_key: Some(key(organization, name)),
        profile: profile_of(name),
        status: Status::Active,
        ..invited(organization, name)
    }
}

fn invited(organization: &str, name: &str) -> NewAccount {
    NewAccount::invited(organization, address_of(organization, name), Role::Member)
}

fn to(status: Status) -> Changes {
    Changes::to_status(status)
}

fn renamed(name: &str) -> Changes {
    Changes { profile: Some(profile_of(name)), ..Changes::default() }
}

fn readdressed(address: Email) -> Changes {
    Changes { email: Some(address), ..Changes::default() }
}

fn rekeyed(key: StableKey) -> Changes {
    Changes { stable_key: Some(key), ..Changes::default() }
}
