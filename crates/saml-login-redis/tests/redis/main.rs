//! The stores in Redis: the contracts of the core, the answers of the stores in memory, races, and
//! what happens when Redis goes.
//!
//! They run where `SAML_LOGIN_TEST_REDIS` names a server, as `redis://host:port`, whose databases 1
//! to 15 are theirs; `tests/servers/redis` starts one. Those that stop, fill or set a server start
//! one of their own by the same script.

mod cluster;
mod connecting;
mod logins;
mod lost;
mod memory;
mod place;
mod races;
mod same;
mod tls;

use saml_login::testing::contract;

use self::place::Place;

#[test]
fn the_contract_of_replays() {
    let Some(place) = Place::database(1) else { return };
    contract::replay_store(&place.store(), |task| place.runtime.block_on(task));
}

#[test]
fn the_contract_of_requests() {
    let Some(place) = Place::database(2) else { return };
    contract::request_store(&place.store(), true, |task| place.runtime.block_on(task));
}

#[test]
fn the_contract_of_rate_limits() {
    let Some(place) = Place::database(3) else { return };
    contract::rate_limits(&place.store(), |task| place.runtime.block_on(task));
}
