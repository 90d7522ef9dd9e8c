//! The store, and how it is connected.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use redis::io::tcp::TcpSettings;
use redis::{Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, ProtocolVersion, cmd};
use redis::{ScriptInvocation, TlsCertificates};

use crate::failure::{ConnectError, Eviction, Failure};
use crate::link::{Ask, Link};

/// Requests, replays and rate limits in Redis, for all machines of an application: a
/// [`RequestStore`](saml_login::RequestStore), a [`ReplayStore`](saml_login::ReplayStore) and
/// [`RateLimits`](saml_login::sso::RateLimits) in one. Clones share it, and its one connection.
///
/// Every answer follows from the `now` that is handed in. Redis' own clock only tidies up, an hour
/// after the last of what is spent is over.
#[derive(Clone)]
pub struct RedisStore {
    pub(crate) link: Arc<Link>,
    pub(crate) room: Room,
    any_eviction: bool,
}

/// How much of each there may be.
#[derive(Clone, Copy)]
pub(crate) struct Room {
    pub(crate) requests_per_connection: NonZeroUsize,
    pub(crate) requests: NonZeroUsize,
    pub(crate) spent_per_connection: NonZeroUsize,
    pub(crate) rates_per_kind: NonZeroUsize,
}

impl RedisStore {
    /// Connects by a URL, with everything else as it comes: see [`RedisStore::builder`].
    ///
    /// # Errors
    ///
    /// See [`RedisBuilder::connect`].
    pub async fn connect(url: &str) -> Result<Self, ConnectError> {
        Self::builder(url).connect().await
    }

    /// Begins with the URL: `redis://user:password@host:port/database`, `rediss://` for TLS,
    /// `redis+unix:///path` for a socket of this machine. `valkey` and `valkeys` mean the same.
    pub fn builder(url: impl Into<String>) -> RedisBuilder {
        RedisBuilder {
            url: url.into(),
            #[cfg(feature = "cluster")]
            other_nodes: None,
            root_certificates: None,
            timeout: TIMEOUT,
            room: ROOM,
            any_eviction: false,
        }
    }

    /// Whether Redis can be used now, and keeps what it is given: for a machine that is asked
    /// whether it is ready. Settings of a server can change while one is connected.
    ///
    /// # Errors
    ///
    /// See [`RedisBuilder::connect`].
    pub async fn check(&self) -> Result<(), ConnectError> {
        if self.any_eviction {
            let _: String = self.link.ask(Ask::Command(&cmd("PING"))).await?;
            return Ok(());
        }
        match self.link.memory().await {
            Ok(servers) if servers.is_empty() => Err(ConnectError::EvictionUnknown),
            Ok(servers) => servers.iter().try_for_each(|memory| keeps(memory)),
            Err(Failure::Refused(code)) if code.as_str() == "NOPERM" => {
                Err(ConnectError::EvictionUnknown)
            }
            Err(failure) => Err(failure.into()),
        }
    }

    pub(crate) async fn run<T: redis::FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, Failure> {
        self.link.ask(Ask::Script(script)).await
    }
}

/// Whether a server with this `INFO memory` throws nothing away.
fn keeps(memory: &str) -> Result<(), ConnectError> {
    let policy = memory.lines().find_map(|line| line.strip_prefix("maxmemory_policy:"));
    match policy.map(str::trim) {
        Some("noeviction") => Ok(()),
        Some(policy) => Err(ConnectError::Evicts(Eviction::named(policy))),
        None => Err(ConnectError::EvictionUnknown),
    }
}

/// It knows a password.
impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").finish_non_exhaustive()
    }
}

/// How to connect to Redis.
///
/// ```no_run
/// use std::time::Duration;
///
/// use saml_login_redis::{ConnectError, RedisStore};
///
/// # async fn example(url: &str, ca: &[u8]) -> Result<(), ConnectError> {
/// let redis = RedisStore::builder(url).root_certificates(ca).timeout(Duration::from_secs(1));
/// let store = redis.connect().await?;
/// # let _ = store;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "nothing is connected yet"]
pub struct RedisBuilder {
    url: String,
    #[cfg(feature = "cluster")]
    other_nodes: Option<Vec<String>>,
    root_certificates: Option<Vec<u8>>,
    timeout: Duration,
    room: Room,
    any_eviction: bool,
}

const TIMEOUT: Duration = Duration::from_secs(2);

/// As much as in memory.
const ROOM: Room = Room {
    requests_per_connection: NonZeroUsize::new(65_536).unwrap(),
    requests: NonZeroUsize::new(262_144).unwrap(),
    spent_per_connection: NonZeroUsize::new(100_000).unwrap(),
    rates_per_kind: NonZeroUsize::new(50_000).unwrap(),
};

impl RedisBuilder {
    /// The servers are those of a cluster, and the URL leads to one of them; others to begin with
    /// are named here. User, password and TLS are those of the first URL; the certificates of the
    /// servers have to be trusted by the machine (`SSL_CERT_FILE`).
    #[cfg(feature = "cluster")]
    #[cfg_attr(docsrs, doc(cfg(feature = "cluster")))]
    pub fn of_cluster(mut self, other_nodes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.other_nodes = Some(other_nodes.into_iter().map(Into::into).collect());
        self
    }

    /// Trusts these certificates in PEM instead of the machine's: those by which a company or a
    /// service signs the certificates of its own servers.
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.root_certificates = Some(pem.into());
        self
    }

    /// How long to wait for an answer at most, connecting included. Default two seconds.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How many requests of one connection may wait for their answers. Default 65,536.
    pub fn requests_per_connection(mut self, most: NonZeroUsize) -> Self {
        self.room.requests_per_connection = most;
        self
    }

    /// How many requests of all connections may wait. Once so many do, each connection has room
    /// for 64 still, so that whoever starts logins without end at many keeps none of the quiet ones
    /// out. Default 262,144.
    pub fn requests(mut self, most: NonZeroUsize) -> Self {
        self.room.requests = most;
        self
    }

    /// How many assertions and answered requests of one connection are remembered at a time, and
    /// how many LogoutRequests. Default 100,000 of each.
    pub fn spent_per_connection(mut self, most: NonZeroUsize) -> Self {
        self.room.spent_per_connection = most;
        self
    }

    /// How many accounts, networks and organizations are remembered of each kind of rate limit;
    /// beyond, those that were asked about longest ago are forgotten. Default 50,000.
    pub fn rates_per_kind(mut self, most: NonZeroUsize) -> Self {
        self.room.rates_per_kind = most;
        self
    }

    /// Does not ask what Redis does when its memory is full. Where it throws keys away, an
    /// assertion can be used twice.
    pub fn danger_any_eviction(mut self) -> Self {
        self.any_eviction = true;
        self
    }

    /// Connects, and looks whether Redis keeps what it is given.
    ///
    /// # Errors
    ///
    /// - [`ConnectError::Url`], [`ConnectError::UrlInsecure`], [`ConnectError::Certificates`] and
    ///   [`ConnectError::CertificatesOfCluster`]: what was handed in cannot be used.
    /// - [`ConnectError::Evicts`] and [`ConnectError::EvictionUnknown`]: `maxmemory-policy` is not
    ///   `noeviction`, or nobody knows.
    /// - [`ConnectError::Failed`]: Redis cannot be reached, or refuses.
    pub async fn connect(self) -> Result<RedisStore, ConnectError> {
        let link = Arc::new(self.link().await?);
        let store = RedisStore { link, room: self.room, any_eviction: self.any_eviction };
        store.check().await?;
        Ok(store)
    }

    async fn link(&self) -> Result<Link, ConnectError> {
        #[cfg(feature = "cluster")]
        if let Some(others) = &self.other_nodes {
            return self.link_to_cluster(others).await;
        }
        let client = match self.certificates() {
            None => Client::open(self.info(&self.url)?).map_err(|_| ConnectError::Url)?,
            Some(certificates) => Client::build_with_tls(self.info(&self.url)?, certificates)
                .map_err(|_| ConnectError::Certificates)?,
        };
        Ok(Link::new(client, self.timeout))
    }

    #[cfg(feature = "cluster")]
    async fn link_to_cluster(&self, others: &[String]) -> Result<Link, ConnectError> {
        // The client takes the certificates of servers that it is told of from the machine alone.
        if self.root_certificates.is_some() {
            return Err(ConnectError::CertificatesOfCluster);
        }
        let nodes = std::iter::once(&self.url).chain(others);
        let nodes: Vec<ConnectionInfo> =
            nodes.map(|url| self.info(url)).collect::<Result<_, _>>()?;
        let cluster = redis::cluster::ClusterClientBuilder::new(nodes)
            .connection_timeout(self.timeout)
            .response_timeout(self.timeout)
            .tcp_settings(tcp(self.timeout));
        let cluster = cluster.build().map_err(|_| ConnectError::Url)?;
        let connection = cluster.get_async_connection().await;
        let connection = connection.map_err(|error| Failure::from(&error))?;
        Ok(Link::to_cluster(connection, self.timeout))
    }

    fn certificates(&self) -> Option<TlsCertificates> {
        let root_cert = self.root_certificates.clone()?;
        Some(TlsCertificates { client_tls: None, root_cert: Some(root_cert) })
    }

    fn info(&self, url: &str) -> Result<ConnectionInfo, ConnectError> {
        let info = url.into_connection_info().map_err(|_| ConnectError::Url)?;
        if matches!(info.addr(), ConnectionAddr::TcpTls { insecure: true, .. }) {
            return Err(ConnectError::UrlInsecure);
        }
        // The third version of the protocol says when a connection is lost.
        let redis = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        let redis = redis.set_skip_set_lib_name();
        Ok(info.set_redis_settings(redis).set_tcp_settings(tcp(self.timeout)))
    }
}

/// A server that has gone without a word is noticed by the system as well.
fn tcp(timeout: Duration) -> TcpSettings {
    let tcp = TcpSettings::default().set_nodelay(true);
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    let tcp = tcp.set_user_timeout(timeout);
    #[cfg(not(any(target_os = "android", target_os = "fuchsia", target_os = "linux")))]
    let _ = timeout;
    tcp
}

/// It knows a password.
impl fmt::Debug for RedisBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisBuilder").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}
