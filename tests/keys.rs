//! Our key pairs: made for each organization, sealed in its record, opened for its connection,
//! replaced one after the other, and sealed anew under another key.

mod common;

use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::hooked::Hooked;
use common::people::random;
use common::tenants::{
    IDP_A, OPERATOR, applied, apply, around, boss, done, enforced, open, organization,
    outcome as code, record, response, spend,
};
use common::{Verify as _, block_on, now};
use saml_login::administration::{
    AdministrationError, admit_sealing_keys, forget_other_sealing_keys, found, reseal,
};
use saml_login::assertion::NameId;
use saml_login::audit::Action;
use saml_login::binding::Binding;
use saml_login::connection::Warning;
use saml_login::error::BoxError;
use saml_login::logout::{LogoutOptions, LogoutSubject};
use saml_login::organization::{
    Around, By, Change, ChangeRefusal, KeyPairUnavailable, Plan, Proposal, SealedKeyPair,
    SetupScope, TestLogin,
};
use saml_login::provision::{Asked, Moment, Standing, test_login};
use saml_login::sealing::SealingKeys;
use saml_login::store::{MemoryStore, SettingsWrite, Store, Write, Written};
use saml_login::testing::idp::TestResponse;
use saml_login::testing::pending_request;
use saml_login::trust::{Fingerprint, KeyType};
use saml_login::{
    Connection, ConnectionOptions, Delivery, Error, KeyPair, LoginOptions, Organization, Random,
    Rejection, RequestStore, SealedRequests, SealingKey,
};

fn key(number: u8) -> SealingKey {
    SealingKey::new([number; 32])
}

fn keys(number: u8) -> SealingKeys {
    SealingKeys::new(key(number))
}

/// OpenSSL takes its time for each.
static PAIRS: LazyLock<[KeyPair; 3]> = LazyLock::new(|| {
    let pair = || KeyPair::generate(now(), now() + chrono::TimeDelta::days(9)).expect("a pair");
    [pair(), pair(), pair()]
});

/// One of the pairs, sealed for an organization under key 1.
fn sealed(organization: &Organization, number: usize) -> SealedKeyPair {
    SealedKeyPair::seal(organization.id(), &PAIRS[number], &keys(1), random()).expect("sealed")
}

fn fingerprint(number: usize) -> Fingerprint {
    PAIRS[number].certificate().fingerprint()
}

fn add(number: usize, organization: &Organization) -> Change {
    Change::AddKeyPair(Box::new(sealed(organization, number)))
}

fn retire(number: usize) -> Change {
    Change::RetireKeyPair { fingerprint: fingerprint(number) }
}

fn with_pair() -> Organization {
    let mut acme = open("org-a", "acme", &IDP_A);
    let change = add(0, &acme);
    done(&mut acme, change);
    acme
}

fn to(organization: &Organization, pair: Option<usize>) -> TestResponse<'static> {
    let answer = response(organization, &IDP_A, "boss");
    match pair {
        Some(number) => answer.encrypted_to(PAIRS[number].certificate()),
        None => answer,
    }
}

/// What a login with such a response comes to.
fn login(connection: &Connection, answer: &TestResponse<'_>) -> &'static str {
    let form_value = answer.form_value().expect("a response");
    let unspent = connection.verify_reply(form_value, Some("_request"), now());
    match unspent.map_err(Error::from).and_then(|unspent| spend(unspent, now())) {
        Ok(_) => "in",
        Err(error) => error.code(),
    }
}

fn is_signed(connection: &Connection, options: LoginOptions) -> bool {
    let started = connection.start_login(options, random(), now()).expect("a request");
    let Delivery::Redirect(url) = started.delivery else { panic!("no redirect") };
    url.contains("&Signature=")
}

#[test]
fn a_pair_is_made_and_opens_for_its_organization_alone() {
    let acme = open("org-a", "acme", &IDP_A);
    let made = SealedKeyPair::generate(acme.id(), &keys(1), random(), now()).expect("a pair");
    let pair = made.open(&keys(1)).expect("open");
    let certificate = pair.certificate();
    assert_eq!(certificate.fingerprint(), made.fingerprint());
    assert_eq!(certificate.to_pem(), made.certificate_pem());
    assert_eq!(certificate.key(), KeyType::Rsa { bits: 2048 });
    assert_eq!(made.sealing_key(), key(1).mark());
    let days = |at: chrono::DateTime<chrono::Utc>| (at - now()).num_days();
    assert_eq!(certificate.not_before().map(days), Some(-1));
    assert_eq!(certificate.not_after().map(days), Some(20 * 365 + 5));
    let other = SealedKeyPair::generate(acme.id(), &keys(1), random(), now()).expect("a pair");
    assert_ne!(other.fingerprint(), made.fingerprint());
    // Beside older and newer keys its own is found; without it nothing opens.
    let beside = keys(2).and_opening_with(key(1));
    assert!(made.open(&beside).is_ok());
    let unknown = made.open(&keys(2)).expect_err("another key");
    let expected = KeyPairUnavailable::SealingKeyUnknown {
        fingerprint: made.fingerprint(),
        sealing_key: key(1).mark(),
    };
    assert_eq!(unknown, expected);
    assert!(unknown.help().contains("Give the application that key again"), "{}", unknown.help());
    assert!(unknown.help().contains("switch encryption off"), "{}", unknown.help());
    // In another organization's record it is nobody's.
    let mut record = serde_json::to_value(with_pair()).expect("JSON");
    record["id"] = "org-b".into();
    let moved: Organization = serde_json::from_value(record).expect("an organization");
    let damaged = moved.open_key_pairs(&keys(1)).expect_err("another organization");
    assert_eq!(damaged, KeyPairUnavailable::Damaged { fingerprint: fingerprint(0) });
    assert!(damaged.help().contains("backup"), "{}", damaged.help());
}

#[test]
fn only_what_can_decrypt_is_sealed() {
    let acme = organization("org-a", "acme");
    let of = |key: &str, days| {
        KeyPair::self_signed(key, "sp", now(), now() + chrono::TimeDelta::days(days))
            .expect("a pair")
    };
    let pem = |key: openssl::pkey::PKey<openssl::pkey::Private>| {
        String::from_utf8(key.private_key_to_pem_pkcs8().expect("PEM")).expect("text")
    };
    let group = openssl::ec::EcGroup::from_curve_name(openssl::nid::Nid::X9_62_PRIME256V1);
    let curve = openssl::ec::EcKey::generate(&group.expect("a curve")).expect("a key");
    let curve = pem(openssl::pkey::PKey::from_ec_key(curve).expect("a key"));
    let short = openssl::rsa::Rsa::generate(1024).expect("a key");
    let short = pem(openssl::pkey::PKey::from_rsa(short).expect("a key"));
    for (key, expected) in [(&curve, "decryption_key_not_rsa"), (&short, "key_too_weak")] {
        let refused = SealedKeyPair::seal(acme.id(), &of(key, 9), &keys(1), random());
        assert_eq!(refused.expect_err("unfit").code(), expected);
    }
}

/// What lies in the store tells nothing of the key, and neither does what is logged.
#[test]
fn nothing_shows_a_key() {
    let mut acme = with_pair();
    let kept = serde_json::to_string(&acme).expect("JSON");
    let shown = format!("{acme:?} {:?} {:?}", keys(1), add(0, &acme));
    let sealed = sealed(&acme, 0);
    let inner = serde_json::to_value(&acme).expect("JSON")["key_pairs"][0]["sealed"].clone();
    assert!(kept.contains(inner.as_str().expect("a text")));
    assert!(!shown.contains(inner.as_str().expect("a text")));
    assert!(shown.contains(&key(1).mark()) && shown.contains(&sealed.fingerprint().to_string()));
    for text in [&kept, &shown] {
        assert!(!text.contains("PRIVATE KEY") && !text.contains("1, 1, 1"), "{text}");
    }
    let event = apply(&mut acme, retire(0)).event;
    assert_eq!(event.action, Action::KeyPairRetired { fingerprint: fingerprint(0) });
}

#[test]
fn a_connection_decrypts_and_signs_with_our_pair() {
    let mut acme = open("org-a", "acme", &IDP_A);
    let before = acme.revision();
    let plain = acme.connection_with(&keys(1)).expect("a connection");
    assert_eq!(login(&plain, &to(&acme, None)), "in", "whoever has no keys needs none");
    assert_eq!(login(&plain, &to(&acme, Some(0))), "decryption_key_missing");
    assert_eq!(plain.revision(), acme.connection().expect("a connection").revision());

    let change = add(0, &acme);
    let added = apply(&mut acme, change);
    assert_eq!(code(&added), "done");
    assert_eq!(added.event.action, Action::KeyPairAdded { fingerprint: fingerprint(0) });
    assert_ne!(acme.revision(), before, "a connection that was kept has to be made anew");
    let connection = acme.connection_with(&keys(1)).expect("a connection");
    assert_eq!(Some(connection.revision()), acme.revision().as_deref());
    assert_eq!(login(&connection, &to(&acme, Some(0))), "in");
    assert_eq!(login(&connection, &to(&acme, None)), "in");
    assert_eq!(login(&connection, &to(&acme, Some(1))), "decryption_failed");
    let xml = acme.metadata_with(&keys(1)).xml();
    let body: String =
        sealed(&acme, 0).certificate_pem().lines().filter(|line| !line.starts_with('-')).collect();
    assert_eq!(xml.matches(&body).count(), 2, "to sign and to encrypt");
    assert!(xml.contains("AuthnRequestsSigned=\"false\""), "{xml}");

    // A key alone signs no request: an identity provider that does not know it would refuse.
    assert!(!is_signed(&connection, LoginOptions::default()));
    assert!(is_signed(&connection, LoginOptions::default().with_sign(true)));
    let signing = apply(&mut acme, Change::SignRequests(true));
    assert_eq!((code(&signing), signing.event.action.code()), ("done", "request_signing_set"));
    assert!(acme.signs_requests());
    assert_ne!(acme.revision().as_deref(), Some(connection.revision()));
    let connection = acme.connection_with(&keys(1)).expect("a connection");
    assert!(is_signed(&connection, LoginOptions::default()));
    assert!(acme.metadata_with(&keys(1)).xml().contains("AuthnRequestsSigned=\"true\""));
    let lifted = apply(&mut acme, Change::SignRequests(false));
    assert_eq!(lifted.event.action.code(), "request_signing_lifted");
}

/// Logouts are signed where there is a key: nobody takes an unsigned one.
#[test]
fn logouts_are_signed_by_our_pair() {
    let mut acme = with_pair();
    let slo_url = Some("https://idp-a.example.test/slo".to_owned());
    done(&mut acme, Change::SetEndpoints { sso_binding: Binding::HttpRedirect, slo_url });
    let subject = LogoutSubject::new("org-a", IDP_A.issuer(), NameId::new("boss"), None);
    let signed = |connection: &Connection| {
        let started = connection.start_logout(&subject, LogoutOptions::default(), random(), now());
        let Delivery::Redirect(url) = started.expect("a request").delivery else {
            panic!("no redirect")
        };
        url.contains("&Signature=")
    };
    assert!(signed(&acme.connection_with(&keys(1)).expect("a connection")));
    assert!(!signed(&acme.connection().expect("a connection")));
}

/// A key that the application does not have keeps out those alone who need it.
#[test]
fn whoever_needs_no_key_of_ours_comes_in_without_one() {
    let mut acme = with_pair();
    let opened = acme.connection_with(&keys(1)).expect("a connection");
    assert!(opened.service_provider().sealed_keys().is_empty());
    let unknown = acme.connection_with(&keys(2)).expect("a connection");
    for connection in [&unknown, &acme.connection().expect("a connection")] {
        assert_eq!(login(connection, &to(&acme, None)), "in");
        assert_eq!(login(connection, &to(&acme, Some(0))), "decryption_key_sealed");
        assert_eq!(connection.service_provider().sealed_keys(), [fingerprint(0)]);
        let warning = Warning::KeyPairSealed { fingerprint: fingerprint(0) };
        assert_eq!(warning.code(), "key_pair_sealed");
        assert!(connection.warnings(now()).contains(&warning));
        assert!(!is_signed(connection, LoginOptions::default()));
    }
    assert_eq!(acme.open_key_pairs(&keys(2)).expect_err("unknown").code(), "sealing_key_unknown");
    // Whoever asked for signed requests needs a key: none goes out that is not.
    done(&mut acme, Change::SignRequests(true));
    let unknown = acme.connection_with(&keys(2)).expect("a connection");
    let refused = unknown.start_login(LoginOptions::default(), random(), now());
    assert_eq!(refused.expect_err("no key").code(), "signing_key_missing");
    // Damage keeps nobody out either, and can be mended.
    let mut record = serde_json::to_value(&acme).expect("JSON");
    record["key_pairs"][0]["sealed"] = "?".into();
    record["key_pairs"][0]["certificate"] = "?".into();
    let mut spoiled: Organization = serde_json::from_value(record).expect("an organization");
    let connection = spoiled.connection_with(&keys(1)).expect("a connection");
    assert_eq!(login(&connection, &to(&acme, None)), "in");
    let damaged = spoiled.open_key_pairs(&keys(1)).expect_err("damaged");
    assert_eq!(damaged.code(), "key_pair_damaged");
    done(&mut spoiled, Change::SignRequests(false));
    done(&mut spoiled, retire(0));
    let change = add(1, &spoiled);
    done(&mut spoiled, change);
    assert!(spoiled.open_key_pairs(&keys(1)).is_ok());
}

#[test]
fn words_of_a_sealed_key_are_the_operators() {
    for element in ["EncryptedAssertion", "EncryptedID"] {
        let rejection = Rejection::DecryptionKeySealed { element };
        assert_eq!(rejection.fixer(), saml_login::error::Fixer::ServiceProvider);
        assert!(rejection.help().contains("Whoever runs the application"), "{}", rejection.help());
    }
}

/// A pair that is kept elsewhere serves as it did, whatever is in the record.
#[test]
fn a_pair_from_elsewhere_can_be_given_instead() {
    let acme = with_pair();
    let sp = acme.service_provider();
    let own = sp.with_signing_key(PAIRS[1].clone()).with_decryption_key(PAIRS[1].clone());
    let connection = acme.connection_builder(own).expect("open").build().expect("a connection");
    assert_eq!(login(&connection, &to(&acme, Some(1))), "in");
    assert_eq!(login(&connection, &to(&acme, Some(0))), "decryption_failed");
    assert!(is_signed(&connection, LoginOptions::default()));
    let warnings = connection.warnings(now());
    assert!(warnings.iter().all(|warning| warning.code() != "key_pair_sealed"));
    let unsigned = acme.connection_builder(connection.service_provider().clone()).expect("open");
    let unsigned = unsigned.with_requests_signed(false).build().expect("a connection");
    assert!(!is_signed(&unsigned, LoginOptions::default()));
}

/// The second pair stands beside the first until the identity provider encrypts to it.
#[test]
fn a_pair_is_replaced_by_way_of_two() {
    let mut acme = with_pair();
    done(&mut acme, Change::SignRequests(true));
    let change = add(1, &acme);
    done(&mut acme, change);
    let connection = acme.connection_with(&keys(1)).expect("a connection");
    for pair in [0, 1] {
        assert_eq!(login(&connection, &to(&acme, Some(pair))), "in");
    }
    let fingerprints = |keys: &[KeyPair]| {
        keys.iter().map(|key| key.certificate().fingerprint()).collect::<Vec<_>>()
    };
    let sp = connection.service_provider();
    assert_eq!(fingerprints(sp.signing_keys()), [fingerprint(0), fingerprint(1)]);
    // An identity provider that reads our metadata encrypts to the second one from now on.
    let xml = acme.metadata_with(&keys(1)).xml();
    let count = |number: usize| {
        let pem = PAIRS[number].certificate().to_pem();
        let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        xml.matches(&body).count()
    };
    assert_eq!((count(0), count(1)), (1, 2), "the first one only to sign");
    assert!(xml.contains("use=\"encryption\"") && xml.matches("use=\"signing\"").count() == 2);
    // There is no third, what is there already changes nothing, and others' are not taken.
    let before = acme.clone();
    let bravo = organization("org-b", "bravo");
    for (change, expected) in [
        (add(2, &acme), "key_pairs_too_many"),
        (add(2, &bravo), "key_pair_foreign"),
        (retire(2), "key_pair_unknown"),
        (Change::Reseal(vec![sealed(&acme, 2)]), "key_pair_unknown"),
        (Change::Reseal(vec![sealed(&bravo, 0)]), "key_pair_foreign"),
        (add(0, &acme), "done"),
    ] {
        assert_eq!(code(&applied(&mut acme, change)), expected);
        assert_eq!(acme, before);
    }
    done(&mut acme, retire(0));
    let connection = acme.connection_with(&keys(1)).expect("a connection");
    assert_eq!(fingerprints(connection.service_provider().signing_keys()), [fingerprint(1)]);
    assert_eq!(login(&connection, &to(&acme, Some(1))), "in");
    assert_eq!(login(&connection, &to(&acme, Some(0))), "decryption_failed");
    // The last one stays while requests are signed.
    assert_eq!(code(&apply(&mut acme, retire(1))), "key_pair_missing");
    done(&mut acme, Change::SignRequests(false));
    done(&mut acme, retire(1));
    assert_eq!(acme.key_pairs(), []);
    assert_eq!(code(&apply(&mut acme, Change::SignRequests(true))), "key_pair_missing");
    assert!(!acme.signs_requests());
}

#[test]
fn who_may_change_key_pairs() {
    let acme = with_pair();
    let (admin, mut member) = (boss("org-a"), boss("org-a"));
    member.role = saml_login::account::Role::Member;
    let scope = SetupScope::ALL.iter().copied().collect();
    let reseal = || Change::Reseal(vec![sealed(&acme, 0)]);
    let bys = [
        (By::Application, ["done", "done", "done", "done"]),
        (OPERATOR, ["done", "done", "done", "done"]),
        (By::member(&admin), ["done", "done", "done", "not_operator"]),
        (By::entered(&admin), ["entered_session"; 4]),
        (By::member(&member), ["not_administrator"; 4]),
        (By::Directory("token"), ["not_administrator"; 4]),
        (By::IdentityProvider, ["not_administrator"; 4]),
        (
            By::SetupLink("link", &scope),
            ["not_administrator", "not_administrator", "not_administrator", "not_operator"],
        ),
    ];
    for (by, expected) in bys {
        let changes = [add(1, &acme), retire(0), Change::SignRequests(true), reseal()];
        let codes = changes.map(|change| {
            let mut acme = acme.clone();
            let applied = acme.apply(change, &by, &around("org-a"), now());
            assert_eq!(applied.event.actor, by.actor());
            code(&applied).to_owned()
        });
        assert_eq!(codes, expected, "{by:?}");
    }
    // Where the plan ends, what is there is kept going and taken back.
    for (change, expected) in [
        (add(1, &acme), "done"),
        (reseal(), "done"),
        (retire(0), "done"),
        (Change::SignRequests(false), "done"),
        (Change::SignRequests(true), "not_entitled"),
    ] {
        let mut acme = acme.clone();
        let applied = acme.apply(change, &OPERATOR, &Around::plan(Plan::NONE), now());
        assert_eq!(code(&applied), expected);
    }
}

/// A test login by an answer that is encrypted to one of the pairs, or to none.
fn tried(acme: &Organization, proposed: bool, pair: Option<usize>) -> Result<TestLogin, String> {
    let standing_of = acme.as_if_adopted().filter(|_| proposed).unwrap_or_else(|| acme.clone());
    let connection = match proposed {
        true => acme.candidate_connection_with(&keys(1)).expect("one").expect("a candidate"),
        false => acme.connection_with(&keys(1)).expect("a connection"),
    };
    let form_value = to(acme, pair).form_value().expect("a response");
    let request = pending_request(&connection, "_request", now());
    let unspent = connection.verify(form_value, Some(&request), now());
    let unspent = unspent.map_err(|rejection| rejection.code().to_owned())?;
    let identity = spend(unspent, now()).map_err(|error| error.code().to_owned())?;
    let account = common::tenants::administrator(&identity);
    let all = [account.clone()];
    let counters = common::people::counters(&standing_of, &all);
    let standing = Standing::new(&standing_of, counters, &all);
    let moment = Moment::new(now(), saml_login::account::AccountId::new("new"));
    test_login(&identity, &account.id, &standing, &moment)
        .map_err(|refusal| refusal.code().to_owned())
}

/// Nobody is locked out by a pair that the identity provider encrypts to still.
#[test]
fn under_enforcement_a_pair_is_retired_by_whoever_comes_in_without_it() {
    let mut acme = enforced("org-a", "acme", &IDP_A);
    // To add one keeps nobody out, and what was tested is tested still.
    for number in [0, 1] {
        let change = add(number, &acme);
        done(&mut acme, change);
        assert!(acme.is_tested() && acme.is_enforced());
    }
    assert_eq!(login(&acme.connection_with(&keys(1)).expect("one"), &to(&acme, None)), "in");
    for change in [retire(0), Change::SignRequests(true)] {
        for by in [By::Application, OPERATOR] {
            let refused = acme.apply(change.clone(), &by, &around("org-a"), now());
            assert_eq!(code(&refused), "proposal_needed", "{change:?}");
        }
    }
    let mut proposal = Proposal::default();
    proposal.retire_key_pair = Some(fingerprint(2));
    let unknown = apply(&mut acme, Change::Propose(Box::new(proposal.clone())));
    assert_eq!(unknown.result, Err(ChangeRefusal::KeyPairUnknown));
    proposal.retire_key_pair = Some(fingerprint(0));
    proposal.sign_requests = Some(true);
    done(&mut acme, Change::Propose(Box::new(proposal)));
    let differences = acme.differences();
    let said: Vec<_> = differences
        .iter()
        .map(|one| (one.field, one.present.clone(), one.proposed.clone()))
        .collect();
    let text = |text: &str| Some(text.to_owned());
    let pair = Some(fingerprint(0).to_string());
    assert_eq!(
        said,
        [("sign_requests", text("false"), text("true")), ("key_pair", pair, None)],
        "nothing else is proposed"
    );
    let candidate = acme.candidate_connection_with(&keys(1)).expect("one").expect("a candidate");
    assert_eq!(Some(candidate.revision()), acme.candidate_revision().as_deref());
    assert!(is_signed(&candidate, LoginOptions::default()), "so it is tried out, too");
    let refused = tried(&acme, true, Some(0)).expect_err("the pair that goes");
    assert_eq!(refused, "decryption_failed");
    assert_eq!(code(&apply(&mut acme, Change::Adopt)), "adoption_needs_test_login");
    // A login with what is in effect shows nothing of it.
    let test = tried(&acme, false, Some(0)).expect("a test login");
    assert_eq!(code(&record(&mut acme, test)), "done");
    assert_eq!(code(&apply(&mut acme, Change::Adopt)), "adoption_needs_test_login");
    let test = tried(&acme, true, Some(1)).expect("a test login");
    assert_eq!(code(&record(&mut acme, test)), "done");
    done(&mut acme, Change::Adopt);
    assert!(acme.is_enforced() && acme.is_tested() && acme.signs_requests());
    let left: Vec<Fingerprint> = acme.key_pairs().iter().map(SealedKeyPair::fingerprint).collect();
    assert_eq!(left, [fingerprint(1)]);
    // The last one goes with the signatures, or stays with them.
    let mut last = Proposal::default();
    last.retire_key_pair = Some(fingerprint(1));
    let refused = apply(&mut acme, Change::Propose(Box::new(last.clone())));
    assert_eq!(code(&refused), "key_pair_missing");
    last.sign_requests = Some(false);
    done(&mut acme, Change::Propose(Box::new(last)));
    let test = tried(&acme, true, None).expect("a test login");
    record(&mut acme, test).result.expect("a test login");
    done(&mut acme, Change::Adopt);
    assert!(acme.key_pairs().is_empty() && !acme.signs_requests());
}

/// To add a pair beside a proposal that was tried out changes nothing of what it showed.
#[test]
fn a_proposal_that_was_tried_out_stays_so_when_a_pair_is_added() {
    let mut acme = enforced("org-a", "acme", &IDP_A);
    let mut proposal = Proposal::default();
    proposal.options = Some(ConnectionOptions::default().with_clock_skew_seconds(61));
    done(&mut acme, Change::Propose(Box::new(proposal)));
    let change = add(0, &acme);
    assert_eq!(code(&apply(&mut acme, Change::Adopt)), "adoption_needs_test_login");
    let test = tried(&acme, true, None).expect("a test login");
    record(&mut acme, test).result.expect("a test login");
    done(&mut acme, change);
    done(&mut acme, Change::Adopt);
    assert!(acme.is_enforced() && acme.is_tested());
}

/// Our own certificate in the place of the identity provider's is named as what it is.
#[test]
fn our_own_certificate_is_not_taken_for_theirs() {
    let mut acme = with_pair();
    let mut pasted = common::tenants::values(&acme, &IDP_A);
    pasted.certificate = sealed(&acme, 0).certificate_pem().to_owned();
    let refused = apply(&mut acme, Change::Configure(Box::new(pasted.clone())));
    let Err(ChangeRefusal::Values(diagnosis)) = &refused.result else { panic!("{refused:?}") };
    let codes: Vec<&str> =
        diagnosis.findings().iter().map(|finding| finding.problem.code()).collect();
    assert_eq!(codes, ["certificate_expires", "certificate_is_ours"]);
    // Of another pair nothing is known.
    pasted.certificate = PAIRS[1].certificate().to_pem();
    assert_eq!(code(&apply(&mut acme, Change::Configure(Box::new(pasted)))), "done");
}

/// What is proposed to be signed cannot be adopted once there is nothing to sign with.
#[test]
fn a_proposal_that_lost_its_pair_is_not_adopted() {
    let mut acme = with_pair();
    let mut proposal = Proposal::default();
    proposal.sign_requests = Some(true);
    done(&mut acme, Change::Propose(Box::new(proposal)));
    done(&mut acme, retire(0));
    assert_eq!(code(&apply(&mut acme, Change::Adopt)), "key_pair_missing");
}

#[test]
fn key_pairs_are_part_of_the_record() {
    let mut acme = with_pair();
    done(&mut acme, Change::SignRequests(true));
    let mut proposal = Proposal::default();
    proposal.retire_key_pair = Some(fingerprint(0));
    proposal.sign_requests = Some(false);
    done(&mut acme, Change::Propose(Box::new(proposal)));
    let mut value = serde_json::to_value(&acme).expect("JSON");
    assert_eq!(value["version"], 1);
    let read: Organization = serde_json::from_value(value.clone()).expect("an organization");
    assert_eq!(read, acme);
    value["something_new"] = 1.into();
    let read: Organization = serde_json::from_value(value.clone()).expect("an organization");
    assert_eq!(serde_json::to_value(&read).expect("JSON"), value);
    // Whoever has none has a record as before.
    let none = serde_json::to_value(open("org-a", "acme", &IDP_A)).expect("JSON");
    for field in ["key_pairs", "signs_requests"] {
        assert!(none.get(field).is_none(), "{field}");
    }
    value["key_pairs"][0]["plain"] = true.into();
    assert!(serde_json::from_value::<Organization>(value).is_err());
    // The one that was kept by the first release with key pairs opens.
    let kept = include_str!("../fixtures/records/organization-1-key-pair.json");
    let kept: Organization = serde_json::from_str(kept).expect("an organization");
    let pairs = kept.open_key_pairs(&keys(1)).expect("the pair");
    assert_eq!(pairs.len(), 1);
    assert_eq!(pairs[0].certificate().fingerprint(), kept.key_pairs()[0].fingerprint());
}

fn asked() -> Asked<'static> {
    Asked::by(OPERATOR, now())
}

async fn founded(acme: Organization) -> MemoryStore {
    let store = MemoryStore::default();
    found(&store, acme, None, &asked(), random()).await.expect("founded");
    store
}

fn kept(store: &MemoryStore) -> Organization {
    let record = block_on(store.organization(&"org-a".into())).expect("a store");
    record.expect("an organization").organization
}

/// The application's key is replaced: both open, the new one seals, and then the old one goes.
#[test]
fn what_is_sealed_under_an_old_key_is_sealed_anew() {
    let mut acme = with_pair();
    let change = add(1, &acme);
    done(&mut acme, change);
    let id = "org-a".into();
    let store = block_on(founded(acme.clone()));
    let both = keys(2).and_opening_with(key(1));
    let again = |keys: &SealingKeys, asked: &Asked<'_>| {
        block_on(reseal(&store, &id, keys, asked, random()))
    };
    // Without the key that it is sealed under nothing is sealed, nor by anybody.
    let error = again(&keys(2), &asked()).expect_err("no key");
    assert_eq!(error.code(), "sealing_key_unknown");
    assert!(error.help().contains(&key(1).mark()), "{}", error.help());
    let admin = boss("org-a");
    let refused = again(&both, &Asked::by(By::member(&admin), now())).expect("an answer");
    assert_eq!(
        refused.map(|applied| code(&applied).to_owned()).as_deref(),
        Some("not_administrator")
    );
    assert_eq!(kept(&store), acme);
    assert!(again(&keys(1), &asked()).expect("an answer").is_none(), "it is sealed under it");

    let applied = again(&both, &asked()).expect("an answer").expect("sealed anew");
    assert_eq!((code(&applied), applied.event.action.code()), ("done", "key_pairs_resealed"));
    let after = kept(&store);
    let pairs = after.open_key_pairs(&keys(2)).expect("the new key alone");
    let before = acme.open_key_pairs(&keys(1)).expect("the old key");
    assert_eq!(pairs, before);
    assert_eq!(
        after.open_key_pairs(&keys(1)).expect_err("the old key").code(),
        "sealing_key_unknown"
    );
    assert_eq!(after.revision(), acme.revision(), "no connection has to be made anew");
    assert!(again(&both, &asked()).expect("an answer").is_none());
    let told = block_on(store.audit(&id, None, 9)).expect("events");
    let codes: Vec<&str> = told.iter().map(|(_, event)| event.action.code()).collect();
    assert_eq!(codes, ["key_pairs_resealed", "key_pairs_resealed"], "the refused one is told, too");
    // Nobody has any.
    let none = block_on(founded(organization("org-a", "acme")));
    assert!(block_on(reseal(&none, &id, &both, &asked(), random())).expect("an answer").is_none());
    let unknown = block_on(reseal(&none, &"org-x".into(), &both, &asked(), random()));
    assert_eq!(unknown.expect_err("none").code(), "organization_unknown");
}

/// A change that comes in between is kept.
#[test]
fn sealing_anew_loses_no_change() {
    let acme = with_pair();
    let store = block_on(founded(acme));
    let once = AtomicUsize::new(0);
    let hooked = Hooked::new(store, move |store, write| {
        if once.fetch_add(1, Ordering::SeqCst) == 0 {
            let record = block_on(store.organization(&write.organization)).expect("a store");
            let record = record.expect("an organization");
            let mut other = record.organization.clone();
            done(&mut other, Change::Disable);
            let mut change = Write::of("org-a", now());
            change.decided_by = Some(record.version);
            change.settings = Some(SettingsWrite::Change(Box::new(other)));
            assert_eq!(block_on(store.write(change)).expect("a store"), Written::Done);
        }
        None
    });
    let both = keys(2).and_opening_with(key(1));
    let applied = block_on(reseal(&hooked, &"org-a".into(), &both, &asked(), random()));
    assert_eq!(code(&applied.expect("an answer").expect("sealed anew")), "done");
    let after = kept(&hooked.store);
    assert!(!after.is_enabled() && after.open_key_pairs(&keys(2)).is_ok());
}

fn admit(store: &impl Store, keys: &SealingKeys) -> Result<(), &'static str> {
    block_on(admit_sealing_keys(store, keys, now())).map_err(|error| error.code())
}

fn marks(store: &MemoryStore) -> (u64, Vec<String>) {
    let record = block_on(store.store_record()).expect("a store");
    (record.version, record.sealing_keys.into_iter().collect())
}

fn sorted<const N: usize>(numbers: [u8; N]) -> Vec<String> {
    let mut marks = numbers.map(|number| key(number).mark()).to_vec();
    marks.sort();
    marks
}

#[test]
fn a_key_that_was_drawn_at_start_is_noticed() {
    let store = MemoryStore::default();
    assert_eq!(admit(&store, &keys(1)), Ok(()));
    assert_eq!(marks(&store), (1, sorted([1])));
    assert_eq!(admit(&store, &keys(1)), Ok(()));
    assert_eq!(marks(&store), (1, sorted([1])), "nothing is written where nothing is new");
    let refused = block_on(admit_sealing_keys(&store, &keys(2), now())).expect_err("drawn");
    let AdministrationError::SealingKeysNotAdmitted { known, given } = &refused else {
        panic!("{refused:?}")
    };
    assert_eq!((known, given), (&sorted([1]), &sorted([2])));
    assert!(refused.help().contains("not in its place"), "{}", refused.help());
    assert_eq!(marks(&store), (1, sorted([1])));
    // A new one beside one that is known, whichever seals.
    assert_eq!(admit(&store, &keys(1).and_opening_with(key(2))), Ok(()));
    assert_eq!(marks(&store), (2, sorted([1, 2])));
    assert_eq!(admit(&store, &keys(3).and_opening_with(key(2))), Ok(()));
    for number in [1, 2, 3] {
        assert_eq!(admit(&store, &keys(number)), Ok(()));
    }
    // Once everything was sealed anew the former ones are not known any more.
    let forget = |number| {
        block_on(forget_other_sealing_keys(&store, &keys(number), now())).map_err(|e| e.code())
    };
    assert_eq!(forget(4), Err("sealing_keys_not_admitted"));
    assert_eq!(forget(3), Ok(()));
    assert_eq!(marks(&store), (4, sorted([3])));
    assert_eq!(admit(&store, &keys(1)), Err("sealing_keys_not_admitted"));
}

/// Of two that start first with different keys one is refused, however close together they come.
#[test]
fn the_first_start_is_one() {
    let once = AtomicUsize::new(0);
    let hooked = Hooked::new(MemoryStore::default(), move |store, _| {
        if once.fetch_add(1, Ordering::SeqCst) == 0 {
            assert_eq!(admit(store, &keys(1)), Ok(()));
        }
        None
    });
    assert_eq!(admit(&hooked, &keys(2)), Err("sealing_keys_not_admitted"));
    assert_eq!(marks(&hooked.store), (1, sorted([1])));
    // Beside the other one it is noted in the next round.
    let once = AtomicUsize::new(0);
    let hooked = Hooked::new(MemoryStore::default(), move |store, _| {
        if once.fetch_add(1, Ordering::SeqCst) == 0 {
            assert_eq!(admit(store, &keys(1)), Ok(()));
        }
        None
    });
    assert_eq!(admit(&hooked, &keys(2).and_opening_with(key(1))), Ok(()));
    assert_eq!(marks(&hooked.store), (2, sorted([1, 2])));
    let never = Hooked::new(MemoryStore::default(), |_, _| Some(Ok(Written::Conflict)));
    assert_eq!(admit(&never, &keys(1)), Err("settings_contended"));
    let gone = Hooked::new(MemoryStore::default(), |_, _| Some(Err(BoxError::new("gone"))));
    assert_eq!(admit(&gone, &keys(1)), Err("store_failed"));
}

/// Requests in cookies are sealed under the same keys.
#[test]
fn cookies_are_sealed_under_the_same_keys() {
    let connection = with_pair().connection_with(&keys(1)).expect("a connection");
    let pending = pending_request(&connection, "_request", now());
    let pending = saml_login::request::Pending::Login(pending);
    let put = |keys: SealingKeys| {
        let random = Random::new([7; 32]);
        match block_on(SealedRequests::new(keys).put(&pending, random, now())).expect("room") {
            saml_login::request::Remembered::Cookie(cookie) => cookie,
            other => panic!("{other:?}"),
        }
    };
    let take = |keys: SealingKeys, cookie: &str| {
        block_on(SealedRequests::new(keys).take("_request", cookie, now())).expect("a store")
    };
    let both = || keys(2).and_opening_with(key(1));
    assert_eq!(take(both(), &put(keys(1))), Some(pending.clone()));
    assert_eq!(take(keys(2), &put(both())), Some(pending.clone()));
    assert_eq!(take(keys(1), &put(both())), None);
}
