//! Logins that show that settings work.

use chrono::{DateTime, TimeDelta, Utc};

use super::Organization;
use crate::account::{Account, AccountId, Link, LinkOrigin};
use crate::fingerprint::Fingerprint;
use crate::identity::{Identity, StableKey};

/// A login of an administrator that was let in with certain settings, domains and rules: all the
/// way to the decision about their account. Only
/// [`provision::test_login`](crate::provision::test_login()) makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestLogin {
    /// The digest of everything that it rests on.
    pub(super) digest: String,
    pub(super) account: AccountId,
    /// That of the tester's account then: what ends their session ends this.
    pub(super) generation: u64,
    pub(super) key: Option<StableKey>,
    pub(super) key_fingerprint: Fingerprint,
    pub(super) at: DateTime<Utc>,
}

impl TestLogin {
    /// So long it counts.
    pub const LASTS: TimeDelta = TimeDelta::hours(24);

    /// A login into this account, let in by this organization as it is or as if its candidate were
    /// adopted.
    pub(crate) fn of(
        organization: &Organization,
        identity: &Identity,
        account: &Account,
        at: DateTime<Utc>,
    ) -> Option<Self> {
        Some(Self {
            digest: organization.test_digest()?,
            account: account.id.clone(),
            generation: account.generation,
            key: identity.stable_key(),
            key_fingerprint: identity.key_fingerprint,
            at,
        })
    }

    /// Whose it was.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// When it was.
    pub fn at(&self) -> DateTime<Utc> {
        self.at
    }

    /// By which certificate it was signed.
    pub fn key_fingerprint(&self) -> Fingerprint {
        self.key_fingerprint
    }

    /// Whether it still counts at this instant.
    pub fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        self.at.checked_add_signed(Self::LASTS).is_some_and(|end| now < end)
    }

    /// Who the tester is at the identity provider: they were signed in when they tried it out.
    pub(super) fn link(&self) -> Option<Link> {
        self.key.clone().map(|key| Link::new(key, LinkOrigin::Session))
    }

    pub(super) fn is_of(&self, digest: Option<&str>) -> bool {
        Some(&*self.digest) == digest
    }

    /// The same for settings in which this login would go the same way.
    pub(super) fn carried_over(self, digest: Option<String>) -> Option<Self> {
        Some(Self { digest: digest?, ..self })
    }
}
