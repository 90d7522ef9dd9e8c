//! Sessions: who is signed in, and until when.

use chrono::{DateTime, TimeDelta, Utc};

use super::cookie::Kind;
use super::{Browser, Sso, SsoRefusal, done, failed};
use crate::account::{Account, OrganizationId};
use crate::audit::{Action, Actor, AuditEvent};
use crate::error::Error;
use crate::identity::Identity;
use crate::logout::LogoutSubject;
use crate::organization::{By, Organization};
use crate::policy::{Decision, Origin, PolicyAction, Reason, Verdict};
use crate::provision::{Intent, carry_out};
use crate::random::Random;
use crate::request::SetCookie;
use crate::session::{LoginMethod, Session, SessionRules, SessionStart};
use crate::store::{SessionWrite, Store, Write};
use crate::token::{Token, TokenDigest};

/// A use is written down at most so often.
const TOUCHED: TimeDelta = TimeDelta::minutes(5);

/// Who is there.
#[derive(Clone, Debug)]
#[must_use = "whoever is not signed in goes no further"]
#[non_exhaustive]
pub enum Resumed {
    /// Nobody is signed in: show how to. A session that has ended says why.
    Nobody {
        /// A `Set-Cookie` header each.
        cookies: Vec<SetCookie>,
        /// Why, where there was a session.
        reason: Option<Reason>,
    },
    /// Somebody is signed in, and may go on.
    SignedIn(Box<SignedIn>),
    /// Somebody was signed in, and has to come through single sign-on before they go on: start a
    /// login [from here](super::StartFor::StepUp).
    StepUp(Box<SignedIn>),
}

/// Somebody who is signed in.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SignedIn {
    /// Their session.
    pub session: Session,
    /// Their account, as it is now.
    pub account: Account,
    /// Why they may go on.
    pub decision: Decision,
    /// The session that this one was entered from, with its account.
    pub(super) from: Option<Box<(Session, Account)>>,
}

impl SignedIn {
    /// Who asks, for everything that is changed by them. Whoever has come from another
    /// organization, or has to step up first, administers nothing.
    pub fn by(&self) -> By<'_> {
        match self.session.entered_from {
            None if self.decision.is_allowed() => By::member(&self.account),
            _ => By::entered(&self.account),
        }
    }
}

/// A session that is to begin, before it is known whose.
pub(super) struct NewSession {
    token: TokenDigest,
    begun_at: DateTime<Utc>,
    not_on_or_after: DateTime<Utc>,
    subject: Option<LogoutSubject>,
    /// That of the session, and that no other account is entered any more.
    pub(super) cookies: Vec<SetCookie>,
}

impl NewSession {
    pub(super) fn of(&self, start: SessionStart) -> Session {
        let session = Session::new(self.token, start, self.begun_at, self.not_on_or_after);
        Session { subject: self.subject.clone(), ..session }
    }
}

impl<S: Store> Sso<S> {
    /// Who is signed in in this browser, and may go on: ask it at every request.
    ///
    /// One read of the session with its account; what the organization has set is at most a second
    /// old. Whoever was deactivated, unlinked or signed out is out with the next request, in every
    /// process.
    ///
    /// # Errors
    ///
    /// [`SsoRefusal::Store`], as an [`Error`]: nobody knows who is there, and nobody is.
    pub async fn resume(&self, browser: &Browser<'_>) -> Result<Resumed, Error> {
        if let Some(entered) = self.cookies.read(Kind::Entered, browser.cookies)
            && let Ok(signed_in) = self.living(&entered, browser).await?
            && signed_in.decision.is_allowed()
        {
            self.touch(&signed_in, browser).await;
            return Ok(Resumed::SignedIn(Box::new(signed_in)));
        }
        let Some(token) = self.cookies.read(Kind::Session, browser.cookies) else {
            return Ok(Resumed::Nobody { cookies: Vec::new(), reason: None });
        };
        let reason = match self.living(&token, browser).await? {
            Ok(signed_in) => match signed_in.decision.verdict {
                Verdict::Allow => {
                    self.touch(&signed_in, browser).await;
                    return Ok(Resumed::SignedIn(Box::new(signed_in)));
                }
                Verdict::StepUp => return Ok(Resumed::StepUp(Box::new(signed_in))),
                Verdict::EndSession | Verdict::Refuse => Some(signed_in.decision.reason),
            },
            Err(reason) => reason,
        };
        Ok(Resumed::Nobody { cookies: self.forgotten(), reason })
    }

    /// The cookies of a browser in which nobody is signed in.
    pub(super) fn forgotten(&self) -> Vec<SetCookie> {
        vec![self.cookies.clear(Kind::Session), self.cookies.clear(Kind::Entered)]
    }

    /// The session of this token with what the policy says of it now; otherwise why it is over, if
    /// it was there.
    async fn living(
        &self,
        token: &TokenDigest,
        browser: &Browser<'_>,
    ) -> Result<Result<SignedIn, Option<Reason>>, Error> {
        let Some((session, account)) = self.store.session(token).await.map_err(failed)? else {
            return Ok(Err(None));
        };
        let here = self.known(&account.organization, browser).await?;
        if !self.is_running(&session, &here.organization, browser.now) {
            return Ok(Err(Some(Reason::SessionEnded)));
        }
        let policy = &here.policy;
        let Some(parent) = &session.entered_from else {
            let decision = policy.decide(&account, &PolicyAction::Resume(&session.start));
            return Ok(Ok(SignedIn { session, account, decision, from: None }));
        };
        let Some((origin, there)) = self.store.session(parent).await.map_err(failed)? else {
            return Ok(Err(Some(Reason::SessionEnded)));
        };
        let is_same = session.start.generation == account.generation;
        let home = self.known(&there.organization, browser).await?;
        let is_running = self.is_running(&origin, &home.organization, browser.now);
        if !is_same || origin.entered_from.is_some() || !is_running {
            return Ok(Err(Some(Reason::SessionEnded)));
        }
        let enter = PolicyAction::Enter(Origin::new(&home.policy, &there, &origin.start));
        let decision = policy.decide(&account, &enter);
        Ok(Ok(SignedIn { session, account, decision, from: Some(Box::new((origin, there))) }))
    }

    /// Whether a session is within its times.
    fn is_running(
        &self,
        session: &Session,
        organization: &Organization,
        now: DateTime<Utc>,
    ) -> bool {
        let idle = now.signed_duration_since(session.last_used_at);
        now < session.not_on_or_after && idle < self.rules_of(organization).idle()
    }

    /// How long sessions last there.
    fn rules_of(&self, organization: &Organization) -> SessionRules {
        organization.session_rules().unwrap_or(self.rules)
    }

    /// Writes down that it was used, from time to time. That it fails keeps nobody out.
    async fn touch(&self, signed_in: &SignedIn, browser: &Browser<'_>) {
        let mut all = vec![&signed_in.session];
        all.extend(signed_in.from.iter().map(|from| &from.0));
        for session in all {
            let since = browser.now.signed_duration_since(session.last_used_at);
            if since < TOUCHED {
                continue;
            }
            let mut write = Write::of(&session.start.organization, browser.now);
            write.sessions.push(SessionWrite::Touch(session.token, browser.now));
            let _ = self.store.write(write).await;
        }
    }

    /// The session behind a digest, if it is one that an account's holder has now: to link them, to
    /// try settings out, to step up. One that an identity provider has begun which is not trusted
    /// any more is none.
    pub(super) async fn holder(
        &self,
        token: &TokenDigest,
        organization: &OrganizationId,
        browser: &Browser<'_>,
    ) -> Result<Option<SignedIn>, Error> {
        let Ok(signed_in) = self.living(token, browser).await? else { return Ok(None) };
        let is_own = signed_in.account.organization == *organization
            && signed_in.session.entered_from.is_none();
        let holds = match signed_in.decision.verdict {
            Verdict::Allow => true,
            Verdict::StepUp => {
                let SessionStart { method, issuer, .. } = &signed_in.session.start;
                *method != LoginMethod::Sso && issuer.is_none()
            }
            Verdict::EndSession | Verdict::Refuse => false,
        };
        Ok(Some(signed_in).filter(|_| is_own && holds))
    }

    /// A session that is to begin now in this organization.
    pub(super) fn new_session(
        &self,
        organization: &Organization,
        identity: Option<&Identity>,
        random: Random,
        now: DateTime<Utc>,
    ) -> NewSession {
        let token = Token::new(random);
        let lifetime = self.rules_of(organization).lifetime();
        let longest = now.checked_add_signed(lifetime).unwrap_or(now);
        let theirs = identity.and_then(|identity| identity.session_not_on_or_after);
        let not_on_or_after = theirs.map_or(longest, |theirs| theirs.min(longest));
        NewSession {
            token: token.digest(),
            begun_at: now,
            not_on_or_after,
            subject: identity.map(LogoutSubject::from),
            cookies: vec![
                self.cookies.set(Kind::Session, &token, now, not_on_or_after),
                self.cookies.clear(Kind::Entered),
            ],
        }
    }

    /// Ends the session of this browser: the cookies to answer with. A browser that has none is
    /// signed out already.
    ///
    /// # Errors
    ///
    /// [`SsoRefusal::Store`]: the session may go on.
    pub async fn sign_out(&self, browser: &Browser<'_>) -> Result<Vec<SetCookie>, Error> {
        for kind in [Kind::Entered, Kind::Session] {
            let Some(token) = self.cookies.read(kind, browser.cookies) else { continue };
            let read = self.store.session(&token).await.map_err(failed)?;
            if let Some((session, account)) = read {
                self.end(&session, Actor::Member(account.id.clone()), browser).await?;
            }
        }
        Ok(self.forgotten())
    }

    /// Ends a session, and tells of it.
    pub(super) async fn end(
        &self,
        session: &Session,
        actor: Actor,
        browser: &Browser<'_>,
    ) -> Result<(), Error> {
        let mut write = Write::of(&session.start.organization, browser.now);
        write.sessions.push(SessionWrite::End(session.token));
        write.events.push(ended(session, actor, browser));
        done(self.store.write(write).await)
    }

    /// Ends all sessions of whoever is signed in, this one included, on every device.
    ///
    /// # Errors
    ///
    /// [`ProvisionError`](crate::provision::ProvisionError), as an [`Error`].
    pub async fn sign_out_everywhere(
        &self,
        signed_in: &SignedIn,
        browser: &Browser<'_>,
        random: Random,
    ) -> Result<Vec<SetCookie>, Error> {
        let (account, address) = (&signed_in.account, browser.address());
        let intent = Intent::EndSessions(&account.id);
        let asked = browser.asked(signed_in.by(), &address);
        carry_out(&self.store, &account.organization, &intent, &asked, random).await?;
        Ok(self.forgotten())
    }

    /// The sessions of whoever is signed in that go on, the latest first, to show them and to
    /// [end](Self::end_session) some.
    ///
    /// # Errors
    ///
    /// [`SsoRefusal::Store`].
    pub async fn sessions_of(
        &self,
        signed_in: &SignedIn,
        browser: &Browser<'_>,
    ) -> Result<Vec<Session>, Error> {
        let account = &signed_in.account;
        let known = self.known(&account.organization, browser).await?;
        let all = self.store.sessions(&account.organization, &account.id).await;
        let mut sessions = all.map_err(failed)?;
        sessions.retain(|session| {
            session.start.generation == account.generation
                && self.is_running(session, &known.organization, browser.now)
        });
        sessions.sort_by_key(|session| std::cmp::Reverse(session.begun_at));
        Ok(sessions)
    }

    /// Ends another session of whoever is signed in.
    ///
    /// # Errors
    ///
    /// [`SsoRefusal::NotSignedIn`] if it is not theirs, [`SsoRefusal::Policy`] (`session_foreign`)
    /// in an account that was switched to, [`SsoRefusal::Store`].
    pub async fn end_session(
        &self,
        signed_in: &SignedIn,
        token: &TokenDigest,
        browser: &Browser<'_>,
    ) -> Result<(), Error> {
        if signed_in.session.entered_from.is_some() {
            return Err(SsoRefusal::Policy(Reason::SessionForeign).into());
        }
        let all = self.sessions_of(signed_in, browser).await?;
        let session = all.into_iter().find(|session| session.token == *token);
        let session = session.ok_or(SsoRefusal::NotSignedIn)?;
        self.end(&session, Actor::Member(signed_in.account.id.clone()), browser).await
    }
}

/// That a session has begun, other than by single sign-on.
pub(super) fn begun(session: &Session, browser: &Browser<'_>) -> AuditEvent {
    let action = Action::SessionBegun { method: session.start.method.as_str().into() };
    about(session, Actor::Member(session.start.account.clone()), action, browser)
}

/// That somebody has ended a session.
pub(super) fn ended(session: &Session, actor: Actor, browser: &Browser<'_>) -> AuditEvent {
    let action = Action::SessionEnded { method: session.start.method.as_str().into() };
    about(session, actor, action, browser)
}

fn about(session: &Session, actor: Actor, action: Action, browser: &Browser<'_>) -> AuditEvent {
    let event = AuditEvent::new(&session.start.organization, actor, action, browser.now);
    browser.told(event.about(session.start.account.clone()))
}
