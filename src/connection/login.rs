//! The usual case in one call each: a login begins, and a posted form ends it.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Connection, Opened};
use crate::error::{Error, Rejection};
use crate::identity::Identity;
use crate::random::Random;
use crate::replay::ReplayStore;
use crate::request::{
    LoginOptions, Pending, PendingRequest, RequestCookie, RequestCookies, RequestStore, SetCookie,
    remember,
};
use crate::send::Delivery;

/// So many unanswered bounces of a browser within a minute are one more than an honest identity
/// provider causes.
const MAX_BOUNCES: usize = 2;

/// A login that has begun: [`Connection::begin_login`].
#[derive(Clone, Debug)]
#[must_use = "the browser has to be sent to the identity provider, with its cookies"]
#[non_exhaustive]
pub struct BegunLogin {
    /// What to answer the browser with.
    pub delivery: Delivery,
    /// A `Set-Cookie` header each: the cookie of this login, and those that have to go.
    pub cookies: Vec<SetCookie>,
}

/// Somebody who has logged in: [`Connection::log_in`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LoggedIn {
    /// Who it is.
    pub identity: Identity,
    /// What was asked for; `None` for a login that was started at the identity provider, to which
    /// nothing of any other request applies.
    pub request: Option<PendingRequest>,
    /// A `Set-Cookie` header each: the cookies that have served.
    pub cookies: Vec<SetCookie>,
    /// How far the identity provider's clock seems to be ahead of ours. Keep it beside the
    /// connection, and show its administrator [`Warning::of_clocks`](super::Warning::of_clocks): it
    /// grows before it refuses.
    pub clock_difference: Option<TimeDelta>,
}

impl Connection {
    /// Begins a login: [starts](Connection::start_login) it, remembers the request, and makes the
    /// cookie that binds it to this browser.
    ///
    /// `cookies` is what this browser brought. Begin in the place of a response that was refused as
    /// `unsolicited_bounced` with [`Connection::begin_bounce`].
    ///
    /// # Errors
    ///
    /// Those of [`Connection::start_login`], [`Error::RequestStore`] if the request cannot be
    /// remembered, and [`SendError::CookiesFull`](crate::error::SendError::CookiesFull).
    pub async fn begin_login<R: RequestStore>(
        &self,
        options: LoginOptions,
        cookies: &RequestCookies,
        requests: &R,
        random: Random,
        now: DateTime<Utc>,
    ) -> Result<BegunLogin, Error> {
        self.begin(options, cookies, requests, random, now, false).await
    }

    /// The same in the place of a response that nobody asked for
    /// ([`Unsolicited::Bounce`](crate::Unsolicited::Bounce)). Anybody can cause one, so its cookie
    /// pushes out no other login's.
    ///
    /// # Errors
    ///  Those of [`Connection::begin_login`], and [`Rejection::BounceUnanswered`] after two that
    /// were not answered within the last minute: an identity provider that never says what it
    /// answers would go round for ever.
    pub async fn begin_bounce<R: RequestStore>(
        &self,
        options: LoginOptions,
        cookies: &RequestCookies,
        requests: &R,
        random: Random,
        now: DateTime<Utc>,
    ) -> Result<BegunLogin, Error> {
        if cookies.unanswered_bounces(self.id(), now) >= MAX_BOUNCES {
            return Err(Rejection::BounceUnanswered.into());
        }
        self.begin(options, cookies, requests, random, now, true).await
    }

    async fn begin<R: RequestStore>(
        &self,
        options: LoginOptions,
        cookies: &RequestCookies,
        requests: &R,
        random: Random,
        now: DateTime<Utc>,
        by_bounce: bool,
    ) -> Result<BegunLogin, Error> {
        // The ID is seen by everybody on the way; the cookie is not made of the same randomness.
        let (for_id, for_cookie) = random.split();
        let started = self.start_login(options, for_id, now)?;
        let pending = Pending::Login(started.pending);
        let cookies = remember(requests, &pending, (cookies, by_bounce), for_cookie, now).await?;
        Ok(BegunLogin { delivery: started.delivery, cookies })
    }

    /// Ends a login: opens the `SAMLResponse` form value of a POST to the ACS URL, takes the
    /// request that it names, accepts it, and spends it.
    ///
    /// `cookies` is what this browser brought. Create the session right after.
    ///
    /// ```
    /// # use saml_login::testing::idp::TestIdp;
    /// # use saml_login::{Connection, ServiceProvider};
    /// # let now = "2030-01-31T12:00:00Z".parse()?;
    /// # let idp = TestIdp::p256("https://idp.example.test")?;
    /// # let sp = ServiceProvider::new("https://app.example.test", "https://app.example.test/acs");
    /// # let side = idp.identity_provider()?.with_sso_url("https://idp.example.test/sso");
    /// # let connection = Connection::builder("acme", sp.clone(), side).build()?;
    /// use saml_login::request::RequestCookies;
    /// use saml_login::{LoginOptions, MemoryReplayStore, MemoryRequestStore, Random};
    ///
    /// let (requests, replays) = (MemoryRequestStore::default(), MemoryReplayStore::default());
    /// # let example = async {
    /// // GET /login: send the browser there, and give it the cookies.
    /// let brought = RequestCookies::read("");
    /// let random = Random::generate()?;
    /// let options = LoginOptions::default();
    /// let begun = connection.begin_login(options, &brought, &requests, random, now).await?;
    /// # let id = TestIdp::request_id(&begun.delivery).ok_or("no request")?;
    /// # let saml_response = idp.response(&sp, now).in_reply_to(&id).form_value()?;
    /// # let header = begun.cookies[0].as_str().split(';').next().unwrap_or_default();
    ///
    /// // POST /acs: the form field `SAMLResponse`, and the `Cookie` header.
    /// let brought = RequestCookies::read(header);
    /// let done = connection.log_in(saml_response, &brought, &requests, &replays, now).await?;
    /// assert_eq!(done.identity.name_id.value, "alice@example.test");
    /// assert_eq!(done.cookies.len(), 1, "the cookie has served");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # };
    /// # saml_login::testing::contract::block_on(Box::pin(async { example.await.unwrap() }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`Connection::open`], of [`Opened::accept`](crate::Opened::accept) and of
    /// [`Unspent::spend`](crate::Unspent::spend), and [`Error::RequestStore`].
    pub async fn log_in<R: RequestStore, S: ReplayStore>(
        &self,
        form_value: impl AsRef<[u8]>,
        cookies: &RequestCookies,
        requests: &R,
        replays: &S,
        now: DateTime<Utc>,
    ) -> Result<LoggedIn, Error> {
        let opened = self.open(form_value, now)?;
        let clock_difference = opened.clock_difference();
        let (request, served) = self.take_request(&opened, cookies, requests, now).await?;
        let unspent = opened.accept(request.as_ref(), now)?;
        let identity = unspent.spend(replays, now).await?;
        Ok(LoggedIn { identity, request, cookies: served, clock_difference })
    }

    /// The request that a verified message names, which is used up by it, and the cookies that have
    /// served then.
    pub(crate) async fn take_request<R: RequestStore>(
        &self,
        opened: &Opened<'_>,
        cookies: &RequestCookies,
        requests: &R,
        now: DateTime<Utc>,
    ) -> Result<(Option<PendingRequest>, Vec<SetCookie>), Error> {
        let (mut request, mut served) = (None, Vec::new());
        let Some(id) = opened.in_response_to() else { return Ok((request, served)) };
        for cookie in cookies.of_request(self.id(), id) {
            let taken = requests.take(id, cookie.value(), now).await;
            let taken = taken.map_err(Error::RequestStore)?.and_then(Pending::into_login);
            served.push(cookie.clear());
            request = request.or(taken);
        }
        // One that answers requests at all is in no circle of bounces: they are forgotten.
        let answered = request.as_ref().map(|_| cookies.bounces_of(self.id()));
        for bounce in answered.into_iter().flatten().map(RequestCookie::clear) {
            if !served.contains(&bounce) {
                served.push(bounce);
            }
        }
        Ok((request, served))
    }
}
