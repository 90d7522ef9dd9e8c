//! Faults of accounts: sentences 1 and 2.

use chrono::{DateTime, Timelike, Utc};
use saml_login::account::{Account, EmailProof, LinkOrigin, Profile, Role, Source, Status};
use saml_login::identity::Email;
use saml_login::store::{AccountWrite, Names, Store, Written};

use super::faulty::{Fault, Faulty, Hook, lock, now};

/// Writes accounts otherwise.
macro_rules! keeps {
    ($($name:literal: $how:expr, $words:literal;)+) => {
        &[$(Fault($name, &[Hook::Before(|_, write| {
            let how: fn(&mut Account) = $how;
            match &mut write.account {
                Some(AccountWrite::Create(account) | AccountWrite::Change(account)) => how(account),
                _ => {}
            }
        })], $words),)+]
    };
}

fn whole_second(instant: DateTime<Utc>) -> DateTime<Utc> {
    instant.with_nanosecond(0).unwrap_or_default()
}

pub(crate) const KEPT: &[Fault] = keeps! {
    "no generation": |account| account.generation = 0, "its generation is another";
    "a generation as a float": |account| {
        account.generation = account.generation.min(9_007_199_254_740_992);
    }, "its generation is another";
    "no ended_by": |account| account.ended_by = None, "its ended_by is another";
    "no role": |account| {
        if account.status != Status::Active { account.role = Role::Member; }
    }, "its role is another";
    "no address": |account| account.address = None, "its address is another";
    "addresses in lower case": |account| account.address.iter_mut().for_each(|address| {
        address.email = Email::parse(&address.email.address().to_ascii_lowercase()).expect("one");
    }), "its address";
    "addresses trimmed": |account| account.address.iter_mut().for_each(|address| {
        address.email = Email::parse(address.email.address()).expect("one");
    }), "its address as it was sent is another";
    "no proof": |account| account.address.iter_mut().for_each(|address| {
        address.proof = EmailProof::Organization;
    }), "its proof of the address is another";
    "no key": |account| account.link = None, "its key is another";
    "no origin": |account| account.link.iter_mut().for_each(|link| {
        link.origin = LinkOrigin::Created;
    }), "its origin of the link is another";
    "no user name": |account| account.user_name = None, "its user name is another";
    "user names in lower case": |account| account.user_name.iter_mut().for_each(|name| {
        *name = name.to_ascii_lowercase();
    }), "its user name is another";
    "empty texts as none": |account| {
        account.user_name = account.user_name.take().filter(|name| !name.is_empty());
    }, "an account with empty texts is kept to the letter, and its user name is another";
    "no external ID": |account| account.external_id = None, "its external ID is another";
    "external IDs trimmed": |account| account.external_id.iter_mut().for_each(|id| {
        *id = id.trim().to_owned();
    }), "its external ID is another";
    "no profile": |account| account.profile = Profile::default(), "its profile is another";
    "no display name": |account| account.profile.display_name = None, "its profile is another";
    "nothing pushed": |account| account.pushed = None, "its pushed is another";
    "one pushed address": |account| account.pushed.iter_mut().for_each(|pushed| {
        pushed.addresses.truncate(1);
    }), "its pushed is another";
    "no managed_by": |account| account.managed_by = Source::Application, "its managed_by is another";
    "no invitation": |account| account.invitation = None, "its invitation is another";
    "whole seconds": |account| account.created_at = whole_second(account.created_at),
        "its created_at is another";
    "changed when made": |account| account.changed_at = account.created_at,
        "its changed_at is another";
    "others are never invited": |account| {
        if account.version > 0 && account.status == Status::Invited {
            account.status = Status::Active;
        }
    }, "a changed account is kept to the letter, and its status is another";
    "keeps when it was made": |account| {
        if account.version > 0 {
            account.created_at = account.created_at.max(whole_second(account.created_at));
            account.managed_by = Source::Directory;
        }
    }, "its managed_by is another";
};

fn create_as_change(faulty: &Faulty, write: &mut saml_login::store::Write) {
    let Some(AccountWrite::Create(after)) = &write.account else { return };
    let Some(before) = faulty.account(&write.organization, &after.id) else { return };
    let mut after = after.clone();
    after.version = before.version + 1;
    write.account = Some(AccountWrite::Change(after));
}

pub(crate) const WRITTEN: &[Fault] = &[
    Fault("fails", &[Hook::Fails], "the store failed: out of order"),
    Fault(
        "creates over what is there",
        &[Hook::Before(create_as_change)],
        "an account is created once",
    ),
    Fault(
        "creates at any version",
        &[Hook::Before(|_, write| {
            if let Some(AccountWrite::Create(account)) = &mut write.account {
                account.version = 0;
            }
        })],
        "an account is created at version 0",
    ),
    Fault(
        "creates what is to be changed",
        &[Hook::Before(|faulty, write| {
            let Some(AccountWrite::Change(after)) = &write.account else { return };
            if faulty.account(&write.organization, &after.id).is_none() {
                let mut after = after.clone();
                after.version = 0;
                write.account = Some(AccountWrite::Create(after));
            }
        })],
        "a change of an account that is not there is a conflict",
    ),
    Fault(
        "changes whatever was read",
        &[Hook::Before(|faulty, write| {
            let before = faulty.before(write);
            if let (Some(AccountWrite::Change(after)), Some(before)) = (&mut write.account, before)
            {
                after.version = before.version + 1;
            }
        })],
        "an account is changed to the next version",
    ),
    Fault(
        "changes to any later version",
        &[Hook::Before(|faulty, write| {
            let before = faulty.before(write);
            if let (Some(AccountWrite::Change(after)), Some(before)) = (&mut write.account, before)
                && after.version > before.version
            {
                after.version = before.version + 1;
            }
        })],
        "an account is changed to the next version",
    ),
    Fault(
        "purges whatever was read",
        &[Hook::Before(|faulty, write| {
            let before = faulty.before(write);
            if let (Some(AccountWrite::Purge { version, .. }), Some(before)) =
                (&mut write.account, before)
            {
                *version = before.version;
            }
        })],
        "an account is purged at the version that was read",
    ),
    Fault(
        "answers that it is done",
        &[Hook::After(|_, _, written| match written {
            Written::Conflict => Written::Done,
            other => other,
        })],
        "is a conflict",
    ),
    Fault(
        "writes nothing",
        &[Hook::Instead(|_, write| write.account.as_ref().map(|_| Written::Done))],
        "a new account is found by its id",
    ),
    Fault(
        "changes nothing",
        &[Hook::Instead(|_, write| match &write.account {
            Some(AccountWrite::Change(_)) => Some(Written::Done),
            _ => None,
        })],
        "a changed account is kept to the letter",
    ),
    Fault(
        "purges nothing",
        &[
            Hook::After(|faulty, write, written| {
                let Some(AccountWrite::Purge { .. }) = &write.account else { return written };
                lock(&faulty.ghosts).extend(faulty.before(write));
                written
            }),
            Hook::Found(|faulty, names, found| {
                let ghosts = lock(&faulty.ghosts);
                let is_named = |ghost: &&Account| names.ids.contains(&ghost.id);
                found.accounts.extend(ghosts.iter().filter(is_named).cloned());
            }),
            Hook::Before(|faulty, write| {
                if let Some(AccountWrite::Purge { .. }) = &write.account {
                    lock(&faulty.ghosts).extend(faulty.before(write));
                }
            }),
        ],
        "a purged account is found by nothing",
    ),
    Fault(
        "leaves no marks",
        &[Hook::Before(|_, write| {
            if let Some(AccountWrite::Purge { marks, .. }) = &mut write.account {
                marks.clear();
            }
        })],
        "that somebody was purged is known by each name",
    ),
    Fault(
        "leaves one mark",
        &[Hook::Before(|_, write| {
            if let Some(AccountWrite::Purge { marks, .. }) = &mut write.account {
                marks.truncate(1);
            }
        })],
        "that somebody was purged is known by each name",
    ),
    Fault(
        "marks everybody",
        &[Hook::Found(|_, _, found| found.purged = true)],
        "says nothing of others",
    ),
    Fault(
        "marks by itself",
        &[Hook::Before(|faulty, write| {
            let Some(before) = faulty.before(write) else { return };
            let Some(record) = faulty.record(&write.organization) else { return };
            if let Some(AccountWrite::Purge { marks, .. }) = &mut write.account {
                let names = saml_login::store::Name::all_of(&before);
                let all = names.iter().map(|name| record.purge_key.mark(name).expect("a mark"));
                *marks = all.collect();
            }
        })],
        "the marks of the write stay and no others",
    ),
    Fault(
        "keeps the names of who is purged",
        &[Hook::Instead(|faulty, write| {
            let Some(AccountWrite::Create(new)) = &write.account else { return None };
            let names = saml_login::store::Name::all_of(new);
            let found = now(faulty.inner.find(&write.organization, &Names::of_names(names)))?;
            (found.purged && faulty.all(&write.organization).is_empty())
                .then_some(Written::Conflict)
        })],
        "the names of a purged account are free",
    ),
];
