use chrono::{DateTime, Utc};

use super::words;
use crate::error::{CertificateError, Excerpt, Mismatch, NOT_SET_UP, Rejection, refuses, sentence};
use crate::fingerprint::Fingerprint;

/// Why a metadata document is not taken. Nothing of it is kept.
///
/// `Display` is written for the administrator who gave the document or its address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// No certificate for signing can be used: this is what is wrong with the first.
    #[error("a signing certificate in the metadata cannot be used: {}", words::of_certificate(.0))]
    Certificate(#[from] CertificateError),
    /// Nothing but blank space.
    #[error("the metadata is empty")]
    Empty,
    /// No address of the single sign-on service can be used. This is the first, and is not an
    /// absolute http or https URL of plain ASCII without a user or a fragment: Metadata §2.2.2.
    /// Plain http is taken, and [warned of](crate::Connection::warnings).
    #[error(
        "the metadata gives {found} as an address of its {service}: only absolute https (or http) URLs of plain ASCII without a user or a fragment are taken"
    )]
    EndpointInvalid {
        /// The element.
        service: &'static str,
        /// The address.
        found: Excerpt,
    },
    /// An `EntityDescriptor` without an entity ID: Metadata §2.3.2.
    #[error("an EntityDescriptor in the metadata has no entityID")]
    EntityIdMissing,
    /// None of the entities has the entity ID that was asked for.
    #[error("the metadata does not speak of the identity provider {}; it speaks of: {}", entity.expected, entity.found_list())]
    EntityNotFound {
        /// The entity ID that was asked for, and those that are there.
        entity: Box<Mismatch>,
    },
    /// The entity ID stands there more than once, so that it is not clear which entity is meant.
    #[error("the metadata speaks of the entity {entity_id} more than once")]
    EntityRepeated {
        /// The entity ID.
        entity_id: Excerpt,
    },
    /// A signed group of entities, and no entity ID to choose by: whoever signs for many signs for
    /// any of them.
    #[error(
        "the signed metadata is of a group: say which identity provider is meant, by its entity ID"
    )]
    EntityUnnamed,
    /// `validUntil` has passed: Metadata §2.3.2. Also where an enclosing element says so.
    #[error("the metadata was valid until {valid_until}: download it again")]
    Expired {
        /// The earliest `validUntil` that applies.
        valid_until: DateTime<Utc>,
        /// The instant of the check.
        now: DateTime<Utc>,
    },
    /// A certificate, and no more, in place of the document.
    #[error(
        "this is a certificate, not metadata: give the whole document that the identity provider publishes"
    )]
    IsCertificate,
    /// The metadata is of another issuer than the one that is to be refreshed.
    #[error("the metadata is of another identity provider: expected {}, found {}", issuer.expected, issuer.found_list())]
    IssuerChanged {
        /// Expected and found.
        issuer: Box<Mismatch>,
    },
    /// The document is not well-formed, holds a document type declaration, goes beyond a limit, or
    /// breaks the schema.
    #[error("the metadata cannot be read: {}", words::of_document(.0))]
    Malformed(#[source] Rejection),
    /// The elements of metadata are in no namespace: Metadata §1.1. Something has changed the
    /// document after the identity provider wrote it.
    #[error(
        "the {element} in the metadata is in no namespace: its declaration (xmlns) was lost on the way; download the document again, and give it unchanged"
    )]
    NamespaceMissing {
        /// The name of the first such element.
        element: &'static str,
    },
    /// There is not one `EntityDescriptor`.
    #[error("the metadata does not speak of any entity")]
    NoEntity,
    /// The role of the identity provider has no certificate that may sign: Metadata §2.4.1.1.
    #[error("the metadata has no signing certificate: only keys for encryption, or none")]
    NoSigningKey,
    /// Metadata of a service provider, or of something else without an `IDPSSODescriptor`.
    #[error(
        "this is not metadata of an identity provider: there is no IDPSSODescriptor in it; download the identity provider's, not ours"
    )]
    NotAnIdentityProvider,
    /// An XML document of another kind.
    #[error("this is not a metadata document: it begins with {found}")]
    NotMetadata {
        /// The name of the root element, with its namespace.
        found: Excerpt,
    },
    /// A signature is asked for, and the root of the document has none. Signatures further in do
    /// not count.
    #[error("the metadata is not signed")]
    NotSigned,
    /// Not UTF-8, nor UTF-16.
    #[error("{}: download it again, or save it as UTF-8", not_utf8(encoding.as_ref()))]
    NotUtf8 {
        /// The encoding that it declares, or seems to have.
        encoding: Option<Excerpt>,
    },
    /// No XML, but a text: the message of a console that has no metadata to show.
    #[error("this is not metadata, but a text{}", found.as_ref().map_or(String::new(), |found| format!(", which says: {found}")))]
    NotXml {
        /// The beginning of the text, if it seems to be made of words.
        found: Option<Excerpt>,
    },
    /// The pinned key is an RSA key shorter than 2048 bits.
    #[error(
        "the pinned certificate {fingerprint} has an RSA key of {bits} bits; at least 2048 are needed"
    )]
    PinnedKeyTooWeak {
        /// SHA-256 fingerprint of the certificate.
        fingerprint: Fingerprint,
        /// Length of the modulus in bits.
        bits: u32,
    },
    /// A private key in the document, or beside it. It is disclosed. Its text is not kept.
    #[error(
        "there is a private key in this: it is disclosed by now; replace it, and give the metadata without it"
    )]
    PrivateKey,
    /// The identity provider does not speak SAML 2.0: Metadata §2.4.1.
    #[error("the identity provider does not support SAML 2.0, by its metadata")]
    ProtocolUnsupported,
    /// Several identity providers, and no entity ID to choose by.
    #[error(
        "the metadata speaks of {count} identity providers: say which is meant, by its entity ID"
    )]
    SeveralIdentityProviders {
        /// How many there are.
        count: usize,
    },
    /// The signature does not verify with a pinned key.
    #[error("the signature of the metadata is refused: {0}")]
    Signature(#[source] Rejection),
    /// The document is larger than the limit.
    #[error("the metadata is larger than {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The address of a metadata document in place of the document.
    #[error("this is a web address, not metadata: open it, and give what it shows")]
    Url,
    /// An HTML page: of a login form, or of an error.
    #[error(
        "this is a web page, not metadata: the address may ask for a login or be that of a console; use the metadata URL"
    )]
    WebPage,
}

fn not_utf8(encoding: Option<&Excerpt>) -> String {
    match encoding {
        None => "the metadata is not UTF-8 text".into(),
        Some(encoding) => format!("the metadata is in the encoding {encoding}, not in UTF-8"),
    }
}

impl MetadataError {
    /// A stable snake_case code, part of semver. Where a certificate, the document or its signature
    /// is at fault, it is the code of that error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Certificate(error) => error.code(),
            Self::Empty => "metadata_empty",
            Self::EndpointInvalid { .. } => "metadata_endpoint_invalid",
            Self::EntityIdMissing => "metadata_entity_id_missing",
            Self::EntityNotFound { .. } => "metadata_entity_not_found",
            Self::EntityRepeated { .. } => "metadata_entity_repeated",
            Self::EntityUnnamed => "metadata_entity_unnamed",
            Self::Expired { .. } => "metadata_expired",
            Self::IsCertificate => "metadata_is_certificate",
            Self::IssuerChanged { .. } => "metadata_issuer_changed",
            Self::Malformed(rejection) | Self::Signature(rejection) => rejection.code(),
            Self::NamespaceMissing { .. } => "metadata_namespace_missing",
            Self::NoEntity => "metadata_no_entity",
            Self::NoSigningKey => "metadata_no_signing_key",
            Self::NotAnIdentityProvider => "metadata_not_an_identity_provider",
            Self::NotMetadata { .. } => "metadata_not_metadata",
            Self::NotSigned => "metadata_not_signed",
            Self::NotUtf8 { .. } => "metadata_not_utf8",
            Self::NotXml { .. } => "metadata_not_xml",
            Self::PinnedKeyTooWeak { .. } => "metadata_pinned_key_too_weak",
            Self::PrivateKey => "metadata_has_private_key",
            Self::ProtocolUnsupported => "metadata_protocol_unsupported",
            Self::SeveralIdentityProviders { .. } => "metadata_several_identity_providers",
            Self::TooLarge { .. } => "metadata_too_large",
            Self::Url => "metadata_is_url",
            Self::WebPage => "metadata_is_web_page",
        }
    }

    /// What to change, for the administrator who gave the document.
    pub fn help(&self) -> String {
        match self {
            Self::Certificate(_) => format!(
                "{} Let the identity provider's administrator correct its metadata; or paste the certificate \
                 that its console shows, instead of the metadata.",
                sentence(self)
            ),
            Self::Malformed(rejection) => {
                format!("{} {}", sentence(self), words::cure_of_document(rejection))
            }
            Self::Signature(rejection) => format!("{} {}", sentence(self), rejection.help()),
            _ => sentence(self),
        }
    }

    /// A fixed sentence for the person who tried to log in.
    pub fn user_message(&self) -> &'static str {
        NOT_SET_UP
    }
}

refuses!(MetadataError, IdentityProvider);
