//! What is written, found and changed.

use std::collections::BTreeSet;

use super::{
    SetSeats, Tested, address_of, email, invited, is_done, key, member, profile_of, readdressed,
    rekeyed, renamed, to,
};
use crate::account::{Account, Changes, EmailProof, NewAccount, Role, Seats, Status};
use crate::store::{AccountStore, Written};

pub(super) fn what_is_written_is_found<D: AccountStore>(
    tested: Tested<'_, D>,
    set_seats: SetSeats<'_>,
) {
    let id = "contract-written";
    set_seats(id, None);
    let (alice_key, alice_email) = (key(id, "alice"), address_of(id, "alice"));
    assert!(
        tested.accounts(id, Some(&alice_key), Some(&alice_email)).is_empty(),
        "the directory has to be empty"
    );
    let news = [
        NewAccount { role: Role::Administrator, ..member(id, "alice") },
        NewAccount { email_proof: EmailProof::Proven, ..member(id, "bob") },
        NewAccount { email_proof: EmailProof::Unproven, ..member(id, "carol") },
        NewAccount { role: Role::Administrator, ..invited(id, "dave") },
    ];
    let mut ids = BTreeSet::new();
    for new in news {
        let account = tested.created(new.clone());
        let (key, email) = (account.stable_key.clone(), account.email.clone());
        let expected = new.into_account(account.id.clone());
        assert_eq!(account, expected, "an account is created as it was given, in every field");
        assert!(ids.insert(account.id.clone()), "each account has an id of its own");
        let (key, email) = (key.as_ref(), email.as_ref());
        let only = std::slice::from_ref(&account);
        if key.is_some() {
            assert_eq!(
                tested.accounts(id, key, None),
                only,
                "an account is found by its key alone"
            );
            assert_eq!(
                tested.accounts(id, key, email),
                only,
                "an account is found once by key and address"
            );
        }
        assert_eq!(
            tested.accounts(id, None, email),
            only,
            "an account is found by its address alone"
        );
    }
    let unknown = tested.accounts(id, None, Some(&address_of(id, "unknown")));
    assert!(unknown.is_empty(), "no key is not the key of those who have none");
    for text in ["ALICE@CONTRACT-WRITTEN.TEST", "aLiCe@contract-written.test"] {
        let found = tested.accounts(id, None, Some(&email(text)));
        assert_eq!(found.len(), 1, "an address is found in any ASCII letter case");
    }
    let bob = address_of(id, "bob");
    let both = tested.accounts(id, Some(&alice_key), Some(&bob));
    assert_eq!(both.len(), 2, "a key and an address of two accounts find both");
    let unknown = tested.accounts(id, Some(&key(id, "unknown")), Some(&bob));
    assert_eq!(unknown.len(), 1, "an address is found beside a key that nobody has");
    assert!(
        tested.accounts(id, None, None).is_empty(),
        "neither a key nor an address finds nobody"
    );
    let pattern = tested.accounts(id, None, Some(&address_of(id, "al_ce")));
    assert!(pattern.is_empty(), "an address is no pattern: `_` stands for itself");
    for name in ["ALICE", "alice ", " alice", "alic", "al_ce"] {
        let found = tested.accounts(id, Some(&key(id, name)), None);
        assert!(found.is_empty(), "keys are compared byte for byte: {name:?} is not \"alice\"");
    }
    assert_eq!(
        tested.seats(id),
        Seats::new(None, 4),
        "found are also the seats: four taken of any number"
    );
    set_seats(id, Some(9));
    assert_eq!(tested.seats(id), Seats::new(9, 4), "found are also the seats: four taken of nine");
}

pub(super) fn a_change_changes_what_it_says<D: AccountStore>(
    tested: Tested<'_, D>,
    set_seats: SetSeats<'_>,
) {
    let id = "contract-changed";
    set_seats(id, None);
    let proven = Changes { email_proof: Some(EmailProof::Proven), ..Changes::default() };
    let all = Changes {
        email: Some(address_of(id, "all")),
        email_proof: Some(EmailProof::Unproven),
        stable_key: Some(key(id, "all")),
        role: Some(Role::Administrator),
        status: Some(Status::Active),
        ..renamed("all")
    };
    let new = NewAccount {
        role: Role::Administrator,
        profile: profile_of("alice"),
        ..invited(id, "alice")
    };
    let mut before = tested.created(new);
    for (what, changes) in [
        ("key", rekeyed(key(id, "alice"))),
        ("profile", renamed("Alicia")),
        ("proof of the address", proven),
        ("address", readdressed(address_of(id, "alicia"))),
        ("status", to(Status::Active)),
        ("status", to(Status::Deactivated)),
        ("key", rekeyed(key(id, "alicia"))),
        ("key that goes", Changes::unlinked()),
        ("role", Changes { role: Some(Role::Member), ..Changes::default() }),
        ("fields all at once", all),
        ("fields in none", Changes::default()),
    ] {
        let after = tested.changed(&before, &changes);
        let expected = changes.applied_to(&before);
        assert_eq!(after, expected, "a change of the {what} is written, and nothing else with it");
        let found = tested.now(&after);
        assert_eq!(found, Some(after.clone()), "a change of the {what} is found afterwards");
        if after.email != before.email {
            let found = tested.accounts(id, None, before.email.as_ref());
            assert!(found.is_empty(), "an address that was given up finds nobody");
        }
        if after.stable_key != before.stable_key && before.stable_key.is_some() {
            let found = tested.accounts(id, before.stable_key.as_ref(), None);
            assert!(found.is_empty(), "a key that was given up finds nobody");
        }
        before = after;
    }
    let heir = tested.create(member(id, "alice"));
    assert!(is_done(&heir), "a key and an address that were given up are free for another account");
}

pub(super) fn a_change_is_of_what_was_read<D: AccountStore>(
    tested: Tested<'_, D>,
    set_seats: SetSeats<'_>,
) {
    let id = "contract-read";
    set_seats(id, None);
    let account = tested.created(member(id, "alice"));
    let stale = |what: &str, before: Account| {
        let written = tested.change(&before, &renamed("stale"));
        assert_eq!(
            written,
            Written::Conflict,
            "a change of an account that was read with another {what}"
        );
        let now = tested.now(&account);
        assert_eq!(now.as_ref(), Some(&account), "a change that is a conflict writes nothing");
    };
    let read = || account.clone();
    stale("key", Account { stable_key: None, ..read() });
    stale("key", Account { stable_key: Some(key(id, "ALICE")), ..read() });
    stale("address", Account { email: Some(address_of(id, "alicia")), ..read() });
    stale("address", Account { email: None, ..read() });
    stale("proof of the address", Account { email_proof: EmailProof::Proven, ..read() });
    stale("profile", Account { profile: profile_of("alicia"), ..read() });
    stale("role", Account { role: Role::Administrator, ..read() });
    stale("status", Account { status: Status::Invited, ..read() });
    stale("directory_managed", Account { directory_managed: true, ..read() });
    for (name, changes) in [
        ("bob", renamed("robert")),
        ("carol", to(Status::Deactivated)),
        ("dave", rekeyed(key(id, "david"))),
    ] {
        let before = tested.created(member(id, name));
        let after = tested.changed(&before, &changes);
        let written = tested.change(&before, &to(Status::Deleted));
        assert_eq!(written, Written::Conflict, "what was read has changed since");
        let gone = tested.changed(&after, &to(Status::Deleted));
        assert_eq!(
            gone.status,
            Status::Deleted,
            "what the last change answered can be changed further"
        );
    }
}

pub(super) fn organizations_are_apart<D: AccountStore>(
    tested: Tested<'_, D>,
    set_seats: SetSeats<'_>,
) {
    let (one, other) = ("contract-one", "contract-other");
    set_seats(one, Some(1));
    set_seats(other, Some(2));
    let alice = tested.created(member(one, "alice"));
    let (key, address) = (alice.stable_key.clone(), alice.email.clone());
    let found = tested.accounts(other, key.as_ref(), None);
    assert!(found.is_empty(), "organizations are apart: a key finds nobody of another one");
    let found = tested.accounts(other, None, address.as_ref());
    assert!(found.is_empty(), "organizations are apart: an address finds nobody of another one");
    assert_eq!(tested.taken(other), 0, "organizations are apart: each has seats of its own");
    let same_address = NewAccount { email: address_of(one, "alice"), ..invited(other, "alice") };
    let same_address = tested.create(same_address);
    assert!(
        is_done(&same_address),
        "organizations are apart: both may have an account with one address"
    );
    let same_key = tested.create(NewAccount { stable_key: key, ..member(other, "bob") });
    assert!(is_done(&same_key), "organizations are apart: both may have an account with one key");
    assert_eq!(
        (tested.seats(one), tested.seats(other)),
        (Seats::new(1, 1), Seats::new(2, 2)),
        "organizations are apart: each has seats of its own"
    );
    let elsewhere = Account { organization: other.into(), ..alice.clone() };
    let written = tested.change(&elsewhere, &renamed("elsewhere"));
    assert_eq!(
        written,
        Written::Conflict,
        "organizations are apart: none changes an account of another one"
    );
    assert_eq!(
        tested.now(&alice),
        Some(alice),
        "organizations are apart: none changes an account of another one"
    );
}
