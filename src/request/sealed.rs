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
use super::{Pending, PendingLogout, PendingRequest, Purpose};
use crate::binding::RelayState;
use crate::error::BoxError;
use crate::fields::{self, Fields, text as text_of};
use crate::random::Random;

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

    /// What shows that somebody who has the key has seen these parts, for one purpose: of a code that
    /// is too short to be kept as a plain digest.
    pub(crate) fn mac(&self, purpose: &str, parts: &[&[u8]]) -> Result<[u8; 32], ErrorStack> {
        let mut fields = Fields::default();
        parts.iter().for_each(|part| fields.add(part));
        let mac = self.derive(purpose.as_bytes(), &[&fields.into_bytes()])?;
        Ok(mac.try_into().unwrap_or_default())
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
/// ```
/// use saml_login::{SealedRequests, SealingKey};
///
/// // From where the application keeps its secrets; the same on every machine.
/// let (current, former) = (SealingKey::new([1; 32]), SealingKey::new([2; 32]));
/// let requests = SealedRequests::new(current).and_opening_with(former);
/// # let _ = requests;
/// ```
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
const CONTEXT: &[u8] = b"saml-login pending request 3";
const NONCE: usize = 12;
const TAG: usize = 16;
const SALT: usize = 32;
/// Leaves room for the name and the attributes.
const MAX_COOKIE_BYTES: usize = 3_900;

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

    fn seal(&self, pending: &Pending, random: Random) -> Result<String, BoxError> {
        let mut tag = [0; TAG];
        let text = write(pending);
        let salt = self.key.derive(b"salt", &[&random.for_purpose("sealed request"), &text])?;
        let (key, nonce) = self.key.of_cookie(&salt)?;
        let sealed =
            encrypt_aead(Cipher::aes_256_gcm(), &key, Some(&nonce), CONTEXT, &text, &mut tag)?;
        let parts = [self.key.mark().as_slice(), &salt, &sealed, &tag].concat();
        Ok(URL_SAFE_NO_PAD.encode(parts))
    }

    fn open(&self, cookie: &str) -> Option<Pending> {
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
    async fn put(
        &self,
        pending: &Pending,
        random: Random,
        _now: DateTime<Utc>,
    ) -> Result<Remembered, BoxError> {
        let cookie = self.seal(pending, random)?;
        // A browser silently drops a cookie of more than 4,096 bytes, its name and attributes
        // included: RFC 6265bis §5.6.
        if cookie.len() > MAX_COOKIE_BYTES {
            return Err(BoxError::new("the request is too long for a cookie"));
        }
        Ok(Remembered::Cookie(cookie))
    }

    async fn take(
        &self,
        request_id: &str,
        cookie: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Pending>, BoxError> {
        self.look(request_id, cookie, now).await
    }

    async fn look(
        &self,
        request_id: &str,
        cookie: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Pending>, BoxError> {
        let pending = self.open(cookie);
        Ok(pending
            .filter(|pending| pending.request_id() == request_id && now < pending.expires_at()))
    }
}

/// The kind first.
fn write(pending: &Pending) -> Vec<u8> {
    let mut out = Fields::default();
    let mut field = |bytes: &[u8]| out.add(bytes);
    let relay_state = match pending {
        Pending::Login(request) => &request.relay_state,
        Pending::Logout(logout) => &logout.relay_state,
    };
    field(match pending {
        Pending::Login(_) => b"login",
        Pending::Logout(_) => b"logout",
    });
    field(pending.request_id().as_bytes());
    field(pending.connection_id().as_bytes());
    field(&pending.issued_at().timestamp_millis().to_be_bytes());
    field(&pending.expires_at().timestamp_millis().to_be_bytes());
    field(relay_state.as_ref().map_or("", RelayState::as_str).as_bytes());
    if let Pending::Login(request) = pending {
        field(request.revision.as_bytes());
        field(match request.purpose {
            Purpose::Login => b"login",
            Purpose::Test => b"test",
        });
        field(&[u8::from(request.force_authn)]);
        field(request.name_id_format.as_deref().unwrap_or_default().as_bytes());
        field(&request.context);
        request.authn_contexts.iter().for_each(|class| field(class.as_bytes()));
    }
    out.into_bytes()
}

fn read(text: &[u8]) -> Option<Pending> {
    let fields = fields::read(text)?;
    let [kind, request_id, connection_id, issued_at, expires_at, relay_state, rest @ ..] =
        fields.as_slice()
    else {
        return None;
    };
    let instant =
        |bytes: &[u8]| DateTime::from_timestamp_millis(i64::from_be_bytes(bytes.try_into().ok()?));
    let (request_id, connection_id) = (text_of(request_id)?, text_of(connection_id)?);
    let (issued_at, expires_at) = (instant(issued_at)?, instant(expires_at)?);
    let relay_state = RelayState::received(&text_of(relay_state)?);
    match (*kind, rest) {
        (b"login", [revision, purpose, force_authn, format, context, authn_contexts @ ..]) => {
            let authn_contexts = authn_contexts.iter().map(|class| text_of(class));
            Some(Pending::Login(PendingRequest {
                request_id,
                connection_id,
                revision: text_of(revision)?,
                purpose: match *purpose {
                    b"login" => Purpose::Login,
                    b"test" => Purpose::Test,
                    _ => return None,
                },
                issued_at,
                expires_at,
                relay_state,
                force_authn: match *force_authn {
                    [0] => false,
                    [1] => true,
                    _ => return None,
                },
                name_id_format: Some(text_of(format)?).filter(|format| !format.is_empty()),
                authn_contexts: authn_contexts.collect::<Option<_>>()?,
                context: context.to_vec(),
            }))
        }
        (b"logout", []) => Some(Pending::Logout(PendingLogout {
            request_id,
            connection_id,
            issued_at,
            expires_at,
            relay_state,
        })),
        _ => None,
    }
}
