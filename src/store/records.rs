//! What is kept besides organizations, accounts and sessions.

use std::collections::BTreeSet;
use std::fmt;

use chrono::{DateTime, Utc};

use crate::account::{AccountId, OrganizationId};
use crate::audit::{Actor, Code};
use crate::code::codes;
#[cfg(feature = "serde")]
use crate::digest::hex;
#[cfg(feature = "serde")]
use crate::fingerprint::Fingerprint;
use crate::identity::Email;
use crate::organization::SetupScope;
use crate::token::TokenDigest;

/// What is kept by the digest of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Kept {
    /// Whose it is.
    pub organization: OrganizationId,
    /// The digest of the secret that it is found by.
    pub digest: TokenDigest,
    /// Raised by everything that writes it.
    pub version: u64,
    /// The first instant at which it is good for nothing; `None` where it lasts until it is
    /// revoked.
    pub expires_at: Option<DateTime<Utc>>,
    /// What it is.
    pub what: KeptWhat,
}

/// Which kind of thing is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum KeptKind {
    /// A code that links an administrator's account.
    Confirmation,
    /// What the customer's directory shows.
    DirectoryToken,
    /// A code that was mailed to log in with.
    LoginCode,
    /// Where the next page of a list begins.
    PagingKey,
    /// A link by which somebody without an account sets single sign-on up.
    SetupLink,
}

codes!(KeptKind {
    Confirmation = "confirmation",
    DirectoryToken = "directory_token",
    LoginCode = "login_code",
    PagingKey = "paging_key",
    SetupLink = "setup_link",
});

/// What is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum KeptWhat {
    /// A code that links an administrator's account.
    Confirmation(Confirmation),
    /// What the customer's directory shows.
    DirectoryToken(DirectoryToken),
    /// A code that was mailed to log in with.
    LoginCode(LoginCode),
    /// Where the next page of a list begins.
    PagingKey(PagingKey),
    /// A link by which somebody without an account sets single sign-on up.
    SetupLink(SetupLink),
}

impl Kept {
    /// Something new.
    pub fn new(
        organization: impl Into<OrganizationId>,
        digest: TokenDigest,
        expires_at: Option<DateTime<Utc>>,
        what: KeptWhat,
    ) -> Self {
        Self { organization: organization.into(), digest, version: 0, expires_at, what }
    }

    /// Which kind of thing it is.
    pub fn kind(&self) -> KeptKind {
        match self.what {
            KeptWhat::Confirmation(_) => KeptKind::Confirmation,
            KeptWhat::DirectoryToken(_) => KeptKind::DirectoryToken,
            KeptWhat::LoginCode(_) => KeptKind::LoginCode,
            KeptWhat::PagingKey(_) => KeptKind::PagingKey,
            KeptWhat::SetupLink(_) => KeptKind::SetupLink,
        }
    }

    /// The same with so many tries left, of a code.
    #[must_use]
    pub(crate) fn with_tries(&self, left: u8) -> Self {
        let mut after = self.clone();
        after.version = after.version.saturating_add(1);
        match &mut after.what {
            KeptWhat::Confirmation(Confirmation { tries, .. })
            | KeptWhat::LoginCode(LoginCode { tries, .. }) => *tries = left,
            KeptWhat::DirectoryToken(_) | KeptWhat::PagingKey(_) | KeptWhat::SetupLink(_) => {}
        }
        after
    }

    /// Whether it is good for something at this instant.
    pub fn is_good(&self, now: DateTime<Utc>) -> bool {
        self.expires_at.is_none_or(|expires_at| now < expires_at)
    }
}

/// A verified login for an administrator's account that waits for a code. The assertion is spent.
/// `Debug` hides who came.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Confirmation {
    /// The account that is to be linked.
    pub account: AccountId,
    /// Its [generation](crate::account::Account::generation) then.
    pub generation: u64,
    /// Where the code was sent.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::identity::as_sent::one"))]
    pub sent_to: Email,
    /// Who came, and where they go on: opaque, for this crate alone to read.
    pub login: Vec<u8>,
    /// The keyed digest of the code.
    pub code: CodeDigest,
    /// How often it may still be tried.
    pub tries: u8,
}

impl Confirmation {
    /// One that has not been tried.
    pub fn new(
        account: AccountId,
        generation: u64,
        sent_to: Email,
        login: Vec<u8>,
        code: CodeDigest,
    ) -> Self {
        Self { account, generation, sent_to, login, code, tries: 5 }
    }
}

impl fmt::Debug for Confirmation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Confirmation")
            .field("account", &self.account)
            .field("generation", &self.generation)
            .field("tries", &self.tries)
            .finish_non_exhaustive()
    }
}

/// A token of the customer's directory.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct DirectoryToken {
    /// What it is called in the audit trail.
    pub id: String,
    /// What its maker calls it.
    pub name: String,
    /// Who made it.
    pub made_by: Actor,
    /// When.
    pub made_at: DateTime<Utc>,
    /// When it was last used, to some minutes.
    pub last_used_at: Option<DateTime<Utc>>,
    /// By what client, as far as its requests show that.
    pub client: Option<String>,
}

impl DirectoryToken {
    /// One that was not used yet.
    pub fn new(
        id: impl Into<String>,
        name: impl Into<String>,
        made_by: Actor,
        made_at: DateTime<Utc>,
    ) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            made_by,
            made_at,
            last_used_at: None,
            client: None,
        }
    }
}

/// A code that was mailed to log in with. It is kept for an address that nobody has as well: the
/// answer tells nobody who has an account.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct LoginCode {
    /// The account that it leads to, if somebody has the address.
    pub account: Option<AccountId>,
    /// Its [generation](crate::account::Account::generation) then.
    pub generation: u64,
    /// Where it was sent.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::identity::as_sent::one"))]
    pub email: Email,
    /// The keyed digest of the code.
    pub code: CodeDigest,
    /// How often it may still be tried.
    pub tries: u8,
}

impl LoginCode {
    /// One that has not been tried.
    pub fn new(
        account: Option<AccountId>,
        generation: u64,
        email: Email,
        code: CodeDigest,
    ) -> Self {
        Self { account, generation, email, code, tries: 5 }
    }
}

/// Where the next page of a list begins, for clients that count pages.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct PagingKey {
    /// How many accounts stand before it.
    pub number: u64,
    /// The last account before it.
    pub after: (DateTime<Utc>, AccountId),
}

impl PagingKey {
    /// Behind this account, which is the one with this number.
    pub fn new(number: u64, after: (DateTime<Utc>, AccountId)) -> Self {
        Self { number, after }
    }
}

/// A link by which somebody without an account sets single sign-on up.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct SetupLink {
    /// What it is called in the audit trail.
    pub id: String,
    /// What may be set up by it.
    pub scope: BTreeSet<SetupScope>,
    /// Who made it.
    pub made_by: Actor,
    /// When.
    pub made_at: DateTime<Utc>,
}

impl SetupLink {
    /// A link for these parts.
    pub fn new(
        id: impl Into<String>,
        scope: impl IntoIterator<Item = SetupScope>,
        made_by: Actor,
        made_at: DateTime<Utc>,
    ) -> Self {
        Self { id: id.into(), scope: scope.into_iter().collect(), made_by, made_at }
    }
}

/// What one request of the customer's directory did, for its administrator to read. It has no room
/// for what the request said.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct RequestLog {
    /// Whose directory.
    pub organization: OrganizationId,
    /// When.
    pub at: DateTime<Utc>,
    /// What it was to do: a code.
    pub action: Code,
    /// With which token: its id.
    pub token: Option<String>,
    /// To whose account.
    pub account: Option<AccountId>,
    /// The status of the answer.
    pub status: u16,
    /// SCIM's name for the error.
    pub scim_type: Option<Code>,
    /// What the answer said.
    pub detail: Option<String>,
    /// Why it was refused: a code.
    pub reason: Option<Code>,
    /// What was taken otherwise than it was sent, a sentence each, without the values.
    pub notes: Vec<String>,
    /// How many like it have come since the last entry of their kind and have none of their own: of
    /// what comes without a token that is good, one a minute is written down.
    pub unlisted: u64,
    /// How long it took, in milliseconds.
    pub milliseconds: u32,
    /// By what client, as far as its requests show that.
    pub client: Option<String>,
}

impl RequestLog {
    /// A request and the status of its answer.
    pub fn new(
        organization: impl Into<OrganizationId>,
        at: DateTime<Utc>,
        action: impl Into<Code>,
        status: u16,
    ) -> Self {
        Self {
            organization: organization.into(),
            at,
            action: action.into(),
            token: None,
            account: None,
            status,
            scim_type: None,
            detail: None,
            reason: None,
            notes: Vec::new(),
            unlisted: 0,
            milliseconds: 0,
            client: None,
        }
    }
}

/// What happened to an account.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccountChange {
    /// Its place among those of the organization, from 1.
    pub number: u64,
    /// Whose account.
    pub account: AccountId,
    /// The [version](crate::account::Account::version) that it has since; `None` where it is gone.
    pub version: Option<u64>,
    /// Its [generation](crate::account::Account::generation) since: what was made under an older
    /// one has to end.
    pub generation: u64,
}

impl AccountChange {
    /// A change.
    pub fn new(number: u64, account: AccountId, version: Option<u64>, generation: u64) -> Self {
        Self { number, account, version, generation }
    }
}

/// What there is once for all organizations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct StoreRecord {
    /// Raised by everything that writes it.
    pub version: u64,
    /// The marks of the sealing keys under which something is kept.
    pub sealing_keys: BTreeSet<String>,
}

/// The HMAC of a short code under a key of the application's: without that key nobody can try out
/// the few codes that there are. `Debug` hides it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CodeDigest([u8; 32]);

impl CodeDigest {
    /// One that was stored.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for CodeDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeDigest(…)")
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for CodeDigest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex(&self.0))
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for CodeDigest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        let digest: Fingerprint = text.parse().map_err(serde::de::Error::custom)?;
        Ok(Self(*digest.as_bytes()))
    }
}
