//! What is written together.

use chrono::{DateTime, Utc};

use super::records::{Kept, KeptKind, StoreRecord};
use super::{Mark, Name, PurgeKey};
use crate::account::{Account, AccountId, OrganizationId, Status};
use crate::audit::AuditEvent;
use crate::organization::{Claim, Organization};
use crate::random::Random;
use crate::replay::Spending;
use crate::session::Session;
use crate::token::TokenDigest;

/// What belongs together in one organization. Every part is optional; all of it is written, or
/// nothing.
///
/// The crate makes these from its decisions; a [`Store`](super::Store) carries them out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Write {
    /// The organization that all of it is of.
    pub organization: OrganizationId,
    /// When it was decided. What was spent until then can be forgotten.
    pub at: DateTime<Utc>,
    /// The version of the settings that decided it: with another one nothing is written.
    pub decided_by: Option<u64>,
    /// The account.
    pub account: Option<AccountWrite>,
    /// Whether the organization has to have an administrator afterwards, if it ever had one. The
    /// directory alone is not held to that.
    pub keep_administrator: bool,
    /// Whether it has to have one who [gets in](Organization::reaches), if it had one: where single
    /// sign-on is the only way.
    pub keep_reachable: bool,
    /// The settings.
    pub settings: Option<SettingsWrite>,
    /// Sessions that begin and end.
    pub sessions: Vec<SessionWrite>,
    /// What a login uses up: its assertion and its request.
    pub spend: Option<Spending>,
    /// Codes, tokens and whatever else is kept by a digest.
    pub kept: Vec<KeptWrite>,
    /// What there is once for all organizations.
    pub store_record: Option<StoreRecord>,
    /// What is told of it.
    pub events: Vec<AuditEvent>,
}

impl Write {
    /// Nothing yet, in this organization.
    pub fn of(organization: impl Into<OrganizationId>, at: DateTime<Utc>) -> Self {
        Self {
            organization: organization.into(),
            at,
            decided_by: None,
            account: None,
            keep_administrator: true,
            keep_reachable: false,
            settings: None,
            sessions: Vec::new(),
            spend: None,
            kept: Vec::new(),
            store_record: None,
            events: Vec::new(),
        }
    }

    /// An organization that was not there, with so many seats (`None`: any number). It may come
    /// with its first administrator, and with what is told of it.
    pub fn founding(
        organization: Organization,
        purchased: Option<u32>,
        at: DateTime<Utc>,
        random: Random,
    ) -> Self {
        let id = organization.id().clone();
        let (organization, purge_key) = (Box::new(organization), PurgeKey::new(random));
        let settings = Some(SettingsWrite::Found { organization, purchased, purge_key });
        Self { settings, ..Self::of(id, at) }
    }

    /// Whether a part of it is of another organization: that is a [`Written::Conflict`]. A session
    /// that ends and something that is taken are known by their digest alone; those of another
    /// organization are not there.
    pub fn is_mixed(&self) -> bool {
        let account = self.account.as_ref().and_then(AccountWrite::after);
        let settings = self.settings.as_ref().and_then(SettingsWrite::organization);
        let sessions = self.sessions.iter().filter_map(|write| match write {
            SessionWrite::Begin(session) => Some(&session.start.organization),
            SessionWrite::End(_) | SessionWrite::Touch(..) => None,
        });
        let kept = self.kept.iter().filter_map(|write| match write {
            KeptWrite::Put(kept) => Some(&kept.organization),
            KeptWrite::Take(..) => None,
        });
        let parts = account.map(|account| &account.organization).into_iter();
        let parts = parts.chain(settings.map(Organization::id)).chain(sessions).chain(kept);
        let mut parts = parts.chain(self.events.iter().map(|event| &event.organization));
        parts.any(|organization| *organization != self.organization)
    }

    /// Whether it needs an organization that is there: with none it is [`Written::Outdated`]. What
    /// is spent, and what there is once for all organizations, needs none; one that is founded is
    /// there for the rest of the write.
    pub fn needs_organization(&self) -> bool {
        let founds = matches!(self.settings, Some(SettingsWrite::Found { .. }));
        let has_part = self.decided_by.is_some()
            || self.account.is_some()
            || self.settings.is_some()
            || !self.sessions.is_empty()
            || !self.kept.is_empty()
            || !self.events.is_empty();
        has_part && !founds
    }
}

/// An account that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccountWrite {
    /// The record as it is afterwards. Its version is one more than that of the record it takes the
    /// place of.
    Change(Box<Account>),
    /// A record that was not there, at version 0.
    Create(Box<Account>),
    /// A record that goes for good.
    Purge {
        /// Whose.
        account: AccountId,
        /// The version that was read.
        version: u64,
        /// What stays of its names.
        marks: Vec<Mark>,
    },
}

/// Settings that are written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SettingsWrite {
    /// The settings as they are afterwards, in the place of those that
    /// [decided](Write::decided_by).
    Change(Box<Organization>),
    /// An organization that was not there, with so many seats.
    Found {
        /// Its settings.
        organization: Box<Organization>,
        /// How many seats are bought; `None` for any number.
        purchased: Option<u32>,
        /// What marks of purged names are made under.
        purge_key: PurgeKey,
    },
    /// The organization goes, and everything of it: accounts, sessions, events, marks, and whatever
    /// else of it this write has. Its id and its claims are never given again.
    Remove,
    /// How many seats are bought; `None` for any number. It raises no version.
    Seats(Option<u32>),
}

impl SettingsWrite {
    /// The settings afterwards, if they are written.
    pub fn organization(&self) -> Option<&Organization> {
        match self {
            Self::Change(organization) | Self::Found { organization, .. } => Some(organization),
            Self::Remove | Self::Seats(_) => None,
        }
    }
}

/// A session that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionWrite {
    /// It begins, or is as it is now.
    Begin(Box<Session>),
    /// It ends. One that is not there has ended already.
    End(TokenDigest),
    /// It was used at this instant. One that is not there has ended, and does not come back.
    Touch(TokenDigest, DateTime<Utc>),
}

/// Something kept by its digest that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeptWrite {
    /// It is as it is here. Where it was there before, its version is one more, and where it was
    /// not it is 0: otherwise the answer is [`Written::Conflict`].
    Put(Box<Kept>),
    /// It goes. One that is not there any more is a [`Written::Conflict`]: somebody else has used
    /// it.
    Take(KeptKind, TokenDigest),
}

/// What became of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub enum Written {
    /// The assertion, or the request that it answers, was used before.
    AlreadySpent,
    /// This is another organization's.
    Claimed(Claim),
    /// Something else came first. Nothing was written; read again and decide anew.
    Conflict,
    /// It is written.
    Done,
    /// It would leave the organization without an administrator.
    LastAdministrator,
    /// No seat is free.
    NoSeat,
    /// The settings are others by now than those that decided.
    Outdated,
}

impl AccountWrite {
    /// The record afterwards, if there is one.
    pub fn after(&self) -> Option<&Account> {
        match self {
            Self::Change(account) | Self::Create(account) => Some(account),
            Self::Purge { .. } => None,
        }
    }

    /// The id of the account.
    pub fn id(&self) -> &AccountId {
        match self {
            Self::Change(account) | Self::Create(account) => &account.id,
            Self::Purge { account, .. } => account,
        }
    }

    /// The names that must be nobody else's afterwards.
    pub fn names(&self) -> Vec<Name> {
        let living = |account: &&Account| account.status != Status::Deleted;
        self.after().filter(living).map(Name::all_of).unwrap_or_default()
    }
}
