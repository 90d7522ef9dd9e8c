//! Logins, through a connection of a real organization.

use std::collections::BTreeSet;

use super::Tested;
use super::people::apply;
use crate::account::{AccountId, OrganizationId, Seats, Status};
use crate::doctor::PastedValues;
use crate::identity::Identity;
use crate::organization::{Change, Organization};
use crate::provision::{CarriedOut, ProvisionError, provision};
use crate::random::Random;
use crate::replay::MemoryReplayStore;
use crate::store::{Store, Write};
use crate::testing::contract::{Runner, THREADS, block_on, instant, together};
use crate::testing::idp::{TestAttribute, TestIdp, TestNameId};
use crate::testing::pending_request;

type Came = Result<CarriedOut, ProvisionError>;

fn code(refusal: &ProvisionError) -> &str {
    refusal.code()
}

fn refusals(came: &[Came]) -> Vec<&str> {
    came.iter().filter_map(|came| came.as_ref().err().map(code)).collect()
}

/// The organization with so many seats.
fn found<S: Store>(tested: Tested<'_, S>, organization: &Organization, seats: u32) {
    let random = Random::new([2; 32]);
    let founding = Write::founding(organization.clone(), Some(seats), instant(), random);
    tested.done(founding, "an organization with single sign-on is founded");
}

fn come<S: Store>(tested: Tested<'_, S>, who: &Identity, id: &OrganizationId, by: usize) -> Came {
    let random = Random::new([u8::try_from(by).unwrap_or(u8::MAX); 32]);
    tested.runner.run(provision(tested.store, id, who, instant(), random))
}

pub(super) fn people_log_in<S: Store + Sync>(tested: Tested<'_, S>) {
    let idp = match TestIdp::p256("https://idp.example.test/metadata") {
        Ok(idp) => idp,
        Err(error) => panic!("no identity provider: {error}"),
    };
    first_logins_of_one(tested, &idp);
    newcomers_for_few_seats(tested, &idp);
}

fn first_logins_of_one<S: Store + Sync>(tested: Tested<'_, S>, idp: &TestIdp) {
    let one = organization("contract-login", idp);
    found(tested, &one, 1);
    let alice = identity(&one, idp, "alice");
    let came = together(|thread| come(tested, &alice, one.id(), thread));
    let refused = refusals(&came);
    assert!(
        refused.is_empty(),
        "all of 64 first logins of one person succeed, and some are refused: {refused:?}"
    );
    let ids: BTreeSet<AccountId> =
        came.iter().flatten().map(|came| came.account.id.clone()).collect();
    assert!(ids.len() == 1, "64 first logins of one person make one account: {ids:?}");
    let taken = tested.counters(one.id()).seats().taken;
    assert!(taken == 1, "64 first logins of one person take one seat: {taken}");
    let created = came.iter().flatten().filter(|came| came.provisioning.code() == "create").count();
    assert!(created == 1, "one of 64 first logins of one person says that it made the account");
    let told = tested.ask(tested.store.audit(one.id(), None, 99)).len();
    assert!(told == THREADS, "each of 64 logins is told once: {told}");
    let Some(came) = came.into_iter().flatten().next() else { return };
    let Some(now) = tested.now(&came.account) else { panic!("who has logged in is found") };
    let _ = tested.changed(&now, |account| account.status = Status::Deactivated);
    let again = come(tested, &alice, one.id(), 0);
    let refused = again.as_ref().err().map(code);
    assert!(refused == Some("account_deactivated"), "a login activates nobody: {refused:?}");
}

fn newcomers_for_few_seats<S: Store + Sync>(tested: Tested<'_, S>, idp: &TestIdp) {
    let few = organization("contract-few", idp);
    found(tested, &few, 5);
    let people: Vec<Identity> =
        (0..THREADS).map(|number| identity(&few, idp, &format!("person-{number}"))).collect();
    let came = together(|thread| people.get(thread).map(|who| come(tested, who, few.id(), thread)));
    let came: Vec<_> = came.into_iter().flatten().collect();
    let inside = came.iter().filter(|came| came.is_ok()).count();
    assert!(inside == 5, "of 64 newcomers for 5 seats 5 come in: {inside}");
    let all = refusals(&came).into_iter().all(|code| code == "no_seat");
    assert!(all, "the others of 64 newcomers are told that there is no seat");
    let seats = tested.counters(few.id()).seats();
    assert!(seats == Seats::new(5, 5), "5 newcomers take 5 seats: {seats:?}");
}

/// An organization whose single sign-on is enabled, and configured for this identity provider.
fn organization(id: &str, idp: &TestIdp) -> Organization {
    let Ok(certificate) = idp.certificate_pem() else { panic!("no certificate") };
    let mut organization = super::people::organization(id);
    let audience = organization.urls().entity_id.clone();
    let values =
        PastedValues::new(audience, "https://idp.example.test/sso", idp.issuer(), certificate);
    apply(&mut organization, Change::Enable);
    apply(&mut organization, Change::Configure(Box::new(values)));
    organization
}

/// Somebody who has logged in through the organization's connection.
fn identity(organization: &Organization, idp: &TestIdp, name: &str) -> Identity {
    let address = format!("{name}@example.test");
    let mut response =
        idp.response(&organization.service_provider(), instant()).in_reply_to("_request");
    let format = Some("urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress".into());
    response.name_id = Some(TestNameId { format, ..TestNameId::new(address.clone()) });
    response.attributes =
        vec![TestAttribute::new("email", [address]), TestAttribute::new("firstName", [name])];
    let (Ok(form_value), Ok(connection)) = (response.form_value(), organization.connection())
    else {
        panic!("no response for {name}")
    };
    let request = pending_request(&connection, "_request", instant());
    let opened = connection.open(form_value, instant());
    let login = match opened.and_then(|opened| opened.accept(Some(&request), instant())) {
        Ok(login) => login,
        Err(refusal) => panic!("no login of {name}: {}", refusal.code()),
    };
    match Runner(&block_on).run(login.spend(&MemoryReplayStore::default(), instant())) {
        Ok(identity) => identity,
        Err(error) => panic!("no login of {name}: {error}"),
    }
}
