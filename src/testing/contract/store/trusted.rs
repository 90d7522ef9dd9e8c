//! Sentence 6: who else trusts a certificate.

use super::people::apply;
use super::{Tested, settings};
use crate::account::OrganizationId;
use crate::doctor::PastedValues;
use crate::fingerprint::Fingerprint;
use crate::organization::{Change, Organization};
use crate::store::{SettingsWrite, Store};
use crate::testing::idp::TestIdp;

/// The organization with the certificate of an identity provider.
fn trusting(organization: &Organization, idp: &TestIdp) -> Organization {
    let mut changed = organization.clone();
    let Ok(pem) = idp.certificate_pem() else { panic!("an identity provider has a certificate") };
    let audience = organization.urls().entity_id.clone();
    let values = PastedValues::new(audience, "https://idp.test/sso", idp.issuer(), pem);
    apply(&mut changed, Change::Enable);
    apply(&mut changed, Change::Configure(Box::new(values)));
    changed
}

pub(super) fn who_else_trusts_a_certificate_is_found<S: Store>(tested: Tested<'_, S>) {
    let (one, other) =
        (tested.found("contract-trust", None), tested.found("contract-trust-b", None));
    let idp = || match TestIdp::p256("https://idp.test") {
        Ok(idp) => idp,
        Err(error) => panic!("no identity provider: {error}"),
    };
    let (shared, next) = (idp(), idp());
    let put = |id: &OrganizationId, idp: &TestIdp| {
        let record = tested.record(id);
        let organization = trusting(&record.organization, idp);
        let fingerprints = organization.fingerprints();
        let change = settings(&record, SettingsWrite::Change(Box::new(organization)));
        tested.done(change, "an organization trusts a certificate");
        fingerprints
    };
    let elsewhere = |id: &OrganizationId, fingerprints: &[Fingerprint]| {
        tested.ask(tested.store.trusted_elsewhere(id, fingerprints))
    };
    let own = put(&one, &shared);
    assert!(elsewhere(&one, &own).is_empty(), "one's own certificate is trusted by nobody else");
    assert!(elsewhere(&other, &own) == own, "a certificate that another one trusts is found");
    assert!(elsewhere(&other, &[]).is_empty(), "of no certificates none is found");
    let both = put(&other, &shared);
    assert!(elsewhere(&one, &both) == both, "of two who trust a certificate each is told");
    let new = put(&other, &next);
    assert!(elsewhere(&one, &own).is_empty(), "a certificate that was replaced is trusted no more");
    let all = [own, new.clone()].concat();
    assert!(elsewhere(&one, &all) == new, "of several certificates those are told that are meant");
}
