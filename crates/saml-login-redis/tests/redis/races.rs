//! Races for one assertion: 64 threads, and two processes of 32 each.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Barrier;
use std::thread;

use chrono::{DateTime, TimeDelta, Utc};
use saml_login::ReplayStore;
use saml_login::replay::{SpendOutcome, Spending};
use saml_login::sso::{RateKey, RateKind, RateLimits};
use saml_login_redis::RedisStore;
use tokio::runtime::Runtime;

use crate::place::{Place, runtime};

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_900_000_000, 0).expect("an instant")
}

fn assertion(id: &str) -> Spending {
    Spending::new("acme", "https://idp.test", id, now() + TimeDelta::minutes(5))
}

/// What so many get that begin at the same instant.
fn together<T: Send>(threads: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(threads);
    let start = |thread| {
        barrier.wait();
        work(thread)
    };
    thread::scope(|scope| {
        let start = &start;
        let racers: Vec<_> =
            (0..threads).map(|thread| scope.spawn(move || start(thread))).collect();
        racers.into_iter().map(|racer| racer.join().expect("no panic")).collect()
    })
}

fn count(outcomes: &[SpendOutcome], wanted: SpendOutcome) -> usize {
    outcomes.iter().filter(|outcome| **outcome == wanted).count()
}

#[test]
fn of_64_exactly_one_spends() {
    let Some(place) = Place::database(9) else { return };
    // Each machine has a connection of its own.
    let stores: Vec<RedisStore> = (0..8).map(|_| place.store()).collect();
    let race = |spending: &(dyn Fn(usize) -> Spending + Sync)| {
        together(64, |n| {
            let spending = spending(n);
            place.runtime.block_on(stores[n % 8].spend(&spending, now())).expect("a store")
        })
    };
    for round in 0..10 {
        let outcomes = race(&|_| assertion(&format!("_{round}")));
        assert_eq!(count(&outcomes, SpendOutcome::Fresh), 1);
        assert_eq!(count(&outcomes, SpendOutcome::AssertionSeen), 63);
        let request = format!("_request {round}");
        let outcomes =
            race(&|n| assertion(&format!("_{round} {n}")).with_request_id(request.clone()));
        assert_eq!(count(&outcomes, SpendOutcome::Fresh), 1);
        assert_eq!(count(&outcomes, SpendOutcome::RequestSeen), 63);
    }
}

#[test]
fn of_64_as_many_get_in_as_there_is_room_for() {
    let Some(place) = Place::database(10) else { return };
    let stores: Vec<RedisStore> = (0..8).map(|_| place.store()).collect();
    let key = RateKey::of_client(RateKind::CodeAsked, [127, 0, 0, 1].into());
    let waits = together(64, |n| {
        let take = RateLimits::take(&stores[n % 8], &key, now());
        place.runtime.block_on(take).expect("a rate")
    });
    assert_eq!(waits.iter().filter(|wait| wait.is_none()).count(), 30);
}

/// Where one of the two processes finds the store.
const RACE: &str = "SAML_LOGIN_TEST_RACE";
const ROUNDS: usize = 20;

#[test]
fn of_two_processes_exactly_one_spends() {
    let Some(place) = Place::database(11) else { return };
    let mut two: Vec<Child> = (0..2).map(|_| one_of_two(&place.url)).collect();
    let mut lines: Vec<_> = two
        .iter_mut()
        .map(|child| BufReader::new(child.stdout.take().expect("its output")).lines())
        .collect();
    let mut say = |child: &mut Child| {
        let input = child.stdin.as_mut().expect("its input");
        input.write_all(b"go\n").and_then(|()| input.flush()).expect("a reader");
    };
    let mut answer = |child: usize| {
        let mut lines = lines[child].by_ref().map(|line| line.expect("text"));
        let answer = lines.find_map(|line| line.strip_prefix("race: ").map(str::to_owned));
        answer.expect("an answer")
    };
    assert_eq!([answer(0), answer(1)], ["ready", "ready"]);
    for round in 0..ROUNDS {
        two.iter_mut().for_each(&mut say);
        let fresh = [answer(0), answer(1)].map(|count| count.parse::<usize>().expect("a number"));
        assert_eq!(fresh.iter().sum::<usize>(), 1, "in round {round}");
    }
    for mut child in two {
        assert!(child.wait().expect("an end").success());
    }
}

/// The same program, with the one test that is played by it.
fn one_of_two(url: &str) -> Child {
    let program = std::env::current_exe().expect("this program");
    Command::new(program)
        .args(["--exact", "races::one_of_the_two_processes", "--nocapture"])
        .env(RACE, url)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a process")
}

/// What each of the two does, when it is started by the other test: round by round it waits for the
/// word, races, and says how many of its 32 have spent the assertion.
#[test]
fn one_of_the_two_processes() {
    let Ok(url) = std::env::var(RACE) else { return };
    let runtime: Runtime = runtime();
    let store = runtime.block_on(RedisStore::connect(&url)).expect("a connection");
    println!("\nrace: ready");
    for (round, go) in std::io::stdin().lines().take(ROUNDS).enumerate() {
        assert_eq!(go.expect("a word"), "go");
        let spending = assertion(&format!("_{round}"));
        let outcomes =
            together(32, |_| runtime.block_on(store.spend(&spending, now())).expect("a store"));
        println!("race: {}", count(&outcomes, SpendOutcome::Fresh));
    }
}
