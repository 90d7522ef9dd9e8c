//! From the posted form to a session.

use chrono::TimeDelta;
use saml_login::account::Role;
use saml_login::audit::{Action, Actor, Outcome};
use saml_login::policy::Reason;
use saml_login::sso::{Completed, Resumed, Start, StartFor};
use saml_login::store::Store as _;
use saml_login::testing::idp::TestIdp;

use crate::common::tenants::{IDP_A, open};
use crate::site::{From, Jar, Site, code, person};

#[test]
fn somebody_comes_in_from_here_and_goes_on_where_they_were() {
    let acme = open("org-a", "acme", &IDP_A);
    let (site, mut jar) = (Site::of(&[&acme]), Jar::default());
    assert!(matches!(site.page(&mut jar, From::Here), Resumed::Nobody { reason: None, .. }));
    let start = Start::new(StartFor::Login).return_to("/inbox?tab=2");
    let delivery = site.start(&mut jar, "acme", start).expect("a start");
    let request = TestIdp::request_id(&delivery).expect("a request");
    let answer = site.answer(&acme, &IDP_A, "alice", Some(&request));
    let form = answer.form_value().expect("a response");
    let Completed::LoggedIn(logged_in) = site.post(&mut jar, &acme.urls().acs_url, &form) else {
        panic!("nobody came in")
    };
    assert_eq!(logged_in.provisioning.code(), "create");
    assert_eq!(logged_in.go_to, "/inbox?tab=2");
    assert_eq!(jar.names(), ["__Host-sso-session"], "the login's cookie has served");
    // The redirect comes from the identity provider's site, and brings the session's cookie.
    let Resumed::SignedIn(signed_in) = site.page(&mut jar, From::Link) else { panic!("nobody") };
    assert_eq!(signed_in.account, logged_in.account);
    assert_eq!(signed_in.session, logged_in.session);
    let told = site.told("org-a", 9);
    let codes: Vec<_> = told.iter().map(|event| event.action.code()).collect();
    assert_eq!(codes, ["provisioning", "login"]);
    assert_eq!(told[1].actor, Actor::Member(logged_in.account.id.clone()));
    assert!(told.iter().all(|event| event.outcome == Outcome::Done));
}

/// A step back, or a page that is loaded again: the form was used, and whoever used it is signed
/// in.
#[test]
fn a_form_that_was_used_leads_on_to_whoever_is_signed_in() {
    let acme = open("org-a", "acme", &IDP_A);
    let (site, mut jar) = (Site::of(&[&acme]), Jar::default());
    let request = site.tab(&mut jar, "acme", StartFor::Login);
    let form = site.answer(&acme, &IDP_A, "alice", Some(&request)).form_value().expect("one");
    assert_eq!(code(&site.post(&mut jar, &acme.urls().acs_url, &form)), "create");
    let again = site.post(&mut jar, &acme.urls().acs_url, &form);
    let Completed::Stopped(stopped) = &again else { panic!("{again:?}") };
    // The request's cookie is gone, so that the form answers nothing any more.
    assert_eq!(stopped.error.code(), "unsolicited_in_response_to");
    assert!(stopped.may_be_signed_in);
    assert!(matches!(site.page(&mut jar, From::Link), Resumed::SignedIn(_)));
}

#[test]
fn tabs_have_a_request_each() {
    let acme = open("org-a", "acme", &IDP_A);
    let (site, mut jar) = (Site::of(&[&acme]), Jar::default());
    let tabs: Vec<String> = (0..3).map(|_| site.tab(&mut jar, "acme", StartFor::Login)).collect();
    assert_eq!(jar.names().len(), 3);
    for (number, request) in tabs.iter().enumerate().rev() {
        let form = site.answer(&acme, &IDP_A, "alice", Some(request)).form_value().expect("one");
        let completed = site.post(&mut jar, &acme.urls().acs_url, &form);
        let expected = if number == 2 { "create" } else { "keep" };
        assert_eq!(code(&completed), expected);
    }
    assert_eq!(jar.names(), ["__Host-sso-session"]);
}

#[test]
fn what_nobody_asked_for_is_asked_for_once() {
    let acme = open("org-a", "acme", &IDP_A);
    let (site, mut jar) = (Site::of(&[&acme]), Jar::default());
    let acs = &acme.urls().acs_url;
    let tile = site.answer(&acme, &IDP_A, "alice", None).form_value().expect("one");
    let bounced = site.post_with(&mut jar, acs, &tile, Some("/reports"));
    let Completed::Bounced { delivery, .. } = bounced else { panic!("{bounced:?}") };
    let request = TestIdp::request_id(&delivery).expect("a request");
    let form = site.answer(&acme, &IDP_A, "alice", Some(&request)).form_value().expect("one");
    let Completed::LoggedIn(logged_in) = site.post(&mut jar, acs, &form) else { panic!("nobody") };
    assert_eq!(logged_in.go_to, "/reports", "the tile's deep link is kept over the bounce");
    // An identity provider that answers no requests is told, and goes round no third time.
    let mut other = Jar::default();
    for expected in ["bounced", "bounced", "bounce_unanswered"] {
        let tile = site.answer(&acme, &IDP_A, "bob", None).form_value().expect("one");
        assert_eq!(code(&site.post(&mut other, acs, &tile)), expected);
    }
}

#[test]
fn junk_from_elsewhere_uses_nothing_up() {
    let acme = open("org-a", "acme", &IDP_A);
    let (site, mut jar) = (Site::of(&[&acme]), Jar::default());
    let acs = &acme.urls().acs_url;
    let request = site.tab(&mut jar, "acme", StartFor::Login);
    for junk in ["", "bm90IFhNTA==", "%%%"] {
        let stopped = site.post(&mut jar, acs, junk);
        assert!(matches!(stopped, Completed::Stopped(_)), "{junk}");
    }
    let stranger = crate::common::tenants::idp("https://idp-a.example.test/metadata");
    let forged = site.answer(&acme, &stranger, "alice", Some(&request)).form_value().expect("one");
    assert_eq!(code(&site.post(&mut jar, acs, &forged)), "key_untrusted");
    assert_eq!(code(&site.post(&mut jar, acs, &forged)), "key_untrusted");
    let rows = site.told("org-a", 99);
    let untrusted =
        rows.iter().filter(|event| event.outcome == Outcome::Refused("key_untrusted".into()));
    assert_eq!(untrusted.count(), 1, "a flood costs one row a minute");
    // The next row says how many there were.
    assert_eq!(code(&site.post(&mut jar, acs, &forged)), "key_untrusted");
    site.wait(TimeDelta::minutes(1));
    assert_eq!(code(&site.post(&mut jar, acs, &forged)), "key_untrusted");
    let last = site.told("org-a", 1).remove(0);
    assert_eq!(last.outcome, Outcome::Refused("key_untrusted".into()));
    assert_eq!(last.unlisted, 2);
    let form = site.answer(&acme, &IDP_A, "alice", Some(&request)).form_value().expect("one");
    assert_eq!(code(&site.post(&mut jar, acs, &form)), "create");
}

#[test]
fn a_login_is_answered_in_the_browser_that_started_it() {
    let acme = open("org-a", "acme", &IDP_A);
    let (site, mut jar) = (Site::of(&[&acme]), Jar::default());
    let request = site.tab(&mut jar, "acme", StartFor::Login);
    let form = site.answer(&acme, &IDP_A, "alice", Some(&request)).form_value().expect("one");
    let mut thief = Jar::default();
    let stopped = site.post(&mut thief, &acme.urls().acs_url, &form);
    assert_eq!(code(&stopped), "unsolicited_in_response_to");
    // A lost cookie is the same; the login is started again.
    jar.lose(|name| name.starts_with("__Host-saml-"));
    assert_eq!(
        code(&site.post(&mut jar, &acme.urls().acs_url, &form)),
        "unsolicited_in_response_to"
    );
    assert_eq!(code(&site.log_in(&mut jar, &acme, "alice")), "create");
    // Half an hour later nobody waits for it any more.
    let late = site.tab(&mut jar, "acme", StartFor::Login);
    site.wait(TimeDelta::minutes(30));
    let form = site.answer(&acme, &IDP_A, "alice", Some(&late)).form_value().expect("one");
    assert_eq!(
        code(&site.post(&mut jar, &acme.urls().acs_url, &form)),
        "unsolicited_in_response_to"
    );
}

#[test]
fn an_administrator_whom_nothing_but_an_address_leads_to_enters_a_code() {
    let acme = open("org-a", "acme", &IDP_A);
    let (site, mut jar) = (Site::of(&[&acme]), Jar::default());
    site.put(&person(&acme, "boss", Role::Administrator, false));
    assert_eq!(code(&site.log_in(&mut jar, &acme, "boss")), "confirm");
    assert!(matches!(site.page(&mut jar, From::Link), Resumed::Nobody { .. }), "nobody is in yet");
    let mail = site.mails.all();
    assert_eq!(mail.len(), 1);
    assert_eq!(mail[0].to().address(), "boss@example.test");
    let right = site.mails.code();
    for _ in 0..4 {
        assert_eq!(code(&site.confirm(&mut jar, "AAAA-AAAA")), "code_wrong");
    }
    // In another browser it is nobody's code.
    assert_eq!(code(&site.confirm(&mut Jar::default(), &right)), "code_wrong");
    let typed = right.to_lowercase().replace('-', " ");
    assert_eq!(code(&site.confirm(&mut jar, &typed)), "link");
    assert_eq!(site.signed_in(&mut jar).account.id.as_str(), "boss");
    assert_eq!(code(&site.confirm(&mut jar, &right)), "code_wrong", "a code is used once");
    // Five tries, and a new login for five more.
    let (site, mut jar) = (Site::of(&[&acme]), Jar::default());
    site.put(&person(&acme, "boss", Role::Administrator, false));
    assert_eq!(code(&site.log_in(&mut jar, &acme, "boss")), "confirm");
    for _ in 0..5 {
        assert_eq!(code(&site.confirm(&mut jar, "AAAA-AAAA")), "code_wrong");
    }
    let right = site.mails.code();
    assert_eq!(code(&site.confirm(&mut jar, &right)), "code_wrong");
}

#[test]
fn whoever_is_signed_in_links_their_account_and_steps_up() {
    let acme = open("org-a", "acme", &IDP_A);
    let (site, mut jar) = (Site::of(&[&acme]), Jar::default());
    site.put(&person(&acme, "boss", Role::Administrator, false));
    site.by_code(&mut jar, "acme", "boss@example.test").expect("a login");
    let before = site.signed_in(&mut jar).session.token;
    let linked = site.log_in_for(&mut jar, &acme, &IDP_A, "boss", StartFor::Link);
    assert_eq!(code(&linked), "link");
    let after = site.signed_in(&mut jar).session;
    assert_ne!(after.token, before, "the session is another");
    let mut thief = Jar::default();
    let ended = crate::common::block_on(site.store.session(&before)).expect("the store");
    assert!(ended.is_none(), "the one that it was started from has ended");
    assert_eq!(code(&site.log_in(&mut thief, &acme, "boss")), "keep");
    // Nobody links without being signed in.
    let refused = site.start(&mut Jar::default(), "acme", Start::new(StartFor::Link));
    assert_eq!(refused.expect_err("nobody").code(), "not_signed_in");
}

#[test]
fn whoever_is_deactivated_is_out_with_the_next_request_in_every_process() {
    use saml_login::account::Status;
    use saml_login::provision::Intent;
    let acme = open("org-a", "acme", &IDP_A);
    let (site, mut jar) = (Site::of(&[&acme]), Jar::default());
    let other = site.another();
    assert_eq!(code(&site.log_in(&mut jar, &acme, "alice")), "create");
    let alice = other.signed_in(&mut jar).account;
    let off = Intent::SetStatus { account: &alice.id, status: Status::Deactivated };
    let by = crate::common::tenants::OPERATOR;
    crate::common::people::carry(&site.store, "org-a", &by, &off).expect("a change");
    let Resumed::Nobody { reason, .. } = other.page(&mut jar, From::Here) else { panic!("in") };
    assert_eq!(reason, Some(Reason::AccountDeactivated));
    assert!(jar.names().is_empty());
    // A perfect assertion brings nobody back, and is used up.
    assert_eq!(code(&site.log_in(&mut jar, &acme, "alice")), "account_deactivated");
    let told = site.told("org-a", 1);
    assert_eq!(told[0].outcome, Outcome::Refused("account_deactivated".into()));
    assert!(matches!(told[0].action, Action::Provisioning { .. }));
}
