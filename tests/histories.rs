//! Random histories of configuration, logins, accounts, seats and flags: what has to hold after
//! every step.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::tenants::{
    IDP_A, IDP_B, Plans, administrator, boss, log_in, operator, organization, response, values,
};
use common::{Random, block_on, now};
use saml_login::account::{Account, AccountId, Changes, NewAccount, Role, Seats, Status};
use saml_login::audit::Actor;
use saml_login::identity::Email;
use saml_login::organization::{
    Change, DomainRule, EmailDomain, Neighbours, Organizations, ProfileSource, ProvisioningRules,
};
use saml_login::policy::{Assignment, AssignmentPath, LoginMethod, PolicyAction};
use saml_login::provision::provision;
use saml_login::store::{AccountStore, MemoryAccountStore, Written};
use saml_login::testing::idp::TestIdp;
use saml_login::{ConnectionOptions, LoginPolicy, Organization, Unsolicited};

const IDS: [&str; 2] = ["org-a", "org-b"];
const PEOPLE: [&str; 5] = ["alice", "ALICE", "bob", "carol", "dave"];

fn idps() -> [&'static TestIdp; 2] {
    [&IDP_A, &IDP_B]
}

struct World {
    organizations: Organizations,
    directory: MemoryAccountStore,
    /// What the steps have done, so that a history that never logs anybody in shows nothing.
    seen: BTreeMap<String, usize>,
}

impl World {
    fn new() -> Self {
        let mut organizations = Organizations::default();
        organizations.add(organization("org-a", "acme")).expect("room");
        organizations.add(organization("org-b", "bravo")).expect("room");
        Self { organizations, directory: MemoryAccountStore::default(), seen: BTreeMap::new() }
    }

    fn organization(&self, id: &str) -> &Organization {
        self.organizations.by_id(id).expect("an organization")
    }

    fn accounts(&self, id: &str) -> Vec<Account> {
        self.directory.accounts(id).expect("the directory")
    }

    fn seats(&self, id: &str) -> Seats {
        self.directory.seats(id).expect("the directory")
    }

    fn note(&mut self, what: impl Into<String>) {
        *self.seen.entry(what.into()).or_default() += 1;
    }

    fn change(&mut self, random: &mut Random, id: &str) {
        let organization = self.organization(id).clone();
        let idp = idps()[random.below(2)];
        let unknown = [0; 32].map(|byte: u8| format!("{byte:02X}")).concat();
        let unknown = unknown.parse().expect("a fingerprint");
        let fingerprint = organization.fingerprints().first().copied().unwrap_or(unknown);
        let domain = EmailDomain::parse("example.test").expect("a domain");
        let rules = ProvisioningRules::new(
            random.chance(80),
            [DomainRule::Verified, DomainRule::VerifiedOrMember, DomainRule::DangerAny]
                [random.below(3)],
            [ProfileSource::Application, ProfileSource::IdentityProvider][random.below(2)],
        );
        let mut options = ConnectionOptions::default();
        options.unsolicited =
            [Unsolicited::Off, Unsolicited::On, Unsolicited::Bounce][random.below(3)];
        let change = match random.below(14) {
            0 | 1 => Change::Enable,
            2 => Change::Disable,
            3 | 4 => Change::Configure(Box::new(values(&organization, idp))),
            5 => Change::RemoveConnection,
            6 => Change::Enforce,
            7 => Change::LiftEnforcement,
            8 => Change::ManageByDirectory(random.chance(50)),
            9 => Change::BreakGlass {
                account: AccountId::new("account-1"),
                granted: random.chance(50),
            },
            10 => Change::AddCertificate { certificate: idp.certificate_pem().expect("PEM") },
            11 => Change::RetireCertificate { fingerprint },
            12 => Change::Provision(rules),
            _ => match random.below(3) {
                0 => Change::VerifyDomain(domain),
                1 => Change::ForgetDomain(domain),
                _ => Change::Adjust(Box::new(options)),
            },
        };
        let by = match random.below(4) {
            0 => operator(),
            1 => boss(IDS[random.below(2)]),
            2 => Actor::Application,
            _ => boss(id),
        };
        let plans = if random.chance(85) { Plans::with(&IDS) } else { Plans::with(&[]) };
        let applied =
            self.organizations.apply(id, change, &by, &plans, now()).expect("an organization");
        let after = self.organization(id).clone();
        match applied.result {
            Ok(()) => self.note(applied.event.action.code()),
            Err(refusal) => {
                assert_eq!(after, organization, "a refused change changes nothing");
                self.note(refusal.code());
            }
        }
    }

    fn log_in(&mut self, random: &mut Random, id: &str) {
        let organization = self.organization(id).clone();
        let signer = idps()[random.below(2)];
        let person = PEOPLE[random.below(PEOPLE.len())];
        if !organization.is_open() {
            assert!(organization.connection().is_err());
            return self.note("closed");
        }
        let before = self.accounts(id);
        let seats = self.seats(id);
        let identity = match log_in(&organization, &response(&organization, signer, person)) {
            Ok(identity) => identity,
            Err(error) => return self.note(error.code()),
        };
        let trusted = organization.settings().expect("settings");
        assert_eq!(
            (trusted.issuer.as_str(), identity.connection_id.as_str()),
            (signer.issuer(), id)
        );
        assert!(organization.fingerprints().contains(&identity.key_fingerprint));
        match block_on(provision(&self.directory, &identity, &organization)) {
            Err(error) => {
                assert_eq!(self.accounts(id), before, "a refused login changes nothing");
                self.note(error.code());
            }
            Ok(came) => {
                assert_eq!(came.account.organization, id);
                assert_eq!(came.account.status, Status::Active);
                let was = before.iter().find(|account| account.id == came.account.id);
                assert!(
                    was.is_none_or(|was| was.status.holds_seat()),
                    "a login brings nobody back"
                );
                assert_eq!(was.is_none(), came.provisioning.code() == "create");
                let taken = self.seats(id).taken;
                assert_eq!(taken, seats.taken + u32::from(was.is_none()));
                assert!(was.is_some() || seats.has_free());
                let verified = organization.owns(identity.email.as_ref().expect("an address"));
                let rules = organization.provisioning();
                let any =
                    rules.domains == DomainRule::DangerAny || !organization.is_bound_to_domains();
                assert!(
                    verified
                        || any
                        || (was.is_some() && rules.domains == DomainRule::VerifiedOrMember)
                );
                assert!(
                    LoginPolicy::of(&organization)
                        .decide(&came.account, &PolicyAction::LogIn(LoginMethod::Sso))
                        .is_allowed()
                );
                self.note(came.provisioning.code());
                if random.chance(50) {
                    let revision = organization.revision().expect("settings");
                    let account = administrator(&identity);
                    let noted =
                        self.organizations.record_test_login(&identity, &account, &revision, now());
                    noted.expect("an organization").result.expect("a test login");
                }
            }
        }
    }

    fn administer(&mut self, random: &mut Random, id: &str) {
        let accounts = self.accounts(id);
        match random.below(4) {
            0 => {
                let purchased =
                    random.chance(90).then(|| u32::try_from(random.below(5)).expect("a number"));
                self.directory.set_seats(id, purchased).expect("the directory");
                assert_eq!(self.accounts(id), accounts, "nobody is evicted");
            }
            1 => {
                let allowed = LoginPolicy::of(self.organization(id))
                    .decide_assignment(Assignment::Assign, AssignmentPath::Invitation)
                    .is_allowed();
                if !allowed {
                    return self.note("invitation locked");
                }
                let email = format!("{}@example.test", PEOPLE[random.below(PEOPLE.len())]);
                let email = Email::parse(&email).expect("an address");
                let new = NewAccount::invited(id, email, Role::Administrator);
                let seats = self.seats(id);
                match block_on(self.directory.create(new)).expect("the directory") {
                    Written::Done(_) => {
                        assert!(seats.has_free());
                        self.note("invited");
                    }
                    Written::NoSeat => assert!(!seats.has_free()),
                    _ => {}
                }
            }
            _ => {
                let Some(account) = accounts.get(random.below(accounts.len().max(1))) else {
                    return;
                };
                let statuses = [Status::Active, Status::Deactivated, Status::Deleted];
                let status = statuses[random.below(3)];
                let written = block_on(self.directory.change(account, &Changes::to_status(status)));
                if matches!(written.expect("the directory"), Written::Done(_)) {
                    self.note(format!("{status:?}"));
                }
            }
        }
    }

    fn check(&self, before: &BTreeMap<&str, Seats>) {
        for id in IDS {
            let organization = self.organization(id);
            let accounts = self.accounts(id);
            let seats = self.seats(id);
            let holding = accounts.iter().filter(|account| account.status.holds_seat()).count();
            assert_eq!(usize::try_from(seats.taken).expect("a number"), holding);
            assert!(
                seats.taken <= before[id].taken
                    || seats.purchased.is_none_or(|purchased| seats.taken <= purchased),
                "more seats are taken than were bought"
            );
            let alive = || accounts.iter().filter(|account| account.status != Status::Deleted);
            let keys: Vec<_> = alive().filter_map(|account| account.stable_key.clone()).collect();
            assert_eq!(
                keys.iter().collect::<BTreeSet<_>>().len(),
                keys.len(),
                "a key belongs to one account"
            );
            let folded =
                |account: &Account| Some(account.email.as_ref()?.address().to_ascii_lowercase());
            let emails: Vec<_> = alive().filter_map(folded).collect();
            assert_eq!(
                emails.iter().collect::<BTreeSet<_>>().len(),
                emails.len(),
                "an address, too"
            );
            assert!(accounts.iter().all(|account| account.organization == id));

            assert!(!organization.is_enforced() || organization.is_open());
            assert!(!organization.is_directory_managed() || organization.is_open());
            // Whatever has happened, an operator opens it, and an administrator comes in without
            // the identity provider.
            let mut opened = organization.clone();
            let lifted = opened.apply(
                Change::LiftEnforcement,
                &operator(),
                &Plans::with(&[]),
                &Neighbours::default(),
                now(),
            );
            assert_eq!(lifted.result, Ok(()));
            let mut administrator = Account::new(AccountId::new("administrator"), id);
            administrator.role = Role::Administrator;
            let by_code = PolicyAction::LogIn(LoginMethod::EmailCode);
            assert!(LoginPolicy::of(&opened).decide(&administrator, &by_code).is_allowed());
            let comes_in =
                LoginPolicy::of(organization).decide(&administrator, &by_code).is_allowed();
            assert_eq!(comes_in, !organization.is_enforced());
            // What has come about by changes is a record that can be read.
            let text = serde_json::to_string(organization).expect("JSON");
            assert_eq!(
                serde_json::from_str::<Organization>(&text).expect("a record"),
                *organization
            );
        }
    }
}

#[test]
fn whatever_happens_the_invariants_hold() {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for seed in 0..40 {
        let mut random = Random(seed);
        let mut world = World::new();
        for _ in 0..120 {
            let id = IDS[random.below(2)];
            let before = IDS.iter().map(|id| (*id, world.seats(id))).collect();
            match random.below(10) {
                0..=3 => world.change(&mut random, id),
                4..=7 => world.log_in(&mut random, id),
                _ => world.administer(&mut random, id),
            }
            world.check(&before);
        }
        for (what, count) in world.seen {
            *seen.entry(what).or_default() += count;
        }
    }
    let often: [(&str, usize); 17] = [
        ("create", 20),
        ("keep", 20),
        ("link", 3),
        ("key_untrusted", 20),
        ("no_seat", 5),
        ("account_deactivated", 1),
        ("account_deleted", 1),
        ("closed", 20),
        ("enforcement_set", 3),
        ("enforcement_needs_test_login", 3),
        ("connection_rekeyed", 3),
        ("directory_enabled", 3),
        ("sso_needed_by_directory", 3),
        ("invitation locked", 1),
        ("not_administrator", 20),
        ("not_entitled", 20),
        ("invited", 5),
    ];
    for (what, least) in often {
        let count = seen.get(what).copied().unwrap_or_default();
        assert!(count >= least, "{what} happened {count} times: {seen:?}");
    }
}

#[test]
fn the_order_of_independent_changes_does_not_matter() {
    let independent = || {
        let domain = |text| EmailDomain::parse(text).expect("a domain");
        let rules =
            ProvisioningRules::new(true, DomainRule::VerifiedOrMember, ProfileSource::Application);
        let keeper =
            |name: &str| Change::BreakGlass { account: AccountId::new(name), granted: true };
        vec![
            Change::Enable,
            Change::Configure(Box::new(values(&organization("org-a", "acme"), &IDP_A))),
            Change::VerifyDomain(domain("example.test")),
            Change::VerifyDomain(domain("acme.test")),
            Change::Provision(rules),
            keeper("one"),
            keeper("two"),
        ]
    };
    let after = |changes: Vec<Change>| {
        let mut made = organization("org-a", "acme");
        for change in changes {
            made.apply(
                change,
                &operator(),
                &Plans::with(&["org-a"]),
                &Neighbours::default(),
                now(),
            )
            .result
            .expect("a change");
        }
        made
    };
    let expected = after(independent());
    let mut random = Random(7);
    for _ in 0..50 {
        let mut changes = independent();
        random.shuffle(&mut changes);
        assert_eq!(after(changes), expected);
    }
}

#[test]
fn the_order_of_first_logins_does_not_matter() {
    let mut acme = organization("org-a", "acme");
    let configure = Change::Configure(Box::new(values(&acme, &IDP_A)));
    for change in [Change::Enable, configure] {
        acme.apply(change, &operator(), &Plans::with(&["org-a"]), &Neighbours::default(), now())
            .result
            .expect("a change");
    }
    // Each person twice, one of them in two spellings.
    let mut arrivals: Vec<&str> = PEOPLE.iter().chain(&PEOPLE).copied().collect();
    let mut random = Random(11);
    for _ in 0..20 {
        random.shuffle(&mut arrivals);
        let directory = MemoryAccountStore::default();
        directory.set_seats("org-a", Some(4)).expect("the directory");
        for person in &arrivals {
            let identity = log_in(&acme, &response(&acme, &IDP_A, person)).expect("a login");
            let _ = block_on(provision(&directory, &identity, &acme)).expect("an account");
        }
        let addresses: BTreeSet<String> = directory
            .accounts("org-a")
            .expect("the directory")
            .iter()
            .filter_map(|account| Some(account.email.as_ref()?.address().to_ascii_lowercase()))
            .collect();
        let expected = ["alice", "bob", "carol", "dave"].map(|name| format!("{name}@example.test"));
        assert_eq!(addresses, BTreeSet::from(expected));
        assert_eq!(directory.seats("org-a").expect("the directory"), Seats::new(4, 4));
    }
}
