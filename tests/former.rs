//! What was so once is not so now: former addresses, former names, ids that were given before.

mod common;

use common::people::{
    address, administrator_of, carry, code as decides, come, counters, decided, email, login,
    numbers, read, store_of,
};
use common::tenants::{IDP_A, OPERATOR, done, identity, open, verify_domain};
use common::{block_on, now};
use saml_login::account::{
    Account, AccountId, EmailProof, Link, LinkOrigin, Pushed, PushedAddress, Role, Source, Status,
};
use saml_login::audit::Outcome;
use saml_login::organization::{By, Change};
use saml_login::policy::{LoginPolicy, PolicyAction, Verdict};
use saml_login::provision::{Holder, Import, Intent, LogIn, Push, PushRefusal, Wanted};
use saml_login::session::{LoginMethod, SessionStart};
use saml_login::store::{MemoryStore, Name, Store};

const DIRECTORY: By<'static> = By::Directory("token-1");

fn pushed(name: &str, external: &str) -> Pushed {
    let mut pushed = Pushed::new(format!("{name}@example.test"));
    pushed.external_id = Some(external.to_owned());
    pushed.addresses = vec![PushedAddress::primary(format!("{name}@example.test"))];
    pushed
}

fn push(
    store: &MemoryStore,
    account: Option<&AccountId>,
    wanted: &Pushed,
) -> Result<Account, &'static str> {
    let apply = |_: Option<&Account>| -> Result<Wanted, PushRefusal> {
        Ok(Wanted::new(wanted.clone(), true))
    };
    let push = match account {
        Some(id) => Push::of(id, &apply),
        None => Push::new(&apply),
    };
    let done = carry(store, "org-a", &DIRECTORY, &Intent::Push(push));
    done.map(|done| done.account).map_err(|error| error.code())
}

/// A code is for the address that it was sent to, and for the sessions of that time.
#[test]
fn a_code_is_of_the_address_that_it_was_sent_to() {
    let acme = open("org-a", "acme", &IDP_A);
    let boss = administrator_of("org-a", "boss", "boss@example.test");
    let comes = identity(&acme, &IDP_A, "boss");
    let all = [boss.clone()];
    let by_code = |all: &[Account], sent_to: &str, generation: u64| {
        let sent_to = email(sent_to);
        let holder = Holder::Code { account: &boss.id, sent_to: &sent_to, generation };
        let intent = Intent::LogIn(LogIn::of(&comes).with(holder));
        let decision = decided(&intent, &By::IdentityProvider, &acme, all, counters(&acme, all));
        match decision {
            Ok(decision) => decision.code(),
            Err(refusal) => refusal.code(),
        }
    };
    assert_eq!(by_code(&all, "boss@example.test", 0), "link");
    assert_eq!(by_code(&all, "BOSS@example.test", 0), "link");
    assert_eq!(by_code(&all, "former@example.test", 0), "link_unconfirmed");
    assert_eq!(by_code(&all, "boss@example.test", 1), "link_unconfirmed");
    // What has to hold when it is sent has to hold when it is entered.
    let mut managed = boss.clone();
    managed.managed_by = Source::Directory;
    assert_eq!(by_code(&[managed], "boss@example.test", 0), "link_unconfirmed");
    let mut unproven = boss.clone();
    unproven.address = address("boss@example.test", EmailProof::Organization);
    assert_eq!(by_code(&[unproven], "boss@example.test", 0), "link_unconfirmed");
}

#[test]
fn a_code_begins_a_session_of_the_present_address_alone() {
    let mut alice = Account::new(AccountId::new("alice"), "org-a", now());
    alice.address = address("alice@example.test", EmailProof::Organization);
    let start = SessionStart::by_code(&alice, &email("Alice@example.test")).expect("a login");
    assert_eq!(start.method, LoginMethod::EmailCode);
    assert_eq!(start.proven, Some(email("Alice@example.test")));
    assert_eq!(SessionStart::by_code(&alice, &email("former@example.test")), None);
    for method in LoginMethod::ALL.iter().copied() {
        assert_eq!(SessionStart::new(&alice, method).proven, None, "{method:?}");
    }
}

/// Whom the application has ended is known again by every name they had.
#[test]
fn whom_the_application_ended_keeps_their_names() {
    let mut acme = open("org-a", "acme", &IDP_A);
    done(&mut acme, Change::ManageByDirectory(true));
    let store = store_of(&acme, None);
    let eve = push(&store, None, &pushed("eve", "e-1")).expect("a push");
    let off = Intent::SetStatus { account: &eve.id, status: Status::Deactivated };
    carry(&store, "org-a", &OPERATOR, &off).expect("an operator ends it");
    let kept = read(&store, "org-a", &eve.id).expect("an account");
    let mut elsewhere = pushed("eve", "e-1");
    elsewhere.addresses = vec![PushedAddress::primary("o@example.test")];
    let renamed = [pushed("other", "e-1"), pushed("eve", "e-2"), elsewhere];
    for wanted in &renamed {
        assert_eq!(push(&store, Some(&eve.id), wanted), Err("ended_by_application"));
        assert_eq!(read(&store, "org-a", &eve.id).as_ref(), Some(&kept));
    }
    assert_eq!(push(&store, None, &pushed("eve", "e-9")), Err("address_taken"));
    // The rest is taken, and `active` stays false.
    let mut named = pushed("eve", "e-1");
    named.given_name = Some("Eve".into());
    let taken = push(&store, Some(&eve.id), &named).expect("a push");
    assert_eq!(taken.status, Status::Deactivated);
    assert_eq!(taken.profile.first_name.as_deref(), Some("Eve"));
    // Whom the directory ended itself, it may rename.
    let dan = push(&store, None, &pushed("dan", "d-1")).expect("a push");
    let off = Intent::SetStatus { account: &dan.id, status: Status::Deactivated };
    carry(&store, "org-a", &DIRECTORY, &off).expect("the directory ends it");
    assert!(push(&store, Some(&dan.id), &pushed("daniel", "d-1")).is_ok());
}

/// A directory's mailbox is not the holder's, until somebody else has put another there.
#[test]
fn an_address_is_whose_who_put_it_there() {
    let mut acme = open("org-a", "acme", &IDP_A);
    verify_domain(&mut acme, "example.test");
    let mut boss = administrator_of("org-a", "boss", "boss@example.test");
    boss.managed_by = Source::Directory;
    let comes = identity(&acme, &IDP_A, "boss");
    let after = |intent: &Intent<'_>| {
        let (all, by) = ([boss.clone()], By::Application);
        let decision = decided(intent, &by, &acme, &all, counters(&acme, &all));
        decision.expect("a change").account().clone()
    };
    assert_eq!(decides(&comes, &acme, &[boss.clone()]), "link_unconfirmed");
    let own = email("own@example.test");
    let moved = after(&Intent::ChangeAddress { account: &boss.id, email: &own });
    assert_eq!((moved.managed_by, moved.proof()), (Source::Application, EmailProof::Unproven));
    // To prove what the directory has put there does not make it the holder's: it may be the
    // directory's own mailbox.
    let mailbox = email("boss@example.test");
    let proven = after(&Intent::ProveAddress { account: &boss.id, email: &mailbox });
    assert_eq!((proven.managed_by, proven.proof()), (Source::Directory, EmailProof::Proven));
    let proven = after(&Intent::ProveAddress { account: &boss.id, email: &own });
    assert_eq!((proven.managed_by, proven.proof()), (Source::Application, EmailProof::Proven));
    assert_eq!(proven.email(), Some(&own));
}

/// A push onto an administrator takes no code from them: it may be the only way in.
#[test]
fn a_push_leaves_an_administrator_the_way_in() {
    let mut acme = open("org-a", "acme", &IDP_A);
    done(&mut acme, Change::ManageByDirectory(true));
    let boss = administrator_of("org-a", "boss", "boss@example.test");
    let apply = |_: Option<&Account>| -> Result<Wanted, PushRefusal> {
        Ok(Wanted::new(pushed("boss", "b-1"), true))
    };
    let after = |boss: &Account| {
        let (all, intent) = ([boss.clone()], Intent::Push(Push::of(&boss.id, &apply)));
        let decision = decided(&intent, &DIRECTORY, &acme, &all, counters(&acme, &all));
        decision.expect("a push").account().clone()
    };
    assert!(boss.takes_code());
    let pushed = after(&boss);
    assert!(pushed.takes_code() && pushed.pushed.is_some());
    assert_eq!(pushed.managed_by, Source::Application);
    let mut member = boss;
    member.role = Role::Member;
    assert_eq!(after(&member).managed_by, Source::Directory);
}

/// Where the directory has said nothing, the user name is the address: a newcomer who has the
/// former one is not somebody else because of it.
#[test]
fn the_user_name_follows_the_address() {
    let mut acme = open("org-a", "acme", &IDP_A);
    verify_domain(&mut acme, "example.test");
    let store = store_of(&acme, None);
    let anna = come(&store, &acme, &identity(&acme, &IDP_A, "anna")).expect("a login").account;
    assert_eq!(anna.user_name.as_deref(), Some("anna@example.test"));
    let married = email("anna.new@example.test");
    let change = Intent::ChangeAddress { account: &anna.id, email: &married };
    let moved = carry(&store, "org-a", &OPERATOR, &change).expect("a change").account;
    assert_eq!(moved.user_name.as_deref(), Some("anna.new@example.test"));
    let unlink = Intent::Unlink(&anna.id);
    carry(&store, "org-a", &OPERATOR, &unlink).expect("a change");
    let newcomer = come(&store, &acme, &identity(&acme, &IDP_A, "anna")).expect("a login");
    assert_eq!(newcomer.provisioning.code(), "create");
    assert_ne!(newcomer.account.id, anna.id);
    // What the directory has said stays.
    let mut known = moved;
    known.pushed = Some(Box::new(pushed("anna.new", "a-1")));
    let other = email("third@example.test");
    let all = [known.clone()];
    let change = Intent::ChangeAddress { account: &known.id, email: &other };
    let decision = decided(&change, &OPERATOR, &acme, &all, counters(&acme, &all));
    let after = decision.expect("a change").account().clone();
    assert_eq!(after.user_name.as_deref(), Some("anna.new@example.test"));
}

/// A login under another address moves nobody onto a user name that somebody has.
#[test]
fn an_address_does_not_follow_onto_anothers_user_name() {
    let mut acme = open("org-a", "acme", &IDP_A);
    verify_domain(&mut acme, "example.test");
    let comes = identity(&acme, &IDP_A, "alice");
    let mut alice = Account::new(AccountId::new("alice"), "org-a", now());
    alice.address = address("before@example.test", EmailProof::Organization);
    alice.user_name = Some("before@example.test".into());
    alice.link = comes.stable_key().map(|key| Link::new(key, LinkOrigin::Created));
    let mut other = Account::new(AccountId::new("other"), "org-a", now());
    other.user_name = Some("Alice@example.test".into());
    let decision = login(&comes, &acme, &[alice.clone(), other]).expect("a login");
    assert_eq!(decision.account().email(), alice.email());
    let decision = login(&comes, &acme, &[alice]).expect("a login");
    assert_eq!(decision.account().email(), Some(&email("alice@example.test")));
    assert_eq!(decision.account().user_name.as_deref(), Some("alice@example.test"));
}

#[test]
fn an_id_is_imported_once() {
    let mut acme = open("org-a", "acme", &IDP_A);
    common::tenants::name_keeper(&mut acme);
    let store = store_of(&acme, None);
    let import = |id: &str, name: &str| {
        let address = address(&format!("{name}@example.test"), EmailProof::Proven).expect("one");
        let mut import = Import::new(AccountId::new(id), address, now());
        import.role = Role::Administrator;
        let done = carry(&store, "org-a", &OPERATOR, &Intent::Import(Box::new(import)));
        done.map(|done| done.provisioning.code()).map_err(|error| error.code())
    };
    assert_eq!(import("alice", "alice"), Ok("create"));
    assert_eq!(import("alice", "alice"), Err("account_exists"));
    assert_eq!(import("alice", "somebody.else"), Err("account_exists"));
    // The record of whoever was named for emergencies is gone; the name of it is not given anew.
    assert_eq!(import("keeper", "newcomer"), Err("account_exists"));
    let told = block_on(store.audit(&"org-a".into(), None, 1)).expect("the store");
    assert_eq!(told[0].1.outcome, Outcome::Refused("account_exists".into()));
    assert_eq!(numbers(&store, "org-a").active, 1);
}

/// Whoever is there is told before a seat is asked for.
#[test]
fn a_push_of_somebody_who_is_there_needs_no_seat_to_be_told() {
    let mut acme = open("org-a", "acme", &IDP_A);
    done(&mut acme, Change::ManageByDirectory(true));
    let store = store_of(&acme, Some(1));
    push(&store, None, &pushed("alice", "a-1")).expect("a push");
    assert_eq!(push(&store, None, &pushed("alice", "a-1")), Err("address_taken"));
    assert_eq!(push(&store, None, &pushed("bob", "b-1")), Err("no_seat"));
    let names = Name::pushed(&pushed("alice", "a-1"));
    assert_eq!(names.len(), 3);
}

/// A session of a connection that is gone goes on nowhere, enforced or not.
#[test]
fn a_session_ends_with_its_connection() {
    let mut acme = open("org-a", "acme", &IDP_A);
    let comes = identity(&acme, &IDP_A, "alice");
    let alice = common::people::created(&comes, &acme, "alice");
    let session = SessionStart::sso(&comes, &alice);
    let resume = |acme: &saml_login::Organization| {
        let decision = LoginPolicy::of(acme).decide(&alice, &PolicyAction::Resume(&session));
        (decision.verdict, decision.code())
    };
    assert_eq!(resume(&acme), (Verdict::Allow, "allowed"));
    // Switched off, its values are trusted still.
    done(&mut acme, Change::Disable);
    assert_eq!(resume(&acme), (Verdict::Allow, "allowed"));
    done(&mut acme, Change::RemoveConnection);
    assert_eq!(resume(&acme), (Verdict::EndSession, "session_ended"));
}
