//! What the list of behaviours says of single sign-on only, in a browser: rows 31 to 39.

use saml_login::account::{AccountId, OrganizationId, Role};
use saml_login::audit::{Action, Actor};
use saml_login::organization::Change;
use saml_login::session::LoginMethod;
use saml_login::sso::{Browser, Mail, StartFor};

use crate::acts::refused;
use crate::common::block_on;
use crate::common::people::{email, random};
use crate::common::tenants::{IDP_A, IDP_B, OPERATOR, open, values};
use crate::site::{Jar, Site, code, person};

/// An organization with an administrator who is linked, a deputy who has a proven address, and a
/// member.
fn site() -> (Site, saml_login::Organization) {
    let acme = open("org-a", "acme", &IDP_A);
    let site = Site::of(&[&acme, &open("org-b", "bravo", &IDP_B)]);
    site.put(&person(&acme, "boss", Role::Administrator, true));
    site.put(&person(&acme, "deputy", Role::Administrator, false));
    site.put(&person(&acme, "mia", Role::Member, false));
    (site, acme)
}

/// Row 31: it is set by an administrator who was seen to come in, with what is in effect.
#[test]
fn enforcement_is_set_by_what_was_seen_to_work() {
    let (site, acme) = site();
    let mut jar = Jar::default();
    site.by_code(&mut jar, "acme", "deputy@example.test").expect("a login");
    let enforce = |site: &Site, jar: &mut Jar| {
        let signed_in = site.signed_in(jar);
        site.change("org-a", &signed_in.by(), Change::Enforce)
    };
    assert_eq!(enforce(&site, &mut jar), Err("enforcement_needs_test_login".into()));
    let test = StartFor::Test { proposed: false };
    assert_eq!(code(&site.log_in_for(&mut jar, &acme, &IDP_A, "deputy", test)), "tested");
    // Other values, and it has to be seen anew.
    let id = acme.id().as_str();
    let configure = |idp| Change::Configure(Box::new(values(&acme, idp)));
    site.change(id, &site.signed_in(&mut jar).by(), configure(&IDP_B)).expect("others");
    assert_eq!(enforce(&site, &mut jar), Err("enforcement_needs_test_login".into()));
    assert_eq!(code(&site.log_in_for(&mut jar, &acme, &IDP_B, "deputy", test)), "tested");
    for (change, expected) in [
        (Change::Disable, "enforcement_needs_enabled"),
        (Change::RemoveConnection, "enforcement_needs_enabled"),
        (Change::Enable, "enforcement_needs_configuration"),
    ] {
        site.change(id, &site.signed_in(&mut jar).by(), change).expect("a change");
        assert_eq!(enforce(&site, &mut jar), Err(expected.into()));
    }
    site.change(id, &site.signed_in(&mut jar).by(), configure(&IDP_A)).expect("configured");
    assert_eq!(code(&site.log_in_for(&mut jar, &acme, &IDP_A, "deputy", test)), "tested");
    assert_eq!(enforce(&site, &mut jar), Ok(()));
    site.wait(chrono::TimeDelta::seconds(1));
    // Whoever has tried it out is linked by it, and comes in without a code.
    assert_eq!(site.who(&mut jar), "step_up");
    let stepped = site.log_in_for(&mut jar, &acme, &IDP_A, "deputy", StartFor::StepUp);
    assert_eq!(code(&stepped), "update");
}

/// Row 32: members and administrators alike, codes from before, passwords, and passwords that are
/// set then.
#[test]
fn nobody_comes_in_otherwise_whatever_their_role() {
    let (site, acme) = site();
    let people = ["mia", "deputy"].map(|name| {
        let address = format!("{name}@example.test");
        let mut jar = Jar::default();
        site.by_code(&mut jar, "acme", &address).expect("a login");
        let signed_in = site.signed_in(&mut jar);
        let password = block_on(site.sso.credential(&signed_in, &Browser::new("", site.now())));
        let mut waiting = Jar::default();
        site.ask_code(&mut waiting, "acme", &address);
        (name, address, jar, password.expect("a password"), waiting, site.mails.code())
    });
    site.enforce(&acme, "boss");
    site.wait(chrono::TimeDelta::seconds(1));
    for (name, address, mut jar, password, mut waiting, right) in people {
        assert_eq!(refused(site.enter_code(&mut waiting, &right)), "sso_enforced", "{name}");
        let place = (OrganizationId::new("org-a"), AccountId::new(name));
        for method in [LoginMethod::Password, LoginMethod::Other, LoginMethod::Sso] {
            let browser = Browser::new("", site.now());
            let place = (&place.0, &place.1);
            let came =
                site.sso.log_in_with_credential(place, method, &password, &browser, random());
            assert_eq!(refused(block_on(came)), "sso_enforced", "{name} {method:?}");
        }
        assert_eq!(site.told_codes("org-a", 1), ["policy sso_enforced"]);
        site.ask_code(&mut waiting, "acme", &address);
        let login_url = acme.urls().login_url.clone();
        let mailed = Mail::SsoOnly { to: email(&address), login_url };
        assert_eq!(site.mails.all().pop(), Some(mailed));
        // Once they are in, there is no password to set.
        assert_eq!(site.who(&mut jar), "step_up");
        let stepped = site.log_in_for(&mut jar, &acme, &IDP_A, name, StartFor::StepUp);
        assert_eq!(code(&stepped), "link", "{name}");
        let signed_in = site.signed_in(&mut jar);
        let set = block_on(site.sso.credential(&signed_in, &Browser::new("", site.now())));
        assert_eq!(refused(set), "sso_enforced", "{name}");
    }
}

/// Rows 34 to 36 and 38: no way leads from the one organization to the other, neither through the
/// list nor directly; the same person comes in elsewhere as before, and everything comes back.
#[test]
fn the_same_person_is_two_where_one_organization_enforces() {
    let (site, acme) = site();
    let bravo = site.organization("org-b");
    for name in ["mia", "boss"] {
        site.put(&person(&bravo, name, Role::Member, false));
    }
    site.enforce(&acme, "boss");
    let enter = |jar: &mut Jar, organization: &str, name: &str| {
        let signed_in = site.signed_in(jar);
        let place = (OrganizationId::new(organization), AccountId::new(name));
        let browser = Browser::new("", site.now());
        let entered = site.sso.enter_account(&signed_in, (&place.0, &place.1), &browser, random());
        block_on(entered).map(|(_, cookies)| jar.take(&cookies, site.now()))
    };
    let seen = |jar: &mut Jar| {
        let signed_in = site.signed_in(jar);
        let browser = Browser::new("", site.now());
        let all = block_on(site.sso.accounts_visible(&signed_in, &browser)).expect("the store");
        all.into_iter().map(|one| one.slug.to_string()).collect::<Vec<_>>()
    };
    // From there.
    let mut inside = Jar::default();
    assert_eq!(code(&site.log_in(&mut inside, &acme, "boss")), "keep");
    assert_eq!(seen(&mut inside), ["acme"]);
    assert_eq!(refused(enter(&mut inside, "org-b", "boss")), "not_enterable");
    assert_eq!(site.told_codes("org-a", 1), ["policy others_hidden"]);
    // To there.
    let mut outside = Jar::default();
    site.by_code(&mut outside, "bravo", "mia@example.test").expect("the other way in");
    assert_eq!(seen(&mut outside), ["bravo"]);
    assert_eq!(refused(enter(&mut outside, "org-a", "mia")), "not_enterable");
    assert_eq!(site.told_codes("org-b", 1), ["policy organization_hidden"]);
    site.ask_code(&mut Jar::default(), "acme", "mia@example.test");
    assert!(matches!(site.mails.all().pop(), Some(Mail::SsoOnly { .. })));
    // Off again.
    site.change("org-a", &OPERATOR, Change::LiftEnforcement).expect("lifted");
    site.wait(chrono::TimeDelta::seconds(1));
    assert_eq!(seen(&mut outside), ["acme", "bravo"]);
    enter(&mut outside, "org-a", "mia").expect("entered");
    site.by_code(&mut Jar::default(), "acme", "mia@example.test").expect("a login");
}

/// Row 39: who is named comes in by a code, is told of each time, and can lift it.
#[test]
fn whoever_is_named_for_emergencies_comes_in_by_a_code_and_mends_it() {
    let (site, acme) = site();
    site.enforce(&acme, "boss");
    let deputy = AccountId::new("deputy");
    let by_code = |jar: &mut Jar| site.by_code(jar, "acme", "deputy@example.test");
    site.ask_code(&mut Jar::default(), "acme", "deputy@example.test");
    assert!(matches!(site.mails.all().pop(), Some(Mail::SsoOnly { .. })), "nobody is by default");
    let mut jar = Jar::default();
    assert_eq!(code(&site.log_in(&mut jar, &acme, "boss")), "keep");
    let boss = site.signed_in(&mut jar);
    let name = |granted| Change::BreakGlass { account: deputy.clone(), granted };
    site.change("org-a", &boss.by(), name(true)).expect("named");
    assert_eq!(site.told_codes("org-a", 1), ["break_glass_granted"]);
    let mut emergency = Jar::default();
    by_code(&mut emergency).expect("an emergency");
    let used = site.told("org-a", 9).into_iter().find(|event| {
        event.action == Action::BreakGlassUsed { action: "log_in_email_code".into() }
    });
    let used = used.expect("it is told");
    assert_eq!((used.actor, used.target), (Actor::Member(deputy.clone()), Some(deputy.clone())));
    site.wait(chrono::TimeDelta::seconds(1));
    assert_eq!(site.who(&mut emergency), "signed_in", "they are not asked to step up");
    // Once their name is taken back, they are.
    site.change("org-a", &boss.by(), name(false)).expect("no longer named");
    site.wait(chrono::TimeDelta::seconds(1));
    assert_eq!(site.who(&mut emergency), "step_up");
    site.change("org-a", &boss.by(), name(true)).expect("named again");
    site.wait(chrono::TimeDelta::seconds(1));
    let signed_in = site.signed_in(&mut emergency);
    site.change("org-a", &signed_in.by(), Change::LiftEnforcement).expect("lifted");
    assert_eq!(site.told_codes("org-a", 1), ["enforcement_lifted"]);
    site.by_code(&mut Jar::default(), "acme", "mia@example.test").expect("a login");
}
