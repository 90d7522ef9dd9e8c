//! Who may ask, and for whom: tokens, tenants, and whose account it is.

use std::net::IpAddr;

use chrono::TimeDelta;
use saml_login::account::{Account, AccountId, EmailProof, Role, Source, Status};
use saml_login::directory::ScimRequest;
use saml_login::organization::Change;
use saml_login::policy::Reason;
use saml_login::sso::{Browser, MemoryRateLimits, Resumed};
use saml_login::store::{DynStore, KeptKind, MemoryStore, Store as _};
use saml_login::token::TokenDigest;
use serde_json::json;

use crate::common::people::{administrator_of, found, invited, member};
use crate::common::tenants::{name_keeper, verify_domain};
use crate::common::{block_on, now};
use crate::failing::Failing;
use crate::site::{Directory, Site, managed, user};

fn one() -> Site {
    Site::of(&[(&managed("org-a", "acme"), Some(10))])
}

fn two() -> Site {
    Site::of(&[(&managed("org-a", "acme"), None), (&managed("org-b", "bravo"), None)])
}

/// 1, 2: 256 random bits, of which a digest is kept, and looked up by.
#[test]
fn pitfall_01_02_a_token_is_kept_as_its_digest() {
    let site = one();
    let issued = site.issue("org-a");
    let secret = issued.secret.as_str();
    assert!(secret.starts_with("scim_"));
    let kept = block_on(site.store.all_kept(&"org-a".into(), KeptKind::DirectoryToken));
    let kept = kept.expect("the store");
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].digest, TokenDigest::of(secret));
    assert!(!format!("{kept:?}").contains(secret));
}

/// 3: a token that is gone opens nothing, however it went.
#[test]
fn pitfall_03_a_former_token_is_dead() {
    let site = one();
    let (former, present) = (site.issue("org-a"), site.directory("org-a"));
    let former_directory =
        Directory { token: former.secret.as_str().to_owned(), ..present.clone() };
    assert_eq!(former_directory.get("/Users").status, 200);
    site.revoke("org-a", &former.token.token.id).expect("revoked");
    assert_eq!(former_directory.get("/Users").status, 401);
    assert_eq!(present.get("/Users").status, 200);
    // With the directory the others go, and none comes back with it.
    site.change("org-a", Change::ManageByDirectory(false));
    assert_eq!(present.get("/Users").status, 401);
    site.change("org-a", Change::ManageByDirectory(true));
    assert_eq!(present.get("/Users").status, 401);
    let late = site.directory("org-a");
    assert_eq!(late.get("/Users").status, 200);
    site.wait(TimeDelta::days(90));
    assert_eq!(late.get("/Users").status, 401);
}

/// 4: a token is of one organization, whatever the path looks like.
#[test]
fn pitfall_04_a_token_of_another_tenant_opens_nothing() {
    let site = two();
    let (acme, bravo) = (site.directory("org-a"), site.directory("org-b"));
    bravo.create("bea");
    for organization in ["org-b", "ORG-A", "org%2Da/../org-b", "org-b%00", "", "."] {
        let elsewhere = Directory { organization: organization.into(), ..acme.clone() };
        let got = elsewhere.get("/Users");
        assert!([401, 404].contains(&got.status), "{organization} {}", got.status);
    }
    // The same organization, spelled otherwise, is the same.
    let spelled = Directory { organization: "org%2Da".into(), ..acme.clone() };
    assert_eq!(spelled.get("//Users/").status, 200);
}

/// 5, 6: what is shown elsewhere than in the header, or is something else, is no token; and no
/// token is told to anybody.
#[test]
fn pitfall_05_06_only_a_token_in_the_header_counts_and_none_is_repeated() {
    let site = one();
    let directory = site.directory("org-a");
    let token = directory.token.clone();
    let path = "/scim/org-a/v2/Users";
    let in_query = format!("access_token={token}&token={token}");
    let request = ScimRequest::new("GET", path).with_query(in_query.as_str());
    assert_eq!(site.send(&request).status, 401);
    for header in [
        "Basic YTpi",
        "Bearer",
        "Bearer eyJhbGciOiJub25lIn0.e30.",
        "scim_0000000000000000000000000000000000000000000",
    ] {
        let got = site.send(&ScimRequest::new("GET", path).with_header("authorization", header));
        assert_eq!(got.status, 401, "{header}");
        assert_eq!(got.header("www-authenticate"), "Bearer realm=\"scim\"");
        assert_eq!(got.text("/status"), "401");
    }
    let wrong = format!("Bearer {}x", token);
    let got = site.send(&ScimRequest::new("GET", path).with_header("authorization", &wrong));
    assert_eq!(got.status, 401);
    // A pasted blank and another letter case of the scheme do not matter.
    let pasted = format!(" bEARER  {token} \n");
    let request = ScimRequest::new("GET", path).with_header("authorization", &pasted);
    assert_eq!(site.send(&request).status, 200);
    let told = format!(
        "{:?} {:?} {:?} {request:?}",
        site.logged("org-a"),
        block_on(site.store.audit(&"org-a".into(), None, 99)).expect("the store"),
        got.body,
    );
    assert!(!told.contains(&token[5..]), "{told}");
}

/// 7: what the server can do tells nobody whether there is such a tenant.
#[test]
fn pitfall_07_discovery_needs_a_token() {
    let site = one();
    for organization in ["org-a", "org-x"] {
        for path in ["ServiceProviderConfig", "Schemas", "ResourceTypes"] {
            let path = format!("/scim/{organization}/v2/{path}");
            let got = site.send(&ScimRequest::new("GET", &path));
            assert_eq!(got.status, 401, "{path}");
        }
    }
    let directory = site.directory("org-a");
    let config = directory.get("/ServiceProviderConfig");
    assert_eq!(config.text("/authenticationSchemes/0/type"), "oauthbearertoken");
    let schemas = directory.get("/Schemas");
    assert_eq!(schemas.text("/Resources/0/id"), "urn:ietf:params:scim:schemas:core:2.0:User");
}

/// 9: whoever tries tokens out waits.
#[test]
fn pitfall_09_tokens_are_not_tried_out() {
    let store = MemoryStore::default();
    found(&store, &managed("org-a", "acme"), None);
    let site = Site::limited(DynStore::new(store), MemoryRateLimits::default());
    let client: IpAddr = [192, 0, 2, 1].into();
    let attempt = |number: u32, client: IpAddr| {
        let header = format!("Bearer scim_{number}");
        let request = ScimRequest::new("GET", "/scim/org-a/v2/Users");
        site.send(&request.with_header("authorization", &header).with_client(client))
    };
    for number in 0..30 {
        assert_eq!(attempt(number, client).status, 401);
    }
    let later = attempt(30, client);
    assert_eq!((later.status, later.header("retry-after")), (429, "61"));
    assert_eq!(attempt(31, [192, 0, 2, 2].into()).status, 401, "others do not wait");
    // Nor does whoever has a token that is good.
    let directory = site.directory("org-a");
    let bearer = format!("Bearer {}", directory.token);
    let request = ScimRequest::new("GET", "/scim/org-a/v2/Users").with_client(client);
    assert_eq!(site.send(&request.with_header("authorization", &bearer)).status, 200);
    // A flood leaves one row a minute, which counts the others.
    site.wait(TimeDelta::minutes(1));
    assert_eq!(attempt(32, client).status, 401);
    let logged = site.logged("org-a");
    let refused: Vec<_> = logged.iter().filter(|one| one.action == "authenticate").collect();
    assert_eq!(refused.len(), 2);
    assert_eq!((refused[0].unlisted, refused[1].unlisted), (31, 0));
    assert_eq!(refused[0].reason.as_deref(), Some("scim_token_unknown"));
}

/// 10, 11, 12: whatever is another tenant's is as unknown as what is nobody's: the same answer, by
/// the same calls to the store.
#[test]
fn pitfall_10_11_12_another_tenants_people_are_unknown() {
    let store = MemoryStore::default();
    for organization in [managed("org-a", "acme"), managed("org-b", "bravo")] {
        found(&store, &organization, None);
    }
    let counted = Failing::over(store);
    let site = Site::over(DynStore::new(counted.clone()));
    let (acme, bravo) = (site.directory("org-a"), site.directory("org-b"));
    let theirs = bravo.create("bea").id();
    acme.create("ada");
    let asked = |send: &dyn Fn() -> (u16, String)| {
        let before = counted.steps();
        let got = send();
        (got, counted.steps() - before)
    };
    let nobody = "00000000-0000-7000-8000-000000000000";
    let body = |got: &crate::site::Got, id: &str| got.body.to_string().replace(id, "…");
    for method in ["GET", "DELETE", "PUT", "PATCH"] {
        let send = |id: &str| {
            let value = match method {
                "PATCH" => {
                    json!({ "Operations": [{ "op": "add", "path": "displayName", "value": "x" }] })
                }
                _ => user("cy"),
            };
            let got = acme.send(method, &format!("/Users/{id}"), &value);
            (got.status, body(&got, id))
        };
        let theirs = asked(&|| send(&theirs));
        assert_eq!(theirs, asked(&|| send(nobody)), "{method}");
        assert_eq!(theirs.0.0, 404, "{method}");
    }
    for value in ["bea", "nobody"] {
        assert_eq!(acme.finds(&format!("userName eq \"{value}\"")), 0);
        assert_eq!(acme.finds(&format!("emails.value eq \"{value}@example.test\"")), 0);
    }
    let find = |name: &str| {
        let got = acme.get(&format!("/Users?filter=userName%20eq%20%22{name}%22"));
        (got.status, got.body["totalResults"].to_string())
    };
    assert_eq!(asked(&|| find("bea")), asked(&|| find("zed")));
    // Names are free in each organization for itself: no answer tells of another one's.
    let same = acme.create("bea");
    assert_eq!(same.status, 201);
    assert_ne!(same.id(), theirs);
    // An unknown tenant is a wrong token.
    let nowhere = Directory { organization: "org-x".into(), ..acme.clone() };
    let wrong = Directory { token: "scim_wrong".into(), ..acme.clone() };
    site.wait(TimeDelta::minutes(5));
    let of = |directory: &Directory<'_>| {
        asked(&|| {
            let got = directory.get("/Users");
            (got.status, got.body.to_string())
        })
    };
    assert_eq!(of(&nowhere), of(&wrong));
}

/// 13: where somebody is, the base URL says and no header.
#[test]
fn pitfall_13_the_host_header_decides_nothing() {
    let site = one();
    let directory = site.directory("org-a");
    let headers =
        [("host", "evil.test"), ("x-forwarded-host", "evil.test"), ("forwarded", "host=evil.test")];
    let body = user("ada").to_string();
    let made = directory.raw("POST", "/Users", &headers, body.as_bytes());
    let location = format!("https://app.example.test/scim/org-a/v2/Users/{}", made.id());
    assert_eq!(made.header("location"), location);
    assert_eq!(made.text("/meta/location"), location);
}

/// 14: nobody counts ids.
#[test]
fn pitfall_14_ids_are_not_counted() {
    let site = one();
    let directory = site.directory("org-a");
    let ids = [directory.create("ada").id(), directory.create("bea").id()];
    for id in &ids {
        let parts: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12], "{id}");
    }
    assert_ne!(ids[0][19..], ids[1][19..]);
}

/// 15: CVE-2025-41115: the directory's own id of somebody is never taken for an id of ours.
#[test]
fn pitfall_15_an_external_id_is_no_id() {
    let site = one();
    let boss = administrator_of("org-a", "1", "boss@example.test");
    site.put(&boss);
    let directory = site.directory("org-a");
    let mut body = user("mallory");
    body["externalId"] = json!("1");
    let made = directory.send("POST", "/Users", &body);
    assert_eq!(made.status, 201);
    assert_ne!(made.id(), "1");
    assert_eq!(site.account("org-a", "1"), Some(boss));
    let names = user("1");
    assert_eq!(directory.send("POST", "/Users", &names).status, 201);
    assert_eq!(directory.get("/Users/1").text("/emails/0/value"), "boss@example.test");
}

/// 16, 17, 20: a directory moves nobody into somebody else's account: an administrator is reached
/// where they were, and a pushed address is as good as the organization's word.
#[test]
fn pitfall_16_17_20_a_pushed_address_takes_nobody_over() {
    let mut acme = managed("org-a", "acme");
    verify_domain(&mut acme, "example.test");
    let site = Site::of(&[(&acme, None)]);
    site.put(&administrator_of("org-a", "boss", "boss@example.test"));
    let mut mia = member("org-a", "mia", "mia@example.test", EmailProof::Proven);
    mia.user_name = Some("mia".into());
    site.put(&mia);
    let directory = site.directory("org-a");
    let moved = |id: &str, address: &str| {
        let path = "emails[type eq \"work\"].value";
        directory.patch(id, json!([{ "op": "replace", "path": path, "value": address }]))
    };
    let boss = site.account("org-a", "boss").expect("the boss");
    assert_eq!(moved("boss", "mallory@evil.test").status, 200);
    let after = site.account("org-a", "boss").expect("the boss");
    assert_eq!(after.address, boss.address, "where an administrator is reached stays");
    assert_eq!(moved("mia", "mallory@evil.test").status, 200);
    let mia = site.account("org-a", "mia").expect("mia");
    assert_eq!(mia.proof(), EmailProof::Organization, "nobody has proven it");
    assert_eq!(mia.managed_by, Source::Directory);
    assert_eq!(moved("mia", "mia@example.test").status, 200);
    assert_eq!(site.account("org-a", "mia").map(|mia| mia.proof()), Some(EmailProof::Domain));
    // The log says what is outside.
    let notes: Vec<String> =
        site.logged("org-a").into_iter().flat_map(|entry| entry.notes).collect();
    assert!(notes.iter().any(|note| note.contains("outside")), "{notes:?}");
    // An account that is there is not taken by its address.
    let mut other = user("mallory");
    other["emails"][0]["value"] = json!("boss@example.test");
    assert_eq!(directory.send("POST", "/Users", &other).error(), (409, "uniqueness"));
}

/// 18: whom the directory has ended is not brought back by a login, nor whom the application has
/// ended by the directory.
#[test]
fn pitfall_18_nobody_is_brought_back_by_the_other() {
    let site = one();
    let mut former = member("org-a", "former", "former@example.test", EmailProof::Proven);
    former.user_name = Some("former".into());
    former.status = Status::Deactivated;
    former.ended_by = Some(Source::Application);
    site.put(&former);
    let directory = site.directory("org-a");
    let got = directory.set_active("former", true);
    assert_eq!((got.status, &got.body["active"]), (200, &json!(false)));
    let logged = site.logged("org-a").remove(0);
    assert_eq!(
        logged.notes,
        ["active stays false: the account was deactivated in the application"]
    );
    assert_eq!(directory.create("former").status, 409);
    assert_eq!(site.account("org-a", "former").map(|it| it.status), Some(Status::Deactivated));
}

/// 19: break-glass accounts are not the directory's; the last administrator is dismissed, with a
/// notice.
#[test]
fn pitfall_19_who_is_named_for_emergencies_stays() {
    let mut acme = managed("org-a", "acme");
    name_keeper(&mut acme);
    let site = Site::of(&[(&acme, None)]);
    for name in ["keeper", "boss"] {
        let mut account = administrator_of("org-a", name, &format!("{name}@example.test"));
        account.user_name = Some(name.to_owned());
        site.put(&account);
    }
    let directory = site.directory("org-a");
    for got in [directory.set_active("keeper", false), directory.delete("/Users/keeper")] {
        assert_eq!(got.status, 403);
        assert!(got.text("/detail").contains("emergencies"), "{}", got.body);
    }
    assert_eq!(directory.set_active("boss", false).status, 200);
    let boss = site.account("org-a", "boss").expect("the boss");
    assert_eq!((boss.status, boss.role), (Status::Deactivated, Role::Administrator));
}

/// 38, 41: whoever is switched off is out with the next request: sessions, codes, invitations.
#[test]
fn pitfall_38_41_whoever_is_switched_off_is_out() {
    let site = one();
    let mut mia = member("org-a", "mia", "mia@example.test", EmailProof::Proven);
    mia.user_name = Some("mia".into());
    site.put(&mia);
    let dana = invited("org-a", "dana", "dana@example.test", Role::Member);
    site.put(&dana);
    let directory = site.directory("org-a");
    let browser = Browser::new("", now());
    let account = |id: &str| site.account("org-a", id).expect("an account");
    let credential = saml_login::session::SessionStart::new(
        &account("mia"),
        saml_login::session::LoginMethod::Password,
    )
    .credential();
    let (organization, id) = ("org-a".into(), AccountId::new("mia"));
    let log_in = || {
        let random = saml_login::Random::generate().expect("randomness");
        let method = saml_login::session::LoginMethod::Password;
        block_on(site.sso.log_in_with_credential(
            (&organization, &id),
            method,
            &credential,
            &browser,
            random,
        ))
    };
    let entered = log_in().expect("a session");
    let pair = |cookie: &saml_login::request::SetCookie| {
        cookie.as_str().split(';').next().unwrap_or_default().to_owned()
    };
    let cookies: Vec<String> = entered.cookies.iter().map(pair).collect();
    let cookies = cookies.join("; ");
    let resume = || block_on(site.sso.resume(&Browser::new(&cookies, now()))).expect("the store");
    assert!(matches!(resume(), Resumed::SignedIn(_)));
    let before = account("mia").generation;
    assert_eq!(directory.set_active("mia", false).status, 200);
    assert_eq!(account("mia").generation, before + 1);
    let Resumed::Nobody { reason, .. } = resume() else { panic!("somebody is signed in") };
    assert_eq!(reason, Some(Reason::AccountDeactivated));
    assert_eq!(log_in().expect_err("refused").code(), "account_deactivated");
    // Reactivated, the person comes in anew; nothing from before does.
    assert_eq!(directory.set_active("mia", true).status, 200);
    assert!(matches!(resume(), Resumed::Nobody { reason: Some(Reason::SessionEnded), .. }));
    assert_eq!(log_in().expect_err("refused").code(), "session_ended");
    // An invitation ends as well, and its seat is free.
    let taken = site.taken("org-a");
    assert_eq!(directory.set_active("dana", false).status, 200);
    let dana: Account = account("dana");
    assert_eq!((dana.status, site.taken("org-a")), (Status::Deactivated, taken - 1));
}

/// A Bulk is as many requests as it has operations, and ids that somebody makes up are not kept.
#[test]
fn a_bulk_is_as_many_requests_as_it_has() {
    let store = MemoryStore::default();
    found(&store, &managed("org-a", "acme"), None);
    let site = Site::limited(DynStore::new(store), MemoryRateLimits::default());
    let directory = site.directory("org-a");
    let nobody = json!({ "method": "DELETE", "path": "/Users/nobody" });
    let bulk = |count: usize| {
        let body = json!({ "Operations": vec![nobody.clone(); count] });
        let got = directory.send("POST", "/Bulk", &body);
        let statuses = got.body["Operations"].as_array().expect("answers").iter();
        let statuses: Vec<String> =
            statuses.map(|one| one["status"].as_str().expect("a status").to_owned()).collect();
        statuses.iter().filter(|status| *status == "404").count()
    };
    assert_eq!(bulk(998), 998);
    // One more request is the thousandth, and what is in it waits.
    assert_eq!(bulk(3), 0);
    assert_eq!(directory.get("/Users").status, 429);
    site.wait(TimeDelta::seconds(10));
    assert_eq!(bulk(3), 3);
}
