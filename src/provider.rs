//! The two sides of a connection.

use crate::binding::Binding;
use crate::fingerprint::Fingerprint;
use crate::trust::{Certificates, KeyPair};

/// Our side: the service provider as the identity provider knows it.
///
/// Audience URI and ACS URL are compared byte for byte with what a response says; they are never
/// trimmed or normalized.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceProvider {
    audience: String,
    acs_url: String,
    slo_url: Option<String>,
    signing_keys: Vec<KeyPair>,
    decryption_keys: Vec<KeyPair>,
    sealed_keys: Vec<Fingerprint>,
}

impl ServiceProvider {
    /// A service provider with this **Audience URI** (its SAML entity ID, Core §8.3.6; any text)
    /// and this Assertion Consumer Service URL, the address to which the identity provider has
    /// browsers post responses.
    pub fn new(audience: impl Into<String>, acs_url: impl Into<String>) -> Self {
        Self {
            audience: audience.into(),
            acs_url: acs_url.into(),
            slo_url: None,
            signing_keys: Vec::new(),
            decryption_keys: Vec::new(),
            sealed_keys: Vec::new(),
        }
    }

    /// Adds the Single Logout Service URL, to which the identity provider sends logout messages.
    pub fn with_slo_url(self, slo_url: impl Into<String>) -> Self {
        Self { slo_url: Some(slo_url.into()), ..self }
    }

    /// Adds a key to sign with. The first signs; more than one, so that the identity provider can
    /// know the next in advance.
    pub fn with_signing_key(mut self, key: KeyPair) -> Self {
        self.signing_keys.push(key);
        self
    }

    /// Adds an RSA key that opens what is encrypted to it. Each is tried, so that an old one can
    /// stay for a while.
    ///
    /// Give each connection a key of its own. What is encrypted does not say for whom it was made:
    /// with one key for several connections, the identity provider of one could put a ciphertext
    /// that it captured from another into a response that it signs itself, and so have a NameID or
    /// attributes opened that were not meant for it.
    pub fn with_decryption_key(mut self, key: KeyPair) -> Self {
        self.decryption_keys.push(key);
        self
    }

    /// Adds a key that is there and could not be opened.
    pub(crate) fn with_sealed_key(mut self, fingerprint: Fingerprint) -> Self {
        self.sealed_keys.push(fingerprint);
        self
    }

    /// The Audience URI.
    pub fn audience(&self) -> &str {
        &self.audience
    }

    /// The Assertion Consumer Service URL.
    pub fn acs_url(&self) -> &str {
        &self.acs_url
    }

    /// The Single Logout Service URL, if there is one.
    pub fn slo_url(&self) -> Option<&str> {
        self.slo_url.as_deref()
    }

    /// The keys to sign with, the one in use first.
    pub fn signing_keys(&self) -> &[KeyPair] {
        &self.signing_keys
    }

    /// The keys to decrypt with.
    pub fn decryption_keys(&self) -> &[KeyPair] {
        &self.decryption_keys
    }

    /// The fingerprints of the certificates of an organization's key pairs that the application
    /// [could not open](crate::organization::KeyPairUnavailable): nothing is signed or decrypted
    /// with them.
    pub fn sealed_keys(&self) -> &[Fingerprint] {
        &self.sealed_keys
    }
}

/// An address for messages of one kind, by one binding: Metadata §2.2.2.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Endpoint {
    /// How messages travel to it.
    pub binding: Binding,
    /// Where requests go.
    pub location: String,
    /// Where responses go, if elsewhere.
    pub response_location: Option<String>,
}

impl Endpoint {
    /// An address for requests and responses alike.
    pub fn new(binding: Binding, location: impl Into<String>) -> Self {
        Self { binding, location: location.into(), response_location: None }
    }
}

/// The customer's side: the identity provider, from what its administrator pasted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityProvider {
    issuer: String,
    certificates: Certificates,
    sso: Vec<Endpoint>,
    slo: Vec<Endpoint>,
    artifact_resolution: Vec<(u16, String)>,
    wants_signed_requests: bool,
}

impl IdentityProvider {
    /// An identity provider with this **issuer** (its SAML entity ID; any text, compared byte for
    /// byte) that signs with the key of one of these certificates.
    pub fn new(issuer: impl Into<String>, certificates: Certificates) -> Self {
        Self {
            issuer: issuer.into(),
            certificates,
            sso: Vec::new(),
            slo: Vec::new(),
            artifact_resolution: Vec::new(),
            wants_signed_requests: false,
        }
    }

    /// Adds the **single sign-on URL**, an absolute https URL of plain ASCII without a user or a
    /// fragment, by HTTP-Redirect, which every identity provider takes. Plain http is taken, and
    /// [warned of](crate::Connection::warnings). Verifying responses does not need it.
    pub fn with_sso_url(self, sso_url: impl Into<String>) -> Self {
        self.with_sso_endpoint(Endpoint::new(Binding::HttpRedirect, sso_url))
    }

    /// Adds a Single Sign-On Service of any binding. The first of a binding counts.
    pub fn with_sso_endpoint(mut self, endpoint: Endpoint) -> Self {
        self.sso.push(endpoint);
        self
    }

    /// Adds a Single Logout Service. The first of a binding counts.
    pub fn with_slo_endpoint(mut self, endpoint: Endpoint) -> Self {
        self.slo.push(endpoint);
        self
    }

    /// Adds an Artifact Resolution Service with its index: Metadata §2.4.3.
    pub fn with_artifact_resolution(mut self, index: u16, location: impl Into<String>) -> Self {
        self.artifact_resolution.push((index, location.into()));
        self
    }

    /// Says that the identity provider wants signed requests (WantAuthnRequestsSigned, Metadata
    /// §2.4.3). Without a key of ours they go out unsigned, and a
    /// [warning](crate::Connection::warnings) says so.
    pub fn with_signed_requests_wanted(self, wanted: bool) -> Self {
        Self { wants_signed_requests: wanted, ..self }
    }

    /// Replaces the certificates.
    pub fn with_certificates(self, certificates: Certificates) -> Self {
        Self { certificates, ..self }
    }

    /// The issuer.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The certificates whose keys are trusted.
    pub fn certificates(&self) -> &Certificates {
        &self.certificates
    }

    /// The single sign-on URL, if one is set: that of the first Single Sign-On Service.
    pub fn sso_url(&self) -> Option<&str> {
        self.sso.first().map(|endpoint| endpoint.location.as_str())
    }

    /// The Single Sign-On Services.
    pub fn sso_endpoints(&self) -> &[Endpoint] {
        &self.sso
    }

    /// The Single Logout Services.
    pub fn slo_endpoints(&self) -> &[Endpoint] {
        &self.slo
    }

    /// The Artifact Resolution Services: index and URL.
    pub fn artifact_resolution(&self) -> &[(u16, String)] {
        &self.artifact_resolution
    }

    /// All of its addresses, each with the name of the service.
    pub(crate) fn urls(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let sso = self.sso.iter().map(|endpoint| ("Single Sign-On Service", endpoint));
        let slo = self.slo.iter().map(|endpoint| ("Single Logout Service", endpoint));
        let both = sso.chain(slo).flat_map(|(what, endpoint)| {
            let locations = [Some(&endpoint.location), endpoint.response_location.as_ref()];
            locations.into_iter().flatten().map(move |url| (what, url.as_str()))
        });
        let artifacts = self.artifact_resolution.iter();
        both.chain(artifacts.map(|(_, url)| ("Artifact Resolution Service", url.as_str())))
    }

    /// Whether it wants signed requests.
    pub fn wants_signed_requests(&self) -> bool {
        self.wants_signed_requests
    }
}
