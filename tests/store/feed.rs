//! Faults of the feed: sentence 10.

use saml_login::account::OrganizationId;
use saml_login::store::{AccountChange, Store};

use super::faulty::{Fault, Faulty, Hook, lock, now};

const ALL: usize = 999;

fn feed(faulty: &Faulty, id: &OrganizationId, after: u64, count: usize) -> Vec<AccountChange> {
    now(faulty.inner.changes_since(id, after, count))
}

/// Tells each change otherwise.
macro_rules! each {
    ($name:literal, $how:expr, $words:literal) => {
        Fault(
            $name,
            &[Hook::Feed(|faulty, id, after, count| {
                let how: fn(&mut AccountChange) = $how;
                let mut feed = feed(faulty, id, after, count);
                feed.iter_mut().for_each(how);
                feed
            })],
            $words,
        )
    };
}

pub(crate) const FAULTS: &[Fault] = &[
    Fault(
        "has no feed",
        &[Hook::Feed(|_, _, _, _| Vec::new())],
        "each write of an account has one place in the feed",
    ),
    Fault(
        "has the last of each account in the feed",
        &[Hook::Feed(|faulty, id, after, count| {
            let all = feed(faulty, id, after, count);
            let later = |change: &AccountChange| {
                all.iter().any(|one| one.account == change.account && one.number > change.number)
            };
            all.iter().filter(|change| !later(change)).cloned().collect()
        })],
        "each write of an account has one place in the feed",
    ),
    Fault(
        "has no purges in the feed",
        &[Hook::Feed(|faulty, id, after, count| {
            let mut all = feed(faulty, id, after, count);
            all.retain(|change| change.version.is_some());
            all
        })],
        "each write of an account has one place in the feed",
    ),
    Fault(
        "has events in the feed",
        &[Hook::Feed(|faulty, id, after, count| {
            let mut all = feed(faulty, id, after, count);
            if !now(faulty.inner.audit(id, None, 1)).is_empty() {
                all.extend(all.last().cloned());
            }
            all
        })],
        "each write of an account has one place in the feed, and nothing else has",
    ),
    Fault(
        "has the feed the newest first",
        &[Hook::Feed(|faulty, id, after, count| {
            let mut all = feed(faulty, id, after, count);
            all.reverse();
            all
        })],
        "the feed is numbered from 1 without a gap",
    ),
    Fault(
        "has the feed in the order of accounts",
        &[Hook::Feed(|faulty, id, after, count| {
            let mut all = feed(faulty, id, after, count);
            let numbers: Vec<u64> = all.iter().map(|change| change.number).collect();
            all.sort_by(|one, other| one.account.cmp(&other.account));
            all.iter_mut().zip(numbers).for_each(|(change, number)| change.number = number);
            all
        })],
        "the feed is in order",
    ),
    each!(
        "numbers the feed from 0",
        |change| change.number -= 1,
        "the feed is numbered from 1 without a gap"
    ),
    each!(
        "numbers the feed with gaps",
        |change| change.number *= 2,
        "the feed is numbered from 1 without a gap"
    ),
    each!(
        "has no versions in the feed",
        |change| change.version = Some(0),
        "the feed has the version since"
    ),
    each!(
        "has versions of who is gone",
        |change| change.version = change.version.or(Some(2)),
        "and none where the account is gone"
    ),
    each!(
        "has no generations in the feed",
        |change| change.generation = 0,
        "the feed has the generation since"
    ),
    Fault(
        "reads the feed from a number on",
        &[Hook::Feed(|faulty, id, after, count| feed(faulty, id, after.saturating_sub(1), count))],
        "the feed goes on after a number, without a gap",
    ),
    Fault(
        "reads the feed without a bound",
        &[Hook::Feed(|faulty, id, after, _| feed(faulty, id, after, ALL))],
        "a page of the feed has no more than what was asked for",
    ),
    Fault(
        "reads the end of the feed",
        &[Hook::Feed(|faulty, id, after, count| {
            let mut all = feed(faulty, id, after, ALL);
            all.drain(..all.len().saturating_sub(count));
            all
        })],
        "the feed goes on after",
    ),
    Fault(
        "has one feed for all",
        &[Hook::Feed(|faulty, id, after, count| {
            let mut all = feed(faulty, id, after, count);
            if id.as_str() == "contract-feed-other" {
                all.iter_mut().for_each(|change| change.number += 2);
            }
            all
        })],
        "each organization has numbers of its own",
    ),
    // Numbers that are given before the rest is done: a later one can be seen before an earlier
    // one.
    Fault(
        "numbers become visible out of order",
        &[Hook::Feed(|faulty, id, after, count| {
            let mut page = feed(faulty, id, after, count);
            if faulty.is_crowd() && page.len() > 1 {
                let early = page.remove(0);
                let mut once = lock(&faulty.once);
                if !once.insert(vec![early.number.to_string()]) {
                    page.insert(0, early);
                }
            }
            page
        })],
        "whoever reads the feed while many write skips nothing",
    ),
];
