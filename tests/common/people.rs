//! Accounts, and what is decided about them.

use std::cell::Cell;
use std::slice::from_ref;

use saml_login::account::{
    Account, AccountAddress, AccountId, EmailProof, Invitation, OrganizationId, Role, Status,
};
use saml_login::identity::Email;
use saml_login::organization::{By, Counters};
use saml_login::provision::{
    Asked, CarriedOut, Intent, LogIn, Moment, ProvisionError, Provisioning, Refusal, Standing,
    carry_out, decide,
};
use saml_login::store::{MemoryStore, Names, Store, Write, Written};
use saml_login::token::TokenDigest;
use saml_login::{Identity, Organization, Random};

use super::{block_on, now};

pub(crate) fn email(text: &str) -> Email {
    Email::parse(text).expect("an address")
}

pub(crate) fn address(text: &str, proof: EmailProof) -> Option<AccountAddress> {
    Some(AccountAddress::new(email(text), proof))
}

thread_local! {
    static DRAWN: Cell<u64> = const { Cell::new(0) };
}

/// Another one each time, and the same ones in each run of a test.
pub(crate) fn random() -> Random {
    let drawn = DRAWN.get() + 1;
    DRAWN.set(drawn);
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&drawn.to_be_bytes());
    Random::new(bytes)
}

/// Numbers in which everything is free, and which fit these accounts.
pub(crate) fn counters(organization: &Organization, accounts: &[Account]) -> Counters {
    Counters::of(organization, accounts)
}

/// An active member with an address.
pub(crate) fn member(organization: &str, id: &str, text: &str, proof: EmailProof) -> Account {
    let mut account = Account::new(AccountId::new(id), organization, now());
    account.address = address(text, proof);
    account
}

pub(crate) fn administrator_of(organization: &str, id: &str, text: &str) -> Account {
    let mut account = member(organization, id, text, EmailProof::Proven);
    account.role = Role::Administrator;
    account
}

pub(crate) fn in_a_week() -> chrono::DateTime<chrono::Utc> {
    now() + chrono::TimeDelta::days(7)
}

/// An invitation that `token` leads to.
pub(crate) fn invitation(token: &str) -> Invitation {
    Invitation::new(TokenDigest::of(token), in_a_week())
}

pub(crate) fn invited(organization: &str, id: &str, text: &str, role: Role) -> Account {
    let mut account = member(organization, id, text, EmailProof::Organization);
    (account.status, account.role) = (Status::Invited, role);
    account.invitation = Some(invitation(id));
    account
}

pub(crate) fn decided(
    intent: &Intent<'_>,
    by: &By<'_>,
    organization: &Organization,
    accounts: &[Account],
    counters: Counters,
) -> Result<Provisioning, Refusal> {
    let standing = Standing::new(organization, counters, accounts);
    decide(intent, by, &standing, &Moment::new(now(), AccountId::new("new")))
}

/// What a login comes to, among these accounts.
pub(crate) fn login(
    identity: &Identity,
    organization: &Organization,
    accounts: &[Account],
) -> Result<Provisioning, Refusal> {
    let intent = Intent::LogIn(LogIn::of(identity));
    decided(
        &intent,
        &By::IdentityProvider,
        organization,
        accounts,
        counters(organization, accounts),
    )
}

/// The code of that.
pub(crate) fn code(
    identity: &Identity,
    organization: &Organization,
    accounts: &[Account],
) -> &'static str {
    match login(identity, organization, accounts) {
        Ok(provisioning) => provisioning.code(),
        Err(refusal) => refusal.code(),
    }
}

/// The account that a first login makes, under this id.
pub(crate) fn created(identity: &Identity, organization: &Organization, id: &str) -> Account {
    match login(identity, organization, &[]) {
        Ok(Provisioning::Create(mut account)) => {
            account.id = AccountId::new(id);
            *account
        }
        other => panic!("no new account: {other:?}"),
    }
}

/// An account after a login that changes it.
pub(crate) fn changed(
    identity: &Identity,
    organization: &Organization,
    account: &Account,
) -> Account {
    match login(identity, organization, from_ref(account)) {
        Ok(Provisioning::Change { after, .. }) => *after,
        other => panic!("nothing changes: {other:?}"),
    }
}

/// A store that holds this organization, with so many seats.
pub(crate) fn store_of(organization: &Organization, purchased: Option<u32>) -> MemoryStore {
    let store = MemoryStore::default();
    found(&store, organization, purchased);
    store
}

pub(crate) fn found(store: &impl Store, organization: &Organization, purchased: Option<u32>) {
    let write = Write::founding(organization.clone(), purchased, now(), random());
    assert_eq!(block_on(store.write(write)).expect("the store"), Written::Done);
}

pub(crate) fn carry(
    store: &impl Store,
    organization: &str,
    by: &By<'_>,
    intent: &Intent<'_>,
) -> Result<CarriedOut, ProvisionError> {
    let asked = Asked::by(*by, now());
    block_on(carry_out(store, &OrganizationId::new(organization), intent, &asked, random()))
}

pub(crate) fn come(
    store: &impl Store,
    organization: &Organization,
    identity: &Identity,
) -> Result<CarriedOut, ProvisionError> {
    let intent = Intent::LogIn(LogIn::of(identity));
    carry(store, organization.id().as_str(), &By::IdentityProvider, &intent)
}

pub(crate) fn numbers(store: &impl Store, organization: &str) -> Counters {
    let record = block_on(store.organization(&OrganizationId::new(organization)));
    record.expect("the store").expect("an organization").counters
}

pub(crate) fn read(store: &impl Store, organization: &str, id: &AccountId) -> Option<Account> {
    let found = block_on(store.find(&OrganizationId::new(organization), &Names::of_id(id)));
    found.expect("the store").expect("an organization").accounts.into_iter().next()
}
