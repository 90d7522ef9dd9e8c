//! Where events go.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use super::AuditEvent;
#[cfg(feature = "tracing")]
use super::{Action, Actor, Outcome};
#[cfg(feature = "tracing")]
use crate::account::AccountId;
use crate::error::BoxError;
use crate::pointers::behind_pointers;

/// Takes events.
///
/// Write the event in the same transaction as what it tells of, where the store of both is one. A
/// refusal is written, too.
///
/// Write plain `async fn`, no `async_trait`.
pub trait AuditLog: Send + Sync {
    /// Takes one event.
    ///
    /// # Errors
    ///
    /// If it cannot be kept. Whether what it tells of is then undone is the caller's decision.
    fn record(&self, event: &AuditEvent) -> impl Future<Output = Result<(), BoxError>> + Send;
}

behind_pointers!(
    AuditLog,
    /// Any [`AuditLog`], for those who choose at run time.
    DynAuditLog {
        fn record(event: &AuditEvent = &'a AuditEvent) -> Result<(), BoxError>;
    }
);

/// Keeps the latest events in memory: for tests, and to look at.
pub struct MemoryAuditLog {
    capacity: NonZeroUsize,
    events: Mutex<VecDeque<AuditEvent>>,
}

impl MemoryAuditLog {
    /// Keeps so many events; the oldest make room.
    pub fn with_capacity(capacity: NonZeroUsize) -> Self {
        Self { capacity, events: Mutex::default() }
    }

    /// The events, the oldest first.
    pub fn events(&self) -> Vec<AuditEvent> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

impl Default for MemoryAuditLog {
    /// Room for 65,536 events.
    fn default() -> Self {
        Self::with_capacity(NonZeroUsize::new(65_536).unwrap_or(NonZeroUsize::MIN))
    }
}

impl fmt::Debug for MemoryAuditLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryAuditLog").field("capacity", &self.capacity).finish_non_exhaustive()
    }
}

impl AuditLog for MemoryAuditLog {
    async fn record(&self, event: &AuditEvent) -> Result<(), BoxError> {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        while events.len() >= self.capacity.get() {
            events.pop_front();
        }
        events.push_back(event.clone());
        Ok(())
    }
}

/// Hands events to [`tracing`], under the target `saml_login::audit`: refusals and failures at the
/// level WARN, the rest at INFO. Feature `tracing`.
#[cfg(feature = "tracing")]
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct TracingAuditLog;

#[cfg(feature = "tracing")]
impl TracingAuditLog {
    /// One that writes to the subscriber in effect.
    pub fn new() -> Self {
        Self
    }
}

#[cfg(feature = "tracing")]
impl AuditLog for TracingAuditLog {
    async fn record(&self, event: &AuditEvent) -> Result<(), BoxError> {
        let AuditEvent { organization, at, actor, action, target, outcome, .. } = event;
        let (at, code) = (at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true), action.code());
        let (kind, actor) = match actor {
            Actor::Application => ("application", ""),
            Actor::Directory(token) => ("directory", token.as_str()),
            Actor::IdentityProvider => ("identity_provider", ""),
            Actor::Member(account) => ("member", account.as_str()),
            Actor::Operator(id) => ("operator", id.as_str()),
            Actor::SetupLink(id) => ("setup_link", id.as_str()),
        };
        let target = target.as_ref().map(AccountId::as_str);
        let made;
        let detail = match action {
            Action::ConnectionUpdated { dangers: on }
            | Action::ConnectionRekeyed { dangers: on }
            | Action::ProvisioningChanged { dangers: on } => {
                made = on.join(" ");
                &*made
            }
            Action::Policy { action } | Action::BreakGlassUsed { action } => action,
            Action::Provisioning { decision } => decision,
            Action::Account { decision, .. } => decision,
            Action::CertificateRetired { fingerprint } => {
                made = fingerprint.to_string();
                &*made
            }
            Action::DomainChanged { domain, .. }
            | Action::DomainChecked { domain, .. }
            | Action::DomainRequested { domain } => domain,
            Action::DirectoryToken { token, .. } => token,
            Action::SlugRenamed { slug } => slug,
            Action::CertificateAdded { fingerprints } => {
                let all: Vec<String> = fingerprints.iter().map(ToString::to_string).collect();
                made = all.join(" ");
                &*made
            }
            _ => "",
        };
        macro_rules! write {
            ($level:ident, $outcome:expr, $reason:expr) => {
                tracing::$level!(
                    target: "saml_login::audit",
                    organization = organization.as_str(), at, actor_kind = kind, actor, action = code, detail, account = target,
                    outcome = $outcome, reason = $reason, request_id = event.request_id.as_deref(),
                    client_address = event.client_address.as_deref(), unlisted = (event.unlisted > 0).then_some(event.unlisted),
                )
            };
        }
        match outcome {
            Outcome::Done => write!(info, "done", ""),
            Outcome::Failed(reason) => write!(warn, "failed", reason.as_ref()),
            Outcome::Refused(reason) => write!(warn, "refused", reason.as_ref()),
        }
        Ok(())
    }
}
