//! Random histories of a directory, beside a reference that is too simple to be wrong.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::site::{Directory, Site, managed};

/// Numbers that look random, and are the same in each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % sides
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len())]
    }
}

const SEATS: usize = 3;

/// Somebody, as the reference remembers them: what was said, and whether they may come in.
#[derive(Clone, Default, PartialEq)]
struct Person {
    user_name: String,
    external_id: Option<String>,
    display_name: Option<String>,
    given_name: Option<String>,
    work: Option<String>,
    active: bool,
}

/// What is there.
#[derive(Default)]
struct Reference {
    people: BTreeMap<String, Person>,
}

impl Reference {
    fn taken(&self) -> usize {
        self.people.values().filter(|person| person.active).count()
    }

    /// Whether somebody else has a name of theirs.
    fn clashes(&self, id: Option<&str>, person: &Person) -> bool {
        let others = self.people.iter().filter(|(other, _)| Some(other.as_str()) != id);
        others.into_iter().any(|(_, other)| {
            let same_name = other.user_name.eq_ignore_ascii_case(&person.user_name);
            let same_id = person.external_id.is_some() && other.external_id == person.external_id;
            let same_work = person.work.is_some() && other.work == person.work;
            same_name || same_id || same_work
        })
    }

    /// The status of a change of somebody who is there, and what they are afterwards.
    fn change(&mut self, id: &str, after: Person) -> u16 {
        // Without a seat nobody looks whether the names are free.
        match self.lacks_seat(id, &after) {
            true => 403,
            false => self.rename(id, after),
        }
    }

    fn lacks_seat(&self, id: &str, after: &Person) -> bool {
        after.active && !self.people[id].active && self.taken() >= SEATS
    }

    fn rename(&mut self, id: &str, after: Person) -> u16 {
        if self.clashes(Some(id), &after) {
            return 409;
        }
        self.people.insert(id.to_owned(), after);
        200
    }
}

fn read(user: &Value) -> Person {
    let text = |pointer: &str| user.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    Person {
        user_name: text("/userName").expect("a user name"),
        external_id: text("/externalId"),
        display_name: text("/displayName"),
        given_name: text("/name/givenName"),
        work: text("/emails/0/value"),
        active: user["active"].as_bool().expect("a boolean"),
    }
}

fn written(person: &Person) -> Value {
    let mut user = Map::new();
    user.insert("userName".into(), person.user_name.clone().into());
    user.insert("active".into(), person.active.into());
    let texts = [("externalId", &person.external_id), ("displayName", &person.display_name)];
    for (name, text) in texts {
        user.extend(text.clone().map(|text| (name.to_owned(), text.into())));
    }
    let name = person.given_name.clone().map(|given| json!({ "givenName": given }));
    user.extend(name.map(|name| ("name".to_owned(), name)));
    let work = person.work.clone().map(|value| json!([{ "value": value, "type": "work" }]));
    user.extend(work.map(|work| ("emails".to_owned(), work)));
    user.into()
}

fn somebody(dice: &mut Dice) -> Person {
    let name = dice.one(&["ada", "Ada", "bea", "cy", "dee", "eve", "fay"]);
    let work = dice.one(&["ada@x.test", "bea@x.test", "cy@x.test", "dee@x.test", ""]);
    let external_id = dice.one(&["1", "2", "3", "4", ""]);
    let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    Person {
        user_name: name.to_owned(),
        external_id: given(external_id),
        display_name: given(dice.one(&["One", "Two", ""])),
        given_name: given(dice.one(&["Ada", "Bea", ""])),
        work: given(work),
        active: dice.roll(4) > 0,
    }
}

/// What the reference says of one step, and whether the directory does as much.
fn step(directory: &Directory<'_>, reference: &mut Reference, dice: &mut Dice) -> &'static str {
    let ids: Vec<String> = reference.people.keys().cloned().collect();
    let kind = if ids.is_empty() { 0 } else { dice.roll(8).saturating_sub(2) };
    if kind == 0 {
        let person = somebody(dice);
        let got = directory.send("POST", "/Users", &written(&person));
        return created(reference, &person, got.status, &got.body);
    }
    let id = ids[dice.roll(ids.len())].clone();
    let path = format!("/Users/{id}");
    let before = reference.people[&id].clone();
    match kind {
        1 => {
            let mut after = somebody(dice);
            let body = written(&after);
            // What a PUT leaves out of these stays.
            after.external_id = after.external_id.or(before.external_id);
            after.work = after.work.or(before.work);
            let expected = reference.change(&id, after);
            let got = directory.send("PUT", &path, &body);
            assert_eq!(got.status, expected, "{body} {}", got.body);
            "put"
        }
        2 | 3 => {
            let (after, operation) = patched(before, dice);
            let expected = reference.change(&id, after);
            let body = json!({ "Operations": [operation] });
            let got = directory.send("PATCH", &path, &body);
            assert_eq!(got.status, expected, "{body} {}", got.body);
            "patch"
        }
        4 => {
            reference.people.remove(&id);
            assert_eq!(directory.delete(&path).status, 204);
            assert_eq!((directory.get(&path).status, directory.delete(&path).status), (404, 404));
            "delete"
        }
        _ => {
            let filter = format!("/Users?filter=userName%20eq%20%22{}%22", before.user_name);
            let found = directory.get(&filter);
            assert_eq!((found.status, &found.body["totalResults"]), (200, &json!(1)));
            assert_eq!(found.text("/Resources/0/id"), id);
            "find"
        }
    }
}

/// A POST creates, is refused, or takes up whom the directory has switched off.
fn created(reference: &mut Reference, person: &Person, status: u16, user: &Value) -> &'static str {
    let off: Vec<(String, Person)> = reference
        .people
        .iter()
        .filter(|(_, other)| !other.active)
        .map(|(id, other)| (id.clone(), other.clone()))
        .collect();
    let same_id = off
        .iter()
        .find(|(_, other)| person.external_id.is_some() && other.external_id == person.external_id);
    let same_name =
        off.iter().find(|(_, other)| other.user_name.eq_ignore_ascii_case(&person.user_name));
    if let Some((id, before)) = same_id.or(same_name).cloned() {
        let mut after = person.clone();
        after.external_id = after.external_id.or(before.external_id);
        after.work = after.work.or(before.work);
        let shown = after.clone();
        // The names of whoever is new are known from the start.
        let expected = match reference.lacks_seat(&id, &after) {
            true if reference.clashes(Some(&id), &after) => 409,
            true => 403,
            false => reference.rename(&id, after).max(201),
        };
        assert_eq!(status, expected, "{user}");
        if expected == 201 {
            assert_eq!(user["id"], id.as_str());
            assert!(read(user) == shown, "{user}");
        }
        return "take up";
    }
    if reference.clashes(None, person) {
        assert_eq!((status, &user["scimType"]), (409, &json!("uniqueness")), "{user}");
        return "clash";
    }
    if person.active && reference.taken() >= SEATS {
        assert_eq!(status, 403, "{user}");
        assert_eq!(user["detail"], format!("no free seat ({SEATS} of {SEATS} taken)"));
        return "no seat";
    }
    assert_eq!(status, 201, "{user}");
    assert!(read(user) == *person, "{user}");
    let id = user["id"].as_str().expect("an id").to_owned();
    assert!(reference.people.insert(id, person.clone()).is_none());
    "create"
}

fn patched(before: Person, dice: &mut Dice) -> (Person, Value) {
    let mut after = before;
    let other = somebody(dice);
    let replace =
        |path: &str, value: Value| json!({ "op": "Replace", "path": path, "value": value });
    let operation = match dice.roll(5) {
        0 => {
            after.active = other.active;
            let text = if dice.roll(2) == 0 {
                json!(other.active)
            } else {
                json!(if other.active { "True" } else { "False" })
            };
            replace("active", text)
        }
        1 => {
            after.display_name = Some("Patched".into());
            json!({ "op": "add", "value": { "displayName": "Patched" } })
        }
        2 => {
            after.user_name.clone_from(&other.user_name);
            replace("urn:ietf:params:scim:schemas:core:2.0:User:userName", json!(other.user_name))
        }
        3 => {
            let work = other.work.unwrap_or_else(|| "new@x.test".into());
            after.work = Some(work.clone());
            replace("emails[type eq \"work\"].value", json!(work))
        }
        _ => {
            after.given_name = None;
            json!({ "op": "remove", "path": "name.givenName" })
        }
    };
    (after, operation)
}

/// Everything that the directory lists is what the reference says, and the seats are.
fn compare(directory: &Directory<'_>, reference: &Reference) {
    let got = directory.get("/Users");
    assert_eq!(got.status, 200);
    let list = &got.body;
    let listed = list["Resources"].as_array().expect("a list");
    let listed: BTreeMap<String, Person> = listed
        .iter()
        .map(|user| (user["id"].as_str().expect("an id").to_owned(), read(user)))
        .collect();
    assert!(listed == reference.people, "{list}");
    assert_eq!(list["totalResults"], reference.people.len());
    let taken = directory.site.taken("org-a");
    assert_eq!(usize::try_from(taken).expect("few"), reference.taken());
}

#[test]
fn whatever_the_directory_does_it_finds_what_it_said() {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in 0..40 {
        let seats = u32::try_from(SEATS).expect("few");
        let site = Site::of(&[(&managed("org-a", "acme"), Some(seats))]);
        let (directory, mut reference) = (site.directory("org-a"), Reference::default());
        let mut dice = Dice(u64::wrapping_mul(seed + 1, 0x9E37_79B9_7F4A_7C15));
        for _ in 0..60 {
            let kind = step(&directory, &mut reference, &mut dice);
            *kinds.entry(kind).or_default() += 1;
            compare(&directory, &reference);
        }
    }
    let seen: Vec<&str> = kinds.keys().copied().collect();
    let all = ["clash", "create", "delete", "find", "no seat", "patch", "put", "take up"];
    assert_eq!(seen, all, "{kinds:?}");
}
