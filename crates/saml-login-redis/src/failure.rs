//! What can go wrong with Redis. No error holds a value: not an ID, not a key, not a URL.

use std::io;
use std::sync::Arc;

use redis::{ErrorKind, RedisError, ServerErrorKind};

/// Why Redis did not do what it was asked.
///
/// It is what stands behind `replay_store_failed` and `request_store_failed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The time of a machine has gone backwards, to before what was spent was forgotten: this
    /// assertion may have been among it. Let the machines keep the same time.
    #[error("the time has gone backwards, to before what was spent was forgotten")]
    ClockWentBack,
    /// The connection could not be made, or was lost before there was an answer. What was asked may
    /// have been done.
    #[error("there is no connection to Redis ({0})")]
    NoConnection(io::ErrorKind),
    /// What was to be spent is over. The library asks for no such thing.
    #[error("what was to be spent has expired")]
    Over,
    /// Redis refuses, by a code of its own: `OOM` is a memory that is full, `READONLY` a replica,
    /// `NOPERM` a user who may not, `WRONGPASS` and `NOAUTH` a password that is wrong or missing.
    #[error("Redis refuses ({0})")]
    Refused(Code),
    /// The same random value was handed in twice: it would hand one browser's request to another.
    #[error("the same random value was handed in twice")]
    RandomTwice,
    /// There was no answer in time. What was asked may have been done.
    #[error("Redis did not answer in time")]
    TimedOut,
    /// What came back is nothing that this version has written.
    #[error("what Redis gave cannot be read")]
    Unreadable,
}

/// The code that an answer of Redis begins with: at most 16 capital letters and digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Code {
    letters: [u8; Self::MOST],
    length: usize,
}

impl Code {
    const MOST: usize = 16;

    /// What is no such code is `ERR`, as Redis has it.
    fn new(code: &str) -> Self {
        let is_code = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        let code = Some(code).filter(|code| code.len() <= Self::MOST && code.bytes().all(is_code));
        let code = code.unwrap_or("ERR");
        let mut letters = [0; Self::MOST];
        letters.iter_mut().zip(code.bytes()).for_each(|(letter, byte)| *letter = byte);
        Self { letters, length: code.len() }
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        self.letters.get(..self.length).and_then(|code| str::from_utf8(code).ok()).unwrap_or("ERR")
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The words of the server and of the system are left behind: they may repeat what was sent.
impl From<&RedisError> for Failure {
    fn from(error: &RedisError) -> Self {
        match error.kind() {
            _ if error.is_timeout() => Self::TimedOut,
            ErrorKind::Parse | ErrorKind::UnexpectedReturnType => Self::Unreadable,
            ErrorKind::AuthenticationFailed => Self::Refused(Code::new("WRONGPASS")),
            ErrorKind::Server(_) | ErrorKind::Extension => {
                Self::Refused(Code::new(error.code().unwrap_or("ERR")))
            }
            _ => Self::NoConnection(io_kind(error)),
        }
    }
}

fn io_kind(error: &RedisError) -> io::ErrorKind {
    // The client keeps the system's errors in a pointer, which is an error of its own.
    type Kept = Arc<dyn std::error::Error + Send + Sync>;
    let source = std::error::Error::source(error);
    let kept = source.and_then(|source| source.downcast_ref::<Kept>());
    let io = kept.and_then(|kept| kept.downcast_ref::<io::Error>());
    io.map_or(io::ErrorKind::Other, io::Error::kind)
}

/// Whether another connection may do what this one does not: it is lost, or leads to a server that
/// does not serve, like one that has become a replica.
pub(crate) fn is_of_the_connection(error: &RedisError) -> bool {
    match error.kind() {
        ErrorKind::Server(kind) => matches!(
            kind,
            ServerErrorKind::BusyLoading
                | ServerErrorKind::ClusterDown
                | ServerErrorKind::MasterDown
                | ServerErrorKind::ReadOnly
                // Before version 7, Redis says so of whatever ends a script.
                | ServerErrorKind::ResponseError
        ),
        ErrorKind::Extension => false,
        _ => true,
    }
}

/// Why no connection to Redis came about.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The certificates to trust are no certificates in PEM.
    #[error("the root certificates are no certificates in PEM")]
    Certificates,
    /// The servers of a cluster are known by the certificates that the machine trusts, and by no
    /// others.
    #[error(
        "root certificates cannot be handed in for a cluster. Let the machine trust them: \
         `SSL_CERT_FILE`"
    )]
    CertificatesOfCluster,
    /// Redis throws keys away when its memory is full. An assertion whose key is gone could be used
    /// once more.
    #[error(
        "Redis throws keys away when its memory is full (maxmemory-policy {0}), so that an \
         assertion could be used twice. Set `maxmemory-policy noeviction` in redis.conf, or in the \
         parameters of the service"
    )]
    Evicts(Eviction),
    /// Redis could not be asked, or does not say, what it does when its memory is full.
    #[error(
        "Redis does not say what it does when its memory is full. Allow this user the command INFO, \
         or, where you know that the policy is noeviction, say so: `danger_any_eviction`"
    )]
    EvictionUnknown,
    /// Redis cannot be reached, or refuses.
    #[error("Redis cannot be used")]
    Failed(#[from] Failure),
    /// The URL is not one of those that lead to Redis.
    #[error(
        "the URL has to be `redis://`, or `rediss://` for TLS, then `user:password@` if there is \
         one, host, port and number of the database: `rediss://saml:secret@redis.example.com:6379/0`"
    )]
    Url,
    /// The URL asks for TLS without looking at certificates. Everybody on the way could answer for
    /// Redis then. Name the certificates to trust: `root_certificates`.
    #[error(
        "the URL switches the certificates of TLS off (`#insecure`). Name those to trust instead: \
         `root_certificates`"
    )]
    UrlInsecure,
}

/// What Redis does when its memory is full: `maxmemory-policy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Eviction {
    /// Throws away those that were used least often.
    AllkeysLfu,
    /// Throws away those that were used longest ago.
    AllkeysLru,
    /// Throws away any.
    AllkeysRandom,
    /// A policy that this version does not know.
    Unknown,
    /// Throws away those with an expiry that were used least often: all of ours have one.
    VolatileLfu,
    /// Throws away those with an expiry that were used longest ago.
    VolatileLru,
    /// Throws away any with an expiry.
    VolatileRandom,
    /// Throws away those that expire next.
    VolatileTtl,
}

impl Eviction {
    const KNOWN: [(Self, &str); 7] = [
        (Self::AllkeysLfu, "allkeys-lfu"),
        (Self::AllkeysLru, "allkeys-lru"),
        (Self::AllkeysRandom, "allkeys-random"),
        (Self::VolatileLfu, "volatile-lfu"),
        (Self::VolatileLru, "volatile-lru"),
        (Self::VolatileRandom, "volatile-random"),
        (Self::VolatileTtl, "volatile-ttl"),
    ];

    pub(crate) fn named(policy: &str) -> Self {
        let known = Self::KNOWN.iter().find(|(_, name)| *name == policy);
        known.map_or(Self::Unknown, |(eviction, _)| *eviction)
    }
}

/// As Redis has it.
impl std::fmt::Display for Eviction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let known = Self::KNOWN.iter().find(|(eviction, _)| eviction == self);
        f.write_str(known.map_or("unknown", |(_, name)| name))
    }
}
