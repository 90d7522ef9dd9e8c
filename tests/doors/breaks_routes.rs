//! The routes: what each path, method and answer is there for, to the letter.

use chrono::TimeDelta;
use http::{Method, Request};
use saml_login::Organization;
use saml_login::account::{Invitation, Role};
use saml_login::organization::{By, Change, Proposal};
use saml_login::provision::Intent;
use saml_login::store::{DynStore, MemoryStore};
use saml_login::token::Token;

use crate::common::people::{carry, email, found, random};
use crate::common::tenants::{IDP_A, IDP_B, OPERATOR, open, values};
use crate::failing::Failing;
use crate::redirects::{PARTIAL, answered, signing};
use crate::routes::Web;
use crate::site::{From, person};

fn acme() -> Organization {
    open("org-a", "acme", &IDP_A)
}

#[test]
fn each_path_takes_its_methods_and_no_others() {
    let acme = acme();
    let mut web = Web::of(&[&acme]);
    for (path, allow) in [
        ("/sso", "GET, HEAD, POST"),
        ("/sso/-/code", "GET, HEAD, POST"),
        ("/sso/-/confirm", "GET, HEAD, POST"),
        ("/sso/-/here", "GET, HEAD"),
        ("/sso/-/logout", "POST"),
        ("/sso/acme", "GET, HEAD"),
        ("/saml/acme/acs", "POST"),
        ("/saml/acme/metadata", "GET, HEAD"),
        ("/saml/acme/slo", "GET, HEAD, POST"),
    ] {
        for method in [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE] {
            let is_taken = allow.split(", ").any(|allowed| allowed == method.as_str());
            let request = Request::builder()
                .method(method.clone())
                .uri(path)
                .header("sec-fetch-site", "same-origin");
            let got = web.send(request, From::Here, "");
            assert_eq!(got.status != 405, is_taken, "{method} {path}");
            assert_eq!(got.header("allow"), if is_taken { "" } else { allow }, "{method} {path}");
        }
    }
}

#[test]
fn what_is_told_has_the_address_of_the_client() {
    let acme = acme();
    let mut web = Web::of(&[&acme]);
    let (done, _) = web.log_in(&acme, "alice", "/sso/acme");
    assert_eq!(done.status, 303);
    for event in web.site.told("org-a", 9) {
        assert_eq!(event.client_address.as_deref(), Some("192.0.2.1"), "{event:?}");
        assert_eq!(event.request_id, None);
    }
}

#[test]
fn a_form_may_come_from_a_frame_and_a_page_may_not() {
    let acme = acme();
    let mut web = Web::of(&[&acme]);
    let mut asked = |method: &str, path: &str, dest: &str| {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("sec-fetch-site", "same-origin")
            .header("sec-fetch-dest", dest);
        web.send(request, From::Here, "organization=acme").status.as_u16()
    };
    assert_eq!(asked("POST", "/sso", "iframe"), 303);
    for method in ["GET", "HEAD"] {
        assert_eq!(asked(method, "/sso/acme", "document"), 303);
        assert_eq!(asked(method, "/sso/acme", "image"), 403);
    }
}

#[test]
fn four_mebibytes_of_a_form_are_read() {
    let acme = acme();
    let mut web = Web::of(&[&acme]);
    let mut sent = |length: usize| {
        let body = format!("SAMLResponse={}", "A".repeat(length - 13));
        let request = Request::post("/saml/acme/acs");
        web.send(request, From::Form, &body)
    };
    let read = sent(4_194_304);
    assert_eq!(read.status, 403);
    assert!(read.body.contains("<code>response_too_large</code>"), "{}", read.body);
    assert_eq!(sent(4_194_305).status, 413);
}

/// The boss comes by a code.
fn by_code(web: &mut Web) {
    web.post("/sso/-/code", "organization=acme&email=boss%40example.test");
    let code = web.site.mails.code();
    assert_eq!(web.post("/sso/-/code", &format!("code={code}")).status, 303);
}

#[test]
fn a_link_says_what_the_login_is_for() {
    let acme = acme();
    let mut web = Web::of(&[&acme]);
    let told = |web: &mut Web, path: &str| {
        let got = web.open(path);
        match got.status.as_u16() {
            303 => "started".to_owned(),
            status => {
                let code = got.body.split("<code>").nth(1).and_then(|rest| rest.split('<').next());
                format!("{status} {}", code.unwrap_or_default())
            }
        }
    };
    for purpose in ["link", "step_up", "test", "test_proposed"] {
        let path = format!("/sso/acme?for={purpose}");
        assert_eq!(told(&mut web, &path), "403 not_signed_in", "{purpose}");
    }
    for path in ["/sso/acme?for=login", "/sso/acme?for=", "/sso/acme"] {
        assert_eq!(told(&mut web, path), "started");
    }
    web.site.put(&person(&acme, "boss", Role::Administrator, false));
    by_code(&mut web);
    assert_eq!(told(&mut web, "/sso/acme?for=test_proposed"), "403 candidate_missing");
    // What is proposed is tried out, and not what is in effect.
    let propose = Change::Propose(Box::new(Proposal::of_values(values(&acme, &IDP_B))));
    web.site.change("org-a", &OPERATOR, propose).expect("proposed");
    let started = web.open("/sso/acme?for=test_proposed");
    assert!(started.location.starts_with("https://idp-b.example.test/sso?"));
    let started = web.open("/sso/acme?for=test");
    assert!(started.location.starts_with("https://idp-a.example.test/sso?"));
    // To step up links nobody, and a link does.
    let (stepped, _) = web.log_in(&acme, "boss2", "/sso/acme?for=step_up");
    assert_eq!((stepped.status.as_u16(), &*stepped.location), (303, "/"));
    let who = web.site.signed_in(&mut web.jar).account;
    assert_ne!(who.id.as_str(), "boss", "they came as somebody else");
    by_code(&mut web);
    let (linked, _) = web.log_in(&acme, "boss3", "/sso/acme?for=link");
    assert_eq!(linked.status, 303, "{}", linked.body);
    let who = web.site.signed_in(&mut web.jar).account;
    assert_eq!((who.id.as_str(), who.link.is_some()), ("boss", true));
}

#[test]
fn an_invitation_leads_to_its_account() {
    let acme = acme();
    let mut web = Web::of(&[&acme]);
    let (token, address) = (Token::new(random()), email("dana@example.test"));
    let invitation = Invitation::new(token.digest(), web.site.now() + TimeDelta::days(7));
    let invite = Intent::Invite { email: &address, role: Role::Administrator, invitation };
    let invited = carry(&web.site.store, "org-a", &By::Application, &invite).expect("invited");
    // An administrator whom nothing but an address leads to would be asked for a code.
    let path = format!("/sso/acme?for=link&invitation={}", token.as_str());
    let (come, _) = web.log_in(&acme, "dana", &path);
    assert_eq!((come.status.as_u16(), &*come.location), (303, "/"), "{}", come.body);
    assert_eq!(web.site.signed_in(&mut web.jar).account.id, invited.account.id);
}

#[test]
fn what_is_not_a_wrong_code_is_said() {
    let acme = acme();
    let mut web = Web::of(&[&acme]);
    web.site.put(&person(&acme, "mia", Role::Member, false));
    web.site.put(&person(&acme, "root", Role::Administrator, true));
    web.post("/sso/-/code", "organization=acme&email=mia%40example.test");
    let code = web.site.mails.code();
    web.site.enforce_sso("org-a", &IDP_A);
    let entered = web.post("/sso/-/code", &format!("code={code}"));
    assert_eq!(entered.status, 403);
    assert!(entered.body.contains("<code>sso_enforced</code>"), "{}", entered.body);
    assert!(!entered.body.contains("role=\"alert\""));
    assert!(entered.body.contains("<p><a href=\"/sso\">Sign in</a></p>"), "{}", entered.body);
    // The same of a login that waits for its code.
    let acme = open("org-b", "bravo", &IDP_A);
    found(&web.site.store, &acme, None);
    web.site.put(&person(&acme, "boss", Role::Administrator, false));
    let started = web.open("/sso/bravo");
    let form = web.answered(&acme, "boss", &started.location);
    let waits = web.posted("/saml/bravo/acs", &[("SAMLResponse", &form)]);
    assert_eq!((waits.status.as_u16(), &*waits.location), (303, "/sso/-/confirm"));
    let code = web.site.mails.code();
    web.site.change("org-b", &OPERATOR, Change::Disable).expect("a change");
    let confirmed = web.post("/sso/-/confirm", &format!("code={code}"));
    assert_eq!(confirmed.status, 403);
    assert!(confirmed.body.contains("<code>connection_outdated</code>"), "{}", confirmed.body);
    assert!(!confirmed.body.contains("role=\"alert\""));
}

#[test]
fn what_was_too_often_says_when_to_come_again() {
    let acme = acme();
    let mut web = Web::of(&[&acme]);
    for _ in 0..300 {
        assert_eq!(web.open("/sso/acme").status, 303);
    }
    let refused = web.open("/sso/acme");
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, "601"));
    assert!(refused.body.contains("<code>too_often</code>"), "{}", refused.body);
    let other = web.open("/sso/nobody");
    assert_eq!((other.status.as_u16(), other.header("retry-after")), (404, ""));
}

#[test]
fn a_store_that_fails_is_no_refusal() {
    let store = MemoryStore::default();
    found(&store, &acme(), None);
    let failing = Failing::over(store);
    let mut web = Web::over(DynStore::new(failing.clone()));
    failing.fail_at(0);
    let failed = web.open("/sso/acme");
    assert_eq!(failed.status, 503);
    assert!(failed.body.contains("<code>store_failed</code>"), "{}", failed.body);
    failing.mend();
    assert_eq!(web.open("/sso/acme").status, 303);
}

#[test]
fn a_logout_that_was_answered_says_how_far_it_came() {
    let acme = signing();
    let mut web = Web::of(&[&acme]);
    for (status, words) in [
        ("", "You are signed out here and at your identity provider."),
        (PARTIAL, "You are signed out here. At your identity provider you may still be"),
    ] {
        let (done, _) = web.log_in(&acme, "alice", "/sso/acme");
        assert_eq!(done.status, 303, "{}", done.body);
        let out = web.post("/sso/-/logout", "");
        assert_eq!(out.status, 303);
        let query = answered(&web.site, &acme, &out.location, status);
        let request = Request::get(format!("/saml/acme/slo?{query}"));
        let back = web.send(request, From::Link, "");
        assert_eq!(back.status, 200, "{}", back.body);
        assert!(back.body.contains(words), "{status}: {}", back.body);
    }
}
