//! What real clients send, as conversations: the shapes are theirs, the people are ours.

use saml_login::Random;
use saml_login::account::{EmailProof, Source, Status};
use saml_login::directory::Explanation;
use saml_login::organization::{Change, DirectoryRules};
use saml_login::provision::provision;
use saml_login::store::Store as _;
use serde_json::{Value, json};

use crate::common::block_on;
use crate::common::people::member;
use crate::common::tenants::{IDP_A, identity};
use crate::site::{Directory, Got, Site, managed};

const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn with_seats(seats: impl Into<Option<u32>>) -> Site {
    Site::of(&[(&managed("org-a", "acme"), seats.into())])
}

/// What JumpCloud sends for somebody: it names the enterprise schema and has no object for it.
fn jumpcloud(name: &str) -> Value {
    json!({
        "active": true,
        "addresses": [],
        "displayName": "Given Family",
        "emails": [{ "primary": true, "type": "work", "value": format!("{name}@example.test") }],
        "externalId": format!("{:0>24}", name.len() * 7919),
        "locale": "en-US",
        "name": { "familyName": "Family", "givenName": "Given" },
        "phoneNumbers": [{ "type": "work", "value": "tel:+1-555-0100" }],
        "preferredLanguage": "en",
        "schemas": [CORE, ENTERPRISE],
        "userName": name,
    })
}

/// JumpCloud's activation: it looks, makes a test user, changes it, and takes it away again.
fn activate(directory: &Directory<'_>) -> Got {
    assert_eq!(directory.get("/Users?startIndex=1&count=100").status, 200);
    assert_eq!(directory.finds("userName eq \"test.user\""), 0);
    let made = directory.send("POST", "/Users", &jumpcloud("test.user"));
    if made.status != 201 {
        return made;
    }
    let path = format!("/Users/{}", made.id());
    assert_eq!(directory.get(&path).body["active"], true);
    let mut full = jumpcloud("test.user");
    full["id"] = json!(made.id());
    full["schemas"] = json!([ENTERPRISE, CORE]);
    full["title"] = json!("");
    full["photos"] = json!([]);
    full[ENTERPRISE] = json!({ "department": "", "employeeNumber": "" });
    assert_eq!(directory.send("PUT", &path, &full).status, 200);
    let minimal = json!({
        "active": true, "emails": null, "id": made.id(), "schemas": [CORE], "userName": "test.user",
        "name": { "givenName": "Given", "familyName": "Other" },
    });
    let put = directory.send("PUT", &path, &minimal);
    assert_eq!(put.text("/name/familyName"), "Other");
    assert_eq!(put.text("/emails/0/value"), "test.user@example.test", "null takes nothing away");
    assert_eq!(put.text("/externalId"), full["externalId"], "nor does what is left out");
    assert_eq!(directory.set_active(&made.id(), false).body["active"], false);
    assert_eq!(directory.set_active(&made.id(), true).body["active"], true);
    assert_eq!(directory.delete(&path).status, 204);
    assert_eq!(directory.get(&path).status, 404);
    made
}

#[test]
fn jumpcloud_is_activated_where_a_seat_is_free() {
    let site = with_seats(1);
    let directory = site.directory("org-a");
    let wrong = Directory { token: "scim_wrong".into(), ..directory.clone() };
    assert_eq!(wrong.get("/Users").status, 401);
    // The test group's turn, where group management is on.
    assert_eq!(directory.get("/Groups?startIndex=1&count=100").body["totalResults"], 0);
    assert_eq!(activate(&directory).status, 201);
    assert_eq!(site.taken("org-a"), 0, "the seat comes back");
    assert_eq!(activate(&directory).status, 201, "and again, with every change of the settings");
    // Without a free seat it fails with words that say so, and works once there is one.
    let holder = directory.send("POST", "/Users", &jumpcloud("holder"));
    let refused = activate(&directory);
    assert_eq!((refused.status, refused.text("/detail")), (403, "no free seat (1 of 1 taken)"));
    let told = Explanation::of(&site.logged("org-a")[0]);
    assert_eq!(told.what, "Wanted to create somebody.");
    assert!(told.cure.is_some_and(|cure| cure.starts_with("Buy a seat")), "{told:?}");
    assert_eq!(directory.set_active(&holder.id(), false).status, 200);
    assert_eq!(activate(&directory).status, 201);
    assert_eq!(site.logged("org-a")[0].client.as_deref(), Some("JumpCloud"));
}

#[test]
fn where_groups_are_not_answered_there_are_none() {
    let site = with_seats(None);
    let directory = site.directory("org-a");
    let mut rules = DirectoryRules::default();
    rules.answers_groups = false;
    site.change("org-a", Change::ListenToDirectory(rules));
    assert_eq!(directory.get("/Groups").status, 404);
    assert_eq!(activate(&directory).status, 201, "users do not need them");
}

/// An import pages by a hundred, and finds those who came otherwise.
#[test]
fn jumpcloud_imports_whoever_is_there() {
    let site = with_seats(None);
    for number in 0..230 {
        let id = format!("m{number:03}");
        let address = format!("{id}@example.test");
        let mut account = member("org-a", &id, &address, EmailProof::Organization);
        account.user_name = Some(address);
        if number % 10 == 0 {
            account.status = Status::Deactivated;
            account.ended_by = Some(Source::Application);
        }
        site.put(&account);
    }
    let directory = site.directory("org-a");
    let (mut seen, mut off) = (Vec::new(), 0);
    for start in [1, 101, 201] {
        let page = directory.get(&format!("/Users?startIndex={start}&count=100"));
        assert_eq!(page.body["totalResults"], 230);
        for user in page.body["Resources"].as_array().expect("a list") {
            seen.push(user["id"].as_str().expect("an id").to_owned());
            off += usize::from(user["active"] == false);
        }
    }
    seen.sort();
    seen.dedup();
    assert_eq!((seen.len(), off), (230, 23));
    // It takes over whom it has found: no second account, no second seat.
    let taken = site.taken("org-a");
    let mut push = jumpcloud("m001@example.test");
    push["emails"][0]["value"] = json!("m001@example.test");
    assert_eq!(directory.send("PUT", "/Users/m001", &push).status, 200);
    assert_eq!(site.taken("org-a"), taken);
    assert_eq!(directory.get("/Users/m001").text("/externalId"), push["externalId"]);
}

/// A password that has expired is `active: false`, and the next day it is not.
#[test]
fn jumpcloud_suspends_and_brings_back_with_each_push() {
    let site = with_seats(1);
    let directory = site.directory("org-a");
    let id = directory.send("POST", "/Users", &jumpcloud("ada")).id();
    let path = format!("/Users/{id}");
    for active in [false, true, false, true] {
        let mut body = jumpcloud("ada");
        body["active"] = json!(active);
        let got = directory.send("PUT", &path, &body);
        assert_eq!((got.status, &got.body["active"]), (200, &json!(active)));
        assert_eq!(site.taken("org-a"), u32::from(active));
        assert_eq!(directory.finds("userName eq \"ada\""), 1, "still listed");
    }
}

/// A group is bound to the application, and unbound: so many at once.
#[test]
fn jumpcloud_binds_a_group_of_two_hundred() {
    let site = with_seats(200);
    let directory = site.directory("org-a");
    let (store, token) = (site.store.clone(), directory.token.clone());
    let at_once = |run: &(dyn Fn(&Directory<'_>, usize) -> u16 + Sync)| {
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..8)
                .map(|worker| {
                    let (store, token) = (store.clone(), token.clone());
                    scope.spawn(move || {
                        let site = Site::over(store);
                        let organization = "org-a".to_owned();
                        let directory = Directory { site: &site, organization, token };
                        (0..25).map(|n| run(&directory, worker * 25 + n)).collect::<Vec<u16>>()
                    })
                })
                .collect();
            let all = workers.into_iter().flat_map(|worker| worker.join().expect("a worker"));
            all.collect::<Vec<u16>>()
        })
    };
    let made = at_once(&|directory, n| {
        let mut body = jumpcloud(&format!("person{n}"));
        body["externalId"] = json!(format!("{n:024x}"));
        directory.send("POST", "/Users", &body).status
    });
    assert!(made.iter().all(|status| *status == 201), "{made:?}");
    assert_eq!(site.taken("org-a"), 200);
    let off = at_once(&|directory, n| {
        let found = directory.get(&format!("/Users?filter=userName%20eq%20%22person{n}%22"));
        directory.set_active(found.text("/Resources/0/id"), false).status
    });
    assert!(off.iter().all(|status| *status == 200), "{off:?}");
    assert_eq!(site.taken("org-a"), 0);
    assert_eq!(directory.get("/Users?count=0").body["totalResults"], 200);
}

const OKTA: (&str, &str) = ("user-agent", "Okta SCIM Client 1.0.0");

/// A custom application of Okta: PUT for everything, of what it has read.
#[test]
fn okta_puts_back_what_it_has_read() {
    let site = with_seats(2);
    let directory = site.directory("org-a");
    let headers = [OKTA, ("content-type", "application/scim+json; charset=utf-8")];
    let look = "/Users?filter=userName%20eq%20%22ada%40example.test%22&startIndex=1&count=100";
    assert_eq!(directory.raw("GET", "/Users?startIndex=1&count=2", &headers, b"").status, 200);
    assert_eq!(directory.raw("GET", look, &headers, b"").body["totalResults"], 0);
    let body = json!({
        "schemas": [CORE], "userName": "ada@example.test", "externalId": "00u1", "groups": [],
        "name": { "givenName": "Ada", "familyName": "Byron" }, "displayName": "Ada Byron",
        "emails": [{ "primary": true, "value": "ada@example.test", "type": "work" }],
        "locale": "en-US", "password": "Never kept 1", "active": true,
    });
    let made = directory.raw("POST", "/Users", &headers, body.to_string().as_bytes());
    assert_eq!(made.status, 201);
    assert!(!made.body.to_string().contains("Never kept"));
    assert_eq!(
        directory.raw("POST", "/Users", &headers, body.to_string().as_bytes()).error(),
        (409, "uniqueness")
    );
    let path = format!("/Users/{}", made.id());
    let mut echo = directory.raw("GET", &path, &headers, b"").body;
    echo["active"] = json!(false);
    let off = directory.raw("PUT", &path, &headers, echo.to_string().as_bytes());
    assert_eq!((off.status, &off.body["active"]), (200, &json!(false)));
    assert_eq!(site.logged("org-a")[0].client.as_deref(), Some("Okta"));
    assert_eq!(site.taken("org-a"), 0);
    // Assigned again, it is a POST: the account of before, with its id.
    let again = directory.raw("POST", "/Users", &headers, body.to_string().as_bytes());
    assert_eq!((again.status, again.id()), (201, made.id()));
    assert_eq!(site.taken("org-a"), 1);
    // A stale formatted name never wins over its parts.
    let mut renamed = directory.raw("GET", &path, &headers, b"").body;
    renamed["name"] = json!({ "givenName": "Ada", "familyName": "King", "formatted": "Ada Byron" });
    let put = directory.raw("PUT", &path, &headers, renamed.to_string().as_bytes());
    assert_eq!(put.text("/name/familyName"), "King");
}

/// An application of Okta's gallery: PATCH without a path, and nothing is ever deleted.
#[test]
fn okta_switches_off_by_a_patch_without_a_path() {
    let site = with_seats(1);
    let directory = site.directory("org-a");
    let id = directory.create("ada").id();
    for active in [false, true] {
        let got = directory.patch(&id, json!([{ "op": "replace", "value": { "active": active } }]));
        assert_eq!((got.status, &got.body["active"]), (200, &json!(active)));
    }
    let got = directory.patch(&id, json!([{ "op": "replace", "value": { "password": "secret" } }]));
    assert_eq!(got.status, 200);
    assert!(!got.body.to_string().contains("secret"));
}

#[test]
fn entra_finds_matches_creates_and_renames() {
    let site = with_seats(3);
    let directory = site.directory("org-a");
    // The base URL carries a switch of its own.
    let test = "/Users?aadOptscim062020&filter=userName+eq+%225c1e5c5e-0b9a-4d0e%22";
    let tested = directory.get(test);
    assert_eq!((tested.status, &tested.body["totalResults"]), (200, &json!(0)));
    let body = json!({
        "schemas": [CORE, ENTERPRISE], "externalId": "ada.object.id", "userName": "ada@example.test",
        "active": true, "displayName": "Ada Byron",
        "emails": [{ "primary": true, "type": "work", "value": "ada@example.test" }],
        "meta": { "resourceType": "User" }, "name": { "formatted": "Ada Byron", "givenName": "Ada" },
        ENTERPRISE: { "department": "x" }, "roles": [],
    });
    let made = directory.send("POST", "/Users", &body);
    assert_eq!(made.status, 201, "{}", made.body);
    let id = made.id();
    for filter in [
        "externalId eq \"ada.object.id\"",
        "emails[type eq \"work\"].value eq \"ada@example.test\"",
        "emails[type eq \"work\" and value eq \"ADA@example.test\"]",
        "userName eq \"ADA@example.test\" and active eq true",
    ] {
        assert_eq!(directory.finds(filter), 1, "{filter}");
    }
    assert_eq!(directory.finds("externalId eq \"ADA.object.id\""), 0, "an external id is exact");
    // Dotted names, texts for booleans, another schema, a manager who is a text.
    let dotted = json!([
        { "op": "Replace", "value": {
            "displayName": "Ada K.", "name.familyName": "King", "active": "True",
            format!("{ENTERPRISE}:department"): "y",
        } },
        { "op": "Add", "path": format!("{ENTERPRISE}:manager"), "value": "someone" },
    ]);
    let got = directory.patch(&id, dotted);
    assert_eq!((got.status, got.text("/name/familyName")), (200, "King"), "{}", got.body);
    // Somebody without an address gets one.
    let bare = directory.send("POST", "/Users", &json!({ "userName": "bare", "schemas": [CORE] }));
    let work = json!([{ "op": "Replace", "path": "emails[type eq \"work\"].value", "value": "bare@example.test" }]);
    assert_eq!(directory.patch(&bare.id(), work).text("/emails/0/type"), "work");
    // The soft delete renames, and moves no address.
    let soft = json!([
        { "op": "Replace", "path": "userName", "value": "0123456789abcdef0123456789abcdefada@example.test" },
        { "op": "Replace", "path": "active", "value": "False" },
    ]);
    let gone = directory.patch(&id, soft);
    assert_eq!((gone.status, &gone.body["active"]), (200, &json!(false)));
    assert_eq!(directory.finds("externalId eq \"ada.object.id\""), 1);
    assert_eq!(gone.text("/emails/0/value"), "ada@example.test");
    assert_eq!(site.logged("org-a")[0].client.as_deref(), Some("Entra"));
    // Thirty days later it is deleted.
    assert_eq!(directory.delete(&format!("/Users/{id}")).status, 204);
    assert_eq!(directory.finds("externalId eq \"ada.object.id\""), 0);
}

/// OneLogin knows older names of the schemas, and ends its URLs oddly.
#[test]
fn onelogin_writes_older_names() {
    let site = with_seats(3);
    let directory = site.directory("org-a");
    for path in ["/ServiceProviderConfig?", "/Users?", "/Users?count=1&", "/Users/"] {
        assert_eq!(directory.get(path).status, 200, "{path}");
    }
    let body = json!({
        "schemas": ["urn:scim:schemas:core:2.0", "urn:scim:schemas:extension:enterprise:2.0"],
        "userName": "ada", "emails": [{ "value": "ada@example.test", "primary": true }],
        "name": { "givenName": "Ada" }, "active": true,
        "urn:scim:schemas:extension:enterprise:2.0": { "department": "x" },
    });
    let made = directory.send("POST", "/Users", &body);
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(site.logged("org-a")[0].client.as_deref(), Some("OneLogin"));
    let mut one = body.clone();
    one["userName"] = json!("bea");
    one["emails"] = json!([]);
    one["schemas"] = json!(["urn:scim:schemas:core:1.0"]);
    assert_eq!(directory.send("POST", "/Users", &one).status, 400, "version 1 is not spoken");
    assert_eq!(directory.set_active(&made.id(), false).status, 200);
    assert_eq!(directory.delete(&format!("/Users/{}", made.id())).status, 204);
}

/// Google suspends, and deletes up to three weeks later, also whom it has never suspended.
#[test]
fn google_suspends_and_deletes_apart() {
    let site = with_seats(3);
    let directory = site.directory("org-a");
    assert_eq!(directory.get(&format!("/Schemas/{CORE}")).text("/id"), CORE);
    let (ada, bea) = (directory.create("ada").id(), directory.create("bea").id());
    assert_eq!(directory.set_active(&ada, false).status, 200);
    assert_eq!(directory.set_active(&ada, false).status, 200);
    for id in [ada, bea] {
        assert_eq!(directory.delete(&format!("/Users/{id}")).status, 204);
    }
    assert_eq!(directory.get("/Users").body["totalResults"], 0);
}

/// authentik filters without quotes, takes 404 for "gone", and links by a 409 with a scimType.
#[test]
fn authentik_filters_without_quotes() {
    let site = with_seats(3);
    let directory = site.directory("org-a");
    let id = directory.create("ada").id();
    assert_eq!(directory.finds("userName eq ada"), 1);
    assert_eq!(directory.create("ada").error(), (409, "uniqueness"));
    let path = "/Users/00000000-0000-7000-8000-000000000000";
    assert_eq!(directory.send("PUT", path, &crate::site::user("bea")).status, 404);
    let mut body = crate::site::user("ada");
    body["displayName"] = json!("Ada");
    body.as_object_mut().expect("an object").remove("active");
    let put = directory.send("PUT", &format!("/Users/{id}"), &body);
    assert_eq!((put.status, &put.body["active"]), (200, &json!(true)), "it stays as it is");
}

/// Keycloak's clients write two slashes, and change by PATCH or by PUT.
#[test]
fn keycloak_writes_two_slashes() {
    let site = with_seats(3);
    let directory = site.directory("org-a");
    let made = directory.send("POST", "//Users", &crate::site::user("ada"));
    assert_eq!(made.status, 201);
    let path = format!("//Users/{}", made.id());
    let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "operations": [{ "op": "replace", "path": "displayName", "value": ["Ada"] }] });
    assert_eq!(directory.send("PATCH", &path, &body).text("/displayName"), "Ada");
}

/// Who was pushed comes in by single sign-on: into that account, and no second one.
#[test]
fn who_was_pushed_signs_in() {
    let site = with_seats(1);
    let directory = site.directory("org-a");
    let id = directory.create("alice").id();
    let record = block_on(site.store.organization(&"org-a".into())).expect("the store");
    let acme = record.expect("one").organization;
    let come = |name: &str| {
        let (id, identity) = ("org-a".into(), identity(&acme, &IDP_A, name));
        let random = Random::generate().expect("randomness");
        block_on(provision(&site.store, &id, &identity, site.now(), random))
    };
    let done = come("alice").expect("a login");
    assert_eq!((done.account.id.as_str(), done.provisioning.code()), (&*id, "link"));
    assert_eq!(site.taken("org-a"), 1);
    // Whom nobody has pushed waits for it.
    assert_eq!(come("bob").expect_err("refused").code(), "not_provisioned");
}
