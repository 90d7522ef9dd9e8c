//! While single sign-on is the only way in, somebody stays who gets in and can mend it.

mod common;

use common::people::{administrator_of, carry, counters, decided, email, numbers, read, store_of};
use common::tenants::{
    IDP_A, IDP_B, OPERATOR, boss, done, enforced, identity, log_in, open, response, tried, values,
    verify_domain,
};
use common::{block_on, now};
use saml_login::account::{
    Account, AccountAddress, EmailProof, Link, LinkOrigin, OrganizationId, Role, Status,
};
use saml_login::administration::administer;
use saml_login::audit::Outcome;
use saml_login::organization::{
    AdministratorRule, By, Change, DomainRule, Plan, Proposal, ProvisioningRules, RelinkRule,
};
use saml_login::provision::{Asked, Intent};
use saml_login::store::{AccountWrite, MemoryStore, Store, Write, Written};
use saml_login::testing::idp::TestNameId;
use saml_login::{Identity, Organization};

/// An administrator who is linked to whoever this identity is.
fn linked(id: &str, address: &str, identity: &Identity) -> Account {
    let mut account = administrator_of("org-a", id, address);
    account.address = Some(AccountAddress::new(email(address), EmailProof::Organization));
    account.link = identity.stable_key().map(|key| Link::new(key, LinkOrigin::Session));
    account
}

fn put(store: &MemoryStore, account: &Account) {
    let mut write = Write::of("org-a", now());
    write.account = Some(AccountWrite::Create(Box::new(account.clone())));
    assert_eq!(block_on(store.write(write)).expect("the store"), Written::Done);
}

fn administered(store: &MemoryStore, by: &By<'_>, change: Change) -> Result<(), String> {
    let (id, asked) = (OrganizationId::new("org-a"), Asked::by(*by, now()));
    let applied = block_on(administer(store, &Plan::ALL, &id, &change, &asked)).expect("the store");
    let told = block_on(store.audit(&id, None, 1)).expect("the store");
    let (_, event) = told.into_iter().next().expect("an event");
    assert_eq!(event, applied.event, "what is told is what happened");
    applied.result.map_err(|refusal| {
        assert_eq!(event.outcome, Outcome::Refused(refusal.code().into()));
        refusal.code().to_owned()
    })
}

fn organization_of(store: &MemoryStore) -> Organization {
    let record = block_on(store.organization(&"org-a".into())).expect("the store");
    record.expect("an organization").organization
}

/// Who gets in is asked of the settings in effect, not of whether there ever was a link.
#[test]
fn whom_the_settings_let_in_is_asked_of_the_settings() {
    let acme = enforced("org-a", "acme", &IDP_A);
    let present = linked("present", "present@example.test", &identity(&acme, &IDP_A, "present"));
    assert!(acme.reaches(&present));
    // Of an issuer that was replaced since.
    let elsewhere = open("org-a", "acme", &IDP_B);
    let former = linked("former", "former@example.test", &identity(&elsewhere, &IDP_B, "former"));
    assert!(!acme.reaches(&former));
    // Of another connection with the same issuer.
    let bravo = open("org-b", "bravo", &IDP_A);
    let foreign = linked("foreign", "foreign@example.test", &identity(&bravo, &IDP_A, "foreign"));
    assert!(!acme.reaches(&foreign));
    // Without a link: by a code alone, which a directory's address does not get.
    let by_code = administrator_of("org-a", "code", "code@example.test");
    assert!(acme.reaches(&by_code));
    let mut pushed = by_code.clone();
    pushed.managed_by = saml_login::account::Source::Directory;
    assert!(!acme.reaches(&pushed));
    // Nobody who is switched off, invited, a member, or another organization's.
    for status in [Status::Deactivated, Status::Deleted, Status::Invited] {
        let mut off = present.clone();
        off.status = status;
        assert!(!acme.reaches(&off));
    }
    let mut member = present.clone();
    member.role = Role::Member;
    assert!(!acme.reaches(&member));
    let mut theirs = present;
    theirs.organization = "org-b".into();
    assert!(!acme.reaches(&theirs));
}

#[test]
fn who_is_outside_the_bound_domains_does_not_get_in() {
    let mut acme = open("org-a", "acme", &IDP_A);
    verify_domain(&mut acme, "example.test");
    let inside = linked("inside", "inside@example.test", &identity(&acme, &IDP_A, "inside"));
    let mut outside = inside.clone();
    outside.address = administrator_of("org-a", "outside", "outside@other.test").address;
    assert!(acme.reaches(&inside));
    assert!(!acme.reaches(&outside));
    // As the rule for domains says, and that for administrators.
    let mut rules = ProvisioningRules::default();
    rules.domains = DomainRule::VerifiedOrMember;
    done(&mut acme, Change::Provision(rules));
    assert!(acme.reaches(&outside));
    let mut by_email = outside.clone();
    (by_email.link, by_email.address) = (None, inside.address.clone());
    assert!(!acme.reaches(&by_email));
    rules.administrators = AdministratorRule::DangerByEmail;
    done(&mut acme, Change::Provision(rules));
    assert!(acme.reaches(&by_email));
}

#[test]
fn who_is_named_for_emergencies_gets_in() {
    let mut acme = enforced("org-a", "acme", &IDP_A);
    let mut keeper = common::tenants::keeper("org-a");
    assert!(!acme.reaches(&keeper));
    common::tenants::name_keeper(&mut acme);
    assert!(acme.reaches(&keeper));
    keeper.role = Role::Member;
    assert!(!acme.reaches(&keeper));
}

/// A new issuer is adopted: those who are linked to the former one do not count any more, and the
/// only one who gets in stays.
#[test]
fn after_another_issuer_is_adopted_its_tester_stays() {
    let mut acme = enforced("org-a", "acme", &IDP_A);
    let proposal = Proposal::of_values(values(&acme, &IDP_B));
    done(&mut acme, Change::Propose(Box::new(proposal)));
    let store = store_of(&acme, None);
    let tester = boss("org-a");
    let other = linked("other", "other@example.test", &identity(&acme, &IDP_A, "other"));
    put(&store, &tester);
    put(&store, &other);
    assert_eq!(numbers(&store, "org-a").reachable, 1);
    let test = tried(&acme, true, &IDP_B).expect("a test login");
    let by = By::member(&tester);
    administered(&store, &by, Change::RecordTestLogin(Box::new(test))).expect("a test login");
    administered(&store, &by, Change::Adopt).expect("an adoption");
    let told = block_on(store.audit(&"org-a".into(), None, 1)).expect("the store");
    assert_eq!(told[0].1.target, Some(tester.id.clone()), "whose account was linked is told");
    assert_eq!(numbers(&store, "org-a").reachable, 1);
    let intents = [
        Intent::Unlink(&tester.id),
        Intent::ChangeRole { account: &tester.id, role: Role::Member },
        Intent::SetStatus { account: &tester.id, status: Status::Deactivated },
    ];
    for intent in &intents {
        let refused = carry(&store, "org-a", &OPERATOR, intent).expect_err("the last one");
        assert_eq!(refused.code(), "last_administrator");
    }
    // Once somebody else gets in by the new issuer, the tester may go.
    let acme = organization_of(&store);
    let key = identity(&acme, &IDP_B, "other").stable_key().expect("a key");
    let link = Intent::Link { account: &other.id, key: &key };
    carry(&store, "org-a", &OPERATOR, &link).expect("a link");
    assert_eq!(numbers(&store, "org-a").reachable, 2);
    carry(&store, "org-a", &OPERATOR, &intents[0]).expect("one of two");
}

/// Whoever is named for emergencies does not take that off while nobody else gets in.
#[test]
fn the_last_way_in_is_not_given_up() {
    let acme = enforced("org-a", "acme", &IDP_A);
    let store = store_of(&acme, None);
    let keeper = common::tenants::keeper("org-a");
    put(&store, &keeper);
    let named = |granted| Change::BreakGlass { account: keeper.id.clone(), granted };
    administered(&store, &OPERATOR, named(true)).expect("a change");
    assert_eq!(numbers(&store, "org-a").reachable, 1);
    for by in [By::member(&keeper), OPERATOR] {
        let refused = administered(&store, &by, named(false)).expect_err("the last way in");
        assert_eq!(refused, "last_administrator");
    }
    put(&store, &administrator_of("org-a", "second", "second@example.test"));
    administered(&store, &By::member(&keeper), named(false)).expect("a change");
    assert_eq!(numbers(&store, "org-a").reachable, 1);
    assert!(organization_of(&store).break_glass().is_empty());
}

/// The name that a test login came under may be another account's by the time of the adoption.
#[test]
fn a_testers_name_that_is_anothers_by_now_is_refused_by_its_name() {
    let mut acme = open("org-a", "acme", &IDP_A);
    common::tenants::test_login(&mut acme, &IDP_A);
    let store = store_of(&acme, None);
    put(&store, &boss("org-a"));
    let other = linked("other", "other@example.test", &identity(&acme, &IDP_A, "boss"));
    put(&store, &other);
    let tester = boss("org-a");
    let by = By::member(&tester);
    let refused = administered(&store, &by, Change::Enforce).expect_err("another's");
    assert_eq!(refused, "test_login_of_another");
    let off = Intent::Unlink(&other.id);
    carry(&store, "org-a", &OPERATOR, &off).expect("unlinked");
    administered(&store, &by, Change::Enforce).expect("enforced");
    let tester = read(&store, "org-a", &tester.id).expect("the tester");
    assert_eq!(tester.link.map(|link| link.origin), Some(LinkOrigin::Session));
}

/// Approving a link does not lead elsewhere.
#[test]
fn a_name_of_another_connection_is_not_linked() {
    let acme = open("org-a", "acme", &IDP_A);
    let bravo = open("org-b", "bravo", &IDP_A);
    let alice = administrator_of("org-a", "alice", "alice@example.test");
    let key = identity(&bravo, &IDP_A, "alice").stable_key().expect("a key");
    let all = [alice.clone()];
    let link = Intent::Link { account: &alice.id, key: &key };
    let refused = decided(&link, &OPERATOR, &acme, &all, counters(&acme, &all));
    assert_eq!(refused.expect_err("another connection").code(), "connection_outdated");
}

/// A rule that takes any name does not make an administrator of whoever sets their address.
#[test]
fn a_rule_for_names_is_none_for_administrators() {
    let mut acme = open("org-a", "acme", &IDP_A);
    let mut rules = ProvisioningRules::default();
    rules.relink = RelinkRule::DangerAnyName;
    done(&mut acme, Change::Provision(rules));
    let named = |name: &str| {
        let mut answer = response(&acme, &IDP_A, "boss");
        let mut name = TestNameId::new(name);
        name.format = Some("urn:oasis:names:tc:SAML:2.0:nameid-format:persistent".into());
        answer.name_id = Some(name);
        log_in(&acme, &answer).expect("a login")
    };
    let chief = linked("chief", "boss@example.test", &named("1"));
    let mut proven = chief.clone();
    proven.address = administrator_of("org-a", "chief", "boss@example.test").address;
    let decision = common::people::login(&named("2"), &acme, std::slice::from_ref(&proven));
    assert_eq!(decision.expect("a code").code(), "confirm");
    let decision = common::people::login(&named("2"), &acme, std::slice::from_ref(&chief));
    assert_eq!(decision.expect_err("no code").code(), "link_unconfirmed");
    // A member's account follows, as the rule says.
    let mut member = chief;
    member.role = Role::Member;
    let decision = common::people::login(&named("2"), &acme, std::slice::from_ref(&member));
    assert_eq!(decision.expect("a login").code(), "link");
}
