//! Where a form that was used before leads.

use super::Visit;
use super::answer::Answer;
use super::page::Page;
use crate::sso::Resumed;
use crate::store::Store;

impl<S: Store> Visit<'_, S> {
    /// A step back, a page that was loaded again: whoever is signed in goes on. The cookie of the
    /// session comes with this GET, and does not with a form that is posted from elsewhere.
    pub(super) async fn here(&mut self) -> Answer {
        match self.sso().resume(&self.browser).await {
            Ok(Resumed::SignedIn(_) | Resumed::StepUp(_)) => Answer::see_other(&self.at("/")),
            Ok(Resumed::Nobody { cookies, .. }) => {
                self.shown(403, &Page::Used).with_cookies(&cookies)
            }
            Err(error) => self.refused(&error),
        }
    }
}
