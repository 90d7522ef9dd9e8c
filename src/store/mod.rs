//! Where organizations, their accounts, sessions and audit trail are kept: [`Store`], one trait
//! over one database, because what belongs together is [written together](Write).

mod address_filter;
mod list;
mod memory;
mod names;
mod records;
mod write;

use std::future::Future;

pub use self::address_filter::AddressFilter;
pub use self::list::{Attribute, Filter, Listing, Page, Position, SortBy, Test, TooMany};
pub use self::memory::MemoryStore;
pub use self::names::{Mark, Name, Names, PurgeKey};
pub use self::records::{
    AccountChange, CodeDigest, Confirmation, DirectoryToken, Kept, KeptKind, KeptWhat, LoginCode,
    PagingKey, RequestLog, SetupLink, StoreRecord,
};
pub use self::write::{AccountWrite, KeptWrite, SessionWrite, SettingsWrite, Write, Written};
use crate::account::{Account, AccountId, OrganizationId};
use crate::audit::AuditEvent;
use crate::error::BoxError;
use crate::fingerprint::Fingerprint;
use crate::identity::Email;
use crate::logout::SubjectDigest;
use crate::organization::{Claim, Counters, Organization};
use crate::pointers::behind_pointers;
use crate::session::Session;
use crate::token::TokenDigest;

/// Keeps everything of the people model, in one database.
///
/// # The contract
///
/// 1. **A [`write`](Store::write) is one atomic step**, durable once it is answered
///    [`Written::Done`]. Every other answer, and an error unless the fate of a commit is unknown,
///    leaves nothing behind: no account, no seat, no event.
/// 2. **An account is changed as it was read.** Its [version](Account::version) is one more than
///    the one that is kept, or the answer is [`Written::Conflict`]. What is kept afterwards is the
///    whole account, to the letter. A session is of an account that is there, or the answer is the
///    same; an account that is purged takes its sessions with it. A session that has ended is not
///    brought back by a late [use](SessionWrite::Touch). What has been over for a day, a session or
///    something [kept](Kept::expires_at), may be forgotten, and should be: anybody can ask for
///    codes.
/// 3. **No two accounts of one organization, deleted ones aside, share a name**: a
///    [key](Name::Key), an [address](Name::Email), a [user name](Name::UserName) or an
///    [external ID](Name::ExternalId). The second is a conflict, however close together they come,
///    and whether it is created, changed or restored.
/// 4. **Seats and administrators are counted in the same step**: [`Counters::shortage`] says what
///    is refused, [`Counters::changed`] what the numbers are afterwards. A shortage of
///    administrators is not asked about where the write says [so](Write::keep_administrator).
///    Settings that are written decide [anew](Counters::counted_anew) whom they let in. Where the
///    write [says](Write::keep_reachable) that somebody has to stay who gets in, numbers that [lose
///    that](Counters::lose_reach) are [`Written::LastAdministrator`], too.
/// 5. **Settings are written at the version that was read.** Another one is [`Written::Outdated`];
///    where none is given they are not changed. What [decided](Write::decided_by) an account's
///    write must still be in effect, too: it is read under a shared lock. Counters have a row of
///    their own and raise no version. An organization that is [not
///    there](Write::needs_organization) is `Outdated` as well, and one whose id was ever given is
///    founded by nobody.
/// 6. **What is [claimed](Organization::claims) belongs to one organization**: a row with a primary
///    key each. A claim of another one is [`Written::Claimed`]. Claims that go are free again;
///    those of an organization that is removed are never given again. A certificate may be trusted
///    by several; who else trusts one is [found](Store::trusted_elsewhere) by an index.
/// 7. **What is [spent](Write::spend) was not spent before**: [`Written::AlreadySpent`], by the
///    rules of a [`ReplayStore`](crate::ReplayStore). So is what is over, or an error.
/// 8. **Where several answers are true**, the first of these is given: `Outdated`, `AlreadySpent`,
///    `Conflict`, `Claimed`, `LastAdministrator`, `NoSeat`.
/// 9. **Organizations are apart**: each has accounts, names and numbers of its own. Only
///    [`accounts_of`](Store::accounts_of) crosses them. A write [with a part](Write::is_mixed) of
///    another one is a `Conflict`.
/// 10. **Each write of an account has its place in the [feed](Store::changes_since)**, in the order
///     of the organization's own numbers, which are given when everything else of the write is
///     done: none becomes visible after a later one.
/// 11. **Nothing scans.** What is found by a name, a digest or an id is found by an index.
///     [`list`](Store::list) without a filter reads its page alone, in whatever order; with one
///     that no index serves it looks at [`Listing::MAX_SCANNED`] accounts at most, and says
///     [`TooMany`] beyond. An index serves what a user name, an address, an external ID or an id
///     [is](Test::Is), a status, when an account was last written, all of several tests of which it
///     serves one closely enough, and any of several that it serves.
///
/// [`testing::contract::store`](crate::testing::contract::store) (feature `testing`) tests an
/// implementation.
///
/// Write plain `async fn`, no `async_trait`. Reads that lead to writes go to the primary.
pub trait Store: Send + Sync {
    /// The organization of this id, and its numbers; `None` if there is none.
    fn organization(
        &self,
        id: &OrganizationId,
    ) -> impl Future<Output = Result<Option<Record>, BoxError>> + Send;

    /// Which organization has claimed this: a slug (a former one, too), one of its URLs, a domain.
    fn claimed(
        &self,
        claim: &Claim,
    ) -> impl Future<Output = Result<Option<OrganizationId>, BoxError>> + Send;

    /// The accounts of an organization that have any of these names, deleted ones included, each
    /// once; whether somebody with one of them was [purged](PurgeKey::mark); and the organization
    /// itself. `None` if there is no such organization.
    fn find(
        &self,
        organization: &OrganizationId,
        names: &Names,
    ) -> impl Future<Output = Result<Option<Found>, BoxError>> + Send;

    /// The accounts with this address, in any ASCII letter case, in all organizations, deleted ones
    /// aside.
    fn accounts_of(
        &self,
        email: &Email,
    ) -> impl Future<Output = Result<Vec<Account>, BoxError>> + Send;

    /// A page of an organization's accounts, deleted ones aside.
    fn list(
        &self,
        organization: &OrganizationId,
        listing: &Listing,
    ) -> impl Future<Output = Result<Result<Page, TooMany>, BoxError>> + Send;

    /// A session with its account, by the digest of its token, in one read.
    fn session(
        &self,
        token: &TokenDigest,
    ) -> impl Future<Output = Result<Option<(Session, Account)>, BoxError>> + Send;

    /// The sessions of an account.
    fn sessions(
        &self,
        organization: &OrganizationId,
        account: &AccountId,
    ) -> impl Future<Output = Result<Vec<Session>, BoxError>> + Send;

    /// The sessions of whoever is called [so](crate::logout::LogoutSubject::digest) at the identity
    /// provider. Whether a logout [concerns](crate::logout::LogoutRequest::concerns) one is asked
    /// of what is found.
    fn sessions_named(
        &self,
        organization: &OrganizationId,
        subject: &SubjectDigest,
    ) -> impl Future<Output = Result<Vec<Session>, BoxError>> + Send;

    /// What is kept by this digest.
    fn kept(
        &self,
        kind: KeptKind,
        digest: &TokenDigest,
    ) -> impl Future<Output = Result<Option<Kept>, BoxError>> + Send;

    /// Everything of one kind that is kept for an organization.
    fn all_kept(
        &self,
        organization: &OrganizationId,
        kind: KeptKind,
    ) -> impl Future<Output = Result<Vec<Kept>, BoxError>> + Send;

    /// The latest events of an organization, the newest first; those before the number `before`
    /// alone, where one is given. Each comes with its number.
    fn audit(
        &self,
        organization: &OrganizationId,
        before: Option<u64>,
        count: usize,
    ) -> impl Future<Output = Result<Vec<(u64, AuditEvent)>, BoxError>> + Send;

    /// What happened to an organization's accounts after this number, in order: how the application
    /// learns that API tokens have to end, and whom to keep in step. At least once.
    fn changes_since(
        &self,
        organization: &OrganizationId,
        after: u64,
        count: usize,
    ) -> impl Future<Output = Result<Vec<AccountChange>, BoxError>> + Send;

    /// Those of these certificates that another organization than this trusts: nobody else should
    /// have the same identity provider's key, and whoever pastes it is warned.
    fn trusted_elsewhere(
        &self,
        organization: &OrganizationId,
        fingerprints: &[Fingerprint],
    ) -> impl Future<Output = Result<Vec<Fingerprint>, BoxError>> + Send;

    /// What there is once for all organizations.
    fn store_record(&self) -> impl Future<Output = Result<StoreRecord, BoxError>> + Send;

    /// Records an event that no write goes with: a refusal.
    fn record(&self, event: &AuditEvent) -> impl Future<Output = Result<(), BoxError>> + Send;

    /// Records a request of a customer's directory; one of an organization that is not there is
    /// forgotten. Those that were refused may have room of their own, so that no flood of them
    /// pushes anything else out.
    fn log_request(
        &self,
        request: &RequestLog,
    ) -> impl Future<Output = Result<(), BoxError>> + Send;

    /// The latest requests of an organization's directory, the newest first; those before the
    /// number `before` alone, where one is given. Each comes with its number.
    fn requests(
        &self,
        organization: &OrganizationId,
        before: Option<u64>,
        count: usize,
    ) -> impl Future<Output = Result<Vec<(u64, RequestLog)>, BoxError>> + Send;

    /// Writes what belongs together: all of it, or nothing.
    fn write(&self, write: Write) -> impl Future<Output = Result<Written, BoxError>> + Send;
}

behind_pointers!(
    Store,
    /// Any [`Store`], for those who choose at run time.
    DynStore {
        fn organization(id: &OrganizationId = &'a OrganizationId) -> Result<Option<Record>, BoxError>;
        fn claimed(claim: &Claim = &'a Claim) -> Result<Option<OrganizationId>, BoxError>;
        fn find(
            organization: &OrganizationId = &'a OrganizationId,
            names: &Names = &'a Names
        ) -> Result<Option<Found>, BoxError>;
        fn accounts_of(email: &Email = &'a Email) -> Result<Vec<Account>, BoxError>;
        fn list(
            organization: &OrganizationId = &'a OrganizationId,
            listing: &Listing = &'a Listing
        ) -> Result<Result<Page, TooMany>, BoxError>;
        fn session(token: &TokenDigest = &'a TokenDigest) -> Result<Option<(Session, Account)>, BoxError>;
        fn sessions(
            organization: &OrganizationId = &'a OrganizationId,
            account: &AccountId = &'a AccountId
        ) -> Result<Vec<Session>, BoxError>;
        fn sessions_named(
            organization: &OrganizationId = &'a OrganizationId,
            subject: &SubjectDigest = &'a SubjectDigest
        ) -> Result<Vec<Session>, BoxError>;
        fn kept(
            kind: KeptKind = KeptKind,
            digest: &TokenDigest = &'a TokenDigest
        ) -> Result<Option<Kept>, BoxError>;
        fn all_kept(
            organization: &OrganizationId = &'a OrganizationId,
            kind: KeptKind = KeptKind
        ) -> Result<Vec<Kept>, BoxError>;
        fn audit(
            organization: &OrganizationId = &'a OrganizationId,
            before: Option<u64> = Option<u64>,
            count: usize = usize
        ) -> Result<Vec<(u64, AuditEvent)>, BoxError>;
        fn changes_since(
            organization: &OrganizationId = &'a OrganizationId,
            after: u64 = u64,
            count: usize = usize
        ) -> Result<Vec<AccountChange>, BoxError>;
        fn trusted_elsewhere(
            organization: &OrganizationId = &'a OrganizationId,
            fingerprints: &[Fingerprint] = &'a [Fingerprint]
        ) -> Result<Vec<Fingerprint>, BoxError>;
        fn store_record() -> Result<StoreRecord, BoxError>;
        fn record(event: &AuditEvent = &'a AuditEvent) -> Result<(), BoxError>;
        fn log_request(request: &RequestLog = &'a RequestLog) -> Result<(), BoxError>;
        fn requests(
            organization: &OrganizationId = &'a OrganizationId,
            before: Option<u64> = Option<u64>,
            count: usize = usize
        ) -> Result<Vec<(u64, RequestLog)>, BoxError>;
        fn write(write: Write = Write) -> Result<Written, BoxError>;
    }
);

/// An organization, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Record {
    /// Its settings.
    pub organization: Organization,
    /// The version of the settings, raised by every change of them.
    pub version: u64,
    /// The numbers of its accounts.
    pub counters: Counters,
    /// What marks of purged names are made under.
    pub purge_key: PurgeKey,
}

impl Record {
    /// These settings at this version, with these numbers.
    pub fn new(
        organization: Organization,
        version: u64,
        counters: Counters,
        purge_key: PurgeKey,
    ) -> Self {
        Self { organization, version, counters, purge_key }
    }
}

/// What is found for a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Found {
    /// The organization.
    pub record: Record,
    /// The accounts with any of the names.
    pub accounts: Vec<Account>,
    /// Whether any of the names is that of somebody who was purged.
    pub purged: bool,
}

impl Found {
    /// This.
    pub fn new(record: Record, accounts: Vec<Account>, purged: bool) -> Self {
        Self { record, accounts, purged }
    }
}
