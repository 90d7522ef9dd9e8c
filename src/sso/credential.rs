//! Passwords and other credentials of the application's own.

use super::session::begun;
use super::{Browser, Entered, SignedIn, Sso, SsoRefusal, TRIES, contended, failed};
use crate::account::{AccountId, OrganizationId};
use crate::audit::Actor;
use crate::error::Error;
use crate::policy::{Decision, LoginPolicy, PolicyAction, Reason, Verdict};
use crate::random::Random;
use crate::session::{CredentialStart, LoginMethod, SessionStart};
use crate::store::{Found, Names, SessionWrite, Store, Write, Written};

impl<S: Store> Sso<S> {
    /// Begins a session of somebody who has shown in a way of the application's own who they are: a
    /// password, a passkey. `credential` is what was [kept](Self::credential) with it.
    ///
    /// # Errors
    ///
    /// [`SsoRefusal::Policy`] where it is not allowed: `sso_enforced`; `session_ended` for a
    /// credential from before everything was ended; `sso_step_up` for one that was set in a session
    /// of an identity provider, or by a key of it, that is not trusted any more.
    /// [`SsoRefusal::NotSignedIn`] without such an account, and [`SsoRefusal::Store`].
    pub async fn log_in_with_credential(
        &self,
        (organization, id): (&OrganizationId, &AccountId),
        method: LoginMethod,
        credential: &CredentialStart,
        browser: &Browser<'_>,
        random: Random,
    ) -> Result<Entered, Error> {
        let (place, mut random) = ((organization, id), random);
        for _ in 0..TRIES {
            let (now, later) = random.split();
            random = later;
            let entered = self.try_credential(place, method, credential, browser, now).await?;
            if let Some(entered) = entered {
                return Ok(entered);
            }
        }
        Err(contended())
    }

    /// `None` if something else came first, which counts when it is read again.
    async fn try_credential(
        &self,
        (organization, id): (&OrganizationId, &AccountId),
        method: LoginMethod,
        credential: &CredentialStart,
        browser: &Browser<'_>,
        random: Random,
    ) -> Result<Option<Entered>, Error> {
        let found = self.store.find(organization, &Names::of_id(id)).await.map_err(failed)?;
        let Found { record, accounts, .. } = found.ok_or(SsoRefusal::OrganizationUnknown)?;
        let account = &accounts.into_iter().next().ok_or(SsoRefusal::NotSignedIn)?;
        let policy = LoginPolicy::of(&record.organization);
        // A credential says nothing of an identity provider.
        let method = if method == LoginMethod::Sso { LoginMethod::Other } else { method };
        let action = PolicyAction::LogIn(method);
        let mut decision = policy.decide(account, &action);
        let start = SessionStart::by_credential(account, method, credential);
        if decision.is_allowed() {
            // What would end or step up at the next request does not begin.
            let goes_on = start.as_ref().map(PolicyAction::Resume);
            let goes_on = goes_on.map(|resume| policy.decide(account, &resume).reason);
            match goes_on.unwrap_or(Reason::SessionEnded) {
                Reason::Allowed | Reason::BreakGlass => {}
                reason => decision = Decision { verdict: Verdict::Refuse, reason },
            }
        }
        let actor = Actor::Member(account.id.clone());
        let target = Some(account.id.clone());
        let event = policy.event(&decision, action.code(), actor, target, browser.now);
        let event = browser.told(event);
        let Some(start) = start.filter(|_| decision.is_allowed()) else {
            self.tell(&event).await?;
            return Err(SsoRefusal::Policy(decision.reason).into());
        };
        let new = self.new_session(&record.organization, None, random, browser.now);
        let session = new.of(start);
        let mut write = Write::of(&account.organization, browser.now);
        write.decided_by = Some(record.version);
        write.sessions.push(SessionWrite::Begin(Box::new(session.clone())));
        write.events.push(begun(&session, browser));
        if decision.reason == Reason::BreakGlass {
            write.events.push(event);
        }
        let written = self.store.write(write).await.map_err(failed)?;
        let account = account.clone();
        let entered = Entered { account, session, cookies: new.cookies };
        Ok((written == Written::Done).then_some(entered))
    }

    /// What a credential stands for that is set in this session: keep it beside the credential.
    ///
    /// # Errors
    ///
    /// [`SsoRefusal::Policy`]: an account that was entered from elsewhere sets none
    /// (`session_foreign`), and under enforcement there are none to set.
    pub async fn credential(
        &self,
        signed_in: &SignedIn,
        browser: &Browser<'_>,
    ) -> Result<CredentialStart, Error> {
        if signed_in.session.entered_from.is_some() {
            return Err(SsoRefusal::Policy(Reason::SessionForeign).into());
        }
        if !signed_in.decision.is_allowed() {
            return Err(SsoRefusal::Policy(signed_in.decision.reason).into());
        }
        let organization = self.record(&signed_in.account.organization).await?.organization;
        let policy = LoginPolicy::of(&organization);
        let decision = policy.decide(&signed_in.account, &PolicyAction::ChangeCredential);
        let actor = Actor::Member(signed_in.account.id.clone());
        let (target, code) = (Some(signed_in.account.id.clone()), "change_credential");
        let event = policy.event(&decision, code, actor, target, browser.now);
        self.tell(&browser.told(event)).await?;
        match decision.is_allowed() {
            true => Ok(signed_in.session.start.credential()),
            false => Err(SsoRefusal::Policy(decision.reason).into()),
        }
    }
}
