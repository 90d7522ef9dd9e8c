//! One key and one address for one account.

use super::{
    SetSeats, Tested, address_of, invited, is_done, key, member, readdressed, rekeyed, renamed, to,
};
use crate::account::{Changes, NewAccount, Status};
use crate::store::{AccountStore, Written};

pub(super) fn keys_and_addresses_are_unique<D: AccountStore>(
    tested: Tested<'_, D>,
    set_seats: SetSeats<'_>,
) {
    let id = "contract-unique";
    set_seats(id, None);
    let alice = tested.created(member(id, "alice"));
    let bob = tested.created(member(id, "bob"));
    let off = tested.created(member(id, "off"));
    let off = tested.changed(&off, &to(Status::Deactivated));
    let taken = tested.taken(id);
    let refused = |what: &str, written: Written| {
        assert_eq!(written, Written::Conflict, "{what}");
        for account in [&alice, &bob, &off] {
            assert_eq!(tested.now(account).as_ref(), Some(account), "a conflict writes nothing");
        }
        assert_eq!(tested.taken(id), taken, "a conflict takes no seat");
    };
    let with_key = |name: &str, key| NewAccount { stable_key: Some(key), ..member(id, name) };
    refused("addresses are unique", tested.create(invited(id, "alice")));
    refused("addresses are unique in any ASCII letter case", tested.create(invited(id, "ALICE")));
    refused("keys are unique", tested.create(with_key("carol", key(id, "alice"))));
    refused(
        "the address of a deactivated account stays its own",
        tested.create(invited(id, "off")),
    );
    refused(
        "the key of a deactivated account stays its own",
        tested.create(with_key("carol", key(id, "off"))),
    );
    let to_alices =
        Changes { profile: renamed("refused").profile, ..readdressed(address_of(id, "alice")) };
    refused("addresses are unique after a change, too", tested.change(&bob, &to_alices));
    let to_alices = readdressed(address_of(id, "Alice"));
    refused(
        "addresses are unique after a change, in any ASCII letter case",
        tested.change(&bob, &to_alices),
    );
    refused("keys are unique after a change, too", tested.change(&bob, &rekeyed(key(id, "alice"))));
    let restored = Changes { email: Some(address_of(id, "BOB")), ..to(Status::Active) };
    refused("addresses are unique when an account is switched on", tested.change(&off, &restored));
    let carol = tested.accounts(id, None, Some(&address_of(id, "carol")));
    assert!(carol.is_empty(), "a conflict writes nothing");

    let own = tested.change(&alice, &readdressed(address_of(id, "Alice")));
    assert!(is_done(&own), "an account's own address in other letters is no conflict");
    let own = tested.change(&bob, &rekeyed(key(id, "bob")));
    assert!(is_done(&own), "an account's own key is no conflict");
    let written = tested.create(with_key("carol", key(id, "ALICE")));
    assert!(
        is_done(&written),
        "keys are compared byte for byte: letters in another case are another key"
    );
    for name in ["dave", "erin"] {
        assert!(is_done(&tested.create(invited(id, name))), "any number of accounts have no key");
    }
    // An issuer and a NameID can be long. What is too long for a column goes into it as a digest,
    // and is never cut.
    let long = "x".repeat(300);
    for end in ["a", "b"] {
        let written =
            tested.create(with_key(&format!("long-{end}"), key(id, &format!("{long}{end}"))));
        assert!(is_done(&written), "keys are compared whole, long ones too");
    }
    let found = tested.accounts(id, Some(&key(id, &format!("{long}b"))), None);
    assert_eq!(found.len(), 1, "keys are compared whole, long ones too");
}

pub(super) fn deleted_accounts_stand_in_nobodys_way<D: AccountStore>(
    tested: Tested<'_, D>,
    set_seats: SetSeats<'_>,
) {
    let id = "contract-deleted";
    set_seats(id, None);
    let gone = |name: &str| tested.changed(&tested.created(member(id, name)), &to(Status::Deleted));
    let (alice, bob, carol) = (gone("alice"), gone("bob"), gone("carol"));
    for deleted in [&alice, &bob, &carol] {
        let only = std::slice::from_ref(deleted);
        let found = tested.accounts(id, deleted.stable_key.as_ref(), None);
        assert_eq!(found, only, "a deleted account is found by its key");
        let found = tested.accounts(id, None, deleted.email.as_ref());
        assert_eq!(found, only, "a deleted account is found by its address");
    }
    let again = tested.create(invited(id, "alice"));
    assert!(is_done(&again), "the address of a deleted account is free");
    let again =
        tested.create(NewAccount { stable_key: bob.stable_key.clone(), ..member(id, "bobby") });
    assert!(is_done(&again), "the key of a deleted account is free");
    let other = tested.created(invited(id, "other"));
    let changes =
        Changes { stable_key: carol.stable_key.clone(), ..readdressed(address_of(id, "carol")) };
    assert!(
        is_done(&tested.change(&other, &changes)),
        "the key and address of a deleted account are free"
    );
    let found = tested.accounts(id, None, alice.email.as_ref());
    assert_eq!(
        found.len(),
        2,
        "a deleted account is found beside the one that has its address now"
    );
    let taken = tested.taken(id);
    for (deleted, what) in [(&alice, "address"), (&bob, "key"), (&carol, "key and address")] {
        for status in [Status::Active, Status::Invited, Status::Deactivated] {
            let written = tested.change(deleted, &to(status));
            assert_eq!(
                written,
                Written::Conflict,
                "nobody is restored whose {what} another account has by now"
            );
        }
        assert_eq!(tested.now(deleted).as_ref(), Some(deleted), "a conflict writes nothing");
    }
    assert_eq!(tested.taken(id), taken, "a conflict takes no seat");
}
