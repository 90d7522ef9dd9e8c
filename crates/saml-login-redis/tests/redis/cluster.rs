//! Redis Cluster: one script finds all its keys on one server.

use redis::cmd;
use saml_login::testing::contract;
use saml_login_redis::RedisStore;

use crate::place::{Place, free_port};

/// A server of a cluster, without any slots yet.
fn node() -> Option<Place> {
    let port = free_port().to_string();
    Place::server(&["--cluster-enabled", "yes", "--cluster-port", &port])
}

fn until_it_serves(node: &Place, slots: u32) {
    let serves = |info: String| {
        info.contains("cluster_state:ok") && info.contains(&format!("cluster_slots_ok:{slots}"))
    };
    while !serves(node.command(cmd("CLUSTER").arg("INFO"))) {
        std::thread::yield_now();
    }
}

fn hold_to_their_contracts(place: &Place, store: &RedisStore) {
    let run = |task: contract::Task<'_>| place.runtime.block_on(task);
    contract::replay_store(store, run);
    contract::request_store(store, true, run);
    contract::rate_limits(store, run);
}

/// A server of a cluster refuses a script whose keys do not all hash to one slot, even if it has
/// all slots itself.
#[test]
fn the_keys_of_a_script_lie_in_one_slot() {
    let Some(node) = node() else { return };
    node.command::<()>(cmd("CLUSTER").arg("ADDSLOTSRANGE").arg(0).arg(16_383));
    until_it_serves(&node, 16_384);
    hold_to_their_contracts(&node, &node.store());
}

#[cfg(feature = "cluster")]
mod of_three {
    use std::process::Command;

    use redis::cmd;
    use saml_login_redis::{ConnectError, Eviction};

    use super::{Place, hold_to_their_contracts, node, until_it_serves};

    fn cluster() -> Option<[Place; 3]> {
        let nodes = [node()?, node()?, node()?];
        let addresses = nodes.each_ref().map(|node| format!("127.0.0.1:{}", node.port()));
        let create = Command::new("redis-cli")
            .args(["--cluster", "create"])
            .args(&addresses)
            .arg("--cluster-yes")
            .output()
            .expect("redis-cli");
        assert!(create.status.success(), "{}", String::from_utf8_lossy(&create.stdout));
        nodes.iter().for_each(|node| until_it_serves(node, 16_384));
        Some(nodes)
    }

    #[test]
    fn the_stores_hold_to_their_contracts_in_a_cluster() {
        let Some([one, two, three]) = cluster() else { return };
        let builder = || one.builder().of_cluster([two.url.clone(), three.url.clone()]);
        hold_to_their_contracts(&one, &one.connected(builder()));
        let size = |node: &Place| node.command::<u32>(&cmd("DBSIZE"));
        assert!(size(&one) + size(&two) + size(&three) > 10);
        assert!([&one, &two, &three].iter().filter(|node| size(node) > 0).count() > 1);
        // Each server is asked, and not one.
        let mut evict = cmd("CONFIG");
        three.command::<()>(evict.arg("SET").arg("maxmemory-policy").arg("allkeys-lru"));
        let error = one.runtime.block_on(builder().connect()).expect_err("one throws keys away");
        assert_eq!(error, ConnectError::Evicts(Eviction::AllkeysLru));
        let trusted = builder().root_certificates("any");
        let error = one.runtime.block_on(trusted.connect()).expect_err("not in a cluster");
        assert_eq!(error, ConnectError::CertificatesOfCluster);
    }
}
