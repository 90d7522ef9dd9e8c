//! Somebody else at the identity provider, at the keyboard, or behind a page elsewhere.

use chrono::TimeDelta;
use saml_login::account::{AccountId, EmailProof, Invitation, Role};
use saml_login::organization::{By, Change};
use saml_login::provision::Intent;
use saml_login::sso::{Browser, Resumed, Start, StartFor};
use saml_login::store::Store as _;
use saml_login::token::Token;

use crate::common::block_on;
use crate::common::people::{carry, email, random};
use crate::common::tenants::{IDP_A, OPERATOR, idp, open, values};
use crate::site::{From, Jar, Site, code, person};

/// Alice's session is on a shared machine, and Bob is signed in at the identity provider: he comes
/// in as himself, and not into her account.
#[test]
fn to_step_up_as_somebody_else_takes_no_account() {
    let acme = open("org-a", "acme", &IDP_A);
    let site = Site::of(&[&acme]);
    site.put(&person(&acme, "boss", Role::Administrator, true));
    site.put(&person(&acme, "alice", Role::Member, false));
    site.put(&person(&acme, "bob", Role::Member, false));
    let mut jar = Jar::default();
    site.by_code(&mut jar, "acme", "alice@example.test").expect("a login");
    let hers = site.signed_in(&mut jar).session.token;
    site.enforce(&acme, "boss");
    site.wait(TimeDelta::seconds(1));
    let stepped = site.log_in_for(&mut jar, &acme, &IDP_A, "bob", StartFor::StepUp);
    assert_eq!(code(&stepped), "link");
    assert_eq!(site.signed_in(&mut jar).account.id.as_str(), "bob");
    assert_eq!(site.account("org-a", &AccountId::new("alice")).link, None);
    assert!(block_on(site.store.session(&hers)).expect("the store").is_none());
}

/// Nor is whoever wants to be linked linked to a name that has an account of its own.
#[test]
fn nobody_is_linked_to_the_name_of_somebody_with_an_account() {
    let acme = open("org-a", "acme", &IDP_A);
    let site = Site::of(&[&acme]);
    for name in ["boss", "bob"] {
        site.put(&person(&acme, name, Role::Administrator, false));
    }
    let mut jar = Jar::default();
    site.by_code(&mut jar, "acme", "boss@example.test").expect("a login");
    let linked = site.log_in_for(&mut jar, &acme, &IDP_A, "bob", StartFor::Link);
    assert_eq!(code(&linked), "address_taken");
    // A session that has ended meanwhile links nobody, and makes no new account.
    let request = site.tab(&mut jar, "acme", StartFor::Link);
    let boss = AccountId::new("boss");
    carry(&site.store, "org-a", &OPERATOR, &Intent::EndSessions(&boss)).expect("a change");
    let form = site.answer(&acme, &IDP_A, "new", Some(&request)).form_value().expect("one");
    let completed = site.post(&mut jar, &acme.urls().acs_url, &form);
    assert_eq!(code(&completed), "session_over");
}

/// What is done for whoever is signed in is begun by a page of this site.
#[test]
fn a_page_elsewhere_begins_nothing_for_whoever_is_signed_in() {
    let acme = open("org-a", "acme", &IDP_A);
    let site = Site::of(&[&acme]);
    site.put(&person(&acme, "boss", Role::Administrator, false));
    let mut jar = Jar::default();
    site.by_code(&mut jar, "acme", "boss@example.test").expect("a login");
    let header = jar.header(From::Link, site.now());
    let start = |purpose, fetch_site: Option<&'static str>| {
        let browser = Browser::new(&header, site.now()).with_fetch_site(fetch_site);
        let started = block_on(site.sso.start("acme", Start::new(purpose), &browser, random()));
        started.map_err(|error| error.code()).err()
    };
    for purpose in [StartFor::Link, StartFor::Test { proposed: false }] {
        for fetch_site in [None, Some("cross-site"), Some("same-site")] {
            assert_eq!(start(purpose, fetch_site), Some("not_navigated"), "{fetch_site:?}");
        }
        for fetch_site in ["same-origin", "none"] {
            assert_eq!(start(purpose, Some(fetch_site)), None, "{fetch_site}");
        }
    }
    assert_eq!(start(StartFor::Login, Some("cross-site")), None);
}

/// Whoever is to step up administers nothing, sets no credential and tries nothing out.
#[test]
fn whoever_has_to_step_up_holds_nothing() {
    let acme = open("org-a", "acme", &IDP_A);
    let site = Site::of(&[&acme]);
    site.put(&person(&acme, "boss", Role::Administrator, true));
    let mut jar = Jar::default();
    assert_eq!(code(&site.log_in(&mut jar, &acme, "boss")), "update");
    let new = idp(IDP_A.issuer());
    let change = Change::Configure(Box::new(values(&acme, &new)));
    site.change("org-a", &OPERATOR, change).expect("another key");
    site.wait(TimeDelta::seconds(1));
    let Resumed::StepUp(signed_in) = site.page(&mut jar, From::Here) else { panic!("no step-up") };
    assert!(!signed_in.by().administers(acme.id()));
    let change = site.change("org-a", &signed_in.by(), Change::Disable);
    assert_eq!(change, Err("entered_session".into()));
    let credential = block_on(site.sso.credential(&signed_in, &Browser::new("", site.now())));
    assert_eq!(credential.expect_err("to step up").code(), "sso_step_up");
    let test = site.start(&mut jar, "acme", Start::new(StartFor::Test { proposed: false }));
    assert_eq!(test.expect_err("to step up").code(), "not_signed_in");
}

/// An invitation that was sent on makes no account that two people can enter.
#[test]
fn an_invitation_that_was_sent_on_is_of_whoever_came() {
    let acme = open("org-a", "acme", &IDP_A);
    let site = Site::of(&[&acme]);
    let token = Token::new(random());
    let invitation = Invitation::new(token.digest(), site.now() + TimeDelta::days(7));
    let mallory = email("mallory@example.test");
    let invite = Intent::Invite { email: &mallory, role: Role::Member, invitation };
    carry(&site.store, "org-a", &By::Application, &invite).expect("an invitation");
    let mut jar = Jar::default();
    let purpose = StartFor::Invitation(token.as_str());
    let came = site.log_in_for(&mut jar, &acme, &IDP_A, "victim", purpose);
    assert_eq!(code(&came), "link");
    let victim = site.signed_in(&mut jar).account;
    assert_eq!(victim.email(), Some(&email("victim@example.test")));
    assert_eq!(victim.proof(), EmailProof::Organization);
    site.ask_code(&mut Jar::default(), "acme", "mallory@example.test");
    assert!(site.mails.all().is_empty(), "nobody has that address any more");
}

/// Whoever asks for codes without end takes them from nobody elsewhere, and guesses none that was
/// not mailed.
#[test]
fn codes_are_taken_from_nobody_and_guessed_by_nobody() {
    let acme = open("org-a", "acme", &IDP_A);
    let site = Site::of(&[&acme]);
    site.put(&person(&acme, "boss", Role::Administrator, false));
    let boss = email("boss@example.test");
    let ask = |number: u8| {
        let client = format!("192.0.2.{number}").parse().ok();
        let browser = Browser::new("", site.now()).with_client(client);
        block_on(site.sso.ask_code("acme", &boss, &browser, random())).expect("asked").cookies
    };
    for _ in 0..8 {
        let _ = ask(1);
    }
    assert_eq!(site.mails.all().len(), 5, "one network is mailed five");
    let mut jar = Jar::default();
    jar.take(&ask(2), site.now());
    assert_eq!(site.mails.all().len(), 6, "and another is mailed its own");
    let code = site.mails.code();
    site.enter_code(&mut jar, &code).expect("a login");
    for number in 3..30 {
        let _ = ask(number);
    }
    assert_eq!(site.mails.all().len(), 15, "fifteen in all");
    // A code that was not mailed opens nothing, whatever it is.
    let mut jar = Jar::default();
    jar.take(&ask(99), site.now());
    let mut guesses = site.mails.all();
    assert_eq!(guesses.len(), 15);
    assert!(guesses.pop().is_some());
    let kept =
        block_on(site.store.all_kept(&"org-a".into(), saml_login::store::KeptKind::LoginCode));
    let opening = kept.expect("the store").into_iter().filter(|kept| match &kept.what {
        saml_login::store::KeptWhat::LoginCode(code) => code.account.is_some(),
        _ => false,
    });
    assert_eq!(opening.count(), 14, "one was used, and no other opens anything");
}
