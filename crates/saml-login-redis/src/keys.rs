//! Under which keys everything lies, and in which units.
//!
//! Whatever comes from outside is a SHA-256 in a key: IDs may have any length and any characters,
//! and whoever reads the keys has neither cookies nor addresses. What stands in braces is the hash
//! tag, by which Redis Cluster chooses a slot ("only what is between { and } is hashed"): all keys
//! of one connection have the same, so that one script may use them together.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use openssl::sha::Sha256;
use saml_login::replay::{Spending, SpentKind};
use saml_login::sso::{RateKey, RateKind};

pub(crate) type Digest = [u8; 32];

/// SHA-256 over the kind of key and its parts, each preceded by its length: no two lists of parts
/// read the same.
fn digest(kind: &str, parts: &[&str]) -> Digest {
    let mut hash = Sha256::new();
    for part in std::iter::once(&kind).chain(parts) {
        hash.update(&part.len().to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finish()
}

/// Lower-case hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// A connection's hash tag: half of a digest of its id.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Tag(String);

impl Tag {
    const LENGTH: usize = 32;

    pub(crate) fn of_connection(connection_id: &str) -> Self {
        let mut tag = hex(&digest("connection", &[connection_id]));
        tag.truncate(Self::LENGTH);
        Self(tag)
    }

    /// A cookie ends with the tag of its connection, so that a request is found by its cookie.
    pub(crate) fn of_cookie(cookie: &str) -> Option<Self> {
        let (_, tag) = cookie.split_at_checked(cookie.len().checked_sub(Self::LENGTH)?)?;
        let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        tag.bytes().all(is_hex).then(|| Self(tag.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// What of this kind is spent.
    pub(crate) fn spent(&self, kind: SpentKind) -> String {
        format!("saml:{{{}}}:spent:{kind}", self.0)
    }

    /// A request that waits.
    pub(crate) fn request(&self, cookie: &str, request_id: &str) -> String {
        let digest = hex(&digest("request that waits", &[cookie, request_id]));
        format!("saml:{{{}}}:request:{digest}", self.0)
    }

    /// Which requests wait.
    pub(crate) fn waiting(&self) -> String {
        format!("saml:{{{}}}:waiting", self.0)
    }
}

/// Which requests of all connections wait.
pub(crate) const WAITING: &str = "saml:{waiting}:all";

pub(crate) fn of_cookie(cookie: &str) -> Digest {
    digest("cookie", &[cookie])
}

pub(crate) fn of_assertion(spending: &Spending) -> Digest {
    let Spending { connection_id, issuer, kind, assertion_id, .. } = spending;
    digest(kind.as_str(), &[connection_id, issuer, assertion_id])
}

pub(crate) fn of_request(spending: &Spending) -> Option<Digest> {
    let request_id = spending.request_id.as_ref()?;
    Some(digest("request", &[&spending.connection_id, request_id]))
}

/// What each has taken of this kind, and in which order they were asked about.
pub(crate) fn rates(kind: RateKind) -> [String; 2] {
    [format!("saml:{{rate:{kind}}}:taken"), format!("saml:{{rate:{kind}}}:order")]
}

pub(crate) fn of_rate(key: &RateKey) -> Digest {
    digest(key.kind.as_str(), &[&key.whose])
}

/// Milliseconds since 1970, begun ones left out: for an instant at which one is.
pub(crate) fn floor(instant: DateTime<Utc>) -> i64 {
    instant.timestamp_millis()
}

/// The same, begun ones counted: for an instant until which something has to be remembered.
pub(crate) fn ceil(instant: DateTime<Utc>) -> i64 {
    let is_begun = !instant.timestamp_subsec_nanos().is_multiple_of(1_000_000);
    floor(instant).saturating_add(i64::from(is_begun))
}

/// An instant to the nanosecond, in an order that is that of the bytes.
pub(crate) fn instant(instant: DateTime<Utc>) -> [u8; 12] {
    let mut bytes = [0; 12];
    let seconds = (instant.timestamp() ^ i64::MIN).to_be_bytes();
    let nanoseconds = instant.timestamp_subsec_nanos().to_be_bytes();
    bytes.iter_mut().zip(seconds.into_iter().chain(nanoseconds)).for_each(|(at, byte)| *at = byte);
    bytes
}

pub(crate) fn read_instant(bytes: &[u8]) -> Option<DateTime<Utc>> {
    let (seconds, nanoseconds) = bytes.split_first_chunk::<8>()?;
    let seconds = i64::from_be_bytes(*seconds) ^ i64::MIN;
    DateTime::from_timestamp(seconds, u32::from_be_bytes(nanoseconds.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn keys_are_unambiguous() {
        assert_ne!(digest("k", &["ab", "c"]), digest("k", &["a", "bc"]));
        assert_ne!(digest("k", &["a", ""]), digest("k", &["", "a"]));
        assert_ne!(digest("k", &["a"]), digest("k", &["a", ""]));
        assert_ne!(digest("a", &["b"]), digest("b", &["a"]));
    }

    #[test]
    fn a_cookie_ends_with_a_tag_or_is_none() {
        let tag = Tag::of_connection("acme");
        let of = |cookie: &str| Tag::of_cookie(cookie).map(|tag| tag.0);
        assert_eq!(of(&format!("abc{}", tag.0)), Some(tag.0.clone()));
        assert_eq!(of(&tag.0), Some(tag.0.clone()));
        for other in ["", "abc", &tag.0.replace(|_| true, "A"), &format!("{}{{", tag.0)] {
            assert_eq!(of(other), None, "{other}");
        }
        assert_eq!(of(&"é".repeat(16)), None);
        assert_eq!(of(&format!("é{}", "é".repeat(16).replacen('é', "a", 1))), None);
    }

    #[test]
    fn instants_come_back_in_order() {
        let now = DateTime::from_timestamp(1_900_000_000, 1).unwrap();
        let mut all = [
            DateTime::<Utc>::MIN_UTC,
            DateTime::UNIX_EPOCH - TimeDelta::nanoseconds(1),
            DateTime::UNIX_EPOCH,
            now,
            now + TimeDelta::nanoseconds(1),
            now + TimeDelta::seconds(1),
            DateTime::<Utc>::MAX_UTC,
        ];
        assert!(all.iter().all(|at| read_instant(&instant(*at)) == Some(*at)));
        assert!(all.iter().all(|at| floor(*at) <= ceil(*at)));
        let sorted = all;
        all.sort_by_key(|at| instant(*at));
        assert_eq!(all, sorted);
        assert_eq!(read_instant(b""), None);
        assert_eq!(read_instant(&[0; 11]), None);
        assert_eq!(read_instant(&[255; 12]), None);
    }

    #[test]
    fn what_has_to_be_remembered_is_rounded_up() {
        let at = DateTime::from_timestamp(-1, 999_000_001).unwrap();
        assert_eq!((floor(at), ceil(at)), (-1, 0));
        let at = DateTime::from_timestamp(1, 0).unwrap();
        assert_eq!((floor(at), ceil(at)), (1_000, 1_000));
    }
}
