//! A verified login that waits for a code, which links an administrator's account.

use chrono::{DateTime, TimeDelta, Utc};
use openssl::memcmp;

use super::complete::{Login, Way};
use super::context::Context;
use super::cookie::Kind;
use super::{
    Browser, Completed, Mail, Mailer as _, RateKey, RateKind, RateLimits as _, Sso, SsoRefusal,
    failed,
};
use crate::account::Account;
use crate::error::{BoxError, Error};
use crate::fields::{self, Fields};
use crate::identity::Identity;
use crate::provision::{Holder, Intent, LogIn, Refusal};
use crate::random::Random;
use crate::request::{RequestCookies, SetCookie};
use crate::sealing::SealingKey;
use crate::store::{
    CodeDigest, Confirmation, Kept, KeptKind, KeptWhat, KeptWrite, Record, Store, Write, Written,
};
use crate::token::{Token, TokenDigest};

/// So long a code is good for.
pub(super) const LASTS: TimeDelta = TimeDelta::minutes(10);

/// Letters and digits that nobody takes for one another.
const LETTERS: &[u8; 32] = b"ABCDEFGHJKMNPQRSTUVWXYZ023456789";

/// A code that is on its way, and what it is known again by.
pub(super) struct Waiting {
    digest: TokenDigest,
    code: String,
    login: Vec<u8>,
    mac: CodeDigest,
    expires_at: DateTime<Utc>,
    pub(super) cookie: SetCookie,
}

impl Waiting {
    /// What is kept of it, for this account.
    pub(super) fn kept(&self, account: &Account, record: &Record) -> Result<KeptWrite, Refusal> {
        let sent_to = account.email().ok_or(Refusal::LinkUnconfirmed)?.clone();
        let (id, login) = (account.id.clone(), self.login.clone());
        let confirmation = Confirmation::new(id, account.generation, sent_to, login, self.mac);
        let what = KeptWhat::Confirmation(confirmation);
        let organization = record.organization.id();
        let kept = Kept::new(organization, self.digest, Some(self.expires_at), what);
        Ok(KeptWrite::Put(Box::new(kept)))
    }
}

impl<S: Store> Sso<S> {
    /// A code for a login, should it have to wait for one.
    pub(super) fn waiting(
        &self,
        login: &Login,
        random: Random,
        browser: &Browser<'_>,
    ) -> Result<Waiting, Error> {
        let (for_cookie, for_code) = random.split();
        let token = Token::new(for_cookie);
        let expires_at = browser.now.checked_add_signed(LASTS).unwrap_or(browser.now);
        let code = letters(&for_code.for_purpose("link code"));
        let mut kept = Fields::default();
        kept.add(&login.identity.to_bytes());
        kept.add(&login.context.to_bytes());
        Ok(Waiting {
            digest: token.digest(),
            mac: self.mac("link code", &token.digest(), &spelled(&code))?,
            login: kept.into_bytes(),
            cookie: self.cookies.set(Kind::Link, &token, browser.now, expires_at),
            code,
            expires_at,
        })
    }

    /// The keyed digest of a code of this browser's.
    pub(super) fn mac(
        &self,
        purpose: &str,
        browser: &TokenDigest,
        code: &str,
    ) -> Result<CodeDigest, Error> {
        mac(self.keys.first(), purpose, browser, code)
    }

    pub(super) async fn mail_link(
        &self,
        account: &Account,
        waiting: &Waiting,
        browser: &Browser<'_>,
    ) -> Result<(), Error> {
        let Some(to) = account.email().cloned() else { return Ok(()) };
        let key = RateKey::of_account(RateKind::LinkMailed, account);
        self.limited_by(&key, browser).await?;
        let mail = Mail::LinkCode { to, code: waiting.code.clone() };
        let sent = self.mailer.send(&mail).await;
        if sent.is_err() {
            // What did not go out does not count.
            let _ = self.rates.give_back(&key, browser.now).await;
        }
        sent.map_err(failed)
    }

    /// Takes the code that was mailed to an administrator whose login [waits](Completed::Confirm)
    /// for it: the account is linked, and the session begins. Five tries, ten minutes, in the
    /// browser that came from the identity provider.
    pub async fn confirm(&self, code: &str, browser: &Browser<'_>, random: Random) -> Completed {
        match self.confirmed(code, browser, random).await {
            Ok(completed) => completed,
            Err(error) => Completed::stopped(error),
        }
    }

    async fn confirmed(
        &self,
        code: &str,
        browser: &Browser<'_>,
        random: Random,
    ) -> Result<Completed, Error> {
        let digest = self.cookies.read(Kind::Link, browser.cookies);
        let digest = digest.ok_or(SsoRefusal::CodeWrong)?;
        let kept = self.store.kept(KeptKind::Confirmation, &digest).await.map_err(failed)?;
        let kept = kept.filter(|kept| kept.is_good(browser.now)).ok_or(SsoRefusal::CodeWrong)?;
        let KeptWhat::Confirmation(confirmation) = &kept.what else {
            return Err(SsoRefusal::CodeWrong.into());
        };
        self.tried(&kept, confirmation.tries, browser).await?;
        if !self.is_code("link code", &digest, &spelled(code), &confirmation.code)? {
            return Err(SsoRefusal::CodeWrong.into());
        }
        let (identity, context) = waited(&confirmation.login).ok_or(SsoRefusal::CodeWrong)?;
        let record = self.record(&kept.organization).await?;
        let served = vec![self.cookies.clear(Kind::Link)];
        let mut way = Way { browser, record, cookies: RequestCookies::default(), served };
        let holder = Holder::Code {
            account: &confirmation.account,
            sent_to: &confirmation.sent_to,
            generation: confirmation.generation,
        };
        let intent_of = identity.clone();
        let intent = Intent::LogIn(LogIn::of(&intent_of).with(holder));
        let login = Login {
            identity,
            context,
            spend: None,
            clock_difference: None,
            taken: Some((KeptKind::Confirmation, digest)),
        };
        match self.enter(&intent, &login, &mut way, random).await {
            Ok(completed) => {
                if let Completed::LoggedIn(logged_in) = &completed {
                    let key = RateKey::of_account(RateKind::LinkMailed, &logged_in.account);
                    let _ = self.rates.give_back(&key, browser.now).await;
                }
                Ok(completed)
            }
            Err(halt) => Ok(Completed::Stopped(Box::new(self.stopped(halt, way).await))),
        }
    }

    /// Counts a try before it is looked at: of those that come at the same time each is one.
    pub(super) async fn tried(
        &self,
        kept: &Kept,
        tries: u8,
        browser: &Browser<'_>,
    ) -> Result<(), Error> {
        let left = tries.checked_sub(1).ok_or(SsoRefusal::CodeWrong)?;
        let mut write = Write::of(&kept.organization, browser.now);
        write.kept.push(KeptWrite::Put(Box::new(kept.with_tries(left))));
        match self.store.write(write).await.map_err(failed)? {
            Written::Done => Ok(()),
            // Another try came first, and was counted. This one is not looked at.
            _ => Err(SsoRefusal::CodeWrong.into()),
        }
    }

    /// Whether this is the code, under any of the sealing keys.
    pub(super) fn is_code(
        &self,
        purpose: &str,
        browser: &TokenDigest,
        code: &str,
        kept: &CodeDigest,
    ) -> Result<bool, Error> {
        let mut is_code = false;
        for key in self.keys.all() {
            let mac = mac(key, purpose, browser, code)?;
            is_code |= memcmp::eq(mac.as_bytes(), kept.as_bytes());
        }
        Ok(is_code)
    }
}

fn mac(
    key: &SealingKey,
    purpose: &str,
    browser: &TokenDigest,
    code: &str,
) -> Result<CodeDigest, Error> {
    let mac = key.mac(purpose, &[browser.as_bytes(), code.as_bytes()]);
    Ok(CodeDigest::from_bytes(mac.map_err(|error| failed(BoxError::new(error)))?))
}

/// Who waits, and where they go on.
pub(super) fn waited(login: &[u8]) -> Option<(Identity, Context)> {
    let fields = fields::read(login)?;
    let [identity, context] = *fields.as_slice() else { return None };
    Some((Identity::from_bytes(identity)?, Context::read(context).unwrap_or_default()))
}

/// Eight of the letters, of 40 random bits.
fn letters(random: &[u8; 32]) -> String {
    let letter = |byte: &u8| LETTERS.get(usize::from(byte % 32)).copied().map_or('A', char::from);
    let mut code: String = random.iter().take(8).map(letter).collect();
    code.insert(4, '-');
    code
}

/// A code as people type it: letter case, blanks and the hyphen do not count, nor does an O for a
/// 0.
fn spelled(code: &str) -> String {
    let kept = code.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_uppercase());
    kept.map(|c| if c == 'O' { '0' } else { c }).take(8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_of_forty_bits_and_read_as_people_type_it() {
        let of = |bytes: [u8; 9]| {
            let mut random = [255; 32];
            random[..9].copy_from_slice(&bytes);
            letters(&random)
        };
        assert_eq!(of([0, 1, 30, 31, 32, 63, 64, 200, 7]), "AB89-A9AJ");
        assert_eq!(of([7, 10, 11, 12, 22, 23, 24, 25, 0]), "HMNP-Z023");
        for typed in ["ab0d-ef2h", " AB0D EF2H ", "aBoDeF2h", "a-b-0-d-e-f-2-h-more"] {
            assert_eq!(spelled(typed), "AB0DEF2H");
        }
    }
}
