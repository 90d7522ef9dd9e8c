//! From where a request comes.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use http::{Extensions, HeaderMap};

/// The address of the client: that of the connection, unless that is a proxy which is trusted; then
/// the last one in `X-Forwarded-For` that is no trusted proxy. What stands before it, anybody can
/// have written.
pub(crate) fn client(
    headers: &HeaderMap,
    extensions: &Extensions,
    proxies: &[IpAddr],
) -> Option<IpAddr> {
    let connected = extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip().to_canonical();
    if !proxies.contains(&connected) {
        return Some(connected);
    }
    let forwarded = headers.get_all("x-forwarded-for").iter();
    let forwarded = forwarded.filter_map(|value| value.to_str().ok());
    let all: Vec<&str> = forwarded.flat_map(|value| value.split(',')).map(str::trim).collect();
    let mut before = connected;
    for text in all.into_iter().rev() {
        let Ok(address) = text.parse::<IpAddr>() else { return Some(before) };
        before = address.to_canonical();
        if !proxies.contains(&before) {
            return Some(before);
        }
    }
    Some(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(connected: &str, forwarded: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().expect("a value"));
        }
        let mut extensions = Extensions::new();
        let connected: IpAddr = connected.parse().expect("an address");
        extensions.insert(ConnectInfo(SocketAddr::new(connected, 1)));
        let proxies = ["10.0.0.1", "10.0.0.2"].map(|text| text.parse().expect("an address"));
        client(&headers, &extensions, &proxies).map(|client| client.to_string())
    }

    #[test]
    fn only_proxies_that_are_trusted_are_believed() {
        let is = |text: &str| Some(text.to_owned());
        assert_eq!(of("192.0.2.1", &["1.1.1.1"]), is("192.0.2.1"));
        assert_eq!(of("10.0.0.1", &["1.1.1.1, 192.0.2.7"]), is("192.0.2.7"));
        assert_eq!(of("10.0.0.1", &["1.1.1.1", "192.0.2.7, 10.0.0.2"]), is("192.0.2.7"));
        assert_eq!(of("10.0.0.1", &["nonsense"]), is("10.0.0.1"));
        assert_eq!(of("10.0.0.1", &[]), is("10.0.0.1"));
        assert_eq!(of("::ffff:10.0.0.1", &["2001:db8::1"]), is("2001:db8::1"));
        assert_eq!(client(&HeaderMap::new(), &Extensions::new(), &[]), None);
    }
}
