//! What an administrator pastes, examined before it is saved.

mod certificate;
mod content;
mod examination;
mod offer;
mod problem;
mod shape;

use std::fmt;

use chrono::{DateTime, Utc};

use self::examination::Examination;
pub use self::problem::{Finding, Problem, Severity};
use crate::code::codes;
use crate::fingerprint::Fingerprint;
use crate::limits::Limits;
use crate::provider::IdentityProvider;

/// The four values that an administrator copies out of the identity provider's console, as they
/// were pasted.
///
/// `Debug` shows none of them: a private key may have been pasted.
#[derive(Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct PastedValues {
    /// The Audience URI: the name of the service provider, as the identity provider knows it.
    pub audience: String,
    /// The identity provider's single sign-on URL.
    pub sso_url: String,
    /// The identity provider's issuer (its entity ID).
    pub issuer: String,
    /// The identity provider's certificate, or several of them.
    pub certificate: String,
}

impl PastedValues {
    /// The four values.
    pub fn new(
        audience: impl Into<String>,
        sso_url: impl Into<String>,
        issuer: impl Into<String>,
        certificate: impl Into<String>,
    ) -> Self {
        Self {
            audience: audience.into(),
            sso_url: sso_url.into(),
            issuer: issuer.into(),
            certificate: certificate.into(),
        }
    }

    /// What was pasted into this field.
    pub fn field(&self, field: PastedField) -> &str {
        match field {
            PastedField::Audience => &self.audience,
            PastedField::SsoUrl => &self.sso_url,
            PastedField::Issuer => &self.issuer,
            PastedField::Certificate => &self.certificate,
        }
    }

    fn set(&mut self, field: PastedField, text: impl Into<String>) {
        *match field {
            PastedField::Audience => &mut self.audience,
            PastedField::SsoUrl => &mut self.sso_url,
            PastedField::Issuer => &mut self.issuer,
            PastedField::Certificate => &mut self.certificate,
        } = text.into();
    }
}

impl fmt::Debug for PastedValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PastedValues").finish_non_exhaustive()
    }
}

/// One of the four fields of [`PastedValues`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum PastedField {
    /// The Audience URI.
    Audience,
    /// The single sign-on URL.
    SsoUrl,
    /// The issuer.
    Issuer,
    /// The certificate.
    Certificate,
}

codes!(PastedField {
    Audience = "audience",
    SsoUrl = "sso_url",
    Issuer = "issuer",
    Certificate = "certificate",
});

impl PastedField {
    /// Its label in a form.
    pub fn label(self) -> &'static str {
        match self {
            Self::Audience => "Audience URI",
            Self::SsoUrl => "IdP SSO URL",
            Self::Issuer => "IdP Issuer",
            Self::Certificate => "X.509 certificate",
        }
    }
}

/// What else is known when values are examined. Start from the default; all of it may be left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Surroundings<'a> {
    /// The Audience URI that the application proposes: its entity ID.
    pub audience: Option<&'a str>,
    /// The ACS URL of the connection.
    pub acs_url: Option<&'a str>,
    /// The page on which logins of the connection start.
    pub login_url: Option<&'a str>,
    /// The fingerprints of the certificates of all other connections.
    pub other_fingerprints: &'a [Fingerprint],
    /// The fingerprints of the application's own certificates, as its metadata shows them.
    pub own_fingerprints: &'a [Fingerprint],
}

impl<'a> Surroundings<'a> {
    /// Adds the Audience URI that the application proposes: its entity ID.
    pub fn with_audience(self, audience: &'a str) -> Self {
        Self { audience: Some(audience), ..self }
    }

    /// Adds the ACS URL of the connection.
    pub fn with_acs_url(self, acs_url: &'a str) -> Self {
        Self { acs_url: Some(acs_url), ..self }
    }

    /// Adds the page on which logins of the connection start.
    pub fn with_login_url(self, login_url: &'a str) -> Self {
        Self { login_url: Some(login_url), ..self }
    }

    /// Adds the fingerprints of the certificates of all other connections.
    pub fn with_other_fingerprints(self, other_fingerprints: &'a [Fingerprint]) -> Self {
        Self { other_fingerprints, ..self }
    }

    /// Adds the fingerprints of the application's own certificates.
    pub fn with_own_fingerprints(self, own_fingerprints: &'a [Fingerprint]) -> Self {
        Self { own_fingerprints, ..self }
    }
}

/// Examines what an administrator pasted, before it is saved.
///
/// Each field is looked at by itself and beside the others: what else it may hold (metadata, a
/// certificate, a private key, the value of another field), and whether it can work. What the
/// mistake was meant to be is [offered](Diagnosis::offer) where it is unambiguous.
///
/// What is only a guess, by the shape that values have at products which are recognized, is a
/// warning: Audience URI and issuer are free text at some of them, and may look like those of
/// another. An error is what cannot work, whatever was meant.
///
/// Blank space at an end is a warning, and the offer is without it. It is not taken away unasked
/// from the Audience URI and the issuer, which are compared byte for byte; it is from the single
/// sign-on URL, which cannot have any.
///
/// A single sign-on URL with http is an error unless the host is the local one. The dates of a
/// certificate are warnings, for they never refuse a login. `limits` bound the reading of a
/// metadata document.
///
/// ```
/// use chrono::{DateTime, Utc};
/// use saml_login::doctor::{examine, PastedValues, Surroundings};
/// use saml_login::Limits;
///
/// let now: DateTime<Utc> = "2030-01-31T12:00:00Z".parse()?;
/// let certificate = include_str!("../../fixtures/saml-idp-samlp/idp-cert.pem");
/// let issuer = "http://www.okta.com/exk1a2b3c4d5";
/// let sso_url = "https://acme.okta.com/app/acme/exk1a2b3c4d5/sso/saml";
/// let around = Surroundings::default().with_acs_url("https://app.example.test/saml/acs");
///
/// // Issuer and single sign-on URL in each other's place.
/// let pasted = PastedValues::new("https://app.example.test/saml", issuer, sso_url, certificate);
/// let diagnosis = examine(&pasted, &around, &Limits::default(), now);
/// assert_eq!(diagnosis.findings()[0].problem.code(), "swapped");
/// let offer = diagnosis.offer().expect("a correction");
/// assert_eq!(offer.sso_url, sso_url);
///
/// let values = examine(offer, &around, &Limits::default(), now).into_values()?;
/// assert_eq!(values.identity_provider().issuer(), issuer);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn examine(
    pasted: &PastedValues,
    around: &Surroundings<'_>,
    limits: &Limits,
    now: DateTime<Utc>,
) -> Diagnosis {
    Examination::new(pasted, around, limits, now).diagnosis()
}

/// What the examination of pasted values found.
///
/// Serialized (feature `serde`), it is a map of `usable`, `findings` and `offer`. Escape its texts
/// before putting them in HTML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    findings: Vec<Finding>,
    offer: Option<Box<PastedValues>>,
    values: Option<Box<ExaminedValues>>,
}

impl Diagnosis {
    /// What is wrong, or looks wrong, in the order of the fields.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The values as they were probably meant, to be shown to the administrator and examined in
    /// their turn. It never holds a private key. A field is blank whose value has to be found yet.
    pub fn offer(&self) -> Option<&PastedValues> {
        self.offer.as_deref()
    }

    /// Whether the values can be saved: there is no finding of [`Severity::Error`].
    pub fn is_usable(&self) -> bool {
        self.values.is_some()
    }

    /// The values, read.
    ///
    /// # Errors
    ///
    /// The diagnosis itself, if it is not [usable](Self::is_usable).
    pub fn into_values(mut self) -> Result<ExaminedValues, Self> {
        match self.values.take() {
            Some(values) => Ok(*values),
            None => Err(self),
        }
    }
}

/// Every finding, one a line.
impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.findings.iter().map(Finding::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for Diagnosis {}

#[cfg(feature = "serde")]
impl serde::Serialize for Diagnosis {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;

        let mut map = serializer.serialize_struct("Diagnosis", 3)?;
        map.serialize_field("usable", &self.is_usable())?;
        map.serialize_field("findings", &self.findings)?;
        map.serialize_field("offer", &self.offer)?;
        map.end()
    }
}

/// Pasted values that can be saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExaminedValues {
    audience: String,
    identity_provider: IdentityProvider,
}

impl ExaminedValues {
    /// The Audience URI, as it was pasted.
    pub fn audience(&self) -> &str {
        &self.audience
    }

    /// The identity provider: the issuer as it was pasted, the single sign-on URL by HTTP-Redirect,
    /// the certificates. A [`Connection`](crate::Connection) can be built of it without any switch.
    pub fn identity_provider(&self) -> &IdentityProvider {
        &self.identity_provider
    }
}
