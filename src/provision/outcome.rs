//! What becomes of an account.

use chrono::{DateTime, Utc};

use super::{Intent, Refusal};
use crate::account::{Account, OrganizationId, Status};
use crate::audit::{Action, AuditEvent, Outcome};
use crate::organization::By;

/// What becomes of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub enum Provisioning {
    /// An account that is there is another one from now on.
    Change {
        /// As it was read.
        before: Box<Account>,
        /// As it is to be.
        after: Box<Account>,
    },
    /// A login leads to this account once its holder has entered a code that is mailed to them: it
    /// is an administrator's, and nothing but an address says that it is theirs.
    Confirm(Box<Account>),
    /// A new account.
    Create(Box<Account>),
    /// An account that is there, as it is.
    Keep(Box<Account>),
    /// The record of an account goes.
    Remove {
        /// As it was read.
        account: Box<Account>,
        /// Whether its names are remembered, as marks that tell nobody who it was.
        remembered: bool,
    },
}

impl Provisioning {
    /// A stable snake_case code, part of semver.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Change { before, after } => match (before.status, after.status) {
                (Status::Active | Status::Invited, Status::Deactivated) => "deactivate",
                (Status::Deactivated | Status::Deleted, Status::Active) => "activate",
                (one, Status::Deleted) if one != Status::Deleted => "delete",
                _ if after.link.is_some() && before.stable_key() != after.stable_key() => "link",
                _ => "update",
            },
            Self::Confirm(_) => "confirm",
            Self::Create(_) => "create",
            Self::Keep(_) => "keep",
            Self::Remove { .. } => "remove",
        }
    }

    /// The account, as it is afterwards; as it was, where its record goes.
    pub fn account(&self) -> &Account {
        match self {
            Self::Change { after: account, .. }
            | Self::Confirm(account)
            | Self::Create(account)
            | Self::Keep(account)
            | Self::Remove { account, .. } => account,
        }
    }
}

/// The event of a decision, for the audit trail.
pub fn event(
    decision: &Result<Provisioning, Refusal>,
    organization: &OrganizationId,
    intent: &Intent<'_>,
    by: &By<'_>,
    at: DateTime<Utc>,
) -> AuditEvent {
    let code = decision.as_ref().map_or("refuse", Provisioning::code);
    let action = match intent {
        Intent::LogIn(_) => Action::Provisioning { decision: code.into() },
        _ => Action::Account { intent: intent.code().into(), decision: code.into() },
    };
    let (target, outcome) = match decision {
        Ok(provisioning) => (Some(&provisioning.account().id), Outcome::Done),
        Err(refusal) => (intent.target(), Outcome::Refused(refusal.code().into())),
    };
    let event = AuditEvent::new(organization, by.actor(), action, at);
    AuditEvent { target: target.cloned(), ..event }.ended(outcome)
}
