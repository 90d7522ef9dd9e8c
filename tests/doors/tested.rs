//! Settings are tried out before they take effect.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::TimeDelta;
use saml_login::account::{AccountId, Role, Status};
use saml_login::organization::{Change, Proposal};
use saml_login::provision::Intent;
use saml_login::provision::Refusal;
use saml_login::sso::{Completed, Start, StartFor, Tested};
use saml_login::store::{DynStore, MemoryStore, SettingsWrite, Store as _, Write, Written};

use crate::common::block_on;
use crate::common::hooked::Hooked;
use crate::common::people::{carry, found};
use crate::common::tenants::{IDP_A, IDP_B, OPERATOR, done, enforced, open, values};
use crate::site::{Jar, Site, code, person};

const IN_EFFECT: StartFor<'static> = StartFor::Test { proposed: false };
const PROPOSED: StartFor<'static> = StartFor::Test { proposed: true };

fn tested(completed: Completed) -> Tested {
    match completed {
        Completed::Tested(tested) => *tested,
        other => panic!("no test: {other:?}"),
    }
}

#[test]
fn a_test_ends_in_a_report_a_preview_and_what_it_counts_for() {
    let acme = open("org-a", "acme", &IDP_A);
    let (site, mut jar) = (Site::of(&[&acme]), Jar::default());
    site.put(&person(&acme, "boss", Role::Administrator, false));
    site.by_code(&mut jar, "acme", "boss@example.test").expect("a login");
    let nothing = site.start(&mut jar, "acme", Start::new(PROPOSED)).expect_err("not proposed");
    assert_eq!(nothing.code(), "candidate_missing");
    let before = site.account("org-a", &AccountId::new("boss"));
    // Somebody else's name at the identity provider would be a new account: it counts for nothing.
    let other = tested(site.log_in_for(&mut jar, &acme, &IDP_A, "mia", IN_EFFECT));
    assert!(other.report.accepted);
    assert_eq!(other.preview.map(|one| one.map(|one| one.code())), Some(Ok("create")));
    assert!(other.counts.is_ok(), "the tester was signed in, and is linked by it");
    let own = tested(site.log_in_for(&mut jar, &acme, &IDP_A, "boss", IN_EFFECT));
    assert!(own.report.accepted && !own.proposed);
    assert_eq!(own.preview.map(|one| one.map(|one| one.code())), Some(Ok("confirm")));
    assert_eq!(own.counts, Ok(()));
    let email = own.identity.and_then(|identity| identity.email);
    assert_eq!(email.map(|email| email.address().to_owned()), Some("boss@example.test".into()));
    assert_eq!(site.account("org-a", &AccountId::new("boss")), before, "no account is another");
    assert!(site.organization("org-a").is_tested());
    let told = site.told("org-a", 1);
    assert_eq!(told[0].action.code(), "test_login");
    assert_eq!(site.signed_in(&mut jar).account.id.as_str(), "boss", "the session goes on");
    // A response that is refused is explained, and nothing else becomes of it.
    let request = site.tab(&mut jar, "acme", IN_EFFECT);
    let mut answer = site.answer(&acme, &IDP_A, "boss", Some(&request));
    answer.audiences = vec![vec!["https://elsewhere.test".into()]];
    let form = answer.form_value().expect("a response");
    let refused = tested(site.post(&mut jar, &acme.urls().acs_url, &form));
    assert_eq!(refused.report.code, Some("audience_mismatch"));
    assert!(refused.preview.is_none() && refused.identity.is_none() && refused.counts.is_err());
}

/// One slip in the issuer, and the proposed settings that mend it: tried out beside those in
/// effect.
#[test]
fn proposed_settings_are_tried_out_beside_those_in_effect() {
    let acme = enforced("org-a", "acme", &IDP_A);
    let site = Site::of(&[&acme]);
    site.put(&person(&acme, "boss", Role::Administrator, true));
    let mut jar = Jar::default();
    assert_eq!(code(&site.log_in(&mut jar, &acme, "boss")), "update");
    let boss = site.signed_in(&mut jar);
    let mut typo = values(&acme, &IDP_B);
    typo.issuer = "https://idp-b.example.test/metadat".into();
    let propose = |values| Change::Propose(Box::new(Proposal::of_values(values)));
    site.change("org-a", &boss.by(), propose(typo)).expect("proposed");
    let wrong = tested(site.log_in_for(&mut jar, &acme, &IDP_B, "boss", PROPOSED));
    assert_eq!(wrong.report.code, Some("issuer_mismatch"));
    let refused = site.change("org-a", &boss.by(), Change::Adopt);
    assert_eq!(refused, Err("adoption_needs_test_login".into()));
    // Logins go on with what is in effect.
    assert_eq!(code(&site.log_in(&mut Jar::default(), &acme, "boss")), "keep");
    site.change("org-a", &boss.by(), propose(values(&acme, &IDP_B))).expect("proposed");
    // What nobody has asked for never reaches what is proposed, nor what asked for something else.
    let tile = site.answer(&acme, &IDP_B, "boss", None).form_value().expect("a response");
    assert_eq!(code(&site.post(&mut Jar::default(), &acme.urls().acs_url, &tile)), "key_untrusted");
    let mut other = Jar::default();
    let request = site.tab(&mut other, "acme", StartFor::Login);
    let form = site.answer(&acme, &IDP_B, "boss", Some(&request)).form_value().expect("one");
    assert_eq!(code(&site.post(&mut other, &acme.urls().acs_url, &form)), "key_untrusted");
    // In another browser the test is nobody's.
    let request = site.tab(&mut jar, "acme", PROPOSED);
    let form = site.answer(&acme, &IDP_B, "boss", Some(&request)).form_value().expect("one");
    assert_eq!(code(&site.post(&mut other, &acme.urls().acs_url, &form)), "key_untrusted");
    let right = tested(site.post(&mut jar, &acme.urls().acs_url, &form));
    assert_eq!((right.counts, right.proposed), (Ok(()), true));
    site.change("org-a", &boss.by(), Change::Adopt).expect("adopted");
    let now = site.organization("org-a");
    let login = site.log_in_for(&mut Jar::default(), &now, &IDP_B, "boss", StartFor::Login);
    assert_eq!(code(&login), "keep", "the tester is linked to their new name");
}

#[test]
fn a_test_is_an_administrators_whose_session_lives() {
    let acme = open("org-a", "acme", &IDP_A);
    let site = Site::of(&[&acme]);
    site.put(&person(&acme, "mia", Role::Member, false));
    let mut jar = Jar::default();
    let start = || Start::new(IN_EFFECT);
    assert_eq!(site.start(&mut jar, "acme", start()).expect_err("nobody").code(), "not_signed_in");
    site.by_code(&mut jar, "acme", "mia@example.test").expect("a login");
    let refused = site.start(&mut jar, "acme", start()).expect_err("a member");
    assert_eq!(refused.code(), "test_not_administrator");
    site.put(&person(&acme, "boss", Role::Administrator, false));
    for end in ["ended", "demoted"] {
        let mut jar = Jar::default();
        site.wait(TimeDelta::hours(1));
        site.by_code(&mut jar, "acme", "boss@example.test").expect("a login");
        let request = site.tab(&mut jar, "acme", IN_EFFECT);
        let boss = AccountId::new("boss");
        if end == "ended" {
            carry(&site.store, "org-a", &OPERATOR, &Intent::EndSessions(&boss)).expect("a change");
        } else {
            site.put(&person(&acme, "deputy", Role::Administrator, false));
            let demote = Intent::ChangeRole { account: &boss, role: Role::Member };
            carry(&site.store, "org-a", &OPERATOR, &demote).expect("a change");
        }
        let form = site.answer(&acme, &IDP_A, "boss", Some(&request)).form_value().expect("one");
        let completed = site.post(&mut jar, &acme.urls().acs_url, &form);
        match end {
            "ended" => assert_eq!(code(&completed), "session_over"),
            _ => {
                let refusal = tested(completed).counts.expect_err("a member");
                assert_eq!(refusal.code(), "test_login_not_administrator");
            }
        }
        assert!(!site.organization("org-a").is_tested());
    }
    let off = Intent::SetStatus { account: &AccountId::new("mia"), status: Status::Deactivated };
    carry(&site.store, "org-a", &OPERATOR, &off).expect("a change");
    assert_eq!(site.start(&mut jar, "acme", start()).expect_err("off").code(), "not_signed_in");
}

/// Whatever a test comes to, its form is used up: whoever kept a copy, and the cookies with it,
/// tries nothing out.
#[test]
fn a_test_is_used_once_whatever_it_comes_to() {
    for end in ["counts", "demoted", "ended"] {
        let acme = open("org-a", "acme", &IDP_A);
        let (site, mut jar) = (Site::of(&[&acme]), Jar::default());
        for name in ["boss", "deputy"] {
            site.put(&person(&acme, name, Role::Administrator, false));
        }
        site.by_code(&mut jar, "acme", "boss@example.test").expect("a login");
        let request = site.tab(&mut jar, "acme", IN_EFFECT);
        let boss = AccountId::new("boss");
        match end {
            "counts" => {}
            "demoted" => {
                site.carry("org-a", &Intent::ChangeRole { account: &boss, role: Role::Member });
            }
            _ => site.carry("org-a", &Intent::EndSessions(&boss)),
        }
        let form = site.answer(&acme, &IDP_A, "boss", Some(&request)).form_value().expect("one");
        let mut copy = jar.clone();
        let first = site.post(&mut jar, &acme.urls().acs_url, &form);
        match end {
            "ended" => assert_eq!(code(&first), "session_over"),
            _ => assert_eq!(tested(first).counts.is_ok(), end == "counts"),
        }
        let again = site.post(&mut copy, &acme.urls().acs_url, &form);
        assert_eq!(code(&again), "assertion_replayed", "{end}");
    }
}

/// What somebody else writes while a test is written down: other settings, and perhaps the form.
fn meanwhile(store: &MemoryStore, write: &Write, uses_up: bool) {
    let record = block_on(store.organization(&write.organization)).expect("the store");
    let record = record.expect("an organization");
    let mut organization = record.organization;
    let values = values(&organization, &IDP_B);
    done(&mut organization, Change::Configure(Box::new(values)));
    let mut other = Write::of(&write.organization, write.at);
    other.decided_by = Some(record.version);
    other.settings = Some(SettingsWrite::Change(Box::new(organization)));
    other.spend = write.spend.clone().filter(|_| uses_up);
    assert_eq!(block_on(store.write(other)).expect("the store"), Written::Done);
}

#[test]
fn a_test_of_settings_that_are_others_meanwhile_counts_for_nothing_and_is_used_up() {
    for (uses_up, expected) in [(false, "tested"), (true, "assertion_replayed")] {
        let acme = open("org-a", "acme", &IDP_A);
        let store = MemoryStore::default();
        found(&store, &acme, None);
        let comes = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&comes);
        let hooked = Hooked::new(store, move |store, write| {
            if write.settings.is_some() && seen.swap(false, Ordering::Relaxed) {
                meanwhile(store, write, uses_up);
                return Some(Ok(Written::Outdated));
            }
            None
        });
        let (site, mut jar) = (Site::over(DynStore::new(hooked)), Jar::default());
        site.put(&person(&acme, "boss", Role::Administrator, false));
        site.by_code(&mut jar, "acme", "boss@example.test").expect("a login");
        let request = site.tab(&mut jar, "acme", IN_EFFECT);
        let form = site.answer(&acme, &IDP_A, "boss", Some(&request)).form_value().expect("one");
        comes.store(true, Ordering::Relaxed);
        let completed = site.post(&mut jar, &acme.urls().acs_url, &form);
        assert_eq!(code(&completed), expected);
        assert!(!site.organization("org-a").is_tested());
        if let Completed::Tested(tested) = completed {
            assert_eq!(tested.counts, Err(Refusal::TestLoginNotAdministrator));
            assert_eq!(site.told_codes("org-a", 1), ["test_login test_login_outdated"]);
        }
    }
}
