//! What happened, who did it, and how it ended: events for an audit trail, attempts included.
//!
//! An event holds no secret, no assertion and nothing that an identity provider says about a
//! person: the account's own id alone tells who is meant.

mod action;
mod log;

use std::borrow::Cow;

use chrono::{DateTime, Utc};

pub use self::action::{Action, Actor};
#[cfg(feature = "tracing")]
pub use self::log::TracingAuditLog;
pub use self::log::{AuditLog, DynAuditLog, MemoryAuditLog};
use crate::account::{AccountId, OrganizationId};
use crate::error::Error;

/// A stable snake_case code, as the decision that it tells of gave it, or as it was read back.
pub type Code = Cow<'static, str>;

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Outcome {
    /// It was done, or allowed.
    Done,
    /// Something failed, so that it was not done. The code says what.
    Failed(Code),
    /// It was refused. The code says why.
    Refused(Code),
}

/// One entry of the audit trail.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct AuditEvent {
    /// The [id](crate::Organization::id) of the organization.
    pub organization: OrganizationId,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: Actor,
    /// What.
    pub action: Action,
    /// Whose account it is about, where it is about one.
    pub target: Option<AccountId>,
    /// How it ended.
    pub outcome: Outcome,
    /// The application's own id of the request that it came of, if it says which.
    #[cfg_attr(feature = "serde", serde(default))]
    pub request_id: Option<String>,
    /// The address of the client, if the application says which.
    #[cfg_attr(feature = "serde", serde(default))]
    pub client_address: Option<String>,
    /// How many like it have come since the last entry of its kind and have none of their own: of
    /// what anybody can cause without end, one a minute is written down, and the rest counted.
    #[cfg_attr(feature = "serde", serde(default))]
    pub unlisted: u64,
}

impl AuditEvent {
    /// An event that is done.
    pub fn new(
        organization: impl Into<OrganizationId>,
        actor: Actor,
        action: Action,
        at: DateTime<Utc>,
    ) -> Self {
        Self {
            organization: organization.into(),
            at,
            actor,
            action,
            target: None,
            outcome: Outcome::Done,
            request_id: None,
            client_address: None,
            unlisted: 0,
        }
    }

    /// The same about an account.
    #[must_use]
    pub fn about(self, target: AccountId) -> Self {
        Self { target: Some(target), ..self }
    }

    /// The same with what is known of the request: an id of the application's, and the address of
    /// the client.
    #[must_use]
    pub fn of_request(
        self,
        request_id: impl Into<Option<String>>,
        client_address: impl Into<Option<String>>,
    ) -> Self {
        Self { request_id: request_id.into(), client_address: client_address.into(), ..self }
    }

    /// The same with this end.
    #[must_use]
    pub fn ended(self, outcome: Outcome) -> Self {
        Self { outcome, ..self }
    }

    /// A login that was refused, or that something failed under, before it was known whose it is.
    pub fn login_refused(
        organization: impl Into<OrganizationId>,
        error: &Error,
        at: DateTime<Utc>,
    ) -> Self {
        let outcome = match error.is_failure() {
            true => Outcome::Failed(error.code().into()),
            false => Outcome::Refused(error.code().into()),
        };
        Self::new(organization, Actor::IdentityProvider, Action::Login, at).ended(outcome)
    }

    /// A login that was accepted, into this account.
    pub fn login_accepted(
        organization: impl Into<OrganizationId>,
        account: AccountId,
        at: DateTime<Utc>,
    ) -> Self {
        Self::new(organization, Actor::Member(account.clone()), Action::Login, at).about(account)
    }
}

impl AuditEvent {
    /// The URI of the event among those of SCIM (RFC 9967 §2), where it is one of an account that
    /// was created, changed or ended: for whoever passes it on as a Security Event Token.
    pub fn scim_event(&self) -> Option<&'static str> {
        let (Action::Account { decision, .. } | Action::Provisioning { decision }) = &self.action
        else {
            return None;
        };
        match decision.as_ref() {
            _ if self.outcome != Outcome::Done => None,
            "activate" => Some("urn:ietf:params:scim:event:prov:activate"),
            "create" => Some("urn:ietf:params:scim:event:prov:create:notice"),
            "deactivate" => Some("urn:ietf:params:scim:event:prov:deactivate"),
            "delete" => Some("urn:ietf:params:scim:event:prov:delete"),
            "link" | "update" => Some("urn:ietf:params:scim:event:prov:patch:notice"),
            _ => None,
        }
    }
}
