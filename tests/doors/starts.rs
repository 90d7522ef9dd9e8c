//! How logins start, and what happens in the middle of them.

use std::net::IpAddr;

use chrono::TimeDelta;
use saml_login::account::{AccountId, Role, Status};
use saml_login::error::Error;
use saml_login::organization::{Change, Proposal};
use saml_login::provision::Intent;
use saml_login::sso::{
    Browser, Completed, MemoryRateLimits, PostedLogin, RateKey, RateKind, RateLimits as _, Start,
    StartFor, Started,
};
use saml_login::testing::idp::{TestIdp, TestSigned};

use crate::acts::refused;
use crate::common::block_on;
use crate::common::people::{email, random};
use crate::common::tenants::{IDP_A, IDP_B, adopt, done, idp, open, values, verify_domain};
use crate::site::{From, Jar, Site, code, person};

#[test]
fn a_login_goes_on_to_places_here_and_nowhere_else() {
    let acme = open("org-a", "acme", &IDP_A);
    let (site, mut jar) = (Site::of(&[&acme]), Jar::default());
    let long = format!("/{}", "a".repeat(1_024));
    for hostile in [
        "//evil.test",
        "/\\evil.test",
        "\\/evil.test",
        "https://evil.test/",
        "https:evil.test",
        "javascript:alert(1)",
        "evil.test",
        "",
        "/\t/evil.test",
        "/a\r\nSet-Cookie: a=b",
        "/%0d%0a\u{0}",
        &long,
    ] {
        let start = Start::new(StartFor::Login).return_to(hostile);
        assert_eq!(refused(site.start(&mut jar, "acme", start)), "return_unsafe", "{hostile:?}");
    }
    assert!(jar.names().is_empty());
    let longest = &long[..1_024];
    for place in ["/", "/inbox?tab=2#top", "/a/https://evil.test", longest] {
        let start = Start::new(StartFor::Login).return_to(place);
        let delivery = site.start(&mut jar, "acme", start).expect("a start");
        let request = TestIdp::request_id(&delivery).expect("a request");
        let form = site.answer(&acme, &IDP_A, "alice", Some(&request)).form_value().expect("one");
        let completed = site.post(&mut jar, &acme.urls().acs_url, &form);
        let Completed::LoggedIn(logged_in) = completed else { panic!("{completed:?}") };
        assert_eq!(logged_in.go_to, place);
    }
    // The RelayState of what nobody asked for is held to the same, and otherwise says nothing.
    let tile = site.answer(&acme, &IDP_A, "alice", None).form_value().expect("one");
    let relay_state = Some("https://evil.test/");
    let bounced = site.post_with(&mut jar, &acme.urls().acs_url, &tile, relay_state);
    let Completed::Bounced { delivery, .. } = bounced else { panic!("{bounced:?}") };
    let request = TestIdp::request_id(&delivery).expect("a request");
    let form = site.answer(&acme, &IDP_A, "alice", Some(&request)).form_value().expect("one");
    let completed = site.post(&mut jar, &acme.urls().acs_url, &form);
    let Completed::LoggedIn(logged_in) = completed else { panic!("{completed:?}") };
    assert_eq!(logged_in.go_to, "/");
}

fn start(site: &Site, browser: &Browser<'_>) -> Result<Started, Error> {
    block_on(site.sso.start("acme", Start::new(StartFor::Login), browser, random()))
}

#[test]
fn a_login_is_started_by_somebody_who_comes_to_a_page() {
    let acme = open("org-a", "acme", &IDP_A);
    let site = Site::of(&[&acme]);
    let from = |dest| start(&site, &Browser::new("", site.now()).with_fetch_dest(dest));
    for dest in ["image", "iframe", "frame", "empty", "script", "embed", ""] {
        assert_eq!(refused(from(Some(dest))), "not_navigated", "{dest}");
    }
    from(Some("document")).map(drop).expect("a person");
    from(None).map(drop).expect("a browser that does not say");
}

#[test]
fn an_address_leaves_three_hundred_starts_unanswered() {
    let acme = open("org-a", "acme", &IDP_A);
    let site = Site::of(&[&acme]);
    let office = "192.0.2.7".parse::<std::net::IpAddr>().expect("an address");
    let from = |client| start(&site, &Browser::new("", site.now()).with_client(client));
    let first = from(office).expect("one");
    for _ in 1..300 {
        from(office).map(drop).expect("one of three hundred");
    }
    assert_eq!(refused(from(office)), "too_often");
    let elsewhere = "192.0.2.8".parse::<std::net::IpAddr>().expect("an address");
    from(elsewhere).map(drop).expect("another address");
    // An answer gives its place back: one more, and not two.
    let mut jar = Jar::default();
    jar.take(&first.cookies, site.now());
    let request = TestIdp::request_id(&first.delivery).expect("a request");
    let form = site.answer(&acme, &IDP_A, "alice", Some(&request)).form_value().expect("one");
    let header = jar.header(From::Form, site.now());
    let browser = Browser::new(&header, site.now()).with_client(office);
    let posted = PostedLogin::new(&acme.urls().acs_url, &form);
    let completed = block_on(site.sso.complete_login(&posted, &browser, random()));
    assert_eq!(code(&completed), "create");
    from(office).map(drop).expect("the place that was given back");
    assert_eq!(refused(from(office)), "too_often");
    site.wait(TimeDelta::minutes(10));
    from(office).map(drop).expect("ten minutes later");
}

#[test]
fn an_address_leads_to_the_organization_of_its_domain_and_says_nothing_else() {
    let acme = open("org-a", "acme", &IDP_A);
    let site = Site::of(&[&acme]);
    let by_email = |text: &str| {
        let (browser, address) = (Browser::new("", site.now()), email(text));
        let start = Start::new(StartFor::Login);
        block_on(site.sso.start_by_email(&address, start, &browser, random())).expect("an answer")
    };
    assert!(by_email("alice@example.test").is_none());
    site.set("org-a", |organization| verify_domain(organization, "example.test"));
    let started = by_email("whoever@example.test").expect("a start");
    assert!(TestIdp::request_id(&started.delivery).is_some());
    for nobodys in ["alice@other.test", "alice@sub.example.test", "alice@notexample.test"] {
        assert!(by_email(nobodys).is_none(), "{nobodys}");
    }
    let nowhere = block_on(site.sso.start(
        "nowhere",
        Start::new(StartFor::Login),
        &Browser::new("", site.now()),
        random(),
    ));
    assert_eq!(refused(nowhere), "organization_unknown");
}

#[test]
fn whoever_is_deactivated_in_the_middle_of_a_login_does_not_come_in() {
    let acme = open("org-a", "acme", &IDP_A);
    let (site, mut jar) = (Site::of(&[&acme]), Jar::default());
    assert_eq!(code(&site.log_in(&mut jar, &acme, "alice")), "create");
    let alice = site.signed_in(&mut jar).account.id;
    for purpose in [StartFor::Login, StartFor::StepUp] {
        let request = site.tab(&mut jar, "acme", purpose);
        site.set_status("org-a", &alice, Status::Deactivated);
        let form = site.answer(&acme, &IDP_A, "alice", Some(&request)).form_value().expect("one");
        let stopped = site.post(&mut jar, &acme.urls().acs_url, &form);
        assert_eq!(code(&stopped), "account_deactivated");
        assert_eq!(site.who(&mut jar), "account_deactivated");
        site.set_status("org-a", &alice, Status::Active);
        // What was refused is used up.
        let again = site.post(&mut jar, &acme.urls().acs_url, &form);
        assert_eq!(code(&again), "unsolicited_in_response_to");
        assert_eq!(code(&site.log_in(&mut jar, &acme, "alice")), "keep");
    }
}

/// A link is by whoever is signed in when the answer comes.
#[test]
fn whoever_is_signed_out_in_the_middle_links_nothing() {
    let acme = open("org-a", "acme", &IDP_A);
    let (site, mut jar) = (Site::of(&[&acme]), Jar::default());
    site.put(&person(&acme, "boss", Role::Administrator, false));
    site.by_code(&mut jar, "acme", "boss@example.test").expect("a login");
    let request = site.tab(&mut jar, "acme", StartFor::Link);
    site.carry("org-a", &Intent::EndSessions(&AccountId::new("boss")));
    let form = site.answer(&acme, &IDP_A, "boss", Some(&request)).form_value().expect("one");
    let mut copy = jar.clone();
    assert_eq!(code(&site.post(&mut jar, &acme.urls().acs_url, &form)), "session_over");
    assert_eq!(site.account("org-a", &AccountId::new("boss")).link, None);
    // What was refused is used up, whoever has kept the cookies.
    assert_eq!(code(&site.post(&mut copy, &acme.urls().acs_url, &form)), "assertion_replayed");
}

#[test]
fn another_issuer_under_enforcement_locks_no_administrator_out() {
    let acme = open("org-a", "acme", &IDP_A);
    let (site, mut jar) = (Site::of(&[&acme]), Jar::default());
    site.put(&person(&acme, "root", Role::Administrator, true));
    site.enforce_sso("org-a", &IDP_A);
    assert_eq!(code(&site.log_in(&mut jar, &acme, "root")), "update");
    let before = site.account("org-a", &AccountId::new("root")).link.expect("a link");
    site.set("org-a", |organization| {
        let proposal = Proposal::of_values(values(organization, &IDP_B));
        adopt(organization, proposal, &IDP_B);
    });
    let acme = site.organization("org-a");
    assert!(acme.is_enforced());
    assert_eq!(site.who(&mut jar), "step_up");
    let came = site.log_in_for(&mut jar, &acme, &IDP_B, "root", StartFor::StepUp);
    assert_eq!(code(&came), "confirm");
    let right = site.mails.code();
    assert_eq!(code(&site.confirm(&mut jar, &right)), "link");
    let root = site.signed_in(&mut jar).account;
    assert_eq!(root.id.as_str(), "root");
    let after = root.link.expect("a link");
    assert_ne!(after.key, before.key);
    assert_eq!(code(&site.log_in_for(&mut jar, &acme, &IDP_B, "root", StartFor::Login)), "keep");
    // The former one opens nothing.
    let old = site.log_in_for(&mut jar, &acme, &IDP_A, "root", StartFor::Login);
    assert_eq!(code(&old), "key_untrusted");
}

/// Rows 21 and 22: whom the identity provider does not let in, and what is off.
#[test]
fn a_login_that_is_refused_there_or_here_says_why() {
    let acme = open("org-a", "acme", &IDP_A);
    let (site, mut jar) = (Site::of(&[&acme]), Jar::default());
    let acs = &acme.urls().acs_url;
    let request = site.tab(&mut jar, "acme", StartFor::Login);
    let mut answer = site.answer(&acme, &IDP_A, "alice", Some(&request));
    let status = |name: &str| format!("urn:oasis:names:tc:SAML:2.0:status:{name}");
    answer.status_codes = vec![status("Responder"), status("RequestDenied")];
    answer.has_assertion = false;
    answer = answer.signed(TestSigned::Response);
    let form = answer.form_value().expect("a response");
    let Completed::Stopped(stopped) = site.post(&mut jar, acs, &form) else { panic!("in") };
    assert_eq!(stopped.error.code(), "status_not_success");
    assert!(!stopped.may_be_signed_in);
    assert_eq!(site.told_codes("org-a", 9), ["login status_not_success"]);
    assert_eq!(site.who(&mut jar), "nobody");
    // The settings that are in effect when the answer comes count.
    let mut bobs = Jar::default();
    let request = site.tab(&mut bobs, "acme", StartFor::Login);
    let rekeyed = idp(IDP_A.issuer());
    site.configure("org-a", &rekeyed);
    let form = |idp: &TestIdp| {
        site.answer(&acme, idp, "bob", Some(&request)).form_value().expect("a response")
    };
    assert_eq!(code(&site.post(&mut bobs, acs, &form(&IDP_A))), "key_untrusted");
    assert_eq!(code(&site.post(&mut bobs, acs, &form(&rekeyed))), "create");
    let request = site.tab(&mut jar, "acme", StartFor::Login);
    let form = site.answer(&acme, &IDP_A, "alice", Some(&request)).form_value().expect("one");
    site.set("org-a", |organization| done(organization, Change::Disable));
    assert_eq!(code(&site.post(&mut jar, acs, &form)), "sso_disabled");
    let start = site.start(&mut jar, "acme", Start::new(StartFor::Login));
    assert_eq!(refused(start), "sso_disabled");
    site.set("org-a", |organization| done(organization, Change::RemoveConnection));
    site.set("org-a", |organization| done(organization, Change::Enable));
    assert_eq!(code(&site.post(&mut jar, acs, &form)), "sso_not_configured");
    assert_eq!([site.who(&mut jar), site.who(&mut bobs)], ["nobody", "session_ended"]);
}

/// Each kind has room of its own, and what is asked about is forgotten last.
#[test]
fn a_flood_of_addresses_pushes_no_account_out() {
    let (limits, acme) = (MemoryRateLimits::default(), open("org-a", "acme", &IDP_A));
    let now = Site::of(&[]).now();
    let take = |key: &RateKey| block_on(limits.take(key, now)).expect("in memory").is_none();
    let account = person(&acme, "mia", Role::Member, false);
    let account = RateKey::of_account(RateKind::LinkMailed, &account);
    let client = |n: u32| RateKey::of_client(RateKind::CodeMailedFrom, IpAddr::V4(n.into()));
    // Five of each may be taken.
    let (often, once) = (client(0), client(1));
    assert!((0..5).all(|_| take(&account) && take(&often) && take(&once)));
    for n in 2..50_000 {
        assert!(take(&client(n)));
    }
    assert!(!take(&often), "it is remembered, and asked about last");
    assert!(take(&client(50_000)), "one more than there is room for");
    assert!(!take(&often));
    assert!(take(&once), "it was asked about longest ago");
    assert!(!take(&account));
}
