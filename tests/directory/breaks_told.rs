//! What is sent, and what is written down of it.

use chrono::TimeDelta;
use saml_login::directory::ScimRequest;
use serde_json::{Value, json};

use crate::asked::{Site, With};
use crate::common::now;

const NONE: With<'static> = With { query: None, headers: &[], body: &[], client: None };

#[test]
fn a_client_is_guessed_by_what_it_calls_itself_and_by_what_it_sends() {
    let site = Site::new();
    let client = |agent: &str, body: &Value| {
        let (headers, body) = ([("user-agent", agent)], body.to_string());
        let with = With { headers: &headers, body: body.as_bytes(), ..NONE };
        assert_ne!(site.request("POST", "/Users", with).status, 415);
        site.logged().client
    };
    let user = |external: &str| json!({ "userName": external, "externalId": external });
    assert_eq!(client("", &user("0123456789abcdef0123456")).as_deref(), None);
    assert_eq!(client("", &user("0123456789abcdef0123456g")).as_deref(), None);
    assert_eq!(client("", &user("0123456789abcdef0123456A")).as_deref(), Some("JumpCloud"));
    let old = json!({ "schemas": ["urn:scim:schemas:core:2.0"], "userName": "old" });
    assert_eq!(client("", &old).as_deref(), Some("OneLogin"));
    for operation in ["Add", "Replace", "Remove"] {
        let patch = json!({ "Operations": [{ "op": "add" }, { "op": operation }] });
        assert_eq!(client("", &patch).as_deref(), Some("Entra"));
    }
    for (agent, name) in [
        ("Okta SCIM Client 1.0.0", "Okta"),
        ("x OneLogin y", "OneLogin"),
        ("JUMPCLOUD", "JumpCloud"),
        ("goauthentik.io authentik/2026", "authentik"),
        ("Keycloak", "Keycloak"),
        ("Google-Auto-Provisioning", "Google"),
        ("Rippling", "Rippling"),
    ] {
        assert_eq!(client(agent, &json!({ "userName": agent })).as_deref(), Some(name));
    }
}

#[test]
fn bodies_come_as_json_in_utf_8() {
    let site = Site::new();
    let sent = |headers: &[(&str, &str)]| {
        let with = With { headers, body: b"{}", ..NONE };
        let response = site.request("POST", "/Users", with);
        (response.status, site.noted().2)
    };
    let read = (400, Some("scim_attribute_required".into()));
    for kind in [
        "application/scim+json",
        "application/json; charset=UTF-8",
        " Application/JSON ; charset = \"utf-8\"; version=2",
        "; charset=utf-8",
        "",
    ] {
        assert_eq!(sent(&[("content-type", kind)]), read, "{kind}");
    }
    for encoding in ["identity", " Identity ", "", " "] {
        assert_eq!(sent(&[("content-encoding", encoding)]), read, "{encoding}");
    }
    let foreign = (415, Some("scim_media_type".into()));
    for kind in ["text/plain", "application/json; charset=utf-16", "application/xml"] {
        assert_eq!(sent(&[("content-type", kind)]), foreign, "{kind}");
    }
    assert_eq!(sent(&[("content-encoding", "gzip")]), foreign);
    let words = "Send application/scim+json or application/json, in UTF-8 and not compressed.";
    assert_eq!(site.logged().detail.as_deref(), Some(words));
}

#[test]
fn a_body_that_is_not_all_there_is_too_large() {
    let site = Site::new();
    let token = format!("Bearer {}", site.token);
    let request = ScimRequest::new("POST", "/app/scim/org-a/v2/Users")
        .with_header("authorization", &token)
        .with_body(b"{\"userName\": \"ada\"}");
    assert_eq!(site.send(&request).status, 201);
    let mut cut = request;
    cut.is_whole = false;
    assert_eq!(site.send(&cut).status, 413);
    let long = vec![b' '; ScimRequest::MAX_BODY + 1];
    assert_eq!(site.send(&request.with_body(&long)).status, 413);
    let full = vec![b' '; ScimRequest::MAX_BODY];
    assert_eq!(site.send(&request.with_body(&full)).status, 400);
}

#[test]
fn a_request_is_logged_with_what_it_did_and_how_long_it_took() {
    let site = Site::new();
    site.takes(TimeDelta::milliseconds(17));
    let id = site.push("ada");
    let entry = site.logged();
    assert_eq!((&*entry.action.to_string(), entry.status), ("create", 201));
    assert_eq!((entry.at, entry.milliseconds), (now(), 17));
    assert_eq!(entry.account.map(|id| id.as_str().to_owned()), Some(id.clone()));
    assert_eq!(entry.token, Some(site.token().id));
    assert_eq!((entry.scim_type, entry.detail, entry.reason), (None, None, None));
    assert_eq!((entry.notes, entry.unlisted, entry.client), (vec![], 0, None));
    site.takes(TimeDelta::milliseconds(-17));
    let (status, body) = site.ask("PUT", &format!("/Users/{id}"), &json!({ "userName": "" }));
    assert_eq!(status, 400);
    let entry = site.logged();
    assert_eq!((&*entry.action.to_string(), entry.status), ("replace", 400));
    assert_eq!(entry.milliseconds, 0);
    assert_eq!(entry.scim_type.as_deref(), Some("invalidValue"));
    assert_eq!(entry.detail.as_deref(), body["detail"].as_str());
    assert_eq!(entry.account.map(|id| id.as_str().to_owned()), Some(id));
}

#[test]
fn what_was_taken_otherwise_is_noted_once_each_and_twenty_times_at_most() {
    let site = Site::new();
    let mut user = json!({ "userName": "ada" });
    for number in 0..30 {
        user[format!("unknown{number}")] = json!(1);
    }
    let (status, made) = site.ask("POST", "/Users", &user);
    assert_eq!((status, site.logged().notes.len()), (201, 20));
    let twice = json!({ "Operations": [
        { "op": "add", "path": "unheardOf", "value": "a" },
        { "op": "add", "path": "unheardOf", "value": "b" },
    ]});
    assert_eq!(
        site.ask("PATCH", &format!("/Users/{}", made["id"].as_str().expect("an id")), &twice).0,
        200
    );
    assert_eq!(site.logged().notes.len(), 1, "{:?}", site.logged().notes);
}
