//! A browser, as far as cookies go.
#![allow(dead_code, reason = "each group of tests uses its part of it")]

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use saml_login::request::SetCookie;

/// What a browser does by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// A link or a form of the application's own site.
    Here,
    /// A link of another site, or a redirect that came from one.
    Link,
    /// A form that another site posts.
    Form,
}

#[derive(Clone)]
struct Cookie {
    value: String,
    same_site: Option<String>,
    set_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

/// One person's browser: any number of tabs, one jar. Of the ports of a host it knows nothing
/// (RFC 6265 §8.5).
#[derive(Clone, Default)]
pub(crate) struct Jar {
    cookies: BTreeMap<String, Cookie>,
    is_safari: bool,
}

impl Jar {
    /// One that takes nothing that is `Secure` over plain http, not even on this machine, and to
    /// which a cookie without `SameSite` is one of `None`.
    pub(crate) fn safari() -> Self {
        Self { is_safari: true, ..Self::default() }
    }

    /// What it sends along, by RFC 6265bis §5.8.3.
    pub(crate) fn header(&self, from: From, now: DateTime<Utc>) -> String {
        // Chromium sends a cookie without SameSite along with a form for two minutes.
        let lax_with_forms = TimeDelta::minutes(2);
        let goes = |cookie: &Cookie| {
            cookie.expires_at > now
                && match (from, cookie.same_site.as_deref()) {
                    (From::Here, _) => true,
                    (From::Link, same_site) => same_site != Some("Strict"),
                    (From::Form, Some(same_site)) => same_site == "None",
                    (From::Form, None) => self.is_safari || now - cookie.set_at < lax_with_forms,
                }
        };
        let pairs = self.cookies.iter().filter(|(_, cookie)| goes(cookie));
        let pairs: Vec<String> =
            pairs.map(|(name, cookie)| format!("{name}={}", cookie.value)).collect();
        pairs.join("; ")
    }

    pub(crate) fn take(&mut self, cookies: &[SetCookie], now: DateTime<Utc>) {
        self.take_headers(cookies.iter().map(SetCookie::as_str), now);
    }

    pub(crate) fn take_headers<'h>(
        &mut self,
        headers: impl Iterator<Item = &'h str>,
        now: DateTime<Utc>,
    ) {
        for header in headers {
            let mut parts = header.split("; ");
            let (name, value) = parts.next().and_then(|pair| pair.split_once('=')).expect("a pair");
            let attributes: BTreeMap<&str, &str> =
                parts.map(|part| part.split_once('=').unwrap_or((part, ""))).collect();
            if name.starts_with("__Host-") {
                assert!(attributes.contains_key("Secure"), "{name} has to be secure");
                assert_eq!(attributes.get("Path"), Some(&"/"));
                assert!(!attributes.contains_key("Domain"));
            }
            assert!(attributes.contains_key("HttpOnly"), "{name} is not for scripts");
            let seconds: i64 = attributes["Max-Age"].parse().expect("seconds");
            if self.is_safari && attributes.contains_key("Secure") {
                continue;
            }
            if seconds <= 0 {
                self.cookies.remove(name);
                continue;
            }
            let same_site = attributes.get("SameSite").map(|&text| text.to_owned());
            let (value, expires_at) = (value.to_owned(), now + TimeDelta::seconds(seconds));
            let cookie = Cookie { value, same_site, set_at: now, expires_at };
            self.cookies.insert(name.to_owned(), cookie);
        }
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.cookies.keys().map(String::as_str).collect()
    }

    /// The person, or a thief of another kind, throws them away.
    pub(crate) fn lose(&mut self, is_lost: impl Fn(&str) -> bool) {
        self.cookies.retain(|name, _| !is_lost(name));
    }
}
