//! Sentence 7: what is spent was not spent before.

use chrono::{DateTime, TimeDelta, Utc};

use super::Tested;
use super::people::odd;
use crate::account::OrganizationId;
use crate::replay::Spending;
use crate::store::{Store, Write, Written};
use crate::testing::contract::instant;

fn until() -> DateTime<Utc> {
    instant() + TimeDelta::minutes(5)
}

fn assertion(id: &str) -> Spending {
    Spending::new("contract-spent", "urn:issuer", id, until())
}

pub(super) fn what_is_spent_was_not_spent_before<S: Store>(tested: Tested<'_, S>) {
    let id = tested.found("contract-spent", None);
    let spend = |spending: Spending| tested.write(spending_of(&id, spending, instant()));
    let fresh = |spending: Spending, what: &str| {
        let written = spend(spending);
        assert!(written == Written::Done, "{what}: {written:?}");
    };
    let seen = |spending: Spending, what: &str| {
        let written = spend(spending);
        assert!(written == Written::AlreadySpent, "{what}: {written:?}");
    };
    fresh(assertion("one"), "an assertion is spent");
    seen(assertion("one"), "an assertion that was spent is spent");
    fresh(assertion("two").with_request_id("request"), "an assertion and a request are spent");
    seen(assertion("two"), "an assertion that answered a request is spent");
    seen(assertion("three").with_request_id("request"), "a request that was answered is spent");
    fresh(assertion("three"), "where the request was spent before the assertion is not spent");
    seen(assertion("one").with_request_id("unused"), "an assertion that was spent is spent");
    fresh(
        assertion("four").with_request_id("unused"),
        "where the assertion was spent before the request is not spent",
    );
    fresh(assertion("one").of_logout(), "kinds are apart: a logout is no assertion");
    seen(assertion("one").of_logout(), "a logout that was spent is spent");
    fresh(assertion("request"), "kinds are apart: an assertion is no request");
    fresh(assertion("five").with_request_id("one"), "kinds are apart: a request is no assertion");
    let elsewhere = |spending: Spending| Spending { connection_id: "other".into(), ..spending };
    fresh(elsewhere(assertion("one")), "connections are apart: an assertion of another one");
    let request = assertion("two").with_request_id("request");
    fresh(elsewhere(request), "connections are apart: a request of another one");
    let issuer = Spending { issuer: "urn:other".into(), ..assertion("one") };
    fresh(issuer, "issuers are apart");
    let issuer = Spending { issuer: "urn:other".into(), ..assertion("six") };
    seen(issuer.with_request_id("request"), "a request is one whoever answers it");
    to_the_letter(tested, &id);
    until_it_is_over(tested, &id);
}

fn spending_of(id: &OrganizationId, spending: Spending, at: DateTime<Utc>) -> Write {
    let mut write = Write::of(id, at);
    write.spend = Some(spending);
    write
}

fn to_the_letter<S: Store>(tested: Tested<'_, S>, id: &OrganizationId) {
    let spend = |spending: Spending| tested.write(spending_of(id, spending, instant()));
    let long = |end: &str| format!("{}{}{end}", odd("id"), "x".repeat(3_000));
    for name in ["ONE", "one ", " one", "o_e", "%", "on", &long("a"), &long("b")] {
        let written = spend(assertion(name));
        assert!(
            written == Written::Done,
            "IDs are compared to the letter: {name:.40}: {written:?}"
        );
    }
    for name in [&long("a"), &long("b")] {
        let written = spend(assertion(name));
        assert!(written == Written::AlreadySpent, "a long ID that was spent is spent: {written:?}");
    }
    let split = |connection: &str, issuer: &str| {
        let (connection_id, issuer) = (connection.to_owned(), issuer.to_owned());
        spend(Spending { connection_id, issuer, ..assertion("z") })
    };
    for (connection, issuer) in [("a:b", "c"), ("a", "b:c"), ("a|b", "c"), ("a", "b|c")] {
        let written = split(connection, issuer);
        assert!(written == Written::Done, "keys do not run into each other: {written:?}");
    }
}

fn until_it_is_over<S: Store>(tested: Tested<'_, S>, id: &OrganizationId) {
    let last = until() - TimeDelta::seconds(1);
    for at in [last, instant()] {
        let written = tested.write(spending_of(id, assertion("one"), at));
        assert!(
            written == Written::AlreadySpent,
            "what was spent stays spent up to its last instant: {written:?}"
        );
    }
    let over = Spending { until: last, ..assertion("over") };
    for at in [last, until()] {
        let write = spending_of(id, over.clone(), at);
        let written = tested.runner.run(tested.store.write(write));
        assert!(!matches!(written, Ok(Written::Done)), "nothing that is over is spent");
    }
    // What an other login has cleared away is not new when a clock goes backwards.
    let brief = Spending { until: instant() + TimeDelta::minutes(1), ..assertion("brief") };
    let write = spending_of(id, brief.clone(), instant());
    tested.done(write, "an assertion is spent");
    let later = spending_of(id, assertion("later"), last);
    tested.done(later, "an assertion is spent");
    let written = tested.runner.run(tested.store.write(spending_of(id, brief, instant())));
    assert!(
        !matches!(written, Ok(Written::Done)),
        "what may have been forgotten is not spent again when the time goes backwards"
    );
}
