//! "Single sign-on only": every combination of what is set, who asks, and what for.

mod common;

use common::now;
use common::people::{address, member as member_of};
use common::tenants::{
    IDP_A, IDP_B, OPERATOR, adopt, apply, boss, done, enforced, name_keeper, open, organization,
    test_login, values, verify_domain,
};
use saml_login::account::{Account, AccountId, EmailProof, Role, Status};
use saml_login::audit::{Action, Actor, Outcome};
use saml_login::organization::{Around, By, Change, EmailDomain, Proposal};
use saml_login::policy::Verdict::{Allow, EndSession, Refuse, StepUp};
use saml_login::policy::{Decision, Origin, PolicyAction, Verdict};
use saml_login::session::{LoginMethod, SessionStart};
use saml_login::testing::idp::TestIdp;
use saml_login::trust::Fingerprint;
use saml_login::{Certificates, LoginPolicy, Organization};

const STATUSES: [Status; 4] =
    [Status::Active, Status::Deactivated, Status::Deleted, Status::Invited];

/// What an organization has set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Setting {
    Nothing,
    EnabledOnly,
    ConfiguredOnly,
    Open,
    Enforced,
}

const SETTINGS: [Setting; 5] = [
    Setting::Nothing,
    Setting::EnabledOnly,
    Setting::ConfiguredOnly,
    Setting::Open,
    Setting::Enforced,
];

fn set(setting: Setting, directory: bool, break_glass: bool) -> Organization {
    let mut made = match setting {
        Setting::Nothing => organization("org-a", "acme"),
        Setting::EnabledOnly => {
            let mut made = organization("org-a", "acme");
            done(&mut made, Change::Enable);
            made
        }
        Setting::ConfiguredOnly => {
            let mut made = open("org-a", "acme", &IDP_A);
            done(&mut made, Change::Disable);
            made
        }
        Setting::Open => open("org-a", "acme", &IDP_A),
        Setting::Enforced => enforced("org-a", "acme", &IDP_A),
    };
    if directory && made.is_open() {
        done(&mut made, Change::ManageByDirectory(true));
    }
    if break_glass {
        name_keeper(&mut made);
    }
    made
}

fn is(decision: Decision, verdict: Verdict, code: &str) -> bool {
    decision.verdict == verdict && decision.code() == code
}

/// An account of `org-a` or `org-b` with a proven address.
fn account(organization: &str, id: &str, role: Role, status: Status) -> Account {
    let mut account = member_of(organization, id, "alice@example.test", EmailProof::Proven);
    (account.role, account.status) = (role, status);
    account
}

fn alice(organization: &str) -> Account {
    account(organization, "alice", Role::Member, Status::Active)
}

fn key_of(idp: &TestIdp) -> Fingerprint {
    let pem = idp.certificate_pem().expect("PEM");
    let certificates = Certificates::parse(pem).expect("a certificate");
    certificates.iter().next().expect("a certificate").fingerprint()
}

/// A session of this account that was begun so: through its own identity provider, or another one
/// that was there before.
fn session_of(account: &Account, method: LoginMethod, idp: Option<&TestIdp>) -> SessionStart {
    let mut session = SessionStart::new(account, method);
    if method == LoginMethod::EmailCode {
        session.proven = account.email().cloned();
    }
    session.issuer = idp.map(|idp| idp.issuer().to_owned());
    session.key_fingerprint = idp.map(key_of);
    session
}

/// One of Alice's.
fn session(organization: &str, method: LoginMethod, idp: Option<&TestIdp>) -> SessionStart {
    session_of(&alice(organization), method, idp)
}

/// All the ways in which a session of an account of `org-a` can have begun.
fn sessions(account: &Account) -> Vec<(SessionStart, bool)> {
    let ours = session_of(account, LoginMethod::Sso, Some(&IDP_A));
    let others = session_of(account, LoginMethod::Sso, Some(&IDP_B));
    // The issuer is the same, and the key is not.
    let mut rekeyed = ours.clone();
    rekeyed.key_fingerprint = others.key_fingerprint;
    let mut ended = ours.clone();
    ended.generation = 1;
    let mut all = vec![(ours, true), (others, false), (rekeyed, false), (ended, false)];
    all.extend(
        LoginMethod::ALL.iter().copied().map(|method| (session_of(account, method, None), false)),
    );
    all
}

/// The rules once more, as a table of their own: who logs in, goes on, or sets a password.
fn expected(
    setting: Setting,
    named: bool,
    account: &Account,
    action: &PolicyAction<'_>,
    is_of_idp: bool,
) -> (Verdict, &'static str) {
    let sso = matches!(action, PolicyAction::LogIn(LoginMethod::Sso));
    let gone = match account.status {
        Status::Deactivated => Some("account_deactivated"),
        Status::Deleted => Some("account_deleted"),
        Status::Invited if !sso => Some("invitation_pending"),
        _ => None,
    };
    let escapes = named && account.role == Role::Administrator;
    match (action, gone) {
        (PolicyAction::LogIn(_), Some(code)) => (Refuse, code),
        (_, Some(code)) => (EndSession, code),
        (PolicyAction::LogIn(LoginMethod::Sso), None) => match setting {
            Setting::Nothing | Setting::ConfiguredOnly => (Refuse, "sso_disabled"),
            Setting::EnabledOnly => (Refuse, "sso_not_configured"),
            Setting::Open | Setting::Enforced => (Allow, "allowed"),
        },
        (PolicyAction::Resume(session), None) if session.generation != account.generation => {
            (EndSession, "session_ended")
        }
        (PolicyAction::Resume(session), None)
            if session.method == LoginMethod::Sso
                && !is_of_idp
                && matches!(setting, Setting::Open | Setting::Enforced) =>
        {
            // Whoever stole a key that was replaced since goes on nowhere, neither as those who are
            // named for emergencies.
            (StepUp, "sso_step_up")
        }
        // The connection is gone, or is switched off and trusts others by now.
        (PolicyAction::Resume(session), None)
            if session.method == LoginMethod::Sso
                && !(is_of_idp && setting == Setting::ConfiguredOnly)
                && !matches!(setting, Setting::Open | Setting::Enforced) =>
        {
            (EndSession, "session_ended")
        }
        _ if setting != Setting::Enforced => (Allow, "allowed"),
        (PolicyAction::Resume(_), None) if is_of_idp => (Allow, "allowed"),
        _ if escapes => (Allow, "break_glass"),
        (PolicyAction::Resume(_), None) => (StepUp, "sso_step_up"),
        _ => (Refuse, "sso_enforced"),
    }
}

#[test]
fn the_whole_table_of_logins_and_sessions() {
    let mut rows = 0;
    for setting in SETTINGS {
        for directory in [false, true] {
            for break_glass in [false, true] {
                let policy = LoginPolicy::of(&set(setting, directory, break_glass));
                for (id, is_named) in [("keeper", true), ("other", false)] {
                    for role in [Role::Administrator, Role::Member] {
                        for status in STATUSES {
                            let account = account("org-a", id, role, status);
                            let sessions = sessions(&account);
                            let logins = LoginMethod::ALL
                                .iter()
                                .copied()
                                .map(|method| (PolicyAction::LogIn(method), false));
                            let resumed = sessions
                                .iter()
                                .map(|(session, of)| (PolicyAction::Resume(session), *of));
                            let actions = logins
                                .into_iter()
                                .chain(resumed)
                                .chain([(PolicyAction::ChangeCredential, false)]);
                            for (action, is_of_idp) in actions {
                                let decision = policy.decide(&account, &action);
                                let named = is_named && break_glass;
                                let (verdict, code) =
                                    expected(setting, named, &account, &action, is_of_idp);
                                assert!(
                                    is(decision, verdict, code),
                                    "{setting:?} {directory} {break_glass} {account:?} {action:?}: {decision:?}"
                                );
                                rows += 1;
                            }
                        }
                    }
                }
            }
        }
    }
    assert_eq!(rows, 5 * 2 * 2 * 2 * 2 * 4 * 13);
}

#[test]
fn a_policy_speaks_of_its_own_accounts_and_sessions_alone() {
    let policy = LoginPolicy::of(&open("org-a", "acme", &IDP_A));
    let sso = PolicyAction::LogIn(LoginMethod::Sso);
    assert!(is(policy.decide(&alice("org-b"), &sso), Refuse, "organization_foreign"));
    let foreign = session("org-b", LoginMethod::EmailCode, None);
    assert!(is(
        policy.decide(&alice("org-a"), &PolicyAction::Resume(&foreign)),
        Refuse,
        "session_foreign"
    ));
    let mallory = account("org-a", "mallory", Role::Member, Status::Active);
    let hers = session_of(&mallory, LoginMethod::Sso, Some(&IDP_A));
    assert!(is(
        policy.decide(&alice("org-a"), &PolicyAction::Resume(&hers)),
        Refuse,
        "account_differs"
    ));
}

#[test]
fn the_whole_table_of_seeing_and_entering() {
    let proofs =
        [EmailProof::Unproven, EmailProof::Organization, EmailProof::Domain, EmailProof::Proven];
    let with_domain = |mut organization: Organization, domain: bool| {
        if domain && organization.is_enforced() {
            let idp = if *organization.id() == "org-a" { &IDP_A } else { &IDP_B };
            let mut proposal = Proposal::default();
            proposal.domain = EmailDomain::parse("example.test").ok();
            adopt(&mut organization, proposal, idp);
        } else if domain {
            verify_domain(&mut organization, "example.test");
        }
        LoginPolicy::of(&organization)
    };
    for (here, domain_here, there, domain_there) in SETTINGS
        .into_iter()
        .flat_map(|here| [false, true].map(|domain_here| (here, domain_here)))
        .flat_map(|(here, domain_here)| {
            [(false, false), (false, true), (true, false), (true, true)]
                .map(|(there, domain_there)| (here, domain_here, there, domain_there))
        })
    {
        let policy = with_domain(set(here, false, true), domain_here);
        let bravo =
            if there { enforced("org-b", "bravo", &IDP_B) } else { open("org-b", "bravo", &IDP_B) };
        let other = with_domain(bravo, domain_there);
        for method in [LoginMethod::Sso, LoginMethod::EmailCode] {
            let sso = method == LoginMethod::Sso;
            let idp: &TestIdp = &IDP_B;
            let session = session("org-b", method, sso.then_some(idp));
            for (proof_there, proof_here) in
                proofs.iter().flat_map(|a| proofs.iter().map(move |b| (*a, *b)))
            {
                for (status, same_address) in
                    STATUSES.into_iter().flat_map(|s| [(s, true), (s, false)])
                {
                    let mut theirs = alice("org-b");
                    theirs.address = address("alice@example.test", proof_there);
                    let mut ours = account("org-a", "keeper", Role::Administrator, status);
                    let name = if same_address { "alice" } else { "bob" };
                    ours.address = address(&format!("{name}@example.test"), proof_here);
                    let proves = |proof, domain| {
                        proof == EmailProof::Proven || (proof == EmailProof::Domain && domain)
                    };
                    // What an identity provider says is no proof, whatever else is known of the
                    // account that it names. A code was entered in this very login.
                    let proven_there = if sso { domain_there } else { true };
                    let expected = match status {
                        _ if there && !sso => "sso_step_up",
                        _ if there => "others_hidden",
                        _ if here == Setting::Enforced => "organization_hidden",
                        _ if !same_address => "email_differs",
                        _ if !proven_there || !proves(proof_here, domain_here) => "email_unproven",
                        Status::Deactivated => "account_deactivated",
                        Status::Deleted => "account_deleted",
                        Status::Invited => "invitation_pending",
                        _ => "allowed",
                    };
                    let origin = Origin::new(&other, &theirs, &session);
                    for action in [PolicyAction::See(origin), PolicyAction::Enter(origin)] {
                        let decision = policy.decide(&ours, &action);
                        let verdict = if expected == "allowed" { Allow } else { Refuse };
                        assert!(
                            is(decision, verdict, expected),
                            "{here:?} {domain_here} {there} {domain_there} {origin:?} {ours:?}: {decision:?}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn within_an_organization_a_session_is_of_one_account() {
    let policy = LoginPolicy::of(&open("org-a", "acme", &IDP_A));
    let begun = session("org-a", LoginMethod::EmailCode, None);
    let own = alice("org-a");
    let mut other = account("org-a", "boss", Role::Administrator, Status::Active);
    other.address = own.address.clone();
    let origin = Origin::new(&policy, &own, &begun);
    assert!(is(policy.decide(&own, &PolicyAction::Enter(origin)), Allow, "allowed"));
    assert!(is(policy.decide(&other, &PolicyAction::Enter(origin)), Refuse, "account_differs"));
    // A session of somebody who is gone leads nowhere else.
    let mut gone = alice("org-a");
    gone.status = Status::Deactivated;
    let bravo = LoginPolicy::of(&open("org-b", "bravo", &IDP_B));
    let origin = Origin::new(&policy, &gone, &begun);
    assert!(is(
        bravo.decide(&alice("org-b"), &PolicyAction::Enter(origin)),
        Refuse,
        "account_deactivated"
    ));
}

#[test]
fn what_was_entered_from_elsewhere_does_not_outlive_enforcement() {
    let mut acme = open("org-a", "acme", &IDP_A);
    let mut bravo = open("org-b", "bravo", &IDP_B);
    verify_domain(&mut bravo, "example.test");
    let bravo = LoginPolicy::of(&bravo);
    let (theirs, ours) = (alice("org-b"), alice("org-a"));
    let begun = session("org-b", LoginMethod::Sso, Some(&IDP_B));
    let origin = Origin::new(&bravo, &theirs, &begun);
    assert!(LoginPolicy::of(&acme).decide(&ours, &PolicyAction::Enter(origin)).is_allowed());
    test_login(&mut acme, &IDP_A);
    done(&mut acme, Change::Enforce);
    let policy = LoginPolicy::of(&acme);
    assert!(is(policy.decide(&ours, &PolicyAction::Enter(origin)), Refuse, "organization_hidden"));
    assert!(is(policy.decide(&ours, &PolicyAction::Resume(&begun)), Refuse, "session_foreign"));
}

#[test]
fn sessions_of_an_identity_provider_that_was_replaced_step_up() {
    let mut acme = enforced("org-a", "acme", &IDP_A);
    let begun = session("org-a", LoginMethod::Sso, Some(&IDP_A));
    let resume = PolicyAction::Resume(&begun);
    assert!(is(LoginPolicy::of(&acme).decide(&alice("org-a"), &resume), Allow, "allowed"));
    let values = values(&acme, &IDP_B);
    adopt(&mut acme, Proposal::of_values(values), &IDP_B);
    assert!(is(LoginPolicy::of(&acme).decide(&alice("org-a"), &resume), StepUp, "sso_step_up"));
}

/// What a member with a proven address may do.
fn member(policy: &LoginPolicy, action: &PolicyAction<'_>) -> Decision {
    let here = policy.decide(&alice("org-a"), action);
    if here.code() == "organization_foreign" {
        policy.decide(&alice("org-b"), action)
    } else {
        here
    }
}

#[test]
fn enforcement_needs_single_sign_on_that_was_seen_to_work() {
    let mut made = organization("org-a", "acme");
    let code = |made: &mut Organization| {
        apply(made, Change::Enforce).result.err().map(|refusal| refusal.code())
    };
    assert_eq!(code(&mut made), Some("enforcement_needs_enabled"));
    done(&mut made, Change::Enable);
    assert_eq!(code(&mut made), Some("enforcement_needs_configuration"));
    let mut made = open("org-a", "acme", &IDP_A);
    assert_eq!(code(&mut made), Some("enforcement_needs_test_login"));
    test_login(&mut made, &IDP_A);
    assert!(made.is_tested());
    // Another configuration has to be seen to work anew.
    let values = values(&made, &IDP_B);
    done(&mut made, Change::Configure(Box::new(values)));
    assert!(!made.is_tested());
    assert_eq!(code(&mut made), Some("enforcement_needs_test_login"));
    test_login(&mut made, &IDP_B);
    assert_eq!(code(&mut made), None);
    assert!(made.is_enforced());
}

#[test]
fn a_code_that_was_sent_before_is_refused_after() {
    let mut made = open("org-a", "acme", &IDP_A);
    test_login(&mut made, &IDP_A);
    let redeem = PolicyAction::LogIn(LoginMethod::EmailCode);
    assert!(member(&LoginPolicy::of(&made), &redeem).is_allowed());
    // The code is sent here; then the flag flips, and it is entered.
    done(&mut made, Change::Enforce);
    let policy = LoginPolicy::of(&made);
    assert_eq!(member(&policy, &redeem).code(), "sso_enforced");
    let administrator = account("org-a", "boss", Role::Administrator, Status::Active);
    assert_eq!(policy.decide(&administrator, &redeem).code(), "sso_enforced");
}

#[test]
fn sessions_from_before_have_to_step_up() {
    let policy = LoginPolicy::of(&enforced("org-a", "acme", &IDP_A));
    for method in [LoginMethod::EmailCode, LoginMethod::Password, LoginMethod::Other] {
        let begun = session("org-a", method, None);
        assert!(is(member(&policy, &PolicyAction::Resume(&begun)), StepUp, "sso_step_up"));
    }
    let identity = common::tenants::identity(&enforced("org-a", "acme", &IDP_A), &IDP_A, "alice");
    let begun = SessionStart::sso(&identity, &alice("org-a"));
    assert!(is(member(&policy, &PolicyAction::Resume(&begun)), Allow, "allowed"));
}

#[test]
fn the_same_person_elsewhere_keeps_the_other_ways_in() {
    let enforcing = LoginPolicy::of(&enforced("org-a", "acme", &IDP_A));
    let other = LoginPolicy::of(&open("org-b", "bravo", &IDP_B));
    let by_code = PolicyAction::LogIn(LoginMethod::EmailCode);
    assert_eq!(member(&enforcing, &by_code).code(), "sso_enforced");
    assert_eq!(member(&other, &by_code).code(), "allowed");
}

#[test]
fn in_an_enforced_session_other_accounts_are_invisible() {
    let enforcing = LoginPolicy::of(&enforced("org-a", "acme", &IDP_A));
    let other = LoginPolicy::of(&open("org-b", "bravo", &IDP_B));
    let (account, begun) = (alice("org-a"), session("org-a", LoginMethod::Sso, Some(&IDP_A)));
    let origin = Origin::new(&enforcing, &account, &begun);
    assert!(is(member(&other, &PolicyAction::See(origin)), Refuse, "others_hidden"));
    assert!(is(member(&other, &PolicyAction::Enter(origin)), Refuse, "others_hidden"));
}

#[test]
fn an_enforced_organization_is_invisible_from_elsewhere() {
    let enforcing = LoginPolicy::of(&enforced("org-a", "acme", &IDP_A));
    let other = LoginPolicy::of(&open("org-b", "bravo", &IDP_B));
    let (account, begun) = (alice("org-b"), session("org-b", LoginMethod::EmailCode, None));
    let origin = Origin::new(&other, &account, &begun);
    assert!(is(member(&enforcing, &PolicyAction::See(origin)), Refuse, "organization_hidden"));
    assert!(is(member(&enforcing, &PolicyAction::Enter(origin)), Refuse, "organization_hidden"));
}

#[test]
fn lifting_enforcement_brings_everything_back() {
    let mut made = enforced("org-a", "acme", &IDP_A);
    done(&mut made, Change::LiftEnforcement);
    let policy = LoginPolicy::of(&made);
    let other = LoginPolicy::of(&open("org-b", "bravo", &IDP_B));
    let (account, there) = (alice("org-b"), session("org-b", LoginMethod::EmailCode, None));
    let (origin, here) =
        (Origin::new(&other, &account, &there), session("org-a", LoginMethod::EmailCode, None));
    for action in [
        PolicyAction::LogIn(LoginMethod::EmailCode),
        PolicyAction::Resume(&here),
        PolicyAction::ChangeCredential,
        PolicyAction::Enter(origin),
    ] {
        assert_eq!(member(&policy, &action).code(), "allowed");
    }
}

#[test]
fn break_glass_is_off_explicit_and_audited() {
    let mut made = enforced("org-a", "acme", &IDP_A);
    assert!(made.break_glass().is_empty());
    let by_code = PolicyAction::LogIn(LoginMethod::EmailCode);
    let id = AccountId::new("keeper");
    let keeper = |role| account("org-a", "keeper", role, Status::Active);
    let decide = |made: &Organization, role| LoginPolicy::of(made).decide(&keeper(role), &by_code);
    assert_eq!(decide(&made, Role::Administrator).code(), "sso_enforced");
    let granted = apply(&mut made, Change::BreakGlass { account: id.clone(), granted: true });
    assert_eq!(granted.result, Ok(()));
    assert_eq!(granted.event.action.code(), "break_glass_granted");
    assert_eq!(granted.event.target, Some(id.clone()));
    let decision = decide(&made, Role::Administrator);
    assert!(is(decision, Allow, "break_glass"));
    // A name on the list is no administrator.
    assert_eq!(decide(&made, Role::Member).code(), "sso_enforced");
    let actor = Actor::Member(id.clone());
    let event =
        LoginPolicy::of(&made).event(&decision, by_code.code(), actor, Some(id.clone()), now());
    assert_eq!(event.action, Action::BreakGlassUsed { action: "log_in_email_code".into() });
    assert_eq!((event.outcome, event.target.as_ref()), (Outcome::Done, Some(&id)));
    let revoked = apply(&mut made, Change::BreakGlass { account: id.clone(), granted: false });
    assert_eq!(revoked.event.action.code(), "break_glass_revoked");
    assert_eq!(decide(&made, Role::Administrator).code(), "sso_enforced");
}

#[test]
fn an_operator_always_lifts_enforcement() {
    let mut made = enforced("org-a", "acme", &IDP_A);
    done(&mut made, Change::ManageByDirectory(true));
    // Without a plan, without anybody who could log in.
    let lifted = made.apply(Change::LiftEnforcement, &OPERATOR, &Around::default(), now());
    assert_eq!(lifted.result, Ok(()));
    assert_eq!(lifted.event.actor, Actor::Operator("operator-7".into()));
    assert_eq!(
        (lifted.event.action.code(), lifted.event.outcome),
        ("enforcement_lifted", Outcome::Done)
    );
    assert_eq!(
        member(&LoginPolicy::of(&made), &PolicyAction::LogIn(LoginMethod::EmailCode)).code(),
        "allowed"
    );
}

#[test]
fn every_order_of_removal_leaves_a_reachable_administrator() {
    let removals = || [Change::LiftEnforcement, Change::Disable, Change::ManageByDirectory(false)];
    let administrator = account("org-a", "boss-of-org-a", Role::Administrator, Status::Active);
    let by_code = PolicyAction::LogIn(LoginMethod::EmailCode);
    let begun = session_of(&administrator, LoginMethod::Sso, Some(&IDP_A));
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let mut made = enforced("org-a", "acme", &IDP_A);
        done(&mut made, Change::ManageByDirectory(true));
        // Without the identity provider, which is gone in this story.
        let comes_in = |made: &Organization| {
            LoginPolicy::of(made).decide(&administrator, &by_code).is_allowed()
        };
        let goes_on = |made: &Organization| {
            LoginPolicy::of(made).decide(&administrator, &PolicyAction::Resume(&begun)).is_allowed()
        };
        let mut refused = Vec::new();
        for step in order {
            let change = removals()[step].clone();
            if let Err(refusal) = apply(&mut made, change.clone()).result {
                assert_eq!(refusal.code(), "sso_needed_by_directory");
                refused.push(change);
            }
            assert!(goes_on(&made), "who is in can take the next step: {order:?}");
            assert_eq!(comes_in(&made), !made.is_enforced(), "{order:?}");
            assert!(
                !made.is_directory_managed() || made.is_open(),
                "a directory without single sign-on"
            );
            let mut lifted = made.clone();
            let by_operator =
                lifted.apply(Change::LiftEnforcement, &OPERATOR, &Around::default(), now());
            assert_eq!(by_operator.result, Ok(()));
            assert!(comes_in(&lifted), "an operator lets the administrator in: {order:?}");
        }
        for change in refused {
            done(&mut made, change);
        }
        assert!(!made.is_enforced() && !made.is_enabled() && !made.is_directory_managed());
        assert!(comes_in(&made) && goes_on(&made));
    }
}

#[test]
fn what_the_identity_provider_ends_alone_changes_nothing_here() {
    // The application was deleted at the identity provider: nothing is sent, and nothing changes
    // until somebody does something here.
    let mut made = enforced("org-a", "acme", &IDP_A);
    let before = made.clone();
    assert_eq!(
        member(&LoginPolicy::of(&made), &PolicyAction::LogIn(LoginMethod::EmailCode)).code(),
        "sso_enforced"
    );
    assert_eq!(made, before);
    // An administrator whose session is still good switches it off.
    let lifted =
        made.apply(Change::Disable, &By::member(&boss("org-a")), &Around::default(), now());
    assert_eq!(lifted.result, Ok(()));
    assert!(made.settings().is_some() && !made.is_enforced());
    assert_eq!(
        member(&LoginPolicy::of(&made), &PolicyAction::LogIn(LoginMethod::EmailCode)).code(),
        "allowed"
    );
}

#[test]
fn to_look_is_never_locked() {
    let mut made = open("org-a", "acme", &IDP_A);
    done(&mut made, Change::ManageByDirectory(true));
    let begun = session("org-a", LoginMethod::EmailCode, None);
    let policy = LoginPolicy::of(&made);
    assert_eq!(member(&policy, &PolicyAction::Resume(&begun)).code(), "allowed");
}

/// What a credential stands for was decided when it was set: by whoever was there then.
#[test]
fn a_credential_proves_what_its_session_had_proven() {
    let acme = LoginPolicy::of(&open("org-a", "acme", &IDP_A));
    let bravo = LoginPolicy::of(&open("org-b", "bravo", &IDP_B));
    let (there, here) = (alice("org-b"), alice("org-a"));
    let enter = |start: &SessionStart| {
        acme.decide(&here, &PolicyAction::Enter(Origin::new(&bravo, &there, start)))
    };
    // Set in a session of the identity provider, though Alice has proven the address herself at
    // some other time.
    let said = session_of(&there, LoginMethod::Sso, Some(&IDP_B)).credential();
    assert_eq!(said.proven, None);
    assert_eq!(said.issuer.as_deref(), Some(IDP_B.issuer()));
    let start = SessionStart::by_credential(&there, LoginMethod::Password, &said);
    assert!(is(enter(&start.expect("a session")), Refuse, "email_unproven"));
    // Set after a code.
    let proven = session_of(&there, LoginMethod::EmailCode, None).credential();
    let start = SessionStart::by_credential(&there, LoginMethod::Password, &proven);
    let start = start.expect("a session");
    assert!(is(enter(&start), Allow, "allowed"));
    assert_eq!(start.credential(), proven);
    // Everything from before the account's sessions ended is gone.
    let mut ended = there.clone();
    ended.generation = 1;
    assert_eq!(SessionStart::by_credential(&ended, LoginMethod::Password, &proven), None);
}

#[test]
fn an_identity_provider_leads_nobody_into_another_tenant() {
    // Alice has proven her address in both; then acme's administrator lets an identity provider of
    // theirs speak as her.
    let mut bravo = open("org-b", "bravo", &IDP_B);
    let (there, here) = (alice("org-b"), alice("org-a"));
    let said = session_of(&there, LoginMethod::Sso, Some(&IDP_B));
    let enter = |bravo: &Organization| {
        let policy = LoginPolicy::of(bravo);
        let acme = LoginPolicy::of(&open("org-a", "acme", &IDP_A));
        acme.decide(&here, &PolicyAction::Enter(Origin::new(&policy, &there, &said)))
    };
    assert!(is(enter(&bravo), Refuse, "email_unproven"));
    verify_domain(&mut bravo, "example.test");
    assert!(is(enter(&bravo), Allow, "allowed"));
}
