//! What is written, and what is answered.

use chrono::{DateTime, TimeDelta, Utc};
use saml_login::audit::AuditEvent;
use saml_login::replay::{SpendOutcome, Spending};
use saml_login::request::Pending;
use saml_login::sso::RateKey;
use saml_login::store::{RequestLog, Write, Written};

use crate::database::Connection;
use crate::failure::Failure;
use crate::hook::AnyHook;
use crate::keys::{self, Digest};
use crate::prune::{Prune, Pruned};
use crate::{pending, prune, rates, write};

/// A piece of work that is written. It can be done again from the start.
pub(crate) enum Job {
    GiveBack(RateKey, DateTime<Utc>),
    Log(RequestLog),
    Prune(Prune),
    Put(Digest, Pending),
    Record(AuditEvent),
    Spend(Spending, DateTime<Utc>),
    /// By the digests of the cookie and of the ID.
    Take(Digest, Digest, DateTime<Utc>),
    TakeRate(RateKey, DateTime<Utc>),
    Write(Box<Write>),
}

pub(crate) enum Answer {
    Done,
    /// The same randomness came twice.
    Known,
    Pending(Option<Pending>),
    Pruned(Pruned),
    Spent(SpendOutcome),
    Wait(Option<TimeDelta>),
    Written(Written),
}

impl Answer {
    /// Whether anything that was written for it stays.
    pub(super) fn is_kept(&self) -> bool {
        match self {
            Self::Known => false,
            Self::Spent(outcome) => *outcome == SpendOutcome::Fresh,
            Self::Written(written) => *written == Written::Done,
            Self::Done | Self::Pending(_) | Self::Pruned(_) | Self::Wait(_) => true,
        }
    }
}

impl Job {
    /// The organization whose rows it locks, if it locks those of one.
    pub(super) fn organization(&self) -> Option<Digest> {
        let organization = match self {
            Self::Log(request) => &request.organization,
            Self::Record(event) => &event.organization,
            Self::Write(write) => &write.organization,
            _ => return None,
        };
        Some(keys::of_organization(organization))
    }

    pub(super) async fn run(
        &self,
        connection: &mut Connection<'_>,
        hook: Option<&dyn AnyHook>,
    ) -> Result<Answer, Failure> {
        match self {
            Self::GiveBack(key, now) => rates::give_back(connection, key, *now).await?,
            Self::Log(request) => write::told::log(connection, request).await?,
            Self::Prune(prune) => {
                return Ok(Answer::Pruned(prune::prune(connection, prune).await?));
            }
            Self::Put(cookie, pending) => {
                let is_new = pending::put(connection, cookie, pending).await?;
                return Ok(if is_new { Answer::Done } else { Answer::Known });
            }
            Self::Record(event) => write::told::record(connection, event).await?,
            Self::Spend(spending, now) => {
                let outcome = write::spent::spend(connection, spending, *now).await?;
                return Ok(Answer::Spent(outcome));
            }
            Self::Take(cookie, request, now) => {
                let taken = pending::take(connection, cookie, request, *now).await?;
                return Ok(Answer::Pending(taken));
            }
            Self::TakeRate(key, now) => {
                return Ok(Answer::Wait(rates::take(connection, key, *now).await?));
            }
            Self::Write(write) => {
                return Ok(Answer::Written(write::write(connection, hook, write).await?));
            }
        }
        Ok(Answer::Done)
    }
}
