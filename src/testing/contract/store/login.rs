//! Logins, through a connection of a real organization.

use std::collections::BTreeSet;

use super::{SetSeats, Tested, to};
use crate::account::{AccountId, OrganizationId, Seats, Status};
use crate::audit::Actor;
use crate::doctor::PastedValues;
use crate::identity::Identity;
use crate::organization::{Authority, Change, Neighbours, Organization, Slug, SpUrls};
use crate::provision::{ProvisionError, provision};
use crate::replay::MemoryReplayStore;
use crate::store::AccountStore;
use crate::testing::contract::{Runner, THREADS, block_on, instant, together};
use crate::testing::idp::{TestAttribute, TestIdp, TestNameId};
use crate::testing::pending_request;

pub(super) fn people_log_in<D: AccountStore + Sync>(
    tested: Tested<'_, D>,
    set_seats: SetSeats<'_>,
) {
    let idp = match TestIdp::p256("https://idp.example.test/metadata") {
        Ok(idp) => idp,
        Err(error) => panic!("no identity provider: {error}"),
    };
    let code = |refusal: &ProvisionError| refusal.code();
    let one = organization("contract-login", &idp);
    set_seats(one.id().as_str(), Some(1));
    let alice = identity(&one, &idp, "alice");
    let came = together(|_| tested.1.run(provision(tested.0, &alice, &one)));
    let refused: Vec<&str> = came.iter().filter_map(|came| came.as_ref().err().map(code)).collect();
    assert!(
        refused.is_empty(),
        "all of 64 first logins of one person succeed, and some are refused: {refused:?}"
    );
    let ids: BTreeSet<AccountId> =
        came.iter().flatten().map(|came| came.account.id.clone()).collect();
    assert_eq!(ids.len(), 1, "64 first logins of one person make one account");
    assert_eq!(tested.taken(one.id().as_str()), 1, "64 first logins of one person take one seat");
    let created = came.iter().flatten().filter(|came| came.provisioning.code() == "create").count();
    assert_eq!(created, 1, "one of 64 first logins of one person says that it created the account");
    if let Some(came) = came.into_iter().flatten().next() {
        let _ = tested.changed(&came.account, &to(Status::Deactivated));
    }
    let again = tested.1.run(provision(tested.0, &alice, &one));
    assert_eq!(
        again.as_ref().err().map(code),
        Some("account_deactivated"),
        "a login activates nobody"
    );

    let few = organization("contract-few", &idp);
    set_seats(few.id().as_str(), Some(7));
    let people: Vec<Identity> =
        (0..THREADS).map(|number| identity(&few, &idp, &format!("person-{number}"))).collect();
    let came = together(|thread| {
        people.get(thread).map(|who| tested.1.run(provision(tested.0, who, &few)))
    });
    let came: Vec<_> = came.into_iter().flatten().collect();
    let inside = came.iter().filter(|came| came.is_ok()).count();
    assert_eq!(inside, 7, "of 64 newcomers for 7 seats 7 come in");
    let mut refused = came.iter().filter_map(|came| came.as_ref().err().map(code));
    assert!(refused.all(|code| code == "no_seat"), "the others are told that there is no seat");
    assert_eq!(tested.seats(few.id().as_str()), Seats::new(7, 7), "7 newcomers take 7 seats");
}

/// Whoever runs a test may do everything.
struct Anybody;

impl Authority for Anybody {
    fn administers(&self, _: &AccountId, _: &OrganizationId) -> bool {
        true
    }

    fn is_entitled(&self, _: &OrganizationId) -> bool {
        true
    }
}

/// An organization whose single sign-on is enabled, and configured for this identity provider.
fn organization(id: &str, idp: &TestIdp) -> Organization {
    let urls = Slug::parse(id)
        .ok()
        .and_then(|slug| Some((SpUrls::derived("https://app.example.test", &slug)?, slug)));
    let (Some((urls, slug)), Ok(certificate)) = (urls, idp.certificate_pem()) else {
        panic!("no organization {id}")
    };
    let audience = urls.entity_id.clone();
    let values =
        PastedValues::new(audience, "https://idp.example.test/sso", idp.issuer(), certificate);
    let mut organization = Organization::new(id, slug, urls);
    let by = Actor::Operator("contract".into());
    for change in [Change::Enable, Change::Configure(Box::new(values))] {
        if let Err(refusal) =
            organization.apply(change, &by, &Anybody, &Neighbours::default(), instant()).result
        {
            panic!("no organization {id}: {refusal}");
        }
    }
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
