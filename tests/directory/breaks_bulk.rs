//! Several requests in one, and the types of the `http` crate.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Request;
use http_body::{Body, Frame};
use http_body_util::{BodyExt as _, Full};
use saml_login::account::Status;
use serde_json::{Value, json};

use crate::asked::{BASE, Site, refusal};
use crate::common::block_on;
use crate::common::people::random;

/// The answers to these operations.
fn bulk(site: &Site, body: &Value) -> Vec<Value> {
    let (status, answer) = site.ask("POST", "/Bulk", body);
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:BulkResponse"]));
    answer["Operations"].as_array().expect("answers").clone()
}

fn made(name: &str, id: &str) -> Value {
    json!({ "method": "POST", "path": "/Users", "bulkId": id, "data": { "userName": name } })
}

#[test]
fn what_one_operation_makes_the_next_ones_can_name() {
    let site = Site::new();
    let answers = bulk(
        &site,
        &json!({ "Operations": [
            made("ada", "one"),
            { "method": "patch", "path": "/Users/bulkId:one", "bulkId": "two", "data": {
                "Operations": [{ "op": "replace", "path": "displayName", "value": "A" }] } },
            { "Method": "PUT", "PATH": "Users/bulkId%3Aone?x=1", "Data": { "userName": "ada b" } },
            { "method": "DELETE", "path": "/Users/bulkId:two" },
        ]}),
    );
    let id = answers[0]["location"].as_str().expect("a place").rsplit('/').next().expect("an id");
    let place = format!("{BASE}/Users/{id}");
    let version = |number: u64| format!("W/\"{number}\"");
    assert_eq!(
        answers[0],
        json!({ "method": "POST", "status": "201", "bulkId": "one",
        "version": version(0), "location": place })
    );
    assert_eq!(
        answers[1],
        json!({ "method": "PATCH", "status": "200", "bulkId": "two",
        "version": version(1), "location": place })
    );
    assert_eq!(
        answers[2],
        json!({ "method": "PUT", "status": "200", "version": version(2),
        "location": place })
    );
    assert_eq!(answers[3], json!({ "method": "DELETE", "status": "204", "location": place }));
    assert_eq!(site.account(id).status, Status::Deleted);
    let log = site.log();
    let actions: Vec<String> = log.iter().map(|entry| entry.action.to_string()).collect();
    assert_eq!(actions, ["bulk", "delete", "replace", "patch", "create"]);
    let one = &log[4];
    assert_eq!((one.status, one.account.as_ref().map(|id| id.as_str())), (201, Some(id)));
    assert_eq!((one.at, one.milliseconds), (site.now(), 0));
}

#[test]
fn what_an_operation_may_not_is_told_in_its_place() {
    let site = Site::new();
    let told = |operation: Value| {
        let answers = bulk(&site, &json!({ "Operations": [operation] }));
        let [answer] = &*answers else { panic!("one answer") };
        assert!(answer.get("location").is_none());
        assert_eq!(answer["response"]["status"], answer["status"]);
        let kind = answer["response"]["scimType"].as_str().map(str::to_owned);
        let status = answer["status"].as_str().expect("a status").to_owned();
        (status, kind, site.log()[1].reason.clone().expect("a reason").to_string())
    };
    let of = |status: &str, kind: Option<&str>, reason: &str| {
        (status.to_owned(), kind.map(str::to_owned), reason.to_owned())
    };
    let unknown = of("409", Some("invalidValue"), "scim_bulk_id_unknown");
    assert_eq!(told(json!({ "method": "DELETE", "path": "/Users/bulkId:none" })), unknown);
    let nowhere = of("404", None, "scim_path_unknown");
    assert_eq!(told(json!({ "method": "POST", "path": "/Groups", "data": {} })), nowhere);
    assert_eq!(told(json!({ "method": "POST", "path": "/Bulk", "data": {} })), nowhere);
    assert_eq!(told(json!("no operation")), nowhere);
    let not = of("405", None, "scim_method_unknown");
    assert_eq!(told(json!({ "method": "GET", "path": "/Users" })), not);
    assert_eq!(told(json!({ "method": "PUT", "path": "/Users", "data": {} })), not);
    assert_eq!(told(json!({ "method": "GET", "path": "/Users/1" })), not);
    assert_eq!(told(json!({ "method": "POST", "path": "/Users/1", "data": {} })), not);
    let empty = of("400", Some("invalidValue"), "scim_bulk_data");
    assert_eq!(told(json!({ "method": "POST", "path": "/Users" })), empty);
    assert_eq!(told(json!({ "method": "POST", "path": "/Users", "data": "{}" })), empty);
    assert_eq!(told(json!({ "method": "DELETE", "path": "/Users/1", "data": 1 })), empty);
    let missing = of("404", None, "account_missing");
    assert_eq!(told(json!({ "method": "DELETE", "path": "/Users/1", "data": {} })), missing);
    assert_eq!(
        told(json!({ "method": "PATCH", "path": "/Users/1", "data": { "Operations": [] } })),
        missing
    );
    let differs = of("412", None, "version_differs");
    let id = site.push("ada");
    let version =
        json!({ "method": "DELETE", "path": format!("/Users/{id}"), "version": "W/\"9\"" });
    assert_eq!(told(version), differs);
}

#[test]
fn whoever_is_not_made_can_not_be_named() {
    let site = Site::new();
    site.push("ada");
    let answers = bulk(
        &site,
        &json!({ "Operations": [
            made("ada", "one"),
            { "method": "DELETE", "path": "/Users/bulkId:one" },
        ]}),
    );
    let statuses: Vec<&str> = answers.iter().filter_map(|one| one["status"].as_str()).collect();
    assert_eq!(statuses, ["409", "409"]);
    assert_eq!(answers[0]["response"]["scimType"], "uniqueness");
    assert_eq!(answers[1]["response"]["scimType"], "invalidValue");
}

#[test]
fn a_bulk_ends_where_so_many_errors_are_too_many() {
    let site = Site::new();
    let wrong = json!({ "method": "DELETE", "path": "/Users/none" });
    let count = |fail: Value| {
        let operations = json!([wrong, made("a", "a"), wrong, wrong, wrong]);
        let answers = bulk(&site, &json!({ "failOnErrors": fail, "Operations": operations }));
        answers.len()
    };
    assert_eq!(count(json!(0)), 1);
    assert_eq!(count(json!(1)), 1);
    assert_eq!(count(json!(2)), 3);
    // By then "a" is taken, which is an error as well.
    assert_eq!(count(json!(2)), 2);
    assert_eq!(count(json!(3)), 3);
    assert_eq!(count(json!("x")), 5);
    assert_eq!(bulk(&site, &json!({ "Operations": [] })).len(), 0);
}

#[test]
fn a_bulk_is_a_list_of_a_thousand_at_most() {
    let site = Site::new();
    for body in [json!({}), json!({ "Operations": {} }), json!({ "operation": [] })] {
        let answer = site.ask("POST", "/Bulk", &body);
        let words = "A Bulk has a list called Operations.";
        assert_eq!(refusal(&answer), (400, Some("invalidValue"), words));
        assert_eq!(site.noted(), ("bulk".into(), 400, Some("scim_bulk_empty".into())));
    }
    let many = |count: usize| {
        let body = json!({ "failOnErrors": 1, "operations": vec![json!({}); count] });
        site.ask("POST", "/Bulk", &body)
    };
    let words = "Send 1000 operations at most in one Bulk.";
    assert_eq!(refusal(&many(1_001)), (413, None, words));
    assert_eq!(site.noted().2.as_deref(), Some("scim_bulk_too_large"));
    assert_eq!(many(1_000).0, 200);
}

#[test]
fn parts_are_of_the_client_of_the_whole() {
    let site = Site::new();
    let operation = json!({ "op": "Replace", "path": "displayName", "value": "A" });
    let id = site.push("ada");
    bulk(
        &site,
        &json!({ "Operations": [
            { "method": "PATCH", "path": format!("/Users/{id}"), "data": { "Operations": [operation] } },
        ]}),
    );
    assert_eq!(site.log()[1].client.as_deref(), Some("Entra"));
    assert_eq!(site.log()[0].client, None);
    let body =
        json!({ "schemas": ["urn:scim:schemas:core:2.0"], "Operations": [made("bea", "b")] });
    bulk(&site, &body);
    assert_eq!(site.log()[1].client.as_deref(), Some("OneLogin"));
}

/// A body that breaks off.
struct Broken;

impl Body for Broken {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        Poll::Ready(Some(Err(std::io::ErrorKind::ConnectionReset.into())))
    }
}

#[test]
fn the_types_of_http_say_the_same() {
    let site = Site::new();
    let at = site.now();
    let clock = move || at;
    let request = |method: &str, path: &str| {
        let uri = format!("https://elsewhere.test/app/scim/org-a/v2{path}");
        let token = format!("Bearer {}", site.token);
        let agent = http::HeaderValue::from_bytes(b"Okta \xff").expect("a header");
        let request = Request::builder().method(method).uri(uri).header("Authorization", token);
        request.header("User-Agent", agent)
    };
    let user = Full::new(Bytes::from_static(b"{\"userName\": \"ada\"}"));
    let sent = request("POST", "/Users?attributes=userName").body(user).expect("a request");
    let client = Some([192, 0, 2, 7].into());
    let response = block_on(site.sso.scim_http(sent, client, &clock, random()));
    assert_eq!(response.status(), 201);
    assert_eq!(response.headers()["content-type"], "application/scim+json");
    let (head, body) = response.into_parts();
    let body = block_on(body.collect()).expect("a body").to_bytes();
    let user: Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(user["userName"], "ada");
    assert_eq!(user.get("meta"), None);
    let location = head.headers["location"].to_str().expect("a URL");
    assert!(location.starts_with(BASE), "{location}");
    // A header that is no text says nothing.
    assert_eq!(site.logged().client, None);
    let sent = request("POST", "/Users").body(Broken).expect("a request");
    let response = block_on(site.sso.scim_http(sent, None, &clock, random()));
    assert_eq!(response.status(), 413);
    let long = Full::new(Bytes::from(vec![b' '; 1_048_577]));
    let sent = request("POST", "/Users").body(long).expect("a request");
    let response = block_on(site.sso.scim_http(sent, None, &clock, random()));
    assert_eq!(response.status(), 413);
    let full = Full::new(Bytes::from(vec![b' '; 1_048_576]));
    let sent = request("POST", "/Users").body(full).expect("a request");
    let response = block_on(site.sso.scim_http(sent, None, &clock, random()));
    assert_eq!(response.status(), 400);
}
