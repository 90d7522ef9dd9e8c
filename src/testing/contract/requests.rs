//! The contract of a [`RequestStore`].

use chrono::{DateTime, TimeDelta, Utc};

use super::{block_on, instant, together};
use crate::binding::RelayState;
use crate::request::PendingRequest;
use crate::request::{Remembered, RequestStore};

/// Tests a [`RequestStore`] that is empty: a request is given to its cookie and to no other, not
/// beyond its expiry, and, if the store `gives_once`, to one of 64 concurrent takers.
///
/// # Panics
///
/// Where the contract is broken.
#[expect(clippy::panic, reason = "a test")]
pub fn request_store<S: RequestStore + Sync>(store: &S, gives_once: bool) {
    let now = instant();
    let pending = |number: u8| PendingRequest {
        request_id: format!("_request-{number}"),
        connection_id: "contract".into(),
        issued_at: now,
        expires_at: now + TimeDelta::minutes(10),
        relay_state: RelayState::received("/inbox"),
        force_authn: number == 1,
        authn_contexts: vec!["urn:context".into()],
    };
    let remember = |number: u8| match block_on(store.remember(&pending(number), [number; 32], now))
    {
        Ok(Remembered::Cookie(cookie)) => cookie,
        other => panic!("a request is not remembered: {other:?}"),
    };
    let take = |cookie: &str, at: DateTime<Utc>| match block_on(store.take(cookie, at)) {
        Ok(taken) => taken,
        Err(error) => panic!("the store failed: {error}"),
    };
    let (one, two, three) = (remember(1), remember(2), remember(3));
    assert!(one != two && two != three, "each request has its own cookie");
    let is_safe = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    assert!(one.bytes().all(is_safe), "a cookie's value has letters, digits, `-` and `_`");
    assert_eq!(take("", now), None, "an empty cookie gives nothing");
    let mut other = one.clone();
    let last = other.pop();
    other.push(if last == Some('A') { 'B' } else { 'A' });
    // Base64 without padding may end in bits that do not count; the byte before does.
    assert!(
        take(&format!("x{other}"), now).is_none(),
        "a cookie that the store did not make gives nothing"
    );
    let given: Vec<PendingRequest> = together(|_| take(&one, now)).into_iter().flatten().collect();
    assert!(
        given.iter().all(|given| *given == pending(1)),
        "a cookie gives its own request, whole"
    );
    if gives_once {
        assert_eq!(given.len(), 1, "one of 64 takers gets the request");
        assert_eq!(take(&one, now), None, "it stays taken");
    }
    assert_eq!(
        take(&two, now + TimeDelta::minutes(10) - TimeDelta::seconds(1)),
        Some(pending(2)),
        "until its last instant"
    );
    assert_eq!(take(&three, now + TimeDelta::minutes(10)), None, "an expired request is not given");
}
