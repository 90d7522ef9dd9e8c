use super::{Connection, ConnectionOptions};
use crate::address::is_plain;
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
    pub fn build(self) -> Result<Connection, ConfigError> {
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
                let fingerprint = certificate.fingerprint().to_owned();
                return Err(ConfigError::KeyTooWeak { fingerprint, bits });
            }
        }
        Ok(self.connection)
    }
}
