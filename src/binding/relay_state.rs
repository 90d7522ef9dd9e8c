//! RelayState: what travels beside a message and comes back with the answer (Bindings §3.4.3).

use std::fmt;
use std::str::FromStr;

use percent_encoding::percent_decode_str;

use crate::error::{RelayStateProblem, SendError};

/// Where to go on after the login: an opaque token, or a path on this very site.
///
/// Nothing vouches for a RelayState that comes in: whoever sends the browser can choose it. So it
/// is only ever one of these two, checked in the same way on its way out and in.
#[derive(Clone, PartialEq, Eq)]
pub struct RelayState(String);

/// Bindings §3.4.3.
const MAX_BYTES: usize = 80;

/// Percent-encoding inside of percent-encoding is followed so far.
const MAX_DECODINGS: usize = 4;

impl RelayState {
    /// An opaque token: letters, digits, `-`, `.`, `_` and `~`; not `.` or `..`, which are paths.
    ///
    /// # Errors
    ///
    /// [`SendError::RelayState`].
    pub fn token(token: impl Into<String>) -> Result<Self, SendError> {
        let token = token.into();
        let is_token = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
        match check_length(&token) {
            Err(problem) => Err(refused(problem)),
            Ok(()) if matches!(token.as_str(), "" | "." | "..") || !token.bytes().all(is_token) => {
                Err(refused(RelayStateProblem::Unsafe))
            }
            Ok(()) => Ok(Self(token)),
        }
    }

    /// A path with or without a query, on the same origin: `/inbox?tab=2`.
    ///
    /// Whatever a browser or a server along the way could read as another site's address, or as a
    /// path elsewhere on this one, is refused: `//evil.test`, backslashes, control characters,
    /// blank space, dot segments (also with parameters, `..;a`), `?` and `#` within the path, and
    /// `"`, `<` and `>`, all of them in any percent-encoding; and a `%` that begins none (RFC 3986
    /// §2.1).
    ///
    /// # Errors
    ///
    /// [`SendError::RelayState`].
    pub fn path(path: impl Into<String>) -> Result<Self, SendError> {
        let path = path.into();
        let safe = check_length(&path).and_then(|()| check_path(&path));
        safe.map(|()| Self(path)).map_err(refused)
    }

    /// A path that begins with one of these, up to the end or a `/`, `?` or `#`. It is compared as
    /// it stands: `/%61pp` is not under `/app`.
    ///
    /// # Errors
    ///
    /// [`SendError::RelayState`].
    pub fn path_under(path: impl Into<String>, allowed: &[&str]) -> Result<Self, SendError> {
        let Self(path) = Self::path(path)?;
        let begins = |prefix: &&str| {
            let rest = path.strip_prefix(*prefix);
            rest.is_some_and(|rest| {
                prefix.ends_with('/') || rest.is_empty() || rest.starts_with(['/', '?', '#'])
            })
        };
        if allowed.iter().any(begins) {
            Ok(Self(path))
        } else {
            Err(refused(RelayStateProblem::NotAllowed))
        }
    }

    /// A RelayState that came in: a token or a safe path, or nothing. What it leads to has to be
    /// checked like any other request of that person.
    pub fn received(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A [token](RelayState::token), or else a [path](RelayState::path).
impl FromStr for RelayState {
    type Err = SendError;

    fn from_str(text: &str) -> Result<Self, SendError> {
        Self::token(text).or_else(|_| Self::path(text))
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for RelayState {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// What is read is checked like what [came in](RelayState::received).
#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for RelayState {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::received(&text).ok_or_else(|| serde::de::Error::custom("no safe path and no token"))
    }
}

/// A token may be a secret of the application.
impl fmt::Debug for RelayState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RelayState(…)")
    }
}

/// Whether it is a path on this very site, however long.
pub(crate) fn is_safe_path(path: &str) -> bool {
    check_path(path).is_ok()
}

fn refused(problem: RelayStateProblem) -> SendError {
    SendError::RelayState { problem }
}

fn check_length(text: &str) -> Result<(), RelayStateProblem> {
    if text.len() > MAX_BYTES { Err(RelayStateProblem::TooLong) } else { Ok(()) }
}

/// The path ends at the first `?` or `#` of the text as it stands, for a browser ends it there:
/// what is decoded later moves no end.
fn check_path(text: &str) -> Result<(), RelayStateProblem> {
    let end = text.find(['?', '#']).unwrap_or(text.len());
    let (path, rest) = text.split_at_checked(end).ok_or(RelayStateProblem::Unsafe)?;
    // A segment's parameters are no part of its name for some servers: RFC 3986 §3.3.
    let dots = |segment: &str| {
        matches!(segment.split_once(';').map_or(segment, |(name, _)| name), "." | "..")
    };
    let leads_away = |path: &str| {
        !path.starts_with('/')
            || path.starts_with("//")
            || path.contains(['?', '#'])
            || !is_percent_encoded(path)
            || path.split('/').any(dots)
    };
    check_decodings(path, leads_away)?;
    if is_percent_encoded(rest) {
        check_decodings(rest, |_| false)
    } else {
        Err(RelayStateProblem::Unsafe)
    }
}

/// Holds a text, and what it is decoded to over and over, to the characters that are safe and to a
/// rule.
fn check_decodings(text: &str, is_hostile: impl Fn(&str) -> bool) -> Result<(), RelayStateProblem> {
    let hostile = |c: char| !c.is_ascii_graphic() || matches!(c, '\\' | '"' | '<' | '>');
    let mut text = text.to_owned();
    for _ in 0..MAX_DECODINGS {
        if text.contains(hostile) || is_hostile(&text) {
            return Err(RelayStateProblem::Unsafe);
        }
        let decoded =
            percent_decode_str(&text).decode_utf8().map_err(|_| RelayStateProblem::Unsafe)?;
        if decoded == text {
            return Ok(());
        }
        text = decoded.into_owned();
    }
    Err(RelayStateProblem::Unsafe)
}

/// Whether two hexadecimal digits follow each `%`: RFC 3986 §2.1. What else could follow is for
/// each server to guess.
fn is_percent_encoded(text: &str) -> bool {
    let digits = |after: &str| after.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
    text.split('%').skip(1).all(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(result: Result<RelayState, SendError>) -> Option<RelayStateProblem> {
        match result {
            Err(SendError::RelayState { problem }) => Some(problem),
            _ => None,
        }
    }

    #[test]
    fn paths_stay_on_the_site() {
        for path in [
            "/",
            "/inbox",
            "/a/b?c=d&e=%20f",
            "/a#b",
            "/search?q=//x",
            "/a//b",
            "/%41",
            "/a;b/c",
            "/a?b=..",
            "/a?b=/../c",
            "/a?b=%23%3f",
            "/a?b=100%25",
            "/...",
            "/a/.b",
        ] {
            // A blank in any encoding is blank space.
            let expected = path.contains("%20").then_some(RelayStateProblem::Unsafe);
            assert_eq!(problem(RelayState::path(path)), expected, "{path}");
        }
        for path in [
            "",
            "inbox",
            "https://evil.test",
            "javascript:alert(1)",
            "//evil.test",
            "/\\evil.test",
            "\\\\evil.test",
            "/%2Fevil.test",
            "/%2fevil.test",
            "/%252Fevil.test",
            "/%5Cevil.test",
            "/%25255Cevil.test",
            "/a\r\nSet-Cookie:x",
            "/a%0d%0ab",
            "/a%00",
            "/\t/evil.test",
            "/..//evil.test",
            "/a/../b",
            "/%2e%2e/b",
            "/é",
            "/%ff",
            " /a",
            "/%2525252525252fa",
            // A `?` or `#` that is decoded ends no path.
            "/app/%23/%2e%2e/%2e%2e/admin",
            "/app/%3f/%2e%2e/%2e%2e/admin",
            "/app/%23/%2e%2e/%2e%2e//evil.test",
            "/%23/%2e%2e//evil.test",
            "/app/%2523/%252e%252e/%252e%252e/admin",
            "/app/%23",
            "/app/%3Fa=b",
            // Parameters of a segment.
            "/app/..;/admin",
            "/app/%2e%2e;/admin",
            "/app/%2e%2e%3b/admin",
            "/app/.;/..;x=1/admin",
            // No percent-encoding.
            "/%u002fevil.test",
            "/app/%zz",
            "/app/%",
            "/app/%2",
            "/app/%25zz",
            "/app?a=%zz",
            "/app#%2",
            // What breaks out of an attribute, or of the address in a header.
            "/\"><script>alert(1)</script>",
            "/a?b=%22",
            "/a#%3Cb%3e",
            // Controls and backslashes behind the path.
            "/a?b=%0d%0aSet-Cookie:x",
            "/a?b=%5c",
            "/a#%255c",
        ] {
            assert_eq!(
                problem(RelayState::path(path)),
                Some(RelayStateProblem::Unsafe),
                "{path:?}"
            );
        }
        assert_eq!(problem(RelayState::path(format!("/{}", "a".repeat(79)))), None);
        assert_eq!(
            problem(RelayState::path(format!("/{}", "a".repeat(80)))),
            Some(RelayStateProblem::TooLong)
        );
    }

    #[test]
    fn an_allow_list_counts_whole_segments() {
        let under = |path: &str| problem(RelayState::path_under(path, &["/app", "/docs/"]));
        for path in ["/app/%23/%2e%2e/%2e%2e/admin", "/app/..;/admin", "/app/../admin"] {
            assert_eq!(under(path), Some(RelayStateProblem::Unsafe), "{path}");
        }
        for path in ["/app", "/app/", "/app/x", "/app?x", "/docs/x"] {
            assert_eq!(under(path), None, "{path}");
        }
        for path in ["/application", "/docs", "/", "/other/app", "/%61pp", "/app;x", "/app%2fx"] {
            assert_eq!(under(path), Some(RelayStateProblem::NotAllowed), "{path}");
        }
    }

    #[test]
    fn what_comes_in_is_a_token_or_a_path() {
        assert_eq!(RelayState::received("rs-1").as_ref().map(RelayState::as_str), Some("rs-1"));
        assert_eq!(RelayState::received("/inbox").as_ref().map(RelayState::as_str), Some("/inbox"));
        for hostile in [
            "",
            "https://evil.test",
            "//evil.test",
            "a b",
            "<script>",
            "a:b",
            ".",
            "..",
            "/app/%23/%2e%2e/admin",
        ] {
            assert_eq!(RelayState::received(hostile), None, "{hostile}");
        }
        assert_eq!(format!("{:?}", RelayState::token("secret").unwrap()), "RelayState(…)");
    }
}
