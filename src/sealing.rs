//! What only this application can read again: keys of the application's, and what is sealed under
//! them.

use std::fmt;

use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sha::sha256;
use openssl::sign::Signer;
use openssl::symm::{Cipher, decrypt_aead, encrypt_aead};

use crate::digest::hex;
use crate::fields::Fields;

const NONCE: usize = 12;
const TAG: usize = 16;
const SALT: usize = 32;

/// A key of 256 bits to seal with, from a cryptographic generator, the same on every machine of the
/// application.
#[derive(Clone)]
pub struct SealingKey([u8; 32]);

impl SealingKey {
    /// Takes the bytes of a key.
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// A short digest, which tells keys apart without telling anything about them: what is kept
    /// beside what was sealed.
    ///
    /// ```
    /// use saml_login::SealingKey;
    ///
    /// let (one, other) = (SealingKey::new([1; 32]), SealingKey::new([2; 32]));
    /// assert_eq!(one.mark().len(), 16);
    /// assert_ne!(one.mark(), other.mark());
    /// ```
    pub fn mark(&self) -> String {
        let [a, b, c, d, e, f, g, h, ..] = self.digest();
        hex(&[a, b, c, d, e, f, g, h])
    }

    /// The same for a cookie, in which there is little room.
    pub(crate) fn short_mark(&self) -> [u8; 4] {
        let [a, b, c, d, ..] = self.digest();
        [a, b, c, d]
    }

    fn digest(&self) -> [u8; 32] {
        sha256(&[b"saml-login sealing key".as_slice(), &self.0].concat())
    }

    /// What shows that somebody who has the key has seen these parts, for one purpose: of a code
    /// that is too short to be kept as a plain digest.
    pub(crate) fn mac(&self, purpose: &str, parts: &[&[u8]]) -> Result<[u8; 32], ErrorStack> {
        let mut fields = Fields::default();
        parts.iter().for_each(|part| fields.add(part));
        let mac = self.derive(b"saml-login mac: ", purpose.as_bytes(), &[&fields.into_bytes()])?;
        Ok(mac.try_into().unwrap_or_default())
    }

    /// Salt, ciphertext and tag. What is sealed is bound to what it is for, so that the key can
    /// serve for nothing else, and opens only beside the same associated data.
    pub(crate) fn seal(
        &self,
        purpose: &'static [u8],
        associated: &[u8],
        text: &[u8],
        random: [u8; 32],
    ) -> Result<Vec<u8>, ErrorStack> {
        let mut tag = [0; TAG];
        let salt = self.derive(purpose, b"salt", &[&random, text])?;
        let (key, nonce) = self.of_one(purpose, &salt)?;
        let cipher = Cipher::aes_256_gcm();
        let sealed = encrypt_aead(cipher, &key, Some(&nonce), associated, text, &mut tag)?;
        Ok([salt, sealed, tag.to_vec()].concat())
    }

    /// What was [sealed](Self::seal) with this key, for this purpose, beside this data.
    pub(crate) fn open(
        &self,
        purpose: &'static [u8],
        associated: &[u8],
        sealed: &[u8],
    ) -> Option<Vec<u8>> {
        let (salt, rest) = sealed.split_at_checked(SALT)?;
        let (sealed, tag) = rest.split_at_checked(rest.len().checked_sub(TAG)?)?;
        let (key, nonce) = self.of_one(purpose, salt).ok()?;
        decrypt_aead(Cipher::aes_256_gcm(), &key, Some(&nonce), associated, sealed, tag).ok()
    }

    /// What the key becomes for one use: HMAC with SHA-256 (RFC 2104).
    fn derive(&self, purpose: &[u8], what: &[u8], parts: &[&[u8]]) -> Result<Vec<u8>, ErrorStack> {
        let key = PKey::hmac(&self.0)?;
        let mut signer = Signer::new(MessageDigest::sha256(), &key)?;
        for part in [purpose, what].iter().chain(parts) {
            signer.update(part)?;
        }
        signer.sign_to_vec()
    }

    /// The key and the nonce of one thing that is sealed. Its salt is a digest of the text and of
    /// all the randomness: should the same randomness be handed in twice, two texts still share
    /// neither.
    fn of_one(&self, purpose: &[u8], salt: &[u8]) -> Result<(Vec<u8>, Vec<u8>), ErrorStack> {
        let mut nonce = self.derive(purpose, b"nonce", &[salt])?;
        nonce.truncate(NONCE);
        Ok((self.derive(purpose, b"key", &[salt])?, nonce))
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKey(…)")
    }
}

/// The sealing keys of the application: the one that seals, and others that open what was sealed
/// with them.
///
/// To replace a key, let every machine know the new one beside the old one, then have all seal with
/// it, [seal anew](crate::administration::reseal()) what is kept, and drop the old one.
/// ORGANIZATIONS.md goes through it.
///
/// ```
/// use saml_login::SealingKey;
/// use saml_login::sealing::SealingKeys;
///
/// // From where the application keeps its secrets; the same on every machine.
/// let (new, old) = (SealingKey::new([1; 32]), SealingKey::new([2; 32]));
/// let keys = SealingKeys::new(new.clone()).and_opening_with(old.clone());
/// assert_eq!(keys.marks().collect::<Vec<_>>(), [new.mark(), old.mark()]);
/// assert!(!format!("{keys:?}").contains("[1, 1"));
/// ```
#[derive(Clone, Debug)]
pub struct SealingKeys {
    first: SealingKey,
    others: Vec<SealingKey>,
}

impl SealingKeys {
    /// Seals with this key, and opens what was sealed with it.
    pub fn new(key: SealingKey) -> Self {
        Self { first: key, others: Vec::new() }
    }

    /// Opens what was sealed with another key as well.
    #[must_use]
    pub fn and_opening_with(mut self, other: SealingKey) -> Self {
        self.others.push(other);
        self
    }

    /// The [marks](SealingKey::mark) of the keys, that of the one that seals first.
    pub fn marks(&self) -> impl Iterator<Item = String> {
        self.all().map(SealingKey::mark)
    }

    /// The one that seals.
    pub(crate) fn first(&self) -> &SealingKey {
        &self.first
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &SealingKey> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

impl From<SealingKey> for SealingKeys {
    fn from(key: SealingKey) -> Self {
        Self::new(key)
    }
}
