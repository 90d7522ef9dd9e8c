//! Invitations that have not been accepted.

use chrono::{DateTime, Utc};

use crate::token::TokenDigest;

/// What leads to an account that waits for its holder: the token of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Invitation {
    /// The digest of the token. A newer mail replaces it, and the older one leads nowhere.
    pub token: TokenDigest,
    /// Until when, exclusively.
    pub expires_at: DateTime<Utc>,
}

impl Invitation {
    /// An invitation.
    pub fn new(token: TokenDigest, expires_at: DateTime<Utc>) -> Self {
        Self { token, expires_at }
    }

    /// Whether it leads somewhere at this instant.
    pub fn is_good(&self, now: DateTime<Utc>) -> bool {
        now < self.expires_at
    }
}
