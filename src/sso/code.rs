//! Logging in by a code that is mailed.

use super::confirm::LASTS;
use super::cookie::Kind;
use super::session::begun;
use super::start::login_url;
use super::{
    Browser, Mail, Mailer as _, RateKey, RateKind, RateLimits as _, Sso, SsoRefusal, done, failed,
};
use crate::account::{Account, Status};
use crate::audit::Actor;
use crate::error::Error;
use crate::identity::Email;
use crate::organization::{By, ClaimKind};
use crate::policy::{LoginPolicy, PolicyAction, Reason};
use crate::provision::{
    Beside, Intent, ProvisionError, Provisioning, Refusal, Undone, carry_out_beside,
};
use crate::random::Random;
use crate::request::SetCookie;
use crate::session::{LoginMethod, Session, SessionStart};
use crate::store::{
    Kept, KeptKind, KeptWhat, KeptWrite, LoginCode, Name, Names, Record, SessionWrite, Store, Write,
};
use crate::token::Token;

/// A code was asked for. The answer is the same whether somebody has the address or not.
#[derive(Clone, Debug)]
#[must_use = "the browser has to be given its cookie, and a page that asks for the code"]
#[non_exhaustive]
pub struct CodeAsked {
    /// A `Set-Cookie` header each.
    pub cookies: Vec<SetCookie>,
}

/// Somebody who came in by a code or by a credential of the application's.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Entered {
    /// Their account.
    pub account: Account,
    /// Their session.
    pub session: Session,
    /// A `Set-Cookie` header each.
    pub cookies: Vec<SetCookie>,
}

impl<S: Store> Sso<S> {
    /// Mails a code of six digits to whoever has this address in the organization of this slug.
    /// Where that signs in by single sign-on only, the mail says where. The answer tells nobody who
    /// has an account: ask for the code in any case.
    ///
    /// # Errors
    ///
    /// [`SsoRefusal::OrganizationUnknown`], [`SsoRefusal::TooOften`], [`SsoRefusal::Store`].
    pub async fn ask_code(
        &self,
        slug: &str,
        email: &Email,
        browser: &Browser<'_>,
        random: Random,
    ) -> Result<CodeAsked, Error> {
        self.limited(RateKind::CodeAsked, browser).await?;
        let record = self.at(ClaimKind::Slug, slug).await?;
        let id = record.organization.id().clone();
        let (for_cookie, for_code) = random.split();
        let token = Token::new(for_cookie);
        let code = digits(&for_code.for_purpose("login code"));
        let expires_at = browser.now.checked_add_signed(LASTS).unwrap_or(browser.now);
        let names = Names::of_names([Name::email(email)]);
        let found = self.store.find(&id, &names).await.map_err(failed)?;
        let accounts = found.map(|found| found.accounts).unwrap_or_default();
        let account = accounts.into_iter().find(|account| account.status == Status::Active);
        let policy = LoginPolicy::of(&record.organization);
        let by_code = PolicyAction::LogIn(LoginMethod::EmailCode);
        let decision = account.as_ref().map(|account| policy.decide(account, &by_code));
        let reason = decision.map(|decision| decision.reason);
        // To an active account the policy opens a code, or says that single sign-on is the only
        // way: either is mailed.
        let is_mailed = match &account {
            Some(account) => self.may_mail(account, browser).await,
            None => false,
        };
        // A code that is not mailed opens nothing.
        let may_log_in = decision.is_some_and(|decision| decision.is_allowed());
        let known = account.as_ref().filter(|_| may_log_in && is_mailed);
        let mac = self.mac("login code", &token.digest(), &code)?;
        let generation = account.as_ref().map_or(0, |account| account.generation);
        let known = known.map(|account| account.id.clone());
        let what = KeptWhat::LoginCode(LoginCode::new(known, generation, email.clone(), mac));
        let mut write = Write::of(&id, browser.now);
        let kept = Kept::new(&id, token.digest(), Some(expires_at), what);
        write.kept.push(KeptWrite::Put(Box::new(kept)));
        let written = done(self.store.write(write).await);
        if let Some(account) = account.as_ref().filter(|_| is_mailed)
            && (written.is_err() || !self.mail_code(account, reason, code, &record).await)
        {
            self.not_mailed(account, browser).await;
        }
        written?;
        let cookie = self.cookies.set(Kind::Code, &token, browser.now, expires_at);
        Ok(CodeAsked { cookies: vec![cookie] })
    }

    /// Whether it was not mailed too often. It is counted in silence: the answer is the same.
    async fn may_mail(&self, account: &Account, browser: &Browser<'_>) -> bool {
        let [from, all] = mailed(account, browser);
        self.limited_by(&from, browser).await.is_ok()
            && self.limited_by(&all, browser).await.is_ok()
    }

    /// What was counted and did not go out does not count: otherwise a store, or a mailer, that was
    /// gone for a minute would take an hour's codes from whoever tried again and again.
    async fn not_mailed(&self, account: &Account, browser: &Browser<'_>) {
        for key in mailed(account, browser) {
            let _ = self.rates.give_back(&key, browser.now).await;
        }
    }

    /// Mails what there is to mail, and says whether it went out. To the browser a mail that cannot
    /// be sent is told as little as anything else: it would tell who has an account.
    async fn mail_code(
        &self,
        account: &Account,
        reason: Option<Reason>,
        code: String,
        record: &Record,
    ) -> bool {
        let Some(to) = account.email().cloned() else { return false };
        let mail = match reason {
            Some(Reason::SsoEnforced) => {
                Mail::SsoOnly { to, login_url: login_url(&record.organization) }
            }
            _ => Mail::LoginCode { to, code },
        };
        self.mailer.send(&mail).await.is_ok()
    }

    /// Takes the code that was mailed: whoever enters it in the browser that asked for it is signed
    /// in, and has proven the address. Five tries, ten minutes.
    ///
    /// It is asked again whether a code opens the account: that single sign-on was enforced since,
    /// or the address changed, counts (`sso_enforced`, `code_wrong`).
    ///
    /// # Errors
    ///
    /// [`SsoRefusal::CodeWrong`], the refusal of the policy or of the decision, and
    /// [`SsoRefusal::Store`].
    pub async fn enter_code(
        &self,
        code: &str,
        browser: &Browser<'_>,
        random: Random,
    ) -> Result<Entered, Error> {
        let digest = self.cookies.read(Kind::Code, browser.cookies);
        let digest = digest.ok_or(SsoRefusal::CodeWrong)?;
        let kept = self.store.kept(KeptKind::LoginCode, &digest).await.map_err(failed)?;
        let kept = kept.filter(|kept| kept.is_good(browser.now)).ok_or(SsoRefusal::CodeWrong)?;
        let KeptWhat::LoginCode(login) = &kept.what else {
            return Err(SsoRefusal::CodeWrong.into());
        };
        let typed: String = code.chars().filter(char::is_ascii_digit).take(6).collect();
        self.tried(&kept, login.tries, browser).await?;
        let is_right = self.is_code("login code", &digest, &typed, &login.code)?;
        if !is_right || login.account.is_none() {
            return Err(SsoRefusal::CodeWrong.into());
        }
        self.proven(login, &kept, browser, random).await
    }

    /// The address is proven and the session begins, in one step.
    async fn proven(
        &self,
        login: &LoginCode,
        kept: &Kept,
        browser: &Browser<'_>,
        random: Random,
    ) -> Result<Entered, Error> {
        let id = login.account.as_ref().ok_or(SsoRefusal::CodeWrong)?;
        let (for_account, for_session) = random.split();
        let address = browser.address();
        let asked = browser.asked(By::Application, &address);
        let record = self.record(&kept.organization).await?;
        let new = self.new_session(&record.organization, None, for_session, browser.now);
        let found = self.store.find(&kept.organization, &Names::of_id(id)).await.map_err(failed)?;
        let before = found.into_iter().flat_map(|found| found.accounts).next();
        let before = before.ok_or(SsoRefusal::CodeWrong)?;
        // Whatever ended its sessions has ended the code, and so has another address.
        if before.generation != login.generation || !before.has_email(&login.email) {
            return Err(SsoRefusal::CodeWrong.into());
        }
        let policy = LoginPolicy::of(&record.organization);
        let action = PolicyAction::LogIn(LoginMethod::EmailCode);
        let decision = policy.decide(&before, &action);
        let actor = Actor::Member(id.clone());
        let event = policy.event(&decision, action.code(), actor, Some(id.clone()), browser.now);
        let event = asked.told(event);
        if !decision.is_allowed() {
            self.tell(&event).await?;
            return Err(SsoRefusal::Policy(decision.reason).into());
        }
        let of =
            |account: &Account| SessionStart::by_code(account, &login.email).map(|it| new.of(it));
        let with = |write: &mut Write, provisioning: &Provisioning, record: &Record| {
            let account = provisioning.account();
            let still = LoginPolicy::of(&record.organization).decide(account, &action);
            let session = of(account).filter(|_| still.is_allowed());
            let session = session.ok_or(Refusal::AccountMissing)?;
            write.kept.push(KeptWrite::Take(KeptKind::LoginCode, kept.digest));
            write.events.push(begun(&session, browser));
            if decision.reason == Reason::BreakGlass {
                write.events.push(event.clone());
            }
            write.sessions.push(SessionWrite::Begin(Box::new(session)));
            Ok(())
        };
        let intent = Intent::ProveAddress { account: id, email: &login.email };
        let beside = Beside { spend: None, with: &with };
        let organization = &kept.organization;
        let done =
            carry_out_beside(&self.store, organization, &intent, &asked, for_account, &beside)
                .await;
        let account = match done {
            Ok(done) => done.account,
            // Somebody else has used it.
            Err(Undone::Not(ProvisionError::Contended) | Undone::Spent) => {
                return Err(SsoRefusal::CodeWrong.into());
            }
            Err(Undone::Not(error)) => return Err(error.into()),
        };
        let session = of(&account).ok_or(SsoRefusal::CodeWrong)?;
        let mut cookies = new.cookies;
        cookies.push(self.cookies.clear(Kind::Code));
        Ok(Entered { account, session, cookies })
    }
}

/// What counts the codes that are mailed to an account: those that one network asks for, and all.
/// Whoever asks without end, from one network, takes the codes from nobody elsewhere.
fn mailed(account: &Account, browser: &Browser<'_>) -> [RateKey; 2] {
    let from = RateKind::CodeMailedFrom;
    let from = RateKey::of_account_from(from, account, browser.client);
    [from, RateKey::of_account(RateKind::CodeMailed, account)]
}

/// Six digits, each as likely as the others to one part in ten to the thirteenth.
fn digits(random: &[u8; 32]) -> String {
    let bytes = random.first_chunk::<8>().copied().unwrap_or_default();
    format!("{:06}", u64::from_be_bytes(bytes) % 1_000_000)
}
