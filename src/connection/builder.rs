use super::{Connection, ConnectionOptions};
use crate::address::is_plain;
use crate::digest::{Digest, hex};
use crate::error::{ConfigError, Excerpt};
use crate::limits::Limits;
use crate::trust::{KeyPair, KeyType};

/// Sets up a [`Connection`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it builds"]
pub struct ConnectionBuilder {
    connection: Connection,
}

impl ConnectionBuilder {
    pub(super) fn new(connection: Connection) -> Self {
        Self { connection }
    }

    /// Sets how what the identity provider sends is taken.
    pub fn with_options(mut self, options: ConnectionOptions) -> Self {
        self.connection.options = options;
        self
    }

    /// Names the settings that it is made of. A [test](crate::request::Purpose::Test) is answered
    /// only at a connection of the same revision. Default: a digest of what it is made of.
    pub fn with_revision(mut self, revision: impl Into<String>) -> Self {
        self.connection.revision = revision.into();
        self
    }

    /// Says whether requests for logins are signed where
    /// [their options](crate::LoginOptions::sign) leave that open. Default: if there is a signing
    /// key. There has to be one then, or no login can be started.
    pub fn with_requests_signed(mut self, signed: bool) -> Self {
        self.connection.signs_requests = Some(signed);
        self
    }

    /// Replaces the bounds on the work that one message can cause.
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.connection.limits = limits;
        self
    }

    /// Builds the connection.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the field that is empty, malformed or too weak.
    pub fn build(mut self) -> Result<Connection, ConfigError> {
        let Connection { id, sp, idp, options, .. } = &self.connection;
        let blank = |text: &str| text.trim().is_empty();
        if blank(id) {
            return Err(ConfigError::ConnectionIdEmpty);
        }
        if blank(sp.audience()) {
            return Err(ConfigError::AudienceEmpty);
        }
        if blank(sp.acs_url()) {
            return Err(ConfigError::AcsUrlEmpty);
        }
        if blank(idp.issuer()) {
            return Err(ConfigError::IssuerEmpty);
        }
        if let Some(url) = idp.sso_url().filter(|url| !is_plain(url)) {
            return Err(ConfigError::SsoUrlInvalid { found: Excerpt::new(url) });
        }
        options.check()?;
        if sp
            .decryption_keys()
            .iter()
            .any(|key| !matches!(key.certificate().key(), KeyType::Rsa { .. }))
        {
            return Err(ConfigError::DecryptionKeyNotRsa);
        }
        let slo = sp.slo_url().map(|url| ("Single Logout Service URL", url));
        if let Some((what, url)) = idp.urls().chain(slo).find(|(_, url)| !is_plain(url)) {
            return Err(ConfigError::EndpointInvalid { what, found: Excerpt::new(url) });
        }
        let ours = sp.signing_keys().iter().chain(sp.decryption_keys()).map(KeyPair::certificate);
        for certificate in idp.certificates().iter().chain(ours) {
            if let Some(bits) = certificate.weak_bits()
                && !options.danger_allow_weak_keys
            {
                let fingerprint = certificate.fingerprint();
                return Err(ConfigError::KeyTooWeak { fingerprint, bits });
            }
        }
        if self.connection.revision.is_empty() {
            self.connection.revision = revision(&self.connection);
        }
        Ok(self.connection)
    }
}

/// A digest of what decides whether a login works.
fn revision(connection: &Connection) -> String {
    let Connection { id, sp, idp, options, .. } = connection;
    let digest = Digest::of("connection")
        .text(id)
        .text(sp.audience())
        .text(sp.acs_url())
        .text(idp.issuer())
        .list(idp.certificates().iter(), |digest, certificate| digest.bytes(certificate.der()))
        .list(idp.sso_endpoints(), |digest, endpoint| {
            digest.text(endpoint.binding.uri()).text(&endpoint.location)
        });
    hex(&options.digest(digest).finish())
}
