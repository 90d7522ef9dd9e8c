//! The settings of an organization's connection: plain data, to be stored and shown.

use crate::binding::Binding;
use crate::connection::{Connection, ConnectionBuilder, ConnectionOptions};
use crate::digest::{Digest, hex};
use crate::error::{CertificateError, ConfigError};
use crate::provider::{Endpoint, IdentityProvider, ServiceProvider};
use crate::trust::Certificates;

/// What an administrator has configured: the four values, and how strictly the connection takes
/// them.
///
/// With the feature `serde` it is written and read as one map. It holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct ConnectionSettings {
    /// The Audience URI: our entity ID, as the identity provider has it. Free text.
    pub audience: String,
    /// The identity provider's single sign-on URL.
    pub sso_url: String,
    /// The identity provider's issuer, its entity ID. Free text.
    pub issuer: String,
    /// The identity provider's certificates, each as PEM; more than one while keys are rolled over.
    pub certificates: Vec<String>,
    /// How requests travel: by HTTP-Redirect, or by HTTP-POST.
    #[cfg_attr(feature = "serde", serde(default = "http_redirect"))]
    pub sso_binding: Binding,
    /// The identity provider's Single Logout Service for HTTP-Redirect, if there is one.
    #[cfg_attr(feature = "serde", serde(default))]
    pub slo_url: Option<String>,
    /// Everything else.
    #[cfg_attr(feature = "serde", serde(default))]
    pub options: ConnectionOptions,
}

#[cfg(feature = "serde")]
fn http_redirect() -> Binding {
    Binding::HttpRedirect
}

impl ConnectionSettings {
    /// The identity provider that they describe.
    ///
    /// # Errors
    ///
    /// [`CertificateError`], if what is stored as certificates is none.
    pub fn identity_provider(&self) -> Result<IdentityProvider, CertificateError> {
        let certificates = self.certificates()?;
        let sso = Endpoint::new(self.sso_binding, self.sso_url.clone());
        let idp = IdentityProvider::new(self.issuer.clone(), certificates).with_sso_endpoint(sso);
        Ok(match &self.slo_url {
            Some(url) => idp.with_slo_endpoint(Endpoint::new(Binding::HttpRedirect, url)),
            None => idp,
        })
    }

    /// The certificates, parsed.
    pub(super) fn certificates(&self) -> Result<Certificates, CertificateError> {
        Certificates::parse(self.certificates.join("\n"))
    }

    /// A connection of them, under this id and for this service provider.
    pub(super) fn builder(
        &self,
        id: &str,
        sp: ServiceProvider,
    ) -> Result<ConnectionBuilder, ConfigError> {
        let builder = Connection::builder(id, sp, self.identity_provider()?);
        Ok(builder.with_options(self.options.clone()))
    }

    /// A digest of everything that decides whether a login works: a test login says something of
    /// these settings and no others.
    pub(super) fn digest(&self, acs_url: &str) -> String {
        let Self { audience, sso_url, issuer, certificates, sso_binding, slo_url, options } = self;
        let digest = Digest::of("connection settings")
            .text(audience)
            .text(sso_url)
            .text(issuer)
            .text(acs_url)
            .list(certificates, |digest, certificate| digest.text(certificate))
            .text(sso_binding.uri())
            .list(slo_url.as_slice(), |digest, url| digest.text(url));
        hex(&options.digest(digest).finish())
    }
}
