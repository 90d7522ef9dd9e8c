//! Settings that cannot lock anybody out: proposed, tried out, adopted.

mod common;

use std::collections::BTreeSet;

use chrono::TimeDelta;
use common::people::{
    administrator_of, carry, counters, email, found, invitation, member, numbers, random, read,
    store_of,
};
use common::tenants::{
    IDP_A, IDP_B, OPERATOR, administrator, adopt, applied, apply, around, boss, done, enforced,
    identity, idp, log_in, name_keeper, open, organization, outcome as code, record, response,
    test_login, tried, values, verify_domain,
};
use common::{block_on, now};
use saml_login::account::{
    Account, AccountAddress, AccountId, EmailProof, LinkOrigin, OrganizationId, Role, Status,
};
use saml_login::administration::{administer, found as found_organization};
use saml_login::audit::{Action, Outcome};
use saml_login::error::BoxError;
use saml_login::organization::{
    Applied, Around, By, Change, Counters, DomainRule, DomainToken, EmailDomain, JitRule, Plan,
    Plans, ProfileSource, Proposal, ProvisioningRules, SetupScope, TestLogin, Watched, due,
};
use saml_login::provision::{
    Asked, Import, Intent, Moment, Refusal, Standing, test_login as decide,
};
use saml_login::store::{MemoryStore, Store};
use saml_login::testing::idp::TestNameId;
use saml_login::{ConnectionOptions, LoginPolicy, Organization, Unsolicited};

fn domain(text: &str) -> EmailDomain {
    EmailDomain::parse(text).expect("a domain")
}

fn rules() -> ProvisioningRules {
    ProvisioningRules::new(JitRule::Never, DomainRule::Verified, ProfileSource::Application)
}

/// One slip in the issuer, and nobody would get in again: it does not take effect.
#[test]
fn a_typing_error_under_enforcement_locks_nobody_out() {
    let mut acme = enforced("org-a", "acme", &IDP_A);
    let before = acme.clone();
    let mut typo = values(&acme, &IDP_A);
    typo.issuer = "https://idp-a.example.test/metadat".into();
    for change in [
        Change::Configure(Box::new(typo.clone())),
        Change::Adjust(Box::default()),
        Change::SetEndpoints { sso_binding: saml_login::binding::Binding::HttpPost, slo_url: None },
        Change::Provision(rules()),
        Change::VerifyDomain(domain("acme.test")),
    ] {
        for by in [By::Application, OPERATOR] {
            let refused = acme.apply(change.clone(), &by, &around("org-a"), now());
            assert_eq!(code(&refused), "proposal_needed", "{change:?}");
            assert_eq!(acme, before);
        }
    }
    // It stands beside what is in effect, and is seen.
    let proposed = apply(&mut acme, Change::Propose(Box::new(Proposal::of_values(typo))));
    assert_eq!(proposed.event.action.code(), "candidate_proposed");
    assert_eq!(code(&proposed), "done");
    let differences = acme.differences();
    let fields: Vec<_> = differences.iter().map(|one| one.field).collect();
    assert_eq!(fields, ["issuer"]);
    assert_eq!(differences[0].proposed.as_deref(), Some("https://idp-a.example.test/metadat"));
    assert!(log_in(&acme, &response(&acme, &IDP_A, "boss")).is_ok());
    assert!(acme.is_tested());
    // Nobody can log in with it, and so nobody can adopt it.
    let adopted = acme.as_if_adopted().expect("a candidate");
    let refused = log_in(&adopted, &response(&adopted, &IDP_A, "boss")).expect_err("a typo");
    assert_eq!(refused.code(), "issuer_mismatch");
    assert_eq!(code(&apply(&mut acme, Change::Adopt)), "adoption_needs_test_login");
    let dropped = apply(&mut acme, Change::Drop);
    assert_eq!(dropped.event.action.code(), "candidate_dropped");
    assert_eq!(acme, before);
    assert_eq!(code(&apply(&mut acme, Change::Drop)), "candidate_missing");
    assert_eq!(code(&apply(&mut acme, Change::Adopt)), "candidate_missing");
}

/// A connector that was made anew: other values, tried out beside those in effect.
#[test]
fn what_was_tried_out_is_adopted_with_the_testers_link() {
    let mut acme = enforced("org-a", "acme", &IDP_A);
    let mut proposal = Proposal::of_values(values(&acme, &IDP_B));
    let mut options = ConnectionOptions::default();
    options.unsolicited = Unsolicited::Off;
    proposal.options = Some(options.clone());
    proposal.provisioning = Some(rules());
    done(&mut acme, Change::Propose(Box::new(proposal)));
    let fields: Vec<_> = acme.differences().iter().map(|one| one.field).collect();
    assert_eq!(
        fields,
        ["issuer", "sso_url", "certificates", "options", "provisioning"].map(sorted)
    );
    // Its connection has a revision of its own, by which its answers are told.
    let present = acme.revision().expect("settings");
    let candidate = acme.candidate_connection().expect("a connection").expect("a candidate");
    assert_eq!(Some(candidate.revision()), acme.candidate_revision().as_deref());
    assert_ne!(acme.candidate_revision(), Some(present));
    let test = tried(&acme, true, &IDP_B).expect("a test login");
    assert_eq!(code(&record(&mut acme, test.clone())), "done");
    assert!(acme.is_tested(), "what is in effect was tested, too");
    let adopted = apply(&mut acme, Change::Adopt);
    assert_eq!(code(&adopted), "done");
    let (account, link) = adopted.link.expect("a link");
    assert_eq!((account.as_str(), link.origin), ("boss-of-org-a", LinkOrigin::Session));
    assert!(acme.is_enforced() && acme.is_tested() && acme.candidate().is_none());
    assert_eq!(acme.settings().map(|settings| &settings.options), Some(&options));
    assert_eq!(acme.provisioning(), &rules());
    assert!(log_in(&acme, &response(&acme, &IDP_B, "boss")).is_ok());
    // A test of what was proposed says nothing of anything else.
    assert_eq!(code(&record(&mut enforced("org-a", "acme", &IDP_A), test)), "test_login_outdated");
}

/// The order in which differences are shown is that of the fields.
fn sorted(field: &'static str) -> &'static str {
    match field {
        "issuer" => "sso_url",
        "sso_url" => "issuer",
        other => other,
    }
}

#[test]
fn an_organization_says_how_long_its_sessions_last() {
    use saml_login::session::SessionRules;
    let mut acme = enforced("org-a", "acme", &IDP_A);
    assert_eq!(acme.session_rules(), None);
    for (lifetime, idle, expected) in [
        (5, 5, "done"),
        (4, 5, "sessions_unsound"),
        (60, 4, "sessions_unsound"),
        (90 * 24 * 60, 60, "done"),
        (90 * 24 * 60 + 1, 60, "sessions_unsound"),
    ] {
        let change = Change::LimitSessions(Some(SessionRules::new(lifetime, idle)));
        let applied = apply(&mut acme, change);
        assert_eq!((code(&applied), applied.event.action.code()), (expected, "sessions_limited"));
    }
    let kept = SessionRules::new(90 * 24 * 60, 60);
    assert_eq!(acme.session_rules(), Some(kept));
    assert_eq!((kept.lifetime(), kept.idle()), (TimeDelta::days(90), TimeDelta::hours(1)));
    assert!(acme.is_tested(), "it is nothing that a test login was of");
    let text = serde_json::to_string(&acme).expect("JSON");
    assert_eq!(serde_json::from_str::<Organization>(&text).expect("a record"), acme);
    done(&mut acme, Change::LimitSessions(None));
    assert_eq!(acme.session_rules(), None);
}

/// Two organizations with one key: whoever pastes it second is warned, and let.
#[test]
fn a_certificate_that_another_organization_trusts_is_warned_of() {
    let store = store_of(&open("org-b", "bravo", &IDP_A), None);
    let acme = organization("org-a", "acme");
    found(&store, &acme, None);
    let id = OrganizationId::new("org-a");
    let asked = Asked::by(OPERATOR, now());
    let warnings = |change: Change| {
        let applied = block_on(administer(&store, &Plan::ALL, &id, &change, &asked));
        let applied = applied.expect("the store");
        assert_eq!(code(&applied), "done");
        applied.warnings.iter().map(|warning| warning.problem.code()).collect::<Vec<_>>()
    };
    let configure = |idp| Change::Configure(Box::new(values(&acme, idp)));
    assert_eq!(warnings(configure(&IDP_A)), ["certificate_shared"]);
    assert_eq!(warnings(configure(&IDP_B)), [""; 0]);
    let certificate = IDP_A.certificate_pem().expect("PEM");
    assert_eq!(warnings(Change::AddCertificate { certificate }), ["certificate_shared"]);
}

/// Without enforcement there is nobody to lock out.
#[test]
fn without_enforcement_a_proposal_is_adopted_as_it_is() {
    let mut acme = open("org-a", "acme", &IDP_A);
    let proposal = Proposal::of_values(values(&acme, &IDP_B));
    done(&mut acme, Change::Propose(Box::new(proposal)));
    done(&mut acme, Change::Adopt);
    assert!(!acme.is_tested() && log_in(&acme, &response(&acme, &IDP_B, "boss")).is_ok());
    let nothing = apply(&mut organization("org-b", "bravo"), Change::Propose(Box::default()));
    assert_eq!(code(&nothing), "sso_not_configured");
}

/// A login that the rules refuse an account is no test login.
#[test]
fn a_login_that_is_refused_an_account_tests_nothing() {
    let mut acme = open("org-a", "acme", &IDP_A);
    verify_domain(&mut acme, "acme.test");
    assert_eq!(tried(&acme, false, &IDP_A), Err(Refusal::DomainForeign));
    assert_eq!(code(&apply(&mut acme, Change::Enforce)), "enforcement_needs_test_login");
}

fn tested_by(organization: &Organization, account: &Account) -> Result<TestLogin, Refusal> {
    let said = identity(organization, &IDP_A, "boss");
    let all = [account.clone()];
    let standing = Standing::new(organization, counters(organization, &all), &all);
    decide(&said, &account.id, &standing, &Moment::new(now(), AccountId::new("new")))
}

#[test]
fn a_test_login_is_an_administrators_all_the_way_into_the_account() {
    let acme = open("org-a", "acme", &IDP_A);
    let admin = administrator(&identity(&acme, &IDP_A, "boss"));
    type Edit = fn(&mut Account);
    let edits: [(Edit, Refusal); 5] = [
        (|account| account.role = Role::Member, Refusal::TestLoginNotAdministrator),
        (|account| account.status = Status::Deactivated, Refusal::AccountDeactivated),
        (|account| account.status = Status::Deleted, Refusal::AccountDeleted),
        (|account| account.organization = "org-b".into(), Refusal::AccountMissing),
        (
            |account| {
                (account.role, account.status) = (Role::Member, Status::Invited);
            },
            Refusal::TestLoginNotAdministrator,
        ),
    ];
    for (edit, expected) in edits {
        let mut account = admin.clone();
        edit(&mut account);
        assert_eq!(tested_by(&acme, &account), Err(expected));
    }
    let test = tested_by(&acme, &admin).expect("a test login");
    assert_eq!((test.account(), test.at()), (&admin.id, now()));
    assert_eq!(vec![test.key_fingerprint()], acme.fingerprints());
    // Whoever was signed in is the tester, whatever address and name the identity provider has for
    // them.
    let mut other = admin.clone();
    other.address =
        AccountAddress::new(email("the.boss@elsewhere.test"), EmailProof::Proven).into();
    other.link = None;
    assert!(tested_by(&acme, &other).is_ok());
    // And an unsigned-in administrator's address is no tester.
    let mut answer = response(&acme, &IDP_A, "boss");
    answer.name_id = Some(TestNameId::new("somebody-else"));
    let said = log_in(&acme, &answer).expect("a login");
    let all = [admin.clone()];
    let standing = Standing::new(&acme, counters(&acme, &all), &all);
    let moment = Moment::new(now(), AccountId::new("new"));
    assert_eq!(
        decide(&said, &AccountId::new("nobody"), &standing, &moment),
        Err(Refusal::AccountMissing)
    );
    assert_eq!(decide(&said, &admin.id, &standing, &moment), Err(Refusal::EmailOfAnother));
}

/// Whoever was tested has to be there still, as an administrator, and not for too long.
#[test]
fn a_test_login_counts_while_its_administrator_is_one_and_for_a_day() {
    let mut acme = open("org-a", "acme", &IDP_A);
    test_login(&mut acme, &IDP_A);
    assert!(acme.is_tested());
    let own = boss("org-a");
    let enforce = |accounts: Vec<Account>, at| {
        let mut acme = acme.clone();
        let around = Around::plan(Plan::ALL).with_accounts(accounts);
        let by = By::member(&own);
        let applied = acme.apply(Change::Enforce, &by, &around, at);
        code(&applied).to_owned()
    };
    let mut deleted = own.clone();
    deleted.status = Status::Deleted;
    let mut demoted = own.clone();
    demoted.role = Role::Member;
    let mut foreign = own.clone();
    foreign.organization = "org-b".into();
    for account in [deleted, demoted, foreign] {
        assert_eq!(enforce(vec![account], now()), "test_login_not_administrator");
    }
    assert_eq!(enforce(Vec::new(), now()), "test_login_not_administrator");
    let day = TimeDelta::hours(24);
    let just = now() + day - TimeDelta::nanoseconds(1);
    assert_eq!(enforce(vec![own.clone()], just), "done");
    assert_eq!(enforce(vec![own.clone()], now() + day), "test_login_too_old");
}

/// It counts for domains and rules as they were, and for no others.
#[test]
fn a_test_login_counts_for_nothing_that_came_after_it() {
    let changes: [fn(&mut Organization); 6] = [
        |acme| verify_domain(acme, "example.test"),
        |acme| done(acme, Change::Provision(rules())),
        |acme| {
            let values = values(acme, &idp(IDP_A.issuer()));
            done(acme, Change::Configure(Box::new(values)));
        },
        |acme| {
            let mut options = ConnectionOptions::default();
            options.clock_skew_seconds = 61;
            done(acme, Change::Adjust(Box::new(options)));
        },
        |acme| {
            let mut rules = ProvisioningRules::default();
            rules.administrators = saml_login::organization::AdministratorRule::DangerByEmail;
            done(acme, Change::Provision(rules));
        },
        |acme| {
            let mut rules = ProvisioningRules::default();
            rules.relink = saml_login::organization::RelinkRule::DangerAnyName;
            done(acme, Change::Provision(rules));
        },
    ];
    for change in changes {
        let mut acme = open("org-a", "acme", &IDP_A);
        let test = tried(&acme, false, &IDP_A).expect("a test login");
        change(&mut acme);
        assert_eq!(code(&record(&mut acme, test.clone())), "test_login_outdated");
        // Nor where it was noted before.
        let mut acme = open("org-a", "acme", &IDP_A);
        record(&mut acme, test).result.expect("a test login");
        change(&mut acme);
        assert!(!acme.is_tested());
        assert_eq!(code(&apply(&mut acme, Change::Enforce)), "enforcement_needs_test_login");
    }
    // Another organization's is none, and where nothing works there is nothing to test.
    let mut bravo = open("org-b", "bravo", &IDP_A);
    let test = tried(&open("org-a", "acme", &IDP_A), false, &IDP_A).expect("a test login");
    let change = Change::RecordTestLogin(Box::new(test.clone()));
    let around = around("org-b").with_accounts([boss("org-a"), boss("org-b")]);
    let noted = bravo.apply(change, &By::Application, &around, now());
    assert_eq!(code(&noted), "test_login_not_administrator");
    let mut closed = open("org-a", "acme", &IDP_A);
    done(&mut closed, Change::Disable);
    assert_eq!(code(&record(&mut closed, test.clone())), "test_login_outdated");
    // Away and back again: what was tested is what is configured.
    let mut acme = open("org-a", "acme", &IDP_A);
    let noted = record(&mut acme, test);
    assert_eq!(noted.event.target, Some(AccountId::new("boss-of-org-a")));
    assert_eq!((code(&noted), noted.event.action.code()), ("done", "test_login"));
    done(&mut acme, Change::Disable);
    done(&mut acme, Change::Enable);
    assert!(acme.is_tested());
}

/// A certificate is retired under enforcement once an administrator came in by one that stays.
#[test]
fn the_key_that_was_tried_out_is_not_retired() {
    let mut acme = enforced("org-a", "acme", &IDP_A);
    let next = idp(IDP_A.issuer());
    let certificate = next.certificate_pem().expect("PEM");
    done(&mut acme, Change::AddCertificate { certificate });
    assert!(acme.is_tested(), "whoever came in by the first key comes in by it still");
    let [first, second] = acme.fingerprints().try_into().expect("two certificates");
    let retire = |fingerprint| Change::RetireCertificate { fingerprint };
    assert_eq!(code(&apply(&mut acme, retire(first))), "retirement_needs_test_login");
    // The other one goes, for the first was tried out.
    let mut other = acme.clone();
    done(&mut other, retire(second));
    assert!(other.is_tested() && other.is_enforced());
    // After a login by the new key the old one goes.
    test_login(&mut acme, &next);
    let mut late = acme.clone();
    let after = now() + TimeDelta::hours(24);
    let own = boss("org-a");
    let applied = late.apply(retire(first), &By::member(&own), &around("org-a"), after);
    assert_eq!(code(&applied), "retirement_needs_test_login");
    done(&mut acme, retire(first));
    assert!(acme.is_tested() && acme.is_enforced());
    assert_eq!(acme.fingerprints(), [second]);
}

/// A key that was retired since does not come back with a proposal that was about something else.
#[test]
fn to_adopt_a_proposal_brings_no_retired_key_back() {
    let mut acme = enforced("org-a", "acme", &IDP_A);
    let mut proposal = Proposal::default();
    proposal.provisioning = Some(rules());
    done(&mut acme, Change::Propose(Box::new(proposal)));
    let next = idp(IDP_A.issuer());
    let certificate = next.certificate_pem().expect("PEM");
    done(&mut acme, Change::AddCertificate { certificate });
    let [first, second] = acme.fingerprints().try_into().expect("two certificates");
    test_login(&mut acme, &next);
    done(&mut acme, Change::RetireCertificate { fingerprint: first });
    let adopted = acme.as_if_adopted().expect("a candidate");
    assert_eq!(adopted.fingerprints(), [second]);
    assert_eq!(adopted.provisioning(), &rules());
    assert_eq!(code(&apply(&mut acme, Change::Adopt)), "adoption_needs_test_login");
}

/// What ended the tester's session ended what they showed in it.
#[test]
fn a_test_login_ends_with_its_session() {
    let mut acme = open("org-a", "acme", &IDP_A);
    let test = tried(&acme, false, &IDP_A).expect("a test login");
    let mut signed_out = boss("org-a");
    signed_out.generation = 1;
    let around = Around::plan(Plan::ALL).with_accounts([signed_out]);
    let change = Change::RecordTestLogin(Box::new(test.clone()));
    let noted = acme.apply(change, &By::Application, &around, now());
    assert_eq!(code(&noted), "test_login_not_administrator");
    record(&mut acme, test).result.expect("a test login");
    let enforced = acme.apply(Change::Enforce, &By::Application, &around, now());
    assert_eq!(code(&enforced), "test_login_not_administrator");
}

/// Somebody without a lasting name shows nothing, unless a code can be sent to them.
#[test]
fn a_test_login_without_a_lasting_name_needs_an_address_for_codes() {
    let acme = open("org-a", "acme", &IDP_A);
    let mut answer = response(&acme, &IDP_A, "boss");
    if let Some(name_id) = &mut answer.name_id {
        name_id.format = Some("urn:oasis:names:tc:SAML:2.0:nameid-format:transient".into());
    }
    let said = log_in(&acme, &answer).expect("a login");
    for (proof, expected) in
        [(EmailProof::Organization, "test_login_not_administrator"), (EmailProof::Proven, "done")]
    {
        let mut own = boss("org-a");
        own.address = Some(AccountAddress::new(email("boss@example.test"), proof));
        let all = [own.clone()];
        let standing = Standing::new(&acme, counters(&acme, &all), &all);
        let moment = Moment::new(now(), AccountId::new("new"));
        let test = decide(&said, &own.id, &standing, &moment).expect("a test login");
        let around = Around::plan(Plan::ALL).with_accounts([own]);
        let mut acme = acme.clone();
        let change = Change::RecordTestLogin(Box::new(test));
        acme.apply(change, &By::Application, &around, now()).result.expect("a test login");
        let enforced = acme.apply(Change::Enforce, &By::Application, &around, now());
        assert_eq!(code(&enforced), expected);
    }
}

fn asked() -> (EmailDomain, DomainToken) {
    (domain("acme.test"), DomainToken::new(random()))
}

fn check(acme: &mut Organization, found: &[&str], at: chrono::DateTime<chrono::Utc>) -> Applied {
    let found = found.iter().map(|record| (*record).to_owned()).collect();
    let change = Change::CheckDomain { domain: domain("acme.test"), found };
    acme.apply(change, &By::Application, &around("org-a"), at)
}

#[test]
fn a_domain_is_verified_by_its_record() {
    let mut acme = open("org-a", "acme", &IDP_A);
    let (name, token) = asked();
    assert!(token.as_str().starts_with("saml-login-verification="));
    assert_eq!(code(&check(&mut acme, &[token.as_str()], now())), "domain_not_requested");
    let request = Change::RequestDomain { domain: name.clone(), token: token.clone() };
    let requested = apply(&mut acme, request);
    assert_eq!((code(&requested), requested.event.action.code()), ("done", "domain_requested"));
    // Asked again it is the same record: it may be on its way.
    let again = Change::RequestDomain { domain: name.clone(), token: DomainToken::new(random()) };
    done(&mut acme, again);
    assert_eq!(acme.requested_domains().collect::<Vec<_>>(), [(&name, &token)]);
    let missing = check(&mut acme, &["v=spf1 -all", "saml-login-verification=other"], now());
    assert_eq!(
        (code(&missing), missing.event.action.code()),
        ("domain_record_missing", "domain_checked")
    );
    assert!(!acme.is_bound_to_domains());
    let padded = format!(" {token} ");
    let verified = check(&mut acme, &["v=spf1 -all", &padded], now());
    assert_eq!((code(&verified), verified.event.action.code()), ("done", "domain_verified"));
    assert!(acme.owns(&email("alice@acme.test")) && acme.is_bound_to_domains());
    let public = Change::RequestDomain { domain: domain("gmail.com"), token };
    assert_eq!(code(&apply(&mut acme, public)), "domain_public");
}

/// A record that is missing for a day is a mistake, and for two weeks a decision; never one that
/// lets nobody in.
#[test]
fn a_domain_lapses_in_two_stages_and_never_under_enforcement() {
    let mut acme = open("org-a", "acme", &IDP_A);
    let (name, token) = asked();
    done(&mut acme, Change::RequestDomain { domain: name.clone(), token: token.clone() });
    check(&mut acme, &[token.as_str()], now()).result.expect("a record");
    let days = |days| now() + TimeDelta::days(days);
    let first = check(&mut acme, &[], days(1));
    assert_eq!((code(&first), first.event.action.code()), ("done", "domain_checked"));
    assert_eq!(acme.missing_domains().collect::<Vec<_>>(), [(&name, days(1))]);
    let notices = due(&acme, &Counters::default(), &Watched::default(), days(2));
    let lapsing = notices.iter().find(|one| one.kind.as_str() == "domain_lapsing");
    assert_eq!(
        lapsing.map(|one| (one.about.as_deref(), one.days)),
        Some((Some("acme.test"), Some(13)))
    );
    // Back again it is as if nothing had been.
    let mut back = acme.clone();
    check(&mut back, &[token.as_str()], days(2)).result.expect("a record");
    assert_eq!(back.missing_domains().count(), 0);
    check(&mut acme, &[], days(14)).result.expect("a look");
    assert!(acme.owns(&email("alice@acme.test")));
    let forgotten = check(&mut acme, &[], days(15));
    assert_eq!((code(&forgotten), forgotten.event.action.code()), ("done", "domain_forgotten"));
    assert!(!acme.owns(&email("alice@acme.test")) && acme.is_bound_to_domains());

    let mut acme = enforced("org-a", "acme", &IDP_A);
    let mut proposal = Proposal::default();
    proposal.domain = Some(domain("example.test"));
    adopt(&mut acme, proposal, &IDP_A);
    done(&mut acme, Change::RequestDomain { domain: name.clone(), token: token.clone() });
    check(&mut acme, &[token.as_str()], now()).result.expect("a record");
    assert!(acme.is_tested(), "another domain keeps nobody out");
    check(&mut acme, &[], days(1)).result.expect("a look");
    check(&mut acme, &[], days(100)).result.expect("a look");
    assert!(acme.owns(&email("alice@acme.test")));
    let forget = || Change::ForgetDomain(domain("example.test"));
    assert_eq!(code(&applied(&mut acme, forget())), "domain_kept");
    let by_operator = acme.apply(forget(), &OPERATOR, &around("org-a"), now());
    assert_eq!(code(&by_operator), "done");
    assert!(by_operator.enforced_untested);
}

/// Break-glass is granted to somebody by somebody else, and told when it begins to count.
#[test]
fn nobody_names_themselves_for_emergencies_nor_just_anybody() {
    let mut acme = open("org-a", "acme", &IDP_A);
    let own = boss("org-a");
    let mut demoted = member("org-a", "demoted", "demoted@example.test", EmailProof::Proven);
    demoted.role = Role::Member;
    let mut gone = administrator_of("org-a", "gone", "gone@example.test");
    gone.status = Status::Deactivated;
    let elsewhere = administrator_of("org-b", "elsewhere", "e@example.test");
    let around = around("org-a");
    let around = Around::plan(Plan::ALL)
        .with_accounts(around.accounts.into_iter().chain([demoted, gone, elsewhere]));
    let mut grant = |id: &str, by: &By<'_>| {
        let change = Change::BreakGlass { account: AccountId::new(id), granted: true };
        code(&acme.apply(change, by, &around, now())).to_owned()
    };
    assert_eq!(grant("boss-of-org-a", &By::member(&own)), "break_glass_of_oneself");
    for nobody in ["nobody-at-all", "demoted", "gone", "elsewhere"] {
        for by in [By::member(&own), OPERATOR] {
            assert_eq!(grant(nobody, &by), "break_glass_not_administrator", "{nobody}");
        }
    }
    assert_eq!(grant("keeper", &By::member(&own)), "done");
    assert_eq!(grant("boss-of-org-a", &OPERATOR), "done");
    test_login(&mut acme, &IDP_A);
    let set = apply(&mut acme, Change::Enforce);
    let named = BTreeSet::from(["boss-of-org-a", "keeper"].map(AccountId::new));
    assert_eq!((code(&set), &set.break_glass), ("done", &named));
    // It does not sleep through the removal of the connection.
    done(&mut acme, Change::RemoveConnection);
    assert!(acme.break_glass().is_empty());
}

/// The attempt to replace a key is called that, also where it is refused, and tells the dangers.
#[test]
fn an_attempt_to_replace_the_key_is_told_as_one() {
    let mut acme = open("org-a", "acme", &IDP_A);
    let mut options = ConnectionOptions::default();
    options.danger_allow_sha1 = true;
    done(&mut acme, Change::Adjust(Box::new(options)));
    let expected = Action::ConnectionRekeyed { dangers: vec!["danger_allow_sha1".into()] };
    let mut rekey = values(&acme, &IDP_B);
    let good = rekey.clone();
    rekey.sso_url = "nonsense".into();
    let refused = apply(&mut acme, Change::Configure(Box::new(rekey)));
    assert_eq!((code(&refused), &refused.event.action), ("values_refused", &expected));
    let done = apply(&mut acme, Change::Configure(Box::new(good.clone())));
    assert_eq!((code(&done), &done.event.action), ("done", &expected));
    let again = apply(&mut acme, Change::Configure(Box::new(good)));
    assert_eq!(again.event.action.code(), "connection_updated");
}

/// Somebody who came by a setup link sets up what nobody logs in by, and proposes otherwise.
#[test]
fn a_setup_link_proposes_and_changes_nothing_in_use() {
    let scope = BTreeSet::from([SetupScope::Sso]);
    let link = By::SetupLink("link-1", &scope);
    let mut acme = organization("org-a", "acme");
    let pasted = values(&acme, &IDP_A);
    let mut by_link = |change| code(&acme.apply(change, &link, &around("org-a"), now())).to_owned();
    assert_eq!(by_link(Change::Configure(Box::new(pasted.clone()))), "done");
    assert_eq!(by_link(Change::Enable), "done");
    assert_eq!(by_link(Change::Configure(Box::new(pasted.clone()))), "not_administrator");
    assert_eq!(by_link(Change::Propose(Box::new(Proposal::of_values(pasted.clone())))), "done");
    let mut with_rules = Proposal::of_values(pasted);
    with_rules.provisioning = Some(rules());
    let mut with_domain = Proposal::default();
    with_domain.domain = Some(domain("example.test"));
    assert_eq!(by_link(Change::Propose(Box::new(with_domain))), "not_operator");
    for change in [
        Change::Propose(Box::new(with_rules)),
        Change::Adopt,
        Change::Enforce,
        Change::Disable,
        Change::ManageByDirectory(true),
        Change::RequestDomain { domain: domain("acme.test"), token: DomainToken::new(random()) },
    ] {
        assert_eq!(by_link(change.clone()), "not_administrator", "{change:?}");
    }
    let domains = BTreeSet::from([SetupScope::Domains]);
    let request =
        Change::RequestDomain { domain: domain("acme.test"), token: DomainToken::new(random()) };
    let applied = acme.apply(request, &By::SetupLink("link-2", &domains), &around("org-a"), now());
    assert_eq!(code(&applied), "done");
    let actor = saml_login::audit::Actor::SetupLink("link-2".into());
    assert_eq!(applied.event.actor, actor);
}

// Through a store.

fn by(by: By<'_>) -> Asked<'_> {
    Asked::by(by, now()).in_request(Some("request-1"), Some("192.0.2.1"))
}

fn change_by(store: &MemoryStore, asked: &Asked<'_>, change: Change) -> Applied {
    let id = OrganizationId::new("org-a");
    block_on(administer(store, &Plan::ALL, &id, &change, asked)).expect("an answer")
}

fn settings(store: &MemoryStore) -> Organization {
    let record = block_on(store.organization(&"org-a".into())).expect("the store");
    record.expect("an organization").organization
}

fn imported(store: &MemoryStore, name: &str, role: Role) -> Account {
    let address = AccountAddress::new(email(&format!("{name}@example.test")), EmailProof::Proven);
    let mut import = Import::new(AccountId::new(name), address, now());
    import.role = role;
    let intent = Intent::Import(Box::new(import));
    carry(store, "org-a", &By::Application, &intent).expect("an account").account
}

/// From nothing to "single sign-on only", each step one write.
#[test]
fn an_organization_is_set_up_in_a_store() {
    let store = MemoryStore::default();
    let acme = organization("org-a", "acme");
    let asked = by(By::Application);
    block_on(found_organization(&store, acme.clone(), Some(5), &asked, random())).expect("room");
    // The first administrator's way in is an invitation of the application.
    let invite = Intent::Invite {
        email: &email("boss@example.test"),
        role: Role::Administrator,
        invitation: invitation("mailed"),
    };
    carry(&store, "org-a", &By::Application, &invite).expect("an invitation");
    let accept = Intent::Accept(saml_login::token::TokenDigest::of("mailed"));
    let boss = carry(&store, "org-a", &By::Application, &accept).expect("an account").account;
    assert!(boss.is_active_administrator());

    let asked = by(By::member(&boss));
    let change = |change| change_by(&store, &asked, change);
    assert_eq!(code(&change(Change::Enable)), "done");
    assert_eq!(code(&change(Change::Configure(Box::new(values(&acme, &IDP_A))))), "done");
    let acme = settings(&store);
    let said = identity(&acme, &IDP_A, "boss");
    let all = [boss.clone()];
    let standing = Standing::new(&acme, numbers(&store, "org-a"), &all);
    let moment = Moment::new(now(), AccountId::new("new"));
    let test = decide(&said, &boss.id, &standing, &moment).expect("a test login");
    assert_eq!(code(&change(Change::RecordTestLogin(Box::new(test)))), "done");
    assert_eq!(code(&change(Change::Enforce)), "done");
    // The tester was signed in, and is linked by that.
    let linked = read(&store, "org-a", &boss.id).expect("an account");
    assert_eq!(linked.stable_key(), said.stable_key().as_ref());
    assert_eq!(linked.link.map(|link| link.origin), Some(LinkOrigin::Session));
    assert!(settings(&store).is_enforced());
    let events = block_on(store.audit(&"org-a".into(), None, 100)).expect("the store");
    let codes: Vec<&str> = events.iter().rev().map(|(_, event)| event.action.code()).collect();
    assert_eq!(
        codes,
        [
            "invite",
            "accept_invitation",
            "sso_enabled",
            "connection_activated",
            "test_login",
            "enforcement_set"
        ]
    );
    let (_, last) = &events[0];
    assert_eq!(last.request_id.as_deref(), Some("request-1"));
    assert_eq!(last.client_address.as_deref(), Some("192.0.2.1"));
}

#[test]
fn two_organizations_are_not_founded_on_one_name() {
    let store = store_of(&organization("org-a", "acme"), None);
    let founding = |made: Organization| {
        let asked = by(By::Application);
        let founded = block_on(found_organization(&store, made, None, &asked, random()));
        founded.expect_err("a conflict").code()
    };
    assert_eq!(founding(organization("org-b", "acme")), "slug_taken");
    assert_eq!(founding(organization("org-a", "other")), "organization_id_taken");
    assert_eq!(founding(organization("org-b", "admin")), "slug_reserved");
    assert_eq!(founding(organization("", "other")), "organization_id_empty");
    found(&store, &organization("org-b", "other"), None);
}

/// A domain that another organization has is refused when it is asked for, and when both ask at
/// once.
#[test]
fn a_domain_of_another_organization_is_refused_in_a_store() {
    let store = store_of(&open("org-a", "acme", &IDP_A), None);
    found(&store, &open("org-b", "bravo", &IDP_B), None);
    let verify = |id: &str| {
        let change = Change::VerifyDomain(domain("acme.test"));
        let asked = by(By::Application);
        let applied =
            block_on(administer(&store, &Plan::ALL, &OrganizationId::new(id), &change, &asked));
        code(&applied.expect("an answer")).to_owned()
    };
    assert_eq!(verify("org-a"), "done");
    assert_eq!(verify("org-b"), "domain_taken");
    assert_eq!(verify("org-a"), "done");
    let events = block_on(store.audit(&"org-b".into(), None, 1)).expect("the store");
    assert_eq!(events[0].1.outcome, Outcome::Refused("domain_taken".into()));
}

/// Whoever was demoted a moment ago changes nothing, with whatever account in hand.
#[test]
fn who_is_no_administrator_any_more_changes_no_settings() {
    let store = store_of(&organization("org-a", "acme"), None);
    let boss = imported(&store, "boss", Role::Administrator);
    let second = imported(&store, "second", Role::Administrator);
    let demote = Intent::ChangeRole { account: &second.id, role: Role::Member };
    carry(&store, "org-a", &By::member(&boss), &demote).expect("a change");
    let refused = change_by(&store, &by(By::member(&second)), Change::Enable);
    assert_eq!(code(&refused), "not_administrator");
    assert!(!settings(&store).is_enabled());
    assert_eq!(code(&change_by(&store, &by(By::member(&boss)), Change::Enable)), "done");
}

struct Silent;

impl Plans for Silent {
    async fn plan(&self, _: &OrganizationId) -> Result<Plan, BoxError> {
        Err(BoxError::new("billing does not answer"))
    }
}

/// That the plan cannot be told is a failure, and no refusal.
#[test]
fn a_plan_that_cannot_be_told_decides_nothing() {
    let store = store_of(&organization("org-a", "acme"), None);
    let asked = by(By::Application);
    let change = Change::Enable;
    let failed = block_on(administer(&store, &Silent, &"org-a".into(), &change, &asked));
    assert_eq!(failed.expect_err("a failure").code(), "plan_unknown");
    let unknown = block_on(administer(&store, &Plan::ALL, &"org-z".into(), &change, &asked));
    assert_eq!(unknown.expect_err("a failure").code(), "organization_unknown");
}

fn kinds(organization: &Organization, counters: &Counters, watched: &Watched) -> Vec<&'static str> {
    due(organization, counters, watched, now()).iter().map(|notice| notice.kind.as_str()).collect()
}

#[test]
fn what_administrators_should_know_is_said_in_time() {
    let quiet = Watched::default();
    let mut counters = Counters::default();
    (counters.administrators, counters.had_administrator) = (1, true);
    let mut acme = enforced("org-a", "acme", &IDP_A);
    assert_eq!(kinds(&acme, &counters, &quiet), [""; 0]);
    counters.administrators = 0;
    assert_eq!(kinds(&acme, &counters, &quiet), ["no_administrator"]);
    counters.administrators = 1;
    (counters.purchased, counters.active) = (Some(20), 17);
    assert_eq!(kinds(&acme, &counters, &quiet), [""; 0]);
    counters.active = 18;
    assert_eq!(kinds(&acme, &counters, &quiet), ["seats_nearly_gone"]);
    counters.active = 0;
    let mut watched = Watched::default();
    watched.unknown_key_seen = true;
    watched.break_glass_used_at = Some(now() - TimeDelta::hours(1));
    watched.directory_seen_at = Some(now() - TimeDelta::days(7));
    assert_eq!(kinds(&acme, &counters, &watched), ["break_glass_used", "unknown_key"]);
    done(&mut acme, Change::ManageByDirectory(true));
    assert_eq!(
        kinds(&acme, &counters, &watched),
        ["break_glass_used", "directory_silent", "unknown_key"]
    );
    // Nobody is offered the certificate that a stranger has signed with.
    let texts: Vec<String> =
        due(&acme, &counters, &watched, now()).into_iter().map(|notice| notice.text).collect();
    assert!(texts.iter().all(|text| text.ends_with('.') && !text.contains("BEGIN")), "{texts:?}");
    assert!(texts[2].contains("never from a response"), "{}", texts[2]);
    // Certificates at their days.
    let end = IDP_A.identity_provider().expect("an identity provider");
    let end = end.certificates().iter().next().and_then(|one| one.not_after()).expect("an end");
    for (left, expected) in [(91, None), (90, Some(90)), (1, Some(1)), (0, Some(0)), (-3, Some(-3))]
    {
        let at = end - TimeDelta::days(left);
        let notices = due(&acme, &counters, &quiet, at);
        let ending = notices.iter().find(|notice| notice.kind.as_str() == "certificate_ending");
        assert_eq!(ending.and_then(|notice| notice.days), expected, "{left}");
    }
}

/// The sessions of whoever was tested last, and the policy, know nothing of what is only proposed.
#[test]
fn what_is_proposed_lets_nobody_in_and_ends_no_session() {
    let mut acme = enforced("org-a", "acme", &IDP_A);
    let before = LoginPolicy::of(&acme);
    let proposal = Proposal::of_values(values(&acme, &IDP_B));
    done(&mut acme, Change::Propose(Box::new(proposal)));
    assert_eq!(LoginPolicy::of(&acme), before);
    let refused = log_in(&acme, &response(&acme, &IDP_B, "boss")).expect_err("another key");
    assert_eq!(refused.code(), "key_untrusted");
    name_keeper(&mut acme);
    assert!(acme.candidate().is_some());
}
