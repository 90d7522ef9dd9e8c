//! Requests remembered by the browser itself, in a cookie that only we can make and read.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sha::sha256;
use openssl::sign::Signer;
use openssl::symm::{Cipher, decrypt_aead, encrypt_aead};

use super::store::{Remembered, RequestStore};
use crate::binding::RelayState;
use crate::error::StoreError;
use crate::request::PendingRequest;

/// A key of 256 bits to seal with, from a cryptographic generator, the same on every machine of the
/// application.
#[derive(Clone)]
pub struct SealingKey([u8; 32]);

impl SealingKey {
    /// Takes the bytes of a key.
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// Tells keys apart without telling anything about them.
    fn mark(&self) -> [u8; 4] {
        let [a, b, c, d, ..] = sha256(&[b"saml-login sealing key".as_slice(), &self.0].concat());
        [a, b, c, d]
    }

    /// What the key becomes for one purpose: HMAC with SHA-256 (RFC 2104).
    fn derive(&self, purpose: &[u8], parts: &[&[u8]]) -> Result<Vec<u8>, ErrorStack> {
        let key = PKey::hmac(&self.0)?;
        let mut signer = Signer::new(MessageDigest::sha256(), &key)?;
        for part in [b"saml-login sealed request: ", purpose].iter().chain(parts) {
            signer.update(part)?;
        }
        signer.sign_to_vec()
    }

    /// The key and the nonce of one cookie. Its salt is a digest of the request and of all the
    /// randomness: should the same randomness be handed in twice, two requests still share neither.
    fn of_cookie(&self, salt: &[u8]) -> Result<(Vec<u8>, Vec<u8>), ErrorStack> {
        let mut nonce = self.derive(b"nonce", &[salt])?;
        nonce.truncate(NONCE);
        Ok((self.derive(b"key", &[salt])?, nonce))
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKey(…)")
    }
}

/// Remembers requests in the browser: the cookie's value is the request, sealed with AES-256-GCM
/// under a key of its own.
///
/// For applications without storage that their machines share. A cookie can be sent again; that its
/// request is answered once comes from [spending](crate::Unspent::spend) the request's ID together
/// with the assertion's.
#[derive(Clone, Debug)]
pub struct SealedRequests {
    key: SealingKey,
    older: Vec<SealingKey>,
}

/// What is sealed is bound to what it is for, so that the key can serve for nothing else.
const CONTEXT: &[u8] = b"saml-login pending request 2";
const NONCE: usize = 12;
const TAG: usize = 16;
const SALT: usize = 32;

impl SealedRequests {
    /// Seals with this key.
    pub fn new(key: SealingKey) -> Self {
        Self { key, older: Vec::new() }
    }

    /// Opens what was sealed with an older key as well. To rotate: let every machine know the new
    /// key in this way, then let all seal with it, and drop the older one when its requests have
    /// expired.
    pub fn and_opening_with(mut self, older: SealingKey) -> Self {
        self.older.push(older);
        self
    }

    fn seal(&self, pending: &PendingRequest, random: [u8; 32]) -> Result<String, StoreError> {
        let mut tag = [0; TAG];
        let text = write(pending);
        let salt = self.key.derive(b"salt", &[&random, &text])?;
        let (key, nonce) = self.key.of_cookie(&salt)?;
        let sealed =
            encrypt_aead(Cipher::aes_256_gcm(), &key, Some(&nonce), CONTEXT, &text, &mut tag)?;
        let parts = [self.key.mark().as_slice(), &salt, &sealed, &tag].concat();
        Ok(URL_SAFE_NO_PAD.encode(parts))
    }

    fn open(&self, cookie: &str) -> Option<PendingRequest> {
        let bytes = URL_SAFE_NO_PAD.decode(cookie).ok()?;
        let (mark, rest) = bytes.split_at_checked(4)?;
        let (salt, rest) = rest.split_at_checked(SALT)?;
        let (sealed, tag) = rest.split_at_checked(rest.len().checked_sub(TAG)?)?;
        let key = std::iter::once(&self.key).chain(&self.older).find(|key| key.mark() == mark)?;
        let (key, nonce) = key.of_cookie(salt).ok()?;
        let text =
            decrypt_aead(Cipher::aes_256_gcm(), &key, Some(&nonce), CONTEXT, sealed, tag).ok()?;
        read(&text)
    }
}

impl RequestStore for SealedRequests {
    async fn remember(
        &self,
        pending: &PendingRequest,
        random: [u8; 32],
        _now: DateTime<Utc>,
    ) -> Result<Remembered, StoreError> {
        self.seal(pending, random).map(Remembered::Cookie)
    }

    async fn take(
        &self,
        cookie: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<PendingRequest>, StoreError> {
        Ok(self.open(cookie).filter(|pending| now < pending.expires_at))
    }
}

/// Each field with its length in front.
fn write(pending: &PendingRequest) -> Vec<u8> {
    let mut out = Vec::new();
    let mut field = |bytes: &[u8]| {
        out.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
        out.extend(bytes);
    };
    field(pending.request_id.as_bytes());
    field(pending.connection_id.as_bytes());
    field(&pending.issued_at.timestamp_millis().to_be_bytes());
    field(&pending.expires_at.timestamp_millis().to_be_bytes());
    field(pending.relay_state.as_ref().map_or("", RelayState::as_str).as_bytes());
    field(&[u8::from(pending.force_authn)]);
    pending.authn_contexts.iter().for_each(|class| field(class.as_bytes()));
    out
}

fn read(mut text: &[u8]) -> Option<PendingRequest> {
    let mut fields = Vec::new();
    while let Some((length, rest)) = text.split_first_chunk::<4>() {
        let (field, rest) =
            rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        fields.push(field);
        text = rest;
    }
    let [
        request_id,
        connection_id,
        issued_at,
        expires_at,
        relay_state,
        force_authn,
        authn_contexts @ ..,
    ] = fields.as_slice()
    else {
        return None;
    };
    let string = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
    let instant =
        |bytes: &[u8]| DateTime::from_timestamp_millis(i64::from_be_bytes(bytes.try_into().ok()?));
    Some(PendingRequest {
        request_id: string(request_id)?,
        connection_id: string(connection_id)?,
        issued_at: instant(issued_at)?,
        expires_at: instant(expires_at)?,
        relay_state: RelayState::received(&string(relay_state)?),
        force_authn: match force_authn {
            [0] => false,
            [1] => true,
            _ => return None,
        },
        authn_contexts: authn_contexts.iter().map(|class| string(class)).collect::<Option<_>>()?,
    })
}
