//! Sentence 5: settings are written at the version that was read, and what decided is in effect.

use super::people::{
    administrator, kept, member, organization, session, with_domain, with_key_pair,
};
use super::{Tested, change, changed, creation, settings};
use crate::account::{Account, OrganizationId};
use crate::organization::Organization;
use crate::random::Random;
use crate::store::{KeptWrite, PurgeKey, SessionWrite, SettingsWrite, Store, Write, Written};
use crate::testing::contract::instant;

pub(super) fn organizations_are_founded<S: Store>(tested: Tested<'_, S>) {
    let id = OrganizationId::new("contract-founded");
    assert!(
        tested.ask(tested.store.organization(&id)).is_none(),
        "an organization that was not founded is not there"
    );
    let nobody = tested.ask(tested.store.find(&id, &crate::store::Names::default()));
    assert!(nobody.is_none(), "nobody is found of an organization that is not there");
    not_there(tested, &id);
    let settings = with_domain(&organization(id.as_str()), "founded.test");
    let random = || Random::new([9; 32]);
    let mut write = Write::founding(settings.clone(), Some(2), instant(), random());
    let alice = administrator(&id, "alice");
    write.account = creation(&alice).account;
    write.sessions.push(SessionWrite::Begin(Box::new(session(&alice, "alice"))));
    write.events.push(super::people::event(&id, "founded"));
    tested.done(write, "an organization is founded together with its first administrator");
    let record = tested.record(&id);
    assert!(record.organization == settings, "settings are kept whole");
    assert!(record.version == 0, "an organization is founded at version 0");
    assert!(record.purge_key == PurgeKey::new(random()), "the purge key is kept");
    assert!(
        record.counters.purchased == Some(2),
        "an organization has the seats it is founded with"
    );
    assert!(record.counters.active == 1, "who comes with the founding is counted");
    assert!(tested.now(&alice) == Some(alice), "who comes with the founding is found");
    let told = tested.ask(tested.store.audit(&id, None, 9)).len();
    assert!(told == 1, "what is told of the founding is told");
    let again = Write::founding(organization(id.as_str()), None, instant(), random());
    let written = tested.write(again);
    assert!(written == Written::Conflict, "an organization is founded once: {written:?}");
    assert!(tested.record(&id) == record, "an organization that is there is not founded anew");
}

/// What is written into an organization that is not there.
fn not_there<S: Store>(tested: Tested<'_, S>, id: &OrganizationId) {
    let account = member(id, "nobody");
    let of = || Write::of(id, instant());
    let mut writes = vec![creation(&account), of(), of(), of(), of(), of()];
    for (number, write) in writes.iter_mut().enumerate() {
        match number {
            0 => {}
            1 => write.sessions.push(SessionWrite::Begin(Box::new(session(&account, "nobody")))),
            2 => write.kept.push(KeptWrite::Put(Box::new(kept(id, "nobody")))),
            3 => write.events.push(super::people::event(id, "nobody")),
            4 => write.settings = Some(SettingsWrite::Seats(None)),
            _ => write.decided_by = Some(0),
        }
    }
    for write in writes {
        let what = format!("nothing is written into an organization that is not there: {write:?}");
        let written = tested.write(write);
        assert!(written == Written::Outdated, "{what}: {written:?}");
    }
    let told = tested.ask(tested.store.audit(id, None, 9));
    assert!(told.is_empty(), "nothing is told of an organization that is not there");
}

pub(super) fn settings_are_changed_as_they_were_read<S: Store>(tested: Tested<'_, S>) {
    let id = tested.found("contract-settings", Some(4));
    let _ = tested.created(member(&id, "alice"));
    let first = tested.record(&id);
    let with_pair = with_key_pair(&first.organization);
    assert!(with_pair.key_pairs().len() == 1, "OpenSSL makes a key pair");
    let other = |domain: &str| Box::new(with_domain(&with_pair, domain));
    let write = settings(&first, SettingsWrite::Change(other("second.settings.test")));
    tested.done(write, "settings are changed at the version that was read");
    let second = tested.record(&id);
    let now: &Organization = &second.organization;
    let wanted = other("second.settings.test");
    assert!(now.verified_domains() == wanted.verified_domains(), "settings are kept whole");
    assert!(now.key_pairs() == wanted.key_pairs(), "sealed key pairs are kept");
    assert!(*now == *wanted, "settings are kept whole");
    assert!(second.version == 1, "a change of the settings raises their version by one");
    assert!(second.counters == first.counters, "a change of the settings counts nobody");
    assert!(second.purge_key == first.purge_key, "a change of the settings keeps the purge key");
    for version in [0, 2, 9] {
        let mut write = settings(&first, SettingsWrite::Change(other("third.settings.test")));
        write.decided_by = Some(version);
        let written = tested.write(write);
        assert!(
            written == Written::Outdated,
            "settings are changed at the version that was read: {version} after 1 is {written:?}"
        );
        assert!(tested.record(&id) == second, "settings that are outdated are not written");
    }
    let mut write = settings(&second, SettingsWrite::Change(other("third.settings.test")));
    write.decided_by = None;
    let written = tested.write(write);
    assert!(written != Written::Done, "settings are not changed where no version was read");
    assert!(tested.record(&id) == second, "settings are not changed where no version was read");
    let mut write = settings(&second, SettingsWrite::Seats(Some(7)));
    tested.done(write.clone(), "seats are bought");
    let bought = tested.record(&id);
    assert!(bought.counters.purchased == Some(7), "so many seats are bought as were set");
    assert!(bought.version == 1, "seats raise no version of the settings");
    write.decided_by = Some(0);
    write.settings = Some(SettingsWrite::Seats(Some(8)));
    let written = tested.write(write);
    assert!(written == Written::Outdated, "what decided about seats is in effect: {written:?}");
    assert!(tested.record(&id) == bought, "seats that are outdated are not bought");
}

pub(super) fn what_decided_is_in_effect<S: Store>(tested: Tested<'_, S>) {
    let id = tested.found("contract-decided", None);
    let alice = tested.created(member(&id, "alice"));
    let first = tested.record(&id);
    let domain = Box::new(with_domain(&first.organization, "decided.test"));
    tested.done(settings(&first, SettingsWrite::Change(domain)), "settings are changed");
    let writes = |version| {
        let renamed = changed(&alice, |account: &mut Account| account.profile.first_name = None);
        let mut writes =
            [creation(&member(&id, "bob")), change(&renamed), Write::of(&id, instant())];
        writes.iter_mut().for_each(|write| write.decided_by = Some(version));
        writes
    };
    for version in [0, 2] {
        for write in writes(version) {
            let written = tested.write(write);
            assert!(
                written == Written::Outdated,
                "what decided an account's write is still in effect: {version} for 1: {written:?}"
            );
        }
    }
    assert!(tested.now(&alice) == Some(alice.clone()), "what is outdated is not written");
    assert!(tested.now(&member(&id, "bob")).is_none(), "what is outdated is not written");
    for write in writes(1) {
        tested.done(write, "what decided is in effect");
    }
    let version = tested.record(&id).version;
    assert!(version == 1, "accounts raise no version of the settings: it is {version}");
}
