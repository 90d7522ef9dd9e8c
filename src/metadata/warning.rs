use super::words;
use crate::error::{CertificateError, Excerpt};
use crate::fingerprint::Fingerprint;

/// A part of a metadata document that cannot be used, and is left out: the rest of it is taken.
///
/// `Display` is written for the administrator who gave the document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataWarning {
    /// A `cacheDuration` that is no `xs:duration`, or a negative one: Metadata §2.3.2.
    #[error("the cacheDuration {found} is not a duration, and is left out")]
    CacheDurationMalformed {
        /// What stands there.
        found: Excerpt,
    },
    /// A certificate that stands beside the signing one: of the authority that issued it, or
    /// another. Its key is not trusted.
    #[error(
        "the certificate {fingerprint} ({subject}) stands beside the signing certificate, and is not trusted to sign"
    )]
    CertificateBeside {
        /// SHA-256 fingerprint of the certificate.
        fingerprint: Fingerprint,
        /// Its subject.
        subject: String,
    },
    /// A signing certificate that cannot be used.
    #[error(
        "one of the signing certificates cannot be used, and is left out: {}",
        words::of_certificate(problem)
    )]
    CertificateUnusable {
        /// Why.
        problem: CertificateError,
    },
    /// An Artifact Resolution Service without an index from 0 to 65535: Metadata §2.2.3.
    #[error("an ArtifactResolutionService has no proper index, and is left out")]
    EndpointIndexInvalid {
        /// The index, if there is one.
        found: Option<Excerpt>,
    },
    /// An address that is not an absolute http or https URL of plain ASCII without a user or a
    /// fragment: Metadata §2.2.2.
    #[error(
        "the address {found} of the {service} is left out: only absolute https (or http) URLs of plain ASCII without a user or a fragment are taken"
    )]
    EndpointInvalid {
        /// The element.
        service: &'static str,
        /// The address: the Location, or the ResponseLocation.
        found: Excerpt,
    },
    /// A signing key that is an RSA key below 2048 bits, beside a better one.
    #[error(
        "the signing certificate {fingerprint} has an RSA key of only {bits} bits, and is left out: there is a better one"
    )]
    KeyTooWeak {
        /// SHA-256 fingerprint of the certificate.
        fingerprint: Fingerprint,
        /// Length of the modulus in bits.
        bits: u32,
    },
    /// A `KeyDescriptor` for another use than signing and encryption: Metadata §2.4.1.1.
    #[error("a key has the use {found}, and is left out: there are \"signing\" and \"encryption\"")]
    KeyUseUnknown {
        /// The use.
        found: Excerpt,
    },
    /// A signing key that is given without a certificate: as a name, or as bare numbers.
    #[error("a signing key without an X509Certificate is left out")]
    KeyWithoutCertificate,
    /// Something stands around the document, such as the sentence that a browser writes above it.
    #[error("what stands around the metadata is left out: {found}")]
    TextAround {
        /// The first line of it.
        found: Excerpt,
    },
}

impl MetadataWarning {
    /// A stable snake_case code, part of semver.
    pub fn code(&self) -> &'static str {
        match self {
            Self::CacheDurationMalformed { .. } => "metadata_cache_duration_malformed",
            Self::CertificateBeside { .. } => "metadata_certificate_beside",
            Self::CertificateUnusable { .. } => "metadata_certificate_unusable",
            Self::EndpointIndexInvalid { .. } => "metadata_endpoint_index_invalid",
            Self::EndpointInvalid { .. } => "metadata_endpoint_left_out",
            Self::KeyTooWeak { .. } => "metadata_key_too_weak",
            Self::KeyUseUnknown { .. } => "metadata_key_use_unknown",
            Self::KeyWithoutCertificate => "metadata_key_without_certificate",
            Self::TextAround { .. } => "metadata_text_around",
        }
    }
}

/// As a map of `code` and `message`.
#[cfg(feature = "serde")]
impl serde::Serialize for MetadataWarning {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;

        let mut map = serializer.serialize_struct("MetadataWarning", 2)?;
        map.serialize_field("code", self.code())?;
        map.serialize_field("message", &self.to_string())?;
        map.end()
    }
}

/// So many are kept of one document.
const MOST: usize = 32;

/// The warnings of one document, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Warnings(Vec<MetadataWarning>);

impl Warnings {
    pub(super) fn push(&mut self, warning: MetadataWarning) {
        if self.0.len() < MOST && !self.0.contains(&warning) {
            self.0.push(warning);
        }
    }

    pub(super) fn as_slice(&self) -> &[MetadataWarning] {
        &self.0
    }
}
