//! Settings are tried out: a login of which nothing becomes.

use super::complete::{Halt, Way};
use super::completed::{Completed, PostedLogin};
use super::context::Context;
use super::{Sso, SsoRefusal, failed};
use crate::account::AccountId;
use crate::administration::administer_spending;
use crate::connection::Opened;
use crate::error::{Error, Rejection};
use crate::identity::Identity;
use crate::organization::{By, Change, Organization, Plan};
use crate::provision::{
    Intent, LogIn, Moment, Provisioning, Refusal, Standing, decide, test_login,
};
use crate::replay::Spending;
use crate::report::Report;
use crate::request::{PendingRequest, Purpose, SetCookie};
use crate::store::{Found, Names, Store, Write, Written};

/// How it went when an administrator tried settings out.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Tested {
    /// Every check of the response, with what was expected and what was found.
    pub report: Report,
    /// Who came, where the response was accepted: what of their attributes was understood.
    pub identity: Option<Identity>,
    /// What would become of a login like this by somebody whom nobody knows to be signed in: which
    /// account, new or not, or why none.
    pub preview: Option<Result<Provisioning, Refusal>>,
    /// Whether it counts: single sign-on can be enforced, or what is proposed adopted, within a
    /// day. Otherwise why not.
    pub counts: Result<(), Refusal>,
    /// Whether what was proposed was tried out, and not what is in effect.
    pub proposed: bool,
    /// A `Set-Cookie` header each.
    pub cookies: Vec<SetCookie>,
}

impl<S: Store> Sso<S> {
    /// The answer to a test. What nobody has asked for never reaches proposed settings.
    pub(super) async fn tested(
        &self,
        form: &PostedLogin<'_>,
        opened: Opened<'_>,
        request: Option<PendingRequest>,
        adopted: Option<&Organization>,
        way: &mut Way<'_>,
    ) -> Result<Completed, Halt> {
        let now = way.browser.now;
        let request = request.filter(|request| request.purpose == Purpose::Test);
        let request = request.ok_or(Rejection::RequestForeign)?;
        let context = Context::read(&request.context).ok_or(Rejection::RequestForeign)?;
        let settings = adopted.unwrap_or(&way.record.organization);
        let connection = self.connection(settings)?;
        let report = connection.explain(form.saml_response, Some(&request), now);
        let mut tested = Tested {
            report,
            identity: None,
            preview: None,
            counts: Err(Refusal::TestLoginNotAdministrator),
            proposed: adopted.is_some(),
            cookies: std::mem::take(&mut way.served),
        };
        self.answered(way.browser).await;
        let Ok(unspent) = opened.accept(Some(&request), now) else {
            return Ok(Completed::Tested(Box::new(tested)));
        };
        let (identity, spending) = unspent.into_parts(now)?;
        let id = way.record.organization.id();
        let spend = self.spent(spending, way.browser.now).await?;
        let tester = match &context.session {
            Some(token) => self.holder(token, id, way.browser).await?,
            None => None,
        };
        let Some(tester) = tester else {
            self.use_up(spend, way).await?;
            return Err(SsoRefusal::SessionOver.into());
        };
        let found = self.found(&identity, &tester.account.id, adopted, way).await?;
        let moment = Moment::new(now, AccountId::new("new"));
        let login = Intent::LogIn(LogIn::of(&identity));
        let standing = Standing::of(&found);
        tested.preview = Some(decide(&login, &By::IdentityProvider, &standing, &moment));
        tested.counts = match test_login(&identity, &tester.account.id, &standing, &moment) {
            Ok(test) => {
                let change = Change::RecordTestLogin(Box::new(test));
                let address = way.browser.address();
                let asked = way.browser.asked(tester.by(), &address);
                let (store, spend) = (&self.store, spend.as_ref());
                let applied =
                    administer_spending(store, &Plan::ALL, id, &change, &asked, spend).await?;
                let applied = applied.ok_or(Rejection::AssertionReplayed)?;
                applied.result.map_err(|_| Refusal::TestLoginNotAdministrator)
            }
            Err(refusal) => {
                self.use_up(spend, way).await?;
                Err(refusal)
            }
        };
        tested.identity = Some(identity);
        Ok(Completed::Tested(Box::new(tested)))
    }

    /// Uses up what nothing else is written with.
    pub(super) async fn use_up(&self, spend: Option<Spending>, way: &Way<'_>) -> Result<(), Halt> {
        let Some(spending) = spend else { return Ok(()) };
        let mut write = Write::of(way.record.organization.id(), way.browser.now);
        write.spend = Some(spending);
        match self.store.write(write).await.map_err(failed)? {
            Written::Done => Ok(()),
            _ => Err(Rejection::AssertionReplayed.into()),
        }
    }

    /// What a decision about a test rests on: the accounts as they are, the settings as they would
    /// be.
    async fn found(
        &self,
        identity: &Identity,
        tester: &AccountId,
        adopted: Option<&Organization>,
        way: &Way<'_>,
    ) -> Result<Found, Error> {
        let mut names: Names = Intent::LogIn(LogIn::of(identity)).names();
        names.ids.push(tester.clone());
        let found = self.store.find(way.record.organization.id(), &names).await.map_err(failed)?;
        let mut found = found.ok_or(SsoRefusal::OrganizationUnknown)?;
        if let Some(adopted) = adopted {
            found.record.organization = adopted.clone();
        }
        Ok(found)
    }
}
