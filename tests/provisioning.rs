//! From identities to accounts and seats.

mod common;

use std::slice::from_ref;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

use common::hooked::Hooked;
use common::people::{
    address, carry, changed, code, come, counters, created, decided, email, invitation, invited,
    login, numbers, store_of,
};
use common::tenants::{
    IDP_A, IDP_B, applied, done, identity, log_in, open, response, values, verify_domain,
};
use common::{block_on, now};
use saml_login::account::{
    Account, AccountId, EmailProof, Link, LinkOrigin, Role, Seats, Source, Status,
};
use saml_login::audit::{Action, Actor, Outcome};
use saml_login::error::BoxError;
use saml_login::organization::{
    By, Change, Counters, DomainRule, JitRule, ProfileSource, ProvisioningRules, RelinkRule,
};
use saml_login::provision::{Intent, LogIn, ProvisionError, Provisioning, Refusal, event};
use saml_login::store::{MemoryStore, SettingsWrite, Store, Write, Written};
use saml_login::testing::idp::{TestAttribute, TestNameId, TestResponse};
use saml_login::{Identity, Organization};

const PERSISTENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
const EMAIL: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
const TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";

fn acme() -> Organization {
    open("org-a", "acme", &IDP_A)
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
    created(&identity(organization, &IDP_A, "alice"), organization, "alice")
}

fn comes(
    identity: &Identity,
    organization: &Organization,
    accounts: &[Account],
    counters: Counters,
) -> Result<Provisioning, Refusal> {
    let intent = Intent::LogIn(LogIn::of(identity));
    decided(&intent, &By::IdentityProvider, organization, accounts, counters)
}

fn rules(organization: &mut Organization, rules: ProvisioningRules) {
    done(organization, Change::Provision(rules));
}

#[test]
fn a_first_login_creates_an_account_from_the_assertion() {
    let acme = acme();
    let account = alice(&acme);
    assert_eq!(account.organization, "org-a");
    assert_eq!(account.email(), Some(&email("alice@example.test")));
    assert_eq!((account.status, account.role), (Status::Active, Role::Member));
    assert_eq!(account.profile.first_name.as_deref(), Some("Alice"));
    assert_eq!(account.profile.last_name.as_deref(), Some("Ångström"));
    assert_eq!(account.stable_key().cloned(), identity(&acme, &IDP_A, "alice").stable_key());
    // Nobody has shown that the domain is theirs.
    assert_eq!(account.proof(), EmailProof::Organization);
    let mut acme = acme;
    verify_domain(&mut acme, "example.test");
    assert_eq!(alice(&acme).proof(), EmailProof::Domain);
}

#[test]
fn no_assertion_makes_an_administrator() {
    let acme = acme();
    let identity = with(&acme, |response| {
        response.attributes.push(TestAttribute::new("role", ["administrator"]));
        response.attributes.push(TestAttribute::new("groups", ["admins"]));
    });
    let new = created(&identity, &acme, "new");
    assert_eq!(new.role, Role::Member);
}

#[test]
fn an_email_address_is_all_that_is_needed() {
    let acme = acme();
    let bare = with(&acme, |response| response.attributes.clear());
    let new = created(&bare, &acme, "new");
    assert_eq!(
        (new.email(), new.profile.first_name.clone()),
        (Some(&email("alice@example.test")), None)
    );
    // Without an attribute the NameID is the address; without either there is none.
    let nobody = with(&acme, |response| {
        response.attributes.clear();
        response.name_id = Some(named(PERSISTENT, "0042"));
    });
    assert_eq!(code(&nobody, &acme, &[]), "email_missing");
    // Somebody who is known by the key needs none.
    let mut known = alice(&acme);
    known.link = nobody.stable_key().map(|key| Link::new(key, LinkOrigin::Code));
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
    let after = changed(&constant, &acme, &alice(&acme));
    assert_eq!(after.profile.first_name.as_deref(), Some("Employee"));
}

#[test]
fn a_second_login_keeps_the_account() {
    let acme = acme();
    let again = identity(&acme, &IDP_A, "alice");
    let known = alice(&acme);
    assert_eq!(login(&again, &acme, from_ref(&known)), Ok(Provisioning::Keep(Box::new(known))));
}

#[test]
fn no_seat_no_account() {
    let acme = acme();
    let alice = identity(&acme, &IDP_A, "alice");
    for (purchased, active, expected) in [
        (Some(3), 3, Some("no_seat")),
        (Some(3), 5, Some("no_seat")),
        (Some(0), 0, Some("no_seat")),
        (Some(3), 2, None),
        (None, u32::MAX, None),
    ] {
        let mut counters = Counters::default();
        (counters.purchased, counters.active) = (purchased, active);
        let refused = comes(&alice, &acme, &[], counters).err().map(Refusal::code);
        assert_eq!(refused, expected, "{counters:?}");
    }
    // Nothing half-created: the store is as it was.
    let store = store_of(&acme, Some(0));
    let refused = come(&store, &acme, &alice).expect_err("no seat");
    assert_eq!(refused.code(), "no_seat");
    assert_eq!(
        refused.user_message(),
        "Your organization has no free seat. Ask your administrator."
    );
    let mut empty = Counters::default();
    empty.purchased = Some(0);
    assert_eq!(numbers(&store, "org-a"), empty);
}

#[test]
fn somebody_with_an_account_needs_no_seat() {
    let acme = acme();
    let mut later = alice(&acme);
    later.profile.first_name = Some("Alicia".into());
    let again = identity(&acme, &IDP_A, "alice");
    let mut full = counters(&acme, from_ref(&later));
    (full.purchased, full.active) = (Some(1), 5);
    let provisioning = comes(&again, &acme, from_ref(&later), full).expect("a login");
    assert_eq!(provisioning.code(), "update");
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
        assert_eq!(code(&again, &acme, from_ref(&gone)), expected);
        // Without the key, by the address alone, in other letters.
        gone.link = None;
        gone.address = address("ALICE@example.test", EmailProof::Organization);
        assert_eq!(code(&again, &acme, from_ref(&gone)), expected);
        // A person whose address is another by now is still the same person.
        let mut moved = alice(&acme);
        moved.status = status;
        moved.address = address("alice@elsewhere.test", EmailProof::Organization);
        assert_eq!(code(&again, &acme, &[moved]), expected);
    }
    // Whom an administrator invites again comes back in the new account.
    let mut gone = alice(&acme);
    gone.status = Status::Deleted;
    let new = invited("org-a", "alice-2", "alice@example.test", Role::Member);
    let Ok(Provisioning::Change { after, .. }) = login(&again, &acme, &[gone, new]) else {
        panic!("no link")
    };
    assert_eq!((after.id.as_str(), after.status), ("alice-2", Status::Active));
    assert_eq!(after.stable_key(), again.stable_key().as_ref());
    // And in nobody else's.
    let mut mallory = alice(&acme);
    mallory.status = Status::Deleted;
    mallory.address = address("mallory@example.test", EmailProof::Organization);
    let boss = invited("org-a", "boss", "alice@example.test", Role::Administrator);
    assert_eq!(code(&again, &acme, &[mallory, boss]), "account_deleted");
}

#[test]
fn an_account_from_an_invitation_is_taken_over() {
    let acme = acme();
    let new = invited("org-a", "invited", "Alice@example.test", Role::Member);
    let again = identity(&acme, &IDP_A, "alice");
    let account = changed(&again, &acme, &new);
    assert_eq!((account.status, account.role), (Status::Active, Role::Member));
    assert_eq!((account.invitation, account.version), (None, 1));
    assert_eq!(account.stable_key(), again.stable_key().as_ref());
    assert_eq!(code(&again, &acme, &[account]), "keep");
}

#[test]
fn an_address_that_anybody_could_have_typed_leads_nowhere() {
    let acme = acme();
    let mut typed = alice(&acme);
    typed.link = None;
    typed.address = address("alice@example.test", EmailProof::Unproven);
    let again = identity(&acme, &IDP_A, "alice");
    assert_eq!(code(&again, &acme, from_ref(&typed)), "email_unproven");
    typed.address = address("alice@example.test", EmailProof::Proven);
    assert_eq!(code(&again, &acme, &[typed]), "link");
}

#[test]
fn letter_case_makes_no_second_person() {
    let acme = acme();
    let mut known = alice(&acme);
    known.address = address("Alice@Example.Test", EmailProof::Organization);
    known.link = None;
    let again = identity(&acme, &IDP_A, "alice");
    assert_eq!(code(&again, &acme, from_ref(&known)), "link");
    let mut twin = known.clone();
    twin.id = AccountId::new("twin");
    twin.address = address("ALICE@example.test", EmailProof::Organization);
    twin.user_name = None;
    assert_eq!(code(&again, &acme, &[known, twin]), "account_ambiguous");
    // An address as NameID in other letters is the same person, too, where both say that they are
    // addresses. A user name that reads like one is anybody's choice.
    let unspecified =
        |name: &str| with(&acme, |response| response.name_id = Some(TestNameId::new(name)));
    let plain = created(&unspecified("alice@example.test"), &acme, "alice");
    assert_eq!(code(&unspecified("Alice@Example.Test"), &acme, &[plain]), "email_of_another");
    let plain = created(&unspecified("alice@example.test"), &acme, "alice");
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
        let new = created(&said, &acme, "new");
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
    let after = changed(&again, &acme, &before);
    assert_eq!(after.id, before.id);
    assert_eq!(after.stable_key(), again.stable_key().as_ref());
    assert_ne!(after.stable_key(), before.stable_key());
    // Whoever the other identity provider's people are, those of the former are signed out.
    assert_eq!(after.generation, before.generation + 1);
}

#[test]
fn an_address_that_changed_hands_is_another_persons() {
    let mut acme = acme();
    let comes_as = |acme: &Organization, name_id: TestNameId| {
        with(acme, |response| response.name_id = Some(name_id))
    };
    let known = [created(&comes_as(&acme, named(PERSISTENT, "0042")), &acme, "alice")];
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
    let unlink = Intent::Unlink(&known[0].id);
    let by = By::Operator("operator-7");
    let unlinked = decided(&unlink, &by, &acme, &known, counters(&acme, &known)).expect("a change");
    let unlinked = unlinked.account().clone();
    assert_eq!((unlinked.stable_key(), unlinked.generation), (None, 1));
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
    let after = changed(&identity(&acme, &IDP_A, "alice"), &acme, &invited);
    assert_eq!(after.status, Status::Active);
}

#[test]
fn a_better_proof_of_an_address_is_never_taken_back() {
    let mut acme = acme();
    verify_domain(&mut acme, "example.test");
    let again = identity(&acme, &IDP_A, "alice");
    for (before, after) in [
        (EmailProof::Organization, EmailProof::Domain),
        (EmailProof::Domain, EmailProof::Domain),
        (EmailProof::Proven, EmailProof::Proven),
    ] {
        let mut known = alice(&acme);
        known.address = address("alice@example.test", before);
        let came = login(&again, &acme, from_ref(&known)).expect("a login");
        assert_eq!(came.account().proof(), after);
        // The domain's owner has vouched for whoever was here.
        assert_eq!(came.account().generation, known.generation);
    }
}

#[test]
fn the_address_of_who_a_directory_manages_is_the_directorys() {
    let mut acme = acme();
    verify_domain(&mut acme, "example.test");
    let mut known = alice(&acme);
    known.managed_by = Source::Directory;
    done(&mut acme, Change::ManageByDirectory(true));
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
    applied(&mut acme, forget).result.expect("a change");
    assert_eq!(code(&alice, &acme, &[]), "domain_foreign");
    rules(
        &mut acme,
        ProvisioningRules::new(
            JitRule::Always,
            DomainRule::DangerAny,
            ProfileSource::IdentityProvider,
        ),
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
    let known = created(&transient("_1"), &acme, "alice");
    assert_eq!(known.stable_key(), None);
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
    let updated = changed(&again, &acme, &known);
    // What is not said stays.
    assert_eq!(names(&updated), ["Alice", "Ångström", "Ally A."]);
    rules(
        &mut acme,
        ProvisioningRules::new(JitRule::Always, DomainRule::Verified, ProfileSource::Application),
    );
    let updated = changed(&again, &acme, &known);
    assert_eq!(names(&updated), ["Ally", "Ångström", "Ally A."]);
    // What a directory manages is the directory's, while it manages.
    known.managed_by = Source::Directory;
    assert_eq!(names(&changed(&again, &acme, &known)), ["Ally", "Ångström", "Ally A."]);
    done(&mut acme, Change::ManageByDirectory(true));
    for source in [ProfileSource::Application, ProfileSource::IdentityProvider] {
        rules(&mut acme, ProvisioningRules::new(JitRule::Always, DomainRule::Verified, source));
        assert_eq!(code(&again, &acme, from_ref(&known)), "keep");
    }
}

#[test]
fn without_just_in_time_only_known_people_come_in() {
    let mut acme = acme();
    let known = alice(&acme);
    rules(
        &mut acme,
        ProvisioningRules::new(
            JitRule::Never,
            DomainRule::Verified,
            ProfileSource::IdentityProvider,
        ),
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
    let new = created(&guest, &acme, "new");
    assert_eq!(new.proof(), EmailProof::Organization);
    let known = new;
    verify_domain(&mut acme, "example.test");
    let table = [
        (DomainRule::Verified, "domain_foreign", "domain_foreign"),
        (DomainRule::VerifiedOrMember, "keep", "domain_foreign"),
        (DomainRule::DangerAny, "keep", "create"),
    ];
    for (rule, member, newcomer) in table {
        rules(
            &mut acme,
            ProvisioningRules::new(JitRule::Always, rule, ProfileSource::IdentityProvider),
        );
        assert_eq!(code(&guest, &acme, from_ref(&known)), member, "{rule:?}");
        assert_eq!(code(&guest, &acme, &[]), newcomer, "{rule:?}");
        assert_eq!(code(&identity(&acme, &IDP_A, "alice"), &acme, &[]), "create", "{rule:?}");
    }
    // A guest's first login is to an invitation.
    let invited = [invited("org-a", "invited", "guest@elsewhere.test", Role::Member)];
    for (rule, expected) in
        [(DomainRule::Verified, "domain_foreign"), (DomainRule::VerifiedOrMember, "link")]
    {
        rules(
            &mut acme,
            ProvisioningRules::new(JitRule::Always, rule, ProfileSource::IdentityProvider),
        );
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
    assert_eq!(code(&married, &acme, from_ref(&known)), "keep");
    verify_domain(&mut acme, "example.test");
    let moved = changed(&married, &acme, &known);
    assert_eq!(moved.address, address("alice.new@example.test", EmailProof::Domain));
    // Sessions that were begun for the former address end.
    assert_eq!(moved.generation, known.generation + 1);
    // Not where somebody else has it.
    let mut other = known.clone();
    other.id = AccountId::new("other");
    other.address = address("Alice.New@example.test", EmailProof::Organization);
    other.user_name = None;
    other.link = None;
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
    assert_ne!(identity(&same_issuer, &IDP_A, "alice").stable_key(), theirs.stable_key().cloned());
}

#[test]
fn what_happened_is_written_down_without_the_person() {
    let acme = acme();
    let alice = identity(&acme, &IDP_A, "alice");
    let decision = login(&alice, &acme, &[]);
    let intent = Intent::LogIn(LogIn::of(&alice));
    let told = |decision| event(decision, acme.id(), &intent, &By::IdentityProvider, now());
    let created = told(&decision);
    assert_eq!(created.action, Action::Provisioning { decision: "create".into() });
    assert_eq!(created.actor, Actor::IdentityProvider);
    assert_eq!((created.outcome.clone(), created.at), (Outcome::Done, now()));
    assert_eq!(created.target, Some(AccountId::new("new")));
    let refused = told(&Err(Refusal::NoSeat));
    assert_eq!(refused.outcome, Outcome::Refused("no_seat".into()));
    assert_eq!(refused.action, Action::Provisioning { decision: "refuse".into() });
    let text = format!("{created:?} {decision:?}");
    assert!(
        !text.contains("alice@") && !text.contains("Alice") && !text.contains("Ångström"),
        "{text}"
    );
}

/// A store in which somebody else is faster so many times.
fn crowded(times: usize, answer: Written) -> Hooked {
    let faster = AtomicUsize::new(times);
    Hooked::new(store_of(&acme(), None), move |_, _| {
        let left = faster.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1));
        left.is_ok().then(|| Ok(answer.clone()))
    })
}

#[test]
fn a_store_that_cannot_write_lets_nobody_in() {
    let acme = acme();
    let alice = identity(&acme, &IDP_A, "alice");
    let busy = crowded(usize::MAX, Written::Conflict);
    let error = come(&busy, &acme, &alice).expect_err("no account");
    assert!(matches!(error, ProvisionError::Contended));
    assert_eq!(error.code(), "account_store_contended");
    let gone = |_: &MemoryStore, _: &Write| Some(Err(BoxError::new("the database is gone")));
    let broken = Hooked::new(store_of(&acme, None), gone);
    let error = come(&broken, &acme, &alice).expect_err("no account");
    assert_eq!(
        (error.code(), error.user_message()),
        ("account_store_failed", "That did not work just now. Try again in a minute.")
    );
}

#[test]
fn whoever_comes_second_tries_again_and_not_for_ever() {
    let acme = acme();
    let alice = identity(&acme, &IDP_A, "alice");
    let come = |times, written| {
        come(&crowded(times, written), &acme, &alice)
            .map(|came| came.provisioning.code())
            .map_err(|error| error.code())
    };
    // The first round only finds out which names are in question.
    assert_eq!(come(14, Written::Conflict), Ok("create"));
    assert_eq!(come(14, Written::NoSeat), Ok("create"));
    assert_eq!(come(14, Written::Outdated), Ok("create"));
    assert_eq!(come(16, Written::Conflict), Err("account_store_contended"));
    // It reads seats where there are none: a copy that lags behind.
    assert_eq!(come(16, Written::NoSeat), Err("no_seat"));
    assert_eq!(come(16, Written::LastAdministrator), Err("last_administrator"));
}

#[test]
fn seats_are_counted_over_all_ways_in() {
    let acme = acme();
    let store = store_of(&acme, Some(2));
    let seats = || numbers(&store, "org-a").seats();
    let invite = |text: &str| {
        let (email, invitation) = (email(text), invitation(text));
        let intent = Intent::Invite { email: &email, role: Role::Member, invitation };
        carry(&store, "org-a", &By::Application, &intent).map(|done| done.account)
    };
    let off = |account: &Account| {
        let status = Status::Deactivated;
        let intent = Intent::SetStatus { account: &account.id, status };
        carry(&store, "org-a", &By::Operator("operator-7"), &intent).expect("a change")
    };
    let bob = invite("bob@example.test").expect("an invitation");
    let alice = come(&store, &acme, &identity(&acme, &IDP_A, "alice")).expect("an account");
    assert_eq!((seats(), seats().free()), (Seats::new(2, 2), Some(0)));
    assert_eq!(invite("carol@example.test").expect_err("no seat").code(), "no_seat");
    // The invited person comes, and takes no second one.
    let bob_came = come(&store, &acme, &identity(&acme, &IDP_A, "bob")).expect("an account");
    assert_eq!((bob_came.account.id.clone(), bob_came.provisioning.code()), (bob.id, "link"));
    assert_eq!(seats(), Seats::new(2, 2));
    let _ = off(&alice.account);
    assert_eq!(seats(), Seats::new(2, 1));
    assert!(invite("carol@example.test").is_ok());
    let mut fewer = Write::of("org-a", now());
    fewer.settings = Some(SettingsWrite::Seats(Some(1)));
    assert_eq!(block_on(store.write(fewer)).expect("the store"), Written::Done);
    assert_eq!((seats(), seats().free()), (Seats::new(1, 2), Some(0)));
    let again = come(&store, &acme, &identity(&acme, &IDP_A, "bob")).expect("an account");
    assert_eq!(again.provisioning.code(), "keep");
}
