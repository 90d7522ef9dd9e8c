//! Nothing scans: every statement that the contracts lead to finds its rows by an index.
//!
//! What is run is noted, and then the databases are asked how they would run it.

use std::collections::BTreeSet;
use std::sync::Mutex;

use saml_login::testing::contract;
use tokio::runtime::{Builder, Runtime};

use crate::SqlStore;

/// The statements that were run, of all tests of this process.
pub(crate) static SEEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Tables of a few rows.
const SMALL: [&str; 3] = ["saml_store", "saml_migrations", "sqlite_master"];

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// The statements about accounts and whatever else there is, once the contracts have been tested.
fn statements(runtime: &Runtime, store: &SqlStore) -> Vec<String> {
    runtime.block_on(store.migrate()).unwrap();
    contract::store(store, |task| runtime.block_on(task));
    contract::request_store(store, true, |task| runtime.block_on(task));
    let now = chrono::DateTime::UNIX_EPOCH + chrono::TimeDelta::days(9);
    runtime.block_on(store.prune(now, 10)).unwrap();
    let key = saml_login::sso::RateKey::of_organization(
        saml_login::sso::RateKind::DirectoryAsked,
        &"one".into(),
    );
    runtime.block_on(saml_login::sso::RateLimits::take(store, &key, now)).unwrap();
    runtime.block_on(saml_login::sso::RateLimits::give_back(store, &key, now)).unwrap();
    let seen = SEEN.lock().unwrap();
    let ours = seen.iter().filter(|sql| sql.contains("saml_") && !sql.starts_with("SAVEPOINT"));
    ours.cloned().collect()
}

fn is_small(line: &str) -> bool {
    SMALL.iter().any(|table| line.contains(table))
}

/// A page without a filter is read in the order of its index.
fn is_page(sql: &str) -> bool {
    let rows = ["organization = $1 AND living = 1", "organization = $1 AND status = $2"];
    rows.iter().any(|rows| {
        let page = format!("SELECT record FROM saml_accounts WHERE {rows} ");
        let rest = sql.strip_prefix(&page);
        rest.is_some_and(|rest| rest.starts_with("ORDER") || rest.starts_with("AND (created_at"))
    })
}

#[cfg(feature = "sqlite")]
#[test]
fn sqlite_finds_everything_by_an_index() {
    use sqlx::Row as _;

    let runtime = runtime();
    // One connection: each would have a memory of its own.
    let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1);
    let pool = runtime.block_on(pool.connect("sqlite::memory:")).unwrap();
    let store = SqlStore::sqlite(pool.clone());
    let mut pages = 0;
    let of_postgres = |sql: &String| sql.contains("FOR UPDATE") || sql.contains("to_regclass");
    let statements = statements(&runtime, &store);
    for sql in statements.iter().filter(|sql| !of_postgres(sql)) {
        let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
        let rows = sqlx::raw_sql(explain).fetch_all(&pool);
        let rows = runtime.block_on(rows).unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
        // What a statement itself lists is no table.
        let is_listed = |line: &str| {
            ["first", "wanted", "CONSTANT", "VALUES"].iter().any(|one| line.contains(one))
        };
        let scans = |line: &&String| line.contains("SCAN") && !is_small(line) && !is_listed(line);
        let scan = plan.iter().find(scans);
        assert_eq!(scan, None, "{sql}: {plan:?}");
        if is_page(sql) {
            pages += 1;
            assert!(!plan.iter().any(|line| line.contains("TEMP B-TREE")), "{sql}: {plan:?}");
        }
    }
    assert!(statements.len() > 60, "{}", statements.len());
    assert!(pages >= 9, "{pages}");
}

#[cfg(feature = "postgres")]
#[test]
fn postgres_finds_everything_by_an_index() {
    use sqlx::Row as _;

    let Ok(server) = std::env::var("SAML_LOGIN_TEST_POSTGRES") else {
        println!("skipped: SAML_LOGIN_TEST_POSTGRES names no server");
        return;
    };
    let runtime = runtime();
    let name = format!("saml_login_plans_{}", std::process::id());
    let beside = runtime.block_on(sqlx::PgPool::connect(&server)).unwrap();
    let create = sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}")));
    runtime.block_on(async { create.execute(&beside).await }).unwrap();
    let (base, _) = server.rsplit_once('/').unwrap();
    let pool = runtime.block_on(sqlx::PgPool::connect(&format!("{base}/{name}"))).unwrap();
    let store = SqlStore::postgres(pool.clone());
    let statements = statements(&runtime, &store);
    let of_sqlite = |sql: &String| sql.contains("sqlite_master");
    let mut pages = 0;
    for sql in statements.iter().filter(|sql| !of_sqlite(sql)) {
        // A plan for whatever values come, where a table is read as a whole only if nothing else
        // can be done.
        let places = (1..99).take_while(|place| sql.contains(&format!("${place}"))).count();
        let values = vec!["NULL"; places].join(", ");
        let execute = if places == 0 { "one".to_owned() } else { format!("one({values})") };
        // Here alone a value has no type of its own.
        let sql = sql.replace("VALUES ($2)", "VALUES ($2::bytea)");
        let explain = format!(
            "BEGIN; SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_seqscan = off; \
             SET LOCAL enable_bitmapscan = off; PREPARE one AS {sql}; EXPLAIN EXECUTE {execute}; \
             DEALLOCATE one; ROLLBACK"
        );
        let rows = sqlx::raw_sql(sqlx::AssertSqlSafe(explain)).fetch_all(&pool);
        let rows = runtime.block_on(rows).unwrap_or_else(|error| panic!("{sql}: {error}"));
        let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        let scan = plan.iter().find(|line| line.contains("Seq Scan") && !is_small(line));
        assert_eq!(scan, None, "{sql}: {plan:#?}");
        // Where the index is entered by the organization alone, nothing that is looked for is
        // sorted out behind it; but for one of several tests, where that takes a bitmap.
        let has_key = |line: &str| {
            let keys = ["name =", "account =", "address =", "mark =", "token =", "= ANY"];
            keys.iter().any(|key| line.contains(key))
        };
        let sorted_out = plan.windows(2).find(|lines| {
            let [entered, behind] = lines else { return false };
            let is_filter = behind.contains("Filter:") && !behind.contains(" OR ");
            entered.contains("Index Cond:") && !has_key(entered) && is_filter && has_key(behind)
        });
        assert_eq!(sorted_out, None, "{sql}: {plan:#?}");
        if is_page(&sql) {
            pages += 1;
            assert!(!plan.iter().any(|line| line.contains("Sort")), "{sql}: {plan:#?}");
        }
    }
    let drop = sqlx::AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"));
    runtime.block_on(async { sqlx::raw_sql(drop).execute(&beside).await }).unwrap();
    assert!(statements.len() > 60, "{}", statements.len());
    assert!(pages >= 9, "{pages}");
}
