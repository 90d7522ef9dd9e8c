//! What a browser sends besides what it asks for.

use std::fmt;
use std::net::IpAddr;

use chrono::{DateTime, Utc};

use crate::audit::AuditEvent;
use crate::organization::By;
use crate::provision::Asked;

/// What a browser has sent besides what it asks for, and when. Hand all of it in at every call.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Browser<'a> {
    /// The value of its `Cookie` header; where there are several, joined with `; `.
    pub cookies: &'a str,
    /// When.
    pub now: DateTime<Utc>,
    /// The value of its `Sec-Fetch-Dest` header, if it sent one: whether a person came, or a page
    /// elsewhere has loaded this as a picture.
    pub fetch_dest: Option<&'a str>,
    /// The value of its `Sec-Fetch-Site` header, if it sent one: from where it was sent.
    pub fetch_site: Option<&'a str>,
    /// The address that it came from, as a proxy that the application trusts says. Rates are
    /// limited by it, and it stands in the audit trail. Without it no address is limited: only
    /// accounts are then.
    pub client: Option<IpAddr>,
    /// The application's own id of the request, for the audit trail.
    pub request_id: Option<&'a str>,
}

impl<'a> Browser<'a> {
    /// A browser with these cookies, now.
    pub fn new(cookies: &'a str, now: DateTime<Utc>) -> Self {
        Self { cookies, now, fetch_dest: None, fetch_site: None, client: None, request_id: None }
    }

    /// The same with the value of its `Sec-Fetch-Dest` header.
    #[must_use]
    pub fn with_fetch_dest(self, fetch_dest: impl Into<Option<&'a str>>) -> Self {
        Self { fetch_dest: fetch_dest.into(), ..self }
    }

    /// The same with the value of its `Sec-Fetch-Site` header. What is done for whoever is signed
    /// in needs it: no other site begins that.
    #[must_use]
    pub fn with_fetch_site(self, fetch_site: impl Into<Option<&'a str>>) -> Self {
        Self { fetch_site: fetch_site.into(), ..self }
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

    /// Its address as text, for [`asked`](Self::asked).
    pub(super) fn address(&self) -> Option<String> {
        self.client.map(|client| client.to_string())
    }

    /// Who asks for something in it.
    pub(super) fn asked<'b>(&'b self, by: By<'b>, address: &'b Option<String>) -> Asked<'b> {
        Asked::by(by, self.now).in_request(self.request_id, address.as_deref())
    }

    /// An event with what is known of this request.
    pub(super) fn told(&self, event: AuditEvent) -> AuditEvent {
        event.of_request(self.request_id.map(str::to_owned), self.address())
    }

    /// Whether the person came from a page of this very site, or by typing. A browser that does not
    /// say may have been sent by anybody.
    pub(super) fn is_from_here(&self) -> bool {
        matches!(self.fetch_site, Some("same-origin" | "none"))
    }

    /// Whether a person has come to see a page. Browsers that do not say count as one.
    pub(super) fn is_navigation(&self) -> bool {
        self.fetch_dest.is_none_or(|dest| dest == "document")
    }
}

/// Cookies are secrets.
impl fmt::Debug for Browser<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Browser")
            .field("now", &self.now)
            .field("fetch_dest", &self.fetch_dest)
            .field("client", &self.client)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}
