//! For tests only: an identity provider, honest or hostile ([`idp`]), and what stores have to hold
//! to ([`contract`]).

pub mod contract;
pub mod idp;

use chrono::{DateTime, TimeDelta, Utc};

use crate::connection::Connection;
use crate::request::{PendingRequest, Purpose};

/// A request of this `ID` that was made at this instant and asked for nothing in particular, as if
/// a browser had been sent to the identity provider with it.
pub fn pending_request(
    connection: &Connection,
    request_id: impl Into<String>,
    now: DateTime<Utc>,
) -> PendingRequest {
    PendingRequest {
        request_id: request_id.into(),
        connection_id: connection.id().to_owned(),
        revision: connection.revision().to_owned(),
        purpose: Purpose::Login,
        issued_at: now,
        expires_at: now.checked_add_signed(TimeDelta::minutes(10)).unwrap_or(now),
        relay_state: None,
        force_authn: false,
        name_id_format: None,
        authn_contexts: Vec::new(),
        context: Vec::new(),
    }
}
