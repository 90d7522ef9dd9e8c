//! A store of which one step fails.
#![allow(dead_code, reason = "each test program uses its part of it")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use saml_login::account::{Account, AccountId, OrganizationId};
use saml_login::audit::{AuditEvent, Outcome};
use saml_login::error::BoxError;
use saml_login::identity::Email;
use saml_login::logout::SubjectDigest;
use saml_login::organization::Claim;
use saml_login::session::Session;
use saml_login::store::{
    AccountChange, Found, Kept, KeptKind, Listing, MemoryStore, Names, Page, Record, RequestLog,
    Store, StoreRecord, TooMany, Write, Written,
};
use saml_login::token::TokenDigest;
use saml_login::trust::Fingerprint;

use crate::common::block_on;

/// A store of which one step fails: the one with this number, from now on.
pub(crate) struct Failing {
    store: MemoryStore,
    steps: AtomicUsize,
    fails_at: AtomicUsize,
}

const NEVER: usize = usize::MAX;

impl Failing {
    pub(crate) fn over(store: MemoryStore) -> Arc<Self> {
        let (steps, fails_at) = (AtomicUsize::new(0), AtomicUsize::new(NEVER));
        Arc::new(Self { store, steps, fails_at })
    }

    /// The step that comes after so many others fails, and no other.
    pub(crate) fn fail_at(&self, step: usize) {
        self.steps.store(0, Ordering::SeqCst);
        self.fails_at.store(step, Ordering::SeqCst);
    }

    /// Nothing fails any more: whether something did.
    pub(crate) fn mend(&self) -> bool {
        let fails_at = self.fails_at.swap(NEVER, Ordering::SeqCst);
        fails_at < self.steps.load(Ordering::SeqCst)
    }

    /// How many steps there were since somebody said which fails.
    pub(crate) fn steps(&self) -> usize {
        self.steps.load(Ordering::SeqCst)
    }

    fn step(&self) -> Result<(), BoxError> {
        let step = self.steps.fetch_add(1, Ordering::SeqCst);
        match step == self.fails_at.load(Ordering::SeqCst) {
            true => Err(BoxError::new("the database is gone")),
            false => Ok(()),
        }
    }

    /// All that a door can leave behind in an organization.
    pub(crate) fn left(&self, organization: &str) -> Left {
        let (store, id) = (&self.store, OrganizationId::new(organization));
        let record = block_on(store.organization(&id)).expect("the store").expect("one");
        let listed = block_on(store.list(&id, &Listing::first(99))).expect("the store");
        let accounts = listed.expect("few").accounts;
        let of = |account: &Account| block_on(store.sessions(&id, &account.id)).expect("the store");
        let mut sessions: Vec<Session> = accounts.iter().flat_map(of).collect();
        sessions.sort_by_key(|session| session.token);
        let kinds = [KeptKind::LoginCode, KeptKind::Confirmation];
        let kept = kinds.map(|kind| block_on(store.all_kept(&id, kind)).expect("the store"));
        let told = block_on(store.audit(&id, None, 99)).expect("the store");
        let told = told.into_iter().map(|(_, event)| event);
        let told = told.filter(|event| !matches!(event.outcome, Outcome::Failed(_))).collect();
        Left { record, accounts, sessions, kept: kept.concat(), told }
    }
}

/// What is in an organization, but for what is told of failures.
#[derive(PartialEq)]
pub(crate) struct Left {
    record: Record,
    accounts: Vec<Account>,
    sessions: Vec<Session>,
    kept: Vec<Kept>,
    told: Vec<AuditEvent>,
}

macro_rules! steps {
    ($(async fn $name:ident(&self $(, $argument:ident: $type:ty)*) -> $answer:ty;)*) => {
        impl Store for Failing {
            $(async fn $name(&self $(, $argument: $type)*) -> Result<$answer, BoxError> {
                self.step()?;
                self.store.$name($($argument),*).await
            })*
        }
    };
}

steps! {
    async fn organization(&self, id: &OrganizationId) -> Option<Record>;
    async fn claimed(&self, claim: &Claim) -> Option<OrganizationId>;
    async fn find(&self, organization: &OrganizationId, names: &Names) -> Option<Found>;
    async fn accounts_of(&self, email: &Email) -> Vec<Account>;
    async fn list(&self, organization: &OrganizationId, listing: &Listing) -> Result<Page, TooMany>;
    async fn session(&self, token: &TokenDigest) -> Option<(Session, Account)>;
    async fn sessions(&self, organization: &OrganizationId, account: &AccountId) -> Vec<Session>;
    async fn sessions_named(&self, organization: &OrganizationId, subject: &SubjectDigest) -> Vec<Session>;
    async fn kept(&self, kind: KeptKind, digest: &TokenDigest) -> Option<Kept>;
    async fn all_kept(&self, organization: &OrganizationId, kind: KeptKind) -> Vec<Kept>;
    async fn audit(&self, organization: &OrganizationId, before: Option<u64>, count: usize) -> Vec<(u64, AuditEvent)>;
    async fn changes_since(&self, organization: &OrganizationId, after: u64, count: usize) -> Vec<AccountChange>;
    async fn trusted_elsewhere(&self, organization: &OrganizationId, fingerprints: &[Fingerprint]) -> Vec<Fingerprint>;
    async fn store_record(&self) -> StoreRecord;
    async fn record(&self, event: &AuditEvent) -> ();
    async fn log_request(&self, request: &RequestLog) -> ();
    async fn requests(&self, organization: &OrganizationId, before: Option<u64>, count: usize) -> Vec<(u64, RequestLog)>;
    async fn write(&self, write: Write) -> Written;
}
