//! A request of the directory, and where it goes.

use std::fmt;
use std::net::IpAddr;

use percent_encoding::percent_decode_str;

use crate::account::{AccountId, OrganizationId};

/// A request of the directory as it came in, without anything of a server's own types.
///
/// ```
/// use saml_login::directory::ScimRequest;
///
/// let request = ScimRequest::new("GET", "/scim/org-1/v2/Users")
///     .with_query("startIndex=1&count=100")
///     .with_header("authorization", "Bearer …");
/// assert_eq!(request.query, Some("startIndex=1&count=100"));
/// ```
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct ScimRequest<'a> {
    /// The method.
    pub method: &'a str,
    /// The path as it was received, percent-encoded.
    pub path: &'a str,
    /// The query, without its question mark.
    pub query: Option<&'a str>,
    /// `Authorization`.
    pub authorization: Option<&'a str>,
    /// `Content-Type`.
    pub content_type: Option<&'a str>,
    /// `Content-Encoding`.
    pub content_encoding: Option<&'a str>,
    /// `If-Match`.
    pub if_match: Option<&'a str>,
    /// `If-None-Match`.
    pub if_none_match: Option<&'a str>,
    /// `User-Agent`, by which the client is guessed.
    pub user_agent: Option<&'a str>,
    /// The body.
    pub body: &'a [u8],
    /// Whether that is all of it: read no more than [`MAX_BODY`](Self::MAX_BODY).
    pub is_whole: bool,
    /// The address that it came from, as a proxy that the application trusts says.
    pub client: Option<IpAddr>,
    /// The application's own id of the request, for the audit trail.
    pub request_id: Option<&'a str>,
}

impl<'a> ScimRequest<'a> {
    /// So many octets a body may have: 1 MiB. A longer one is refused with 413.
    pub const MAX_BODY: usize = 1024 * 1024;

    /// A request without query, headers and body.
    pub fn new(method: &'a str, path: &'a str) -> Self {
        Self {
            method,
            path,
            query: None,
            authorization: None,
            content_type: None,
            content_encoding: None,
            if_match: None,
            if_none_match: None,
            user_agent: None,
            body: &[],
            is_whole: true,
            client: None,
            request_id: None,
        }
    }

    /// The same with a query.
    #[must_use]
    pub fn with_query(self, query: impl Into<Option<&'a str>>) -> Self {
        Self { query: query.into(), ..self }
    }

    /// The same with a header. Those that say nothing here are left out: hand all of them in.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &'a str) -> Self {
        let headers = [
            ("authorization", &mut self.authorization),
            ("content-type", &mut self.content_type),
            ("content-encoding", &mut self.content_encoding),
            ("if-match", &mut self.if_match),
            ("if-none-match", &mut self.if_none_match),
            ("user-agent", &mut self.user_agent),
        ];
        for (known, place) in headers {
            if name.eq_ignore_ascii_case(known) {
                *place = Some(value);
            }
        }
        self
    }

    /// The same with a body.
    #[must_use]
    pub fn with_body(self, body: &'a [u8]) -> Self {
        Self { body, ..self }
    }

    /// The same from this address.
    #[must_use]
    pub fn with_client(self, client: impl Into<Option<IpAddr>>) -> Self {
        Self { client: client.into(), ..self }
    }

    /// The same in a request of this id.
    #[must_use]
    pub fn with_request_id(self, request_id: impl Into<Option<&'a str>>) -> Self {
        Self { request_id: request_id.into(), ..self }
    }

    /// The token that it shows. RFC 6750 §2.1 has it in the header; the scheme has no letter case.
    pub(super) fn token(&self) -> Option<&'a str> {
        let (scheme, token) = self.authorization?.trim().split_once(|c: char| c.is_whitespace())?;
        let token = token.trim();
        (scheme.eq_ignore_ascii_case("Bearer") && !token.is_empty()).then_some(token)
    }
}

/// Tokens and people stand in it.
impl fmt::Debug for ScimRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScimRequest")
            .field("method", &self.method)
            .field("body", &self.body.len())
            .field("client", &self.client)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

/// Where a request goes: RFC 7644 §3.2, table 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Bulk,
    Config,
    Groups,
    Me,
    ResourceTypes(Option<String>),
    Schemas(Option<String>),
    /// Of everything, or of users, by POST.
    Search,
    Unknown,
    User(AccountId),
    Users,
}

impl Target {
    /// The organization, and what of its directory: of a path below `base`, which is that of the
    /// base URL. `None` where nothing of a directory is.
    pub(super) fn of(base: &str, path: &str) -> Option<(OrganizationId, Self)> {
        let below = path.strip_prefix(base)?;
        // Keycloak's client writes two slashes, and others one at the end.
        let segments = below.split('/').filter(|segment| !segment.is_empty());
        let segments: Vec<String> = segments.map(decoded).collect::<Option<_>>()?;
        let [scim, organization, version, rest @ ..] = segments.as_slice() else { return None };
        (scim == "scim" && version.eq_ignore_ascii_case("v2"))
            .then(|| (OrganizationId::new(organization.as_str()), Self::below(rest)))
    }

    /// What a path below a directory's own URL leads to.
    pub(super) fn below(segments: &[String]) -> Self {
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        match *segments.as_slice() {
            ["Bulk"] => Self::Bulk,
            ["ServiceProviderConfig"] => Self::Config,
            ["Groups"] => Self::Groups,
            ["Me", ..] => Self::Me,
            ["ResourceTypes"] => Self::ResourceTypes(None),
            ["ResourceTypes", name] => Self::ResourceTypes(Some(name.to_owned())),
            ["Schemas"] => Self::Schemas(None),
            ["Schemas", urn] => Self::Schemas(Some(urn.to_owned())),
            [".search"] | ["Users", ".search"] => Self::Search,
            ["Users"] => Self::Users,
            ["Users", id] => Self::User(AccountId::new(id)),
            _ => Self::Unknown,
        }
    }

    /// The same, and `OPTIONS`, as a header says them.
    pub(super) fn allowed(&self) -> String {
        format!("{}, OPTIONS", self.methods().join(", "))
    }

    /// The methods that it takes, besides `OPTIONS`.
    pub(super) fn methods(&self) -> &'static [&'static str] {
        match self {
            Self::Bulk | Self::Search => &["POST"],
            Self::Config | Self::ResourceTypes(_) | Self::Schemas(_) => &["GET", "HEAD"],
            Self::Groups => &["GET", "HEAD"],
            Self::Me | Self::Unknown => &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
            Self::User(_) => &["GET", "HEAD", "PUT", "PATCH", "DELETE"],
            Self::Users => &["GET", "HEAD", "POST"],
        }
    }
}

fn decoded(segment: &str) -> Option<String> {
    let text = percent_decode_str(segment).decode_utf8().ok()?;
    Some(text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str) -> Option<Target> {
        Target::of("/app", path).map(|(organization, target)| {
            assert_eq!(organization.as_str(), "org 1");
            target
        })
    }

    #[test]
    fn a_path_leads_where_it_says() {
        let user = |id: &str| Some(Target::User(AccountId::new(id)));
        let of = |rest: &str| of(&format!("/app/scim/org%201/v2{rest}"));
        assert_eq!(of("/Users"), Some(Target::Users));
        assert_eq!(of("//Users/"), Some(Target::Users));
        assert_eq!(of("/Users/1"), user("1"));
        assert_eq!(of("/Users/a%2Fb"), user("a/b"));
        assert_eq!(of("/Users/%2E%2E"), user(".."));
        assert_eq!(of("/Users/1/2"), Some(Target::Unknown));
        assert_eq!(of("/.search"), Some(Target::Search));
        assert_eq!(of(""), Some(Target::Unknown));
        assert_eq!(of("/users"), Some(Target::Unknown));
        assert_eq!(of("/Users/%FF"), None);
        assert_eq!(Target::of("", "/scim/org/v1/Users"), None);
        assert_eq!(Target::of("/app", "/scim/org/v2/Users"), None);
    }

    #[test]
    fn a_token_is_shown_in_the_header() {
        let token =
            |header| ScimRequest::new("GET", "/").with_header("Authorization", header).token();
        assert_eq!(token("Bearer one"), Some("one"));
        assert_eq!(token(" bearer \t one \r\n"), Some("one"));
        for other in ["one", "Bearer", "Bearer ", "Basic one", ""] {
            assert_eq!(token(other), None, "{other}");
        }
    }
}
