//! What indexes are made of: digests, instants in the order of their bytes, and the beginnings of
//! texts.

use chrono::{DateTime, Utc};
use openssl::sha::Sha256;
use saml_login::account::{AccountId, OrganizationId};
use saml_login::organization::Claim;
use saml_login::sso::RateKey;

pub(crate) type Digest = [u8; 32];

/// So much of an id stands in an index: a row of one of PostgreSQL's has 2,704 bytes at most.
const ID_BYTES: usize = 512;

/// So much of a user name.
const USER_NAME_BYTES: usize = 1_024;

/// SHA-256 over the kind of key and its parts, each preceded by its length: no two lists of parts
/// read the same.
pub(crate) fn digest(kind: &str, parts: &[&str]) -> Digest {
    let mut hash = Sha256::new();
    for part in std::iter::once(&kind).chain(parts) {
        let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
        hash.update(&length.to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finish()
}

pub(crate) fn of_organization(id: &OrganizationId) -> Digest {
    digest("organization", &[id.as_str()])
}

pub(crate) fn of_account(id: &AccountId) -> Digest {
    digest("account", &[id.as_str()])
}

pub(crate) fn of_claim(claim: &Claim) -> Digest {
    digest("claim", &[claim.kind.as_str(), &claim.value])
}

/// In lower case: "Everything else is compared without regard to ASCII letter case."
pub(crate) fn of_address(address: &str) -> Digest {
    digest("address", &[&address.to_ascii_lowercase()])
}

pub(crate) fn of_cookie(cookie: &str) -> Digest {
    digest("cookie", &[cookie])
}

pub(crate) fn of_request(request_id: &str) -> Digest {
    digest("request", &[request_id])
}

pub(crate) fn of_rate(key: &RateKey) -> Digest {
    digest("rate", &[key.kind.as_str(), &key.whose])
}

/// The id, in the order of its bytes. Of a long one the beginning, and its digest, so that no two
/// are the same.
pub(crate) fn id_key(id: &AccountId) -> Vec<u8> {
    let bytes = id.as_str().as_bytes();
    match bytes.split_at_checked(ID_BYTES - 32) {
        Some((beginning, rest)) if rest.len() > 32 => {
            [beginning, of_account(id).as_slice()].concat()
        }
        _ => bytes.to_vec(),
    }
}

/// The beginning of a user name in lower case: what lists are sorted by.
pub(crate) fn user_name_key(user_name: Option<&str>) -> Vec<u8> {
    let lower = user_name.unwrap_or_default().to_ascii_lowercase();
    lower.bytes().take(USER_NAME_BYTES).collect()
}

/// An instant, so that the order of the bytes is that of the time.
pub(crate) fn instant(at: DateTime<Utc>) -> [u8; 12] {
    // What is negative comes first.
    let seconds = at.timestamp().cast_unsigned() ^ (1 << 63);
    let mut bytes = [0; 12];
    let (first, last) = bytes.split_at_mut(8);
    first.copy_from_slice(&seconds.to_be_bytes());
    last.copy_from_slice(&at.timestamp_subsec_nanos().to_be_bytes());
    bytes
}

/// The instant of these bytes.
pub(crate) fn read_instant(bytes: &[u8]) -> Option<DateTime<Utc>> {
    let (seconds, nanoseconds) = bytes.split_first_chunk::<8>()?;
    let seconds = u64::from_be_bytes(*seconds) ^ (1 << 63);
    let nanoseconds = u32::from_be_bytes(nanoseconds.try_into().ok()?);
    DateTime::from_timestamp(seconds.cast_signed(), nanoseconds)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn instants_stand_in_the_order_of_their_bytes() {
        let epoch = DateTime::UNIX_EPOCH;
        let instants = [
            DateTime::<Utc>::MIN_UTC,
            epoch - TimeDelta::seconds(1),
            epoch - TimeDelta::nanoseconds(1),
            epoch,
            epoch + TimeDelta::nanoseconds(1),
            epoch + TimeDelta::seconds(1),
            DateTime::<Utc>::MAX_UTC,
        ];
        assert!(instants.map(instant).is_sorted());
        assert_eq!(instants.map(|at| read_instant(&instant(at))), instants.map(Some));
        assert_eq!(read_instant(b"short"), None);
    }

    #[test]
    fn long_ids_are_told_apart() {
        let id = |end: &str| id_key(&AccountId::new(format!("{}{end}", "x".repeat(600))));
        assert_eq!(id("a").len(), ID_BYTES);
        assert_ne!(id("a"), id("b"));
        let just = "y".repeat(ID_BYTES);
        assert_eq!(id_key(&AccountId::new(just.clone())), just.as_bytes());
        assert_eq!(user_name_key(Some("Alice")), b"alice");
        assert_eq!(user_name_key(Some(&"Z".repeat(2_000))), "z".repeat(1_024).as_bytes());
        assert_eq!(user_name_key(None), b"");
    }

    #[test]
    fn keys_do_not_run_into_each_other() {
        assert_ne!(digest("k", &["ab", "c"]), digest("k", &["a", "bc"]));
        assert_ne!(digest("k", &["a"]), digest("k", &["a", ""]));
        assert_ne!(digest("ka", &[]), digest("k", &["a"]));
    }
}
