//! What has to be remembered of a request until its answer comes.

use std::fmt;

use chrono::{DateTime, Utc};

use crate::binding::RelayState;
use crate::code::codes;
use crate::error::Rejection;

/// A login that was asked for, and waits for its answer.
///
/// It belongs to one browser: keep it where only that browser gets at it, in a
/// [`RequestStore`](crate::RequestStore) behind a cookie or [sealed](crate::SealedRequests) in the
/// cookie itself. An answer that some other browser brings is then an answer to nothing.
///
/// Every field says something that the answer is held to, so whoever rebuilds one has to name them
/// all: a store of yours keeps all of them. With the feature `serde` it is written and read as one
/// map, in which none may be missing.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
#[expect(clippy::exhaustive_structs, reason = "whoever rebuilds one has to name every part")]
pub struct PendingRequest {
    /// The `ID` of the AuthnRequest.
    pub request_id: String,
    /// The connection that it was made for.
    pub connection_id: String,
    /// The [revision](crate::Connection::revision) of the connection at that time: a note for a
    /// login, a condition for a [test](Purpose::Test).
    pub revision: String,
    /// What it was made for.
    pub purpose: Purpose,
    /// When it was made.
    pub issued_at: DateTime<Utc>,
    /// From when on no answer is taken any more.
    pub expires_at: DateTime<Utc>,
    /// Where to go on afterwards. Take it from here, not from what came back with the answer.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "present"))]
    pub relay_state: Option<RelayState>,
    /// Whether the person was to prove anew who they are (ForceAuthn, Core §3.4.1): no
    /// authentication of the answer may be older than the request, give or take the clock skew.
    pub force_authn: bool,
    /// The Format of the NameID that was asked for, if one was: the answer has to have it (Core
    /// §3.4.1.1).
    #[cfg_attr(feature = "serde", serde(deserialize_with = "present"))]
    pub name_id_format: Option<String>,
    /// The authentication context classes that were asked for: every authentication of the answer
    /// has to be of one of them (Core §3.3.2.2.1). None were if it is empty.
    pub authn_contexts: Vec<String>,
    /// What the application wants to find again with the answer. Opaque here, never sent.
    pub context: Vec<u8>,
}

/// What a login is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Purpose {
    /// To let a person in. Settings that change meanwhile do not matter.
    #[default]
    Login,
    /// To show that the settings work. The answer is accepted only by a connection of the same
    /// [revision](crate::Connection::revision): it says something of these settings and no others.
    Test,
}

codes!(Purpose {
    Login = "login",
    Test = "test",
});

/// A logout that was asked for, and waits for its answer. It belongs to one browser, like a
/// [`PendingRequest`].
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
#[expect(clippy::exhaustive_structs, reason = "whoever rebuilds one has to name every part")]
pub struct PendingLogout {
    /// The `ID` of the LogoutRequest.
    pub request_id: String,
    /// The connection that it was made for.
    pub connection_id: String,
    /// When it was made.
    pub issued_at: DateTime<Utc>,
    /// From when on no answer is taken any more.
    pub expires_at: DateTime<Utc>,
    /// Where to go on afterwards.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "present"))]
    pub relay_state: Option<RelayState>,
}

/// A field that is none says so: left out, it may have been forgotten.
#[cfg(feature = "serde")]
fn present<'de, T: serde::Deserialize<'de>, D: serde::Deserializer<'de>>(
    from: D,
) -> Result<Option<T>, D::Error> {
    serde::Deserialize::deserialize(from)
}

/// A request of either kind that waits for its answer: what a [`RequestStore`](crate::RequestStore)
/// keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Pending {
    /// An AuthnRequest.
    Login(PendingRequest),
    /// A LogoutRequest.
    Logout(PendingLogout),
}

impl Pending {
    /// The `ID` of the request.
    pub fn request_id(&self) -> &str {
        match self {
            Self::Login(request) => &request.request_id,
            Self::Logout(logout) => &logout.request_id,
        }
    }

    /// The connection that it was made for.
    pub fn connection_id(&self) -> &str {
        match self {
            Self::Login(request) => &request.connection_id,
            Self::Logout(logout) => &logout.connection_id,
        }
    }

    /// When it was made.
    pub fn issued_at(&self) -> DateTime<Utc> {
        match self {
            Self::Login(request) => request.issued_at,
            Self::Logout(logout) => logout.issued_at,
        }
    }

    /// From when on no answer is taken any more.
    pub fn expires_at(&self) -> DateTime<Utc> {
        match self {
            Self::Login(request) => request.expires_at,
            Self::Logout(logout) => logout.expires_at,
        }
    }

    /// The request, if it asks for a login.
    pub fn into_login(self) -> Option<PendingRequest> {
        match self {
            Self::Login(request) => Some(request),
            Self::Logout(_) => None,
        }
    }

    /// The request, if it asks for a logout.
    pub fn into_logout(self) -> Option<PendingLogout> {
        match self {
            Self::Login(_) => None,
            Self::Logout(logout) => Some(logout),
        }
    }
}

impl From<PendingRequest> for Pending {
    fn from(request: PendingRequest) -> Self {
        Self::Login(request)
    }
}

impl From<PendingLogout> for Pending {
    fn from(logout: PendingLogout) -> Self {
        Self::Logout(logout)
    }
}

impl fmt::Debug for PendingRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingRequest")
            .field("connection_id", &self.connection_id)
            .field("purpose", &self.purpose)
            .field("issued_at", &self.issued_at)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for PendingLogout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingLogout")
            .field("connection_id", &self.connection_id)
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
