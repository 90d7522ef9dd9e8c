//! Many at once, over two pools on one database: what one process cannot know of another.

use std::sync::Barrier;
use std::thread;

use chrono::TimeDelta;
use saml_login::account::Status;
use saml_login::replay::{SpendOutcome, Spending};
use saml_login::store::{Store, Write, Written};
use saml_login::{Random, ReplayStore};
use saml_login_sqlx::SqlStore;

use crate::people::{
    account, accounts, administrator, change, counters, created, creation, found, member, now,
    organization,
};
use crate::places::Place;

const THREADS: usize = 64;

/// What so many threads get that begin at the same instant, one half at each store.
fn together<T: Send>(
    stores: &[SqlStore; 2],
    work: impl Fn(&SqlStore, usize) -> T + Sync,
) -> Vec<T> {
    let barrier = Barrier::new(THREADS);
    thread::scope(|scope| {
        let start = |number: usize| {
            let (barrier, work) = (&barrier, &work);
            scope.spawn(move || {
                barrier.wait();
                work(&stores[number % 2], number)
            })
        };
        let threads: Vec<_> = (0..THREADS).map(start).collect();
        threads.into_iter().map(|thread| thread.join().expect("a thread")).collect()
    })
}

fn stores(place: &Place) -> [SqlStore; 2] {
    [place.store(), place.open()]
}

fn write(place: &Place, store: &SqlStore, write: Write) -> Written {
    place.run(store.write(write)).expect("a write")
}

fn count<T: PartialEq>(all: &[T], one: &T) -> usize {
    all.iter().filter(|other| *other == one).count()
}

pub(crate) fn one_takes_the_last_seat(place: &Place) {
    let stores = stores(place);
    let id = found(place, &stores[0], "seats", Some(3));
    for name in ["alice", "bob"] {
        created(place, &stores[0], &member(&id, name));
    }
    let written = together(&stores, |store, number| {
        write(place, store, creation(&member(&id, &format!("newcomer-{number}"))))
    });
    assert_eq!(count(&written, &Written::Done), 1);
    assert_eq!(count(&written, &Written::NoSeat), THREADS - 1);
    assert_eq!(counters(place, &stores[1], &id).active, 3);
    assert_eq!(accounts(place, &stores[1], &id).len(), 3);
}

pub(crate) fn one_spends_an_assertion(place: &Place) {
    let stores = stores(place);
    let id = found(place, &stores[0], "spent", None);
    let spending = Spending::new("spent", "urn:issuer", "assertion", now() + TimeDelta::minutes(5));
    // As a part of a write, and alone.
    let is_fresh = together(&stores, |store, number| match number % 4 < 2 {
        true => {
            let mut spends = Write::of(&id, now());
            spends.spend = Some(spending.clone());
            write(place, store, spends) == Written::Done
        }
        false => {
            let outcome = place.run(store.spend(&spending, now()));
            outcome.expect("an outcome") == SpendOutcome::Fresh
        }
    });
    assert_eq!(count(&is_fresh, &true), 1);
}

pub(crate) fn one_has_an_address(place: &Place) {
    let stores = stores(place);
    let id = found(place, &stores[0], "addresses", None);
    let written = together(&stores, |store, number| {
        let mut account = member(&id, &format!("person-{number}"));
        account.address = member(&id, "Alice").address;
        write(place, store, creation(&account))
    });
    assert_eq!(count(&written, &Written::Done), 1);
    assert_eq!(count(&written, &Written::Conflict), THREADS - 1);
    assert_eq!(accounts(place, &stores[0], &id).len(), 1);
}

pub(crate) fn one_administrator_stays(place: &Place) {
    let stores = stores(place);
    let id = found(place, &stores[0], "administrators", None);
    let people: Vec<_> =
        (0..THREADS).map(|number| administrator(&id, &format!("admin-{number}"))).collect();
    people.iter().for_each(|account| created(place, &stores[0], account));
    let written = together(&stores, |store, number| {
        let leave = change(&people[number], |account| account.status = Status::Deactivated);
        write(place, store, leave)
    });
    assert_eq!(count(&written, &Written::Done), THREADS - 1);
    assert_eq!(count(&written, &Written::LastAdministrator), 1);
    let numbers = counters(place, &stores[1], &id);
    assert_eq!((numbers.administrators, numbers.active, numbers.deactivated), (1, 1, 63));
}

pub(crate) fn one_changes_an_account(place: &Place) {
    let stores = stores(place);
    let id = found(place, &stores[0], "changes", None);
    let alice = member(&id, "alice");
    created(place, &stores[0], &alice);
    let written = together(&stores, |store, number| {
        let name = format!("Alice {number}");
        write(place, store, change(&alice, |account| account.profile.first_name = Some(name)))
    });
    assert_eq!(count(&written, &Written::Done), 1);
    assert_eq!(count(&written, &Written::Conflict), THREADS - 1);
    assert_eq!(account(place, &stores[1], &id, &alice.id).map(|alice| alice.version), Some(1));
    let changes = place.run(stores[0].changes_since(&id, 0, 99)).expect("a feed");
    assert_eq!(changes.iter().map(|change| change.number).collect::<Vec<_>>(), [1, 2]);
}

pub(crate) fn one_founds_an_organization(place: &Place) {
    let stores = stores(place);
    // Half of them want the same id, and all of them the same slug.
    let written = together(&stores, |store, number| {
        let id = if number < 32 { "same".to_owned() } else { format!("other-{number}") };
        let random = Random::new([7; 32]);
        write(place, store, Write::founding(organization(&id), None, now(), random))
    });
    assert_eq!(count(&written, &Written::Done), 1, "{written:?}");
    let refused = |written: &&Written| matches!(written, Written::Claimed(_) | Written::Conflict);
    assert_eq!(written.iter().filter(refused).count(), THREADS - 1, "{written:?}");
}
