//! The names by which accounts are found.

use std::fmt;

use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;

use crate::account::{Account, AccountId, Pushed};
use crate::digest::Digest;
use crate::error::BoxError;
use crate::identity::{Email, StableKey};
use crate::random::Random;
use crate::token::TokenDigest;

/// A name of an account in its organization. Two of one kind that are equal are one name: addresses
/// and user names come in lower case of ASCII here, everything else to the letter.
/// `Debug` hides it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Name {
    /// The account's e-mail address.
    Email(String),
    /// The directory's own id.
    ExternalId(String),
    /// Who the person is at the identity provider.
    Key(StableKey),
    /// SCIM's `userName`.
    UserName(String),
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Email(_) => "Email(…)",
            Self::ExternalId(_) => "ExternalId(…)",
            Self::Key(_) => "Key(…)",
            Self::UserName(_) => "UserName(…)",
        })
    }
}

impl Name {
    /// That of an address.
    pub fn email(email: &Email) -> Self {
        Self::Email(email.address().to_ascii_lowercase())
    }

    /// That of a user name.
    pub fn user_name(user_name: &str) -> Self {
        Self::UserName(user_name.to_ascii_lowercase())
    }

    /// Those of a person as the directory describes them.
    pub fn pushed(pushed: &Pushed) -> Vec<Self> {
        let email = pushed.email().map(|email| Self::email(&email));
        let external = pushed.external_id.clone().map(Self::ExternalId);
        [Some(Self::user_name(&pushed.user_name)), email, external].into_iter().flatten().collect()
    }

    /// All that an account has.
    pub fn all_of(account: &Account) -> Vec<Self> {
        let key = account.stable_key().cloned().map(Self::Key);
        let email = account.email().map(Self::email);
        let user_name = account.user_name.as_deref().map(Self::user_name);
        let external = account.external_id.clone().map(Self::ExternalId);
        [key, email, user_name, external].into_iter().flatten().collect()
    }

    /// Its SHA-256 digest: what an index is made of. An index takes no long texts, and the kinds
    /// cannot run into each other.
    pub fn digest(&self) -> [u8; 32] {
        let (kind, value) = match self {
            Self::Email(email) => ("email", email.as_str()),
            Self::ExternalId(id) => ("external_id", id.as_str()),
            Self::Key(key) => ("key", key.as_str()),
            Self::UserName(name) => ("user_name", name.as_str()),
        };
        Digest::of(kind).text(value).finish()
    }
}

/// Under which what stays of purged names is made: 256 random bits of an organization's own, which
/// go with it. `Debug` hides them.
#[derive(Clone, PartialEq, Eq)]
pub struct PurgeKey([u8; 32]);

impl PurgeKey {
    /// A new one.
    pub fn new(random: Random) -> Self {
        Self(random.for_purpose("purge key"))
    }

    /// One that was stored.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// What stays of a name when its account is purged: its HMAC with SHA-256.
    ///
    /// # Errors
    ///
    /// If OpenSSL fails.
    pub fn mark(&self, name: &Name) -> Result<Mark, BoxError> {
        let key = PKey::hmac(&self.0)?;
        let hmac =
            Signer::new(MessageDigest::sha256(), &key)?.sign_oneshot_to_vec(&name.digest())?;
        hmac.try_into().map(Mark).map_err(|_| BoxError::new("an HMAC of another length"))
    }
}

impl fmt::Debug for PurgeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PurgeKey(…)")
    }
}

/// What stays of a name of somebody who was purged: it tells nobody who that was, and still keeps a
/// login from quietly making them a new account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark([u8; 32]);

impl Mark {
    /// One that was stored.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// What to look for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Names {
    /// Accounts with these ids.
    pub ids: Vec<AccountId>,
    /// Accounts with any of these names.
    pub names: Vec<Name>,
    /// The account with this invitation.
    pub invitation: Option<TokenDigest>,
}

impl Names {
    /// An account with this id.
    pub fn of_id(id: &AccountId) -> Self {
        Self { ids: vec![id.clone()], ..Self::default() }
    }

    /// Accounts with any of these names.
    pub fn of_names(names: impl IntoIterator<Item = Name>) -> Self {
        Self { names: names.into_iter().collect(), ..Self::default() }
    }

    /// The account with this invitation.
    pub fn of_invitation(token: TokenDigest) -> Self {
        Self { invitation: Some(token), ..Self::default() }
    }

    /// Asks for everything as well that could stand in the way of this account; whether that was
    /// anything new.
    pub(crate) fn widen(&mut self, account: &Account) -> bool {
        let known = self.names.len();
        for name in Name::all_of(account) {
            if !self.names.contains(&name) {
                self.names.push(name);
            }
        }
        self.names.len() > known
    }
}
