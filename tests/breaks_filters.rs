//! Small things that a deliberate break of the people half would change, and that no other test
//! looks at: which accounts a list shows.

mod common;

use chrono::TimeDelta;
use common::now;
use common::people::member;
use saml_login::account::{Account, AccountId, EmailProof, Pushed, PushedAddress, Role, Status};
use saml_login::store::{AddressFilter, Attribute, Filter, Test};

/// An account of which every text is another.
fn alice() -> Account {
    let mut alice = member("org-a", "Id-1", "Alice@Example.test", EmailProof::Proven);
    alice.user_name = Some("Al.User".into());
    alice.external_id = Some("Ext-1".into());
    alice.profile.first_name = Some("Alice".into());
    alice.profile.last_name = Some("Liddell".into());
    alice.profile.display_name = Some("Alice L.".into());
    let mut pushed = Pushed::new("sent");
    pushed.addresses = vec![PushedAddress::primary("Private@Home.test")];
    pushed.formatted = Some("Miss Alice".into());
    alice.pushed = Some(Box::new(pushed));
    alice.created_at = now() - TimeDelta::days(2);
    alice.changed_at = now() - TimeDelta::days(1);
    alice
}

const ATTRIBUTES: [(Attribute, &str, bool); 8] = [
    (Attribute::DisplayName, "Alice L.", false),
    (Attribute::Email, "Alice@Example.test", false),
    (Attribute::ExternalId, "Ext-1", true),
    (Attribute::FamilyName, "Liddell", false),
    (Attribute::Formatted, "Miss Alice", false),
    (Attribute::GivenName, "Alice", false),
    (Attribute::Id, "Id-1", true),
    (Attribute::UserName, "Al.User", false),
];

/// Whether a text stands after another one and before it, that one included and not.
const ORDER: [(&str, [bool; 2], [bool; 2]); 3] = [
    ("VALUE", [true, false], [true, false]),
    ("A", [true, true], [false, false]),
    ("zz", [false, false], [true, true]),
];

#[test]
fn a_text_is_compared_in_the_letters_that_count() {
    let alice = alice();
    let bare = Account::new(AccountId::new(""), "org-a", now());
    for (attribute, value, is_exact) in ATTRIBUTES {
        let passes = |test: Test| Filter::Text(attribute, test).passes(&alice);
        let (start, end) = (&value[..3], &value[value.len() - 2..]);
        for (test, expected) in [
            (Test::Is(value.into()), true),
            (Test::Is(value.to_lowercase()), !is_exact),
            (Test::Is(start.into()), false),
            (Test::StartsWith(start.into()), true),
            (Test::StartsWith(start.to_uppercase()), !is_exact),
            (Test::StartsWith(end.into()), false),
            (Test::EndsWith(end.into()), true),
            (Test::EndsWith(start.into()), false),
            (Test::Contains(value[1..value.len() - 1].into()), true),
            (Test::Contains("\u{0}".into()), false),
            (Test::Present, true),
        ] {
            assert_eq!(passes(test.clone()), expected, "{attribute:?} {test:?}");
        }
        // An account has several addresses.
        let order = if attribute == Attribute::Email { &[][..] } else { &ORDER[..] };
        for (text, is_after, is_before) in order {
            let text = || text.replace("VALUE", value);
            let passed = [true, false].map(|too| (Test::After(text(), too), too));
            let passed =
                passed.map(|(test, too)| (passes(test), passes(Test::Before(text(), too))));
            assert_eq!(passed, [(is_after[0], is_before[0]), (is_after[1], is_before[1])]);
        }
        assert!(Filter::is(attribute, value).passes(&alice));
        // What is not there passes nothing.
        for test in [Test::Present, Test::Is("x".into())] {
            assert!(!Filter::Text(attribute, test).passes(&bare), "{attribute:?}");
        }
    }
    // Every address that the directory has sent is one of the person's.
    assert!(Filter::is(Attribute::Email, "private@home.test").passes(&alice));
    assert!(!Filter::is(Attribute::Email, "nobody@home.test").passes(&alice));
}

#[test]
fn filters_pass_what_they_say() {
    let alice = alice();
    let (member, boss) = (Filter::Role(Role::Member), Filter::Role(Role::Administrator));
    let (active, off) = (Filter::Status(Status::Active), Filter::Status(Status::Deactivated));
    let not = |filter: &Filter| Filter::Not(Box::new(filter.clone()));
    let second = TimeDelta::seconds(1);
    let (created, changed) = (alice.created_at, alice.changed_at);
    for (filter, expected) in [
        (member.clone(), true),
        (boss.clone(), false),
        (active.clone(), true),
        (off.clone(), false),
        (not(&member), false),
        (not(&boss), true),
        (Filter::All(vec![member.clone(), active.clone()]), true),
        (Filter::All(vec![member.clone(), off.clone()]), false),
        (Filter::All(vec![]), true),
        (Filter::Any(vec![boss.clone(), active.clone()]), true),
        (Filter::Any(vec![boss.clone(), off.clone()]), false),
        (Filter::Any(vec![]), false),
        (Filter::ChangedAfter(changed - second, false), true),
        (Filter::ChangedAfter(changed, false), false),
        (Filter::ChangedAfter(changed, true), true),
        (Filter::ChangedAfter(changed + second, true), false),
        (Filter::ChangedBefore(changed - second, true), false),
        (Filter::ChangedBefore(changed, false), false),
        (Filter::ChangedBefore(changed, true), true),
        (Filter::ChangedBefore(changed + second, false), true),
        (Filter::CreatedAfter(created - second, false), true),
        (Filter::CreatedAfter(created, false), false),
        (Filter::CreatedAfter(created, true), true),
        (Filter::CreatedAfter(created + second, true), false),
        (Filter::CreatedBefore(created - second, true), false),
        (Filter::CreatedBefore(created, false), false),
        (Filter::CreatedBefore(created, true), true),
        (Filter::CreatedBefore(created + second, false), true),
    ] {
        assert_eq!(filter.passes(&alice), expected, "{filter:?}");
    }
}

#[test]
fn one_address_passes_as_a_whole() {
    let mut alice = alice();
    let is = |text: &str| Test::Is(text.to_owned());
    let (work, home) = (|| AddressFilter::Kind(is("WORK")), || AddressFilter::Kind(is("home")));
    let value = |text: &str| AddressFilter::Value(is(text));
    let not = |filter: AddressFilter| AddressFilter::Not(Box::new(filter));
    let all = |one, other| AddressFilter::All(vec![one, other]);
    if let Some(pushed) = &mut alice.pushed {
        let mut second = PushedAddress::default();
        (second.value, second.kind) = ("alice@second.test".into(), Some("Home".into()));
        pushed.addresses.push(second);
    }
    for (filter, expected) in [
        (work(), true),
        (value("PRIVATE@home.test"), true),
        (value("alice@example.test"), false),
        (all(work(), value("private@home.test")), true),
        (all(home(), value("private@home.test")), false),
        (all(home(), AddressFilter::Primary(true)), false),
        (all(home(), AddressFilter::Primary(false)), true),
        (all(not(work()), not(home())), false),
        (all(not(work()), value("private@home.test")), false),
        (all(not(home()), value("private@home.test")), true),
        (AddressFilter::Any(vec![value("x"), home()]), true),
        (AddressFilter::Any(vec![]), false),
        (AddressFilter::All(vec![]), true),
    ] {
        assert_eq!(Filter::Address(filter.clone()).passes(&alice), expected, "{filter:?}");
    }
    // Where no directory has said anything, the account's own address is the one for work.
    alice.pushed = None;
    let own = all(work(), value("alice@example.test"));
    assert!(Filter::Address(all(own, AddressFilter::Primary(true))).passes(&alice));
    alice.address = None;
    assert!(!Filter::Address(AddressFilter::All(vec![])).passes(&alice));
}
