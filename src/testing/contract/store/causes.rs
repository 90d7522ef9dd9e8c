//! What a write is refused for.

use super::people::{kept, member, session};
use super::world::{Part, Place, World, domain, put_account, put_settings, spending};
use crate::account::{Account, Role};
use crate::organization::{Claim, ClaimKind};
use crate::random::Random;
use crate::store::{AccountWrite, Kept, KeptWrite, SessionWrite, Write, Written};
use crate::testing::contract::instant;

/// A part for which a write is refused.
#[derive(Clone, Copy)]
pub(super) struct Cause {
    pub(super) part: Part,
    pub(super) answer: fn(&World) -> Written,
}

/// For these a write is refused, in the order of the answers.
pub(super) const CAUSES: [Cause; 13] = [
    Cause {
        part: Part {
            what: "settings that are outdated",
            place: Place::Decision,
            add: |_, write, _| write.decided_by = Some(9),
        },
        answer: |_| Written::Outdated,
    },
    Cause {
        part: Part {
            what: "an assertion that was spent",
            place: Place::Spend,
            add: |world, write, name| {
                write.spend = Some(spending(&world.id, "spent").with_request_id(name));
            },
        },
        answer: |_| Written::AlreadySpent,
    },
    Cause {
        part: Part {
            what: "a request that was answered",
            place: Place::Spend,
            add: |world, write, name| {
                write.spend = Some(spending(&world.id, name).with_request_id("spent"));
            },
        },
        answer: |_| Written::AlreadySpent,
    },
    Cause {
        part: Part {
            what: "an account that has changed",
            place: Place::Account,
            add: |world, write, _| put_account(write, &world.alice, stale_demotion),
        },
        answer: |_| Written::Conflict,
    },
    Cause {
        part: Part {
            what: "a name of another",
            place: Place::Account,
            add: |world, write, name| {
                let new = Account { link: world.alice.link.clone(), ..member(&world.id, name) };
                write.account = Some(AccountWrite::Create(Box::new(new)));
            },
        },
        answer: |_| Written::Conflict,
    },
    Cause {
        part: Part {
            what: "something kept that has changed",
            place: Place::Many,
            add: |world, write, _| {
                write
                    .kept
                    .push(KeptWrite::Put(Box::new(Kept { version: 5, ..world.kept.clone() })));
            },
        },
        answer: |_| Written::Conflict,
    },
    Cause {
        part: Part {
            what: "something that was taken",
            place: Place::Many,
            add: |world, write, name| {
                let gone = kept(&world.id, &format!("{name} gone"));
                write.kept.push(KeptWrite::Take(gone.kind(), gone.digest));
            },
        },
        answer: |_| Written::Conflict,
    },
    Cause {
        part: Part {
            what: "a record of the store that has changed",
            place: Place::Store,
            add: |world, write, _| write.store_record = Some(world.store_record.clone()),
        },
        answer: |_| Written::Conflict,
    },
    Cause {
        part: Part {
            what: "a session of nobody",
            place: Place::Many,
            add: |world, write, name| {
                let session = session(&member(&world.id, "nobody"), &format!("{name} nobody"));
                write.sessions.push(SessionWrite::Begin(Box::new(session)));
            },
        },
        answer: |_| Written::Conflict,
    },
    Cause {
        part: Part {
            what: "an organization that is there",
            place: Place::Settings,
            add: |world, write, _| {
                let organization = world.record.organization.clone();
                let random = Random::new([4; 32]);
                let founding = Write::founding(organization, None, instant(), random);
                write.settings = founding.settings;
                write.decided_by = None;
            },
        },
        answer: |_| Written::Conflict,
    },
    Cause {
        part: Part {
            what: "a claim of another",
            place: Place::Settings,
            add: |world, write, _| put_settings(world, write, &domain(&world.other)),
        },
        answer: |world| Written::Claimed(Claim::new(ClaimKind::Domain, &domain(&world.other))),
    },
    Cause {
        part: Part {
            what: "the last administrator",
            place: Place::Account,
            add: |world, write, _| {
                put_account(write, &world.alice, |alice| alice.role = Role::Member)
            },
        },
        answer: |_| Written::LastAdministrator,
    },
    Cause {
        part: Part {
            what: "no seat",
            place: Place::Account,
            add: |world, write, name| {
                let new = member(&world.id, &format!("{name} new").replace([' ', '/'], "-"));
                write.account = Some(AccountWrite::Create(Box::new(new)));
            },
        },
        answer: |_| Written::NoSeat,
    },
];

/// A conflict, and the last administrator as well.
fn stale_demotion(account: &mut Account) {
    account.version += 4;
    account.role = Role::Member;
}
