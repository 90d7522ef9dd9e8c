//! Single logout: Core §3.7, Profiles §4.4.
//!
//! Both sides can begin. What comes in is read only where it is signed, and only from what was
//! signed; what an unsigned message says ends nobody's session.

mod outgoing;
mod receive;

use std::fmt;

use chrono::{DateTime, Utc};

pub use outgoing::{LogoutOptions, StartedLogout};
pub(crate) use outgoing::{answer, start};
pub(crate) use receive::{Receiver, receive};

use crate::assertion::NameId;
use crate::binding::RelayState;
use crate::error::{Error, Excerpt, Rejection};
use crate::identity::Identity;
use crate::replay::{ReplayStore, SpendOutcome, Spending};

/// One session, as the identity provider knows it. Keep it beside the application's own session,
/// with all of its parts: what a person or a session is called means something at one identity
/// provider alone.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogoutSubject {
    /// The connection that the login came by.
    pub connection_id: String,
    /// The identity provider's issuer (its entity ID).
    pub issuer: String,
    /// The person's name at the identity provider.
    pub name_id: NameId,
    /// The identity provider's handle of the session.
    pub session_index: Option<String>,
}

impl LogoutSubject {
    /// A session from its parts.
    pub fn new(
        connection_id: impl Into<String>,
        issuer: impl Into<String>,
        name_id: NameId,
        session_index: Option<String>,
    ) -> Self {
        Self { connection_id: connection_id.into(), issuer: issuer.into(), name_id, session_index }
    }
}

impl From<&Identity> for LogoutSubject {
    fn from(identity: &Identity) -> Self {
        let (connection_id, issuer) = (identity.connection_id.as_str(), identity.issuer.as_str());
        Self::new(connection_id, issuer, identity.name_id.clone(), identity.session_index.clone())
    }
}

impl fmt::Debug for LogoutSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogoutSubject(…)")
    }
}

/// A logout message as it came in.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum LogoutMessage<'a> {
    /// A posted form: the value of `SAMLRequest` or `SAMLResponse`, after form decoding.
    Post {
        /// The value.
        value: &'a str,
        /// `RelayState`, if there was one.
        relay_state: Option<&'a str>,
    },
    /// The query string of the URL, exactly as it was received: its signature is over these octets.
    Redirect {
        /// The query string.
        query: &'a str,
    },
}

/// Messages name people.
impl fmt::Debug for LogoutMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Post { .. } => "Post { … }",
            Self::Redirect { .. } => "Redirect { … }",
        })
    }
}

/// What came in, verified.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReceivedLogout {
    /// The identity provider asks to end sessions. It has to be [spent](UnspentLogout::spend)
    /// first.
    Request(Box<UnspentLogout>),
    /// The identity provider answers our request.
    Response(LogoutResponse),
}

/// A verified LogoutRequest that is not used yet.
#[must_use = "a logout request ends sessions only by being spent"]
pub struct UnspentLogout {
    request: LogoutRequest,
    spending: Spending,
}

impl UnspentLogout {
    /// Records the request as used, and yields it.
    ///
    /// # Errors
    ///
    /// [`Rejection::AssertionReplayed`] if it was used before, [`Rejection::Expired`] if so much
    /// time passed since verification that it may have been forgotten,
    /// [`Rejection::ReplayStoreFull`] and [`Error::Store`] if the store cannot tell.
    pub async fn spend<S: ReplayStore>(
        self,
        store: &S,
        now: DateTime<Utc>,
    ) -> Result<LogoutRequest, Error> {
        let not_on_or_after = self.spending.until;
        if now >= not_on_or_after {
            let what = "LogoutRequest";
            return Err(Rejection::Expired { what, not_on_or_after, now, skew_seconds: 0 }.into());
        }
        match store.spend(&self.spending, now).await.map_err(Error::Store)? {
            SpendOutcome::Fresh => Ok(self.request),
            SpendOutcome::AssertionSeen | SpendOutcome::RequestSeen => {
                Err(Rejection::AssertionReplayed.into())
            }
            SpendOutcome::Full => Err(Rejection::ReplayStoreFull.into()),
        }
    }
}

impl fmt::Debug for UnspentLogout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnspentLogout").finish_non_exhaustive()
    }
}

/// A request of the identity provider to end sessions: Core §3.7.1.
///
/// End every session that it [concerns](LogoutRequest::concerns), then
/// [answer](crate::Connection::answer_logout).
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogoutRequest {
    /// The `ID`, which the answer refers to.
    pub id: String,
    /// The connection that it came by, and whose identity provider speaks for no other.
    pub connection_id: String,
    /// The issuer, which is that connection's identity provider.
    pub issuer: String,
    /// Whose sessions.
    pub name_id: NameId,
    /// Which sessions; all of them, if there are none.
    pub session_indexes: Vec<String>,
    /// To be sent back with the answer, as it came.
    pub relay_state: Option<String>,
}

impl LogoutRequest {
    /// Whether the request is about this session. It has to be one of this connection and this
    /// identity provider: no tenant's ends another tenant's sessions. The NameID has to be the same
    /// in all its parts; a qualifier that one side leaves out is no difference (Core §3.3.4 has
    /// them default to the two sides), nor is the version number in a format of Core §8.3, or no
    /// format in the request.
    pub fn concerns(&self, session: &LogoutSubject) -> bool {
        let same = |ours: &Option<String>, theirs: &Option<String>| match (ours, theirs) {
            (Some(ours), Some(theirs)) => ours == theirs,
            _ => true,
        };
        let (ours, theirs) = (&session.name_id, &self.name_id);
        self.connection_id == session.connection_id
            && self.issuer == session.issuer
            && ours.value == theirs.value
            && (same_format(ours, theirs) || theirs.is_unspecified())
            && same(&ours.name_qualifier, &theirs.name_qualifier)
            && same(&ours.sp_name_qualifier, &theirs.sp_name_qualifier)
            && (self.session_indexes.is_empty()
                || session
                    .session_index
                    .as_ref()
                    .is_none_or(|index| self.session_indexes.contains(index)))
    }
}

/// Whether two Formats say the same: the kinds of which this crate knows that their version numbers
/// are mixed up, or the same URI.
fn same_format(ours: &NameId, theirs: &NameId) -> bool {
    let kinds = [NameId::is_email_format, NameId::is_persistent, NameId::is_transient];
    ours.effective_format() == theirs.effective_format()
        || kinds.iter().any(|is_kind| is_kind(ours) && is_kind(theirs))
}

impl fmt::Debug for LogoutRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogoutRequest")
            .field("id", &self.id)
            .field("session_indexes", &self.session_indexes.len())
            .finish_non_exhaustive()
    }
}

/// The identity provider's answer to a logout that began here.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogoutResponse {
    /// How far the logout came.
    pub outcome: LogoutOutcome,
    /// Where to go on, as it was remembered with the request.
    pub relay_state: Option<RelayState>,
}

/// How far a logout came: Core §3.2.2.2.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogoutOutcome {
    /// Everywhere.
    Complete,
    /// The identity provider's session is left as it was, or ended with an error.
    Failed {
        /// The status codes, outermost first.
        codes: Vec<Excerpt>,
    },
    /// Not at every service provider that shares the session.
    Partial,
}

/// A logout that waits for its answer. It belongs to one browser, like a
/// [`PendingRequest`](crate::PendingRequest).
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PendingLogout {
    /// The `ID` of the LogoutRequest.
    pub request_id: String,
    /// The connection that it was made for.
    pub connection_id: String,
    /// From when on no answer is taken any more.
    pub expires_at: DateTime<Utc>,
    /// Where to go on afterwards.
    pub relay_state: Option<RelayState>,
}

impl PendingLogout {
    /// A logout from its parts, as a store of yours kept them: [`PendingLogout::relay_state`],
    /// which is none here, by [`RelayState::received`].
    pub fn new(
        request_id: impl Into<String>,
        connection_id: impl Into<String>,
        expires_at: DateTime<Utc>,
    ) -> Self {
        let (request_id, connection_id) = (request_id.into(), connection_id.into());
        Self { request_id, connection_id, expires_at, relay_state: None }
    }
}

impl fmt::Debug for PendingLogout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingLogout")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
