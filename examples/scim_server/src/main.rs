//! A SCIM server over a store in memory, or over a database.
//!
//! ```text
//! scim_server serve --listen 127.0.0.1:8080 [--database sqlite://scim.db]
//! echo '{"seats": 3, "mode": "lenient"}' | scim_server tenant --control URL
//! ```
//!
//! `serve` prints one line of JSON: `base_url`, `scim_base_url` and `scim_token` of an organization
//! with single sign-on and its directory switched on, and `control_url`. `tenant` has the running
//! server make another organization, with so many free seats and in that mode, and prints its
//! `base` and `token`. It listens on this machine alone, and without a database keeps nothing.

mod control;
mod tenant;

use std::error::Error;
use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use saml_login::error::BoxError;
use saml_login::sso::{Mail, Mailer, RateKey, RateLimits, Sso};
use saml_login::store::{DynStore, MemoryStore};
use saml_login::{Random, SealingKey};
use tokio::net::TcpListener;

/// What serves every request.
pub(crate) type Doors = Arc<Sso<DynStore>>;

const USAGE: &str =
    "usage: scim_server serve --listen ADDRESS [--database URL] | scim_server tenant --control URL";

/// Nobody logs in here, so that there is nothing to mail.
struct NoMail;

impl Mailer for NoMail {
    async fn send(&self, _: &Mail) -> Result<(), BoxError> {
        Ok(())
    }
}

/// Testers ask as fast as they can.
struct NoLimits;

impl RateLimits for NoLimits {
    async fn take(&self, _: &RateKey, _: DateTime<Utc>) -> Result<Option<TimeDelta>, BoxError> {
        Ok(None)
    }

    async fn give_back(&self, _: &RateKey, _: DateTime<Utc>) -> Result<(), BoxError> {
        Ok(())
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match *arguments.as_slice() {
        ["serve", "--listen", address] => serve(address, None),
        ["serve", "--listen", address, "--database", url] => serve(address, Some(url)),
        ["tenant", "--control", url] => make_tenant(url),
        _ => Err(USAGE.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

#[tokio::main]
async fn serve(address: &str, database: Option<&str>) -> Result<(), Box<dyn Error>> {
    let address: SocketAddr = address.parse()?;
    if !address.ip().is_loopback() {
        return Err("it listens on this machine alone: 127.0.0.1:PORT".into());
    }
    let listener = TcpListener::bind(address).await?;
    let base_url = format!("http://{}", listener.local_addr()?);
    let store = match database {
        None => DynStore::new(MemoryStore::default()),
        Some(url) => {
            let store = saml_login_sqlx::connect(url).await?;
            store.migrate().await?;
            DynStore::new(store)
        }
    };
    let sso = Sso::builder(&base_url, store)
        // Nothing that is sealed here outlives a test: a database can be opened again.
        .sealing_keys([SealingKey::new([7; 32])])
        .mailer(NoMail)
        .rate_limits(NoLimits)
        .build(Utc::now())
        .await?;
    let doors = Arc::new(sso);
    let first = tenant::make(&doors, &serde_json::json!({})).await?;
    let control = TcpListener::bind("127.0.0.1:0").await?;
    let line = serde_json::json!({
        "base_url": base_url,
        "scim_base_url": first.base,
        "scim_token": first.token,
        "control_url": format!("http://{}", control.local_addr()?),
    });
    let mut out = std::io::stdout();
    writeln!(out, "{line}")?;
    out.flush()?;
    tokio::spawn(control::serve(control, doors.clone()));
    loop {
        let (stream, peer) = listener.accept().await?;
        let doors = doors.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| {
                let doors = doors.clone();
                async move {
                    let random = Random::generate()?;
                    let client = Some(peer.ip());
                    Ok::<_, BoxError>(doors.scim_http(request, client, &Utc::now, random).await)
                }
            });
            // A connection that breaks off is its client's to open again.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// Has a running server make an organization: what is wanted comes by standard input.
fn make_tenant(url: &str) -> Result<(), Box<dyn Error>> {
    let mut wanted = String::new();
    std::io::stdin().read_to_string(&mut wanted)?;
    print!("{}", control::ask(url, &wanted)?);
    Ok(())
}
