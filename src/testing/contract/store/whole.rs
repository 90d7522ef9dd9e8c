//! Sentence 1: all of a write is written, or nothing.

use super::Tested;
use super::causes::CAUSES;
use super::world::{PARTS, Part, Place, World, domain, spending};
use crate::account::Account;
use crate::audit::AuditEvent;
use crate::organization::{Claim, ClaimKind};
use crate::session::Session;
use crate::store::{
    AccountChange, Kept, KeptKind, Listing, Record, Store, StoreRecord, Write, Written,
};
use crate::testing::contract::instant;

/// Everything that can be seen of a world.
struct Seen {
    record: Record,
    accounts: Vec<Account>,
    by_address: Vec<Vec<Account>>,
    sessions: Vec<Session>,
    session: Option<(Session, Account)>,
    kept: Vec<Kept>,
    one_kept: Option<Kept>,
    store_record: StoreRecord,
    events: Vec<(u64, AuditEvent)>,
    feed: Vec<AccountChange>,
    claimed: bool,
}

impl Seen {
    fn of<S: Store>(tested: Tested<'_, S>, world: &World) -> Self {
        let World { id, alice, bob, session, kept, .. } = world;
        let store = tested.store;
        let addresses = [alice, bob].into_iter().filter_map(|account| account.email());
        let claim = Claim::new(ClaimKind::Domain, &domain(id));
        let mut sessions = tested.ask(store.sessions(id, &alice.id));
        sessions.sort_by_key(|session| session.token);
        let mut all_kept = tested.ask(store.all_kept(id, KeptKind::PagingKey));
        all_kept.sort_by_key(|kept| kept.digest);
        Self {
            record: tested.record(id),
            accounts: tested.page(id, &Listing::first(999)).accounts,
            by_address: addresses.map(|email| tested.ask(store.accounts_of(email))).collect(),
            sessions,
            session: tested.ask(store.session(&session.token)),
            kept: all_kept,
            one_kept: tested.ask(store.kept(kept.kind(), &kept.digest)),
            store_record: tested.ask(store.store_record()),
            events: tested.ask(store.audit(id, None, 999)),
            feed: tested.feed(id, 0, 999),
            claimed: tested.ask(store.claimed(&claim)).is_some(),
        }
    }

    /// What is other in another sight.
    fn differences(&self, other: &Self) -> Vec<&'static str> {
        let (one, two) = (&self.record, &other.record);
        let parts = [
            ("account", self.accounts == other.accounts),
            ("address", self.by_address == other.by_address),
            ("number", one.counters == two.counters),
            ("settings", (&one.organization, one.version) == (&two.organization, two.version)),
            ("claim", self.claimed == other.claimed),
            ("session", self.sessions == other.sessions && self.session == other.session),
            ("thing that is kept", self.kept == other.kept && self.one_kept == other.one_kept),
            ("record of the store", self.store_record == other.store_record),
            ("event", self.events == other.events),
            ("place in the feed", self.feed == other.feed),
        ];
        parts.into_iter().filter(|(_, same)| !same).map(|(part, _)| part).collect()
    }
}

pub(super) fn what_is_refused_leaves_nothing_behind<S: Store>(tested: Tested<'_, S>) {
    let world = World::new(tested, "contract-whole");
    let before = Seen::of(tested, &world);
    for cause in &CAUSES {
        for part in &PARTS {
            if cause.part.place == part.place && part.place != Place::Many {
                continue;
            }
            let mut write = Write::of(&world.id, instant());
            let name = format!("{} {}", cause.part.what, part.what).replace(' ', "-");
            (part.add)(&world, &mut write, &name);
            (cause.part.add)(&world, &mut write, &name);
            refused(tested, &world, write, (cause.answer)(&world), &before, (cause.part, *part));
            if part.place == Place::Spend {
                unspent(tested, &world, &name);
            }
        }
    }
    all_of_it(tested, &world, &before);
}

fn refused<S: Store>(
    tested: Tested<'_, S>,
    world: &World,
    write: Write,
    expected: Written,
    before: &Seen,
    (cause, part): (Part, Part),
) {
    let what = format!("{}, with another part: {}", cause.what, part.what);
    let written = tested.write(write);
    assert!(written == expected, "a part is refused for {what}: {written:?}");
    let left = before.differences(&Seen::of(tested, world));
    let behind = left.first().copied().unwrap_or_default();
    assert!(left.is_empty(), "what is refused leaves no {behind} behind: {what}: {left:?}");
}

/// What was to be spent in a write that was refused.
fn unspent<S: Store>(tested: Tested<'_, S>, world: &World, name: &str) {
    let alone = spending(&world.id, &format!("{name} alone")).with_request_id(name);
    for spending in [spending(&world.id, name), alone] {
        let mut write = Write::of(&world.id, instant());
        write.spend = Some(spending);
        let written = tested.write(write);
        assert!(
            written == Written::Done,
            "what is refused leaves no spent assertion or request behind: {name}: {written:?}"
        );
    }
}

fn all_of_it<S: Store>(tested: Tested<'_, S>, world: &World, before: &Seen) {
    let mut write = Write::of(&world.id, instant());
    for part in &PARTS {
        (part.add)(world, &mut write, "all");
    }
    let spend = write.spend.clone();
    tested.done(write, "all parts of a write together");
    let after = Seen::of(tested, world);
    let written = before.differences(&after);
    for part in [
        "account",
        "address",
        "settings",
        "claim",
        "session",
        "thing that is kept",
        "record of the store",
        "event",
        "place in the feed",
    ] {
        assert!(written.contains(&part), "all of a write is written: its {part} is not");
    }
    assert!(after.session.is_none(), "all of a write is written: a session ends");
    assert!(after.sessions.len() == 1, "all of a write is written: a session begins");
    assert!(after.one_kept.is_none(), "all of a write is written: something is taken");
    assert!(after.kept.len() == 1, "all of a write is written: something is kept");
    let mut again = Write::of(&world.id, instant());
    again.spend = spend;
    let again = tested.write(again);
    assert!(again == Written::AlreadySpent, "all of a write is written: what it spends: {again:?}");
}
