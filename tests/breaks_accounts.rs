//! Small things that a deliberate break of the people half would change, and that no other test
//! looks at: what becomes of an account, to the field.

mod common;

use std::slice::from_ref;

use common::now;
use common::people::{
    address, administrator_of, counters, decided, email, in_a_week, invitation, invited, member,
};
use common::tenants::{IDP_A, done, identity, name_keeper, open};
use saml_login::Organization;
use saml_login::account::{
    Account, AccountAddress, AccountId, EmailProof, Invitation, Link, LinkOrigin, Profile, Pushed,
    PushedAddress, Role, Source, Status,
};
use saml_login::identity::Email;
use saml_login::organization::{By, Change};
use saml_login::provision::{Import, Intent, Provisioning, Push, PushRefusal, Refusal, Wanted};
use saml_login::token::TokenDigest;

fn acme() -> Organization {
    open("org-a", "acme", &IDP_A)
}

fn managed() -> Organization {
    let mut managed = acme();
    done(&mut managed, Change::ManageByDirectory(true));
    managed
}

const DIRECTORY: By<'static> = By::Directory("directory-1");

/// What an intent makes of these accounts; the same account where it stays as it is.
fn made(
    intent: &Intent<'_>,
    by: &By<'_>,
    organization: &Organization,
    accounts: &[Account],
) -> Result<Account, Refusal> {
    let decided = decided(intent, by, organization, accounts, counters(organization, accounts))?;
    // Versions and generations are the business of another test.
    let mut account = decided.account().clone();
    if let Provisioning::Change { before, .. } = decided {
        account.version = before.version;
        account.generation = before.generation;
        account.changed_at = before.changed_at;
    }
    Ok(account)
}

/// The same account with a difference.
fn but(account: &Account, edit: impl FnOnce(&mut Account)) -> Account {
    let mut account = account.clone();
    edit(&mut account);
    account
}

fn new(id: &str) -> Account {
    Account::new(AccountId::new(id), "org-a", now())
}

fn alice(id: &str) -> Account {
    let mut account = member("org-a", id, "alice@example.test", EmailProof::Organization);
    account.user_name = Some("alice@example.test".into());
    account
}

fn profile(first: &str) -> Profile {
    let mut profile = Profile::default();
    profile.first_name = Some(first.into());
    profile
}

fn link(origin: LinkOrigin) -> Link {
    let key = identity(&acme(), &IDP_A, "alice").stable_key().expect("a key");
    Link::new(key, origin)
}

#[test]
fn an_invitation_makes_this_account_and_its_mail_that_one() {
    let acme = acme();
    let boss = administrator_of("org-a", "boss", "boss@example.test");
    let address = email("alice@example.test");
    let invite = |until| Intent::Invite {
        email: &address,
        role: Role::Administrator,
        invitation: Invitation::new(TokenDigest::of("token"), until),
    };
    let all = from_ref(&boss);
    let mut expected = alice("new");
    (expected.status, expected.role) = (Status::Invited, Role::Administrator);
    expected.invitation = Some(invitation("token"));
    let invited = made(&invite(in_a_week()), &By::member(&boss), &acme, all);
    assert_eq!(invited, Ok(expected.clone()));
    let over = made(&invite(now()), &By::member(&boss), &acme, all);
    assert_eq!(over, Err(Refusal::InvitationExpired));
    let accept = Intent::Accept(TokenDigest::of("token"));
    let accepted = made(&accept, &By::Application, &acme, from_ref(&expected));
    (expected.status, expected.invitation) = (Status::Active, None);
    expected.address = self::address("alice@example.test", EmailProof::Proven);
    assert_eq!(accepted, Ok(expected));
}

#[test]
fn an_import_makes_this_account_under_an_id_that_is_free() {
    let mut acme = acme();
    let mut import = Import::new(
        AccountId::new("alice"),
        AccountAddress::new(email("Alice@example.test"), EmailProof::Proven),
        now() - chrono::TimeDelta::days(900),
    );
    import.role = Role::Administrator;
    import.profile = profile("Alice");
    for (status, kept, ended_by) in [
        (Status::Active, Status::Active, None),
        (Status::Deactivated, Status::Deactivated, Some(Source::Application)),
        (Status::Invited, Status::Deactivated, Some(Source::Application)),
    ] {
        import.status = status;
        let mut expected = Account::new(AccountId::new("alice"), "org-a", import.created_at);
        (expected.status, expected.ended_by, expected.role) = (kept, ended_by, import.role);
        expected.user_name = Some("Alice@example.test".into());
        expected.address = Some(import.address.clone());
        expected.profile = import.profile.clone();
        let intent = Intent::Import(Box::new(import.clone()));
        assert_eq!(made(&intent, &By::Application, &acme, &[]), Ok(expected), "{status:?}");
    }
    import.status = Status::Active;
    let known = member("org-a", "alice", "other@example.test", EmailProof::Proven);
    let intent = Intent::Import(Box::new(import.clone()));
    let there = made(&intent, &By::Application, &acme, &[known]);
    assert_eq!(there, Err(Refusal::AccountExists));
    // Whoever was named for emergencies and is gone.
    name_keeper(&mut acme);
    import.account = AccountId::new("keeper");
    let named = made(&Intent::Import(Box::new(import)), &By::Application, &acme, &[]);
    assert_eq!(named, Err(Refusal::AccountExists));
}

#[test]
fn whoever_renames_a_person_renames_what_the_directory_said() {
    let mut account = alice("alice");
    let mut pushed = Pushed::new("alice");
    pushed.given_name = Some("Al".into());
    pushed.family_name = Some("Ice".into());
    pushed.formatted = Some("Al Ice".into());
    pushed.external_id = Some("x".into());
    let mut of_push = profile("Al");
    of_push.last_name = Some("Ice".into());
    of_push.display_name = Some("Al Ice".into());
    assert_eq!(pushed.profile(), of_push);
    let mut names = profile("Alice");
    names.last_name = Some("Liddell".into());
    names.display_name = Some("Alice L.".into());
    account.pushed = Some(Box::new(pushed.clone()));
    let id = account.id.clone();
    let intent = Intent::ChangeProfile { account: &id, profile: &names };
    let renamed = made(&intent, &By::Application, &acme(), from_ref(&account)).expect("a change");
    pushed.given_name = Some("Alice".into());
    pushed.family_name = Some("Liddell".into());
    pushed.display_name = Some("Alice L.".into());
    pushed.formatted = None;
    (account.profile, account.pushed) = (names.clone(), Some(Box::new(pushed)));
    assert_eq!(renamed, account);
}

#[test]
fn addresses_that_were_sent_are_known_in_any_letters() {
    let mut pushed = Pushed::new("alice");
    pushed.addresses = vec![PushedAddress::primary("Alice@Example.test")];
    pushed.addresses.push(PushedAddress::default());
    assert!(pushed.has_address(&email("alice@example.test")));
    assert!(!pushed.has_address(&email("bob@example.test")));
}

#[test]
fn a_promotion_alone_drops_a_link_by_an_address() {
    let acme = acme();
    let boss = administrator_of("org-a", "boss", "boss@example.test");
    let becomes = |before: Role, role, origin| {
        let account = but(&alice("alice"), |account| {
            (account.role, account.link) = (before, Some(link(origin)));
        });
        let intent = Intent::ChangeRole { account: &account.id, role };
        let all = [account.clone(), boss.clone()];
        let after = made(&intent, &By::member(&boss), &acme, &all).expect("a change");
        assert_eq!(after.role, role);
        after.link.is_some()
    };
    assert!(!becomes(Role::Member, Role::Administrator, LinkOrigin::Email));
    assert!(becomes(Role::Member, Role::Administrator, LinkOrigin::Code));
    assert!(becomes(Role::Administrator, Role::Administrator, LinkOrigin::Email));
    assert!(becomes(Role::Administrator, Role::Member, LinkOrigin::Email));
    assert!(becomes(Role::Member, Role::Member, LinkOrigin::Email));
}

#[test]
fn who_is_ended_released_and_given_back_keeps_the_rest() {
    let acme = acme();
    let mut waiting = invited("org-a", "alice", "alice@example.test", Role::Member);
    waiting.external_id = Some("x".into());
    waiting.user_name = Some("alice".into());
    let ended = |account: &Account, status| {
        let intent = Intent::SetStatus { account: &account.id, status };
        made(&intent, &By::Application, &acme, from_ref(account)).expect("a change")
    };
    let gone = but(&waiting, |account| {
        (account.status, account.ended_by) = (Status::Deleted, Some(Source::Application));
        account.invitation = None;
    });
    assert_eq!(ended(&waiting, Status::Deleted), gone);
    let back = but(&gone, |account| {
        (account.status, account.ended_by) = (Status::Active, None);
    });
    assert_eq!(ended(&gone, Status::Active), back);
    let release = Intent::ReleaseAddress(&gone.id);
    let released = made(&release, &By::Application, &acme, from_ref(&gone));
    let bare = but(&gone, |account| {
        (account.address, account.user_name, account.external_id) = (None, None, None);
    });
    assert_eq!(released, Ok(bare));
}

#[test]
fn another_address_is_the_applications_and_the_user_name_follows_it() {
    let acme = acme();
    let other = email("Bob@example.test");
    let mut account = alice("alice");
    account.managed_by = Source::Directory;
    let change = Intent::ChangeAddress { account: &account.id, email: &other };
    let moved = made(&change, &By::Application, &acme, from_ref(&account));
    let mut expected = account.clone();
    expected.managed_by = Source::Application;
    expected.address = address("Bob@example.test", EmailProof::Unproven);
    expected.user_name = Some("Bob@example.test".into());
    assert_eq!(moved, Ok(expected.clone()));
    // What the directory has called them stays.
    account.pushed = Some(Box::new(Pushed::new("alice@example.test")));
    let moved = made(&change, &By::Application, &acme, from_ref(&account));
    (expected.pushed, expected.user_name) = (account.pushed.clone(), account.user_name.clone());
    assert_eq!(moved, Ok(expected));
}

fn pushed(
    organization: &Organization,
    accounts: &[Account],
    account: Option<&AccountId>,
    wanted: Wanted,
) -> Result<Account, Refusal> {
    let apply = move |_: Option<&Account>| Ok::<_, PushRefusal>(wanted.clone());
    let push = account.map_or_else(|| Push::new(&apply), |account| Push::of(account, &apply));
    made(&Intent::Push(push), &DIRECTORY, organization, accounts)
}

#[test]
fn a_push_makes_this_account() {
    let managed = managed();
    let mut sent = Pushed::new("alice");
    sent.external_id = Some("x".into());
    sent.given_name = Some("Alice".into());
    sent.addresses = vec![PushedAddress::primary("alice@example.test")];
    let mut expected = new("new");
    expected.address = address("alice@example.test", EmailProof::Organization);
    expected.user_name = Some("alice".into());
    expected.external_id = Some("x".into());
    expected.profile = profile("Alice");
    expected.managed_by = Source::Directory;
    expected.pushed = Some(Box::new(sent.clone()));
    for active in [None, Some(true)] {
        let created = pushed(&managed, &[], None, Wanted::new(sent.clone(), active));
        assert_eq!(created, Ok(expected.clone()));
    }
    let created = pushed(&managed, &[], None, Wanted::new(sent.clone(), false));
    (expected.status, expected.ended_by) = (Status::Deactivated, Some(Source::Directory));
    assert_eq!(created, Ok(expected.clone()));
    // Sent once more, it is the same account that comes back, whether that is said or not.
    let off = expected.clone();
    (expected.status, expected.ended_by) = (Status::Active, None);
    for active in [None, Some(true)] {
        let again = pushed(&managed, from_ref(&off), None, Wanted::new(sent.clone(), active));
        assert_eq!(again, Ok(expected.clone()));
    }
    let by_id = pushed(&managed, from_ref(&off), Some(&off.id), Wanted::new(sent.clone(), true));
    assert_eq!(by_id, Ok(expected.clone()));
    let unsaid = pushed(&managed, from_ref(&off), Some(&off.id), Wanted::new(sent, None));
    assert_eq!(unsaid, Ok(off));
}

/// Entra's soft delete renames, and the user name can be all there is of an address.
#[test]
fn whoever_is_switched_off_and_renamed_keeps_their_address() {
    let managed = managed();
    let before = pushed(&managed, &[], None, Wanted::new(Pushed::new("ulla@example.test"), true));
    let before = before.expect("somebody new");
    let digits = "5a5a0000b1b14c4c8d8d111122223333ulla@example.test";
    for (active, moved) in [(Some(false), false), (Some(true), true), (None, true)] {
        let wanted = Wanted::new(Pushed::new(digits), active);
        let after = pushed(&managed, from_ref(&before), Some(&before.id), wanted);
        let after = after.expect("a change");
        let expected = if moved { digits } else { "ulla@example.test" };
        assert_eq!(after.email().map(Email::address), Some(expected), "{active:?}");
        assert_eq!(after.user_name.as_deref(), Some(digits));
    }
}

/// What the directory no longer says of itself is gone; who comes back keeps it.
#[test]
fn the_directorys_own_id_goes_when_it_is_taken_away() {
    let managed = managed();
    let mut sent = Pushed::new("alice");
    sent.external_id = Some("x".into());
    let mut before = pushed(&managed, &[], None, Wanted::new(sent, true)).expect("somebody new");
    let without = || Wanted::new(Pushed::new("alice"), true);
    let after = pushed(&managed, from_ref(&before), Some(&before.id), without());
    assert_eq!(after.expect("a change").external_id, None);
    (before.status, before.ended_by) = (Status::Deactivated, Some(Source::Directory));
    let after = pushed(&managed, from_ref(&before), None, without()).expect("a change");
    assert_eq!((after.id, after.external_id.as_deref()), (before.id, Some("x")));
}

#[test]
fn who_comes_back_is_known_by_the_directorys_id_or_else_by_the_user_name() {
    let managed = managed();
    let off = |id: &str, external_id: Option<&str>| {
        let mut account = new(id);
        account.user_name = Some(id.into());
        account.external_id = external_id.map(Into::into);
        (account.status, account.ended_by) = (Status::Deactivated, Some(Source::Directory));
        account
    };
    let all = [off("bob", Some("x")), off("alice", None)];
    for (user_name, external_id, expected) in [
        ("carol", Some("x"), "bob"),
        ("ALICE", Some("y"), "alice"),
        ("alice", None, "alice"),
        ("carol", Some("y"), "new"),
        ("carol", None, "new"),
    ] {
        let mut sent = Pushed::new(user_name);
        sent.external_id = external_id.map(Into::into);
        let account = pushed(&managed, &all, None, Wanted::new(sent, None)).expect("somebody");
        assert_eq!(account.id.as_str(), expected, "{user_name} {external_id:?}");
    }
}

#[test]
fn a_push_answers_invitations_of_members_and_moves_no_administrator() {
    let managed = managed();
    for (role, active, kept) in
        [(Role::Member, true, Status::Active), (Role::Administrator, true, Status::Invited)]
    {
        let waiting = invited("org-a", "alice", "alice@example.test", role);
        let wanted = Wanted::new(Pushed::new("alice@example.test"), active);
        let account = pushed(&managed, from_ref(&waiting), Some(&waiting.id), wanted);
        let account = account.expect("a change");
        let invitation = waiting.invitation.filter(|_| kept == Status::Invited);
        assert_eq!((account.status, account.invitation), (kept, invitation));
    }
    for (role, before, after) in [
        (Role::Member, Some("alice@example.test"), "bob@example.test"),
        (Role::Administrator, Some("alice@example.test"), "alice@example.test"),
        (Role::Administrator, Some("BOB@example.test"), "bob@example.test"),
        (Role::Administrator, None, "bob@example.test"),
    ] {
        let mut account = new("alice");
        account.role = role;
        account.address = before.and_then(|text| address(text, EmailProof::Organization));
        let wanted = Wanted::new(Pushed::new("bob@example.test"), true);
        let changed = pushed(&managed, from_ref(&account), Some(&account.id), wanted);
        let changed = changed.expect("a change");
        assert!(changed.has_email(&email(after)), "{role:?} {before:?}");
    }
}

#[test]
fn a_push_is_kept_to_the_letter_or_refused() {
    let managed = managed();
    let check = |edit: &dyn Fn(&mut Pushed)| {
        let mut sent = Pushed::new("alice");
        edit(&mut sent);
        let account = pushed(&managed, &[], None, Wanted::new(sent, None));
        account.err().map(|refusal| refusal.code())
    };
    let some = |count| {
        let address = |number| {
            let mut address = PushedAddress::default();
            address.value = format!("a{number}@example.test");
            address
        };
        (0..count).map(address).collect::<Vec<_>>()
    };
    let primary = |count: usize| {
        let mut all = some(3);
        all.iter_mut().take(count).for_each(|address| address.primary = true);
        all
    };
    assert_eq!(check(&|_| {}), None);
    assert_eq!(check(&|sent| sent.user_name = " ".into()), Some("push_user_name_empty"));
    assert_eq!(check(&|sent| sent.addresses = some(10)), None);
    assert_eq!(check(&|sent| sent.addresses = some(11)), Some("push_too_many_addresses"));
    assert_eq!(check(&|sent| sent.addresses = primary(1)), None);
    assert_eq!(check(&|sent| sent.addresses = primary(2)), Some("push_several_primary"));
    assert_eq!(check(&|sent| sent.addresses = primary(3)), Some("push_several_primary"));
    assert_eq!(check(&|sent| sent.formatted = Some("a\nb".into())), Some("push_text_unfit"));
    assert_eq!(check(&|sent| sent.external_id = Some("a\nb".into())), Some("push_text_unfit"));
}
