//! The two sides of a connection.

use crate::trust::Certificates;

/// Our side: the service provider as the identity provider knows it.
///
/// Both values are compared byte for byte with what a response says; they are never trimmed or normalized.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceProvider {
    audience: String,
    acs_url: String,
}

impl ServiceProvider {
    /// A service provider with this **Audience URI** (its SAML entity ID, Core §8.3.6; any text) and this Assertion
    /// Consumer Service URL, the address to which the identity provider has browsers post responses.
    pub fn new(audience: impl Into<String>, acs_url: impl Into<String>) -> Self {
        Self { audience: audience.into(), acs_url: acs_url.into() }
    }

    /// The Audience URI.
    pub fn audience(&self) -> &str {
        &self.audience
    }

    /// The Assertion Consumer Service URL.
    pub fn acs_url(&self) -> &str {
        &self.acs_url
    }
}

/// The customer's side: the identity provider, from what its administrator pasted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityProvider {
    issuer: String,
    certificates: Certificates,
    sso_url: Option<String>,
}

impl IdentityProvider {
    /// An identity provider with this **issuer** (its SAML entity ID; any text, compared byte for byte) that signs with
    /// the key of one of these certificates.
    pub fn new(issuer: impl Into<String>, certificates: Certificates) -> Self {
        Self { issuer: issuer.into(), certificates, sso_url: None }
    }

    /// Adds the **single sign-on URL**, an absolute https URL. Verifying responses does not need it.
    pub fn with_sso_url(self, sso_url: impl Into<String>) -> Self {
        Self { sso_url: Some(sso_url.into()), ..self }
    }

    /// The issuer.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The certificates whose keys are trusted.
    pub fn certificates(&self) -> &Certificates {
        &self.certificates
    }

    /// The single sign-on URL, if one is set.
    pub fn sso_url(&self) -> Option<&str> {
        self.sso_url.as_deref()
    }
}
