//! A directory that asks, in one process with the organization that answers.

use std::cell::Cell;
use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use saml_login::account::{Account, AccountId, OrganizationId};
use saml_login::administration::{TokenLifetime, administer, issue_token};
use saml_login::directory::{ScimRequest, ScimResponse};
use saml_login::error::BoxError;
use saml_login::organization::{Change, Plan};
use saml_login::provision::Asked;
use saml_login::sso::{Mail, Mailer, Sso, SsoBuilder};
use saml_login::store::{
    AccountWrite, DirectoryToken, DynStore, Kept, KeptKind, KeptWhat, KeptWrite, MemoryStore,
    RequestLog, Store, Write, Written,
};
use saml_login::token::TokenDigest;
use saml_login::{Organization, SealingKey};
use serde_json::{Value, json};

use crate::common::people::{found, random, read};
use crate::common::tenants::{IDP_A, OPERATOR, done, open};
use crate::common::{block_on, now};

/// Nobody is mailed anything.
struct NoMail;

impl Mailer for NoMail {
    async fn send(&self, _: &Mail) -> Result<(), BoxError> {
        Ok(())
    }
}

/// What a request has beside method, path and token.
#[derive(Clone, Copy, Default)]
pub(crate) struct With<'a> {
    pub(crate) query: Option<&'a str>,
    pub(crate) headers: &'a [(&'a str, &'a str)],
    pub(crate) body: &'a [u8],
    pub(crate) client: Option<IpAddr>,
}

/// An organization whose directory is on, and the token of the directory.
pub(crate) struct Site {
    pub(crate) sso: Sso<DynStore>,
    pub(crate) store: DynStore,
    pub(crate) token: String,
    now: Cell<DateTime<Utc>>,
    takes: Cell<TimeDelta>,
}

pub(crate) const ACME: &str = "org-a";

/// What the directory was given.
pub(crate) const BASE: &str = "https://app.example.test/app/scim/org-a/v2";

impl Site {
    pub(crate) fn new() -> Self {
        Self::with_seats(None)
    }

    pub(crate) fn with_seats(seats: Option<u32>) -> Self {
        let store = MemoryStore::default();
        found(&store, &managed(ACME, "acme"), seats);
        Self::over(DynStore::new(store), |builder| builder)
    }

    pub(crate) fn over(
        store: DynStore,
        own: impl FnOnce(SsoBuilder<DynStore>) -> SsoBuilder<DynStore>,
    ) -> Self {
        let builder = Sso::builder("https://app.example.test/app/", store.clone())
            .sealing_keys([SealingKey::new([7; 32])])
            .mailer(NoMail);
        let sso = block_on(own(builder).build(now())).expect("doors");
        let token = issued(&store, ACME);
        Self { sso, store, token, now: Cell::new(now()), takes: Cell::new(TimeDelta::zero()) }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.now.get()
    }

    pub(crate) fn wait(&self, time: TimeDelta) {
        self.now.set(self.now() + time);
    }

    /// From now on each request takes so long.
    pub(crate) fn takes(&self, time: TimeDelta) {
        self.takes.set(time);
    }

    /// Any request, as it is.
    pub(crate) fn send(&self, request: &ScimRequest<'_>) -> ScimResponse {
        let (first, then) = (self.now(), self.now() + self.takes.get());
        let asked = std::sync::atomic::AtomicBool::new(false);
        let clock = move || match asked.swap(true, std::sync::atomic::Ordering::Relaxed) {
            false => first,
            true => then,
        };
        block_on(self.sso.scim(request, &clock, random()))
    }

    /// A request of the directory below its URL, with its token.
    pub(crate) fn request(&self, method: &str, path: &str, with: With<'_>) -> ScimResponse {
        let path = format!("/app/scim/org-a/v2{path}");
        let token = format!("Bearer {}", self.token);
        let mut request = ScimRequest::new(method, &path)
            .with_query(with.query)
            .with_body(with.body)
            .with_client(with.client)
            .with_header("authorization", &token);
        for (name, value) in with.headers {
            request = request.with_header(name, value);
        }
        self.send(&request)
    }

    /// The same with a JSON body, and the JSON of the answer.
    pub(crate) fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let body = body.to_string();
        let response =
            self.request(method, path, With { body: body.as_bytes(), ..With::default() });
        (response.status, json_of(&response))
    }

    /// What is read there.
    pub(crate) fn read(&self, path: &str, query: &str) -> (u16, Value) {
        let response = self.request("GET", path, With { query: Some(query), ..With::default() });
        (response.status, json_of(&response))
    }

    /// Pushes somebody new: the id of the account.
    pub(crate) fn push(&self, name: &str) -> String {
        let (status, user) = self.ask("POST", "/Users", &json!({ "userName": name }));
        assert_eq!(status, 201, "{user}");
        user["id"].as_str().expect("an id").to_owned()
    }

    pub(crate) fn account(&self, id: &str) -> Account {
        read(&self.store, ACME, &AccountId::new(id)).expect("an account")
    }

    pub(crate) fn put(&self, account: &Account) {
        let mut write = Write::of(&account.organization, self.now());
        write.account = Some(AccountWrite::Create(Box::new(account.clone())));
        assert_eq!(block_on(self.store.write(write)).expect("the store"), Written::Done);
    }

    pub(crate) fn change(&self, change: Change) {
        let asked = Asked::by(OPERATOR, self.now());
        let id = organization_id();
        block_on(administer(&self.store, &Plan::ALL, &id, &change, &asked))
            .expect("the store")
            .result
            .expect("a change");
    }

    /// The log of its requests, the newest first.
    pub(crate) fn log(&self) -> Vec<RequestLog> {
        let log = block_on(self.store.requests(&organization_id(), None, 100)).expect("the store");
        log.into_iter().map(|(_, entry)| entry).collect()
    }

    /// The newest of them.
    pub(crate) fn logged(&self) -> RequestLog {
        self.log().into_iter().next().expect("an entry")
    }

    /// What the log has of the newest: action, status, reason.
    pub(crate) fn noted(&self) -> (String, u16, Option<String>) {
        let entry = self.logged();
        let reason = entry.reason.map(|reason| reason.to_string());
        (entry.action.to_string(), entry.status, reason)
    }

    /// What is kept of the token.
    pub(crate) fn kept(&self) -> Kept {
        let digest = TokenDigest::of(&self.token);
        let kept = block_on(self.store.kept(KeptKind::DirectoryToken, &digest));
        kept.expect("the store").expect("the token")
    }

    pub(crate) fn token(&self) -> DirectoryToken {
        match self.kept().what {
            KeptWhat::DirectoryToken(token) => token,
            other => panic!("no token: {other:?}"),
        }
    }

    /// Keeps something, as whoever wrote it would have.
    pub(crate) fn keep(&self, kept: Kept) {
        let mut write = Write::of(ACME, self.now());
        write.kept.push(KeptWrite::Put(Box::new(kept)));
        assert_eq!(block_on(self.store.write(write)).expect("the store"), Written::Done);
    }
}

fn organization_id() -> OrganizationId {
    OrganizationId::new(ACME)
}

/// An organization whose directory is on.
pub(crate) fn managed(id: &str, slug: &str) -> Organization {
    let mut organization = open(id, slug, &IDP_A);
    done(&mut organization, Change::ManageByDirectory(true));
    organization
}

/// A token of this organization's directory.
pub(crate) fn issued(store: &DynStore, organization: &str) -> String {
    let asked = Asked::by(OPERATOR, now());
    let id = OrganizationId::new(organization);
    let token = ("tests", TokenLifetime::OneYear);
    let issued = block_on(issue_token(store, &Plan::ALL, &id, token, &asked, random()));
    issued.expect("a token").secret.as_str().to_owned()
}

/// The JSON of an answer; `null` where it has no body.
pub(crate) fn json_of(response: &ScimResponse) -> Value {
    match response.body.as_slice() {
        [] => Value::Null,
        body => serde_json::from_slice(body).expect("JSON"),
    }
}

/// The status of a refusal, its type and its words.
pub(crate) fn refusal((status, body): &(u16, Value)) -> (u16, Option<&str>, &str) {
    assert_eq!(body["status"], status.to_string());
    (*status, body["scimType"].as_str(), body["detail"].as_str().expect("words"))
}
