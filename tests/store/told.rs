//! Faults of what is told: events, requests of the directory, and the one record of the store.

use chrono::DateTime;
use saml_login::account::OrganizationId;
use saml_login::audit::{AuditEvent, Outcome};
use saml_login::store::{RequestLog, Store};

use super::faulty::{Fault, Faulty, Hook, now};

const ALL: usize = 999;

fn audit(
    faulty: &Faulty,
    id: &OrganizationId,
    before: Option<u64>,
    count: usize,
) -> Vec<(u64, AuditEvent)> {
    now(faulty.inner.audit(id, before, count))
}

fn requests(
    faulty: &Faulty,
    id: &OrganizationId,
    before: Option<u64>,
    count: usize,
) -> Vec<(u64, RequestLog)> {
    now(faulty.inner.requests(id, before, count))
}

/// Keeps events otherwise.
macro_rules! tells {
    ($name:literal, $how:expr, $words:literal) => {
        Fault(
            $name,
            &[Hook::Before(|_, write| {
                let how: fn(&mut AuditEvent) = $how;
                write.events.iter_mut().for_each(how);
            })],
            $words,
        )
    };
}

/// Keeps requests otherwise.
macro_rules! logs {
    ($name:literal, $how:expr, $words:literal) => {
        Fault(
            $name,
            &[Hook::Logs(|request| {
                let how: fn(&mut RequestLog) = $how;
                let mut request = request.clone();
                how(&mut request);
                Some(request)
            })],
            $words,
        )
    };
}

pub(crate) const FAULTS: &[Fault] = &[
    tells!("no target", |event| event.target = None, "events are told whole"),
    tells!("no outcome", |event| event.outcome = Outcome::Done, "events are told whole"),
    tells!(
        "no code of an outcome",
        |event| {
            if let Outcome::Failed(code) = &mut event.outcome {
                *code = "failed".into();
            }
        },
        "events are told whole"
    ),
    tells!(
        "one actor",
        |event| event.actor = saml_login::audit::Actor::Application,
        "events are told whole"
    ),
    tells!(
        "one action",
        |event| event.action = saml_login::audit::Action::Login,
        "events are told whole"
    ),
    tells!("no instant", |event| event.at = chrono::DateTime::UNIX_EPOCH, "events are told whole"),
    Fault(
        "tells no refusals",
        &[Hook::Records(|_| None)],
        "each event is told once, a refusal, too",
    ),
    Fault(
        "tells the oldest first",
        &[Hook::Audit(|faulty, id, before, count| {
            let mut told = audit(faulty, id, before, count);
            told.reverse();
            told
        })],
        "events come the newest first",
    ),
    Fault(
        "tells the first ones",
        &[Hook::Audit(|faulty, id, before, count| {
            let mut told = audit(faulty, id, before, ALL);
            told.drain(..told.len().saturating_sub(count));
            told
        })],
        "the latest events are told first",
    ),
    Fault(
        "tells from a number on",
        &[Hook::Audit(|faulty, id, before, count| {
            audit(faulty, id, before.map(|before| before + 1), count)
        })],
        "pages before a number come to an end",
    ),
    Fault(
        "skips an event between pages",
        &[Hook::Audit(|faulty, id, before, count| {
            audit(faulty, id, before.map(|before| before.saturating_sub(1)), count)
        })],
        "events before a number follow without a gap",
    ),
    Fault(
        "tells without a bound",
        &[Hook::Audit(|faulty, id, before, _| audit(faulty, id, before, ALL))],
        "the latest events are told first",
    ),
    Fault(
        "numbers all events alike",
        &[Hook::Audit(|faulty, id, before, count| {
            let told = audit(faulty, id, before, count);
            told.into_iter().map(|(_, event)| (1, event)).collect()
        })],
        "each with a number of its own",
    ),
    Fault(
        "tells of others",
        &[Hook::Audit(|faulty, id, before, count| {
            let other = OrganizationId::new("contract-told-other");
            let mut told = audit(faulty, id, before, count);
            if id.as_str() == "contract-told" && before.is_none() {
                told.extend(audit(faulty, &other, None, count));
            }
            told
        })],
        "each with a number of its own",
    ),
    Fault(
        "tells nothing of others",
        &[Hook::Audit(|faulty, id, before, count| match id.as_str() {
            "contract-told-other" => Vec::new(),
            _ => audit(faulty, id, before, count),
        })],
        "events are told by their organization",
    ),
    Fault("logs no requests", &[Hook::Logs(|_| None)], "requests are logged whole"),
    logs!("no token of requests", |request| request.token = None, "requests are logged whole"),
    logs!("no account of requests", |request| request.account = None, "requests are logged whole"),
    logs!("no status of requests", |request| request.status = 200, "requests are logged whole"),
    logs!("no detail of requests", |request| request.detail = None, "requests are logged whole"),
    logs!("no reason of requests", |request| request.reason = None, "requests are logged whole"),
    logs!("one note of requests", |request| request.notes.truncate(1), "requests are logged whole"),
    logs!("no number of requests", |request| request.unlisted = 0, "requests are logged whole"),
    Fault(
        "logs requests of nobody",
        &[Hook::Requests(|faulty, id, before, count| match id.as_str() {
            "contract-logged-nobody" => {
                vec![(1, RequestLog::new(id, DateTime::UNIX_EPOCH, "nowhere", 401))]
            }
            _ => requests(faulty, id, before, count),
        })],
        "requests of an organization that is not there are forgotten",
    ),
    logs!(
        "short requests",
        |request| request.milliseconds = request.milliseconds.min(65_535),
        "requests are logged whole"
    ),
    Fault(
        "logs the oldest first",
        &[Hook::Requests(|faulty, id, before, count| {
            let mut logged = requests(faulty, id, before, count);
            logged.reverse();
            logged
        })],
        "requests come the newest first",
    ),
    Fault(
        "logs from a number on",
        &[Hook::Requests(|faulty, id, before, count| {
            requests(faulty, id, before.map(|before| before + 1), count)
        })],
        "pages before a number come to an end",
    ),
    Fault(
        "logs without a bound",
        &[Hook::Requests(|faulty, id, before, _| requests(faulty, id, before, ALL))],
        "a page has no more than what was asked for",
    ),
    Fault(
        "keeps no sealing keys",
        &[Hook::StoreRecord(|record| record.sealing_keys.clear())],
        "the record is kept whole",
    ),
    Fault(
        "keeps no version of the record",
        &[Hook::StoreRecord(|record| record.version = 0)],
        "the record is kept with its version",
    ),
    Fault(
        "has a record at first",
        &[Hook::StoreRecord(|record| {
            if record.version == 0 {
                record.sealing_keys.insert("one".into());
            }
        })],
        "a new store has a record at version 0",
    ),
    Fault(
        "writes the record at any version",
        &[Hook::Before(|faulty, write| {
            let version = now(faulty.inner.store_record()).version;
            write.store_record.iter_mut().for_each(|record| record.version = version + 1);
        })],
        "the record is written at the next version",
    ),
    Fault(
        "needs an organization for the record",
        &[Hook::Instead(|faulty, write| {
            let alone =
                write.store_record.is_some() && faulty.record(&write.organization).is_none();
            alone.then_some(saml_login::store::Written::Outdated)
        })],
        "the record is written at the next version: Outdated",
    ),
];
