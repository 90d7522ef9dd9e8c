//! Sentence 4: somebody stays who gets in, and settings decide anew who that is.

use super::people::{administrator, email, organization, with_domain};
use super::{Tested, change, changed};
use crate::account::{Account, AccountAddress, EmailProof, OrganizationId, Role};
use crate::store::{SettingsWrite, Store, Write, Written};
use crate::testing::contract::instant;

pub(super) fn whoever_gets_in_stays<S: Store>(tested: Tested<'_, S>) {
    let id = tested.found("contract-reach", None);
    let alice = tested.created(proven(administrator(&id, "alice"), "alice@reach.test"));
    let bob = tested.created(administrator(&id, "bob"));
    reached(tested, &id, 1, "an administrator whom a code reaches gets in");
    let member = changed(&alice, |account| account.role = Role::Member);
    let mut write = change(&member);
    write.keep_reachable = true;
    kept(tested, write, "the last one who gets in is not made a member");
    reached(tested, &id, 1, "what is refused changes no number");

    let elsewhere = || with_domain(&organization(id.as_str()), "elsewhere.test");
    kept(tested, settings(tested, &id, elsewhere(), true), "settings let in one who got in");
    let open = settings(tested, &id, elsewhere(), false);
    tested.done(open, "where the write says nothing, settings may let in nobody");
    reached(tested, &id, 0, "settings that let in nobody are counted anew");
    let own = with_domain(&organization(id.as_str()), "reach.test");
    tested.done(settings(tested, &id, own, true), "settings let in one more");
    reached(tested, &id, 1, "settings that let in somebody are counted anew");

    let mut both = settings(tested, &id, elsewhere(), true);
    let named = changed(&bob, |account| *account = proven(account.clone(), "bob@elsewhere.test"));
    both.account = change(&named).account;
    tested.done(both, "settings come with the account that they let in");
    reached(tested, &id, 1, "who comes with settings is counted by them");
    let mut last = change(&changed(&named, |account| account.role = Role::Member));
    last.keep_reachable = true;
    kept(tested, last, "who came with settings stays");
    tested.done(change(&member), "who does not get in may go");
    reached(tested, &id, 1, "who did not get in is not missed");
}

fn proven(account: Account, text: &str) -> Account {
    Account { address: Some(AccountAddress::new(email(text), EmailProof::Proven)), ..account }
}

fn settings<S: Store>(
    tested: Tested<'_, S>,
    id: &OrganizationId,
    organization: crate::organization::Organization,
    keep_reachable: bool,
) -> Write {
    let mut write = Write::of(id, instant());
    write.decided_by = Some(tested.record(id).version);
    write.settings = Some(SettingsWrite::Change(Box::new(organization)));
    write.keep_reachable = keep_reachable;
    write
}

fn kept<S: Store>(tested: Tested<'_, S>, write: Write, what: &str) {
    let id = write.organization.clone();
    let before = tested.record(&id);
    let written = tested.write(write);
    assert!(written == Written::LastAdministrator, "{what}, and it is answered {written:?}");
    assert!(tested.record(&id) == before, "{what}: nothing is written");
}

fn reached<S: Store>(tested: Tested<'_, S>, id: &OrganizationId, number: u32, what: &str) {
    let counters = tested.counters(id);
    assert!(counters.reachable == number, "{what}: {counters:?}");
}
