//! The contract of stores: the one in memory holds to it.

use saml_login::store::MemoryStore;
use saml_login::testing::contract;

#[test]
fn the_memory_store_holds_to_the_contract() {
    contract::store(&MemoryStore::default(), contract::block_on);
}

#[test]
fn the_memory_store_holds_to_the_contract_of_large_ones() {
    contract::large_store(&MemoryStore::default(), contract::block_on);
}
