//! Two organizations side by side: who gets in where, and what each flow needs.

mod common;

use std::num::NonZeroUsize;

use common::people::{email, member};
use common::tenants::{
    IDP_A, IDP_B, REQUEST, around, boss, both, connection, done, identity, log_in, open,
    organization, response, spend, values, verify_domain,
};
use common::{Verify as _, block_on, now};
use saml_login::account::{Account, AccountAddress, AccountId, EmailProof, Status};
use saml_login::audit::{AuditEvent, Outcome};
use saml_login::binding::RelayState;
use saml_login::error::BoxError;
use saml_login::organization::{By, Change, Discovery, discover, discover_proven};
use saml_login::policy::PolicyAction;
use saml_login::request::{Pending, Remembered};
use saml_login::session::LoginMethod;
use saml_login::testing::idp::TestIdp;
use saml_login::{
    ConnectionOptions, Delivery, Error, LoginOptions, LoginPolicy, MemoryReplayStore,
    MemoryRequestStore, Organization, Random, RequestStore, Unsolicited,
};

#[test]
fn only_the_diagonal_of_flow_key_and_issuer_is_accepted() {
    let organizations = both();
    let idps: [&TestIdp; 2] = [&IDP_A, &IDP_B];
    let mut accepted = Vec::new();
    for (flow, id) in ["org-a", "org-b"].into_iter().enumerate() {
        let mut organization = organizations[flow].clone();
        let mut options = ConnectionOptions::default();
        options.unsolicited = Unsolicited::On;
        done(&mut organization, Change::Adjust(Box::new(options)));
        for begun_here in [true, false] {
            for (key, signer) in idps.into_iter().enumerate() {
                for (says, named) in idps.into_iter().enumerate() {
                    let mut response = match begun_here {
                        true => response(&organization, signer, "alice"),
                        false => signer.response(&organization.service_provider(), now()),
                    };
                    response.issuer = Some(named.issuer().into());
                    response.assertion_issuer = Some(named.issuer().into());
                    let request_id = begun_here.then_some(REQUEST);
                    let form_value = response.form_value().expect("a response");
                    match connection(&organization).verify_reply(form_value, request_id, now()) {
                        Ok(unspent) => {
                            let identity = spend(unspent, now()).expect("the first use");
                            let names = (identity.connection_id.as_str(), identity.issuer.as_str());
                            assert_eq!(names, (id, named.issuer()));
                            accepted.push((flow, begun_here, key, says));
                        }
                        Err(rejection) => {
                            let expected =
                                if key == flow { "issuer_mismatch" } else { "key_untrusted" };
                            assert_eq!(
                                rejection.code(),
                                expected,
                                "{flow} {begun_here} {key} {says}"
                            );
                        }
                    }
                }
            }
        }
    }
    assert_eq!(accepted, [(0, true, 0, 0), (0, false, 0, 0), (1, true, 1, 1), (1, false, 1, 1)]);
}

#[test]
fn a_response_for_one_organization_is_good_at_no_other() {
    // Both trust one identity provider, so that only the addressing differs.
    let acme = open("org-a", "acme", &IDP_A);
    let bravo = open("org-b", "bravo", &IDP_A);
    let theirs = response(&bravo, &IDP_A, "alice");
    assert_eq!(log_in(&acme, &theirs).unwrap_err().code(), "destination_mismatch");
    let mut readdressed = response(&bravo, &IDP_A, "alice");
    readdressed.destination = Some(acme.urls().acs_url.clone());
    assert_eq!(log_in(&acme, &readdressed).unwrap_err().code(), "recipient_mismatch");
}

/// A login that begins here, with the request remembered for one browser.
struct Started {
    cookie: String,
    request_id: String,
}

fn start(
    organization: &Organization,
    store: &MemoryRequestStore,
    number: u8,
    back_to: Option<&str>,
) -> Started {
    let mut options = LoginOptions::default();
    options.relay_state = back_to.and_then(RelayState::received);
    let started = connection(organization)
        .start_login(options, Random::new([number; 32]), now())
        .expect("a login");
    let Delivery::Redirect(url) = &started.delivery else { panic!("no redirect") };
    assert!(url.starts_with(&format!(
        "{}?SAMLRequest=",
        organization.settings().expect("settings").sso_url
    )));
    let request_id = started.pending.request_id.clone();
    let remembered = block_on(store.put(&started.pending.into(), Random::new([number; 32]), now()));
    let Ok(Remembered::Cookie(cookie)) = remembered else { panic!("no room") };
    Started { cookie, request_id }
}

fn answer(
    organization: &Organization,
    store: &MemoryRequestStore,
    cookie: &str,
    request_id: &str,
) -> Result<String, String> {
    let mut response = response(organization, &IDP_A, "alice").in_reply_to(request_id);
    response.id = "_answer".into();
    let form_value = response.form_value().expect("a response");
    let connection = connection(organization);
    let opened = connection.open(form_value, now()).expect("a genuine answer");
    assert_eq!(opened.in_response_to(), Some(request_id));
    let pending = block_on(store.take(request_id, cookie, now())).expect("the store");
    let pending = pending.and_then(Pending::into_login);
    let unspent = opened.accept(pending.as_ref(), now());
    let identity = unspent.map_err(|rejection| rejection.code().to_owned())?;
    spend(identity, now()).map_err(|error| error.code().to_owned())?;
    Ok(pending
        .and_then(|pending| pending.relay_state)
        .map_or(String::new(), |state| state.as_str().to_owned()))
}

#[test]
fn a_login_that_begins_here_comes_back_once_to_the_same_browser() {
    let acme = open("org-a", "acme", &IDP_A);
    let bravo = open("org-b", "bravo", &IDP_A);
    let store = MemoryRequestStore::with_capacity(NonZeroUsize::new(10).expect("a number"));
    let started = start(&acme, &store, 1, Some("/inbox?tab=2"));
    assert_eq!(
        answer(&acme, &store, &started.cookie, &started.request_id),
        Ok("/inbox?tab=2".into())
    );
    // The request is answered; the answer is nobody's now.
    let again = answer(&acme, &store, &started.cookie, &started.request_id);
    assert_eq!(again, Err("unsolicited_in_response_to".into()));
    // Another browser has no request, or one of its own.
    let [mine, theirs] = [2, 3].map(|number| start(&acme, &store, number, None));
    assert_eq!(
        answer(&acme, &store, "", &mine.request_id),
        Err("unsolicited_in_response_to".into())
    );
    assert_eq!(
        answer(&acme, &store, &theirs.cookie, &mine.request_id),
        Err("unsolicited_in_response_to".into())
    );
    // Another organization's request answers nothing here.
    let foreign = start(&bravo, &store, 4, None);
    assert_eq!(
        answer(&acme, &store, &foreign.cookie, &foreign.request_id),
        Err("request_foreign".into())
    );
    // Where to go on is a path here, or nothing.
    let evil = start(&acme, &store, 5, Some("//evil.test"));
    assert_eq!(answer(&acme, &store, &evil.cookie, &evil.request_id), Ok(String::new()));
}

#[test]
fn a_login_from_the_identity_provider_bounces_unless_it_is_set_otherwise() {
    let mut acme = open("org-a", "acme", &IDP_A);
    let form_value = {
        let response = IDP_A.response(&acme.service_provider(), now());
        response.form_value().expect("a response")
    };
    let verdict = |acme: &Organization| {
        let unspent = connection(acme).verify(&form_value, None, now());
        unspent.map(|_| "accepted").unwrap_or_else(|rejection| rejection.code())
    };
    assert_eq!(verdict(&acme), "unsolicited_bounced");
    for (unsolicited, expected) in [
        (Unsolicited::Off, "unsolicited_forbidden"),
        (Unsolicited::On, "accepted"),
        (Unsolicited::Bounce, "unsolicited_bounced"),
    ] {
        let mut options = ConnectionOptions::default();
        options.unsolicited = unsolicited;
        done(&mut acme, Change::Adjust(Box::new(options)));
        assert_eq!(verdict(&acme), expected);
    }
}

#[test]
fn an_unsolicited_login_needs_no_further_step_where_it_is_on() {
    let mut acme = open("org-a", "acme", &IDP_A);
    let mut options = ConnectionOptions::default();
    options.unsolicited = Unsolicited::On;
    done(&mut acme, Change::Adjust(Box::new(options)));
    let response = IDP_A.response(&acme.service_provider(), now());
    let unspent = connection(&acme).verify(response.form_value().expect("a response"), None, now());
    let store = MemoryReplayStore::default();
    let identity = block_on(unspent.expect("a login").spend(&store, now())).expect("the first use");
    assert_eq!(identity.email.expect("an address").address(), "alice@example.test");
}

#[test]
fn a_closed_organization_takes_not_even_a_perfect_assertion() {
    let mut acme = open("org-a", "acme", &IDP_A);
    done(&mut acme, Change::Disable);
    assert_eq!(acme.connection().unwrap_err().code(), "sso_disabled");
    let person = |status| account("org-a", "alice@example.test", status);
    let log_in = PolicyAction::LogIn(LoginMethod::Sso);
    let code =
        |acme: &Organization, status| LoginPolicy::of(acme).decide(&person(status), &log_in).code();
    assert_eq!(code(&acme, Status::Active), "sso_disabled");
    done(&mut acme, Change::Enable);
    assert_eq!(code(&acme, Status::Active), "allowed");
    assert_eq!(code(&acme, Status::Deactivated), "account_deactivated");
}

#[test]
fn a_status_that_is_no_success_gives_no_session_and_is_written_down() {
    let acme = open("org-a", "acme", &IDP_A);
    let mut denied = response(&acme, &IDP_A, "alice");
    denied.status_codes = vec![
        "urn:oasis:names:tc:SAML:2.0:status:Responder".into(),
        "urn:oasis:names:tc:SAML:2.0:status:RequestDenied".into(),
    ];
    denied.status_message = Some("<b>alice@example.test is not assigned</b>".into());
    denied.has_assertion = false;
    let error = log_in(&acme, &denied).unwrap_err();
    assert_eq!(error.code(), "status_not_success");
    assert!(!error.user_message().contains("alice"));
    let event = AuditEvent::login_refused("org-a", &error, now());
    assert_eq!(
        (event.action.code(), event.outcome.clone()),
        ("login", Outcome::Refused("status_not_success".into()))
    );
    assert!(!format!("{event:?}").contains("alice"));
    let failed =
        AuditEvent::login_refused("org-a", &Error::ReplayStore(BoxError::new("gone")), now());
    assert_eq!(failed.outcome, Outcome::Failed("replay_store_failed".into()));
    let accepted = AuditEvent::login_accepted("org-a", AccountId::new("account-1"), now());
    assert_eq!(
        (accepted.outcome, accepted.target),
        (Outcome::Done, Some(AccountId::new("account-1")))
    );
}

#[test]
fn attributes_can_be_added_without_breaking_a_login() {
    let acme = open("org-a", "acme", &IDP_A);
    let plain = identity(&acme, &IDP_A, "alice");
    let mut more = response(&acme, &IDP_A, "alice");
    more.attributes.push(saml_login::testing::idp::TestAttribute::new("costCenter", ["4711", ""]));
    let more = log_in(&acme, &more).expect("a login");
    assert_eq!((&more.email, more.stable_key()), (&plain.email, plain.stable_key()));
    assert_eq!(
        more.attributes.iter().filter(|attribute| attribute.name == "costCenter").count(),
        1
    );
}

fn found(discovery: Discovery<'_>) -> (&'static str, Option<&str>) {
    let id = match discovery {
        Discovery::Found(organization) => Some(organization.id().as_str()),
        _ => None,
    };
    (discovery.code(), id)
}

#[test]
fn an_address_finds_the_organization_of_its_domain() {
    let mut acme = open("org-a", "acme", &IDP_A);
    let mut bravo = open("org-b", "bravo", &IDP_B);
    verify_domain(&mut acme, "acme.test");
    verify_domain(&mut acme, "both.test");
    verify_domain(&mut bravo, "both.test");
    let mut closed = organization("org-c", "charlie");
    verify_domain(&mut closed, "closed.test");
    let all = [acme, bravo, closed];
    for (address, expected) in [
        ("alice@acme.test", ("organization_found", Some("org-a"))),
        ("ALICE@ACME.TEST", ("organization_found", Some("org-a"))),
        ("alice@both.test", ("slug_needed", None)),
        ("alice@sub.acme.test", ("user_not_found", None)),
        ("alice@notacme.test", ("user_not_found", None)),
        ("alice@closed.test", ("user_not_found", None)),
        ("alice@gmail.com", ("user_not_found", None)),
    ] {
        assert_eq!(found(discover(&email(address), &all)), expected, "{address}");
    }
    assert!(
        discover(&email("a@gmail.com"), &all)
            .user_message()
            .expect("words")
            .starts_with("User not found")
    );
    assert!(
        discover(&email("a@both.test"), &all).user_message().expect("words").starts_with("Several")
    );
}

fn account(organization: &str, address: &str, status: Status) -> Account {
    let id = format!("{organization}-{address}");
    let mut account = member(organization, &id, address, EmailProof::Proven);
    account.status = status;
    account
}

#[test]
fn memberships_count_only_for_who_has_proven_the_address() {
    let mut acme = open("org-a", "acme", &IDP_A);
    let bravo = open("org-b", "bravo", &IDP_B);
    let charlie = open("org-c", "charlie", &IDP_B);
    verify_domain(&mut acme, "acme.test");
    let all = [acme, bravo, charlie];
    let guest = email("guest@gmail.com");
    let active = |organization| account(organization, "guest@gmail.com", Status::Active);
    let mut accounts = vec![
        active("org-b"),
        account("org-a", "guest@gmail.com", Status::Deactivated),
        account("org-b", "alice@acme.test", Status::Active),
    ];
    assert_eq!(
        found(discover_proven(&guest, &accounts, &all)),
        ("organization_found", Some("org-b"))
    );
    // The domain of the address comes before what others have made under it.
    let alice = email("alice@acme.test");
    assert_eq!(
        found(discover_proven(&alice, &accounts, &all)),
        ("organization_found", Some("org-a"))
    );
    assert_eq!(
        found(discover_proven(&email("other@gmail.com"), &accounts, &all)),
        ("user_not_found", None)
    );
    // Nobody is sent to whoever has invited them, or has an identity provider that says their name.
    let mut said = active("org-c");
    said.address =
        said.email().cloned().map(|email| AccountAddress::new(email, EmailProof::Organization));
    accounts.extend([account("org-c", "guest@gmail.com", Status::Invited), said]);
    assert_eq!(
        found(discover_proven(&guest, &accounts, &all)),
        ("organization_found", Some("org-b"))
    );
    accounts.push(active("org-c"));
    assert_eq!(found(discover_proven(&guest, &accounts, &all)), ("slug_needed", None));
    // Who has only typed it learns nothing: a member and a stranger get the same.
    assert_eq!(found(discover(&guest, &all)), found(discover(&email("stranger@gmail.com"), &all)));
    assert_eq!(found(discover(&guest, &all)), ("user_not_found", None));
}

#[test]
fn replacing_the_identity_provider_keeps_the_organization() {
    let [before, other] = both();
    let mut after = before.clone();
    let values = values(&before, &IDP_B);
    let mut around = around("org-a");
    around.fingerprints = other.fingerprints();
    let boss = boss("org-a");
    let change = Change::Configure(Box::new(values));
    // The certificate is another organization's, too: that is said, and is no refusal.
    let applied = after.apply(change, &By::member(&boss), &around, now());
    let warned: Vec<&str> = applied.warnings.iter().map(|finding| finding.problem.code()).collect();
    assert_eq!((applied.result, warned), (Ok(()), vec!["certificate_shared"]));
    assert_eq!(
        (after.id(), after.slug(), after.urls(), after.connection_id()),
        (before.id(), before.slug(), before.urls(), before.connection_id())
    );
    assert!(log_in(&after, &response(&after, &IDP_B, "alice")).is_ok());
}
