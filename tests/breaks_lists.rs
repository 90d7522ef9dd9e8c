//! Small things that a deliberate break of the people half would change, and that no other test
//! looks at: large organizations in memory, and how one begins.

mod common;

use chrono::TimeDelta;
use common::people::{member, random, store_of};
use common::tenants::{IDP_A, open};
use common::{block_on, now};
use saml_login::account::{Account, EmailProof, Status};
use saml_login::store::{
    AccountWrite, Attribute, Filter, Listing, MemoryStore, SortBy, Store, Test, Write, Written,
};

fn put(store: &MemoryStore, account: Account) {
    let mut write = Write::of("org-a", account.created_at);
    write.account = Some(AccountWrite::Create(Box::new(account)));
    assert_eq!(block_on(store.write(write)).expect("the store"), Written::Done);
}

/// What no index tells is looked for among 10,000 accounts at most; what one tells, among any
/// number.
#[test]
fn an_index_serves_lists_of_any_length() {
    let store = store_of(&open("org-a", "acme", &IDP_A), None);
    for number in 0..Listing::MAX_SCANNED + 5 {
        let id = format!("id-{number}");
        let text = format!("{id}@example.test");
        let mut account = member("org-a", &id, &text, EmailProof::Proven);
        account.user_name = Some(text);
        account.profile.display_name = Some("Somebody".into());
        if number % 5_000 == 0 {
            account.status = Status::Deactivated;
        }
        put(&store, account);
    }
    let total = |filter: Filter| {
        let mut listing = Listing::first(2).filtered(filter);
        listing.sort = SortBy::Id;
        let page = block_on(store.list(&"org-a".into(), &listing)).expect("the store");
        page.ok().map(|page| page.total)
    };
    let all = Listing::MAX_SCANNED + 5;
    let (active, off) = (Filter::Status(Status::Active), Filter::Status(Status::Deactivated));
    let somebody = Filter::is(Attribute::DisplayName, "Somebody");
    let one = Filter::is(Attribute::UserName, "ID-7@example.test");
    let before = now() - TimeDelta::days(1);
    for (filter, expected) in [
        (active.clone(), Some(all - 3)),
        (off.clone(), Some(3)),
        (Filter::Any(vec![active.clone(), off.clone()]), Some(all)),
        (Filter::ChangedAfter(before, false), Some(all)),
        (Filter::ChangedBefore(before, false), Some(0)),
        (one.clone(), Some(1)),
        // Nobody looks at that many.
        (somebody.clone(), None),
        (Filter::Text(Attribute::UserName, Test::Present), None),
        (Filter::All(vec![active.clone(), somebody.clone()]), None),
        (Filter::Any(vec![off.clone(), somebody.clone()]), None),
        // The smallest index serves.
        (Filter::All(vec![off.clone(), somebody.clone()]), Some(3)),
        (Filter::All(vec![active.clone(), one.clone(), somebody.clone()]), Some(1)),
        (Filter::All(vec![Filter::All(vec![off.clone()]), somebody.clone()]), Some(3)),
        (Filter::All(vec![Filter::Any(vec![off, one.clone()]), somebody]), Some(4)),
    ] {
        assert_eq!(total(filter.clone()), expected, "{filter:?}");
    }
}

#[test]
fn an_organization_begins_with_an_account_only_where_there_is_room() {
    for (purchased, expected) in
        [(Some(0), Written::NoSeat), (Some(1), Written::Done), (None, Written::Done)]
    {
        let store = MemoryStore::default();
        let acme = open("org-a", "acme", &IDP_A);
        let mut write = Write::founding(acme, purchased, now(), random());
        let alice = member("org-a", "alice", "alice@example.test", EmailProof::Proven);
        write.account = Some(AccountWrite::Create(Box::new(alice)));
        assert_eq!(block_on(store.write(write)).expect("the store"), expected, "{purchased:?}");
    }
}
