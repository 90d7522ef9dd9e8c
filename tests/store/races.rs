//! Faults of those who look first and write later.

use saml_login::account::Status;
use saml_login::organization::Shortage;
use saml_login::store::{AccountWrite, KeptWrite, Name, Names, SettingsWrite, Store, Write};

use super::faulty::{Fault, Faulty, Hook, lock, now};

/// Whether nobody has a name of this kind that is written.
fn is_free(faulty: &Faulty, write: &Write, kind: fn(&Name) -> bool) -> bool {
    let Some(account) = &write.account else { return false };
    let names: Vec<Name> = account.names().into_iter().filter(kind).collect();
    let named = !names.is_empty();
    let found = now(faulty.inner.find(&write.organization, &Names::of_names(names)));
    let accounts = found.map(|found| found.accounts).unwrap_or_default();
    named
        && accounts.iter().all(|other| other.status == Status::Deleted || other.id == *account.id())
}

fn is_new(faulty: &Faulty, write: &Write, id: &str) -> bool {
    let Some(AccountWrite::Create(new)) = &write.account else { return false };
    let is_there = now(faulty.inner.find(&write.organization, &Names::of_id(&new.id)));
    new.id.as_str().contains(id) && is_there.is_some_and(|found| found.accounts.is_empty())
}

/// Whether what the write takes is not short.
fn is_plenty(faulty: &Faulty, write: &Write, shortage: Shortage) -> bool {
    let Some(account) = &write.account else { return false };
    let found = now(faulty.inner.find(&write.organization, &Names::of_id(account.id())));
    let Some(found) = found else { return false };
    let (before, after) = (found.accounts.first(), account.after());
    // Whether one more would be short, were none left.
    let mut none = found.record.counters;
    (none.purchased, none.administrators) = (Some(0), 1);
    none.had_administrator = true;
    let asks = none.shortage(before, after) == Some(shortage);
    asks && found.record.counters.shortage(before, after).is_none()
}

fn is_as_read(faulty: &Faulty, write: &Write) -> bool {
    let Some(AccountWrite::Change(after)) = &write.account else { return false };
    let found = now(faulty.inner.find(&write.organization, &Names::of_id(&after.id)));
    let accounts = found.map(|found| found.accounts).unwrap_or_default();
    accounts.iter().any(|before| before.version + 1 == after.version)
}

/// What a write spends.
fn keys_of(write: &Write) -> Vec<Vec<String>> {
    let Some(spending) = &write.spend else { return Vec::new() };
    let key =
        |kind: &str, id: &str| vec![kind.to_owned(), spending.connection_id.clone(), id.to_owned()];
    let request = spending.request_id.as_deref().map(|id| key("request", id));
    [Some(key("assertion", &spending.assertion_id)), request].into_iter().flatten().collect()
}

pub(crate) const FAULTS: &[Fault] = &[
    Fault(
        "looks for the address first",
        &[Hook::Race(|faulty, write| {
            is_free(faulty, write, |name| matches!(name, Name::Email(_)))
        })],
        "of 64 accounts with one address that come at once one is created",
    ),
    Fault(
        "looks for the key first",
        &[Hook::Race(|faulty, write| is_free(faulty, write, |name| matches!(name, Name::Key(_))))],
        "of 64 accounts with one key that come at once one is created",
    ),
    Fault(
        "looks for the user name first",
        &[Hook::Race(|faulty, write| {
            is_free(faulty, write, |name| matches!(name, Name::UserName(_)))
        })],
        "of 64 accounts with one user name that come at once one is created",
    ),
    Fault(
        "looks for the external ID first",
        &[Hook::Race(|faulty, write| {
            is_free(faulty, write, |name| matches!(name, Name::ExternalId(_)))
        })],
        "of 64 accounts with one external ID that come at once one is created",
    ),
    Fault(
        "looks for the id first",
        &[Hook::Race(|faulty, write| is_new(faulty, write, "id-0"))],
        "of 64 accounts with one id that come at once one is created",
    ),
    Fault(
        "looks for a seat first",
        &[Hook::Race(|faulty, write| {
            let new = matches!(write.account, Some(AccountWrite::Create(_)));
            let bought = faulty.counters(&write.organization).purchased.is_some();
            new && bought && is_plenty(faulty, write, Shortage::NoSeat)
        })],
        "of 64 accounts that come at once for 7 seats 7 are created",
    ),
    Fault(
        "looks for a seat first where somebody is switched on",
        &[Hook::Race(|faulty, write| {
            let change = matches!(write.account, Some(AccountWrite::Change(_)));
            let bought = faulty.counters(&write.organization).purchased.is_some();
            change && bought && is_plenty(faulty, write, Shortage::NoSeat)
        })],
        "of 64 accounts that are switched on at once for 3 seats 3 are",
    ),
    Fault(
        "looks for the address first where somebody changes",
        &[Hook::Race(|faulty, write| {
            let wanted =
                |name: &Name| matches!(name, Name::Email(email) if email.contains("wanted"));
            is_free(faulty, write, wanted)
        })],
        "of 64 that are created or changed to one address at once one is",
    ),
    Fault(
        "reads the version first",
        &[Hook::Race(|faulty, write| {
            let renamed =
                write.account.as_ref().and_then(AccountWrite::after).is_some_and(|after| {
                    after.profile.last_name.as_deref().is_some_and(|name| name.contains("name-"))
                });
            renamed && is_as_read(faulty, write)
        })],
        "of 64 changes at once of an account as it was read one is written",
    ),
    Fault(
        "reads the version of settings first",
        &[Hook::Race(|faulty, write| {
            let record = faulty.record(&write.organization);
            let change = matches!(write.settings, Some(SettingsWrite::Change(_)));
            change && record.map(|record| record.version) == write.decided_by
        })],
        "of 64 changes at once of settings as they were read one is written",
    ),
    Fault(
        "counts administrators first",
        &[Hook::Race(|faulty, write| is_plenty(faulty, write, Shortage::LastAdministrator))],
        "of two administrators who are made members at once exactly one stays",
    ),
    Fault(
        "looks for the assertion first",
        &[
            Hook::Race(|faulty, write| {
                let alone = write.spend.as_ref().is_some_and(|one| one.request_id.is_none());
                alone && !keys_of(write).iter().any(|key| lock(&faulty.once).contains(key))
            }),
            Hook::After(|faulty, write, written| {
                lock(&faulty.once).extend(keys_of(write));
                written
            }),
        ],
        "of 64 that spend one assertion at once one does",
    ),
    Fault(
        "looks for the request first",
        &[
            Hook::Race(|faulty, write| {
                let request = write.spend.as_ref().is_some_and(|one| one.request_id.is_some());
                request && !keys_of(write).iter().any(|key| lock(&faulty.once).contains(key))
            }),
            Hook::After(|faulty, write, written| {
                lock(&faulty.once).extend(keys_of(write));
                written
            }),
        ],
        "of 64 that answer one request at once one does",
    ),
    Fault(
        "looks for what is kept first",
        &[Hook::Race(|faulty, write| match write.kept.first() {
            Some(KeptWrite::Put(kept)) => {
                kept.version == 0 && now(faulty.inner.kept(kept.kind(), &kept.digest)).is_none()
            }
            _ => false,
        })],
        "of 64 that keep one new thing at once one does",
    ),
    Fault(
        "reads what is kept first",
        &[Hook::Race(|faulty, write| match write.kept.first() {
            Some(KeptWrite::Put(kept)) => {
                let before = now(faulty.inner.kept(kept.kind(), &kept.digest));
                before.is_some_and(|before| before.version + 1 == kept.version)
            }
            _ => false,
        })],
        "of 64 that write what is kept as it was read one does",
    ),
    Fault(
        "looks before it takes",
        &[Hook::Race(|faulty, write| match write.kept.first() {
            Some(KeptWrite::Take(kind, digest)) => now(faulty.inner.kept(*kind, digest)).is_some(),
            _ => false,
        })],
        "of 64 that take what is kept at once one does",
    ),
    Fault(
        "looks for claims first",
        &[Hook::Race(|faulty, write| {
            let change = matches!(write.settings, Some(SettingsWrite::Change(_)));
            let race = write.organization.as_str().contains("claimer");
            change && race && faulty.claimed_elsewhere(write).is_none()
        })],
        "of 64 organizations that claim one domain at once one does",
    ),
    Fault(
        "looks for the organization first",
        &[Hook::Race(|faulty, write| {
            let founds = matches!(write.settings, Some(SettingsWrite::Found { .. }));
            founds
                && faulty.record(&write.organization).is_none()
                && faulty.claimed_elsewhere(write).is_none()
        })],
        "of 64 that found one organization at once one does",
    ),
    Fault(
        "looks for the slug first",
        &[Hook::Race(|faulty, write| {
            let founds = matches!(write.settings, Some(SettingsWrite::Found { .. }));
            let race = write.organization.as_str().contains("contract-slug");
            founds && race && faulty.claimed_elsewhere(write).is_none()
        })],
        "of 64 that are founded under one slug at once one is",
    ),
    Fault(
        "reads what decided first",
        &[
            Hook::Before(|faulty, write| {
                let here = write.organization.as_str() == "contract-decided-crowd"
                    && !matches!(write.settings, Some(SettingsWrite::Found { .. }));
                let version = faulty.record(&write.organization).map(|record| record.version);
                let is_current = version.is_some() && version == write.decided_by;
                if here && write.settings.is_some() {
                    faulty.wait_for("looked at what decided");
                }
                if here && write.account.is_some() && is_current && faulty.is_crowd() {
                    faulty.happens("looked at what decided");
                    faulty.wait_for("counted after the change");
                    write.decided_by = None;
                }
            }),
            Hook::Organization(|faulty, id, record| {
                let is_changed = record.as_ref().is_some_and(|record| record.version == 1);
                if id.as_str() == "contract-decided-crowd" && is_changed {
                    faulty.happens("counted after the change");
                }
                record
            }),
        ],
        "once settings are changed nothing is written that the former ones decided",
    ),
    Fault(
        "reads the version of the record first",
        &[Hook::Race(|faulty, write| {
            let version = now(faulty.inner.store_record()).version;
            write.store_record.as_ref().is_some_and(|record| {
                let raced = record.sealing_keys.iter().any(|key| key.starts_with("raced"));
                raced && record.version == version + 1
            })
        })],
        "of 64 that write the record as it was read one does",
    ),
    Fault(
        "accepts an invitation twice",
        &[Hook::Race(|faulty, write| {
            write.organization.as_str() == "contract-accept" && is_as_read(faulty, write)
        })],
        "of 64 that accept one invitation at once one does",
    ),
    Fault(
        "answers logins that came second",
        &[Hook::Race(|faulty, write| {
            let login = write.organization.as_str() == "contract-login";
            login && is_free(faulty, write, |name| matches!(name, Name::Key(_)))
        })],
        "64 first logins of one person make one account",
    ),
    Fault(
        "answers newcomers without a seat",
        &[Hook::Race(|faulty, write| {
            let few = write.organization.as_str() == "contract-few";
            few && is_plenty(faulty, write, Shortage::NoSeat)
        })],
        "of 64 newcomers for 5 seats 5 come in",
    ),
    Fault(
        "makes nobody at logins",
        &[Hook::Instead(|_, write| {
            let login = write.organization.as_str() == "contract-few";
            (login && write.account.is_some()).then_some(saml_login::store::Written::Done)
        })],
        "of 64 newcomers for 5 seats 5 come in",
    ),
];
