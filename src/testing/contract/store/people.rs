//! Whom and what the contract is tested with.

use std::sync::LazyLock;

use chrono::{DateTime, TimeDelta, Utc};

use crate::account::{
    Account, AccountAddress, AccountId, EmailProof, Invitation, Link, LinkOrigin, OrganizationId,
    Profile, Pushed, PushedAddress, Role, Source, Status,
};
use crate::audit::{Action, Actor, AuditEvent};
use crate::identity::{Email, StableKey};
use crate::organization::{
    Around, By, Change, EmailDomain, Organization, Plan, SealedKeyPair, Slug, SpUrls,
};
use crate::random::Random;
use crate::sealing::{SealingKey, SealingKeys};
use crate::session::{LoginMethod, Session, SessionStart};
use crate::store::{Kept, KeptWhat, PagingKey};
use crate::testing::contract::instant;
use crate::token::TokenDigest;
use crate::trust::KeyPair;

static PAIR: LazyLock<Option<KeyPair>> =
    LazyLock::new(|| KeyPair::generate(instant(), instant() + TimeDelta::days(9)).ok());

/// The same organization with a sealed key pair of ours.
pub(super) fn with_key_pair(organization: &Organization) -> Organization {
    let keys = SealingKeys::new(SealingKey::new([5; 32]));
    let seal =
        |pair| SealedKeyPair::seal(organization.id(), pair, &keys, Random::new([6; 32])).ok();
    let mut changed = organization.clone();
    if let Some(pair) = PAIR.as_ref().and_then(seal) {
        let (change, around) = (Change::AddKeyPair(Box::new(pair)), Around::plan(Plan::ALL));
        let _ = changed.apply(change, &By::Application, &around, instant());
    }
    changed
}

/// An instant with as small a part of a second as databases keep.
pub(super) fn at(minutes: i64) -> DateTime<Utc> {
    instant() + TimeDelta::minutes(minutes) + TimeDelta::microseconds(123_456)
}

pub(super) fn email(text: &str) -> Email {
    match Email::parse(text) {
        Ok(email) => email,
        Err(error) => panic!("{text}: {error}"),
    }
}

/// No two organizations here have an address in common, unless that is what is tested.
pub(super) fn address_of(organization: &OrganizationId, name: &str) -> Email {
    email(&format!("{name}@{organization}.test"))
}

/// The key of somebody whom the identity provider calls so.
pub(super) fn key(organization: &OrganizationId, name: &str) -> StableKey {
    let format = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
    match StableKey::from_stored(&format!("1|{organization}|urn:issuer|{format}|||{name}")) {
        Some(key) => key,
        None => panic!("not a key: {name}"),
    }
}

pub(super) fn digest(organization: &OrganizationId, name: &str) -> TokenDigest {
    TokenDigest::of(&format!("{organization} {name}"))
}

/// An active member with a name of each kind.
pub(super) fn member(organization: &OrganizationId, name: &str) -> Account {
    let email = address_of(organization, name);
    Account {
        user_name: Some(email.address().to_owned()),
        address: Some(AccountAddress::new(email, EmailProof::Organization)),
        link: Some(Link::new(key(organization, name), LinkOrigin::Created)),
        external_id: Some(format!("external {name}")),
        profile: Profile { first_name: Some(name.to_owned()), ..Profile::default() },
        ..bare(organization, name)
    }
}

/// One without any name.
pub(super) fn bare(organization: &OrganizationId, name: &str) -> Account {
    Account::new(AccountId::new(format!("{organization} {name}")), organization, at(0))
}

pub(super) fn administrator(organization: &OrganizationId, name: &str) -> Account {
    Account { role: Role::Administrator, ..member(organization, name) }
}

pub(super) fn invited(organization: &OrganizationId, name: &str) -> Account {
    Account {
        status: Status::Invited,
        link: None,
        invitation: Some(Invitation::new(digest(organization, name), at(60))),
        ..member(organization, name)
    }
}

/// One of which no field is as it is in a new one.
pub(super) fn full(organization: &OrganizationId, name: &str) -> Account {
    let address =
        email(&format!(" {name}.O'Brien_@{}.TEST ", organization.as_str().to_uppercase()));
    Account {
        generation: 9_007_199_254_740_993,
        status: Status::Deactivated,
        ended_by: Some(Source::Directory),
        role: Role::Administrator,
        address: Some(AccountAddress::new(address, EmailProof::Domain)),
        link: Some(Link::new(key(organization, &odd(name)), LinkOrigin::Session)),
        user_name: Some(odd(name)),
        external_id: Some(format!("{} external", odd(name))),
        profile: profile(&odd(name)),
        pushed: Some(Box::new(pushed(&odd(name)))),
        managed_by: Source::Directory,
        invitation: Some(Invitation::new(digest(organization, name), at(7))),
        changed_at: at(3),
        ..bare(organization, name)
    }
}

/// A text with everything in it that a query could trip over.
pub(super) fn odd(name: &str) -> String {
    format!(" {name} O'Ångström \"Zoë\"; -- %_\\ 王小明 🦀 e\u{301} ")
}

pub(super) fn profile(name: &str) -> Profile {
    Profile {
        first_name: Some(format!("first {name}")),
        last_name: Some(format!("last {name}")),
        display_name: Some(format!("display {name}")),
    }
}

pub(super) fn pushed(name: &str) -> Pushed {
    let second = PushedAddress { value: format!("home {name}"), kind: None, primary: false };
    Pushed {
        user_name: format!("pushed {name}"),
        external_id: Some(format!("pushed external {name}")),
        addresses: vec![PushedAddress::primary(format!("work {name}")), second],
        given_name: Some(format!("given {name}")),
        family_name: Some(format!("family {name}")),
        formatted: Some(format!("formatted {name}")),
        display_name: Some(format!("shown {name}")),
    }
}

/// The first field in which two accounts differ.
pub(super) fn difference(one: &Account, other: &Account) -> Option<&'static str> {
    let original = |account: &Account| account.email().map(|email| email.original().to_owned());
    let email = |account: &Account| account.email().cloned();
    let origin = |account: &Account| account.link.as_ref().map(|link| link.origin);
    let fields = [
        ("id", one.id == other.id),
        ("organization", one.organization == other.organization),
        ("version", one.version == other.version),
        ("generation", one.generation == other.generation),
        ("status", one.status == other.status),
        ("ended_by", one.ended_by == other.ended_by),
        ("role", one.role == other.role),
        ("address", email(one) == email(other)),
        ("address as it was sent", original(one) == original(other)),
        ("proof of the address", one.proof() == other.proof()),
        ("key", one.stable_key() == other.stable_key()),
        ("origin of the link", origin(one) == origin(other)),
        ("user name", one.user_name == other.user_name),
        ("external ID", one.external_id == other.external_id),
        ("profile", one.profile == other.profile),
        ("pushed", one.pushed == other.pushed),
        ("managed_by", one.managed_by == other.managed_by),
        ("invitation", one.invitation == other.invitation),
        ("created_at", one.created_at == other.created_at),
        ("changed_at", one.changed_at == other.changed_at),
        ("account", one == other),
    ];
    fields.into_iter().find(|(_, same)| !same).map(|(field, _)| field)
}

#[track_caller]
pub(super) fn to_the_letter(read: Option<&Account>, written: &Account, what: &str) {
    match read.map(|read| difference(read, written)) {
        Some(None) => {}
        Some(Some(field)) => panic!("{what} is kept to the letter, and its {field} is another"),
        None => panic!("{what} is found by its id"),
    }
}

pub(super) fn session(account: &Account, name: &str) -> Session {
    let by_code = SessionStart::new(account, LoginMethod::EmailCode);
    let start = SessionStart { proven: account.email().cloned(), ..by_code };
    let token = digest(&account.organization, name);
    Session::new(token, start, at(1), at(60))
}

/// Something to keep by a digest.
pub(super) fn kept(organization: &OrganizationId, name: &str) -> Kept {
    let what = PagingKey::new(3, (at(2), AccountId::new(odd(name))));
    Kept::new(organization, digest(organization, name), Some(at(9)), KeptWhat::PagingKey(what))
}

pub(super) fn event(organization: &OrganizationId, name: &str) -> AuditEvent {
    let action = Action::Account { intent: name.to_owned().into(), decision: "update".into() };
    AuditEvent::new(organization, Actor::Operator("contract".into()), action, at(0))
}

/// An organization without single sign-on, whose slug is its id.
pub(super) fn organization(id: &str) -> Organization {
    named_organization(id, id)
}

pub(super) fn named_organization(id: &str, slug: &str) -> Organization {
    let slug = Slug::parse(slug).ok();
    let urls = |slug: Slug| Some((SpUrls::derived("https://app.example.test", &slug)?, slug));
    match slug.and_then(urls) {
        Some((urls, slug)) => Organization::new(id, slug, urls),
        None => panic!("no organization {id}"),
    }
}

/// The same with another domain.
pub(super) fn with_domain(organization: &Organization, domain: &str) -> Organization {
    let mut changed = organization.clone();
    match EmailDomain::parse(domain) {
        Ok(domain) => apply(&mut changed, Change::VerifyDomain(domain)),
        Err(error) => panic!("{domain}: {error}"),
    }
    changed
}

pub(super) fn apply(organization: &mut Organization, change: Change) {
    let around = Around::plan(Plan::ALL);
    let applied = organization.apply(change, &By::Operator("contract"), &around, instant());
    if let Err(refusal) = applied.result {
        panic!("no organization {}: {refusal}", organization.id());
    }
}
