//! What each part of the doors is there for, to the letter.

use std::sync::Arc;

use chrono::TimeDelta;
use saml_login::advice::{Advice, Product};
use saml_login::error::{BoxError, Error};
use saml_login::organization::Change;
use saml_login::policy::Reason;
use saml_login::request::LoginOptions;
use saml_login::session::SessionRules;
use saml_login::sso::{
    Browser, Completed, Mail, MemoryRateLimits, PostedLogin, RateKey, RateKind, RateLimits as _,
    Resumed, Sso, SsoConfigError, SsoRefusal, Start, StartFor,
};
use saml_login::store::{DynStore, MemoryStore};
use saml_login::testing::idp::TestIdp;
use saml_login::{MemoryRequestStore, SealingKey};

use crate::acts::refused;
use crate::common::people::{email, found, random};
use crate::common::tenants::{IDP_A, OPERATOR, done, open, organization, values, verify_domain};
use crate::common::{block_on, now};
use crate::site::{From, Jar, Mails, Site, code};

fn over(organization: &saml_login::Organization) -> DynStore {
    let store = MemoryStore::default();
    found(&store, organization, None);
    DynStore::new(store)
}

#[test]
fn what_is_told_has_the_request_and_the_address_that_it_came_of() {
    let acme = open("org-a", "acme", &IDP_A);
    let (site, mut jar) = (Site::of(&[&acme]), Jar::default());
    for name in ["alice", "bob"] {
        let request = site.tab(&mut jar, "acme", StartFor::Login);
        let mut answer = site.answer(&acme, &IDP_A, name, Some(&request));
        if name == "bob" {
            answer.audiences = vec![vec!["https://elsewhere.test".into()]];
        }
        let form = answer.form_value().expect("one");
        let header = jar.header(From::Form, site.now());
        let browser = Browser::new(&header, site.now())
            .with_client(std::net::IpAddr::from([192, 0, 2, 7]))
            .with_request_id("request-1");
        let posted = PostedLogin::new(&acme.urls().acs_url, &form);
        let completed = block_on(site.sso.complete_login(&posted, &browser, random()));
        let expected = if name == "bob" { "audience_mismatch" } else { "create" };
        assert_eq!(code(&completed), expected);
        let told = site.told("org-a", 10);
        assert!(!told.is_empty());
        for event in told {
            assert_eq!(event.request_id.as_deref(), Some("request-1"), "{event:?}");
            assert_eq!(event.client_address.as_deref(), Some("192.0.2.7"), "{event:?}");
        }
    }
}

#[test]
fn requests_are_remembered_where_the_application_says() {
    let acme = open("org-a", "acme", &IDP_A);
    let requests = Arc::new(MemoryRequestStore::default());
    let own = Arc::clone(&requests);
    let site = Site::with("https://app.example.test", over(&acme), |it| it.requests(own));
    let mut jar = Jar::default();
    let request = site.tab(&mut jar, "acme", StartFor::Login);
    let other = Site::with("https://app.example.test", site.store.clone(), |it| it);
    let form = site.answer(&acme, &IDP_A, "alice", Some(&request)).form_value().expect("one");
    // A process that looks for them elsewhere does not find it.
    let elsewhere = other.post(&mut jar.clone(), &acme.urls().acs_url, &form);
    assert_eq!(code(&elsewhere), "unsolicited_in_response_to");
    assert_eq!(code(&site.post(&mut jar, &acme.urls().acs_url, &form)), "create");
}

#[test]
fn sessions_last_as_the_application_says_where_the_organization_says_nothing() {
    let acme = open("org-a", "acme", &IDP_A);
    let rules = SessionRules::new(60, 10);
    let own = |it: saml_login::sso::SsoBuilder<DynStore>| it.session_rules(rules);
    let site = Site::with("https://app.example.test", over(&acme), own);
    let mut jar = Jar::default();
    assert_eq!(code(&site.log_in(&mut jar, &acme, "alice")), "create");
    let session = site.signed_in(&mut jar).session;
    assert_eq!(session.not_on_or_after, site.now() + TimeDelta::minutes(60));
    site.wait(TimeDelta::minutes(10));
    assert_eq!(site.who(&mut jar), "session_ended");
}

/// The code of why there are no doors there.
fn built(base_url: &str, keys: Vec<SealingKey>, mails: Option<Mails>) -> &'static str {
    let builder = Sso::builder(base_url, MemoryStore::default()).sealing_keys(keys);
    let builder = match mails {
        Some(mails) => builder.mailer(mails),
        None => builder,
    };
    block_on(builder.build(now())).map_or_else(|error| error.code(), |_| "built")
}

#[test]
fn doors_have_a_base_url_a_key_and_somebody_who_sends_mails() {
    let key = || vec![SealingKey::new([7; 32])];
    let mails = || Some(Mails::default());
    for base in ["https://app.example.test", "https://app.example.test/a//", "http://localhost:1"] {
        assert_eq!(built(base, key(), mails()), "built", "{base}");
    }
    for base in [
        "https://app.example.test/?a=b",
        "https://app.example.test/\u{fc}",
        "https://app.example.test/#a",
        "http://app.example.test",
        "app.example.test",
        "",
    ] {
        assert_eq!(built(base, key(), mails()), "base_url_invalid", "{base}");
    }
    assert_eq!(built("https://app.example.test", vec![], mails()), "sealing_key_missing");
    assert_eq!(built("https://app.example.test", key(), None), "mailer_missing");
    let store = DynStore::new(MemoryStore::default());
    let build = |key: u8| {
        let builder = Sso::builder("https://app.example.test", store.clone());
        let keys = [SealingKey::new([key; 32])];
        block_on(builder.sealing_keys(keys).mailer(Mails::default()).build(now()))
    };
    build(7).expect("the first start");
    let error = build(8).expect_err("a key that nobody knows");
    assert!(matches!(error, SsoConfigError::Administration(_)));
    assert_eq!(error.code(), "sealing_keys_not_admitted");
}

#[test]
fn whoever_is_refused_is_told_where_to_change_what() {
    let mut acme = organization("org-a", "acme");
    done(&mut acme, Change::Enable);
    let mut values = values(&acme, &IDP_A);
    values.sso_url = "https://sso.jumpcloud.com/saml2/acme".into();
    done(&mut acme, Change::Configure(Box::new(values)));
    let (site, mut jar) = (Site::of(&[&acme]), Jar::default());
    let request = site.tab(&mut jar, "acme", StartFor::Login);
    let mut answer = site.answer(&acme, &IDP_A, "alice", Some(&request));
    answer.audiences = vec![vec!["https://elsewhere.test".into()]];
    let form = answer.form_value().expect("a response");
    let stopped = site.post(&mut jar, &acme.urls().acs_url, &form);
    let Completed::Stopped(stopped) = stopped else { panic!("{stopped:?}") };
    let Error::Rejected(rejection) = &stopped.error else { panic!("{:?}", stopped.error) };
    let expected = Advice::for_refusal(rejection, Some(Product::JumpCloud));
    assert!(expected.is_some() && expected != Advice::for_refusal(rejection, None));
    assert_eq!(stopped.advice, expected);
    // What is not of the response has none.
    site.change("org-a", &OPERATOR, Change::Disable).expect("a change");
    let stopped = site.post(&mut jar, &acme.urls().acs_url, &form);
    let Completed::Stopped(stopped) = stopped else { panic!("{stopped:?}") };
    assert_eq!((stopped.error.code(), stopped.advice), ("sso_disabled", None));
}

#[test]
fn whoever_has_no_room_is_told_how_long_to_wait() {
    let (rates, key) = (
        MemoryRateLimits::default(),
        RateKey::of_organization(RateKind::TokenRefused, &"a".into()),
    );
    let take = |second: i64| {
        block_on(rates.take(&key, now() + TimeDelta::seconds(second))).expect("a count")
    };
    for second in 0..30 {
        assert_eq!(take(second), None);
    }
    assert_eq!(take(30), Some(TimeDelta::seconds(30)));
    assert_eq!(take(59), Some(TimeDelta::seconds(1)));
    assert_eq!(take(60), None);
    assert_eq!(take(60), Some(TimeDelta::seconds(1)));
}

#[test]
fn mails_have_a_subject_and_a_text() {
    let (to, code) = (email("mia@example.test"), "123456".to_owned());
    let login = Mail::LoginCode { to: to.clone(), code: code.clone() };
    let link = Mail::LinkCode { to: to.clone(), code };
    let login_url = "https://app.example.test/sso/acme".to_owned();
    let only = Mail::SsoOnly { to: to.clone(), login_url };
    let expected = [
        (
            &login,
            "Your sign-in code",
            "Your code is 123456. It is good for ten minutes, in the browser that asked for it.\n\n\
             If you did not ask for it, you can ignore this mail.",
        ),
        (
            &link,
            "Connect your account to single sign-on",
            "Somebody has signed in through your organization's identity provider and wants to use \
             your account, which is an administrator's. If that was you, enter this code: 123456. \
             It is good for ten minutes.\n\n\
             If it was not you, give the code to nobody, and tell your colleagues.",
        ),
        (
            &only,
            "How to sign in",
            "Your organization signs in through its identity provider. Start here: \
             https://app.example.test/sso/acme\n\n\
             If you did not want to sign in, you can ignore this mail.",
        ),
    ];
    for (mail, subject, text) in expected {
        assert_eq!((mail.to(), mail.subject(), &*mail.text()), (&to, subject, text));
    }
}

#[test]
fn a_refusal_says_what_to_change() {
    let store = || SsoRefusal::Store(BoxError::new("the disk is full"));
    for (refusal, help) in [
        (SsoRefusal::CodeWrong, "The person asks for another code."),
        (SsoRefusal::NotEnterable, "Let the person sign in to that organization itself."),
        (
            SsoRefusal::NotNavigated,
            "A page elsewhere has linked the start of a login as an image or a frame. Link it as a \
             page.",
        ),
        (SsoRefusal::NotSignedIn, "Let the person sign in first."),
        (
            SsoRefusal::OrganizationUnknown,
            "There is no such organization. It may have been removed.",
        ),
        (
            SsoRefusal::Policy(Reason::SsoEnforced),
            "The organization's settings of single sign-on, or the state of the account, forbid \
             it.",
        ),
        (
            SsoRefusal::ReturnUnsafe,
            "Send a path that begins with one slash, of at most 1,024 bytes.",
        ),
        (SsoRefusal::SessionOver, "Let the person sign in again, and start once more."),
        (store(), "The store failed. See its own log."),
        (
            SsoRefusal::TestNotAdministrator,
            "Start the test from the settings, as an administrator who is signed in to this \
             organization.",
        ),
        (SsoRefusal::TooOften { seconds: 7 }, "It can be tried again in 7 s."),
    ] {
        assert_eq!(refusal.help(), help);
        assert_eq!(Error::from(refusal).help(), help);
    }
}

#[test]
fn a_session_is_over_at_its_last_instant_whoever_has_kept_its_cookie() {
    let acme = open("org-a", "acme", &IDP_A);
    let (site, mut jar) = (Site::of(&[&acme]), Jar::default());
    let rules = Change::LimitSessions(Some(SessionRules::new(60, 60)));
    site.change("org-a", &OPERATOR, rules).expect("a change");
    assert_eq!(code(&site.log_in(&mut jar, &acme, "alice")), "create");
    let header = jar.header(From::Here, site.now());
    site.wait(TimeDelta::minutes(30));
    assert_eq!(site.kept(&header), "signed_in");
    site.wait(TimeDelta::minutes(30) - TimeDelta::milliseconds(1));
    assert_eq!(site.kept(&header), "signed_in");
    site.wait(TimeDelta::milliseconds(1));
    assert_eq!(site.kept(&header), "session_ended");
}

#[test]
fn what_was_not_used_for_long_is_no_session_that_goes_on() {
    let acme = open("org-a", "acme", &IDP_A);
    let (site, mut idle, mut here) = (Site::of(&[&acme]), Jar::default(), Jar::default());
    assert_eq!(code(&site.log_in(&mut idle, &acme, "alice")), "create");
    site.wait(TimeDelta::minutes(119));
    assert_eq!(code(&site.log_in(&mut here, &acme, "alice")), "keep");
    let listed = |site: &Site, here: &mut Jar| {
        let signed_in = site.signed_in(here);
        let browser = Browser::new("", site.now());
        let all = block_on(site.sso.sessions_of(&signed_in, &browser)).expect("the store");
        all.iter().map(|session| session.begun_at).collect::<Vec<_>>()
    };
    assert_eq!(listed(&site, &mut here), [site.now(), now()]);
    site.wait(TimeDelta::minutes(1));
    assert_eq!(listed(&site, &mut here), [site.now() - TimeDelta::minutes(1)]);
}

#[test]
fn an_entered_session_ends_where_its_home_ends_it() {
    use saml_login::account::{AccountId, OrganizationId, Role};
    let both = [open("org-a", "acme", &IDP_A), open("org-b", "bravo", &IDP_A)];
    let (site, mut jar) = (Site::of(&[&both[0], &both[1]]), Jar::default());
    for organization in &both {
        site.put(&crate::site::person(organization, "mia", Role::Member, false));
    }
    let rules = Change::LimitSessions(Some(SessionRules::new(600, 30)));
    site.change("org-a", &OPERATOR, rules).expect("a change");
    site.by_code(&mut jar, "acme", "mia@example.test").expect("a login");
    let home = site.signed_in(&mut jar);
    let (organization, id) = (OrganizationId::new("org-b"), AccountId::new("mia"));
    let entered = site.here(&jar, |browser| {
        block_on(site.sso.enter_account(&home, (&organization, &id), browser, random()))
    });
    jar.take(&entered.expect("entered").1, site.now());
    site.wait(TimeDelta::minutes(29));
    assert_eq!(site.signed_in(&mut jar).account.organization, "org-b");
    site.wait(TimeDelta::minutes(30));
    let Resumed::Nobody { reason, .. } = site.page(&mut jar, From::Here) else {
        panic!("somebody is signed in")
    };
    assert_eq!(reason, Some(Reason::SessionEnded));
}

#[test]
fn a_login_is_asked_for_as_the_application_says() {
    let acme = open("org-a", "acme", &IDP_A);
    let (site, mut jar) = (Site::of(&[&acme]), Jar::default());
    let asked = |jar: &mut Jar, options: LoginOptions| {
        let start = Start::new(StartFor::Login).with_options(options);
        let delivery = site.start(jar, "acme", start).expect("a start");
        let request = TestIdp::request_id(&delivery).expect("a request");
        let mut answer = site.answer(&acme, &IDP_A, "alice", Some(&request));
        let before = site.now() - TimeDelta::hours(2);
        answer.authn_statements[0].authn_instant = Some(before.to_rfc3339().replace("+00:00", "Z"));
        let form = answer.form_value().expect("a response");
        code(&site.post(jar, &acme.urls().acs_url, &form)).to_owned()
    };
    assert_eq!(asked(&mut jar, LoginOptions::default()), "create");
    let anew = LoginOptions::default().with_force_authn(true);
    assert_eq!(asked(&mut jar, anew), "authn_too_old");
}

#[test]
fn an_address_leads_to_no_organization_without_single_sign_on() {
    let mut acme = open("org-a", "acme", &IDP_A);
    verify_domain(&mut acme, "example.test");
    let site = Site::of(&[&acme]);
    let by_email = || {
        let (browser, address) = (Browser::new("", site.now()), email("alice@example.test"));
        let start = Start::new(StartFor::Login);
        block_on(site.sso.start_by_email(&address, start, &browser, random()))
    };
    assert!(by_email().expect("an answer").is_some());
    site.change("org-a", &OPERATOR, Change::Disable).expect("a change");
    assert!(by_email().expect("an answer").is_none());
    let start = site.start(&mut Jar::default(), "acme", Start::new(StartFor::Login));
    assert_eq!(refused(start), "sso_disabled");
}

#[test]
fn sessions_are_found_by_a_digest_of_what_their_holder_is_called() {
    let acme = open("org-a", "acme", &IDP_A);
    let site = Site::of(&[&acme]);
    let digest = |name: &str| {
        let mut jar = Jar::default();
        assert!(matches!(site.log_in(&mut jar, &acme, name), Completed::LoggedIn(_)));
        site.signed_in(&mut jar).session.subject_digest().expect("a name")
    };
    let (alice, again, bob) = (digest("alice"), digest("alice"), digest("bob"));
    assert_eq!(alice.as_bytes(), again.as_bytes());
    assert_ne!(alice.as_bytes(), bob.as_bytes());
}
