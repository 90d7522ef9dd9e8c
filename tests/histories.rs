//! Random histories of members, operators, logins, configuration, proposals, domains, plans and the
//! directory: what has to hold after every step.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use chrono::TimeDelta;
use common::people::{carry, come, counters, email, found, invitation, numbers};
use common::tenants::{
    IDP_A, IDP_B, OPERATOR, applied, around, done, log_in, organization, response, values,
};
use common::{Random, block_on, now};
use saml_login::account::{
    Account, AccountAddress, AccountId, EmailProof, Link, OrganizationId, Pushed, PushedAddress,
    Role, Source, Status,
};
use saml_login::administration::administer;
use saml_login::organization::{
    By, Change, Counters, DomainRule, EmailDomain, JitRule, Plan, ProfileSource, Proposal,
    ProvisioningRules, SealedKeyPair, Watched, due,
};
use saml_login::policy::PolicyAction;
use saml_login::provision::{
    Asked, CarriedOut, Import, Intent, Moment, ProvisionError, Push, Standing, Wanted, test_login,
};
use saml_login::sealing::SealingKeys;
use saml_login::session::LoginMethod;
use saml_login::store::{MemoryStore, Names, SettingsWrite, Store, Write, Written};
use saml_login::testing::idp::TestIdp;
use saml_login::token::TokenDigest;
use saml_login::{ConnectionOptions, KeyPair, LoginPolicy, Organization, SealingKey, Unsolicited};

const IDS: [&str; 2] = ["org-a", "org-b"];
const PEOPLE: [&str; 5] = ["alice", "ALICE", "bob", "carol", "dave"];
const DIRECTORY: By<'static> = By::Directory("token-1");

static PAIRS: LazyLock<[KeyPair; 3]> = LazyLock::new(|| {
    let pair = || KeyPair::generate(now(), now() + TimeDelta::days(9)).expect("a pair");
    [pair(), pair(), pair()]
});

fn sealed(id: &str, number: usize) -> SealedKeyPair {
    let keys = SealingKeys::new(SealingKey::new([1; 32]));
    let sealed = SealedKeyPair::seal(&id.into(), &PAIRS[number], &keys, common::people::random());
    sealed.expect("sealed")
}

fn idps() -> [&'static TestIdp; 2] {
    [&IDP_A, &IDP_B]
}

fn chosen<'c, T>(random: &mut Random, from: &'c [T]) -> Option<&'c T> {
    from.get(random.below(from.len().max(1)))
}

struct World {
    store: MemoryStore,
    /// Every account there ever was.
    ids: BTreeMap<&'static str, BTreeSet<AccountId>>,
    invited: u32,
    /// Whether the directory has dismissed the last administrator of an organization.
    dismissed: BTreeSet<&'static str>,
    /// What the steps have done, so that a history that never logs anybody in shows nothing.
    seen: BTreeMap<String, usize>,
}

impl World {
    /// Two organizations with an administrator each, who has proven the address.
    fn new() -> Self {
        let store = MemoryStore::default();
        found(&store, &organization("org-a", "acme"), Some(4));
        found(&store, &organization("org-b", "bravo"), Some(4));
        let ids = IDS.map(|id| (id, BTreeSet::new())).into();
        let seen = BTreeMap::new();
        let mut world = Self { store, ids, invited: 0, dismissed: BTreeSet::new(), seen };
        for (id, idp) in IDS.into_iter().zip(idps()) {
            world.import(id, "boss");
            let values = values(&world.organization(id), idp);
            world.administer(id, Plan::ALL, &OPERATOR, Change::Enable);
            world.administer(id, Plan::ALL, &OPERATOR, Change::Configure(Box::new(values)));
        }
        world
    }

    fn import(&mut self, id: &'static str, name: &str) {
        let email = email(&format!("{name}@example.test"));
        let address = AccountAddress::new(email, EmailProof::Proven);
        let account = AccountId::new(format!("{name}-of-{id}"));
        let mut import = Import::new(account, address, now());
        import.role = Role::Administrator;
        let intent = Intent::Import(Box::new(import));
        let _ = self.carry(id, &OPERATOR, &intent);
    }

    fn organization(&self, id: &str) -> Organization {
        let record = block_on(self.store.organization(&OrganizationId::new(id)));
        record.expect("the store").expect("an organization").organization
    }

    /// All accounts, deleted ones included.
    fn accounts(&self, id: &str) -> Vec<Account> {
        let mut names = Names::default();
        names.ids = self.ids[id].iter().cloned().collect();
        let found = block_on(self.store.find(&OrganizationId::new(id), &names));
        found.expect("the store").expect("an organization").accounts
    }

    fn events(&self, id: &str) -> u64 {
        let events = block_on(self.store.audit(&OrganizationId::new(id), None, 1));
        events.expect("the store").first().map_or(0, |(number, _)| *number)
    }

    fn note(&mut self, what: impl Into<String>) {
        *self.seen.entry(what.into()).or_default() += 1;
    }

    /// One intent: whatever becomes of it is told once, and a refusal changes nothing.
    fn carry(
        &mut self,
        id: &'static str,
        by: &By<'_>,
        intent: &Intent<'_>,
    ) -> Result<CarriedOut, ProvisionError> {
        let (told, before) = (self.events(id), self.accounts(id));
        let done = carry(&self.store, id, by, intent);
        assert_eq!(self.events(id), told + 1, "every attempt has its event");
        match &done {
            Ok(done) => {
                self.ids.get_mut(id).expect("an organization").insert(done.account.id.clone());
                self.note(format!("{} {}", intent.code(), done.provisioning.code()));
            }
            Err(error) => {
                assert_eq!(self.accounts(id), before, "what is refused changes nothing");
                self.note(error.code());
            }
        }
        done
    }

    /// Somebody who asks for something: an administrator, a member, somebody of elsewhere, an
    /// operator, the application.
    fn somebody(&self, random: &mut Random, id: &str) -> Option<Account> {
        let of = if random.chance(90) { id } else { IDS[random.below(2)] };
        chosen(random, &self.accounts(of)).cloned()
    }

    fn change(&mut self, random: &mut Random, id: &'static str) {
        let organization = self.organization(id);
        let idp = idps()[random.below(2)];
        let unknown = [0; 32].map(|byte: u8| format!("{byte:02X}")).concat();
        let unknown = unknown.parse().expect("a fingerprint");
        let fingerprint = chosen(random, &organization.fingerprints()).copied().unwrap_or(unknown);
        let domain = EmailDomain::parse("example.test").expect("a domain");
        let rules = ProvisioningRules::new(
            [JitRule::Always, JitRule::UnlessDirectory, JitRule::Never][random.below(3)],
            [DomainRule::Verified, DomainRule::VerifiedOrMember, DomainRule::DangerAny]
                [random.below(3)],
            [ProfileSource::Application, ProfileSource::IdentityProvider][random.below(2)],
        );
        let mut options = ConnectionOptions::default();
        options.unsolicited =
            [Unsolicited::Off, Unsolicited::On, Unsolicited::Bounce][random.below(3)];
        let account = chosen(random, &self.accounts(id)).map(|account| account.id.clone());
        let account = account.unwrap_or_else(|| AccountId::new("nobody"));
        let mut proposal = Proposal::of_values(values(&organization, idp));
        proposal.provisioning = random.chance(30).then_some(rules);
        proposal.domain = random.chance(20).then(|| domain.clone());
        let change = match random.below(20) {
            0 | 1 => Change::Enable,
            2 => match random.below(4) {
                0 => Change::Disable,
                1 => Change::RemoveConnection,
                _ => Change::LiftEnforcement,
            },
            3..=5 => Change::Configure(Box::new(values(&organization, idp))),
            6..=9 => Change::Enforce,
            10 | 11 => Change::ManageByDirectory(random.chance(75)),
            12 => Change::BreakGlass { account, granted: random.chance(60) },
            13 => Change::AddCertificate { certificate: idp.certificate_pem().expect("PEM") },
            14 => Change::RetireCertificate { fingerprint },
            15 => Change::Provision(rules),
            16 => Change::Propose(Box::new(proposal)),
            17 => Change::Adopt,
            18 => Change::Adjust(Box::new(options)),
            _ => match random.below(3) {
                0 => Change::VerifyDomain(domain),
                1 => Change::ForgetDomain(domain),
                _ => Change::Drop,
            },
        };
        let somebody = self.somebody(random, id);
        let by = match (&somebody, random.below(5)) {
            (_, 0 | 1) => OPERATOR,
            (_, 2) => By::Application,
            (Some(account), _) => By::member(account),
            (None, _) => OPERATOR,
        };
        let plan = if random.chance(85) { Plan::ALL } else { Plan::NONE };
        self.administer(id, plan, &by, change);
    }

    /// Our key pairs, from a generator of their own.
    fn keys(&mut self, random: &mut Random, id: &'static str) {
        let organization = self.organization(id);
        let pair = chosen(random, organization.key_pairs()).map(SealedKeyPair::fingerprint);
        let unknown = PAIRS[random.below(3)].certificate().fingerprint();
        let mut proposal = Proposal::default();
        proposal.retire_key_pair = pair;
        proposal.sign_requests = random.chance(50).then(|| random.chance(50));
        let change = match random.below(10) {
            0..=3 => Change::AddKeyPair(Box::new(sealed(id, random.below(3)))),
            4 | 5 => Change::RetireKeyPair { fingerprint: pair.unwrap_or(unknown) },
            6 | 7 => Change::SignRequests(random.chance(70)),
            _ => Change::Propose(Box::new(proposal)),
        };
        let somebody = self.somebody(random, id);
        let by = match &somebody {
            Some(account) if random.chance(30) => By::member(account),
            _ => OPERATOR,
        };
        let plan = if random.chance(85) { Plan::ALL } else { Plan::NONE };
        self.administer(id, plan, &by, change);
    }

    fn administer(&mut self, id: &'static str, plan: Plan, by: &By<'_>, change: Change) {
        let (told, before) = (self.events(id), self.organization(id));
        let asked = Asked::by(*by, now());
        let done =
            block_on(administer(&self.store, &plan, &OrganizationId::new(id), &change, &asked));
        assert_eq!(self.events(id), told + 1, "every attempt has its event");
        let done = done.expect("an answer");
        let after = self.organization(id);
        if before.is_enforced()
            && after.is_enforced()
            && done.event.action.code() != "candidate_adopted"
        {
            assert!(
                after.key_pairs().starts_with(before.key_pairs()),
                "no pair is retired untried"
            );
            assert_eq!(after.signs_requests(), before.signs_requests());
        }
        match done.result {
            Ok(()) => self.note(done.event.action.code()),
            Err(refusal) => {
                assert_eq!(self.organization(id), before, "a refused change changes nothing");
                self.note(refusal.code());
            }
        }
    }

    fn log_in(&mut self, random: &mut Random, id: &'static str) {
        let organization = self.organization(id);
        let issuer = organization.settings().map(|settings| settings.issuer.clone());
        let trusted = idps().into_iter().find(|idp| Some(idp.issuer()) == issuer.as_deref());
        let signer = trusted.filter(|_| random.chance(85)).unwrap_or(idps()[random.below(2)]);
        let person = if random.chance(30) { "boss" } else { PEOPLE[random.below(PEOPLE.len())] };
        if !organization.is_open() {
            assert!(organization.connection().is_err());
            return self.note("closed");
        }
        let (before, seats) = (self.accounts(id), numbers(&self.store, id).seats());
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
        let told = self.events(id);
        let came = come(&self.store, &organization, &identity);
        assert_eq!(self.events(id), told + 1, "every attempt has its event");
        let came = match came {
            Ok(came) => came,
            Err(error) => {
                assert_eq!(self.accounts(id), before, "a refused login changes nothing");
                return self.note(error.code());
            }
        };
        self.note(came.provisioning.code());
        self.ids.get_mut(id).expect("an organization").insert(came.account.id.clone());
        let was = before.iter().find(|account| account.id == came.account.id);
        assert!(was.is_none_or(|was| was.status.holds_seat()), "a login brings nobody back");
        assert_eq!(was.is_none(), came.provisioning.code() == "create");
        assert_eq!(numbers(&self.store, id).seats().taken, seats.taken + u32::from(was.is_none()));
        assert!(was.is_some() || seats.has_free());
        // Nobody becomes an administrator by logging in, nor by an address.
        assert_eq!(came.account.role, was.map_or(Role::Member, |was| was.role));
        if was.is_some_and(|was| was.role == Role::Administrator && was.link.is_none()) {
            assert_eq!(came.provisioning.code(), "confirm");
        }
        let verified = organization.owns(identity.email.as_ref().expect("an address"));
        let rules = organization.provisioning();
        let any = rules.domains == DomainRule::DangerAny || !organization.is_bound_to_domains();
        let member = was.is_some() && rules.domains == DomainRule::VerifiedOrMember;
        assert!(verified || any || member);
        let by_sso = PolicyAction::LogIn(LoginMethod::Sso);
        assert!(LoginPolicy::of(&organization).decide(&came.account, &by_sso).is_allowed());
    }

    /// An administrator who is signed in tries the settings out, in effect or proposed.
    fn try_out(&mut self, random: &mut Random, id: &'static str) {
        let accounts = self.accounts(id);
        let active: Vec<&Account> =
            accounts.iter().filter(|account| account.is_active_administrator()).collect();
        let Some(tester) = chosen(random, &active) else { return };
        let settings = self.organization(id);
        let adopted = settings.as_if_adopted().filter(|_| random.chance(50));
        let meant = adopted.unwrap_or(settings);
        let Some(issuer) = meant.settings().map(|settings| settings.issuer.clone()) else { return };
        let signer = idps().into_iter().find(|idp| idp.issuer() == issuer).expect("one of two");
        let name =
            tester.email().map_or("boss", |email| email.original()).replace("@example.test", "");
        if !meant.is_open() {
            return;
        }
        let Ok(identity) = log_in(&meant, &response(&meant, signer, &name)) else { return };
        let standing = Standing::new(&meant, numbers(&self.store, id), &accounts);
        let moment = Moment::new(now(), AccountId::new("new"));
        match test_login(&identity, &tester.id, &standing, &moment) {
            Ok(test) => {
                let change = Change::RecordTestLogin(Box::new(test));
                self.administer(id, Plan::ALL, &By::member(tester), change);
            }
            Err(refusal) => self.note(format!("test {}", refusal.code())),
        }
    }

    /// What people do with accounts.
    fn people(&mut self, random: &mut Random, id: &'static str) {
        let accounts = self.accounts(id);
        let Some(target) = chosen(random, &accounts) else { return };
        let (account, somebody) = (&target.id, self.somebody(random, id));
        let by = match (&somebody, random.below(4)) {
            (_, 0) => OPERATOR,
            (_, 1) => By::Application,
            (Some(account), 2) if random.chance(30) => By::entered(account),
            (Some(account), _) => By::member(account),
            (None, _) => OPERATOR,
        };
        let address = email(&format!("{}@example.test", PEOPLE[random.below(PEOPLE.len())]));
        let token = format!("token-{}", if random.chance(85) { self.invited } else { 0 });
        let role = if random.chance(50) { Role::Administrator } else { Role::Member };
        let status = [Status::Active, Status::Deactivated, Status::Deleted][random.below(3)];
        let intent = match random.below(15) {
            0..=2 => {
                self.invited += 1;
                let token = format!("token-{}", self.invited);
                Intent::Invite { email: &address, role, invitation: invitation(&token) }
            }
            3..=5 => Intent::Accept(TokenDigest::of(&token)),
            6 => Intent::ChangeAddress { account, email: &address },
            7 => Intent::ProveAddress { account, email: &address },
            8 => Intent::ChangeRole { account, role },
            9 | 10 => Intent::SetStatus { account, status },
            11 => Intent::Unlink(account),
            12 => Intent::WithdrawInvitation(account),
            13 => Intent::ReleaseAddress(account),
            _ => Intent::Purge(account),
        };
        let _ = self.carry(id, &by, &intent);
    }

    fn directory(&mut self, random: &mut Random, id: &'static str) {
        if !self.organization(id).is_directory_managed() && random.chance(80) {
            return self.log_in(random, id);
        }
        let person = PEOPLE[random.below(PEOPLE.len())];
        let active = random.chance(60);
        let apply = move |_: Option<&Account>| {
            let mut pushed = Pushed::new(person);
            pushed.external_id = Some(format!("e-{person}"));
            pushed.addresses = vec![PushedAddress::primary(format!("{person}@example.test"))];
            Ok(Wanted::new(pushed, active))
        };
        let accounts = self.accounts(id);
        let target = chosen(random, &accounts).filter(|_| random.chance(70));
        let before = numbers(&self.store, id);
        let intent = match target {
            Some(account) if random.chance(30) => {
                Intent::SetStatus { account: &account.id, status: Status::Deleted }
            }
            Some(account) => Intent::Push(Push::of(&account.id, &apply)),
            None => Intent::Push(Push::new(&apply)),
        };
        let kept = self.organization(id).break_glass().clone();
        if let Ok(done) = self.carry(id, &DIRECTORY, &intent) {
            let was = accounts.iter().find(|account| account.id == done.account.id);
            let ended =
                was.is_some_and(|was| was.status.holds_seat()) && !done.account.status.holds_seat();
            assert!(!ended || !kept.contains(&done.account.id), "who is named is kept");
            let by_application = was.is_some_and(|was| was.ended_by == Some(Source::Application));
            assert!(!by_application || !done.account.status.holds_seat());
            if before.administrators > 0 && numbers(&self.store, id).administrators == 0 {
                self.dismissed.insert(id);
                self.note("dismissed");
            }
        }
    }

    fn seats(&mut self, random: &mut Random, id: &'static str) {
        let before = self.accounts(id);
        let mut write = Write::of(id, now());
        let bought = u32::try_from(random.below(6)).expect("a number");
        write.settings = Some(SettingsWrite::Seats(random.chance(90).then_some(bought)));
        assert_eq!(block_on(self.store.write(write)).expect("the store"), Written::Done);
        assert_eq!(self.accounts(id), before, "nobody is evicted");
    }

    fn check(&mut self, before: &BTreeMap<&str, Counters>, thoroughly: bool) {
        for id in IDS {
            let (organization, accounts) = (self.organization(id), self.accounts(id));
            let kept = numbers(&self.store, id);
            let mut counted = counters(&organization, &accounts);
            (counted.purchased, counted.had_administrator) = (kept.purchased, true);
            assert_eq!(kept, counted, "the numbers are what a count gives");
            let (seats, were) = (kept.seats(), before[id].seats());
            assert!(
                seats.taken <= were.taken
                    || seats.purchased.is_none_or(|purchased| seats.taken <= purchased),
                "more seats are taken than were bought"
            );
            self.names_are_unique(&accounts);
            assert!(accounts.iter().all(|account| account.organization == id));
            assert!(!organization.is_enforced() || organization.is_open());
            assert!(!organization.is_directory_managed() || organization.is_open());
            assert_eq!(organization.closed(), None);
            let pairs = organization.key_pairs();
            assert!(pairs.len() <= 2 && (!organization.signs_requests() || !pairs.is_empty()));
            self.an_administrator_gets_in(id, &organization, &accounts, &kept);
            if !thoroughly {
                continue;
            }
            // What has come about by changes is a record that can be read.
            let text = serde_json::to_string(&organization).expect("JSON");
            let read = serde_json::from_str::<Organization>(&text).expect("a record");
            assert_eq!(read, organization);
        }
    }

    fn names_are_unique(&self, accounts: &[Account]) {
        let living = || accounts.iter().filter(|account| account.status != Status::Deleted);
        let unique = |names: Vec<String>, what: &str| {
            let distinct: BTreeSet<&String> = names.iter().collect();
            assert_eq!(distinct.len(), names.len(), "{what} belongs to one account");
        };
        let key = |account: &Account| account.stable_key().map(|key| key.as_str().to_owned());
        unique(living().filter_map(key).collect(), "a key");
        let address = |account: &Account| Some(account.email()?.address().to_ascii_lowercase());
        unique(living().filter_map(address).collect(), "an address");
        let name = |account: &Account| Some(account.user_name.as_ref()?.to_ascii_lowercase());
        unique(living().filter_map(name).collect(), "a user name");
    }

    /// By single sign-on, by a code that links their account, by being named for emergencies, or,
    /// where single sign-on is not the only way in, in any way; the directory's dismissals apart,
    /// which raise a notice.
    fn an_administrator_gets_in(
        &self,
        id: &str,
        organization: &Organization,
        accounts: &[Account],
        kept: &Counters,
    ) {
        let notices = due(organization, kept, &Watched::default(), now());
        let noticed = notices.iter().any(|notice| notice.kind.as_str() == "no_administrator");
        assert_eq!(noticed, kept.administrators == 0);
        if kept.administrators == 0 {
            assert!(self.dismissed.contains(id), "only the directory dismisses the last one");
            return;
        }
        let mut active = accounts.iter().filter(|account| account.is_active_administrator());
        let by_code = PolicyAction::LogIn(LoginMethod::EmailCode);
        let policy = LoginPolicy::of(organization);
        let any_way = |account: &Account| policy.decide(account, &by_code).is_allowed();
        let gets_in = |account: &Account| {
            let issuer = organization.settings().map(|settings| settings.issuer.clone());
            let is_theirs = |link: &Link| link.key.as_str().split('|').nth(2) == issuer.as_deref();
            let confirms =
                account.proof() == EmailProof::Proven && account.managed_by == Source::Application;
            let is_believed = !organization.is_bound_to_domains()
                || organization.provisioning().domains != DomainRule::Verified
                || account.email().is_some_and(|email| organization.owns(email));
            is_believed && (account.link.as_ref().is_some_and(is_theirs) || confirms)
        };
        assert!(
            !organization.is_enforced() || active.any(|one| any_way(one) || gets_in(one)),
            "an administrator gets in"
        );
    }
}

#[test]
fn whatever_happens_the_invariants_hold() {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for seed in 0..18 {
        let (mut random, mut of_keys) = (Random(seed), Random(1_000 + seed));
        let mut world = World::new();
        for step in 0..140 {
            let id = IDS[random.below(2)];
            let before = IDS.map(|id| (id, numbers(&world.store, id))).into();
            match random.below(20) {
                0..=6 => world.change(&mut random, id),
                7..=10 => world.log_in(&mut random, id),
                11 | 12 => world.try_out(&mut random, id),
                13..=16 => world.people(&mut random, id),
                17 | 18 => world.directory(&mut random, id),
                _ => world.seats(&mut random, id),
            }
            if of_keys.chance(12) {
                world.keys(&mut of_keys, id);
            }
            world.check(&before, step % 10 == 0);
        }
        for (what, count) in world.seen {
            *seen.entry(what).or_default() += count;
        }
    }
    for what in [
        "create",
        "keep",
        "link",
        "confirm",
        "key_untrusted",
        "no_seat",
        "account_deactivated",
        "account_deleted",
        "closed",
        "candidate_proposed",
        "candidate_adopted",
        "proposal_needed",
        "test_login",
        "enforcement_set",
        "enforcement_needs_test_login",
        "connection_rekeyed",
        "directory_enabled",
        "directory_managed",
        "sso_needed_by_directory",
        "break_glass_granted",
        "break_glass_of_oneself",
        "assignment_by_sso_only",
        "last_administrator",
        "not_administrator",
        "not_entitled",
        "entered_session",
        "invite create",
        "accept_invitation update",
        "push create",
        "push deactivate",
        "delete delete",
        "dismissed",
        "key_pair_added",
        "key_pair_retired",
        "key_pairs_too_many",
        "key_pair_missing",
        "request_signing_set",
    ] {
        assert!(seen.contains_key(what), "{what} never happened: {seen:?}");
    }
}

#[test]
fn the_order_of_independent_changes_does_not_matter() {
    let independent = || {
        let domain = |text| EmailDomain::parse(text).expect("a domain");
        let rules = ProvisioningRules::new(
            JitRule::Always,
            DomainRule::VerifiedOrMember,
            ProfileSource::Application,
        );
        let named =
            |name: &str| Change::BreakGlass { account: AccountId::new(name), granted: true };
        vec![
            Change::Enable,
            Change::Configure(Box::new(values(&organization("org-a", "acme"), &IDP_A))),
            Change::VerifyDomain(domain("example.test")),
            Change::VerifyDomain(domain("acme.test")),
            Change::Provision(rules),
            named("keeper"),
            named("boss-of-org-a"),
        ]
    };
    let after = |changes: Vec<Change>| {
        let mut made = organization("org-a", "acme");
        for change in changes {
            let applied = made.apply(change, &OPERATOR, &around("org-a"), now());
            applied.result.expect("a change");
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
    done(&mut acme, Change::Enable);
    applied(&mut acme, configure).result.expect("a change");
    // Each person twice, one of them in two spellings.
    let mut arrivals: Vec<&str> = PEOPLE.iter().chain(&PEOPLE).copied().collect();
    let mut shuffled = Random(11);
    for _ in 0..20 {
        shuffled.shuffle(&mut arrivals);
        let store = MemoryStore::default();
        found(&store, &acme, Some(4));
        let mut addresses = BTreeSet::new();
        for person in &arrivals {
            let identity = log_in(&acme, &response(&acme, &IDP_A, person)).expect("a login");
            let account = come(&store, &acme, &identity).expect("an account").account;
            addresses.insert(account.email().expect("an address").address().to_ascii_lowercase());
        }
        let expected = ["alice", "bob", "carol", "dave"].map(|name| format!("{name}@example.test"));
        assert_eq!(addresses, BTreeSet::from(expected));
        let kept = numbers(&store, "org-a");
        assert_eq!((kept.active, kept.seats().free()), (4, Some(0)));
    }
}
