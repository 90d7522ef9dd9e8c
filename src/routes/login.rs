//! Logins: started, answered, confirmed.

use std::error::Error as _;

use super::answer::Answer;
use super::page::Page;
use super::{Visit, text};
use crate::error::Error;
use crate::identity::Email;
use crate::random::Random;
use crate::sso::{Completed, PostedLogin, SsoRefusal, Start, StartFor, Started};
use crate::store::Store;

impl<S: Store> Visit<'_, S> {
    pub(super) async fn start(&mut self, slug: &str) -> Answer {
        let invitation = self.query.field("invitation").map(str::to_owned);
        let purpose = match (self.query.field("for"), invitation.as_deref()) {
            (_, Some(token)) => StartFor::Invitation(token),
            (Some("link"), _) => StartFor::Link,
            (Some("step_up"), _) => StartFor::StepUp,
            (Some("test"), _) => StartFor::Test { proposed: false },
            (Some("test_proposed"), _) => StartFor::Test { proposed: true },
            _ => StartFor::Login,
        };
        let return_to = self.query.field("return_to").map(str::to_owned);
        let start = Start::new(purpose).return_to(return_to.as_deref());
        let random = self.random.draw();
        match self.sso().start(slug, start, &self.browser, random).await {
            Ok(started) => self.started(&started),
            Err(error) => self.refused(&error),
        }
    }

    fn started(&self, started: &Started) -> Answer {
        Answer::delivery(&started.delivery, &self.nonce).with_cookies(&started.cookies)
    }

    /// Somebody has said who they are, or where they belong. What does not lead on by itself is one
    /// answer, whoever has the address.
    pub(super) async fn discover_form(&mut self) -> Answer {
        let field = |name| {
            let text = self.form.field(name).map(str::trim);
            text.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let (organization, email) = (field("organization"), field("email"));
        let return_to = self.query.field("return_to").map(str::to_owned);
        let start = || Start::new(StartFor::Login).return_to(return_to.as_deref());
        let random = self.random.draw();
        if let Some(slug) = organization {
            return match self.sso().start(&slug, start(), &self.browser, random).await {
                Ok(started) => self.started(&started),
                Err(error) => self.refused(&error),
            };
        }
        let email = email.and_then(|email| Email::parse(&email).ok());
        let Some(email) = email else { return self.shown(200, &Page::Discover { unknown: true }) };
        match self.sso().start_by_email(&email, start(), &self.browser, random).await {
            Ok(Some(started)) => self.started(&started),
            Ok(None) => self.shown(200, &Page::Discover { unknown: true }),
            Err(error) => self.refused(&error),
        }
    }

    pub(super) async fn acs(&mut self, path: &str) -> Answer {
        let acs_url = format!("{}{path}", self.sso().base_url());
        let Some(response) = self.form.field("SAMLResponse").map(str::to_owned) else {
            return Answer::bare(400);
        };
        let relay_state = self.form.field("RelayState").map(str::to_owned);
        let form = PostedLogin::new(&acs_url, &response).with_relay_state(relay_state.as_deref());
        let random = self.random.draw();
        let completed = self.sso().complete_login(&form, &self.browser, random).await;
        self.completed(completed)
    }

    pub(super) async fn confirm_form(&mut self) -> Answer {
        let code = self.form.field("code").unwrap_or_default().to_owned();
        let random: Random = self.random.draw();
        let completed = self.sso().confirm(&code, &self.browser, random).await;
        match completed {
            Completed::Stopped(stopped) if stopped.error.code() == "code_wrong" => {
                self.shown(403, &Page::Confirm { wrong: true }).with_cookies(&stopped.cookies)
            }
            completed => self.completed(completed),
        }
    }

    fn completed(&self, completed: Completed) -> Answer {
        match completed {
            Completed::Bounced { delivery, cookies } => {
                Answer::delivery(&delivery, &self.nonce).with_cookies(&cookies)
            }
            Completed::Confirm(confirming) => {
                Answer::see_other(&self.at("/sso/-/confirm")).with_cookies(&confirming.cookies)
            }
            Completed::LoggedIn(logged_in) => {
                Answer::see_other(&logged_in.go_to).with_cookies(&logged_in.cookies)
            }
            Completed::Stopped(stopped) if stopped.may_be_signed_in => {
                Answer::see_other(&self.at("/sso/-/here")).with_cookies(&stopped.cookies)
            }
            Completed::Stopped(stopped) => {
                self.refused(&stopped.error).with_cookies(&stopped.cookies)
            }
            Completed::Tested(tested) => {
                self.shown(200, &Page::Tested(&tested)).with_cookies(&tested.cookies)
            }
        }
    }

    pub(super) async fn metadata(&mut self, acs_path: &str) -> Answer {
        let acs_url = format!("{}{acs_path}", self.sso().base_url());
        match self.sso().metadata(&acs_url).await {
            Ok(metadata) => Answer::xml(metadata),
            Err(error) => self.refused(&error),
        }
    }

    /// A path of ours below that of the base URL.
    pub(super) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.sso().base_path())
    }

    /// Why it does not go on, to the person.
    pub(super) fn refused(&self, error: &Error) -> Answer {
        let answer = self.shown(status(error), &Page::Refused { error });
        match door(error) {
            Some(SsoRefusal::TooOften { seconds }) => {
                answer.with("retry-after", seconds.to_string())
            }
            _ => answer,
        }
    }

    /// Whether a form comes from a page of ours, and not from one elsewhere.
    pub(super) fn is_from_here(&self) -> bool {
        match (self.browser.fetch_site, text(self.head, "origin")) {
            (Some(site), _) => site == "same-origin",
            (None, Some(origin)) => origin.eq_ignore_ascii_case(self.origin()),
            // Every browser sends one of the two with a form that is posted.
            (None, None) => false,
        }
    }

    /// Scheme and authority of the base URL.
    fn origin(&self) -> &str {
        let (base, path) = (self.sso().base_url(), self.sso().base_path());
        base.strip_suffix(path).unwrap_or(base)
    }
}

/// RFC 9110 §15: what went wrong, to whatever reads no words.
fn status(error: &Error) -> u16 {
    match door(error) {
        Some(SsoRefusal::OrganizationUnknown) => 404,
        Some(SsoRefusal::TooOften { .. }) => 429,
        Some(SsoRefusal::ReturnUnsafe) => 400,
        _ if error.is_failure() => 503,
        _ => 403,
    }
}

/// Why a door stays shut, if it is one.
fn door(error: &Error) -> Option<&SsoRefusal> {
    match error {
        Error::Refused(refused) => refused.source()?.downcast_ref(),
        _ => None,
    }
}
