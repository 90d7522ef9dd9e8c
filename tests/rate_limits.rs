//! The contract of rate limits: those in memory hold to it, and faulty ones are told what is wrong
//! with them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use saml_login::error::BoxError;
use saml_login::sso::{DynRateLimits, MemoryRateLimits, RateKey, RateKind, RateLimits};
use saml_login::testing::contract;

#[test]
fn the_limits_in_memory_hold_to_the_contract() {
    contract::rate_limits(&MemoryRateLimits::default(), contract::block_on);
    contract::rate_limits(&Arc::new(MemoryRateLimits::default()), contract::block_on);
    contract::rate_limits(&DynRateLimits::new(MemoryRateLimits::default()), contract::block_on);
}

/// What limits can get wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    None,
    OneMore,
    OneLess,
    NoWait,
    LooksFirst,
    CountsRefusals,
    CountsAgain,
    ForgetsTooEarly,
    ForgetsTooLate,
    ForgetsAll,
    GivesNothingBack,
    GivesBackTheFirst,
    GivesBackAll,
    IgnoresCase,
    Trims,
    CutsTexts,
    MixesKinds,
    KeepsWhatIsAhead,
    HidesWhatIsAhead,
}

/// Each with the words by which it is told.
const FAULTS: [(Fault, &str); 18] = [
    (Fault::OneMore, "there is room for no more than are allowed"),
    (Fault::OneLess, "there is room for as many as are allowed"),
    (Fault::NoWait, "there is room for no more than are allowed"),
    (Fault::LooksFirst, "of 64 at once as many get in as are allowed"),
    (Fault::CountsRefusals, "after the wait there is room, as nothing else counted"),
    (Fault::CountsAgain, "one waits until the first is over"),
    (Fault::ForgetsTooEarly, "what is counted counts to its last instant"),
    (Fault::ForgetsTooLate, "after the wait there is room, as nothing else counted"),
    (Fault::ForgetsAll, "the first alone is over"),
    (Fault::GivesNothingBack, "a place that is given back can be taken"),
    (Fault::GivesBackTheFirst, "the latest is given back, and one of them"),
    (Fault::GivesBackAll, "the latest is given back, and one of them"),
    (Fault::IgnoresCase, "texts are apart"),
    (Fault::Trims, "texts are apart"),
    (Fault::CutsTexts, "texts are apart"),
    (Fault::MixesKinds, "kinds are apart"),
    (Fault::KeepsWhatIsAhead, "what a clock that was ahead has counted is over"),
    (Fault::HidesWhatIsAhead, "and does not come back"),
];

#[test]
fn faults_of_rate_limits_are_told() {
    for (fault, words) in FAULTS {
        let told = told(fault).unwrap_or_else(|| panic!("{fault:?} is not told"));
        assert!(told.contains(words), "{fault:?} is told as {told:?}");
    }
}

#[test]
fn limits_without_a_fault_are_told_nothing() {
    assert_eq!(told(Fault::None), None);
}

fn told(fault: Fault) -> Option<String> {
    let faulty = Faulty { fault, taken: Mutex::default() };
    let run = || contract::rate_limits(&faulty, contract::block_on);
    let panic = catch_unwind(AssertUnwindSafe(run)).err()?;
    let text = panic.downcast_ref::<String>().map(String::as_str);
    Some(text.or(panic.downcast_ref::<&str>().copied()).expect("words").to_owned())
}

/// A plain way to count, with one fault.
struct Faulty {
    fault: Fault,
    taken: Mutex<Vec<(RateKind, String, DateTime<Utc>)>>,
}

impl Faulty {
    fn whose(&self, key: &RateKey) -> String {
        match self.fault {
            Fault::IgnoresCase => key.whose.to_lowercase(),
            Fault::Trims => key.whose.trim().to_owned(),
            Fault::CutsTexts => key.whose.chars().take(64).collect::<String>().replace('\0', ""),
            _ => key.whose.clone(),
        }
    }

    fn window(&self, kind: RateKind) -> TimeDelta {
        let (_, window) = kind.allows();
        match self.fault {
            Fault::ForgetsTooEarly => window - TimeDelta::milliseconds(1),
            Fault::ForgetsTooLate => window + TimeDelta::milliseconds(1),
            _ => window,
        }
    }

    /// What counts of this key, in order.
    fn counting(&self, key: &RateKey, now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        let (whose, window) = (self.whose(key), self.window(key.kind));
        let mut taken = self.taken.lock().unwrap();
        let kinds = |kind| kind == key.kind || self.fault == Fault::MixesKinds;
        let mine = |kind, text: &String| kinds(kind) && *text == whose;
        let is_over = |at: DateTime<Utc>| now - at >= window;
        let any_over = taken.iter().any(|(kind, text, at)| mine(*kind, text) && is_over(*at));
        taken.retain(|(kind, text, at)| {
            let ahead = *at > now
                && !matches!(self.fault, Fault::KeepsWhatIsAhead | Fault::HidesWhatIsAhead);
            let over = is_over(*at) || any_over && self.fault == Fault::ForgetsAll;
            !mine(*kind, text) || !(ahead || over)
        });
        let mine = taken.iter().filter(|(kind, text, _)| mine(*kind, text));
        let mut counting: Vec<_> = mine.map(|(.., at)| *at).collect();
        counting.retain(|at| *at <= now || self.fault != Fault::HidesWhatIsAhead);
        counting
    }

    fn count(&self, key: &RateKey, now: DateTime<Utc>) {
        self.taken.lock().unwrap().push((key.kind, self.whose(key), now));
    }
}

impl RateLimits for Faulty {
    async fn take(&self, key: &RateKey, now: DateTime<Utc>) -> Result<Option<TimeDelta>, BoxError> {
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let at_a_time = (self.fault != Fault::LooksFirst)
            .then(|| ONE_AT_A_TIME.lock().unwrap_or_else(|poisoned| poisoned.into_inner()));
        let counting = self.counting(key, now);
        // Long enough for the others to look, too.
        if at_a_time.is_none() && key.whose == "race" {
            (0..1_000).for_each(|_| std::thread::yield_now());
        }
        let (most, window) = key.kind.allows();
        let most = match self.fault {
            Fault::OneMore => most + 1,
            Fault::OneLess => most - 1,
            _ => most,
        };
        let Some(first) = counting.first().filter(|_| counting.len() >= most as usize) else {
            self.count(key, now);
            return Ok(None);
        };
        if self.fault == Fault::CountsRefusals {
            self.count(key, now);
        }
        Ok(Some(match self.fault {
            Fault::NoWait => TimeDelta::zero(),
            Fault::CountsAgain => window,
            _ => window - (now - *first),
        }))
    }

    async fn give_back(&self, key: &RateKey, now: DateTime<Utc>) -> Result<(), BoxError> {
        let counting = self.counting(key, now);
        let given: &[DateTime<Utc>] = match (self.fault, counting.as_slice()) {
            (Fault::GivesNothingBack, _) | (_, []) => &[],
            (Fault::GivesBackTheFirst, [first, ..]) => std::slice::from_ref(first),
            (Fault::GivesBackAll, all) => all,
            (_, [.., last]) => std::slice::from_ref(last),
        };
        let (whose, mut taken) = (self.whose(key), self.taken.lock().unwrap());
        for at in given {
            let it = (key.kind, whose.clone(), *at);
            if let Some(place) = taken.iter().rposition(|taken| *taken == it) {
                taken.remove(place);
            }
        }
        Ok(())
    }
}

#[test]
fn each_kind_is_asked_about() {
    struct Asked(MemoryRateLimits, Mutex<Vec<RateKind>>);
    impl RateLimits for Asked {
        async fn take(
            &self,
            key: &RateKey,
            now: DateTime<Utc>,
        ) -> Result<Option<TimeDelta>, BoxError> {
            self.1.lock().unwrap().push(key.kind);
            self.0.take(key, now).await
        }

        async fn give_back(&self, key: &RateKey, now: DateTime<Utc>) -> Result<(), BoxError> {
            self.0.give_back(key, now).await
        }
    }
    let asked = Asked(MemoryRateLimits::default(), Mutex::default());
    contract::rate_limits(&asked, contract::block_on);
    let asked = asked.1.into_inner().unwrap();
    assert!(RateKind::ALL.iter().all(|kind| asked.contains(kind)));
}
