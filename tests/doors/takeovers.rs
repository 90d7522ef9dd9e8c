//! Ways in which somebody got, or stayed, where they do not belong: each was open once, and here
//! each is tried from the browser to the store.

use chrono::TimeDelta;
use saml_login::Organization;
use saml_login::account::{AccountId, EmailProof, OrganizationId, Role};
use saml_login::error::Error;
use saml_login::organization::{Change, EmailDomain};
use saml_login::provision::Intent;
use saml_login::session::{CredentialStart, LoginMethod};
use saml_login::sso::{Browser, Completed, StartFor};
use saml_login::testing::idp::{TestAttribute, TestIdp, TestNameId};

use crate::acts::refused;
use crate::common::block_on;
use crate::common::people::{email, random};
use crate::common::tenants::{IDP_A, IDP_B, applied, idp, open, verify_domain};
use crate::site::{From, Jar, Site, code, person};

const PERSISTENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";

/// Somebody comes under a lasting name, with the address `person@example.test`.
fn comes_as(site: &Site, jar: &mut Jar, acme: &Organization, (name, id): (&str, &str)) -> String {
    let request = site.tab(jar, acme.slug().as_str(), StartFor::Login);
    let mut answer = site.answer(acme, &IDP_A, name, Some(&request));
    let mut name_id = TestNameId::new(id);
    name_id.format = Some(PERSISTENT.into());
    answer.name_id = Some(name_id);
    let form = answer.form_value().expect("a response");
    code(&site.post(jar, &acme.urls().acs_url, &form)).to_owned()
}

fn set_password(site: &Site, jar: &mut Jar) -> Result<CredentialStart, Error> {
    let signed_in = site.signed_in(jar);
    site.here(jar, |browser| block_on(site.sso.credential(&signed_in, browser)))
}

fn by_password(
    site: &Site,
    jar: &mut Jar,
    (organization, account): (&str, &AccountId),
    password: &CredentialStart,
) -> Result<(), Error> {
    let organization = OrganizationId::new(organization);
    let entered = site.here(jar, |browser| {
        let place = (&organization, account);
        let method = LoginMethod::Password;
        block_on(site.sso.log_in_with_credential(place, method, password, browser, random()))
    });
    jar.take(&entered?.cookies, site.now());
    Ok(())
}

fn enter(site: &Site, jar: &mut Jar, (organization, id): (&str, &str)) -> Result<(), Error> {
    let signed_in = site.signed_in(jar);
    let place = (OrganizationId::new(organization), AccountId::new(id));
    let entered = site.here(jar, |browser| {
        block_on(site.sso.enter_account(&signed_in, (&place.0, &place.1), browser, random()))
    });
    jar.take(&entered?.1, site.now());
    Ok(())
}

/// An attacker's identity provider says a victim's address, a password is set in that session, and
/// the victim proves the address there later: it leads into no account elsewhere at any point.
#[test]
fn a_password_set_in_a_session_of_the_identity_provider_leads_nowhere_else() {
    let (evil, corp) = (open("org-a", "evil", &IDP_A), open("org-b", "corp", &IDP_B));
    let site = Site::of(&[&evil, &corp]);
    site.put(&person(&corp, "alice", Role::Administrator, false));
    let mut attacker = Jar::default();
    assert_eq!(code(&site.log_in(&mut attacker, &evil, "alice")), "create");
    let account = site.signed_in(&mut attacker).account;
    assert_eq!(account.proof(), EmailProof::Organization);
    let password = set_password(&site, &mut attacker).expect("a password");
    assert_eq!(password.proven, None);
    let place = ("org-a", &account.id);
    let leads_nowhere = |jar: &mut Jar| {
        assert_eq!(refused(enter(&site, jar, ("org-b", "alice"))), "not_enterable");
    };
    leads_nowhere(&mut attacker);
    let mut again = Jar::default();
    by_password(&site, &mut again, place, &password).expect("their own organization");
    leads_nowhere(&mut again);
    // The victim enters a code that was mailed to her.
    let mut victim = Jar::default();
    site.by_code(&mut victim, "evil", "alice@example.test").expect("a login");
    assert_eq!(site.account("org-a", &account.id).proof(), EmailProof::Proven);
    enter(&site, &mut victim, ("org-b", "alice")).expect("whoever has proven it");
    // What was begun before has ended, and so has the password.
    assert_eq!([site.who(&mut attacker), site.who(&mut again)], ["session_ended"; 2]);
    assert_eq!(refused(by_password(&site, &mut again, place, &password)), "session_ended");
    // The identity provider's next word is worth what it was.
    assert_eq!(code(&site.log_in(&mut attacker, &evil, "alice")), "keep");
    leads_nowhere(&mut attacker);
    let password = set_password(&site, &mut attacker).expect("a password");
    by_password(&site, &mut again, place, &password).expect("their own organization");
    leads_nowhere(&mut again);
}

/// Somebody proves their own address, and is given the victim's.
#[test]
fn what_was_proven_of_one_address_says_nothing_of_another() {
    let (evil, corp) = (open("org-a", "evil", &IDP_A), open("org-b", "corp", &IDP_B));
    let site = Site::of(&[&evil, &corp]);
    site.put(&person(&evil, "mallory", Role::Member, false));
    site.put(&person(&corp, "alice", Role::Administrator, false));
    let mut jar = Jar::default();
    site.by_code(&mut jar, "evil", "mallory@example.test").expect("a login");
    let password = set_password(&site, &mut jar).expect("a password");
    let (mallory, victims) = (AccountId::new("mallory"), email("alice@example.test"));
    site.carry("org-a", &Intent::ChangeAddress { account: &mallory, email: &victims });
    assert_eq!(site.who(&mut jar), "session_ended");
    let place = ("org-a", &mallory);
    assert_eq!(refused(by_password(&site, &mut jar, place, &password)), "session_ended");
}

/// An account was unlinked, and is linked to somebody else since: whoever had it is out.
#[test]
fn the_session_of_a_former_name_does_not_outlive_unlinking() {
    let acme = open("org-a", "acme", &IDP_A);
    let site = Site::of(&[&acme]);
    site.put(&person(&acme, "boss", Role::Administrator, true));
    site.enforce(&acme, "boss");
    let (mut first, mut second) = (Jar::default(), Jar::default());
    assert_eq!(comes_as(&site, &mut first, &acme, ("alice", "0042")), "create");
    let account = site.signed_in(&mut first).account.id;
    assert_eq!(comes_as(&site, &mut second, &acme, ("alice", "4711")), "email_of_another");
    let cookies = first.header(From::Here, site.now());
    site.carry("org-a", &Intent::Unlink(&account));
    assert_eq!(site.kept(&cookies), "session_ended");
    assert_eq!(comes_as(&site, &mut second, &acme, ("alice", "4711")), "link");
    assert_eq!(site.signed_in(&mut second).account.id, account);
    assert_eq!(site.kept(&cookies), "session_ended");
    assert_eq!(comes_as(&site, &mut first, &acme, ("alice", "0042")), "email_of_another");
}

/// A key was stolen, and is replaced while single sign-on is the only way in: what the thief began
/// with it goes no further, and holds nothing.
#[test]
fn what_a_stolen_key_began_ends_with_the_key_under_enforcement() {
    let acme = open("org-a", "acme", &IDP_A);
    let site = Site::of(&[&acme]);
    site.put(&person(&acme, "boss", Role::Administrator, true));
    site.enforce(&acme, "boss");
    let mut thief = Jar::default();
    assert_eq!(code(&site.log_in(&mut thief, &acme, "boss")), "keep");
    let forged = site.signed_in(&mut thief);
    assert!(forged.by().administers(acme.id()));
    let next = idp(IDP_A.issuer());
    site.adopt(&acme, &next, "boss");
    assert_eq!(site.told_codes("org-a", 1), ["candidate_adopted"]);
    site.wait(TimeDelta::seconds(1));
    assert_eq!(site.who(&mut thief), "step_up");
    // A tab that the thief had opened before is answered by no stolen key.
    let acme = site.organization("org-a");
    for purpose in [StartFor::StepUp, StartFor::Login] {
        let again = site.log_in_for(&mut thief, &acme, &IDP_A, "boss", purpose);
        assert_eq!(code(&again), "key_untrusted");
    }
    assert_eq!(site.who(&mut thief), "step_up");
    // The boss comes in as before: their name is the same.
    let mut jar = Jar::default();
    assert_eq!(code(&site.log_in_for(&mut jar, &acme, &next, "boss", StartFor::Login)), "keep");
}

/// A key that was added beside another, and is retired.
#[test]
fn what_a_retired_key_began_steps_up() {
    let acme = open("org-a", "acme", &IDP_A);
    let site = Site::of(&[&acme]);
    let second = idp(IDP_A.issuer());
    let pem = second.certificate_pem().expect("PEM");
    site.set("org-a", |organization| {
        applied(organization, Change::AddCertificate { certificate: pem })
            .result
            .expect("a second key");
    });
    let both: [(&TestIdp, &str); 2] = [(&IDP_A, "alice"), (&second, "bob")];
    let [mut alices, mut bobs] = both.map(|(idp, name)| {
        let mut jar = Jar::default();
        let came = site.log_in_for(&mut jar, &acme, idp, name, StartFor::Login);
        assert_eq!(code(&came), "create");
        jar
    });
    let retired = site.signed_in(&mut alices).session.start.key_fingerprint.expect("a key");
    site.set("org-a", |organization| {
        applied(organization, Change::RetireCertificate { fingerprint: retired })
            .result
            .expect("retired");
    });
    assert_eq!([site.who(&mut alices), site.who(&mut bobs)], ["step_up", "signed_in"]);
}

/// Whoever enters an account from elsewhere leaves nothing behind that opens it later.
#[test]
fn an_entered_session_sets_no_credential_and_ends_with_its_way_in() {
    let (agency, corp) = (open("org-b", "agency", &IDP_B), open("org-a", "corp", &IDP_A));
    let site = Site::of(&[&agency, &corp]);
    site.set("org-b", |organization| verify_domain(organization, "example.test"));
    site.put(&person(&corp, "alice", Role::Administrator, false));
    let mut jar = Jar::default();
    let agency = site.organization("org-b");
    let came = site.log_in_for(&mut jar, &agency, &IDP_B, "alice", StartFor::Login);
    assert_eq!(code(&came), "create");
    enter(&site, &mut jar, ("org-a", "alice")).expect("entered");
    assert_eq!(site.signed_in(&mut jar).account.organization, "org-a");
    assert_eq!(refused(set_password(&site, &mut jar)), "session_foreign");
    // The domain is lost, and the way in with it.
    let cookies = jar.header(From::Here, site.now());
    site.set("org-b", |organization| {
        let domain = EmailDomain::parse("example.test").expect("a domain");
        applied(organization, Change::ForgetDomain(domain)).result.expect("forgotten");
    });
    let browser = Browser::new(&cookies, site.now());
    let resumed = block_on(site.sso.resume(&browser)).expect("the store");
    match resumed {
        saml_login::sso::Resumed::SignedIn(signed_in) => {
            assert_eq!(signed_in.account.organization, "org-b");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(refused(enter(&site, &mut jar, ("org-a", "alice"))), "not_enterable");
}

/// Whoever can set their own address at the identity provider has any: an administrator's account
/// waits for a code that goes to its holder, also where the domain is verified.
#[test]
fn an_address_makes_no_administrator_in_a_verified_domain() {
    let acme = open("org-a", "acme", &IDP_A);
    let site = Site::of(&[&acme]);
    site.set("org-a", |organization| verify_domain(organization, "example.test"));
    site.put(&person(&acme, "boss", Role::Administrator, false));
    let mut mallory = Jar::default();
    let request = site.tab(&mut mallory, "acme", StartFor::Login);
    let mut answer = site.answer(&acme, &IDP_A, "mallory", Some(&request));
    let mut name_id = TestNameId::new("mallory-0666");
    name_id.format = Some(PERSISTENT.into());
    answer.name_id = Some(name_id);
    answer.attributes.retain(|attribute| attribute.name != "email");
    answer.attributes.push(TestAttribute::new("email", ["boss@example.test"]));
    let form = answer.form_value().expect("a response");
    let waits = site.post(&mut mallory, &acme.urls().acs_url, &form);
    assert!(matches!(waits, Completed::Confirm(_)), "{waits:?}");
    assert_eq!(
        site.mails.all().pop().map(|mail| mail.to().clone()),
        Some(email("boss@example.test"))
    );
    assert_eq!(site.who(&mut mallory), "nobody");
    // The boss themselves, from a session of their own.
    let mut jar = Jar::default();
    site.by_code(&mut jar, "acme", "boss@example.test").expect("a login");
    let linked = site.log_in_for(&mut jar, &acme, &IDP_A, "boss", StartFor::Link);
    assert_eq!(code(&linked), "link");
    // From then on the other name is another person's, at once.
    let late = comes_as(&site, &mut mallory, &acme, ("boss", "mallory-0666"));
    assert_eq!(late, "email_of_another");
}

/// A response that would be refused anyway sends nobody round.
#[test]
fn what_is_late_or_for_others_is_not_bounced() {
    let acme = open("org-a", "acme", &IDP_A);
    let site = Site::of(&[&acme]);
    let post = |answer: saml_login::testing::idp::TestResponse<'_>| {
        let (mut jar, form) = (Jar::default(), answer.form_value().expect("a response"));
        let stopped = site.post(&mut jar, &acme.urls().acs_url, &form);
        assert!(jar.names().is_empty());
        code(&stopped).to_owned()
    };
    let tile = || site.answer(&acme, &IDP_A, "alice", None);
    let mut foreign = tile();
    foreign.audiences = vec![vec!["https://other.example.test".into()]];
    assert_eq!(post(foreign), "audience_mismatch");
    let mut elsewhere = tile();
    elsewhere.confirmations[0].recipient = Some("https://other.example.test/acs".into());
    assert_eq!(post(elsewhere), "recipient_mismatch");
    let late = tile().form_value().expect("a response");
    site.wait(TimeDelta::days(300));
    let stopped = site.post(&mut Jar::default(), &acme.urls().acs_url, &late);
    assert_eq!(code(&stopped), "expired");
}
