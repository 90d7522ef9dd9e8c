//! Plain http on this machine, in the browsers that differ there.

use chrono::TimeDelta;
use saml_login::account::Role;
use saml_login::organization::{Change, Slug, SpUrls};
use saml_login::sso::{Completed, Resumed, StartFor};
use saml_login::store::{DynStore, MemoryStore};
use saml_login::testing::idp::TestIdp;
use saml_login::{Delivery, Organization};

use crate::common::block_on;
use crate::common::people::{found, random};
use crate::common::tenants::{IDP_A, done, values};
use crate::logout::{ended, request, take, taking_logouts};
use crate::site::{From, Jar, Site, code, person};

/// A server on this machine, with an organization that is open and takes logouts.
fn server(base_url: &'static str) -> (Site, Organization) {
    let slug = Slug::parse("acme").expect("a slug");
    let urls = SpUrls::derived(base_url, &slug).expect("URLs");
    let mut acme = Organization::new("org-a", slug, urls);
    done(&mut acme, Change::Enable);
    let values = values(&acme, &IDP_A);
    done(&mut acme, Change::Configure(Box::new(values)));
    let acme = taking_logouts(acme, &IDP_A);
    let store = MemoryStore::default();
    found(&store, &acme, None);
    (Site::at(base_url, DynStore::new(store)), acme)
}

const HERE: &str = "http://localhost:3000";

/// Chromium, as Firefox, takes what is `Secure` on this machine. Safari does not.
fn browsers() -> [(&'static [&'static str], Jar); 2] {
    [(&["saml-3000-", "saml-plain-3000-"], Jar::default()), (&["saml-plain-3000-"], Jar::safari())]
}

#[test]
fn a_login_from_here_comes_back_in_every_browser() {
    for (prefixes, mut jar) in browsers() {
        let (site, acme) = server(HERE);
        let request = site.tab(&mut jar, "acme", StartFor::Login);
        let names = jar.names();
        assert_eq!(names.len(), prefixes.len(), "{names:?}");
        for (name, prefix) in names.iter().zip(prefixes) {
            assert!(name.starts_with(prefix), "{name}");
        }
        // The person takes their time at the identity provider.
        site.wait(TimeDelta::minutes(9));
        let form = site.answer(&acme, &IDP_A, "alice", Some(&request)).form_value().expect("one");
        assert_eq!(code(&site.post(&mut jar, &acme.urls().acs_url, &form)), "create");
        assert_eq!(jar.names(), ["sso-session-3000"], "the login's cookies have served");
        assert!(matches!(site.page(&mut jar, From::Link), Resumed::SignedIn(_)));
        // The session's cookie does not come with another site's form.
        assert_eq!(jar.header(From::Form, site.now()), "");
        site.sign_out(&mut jar);
        assert!(jar.names().is_empty());
    }
}

#[test]
fn a_login_from_the_identity_provider_is_asked_for_once_in_every_browser() {
    for (prefixes, mut jar) in browsers() {
        let (site, acme) = server(HERE);
        let acs_url = &acme.urls().acs_url;
        let tile = |name| site.answer(&acme, &IDP_A, name, None).form_value().expect("a response");
        let bounced = site.post(&mut jar, acs_url, &tile("alice"));
        let Completed::Bounced { delivery, .. } = bounced else { panic!("{bounced:?}") };
        assert_eq!(jar.names().len(), prefixes.len());
        let request = TestIdp::request_id(&delivery).expect("a request");
        let form = site.answer(&acme, &IDP_A, "alice", Some(&request)).form_value().expect("one");
        assert_eq!(code(&site.post(&mut jar, acs_url, &form)), "create");
        assert_eq!(jar.names(), ["sso-session-3000"]);
        // A bounce counts once, whatever number of cookies it has.
        let mut other = jar.clone();
        for expected in ["bounced", "bounced", "bounce_unanswered"] {
            assert_eq!(code(&site.post(&mut other, acs_url, &tile("bob"))), expected);
        }
    }
}

#[test]
fn tabs_have_a_request_each_in_every_browser() {
    for (prefixes, mut jar) in browsers() {
        let (site, acme) = server(HERE);
        let tabs: Vec<String> = (0..10)
            .map(|_| {
                site.wait(TimeDelta::seconds(1));
                site.tab(&mut jar, "acme", StartFor::Login)
            })
            .collect();
        assert_eq!(jar.names().len(), 8 * prefixes.len(), "eight are kept");
        let mut codes = Vec::new();
        for tab in &tabs {
            let answer = site.answer(&acme, &IDP_A, "alice", Some(tab));
            let form = answer.form_value().expect("a response");
            codes.push(code(&site.post(&mut jar, &acme.urls().acs_url, &form)).to_owned());
        }
        assert_eq!(codes[..2], ["unsolicited_in_response_to"; 2]);
        assert_eq!(codes[2], "create");
        assert_eq!(codes[3..], ["keep"; 7]);
        assert_eq!(jar.names(), ["sso-session-3000"]);
    }
}

#[test]
fn a_code_and_a_confirmation_come_back_in_every_browser() {
    for (_, mut jar) in browsers() {
        let (site, acme) = server(HERE);
        site.put(&person(&acme, "boss", Role::Administrator, false));
        site.ask_code(&mut jar, "acme", "boss@example.test");
        assert_eq!(jar.names(), ["sso-code-3000"]);
        let right = site.mails.code();
        site.enter_code(&mut jar, &right).expect("a login");
        assert_eq!(jar.names(), ["sso-session-3000"]);
        site.sign_out(&mut jar);
        assert_eq!(code(&site.log_in(&mut jar, &acme, "boss")), "confirm");
        assert_eq!(jar.names(), ["sso-link-3000"]);
        let right = site.mails.code();
        assert_eq!(code(&site.confirm(&mut jar, &right)), "link");
        assert_eq!(jar.names(), ["sso-session-3000"]);
    }
}

#[test]
fn a_logout_goes_there_and_comes_in_every_browser() {
    for (prefixes, mut jar) in browsers() {
        let (site, acme) = server(HERE);
        assert_eq!(code(&site.log_in(&mut jar, &acme, "alice")), "create");
        let signed_in = site.signed_in(&mut jar);
        let out = site.here(&jar, |browser| {
            block_on(site.sso.log_out(&signed_in, None, browser, random())).expect("signed out")
        });
        jar.take(&out.cookies, site.now());
        let Some(Delivery::Redirect(url)) = &out.delivery else { panic!("{:?}", out.delivery) };
        assert!(url.starts_with("https://idp-a.example.test/metadata/slo?SAMLRequest="), "{url}");
        assert_eq!(jar.names().len(), prefixes.len(), "the answer's cookies, and no session's");
        assert_eq!(site.who(&mut jar), "nobody");
        // And from there.
        let mut jar = jar.clone();
        assert_eq!(code(&site.log_in(&mut jar, &acme, "alice")), "keep");
        let all = request(&IDP_A, &acme, ("_all", "alice", None), site.now());
        assert_eq!(ended(take(&site, &mut jar, &acme, &all)), 1);
        assert_eq!(site.who(&mut jar), "nobody");
    }
}

/// Cookies do not tell ports apart: what one server sets the other is sent.
#[test]
fn two_servers_on_one_machine_leave_each_other_alone() {
    for (_, mut jar) in browsers() {
        let (site, acme) = server(HERE);
        let (other, theirs) = server("http://localhost:3001");
        let requests = [&site, &other].map(|site| site.tab(&mut jar, "acme", StartFor::Login));
        for (site, acme, request) in [(&site, &acme, &requests[0]), (&other, &theirs, &requests[1])]
        {
            let answer = site.answer(acme, &IDP_A, "alice", Some(request));
            let form = answer.form_value().expect("a response");
            assert_eq!(code(&site.post(&mut jar, &acme.urls().acs_url, &form)), "create");
        }
        assert_eq!(jar.names(), ["sso-session-3000", "sso-session-3001"]);
        assert_ne!(site.signed_in(&mut jar).session.token, other.signed_in(&mut jar).session.token);
        site.sign_out(&mut jar);
        assert_eq!([site.who(&mut jar), other.who(&mut jar)], ["nobody", "signed_in"]);
    }
}
