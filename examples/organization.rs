//! Two organizations, their identity providers, and what "single sign-on only" means: a story that
//! needs no server.
//!
//! ```text
//! cargo run --example organization
//! ```

use std::error::Error;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use chrono::{DateTime, Utc};
use saml_login::account::{Account, AccountId, NewAccount, OrganizationId, Role};
use saml_login::audit::{Actor, AuditEvent, AuditLog, MemoryAuditLog};
use saml_login::doctor::PastedValues;
use saml_login::identity::Email;
use saml_login::organization::{
    Authority, Change, ChangeRefusal, Discovery, EmailDomain, Organizations, Slug, SpUrls, discover,
};
use saml_login::policy::{
    Assignment, AssignmentPath, LoginMethod, Origin, PolicyAction, SessionStart,
};
use saml_login::provision::{Provisioned, provision};
use saml_login::store::AccountStore;
use saml_login::store::{MemoryAccountStore, Written};
use saml_login::testing::idp::TestIdp;
use saml_login::testing::pending_request;
use saml_login::{Identity, LoginPolicy, MemoryReplayStore, Organization};

/// What an application knows of plans and administrators.
struct Plans;

impl Authority for Plans {
    fn administers(&self, account: &AccountId, organization: &OrganizationId) -> bool {
        account.as_str() == format!("admin-of-{organization}")
    }

    fn is_entitled(&self, organization: &OrganizationId) -> bool {
        *organization != "free-plan"
    }
}

/// Somebody who has come in.
struct Login {
    identity: Identity,
    account: Account,
    session: SessionStart,
    /// Of the settings that the connection was made of.
    revision: String,
}

struct Application {
    organizations: Organizations,
    directory: MemoryAccountStore,
    replays: MemoryReplayStore,
    audit: MemoryAuditLog,
    now: DateTime<Utc>,
}

impl Application {
    fn organization(&self, id: &str) -> Result<&Organization, Box<dyn Error>> {
        self.organizations.by_id(id).ok_or_else(|| format!("there is no {id}").into())
    }

    fn policy(&self, id: &str) -> Result<LoginPolicy, Box<dyn Error>> {
        Ok(LoginPolicy::of(self.organization(id)?))
    }

    fn change(&mut self, id: &str, what: &str, change: Change) -> Result<(), Box<dyn Error>> {
        let by = match &change {
            Change::VerifyDomain(_) => Actor::Application,
            _ => Actor::Member(AccountId::new(format!("admin-of-{id}"))),
        };
        let applied =
            self.organizations.apply(id, change, &by, &Plans, self.now).ok_or("no organization")?;
        self.record(&applied.event)?;
        match applied.result {
            Ok(()) => {
                println!("  {id}: {what}.");
                applied.warnings.iter().for_each(|warning| println!("    {warning}"));
            }
            Err(ChangeRefusal::Values(diagnosis)) => {
                println!("  {id}: {what} is refused, and nothing is changed:");
                diagnosis.findings().iter().for_each(|finding| println!("    {finding}"));
                if let Some(offer) = diagnosis.offer() {
                    println!(
                        "    What may be meant: single sign-on URL {}, issuer {}.",
                        offer.sso_url, offer.issuer
                    );
                }
            }
            Err(refusal) => println!("  {id}: {what}: refused, {} ({refusal}).", refusal.code()),
        }
        Ok(())
    }

    /// What happens when a browser posts a response to the ACS URL of an organization.
    fn log_in(&self, id: &str, idp: &TestIdp, name: &str) -> Result<Option<Login>, Box<dyn Error>> {
        let organization = self.organization(id)?;
        let (connection, revision) =
            (organization.connection()?, organization.revision().unwrap_or_default());
        // The test identity provider answers a request that began here.
        let request_id = format!("_request-{id}-{name}");
        let email = format!("{name}@{}.test", organization.slug());
        let response =
            idp.response(&organization.service_provider(), self.now).in_reply_to(&request_id);
        let response = response.for_person(&email).numbered(&format!("{id}-{name}"));
        let request = pending_request(&connection, &request_id, self.now);
        let opened = connection.open(response.form_value()?, self.now);
        let identity = opened
            .and_then(|opened| opened.accept(Some(&request), self.now))
            .map_err(saml_login::Error::from)
            .and_then(|login| block_on(login.spend(&self.replays, self.now)));
        let identity = match identity {
            Ok(identity) => identity,
            Err(error) => {
                self.record(&AuditEvent::login_refused(id, &error, self.now))?;
                println!(
                    "  {email} is refused: {}. They read: “{}”",
                    error.code(),
                    error.user_message()
                );
                println!("  The administrator reads: {}", error.help());
                return Ok(None);
            }
        };

        let account = match block_on(provision(&self.directory, &identity, organization)) {
            Ok(Provisioned { account, provisioning, .. }) => {
                self.record(&provisioning.event(id, Some(&account.id), self.now))?;
                println!("  {email} logs in: {} {}.", provisioning.code(), account.id);
                account
            }
            Err(error) => {
                self.record(&error.event(id, self.now))?;
                println!(
                    "  {email} logs in: refused, {}. They read: “{}”",
                    error.code(),
                    error.user_message()
                );
                return Ok(None);
            }
        };

        let login = PolicyAction::LogIn(LoginMethod::Sso);
        let policy = LoginPolicy::of(organization);
        let decision = policy.decide(&account, &login);
        if !decision.is_allowed() {
            let actor = Actor::Member(account.id.clone());
            self.record(&policy.event(&decision, login.code(), actor, Some(account.id), self.now))?;
            println!("  {email} does not come in: {}.", decision.code());
            return Ok(None);
        }
        self.record(&AuditEvent::login_accepted(id, account.id.clone(), self.now))?;
        // Here an application begins its session, and keeps with it how it was begun.
        let session = SessionStart::sso(&identity, &account);
        Ok(Some(Login { identity, account, session, revision }))
    }

    fn record(&self, event: &AuditEvent) -> Result<(), Box<dyn Error>> {
        Ok(block_on(self.audit.record(event)).map_err(|error| error.to_string())?)
    }
}

fn organization(id: &str, slug: &str) -> Result<Organization, Box<dyn Error>> {
    let slug = Slug::parse(slug)?;
    let urls = SpUrls::derived("https://app.example.test", &slug).ok_or("not a base URL")?;
    println!(
        "  {id}: Audience URI {}, ACS URL {}, login URL {}.",
        urls.entity_id, urls.acs_url, urls.login_url
    );
    Ok(Organization::new(id, slug, urls))
}

fn values(organization: &Organization, idp: &TestIdp) -> Result<PastedValues, Box<dyn Error>> {
    let sso_url = format!("https://idp.{}.test/sso", organization.slug());
    Ok(PastedValues::new(
        &organization.urls().entity_id,
        sso_url,
        idp.issuer(),
        idp.certificate_pem()?,
    ))
}

fn main() -> Result<(), Box<dyn Error>> {
    let now: DateTime<Utc> = "2030-01-31T12:00:00Z".parse()?;
    let [acme_idp, bravo_idp] =
        [TestIdp::p256("Acme identity provider")?, TestIdp::p256("https://idp.bravo.test")?];
    let mut application = Application {
        organizations: Organizations::default(),
        directory: MemoryAccountStore::default(),
        replays: MemoryReplayStore::default(),
        audit: MemoryAuditLog::default(),
        now,
    };

    println!("Two organizations, and what their administrators enter at their identity providers:");
    for (id, slug) in [("acme-inc", "acme"), ("bravo-ltd", "bravo")] {
        application.organizations.add(organization(id, slug)?)?;
    }

    println!(
        "\nTheir administrators paste four values. One of them pastes the issuer into the field for the URL first:"
    );
    for (id, idp) in [("acme-inc", &acme_idp), ("bravo-ltd", &bravo_idp)] {
        application.change(id, "single sign-on is enabled", Change::Enable)?;
        let values = values(application.organization(id)?, idp)?;
        if id == "acme-inc" {
            let mut swapped = values.clone();
            std::mem::swap(&mut swapped.issuer, &mut swapped.sso_url);
            application.change(id, "a first try", Change::Configure(Box::new(swapped)))?;
        }
        application.change(id, "four values are saved", Change::Configure(Box::new(values)))?;
    }
    let domain = EmailDomain::parse("acme.test")?;
    application.change(
        "acme-inc",
        "the domain acme.test is verified",
        Change::VerifyDomain(domain),
    )?;

    println!("\nSomebody types an address on the login page:");
    for text in ["alice@acme.test", "bob@bravo.test"] {
        let email = Email::parse(text)?;
        match discover(&email, application.organizations.iter()) {
            Discovery::Found(organization) => {
                println!("  {text}: on to {}.", organization.urls().login_url)
            }
            other => println!("  {text}: {}", other.user_message().unwrap_or_default()),
        }
    }

    println!(
        "\nacme has bought two seats. Its administrator is invited; everybody else gets an account at the first login:"
    );
    application.directory.set_seats("acme-inc", Some(2)).map_err(|error| error.to_string())?;
    let email = Email::parse("alice@acme.test")?;
    let invitation = NewAccount::invited("acme-inc", email, Role::Administrator);
    if let Written::Done(invited) =
        block_on(application.directory.create(invitation)).map_err(|error| error.to_string())?
    {
        println!("  alice@acme.test is invited: {}.", invited.id);
    }
    let alice = application.log_in("acme-inc", &acme_idp, "alice")?.ok_or("alice comes in")?;
    application.log_in("acme-inc", &acme_idp, "bob")?;
    application.log_in("acme-inc", &acme_idp, "carol")?;
    let there = application.log_in("bravo-ltd", &bravo_idp, "alice")?.ok_or("alice comes in")?;

    println!("\nbravo's identity provider answers at acme's door:");
    application.log_in("acme-inc", &bravo_idp, "mallory")?;

    println!(
        "\nacme wants single sign-on only. That needs a login of an administrator with the settings as they are:"
    );
    application.change("acme-inc", "enforcement is set", Change::Enforce)?;
    let Login { identity, account, session, revision } = &alice;
    let noted = application.organizations.record_test_login(identity, account, revision, now);
    application.record(&noted.ok_or("no organization")?.event)?;
    application.change("acme-inc", "after the login, enforcement is set", Change::Enforce)?;

    println!("\nWhat follows from it:");
    let (acme, bravo) = (application.policy("acme-inc")?, application.policy("bravo-ltd")?);
    let old = SessionStart::new(account, LoginMethod::Password);
    let elsewhere = Origin::new(&bravo, &there.account, &there.session);
    for (what, action) in [
        (
            "alice enters a code that was mailed to her before",
            PolicyAction::LogIn(LoginMethod::EmailCode),
        ),
        ("alice goes on in a session from a password", PolicyAction::Resume(&old)),
        ("alice goes on in a session from single sign-on", PolicyAction::Resume(session)),
        ("in bravo's session her acme account is listed", PolicyAction::See(elsewhere)),
        ("alice switches to it from there", PolicyAction::Enter(elsewhere)),
    ] {
        let decision = acme.decide(account, &action);
        println!("  {what}: {:?}, {}.", decision.verdict, decision.code());
        let actor = Actor::Member(account.id.clone());
        application.record(&acme.event(
            &decision,
            action.code(),
            actor,
            Some(account.id.clone()),
            now,
        ))?;
    }
    let invitation = acme.decide_assignment(Assignment::Assign, AssignmentPath::AcceptedInvitation);
    println!(
        "  somebody accepts an old invitation: {:?}, {}.",
        invitation.verdict,
        invitation.code()
    );

    println!(
        "\nThe identity provider is down. An operator opens the door, and that is written down:"
    );
    let operator = Actor::Operator("operator-7".into());
    let lifted = application.organizations.apply(
        "acme-inc",
        Change::LiftEnforcement,
        &operator,
        &Plans,
        now,
    );
    application.record(&lifted.ok_or("no organization")?.event)?;
    let by_code = PolicyAction::LogIn(LoginMethod::EmailCode);
    let decision = application.policy("acme-inc")?.decide(account, &by_code);
    println!("  alice enters a code: {:?}, {}.", decision.verdict, decision.code());

    println!("\nThe audit trail:");
    for event in application.audit.events() {
        let target =
            event.target.as_ref().map_or(String::new(), |target| format!(" about {target}"));
        println!(
            "  {} {}{target}: {:?} by {:?}",
            event.organization,
            event.action.code(),
            event.outcome,
            event.actor
        );
    }
    Ok(())
}

/// The stores in memory never wait.
fn block_on<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("a store in memory never waits"),
    }
}
