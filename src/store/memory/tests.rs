//! How many accounts are looked at, of 100,000.

use std::cell::Cell;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use chrono::{DateTime, TimeDelta, Utc};

use super::MemoryStore;
use crate::account::{Account, AccountAddress, AccountId, EmailProof, OrganizationId, Status};
use crate::audit::{Action, Actor, AuditEvent, Outcome};
use crate::error::BoxError;
use crate::identity::Email;
use crate::organization::{Organization, Slug, SpUrls};
use crate::random::Random;
use crate::session::{LoginMethod, Session, SessionStart};
use crate::store::{
    AccountWrite, Attribute, Filter, Kept, KeptKind, KeptWhat, KeptWrite, Listing, Name, Names,
    Page, PagingKey, Position, SessionWrite, SortBy, Store, Test, TooMany, Write, Written,
};
use crate::token::TokenDigest;

thread_local! {
    /// How many records of accounts were looked at on this thread.
    pub(super) static LOOKS: Cell<usize> = const { Cell::new(0) };
}

const ALL: usize = 100_000;

/// What the store answers, and how many accounts it looked at for that.
fn counted<T>(answer: impl Future<Output = Result<T, BoxError>>) -> (T, usize) {
    LOOKS.set(0);
    match pin!(answer).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => (answer.unwrap(), LOOKS.get()),
        Poll::Pending => panic!("memory answers at once"),
    }
}

fn id() -> OrganizationId {
    "large".into()
}

fn at(minutes: usize) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::minutes(i64::try_from(minutes).unwrap())
}

fn email(number: usize) -> Email {
    Email::parse(&format!("person-{number}@large.test")).unwrap()
}

/// One in ten is deactivated.
fn person(number: usize) -> Account {
    let mut account = Account::new(AccountId::new(format!("id-{number}")), id(), at(number % 977));
    account.address = Some(AccountAddress::new(email(number), EmailProof::Organization));
    account.user_name = Some(email(number).address().to_owned());
    account.external_id = Some(format!("external-{number}"));
    account.profile.display_name = Some(format!("Person {number}"));
    account.changed_at = at(number);
    if number.is_multiple_of(10) {
        account.status = Status::Deactivated;
    }
    account
}

fn writing(account: AccountWrite) -> Write {
    let mut write = Write::of(id(), at(0));
    write.account = Some(account);
    write
}

fn large() -> MemoryStore {
    let store = MemoryStore::default();
    let slug = Slug::parse("large").unwrap();
    let urls = SpUrls::derived("https://app.example.test", &slug).unwrap();
    let organization = Organization::new(id(), slug, urls);
    let founding = Write::founding(organization, None, at(0), Random::new([1; 32]));
    assert_eq!(counted(store.write(founding)).0, Written::Done);
    for number in 0..ALL {
        let new = writing(AccountWrite::Create(Box::new(person(number))));
        let (written, looks) = counted(store.write(new));
        assert_eq!(written, Written::Done);
        assert!(looks <= 1, "a new account is written with {looks} looks at others");
    }
    store
}

#[test]
fn of_100_000_accounts_those_that_are_asked_for_are_looked_at() {
    let store = large();
    finds(&store);
    writes(&store);
    lists(&store);
    searches(&store);
}

#[test]
fn a_flood_of_refusals_pushes_nothing_else_out() {
    let store = MemoryStore::default();
    let told = |outcome: Outcome, number: usize| {
        let event = AuditEvent::new(id(), Actor::Application, Action::Login, at(number));
        counted(store.record(&event.ended(outcome)))
    };
    let _ = told(Outcome::Done, 0);
    for number in 1..=65_540 {
        let _ = told(Outcome::Refused("no_seat".into()), number);
    }
    let _ = told(Outcome::Failed("store_failed".into()), 65_541);
    let numbers = |before, count| {
        let events = counted(store.audit(&id(), before, count)).0;
        events.into_iter().map(|(number, _)| number).collect::<Vec<u64>>()
    };
    assert_eq!(numbers(None, 3), [65_542, 65_541, 65_540]);
    assert_eq!(numbers(Some(8), 9), [7, 6, 1]);
    assert_eq!(numbers(None, 100_000).len(), 65_536 + 2);
}

#[test]
fn what_is_over_is_forgotten() {
    let store = MemoryStore::default();
    let slug = Slug::parse("large").unwrap();
    let urls = SpUrls::derived("https://app.example.test", &slug).unwrap();
    let founding =
        Write::founding(Organization::new(id(), slug, urls), None, at(0), Random::new([1; 32]));
    assert_eq!(counted(store.write(founding)).0, Written::Done);
    let account = person(1);
    let _ = counted(store.write(writing(AccountWrite::Create(Box::new(account.clone())))));
    let token = TokenDigest::of("session");
    let start = SessionStart::new(&account, LoginMethod::Password);
    let mut write = Write::of(id(), at(1));
    let session = Session::new(token, start, at(1), at(60));
    write.sessions.push(SessionWrite::Begin(Box::new(session)));
    let what = KeptWhat::PagingKey(PagingKey::new(1, (at(0), account.id.clone())));
    let kept = Kept::new(id(), token, Some(at(60)), what.clone());
    write.kept.push(KeptWrite::Put(Box::new(kept)));
    let lasting = TokenDigest::of("lasting");
    write.kept.push(KeptWrite::Put(Box::new(Kept::new(id(), lasting, None, what))));
    assert_eq!(counted(store.write(write)).0, Written::Done);
    let there = |minutes: usize| {
        let _ = counted(store.write(Write::of(id(), at(minutes))));
        let session = counted(store.session(&token)).0.is_some();
        let sessions = counted(store.sessions(&id(), &account.id)).0.len();
        let kept = counted(store.kept(KeptKind::PagingKey, &token)).0.is_some();
        let all = counted(store.all_kept(&id(), KeptKind::PagingKey)).0.len();
        (session, sessions, kept, all)
    };
    assert_eq!(there(60 + 24 * 60), (true, 1, true, 2));
    assert_eq!(there(61 + 24 * 60), (false, 0, false, 1));
    assert!(counted(store.kept(KeptKind::PagingKey, &lasting)).0.is_some());
}

fn finds(store: &MemoryStore) {
    let account = person(77_777);
    for name in Name::all_of(&account) {
        let names = Names::of_names([name]);
        let (found, looks) = counted(store.find(&id(), &names));
        assert_eq!(found.unwrap().accounts, std::slice::from_ref(&account));
        assert_eq!(looks, 1, "by {names:?}");
    }
    let (found, looks) = counted(store.accounts_of(&email(77_777)));
    assert_eq!((found.len(), looks), (1, 1));
}

fn writes(store: &MemoryStore) {
    let mut account = person(55_555);
    account.version = 1;
    account.profile.display_name = Some("Somebody".into());
    let (written, looks) = counted(store.write(writing(AccountWrite::Change(Box::new(account)))));
    assert_eq!(written, Written::Done);
    // What it was, and whoever has one of its three names: itself.
    assert_eq!(looks, 4);
    let mut taken = person(ALL);
    taken.user_name = person(3).user_name;
    let (written, looks) = counted(store.write(writing(AccountWrite::Create(Box::new(taken)))));
    assert_eq!(written, Written::Conflict);
    assert!(looks <= 2);
}

fn list(store: &MemoryStore, listing: &Listing) -> (Result<Page, TooMany>, usize) {
    counted(store.list(&id(), listing))
}

fn lists(store: &MemoryStore) {
    for sort in [SortBy::Changed, SortBy::Created, SortBy::Id, SortBy::UserName] {
        for descending in [false, true] {
            for from in [Position::Start, Position::Skip(ALL / 2), Position::Skip(ALL - 50)] {
                let listing = Listing { sort, descending, from, ..Listing::first(50) };
                let (page, looks) = list(store, &listing);
                let page = page.unwrap();
                assert_eq!((page.accounts.len(), page.total, looks), (50, ALL, 50), "{listing:?}");
            }
        }
    }
    let mut from = Position::Start;
    let mut read = 0;
    while read < ALL {
        let (page, looks) = list(store, &Listing { from, ..Listing::first(1_000) });
        let page = page.unwrap();
        assert_eq!(looks, 1_000);
        let last = page.accounts.last().unwrap();
        from = Position::After(last.created_at, last.id.clone());
        read += page.accounts.len();
    }
    assert_eq!(read, ALL);
    for descending in [false, true] {
        let active = Listing::first(50).filtered(Filter::Status(Status::Active));
        let (page, looks) = list(store, &Listing { descending, ..active });
        assert_eq!((page.unwrap().total, looks), (ALL / 10 * 9, 50));
    }
}

fn searches(store: &MemoryStore) {
    let unserved = || Filter::Text(Attribute::DisplayName, Test::Contains("7".into()));
    let active = || Filter::Status(Status::Active);
    let user_name = || Filter::is(Attribute::UserName, email(7).address().to_uppercase());
    for filter in [
        unserved(),
        Filter::Not(Box::new(user_name())),
        Filter::All(vec![active(), unserved()]),
        Filter::All(vec![Filter::ChangedAfter(at(9), true), unserved()]),
        Filter::Any(vec![user_name(), unserved()]),
    ] {
        let (page, looks) = list(store, &Listing::first(5).filtered(filter.clone()));
        assert_eq!(page, Err(TooMany::new()), "{filter:?}");
        assert!(looks <= Listing::MAX_SCANNED, "{filter:?}: {looks}");
    }
    for (filter, total) in [
        (user_name(), 1),
        (Filter::is(Attribute::Email, email(7).address()), 1),
        (Filter::is(Attribute::ExternalId, "external-7"), 1),
        (Filter::is(Attribute::Id, "id-7"), 1),
        (Filter::All(vec![active(), user_name(), unserved()]), 1),
        (Filter::Any(vec![user_name(), Filter::is(Attribute::Id, "id-8")]), 2),
        (Filter::ChangedAfter(at(ALL - 9), true), 9),
        (Filter::ChangedBefore(at(9), false), 9),
        (Filter::All(vec![unserved(), Filter::ChangedBefore(at(9), false)]), 1),
    ] {
        let (page, looks) = list(store, &Listing::first(5).filtered(filter.clone()));
        assert_eq!(page.unwrap().total, total, "{filter:?}");
        assert!(looks <= 10, "{filter:?}: {looks}");
    }
}
