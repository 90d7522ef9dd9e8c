//! The store, over either database.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use saml_login::ReplayStore;
use saml_login::account::{Account, AccountId, OrganizationId, Status};
use saml_login::audit::AuditEvent;
use saml_login::error::BoxError;
use saml_login::identity::Email;
use saml_login::logout::SubjectDigest;
use saml_login::organization::Claim;
use saml_login::replay::{SpendOutcome, Spending};
use saml_login::session::Session;
use saml_login::store::{
    AccountChange, Found, Kept, KeptKind, Listing, Names, Page, Record, RequestLog, Store,
    StoreRecord, TooMany, Write, Written,
};
use saml_login::token::TokenDigest;
use saml_login::trust::Fingerprint;

use crate::connect;
use crate::database::{Batch, Database, Row, Sql, Value, values};
use crate::failure::{Error, Failure};
use crate::gather::{Answer, Gather, Job};
use crate::hook::AccountHook;
use crate::keys::{self, read_instant};
use crate::migrate::{self, Migration};
use crate::prune::{Prune, Pruned, Retention};
use crate::read::{find, list};
use crate::write::read_store_record;

/// Keeps everything in a database: a [`Store`], a [`RequestStore`](saml_login::RequestStore), a
/// [`ReplayStore`] and [`RateLimits`](saml_login::sso::RateLimits) in one. Clones share it.
#[derive(Clone, Debug)]
pub struct SqlStore {
    gather: Arc<Gather>,
    retention: Retention,
}

impl SqlStore {
    /// Opens the database of a URL; see [`connect`](crate::connect()).
    ///
    /// # Errors
    ///
    /// [`Error::UnknownUrl`], and [`Error::Database`] where it cannot be opened.
    pub async fn connect(url: &str) -> Result<Self, Error> {
        Ok(Self::over(connect::open(url).await?))
    }

    /// Over a pool of the application's own. Its connections have to be set up with
    /// `journal_mode` WAL, `synchronous` FULL and a `busy_timeout`; everything is read and written
    /// by this one pool.
    #[cfg(feature = "sqlite")]
    pub fn sqlite(pool: sqlx::SqlitePool) -> Self {
        Self::over(Database::Sqlite { writer: pool.clone(), readers: pool })
    }

    /// Over a pool of the application's own.
    #[cfg(feature = "postgres")]
    pub fn postgres(pool: sqlx::PgPool) -> Self {
        Self::over(Database::Postgres(pool))
    }

    fn over(database: Database) -> Self {
        Self { gather: Arc::new(Gather::new(database, None)), retention: Retention::default() }
    }

    /// Calls this inside each transaction that writes an account.
    #[must_use]
    pub fn with_hook(self, hook: impl AccountHook + 'static) -> Self {
        let database = self.database().clone();
        Self { gather: Arc::new(Gather::new(database, Some(Arc::new(hook)))), ..self }
    }

    /// Keeps what was told for so long.
    #[must_use]
    pub fn with_retention(self, retention: Retention) -> Self {
        Self { retention, ..self }
    }

    /// Brings the schema up to date, in one transaction; what was done. Processes that start at the
    /// same time wait for each other.
    ///
    /// # Errors
    ///
    /// [`Error::SchemaTooNew`] where a newer release has been there, and [`Error::Database`].
    pub async fn migrate(&self) -> Result<Vec<Migration>, Error> {
        migrate::migrate(self.database()).await
    }

    /// What [`migrate`](Self::migrate) would do: nothing, where the schema is up to date.
    ///
    /// # Errors
    ///
    /// As for [`migrate`](Self::migrate).
    pub async fn pending(&self) -> Result<Vec<Migration>, Error> {
        migrate::pending(self.database()).await
    }

    /// Forgets what has been over for a day, and what was told before the
    /// [retention](Self::with_retention), at most so many rows of each table. Call it from time to
    /// time, and again while there [is more](Pruned::is_more).
    ///
    /// # Errors
    ///
    /// Whatever the database says.
    pub async fn prune(&self, now: DateTime<Utc>, limit: u32) -> Result<Pruned, BoxError> {
        let prune = Prune { now, limit, retention: self.retention };
        match self.ask(Job::Prune(prune)).await? {
            Answer::Pruned(pruned) => Ok(pruned),
            _ => Ok(Pruned::default()),
        }
    }

    /// Ends all connections, once they have done what they are at.
    pub async fn close(&self) {
        self.database().close().await;
    }

    pub(crate) fn database(&self) -> &Database {
        self.gather.database()
    }

    pub(crate) async fn ask(&self, job: Job) -> Result<Answer, BoxError> {
        self.gather.ask(job).await
    }

    /// The rows of one statement.
    async fn rows(&self, sql: impl Into<Sql>, values: Vec<Value>) -> Result<Vec<Row>, BoxError> {
        let mut look = self.database().look().await?;
        Ok(look.connection().rows(sql, values).await?)
    }
}

impl ReplayStore for SqlStore {
    async fn spend(
        &self,
        spending: &Spending,
        now: DateTime<Utc>,
    ) -> Result<SpendOutcome, BoxError> {
        match self.ask(Job::Spend(spending.clone(), now)).await? {
            Answer::Spent(outcome) => Ok(outcome),
            _ => Err(BoxError::new("a spending has no answer")),
        }
    }
}

impl Store for SqlStore {
    async fn organization(&self, id: &OrganizationId) -> Result<Option<Record>, BoxError> {
        let mut look = self.database().look().await?;
        Ok(find::organization(&mut look.connection(), &keys::of_organization(id)).await?)
    }

    async fn claimed(&self, claim: &Claim) -> Result<Option<OrganizationId>, BoxError> {
        let sql = "SELECT o.id FROM saml_claims c JOIN saml_organizations o \
             ON o.organization = c.organization WHERE c.claim = $1 AND o.id IS NOT NULL";
        let rows = self.rows(sql, values![keys::of_claim(claim)]).await?;
        let id = rows.first().map(|row| row.bytes(0)).transpose()?;
        Ok(id.map(String::from_utf8).transpose()?.map(OrganizationId::new))
    }

    async fn find(
        &self,
        organization: &OrganizationId,
        names: &Names,
    ) -> Result<Option<Found>, BoxError> {
        let mut open = self.database().snapshot().await?;
        Ok(find::find(&mut open.connection(), organization, names).await?)
    }

    async fn accounts_of(&self, email: &Email) -> Result<Vec<Account>, BoxError> {
        let sql = "SELECT a.record FROM saml_addresses d JOIN saml_accounts a \
             ON a.organization = d.organization AND a.account = d.account \
             WHERE d.address = $1 AND d.own = 1";
        let rows = self.rows(sql, values![keys::of_address(email.address())]).await?;
        let mut accounts: Vec<Account> = read(&rows)?;
        accounts.retain(|account| account.status != Status::Deleted);
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
        let mut open = self.database().snapshot().await?;
        Ok(list::list(&mut open.connection(), organization, listing).await?)
    }

    async fn session(&self, token: &TokenDigest) -> Result<Option<(Session, Account)>, BoxError> {
        let sql = "SELECT s.record, s.last_used_at, a.record FROM saml_sessions s \
             JOIN saml_accounts a ON a.organization = s.organization AND a.account = s.account \
             WHERE s.token = $1";
        let rows = self.rows(sql, values![token.as_bytes()]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        Ok(Some((read_session(row)?, row.record(2)?)))
    }

    async fn sessions(
        &self,
        organization: &OrganizationId,
        account: &AccountId,
    ) -> Result<Vec<Session>, BoxError> {
        let sql = "SELECT record, last_used_at FROM saml_sessions \
             WHERE organization = $1 AND account = $2 ORDER BY token";
        let key = keys::of_organization(organization);
        let rows = self.rows(sql, values![key, keys::of_account(account)]).await?;
        Ok(rows.iter().map(read_session).collect::<Result<_, _>>()?)
    }

    async fn sessions_named(
        &self,
        organization: &OrganizationId,
        subject: &SubjectDigest,
    ) -> Result<Vec<Session>, BoxError> {
        let sql = "SELECT record, last_used_at FROM saml_sessions \
             WHERE organization = $1 AND subject = $2 ORDER BY token";
        let key = keys::of_organization(organization);
        let rows = self.rows(sql, values![key, subject.as_bytes()]).await?;
        Ok(rows.iter().map(read_session).collect::<Result<_, _>>()?)
    }

    async fn kept(&self, kind: KeptKind, digest: &TokenDigest) -> Result<Option<Kept>, BoxError> {
        let sql = "SELECT record FROM saml_kept WHERE kind = $1 AND digest = $2";
        let rows = self.rows(sql, values![kind.as_str(), digest.as_bytes()]).await?;
        Ok(rows.first().map(|row| row.record(0)).transpose()?)
    }

    async fn all_kept(
        &self,
        organization: &OrganizationId,
        kind: KeptKind,
    ) -> Result<Vec<Kept>, BoxError> {
        let sql = "SELECT record FROM saml_kept WHERE organization = $1 AND kind = $2 \
             ORDER BY digest";
        let key = keys::of_organization(organization);
        Ok(read(&self.rows(sql, values![key, kind.as_str()]).await?)?)
    }

    async fn audit(
        &self,
        organization: &OrganizationId,
        before: Option<u64>,
        count: usize,
    ) -> Result<Vec<(u64, AuditEvent)>, BoxError> {
        let sql = "SELECT number, record FROM saml_events \
             WHERE organization = $1 AND number < $2 ORDER BY number DESC LIMIT $3";
        self.told(sql, organization, before, count).await
    }

    async fn changes_since(
        &self,
        organization: &OrganizationId,
        after: u64,
        count: usize,
    ) -> Result<Vec<AccountChange>, BoxError> {
        let sql = "SELECT number, account, version, generation FROM saml_changes \
             WHERE organization = $1 AND number > $2 ORDER BY number LIMIT $3";
        let key = keys::of_organization(organization);
        let rows = self.rows(sql, values![key, number(after), counted(count)]).await?;
        rows.iter().map(read_change).collect()
    }

    async fn trusted_elsewhere(
        &self,
        organization: &OrganizationId,
        fingerprints: &[Fingerprint],
    ) -> Result<Vec<Fingerprint>, BoxError> {
        let (mut batch, key) = (Batch::default(), keys::of_organization(organization));
        let ask = |fingerprint: &Fingerprint| {
            let sql = "SELECT 1 FROM saml_trusted \
                 WHERE fingerprint = $1 AND organization <> $2 LIMIT 1";
            batch.add(sql, values![fingerprint.as_bytes(), key])
        };
        let asked: Vec<usize> = fingerprints.iter().map(ask).collect();
        let answers = self.database().look().await?.connection().many(batch).await?;
        let asked = fingerprints.iter().zip(asked);
        let elsewhere = asked.filter(|(_, place)| answers.first(*place).is_some());
        Ok(elsewhere.map(|(fingerprint, _)| *fingerprint).collect())
    }

    async fn store_record(&self) -> Result<StoreRecord, BoxError> {
        let rows = self.rows("SELECT record FROM saml_store", values![]).await?;
        let record = rows.first().map(read_store_record).transpose()?;
        Ok(record.unwrap_or_default())
    }

    async fn record(&self, event: &AuditEvent) -> Result<(), BoxError> {
        self.ask(Job::Record(event.clone())).await.map(drop)
    }

    async fn log_request(&self, request: &RequestLog) -> Result<(), BoxError> {
        self.ask(Job::Log(request.clone())).await.map(drop)
    }

    async fn requests(
        &self,
        organization: &OrganizationId,
        before: Option<u64>,
        count: usize,
    ) -> Result<Vec<(u64, RequestLog)>, BoxError> {
        let sql = "SELECT number, record FROM saml_requests \
             WHERE organization = $1 AND number < $2 ORDER BY number DESC LIMIT $3";
        self.told(sql, organization, before, count).await
    }

    async fn write(&self, write: Write) -> Result<Written, BoxError> {
        match self.ask(Job::Write(Box::new(write))).await? {
            Answer::Written(written) => Ok(written),
            _ => Err(BoxError::new("a write has no answer")),
        }
    }
}

impl SqlStore {
    /// Numbered records, the newest first.
    async fn told<T: serde::de::DeserializeOwned>(
        &self,
        sql: &'static str,
        organization: &OrganizationId,
        before: Option<u64>,
        count: usize,
    ) -> Result<Vec<(u64, T)>, BoxError> {
        let key = keys::of_organization(organization);
        let before = before.map_or(i64::MAX, number);
        let rows = self.rows(sql, values![key, before, counted(count)]).await?;
        let numbered = |row: &Row| -> Result<(u64, T), BoxError> {
            Ok((row.int(0)?.cast_unsigned(), row.record(1)?))
        };
        rows.iter().map(numbered).collect()
    }
}

/// What is greater than any number here is as great as the greatest.
fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn counted(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn read<T: serde::de::DeserializeOwned>(rows: &[Row]) -> Result<Vec<T>, Failure> {
    rows.iter().map(|row| row.record(0)).collect()
}

/// When it was last used stands in a column, so that a use rewrites nothing else.
fn read_session(row: &Row) -> Result<Session, Failure> {
    let mut session: Session = row.record(0)?;
    let last_used_at = read_instant(&row.bytes(1)?);
    session.last_used_at = last_used_at.ok_or_else(|| Failure::other("a column has no instant"))?;
    Ok(session)
}

fn read_change(row: &Row) -> Result<AccountChange, BoxError> {
    let account = AccountId::new(String::from_utf8(row.bytes(1)?)?);
    let version = row.maybe_int(2)?.map(i64::cast_unsigned);
    let generation = row.int(3)?.cast_unsigned();
    Ok(AccountChange::new(row.int(0)?.cast_unsigned(), account, version, generation))
}
