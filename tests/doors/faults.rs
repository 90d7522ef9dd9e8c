//! What fails on the way, and what comes at the same time.

use std::thread;

use saml_login::error::BoxError;
use saml_login::organization::Counters;
use saml_login::request::RequestCookies;
use saml_login::sso::{Browser, Completed, Mail, Mailer, PostedLogin, Sso, Start, StartFor};
use saml_login::store::{DynStore, MemoryStore, Store};
use saml_login::testing::idp::TestIdp;
use saml_login::{Random, SealingKey};

use crate::common::people::{found, random};
use crate::common::tenants::{IDP_A, open};
use crate::common::{block_on, now};
use crate::failing::Failing;
use crate::site::{Jar, Site, code};

fn counters(store: &impl Store) -> Counters {
    let record = block_on(store.organization(&"org-a".into())).expect("the store");
    record.expect("an organization").counters
}

/// Whatever step fails, nothing is left behind, and the person comes in by trying again.
#[test]
fn a_store_that_fails_at_a_step_lets_nobody_in_and_keeps_nobody_out() {
    let acme = open("org-a", "acme", &IDP_A);
    let mut steps = 0;
    loop {
        let store = MemoryStore::default();
        found(&store, &acme, Some(1));
        let failing = Failing::over(store);
        let site = Site::over(DynStore::new(failing.clone()));
        let mut jar = Jar::default();
        let request = site.tab(&mut jar, "acme", StartFor::Login);
        let form = site.answer(&acme, &IDP_A, "alice", Some(&request)).form_value().expect("one");
        failing.fail_at(steps);
        let completed = site.post(&mut jar, &acme.urls().acs_url, &form);
        failing.mend();
        if let Completed::LoggedIn(_) = completed {
            assert!(steps >= 4, "a login has steps: {steps}");
            break;
        }
        assert!(["store_failed", "account_store_failed"].contains(&code(&completed)));
        assert_eq!(counters(&*failing).seats().taken, 0, "no seat is taken");
        let Completed::Stopped(stopped) = completed else { panic!("not stopped") };
        let later = "That did not work just now. Try again in a minute.";
        assert_eq!(stopped.error.user_message(), later);
        // The very form is good still, and so is its cookie: nothing was used up.
        let again = site.post(&mut jar, &acme.urls().acs_url, &form);
        assert_eq!(code(&again), "create", "after step {steps} failed");
        assert_eq!(counters(&*failing).seats().taken, 1);
        steps += 1;
    }
}

struct NoPost;

impl Mailer for NoPost {
    async fn send(&self, _: &Mail) -> Result<(), BoxError> {
        Err(BoxError::new("no post today"))
    }
}

/// An administrator who waits for a code that cannot be mailed is told to try again.
#[test]
fn a_mail_that_cannot_be_sent_is_told() {
    let acme = open("org-a", "acme", &IDP_A);
    let site = Site::of(&[&acme]);
    let boss = crate::site::person(&acme, "boss", saml_login::account::Role::Administrator, false);
    site.put(&boss);
    let sso = Sso::builder("https://app.example.test", site.store.clone())
        .sealing_keys([SealingKey::new([7; 32])])
        .mailer(NoPost)
        .build(now());
    let sso = block_on(sso).expect("doors");
    let mut jar = Jar::default();
    let request = site.tab(&mut jar, "acme", StartFor::Login);
    let form = site.answer(&acme, &IDP_A, "boss", Some(&request)).form_value().expect("one");
    let header = jar.header(crate::site::From::Form, now());
    let form = PostedLogin::new(&acme.urls().acs_url, &form);
    let browser = Browser::new(&header, now());
    let completed = block_on(sso.complete_login(&form, &browser, random()));
    assert_eq!(code(&completed), "store_failed");
}

/// Runs the same in so many threads at once.
fn at_once<T: Send>(count: usize, each: impl Fn(usize) -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let each = &each;
        let all: Vec<_> = (0..count).map(|number| scope.spawn(move || each(number))).collect();
        all.into_iter().map(|one| one.join().expect("no panic")).collect()
    })
}

fn posted(
    sso: &Sso<DynStore>,
    acs_url: &str,
    (form, cookies): (&str, &str),
    number: usize,
) -> String {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    bytes[31] = 9;
    let form = PostedLogin::new(acs_url, form);
    let browser = Browser::new(cookies, now());
    code(&block_on(sso.complete_login(&form, &browser, Random::new(bytes)))).to_owned()
}

#[test]
fn of_64_with_one_assertion_one_comes_in() {
    let acme = open("org-a", "acme", &IDP_A);
    let site = Site::of(&[&acme]);
    let mut jar = Jar::default();
    let request = site.tab(&mut jar, "acme", StartFor::Login);
    let form = site.answer(&acme, &IDP_A, "alice", Some(&request)).form_value().expect("one");
    let cookies = jar.header(crate::site::From::Form, now());
    let (sso, acs_url) = (&site.sso, &acme.urls().acs_url);
    let codes = at_once(64, |number| posted(sso, acs_url, (&form, &cookies), number));
    let count = |wanted: &str| codes.iter().filter(|code| *code == wanted).count();
    assert_eq!((count("create"), count("assertion_replayed")), (1, 63), "{codes:?}");
    assert_eq!(counters(&site.store).active, 1);
}

#[test]
fn of_64_newcomers_one_gets_the_last_seat() {
    let acme = open("org-a", "acme", &IDP_A);
    let store = MemoryStore::default();
    found(&store, &acme, Some(1));
    let site = Site::over(DynStore::new(store));
    let all: Vec<(String, String)> = (0..64)
        .map(|number| {
            let mut jar = Jar::default();
            let request = site.tab(&mut jar, "acme", StartFor::Login);
            let name = format!("person-{number}");
            let answer = site.answer(&acme, &IDP_A, &name, Some(&request));
            let cookies = jar.header(crate::site::From::Form, now());
            (answer.form_value().expect("one"), cookies)
        })
        .collect();
    let (sso, acs_url) = (&site.sso, &acme.urls().acs_url);
    let codes = at_once(64, |number| {
        let (form, cookies) = &all[number];
        posted(sso, acs_url, (form, cookies), number)
    });
    let count = |wanted: &str| codes.iter().filter(|code| *code == wanted).count();
    assert_eq!((count("create"), count("no_seat")), (1, 63), "{codes:?}");
    assert_eq!(counters(&site.store).seats().taken, 1);
}

/// Of the tabs of one browser those that were opened last have their cookies: eight.
#[test]
fn of_64_tabs_the_latest_come_in() {
    let acme = open("org-a", "acme", &IDP_A);
    let site = Site::of(&[&acme]);
    let mut jar = Jar::default();
    let tabs: Vec<String> = (0..64)
        .map(|_| {
            site.wait(chrono::TimeDelta::seconds(1));
            site.tab(&mut jar, "acme", StartFor::Login)
        })
        .collect();
    let header = jar.header(crate::site::From::Form, site.now());
    assert_ne!(RequestCookies::read(&header), RequestCookies::default());
    let mut came = 0;
    for request in tabs.iter().rev() {
        let form = site.answer(&acme, &IDP_A, "alice", Some(request)).form_value().expect("one");
        let completed = site.post(&mut jar, &acme.urls().acs_url, &form);
        match code(&completed) {
            "create" | "keep" => came += 1,
            other => assert_eq!(other, "unsolicited_in_response_to"),
        }
    }
    assert_eq!(came, 8);
}

#[test]
fn starts_are_checked_and_counted() {
    let acme = open("org-a", "acme", &IDP_A);
    let site = Site::of(&[&acme]);
    let long = format!("/{}", "a".repeat(1_024));
    let paths = ["//evil.test", "/\\evil.test", "https://evil.test", "inbox", "/../x", &long];
    for path in paths {
        let start = Start::new(StartFor::Login).return_to(path);
        let refused = site.start(&mut Jar::default(), "acme", start).expect_err(path);
        assert_eq!(refused.code(), "return_unsafe", "{path}");
    }
    let unknown = site.start(&mut Jar::default(), "bravo", Start::new(StartFor::Login));
    assert_eq!(unknown.expect_err("nobody").code(), "organization_unknown");
    let client = "2001:db8:1:2::7".parse().ok();
    let from = |dest: &'static str| {
        let browser = Browser::new("", now()).with_client(client).with_fetch_dest(dest);
        block_on(site.sso.start("acme", Start::new(StartFor::Login), &browser, random()))
    };
    assert_eq!(from("image").expect_err("a picture").code(), "not_navigated");
    let mut last = None;
    for _ in 0..300 {
        last = Some(from("document").expect("a start"));
    }
    assert_eq!(from("document").expect_err("too many").code(), "too_often");
    // An answer gives its place back: a company may share an address.
    let started = last.expect("a start");
    let mut jar = Jar::default();
    jar.take(&started.cookies, now());
    let request = TestIdp::request_id(&started.delivery).expect("a request");
    let form = site.answer(&acme, &IDP_A, "alice", Some(&request)).form_value().expect("one");
    let header = jar.header(crate::site::From::Form, now());
    let browser = Browser::new(&header, now()).with_client(client);
    let form = PostedLogin::new(&acme.urls().acs_url, &form);
    let completed = block_on(site.sso.complete_login(&form, &browser, random()));
    assert_eq!(code(&completed), "create");
    assert!(from("document").is_ok());
    assert_eq!(from("document").expect_err("too many").code(), "too_often");
}
