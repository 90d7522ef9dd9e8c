//! Switching between the accounts of one person.

use chrono::TimeDelta;
use saml_login::account::{AccountId, OrganizationId, Role};
use saml_login::organization::Change;
use saml_login::provision::Intent;
use saml_login::sso::{Browser, Resumed, SignedIn};
use saml_login::{Organization, sso::StartFor};

use crate::common::block_on;
use crate::common::people::{carry, random};
use crate::common::tenants::{IDP_A, IDP_B, OPERATOR, open};
use crate::site::{From, Jar, Site, person};

/// Two organizations, in each of which Mia has an account, and a boss is linked.
fn two() -> (Site, [Organization; 2]) {
    let both = [open("org-a", "acme", &IDP_A), open("org-b", "bravo", &IDP_B)];
    let site = Site::of(&[&both[0], &both[1]]);
    for organization in &both {
        site.put(&person(organization, "mia", Role::Administrator, false));
    }
    site.put(&person(&both[0], "boss", Role::Administrator, true));
    (site, both)
}

fn visible(site: &Site, signed_in: &SignedIn) -> Vec<(String, bool)> {
    let browser = Browser::new("", site.now());
    let all = block_on(site.sso.accounts_visible(signed_in, &browser)).expect("the store");
    all.iter().map(|one| (one.slug.to_string(), one.is_current)).collect()
}

fn enter(site: &Site, jar: &mut Jar, organization: &str) -> Result<(), &'static str> {
    let header = jar.header(From::Here, site.now());
    let browser = Browser::new(&header, site.now());
    let signed_in = site.signed_in(jar);
    let place = (OrganizationId::new(organization), AccountId::new("mia"));
    let entered = site.sso.enter_account(&signed_in, (&place.0, &place.1), &browser, random());
    let (_, cookies) = block_on(entered).map_err(|error| error.code())?;
    jar.take(&cookies, site.now());
    Ok(())
}

#[test]
fn a_person_switches_to_what_they_have_proven_and_back() {
    let (site, _) = two();
    let mut jar = Jar::default();
    site.by_code(&mut jar, "acme", "mia@example.test").expect("a login");
    let home = site.signed_in(&mut jar);
    assert_eq!(visible(&site, &home), [("acme".into(), true), ("bravo".into(), false)]);
    enter(&site, &mut jar, "org-b").expect("entered");
    let there = site.signed_in(&mut jar);
    assert_eq!(there.account.organization, "org-b");
    assert!(there.session.entered_from == Some(home.session.token));
    assert_eq!(visible(&site, &there), [("acme".into(), false), ("bravo".into(), true)]);
    let ends =
        block_on(site.sso.end_session(&there, &there.session.token, &Browser::new("", site.now())));
    assert_eq!(ends.expect_err("elsewhere").code(), "session_foreign");
    // It administers nothing, sets no credential, and tries nothing out.
    assert!(!there.by().administers(&OrganizationId::new("org-b")));
    let browser = Browser::new("", site.now());
    let credential = block_on(site.sso.credential(&there, &browser));
    assert_eq!(credential.expect_err("elsewhere").code(), "session_foreign");
    let change = site.change("org-b", &there.by(), Change::Disable);
    assert_eq!(change, Err("entered_session".into()));
    for purpose in [StartFor::Link, StartFor::Test { proposed: false }] {
        let start = saml_login::sso::Start::new(purpose);
        assert_eq!(
            site.start(&mut jar, "bravo", start).expect_err("elsewhere").code(),
            "not_signed_in"
        );
    }
    // Back, in the session of the login; the one that was entered has ended.
    let entered = jar.clone();
    enter(&site, &mut jar, "org-a").expect("back");
    let back = site.signed_in(&mut jar);
    assert_eq!((back.account.id.as_str(), back.session.entered_from), ("mia", None));
    assert_eq!(back.session.token, home.session.token);
    let again = site.signed_in(&mut entered.clone());
    assert_eq!(again.session.token, home.session.token, "it does not come back");
    assert!(back.by().administers(&OrganizationId::new("org-a")));
}

#[test]
fn an_entered_session_ends_with_the_one_that_it_came_from() {
    for end in ["sign out everywhere", "log out", "dismissed there"] {
        let (site, _) = two();
        let mut jar = Jar::default();
        site.by_code(&mut jar, "acme", "mia@example.test").expect("a login");
        let home = site.signed_in(&mut jar);
        enter(&site, &mut jar, "org-b").expect("entered");
        let there = site.signed_in(&mut jar);
        let browser = Browser::new("", site.now());
        let mia = AccountId::new("mia");
        match end {
            "sign out everywhere" => {
                let done = site.sso.sign_out_everywhere(&home, &browser, random());
                block_on(done).expect("signed out");
            }
            "log out" => {
                let out = block_on(site.sso.log_out(&there, None, &browser, random()));
                assert_eq!(out.expect("signed out").delivery, None);
            }
            _ => {
                let end = Intent::EndSessions(&mia);
                carry(&site.store, "org-b", &OPERATOR, &end).expect("a change");
            }
        }
        let resumed = site.page(&mut jar, From::Here);
        match end {
            // The first session goes on, and it alone.
            "dismissed there" => {
                let Resumed::SignedIn(signed_in) = resumed else { panic!("{resumed:?}") };
                assert_eq!(signed_in.account.organization, "org-a");
                assert_eq!(signed_in.session.entered_from, None);
            }
            _ => assert!(matches!(resumed, Resumed::Nobody { .. }), "{end}"),
        }
    }
}

/// Neither from an organization that signs in by single sign-on only, nor into it.
#[test]
fn enforcement_hides_on_both_sides() {
    let (site, [acme, _]) = two();
    let mut from_bravo = Jar::default();
    site.by_code(&mut from_bravo, "bravo", "mia@example.test").expect("a login");
    let mut entered = Jar::default();
    site.by_code(&mut entered, "bravo", "mia@example.test").expect("a login");
    enter(&site, &mut entered, "org-a").expect("entered");
    site.enforce(&acme, "boss");
    site.wait(TimeDelta::seconds(1));
    let there = site.signed_in(&mut from_bravo);
    assert_eq!(visible(&site, &there), [("bravo".into(), true)]);
    assert_eq!(enter(&site, &mut from_bravo, "org-a"), Err("not_enterable"));
    assert_eq!(enter(&site, &mut from_bravo, "org-c"), Err("not_enterable"));
    // It is told where they are, and nobody writes into another organization's trail.
    let told = site.told("org-b", 1);
    assert_eq!(told[0].outcome, saml_login::audit::Outcome::Refused("organization_hidden".into()));
    assert_eq!(told[0].target, None);
    // What was entered before does not outlive it.
    assert_eq!(site.signed_in(&mut entered).account.organization, "org-b");
    // From there nothing else is seen.
    let mut inside = Jar::default();
    let login = site.log_in(&mut inside, &acme, "boss");
    assert_eq!(crate::site::code(&login), "keep");
    let boss = site.signed_in(&mut inside);
    site.put(&person(&open("org-b", "bravo", &IDP_B), "boss", Role::Member, false));
    assert_eq!(visible(&site, &boss), [("acme".into(), true)]);
    // Lifted, everything is back.
    site.change("org-a", &OPERATOR, Change::LiftEnforcement).expect("lifted");
    site.wait(TimeDelta::seconds(1));
    enter(&site, &mut from_bravo, "org-a").expect("entered");
}

/// An identity provider's word for an address is good in its own organization alone.
#[test]
fn single_sign_on_opens_nothing_elsewhere() {
    let (site, [acme, _]) = two();
    site.put(&person(&open("org-b", "bravo", &IDP_B), "eve", Role::Member, false));
    let mut jar = Jar::default();
    let login = site.log_in(&mut jar, &acme, "eve");
    assert_eq!(crate::site::code(&login), "create");
    let eve = site.signed_in(&mut jar);
    assert_eq!(visible(&site, &eve), [("acme".into(), true)]);
}
