//! The contract of a [`Store`].

#![expect(clippy::panic, reason = "a test")]

mod apart;
mod causes;
mod claims;
mod crowd;
mod feed;
mod kept;
mod large;
mod lists;
mod login;
mod names;
mod order;
mod people;
mod races;
mod reach;
mod records;
mod seats;
mod sessions;
mod settings;
mod spent;
mod told;
mod trusted;
mod whole;
mod world;

pub use self::large::large_store;
use self::people::organization;
use super::{Runner, Task, instant};
use crate::account::{Account, AccountId, OrganizationId};
use crate::error::BoxError;
use crate::organization::{Counters, Organization};
use crate::random::Random;
use crate::store::{
    AccountWrite, Found, KeptWrite, Listing, Mark, Name, Names, Page, Record, SessionWrite,
    SettingsWrite, Store, Write, Written,
};

/// Tests a [`Store`] that is empty, by the sentences of its contract.
///
/// What is written is read back, whole, and found by each of its names, deleted or not. Names are
/// unique, seats and administrators are counted, settings are changed at the version that was read,
/// claims belong to one organization, and what is spent is spent once, however many come at the
/// same time. Of several answers the first is given, and whatever is refused leaves nothing of the
/// whole write behind. Organizations are apart; the feed skips nothing; the pages of a list have
/// each account once. At the end stand logins: 64 first ones of one person, and 64 newcomers for a
/// few seats.
///
/// It founds the organizations that it needs; their ids begin with `contract-`. [`large_store`] is
/// the part that needs many accounts.
///
/// # Panics
///
/// Where the contract is broken.
pub fn store<S: Store + Sync>(store: &S, block_on: impl Fn(Task<'_>) + Sync) {
    let tested = Tested { store, runner: Runner(&block_on) };
    records::what_is_written_is_found(tested);
    records::a_change_is_of_what_was_read(tested);
    records::what_is_purged_is_gone(tested);
    names::names_are_found(tested);
    names::former_names_are_free(tested);
    names::names_are_compared(tested);
    names::names_are_unique(tested);
    names::deleted_accounts_stand_in_nobodys_way(tested);
    seats::seats_and_administrators_are_counted(tested);
    seats::seats_are_kept(tested);
    seats::an_administrator_stays(tested);
    settings::organizations_are_founded(tested);
    settings::settings_are_changed_as_they_were_read(tested);
    settings::what_decided_is_in_effect(tested);
    reach::whoever_gets_in_stays(tested);
    claims::claims_belong_to_one_organization(tested);
    claims::an_organization_that_is_removed_is_gone(tested);
    trusted::who_else_trusts_a_certificate_is_found(tested);
    spent::what_is_spent_was_not_spent_before(tested);
    sessions::sessions_are_found(tested);
    sessions::sessions_are_found_by_the_providers_name(tested);
    sessions::a_use_brings_no_session_back(tested);
    kept::what_is_kept_is_found(tested);
    kept::what_is_kept_is_as_it_was_read(tested);
    told::events_are_told(tested);
    told::requests_are_logged(tested);
    told::there_is_one_record(tested);
    feed::each_write_has_its_place(tested);
    lists::pages_have_everybody_once(tested);
    lists::lists_are_sorted_and_filtered(tested);
    lists::lists_are_of_accounts_as_they_are(tested);
    apart::organizations_are_apart(tested);
    apart::a_write_is_of_one_organization(tested);
    order::of_several_answers_the_first_is_given(tested);
    whole::what_is_refused_leaves_nothing_behind(tested);
    crowd::many_come_at_once(tested);
    crowd::many_change_at_once(tested);
    races::one_of_many_is_first(tested);
    races::what_decided_stays_in_effect(tested);
    races::the_feed_skips_nothing(tested);
    races::an_invitation_is_accepted_once(tested);
    login::people_log_in(tested);
}

struct Tested<'s, S> {
    store: &'s S,
    runner: Runner<'s>,
}

impl<S> Clone for Tested<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Tested<'_, S> {}

impl<S: Store> Tested<'_, S> {
    /// What a read or a write is answered.
    fn ask<T>(self, answer: impl Future<Output = Result<T, BoxError>>) -> T {
        match self.runner.run(answer) {
            Ok(answer) => answer,
            Err(error) => panic!("the store failed: {error}"),
        }
    }

    fn write(self, write: Write) -> Written {
        self.ask(self.store.write(write))
    }

    /// Writes what nothing stands in the way of.
    #[track_caller]
    fn done(self, write: Write, what: &str) {
        match self.write(write) {
            Written::Done => {}
            other => panic!("{what}: nothing stands in the way, and it is answered {other:?}"),
        }
    }

    /// Founds an organization with so many seats.
    #[track_caller]
    fn found(self, id: &str, purchased: Option<u32>) -> OrganizationId {
        let write = Write::founding(organization(id), purchased, instant(), Random::new([7; 32]));
        self.done(write, "an organization is founded");
        id.into()
    }

    #[track_caller]
    fn set_seats(self, id: &OrganizationId, purchased: Option<u32>) {
        let mut write = Write::of(id, instant());
        write.settings = Some(SettingsWrite::Seats(purchased));
        self.done(write, "seats are bought");
    }

    fn create(self, account: &Account) -> Written {
        self.write(creation(account))
    }

    #[track_caller]
    fn created(self, account: Account) -> Account {
        self.done(creation(&account), "a new account is created");
        account
    }

    /// Writes an account in the place of one that was read.
    fn change(self, after: &Account) -> Written {
        self.write(change(after))
    }

    /// Changes an account as it was read.
    #[track_caller]
    fn changed(self, before: &Account, how: impl FnOnce(&mut Account)) -> Account {
        let after = changed(before, how);
        self.done(change(&after), "an account is changed as it was read");
        after
    }

    fn purge(self, account: &Account, marks: Vec<Mark>) -> Written {
        let Account { id, version, organization, .. } = account.clone();
        let mut write = Write::of(organization, instant());
        write.account = Some(AccountWrite::Purge { account: id, version, marks });
        self.write(write)
    }

    fn find(self, organization: &OrganizationId, names: &Names) -> Found {
        match self.ask(self.store.find(organization, names)) {
            Some(found) => found,
            None => panic!("an organization that was founded is found: {organization}"),
        }
    }

    /// What is found, by id.
    fn accounts(self, organization: &OrganizationId, names: &Names) -> Vec<Account> {
        let mut accounts = self.find(organization, names).accounts;
        accounts.sort_by(|one, other| one.id.cmp(&other.id));
        accounts
    }

    fn named(self, organization: &OrganizationId, name: Name) -> Vec<Account> {
        self.accounts(organization, &Names::of_names([name]))
    }

    /// The account as it is now.
    fn now(self, account: &Account) -> Option<Account> {
        let mut found = self.accounts(&account.organization, &Names::of_id(&account.id));
        found.pop()
    }

    fn record(self, organization: &OrganizationId) -> Record {
        match self.ask(self.store.organization(organization)) {
            Some(record) => record,
            None => panic!("an organization that was founded is found: {organization}"),
        }
    }

    fn organization(self, id: &OrganizationId) -> Organization {
        self.record(id).organization
    }

    fn counters(self, organization: &OrganizationId) -> Counters {
        self.record(organization).counters
    }

    /// Reads a page that is no search.
    fn page(self, organization: &OrganizationId, listing: &Listing) -> Page {
        match self.ask(self.store.list(organization, listing)) {
            Ok(page) => page,
            Err(_) => panic!("a list of a few accounts is never too many: {listing:?}"),
        }
    }

    fn ids(self, organization: &OrganizationId, listing: &Listing) -> Vec<AccountId> {
        self.page(organization, listing).accounts.into_iter().map(|account| account.id).collect()
    }
}

fn creation(account: &Account) -> Write {
    let mut write = Write::of(&account.organization, instant());
    write.account = Some(AccountWrite::Create(Box::new(account.clone())));
    write
}

fn change(after: &Account) -> Write {
    let mut write = Write::of(&after.organization, instant());
    write.account = Some(AccountWrite::Change(Box::new(after.clone())));
    write
}

/// One version later.
fn changed(before: &Account, how: impl FnOnce(&mut Account)) -> Account {
    let mut after = before.clone();
    how(&mut after);
    after.version = before.version.saturating_add(1);
    after
}

/// A write of settings at the version that was read.
fn settings(record: &Record, settings: SettingsWrite) -> Write {
    let mut write = Write::of(record.organization.id(), instant());
    write.decided_by = Some(record.version);
    write.settings = Some(settings);
    write
}

fn with_session(organization: &OrganizationId, session: SessionWrite) -> Write {
    let mut write = Write::of(organization, instant());
    write.sessions.push(session);
    write
}

fn with_kept(organization: &OrganizationId, kept: KeptWrite) -> Write {
    let mut write = Write::of(organization, instant());
    write.kept.push(kept);
    write
}

fn number_done(written: &[Written]) -> usize {
    written.iter().filter(|written| **written == Written::Done).count()
}
