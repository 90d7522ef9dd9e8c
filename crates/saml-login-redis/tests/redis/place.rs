//! Where a test finds its Redis: a database of its own on the server that is named, or a server of
//! its own, where it is started, stopped or set.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use redis::{Client, Cmd, FromRedisValue};
use saml_login_redis::{RedisBuilder, RedisStore};
use tokio::runtime::Runtime;

/// The server that is named, if one is: `redis://host:port`.
pub(crate) fn named() -> Option<String> {
    let named = std::env::var("SAML_LOGIN_TEST_REDIS").ok();
    if named.is_none() {
        println!("skipped: SAML_LOGIN_TEST_REDIS names no Redis");
    }
    named
}

/// A Redis, and a runtime to ask it in.
pub(crate) struct Place {
    pub(crate) url: String,
    pub(crate) runtime: Runtime,
    /// If it is the test's own.
    folder: Option<PathBuf>,
}

impl Place {
    /// An empty database of the server that is named. Each test has a number of its own.
    pub(crate) fn database(number: u8) -> Option<Self> {
        let url = format!("{}/{number}", named()?);
        let place = Self { url, runtime: runtime(), folder: None };
        place.command::<()>(&redis::cmd("FLUSHDB"));
        Some(place)
    }

    /// A server of the test's own, where one is named at all.
    pub(crate) fn server(settings: &[&str]) -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        named()?;
        let name = format!(
            "saml-login-redis-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let folder = std::env::temp_dir().join(name);
        let url = start(&folder, settings);
        Some(Self { url, runtime: runtime(), folder: Some(folder) })
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.as_deref().expect("a server of its own")
    }

    pub(crate) fn port(&self) -> u16 {
        let (_, port) = self.url.rsplit_once(':').expect("a port");
        port.parse().expect("a port")
    }

    pub(crate) fn builder(&self) -> RedisBuilder {
        RedisStore::builder(self.url.clone())
    }

    pub(crate) fn store(&self) -> RedisStore {
        self.connected(self.builder())
    }

    pub(crate) fn connected(&self, builder: RedisBuilder) -> RedisStore {
        self.runtime.block_on(builder.connect()).expect("a connection")
    }

    /// Asks the server past the store.
    pub(crate) fn command<T: FromRedisValue>(&self, command: &Cmd) -> T {
        let mut connection = self.client().get_connection().expect("a connection");
        command.query(&mut connection).expect("an answer")
    }

    pub(crate) fn client(&self) -> Client {
        Client::open(self.url.as_str()).expect("a URL")
    }

    /// Ends the server without a word, as a crash would.
    pub(crate) fn kill(&self) {
        let pid = std::fs::read_to_string(self.folder().join("pid")).expect("a process id");
        signal("-KILL", pid.trim());
        while signal("-0", pid.trim()) {
            std::thread::yield_now();
        }
    }

    /// Starts it again, on the same port.
    pub(crate) fn start_again(&self, settings: &[&str]) {
        assert_eq!(start(self.folder(), settings), self.url);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(folder) = &self.folder else { return };
        let stopped = Command::new(SCRIPT).arg("stop").arg(folder).status();
        // Whoever panics already says why.
        assert!(std::thread::panicking() || stopped.is_ok_and(|status| status.success()));
    }
}

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/servers/redis");

fn start(folder: &Path, settings: &[&str]) -> String {
    let output = Command::new(SCRIPT).arg("start").arg(folder).args(settings).output();
    let output = output.expect("the script");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("a URL").trim().to_owned()
}

/// Whether there was a process to take it.
fn signal(signal: &str, pid: &str) -> bool {
    let output = Command::new("kill").args([signal, pid]).output().expect("kill");
    output.status.success()
}

pub(crate) fn runtime() -> Runtime {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(2).enable_all().build().expect("a runtime")
}

/// A port of this machine that nobody listens on.
pub(crate) fn free_port() -> u16 {
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
    free.expect("a port").port()
}
