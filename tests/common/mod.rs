//! What several test programs share.
#![allow(dead_code, reason = "each test program uses its part of it")]

pub(crate) mod holder;
pub(crate) mod hooked;
pub(crate) mod people;
pub(crate) mod tenants;

use std::collections::BTreeSet;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use chrono::{DateTime, Utc};
use saml_login::testing::pending_request;
use saml_login::{
    Connection, ConnectionOptions, Identity, PendingRequest, Rejection, Report, ServiceProvider,
    Unsolicited, Unspent,
};

/// Opens a response and accepts it, in one go: in answer to a request, to one of which only the
/// `ID` is of interest, or to none.
pub(crate) trait Verify {
    fn verify(
        &self,
        form_value: impl AsRef<[u8]>,
        request: Option<&PendingRequest>,
        now: DateTime<Utc>,
    ) -> Result<Unspent<Identity>, Rejection>;

    fn verify_reply(
        &self,
        form_value: impl AsRef<[u8]>,
        request_id: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Unspent<Identity>, Rejection>;

    fn explain_reply(
        &self,
        form_value: impl AsRef<[u8]>,
        request_id: &str,
        now: DateTime<Utc>,
    ) -> Report;
}

impl Verify for Connection {
    fn verify(
        &self,
        form_value: impl AsRef<[u8]>,
        request: Option<&PendingRequest>,
        now: DateTime<Utc>,
    ) -> Result<Unspent<Identity>, Rejection> {
        self.open(form_value, now)?.accept(request, now)
    }

    fn verify_reply(
        &self,
        form_value: impl AsRef<[u8]>,
        request_id: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Unspent<Identity>, Rejection> {
        let request = request_id.map(|id| pending_request(self, id, now));
        self.verify(form_value, request.as_ref(), now)
    }

    fn explain_reply(
        &self,
        form_value: impl AsRef<[u8]>,
        request_id: &str,
        now: DateTime<Utc>,
    ) -> Report {
        self.explain(form_value, Some(&pending_request(self, request_id, now)), now)
    }
}

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

/// When the tests with made responses take place.
pub(crate) fn now() -> DateTime<Utc> {
    at("2030-01-31T12:00:00Z")
}

/// The `ID` of a message that is made with this randomness.
pub(crate) fn message_id(random: [u8; 32]) -> String {
    let digest = openssl::sha::sha256(&[b"saml-login message ID: ".as_slice(), &random].concat());
    format!("_{}", digest.map(|byte| format!("{byte:02x}")).concat())
}

/// Options under which responses that answer no request are accepted.
pub(crate) fn unsolicited_on() -> ConnectionOptions {
    ConnectionOptions::default().with_unsolicited(Unsolicited::On)
}

/// Options under which responses that answer no request are refused.
pub(crate) fn unsolicited_off() -> ConnectionOptions {
    ConnectionOptions::default().with_unsolicited(Unsolicited::Off)
}

/// The service provider that the made responses are for.
pub(crate) fn sp() -> ServiceProvider {
    ServiceProvider::new("https://app.example.test/saml", "https://app.example.test/saml/acs")
}

/// The codes behind `=> "` in the first function of that kind behind `begin`.
pub(crate) fn codes_in(source: &str, begin: &str) -> BTreeSet<String> {
    let (_, rest) = source.split_once(begin).expect("the type");
    let (_, rest) = rest.split_once("pub fn code(").expect("its codes");
    let (body, _) = rest.split_once("\n    }").expect("their end");
    body.split("=> \"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .map(str::to_owned)
        .collect()
}

/// A small generator: the same sequence in every run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        // Numerical Recipes' linear congruential generator; the high bits are the good ones.
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % bound
    }

    pub(crate) fn choose<'t>(&mut self, from: &[&'t str]) -> &'t str {
        from[self.below(from.len())]
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}
