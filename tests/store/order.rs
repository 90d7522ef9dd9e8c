//! Faults of whole writes, of the order of answers and of organizations: sentences 1, 8 and 9.

use saml_login::account::{Account, Status};
use saml_login::organization::Shortage;
use saml_login::store::{KeptWrite, SessionWrite, Store, Write, Written};

use super::faulty::{Fault, Faulty, Hook, lock, now};

/// Writes one part of what is refused.
macro_rules! leaves {
    ($name:literal, $part:expr, $words:literal) => {
        Fault(
            $name,
            &[Hook::After(|faulty, write, written| {
                if write.organization.as_str() == "contract-whole" && written != Written::Done {
                    let part: fn(&Write, &mut Write) = $part;
                    let mut left = Write::of(&write.organization, write.at);
                    part(write, &mut left);
                    let _ = now(faulty.inner.write(left));
                }
                written
            })],
            $words,
        )
    };
}

/// Writes all but one part.
macro_rules! forgets {
    ($name:literal, $part:expr, $words:literal) => {
        Fault(
            $name,
            &[Hook::Before(|_, write| {
                if write.organization.as_str() == "contract-whole"
                    && write.kept.len() + write.sessions.len() > 2
                {
                    let part: fn(&mut Write) = $part;
                    part(write);
                }
            })],
            $words,
        )
    };
}

fn is_conflict(faulty: &Faulty, write: &Write) -> bool {
    !faulty.is_as_read(write) || !faulty.in_the_way(write).is_empty()
}

fn shortage(faulty: &Faulty, write: &Write) -> Option<Written> {
    match faulty.shortage(write)? {
        Shortage::LastAdministrator => Some(Written::LastAdministrator),
        Shortage::NoSeat => Some(Written::NoSeat),
        _ => None,
    }
}

/// Gives a later answer where both are true.
macro_rules! rather {
    ($name:literal, $first:pat => $later:expr, $words:literal) => {
        Fault(
            $name,
            &[Hook::After(|faulty, write, written| {
                let later: fn(&Faulty, &Write) -> Option<Written> = $later;
                match written {
                    $first if write.organization.as_str() == "contract-order" => {
                        later(faulty, write).unwrap_or(written)
                    }
                    other => other,
                }
            })],
            $words,
        )
    };
}

fn mixed(write: &Write, is: fn(&Write) -> bool) -> bool {
    write.is_mixed() && is(write)
}

/// Takes a part of another organization.
macro_rules! mixes {
    ($name:literal, $part:expr, $words:literal) => {
        Fault(
            $name,
            &[Hook::After(|_, write, written| {
                let done = written == Written::Conflict && mixed(write, $part);
                if done { Written::Done } else { written }
            })],
            $words,
        )
    };
}

pub(crate) const FAULTS: &[Fault] = &[
    leaves!(
        "leaves an account",
        |write, left| left.account.clone_from(&write.account),
        "leaves no account behind"
    ),
    leaves!(
        "leaves a session",
        |write, left| {
            let begins = |one: &&SessionWrite| matches!(one, SessionWrite::Begin(_));
            left.sessions = write.sessions.iter().filter(begins).cloned().collect();
        },
        "leaves no session behind"
    ),
    leaves!(
        "leaves the end of a session",
        |write, left| {
            let ends = |one: &&SessionWrite| matches!(one, SessionWrite::End(_));
            left.sessions = write.sessions.iter().filter(ends).cloned().collect();
        },
        "leaves no session behind"
    ),
    leaves!(
        "leaves settings",
        |write, left| {
            left.settings.clone_from(&write.settings);
            left.decided_by = Some(0);
        },
        "leaves no settings behind"
    ),
    leaves!(
        "leaves something spent",
        |write, left| left.spend.clone_from(&write.spend),
        "leaves no spent assertion or request behind"
    ),
    leaves!(
        "leaves something kept",
        |write, left| {
            let puts = |one: &&KeptWrite| matches!(one, KeptWrite::Put(_));
            left.kept = write.kept.iter().filter(puts).cloned().collect();
        },
        "leaves no thing that is kept behind"
    ),
    leaves!(
        "leaves something taken",
        |write, left| {
            let takes = |one: &&KeptWrite| matches!(one, KeptWrite::Take(..));
            left.kept = write.kept.iter().filter(takes).cloned().collect();
        },
        "leaves no thing that is kept behind"
    ),
    leaves!(
        "leaves the record of the store",
        |write, left| left.store_record.clone_from(&write.store_record),
        "leaves no record of the store behind"
    ),
    leaves!(
        "leaves an event",
        |write, left| left.events.clone_from(&write.events),
        "leaves no event behind"
    ),
    forgets!(
        "forgets the account",
        |write| write.account = None,
        "all of a write is written: its account is not"
    ),
    forgets!(
        "forgets the settings",
        |write| write.settings = None,
        "all of a write is written: its settings is not"
    ),
    forgets!(
        "forgets sessions",
        |write| write.sessions.clear(),
        "all of a write is written: its session is not"
    ),
    forgets!(
        "forgets that sessions end",
        |write| write.sessions.truncate(1),
        "all of a write is written: a session ends"
    ),
    forgets!(
        "forgets what is kept",
        |write| write.kept.clear(),
        "all of a write is written: its thing that is kept is not"
    ),
    forgets!(
        "forgets what is taken",
        |write| write.kept.truncate(1),
        "all of a write is written: something is taken"
    ),
    forgets!(
        "forgets the record of the store",
        |write| write.store_record = None,
        "all of a write is written: its record of the store is not"
    ),
    forgets!(
        "forgets events",
        |write| write.events.clear(),
        "all of a write is written: its event is not"
    ),
    forgets!(
        "forgets what is spent",
        |write| write.spend = None,
        "all of a write is written: what it spends"
    ),
    rather!("spent before outdated", Written::Outdated => |_, write| {
        let seen = |spending: &saml_login::replay::Spending| {
            spending.assertion_id == "spent" || spending.request_id.as_deref() == Some("spent")
        };
        write.spend.as_ref().is_some_and(seen).then_some(Written::AlreadySpent)
    }, "settings that are outdated and an assertion that was spent are answered AlreadySpent"),
    rather!("a conflict before outdated", Written::Outdated => |faulty, write| {
        is_conflict(faulty, write).then_some(Written::Conflict)
    }, "settings that are outdated and an account that has changed are answered Conflict"),
    rather!("a conflict before spent", Written::AlreadySpent => |faulty, write| {
        is_conflict(faulty, write).then_some(Written::Conflict)
    }, "an assertion that was spent and an account that has changed are answered Conflict"),
    rather!("a claim before spent", Written::AlreadySpent => |faulty, write| {
        faulty.claimed_elsewhere(write).map(Written::Claimed)
    }, "an assertion that was spent and a claim of another are answered Claimed"),
    rather!("a seat before spent", Written::AlreadySpent => shortage,
        "an assertion that was spent and an account that has changed are answered LastAdministrator"),
    rather!("a claim before a conflict", Written::Conflict => |faulty, write| {
        faulty.claimed_elsewhere(write).map(Written::Claimed)
    }, "an account that has changed and a claim of another are answered Claimed"),
    rather!("an administrator before a conflict", Written::Conflict => |faulty, write| {
        shortage(faulty, write).filter(|answer| *answer == Written::LastAdministrator)
    }, "an account that has changed and an account that has changed are answered LastAdministrator"),
    rather!("a seat before a conflict", Written::Conflict => |faulty, write| {
        shortage(faulty, write).filter(|answer| *answer == Written::NoSeat)
    }, "a name of another and a name of another are answered NoSeat"),
    rather!("an administrator before a claim", Written::Claimed(_) => |faulty, write| {
        shortage(faulty, write).filter(|answer| *answer == Written::LastAdministrator)
    }, "a claim of another and the last administrator are answered LastAdministrator"),
    rather!("a seat before a claim", Written::Claimed(_) => |faulty, write| {
        shortage(faulty, write).filter(|answer| *answer == Written::NoSeat)
    }, "a claim of another and no seat are answered NoSeat"),
    mixes!(
        "writes accounts elsewhere",
        |write| write.account.is_some(),
        "an account is created there"
    ),
    mixes!(
        "changes accounts elsewhere",
        |write| {
            write
                .account
                .as_ref()
                .is_some_and(|one| one.after().is_some_and(|after| after.version > 0))
        },
        "an account is changed there"
    ),
    mixes!(
        "writes settings elsewhere",
        |write| write.settings.is_some(),
        "settings are written there"
    ),
    mixes!(
        "begins sessions elsewhere",
        |write| !write.sessions.is_empty(),
        "a session begins there"
    ),
    mixes!("keeps elsewhere", |write| !write.kept.is_empty(), "something is kept there"),
    mixes!("tells elsewhere", |write| !write.events.is_empty(), "something is told there"),
    Fault(
        "takes what others keep",
        &[Hook::Before(|faulty, write| {
            if let Some(KeptWrite::Take(kind, digest)) = write.kept.first()
                && let Some(kept) = now(faulty.inner.kept(*kind, digest))
            {
                write.organization = kept.organization;
            }
        })],
        "something is taken there",
    ),
    Fault(
        "ends sessions of others",
        &[Hook::Before(|faulty, write| {
            if let [SessionWrite::End(token)] = write.sessions.as_slice()
                && let Some((session, _)) = now(faulty.inner.session(token))
            {
                write.organization = session.start.organization;
            }
        })],
        "no organization begins or ends sessions of another one",
    ),
    Fault(
        "finds addresses in one case across organizations",
        &[Hook::Across(|_, email, found| found.retain(|one| one.email() == Some(email)))],
        "an address is found in all organizations, in any ASCII letter case",
    ),
    Fault(
        "finds one across organizations",
        &[Hook::Across(|_, _, found| found.truncate(1))],
        "an address is found in all organizations",
    ),
    Fault(
        "finds who is active across organizations",
        &[Hook::Across(|_, _, found| found.retain(|one| one.status == Status::Active))],
        "an address is found in all organizations",
    ),
    Fault(
        "finds who was deleted across organizations",
        &[Hook::Across(|faulty, email, found| {
            let mut all = faulty.everybody();
            all.retain(|one| one.has_email(email));
            *found = all;
        })],
        "across organizations deleted accounts are not found",
    ),
    Fault(
        "finds patterns across organizations",
        &[Hook::Across(|faulty, email, found| {
            let pattern = email.address().to_ascii_lowercase();
            let is = |one: &Account| {
                one.email().is_some_and(|own| {
                    let own = own.address().to_ascii_lowercase();
                    let like = |(a, b): (char, char)| b == '_' || a == b;
                    own.len() == pattern.len() && own.chars().zip(pattern.chars()).all(like)
                })
            };
            let mut all = faulty.everybody();
            all.retain(|one| one.status != Status::Deleted && is(one));
            *found = all;
        })],
        "across organizations an address is no pattern",
    ),
    Fault(
        "finds former addresses across organizations",
        &[
            Hook::Before(|faulty, write| {
                let before = faulty.before(write);
                lock(&faulty.ghosts).extend(before);
            }),
            Hook::Across(|faulty, email, found| {
                if email.address() == "every.one@across.test" {
                    let ghosts = lock(&faulty.ghosts);
                    let now = |ghost: &Account| faulty.account(&ghost.organization, &ghost.id);
                    let living = |one: &Account| one.status != Status::Deleted;
                    let moved =
                        ghosts.iter().filter(|ghost| ghost.has_email(email)).filter_map(now);
                    let mut moved: Vec<Account> = moved.filter(living).collect();
                    moved.retain(|one| !found.iter().any(|other| other.id == one.id));
                    moved.truncate(1);
                    found.extend(moved);
                }
            }),
        ],
        "a former address finds nobody",
    ),
];
