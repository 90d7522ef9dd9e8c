//! What works, and still deserves a look.

use chrono::{DateTime, TimeDelta, Utc};

use crate::address::Address;
use crate::error::Excerpt;
use crate::fingerprint::Fingerprint;
use crate::provider::{IdentityProvider, ServiceProvider};
use crate::trust::{Certificate, KeyType};

/// Something about a connection, or about one response, that is accepted and should be looked at.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Warning {
    /// The ACS URL is not an absolute http or https URL, so no browser can post there.
    #[error("the ACS URL is not a web address: no browser can post a response there")]
    AcsUrlNotAUrl,
    /// The ACS URL is `http` on a host other than the local one: responses would travel in the
    /// clear.
    #[error("the ACS URL is http, not https: responses would travel in the clear")]
    AcsUrlInsecure,
    /// Audience URI and ACS URL are the same, which few identity providers are set up for.
    #[error(
        "the Audience URI is the same as the ACS URL: make sure the identity provider uses the same value"
    )]
    AudienceEqualsAcsUrl,
    /// Audience URI and issuer are the same: one of them was pasted into both fields.
    #[error(
        "the Audience URI is the same as the issuer: the one names the service provider, the other the identity provider"
    )]
    AudienceEqualsIssuer,
    /// What is encrypted in the CBC mode is opened before anything around it is verified. Whoever
    /// captured such a response can change it, send it again and again, and measure: require the
    /// Response to be signed, or forbid CBC.
    #[error(
        "what is encrypted in the CBC mode is opened, and the Response around it need not be signed: let the identity provider encrypt in the GCM mode and forbid CBC, or require a signed Response"
    )]
    CbcUnsigned,
    /// A certificate's validity has ended. Its key stays trusted until it is removed.
    #[error(
        "certificate {fingerprint} expired at {not_after}: ask the identity provider's administrator whether a new one is in use"
    )]
    CertificateExpired {
        /// SHA-256 fingerprint of the certificate.
        fingerprint: Fingerprint,
        /// End of its validity.
        not_after: DateTime<Utc>,
    },
    /// A certificate's validity ends soon. Identity providers replace the key then.
    #[error(
        "certificate {fingerprint} expires at {not_after}, within {within_days} days: plan its replacement"
    )]
    CertificateExpires {
        /// SHA-256 fingerprint of the certificate.
        fingerprint: Fingerprint,
        /// End of its validity.
        not_after: DateTime<Utc>,
        /// The narrowest of 7, 30 and 90 days that contains it.
        within_days: u32,
    },
    /// A certificate's validity has not begun.
    #[error("certificate {fingerprint} is not valid before {not_before}")]
    CertificateNotYetValid {
        /// SHA-256 fingerprint of the certificate.
        fingerprint: Fingerprint,
        /// Begin of its validity.
        not_before: DateTime<Utc>,
    },
    /// The identity provider's clock differs from ours. Beyond the tolerance of the connection its
    /// responses would be refused.
    #[error("the identity provider's clock is {} s {} ours", seconds.unsigned_abs(), if *seconds < 0 { "behind" } else { "ahead of" })]
    ClocksDiffer {
        /// How far it is ahead of ours, in seconds; behind, if negative.
        seconds: i64,
    },
    /// A switch named `danger_…` is on.
    #[error("{switch} is on")]
    Danger {
        /// The name of the switch.
        switch: &'static str,
    },
    /// A decryption key is that of another connection, too: its identity provider can have read
    /// what was encrypted for this one.
    #[error(
        "the decryption key {fingerprint} is that of the connection {other}, too: what one identity provider encrypts, whoever captures it can have opened through the other; give each connection a key of its own"
    )]
    DecryptionKeyShared {
        /// SHA-256 fingerprint of the key's certificate.
        fingerprint: Fingerprint,
        /// The id of the other connection.
        other: String,
    },
    /// Two attributes would both be the e-mail address, and differ.
    #[error(
        "two attributes would be the e-mail address and differ, {taken} and {other}: {taken} is taken; leave one of them out, or name the right one in the connection"
    )]
    EmailsDiffer {
        /// The name of the attribute that is taken.
        taken: Excerpt,
        /// The name of the other.
        other: Excerpt,
    },
    /// The address of an endpoint is `http` on a host other than the local one: messages would
    /// travel in the clear.
    #[error("the {what} {found} is http, not https: messages would travel in the clear")]
    EndpointInsecure {
        /// Which endpoint.
        what: &'static str,
        /// Its address.
        found: Excerpt,
    },
    /// The Issuer of the Response has another Format than that of entity identifiers (Core §8.3.6).
    #[error("the Issuer of the Response has the format {found} instead of that of an entity")]
    IssuerFormat {
        /// The format.
        found: Excerpt,
    },
    /// A link stands in the place of the person's groups, which are too many (more than 150 at
    /// Entra). No group is known.
    #[error(
        "the identity provider sends a link in place of the groups, which are too many, so that no group is known: let it send only the groups that are assigned to the application"
    )]
    GroupsLinked,
    /// The issuer is the single sign-on URL: usually the wrong one of the two was pasted.
    #[error(
        "the issuer is the same as the single sign-on URL: compare it with the entity ID that the identity provider shows"
    )]
    IssuerEqualsSsoUrl,
    /// A key pair of the organization is there, and the application could not open it: what is
    /// encrypted to it is refused, and nothing is signed with it.
    #[error(
        "our key pair {fingerprint} could not be opened, because the application does not have the key that it is sealed under: what is encrypted to it is refused, and nothing is signed with it; give the application that sealing key again"
    )]
    KeyPairSealed {
        /// SHA-256 fingerprint of the pair's certificate.
        fingerprint: Fingerprint,
    },
    /// The identity provider's metadata says that it wants requests signed
    /// (WantAuthnRequestsSigned, Metadata §2.4.3), and there is no key to sign with. They go out
    /// unsigned. Some say so whatever they need: every realm of Keycloak does.
    #[error(
        "the identity provider's metadata wants requests signed (WantAuthnRequestsSigned), and the service provider has no signing key: they go out unsigned; if it refuses them, give the service provider a signing key and the identity provider its certificate, or switch the wish off there (Keycloak: \"Client signature required\")"
    )]
    SignedRequestsWanted,
    /// The single sign-on URL is `http` on a host other than the local one.
    #[error("the single sign-on URL is http, not https")]
    SsoUrlInsecure,
    /// The NameID names another service provider in its SPNameQualifier (Core §2.2.2).
    #[error("the NameID is qualified for another service provider, {found}")]
    SpNameQualifier {
        /// The qualifier.
        found: Excerpt,
    },
    /// This response is accepted only because SHA-1 is allowed.
    #[error("the signature rests on SHA-1")]
    RestsOnSha1,
    /// A field begins or ends with blank space, which is compared like everything else.
    #[error("the {field} begins or ends with blank space")]
    SurroundingSpace {
        /// `Audience URI`, `issuer` or `ACS URL`.
        field: &'static str,
    },
    /// A certificate has an RSA key below 2048 bits.
    #[error("certificate {fingerprint} has an RSA key of only {bits} bits")]
    WeakKey {
        /// SHA-256 fingerprint of the certificate.
        fingerprint: Fingerprint,
        /// Length of the modulus in bits.
        bits: u32,
    },
}

/// An honest response is some seconds old when it comes. More than so many, either way, is told
/// before it is too many.
const TELLING_DIFFERENCE: TimeDelta = TimeDelta::seconds(30);

impl Warning {
    /// What is to be said of the [difference](crate::Opened::clock_difference) of the two clocks.
    pub fn of_clocks(difference: TimeDelta) -> Option<Self> {
        let seconds = difference.num_seconds();
        (difference.abs() > TELLING_DIFFERENCE).then_some(Self::ClocksDiffer { seconds })
    }

    /// A stable snake_case code, part of semver.
    pub fn code(&self) -> &'static str {
        match self {
            Self::AcsUrlNotAUrl => "acs_url_not_a_url",
            Self::AcsUrlInsecure => "acs_url_insecure",
            Self::AudienceEqualsAcsUrl => "audience_equals_acs_url",
            Self::AudienceEqualsIssuer => "audience_equals_issuer",
            Self::CbcUnsigned => "cbc_unsigned",
            Self::CertificateExpired { .. } => "certificate_expired",
            Self::CertificateExpires { .. } => "certificate_expires",
            Self::CertificateNotYetValid { .. } => "certificate_not_yet_valid",
            Self::ClocksDiffer { .. } => "clocks_differ",
            Self::Danger { .. } => "danger",
            Self::DecryptionKeyShared { .. } => "decryption_key_shared",
            Self::EmailsDiffer { .. } => "emails_differ",
            Self::EndpointInsecure { .. } => "endpoint_insecure",
            Self::GroupsLinked => "groups_linked",
            Self::IssuerFormat { .. } => "issuer_format",
            Self::IssuerEqualsSsoUrl => "issuer_equals_sso_url",
            Self::KeyPairSealed { .. } => "key_pair_sealed",
            Self::SignedRequestsWanted => "signed_requests_wanted",
            Self::SsoUrlInsecure => "sso_url_insecure",
            Self::SpNameQualifier { .. } => "sp_name_qualifier",
            Self::RestsOnSha1 => "rests_on_sha1",
            Self::SurroundingSpace { .. } => "surrounding_space",
            Self::WeakKey { .. } => "weak_key",
        }
    }
}

/// As a map of `code` and `message`.
#[cfg(feature = "serde")]
impl serde::Serialize for Warning {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;

        let mut map = serializer.serialize_struct("Warning", 2)?;
        map.serialize_field("code", self.code())?;
        map.serialize_field("message", &self.to_string())?;
        map.end()
    }
}

/// What the two sides of a connection give cause to warn of.
pub(crate) fn of_providers(
    sp: &ServiceProvider,
    idp: &IdentityProvider,
    now: DateTime<Utc>,
) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut warn = |condition: bool, warning: Warning| {
        // One address may stand in several places.
        if condition && !warnings.contains(&warning) {
            warnings.push(warning);
        }
    };
    warn(sp.audience() == idp.issuer(), Warning::AudienceEqualsIssuer);
    warn(sp.audience() == sp.acs_url(), Warning::AudienceEqualsAcsUrl);
    warn(idp.sso_url() == Some(idp.issuer()), Warning::IssuerEqualsSsoUrl);
    let acs = Address::of(sp.acs_url());
    warn(acs == Address::None, Warning::AcsUrlNotAUrl);
    warn(acs == Address::Insecure, Warning::AcsUrlInsecure);
    warn(idp.sso_url().map(Address::of) == Some(Address::Insecure), Warning::SsoUrlInsecure);
    let slo = sp.slo_url().map(|url| ("Single Logout Service URL", url));
    for (what, url) in idp.urls().chain(slo).filter(|(_, url)| idp.sso_url() != Some(url)) {
        let insecure = Address::of(url) == Address::Insecure;
        warn(insecure, Warning::EndpointInsecure { what, found: Excerpt::new(url) });
    }
    let unsigned = idp.wants_signed_requests() && sp.signing_keys().is_empty();
    warn(unsigned, Warning::SignedRequestsWanted);
    for fingerprint in sp.sealed_keys().iter().copied() {
        warn(true, Warning::KeyPairSealed { fingerprint });
    }
    let fields =
        [("Audience URI", sp.audience()), ("issuer", idp.issuer()), ("ACS URL", sp.acs_url())];
    for (field, value) in fields {
        warn(value.trim() != value, Warning::SurroundingSpace { field });
    }
    warnings
        .extend(idp.certificates().iter().flat_map(|certificate| of_certificate(certificate, now)));
    warnings
}

fn of_certificate(certificate: &Certificate, now: DateTime<Utc>) -> Vec<Warning> {
    let fingerprint = || certificate.fingerprint();
    let mut warnings = Vec::new();
    if let KeyType::Rsa { bits } = certificate.key()
        && bits < 2048
    {
        warnings.push(Warning::WeakKey { fingerprint: fingerprint(), bits });
    }
    if let Some(not_before) = certificate.not_before().filter(|not_before| now < *not_before) {
        warnings.push(Warning::CertificateNotYetValid { fingerprint: fingerprint(), not_before });
    }
    if let Some(not_after) = certificate.not_after() {
        let within = [7_u32, 30, 90]
            .into_iter()
            .find(|days| not_after - now <= TimeDelta::days(i64::from(*days)));
        let fingerprint = fingerprint();
        match within {
            _ if not_after < now => {
                warnings.push(Warning::CertificateExpired { fingerprint, not_after })
            }
            Some(within_days) => {
                warnings.push(Warning::CertificateExpires { fingerprint, not_after, within_days });
            }
            None => {}
        }
    }
    warnings
}
