//! Sentence 6: what is claimed belongs to one organization.

use super::people::{
    administrator, at, event, kept, member, named_organization, organization, session, with_domain,
};
use super::{Tested, creation, settings, with_kept, with_session};
use crate::account::OrganizationId;
use crate::organization::{Claim, ClaimKind, Organization};
use crate::random::Random;
use crate::store::{
    Filter, KeptKind, KeptWrite, Listing, Names, Record, RequestLog, SessionWrite, SettingsWrite,
    Store, Test, Write, Written,
};
use crate::testing::contract::instant;

fn founding(organization: Organization) -> Write {
    Write::founding(organization, None, instant(), Random::new([5; 32]))
}

fn domain(name: &str) -> Claim {
    Claim::new(ClaimKind::Domain, name)
}

impl<S: Store> Tested<'_, S> {
    fn owner(self, claim: &Claim) -> Option<OrganizationId> {
        self.ask(self.store.claimed(claim))
    }

    fn change_settings(self, record: &Record, organization: Organization) -> Written {
        self.write(settings(record, SettingsWrite::Change(Box::new(organization))))
    }
}

pub(super) fn claims_belong_to_one_organization<S: Store>(tested: Tested<'_, S>) {
    let one = tested.found("contract-claims", None);
    let other = tested.found("contract-claimed", None);
    let record = tested.record(&one);
    for claim in record.organization.claims() {
        let owner = tested.owner(&claim);
        assert!(owner.as_ref() == Some(&one), "a claim leads to its organization: {claim:?}");
    }
    let value = record.organization.slug().as_str();
    let elsewhere = tested.owner(&domain(value));
    assert!(elsewhere.is_none(), "claims of different kinds are different claims");
    let owner = tested.owner(&Claim::new(ClaimKind::Slug, "contract-nobodys"));
    assert!(owner.is_none(), "what nobody has claimed leads nowhere");
    let mine = with_domain(&with_domain(&record.organization, "a.claims.test"), "b.claims.test");
    let written = tested.change_settings(&record, mine);
    assert!(written == Written::Done, "what nobody has claimed is free: {written:?}");
    taken(tested, &one, &other);
    // `b` goes, and `c` comes.
    let mine = with_domain(&with_domain(&record.organization, "a.claims.test"), "c.claims.test");
    let written = tested.change_settings(&tested.record(&one), mine);
    assert!(written == Written::Done, "an organization keeps what it has claimed: {written:?}");
    assert!(tested.owner(&domain("b.claims.test")).is_none(), "claims that go lead nowhere");
    for name in ["a.claims.test", "c.claims.test"] {
        let owner = tested.owner(&domain(name));
        assert!(owner.as_ref() == Some(&one), "claims that stay or come lead to the organization");
    }
    let record = tested.record(&other);
    let freed = with_domain(&record.organization, "b.claims.test");
    let written = tested.change_settings(&record, freed);
    assert!(written == Written::Done, "claims that go are free again: {written:?}");
    let owner = tested.owner(&domain("B.claims.TEST"));
    assert!(owner.as_ref() == Some(&other), "claims that go are free again");
}

fn taken<S: Store>(tested: Tested<'_, S>, one: &OrganizationId, other: &OrganizationId) {
    let record = tested.record(other);
    let wanted = with_domain(&with_domain(&record.organization, "z.claims.test"), "a.claims.test");
    let written = tested.change_settings(&record, wanted);
    let claimed = domain("a.claims.test");
    assert!(
        written == Written::Claimed(claimed.clone()),
        "a claim of another organization is told: {written:?}"
    );
    assert!(tested.record(other) == record, "where a claim is another's nothing is written");
    let owner = tested.owner(&claimed);
    assert!(owner.as_ref() == Some(one), "a claim stays with whoever has it");
    let nobodys = tested.owner(&domain("z.claims.test"));
    assert!(nobodys.is_none(), "where one claim is another's none is made");
    let same_slug = named_organization("contract-same-slug", one.as_str());
    let written = tested.write(founding(same_slug));
    let is_claimed =
        matches!(&written, Written::Claimed(claim) if claim.value.contains(one.as_str()));
    assert!(is_claimed, "nobody is founded under another's slug: {written:?}");
    let gone = tested.ask(tested.store.organization(&"contract-same-slug".into()));
    assert!(gone.is_none(), "where a claim is another's nothing is written");
}

pub(super) fn an_organization_that_is_removed_is_gone<S: Store>(tested: Tested<'_, S>) {
    let id = tested.found("contract-removed", Some(5));
    let stays = tested.found("contract-stays", None);
    let alice = tested.created(administrator(&id, "alice"));
    let bob = member(&id, "bob");
    let mut write = creation(&bob);
    write.sessions.push(SessionWrite::Begin(Box::new(session(&bob, "bob"))));
    write.kept.push(KeptWrite::Put(Box::new(kept(&id, "kept"))));
    write.events.push(event(&id, "told"));
    tested.done(write, "an account, its session and what is told of it");
    let log = RequestLog::new(&id, at(0), "push", 200);
    tested.ask(tested.store.log_request(&log));
    let record = tested.record(&id);
    let mine = with_domain(&record.organization, "removed.test");
    let written = tested.change_settings(&record, mine);
    assert!(written == Written::Done, "what nobody has claimed is free: {written:?}");
    let claims = tested.record(&id).organization.claims();
    let mut write = Write::of(&id, instant());
    (write.settings, write.decided_by) = (Some(SettingsWrite::Remove), Some(1));
    // Whatever else is written of it goes, too.
    write.events.push(event(&id, "removed"));
    tested.done(write, "an organization is removed");
    let remains = what_remains(tested, &id, &alice, &bob);
    assert!(remains.is_empty(), "an organization goes with everything of it but {remains:?}");
    let again = tested.write(founding(organization(id.as_str())));
    assert!(again == Written::Conflict, "the id of a removed organization is never given again");
    for claim in &claims {
        let owner = tested.owner(claim).filter(|owner| *owner == stays);
        assert!(owner.is_none(), "claims of a removed organization lead to no other");
    }
    let record = tested.record(&stays);
    let written =
        tested.change_settings(&record, with_domain(&record.organization, "removed.test"));
    assert!(
        written == Written::Claimed(domain("removed.test")),
        "claims of an organization that is removed are never given again: {written:?}"
    );
    let heir = named_organization("contract-heir", id.as_str());
    let written = tested.write(founding(heir));
    assert!(
        matches!(written, Written::Claimed(_)),
        "the slug of an organization that is removed is never given again: {written:?}"
    );
    assert!(tested.record(&stays) == record, "no other organization goes with it");
    after_the_end(tested, &id);
}

/// Late comers find nothing.
fn after_the_end<S: Store>(tested: Tested<'_, S>, id: &OrganizationId) {
    let carol = member(id, "carol");
    let begin = SessionWrite::Begin(Box::new(session(&carol, "carol")));
    let put = KeptWrite::Put(Box::new(kept(id, "late")));
    for write in [creation(&carol), with_session(id, begin), with_kept(id, put)] {
        let written = tested.write(write);
        assert!(
            written == Written::Outdated,
            "nothing is written into an organization that was removed: {written:?}"
        );
    }
}

fn what_remains<S: Store>(
    tested: Tested<'_, S>,
    id: &OrganizationId,
    alice: &crate::account::Account,
    bob: &crate::account::Account,
) -> Vec<&'static str> {
    let store = tested.store;
    let bobs = session(bob, "bob");
    let everybody = Listing::first(9);
    let by_user_name = Filter::Text(crate::store::Attribute::UserName, Test::Present);
    let listed = |listing| tested.ask(store.list(id, listing)).map_or(0, |page| page.total);
    let address = alice.email().map(|email| tested.ask(store.accounts_of(email)).len());
    let remains = [
        ("its record", tested.ask(store.organization(id)).is_some()),
        ("its accounts", tested.ask(store.find(id, &Names::of_id(&bob.id))).is_some()),
        ("its accounts by their address", address != Some(0)),
        ("its accounts in a list", listed(&everybody) > 0),
        ("its accounts in a search", listed(&everybody.clone().filtered(by_user_name)) > 0),
        ("its sessions", tested.ask(store.session(&bobs.token)).is_some()),
        ("its sessions by account", !tested.ask(store.sessions(id, &bob.id)).is_empty()),
        (
            "what it keeps",
            tested.ask(store.kept(KeptKind::PagingKey, &kept(id, "kept").digest)).is_some(),
        ),
        ("all that it keeps", !tested.ask(store.all_kept(id, KeptKind::PagingKey)).is_empty()),
        ("its audit trail", !tested.ask(store.audit(id, None, 9)).is_empty()),
        ("its requests", !tested.ask(store.requests(id, None, 9)).is_empty()),
        ("its feed", !tested.ask(store.changes_since(id, 0, 9)).is_empty()),
    ];
    remains.into_iter().filter(|(_, there)| *there).map(|(what, _)| what).collect()
}
