//! From the posted form to a session.

use std::sync::LazyLock;

use chrono::{DateTime, TimeDelta, Utc};

use super::context::Context;
use super::{
    Browser, Completed, Confirming, LoggedIn, PostedLogin, SignedIn, Sso, SsoRefusal, Stopped,
};
use crate::advice::{Advice, Product};
use crate::audit::AuditEvent;
use crate::connection::{BegunLogin, Connection};
use crate::error::{Error, Rejection};
use crate::identity::Identity;
use crate::organization::{By, ClaimKind, Organization};
use crate::provision::{
    Beside, CarriedOut, Holder, Intent, LogIn, Provisioning, Refusal, Undone, carry_out_beside,
};
use crate::random::Random;
use crate::replay::{ReplayStore as _, Spending};
use crate::request::{
    LoginOptions, Pending, Purpose, RequestCookies, RequestStore as _, SetCookie,
};
use crate::session::SessionStart;
use crate::store::{KeptKind, KeptWrite, Record, SessionWrite, Store, Write};
use crate::token::TokenDigest;

/// What is known of a posted form on its way.
pub(super) struct Way<'w> {
    pub(super) browser: &'w Browser<'w>,
    pub(super) record: Record,
    pub(super) cookies: RequestCookies,
    pub(super) served: Vec<SetCookie>,
}

/// Why it goes no further, and whether that is told yet.
pub(super) enum Halt {
    Told(Error),
    /// Before a signature held: anybody can cause it.
    Unsigned(Error),
    Untold(Error),
}

impl<E: Into<Error>> From<E> for Halt {
    fn from(error: E) -> Self {
        Self::Untold(error.into())
    }
}

impl<S: Store> Sso<S> {
    /// Takes the form that is posted to an Assertion Consumer Service URL: `POST
    /// /saml/{slug}/acs`.
    ///
    /// Opens it with the settings that its request was made for, takes the one request that it
    /// names, holds it to that, and then writes in one step what follows from it: the assertion and
    /// the request are used up, the account is made or linked or kept, its seat taken, the session
    /// begun, the one that the login was started from ended, and the event told. What does not come
    /// to its end has written nothing; a refusal of a genuine form uses it up all the same.
    ///
    /// Every failure is an answer, too: [`Completed::Stopped`].
    pub async fn complete_login(
        &self,
        form: &PostedLogin<'_>,
        browser: &Browser<'_>,
        random: Random,
    ) -> Completed {
        let record = match self.at(ClaimKind::AcsUrl, form.acs_url).await {
            Ok(record) => record,
            Err(error) => return Completed::Stopped(Box::new(Stopped::new(error, None))),
        };
        let cookies = self.cookies.requests(browser.cookies);
        let mut way = Way { browser, record, cookies, served: Vec::new() };
        match self.take(form, &mut way, random).await {
            Ok(completed) => completed,
            Err(halt) => Completed::Stopped(Box::new(self.stopped(halt, way).await)),
        }
    }

    async fn take(
        &self,
        form: &PostedLogin<'_>,
        way: &mut Way<'_>,
        random: Random,
    ) -> Result<Completed, Halt> {
        let now = way.browser.now;
        let proposed = self.is_of_proposal(form, way).await?;
        let adopted = way.record.organization.as_if_adopted().filter(|_| proposed);
        let settings = adopted.as_ref().unwrap_or(&way.record.organization);
        let connection = self.connection(settings)?;
        let opened = connection.open(form.saml_response, now);
        let opened = opened.map_err(|rejection| Halt::Unsigned(rejection.into()))?;
        let taken = connection.take_request(&opened, &way.cookies, &self.requests, now);
        let (request, served) = taken.await?;
        way.served.append(&mut self.cookies.of_requests(served));
        let clock_difference = opened.clock_difference();
        if request.as_ref().is_some_and(|request| request.purpose == Purpose::Test) || proposed {
            return self.tested(form, opened, request, adopted.as_ref(), way).await;
        }
        let context = request.as_ref().and_then(|request| Context::read(&request.context));
        let unspent = match opened.accept(request.as_ref(), now) {
            Ok(unspent) => unspent,
            Err(Rejection::UnsolicitedBounced) => {
                return self.bounced(form, &connection, way, random).await;
            }
            Err(rejection) => return Err(rejection.into()),
        };
        let (identity, spending) = unspent.into_parts(now)?;
        let spend = self.spent(spending, way.browser.now).await?;
        let context = match context {
            Some(context) => context,
            None => Context { go_to: relayed(form), ..Context::default() },
        };
        let login = Login { identity, context, spend, clock_difference, taken: None };
        self.log_in(login, way, random).await
    }

    /// Whether the request that it claims to answer is one of this browser's that tries out what is
    /// proposed. What is not verified chooses among the browser's own requests, and nothing else.
    async fn is_of_proposal(&self, form: &PostedLogin<'_>, way: &Way<'_>) -> Result<bool, Halt> {
        let organization = &way.record.organization;
        if organization.candidate().is_none() {
            return Ok(false);
        }
        let Ok(connection) = self.connection(organization) else { return Ok(false) };
        let Some(id) = connection.unverified_in_response_to(form.saml_response) else {
            return Ok(false);
        };
        for cookie in way.cookies.of_request(organization.connection_id(), &id) {
            let looked = self.requests.look(&id, cookie.value(), way.browser.now).await;
            let request = looked.map_err(Error::RequestStore)?.and_then(Pending::into_login);
            let context = request.and_then(|request| Context::read(&request.context));
            if context.is_some_and(|context| context.proposed) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn bounced(
        &self,
        form: &PostedLogin<'_>,
        connection: &Connection,
        way: &Way<'_>,
        random: Random,
    ) -> Result<Completed, Halt> {
        let context = Context { go_to: relayed(form), ..Context::default() };
        let options = LoginOptions::default().with_context(context.to_bytes());
        let begun =
            connection.begin_bounce(options, &way.cookies, &self.requests, random, way.browser.now);
        let BegunLogin { delivery, cookies, .. } = begun.await?;
        let cookies = self.cookies.of_requests(cookies);
        Ok(Completed::Bounced { delivery, cookies })
    }

    /// What is still to be used up with the write: nothing, where that is remembered elsewhere.
    pub(super) async fn spent(
        &self,
        spending: Spending,
        now: DateTime<Utc>,
    ) -> Result<Option<Spending>, Error> {
        let Some(replays) = &self.replays else { return Ok(Some(spending)) };
        let outcome = replays.spend(&spending, now).await.map_err(Error::ReplayStore)?;
        outcome.refusal().map_or(Ok(None), |refusal| Err(refusal.into()))
    }

    /// A login that is verified becomes a session.
    pub(super) async fn log_in(
        &self,
        login: Login,
        way: &mut Way<'_>,
        random: Random,
    ) -> Result<Completed, Halt> {
        let organization = way.record.organization.id().clone();
        let holder = match &login.context.session {
            Some(token) => self.holder(token, &organization, way.browser).await?,
            None => None,
        };
        if login.context.links && holder.is_none() {
            self.use_up(login.spend, way).await?;
            return Err(SsoRefusal::SessionOver.into());
        }
        // To step up is no wish to be linked: somebody else may sit at the identity provider.
        let is_theirs = |holder: &&SignedIn| {
            let email = login.identity.email.as_ref();
            login.context.links || email.is_some_and(|email| holder.account.has_email(email))
        };
        let holder = holder.as_ref().filter(is_theirs);
        let intent = Intent::LogIn(match (holder, login.context.invitation) {
            (Some(holder), _) => {
                LogIn::of(&login.identity).with(Holder::Session(&holder.account.id))
            }
            (None, Some(token)) => LogIn::of(&login.identity).with(Holder::Invitation(token)),
            (None, None) => LogIn::of(&login.identity),
        });
        let completed = self.enter(&intent, &login, way, random).await?;
        self.answered(way.browser).await;
        Ok(completed)
    }

    /// Writes what an intent to log in comes to, with the session that begins.
    pub(super) async fn enter(
        &self,
        intent: &Intent<'_>,
        login: &Login,
        way: &mut Way<'_>,
        random: Random,
    ) -> Result<Completed, Halt> {
        let (for_account, rest) = random.split();
        let (for_session, for_code) = rest.split();
        let (browser, identity) = (way.browser, &login.identity);
        let address = browser.address();
        let asked = browser.asked(By::IdentityProvider, &address);
        let organization = &way.record.organization;
        let new = self.new_session(organization, Some(identity), for_session, browser.now);
        // Few logins wait for a code, and only they have one.
        let waiting = LazyLock::new(|| self.waiting(login, for_code, browser));
        let with = |write: &mut Write, provisioning: &Provisioning, record: &Record| {
            let account = match provisioning {
                Provisioning::Confirm(account) => {
                    let waiting = waiting.as_ref().map_err(|_| Refusal::LinkUnconfirmed)?;
                    write.kept.push(waiting.kept(account, record)?);
                    return Ok(());
                }
                _ => provisioning.account(),
            };
            let session = new.of(SessionStart::sso(identity, account));
            write.kept.extend(login.taken.map(|(kind, digest)| KeptWrite::Take(kind, digest)));
            let event = AuditEvent::login_accepted(
                record.organization.id(),
                account.id.clone(),
                browser.now,
            );
            write.events.push(asked.told(event));
            write.sessions.push(SessionWrite::Begin(Box::new(session)));
            write.sessions.extend(login.context.former.map(SessionWrite::End));
            Ok(())
        };
        let beside = Beside { spend: login.spend.clone(), with: &with };
        let organization = way.record.organization.id();
        let done =
            carry_out_beside(&self.store, organization, intent, &asked, for_account, &beside).await;
        let CarriedOut { account, provisioning } = match done {
            Ok(done) => done,
            Err(Undone::Not(error)) => {
                let is_told = matches!(error, crate::provision::ProvisionError::Refused(_));
                return Err(if is_told { Halt::Told(error.into()) } else { error.into() });
            }
            Err(Undone::Spent) => return Err(Rejection::AssertionReplayed.into()),
        };
        let go_to = login.context.go_to.clone().unwrap_or_else(|| "/".to_owned());
        if let Provisioning::Confirm(_) = provisioning {
            let mut cookies = Vec::new();
            if let Ok(waiting) = &*waiting {
                self.mail_link(&account, waiting, browser).await?;
                cookies.push(waiting.cookie.clone());
            }
            cookies.append(&mut way.served);
            return Ok(Completed::Confirm(Confirming { cookies, go_to }));
        }
        let session = new.of(SessionStart::sso(identity, &account));
        let mut cookies = new.cookies;
        cookies.append(&mut way.served);
        Ok(Completed::LoggedIn(Box::new(LoggedIn {
            account,
            provisioning,
            session,
            go_to,
            cookies,
            clock_difference: login.clock_difference,
        })))
    }

    /// A login that goes no further.
    pub(super) async fn stopped(&self, halt: Halt, way: Way<'_>) -> Stopped {
        let (organization, now) = (&way.record.organization, way.browser.now);
        let (error, is_told, is_unsigned) = match halt {
            Halt::Told(error) => (error, true, false),
            Halt::Unsigned(error) => (error, false, true),
            Halt::Untold(error) => (error, false, false),
        };
        let event = AuditEvent::login_refused(organization.id(), &error, now);
        let mut event = way.browser.told(event);
        // What can be sent without end costs one row a minute: what nobody has signed, and what was
        // used before.
        let is_flood = is_unsigned || Stopped::is_of_used_form(&error);
        let first = match is_flood {
            true => self.cache.first(organization.id(), error.code(), now),
            false => Some(0),
        };
        event.unlisted = first.unwrap_or_default();
        if first.is_some() && !is_told {
            // What nobody can write down does not change what the person reads.
            let _ = self.tell(&event).await;
        }
        let advice = match &error {
            Error::Rejected(rejection) => Advice::for_refusal(rejection, product(organization)),
            _ => None,
        };
        // What failed has used nothing up: the same form may come again, and needs its cookie then.
        let cookies = if error.is_failure() { Vec::new() } else { way.served };
        let stopped = Stopped::new(error, Some(event));
        Stopped { advice, cookies, ..stopped }
    }
}

/// A verified login on its way.
pub(super) struct Login {
    pub(super) identity: Identity,
    pub(super) context: Context,
    pub(super) spend: Option<Spending>,
    pub(super) clock_difference: Option<TimeDelta>,
    /// What was kept for it and is taken by it.
    pub(super) taken: Option<(KeptKind, TokenDigest)>,
}

/// What nobody here has asked for goes on where its RelayState says, if that is a place here.
fn relayed(form: &PostedLogin<'_>) -> Option<String> {
    form.relay_state.and_then(|path| super::start::checked(path).ok())
}

fn product(organization: &Organization) -> Option<Product> {
    let settings = organization.settings()?;
    Product::recognize(&settings.issuer, Some(&settings.sso_url), [])
}
