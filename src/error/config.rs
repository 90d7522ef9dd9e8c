use super::{Excerpt, NOT_SET_UP, sentence};

use crate::fingerprint::Fingerprint;

/// Why a connection cannot be built. Nothing is kept of a configuration that is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The Assertion Consumer Service URL is empty.
    #[error("the ACS URL is empty")]
    AcsUrlEmpty,
    /// The Audience URI (our entity ID) is empty.
    #[error("the Audience URI is empty")]
    AudienceEmpty,
    /// The certificate field does not hold usable certificates.
    #[error("the certificate field does not hold a usable certificate: {0}")]
    Certificate(#[from] CertificateError),
    /// One of our own keys cannot be used.
    #[error("the key of the service provider is not usable: {0}")]
    KeyPair(#[from] KeyPairError),
    /// More tolerance for clocks was asked for than is safe.
    #[error("the clock skew is {seconds} s; it may be 0 to 300 s")]
    ClockSkewOutOfRange {
        /// The skew that was asked for, in seconds.
        seconds: u32,
    },
    /// The second opinion was asked for in a build that has none.
    #[error("a second opinion needs the feature `samael`, which this build does not have")]
    SecondOpinionUnavailable,
    /// The connection id is empty.
    #[error("the connection id is empty")]
    ConnectionIdEmpty,
    /// The identity provider's issuer (its entity ID) is empty.
    #[error("the issuer is empty")]
    IssuerEmpty,
    /// An RSA key shorter than 2048 bits, which `danger_allow_weak_keys` would allow down to 1024
    /// bits.
    #[error(
        "the certificate {fingerprint} has an RSA key of {bits} bits; at least 2048 are needed"
    )]
    KeyTooWeak {
        /// SHA-256 fingerprint of the certificate.
        fingerprint: Fingerprint,
        /// Length of the modulus in bits.
        bits: u32,
    },
    /// An address of one of the endpoints other than the single sign-on URL that is not an absolute
    /// http or https URL of plain ASCII without a user or a fragment.
    #[error(
        "the {what} {found} is not an absolute https URL of plain ASCII without a user or a fragment"
    )]
    EndpointInvalid {
        /// Which endpoint.
        what: &'static str,
        /// What stood in the field.
        found: Excerpt,
    },
    /// A key for decryption that is not an RSA key.
    #[error("the decryption key is not an RSA key: assertions are encrypted only to RSA keys")]
    DecryptionKeyNotRsa,
    /// The identity provider's single sign-on URL is not an absolute http or https URL of plain
    /// ASCII without a user or a fragment.
    #[error(
        "the single sign-on URL {found} is not an absolute https URL of plain ASCII without a user or a fragment"
    )]
    SsoUrlInvalid {
        /// What stood in the field.
        found: Excerpt,
    },
}

impl ConfigError {
    /// A stable snake_case code, part of semver.
    pub fn code(&self) -> &'static str {
        match self {
            Self::AcsUrlEmpty => "acs_url_empty",
            Self::AudienceEmpty => "audience_empty",
            Self::Certificate(error) => error.code(),
            Self::KeyPair(error) => error.code(),
            Self::ClockSkewOutOfRange { .. } => "clock_skew_out_of_range",
            Self::SecondOpinionUnavailable => "second_opinion_unavailable",
            Self::ConnectionIdEmpty => "connection_id_empty",
            Self::DecryptionKeyNotRsa => "decryption_key_not_rsa",
            Self::EndpointInvalid { .. } => "endpoint_invalid",
            Self::IssuerEmpty => "issuer_empty",
            Self::KeyTooWeak { .. } => "key_too_weak",
            Self::SsoUrlInvalid { .. } => "sso_url_invalid",
        }
    }

    /// What to change, for whoever sets up the connection.
    pub fn help(&self) -> String {
        match self {
            Self::Certificate(error) => error.help(),
            Self::KeyPair(error) => error.help(),
            _ => sentence(self),
        }
    }

    /// A fixed sentence for the person who tried to log in.
    pub fn user_message(&self) -> &'static str {
        NOT_SET_UP
    }
}

/// Why what was pasted into the certificate field is not a usable certificate.
///
/// `Display` is written for the administrator who pasted it: it names what was found and what to
/// paste instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// A certificate signing request.
    #[error(
        "this is a certificate signing request, not a certificate: paste the X.509 certificate that the identity provider shows"
    )]
    CertificateRequest,
    /// A certificate with a character in it that cannot be there.
    #[error("the certificate is damaged: it holds a character that is not Base64; copy it again")]
    Damaged,
    /// Nothing but blank space.
    #[error("the certificate field is empty")]
    Empty,
    /// The fingerprint of a certificate: it tells certificates apart, and verifies nothing.
    #[error(
        "this is the fingerprint (thumbprint) of a certificate, not the certificate: paste the X.509 certificate itself, from BEGIN CERTIFICATE to END CERTIFICATE"
    )]
    Fingerprint,
    /// A SAML metadata document.
    #[error(
        "this is a metadata document: paste only the X.509 certificate it contains, the text inside its signing <X509Certificate>"
    )]
    Metadata,
    /// The key is damaged or out of every sensible range (an even exponent, a modulus above 16384
    /// bits).
    #[error("the certificate's public key is not usable")]
    KeyInvalid,
    /// The key is neither RSA nor an elliptic-curve key on P-256, P-384 or P-521.
    #[error(
        "the certificate has a key of type {found}: RSA, or an elliptic curve P-256, P-384 or P-521, is needed"
    )]
    KeyTypeUnsupported {
        /// What kind of key it is.
        found: String,
    },
    /// An RSA key shorter than 1024 bits: refused always.
    #[error("the certificate has an RSA key of {bits} bits: below 1024 bits nothing is verified")]
    KeyTooShort {
        /// Length of the modulus in bits.
        bits: u32,
    },
    /// A PKCS#12 or PKCS#7 bundle.
    #[error("this is a {format} bundle, not a certificate: export only the certificate, as PEM")]
    Bundle {
        /// `PKCS#12` (usually protected by a password) or `PKCS#7`.
        format: &'static str,
    },
    /// A private key. It should be considered disclosed.
    #[error(
        "this contains a private key: consider it disclosed, have the key pair replaced, and paste only the certificate"
    )]
    PrivateKey,
    /// A bare public key.
    #[error(
        "this is a bare public key, not a certificate: paste the X.509 certificate that the identity provider shows"
    )]
    PublicKey,
    /// A SAML message. The certificate inside of one vouches for nothing: whoever wrote the message
    /// chose it.
    #[error(
        "this is a SAML message: never copy a certificate out of a message, paste the one that the identity provider's console shows"
    )]
    SamlMessage,
    /// The beginning of a certificate; the rest is missing.
    #[error("the certificate is cut off: copy it whole, from BEGIN CERTIFICATE to END CERTIFICATE")]
    Truncated,
    /// More certificates than a key rollover ever needs, or a paste larger than they could be.
    #[error(
        "more than {limit} were pasted: paste only the identity provider's current signing certificates"
    )]
    TooMany {
        /// How many certificates (or bytes) are taken.
        limit: usize,
    },
    /// None of the above: not a certificate in any form known here.
    #[error(
        "this is not a certificate: paste the X.509 certificate as PEM, from BEGIN CERTIFICATE to END CERTIFICATE"
    )]
    Unrecognized,
    /// A web address.
    #[error("this is a web address: open it, and paste the certificate itself")]
    Url,
}

impl CertificateError {
    /// A stable snake_case code, part of semver.
    pub fn code(&self) -> &'static str {
        match self {
            Self::CertificateRequest => "certificate_request",
            Self::Damaged => "certificate_damaged",
            Self::Empty => "certificate_empty",
            Self::Fingerprint => "certificate_is_fingerprint",
            Self::Metadata => "certificate_is_metadata",
            Self::KeyInvalid => "certificate_key_invalid",
            Self::KeyTypeUnsupported { .. } => "certificate_key_type_unsupported",
            Self::KeyTooShort { .. } => "certificate_key_too_short",
            Self::Bundle { .. } => "certificate_bundle",
            Self::PrivateKey => "certificate_is_private_key",
            Self::PublicKey => "certificate_is_public_key",
            Self::SamlMessage => "certificate_is_saml_message",
            Self::Truncated => "certificate_truncated",
            Self::TooMany { .. } => "certificate_too_many",
            Self::Unrecognized => "certificate_unrecognized",
            Self::Url => "certificate_is_url",
        }
    }

    /// What to change, for the administrator who pasted it.
    pub fn help(&self) -> String {
        sentence(self)
    }

    /// A fixed sentence for the person who tried to log in.
    pub fn user_message(&self) -> &'static str {
        NOT_SET_UP
    }
}

/// Why one of our own keys cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyPairError {
    /// The certificate is not usable.
    #[error("the certificate of the key is not usable: {0}")]
    Certificate(#[from] CertificateError),
    /// OpenSSL made no key.
    #[error("OpenSSL could not make a key pair")]
    Generation,
    /// The certificate is of another key.
    #[error("the certificate does not belong to the private key")]
    Mismatch,
    /// Not a private key in PEM, or one with a passphrase.
    #[error("this is not a private key in PEM without a passphrase")]
    PrivateKey,
    /// More than one certificate.
    #[error("more than one certificate was given for one key")]
    SeveralCertificates,
}

impl KeyPairError {
    /// A stable snake_case code, part of semver.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Certificate(error) => error.code(),
            Self::Generation => "key_pair_generation_failed",
            Self::Mismatch => "key_pair_mismatch",
            Self::PrivateKey => "key_pair_private_key",
            Self::SeveralCertificates => "key_pair_several_certificates",
        }
    }

    /// What to change, for whoever runs the service provider.
    pub fn help(&self) -> String {
        sentence(self)
    }

    /// A fixed sentence for the person who tried to log in.
    pub fn user_message(&self) -> &'static str {
        NOT_SET_UP
    }
}
