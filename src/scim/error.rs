//! What the directory is told when something is refused.

use std::fmt;

use serde_json::{Value, json};

use super::names::ERROR;
use crate::account::Seats;
use crate::provision::{ProvisionError, PushRefusal, Refusal};
use crate::store::TooMany;

/// An error as RFC 7644 §3.12 wants it. Its words are what an administrator sees in the console of
/// the identity provider; they tell nothing of anybody else.
///
/// ```
/// use saml_login::account::Seats;
/// use saml_login::provision::Refusal;
/// use saml_login::scim::ScimError;
///
/// let error = ScimError::refused(Refusal::NoSeat, Some(Seats::new(10, 10)));
/// assert_eq!(error.status, 403);
/// assert_eq!(error.detail, "no free seat (10 of 10 taken)");
/// assert_eq!(error.to_json()["status"], "403");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScimError {
    /// The status of HTTP.
    pub status: u16,
    /// What kind of error it is, where RFC 7644 has a word for it.
    pub scim_type: Option<ScimType>,
    /// What to do about it, in a sentence.
    pub detail: String,
}

/// The words of RFC 7644 §3.12 (table 9) and RFC 9865 §2.1 for what went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ScimType {
    /// A page was asked for by a cursor that is too old.
    ExpiredCursor,
    /// A page of that many was asked for by a cursor.
    InvalidCount,
    /// This is no cursor.
    InvalidCursor,
    /// The filter cannot be read, or not be answered.
    InvalidFilter,
    /// The path of an operation cannot be read.
    InvalidPath,
    /// The body cannot be read.
    InvalidSyntax,
    /// A value does not fit its attribute.
    InvalidValue,
    /// This version of SCIM is not spoken.
    InvalidVers,
    /// The attribute cannot be changed so.
    Mutability,
    /// Nothing is where the operation points to.
    NoTarget,
    /// The request has what must not stand in a URL.
    Sensitive,
    /// The answer would be too long.
    TooMany,
    /// Somebody else has the name.
    Uniqueness,
}

impl ScimType {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ExpiredCursor => "expiredCursor",
            Self::InvalidCount => "invalidCount",
            Self::InvalidCursor => "invalidCursor",
            Self::InvalidFilter => "invalidFilter",
            Self::InvalidPath => "invalidPath",
            Self::InvalidSyntax => "invalidSyntax",
            Self::InvalidValue => "invalidValue",
            Self::InvalidVers => "invalidVers",
            Self::Mutability => "mutability",
            Self::NoTarget => "noTarget",
            Self::Sensitive => "sensitive",
            Self::TooMany => "tooMany",
            Self::Uniqueness => "uniqueness",
        }
    }
}

impl fmt::Display for ScimType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl ScimError {
    /// An error with a status alone.
    pub fn new(status: u16, detail: impl Into<String>) -> Self {
        Self { status, scim_type: None, detail: detail.into() }
    }

    /// The same, of a kind that RFC 7644 has a word for.
    #[must_use]
    pub fn of(self, scim_type: ScimType) -> Self {
        Self { scim_type: Some(scim_type), ..self }
    }

    /// A request that cannot be read or carried out as it is: 400.
    pub(super) fn bad(scim_type: ScimType, detail: impl Into<String>) -> Self {
        Self::new(400, detail).of(scim_type)
    }

    /// What becomes of a decision, with the seats of the organization for where there is none free.
    pub fn refused(refusal: Refusal, seats: Option<Seats>) -> Self {
        if let Refusal::Push(refusal) = refusal {
            return refusal.into();
        }
        let (status, scim_type) = answer(refusal);
        let detail = match refusal {
            Refusal::NoSeat => no_seat(seats),
            _ => refusal.help().to_owned(),
        };
        Self { status, scim_type, detail }
    }

    /// What becomes of a change that was not made, for whatever reason. Where there is no such
    /// organization the answer is that to a wrong token: nobody learns which there are.
    pub fn not_made(error: &ProvisionError, seats: Option<Seats>) -> Self {
        match error {
            ProvisionError::Refused(refusal) => Self::refused(*refusal, seats),
            ProvisionError::OrganizationUnknown => Self::new(401, "the token is not valid here"),
            ProvisionError::Contended => {
                Self::new(503, "others changed this at the same time; try again")
            }
            // 503 has directories try again, where 500 has some of them give up.
            ProvisionError::Store(_) => Self::new(503, "the server failed; try again later"),
        }
    }

    /// The body of the answer. `status` is a text: RFC 7644 §3.12 "expressed as a JSON string".
    pub fn to_json(&self) -> Value {
        let mut body = json!({
            "schemas": [ERROR],
            "status": self.status.to_string(),
            "detail": self.detail,
        });
        if let (Some(scim_type), Some(body)) = (self.scim_type, body.as_object_mut()) {
            body.insert("scimType".to_owned(), scim_type.as_str().into());
        }
        body
    }
}

impl fmt::Display for ScimError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for ScimError {}

impl From<PushRefusal> for ScimError {
    fn from(refusal: PushRefusal) -> Self {
        let scim_type = match refusal {
            PushRefusal::NoTarget => ScimType::NoTarget,
            PushRefusal::SeveralTargets => ScimType::InvalidPath,
            PushRefusal::SeveralPrimary
            | PushRefusal::TextUnfit
            | PushRefusal::TooManyAddresses
            | PushRefusal::UserNameEmpty => ScimType::InvalidValue,
        };
        Self::bad(scim_type, refusal.help())
    }
}

/// RFC 7644 §3.12: "The specified filter yields many more results than the server is willing to
/// calculate or process."
impl From<TooMany> for ScimError {
    fn from(refusal: TooMany) -> Self {
        Self::bad(ScimType::TooMany, refusal.to_string())
    }
}

fn no_seat(seats: Option<Seats>) -> String {
    match seats {
        Some(Seats { purchased: Some(purchased), taken }) => {
            format!("no free seat ({taken} of {purchased} taken)")
        }
        _ => "no free seat".to_owned(),
    }
}

/// The status of each decision. What only a login can meet has a row as well: one more decision
/// does not compile before somebody has said what a directory is told.
fn answer(refusal: Refusal) -> (u16, Option<ScimType>) {
    match refusal {
        Refusal::DirectoryOff => (401, None),
        Refusal::AccountMissing => (404, None),
        Refusal::AccountAmbiguous
        | Refusal::AccountExists
        | Refusal::AddressTaken
        | Refusal::ExternalIdTaken
        | Refusal::KeyTaken
        | Refusal::UserNameTaken => (409, Some(ScimType::Uniqueness)),
        Refusal::EndedByApplication => (409, None),
        Refusal::VersionDiffers => (412, None),
        Refusal::Push(_) => (400, Some(ScimType::InvalidValue)),
        Refusal::AccountDeactivated
        | Refusal::AccountDeleted
        | Refusal::AccountUnknown
        | Refusal::AssignmentBySsoOnly
        | Refusal::BreakGlassKept
        | Refusal::ConnectionOutdated
        | Refusal::DirectoryManaged
        | Refusal::DomainForeign
        | Refusal::EmailMissing
        | Refusal::EmailOfAnother
        | Refusal::EmailUnproven
        | Refusal::EndedByDirectory
        | Refusal::EnteredSession
        | Refusal::InvitationExpired
        | Refusal::InvitationPending
        | Refusal::InvitationUnknown
        | Refusal::LastAdministrator
        | Refusal::LinkUnconfirmed
        | Refusal::NameIdTooLong
        | Refusal::NoSeat
        | Refusal::NotAdministrator
        | Refusal::NotDeleted
        | Refusal::NotInvited
        | Refusal::NotPermitted
        | Refusal::NotProvisioned
        | Refusal::OrganizationForeign
        | Refusal::TestLoginNotAdministrator => (403, None),
    }
}
