//! Databases for tests: in a scratch folder, in memory, on a server.

use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use saml_login_sqlx::SqlStore;
use saml_login_sqlx::sqlx;
use tokio::runtime::{Builder, Runtime};

pub(crate) struct Place {
    runtime: Runtime,
    /// What the store is opened by.
    url: String,
    /// What is done beside the store.
    beside: String,
    folder: Option<PathBuf>,
    /// The server, and the database on it that goes with the test.
    #[cfg_attr(not(feature = "postgres"), expect(dead_code, reason = "there is no server"))]
    server: Option<(String, String)>,
}

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A name that no other test has.
fn name() -> String {
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!("saml_login_{}_{number}", std::process::id())
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

/// The server that a variable of the environment names.
#[cfg(feature = "postgres")]
fn named(variable: &str) -> Option<String> {
    let server = std::env::var(variable).ok();
    if server.is_none() {
        println!("skipped: {variable} names no server");
    }
    server
}

/// Of the test's own.
enum Pool {
    #[cfg(feature = "sqlite")]
    Sqlite(sqlx::SqlitePool),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::PgPool),
}

impl Place {
    #[cfg(feature = "sqlite")]
    pub(crate) fn file() -> Self {
        let folder = std::env::temp_dir().join(name());
        std::fs::create_dir(&folder).expect("a scratch folder");
        let url = format!("sqlite://{}/app.db", folder.display());
        Self { runtime: runtime(), beside: url.clone(), url, folder: Some(folder), server: None }
    }

    #[cfg(feature = "sqlite")]
    pub(crate) fn memory() -> Self {
        let url = "sqlite::memory:".to_owned();
        Self { runtime: runtime(), beside: url.clone(), url, folder: None, server: None }
    }

    /// Runs a test on PostgreSQL, where a server is named.
    #[cfg(feature = "postgres")]
    pub(crate) fn on_postgres(test: fn(&Self)) {
        if let Some(server) = named("SAML_LOGIN_TEST_POSTGRES") {
            test(&Self::new_on(&server, &server));
        }
    }

    /// Runs a test on PostgreSQL behind pgbouncer in transaction mode, where both are named.
    #[cfg(feature = "postgres")]
    pub(crate) fn on_pgbouncer(test: fn(&Self)) {
        let server = named("SAML_LOGIN_TEST_POSTGRES");
        if let Some((server, pooler)) = server.zip(named("SAML_LOGIN_TEST_PGBOUNCER")) {
            test(&Self::new_on(&server, &pooler));
        }
    }

    /// A new database on the server, that the store reaches by this one.
    #[cfg(feature = "postgres")]
    fn new_on(server: &str, by: &str) -> Self {
        let (runtime, name) = (runtime(), name());
        let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
        let created = runtime.block_on(async {
            let pool = sqlx::PgPool::connect(server).await?;
            sqlx::raw_sql(create).execute(&pool).await.map(drop)
        });
        created.expect("a database on the server");
        let url = |server: &str| {
            let (base, _) = server.rsplit_once('/').expect("the URL names a database");
            format!("{base}/{name}")
        };
        let (url, beside) = (url(by), url(server));
        Self { runtime, url, beside, folder: None, server: Some((server.to_owned(), name)) }
    }

    /// What it is.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.url {
            url if url.contains(":memory:") => "memory",
            url if url.starts_with("sqlite") => "sqlite",
            url if *url == self.beside => "postgres",
            _ => "pgbouncer",
        }
    }

    /// A store with its schema.
    pub(crate) fn store(&self) -> SqlStore {
        let store = self.open();
        self.run(store.migrate()).expect("a schema");
        store
    }

    /// A store over the database as it is.
    pub(crate) fn open(&self) -> SqlStore {
        self.run(saml_login_sqlx::connect(&self.url)).expect("a database")
    }

    /// Runs a statement beside the store.
    pub(crate) fn sql(&self, sql: &'static str) {
        self.run(async {
            match self.pool().await {
                #[cfg(feature = "sqlite")]
                Pool::Sqlite(pool) => sqlx::raw_sql(sql).execute(&pool).await.map(drop),
                #[cfg(feature = "postgres")]
                Pool::Postgres(pool) => sqlx::raw_sql(sql).execute(&pool).await.map(drop),
            }
        })
        .expect("a statement");
    }

    /// The one number that a statement gives.
    pub(crate) fn number(&self, sql: &'static str) -> i64 {
        let number = self.run(async {
            match self.pool().await {
                #[cfg(feature = "sqlite")]
                Pool::Sqlite(pool) => sqlx::query_scalar(sql).fetch_one(&pool).await,
                #[cfg(feature = "postgres")]
                Pool::Postgres(pool) => sqlx::query_scalar(sql).fetch_one(&pool).await,
            }
        });
        number.expect("a number")
    }

    /// The names of all tables.
    pub(crate) fn tables(&self) -> Vec<String> {
        let names = self.run(async {
            match self.pool().await {
                #[cfg(feature = "sqlite")]
                Pool::Sqlite(pool) => {
                    let sql = "SELECT name FROM sqlite_master WHERE type = 'table'";
                    sqlx::query_scalar(sql).fetch_all(&pool).await
                }
                #[cfg(feature = "postgres")]
                Pool::Postgres(pool) => {
                    let sql = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'";
                    sqlx::query_scalar(sql).fetch_all(&pool).await
                }
            }
        });
        names.expect("names")
    }

    async fn pool(&self) -> Pool {
        #[cfg(feature = "sqlite")]
        if self.beside.starts_with("sqlite") {
            return Pool::Sqlite(
                sqlx::SqlitePool::connect(&self.beside).await.expect("a database"),
            );
        }
        #[cfg(feature = "postgres")]
        if self.beside.starts_with("postgres") {
            return Pool::Postgres(sqlx::PgPool::connect(&self.beside).await.expect("a database"));
        }
        panic!("no database: {}", self.beside)
    }

    pub(crate) fn run<F: Future>(&self, task: F) -> F::Output {
        self.runtime.block_on(task)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            let _ = std::fs::remove_dir_all(folder);
        }
        #[cfg(feature = "postgres")]
        if let Some((server, name)) = &self.server {
            let sql = sqlx::AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"));
            let _ = self.run(async {
                let pool = sqlx::PgPool::connect(server).await?;
                sqlx::raw_sql(sql).execute(&pool).await
            });
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}
