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
pub(crate) use receive::{Receiver, open};

use crate::assertion::NameId;
use crate::binding::RelayState;
use crate::digest::Digest;
use crate::error::{Excerpt, Mismatch, Part, Rejection};
use crate::identity::Identity;
use crate::replay::Unspent;
use crate::request::{PendingLogout, check_open};

/// One session, as the identity provider knows it. Keep it beside the application's own session,
/// with all of its parts: what a person or a session is called means something at one identity
/// provider alone.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
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

impl LogoutSubject {
    /// What the person is called, for an index.
    pub fn digest(&self) -> SubjectDigest {
        SubjectDigest::new(&self.connection_id, &self.issuer, &self.name_id)
    }
}

/// A digest of what a person is called at one identity provider: a logout always names the person
/// (Core §3.7.1), so this is what sessions are found by. Which of them the logout
/// [concerns](LogoutRequest::concerns) is asked of what is found.
///
/// SHA-256 over connection, issuer and the NameID's value, so that an index has keys of one length
/// and nobody's name in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubjectDigest([u8; 32]);

impl SubjectDigest {
    fn new(connection_id: &str, issuer: &str, name_id: &NameId) -> Self {
        let digest = Digest::of("logout subject").text(connection_id).text(issuer);
        Self(digest.text(&name_id.value).finish())
    }

    /// The bytes, for an index.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
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

/// A logout message that was opened: [`Connection::open_logout`](crate::Connection::open_logout).
#[derive(Debug)]
#[must_use = "a request ends sessions, and an answer goes on where it was asked from"]
#[non_exhaustive]
pub enum OpenedLogout {
    /// The identity provider asks to end sessions. It has to be [spent](Unspent::spend) first.
    Request(Box<Unspent<LogoutRequest>>),
    /// The identity provider answers a request of ours.
    Answer(LogoutAnswer),
}

/// The answer to a LogoutRequest, before it is known to be the one that was asked for.
#[must_use = "an answer says how far the logout came once it is accepted"]
pub struct LogoutAnswer {
    connection_id: String,
    in_response_to: Option<String>,
    /// What it says; nothing is believed of an answer that is not signed.
    outcome: Option<LogoutOutcome>,
}

impl LogoutAnswer {
    /// The `ID` of the request that it answers.
    ///
    /// Take that request from the store if the answer [is signed](Self::is_signed); if not, only
    /// [look](crate::RequestStore::look) at it.
    pub fn in_response_to(&self) -> Option<&str> {
        self.in_response_to.as_deref()
    }

    /// Whether a key of the identity provider has signed it. Bindings §3.4.4.1 and Profiles
    /// §4.4.4.2 demand it; some identity providers do not do it. Such an answer ends nothing and
    /// proves nothing: it can only lead on to where the logout was asked from.
    pub fn is_signed(&self) -> bool {
        self.outcome.is_some()
    }

    /// Holds the answer to the request that it [names](Self::in_response_to).
    ///
    /// # Errors
    ///
    /// [`Rejection::UnsolicitedForbidden`] without a request, [`Rejection::RequestForeign`],
    /// [`Rejection::RequestExpired`], [`Rejection::InResponseToMissing`] and
    /// [`Rejection::InResponseToMismatch`].
    pub fn accept(
        self,
        request: Option<&PendingLogout>,
        now: DateTime<Utc>,
    ) -> Result<LogoutResponse, Rejection> {
        let request = request.ok_or(Rejection::UnsolicitedForbidden)?;
        check_open(&request.connection_id, request.expires_at, &self.connection_id, now)?;
        match self.in_response_to {
            Some(found) if found == request.request_id => {}
            Some(found) => {
                let mismatch = Mismatch::new(&request.request_id, [found.as_str()], None);
                return Err(Rejection::InResponseToMismatch { on: Part::Logout, mismatch });
            }
            None => return Err(Rejection::InResponseToMissing { on: Part::Logout }),
        }
        let outcome = self.outcome.unwrap_or(LogoutOutcome::Unconfirmed);
        Ok(LogoutResponse { outcome, relay_state: request.relay_state.clone() })
    }
}

impl fmt::Debug for LogoutAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogoutAnswer")
            .field("in_response_to", &self.in_response_to)
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
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
    /// What the person is called, by which to find the sessions that it may concern.
    pub fn subject_digest(&self) -> SubjectDigest {
        SubjectDigest::new(&self.connection_id, &self.issuer, &self.name_id)
    }

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
    /// The answer is not signed, so nobody knows.
    Unconfirmed,
}
