//! What has to be remembered of a request until its answer comes.

use std::fmt;

use chrono::{DateTime, Utc};

use crate::binding::RelayState;
use crate::error::Rejection;

/// A request that waits for its answer.
///
/// It belongs to one browser: keep it where only that browser gets at it, in a
/// [`RequestStore`](crate::RequestStore) behind a cookie or [sealed](crate::SealedRequests) in the
/// cookie itself. An answer that some other browser brings is then an answer to nothing.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PendingRequest {
    /// The `ID` of the AuthnRequest.
    pub request_id: String,
    /// The connection that it was made for.
    pub connection_id: String,
    /// When it was made.
    pub issued_at: DateTime<Utc>,
    /// From when on no answer is taken any more.
    pub expires_at: DateTime<Utc>,
    /// Where to go on afterwards. Take it from here, not from what came back with the answer.
    pub relay_state: Option<RelayState>,
    /// Whether the person was to prove anew who they are (ForceAuthn, Core §3.4.1): no
    /// authentication of the answer may be older than the request, give or take the clock skew.
    pub force_authn: bool,
    /// The authentication context classes that were asked for: every authentication of the answer
    /// has to be of one of them (Core §3.3.2.2.1). None were if it is empty.
    pub authn_contexts: Vec<String>,
}

impl PendingRequest {
    /// A request from its parts, as a store of yours kept them. The other fields, which say that
    /// nothing in particular was asked for, are to be set as well; [`PendingRequest::relay_state`]
    /// by [`RelayState::received`].
    pub fn new(
        request_id: impl Into<String>,
        connection_id: impl Into<String>,
        issued_at: DateTime<Utc>,
        expires_at: DateTime<Utc>,
    ) -> Self {
        Self {
            request_id: request_id.into(),
            connection_id: connection_id.into(),
            issued_at,
            expires_at,
            relay_state: None,
            authn_contexts: Vec::new(),
            force_authn: false,
        }
    }
}

impl fmt::Debug for PendingRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingRequest")
            .field("connection_id", &self.connection_id)
            .field("issued_at", &self.issued_at)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// Whether a request that was made for one connection can be answered at another, and now: Profiles
/// §4.1.4.3.
pub(crate) fn check_open(
    made_for: &str,
    expires_at: DateTime<Utc>,
    connection_id: &str,
    now: DateTime<Utc>,
) -> Result<(), Rejection> {
    if made_for != connection_id {
        return Err(Rejection::RequestForeign);
    }
    if now >= expires_at {
        return Err(Rejection::RequestExpired { expires_at, now });
    }
    Ok(())
}
