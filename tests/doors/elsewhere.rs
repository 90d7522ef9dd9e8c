//! What is used up is remembered elsewhere than everything else.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use chrono::{DateTime, Utc};
use saml_login::MemoryReplayStore;
use saml_login::account::Role;
use saml_login::error::BoxError;
use saml_login::replay::{ReplayStore, SpendOutcome, Spending};
use saml_login::sso::{Completed, StartFor};
use saml_login::store::{DynStore, MemoryStore};

use crate::common::people::{found, numbers};
use crate::common::tenants::{IDP_A, open};
use crate::failing::Failing;
use crate::races::race;
use crate::site::{From, Jar, Site, code, person};

/// Remembers elsewhere, counts, and can be gone, or full.
#[derive(Default)]
struct Elsewhere {
    replays: MemoryReplayStore,
    asked: AtomicUsize,
    is_gone: AtomicBool,
    is_full: AtomicBool,
}

impl ReplayStore for Elsewhere {
    async fn spend(
        &self,
        spending: &Spending,
        now: DateTime<Utc>,
    ) -> Result<SpendOutcome, BoxError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.is_gone.load(Ordering::SeqCst) {
            return Err(BoxError::new("nobody answers"));
        }
        match self.is_full.load(Ordering::SeqCst) {
            true => Ok(SpendOutcome::Full),
            false => self.replays.spend(spending, now).await,
        }
    }
}

/// Two processes over one store, and one place elsewhere.
struct Places {
    elsewhere: Arc<Elsewhere>,
    failing: Arc<Failing>,
    processes: [Site; 2],
}

fn places() -> (Places, saml_login::Organization) {
    let acme = open("org-a", "acme", &IDP_A);
    let store = MemoryStore::default();
    found(&store, &acme, None);
    let failing = Failing::over(store);
    let elsewhere = Arc::new(Elsewhere::default());
    let store = DynStore::new(failing.clone());
    let process = || {
        let (store, replays) = (store.clone(), elsewhere.clone());
        Site::with("https://app.example.test", store, |builder| builder.replays(replays))
    };
    let processes = [process(), process()];
    (Places { elsewhere, failing, processes }, acme)
}

#[test]
fn one_assertion_in_two_tabs_brings_one_in() {
    let (Places { elsewhere, processes: [site, other], .. }, acme) = places();
    let (mut jar, acs_url) = (Jar::default(), &acme.urls().acs_url);
    let request = site.tab(&mut jar, "acme", StartFor::Login);
    let form = site.answer(&acme, &IDP_A, "alice", Some(&request)).form_value().expect("one");
    let mut tab = jar.clone();
    assert_eq!(code(&site.post(&mut jar, acs_url, &form)), "create");
    let again = other.post(&mut tab.clone(), acs_url, &form);
    let Completed::Stopped(stopped) = &again else { panic!("{again:?}") };
    assert_eq!(stopped.error.code(), "assertion_replayed");
    assert!(stopped.may_be_signed_in);
    // Nor is a request answered twice, by whatever assertion.
    let second = site.answer(&acme, &IDP_A, "alice", Some(&request)).form_value().expect("one");
    assert_eq!(code(&other.post(&mut tab, acs_url, &second)), "request_replayed");
    assert_eq!(elsewhere.asked.load(Ordering::SeqCst), 3);
    assert_eq!(numbers(&site.store, "org-a").active, 1);
    let told = ["login request_replayed", "login assertion_replayed", "provisioning", "login"];
    assert_eq!(site.told_codes("org-a", 9), told);
    // At the same time, too.
    let request = site.tab(&mut jar, "acme", StartFor::Login);
    let form = site.answer(&acme, &IDP_A, "bob", Some(&request)).form_value().expect("one");
    let codes = race(&site, &acme, &vec![(jar.header(From::Form, site.now()), form); 64]);
    let count = |of: &str| codes.iter().filter(|code| *code == of).count();
    assert_eq!((count("create"), count("assertion_replayed")), (1, 63), "{codes:?}");
    assert_eq!(numbers(&site.store, "org-a").active, 2);
}

/// Nobody comes in as long as nobody can say whether the form was used, and nothing is used up.
#[test]
fn a_place_that_is_gone_or_full_lets_nobody_in_and_uses_nothing_up() {
    let (Places { elsewhere, failing, processes: [site, _] }, acme) = places();
    for (switch, expected) in
        [(&elsewhere.is_gone, "replay_store_failed"), (&elsewhere.is_full, "replay_store_full")]
    {
        let (mut jar, acs_url) = (Jar::default(), &acme.urls().acs_url);
        let request = site.tab(&mut jar, "acme", StartFor::Login);
        let answer = site.answer(&acme, &IDP_A, expected, Some(&request));
        let form = answer.form_value().expect("a response");
        let before = failing.left("org-a");
        switch.store(true, Ordering::SeqCst);
        assert_eq!(code(&site.post(&mut jar, acs_url, &form)), expected);
        assert_eq!(site.told_codes("org-a", 1), [format!("login failed {expected}")]);
        assert!(failing.left("org-a") == before);
        switch.store(false, Ordering::SeqCst);
        assert_eq!(code(&site.post(&mut jar, acs_url, &form)), "create", "the very form");
    }
}

/// It is used up first: a login that fails afterwards has to be started again, and nothing of it
/// is left here.
#[test]
fn what_fails_afterwards_is_started_again() {
    let mut step = 0;
    loop {
        let (Places { elsewhere, failing, processes: [site, _] }, acme) = places();
        let (mut jar, acs_url) = (Jar::default(), &acme.urls().acs_url);
        let request = site.tab(&mut jar, "acme", StartFor::Login);
        let form = site.answer(&acme, &IDP_A, "alice", Some(&request)).form_value().expect("one");
        let before = failing.left("org-a");
        failing.fail_at(step);
        let completed = site.post(&mut jar, acs_url, &form);
        if !failing.mend() {
            assert_eq!(code(&completed), "create");
            break;
        }
        assert!(["store_failed", "account_store_failed"].contains(&code(&completed)));
        assert!(failing.left("org-a") == before);
        let is_spent = elsewhere.asked.load(Ordering::SeqCst) == 1;
        let expected = if is_spent { "assertion_replayed" } else { "create" };
        assert_eq!(code(&site.post(&mut jar, acs_url, &form)), expected, "step {step}");
        let again = if is_spent { "create" } else { "keep" };
        assert_eq!(code(&site.log_in(&mut jar, &acme, "alice")), again);
        step += 1;
    }
    // Claim, settings; accounts, and again by the names of the new one; write.
    assert_eq!(step, 5);
}

/// A test of settings is used once there, too.
#[test]
fn a_test_is_used_once() {
    let (Places { elsewhere, processes: [site, other], .. }, acme) = places();
    let mut jar = Jar::default();
    site.put(&person(&acme, "boss", Role::Administrator, false));
    site.by_code(&mut jar, "acme", "boss@example.test").expect("a login");
    let request = site.tab(&mut jar, "acme", StartFor::Test { proposed: false });
    let form = site.answer(&acme, &IDP_A, "boss", Some(&request)).form_value().expect("one");
    let mut copy = jar.clone();
    assert_eq!(code(&site.post(&mut jar, &acme.urls().acs_url, &form)), "tested");
    assert!(site.organization("org-a").is_tested());
    let again = other.post(&mut copy, &acme.urls().acs_url, &form);
    assert_eq!(code(&again), "assertion_replayed");
    assert_eq!(elsewhere.asked.load(Ordering::SeqCst), 2);
}
