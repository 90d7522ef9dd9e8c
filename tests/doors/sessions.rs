//! Sessions: how long they last, and what ends them.

use chrono::TimeDelta;
use saml_login::account::{Account, Role, Status};
use saml_login::audit::Outcome;
use saml_login::organization::{By, Change};
use saml_login::policy::Reason;
use saml_login::provision::Intent;
use saml_login::session::{LoginMethod, Session, SessionRules};
use saml_login::sso::{Browser, Completed, Resumed, StartFor};
use saml_login::store::Store as _;
use saml_login::token::TokenDigest;

use crate::common::block_on;
use crate::common::people::{carry, random};
use crate::common::tenants::{IDP_A, IDP_B, OPERATOR, enforced, open, values};
use crate::site::{From, Jar, Site, code, person};

/// Why nobody is signed in.
fn reason(resumed: &Resumed) -> Option<Reason> {
    match resumed {
        Resumed::Nobody { reason, .. } => *reason,
        other => panic!("somebody is signed in: {other:?}"),
    }
}

fn kept(site: &Site, token: &TokenDigest) -> Option<Session> {
    let read = block_on(site.store.session(token)).expect("the store");
    read.map(|(session, _)| session)
}

fn signed_in(site: &Site, organization: &saml_login::Organization, name: &str) -> (Jar, Account) {
    let mut jar = Jar::default();
    let completed = site.log_in(&mut jar, organization, name);
    let Completed::LoggedIn(logged_in) = completed else { panic!("{completed:?}") };
    (jar, logged_in.account)
}

#[test]
fn a_session_lasts_as_long_as_the_rules_say() {
    let acme = open("org-a", "acme", &IDP_A);
    let site = Site::of(&[&acme]);
    let (mut jar, _) = signed_in(&site, &acme, "alice");
    // Used every hour and a half, it ends after twelve hours.
    for _ in 0..7 {
        site.wait(TimeDelta::minutes(90));
        assert!(matches!(site.page(&mut jar, From::Here), Resumed::SignedIn(_)));
    }
    site.wait(TimeDelta::minutes(89));
    let token = site.signed_in(&mut jar).session.token;
    site.wait(TimeDelta::minutes(1));
    // The browser has forgotten its cookie by then; whoever kept it gets nowhere either.
    assert!(matches!(site.page(&mut jar, From::Here), Resumed::Nobody { reason: None, .. }));
    assert!(kept(&site, &token).is_some_and(|session| session.not_on_or_after <= site.now()));
    // Not used for two hours, it ends as well.
    let (mut jar, _) = signed_in(&site, &acme, "alice");
    site.wait(TimeDelta::minutes(119));
    assert!(matches!(site.page(&mut jar, From::Here), Resumed::SignedIn(_)));
    site.wait(TimeDelta::minutes(120));
    assert_eq!(reason(&site.page(&mut jar, From::Here)), Some(Reason::SessionEnded));
}

#[test]
fn an_organization_and_an_identity_provider_end_sessions_earlier() {
    let acme = open("org-a", "acme", &IDP_A);
    let site = Site::of(&[&acme]);
    let rules = Change::LimitSessions(Some(SessionRules::new(60, 10)));
    site.change("org-a", &OPERATOR, rules).expect("a change");
    let (mut jar, _) = signed_in(&site, &acme, "alice");
    let begun = site.signed_in(&mut jar).session;
    assert_eq!(begun.not_on_or_after, site.now() + TimeDelta::minutes(60));
    site.wait(TimeDelta::minutes(10));
    assert_eq!(reason(&site.page(&mut jar, From::Here)), Some(Reason::SessionEnded));
    let mut jar = Jar::default();
    let request = site.tab(&mut jar, "acme", StartFor::Login);
    let mut answer = site.answer(&acme, &IDP_A, "alice", Some(&request));
    let until = site.now() + TimeDelta::minutes(7);
    answer.authn_statements[0].session_not_on_or_after =
        Some(until.to_rfc3339().replace("+00:00", "Z"));
    let form = answer.form_value().expect("a response");
    assert_eq!(code(&site.post(&mut jar, &acme.urls().acs_url, &form)), "keep");
    assert_eq!(site.signed_in(&mut jar).session.not_on_or_after, until);
}

#[test]
fn a_use_is_written_down_from_time_to_time() {
    let acme = open("org-a", "acme", &IDP_A);
    let site = Site::of(&[&acme]);
    let (mut jar, _) = signed_in(&site, &acme, "alice");
    let begun = site.now();
    let token = site.signed_in(&mut jar).session.token;
    let used = || kept(&site, &token).expect("a session").last_used_at;
    site.wait(TimeDelta::seconds(299));
    let _ = site.signed_in(&mut jar);
    assert_eq!(used(), begun);
    site.wait(TimeDelta::seconds(1));
    let _ = site.signed_in(&mut jar);
    assert_eq!(used(), site.now());
}

#[test]
fn somebody_signs_out_here_there_and_everywhere() {
    let acme = open("org-a", "acme", &IDP_A);
    let site = Site::of(&[&acme]);
    let (mut phone, alice) = signed_in(&site, &acme, "alice");
    let (mut desk, _) = signed_in(&site, &acme, "alice");
    let (mut bobs, _) = signed_in(&site, &acme, "bob");
    let (mine, theirs) = (site.signed_in(&mut desk), site.signed_in(&mut phone).session);
    let browser = Browser::new("", site.now());
    let listed = block_on(site.sso.sessions_of(&mine, &browser)).expect("the store");
    assert_eq!(listed.len(), 2);
    // One of one's own, on another device; nobody else's.
    let bob = site.signed_in(&mut bobs).session.token;
    let refused = block_on(site.sso.end_session(&mine, &bob, &browser)).expect_err("not theirs");
    assert_eq!(refused.code(), "not_signed_in");
    block_on(site.sso.end_session(&mine, &theirs.token, &browser)).expect("one's own");
    assert_eq!(reason(&site.page(&mut phone, From::Here)), None);
    assert!(matches!(site.page(&mut desk, From::Here), Resumed::SignedIn(_)));
    let told = site.told("org-a", 1);
    assert_eq!((told[0].action.code(), told[0].target.clone()), ("session_ended", Some(alice.id)));
    // Here.
    site.sign_out(&mut desk);
    assert!(desk.names().is_empty());
    assert!(kept(&site, &mine.session.token).is_none());
    site.sign_out(&mut desk);
    // Everywhere.
    let (mut one, _) = signed_in(&site, &acme, "alice");
    let (mut other, _) = signed_in(&site, &acme, "alice");
    let here = site.signed_in(&mut one);
    let everywhere = site.sso.sign_out_everywhere(&here, &browser, random());
    let cookies = block_on(everywhere).expect("signed out");
    one.take(&cookies, site.now());
    assert!(one.names().is_empty());
    assert_eq!(reason(&site.page(&mut other, From::Here)), Some(Reason::SessionEnded));
    assert!(matches!(site.page(&mut bobs, From::Here), Resumed::SignedIn(_)));
}

/// Sessions from before enforcement step up, and go on as another session.
#[test]
fn a_session_from_before_steps_up() {
    let acme = open("org-a", "acme", &IDP_A);
    let site = Site::of(&[&acme]);
    site.put(&person(&acme, "boss", Role::Administrator, true));
    site.put(&person(&acme, "mia", Role::Member, false));
    let mut jar = Jar::default();
    site.by_code(&mut jar, "acme", "mia@example.test").expect("a login");
    site.enforce(&acme, "boss");
    site.wait(TimeDelta::seconds(1));
    let Resumed::StepUp(before) = site.page(&mut jar, From::Here) else { panic!("no step-up") };
    assert_eq!(before.decision.code(), "sso_step_up");
    let stepped = site.log_in_for(&mut jar, &acme, &IDP_A, "mia", StartFor::StepUp);
    assert_eq!(code(&stepped), "link");
    let after = site.signed_in(&mut jar).session;
    assert_eq!(after.start.method, LoginMethod::Sso);
    assert!(kept(&site, &before.session.token).is_none(), "the former session has ended");
}

/// Whoever replaced the key or the issuer does not trust what they began, enforced or not.
#[test]
fn what_an_untrusted_key_began_steps_up_and_holds_nothing() {
    let acme = open("org-a", "acme", &IDP_A);
    let site = Site::of(&[&acme]);
    let (mut jar, alice) = signed_in(&site, &acme, "alice");
    let new = crate::common::tenants::idp(IDP_A.issuer());
    let change = Change::Configure(Box::new(values(&acme, &new)));
    site.change("org-a", &OPERATOR, change).expect("another key");
    site.wait(TimeDelta::seconds(1));
    let Resumed::StepUp(_) = site.page(&mut jar, From::Here) else { panic!("no step-up") };
    // It is no holder of the account: whoever comes is let in by what the identity provider says.
    let now = site.organization("org-a");
    let stepped = site.log_in_for(&mut jar, &now, &new, "bob", StartFor::StepUp);
    assert_eq!(code(&stepped), "create");
    assert_ne!(site.signed_in(&mut jar).account.id, alice.id);
    site.change("org-a", &OPERATOR, Change::RemoveConnection).expect("removed");
    site.wait(TimeDelta::seconds(1));
    assert_eq!(reason(&site.page(&mut jar, From::Here)), Some(Reason::SessionEnded));
}

#[test]
fn a_reactivation_brings_no_session_back() {
    let acme = open("org-a", "acme", &IDP_A);
    let site = Site::of(&[&acme]);
    let (mut jar, alice) = signed_in(&site, &acme, "alice");
    let header = jar.header(From::Here, site.now());
    for status in [Status::Deactivated, Status::Active] {
        let intent = Intent::SetStatus { account: &alice.id, status };
        carry(&site.store, "org-a", &OPERATOR, &intent).expect("a change");
    }
    let resumed = block_on(site.sso.resume(&Browser::new(&header, site.now())));
    assert_eq!(reason(&resumed.expect("the store")), Some(Reason::SessionEnded));
    assert_eq!(reason(&site.page(&mut jar, From::Here)), Some(Reason::SessionEnded));
}

/// The issuer is replaced under enforcement: the administrators who did not test it come in by a
/// code, whoever is gone meanwhile does not.
#[test]
fn an_administrator_follows_to_another_issuer_by_a_code() {
    let acme = enforced("org-a", "acme", &IDP_A);
    let site = Site::of(&[&acme]);
    let boss = person(&acme, "boss", Role::Administrator, true);
    site.put(&boss);
    site.put(&person(&acme, "deputy", Role::Administrator, true));
    site.adopt(&acme, &IDP_B, "boss");
    let acme = site.organization("org-a");
    let mut jar = Jar::default();
    let login = site.log_in_for(&mut jar, &acme, &IDP_B, "deputy", StartFor::Login);
    assert_eq!(code(&login), "confirm");
    let right = site.mails.code();
    assert_eq!(code(&site.confirm(&mut jar, &right)), "link");
    assert_eq!(site.signed_in(&mut jar).account.id.as_str(), "deputy");
    // Between the form and the code the account is deactivated.
    let (site, mut jar) = (Site::of(&[&acme]), Jar::default());
    site.put(&boss);
    let deputy = person(&open("org-a", "acme", &IDP_A), "deputy", Role::Administrator, true);
    site.put(&deputy);
    let login = site.log_in_for(&mut jar, &acme, &IDP_B, "deputy", StartFor::Login);
    assert_eq!(code(&login), "confirm");
    let off = Intent::SetStatus { account: &deputy.id, status: Status::Deactivated };
    carry(&site.store, "org-a", &OPERATOR, &off).expect("a change");
    let right = site.mails.code();
    let refused = site.confirm(&mut jar, &right);
    assert_eq!(code(&refused), "account_deactivated");
    let told = site.told("org-a", 1);
    assert_eq!(told[0].outcome, Outcome::Refused("account_deactivated".into()));
}

/// Who only comes from elsewhere changes nothing.
#[test]
fn by_tells_who_asks() {
    let acme = open("org-a", "acme", &IDP_A);
    let site = Site::of(&[&acme]);
    site.put(&person(&acme, "boss", Role::Administrator, true));
    let (mut jar, boss) = signed_in(&site, &acme, "boss");
    let signed_in = site.signed_in(&mut jar);
    assert!(
        matches!(signed_in.by(), By::Member { account, entered: false } if account.id == boss.id)
    );
    assert!(signed_in.by().administers(acme.id()));
}
