//! What may stand in a request: bodies, patches, filters.

use saml_login::account::{EmailProof, Role};
use saml_login::directory::ScimRequest;
use saml_login::organization::ScimMode;
use serde_json::{Value, json};

use crate::common::people::member;
use crate::site::{Directory, Got, Site, managed, user};

fn one() -> Site {
    Site::of(&[(&managed("org-a", "acme"), Some(20))])
}

/// 21: nothing that is not the directory's to say comes of a body, however it is spelled.
#[test]
fn pitfall_21_nobody_assigns_themselves_a_role() {
    let site = one();
    let directory = site.directory("org-a");
    let mut body = user("mallory");
    let smuggled = json!({
        "id": "chosen", "roles": [{ "value": "administrator" }], "isAdmin": true,
        "role": "administrator", "organization": "org-b", "tenantId": "org-b", "status": "active",
        "password": "secret", "groups": [{ "value": "admins" }], "entitlements": ["all"],
        "meta": { "created": "2001-01-01T00:00:00Z" }, "managed_by": "application",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { "department": "x" },
    });
    let Value::Object(smuggled) = smuggled else { panic!("an object") };
    for (name, value) in &smuggled {
        body[name] = value.clone();
    }
    let made = directory.send("POST", "/Users", &body);
    assert_eq!(made.status, 201, "{}", made.body);
    let check = |id: &str| {
        let account = site.account("org-a", id).expect("an account");
        assert_eq!((account.role, account.organization.as_str()), (Role::Member, "org-a"));
        let shown = directory.get(&format!("/Users/{id}")).body;
        let mut names: Vec<&String> = shown.as_object().expect("an object").keys().collect();
        names.sort();
        assert_eq!(names, ["active", "emails", "id", "meta", "name", "schemas", "userName"]);
        assert_eq!(shown["meta"]["created"], "2030-01-31T12:00:00Z");
    };
    let id = made.id();
    assert_ne!(id, "chosen");
    check(&id);
    assert_eq!(directory.send("PUT", &format!("/Users/{id}"), &body).status, 200);
    check(&id);
    let mut operations: Vec<Value> = vec![json!({ "op": "replace", "value": smuggled })];
    for (name, value) in smuggled.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("id")) {
        operations.push(json!({ "op": "add", "path": name, "value": value }));
        let urn = format!("urn:ietf:params:scim:schemas:core:2.0:User:{name}");
        operations.push(json!({ "op": "replace", "path": urn, "value": value }));
    }
    for operation in operations {
        let got = directory.patch(&id, json!([operation.clone()]));
        assert_eq!(got.status, 200, "{operation} {}", got.body);
        check(&id);
    }
}

/// 22: what the server sets stays, by any spelling of its path.
#[test]
fn pitfall_22_read_only_ones_stay() {
    let site = one();
    let directory = site.directory("org-a");
    let made = directory.create("ada");
    let before = made.body.clone();
    for (path, status) in [
        ("id", 400),
        ("ID", 400),
        ("urn:ietf:params:scim:schemas:core:2.0:User:id", 400),
        ("meta.created", 200),
        ("META.Created", 200),
        ("meta", 200),
        ("schemas", 200),
        ("groups", 200),
    ] {
        let operation = json!([{ "op": "replace", "path": path, "value": "2001-01-01T00:00:00Z" }]);
        let got = directory.patch(&made.id(), operation);
        assert_eq!(got.status, status, "{path} {}", got.body);
        let after = directory.get(&format!("/Users/{}", made.id()));
        assert_eq!(after.body, before, "{path}");
    }
}

/// 23: two readers of a body see the same person.
#[test]
fn pitfall_23_a_name_stands_once() {
    let site = one();
    let directory = site.directory("org-a");
    for body in [
        r#"{"userName":"ada","userName":"bea"}"#,
        r#"{"userName":"ada","USERNAME":"bea"}"#,
        r#"{"userName":"ada","name":{"givenName":"a","GivenName":"b"}}"#,
        r#"{"userName":"ada","emails":[{"value":"a@x.test","value":"b@x.test"}]}"#,
    ] {
        let got = directory.raw("POST", "/Users", &[], body.as_bytes());
        assert_eq!(got.error(), (400, "invalidSyntax"), "{body}");
    }
    let spelled =
        r#"{"userName":"ada","urn:ietf:params:scim:schemas:core:2.0:User:userName":"bea"}"#;
    assert_eq!(
        directory.raw("POST", "/Users", &[], spelled.as_bytes()).error(),
        (400, "invalidSyntax")
    );
    assert_eq!(directory.get("/Users").body["totalResults"], 0);
}

/// 24, 29: quotes, wildcards and backslashes are letters, and a filter is read once.
#[test]
fn pitfall_24_29_letters_in_filters_are_letters() {
    let site = one();
    let directory = site.directory("org-a");
    for name in ["a%b", "a_b", "a'b", "a\"b", "a\\b", "aXb"] {
        assert_eq!(directory.create(name).status, 201, "{name}");
    }
    for (filter, finds) in [
        ("userName eq \"a%b\"", 1),
        ("userName co \"%\"", 1),
        ("userName co \"_\"", 1),
        ("userName sw \"a'\"", 1),
        ("userName eq \"a\\\"b\"", 1),
        ("userName eq \"a\\\\b\"", 1),
        ("userName co \"' or 1=1 --\"", 0),
        ("userName co \"\"", 6),
    ] {
        assert_eq!(directory.finds(filter), finds, "{filter}");
    }
}

/// 25: a patch is one step: what comes after a fault, and before it, is not done.
#[test]
fn pitfall_25_a_patch_is_one_step() {
    let site = one();
    let directory = site.directory("org-a");
    let id = directory.create("ada").id();
    directory.create("bea");
    let before = directory.get(&format!("/Users/{id}")).body;
    for second in [
        json!({ "op": "replace", "path": "active", "value": "maybe" }),
        json!({ "op": "replace", "path": "userName", "value": "bea" }),
        json!({ "op": "replace", "path": "emails[type eq \"nobody\"].type", "value": "x" }),
        json!({ "op": "replace", "path": "a b", "value": "x" }),
    ] {
        let first = json!({ "op": "replace", "path": "displayName", "value": "Half" });
        let got = directory.patch(&id, json!([first, second]));
        assert!([400, 409].contains(&got.status), "{second} {}", got.body);
        assert_eq!(directory.get(&format!("/Users/{id}")).body, before, "{second}");
    }
}

/// 26: what is needed is not removed, and nothing is unbounded.
#[test]
fn pitfall_26_what_is_needed_stays_and_everything_has_a_bound() {
    let site = one();
    let directory = site.directory("org-a");
    let id = directory.create("ada").id();
    let path = format!("/Users/{id}");
    let before = directory.get(&path).body;
    let many = |n: usize| -> Vec<Value> {
        (0..n).map(|n| json!({ "value": format!("{n}@x.test"), "primary": n < 2 })).collect()
    };
    for (body, status, scim_type) in [
        (json!({ "userName": "" }), 400, "invalidValue"),
        (json!({ "userName": "  " }), 400, "invalidValue"),
        (json!({ "userName": null }), 400, "invalidValue"),
        (json!({}), 400, "invalidValue"),
        (json!({ "userName": "x".repeat(257) }), 400, "invalidValue"),
        (json!({ "userName": "ada", "emails": many(11) }), 400, "invalidValue"),
        (json!({ "userName": "ada", "emails": many(3) }), 400, "invalidValue"),
        (json!({ "userName": "ada", "active": "maybe" }), 400, "invalidValue"),
    ] {
        let got = directory.send("PUT", &path, &body);
        assert_eq!(got.error(), (status, scim_type), "{body} {}", got.body);
        assert_eq!(directory.get(&path).body, before);
    }
    for name in ["userName", "active"] {
        let got = directory.patch(&id, json!([{ "op": "remove", "path": name }]));
        assert_eq!(got.error(), (400, "mutability"), "{name}");
    }
    let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
    let deep = format!("{{\"userName\":\"x\",\"a\":{deep}}}");
    assert_eq!(
        directory.raw("POST", "/Users", &[], deep.as_bytes()).error(),
        (400, "invalidSyntax")
    );
    let long = format!("{{\"userName\":\"x\",\"a\":\"{}\"}}", "x".repeat(1 << 20));
    assert_eq!(directory.raw("POST", "/Users", &[], long.as_bytes()).status, 413);
    let operations = vec![json!({ "op": "replace", "path": "displayName", "value": "x" }); 1001];
    assert_eq!(directory.patch(&id, operations.into()).status, 413);
    assert_eq!(directory.get(&path).body, before);
    // RFC 7644 §3.5.2: removing what can go, and null, is done.
    let got = directory.patch(&id, json!([{ "op": "remove", "path": "name" }]));
    assert_eq!((got.status, got.body.get("name")), (200, None));
}

/// 27: a text is a boolean where it is true or false, and nothing else is.
#[test]
fn pitfall_27_booleans_are_true_or_false() {
    let site = one();
    let directory = site.directory("org-a");
    let id = directory.create("ada").id();
    for (value, expected) in [
        (json!(false), Some(false)),
        (json!("True"), Some(true)),
        (json!("FALSE"), Some(false)),
        (json!("true"), Some(true)),
        (json!("1"), None),
        (json!(0), None),
        (json!("yes"), None),
        (json!(""), None),
        (json!([]), None),
    ] {
        let got =
            directory.patch(&id, json!([{ "op": "Replace", "path": "active", "value": value }]));
        match expected {
            Some(active) => assert_eq!(got.body["active"], active, "{value}"),
            None => assert_eq!(got.error(), (400, "invalidValue"), "{value}"),
        }
    }
}

/// 28: letters of the world come back as they were sent; what breaks a line is refused. Names are
/// compared in ASCII letter case alone, so that no two letters of another script become one.
#[test]
fn pitfall_28_letters_come_back_as_they_were() {
    let site = one();
    let directory = site.directory("org-a");
    for (name, status) in [
        ("stra\u{DF}e", 201),
        ("STRASSE", 201),
        ("strasse", 409),
        ("\u{130}stanbul", 201),
        ("istanbul", 201),
        ("\u{212A}", 201),
        ("K", 201),
        ("k", 409),
        ("\u{DC}nal", 201),
        ("\u{FC}nal", 201),
    ] {
        let mut body = user("x");
        body["userName"] = json!(name);
        body["emails"] = json!(null);
        assert_eq!(directory.send("POST", "/Users", &body).status, status, "{name}");
    }
    assert_eq!(directory.finds("userName eq \"straße\""), 1);
    assert_eq!(directory.finds("userName eq \"STRASSE\""), 1);
    let mut body = user("lines");
    for text in ["a\r\nb", "a\u{0}b", "a\u{202E}b", "a\u{2028}b"] {
        body["displayName"] = json!(text);
        let got = directory.send("POST", "/Users", &body);
        assert_eq!(got.error(), (400, "invalidValue"), "{text:?}");
    }
}

/// 29, 30: a filter that cannot be answered is neither all nor none, and none takes long.
#[test]
fn pitfall_29_30_a_filter_is_answered_or_refused() {
    let site = one();
    let directory = site.directory("org-a");
    directory.create("ada");
    let refused = |filter: &str| -> Got {
        let filter =
            percent_encoding::utf8_percent_encode(filter, percent_encoding::NON_ALPHANUMERIC);
        directory.get(&format!("/Users?filter={filter}"))
    };
    let nested = format!("{}userName pr{}", "(".repeat(50_000), ")".repeat(50_000));
    let terms = vec!["userName eq \"a\""; 101].join(" or ");
    let long = format!("userName eq \"{}\"", "a".repeat(9_000));
    for filter in [
        "sail eq \"x\"",
        "password eq \"x\"",
        "active gt true",
        "active eq \"true\"",
        "meta.lastModified gt \"x\"",
        "userName eq",
        "userName",
        "(userName pr",
        "userName like \"a\"",
        "userName eq 5",
        "emails[sail eq \"x\"]",
        nested.as_str(),
        terms.as_str(),
        long.as_str(),
    ] {
        let shown: String = filter.chars().take(40).collect();
        let got = refused(filter);
        if got.status == 200 {
            // Both readings of RFC 7644 are known: Entra and authentik write texts.
            assert!(["active eq \"true\"", "userName eq 5"].contains(&filter), "{shown}");
            continue;
        }
        assert_eq!(got.error(), (400, "invalidFilter"), "{shown} {}", got.body);
    }
    assert_eq!(directory.finds("not (userName eq \"bea\")"), 1);
    assert_eq!(directory.finds("userName ne \"ada\""), 0);
}

/// 30: what no index serves is looked at to a bound, and refused beyond it.
#[test]
fn pitfall_30_a_search_has_a_bound() {
    let site = Site::of(&[(&managed("org-a", "acme"), None)]);
    for number in 0..10_001 {
        let id = format!("m{number:05}");
        let address = format!("{id}@example.test");
        let mut account = member("org-a", &id, &address, EmailProof::Proven);
        account.user_name = Some(id);
        site.put(&account);
    }
    let directory = site.directory("org-a");
    let got = directory.get("/Users?filter=displayName%20co%20%22x%22");
    assert_eq!(got.error(), (400, "tooMany"));
    assert_eq!(directory.finds("userName eq \"m07777\""), 1);
    assert_eq!(directory.get("/Users?count=0").body["totalResults"], 10_001);
}

/// 31: bodies that are none.
#[test]
fn pitfall_31_a_body_is_json_in_utf_8() {
    let site = one();
    let directory = site.directory("org-a");
    let body = user("ada").to_string();
    let send =
        |headers: &[(&str, &str)], body: &[u8]| directory.raw("POST", "/Users", headers, body);
    for content_type in [
        "text/plain",
        "multipart/form-data",
        "application/x-www-form-urlencoded",
        "application/scim+json; charset=utf-16",
        "application/jsonp",
    ] {
        let got = send(&[("content-type", content_type)], body.as_bytes());
        assert_eq!(got.status, 415, "{content_type}");
    }
    assert_eq!(send(&[("content-encoding", "gzip")], body.as_bytes()).status, 415);
    for (octets, scim_type) in [
        (&b""[..], "invalidSyntax"),
        (b"  \n", "invalidSyntax"),
        (b"null", "invalidSyntax"),
        (b"[]", "invalidSyntax"),
        (b"{\"userName\":\"\xFF\"}", "invalidSyntax"),
        (b"{\"userName\":", "invalidSyntax"),
    ] {
        assert_eq!(send(&[], octets).error(), (400, scim_type));
    }
    assert_eq!(directory.get("/Users").body["totalResults"], 0);
    for content_type in ["application/json", "Application/SCIM+JSON; charset=\"UTF-8\"", ""] {
        let name = format!("user{}", content_type.len());
        let body = user(&name).to_string();
        assert_eq!(send(&[("content-type", content_type)], body.as_bytes()).status, 201);
    }
}

/// 43: an error is words for an administrator, and nothing of ours.
#[test]
fn pitfall_43_errors_are_for_the_console() {
    let site = one();
    let directory = site.directory("org-a");
    let got = directory.get("/Users/nobody");
    assert_eq!(
        got.body,
        json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "status": "404",
            "detail": got.text("/detail"),
        })
    );
    assert!(got.text("/detail").ends_with('.') && got.text("/detail").len() > 20);
    for (method, path, status) in [
        ("PUT", "/Users", 405),
        ("POST", "/Users/1", 405),
        ("DELETE", "/ServiceProviderConfig", 405),
        ("GET", "/Me", 501),
        ("GET", "/Boats", 404),
        ("POST", "/Groups", 405),
        ("GET", "/Groups/1", 404),
        ("BREW", "/Users", 405),
    ] {
        let got = directory.raw(method, path, &[], b"");
        assert_eq!((got.status, got.text("/status")), (status, &*status.to_string()), "{path}");
        assert!(!got.text("/detail").is_empty());
    }
    assert_eq!(
        directory.raw("OPTIONS", "/Users", &[], b"").header("allow"),
        "GET, HEAD, POST, OPTIONS"
    );
    let head = directory.raw("HEAD", "/Users", &[], b"");
    assert_eq!((head.status, head.headers.body.len()), (200, 0));
    let outside = site.send(&ScimRequest::new("GET", "/scim/org-a/v1/Users"));
    assert_eq!(outside.status, 404);
}

/// The interoperability profile refuses what the lenient mode drops.
#[test]
fn the_profile_refuses_what_is_not_defined() {
    let site = one();
    let directory: Directory<'_> = site.directory("org-a");
    let mut body = user("ada");
    body["title"] = json!("Captain");
    assert_eq!(directory.send("POST", "/Users", &body).status, 201);
    let notes = &site.logged("org-a")[0].notes;
    assert_eq!(notes.len(), 0, "what RFC 7643 knows is no mistake: {notes:?}");
    body["userName"] = json!("bea");
    body["emials"] = json!([]);
    body["emails"] = json!([{ "value": "bea@example.test" }]);
    assert_eq!(directory.send("POST", "/Users", &body).status, 201);
    assert_eq!(
        site.logged("org-a")[0].notes,
        ["emials was dropped: it is not stored here; emails is"]
    );
    site.listen("org-a", ScimMode::Interop);
    body["userName"] = json!("cy");
    body["emails"] = json!([{ "value": "cy@example.test" }]);
    assert_eq!(directory.send("POST", "/Users", &body).error(), (400, "invalidSyntax"));
    assert_eq!(directory.get("/ServiceProviderConfig").body["interopProfileConformant"], true);
}
