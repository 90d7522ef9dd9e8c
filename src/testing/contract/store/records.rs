//! Sentences 1 and 2: accounts are written as they are, and changed as they were read.

use super::people::{
    at, bare, difference, email, full, member, odd, profile, pushed, to_the_letter,
};
use super::{Tested, change, changed};
use crate::account::{
    Account, AccountAddress, EmailProof, Link, LinkOrigin, OrganizationId, Profile, Pushed, Role,
    Source, Status,
};
use crate::store::{Name, Names, Store, Written};

/// A change of one field.
type Change = (&'static str, fn(&mut Account));

/// Each field in another value than that of a full account.
const CHANGES: &[Change] = &[
    ("generation", |account| account.generation = 1),
    ("status", |account| account.status = Status::Active),
    ("status", |account| account.status = Status::Invited),
    ("status", |account| account.status = Status::Deleted),
    ("ended_by", |account| account.ended_by = Some(Source::Application)),
    ("ended_by", |account| account.ended_by = None),
    ("role", |account| account.role = Role::Member),
    ("address", |account| {
        account.address = Some(AccountAddress::new(email("other@b.test"), EmailProof::Domain));
    }),
    ("address", |account| account.address = None),
    ("proof of the address", |account| proven(account, EmailProof::Unproven)),
    ("proof of the address", |account| proven(account, EmailProof::Organization)),
    ("proof of the address", |account| proven(account, EmailProof::Proven)),
    ("key", |account| account.link = None),
    ("key", |account| {
        let key = super::people::key(&account.organization, "another");
        account.link = Some(Link::new(key, LinkOrigin::Session));
    }),
    ("origin of the link", |account| linked(account, LinkOrigin::Approved)),
    ("origin of the link", |account| linked(account, LinkOrigin::Code)),
    ("origin of the link", |account| linked(account, LinkOrigin::Created)),
    ("origin of the link", |account| linked(account, LinkOrigin::Email)),
    ("user name", |account| account.user_name = Some("another".into())),
    ("user name", |account| account.user_name = None),
    ("external ID", |account| account.external_id = Some("another".into())),
    ("external ID", |account| account.external_id = None),
    ("profile", |account| account.profile.first_name = None),
    ("profile", |account| account.profile.last_name = Some("another".into())),
    ("profile", |account| account.profile.display_name = Some(String::new())),
    ("profile", |account| account.profile = Profile::default()),
    ("pushed", |account| account.pushed = None),
    ("pushed", |account| account.pushed = Some(Box::new(Pushed::default()))),
    ("pushed", |account| {
        account.pushed = Some(Box::new(Pushed { addresses: Vec::new(), ..pushed("another") }));
    }),
    ("managed_by", |account| account.managed_by = Source::Application),
    ("invitation", |account| account.invitation = None),
    ("created_at", |account| account.created_at = at(-9)),
    ("changed_at", |account| account.changed_at = at(11)),
];

fn proven(account: &mut Account, proof: EmailProof) {
    account.address.iter_mut().for_each(|address| address.proof = proof);
}

fn linked(account: &mut Account, origin: LinkOrigin) {
    account.link.iter_mut().for_each(|link| link.origin = origin);
}

pub(super) fn what_is_written_is_found<S: Store>(tested: Tested<'_, S>) {
    let id = tested.found("contract-records", None);
    // One administrator who stays, so that the others may come and go.
    let _ = tested.created(super::people::administrator(&id, "stays"));
    for new in [full(&id, "full"), bare(&id, "bare"), member(&id, "member")] {
        let created = tested.created(new);
        to_the_letter(tested.now(&created).as_ref(), &created, "a new account");
    }
    let empty = Account {
        user_name: Some(String::new()),
        profile: Profile { first_name: Some(String::new()), ..Profile::default() },
        ..bare(&id, "empty")
    };
    let empty = tested.created(empty);
    to_the_letter(tested.now(&empty).as_ref(), &empty, "an account with empty texts");
    for (number, (field, how)) in CHANGES.iter().enumerate() {
        each_change(tested, &id, number, field, *how);
    }
    let taken = tested.create(&bare(&id, "bare"));
    assert!(taken == Written::Conflict, "an account is created once, and then it is a conflict");
    let late = Account { version: 3, ..bare(&id, "late") };
    let late = tested.create(&late);
    assert!(
        late == Written::Conflict,
        "an account is created at version 0: any other is a conflict"
    );
}

/// One field changes, there and back, and no other with it.
fn each_change<S: Store>(
    tested: Tested<'_, S>,
    id: &OrganizationId,
    number: usize,
    field: &str,
    how: fn(&mut Account),
) {
    let before = tested.created(full(id, &format!("person-{number}")));
    let after = tested.changed(&before, |account| {
        how(account);
        account.profile.first_name.iter_mut().for_each(|name| name.push('x'));
    });
    let other = Account { version: before.version, ..after.clone() };
    assert!(difference(&before, &other).is_some(), "a test of {field} that tests nothing");
    to_the_letter(tested.now(&before).as_ref(), &after, "a changed account");
    let back = tested.changed(&after, |account| {
        let Account { id, organization, version, .. } = account.clone();
        *account = Account { id, organization, version, ..before.clone() };
    });
    to_the_letter(tested.now(&before).as_ref(), &back, "an account that is changed back");
}

pub(super) fn a_change_is_of_what_was_read<S: Store>(tested: Tested<'_, S>) {
    let id = tested.found("contract-versions", None);
    let first = tested.created(member(&id, "alice"));
    let second = tested.changed(&first, |account| account.profile = profile("second"));
    let third = tested.changed(&second, |account| account.profile = profile("third"));
    for version in [0, 1, 2, 4, 9] {
        let stale = Account { version, profile: profile(&odd("stale")), ..third.clone() };
        let written = tested.change(&stale);
        assert!(
            written == Written::Conflict,
            "an account is changed to the next version: {version} after 2 is answered {written:?}"
        );
        to_the_letter(tested.now(&first).as_ref(), &third, "an account after a conflict");
    }
    let nobody = changed(&member(&id, "nobody"), |_| {});
    let written = tested.change(&nobody);
    assert!(written == Written::Conflict, "a change of an account that is not there is a conflict");
    assert!(tested.now(&nobody).is_none(), "a change of an account that is not there makes none");
    for version in [0, 1, 3] {
        let stale = Account { version, ..third.clone() };
        let written = tested.purge(&stale, Vec::new());
        assert!(
            written == Written::Conflict,
            "an account is purged at the version that was read: {version} is answered {written:?}"
        );
    }
    to_the_letter(tested.now(&first).as_ref(), &third, "an account after a conflict");
    let again = Account { version: 0, ..third.clone() };
    let written = tested.create(&again);
    assert!(written == Written::Conflict, "an account is created once, and then it is a conflict");
    // What was read may be some seconds old, as long as it is the same.
    tested.done(change(&changed(&third, |_| {})), "a change that changes nothing but the version");
}

pub(super) fn what_is_purged_is_gone<S: Store>(tested: Tested<'_, S>) {
    let id = tested.found("contract-purged", None);
    let alice = tested.created(member(&id, "alice"));
    let bob = tested.created(member(&id, "bob"));
    let key = tested.record(&id).purge_key;
    let mark = |name: &Name| match key.mark(name) {
        Ok(mark) => mark,
        Err(error) => panic!("no mark: {error}"),
    };
    let marks = Name::all_of(&alice).iter().map(mark).collect();
    let written = tested.purge(&alice, marks);
    assert!(written == Written::Done, "an account is purged, and it is answered {written:?}");
    assert!(tested.now(&alice).is_none(), "a purged account is found by nothing");
    for name in Name::all_of(&alice) {
        let found = tested.find(&id, &Names::of_names([name.clone()]));
        assert!(found.accounts.is_empty(), "a purged account is found by nothing, and by {name:?}");
        assert!(found.purged, "that somebody was purged is known by each name: {name:?}");
    }
    for name in Name::all_of(&bob) {
        let found = tested.find(&id, &Names::of_names([name.clone()]));
        assert!(!found.purged, "that somebody was purged says nothing of others: {name:?}");
    }
    let found = tested.find(&id, &Names::of_id(&alice.id));
    assert!(!found.purged, "that somebody was purged is known by names alone");
    let written = tested.purge(&bob, Vec::new());
    assert!(written == Written::Done, "an account is purged, and it is answered {written:?}");
    let found = tested.find(&id, &Names::of_names(Name::all_of(&bob)));
    assert!(!found.purged, "of a purged account the marks of the write stay and no others");
    let again = tested.create(&Account { id: "another".into(), ..alice });
    assert!(again == Written::Done, "the names of a purged account are free: {again:?}");
}
