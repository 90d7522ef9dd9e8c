//! What somebody sends without end, makes last for ever, or puts beside what is signed.

mod common;

use std::num::NonZeroUsize;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use common::{at, block_on, now, sp};
use saml_login::connection::Warning;
use saml_login::logout::{LogoutMessage, LogoutRequest, OpenedLogout};
use saml_login::replay::{SpendOutcome, Spending};
use saml_login::request::{Pending, Remembered};
use saml_login::testing::idp::{SignatureOptions, TestIdp};
use saml_login::testing::pending_request;
use saml_login::{
    Connection, KeyPair, MemoryReplayStore, MemoryRequestStore, Random, ReplayStore, RequestStore,
    Unspent,
};

const SLO: &str = "https://app.example.test/saml/slo";

fn idp() -> TestIdp {
    TestIdp::p256("https://idp.example.test").expect("a key")
}

fn connection(id: &str, idp: &TestIdp) -> Connection {
    let provider = idp.identity_provider().expect("a certificate");
    Connection::builder(id, sp().with_slo_url(SLO), provider).build().expect("a connection")
}

/// A signed LogoutRequest, as it is posted.
fn logout(idp: &TestIdp, id: &str, not_on_or_after: &str) -> String {
    let xml = format!(
        "<samlp:LogoutRequest xmlns:samlp='urn:oasis:names:tc:SAML:2.0:protocol' \
         xmlns:saml='urn:oasis:names:tc:SAML:2.0:assertion' ID='{id}' Version='2.0' {not_on_or_after} \
         IssueInstant='2030-01-31T12:00:00Z' Destination='{SLO}'><saml:Issuer>{}</saml:Issuer>\
         <saml:NameID>alice</saml:NameID></samlp:LogoutRequest>",
        idp.issuer()
    );
    STANDARD.encode(idp.sign_xml(&xml, id, &SignatureOptions::default()).expect("XML"))
}

fn opened(
    connection: &Connection,
    value: &str,
    relay_state: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Box<Unspent<LogoutRequest>>, String> {
    match connection.open_logout(LogoutMessage::Post { value, relay_state }, now) {
        Ok(OpenedLogout::Request(unspent)) => Ok(unspent),
        Ok(_) => panic!("it is a request"),
        Err(rejection) => Err(rejection.to_string()),
    }
}

#[test]
fn a_logout_request_is_good_for_a_day_whatever_it_says() {
    let idp = idp();
    let connection = connection("acme", &idp);
    let ever = "NotOnOrAfter='9999-01-01T00:00:00Z'";
    let good =
        |id: &str, bound: &str, now| opened(&connection, &logout(&idp, id, bound), None, now);
    // With 60 s tolerated.
    assert!(good("_1", ever, at("2030-02-01T12:00:59Z")).is_ok());
    let over = "the LogoutRequest/@IssueInstant plus a day 2030-02-01 12:00:00 UTC has passed: it is 2030-02-01 12:01:00 \
                UTC, with 60 s tolerated";
    assert_eq!(good("_1", ever, at("2030-02-01T12:01:00Z")).err().as_deref(), Some(over));
    // What says less is good for less.
    let hour = "NotOnOrAfter='2030-01-31T13:00:00Z'";
    assert!(good("_2", hour, at("2030-01-31T13:00:59Z")).is_ok());
    assert!(good("_2", hour, at("2030-01-31T13:01:00Z")).is_err());
    // It is remembered no longer than it is good: the room it takes is free again.
    let store = MemoryReplayStore::new(NonZeroUsize::MIN);
    let unspent = good("_1", ever, now()).expect("a request");
    assert!(block_on(unspent.spend(&store, now())).is_ok());
    let later = now() + TimeDelta::days(1) + TimeDelta::minutes(5);
    let spending =
        |id: &str| Spending::new("acme", "idp", id, later + TimeDelta::days(2)).of_logout();
    let spend = |id: &str, at| block_on(store.spend(&spending(id), at)).expect("a store");
    assert_eq!(spend("_3", later - TimeDelta::seconds(1)), SpendOutcome::Full);
    assert_eq!(spend("_3", later), SpendOutcome::Fresh);
}

#[test]
fn logins_and_logouts_do_not_take_each_others_room() {
    let store = MemoryReplayStore::new(NonZeroUsize::MIN);
    let login = |id: &str| Spending::new("acme", "idp", id, now() + TimeDelta::hours(1));
    let spend = |spending: Spending| block_on(store.spend(&spending, now())).expect("a store");
    assert_eq!(spend(login("_1")), SpendOutcome::Fresh);
    assert_eq!(spend(login("_2")), SpendOutcome::Full);
    // The same ID is another one where it is of another kind.
    assert_eq!(spend(login("_1").of_logout()), SpendOutcome::Fresh);
    assert_eq!(spend(login("_1").of_logout()), SpendOutcome::AssertionSeen);
    assert_eq!(spend(login("_2").of_logout()), SpendOutcome::Full);
}

#[test]
fn a_posted_relay_state_comes_back_to_a_bound() {
    let idp = idp();
    let connection = connection("acme", &idp);
    let value = logout(&idp, "_1", "");
    let kept = |length: usize| {
        let state = "x".repeat(length);
        let unspent = opened(&connection, &value, Some(&state), now()).expect("a request");
        let request = block_on(unspent.spend(&MemoryReplayStore::default(), now()));
        request.expect("the first use").relay_state
    };
    assert_eq!(kept(1024), Some("x".repeat(1024)));
    // The logout itself is carried out all the same.
    assert_eq!(kept(1025), None);
    assert_eq!(kept(2_000_000), None);
}

#[test]
fn requests_of_all_connections_have_a_bound_and_the_quiet_ones_have_room() {
    let idp = idp();
    let few = NonZeroUsize::new(100).expect("a number");
    let store = MemoryRequestStore::with_capacity(few).with_capacity_of_all(few);
    let mut number = 0_u64;
    let mut put = |connection: &Connection| {
        number += 1;
        let mut random = [0; 32];
        random[..8].copy_from_slice(&number.to_le_bytes());
        let pending = Pending::from(pending_request(connection, format!("_{number}"), now()));
        let put = block_on(store.put(&pending, Random::new(random), now())).expect("a store");
        matches!(put, Remembered::Cookie(_))
    };
    let [loud, other, quiet] = ["loud", "other", "quiet"].map(|id| connection(id, &idp));
    let room = (0..200).filter(|_| put(&loud)).count();
    assert_eq!(room, 100);
    // The others have their own, and no more.
    assert_eq!((0..200).filter(|_| put(&other)).count(), 64);
    assert_eq!((0..200).filter(|_| put(&quiet)).count(), 64);
}

#[test]
fn a_decryption_key_of_two_connections_is_told() {
    let idp = idp();
    let pair = |pem: &str| {
        let until = now() + TimeDelta::days(1);
        KeyPair::self_signed(pem, "sp", now(), until).expect("a key pair")
    };
    let shared = pair(include_str!("../fixtures/sp-key.pem"));
    let own = openssl::rsa::Rsa::generate(2048).expect("a key").private_key_to_pem();
    let own = pair(str::from_utf8(&own.expect("PEM")).expect("PEM"));
    let with = |id: &str, keys: &[&KeyPair]| {
        let sp = keys.iter().fold(sp(), |sp, key| sp.with_decryption_key((*key).clone()));
        let provider = idp.identity_provider().expect("a certificate");
        Connection::builder(id, sp, provider).build().expect("a connection")
    };
    let (acme, bravo) = (with("acme", &[&own, &shared]), with("bravo", &[&shared]));
    let (carol, none) = (with("carol", &[&own]), with("none", &[]));
    let fingerprint = shared.certificate().fingerprint();
    let told = Warning::DecryptionKeyShared { fingerprint, other: "bravo".into() };
    assert_eq!(acme.warnings_beside([&acme, &bravo, &none]), [told]);
    assert_eq!(bravo.warnings_beside([&carol, &none]), []);
    assert_eq!(bravo.warnings_beside([&acme, &carol]).len(), 1);
}
