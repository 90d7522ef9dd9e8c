use std::fmt::Debug;
use std::sync::Arc;

use saml_login::account::AccountId;
use saml_login::assertion::NameId;
use saml_login::audit::{Action, Actor, AuditEvent, Outcome};
use saml_login::binding::RelayState;
use saml_login::logout::LogoutSubject;
use saml_login::request::{Pending, PendingLogout};
use saml_login::store::MemoryStore;
use saml_login::testing::{contract, pending_request};
use saml_login::{MemoryReplayStore, MemoryRequestStore};

use super::*;

fn now() -> DateTime<Utc> {
    "2030-01-31T12:00:00Z".parse().expect("an instant")
}

fn connection() -> Connection {
    let idp = saml_login::testing::idp::TestIdp::p256("https://idp.example.test").expect("a key");
    let sp = ServiceProvider::new("https://app.example.com/saml", "https://app.example.com/acs");
    let idp = idp.identity_provider().expect("a certificate");
    Connection::builder("acme", sp, idp).with_options(options().0).build().expect("a connection")
}

#[test]
fn shared_state_can_be_shared() {
    fn assert_shared<T: Clone + Send + Sync + 'static>(_: &T) {}
    let shared = Shared {
        replays: DynReplayStore::new(MemoryReplayStore::default()),
        requests: DynRequestStore::new(Arc::new(MemoryRequestStore::default())),
        store: DynStore::new(Box::new(MemoryStore::default())),
    };
    assert_shared(&shared);
    assert_shared(&Arc::new(connection()));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    // A future over all of it can be spawned.
    let future = async move {
        let connection = connection();
        let requests = RequestCookies::default();
        let Shared { requests: store, replays, .. } = &shared;
        connection.log_in("%%%", &requests, store, replays, now()).await.map_err(|e| e.code())
    };
    let refused = runtime.block_on(runtime.spawn(future)).expect("no panic");
    assert_eq!(refused.map(|_| ()), Err("response_undecodable"));
}

#[test]
fn a_store_over_tokio_holds_to_its_contract() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let store = InTask::around(MemoryReplayStore::default(), &runtime);
    contract::replay_store(&store, |task| runtime.block_on(task));
    contract::replay_store(
        &DynReplayStore::new(InTask::around(MemoryReplayStore::default(), &runtime)),
        |task| runtime.block_on(task),
    );
}

fn comes_back<T>(kept: &T)
where
    T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + Debug,
{
    let text = serde_json::to_string(kept).expect("JSON");
    assert_eq!(&serde_json::from_str::<T>(&text).expect("the same"), kept, "{text}");
}

#[test]
fn what_has_to_be_kept_can_be_kept() {
    let mut name_id = NameId::new("42");
    name_id.format = Some("urn:oasis:names:tc:SAML:2.0:nameid-format:persistent".into());
    comes_back(&name_id);
    comes_back(&LogoutSubject::new("acme", "urn:idp", name_id, Some("_session".into())));
    let mut request = pending_request(&connection(), "_request", now());
    request.relay_state = RelayState::received("/inbox");
    request.force_authn = true;
    comes_back(&request);
    comes_back(&Pending::Login(request));
    comes_back(&PendingLogout {
        request_id: "_logout".into(),
        connection_id: "acme".into(),
        issued_at: now(),
        expires_at: now() + TimeDelta::minutes(10),
        relay_state: None,
    });
    comes_back(&Spending::new("acme", "urn:idp", "_assertion", now()).with_request_id("_request"));
    let fingerprint: Fingerprint = "AB".repeat(32).parse().expect("a fingerprint");
    for (action, outcome) in [
        (Action::Login, Outcome::Refused("no_seat".into())),
        (Action::CertificateRetired { fingerprint }, Outcome::Done),
        (
            Action::ConnectionUpdated { dangers: vec!["danger_allow_sha1".into()] },
            Outcome::Failed("account_store_failed".into()),
        ),
    ] {
        let event = AuditEvent::new("acme", Actor::Operator("7".into()), action, now());
        comes_back(&event.about(AccountId::new("account-1")).ended(outcome));
    }
}
