//! Sentence 11, of many accounts: nothing scans.

use super::Tested;
use super::people::{at, member, organization};
use crate::account::{Account, OrganizationId, Status};
use crate::random::Random;
use crate::store::{
    Attribute, Filter, Listing, Name, Position, SortBy, Store, Test, TooMany, Write,
};
use crate::testing::contract::{Runner, Task, instant};

/// Tests how a [`Store`] lists more accounts than it looks at: one more than
/// [`Listing::MAX_SCANNED`], which this writes first, one after the other. It goes together with
/// [`store`](super::store), and takes longer.
///
/// # Panics
///
/// Where the contract is broken.
pub fn large_store<S: Store + Sync>(store: &S, block_on: impl Fn(Task<'_>) + Sync) {
    let tested = Tested { store, runner: Runner(&block_on) };
    let id = OrganizationId::new("contract-large");
    let founding = organization(id.as_str());
    let founding = Write::founding(founding, None, instant(), Random::new([1; 32]));
    tested.done(founding, "an organization is founded");
    for number in 0..Listing::MAX_SCANNED {
        let _ = tested.created(person(&id, number));
    }
    let unserved = || Filter::Text(Attribute::DisplayName, Test::Contains("-17".into()));
    let listing = Listing::first(5).filtered(unserved());
    let searched = tested.ask(store.list(&id, &listing)).map(|page| page.total);
    assert!(searched == Ok(111), "as many accounts as may be looked at are: {searched:?}");
    let _ = tested.created(person(&id, Listing::MAX_SCANNED));
    too_many(tested, &id);
    served(tested, &id);
    everybody(tested, &id);
}

/// The last hundred are deactivated, and each was written a minute after the one before.
fn person(id: &OrganizationId, number: usize) -> Account {
    let minute = i64::try_from(number).unwrap_or(i64::MAX);
    let mut account = member(id, &format!("person-{number}"));
    account.profile.display_name = Some(format!("Person-{number}"));
    account.created_at = at(minute % 97);
    account.changed_at = at(minute);
    if number + 100 >= Listing::MAX_SCANNED {
        account.status = Status::Deactivated;
    }
    account
}

fn unserved() -> Filter {
    Filter::Text(Attribute::DisplayName, Test::Contains("person-1".into()))
}

fn too_many<S: Store>(tested: Tested<'_, S>, id: &OrganizationId) {
    let active = || Filter::Status(Status::Active);
    let user_name = || Filter::is(Attribute::UserName, format!("person-7@{id}.test"));
    for filter in [
        unserved(),
        Filter::Not(Box::new(unserved())),
        Filter::All(vec![unserved(), unserved()]),
        Filter::Any(vec![user_name(), unserved()]),
        Filter::Not(Box::new(user_name())),
    ] {
        let listing = Listing::first(5).filtered(filter.clone());
        let listed = tested.ask(tested.store.list(id, &listing)).map(|page| page.total);
        assert!(
            listed == Err(TooMany),
            "where no index serves a filter too many accounts are said to be: {filter:?}: {listed:?}"
        );
    }
    let few = Filter::All(vec![active(), unserved()]);
    let listed = tested.ask(tested.store.list(id, &Listing::first(5).filtered(few)));
    let listed = listed.map(|page| page.total);
    assert!(listed.is_ok(), "no more than 10,000 active accounts are looked at: {listed:?}");
}

fn served<S: Store>(tested: Tested<'_, S>, id: &OrganizationId) {
    let is = |attribute, value: String| Filter::is(attribute, value);
    let address = format!("PERSON-7@{id}.test");
    let off = || Filter::Status(Status::Deactivated);
    let late = || Filter::ChangedAfter(at(9_995), true);
    let early = || Filter::ChangedBefore(at(4), false);
    let nines = Filter::Text(Attribute::DisplayName, Test::EndsWith("9".into()));
    let both =
        vec![is(Attribute::UserName, address.clone()), is(Attribute::Id, format!("{id} person-8"))];
    let filters = [
        ("user name", is(Attribute::UserName, address.clone()), 1),
        ("address", is(Attribute::Email, address.clone()), 1),
        ("external ID", is(Attribute::ExternalId, "external person-7".into()), 1),
        ("id", is(Attribute::Id, format!("{id} person-7")), 1),
        ("status", off(), 101),
        ("larger status", Filter::Status(Status::Active), 9_900),
        ("time of the last change", late(), 6),
        ("time of the last change", early(), 4),
        ("status and a name", Filter::All(vec![off(), nines]), 10),
        ("time and a name", Filter::All(vec![unserved(), early()]), 1),
        (
            "user name and a status",
            Filter::All(vec![Filter::Status(Status::Active), is(Attribute::UserName, address)]),
            1,
        ),
        ("one of two names", Filter::Any(both), 2),
    ];
    for (what, filter, total) in filters {
        let listing = Listing::first(3).filtered(filter);
        let listed = tested.ask(tested.store.list(id, &listing)).map(|page| page.total);
        assert!(listed == Ok(total), "an index serves a filter by {what}: {listed:?}");
    }
    let found = tested.named(id, Name::user_name(&format!("person-9999@{id}.test"))).len();
    assert!(found == 1, "among many an account is found by its name");
}

fn everybody<S: Store>(tested: Tested<'_, S>, id: &OrganizationId) {
    let all = Listing::MAX_SCANNED + 1;
    for sort in [SortBy::Changed, SortBy::Created, SortBy::Id, SortBy::UserName] {
        for descending in [false, true] {
            let from = Position::Skip(all - 2);
            let listing = Listing { sort, descending, from, ..Listing::first(9) };
            let page = tested.ask(tested.store.list(id, &listing));
            let page = page.map(|page| (page.accounts.len(), page.total));
            assert!(
                page == Ok((2, all)),
                "a list without a filter reads its page alone: {sort:?}: {page:?}"
            );
        }
    }
    let mut from = Position::Start;
    let mut read = 0;
    while read < all {
        let listing = Listing { from, ..Listing::first(1_000) };
        let Ok(page) = tested.ask(tested.store.list(id, &listing)) else {
            panic!("a list without a filter reads its page alone: {read}")
        };
        let Some(last) = page.accounts.last() else { panic!("pages go on after an account") };
        from = Position::After(last.created_at, last.id.clone());
        read += page.accounts.len();
    }
    assert!(read == all, "the pages of many accounts have everybody once: {read}");
}
