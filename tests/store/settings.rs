//! Faults of settings and claims: sentences 5 and 6.

use chrono::DateTime;
use saml_login::account::Account;
use saml_login::organization::{Around, By, Change, Claim, ClaimKind, Plan};
use saml_login::store::{
    AccountWrite, KeptKind, PurgeKey, RequestLog, SettingsWrite, Store, Write, Written,
};

use super::faulty::{Fault, Faulty, Hook, lock, now};

fn version(faulty: &Faulty, write: &Write) -> Option<u64> {
    faulty.record(&write.organization).map(|record| record.version)
}

fn is_change(write: &Write) -> bool {
    matches!(write.settings, Some(SettingsWrite::Change(_)))
}

fn removed(write: &Write) -> bool {
    write.settings == Some(SettingsWrite::Remove)
}

const ALL: usize = 999;

fn told(claim: &Claim) -> String {
    format!("{} {}", claim.kind.as_str(), claim.value)
}

pub(crate) const FAULTS: &[Fault] = &[
    Fault(
        "keeps no key pairs",
        &[Hook::Organization(|_, _, record| {
            record.map(|mut record| {
                for pair in record.organization.clone().key_pairs() {
                    let change = Change::RetireKeyPair { fingerprint: pair.fingerprint() };
                    let around = Around::plan(Plan::ALL);
                    let at = DateTime::UNIX_EPOCH;
                    drop(record.organization.apply(change, &By::Application, &around, at));
                }
                record
            })
        })],
        "sealed key pairs are kept",
    ),
    Fault(
        "finds any organization",
        &[Hook::Organization(|faulty, id, record| {
            if let Some(record) = &record {
                lock(&faulty.organizations).push(record.clone());
            }
            let other = || lock(&faulty.organizations).last().cloned();
            if id.as_str() == "contract-founded" { record.or_else(other) } else { record }
        })],
        "an organization that was not founded is not there",
    ),
    Fault(
        "tells of what is not there",
        &[Hook::Before(|faulty, write| {
            if version(faulty, write).is_none() && write.settings.is_none() {
                write.events.iter().for_each(|event| now(faulty.inner.record(event)));
            }
        })],
        "nothing is told of an organization that is not there",
    ),
    Fault(
        "writes into what is not there",
        &[Hook::After(|faulty, write, written| {
            let not_there = version(faulty, write).is_none();
            if not_there && written == Written::Outdated { Written::Done } else { written }
        })],
        "nothing is written into an organization that is not there",
    ),
    Fault(
        "founds without whoever comes with it",
        &[Hook::Before(|_, write| {
            if let Some(SettingsWrite::Found { .. }) = &write.settings {
                write.account = None;
                write.sessions.clear();
            }
        })],
        "who comes with the founding is counted",
    ),
    Fault(
        "founds without what is told",
        &[Hook::Before(|_, write| {
            if let Some(SettingsWrite::Found { .. }) = &write.settings {
                write.events.clear();
            }
        })],
        "what is told of the founding is told",
    ),
    Fault(
        "finds nobody who trusts a certificate",
        &[Hook::Trusted(|_, _, found| found.clear())],
        "a certificate that another one trusts is found",
    ),
    Fault(
        "finds a certificate's own organization",
        &[Hook::Trusted(|faulty, id, found| {
            let own = now(faulty.inner.organization(id)).expect("one").organization.fingerprints();
            found.extend(own);
        })],
        "one's own certificate is trusted by nobody else",
    ),
    Fault(
        "founds again",
        &[Hook::After(|_, write, written| match (&write.settings, written) {
            (Some(SettingsWrite::Found { .. }), Written::Conflict) => Written::Done,
            (_, written) => written,
        })],
        "an organization is founded once",
    ),
    Fault(
        "founds with any number of seats",
        &[Hook::Before(|_, write| {
            if let Some(SettingsWrite::Found { purchased, .. }) = &mut write.settings {
                *purchased = None;
            }
        })],
        "a new account needs a seat",
    ),
    Fault(
        "keeps no purge key",
        &[Hook::Record(|_, record| record.purge_key = PurgeKey::from_bytes([0; 32]))],
        "that somebody was purged is known by each name",
    ),
    Fault(
        "keeps settings as they were founded",
        &[Hook::Record(|faulty, record| {
            let mut organizations = lock(&faulty.organizations);
            let id = record.organization.id();
            match organizations.iter().find(|other| other.organization.id() == id) {
                Some(first) => record.organization = first.organization.clone(),
                None => organizations.push(record.clone()),
            }
        })],
        "settings are kept whole",
    ),
    Fault(
        "begins at version 1",
        &[
            Hook::Record(|_, record| record.version += 1),
            Hook::Before(|_, write| {
                write.decided_by = write.decided_by.map(|version| version.wrapping_sub(1));
            }),
        ],
        "seats raise no version of the settings: it is 1",
    ),
    Fault(
        "raises no version",
        &[Hook::Record(|_, record| record.version = 0)],
        "a change of the settings raises their version by one",
    ),
    Fault(
        "raises the version by seats",
        &[
            Hook::Record(|faulty, record| {
                let id = record.organization.id();
                let bought = lock(&faulty.once);
                let own = bought.iter().filter(|bought| bought[0] == id.as_str()).count();
                record.version += u64::try_from(own).expect("few");
            }),
            Hook::Before(|faulty, write| {
                if let Some(SettingsWrite::Seats(seats)) = &write.settings {
                    let id = write.organization.to_string();
                    lock(&faulty.once).insert(vec![id, format!("{seats:?}")]);
                }
            }),
        ],
        "seats raise no version of the settings",
    ),
    Fault(
        "raises the version by accounts",
        &[Hook::Record(|_, record| {
            if record.organization.id().as_str() == "contract-decided" && record.version > 0 {
                record.version += u64::from(record.counters.active > 1);
            }
        })],
        "accounts raise no version of the settings",
    ),
    Fault(
        "counts anew with the settings",
        &[Hook::Record(|_, record| {
            if record.version > 0 {
                record.counters.active = 0;
            }
        })],
        "a change of the settings counts nobody",
    ),
    Fault(
        "changes settings whatever was read",
        &[Hook::Before(|faulty, write| {
            if is_change(write) && write.decided_by.is_some() {
                write.decided_by = version(faulty, write);
            }
        })],
        "settings are changed at the version that was read",
    ),
    Fault(
        "changes settings that nobody has read",
        &[Hook::Before(|faulty, write| {
            if is_change(write) && write.decided_by.is_none() {
                write.decided_by = version(faulty, write);
            }
        })],
        "settings are not changed where no version was read",
    ),
    Fault(
        "buys seats whatever was read",
        &[Hook::Before(|_, write| {
            if let Some(SettingsWrite::Seats(_)) = write.settings {
                write.decided_by = None;
            }
        })],
        "what decided about seats is in effect",
    ),
    Fault(
        "writes accounts whatever decided",
        &[Hook::Before(|_, write| {
            if write.account.is_some() {
                write.decided_by = None;
            }
        })],
        "what decided an account's write is still in effect",
    ),
    Fault(
        "creates accounts whatever decided",
        &[Hook::Before(|_, write| {
            if let Some(AccountWrite::Create(_)) = write.account {
                write.decided_by = None;
            }
        })],
        "what decided an account's write is still in effect",
    ),
    Fault(
        "tells whatever decided",
        &[Hook::Before(|_, write| {
            if write.account.is_none() && write.settings.is_none() {
                write.decided_by = None;
            }
        })],
        "nothing is written into an organization that is not there",
    ),
    Fault(
        "calls what is outdated a conflict",
        &[Hook::After(|_, _, written| match written {
            Written::Outdated => Written::Conflict,
            other => other,
        })],
        "nothing is written into an organization that is not there",
    ),
    Fault("finds no claims", &[Hook::Claimed(|_, _| None)], "a claim leads to its organization"),
    Fault(
        "finds claims of any kind",
        &[Hook::Claimed(|faulty, claim| {
            let slug = Claim::new(ClaimKind::Slug, &claim.value);
            let own = now(faulty.inner.claimed(claim));
            own.or_else(|| now(faulty.inner.claimed(&slug)))
        })],
        "claims of different kinds are different claims",
    ),
    Fault(
        "finds no domains",
        &[Hook::Claimed(|faulty, claim| {
            let owner = now(faulty.inner.claimed(claim));
            owner.filter(|_| claim.kind != ClaimKind::Domain)
        })],
        "a claim stays with whoever has it",
    ),
    Fault(
        "lets both claim",
        &[Hook::After(|_, _, written| match written {
            Written::Claimed(_) => Written::Done,
            other => other,
        })],
        "a claim of another organization is told",
    ),
    Fault(
        "calls a claim of another a conflict",
        &[Hook::After(|_, _, written| match written {
            Written::Claimed(_) => Written::Conflict,
            other => other,
        })],
        "a claim of another organization is told",
    ),
    Fault(
        "lets both have a slug",
        &[Hook::After(|_, _, written| match written {
            Written::Claimed(claim) if claim.kind != ClaimKind::Domain => Written::Done,
            other => other,
        })],
        "nobody is founded under another's slug",
    ),
    Fault(
        "an own claim is another's",
        &[Hook::Instead(|faulty, write| {
            let Some(SettingsWrite::Change(organization)) = &write.settings else { return None };
            let mut claims = organization.claims().into_iter();
            let own = claims.find(|claim| {
                claim.kind == ClaimKind::Domain && now(faulty.inner.claimed(claim)).is_some()
            });
            own.map(Written::Claimed)
        })],
        "an organization keeps what it has claimed",
    ),
    Fault(
        "finds claims that have gone",
        &[
            Hook::Claimed(|faulty, claim| {
                let owner = now(faulty.inner.claimed(claim));
                let once = lock(&faulty.once);
                let before = once.iter().find(|once| once[0] == told(claim));
                owner.or_else(|| before.map(|before| before[1].as_str().into()))
            }),
            Hook::After(|faulty, write, written| {
                let organization = write.settings.as_ref().and_then(|one| one.organization());
                if written == Written::Done {
                    let claims = organization.map(|one| one.claims()).unwrap_or_default();
                    let once = claims
                        .into_iter()
                        .map(|one| vec![told(&one), write.organization.to_string()]);
                    lock(&faulty.once).extend(once);
                }
                written
            }),
        ],
        "claims that go lead nowhere",
    ),
    Fault(
        "frees no claims",
        &[Hook::Instead(|faulty, write| {
            let Some(SettingsWrite::Change(organization)) = &write.settings else { return None };
            for claim in organization.claims() {
                let mut once = lock(&faulty.once);
                match once.iter().find(|once| once[0] == claim.value) {
                    Some(before) if before[1] != write.organization.as_str() => {
                        return Some(Written::Claimed(claim));
                    }
                    _ if now(faulty.inner.claimed(&claim)).is_none() => {
                        once.insert(vec![claim.value, write.organization.to_string()]);
                    }
                    _ => {}
                }
            }
            None
        })],
        "claims that go are free again",
    ),
    Fault(
        "frees the claims of who is removed",
        &[Hook::After(|faulty, write, written| match &written {
            Written::Claimed(claim) => {
                let owner = now(faulty.inner.claimed(claim));
                let gone = owner.is_some_and(|owner| faulty.record(&owner).is_none());
                let _ = write;
                if gone { Written::Done } else { written }
            }
            _ => written,
        })],
        "claims of an organization that is removed are never given again",
    ),
    Fault(
        "gives an id again",
        &[Hook::After(|faulty, write, written| match (&write.settings, &written) {
            (Some(SettingsWrite::Found { .. }), Written::Conflict)
                if faulty.record(&write.organization).is_none() =>
            {
                Written::Done
            }
            _ => written,
        })],
        "the id of a removed organization is never given again",
    ),
    Fault(
        "removes nothing",
        &[Hook::Instead(|_, write| removed(write).then_some(Written::Done))],
        "an organization goes with everything of it but",
    ),
    Fault(
        "leaves accounts of who is removed",
        &[
            Hook::Before(|faulty, write| {
                if removed(write) {
                    lock(&faulty.ghosts).extend(faulty.all(&write.organization));
                }
            }),
            Hook::Across(|faulty, email, found| {
                let is = |one: &&Account| one.has_email(email);
                found.extend(lock(&faulty.ghosts).iter().filter(is).cloned());
            }),
        ],
        "everything of it but [\"its accounts by their address\"]",
    ),
    Fault(
        "leaves sessions of who is removed",
        &[
            Hook::Before(|faulty, write| {
                if removed(write) {
                    for account in faulty.all(&write.organization) {
                        let read = faulty.inner.sessions(&write.organization, &account.id);
                        let all = now(read).into_iter().map(|session| (session, account.clone()));
                        lock(&faulty.sessions).extend(all);
                    }
                }
            }),
            Hook::Sessions(|faulty, account, found| {
                let left = lock(&faulty.sessions);
                let left = left.iter().filter(|(session, _)| session.start.account == *account);
                found.extend(left.map(|(session, _)| session.clone()));
            }),
        ],
        "everything of it but [\"its sessions by account\"]",
    ),
    Fault(
        "leaves what who is removed keeps",
        &[
            Hook::Before(|faulty, write| {
                if removed(write) {
                    let read = faulty.inner.all_kept(&write.organization, KeptKind::PagingKey);
                    lock(&faulty.kept).extend(now(read));
                }
            }),
            Hook::AllKept(|faulty, id, kind, found| {
                let left = lock(&faulty.kept);
                found.extend(
                    left.iter()
                        .filter(|one| one.kind() == kind && one.organization == *id)
                        .cloned(),
                );
            }),
        ],
        "everything of it but [\"all that it keeps\"]",
    ),
    Fault(
        "leaves the audit trail of who is removed",
        &[
            Hook::Before(|faulty, write| {
                if removed(write) {
                    *lock(&faulty.told) = now(faulty.inner.audit(&write.organization, None, ALL));
                }
            }),
            Hook::Audit(|faulty, id, before, count| {
                let found = now(faulty.inner.audit(id, before, count));
                let gone = faulty.record(id).is_none() && before.is_none();
                if found.is_empty() && gone { lock(&faulty.told).clone() } else { found }
            }),
        ],
        "everything of it but [\"its audit trail\"]",
    ),
    Fault(
        "tells of who is removed",
        &[Hook::After(|faulty, write, written| {
            if removed(write) {
                write.events.iter().for_each(|event| now(faulty.inner.record(event)));
            }
            written
        })],
        "everything of it but [\"its audit trail\"]",
    ),
    Fault(
        "leaves the requests of who is removed",
        &[
            Hook::Before(|faulty, write| {
                if removed(write) {
                    let read = now(faulty.inner.requests(&write.organization, None, ALL));
                    *lock(&faulty.requests) = read;
                }
            }),
            Hook::Requests(|faulty, id, before, count| {
                let found: Vec<(u64, RequestLog)> = now(faulty.inner.requests(id, before, count));
                let gone = faulty.record(id).is_none();
                if found.is_empty() && gone { lock(&faulty.requests).clone() } else { found }
            }),
        ],
        "everything of it but [\"its requests\"]",
    ),
    Fault(
        "leaves the feed of who is removed",
        &[
            Hook::Before(|faulty, write| {
                if removed(write) {
                    let feed = now(faulty.inner.changes_since(&write.organization, 0, ALL));
                    let feed = feed.into_iter().map(|one| (write.organization.clone(), one));
                    lock(&faulty.changes).extend(feed);
                }
            }),
            Hook::Feed(|faulty, id, after, count| {
                let mut found = now(faulty.inner.changes_since(id, after, count));
                let left = lock(&faulty.changes);
                let own = left.iter().filter(|(organization, _)| organization == id);
                found.extend(own.map(|(_, change)| change.clone()));
                found
            }),
        ],
        "everything of it but [\"its feed\"]",
    ),
];
