//! The same calls get the same answers as from the stores in memory, whatever the calls are.

use std::fmt::Debug;
use std::num::NonZeroUsize;

use chrono::{DateTime, TimeDelta, Utc};
use saml_login::replay::{SpendOutcome, Spending};
use saml_login::request::{Pending, PendingLogout, Remembered};
use saml_login::sso::{MemoryRateLimits, RateKey, RateKind, RateLimits};
use saml_login::{MemoryReplayStore, MemoryRequestStore, Random, ReplayStore, RequestStore};

use crate::place::Place;

/// A sequence of numbers that looks like chance, and is the same each time (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % bound
    }

    fn of<T: Clone>(&mut self, all: &[T]) -> T {
        let index = self.below(all.len() as u64);
        all[index as usize].clone()
    }
}

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_900_000_000, 0).expect("an instant")
}

fn number(number: usize) -> NonZeroUsize {
    NonZeroUsize::new(number).expect("more than none")
}

#[derive(Debug, PartialEq)]
enum Told<T> {
    It(T),
    Failed(String),
}

fn told<T, E: std::fmt::Display>(answer: Result<T, E>) -> Told<T> {
    match answer {
        Ok(it) => Told::It(it),
        Err(error) => Told::Failed(error.to_string()),
    }
}

#[track_caller]
fn assert_same<T: PartialEq + Debug>(step: usize, redis: T, memory: T, call: impl Debug) {
    assert_eq!(redis, memory, "in step {step}: {call:?}");
}

/// Time goes on, and never back: what happens then differs, and is tested beside this.
#[test]
fn replays_answer_as_in_memory() {
    let Some(place) = Place::database(4) else { return };
    let store = place.connected(place.builder().spent_per_connection(number(8)));
    let memory = MemoryReplayStore::new(number(8));
    let (mut dice, mut now) = (Dice(1), start());
    let mut seen = std::collections::BTreeMap::<&str, u32>::new();
    for step in 0..4_000 {
        now += TimeDelta::milliseconds(dice.of(&[0, 0, 1, 40]));
        let until = now + TimeDelta::milliseconds(dice.of(&[-1, 0, 1, 100, 400, 2_000]));
        let id = format!("_{}", dice.below(20));
        let spending =
            Spending::new(dice.of(&["acme", "globex", ""]), dice.of(&["idp", "idq"]), id, until);
        let spending = match dice.below(5) {
            0 => spending.with_request_id(format!("_{}", dice.below(10))),
            1 => spending.of_logout(),
            2 => spending.of_logout().with_request_id(format!("_{}", dice.below(10))),
            _ => spending,
        };
        let redis = told(place.runtime.block_on(store.spend(&spending, now)));
        let in_memory = told(place.runtime.block_on(memory.spend(&spending, now)));
        *seen.entry(word(&redis)).or_default() += 1;
        // Where two have the same text they are the same.
        assert_same(step, redis, in_memory, (spending, now));
    }
    let words: Vec<_> = seen.keys().copied().collect();
    assert_eq!(words, ["assertion seen", "failed", "fresh", "full", "request seen"], "{seen:?}");
}

fn word(told: &Told<SpendOutcome>) -> &'static str {
    match told {
        Told::It(SpendOutcome::AssertionSeen) => "assertion seen",
        Told::It(SpendOutcome::Fresh) => "fresh",
        Told::It(SpendOutcome::Full) => "full",
        Told::It(SpendOutcome::RequestSeen) => "request seen",
        Told::It(_) => "something else",
        Told::Failed(_) => "failed",
    }
}

/// Here clocks disagree, and keys are pushed out by others.
#[test]
fn rate_limits_answer_as_in_memory() {
    let Some(place) = Place::database(5) else { return };
    let (store, memory) = (place.store(), MemoryRateLimits::default());
    let (mut dice, mut now) = (Dice(2), start());
    let mut refused = 0;
    for step in 0..6_000 {
        now += TimeDelta::nanoseconds(dice.of(&[0, 1, 999_999_999, 1_000_000_001]));
        now += TimeDelta::seconds(dice.of(&[0, 0, 1, 60]));
        let ahead = TimeDelta::seconds(dice.of(&[0, 0, 0, 0, 0, 0, -1, 1, 7]));
        let at = now + ahead;
        let kind =
            dice.of(&[RateKind::LinkMailed, RateKind::CodeMailedFrom, RateKind::TokenRefused]);
        let key = RateKey::of_client(kind, [127, 0, 0, dice.of(&[1, 2, 3])].into());
        if dice.below(5) == 0 {
            let redis = told(place.runtime.block_on(store.give_back(&key, at)));
            let in_memory = told(place.runtime.block_on(memory.give_back(&key, at)));
            assert_same(step, redis, in_memory, (&key, at));
        } else {
            let redis = told(place.runtime.block_on(RateLimits::take(&store, &key, at)));
            let in_memory = told(place.runtime.block_on(RateLimits::take(&memory, &key, at)));
            refused += u32::from(matches!(redis, Told::It(Some(_))));
            assert_same(step, redis, in_memory, (&key, at));
        }
    }
    assert!((500..3_000).contains(&refused), "{refused}");
}

/// A kind that is full forgets whoever was asked about longest ago, as the memory does, with less
/// room here.
#[test]
fn a_flood_of_addresses_pushes_no_account_out() {
    let Some(place) = Place::database(6) else { return };
    let store = place.connected(place.builder().rates_per_kind(number(100)));
    let take = |kind, n: u32| {
        let key = RateKey::of_client(kind, std::net::Ipv4Addr::from(n).into());
        place.runtime.block_on(RateLimits::take(&store, &key, start())).expect("a rate").is_none()
    };
    let (kind, other) = (RateKind::CodeMailedFrom, RateKind::LinkMailed);
    assert!((0..5).all(|_| take(other, 0) && take(kind, 0) && take(kind, 1)));
    assert!((2..100).all(|n| take(kind, n)));
    assert!(!take(kind, 0), "it is remembered, and asked about last");
    assert!(take(kind, 100), "one more than there is room for");
    assert!(!take(kind, 0));
    assert!(take(kind, 1), "it was asked about longest ago");
    assert!(!take(other, 0), "another kind has room of its own");
    let remembered: usize =
        place.command(redis::cmd("HLEN").arg("saml:{rate:code_mailed_from}:taken"));
    assert_eq!(remembered, 100);
}

#[test]
fn requests_answer_as_in_memory() {
    let Some(place) = Place::database(7) else { return };
    let builder = place.builder().requests_per_connection(number(90)).requests(number(120));
    let store = place.connected(builder);
    let memory = MemoryRequestStore::with_capacity(number(90)).with_capacity_of_all(number(120));
    let (mut dice, mut now) = (Dice(3), start());
    let mut waiting: Vec<(Pending, String, String)> = Vec::new();
    let (mut full, mut given) = (0, 0);
    for step in 0..4_000_u32 {
        now += TimeDelta::milliseconds(dice.of(&[0, 0, 1, 10]));
        if dice.below(3) > 0 || waiting.is_empty() {
            let pending = logout(&mut dice, step, now);
            let random = || {
                let mut bytes = [0; 32];
                bytes[..4].copy_from_slice(&step.to_be_bytes());
                Random::new(bytes)
            };
            let redis =
                place.runtime.block_on(store.put(&pending, random(), now)).expect("a store");
            let in_memory = place.runtime.block_on(memory.put(&pending, random(), now));
            match (redis, in_memory.expect("in memory")) {
                (Remembered::Cookie(redis), Remembered::Cookie(memory)) => {
                    waiting.push((pending, redis, memory));
                }
                (redis, in_memory) => {
                    full += 1;
                    assert_same(step as usize, redis, in_memory, (pending, now));
                }
            }
            continue;
        }
        let index = dice.below(waiting.len() as u64) as usize;
        let (pending, redis, in_memory) = waiting[index].clone();
        let id = pending.request_id();
        let id = if dice.below(8) == 0 { "_another" } else { id };
        let looked = place.runtime.block_on(store.look(id, &redis, now)).expect("a store");
        let looked_in_memory = place.runtime.block_on(memory.look(id, &in_memory, now));
        assert_same(step as usize, &looked, &looked_in_memory.expect("in memory"), id);
        let taken = place.runtime.block_on(RequestStore::take(&store, id, &redis, now));
        let taken = taken.expect("a store");
        let taken_in_memory = place.runtime.block_on(memory.take(id, &in_memory, now));
        assert_same(step as usize, &taken, &taken_in_memory.expect("in memory"), id);
        given += u32::from(taken.is_some());
    }
    assert!(full > 100 && given > 100, "full {full}, given {given}");
}

fn logout(dice: &mut Dice, step: u32, now: DateTime<Utc>) -> Pending {
    Pending::Logout(PendingLogout {
        request_id: format!("_{step}"),
        connection_id: format!("connection {}", dice.of(&[0, 0, 0, 1, 2])),
        issued_at: now,
        expires_at: now + TimeDelta::milliseconds(dice.of(&[0, 100, 1_000, 3_000])),
        relay_state: None,
    })
}

/// Someone who has forgotten what was spent says so, and does not take it for new.
#[test]
fn a_clock_that_goes_backwards_does_not_revive_an_assertion() {
    let Some(place) = Place::database(8) else { return };
    let store = place.store();
    let at = |seconds| start() + TimeDelta::seconds(seconds);
    let spend = |id: &str, until, now| {
        let spending = Spending::new("acme", "https://idp.test", id, at(until));
        told(place.runtime.block_on(store.spend(&spending, at(now))))
    };
    let went_back = "the time has gone backwards, to before what was spent was forgotten";
    assert_eq!(spend("_1", 100, 0), Told::It(SpendOutcome::Fresh));
    assert_eq!(spend("_2", 200, 150), Told::It(SpendOutcome::Fresh));
    assert_eq!(spend("_1", 100, 50), Told::Failed(went_back.to_owned()));
    // What ends after everything that was forgotten is told apart as ever.
    assert_eq!(spend("_2", 200, 50), Told::It(SpendOutcome::AssertionSeen));
    assert_eq!(spend("_3", 200, 50), Told::It(SpendOutcome::Fresh));
    // All of it is over; what is remembered of it goes away by itself.
    assert_eq!(spend("_4", 300, 250), Told::It(SpendOutcome::Fresh));
    assert_eq!(spend("_3", 200, 50), Told::Failed(went_back.to_owned()));
    let keys: Vec<String> = place.command(redis::cmd("KEYS").arg("*"));
    assert_eq!(keys.len(), 1);
    let left: i64 = place.command(redis::cmd("PTTL").arg(&keys[0]));
    assert!((3_600_000..=3_750_000).contains(&left), "{left}");
    // A LogoutRequest has room and time of its own.
    let logout = Spending::new("acme", "https://idp.test", "_1", at(100)).of_logout();
    let outcome = place.runtime.block_on(store.spend(&logout, at(50))).expect("a store");
    assert_eq!(outcome, SpendOutcome::Fresh);
}
