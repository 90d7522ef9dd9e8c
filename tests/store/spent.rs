//! Faults of what is spent: sentence 7.

use saml_login::replay::{Spending, SpentKind};
use saml_login::store::{Write, Written};

use super::faulty::{Fault, Faulty, Hook, lock};

type Key = Vec<String>;

fn assertion(spending: &Spending) -> Key {
    let Spending { connection_id, issuer, kind, assertion_id, .. } = spending;
    vec![kind.as_str().into(), connection_id.clone(), issuer.clone(), assertion_id.clone()]
}

fn request(spending: &Spending) -> Option<Key> {
    let id = spending.request_id.clone()?;
    Some(vec!["request".into(), spending.connection_id.clone(), String::new(), id])
}

/// Remembers what is spent by other keys.
fn spend(
    faulty: &Faulty,
    write: &mut Write,
    assertion: fn(&Spending) -> Key,
    request: fn(&Spending) -> Option<Key>,
    both: bool,
) -> Option<Written> {
    let spending = write.spend.clone()?;
    let keys: Vec<Key> =
        [Some(assertion(&spending)), request(&spending)].into_iter().flatten().collect();
    let mut once = lock(&faulty.once);
    if keys.iter().any(|key| once.contains(key)) || spending.until <= write.at {
        if !both {
            once.extend(keys);
        }
        return Some(Written::AlreadySpent);
    }
    once.extend(keys);
    None
}

/// Answers by other keys, and writes the rest.
macro_rules! spends {
    ($name:literal, $assertion:expr, $request:expr, $both:literal, $words:literal) => {
        Fault(
            $name,
            &[Hook::Instead(|faulty, write| {
                let mut write = write.clone();
                if write.organization.as_str() != "contract-spent" || write.spend.is_none() {
                    return None;
                }
                Some(
                    spend(faulty, &mut write, $assertion, $request, $both).unwrap_or(Written::Done),
                )
            })],
            $words,
        )
    };
}

fn with_id(how: fn(&str) -> String) -> impl Fn(&Spending) -> Key {
    move |spending| {
        let mut key = assertion(spending);
        key[3] = how(&key[3]);
        key
    }
}

pub(crate) const FAULTS: &[Fault] = &[
    Fault(
        "spends anything again",
        &[Hook::After(|_, _, written| match written {
            Written::AlreadySpent => Written::Done,
            other => other,
        })],
        "an assertion that was spent is spent",
    ),
    Fault(
        "spends nothing",
        &[Hook::Before(|_, write| write.spend = None)],
        "an assertion that was spent is spent",
    ),
    spends!(
        "spends no requests",
        assertion,
        |_| None,
        true,
        "a request that was answered is spent"
    ),
    spends!(
        "spends an assertion alone where there is a request",
        |spending| if spending.request_id.is_some() { Vec::new() } else { assertion(spending) },
        request,
        true,
        "an assertion that answered a request is spent"
    ),
    spends!(
        "spends one of both",
        assertion,
        request,
        false,
        "where the request was spent before the assertion is not spent"
    ),
    spends!(
        "spends logouts as assertions",
        |spending| {
            let mut key = assertion(spending);
            key[0] = SpentKind::Assertion.as_str().into();
            key
        },
        request,
        true,
        "kinds are apart: a logout is no assertion"
    ),
    Fault(
        "spends no logouts",
        &[Hook::After(|_, write, written| {
            let kind = write.spend.as_ref().map(|spending| spending.kind);
            let logout = kind == Some(SpentKind::LogoutRequest);
            if logout && written == Written::AlreadySpent { Written::Done } else { written }
        })],
        "a logout that was spent is spent",
    ),
    spends!(
        "spends requests as assertions",
        |spending| vec![
            spending.connection_id.clone(),
            spending.kind.as_str().into(),
            spending.assertion_id.clone(),
            spending.issuer.clone()
        ],
        |spending| {
            let id = spending.request_id.clone()?;
            Some(vec![spending.connection_id.clone(), "assertion".into(), id, "urn:issuer".into()])
        },
        true,
        "kinds are apart: an assertion is no request"
    ),
    spends!(
        "connections are one",
        |spending| assertion(spending)
            .into_iter()
            .skip(2)
            .chain([spending.kind.as_str().into()])
            .collect(),
        request,
        true,
        "connections are apart: an assertion of another one"
    ),
    spends!(
        "connections are one for requests",
        assertion,
        |spending| spending.request_id.clone().map(|id| vec![id]),
        true,
        "connections are apart: a request of another one"
    ),
    spends!(
        "issuers are one",
        |spending| {
            let mut key = assertion(spending);
            key.remove(2);
            key
        },
        request,
        true,
        "issuers are apart"
    ),
    spends!(
        "requests are of an issuer",
        assertion,
        |spending| {
            let mut key = request(spending)?;
            key[2].clone_from(&spending.issuer);
            Some(key)
        },
        true,
        "a request is one whoever answers it"
    ),
    spends!(
        "IDs in any case",
        |spending| with_id(str::to_ascii_lowercase)(spending),
        request,
        true,
        "IDs are compared to the letter"
    ),
    spends!(
        "IDs trimmed",
        |spending| with_id(|id| id.trim().to_owned())(spending),
        request,
        true,
        "IDs are compared to the letter"
    ),
    spends!(
        "IDs cut",
        |spending| with_id(|id| id.chars().take(255).collect())(spending),
        request,
        true,
        "IDs are compared to the letter"
    ),
    spends!(
        "keys run together",
        |spending| vec![assertion(spending).join(":")],
        request,
        true,
        "keys do not run into each other"
    ),
    Fault(
        "spends what is over",
        &[Hook::Before(|_, write| {
            if write.spend.as_ref().is_some_and(|spending| spending.until <= write.at) {
                write.spend = None;
            }
        })],
        "nothing that is over is spent",
    ),
    Fault(
        "forgets a second early",
        &[Hook::After(|_, write, written| {
            let last = write.spend.as_ref().is_some_and(|spending| {
                spending.until > write.at && (spending.until - write.at).num_seconds() <= 1
            });
            if last && written == Written::AlreadySpent { Written::Done } else { written }
        })],
        "stays spent up to its last instant",
    ),
    Fault(
        "takes a clock that went backwards",
        &[Hook::After(|_, write, written| {
            let brief =
                write.spend.as_ref().is_some_and(|spending| spending.assertion_id == "brief");
            if brief && written == Written::AlreadySpent { Written::Done } else { written }
        })],
        "when the time goes backwards",
    ),
];
