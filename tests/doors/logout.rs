//! Single logout, from either side, over the store.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use saml_login::account::Role;
use saml_login::binding::{Binding, RelayState};
use saml_login::error::Error;
use saml_login::logout::{LogoutMessage, LogoutOutcome};
use saml_login::organization::Change;
use saml_login::sso::{Browser, Completed, LogoutAnswered, Resumed, StartFor};
use saml_login::store::{DynStore, MemoryStore};
use saml_login::testing::idp::{SignatureOptions, TestIdp, TestNameId};
use saml_login::{Delivery, MemoryReplayStore, Organization};

use crate::common::block_on;
use crate::common::people::{found, random};
use crate::common::tenants::{IDP_A, IDP_B, OPERATOR, applied, open};
use crate::site::{From, Jar, Site, code, person};

/// An organization whose identity provider takes logouts.
pub(crate) fn with_slo(id: &str, slug: &str, idp: &TestIdp) -> Organization {
    taking_logouts(open(id, slug, idp), idp)
}

pub(crate) fn taking_logouts(mut organization: Organization, idp: &TestIdp) -> Organization {
    let slo_url = Some(format!("{}/slo", idp.issuer()));
    let endpoints = Change::SetEndpoints { sso_binding: Binding::HttpRedirect, slo_url };
    applied(&mut organization, endpoints).result.expect("endpoints");
    organization
}

pub(crate) fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// A signed LogoutRequest about somebody.
pub(crate) fn request(
    idp: &TestIdp,
    organization: &Organization,
    (id, name, index): (&str, &str, Option<&str>),
    at: DateTime<Utc>,
) -> String {
    let index = index
        .map_or(String::new(), |index| format!("<samlp:SessionIndex>{index}</samlp:SessionIndex>"));
    let xml = format!(
        "<samlp:LogoutRequest xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" \
         xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"{id}\" Version=\"2.0\" \
         IssueInstant=\"{}\" Destination=\"{}\"><saml:Issuer>{}</saml:Issuer>\
         <saml:NameID Format=\"urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress\">\
         {name}@example.test</saml:NameID>{index}</samlp:LogoutRequest>",
        instant(at),
        organization.urls().slo_url,
        idp.issuer(),
    );
    STANDARD.encode(idp.sign_xml(&xml, id, &SignatureOptions::default()).expect("a signature"))
}

pub(crate) fn take(
    site: &Site,
    jar: &mut Jar,
    organization: &Organization,
    value: &str,
) -> Result<LogoutAnswered, Error> {
    let header = jar.header(From::Form, site.now());
    let browser = Browser::new(&header, site.now());
    let message = LogoutMessage::Post { value, relay_state: None };
    let taken = site.sso.take_logout(&organization.urls().slo_url, message, &browser, random());
    let taken = block_on(taken)?;
    let (LogoutAnswered::Ended { cookies, .. } | LogoutAnswered::Returned { cookies, .. }) = &taken
    else {
        panic!("not known")
    };
    jar.take(cookies, site.now());
    Ok(taken)
}

/// How many sessions a request has ended.
pub(crate) fn ended(answered: Result<LogoutAnswered, Error>) -> usize {
    match answered.expect("an answer") {
        LogoutAnswered::Ended { sessions, delivery: Some(Delivery::Redirect(url)), .. } => {
            assert!(url.contains("/slo?SAMLResponse="), "{url}");
            sessions
        }
        other => panic!("{other:?}"),
    }
}

/// Somebody who comes in with this handle.
pub(crate) fn comes(
    site: &Site,
    organization: &Organization,
    idp: &TestIdp,
    name: &str,
    index: &str,
) -> Jar {
    let mut jar = Jar::default();
    let slug = organization.slug().as_str();
    let request = site.tab(&mut jar, slug, StartFor::Login);
    let mut answer = site.answer(organization, idp, name, Some(&request));
    answer.authn_statements[0].session_index = Some(index.to_owned());
    let form = answer.form_value().expect("a response");
    let completed = site.post(&mut jar, &organization.urls().acs_url, &form);
    assert!(matches!(completed, Completed::LoggedIn(_)), "{completed:?}");
    jar
}

pub(crate) fn is_in(site: &Site, jar: &mut Jar) -> bool {
    matches!(site.page(jar, From::Here), Resumed::SignedIn(_))
}

#[test]
fn the_identity_provider_ends_what_it_names_in_whatever_process() {
    let (acme, bravo) = (with_slo("org-a", "acme", &IDP_A), with_slo("org-b", "bravo", &IDP_B));
    let site = Site::of(&[&acme, &bravo]);
    let mut phone = comes(&site, &acme, &IDP_A, "alice", "_phone");
    let mut desk = comes(&site, &acme, &IDP_A, "alice", "_desk");
    let mut bob = comes(&site, &acme, &IDP_A, "bob", "_phone");
    let mut theirs = comes(&site, &bravo, &IDP_B, "alice", "_phone");
    let other = site.another();
    // By its handle: that session of that person alone.
    let one = request(&IDP_A, &acme, ("_one", "alice", Some("_phone")), site.now());
    assert_eq!(ended(take(&other, &mut Jar::default(), &acme, &one)), 1);
    assert!(!is_in(&site, &mut phone));
    assert!(is_in(&site, &mut desk) && is_in(&site, &mut bob) && is_in(&site, &mut theirs));
    let told = site.told("org-a", 1);
    assert_eq!(told[0].action.code(), "session_ended");
    // A message is used once.
    let again = take(&other, &mut Jar::default(), &acme, &one).expect_err("used");
    assert_eq!(again.code(), "assertion_replayed");
    // Without a handle: all of the person's.
    let mut tablet = comes(&site, &acme, &IDP_A, "alice", "_tablet");
    let all = request(&IDP_A, &acme, ("_all", "alice", None), site.now());
    assert_eq!(ended(take(&other, &mut Jar::default(), &acme, &all)), 2);
    assert!(!is_in(&site, &mut desk) && !is_in(&site, &mut tablet));
    assert!(is_in(&site, &mut bob) && is_in(&site, &mut theirs));
    // Nobody's name, nobody's session; somebody else's key, nothing.
    let nobody = request(&IDP_A, &acme, ("_none", "nobody", None), site.now());
    assert_eq!(ended(take(&other, &mut Jar::default(), &acme, &nobody)), 0);
    let forged = request(&IDP_B, &acme, ("_forged", "bob", None), site.now());
    let refused = take(&other, &mut Jar::default(), &acme, &forged).expect_err("another key");
    assert_eq!(refused.code(), "key_untrusted");
    assert!(is_in(&site, &mut bob));
}

#[test]
fn a_logout_from_here_goes_there_and_comes_back() {
    let acme = with_slo("org-a", "acme", &IDP_A);
    let site = Site::of(&[&acme]);
    let mut jar = comes(&site, &acme, &IDP_A, "alice", "_session");
    let other = site.another();
    let signed_in = other.signed_in(&mut jar);
    let header = jar.header(From::Here, site.now());
    let browser = Browser::new(&header, site.now());
    let relay_state = RelayState::path("/goodbye").ok();
    let out = block_on(other.sso.log_out(&signed_in, relay_state, &browser, random()));
    let out = out.expect("signed out");
    jar.take(&out.cookies, site.now());
    assert!(!is_in(&site, &mut jar));
    let delivery = out.delivery.expect("on to the identity provider");
    let Delivery::Redirect(url) = &delivery else { panic!("{delivery:?}") };
    assert!(url.starts_with("https://idp-a.example.test/metadata/slo?SAMLRequest="));
    let id = TestIdp::request_id(&delivery).expect("a request");
    let answer = |signed: bool| {
        let xml = format!(
            "<samlp:LogoutResponse xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" \
             xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"_answer\" Version=\"2.0\" \
             IssueInstant=\"{}\" Destination=\"{}\" InResponseTo=\"{id}\">\
             <saml:Issuer>{}</saml:Issuer><samlp:Status>\
             <samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"></samlp:StatusCode>\
             </samlp:Status></samlp:LogoutResponse>",
            instant(site.now()),
            acme.urls().slo_url,
            IDP_A.issuer(),
        );
        match signed {
            true => STANDARD.encode(
                IDP_A.sign_xml(&xml, "_answer", &SignatureOptions::default()).expect("signed"),
            ),
            false => STANDARD.encode(xml),
        }
    };
    // One that is not signed proves nothing, leads on, and leaves the request where it is.
    for (signed, expected) in [(false, LogoutOutcome::Unconfirmed), (true, LogoutOutcome::Complete)]
    {
        match take(&site, &mut jar, &acme, &answer(signed)).expect("an answer") {
            LogoutAnswered::Returned { outcome, go_to, .. } => {
                assert_eq!(outcome, expected);
                assert_eq!(go_to.map(|path| path.as_str().to_owned()), Some("/goodbye".into()));
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(jar.names().is_empty());
    let late = take(&site, &mut jar, &acme, &answer(true)).expect_err("nobody asked");
    assert_eq!(late.code(), "unsolicited_forbidden");
}

/// Whoever did not come from the identity provider, or from one that takes no logouts, is signed
/// out here alone.
#[test]
fn without_a_service_there_is_a_logout_here() {
    let acme = open("org-a", "acme", &IDP_A);
    let site = Site::of(&[&acme]);
    let mut jar = comes(&site, &acme, &IDP_A, "alice", "_session");
    let signed_in = site.signed_in(&mut jar);
    let browser = Browser::new("", site.now());
    let out = block_on(site.sso.log_out(&signed_in, None, &browser, random())).expect("out");
    assert_eq!(out.delivery, None);
    jar.take(&out.cookies, site.now());
    assert!(!is_in(&site, &mut jar) && jar.names().is_empty());
    // Settings may be gone by then.
    let mut jar = comes(&site, &acme, &IDP_A, "alice", "_session");
    let signed_in = site.signed_in(&mut jar);
    site.change("org-a", &OPERATOR, Change::RemoveConnection).expect("removed");
    site.wait(TimeDelta::seconds(1));
    let out = block_on(site.sso.log_out(&signed_in, None, &browser, random())).expect("out");
    assert_eq!(out.delivery, None);
    assert!(!is_in(&site, &mut jar));
}

/// An administrator came from the identity provider and waits for the code that links them; then
/// the identity provider logs them out.
#[test]
fn a_logout_ends_a_login_that_waits_for_its_code() {
    let acme = with_slo("org-a", "acme", &IDP_A);
    let site = Site::of(&[&acme]);
    for name in ["boss", "other"] {
        site.put(&person(&acme, name, Role::Administrator, false));
    }
    let waits = |name: &str| {
        let mut jar = Jar::default();
        assert_eq!(code(&site.log_in(&mut jar, &acme, name)), "confirm");
        (jar, site.mails.code())
    };
    let (mut boss, sent_to_boss) = waits("boss");
    let (mut other, sent_to_other) = waits("other");
    let out = request(&IDP_A, &acme, ("_out", "boss", None), site.now());
    assert_eq!(ended(take(&site, &mut Jar::default(), &acme, &out)), 0);
    assert_eq!(code(&site.confirm(&mut boss, &sent_to_boss)), "code_wrong");
    assert!(!is_in(&site, &mut boss));
    // Nobody else's.
    assert_eq!(code(&site.confirm(&mut other, &sent_to_other)), "link");
    assert!(is_in(&site, &mut other));
}

/// No account is known by such a name, and the logout may leave the session's handle out, or parts
/// of the name.
#[test]
fn a_logout_finds_sessions_by_a_name_that_does_not_last() {
    const TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
    let acme = with_slo("org-a", "acme", &IDP_A);
    let site = Site::of(&[&acme]);
    let comes = |name_id: &str, mail: &str| {
        let mut jar = Jar::default();
        let request = site.tab(&mut jar, "acme", StartFor::Login);
        let mut answer = site.answer(&acme, &IDP_A, mail, Some(&request));
        let mut name_id = TestNameId::new(name_id);
        name_id.format = Some(TRANSIENT.to_owned());
        answer.name_id = Some(name_id);
        let form = answer.form_value().expect("a response");
        let completed = site.post(&mut jar, &acme.urls().acs_url, &form);
        assert!(matches!(completed, Completed::LoggedIn(_)), "{completed:?}");
        jar
    };
    let (mut one, mut two) = (comes("_one", "alice"), comes("_two", "bob"));
    let xml = |id: &str, name: &str| {
        format!(
            "<samlp:LogoutRequest xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" \
             xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"{id}\" Version=\"2.0\" \
             IssueInstant=\"{}\" Destination=\"{}\"><saml:Issuer>{}</saml:Issuer>\
             <saml:NameID Format=\"{TRANSIENT}\" NameQualifier=\"left-out-at-login\">{name}\
             </saml:NameID></samlp:LogoutRequest>",
            instant(site.now()),
            acme.urls().slo_url,
            IDP_A.issuer(),
        )
    };
    let signed = |id: &str, name: &str| {
        let signed = IDP_A.sign_xml(&xml(id, name), id, &SignatureOptions::default());
        STANDARD.encode(signed.expect("a signature"))
    };
    assert_eq!(ended(take(&site, &mut Jar::default(), &acme, &signed("_first", "_one"))), 1);
    assert!(!is_in(&site, &mut one) && is_in(&site, &mut two));
}

/// What is used up elsewhere is used up there, a logout as a login.
#[test]
fn a_logout_is_used_up_where_everything_is() {
    let acme = with_slo("org-a", "acme", &IDP_A);
    let store = DynStore::new(MemoryStore::default());
    found(&store, &acme, None);
    let elsewhere = Arc::new(MemoryReplayStore::default());
    let process = || {
        let (store, replays) = (store.clone(), elsewhere.clone());
        Site::with("https://app.example.test", store, |builder| builder.replays(replays))
    };
    let (one, other) = (process(), process());
    let mut jar = comes(&one, &acme, &IDP_A, "alice", "_session");
    let out = request(&IDP_A, &acme, ("_out", "alice", None), one.now());
    assert_eq!(ended(take(&one, &mut Jar::default(), &acme, &out)), 1);
    assert!(!is_in(&one, &mut jar));
    let again = take(&other, &mut Jar::default(), &acme, &out).expect_err("used");
    assert_eq!(again.code(), "assertion_replayed");
    // The store itself knows nothing of it: it is asked by nobody who spends elsewhere.
    let alone = Site::over(store);
    assert_eq!(ended(take(&alone, &mut Jar::default(), &acme, &out)), 0);
}
