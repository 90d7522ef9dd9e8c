//! A store that fails at each step of what a door does: nothing is half done, it is told as a
//! failure and not as a refusal, and the same works afterwards.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use saml_login::account::{AccountId, OrganizationId, Role};
use saml_login::error::{BoxError, Error};
use saml_login::organization::{Change, Proposal};
use saml_login::session::{CredentialStart, LoginMethod};
use saml_login::sso::{
    Browser, Completed, Mail, Mailer, PostedLogin, SignedIn, Sso, Start, StartFor,
};
use saml_login::store::{DynStore, MemoryStore};
use saml_login::{Organization, Random, SealingKey};

use crate::common::block_on;
use crate::common::people::{email, found, random};
use crate::common::tenants::{IDP_A, IDP_B, open, values};
use crate::failing::Failing;
use crate::site::{From, Jar, Site, code, person};

const ORGANIZATIONS: [&str; 2] = ["org-a", "org-b"];

/// Two organizations, in each of which Mia is an administrator, over a store that can fail.
fn two() -> (Arc<Failing>, Site, Organization) {
    let both = [open("org-a", "acme", &IDP_A), open("org-b", "bravo", &IDP_B)];
    let store = MemoryStore::default();
    both.iter().for_each(|organization| found(&store, organization, None));
    let failing = Failing::over(store);
    let site = Site::over(DynStore::new(failing.clone()));
    for organization in &both {
        site.put(&person(organization, "mia", Role::Administrator, false));
    }
    let [acme, _] = both;
    (failing, site, acme)
}

/// Does the same over one such site after the other, of which the first step fails, the second one,
/// and so on, until nothing has failed: how many steps there are.
fn each_step<T>(
    prepared: impl Fn(&Site, &Organization) -> T,
    does: impl Fn(&Site, &T, Random) -> Result<(), Error>,
) -> usize {
    for step in 0.. {
        let (failing, site, acme) = two();
        let things = prepared(&site, &acme);
        let left = || ORGANIZATIONS.map(|organization| failing.left(organization));
        let before = left();
        failing.fail_at(step);
        let first = does(&site, &things, random());
        let has_failed = failing.mend();
        let Err(error) = first else {
            assert!(!has_failed, "nobody was told that step {step} failed");
            assert!(left() != before, "something comes of it");
            return step;
        };
        assert!(["store_failed", "account_store_failed"].contains(&error.code()), "{error:?}");
        assert_eq!(error.user_message(), "That did not work just now. Try again in a minute.");
        assert!(left() == before, "step {step} leaves nothing behind");
        does(&site, &things, random()).expect("the same, once nothing fails");
    }
    unreachable!("a door has steps without end")
}

/// Mia's browser, in which she is signed in by a code.
fn with_mia(site: &Site) -> (Jar, SignedIn) {
    let mut jar = Jar::default();
    site.by_code(&mut jar, "acme", "mia@example.test").expect("a login");
    let signed_in = site.signed_in(&mut jar);
    (jar, signed_in)
}

#[test]
fn a_code_is_asked_for() {
    let steps = each_step(
        |_, _| (),
        |site, (), random| {
            let (browser, mia) = (Browser::new("", site.now()), email("mia@example.test"));
            let mailed = site.mails.all().len();
            let asked = block_on(site.sso.ask_code("acme", &mia, &browser, random));
            let is_mailed = site.mails.all().len() > mailed;
            assert_eq!(is_mailed, asked.is_ok(), "a code is mailed once it is kept");
            asked.map(drop)
        },
    );
    assert_eq!(steps, 4, "claim, settings, account, write");
}

/// A store that was gone for a minute, in which somebody tried and tried, takes no codes from them.
#[test]
fn what_was_not_mailed_does_not_count() {
    let (failing, site, _) = two();
    let (browser, mia) = (Browser::new("", site.now()), email("mia@example.test"));
    let ask = || block_on(site.sso.ask_code("acme", &mia, &browser, random()));
    for _ in 0..20 {
        failing.fail_at(3);
        assert_eq!(ask().expect_err("the store").code(), "store_failed");
        assert!(failing.mend());
    }
    for mailed in 1..=5 {
        let _ = ask().expect("asked");
        assert_eq!(site.mails.all().len(), mailed);
    }
    let _ = ask().expect("asked");
    assert_eq!(site.mails.all().len(), 5, "five are mailed an hour");
}

/// The same of a mailer that was gone.
#[test]
fn what_did_not_go_out_does_not_count() {
    let site = two().1;
    let mailer = Flaky::default();
    let sso = Sso::builder("https://app.example.test", site.store.clone())
        .sealing_keys([SealingKey::new([7; 32])])
        .mailer(mailer.clone())
        .build(site.now());
    let sso = block_on(sso).expect("doors");
    let (browser, mia) = (Browser::new("", site.now()), email("mia@example.test"));
    let ask = || block_on(sso.ask_code("acme", &mia, &browser, random())).expect("asked");
    for _ in 0..20 {
        let _ = ask();
    }
    mailer.0.is_back.store(true, Ordering::SeqCst);
    for _ in 0..7 {
        let _ = ask();
    }
    assert_eq!(mailer.0.sent.load(Ordering::SeqCst), 5, "five are mailed an hour");
    // An administrator whose login waits for one.
    let acme = site.organization("org-a");
    let comes = || {
        let mut jar = Jar::default();
        let request = site.tab(&mut jar, "acme", StartFor::Login);
        let form = site.answer(&acme, &IDP_A, "mia", Some(&request)).form_value().expect("one");
        let header = jar.header(From::Form, site.now());
        let form = PostedLogin::new(&acme.urls().acs_url, &form);
        let browser = Browser::new(&header, site.now());
        code(&block_on(sso.complete_login(&form, &browser, random()))).to_owned()
    };
    mailer.0.is_back.store(false, Ordering::SeqCst);
    for _ in 0..20 {
        assert_eq!(comes(), "store_failed");
    }
    mailer.0.is_back.store(true, Ordering::SeqCst);
    for _ in 0..5 {
        assert_eq!(comes(), "confirm");
    }
    assert_eq!(comes(), "too_often");
    assert_eq!(mailer.0.sent.load(Ordering::SeqCst), 10);
}

/// Counts what it sends, once it is back.
#[derive(Clone, Default)]
struct Flaky(Arc<FlakyState>);

#[derive(Default)]
struct FlakyState {
    is_back: AtomicBool,
    sent: AtomicUsize,
}

impl Mailer for Flaky {
    async fn send(&self, _: &Mail) -> Result<(), BoxError> {
        if !self.0.is_back.load(Ordering::SeqCst) {
            return Err(BoxError::new("no post today"));
        }
        self.0.sent.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

fn enters(
    site: &Site,
    signed_in: &SignedIn,
    organization: &str,
    random: Random,
) -> Result<(), Error> {
    let place = (OrganizationId::new(organization), AccountId::new("mia"));
    let browser = Browser::new("", site.now());
    let entered = site.sso.enter_account(signed_in, (&place.0, &place.1), &browser, random);
    block_on(entered).map(drop)
}

#[test]
fn another_account_is_entered() {
    let steps = each_step(
        |site, _| with_mia(site).1,
        |site, mia, random| enters(site, mia, "org-b", random),
    );
    assert_eq!(steps, 4, "settings there, account, settings here, write");
}

#[test]
fn the_first_account_is_gone_back_to() {
    let entered = |site: &Site| {
        let (mut jar, mia) = with_mia(site);
        let place = (OrganizationId::new("org-b"), mia.account.id.clone());
        let browser = Browser::new("", site.now());
        let entered = site.sso.enter_account(&mia, (&place.0, &place.1), &browser, random());
        jar.take(&block_on(entered).expect("entered").1, site.now());
        site.signed_in(&mut jar)
    };
    let steps = each_step(
        |site, _| entered(site),
        |site, there, random| enters(site, there, "org-a", random),
    );
    assert_eq!(steps, 1, "the session there ends");
}

/// What is refused is told, and is no refusal as long as nobody could write that down.
#[test]
fn a_refusal_to_enter_is_told_first() {
    let steps = each_step(
        |site, _| {
            site.set("org-b", |bravo| {
                crate::common::tenants::test_login(bravo, &IDP_B);
                crate::common::tenants::done(bravo, Change::Enforce);
            });
            with_mia(site).1
        },
        |site, mia, random| match enters(site, mia, "org-b", random) {
            Err(error) if error.code() == "not_enterable" => Ok(()),
            other => other,
        },
    );
    assert_eq!(steps, 4);
}

fn comes_by_password(
    site: &Site,
    credential: &CredentialStart,
    random: Random,
) -> Result<(), Error> {
    let (organization, mia) = (OrganizationId::new("org-a"), AccountId::new("mia"));
    let (browser, method) = (Browser::new("", site.now()), LoginMethod::Password);
    let place = (&organization, &mia);
    let came = site.sso.log_in_with_credential(place, method, credential, &browser, random);
    block_on(came).map(drop)
}

fn password(site: &Site) -> CredentialStart {
    let mia = with_mia(site).1;
    block_on(site.sso.credential(&mia, &Browser::new("", site.now()))).expect("a password")
}

#[test]
fn somebody_comes_by_a_credential() {
    let steps = each_step(|site, _| password(site), comes_by_password);
    assert_eq!(steps, 2, "account, write");
}

#[test]
fn a_credential_that_is_over_is_told_first() {
    let steps = each_step(
        |site, _| {
            let password = password(site);
            let mia = AccountId::new("mia");
            site.carry("org-a", &saml_login::provision::Intent::EndSessions(&mia));
            password
        },
        |site, password, random| match comes_by_password(site, password, random) {
            Err(error) if error.code() == "session_ended" => Ok(()),
            other => other,
        },
    );
    assert_eq!(steps, 2, "account, event");
}

#[test]
fn a_credential_is_set() {
    let steps = each_step(
        |site, _| with_mia(site).1,
        |site, mia, _| {
            let browser = Browser::new("", site.now());
            block_on(site.sso.credential(mia, &browser)).map(drop)
        },
    );
    assert_eq!(steps, 2, "settings, event");
}

/// Mia's browser; where something is to be tried out beside what is in effect, that is proposed.
fn with_a_tester(site: &Site, acme: &Organization, proposed: bool) -> Jar {
    let (jar, mia) = with_mia(site);
    if proposed {
        let proposal = Proposal::of_values(values(acme, &IDP_B));
        let propose = Change::Propose(Box::new(proposal));
        site.change("org-a", &mia.by(), propose).expect("proposed");
    }
    jar
}

/// A start leaves nothing behind in the store, whatever becomes of it.
#[test]
fn a_test_of_settings_is_started() {
    for proposed in [false, true] {
        let purpose = StartFor::Test { proposed };
        let mut step = 0;
        loop {
            let (failing, site, acme) = two();
            let mut jar = with_a_tester(&site, &acme, proposed);
            let before = failing.left("org-a");
            let names = jar.names().join(" ");
            failing.fail_at(step);
            let started = site.start(&mut jar, "acme", Start::new(purpose));
            if !failing.mend() {
                started.expect("a start");
                break;
            }
            assert_eq!(started.expect_err("the store").code(), "store_failed");
            assert!(failing.left("org-a") == before, "step {step}");
            assert_eq!(jar.names().join(" "), names, "the browser waits for nothing");
            site.start(&mut jar, "acme", Start::new(purpose)).expect("the same, later");
            assert!(failing.left("org-a") == before, "step {step}");
            step += 1;
        }
        // Claim, settings, session; and what is set there is read again where it is another.
        assert_eq!(step, if proposed { 4 } else { 3 });
    }
}

/// The answer to a test: what it counts for, or why it went no further.
fn tries_out(
    site: &Site,
    (jar, acs_url, form): &(Jar, String, String),
    random: Random,
) -> Result<(), Error> {
    let header = jar.header(From::Form, site.now());
    let (posted, browser) = (PostedLogin::new(acs_url, form), Browser::new(&header, site.now()));
    match block_on(site.sso.complete_login(&posted, &browser, random)) {
        Completed::Tested(tested) => {
            assert_eq!(tested.counts, Ok(()));
            Ok(())
        }
        Completed::Stopped(stopped) => {
            assert!(stopped.cookies.is_empty(), "the request is still under way");
            Err(stopped.error)
        }
        other => panic!("no test: {other:?}"),
    }
}

#[test]
fn settings_are_tried_out() {
    for proposed in [false, true] {
        let purpose = StartFor::Test { proposed };
        let idp = if proposed { &IDP_B } else { &IDP_A };
        let steps = each_step(
            |site, acme| {
                let mut jar = with_a_tester(site, acme, proposed);
                let request = site.tab(&mut jar, "acme", purpose);
                let answer = site.answer(acme, idp, "mia", Some(&request));
                let form = answer.form_value().expect("a response");
                (jar, acme.urls().acs_url.clone(), form)
            },
            tries_out,
        );
        // Claim, settings, session, accounts; the accounts again, and the write.
        assert_eq!(steps, 6, "of {purpose:?}");
    }
}
