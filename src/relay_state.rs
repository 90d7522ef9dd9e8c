//! RelayState: what travels beside a message and comes back with the answer (Bindings §3.4.3).

use std::fmt;

use percent_encoding::percent_decode_str;

use crate::error::{RelayStateProblem, SendError};

/// Where to go on after the login: an opaque token, or a path on this very site.
///
/// Nothing vouches for a RelayState that comes in: whoever sends the browser can choose it. So it is only ever one of these two,
/// checked in the same way on its way out and in.
#[derive(Clone, PartialEq, Eq)]
pub struct RelayState(String);

/// Bindings §3.4.3.
const MAX_BYTES: usize = 80;

/// Percent-encoding inside of percent-encoding is followed so far.
const MAX_DECODINGS: usize = 4;

impl RelayState {
    /// An opaque token: letters, digits, `-`, `.`, `_` and `~`.
    ///
    /// # Errors
    ///
    /// [`SendError::RelayState`].
    pub fn token(token: impl Into<String>) -> Result<Self, SendError> {
        let token = token.into();
        let is_token = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
        match check_length(&token) {
            Err(problem) => Err(refused(problem)),
            Ok(()) if token.is_empty() || !token.bytes().all(is_token) => {
                Err(refused(RelayStateProblem::Unsafe))
            }
            Ok(()) => Ok(Self(token)),
        }
    }

    /// A path with or without a query, on the same origin: `/inbox?tab=2`.
    ///
    /// Whatever a browser or a server along the way could read as another site's address is refused: `//evil.test`, backslashes,
    /// control characters, blank space, dot segments, all of them in any percent-encoding.
    ///
    /// # Errors
    ///
    /// [`SendError::RelayState`].
    pub fn path(path: impl Into<String>) -> Result<Self, SendError> {
        let path = path.into();
        let safe = check_length(&path).and_then(|()| check_path(&path));
        safe.map(|()| Self(path)).map_err(refused)
    }

    /// A path that begins with one of these, up to the end or a `/`, `?` or `#`.
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
        if allowed.iter().any(begins) { Ok(Self(path)) } else { Err(refused(RelayStateProblem::NotAllowed)) }
    }

    /// A RelayState that came in: a token or a safe path, or nothing. What it leads to has to be checked like any other request of
    /// that person.
    pub fn received(text: &str) -> Option<Self> {
        Self::token(text).or_else(|_| Self::path(text)).ok()
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A token may be a secret of the application.
impl fmt::Debug for RelayState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RelayState(…)")
    }
}

fn refused(problem: RelayStateProblem) -> SendError {
    SendError::RelayState { problem }
}

fn check_length(text: &str) -> Result<(), RelayStateProblem> {
    if text.len() > MAX_BYTES { Err(RelayStateProblem::TooLong) } else { Ok(()) }
}

fn check_path(path: &str) -> Result<(), RelayStateProblem> {
    let mut text = path.to_owned();
    for _ in 0..MAX_DECODINGS {
        let hostile = |c: char| c == '\\' || c.is_control() || c.is_whitespace() || !c.is_ascii();
        let (before_query, _) = text.split_once(['?', '#']).unwrap_or((&text, ""));
        let dots = before_query.split('/').any(|segment| matches!(segment, "." | ".."));
        if !text.starts_with('/') || text.starts_with("//") || text.contains(hostile) || dots {
            return Err(RelayStateProblem::Unsafe);
        }
        let decoded = percent_decode_str(&text).decode_utf8().map_err(|_| RelayStateProblem::Unsafe)?;
        if decoded == text {
            return Ok(());
        }
        text = decoded.into_owned();
    }
    Err(RelayStateProblem::Unsafe)
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
        for path in ["/", "/inbox", "/a/b?c=d&e=%20f", "/a#b", "/search?q=//x", "/a//b", "/%41"] {
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
        ] {
            assert_eq!(problem(RelayState::path(path)), Some(RelayStateProblem::Unsafe), "{path:?}");
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
        for path in ["/app", "/app/", "/app/x", "/app?x", "/docs/x"] {
            assert_eq!(under(path), None, "{path}");
        }
        for path in ["/application", "/docs", "/", "/other/app"] {
            assert_eq!(under(path), Some(RelayStateProblem::NotAllowed), "{path}");
        }
    }

    #[test]
    fn what_comes_in_is_a_token_or_a_path() {
        assert_eq!(RelayState::received("rs-1").as_ref().map(RelayState::as_str), Some("rs-1"));
        assert_eq!(RelayState::received("/inbox").as_ref().map(RelayState::as_str), Some("/inbox"));
        for hostile in ["", "https://evil.test", "//evil.test", "a b", "<script>", "a:b"] {
            assert_eq!(RelayState::received(hostile), None, "{hostile}");
        }
        assert_eq!(format!("{:?}", RelayState::token("secret").unwrap()), "RelayState(…)");
    }
}
