//! The contracts of the core, against each database.
//!
//! PostgreSQL is tested where `SAML_LOGIN_TEST_POSTGRES` names a server, as
//! `postgres://user@host:port/database`: each test makes a database of its own there.

mod places;

use saml_login::testing::contract;

use self::places::Place;

macro_rules! on_each_database {
    ($($test:ident)+) => {
        #[cfg(feature = "sqlite")]
        mod sqlite {$(
            #[test]
            fn $test() {
                super::$test(&super::Place::file());
            }
        )+}

        #[cfg(feature = "sqlite")]
        mod memory {$(
            #[test]
            fn $test() {
                super::$test(&super::Place::memory());
            }
        )+}

        #[cfg(feature = "postgres")]
        mod postgres {$(
            #[test]
            fn $test() {
                if let Some(place) = super::Place::postgres() {
                    super::$test(&place);
                }
            }
        )+}
    };
}

on_each_database! {
    the_contract_of_stores
    the_contract_of_stores_with_many_accounts
    the_contract_of_requests
    the_contract_of_replays
}

fn the_contract_of_stores(place: &Place) {
    contract::store(&place.store(), |task| place.run(task));
    println!("contract of stores: {place}");
}

fn the_contract_of_stores_with_many_accounts(place: &Place) {
    contract::large_store(&place.store(), |task| place.run(task));
}

fn the_contract_of_requests(place: &Place) {
    contract::request_store(&place.store(), true, |task| place.run(task));
}

fn the_contract_of_replays(place: &Place) {
    contract::replay_store(&place.store(), |task| place.run(task));
}
