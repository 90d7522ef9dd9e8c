//! What happens when Redis goes: an error and never a yes, and then it goes on.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use redis::cmd;
use saml_login::ReplayStore;
use saml_login::error::BoxError;
use saml_login::replay::{SpendOutcome, Spending};
use saml_login_redis::{Failure, RedisStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

use crate::place::Place;

const DURABLE: [&str; 4] = ["--appendonly", "yes", "--appendfsync", "always"];

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_900_000_000, 0).expect("an instant")
}

fn spend(runtime: &Runtime, store: &RedisStore, id: &str) -> Result<SpendOutcome, Failure> {
    let until = now() + TimeDelta::minutes(5);
    let spending = Spending::new("acme", "https://idp.test", id, until);
    runtime.block_on(store.spend(&spending, now())).map_err(failure)
}

fn failure(error: BoxError) -> Failure {
    *error.downcast_ref().expect("a failure")
}

#[test]
fn a_server_that_is_killed_answers_nobody_and_goes_on_when_it_is_back() {
    let Some(place) = Place::server(&DURABLE) else { return };
    let store = place.store();
    let spend = |id: &str| spend(&place.runtime, &store, id);
    for round in 0..3 {
        assert_eq!(spend(&format!("_{round}")), Ok(SpendOutcome::Fresh));
        place.kill();
        for _ in 0..3 {
            let lost = spend("_while it is gone");
            assert!(matches!(lost, Err(Failure::NoConnection(_))), "{lost:?}");
        }
        place.start_again(&DURABLE);
        // The scripts are gone as well, and what was spent is not.
        assert_eq!(spend(&format!("_{round}")), Ok(SpendOutcome::AssertionSeen));
    }
    assert_eq!(spend("_while it is gone"), Ok(SpendOutcome::Fresh));
}

/// Whoever has asked nothing while Redis was away is not told of it.
#[test]
fn a_connection_that_is_lost_while_nobody_asks_costs_nobody_a_login() {
    let Some(place) = Place::server(&DURABLE) else { return };
    let store = place.store();
    assert_eq!(spend(&place.runtime, &store, "_1"), Ok(SpendOutcome::Fresh));
    place.kill();
    place.start_again(&DURABLE);
    assert_eq!(spend(&place.runtime, &store, "_1"), Ok(SpendOutcome::AssertionSeen));
    assert_eq!(spend(&place.runtime, &store, "_2"), Ok(SpendOutcome::Fresh));
}

/// Many ask, and the server is killed in the middle: of each assertion at most one is told that it
/// is fresh, and what one was told is remembered.
#[test]
fn a_server_that_is_killed_in_the_middle_says_yes_to_nobody_twice() {
    let Some(place) = Place::server(&DURABLE) else { return };
    let store = place.store();
    let told = Mutex::new(Vec::new());
    let asked = AtomicU16::new(0);
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                loop {
                    let id = asked.fetch_add(1, Ordering::SeqCst);
                    match spend(&place.runtime, &store, &format!("_{id}")) {
                        Ok(outcome) => told.lock().expect("no panic").push((id, outcome)),
                        Err(failure) => {
                            assert!(matches!(failure, Failure::NoConnection(_)), "{failure:?}");
                            break;
                        }
                    }
                }
            });
        }
        while asked.load(Ordering::SeqCst) < 500 {
            std::thread::yield_now();
        }
        place.kill();
    });
    place.start_again(&DURABLE);
    let told = told.into_inner().expect("no panic");
    assert!(told.len() > 400, "{}", told.len());
    for (id, outcome) in told {
        assert_eq!(outcome, SpendOutcome::Fresh);
        let again = spend(&place.runtime, &store, &format!("_{id}"));
        assert_eq!(again, Ok(SpendOutcome::AssertionSeen), "_{id}");
    }
}

/// What stands between: it leads to one server or another, and can fall silent without closing.
struct Passage {
    address: SocketAddr,
    to: Arc<AtomicU16>,
    is_silent: Arc<AtomicBool>,
}

impl Passage {
    fn open(runtime: &Runtime, to: u16) -> Self {
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let address = listener.local_addr().expect("an address");
        let (to, is_silent) = (Arc::new(AtomicU16::new(to)), Arc::new(AtomicBool::new(false)));
        runtime.spawn(pass_all(listener, Arc::clone(&to), Arc::clone(&is_silent)));
        Self { address, to, is_silent }
    }

    fn store(&self, runtime: &Runtime) -> RedisStore {
        let builder = RedisStore::builder(format!("redis://{}", self.address));
        let builder = builder.timeout(Duration::from_secs(1));
        runtime.block_on(builder.connect()).expect("a connection")
    }
}

async fn pass_all(listener: TcpListener, to: Arc<AtomicU16>, is_silent: Arc<AtomicBool>) {
    while let Ok((near, _)) = listener.accept().await {
        let Ok(far) = TcpStream::connect(("127.0.0.1", to.load(Ordering::SeqCst))).await else {
            continue;
        };
        let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
        // One that was opened while the passage is silent stays open, and passes.
        let silence = Arc::clone(&is_silent);
        let is_new = is_silent.load(Ordering::SeqCst);
        tokio::spawn(pass(near_in, far_out, silence, is_new));
        tokio::spawn(pass(far_in, near_out, Arc::clone(&is_silent), is_new));
    }
}

async fn pass(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    is_silent: Arc<AtomicBool>,
    is_new: bool,
) -> io::Result<()> {
    let mut bytes = [0; 4_096];
    loop {
        let count = from.read(&mut bytes).await?;
        if count == 0 {
            return to.shutdown().await;
        }
        if is_new || !is_silent.load(Ordering::SeqCst) {
            to.write_all(&bytes[..count]).await?;
        }
    }
}

/// A network that swallows everything closes no connection: only the deadline notices.
#[test]
fn a_connection_that_falls_silent_is_given_up() {
    let Some(place) = Place::server(&[]) else { return };
    let passage = Passage::open(&place.runtime, place.port());
    let store = passage.store(&place.runtime);
    assert_eq!(spend(&place.runtime, &store, "_1"), Ok(SpendOutcome::Fresh));
    passage.is_silent.store(true, Ordering::SeqCst);
    assert_eq!(spend(&place.runtime, &store, "_2"), Err(Failure::TimedOut));
    assert_eq!(spend(&place.runtime, &store, "_1"), Ok(SpendOutcome::AssertionSeen));
    assert_eq!(spend(&place.runtime, &store, "_3"), Ok(SpendOutcome::Fresh));
}

/// After a failover the address leads to another server, while the former one still answers.
#[test]
fn a_server_that_has_become_a_replica_is_left() {
    let Some(former) = Place::server(&[]) else { return };
    let Some(present) = Place::server(&[]) else { return };
    let passage = Passage::open(&former.runtime, former.port());
    let store = passage.store(&former.runtime);
    assert_eq!(spend(&former.runtime, &store, "_1"), Ok(SpendOutcome::Fresh));
    passage.to.store(present.port(), Ordering::SeqCst);
    former.command::<()>(cmd("REPLICAOF").arg("127.0.0.1").arg(present.port()));
    let refused = spend(&former.runtime, &store, "_2");
    assert!(
        matches!(refused, Err(Failure::Refused(code)) if code.as_str() == "READONLY"),
        "{refused:?}"
    );
    assert_eq!(spend(&former.runtime, &store, "_2"), Ok(SpendOutcome::Fresh));
    assert_eq!(spend(&former.runtime, &store, "_2"), Ok(SpendOutcome::AssertionSeen));
}

/// What a failover can forget, as the documentation says: what the primary has answered before its
/// replica had it. Nothing here can tell, so this shows that it is true and not that it is good.
#[test]
fn what_was_not_replicated_is_forgotten_by_a_failover() {
    let Some(primary) = Place::server(&[]) else { return };
    let Some(replica) = Place::server(&[]) else { return };
    let passage = Passage::open(&primary.runtime, primary.port());
    let store = passage.store(&primary.runtime);
    replica.command::<()>(cmd("REPLICAOF").arg("127.0.0.1").arg(primary.port()));
    assert_eq!(spend(&primary.runtime, &store, "_replicated"), Ok(SpendOutcome::Fresh));
    // Until it has it, it may be loading, and answer nothing.
    let mut connection = replica.client().get_connection().expect("a connection");
    while cmd("DBSIZE").query::<u32>(&mut connection) != Ok(1) {
        std::thread::yield_now();
    }
    replica.command::<()>(cmd("REPLICAOF").arg("NO").arg("ONE"));
    assert_eq!(spend(&primary.runtime, &store, "_later"), Ok(SpendOutcome::Fresh));
    passage.to.store(replica.port(), Ordering::SeqCst);
    primary.kill();
    primary.start_again(&[]);
    let spend = |id: &str| spend(&primary.runtime, &store, id);
    assert_eq!(spend("_replicated"), Ok(SpendOutcome::AssertionSeen));
    assert_eq!(spend("_later"), Ok(SpendOutcome::Fresh));
}
