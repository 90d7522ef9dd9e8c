//! Requests that wait for their answers, by the digests of the browser's cookie and of their ID.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use redis::{Script, cmd};
use saml_login::error::BoxError;
use saml_login::request::{Pending, Remembered};
use saml_login::token::Token;
use saml_login::{Random, RequestStore};

use crate::failure::Failure;
use crate::keys::{self, Tag, WAITING};
use crate::link::Ask;
use crate::store::RedisStore;

static CROWD: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("scripts/crowd.lua")));
static PUT: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("scripts/put.lua")));
static TAKE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("scripts/take.lua")));

/// For so long after a request has expired Redis keeps it, in milliseconds. A login that is lost to
/// a clock begins again.
const MARGIN: i64 = 60_000;

/// So many requests of a connection have room whatever others do.
const ALWAYS: usize = 64;

impl RequestStore for RedisStore {
    async fn put(
        &self,
        pending: &Pending,
        random: Random,
        now: DateTime<Utc>,
    ) -> Result<Remembered, BoxError> {
        let tag = Tag::of_connection(pending.connection_id());
        let cookie = format!("{}{}", Token::new(random).as_str(), tag.as_str());
        let member = keys::of_cookie(&cookie);
        let times = Times::of(pending, now);
        let room = self.room_in_the_crowd(&member, &times).await?;
        let kept = self.keep(pending, (&tag, &cookie), &times, room).await;
        // Twice the same random value would have the same place, and the first keeps it.
        if !matches!(kept, Ok(true) | Err(Failure::RandomTwice)) {
            self.leave_the_crowd(&member).await;
        }
        Ok(if kept? { Remembered::Cookie(cookie) } else { Remembered::Full })
    }

    async fn take(
        &self,
        request_id: &str,
        cookie: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Pending>, BoxError> {
        let Some(tag) = Tag::of_cookie(cookie) else { return Ok(None) };
        let member = keys::of_cookie(cookie);
        let mut script = TAKE.key(tag.request(cookie, request_id));
        script.key(tag.waiting()).arg(&member[..]);
        let record: Option<Vec<u8>> = self.run(&script).await?;
        let Some(record) = record else { return Ok(None) };
        self.leave_the_crowd(&member).await;
        Ok(read(&record, request_id, now)?)
    }

    async fn look(
        &self,
        request_id: &str,
        cookie: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Pending>, BoxError> {
        let Some(tag) = Tag::of_cookie(cookie) else { return Ok(None) };
        let mut look = cmd("GET");
        look.arg(tag.request(cookie, request_id));
        let record: Option<Vec<u8>> = self.link.ask(Ask::Command(&look)).await?;
        let Some(record) = record else { return Ok(None) };
        Ok(read(&record, request_id, now)?)
    }
}

/// In milliseconds: when it expires, now, and for how long keys have to be kept.
struct Times {
    expires: i64,
    now: i64,
    keep: i64,
}

impl Times {
    fn of(pending: &Pending, now: DateTime<Utc>) -> Self {
        let (expires, now) = (keys::ceil(pending.expires_at()), keys::floor(now));
        let keep = expires.saturating_sub(now).max(0).saturating_add(MARGIN);
        Self { expires, now, keep }
    }
}

impl RedisStore {
    /// How many requests of one connection there is room for, by how many there are of all.
    ///
    /// What all connections share has a key of its own, which in a cluster lies elsewhere: it is no
    /// part of the step that remembers, and a little more or less than there is room for may be let
    /// in.
    async fn room_in_the_crowd(&self, member: &[u8], times: &Times) -> Result<usize, Failure> {
        let mut script = CROWD.key(WAITING);
        script.arg(member).arg(times.expires).arg(times.now).arg(times.keep);
        let before: usize = self.run(&script).await?;
        let most = self.room.requests_per_connection.get();
        Ok(if before < self.room.requests.get() { most } else { most.min(ALWAYS) })
    }

    /// A place that could not be given back is free again when the request would have expired.
    async fn leave_the_crowd(&self, member: &[u8]) {
        let mut leave = cmd("ZREM");
        leave.arg(WAITING).arg(member);
        let _: Result<i64, Failure> = self.link.ask(Ask::Command(&leave)).await;
    }

    /// Whether there was room.
    async fn keep(
        &self,
        pending: &Pending,
        (tag, cookie): (&Tag, &str),
        times: &Times,
        room: usize,
    ) -> Result<bool, Failure> {
        let record = serde_json::to_vec(pending).map_err(|_| Failure::Unreadable)?;
        let mut script = PUT.key(tag.request(cookie, pending.request_id()));
        script.key(tag.waiting()).arg(record).arg(&keys::of_cookie(cookie)[..]);
        script.arg(times.expires).arg(times.now).arg(times.keep).arg(room);
        match self.run::<String>(&script).await?.as_str() {
            "remembered" => Ok(true),
            "full" => Ok(false),
            "known" => Err(Failure::RandomTwice),
            _ => Err(Failure::Unreadable),
        }
    }
}

/// The request, unless it has expired.
fn read(record: &[u8], request_id: &str, now: DateTime<Utc>) -> Result<Option<Pending>, Failure> {
    // Not its words: they may repeat what they could not read.
    let pending: Pending = serde_json::from_slice(record).map_err(|_| Failure::Unreadable)?;
    let is_it = pending.request_id() == request_id && now < pending.expires_at();
    Ok(Some(pending).filter(|_| is_it))
}
