//! Pages of people: by number, by cursor, sorted, chosen and searched.

use chrono::TimeDelta;
use saml_login::account::{Account, AccountId, EmailProof};
use saml_login::organization::{Change, DirectoryRules, ScimMode};
use saml_login::store::{KeptKind, Listing, Position, SortBy, Store};
use serde_json::{Value, json};

use crate::asked::{ACME, Site, With, issued, json_of, managed, refusal};
use crate::common::block_on;
use crate::common::people::{found, member};

/// Five people, each made a second after the one before, and not in the order of their names.
fn five() -> Site {
    let site = Site::new();
    for name in ["echo", "alpha", "delta", "bravo", "charlie"] {
        site.push(name);
        site.wait(TimeDelta::seconds(1));
    }
    site
}

fn names(list: &Value) -> Vec<&str> {
    let resources = list["Resources"].as_array().expect("people");
    resources.iter().map(|user| user["userName"].as_str().unwrap_or("?")).collect()
}

/// `totalResults`, `startIndex` and `itemsPerPage`, and who is on the page.
fn page(site: &Site, query: &str) -> (u64, Option<u64>, u64, Vec<String>) {
    let (status, list) = site.read("/Users", query);
    assert_eq!(status, 200, "{list}");
    let number = |name: &str| list[name].as_u64();
    let names = names(&list).into_iter().map(str::to_owned).collect();
    (
        number("totalResults").expect("total"),
        number("startIndex"),
        number("itemsPerPage").expect("count"),
        names,
    )
}

#[test]
fn pages_are_numbered_from_one_and_say_how_many_there_are() {
    let site = five();
    let all = ["echo", "alpha", "delta", "bravo", "charlie"].map(str::to_owned);
    assert_eq!(page(&site, ""), (5, Some(1), 5, all.to_vec()));
    assert_eq!(site.noted(), ("list".into(), 200, None));
    assert_eq!(page(&site, "count=2"), (5, Some(1), 2, all[..2].to_vec()));
    assert_eq!(page(&site, "startIndex=3&count=2"), (5, Some(3), 2, all[2..4].to_vec()));
    assert_eq!(page(&site, "startIndex=5&count=2"), (5, Some(5), 1, all[4..].to_vec()));
    assert_eq!(page(&site, "startIndex=6&count=2"), (5, Some(6), 0, vec![]));
    assert_eq!(page(&site, "startIndex=-3&count=0"), (5, Some(1), 0, vec![]));
    assert_eq!(page(&site, "startIndex=0&count=%2B1"), (5, Some(1), 1, all[..1].to_vec()));
    for query in ["startIndex=-", "count=", "startIndex=1.5", "count=x", "count=-1-"] {
        let expected = if query == "count=" { 200 } else { 400 };
        assert_eq!(site.read("/Users", query).0, expected, "{query}");
    }
    let answer = site.read("/Users", "startIndex=x");
    let words = "startIndex has to be a whole number.";
    assert_eq!(refusal(&answer), (400, Some("invalidValue"), words));
    assert_eq!(site.noted(), ("list".into(), 400, Some("scim_number_unfit".into())));
}

#[test]
fn a_page_is_two_hundred_long_at_most() {
    let site = Site::new();
    for number in 0..201 {
        site.put(&member(
            ACME,
            &format!("id-{number:03}"),
            &format!("p{number}@example.test"),
            EmailProof::Organization,
        ));
    }
    for query in ["", "count=201", "count=99999999999999999999999"] {
        let (status, list) = site.read("/Users", query);
        assert_eq!(
            (status, &list["itemsPerPage"], &list["totalResults"]),
            (200, &json!(200), &json!(201))
        );
    }
    assert_eq!(page(&site, "startIndex=201").3.len(), 1);
}

/// The key of where the next page begins, as it is kept.
fn paging_keys(site: &Site) -> Vec<saml_login::store::Kept> {
    block_on(site.store.all_kept(&ACME.into(), KeptKind::PagingKey)).expect("the store")
}

#[test]
fn whoever_is_removed_between_two_pages_makes_nobody_be_left_out() {
    let site = five();
    assert_eq!(page(&site, "count=2").3, ["echo", "alpha"]);
    let [kept] = &*paging_keys(&site) else { panic!("one key") };
    assert_eq!((kept.version, kept.expires_at), (0, Some(site.now() + TimeDelta::minutes(10))));
    let (_, list) = site.read("/Users", "count=1");
    let first = list["Resources"][0]["id"].as_str().expect("an id").to_owned();
    assert_eq!(page(&site, "count=2").3, ["echo", "alpha"]);
    assert_eq!(paging_keys(&site)[0].version, 2);
    assert_eq!(site.ask("DELETE", &format!("/Users/{first}"), &Value::Null).0, 204);
    assert_eq!(
        page(&site, "startIndex=3&count=2"),
        // One is counted no more, and one has not been seen.
        (5, Some(3), 2, vec!["delta".into(), "bravo".into()])
    );
    // Elsewhere than where the page before ended, people are counted.
    assert_eq!(page(&site, "startIndex=2&count=2").3, ["delta", "bravo"]);
    // A last page leads on to none, and is not noted.
    let version = paging_keys(&site)[0].version;
    assert_eq!(page(&site, "startIndex=4&count=2").3, ["charlie"]);
    assert_eq!(paging_keys(&site)[0].version, version);
}

#[test]
fn nobody_more_is_promised_behind_a_last_page_that_is_full() {
    for (people, total) in [(4, 3), (5, 5)] {
        let site = Site::new();
        let ids: Vec<String> = (0..people)
            .map(|number| {
                site.wait(TimeDelta::seconds(1));
                site.push(&format!("p{number}"))
            })
            .collect();
        assert_eq!(page(&site, "count=2").3, ["p0", "p1"]);
        assert_eq!(site.ask("DELETE", &format!("/Users/{}", ids[0]), &Value::Null).0, 204);
        let next = page(&site, "startIndex=3&count=2");
        assert_eq!(next, (total, Some(3), 2, vec!["p2".into(), "p3".into()]), "of {people}");
        let last = page(&site, "startIndex=5&count=2").3;
        assert_eq!(last, if people == 5 { vec!["p4"] } else { vec![] });
    }
}

#[test]
fn where_a_page_ended_is_known_for_ten_minutes_to_the_same_token_and_the_same_list() {
    let removed = |query: &str, token: bool, wait: i64| {
        let mut site = five();
        assert_eq!(page(&site, "count=2&filter=userName%20pr").3, ["echo", "alpha"]);
        let (_, list) = site.read("/Users", "count=1&sortBy=userName&sortOrder=descending");
        let echo = list["Resources"][0]["id"].as_str().expect("an id").to_owned();
        assert_eq!(site.ask("DELETE", &format!("/Users/{echo}"), &Value::Null).0, 204);
        if token {
            site.token = issued(&site.store, ACME);
        }
        site.wait(TimeDelta::milliseconds(wait));
        page(&site, query).3
    };
    let next = "startIndex=3&count=2&filter=userName%20pr";
    let at_once = -5_000;
    assert_eq!(removed(next, false, at_once), ["delta", "bravo"]);
    assert_eq!(removed(next, false, 599_999), ["delta", "bravo"]);
    assert_eq!(removed(next, false, 600_000), ["bravo", "charlie"]);
    assert_eq!(removed(next, true, at_once), ["bravo", "charlie"]);
    assert_eq!(removed("startIndex=3&count=2", false, at_once), ["bravo", "charlie"]);
    let descending =
        "startIndex=3&count=2&filter=userName%20pr&sortBy=meta.created&sortOrder=descending";
    assert_eq!(removed(descending, false, at_once), ["delta", "alpha"]);
}

#[test]
fn only_pages_in_the_order_of_making_are_noted() {
    let site = five();
    for sort in ["userName", "id", "meta.lastModified"] {
        page(&site, &format!("count=2&sortBy={sort}"));
        assert_eq!(paging_keys(&site), [], "{sort}");
    }
    page(&site, "count=5");
    page(&site, "count=6");
    page(&site, "startIndex=9");
    assert_eq!(paging_keys(&site), []);
    page(&site, "count=4&sortBy=meta.created");
    assert_eq!(paging_keys(&site).len(), 1);
    assert_eq!(page(&site, "startIndex=3&count=2&sortBy=userName").3, ["charlie", "delta"]);
}

#[test]
fn people_are_sorted_by_what_is_kept_in_order() {
    let site = five();
    let (_, list) = site.read("/Users", "filter=userName%20eq%20%22bravo%22");
    let bravo = list["Resources"][0]["id"].as_str().expect("an id").to_owned();
    let rename =
        json!({ "Operations": [{ "op": "replace", "path": "displayName", "value": "B" }] });
    assert_eq!(site.ask("PATCH", &format!("/Users/{bravo}"), &rename).0, 200);
    let up = ["alpha", "bravo", "charlie", "delta", "echo"];
    let sorted = |query: &str| page(&site, query).3;
    assert_eq!(sorted("sortBy=userName"), up);
    assert_eq!(sorted("sortBy=USERNAME&sortOrder=ascending"), up);
    let mut down = up;
    down.reverse();
    assert_eq!(sorted("sortBy=userName&sortOrder=%20Descending"), down);
    let urn = "urn:ietf:params:scim:schemas:core:2.0:User";
    assert_eq!(sorted(&format!("sortBy={urn}:userName")), up);
    assert_eq!(sorted(&format!("sortBy={}:userName", urn.to_uppercase())), up);
    let made = ["echo", "alpha", "delta", "bravo", "charlie"];
    assert_eq!(sorted("sortBy=meta.created"), made);
    assert_eq!(site.logged().notes, [""; 0]);
    assert_eq!(sorted("sortBy=&sortOrder=descending"), made);
    assert_eq!(sorted("sortBy=%20"), made);
    assert_eq!(site.logged().notes, [""; 0]);
    let changed = ["echo", "alpha", "delta", "charlie", "bravo"];
    assert_eq!(sorted("sortBy=%20meta.lastModified%20"), changed);
    let (_, list) = site.read("/Users", "sortBy=id&attributes=id");
    let resources = list["Resources"].as_array().expect("people").clone();
    let ids: Vec<&str> = resources.iter().map(|user| user["id"].as_str().expect("an id")).collect();
    assert!(ids.is_sorted(), "{ids:?}");
}

#[test]
fn what_is_not_kept_in_order_sorts_nothing_or_is_refused() {
    let site = five();
    let made = ["echo", "alpha", "delta", "bravo", "charlie"];
    for name in ["title", "urn:ietf:params:scim:schemas:core:2.0:UseruserName", "urn:x:userName"] {
        let query = format!("sortBy={name}&sortOrder=descending");
        let mut down = made;
        down.reverse();
        assert_eq!(page(&site, &query).3, down, "{name}");
        assert_eq!(site.logged().notes, ["the list is not sorted by what was asked for"]);
    }
    site.change(Change::ListenToDirectory(DirectoryRules::new(ScimMode::Interop)));
    let answer = site.read("/Users", "sortBy=title");
    let words = "Lists are sorted by userName, id, meta.created and meta.lastModified.";
    assert_eq!(refusal(&answer), (400, Some("invalidValue"), words));
    assert_eq!(site.noted().2.as_deref(), Some("scim_sort_unknown"));
    assert_eq!(page(&site, "sortBy=userName").3[0], "alpha");
}

#[test]
fn a_filter_finds_people_and_one_that_says_nothing_is_refused() {
    let site = five();
    assert_eq!(
        page(&site, "filter=userName+eq+%22Delta%22"),
        (1, Some(1), 1, vec!["delta".into()])
    );
    let answer = site.read("/Users", "filter=userName");
    assert_eq!((answer.0, &answer.1["scimType"]), (400, &json!("invalidFilter")));
    let reason = site.noted().2.expect("a reason");
    assert!(reason.starts_with("scim_filter_"), "{reason}");
}

#[test]
fn a_search_over_too_many_is_refused() {
    let site = Site::new();
    for number in 0..=Listing::MAX_SCANNED {
        let account = Account::new(AccountId::new(format!("id-{number}")), ACME, site.now());
        site.put(&account);
    }
    // Whom nothing leaves out, nobody has to look at.
    let mut listing = Listing::first(1);
    listing.filter = Some(saml_login::store::Filter::All(vec![]));
    let page = block_on(site.store.list(&ACME.into(), &listing)).expect("the store");
    assert_eq!(page.map(|page| page.total), Ok(Listing::MAX_SCANNED + 1));
    let answer = site.read("/Users", "filter=displayName%20eq%20%22x%22");
    assert_eq!((answer.0, &answer.1["scimType"]), (400, &json!("tooMany")));
    let detail = answer.1["detail"].as_str().expect("words");
    assert!(detail.starts_with("Narrow the search: ") && detail.ends_with('.'), "{detail}");
    assert_eq!(site.noted().2.as_deref(), Some("scim_filter_too_many"));
}

#[test]
fn an_answer_has_the_attributes_that_were_chosen() {
    let site = five();
    let user = |query: &str| {
        let (status, list) = site.read("/Users", &format!("count=1&{query}"));
        assert_eq!(status, 200);
        let user = list["Resources"][0].as_object().expect("a user").clone();
        user.keys().cloned().collect::<Vec<_>>()
    };
    let all = ["schemas", "id", "userName", "active", "meta"];
    assert_eq!(user(""), all);
    assert_eq!(user("attributes="), all);
    assert_eq!(user("attributes=userName"), ["schemas", "id", "userName"]);
    assert_eq!(
        user("attributes=userName&attributes=active"),
        ["schemas", "id", "userName", "active"]
    );
    assert_eq!(
        user("excludedAttributes=meta&excludedAttributes=active"),
        ["schemas", "id", "userName"]
    );
}

#[test]
fn a_search_by_post_says_the_same_in_its_body() {
    let site = five();
    for path in ["/.search", "/Users/.search"] {
        let body = json!({
            "filter": "userName sw \"a\" or userName sw \"b\"",
            "sortBy": "userName", "sortOrder": "descending",
            "startIndex": 1, "count": "1", "attributes": ["userName", "active"],
            "excludedAttributes": "active", "nobody": true,
        });
        let (status, list) = site.ask("POST", path, &body);
        assert_eq!((status, &list["totalResults"], names(&list)), (200, &json!(2), vec!["bravo"]));
        let keys: Vec<&String> = list["Resources"][0].as_object().expect("a user").keys().collect();
        assert_eq!(keys, ["schemas", "id", "userName"]);
        assert_eq!(site.noted(), ("search".into(), 200, None));
    }
    // What the URL says does not count then.
    let with = With { query: Some("count=1"), body: b"{}", ..With::default() };
    let response = site.request("POST", "/.search", with);
    assert_eq!(json_of(&response)["itemsPerPage"], 5);
    let (_, list) = site.ask("POST", "/.search", &json!({ "startIndex": 2, "count": 2 }));
    assert_eq!((&list["startIndex"], names(&list)), (&json!(2), vec!["alpha", "delta"]));
    assert_eq!(site.ask("POST", "/.search", &json!([])).0, 400);
}

/// The next cursor, if there is one, and who is on the page.
fn cursor_page(site: &Site, query: &str) -> (Option<String>, Vec<String>) {
    let (status, list) = site.read("/Users", query);
    assert_eq!((status, list.get("startIndex"), list.get("previousCursor")), (200, None, None));
    let names = names(&list).into_iter().map(str::to_owned).collect();
    (list["nextCursor"].as_str().map(str::to_owned), names)
}

#[test]
fn a_cursor_leads_from_page_to_page_whatever_happens_in_between() {
    for order in ["", "&sortBy=userName", "&sortBy=meta.created&sortOrder=descending"] {
        let site = five();
        let (mut cursor, mut seen) = (Some(String::new()), Vec::new());
        let mut lengths = Vec::new();
        while let Some(at) = cursor {
            let query = format!("count=2&cursor={at}{order}");
            let (next, names) = cursor_page(&site, &query);
            lengths.push(names.len());
            seen.extend(names);
            cursor = next;
        }
        assert_eq!(lengths, [2, 2, 1]);
        assert_eq!(seen, page(&site, order.trim_start_matches('&')).3);
    }
    let site = five();
    let (cursor, first) = cursor_page(&site, "count=2&cursor=");
    assert_eq!(first, ["echo", "alpha"]);
    let (_, list) = site.read("/Users", "count=1");
    let echo = list["Resources"][0]["id"].as_str().expect("an id").to_owned();
    assert_eq!(site.ask("DELETE", &format!("/Users/{echo}"), &Value::Null).0, 204);
    let query = format!("count=3&cursor={}", cursor.expect("a next page"));
    assert_eq!(
        cursor_page(&site, &query),
        (None, vec!["delta".into(), "bravo".into(), "charlie".into()])
    );
    assert_eq!(cursor_page(&site, "count=4&cursor=%20"), (None, page(&site, "").3));
}

#[test]
fn a_cursor_is_good_for_an_hour_here_and_for_this_list() {
    let site = five();
    let begin = "count=2&filter=userName%20pr&cursor=";
    let cursor = cursor_page(&site, begin).0.expect("a next page");
    let next = format!("{begin}{cursor}");
    site.wait(TimeDelta::milliseconds(3_600_000 - 1));
    assert_eq!(cursor_page(&site, &next).1, ["delta", "bravo"]);
    site.wait(TimeDelta::milliseconds(1));
    let answer = site.read("/Users", &next);
    let words = "The cursor is too old: begin the list again.";
    assert_eq!(refusal(&answer), (400, Some("expiredCursor"), words));
    assert_eq!(site.noted().2.as_deref(), Some("scim_cursor_expired"));
    let cursor = cursor_page(&site, begin).0.expect("a next page");
    found(&site.store, &managed("org-b", "bravo"), None);
    let foreign = "This is no cursor of this list: begin the list again.";
    for query in [
        format!("count=2&cursor={cursor}"),
        format!("count=2&filter=active%20pr&cursor={cursor}"),
        format!(
            "count=2&filter=userName%20pr&sortOrder=descending&sortBy=meta.created&cursor={cursor}"
        ),
        format!("count=2&filter=userName%20pr&sortBy=id&cursor={cursor}"),
        format!("count=2&filter=userName%20pr&cursor=x{cursor}"),
        "cursor=AAAA".into(),
        "cursor=%3F".into(),
    ] {
        let answer = site.read("/Users", &query);
        assert_eq!(refusal(&answer), (400, Some("invalidCursor"), foreign), "{query}");
        assert_eq!(site.noted().2.as_deref(), Some("scim_cursor_foreign"));
    }
    let token = format!("Bearer {}", issued(&site.store, "org-b"));
    let (path, query) = ("/app/scim/org-b/v2/Users", format!("{begin}{cursor}"));
    let request = saml_login::directory::ScimRequest::new("GET", path)
        .with_query(&*query)
        .with_header("authorization", &token);
    let response = site.send(&request);
    assert_eq!((response.status, &json_of(&response)["scimType"]), (400, &json!("invalidCursor")));
}

#[test]
fn a_list_is_what_the_store_lists() {
    let site = five();
    let mut listing = Listing::first(2);
    (listing.sort, listing.descending) = (SortBy::UserName, true);
    listing.from = Position::Skip(1);
    let page = block_on(site.store.list(&ACME.into(), &listing)).expect("the store").expect("few");
    let expected: Vec<&str> =
        page.accounts.iter().filter_map(|one| one.user_name.as_deref()).collect();
    let query = "sortBy=userName&sortOrder=descending&startIndex=2&count=2";
    assert_eq!(self::page(&site, query).3, expected);
    assert_eq!(expected, ["delta", "charlie"]);
}
