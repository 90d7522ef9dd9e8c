//! Who may do what with whose account: actor × intent × organization × account, as one table.

mod common;

use common::now;
use common::people::{
    address, administrator_of, counters, decided, email, invitation, invited, member,
};
use common::tenants::{IDP_A, OPERATOR, around, done, enforced, identity, open, organization};
use saml_login::account::{
    Account, AccountAddress, AccountId, EmailProof, Profile, Pushed, Role, Source, Status,
};
use saml_login::identity::{Email, StableKey};
use saml_login::organization::{By, Change};
use saml_login::provision::{Import, Intent, LogIn, Push, PushRefusal, Wanted};
use saml_login::token::TokenDigest;
use saml_login::{Identity, Organization};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Actor {
    Administrator,
    AdministratorElsewhere,
    Application,
    Directory,
    Entered,
    IdentityProvider,
    Member,
    Operator,
    Oneself,
}

const ACTORS: [Actor; 9] = [
    Actor::Administrator,
    Actor::AdministratorElsewhere,
    Actor::Application,
    Actor::Directory,
    Actor::Entered,
    Actor::IdentityProvider,
    Actor::Member,
    Actor::Operator,
    Actor::Oneself,
];

/// What an organization has set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Setting {
    Off,
    Open,
    Enforced,
    Managed,
    ManagedAndEnforced,
}

const SETTINGS: [Setting; 5] =
    [Setting::Off, Setting::Open, Setting::Enforced, Setting::Managed, Setting::ManagedAndEnforced];

impl Setting {
    fn managed(self) -> bool {
        matches!(self, Self::Managed | Self::ManagedAndEnforced)
    }

    fn enforced(self) -> bool {
        matches!(self, Self::Enforced | Self::ManagedAndEnforced)
    }

    fn organization(self, break_glass: bool) -> Organization {
        let mut made = match self {
            Self::Off => organization("org-a", "acme"),
            Self::Open | Self::Managed => open("org-a", "acme", &IDP_A),
            Self::Enforced | Self::ManagedAndEnforced => enforced("org-a", "acme", &IDP_A),
        };
        if self.managed() {
            done(&mut made, Change::ManageByDirectory(true));
        }
        if break_glass {
            let account = AccountId::new("it");
            let mut it = member("org-a", "it", "it@example.test", EmailProof::Proven);
            it.role = Role::Administrator;
            let around = around("org-a").with_accounts([it]);
            let granted = Change::BreakGlass { account, granted: true };
            let named = made.apply(granted, &OPERATOR, &around, now());
            named.result.expect("a change");
        }
        made
    }
}

/// The account that it is about.
fn accounts() -> Vec<Account> {
    let mut all = Vec::new();
    for managed_by in [Source::Application, Source::Directory] {
        for (status, ended_by) in [
            (Status::Active, None),
            (Status::Invited, None),
            (Status::Deactivated, Some(Source::Application)),
            (Status::Deactivated, Some(Source::Directory)),
            (Status::Deleted, Some(Source::Application)),
            (Status::Deleted, Some(Source::Directory)),
        ] {
            let mut account = member("org-a", "it", "it@example.test", EmailProof::Organization);
            (account.status, account.ended_by) = (status, ended_by);
            account.managed_by = managed_by;
            account.user_name = Some("it@example.test".into());
            account.invitation = (status == Status::Invited).then(|| invitation("mailed"));
            all.push(account);
        }
    }
    all
}

/// What the intents speak of.
struct Things {
    it: AccountId,
    email: Email,
    key: StableKey,
    profile: Profile,
    identity: Identity,
    import: Import,
}

impl Things {
    fn new() -> Self {
        let mut profile = Profile::default();
        profile.first_name = Some("Ida".into());
        let identity = identity(&open("org-a", "acme", &IDP_A), &IDP_A, "it");
        let address = AccountAddress::new(email("new@example.test"), EmailProof::Proven);
        Self {
            it: AccountId::new("it"),
            email: email("new@example.test"),
            key: identity.stable_key().expect("a key"),
            profile,
            identity,
            import: Import::new(AccountId::new("imported"), address, now()),
        }
    }

    fn intents<'t>(&'t self, push: &'t Pushes) -> Vec<Intent<'t>> {
        let (account, email) = (&self.it, &self.email);
        vec![
            Intent::Accept(TokenDigest::of("mailed")),
            Intent::ChangeAddress { account, email },
            Intent::ChangeProfile { account, profile: &self.profile },
            Intent::ChangeRole { account, role: Role::Administrator },
            Intent::EndSessions(account),
            Intent::Import(Box::new(self.import.clone())),
            Intent::Invite { email, role: Role::Member, invitation: invitation("new") },
            Intent::Link { account, key: &self.key },
            Intent::LogIn(LogIn::of(&self.identity)),
            Intent::ProveAddress { account, email },
            Intent::Purge(account),
            Intent::Push(Push::of(account, &push.on)),
            Intent::Push(Push::of(account, &push.off)),
            Intent::ReleaseAddress(account),
            Intent::ResendInvitation { account, invitation: invitation("again") },
            Intent::SetStatus { account, status: Status::Active },
            Intent::SetStatus { account, status: Status::Deactivated },
            Intent::SetStatus { account, status: Status::Deleted },
            Intent::Unlink(account),
            Intent::WithdrawInvitation(account),
        ]
    }
}

type Apply = Box<dyn Fn(Option<&Account>) -> Result<Wanted, PushRefusal> + Sync>;

struct Pushes {
    on: Apply,
    off: Apply,
}

impl Pushes {
    fn new() -> Self {
        let push = |active: bool| -> Apply {
            Box::new(move |_| Ok(Wanted::new(Pushed::new("it@example.test"), active)))
        };
        Self { on: push(true), off: push(false) }
    }
}

/// Whether a push or a change of status brings somebody in, or puts somebody out.
fn pushed(intent: &Intent<'_>, account: &Account) -> Option<bool> {
    match intent {
        Intent::Push(push) => {
            Some((push.apply)(Some(account)).expect("a push").active == Some(true))
        }
        _ => None,
    }
}

/// The rules once more: who may ask.
fn is_allowed(actor: Actor, intent: &Intent<'_>, code: &str) -> bool {
    let dashboard = [
        "change_address",
        "change_profile",
        "change_role",
        "end_sessions",
        "invite",
        "link",
        "release_address",
        "resend_invitation",
        "activate",
        "deactivate",
        "delete",
        "unlink",
        "withdraw_invitation",
    ];
    match actor {
        Actor::Administrator => dashboard.contains(&code),
        Actor::Application => !["link", "log_in", "push"].contains(&code),
        Actor::Directory => ["push", "activate", "deactivate", "delete"].contains(&code),
        Actor::IdentityProvider => matches!(intent, Intent::LogIn(_)),
        Actor::Operator => dashboard.contains(&code) || ["import", "purge"].contains(&code),
        Actor::Oneself => ["change_profile", "end_sessions"].contains(&code),
        Actor::AdministratorElsewhere | Actor::Entered | Actor::Member => false,
    }
}

fn expected(actor: Actor, intent: &Intent<'_>, set: (Setting, bool), it: &Account) -> &'static str {
    let (setting, break_glass) = set;
    let code = intent.code();
    let of_member = matches!(
        actor,
        Actor::Administrator | Actor::AdministratorElsewhere | Actor::Member | Actor::Oneself
    );
    let oneself_is_gone = actor == Actor::Oneself && it.status != Status::Active;
    if actor == Actor::Entered {
        return "entered_session";
    }
    if !is_allowed(actor, intent, code) || oneself_is_gone {
        return if of_member { "not_administrator" } else { "not_permitted" };
    }
    if actor == Actor::Directory && !setting.managed() {
        return "directory_off";
    }
    let in_dashboard = of_member || actor == Actor::Application;
    let assigns = ["accept_invitation", "import", "invite", "resend_invitation"].contains(&code);
    let status = ["activate", "deactivate", "delete"].contains(&code);
    if in_dashboard && setting.managed() && (assigns || status) {
        return "directory_managed";
    }
    if in_dashboard && setting.enforced() && assigns {
        return "assignment_by_sso_only";
    }
    let of_directory = ["change_address", "change_profile", "prove_address"].contains(&code);
    if setting.managed() && it.managed_by == Source::Directory && of_directory {
        return "directory_managed";
    }
    outcome(actor, intent, (setting, break_glass), it)
}

/// What becomes of it, once it may be asked.
fn outcome(actor: Actor, intent: &Intent<'_>, set: (Setting, bool), it: &Account) -> &'static str {
    let (setting, break_glass) = set;
    let gone = it.status == Status::Deleted;
    let holds = matches!(it.status, Status::Active | Status::Invited);
    let kept = actor == Actor::Directory && break_glass;
    match (intent.code(), it.status) {
        ("accept_invitation", Status::Invited) => "update",
        ("accept_invitation", _) => "invitation_unknown",
        ("import" | "invite", _) => "create",
        ("change_address" | "change_profile" | "change_role", Status::Deleted) => "account_missing",
        ("unlink" | "link", Status::Deleted) if setting != Setting::Off => "account_missing",
        ("link", _) if setting == Setting::Off => "connection_outdated",
        ("unlink", Status::Deleted) => "account_missing",
        ("unlink", _) => "keep",
        ("link", _) => "link",
        ("change_address" | "change_profile" | "change_role" | "end_sessions", _) => "update",
        ("prove_address", Status::Active) => "update",
        ("prove_address", _) => "account_missing",
        ("purge", Status::Deleted) => "remove",
        ("release_address", Status::Deleted) => "update",
        ("purge" | "release_address", _) => "not_deleted",
        ("resend_invitation", Status::Invited) => "update",
        ("withdraw_invitation", Status::Invited) => "remove",
        ("resend_invitation" | "withdraw_invitation", _) => "not_invited",
        ("activate", Status::Active)
        | ("deactivate", Status::Deactivated)
        | ("delete", Status::Deleted) => "keep",
        ("activate", Status::Invited) => "invitation_pending",
        ("activate", _) => match (actor, it.ended_by) {
            (Actor::Directory, _) if gone => "account_missing",
            (Actor::Directory, Some(Source::Application)) => "ended_by_application",
            (Actor::Operator, Some(Source::Directory)) if setting.managed() => "ended_by_directory",
            _ => "activate",
        },
        ("deactivate", Status::Deleted) => "account_missing",
        ("deactivate" | "delete", _) if kept => "break_glass_kept",
        ("deactivate", _) => "deactivate",
        ("delete", _) => "delete",
        ("push", Status::Deleted) => "account_missing",
        ("push", _) if holds && pushed(intent, it) == Some(false) && kept => "break_glass_kept",
        ("push", _) => match (pushed(intent, it), it.status, it.ended_by) {
            (Some(false), Status::Active | Status::Invited, _) => "deactivate",
            (Some(true), Status::Deactivated, Some(Source::Directory)) => "activate",
            _ => "update",
        },
        ("log_in", _) => match (setting, it.status) {
            (Setting::Off, _) => "connection_outdated",
            (_, Status::Deactivated) => "account_deactivated",
            (_, Status::Deleted) => "account_deleted",
            (_, Status::Invited) if setting.managed() && it.pushed.is_none() => "not_provisioned",
            _ => "link",
        },
        (code, _) => panic!("no rule for {code}"),
    }
}

#[test]
fn the_whole_table() {
    let (things, pushes) = (Things::new(), Pushes::new());
    let mut boss = administrator_of("org-a", "boss", "boss@example.test");
    let elsewhere = administrator_of("org-b", "boss", "boss@example.test");
    let other = member("org-a", "other", "other@example.test", EmailProof::Proven);
    boss.link = None;
    let mut rows = 0;
    for set in SETTINGS.into_iter().flat_map(|setting| [(setting, false), (setting, true)]) {
        let organization = set.0.organization(set.1);
        for it in accounts() {
            let all = [it.clone(), boss.clone(), other.clone()];
            for actor in ACTORS {
                let by = match actor {
                    Actor::Administrator => By::member(&boss),
                    Actor::AdministratorElsewhere => By::member(&elsewhere),
                    Actor::Application => By::Application,
                    Actor::Directory => By::Directory("token-1"),
                    Actor::Entered => By::entered(&boss),
                    Actor::IdentityProvider => By::IdentityProvider,
                    Actor::Member => By::member(&other),
                    Actor::Operator => By::Operator("operator-7"),
                    Actor::Oneself => By::member(&it),
                };
                for intent in things.intents(&pushes) {
                    let decision =
                        decided(&intent, &by, &organization, &all, counters(&organization, &all));
                    let code = match &decision {
                        Ok(provisioning) => provisioning.code(),
                        Err(refusal) => refusal.code(),
                    };
                    let expected = expected(actor, &intent, set, &it);
                    assert_eq!(code, expected, "{actor:?} {set:?} {} {it:?}", intent.code());
                    rows += 1;
                }
            }
        }
    }
    assert_eq!(rows, 10 * 12 * 9 * 20);
}

/// Whatever an administrator or an operator does, an active administrator stays. A directory that
/// dismisses the last one is obeyed.
#[test]
fn the_last_administrator_stays_on_every_path_of_the_dashboard() {
    let mut acme = open("org-a", "acme", &IDP_A);
    let boss = administrator_of("org-a", "boss", "boss@example.test");
    let account = &boss.id;
    let ways = [
        Intent::ChangeRole { account, role: Role::Member },
        Intent::SetStatus { account, status: Status::Deactivated },
        Intent::SetStatus { account, status: Status::Deleted },
    ];
    let all = [boss.clone()];
    for way in &ways {
        for by in [By::member(&boss), By::Operator("operator-7"), By::Application] {
            let decision = decided(way, &by, &acme, &all, counters(&acme, &all));
            assert_eq!(decision.expect_err("the last").code(), "last_administrator");
        }
        // A second one makes the difference, if they are active.
        let mut second = administrator_of("org-a", "second", "second@example.test");
        let two = [boss.clone(), second.clone()];
        assert!(decided(way, &By::member(&boss), &acme, &two, counters(&acme, &two)).is_ok());
        second.status = Status::Deactivated;
        let two = [boss.clone(), second];
        let decision = decided(way, &By::member(&boss), &acme, &two, counters(&acme, &two));
        assert_eq!(decision.expect_err("the last").code(), "last_administrator");
    }
    done(&mut acme, Change::ManageByDirectory(true));
    let off = Intent::SetStatus { account, status: Status::Deactivated };
    let dismissed = decided(&off, &By::Directory("token-1"), &acme, &all, counters(&acme, &all));
    let dismissed = dismissed.expect("a dismissal");
    // Role and name stay, for whoever looks into it; the sessions end.
    assert_eq!(dismissed.account().role, Role::Administrator);
    assert_eq!(dismissed.account().generation, boss.generation + 1);
    assert_eq!(dismissed.account().ended_by, Some(Source::Directory));
}

#[test]
fn nobody_is_another_account() {
    let acme = open("org-a", "acme", &IDP_A);
    let boss = administrator_of("org-a", "boss", "boss@example.test");
    let mut taken = member("org-a", "taken", "taken@example.test", EmailProof::Organization);
    taken.user_name = Some("Somebody".into());
    let all = [boss.clone(), taken];
    let by = By::member(&boss);
    let code = |intent: &Intent<'_>| {
        decided(intent, &by, &acme, &all, counters(&acme, &all))
            .map(|done| done.code())
            .map_err(|no| no.code())
    };
    let (account, email) = (&boss.id, email("TAKEN@example.test"));
    assert_eq!(code(&Intent::ChangeAddress { account, email: &email }), Err("address_taken"));
    let invite =
        Intent::Invite { email: &email, role: Role::Member, invitation: invitation("new") };
    assert_eq!(code(&invite), Err("address_taken"));
    let mut managed = acme.clone();
    done(&mut managed, Change::ManageByDirectory(true));
    let push = |name: &str| {
        let wanted = Wanted::new(Pushed::new(name), true);
        let apply = move |_: Option<&Account>| Ok(wanted.clone());
        let intent = Intent::Push(Push::new(&apply));
        let decision =
            decided(&intent, &By::Directory("t"), &managed, &all, counters(&managed, &all));
        decision.map(|done| done.code()).map_err(|no| no.code())
    };
    assert_eq!(push("SOMEBODY"), Err("user_name_taken"));
    assert_eq!(push("taken@example.test"), Err("address_taken"));
    assert_eq!(push("free@example.test"), Ok("create"));
}

#[test]
fn an_invitation_is_good_once_for_its_time_and_for_its_address() {
    let acme = open("org-a", "acme", &IDP_A);
    let it = invited("org-a", "it", "it@example.test", Role::Member);
    let accept = |account: &Account, token: &str| {
        let intent = Intent::Accept(TokenDigest::of(token));
        let all = std::slice::from_ref(account);
        decided(&intent, &By::Application, &acme, all, counters(&acme, all))
    };
    let accepted = accept(&it, "it").expect("an account").account().clone();
    assert_eq!(accepted.status, Status::Active);
    assert_eq!(accepted.address, address("it@example.test", EmailProof::Proven));
    assert_eq!(accept(&accepted, "it").expect_err("used").code(), "invitation_unknown");
    assert_eq!(accept(&it, "other").expect_err("another").code(), "invitation_unknown");
    let mut late = it.clone();
    late.invitation.as_mut().expect("an invitation").expires_at = now();
    assert_eq!(accept(&late, "it").expect_err("late").code(), "invitation_expired");
    // The mail went somewhere else.
    let email = email("it.new@example.test");
    let moved = Intent::ChangeAddress { account: &it.id, email: &email };
    let all = [it.clone()];
    let moved =
        decided(&moved, &By::Operator("o"), &acme, &all, counters(&acme, &all)).expect("a change");
    assert_eq!(moved.account().invitation, None);
    let resend = Intent::ResendInvitation { account: &it.id, invitation: invitation("again") };
    let resent = decided(&resend, &By::Operator("o"), &acme, &all, counters(&acme, &all));
    let resent = resent.expect("a change").account().clone();
    assert_eq!(accept(&resent, "it").expect_err("the older mail").code(), "invitation_unknown");
    assert_eq!(accept(&resent, "again").expect("the newer mail").code(), "update");
}
