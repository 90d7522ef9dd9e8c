//! Web addresses, as far as this crate looks into them.

/// What an address is good for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Address {
    /// An absolute https URL, or http on this very machine.
    Secure,
    /// An absolute http URL.
    Insecure,
    /// Not an absolute http or https URL.
    None,
}

impl Address {
    /// Reads a URL.
    pub(crate) fn of(url: &str) -> Self {
        let Some((scheme, rest)) = url.split_once("://") else { return Self::None };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let blank = url.contains(|c: char| c.is_whitespace() || c.is_control());
        if authority.is_empty() || authority.starts_with(':') || blank {
            return Self::None;
        }
        let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
        let local = matches!(host, "localhost" | "127.0.0.1" | "[::1]") || authority == "[::1]";
        match scheme.to_ascii_lowercase().as_str() {
            "https" => Self::Secure,
            "http" if local => Self::Secure,
            "http" => Self::Insecure,
            _ => Self::None,
        }
    }
}

/// Whether a browser can be sent to what somebody else wrote down as a URL: an absolute http or https URL without a user or a
/// fragment, of printable ASCII alone (RFC 3986 §2).
pub(crate) fn is_plain(url: &str) -> bool {
    let odd = |byte: u8| {
        !byte.is_ascii_graphic() || matches!(byte, b'#' | b'"' | b'<' | b'>' | b'\\' | b'^' | b'`')
    };
    let authority = url.split('/').nth(2).unwrap_or_default();
    Address::of(url) != Address::None && !url.bytes().any(odd) && !authority.contains('@')
}
