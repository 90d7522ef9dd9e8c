//! What is over, and what is counted in a time.

use chrono::TimeDelta;
use saml_login::audit::{Action, Actor, AuditEvent};
use saml_login::replay::{SpendOutcome, Spending};
use saml_login::request::{Pending, PendingLogout, Remembered};
use saml_login::session::{LoginMethod, Session, SessionStart};
use saml_login::sso::{RateKey, RateKind, RateLimits};
use saml_login::store::{
    Kept, KeptKind, KeptWhat, KeptWrite, PagingKey, RequestLog, SessionWrite, Store, Write, Written,
};
use saml_login::token::TokenDigest;
use saml_login::{Random, ReplayStore, RequestStore};
use saml_login_sqlx::{Pruned, Retention, SqlStore};

use crate::people::{created, found, member, now};
use crate::places::Place;

fn filled(place: &Place) -> SqlStore {
    let store = place.store();
    let id = found(place, &store, "filled", None);
    let alice = member(&id, "alice");
    created(place, &store, &alice);
    for number in 0..3 {
        let until = now() + TimeDelta::minutes(number);
        let digest = TokenDigest::of(&format!("token {number}"));
        let mut write = Write::of(&id, now() - TimeDelta::hours(1));
        let start = SessionStart::new(&alice, LoginMethod::Password);
        let session = Session::new(digest, start, now(), until);
        write.sessions.push(SessionWrite::Begin(Box::new(session)));
        let what = KeptWhat::PagingKey(PagingKey::new(1, (now(), alice.id.clone())));
        write.kept.push(KeptWrite::Put(Box::new(Kept::new(&id, digest, Some(until), what))));
        let event = AuditEvent::new(&id, Actor::Application, Action::Login, until);
        write.events.push(event);
        write.spend = Some(Spending::new("filled", "urn:issuer", format!("id {number}"), until));
        assert_eq!(place.run(store.write(write)).expect("a write"), Written::Done);
        let logged = RequestLog::new(&id, until, "list", 200);
        place.run(store.log_request(&logged)).expect("a log");
        let pending = Pending::Logout(PendingLogout {
            request_id: format!("_{number}"),
            connection_id: "filled".into(),
            issued_at: now(),
            expires_at: until,
            relay_state: None,
        });
        let random = Random::new([u8::try_from(number).expect("a byte"); 32]);
        let put = place.run(store.put(&pending, random, now())).expect("a request");
        assert!(matches!(put, Remembered::Cookie(_)));
        let key = RateKey::of_account(RateKind::CodeMailed, &member(&id, &number.to_string()));
        let window = RateKind::CodeMailed.allows().1;
        place.run(RateLimits::take(&store, &key, until - window)).expect("a rate");
    }
    store
}

fn counts(pruned: &Pruned) -> [u64; 7] {
    let Pruned { events, kept, pending, rates, requests, sessions, spent, .. } = *pruned;
    [events, kept, pending, rates, requests, sessions, spent]
}

pub(crate) fn what_is_over_is_forgotten_in_small_steps(place: &Place) {
    let store = filled(place);
    let store = store.with_retention(Retention::new(TimeDelta::days(1), TimeDelta::days(1)));
    let over = now() + TimeDelta::days(1);
    let prune = |now, limit| place.run(store.prune(now, limit)).expect("a step");
    let none = prune(over - TimeDelta::nanoseconds(1), 9);
    assert_eq!((counts(&none), none.is_more), ([0; 7], false));
    let first = prune(over, 9);
    assert_eq!((counts(&first), first.is_more), ([1; 7], false));
    let second = prune(over + TimeDelta::days(1), 1);
    assert_eq!((counts(&second), second.is_more), ([1; 7], true));
    let third = prune(over + TimeDelta::days(1), 9);
    assert_eq!((counts(&third), third.is_more), ([1; 7], false));
    let id = "filled".into();
    assert_eq!(place.run(store.sessions(&id, &"alice".into())).expect("a read"), []);
    assert_eq!(place.run(store.all_kept(&id, KeptKind::PagingKey)).expect("a read"), []);
    assert_eq!(place.run(store.audit(&id, None, 9)).expect("a read"), []);
    assert_eq!(place.run(store.requests(&id, None, 9)).expect("a read"), []);
}

/// A trail is kept without end unless its application says otherwise.
pub(crate) fn the_trail_is_kept(place: &Place) {
    let store = filled(place);
    let pruned = place.run(store.prune(now() + TimeDelta::days(9_999), 9)).expect("a step");
    assert_eq!(counts(&pruned), [0, 3, 3, 3, 3, 3, 3]);
}

/// A clock jumps ahead, and back.
pub(crate) fn what_was_forgotten_is_not_spent_again(place: &Place) {
    let store = filled(place);
    let spend = |id: &str, minutes, now| {
        let until = self::now() + TimeDelta::minutes(minutes);
        let spending = Spending::new("filled", "urn:issuer", id, until);
        place.run(store.spend(&spending, now)).expect("an outcome")
    };
    let early = now() - TimeDelta::hours(1);
    assert_eq!(spend("id 1", 1, early), SpendOutcome::AssertionSeen);
    let pruned = place.run(store.prune(now() + TimeDelta::days(2), 9)).expect("a step");
    assert_eq!(pruned.spent, 3);
    assert_eq!(spend("id 1", 1, early), SpendOutcome::AssertionSeen);
    assert_eq!(spend("id 2", 2, early), SpendOutcome::AssertionSeen);
    assert_eq!(spend("later", 3, early), SpendOutcome::Fresh);
    assert_eq!(spend("later", 3, early), SpendOutcome::AssertionSeen);
}

pub(crate) fn rates_are_counted_in_a_time(place: &Place) {
    let store = place.store();
    let take = |kind, name: &str, at| {
        let key = RateKey::of_organization(kind, &name.into());
        place.run(RateLimits::take(&store, &key, at)).expect("a rate")
    };
    let second = |number| now() + TimeDelta::seconds(number);
    let kind = RateKind::LinkMailed;
    for number in 0..5 {
        assert_eq!(take(kind, "one", second(number)), None);
    }
    assert_eq!(take(kind, "one", second(60)), Some(TimeDelta::minutes(59)));
    assert_eq!(take(kind, "two", second(60)), None, "each is counted apart");
    assert_eq!(take(RateKind::TokenRefused, "one", second(60)), None, "so is each kind");
    let key = RateKey::of_organization(kind, &"one".into());
    place.run(store.give_back(&key, second(61))).expect("a rate");
    assert_eq!(take(kind, "one", second(61)), None, "a place was given back");
    assert_eq!(take(kind, "one", second(3_599)), Some(TimeDelta::seconds(1)));
    assert_eq!(take(kind, "one", second(3_600)), None, "the first counts no more");
    assert_eq!(take(kind, "one", second(3_600)), Some(TimeDelta::seconds(1)));
    let never = RateKey::of_organization(kind, &"never".into());
    place.run(store.give_back(&never, second(0))).expect("a rate");
}

pub(crate) fn many_take_no_more_than_there_are(place: &Place) {
    let stores = [place.store(), place.open()];
    let key = RateKey::of_organization(RateKind::CodeAsked, &"many".into());
    let taken = std::thread::scope(|scope| {
        let take = |number: usize| {
            let (key, store) = (&key, &stores[number % 2]);
            scope.spawn(move || place.run(RateLimits::take(store, key, now())).expect("a rate"))
        };
        let threads: Vec<_> = (0..64).map(take).collect();
        threads.into_iter().map(|thread| thread.join().expect("a thread")).collect::<Vec<_>>()
    });
    assert_eq!(taken.iter().filter(|wait| wait.is_none()).count(), 30);
}
