//! What connecting asks of Redis, by which ways it leads there, and what errors say.

use chrono::{DateTime, TimeDelta, Utc};
use redis::cmd;
use saml_login::replay::{SpendOutcome, Spending};
use saml_login::request::{Pending, PendingLogout, Remembered};
use saml_login::sso::{RateKey, RateKind, RateLimits};
use saml_login::testing::contract;
use saml_login::{Random, ReplayStore, RequestStore};
use saml_login_redis::{ConnectError, Eviction, Failure, RedisBuilder, RedisStore};

use crate::place::{Place, runtime};
use crate::tls;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_900_000_000, 0).expect("an instant")
}

fn spending(id: &str) -> Spending {
    Spending::new("acme", "https://idp.test", id, now() + TimeDelta::minutes(5))
}

fn refused(builder: RedisBuilder) -> ConnectError {
    runtime().block_on(builder.connect()).expect_err("it is refused")
}

#[test]
fn a_url_that_leads_nowhere_is_refused_without_its_words() {
    for url in ["", "secret", "http://secret@127.0.0.1", "redis://:secret@127.0.0.1/secret"] {
        let error = refused(RedisStore::builder(url));
        assert_eq!(error, ConnectError::Url, "{url}");
    }
    let insecure = RedisStore::builder("rediss://:secret@127.0.0.1:1/#insecure");
    assert_eq!(refused(insecure), ConnectError::UrlInsecure);
    let certificates = RedisStore::builder("rediss://127.0.0.1:1").root_certificates("secret");
    assert_eq!(refused(certificates), ConnectError::Certificates);
    let nobody = refused(RedisStore::builder("redis://:secret@127.0.0.1:1"));
    assert_eq!(
        nobody,
        ConnectError::Failed(Failure::NoConnection(std::io::ErrorKind::ConnectionRefused))
    );
    let builder = RedisStore::builder("redis://:secret@127.0.0.1:1");
    assert_eq!(format!("{builder:?}"), "RedisBuilder { timeout: 2s, .. }");
}

#[test]
fn a_server_that_throws_keys_away_is_refused_and_told_what_to_set() {
    let Some(place) = Place::server(&["--maxmemory-policy", "allkeys-lru"]) else { return };
    let error = refused(place.builder());
    assert_eq!(error, ConnectError::Evicts(Eviction::AllkeysLru));
    assert_eq!(
        error.to_string(),
        "Redis throws keys away when its memory is full (maxmemory-policy allkeys-lru), so that \
         an assertion could be used twice. Set `maxmemory-policy noeviction` in redis.conf, or in \
         the parameters of the service"
    );
    for (policy, eviction) in [
        ("allkeys-lfu", Eviction::AllkeysLfu),
        ("allkeys-random", Eviction::AllkeysRandom),
        ("volatile-lfu", Eviction::VolatileLfu),
        ("volatile-lru", Eviction::VolatileLru),
        ("volatile-random", Eviction::VolatileRandom),
        ("volatile-ttl", Eviction::VolatileTtl),
    ] {
        set_policy(&place, policy);
        assert_eq!(refused(place.builder()), ConnectError::Evicts(eviction));
    }
    place.connected(place.builder().danger_any_eviction());
    set_policy(&place, "noeviction");
    let store = place.store();
    assert_eq!(place.runtime.block_on(store.check()), Ok(()));
    // It can be set while one is connected.
    set_policy(&place, "volatile-ttl");
    let evicts = Err(ConnectError::Evicts(Eviction::VolatileTtl));
    assert_eq!(place.runtime.block_on(store.check()), evicts);
    assert_eq!(format!("{store:?}"), "RedisStore { .. }");
}

fn set_policy(place: &Place, policy: &str) {
    place.command::<()>(cmd("CONFIG").arg("SET").arg("maxmemory-policy").arg(policy));
}

/// What the documentation says that the user of the store has to be allowed.
fn allowed() -> &'static str {
    let rules = include_str!("../../README.md").lines().find(|line| line.starts_with("+auth "));
    rules.expect("the commands")
}

#[test]
fn a_user_needs_no_more_than_the_documentation_says() {
    let Some(place) = Place::server(&["--requirepass", "secret of the operator"]) else { return };
    let of = |user: &str| place.url.replace("redis://", &format!("redis://{user}@"));
    let wrong = |error: ConnectError, code: &str| match error {
        ConnectError::Failed(Failure::Refused(refused)) => assert_eq!(refused.as_str(), code),
        other => panic!("{other:?}"),
    };
    wrong(refused(place.builder()), "NOAUTH");
    wrong(refused(RedisStore::builder(of(":secret"))), "WRONGPASS");
    let operator = of(":secret%20of%20the%20operator");
    let user = |rules: &str| {
        let mut acl = cmd("ACL");
        acl.arg("SETUSER").arg("saml").arg("reset").arg("on").arg(">login").arg("~saml:*");
        for rule in rules.split_whitespace() {
            acl.arg(rule);
        }
        let mut connection = redis::Client::open(operator.as_str())
            .and_then(|client| client.get_connection())
            .expect("a connection");
        acl.query::<()>(&mut connection).expect("a rule");
    };
    user(allowed());
    let run = |task: contract::Task<'_>| place.runtime.block_on(task);
    let store = place.connected(RedisStore::builder(of("saml:login")));
    contract::replay_store(&store, run);
    contract::request_store(&store, true, run);
    contract::rate_limits(&store, run);
    // What is over is forgotten by other commands.
    for minutes in 0..2 {
        let (from, until) = (TimeDelta::minutes(minutes), TimeDelta::minutes(minutes + 1));
        let spending = Spending::new("forgotten", "https://idp.test", "_1", now() + until);
        let outcome = place.runtime.block_on(store.spend(&spending, now() + from));
        assert_eq!(outcome.expect("a store"), SpendOutcome::Fresh);
    }

    user(&allowed().replace("+info", ""));
    assert_eq!(refused(RedisStore::builder(of("saml:login"))), ConnectError::EvictionUnknown);
    place.connected(RedisStore::builder(of("saml:login")).danger_any_eviction());
}

/// What is kept and what fails says nothing of whom it is about.
#[test]
fn neither_keys_nor_errors_hold_values() {
    let Some(place) = Place::database(12) else { return };
    let store = place.store();
    let spend = |id: &str| place.runtime.block_on(store.spend(&spending(id), now()));
    assert_eq!(spend("secret").expect("a store"), SpendOutcome::Fresh);
    let logout = Pending::Logout(PendingLogout {
        request_id: "secret".to_owned(),
        connection_id: "acme".to_owned(),
        issued_at: now(),
        expires_at: now() + TimeDelta::minutes(1),
        relay_state: None,
    });
    let put = place.runtime.block_on(store.put(&logout, Random::new([1; 32]), now()));
    let Remembered::Cookie(cookie) = put.expect("a store") else { panic!("no cookie") };
    let again = place.runtime.block_on(store.put(&logout, Random::new([1; 32]), now()));
    let again = again.expect_err("it was used");
    assert_eq!(again.to_string(), "the same random value was handed in twice");
    let rate = RateKey::of_organization(RateKind::DirectoryAsked, &"secret".into());
    let wait = place.runtime.block_on(RateLimits::take(&store, &rate, now()));
    assert_eq!(wait.expect("a rate"), None);

    let keys: Vec<String> = place.command(cmd("KEYS").arg("*"));
    assert_eq!(keys.len(), 6);
    assert!(keys.iter().all(|key| key.starts_with("saml:{")));
    assert!(
        !keys.iter().any(|key| ["secret", "acme", &cookie[..43]].iter().any(|it| key.contains(it)))
    );
    for key in &keys {
        let left: i64 = place.command(cmd("PTTL").arg(key));
        assert!(left > 0, "{key} goes away by itself");
    }
    let request = keys.iter().find(|key| key.contains(":request:")).expect("a request");
    place.command::<()>(cmd("SET").arg(request).arg("{\"login\": \"secret\"}"));
    let look = place.runtime.block_on(store.look("secret", &cookie, now()));
    assert_eq!(look.expect_err("it is none").to_string(), "what Redis gave cannot be read");
    let spent = keys.iter().find(|key| key.contains(":spent:")).expect("an assertion");
    place.command::<()>(cmd("SET").arg(spent).arg("secret"));
    let error = spend("secret").expect_err("it is no sorted set");
    assert_eq!(error.to_string(), "Redis refuses (WRONGTYPE)");
    assert_eq!(format!("{error:?}"), "Refused(WRONGTYPE)");
}

#[test]
fn tls_leads_to_a_server_with_a_certificate_that_is_trusted() {
    let Some((place, url, pem)) = tls::server() else { return };
    let store = RedisStore::builder(url.clone()).root_certificates(pem).connect();
    let store = place.runtime.block_on(store).expect("a connection");
    let outcome = place.runtime.block_on(store.spend(&spending("_1"), now()));
    assert_eq!(outcome.expect("a store"), SpendOutcome::Fresh);
    // The machine does not trust it.
    let stranger = refused(RedisStore::builder(url.clone()));
    assert!(matches!(stranger, ConnectError::Failed(Failure::NoConnection(_))), "{stranger:?}");
    // It is that of another address.
    let (_, other) = tls::certificate("other.test");
    let other = refused(RedisStore::builder(url).root_certificates(other));
    assert!(matches!(other, ConnectError::Failed(Failure::NoConnection(_))), "{other:?}");
}
