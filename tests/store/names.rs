//! Faults of names: sentence 3, and 9 of them.

use saml_login::account::{Account, Status};
use saml_login::store::{AccountWrite, Name, Write, Written};

use super::faulty::{Fault, Faulty, Hook};

fn is(account: &Account, name: &Name) -> bool {
    Name::all_of(account).contains(name)
}

fn address(account: &Account) -> Option<&str> {
    account.email().map(|email| email.address())
}

/// What `LIKE` makes of `_` and `%`.
fn is_like(text: &str, pattern: &str) -> bool {
    match pattern.chars().next() {
        None => text.is_empty(),
        Some('%') => {
            let rest = &pattern[1..];
            text.char_indices().any(|(at, _)| is_like(&text[at..], rest)) || is_like("", rest)
        }
        Some(letter) => {
            let Some(own) = text.chars().next() else { return false };
            (letter == '_' || letter.eq_ignore_ascii_case(&own))
                && is_like(&text[own.len_utf8()..], &pattern[letter.len_utf8()..])
        }
    }
}

fn cut(text: &str) -> Vec<u8> {
    text.bytes().take(2_700).collect()
}

/// Answers that it is done although another has such a name.
fn overlooks(faulty: &Faulty, write: &Write, written: Written, kind: fn(&Name) -> bool) -> Written {
    let others = faulty.in_the_way(write);
    let overlooked = !others.is_empty() && others.iter().all(|(name, _)| kind(name));
    if written == Written::Conflict && overlooked && faulty.is_as_read(write) {
        return Written::Done;
    }
    written
}

/// Answers that there is a conflict where a name of another is like this.
fn objects(faulty: &Faulty, write: &Write, like: fn(&Name, &Name) -> bool) -> Option<Written> {
    let account = write.account.as_ref()?;
    let mut others = faulty.all(&write.organization);
    others.retain(|other| other.id != *account.id() && other.status != Status::Deleted);
    let names = account.names();
    let others = others.iter().flat_map(Name::all_of);
    let objects = others.into_iter().any(|other| names.iter().any(|name| like(name, &other)));
    objects.then_some(Written::Conflict)
}

fn in_any_case(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

pub(crate) const FAULTS: &[Fault] = &[
    Fault(
        "finds nobody by key",
        &[Hook::Finds(|account, name| !matches!(name, Name::Key(_)) && is(account, name))],
        "an account is found by its key alone",
    ),
    Fault(
        "finds nobody by address",
        &[Hook::Finds(|account, name| !matches!(name, Name::Email(_)) && is(account, name))],
        "an account is found by its address alone",
    ),
    Fault(
        "finds nobody by user name",
        &[Hook::Finds(|account, name| !matches!(name, Name::UserName(_)) && is(account, name))],
        "an account is found by its user name alone",
    ),
    Fault(
        "finds nobody by external ID",
        &[Hook::Finds(|account, name| !matches!(name, Name::ExternalId(_)) && is(account, name))],
        "an account is found by its external ID alone",
    ),
    Fault(
        "finds nobody by invitation",
        &[Hook::Found(|_, names, found| {
            if names.invitation.is_some() {
                found.accounts.retain(|account| names.ids.contains(&account.id));
            }
        })],
        "an account is found by its invitation",
    ),
    Fault(
        "finds nobody by id",
        &[Hook::Found(|_, names, found| {
            if !names.ids.is_empty() && Name::all_of(&found.accounts[0]).is_empty() {
                found.accounts.clear();
            }
        })],
        "found by its id",
    ),
    Fault(
        "finds twice",
        &[Hook::Found(|_, names, found| {
            if names.names.len() > 4 {
                found.accounts.extend(found.accounts.clone().pop());
            }
        })],
        "whoever has any of the names is found, and each once",
    ),
    Fault(
        "finds by one name",
        &[Hook::Found(|_, names, found| {
            if names.names.len() > 4 {
                found.accounts.truncate(1);
            }
        })],
        "whoever has any of the names is found, and each once",
    ),
    Fault(
        "finds everybody by nothing",
        &[Hook::Found(|faulty, names, found| {
            if names == &saml_login::store::Names::default() {
                found.accounts = faulty.all(found.record.organization.id());
            }
        })],
        "no name is not the name of those who have none",
    ),
    Fault(
        "finds those without a name by an empty one",
        &[Hook::Finds(|account, name| match name {
            Name::UserName(name) if name.is_empty() => account.user_name.is_none(),
            _ => is(account, name),
        })],
        "no name is not the name of those who have none",
    ),
    Fault(
        "finds addresses in one case",
        &[Hook::Finds(|account, name| match name {
            Name::Email(email) => address(account) == Some(email),
            _ => is(account, name),
        })],
        "found by its address alone",
    ),
    Fault(
        "finds user names in one case",
        &[Hook::Finds(|account, name| match name {
            Name::UserName(name) => account.user_name.as_ref() == Some(name),
            _ => is(account, name),
        })],
        "found by its user name alone",
    ),
    Fault(
        "finds user names in any case of any script",
        &[Hook::Finds(|account, name| match name {
            Name::UserName(name) => {
                let own = account.user_name.as_ref().map(|own| own.to_lowercase());
                own == Some(name.to_lowercase())
            }
            _ => is(account, name),
        })],
        "user names are alike in ASCII letter case alone",
    ),
    Fault(
        "finds user names trimmed",
        &[Hook::Finds(|account, name| match name {
            Name::UserName(name) => {
                let own = account.user_name.as_ref().map(|own| own.trim().to_ascii_lowercase());
                own.as_deref() == Some(name.trim())
            }
            _ => is(account, name),
        })],
        "user names are alike in ASCII letter case alone",
    ),
    Fault(
        "finds addresses by patterns",
        &[Hook::Finds(|account, name| match name {
            Name::Email(email) => address(account).is_some_and(|own| is_like(own, email)),
            _ => is(account, name),
        })],
        "an address is no pattern",
    ),
    Fault(
        "finds user names by patterns",
        &[Hook::Finds(|account, name| match name {
            Name::UserName(name) => {
                account.user_name.as_ref().is_some_and(|own| is_like(own, name))
            }
            _ => is(account, name),
        })],
        "a user name is no pattern",
    ),
    Fault(
        "finds keys in any case",
        &[Hook::Finds(|account, name| match name {
            Name::Key(key) => {
                account.stable_key().is_some_and(|own| in_any_case(own.as_str(), key.as_str()))
            }
            _ => is(account, name),
        })],
        "keys are compared byte for byte",
    ),
    Fault(
        "finds keys trimmed",
        &[Hook::Finds(|account, name| match name {
            Name::Key(key) => {
                account.stable_key().is_some_and(|own| own.as_str().trim() == key.as_str().trim())
            }
            _ => is(account, name),
        })],
        "keys are compared byte for byte",
    ),
    Fault(
        "finds keys by patterns",
        &[Hook::Finds(|account, name| match name {
            Name::Key(key) => {
                account.stable_key().is_some_and(|own| is_like(own.as_str(), key.as_str()))
            }
            _ => is(account, name),
        })],
        "keys are compared byte for byte",
    ),
    Fault(
        "finds external IDs in any case",
        &[Hook::Finds(|account, name| match name {
            Name::ExternalId(id) => {
                account.external_id.as_ref().is_some_and(|own| in_any_case(own, id))
            }
            _ => is(account, name),
        })],
        "external IDs are compared to the letter",
    ),
    Fault(
        "finds user names by external IDs",
        &[Hook::Finds(|account, name| match name {
            Name::ExternalId(id) => account.user_name.as_ref() == Some(id) || is(account, name),
            _ => is(account, name),
        })],
        "by a name of another kind",
    ),
    Fault(
        "cuts keys",
        &[Hook::Finds(|account, name| match name {
            Name::Key(key) => {
                account.stable_key().is_some_and(|own| cut(own.as_str()) == cut(key.as_str()))
            }
            _ => is(account, name),
        })],
        "a key is compared whole",
    ),
    Fault(
        "cuts user names",
        &[Hook::Finds(|account, name| match name {
            Name::UserName(name) => {
                let own = account.user_name.as_ref().map(|own| cut(&own.to_ascii_lowercase()));
                own == Some(cut(name))
            }
            _ => is(account, name),
        })],
        "a user name is compared whole",
    ),
    Fault(
        "cuts external IDs",
        &[Hook::Finds(|account, name| match name {
            Name::ExternalId(id) => {
                account.external_id.as_ref().is_some_and(|own| cut(own) == cut(id))
            }
            _ => is(account, name),
        })],
        "a external ID is compared whole",
    ),
    Fault(
        "finds no deleted ones",
        &[Hook::Finds(|account, name| account.status != Status::Deleted && is(account, name))],
        "a deleted account is found by its key",
    ),
    Fault(
        "finds keys anywhere",
        &[Hook::Found(|faulty, names, found| {
            let key = |name: &&Name| matches!(name, Name::Key(_));
            for name in names.names.iter().filter(key) {
                let having = faulty.everybody().into_iter().filter(|account| is(account, name));
                let known = found.accounts.clone();
                found.accounts.extend(having.filter(|account| !known.contains(account)));
            }
        })],
        "organizations are apart: no name finds anybody of another one",
    ),
    Fault(
        "finds ids anywhere",
        &[Hook::Found(|faulty, names, found| {
            let mut others = faulty.everybody();
            others.retain(|one| names.ids.contains(&one.id) && !found.accounts.contains(one));
            found.accounts.extend(others);
        })],
        "organizations are apart: no name finds anybody of another one",
    ),
    Fault(
        "keys are not unique",
        &[Hook::After(|faulty, write, written| {
            overlooks(faulty, write, written, |name| matches!(name, Name::Key(_)))
        })],
        "no two accounts share a name: key",
    ),
    Fault(
        "addresses are not unique",
        &[Hook::After(|faulty, write, written| {
            overlooks(faulty, write, written, |name| matches!(name, Name::Email(_)))
        })],
        "no two accounts share a name: address",
    ),
    Fault(
        "user names are not unique",
        &[Hook::After(|faulty, write, written| {
            overlooks(faulty, write, written, |name| matches!(name, Name::UserName(_)))
        })],
        "no two accounts share a name: user name",
    ),
    Fault(
        "external IDs are not unique",
        &[Hook::After(|faulty, write, written| {
            overlooks(faulty, write, written, |name| matches!(name, Name::ExternalId(_)))
        })],
        "no two accounts share a name: external ID",
    ),
    Fault(
        "addresses are unique in one case",
        &[Hook::After(|faulty, write, written| {
            let after = write.account.as_ref().and_then(AccountWrite::after);
            let mine = after.and_then(address).map(str::to_owned);
            let others = faulty.in_the_way(write);
            let same = others.iter().any(|(_, other)| address(other).map(str::to_owned) == mine);
            match mine.is_some() && !same {
                true => overlooks(faulty, write, written, |name| matches!(name, Name::Email(_))),
                false => written,
            }
        })],
        "no two share an address in any ASCII letter case",
    ),
    Fault(
        "user names are unique in one case",
        &[Hook::After(|faulty, write, written| {
            let after = write.account.as_ref().and_then(AccountWrite::after);
            let mine = after.and_then(|after| after.user_name.clone());
            let others = faulty.in_the_way(write);
            let same = others.iter().any(|(_, other)| other.user_name == mine);
            let user_name = |name: &Name| matches!(name, Name::UserName(_));
            if mine.is_some() && !same {
                overlooks(faulty, write, written, user_name)
            } else {
                written
            }
        })],
        "no two share a user name in any ASCII letter case",
    ),
    Fault(
        "changes to a name of another",
        &[Hook::After(|faulty, write, written| match &write.account {
            Some(AccountWrite::Change(_)) => overlooks(faulty, write, written, |_| true),
            _ => written,
        })],
        "no two share a name after a change: key",
    ),
    Fault(
        "who is deactivated loses their names",
        &[Hook::After(|faulty, write, written| {
            let others = faulty.in_the_way(write);
            let off = others.iter().all(|(_, other)| other.status == Status::Deactivated);
            if off { overlooks(faulty, write, written, |_| true) } else { written }
        })],
        "a deactivated account keeps its key",
    ),
    Fault(
        "who is invited has no name yet",
        &[Hook::After(|faulty, write, written| {
            let others = faulty.in_the_way(write);
            let invited = others.iter().all(|(_, other)| other.status == Status::Invited);
            if invited { overlooks(faulty, write, written, |_| true) } else { written }
        })],
        "an invited account keeps its address",
    ),
    Fault(
        "keys are unique in any case",
        &[Hook::Instead(|faulty, write| {
            objects(faulty, write, |one, other| match (one, other) {
                (Name::Key(one), Name::Key(other)) => in_any_case(one.as_str(), other.as_str()),
                _ => false,
            })
        })],
        "keys are unique byte for byte",
    ),
    Fault(
        "external IDs are unique in any case",
        &[Hook::Instead(|faulty, write| {
            objects(faulty, write, |one, other| match (one, other) {
                (Name::ExternalId(one), Name::ExternalId(other)) => in_any_case(one, other),
                _ => false,
            })
        })],
        "external IDs are unique to the letter",
    ),
    Fault(
        "keys are unique as far as they are compared",
        &[Hook::Instead(|faulty, write| {
            objects(faulty, write, |one, other| match (one, other) {
                (Name::Key(one), Name::Key(other)) => {
                    one.as_str().len() > 2_700 && cut(one.as_str()) == cut(other.as_str())
                }
                _ => false,
            })
        })],
        "a new account is created",
    ),
    Fault(
        "kinds are not apart",
        &[Hook::Instead(|faulty, write| {
            objects(faulty, write, |one, other| match (one, other) {
                (Name::UserName(one), Name::ExternalId(other))
                | (Name::ExternalId(one), Name::UserName(other)) => one == other,
                _ => false,
            })
        })],
        "names of different kinds are different names",
    ),
    Fault(
        "an own name is a conflict",
        &[Hook::Instead(|faulty, write| {
            let (before, after) = (faulty.before(write)?, write.account.as_ref()?.after()?);
            let (own, new) = (address(&before)?, address(after)?);
            (own != new && in_any_case(own, new)).then_some(Written::Conflict)
        })],
        "an account's own name in other letters is no conflict",
    ),
    Fault(
        "no external ID is one",
        &[Hook::Instead(|faulty, write| {
            let Some(AccountWrite::Create(new)) = &write.account else { return None };
            let none = |account: &Account| Name::all_of(account).is_empty();
            let others = faulty.all(&write.organization);
            (none(new) && others.iter().any(none)).then_some(Written::Conflict)
        })],
        "any number of accounts have no name",
    ),
    Fault(
        "pushed addresses are unique",
        &[Hook::Instead(|faulty, write| {
            let Some(AccountWrite::Create(new)) = &write.account else { return None };
            let others = faulty.all(&write.organization);
            let same = |other: &Account| other.pushed == new.pushed && other.id != new.id;
            (new.pushed.is_some() && others.iter().any(same)).then_some(Written::Conflict)
        })],
        "what a directory has pushed is no name",
    ),
    Fault(
        "deleted ones keep their names",
        &[Hook::Instead(|faulty, write| {
            let Some(AccountWrite::Create(_)) = &write.account else { return None };
            (!faulty.others(write).is_empty()).then_some(Written::Conflict)
        })],
        "the names of a deleted account are free",
    ),
    Fault(
        "deleted ones keep their names from others",
        &[Hook::Instead(|faulty, write| {
            let Some(AccountWrite::Change(_)) = &write.account else { return None };
            let others = faulty.others(write);
            let deleted = others.iter().any(|(_, other)| other.status == Status::Deleted);
            deleted.then_some(Written::Conflict)
        })],
        "a change takes the names of a deleted account",
    ),
    Fault(
        "restores whoever was deleted",
        &[Hook::After(|faulty, write, written| {
            let deleted = faulty.before(write).is_some_and(|one| one.status == Status::Deleted);
            if deleted { overlooks(faulty, write, written, |_| true) } else { written }
        })],
        "nobody is restored whose names another account has by now",
    ),
    Fault(
        "names are unique everywhere",
        &[Hook::Instead(|faulty, write| {
            let mut names = write.account.as_ref()?.names();
            names.retain(|name| matches!(name, Name::Key(_) | Name::Email(_)));
            let mut others = faulty.everybody();
            others.retain(|other| other.organization != write.organization);
            let same = others.iter().flat_map(Name::all_of).any(|name| names.contains(&name));
            same.then_some(Written::Conflict)
        })],
        "both may have an account of one name and id",
    ),
    Fault(
        "ids are unique everywhere",
        &[Hook::Instead(|faulty, write| {
            let Some(AccountWrite::Create(new)) = &write.account else { return None };
            let same = |other: &Account| other.id == new.id;
            faulty.everybody().iter().any(same).then_some(Written::Conflict)
        })],
        "both may have an account of one name and id",
    ),
];
