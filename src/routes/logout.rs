//! Logouts, from either side.

use super::Visit;
use super::answer::Answer;
use super::page::Page;
use crate::logout::{LogoutMessage, LogoutOutcome};
use crate::sso::{LogoutAnswered, Resumed};
use crate::store::Store;

impl<S: Store> Visit<'_, S> {
    /// The person signs out here.
    pub(super) async fn logout_form(&mut self) -> Answer {
        let signed_in = match self.sso().resume(&self.browser).await {
            Ok(Resumed::SignedIn(signed_in) | Resumed::StepUp(signed_in)) => signed_in,
            Ok(Resumed::Nobody { cookies, .. }) => {
                return self
                    .shown(200, &Page::SignedOut { everywhere: false })
                    .with_cookies(&cookies);
            }
            Err(error) => return self.refused(&error),
        };
        let random = self.random.draw();
        match self.sso().log_out(&signed_in, None, &self.browser, random).await {
            Ok(out) => match &out.delivery {
                Some(delivery) => Answer::delivery(delivery, &self.nonce),
                None => self.shown(200, &Page::SignedOut { everywhere: false }),
            }
            .with_cookies(&out.cookies),
            Err(error) => self.refused(&error),
        }
    }

    /// The identity provider asks, or answers.
    pub(super) async fn slo(&mut self, path: &str) -> Answer {
        let slo_url = format!("{}{path}", self.sso().base_url());
        let query = self.head.uri.query().unwrap_or_default();
        let field = |name| self.form.field(name).map(str::to_owned);
        let value = field("SAMLRequest").or_else(|| field("SAMLResponse"));
        let relay_state = field("RelayState");
        let message = match &value {
            Some(value) => LogoutMessage::Post { value, relay_state: relay_state.as_deref() },
            None => LogoutMessage::Redirect { query },
        };
        let random = self.random.draw();
        let taken = self.sso().take_logout(&slo_url, message, &self.browser, random).await;
        match taken {
            Ok(LogoutAnswered::Ended { delivery, cookies, .. }) => match &delivery {
                Some(delivery) => Answer::delivery(delivery, &self.nonce),
                None => self.shown(200, &Page::SignedOut { everywhere: true }),
            }
            .with_cookies(&cookies),
            Ok(LogoutAnswered::Returned { outcome, go_to, cookies }) => {
                let everywhere = outcome == LogoutOutcome::Complete;
                match go_to {
                    Some(go_to) => Answer::see_other(go_to.as_str()),
                    None => self.shown(200, &Page::SignedOut { everywhere }),
                }
                .with_cookies(&cookies)
            }
            Err(error) => self.refused(&error),
        }
        .framed()
    }
}
