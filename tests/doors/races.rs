//! Many at once.

use std::thread;

use chrono::TimeDelta;
use saml_login::account::{AccountId, Role};
use saml_login::sso::{Browser, Completed, PostedLogin, Sso, StartFor};
use saml_login::store::{DynStore, MemoryStore, Store as _};
use saml_login::{Organization, Random};

use crate::common::block_on;
use crate::common::people::{found, numbers};
use crate::common::tenants::{IDP_A, open};
use crate::site::{From, Jar, Site, code, person};

const RACERS: u8 = 64;

/// A browser's cookies, and the form that it posts.
pub(crate) type Posted = (String, String);

/// All of them at once, each with randomness of its own: what became of each, in order.
pub(crate) fn race(site: &Site, acme: &Organization, forms: &[Posted]) -> Vec<String> {
    let (sso, now): (&Sso<DynStore>, _) = (&site.sso, site.now());
    let acs_url = acme.urls().acs_url.as_str();
    let barrier = std::sync::Barrier::new(forms.len());
    let mut codes: Vec<String> = thread::scope(|scope| {
        let racers: Vec<_> = (100_u8..)
            .zip(forms)
            .map(|(number, (cookies, form))| {
                let barrier = &barrier;
                scope.spawn(move || {
                    let browser = Browser::new(cookies, now);
                    let posted = PostedLogin::new(acs_url, form);
                    barrier.wait();
                    let random = Random::new([number; 32]);
                    code(&block_on(sso.complete_login(&posted, &browser, random))).to_owned()
                })
            })
            .collect();
        racers.into_iter().map(|racer| racer.join().expect("a racer")).collect()
    });
    codes.sort();
    codes
}

fn count(codes: &[String], of: &str) -> usize {
    codes.iter().filter(|code| *code == of).count()
}

fn form(site: &Site, acme: &Organization, jar: &mut Jar, name: &str) -> Posted {
    let request = site.tab(jar, "acme", StartFor::Login);
    let form = site.answer(acme, &IDP_A, name, Some(&request)).form_value().expect("a response");
    (jar.header(From::Form, site.now()), form)
}

#[test]
fn one_assertion_brings_one_of_many_in() {
    let acme = open("org-a", "acme", &IDP_A);
    let (site, mut jar) = (Site::of(&[&acme]), Jar::default());
    let posted = form(&site, &acme, &mut jar, "alice");
    let forms = vec![posted; RACERS.into()];
    let codes = race(&site, &acme, &forms);
    assert_eq!(count(&codes, "create"), 1, "{codes:?}");
    assert_eq!(count(&codes, "assertion_replayed"), 63, "{codes:?}");
    assert_eq!(numbers(&site.store, "org-a").active, 1);
    let logins = site.told_codes("org-a", 999);
    assert_eq!(count(&logins, "login"), 1);
    assert_eq!(count(&logins, "login assertion_replayed"), 1, "one a minute");
}

#[test]
fn many_of_one_person_all_come_in_to_one_account() {
    let acme = open("org-a", "acme", &IDP_A);
    let site = Site::of(&[&acme]);
    let forms: Vec<Posted> =
        (0..RACERS).map(|_| form(&site, &acme, &mut Jar::default(), "alice")).collect();
    let codes = race(&site, &acme, &forms);
    assert_eq!(count(&codes, "create"), 1, "{codes:?}");
    assert_eq!(count(&codes, "keep"), 63, "{codes:?}");
    assert_eq!(numbers(&site.store, "org-a").active, 1);
}

#[test]
fn the_last_seat_is_taken_once() {
    let acme = open("org-a", "acme", &IDP_A);
    let store = MemoryStore::default();
    found(&store, &acme, Some(1));
    let site = Site::over(DynStore::new(store));
    let forms: Vec<Posted> = (0..RACERS)
        .map(|number| form(&site, &acme, &mut Jar::default(), &format!("person{number}")))
        .collect();
    let codes = race(&site, &acme, &forms);
    assert_eq!(count(&codes, "create"), 1, "{codes:?}");
    assert_eq!(count(&codes, "no_seat"), 63, "{codes:?}");
    assert_eq!(numbers(&site.store, "org-a").active, 1);
    let told = site.told_codes("org-a", 999);
    assert_eq!(count(&told, "login"), 1);
    assert_eq!(count(&told, "provisioning no_seat"), 63);
}

/// A browser keeps eight requests under way: older tabs are started again.
#[test]
fn of_many_tabs_of_one_browser_the_latest_come_in() {
    let acme = open("org-a", "acme", &IDP_A);
    let (site, mut jar) = (Site::of(&[&acme]), Jar::default());
    let tabs: Vec<String> = (0..RACERS)
        .map(|_| {
            site.wait(TimeDelta::seconds(1));
            site.tab(&mut jar, "acme", StartFor::Login)
        })
        .collect();
    assert_eq!(jar.names().len(), 8);
    let header = jar.header(From::Form, site.now());
    let forms: Vec<Posted> = tabs
        .iter()
        .map(|request| site.answer(&acme, &IDP_A, "alice", Some(request)))
        .map(|answer| (header.clone(), answer.form_value().expect("a response")))
        .collect();
    let codes = race(&site, &acme, &forms);
    assert_eq!(count(&codes, "create"), 1, "{codes:?}");
    assert_eq!(count(&codes, "keep"), 7, "{codes:?}");
    assert_eq!(count(&codes, "unsolicited_in_response_to"), 56, "{codes:?}");
    assert_eq!(numbers(&site.store, "org-a").active, 1);
}

/// One code, at many places at once: one session.
#[test]
fn a_code_is_entered_once() {
    let acme = open("org-a", "acme", &IDP_A);
    let (site, mut jar) = (Site::of(&[&acme]), Jar::default());
    site.put(&person(&acme, "alice", Role::Member, false));
    site.ask_code(&mut jar, "acme", "alice@example.test");
    let (right, header, now) = (site.mails.code(), jar.header(From::Here, site.now()), site.now());
    let sso = &site.sso;
    let come_in: usize = thread::scope(|scope| {
        let racers: Vec<_> = (0..RACERS)
            .map(|number| {
                let (right, header) = (&right, &header);
                scope.spawn(move || {
                    let browser = Browser::new(header, now);
                    let random = Random::new([number; 32]);
                    match block_on(sso.enter_code(right, &browser, random)) {
                        Ok(_) => 1,
                        Err(error) => {
                            assert_eq!(error.code(), "code_wrong");
                            0
                        }
                    }
                })
            })
            .collect();
        racers.into_iter().map(|racer| racer.join().expect("a racer")).sum()
    });
    assert_eq!(come_in, 1);
    let all = block_on(site.store.sessions(acme.id(), &AccountId::new("alice")));
    assert_eq!(all.expect("the store").len(), 1);
    assert_eq!(count(&site.told_codes("org-a", 99), "session_begun"), 1);
}

/// Wrong codes at many places at once are tries like any others.
#[test]
fn many_guesses_at_once_are_five_at_most() {
    let acme = open("org-a", "acme", &IDP_A);
    let (site, mut jar) = (Site::of(&[&acme]), Jar::default());
    site.put(&person(&acme, "boss", Role::Administrator, false));
    assert!(matches!(site.log_in(&mut jar, &acme, "boss"), Completed::Confirm(_)));
    let (header, now, sso) = (jar.header(From::Here, site.now()), site.now(), &site.sso);
    thread::scope(|scope| {
        for number in 0..RACERS {
            let header = &header;
            scope.spawn(move || {
                let browser = Browser::new(header, now);
                let random = Random::new([number; 32]);
                let completed = block_on(sso.confirm("AAAA-AAAA", &browser, random));
                assert_eq!(code(&completed), "code_wrong");
            });
        }
    });
    let right = site.mails.code();
    let confirmed = site.confirm(&mut jar, &right);
    assert!(["link", "code_wrong"].contains(&code(&confirmed)));
}
