//! Sessions: how one was begun, what was proven in it, and until when it is good.

use chrono::{DateTime, TimeDelta, Utc};

use crate::account::{Account, AccountId, OrganizationId};
use crate::code::codes;
use crate::fingerprint::Fingerprint;
use crate::identity::{Email, Identity, StableKey};
use crate::logout::{LogoutSubject, SubjectDigest};
use crate::token::TokenDigest;

/// How a person logs in, or has logged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum LoginMethod {
    /// By a code that was sent to the e-mail address. When it was sent does not matter.
    EmailCode,
    /// In some other way: a passkey, an account elsewhere.
    Other,
    /// By a password.
    Password,
    /// Through the organization's identity provider.
    Sso,
}

codes!(LoginMethod {
    EmailCode = "email_code",
    Other = "other",
    Password = "password",
    Sso = "sso",
});

/// How a session was begun. Keep it with the session as it is, on the server or sealed: every later
/// question asks for it, and whoever could write it could say that they came through single
/// sign-on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct SessionStart {
    /// The id of the organization where the person logged in, which a switch of accounts does not
    /// change.
    pub organization: OrganizationId,
    /// Into which account there.
    pub account: AccountId,
    /// The account's [generation](Account::generation) at that time: the session is good while the
    /// account has the same one.
    pub generation: u64,
    /// How.
    pub method: LoginMethod,
    /// The identity provider that the person came from, if they came from one, or that began the
    /// session in which their credential was set.
    pub issuer: Option<String>,
    /// Its certificate that verified the signature.
    pub key_fingerprint: Option<Fingerprint>,
    /// The person's name there, which a logout names.
    pub stable_key: Option<StableKey>,
    /// The address that its holder has proven in this very login: by a code that was sent there.
    /// That an account's address was proven at some time says nothing of whoever is here now.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::identity::as_sent::any"))]
    pub proven: Option<Email>,
}

impl SessionStart {
    /// A login into this account without single sign-on, in which nothing was proven. One that is
    /// called single sign-on here, without an identity, steps up at once where that is enforced.
    pub fn new(account: &Account, method: LoginMethod) -> Self {
        Self {
            organization: account.organization.clone(),
            account: account.id.clone(),
            generation: account.generation,
            method,
            issuer: None,
            key_fingerprint: None,
            stable_key: None,
            proven: None,
        }
    }

    /// A login by the code that was sent to this address; `None` if it is not the account's any
    /// more: whoever reads the mail of a former address is not let in.
    ///
    /// ```
    /// use chrono::DateTime;
    /// use saml_login::account::{Account, AccountAddress, AccountId, EmailProof};
    /// use saml_login::identity::Email;
    /// use saml_login::session::SessionStart;
    ///
    /// let sent_to = Email::parse("alice@acme.test")?;
    /// let mut account = Account::new(AccountId::new("1"), "org-1", DateTime::UNIX_EPOCH);
    /// account.address = Some(AccountAddress::new(sent_to.clone(), EmailProof::Organization));
    /// let start = SessionStart::by_code(&account, &sent_to).ok_or("another address")?;
    /// assert_eq!(start.proven, Some(sent_to.clone()));
    ///
    /// account.address = None;
    /// assert_eq!(SessionStart::by_code(&account, &sent_to), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn by_code(account: &Account, sent_to: &Email) -> Option<Self> {
        let start =
            || Self { proven: Some(sent_to.clone()), ..Self::new(account, LoginMethod::EmailCode) };
        account.has_email(sent_to).then(start)
    }

    /// A login into this account through single sign-on.
    pub fn sso(identity: &Identity, account: &Account) -> Self {
        Self {
            issuer: Some(identity.issuer.clone()),
            key_fingerprint: Some(identity.key_fingerprint),
            stable_key: identity.stable_key(),
            ..Self::new(account, LoginMethod::Sso)
        }
    }
}

/// What a password or another credential of the application stands for: keep it beside the
/// credential when that is set, and hand it back when somebody logs in by it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct CredentialStart {
    /// What was proven in the session in which it was set.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::identity::as_sent::any"))]
    pub proven: Option<Email>,
    /// The account's [generation](Account::generation) then: the credential is good while the
    /// account has the same one.
    pub generation: u64,
    /// The identity provider that began that session, if one did: the credential is good while that
    /// is trusted, as the session is. Whoever could sign as somebody could set a password as them.
    #[cfg_attr(feature = "serde", serde(default))]
    pub issuer: Option<String>,
    /// Its certificate that verified the signature.
    #[cfg_attr(feature = "serde", serde(default))]
    pub key_fingerprint: Option<Fingerprint>,
}

impl SessionStart {
    /// What a credential stands for that is set in this session.
    pub fn credential(&self) -> CredentialStart {
        CredentialStart {
            proven: self.proven.clone(),
            generation: self.generation,
            issuer: self.issuer.clone(),
            key_fingerprint: self.key_fingerprint,
        }
    }

    /// A login by a credential; `None` if the account's sessions and credentials from that time
    /// have ended since.
    pub fn by_credential(
        account: &Account,
        method: LoginMethod,
        credential: &CredentialStart,
    ) -> Option<Self> {
        let is_good = credential.generation == account.generation;
        let start = || Self {
            proven: credential.proven.clone(),
            issuer: credential.issuer.clone(),
            key_fingerprint: credential.key_fingerprint,
            ..Self::new(account, method)
        };
        is_good.then(start)
    }
}

/// A session, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Session {
    /// The digest of its cookie's value.
    pub token: TokenDigest,
    /// How it was begun.
    pub start: SessionStart,
    /// What it is called at the identity provider, so that a logout finds it and names it.
    pub subject: Option<LogoutSubject>,
    /// When it was begun.
    pub begun_at: DateTime<Utc>,
    /// When it was last used, to some minutes.
    pub last_used_at: DateTime<Utc>,
    /// The first instant at which it is over, whatever happens.
    pub not_on_or_after: DateTime<Utc>,
    /// The session that it was entered from, if it was entered from one: such a session administers
    /// nothing.
    pub entered_from: Option<TokenDigest>,
}

impl Session {
    /// What its holder is called at the identity provider, for the index by which a logout finds
    /// it; `None` where it came from none.
    pub fn subject_digest(&self) -> Option<SubjectDigest> {
        self.subject.as_ref().map(LogoutSubject::digest)
    }

    /// One that begins now.
    pub fn new(
        token: TokenDigest,
        start: SessionStart,
        now: DateTime<Utc>,
        not_on_or_after: DateTime<Utc>,
    ) -> Self {
        Self {
            token,
            start,
            subject: None,
            begun_at: now,
            last_used_at: now,
            not_on_or_after,
            entered_from: None,
        }
    }
}

/// How long sessions last, in minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct SessionRules {
    /// From its begin. An identity provider that says when its own ends (SessionNotOnOrAfter) ends
    /// it earlier. Default: 12 hours.
    pub lifetime_minutes: u32,
    /// After its last use. Default: 2 hours.
    pub idle_minutes: u32,
}

impl SessionRules {
    /// The shortest session: whoever has signed in can do something.
    pub const SHORTEST: u32 = 5;
    /// The longest: 90 days.
    pub const LONGEST: u32 = 90 * 24 * 60;

    /// So many minutes in all, and so many without use.
    pub fn new(lifetime_minutes: u32, idle_minutes: u32) -> Self {
        Self { lifetime_minutes, idle_minutes }
    }

    /// Whether both are within [`SHORTEST`](Self::SHORTEST) and [`LONGEST`](Self::LONGEST).
    pub fn is_sound(&self) -> bool {
        let bounds = Self::SHORTEST..=Self::LONGEST;
        bounds.contains(&self.lifetime_minutes) && bounds.contains(&self.idle_minutes)
    }

    /// From its begin.
    pub fn lifetime(&self) -> TimeDelta {
        TimeDelta::minutes(self.lifetime_minutes.into())
    }

    /// After its last use.
    pub fn idle(&self) -> TimeDelta {
        TimeDelta::minutes(self.idle_minutes.into())
    }
}

impl Default for SessionRules {
    fn default() -> Self {
        Self::new(12 * 60, 2 * 60)
    }
}
