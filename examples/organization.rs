//! Two organizations, their identity providers and directory, and what "single sign-on only" means:
//! a story that needs no server.
//!
//! ```text
//! cargo run --example organization
//! ```

use std::error::Error;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use chrono::{DateTime, TimeDelta, Utc};
use saml_login::account::{
    Account, AccountId, Invitation, OrganizationId, Pushed, PushedAddress, Role, Status,
};
use saml_login::administration::{administer, found};
use saml_login::audit::{Actor, AuditEvent};
use saml_login::doctor::PastedValues;
use saml_login::error::BoxError;
use saml_login::identity::Email;
use saml_login::organization::{
    By, Change, ChangeRefusal, Counters, Discovery, DomainToken, EmailDomain, Plan, Proposal, Slug,
    SpUrls, Watched, discover, due,
};
use saml_login::policy::{Origin, PolicyAction};
use saml_login::provision::{Asked, Intent, Push, Wanted, carry_out};
use saml_login::request::SetCookie;
use saml_login::session::{LoginMethod, SessionStart};
use saml_login::sso::{Browser, Completed, Mail, Mailer, PostedLogin, Sso, Start, StartFor};
use saml_login::store::{MemoryStore, Names, Store};
use saml_login::testing::idp::TestIdp;
use saml_login::token::Token;
use saml_login::{LoginPolicy, Organization, Random, SealingKey};

type Told<T = ()> = Result<T, Box<dyn Error>>;

/// Keeps the code that was mailed last.
#[derive(Clone, Default)]
struct Mails(Arc<Mutex<Option<Mail>>>);

impl Mailer for Mails {
    async fn send(&self, mail: &Mail) -> Result<(), BoxError> {
        let mut latest = self.0.lock().map_err(|_| BoxError::new("a thread panicked"))?;
        *latest = Some(mail.clone());
        Ok(())
    }
}

impl Mails {
    fn code(&self) -> Option<String> {
        match self.0.lock().ok()?.take()? {
            Mail::LinkCode { code, .. } | Mail::LoginCode { code, .. } => Some(code),
            _ => None,
        }
    }
}

struct Application {
    sso: Sso<MemoryStore>,
    mails: Mails,
    now: DateTime<Utc>,
}

/// A browser keeps cookies as its `Cookie` header will have them.
fn keep(cookies: &mut String, set: &[SetCookie]) {
    for cookie in set {
        let pair = cookie.as_str().split(';').next().unwrap_or_default();
        let name = pair.split('=').next().unwrap_or_default();
        let others = cookies.split("; ").filter(|other| other.split('=').next() != Some(name));
        let mut kept: Vec<&str> = others.filter(|other| !other.is_empty()).collect();
        if !pair.ends_with('=') {
            kept.push(pair);
        }
        *cookies = kept.join("; ");
    }
}

impl Application {
    fn organization(&self, id: &str) -> Told<Organization> {
        let record = block_on(self.sso.store().organization(&OrganizationId::new(id)))?;
        Ok(record.ok_or("no such organization")?.organization)
    }

    fn counters(&self, id: &str) -> Told<Counters> {
        let record = block_on(self.sso.store().organization(&OrganizationId::new(id)))?;
        Ok(record.ok_or("no such organization")?.counters)
    }

    fn account(&self, id: &str, account: &AccountId) -> Told<Account> {
        let names = Names::of_id(account);
        let found = block_on(self.sso.store().find(&OrganizationId::new(id), &names))?;
        let accounts = found.ok_or("no such organization")?.accounts;
        Ok(accounts.into_iter().next().ok_or("no such account")?)
    }

    /// What somebody does with the settings of an organization.
    fn change(&self, id: &str, by: By<'_>, what: &str, change: Change) -> Told {
        let asked = Asked::by(by, self.now);
        let id = OrganizationId::new(id);
        let applied = block_on(administer(self.sso.store(), &Plan::ALL, &id, &change, &asked))?;
        match applied.result {
            Ok(()) => {
                println!("  {id}: {what}.");
                applied.warnings.iter().for_each(|warning| println!("    {warning}"));
            }
            Err(ChangeRefusal::Values(diagnosis)) => {
                println!("  {id}: {what} is refused, and nothing is changed:");
                diagnosis.findings().iter().for_each(|finding| println!("    {finding}"));
                if let Some(offer) = diagnosis.offer() {
                    let (url, issuer) = (&offer.sso_url, &offer.issuer);
                    println!("    What may be meant: single sign-on URL {url}, issuer {issuer}.");
                }
            }
            Err(refusal) => println!("  {id}: {what}: refused, {} ({refusal}).", refusal.code()),
        }
        Ok(())
    }

    /// What somebody does with an account.
    fn people(
        &self,
        id: &str,
        by: By<'_>,
        what: &str,
        intent: &Intent<'_>,
    ) -> Told<Option<Account>> {
        let (asked, id) = (Asked::by(by, self.now), OrganizationId::new(id));
        match block_on(carry_out(self.sso.store(), &id, intent, &asked, Random::generate()?)) {
            Ok(done) => {
                println!("  {what}: {}, {}.", done.provisioning.code(), done.account.id);
                // Nobody is signed in to an account that a code has to confirm first.
                Ok(done.signed_in().cloned())
            }
            Err(error) => {
                println!(
                    "  {what}: refused, {}. They read: “{}”",
                    error.code(),
                    error.user_message()
                );
                Ok(None)
            }
        }
    }

    /// What a browser does: it starts a login with what it has of cookies, is answered by the
    /// identity provider, and posts the answer to the ACS URL.
    fn browse(
        &self,
        organization: &Organization,
        (idp, name): (&TestIdp, &str),
        purpose: StartFor<'_>,
        cookies: &mut String,
    ) -> Told<Completed> {
        let slug = organization.slug().as_str();
        let browser = Browser::new(cookies, self.now).with_fetch_site("same-origin");
        let start = self.sso.start(slug, Start::new(purpose), &browser, Random::generate()?);
        let started = block_on(start)?;
        keep(cookies, &started.cookies);
        let request = TestIdp::request_id(&started.delivery).ok_or("no request")?;
        let email = format!("{name}@{slug}.test");
        let response = idp.response(&organization.service_provider(), self.now);
        let response = response.in_reply_to(&request).for_person(&email).numbered(&request);
        let form = response.form_value()?;
        let form = PostedLogin::new(&organization.urls().acs_url, &form);
        let browser = Browser::new(cookies, self.now);
        Ok(block_on(self.sso.complete_login(&form, &browser, Random::generate()?)))
    }

    /// A login, from the link to the session.
    fn log_in(&self, id: &str, idp: &TestIdp, name: &str) -> Told<Option<(Account, SessionStart)>> {
        let organization = self.organization(id)?;
        let mut cookies = String::new();
        match self.browse(&organization, (idp, name), StartFor::Login, &mut cookies)? {
            Completed::LoggedIn(logged_in) => {
                let (code, account) = (logged_in.provisioning.code(), logged_in.account);
                println!("  {name} logs in at {id}: {code}, {}.", account.id);
                Ok(Some((account, logged_in.session.start)))
            }
            Completed::Confirm(_) => {
                println!("  {name} logs in at {id}: a code is mailed to the account's address.");
                Ok(None)
            }
            Completed::Stopped(stopped) => {
                let (code, user_message) = (stopped.error.code(), stopped.error.user_message());
                println!("  {name} logs in at {id}: refused, {code}. They read: “{user_message}”");
                println!("  The administrator reads: {}", stopped.error.help());
                Ok(None)
            }
            other => Err(format!("something else: {other:?}").into()),
        }
    }

    /// A login of an administrator who has come in by a code, with the settings in effect or those
    /// proposed.
    fn try_out(
        &self,
        id: &str,
        (present, idp): (&TestIdp, &TestIdp),
        tester: &Account,
        name: &str,
    ) -> Told {
        let organization = self.organization(id)?;
        let proposed = organization.candidate().is_some();
        let address = tester.email().ok_or("an administrator without an address")?;
        let mut cookies = String::new();
        // Under enforcement nobody comes in by a code; she came in through single sign-on before.
        if organization.is_enforced() {
            let login =
                self.browse(&organization, (present, name), StartFor::Login, &mut cookies)?;
            let Completed::LoggedIn(logged_in) = login else { return Err("not signed in".into()) };
            keep(&mut cookies, &logged_in.cookies);
        } else {
            let browser = Browser::new("", self.now);
            let slug = organization.slug().as_str();
            let asked = self.sso.ask_code(slug, address, &browser, Random::generate()?);
            keep(&mut cookies, &block_on(asked)?.cookies);
            let code = self.mails.code().ok_or("no code was mailed")?;
            let browser = Browser::new(&cookies, self.now);
            let entered = self.sso.enter_code(&code, &browser, Random::generate()?);
            let entered = block_on(entered)?;
            keep(&mut cookies, &entered.cookies);
        }
        let purpose = StartFor::Test { proposed };
        let tested = self.browse(&organization, (idp, name), purpose, &mut cookies)?;
        let Completed::Tested(tested) = tested else { return Err("no test".into()) };
        match (&tested.report.message, tested.counts) {
            (None, Ok(())) => println!("  {id}: an administrator has logged in with them."),
            (Some(message), _) => {
                println!("  {id}: {name} tries them out, and is refused: {message}.")
            }
            (None, Err(refusal)) => println!("  {id}: that does not count: {refusal}."),
        }
        Ok(())
    }

    fn record(&self, event: &AuditEvent) -> Told {
        Ok(block_on(self.sso.store().record(event))?)
    }
}

fn organization(id: &str, slug: &str) -> Told<Organization> {
    let slug = Slug::parse(slug)?;
    let urls = SpUrls::derived("https://app.example.test", &slug).ok_or("not a base URL")?;
    println!(
        "  {id}: Audience URI {}, ACS URL {}, login URL {}.",
        urls.entity_id, urls.acs_url, urls.login_url
    );
    Ok(Organization::new(id, slug, urls))
}

fn values(organization: &Organization, idp: &TestIdp) -> Told<PastedValues> {
    let sso_url = format!("https://idp.{}.test/sso", organization.slug());
    let audience = &organization.urls().entity_id;
    Ok(PastedValues::new(audience, sso_url, idp.issuer(), idp.certificate_pem()?))
}

fn main() -> Told {
    let now: DateTime<Utc> = "2030-01-31T12:00:00Z".parse()?;
    let [acme_idp, bravo_idp] =
        [TestIdp::p256("Acme identity provider")?, TestIdp::p256("https://idp.bravo.test")?];
    let mails = Mails::default();
    let sso = Sso::builder("https://app.example.test", MemoryStore::default())
        .sealing_keys([SealingKey::new([7; 32])])
        .mailer(mails.clone())
        .build(now);
    let application = Application { sso: block_on(sso)?, mails, now };

    println!("Two organizations, and what their administrators enter at their identity providers:");
    let asked = Asked::by(By::Application, now);
    for (id, slug, seats) in [("acme-inc", "acme", Some(4)), ("bravo-ltd", "bravo", None)] {
        let made = organization(id, slug)?;
        block_on(found(application.sso.store(), made, seats, &asked, Random::generate()?))?;
    }
    let acme = first_administrator(&application, "acme-inc", "alice@acme.test")?;
    let bravo = first_administrator(&application, "bravo-ltd", "alice@bravo.test")?;

    set_up(&application, (&acme, &acme_idp), (&bravo, &bravo_idp))?;
    let session = people_come(&application, (&acme, &acme_idp), &bravo_idp)?;
    let there = bravo_session(&application, &bravo)?;
    enforce(&application, (&acme, &acme_idp), &session, &there)?;
    mend(&application, (&acme, &acme_idp))?;
    dismiss(&application, &acme)?;

    println!("\nThe audit trail of acme-inc, the latest first:");
    for (number, event) in block_on(application.sso.store().audit(&"acme-inc".into(), None, 12))? {
        let target =
            event.target.as_ref().map_or(String::new(), |target| format!(" about {target}"));
        let (code, actor) = (event.action.code(), &event.actor);
        println!("  {number}. {code}{target}: {:?} by {actor:?}", event.outcome);
    }
    Ok(())
}

/// The application invites them, and they come by the link of the mail.
fn first_administrator(application: &Application, id: &str, email: &str) -> Told<Account> {
    println!("\nThe first administrator of {id} is invited, and accepts:");
    let token = Token::new(Random::generate()?);
    let in_a_week = application.now + TimeDelta::days(7);
    let email = Email::parse(email)?;
    let invitation = Invitation::new(token.digest(), in_a_week);
    let invite = Intent::Invite { email: &email, role: Role::Administrator, invitation };
    application.people(id, By::Application, "the invitation", &invite)?;
    let accept = Intent::Accept(token.digest());
    let account = application.people(id, By::Application, "the link of the mail", &accept)?;
    Ok(account.ok_or("an administrator")?)
}

fn set_up(
    application: &Application,
    (acme, acme_idp): (&Account, &TestIdp),
    (bravo, bravo_idp): (&Account, &TestIdp),
) -> Told {
    println!("\nThey paste four values. One pastes the issuer into the field for the URL first:");
    for (id, by, idp) in [("acme-inc", acme, acme_idp), ("bravo-ltd", bravo, bravo_idp)] {
        let change = |what: &str, change| application.change(id, By::member(by), what, change);
        change("single sign-on is enabled", Change::Enable)?;
        let values = values(&application.organization(id)?, idp)?;
        if id == "acme-inc" {
            let mut swapped = values.clone();
            std::mem::swap(&mut swapped.issuer, &mut swapped.sso_url);
            change("a first try", Change::Configure(Box::new(swapped)))?;
        }
        change("four values are saved", Change::Configure(Box::new(values)))?;
    }

    println!("\nacme shows that acme.test is its own, by a TXT record:");
    let (domain, token) = (EmailDomain::parse("acme.test")?, DomainToken::new(Random::generate()?));
    let found = vec![token.to_string()];
    let request = Change::RequestDomain { domain: domain.clone(), token };
    application.change("acme-inc", By::member(acme), "the record is given out", request)?;
    let check = Change::CheckDomain { domain, found };
    application.change("acme-inc", By::Application, "the record is there", check)?;

    println!("\nSomebody types an address on the login page:");
    let all = [application.organization("acme-inc")?, application.organization("bravo-ltd")?];
    for text in ["bob@acme.test", "bob@bravo.test"] {
        match discover(&Email::parse(text)?, &all) {
            Discovery::Found(organization) => {
                println!("  {text}: on to {}.", organization.urls().login_url)
            }
            other => println!("  {text}: {}", other.user_message().unwrap_or_default()),
        }
    }
    Ok(())
}

fn people_come(
    application: &Application,
    (acme, acme_idp): (&Account, &TestIdp),
    bravo_idp: &TestIdp,
) -> Told<SessionStart> {
    println!(
        "\nacme has bought four seats. An administrator's account is not linked by an address:"
    );
    application.log_in("acme-inc", acme_idp, "alice")?;
    println!("  Alice was signed in, and tries the settings out from there:");
    application.try_out("acme-inc", (acme_idp, acme_idp), acme, "alice")?;
    println!("\nEverybody else gets an account at the first login:");
    for name in ["bob", "carol", "dave", "erin"] {
        application.log_in("acme-inc", acme_idp, name)?;
    }
    println!("\nbravo's identity provider answers at acme's door:");
    application.log_in("acme-inc", bravo_idp, "mallory")?;
    by_code(acme)
}

fn bravo_session(application: &Application, bravo: &Account) -> Told<(Account, SessionStart)> {
    let account = application.account("bravo-ltd", &bravo.id)?;
    let session = by_code(&account)?;
    Ok((account, session))
}

/// A session that began with a code sent to the account's address.
fn by_code(account: &Account) -> Told<SessionStart> {
    let sent_to = account.email().ok_or("an account without an address")?;
    Ok(SessionStart::by_code(account, sent_to).ok_or("a former address")?)
}

fn enforce(
    application: &Application,
    (acme, acme_idp): (&Account, &TestIdp),
    by_code: &SessionStart,
    (elsewhere, there): &(Account, SessionStart),
) -> Told {
    println!(
        "\nacme wants single sign-on only. Alice has just shown that an administrator gets in:"
    );
    application.change("acme-inc", By::member(acme), "enforcement is set", Change::Enforce)?;
    let (alice, by_sso) = application.log_in("acme-inc", acme_idp, "alice")?.ok_or("alice")?;

    println!("\nWhat follows from it:");
    let policy = LoginPolicy::of(&application.organization("acme-inc")?);
    let bravo = LoginPolicy::of(&application.organization("bravo-ltd")?);
    let origin = Origin::new(&bravo, elsewhere, there);
    for (what, action) in [
        ("a code that was mailed before is entered", PolicyAction::LogIn(LoginMethod::EmailCode)),
        ("a session from a code goes on", PolicyAction::Resume(by_code)),
        ("a session from single sign-on goes on", PolicyAction::Resume(&by_sso)),
        ("in bravo's session her acme account is listed", PolicyAction::See(origin)),
        ("she switches to it from there", PolicyAction::Enter(origin)),
    ] {
        let decision = policy.decide(&alice, &action);
        println!("  {what}: {:?}, {}.", decision.verdict, decision.code());
        let actor = Actor::Member(alice.id.clone());
        let target = Some(alice.id.clone());
        let event = policy.event(&decision, action.code(), actor, target, application.now);
        application.record(&event)?;
    }
    Ok(())
}

/// The connector at the identity provider was made anew, with another key.
fn mend(application: &Application, (acme, acme_idp): (&Account, &TestIdp)) -> Told {
    println!(
        "\nThe connector is made anew at the identity provider, with a typing error at first:"
    );
    let next = TestIdp::p256("https://idp.acme.test")?;
    let present = application.organization("acme-inc")?;
    let mut typo = values(&present, &next)?;
    typo.issuer = "https://idp.acme.tset".into();
    let by = || By::member(acme);
    let change = |what: &str, change| application.change("acme-inc", by(), what, change);
    change("the values are saved at once", Change::Configure(Box::new(typo.clone())))?;
    change("they are proposed", Change::Propose(Box::new(Proposal::of_values(typo))))?;
    for difference in application.organization("acme-inc")?.differences() {
        println!("    {} would be another", difference.field);
    }
    application.try_out("acme-inc", (acme_idp, &next), acme, "alice")?;
    change("they are adopted", Change::Adopt)?;
    let mended = Proposal::of_values(values(&present, &next)?);
    change("without the error they are proposed", Change::Propose(Box::new(mended)))?;
    application.try_out("acme-inc", (acme_idp, &next), acme, "alice")?;
    change("they are adopted", Change::Adopt)?;
    application.log_in("acme-inc", &next, "alice")?;
    Ok(())
}

/// The last administrator of the dashboard stays; the directory is obeyed.
fn dismiss(application: &Application, acme: &Account) -> Told {
    println!("\nAlice is the last administrator, and wants to be a member:");
    let (id, account) = ("acme-inc", &acme.id);
    let demote = Intent::ChangeRole { account, role: Role::Member };
    application.people(id, By::member(acme), "Alice is no administrator any more", &demote)?;

    println!("\nThe customer's directory manages the accounts from now on, and dismisses her:");
    application.change(
        id,
        By::member(acme),
        "the directory manages",
        Change::ManageByDirectory(true),
    )?;
    let directory = By::Directory("token-1");
    let deactivate = Intent::SetStatus { account, status: Status::Deactivated };
    application.people(id, By::Application, "the dashboard deactivates her", &deactivate)?;
    application.people(id, directory, "the directory deactivates her", &deactivate)?;
    let apply = |_: Option<&Account>| {
        let mut pushed = Pushed::new("frank");
        pushed.addresses = vec![PushedAddress::primary("frank@acme.test")];
        Ok(Wanted::new(pushed, true))
    };
    let frank =
        application.people(id, directory, "it pushes Frank", &Intent::Push(Push::new(&apply)))?;

    let organization = application.organization(id)?;
    let counters = application.counters(id)?;
    for notice in due(&organization, &counters, &Watched::default(), application.now) {
        println!("  Notice: {}", notice.text);
    }
    let frank = frank.ok_or("a seat")?.id;
    let appoint = Intent::ChangeRole { account: &frank, role: Role::Administrator };
    application.people(id, By::Operator("operator-7"), "an operator appoints Frank", &appoint)?;
    Ok(())
}

/// The stores in memory never wait.
fn block_on<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("a store in memory never waits"),
    }
}
