//! A store with a fault.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread::{self, ThreadId};
use std::time::Duration;

use saml_login::account::{Account, AccountId, OrganizationId, Status};
use saml_login::audit::AuditEvent;
use saml_login::error::BoxError;
use saml_login::identity::Email;
use saml_login::logout::SubjectDigest;
use saml_login::organization::{Claim, Counters, Shortage};
use saml_login::session::Session;
use saml_login::store::{
    AccountChange, AccountWrite, Found, Kept, KeptKind, Listing, MemoryStore, Name, Names, Page,
    Record, RequestLog, SettingsWrite, Store, StoreRecord, TooMany, Write, Written,
};
use saml_login::token::TokenDigest;
use saml_login::trust::Fingerprint;

/// One thing that is wrong with a store: what it is called, what it does otherwise, and what the
/// contract says of that.
#[derive(Clone, Copy)]
pub(crate) struct Fault(
    pub(crate) &'static str,
    pub(crate) &'static [Hook],
    pub(crate) &'static str,
);

/// Entries with their numbers.
type Told<T> = Vec<(u64, T)>;

/// What a store does otherwise.
#[derive(Clone, Copy)]
pub(crate) enum Hook {
    /// Answers after another one has come as far, by what it saw before: whether nothing is in the
    /// way.
    Race(fn(&Faulty, &Write) -> bool),
    /// Writes something else.
    Before(fn(&Faulty, &mut Write)),
    /// Writes nothing, and answers this.
    Instead(fn(&Faulty, &Write) -> Option<Written>),
    /// Answers something else.
    After(fn(&Faulty, &Write, Written) -> Written),
    /// Finds an account by a name.
    Finds(fn(&Account, &Name) -> bool),
    Found(fn(&Faulty, &Names, &mut Found)),
    Record(fn(&Faulty, &mut Record)),
    Organization(fn(&Faulty, &OrganizationId, Option<Record>) -> Option<Record>),
    Claimed(fn(&Faulty, &Claim) -> Option<OrganizationId>),
    Across(fn(&Faulty, &Email, &mut Vec<Account>)),
    List(fn(&Faulty, &OrganizationId, &Listing) -> Result<Page, TooMany>),
    Session(fn(&Faulty, &TokenDigest) -> Option<(Session, Account)>),
    Sessions(fn(&Faulty, &AccountId, &mut Vec<Session>)),
    Named(fn(&Faulty, &OrganizationId, &SubjectDigest, &mut Vec<Session>)),
    Kept(fn(&Faulty, KeptKind, &TokenDigest) -> Option<Kept>),
    AllKept(fn(&Faulty, &OrganizationId, KeptKind, &mut Vec<Kept>)),
    Audit(fn(&Faulty, &OrganizationId, Option<u64>, usize) -> Told<AuditEvent>),
    Requests(fn(&Faulty, &OrganizationId, Option<u64>, usize) -> Told<RequestLog>),
    Feed(fn(&Faulty, &OrganizationId, u64, usize) -> Vec<AccountChange>),
    Trusted(fn(&Faulty, &OrganizationId, &mut Vec<Fingerprint>)),
    StoreRecord(fn(&mut StoreRecord)),
    Records(fn(&AuditEvent) -> Option<AuditEvent>),
    Logs(fn(&RequestLog) -> Option<RequestLog>),
    Fails,
}

/// The store in memory, and what a fault needs to know of it.
pub(crate) struct Faulty {
    pub(crate) inner: MemoryStore,
    hooks: &'static [Hook],
    owner: ThreadId,
    accounts: Mutex<BTreeMap<(OrganizationId, AccountId), Account>>,
    /// Accounts that are gone.
    pub(crate) ghosts: Mutex<Vec<Account>>,
    /// Sessions that are gone, or as they were, with their accounts.
    pub(crate) sessions: Mutex<Vec<(Session, Account)>>,
    pub(crate) kept: Mutex<Vec<Kept>>,
    pub(crate) told: Mutex<Vec<(u64, AuditEvent)>>,
    pub(crate) requests: Mutex<Vec<(u64, RequestLog)>>,
    pub(crate) changes: Mutex<Vec<(OrganizationId, AccountChange)>>,
    pub(crate) organizations: Mutex<Vec<Record>>,
    /// What happened once.
    pub(crate) once: Mutex<BTreeSet<Vec<String>>>,
    /// How many have come to where they pause.
    arrived: Mutex<usize>,
    arrival: Condvar,
    happened: Condvar,
}

/// What the store in memory answers: at once.
pub(crate) fn now<T>(answer: impl Future<Output = Result<T, BoxError>>) -> T {
    match pin!(answer).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer.expect("the store in memory"),
        Poll::Pending => panic!("the store in memory answers at once"),
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Faulty {
    pub(crate) fn with(hooks: &'static [Hook]) -> Self {
        Self {
            inner: MemoryStore::default(),
            hooks,
            owner: thread::current().id(),
            accounts: Mutex::default(),
            ghosts: Mutex::default(),
            sessions: Mutex::default(),
            kept: Mutex::default(),
            told: Mutex::default(),
            requests: Mutex::default(),
            changes: Mutex::default(),
            organizations: Mutex::default(),
            once: Mutex::default(),
            arrived: Mutex::default(),
            arrival: Condvar::new(),
            happened: Condvar::new(),
        }
    }

    /// Whether this is one of many threads.
    pub(crate) fn is_crowd(&self) -> bool {
        thread::current().id() != self.owner
    }

    /// Waits until somebody else has come as far, as may happen to one who looks in one transaction
    /// and writes in the next.
    fn pause(&self) {
        let mut arrived = lock(&self.arrived);
        *arrived += 1;
        self.arrival.notify_all();
        let mine = *arrived;
        if mine % 2 == 1 {
            let waited =
                self.arrival.wait_timeout_while(arrived, Duration::from_secs(1), |n| *n == mine);
            let (mut arrived, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            if timeout.timed_out() {
                *arrived -= 1;
            }
        }
    }

    /// Tells those who wait that something has happened.
    pub(crate) fn happens(&self, what: &str) {
        lock(&self.once).insert(vec![what.to_owned()]);
        self.happened.notify_all();
    }

    /// Waits until something has happened, for ten seconds at most.
    pub(crate) fn wait_for(&self, what: &str) {
        let key = vec![what.to_owned()];
        let once = lock(&self.once);
        let most = Duration::from_secs(10);
        let waited = self.happened.wait_timeout_while(once, most, |once| !once.contains(&key));
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// All accounts of an organization, deleted ones included.
    pub(crate) fn all(&self, organization: &OrganizationId) -> Vec<Account> {
        let accounts = lock(&self.accounts);
        let own = accounts.iter().filter(|((other, _), _)| other == organization);
        own.map(|(_, account)| account.clone()).collect()
    }

    pub(crate) fn everybody(&self) -> Vec<Account> {
        lock(&self.accounts).values().cloned().collect()
    }

    pub(crate) fn account(&self, organization: &OrganizationId, id: &AccountId) -> Option<Account> {
        lock(&self.accounts).get(&(organization.clone(), id.clone())).cloned()
    }

    /// The account that a write changes, as it is.
    pub(crate) fn before(&self, write: &Write) -> Option<Account> {
        self.account(&write.organization, write.account.as_ref()?.id())
    }

    pub(crate) fn record(&self, organization: &OrganizationId) -> Option<Record> {
        now(self.inner.organization(organization))
    }

    pub(crate) fn counters(&self, organization: &OrganizationId) -> Counters {
        self.record(organization).map(|record| record.counters).unwrap_or_default()
    }

    pub(crate) fn shortage(&self, write: &Write) -> Option<Shortage> {
        let account = write.account.as_ref()?;
        let before = self.before(write);
        self.counters(&write.organization).shortage(before.as_ref(), account.after())
    }

    /// Whether an account is written as it was read.
    pub(crate) fn is_as_read(&self, write: &Write) -> bool {
        let before = self.before(write);
        match &write.account {
            Some(AccountWrite::Create(_)) => before.is_none(),
            Some(AccountWrite::Change(after)) => {
                before.is_some_and(|before| before.version + 1 == after.version)
            }
            Some(AccountWrite::Purge { version, .. }) => {
                before.is_some_and(|before| before.version == *version)
            }
            _ => true,
        }
    }

    /// The other accounts of the organization that have names of the one that is written.
    pub(crate) fn others(&self, write: &Write) -> Vec<(Name, Account)> {
        let Some(account) = &write.account else { return Vec::new() };
        let mut others = self.all(&write.organization);
        others.retain(|other| other.id != *account.id());
        let names = account.names().into_iter();
        let named = |name: Name| {
            let having = others.iter().filter(|other| Name::all_of(other).contains(&name));
            having.map(|other| (name.clone(), other.clone())).collect::<Vec<_>>()
        };
        names.flat_map(named).collect()
    }

    /// Those who are in its way.
    pub(crate) fn in_the_way(&self, write: &Write) -> Vec<(Name, Account)> {
        let mut others = self.others(write);
        others.retain(|(_, other)| other.status != Status::Deleted);
        others
    }

    /// The claims of a write that another organization has.
    pub(crate) fn claimed_elsewhere(&self, write: &Write) -> Option<Claim> {
        let claims = write.settings.as_ref()?.organization()?.claims();
        claims.into_iter().find(|claim| {
            now(self.inner.claimed(claim)).is_some_and(|owner| owner != write.organization)
        })
    }

    fn remember(&self, write: &Write) {
        if write.settings == Some(SettingsWrite::Remove) {
            lock(&self.accounts).retain(|(organization, _), _| *organization != write.organization);
            return;
        }
        let Some(account) = &write.account else { return };
        let place = (write.organization.clone(), account.id().clone());
        match account.after() {
            Some(after) => drop(lock(&self.accounts).insert(place, after.clone())),
            None => drop(lock(&self.accounts).remove(&place)),
        }
    }

    fn ask<T>(&self, answer: impl Future<Output = Result<T, BoxError>>) -> Result<T, BoxError> {
        if self.hooks.iter().any(|hook| matches!(hook, Hook::Fails)) {
            return Err(BoxError::new("out of order"));
        }
        Ok(now(answer))
    }

    fn recorded(&self, record: &mut Record) {
        for hook in self.hooks {
            if let Hook::Record(hook) = hook {
                hook(self, record);
            }
        }
    }

    fn written(&self, mut write: Write) -> Written {
        let mut is_free = false;
        for hook in self.hooks {
            match hook {
                Hook::Before(hook) => hook(self, &mut write),
                Hook::Instead(hook) => {
                    if let Some(written) = hook(self, &write) {
                        return written;
                    }
                }
                Hook::Race(hook) if self.is_crowd() && hook(self, &write) => {
                    self.pause();
                    is_free = true;
                }
                _ => {}
            }
        }
        let mut written = now(self.inner.write(write.clone()));
        if written == Written::Done {
            self.remember(&write);
        } else if is_free {
            written = Written::Done;
        }
        for hook in self.hooks {
            if let Hook::After(hook) = hook {
                written = hook(self, &write, written);
            }
        }
        written
    }
}

/// What the first hook of a kind makes of a read, or else the store in memory.
macro_rules! read {
    ($self:ident, $kind:ident($($argument:expr),*), $inner:expr) => {{
        let mut answer = $self.ask($inner)?;
        for hook in $self.hooks {
            if let Hook::$kind(hook) = hook {
                answer = hook($self, $($argument),*);
            }
        }
        Ok(answer)
    }};
}

/// The same for hooks that change what the store in memory answers.
macro_rules! change {
    ($self:ident, $kind:ident($($argument:expr),*), $inner:expr) => {{
        let mut answer = $self.ask($inner)?;
        for hook in $self.hooks {
            if let Hook::$kind(hook) = hook {
                hook($self, $($argument,)* &mut answer);
            }
        }
        Ok(answer)
    }};
}

impl Store for Faulty {
    async fn organization(&self, id: &OrganizationId) -> Result<Option<Record>, BoxError> {
        let mut record = self.ask(self.inner.organization(id))?;
        record.iter_mut().for_each(|record| self.recorded(record));
        for hook in self.hooks {
            if let Hook::Organization(hook) = hook {
                record = hook(self, id, record);
            }
        }
        Ok(record)
    }

    async fn claimed(&self, claim: &Claim) -> Result<Option<OrganizationId>, BoxError> {
        read!(self, Claimed(claim), self.inner.claimed(claim))
    }

    async fn find(
        &self,
        organization: &OrganizationId,
        names: &Names,
    ) -> Result<Option<Found>, BoxError> {
        let Some(mut found) = self.ask(self.inner.find(organization, names))? else {
            return Ok(None);
        };
        self.recorded(&mut found.record);
        for hook in self.hooks {
            match hook {
                Hook::Finds(hook) => {
                    let mut all = self.all(organization);
                    all.retain(|account| {
                        let token = account.invitation.map(|invitation| invitation.token);
                        names.ids.contains(&account.id)
                            || (token.is_some() && token == names.invitation)
                            || names.names.iter().any(|name| hook(account, name))
                    });
                    found.accounts = all;
                }
                Hook::Found(hook) => hook(self, names, &mut found),
                _ => {}
            }
        }
        Ok(Some(found))
    }

    async fn accounts_of(&self, email: &Email) -> Result<Vec<Account>, BoxError> {
        change!(self, Across(email), self.inner.accounts_of(email))
    }

    async fn list(
        &self,
        organization: &OrganizationId,
        listing: &Listing,
    ) -> Result<Result<Page, TooMany>, BoxError> {
        read!(self, List(organization, listing), self.inner.list(organization, listing))
    }

    async fn session(&self, token: &TokenDigest) -> Result<Option<(Session, Account)>, BoxError> {
        read!(self, Session(token), self.inner.session(token))
    }

    async fn sessions(
        &self,
        organization: &OrganizationId,
        account: &AccountId,
    ) -> Result<Vec<Session>, BoxError> {
        change!(self, Sessions(account), self.inner.sessions(organization, account))
    }

    async fn sessions_named(
        &self,
        organization: &OrganizationId,
        subject: &SubjectDigest,
    ) -> Result<Vec<Session>, BoxError> {
        change!(
            self,
            Named(organization, subject),
            self.inner.sessions_named(organization, subject)
        )
    }

    async fn kept(&self, kind: KeptKind, digest: &TokenDigest) -> Result<Option<Kept>, BoxError> {
        read!(self, Kept(kind, digest), self.inner.kept(kind, digest))
    }

    async fn all_kept(
        &self,
        organization: &OrganizationId,
        kind: KeptKind,
    ) -> Result<Vec<Kept>, BoxError> {
        change!(self, AllKept(organization, kind), self.inner.all_kept(organization, kind))
    }

    async fn audit(
        &self,
        organization: &OrganizationId,
        before: Option<u64>,
        count: usize,
    ) -> Result<Vec<(u64, AuditEvent)>, BoxError> {
        let read = self.inner.audit(organization, before, count);
        read!(self, Audit(organization, before, count), read)
    }

    async fn changes_since(
        &self,
        organization: &OrganizationId,
        after: u64,
        count: usize,
    ) -> Result<Vec<AccountChange>, BoxError> {
        let read = self.inner.changes_since(organization, after, count);
        read!(self, Feed(organization, after, count), read)
    }

    async fn trusted_elsewhere(
        &self,
        organization: &OrganizationId,
        fingerprints: &[Fingerprint],
    ) -> Result<Vec<Fingerprint>, BoxError> {
        change!(
            self,
            Trusted(organization),
            self.inner.trusted_elsewhere(organization, fingerprints)
        )
    }

    async fn store_record(&self) -> Result<StoreRecord, BoxError> {
        let mut record = self.ask(self.inner.store_record())?;
        for hook in self.hooks {
            if let Hook::StoreRecord(hook) = hook {
                hook(&mut record);
            }
        }
        Ok(record)
    }

    async fn record(&self, event: &AuditEvent) -> Result<(), BoxError> {
        let mut event = Some(event.clone());
        for hook in self.hooks {
            if let Hook::Records(hook) = hook {
                event = event.as_ref().and_then(hook);
            }
        }
        event.iter().for_each(|event| now(self.inner.record(event)));
        Ok(())
    }

    async fn log_request(&self, request: &RequestLog) -> Result<(), BoxError> {
        let mut request = Some(request.clone());
        for hook in self.hooks {
            if let Hook::Logs(hook) = hook {
                request = request.as_ref().and_then(hook);
            }
        }
        request.iter().for_each(|request| now(self.inner.log_request(request)));
        Ok(())
    }

    async fn requests(
        &self,
        organization: &OrganizationId,
        before: Option<u64>,
        count: usize,
    ) -> Result<Vec<(u64, RequestLog)>, BoxError> {
        let read = self.inner.requests(organization, before, count);
        read!(self, Requests(organization, before, count), read)
    }

    async fn write(&self, write: Write) -> Result<Written, BoxError> {
        self.ask(async { Ok(self.written(write)) })
    }
}
