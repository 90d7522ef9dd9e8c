//! "Single sign-on only": every combination of what is set, who asks, and what for.

mod common;

use common::tenants::{IDP_A, IDP_B, apply, boss, done, enforced, open, operator, organization, test_login};
use common::{now, tenants::Plans};
use saml_login::Verdict::{Allow, EndSession, Refuse, StepUp};
use saml_login::{
    AccountId, AccountStatus, Actor, Assignment, AssignmentPath, AuditAction, AuditOutcome, Change, Decision,
    LoginMethod, LoginPolicy, Organization, Origin, Person, PolicyAction, Role, Verdict,
};

const STATUSES: [AccountStatus; 4] =
    [AccountStatus::Active, AccountStatus::Deactivated, AccountStatus::Deleted, AccountStatus::Invited];

/// What an organization has set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Setting {
    Nothing,
    EnabledOnly,
    ConfiguredOnly,
    Open,
    Enforced,
}

const SETTINGS: [Setting; 5] =
    [Setting::Nothing, Setting::EnabledOnly, Setting::ConfiguredOnly, Setting::Open, Setting::Enforced];

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
        done(&mut made, Change::BreakGlass { account: AccountId::new("named"), granted: true });
    }
    made
}

fn is(decision: Decision, verdict: Verdict, code: &str) -> bool {
    decision.verdict == verdict && decision.code() == code
}

/// The rules once more, as a table of their own: who logs in, goes on, or sets a password.
fn expected(
    setting: Setting,
    named: bool,
    role: Role,
    status: AccountStatus,
    action: &PolicyAction<'_>,
) -> (Verdict, &'static str) {
    let gone = match status {
        AccountStatus::Deactivated => Some("account_deactivated"),
        AccountStatus::Deleted => Some("account_deleted"),
        _ => None,
    };
    let escapes = named && role == Role::Administrator;
    match (action, gone) {
        (PolicyAction::LogIn(_), Some(code)) => (Refuse, code),
        (_, Some(code)) => (EndSession, code),
        (PolicyAction::View | PolicyAction::Resume(LoginMethod::Sso), None) => (Allow, "allowed"),
        (PolicyAction::LogIn(LoginMethod::Sso), None) => match setting {
            Setting::Nothing | Setting::ConfiguredOnly => (Refuse, "sso_disabled"),
            Setting::EnabledOnly => (Refuse, "sso_not_configured"),
            Setting::Open | Setting::Enforced => (Allow, "allowed"),
        },
        _ if setting != Setting::Enforced => (Allow, "allowed"),
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
                for (account, is_named) in [("named", true), ("other", false)] {
                    for role in [Role::Administrator, Role::Member] {
                        for status in STATUSES {
                            let account = AccountId::new(account);
                            let person = Person::new(&account, role, status);
                            let methods = LoginMethod::ALL;
                            let actions = methods.map(PolicyAction::LogIn).into_iter();
                            let actions = actions
                                .chain(methods.map(PolicyAction::Resume))
                                .chain([PolicyAction::ChangeCredential, PolicyAction::View]);
                            for action in actions {
                                let decision = policy.decide(person, &action);
                                let (verdict, code) =
                                    expected(setting, is_named && break_glass, role, status, &action);
                                assert!(
                                    is(decision, verdict, code),
                                    "{setting:?} {directory} {break_glass} {person:?} {action:?}: {decision:?}"
                                );
                                rows += 1;
                            }
                        }
                    }
                }
            }
        }
    }
    assert_eq!(rows, 5 * 2 * 2 * 2 * 2 * 4 * 10);
}

#[test]
fn the_whole_table_of_assignments() {
    for setting in SETTINGS {
        for directory in [false, true] {
            let organization = set(setting, directory, true);
            let policy = LoginPolicy::of(&organization);
            for path in AssignmentPath::ALL {
                let identity_provider =
                    matches!(path, AssignmentPath::Directory | AssignmentPath::JustInTime);
                let code = |assignment| policy.decide_assignment(assignment, path).code();
                let managed = organization.is_directory_managed() && !identity_provider;
                let unassign = if managed { "directory_managed" } else { "allowed" };
                let assign = match () {
                    () if managed => "directory_managed",
                    () if setting == Setting::Enforced && !identity_provider => "assignment_by_sso_only",
                    () => "allowed",
                };
                assert_eq!(code(Assignment::Assign), assign, "{setting:?} {directory} {path:?}");
                assert_eq!(code(Assignment::Unassign), unassign, "{setting:?} {directory} {path:?}");
            }
        }
    }
}

#[test]
fn the_whole_table_of_seeing_and_entering() {
    let account = AccountId::new("named");
    for here in SETTINGS {
        let policy = LoginPolicy::of(&set(here, false, true));
        for there in [false, true] {
            let mut other =
                if there { enforced("org-b", "bravo", &IDP_B) } else { open("org-b", "bravo", &IDP_B) };
            done(&mut other, Change::BreakGlass { account: account.clone(), granted: true });
            let other = LoginPolicy::of(&other);
            for method in LoginMethod::ALL {
                for proven in [false, true] {
                    for status in STATUSES {
                        let person = Person::new(&account, Role::Administrator, status);
                        let origin = Origin::new(&other, method, proven);
                        let expected = match status {
                            AccountStatus::Deactivated => "account_deactivated",
                            AccountStatus::Deleted => "account_deleted",
                            _ if there => "others_hidden",
                            _ if here == Setting::Enforced => "organization_hidden",
                            _ if !proven => "email_unproven",
                            _ => "allowed",
                        };
                        for action in [PolicyAction::See(origin), PolicyAction::Enter(origin)] {
                            let decision = policy.decide(person, &action);
                            assert_eq!(
                                decision.code(),
                                expected,
                                "{here:?} {there} {method:?} {proven} {status:?}"
                            );
                            assert_eq!(decision.is_allowed(), expected == "allowed");
                        }
                    }
                }
            }
        }
    }
}

fn member(policy: &LoginPolicy, action: &PolicyAction<'_>) -> Decision {
    policy.decide(Person::new(&AccountId::new("member"), Role::Member, AccountStatus::Active), action)
}

#[test]
fn enforcement_needs_single_sign_on_that_was_seen_to_work() {
    let mut made = organization("org-a", "acme");
    let code =
        |made: &mut Organization| apply(made, Change::Enforce).result.err().map(|refusal| refusal.code());
    assert_eq!(code(&mut made), Some("enforcement_needs_enabled"));
    done(&mut made, Change::Enable);
    assert_eq!(code(&mut made), Some("enforcement_needs_configuration"));
    let mut made = open("org-a", "acme", &IDP_A);
    assert_eq!(code(&mut made), Some("enforcement_needs_test_login"));
    test_login(&mut made, &IDP_A);
    assert!(made.is_tested());
    // Another configuration has to be seen to work anew.
    let values = common::tenants::values(&made, &IDP_B);
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
    let account = AccountId::new("boss");
    let administrator = Person::new(&account, Role::Administrator, AccountStatus::Active);
    assert_eq!(policy.decide(administrator, &redeem).code(), "sso_enforced");
}

#[test]
fn sessions_from_before_have_to_step_up() {
    let policy = LoginPolicy::of(&enforced("org-a", "acme", &IDP_A));
    for method in [LoginMethod::EmailCode, LoginMethod::Password, LoginMethod::Other] {
        assert!(is(member(&policy, &PolicyAction::Resume(method)), StepUp, "sso_step_up"));
    }
    assert!(is(member(&policy, &PolicyAction::Resume(LoginMethod::Sso)), Allow, "allowed"));
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
    let origin = Origin::new(&enforcing, LoginMethod::Sso, true);
    assert!(is(member(&other, &PolicyAction::See(origin)), Refuse, "others_hidden"));
    assert!(is(member(&other, &PolicyAction::Enter(origin)), Refuse, "others_hidden"));
}

#[test]
fn an_enforced_organization_is_invisible_from_elsewhere() {
    let enforcing = LoginPolicy::of(&enforced("org-a", "acme", &IDP_A));
    let other = LoginPolicy::of(&open("org-b", "bravo", &IDP_B));
    let origin = Origin::new(&other, LoginMethod::EmailCode, true);
    assert!(is(member(&enforcing, &PolicyAction::See(origin)), Refuse, "organization_hidden"));
    assert!(is(member(&enforcing, &PolicyAction::Enter(origin)), Refuse, "organization_hidden"));
}

#[test]
fn lifting_enforcement_brings_everything_back() {
    let mut made = enforced("org-a", "acme", &IDP_A);
    done(&mut made, Change::LiftEnforcement);
    let policy = LoginPolicy::of(&made);
    let other = LoginPolicy::of(&open("org-b", "bravo", &IDP_B));
    let origin = Origin::new(&other, LoginMethod::EmailCode, true);
    for action in [
        PolicyAction::LogIn(LoginMethod::EmailCode),
        PolicyAction::Resume(LoginMethod::EmailCode),
        PolicyAction::ChangeCredential,
        PolicyAction::Enter(origin),
    ] {
        assert_eq!(member(&policy, &action).code(), "allowed");
    }
    assert_eq!(policy.decide_assignment(Assignment::Assign, AssignmentPath::Bulk).code(), "allowed");
}

#[test]
fn break_glass_is_off_explicit_and_audited() {
    let mut made = enforced("org-a", "acme", &IDP_A);
    assert!(made.break_glass().is_empty());
    let by_code = PolicyAction::LogIn(LoginMethod::EmailCode);
    let account = AccountId::new("keeper");
    let person = |role| Person::new(&account, role, AccountStatus::Active);
    let decide = |made: &Organization, role| LoginPolicy::of(made).decide(person(role), &by_code);
    assert_eq!(decide(&made, Role::Administrator).code(), "sso_enforced");
    let granted = apply(&mut made, Change::BreakGlass { account: account.clone(), granted: true });
    assert_eq!(granted.result, Ok(()));
    assert_eq!(granted.event.action.code(), "break_glass_granted");
    assert_eq!(granted.event.target, Some(account.clone()));
    let decision = decide(&made, Role::Administrator);
    assert!(is(decision, Allow, "break_glass"));
    // A name on the list is no administrator.
    assert_eq!(decide(&made, Role::Member).code(), "sso_enforced");
    let actor = Actor::Member(account.clone());
    let event = LoginPolicy::of(&made).event(&decision, by_code.code(), actor, Some(account.clone()), now());
    assert_eq!(event.action, AuditAction::BreakGlassUsed { action: "log_in_email_code" });
    assert_eq!((event.outcome, event.target.as_ref()), (AuditOutcome::Done, Some(&account)));
    let revoked = apply(&mut made, Change::BreakGlass { account: account.clone(), granted: false });
    assert_eq!(revoked.event.action.code(), "break_glass_revoked");
    assert_eq!(decide(&made, Role::Administrator).code(), "sso_enforced");
}

#[test]
fn an_operator_always_lifts_enforcement() {
    let mut made = enforced("org-a", "acme", &IDP_A);
    done(&mut made, Change::ManageByDirectory(true));
    // Without a plan, without anybody who could log in.
    let lifted = made.apply(Change::LiftEnforcement, &operator(), &Plans::with(&[]), &[], now());
    assert_eq!(lifted.result, Ok(()));
    assert_eq!(lifted.event.actor, Actor::Operator("operator-7".into()));
    assert_eq!(
        (lifted.event.action.code(), lifted.event.outcome),
        ("enforcement_lifted", AuditOutcome::Done)
    );
    assert_eq!(
        member(&LoginPolicy::of(&made), &PolicyAction::LogIn(LoginMethod::EmailCode)).code(),
        "allowed"
    );
}

#[test]
fn every_order_of_removal_leaves_a_reachable_administrator() {
    let removals = || [Change::LiftEnforcement, Change::Disable, Change::ManageByDirectory(false)];
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let mut made = enforced("org-a", "acme", &IDP_A);
        done(&mut made, Change::ManageByDirectory(true));
        let administrator = AccountId::new("boss-of-org-a");
        let reachable = |made: &Organization| {
            let policy = LoginPolicy::of(made);
            let person = Person::new(&administrator, Role::Administrator, AccountStatus::Active);
            LoginMethod::ALL
                .iter()
                .any(|method| policy.decide(person, &PolicyAction::LogIn(*method)).is_allowed())
        };
        let mut refused = Vec::new();
        for step in order {
            let change = removals()[step].clone();
            if let Err(refusal) = apply(&mut made, change.clone()).result {
                assert_eq!(refusal.code(), "sso_needed_by_directory");
                refused.push(change);
            }
            assert!(reachable(&made), "{order:?}");
            assert!(!made.is_directory_managed() || made.is_open(), "a directory without single sign-on");
        }
        for change in refused {
            done(&mut made, change);
            assert!(reachable(&made));
        }
        assert!(!made.is_enforced() && !made.is_enabled() && !made.is_directory_managed());
        assert_eq!(
            member(&LoginPolicy::of(&made), &PolicyAction::LogIn(LoginMethod::EmailCode)).code(),
            "allowed"
        );
    }
}

#[test]
fn what_the_identity_provider_ends_alone_changes_nothing_here() {
    // The application was deleted at the identity provider: nothing is sent, and nothing changes until somebody does something here.
    let mut made = enforced("org-a", "acme", &IDP_A);
    let before = made.clone();
    assert_eq!(
        member(&LoginPolicy::of(&made), &PolicyAction::LogIn(LoginMethod::EmailCode)).code(),
        "sso_enforced"
    );
    assert_eq!(made, before);
    // An administrator whose session is still good switches it off.
    let lifted = made.apply(Change::Disable, &boss("org-a"), &Plans::with(&[]), &[], now());
    assert_eq!(lifted.result, Ok(()));
    assert!(made.settings().is_some() && !made.is_enforced());
    assert_eq!(
        member(&LoginPolicy::of(&made), &PolicyAction::LogIn(LoginMethod::EmailCode)).code(),
        "allowed"
    );
}

#[test]
fn the_directory_locks_the_dashboard_and_not_the_view() {
    let mut made = open("org-a", "acme", &IDP_A);
    done(&mut made, Change::ManageByDirectory(true));
    let policy = LoginPolicy::of(&made);
    assert_eq!(
        policy.decide_assignment(Assignment::Unassign, AssignmentPath::Single).code(),
        "directory_managed"
    );
    assert_eq!(
        policy.decide_assignment(Assignment::Assign, AssignmentPath::AcceptedInvitation).code(),
        "directory_managed"
    );
    assert_eq!(policy.decide_assignment(Assignment::Assign, AssignmentPath::Directory).code(), "allowed");
    assert_eq!(policy.decide_assignment(Assignment::Assign, AssignmentPath::JustInTime).code(), "allowed");
    assert_eq!(member(&policy, &PolicyAction::View).code(), "allowed");
    done(&mut made, Change::ManageByDirectory(false));
    let policy = LoginPolicy::of(&made);
    assert_eq!(policy.decide_assignment(Assignment::Unassign, AssignmentPath::Single).code(), "allowed");
}
