//! What the list of behaviours says of logins, in a browser: rows 16 to 23.

use saml_login::Delivery;
use saml_login::account::{Account, AccountId, Role};
use saml_login::connection::{ConnectionOptions, Unsolicited};
use saml_login::organization::{By, Change, Slug};
use saml_login::provision::{Intent, Push, Wanted};
use saml_login::sso::{Browser, Completed, Start, StartFor};
use saml_login::testing::idp::TestIdp;

use crate::common::block_on;
use crate::common::people::{carry, email, random};
use crate::common::tenants::{IDP_A, OPERATOR, applied, done, open, verify_domain};
use crate::site::{Jar, Site, code, person};

/// Row 16: a tile logs in with no further step where that is on, and not at all where it is off.
#[test]
fn a_tile_logs_in_at_once_where_that_is_on() {
    let acme = open("org-a", "acme", &IDP_A);
    let (site, mut jar) = (Site::of(&[&acme]), Jar::default());
    let acs = acme.urls().acs_url.as_str();
    let tile = || site.answer(&acme, &IDP_A, "alice", None).form_value().expect("a response");
    let set = |unsolicited| {
        let options = ConnectionOptions::default().with_unsolicited(unsolicited);
        site.set("org-a", |organization| done(organization, Change::Adjust(Box::new(options))));
    };
    set(Unsolicited::Off);
    assert_eq!(code(&site.post(&mut jar, acs, &tile())), "unsolicited_forbidden");
    assert_eq!(site.who(&mut jar), "nobody");
    set(Unsolicited::On);
    for (relay_state, expected) in
        [(Some("/reports"), "/reports"), (Some("https://evil.test/"), "/"), (None, "/")]
    {
        let form = tile();
        let Completed::LoggedIn(logged_in) = site.post_with(&mut jar, acs, &form, relay_state)
        else {
            panic!("nobody came in")
        };
        assert_eq!(logged_in.go_to, expected);
        assert_eq!(site.signed_in(&mut jar).account.id, logged_in.account.id);
        // It is bound to no browser, and is used once all the same.
        let again = site.post(&mut Jar::default(), acs, &form);
        assert_eq!(code(&again), "assertion_replayed");
    }
}

/// Row 17: the link of the slug, and of every slug that the organization had, leads to the identity
/// provider with a request of this organization.
#[test]
fn the_link_leads_to_the_identity_provider_under_every_name() {
    let acme = open("org-a", "acme", &IDP_A);
    let site = Site::of(&[&acme]);
    site.set("org-a", |organization| {
        let slug = Slug::parse("acme-group").expect("a slug");
        let login_url = "https://app.example.test/sso/acme-group".to_owned();
        let rename = Change::RenameSlug { slug, login_url };
        applied(organization, rename).result.expect("another name");
    });
    for slug in ["acme", "acme-group"] {
        let mut jar = Jar::default();
        let delivery = site.start(&mut jar, slug, Start::new(StartFor::Login)).expect("a start");
        let Delivery::Redirect(url) = &delivery else { panic!("{delivery:?}") };
        assert!(url.starts_with("https://idp-a.example.test/sso?SAMLRequest="), "{url}");
        let request = TestIdp::request_id(&delivery).expect("a request");
        let form = site.answer(&acme, &IDP_A, "alice", Some(&request)).form_value().expect("one");
        let completed = site.post(&mut jar, &acme.urls().acs_url, &form);
        assert!(matches!(completed, Completed::LoggedIn(_)), "{completed:?}");
        assert_eq!(site.who(&mut jar), "signed_in");
    }
}

/// Row 18: whose domain is verified is sent on, as long as anybody can log in there.
#[test]
fn a_closed_organization_is_found_by_no_address() {
    let acme = open("org-a", "acme", &IDP_A);
    let site = Site::of(&[&acme]);
    site.set("org-a", |organization| verify_domain(organization, "example.test"));
    let is_found = || {
        let (browser, address) = (Browser::new("", site.now()), email("alice@example.test"));
        let start = Start::new(StartFor::Login);
        let started = site.sso.start_by_email(&address, start, &browser, random());
        block_on(started).expect("an answer").is_some()
    };
    assert!(is_found());
    site.set("org-a", |organization| done(organization, Change::Disable));
    assert!(!is_found());
    site.set("org-a", |organization| done(organization, Change::Enable));
    assert!(is_found());
}

/// Row 19: what was asked for at one organization is answered at no other, not even where both
/// trust the same identity provider, and by one assertion.
#[test]
fn a_request_is_answered_at_its_organization_by_one_assertion() {
    let both = [open("org-a", "acme", &IDP_A), open("org-b", "bravo", &IDP_A)];
    let [acme, bravo] = &both;
    let (site, mut jar) = (Site::of(&[acme, bravo]), Jar::default());
    let request = site.tab(&mut jar, "acme", StartFor::Login);
    let elsewhere = site.answer(bravo, &IDP_A, "alice", Some(&request)).form_value().expect("one");
    let refusal = site.post(&mut jar, &bravo.urls().acs_url, &elsewhere);
    assert_eq!(code(&refusal), "unsolicited_in_response_to");
    let misled = site.post(&mut jar, &acme.urls().acs_url, &elsewhere);
    assert_eq!(code(&misled), "destination_mismatch");
    assert_eq!(site.who(&mut jar), "nobody");
    // A copy of the cookies answers it no second time.
    let request = site.tab(&mut jar, "acme", StartFor::Login);
    let mut copy = jar.clone();
    for (jar, expected) in [(&mut jar, "create"), (&mut copy, "assertion_replayed")] {
        let answer = site.answer(acme, &IDP_A, "alice", Some(&request));
        let form = answer.form_value().expect("a response");
        assert_eq!(code(&site.post(jar, &acme.urls().acs_url, &form)), expected);
    }
    assert_eq!(site.who(&mut copy), "nobody");
}

/// Row 22: nobody's URL, and whom the directory has deactivated.
#[test]
fn a_perfect_assertion_opens_nothing_where_nobody_is() {
    let acme = open("org-a", "acme", &IDP_A);
    let (site, mut jar) = (Site::of(&[&acme]), Jar::default());
    let request = site.tab(&mut jar, "acme", StartFor::Login);
    let form = site.answer(&acme, &IDP_A, "alice", Some(&request)).form_value().expect("one");
    for nobodys in ["https://app.example.test/saml/nobody/acs", "", "/saml/acme/acs"] {
        assert_eq!(code(&site.post(&mut jar, nobodys, &form)), "organization_unknown");
    }
    assert_eq!(code(&site.post(&mut jar, &acme.urls().acs_url, &form)), "create");
    let alice = site.signed_in(&mut jar).account;
    site.set("org-a", |organization| done(organization, Change::ManageByDirectory(true)));
    let apply = |before: Option<&Account>| {
        let before = before.expect("an account");
        let name = before.user_name.clone().expect("a user name");
        Ok(Wanted::new(saml_login::account::Pushed::new(name), false))
    };
    let off = Intent::Push(Push::of(&alice.id, &apply));
    carry(&site.store, "org-a", &By::Directory("token-1"), &off).expect("deactivated");
    assert_eq!(site.who(&mut jar), "account_deactivated");
    assert_eq!(code(&site.log_in(&mut jar, &acme, "alice")), "account_deactivated");
    assert_eq!(site.who(&mut jar), "nobody");
    // Nor is anybody new let in whom the directory has not made.
    assert_eq!(code(&site.log_in(&mut jar, &acme, "bob")), "not_provisioned");
    let told = ["provisioning not_provisioned", "provisioning account_deactivated"];
    assert_eq!(site.told_codes("org-a", 2), told);
}

/// Row 23: the application was deleted at the identity provider, which sends nothing. Whoever is
/// still signed in switches single sign-on off here; where nobody is, an operator does.
#[test]
fn what_the_identity_provider_no_longer_does_is_switched_off_here() {
    for is_in in [true, false] {
        let acme = open("org-a", "acme", &IDP_A);
        let (site, mut jar) = (Site::of(&[&acme]), Jar::default());
        site.put(&person(&acme, "boss", Role::Administrator, true));
        site.put(&person(&acme, "mia", Role::Member, false));
        site.enforce(&acme, "boss");
        assert_eq!(code(&site.log_in(&mut jar, &acme, "boss")), "keep");
        let boss = site.signed_in(&mut jar);
        let before = site.organization("org-a");
        site.wait(chrono::TimeDelta::hours(1));
        assert_eq!(site.organization("org-a"), before, "nothing changes by itself");
        site.ask_code(&mut Jar::default(), "acme", "mia@example.test");
        let login_url = before.urls().login_url.clone();
        let to = email("mia@example.test");
        let mailed = saml_login::sso::Mail::SsoOnly { to, login_url };
        assert_eq!(site.mails.all().pop(), Some(mailed));
        if is_in {
            site.change("org-a", &boss.by(), Change::Disable).expect("off");
        } else {
            // Their sessions are over, and there is no way in any more.
            site.wait(chrono::TimeDelta::hours(2));
            assert_eq!(site.who(&mut jar), "session_ended");
            site.change("org-a", &OPERATOR, Change::LiftEnforcement).expect("lifted");
        }
        let after = site.organization("org-a");
        assert_eq!(after.settings(), before.settings(), "what was configured stays");
        let mut mias = Jar::default();
        site.by_code(&mut mias, "acme", "mia@example.test").expect("a login");
        assert_eq!(site.signed_in(&mut mias).account.id, AccountId::new("mia"));
        let mut bosses = Jar::default();
        site.by_code(&mut bosses, "acme", "boss@example.test").expect("a login");
        assert!(site.signed_in(&mut bosses).by().administers(acme.id()));
    }
}
