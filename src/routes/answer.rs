//! What a browser is answered.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::Full;

use crate::request::SetCookie;
use crate::send::Delivery;

/// An answer on its way.
pub(super) struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Answer {
    /// A status, and nothing that is kept anywhere: RFC 9111 §5.2.2.5.
    pub(super) fn bare(status: u16) -> Self {
        let headers = vec![
            ("cache-control", "no-store".to_owned()),
            ("referrer-policy", "no-referrer".to_owned()),
            ("x-content-type-options", "nosniff".to_owned()),
        ];
        Self { status, headers, body: String::new() }
    }

    /// A redirect that is followed with GET, whatever came before.
    pub(super) fn see_other(to: &str) -> Self {
        Self::bare(303).with("location", to)
    }

    /// A page of ours. It has no scripts; its forms may lead on to an identity provider, so that
    /// there is no `form-action`, which browsers would also apply to where they lead.
    pub(super) fn page(status: u16, html: String, nonce: &str) -> Self {
        let policy = format!(
            "default-src 'none'; style-src 'nonce-{nonce}'; img-src 'self' data:; base-uri 'none'; \
             frame-ancestors 'none'"
        );
        Self { body: html, ..Self::bare(status) }
            .with("content-type", "text/html; charset=utf-8")
            .with("content-security-policy", policy)
    }

    pub(super) fn xml(body: String) -> Self {
        let answer = Self { body, ..Self::bare(200) };
        answer.with("content-type", "application/samlmetadata+xml")
    }

    /// A message of ours to the identity provider, by way of the browser.
    pub(super) fn delivery(delivery: &Delivery, nonce: &str) -> Self {
        match delivery {
            Delivery::Redirect(url) => Self::see_other(url),
            Delivery::Post(form) => Self { body: form.page(nonce), ..Self::bare(200) }
                .with("content-type", "text/html; charset=utf-8")
                .with("content-security-policy", form.content_security_policy(nonce)),
        }
    }

    /// The same in a frame: identity providers log people out in frames.
    pub(super) fn framed(mut self) -> Self {
        for (name, value) in &mut self.headers {
            if *name == "content-security-policy" {
                *value = value.replace("; frame-ancestors 'none'", "");
            }
        }
        self
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn with_cookies(self, cookies: &[SetCookie]) -> Self {
        let set = |answer: Self, cookie: &SetCookie| answer.with("set-cookie", cookie.as_str());
        cookies.iter().fold(self, set)
    }

    pub(super) fn into_response(self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(Bytes::from(self.body)));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or_default();
        for (name, value) in self.headers {
            // What cannot stand in a header is none of ours.
            if let Ok(value) = HeaderValue::try_from(value) {
                response.headers_mut().append(HeaderName::from_static(name), value);
            }
        }
        response
    }
}
