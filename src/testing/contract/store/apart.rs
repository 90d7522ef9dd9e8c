//! Sentence 9: organizations are apart.

use super::people::{administrator, digest, event, invited, kept, member, organization, session};
use super::{Tested, change, changed, creation, with_kept, with_session};
use crate::account::{Account, AccountAddress, EmailProof, OrganizationId, Status};
use crate::store::{
    Filter, KeptWrite, Listing, Name, Names, SessionWrite, SettingsWrite, Store, Write, Written,
};
use crate::testing::contract::instant;

pub(super) fn organizations_are_apart<S: Store>(tested: Tested<'_, S>) {
    let one = tested.found("contract-one", Some(3));
    let other = tested.found("contract-two", Some(5));
    let alice = tested.created(administrator(&one, "alice"));
    let pending = tested.created(invited(&one, "pending"));
    let mut all = Names::of_names(Name::all_of(&alice).into_iter().chain(Name::all_of(&pending)));
    all.ids = vec![alice.id.clone(), pending.id.clone()];
    all.invitation = Some(digest(&one, "pending"));
    let found = tested.accounts(&one, &all).len();
    assert!(found == 2, "whoever has any of the names is found, and each once");
    let found = tested.accounts(&other, &all);
    assert!(found.is_empty(), "organizations are apart: no name finds anybody of another one");
    let counters = tested.counters(&other);
    assert!(counters.living() == 0, "organizations are apart: each has numbers of its own");
    // The same names and the same id, there.
    let twin = Account { organization: other.clone(), ..alice.clone() };
    let written = tested.create(&twin);
    assert!(
        written == Written::Done,
        "organizations are apart: both may have an account of one name and id: {written:?}"
    );
    assert!(tested.now(&alice) == Some(alice.clone()), "organizations are apart: accounts stay");
    assert!(tested.now(&twin) == Some(twin.clone()), "organizations are apart: accounts stay");
    let listed = tested.page(&other, &Listing::first(9));
    assert!(listed.accounts == [twin.clone()], "organizations are apart: lists have their own");
    assert!(listed.total == 1, "organizations are apart: totals are their own");
    let active = Listing::first(9).filtered(Filter::Status(Status::Invited));
    let listed = tested.page(&other, &active).total;
    assert!(listed == 0, "organizations are apart: searches have their own");
    let numbers = |id: &OrganizationId| {
        let counters = tested.counters(id);
        (counters.purchased, counters.active, counters.invited, counters.administrators)
    };
    assert!(
        (numbers(&one), numbers(&other)) == ((Some(3), 1, 1, 1), (Some(5), 1, 0, 1)),
        "organizations are apart: each has numbers of its own"
    );
    let written = tested.change(&changed(&alice, |account| account.status = Status::Deleted));
    assert!(
        written == Written::LastAdministrator,
        "organizations are apart: an administrator of another one administers nothing: {written:?}"
    );
    let one_mark = tested.record(&one).purge_key.mark(&Name::user_name("alice"));
    let Ok(mark) = one_mark else { panic!("no mark") };
    let written = tested.purge(&pending, vec![mark]);
    assert!(written == Written::Done, "an account is purged, and it is answered {written:?}");
    let found = tested.find(&other, &Names::of_names([Name::user_name("alice")]));
    assert!(!found.purged, "organizations are apart: who was purged is known in one alone");
    across(tested, &twin);
}

/// By an address alone.
fn across<S: Store>(tested: Tested<'_, S>, twin: &Account) {
    let third = tested.found("contract-three", None);
    let address = |text: &str| {
        let email = super::people::email(text);
        Some(AccountAddress::new(email, EmailProof::Unproven))
    };
    let with = |organization: &OrganizationId, name: &str, text: &str| Account {
        address: address(text),
        user_name: None,
        ..member(organization, name)
    };
    let here = tested.created(with(&twin.organization, "a", "Every.One@across.test"));
    let there = tested.created(with(&third, "b", "every.one@across.test"));
    let off = Account {
        status: Status::Deactivated,
        ..with(&"contract-one".into(), "c", "EVERY.ONE@across.test")
    };
    let off = tested.created(off);
    let elsewhere = with(&third, "d", "every_one@across.test");
    let elsewhere = tested.created(elsewhere);
    let pushes = Account {
        pushed: Some(Box::new(super::people::pushed("x"))),
        ..with(&third, "e", "e@across.test")
    };
    let _ = tested.created(pushes);
    let of = |text: &str| {
        let mut found = tested.ask(tested.store.accounts_of(&super::people::email(text)));
        found.sort_by(|one, other| one.id.cmp(&other.id));
        found
    };
    let mut expected = vec![here, there.clone(), off];
    expected.sort_by(|one, other| one.id.cmp(&other.id));
    let found = of("eVERY.one@across.test");
    assert!(
        found == expected,
        "an address is found in all organizations, in any ASCII letter case: {found:?}"
    );
    let found = of("every_one@across.test");
    assert!(found == [elsewhere], "across organizations an address is no pattern");
    let gone = tested.changed(&there, |account| account.status = Status::Deleted);
    let without: Vec<Account> = expected.into_iter().filter(|one| one.id != gone.id).collect();
    let found = of("every.one@across.test");
    assert!(found == without, "across organizations deleted accounts are not found: {found:?}");
    let back = tested.changed(&gone, |account| account.status = Status::Active);
    assert!(of("every.one@across.test").contains(&back), "who is restored is found again");
    let moved = tested.changed(&back, |account| account.address = address("moved@across.test"));
    assert!(of("every.one@across.test") == without, "a former address finds nobody");
    assert!(of("moved@across.test") == [moved], "a new address finds the account");
}

pub(super) fn a_write_is_of_one_organization<S: Store>(tested: Tested<'_, S>) {
    let mine = tested.found("contract-mine", None);
    let theirs = tested.found("contract-theirs", None);
    let alice = tested.created(administrator(&mine, "alice"));
    let bob = tested.created(administrator(&theirs, "bob"));
    let (begun, put) = (session(&bob, "bobs"), kept(&theirs, "theirs"));
    let begin = |session| SessionWrite::Begin(Box::new(session));
    tested.done(with_session(&theirs, begin(begun.clone())), "a session begins");
    tested.done(with_kept(&theirs, KeptWrite::Put(Box::new(put.clone()))), "something is kept");
    let of_mine = |write: Write| Write { organization: mine.clone(), ..write };
    let moved = |account: &Account| changed(account, |account| account.organization = mine.clone());
    let other_name = |name: &str| {
        let mut write = Write::of(&mine, instant());
        (write.decided_by, write.settings) =
            (Some(0), Some(SettingsWrite::Change(Box::new(organization(name)))));
        write
    };
    let stolen = session(&alice, "bobs");
    let stolen = crate::session::Session { token: begun.token, ..stolen };
    let taken = KeptWrite::Take(put.kind(), put.digest);
    let kept_mine = crate::store::Kept { organization: mine.clone(), version: 1, ..put.clone() };
    let mut told = Write::of(&mine, instant());
    told.events.push(event(&theirs, "told"));
    let writes = [
        ("an account is created", of_mine(creation(&member(&theirs, "new")))),
        ("an account is changed", of_mine(change(&changed(&bob, |_| {})))),
        ("an account is moved", of_mine(change(&moved(&bob)))),
        ("settings are written", other_name("contract-theirs")),
        ("a session begins", of_mine(with_session(&theirs, begin(session(&bob, "new"))))),
        ("a session is replaced", with_session(&mine, begin(stolen))),
        ("something is kept", with_kept(&mine, KeptWrite::Put(Box::new(kept(&theirs, "new"))))),
        ("something kept is replaced", with_kept(&mine, KeptWrite::Put(Box::new(kept_mine)))),
        ("something is taken", with_kept(&mine, taken)),
        ("something is told", told),
    ];
    for (what, write) in writes {
        let written = tested.write(write);
        assert!(
            written == Written::Conflict,
            "a part of another organization is a conflict: {what} there: {written:?}"
        );
    }
    let ends = with_session(&mine, SessionWrite::End(begun.token));
    tested.done(ends, "a session of another organization is not there, and has ended");
    untouched(tested, &bob, &begun, &put);
    let listed = tested.page(&mine, &Listing::first(9)).accounts;
    assert!(listed == [alice], "a conflict writes nothing");
}

fn untouched<S: Store>(
    tested: Tested<'_, S>,
    bob: &Account,
    begun: &crate::session::Session,
    put: &crate::store::Kept,
) {
    let listed = tested.page(&bob.organization, &Listing::first(9)).accounts;
    assert!(listed == [bob.clone()], "no organization writes accounts of another one");
    let found = tested.ask(tested.store.session(&begun.token));
    assert!(
        found == Some((begun.clone(), bob.clone())),
        "no organization begins or ends sessions of another one"
    );
    let found = tested.ask(tested.store.kept(put.kind(), &put.digest));
    assert!(found.as_ref() == Some(put), "no organization writes what another one keeps");
    let told = tested.ask(tested.store.audit(&bob.organization, None, 9));
    assert!(told.is_empty(), "no organization tells anything of another one");
}
