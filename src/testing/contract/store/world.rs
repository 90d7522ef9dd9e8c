//! An organization in which any part of a write can be refused.

use chrono::TimeDelta;

use super::people::{administrator, event, kept, member, organization, session, with_domain};
use super::{Tested, creation, with_kept};
use crate::account::{Account, OrganizationId};
use crate::random::Random;
use crate::replay::Spending;
use crate::session::Session;
use crate::store::{
    AccountWrite, Kept, KeptWrite, Record, SessionWrite, SettingsWrite, Store, StoreRecord, Write,
};
use crate::testing::contract::instant;

pub(super) struct World {
    pub(super) id: OrganizationId,
    pub(super) other: OrganizationId,
    /// The only administrator.
    pub(super) alice: Account,
    pub(super) bob: Account,
    pub(super) session: Session,
    pub(super) kept: Kept,
    pub(super) record: Record,
    pub(super) store_record: StoreRecord,
}

/// What a part of a write is of. There is room for one account, but for several sessions.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Account,
    Decision,
    Many,
    Settings,
    Spend,
    Store,
}

/// A part of a write.
#[derive(Clone, Copy)]
pub(super) struct Part {
    pub(super) what: &'static str,
    pub(super) place: Place,
    pub(super) add: fn(&World, &mut Write, &str),
}

impl World {
    pub(super) fn new<S: Store>(tested: Tested<'_, S>, id: &str) -> Self {
        let other = OrganizationId::new(format!("{id}-other"));
        let theirs = with_domain(&organization(other.as_str()), &domain(&other));
        let founding = Write::founding(theirs, None, instant(), Random::new([3; 32]));
        tested.done(founding, "an organization is founded");
        let id = tested.found(id, Some(2));
        let alice = tested.created(administrator(&id, "alice"));
        let bob = member(&id, "bob");
        let (session, kept) = (session(&alice, "session"), kept(&id, "kept"));
        let mut write = creation(&bob);
        write.sessions.push(SessionWrite::Begin(Box::new(session.clone())));
        write.spend = Some(spending(&id, "spent").with_request_id("spent"));
        write.kept = with_kept(&id, KeptWrite::Put(Box::new(kept.clone()))).kept;
        write.events.push(event(&id, "first"));
        tested.done(write, "an account, a session, something kept, spent and told");
        let record = tested.record(&id);
        let store_record = tested.ask(tested.store.store_record());
        Self { id, other, alice, bob, session, kept, record, store_record }
    }
}

/// The domain of an organization.
pub(super) fn domain(id: &OrganizationId) -> String {
    format!("{id}.domain.test")
}

pub(super) fn spending(id: &OrganizationId, name: &str) -> Spending {
    let until = instant() + TimeDelta::minutes(5);
    Spending::new(id.as_str(), "urn:issuer", name, until)
}

pub(super) fn put_settings(world: &World, write: &mut Write, domain: &str) {
    let organization = Box::new(with_domain(&world.record.organization, domain));
    write.settings = Some(SettingsWrite::Change(organization));
    write.decided_by = Some(world.record.version);
}

/// The same account one version later.
pub(super) fn put_account(write: &mut Write, before: &Account, how: impl FnOnce(&mut Account)) {
    let mut after = before.clone();
    after.version += 1;
    how(&mut after);
    write.account = Some(AccountWrite::Change(Box::new(after)));
}

/// Nothing stands in the way of these.
pub(super) const PARTS: [Part; 9] = [
    Part {
        what: "account",
        place: Place::Account,
        add: |world, write, name| {
            put_account(write, &world.bob, |bob| bob.profile.first_name = Some(name.to_owned()));
        },
    },
    Part {
        what: "settings",
        place: Place::Settings,
        add: |world, write, _| put_settings(world, write, &domain(&world.id)),
    },
    Part {
        what: "session that begins",
        place: Place::Many,
        add: |world, write, name| {
            let session = Box::new(session(&world.alice, name));
            write.sessions.push(SessionWrite::Begin(session));
        },
    },
    Part {
        what: "session that ends",
        place: Place::Many,
        add: |world, write, _| write.sessions.push(SessionWrite::End(world.session.token)),
    },
    Part {
        what: "spent assertion",
        place: Place::Spend,
        add: |world, write, name| {
            write.spend = Some(spending(&world.id, name).with_request_id(name));
        },
    },
    Part {
        what: "thing that is kept",
        place: Place::Many,
        add: |world, write, name| {
            write.kept.push(KeptWrite::Put(Box::new(kept(&world.id, name))));
        },
    },
    Part {
        what: "thing that is taken",
        place: Place::Many,
        add: |world, write, _| {
            write.kept.push(KeptWrite::Take(world.kept.kind(), world.kept.digest));
        },
    },
    Part {
        what: "record of the store",
        place: Place::Store,
        add: |world, write, name| {
            let mut record = world.store_record.clone();
            record.version += 1;
            record.sealing_keys.insert(name.to_owned());
            write.store_record = Some(record);
        },
    },
    Part {
        what: "event",
        place: Place::Many,
        add: |world, write, name| write.events.push(event(&world.id, name)),
    },
];
