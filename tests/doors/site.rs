//! An application's site and an identity provider's site, in one process.
#![allow(dead_code, reason = "each group of tests uses its part of it")]

use std::cell::Cell;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use saml_login::account::{
    Account, AccountAddress, AccountId, EmailProof, Link, LinkOrigin, OrganizationId, Role,
};
use saml_login::administration::administer;
use saml_login::audit::AuditEvent;
use saml_login::error::{BoxError, Error};
use saml_login::organization::{By, Change, Plan, Proposal};
use saml_login::provision::Asked;
use saml_login::sso::{
    Browser, Completed, Mail, Mailer, PostedLogin, Resumed, SignedIn, Sso, SsoBuilder, Start,
    StartFor, Started,
};
use saml_login::store::{AccountWrite, DynStore, MemoryStore, Names, Store, Write, Written};
use saml_login::testing::idp::{TestIdp, TestResponse};
use saml_login::{Delivery, Organization, SealingKey};

use crate::common::people::{email, found, random};
use crate::common::tenants::{IDP_A, response, values};
use crate::common::{block_on, now};
pub(crate) use crate::jar::{From, Jar};

/// Keeps what is mailed.
#[derive(Clone, Default)]
pub(crate) struct Mails(Arc<Mutex<Vec<Mail>>>);

impl Mailer for Mails {
    async fn send(&self, mail: &Mail) -> Result<(), BoxError> {
        self.0.lock().expect("mails").push(mail.clone());
        Ok(())
    }
}

impl Mails {
    pub(crate) fn all(&self) -> Vec<Mail> {
        self.0.lock().expect("mails").clone()
    }

    /// The code of the latest mail.
    pub(crate) fn code(&self) -> String {
        match self.all().pop() {
            Some(Mail::LoginCode { code, .. } | Mail::LinkCode { code, .. }) => code,
            other => panic!("no code was mailed: {other:?}"),
        }
    }
}

/// The application's site.
pub(crate) struct Site {
    pub(crate) sso: Sso<DynStore>,
    pub(crate) store: DynStore,
    pub(crate) mails: Mails,
    base_url: &'static str,
    now: Cell<DateTime<Utc>>,
    answers: Cell<usize>,
}

impl Site {
    pub(crate) fn of(organizations: &[&Organization]) -> Self {
        let store = MemoryStore::default();
        organizations.iter().for_each(|organization| found(&store, organization, None));
        Self::over(DynStore::new(store))
    }

    pub(crate) fn over(store: DynStore) -> Self {
        Self::at("https://app.example.test", store)
    }

    pub(crate) fn at(base_url: &'static str, store: DynStore) -> Self {
        Self::with(base_url, store, |builder| builder)
    }

    /// One that is built with something of its own.
    pub(crate) fn with(
        base_url: &'static str,
        store: DynStore,
        own: impl FnOnce(SsoBuilder<DynStore>) -> SsoBuilder<DynStore>,
    ) -> Self {
        let mails = Mails::default();
        let builder = Sso::builder(base_url, store.clone())
            .sealing_keys([SealingKey::new([7; 32])])
            .mailer(mails.clone());
        let sso = block_on(own(builder).build(now())).expect("doors");
        Self { sso, store, mails, base_url, now: Cell::new(now()), answers: Cell::new(0) }
    }

    /// The same store, in another process.
    pub(crate) fn another(&self) -> Self {
        let other = Self::at(self.base_url, self.store.clone());
        other.now.set(self.now());
        other.answers.set(self.answers.get() + 1_000);
        other
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.now.get()
    }

    pub(crate) fn wait(&self, time: TimeDelta) {
        self.now.set(self.now() + time);
    }

    pub(crate) fn organization(&self, id: &str) -> Organization {
        let record = block_on(self.store.organization(&OrganizationId::new(id)));
        record.expect("the store").expect("an organization").organization
    }

    pub(crate) fn put(&self, account: &Account) {
        let mut write = Write::of(&account.organization, self.now());
        write.account = Some(AccountWrite::Create(Box::new(account.clone())));
        assert_eq!(block_on(self.store.write(write)).expect("the store"), Written::Done);
    }

    pub(crate) fn account(&self, organization: &str, id: &AccountId) -> Account {
        let (organization, names) = (OrganizationId::new(organization), Names::of_id(id));
        let found = block_on(self.store.find(&organization, &names))
            .expect("the store")
            .expect("an organization");
        found.accounts.into_iter().next().expect("an account")
    }

    /// What was told, the latest first.
    pub(crate) fn told(&self, organization: &str, count: usize) -> Vec<AuditEvent> {
        let events = block_on(self.store.audit(&OrganizationId::new(organization), None, count));
        events.expect("the store").into_iter().map(|(_, event)| event).collect()
    }

    /// Starts a login; the browser keeps its cookies.
    pub(crate) fn start(
        &self,
        jar: &mut Jar,
        slug: &str,
        start: Start<'_>,
    ) -> Result<Delivery, Error> {
        let header = jar.header(From::Here, self.now());
        let browser = Browser::new(&header, self.now()).with_fetch_site("same-origin");
        let Started { delivery, cookies, .. } =
            block_on(self.sso.start(slug, start, &browser, random()))?;
        jar.take(&cookies, self.now());
        Ok(delivery)
    }

    /// A tab that waits for the identity provider: the ID of its request.
    pub(crate) fn tab(&self, jar: &mut Jar, slug: &str, purpose: StartFor<'_>) -> String {
        let delivery = self.start(jar, slug, Start::new(purpose)).expect("a start");
        TestIdp::request_id(&delivery).expect("a request")
    }

    /// What the identity provider says of somebody, in answer to a request or to none.
    pub(crate) fn answer<'a>(
        &self,
        organization: &Organization,
        idp: &'a TestIdp,
        name: &str,
        request: Option<&str>,
    ) -> TestResponse<'a> {
        self.answers.set(self.answers.get() + 1);
        let at = idp.response(&organization.service_provider(), self.now());
        let answer = at
            .numbered(&self.answers.get().to_string())
            .for_person(&format!("{name}@example.test"));
        match request {
            Some(id) => answer.in_reply_to(id),
            None => answer,
        }
    }

    /// The identity provider's page posts its form.
    pub(crate) fn post(&self, jar: &mut Jar, acs_url: &str, form: &str) -> Completed {
        self.post_with(jar, acs_url, form, None)
    }

    pub(crate) fn post_with(
        &self,
        jar: &mut Jar,
        acs_url: &str,
        form: &str,
        relay_state: Option<&str>,
    ) -> Completed {
        let header = jar.header(From::Form, self.now());
        let browser = Browser::new(&header, self.now());
        let form = PostedLogin::new(acs_url, form).with_relay_state(relay_state);
        let completed = block_on(self.sso.complete_login(&form, &browser, random()));
        let cookies = match &completed {
            Completed::Bounced { cookies, .. } => cookies,
            Completed::Confirm(confirming) => &confirming.cookies,
            Completed::LoggedIn(logged_in) => &logged_in.cookies,
            Completed::Stopped(stopped) => &stopped.cookies,
            Completed::Tested(tested) => &tested.cookies,
            other => panic!("not known: {other:?}"),
        };
        jar.take(cookies, self.now());
        completed
    }

    /// The whole way: from a link here over the identity provider and back.
    pub(crate) fn log_in(
        &self,
        jar: &mut Jar,
        organization: &Organization,
        name: &str,
    ) -> Completed {
        self.log_in_for(jar, organization, &IDP_A, name, StartFor::Login)
    }

    pub(crate) fn log_in_for(
        &self,
        jar: &mut Jar,
        organization: &Organization,
        idp: &TestIdp,
        name: &str,
        purpose: StartFor<'_>,
    ) -> Completed {
        let request = self.tab(jar, organization.slug().as_str(), purpose);
        let answer = self.answer(organization, idp, name, Some(&request));
        let form = answer.form_value().expect("a response");
        self.post(jar, &organization.urls().acs_url, &form)
    }

    /// Who is there when a page of the application is opened.
    pub(crate) fn page(&self, jar: &mut Jar, from: From) -> Resumed {
        let header = jar.header(from, self.now());
        let browser = Browser::new(&header, self.now());
        let resumed = block_on(self.sso.resume(&browser)).expect("the store");
        if let Resumed::Nobody { cookies, .. } = &resumed {
            jar.take(cookies, self.now());
        }
        resumed
    }

    pub(crate) fn signed_in(&self, jar: &mut Jar) -> SignedIn {
        match self.page(jar, From::Here) {
            Resumed::SignedIn(signed_in) => *signed_in,
            other => panic!("nobody is signed in: {other:?}"),
        }
    }

    /// Somebody comes in by a code that is mailed to them.
    pub(crate) fn by_code(&self, jar: &mut Jar, slug: &str, address: &str) -> Result<(), Error> {
        self.ask_code(jar, slug, address);
        let code = self.mails.code();
        self.enter_code(jar, &code)
    }

    pub(crate) fn ask_code(&self, jar: &mut Jar, slug: &str, address: &str) {
        let header = jar.header(From::Here, self.now());
        let browser = Browser::new(&header, self.now());
        let asked = block_on(self.sso.ask_code(slug, &email(address), &browser, random()));
        jar.take(&asked.expect("a code is asked for").cookies, self.now());
    }

    pub(crate) fn enter_code(&self, jar: &mut Jar, code: &str) -> Result<(), Error> {
        let header = jar.header(From::Here, self.now());
        let browser = Browser::new(&header, self.now());
        let entered = block_on(self.sso.enter_code(code, &browser, random()))?;
        jar.take(&entered.cookies, self.now());
        Ok(())
    }

    pub(crate) fn confirm(&self, jar: &mut Jar, code: &str) -> Completed {
        let header = jar.header(From::Here, self.now());
        let browser = Browser::new(&header, self.now());
        let completed = block_on(self.sso.confirm(code, &browser, random()));
        if let Completed::LoggedIn(logged_in) = &completed {
            jar.take(&logged_in.cookies, self.now());
        }
        completed
    }
}

/// The code of what a form came to.
pub(crate) fn code(completed: &Completed) -> &str {
    match completed {
        Completed::Bounced { .. } => "bounced",
        Completed::Confirm(_) => "confirm",
        Completed::LoggedIn(logged_in) => logged_in.provisioning.code(),
        Completed::Stopped(stopped) => stopped.error.code(),
        Completed::Tested(_) => "tested",
        other => panic!("not known: {other:?}"),
    }
}

/// Somebody with a proven address, who may be linked already.
pub(crate) fn person(organization: &Organization, name: &str, role: Role, linked: bool) -> Account {
    let id = organization.id();
    let mut account = Account::new(AccountId::new(name), id, now());
    account.role = role;
    let address = email(&format!("{name}@example.test"));
    account.user_name = Some(address.address().to_owned());
    account.address = Some(AccountAddress::new(address, EmailProof::Proven));
    if linked {
        let identity =
            crate::common::tenants::log_in(organization, &response(organization, &IDP_A, name));
        let key = identity.expect("a login").stable_key().expect("a key");
        account.link = Some(Link::new(key, LinkOrigin::Session));
    }
    account
}

impl Site {
    /// What somebody does with the settings.
    pub(crate) fn change(
        &self,
        organization: &str,
        by: &By<'_>,
        change: Change,
    ) -> Result<(), String> {
        let (id, asked) = (OrganizationId::new(organization), Asked::by(*by, self.now()));
        let applied = block_on(administer(&self.store, &Plan::ALL, &id, &change, &asked));
        applied.expect("the store").result.map_err(|refusal| refusal.code().to_owned())
    }

    /// An administrator who is linked tries the settings in effect out, and enforces them.
    pub(crate) fn enforce(&self, organization: &Organization, boss: &str) {
        let mut jar = Jar::default();
        let in_effect = self.log_in(&mut jar, organization, boss);
        assert!(matches!(in_effect, Completed::LoggedIn(_)), "{in_effect:?}");
        let purpose = StartFor::Test { proposed: false };
        let tested = self.log_in_for(&mut jar, organization, &IDP_A, boss, purpose);
        let Completed::Tested(tested) = tested else { panic!("{tested:?}") };
        assert_eq!(tested.counts, Ok(()));
        let signed_in = self.signed_in(&mut jar);
        self.change(organization.id().as_str(), &signed_in.by(), Change::Enforce)
            .expect("enforced");
    }

    /// The same with other settings, in the place of those that are enforced.
    pub(crate) fn adopt(&self, organization: &Organization, idp: &TestIdp, boss: &str) {
        let mut jar = Jar::default();
        let in_effect = self.log_in(&mut jar, organization, boss);
        assert!(matches!(in_effect, Completed::LoggedIn(_)), "{in_effect:?}");
        let signed_in = self.signed_in(&mut jar);
        let id = organization.id().as_str();
        let proposal = Proposal::of_values(values(organization, idp));
        self.change(id, &signed_in.by(), Change::Propose(Box::new(proposal))).expect("proposed");
        let purpose = StartFor::Test { proposed: true };
        let tested = self.log_in_for(&mut jar, organization, idp, boss, purpose);
        let Completed::Tested(tested) = tested else { panic!("{tested:?}") };
        assert_eq!((tested.counts, tested.proposed), (Ok(()), true), "{}", tested.report);
        self.change(id, &signed_in.by(), Change::Adopt).expect("adopted");
    }

    pub(crate) fn sign_out(&self, jar: &mut Jar) {
        let header = jar.header(From::Here, self.now());
        let browser = Browser::new(&header, self.now());
        let cookies = block_on(self.sso.sign_out(&browser)).expect("signed out");
        jar.take(&cookies, self.now());
    }
}
