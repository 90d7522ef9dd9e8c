//! What the application writes in the transaction of an account.

use std::future::Future;
use std::pin::Pin;

use saml_login::account::{Account, OrganizationId};
use saml_login::error::BoxError;
#[cfg(feature = "postgres")]
use sqlx::PgConnection;
#[cfg(feature = "sqlite")]
use sqlx::SqliteConnection;

use crate::database::Raw;

/// What became of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccountWritten {
    /// The account as it was; `None` where it was not there.
    pub before: Option<Account>,
    /// The account as it is; `None` where it is gone for good.
    pub after: Option<Account>,
}

/// The connection on which the transaction runs. Everything on it is written with the account, or
/// not at all; leave beginning, committing and rolling back to the store.
#[non_exhaustive]
#[expect(missing_debug_implementations, reason = "the connection of SQLite has none")]
pub enum HookConnection<'c> {
    /// To SQLite.
    #[cfg(feature = "sqlite")]
    Sqlite(&'c mut SqliteConnection),
    /// To PostgreSQL.
    #[cfg(feature = "postgres")]
    Postgres(&'c mut PgConnection),
}

/// Keeps the application's own tables in step: it is called inside each transaction that writes an
/// account, and its failure undoes that write.
///
/// Use the connection that it is given. A second one would not see the account yet, and in SQLite
/// it would wait for this very transaction. While a hook runs, other writes of the same
/// organization wait, in SQLite all writes: no requests to others here. It can be called again for
/// the same write, after everything of the first call was undone.
///
/// Write plain `async fn`:
///
/// ```
/// use saml_login::error::BoxError;
/// use saml_login_sqlx::{AccountHook, AccountWritten, HookConnection, sqlx};
///
/// struct Users;
///
/// impl AccountHook for Users {
///     async fn written(
///         &self,
///         written: &AccountWritten,
///         connection: HookConnection<'_>,
///     ) -> Result<(), BoxError> {
///         let (None, Some(account)) = (&written.before, &written.after) else { return Ok(()) };
///         match connection {
///             HookConnection::Sqlite(connection) => {
///                 sqlx::query("INSERT INTO users (account) VALUES ($1)")
///                     .bind(account.id.as_str())
///                     .execute(connection)
///                     .await?;
///             }
///             _ => return Err(BoxError::new("this application uses SQLite")),
///         }
///         Ok(())
///     }
/// }
/// ```
pub trait AccountHook: Send + Sync {
    /// An account was written.
    ///
    /// # Errors
    ///
    /// Whatever went wrong. The write is undone, and whoever asked for it gets the error.
    fn written(
        &self,
        written: &AccountWritten,
        connection: HookConnection<'_>,
    ) -> impl Future<Output = Result<(), BoxError>> + Send;

    /// An organization was removed, with all of its accounts. Nothing is done here unless you say
    /// so.
    ///
    /// # Errors
    ///
    /// As for [`written`](Self::written).
    fn removed(
        &self,
        organization: &OrganizationId,
        connection: HookConnection<'_>,
    ) -> impl Future<Output = Result<(), BoxError>> + Send {
        let _ = (organization, connection);
        async { Ok(()) }
    }
}

type Answer<'a> = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send + 'a>>;

/// Any hook.
pub(crate) trait AnyHook: Send + Sync {
    fn written<'a>(
        &'a self,
        written: &'a AccountWritten,
        connection: HookConnection<'a>,
    ) -> Answer<'a>;

    fn removed<'a>(
        &'a self,
        organization: &'a OrganizationId,
        connection: HookConnection<'a>,
    ) -> Answer<'a>;
}

impl<H: AccountHook> AnyHook for H {
    fn written<'a>(
        &'a self,
        written: &'a AccountWritten,
        connection: HookConnection<'a>,
    ) -> Answer<'a> {
        Box::pin(AccountHook::written(self, written, connection))
    }

    fn removed<'a>(
        &'a self,
        organization: &'a OrganizationId,
        connection: HookConnection<'a>,
    ) -> Answer<'a> {
        Box::pin(AccountHook::removed(self, organization, connection))
    }
}

impl<'c> HookConnection<'c> {
    /// The connection of a transaction.
    pub(crate) fn of(raw: &'c mut Raw<'_>) -> Self {
        match raw {
            #[cfg(feature = "sqlite")]
            Raw::Sqlite(connection) => Self::Sqlite(connection),
            #[cfg(feature = "postgres")]
            Raw::Postgres(connection) => Self::Postgres(connection),
        }
    }
}
