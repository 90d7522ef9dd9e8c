//! What becomes of accounts: one list of [intents](Intent), one [decision](decide()), one
//! [write](carry_out()), whatever way somebody comes in.

mod carry_out;
mod decide;
mod intent;
mod outcome;
mod refusal;

use chrono::{DateTime, Utc};

pub use self::carry_out::{Asked, CarriedOut, carry_out, provision};
pub(crate) use self::carry_out::{Beside, Undone, carry_out_beside};
pub use self::decide::{Moment, Standing, decide, test_login};
pub use self::intent::{Holder, Import, Intent, LogIn, Push, Wanted};
pub use self::outcome::{Provisioning, event};
pub use self::refusal::{PushRefusal, Refusal};
use crate::account::OrganizationId;
use crate::audit::{Action, Actor, AuditEvent, Outcome};
use crate::error::{BoxError, refuses};

/// Why nothing has become of an account.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProvisionError {
    /// Again and again something else came first. Nothing was written; the person can try again.
    #[error("the account was changed by others again and again")]
    Contended,
    /// There is no such organization.
    #[error("there is no such organization")]
    OrganizationUnknown,
    /// The decision.
    #[error("refused: {0}")]
    Refused(#[from] Refusal),
    /// The store failed.
    #[error("the store failed")]
    Store(#[source] BoxError),
}

impl ProvisionError {
    /// A stable snake_case code, part of semver.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Contended => "account_store_contended",
            Self::OrganizationUnknown => "organization_unknown",
            Self::Refused(refusal) => refusal.code(),
            Self::Store(_) => "account_store_failed",
        }
    }

    /// The event of it, for the audit trail, where it could not be written with the decision.
    pub fn event(
        &self,
        organization: impl Into<OrganizationId>,
        actor: Actor,
        action: Action,
        at: DateTime<Utc>,
    ) -> AuditEvent {
        let outcome = match self {
            Self::Refused(refusal) => Outcome::Refused(refusal.code().into()),
            Self::Contended | Self::OrganizationUnknown | Self::Store(_) => {
                Outcome::Failed(self.code().into())
            }
        };
        AuditEvent::new(organization, actor, action, at).ended(outcome)
    }

    /// What to change, for the administrator.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Contended => {
                "The account was changed by others at the same time, again and again. Let the person try again."
            }
            Self::OrganizationUnknown => "There is no such organization. It may have been removed.",
            Self::Refused(refusal) => refusal.help(),
            Self::Store(_) => "The account store failed. See its own log.",
        }
    }

    /// A fixed sentence for the person who wanted it.
    pub fn user_message(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.user_message(),
            Self::Contended | Self::OrganizationUnknown | Self::Store(_) => {
                "That did not work just now. Try again in a minute."
            }
        }
    }
}

refuses!(ProvisionError, ServiceProvider);

refuses!(Refusal, ServiceProvider);
