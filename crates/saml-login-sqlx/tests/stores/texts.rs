//! No text that the traits allow is an error, nor cut.

use chrono::{DateTime, TimeDelta, Utc};
use saml_login::account::{Account, AccountId, OrganizationId, Pushed, PushedAddress, Status};
use saml_login::audit::{Action, Actor, AuditEvent};
use saml_login::replay::{SpendOutcome, Spending};
use saml_login::store::{Attribute, Filter, Listing, Name, Names, SortBy, Store, Write, Written};
use saml_login::{Random, ReplayStore};
use saml_login_sqlx::SqlStore;

use crate::people::{account, change, created, found, member, now, organization};
use crate::places::Place;

/// What SQL, C and indexes trip over.
fn texts() -> Vec<String> {
    let long = "ü".repeat(20_000);
    let texts = ["\0", "a\0b", "'; --", "\u{feff}", "\u{202e}", "\\x00", "%", "_", " ", "$1", "?1"];
    texts.map(str::to_owned).into_iter().chain([format!("{long}a"), format!("{long}b")]).collect()
}

fn odd(organization: &OrganizationId, text: &str) -> Account {
    let mut account = Account::new(AccountId::new(text), organization, now());
    account.user_name = Some(text.to_owned());
    account.external_id = Some(text.to_owned());
    account.profile.display_name = Some(text.to_owned());
    let mut pushed = Pushed::default();
    pushed.addresses = vec![PushedAddress::primary(text.to_owned())];
    account.pushed = Some(Box::new(pushed));
    account.generation = u64::MAX;
    account
}

pub(crate) fn texts_are_kept_to_the_letter(place: &Place) {
    let store = place.store();
    let id = found(place, &store, "texts", None);
    for text in texts() {
        let written = odd(&id, &text);
        created(place, &store, &written);
        assert_eq!(account(place, &store, &id, &written.id), Some(written.clone()), "{text:.20?}");
        for name in [Name::user_name(&text), Name::ExternalId(text.clone())] {
            let found = place.run(store.find(&id, &Names::of_names([name]))).expect("a read");
            let found = found.expect("an organization").accounts;
            assert_eq!(found, std::slice::from_ref(&written), "{text:.20?}");
        }
        for attribute in
            [Attribute::Id, Attribute::UserName, Attribute::ExternalId, Attribute::Email]
        {
            let listing = Listing::first(9).filtered(Filter::is(attribute, text.clone()));
            let page = place.run(store.list(&id, &listing)).expect("a read").expect("a page");
            assert_eq!(page.accounts, std::slice::from_ref(&written), "{attribute} {text:.20?}");
        }
        let mut event = AuditEvent::new(&id, Actor::Operator(text.clone()), Action::Login, now());
        event.request_id = Some(text.clone());
        place.run(store.record(&event)).expect("an event");
        let told = place.run(store.audit(&id, None, 1)).expect("a read");
        assert_eq!(told.into_iter().map(|(_, event)| event).collect::<Vec<_>>(), [event]);
        let spending = Spending::new(&text, &text, &text, now() + TimeDelta::minutes(1));
        let spending = spending.with_request_id(text.clone());
        let outcome = place.run(store.spend(&spending, now())).expect("an outcome");
        assert_eq!(outcome, SpendOutcome::Fresh, "{text:.20?}");
    }
    let changes = place.run(store.changes_since(&id, 0, 99)).expect("a feed");
    let ids: Vec<&str> = changes.iter().map(|change| change.account.as_str()).collect();
    assert_eq!(ids, texts());
    assert!(changes.iter().all(|change| change.generation == u64::MAX));
    assert_eq!(place.run(store.changes_since(&id, u64::MAX, usize::MAX)).expect("a feed"), []);
    assert_eq!(place.run(store.audit(&id, Some(u64::MAX), usize::MAX)).expect("a trail").len(), 13);
}

pub(crate) fn ids_of_organizations_are_any_text(place: &Place) {
    let store = place.store();
    for text in texts() {
        let founding = || Write::founding(organization(&text), None, now(), Random::new([7; 32]));
        let written = place.run(store.write(founding())).expect("a write");
        assert_eq!(written, Written::Done, "{text:.20?}");
        let record = place.run(store.organization(&text.as_str().into())).expect("a read");
        assert_eq!(record.expect("an organization").organization, organization(&text));
        // They have one slug.
        let mut remove = Write::of(text.as_str(), now());
        remove.settings = Some(saml_login::store::SettingsWrite::Remove);
        let written = place.run(store.write(remove)).expect("a write");
        assert_eq!(written, Written::Done);
        place.sql("DELETE FROM saml_claims");
        let again = place.run(store.write(founding())).expect("a write");
        assert_eq!(again, Written::Conflict, "an id is given once");
    }
}

/// In the order of the time to the nanosecond, before 1970 as well.
pub(crate) fn instants_are_kept_to_the_nanosecond(place: &Place) {
    let store = place.store();
    let id = found(place, &store, "instants", None);
    let at = |nanoseconds| DateTime::<Utc>::UNIX_EPOCH + TimeDelta::nanoseconds(nanoseconds);
    let instants = [at(-1_000_000_001), at(-1), at(0), at(1), at(1_000_000_000)];
    let bounds = [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC];
    let mut names = Vec::new();
    for (number, instant) in instants.into_iter().enumerate().rev() {
        let mut account = member(&id, &format!("person-{number}"));
        (account.created_at, account.changed_at) = (instant, instant);
        created(place, &store, &account);
        names.insert(0, account.id);
    }
    for sort in [SortBy::Created, SortBy::Changed] {
        let mut listing = Listing::first(9);
        listing.sort = sort;
        assert_eq!(ids(place, &store, &id, &listing), names);
    }
    let listed = |filter| ids(place, &store, &id, &Listing::first(9).filtered(filter));
    assert_eq!(listed(Filter::ChangedAfter(at(0), false)), names[3..]);
    assert_eq!(listed(Filter::ChangedAfter(at(0), true)), names[2..]);
    assert_eq!(listed(Filter::ChangedBefore(at(0), false)), names[..2]);
    assert_eq!(listed(Filter::ChangedAfter(bounds[0], true)), names);
    assert_eq!(listed(Filter::ChangedBefore(bounds[1], true)), names);
}

fn ids(place: &Place, store: &SqlStore, id: &OrganizationId, listing: &Listing) -> Vec<AccountId> {
    let page = place.run(store.list(id, listing)).expect("a read").expect("a page");
    page.accounts.into_iter().map(|account| account.id).collect()
}

/// Whoever is deleted has given their names away, and gets them back only while nobody has them.
pub(crate) fn names_come_and_go_with_the_living(place: &Place) {
    let store = place.store();
    let id = found(place, &store, "names", None);
    let write = |write| place.run(store.write(write)).expect("a write");
    let alice = member(&id, "alice");
    created(place, &store, &alice);
    let leave = change(&alice, |account| account.status = Status::Deleted);
    assert_eq!(write(leave), Written::Done);
    let mut heir = member(&id, "heir");
    heir.user_name.clone_from(&alice.user_name);
    created(place, &store, &heir);
    let gone = account(place, &store, &id, &alice.id).expect("a record");
    let back = || change(&gone, |account| account.status = Status::Active);
    assert_eq!(write(back()), Written::Conflict);
    let rename = change(&heir, |account| account.user_name = Some("heir".into()));
    assert_eq!(write(rename), Written::Done);
    assert_eq!(write(back()), Written::Done);
}
