//! Ids of the application: of accounts, and of organizations.

use std::borrow::Borrow;
use std::fmt;

use chrono::{DateTime, Utc};

use crate::random::Random;

/// Ids are texts of the application's own, told apart by their type.
macro_rules! ids {
    ($($(#[$docs:meta])* $type:ident;)+) => {$(
        $(#[$docs])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[cfg_attr(feature = "serde", serde(transparent))]
        pub struct $type(String);

        impl $type {
            /// An id.
            pub fn new(id: impl Into<String>) -> Self {
                Self(id.into())
            }

            /// The id.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $type {
            fn from(id: &str) -> Self {
                Self::new(id)
            }
        }

        impl From<String> for $type {
            fn from(id: String) -> Self {
                Self::new(id)
            }
        }

        impl From<&Self> for $type {
            fn from(id: &Self) -> Self {
                id.clone()
            }
        }

        impl PartialEq<str> for $type {
            fn eq(&self, id: &str) -> bool {
                self.0 == id
            }
        }

        impl PartialEq<&str> for $type {
            fn eq(&self, id: &&str) -> bool {
                self.0 == *id
            }
        }

        /// A map by ids is asked by text.
        impl Borrow<str> for $type {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

ids! {
    /// The application's own id of an account. Nothing that an identity provider says ever becomes
    /// one.
    AccountId;
    /// The application's own id of an organization, which is also the id of its
    /// [`Connection`](crate::Connection): it must never be reused for another.
    OrganizationId;
}

impl AccountId {
    /// An id for a new account: a UUID of version 7 (RFC 9562 §5.7), which begins with the time, so
    /// that ids of one time stand together in an index, and which nobody can guess.
    pub fn generate(now: DateTime<Utc>, random: Random) -> Self {
        let [a, b, c, d, e, f, g, h, i, j, ..] = random.for_purpose("account");
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or_default();
        let random = [a, b, c, d, e, f, g, h, i, j];
        let uuid = uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid();
        Self::new(uuid.hyphenated().to_string())
    }
}
