//! The cookies of sessions and of codes.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::request::{RequestCookies, SetCookie};
use crate::token::{Token, TokenDigest};

/// What the names of the cookies of requests begin with.
const REQUEST: &str = "__Host-saml-";

/// Which cookie.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Binds a code that was mailed to log in with to the browser that asked for it.
    Code,
    /// The session of an account that was switched to.
    Entered,
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
            Kind::Entered => "sso-entered",
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

    /// The cookies of requests under way, as a browser has to be told of them here.
    ///
    /// Over plain http on this machine each is set twice: `Secure; SameSite=None`, which Chromium
    /// and Firefox take there, and brings it with the identity provider's form; and without both
    /// for Safari, which takes nothing that is `Secure`. Either is taken back.
    pub(super) fn of_requests(self, cookies: Vec<SetCookie>) -> Vec<SetCookie> {
        let Some(port) = self.port else { return cookies };
        let twice = |cookie: SetCookie| {
            let name = cookie.as_str().strip_prefix(REQUEST).unwrap_or(cookie.as_str()).to_owned();
            let plain = name.replace("; Secure", "").replace("; SameSite=None", "");
            [format!("saml-{port}-{name}"), format!("saml-plain-{port}-{plain}")]
        };
        cookies.into_iter().flat_map(twice).map(SetCookie::new).collect()
    }

    /// The requests that this browser has under way.
    pub(super) fn requests(self, header: &str) -> RequestCookies {
        let Some(port) = self.port else { return RequestCookies::read(header) };
        let prefixes = [format!("saml-{port}-"), format!("saml-plain-{port}-")];
        let pairs = header.split(';').map(str::trim);
        let ours = pairs
            .filter_map(|pair| prefixes.iter().find_map(|prefix| pair.strip_prefix(&**prefix)));
        let distinct: BTreeSet<String> = ours.map(|rest| format!("{REQUEST}{rest}")).collect();
        RequestCookies::read(&Vec::from_iter(distinct).join("; "))
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
    fn on_this_machine_requests_have_a_cookie_for_each_kind_of_browser() {
        let set = "__Host-saml-1b-0a-0b=v; Path=/; Secure; HttpOnly; SameSite=None; Max-Age=600";
        let (tls, here) = (Cookies { port: None }, Cookies { port: Some(3000) });
        let texts = |cookies: Cookies| {
            let cookies = cookies.of_requests(vec![SetCookie::new(set.to_owned())]);
            cookies.iter().map(|cookie| cookie.as_str().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(texts(tls), [set]);
        assert_eq!(
            texts(here),
            [
                "saml-3000-1b-0a-0b=v; Path=/; Secure; HttpOnly; SameSite=None; Max-Age=600",
                "saml-plain-3000-1b-0a-0b=v; Path=/; HttpOnly; Max-Age=600",
            ]
        );
        let name = "5-aaaaaaaaaaaa-bbbbbbbbbbbb=v";
        let one = RequestCookies::read(&format!("__Host-saml-{name}"));
        assert_ne!(one, RequestCookies::default());
        for header in [
            format!("saml-3000-{name}"),
            format!("a=b; saml-plain-3000-{name}"),
            format!("saml-3000-{name}; saml-plain-3000-{name}"),
        ] {
            assert_eq!(here.requests(&header), one, "{header}");
            assert_eq!(tls.requests(&header), RequestCookies::default());
        }
        let other = format!("saml-3001-{name}; __Host-saml-{name}");
        assert_eq!(here.requests(&other), RequestCookies::default());
    }

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
