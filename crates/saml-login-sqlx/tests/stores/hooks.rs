//! The application's own tables, in the transaction of an account.

use saml_login::account::OrganizationId;
use saml_login::error::BoxError;
use saml_login::store::{AccountWrite, SettingsWrite, Store, Write, Written};
use saml_login_sqlx::{AccountHook, AccountWritten, HookConnection, SqlStore, sqlx};

use crate::people::{account, counters, creation, found, member, now};
use crate::places::Place;

/// Keeps a row for each account; none for Mallory, and for Trudy what the database does not know.
struct Users;

impl AccountHook for Users {
    async fn written(
        &self,
        written: &AccountWritten,
        connection: HookConnection<'_>,
    ) -> Result<(), BoxError> {
        match (&written.before, &written.after) {
            (None, Some(account)) => {
                let sql = format!("INSERT INTO users (id) VALUES ('{}')", account.id);
                let connection = run_and_go_on(connection, sql).await?;
                match account.id.as_str() {
                    "mallory" => Err(BoxError::new("nobody is called so")),
                    "trudy" => run(connection, "DELETE FROM nowhere".to_owned()).await,
                    _ => Ok(()),
                }
            }
            (Some(account), None) => {
                run(connection, format!("DELETE FROM users WHERE id = '{}'", account.id)).await
            }
            _ => Ok(()),
        }
    }

    async fn removed(
        &self,
        _: &OrganizationId,
        connection: HookConnection<'_>,
    ) -> Result<(), BoxError> {
        run(connection, "DELETE FROM users".to_owned()).await
    }
}

async fn run(connection: HookConnection<'_>, sql: String) -> Result<(), BoxError> {
    run_and_go_on(connection, sql).await.map(|_| ())
}

/// Runs a statement, and gives the connection back.
async fn run_and_go_on(
    connection: HookConnection<'_>,
    sql: String,
) -> Result<HookConnection<'_>, BoxError> {
    let sql = sqlx::raw_sql(sqlx::AssertSqlSafe(sql));
    match connection {
        #[cfg(feature = "sqlite")]
        HookConnection::Sqlite(connection) => {
            sql.execute(&mut *connection).await?;
            Ok(HookConnection::Sqlite(connection))
        }
        #[cfg(feature = "postgres")]
        HookConnection::Postgres(connection) => {
            sql.execute(&mut *connection).await?;
            Ok(HookConnection::Postgres(connection))
        }
        _ => Err(BoxError::new("no database of this test")),
    }
}

fn hooked(place: &Place) -> SqlStore {
    place.store();
    place.sql("CREATE TABLE users (id VARCHAR(90) PRIMARY KEY)");
    place.open().with_hook(Users)
}

fn users(place: &Place) -> i64 {
    place.number("SELECT COUNT(*) FROM users")
}

pub(crate) fn a_hook_writes_with_the_account(place: &Place) {
    let store = hooked(place);
    let id = found(place, &store, "hooked", None);
    let alice = member(&id, "alice");
    let written = place.run(store.write(creation(&alice))).expect("a write");
    assert_eq!((written, users(place)), (Written::Done, 1));
    // What is refused calls nobody.
    let written = place.run(store.write(creation(&alice))).expect("a write");
    assert_eq!((written, users(place)), (Written::Conflict, 1));
    let mut purge = Write::of(&id, now());
    let (account, marks) = (alice.id.clone(), Vec::new());
    purge.account = Some(AccountWrite::Purge { account, version: 0, marks });
    let written = place.run(store.write(purge)).expect("a write");
    assert_eq!((written, users(place)), (Written::Done, 0));
}

pub(crate) fn a_hook_that_fails_undoes_its_own_write_alone(place: &Place) {
    let store = hooked(place);
    let id = found(place, &store, "failing", None);
    let names = ["a", "b", "mallory", "c", "trudy", "mallory", "d"];
    // All stand in the line before the first one is written.
    let written = place.run(async {
        let writes = names.map(|name| {
            let (store, write) = (store.clone(), creation(&member(&id, name)));
            tokio::spawn(async move { store.write(write).await })
        });
        let mut answers = Vec::new();
        for write in writes {
            answers.push(write.await.expect("a task"));
        }
        answers
    });
    for (name, written) in names.iter().zip(&written) {
        match (*name, written) {
            ("mallory", Err(error)) => assert_eq!(error.to_string(), "nobody is called so"),
            ("trudy", Err(error)) => assert!(error.to_string().contains("nowhere"), "{error}"),
            (_, written) => assert_eq!(written.as_ref().expect("a write"), &Written::Done),
        }
    }
    assert_eq!(users(place), 4);
    assert_eq!(counters(place, &store, &id).active, 4);
    assert_eq!(account(place, &store, &id, &"mallory".into()), None);
    let changes = place.run(store.changes_since(&id, 0, 9)).expect("a feed");
    assert_eq!(changes.len(), 4);
}

pub(crate) fn a_hook_hears_of_an_organization_that_goes(place: &Place) {
    let store = hooked(place);
    let id = found(place, &store, "going", None);
    for name in ["alice", "bob"] {
        let written = place.run(store.write(creation(&member(&id, name)))).expect("a write");
        assert_eq!(written, Written::Done);
    }
    let mut remove = Write::of(&id, now());
    (remove.decided_by, remove.settings) = (Some(0), Some(SettingsWrite::Remove));
    let written = place.run(store.write(remove)).expect("a write");
    assert_eq!((written, users(place)), (Written::Done, 0));
}
