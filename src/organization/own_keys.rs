//! Our side of a connection with the organization's own key pairs.

use super::{
    ChangeRefusal, ConnectionSettings, KeyPairUnavailable, Organization, SealedKeyPair,
    SsoUnavailable,
};
use crate::connection::Connection;
use crate::digest::{Digest, hex};
use crate::error::ConfigError;
use crate::fingerprint::Fingerprint;
use crate::metadata::SpMetadata;
use crate::provider::ServiceProvider;
use crate::sealing::SealingKeys;
use crate::trust::KeyPair;

/// One in use, and one beside it while the identity provider is given the other certificate.
const MOST_KEY_PAIRS: usize = 2;

impl Organization {
    /// Our key pairs for this organization: the one that signs, and the one that will. Both
    /// decrypt. None, unless one was [added](super::Change::AddKeyPair).
    pub fn key_pairs(&self) -> &[SealedKeyPair] {
        &self.key_pairs
    }

    /// Whether our requests for logins are signed. Logouts are where there is a key.
    pub fn signs_requests(&self) -> bool {
        self.signs_requests
    }

    /// Our side of the connection, with our key pairs as far as these keys open them; the others
    /// are among its [sealed keys](ServiceProvider::sealed_keys).
    pub fn service_provider_with(&self, keys: &SealingKeys) -> ServiceProvider {
        self.with_pairs(|pair| pair.open(keys).ok())
    }

    /// Without a key at hand.
    pub(super) fn service_provider_sealed(&self) -> ServiceProvider {
        self.with_pairs(|_| None)
    }

    fn with_pairs(&self, open: impl Fn(&SealedKeyPair) -> Option<KeyPair>) -> ServiceProvider {
        self.key_pairs.iter().fold(self.service_provider(), |sp, pair| match open(pair) {
            Some(open) => sp.with_signing_key(open.clone()).with_decryption_key(open),
            None => sp.with_sealed_key(pair.fingerprint),
        })
    }

    /// Opens our key pairs, all of them. Ask it where an operator looks: a
    /// [connection](Organization::connection_with) is made without the pairs that do not open, so
    /// that those who need none come in.
    ///
    /// # Errors
    ///
    /// [`KeyPairUnavailable`] of the first that does not open.
    pub fn open_key_pairs(&self, keys: &SealingKeys) -> Result<Vec<KeyPair>, KeyPairUnavailable> {
        self.key_pairs.iter().map(|pair| pair.open(keys)).collect()
    }

    /// The connection with our key pairs. Build it once and keep it until the
    /// [revision](Organization::revision) is another.
    ///
    /// A pair that these keys do not open keeps nobody out who needs no key of ours: the connection
    /// is made without it, [warns](crate::connection::Warning::KeyPairSealed) of it, and refuses
    /// what is encrypted (`decryption_key_sealed`, if there is no other pair). Where requests have
    /// to be signed, none is begun then.
    ///
    /// ```
    /// # use saml_login::doctor::PastedValues;
    /// # use saml_login::organization::{Around, By, Plan, SealedKeyPair, Slug, SpUrls};
    /// # use saml_login::testing::idp::TestIdp;
    /// # use saml_login::{Organization, Random};
    /// use saml_login::SealingKey;
    /// use saml_login::organization::Change;
    /// use saml_login::sealing::SealingKeys;
    ///
    /// # let now = "2030-01-31T12:00:00Z".parse()?;
    /// # let idp = TestIdp::p256("https://idp.example.test/metadata")?;
    /// # let slug = Slug::parse("acme")?;
    /// # let urls = SpUrls::derived("https://app.example.com", &slug).ok_or("no base URL")?;
    /// # let mut acme = Organization::new("org-1", slug, urls);
    /// # let sso_url = "https://idp.example.test/sso";
    /// # let audience = acme.urls().entity_id.clone();
    /// # let pem = idp.certificate_pem()?;
    /// # let values = PastedValues::new(audience, sso_url, idp.issuer(), pem);
    /// # let around = Around::plan(Plan::ALL);
    /// # for change in [Change::Enable, Change::Configure(Box::new(values))] {
    /// #     acme.apply(change, &By::Application, &around, now).result?;
    /// # }
    /// let keys = SealingKeys::new(SealingKey::new([1; 32]));
    /// let random = Random::generate()?;
    /// let pair = SealedKeyPair::generate(acme.id(), &keys, random, now)?;
    /// let change = Change::AddKeyPair(Box::new(pair));
    /// acme.apply(change, &By::Application, &around, now).result?;
    ///
    /// let connection = acme.connection_with(&keys)?;
    /// assert_eq!(connection.service_provider().decryption_keys().len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`Organization::connection`].
    pub fn connection_with(&self, keys: &SealingKeys) -> Result<Connection, SsoUnavailable> {
        let builder = self.connection_builder(self.service_provider_with(keys))?;
        Ok(builder.with_requests_signed(self.signs_requests).build()?)
    }

    /// The [connection of the candidate](Organization::candidate_connection) with our key pairs.
    ///
    /// # Errors
    ///
    /// [`ConfigError`], if the candidate makes no connection; `Ok(None)` without a candidate.
    pub fn candidate_connection_with(
        &self,
        keys: &SealingKeys,
    ) -> Result<Option<Connection>, ConfigError> {
        let Some(adopted) = self.as_if_adopted() else { return Ok(None) };
        let Some(settings) = &adopted.settings else { return Ok(None) };
        let builder = adopted.builder_of(settings, adopted.service_provider_with(keys))?;
        builder.with_requests_signed(adopted.signs_requests).build().map(Some)
    }

    /// Our metadata, with the certificates of our key pairs as far as these keys open them, for the
    /// identity provider's administrator.
    ///
    /// Of two pairs both are published to sign with, and only the second one to encrypt to, for
    /// some take the first that stands there: so it is the other one's turn to go.
    pub fn metadata_with(&self, keys: &SealingKeys) -> SpMetadata {
        let open: Vec<KeyPair> =
            self.key_pairs.iter().filter_map(|pair| pair.open(keys).ok()).collect();
        let sp = open
            .iter()
            .cloned()
            .fold(self.service_provider(), |sp, pair| sp.with_signing_key(pair));
        let sp = open
            .into_iter()
            .next_back()
            .into_iter()
            .fold(sp, |sp, pair| sp.with_decryption_key(pair));
        SpMetadata::new(&sp).with_authn_requests_signed(self.signs_requests)
    }

    /// Whoever came in comes in still: what signs stays, and one more decrypts.
    pub(super) fn add_key_pair(&mut self, pair: SealedKeyPair) -> Result<(), ChangeRefusal> {
        if pair.organization != self.id {
            return Err(ChangeRefusal::KeyPairForeign);
        }
        if self.has_key_pair(pair.fingerprint) {
            return Ok(());
        }
        if self.key_pairs.len() >= MOST_KEY_PAIRS {
            return Err(ChangeRefusal::KeyPairsTooMany);
        }
        let was_tested = (self.is_tested(), self.is_candidate_tested());
        self.key_pairs.push(pair);
        self.still_tested(was_tested.0);
        self.still_tested_candidate(was_tested.1);
        Ok(())
    }

    pub(super) fn retire_key_pair(
        &mut self,
        fingerprint: Fingerprint,
    ) -> Result<(), ChangeRefusal> {
        self.known_key_pair(fingerprint)?;
        self.key_pairs.retain(|pair| pair.fingerprint != fingerprint);
        self.can_sign()
    }

    /// Whether there is something to sign with, where requests are signed.
    pub(super) fn can_sign(&self) -> Result<(), ChangeRefusal> {
        match self.signs_requests && self.key_pairs.is_empty() {
            true => Err(ChangeRefusal::KeyPairMissing),
            false => Ok(()),
        }
    }

    /// The same pairs under another key.
    pub(super) fn reseal(&mut self, pairs: Vec<SealedKeyPair>) -> Result<(), ChangeRefusal> {
        for new in pairs {
            if new.organization != self.id {
                return Err(ChangeRefusal::KeyPairForeign);
            }
            let mut own = self.key_pairs.iter_mut();
            let pair = own.find(|pair| pair.fingerprint == new.fingerprint);
            *pair.ok_or(ChangeRefusal::KeyPairUnknown)? = new;
        }
        Ok(())
    }

    pub(super) fn known_key_pair(&self, fingerprint: Fingerprint) -> Result<(), ChangeRefusal> {
        if self.has_key_pair(fingerprint) { Ok(()) } else { Err(ChangeRefusal::KeyPairUnknown) }
    }

    /// A digest of settings together with our key pairs, if there are any.
    pub(super) fn digest_of(&self, settings: &ConnectionSettings, acs_url: &str) -> String {
        let digest = settings.digest(acs_url);
        if self.key_pairs.is_empty() && !self.signs_requests {
            return digest;
        }
        let digest = Digest::of("settings and key pairs").text(&digest).flag(self.signs_requests);
        let each = |digest: Digest, pair: &SealedKeyPair| digest.bytes(pair.fingerprint.as_bytes());
        hex(&digest.list(&self.key_pairs, each).finish())
    }

    fn has_key_pair(&self, fingerprint: Fingerprint) -> bool {
        self.key_pairs.iter().any(|pair| pair.fingerprint == fingerprint)
    }
}
