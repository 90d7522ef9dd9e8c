//! Putting the doors together.

use chrono::{DateTime, Utc};

use super::cache::Cache;
use super::cookie::Cookies;
use super::{DynMailer, DynRateLimits, Mailer, MemoryRateLimits, RateLimits, Sso};
use crate::address::{Address, is_plain};
use crate::administration::{AdministrationError, admit_sealing_keys};
use crate::replay::{DynReplayStore, ReplayStore};
use crate::request::{DynRequestStore, RequestStore, SealedRequests};
use crate::sealing::{SealingKey, SealingKeys};
use crate::session::SessionRules;
use crate::store::Store;

/// What [`Sso`] is made of: [`Sso::builder`].
#[must_use]
pub struct SsoBuilder<S> {
    base_url: String,
    store: S,
    keys: Vec<SealingKey>,
    mailer: Option<DynMailer>,
    requests: Option<DynRequestStore>,
    replays: Option<DynReplayStore>,
    rates: DynRateLimits,
    rules: SessionRules,
}

/// Why the doors cannot be put together.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SsoConfigError {
    /// The store does not know the sealing keys, or failed: a key that was drawn at this start, or
    /// that of another installation, opens nothing of what is kept.
    #[error("the store did not take the sealing keys")]
    Administration(#[from] AdministrationError),
    /// The base URL is no absolute https URL without query, or http one on this machine.
    #[error("the base URL has to be an absolute https URL, or an http one on this machine")]
    BaseUrl,
    /// Nothing sends mails.
    #[error("nothing sends mails: codes are needed to link an administrator's account")]
    Mailer,
    /// There is no key to seal with.
    #[error("there is no sealing key: give 32 random bytes from where secrets are kept")]
    SealingKey,
}

impl SsoConfigError {
    /// A stable snake_case code, part of semver.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Administration(error) => error.code(),
            Self::BaseUrl => "base_url_invalid",
            Self::Mailer => "mailer_missing",
            Self::SealingKey => "sealing_key_missing",
        }
    }
}

impl<S: Store> Sso<S> {
    /// Begins with where the application is reached, and where everything is kept.
    pub fn builder(base_url: impl Into<String>, store: S) -> SsoBuilder<S> {
        SsoBuilder {
            base_url: base_url.into(),
            store,
            keys: Vec::new(),
            mailer: None,
            requests: None,
            replays: None,
            rates: DynRateLimits::new(MemoryRateLimits::default()),
            rules: SessionRules::default(),
        }
    }
}

impl<S: Store> SsoBuilder<S> {
    /// The keys that cookies and codes are sealed with, the present one first; with the others what
    /// was sealed before is opened. The same on every machine.
    pub fn sealing_keys(self, keys: impl IntoIterator<Item = SealingKey>) -> Self {
        Self { keys: keys.into_iter().collect(), ..self }
    }

    /// What sends mails.
    pub fn mailer(self, mailer: impl Mailer + 'static) -> Self {
        Self { mailer: Some(DynMailer::new(mailer)), ..self }
    }

    /// Where requests are remembered. Default: sealed in the browser's cookie.
    pub fn requests(self, requests: impl RequestStore + 'static) -> Self {
        Self { requests: Some(DynRequestStore::new(requests)), ..self }
    }

    /// Where what is used up is remembered, if that is elsewhere: then it is used up first, and a
    /// login that fails afterwards has to be started again. Default: with everything else that a
    /// login writes.
    pub fn replays(self, replays: impl ReplayStore + 'static) -> Self {
        Self { replays: Some(DynReplayStore::new(replays)), ..self }
    }

    /// What counts how often something was tried. Default: each process for itself.
    pub fn rate_limits(self, rates: impl RateLimits + 'static) -> Self {
        Self { rates: DynRateLimits::new(rates), ..self }
    }

    /// How long sessions last in organizations that have
    /// [nothing of their own](crate::organization::Change::LimitSessions).
    pub fn session_rules(self, rules: SessionRules) -> Self {
        Self { rules, ..self }
    }

    /// Puts the doors together, once the store knows the [sealing keys](admit_sealing_keys): at the
    /// first start it learns them, and later a key that it does not know needs a known one beside
    /// it.
    ///
    /// # Errors
    ///
    /// [`SsoConfigError`]: what is missing.
    pub async fn build(self, now: DateTime<Utc>) -> Result<Sso<S>, SsoConfigError> {
        let base = self.base_url.trim_end_matches('/');
        if Address::of(base) != Address::Secure || !is_plain(base) || base.contains('?') {
            return Err(SsoConfigError::BaseUrl);
        }
        let mut keys = self.keys.into_iter();
        let first = SealingKeys::new(keys.next().ok_or(SsoConfigError::SealingKey)?);
        let keys = keys.fold(first, SealingKeys::and_opening_with);
        let mailer = self.mailer.ok_or(SsoConfigError::Mailer)?;
        admit_sealing_keys(&self.store, &keys, now).await?;
        let sealed = SealedRequests::new(keys.clone());
        Ok(Sso {
            cookies: Cookies { port: plain_port(base) },
            base_url: base.to_owned(),
            keys,
            mailer,
            requests: self.requests.unwrap_or_else(|| DynRequestStore::new(sealed)),
            replays: self.replays,
            rates: self.rates,
            rules: self.rules,
            store: self.store,
            cache: Cache::default(),
        })
    }
}

/// The port of a plain http server on this machine.
fn plain_port(base: &str) -> Option<u16> {
    let authority = base.strip_prefix("http://")?.split('/').next()?;
    let port = authority.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    Some(port.unwrap_or(80))
}
