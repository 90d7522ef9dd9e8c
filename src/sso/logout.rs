//! Single logout, from either side.

use super::confirm::waited;
use super::cookie::Kind;
use super::session::ended;
use super::{Browser, SignedIn, Sso, TRIES, contended, done, failed};
use crate::account::OrganizationId;
use crate::audit::Actor;
use crate::binding::RelayState;
use crate::connection::Connection;
use crate::error::{Error, Rejection};
use crate::logout::{
    LogoutAnswer, LogoutMessage, LogoutOptions, LogoutOutcome, LogoutRequest, LogoutSubject,
    OpenedLogout,
};
use crate::organization::ClaimKind;
use crate::random::Random;
use crate::replay::{Spending, Unspent};
use crate::request::{Pending, RequestStore as _, SetCookie, remember};
use crate::send::Delivery;
use crate::session::Session;
use crate::store::{
    Kept, KeptKind, KeptWhat, KeptWrite, Record, SessionWrite, Store, Write, Written,
};

/// Somebody who was signed out here.
#[derive(Clone, Debug)]
#[must_use = "the browser has to be answered, with its cookies"]
#[non_exhaustive]
pub struct LoggedOut {
    /// Where to send the browser, so that the identity provider signs them out as well; `None`
    /// where it has no Single Logout Service, or they did not come from it.
    pub delivery: Option<Delivery>,
    /// A `Set-Cookie` header each.
    pub cookies: Vec<SetCookie>,
}

/// A logout message that was taken.
#[derive(Clone, Debug)]
#[must_use = "the browser has to be answered, with its cookies"]
#[non_exhaustive]
pub enum LogoutAnswered {
    /// The identity provider has asked for it, and these sessions have ended: send its answer back.
    Ended {
        /// What to answer the browser with; `None` where the identity provider has no place for an
        /// answer.
        delivery: Option<Delivery>,
        /// How many have ended.
        sessions: usize,
        /// A `Set-Cookie` header each.
        cookies: Vec<SetCookie>,
    },
    /// It has answered a logout that was started here.
    Returned {
        /// How far it came there.
        outcome: LogoutOutcome,
        /// Where to go on.
        go_to: Option<RelayState>,
        /// A `Set-Cookie` header each.
        cookies: Vec<SetCookie>,
    },
}

impl<S: Store> Sso<S> {
    /// Signs somebody out here, and starts the logout at their identity provider, if they came from
    /// it and it takes logouts. The session here ends first, whatever becomes of the rest; which
    /// process had begun it does not matter.
    ///
    /// # Errors
    ///
    /// [`SsoRefusal::Store`](super::SsoRefusal::Store): the session may go on. A request that
    /// cannot be made or remembered signs out here alone, without an error.
    pub async fn log_out(
        &self,
        signed_in: &SignedIn,
        relay_state: Option<RelayState>,
        browser: &Browser<'_>,
        random: Random,
    ) -> Result<LoggedOut, Error> {
        let mut ending = vec![&signed_in.session];
        ending.extend(signed_in.from.iter().map(|from| &from.0));
        for session in &ending {
            let actor = Actor::Member(session.start.account.clone());
            self.end(session, actor, browser).await?;
        }
        let mut cookies = self.forgotten();
        let delivery = match ending.into_iter().find(|session| session.subject.is_some()) {
            Some(session) => {
                self.ask_logout(session, relay_state, browser, random, &mut cookies).await
            }
            None => None,
        };
        Ok(LoggedOut { delivery, cookies })
    }

    async fn ask_logout(
        &self,
        session: &Session,
        relay_state: Option<RelayState>,
        browser: &Browser<'_>,
        random: Random,
        cookies: &mut Vec<SetCookie>,
    ) -> Option<Delivery> {
        let record = self.record(&session.start.organization).await.ok()?;
        let connection = self.connection(&record.organization).ok()?;
        let (for_id, for_cookie) = random.split();
        let options = LogoutOptions { relay_state, ..LogoutOptions::default() };
        let subject = session.subject.as_ref()?;
        let started = connection.start_logout(subject, options, for_id, browser.now).ok()?;
        let pending = Pending::Logout(started.pending);
        let brought = self.cookies.requests(browser.cookies);
        let remembered =
            remember(&self.requests, &pending, (&brought, false), for_cookie, browser.now);
        cookies.extend(self.cookies.of_requests(remembered.await.ok()?));
        Some(started.delivery)
    }

    /// Takes what comes to a Single Logout Service URL. A request of the identity provider ends
    /// every session that it concerns, on every device and of whichever process, in one step with
    /// its being used up; an answer leads on to where the logout was started.
    ///
    /// It may be framed: identity providers log people out in frames.
    ///
    /// # Errors
    ///
    /// The first rule that the message breaks, and [`SsoRefusal`](super::SsoRefusal).
    pub async fn take_logout(
        &self,
        slo_url: &str,
        message: LogoutMessage<'_>,
        browser: &Browser<'_>,
        random: Random,
    ) -> Result<LogoutAnswered, Error> {
        let record = self.at(ClaimKind::SloUrl, slo_url).await?;
        let connection = self.connection(&record.organization)?;
        match connection.open_logout(message, browser.now)? {
            OpenedLogout::Request(unspent) => {
                self.end_all(*unspent, &connection, &record, browser, random).await
            }
            OpenedLogout::Answer(answer) => self.returned(answer, &connection, browser).await,
        }
    }

    async fn end_all(
        &self,
        unspent: Unspent<LogoutRequest>,
        connection: &Connection,
        record: &Record,
        browser: &Browser<'_>,
        random: Random,
    ) -> Result<LogoutAnswered, Error> {
        let (request, spending) = unspent.into_parts(browser.now)?;
        let sessions = self.end_concerned(&request, spending, record, browser).await?;
        let outcome = LogoutOutcome::Complete;
        let delivery = connection.answer_logout(&request, &outcome, random, browser.now).ok();
        let own = self.cookies.read(Kind::Session, browser.cookies);
        let is_here = own.is_some_and(|own| sessions.iter().any(|one| one.token == own));
        let cookies = if is_here { self.forgotten() } else { Vec::new() };
        Ok(LogoutAnswered::Ended { delivery, sessions: sessions.len(), cookies })
    }

    /// Ends the sessions that a logout is about, and the logins that wait for a code to become one.
    async fn end_concerned(
        &self,
        request: &LogoutRequest,
        spending: Spending,
        record: &Record,
        browser: &Browser<'_>,
    ) -> Result<Vec<Session>, Error> {
        let id = record.organization.id();
        let spend = self.spent(spending, browser.now).await?;
        for _ in 0..TRIES {
            let sessions = self.concerned(request, id).await?;
            let mut write = Write::of(id, browser.now);
            write.spend = spend.clone();
            write.sessions = sessions.iter().map(|one| SessionWrite::End(one.token)).collect();
            let told = |session| ended(session, Actor::IdentityProvider, browser);
            write.events = sessions.iter().map(told).collect();
            write.kept = self.waiting_of(request, id).await?;
            match self.store.write(write).await {
                // The code was entered meanwhile: what it has begun is looked for anew.
                Ok(Written::Conflict) => {}
                Ok(Written::AlreadySpent) => return Err(Rejection::AssertionReplayed.into()),
                written => return done(written).map(|()| sessions),
            }
        }
        Err(contended())
    }

    /// The sessions that a logout is about.
    async fn concerned(
        &self,
        request: &LogoutRequest,
        organization: &OrganizationId,
    ) -> Result<Vec<Session>, Error> {
        let named = self.store.sessions_named(organization, &request.subject_digest()).await;
        let mut sessions = named.map_err(failed)?;
        sessions
            .retain(|one| one.subject.as_ref().is_some_and(|subject| request.concerns(subject)));
        Ok(sessions)
    }

    /// The logins that wait for a code and that a logout is about, to be taken away.
    async fn waiting_of(
        &self,
        request: &LogoutRequest,
        organization: &OrganizationId,
    ) -> Result<Vec<KeptWrite>, Error> {
        let all = self.store.all_kept(organization, KeptKind::Confirmation).await;
        let is_theirs = |kept: &Kept| match &kept.what {
            KeptWhat::Confirmation(confirmation) => waited(&confirmation.login)
                .is_some_and(|(identity, _)| request.concerns(&LogoutSubject::from(&identity))),
            _ => false,
        };
        let theirs = all.map_err(failed)?.into_iter().filter(is_theirs);
        Ok(theirs.map(|kept| KeptWrite::Take(KeptKind::Confirmation, kept.digest)).collect())
    }

    async fn returned(
        &self,
        answer: LogoutAnswer,
        connection: &Connection,
        browser: &Browser<'_>,
    ) -> Result<LogoutAnswered, Error> {
        let brought = self.cookies.requests(browser.cookies);
        let id = answer.in_response_to().unwrap_or_default().to_owned();
        let (mut pending, mut cookies) = (None, Vec::new());
        for cookie in brought.of_request(connection.id(), &id) {
            let given = match answer.is_signed() {
                true => self.requests.take(&id, cookie.value(), browser.now).await,
                false => self.requests.look(&id, cookie.value(), browser.now).await,
            };
            let given = given.map_err(Error::RequestStore)?.and_then(Pending::into_logout);
            pending = pending.or(given);
            if answer.is_signed() {
                cookies.push(cookie.clear());
            }
        }
        let response = answer.accept(pending.as_ref(), browser.now)?;
        let cookies = self.cookies.of_requests(cookies);
        let (outcome, go_to) = (response.outcome, response.relay_state);
        Ok(LogoutAnswered::Returned { outcome, go_to, cookies })
    }
}
