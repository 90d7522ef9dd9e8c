//! Names of organizations in URLs, and the URLs that follow from them.

use std::fmt;
use std::str::FromStr;

use crate::address::{Address, is_plain, normal_form};

/// The name of an organization in URLs: 1 to 63 lower-case ASCII letters, digits and hyphens, none
/// of these at either end, and no two of these in the third and fourth place.
///
/// That is a DNS label, so that a slug can be a subdomain, too. Labels with two hyphens there are
/// those of names in other scripts (`xn--…`, RFC 5890 §2.3.1), which look like others. It needs no
/// escaping anywhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Slug(String);

impl Slug {
    /// Takes a slug. Letter case is not mended: two spellings of one address are one too many.
    ///
    /// # Errors
    ///
    /// [`SlugError`] for what is none.
    pub fn parse(text: &str) -> Result<Self, SlugError> {
        let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let sound = (1..=63).contains(&text.len())
            && text.bytes().all(inner)
            && !text.starts_with('-')
            && !text.ends_with('-')
            && text.get(2..4) != Some("--");
        if sound { Ok(Self(text.to_owned())) } else { Err(SlugError) }
    }

    /// The slug.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether people would take it for something of the application's own: no organization gets
    /// such a name.
    pub fn is_reserved(&self) -> bool {
        RESERVED.contains(&self.as_str())
    }
}

/// Names that applications have for themselves, in paths and as subdomains.
const RESERVED: [&str; 40] = [
    "about",
    "account",
    "accounts",
    "acs",
    "admin",
    "administrator",
    "api",
    "app",
    "assets",
    "auth",
    "billing",
    "blog",
    "cdn",
    "dashboard",
    "dev",
    "docs",
    "domain",
    "ftp",
    "help",
    "id",
    "login",
    "logout",
    "mail",
    "metadata",
    "oauth",
    "root",
    "saml",
    "scim",
    "security",
    "settings",
    "signin",
    "signup",
    "slo",
    "smtp",
    "sso",
    "static",
    "status",
    "support",
    "test",
    "www",
];

impl FromStr for Slug {
    type Err = SlugError;

    fn from_str(text: &str) -> Result<Self, SlugError> {
        Self::parse(text)
    }
}

/// A text that is no slug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is not a slug: 1 to 63 small letters, digits and hyphens are needed, no hyphen at either end, and no two in the third and fourth place"
)]
#[non_exhaustive]
pub struct SlugError;

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Slug {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// What an organization's administrator enters at the identity provider, and where people start.
///
/// Everything follows from the application's base URL and the slug, so that it can be shown before
/// anything is configured:
///
/// | | |
/// |---|---|
/// | entity ID (Audience URI) | `{base}/saml/{slug}` |
/// | Assertion Consumer Service (reply) URL | `{base}/saml/{slug}/acs` |
/// | Single Logout Service URL | `{base}/saml/{slug}/slo` |
/// | login URL | `{base}/sso/{slug}` |
///
/// Each field can be set to something else, for an application that has its own routes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct SpUrls {
    /// The entity ID that is proposed as Audience URI. What counts is the Audience URI that is
    /// configured, which is free text.
    pub entity_id: String,
    /// Where responses are posted. No two organizations may have the same.
    pub acs_url: String,
    /// Where a login starts: the "sign-on URL" of identity providers that ask for one.
    pub login_url: String,
    /// Where logout messages come in.
    pub slo_url: String,
}

impl SpUrls {
    /// What follows from `base` (an absolute https URL without query, or http on the local machine;
    /// a slash at its end does not count) and the slug; `None` if `base` is something else.
    pub fn derived(base: &str, slug: &Slug) -> Option<Self> {
        let base = base.trim_end_matches('/');
        if Address::of(base) != Address::Secure || !is_plain(base) || base.contains('?') {
            return None;
        }
        Some(Self {
            entity_id: format!("{base}/saml/{slug}"),
            acs_url: format!("{base}/saml/{slug}/acs"),
            login_url: format!("{base}/sso/{slug}"),
            slo_url: format!("{base}/saml/{slug}/slo"),
        })
    }
    /// Where a login starts once the organization has another slug: the same URL with that in the
    /// place of the former one, as a segment of the path or as a subdomain; `None` if it is in
    /// neither.
    pub fn renamed_login_url(&self, former: &Slug, slug: &Slug) -> Option<String> {
        let url = normal_form(&self.login_url)?;
        let (scheme, rest) = url.split_once("://")?;
        let (host, path) = rest.split_once('/')?;
        let segments = path.split('/');
        if segments.clone().any(|segment| segment == former.as_str()) {
            let named = |segment| if segment == former.as_str() { slug.as_str() } else { segment };
            let path: Vec<&str> = segments.map(named).collect();
            return Some(format!("{scheme}://{host}/{}", path.join("/")));
        }
        let domain = host.strip_prefix(former.as_str())?.strip_prefix('.')?;
        Some(format!("{scheme}://{slug}.{domain}/{path}"))
    }

    pub(super) fn is_login_url_of(&self, former: &Slug, slug: &Slug, login_url: &str) -> bool {
        let wanted = normal_form(login_url);
        wanted.is_some() && wanted == self.renamed_login_url(former, slug)
    }
}
