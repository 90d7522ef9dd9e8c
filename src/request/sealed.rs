//! Requests remembered by the browser itself, in a cookie that only we can make and read.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};

use super::store::{Remembered, RequestStore};
use super::{Pending, PendingLogout, PendingRequest, Purpose};
use crate::binding::RelayState;
use crate::error::BoxError;
use crate::fields::{self, Fields, text as text_of};
use crate::random::Random;
use crate::sealing::{SealingKey, SealingKeys};

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
    keys: SealingKeys,
}

const PURPOSE: &[u8] = b"saml-login sealed request: ";
/// The form of what is written.
const CONTEXT: &[u8] = b"saml-login pending request 3";
/// Leaves room for the name and the attributes.
const MAX_COOKIE_BYTES: usize = 3_900;

impl SealedRequests {
    /// Seals with this key, or with the first of [several](SealingKeys).
    pub fn new(keys: impl Into<SealingKeys>) -> Self {
        Self { keys: keys.into() }
    }

    /// Opens what was sealed with an older key as well. To rotate: let every machine know the new
    /// key in this way, then let all seal with it, and drop the older one when its requests have
    /// expired.
    pub fn and_opening_with(self, older: SealingKey) -> Self {
        Self { keys: self.keys.and_opening_with(older) }
    }

    fn seal(&self, pending: &Pending, random: Random) -> Result<String, BoxError> {
        let key = self.keys.first();
        let random = random.for_purpose("sealed request");
        let sealed = key.seal(PURPOSE, CONTEXT, &write(pending), random)?;
        Ok(URL_SAFE_NO_PAD.encode([key.short_mark().as_slice(), &sealed].concat()))
    }

    fn open(&self, cookie: &str) -> Option<Pending> {
        let bytes = URL_SAFE_NO_PAD.decode(cookie).ok()?;
        let (mark, sealed) = bytes.split_at_checked(4)?;
        let key = self.keys.all().find(|key| key.short_mark() == mark)?;
        read(&key.open(PURPOSE, CONTEXT, sealed)?)
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
