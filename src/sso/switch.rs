//! Switching between the accounts of one person, in several organizations.

use super::cookie::Kind;
use super::session::begun;
use super::{Browser, SignedIn, Sso, SsoRefusal, TRIES, contended, failed};
use crate::account::{Account, AccountId, OrganizationId};
use crate::audit::Actor;
use crate::error::Error;
use crate::organization::Slug;
use crate::policy::{LoginPolicy, Origin, PolicyAction};
use crate::random::Random;
use crate::request::SetCookie;
use crate::session::{Session, SessionStart};
use crate::store::{Names, SessionWrite, Store, Write, Written};
use crate::token::Token;

/// An account of the person that may be seen from here.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Visible {
    /// The account.
    pub account: Account,
    /// The name of its organization in URLs.
    pub slug: Slug,
    /// Whether it is the one that the session is of.
    pub is_current: bool,
}

impl<S: Store> Sso<S> {
    /// The accounts of whoever is signed in that may be seen, and entered, from here: those with
    /// the address that they have proven in this very login. An organization that signs in by
    /// single sign-on only is not among them, and in its sessions nothing else is.
    ///
    /// # Errors
    ///
    /// [`SsoRefusal::Store`].
    pub async fn accounts_visible(
        &self,
        signed_in: &SignedIn,
        browser: &Browser<'_>,
    ) -> Result<Vec<Visible>, Error> {
        let (session, home) = origin(signed_in);
        let Some(email) = home.email() else { return Ok(Vec::new()) };
        let here = self.known(&home.organization, browser).await?;
        let from = Origin::new(&here.policy, home, &session.start);
        let mut visible = Vec::new();
        for account in self.store.accounts_of(email).await.map_err(failed)? {
            let known = self.known(&account.organization, browser).await?;
            let see = known.policy.decide(&account, &PolicyAction::See(from));
            if see.is_allowed() {
                let slug = known.organization.slug().clone();
                let is_current = account.id == signed_in.account.id
                    && account.organization == signed_in.account.organization;
                visible.push(Visible { account, slug, is_current });
            }
        }
        Ok(visible)
    }

    /// Enters an account of the same person in another organization, in a session of its own that
    /// administers nothing and ends with the one that it was entered from. To enter the account
    /// that they have logged in to goes back to it.
    ///
    /// # Errors
    ///
    /// [`SsoRefusal::NotEnterable`], whatever the reason: it tells nobody what is there.
    /// [`SsoRefusal::Store`].
    pub async fn enter_account(
        &self,
        signed_in: &SignedIn,
        (organization, id): (&OrganizationId, &AccountId),
        browser: &Browser<'_>,
        random: Random,
    ) -> Result<(Session, Vec<SetCookie>), Error> {
        let (session, home) = origin(signed_in);
        if home.organization == *organization && home.id == *id {
            if signed_in.from.is_some() {
                let actor = Actor::Member(signed_in.account.id.clone());
                self.end(&signed_in.session, actor, browser).await?;
            }
            return Ok((session.clone(), vec![self.cookies.clear(Kind::Entered)]));
        }
        let mut random = random;
        for _ in 0..TRIES {
            let (now, later) = random.split();
            random = later;
            let token = Token::new(now);
            let entered = self.try_entering(signed_in, (organization, id), browser, &token).await?;
            if let Some(entered) = entered {
                let until = entered.not_on_or_after;
                let cookie = self.cookies.set(Kind::Entered, &token, browser.now, until);
                return Ok((entered, vec![cookie]));
            }
        }
        Err(contended())
    }

    /// `None` if something else came first, which counts when it is read again.
    async fn try_entering(
        &self,
        signed_in: &SignedIn,
        (organization, id): (&OrganizationId, &AccountId),
        browser: &Browser<'_>,
        token: &Token,
    ) -> Result<Option<Session>, Error> {
        let (session, home) = origin(signed_in);
        let record = self.store.organization(organization).await.map_err(failed)?;
        let record = record.ok_or(SsoRefusal::NotEnterable)?;
        let found = self.store.find(organization, &Names::of_id(id)).await.map_err(failed)?;
        let account = found.into_iter().flat_map(|found| found.accounts).next();
        let account = account.ok_or(SsoRefusal::NotEnterable)?;
        let home_policy = LoginPolicy::of(&self.record(&home.organization).await?.organization);
        let from = Origin::new(&home_policy, home, &session.start);
        let policy = LoginPolicy::of(&record.organization);
        let action = PolicyAction::Enter(from);
        let decision = policy.decide(&account, &action);
        // It is told where they are: a stranger writes into no other organization's trail.
        let actor = Actor::Member(home.id.clone());
        let event = home_policy.event(&decision, action.code(), actor, None, browser.now);
        let event = browser.told(event);
        if !decision.is_allowed() {
            self.tell(&event).await?;
            return Err(SsoRefusal::NotEnterable.into());
        }
        let start = SessionStart::new(&account, session.start.method);
        let until = session.not_on_or_after;
        let mut entered = Session::new(token.digest(), start, browser.now, until);
        entered.entered_from = Some(session.token);
        let mut write = Write::of(organization, browser.now);
        write.decided_by = Some(record.version);
        write.sessions.push(SessionWrite::Begin(Box::new(entered.clone())));
        write.events.push(begun(&entered, browser));
        let written = self.store.write(write).await.map_err(failed)?;
        Ok((written == Written::Done).then_some(entered))
    }
}

/// Where somebody has logged in, whatever they have entered since.
fn origin(signed_in: &SignedIn) -> (&Session, &Account) {
    match &signed_in.from {
        Some(from) => (&from.0, &from.1),
        None => (&signed_in.session, &signed_in.account),
    }
}
