//! The contracts of the core, against each database.
//!
//! PostgreSQL is tested where `SAML_LOGIN_TEST_POSTGRES` names a server, as
//! `postgres://user@host:port/database`: each test makes a database of its own there; and once more
//! behind pgbouncer, where `SAML_LOGIN_TEST_PGBOUNCER` names one in front of that server.

#[path = "../../examples/login.rs"]
#[expect(dead_code, reason = "it is a program")]
mod example;
mod hooks;
mod people;
mod places;
mod races;
mod schema;
mod texts;
mod times;

use saml_login::testing::contract;

use self::hooks::{
    a_hook_hears_of_an_organization_that_goes, a_hook_that_fails_undoes_its_own_write_alone,
    a_hook_writes_with_the_account,
};
use self::places::Place;
use self::races::{
    one_administrator_stays, one_changes_an_account, one_founds_an_organization,
    one_has_an_address, one_spends_an_assertion, one_takes_the_last_seat,
};
use self::schema::{
    a_newer_schema_is_refused_where_it_says_so, all_tables_have_the_prefix,
    migrations_are_pending_until_they_are_done, one_of_many_migrates,
};
use self::texts::{
    ids_of_organizations_are_any_text, instants_are_kept_to_the_nanosecond,
    names_come_and_go_with_the_living, texts_are_kept_to_the_letter,
};
use self::times::{
    many_take_no_more_than_there_are, rates_are_counted_in_a_time, the_trail_is_kept,
    what_is_over_is_forgotten_in_small_steps, what_was_forgotten_is_not_spent_again,
};

/// Each test on a database of its own; those of the second list open it several times, which one in
/// memory cannot be.
macro_rules! on_each_database {
    ($($anywhere:ident)+; $($shared:ident)+) => {
        #[cfg(feature = "sqlite")]
        mod sqlite {
            $(#[test] fn $anywhere() { super::$anywhere(&super::Place::file()) })+
            $(#[test] fn $shared() { super::$shared(&super::Place::file()) })+
        }

        #[cfg(feature = "sqlite")]
        mod memory {
            $(#[test] fn $anywhere() { super::$anywhere(&super::Place::memory()) })+
        }

        #[cfg(feature = "postgres")]
        mod postgres {
            $(#[test] fn $anywhere() { super::Place::on_postgres(super::$anywhere) })+
            $(#[test] fn $shared() { super::Place::on_postgres(super::$shared) })+
        }

        #[cfg(feature = "postgres")]
        mod pgbouncer {
            $(#[test] fn $anywhere() { super::Place::on_pgbouncer(super::$anywhere) })+
            $(#[test] fn $shared() { super::Place::on_pgbouncer(super::$shared) })+
        }
    };
}

on_each_database! {
    the_contract_of_stores
    the_contract_of_stores_with_many_accounts
    the_contract_of_requests
    the_contract_of_replays
    migrations_are_pending_until_they_are_done
    the_trail_is_kept
    what_is_over_is_forgotten_in_small_steps
    what_was_forgotten_is_not_spent_again
    rates_are_counted_in_a_time
    texts_are_kept_to_the_letter
    instants_are_kept_to_the_nanosecond
    names_come_and_go_with_the_living;
    one_takes_the_last_seat
    one_spends_an_assertion
    one_has_an_address
    one_administrator_stays
    one_changes_an_account
    one_founds_an_organization
    a_hook_writes_with_the_account
    a_hook_that_fails_undoes_its_own_write_alone
    a_hook_hears_of_an_organization_that_goes
    one_of_many_migrates
    a_newer_schema_is_refused_where_it_says_so
    all_tables_have_the_prefix
    ids_of_organizations_are_any_text
    many_take_no_more_than_there_are
    the_example_logs_in
}

fn the_contract_of_stores(place: &Place) {
    contract::store(&place.store(), |task| place.run(task));
    println!("contract of stores, {}: held to", place.kind());
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

/// As the README says.
fn the_example_logs_in(place: &Place) {
    for said in
        ["create: alice@example.test, with event 4", "keep: alice@example.test, with event 7"]
    {
        let url = place.to_string();
        assert_eq!(place.run(example::log_in(&url, people::now())).expect("a login"), said);
        assert!(include_str!("../../README.md").contains(said));
    }
}
