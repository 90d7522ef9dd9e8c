//! What holds of whatever anybody sends.

use chrono::DateTime;
use saml_login::account::{Account, AccountId, Pushed};
use saml_login::provision::Wanted;
use saml_login::scim::{
    Expression, JsonLimits, Patch, PatchPath, ReceivedUser, ScimMode, Selection, parse, user,
};

/// What is read as a filter or a path is written so that it is read as the same.
pub(crate) fn of_a_text(text: &str) {
    if let Ok(expression) = Expression::parse(text) {
        assert_eq!(Expression::parse(&expression.to_string()).as_ref(), Ok(&expression));
        if let Ok(filter) = expression.filter() {
            let _ = filter.passes(&account(Pushed::new("a")));
        }
    }
    if let Ok(path) = PatchPath::parse(text) {
        assert_eq!(PatchPath::parse(&path.to_string()).as_ref(), Ok(&path));
    }
    let _ = Selection::of(Some(text), Some(text));
}

/// A person who is read of a body, and read again of what a directory gets of them, is the same.
pub(crate) fn of_a_body(body: &[u8]) {
    let Ok(body) = parse(body, &JsonLimits::default()) else { return };
    for mode in [ScimMode::Interop, ScimMode::Lenient] {
        let sent = ReceivedUser::parse(&body, mode).ok().map(|received| received.apply(None));
        let sent = sent.map(|wanted| wanted.expect("whoever is read is somebody"));
        sent.iter().for_each(|wanted| is_read_again(wanted, mode));
        let before = account(sent.map_or_else(|| Pushed::new("a"), |wanted| wanted.pushed));
        let Ok(patch) = Patch::parse(&body, mode) else { continue };
        for account in [None, Some(&before)] {
            if let Ok(wanted) = patch.apply(account) {
                is_read_again(&wanted, mode);
            }
        }
    }
}

fn is_read_again(wanted: &Wanted, mode: ScimMode) {
    let pushed = &wanted.pushed;
    let primaries = pushed.addresses.iter().filter(|address| address.primary).count();
    // What the decision does not keep is never read.
    if pushed.user_name.is_empty() || primaries > 1 {
        return;
    }
    let read = user(&account(pushed.clone()), "https://app.test", &Selection::default());
    let read = read.as_object().expect("an object");
    let again = ReceivedUser::parse(read, mode).expect("what is read is read again");
    assert!(again.warnings().iter().all(|warning| warning.code() == "scim_address_unreadable"));
    let again = again.apply(None).expect("somebody");
    assert!(again.pushed == *pushed, "somebody else is read again");
}

fn account(pushed: Pushed) -> Account {
    let mut account = Account::new(AccountId::new("a1"), "acme", DateTime::UNIX_EPOCH);
    account.external_id = pushed.external_id.clone();
    account.pushed = Some(Box::new(pushed));
    account
}
