use chrono::TimeDelta;

use super::{Connection, SignedParts};
use crate::address::is_plain;
use crate::error::{ConfigError, Excerpt};
use crate::identity::{AttributeMap, IdentityField};
use crate::limits::Limits;
use crate::trust::{KeyPair, KeyType};
use crate::validate::{MAX_CLOCK_SKEW, Unsolicited};

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

    /// Replaces the attribute map, which knows the names that the usual identity providers send.
    pub fn attribute_map(mut self, attribute_map: AttributeMap) -> Self {
        self.connection.settings.attribute_map = attribute_map;
        self
    }

    /// How far the two clocks may be apart. Default 60 s, at most 300 s.
    pub fn clock_skew(mut self, clock_skew: TimeDelta) -> Self {
        self.connection.settings.clock_skew = clock_skew;
        self
    }

    /// Opens what is encrypted with Triple DES, whose blocks are so short that patterns show in
    /// much data.
    pub fn danger_allow_3des(mut self) -> Self {
        self.connection.settings.allow_3des = true;
        self
    }

    /// Accepts SHA-1 in signatures and digests. Collisions of SHA-1 are affordable; do this only
    /// for an identity provider that cannot do better.
    pub fn danger_allow_sha1(mut self) -> Self {
        self.connection.settings.allow_sha1 = true;
        self
    }

    /// Accepts RSA keys from 1024 bits, on either side; the default asks for 2048.
    pub fn danger_allow_weak_keys(mut self) -> Self {
        self.connection.settings.allow_weak_keys = true;
        self
    }

    /// Lets unsolicited responses carry an InResponseTo, which is ignored. Some identity providers
    /// send an invented one.
    pub fn danger_ignore_unsolicited_in_response_to(mut self) -> Self {
        self.connection.settings.ignore_unsolicited_in_response_to = true;
        self
    }

    /// Refuses encryption in the CBC mode, which nothing protects against changes but the
    /// signature. Default: it is opened, for most identity providers know nothing else.
    ///
    /// An assertion that is signed inside alone has to be opened before its signature can be
    /// verified. There is one refusal for whatever goes wrong on that way, and it comes at one
    /// point; but no refusal hides all time. Prefer the GCM mode, or require a signed Response
    /// ([`signed_parts`](Self::signed_parts)), which is verified first. [`Connection::warnings`]
    /// reminds of it.
    pub fn forbid_cbc(mut self) -> Self {
        self.connection.settings.forbid_cbc = true;
        self
    }

    /// Replaces the bounds on the work that one response can cause.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.connection.settings.limits = limits;
        self
    }

    /// Refuses people of whom the response does not say all of this. Default: nothing is required
    /// beyond the NameID.
    pub fn require(mut self, fields: impl IntoIterator<Item = IdentityField>) -> Self {
        self.connection.settings.required = fields.into_iter().collect();
        self
    }

    /// Asks libxmlsec1 for its opinion of every message that is verified, and refuses where it does
    /// not come to the same octets. It doubles the work. RSA-PSS is unknown to its versions before
    /// 1.3, and so refused.
    #[cfg(feature = "samael")]
    pub fn second_opinion(mut self) -> Self {
        self.connection.settings.second_opinion = true;
        self
    }

    /// Which parts have to be signed. Default: either.
    pub fn signed_parts(mut self, signed_parts: SignedParts) -> Self {
        self.connection.settings.signed_parts = signed_parts;
        self
    }

    /// Whether responses are taken that answer no request. Default: they are not.
    pub fn unsolicited(mut self, unsolicited: Unsolicited) -> Self {
        self.connection.settings.unsolicited = unsolicited;
        self
    }

    /// Builds the connection.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the field that is empty, malformed or too weak.
    pub fn build(self) -> Result<Connection, ConfigError> {
        let Connection { id, sp, idp, settings } = &self.connection;
        let blank = |text: &str| text.trim().is_empty();
        let skew = settings.clock_skew;
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
        if skew < TimeDelta::zero() || skew > TimeDelta::seconds(MAX_CLOCK_SKEW) {
            return Err(ConfigError::ClockSkewOutOfRange { seconds: skew.num_seconds() });
        }
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
                && !settings.allow_weak_keys
            {
                let fingerprint = certificate.fingerprint().to_owned();
                return Err(ConfigError::KeyTooWeak { fingerprint, bits });
            }
        }
        Ok(self.connection)
    }
}
