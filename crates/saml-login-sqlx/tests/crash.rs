//! A process that is killed at any moment: what it was told is done is there, and nothing is half.
//!
//! The test runs itself again as the process that is killed.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use chrono::{DateTime, TimeDelta, Utc};
use saml_login::Random;
use saml_login::account::{Account, AccountId, OrganizationId, Role};
use saml_login::audit::{Action, Actor, AuditEvent};
use saml_login::organization::{Counters, Organization, Slug, SpUrls};
use saml_login::replay::Spending;
use saml_login::session::{LoginMethod, Session, SessionStart};
use saml_login::store::{AccountWrite, Listing, SessionWrite, Store, Write, Written};
use saml_login::token::TokenDigest;
use saml_login_sqlx::SqlStore;

/// So many processes are killed, each a little later than the one before.
const KILLS: usize = 25;

/// Names the database to the process that is to be killed.
const VICTIM: &str = "SAML_LOGIN_TEST_VICTIM";

fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}

fn id() -> OrganizationId {
    "crash".into()
}

fn acme() -> Organization {
    let slug = Slug::parse("acme").expect("a slug");
    let urls = SpUrls::derived("https://app.example.test", &slug).expect("URLs");
    Organization::new(id(), slug, urls)
}

/// A first login: an account, its session, what it spends, and what is told of it.
fn first_login(name: &str) -> Write {
    let mut account = Account::new(AccountId::new(name), id(), now());
    account.user_name = Some(name.to_owned());
    account.role = if name.ends_with('0') { Role::Administrator } else { Role::Member };
    let start = SessionStart::new(&account, LoginMethod::Sso);
    let session = Session::new(TokenDigest::of(name), start, now(), now() + TimeDelta::hours(1));
    let event = AuditEvent::new(id(), Actor::IdentityProvider, Action::Login, now());
    let mut write = Write::of(id(), now());
    write.spend = Some(spending(name));
    write.account = Some(AccountWrite::Create(Box::new(account)));
    write.sessions.push(SessionWrite::Begin(Box::new(session)));
    write.events.push(event.about(name.into()));
    write
}

fn spending(name: &str) -> Spending {
    Spending::new("crash", "urn:issuer", name, now() + TimeDelta::minutes(5))
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    if let Ok(victim) = std::env::var(VICTIM) {
        return runtime.block_on(write_until_killed(&victim));
    }
    let folder = std::env::temp_dir().join(name());
    std::fs::create_dir(&folder).expect("a scratch folder");
    for place in places(&runtime, &folder) {
        let mut known = Vec::new();
        for kill in 0..KILLS {
            known.extend(killed(&place, kill));
            runtime.block_on(nothing_is_half(&place, &known));
        }
        assert!(known.len() > KILLS, "{place}: {} writes were acknowledged", known.len());
        let (kind, _) = place.split_once(':').expect("a URL");
        println!("crash, {kind}: {KILLS} kills, {} writes acknowledged, none lost", known.len());
    }
    std::fs::remove_dir_all(folder).expect("a scratch folder");
    #[cfg(feature = "postgres")]
    runtime.block_on(on_server(&format!("DROP DATABASE IF EXISTS {}", name())));
}

fn name() -> String {
    format!("saml_login_crash_{}", std::process::id())
}

/// The databases: one in a scratch folder, and one on the server, where one is named.
fn places(runtime: &tokio::runtime::Runtime, folder: &std::path::Path) -> Vec<String> {
    let file = format!("sqlite://{}/app.db", folder.display());
    let places: Vec<String> = [file].into_iter().chain(created(runtime)).collect();
    for place in &places {
        let founding = Write::founding(acme(), None, now(), Random::new([7; 32]));
        let written = runtime.block_on(async {
            let store = saml_login_sqlx::connect(place).await.expect("a database");
            store.migrate().await.expect("a schema");
            store.write(founding).await.expect("a write")
        });
        assert_eq!(written, Written::Done);
    }
    places
}

/// Runs a statement on the server; its URL, where one is named.
#[cfg(feature = "postgres")]
async fn on_server(sql: &str) -> Option<String> {
    use saml_login_sqlx::sqlx;

    let server = std::env::var("SAML_LOGIN_TEST_POSTGRES").ok()?;
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    let pool = sqlx::PgPool::connect(&server).await.expect("the server");
    sqlx::raw_sql(sql).execute(&pool).await.expect("a statement");
    Some(server)
}

/// The URL of a new database on the server, where one is named.
#[cfg(feature = "postgres")]
fn created(runtime: &tokio::runtime::Runtime) -> Option<String> {
    let server = runtime.block_on(on_server(&format!("CREATE DATABASE {}", name())))?;
    let (base, _) = server.rsplit_once('/').expect("the URL names a database");
    Some(format!("{base}/{}", name()))
}

#[cfg(not(feature = "postgres"))]
fn created(_: &tokio::runtime::Runtime) -> Option<String> {
    None
}

/// Eight at a time, each of which says what it was told is done.
async fn write_until_killed(victim: &str) {
    let (url, kill) = victim.split_once(' ').expect("a URL and a number");
    let store = saml_login_sqlx::connect(url).await.expect("a database");
    let writers = (0..8).map(|writer| {
        let (store, kill) = (store.clone(), kill.to_owned());
        tokio::spawn(async move {
            for number in 0.. {
                let name = format!("{kill}-{writer}-{number}");
                let written = store.write(first_login(&name)).await.expect("a write");
                assert_eq!(written, Written::Done);
                println!("{name}");
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.expect("a writer");
    }
}

/// Kills a process that writes, once it has said so much; what it was told is done.
fn killed(place: &str, kill: usize) -> Vec<String> {
    let mut victim = start(&format!("{place} {kill}"));
    let said = BufReader::new(victim.stdout.take().expect("its words"));
    let mut known = Vec::new();
    for line in said.lines() {
        known.push(line.expect("a line"));
        if known.len() == 1 + 7 * kill {
            // SIGKILL.
            victim.kill().expect("a process");
        }
    }
    victim.wait().expect("a process");
    // It may have been killed while it spoke.
    known.retain(|name| name.split('-').filter(|part| !part.is_empty()).count() == 3);
    known
}

fn start(victim: &str) -> Child {
    let program = std::env::current_exe().expect("this program");
    let mut command = Command::new(program);
    command.env(VICTIM, victim).stdout(Stdio::piped()).stderr(Stdio::null());
    command.spawn().expect("a process")
}

/// As the next process finds it.
async fn nothing_is_half(place: &str, known: &[String]) {
    let store = saml_login_sqlx::connect(place).await.expect("a database");
    let page = store.list(&id(), &Listing::first(1_000_000)).await.expect("a read");
    let page = page.expect("a page");
    let record = store.organization(&id()).await.expect("a read").expect("an organization");
    assert_eq!(record.counters, Counters::of(&record.organization, &page.accounts), "numbers");
    assert_eq!(page.total, page.accounts.len());
    for name in known {
        assert!(page.accounts.iter().any(|account| account.id == name.as_str()), "{name} is lost");
    }
    let feed = store.changes_since(&id(), 0, usize::MAX).await.expect("a feed");
    let numbers: Vec<u64> = feed.iter().map(|change| change.number).collect();
    assert!(numbers.iter().copied().eq(1..=u64::try_from(page.total).expect("a number")));
    let told = store.audit(&id(), None, usize::MAX).await.expect("a trail");
    assert_eq!(told.len(), page.total, "each login is told of");
    parts_are_there(&store, &page.accounts).await;
    store.close().await;
}

/// Each account has its session, and its assertion is spent.
async fn parts_are_there(store: &SqlStore, accounts: &[Account]) {
    for account in accounts {
        let name = account.id.as_str();
        let session = store.session(&TokenDigest::of(name)).await.expect("a read");
        assert_eq!(session.map(|(_, account)| account).as_ref(), Some(account));
    }
    // Spending is asked of a few: each question is a write.
    for account in accounts.iter().rev().take(20) {
        let mut write = Write::of(id(), now());
        write.spend = Some(spending(account.id.as_str()));
        let written = store.write(write).await.expect("a write");
        assert_eq!(written, Written::AlreadySpent, "{} may come twice", account.id);
    }
}
