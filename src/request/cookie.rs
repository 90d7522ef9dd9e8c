//! The cookies of requests under way: what their names tell, and how many of them a browser keeps.

use std::fmt;

use chrono::{DateTime, Utc};

use super::Pending;
use crate::digest::{Digest, hex};

/// What the names of all of them begin with. A browser takes a `__Host-` cookie only over TLS, for
/// this very host and all of its paths, so that no other host can plant one (RFC 6265bis §4.1.3.2).
const PREFIX: &str = "__Host-saml-";
/// A browser keeps at most so many, and so many bytes of names and values in all: servers refuse
/// requests whose headers are too long.
const MAX_COUNT: usize = 8;
const MAX_BYTES: usize = 4_000;
/// So many seconds an unanswered bounce is counted.
const COUNTED: i64 = 60;
/// Of what a browser brings, so many are looked at.
const MAX_READ: usize = 64;

/// The cookie of one request under way: the value is what a [`RequestStore`](crate::RequestStore)
/// gave, and the name tells what can be known without opening it.
///
/// The name has the instant of the request in seconds, a letter for what it is by (`b` a bounce,
/// `o` a logout), and short digests of the connection's id and of the request's `ID`. So each of a
/// browser's tabs has a cookie of its own, and the one that an answer belongs to is found without
/// asking a store for all of them.
#[derive(Clone, PartialEq, Eq)]
pub struct RequestCookie {
    issued_at: i64,
    kind: Kind,
    connection: Tag,
    request: Tag,
    value: String,
}

/// What a request is by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Login,
    Bounce,
    Logout,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Login, Self::Bounce, Self::Logout];

    fn letter(self) -> &'static str {
        match self {
            Self::Login => "",
            Self::Bounce => "b",
            Self::Logout => "o",
        }
    }
}

/// The first six bytes of a digest: enough to tell a browser's few cookies apart. What two share
/// costs one more question to the store, and proves nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Tag([u8; 6]);

impl Tag {
    fn of(kind: &str, id: &str) -> Self {
        let [a, b, c, d, e, f, ..] = Digest::of(kind).text(id).finish();
        Self([a, b, c, d, e, f])
    }

    fn of_connection(id: &str) -> Self {
        Self::of("cookie of a connection", id)
    }

    fn of_request(id: &str) -> Self {
        Self::of("cookie of a request", id)
    }

    fn read(text: &str) -> Option<Self> {
        let digits = |pair: &[u8]| match pair {
            [high, low] => {
                let digit = |digit: u8| char::from(digit).to_digit(16);
                u8::try_from(digit(*high)?.checked_mul(16)?.checked_add(digit(*low)?)?).ok()
            }
            _ => None,
        };
        let bytes: Option<Vec<u8>> = text.as_bytes().chunks(2).map(digits).collect();
        let tag = Self(bytes?.try_into().ok()?);
        (tag.to_string() == text).then_some(tag)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl RequestCookie {
    /// The cookie for a request, with the value that the store gave for it.
    pub fn new(pending: &Pending, value: impl Into<String>) -> Self {
        Self {
            issued_at: pending.issued_at().timestamp(),
            kind: match pending {
                Pending::Login(_) => Kind::Login,
                Pending::Logout(_) => Kind::Logout,
            },
            connection: Tag::of_connection(pending.connection_id()),
            request: Tag::of_request(pending.request_id()),
            value: value.into(),
        }
    }

    /// The same for a login that was started in the place of a response that nobody asked for
    /// ([`Unsolicited::Bounce`](crate::Unsolicited::Bounce)). It pushes no other out.
    #[must_use]
    pub fn by_bounce(self) -> Self {
        Self { kind: Kind::Bounce, ..self }
    }

    /// Its name.
    pub fn name(&self) -> String {
        let Self { issued_at, kind, connection, request, .. } = self;
        format!("{PREFIX}{issued_at}{}-{connection}-{request}", kind.letter())
    }

    /// Its value, as the store gave it.
    pub fn value(&self) -> &str {
        &self.value
    }

    fn read(name: &str, value: &str) -> Option<Self> {
        let rest = name.strip_prefix(PREFIX)?;
        let (began, tags) = rest.split_once('-')?;
        let (connection, request) = tags.split_once('-')?;
        let kind = Kind::ALL.into_iter().rev().find(|kind| began.ends_with(kind.letter()))?;
        let issued_at = began.strip_suffix(kind.letter())?.parse().ok()?;
        let (connection, request) = (Tag::read(connection)?, Tag::read(request)?);
        let cookie = Self { issued_at, kind, connection, request, value: value.to_owned() };
        // A name that is written in another way is none of ours.
        (cookie.name() == name).then_some(cookie)
    }

    fn bytes(&self) -> usize {
        self.name().len().saturating_add(self.value.len())
    }

    /// The text of the `Set-Cookie` header that gives it to the browser until `expires_at`.
    ///
    /// `SameSite=None`, because the answer is posted from the identity provider's site: with `Lax`
    /// the browser would not send it along.
    pub fn set(&self, expires_at: DateTime<Utc>) -> SetCookie {
        let max_age = expires_at.timestamp().saturating_sub(self.issued_at).max(0);
        SetCookie(format!("{}={}{ATTRIBUTES}; Max-Age={max_age}", self.name(), self.value))
    }

    /// The text of the `Set-Cookie` header that takes it from the browser.
    pub fn clear(&self) -> SetCookie {
        SetCookie(format!("{}={ATTRIBUTES}; Max-Age=0", self.name()))
    }
}

/// `Path=/` and `Secure` are what the prefix of the name demands.
const ATTRIBUTES: &str = "; Path=/; Secure; HttpOnly; SameSite=None";

/// Whoever has the value can answer the request.
impl fmt::Debug for RequestCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestCookie({}=…)", self.name())
    }
}

/// What a `Set-Cookie` header says: RFC 6265 §4.1.
#[derive(Clone, PartialEq, Eq)]
#[must_use = "the browser has to be told"]
pub struct SetCookie(String);

impl SetCookie {
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }

    /// The text behind `Set-Cookie: `, in ASCII.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whoever has the value can answer the request.
impl fmt::Debug for SetCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.0.split_once('=').map_or("", |(name, _)| name);
        write!(f, "SetCookie({name}=…)")
    }
}

/// The requests that this browser has under way, by the cookies that it brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestCookies(Vec<RequestCookie>);

impl RequestCookies {
    /// Reads the value of a `Cookie` header; where there are several headers, join them with `; `.
    /// What is not ours is left aside.
    ///
    /// ```
    /// use saml_login::request::RequestCookies;
    ///
    /// let cookies = RequestCookies::read("theme=dark; session=…");
    /// assert_eq!(cookies, RequestCookies::default());
    /// ```
    pub fn read(header: &str) -> Self {
        let pairs = header.split(';').filter_map(|pair| pair.trim().split_once('='));
        let ours = pairs.filter_map(|(name, value)| RequestCookie::read(name, value));
        Self(ours.take(MAX_READ).collect())
    }

    /// The cookies that can belong to this request of this connection: nearly always one or none.
    pub fn of_request<'a>(
        &'a self,
        connection_id: &str,
        request_id: &str,
    ) -> impl Iterator<Item = &'a RequestCookie> + use<'a> {
        let connection = Tag::of_connection(connection_id);
        let request = Tag::of_request(request_id);
        self.0
            .iter()
            .filter(move |cookie| cookie.connection == connection && cookie.request == request)
    }

    /// How many bounces of this connection were begun in the last minute and not answered.
    pub fn unanswered_bounces(&self, connection_id: &str, now: DateTime<Utc>) -> usize {
        let connection = Tag::of_connection(connection_id);
        let since = now.timestamp().saturating_sub(COUNTED);
        let is_recent = |cookie: &&RequestCookie| {
            cookie.kind == Kind::Bounce
                && cookie.connection == connection
                && cookie.issued_at > since
        };
        self.0.iter().filter(is_recent).count()
    }

    /// The bounces of this connection: answered, as soon as one of its logins is.
    pub fn bounces_of<'a>(
        &'a self,
        connection_id: &str,
    ) -> impl Iterator<Item = &'a RequestCookie> + use<'a> {
        let connection = Tag::of_connection(connection_id);
        self.0
            .iter()
            .filter(move |cookie| cookie.kind == Kind::Bounce && cookie.connection == connection)
    }

    /// The cookies that have to go so that there is room for a new one, the oldest first: eight and
    /// 4,000 bytes are kept in all. A bounce pushes out only bounces, since anybody can cause one,
    /// and none of its own connection that is still counted: else it would go round for ever.
    /// `None` if there is no room even so.
    pub fn displaced_by(&self, new: &RequestCookie) -> Option<Vec<RequestCookie>> {
        let mut kept: Vec<&RequestCookie> =
            self.0.iter().filter(|cookie| cookie.name() != new.name()).collect();
        kept.sort_by_key(|cookie| cookie.issued_at);
        let mut displaced = Vec::new();
        loop {
            let bytes =
                kept.iter().fold(new.bytes(), |sum, cookie| sum.saturating_add(cookie.bytes()));
            if kept.len() < MAX_COUNT && bytes <= MAX_BYTES {
                return Some(displaced);
            }
            let is_counted = |cookie: &RequestCookie| {
                cookie.connection == new.connection
                    && cookie.issued_at > new.issued_at.saturating_sub(COUNTED)
            };
            let may_go = |cookie: &&RequestCookie| {
                new.kind != Kind::Bounce || cookie.kind == Kind::Bounce && !is_counted(cookie)
            };
            let oldest = kept.iter().position(may_go)?;
            displaced.push(kept.remove(oldest).clone());
        }
    }
}
