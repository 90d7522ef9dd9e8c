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
        // Browsers read `\` as `/`: it ends the authority as well.
        let authority = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
        // Whatever stands before the last `@` names a user: the host is behind it (RFC 3986 §3.2).
        let (_, authority) = authority.rsplit_once('@').unwrap_or(("", authority));
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

/// An absolute http or https URL, taken apart. The host is in lower case, without user and port.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Parts<'u> {
    /// Host and port, in lower case.
    pub(crate) authority: String,
    pub(crate) host: String,
    /// From the first slash on; empty if there is none.
    pub(crate) path: &'u str,
    /// Behind the question mark; empty if there is none.
    pub(crate) query: &'u str,
}

impl<'u> Parts<'u> {
    /// Takes a URL apart.
    pub(crate) fn of(url: &'u str) -> Option<Self> {
        if Address::of(url) == Address::None {
            return None;
        }
        let (_, rest) = url.split_once("://")?;
        let (rest, _) = rest.split_once('#').unwrap_or((rest, ""));
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) =
            rest.split_at_checked(rest.find(['/', '\\']).unwrap_or(rest.len()))?;
        let authority = authority.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
        let port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
        let host = match authority.rsplit_once(':') {
            Some((host, digits)) if port(digits) => host.to_owned(),
            _ => authority.clone(),
        };
        Some(Self { authority, host, path, query })
    }

    /// Whether the host is this domain or one below it.
    pub(crate) fn is_within(&self, domain: &str) -> bool {
        self.host
            .strip_suffix(domain)
            .is_some_and(|before| before.is_empty() || before.ends_with('.'))
    }
}

/// Whether a browser can be sent to what somebody else wrote down as a URL: an absolute http or
/// https URL without a user or a fragment, of printable ASCII alone (RFC 3986 §2).
pub(crate) fn is_plain(url: &str) -> bool {
    let odd = |byte: u8| {
        !byte.is_ascii_graphic() || matches!(byte, b'#' | b'"' | b'<' | b'>' | b'\\' | b'^' | b'`')
    };
    let authority = url.split('/').nth(2).unwrap_or_default();
    Address::of(url) != Address::None && !url.bytes().any(odd) && !authority.contains('@')
}

/// One spelling for all that browsers take for the same URL: RFC 3986 §6.2.2 and §6.2.3. `None` for
/// what a browser cannot be sent to.
pub(crate) fn normal_form(url: &str) -> Option<String> {
    let parts = Parts::of(url).filter(|_| is_plain(url))?;
    let (scheme, _) = url.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let default_port = if scheme == "https" { ":443" } else { ":80" };
    let authority = parts.authority.strip_suffix(default_port).unwrap_or(&parts.authority);
    let mut segments: Vec<String> = Vec::new();
    let mut given = parts.path.split('/').skip(1).map(decoded).peekable();
    while let Some(segment) = given.next() {
        let is_last = given.peek().is_none();
        match segment.as_str() {
            ".." => drop(segments.pop()),
            "." => {}
            _ => {
                segments.push(segment);
                continue;
            }
        }
        // What ends in dots is the folder.
        if is_last {
            segments.push(String::new());
        }
    }
    let query = if parts.query.is_empty() { String::new() } else { format!("?{}", parts.query) };
    Some(format!("{scheme}://{authority}/{}{query}", segments.join("/")))
}

/// Without the escapes that no character needs (RFC 3986 §2.3), and with the others in capitals.
fn decoded(segment: &str) -> String {
    let mut plain = String::with_capacity(segment.len());
    let mut rest = segment;
    while let Some((before, escape)) = rest.split_once('%') {
        plain.push_str(before);
        let byte = escape.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        rest = match byte {
            Some(byte) => {
                match char::from(byte) {
                    c if c.is_ascii_alphanumeric() || "-._~".contains(c) => plain.push(c),
                    _ => plain.push_str(&format!("%{byte:02X}")),
                }
                escape.get(2..).unwrap_or_default()
            }
            None => {
                plain.push('%');
                escape
            }
        };
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_url_has_one_normal_form() {
        let same = "https://app.test/saml/acme/acs";
        for spelled in [
            same,
            "HTTPS://APP.test/saml/acme/acs",
            "https://app.test:443/saml/acme/acs",
            "https://app.test/saml/%61cme/acs",
            "https://app.test/saml/bravo/../acme/acs",
            "https://app.test/saml/bravo/%2e%2E/acme/./acs",
            "https://app.test/../saml/acme/acs",
        ] {
            assert_eq!(normal_form(spelled).as_deref(), Some(same), "{spelled}");
        }
        for (spelled, normal) in [
            ("https://app.test", "https://app.test/"),
            ("http://localhost:80/a/", "http://localhost/a/"),
            ("http://localhost:443/a", "http://localhost:443/a"),
            ("https://app.test/a%2fb%c3%a4", "https://app.test/a%2Fb%C3%A4"),
            ("https://app.test/a/..", "https://app.test/"),
            ("https://app.test/a/.", "https://app.test/a/"),
            ("https://app.test/a?b=%61", "https://app.test/a?b=%61"),
            ("https://app.test/%zz%", "https://app.test/%zz%"),
        ] {
            assert_eq!(normal_form(spelled).as_deref(), Some(normal), "{spelled}");
            assert_eq!(normal_form(normal).as_deref(), Some(normal), "it stays");
        }
        for none in ["", "not even a URL", "ftp://app.test", "https://app.test/#a", "//app.test/"] {
            assert_eq!(normal_form(none), None, "{none}");
        }
    }

    #[test]
    fn a_backslash_ends_the_host_as_it_does_in_a_browser() {
        let parts = Parts::of("https://evil.test\\.okta.com/app").unwrap();
        assert_eq!(parts.host, "evil.test");
        assert!(!parts.is_within("okta.com"));
    }

    #[test]
    fn the_host_is_the_one_that_a_browser_goes_to() {
        for (url, address, plain) in [
            ("https://idp.test/sso?a=b", Address::Secure, true),
            ("HTTPS://idp.test", Address::Secure, true),
            ("http://localhost:8080/", Address::Secure, true),
            ("http://[::1]/", Address::Secure, true),
            ("http://[::1]:80/", Address::Secure, true),
            ("http://idp.test", Address::Insecure, true),
            ("http://localhost.evil.test/", Address::Insecure, true),
            ("http://localhost:x@evil.test/sso", Address::Insecure, false),
            ("http://127.0.0.1:80@evil.test/", Address::Insecure, false),
            ("http://a@b@localhost/", Address::Secure, false),
            ("http://evil.test\\@localhost/", Address::Insecure, false),
            ("https://idp.test\\@evil.test/", Address::Secure, false),
            ("https://idp.test/#a", Address::Secure, false),
            ("https://idp.test/\"><script>", Address::Secure, false),
            ("https://user@", Address::None, false),
            ("https://user@:80", Address::None, false),
            ("https://\\evil.test", Address::None, false),
            ("https:///evil.test", Address::None, false),
            ("javascript://idp.test/%0aalert(1)", Address::None, false),
            ("//idp.test", Address::None, false),
        ] {
            assert_eq!((Address::of(url), is_plain(url)), (address, plain), "{url}");
        }
    }
}
