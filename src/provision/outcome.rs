//! What a login does with accounts.

use chrono::{DateTime, Utc};

use super::Refusal;
use crate::account::OrganizationId;
use crate::account::{AccountId, Changes, NewAccount};
use crate::audit::{Action, Actor, AuditEvent, Outcome};

/// What a login does with accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub enum Provisioning {
    /// A new account, and one seat taken.
    Create(Box<NewAccount>),
    /// An account that is there, as it is.
    Keep(AccountId),
    /// An account that was found by its e-mail address, and is now the one of this person at the
    /// identity provider.
    Link {
        /// Which.
        account: AccountId,
        /// What changes in it, the key among it.
        changes: Box<Changes>,
    },
    /// The person does not come in.
    Refuse(Refusal),
    /// An account that was found by its key, and of which something changed.
    Update {
        /// Which.
        account: AccountId,
        /// What changes in it.
        changes: Box<Changes>,
    },
}

impl Provisioning {
    /// A stable snake_case code, part of semver.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Create(_) => "create",
            Self::Keep(_) => "keep",
            Self::Link { .. } => "link",
            Self::Refuse(_) => "refuse",
            Self::Update { .. } => "update",
        }
    }

    /// The event of the decision, for the audit trail. `account` is the one that was created, where
    /// one was.
    pub fn event(
        &self,
        organization: impl Into<OrganizationId>,
        account: Option<&AccountId>,
        at: DateTime<Utc>,
    ) -> AuditEvent {
        let action = Action::Provisioning { decision: self.code().into() };
        let event = AuditEvent::new(organization, Actor::IdentityProvider, action, at);
        let target = match self {
            Self::Keep(account) | Self::Link { account, .. } | Self::Update { account, .. } => {
                Some(account)
            }
            Self::Create(_) | Self::Refuse(_) => account,
        };
        let outcome = match self {
            Self::Refuse(refusal) => Outcome::Refused(refusal.code().into()),
            _ => Outcome::Done,
        };
        AuditEvent { target: target.cloned(), ..event }.ended(outcome)
    }
}
