//! Who asks, and where: tokens, paths and methods.

use chrono::{DateTime, TimeDelta, Utc};
use saml_login::account::OrganizationId;
use saml_login::audit::{Action, Actor};
use saml_login::directory::ScimRequest;
use saml_login::error::BoxError;
use saml_login::organization::Change;
use saml_login::sso::{RateKey, RateKind, RateLimits};
use saml_login::store::{DynStore, MemoryStore, Store};
use serde_json::{Value, json};

use crate::asked::{ACME, Site, With, issued, json_of, managed, refusal};
use crate::common::people::found;
use crate::common::tenants::organization;
use crate::common::{block_on, now};

const NONE: With<'static> = With { query: None, headers: &[], body: &[], client: None };

fn headers(response: &saml_login::directory::ScimResponse) -> Vec<(&str, &str)> {
    response.headers.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

#[test]
fn a_url_of_the_directory_has_the_organization_escaped() {
    let site = Site::new();
    let url = |id: &str| site.sso.scim_url(&OrganizationId::new(id));
    assert_eq!(url("org-a"), "https://app.example.test/app/scim/org-a/v2");
    assert_eq!(url("a b/c._-ü"), "https://app.example.test/app/scim/a%20b%2Fc._-%C3%BC/v2");
}

#[test]
fn what_is_below_no_directory_is_told_nothing_and_not_logged() {
    let site = Site::new();
    for path in ["/scim/org-a/v2/Users", "/app/scim/org-a/v1/Users", "/app/scim/org-a", "/app"] {
        let response = site.send(&ScimRequest::new("GET", path));
        let answer = (response.status, json_of(&response));
        assert_eq!(refusal(&answer), (404, None, "There is nothing here."), "{path}");
        assert_eq!(response.header("www-authenticate"), None);
    }
    assert_eq!(site.log(), []);
}

#[test]
fn whoever_asks_for_the_options_needs_no_token() {
    let site = Site::new();
    for (path, allowed) in [
        ("/Users", "GET, HEAD, POST, OPTIONS"),
        ("/Users/1", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"),
        ("/.search", "POST, OPTIONS"),
        ("/Bulk", "POST, OPTIONS"),
        ("/Groups", "GET, HEAD, OPTIONS"),
        ("/Groups/1", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"),
        ("/Schemas", "GET, HEAD, OPTIONS"),
        ("/ResourceTypes/User", "GET, HEAD, OPTIONS"),
        ("/ServiceProviderConfig", "GET, HEAD, OPTIONS"),
        ("/Me", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"),
        ("/else", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"),
    ] {
        let path = format!("/app/scim/org-a/v2{path}");
        let response = site.send(&ScimRequest::new("OPTIONS", &path));
        assert_eq!((response.status, &*response.body), (204, &b""[..]), "{path}");
        assert_eq!(headers(&response), [("cache-control", "no-store"), ("allow", allowed)]);
    }
    assert_eq!(site.log(), []);
}

#[test]
fn a_head_is_the_answer_without_its_body() {
    let site = Site::new();
    let id = site.push("ada");
    for path in ["/Users", &format!("/Users/{id}"), "/ServiceProviderConfig", "/Users/none"] {
        let (got, head) = (site.request("GET", path, NONE), site.request("HEAD", path, NONE));
        assert_eq!((got.status, &got.headers), (head.status, &head.headers), "{path}");
        assert!(!got.body.is_empty());
        assert_eq!(head.body, b"");
    }
    let refused = site.send(&ScimRequest::new("HEAD", "/app/scim/org-a/v2/Users"));
    assert_eq!((refused.status, &*refused.body), (401, &b""[..]));
}

#[test]
fn what_cannot_be_done_somewhere_is_said_with_what_can() {
    let site = Site::new();
    for (method, path, allowed) in [
        ("PUT", "/Users", "GET, HEAD, POST, OPTIONS"),
        ("POST", "/Users/1", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"),
        ("GET", "/.search", "POST, OPTIONS"),
        ("POST", "/Schemas", "GET, HEAD, OPTIONS"),
        ("get", "/Users", "GET, HEAD, POST, OPTIONS"),
    ] {
        let response = site.request(method, path, NONE);
        let answer = (response.status, json_of(&response));
        assert_eq!(refusal(&answer), (405, None, "This cannot be done here."), "{path}");
        assert_eq!(response.header("Allow"), Some(allowed));
        assert_eq!(site.noted(), ("unknown".into(), 405, Some("scim_method_unknown".into())));
    }
}

#[test]
fn a_token_is_nobody_and_there_is_nothing_elsewhere() {
    let site = Site::new();
    for method in ["GET", "POST", "DELETE"] {
        let answer = site.ask(method, "/Me", &json!({}));
        assert_eq!(
            refusal(&answer),
            (501, None, "A token of the directory is nobody: see /Users.")
        );
        assert_eq!(site.noted(), ("me".into(), 501, Some("scim_me".into())));
        let answer = site.ask(method, "/else", &json!({}));
        assert_eq!(refusal(&answer), (404, None, "There is nothing here."));
        assert_eq!(site.noted(), ("unknown".into(), 404, Some("scim_path_unknown".into())));
    }
}

#[test]
fn groups_are_an_empty_list_until_they_are_switched_off() {
    let site = Site::new();
    let (status, list) = site.read("/Groups", "startIndex=1&count=100");
    assert_eq!((status, &list["totalResults"], &list["startIndex"]), (200, &json!(0), &json!(1)));
    assert_eq!(list["Resources"], json!([]));
    assert_eq!(site.noted(), ("groups".into(), 200, None));
    let mut rules = saml_login::organization::DirectoryRules::default();
    rules.answers_groups = false;
    site.change(Change::ListenToDirectory(rules));
    let answer = site.read("/Groups", "");
    assert_eq!(refusal(&answer), (404, None, "There are no groups here: push users alone."));
    assert_eq!(site.noted(), ("groups".into(), 404, Some("scim_groups".into())));
}

#[test]
fn what_can_be_done_here_is_told_and_not_searched() {
    let site = Site::new();
    let (status, config) = site.read("/ServiceProviderConfig", "");
    assert_eq!(status, 200);
    assert_eq!(site.noted(), ("discover".into(), 200, None));
    assert_eq!(config["filter"]["maxResults"], 200);
    assert_eq!(config["bulk"]["maxOperations"], 1_000);
    assert_eq!(config["bulk"]["maxPayloadSize"], 1_048_576);
    assert_eq!(config["pagination"]["cursorTimeout"], 3_600);
    let location = "https://app.example.test/app/scim/org-a/v2/ServiceProviderConfig";
    assert_eq!(config["meta"]["location"], location);
    let (_, types) = site.read("/ResourceTypes", "");
    assert_eq!(types["totalResults"], 1);
    assert_eq!(site.read("/ResourceTypes/User", ""), (200, types["Resources"][0].clone()));
    assert_eq!(site.read("/ResourceTypes/Group", "").0, 404);
    let (_, schemas) = site.read("/Schemas", "");
    let user = "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User";
    assert_eq!(site.read(user, ""), (200, schemas["Resources"][0].clone()));
    assert_eq!(site.read("/Schemas/urn:none", "").0, 404);
    assert_eq!(site.noted(), ("discover".into(), 404, Some("scim_path_unknown".into())));
    let answer = site.read("/Schemas", "filter=id%20pr");
    assert_eq!(refusal(&answer), (403, None, "This is not searched: ask for all of it."));
    assert_eq!(site.noted().2.as_deref(), Some("scim_discovery_filtered"));
}

/// A request of somebody with this token, to this organization.
fn stranger(site: &Site, organization: &str, token: Option<&str>) -> (u16, Value) {
    let path = format!("/app/scim/{organization}/v2/Users");
    let authorization = token.map(|token| format!("Bearer {token}"));
    let mut request = ScimRequest::new("GET", &path);
    request.authorization = authorization.as_deref();
    let response = site.send(&request);
    assert_eq!(response.header("www-authenticate"), Some("Bearer realm=\"scim\""));
    assert_eq!(response.header("retry-after"), None);
    (response.status, json_of(&response))
}

const UNKNOWN: &str = "The token is not one of this directory. Copy URL and token again, both \
    whole; a token that was revoked, or made before the directory was switched off, is good no \
    more.";

#[test]
fn each_way_of_having_no_token_is_told_and_logged() {
    let site = Site::new();
    let missing = stranger(&site, ACME, None);
    let words = "The request shows no token. Enter the directory's token as a bearer token (OAuth \
                 bearer token, API token, secret token).";
    assert_eq!(refusal(&missing), (401, None, words));
    let entry = site.logged();
    assert_eq!((&*entry.action.to_string(), entry.status), ("authenticate", 401));
    assert_eq!(entry.reason.as_deref(), Some("scim_token_missing"));
    assert_eq!(entry.detail.as_deref(), Some(words));
    assert_eq!((entry.token, entry.client, entry.unlisted), (None, None, 0));
    let unknown = stranger(&site, ACME, Some("scim_other"));
    assert_eq!(refusal(&unknown), (401, None, UNKNOWN));
    assert_eq!(site.noted().2.as_deref(), Some("scim_token_unknown"));
    site.wait(TimeDelta::days(365));
    let expired = stranger(&site, ACME, Some(&site.token));
    let words = "The token has expired. Make a new one in the directory's settings, and enter it \
                 here.";
    assert_eq!(refusal(&expired), (401, None, words));
    assert_eq!(site.noted().2.as_deref(), Some("scim_token_expired"));
}

#[test]
fn a_token_is_good_to_its_last_instant_and_at_its_own_organization_alone() {
    let site = Site::new();
    found(&site.store, &managed("org-b", "bravo"), None);
    let elsewhere = stranger(&site, "org-b", Some(&site.token));
    assert_eq!(refusal(&elsewhere), (401, None, UNKNOWN));
    assert_eq!(stranger(&site, "org-none", Some(&site.token)), elsewhere);
    site.wait(TimeDelta::days(365) - TimeDelta::milliseconds(1));
    assert_eq!(site.read("/Users", "").0, 200);
}

#[test]
fn a_token_whose_directory_is_off_is_told_so() {
    let site = Site::new();
    let kept = site.kept();
    site.change(Change::ManageByDirectory(false));
    let gone = stranger(&site, ACME, Some(&site.token));
    assert_eq!(refusal(&gone), (401, None, UNKNOWN));
    site.keep(kept);
    let off = stranger(&site, ACME, Some(&site.token));
    let words = "The directory is switched off. Switch it on, and enter the token that is shown \
                 then.";
    assert_eq!(refusal(&off), (401, None, words));
    assert_eq!(site.noted(), ("authenticate".into(), 401, Some("directory_off".into())));
}

#[test]
fn of_whoever_has_no_token_one_a_minute_is_logged_with_how_many_there_were() {
    let site = Site::new();
    for _ in 0..4 {
        stranger(&site, ACME, None);
    }
    assert_eq!(site.log().len(), 1);
    site.wait(TimeDelta::minutes(1));
    let path = "/app/scim/org-a/v2/Users";
    let agent = ScimRequest::new("GET", path).with_header("User-Agent", "Okta SCIM Client 1.0.0");
    assert_eq!(site.send(&agent).status, 401);
    let log = site.log();
    assert_eq!(log.len(), 2);
    assert_eq!((log[0].unlisted, log[0].client.as_deref()), (3, Some("Okta")));
}

#[test]
fn thirty_wrong_tokens_a_minute_come_from_one_address_and_no_more() {
    let site = Site::new();
    let path = "/app/scim/org-a/v2/Users";
    let from = |client: [u8; 4]| ScimRequest::new("GET", path).with_client(Some(client.into()));
    for _ in 0..30 {
        assert_eq!(site.send(&from([192, 0, 2, 1])).status, 401);
    }
    let response = site.send(&from([192, 0, 2, 1]));
    let answer = (response.status, json_of(&response));
    assert_eq!(refusal(&answer), (429, None, "Too many requests. Try again in a moment."));
    assert_eq!(response.header("retry-after"), Some("61"));
    assert_eq!(response.header("www-authenticate"), None);
    assert_eq!(site.send(&from([192, 0, 2, 2])).status, 401);
    // Whoever has a good token is not kept out by others at the same address.
    let with = With { client: Some([192, 0, 2, 1].into()), ..NONE };
    assert_eq!(site.request("GET", "/Users", with).status, 200);
}

/// No room for one kind, and the keys that were asked about.
struct Full(RateKind, std::sync::Arc<std::sync::Mutex<Vec<RateKey>>>);

impl RateLimits for Full {
    async fn take(&self, key: &RateKey, _: DateTime<Utc>) -> Result<Option<TimeDelta>, BoxError> {
        self.1.lock().expect("keys").push(key.clone());
        Ok((key.kind == self.0).then(|| TimeDelta::milliseconds(2_500)))
    }

    async fn give_back(&self, _: &RateKey, _: DateTime<Utc>) -> Result<(), BoxError> {
        Ok(())
    }
}

#[test]
fn a_directory_that_asks_too_often_waits() {
    let store = MemoryStore::default();
    found(&store, &managed(ACME, "acme"), None);
    let keys = std::sync::Arc::default();
    let full = Full(RateKind::DirectoryAsked, std::sync::Arc::clone(&keys));
    let site = Site::over(DynStore::new(store), |builder| builder.rate_limits(full));
    let response =
        site.request("GET", "/Users", With { client: Some([192, 0, 2, 1].into()), ..NONE });
    assert_eq!((response.status, response.header("retry-after")), (429, Some("3")));
    assert_eq!(site.log(), []);
    let key = RateKey::of_organization(RateKind::DirectoryAsked, &ACME.into());
    assert_eq!(*keys.lock().expect("keys"), [key]);
    assert_eq!(site.token().last_used_at, None);
}

#[test]
fn a_token_knows_when_it_was_used_to_five_minutes_and_by_what() {
    let site = Site::new();
    let id = site.token().id;
    assert_eq!((site.token().last_used_at, site.kept().version), (None, 0));
    assert_eq!(site.read("/Users", "").0, 200);
    assert_eq!((site.token().last_used_at, site.token().client), (Some(now()), None));
    assert_eq!(site.kept().version, 1);
    let used = |site: &Site| {
        let events = block_on(site.store.audit(&ACME.into(), None, 100)).expect("the store");
        let of_tokens = events.into_iter().map(|(_, event)| event);
        let first = Action::DirectoryToken { change: "first_used".into(), token: id.clone() };
        of_tokens.filter(|event| event.action == first).collect::<Vec<_>>()
    };
    let [event] = &*used(&site) else { panic!("one event") };
    assert_eq!((&event.actor, event.at), (&Actor::Directory(id.clone()), now()));
    assert_eq!(event.action.code(), "directory_token_first_used");
    site.wait(TimeDelta::minutes(5) - TimeDelta::milliseconds(1));
    assert_eq!(site.read("/Users", "").0, 200);
    assert_eq!((site.token().last_used_at, site.kept().version), (Some(now()), 1));
    site.wait(TimeDelta::milliseconds(1));
    assert_eq!(site.read("/Users", "").0, 200);
    assert_eq!((site.token().last_used_at, site.kept().version), (Some(site.now()), 2));
    let agent = [("user-agent", "JumpCloud/1")];
    let with = With { headers: &agent, ..NONE };
    assert_eq!(site.request("GET", "/Users", with).status, 200);
    assert_eq!((site.token().client.as_deref(), site.kept().version), (Some("JumpCloud"), 3));
    // Whoever says nothing of itself is taken for who it was.
    assert_eq!(site.read("/Users", "").0, 200);
    assert_eq!((site.token().client.as_deref(), site.kept().version), (Some("JumpCloud"), 3));
    assert_eq!(site.logged().client.as_deref(), Some("JumpCloud"));
    assert_eq!(used(&site).len(), 1);
}

#[test]
fn an_organization_without_a_directory_issues_and_answers_nothing() {
    let store = MemoryStore::default();
    found(&store, &managed(ACME, "acme"), None);
    found(&store, &organization("org-b", "bravo"), None);
    let site = Site::over(DynStore::new(store), |builder| builder);
    assert_ne!(issued(&site.store, ACME), site.token);
    let asked = stranger(&site, "org-b", Some(&site.token));
    assert_eq!(refusal(&asked), (401, None, UNKNOWN));
}
