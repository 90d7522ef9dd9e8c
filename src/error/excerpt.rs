use std::fmt;

/// The longest excerpt kept from a message, in characters.
const MAX_EXCERPT_CHARS: usize = 256;

/// A piece of protocol data quoted in a refusal: an issuer, a URL, an algorithm. Never an attribute
/// value or a NameID.
///
/// At most 256 characters are kept. `Display` and `Debug` quote it and escape control,
/// bidirectional and other unprintable characters, so that it is safe on a terminal and in a log
/// line; escape it before putting it in HTML.
#[derive(Clone, PartialEq, Eq)]
pub struct Excerpt(Box<str>);

impl Excerpt {
    /// Keeps the beginning of `text`.
    pub(crate) fn new(text: &str) -> Self {
        match text.char_indices().nth(MAX_EXCERPT_CHARS) {
            None => Self(text.into()),
            Some((end, _)) => {
                let kept = text.get(..end).unwrap_or_default();
                Self(format!("{kept}…").into())
            }
        }
    }

    /// The excerpt as it stood in the message, unescaped; ends in `…` where it was cut.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// A value that had to be equal, byte for byte, and was not.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mismatch {
    /// What the connection (or the caller's expectation) says.
    pub expected: Excerpt,
    /// What the message says: one value, or each of several alternatives (at most eight are kept).
    pub found: Vec<Excerpt>,
    /// How the two are alike, where they nearly agree.
    pub near_miss: Option<NearMiss>,
}

impl Mismatch {
    /// Compares `expected` with what was found; `other` is a value of the connection that
    /// administrators mix up with it.
    pub(crate) fn new<'a>(
        expected: &str,
        found: impl IntoIterator<Item = &'a str>,
        other: Option<&str>,
    ) -> Box<Self> {
        let found: Vec<&str> = found.into_iter().take(8).collect();
        let near_miss = found.iter().find_map(|found| {
            if other == Some(*found) && *found != expected {
                Some(NearMiss::Swapped)
            } else {
                NearMiss::between(expected, found)
            }
        });
        Box::new(Self {
            expected: Excerpt::new(expected),
            found: found.into_iter().map(Excerpt::new).collect(),
            near_miss,
        })
    }

    /// The found values, quoted and separated by commas.
    pub(crate) fn found_list(&self) -> String {
        list(&self.found)
    }
}

/// Expected and found, and how they are alike.
impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}, found {}", self.expected, self.found_list())?;
        match self.near_miss {
            Some(near_miss) => write!(f, "; {}", near_miss.sentence()),
            None => Ok(()),
        }
    }
}

/// The telltale way in which two unequal values are alike: the usual slips in an administrator's
/// form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NearMiss {
    /// Equal but for letter case.
    LetterCase,
    /// The same path on another host or port: the URL of another environment.
    OtherHost,
    /// `http` against `https`.
    Scheme,
    /// Equal but for blank space at an end.
    SurroundingSpace,
    /// The value of the neighbouring field: issuer and audience, say, were swapped.
    Swapped,
    /// Equal but for one slash at the end.
    TrailingSlash,
}

impl NearMiss {
    fn between(expected: &str, found: &str) -> Option<Self> {
        if expected == found {
            return None;
        }
        let slashless = |s: &str| s.strip_suffix('/').unwrap_or(s).to_owned();
        if expected.trim() == found.trim() {
            Some(Self::SurroundingSpace)
        } else if slashless(expected) == slashless(found) {
            Some(Self::TrailingSlash)
        } else if expected.to_lowercase() == found.to_lowercase() {
            Some(Self::LetterCase)
        } else {
            let (expected_scheme, expected_rest) = expected.split_once("://")?;
            let (found_scheme, found_rest) = found.split_once("://")?;
            if expected_rest == found_rest && expected_scheme != found_scheme {
                return Some(Self::Scheme);
            }
            let (_, expected_path) = expected_rest.split_once('/')?;
            let (_, found_path) = found_rest.split_once('/')?;
            (expected_path == found_path).then_some(Self::OtherHost)
        }
    }

    /// The finding as a clause that completes “… : ”.
    pub(crate) fn sentence(self) -> &'static str {
        match self {
            Self::LetterCase => "they differ only in letter case",
            Self::OtherHost => {
                "they name the same path on different hosts: the URL of another environment?"
            }
            Self::Scheme => "they differ only in http against https",
            Self::SurroundingSpace => "they differ only in blank space at an end",
            Self::Swapped => "this is the value of the neighbouring field: were the two swapped?",
            Self::TrailingSlash => "they differ only in the slash at the end",
        }
    }
}

/// Text from outside, made fit for a terminal and for a line of a log: control, bidirectional,
/// invisible and unassigned characters as `\u{…}`. Quotes and backslashes stand as they are, and so
/// do combining marks behind the letter that they belong to.
///
/// ```
/// assert_eq!(saml_login::error::printable("a\u{1b}[31m\"\n"), "a\\u{1b}[31m\"\\n");
/// ```
pub fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for piece in text.split_inclusive(QUOTES) {
        let plain = piece.trim_end_matches(QUOTES);
        printable.extend(plain.escape_debug());
        printable.extend(piece.chars().last().filter(|last| QUOTES.contains(last)));
    }
    printable
}

const QUOTES: [char; 3] = ['"', '\'', '\\'];

pub(super) fn or_none(found: Option<&Excerpt>) -> String {
    found.map_or("none".to_owned(), Excerpt::to_string)
}

pub(super) fn list(found: &[Excerpt]) -> String {
    let quoted: Vec<String> = found.iter().map(Excerpt::to_string).collect();
    quoted.join(", ")
}

/// What the other side says of it.
pub(super) fn words(message: Option<&Excerpt>) -> String {
    message.map_or(String::new(), |message| format!("; it says, unverified: {message}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_misses_are_named() {
        let near =
            |expected, found: &str| Mismatch::new(expected, [found], Some("the other")).near_miss;
        assert_eq!(near("https://a/b", "https://a/b/"), Some(NearMiss::TrailingSlash));
        assert_eq!(near("https://a/B", "https://a/b"), Some(NearMiss::LetterCase));
        assert_eq!(near("acme", " acme\n"), Some(NearMiss::SurroundingSpace));
        assert_eq!(near("acme", "the other"), Some(NearMiss::Swapped));
        assert_eq!(near("https://a/b", "http://a/b"), Some(NearMiss::Scheme));
        assert_eq!(
            near("https://a.test/saml", "https://staging.a.test/saml"),
            Some(NearMiss::OtherHost)
        );
        assert_eq!(near("acme", "globex"), None);
        assert_eq!(near("https://a.test", "https://b.test"), None);
    }

    #[test]
    fn excerpts_are_cut_and_escaped() {
        assert_eq!(Excerpt::new("a\u{1b}[31m\u{202e}b").to_string(), r#""a\u{1b}[31m\u{202e}b""#);
        let long = Excerpt::new(&"é".repeat(300));
        assert_eq!(long.as_str().chars().count(), 257);
        assert!(long.as_str().ends_with('…'));
    }
}
