//! What the refusals speak of.

use chrono::{DateTime, Utc};

use crate::fingerprint::Fingerprint;

/// A certificate found inside a signature that no configured key verifies. Shown for comparison,
/// never trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UntrustedKey {
    /// SHA-256 fingerprint of the embedded certificate.
    pub fingerprint: Fingerprint,
    /// Begin of the embedded certificate's validity, where readable.
    pub not_before: Option<DateTime<Utc>>,
    /// End of the embedded certificate's validity, where readable.
    pub not_after: Option<DateTime<Utc>>,
    /// Fingerprints of the configured certificates.
    pub configured: Vec<Fingerprint>,
}

/// The part of a message that a refusal speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Part {
    /// The `Assertion`.
    Assertion,
    /// A LogoutRequest or LogoutResponse.
    Logout,
    /// The message as a whole.
    Message,
    /// The `EntityDescriptor` or `EntitiesDescriptor` at the root of a metadata document.
    Metadata,
    /// The `Response`.
    Response,
    /// The `SubjectConfirmationData` of the bearer confirmation.
    SubjectConfirmationData,
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Self::Assertion => "Assertion",
            Self::Logout => "logout message",
            Self::Message => "message",
            Self::Metadata => "metadata",
            Self::Response => "Response",
            Self::SubjectConfirmationData => "SubjectConfirmationData",
        }
    }
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
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
    /// The EncryptionMethod of what is encrypted.
    #[error("encryption")]
    Cipher,
    /// The EncryptionMethod of a key that is encrypted, or one of its parameters.
    #[error("key transport")]
    KeyTransport,
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
    /// Not compressed by DEFLATE, as the HTTP-Redirect binding asks for.
    #[error("it is not compressed as the HTTP-Redirect binding has it")]
    NotDeflated,
    /// Not UTF-8.
    #[error("it is not UTF-8 text{}", encoding.map_or(String::new(), |name| format!(": it is written in {name}")))]
    NotUtf8 {
        /// The encoding that it seems to be in, by its declaration or its byte order mark.
        encoding: Option<&'static str>,
    },
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
    /// Bytes in the canonical form of what is signed: four times those of the message.
    #[error("bytes in the canonical form")]
    CanonicalBytes,
    /// Nesting of elements.
    #[error("nesting")]
    Depth,
    /// Bytes in one name.
    #[error("bytes in one name")]
    NameBytes,
    /// Namespace declarations on one element.
    #[error("namespace declarations on one element")]
    Namespaces,
    /// Namespace declarations in scope where an encrypted element stands.
    #[error("namespace declarations around an encrypted element")]
    NamespacesAround,
    /// Nodes in the document.
    #[error("nodes")]
    Nodes,
    /// Operations with a private key of the service provider: each encrypted key is tried with each
    /// of ours.
    #[error("private-key operations")]
    PrivateKeyOperations,
    /// Bytes in the SignedInfo of a signature.
    #[error("bytes in SignedInfo")]
    SignedInfoBytes,
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
    /// A malformed XML declaration.
    #[error("malformed XML declaration")]
    Declaration,
    /// An XML declaration that is not at the very beginning: XML 1.0 §2.8.
    #[error("an XML declaration behind something else")]
    DeclarationMisplaced,
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
    #[error("a prefix whose namespace is not declared")]
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

/// Why no key verifies a signature, where it can be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignatureCause {
    /// An ECDSA value is a DER sequence, not r and s side by side: XML Signature 1.1 §6.4.3.
    DerSequence,
    /// The signature of an Assertion that names a configured certificate was made with inclusive
    /// canonicalization, perhaps before the Assertion stood in its Response.
    InclusiveCanonicalization,
}

/// What may have made a digest wrong, besides a change on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DigestCause {
    /// The text of an attribute has an `&` or `<` in it, which some identity providers digest
    /// without its escape.
    EscapedText,
}

/// Why an artifact does not lead to a message: Bindings §3.6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArtifactProblem {
    /// What came back is no ArtifactResponse to the request in SOAP.
    #[error("the answer is no ArtifactResponse to the request")]
    Answer,
    /// It was made by another identity provider, or another one answered.
    #[error("it comes from another identity provider")]
    Foreign,
    /// It is not of type 4.
    #[error("it is not an artifact of type 4")]
    Malformed,
    /// The identity provider has no Artifact Resolution Service of that index.
    #[error("the identity provider has no Artifact Resolution Service of its index")]
    NoEndpoint,
    /// The identity provider has no message for it: it was used before, or never made.
    #[error("the identity provider has no message for it")]
    Nothing,
    /// The identity provider reports a failure.
    #[error("the identity provider refuses to resolve it")]
    Status,
}

/// Why the query of the HTTP-Redirect binding is refused: Bindings §3.4.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QueryProblem {
    /// A SAMLEncoding other than DEFLATE.
    #[error("it names another encoding than DEFLATE")]
    Encoding,
    /// SigAlg without Signature, or the other way round.
    #[error("it has one of SigAlg and Signature without the other")]
    HalfASignature,
    /// Neither SAMLRequest nor SAMLResponse.
    #[error("it carries no message")]
    NoMessage,
    /// A parameter twice, both SAMLRequest and SAMLResponse, or a parameter in a spelling that
    /// others would take for one.
    #[error("a parameter of it stands there twice")]
    Repeated,
    /// SigAlg or Signature cannot be decoded.
    #[error("its signature cannot be decoded")]
    Signature,
}
