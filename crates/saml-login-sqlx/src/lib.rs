#![cfg_attr(docsrs, feature(doc_cfg))]
#![doc = include_str!("../README.md")]
// Nothing that can panic may touch outside data. Tests are exempt.
#![warn(
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used
)]

#[cfg(not(any(feature = "sqlite", feature = "postgres")))]
compile_error!("saml-login-sqlx needs one of its features: `sqlite` or `postgres`");

mod failure;
mod database;
mod keys;
mod hook;
mod migrate;
mod prune;
mod write;
mod read;
mod gather;
mod connect;
mod store;
mod pending;
mod rates;
#[cfg(test)]
mod plans;

/// The very sqlx that pools and hooks are of.
pub use sqlx;

pub use self::failure::Error;
pub use self::hook::{AccountHook, AccountWritten, HookConnection};
pub use self::migrate::Migration;
pub use self::prune::{Pruned, Retention};
pub use self::store::SqlStore;

/// Opens the database of a URL, with the settings that what is kept here needs.
///
/// | URL | |
/// |---|---|
/// | `sqlite://app.db` | a file, made if it is not there |
/// | `sqlite::memory:` | gone with the store: for tests |
/// | `postgres://user:password@host/database` | needs the feature `postgres` |
///
/// The schema is brought up to date by [`migrate`](SqlStore::migrate) alone.
///
/// # Errors
///
/// [`Error::UnknownUrl`], and [`Error::Database`] where it cannot be opened.
///
/// ```
/// # async fn run() -> Result<(), saml_login_sqlx::Error> {
/// let store = saml_login_sqlx::connect("sqlite::memory:").await?;
/// store.migrate().await?;
/// assert!(store.pending().await?.is_empty());
/// # Ok(())
/// # }
/// ```
pub async fn connect(url: &str) -> Result<SqlStore, Error> {
    SqlStore::connect(url).await
}
