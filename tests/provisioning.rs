//! From identities to accounts and seats.

mod common;

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

use common::tenants::{
    IDP_A, IDP_B, done, identity, log_in, open, response, values, verify_domain,
};
use common::{block_on, now};
use saml_login::account::{
    Account, AccountId, Changes, EmailProof, NewAccount, OrganizationId, Role, Seats, Status,
};
use saml_login::audit::{Action, Actor, Outcome};
use saml_login::error::BoxError;
use saml_login::identity::Email;
use saml_login::organization::{Change, DomainRule, ProfileSource, ProvisioningRules, RelinkRule};
use saml_login::provision::{ProvisionError, Provisioning, Refusal, decide, provision};
use saml_login::store::AccountStore;
use saml_login::store::{MemoryAccountStore, Written};
use saml_login::testing::idp::{TestAttribute, TestNameId, TestResponse};
use saml_login::{Identity, Organization};

const PERSISTENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
const EMAIL: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
const TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
const FREE: Seats = Seats::UNLIMITED;

fn acme() -> Organization {
    open("org-a", "acme", &IDP_A)
}

fn email(text: &str) -> Email {
    Email::parse(text).expect("an address")
}

fn with(organization: &Organization, edit: impl FnOnce(&mut TestResponse<'_>)) -> Identity {
    let mut response = response(organization, &IDP_A, "alice");
    edit(&mut response);
    log_in(organization, &response).expect("a login")
}

fn named(format: &str, value: &str) -> TestNameId {
    let mut name_id = TestNameId::new(value);
    name_id.format = Some(format.into());
    name_id
}

/// Alice's account, as a first login makes it.
fn alice(organization: &Organization) -> Account {
    match decide(&identity(organization, &IDP_A, "alice"), organization, &[], FREE) {
        Provisioning::Create(new) => new.into_account(AccountId::new("alice")),
        other => panic!("no new account: {other:?}"),
    }
}

fn code(identity: &Identity, organization: &Organization, accounts: &[Account]) -> &'static str {
    match decide(identity, organization, accounts, FREE) {
        Provisioning::Refuse(refusal) => refusal.code(),
        other => other.code(),
    }
}

fn changes(identity: &Identity, organization: &Organization, accounts: &[Account]) -> Changes {
    match decide(identity, organization, accounts, FREE) {
        Provisioning::Link { changes, .. } | Provisioning::Update { changes, .. } => *changes,
        other => panic!("nothing changes: {other:?}"),
    }
}

fn rules(organization: &mut Organization, rules: ProvisioningRules) {
    done(organization, Change::Provision(rules));
}

#[test]
fn a_first_login_creates_an_account_from_the_assertion() {
    let acme = acme();
    let account = alice(&acme);
    assert_eq!(account.organization, "org-a");
    assert_eq!(account.email, Some(email("alice@example.test")));
    assert_eq!((account.status, account.role), (Status::Active, Role::Member));
    assert_eq!(account.profile.first_name.as_deref(), Some("Alice"));
    assert_eq!(account.profile.last_name.as_deref(), Some("Ångström"));
    assert_eq!(account.stable_key, identity(&acme, &IDP_A, "alice").stable_key());
    // Nobody has shown that the domain is theirs.
    assert_eq!(account.email_proof, EmailProof::Organization);
    let mut acme = acme;
    verify_domain(&mut acme, "example.test");
    assert_eq!(alice(&acme).email_proof, EmailProof::Domain);
}

#[test]
fn no_assertion_makes_an_administrator() {
    let acme = acme();
    let identity = with(&acme, |response| {
        response.attributes.push(TestAttribute::new("role", ["administrator"]));
        response.attributes.push(TestAttribute::new("groups", ["admins"]));
    });
    let Provisioning::Create(new) = decide(&identity, &acme, &[], FREE) else {
        panic!("no new account")
    };
    assert_eq!(new.role, Role::Member);
}

#[test]
fn an_email_address_is_all_that_is_needed() {
    let acme = acme();
    let bare = with(&acme, |response| response.attributes.clear());
    let Provisioning::Create(new) = decide(&bare, &acme, &[], FREE) else {
        panic!("no new account")
    };
    assert_eq!((new.email.address(), new.profile.first_name), ("alice@example.test", None));
    // Without an attribute the NameID is the address; without either there is none.
    let nobody = with(&acme, |response| {
        response.attributes.clear();
        response.name_id = Some(named(PERSISTENT, "0042"));
    });
    assert_eq!(code(&nobody, &acme, &[]), "email_missing");
    // Somebody who is known by the key needs none.
    let mut known = alice(&acme);
    known.stable_key = nobody.stable_key();
    assert_eq!(code(&nobody, &acme, &[known]), "keep");
}

#[test]
fn constants_and_unknown_attributes_do_not_matter() {
    let acme = acme();
    let odd = with(&acme, |response| {
        response.attributes.push(TestAttribute::new("department", ["<script>"]));
        response.attributes.push(TestAttribute::new("isAdmin", ["true"]));
        response.attributes.push(TestAttribute::new("accountId", ["1"]));
    });
    assert_eq!(code(&odd, &acme, &[alice(&acme)]), "keep");
    let constant = with(&acme, |response| {
        response.attributes.retain(|attribute| attribute.name != "firstName");
        response.attributes.push(TestAttribute::new("firstName", ["Employee"]));
    });
    let changes = changes(&constant, &acme, &[alice(&acme)]);
    assert_eq!(changes.profile.expect("a profile").first_name.as_deref(), Some("Employee"));
}

#[test]
fn a_second_login_keeps_the_account() {
    let acme = acme();
    let again = identity(&acme, &IDP_A, "alice");
    assert_eq!(
        decide(&again, &acme, &[alice(&acme)], Seats::new(1, 1)),
        Provisioning::Keep(AccountId::new("alice"))
    );
}

#[test]
fn no_seat_no_account() {
    let acme = acme();
    let alice = identity(&acme, &IDP_A, "alice");
    for (seats, expected) in [
        (Seats::new(3, 3), Some("no_seat")),
        (Seats::new(3, 5), Some("no_seat")),
        (Seats::new(0, 0), Some("no_seat")),
        (Seats::new(3, 2), None),
        (Seats::new(None, u32::MAX), None),
    ] {
        let refused = match decide(&alice, &acme, &[], seats) {
            Provisioning::Refuse(refusal) => Some(refusal.code()),
            _ => None,
        };
        assert_eq!(refused, expected, "{seats:?}");
    }
    // Nothing half-created: the directory is as it was.
    let directory = MemoryAccountStore::default();
    directory.set_seats("org-a", Some(0)).expect("the directory");
    let refused = block_on(provision(&directory, &alice, &acme)).expect_err("no seat");
    assert_eq!(refused.code(), "no_seat");
    assert_eq!(
        refused.user_message(),
        "Your organization has no free seat. Ask your administrator."
    );
    assert_eq!(directory.accounts("org-a").expect("the directory"), []);
    assert_eq!(directory.seats("org-a").expect("the directory"), Seats::new(0, 0));
}

#[test]
fn somebody_with_an_account_needs_no_seat() {
    let acme = acme();
    let mut later = alice(&acme);
    later.profile.first_name = Some("Alicia".into());
    let again = identity(&acme, &IDP_A, "alice");
    assert_eq!(
        decide(&again, &acme, std::slice::from_ref(&later), Seats::new(1, 5)).code(),
        "update"
    );
}

#[test]
fn who_was_deactivated_or_deleted_is_not_brought_back() {
    let acme = acme();
    let again = identity(&acme, &IDP_A, "alice");
    for (status, expected) in
        [(Status::Deactivated, "account_deactivated"), (Status::Deleted, "account_deleted")]
    {
        let mut gone = alice(&acme);
        gone.status = status;
        assert_eq!(code(&again, &acme, std::slice::from_ref(&gone)), expected);
        // Without the key, by the address alone, in other letters.
        gone.stable_key = None;
        gone.email = Some(email("ALICE@example.test"));
        assert_eq!(code(&again, &acme, std::slice::from_ref(&gone)), expected);
        // A person whose address is another by now is still the same person.
        let mut moved = alice(&acme);
        moved.status = status;
        moved.email = Some(email("alice@elsewhere.test"));
        assert_eq!(code(&again, &acme, &[moved]), expected);
    }
    // Whom an administrator invites again comes back in the new account.
    let mut gone = alice(&acme);
    gone.status = Status::Deleted;
    let invited = NewAccount::invited("org-a", email("alice@example.test"), Role::Member);
    let invited = invited.into_account(AccountId::new("alice-2"));
    let Provisioning::Link { account, changes } = decide(&again, &acme, &[gone, invited], FREE)
    else {
        panic!("no link")
    };
    assert_eq!(account.as_str(), "alice-2");
    // And in nobody else's.
    let mut mallory = alice(&acme);
    mallory.status = Status::Deleted;
    mallory.email = Some(email("mallory@example.test"));
    let invited = NewAccount::invited("org-a", email("alice@example.test"), Role::Administrator);
    let invited = invited.into_account(AccountId::new("boss"));
    assert_eq!(code(&again, &acme, &[mallory, invited]), "account_deleted");
    assert_eq!((changes.status, changes.stable_key), (Some(Status::Active), again.stable_key()));
}

#[test]
fn an_account_from_an_invitation_is_taken_over() {
    let acme = acme();
    let invited = NewAccount::invited("org-a", email("Alice@example.test"), Role::Administrator);
    let invited = invited.into_account(AccountId::new("invited"));
    let again = identity(&acme, &IDP_A, "alice");
    let changes = changes(&again, &acme, std::slice::from_ref(&invited));
    let account = changes.applied_to(&invited);
    assert_eq!((account.status, account.role), (Status::Active, Role::Administrator));
    assert_eq!(account.stable_key, again.stable_key());
    assert_eq!(code(&again, &acme, &[account]), "keep");
}

#[test]
fn an_address_that_anybody_could_have_typed_leads_nowhere() {
    let acme = acme();
    let mut typed = alice(&acme);
    typed.stable_key = None;
    typed.email_proof = EmailProof::Unproven;
    let again = identity(&acme, &IDP_A, "alice");
    assert_eq!(code(&again, &acme, std::slice::from_ref(&typed)), "email_unproven");
    typed.email_proof = EmailProof::Proven;
    assert_eq!(code(&again, &acme, &[typed]), "link");
}

#[test]
fn letter_case_makes_no_second_person() {
    let acme = acme();
    let mut known = alice(&acme);
    known.email = Some(email("Alice@Example.Test"));
    known.stable_key = None;
    let again = identity(&acme, &IDP_A, "alice");
    assert_eq!(code(&again, &acme, std::slice::from_ref(&known)), "link");
    let mut twin = known.clone();
    twin.id = AccountId::new("twin");
    twin.email = Some(email("ALICE@example.test"));
    assert_eq!(code(&again, &acme, &[known, twin]), "account_ambiguous");
    // An address as NameID in other letters is the same person, too, where both say that they are
    // addresses. A user name that reads like one is anybody's choice.
    let unspecified =
        |name: &str| with(&acme, |response| response.name_id = Some(TestNameId::new(name)));
    let Provisioning::Create(new) = decide(&unspecified("alice@example.test"), &acme, &[], FREE)
    else {
        panic!("no account")
    };
    let plain = new.into_account(AccountId::new("alice"));
    assert_eq!(code(&unspecified("Alice@Example.Test"), &acme, &[plain]), "email_of_another");
    let Provisioning::Create(new) = decide(&unspecified("alice@example.test"), &acme, &[], FREE)
    else {
        panic!("no account")
    };
    let plain = new.into_account(AccountId::new("alice"));
    assert_eq!(code(&identity(&acme, &IDP_A, "alice"), &acme, &[plain]), "email_of_another");
    assert_eq!(
        code(&unspecified("ALICE@example.test"), &acme, &[alice(&acme)]),
        "email_of_another"
    );
    let shouting = with(&acme, |response| {
        let format = response.name_id.take().and_then(|name_id| name_id.format).expect("a format");
        response.name_id = Some(named(&format, "ALICE@example.test"));
    });
    assert_eq!(code(&shouting, &acme, &[alice(&acme)]), "link");
}

/// What an identity provider sends as a name is shown as one, or left out.
#[test]
fn texts_are_names_or_left_out() {
    let acme = acme();
    let profile = |name: &str| {
        let said = with(&acme, |response| {
            response.attributes.retain(|attribute| attribute.name != "firstName");
            response.attributes.push(TestAttribute::new("firstName", [name]));
        });
        let Provisioning::Create(new) = decide(&said, &acme, &[], FREE) else {
            panic!("no account")
        };
        assert_eq!(new.profile.last_name.as_deref(), Some("Ångström"));
        new.profile.first_name
    };
    let longest = "Ä".repeat(256);
    for good in ["Ada", "O'Neil-Šmíd", "علي", longest.as_str()] {
        assert_eq!(profile(good).as_deref(), Some(good));
    }
    let long = "x".repeat(257);
    for bad in ["A\nBcc: x@evil.test", "A\u{202e}B", "A\u{2028}B", "A\u{85}B", &long] {
        assert_eq!(profile(bad), None, "{bad:?}");
    }
    let named_long = |length: usize| {
        with(&acme, |response| response.name_id = Some(named("urn:x", &"n".repeat(length))))
    };
    assert_eq!(code(&named_long(1024), &acme, &[]), "create");
    assert_eq!(code(&named_long(1025), &acme, &[]), "name_id_too_long");
}

#[test]
fn people_are_linked_again_when_the_issuer_changes() {
    let mut acme = acme();
    let before = alice(&acme);
    let values = values(&acme, &IDP_B);
    done(&mut acme, Change::Configure(Box::new(values)));
    let again = identity(&acme, &IDP_B, "alice");
    let Provisioning::Link { account, changes } =
        decide(&again, &acme, std::slice::from_ref(&before), Seats::new(1, 1))
    else {
        panic!("no link")
    };
    assert_eq!(account, before.id);
    assert_eq!(changes.stable_key, again.stable_key());
    assert_ne!(changes.stable_key, before.stable_key);
}

#[test]
fn an_address_that_changed_hands_is_another_persons() {
    let mut acme = acme();
    let comes_as = |acme: &Organization, name_id: TestNameId| {
        with(acme, |response| response.name_id = Some(name_id))
    };
    let Provisioning::Create(new) =
        decide(&comes_as(&acme, named(PERSISTENT, "0042")), &acme, &[], FREE)
    else {
        panic!("no account")
    };
    let known = [new.into_account(AccountId::new("alice"))];
    assert_eq!(code(&comes_as(&acme, named(PERSISTENT, "0042")), &acme, &known), "keep");
    // Another value, another Format, another qualifier, a name that does not last: whoever it is
    // can have asked for it.
    let mut qualified = named(PERSISTENT, "0042");
    qualified.name_qualifier = Some("elsewhere".into());
    let others = [
        named(PERSISTENT, "4711"),
        named(EMAIL, "alice@example.test"),
        named(TRANSIENT, "_1"),
        TestNameId::new("0042"),
        qualified,
    ];
    for other in &others {
        assert_eq!(
            code(&comes_as(&acme, other.clone()), &acme, &known),
            "email_of_another",
            "{other:?}"
        );
    }
    // Somebody has looked, and it is the same person.
    let unlinked = Changes::unlinked().applied_to(&known[0]);
    assert_eq!(unlinked.stable_key, None);
    assert_eq!(code(&comes_as(&acme, named(PERSISTENT, "4711")), &acme, &[unlinked]), "link");
    // Or the identity provider sends other names to everybody.
    let mut loose = ProvisioningRules::default();
    loose.relink = RelinkRule::DangerAnyName;
    rules(&mut acme, loose);
    for other in others {
        let expected = if other.format.as_deref() == Some(TRANSIENT) { "keep" } else { "link" };
        assert_eq!(code(&comes_as(&acme, other), &acme, &known), expected);
    }
}

#[test]
fn a_connection_that_was_kept_too_long_comes_to_nothing() {
    let acme = acme();
    let before = identity(&acme, &IDP_A, "alice");
    let known = [alice(&acme)];
    assert_eq!(code(&before, &acme, &known), "keep");
    let mut closed = acme.clone();
    done(&mut closed, Change::Disable);
    let mut removed = acme.clone();
    done(&mut removed, Change::RemoveConnection);
    let mut replaced = acme.clone();
    done(&mut replaced, Change::Configure(Box::new(values(&acme, &IDP_B))));
    let mut rekeyed = acme.clone();
    let next = common::tenants::idp(IDP_A.issuer());
    done(&mut rekeyed, Change::Configure(Box::new(values(&acme, &next))));
    for organization in [closed, removed, replaced, rekeyed] {
        assert_eq!(code(&before, &organization, &known), "connection_outdated");
        assert_eq!(code(&before, &organization, &[]), "connection_outdated");
    }
    // While keys are rolled over both are good.
    let mut rolling = acme.clone();
    let certificate = next.certificate_pem().expect("PEM");
    done(&mut rolling, Change::AddCertificate { certificate });
    assert_eq!(code(&before, &rolling, &known), "keep");
}

#[test]
fn an_invited_person_who_is_known_by_the_key_comes_in() {
    let acme = acme();
    let mut invited = alice(&acme);
    invited.status = Status::Invited;
    let changes = changes(&identity(&acme, &IDP_A, "alice"), &acme, &[invited]);
    assert_eq!(changes.status, Some(Status::Active));
}

#[test]
fn a_better_proof_of_an_address_is_never_taken_back() {
    let mut acme = acme();
    verify_domain(&mut acme, "example.test");
    let again = identity(&acme, &IDP_A, "alice");
    for (before, after) in [
        (EmailProof::Organization, Some(EmailProof::Domain)),
        (EmailProof::Domain, None),
        (EmailProof::Proven, None),
    ] {
        let mut known = alice(&acme);
        known.email_proof = before;
        let changed = match decide(&again, &acme, &[known], FREE) {
            Provisioning::Update { changes, .. } => changes.email_proof,
            Provisioning::Keep(_) => None,
            other => panic!("{other:?}"),
        };
        assert_eq!(changed, after);
    }
}

#[test]
fn the_address_of_who_a_directory_manages_is_the_directorys() {
    let mut acme = acme();
    verify_domain(&mut acme, "example.test");
    let mut known = alice(&acme);
    known.directory_managed = true;
    let moved = with(&acme, |response| {
        response.attributes.retain(|attribute| attribute.name != "email");
        response.attributes.push(TestAttribute::new("email", ["alice.new@example.test"]));
    });
    assert_eq!(code(&moved, &acme, &[known]), "keep");
}

#[test]
fn to_lose_the_last_domain_loosens_nothing() {
    let mut acme = acme();
    verify_domain(&mut acme, "acme.test");
    let alice = identity(&acme, &IDP_A, "alice");
    assert_eq!(code(&alice, &acme, &[]), "domain_foreign");
    let forget = Change::ForgetDomain(
        saml_login::organization::EmailDomain::parse("acme.test").expect("a domain"),
    );
    let applied = acme.apply(
        forget,
        &Actor::Application,
        &common::tenants::Plans::with(&[]),
        &saml_login::organization::Neighbours::default(),
        now(),
    );
    applied.result.expect("a change");
    assert_eq!(code(&alice, &acme, &[]), "domain_foreign");
    rules(
        &mut acme,
        ProvisioningRules::new(true, DomainRule::DangerAny, ProfileSource::IdentityProvider),
    );
    assert_eq!(code(&alice, &acme, &[]), "create");
}

#[test]
fn a_name_that_does_not_last_is_linked_by_the_address_each_time() {
    let acme = acme();
    let transient = |value: &str| {
        let name_id = named(TRANSIENT, value);
        with(&acme, |response| response.name_id = Some(name_id))
    };
    let Provisioning::Create(new) = decide(&transient("_1"), &acme, &[], FREE) else {
        panic!("no account")
    };
    assert_eq!(new.stable_key, None);
    let known = new.into_account(AccountId::new("alice"));
    assert_eq!(code(&transient("_2"), &acme, &[known]), "keep");
}

#[test]
fn which_source_of_names_wins_is_a_rule() {
    let mut acme = acme();
    let mut known = alice(&acme);
    known.profile.first_name = Some("Ally".into());
    known.profile.display_name = Some("Ally A.".into());
    known.profile.last_name = None;
    let names = |account: &Account| {
        let profile = &account.profile;
        [&profile.first_name, &profile.last_name, &profile.display_name]
            .map(|name| name.clone().unwrap_or_default())
    };
    let again = identity(&acme, &IDP_A, "alice");
    let updated = changes(&again, &acme, std::slice::from_ref(&known)).applied_to(&known);
    // What is not said stays.
    assert_eq!(names(&updated), ["Alice", "Ångström", "Ally A."]);
    rules(
        &mut acme,
        ProvisioningRules::new(true, DomainRule::Verified, ProfileSource::Application),
    );
    let updated = changes(&again, &acme, std::slice::from_ref(&known)).applied_to(&known);
    assert_eq!(names(&updated), ["Ally", "Ångström", "Ally A."]);
    // What a directory manages is the directory's.
    known.directory_managed = true;
    for source in [ProfileSource::Application, ProfileSource::IdentityProvider] {
        rules(&mut acme, ProvisioningRules::new(true, DomainRule::Verified, source));
        assert_eq!(code(&again, &acme, std::slice::from_ref(&known)), "keep");
    }
}

#[test]
fn without_just_in_time_only_known_people_come_in() {
    let mut acme = acme();
    let known = alice(&acme);
    rules(
        &mut acme,
        ProvisioningRules::new(false, DomainRule::Verified, ProfileSource::IdentityProvider),
    );
    assert_eq!(code(&identity(&acme, &IDP_A, "alice"), &acme, &[known]), "keep");
    assert_eq!(code(&identity(&acme, &IDP_A, "bob"), &acme, &[]), "account_unknown");
}

#[test]
fn a_connection_is_believed_within_its_verified_domains() {
    let mut acme = acme();
    let guest = with(&acme, |response| {
        response.attributes.retain(|attribute| attribute.name != "email");
        response.attributes.push(TestAttribute::new("email", ["guest@elsewhere.test"]));
        response.name_id = Some(TestNameId::new("guest-1"));
    });
    let Provisioning::Create(new) = decide(&guest, &acme, &[], FREE) else { panic!("no account") };
    assert_eq!(new.email_proof, EmailProof::Organization);
    let known = new.into_account(AccountId::new("guest"));
    verify_domain(&mut acme, "example.test");
    let table = [
        (DomainRule::Verified, "domain_foreign", "domain_foreign"),
        (DomainRule::VerifiedOrMember, "keep", "domain_foreign"),
        (DomainRule::DangerAny, "keep", "create"),
    ];
    for (rule, member, newcomer) in table {
        rules(&mut acme, ProvisioningRules::new(true, rule, ProfileSource::IdentityProvider));
        assert_eq!(code(&guest, &acme, std::slice::from_ref(&known)), member, "{rule:?}");
        assert_eq!(code(&guest, &acme, &[]), newcomer, "{rule:?}");
        assert_eq!(code(&identity(&acme, &IDP_A, "alice"), &acme, &[]), "create", "{rule:?}");
    }
    // A guest's first login is to an invitation.
    let invited = NewAccount::invited("org-a", email("guest@elsewhere.test"), Role::Member);
    let invited = [invited.into_account(AccountId::new("invited"))];
    for (rule, expected) in
        [(DomainRule::Verified, "domain_foreign"), (DomainRule::VerifiedOrMember, "link")]
    {
        rules(&mut acme, ProvisioningRules::new(true, rule, ProfileSource::IdentityProvider));
        assert_eq!(code(&guest, &acme, &invited), expected, "{rule:?}");
    }
    // A subdomain is a domain of its own.
    let below = with(&acme, |response| {
        response.attributes.retain(|attribute| attribute.name != "email");
        response.attributes.push(TestAttribute::new("email", ["alice@sub.example.test"]));
    });
    rules(&mut acme, ProvisioningRules::default());
    assert_eq!(code(&below, &acme, &[]), "domain_foreign");
}

#[test]
fn an_address_follows_the_person_inside_the_verified_domains() {
    let mut acme = acme();
    let known = alice(&acme);
    let married = with(&acme, |response| {
        response.attributes.retain(|attribute| attribute.name != "email");
        response.attributes.push(TestAttribute::new("email", ["alice.new@example.test"]));
    });
    // Nobody has shown that the domain is theirs: the account keeps its address.
    assert_eq!(code(&married, &acme, std::slice::from_ref(&known)), "keep");
    verify_domain(&mut acme, "example.test");
    let changed = changes(&married, &acme, std::slice::from_ref(&known));
    assert_eq!(changed.email, Some(email("alice.new@example.test")));
    assert_eq!(changed.email_proof, Some(EmailProof::Domain));
    // Not where somebody else has it.
    let mut other = known.clone();
    other.id = AccountId::new("other");
    other.email = Some(email("Alice.New@example.test"));
    other.stable_key = None;
    assert_eq!(code(&married, &acme, &[known.clone(), other.clone()]), "keep");
    other.status = Status::Deleted;
    assert_eq!(code(&married, &acme, &[known, other]), "update");
}

#[test]
fn accounts_of_other_organizations_are_out_of_reach() {
    let acme = acme();
    let bravo = open("org-b", "bravo", &IDP_B);
    let mut elsewhere = alice(&acme);
    elsewhere.organization = "org-b".into();
    assert_eq!(code(&identity(&acme, &IDP_A, "alice"), &acme, &[elsewhere]), "create");
    assert_eq!(
        code(&identity(&bravo, &IDP_B, "alice"), &acme, &[alice(&acme)]),
        "organization_foreign"
    );
    // Two organizations with one issuer: the connection tells them apart.
    let same_issuer = open("org-b", "bravo", &IDP_A);
    let mut theirs = alice(&acme);
    theirs.organization = "org-b".into();
    assert_ne!(identity(&same_issuer, &IDP_A, "alice").stable_key(), theirs.stable_key);
}

#[test]
fn what_happened_is_written_down_without_the_person() {
    let acme = acme();
    let alice = identity(&acme, &IDP_A, "alice");
    let decision = decide(&alice, &acme, &[], FREE);
    let event = decision.event("org-a", Some(&AccountId::new("account-1")), now());
    assert_eq!(event.action, Action::Provisioning { decision: "create".into() });
    assert_eq!(
        (event.actor.clone(), event.outcome.clone()),
        (Actor::IdentityProvider, Outcome::Done)
    );
    assert_eq!(event.target, Some(AccountId::new("account-1")));
    let refused = decide(&alice, &acme, &[], Seats::new(0, 0)).event("org-a", None, now());
    assert_eq!(refused.outcome.clone(), Outcome::Refused("no_seat".into()));
    let text = format!("{event:?} {decision:?}");
    assert!(
        !text.contains("alice") && !text.contains("Alice") && !text.contains("Ångström"),
        "{text}"
    );
}

/// A directory in which somebody else is faster so many times, and which cannot change an account.
struct Crowded(MemoryAccountStore, AtomicUsize, Written);

impl AccountStore for Crowded {
    async fn find(
        &self,
        organization: &OrganizationId,
        key: Option<&saml_login::identity::StableKey>,
        email: Option<&Email>,
    ) -> Result<saml_login::store::Matches, BoxError> {
        self.0.find(organization, key, email).await
    }

    async fn create(&self, new: NewAccount) -> Result<Written, BoxError> {
        if self.1.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok() {
            return Ok(self.2.clone());
        }
        self.0.create(new).await
    }

    async fn change(&self, _: &Account, _: &Changes) -> Result<Written, BoxError> {
        Err(BoxError::new("the database is gone"))
    }
}

#[test]
fn a_directory_that_cannot_write_lets_nobody_in() {
    let acme = acme();
    let alice = identity(&acme, &IDP_A, "alice");
    let busy =
        Crowded(MemoryAccountStore::default(), AtomicUsize::new(usize::MAX), Written::Conflict);
    let error = block_on(provision(&busy, &alice, &acme)).expect_err("no account");
    assert!(matches!(error, ProvisionError::Contended));
    assert_eq!(error.code(), "account_store_contended");
    let invited = NewAccount::invited("org-a", email("alice@example.test"), Role::Member);
    assert!(matches!(block_on(busy.0.create(invited)), Ok(Written::Done(_))));
    let error = block_on(provision(&busy, &alice, &acme)).expect_err("no account");
    assert_eq!(
        (error.code(), error.user_message()),
        ("account_store_failed", "You could not be signed in just now. Try again in a minute.")
    );
}

#[test]
fn whoever_comes_second_tries_again_and_not_for_ever() {
    let acme = acme();
    let alice = identity(&acme, &IDP_A, "alice");
    let come = |times, written| {
        let directory = Crowded(MemoryAccountStore::default(), times, written);
        block_on(provision(&directory, &alice, &acme))
            .map(|came| came.provisioning.code())
            .map_err(|error| error.code())
    };
    assert_eq!(come(15.into(), Written::Conflict), Ok("create"));
    assert_eq!(come(15.into(), Written::NoSeat), Ok("create"));
    assert_eq!(come(16.into(), Written::Conflict), Err("account_store_contended"));
    // It reads seats where there are none: a copy that lags behind.
    assert_eq!(come(16.into(), Written::NoSeat), Err("no_seat"));
}

#[test]
fn every_refusal_has_words() {
    use Refusal as R;
    let all = [
        R::AccountAmbiguous,
        R::AccountDeactivated,
        R::AccountDeleted,
        R::AccountUnknown,
        R::ConnectionOutdated,
        R::EmailOfAnother,
        R::EmailUnproven,
        R::DomainForeign,
        R::EmailMissing,
        R::NoSeat,
        R::OrganizationForeign,
    ];
    for refusal in all {
        assert!(refusal.user_message().ends_with('.') && refusal.help().ends_with('.'));
        assert!(!refusal.to_string().is_empty());
    }
    let codes: std::collections::BTreeSet<_> = all.iter().map(|refusal| refusal.code()).collect();
    assert_eq!(codes.len(), all.len());
}

#[test]
fn seats_are_counted_over_all_ways_in() {
    let acme = acme();
    let directory = MemoryAccountStore::default();
    directory.set_seats("org-a", Some(2)).expect("the directory");
    let seats = || directory.seats("org-a").expect("the directory");
    let invite =
        |text| block_on(directory.create(NewAccount::invited("org-a", email(text), Role::Member)));
    let Ok(Written::Done(bob)) = invite("bob@example.test") else { panic!("no invitation") };
    let came = block_on(provision(&directory, &identity(&acme, &IDP_A, "alice"), &acme))
        .expect("an account");
    assert_eq!((seats(), seats().free()), (Seats::new(2, 2), Some(0)));
    assert_eq!(invite("carol@example.test").expect("the directory"), Written::NoSeat);
    // The invited person comes, and takes no second one.
    let bob_came = block_on(provision(&directory, &identity(&acme, &IDP_A, "bob"), &acme))
        .expect("an account");
    assert_eq!((bob_came.account.id.clone(), bob_came.provisioning.code()), (bob.id, "link"));
    assert_eq!(seats(), Seats::new(2, 2));
    let off = Changes::to_status(Status::Deactivated);
    let Ok(Written::Done(_)) = block_on(directory.change(&came.account, &off)) else {
        panic!("no change")
    };
    assert_eq!(seats(), Seats::new(2, 1));
    assert!(matches!(invite("carol@example.test"), Ok(Written::Done(_))));
    directory.set_seats("org-a", Some(1)).expect("the directory");
    assert_eq!((seats(), seats().free()), (Seats::new(1, 2), Some(0)));
    let again = block_on(provision(&directory, &identity(&acme, &IDP_A, "bob"), &acme))
        .expect("an account");
    assert_eq!(again.provisioning.code(), "keep");
}
