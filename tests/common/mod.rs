//! What several test programs share.
#![allow(dead_code, reason = "each test program uses its part of it")]

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use chrono::{DateTime, Utc};

/// Runs a future that never waits.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the future waits"),
    }
}

/// The instant that an RFC 3339 text names.
pub(crate) fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).expect("RFC 3339").with_timezone(&Utc)
}
