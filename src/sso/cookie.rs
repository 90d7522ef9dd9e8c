//! The cookies of sessions and of codes.

use chrono::{DateTime, Utc};

use crate::request::SetCookie;
use crate::token::{Token, TokenDigest};

/// Which cookie.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Binds a code that was mailed to log in with to the browser that asked for it.
    Code,
    /// Binds a code that links an account to the browser that came from the identity provider.
    Link,
    Session,
}

/// What the names of cookies are, and what they are good for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cookies {
    /// The port of a plain http server on this machine; `None` over TLS. Cookies do not tell ports
    /// apart (RFC 6265 §8.5), so that names do.
    pub(super) port: Option<u16>,
}

impl Cookies {
    /// A browser takes a `__Host-` cookie only over TLS, for this very host and all of its paths,
    /// so that no other host can plant one (RFC 6265bis §4.1.3.2).
    fn name(self, kind: Kind) -> String {
        let name = match kind {
            Kind::Code => "sso-code",
            Kind::Link => "sso-link",
            Kind::Session => "sso-session",
        };
        match self.port {
            None => format!("__Host-{name}"),
            Some(port) => format!("{name}-{port}"),
        }
    }

    /// `SameSite=Lax`: with `Strict` a person who was just signed in, and comes from the identity
    /// provider's site, would be shown a page that asks them to sign in.
    fn attributes(self) -> &'static str {
        match self.port {
            None => "; Path=/; Secure; HttpOnly; SameSite=Lax",
            Some(_) => "; Path=/; HttpOnly; SameSite=Lax",
        }
    }

    pub(super) fn set(
        self,
        kind: Kind,
        token: &Token,
        now: DateTime<Utc>,
        not_on_or_after: DateTime<Utc>,
    ) -> SetCookie {
        let (name, attributes) = (self.name(kind), self.attributes());
        let max_age = not_on_or_after.signed_duration_since(now).num_seconds().max(0);
        SetCookie::new(format!("{name}={}{attributes}; Max-Age={max_age}", token.as_str()))
    }

    pub(super) fn clear(self, kind: Kind) -> SetCookie {
        SetCookie::new(format!("{}={}; Max-Age=0", self.name(kind), self.attributes()))
    }

    /// What the browser brought.
    pub(super) fn read(self, kind: Kind, header: &str) -> Option<TokenDigest> {
        let name = self.name(kind);
        let pairs = header.split(';').filter_map(|pair| pair.trim().split_once('='));
        let mut values = pairs.filter(|(key, value)| *key == name && !value.is_empty());
        values.next().map(|(_, value)| TokenDigest::of(value))
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::random::Random;

    #[test]
    fn names_and_attributes_are_those_of_the_place() {
        let now = DateTime::UNIX_EPOCH;
        let token = Token::new(Random::new([1; 32]));
        let (tls, here) = (Cookies { port: None }, Cookies { port: Some(3000) });
        let until = now + TimeDelta::hours(1);
        let set = tls.set(Kind::Session, &token, now, until);
        let expected = format!(
            "__Host-sso-session={}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=3600",
            token.as_str()
        );
        assert_eq!(set.as_str(), expected);
        let set = here.set(Kind::Code, &token, now, until);
        let expected = format!(
            "sso-code-3000={}; Path=/; HttpOnly; SameSite=Lax; Max-Age=3600",
            token.as_str()
        );
        assert_eq!(set.as_str(), expected);
        assert_eq!(
            tls.clear(Kind::Link).as_str(),
            "__Host-sso-link=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"
        );
        let header = format!("a=b; __Host-sso-session={}; c=d", token.as_str());
        assert_eq!(tls.read(Kind::Session, &header), Some(token.digest()));
        assert_eq!(here.read(Kind::Session, &header), None);
        assert_eq!(tls.read(Kind::Code, &header), None);
        assert_eq!(tls.read(Kind::Session, "__Host-sso-session="), None);
    }
}
