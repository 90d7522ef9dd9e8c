//! The contract of [`RateLimits`].

use chrono::{DateTime, TimeDelta, Utc};

use super::{Runner, Task, instant, together};
use crate::sso::{RateKey, RateKind, RateLimits};

/// Tests [`RateLimits`] that have counted nothing: as many as are allowed, of each kind and under
/// 64 concurrent takers, and none more; a window that slides; places that are given back; keys
/// apart; clocks that disagree.
///
/// # Panics
///
/// Where the contract is broken.
pub fn rate_limits<S: RateLimits + Sync>(limits: &S, block_on: impl Fn(Task<'_>) + Sync) {
    let asker = Asker { limits, runner: Runner(&block_on) };
    for kind in RateKind::ALL {
        asker.each_kind_has_its_room(*kind);
    }
    asker.of_many_at_once_no_more_get_in();
    asker.the_window_slides();
    asker.the_latest_place_is_given_back();
    asker.keys_are_apart();
    asker.a_clock_that_was_ahead_counts_no_longer();
}

struct Asker<'a, S> {
    limits: &'a S,
    runner: Runner<'a>,
}

/// The kind with the least room.
const KIND: RateKind = RateKind::LinkMailed;

fn of(kind: RateKind, whose: &str) -> RateKey {
    RateKey { kind, whose: whose.to_owned() }
}

impl<S: RateLimits + Sync> Asker<'_, S> {
    #[expect(clippy::panic, reason = "a test")]
    fn take(&self, key: &RateKey, now: DateTime<Utc>) -> Option<TimeDelta> {
        match self.runner.run(self.limits.take(key, now)) {
            Ok(wait) => wait,
            Err(error) => panic!("the limits failed: {error}"),
        }
    }

    #[expect(clippy::panic, reason = "a test")]
    fn give_back(&self, key: &RateKey, now: DateTime<Utc>) {
        if let Err(error) = self.runner.run(self.limits.give_back(key, now)) {
            panic!("the limits failed: {error}");
        }
    }

    /// Takes all the room there is at one instant.
    fn fill(&self, key: &RateKey, now: DateTime<Utc>) {
        let (most, _) = key.kind.allows();
        for _ in 0..most {
            assert_eq!(self.take(key, now), None, "there is room for as many as are allowed");
        }
    }

    fn each_kind_has_its_room(&self, kind: RateKind) {
        let (key, now, (_, window)) = (of(kind, kind.as_str()), instant(), kind.allows());
        self.fill(&key, now);
        assert_eq!(
            self.take(&key, now),
            Some(window),
            "there is room for no more than are allowed"
        );
    }

    fn of_many_at_once_no_more_get_in(&self) {
        let (key, now) = (of(RateKind::CodeMailed, "race"), instant());
        let taken = together(|_| self.take(&key, now));
        let (most, window) = key.kind.allows();
        let let_in = taken.iter().filter(|wait| wait.is_none()).count();
        assert_eq!(u32::try_from(let_in), Ok(most), "of 64 at once as many get in as are allowed");
        let waits = taken.iter().flatten();
        assert!(waits.copied().all(|wait| wait == window), "who has to wait is told how long");
    }

    fn the_window_slides(&self) {
        let (key, now, (most, window)) = (of(KIND, "window"), instant(), KIND.allows());
        let step = TimeDelta::milliseconds(10);
        let mut at = now;
        for _ in 0..most {
            assert_eq!(self.take(&key, at), None, "there is room for as many as are allowed");
            at += step;
        }
        for _ in 0..2 {
            let wait = Some(window - (at - now));
            assert_eq!(self.take(&key, at), wait, "one waits until the first is over");
        }
        let over = now + window;
        let wait = Some(TimeDelta::milliseconds(1));
        let last = over - TimeDelta::milliseconds(1);
        assert_eq!(self.take(&key, last), wait, "what is counted counts to its last instant");
        assert_eq!(
            self.take(&key, over),
            None,
            "after the wait there is room, as nothing else counted"
        );
        assert_eq!(self.take(&key, over), Some(step), "the first alone is over");
    }

    fn the_latest_place_is_given_back(&self) {
        let (key, now, (_, window)) = (of(KIND, "given back"), instant(), KIND.allows());
        self.give_back(&key, now);
        assert_eq!(self.take(&key, now), None, "there is room for as many as are allowed");
        let later = now + TimeDelta::seconds(1);
        self.fill_up(&key, later);
        self.give_back(&key, later);
        assert_eq!(self.take(&key, later), None, "a place that is given back can be taken");
        let wait = Some(window - TimeDelta::seconds(1));
        assert_eq!(self.take(&key, later), wait, "the latest is given back, and one of them");
    }

    /// Takes what one has left.
    fn fill_up(&self, key: &RateKey, now: DateTime<Utc>) {
        let (most, _) = key.kind.allows();
        for _ in 1..most {
            assert_eq!(self.take(key, now), None, "there is room for as many as are allowed");
        }
    }

    fn keys_are_apart(&self) {
        let now = instant();
        self.fill(&of(KIND, "apart"), now);
        let long = "apart".repeat(10_000);
        for whose in ["", "Apart", "apart ", " apart", "apart\0", "äpart", &long] {
            assert_eq!(self.take(&of(KIND, whose), now), None, "texts are apart: {:.9}", whose);
        }
        let other = of(RateKind::CodeMailedFrom, "apart");
        assert_eq!(self.take(&other, now), None, "kinds are apart");
        self.give_back(&of(KIND, "Apart"), now);
        let wait = self.take(&of(KIND, "apart"), now);
        assert_eq!(wait, Some(KIND.allows().1), "what one gives back is its own");
    }

    fn a_clock_that_was_ahead_counts_no_longer(&self) {
        let (key, now) = (of(KIND, "ahead"), instant());
        let ahead = now + TimeDelta::days(1);
        self.fill(&key, ahead);
        assert_eq!(self.take(&key, now), None, "what a clock that was ahead has counted is over");
        assert_eq!(self.take(&key, ahead), None, "and does not come back");
    }
}
