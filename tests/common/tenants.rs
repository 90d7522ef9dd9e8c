//! Two organizations and their identity providers.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use saml_login::account::{
    Account, AccountAddress, AccountId, EmailProof, Link, LinkOrigin, OrganizationId, Role,
};
use saml_login::audit::Actor;
use saml_login::doctor::PastedValues;
use saml_login::organization::{
    Applied, Authority, Change, EmailDomain, Neighbours, Organizations, Slug, SpUrls,
};
use saml_login::testing::idp::{TestIdp, TestResponse};
use saml_login::{Connection, Error, Identity, MemoryReplayStore, Organization, Unspent};

use super::{Verify as _, block_on, now};

pub(crate) static IDP_A: LazyLock<TestIdp> =
    LazyLock::new(|| idp("https://idp-a.example.test/metadata"));
pub(crate) static IDP_B: LazyLock<TestIdp> =
    LazyLock::new(|| idp("https://idp-b.example.test/metadata"));

pub(crate) fn idp(issuer: &str) -> TestIdp {
    TestIdp::p256(issuer).expect("a key")
}

/// `boss` administers every organization, and those on the list have a plan with single sign-on.
pub(crate) struct Plans(pub(crate) BTreeSet<String>);

impl Plans {
    pub(crate) fn with(organizations: &[&str]) -> Self {
        Self(organizations.iter().map(|id| (*id).to_owned()).collect())
    }
}

impl Authority for Plans {
    fn administers(&self, account: &AccountId, organization: &OrganizationId) -> bool {
        account.as_str() == format!("boss-of-{organization}")
    }

    fn is_entitled(&self, organization: &OrganizationId) -> bool {
        self.0.contains(organization.as_str())
    }
}

pub(crate) fn boss(organization: &str) -> Actor {
    Actor::Member(AccountId::new(format!("boss-of-{organization}")))
}

pub(crate) fn operator() -> Actor {
    Actor::Operator("operator-7".into())
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
    let id = id.as_str();
    organization.apply(change, &boss(id), &Plans::with(&[id]), &Neighbours::default(), now())
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

pub(crate) fn test_login(organization: &mut Organization, idp: &TestIdp) {
    // Kept beside the connection.
    let revision = organization.revision().expect("settings");
    let identity = log_in(organization, &response(organization, idp, "boss")).expect("a login");
    let account = administrator(&identity);
    organization
        .record_test_login(&identity, &account, &revision, now())
        .result
        .expect("a test login");
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

pub(crate) fn verify_domain(organization: &mut Organization, domain: &str) {
    let domain = EmailDomain::parse(domain).expect("a domain");
    let change = Change::VerifyDomain(domain);
    let applied = organization.apply(
        change,
        &Actor::Application,
        &Plans::with(&[]),
        &Neighbours::default(),
        now(),
    );
    applied.result.expect("a change");
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

pub(crate) fn both() -> Organizations {
    let mut organizations = Organizations::default();
    organizations.add(open("org-a", "acme", &IDP_A)).expect("room");
    organizations.add(open("org-b", "bravo", &IDP_B)).expect("room");
    organizations
}
