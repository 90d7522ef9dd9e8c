//! A key pair of ours, as it is kept: the certificate in the open, the key sealed.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Months, TimeDelta, Utc};

use crate::account::OrganizationId;
use crate::error::{ConfigError, KeyPairError, NOT_SET_UP, refuses, sentence};
use crate::fingerprint::Fingerprint;
use crate::random::Random;
use crate::sealing::SealingKeys;
use crate::trust::{KeyPair, KeyType};

const PURPOSE: &[u8] = b"saml-login sealed key pair: ";
/// The form of what is sealed; behind it stands the organization's id.
const CONTEXT: &[u8] = b"saml-login key pair 1 of ";

/// A clock there may be behind ours.
const BEFORE: TimeDelta = TimeDelta::days(1);
/// Nobody enforces the end of such a certificate; a console may ask for one.
const LASTS: Months = Months::new(12 * 20);

/// One of our key pairs for one organization, to decrypt and to sign with: the certificate, and the
/// private key sealed under a [sealing key](SealingKeys) of the application's. It opens in this
/// organization alone.
///
/// With the feature `serde` it is a part of the organization's record. `Debug` shows neither the
/// key nor what it is sealed as.
///
/// ```
/// use saml_login::organization::SealedKeyPair;
/// use saml_login::sealing::SealingKeys;
/// use saml_login::{Random, SealingKey};
///
/// # let now = "2030-01-31T12:00:00Z".parse()?;
/// let keys = SealingKeys::new(SealingKey::new([1; 32]));
/// let pair = SealedKeyPair::generate(&"org-1".into(), &keys, Random::generate()?, now)?;
/// assert!(pair.certificate_pem().starts_with("-----BEGIN CERTIFICATE-----"));
/// assert_eq!(pair.open(&keys)?.certificate().fingerprint(), pair.fingerprint());
///
/// let others = SealingKeys::new(SealingKey::new([2; 32]));
/// assert_eq!(pair.open(&others).unwrap_err().code(), "sealing_key_unknown");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct SealedKeyPair {
    pub(super) organization: OrganizationId,
    pub(super) fingerprint: Fingerprint,
    /// As PEM.
    pub(super) certificate: String,
    /// The mark of the key that it is sealed under.
    pub(super) sealing_key: String,
    /// In Base64.
    pub(super) sealed: String,
}

impl SealedKeyPair {
    /// Makes an RSA key of 2048 bits by OpenSSL's generator, with a certificate of twenty years
    /// from now, for this organization.
    ///
    /// It takes some tenths of a second: do it before a transaction, not in one. What comes of it
    /// is for [`Change::AddKeyPair`](super::Change::AddKeyPair).
    ///
    /// # Errors
    ///
    /// [`KeyPairUnavailable::Config`], if OpenSSL makes no key, and
    /// [`KeyPairUnavailable::Unsealed`].
    pub fn generate(
        organization: &OrganizationId,
        keys: &SealingKeys,
        random: Random,
        now: DateTime<Utc>,
    ) -> Result<Self, KeyPairUnavailable> {
        let not_before = now.checked_sub_signed(BEFORE).unwrap_or(now);
        let not_after = now.checked_add_months(LASTS).unwrap_or(now);
        let pair = KeyPair::generate(not_before, not_after)?;
        Self::seal(organization, &pair, keys, random)
    }

    /// Seals a pair that is there already, as that of another product that is replaced: the
    /// identity provider can go on with the certificate that it has.
    ///
    /// # Errors
    ///
    /// [`KeyPairUnavailable::Config`], if it is no RSA key of at least 2048 bits, and
    /// [`KeyPairUnavailable::Unsealed`].
    pub fn seal(
        organization: &OrganizationId,
        pair: &KeyPair,
        keys: &SealingKeys,
        random: Random,
    ) -> Result<Self, KeyPairUnavailable> {
        let certificate = pair.certificate();
        let fingerprint = certificate.fingerprint();
        if !matches!(certificate.key(), KeyType::Rsa { .. }) {
            return Err(ConfigError::DecryptionKeyNotRsa.into());
        }
        if let Some(bits) = certificate.weak_bits() {
            return Err(ConfigError::KeyTooWeak { fingerprint, bits }.into());
        }
        let key = keys.first();
        let sealed = pair.private_key_der().and_then(|der| {
            let random = random.for_purpose("sealed key pair");
            key.seal(PURPOSE, &associated(organization), &der, random)
        });
        let sealed = sealed.map_err(|_| KeyPairUnavailable::Unsealed { fingerprint })?;
        Ok(Self {
            organization: organization.clone(),
            fingerprint,
            certificate: certificate.to_pem(),
            sealing_key: key.mark(),
            sealed: STANDARD.encode(sealed),
        })
    }

    /// Opens it.
    ///
    /// # Errors
    ///
    /// [`KeyPairUnavailable::SealingKeyUnknown`], if it is sealed under none of these keys, and
    /// [`KeyPairUnavailable::Damaged`], if it is not what was sealed for this organization.
    pub fn open(&self, keys: &SealingKeys) -> Result<KeyPair, KeyPairUnavailable> {
        let fingerprint = self.fingerprint;
        let key = keys.all().find(|key| key.mark() == self.sealing_key);
        let key = key.ok_or_else(|| KeyPairUnavailable::SealingKeyUnknown {
            fingerprint,
            sealing_key: self.sealing_key.clone(),
        })?;
        let sealed = STANDARD.decode(&self.sealed).ok();
        let der =
            sealed.and_then(|sealed| key.open(PURPOSE, &associated(&self.organization), &sealed));
        let pair = der.and_then(|der| KeyPair::from_der(&der, &self.certificate).ok());
        // Two certificates can be of one key: it is the one that the identity provider has.
        let pair = pair.filter(|pair| pair.certificate().fingerprint() == fingerprint);
        pair.ok_or(KeyPairUnavailable::Damaged { fingerprint })
    }

    /// The same pair under the first of these keys; `None` if it is sealed under that one already.
    ///
    /// # Errors
    ///
    /// Those of [`SealedKeyPair::open`] and of [`SealedKeyPair::seal`].
    pub fn sealed_anew(
        &self,
        keys: &SealingKeys,
        random: Random,
    ) -> Result<Option<Self>, KeyPairUnavailable> {
        if self.sealing_key == keys.first().mark() {
            return Ok(None);
        }
        Self::seal(&self.organization, &self.open(keys)?, keys, random).map(Some)
    }

    /// The SHA-256 fingerprint of its certificate.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The certificate to give to the identity provider, as PEM.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate
    }

    /// The [mark](crate::SealingKey::mark) of the key that it is sealed under.
    pub fn sealing_key(&self) -> &str {
        &self.sealing_key
    }
}

fn associated(organization: &OrganizationId) -> Vec<u8> {
    [CONTEXT, organization.as_str().as_bytes()].concat()
}

impl fmt::Debug for SealedKeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedKeyPair")
            .field("organization", &self.organization)
            .field("fingerprint", &self.fingerprint)
            .field("sealing_key", &self.sealing_key)
            .finish_non_exhaustive()
    }
}

/// Why a key pair of ours is not at hand.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyPairUnavailable {
    /// None was made, or it is of no use.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// What is stored is not what was sealed: it was changed, or it is another organization's.
    #[error(
        "the key pair {fingerprint} is damaged: what is stored was not sealed for this organization"
    )]
    Damaged {
        /// SHA-256 fingerprint of its certificate.
        fingerprint: Fingerprint,
    },
    /// It is sealed under a key that the application does not have.
    #[error(
        "the key pair {fingerprint} is sealed under the key with the mark {sealing_key}, which the application does not have"
    )]
    SealingKeyUnknown {
        /// SHA-256 fingerprint of its certificate.
        fingerprint: Fingerprint,
        /// The [mark](crate::SealingKey::mark) of that key.
        sealing_key: String,
    },
    /// OpenSSL could not seal it.
    #[error("OpenSSL could not seal the key pair {fingerprint}")]
    Unsealed {
        /// SHA-256 fingerprint of its certificate.
        fingerprint: Fingerprint,
    },
}

impl KeyPairUnavailable {
    /// A stable snake_case code, part of semver.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Config(error) => error.code(),
            Self::Damaged { .. } => "key_pair_damaged",
            Self::SealingKeyUnknown { .. } => "sealing_key_unknown",
            Self::Unsealed { .. } => "key_pair_unsealed",
        }
    }

    /// What to change, for whoever runs the service provider. Where the organization's
    /// administrator can do something meanwhile, it says what.
    pub fn help(&self) -> String {
        let mend = match self {
            Self::Config(error) => return error.help(),
            Self::Unsealed { .. } => return sentence(self),
            Self::Damaged { .. } => {
                "Restore the organization's record from a backup, or make a new pair and give its \
                 certificate to the identity provider."
            }
            Self::SealingKeyUnknown { .. } => {
                "Give the application that key again, beside the present one, and seal the pair \
                 anew before the key is dropped. If it is lost, make a new pair and give its \
                 certificate to the identity provider."
            }
        };
        format!(
            "{} {mend} Until then whoever logs in unencrypted comes in; what is encrypted to this \
             pair is refused: the organization's administrator can switch encryption off at the \
             identity provider.",
            sentence(self)
        )
    }

    /// A fixed sentence for the person who tried to log in.
    pub fn user_message(&self) -> &'static str {
        NOT_SET_UP
    }
}

impl From<KeyPairError> for KeyPairUnavailable {
    fn from(error: KeyPairError) -> Self {
        Self::Config(error.into())
    }
}

refuses!(KeyPairUnavailable, ServiceProvider);
