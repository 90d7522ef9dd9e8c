//! Just-in-time provisioning: a login becomes an account.

mod decide;
mod outcome;
mod refusal;

use chrono::{DateTime, Utc};

pub use self::decide::decide;
pub use self::outcome::Provisioning;
pub use self::refusal::Refusal;
use crate::account::Account;
use crate::account::OrganizationId;
use crate::audit::{Action, Actor, AuditEvent, Outcome};
use crate::error::{BoxError, refuses};
use crate::identity::Identity;
use crate::organization::Organization;
use crate::store::{AccountStore, Matches, Written};

/// Somebody who has come in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub struct Provisioned {
    /// Their account, as it is now.
    pub account: Account,
    /// What was done.
    pub provisioning: Provisioning,
}

/// Why somebody has not come in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProvisionError {
    /// Again and again something else came first. Nothing was written; the person can try again.
    #[error("the account was changed by others again and again")]
    Contended,
    /// The decision.
    #[error("provisioning refused the login: {0}")]
    Refused(#[from] Refusal),
    /// The account store failed.
    #[error("the account store failed")]
    Store(#[source] BoxError),
}

impl ProvisionError {
    /// A stable snake_case code, part of semver.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Contended => "account_store_contended",
            Self::Refused(refusal) => refusal.code(),
            Self::Store(_) => "account_store_failed",
        }
    }

    /// The event of it, for the audit trail.
    pub fn event(&self, organization: impl Into<OrganizationId>, at: DateTime<Utc>) -> AuditEvent {
        match self {
            Self::Refused(refusal) => Provisioning::Refuse(*refusal).event(organization, None, at),
            Self::Contended | Self::Store(_) => {
                let action = Action::Provisioning { decision: "refuse".into() };
                let event = AuditEvent::new(organization, Actor::IdentityProvider, action, at);
                event.ended(Outcome::Failed(self.code().into()))
            }
        }
    }

    /// What to change, for the administrator.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Contended => {
                "The account was changed by others at the same time, again and again. Let the person try again."
            }
            Self::Refused(refusal) => refusal.help(),
            Self::Store(_) => "The account store failed. See its own log.",
        }
    }

    /// A fixed sentence for the person who tried to log in.
    pub fn user_message(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.user_message(),
            Self::Contended | Self::Store(_) => {
                "You could not be signed in just now. Try again in a minute."
            }
        }
    }
}

refuses!(ProvisionError, ServiceProvider);

refuses!(Refusal, ServiceProvider);

/// A write that comes second finds what came first when it reads again, so that one more round is
/// nearly always enough.
const ROUNDS: usize = 16;

/// Brings a person in: finds, [decides](decide()), and writes, again if something else came
/// first.
///
/// Any number of first logins of one person at the same time make one account and take one seat;
/// whoever comes second finds it. Call it once the login is [spent](crate::Unspent::spend), and ask
/// the [login policy](crate::LoginPolicy) about the account afterwards.
///
/// # Errors
///
/// [`ProvisionError`]: nothing was created or taken then.
pub async fn provision<S: AccountStore>(
    store: &S,
    identity: &Identity,
    organization: &Organization,
) -> Result<Provisioned, ProvisionError> {
    let key = identity.stable_key();
    let mut full = false;
    for _ in 0..ROUNDS {
        let found = store.find(organization.id(), key.as_ref(), identity.email.as_ref()).await;
        let Matches { accounts, seats } = found.map_err(ProvisionError::Store)?;
        let provisioning = decide(identity, organization, &accounts, seats);
        let read = |id| accounts.iter().find(|account| account.id == id).cloned();
        let written = match &provisioning {
            Provisioning::Refuse(refusal) => return Err((*refusal).into()),
            Provisioning::Keep(id) => match read(id.clone()) {
                Some(account) => return Ok(Provisioned { account, provisioning }),
                None => continue,
            },
            Provisioning::Create(new) => store.create((**new).clone()).await,
            Provisioning::Link { account, changes } | Provisioning::Update { account, changes } => {
                match read(account.clone()) {
                    Some(before) => store.change(&before, changes).await,
                    None => continue,
                }
            }
        };
        match written.map_err(ProvisionError::Store)? {
            Written::Done(account) => return Ok(Provisioned { account: *account, provisioning }),
            // The last seat may have gone to this very person's other login: reading again tells.
            Written::NoSeat => full = true,
            Written::Conflict => full = false,
        }
    }
    // A store that reads from a copy may see seats for longer than there are any.
    Err(if full { Refusal::NoSeat.into() } else { ProvisionError::Contended })
}
