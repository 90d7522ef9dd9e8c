//! The doors: from what a browser sends to somebody who is signed in, over a [`Store`].
//!
//! [`Sso`] is what an application's routes call, one call for each: a login [starts](Sso::start),
//! the identity provider's form [ends](Sso::complete_login) it, each request asks who is
//! [signed in](Sso::resume). Nothing of HTTP is in here but the texts of cookies: bind it to
//! whatever serves your routes.
//!
//! Each call ends in one value that says what to answer the browser with, cookies included. What
//! belongs together is written together: a login spends its assertion and its request, makes or
//! changes the account, takes the seat, begins the session and is told of, in one step or not at
//! all.

mod browser;
mod builder;
mod cache;
mod code;
mod complete;
mod completed;
mod confirm;
mod context;
mod cookie;
mod counted;
mod credential;
mod limits;
mod logout;
mod mail;
mod refusal;
mod session;
mod start;
mod switch;
mod tested;

use std::fmt;
use std::sync::Arc;

pub use self::browser::Browser;
pub use self::builder::{SsoBuilder, SsoConfigError};
use self::cache::{Cache, Known};
pub use self::code::{CodeAsked, Entered};
pub use self::completed::{Completed, Confirming, LoggedIn, PostedLogin, Stopped};
use self::cookie::Cookies;
pub use self::limits::{DynRateLimits, MemoryRateLimits, RateKey, RateKind, RateLimits};
pub use self::logout::{LoggedOut, LogoutAnswered};
pub use self::mail::{DynMailer, Mail, Mailer};
pub use self::refusal::SsoRefusal;
pub use self::session::{Resumed, SignedIn};
pub use self::start::{Start, StartFor, Started};
pub use self::switch::Visible;
pub use self::tested::Tested;
use crate::account::OrganizationId;
use crate::audit::AuditEvent;
use crate::connection::Connection;
use crate::error::{BoxError, Error};
use crate::organization::{Claim, ClaimKind, Organization, SsoUnavailable};
use crate::replay::DynReplayStore;
use crate::request::DynRequestStore;
use crate::sealing::SealingKeys;
use crate::session::SessionRules;
use crate::store::{Record, Store, Written};

/// The doors of an application: build it once, and call it from every route.
///
/// ```
/// use saml_login::SealingKey;
/// use saml_login::sso::{Mail, Mailer, Sso};
/// use saml_login::store::MemoryStore;
///
/// /// Hands mails to whatever sends them.
/// struct Postman;
///
/// impl Mailer for Postman {
///     async fn send(&self, mail: &Mail) -> Result<(), saml_login::error::BoxError> {
///         println!("to {}: {}", mail.to().address(), mail.subject());
///         Ok(())
///     }
/// }
///
/// # let now = "2030-01-31T12:00:00Z".parse()?;
/// # let example = async {
/// let sso = Sso::builder("https://app.example.com", MemoryStore::default())
///     .sealing_keys([SealingKey::new([7; 32])]) // from where the application keeps its secrets
///     .mailer(Postman)
///     .build(now)
///     .await?;
/// # let _ = sso;
/// # Ok::<(), saml_login::sso::SsoConfigError>(())
/// # };
/// # saml_login::testing::contract::block_on(Box::pin(async { example.await.unwrap() }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Sso<S> {
    store: S,
    requests: DynRequestStore,
    replays: Option<DynReplayStore>,
    keys: SealingKeys,
    mailer: DynMailer,
    rates: DynRateLimits,
    cookies: Cookies,
    base_url: String,
    rules: SessionRules,
    cache: Cache,
}

impl<S: Store> Sso<S> {
    /// Where everything is kept.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Where the application is reached, without a slash at the end.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Our side's metadata of an organization, by its ACS URL: what its administrator gives to the
    /// identity provider.
    ///
    /// # Errors
    ///
    /// [`SsoRefusal::OrganizationUnknown`] and [`SsoRefusal::Store`].
    pub async fn metadata(&self, acs_url: &str) -> Result<String, Error> {
        let record = self.at(ClaimKind::AcsUrl, acs_url).await?;
        Ok(record.organization.metadata_with(&self.keys).xml())
    }

    /// The path of the base URL, without a slash at the end: nothing, usually.
    #[cfg(feature = "scim")]
    pub(crate) fn base_path(&self) -> &str {
        let authority = self.base_url.split_once("://").map_or("", |(_, authority)| authority);
        authority.find('/').and_then(|at| authority.get(at..)).unwrap_or_default()
    }

    /// The keys that cookies and cursors are sealed with.
    #[cfg(feature = "scim")]
    pub(crate) fn sealing_keys(&self) -> &SealingKeys {
        &self.keys
    }

    /// Counts a refusal that anybody can cause: if it is the first of its kind in this minute, how
    /// many have come since the last that was told.
    #[cfg(feature = "scim")]
    pub(crate) fn first_refusal(
        &self,
        organization: &OrganizationId,
        code: &'static str,
        now: chrono::DateTime<chrono::Utc>,
    ) -> Option<u64> {
        self.cache.first(organization, code, now)
    }

    /// The organization that has claimed this, as it is kept now.
    async fn at(&self, kind: ClaimKind, value: &str) -> Result<Record, Error> {
        let claimed = self.store.claimed(&Claim::new(kind, value)).await;
        let id = claimed.map_err(failed)?.ok_or(SsoRefusal::OrganizationUnknown)?;
        self.record(&id).await
    }

    /// The organization of this id, as it is kept now.
    async fn record(&self, id: &OrganizationId) -> Result<Record, Error> {
        let record = self.store.organization(id).await.map_err(failed)?;
        let record = record.ok_or(SsoRefusal::OrganizationUnknown)?;
        self.cache.put(&record.organization);
        Ok(record)
    }

    /// What an organization has set: as it was a second ago at the earliest.
    async fn known(&self, id: &OrganizationId, browser: &Browser<'_>) -> Result<Arc<Known>, Error> {
        if let Some(known) = self.cache.known(id, browser.now) {
            return Ok(known);
        }
        let record = self.store.organization(id).await.map_err(failed)?;
        let record = record.ok_or(SsoRefusal::OrganizationUnknown)?;
        Ok(self.cache.read(record.organization, browser.now))
    }

    /// The connection of these settings, with our key pairs.
    fn connection(&self, organization: &Organization) -> Result<Arc<Connection>, SsoUnavailable> {
        self.cache.connection(organization, &self.keys)
    }

    /// Tells of what nothing is written with.
    async fn tell(&self, event: &AuditEvent) -> Result<(), Error> {
        self.store.record(event).await.map_err(failed)
    }
}

fn failed(error: BoxError) -> Error {
    SsoRefusal::Store(error).into()
}

/// So often something is read and written anew where others write at the same time.
const TRIES: usize = 8;

/// Others wrote at the same time, as often as that.
fn contended() -> Error {
    failed(BoxError::new("others wrote at the same time, again and again"))
}

/// What nothing can stand in the way of.
fn done(written: Result<Written, BoxError>) -> Result<(), Error> {
    match written.map_err(failed)? {
        Written::Done => Ok(()),
        other => Err(failed(BoxError::new(format!("it was answered {other:?}")))),
    }
}

/// It holds keys.
impl<S> fmt::Debug for Sso<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sso").finish_non_exhaustive()
    }
}
