//! The checks: one row is one rule, with the section of the specification that it comes from.
//!
//! A check can only refuse. Accepting a response means that every row of [`ENVELOPE_CHECKS`] and
//! [`CHECKS`] passed, in this order; explaining one means running the same rows to the end.

mod conditions;
mod envelope;
mod protocol;
mod subject;
mod time;

use chrono::{DateTime, TimeDelta, Utc};

use crate::assertion::{Addressing, Envelope, Statements};
use crate::code::codes;
use crate::error::Rejection;
use crate::request::PendingRequest;

pub(crate) use protocol::request_confirmed;
pub(crate) use time::Window;

/// Whether a connection takes responses that answer no request: IdP-initiated login.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Unsolicited {
    /// They are refused.
    Off,
    /// They are not used, but turned into a login that is started here: the refusal is
    /// [`Rejection::UnsolicitedBounced`], on which to
    /// [start a login](crate::Connection::start_login) at once. The person has a session at the
    /// identity provider and comes back without noticing, now bound to this browser.
    #[default]
    Bounce,
    /// They are accepted. Anyone can then make a browser log in as somebody else by posting that
    /// person's fresh response from it (login CSRF), which a request bound to the browser rules
    /// out.
    On,
}

codes!(Unsolicited {
    Off = "off",
    Bounce = "bounce",
    On = "on",
});

/// What a response is held against: the connection's settings, the request that it has to answer,
/// and the time.
pub(crate) struct Rules<'a> {
    pub(crate) connection_id: &'a str,
    pub(crate) revision: &'a str,
    pub(crate) audience: &'a str,
    pub(crate) acs_url: &'a str,
    pub(crate) issuer: &'a str,
    pub(crate) unsolicited: Unsolicited,
    pub(crate) ignore_unsolicited_in_response_to: bool,
    /// What this browser was sent to the identity provider with; nothing, if the login was started
    /// there.
    pub(crate) request: Option<&'a PendingRequest>,
    pub(crate) now: DateTime<Utc>,
    pub(crate) skew: TimeDelta,
}

impl<'a> Rules<'a> {
    /// Whether the response is used as it is. Decided last, so that nothing is bounced that would
    /// be refused anyway.
    pub(crate) fn bounce(&self) -> Result<(), Rejection> {
        match (self.request, self.unsolicited) {
            (None, Unsolicited::Bounce) => Err(Rejection::UnsolicitedBounced),
            _ => Ok(()),
        }
    }

    /// The `ID` of the request that has to be answered.
    pub(crate) fn request_id(&self) -> Option<&'a str> {
        self.request.map(|request| request.request_id.as_str())
    }
}

/// A response and what it is held against.
pub(crate) struct Facts<'a> {
    pub(crate) addressing: &'a Addressing,
    pub(crate) statements: Statements<'a>,
    pub(crate) rules: &'a Rules<'a>,
}

/// One rule on the response as a whole.
pub(crate) type EnvelopeCheck =
    Check<fn(&Envelope<'_>) -> Result<(), Rejection>, fn(&Envelope<'_>) -> Shown>;

/// One rule on what was signed.
pub(crate) type FactsCheck =
    Check<fn(&Facts<'_>) -> Result<(), Rejection>, fn(&Facts<'_>) -> Shown>;

/// One rule.
pub(crate) struct Check<Run, Show> {
    /// Its name in a report: stable snake_case.
    pub(crate) name: &'static str,
    /// The rule in words.
    pub(crate) rule: &'static str,
    /// Where it is written.
    pub(crate) section: &'static str,
    pub(crate) run: Run,
    /// What is expected and what is found, for a report.
    pub(crate) shows: Show,
}

/// What a report shows beside a check.
#[derive(Default)]
pub(crate) struct Shown {
    pub(crate) expected: Option<String>,
    pub(crate) found: Option<String>,
}

impl Shown {
    pub(crate) fn new(expected: impl Into<String>, found: Option<String>) -> Self {
        Self { expected: Some(expected.into()), found }
    }
}

/// Runs on the response as it was received, before any signature is looked at, and again on a
/// signed response.
pub(crate) const ENVELOPE_CHECKS: &[EnvelopeCheck] = &[
    // Core §3.3.3: "The <Response> message element is used when a response consists of a list of
    // zero or more assertions".
    Check {
        name: "root",
        rule: "the message is a SAML 2.0 Response",
        section: "Core §3.3.3",
        run: |envelope| envelope.is_response(),
        shows: |_| Shown::default(),
    },
    // Core §3.2.2: "The identifier for the version of SAML defined in this specification is '2.0'."
    Check {
        name: "response_version",
        rule: "the Response has version 2.0",
        section: "Core §3.2.2",
        run: envelope::version,
        shows: |envelope| Shown::new("2.0", envelope.version().map(str::to_owned)),
    },
    // Core §3.2.2.2, Success: "The request succeeded." Any other outermost code says that it did
    // not.
    Check {
        name: "status",
        rule: "the outermost status code is Success",
        section: "Core §3.2.2.2",
        run: |envelope| envelope.succeeded(),
        shows: envelope::show_status,
    },
    // Profiles §4.1.4.2: "It MUST contain at least one <Assertion>." A second one would leave open
    // which of them is meant.
    Check {
        name: "one_assertion",
        rule: "the Response holds exactly one Assertion, encrypted or not",
        section: "Profiles §4.1.4.2",
        run: |envelope| envelope.one_assertion(),
        shows: |_| Shown::default(),
    },
    // Core §5.4.2: "Signatures MUST contain a single <ds:Reference> containing a same-document
    // reference to the ID attribute value of the root element of the assertion or protocol message
    // being signed."
    Check {
        name: "signature_places",
        rule: "signatures stand directly in the Response and in its Assertion, and nowhere else",
        section: "Core §5.4.1",
        run: |envelope| envelope.signature_places(),
        shows: |_| Shown::default(),
    },
];

/// Runs on what was signed.
pub(crate) const CHECKS: &[FactsCheck] = &[
    // Core §2.3.3: "The identifier for the version of SAML defined in this specification is '2.0'."
    Check {
        name: "assertion_version",
        rule: "the Assertion has version 2.0",
        section: "Core §2.3.3",
        run: subject::version,
        shows: |facts| Shown::new("2.0", facts.statements.version().map(str::to_owned)),
    },
    // Core §2.3.3: "ID [Required]", "IssueInstant [Required]".
    Check {
        name: "assertion_id",
        rule: "the Assertion has an ID and an IssueInstant",
        section: "Core §2.3.3",
        run: subject::identified,
        shows: |_| Shown::default(),
    },
    // Profiles §4.1.4.2: "If present it MUST contain the unique identifier of the issuing identity
    // provider".
    Check {
        name: "response_issuer",
        rule: "the Issuer of the Response, if it names one, is the configured issuer",
        section: "Profiles §4.1.4.2",
        run: protocol::response_issuer,
        shows: protocol::show_response_issuer,
    },
    // Profiles §4.1.4.2: "Each assertion's <Issuer> element MUST contain the unique identifier of
    // the issuing identity provider".
    Check {
        name: "assertion_issuer",
        rule: "the Issuer of the Assertion is the configured issuer",
        section: "Profiles §4.1.4.2",
        run: protocol::assertion_issuer,
        shows: protocol::show_assertion_issuer,
    },
    // Bindings §3.5.5.2: "The recipient MUST then verify that the value matches the location at
    // which the message has been received."
    Check {
        name: "destination",
        rule: "the Destination is our ACS URL; a signed Response must have one",
        section: "Bindings §3.5.5.2",
        run: protocol::destination,
        shows: |facts| Shown::new(facts.rules.acs_url, facts.addressing.destination.clone()),
    },
    // Profiles §4.1.5, of an unsolicited response: "the attribute MUST NOT be present".
    Check {
        name: "in_response_to",
        rule: "the Response answers our request, or none if none was made and that is allowed",
        section: "Profiles §4.1.4.3, §4.1.5",
        run: protocol::in_response_to,
        shows: protocol::show_in_response_to,
    },
    // Profiles §4.1.4.3: "equals the ID of its original <AuthnRequest> message", which is one of
    // this connection, and one that can still be answered.
    Check {
        name: "pending_request",
        rule: "the request that is answered was made for this connection and has not expired; a test's for these settings",
        section: "Profiles §4.1.4.3",
        run: protocol::pending_request,
        shows: |_| Shown::default(),
    },
    // Core §2.4.1: a Subject without an identifier names nobody who could be logged in. Core
    // §3.4.1.1: where a Format is asked for "the identifier MUST match".
    Check {
        name: "name_id",
        rule: "the Subject has a NameID, of the Format that was asked for if one was",
        section: "Core §2.4.1, §3.4.1.1",
        run: subject::name_id,
        shows: |_| Shown::default(),
    },
    // Profiles §4.1.4.3: "Verify that the Recipient attribute in any bearer
    // <SubjectConfirmationData> matches the assertion consumer service URL", that its NotOnOrAfter
    // "has not passed, subject to allowable clock skew", and that its InResponseTo "equals the ID
    // of its original <AuthnRequest> message".
    Check {
        name: "subject_confirmation",
        rule: "a bearer confirmation is meant for our ACS URL, now, and for this request",
        section: "Profiles §4.1.4.2, §4.1.4.3",
        run: subject::confirmation,
        shows: subject::show_confirmation,
    },
    // Core §2.5.1.2: NotBefore and NotOnOrAfter "specify time limits on the validity of the
    // assertion".
    Check {
        name: "conditions_time",
        rule: "the Conditions hold now",
        section: "Core §2.5.1.2",
        run: conditions::time,
        shows: conditions::show_time,
    },
    // Core §2.5.1.1: where "an element is encountered that is not understood", the validity of the
    // assertion cannot be determined.
    Check {
        name: "conditions_understood",
        rule: "every condition is understood",
        section: "Core §2.5.1.1",
        run: conditions::understood,
        shows: conditions::show_one_time_use,
    },
    // Profiles §4.1.4.2: the bearer assertion "MUST contain an <AudienceRestriction> including the
    // service provider's unique identifier as an <Audience>".
    Check {
        name: "audience",
        rule: "every AudienceRestriction names our Audience URI, and there is at least one",
        section: "Core §2.5.1.4",
        run: conditions::audience,
        shows: conditions::show_audience,
    },
    // Core §2.7.2: AuthnInstant "specifies the time at which the authentication took place".
    Check {
        name: "authn_statement",
        rule: "there is an AuthnStatement, and nobody authenticated after the assertion was issued",
        section: "Core §2.7.2",
        run: conditions::authn_statement,
        shows: conditions::show_authn_statement,
    },
    // Core §3.4.1, ForceAuthn: "the identity provider MUST authenticate the presenter directly
    // rather than rely on a previous security context."
    Check {
        name: "force_authn",
        rule: "if a new authentication was asked for, no AuthnInstant is older than the request",
        section: "Core §3.4.1",
        run: conditions::force_authn,
        shows: conditions::show_force_authn,
    },
    // Core §3.3.2.2.1: the context "MUST be the exact match of at least one of the authentication
    // contexts specified."
    Check {
        name: "authn_context",
        rule: "if authentication contexts were asked for, every AuthnStatement is of one of them",
        section: "Core §3.3.2.2.1",
        run: conditions::authn_context,
        shows: conditions::show_authn_context,
    },
    // Profiles §4.1.4.3, SessionNotOnOrAfter: "the security context SHOULD be discarded once this
    // time is reached".
    Check {
        name: "session",
        rule: "the identity provider's session has not ended",
        section: "Core §2.7.2",
        run: conditions::session,
        shows: conditions::show_session,
    },
];

/// The largest tolerance for clocks, in seconds.
pub(crate) const MAX_CLOCK_SKEW: i64 = 300;

/// The instant from which on the assertion could not be accepted any more: until then its ID has to
/// be remembered.
///
/// The largest clock skew is included, not the connection's: raising that must not bring back what
/// is forgotten.
pub(crate) fn acceptable_until(facts: &Facts<'_>) -> Result<DateTime<Utc>, Rejection> {
    // Any one confirmation suffices, so the last counts; conditions and session hold beside it, so
    // the first counts.
    let mut last_confirmation = None;
    for confirmation in facts.statements.bearer_confirmations()? {
        last_confirmation = last_confirmation.max(confirmation.not_on_or_after().ok());
    }
    let bounds = [
        facts.statements.conditions()?.not_on_or_after()?,
        facts.statements.session_not_on_or_after()?,
    ];
    let until = bounds.into_iter().flatten().chain(last_confirmation).min();
    let until = until.ok_or(Rejection::SubjectConfirmationMissing)?;
    // A request that can still be answered must stay answered.
    let until = facts.rules.request.map_or(until, |request| until.max(request.expires_at));
    Ok(until
        .checked_add_signed(TimeDelta::seconds(MAX_CLOCK_SKEW))
        .unwrap_or(DateTime::<Utc>::MAX_UTC))
}
