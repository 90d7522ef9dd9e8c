//! Small things that a deliberate break of the people half would change, and that no other test
//! looks at: who comes in, as whom, and what is proven by it.

mod common;

use std::slice::from_ref;
use std::sync::{Arc, Mutex};

use common::hooked::Hooked;
use common::now;
use common::people::{
    administrator_of, carry, code, counters, created, decided, email, invitation, invited, login,
    member, store_of,
};
use common::tenants::{IDP_A, done, identity, log_in, open, response};
use saml_login::account::{
    Account, AccountAddress, AccountId, EmailProof, LinkOrigin, Pushed, Role, Status,
};
use saml_login::error::BoxError;
use saml_login::organization::{By, Change, DomainRule, JitRule, ProfileSource, ProvisioningRules};
use saml_login::provision::{
    Holder, Import, Intent, LogIn, Provisioning, Push, PushRefusal, Refusal, Wanted,
};
use saml_login::store::{Name, Names, Store};
use saml_login::testing::idp::TestNameId;
use saml_login::token::TokenDigest;
use saml_login::{Identity, Organization};

const EMAIL: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";

fn acme() -> Organization {
    open("org-a", "acme", &IDP_A)
}

/// Alice under this name, whose format says that it is an address.
fn named(organization: &Organization, name: &str) -> Identity {
    let mut response = response(organization, &IDP_A, "alice");
    let mut name_id = TestNameId::new(name);
    name_id.format = Some(EMAIL.into());
    response.name_id = Some(name_id);
    log_in(organization, &response).expect("a login")
}

/// A login of somebody who holds an account in another way.
fn holding(
    identity: &Identity,
    organization: &Organization,
    accounts: &[Account],
    holder: Holder<'_>,
) -> Result<Provisioning, Refusal> {
    let intent = Intent::LogIn(LogIn::of(identity).with(holder));
    let counters = counters(organization, accounts);
    decided(&intent, &By::IdentityProvider, organization, accounts, counters)
}

/// The account as it is then.
fn after(decided: Result<Provisioning, Refusal>) -> Account {
    match decided {
        Ok(Provisioning::Change { after, .. }) => *after,
        other => panic!("nothing changes: {other:?}"),
    }
}

#[test]
fn a_code_links_whom_it_was_sent_to_as_long_as_nothing_was_ended() {
    let acme = acme();
    let alice = identity(&acme, &IDP_A, "alice");
    let mut boss = administrator_of("org-a", "boss", "alice@example.test");
    boss.generation = 3;
    assert_eq!(code(&alice, &acme, from_ref(&boss)), "confirm");
    let (own, other) = (email("alice@example.test"), email("bob@example.test"));
    let by = |sent_to, generation| {
        let holder = Holder::Code { account: &boss.id, sent_to, generation };
        holding(&alice, &acme, from_ref(&boss), holder)
    };
    let linked = after(by(&own, 3));
    let link = linked.link.as_ref().expect("a link");
    assert_eq!((Some(&link.key), link.origin), (alice.stable_key().as_ref(), LinkOrigin::Code));
    assert_eq!((linked.role, linked.proof()), (Role::Administrator, EmailProof::Proven));
    for (sent_to, generation) in [(&other, 3), (&own, 2), (&own, 4)] {
        assert_eq!(by(sent_to, generation), Err(Refusal::LinkUnconfirmed), "{generation}");
    }
}

#[test]
fn only_whoever_came_by_the_mail_has_received_it() {
    let acme = acme();
    let alice = identity(&acme, &IDP_A, "alice");
    let waiting = invited("org-a", "waiting", "alice@example.test", Role::Member);
    let token = waiting.invitation.expect("an invitation").token;
    let accounts = from_ref(&waiting);
    let by_mail = after(holding(&alice, &acme, accounts, Holder::Invitation(token)));
    let in_session = after(holding(&alice, &acme, accounts, Holder::Session(&waiting.id)));
    let by_address = after(login(&alice, &acme, accounts));
    for (account, origin, proof) in [
        (by_mail, LinkOrigin::Code, EmailProof::Proven),
        (in_session, LinkOrigin::Session, EmailProof::Organization),
        (by_address, LinkOrigin::Email, EmailProof::Organization),
    ] {
        let link = account.link.as_ref().expect("a link");
        assert_eq!((Some(&link.key), link.origin), (alice.stable_key().as_ref(), origin));
        assert_eq!((account.proof(), account.status), (proof, Status::Active), "{origin:?}");
        assert_eq!((account.invitation, account.id.as_str()), (None, "waiting"));
        assert_eq!(account.email(), Some(&email("alice@example.test")));
    }
    // Whoever was invited under another address than the one that the identity provider has.
    let waiting = invited("org-a", "waiting", "a.lice@example.test", Role::Member);
    let account = after(holding(&alice, &acme, from_ref(&waiting), Holder::Invitation(token)));
    // The mail may have been sent on: the account is that of whom the identity provider names.
    let address = (account.email(), account.proof());
    assert_eq!(address, (Some(&email("alice@example.test")), EmailProof::Organization));
    // Nor does a session make an address better that was nobody's word.
    let bob = member("org-a", "bob", "bob@example.test", EmailProof::Unproven);
    let account = after(holding(&alice, &acme, from_ref(&bob), Holder::Session(&bob.id)));
    assert_eq!((account.email(), account.proof()), (Some(&email("bob@example.test")), bob.proof()));
}

#[test]
fn whoever_holds_one_account_and_is_known_by_another_gets_neither() {
    let acme = acme();
    let alice = identity(&acme, &IDP_A, "alice");
    let known = created(&alice, &acme, "known");
    let bob = member("org-a", "bob", "bob@example.test", EmailProof::Proven);
    let all = [known.clone(), bob.clone()];
    let holding = |id| holding(&alice, &acme, &all, Holder::Session(id));
    assert_eq!(holding(&bob.id), Err(Refusal::KeyTaken));
    assert_eq!(holding(&known.id).map(|kept| kept.code()), Ok("keep"));
}

#[test]
fn others_do_not_stand_in_the_way_of_a_first_login() {
    let acme = acme();
    let alice = identity(&acme, &IDP_A, "alice");
    let bob = created(&identity(&acme, &IDP_A, "bob"), &acme, "bob");
    let mut gone = created(&identity(&acme, &IDP_A, "gone"), &acme, "gone");
    gone.status = Status::Deleted;
    let carol = member("org-a", "carol", "carol@example.test", EmailProof::Proven);
    let others = [bob, gone, carol];
    assert_eq!(code(&alice, &acme, &others), "create");
    let unlinked = member("org-a", "alice", "alice@example.test", EmailProof::Proven);
    assert_eq!(code(&alice, &acme, &[&others[..], &[unlinked]].concat()), "link");
    let made = created(&alice, &acme, "alice");
    assert_eq!(made.user_name.as_deref(), Some("alice@example.test"));
    // A name that does not last is nobody's.
    let mut passing = response(&acme, &IDP_A, "alice");
    let mut name_id = TestNameId::new("_x");
    name_id.format = Some("urn:oasis:names:tc:SAML:2.0:nameid-format:transient".into());
    passing.name_id = Some(name_id);
    let passing = log_in(&acme, &passing).expect("a login");
    assert_eq!(passing.stable_key(), None);
    let mut former = member("org-a", "former", "former@example.test", EmailProof::Proven);
    former.status = Status::Deleted;
    assert_eq!(code(&passing, &acme, &[&others[..], &[former]].concat()), "create");
}

#[test]
fn another_name_of_the_same_identity_provider_is_another_person() {
    let acme = acme();
    // The same address, in other letters, is the same person: no administrator is asked again.
    let mut boss = created(&named(&acme, "ALICE@example.test"), &acme, "boss");
    boss.role = Role::Administrator;
    boss.address = Some(AccountAddress::new(email("alice@example.test"), EmailProof::Proven));
    assert_eq!(code(&named(&acme, "alice@example.test"), &acme, from_ref(&boss)), "link");
    assert_eq!(
        code(&named(&acme, "mallory@example.test"), &acme, from_ref(&boss)),
        "email_of_another"
    );
    boss.link = None;
    assert_eq!(code(&named(&acme, "alice@example.test"), &acme, from_ref(&boss)), "confirm");
}

#[test]
fn a_directory_alone_makes_accounts_where_the_rule_says_so() {
    let mut acme = acme();
    let rules = ProvisioningRules::new(
        JitRule::UnlessDirectory,
        DomainRule::Verified,
        ProfileSource::IdentityProvider,
    );
    done(&mut acme, Change::Provision(rules));
    assert_eq!(code(&identity(&acme, &IDP_A, "alice"), &acme, &[]), "create");
    done(&mut acme, Change::ManageByDirectory(true));
    assert_eq!(code(&identity(&acme, &IDP_A, "alice"), &acme, &[]), "not_provisioned");
}

#[test]
fn what_an_intent_needs_is_asked_for_at_once() {
    let acme = acme();
    let (id, address) = (AccountId::new("a"), email("alice@example.test"));
    let alice = identity(&acme, &IDP_A, "alice");
    let key = alice.stable_key().expect("a key");
    let token = TokenDigest::of("token");
    let of_email = || vec![Name::email(&address)];
    let names = |ids: &[&AccountId], names: Vec<Name>, token: Option<TokenDigest>| {
        let mut expected = Names::of_names(names);
        expected.ids = ids.iter().map(|id| (*id).clone()).collect();
        expected.invitation = token;
        expected
    };
    let pushed = Pushed::new("alice@example.test");
    let apply = |_: Option<&Account>| Ok::<_, PushRefusal>(Wanted::new(pushed.clone(), None));
    let both = || vec![Name::Key(key.clone()), Name::email(&address)];
    let import = Import::new(
        AccountId::new("new"),
        AccountAddress::new(address.clone(), EmailProof::Unproven),
        now(),
    );
    let of_push = Name::pushed(&pushed).into_iter().collect::<Vec<_>>();
    assert!(!of_push.is_empty());
    for (intent, expected) in [
        (Intent::Accept(token), names(&[], vec![], Some(token))),
        (Intent::ChangeAddress { account: &id, email: &address }, names(&[&id], of_email(), None)),
        (Intent::ProveAddress { account: &id, email: &address }, names(&[&id], of_email(), None)),
        (
            Intent::Invite { email: &address, role: Role::Member, invitation: invitation("x") },
            names(&[], of_email(), None),
        ),
        (
            Intent::Link { account: &id, key: &key },
            names(&[&id], vec![Name::Key(key.clone())], None),
        ),
        (Intent::LogIn(LogIn::of(&alice)), names(&[], both(), None)),
        (Intent::LogIn(LogIn::of(&alice).with(Holder::Session(&id))), names(&[&id], both(), None)),
        (
            Intent::LogIn(LogIn::of(&alice).with(Holder::Invitation(token))),
            names(&[], both(), Some(token)),
        ),
        (Intent::Import(Box::new(import)), names(&[&AccountId::new("new")], of_email(), None)),
        (Intent::Push(Push::new(&apply)), names(&[], of_push, None)),
        (Intent::Push(Push::of(&id, &apply)), names(&[&id], vec![], None)),
        (Intent::Unlink(&id), names(&[&id], vec![], None)),
    ] {
        assert_eq!(intent.names(), expected, "{intent:?}");
    }
}

#[test]
fn the_directory_alone_may_end_the_last_administrator() {
    let mut managed = acme();
    done(&mut managed, Change::ManageByDirectory(true));
    let pushed = Pushed::new("someone@example.test");
    let apply = |_: Option<&Account>| Ok::<_, PushRefusal>(Wanted::new(pushed.clone(), true));
    let push = Intent::Push(Push::new(&apply));
    let address = AccountAddress::new(email("alice@example.test"), EmailProof::Unproven);
    let import = Import::new(AccountId::new("alice"), address, now());
    let import = Intent::Import(Box::new(import));
    for (organization, by, intent, expected) in [
        (acme(), By::Application, import, true),
        (managed, By::Directory("directory-1"), push, false),
    ] {
        let written: Arc<Mutex<Vec<bool>>> = Arc::default();
        let kept = Arc::clone(&written);
        let hooked = Hooked::new(store_of(&organization, None), move |_, write| {
            kept.lock().expect("a lock").push(write.keep_administrator);
            None
        });
        carry(&hooked, "org-a", &by, &intent).expect("a change");
        assert_eq!(*written.lock().expect("a lock"), [expected], "{by:?}");
    }
}

#[test]
fn names_that_only_the_decision_brings_up_are_somebody_elses_as_well() {
    fn push(
        store: &impl Store,
        account: Option<&AccountId>,
        (user_name, external_id): (&str, &str),
    ) -> Result<AccountId, &'static str> {
        let mut sent = Pushed::new(user_name);
        sent.external_id = Some(external_id.into());
        let apply = |_: Option<&Account>| Ok::<_, PushRefusal>(Wanted::new(sent.clone(), true));
        let push = account.map_or_else(|| Push::new(&apply), |account| Push::of(account, &apply));
        let carried = carry(store, "org-a", &By::Directory("directory-1"), &Intent::Push(push));
        carried.map(|carried| carried.account.id).map_err(|error| error.code())
    }
    let mut managed = acme();
    done(&mut managed, Change::ManageByDirectory(true));
    let store = store_of(&managed, None);
    push(&store, None, ("alice", "1")).expect("an account");
    let bob = push(&store, None, ("bob", "2")).expect("an account");
    // That is known before anything is written.
    let closed = Hooked::new(store, |_, _| Some(Err(BoxError::new("no write"))));
    let code = |names| push(&closed, Some(&bob), names).err();
    assert_eq!(code(("bob", "1")), Some("external_id_taken"));
    assert_eq!(code(("ALICE", "2")), Some("user_name_taken"));
    assert_eq!(code(("robert", "3")), Some("account_store_failed"));
    assert_eq!(push(&closed.store, Some(&bob), ("robert", "3")), Ok(bob));
}
