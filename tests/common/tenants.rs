//! Two organizations and their identity providers.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use saml_login::account::{Account, AccountAddress, AccountId, EmailProof, Link, LinkOrigin, Role};
use saml_login::audit::Outcome;
use saml_login::doctor::PastedValues;
use saml_login::organization::{
    Applied, Around, By, Change, EmailDomain, Plan, Proposal, Slug, SpUrls, TestLogin,
};
use saml_login::provision::{self, Moment, Refusal, Standing};
use saml_login::testing::idp::{TestIdp, TestResponse};
use saml_login::{Connection, Error, Identity, MemoryReplayStore, Organization, Unspent};

use super::people::counters;
use super::{Verify as _, block_on, now};

pub(crate) static IDP_A: LazyLock<TestIdp> =
    LazyLock::new(|| idp("https://idp-a.example.test/metadata"));
pub(crate) static IDP_B: LazyLock<TestIdp> =
    LazyLock::new(|| idp("https://idp-b.example.test/metadata"));

pub(crate) fn idp(issuer: &str) -> TestIdp {
    TestIdp::p256(issuer).expect("a key")
}

/// The account of an organization's administrator.
pub(crate) fn boss(organization: &str) -> Account {
    let id = format!("boss-of-{organization}");
    let mut boss = Account::new(AccountId::new(id), organization, now());
    boss.role = Role::Administrator;
    boss
}

/// The administrator whom somebody else names for emergencies.
pub(crate) fn keeper(organization: &str) -> Account {
    let mut keeper = Account::new(AccountId::new("keeper"), organization, now());
    keeper.role = Role::Administrator;
    keeper
}

pub(crate) const OPERATOR: By<'static> = By::Operator("operator-7");

/// What a change knows: a plan with everything, and the administrators.
pub(crate) fn around(organization: &str) -> Around {
    Around::plan(Plan::ALL).with_accounts([boss(organization), keeper(organization)])
}

pub(crate) fn organization(id: &str, slug: &str) -> Organization {
    let slug = Slug::parse(slug).expect("a slug");
    let urls = SpUrls::derived("https://app.example.test", &slug).expect("URLs");
    Organization::new(id, slug, urls)
}

/// The four values of an identity provider, for the Audience URI that an organization is proposed.
pub(crate) fn values(organization: &Organization, idp: &TestIdp) -> PastedValues {
    PastedValues::new(
        organization.urls().entity_id.clone(),
        idp.issuer().replace("/metadata", "/sso"),
        idp.issuer(),
        idp.certificate_pem().expect("PEM"),
    )
}

/// A change by the organization's own administrator, who has a plan.
pub(crate) fn apply(organization: &mut Organization, change: Change) -> Applied {
    let id = organization.id().clone();
    let boss = boss(id.as_str());
    organization.apply(change, &By::member(&boss), &around(id.as_str()), now())
}

/// A change by the application.
pub(crate) fn applied(organization: &mut Organization, change: Change) -> Applied {
    let around = around(organization.id().as_str());
    organization.apply(change, &By::Application, &around, now())
}

/// The code of what became of a change, which is that of its event.
pub(crate) fn outcome(applied: &Applied) -> &'static str {
    let Applied { result, event, .. } = applied;
    match (result, &event.outcome) {
        (Ok(()), Outcome::Done) => "done",
        (Err(refusal), Outcome::Refused(code)) => {
            assert_eq!(refusal.code(), code);
            refusal.code()
        }
        other => panic!("the event tells something else: {other:?}"),
    }
}

/// Names `keeper` for emergencies.
pub(crate) fn name_keeper(organization: &mut Organization) {
    let account = AccountId::new("keeper");
    done(organization, Change::BreakGlass { account, granted: true });
}

pub(crate) fn done(organization: &mut Organization, change: Change) {
    apply(organization, change).result.expect("a change");
}

/// An organization whose single sign-on is enabled and configured.
pub(crate) fn open(id: &str, slug: &str, idp: &TestIdp) -> Organization {
    let mut organization = organization(id, slug);
    done(&mut organization, Change::Enable);
    let values = values(&organization, idp);
    done(&mut organization, Change::Configure(Box::new(values)));
    organization
}

/// The same, tested and enforced.
pub(crate) fn enforced(id: &str, slug: &str, idp: &TestIdp) -> Organization {
    let mut organization = open(id, slug, idp);
    test_login(&mut organization, idp);
    done(&mut organization, Change::Enforce);
    organization
}

/// A login of the administrator that tries the settings out: those in effect, or those proposed.
pub(crate) fn tried(
    organization: &Organization,
    proposed: bool,
    idp: &TestIdp,
) -> Result<TestLogin, Refusal> {
    let adopted = organization.as_if_adopted().filter(|_| proposed);
    let organization = adopted.as_ref().unwrap_or(organization);
    let identity = log_in(organization, &response(organization, idp, "boss")).expect("a login");
    let account = administrator(&identity);
    let all = [account.clone()];
    let standing = Standing::new(organization, counters(organization, &all), &all);
    let moment = Moment::new(now(), AccountId::new("new"));
    provision::test_login(&identity, &account.id, &standing, &moment)
}

pub(crate) fn record(organization: &mut Organization, test: TestLogin) -> Applied {
    let change = Change::RecordTestLogin(Box::new(test));
    apply(organization, change)
}

pub(crate) fn test_login(organization: &mut Organization, idp: &TestIdp) {
    let test = tried(organization, false, idp).expect("a test login");
    record(organization, test).result.expect("a test login");
}

/// The account of an administrator with this identity.
pub(crate) fn administrator(identity: &Identity) -> Account {
    let id = AccountId::new(format!("boss-of-{}", identity.connection_id));
    let mut account = Account::new(id, identity.connection_id.as_str(), now());
    account.role = Role::Administrator;
    let proven = |email| AccountAddress::new(email, EmailProof::Proven);
    account.address = identity.email.clone().map(proven);
    account.link = identity.stable_key().map(|key| Link::new(key, LinkOrigin::Code));
    account
}

/// Puts other settings in the place of enforced ones: proposed, tried out, adopted.
pub(crate) fn adopt(organization: &mut Organization, proposal: Proposal, idp: &TestIdp) {
    applied(organization, Change::Propose(Box::new(proposal))).result.expect("a proposal");
    let test = tried(organization, true, idp).expect("a test login");
    record(organization, test).result.expect("a test login");
    done(organization, Change::Adopt);
}

pub(crate) fn verify_domain(organization: &mut Organization, domain: &str) {
    let domain = EmailDomain::parse(domain).expect("a domain");
    applied(organization, Change::VerifyDomain(domain)).result.expect("a change");
}

pub(crate) fn connection(organization: &Organization) -> Connection {
    organization.connection().expect("a connection")
}

pub(crate) const REQUEST: &str = "_request";

/// The answer to a request, about `name@example.test`, with that as NameID.
pub(crate) fn response<'a>(
    organization: &Organization,
    idp: &'a TestIdp,
    name: &str,
) -> TestResponse<'a> {
    let response = idp.response(&organization.service_provider(), now()).in_reply_to(REQUEST);
    response.for_person(&format!("{name}@example.test"))
}

/// Every login has an assertion and a request of its own, and so a store of its own.
pub(crate) fn log_in(
    organization: &Organization,
    response: &TestResponse<'_>,
) -> Result<Identity, Error> {
    let form_value = response.form_value().expect("a response");
    let unspent = connection(organization).verify_reply(form_value, Some(REQUEST), now())?;
    spend(unspent, now())
}

pub(crate) fn spend(unspent: Unspent<Identity>, at: DateTime<Utc>) -> Result<Identity, Error> {
    block_on(unspent.spend(&MemoryReplayStore::default(), at))
}

pub(crate) fn identity(organization: &Organization, idp: &TestIdp, name: &str) -> Identity {
    log_in(organization, &response(organization, idp, name)).expect("a login")
}

pub(crate) fn both() -> [Organization; 2] {
    [open("org-a", "acme", &IDP_A), open("org-b", "bravo", &IDP_B)]
}
