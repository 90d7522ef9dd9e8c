//! A code in the place of a password.

use super::Visit;
use super::answer::Answer;
use super::page::Page;
use crate::identity::Email;
use crate::store::Store;

impl<S: Store> Visit<'_, S> {
    pub(super) fn code_page(&self) -> Answer {
        self.shown(200, &Page::AskCode { organization: self.query.field("organization") })
    }

    pub(super) async fn code_form(&mut self) -> Answer {
        match self.form.field("code").map(str::to_owned) {
            Some(code) => self.enter(&code).await,
            None => self.ask().await,
        }
    }

    async fn ask(&mut self) -> Answer {
        let slug = self.form.field("organization").unwrap_or_default().trim().to_owned();
        let email = self.form.field("email").unwrap_or_default();
        let Ok(email) = Email::parse(email) else {
            return self.shown(200, &Page::AskCode { organization: Some(&slug) });
        };
        let random = self.random.draw();
        match self.sso().ask_code(&slug, &email, &self.browser, random).await {
            Ok(asked) => {
                self.shown(200, &Page::EnterCode { wrong: false }).with_cookies(&asked.cookies)
            }
            Err(error) => self.refused(&error),
        }
    }

    async fn enter(&mut self, code: &str) -> Answer {
        let random = self.random.draw();
        match self.sso().enter_code(code, &self.browser, random).await {
            Ok(entered) => Answer::see_other(&self.at("/")).with_cookies(&entered.cookies),
            Err(error) if error.code() == "code_wrong" => {
                self.shown(403, &Page::EnterCode { wrong: true })
            }
            Err(error) => self.refused(&error),
        }
    }
}
