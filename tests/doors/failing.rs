//! A store that fails at one of its steps, and others that fail.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use saml_login::Random;
use saml_login::account::{Account, AccountId, OrganizationId};
use saml_login::audit::AuditEvent;
use saml_login::error::BoxError;
use saml_login::identity::Email;
use saml_login::organization::Claim;
use saml_login::request::{Pending, Remembered, RequestStore, SealedRequests};
use saml_login::session::Session;
use saml_login::sso::{Mail, Mailer};
use saml_login::store::{
    AccountChange, DynStore, Found, Kept, KeptKind, Listing, Names, Page, Record, RequestLog,
    Store, StoreRecord, TooMany, Write, Written,
};
use saml_login::token::TokenDigest;
use saml_login::trust::Fingerprint;

/// So many steps go well, and the next one fails; zero is never.
#[derive(Clone, Default)]
pub(crate) struct Fuse(Arc<AtomicUsize>);

impl Fuse {
    pub(crate) fn set(&self, step: usize) {
        self.0.store(step, Ordering::SeqCst);
    }

    /// Whether it has not failed yet.
    pub(crate) fn is_whole(&self) -> bool {
        self.0.load(Ordering::SeqCst) > 0
    }

    fn step(&self) -> Result<(), BoxError> {
        let left =
            self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if left == Ok(1) { Err(BoxError::new("the line is down")) } else { Ok(()) }
    }
}

/// What is kept is read once and then again as it was: so it is for those who ask at once.
#[derive(Clone, Default)]
pub(crate) struct AtOnce(Arc<Mutex<(bool, Option<Kept>)>>);

impl AtOnce {
    pub(crate) fn set(&self, at_once: bool) {
        *self.0.lock().expect("what was read") = (at_once, None);
    }

    fn read(&self) -> Option<Kept> {
        self.0.lock().expect("what was read").1.clone()
    }

    fn remember(&self, kept: &Option<Kept>) {
        let mut read = self.0.lock().expect("what was read");
        if read.0 {
            read.1.clone_from(kept);
        }
    }
}

/// The store fails at the step that the fuse says, and works before and afterwards.
pub(crate) struct Failing {
    pub(crate) store: DynStore,
    pub(crate) fuse: Fuse,
    pub(crate) at_once: AtOnce,
}

macro_rules! each_a_step {
    ($(fn $name:ident($($given:ident: $type:ty),*) -> $answer:ty;)*) => {
        impl Store for Failing {
            $(async fn $name(&self, $($given: $type),*) -> Result<$answer, BoxError> {
                self.fuse.step()?;
                self.store.$name($($given),*).await
            })*

            async fn kept(
                &self,
                kind: KeptKind,
                digest: &TokenDigest,
            ) -> Result<Option<Kept>, BoxError> {
                self.fuse.step()?;
                let kept = match self.at_once.read() {
                    Some(kept) => Some(kept),
                    None => self.store.kept(kind, digest).await?,
                };
                self.at_once.remember(&kept);
                Ok(kept)
            }
        }
    };
}

each_a_step! {
    fn organization(id: &OrganizationId) -> Option<Record>;
    fn claimed(claim: &Claim) -> Option<OrganizationId>;
    fn find(organization: &OrganizationId, names: &Names) -> Option<Found>;
    fn accounts_of(email: &Email) -> Vec<Account>;
    fn list(organization: &OrganizationId, listing: &Listing) -> Result<Page, TooMany>;
    fn session(token: &TokenDigest) -> Option<(Session, Account)>;
    fn sessions(organization: &OrganizationId, account: &AccountId) -> Vec<Session>;
    fn sessions_indexed(organization: &OrganizationId, session_index: &str) -> Vec<Session>;
    fn all_kept(organization: &OrganizationId, kind: KeptKind) -> Vec<Kept>;
    fn audit(
        organization: &OrganizationId,
        before: Option<u64>,
        count: usize
    ) -> Vec<(u64, AuditEvent)>;
    fn changes_since(
        organization: &OrganizationId,
        after: u64,
        count: usize
    ) -> Vec<AccountChange>;
    fn trusted_elsewhere(
        organization: &OrganizationId,
        fingerprints: &[Fingerprint]
    ) -> Vec<Fingerprint>;
    fn store_record() -> StoreRecord;
    fn record(event: &AuditEvent) -> ();
    fn log_request(request: &RequestLog) -> ();
    fn requests(
        organization: &OrganizationId,
        before: Option<u64>,
        count: usize
    ) -> Vec<(u64, RequestLog)>;
    fn write(write: Write) -> Written;
}

/// Requests are sealed, and what opens them fails once.
pub(crate) struct FailingRequests {
    pub(crate) requests: SealedRequests,
    pub(crate) fuse: Fuse,
}

impl RequestStore for FailingRequests {
    async fn put(
        &self,
        pending: &Pending,
        random: Random,
        now: DateTime<Utc>,
    ) -> Result<Remembered, BoxError> {
        self.fuse.step()?;
        self.requests.put(pending, random, now).await
    }

    async fn take(
        &self,
        request_id: &str,
        cookie: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Pending>, BoxError> {
        self.fuse.step()?;
        self.requests.take(request_id, cookie, now).await
    }

    async fn look(
        &self,
        request_id: &str,
        cookie: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Pending>, BoxError> {
        self.fuse.step()?;
        self.requests.look(request_id, cookie, now).await
    }
}

/// Sends nothing.
pub(crate) struct NoMails;

impl Mailer for NoMails {
    async fn send(&self, _: &Mail) -> Result<(), BoxError> {
        Err(BoxError::new("no mail server"))
    }
}
