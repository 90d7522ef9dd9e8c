use chrono::{DateTime, Utc};

use super::excerpt::{list, or_none, words};
use super::{
    AlgorithmUse, ArtifactProblem, DecodeProblem, DigestCause, Excerpt, LimitKind, Mismatch, Part,
    QueryProblem, SignatureCause, SignatureProblem, UntrustedKey, XmlProblem,
};

/// Why a response is refused: one variant per rule.
///
/// Equality is exact, so that tests can assert the very refusal. No variant carries an attribute
/// value or a NameID.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    // ---- decode: the query (Bindings §3.4.4) or the form value (Bindings §3.5.4)
    /// An artifact does not lead to a message.
    #[error("the artifact is refused: {problem}")]
    ArtifactRefused {
        /// Why not.
        problem: ArtifactProblem,
    },
    /// The query of the HTTP-Redirect binding could be read in more than one way, or not at all.
    #[error("the query is refused: {problem}")]
    QueryMalformed {
        /// What is wrong with it.
        problem: QueryProblem,
    },
    /// The response is larger than the limit.
    #[error("the message is larger than {limit} bytes")]
    ResponseTooLarge {
        /// The limit that was exceeded, in bytes.
        limit: usize,
    },
    /// The form value is not the Base64 of UTF-8 text.
    #[error("the form value cannot be decoded: {problem}")]
    ResponseUndecodable {
        /// What is wrong with it.
        problem: DecodeProblem,
    },

    // ---- XML
    /// A document type declaration, in any form.
    #[error("the message contains a document type declaration")]
    DtdForbidden,
    /// Two elements have the same `ID`.
    #[error("two elements have the same ID")]
    DuplicateId,
    /// A limit of [`Limits`](crate::Limits) is exceeded.
    #[error("the message exceeds the limit for {limit} ({allowed})")]
    XmlLimitExceeded {
        /// Which limit.
        limit: LimitKind,
        /// Its value.
        allowed: usize,
    },
    /// The document is not well-formed XML 1.0 with namespaces, encoded in UTF-8.
    #[error("the message is not well-formed XML: {problem} at byte {offset}")]
    XmlMalformed {
        /// What is wrong.
        problem: XmlProblem,
        /// Where, as a byte offset into the decoded document.
        offset: usize,
    },

    // ---- the root and its status (Core §3.2.2, §3.3.3)
    /// The message is neither a LogoutRequest nor a LogoutResponse, or the one in the place of the
    /// other.
    #[error("the message is not a logout message of SAML 2.0: its root is {found}")]
    NotALogoutMessage {
        /// The name of the root element, with its namespace.
        found: Excerpt,
    },
    /// There is no Single Logout Service URL in the configuration of the service provider.
    #[error("the service provider has no Single Logout Service URL")]
    LogoutUnconfigured,
    /// The message is not a SAML 2.0 `Response`.
    #[error("the message is not a SAML 2.0 Response: its root is {found}")]
    NotAResponse {
        /// The name of the root element, with its namespace.
        found: Excerpt,
    },
    /// A `Version` other than `2.0`.
    #[error("the {on} has a version other than 2.0: {}", or_none(found.as_ref()))]
    VersionUnsupported {
        /// On which element.
        on: Part,
        /// The `Version` found, if any.
        found: Option<Excerpt>,
    },
    /// The identity provider reports that the login failed.
    #[error("the identity provider reports a failure: {}{}", list(codes), words(message.as_ref()))]
    StatusNotSuccess {
        /// The status codes, outermost first.
        codes: Vec<Excerpt>,
        /// The identity provider's own words, if it sent any.
        message: Option<Excerpt>,
    },

    // ---- structure (Core §2, §3)
    /// Not exactly one assertion in the response.
    #[error("the response holds {found} assertions instead of one")]
    AssertionCount {
        /// How many there are.
        found: usize,
    },
    /// A required element is missing.
    #[error("the {parent} has no {element}")]
    ElementMissing {
        /// Inside of which element.
        parent: &'static str,
        /// The element that is missing.
        element: &'static str,
    },
    /// An element that may stand once stands more often.
    #[error("the {parent} has more than one {element}")]
    ElementRepeated {
        /// Inside of which element.
        parent: &'static str,
        /// The element that is repeated.
        element: &'static str,
    },
    /// A child element or processing instruction where only text may stand.
    #[error("the {element} holds something other than text")]
    TextMalformed {
        /// The element.
        element: &'static str,
    },
    /// Something is encrypted that cannot be opened, or what was in it is refused: one refusal for
    /// every failure after a key was used, up to and including the signature of what was opened.
    #[error("what is encrypted cannot be opened")]
    DecryptionFailed,
    /// Something is encrypted, and the service provider has no decryption key.
    #[error("the message contains an {element}, and there is no key to decrypt it")]
    DecryptionKeyMissing {
        /// `EncryptedAssertion`, `EncryptedID` or `EncryptedAttribute`.
        element: &'static str,
    },
    /// Something is encrypted, and the application could not open its own keys.
    #[error("the message contains an {element}, and the key to decrypt it could not be opened")]
    DecryptionKeySealed {
        /// `EncryptedAssertion`, `EncryptedID` or `EncryptedAttribute`.
        element: &'static str,
    },
    /// Something encrypted is not of the form that SAML prescribes.
    #[error("what is encrypted is not of the form that SAML prescribes")]
    EncryptionMalformed,
    /// The signed element has no usable `ID`.
    #[error("the {on} has no valid ID")]
    IdInvalid {
        /// The element whose `ID` is missing, empty or holds white space.
        on: Part,
    },
    /// An instant is missing or is not an `xs:dateTime` with a time zone (Core §1.3.3).
    #[error("the {what} is not a valid instant: {}", or_none(found.as_ref()))]
    InstantMalformed {
        /// Which instant, as `Element/@Attribute`.
        what: &'static str,
        /// What stands there, if anything.
        found: Option<Excerpt>,
    },

    // ---- signature (Core §5, XML Signature)
    /// An algorithm that is not accepted.
    #[error("the {usage} algorithm {algorithm} is not accepted")]
    AlgorithmForbidden {
        /// What the algorithm was to be used for.
        usage: AlgorithmUse,
        /// Its identifier.
        algorithm: Excerpt,
        /// The switch of the connection that would allow it, if there is one.
        allowed_by: Option<&'static str>,
    },
    /// Canonicalization of the signed element is not defined.
    #[error("the signed element cannot be canonicalized: {reason}")]
    CanonicalizationUndefined {
        /// Why not.
        reason: &'static str,
    },
    /// The signed content was changed after it was signed.
    #[error("the digest of the {on} does not match: it was changed after it was signed")]
    DigestMismatch {
        /// Which signed element.
        on: Part,
        /// What may be the cause, where it can be seen. It chooses words alone.
        cause: Option<DigestCause>,
    },
    /// The signature was made by a key that is not configured: a rotation or a forgery.
    #[error("the {on} is signed by a key that is not configured, with the certificate {}", key.fingerprint)]
    KeyUntrusted {
        /// Which signed element.
        on: Part,
        /// The certificate embedded in the signature, for comparison only.
        key: Box<UntrustedKey>,
    },
    /// The second engine, which the connection asks for its opinion, does not agree.
    #[error("the second engine does not agree: {reason}")]
    SecondOpinionDiffers {
        /// In what it differs.
        reason: &'static str,
    },
    /// The signature refers to something other than the element it stands in.
    #[error("the signature of the {on} does not refer to the {on}: its reference is {}", or_none(found.as_ref()))]
    ReferenceMismatch {
        /// The element in which the signature stands.
        on: Part,
        /// The reference URI, if any.
        found: Option<Excerpt>,
    },
    /// No configured key verifies the signature.
    #[error("the signature of the {on} does not verify with any configured key")]
    SignatureInvalid {
        /// Which signed element.
        on: Part,
        /// The cause, where it can be seen. It chooses words alone.
        cause: Option<SignatureCause>,
    },
    /// The signature is not of the form that SAML prescribes.
    #[error("the signature of the {on} is malformed: {problem}")]
    SignatureMalformed {
        /// The element in which the signature stands.
        on: Part,
        /// What is wrong with it.
        problem: SignatureProblem,
    },
    /// A signature stands where none may.
    #[error("a signature stands inside a {parent}")]
    SignatureMisplaced {
        /// The local name of the element that holds it.
        parent: Excerpt,
    },
    /// A signature with inclusive canonicalization that holds no longer where it stands: it was
    /// made where other namespaces were in scope, and the signature around it, which is made by a
    /// configured key, shows that nothing was changed since.
    #[error(
        "the signature of the {on} was made with inclusive canonicalization, before the {on} stood where it stands"
    )]
    SignatureOutOfContext {
        /// Which signed element.
        on: Part,
    },
    /// What has to be signed is not.
    #[error("the {on} is not signed")]
    SignatureMissing {
        /// What lacks a signature; [`Part::Message`] where neither Response nor Assertion is
        /// signed.
        on: Part,
    },
    /// A transform other than enveloped-signature followed by one canonicalization.
    #[error("the signature of the {on} uses the transform {transform}, which is not accepted")]
    TransformForbidden {
        /// The element in which the signature stands.
        on: Part,
        /// The transform's identifier.
        transform: Excerpt,
    },

    // ---- issuer, destination and the request (Core §3.2.2, Profiles §4.1.4)
    /// An `Issuer` that is not the connection's.
    #[error("the issuer of the {on} is not the configured one: {mismatch}")]
    IssuerMismatch {
        /// Whose issuer.
        on: Part,
        /// Expected and found.
        mismatch: Box<Mismatch>,
    },
    /// An `Issuer` whose format is not an entity identifier.
    #[error("the issuer of the {on} is not an entity identifier: its format is {found}")]
    IssuerFormat {
        /// Whose issuer.
        on: Part,
        /// The format found.
        found: Excerpt,
    },
    /// A signed Response without `Destination`.
    #[error("the {on} is signed and has no Destination")]
    DestinationMissing {
        /// Which message.
        on: Part,
    },
    /// A `Destination` that is not our ACS URL.
    #[error("the {on} is addressed to another URL: {mismatch}")]
    DestinationMismatch {
        /// Which message.
        on: Part,
        /// Expected and found.
        mismatch: Box<Mismatch>,
    },
    /// The answer to a request does not say to which.
    #[error("the {on} does not say to which request it is the answer")]
    InResponseToMissing {
        /// On which element.
        on: Part,
    },
    /// Two bearer confirmations name different requests: Profiles §4.1.4.2 has each carry the `ID`
    /// of the one request that is answered.
    #[error("the bearer confirmations name different requests")]
    InResponseToAmbiguous,
    /// The answer to another request.
    #[error("the {on} is the answer to another request: {mismatch}")]
    InResponseToMismatch {
        /// On which element.
        on: Part,
        /// Expected and found.
        mismatch: Box<Mismatch>,
    },
    /// No request was made, and the connection does not take unsolicited responses.
    #[error("the response is unsolicited, which this connection does not accept")]
    UnsolicitedForbidden,
    /// No request was made, and the response claims to be the answer to one.
    #[error("the {on} of an unsolicited response claims to be the answer to a request")]
    UnsolicitedInResponseTo {
        /// On which element.
        on: Part,
    },

    // ---- subject (Core §2.4, Profiles §4.1.4.2)
    /// The subject has no NameID, or an empty one.
    #[error("the subject has no NameID")]
    NameIdMissing,
    /// The NameID has another Format than the one that was asked for.
    #[error("the NameID has the format {found}, and {asked} was asked for")]
    NameIdFormatUnmet {
        /// The Format that was asked for.
        asked: Excerpt,
        /// The Format in effect.
        found: Excerpt,
    },
    /// No bearer SubjectConfirmation with data.
    #[error("the subject has no bearer confirmation")]
    SubjectConfirmationMissing,
    /// The bearer confirmation does not name a recipient.
    #[error("the bearer confirmation has no Recipient")]
    RecipientMissing,
    /// The bearer confirmation is meant for another URL.
    #[error("the bearer confirmation is meant for another URL: {mismatch}")]
    RecipientMismatch {
        /// Expected and found.
        mismatch: Box<Mismatch>,
    },

    // ---- time
    /// The moment has passed until which something was valid.
    #[error(
        "the {what} {not_on_or_after} has passed: it is {now}, with {skew_seconds} s tolerated"
    )]
    Expired {
        /// Which bound, as `Element/@Attribute`.
        what: &'static str,
        /// The bound.
        not_on_or_after: DateTime<Utc>,
        /// The instant of the check.
        now: DateTime<Utc>,
        /// The tolerance that was granted, in seconds.
        skew_seconds: i64,
    },
    /// The moment has not come from which on something is valid.
    #[error(
        "the {what} {not_before} has not come yet: it is {now}, with {skew_seconds} s tolerated"
    )]
    NotYetValid {
        /// Which bound, as `Element/@Attribute`.
        what: &'static str,
        /// The bound.
        not_before: DateTime<Utc>,
        /// The instant of the check.
        now: DateTime<Utc>,
        /// The tolerance that was granted, in seconds.
        skew_seconds: i64,
    },
    /// `NotBefore` is not before `NotOnOrAfter`.
    #[error("the window of the {element} is empty")]
    WindowEmpty {
        /// The element with the two bounds.
        element: &'static str,
    },

    // ---- conditions (Core §2.5)
    /// No AudienceRestriction, or one without Audience.
    #[error("the assertion names no audience")]
    AudienceMissing,
    /// The assertion is meant for another service provider.
    #[error("the assertion is meant for another audience: {mismatch}")]
    AudienceMismatch {
        /// Expected and found.
        mismatch: Box<Mismatch>,
    },
    /// A condition that is not understood must be refused (Core §2.5.1.1).
    #[error("the assertion has a condition that is not understood: {found}")]
    ConditionUnknown {
        /// The local name of the condition.
        found: Excerpt,
    },

    /// An authentication is of none of the contexts that were asked for.
    #[error("none of the authentication contexts that were asked for was used")]
    AuthnContextUnmet,
    /// The person authenticated later than the assertion was issued, by the same clock.
    #[error(
        "the AuthnInstant {authn_instant} is later than the assertion's IssueInstant {issue_instant}, with {skew_seconds} s tolerated"
    )]
    AuthnInFuture {
        /// When the person authenticated.
        authn_instant: DateTime<Utc>,
        /// When the assertion was issued.
        issue_instant: DateTime<Utc>,
        /// The tolerance that was granted, in seconds.
        skew_seconds: i64,
    },
    /// A new authentication was asked for (ForceAuthn, Core §3.4.1), and one is older than the
    /// request.
    #[error(
        "a new authentication was asked for {elapsed_seconds} s ago, and this one of {authn_instant} is older: the assertion was issued at {issue_instant}"
    )]
    AuthnTooOld {
        /// When the person authenticated, by the identity provider's clock.
        authn_instant: DateTime<Utc>,
        /// When the assertion was issued, by the same clock.
        issue_instant: DateTime<Utc>,
        /// How long ago the request was made, by our clock.
        elapsed_seconds: i64,
        /// The tolerance that was granted, in seconds.
        skew_seconds: i64,
    },
    /// The request that is answered has expired.
    #[error("the request expired at {expires_at}, and it is {now}")]
    RequestExpired {
        /// When it expired.
        expires_at: DateTime<Utc>,
        /// The time of the check.
        now: DateTime<Utc>,
    },
    /// The request that is answered was made for another connection.
    #[error("the request was made for another connection")]
    RequestForeign,
    /// The request was a test, and the settings have been changed since: the answer says nothing of
    /// those that are in effect now.
    #[error("the settings were changed after this test was started")]
    RequestOutdated,
    /// Logins that were started here in the place of unsolicited responses were not answered, so
    /// that one more would go round for ever: the identity provider answers no requests.
    #[error("two logins that were started here in the place of such responses were not answered")]
    BounceUnanswered,
    /// An unsolicited response that is to be turned into a login started here: see
    /// [`Unsolicited::Bounce`](crate::Unsolicited::Bounce).
    #[error("the login has to be started anew from here")]
    UnsolicitedBounced,

    // ---- identity
    /// The connection requires something of a person that the response does not say.
    #[error("the response says no {field}")]
    AttributeMissing {
        /// `email`, `first_name`, `last_name`, `display_name` or `groups`.
        field: &'static str,
    },

    // ---- single use (Profiles §4.1.4.5)
    /// The assertion was used before.
    #[error("the assertion was used before")]
    AssertionReplayed,
    /// The request was answered before.
    #[error("the request was answered before")]
    RequestReplayed,
    /// The replay store has no room for this connection; without it single use cannot be
    /// guaranteed.
    #[error("the replay store is full")]
    ReplayStoreFull,
}
