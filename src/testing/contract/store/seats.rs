//! Sentence 4: seats and administrators are counted in the same step.

use super::people::{administrator, bare, invited, member};
use super::{Tested, change, changed};
use crate::account::{Account, OrganizationId, Role, Status};
use crate::organization::{Counters, Shortage};
use crate::store::{AccountWrite, Store, Write, Written};
use crate::testing::contract::instant;

const STATUSES: [Option<Status>; 5] = [
    None,
    Some(Status::Active),
    Some(Status::Deactivated),
    Some(Status::Deleted),
    Some(Status::Invited),
];

/// What an account is, if it is there.
type Standing = Option<(Status, Role)>;

/// Every way from one status and role to another, from nothing and to nothing.
fn ways() -> impl Iterator<Item = (Standing, Standing)> {
    let roles = [Role::Administrator, Role::Member];
    let all = STATUSES.into_iter().flat_map(move |status| match status {
        Some(status) => roles.into_iter().map(|role| Some((status, role))).collect(),
        None => vec![None],
    });
    let all: Vec<_> = all.collect();
    let both = all.clone().into_iter().flat_map(move |from| {
        let into = all.clone().into_iter();
        into.map(move |into| (from, into))
    });
    both.filter(|(from, into)| from.is_some() || into.is_some())
}

/// The step of one account from what it was to what it is to be.
fn step(before: Option<&Account>, after: Option<&Account>, id: &OrganizationId) -> Write {
    let mut write = Write::of(id, instant());
    write.account = match (before, after) {
        (Some(before), None) => {
            let Account { id, version, .. } = before.clone();
            Some(AccountWrite::Purge { account: id, version, marks: Vec::new() })
        }
        (Some(_), Some(after)) => Some(AccountWrite::Change(Box::new(after.clone()))),
        (None, after) => after.cloned().map(|after| AccountWrite::Create(Box::new(after))),
    };
    write
}

fn told(from: Standing) -> String {
    from.map_or("nothing".into(), |(status, role)| format!("{status:?} {role:?}"))
}

pub(super) fn seats_and_administrators_are_counted<S: Store>(tested: Tested<'_, S>) {
    let id = tested.found("contract-seats", None);
    let organization = tested.organization(&id);
    let mut counted = Counters::default();
    same_numbers(tested, &id, counted, "an organization that is founded");
    let mut administers = tested.created(administrator(&id, "administers"));
    counted = counted.changed(&organization, None, Some(&administers));
    same_numbers(tested, &id, counted, "a first administrator");
    for (number, (from, into)) in ways().enumerate() {
        let way = format!("from {} to {}", told(from), told(into));
        let as_is = |(status, role)| Account { status, role, ..member(&id, &number.to_string()) };
        let before = from.map(as_is);
        if let Some(before) = &before {
            let written = tested.write(step(None, Some(before), &id));
            assert!(written == Written::Done, "{way}: an account is created: {written:?}");
            counted = counted.changed(&organization, None, Some(before));
            same_numbers(tested, &id, counted, &way);
        }
        let after = into.map(|into| match &before {
            Some(before) => changed(before, |account| (account.status, account.role) = into),
            None => as_is(into),
        });
        let (before, after) = (before.as_ref(), after.as_ref());
        let (_, taken) = (counted.seats().free(), counted.seats().taken);
        tested.set_seats(&id, Some(taken));
        counted.purchased = Some(taken);
        let written = tested.write(step(before, after, &id));
        if counted.shortage(before, after) == Some(Shortage::NoSeat) {
            assert!(written == Written::NoSeat, "{way} an account needs a seat: {written:?}");
            same_numbers(tested, &id, counted, &format!("{way}, without a seat"));
            tested.set_seats(&id, taken.checked_add(1));
            counted.purchased = taken.checked_add(1);
            tested.done(step(before, after, &id), &way);
        } else {
            assert!(written == Written::Done, "{way} nothing is in the way: {written:?}");
        }
        counted = counted.changed(&organization, before, after);
        same_numbers(tested, &id, counted, &way);
        tested.set_seats(&id, None);
        counted.purchased = None;
        // The next way does not begin with the same numbers.
        administers = tested.changed(&administers, |account| account.generation += 1);
        same_numbers(tested, &id, counted, "a change that leaves status and role alone");
    }
}

fn same_numbers<S: Store>(
    tested: Tested<'_, S>,
    id: &OrganizationId,
    counted: Counters,
    what: &str,
) {
    let kept = tested.counters(id);
    let pairs = [
        ("seats bought", kept.purchased == counted.purchased),
        ("active accounts", kept.active == counted.active),
        ("invited accounts", kept.invited == counted.invited),
        ("deactivated accounts", kept.deactivated == counted.deactivated),
        ("deleted accounts", kept.deleted == counted.deleted),
        ("active administrators", kept.administrators == counted.administrators),
        ("administrators who get in", kept.reachable == counted.reachable),
        ("whether there was an administrator", kept.had_administrator == counted.had_administrator),
    ];
    if let Some((number, _)) = pairs.into_iter().find(|(_, same)| !same) {
        panic!("the numbers are what a count gives: {number} after {what}: {kept:?}");
    }
}

pub(super) fn seats_are_kept<S: Store>(tested: Tested<'_, S>) {
    let id = tested.found("contract-kept-seats", Some(3));
    let alice = tested.created(member(&id, "alice"));
    let bob = tested.created(invited(&id, "bob"));
    let carol = tested.created(member(&id, "carol"));
    for new in [member(&id, "late"), invited(&id, "later")] {
        let written = tested.create(&new);
        assert!(written == Written::NoSeat, "a new account needs a seat, an invitation, too");
        assert!(tested.now(&new).is_none(), "without a seat nothing is written");
    }
    assert!(tested.counters(&id).seats().taken == 3, "without a seat none is taken");
    let off = Account { status: Status::Deactivated, ..bare(&id, "off") };
    tested.done(super::creation(&off), "a deactivated account needs no seat");
    tested.set_seats(&id, Some(1));
    for account in [&alice, &bob, &carol] {
        let found = tested.now(account);
        assert!(found.as_ref() == Some(account), "where fewer are bought nobody loses their seat");
    }
    let bought = tested.counters(&id).seats();
    assert!(bought.purchased == Some(1), "so many seats are bought as were set");
    assert!(bought.taken == 3, "where fewer are bought nobody loses their seat");
    let accepted = changed(&bob, |account| account.status = Status::Active);
    tested.done(change(&accepted), "who is invited has a seat, and needs none to come in");
    let alice = tested.changed(&alice, |account| account.status = Status::Deactivated);
    let back = changed(&alice, |account| account.status = Status::Active);
    assert!(tested.change(&back) == Written::NoSeat, "of two seats and one bought none is free");
    assert!(tested.now(&alice) == Some(alice), "without a seat nothing is written");
    let version = tested.record(&id).version;
    assert!(version == 0, "seats raise no version of the settings: it is {version}");
}

pub(super) fn an_administrator_stays<S: Store>(tested: Tested<'_, S>) {
    let id = tested.found("contract-administrators", None);
    // An organization that never had one is not held to it.
    let pending = Account { role: Role::Administrator, ..invited(&id, "pending") };
    let pending = tested.created(pending);
    let pending = tested.changed(&pending, |account| account.role = Role::Member);
    let alice = tested.created(administrator(&id, "alice"));
    for (what, how) in ENDS {
        let after = changed(&alice, how);
        let written = tested.change(&after);
        assert!(
            written == Written::LastAdministrator,
            "the last administrator is not {what}, and it is answered {written:?}"
        );
        assert!(tested.now(&alice).as_ref() == Some(&alice), "the last administrator stays as is");
    }
    let written = tested.purge(&alice, Vec::new());
    assert!(written == Written::LastAdministrator, "the last administrator is not purged");
    let bob = tested.created(administrator(&id, "bob"));
    let demoted = tested.changed(&alice, |account| account.role = Role::Member);
    let written = tested.change(&changed(&bob, |account| account.role = Role::Member));
    assert!(written == Written::LastAdministrator, "the last of two is the last: {written:?}");
    // An administrator who is invited or switched off is none.
    let off = |account: &mut Account| {
        (account.role, account.status) = (Role::Administrator, Status::Deactivated);
    };
    let _ = tested.changed(&demoted, off);
    let _ = tested.changed(&pending, |account| account.role = Role::Administrator);
    let written = tested.change(&changed(&bob, |account| account.status = Status::Deleted));
    assert!(
        written == Written::LastAdministrator,
        "who is switched off or invited administers nothing: {written:?}"
    );
    let mut write = change(&changed(&bob, |account| account.status = Status::Deactivated));
    write.keep_administrator = false;
    tested.done(write, "where the write says so no administrator has to stay");
    let counters = tested.counters(&id);
    assert!(counters.administrators == 0, "of no administrators none is counted");
    assert!(counters.had_administrator, "that there was an administrator is not forgotten");
    tested.set_seats(&id, Some(0));
    let mut write = super::creation(&member(&id, "new"));
    write.keep_administrator = false;
    let written = tested.write(write);
    assert!(written == Written::NoSeat, "where no administrator has to stay a seat is needed");
}

type End = (&'static str, fn(&mut Account));

const ENDS: [End; 5] = [
    ("made a member", |account| account.role = Role::Member),
    ("deactivated", |account| account.status = Status::Deactivated),
    ("deleted", |account| account.status = Status::Deleted),
    ("invited again", |account| account.status = Status::Invited),
    ("made an invited member", |account| {
        (account.role, account.status) = (Role::Member, Status::Invited);
    }),
];
