//! The contract of a [`RequestStore`].

use chrono::{DateTime, TimeDelta, Utc};

use super::{Runner, Task, instant, together};
use crate::binding::RelayState;
use crate::random::Random;
use crate::request::{Pending, PendingLogout, PendingRequest, Purpose, Remembered, RequestStore};

/// Tests a [`RequestStore`] that is empty: a request of either kind is given for its ID and its
/// cookie together and for no other, not beyond its expiry, and, if the store `gives_once`, to one
/// of 64 concurrent takers; whoever only looks at it leaves it where it is.
///
/// # Panics
///
/// Where the contract is broken.
#[expect(clippy::panic, reason = "a test")]
pub fn request_store<S: RequestStore + Sync>(
    store: &S,
    gives_once: bool,
    block_on: impl Fn(Task<'_>) + Sync,
) {
    let runner = Runner(&block_on);
    let now = instant();
    let put = |number: u8| match runner.run(store.put(
        &pending(number),
        Random::new([number; 32]),
        now,
    )) {
        Ok(Remembered::Cookie(cookie)) => cookie,
        other => panic!("a request is not remembered: {other:?}"),
    };
    let id = |number: u8| pending(number).request_id().to_owned();
    let take = |number: u8, cookie: &str, at: DateTime<Utc>| match runner.run(store.take(
        &id(number),
        cookie,
        at,
    )) {
        Ok(taken) => taken,
        Err(error) => panic!("the store failed: {error}"),
    };
    let look = |number: u8, cookie: &str, at: DateTime<Utc>| match runner.run(store.look(
        &id(number),
        cookie,
        at,
    )) {
        Ok(seen) => seen,
        Err(error) => panic!("the store failed: {error}"),
    };
    let (one, two, three) = (put(1), put(2), put(3));
    assert!(one != two && two != three, "each request has its own cookie");
    let is_safe = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    assert!(one.bytes().all(is_safe), "a cookie's value has letters, digits, `-` and `_`");
    assert_eq!(take(1, "", now), None, "an empty cookie gives nothing");
    let mut other = one.clone();
    let last = other.pop();
    other.push(if last == Some('A') { 'B' } else { 'A' });
    // Base64 without padding may end in bits that do not count; the byte before does.
    let other = format!("x{other}");
    assert_eq!(take(1, &other, now), None, "a cookie that the store did not make gives nothing");
    for (number, cookie) in [(2, &one), (1, &two), (9, &one)] {
        assert_eq!(take(number, cookie, now), None, "another request's ID gives nothing");
        assert_eq!(look(number, cookie, now), None, "another request's ID shows nothing");
    }
    for _ in 0..2 {
        assert_eq!(look(1, &one, now), Some(pending(1)), "who looks leaves it where it is");
    }
    let given: Vec<Pending> = together(|_| take(1, &one, now)).into_iter().flatten().collect();
    assert!(
        given.iter().all(|given| *given == pending(1)),
        "a cookie gives its own request, whole"
    );
    if gives_once {
        assert_eq!(given.len(), 1, "one of 64 takers gets the request");
        assert_eq!(take(1, &one, now), None, "it stays taken");
        assert_eq!(look(1, &one, now), None, "it is not seen any more");
    }
    let expiry = now + TimeDelta::minutes(10);
    let last = expiry - TimeDelta::seconds(1);
    assert_eq!(look(2, &two, last), Some(pending(2)), "it is seen until its last instant");
    assert_eq!(take(2, &two, last), Some(pending(2)), "until its last instant");
    assert_eq!(look(3, &three, expiry), None, "an expired request is not seen");
    assert_eq!(take(3, &three, expiry), None, "an expired request is not given");
}

/// The second is a logout, the others are logins.
fn pending(number: u8) -> Pending {
    let now = instant();
    let (request_id, connection_id) = (format!("_request-{number}"), "contract".into());
    let (issued_at, expires_at) = (now, now + TimeDelta::minutes(10));
    let relay_state = RelayState::received("/inbox");
    if number == 2 {
        return Pending::Logout(PendingLogout {
            request_id,
            connection_id,
            issued_at,
            expires_at,
            relay_state,
        });
    }
    Pending::Login(PendingRequest {
        request_id,
        connection_id,
        revision: "the first".into(),
        purpose: if number == 1 { Purpose::Test } else { Purpose::Login },
        issued_at,
        expires_at,
        relay_state,
        force_authn: number == 1,
        name_id_format: (number == 1).then(|| "urn:format".into()),
        authn_contexts: vec!["urn:context".into()],
        context: vec![0, number, 255],
    })
}
