//! One person at a time: made, read, changed, removed, and held to a version.

use chrono::TimeDelta;
use saml_login::account::{AccountId, EmailProof, Source, Status};
use saml_login::organization::Change;
use saml_login::store::{DynStore, MemoryStore, Written};
use serde_json::{Value, json};

use crate::asked::{ACME, BASE, Site, With, json_of, managed, refusal};
use crate::common::hooked::Hooked;
use crate::common::people::{found, member};
use crate::common::tenants::{IDP_A, done, name_keeper, open, verify_domain};
use crate::failing::Failing;

const NONE: With<'static> = With { query: None, headers: &[], body: &[], client: None };

/// The status, the ETag and the body of a request with these headers.
fn held(
    site: &Site,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &Value,
) -> (u16, Option<String>, Value) {
    let body = body.to_string();
    let with = With { headers, body: body.as_bytes(), ..NONE };
    let response = site.request(method, path, with);
    (response.status, response.header("etag").map(str::to_owned), json_of(&response))
}

#[test]
fn whoever_is_made_has_a_place_and_a_version() {
    let site = Site::new();
    let with = With { body: b"{\"userName\": \"ada\", \"active\": true}", ..NONE };
    let response = site.request("POST", "/Users", with);
    let user = json_of(&response);
    let id = user["id"].as_str().expect("an id");
    let location = format!("{BASE}/Users/{id}");
    assert_eq!(response.status, 201);
    assert_eq!(response.header("location"), Some(&*location));
    assert_eq!(user["meta"]["location"], location);
    assert_eq!(response.header("etag"), user["meta"]["version"].as_str());
    assert_eq!(response.header("content-type"), Some("application/scim+json"));
    assert_eq!(response.header("cache-control"), Some("no-store"));
    assert_eq!(response.header("x-none"), None);
    assert_eq!(response.headers.len(), 4);
    assert_eq!(site.read(&format!("/Users/{id}"), ""), (200, user.clone()));
    assert_eq!(site.noted(), ("read".into(), 200, None));
    let few = With { query: Some("attributes=userName"), ..with };
    let taken = site.request("POST", "/Users", few);
    assert_eq!((taken.status, &json_of(&taken)["scimType"]), (409, &json!("uniqueness")));
    assert_eq!(site.noted(), ("create".into(), 409, Some("user_name_taken".into())));
    let new = With { body: b"{\"userName\": \"bea\"}", ..few };
    let response = site.request("POST", "/Users", new);
    assert_eq!((response.status, response.header("etag")), (201, None));
}

#[test]
fn a_read_by_whoever_has_this_version_is_answered_with_nothing() {
    let site = Site::new();
    let path = format!("/Users/{}", site.push("ada"));
    let (status, tag, user) = held(&site, "GET", &path, &[], &Value::Null);
    let tag = tag.expect("an ETag");
    assert_eq!((status, user["meta"]["version"].as_str()), (200, Some(&*tag)));
    let strong = tag.trim_start_matches("W/");
    for tags in [&*tag, strong, "*", &format!("\"x\" , {strong}")] {
        let answer = held(&site, "GET", &path, &[("if-none-match", tags)], &Value::Null);
        assert_eq!(answer, (304, Some(tag.clone()), Value::Null), "{tags}");
    }
    assert_eq!(site.noted(), ("read".into(), 304, None));
    for tags in ["\"x\"", "", "W/\"99\""] {
        assert_eq!(held(&site, "GET", &path, &[("if-none-match", tags)], &Value::Null).0, 200);
    }
}

#[test]
fn a_change_is_held_to_the_version_that_was_read() {
    let site = Site::new();
    let id = site.push("ada");
    let path = format!("/Users/{id}");
    let tag = |site: &Site| held(site, "GET", &path, &[], &Value::Null).1.expect("an ETag");
    let patch = |name: &str| json!({ "Operations": [{ "op": "replace", "path": "displayName", "value": name }] });
    let first = tag(&site);
    let user = json!({ "userName": "ada", "displayName": "A" });
    assert_eq!(held(&site, "PUT", &path, &[("if-match", &first)], &user).0, 200);
    for (method, body) in
        [("PUT", json!({ "userName": "ada" })), ("PATCH", patch("B")), ("DELETE", Value::Null)]
    {
        let (status, _, answer) = held(&site, method, &path, &[("if-match", &first)], &body);
        assert_eq!((status, answer["status"].as_str()), (412, Some("412")), "{method}");
        assert_eq!(site.noted().2.as_deref(), Some("version_differs"));
        assert_eq!(site.account(&id).pushed.expect("pushed").display_name.as_deref(), Some("A"));
    }
    let now = tag(&site);
    assert_ne!(first, now);
    assert_eq!(held(&site, "PATCH", &path, &[("if-match", &now)], &patch("C")).0, 200);
    assert_eq!(held(&site, "PUT", &path, &[("if-match", " * ")], &user).0, 200);
    assert_eq!(held(&site, "PATCH", &path, &[("if-match", "*")], &patch("D")).0, 200);
    let gone = held(&site, "PUT", "/Users/none", &[("if-match", "\"1\"")], &user);
    assert_eq!((gone.0, site.noted().2.as_deref()), (404, Some("account_missing")));
    assert_eq!(held(&site, "DELETE", &path, &[("if-match", &tag(&site))], &Value::Null).0, 204);
    assert_eq!(site.noted(), ("delete".into(), 204, None));
}

#[test]
fn a_change_that_another_one_comes_before_is_held_to_its_version_as_well() {
    let store = MemoryStore::default();
    found(&store, &managed(ACME, "acme"), None);
    let changed = std::sync::atomic::AtomicBool::new(true);
    let changed = std::sync::Arc::new(changed);
    let seen = std::sync::Arc::clone(&changed);
    let hooked = Hooked::new(store, move |store, write| {
        let is_change =
            matches!(&write.account, Some(saml_login::store::AccountWrite::Change { .. }));
        if is_change && !seen.swap(true, std::sync::atomic::Ordering::Relaxed) {
            let mut other = write.clone();
            (other.events, other.kept) = (vec![], vec![]);
            let done = crate::common::block_on(saml_login::store::Store::write(store, other));
            assert_eq!(done.expect("the store"), Written::Done);
        }
        None
    });
    let site = Site::over(DynStore::new(hooked), |builder| builder);
    let path = format!("/Users/{}", site.push("ada"));
    let tag = held(&site, "GET", &path, &[], &Value::Null).1.expect("an ETag");
    let user = json!({ "userName": "ada", "displayName": "A" });
    changed.store(false, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(held(&site, "PUT", &path, &[("if-match", &tag)], &user).0, 412);
    changed.store(false, std::sync::atomic::Ordering::Relaxed);
    let user = json!({ "userName": "ada", "displayName": "B" });
    assert_eq!(held(&site, "PUT", &path, &[], &user).0, 200);
}

#[test]
fn whoever_was_removed_is_gone_and_so_is_whoever_never_was() {
    let site = Site::new();
    let id = site.push("ada");
    let path = format!("/Users/{id}");
    assert_eq!(site.ask("DELETE", &path, &Value::Null), (204, Value::Null));
    assert_eq!(site.account(&id).status, Status::Deleted);
    assert_eq!(site.logged().account.map(|id| id.as_str().to_owned()), Some(id));
    let never = site.ask("DELETE", "/Users/none", &Value::Null);
    for method in ["GET", "DELETE", "PUT", "PATCH"] {
        let body = match method {
            "PATCH" => json!({ "Operations": [] }),
            _ => json!({ "userName": "ada" }),
        };
        let gone = site.ask(method, &path, &body);
        assert_eq!(gone, never, "{method}");
        assert_eq!(gone.0, 404);
        assert_eq!(site.noted().2.as_deref(), Some("account_missing"));
    }
    assert_eq!(site.noted().0, "patch");
}

#[test]
fn somebody_elses_person_is_as_unknown_as_none() {
    let site = Site::new();
    found(&site.store, &managed("org-b", "bravo"), None);
    site.put(&member("org-b", "other", "other@example.test", EmailProof::Proven));
    let answer = site.ask("GET", "/Users/other", &Value::Null);
    assert_eq!(answer, site.ask("GET", "/Users/none", &Value::Null));
    assert_eq!(answer.0, 404);
}

#[test]
fn without_a_free_seat_the_numbers_are_told() {
    let site = Site::with_seats(Some(1));
    site.push("ada");
    let answer = site.ask("POST", "/Users", &json!({ "userName": "bea" }));
    assert_eq!(refusal(&answer), (403, None, "no free seat (1 of 1 taken)"));
    assert_eq!(site.noted(), ("create".into(), 403, Some("no_seat".into())));
    assert_eq!(site.logged().detail.as_deref(), Some("no free seat (1 of 1 taken)"));
    let off = site.ask("POST", "/Users", &json!({ "userName": "bea", "active": false }));
    assert_eq!((off.0, &off.1["active"]), (201, &json!(false)));
}

#[test]
fn an_address_outside_the_verified_domains_is_noted() {
    let mut acme = open(ACME, "acme", &IDP_A);
    verify_domain(&mut acme, "example.test");
    done(&mut acme, Change::ManageByDirectory(true));
    let store = MemoryStore::default();
    found(&store, &acme, None);
    let site = Site::over(DynStore::new(store), |builder| builder);
    let outside = "the address is outside the organization's verified domains";
    let notes = |name: &str| {
        let (status, user) = site.ask("POST", "/Users", &json!({ "userName": name }));
        assert_eq!(status, 201);
        (user["id"].as_str().expect("an id").to_owned(), site.logged().notes)
    };
    assert_eq!(notes("ada@example.test").1, [""; 0]);
    assert_eq!(notes("no-address").1, [""; 0]);
    let (id, told) = notes("ada@elsewhere.test");
    assert_eq!(told, [outside]);
    let patch = json!({ "Operations": [{ "op": "replace", "path": "displayName", "value": "A" }] });
    assert_eq!(site.ask("PATCH", &format!("/Users/{id}"), &patch).0, 200);
    assert_eq!(site.logged().notes, [outside]);
    let user = json!({ "userName": "ada@elsewhere.test" });
    assert_eq!(site.ask("PUT", &format!("/Users/{id}"), &user).0, 200);
    assert_eq!(site.logged().notes, [outside]);
    // Twenty notes are kept of a request, whatever it was.
    let mut user = json!({ "userName": "eve@elsewhere.test" });
    for number in 0..30 {
        user[format!("unknown{number}")] = json!(1);
    }
    assert_eq!(site.ask("POST", "/Users", &user).0, 201);
    let told = site.logged().notes;
    assert_eq!((told.len(), told.contains(&outside.to_owned())), (20, false));
    // Where no domain is verified, none is outside.
    let site = Site::new();
    site.push("ada@elsewhere.test");
    assert_eq!(site.logged().notes, [""; 0]);
}

#[test]
fn whom_the_application_has_ended_stays_out_and_that_is_noted() {
    let site = Site::new();
    let mut ended = member(ACME, "ada", "ada@example.test", EmailProof::Organization);
    ended.user_name = Some("ada".into());
    (ended.status, ended.ended_by) = (Status::Deactivated, Some(Source::Application));
    site.put(&ended);
    let stays = "active stays false: the account was deactivated in the application";
    let put = |active: Value| {
        let (status, user) =
            site.ask("PUT", "/Users/ada", &json!({ "userName": "ada", "active": active }));
        assert_eq!((status, &user["active"]), (200, &json!(false)));
        site.logged().notes
    };
    assert_eq!(put(json!(true)), [stays]);
    assert_eq!(put(json!(false)), [""; 0]);
    assert_eq!(put(Value::Null), [""; 0]);
    let patch = json!({ "Operations": [{ "op": "replace", "path": "active", "value": true }] });
    assert_eq!(site.ask("PATCH", "/Users/ada", &patch).1["active"], false);
    assert_eq!(site.logged().notes, [stays]);
    // Whom the directory itself has ended comes back.
    let id = site.push("bea");
    let path = format!("/Users/{id}");
    let put =
        |active: bool| site.ask("PUT", &path, &json!({ "userName": "bea", "active": active })).1;
    assert_eq!(put(false)["active"], false);
    assert_eq!(site.logged().notes, [""; 0]);
    assert_eq!(put(true)["active"], true);
    assert_eq!(site.logged().notes, [""; 0]);
}

#[test]
fn whoever_is_kept_for_emergencies_is_not_removed() {
    let mut acme = managed(ACME, "acme");
    name_keeper(&mut acme);
    let store = MemoryStore::default();
    found(&store, &acme, None);
    let site = Site::over(DynStore::new(store), |builder| builder);
    site.put(&crate::common::people::administrator_of(ACME, "keeper", "keeper@example.test"));
    let answer = site.ask("DELETE", "/Users/keeper", &Value::Null);
    assert_eq!((answer.0, site.noted().2.as_deref()), (403, Some("break_glass_kept")));
    assert_eq!(site.account("keeper").status, Status::Active);
}

#[test]
fn whoever_is_deactivated_and_deleted_here_is_told_of_by_this_directory() {
    let site = Site::new();
    let id = site.push("ada");
    site.wait(TimeDelta::minutes(1));
    let account = AccountId::new(&*id);
    assert_eq!(site.ask("DELETE", &format!("/Users/{id}"), &Value::Null).0, 204);
    let events = crate::common::block_on(saml_login::store::Store::audit(
        &site.store,
        &ACME.into(),
        None,
        1,
    ));
    let (_, event) = events.expect("the store").remove(0);
    assert_eq!(event.actor, saml_login::audit::Actor::Directory(site.token().id));
    assert_eq!((event.at, event.target), (site.now(), Some(account)));
    assert_eq!((event.request_id, event.client_address), (None, None));
    let (path, token) = ("/app/scim/org-a/v2/Users", format!("Bearer {}", site.token));
    let request = saml_login::directory::ScimRequest::new("POST", path)
        .with_header("authorization", &token)
        .with_body(b"{\"userName\": \"bea\"}")
        .with_client(std::net::IpAddr::from([192, 0, 2, 7]))
        .with_request_id("request-1");
    assert_eq!(site.send(&request).status, 201);
    let events = crate::common::block_on(saml_login::store::Store::audit(
        &site.store,
        &ACME.into(),
        None,
        1,
    ));
    let (_, event) = events.expect("the store").remove(0);
    assert_eq!(event.request_id.as_deref(), Some("request-1"));
    assert_eq!(event.client_address.as_deref(), Some("192.0.2.7"));
}

#[test]
fn a_write_that_fails_is_tried_again_in_a_moment() {
    let store = MemoryStore::default();
    found(&store, &managed(ACME, "acme"), None);
    let fails = std::sync::Arc::new(std::sync::atomic::AtomicU8::new(0));
    let seen = std::sync::Arc::clone(&fails);
    let hooked = Hooked::new(store, move |_, write| {
        match (seen.load(std::sync::atomic::Ordering::Relaxed), &write.account) {
            (1, Some(_)) => Some(Err(saml_login::error::BoxError::new("the disk is full"))),
            (2, Some(_)) => Some(Ok(Written::Outdated)),
            _ => None,
        }
    });
    let site = Site::over(DynStore::new(hooked), |builder| builder);
    let post = |fail: u8| {
        fails.store(fail, std::sync::atomic::Ordering::Relaxed);
        let response =
            site.request("POST", "/Users", With { body: b"{\"userName\": \"ada\"}", ..NONE });
        let answer = (response.status, json_of(&response));
        let (status, scim_type, detail) = refusal(&answer);
        assert_eq!((status, scim_type), (503, None));
        let wait = response.header("retry-after").expect("a wait").to_owned();
        (detail.to_owned(), wait, site.noted().2.expect("a reason"))
    };
    let told = |words: &str, wait: &str, reason: &str| {
        (words.to_owned(), wait.to_owned(), reason.to_owned())
    };
    // As when a read fails.
    let words = "That did not work just now. Try again in a minute.";
    assert_eq!(post(1), told(words, "31", "store_failed"));
    let words = "others changed this at the same time; try again";
    assert_eq!(post(2), told(words, "2", "account_store_contended"));
    fails.store(0, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(site.ask("POST", "/Users", &json!({ "userName": "ada" })).0, 201);
}

/// Whatever step fails, nothing is left behind, and the same request works afterwards.
#[test]
fn a_store_that_fails_at_a_step_is_asked_again() {
    for (method, path, query) in [
        ("GET", "/Users", "count=1"),
        ("GET", "/Users", "cursor="),
        ("GET", "/Users", "startIndex=2&count=1"),
        ("GET", "/Users/ada", ""),
        ("DELETE", "/Users/ada", ""),
        ("PUT", "/Users/ada", ""),
    ] {
        let mut steps = 0;
        loop {
            let store = MemoryStore::default();
            found(&store, &managed(ACME, "acme"), None);
            let failing = Failing::over(store);
            let site = Site::over(DynStore::new(failing.clone()), |builder| builder);
            for name in ["ada", "bea", "cleo"] {
                site.put(&member(ACME, name, &format!("{name}@a.test"), EmailProof::Organization));
            }
            let headers = [("if-match", "W/\"0\"")];
            let body = b"{\"userName\": \"ada b\"}";
            let with = With { query: Some(query), headers: &headers, body, ..NONE };
            failing.fail_at(steps);
            let response = site.request(method, path, with);
            failing.mend();
            if response.status < 300 {
                assert!(steps > 2, "{method} {path} has steps: {steps}");
                break;
            }
            let answer = (response.status, json_of(&response));
            let (status, scim_type, words) = refusal(&answer);
            assert_eq!((status, scim_type), (503, None), "{method} {path} {steps}");
            let wait = match words {
                "the server failed; try again later" => "2",
                "That did not work just now. Try again in a minute." => "31",
                other => panic!("{other}"),
            };
            assert_eq!(response.header("retry-after"), Some(wait));
            let status = site.account("ada").status;
            assert_eq!((status, site.account("ada").version), (Status::Active, 0));
            assert!(site.request(method, path, with).status < 300, "{method} {path} {steps}");
            steps += 1;
        }
    }
}
