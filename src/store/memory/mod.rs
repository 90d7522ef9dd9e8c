//! A [`Store`] in the memory of this process.

mod books;
mod orders;
mod pages;
mod tenant;
#[cfg(test)]
mod tests;
mod writing;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;
use std::sync::{Mutex, MutexGuard};

use chrono::{DateTime, Utc};

use self::books::Books;
use self::tenant::Tenant;
use super::{
    AccountChange, Found, Kept, KeptKind, Listing, Names, Page, Record, RequestLog, Store,
    StoreRecord, TooMany, Write, Written,
};
use crate::account::{Account, AccountId, OrganizationId, Status};
use crate::audit::AuditEvent;
use crate::error::BoxError;
use crate::fingerprint::Fingerprint;
use crate::identity::Email;
use crate::logout::SubjectDigest;
use crate::organization::Claim;
use crate::session::Session;
use crate::token::TokenDigest;

/// A [`Store`] in the memory of this process: for tests, for examples, and for one process that
/// remembers nothing across a restart.
///
/// Sessions, codes and whatever else is over is forgotten a day later. It serves an organization of
/// 100,000 accounts without looking at all of them, and keeps the latest 65,536 events and requests
/// of each organization, and as many refusals: no flood of those pushes anything else out.
#[derive(Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    tenants: HashMap<OrganizationId, Tenant>,
    claims: HashMap<Claim, OrganizationId>,
    /// Who trusts a certificate.
    trusting: HashMap<Fingerprint, HashSet<OrganizationId>>,
    /// Ids of organizations that are gone.
    former: HashSet<OrganizationId>,
    /// Where an address is found, in lower case.
    addresses: HashMap<String, HashSet<(OrganizationId, AccountId)>>,
    sessions: HashMap<TokenDigest, Session>,
    /// When sessions are over.
    session_ends: BTreeSet<(DateTime<Utc>, TokenDigest)>,
    books: Books,
    record: StoreRecord,
}

impl MemoryStore {
    fn state(&self) -> Result<MutexGuard<'_, State>, BoxError> {
        self.state.lock().map_err(|_| BoxError::new("a thread panicked while it held the store"))
    }
}

impl State {
    fn tenant(&self, organization: &OrganizationId) -> Option<&Tenant> {
        self.tenants.get(organization)
    }
}

impl Store for MemoryStore {
    async fn organization(&self, id: &OrganizationId) -> Result<Option<Record>, BoxError> {
        Ok(self.state()?.tenant(id).map(|tenant| tenant.record.clone()))
    }

    async fn claimed(&self, claim: &Claim) -> Result<Option<OrganizationId>, BoxError> {
        Ok(self.state()?.claims.get(claim).cloned())
    }

    async fn find(
        &self,
        organization: &OrganizationId,
        names: &Names,
    ) -> Result<Option<Found>, BoxError> {
        self.state()?.tenant(organization).map(|tenant| tenant.find(names)).transpose()
    }

    async fn accounts_of(&self, email: &Email) -> Result<Vec<Account>, BoxError> {
        let state = self.state()?;
        let places = state.addresses.get(&email.address().to_ascii_lowercase());
        let read = |(organization, id): &(OrganizationId, AccountId)| {
            state.tenant(organization)?.account(id).cloned()
        };
        let living = |account: &Account| account.status != Status::Deleted;
        let mut accounts: Vec<Account> =
            places.into_iter().flatten().filter_map(read).filter(living).collect();
        accounts.sort_by(|one, other| {
            (&one.organization, &one.id).cmp(&(&other.organization, &other.id))
        });
        Ok(accounts)
    }

    async fn list(
        &self,
        organization: &OrganizationId,
        listing: &Listing,
    ) -> Result<Result<Page, TooMany>, BoxError> {
        let state = self.state()?;
        let empty = || Ok(Page::new(Vec::new(), 0));
        Ok(state.tenant(organization).map_or_else(empty, |tenant| tenant.list(listing)))
    }

    async fn session(&self, token: &TokenDigest) -> Result<Option<(Session, Account)>, BoxError> {
        let state = self.state()?;
        let Some(session) = state.sessions.get(token) else { return Ok(None) };
        let tenant = state.tenant(&session.start.organization);
        let account = tenant.and_then(|tenant| tenant.account(&session.start.account));
        Ok(account.map(|account| (session.clone(), account.clone())))
    }

    async fn sessions(
        &self,
        organization: &OrganizationId,
        account: &AccountId,
    ) -> Result<Vec<Session>, BoxError> {
        let state = self.state()?;
        let Some(tenant) = state.tenant(organization) else { return Ok(Vec::new()) };
        let tokens = tenant.sessions.get(account).into_iter().flatten();
        Ok(tokens.filter_map(|token| state.sessions.get(token)).cloned().collect())
    }

    async fn sessions_named(
        &self,
        organization: &OrganizationId,
        subject: &SubjectDigest,
    ) -> Result<Vec<Session>, BoxError> {
        let state = self.state()?;
        let Some(tenant) = state.tenant(organization) else { return Ok(Vec::new()) };
        let tokens = tenant.named_sessions(subject);
        Ok(tokens.filter_map(|token| state.sessions.get(token)).cloned().collect())
    }

    async fn kept(&self, kind: KeptKind, digest: &TokenDigest) -> Result<Option<Kept>, BoxError> {
        Ok(self.state()?.books.kept(kind, digest).cloned())
    }

    async fn all_kept(
        &self,
        organization: &OrganizationId,
        kind: KeptKind,
    ) -> Result<Vec<Kept>, BoxError> {
        Ok(self.state()?.books.all_kept(organization, kind))
    }

    async fn audit(
        &self,
        organization: &OrganizationId,
        before: Option<u64>,
        count: usize,
    ) -> Result<Vec<(u64, AuditEvent)>, BoxError> {
        Ok(self.state()?.books.audit(organization, before, count))
    }

    async fn changes_since(
        &self,
        organization: &OrganizationId,
        after: u64,
        count: usize,
    ) -> Result<Vec<AccountChange>, BoxError> {
        let state = self.state()?;
        Ok(state
            .tenant(organization)
            .map(|tenant| tenant.changes(after, count))
            .unwrap_or_default())
    }

    async fn trusted_elsewhere(
        &self,
        organization: &OrganizationId,
        fingerprints: &[Fingerprint],
    ) -> Result<Vec<Fingerprint>, BoxError> {
        let state = self.state()?;
        let elsewhere = |fingerprint: &&Fingerprint| {
            let who = state.trusting.get(fingerprint);
            who.is_some_and(|who| who.iter().any(|id| id != organization))
        };
        Ok(fingerprints.iter().filter(elsewhere).copied().collect())
    }

    async fn store_record(&self) -> Result<StoreRecord, BoxError> {
        Ok(self.state()?.record.clone())
    }

    async fn record(&self, event: &AuditEvent) -> Result<(), BoxError> {
        self.state()?.books.record(event.clone());
        Ok(())
    }

    async fn log_request(&self, request: &RequestLog) -> Result<(), BoxError> {
        let mut state = self.state()?;
        if state.tenant(&request.organization).is_some() {
            state.books.log(request.clone());
        }
        Ok(())
    }

    async fn requests(
        &self,
        organization: &OrganizationId,
        before: Option<u64>,
        count: usize,
    ) -> Result<Vec<(u64, RequestLog)>, BoxError> {
        Ok(self.state()?.books.requests(organization, before, count))
    }

    async fn write(&self, write: Write) -> Result<Written, BoxError> {
        Ok(self.state()?.write(write))
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}
