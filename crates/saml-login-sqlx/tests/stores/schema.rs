//! The schema: brought up to date by whoever comes first, and by older code left alone.

use std::sync::Barrier;
use std::thread;

use saml_login::store::{Store, Written};
use saml_login_sqlx::Error;

use crate::people::{creation, found, member};
use crate::places::Place;

pub(crate) fn migrations_are_pending_until_they_are_done(place: &Place) {
    let store = place.open();
    let names = |migrations: &[saml_login_sqlx::Migration]| -> Vec<(u32, &'static str)> {
        migrations.iter().map(|migration| (migration.version, migration.name)).collect()
    };
    assert_eq!(names(&place.run(store.pending()).expect("a list")), [(1, "first")]);
    assert_eq!(names(&place.run(store.migrate()).expect("a schema")), [(1, "first")]);
    assert_eq!(names(&place.run(store.pending()).expect("a list")), []);
    assert_eq!(names(&place.run(store.migrate()).expect("a schema")), []);
}

/// Sixteen processes start at once.
pub(crate) fn one_of_many_migrates(place: &Place) {
    let barrier = Barrier::new(16);
    let stores: Vec<_> = (0..16).map(|_| place.open()).collect();
    let counts: Vec<usize> = thread::scope(|scope| {
        let migrate = |store| {
            let barrier = &barrier;
            scope.spawn(move || {
                barrier.wait();
                place.run(saml_login_sqlx::SqlStore::migrate(store)).expect("a schema").len()
            })
        };
        let threads: Vec<_> = stores.iter().map(migrate).collect();
        threads.into_iter().map(|thread| thread.join().expect("a thread")).collect()
    });
    assert_eq!(counts.iter().sum::<usize>(), 1, "{counts:?}");
}

/// A newer release has been there.
pub(crate) fn a_newer_schema_is_refused_where_it_says_so(place: &Place) {
    let store = place.store();
    place.sql("INSERT INTO saml_migrations (version, oldest, name) VALUES (2, 1, 'a column more')");
    assert_eq!(place.run(store.migrate()).expect("a schema"), []);
    assert_eq!(place.run(store.pending()).expect("a list"), []);
    let id = found(place, &store, "older", None);
    let written = place.run(store.write(creation(&member(&id, "alice")))).expect("a write");
    assert_eq!(written, Written::Done, "old and new run side by side");
    place.sql("INSERT INTO saml_migrations (version, oldest, name) VALUES (3, 2, 'a column less')");
    for refused in [place.run(store.migrate()), place.run(store.pending())] {
        match refused {
            Err(Error::SchemaTooNew { version, oldest, known, .. }) => {
                assert_eq!((version, oldest, known), (3, 2, 1));
            }
            other => panic!("{other:?}"),
        }
    }
}

/// The prefix tells whose the tables are.
pub(crate) fn all_tables_have_the_prefix(place: &Place) {
    place.store();
    let names = place.tables();
    assert_eq!(names.len(), 18, "{names:?}");
    assert!(names.iter().all(|name| name.starts_with("saml_")), "{names:?}");
}
