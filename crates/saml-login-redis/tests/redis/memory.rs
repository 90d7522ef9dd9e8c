//! Memory: what is over gives it back, and a server without any refuses instead of forgetting.

use chrono::{DateTime, TimeDelta, Utc};
use redis::cmd;
use saml_login::ReplayStore;
use saml_login::replay::{SpendOutcome, Spending};
use saml_login::sso::{RateKey, RateKind, RateLimits};
use saml_login_redis::Failure;

use crate::place::Place;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_900_000_000 + seconds, 0).expect("an instant")
}

#[test]
fn a_server_that_is_full_refuses_and_forgets_nothing() {
    let Some(place) = Place::server(&["--maxmemory", "4mb"]) else { return };
    let store = place.store();
    let spend = |id: u32| {
        let spending = Spending::new("acme", "https://idp.test", id.to_string(), at(300));
        place.runtime.block_on(store.spend(&spending, at(0)))
    };
    let fresh = (0..100_000).take_while(|id| matches!(spend(*id), Ok(SpendOutcome::Fresh)));
    let fresh = u32::try_from(fresh.count()).expect("a number");
    assert!((1_000..100_000).contains(&fresh), "{fresh}");
    let error = spend(fresh).expect_err("it is full");
    let failure = error.downcast_ref::<Failure>().expect("a failure");
    assert!(matches!(failure, Failure::Refused(code) if code.as_str() == "OOM"), "{failure:?}");
    for id in 0..fresh {
        assert_eq!(spend(id).expect("a store"), SpendOutcome::AssertionSeen);
    }
    place.command::<()>(cmd("CONFIG").arg("SET").arg("maxmemory").arg("100mb"));
    assert_eq!(spend(fresh).expect("a store"), SpendOutcome::Fresh);
}

#[test]
fn what_is_over_leaves_no_memory_behind() {
    let Some(place) = Place::database(13) else { return };
    let store = place.store();
    for second in 0..200 {
        let id = second.to_string();
        let spending = Spending::new("acme", "https://idp.test", id, at(second + 10));
        let spending = spending.with_request_id(second.to_string());
        let outcome = place.runtime.block_on(store.spend(&spending, at(second)));
        assert_eq!(outcome.expect("a store"), SpendOutcome::Fresh);
    }
    let keys: Vec<String> = place.command(cmd("KEYS").arg("*"));
    let [key] = keys.as_slice() else { panic!("{keys:?}") };
    // Ten seconds of two each, and from when on all is remembered.
    assert_eq!(place.command::<u32>(cmd("ZCARD").arg(key)), 21);
}

/// A thousand of a directory in ten seconds take twelve bytes each, and no more as time goes on.
#[test]
fn what_is_counted_takes_no_more_than_its_room() {
    let Some(place) = Place::database(14) else { return };
    let store = place.store();
    let key = RateKey::of_organization(RateKind::DirectoryAsked, &"org-a".into());
    let mut refused = 0;
    for step in 0..4_000 {
        let now = at(0) + TimeDelta::milliseconds(8 * step);
        let wait = place.runtime.block_on(RateLimits::take(&store, &key, now));
        refused += u32::from(wait.expect("a rate").is_some());
    }
    assert_eq!(refused, 750, "a quarter of what is asked in each eight seconds is refused");
    let taken: Vec<Vec<u8>> = place.command(cmd("HVALS").arg("saml:{rate:directory_asked}:taken"));
    assert_eq!(taken.iter().map(Vec::len).collect::<Vec<_>>(), [12_000]);
}
