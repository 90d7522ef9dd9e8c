//! Sentence 11, of few accounts: pages, order and filters.

use chrono::TimeDelta;

use super::Tested;
use super::people::{at, bare, member, odd, profile, pushed};
use crate::account::{Account, AccountId, OrganizationId, Role, Status};
use crate::store::{AddressFilter, Attribute, Filter, Listing, Position, SortBy, Store, Test};

const SORTS: [SortBy; 4] = [SortBy::Changed, SortBy::Created, SortBy::Id, SortBy::UserName];

/// People in no order, some of them made or changed at the same time, or without a user name.
fn people(id: &OrganizationId) -> Vec<Account> {
    let person = |number: i64| {
        let name = format!("person-{}", (number * 7) % 23);
        let account = member(id, &name);
        let status = match number % 5 {
            0 => Status::Deactivated,
            1 => Status::Invited,
            _ => Status::Active,
        };
        Account {
            status,
            role: if number % 4 == 0 { Role::Administrator } else { Role::Member },
            created_at: at(((number * 5) % 23) / 2),
            changed_at: at(20 + ((number * 3) % 23) / 2),
            user_name: (number % 6 != 0)
                .then(|| format!("{}-{number}", if number % 2 == 0 { "U" } else { "u" })),
            profile: profile(&odd(&name)),
            pushed: (number % 7 == 0).then(|| Box::new(pushed(&name))),
            ..account
        }
    };
    (0..23).map(person).collect()
}

fn setting<S: Store>(tested: Tested<'_, S>, name: &str) -> (OrganizationId, Vec<Account>) {
    let id = tested.found(name, None);
    let people = people(&id);
    for account in &people {
        let _ = tested.created(account.clone());
    }
    for number in 0..3 {
        let gone = Account {
            status: Status::Deleted,
            created_at: at(number),
            ..member(&id, &format!("deleted-{number}"))
        };
        let _ = tested.created(gone);
    }
    (id, people)
}

/// The living that pass, in order.
fn expected(people: &[Account], listing: &Listing) -> Vec<AccountId> {
    let filter = listing.filter.as_ref();
    let passes = |account: &&Account| filter.is_none_or(|filter| filter.passes(account));
    let mut passing: Vec<&Account> = people.iter().filter(passes).collect();
    passing.sort_by(|one, other| listing.compare(one, other));
    passing.into_iter().map(|account| account.id.clone()).collect()
}

pub(super) fn pages_have_everybody_once<S: Store>(tested: Tested<'_, S>) {
    let (id, people) = setting(tested, "contract-pages");
    let all = expected(&people, &Listing::first(99));
    let page = tested.page(&id, &Listing::first(99));
    let listed: Vec<AccountId> = page.accounts.iter().map(|account| account.id.clone()).collect();
    let deleted = page.accounts.iter().any(|account| account.status == Status::Deleted);
    assert!(!deleted, "a list has no deleted accounts");
    assert!(listed == all, "a list is in the order of making, and then of ids: {listed:?}");
    assert!(page.total == people.len(), "the total is that of all pages: {}", page.total);
    let whole = |account: &Account| people.contains(account);
    assert!(page.accounts.iter().all(whole), "accounts are listed whole");
    for count in [1, 4, 23] {
        let (mut skipped, mut after) = (Vec::new(), Vec::new());
        let mut from = Position::Start;
        while after.len() < all.len() {
            let skip = Position::Skip(skipped.len());
            let page = tested.page(&id, &Listing { from: skip, ..Listing::first(count) });
            assert!(page.total == people.len(), "the total is that of all pages: {}", page.total);
            skipped.extend(page.accounts.into_iter().map(|account| account.id));
            let page = tested.page(&id, &Listing { from, ..Listing::first(count) });
            assert!(page.accounts.len() <= count, "a page has no more than what was asked for");
            assert!(page.total == people.len(), "the total is that of all pages: {}", page.total);
            let Some(last) = page.accounts.last() else { panic!("pages go on after an account") };
            from = Position::After(last.created_at, last.id.clone());
            after.extend(page.accounts.into_iter().map(|account| account.id));
        }
        assert!(skipped == all, "pages by number have everybody once, in order: {skipped:?}");
        assert!(after == all, "pages after an account have everybody once, in order: {after:?}");
    }
    for from in [Position::Skip(23), Position::Skip(99), Position::After(at(99), "x".into())] {
        let page = tested.page(&id, &Listing { from, ..Listing::first(9) });
        assert!(page.accounts.is_empty(), "after the last account there is nobody");
        assert!(page.total == people.len(), "the total is that of all pages: {}", page.total);
    }
    let none = tested.page(&id, &Listing::first(0));
    assert!(none.accounts.is_empty() && none.total == 23, "a page of nobody has the total alone");
    // Whoever goes meanwhile makes nobody else be skipped.
    let Some(third) = people.iter().find(|account| Some(&account.id) == all.get(2)) else { return };
    let _ = tested.changed(third, |account| account.status = Status::Deleted);
    let from = Position::After(third.created_at, third.id.clone());
    let rest = tested.ids(&id, &Listing { from, ..Listing::first(99) });
    assert!(rest.iter().eq(all.iter().skip(3)), "a page goes on after an account that is gone");
}

pub(super) fn lists_are_sorted_and_filtered<S: Store>(tested: Tested<'_, S>) {
    let (id, people) = setting(tested, "contract-lists");
    let check = |listing: Listing| {
        let wanted = expected(&people, &listing);
        let what = format!("{:?} {:?} {}", listing.filter, listing.sort, listing.descending);
        let page = tested.page(&id, &listing);
        let listed: Vec<AccountId> = page.accounts.into_iter().map(|account| account.id).collect();
        let passing = page.total == wanted.len();
        assert!(passing, "the total is of those who pass the filter: {what}: {}", page.total);
        let in_any_order = |ids: &[AccountId]| {
            let mut ids = ids.to_vec();
            ids.sort();
            ids
        };
        let same = in_any_order(&listed) == in_any_order(&wanted);
        assert!(same, "those are listed who pass the filter: {what}: {listed:?}");
        assert!(listed == wanted, "a list is sorted as it was asked for: {what}: {listed:?}");
        let skip = Listing { from: Position::Skip(2), count: 3, ..listing };
        let some: Vec<AccountId> = wanted.into_iter().skip(2).take(3).collect();
        assert!(tested.ids(&id, &skip) == some, "pages are pages of a sorted list: {what}");
    };
    for sort in SORTS {
        for descending in [false, true] {
            check(Listing { sort, descending, ..Listing::first(99) });
            let active = Filter::Status(Status::Active);
            check(Listing { sort, descending, ..Listing::first(99) }.filtered(active));
        }
    }
    for filter in filters(&id) {
        check(Listing::first(99).filtered(filter.clone()));
        let not = Filter::Not(Box::new(filter.clone()));
        check(Listing::first(99).filtered(not.clone()));
        let members = || Filter::Role(Role::Member);
        check(Listing::first(99).filtered(Filter::All(vec![members(), filter.clone()])));
        check(
            Listing::first(99).filtered(Filter::Any(vec![filter, Filter::Status(Status::Invited)])),
        );
    }
    check(Listing::first(99).filtered(Filter::All(Vec::new())));
    check(Listing::first(99).filtered(Filter::Any(Vec::new())));
    let deleted = tested.page(&id, &Listing::first(9).filtered(Filter::Status(Status::Deleted)));
    assert!(deleted.total == 0, "a list has no deleted accounts, asked for or not");
    let pushed = Filter::is(Attribute::Email, "WORK person-0");
    let found = tested.ids(&id, &Listing::first(9).filtered(pushed));
    assert!(found == [bare(&id, "person-0").id], "a pushed address is found in a list");
    for filter in pushed_filters() {
        check(Listing::first(99).filtered(filter.clone()));
        let named = Filter::is(Attribute::Email, "work person-3");
        check(Listing::first(99).filtered(Filter::All(vec![named, filter])));
    }
}

pub(super) fn lists_are_of_accounts_as_they_are<S: Store>(tested: Tested<'_, S>) {
    let (id, mut people) = setting(tested, "contract-listed");
    for (number, account) in people.iter_mut().enumerate().filter(|(number, _)| number % 3 == 0) {
        *account = tested.changed(account, |account| {
            account.status = if number % 2 == 0 { Status::Deleted } else { Status::Active };
            account.changed_at = at(90);
            account.user_name = Some(format!("changed-{number}"));
        });
    }
    let gone = people.iter().filter(|account| account.status == Status::Deleted);
    for name in gone.filter_map(|account| account.user_name.clone()) {
        let listing = Listing::first(9).filtered(Filter::is(Attribute::UserName, name));
        assert!(tested.page(&id, &listing).total == 0, "a list has no deleted accounts, by name");
    }
    people.retain(|account| account.status != Status::Deleted);
    for sort in SORTS {
        let listing = Listing { sort, ..Listing::first(99) };
        let page = tested.page(&id, &listing);
        assert!(page.total == people.len(), "the total is of accounts as they are: {sort:?}");
        let listed: Vec<AccountId> = page.accounts.into_iter().map(|one| one.id).collect();
        let wanted = expected(&people, &listing);
        assert!(listed == wanted, "a list is of accounts as they are: {sort:?}: {listed:?}");
    }
    for descending in [false, true] {
        for filter in [Filter::Status(Status::Active), Filter::Role(Role::Member)] {
            let listing = Listing { descending, ..Listing::first(4) }.filtered(filter);
            let wanted = expected(&people, &listing);
            let (mut read, mut from) = (Vec::new(), Position::Start);
            while read.len() < wanted.len() {
                let page = tested.page(&id, &Listing { from, ..listing.clone() });
                let Some(last) = page.accounts.last() else {
                    panic!("pages go on after an account")
                };
                from = Position::After(last.created_at, last.id.clone());
                read.extend(page.accounts.into_iter().map(|one| one.id));
            }
            assert!(read == wanted, "pages of a search have everybody once: {listing:?}: {read:?}");
        }
    }
}

/// Every kind of filter of what only a directory says.
fn pushed_filters() -> Vec<Filter> {
    let is = |text: &str| Test::Is(text.to_owned());
    let kind = || AddressFilter::Kind(is("WORK"));
    let home = || AddressFilter::Value(is("Home person-3"));
    let not = |filter| AddressFilter::Not(Box::new(filter));
    let addresses = [
        kind(),
        home(),
        AddressFilter::Primary(false),
        not(kind()),
        // One address has both, or the other: two of them do not do together.
        AddressFilter::All(vec![kind(), home()]),
        AddressFilter::All(vec![not(kind()), home()]),
        AddressFilter::Any(vec![kind(), home()]),
        AddressFilter::Kind(Test::Present),
    ];
    let formatted = |test| Filter::Text(Attribute::Formatted, test);
    let texts = [is("FORMATTED person-0"), Test::Present, Test::EndsWith("3".into())];
    addresses.map(Filter::Address).into_iter().chain(texts.map(formatted)).collect()
}

/// Every kind of filter.
fn filters(id: &OrganizationId) -> Vec<Filter> {
    let mut filters = vec![
        Filter::Role(Role::Administrator),
        Filter::Status(Status::Deactivated),
        Filter::Status(Status::Invited),
    ];
    for too in [false, true] {
        // At an instant, and between two.
        for moment in [at(25), at(25) + TimeDelta::seconds(1)] {
            filters.push(Filter::ChangedAfter(moment, too));
            filters.push(Filter::ChangedBefore(moment, too));
        }
        for moment in [at(5), at(5) + TimeDelta::seconds(1)] {
            filters.push(Filter::CreatedAfter(moment, too));
            filters.push(Filter::CreatedBefore(moment, too));
        }
    }
    let address = format!("PERSON-7@{id}.test");
    let person = format!("{id} person-7");
    let texts = [
        (Attribute::DisplayName, odd("display")),
        (Attribute::DisplayName, "person-7".into()),
        (Attribute::Email, address),
        (Attribute::Email, "person-1".into()),
        (Attribute::ExternalId, "external person-7".into()),
        (Attribute::ExternalId, "EXTERNAL person-7".into()),
        (Attribute::FamilyName, "LAST".into()),
        (Attribute::GivenName, "%".into()),
        (Attribute::GivenName, "_".into()),
        (Attribute::Id, person.to_uppercase()),
        (Attribute::Id, person),
        (Attribute::UserName, "U-7".into()),
        (Attribute::UserName, "u-1".into()),
        (Attribute::UserName, "u_1".into()),
        (Attribute::UserName, "U%".into()),
    ];
    for (attribute, text) in texts {
        filters.push(Filter::is(attribute, text.clone()));
        let text = || text.clone();
        let tests = [Test::Contains(text()), Test::EndsWith(text()), Test::StartsWith(text())];
        filters.extend(tests.into_iter().map(|test| Filter::Text(attribute, test)));
        filters.push(Filter::Text(attribute, Test::Present));
    }
    for too in [false, true] {
        for (attribute, text) in [(Attribute::UserName, "U-7"), (Attribute::Id, id.as_str())] {
            let tests = [Test::After(text.into(), too), Test::Before(text.into(), too)];
            filters.extend(tests.map(|test| Filter::Text(attribute, test)));
        }
    }
    filters
}
