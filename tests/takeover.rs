//! Ways in which somebody got into what is not theirs, or was locked out of what is: each was open
//! once.

mod common;

use common::people::{
    address, administrator_of, carry, code, come, counters, created, decided, email, found,
    invitation, login, member, numbers, read, store_of,
};
use common::tenants::{
    IDP_A, IDP_B, OPERATOR, administrator, done, enforced, identity, idp, log_in, name_keeper,
    open, response, values, verify_domain,
};
use common::{block_on, now};
use saml_login::account::{
    Account, AccountId, EmailProof, LinkOrigin, Pushed, PushedAddress, Role, Status,
};
use saml_login::organization::{
    By, Change, DomainRule, EmailDomain, JitRule, ProfileSource, ProvisioningRules,
};
use saml_login::policy::{Origin, PolicyAction, Verdict};
use saml_login::provision::{Holder, Intent, LogIn, Provisioning, Push, Wanted};
use saml_login::session::{LoginMethod, SessionStart};
use saml_login::store::{MemoryStore, SettingsWrite, Store, Write, Written};
use saml_login::testing::idp::{TestAttribute, TestIdp, TestNameId};
use saml_login::token::TokenDigest;
use saml_login::{Identity, LoginPolicy, Organization};

const PERSISTENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
/// Somebody under a lasting name, with the address `person@example.test`.
fn persistent(organization: &Organization, idp: &TestIdp, person: &str, id: &str) -> Identity {
    let mut answer = response(organization, idp, person);
    let mut name = TestNameId::new(id);
    name.format = Some(PERSISTENT.into());
    answer.name_id = Some(name);
    log_in(organization, &answer).expect("a login")
}

/// The same with an address of their choice.
fn claiming(organization: &Organization, id: &str, email: &str) -> Identity {
    let mut answer = response(organization, &IDP_A, "mallory");
    let mut name = TestNameId::new(id);
    name.format = Some(PERSISTENT.into());
    answer.name_id = Some(name);
    answer.attributes.retain(|attribute| attribute.name != "email");
    answer.attributes.push(TestAttribute::new("email", [email]));
    log_in(organization, &answer).expect("a login")
}

fn carried(store: &MemoryStore, by: &By<'_>, intent: &Intent<'_>) -> Account {
    carry(store, "org-a", by, intent).expect("a change").account
}

fn refused(store: &MemoryStore, by: &By<'_>, intent: &Intent<'_>) -> &'static str {
    carry(store, "org-a", by, intent).expect_err("a refusal").code()
}

/// An organization's identity provider is believed for nothing outside. A password that was set in
/// a session of it is no better, whatever the victim proves afterwards.
#[test]
fn a_password_set_in_a_session_of_the_identity_provider_leads_nowhere_else() {
    let evil = open("org-a", "evil", &IDP_A);
    let corp = LoginPolicy::of(&open("org-b", "corp", &IDP_B));
    let victim = member("org-b", "alice", "alice@example.test", EmailProof::Proven);
    let store = store_of(&evil, None);
    let said = identity(&evil, &IDP_A, "alice");
    let alice = come(&store, &evil, &said).expect("an account").account;
    let session = SessionStart::sso(&said, &alice);
    let password = session.credential();
    // The victim proves the address there: what was begun before ends.
    let email = email("alice@example.test");
    let proven = Intent::ProveAddress { account: &alice.id, email: &email };
    let alice = carried(&store, &By::Application, &proven);
    assert_eq!(alice.proof(), EmailProof::Proven);
    let policy = LoginPolicy::of(&evil);
    let resumed = policy.decide(&alice, &PolicyAction::Resume(&session));
    assert_eq!((resumed.verdict, resumed.code()), (Verdict::EndSession, "session_ended"));
    assert_eq!(SessionStart::by_credential(&alice, LoginMethod::Password, &password), None);
    // And where it did not end, it would not have been proven by whoever has the password.
    let kept = SessionStart::new(&alice, LoginMethod::Password);
    let enter = PolicyAction::Enter(Origin::new(&policy, &alice, &kept));
    assert_eq!(corp.decide(&victim, &enter).code(), "email_unproven");
}

#[test]
fn a_proof_does_not_survive_a_change_of_the_address() {
    let evil = open("org-a", "evil", &IDP_A);
    let store = store_of(&evil, None);
    let boss = imported(&store, "boss", Role::Administrator);
    let mallory = imported(&store, "mallory", Role::Member);
    let session = SessionStart::by_code(&mallory, mallory.email().expect("one")).expect("a login");
    let victims = email("alice@example.test");
    let change = Intent::ChangeAddress { account: &mallory.id, email: &victims };
    let mallory = carried(&store, &By::member(&boss), &change);
    assert_eq!(mallory.address, address("alice@example.test", EmailProof::Organization));
    let policy = LoginPolicy::of(&evil);
    let resumed = policy.decide(&mallory, &PolicyAction::Resume(&session));
    assert_eq!((resumed.verdict, resumed.code()), (Verdict::EndSession, "session_ended"));
    // The directory's word is no proof either, and the application has only heard of it.
    let other = email("bob@example.test");
    let change = Intent::ChangeAddress { account: &mallory.id, email: &other };
    assert_eq!(carried(&store, &By::Application, &change).proof(), EmailProof::Unproven);
}

/// Somebody the application knows, with a proven address.
fn imported(store: &MemoryStore, name: &str, role: Role) -> Account {
    let address = address(&format!("{name}@example.test"), EmailProof::Proven).expect("one");
    let mut import = saml_login::provision::Import::new(AccountId::new(name), address, now());
    import.role = role;
    carried(store, &By::Application, &Intent::Import(Box::new(import)))
}

#[test]
fn whoever_had_an_account_before_it_was_unlinked_is_out() {
    let acme = enforced("org-a", "acme", &IDP_A);
    let store = store_of(&acme, None);
    let first = persistent(&acme, &IDP_A, "alice", "0042");
    let alice = come(&store, &acme, &first).expect("an account").account;
    let session = SessionStart::sso(&first, &alice);
    let unlinked = carried(&store, &OPERATOR, &Intent::Unlink(&alice.id));
    assert_eq!(unlinked.link, None);
    let second = persistent(&acme, &IDP_A, "alice", "4711");
    let relinked = come(&store, &acme, &second).expect("an account").account;
    assert_eq!(relinked.id, alice.id);
    let policy = LoginPolicy::of(&acme);
    let decision = policy.decide(&relinked, &PolicyAction::Resume(&session));
    assert_eq!((decision.verdict, decision.code()), (Verdict::EndSession, "session_ended"));
}

#[test]
fn a_key_that_was_replaced_ends_what_it_began() {
    for enforce in [false, true] {
        let mut acme = match enforce {
            true => enforced("org-a", "acme", &IDP_A),
            false => open("org-a", "acme", &IDP_A),
        };
        let forged = identity(&acme, &IDP_A, "boss");
        let admin = administrator(&forged);
        let session = SessionStart::sso(&forged, &admin);
        let resume = PolicyAction::Resume(&session);
        assert!(LoginPolicy::of(&acme).decide(&admin, &resume).is_allowed());
        if enforce {
            done(&mut acme, Change::LiftEnforcement);
        }
        let next = idp(IDP_A.issuer());
        let change = values(&acme, &next);
        done(&mut acme, Change::Configure(Box::new(change)));
        let decision = LoginPolicy::of(&acme).decide(&admin, &resume);
        assert_eq!((decision.verdict, decision.code()), (Verdict::StepUp, "sso_step_up"));
    }
}

#[test]
fn a_reactivation_brings_no_session_back() {
    let acme = open("org-a", "acme", &IDP_A);
    let store = store_of(&acme, None);
    let said = identity(&acme, &IDP_A, "alice");
    let alice = come(&store, &acme, &said).expect("an account").account;
    let session = SessionStart::sso(&said, &alice);
    let to = |status| Intent::SetStatus { account: &alice.id, status };
    carried(&store, &OPERATOR, &to(Status::Deactivated));
    let back = carried(&store, &OPERATOR, &to(Status::Active));
    let policy = LoginPolicy::of(&acme);
    let decision = policy.decide(&back, &PolicyAction::Resume(&session));
    assert_eq!((decision.verdict, decision.code()), (Verdict::EndSession, "session_ended"));
    let again = come(&store, &acme, &said).expect("an account").account;
    assert!(
        policy
            .decide(&again, &PolicyAction::Resume(&SessionStart::sso(&said, &again)))
            .is_allowed()
    );
}

/// The remedy for an address that changed hands is open under enforcement, and is not to hand the
/// old account over.
#[test]
fn a_recycled_address_gets_an_account_of_its_own() {
    let acme = enforced("org-a", "acme", &IDP_A);
    let store = store_of(&acme, None);
    let old = persistent(&acme, &IDP_A, "alice", "0042");
    let first = come(&store, &acme, &old).expect("an account").account;
    let delete = Intent::SetStatus { account: &first.id, status: Status::Deleted };
    carried(&store, &By::Application, &delete);
    let newcomer = persistent(&acme, &IDP_A, "alice", "4711");
    let refusal = come(&store, &acme, &newcomer).expect_err("no account");
    assert_eq!(refusal.code(), "account_deleted");
    assert!(refusal.help().contains("release"), "{}", refusal.help());
    let released = carried(&store, &By::Application, &Intent::ReleaseAddress(&first.id));
    assert_eq!((released.address, released.user_name), (None, None));
    let second = come(&store, &acme, &newcomer).expect("an account");
    assert_eq!(second.provisioning.code(), "create");
    assert_ne!(second.account.id, first.id);
    // Whoever was deleted does not come back by it.
    assert_eq!(come(&store, &acme, &old).expect_err("no account").code(), "account_deleted");
}

/// What stays of somebody who was purged tells nobody who that was, and keeps a login from quietly
/// making them a new account.
#[test]
fn who_was_purged_is_not_brought_back_by_a_login() {
    let acme = open("org-a", "acme", &IDP_A);
    let store = store_of(&acme, None);
    let said = identity(&acme, &IDP_A, "alice");
    let alice = come(&store, &acme, &said).expect("an account").account;
    assert_eq!(refused(&store, &OPERATOR, &Intent::Purge(&alice.id)), "not_deleted");
    let delete = Intent::SetStatus { account: &alice.id, status: Status::Deleted };
    carried(&store, &OPERATOR, &delete);
    carried(&store, &OPERATOR, &Intent::Purge(&alice.id));
    assert_eq!(read(&store, "org-a", &alice.id), None);
    assert_eq!(numbers(&store, "org-a").deleted, 0);
    assert_eq!(come(&store, &acme, &said).expect_err("no account").code(), "account_deleted");
    // Nobody else is kept out, and another organization has never heard of them.
    assert!(come(&store, &acme, &identity(&acme, &IDP_A, "bob")).is_ok());
    let bravo = open("org-b", "bravo", &IDP_B);
    found(&store, &bravo, None);
    assert!(come(&store, &bravo, &identity(&bravo, &IDP_B, "alice")).is_ok());
    // An administrator invites them again.
    let email = email("alice@example.test");
    let (role, invitation) = (Role::Member, invitation("again"));
    carried(&store, &OPERATOR, &Intent::Invite { email: &email, role, invitation });
    assert_eq!(come(&store, &acme, &said).expect("an account").provisioning.code(), "link");
}

#[test]
fn an_invitation_from_before_the_directory_can_be_taken_back() {
    let mut acme = open("org-a", "acme", &IDP_A);
    let store = store_of(&acme, Some(2));
    let boss = imported(&store, "boss", Role::Administrator);
    let email = email("tpyo@example.test");
    let (role, invitation) = (Role::Member, invitation("mailed"));
    let invite = Intent::Invite { email: &email, role, invitation };
    let invited = carried(&store, &By::member(&boss), &invite);
    done(&mut acme, Change::ManageByDirectory(true));
    let rules = ProvisioningRules::new(
        JitRule::Always,
        DomainRule::Verified,
        ProfileSource::IdentityProvider,
    );
    done(&mut acme, Change::Provision(rules));
    settings(&store, &acme);
    let alice = identity(&acme, &IDP_A, "alice");
    assert_eq!(come(&store, &acme, &alice).expect_err("no seat").code(), "no_seat");
    // Neither can it be accepted any more, nor does it hold the seat for ever.
    let accept = Intent::Accept(TokenDigest::of("mailed"));
    assert_eq!(refused(&store, &By::Application, &accept), "directory_managed");
    carried(&store, &By::member(&boss), &Intent::WithdrawInvitation(&invited.id));
    assert_eq!(read(&store, "org-a", &invited.id), None);
    assert_eq!(come(&store, &acme, &alice).expect("an account").provisioning.code(), "create");
}

/// Writes settings, as whoever changes them does.
fn settings(store: &MemoryStore, organization: &Organization) {
    let id = organization.id();
    let record = block_on(store.organization(id)).expect("the store").expect("a record");
    let mut write = Write::of(id, now());
    write.decided_by = Some(record.version);
    write.settings = Some(SettingsWrite::Change(Box::new(organization.clone())));
    assert_eq!(block_on(store.write(write)).expect("the store"), Written::Done);
}

#[test]
fn a_domain_is_verified_once_however_close_together() {
    let (mut acme, mut bravo) = (open("org-a", "acme", &IDP_A), open("org-b", "bravo", &IDP_B));
    let store = store_of(&acme, None);
    found(&store, &bravo, None);
    // Both were asked before either wrote.
    verify_domain(&mut acme, "acme.test");
    verify_domain(&mut bravo, "acme.test");
    settings(&store, &acme);
    let mut write = Write::of("org-b", now());
    write.decided_by = Some(0);
    write.settings = Some(SettingsWrite::Change(Box::new(bravo)));
    let domain = EmailDomain::parse("acme.test").expect("a domain");
    let written = block_on(store.write(write)).expect("the store");
    let Written::Claimed(claim) = written else { panic!("{written:?}") };
    assert_eq!((claim.kind.as_str(), claim.value.as_str()), ("domain", domain.as_str()));
}

/// A group is unbound at the identity provider, and everybody is deactivated: not the administrator
/// for emergencies.
#[test]
fn the_directory_does_not_end_who_is_named_for_emergencies() {
    let mut acme = open("org-a", "acme", &IDP_A);
    done(&mut acme, Change::ManageByDirectory(true));
    name_keeper(&mut acme);
    let keeper = administrator_of("org-a", "keeper", "keeper@example.test");
    let all = [keeper.clone(), administrator_of("org-a", "other", "other@example.test")];
    let by = By::Directory("token-1");
    let off = |_: Option<&Account>| Ok(Wanted::new(Pushed::new("keeper@example.test"), false));
    for intent in [
        Intent::SetStatus { account: &keeper.id, status: Status::Deactivated },
        Intent::SetStatus { account: &keeper.id, status: Status::Deleted },
        Intent::Push(Push::of(&keeper.id, &off)),
    ] {
        let decision = decided(&intent, &by, &acme, &all, counters(&acme, &all));
        assert_eq!(decision.expect_err("kept").code(), "break_glass_kept");
    }
    let other = AccountId::new("other");
    let intent = Intent::SetStatus { account: &other, status: Status::Deactivated };
    assert!(decided(&intent, &by, &acme, &all, counters(&acme, &all)).is_ok());
}

/// Whoever can set their own address at the identity provider sets an administrator's.
#[test]
fn an_address_makes_no_administrator() {
    let mut acme = open("org-a", "acme", &IDP_A);
    verify_domain(&mut acme, "example.test");
    let boss = administrator_of("org-a", "boss", "boss@example.test");
    let mallory = claiming(&acme, "mallory-0666", "boss@example.test");
    let one = std::slice::from_ref(&boss);
    let decision = login(&mallory, &acme, one).expect("a decision");
    assert_eq!(decision, Provisioning::Confirm(Box::new(boss.clone())));
    // Nothing is written, and nobody is locked out: the administrator has the code, a session, or a
    // colleague.
    let boss_comes = persistent(&acme, &IDP_A, "boss", "boss-0001");
    let by = By::IdentityProvider;
    let mailbox = email("boss@example.test");
    let linked = |holder: Holder<'_>| {
        let intent = Intent::LogIn(LogIn::of(&boss_comes).with(holder));
        let decision = decided(&intent, &by, &acme, one, counters(&acme, one)).expect("a login");
        decision.account().link.clone().expect("a link")
    };
    assert_eq!(
        linked(Holder::Code { account: &boss.id, sent_to: &mailbox, generation: 0 }).origin,
        LinkOrigin::Code
    );
    assert_eq!(linked(Holder::Session(&boss.id)).origin, LinkOrigin::Session);
    let key = boss_comes.stable_key().expect("a key");
    let approve = Intent::Link { account: &boss.id, key: &key };
    let colleague = administrator_of("org-a", "colleague", "colleague@example.test");
    let two = [boss.clone(), colleague.clone()];
    let approved = decided(&approve, &By::member(&colleague), &acme, &two, counters(&acme, &two));
    let link = approved.expect("a link").account().link.clone().expect("a link");
    assert_eq!((link.origin, link.key), (LinkOrigin::Approved, key.clone()));
    // Nobody approves their own.
    let own = decided(&approve, &By::member(&boss), &acme, &two, counters(&acme, &two));
    assert_eq!(own.expect_err("their own").code(), "not_administrator");
    // An address that a directory, an invitation or a login has put there gets no code.
    for proof in [EmailProof::Organization, EmailProof::Domain] {
        let mut weak = boss.clone();
        weak.address = address("boss@example.test", proof);
        assert_eq!(code(&mallory, &acme, &[weak]), "link_unconfirmed");
    }
    let mut pushed = boss.clone();
    pushed.managed_by = saml_login::account::Source::Directory;
    assert_eq!(code(&mallory, &acme, &[pushed]), "link_unconfirmed");
}

/// Somebody who was linked by their address and is made an administrator has to show who they are
/// once more.
#[test]
fn a_promotion_drops_a_link_that_was_made_by_an_address() {
    let acme = open("org-a", "acme", &IDP_A);
    let store = store_of(&acme, None);
    let boss = imported(&store, "boss", Role::Administrator);
    let alice = imported(&store, "alice", Role::Member);
    let said = persistent(&acme, &IDP_A, "alice", "0042");
    let linked = come(&store, &acme, &said).expect("a login").account;
    assert_eq!(linked.link.as_ref().map(|link| link.origin), Some(LinkOrigin::Email));
    let promote = Intent::ChangeRole { account: &alice.id, role: Role::Administrator };
    let promoted = carried(&store, &By::member(&boss), &promote);
    assert_eq!((promoted.link.clone(), promoted.generation), (None, linked.generation + 1));
    assert_eq!(come(&store, &acme, &said).expect("a login").provisioning.code(), "confirm");
    // Those who were made by their first login are who they are.
    let bob =
        come(&store, &acme, &persistent(&acme, &IDP_A, "bob", "0043")).expect("a login").account;
    let promote = Intent::ChangeRole { account: &bob.id, role: Role::Administrator };
    let promoted = carried(&store, &By::member(&boss), &promote);
    assert_eq!((promoted.link, promoted.generation), (bob.link, bob.generation));
}

/// Whoever entered from elsewhere, or is no administrator any more, changes nothing.
#[test]
fn an_entered_session_and_a_dismissed_administrator_change_nothing() {
    let acme = open("org-a", "acme", &IDP_A);
    let store = store_of(&acme, None);
    let boss = imported(&store, "boss", Role::Administrator);
    let second = imported(&store, "second", Role::Administrator);
    let email = email("new@example.test");
    let (role, invitation) = (Role::Administrator, invitation("new"));
    let invite = Intent::Invite { email: &email, role, invitation };
    assert_eq!(refused(&store, &By::entered(&boss), &invite), "entered_session");
    let demote = Intent::ChangeRole { account: &second.id, role: Role::Member };
    carried(&store, &By::member(&boss), &demote);
    // The account in hand is the one from before.
    assert_eq!(second.role, Role::Administrator);
    assert_eq!(refused(&store, &By::member(&second), &invite), "not_administrator");
}

/// A user name that reads like somebody's address is anybody's choice.
#[test]
fn a_name_of_another_format_is_another_person() {
    let acme = open("org-a", "acme", &IDP_A);
    let mut answer = response(&acme, &IDP_A, "victim");
    answer.attributes.retain(|attribute| attribute.name != "email");
    let victim = log_in(&acme, &answer).expect("a login");
    let known = [created(&victim, &acme, "victim")];
    let mut name = TestNameId::new("VICTIM@example.test");
    name.format = Some("urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified".into());
    answer.name_id = Some(name);
    let mallory = log_in(&acme, &answer).expect("a login");
    assert_eq!(code(&mallory, &acme, &known), "email_of_another");
}

/// Nobody is taken over by what the directory pushes.
#[test]
fn a_push_links_nobody_and_brings_back_nobody_whom_the_application_ended() {
    let mut acme = open("org-a", "acme", &IDP_A);
    done(&mut acme, Change::ManageByDirectory(true));
    let store = store_of(&acme, None);
    let directory = By::Directory("token-1");
    let person = |active: bool, external: &str| {
        let mut pushed = Pushed::new("Alice");
        pushed.external_id = Some(external.into());
        pushed.addresses = vec![PushedAddress::primary("Alice@Example.test")];
        pushed.given_name = Some("Alice".into());
        Wanted::new(pushed, active)
    };
    let on = |_: Option<&Account>| Ok(person(true, "e-1"));
    let off = |_: Option<&Account>| Ok(person(false, "e-1"));
    let alice = carried(&store, &directory, &Intent::Push(Push::new(&on)));
    assert_eq!(alice.address, address("Alice@Example.test", EmailProof::Organization));
    assert_eq!(alice.pushed.as_deref(), Some(&person(true, "e-1").pushed));
    assert_eq!((alice.user_name.as_deref(), alice.link.as_ref()), (Some("Alice"), None));
    // The second POST of the same person is told so; a PUT of the same changes nothing.
    assert_eq!(refused(&store, &directory, &Intent::Push(Push::new(&on))), "address_taken");
    let again = carry(&store, "org-a", &directory, &Intent::Push(Push::of(&alice.id, &on)));
    assert_eq!(again.expect("a push").provisioning.code(), "keep");
    // An external id is never an id of ours.
    let foreign = AccountId::new("e-1");
    assert_eq!(
        refused(&store, &directory, &Intent::Push(Push::of(&foreign, &on))),
        "account_missing"
    );
    // Deactivated by the directory, assigned again by a POST: the same account.
    carried(&store, &directory, &Intent::Push(Push::of(&alice.id, &off)));
    let back = carried(&store, &directory, &Intent::Push(Push::new(&on)));
    assert_eq!((back.id.clone(), back.status), (alice.id.clone(), Status::Active));
    // Deactivated by an operator: everything is taken but that.
    let to = |status| Intent::SetStatus { account: &alice.id, status };
    carried(&store, &OPERATOR, &to(Status::Deactivated));
    let kept = carry(&store, "org-a", &directory, &Intent::Push(Push::of(&alice.id, &on)));
    assert_eq!(kept.expect("a push").account.status, Status::Deactivated);
    assert_eq!(refused(&store, &directory, &Intent::Push(Push::new(&on))), "address_taken");
    // A version that was read is the version that is changed.
    let stale = Push::of(&alice.id, &on).if_version(0);
    assert_eq!(refused(&store, &directory, &Intent::Push(stale)), "version_differs");
}

/// Nobody is signed in to an account that a code has to confirm first.
#[test]
fn who_has_to_confirm_is_not_signed_in() {
    let acme = open("org-a", "acme", &IDP_A);
    let store = store_of(&acme, None);
    imported(&store, "boss", Role::Administrator);
    let mallory = claiming(&acme, "mallory-0666", "boss@example.test");
    let came = come(&store, &acme, &mallory).expect("a decision");
    assert_eq!((came.provisioning.code(), came.signed_in()), ("confirm", None));
    let alice = come(&store, &acme, &identity(&acme, &IDP_A, "alice")).expect("an account");
    assert_eq!(alice.signed_in(), Some(&alice.account));
}

/// The directory does not move an administrator's mailbox, nor accept their invitation for them.
#[test]
fn a_push_moves_no_administrators_mailbox() {
    let mut acme = open("org-a", "acme", &IDP_A);
    done(&mut acme, Change::ManageByDirectory(true));
    let apply = |_: Option<&Account>| {
        let mut pushed = Pushed::new("boss");
        pushed.addresses = vec![PushedAddress::primary("mallory@evil.test")];
        Ok(Wanted::new(pushed, true))
    };
    let mut boss = administrator_of("org-a", "boss", "boss@example.test");
    let all = [boss.clone()];
    let push = Intent::Push(Push::of(&boss.id, &apply));
    let by = By::Directory("token-1");
    let pushed = decided(&push, &by, &acme, &all, counters(&acme, &all)).expect("a push");
    assert_eq!(pushed.account().address, boss.address);
    boss.status = Status::Invited;
    let all = [boss.clone()];
    let pushed = decided(&push, &by, &acme, &all, counters(&acme, &all)).expect("a push");
    assert_eq!(pushed.account().status, Status::Invited);
    // A member is where the directory says.
    let mut member = boss.clone();
    (member.role, member.status) = (Role::Member, Status::Active);
    let all = [member];
    let pushed = decided(&push, &by, &acme, &all, counters(&acme, &all)).expect("a push");
    assert_eq!(pushed.account().address, address("mallory@evil.test", EmailProof::Organization));
}

/// Whoever had an account while nobody vouched for its address loses it with the first word for it.
#[test]
fn the_first_word_for_an_address_ends_what_was_begun_before() {
    let mut acme = open("org-a", "acme", &IDP_A);
    done(&mut acme, Change::ManageByDirectory(true));
    let typed = member("org-a", "typed", "alice@example.test", EmailProof::Unproven);
    let apply = |_: Option<&Account>| {
        let mut pushed = Pushed::new("alice");
        pushed.addresses = vec![PushedAddress::primary("alice@example.test")];
        Ok(Wanted::new(pushed, true))
    };
    let push = Intent::Push(Push::of(&typed.id, &apply));
    let all = [typed.clone()];
    let pushed =
        decided(&push, &By::Directory("t"), &acme, &all, counters(&acme, &all)).expect("a push");
    assert_eq!(pushed.account().proof(), EmailProof::Organization);
    assert_eq!(pushed.account().generation, typed.generation + 1);
}

/// An account whose record is gone administers nothing, whatever the application has in hand.
#[test]
fn a_purged_administrator_changes_nothing() {
    let acme = open("org-a", "acme", &IDP_A);
    let store = store_of(&acme, None);
    imported(&store, "boss", Role::Administrator);
    let second = imported(&store, "second", Role::Administrator);
    let delete = Intent::SetStatus { account: &second.id, status: Status::Deleted };
    carried(&store, &OPERATOR, &delete);
    carried(&store, &OPERATOR, &Intent::Purge(&second.id));
    let email = email("new@example.test");
    let (role, invitation) = (Role::Administrator, invitation("new"));
    let invite = Intent::Invite { email: &email, role, invitation };
    assert_eq!(refused(&store, &By::member(&second), &invite), "not_administrator");
}
