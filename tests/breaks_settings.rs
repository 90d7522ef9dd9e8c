//! Small things that a deliberate break of the people half would change, and that no other test
//! looks at: changes of settings, and what they need.

mod common;

use std::collections::BTreeSet;

use common::hooked::Hooked;
use common::people::{administrator_of, carry, email, random, store_of};
use common::tenants::{
    IDP_A, IDP_B, OPERATOR, applied, apply, boss, done, enforced, log_in, name_keeper, open,
    record, response, test_login, tried, values,
};
use common::{block_on, now};
use saml_login::Organization;
use saml_login::account::{AccountAddress, AccountId, EmailProof, Link, LinkOrigin, Role, Status};
use saml_login::administration::administer;
use saml_login::audit::Outcome;
use saml_login::organization::{
    Applied, Around, By, Change, ChangeRefusal, Claim, ClaimKind, Conflict, DomainToken,
    EmailDomain, Plan, Proposal, Slug,
};
use saml_login::provision::{Asked, Import, Intent};
use saml_login::store::{Store, Written};

fn domain(text: &str) -> EmailDomain {
    EmailDomain::parse(text).expect("a domain")
}

/// Enforced, with other settings proposed and tried out.
fn with_candidate() -> Organization {
    let mut acme = enforced("org-a", "acme", &IDP_A);
    let mut proposal = Proposal::of_values(values(&acme, &IDP_B));
    proposal.domain = Some(domain("example.test"));
    applied(&mut acme, Change::Propose(Box::new(proposal))).result.expect("a proposal");
    let test = tried(&acme, true, &IDP_B).expect("a test login");
    record(&mut acme, test).result.expect("a test login");
    acme
}

#[test]
fn a_change_asks_for_what_it_needs() {
    let acme = with_candidate();
    let tester = boss("org-a").id;
    let key = |idp| {
        let identity = log_in(&acme, &response(&acme, idp, "boss"));
        identity.expect("a login").stable_key()
    };
    let of_a = key(&IDP_A);
    let of_b = {
        let adopted = acme.as_if_adopted().expect("a proposal");
        let identity = log_in(&adopted, &response(&adopted, &IDP_B, "boss"));
        identity.expect("a login").stable_key()
    };
    assert!(of_a.is_some() && of_b.is_some() && of_a != of_b);
    let of_domain = |text: &str| vec![Claim::new(ClaimKind::Domain, text)];
    let fingerprint = acme.fingerprints()[0];
    let mut proposal = Proposal::default();
    proposal.domain = Some(domain("bravo.test"));
    let test = tried(&acme, false, &IDP_A).expect("a test login");
    let token = DomainToken::new(random());
    let (url, slug) = ("https://app.example.test/x", Slug::parse("other").expect("a slug"));
    let renamed = vec![Claim::new(ClaimKind::Slug, "other"), Claim::new(ClaimKind::LoginUrl, url)];
    let (nobody, nothing) = (Vec::new, Vec::new);
    for (change, accounts, key, claims) in [
        (Change::Adopt, vec![tester.clone()], of_b.clone(), of_domain("example.test")),
        (Change::Enforce, vec![tester.clone()], of_a.clone(), nothing()),
        (Change::RetireCertificate { fingerprint }, vec![tester.clone()], of_a.clone(), nothing()),
        (Change::RecordTestLogin(Box::new(test)), vec![tester.clone()], None, nothing()),
        (
            Change::BreakGlass { account: AccountId::new("keeper"), granted: true },
            vec![AccountId::new("keeper")],
            None,
            nothing(),
        ),
        (Change::Propose(Box::new(proposal)), nobody(), None, of_domain("bravo.test")),
        (Change::VerifyDomain(domain("a.test")), nobody(), None, of_domain("a.test")),
        (
            Change::RequestDomain { domain: domain("a.test"), token },
            nobody(),
            None,
            of_domain("a.test"),
        ),
        (Change::RenameSlug { slug, login_url: url.into() }, nobody(), None, renamed),
        (Change::Enable, nobody(), None, nothing()),
    ] {
        assert_eq!(change.accounts(&acme), accounts, "{change:?}");
        assert_eq!(change.key(&acme), key, "{change:?}");
        assert_eq!(change.claims(&acme), claims, "{change:?}");
    }
}

#[test]
fn enforcement_tells_who_is_left_to_come_in_otherwise_and_whether_it_was_tried_out() {
    let mut acme = open("org-a", "acme", &IDP_A);
    name_keeper(&mut acme);
    let keeper = BTreeSet::from([AccountId::new("keeper")]);
    let told = |applied: Applied| {
        let code = applied.result.as_ref().err().map(ChangeRefusal::code);
        (code, applied.break_glass, applied.enforced_untested)
    };
    let none = BTreeSet::new;
    let refused = told(apply(&mut acme, Change::Enforce));
    assert_eq!((&refused.1, refused.2), (&none(), false));
    assert!(refused.0.is_some());
    assert_eq!(told(apply(&mut acme, Change::Enable)), (None, none(), false));
    test_login(&mut acme, &IDP_A);
    assert!(acme.test_login().is_some_and(|test| *test.account() == boss("org-a").id));
    assert_eq!(told(apply(&mut acme, Change::Enable)), (None, none(), false));
    assert_eq!(told(apply(&mut acme, Change::Enforce)), (None, keeper, false));
    assert_eq!(told(apply(&mut acme, Change::Enable)), (None, none(), false));
}

#[test]
fn whoever_was_deleted_keeps_no_name_from_the_tester() {
    let mut acme = open("org-a", "acme", &IDP_A);
    test_login(&mut acme, &IDP_A);
    let identity = log_in(&acme, &response(&acme, &IDP_A, "boss"));
    let key = identity.expect("a login").stable_key().expect("a key");
    let enforce = |status| {
        let mut other = administrator_of("org-a", "other", "other@example.test");
        other.status = status;
        other.link = Some(Link::new(key.clone(), LinkOrigin::Code));
        let around = Around::plan(Plan::ALL).with_accounts([boss("org-a"), other]);
        let by = boss("org-a");
        let applied = acme.clone().apply(Change::Enforce, &By::member(&by), &around, now());
        applied.result.err().map(|refusal| refusal.code())
    };
    assert_eq!(enforce(Status::Deleted), None);
    assert_eq!(enforce(Status::Deactivated), Some("test_login_of_another"));
}

#[test]
fn a_directory_without_single_sign_on_is_closed() {
    let mut acme = open("org-a", "acme", &IDP_A);
    done(&mut acme, Change::ManageByDirectory(true));
    for (key, edit) in [("sso_enabled", false.into()), ("settings", serde_json::Value::Null)] {
        let mut value = serde_json::to_value(&acme).expect("JSON");
        value[key] = edit;
        let read: Organization = serde_json::from_value(value).expect("an organization");
        assert_eq!(read.closed().map(|closed| closed.code()), Some("organization_contradictory"));
    }
    assert_eq!(acme.closed(), None);
}

// Through a store.

fn changed(store: &impl Store, change: &Change) -> Applied {
    let asked = Asked::by(OPERATOR, now());
    let id = "org-a".into();
    block_on(administer(store, &Plan::ALL, &id, change, &asked)).expect("an answer")
}

/// A store in which somebody else was quicker, with an administrator who has tried it out.
fn crowded(answer: Written) -> Hooked {
    let mut acme = open("org-a", "acme", &IDP_A);
    test_login(&mut acme, &IDP_A);
    let store = store_of(&acme, None);
    for id in [boss("org-a").id, AccountId::new("keeper")] {
        let address = format!("{}@example.test", id.as_str());
        let address = AccountAddress::new(email(&address), EmailProof::Proven);
        let mut import = Import::new(id, address, now());
        import.role = Role::Administrator;
        let import = Intent::Import(Box::new(import));
        carry(&store, "org-a", &By::Application, &import).expect("an account");
    }
    let named = Change::BreakGlass { account: AccountId::new("keeper"), granted: true };
    changed(&store, &named).result.expect("a change");
    Hooked::new(store, move |_, write| write.settings.as_ref().map(|_| Ok(answer.clone())))
}

#[test]
fn a_change_that_comes_second_is_refused_and_tells_nothing_else() {
    let claim = Claim::new(ClaimKind::Domain, "acme.test");
    let reach = ChangeRefusal::LastAdministrator;
    for (answer, refusal) in [
        (Written::LastAdministrator, reach),
        (Written::Claimed(claim), ChangeRefusal::from(Conflict::Domain)),
    ] {
        let store = crowded(answer);
        let applied = changed(&store, &Change::Enforce);
        let outcome = Outcome::Refused(refusal.code().into());
        assert_eq!(applied.result, Err(refusal));
        assert_eq!((applied.link, applied.break_glass), (None, BTreeSet::new()));
        assert_eq!(applied.event.outcome, outcome);
        let events = block_on(store.audit(&"org-a".into(), None, 1)).expect("the store");
        assert_eq!(
            (events[0].1.action.code(), &events[0].1.outcome),
            ("enforcement_set", &outcome)
        );
    }
}
