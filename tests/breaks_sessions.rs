//! Small things that a deliberate break of the people half would change, and that no other test
//! looks at: what ends sessions, and what they stand for.

mod common;

use common::now;
use common::people::{address, carry, code, email, invited, member, read, store_of};
use common::tenants::{IDP_A, OPERATOR, identity, open};
use saml_login::Organization;
use saml_login::account::{
    Account, AccountId, EmailProof, Link, LinkOrigin, Profile, Role, Status,
};
use saml_login::organization::{By, Counters};
use saml_login::provision::{Import, Intent};
use saml_login::session::{LoginMethod, SessionStart};
use saml_login::token::{Token, TokenDigest};
use saml_login::{Random, store};

fn acme() -> Organization {
    open("org-a", "acme", &IDP_A)
}

fn link(origin: LinkOrigin) -> Link {
    let key = identity(&acme(), &IDP_A, "alice").stable_key().expect("a key");
    Link::new(key, origin)
}

/// Whether a change ends the sessions of the account.
fn ends(account: &Account, by: &By<'_>, intent: &Intent<'_>) -> bool {
    let acme = acme();
    let mut import = Import::new(account.id.clone(), account.address.clone().expect("one"), now());
    import.role = account.role;
    let store = store_of(&acme, None);
    carry(&store, "org-a", &By::Application, &Intent::Import(Box::new(import))).expect("one");
    if let Some(link) = &account.link {
        let link = Intent::Link { account: &account.id, key: &link.key };
        carry(&store, "org-a", &OPERATOR, &link).expect("a link");
    }
    let before = read(&store, "org-a", &account.id).expect("an account");
    let after = carry(&store, "org-a", by, intent).expect("a change").account;
    assert_eq!(after.version, before.version + 1);
    after.generation > before.generation
}

#[test]
fn sessions_end_with_what_they_were_begun_with() {
    let with = |proof| member("org-a", "alice", "alice@example.test", proof);
    let id = AccountId::new("alice");
    let (own, other) = (email("alice@example.test"), email("bob@example.test"));
    let mut names = Profile::default();
    names.first_name = Some("Alice".into());
    let rename = Intent::ChangeProfile { account: &id, profile: &names };
    let prove = Intent::ProveAddress { account: &id, email: &own };
    let change = Intent::ChangeAddress { account: &id, email: &other };
    let key = link(LinkOrigin::Code).key;
    let linking = Intent::Link { account: &id, key: &key };
    let mut linked = with(EmailProof::Proven);
    linked.link = Some(link(LinkOrigin::Approved));
    for (account, by, intent, expected) in [
        (with(EmailProof::Unproven), By::Application, &rename, false),
        (with(EmailProof::Organization), By::Application, &rename, false),
        (linked.clone(), By::Application, &rename, false),
        (with(EmailProof::Unproven), By::Application, &prove, true),
        (with(EmailProof::Organization), By::Application, &prove, true),
        (with(EmailProof::Domain), By::Application, &prove, false),
        (with(EmailProof::Proven), By::Application, &change, true),
        (with(EmailProof::Proven), OPERATOR, &linking, false),
        (linked.clone(), OPERATOR, &Intent::Unlink(&id), true),
    ] {
        assert_eq!(ends(&account, &by, intent), expected, "{:?} {intent:?}", account.proof());
    }
}

#[test]
fn who_was_deleted_is_not_in_the_way_of_their_own_invitation() {
    let acme = acme();
    let mut gone = member("org-a", "gone", "alice@example.test", EmailProof::Organization);
    gone.status = Status::Deleted;
    let waiting = invited("org-a", "waiting", "alice@example.test", Role::Member);
    let alice = identity(&acme, &IDP_A, "alice");
    assert_eq!(code(&alice, &acme, &[gone.clone(), waiting]), "link");
    assert_eq!(code(&alice, &acme, &[gone]), "account_deleted");
}

#[test]
fn a_status_ends_sessions_where_nobody_comes_in_by_it() {
    let acme = acme();
    let store = store_of(&acme, None);
    let address = address("alice@example.test", EmailProof::Unproven).expect("an address");
    let mut import = Import::new(AccountId::new("alice"), address, now());
    import.status = Status::Deactivated;
    let import = Intent::Import(Box::new(import));
    let off = carry(&store, "org-a", &By::Application, &import).expect("an account").account;
    let to = |status| {
        let intent = Intent::SetStatus { account: &off.id, status };
        carry(&store, "org-a", &By::Application, &intent).expect("a change").account.generation
    };
    let begun = off.generation;
    assert_eq!(to(Status::Active), begun);
    assert_eq!(to(Status::Deactivated), begun + 1);
    let mut names = Profile::default();
    names.first_name = Some("Alice".into());
    let rename = Intent::ChangeProfile { account: &off.id, profile: &names };
    let renamed = carry(&store, "org-a", &By::Application, &rename).expect("a change").account;
    assert_eq!((renamed.status, renamed.generation), (Status::Deactivated, begun + 1));
    assert_eq!(to(Status::Deleted), begun + 2);
}

#[test]
fn a_session_is_kept_with_what_it_was_begun_by() {
    let acme = acme();
    let identity = identity(&acme, &IDP_A, "alice");
    let mut alice = member("org-a", "alice", "alice@example.test", EmailProof::Organization);
    alice.generation = 5;
    let bare = |start: &SessionStart| {
        (start.organization.as_str(), start.account.as_str(), start.generation, start.method)
            == ("org-a", "alice", 5, start.method)
    };
    let sso = SessionStart::sso(&identity, &alice);
    assert!(bare(&sso));
    assert_eq!((sso.method, sso.issuer.as_ref()), (LoginMethod::Sso, Some(&identity.issuer)));
    assert_eq!(sso.key_fingerprint, Some(identity.key_fingerprint));
    assert_eq!((sso.stable_key, sso.proven), (identity.stable_key(), None));
    let own = email("Alice@example.test");
    let by_code = SessionStart::by_code(&alice, &own).expect("a session");
    assert!(bare(&by_code));
    assert_eq!((by_code.method, by_code.proven), (LoginMethod::EmailCode, Some(own)));
    assert_eq!((by_code.issuer, by_code.key_fingerprint, by_code.stable_key), (None, None, None));
    assert_eq!(SessionStart::by_code(&alice, &email("bob@example.test")), None);
}

#[test]
fn secrets_and_what_is_kept_of_them_are_what_they_are() {
    let (one, other) = (Token::new(Random::new([1; 32])), Token::new(Random::new([2; 32])));
    assert_ne!(one.as_str(), other.as_str());
    assert_eq!(one.as_str().len(), 43);
    assert_eq!(TokenDigest::of(&format!(" {}\n", one.as_str())), one.digest());
    let bytes = *one.digest().as_bytes();
    assert_eq!(TokenDigest::from_bytes(bytes), one.digest());
    assert_ne!(bytes, *other.digest().as_bytes());
    let own = [7; 32];
    assert_eq!(store::PurgeKey::from_bytes(own).as_bytes(), &own);
    assert_eq!(store::Mark::from_bytes(own).as_bytes(), &own);
    assert_eq!(store::CodeDigest::from_bytes(own).as_bytes(), &own);
}

#[test]
fn what_is_kept_is_good_until_it_ends() {
    let kept = |until| {
        let key = store::PagingKey::new(1, (now(), AccountId::new("a")));
        let what = store::KeptWhat::PagingKey(key);
        store::Kept::new("org-a", TokenDigest::of("token"), until, what)
    };
    let second = chrono::TimeDelta::seconds(1);
    assert!(kept(None).is_good(now()) && kept(Some(now() + second)).is_good(now()));
    assert!(!kept(Some(now())).is_good(now()) && !kept(Some(now() - second)).is_good(now()));
}

#[test]
fn accounts_are_counted_by_what_they_are() {
    let statuses = [(Status::Active, 4), (Status::Deactivated, 3), (Status::Deleted, 2)];
    let mut accounts = vec![invited("org-a", "i", "i@example.test", Role::Member)];
    for (status, number) in statuses {
        for one in 0..number {
            let id = format!("{}{one}", status.as_str());
            let text = format!("{id}@example.test");
            let mut account = member("org-a", &id, &text, EmailProof::Proven);
            account.status = status;
            accounts.push(account);
        }
    }
    let mut counters = Counters::of(&acme(), &accounts);
    for (status, number) in [&statuses[..], &[(Status::Invited, 1)]].concat() {
        assert_eq!(counters.with_status(status), number, "{status:?}");
    }
    assert_eq!((counters.living(), counters.seats().taken), (8, 5));
    assert!(!counters.had_administrator);
    accounts[1].role = Role::Administrator;
    counters = Counters::of(&acme(), &accounts);
    assert!(counters.had_administrator);
    assert_eq!(counters.administrators, 1);
}
