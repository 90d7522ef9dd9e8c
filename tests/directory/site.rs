//! An application with customers whose directories are switched on, in one process.
#![allow(dead_code, reason = "each group of tests uses its part of it")]

use std::cell::Cell;

use chrono::{DateTime, TimeDelta, Utc};
use saml_login::account::{Account, AccountId, OrganizationId};
use saml_login::administration::{
    AdministrationError, IssuedToken, TokenLifetime, administer, issue_token, revoke_token,
};
use saml_login::directory::{ScimRequest, ScimResponse};
use saml_login::error::BoxError;
use saml_login::organization::{Change, DirectoryRules, Plan, ScimMode};
use saml_login::provision::Asked;
use saml_login::sso::{Mail, Mailer, RateKey, RateLimits, Sso};
use saml_login::store::{
    AccountWrite, DynStore, MemoryStore, Names, RequestLog, Store, Write, Written,
};
use saml_login::{Organization, Random, SealingKey};
use serde_json::{Value, json};

use crate::common::people::found;
use crate::common::tenants::{IDP_A, OPERATOR, done, open};
use crate::common::{block_on, now};

/// Nobody reads the codes here.
#[derive(Clone, Copy)]
pub(crate) struct NoMail;

impl Mailer for NoMail {
    async fn send(&self, _: &Mail) -> Result<(), BoxError> {
        Ok(())
    }
}

/// Tests ask as often as they like.
#[derive(Clone, Copy)]
pub(crate) struct NoLimits;

impl RateLimits for NoLimits {
    async fn take(&self, _: &RateKey, _: DateTime<Utc>) -> Result<Option<TimeDelta>, BoxError> {
        Ok(None)
    }

    async fn give_back(&self, _: &RateKey, _: DateTime<Utc>) -> Result<(), BoxError> {
        Ok(())
    }
}

pub(crate) struct Site {
    pub(crate) sso: Sso<DynStore>,
    pub(crate) store: DynStore,
    now: Cell<DateTime<Utc>>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) headers: ScimResponse,
    pub(crate) body: Value,
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.header(name).unwrap_or_default()
    }

    pub(crate) fn text(&self, pointer: &str) -> &str {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    pub(crate) fn id(&self) -> String {
        self.text("/id").to_owned()
    }

    /// The status and SCIM's word for the error.
    pub(crate) fn error(&self) -> (u16, &str) {
        (self.status, self.text("/scimType"))
    }
}

/// A directory: where it sends to, and what it shows.
#[derive(Clone)]
pub(crate) struct Directory<'s> {
    pub(crate) site: &'s Site,
    pub(crate) organization: String,
    pub(crate) token: String,
}

/// An organization whose directory is on.
pub(crate) fn managed(id: &str, slug: &str) -> Organization {
    let mut organization = open(id, slug, &IDP_A);
    done(&mut organization, Change::ManageByDirectory(true));
    organization
}

impl Site {
    pub(crate) fn of(organizations: &[(&Organization, Option<u32>)]) -> Self {
        let store = MemoryStore::default();
        for (organization, seats) in organizations {
            found(&store, organization, *seats);
        }
        Self::over(DynStore::new(store))
    }

    pub(crate) fn over(store: DynStore) -> Self {
        Self::limited(store, NoLimits)
    }

    pub(crate) fn limited(store: DynStore, limits: impl RateLimits + 'static) -> Self {
        let sso = Sso::builder("https://app.example.test", store.clone())
            .sealing_keys([SealingKey::new([7; 32])])
            .mailer(NoMail)
            .rate_limits(limits);
        let sso = block_on(sso.build(now())).expect("doors");
        Self { sso, store, now: Cell::new(now()) }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.now.get()
    }

    pub(crate) fn wait(&self, time: TimeDelta) {
        self.now.set(self.now() + time);
    }

    pub(crate) fn issue(&self, organization: &str) -> IssuedToken {
        let asked = Asked::by(OPERATOR, self.now());
        let token = ("test", TokenLifetime::NinetyDays);
        let id = OrganizationId::new(organization);
        let random = Random::generate().expect("randomness");
        let issued = issue_token(&self.store, &Plan::ALL, &id, token, &asked, random);
        block_on(issued).expect("a token")
    }

    pub(crate) fn revoke(&self, organization: &str, id: &str) -> Result<(), AdministrationError> {
        let asked = Asked::by(OPERATOR, self.now());
        block_on(revoke_token(&self.store, &organization.into(), id, &asked))
    }

    /// A directory with a token of its own.
    pub(crate) fn directory(&self, organization: &str) -> Directory<'_> {
        let token = self.issue(organization).secret.as_str().to_owned();
        Directory { site: self, organization: organization.to_owned(), token }
    }

    pub(crate) fn change(&self, organization: &str, change: Change) {
        let asked = Asked::by(OPERATOR, self.now());
        let id = OrganizationId::new(organization);
        let applied = administer(&self.store, &Plan::ALL, &id, &change, &asked);
        block_on(applied).expect("the store").result.expect("a change");
    }

    pub(crate) fn listen(&self, organization: &str, mode: ScimMode) {
        self.change(organization, Change::ListenToDirectory(DirectoryRules::new(mode)));
    }

    pub(crate) fn put(&self, account: &Account) {
        let mut write = Write::of(&account.organization, self.now());
        write.account = Some(AccountWrite::Create(Box::new(account.clone())));
        assert_eq!(block_on(self.store.write(write)).expect("the store"), Written::Done);
    }

    pub(crate) fn account(&self, organization: &str, id: &str) -> Option<Account> {
        let names = Names::of_id(&AccountId::new(id));
        let found = block_on(self.store.find(&organization.into(), &names)).expect("the store");
        found?.accounts.into_iter().next()
    }

    pub(crate) fn taken(&self, organization: &str) -> u32 {
        let record = block_on(self.store.organization(&organization.into())).expect("the store");
        record.expect("an organization").counters.seats().taken
    }

    /// What was logged, the latest first.
    pub(crate) fn logged(&self, organization: &str) -> Vec<RequestLog> {
        let all = block_on(self.store.requests(&organization.into(), None, 999));
        all.expect("the store").into_iter().map(|(_, entry)| entry).collect()
    }

    pub(crate) fn send(&self, request: &ScimRequest<'_>) -> Got {
        let random = Random::generate().expect("randomness");
        let now = self.now();
        let headers = block_on(self.sso.scim(request, &move || now, random));
        let body = serde_json::from_slice(&headers.body).unwrap_or(Value::Null);
        Got { status: headers.status, headers, body }
    }
}

impl Directory<'_> {
    /// A request with more headers than its token, and with whatever body.
    pub(crate) fn raw(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Got {
        let (path, query) = path.split_once('?').map_or((path, None), |(p, q)| (p, Some(q)));
        let path = format!("/scim/{}/v2{path}", self.organization);
        let bearer = format!("Bearer {}", self.token);
        let request = ScimRequest::new(method, &path).with_query(query).with_body(body);
        let request = request.with_header("authorization", &bearer);
        let request =
            headers.iter().fold(request, |request, (name, value)| request.with_header(name, value));
        self.site.send(&request)
    }

    pub(crate) fn get(&self, path: &str) -> Got {
        self.raw("GET", path, &[], b"")
    }

    pub(crate) fn delete(&self, path: &str) -> Got {
        self.raw("DELETE", path, &[], b"")
    }

    pub(crate) fn send(&self, method: &str, path: &str, body: &Value) -> Got {
        self.raw(method, path, &[], body.to_string().as_bytes())
    }

    /// Makes somebody with this user name, and an address that goes with it.
    pub(crate) fn create(&self, name: &str) -> Got {
        self.send("POST", "/Users", &user(name))
    }

    /// Changes somebody by these operations.
    pub(crate) fn patch(&self, id: &str, operations: Value) -> Got {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": operations,
        });
        self.send("PATCH", &format!("/Users/{id}"), &body)
    }

    pub(crate) fn set_active(&self, id: &str, active: bool) -> Got {
        self.patch(id, json!([{ "op": "replace", "path": "active", "value": active }]))
    }

    /// How many a filter finds.
    pub(crate) fn finds(&self, filter: &str) -> u64 {
        let filter =
            percent_encoding::utf8_percent_encode(filter, percent_encoding::NON_ALPHANUMERIC);
        let got = self.get(&format!("/Users?filter={filter}"));
        assert_eq!(got.status, 200, "{:?}", got.body);
        got.body["totalResults"].as_u64().expect("a number")
    }
}

/// Somebody with this user name, and an address that goes with it.
pub(crate) fn user(name: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": name,
        "emails": [{ "value": format!("{name}@example.test"), "type": "work", "primary": true }],
        "name": { "givenName": "Given", "familyName": "Family" },
        "active": true,
    })
}
