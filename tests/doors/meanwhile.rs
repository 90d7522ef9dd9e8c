//! Settings that somebody changes between what a door has read and what it writes.

use std::sync::atomic::{AtomicUsize, Ordering};

use saml_login::Organization;
use saml_login::account::{AccountId, OrganizationId, Role};
use saml_login::error::Error;
use saml_login::organization::Change;
use saml_login::session::{CredentialStart, LoginMethod, SessionRules};
use saml_login::sso::{Browser, SignedIn};
use saml_login::store::{DynStore, MemoryStore, SettingsWrite, Store, Write, Written};

use crate::common::block_on;
use crate::common::hooked::Hooked;
use crate::common::people::{found, random};
use crate::common::tenants::{IDP_A, IDP_B, applied, done, open, test_login};
use crate::site::{Jar, Site, code, person};

/// What somebody changes at Acme.
type Meanwhile = fn(&mut Organization);

/// How long sessions last.
fn harmless(acme: &mut Organization) {
    let rules = Change::LimitSessions(Some(SessionRules::new(60, 10)));
    applied(acme, rules).result.expect("a change");
}

fn enforces(acme: &mut Organization) {
    test_login(acme, &IDP_A);
    done(acme, Change::Enforce);
}

/// Two organizations, in each of which Mia has an account. So many times, before a session begins
/// at Acme, its settings change.
fn two(meanwhile: Meanwhile, times: usize) -> Site {
    let both = [open("org-a", "acme", &IDP_A), open("org-b", "bravo", &IDP_B)];
    let store = MemoryStore::default();
    both.iter().for_each(|organization| found(&store, organization, None));
    let left = AtomicUsize::new(times);
    let store = Hooked::new(store, move |store, write| {
        let is_ours = write.organization == "org-a" && !write.sessions.is_empty();
        let take = |left: usize| left.checked_sub(1).filter(|_| is_ours);
        left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take).ok()?;
        let record = block_on(store.organization(&write.organization)).expect("the store");
        let record = record.expect("an organization");
        let mut organization = record.organization;
        meanwhile(&mut organization);
        let mut change = Write::of(&write.organization, write.at);
        change.decided_by = Some(record.version);
        change.settings = Some(SettingsWrite::Change(Box::new(organization)));
        assert_eq!(block_on(store.write(change)).expect("the store"), Written::Done);
        None
    });
    let site = Site::over(DynStore::new(store));
    for organization in &both {
        let is_linked = *organization.id() == "org-a";
        site.put(&person(organization, "mia", Role::Member, is_linked));
    }
    site
}

/// A password that was set with the account.
fn password() -> CredentialStart {
    serde_json::from_str("{\"proven\":null,\"generation\":0}").expect("a credential")
}

fn comes_by_password(site: &Site) -> Result<(), Error> {
    let (acme, mia) = (OrganizationId::new("org-a"), AccountId::new("mia"));
    let (browser, method) = (Browser::new("", site.now()), LoginMethod::Password);
    let (place, password) = ((&acme, &mia), password());
    let came = site.sso.log_in_with_credential(place, method, &password, &browser, random());
    block_on(came).map(drop)
}

fn signed_in(site: &Site, slug: &str) -> SignedIn {
    let mut jar = Jar::default();
    site.by_code(&mut jar, slug, "mia@example.test").expect("a login");
    site.signed_in(&mut jar)
}

fn enters(site: &Site) -> Result<(), Error> {
    let home = signed_in(site, "bravo");
    let place = (OrganizationId::new("org-a"), AccountId::new("mia"));
    let browser = Browser::new("", site.now());
    let entered = site.sso.enter_account(&home, (&place.0, &place.1), &browser, random());
    block_on(entered).map(drop)
}

fn comes_by_code(site: &Site) -> Result<(), Error> {
    site.by_code(&mut Jar::default(), "acme", "mia@example.test")
}

fn comes_by_sso(site: &Site) -> Result<(), Error> {
    let acme = site.organization("org-a");
    let completed = site.log_in(&mut Jar::default(), &acme, "mia");
    assert!(["keep", "update"].contains(&code(&completed)), "{completed:?}");
    Ok(())
}

/// What it is called, how it goes, and how it is refused where single sign-on is enforced.
type Way = (&'static str, fn(&Site) -> Result<(), Error>, Option<&'static str>);

const WAYS: [Way; 4] = [
    ("a password", comes_by_password, Some("sso_enforced")),
    ("switching", enters, Some("not_enterable")),
    ("a code", comes_by_code, Some("account_missing")),
    ("single sign-on", comes_by_sso, None),
];

/// Nobody is kept out by what does not concern them.
#[test]
fn what_changes_meanwhile_and_does_not_matter_keeps_nobody_out() {
    for (way, comes, _) in WAYS {
        for times in 0..3 {
            let site = two(harmless, times);
            let came = comes(&site).map_err(|error| error.code());
            assert_eq!(came, Ok(()), "by {way}, {times} changes");
        }
    }
}

/// And nobody comes in by what was so before.
#[test]
fn what_is_enforced_meanwhile_counts() {
    for (way, comes, expected) in WAYS {
        let site = two(enforces, 1);
        let came = comes(&site).map_err(|error| error.code());
        assert_eq!(came.err(), expected, "by {way}");
        let mia = AccountId::new("mia");
        let sessions = block_on(site.store.sessions(&OrganizationId::new("org-a"), &mia));
        let sessions = sessions.expect("the store").len();
        assert_eq!(sessions, usize::from(expected.is_none()), "by {way}");
    }
}

/// Whoever is in the way again and again is told as a failure: it may be tried again.
#[test]
fn what_changes_without_end_is_a_failure() {
    for (way, comes, _) in &WAYS[..2] {
        let failed = comes(&two(harmless, usize::MAX)).expect_err(way);
        assert_eq!(failed.code(), "store_failed", "by {way}");
    }
}
