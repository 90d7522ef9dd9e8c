use chrono::{DateTime, Utc};

use super::{Excerpt, Mismatch};

/// Why a response is refused: one variant per rule.
///
/// Equality is exact, so that tests can assert the very refusal. No variant carries an attribute value or a NameID.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    // ---- decode: the form value (Bindings §3.5.4)
    /// The response is larger than the limit.
    #[error("the response is larger than {limit} bytes")]
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
    #[error("the response contains a document type declaration")]
    DtdForbidden,
    /// Two elements have the same `ID`.
    #[error("two elements have the same ID")]
    DuplicateId,
    /// A limit of [`Limits`](crate::Limits) is exceeded.
    #[error("the response exceeds the limit for {limit} ({allowed})")]
    XmlLimitExceeded {
        /// Which limit.
        limit: LimitKind,
        /// Its value.
        allowed: usize,
    },
    /// The document is not well-formed XML 1.0 with namespaces, encoded in UTF-8.
    #[error("the response is not well-formed XML: {problem} at byte {offset}")]
    XmlMalformed {
        /// What is wrong.
        problem: XmlProblem,
        /// Where, as a byte offset into the decoded document.
        offset: usize,
    },

    // ---- the root and its status (Core §3.2.2, §3.3.3)
    /// The message is not a SAML 2.0 `Response`.
    #[error("the message is not a SAML 2.0 Response")]
    NotAResponse {
        /// The name of the root element, with its namespace.
        found: Excerpt,
    },
    /// A `Version` other than `2.0`.
    #[error("the {on} has a version other than 2.0")]
    VersionUnsupported {
        /// On which element.
        on: Part,
        /// The `Version` found, if any.
        found: Option<Excerpt>,
    },
    /// The identity provider reports that the login failed.
    #[error("the identity provider reports a failure")]
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
    /// Something is encrypted, and decryption is not supported.
    #[error("the response contains an {element}, which is not supported")]
    EncryptionUnsupported {
        /// `EncryptedAssertion`, `EncryptedID` or `EncryptedAttribute`.
        element: &'static str,
    },
    /// The signed element has no usable `ID`.
    #[error("the {on} has no valid ID")]
    IdInvalid {
        /// The element whose `ID` is missing or is not made of name characters.
        on: Part,
    },
    /// An instant is missing or is not an `xs:dateTime` with a time zone (Core §1.3.3).
    #[error("the {what} is not a valid instant")]
    InstantMalformed {
        /// Which instant, as `Element/@Attribute`.
        what: &'static str,
        /// What stands there, if anything.
        found: Option<Excerpt>,
    },

    // ---- signature (Core §5, XML Signature)
    /// An algorithm that is not accepted.
    #[error("the {usage} algorithm is not accepted")]
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
    },
    /// The signature was made by a key that is not configured: a rotation or a forgery.
    #[error("the {on} is signed by a key that is not configured")]
    KeyUntrusted {
        /// Which signed element.
        on: Part,
        /// The certificate embedded in the signature, for comparison only.
        key: Box<UntrustedKey>,
    },
    /// The signature refers to something other than the element it stands in.
    #[error("the signature of the {on} does not refer to the {on}")]
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
    /// What has to be signed is not.
    #[error("the {on} is not signed")]
    SignatureMissing {
        /// What lacks a signature; [`Part::Message`] where neither Response nor Assertion is signed.
        on: Part,
    },
    /// A transform other than enveloped-signature followed by one canonicalization.
    #[error("the signature of the {on} uses a transform that is not accepted")]
    TransformForbidden {
        /// The element in which the signature stands.
        on: Part,
        /// The transform's identifier.
        transform: Excerpt,
    },

    // ---- issuer, destination and the request (Core §3.2.2, Profiles §4.1.4)
    /// An `Issuer` that is not the connection's.
    #[error("the issuer of the {on} is not the configured one")]
    IssuerMismatch {
        /// Whose issuer.
        on: Part,
        /// Expected and found.
        mismatch: Box<Mismatch>,
    },
    /// An `Issuer` whose format is not an entity identifier.
    #[error("the issuer of the {on} is not an entity identifier")]
    IssuerFormat {
        /// Whose issuer.
        on: Part,
        /// The format found.
        found: Excerpt,
    },
    /// A signed Response without `Destination`.
    #[error("the response is signed and has no Destination")]
    DestinationMissing,
    /// A `Destination` that is not our ACS URL.
    #[error("the response is addressed to another URL")]
    DestinationMismatch {
        /// Expected and found.
        mismatch: Box<Mismatch>,
    },
    /// The answer to a request does not say to which.
    #[error("the {on} does not say to which request it is the answer")]
    InResponseToMissing {
        /// On which element.
        on: Part,
    },
    /// The answer to another request.
    #[error("the {on} is the answer to another request")]
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
    #[error("an unsolicited response claims to be the answer to a request")]
    UnsolicitedInResponseTo {
        /// On which element.
        on: Part,
    },

    // ---- subject (Core §2.4, Profiles §4.1.4.2)
    /// The subject has no NameID, or an empty one.
    #[error("the subject has no NameID")]
    NameIdMissing,
    /// No bearer SubjectConfirmation with data.
    #[error("the subject has no bearer confirmation")]
    SubjectConfirmationMissing,
    /// The bearer confirmation does not name a recipient.
    #[error("the bearer confirmation has no Recipient")]
    RecipientMissing,
    /// The bearer confirmation is meant for another URL.
    #[error("the bearer confirmation is meant for another URL")]
    RecipientMismatch {
        /// Expected and found.
        mismatch: Box<Mismatch>,
    },

    // ---- time
    /// The moment has passed until which something was valid.
    #[error("the {what} has passed")]
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
    #[error("the {what} has not come yet")]
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
    #[error("the assertion is meant for another audience")]
    AudienceMismatch {
        /// Expected and found.
        mismatch: Box<Mismatch>,
    },
    /// A condition that is not understood must be refused (Core §2.5.1.1).
    #[error("the assertion has a condition that is not understood")]
    ConditionUnknown {
        /// The local name of the condition.
        found: Excerpt,
    },

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
    /// The replay store has no room for this connection; without it single use cannot be guaranteed.
    #[error("the replay store is full")]
    ReplayStoreFull,
}

/// A certificate found inside a signature that no configured key verifies. Shown for comparison, never trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UntrustedKey {
    /// SHA-256 fingerprint of the embedded certificate, as hexadecimal pairs with colons.
    pub fingerprint: String,
    /// Begin of the embedded certificate's validity, where readable.
    pub not_before: Option<DateTime<Utc>>,
    /// End of the embedded certificate's validity, where readable.
    pub not_after: Option<DateTime<Utc>>,
    /// Fingerprints of the configured certificates.
    pub configured: Vec<String>,
}

/// The part of a message that a refusal speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Part {
    /// The `Assertion`.
    Assertion,
    /// The message as a whole.
    Message,
    /// The `Response`.
    Response,
    /// The `SubjectConfirmationData` of the bearer confirmation.
    SubjectConfirmationData,
}

impl Part {
    /// The SAML name of the part.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Assertion => "Assertion",
            Self::Message => "message",
            Self::Response => "Response",
            Self::SubjectConfirmationData => "SubjectConfirmationData",
        }
    }
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What an algorithm identifier in a signature was to be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AlgorithmUse {
    /// `CanonicalizationMethod`, or the canonicalization among the transforms.
    #[error("canonicalization")]
    Canonicalization,
    /// `DigestMethod`.
    #[error("digest")]
    Digest,
    /// `SignatureMethod`.
    #[error("signature")]
    Signature,
}

/// Why a form value cannot be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeProblem {
    /// Compressed, as only the HTTP-Redirect binding does it.
    #[error("it is compressed, as for the HTTP-Redirect binding")]
    Compressed,
    /// Nothing but blank space.
    #[error("it is empty")]
    Empty,
    /// Not Base64 (RFC 4648 §4, with padding, blank space allowed).
    #[error("it is not Base64")]
    NotBase64,
    /// Not UTF-8.
    #[error("it is not UTF-8 text")]
    NotUtf8,
    /// Still percent-encoded: the web framework has not decoded the form.
    #[error("it is still percent-encoded")]
    PercentEncoded,
}

/// The limit of [`Limits`](crate::Limits) that a document exceeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LimitKind {
    /// Attributes on one element.
    #[error("attributes on one element")]
    Attributes,
    /// Nesting of elements.
    #[error("nesting")]
    Depth,
    /// Bytes in one name.
    #[error("bytes in one name")]
    NameBytes,
    /// Namespace declarations on one element.
    #[error("namespace declarations on one element")]
    Namespaces,
    /// Nodes in the document.
    #[error("nodes")]
    Nodes,
    /// Bytes in one text, attribute value, comment or processing instruction.
    #[error("bytes in one text")]
    TextBytes,
}

/// Why a document is not well-formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum XmlProblem {
    /// An attribute that is not `name="value"`, separated by blank space.
    #[error("malformed attribute")]
    Attribute,
    /// A character that XML 1.0 does not allow, also as a character reference.
    #[error("a character that XML does not allow")]
    Character,
    /// Character data, CDATA or a reference outside the root element.
    #[error("text outside the root element")]
    ContentOutsideRoot,
    /// A malformed XML declaration, or one that is not at the very beginning.
    #[error("malformed XML declaration")]
    Declaration,
    /// Two attributes of one element have the same (expanded) name.
    #[error("duplicate attribute")]
    DuplicateAttribute,
    /// An encoding other than UTF-8 is declared.
    #[error("an encoding other than UTF-8 is declared")]
    Encoding,
    /// An end tag without its start tag, or the reverse.
    #[error("tags do not match")]
    MismatchedTag,
    /// No root element, or more than one.
    #[error("there is not exactly one root element")]
    Root,
    /// A name that is not a (qualified) XML name.
    #[error("malformed name")]
    Name,
    /// A namespace declaration that the namespace specification forbids.
    #[error("forbidden namespace declaration")]
    Namespace,
    /// A reference to something other than the five predefined entities or a character.
    #[error("malformed or undefined reference")]
    Reference,
    /// Markup that is not XML.
    #[error("malformed markup")]
    Syntax,
    /// A prefix that is not declared.
    #[error("undeclared prefix")]
    UndeclaredPrefix,
    /// An XML version other than 1.0.
    #[error("an XML version other than 1.0")]
    Version,
}

/// Why a signature is not of the form that SAML prescribes (Core §5.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureProblem {
    /// `DigestValue` or `SignatureValue` is not plain Base64 text of the right length.
    #[error("a value is not plain Base64")]
    Base64,
    /// An element is missing, repeated, unknown or out of order.
    #[error("an element is missing, repeated, unknown or out of order")]
    Elements,
    /// A `ds:Object`, which SAML signatures must not have.
    #[error("it contains an Object")]
    Object,
    /// Not exactly one `Reference`.
    #[error("there is not exactly one Reference")]
    References,
    /// More than one signature on the same element.
    #[error("the element has more than one Signature")]
    Repeated,
}

/// Who has to act to mend a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fixer {
    /// The developer who embeds the library.
    Developer,
    /// The administrator of the identity provider.
    IdentityProvider,
    /// Whoever runs the service provider: its settings, its clock, its storage.
    ServiceProvider,
    /// The person who tried to log in: by starting again.
    User,
}

impl Fixer {
    /// The role in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Developer => "developer",
            Self::IdentityProvider => "identity provider administrator",
            Self::ServiceProvider => "service provider",
            Self::User => "user",
        }
    }
}

pub(super) const NOT_SET_UP: &str =
    "Single sign-on is not set up correctly for your organization. Please contact your administrator.";
pub(super) const UNAVAILABLE: &str = "Login is not available right now. Please try again in a few minutes.";
const NOT_VERIFIED: &str =
    "Your login could not be verified. Please try again, and contact your administrator if it keeps failing.";
const NOT_COMPLETED: &str =
    "Your identity provider did not complete the login. Please try again or contact your administrator.";
const STARTED_ELSEWHERE: &str = "Please start your login from our sign-in page.";
const SIGN_IN_AGAIN: &str = "This login has expired or was already used. Please sign in again.";

impl Rejection {
    /// The stable snake_case code, part of semver: what support looks up and dashboards count.
    pub fn code(&self) -> &'static str {
        self.row().0
    }

    /// One of a few fixed sentences for the person who tried to log in; never data from the message.
    pub fn user_message(&self) -> &'static str {
        self.row().2
    }

    /// Who has to act.
    pub fn fixer(&self) -> Fixer {
        self.row().1
    }

    /// Code, fixer and user message of each variant: the error table.
    fn row(&self) -> (&'static str, Fixer, &'static str) {
        use Fixer::{Developer, IdentityProvider, ServiceProvider, User};
        match self {
            Self::ResponseTooLarge { .. } => ("response_too_large", IdentityProvider, NOT_VERIFIED),
            Self::ResponseUndecodable { .. } => ("response_undecodable", Developer, NOT_VERIFIED),

            Self::DtdForbidden => ("dtd_forbidden", IdentityProvider, NOT_VERIFIED),
            Self::DuplicateId => ("duplicate_id", IdentityProvider, NOT_VERIFIED),
            Self::XmlLimitExceeded { .. } => ("xml_limit_exceeded", IdentityProvider, NOT_VERIFIED),
            Self::XmlMalformed { .. } => ("xml_malformed", IdentityProvider, NOT_VERIFIED),

            Self::NotAResponse { .. } => ("not_a_response", IdentityProvider, NOT_VERIFIED),
            Self::VersionUnsupported { .. } => ("version_unsupported", IdentityProvider, NOT_SET_UP),
            Self::StatusNotSuccess { .. } => ("status_not_success", IdentityProvider, NOT_COMPLETED),

            Self::AssertionCount { .. } => ("assertion_count", IdentityProvider, NOT_VERIFIED),
            Self::ElementMissing { .. } => ("element_missing", IdentityProvider, NOT_VERIFIED),
            Self::ElementRepeated { .. } => ("element_repeated", IdentityProvider, NOT_VERIFIED),
            Self::TextMalformed { .. } => ("text_malformed", IdentityProvider, NOT_VERIFIED),
            Self::EncryptionUnsupported { .. } => ("encryption_unsupported", IdentityProvider, NOT_SET_UP),
            Self::IdInvalid { .. } => ("id_invalid", IdentityProvider, NOT_VERIFIED),
            Self::InstantMalformed { .. } => ("instant_malformed", IdentityProvider, NOT_VERIFIED),

            Self::AlgorithmForbidden { .. } => ("algorithm_forbidden", IdentityProvider, NOT_SET_UP),
            Self::CanonicalizationUndefined { .. } => {
                ("canonicalization_undefined", IdentityProvider, NOT_VERIFIED)
            }
            Self::DigestMismatch { .. } => ("digest_mismatch", IdentityProvider, NOT_VERIFIED),
            Self::KeyUntrusted { .. } => ("key_untrusted", ServiceProvider, NOT_SET_UP),
            Self::ReferenceMismatch { .. } => ("reference_mismatch", IdentityProvider, NOT_VERIFIED),
            Self::SignatureInvalid { .. } => ("signature_invalid", ServiceProvider, NOT_VERIFIED),
            Self::SignatureMalformed { .. } => ("signature_malformed", IdentityProvider, NOT_VERIFIED),
            Self::SignatureMisplaced { .. } => ("signature_misplaced", IdentityProvider, NOT_VERIFIED),
            Self::SignatureMissing { .. } => ("signature_missing", IdentityProvider, NOT_SET_UP),
            Self::TransformForbidden { .. } => ("transform_forbidden", IdentityProvider, NOT_VERIFIED),

            Self::IssuerMismatch { .. } => ("issuer_mismatch", ServiceProvider, NOT_SET_UP),
            Self::IssuerFormat { .. } => ("issuer_format", IdentityProvider, NOT_SET_UP),
            Self::DestinationMissing => ("destination_missing", IdentityProvider, NOT_SET_UP),
            Self::DestinationMismatch { .. } => ("destination_mismatch", IdentityProvider, NOT_SET_UP),
            Self::InResponseToMissing { .. } => ("in_response_to_missing", User, STARTED_ELSEWHERE),
            Self::InResponseToMismatch { .. } => ("in_response_to_mismatch", User, SIGN_IN_AGAIN),
            Self::UnsolicitedForbidden => ("unsolicited_forbidden", ServiceProvider, STARTED_ELSEWHERE),
            Self::UnsolicitedInResponseTo { .. } => ("unsolicited_in_response_to", User, STARTED_ELSEWHERE),

            Self::NameIdMissing => ("name_id_missing", IdentityProvider, NOT_SET_UP),
            Self::SubjectConfirmationMissing => {
                ("subject_confirmation_missing", IdentityProvider, NOT_SET_UP)
            }
            Self::RecipientMissing => ("recipient_missing", IdentityProvider, NOT_SET_UP),
            Self::RecipientMismatch { .. } => ("recipient_mismatch", IdentityProvider, NOT_SET_UP),

            Self::Expired { .. } => ("expired", User, SIGN_IN_AGAIN),
            Self::NotYetValid { .. } => ("not_yet_valid", IdentityProvider, NOT_VERIFIED),
            Self::WindowEmpty { .. } => ("window_empty", IdentityProvider, NOT_VERIFIED),

            Self::AudienceMissing => ("audience_missing", IdentityProvider, NOT_SET_UP),
            Self::AudienceMismatch { .. } => ("audience_mismatch", IdentityProvider, NOT_SET_UP),
            Self::ConditionUnknown { .. } => ("condition_unknown", IdentityProvider, NOT_SET_UP),

            Self::AttributeMissing { .. } => ("attribute_missing", IdentityProvider, NOT_SET_UP),

            Self::AssertionReplayed => ("assertion_replayed", User, SIGN_IN_AGAIN),
            Self::RequestReplayed => ("request_replayed", User, SIGN_IN_AGAIN),
            Self::ReplayStoreFull => ("replay_store_full", ServiceProvider, UNAVAILABLE),
        }
    }
}
