//! What the directory is answered.

use std::fmt;

use chrono::TimeDelta;
use serde_json::Value;

use crate::scim::ScimError;

/// What the directory is answered: a status, headers and a body.
#[derive(Clone, PartialEq, Eq)]
#[must_use = "the directory waits for it"]
#[non_exhaustive]
pub struct ScimResponse {
    /// The status.
    pub status: u16,
    /// Headers, each name in lower case and once.
    pub headers: Vec<(&'static str, String)>,
    /// The body; empty where there is none.
    pub body: Vec<u8>,
}

impl ScimResponse {
    /// A status, and a resource.
    pub(super) fn of(status: u16, body: &Value) -> Self {
        let headers = vec![
            // RFC 7644 §3.1: "The service provider … MUST" speak this one; some clients refuse
            // every other.
            ("content-type", "application/scim+json".to_owned()),
            // "Clients … MUST NOT cache" what says who works where: nobody between does, either.
            ("cache-control", "no-store".to_owned()),
        ];
        Self { status, headers, body: body.to_string().into_bytes() }
    }

    /// A status alone.
    pub(super) fn empty(status: u16) -> Self {
        let headers = vec![("cache-control", "no-store".to_owned())];
        Self { status, headers, body: Vec::new() }
    }

    pub(super) fn refused(error: &ScimError) -> Self {
        let response = Self::of(error.status, &error.to_json());
        match error.status {
            // RFC 7235 §4.1 wants it with each 401.
            401 => response.with("www-authenticate", "Bearer realm=\"scim\""),
            _ => response,
        }
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn later(self, wait: TimeDelta) -> Self {
        let seconds = wait.num_seconds().max(0).saturating_add(1);
        self.with("retry-after", seconds.to_string())
    }

    /// A header of it.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut all = self.headers.iter();
        all.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// People stand in it.
impl fmt::Debug for ScimResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScimResponse")
            .field("status", &self.status)
            .field("body", &self.body.len())
            .finish_non_exhaustive()
    }
}
