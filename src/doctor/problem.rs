use std::fmt;

use chrono::{DateTime, Utc};

use super::PastedField;
use crate::advice::Product;
use crate::error::CertificateError;
use crate::fingerprint::Fingerprint;
use crate::metadata::{MetadataError, MetadataWarning};

/// How bad a [`Problem`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Severity {
    /// It may work, and should be looked at.
    Warning,
    /// With it no login can work, or none can be safe: the values are not
    /// [usable](super::Diagnosis::is_usable).
    Error,
}

/// Something that is wrong, or looks wrong, with one of the pasted values.
///
/// `Display` names the field and says what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The field.
    pub field: PastedField,
    /// How bad it is: that of the problem.
    pub severity: Severity,
    /// What is wrong.
    pub problem: Problem,
}

impl Finding {
    pub(super) fn new(field: PastedField, problem: Problem) -> Self {
        Self { field, severity: problem.severity(), problem }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field.label(), self.problem)
    }
}

/// As a map of `field`, `severity`, `code` and `message`.
#[cfg(feature = "serde")]
impl serde::Serialize for Finding {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;

        let mut map = serializer.serialize_struct("Finding", 4)?;
        map.serialize_field("field", &self.field)?;
        map.serialize_field("severity", &self.severity)?;
        map.serialize_field("code", self.problem.code())?;
        map.serialize_field("message", &self.problem.to_string())?;
        map.end()
    }
}

/// What is wrong with a pasted value, or looks wrong.
///
/// `Display` is written for the administrator who pasted it. No variant holds what was pasted,
/// which may be a secret; a document that was taken for metadata may be quoted where it cannot be
/// read, cut to 256 characters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The Audience URI is on the host of the single sign-on URL, and so looks like a name of the
    /// identity provider's.
    #[error(
        "this is on the host of the single sign-on URL; the Audience URI names the service provider, not the identity provider"
    )]
    AudienceAtIdp,
    /// The Audience URI is the same as the issuer. Some guides have both be one free text.
    #[error(
        "this is the same as the issuer; the Audience URI names the service provider, the issuer the identity provider: \
         make sure the identity provider uses the same value"
    )]
    AudienceEqualsIssuer,
    /// The Audience URI is our own ACS URL. Some applications are named so; then say so by
    /// [`Surroundings::audience`](super::Surroundings::audience).
    #[error(
        "this is the ACS URL, to which responses come; the Audience URI is the name (entity ID) of the service provider: make \
         sure the identity provider uses the same value"
    )]
    AudienceIsAcsUrl,
    /// The Audience URI is our own login page.
    #[error(
        "this is the login page of the service provider; the Audience URI is its name (entity ID): make sure the identity \
         provider uses the same value"
    )]
    AudienceIsLoginUrl,
    /// The Audience URI is the one that is proposed but for a slash at the end or letter case.
    #[error(
        "this differs from the Audience URI of the service provider by a slash or a letter's case, and every character counts: \
         make sure the identity provider uses the same value"
    )]
    AudienceNearlyOurs,
    /// Nothing but blank space.
    #[error("this is empty")]
    Blank,
    /// The certificate field holds something other than usable certificates.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The validity of a certificate has ended. Its key is trusted all the same.
    #[error(
        "certificate {fingerprint} expired at {not_after}: see whether the identity provider has a new one by now"
    )]
    CertificateExpired {
        /// SHA-256 fingerprint of the certificate.
        fingerprint: Fingerprint,
        /// End of its validity.
        not_after: DateTime<Utc>,
    },
    /// The validity of a certificate ends within 30 days.
    #[error("certificate {fingerprint} expires at {not_after}: plan its replacement")]
    CertificateExpires {
        /// SHA-256 fingerprint of the certificate.
        fingerprint: Fingerprint,
        /// End of its validity.
        not_after: DateTime<Utc>,
    },
    /// The certificate of the application's own key, which signs what the application sends.
    #[error(
        "certificate {fingerprint} is that of the service provider; paste the certificate with which the identity provider \
         signs"
    )]
    CertificateIsOurs {
        /// SHA-256 fingerprint of the certificate.
        fingerprint: Fingerprint,
    },
    /// A certificate in a field for something else.
    #[error("this is a certificate: paste it into the field for the X.509 certificate")]
    CertificateMisplaced,
    /// The validity of a certificate has not begun. Its key is trusted all the same.
    #[error("certificate {fingerprint} is not valid before {not_before}")]
    CertificateNotYetValid {
        /// SHA-256 fingerprint of the certificate.
        fingerprint: Fingerprint,
        /// Begin of its validity.
        not_before: DateTime<Utc>,
    },
    /// The certificate of an authority, beside one that it has issued.
    #[error(
        "certificate {fingerprint} ({subject}) is that of the authority that issued the other, and is not trusted to sign"
    )]
    CertificateOfAuthority {
        /// SHA-256 fingerprint of the certificate.
        fingerprint: Fingerprint,
        /// Its subject.
        subject: String,
    },
    /// A certificate was found inside something else.
    #[error("the certificate was found in other text; only the certificate is kept")]
    CertificateSearched,
    /// Another connection has the same certificate: usual where one identity provider signs for all
    /// of its applications, and a mix-up where each application has a key of its own.
    #[error(
        "certificate {fingerprint} belongs to another connection, too: right if the identity provider has one key for all of \
         its applications, else it is that of another application"
    )]
    CertificateShared {
        /// SHA-256 fingerprint of the certificate.
        fingerprint: Fingerprint,
    },
    /// The issuer is on the host of our own ACS URL: one of our names, or a test of both on one
    /// machine.
    #[error(
        "this is on our own host; the issuer names the identity provider: enter the entity ID that the identity provider shows"
    )]
    IssuerAtUs,
    /// The issuer is the same as the single sign-on URL.
    #[error(
        "this is the same as the single sign-on URL; compare it with the entity ID that the identity provider shows"
    )]
    IssuerEqualsSsoUrl,
    /// What looks like the issuer of a product that is recognized, in a field for something else.
    #[error(
        "this has the shape of an issuer of {product}, which goes in the field for the issuer: compare it with what the \
         identity provider shows"
    )]
    IssuerMisplaced {
        /// The product.
        product: Product,
    },
    /// An RSA key shorter than 2048 bits.
    #[error(
        "certificate {fingerprint} has an RSA key of {bits} bits, and at least 2048 are needed: have the identity provider make \
         a new one; only where that is impossible, danger_allow_weak_keys would allow it"
    )]
    KeyTooWeak {
        /// SHA-256 fingerprint of the certificate.
        fingerprint: Fingerprint,
        /// Length of the modulus in bits.
        bits: u32,
    },
    /// A part of a metadata document that is left out of the offer.
    #[error(transparent)]
    MetadataInPart(MetadataWarning),
    /// A metadata document, which has all values but the Audience URI in it.
    #[error(
        "this is a metadata document: take the issuer, the single sign-on URL and the certificates that it names"
    )]
    MetadataPasted,
    /// A metadata document that cannot be taken.
    #[error("this is a metadata document, and it cannot be taken: {0}")]
    MetadataUnreadable(#[source] MetadataError),
    /// A private key in a field for something else. In the certificate field it is
    /// [`CertificateError::PrivateKey`].
    #[error("this contains a private key: consider it disclosed, and have the key pair replaced")]
    PrivateKeyPasted,
    /// The single sign-on URL is on the host of our own ACS URL: one of our URLs, or a test of both
    /// on one machine.
    #[error("this is on our own host: enter the URL at which the identity provider takes requests")]
    SsoUrlAtUs,
    /// The single sign-on URL is http, on a host other than the local one: people would type their
    /// passwords behind an address that anybody on the way can change.
    #[error(
        "this is an http address, by which the login page could be replaced on the way: enter the https address"
    )]
    SsoUrlInsecure,
    /// The single sign-on URL is not an absolute http or https URL of printable ASCII, without a
    /// user and a fragment.
    #[error(
        "this is not a web address: enter the single sign-on URL that the identity provider shows, beginning with https://"
    )]
    SsoUrlInvalid,
    /// The single sign-on URL is our own ACS URL.
    #[error(
        "this is the ACS URL, to which responses come: enter the address of the identity provider's login page"
    )]
    SsoUrlIsAcsUrl,
    /// What looks like the address of a metadata document, or an issuer.
    #[error(
        "this has the shape of a metadata address; enter the single sign-on URL that stands in the metadata, or paste the whole \
         metadata here"
    )]
    SsoUrlIsMetadataUrl,
    /// The single sign-on URL is our own login page.
    #[error(
        "this is the login page of the service provider: enter the address of the identity provider's login page"
    )]
    SsoUrlIsLoginUrl,
    /// What looks like the single sign-on URL, in a field for something else.
    #[error(
        "this has the shape of a single sign-on URL, which goes in the field for the single sign-on URL: compare it with \
         what the identity provider shows"
    )]
    SsoUrlMisplaced,
    /// Blank space at an end. The Audience URI and the issuer are compared with it.
    #[error("this begins or ends with blank space, which counts in comparisons: take it away")]
    SurroundingSpace,
    /// Two fields seem to hold each other's values.
    #[error("this value and that of the field {} seem to stand in each other's place", with.label())]
    Swapped {
        /// The other field.
        with: PastedField,
    },
}

impl Problem {
    /// A stable snake_case code, part of semver. Of a certificate that is not usable, it is that of
    /// the [`CertificateError`]; of a part of a metadata document, that of the [`MetadataWarning`].
    pub fn code(&self) -> &'static str {
        match self {
            Self::AudienceAtIdp => "audience_at_idp",
            Self::AudienceEqualsIssuer => "audience_equals_issuer",
            Self::AudienceIsAcsUrl => "audience_is_acs_url",
            Self::AudienceIsLoginUrl => "audience_is_login_url",
            Self::AudienceNearlyOurs => "audience_nearly_ours",
            Self::Blank => "blank",
            Self::Certificate(error) => error.code(),
            Self::CertificateExpired { .. } => "certificate_expired",
            Self::CertificateExpires { .. } => "certificate_expires",
            Self::CertificateIsOurs { .. } => "certificate_is_ours",
            Self::CertificateMisplaced => "certificate_misplaced",
            Self::CertificateNotYetValid { .. } => "certificate_not_yet_valid",
            Self::CertificateOfAuthority { .. } => "certificate_of_authority",
            Self::CertificateSearched => "certificate_searched",
            Self::CertificateShared { .. } => "certificate_shared",
            Self::IssuerAtUs => "issuer_at_us",
            Self::IssuerEqualsSsoUrl => "issuer_equals_sso_url",
            Self::IssuerMisplaced { .. } => "issuer_misplaced",
            Self::KeyTooWeak { .. } => "key_too_weak",
            Self::MetadataInPart(warning) => warning.code(),
            Self::MetadataPasted => "metadata_pasted",
            Self::MetadataUnreadable(_) => "metadata_unreadable",
            Self::PrivateKeyPasted => "private_key_pasted",
            Self::SsoUrlAtUs => "sso_url_at_us",
            Self::SsoUrlInsecure => "sso_url_insecure",
            Self::SsoUrlInvalid => "sso_url_invalid",
            Self::SsoUrlIsAcsUrl => "sso_url_is_acs_url",
            Self::SsoUrlIsMetadataUrl => "sso_url_is_metadata_url",
            Self::SsoUrlIsLoginUrl => "sso_url_is_login_url",
            Self::SsoUrlMisplaced => "sso_url_misplaced",
            Self::SurroundingSpace => "surrounding_space",
            Self::Swapped { .. } => "swapped",
        }
    }

    /// How bad it is.
    pub fn severity(&self) -> Severity {
        match self {
            Self::AudienceAtIdp
            | Self::SsoUrlAtUs
            | Self::AudienceEqualsIssuer
            | Self::AudienceIsAcsUrl
            | Self::AudienceIsLoginUrl
            | Self::AudienceNearlyOurs
            | Self::CertificateExpired { .. }
            | Self::CertificateExpires { .. }
            | Self::CertificateNotYetValid { .. }
            | Self::CertificateOfAuthority { .. }
            | Self::CertificateSearched
            | Self::CertificateShared { .. }
            | Self::IssuerAtUs
            | Self::IssuerEqualsSsoUrl
            | Self::IssuerMisplaced { .. }
            | Self::MetadataInPart(_)
            | Self::SsoUrlIsMetadataUrl
            | Self::SsoUrlMisplaced
            | Self::SurroundingSpace
            | Self::Swapped { .. } => Severity::Warning,
            Self::Blank
            | Self::Certificate(_)
            | Self::CertificateIsOurs { .. }
            | Self::CertificateMisplaced
            | Self::KeyTooWeak { .. }
            | Self::MetadataPasted
            | Self::MetadataUnreadable(_)
            | Self::PrivateKeyPasted
            | Self::SsoUrlInsecure
            | Self::SsoUrlInvalid
            | Self::SsoUrlIsAcsUrl
            | Self::SsoUrlIsLoginUrl => Severity::Error,
        }
    }
}
