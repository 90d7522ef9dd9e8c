//! What happens at the same time, in between, and afterwards.

use chrono::TimeDelta;
use saml_login::account::{EmailProof, Status};
use saml_login::audit::{Actor, Outcome};
use saml_login::organization::Change;
use saml_login::provision::Intent;
use saml_login::store::{DynStore, MemoryStore, Store as _};
use serde_json::json;

use crate::common::block_on;
use crate::common::people::{carry, email, found, invitation, member};
use crate::common::tenants::OPERATOR;
use crate::failing::Failing;
use crate::site::{Directory, Site, managed, user};

fn with_seats(seats: u32) -> Site {
    Site::of(&[(&managed("org-a", "acme"), Some(seats))])
}

/// What so many do at the same time: their statuses, in order.
fn race(count: usize, run: impl Fn(usize) -> u16 + Sync) -> Vec<u16> {
    let mut statuses: Vec<u16> = std::thread::scope(|scope| {
        let racers: Vec<_> = (0..count)
            .map(|n| {
                scope.spawn({
                    let run = &run;
                    move || run(n)
                })
            })
            .collect();
        racers.into_iter().map(|racer| racer.join().expect("a racer")).collect()
    });
    statuses.sort_unstable();
    statuses
}

/// 32: of 64 who want the last three seats three get one, and nothing is left of the others.
#[test]
fn pitfall_32_seats_are_given_once() {
    let site = with_seats(3);
    let directory = site.directory("org-a");
    let (store, token) = (site.store.clone(), directory.token.clone());
    let made = race(64, |n| {
        let site = Site::over(store.clone());
        let directory =
            Directory { site: &site, organization: "org-a".into(), token: token.clone() };
        directory.create(&format!("racer{n}")).status
    });
    assert_eq!(made.iter().filter(|status| **status == 201).count(), 3);
    assert_eq!(made.iter().filter(|status| **status == 403).count(), 61);
    assert_eq!(site.taken("org-a"), 3);
    let all = directory.get("/Users");
    assert_eq!(all.body["totalResults"], 3);
    // Nobody who has a seat needs another one.
    let id = all.text("/Resources/0/id").to_owned();
    assert_eq!(
        directory.patch(&id, json!([{ "op": "add", "path": "displayName", "value": "x" }])).status,
        200
    );
    // One is given back, and one of many who come back gets it.
    let off: Vec<String> =
        (0..3).map(|n| all.text(&format!("/Resources/{n}/id")).to_owned()).collect();
    off.iter().for_each(|id| assert_eq!(directory.set_active(id, false).status, 200));
    assert_eq!(site.taken("org-a"), 0);
    assert_eq!(directory.create("fresh").status, 201);
    assert_eq!(directory.create("other").status, 201);
    let back = race(3, |n| {
        let site = Site::over(store.clone());
        let directory =
            Directory { site: &site, organization: "org-a".into(), token: token.clone() };
        directory.set_active(&off[n], true).status
    });
    assert_eq!(back, [200, 403, 403]);
    assert_eq!(site.taken("org-a"), 3);
}

/// 33: one name, however it is spelled, is made once.
#[test]
fn pitfall_33_a_name_is_given_once() {
    let site = with_seats(99);
    let directory = site.directory("org-a");
    let (store, token) = (site.store.clone(), directory.token.clone());
    let made = race(32, |n| {
        let site = Site::over(store.clone());
        let directory =
            Directory { site: &site, organization: "org-a".into(), token: token.clone() };
        let name = if n % 2 == 0 { "ada.lovelace" } else { "ADA.Lovelace" };
        let got = directory.create(name);
        assert!(got.status == 201 || got.error() == (409, "uniqueness"), "{}", got.body);
        got.status
    });
    assert_eq!(made[0], 201);
    assert!(made[1..].iter().all(|status| *status == 409), "{made:?}");
    assert_eq!(site.taken("org-a"), 1);
}

/// 34, 62: who is deleted is gone, the name is free, and the next one is somebody else.
#[test]
fn pitfall_34_who_is_deleted_is_gone() {
    let site = with_seats(1);
    let directory = site.directory("org-a");
    let first = directory.create("ada").id();
    let path = format!("/Users/{first}");
    assert_eq!(directory.delete(&path).status, 204);
    assert_eq!(directory.get(&path).status, 404);
    assert_eq!(directory.delete(&path).status, 404);
    assert_eq!(directory.send("PUT", &path, &user("ada")).status, 404);
    assert_eq!(directory.set_active(&first, true).status, 404);
    assert_eq!(directory.get("/Users").body["totalResults"], 0);
    let second = directory.create("ada");
    assert_eq!(second.status, 201);
    assert_ne!(second.id(), first);
    assert_eq!(site.account("org-a", &first).map(|it| it.status), Some(Status::Deleted));
}

/// 35: nobody writes over what somebody else has written in between.
#[test]
fn pitfall_35_no_change_is_lost() {
    let site = with_seats(9);
    let directory = site.directory("org-a");
    let made = directory.create("ada");
    let path = format!("/Users/{}", made.id());
    let tag = made.header("etag").to_owned();
    assert_eq!(tag, "W/\"0\"");
    let named = |tag: &str, name: &str| {
        let body = json!({ "Operations": [{ "op": "add", "path": "displayName", "value": name }] });
        directory.raw("PATCH", &path, &[("if-match", tag)], body.to_string().as_bytes())
    };
    assert_eq!(named(&tag, "One").status, 200);
    assert_eq!(named(&tag, "Two").status, 412);
    assert_eq!(named("*", "Three").status, 200);
    let body = user("ada").to_string();
    let put = directory.raw("PUT", &path, &[("if-match", &tag)], body.as_bytes());
    assert_eq!(put.status, 412);
    assert_eq!(directory.raw("DELETE", &path, &[("if-match", &tag)], b"").status, 412);
    let got = directory.get(&path);
    assert_eq!((got.text("/displayName"), got.header("etag")), ("Three", "W/\"2\""));
    let known = directory.raw("GET", &path, &[("if-none-match", got.header("etag"))], b"");
    assert_eq!((known.status, known.headers.body.len()), (304, 0));
    // Without a tag each of many adds its own, and none takes another's away.
    let (store, token, id) = (site.store.clone(), directory.token.clone(), made.id());
    let done = race(8, |n| {
        let site = Site::over(store.clone());
        let directory =
            Directory { site: &site, organization: "org-a".into(), token: token.clone() };
        let value = json!([{ "value": format!("{n}@x.test"), "type": format!("t{n}") }]);
        directory.patch(&id, json!([{ "op": "add", "path": "emails", "value": value }])).status
    });
    assert_eq!(done, [200; 8]);
    let emails = directory.get(&path).body["emails"].as_array().map(Vec::len);
    assert_eq!(emails, Some(9));
}

/// 36: pages are stable, numbered ones go on behind the last one of the page before, and odd
/// numbers are read as RFC 7644 has them.
#[test]
fn pitfall_36_no_page_loses_anybody() {
    let site = with_seats(99);
    let directory = site.directory("org-a");
    let ids: Vec<String> = (0..7)
        .map(|n| {
            site.wait(TimeDelta::seconds(1));
            directory.create(&format!("page{n}")).id()
        })
        .collect();
    let page = |query: &str| {
        let got = directory.get(&format!("/Users?{query}"));
        assert_eq!(got.status, 200, "{query} {}", got.body);
        let all = got.body["Resources"].as_array().expect("a list").iter();
        let all: Vec<String> =
            all.map(|user| user["id"].as_str().expect("an id").to_owned()).collect();
        assert_eq!(got.body["itemsPerPage"], all.len());
        all
    };
    assert_eq!(page("startIndex=1&count=3"), ids[..3]);
    // One who was on that page goes: nobody on the next one is left out.
    assert_eq!(directory.delete(&format!("/Users/{}", ids[0])).status, 204);
    let second = directory.get("/Users?startIndex=4&count=3");
    assert_eq!(second.text("/Resources/0/id"), ids[3]);
    assert_eq!(second.text("/Resources/2/id"), ids[5]);
    assert_eq!(second.body["totalResults"], 7, "there is somebody on the next page");
    assert_eq!(page("startIndex=7&count=3"), ids[6..]);
    for (query, expected) in [
        ("startIndex=0&count=2", &ids[1..3]),
        ("startIndex=-5&count=2", &ids[1..3]),
        ("count=-1", &[][..]),
        ("count=0", &[][..]),
        ("startIndex=99999999999999999999", &[][..]),
        ("count=1000000000", &ids[1..]),
    ] {
        assert_eq!(page(query), expected, "{query}");
    }
    assert_eq!(directory.get("/Users?count=abc").error(), (400, "invalidValue"));
    // By cursor, and with people who come and go in between.
    let first = directory.get("/Users?cursor=&count=2");
    let cursor = first.text("/nextCursor").to_owned();
    assert_eq!(directory.delete(&format!("/Users/{}", ids[1])).status, 204);
    site.wait(TimeDelta::seconds(1));
    let last = directory.create("late").id();
    let rest = page(&format!("cursor={cursor}&count=99"));
    assert_eq!(rest, [&ids[3..], &[last]].concat());
    // It is of this list, of this tenant, and for an hour.
    let other = format!("/Users?cursor={cursor}&filter=active%20eq%20true");
    assert_eq!(directory.get(&other).error(), (400, "invalidCursor"));
    assert_eq!(directory.get("/Users?cursor=x").error(), (400, "invalidCursor"));
    site.wait(TimeDelta::hours(1));
    let late = directory.get(&format!("/Users?cursor={cursor}"));
    assert_eq!(late.error(), (400, "expiredCursor"));
}

/// 37: to switch somebody off, or on, twice is to do it once.
#[test]
fn pitfall_37_twice_is_once() {
    let site = with_seats(1);
    let directory = site.directory("org-a");
    let id = directory.create("ada").id();
    for (active, taken) in [(false, 0), (false, 0), (true, 1), (true, 1)] {
        let got = directory.set_active(&id, active);
        assert_eq!((got.status, &got.body["active"]), (200, &json!(active)));
        assert_eq!(site.taken("org-a"), taken);
    }
}

/// 39: what was done, and what was refused, stands in the trail, with the token as who did it.
#[test]
fn pitfall_39_every_step_is_told() {
    let site = with_seats(1);
    let directory = site.directory("org-a");
    let id = directory.create("ada").id();
    directory.create("bea");
    directory.set_active(&id, false);
    directory.delete(&format!("/Users/{id}"));
    let told = block_on(site.store.audit(&"org-a".into(), None, 9)).expect("the store");
    let told: Vec<_> = told.into_iter().map(|(_, event)| event).collect();
    let by_token = told.iter().filter(|event| matches!(&event.actor, Actor::Directory(_)));
    let by_token: Vec<(&str, String, bool)> = by_token
        .map(|event| {
            let end = match &event.outcome {
                Outcome::Done => "done".to_owned(),
                Outcome::Refused(code) | Outcome::Failed(code) => code.to_string(),
                other => format!("{other:?}"),
            };
            (event.action.code(), end, event.target.is_some())
        })
        .collect();
    let expected = [
        ("delete", "done", true),
        ("push", "done", true),
        ("push", "no_seat", false),
        ("directory_token_first_used", "done", false),
        ("push", "done", true),
    ];
    assert_eq!(by_token, expected.map(|(code, end, whose)| (code, end.to_owned(), whose)));
    let log: Vec<(String, u16, Option<String>)> = site
        .logged("org-a")
        .into_iter()
        .map(|one| (one.action.to_string(), one.status, one.reason.map(|it| it.to_string())))
        .collect();
    let of = |action: &str, status, reason: Option<&str>| {
        (action.to_owned(), status, reason.map(str::to_owned))
    };
    assert_eq!(
        log,
        [
            of("delete", 204, None),
            of("patch", 200, None),
            of("create", 403, Some("no_seat")),
            of("create", 201, None),
        ]
    );
}

/// 40: while the directory manages, nobody assigns or takes away beside it.
#[test]
fn pitfall_40_the_dashboard_is_locked() {
    let site = with_seats(9);
    let directory = site.directory("org-a");
    let id = saml_login::account::AccountId::new(directory.create("ada").id());
    let address = email("new@example.test");
    let invite = Intent::Invite {
        email: &address,
        role: saml_login::account::Role::Member,
        invitation: invitation("token"),
    };
    let off = Intent::SetStatus { account: &id, status: Status::Deactivated };
    let by = saml_login::organization::By::Application;
    for intent in [&invite, &off] {
        let refused = carry(&site.store, "org-a", &by, intent).expect_err("refused");
        assert_eq!(refused.code(), "directory_managed");
    }
    site.change("org-a", Change::ManageByDirectory(false));
    carry(&site.store, "org-a", &by, &off).expect("a change");
    carry(&site.store, "org-a", &OPERATOR, &invite).expect("an invitation");
}

/// 42: single sign-on is not switched off under the directory, and what comes in between counts.
#[test]
fn pitfall_42_single_sign_on_stays_while_the_directory_manages() {
    let site = with_seats(9);
    let asked = saml_login::provision::Asked::by(OPERATOR, site.now());
    for change in [Change::Disable, Change::RemoveConnection] {
        let plan = saml_login::organization::Plan::ALL;
        let id = "org-a".into();
        let applied =
            saml_login::administration::administer(&site.store, &plan, &id, &change, &asked);
        let refusal = block_on(applied).expect("the store").result.expect_err("refused");
        assert_eq!(refusal.code(), "sso_needed_by_directory", "{change:?}");
    }
    let directory = site.directory("org-a");
    let id = directory.create("ada").id();
    site.change("org-a", Change::ManageByDirectory(false));
    site.change("org-a", Change::Disable);
    assert_eq!(directory.set_active(&id, false).status, 401);
    // Behaviour 94: who was there stays, with ids and seats.
    let ada = site.account("org-a", &id).expect("ada");
    assert_eq!((ada.status, site.taken("org-a")), (Status::Active, 1));
}

/// 43: a store that fails at any step is a 503 that the directory tries again, and leaves nothing
/// half done.
#[test]
fn pitfall_43_a_store_that_fails_leaves_nothing_behind() {
    let store = MemoryStore::default();
    found(&store, &managed("org-a", "acme"), Some(9));
    let failing = Failing::over(store);
    let site = Site::over(DynStore::new(failing.clone()));
    site.put(&member("org-a", "mia", "mia@example.test", EmailProof::Proven));
    let directory = site.directory("org-a");
    assert_eq!(directory.get("/Users").status, 200);
    let requests: [&dyn Fn() -> u16; 5] = [
        &|| directory.create("ada").status,
        &|| {
            directory
                .patch("mia", json!([{ "op": "add", "path": "displayName", "value": "M" }]))
                .status
        },
        &|| directory.send("PUT", "/Users/mia", &user("mia")).status,
        &|| directory.get("/Users?startIndex=2&count=1").status,
        &|| directory.delete("/Users/mia").status,
    ];
    for (number, request) in requests.iter().enumerate() {
        let mut failed = 0;
        loop {
            let before = failing.left("org-a");
            failing.fail_at(failed);
            let status = request();
            if !failing.mend() {
                assert!((200..300).contains(&status), "{number} {failed} {status}");
                break;
            }
            // The log and the note that a token was used may fail: nobody is kept out by that.
            if (200..300).contains(&status) {
                break;
            }
            assert_eq!(status, 503, "{number} {failed}");
            assert!(failing.left("org-a") == before, "{number} {failed}");
            failed += 1;
        }
        assert!(failed >= 3, "{number} {failed}");
    }
}

/// A lookup that is refused could be taken for nobody: it stands in the trail.
#[test]
fn a_lookup_that_is_refused_is_told() {
    let site = with_seats(1);
    let directory = site.directory("org-a");
    assert_eq!(directory.finds("userName eq \"nobody\""), 0);
    let told = |count| {
        let told = block_on(site.store.audit(&"org-a".into(), None, count)).expect("the store");
        told.into_iter().map(|(_, event)| event).collect::<Vec<_>>()
    };
    assert_ne!(told(1)[0].action.code(), "directory_lookup", "to find nobody is no failure");
    assert_eq!(directory.get("/Users?filter=sail%20eq%201").status, 400);
    let event = told(1).remove(0);
    assert_eq!(event.action.code(), "directory_lookup");
    assert_eq!(event.outcome, Outcome::Refused("scim_filter_attribute_unknown".into()));
    assert!(matches!(event.actor, Actor::Directory(_)));
}

/// Every pitfall of the chapter has a row, and each its test.
#[test]
fn every_pitfall_has_a_row() {
    let chapter = include_str!("../../DIRECTORY.md");
    let numbers_of = |heading: &str| {
        let (_, rest) = chapter.split_once(heading).expect("a table");
        let rows = rest.lines().skip(2).skip_while(|line| !line.starts_with("| "));
        let mut numbers = std::collections::BTreeSet::new();
        for row in rows.take_while(|line| line.starts_with('|')) {
            let first = row.trim_matches('|').split('|').next().expect("a column").trim();
            for part in first.split(',').map(str::trim) {
                let (from, to) = part.split_once(" to ").unwrap_or((part, part));
                let ends = (from.parse::<u32>(), to.parse::<u32>());
                if let (Ok(from), Ok(to)) = ends {
                    numbers.extend(from..=to);
                }
            }
        }
        numbers
    };
    assert!(numbers_of("## Pitfalls and their tests").into_iter().eq(1..=43));
    assert!(numbers_of("## Behaviours and their tests").into_iter().eq(40..=96));
}

/// Every reason of the log has a row in ERRORS.md, and each row is one.
#[test]
fn every_reason_has_a_row() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/directory");
    let files = std::fs::read_dir(folder).expect("the folder").map(|file| file.expect("a file"));
    let mut reasons = std::collections::BTreeSet::new();
    for file in files {
        let source = std::fs::read_to_string(file.path()).expect("a source file");
        let quoted = source.split('"').filter(|text| text.starts_with("scim_"));
        let is_code =
            |text: &&str| text.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase());
        reasons.extend(quoted.filter(is_code).map(str::to_owned));
    }
    // Beginnings, for the words of many.
    reasons.retain(|reason| !["scim_", "scim_filter"].contains(&reason.as_str()));
    let (_, rest) =
        include_str!("../../ERRORS.md").split_once("## The directory's requests").expect("one");
    let (table, _) = rest.split_once("## SCIM").expect("the next");
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    assert_eq!(rows.map(str::to_owned).collect::<std::collections::BTreeSet<_>>(), reasons);
}
