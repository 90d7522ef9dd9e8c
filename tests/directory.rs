//! The directory in memory holds to the contract that every directory has to.

use saml_login::{MemoryDirectory, contract};

#[test]
fn the_memory_directory_holds_to_the_contract() {
    let directory = MemoryDirectory::default();
    contract::directory(&directory, |organization, seats| {
        directory.set_seats(organization, seats).expect("the directory");
    });
}
