//! How a login starts.

use super::context::Context;
use super::cookie::Kind;
use super::{Browser, RateKind, Sso, SsoRefusal, failed};
use crate::account::OrganizationId;
use crate::binding::is_safe_path;
use crate::error::Error;
use crate::identity::Email;
use crate::organization::{
    ChangeRefusal, Claim, ClaimKind, Discovery, EmailDomain, Organization, discover,
};
use crate::random::Random;
use crate::request::{LoginOptions, Purpose, SetCookie};
use crate::send::Delivery;
use crate::store::{Record, Store};
use crate::token::TokenDigest;

/// How a login is to start.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Start<'a> {
    /// What for.
    pub purpose: StartFor<'a>,
    /// Where to go on afterwards: a path on this site, of at most 1,024 bytes. Default: `/`.
    pub return_to: Option<&'a str>,
    /// Whether the person has to prove anew who they are, and how.
    pub options: LoginOptions,
}

/// What a login is started for.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum StartFor<'a> {
    /// Somebody comes in by an invitation: the token of its mail.
    Invitation(&'a str),
    /// Whoever is signed in connects their account to their name at the identity provider.
    Link,
    /// Somebody comes in.
    Login,
    /// Whoever is signed in goes on once they have come through single sign-on.
    StepUp,
    /// An administrator who is signed in tries settings out: those in effect, or those that are
    /// proposed. Nothing becomes of accounts.
    Test {
        /// Whether those that are proposed.
        proposed: bool,
    },
}

impl<'a> Start<'a> {
    /// A login for this.
    pub fn new(purpose: StartFor<'a>) -> Self {
        Self { purpose, return_to: None, options: LoginOptions::default() }
    }

    /// The same, to go on here afterwards.
    #[must_use]
    pub fn return_to(self, path: impl Into<Option<&'a str>>) -> Self {
        Self { return_to: path.into(), ..self }
    }

    /// The same, asked for in this way.
    #[must_use]
    pub fn with_options(self, options: LoginOptions) -> Self {
        Self { options, ..self }
    }
}

/// A login that has started: send the browser on, with its cookies.
#[derive(Clone, Debug)]
#[must_use = "the browser has to be sent to the identity provider, with its cookies"]
#[non_exhaustive]
pub struct Started {
    /// What to answer the browser with.
    pub delivery: Delivery,
    /// A `Set-Cookie` header each.
    pub cookies: Vec<SetCookie>,
}

/// Longer paths to go on to are refused: they are kept in a cookie.
const LONGEST_PATH: usize = 1_024;

impl<S: Store> Sso<S> {
    /// Starts a login at the organization that has this slug, or had it: `GET /sso/{slug}`.
    ///
    /// # Errors
    ///
    /// [`SsoRefusal`], [`SsoUnavailable`](crate::organization::SsoUnavailable) where the
    /// organization has no single sign-on, [`ChangeRefusal::CandidateMissing`] for a test of what
    /// is proposed where nothing is, and those of [`begin_login`](crate::Connection::begin_login).
    pub async fn start(
        &self,
        slug: &str,
        start: Start<'_>,
        browser: &Browser<'_>,
        random: Random,
    ) -> Result<Started, Error> {
        let record = self.at(ClaimKind::Slug, slug).await?;
        self.start_at(&record, start, browser, random).await
    }

    /// Where somebody logs in who has typed their address and nothing else: a verified domain sends
    /// them on; everything else is one answer, the same for an address that nobody has and for one
    /// that many have. Ask for the organization's name then, which is its slug.
    ///
    /// # Errors
    ///
    /// Those of [`start`](Self::start).
    pub async fn start_by_email(
        &self,
        email: &Email,
        start: Start<'_>,
        browser: &Browser<'_>,
        random: Random,
    ) -> Result<Option<Started>, Error> {
        let Ok(domain) = EmailDomain::parse(email.domain()) else { return Ok(None) };
        let claim = Claim::new(ClaimKind::Domain, domain.as_str());
        let Some(id) = self.store.claimed(&claim).await.map_err(failed)? else { return Ok(None) };
        let record = self.record(&id).await?;
        match discover(email, [&record.organization]) {
            Discovery::Found(_) => self.start_at(&record, start, browser, random).await.map(Some),
            _ => Ok(None),
        }
    }

    async fn start_at(
        &self,
        record: &Record,
        start: Start<'_>,
        browser: &Browser<'_>,
        random: Random,
    ) -> Result<Started, Error> {
        if !browser.is_navigation() {
            return Err(SsoRefusal::NotNavigated.into());
        }
        let go_to = start.return_to.map(checked).transpose()?;
        let organization = &record.organization;
        let mut context = self.context(organization.id(), start.purpose, browser).await?;
        context.go_to = go_to;
        let adopted = organization.as_if_adopted().filter(|_| context.proposed);
        // Otherwise what is in effect would be tried out in its place.
        if context.proposed && adopted.is_none() {
            return Err(ChangeRefusal::CandidateMissing.into());
        }
        self.limited(RateKind::LoginStarted, browser).await?;
        let connection = self.connection(adopted.as_ref().unwrap_or(organization))?;
        let mut options = start.options;
        options.purpose = match start.purpose {
            StartFor::Test { .. } => Purpose::Test,
            _ => Purpose::Login,
        };
        options.context = context.to_bytes();
        let cookies = self.cookies.requests(browser.cookies);
        let begun =
            connection.begin_login(options, &cookies, &self.requests, random, browser.now).await?;
        let cookies = self.cookies.of_requests(begun.cookies);
        Ok(Started { delivery: begun.delivery, cookies })
    }

    /// What the request remembers of where it came from, which is asked for again when the answer
    /// comes.
    async fn context(
        &self,
        organization: &OrganizationId,
        purpose: StartFor<'_>,
        browser: &Browser<'_>,
    ) -> Result<Context, Error> {
        let former = self.cookies.read(Kind::Session, browser.cookies);
        let mut context = Context { former, ..Context::default() };
        match purpose {
            StartFor::Login => return Ok(context),
            StartFor::Invitation(token) => {
                context.invitation = Some(TokenDigest::of(token));
                return Ok(context);
            }
            StartFor::Test { proposed } => context.proposed = proposed,
            StartFor::Link => context.links = true,
            StartFor::StepUp => {}
        }
        // Whoever is signed in at the identity provider as somebody else would be linked, or would
        // seem to have tried the settings out.
        if !matches!(purpose, StartFor::StepUp) && !browser.is_from_here() {
            return Err(SsoRefusal::NotNavigated.into());
        }
        let token = self.cookies.read(Kind::Session, browser.cookies);
        let token = token.ok_or(SsoRefusal::NotSignedIn)?;
        let holder = self.holder(&token, organization, browser).await?;
        // Whom nobody trusts any more steps up as somebody new.
        if holder.is_some() {
            context.session = Some(token);
        } else if !matches!(purpose, StartFor::StepUp) {
            return Err(SsoRefusal::NotSignedIn.into());
        }
        let is_test = matches!(purpose, StartFor::Test { .. });
        // One that has to step up administers nothing.
        if is_test && !holder.is_some_and(|holder| holder.by().administers(organization)) {
            return Err(SsoRefusal::TestNotAdministrator.into());
        }
        Ok(context)
    }
}

/// A place on this site.
pub(super) fn checked(path: &str) -> Result<String, Error> {
    match path.len() <= LONGEST_PATH && is_safe_path(path) {
        true => Ok(path.to_owned()),
        false => Err(SsoRefusal::ReturnUnsafe.into()),
    }
}

/// Of an organization.
pub(super) fn login_url(organization: &Organization) -> String {
    organization.urls().login_url.clone()
}
