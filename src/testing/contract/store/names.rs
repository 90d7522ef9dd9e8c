//! Sentence 3: names find, and are nobody else's.

use super::people::{address_of, at, bare, digest, email, full, invited, key, member, odd};
use super::{Tested, changed};
use crate::account::{
    Account, AccountAddress, AccountId, EmailProof, Invitation, Link, LinkOrigin, OrganizationId,
    Status,
};
use crate::store::{Name, Names, Store, Written};

const KINDS: [&str; 4] = ["key", "address", "user name", "external ID"];

/// The name of a kind that is made of this.
fn name(kind: &str, id: &OrganizationId, name: &str) -> Name {
    match kind {
        "key" => Name::Key(key(id, name)),
        "address" => Name::email(&address_of(id, name)),
        "user name" => Name::user_name(name),
        _ => Name::ExternalId(name.to_owned()),
    }
}

/// The account with no other name of this kind.
fn named(kind: &str, id: &OrganizationId, name: &str, mut account: Account) -> Account {
    match kind {
        "key" => account.link = Some(Link::new(key(id, name), LinkOrigin::Email)),
        "address" => {
            let address = address_of(id, name);
            account.address = Some(AccountAddress::new(address, EmailProof::Unproven));
        }
        "user name" => account.user_name = Some(name.to_owned()),
        _ => account.external_id = Some(name.to_owned()),
    }
    account
}

pub(super) fn names_are_found<S: Store>(tested: Tested<'_, S>) {
    let id = tested.found("contract-found", Some(9));
    let alice = tested.created(full(&id, "alice"));
    let bob = tested.created(invited(&id, "bob"));
    let carol = tested.created(bare(&id, "carol"));
    for (kind, name) in KINDS.into_iter().zip(Name::all_of(&alice)) {
        let found = tested.named(&id, name);
        assert!(found == [alice.clone()], "an account is found by its {kind} alone");
    }
    let by_invitation = |name: &str| tested.accounts(&id, &Names::of_invitation(digest(&id, name)));
    assert!(by_invitation("bob") == [bob.clone()], "an account is found by its invitation");
    assert!(by_invitation("dave").is_empty(), "an invitation that nobody has finds nobody");
    let found = tested.now(&carol);
    assert!(found == Some(carol.clone()), "an account without names is found by its id");
    let mut all = Names::of_names(Name::all_of(&alice).into_iter().chain(Name::all_of(&bob)));
    all.ids = vec![carol.id.clone(), alice.id.clone(), AccountId::new("nobody")];
    all.invitation = Some(digest(&id, "bob"));
    let mut expected = vec![alice, bob.clone(), carol];
    expected.sort_by(|one, other| one.id.cmp(&other.id));
    let found = tested.accounts(&id, &all);
    assert!(found == expected, "whoever has any of the names is found, and each once");
    let found = tested.accounts(&id, &Names::default());
    assert!(found.is_empty(), "no name is not the name of those who have none");
    // A newer mail leads to the account, and the older one nowhere.
    let newer = Invitation::new(digest(&id, "newer"), at(90));
    let bob = tested.changed(&bob, |account| account.invitation = Some(newer));
    assert!(by_invitation("bob").is_empty(), "an invitation that was replaced finds nobody");
    assert!(by_invitation("newer") == [bob], "an account is found by its newer invitation");
    let found = tested.find(&id, &Names::default()).record;
    assert!(found == tested.record(&id), "what is found has the organization as it is kept");
}

/// Names that an account does not have any more.
pub(super) fn former_names_are_free<S: Store>(tested: Tested<'_, S>) {
    let id = tested.found("contract-former", None);
    let before = tested.created(member(&id, "before"));
    let after = tested.changed(&before, |account| {
        let Account { id: own, version, .. } = account.clone();
        *account = Account { id: own, version, ..member(&id, "after") };
    });
    for (kind, name) in KINDS.into_iter().zip(Name::all_of(&before)) {
        assert!(tested.named(&id, name).is_empty(), "a former {kind} finds nobody");
    }
    let heir = Account { id: "former heir".into(), ..before };
    let written = tested.create(&heir);
    assert!(written == Written::Done, "former names are free: {written:?}");
    assert!(tested.now(&after) == Some(after), "whoever gave names up stays as they are");
}

/// What finds nobody, and what does.
pub(super) fn names_are_compared<S: Store>(tested: Tested<'_, S>) {
    let id = tested.found("contract-compared", None);
    let nobody = tested.created(bare(&id, "nobody"));
    let account = Account {
        address: Some(AccountAddress::new(address_of(&id, "A_b"), EmailProof::Proven)),
        link: Some(Link::new(key(&id, "A_b"), LinkOrigin::Code)),
        user_name: Some("A_b É".to_owned()),
        external_id: Some("A_b".to_owned()),
        ..bare(&id, "alice")
    };
    let alice = tested.created(account);
    let finds = |name: Name, what: &str| {
        assert!(tested.named(&id, name) == [alice.clone()], "{what}");
    };
    let finds_nobody = |name: Name, what: &str| {
        let found = tested.named(&id, name);
        assert!(!found.contains(&nobody), "no name is not the name of those who have none");
        assert!(found.is_empty(), "{what}");
    };
    finds(name("address", &id, "a_B"), "an address finds in any ASCII letter case");
    finds(Name::user_name("a_B É"), "a user name finds in any ASCII letter case");
    for other in ["a_b", "A_B", "A_b ", " A_b", "Axb", "A%", "A", "A_"] {
        finds_nobody(name("key", &id, other), "keys are compared byte for byte, and whole");
        finds_nobody(name("external ID", &id, other), "external IDs are compared to the letter");
    }
    for other in ["axb", "a", "a%b", "%", "_"] {
        let pattern = Name::Email(format!("{other}@{id}.test"));
        finds_nobody(pattern, "an address is no pattern");
        finds_nobody(Name::user_name(&format!("{other} É")), "a user name is no pattern");
    }
    for other in ["A_b é", "A_b É ", " A_b É", "A_b E\u{301}"] {
        finds_nobody(Name::user_name(other), "user names are alike in ASCII letter case alone");
    }
    finds_nobody(Name::ExternalId("A_b É".into()), "a name finds nobody by a name of another kind");
    finds_nobody(Name::user_name("A_b"), "a name finds nobody by a name of another kind");
    for empty in [Name::user_name(""), Name::ExternalId(String::new())] {
        finds_nobody(empty, "an empty name is not the name of those who have none");
    }
    long_names(tested, &id);
}

/// They are longer than an index takes, and differ at their end alone.
fn long_names<S: Store>(tested: Tested<'_, S>, id: &OrganizationId) {
    for kind in ["key", "user name", "external ID"] {
        let long = |end: &str| format!("{}{}{end}", odd("long"), "x".repeat(3_000));
        let of = |end: &str| {
            let text = long(end);
            tested.created(named(kind, id, &text, bare(id, &format!("{kind} {end}"))))
        };
        let both = [of("a"), of("b")];
        for (end, account) in ["a", "b"].into_iter().zip(both) {
            let found = tested.named(id, name(kind, id, &long(end)));
            assert!(found == [account], "a {kind} is compared whole, a long one, too");
        }
        let found = tested.named(id, name(kind, id, &long("")));
        assert!(found.is_empty(), "a {kind} is compared whole, a long one, too");
    }
}

pub(super) fn names_are_unique<S: Store>(tested: Tested<'_, S>) {
    let id = tested.found("contract-unique", None);
    let alice = tested.created(member(&id, "alice"));
    let bob = tested.created(member(&id, "bob"));
    let off = Account { status: Status::Deactivated, ..member(&id, "off") };
    let off = tested.created(off);
    let pending = tested.created(invited(&id, "pending"));
    let before = tested.counters(&id);
    let refused = |written: Written, what: &str| {
        assert!(written == Written::Conflict, "{what}, and it is answered {written:?}");
        for account in [&alice, &bob, &off, &pending] {
            assert!(tested.now(account).as_ref() == Some(account), "a conflict writes nothing");
        }
        assert!(tested.counters(&id) == before, "a conflict counts nobody");
    };
    for (kind, own) in [("key", "alice"), ("address", "alice"), ("external ID", "external alice")] {
        let new = named(kind, &id, own, bare(&id, "new"));
        refused(tested.create(&new), &format!("no two accounts share a name: {kind}"));
        let other = changed(&bob, |account| *account = named(kind, &id, own, account.clone()));
        refused(tested.change(&other), &format!("no two share a name after a change: {kind}"));
    }
    let user_name = |name: &str| Some(format!("{name}@{id}.test"));
    let new = Account { user_name: user_name("alice"), ..bare(&id, "new") };
    refused(tested.create(&new), "no two accounts share a name: user name");
    let other = changed(&bob, |account| account.user_name = user_name("alice"));
    refused(tested.change(&other), "no two share a name after a change: user name");
    let new = named("address", &id, "ALICE", bare(&id, "new"));
    refused(tested.create(&new), "no two share an address in any ASCII letter case");
    let new = Account { user_name: user_name("ALICE"), ..bare(&id, "new") };
    refused(tested.create(&new), "no two share a user name in any ASCII letter case");
    for (kind, name) in [("key", "off"), ("address", "off"), ("external ID", "external off")] {
        let new = named(kind, &id, name, bare(&id, "new"));
        refused(tested.create(&new), &format!("a deactivated account keeps its {kind}"));
    }
    let new = named("address", &id, "pending", bare(&id, "new"));
    refused(tested.create(&new), "an invited account keeps its address");
    shared_by_nobody(tested, &id, &alice);
}

/// What is no conflict.
fn shared_by_nobody<S: Store>(tested: Tested<'_, S>, id: &OrganizationId, alice: &Account) {
    let done = |written: Written, what: &str| {
        assert!(written == Written::Done, "{what}, and it is answered {written:?}");
    };
    let own = changed(alice, |account| {
        *account = named("address", id, "Alice", account.clone());
        account.user_name = Some(format!("ALICE@{id}.test"));
    });
    done(tested.change(&own), "an account's own name in other letters is no conflict");
    let other = named("key", id, "ALICE", bare(id, "key"));
    done(tested.create(&other), "keys are unique byte for byte: another letter case is another");
    let other = named("external ID", id, "EXTERNAL alice", bare(id, "external"));
    done(tested.create(&other), "external IDs are unique to the letter: another case is another");
    let other = named(
        "external ID",
        id,
        "alice",
        named("user name", id, "external alice", bare(id, "kinds")),
    );
    done(tested.create(&other), "names of different kinds are different names");
    for number in 0..3 {
        let none = bare(id, &format!("none-{number}"));
        done(tested.create(&none), "any number of accounts have no name");
    }
    // A pushed address finds nobody and stands in nobody's way.
    let pushed = Account { pushed: full(id, "pushed").pushed, ..bare(id, "pushed") };
    done(tested.create(&pushed), "what a directory has pushed is no name");
    let again = Account { pushed: full(id, "pushed").pushed, ..bare(id, "pushed again") };
    done(tested.create(&again), "what a directory has pushed is no name");
}

pub(super) fn deleted_accounts_stand_in_nobodys_way<S: Store>(tested: Tested<'_, S>) {
    let id = tested.found("contract-deleted", None);
    let gone = |name: &str| {
        let account = tested.created(member(&id, name));
        tested.changed(&account, |account| account.status = Status::Deleted)
    };
    let (alice, bob) = (gone("alice"), gone("bob"));
    for deleted in [&alice, &bob] {
        for (kind, name) in KINDS.into_iter().zip(Name::all_of(deleted)) {
            let found = tested.named(&id, name);
            assert!(found == [deleted.clone()], "a deleted account is found by its {kind}");
        }
    }
    let heir = Account { id: "heir".into(), ..member(&id, "alice") };
    let created = tested.create(&heir);
    assert!(created == Written::Done, "the names of a deleted account are free: {created:?}");
    let other = tested.created(bare(&id, "other"));
    let bobs = changed(&other, |account| {
        let Account { id, version, .. } = account.clone();
        *account = Account { id, version, ..bob.clone() };
        account.status = Status::Active;
    });
    let written = tested.change(&bobs);
    assert!(written == Written::Done, "a change takes the names of a deleted account: {written:?}");
    let found = tested.named(&id, Name::email(&email(&format!("alice@{id}.test"))));
    assert!(found.len() == 2, "a deleted account is found beside the one that has its name now");
    let before = tested.counters(&id);
    for deleted in [&alice, &bob] {
        for status in [Status::Active, Status::Deactivated, Status::Invited] {
            let restored = changed(deleted, |account| account.status = status);
            let written = tested.change(&restored);
            assert!(
                written == Written::Conflict,
                "nobody is restored whose names another account has by now: {written:?}"
            );
            assert!(tested.now(deleted).as_ref() == Some(deleted), "a conflict writes nothing");
        }
        let renamed = changed(deleted, |account| account.profile.first_name = None);
        let written = tested.change(&renamed);
        assert!(
            written == Written::Done,
            "a deleted account is changed beside its heir: {written:?}"
        );
    }
    assert!(tested.counters(&id) == before, "a conflict counts nobody");
}
