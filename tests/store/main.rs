//! The contract of stores: the one in memory holds to it, and faulty ones are told what is wrong
//! with them.

mod accounts;
mod faulty;
mod feed;
mod lists;
mod names;
mod numbers;
mod order;
mod races;
mod sessions;
mod settings;
mod spent;
mod stored;
mod told;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use saml_login::store::{DynStore, MemoryStore};
use saml_login::testing::contract;

use self::faulty::{Fault, Faulty};

#[test]
fn the_memory_store_holds_to_the_contract() {
    contract::store(&MemoryStore::default(), contract::block_on);
}

#[test]
fn the_memory_store_holds_to_the_contract_with_many_accounts() {
    contract::large_store(&MemoryStore::default(), contract::block_on);
}

#[test]
fn a_store_behind_a_pointer_holds_to_the_contract() {
    contract::store(&&MemoryStore::default(), contract::block_on);
    contract::store(&Arc::new(MemoryStore::default()), contract::block_on);
    contract::store(&Box::new(MemoryStore::default()), contract::block_on);
    contract::store(&DynStore::new(MemoryStore::default()), contract::block_on);
}

/// The faults of stores, in tests of their own: what is wrong, and the words of the contract that
/// tell.
macro_rules! faults {
    ($($test:ident: $($faults:expr),+;)+) => {$(
        #[test]
        fn $test() {
            $(told($faults, small);)+
        }
    )+};
}

faults! {
    faults_of_accounts_are_told: accounts::KEPT, accounts::WRITTEN;
    faults_of_names_are_told: names::FAULTS;
    faults_of_numbers_are_told: numbers::FAULTS;
    faults_of_settings_and_claims_are_told: settings::FAULTS;
    faults_of_what_is_spent_are_told: spent::FAULTS;
    faults_of_whole_writes_and_of_order_are_told: order::FAULTS;
    faults_of_sessions_and_what_is_kept_are_told: sessions::FAULTS;
    faults_of_what_is_told_are_told: told::FAULTS;
    faults_of_the_feed_are_told: feed::FAULTS;
    faults_of_lists_are_told: lists::FAULTS;
    faults_of_those_who_look_first_are_told: races::FAULTS;
}

#[test]
fn a_store_without_a_fault_is_told_nothing() {
    assert_eq!(broken(Fault("healthy", &[], ""), small), None);
}

#[test]
fn each_fault_has_words_and_is_one() {
    let all = [
        accounts::KEPT,
        accounts::WRITTEN,
        names::FAULTS,
        numbers::FAULTS,
        settings::FAULTS,
        spent::FAULTS,
        order::FAULTS,
        sessions::FAULTS,
        told::FAULTS,
        feed::FAULTS,
        lists::FAULTS,
        lists::LARGE,
        races::FAULTS,
    ];
    let names: BTreeSet<&str> = all.into_iter().flatten().map(|fault| fault.0).collect();
    assert_eq!(names.len(), all.into_iter().flatten().count(), "each fault has a name of its own");
    let without = all.into_iter().flatten().find(|fault| fault.2.len() < 9);
    assert_eq!(without.map(|fault| fault.0), None, "each fault is told in words");
    println!("{} faults", names.len());
}

#[test]
fn faults_of_large_stores_are_told() {
    told(lists::LARGE, large);
}

fn told<'f>(faults: impl IntoIterator<Item = &'f Fault>, contract: fn(&Faulty)) {
    let wrong: Vec<String> = faults
        .into_iter()
        .filter_map(|fault| match broken(*fault, contract) {
            Some(message) if message.contains(fault.2) => None,
            message => {
                let message: Option<String> = message.map(|text| text.chars().take(300).collect());
                Some(format!("{}: {message:?} does not say {:?}", fault.0, fault.2))
            }
        })
        .collect();
    assert!(wrong.is_empty(), "{} are not told:\n{}", wrong.len(), wrong.join("\n"));
}

fn small(store: &Faulty) {
    contract::store(store, contract::block_on);
}

fn large(store: &Faulty) {
    contract::large_store(store, contract::block_on);
}

/// What the contract says of a store with this fault.
fn broken(fault: Fault, contract: fn(&Faulty)) -> Option<String> {
    let store = Faulty::with(fault.1);
    let panic = catch_unwind(AssertUnwindSafe(|| contract(&store))).err()?;
    let text = panic.downcast_ref::<String>().cloned();
    Some(
        text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
            .expect("a message"),
    )
}
