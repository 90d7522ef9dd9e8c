//! Whom and what is written.

use chrono::{DateTime, TimeDelta, Utc};
use saml_login::Random;
use saml_login::account::{Account, AccountAddress, AccountId, EmailProof, OrganizationId, Role};
use saml_login::identity::Email;
use saml_login::organization::{Counters, Organization, Slug, SpUrls};
use saml_login::store::{AccountWrite, Listing, Names, Store, Write, Written};
use saml_login_sqlx::SqlStore;

use crate::places::Place;

pub(crate) fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}

pub(crate) fn organization(id: &str) -> Organization {
    let slug = Slug::parse("acme").expect("a slug");
    let urls = SpUrls::derived("https://app.example.test", &slug).expect("URLs");
    Organization::new(id, slug, urls)
}

/// Founds an organization with so many seats.
pub(crate) fn found(
    place: &Place,
    store: &SqlStore,
    id: &str,
    seats: Option<u32>,
) -> OrganizationId {
    let write = Write::founding(organization(id), seats, now(), Random::new([7; 32]));
    let written = place.run(store.write(write)).expect("a write");
    assert_eq!(written, Written::Done);
    id.into()
}

pub(crate) fn member(organization: &OrganizationId, name: &str) -> Account {
    let email = Email::parse(&format!("{name}@example.test")).expect("an address");
    let mut account = Account::new(AccountId::new(name), organization, now());
    account.user_name = Some(name.to_owned());
    account.address = Some(AccountAddress::new(email, EmailProof::Organization));
    account
}

pub(crate) fn administrator(organization: &OrganizationId, name: &str) -> Account {
    let mut account = member(organization, name);
    account.role = Role::Administrator;
    account
}

pub(crate) fn creation(account: &Account) -> Write {
    let mut write = Write::of(&account.organization, now());
    write.account = Some(AccountWrite::Create(Box::new(account.clone())));
    write
}

/// The account one version later.
pub(crate) fn change(account: &Account, how: impl FnOnce(&mut Account)) -> Write {
    let mut after = account.clone();
    after.version += 1;
    how(&mut after);
    let mut write = Write::of(&account.organization, now());
    write.account = Some(AccountWrite::Change(Box::new(after)));
    write
}

pub(crate) fn created(place: &Place, store: &SqlStore, account: &Account) {
    let written = place.run(store.write(creation(account))).expect("a write");
    assert_eq!(written, Written::Done);
}

pub(crate) fn counters(place: &Place, store: &SqlStore, id: &OrganizationId) -> Counters {
    let record = place.run(store.organization(id)).expect("a read");
    record.expect("an organization").counters
}

pub(crate) fn accounts(place: &Place, store: &SqlStore, id: &OrganizationId) -> Vec<Account> {
    let page = place.run(store.list(id, &Listing::first(10_000))).expect("a read");
    page.expect("a page").accounts
}

pub(crate) fn account(
    place: &Place,
    store: &SqlStore,
    organization: &OrganizationId,
    id: &AccountId,
) -> Option<Account> {
    let found = place.run(store.find(organization, &Names::of_id(id))).expect("a read");
    found.expect("an organization").accounts.pop()
}
