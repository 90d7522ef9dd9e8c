//! Sentence 10: each write of an account has its place in the feed.

use super::people::{administrator, event, kept, member, session};
use super::{Tested, creation, with_kept, with_session};
use crate::account::{AccountId, OrganizationId};
use crate::store::{AccountChange, KeptWrite, SessionWrite, SettingsWrite, Store, Write, Written};
use crate::testing::contract::instant;

impl<S: Store> Tested<'_, S> {
    pub(super) fn feed(self, id: &OrganizationId, after: u64, count: usize) -> Vec<AccountChange> {
        self.ask(self.store.changes_since(id, after, count))
    }
}

pub(super) fn each_write_has_its_place<S: Store>(tested: Tested<'_, S>) {
    let id = tested.found("contract-feed", None);
    let other = tested.found("contract-feed-other", None);
    assert!(tested.feed(&id, 0, 9).is_empty(), "at first there is nothing in the feed");
    let alice = tested.created(administrator(&id, "alice"));
    let bob = tested.created(member(&id, "bob"));
    let elsewhere = tested.created(member(&other, "carol"));
    let bob = tested.changed(&bob, |account| account.generation = 5);
    let alice = tested.changed(&alice, |account| account.profile.first_name = None);
    let written = tested.create(&bob);
    assert!(written == Written::Conflict, "an account is created once, and then it is a conflict");
    let written = tested.purge(&bob, Vec::new());
    assert!(written == Written::Done, "an account is purged, and it is answered {written:?}");
    // What is no write of an account has no place there.
    tested.done(with_session(&id, SessionWrite::Begin(Box::new(session(&alice, "s")))), "begins");
    tested.done(with_kept(&id, KeptWrite::Put(Box::new(kept(&id, "k")))), "is kept");
    let mut write = Write::of(&id, instant());
    (write.settings, write.events) = (Some(SettingsWrite::Seats(Some(9))), vec![event(&id, "e")]);
    tested.done(write, "seats are bought");
    let last = member(&id, "last");
    let mut write = creation(&last);
    write.events = vec![event(&id, "one"), event(&id, "two")];
    tested.done(write, "an account is created");
    let expected: [(&AccountId, Option<u64>, u64); 6] = [
        (&alice.id, Some(0), 0),
        (&bob.id, Some(0), 0),
        (&bob.id, Some(1), 5),
        (&alice.id, Some(1), 0),
        (&bob.id, None, 5),
        (&last.id, Some(0), 0),
    ];
    let feed = tested.feed(&id, 0, 99);
    assert!(
        feed.len() == expected.len(),
        "each write of an account has one place in the feed, and nothing else has: {feed:?}"
    );
    for (number, (change, (account, version, generation))) in (1..).zip(feed.iter().zip(expected)) {
        assert!(change.number == number, "the feed is numbered from 1 without a gap: {feed:?}");
        assert!(change.account == *account, "the feed is in order: {change:?}");
        let is_gone = version.is_none();
        assert!(
            change.version == version,
            "the feed has the version since, and none where the account is gone ({is_gone}): {change:?}"
        );
        assert!(change.generation == generation, "the feed has the generation since: {change:?}");
    }
    read_on(tested, &id, &feed);
    let feed = tested.feed(&other, 0, 9);
    let only = AccountChange::new(1, elsewhere.id, Some(0), 0);
    assert!(feed == [only], "each organization has numbers of its own: {feed:?}");
}

fn read_on<S: Store>(tested: Tested<'_, S>, id: &OrganizationId, feed: &[AccountChange]) {
    let mut after = 0;
    let mut read = Vec::new();
    while read.len() < feed.len() {
        let page = tested.feed(id, after, 4);
        assert!(page.len() <= 4, "a page of the feed has no more than what was asked for");
        let Some(last) = page.last() else { panic!("the feed goes on after {after}") };
        after = last.number;
        read.extend(page);
    }
    assert!(read == feed, "the feed goes on after a number, without a gap: {read:?}");
    assert!(tested.feed(id, after, 4).is_empty(), "after the last number there is nothing yet");
}
