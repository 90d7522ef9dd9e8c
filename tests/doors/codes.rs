//! Codes that are mailed, and credentials of the application's own.

use chrono::TimeDelta;
use saml_login::account::{AccountAddress, AccountId, EmailProof, Role, Status};
use saml_login::audit::Outcome;
use saml_login::error::Error;
use saml_login::organization::Change;
use saml_login::provision::Intent;
use saml_login::session::{CredentialStart, LoginMethod};
use saml_login::sso::{Browser, Mail, Resumed, SignedIn, Start, StartFor};

use crate::acts::refused;
use crate::common::block_on;
use crate::common::people::{carry, email, random};
use crate::common::tenants::{IDP_A, IDP_B, OPERATOR, open};
use crate::site::{From, Jar, Site, code, person};

/// A site where Mia is a member with a proven address.
fn with_mia() -> (Site, saml_login::Organization) {
    let acme = open("org-a", "acme", &IDP_A);
    let site = Site::of(&[&acme]);
    site.put(&person(&acme, "mia", Role::Member, false));
    (site, acme)
}

#[test]
fn a_code_is_good_once_in_its_browser_and_for_its_time() {
    let (site, _) = with_mia();
    let mut jar = Jar::default();
    site.ask_code(&mut jar, "acme", "mia@example.test");
    let code = site.mails.code();
    assert_eq!(code.len(), 6);
    assert!(code.bytes().all(|digit| digit.is_ascii_digit()));
    assert_eq!(refused(site.enter_code(&mut Jar::default(), &code)), "code_wrong");
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for _ in 0..4 {
        assert_eq!(refused(site.enter_code(&mut jar, wrong)), "code_wrong");
    }
    let (left, right) = code.split_at(3);
    site.enter_code(&mut jar, &format!(" {left} {right} ")).expect("the fifth try");
    let signed_in = site.signed_in(&mut jar);
    assert_eq!(signed_in.session.start.method, LoginMethod::EmailCode);
    assert_eq!(signed_in.session.start.proven, Some(email("mia@example.test")));
    assert_eq!(refused(site.enter_code(&mut jar, &code)), "code_wrong");
    let told = site.told("org-a", 2);
    let codes: Vec<&str> = told.iter().map(|event| event.action.code()).collect();
    assert_eq!(codes, ["prove_address", "session_begun"]);
    // Five tries are all there are, and ten minutes.
    site.ask_code(&mut jar, "acme", "mia@example.test");
    let code = site.mails.code();
    for _ in 0..5 {
        assert_eq!(refused(site.enter_code(&mut jar, "x")), "code_wrong");
    }
    assert_eq!(refused(site.enter_code(&mut jar, &code)), "code_wrong");
    site.ask_code(&mut jar, "acme", "mia@example.test");
    let code = site.mails.code();
    let header = jar.header(From::Here, site.now());
    site.wait(TimeDelta::minutes(10));
    let browser = Browser::new(&header, site.now());
    let late = site.sso.enter_code(&code, &browser, random());
    assert_eq!(block_on(late).expect_err("late").code(), "code_wrong");
}

/// Whether somebody has an address is told to nobody: neither by the answer nor by what it does.
#[test]
fn an_address_that_nobody_has_gets_the_same_answer() {
    let (site, acme) = with_mia();
    let mut off = person(&acme, "off", Role::Member, false);
    off.status = Status::Deactivated;
    site.put(&off);
    let names = |address: &str| {
        let mut jar = Jar::default();
        site.ask_code(&mut jar, "acme", address);
        jar.names().join(" ")
    };
    let known = names("mia@example.test");
    assert_eq!(site.mails.all().len(), 1);
    for address in ["nobody@example.test", "off@example.test"] {
        assert_eq!(names(address), known);
    }
    assert_eq!(site.mails.all().len(), 1, "nothing is mailed");
    // No code opens what belongs to nobody.
    let mut jar = Jar::default();
    site.ask_code(&mut jar, "acme", "nobody@example.test");
    for number in 0..5 {
        assert_eq!(refused(site.enter_code(&mut jar, &format!("{number:06}"))), "code_wrong");
    }
}

#[test]
fn an_account_is_mailed_five_codes_an_hour() {
    let (site, _) = with_mia();
    let mut jar = Jar::default();
    for _ in 0..7 {
        site.ask_code(&mut jar, "acme", "mia@example.test");
    }
    assert_eq!(site.mails.all().len(), 5);
    site.wait(TimeDelta::hours(1));
    site.ask_code(&mut jar, "acme", "mia@example.test");
    assert_eq!(site.mails.all().len(), 6);
}

/// A code from before single sign-on was enforced opens nothing, and the next mail says where to
/// sign in.
#[test]
fn a_code_from_before_enforcement_opens_nothing() {
    let (site, acme) = with_mia();
    site.put(&person(&acme, "boss", Role::Administrator, true));
    let mut jar = Jar::default();
    site.ask_code(&mut jar, "acme", "mia@example.test");
    let code = site.mails.code();
    site.enforce(&acme, "boss");
    assert_eq!(refused(site.enter_code(&mut jar, &code)), "sso_enforced");
    let told = site.told("org-a", 1);
    assert_eq!(told[0].outcome, Outcome::Refused("sso_enforced".into()));
    site.ask_code(&mut jar, "acme", "mia@example.test");
    let login_url = "https://app.example.test/sso/acme".to_owned();
    let to = email("mia@example.test");
    assert_eq!(site.mails.all().pop(), Some(Mail::SsoOnly { to, login_url }));
    // Enforcement is lifted, and codes are good again.
    site.change("org-a", &OPERATOR, Change::LiftEnforcement).expect("lifted");
    site.by_code(&mut jar, "acme", "mia@example.test").expect("a login");
}

#[test]
fn what_ended_everything_has_ended_the_code() {
    let (site, _) = with_mia();
    let mia = AccountId::new("mia");
    let asked = |site: &Site| {
        let mut jar = Jar::default();
        site.ask_code(&mut jar, "acme", "mia@example.test");
        (jar, site.mails.code())
    };
    let (mut jar, code) = asked(&site);
    carry(&site.store, "org-a", &OPERATOR, &Intent::EndSessions(&mia)).expect("a change");
    assert_eq!(refused(site.enter_code(&mut jar, &code)), "code_wrong");
    let (mut jar, code) = asked(&site);
    let other = email("mia.new@example.test");
    let change = Intent::ChangeAddress { account: &mia, email: &other };
    carry(&site.store, "org-a", &OPERATOR, &change).expect("a change");
    assert_eq!(refused(site.enter_code(&mut jar, &code)), "code_wrong");
}

/// A password that somebody set in advance, for an address that was not theirs, is worth nothing
/// once its holder has proven it.
#[test]
fn the_first_proof_ends_what_was_set_before() {
    let acme = open("org-a", "acme", &IDP_A);
    let site = Site::of(&[&acme]);
    let mut victim = person(&acme, "victim", Role::Member, false);
    victim.address = Some(AccountAddress::new(email("victim@example.test"), EmailProof::Unproven));
    site.put(&victim);
    let password = credential(0);
    let mut squatter = Jar::default();
    let came = log_in(&site, &mut squatter, LoginMethod::Password, &password);
    came.expect("a password that was set with the account");
    let mut jar = Jar::default();
    site.by_code(&mut jar, "acme", "victim@example.test").expect("its holder");
    assert!(matches!(site.page(&mut squatter, From::Here), Resumed::Nobody { .. }));
    let again = log_in(&site, &mut squatter, LoginMethod::Password, &password);
    assert_eq!(refused(again), "session_ended");
    assert!(matches!(site.page(&mut jar, From::Here), Resumed::SignedIn(_)));
}

/// What a credential stands for that was set in a session of this generation.
fn credential(generation: u64) -> CredentialStart {
    let json = format!("{{\"proven\":null,\"generation\":{generation}}}");
    serde_json::from_str(&json).expect("a credential")
}

fn log_in(
    site: &Site,
    jar: &mut Jar,
    method: LoginMethod,
    credential: &CredentialStart,
) -> Result<(), Error> {
    let header = jar.header(From::Here, site.now());
    let browser = Browser::new(&header, site.now());
    let (organization, account) = ("org-a".into(), AccountId::new("victim"));
    let login = (&organization, &account);
    let entered = site.sso.log_in_with_credential(login, method, credential, &browser, random());
    let entered = block_on(entered)?;
    jar.take(&entered.cookies, site.now());
    Ok(())
}

#[test]
fn credentials_are_set_and_used_as_the_policy_says() {
    let acme = open("org-a", "acme", &IDP_A);
    let site = Site::of(&[&acme]);
    site.put(&person(&acme, "boss", Role::Administrator, true));
    site.put(&person(&acme, "victim", Role::Administrator, false));
    let mut jar = Jar::default();
    site.by_code(&mut jar, "acme", "victim@example.test").expect("a login");
    let browser = Browser::new("", site.now());
    let set = || {
        let signed_in = site.signed_in(&mut jar.clone());
        block_on(site.sso.credential(&signed_in, &browser))
    };
    let password = set().expect("a password is set");
    assert_eq!(password.proven, Some(email("victim@example.test")));
    for method in [LoginMethod::Password, LoginMethod::Other, LoginMethod::Sso] {
        let mut other = Jar::default();
        log_in(&site, &mut other, method, &password).expect("a login");
        let start = site.signed_in(&mut other).session.start;
        assert_ne!(start.method, LoginMethod::Sso, "a credential is no identity provider");
        assert_eq!(start.proven, Some(email("victim@example.test")));
    }
    site.enforce(&acme, "boss");
    let mut other = Jar::default();
    assert_eq!(
        refused(log_in(&site, &mut other, LoginMethod::Password, &password)),
        "sso_enforced"
    );
    // Whoever is named for emergencies comes in, and it is told.
    let victim = AccountId::new("victim");
    let named = Change::BreakGlass { account: victim.clone(), granted: true };
    site.change("org-a", &OPERATOR, named).expect("named");
    log_in(&site, &mut other, LoginMethod::Password, &password).expect("an emergency");
    let told: Vec<String> =
        site.told("org-a", 2).iter().map(|event| event.action.code().to_owned()).collect();
    assert_eq!(told, ["break_glass_used", "session_begun"]);
    // Everybody signs out everywhere, and the password is over.
    carry(&site.store, "org-a", &OPERATOR, &Intent::EndSessions(&victim)).expect("a change");
    let over = log_in(&site, &mut other, LoginMethod::Password, &password);
    assert_eq!(refused(over), "session_ended");
}

/// A password is as good as the session in which it was set: whoever could sign as somebody could
/// set one as them.
#[test]
fn a_password_of_an_untrusted_session_opens_nothing() {
    let acme = open("org-a", "acme", &IDP_A);
    let site = Site::of(&[&acme]);
    let mut jar = Jar::default();
    assert_eq!(code(&site.log_in(&mut jar, &acme, "victim")), "create");
    let signed_in = site.signed_in(&mut jar);
    let account = signed_in.account.id.clone();
    let set = |jar: &Jar, signed_in: &SignedIn| {
        site.here(jar, |browser| block_on(site.sso.credential(signed_in, browser)))
    };
    let password = set(&jar, &signed_in).expect("a credential");
    let kept = serde_json::to_string(&password).expect("JSON");
    let password: CredentialStart = serde_json::from_str(&kept).expect("a credential");
    let enters = |jar: &mut Jar, password: &CredentialStart| {
        let organization = "org-a".into();
        let entered = site.here(jar, |browser| {
            let whose = (&organization, &account);
            let method = LoginMethod::Password;
            block_on(site.sso.log_in_with_credential(whose, method, password, browser, random()))
        })?;
        jar.take(&entered.cookies, site.now());
        Ok::<(), Error>(())
    };
    let mut before = Jar::default();
    enters(&mut before, &password).expect("a login");
    // Another password, set in the session of the first, is of the same identity provider.
    let signed_in = site.signed_in(&mut before);
    let another = set(&before, &signed_in).expect("a credential");
    assert_eq!(another, password);
    // Another identity provider takes its place.
    site.configure("org-a", &IDP_B);
    assert_eq!(site.who(&mut before), "step_up");
    for password in [&password, &another] {
        assert_eq!(refused(enters(&mut Jar::default(), password)), "sso_step_up");
    }
    // Whoever holds such a session is not linked by it.
    let start = site.start(&mut before, "acme", Start::new(StartFor::Link));
    assert_eq!(refused(start), "not_signed_in");
    // Single sign-on is switched off: a code is the way in, and then another password.
    site.change("org-a", &OPERATOR, Change::Disable).expect("off");
    site.wait(TimeDelta::seconds(1));
    assert_eq!(refused(enters(&mut Jar::default(), &password)), "session_ended");
    let mut jar = Jar::default();
    site.by_code(&mut jar, "acme", "victim@example.test").expect("a login");
    let signed_in = site.signed_in(&mut jar);
    let fresh = set(&jar, &signed_in).expect("a credential");
    enters(&mut Jar::default(), &fresh).expect("a login");
}
