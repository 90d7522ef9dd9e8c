//! A store in memory in which something happens before a write.

use saml_login::account::{Account, AccountId, OrganizationId};
use saml_login::audit::AuditEvent;
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

type Hook = dyn Fn(&MemoryStore, &Write) -> Option<Result<Written, BoxError>> + Send + Sync;

/// Where the hook has an answer, that is the answer, and nothing is written.
pub(crate) struct Hooked {
    pub(crate) store: MemoryStore,
    hook: Box<Hook>,
}

impl Hooked {
    pub(crate) fn new(
        store: MemoryStore,
        hook: impl Fn(&MemoryStore, &Write) -> Option<Result<Written, BoxError>> + Send + Sync + 'static,
    ) -> Self {
        Self { store, hook: Box::new(hook) }
    }
}

impl Store for Hooked {
    async fn organization(&self, id: &OrganizationId) -> Result<Option<Record>, BoxError> {
        self.store.organization(id).await
    }

    async fn claimed(&self, claim: &Claim) -> Result<Option<OrganizationId>, BoxError> {
        self.store.claimed(claim).await
    }

    async fn find(
        &self,
        organization: &OrganizationId,
        names: &Names,
    ) -> Result<Option<Found>, BoxError> {
        self.store.find(organization, names).await
    }

    async fn accounts_of(&self, email: &Email) -> Result<Vec<Account>, BoxError> {
        self.store.accounts_of(email).await
    }

    async fn list(
        &self,
        organization: &OrganizationId,
        listing: &Listing,
    ) -> Result<Result<Page, TooMany>, BoxError> {
        self.store.list(organization, listing).await
    }

    async fn session(&self, token: &TokenDigest) -> Result<Option<(Session, Account)>, BoxError> {
        self.store.session(token).await
    }

    async fn sessions(
        &self,
        organization: &OrganizationId,
        account: &AccountId,
    ) -> Result<Vec<Session>, BoxError> {
        self.store.sessions(organization, account).await
    }

    async fn sessions_named(
        &self,
        organization: &OrganizationId,
        subject: &SubjectDigest,
    ) -> Result<Vec<Session>, BoxError> {
        self.store.sessions_named(organization, subject).await
    }

    async fn kept(&self, kind: KeptKind, digest: &TokenDigest) -> Result<Option<Kept>, BoxError> {
        self.store.kept(kind, digest).await
    }

    async fn all_kept(
        &self,
        organization: &OrganizationId,
        kind: KeptKind,
    ) -> Result<Vec<Kept>, BoxError> {
        self.store.all_kept(organization, kind).await
    }

    async fn audit(
        &self,
        organization: &OrganizationId,
        before: Option<u64>,
        count: usize,
    ) -> Result<Vec<(u64, AuditEvent)>, BoxError> {
        self.store.audit(organization, before, count).await
    }

    async fn changes_since(
        &self,
        organization: &OrganizationId,
        after: u64,
        count: usize,
    ) -> Result<Vec<AccountChange>, BoxError> {
        self.store.changes_since(organization, after, count).await
    }

    async fn trusted_elsewhere(
        &self,
        organization: &OrganizationId,
        fingerprints: &[Fingerprint],
    ) -> Result<Vec<Fingerprint>, BoxError> {
        self.store.trusted_elsewhere(organization, fingerprints).await
    }

    async fn store_record(&self) -> Result<StoreRecord, BoxError> {
        self.store.store_record().await
    }

    async fn record(&self, event: &AuditEvent) -> Result<(), BoxError> {
        self.store.record(event).await
    }

    async fn log_request(&self, request: &RequestLog) -> Result<(), BoxError> {
        self.store.log_request(request).await
    }

    async fn requests(
        &self,
        organization: &OrganizationId,
        before: Option<u64>,
        count: usize,
    ) -> Result<Vec<(u64, RequestLog)>, BoxError> {
        self.store.requests(organization, before, count).await
    }

    async fn write(&self, write: Write) -> Result<Written, BoxError> {
        match (self.hook)(&self.store, &write) {
            Some(answer) => answer,
            None => self.store.write(write).await,
        }
    }
}
