//! Faults of numbers: sentence 4.

use saml_login::account::{Account, Role, Status};
use saml_login::organization::Counters;
use saml_login::store::{AccountWrite, Record, Written};

use super::faulty::{Fault, Faulty, Hook};

/// Counts otherwise.
macro_rules! counts {
    ($name:literal, $how:expr, $words:literal) => {
        Fault(
            $name,
            &[Hook::Record(|faulty, record| {
                let how: fn(&Faulty, &mut Counters, &Record) = $how;
                let before = record.clone();
                how(faulty, &mut record.counters, &before);
            })],
            $words,
        )
    };
}

fn statuses(faulty: &Faulty, write: &saml_login::store::Write) -> Option<(Status, Status)> {
    let after = write.account.as_ref()?.after()?;
    Some((faulty.before(write)?.status, after.status))
}

fn is_full(faulty: &Faulty, write: &saml_login::store::Write) -> bool {
    !faulty.counters(&write.organization).seats().has_free()
}

pub(crate) const FAULTS: &[Fault] = &[
    counts!(
        "counts no seats bought",
        |_, counters, _| counters.purchased = None,
        "seats bought after"
    ),
    counts!("counts nobody active", |_, counters, _| counters.active = 0, "active accounts"),
    counts!(
        "counts invited ones as active",
        |_, counters, _| counters.active += std::mem::take(&mut counters.invited),
        "accounts after from nothing to Invited"
    ),
    counts!(
        "counts nobody deactivated",
        |_, counters, _| counters.deactivated = 0,
        "deactivated accounts"
    ),
    counts!("counts nobody deleted", |_, counters, _| counters.deleted = 0, "deleted accounts"),
    counts!(
        "counts no administrators",
        |_, counters, _| counters.administrators = 0,
        "active administrators"
    ),
    counts!(
        "counts administrators who are switched off",
        |faulty, counters, record| {
            let mut all = faulty.all(record.organization.id());
            all.retain(|one| one.role == Role::Administrator && one.status != Status::Invited);
            counters.administrators = u32::try_from(all.len()).expect("few");
        },
        "active administrators after from nothing to Deactivated Administrator"
    ),
    counts!(
        "forgets that there was an administrator",
        |_, counters, _| counters.had_administrator = counters.administrators > 0,
        "that there was an administrator is not forgotten"
    ),
    counts!(
        "evicts where fewer are bought",
        |_, counters, _| {
            let purchased = counters.purchased.unwrap_or(u32::MAX);
            counters.active = counters.active.min(purchased);
        },
        "where fewer are bought nobody loses their seat"
    ),
    counts!(
        "counts everybody everywhere",
        |faulty, counters, _| {
            let mut all = faulty.everybody();
            all.retain(|one| one.status == Status::Active);
            counters.active = u32::try_from(all.len()).expect("few");
        },
        "the numbers are what a count gives: active accounts after an organization that is founded"
    ),
    counts!(
        "counts whoever is known, and not whom the settings let in",
        |faulty, counters, record| {
            let mut all = faulty.all(record.organization.id());
            all.retain(|one| one.is_active_administrator() && one.takes_code());
            counters.reachable = u32::try_from(all.len()).expect("few");
        },
        "settings that let in nobody are counted anew"
    ),
    Fault(
        "keeps nobody who gets in",
        &[Hook::Before(|_, write| write.keep_reachable = false)],
        "the last one who gets in is not made a member",
    ),
    Fault(
        "keeps whoever gets in by accounts alone",
        &[Hook::Before(|_, write| write.keep_reachable &= write.settings.is_none())],
        "settings let in one who got in",
    ),
    Fault(
        "keeps whoever gets in, whatever the write says",
        &[Hook::Before(|_, write| write.keep_reachable = true)],
        "where the write says nothing, settings may let in nobody",
    ),
    Fault(
        "needs no seat",
        &[Hook::After(|_, _, written| match written {
            Written::NoSeat => Written::Done,
            other => other,
        })],
        "an account needs a seat",
    ),
    Fault(
        "invites without a seat",
        &[Hook::After(|_, write, written| match (&write.account, written) {
            (Some(AccountWrite::Create(new)), Written::NoSeat) if new.status == Status::Invited => {
                Written::Done
            }
            (_, written) => written,
        })],
        "from nothing to Invited Administrator an account needs a seat",
    ),
    Fault(
        "restores without a seat",
        &[Hook::After(|faulty, write, written| match statuses(faulty, write) {
            Some((Status::Deactivated, _)) if written == Written::NoSeat => Written::Done,
            _ => written,
        })],
        "from Deactivated Administrator to Active Administrator an account needs a seat",
    ),
    Fault(
        "accepts with a seat alone",
        &[Hook::Instead(|faulty, write| match statuses(faulty, write) {
            Some((Status::Invited, Status::Active)) if is_full(faulty, write) => {
                Some(Written::NoSeat)
            }
            _ => None,
        })],
        "from Invited Administrator to Active Administrator nothing is in the way",
    ),
    Fault(
        "changes with a seat alone",
        &[Hook::Instead(|faulty, write| match statuses(faulty, write) {
            Some((Status::Active, Status::Active)) if is_full(faulty, write) => {
                Some(Written::NoSeat)
            }
            _ => None,
        })],
        "from Active Administrator to Active Administrator nothing is in the way",
    ),
    Fault(
        "deactivates with a seat alone",
        &[Hook::Instead(|faulty, write| match &write.account {
            Some(AccountWrite::Create(new)) if new.status == Status::Deactivated => {
                is_full(faulty, write).then_some(Written::NoSeat)
            }
            _ => None,
        })],
        "from nothing to Deactivated Administrator nothing is in the way",
    ),
    Fault(
        "has one seat more",
        &[Hook::After(|faulty, write, written| {
            let counters = faulty.counters(&write.organization);
            let over = Some(counters.seats().taken) == counters.purchased;
            if written == Written::NoSeat && over { Written::Done } else { written }
        })],
        "an account needs a seat",
    ),
    Fault(
        "keeps no administrator",
        &[Hook::Before(|_, write| write.keep_administrator = false)],
        "the last administrator is not made a member",
    ),
    Fault(
        "keeps an administrator's role alone",
        &[Hook::Before(|faulty, write| {
            let after = write.account.as_ref().and_then(AccountWrite::after);
            if after.is_some_and(|after| after.role == Role::Administrator) {
                write.keep_administrator = false;
            }
            let _ = faulty;
        })],
        "the last administrator is not deactivated",
    ),
    Fault(
        "purges the last administrator",
        &[Hook::Before(|_, write| {
            if let Some(AccountWrite::Purge { .. }) = &write.account {
                write.keep_administrator = false;
            }
        })],
        "the last administrator is not purged",
    ),
    Fault(
        "keeps administrators whatever the write says",
        &[Hook::Before(|_, write| write.keep_administrator = true)],
        "where the write says so no administrator has to stay",
    ),
    Fault(
        "holds to an administrator who never was",
        &[Hook::Instead(|faulty, write| {
            let (before, after) = (faulty.before(write)?, write.account.as_ref()?.after()?);
            let is = |account: &Account| account.role == Role::Administrator;
            let none = faulty.counters(&write.organization).administrators == 0;
            (none && is(&before) && !is(after)).then_some(Written::LastAdministrator)
        })],
        "it is answered LastAdministrator",
    ),
    Fault(
        "counts administrators who are switched off as some",
        &[Hook::Before(|faulty, write| {
            let mut all = faulty.all(&write.organization);
            let id = write.account.as_ref().map(AccountWrite::id);
            all.retain(|one| one.role == Role::Administrator && Some(&one.id) != id);
            write.keep_administrator &= all.is_empty();
        })],
        "who is switched off or invited administers nothing",
    ),
    Fault(
        "asks for no seat where no administrator has to stay",
        &[Hook::After(|_, write, written| match written {
            Written::NoSeat if !write.keep_administrator => Written::Done,
            other => other,
        })],
        "where no administrator has to stay a seat is needed",
    ),
    Fault(
        "administrators are those of all organizations",
        &[Hook::Before(|faulty, write| {
            let mut all = faulty.everybody();
            all.retain(|one| {
                one.is_active_administrator()
                    && one.organization != write.organization
                    && one.organization.as_str() == "contract-two"
            });
            write.keep_administrator &= all.is_empty();
        })],
        "an administrator of another one administers nothing",
    ),
];
