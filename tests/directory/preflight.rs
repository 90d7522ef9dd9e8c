//! What the directory will find, and how it stands.

use chrono::TimeDelta;
use saml_login::Organization;
use saml_login::account::{Account, AccountId, EmailProof, OrganizationId, Role, Source, Status};
use saml_login::administration::{
    AdministrationError, DirectoryState, Preflight, TokenLifetime, directory_state, issue_token,
    preflight,
};
use saml_login::organization::{By, Change, JitRule, Plan, ProvisioningRules};
use saml_login::provision::Asked;
use saml_login::store::{
    AccountWrite, DirectoryToken, Kept, KeptKind, KeptWhat, KeptWrite, MemoryStore, Store, Write,
    Written,
};

use crate::common::people::{administrator_of, invited, member, random, store_of};
use crate::common::tenants::{
    IDP_A, OPERATOR, done, name_keeper, open, organization, verify_domain,
};
use crate::common::{block_on, now};

fn put(store: &MemoryStore, account: &Account) {
    let mut write = Write::of(&account.organization, now());
    write.account = Some(AccountWrite::Create(Box::new(account.clone())));
    assert_eq!(block_on(store.write(write)).expect("the store"), Written::Done);
}

fn look(store: &MemoryStore, plan: Plan, by: By<'_>) -> Result<Preflight, AdministrationError> {
    block_on(preflight(store, &plan, &"org-a".into(), &Asked::by(by, now())))
}

fn ended(name: &str, by: Source) -> Account {
    let mut account = member("org-a", name, &format!("{name}@example.test"), EmailProof::Proven);
    account.status = Status::Deactivated;
    account.ended_by = Some(by);
    account
}

#[test]
fn who_is_there_is_told_before_the_directory_comes() {
    let mut acme = open("org-a", "acme", &IDP_A);
    verify_domain(&mut acme, "example.test");
    name_keeper(&mut acme);
    let store = store_of(&acme, Some(5));
    let boss = administrator_of("org-a", "boss", "boss@example.test");
    for account in [
        boss.clone(),
        administrator_of("org-a", "keeper", "keeper@example.test"),
        member("org-a", "guest", "guest@elsewhere.test", EmailProof::Proven),
        invited("org-a", "dana", "dana@example.test", Role::Member),
        ended("former", Source::Application),
        ended("away", Source::Directory),
    ] {
        put(&store, &account);
    }
    let found = look(&store, Plan::ALL, By::member(&boss)).expect("an administrator");
    let ids = |people: &saml_login::administration::People| {
        let mut ids: Vec<String> =
            people.first.iter().map(|id: &AccountId| id.as_str().to_owned()).collect();
        ids.sort();
        assert_eq!(people.number, ids.len());
        ids
    };
    assert!(found.refusal.is_none() && found.is_whole);
    assert_eq!(ids(&found.adopted), ["boss", "guest", "keeper"]);
    assert_eq!(ids(&found.waiting), ["dana"]);
    assert_eq!(ids(&found.outside), ["guest"]);
    assert_eq!(ids(&found.kept_out), ["former"]);
    assert_eq!(ids(&found.break_glass), ["keeper"]);
    assert_eq!((found.seats.taken, found.seats.free()), (4, Some(1)));
    // It is for administrators.
    let guest = member("org-a", "guest", "guest@elsewhere.test", EmailProof::Proven);
    for by in [By::member(&guest), By::entered(&boss), By::Directory("token")] {
        assert_eq!(look(&store, Plan::ALL, by).expect_err("refused").code(), "not_administrator");
    }
    // What stands in the way is said.
    let refusal = |plan| look(&store, plan, OPERATOR).expect("looked").refusal.map(|it| it.code());
    assert_eq!(refusal(Plan::new(true, false)), Some("not_entitled"));
    let closed = store_of(&organization("org-a", "acme"), None);
    let found = look(&closed, Plan::ALL, OPERATOR).expect("looked");
    assert_eq!(found.refusal.map(|it| it.code()), Some("directory_needs_sso"));
}

#[test]
fn no_more_are_looked_at_than_can_be_shown() {
    let acme: Organization = open("org-a", "acme", &IDP_A);
    let store = store_of(&acme, None);
    for number in 0..1_001 {
        let id = format!("m{number:05}");
        put(&store, &member("org-a", &id, &format!("{id}@example.test"), EmailProof::Proven));
    }
    let found = look(&store, Plan::ALL, OPERATOR).expect("looked");
    assert_eq!((found.adopted.number, found.adopted.first.len()), (1_001, 100));
    assert!(found.is_whole);
    assert_eq!(found.outside.number, 0, "nobody is outside where there are no domains");
    let more = |store: &MemoryStore, numbers: std::ops::Range<usize>| {
        for number in numbers {
            let id = format!("m{number:05}");
            put(store, &member("org-a", &id, &format!("{id}@example.test"), EmailProof::Proven));
        }
        let found = look(store, Plan::ALL, OPERATOR).expect("looked");
        (found.adopted.number, found.is_whole)
    };
    assert_eq!(more(&store, 1_001..Preflight::MOST), (10_000, true));
    assert_eq!(more(&store, Preflight::MOST..10_001), (10_000, false));
}

#[test]
fn whoever_is_invited_waits_for_the_directory_only_where_it_says_who_has_an_account() {
    let mut acme = open("org-a", "acme", &IDP_A);
    for (jit, expected) in
        [(JitRule::UnlessDirectory, (0, 1)), (JitRule::Always, (1, 0)), (JitRule::Never, (1, 0))]
    {
        let mut rules = ProvisioningRules::default();
        rules.jit = jit;
        done(&mut acme, Change::Provision(rules));
        let store = store_of(&acme, None);
        put(&store, &invited("org-a", "dana", "dana@example.test", Role::Member));
        let found = look(&store, Plan::ALL, OPERATOR).expect("looked");
        assert_eq!((found.adopted.number, found.waiting.number), expected);
    }
}

#[test]
fn a_directory_waits_for_its_first_request() {
    let mut acme = open("org-a", "acme", &IDP_A);
    let id = OrganizationId::new("org-a");
    let state =
        |store: &MemoryStore, at| block_on(directory_state(store, &id, at)).expect("the store");
    assert_eq!(state(&store_of(&acme, None), now()), DirectoryState::Off);
    done(&mut acme, Change::ManageByDirectory(true));
    let store = store_of(&acme, None);
    assert_eq!(state(&store, now()), DirectoryState::NoToken);
    let asked = Asked::by(OPERATOR, now());
    let token = ("JumpCloud", TokenLifetime::NinetyDays);
    let issued = block_on(issue_token(&store, &Plan::ALL, &id, token, &asked, random()));
    let issued = issued.expect("a token");
    assert_eq!(state(&store, now()), DirectoryState::Waiting);
    // It comes.
    let digest = issued.secret.digest();
    let kept = block_on(store.kept(KeptKind::DirectoryToken, &digest)).expect("the store");
    let mut kept: Kept = kept.expect("it is kept");
    let KeptWhat::DirectoryToken(token) = kept.what.clone() else { panic!("a token") };
    let (last_used_at, client) = (now() + TimeDelta::minutes(2), Some("JumpCloud".to_owned()));
    let mut used: DirectoryToken = token;
    (used.last_used_at, used.client) = (Some(last_used_at), client.clone());
    (kept.what, kept.version) = (KeptWhat::DirectoryToken(used), kept.version + 1);
    let mut write = Write::of(&id, now());
    write.kept.push(KeptWrite::Put(Box::new(kept)));
    assert_eq!(block_on(store.write(write)).expect("the store"), Written::Done);
    let connected = DirectoryState::Connected { last_used_at, client };
    assert_eq!(state(&store, now()), connected);
    // The token that it came with has expired.
    assert_eq!(state(&store, now() + TimeDelta::days(90)), DirectoryState::NoToken);
    let unknown = block_on(directory_state(&store, &"org-b".into(), now()));
    assert_eq!(unknown.expect_err("nobody").code(), "organization_unknown");
}
