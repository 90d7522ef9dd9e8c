//! Logins that start from an invitation.

use chrono::TimeDelta;
use saml_login::account::{Account, AccountId, EmailProof, Invitation, LinkOrigin, Role, Status};
use saml_login::organization::{By, Change, DomainRule, JitRule, ProfileSource, ProvisioningRules};
use saml_login::provision::Intent;
use saml_login::sso::{Completed, StartFor};
use saml_login::store::{DynStore, MemoryStore};
use saml_login::token::Token;
use saml_login::{Organization, testing::idp::TestIdp};

use crate::acts::resumed;
use crate::common::people::{carry, email, found, numbers, random};
use crate::common::tenants::{IDP_A, done, open};
use crate::races::race;
use crate::site::{From, Jar, Site, code, person};

/// An organization with two seats: one is a member's, the other one Dana's, who is invited.
struct Invited {
    site: Site,
    acme: Organization,
    dana: AccountId,
    token: Token,
}

fn invited(role: Role) -> Invited {
    let acme = open("org-a", "acme", &IDP_A);
    invited_among(role, &[person(&acme, "boss", Role::Administrator, true)])
}

fn invited_among(role: Role, others: &[Account]) -> Invited {
    let acme = open("org-a", "acme", &IDP_A);
    let store = MemoryStore::default();
    found(&store, &acme, Some(2));
    let site = Site::over(DynStore::new(store));
    others.iter().for_each(|other| site.put(other));
    let (token, address) = (Token::new(random()), email("dana@example.test"));
    let invitation = Invitation::new(token.digest(), site.now() + TimeDelta::days(7));
    let invite = Intent::Invite { email: &address, role, invitation };
    let done = carry(&site.store, "org-a", &By::Application, &invite).expect("an invitation");
    Invited { site, acme, dana: done.account.id, token }
}

impl Invited {
    fn purpose(&self) -> StartFor<'_> {
        StartFor::Invitation(self.token.as_str())
    }

    /// A tab that waits, with what the identity provider is going to say there.
    fn tab(&self, jar: &mut Jar, name: &str) -> String {
        let request = self.site.tab(jar, "acme", self.purpose());
        self.answer(&IDP_A, name, &request)
    }

    fn answer(&self, idp: &TestIdp, name: &str, request: &str) -> String {
        let answer = self.site.answer(&self.acme, idp, name, Some(request));
        answer.form_value().expect("a response")
    }

    fn post(&self, jar: &mut Jar, form: &str) -> Completed {
        self.site.post(jar, &self.acme.urls().acs_url, form)
    }

    fn come(&self, jar: &mut Jar, name: &str) -> Completed {
        self.site.log_in_for(jar, &self.acme, &IDP_A, name, self.purpose())
    }
}

/// Whoever comes by the mail has received it, so that an administrator is asked for no code. The
/// seat was taken by the invitation.
#[test]
fn somebody_comes_by_their_invitation() {
    for role in [Role::Member, Role::Administrator] {
        let invited = invited(role);
        let (site, mut jar) = (&invited.site, Jar::default());
        assert_eq!(code(&invited.come(&mut jar, "dana")), "link");
        assert!(site.mails.all().is_empty());
        let dana = site.signed_in(&mut jar).account;
        assert_eq!((&dana.id, dana.status, dana.role), (&invited.dana, Status::Active, role));
        assert_eq!((dana.proof(), dana.invitation), (EmailProof::Proven, None));
        assert_eq!(dana.link.map(|link| link.origin), Some(LinkOrigin::Code));
        let counters = numbers(&site.store, "org-a");
        assert_eq!((counters.active, counters.invited, counters.seats().taken), (2, 0, 2));
        assert_eq!(code(&site.log_in(&mut jar, &invited.acme, "dana")), "keep");
    }
}

#[test]
fn an_invitation_is_used_once() {
    let invited = invited(Role::Member);
    let (site, mut first, mut second) = (&invited.site, Jar::default(), Jar::default());
    // Two tabs wait: one brings Dana in, and the other one somebody whom she has sent the mail.
    let (hers, theirs) = (invited.tab(&mut first, "dana"), invited.tab(&mut second, "eve"));
    assert_eq!(code(&invited.post(&mut first, &hers)), "link");
    let kept = second.clone();
    let stopped = invited.post(&mut second, &theirs);
    assert_eq!(code(&stopped), "invitation_unknown");
    assert_eq!(site.told_codes("org-a", 1), ["provisioning invitation_unknown"]);
    assert_eq!(site.who(&mut second), "nobody");
    // What was refused is used up.
    assert_eq!(code(&invited.post(&mut kept.clone(), &theirs)), "assertion_replayed");
    // The link leads nowhere any more; Dana, who is known, comes by it as everybody does.
    assert_eq!(code(&invited.come(&mut second, "eve")), "invitation_unknown");
    assert_eq!(code(&invited.come(&mut Jar::default(), "dana")), "keep");
    assert_eq!(code(&site.log_in(&mut Jar::default(), &invited.acme, "dana")), "keep");
    assert_eq!(site.signed_in(&mut first).account.id, invited.dana);
    assert_eq!(numbers(&site.store, "org-a").active, 2);
}

#[test]
fn of_many_with_one_invitation_one_comes_in() {
    let invited = invited(Role::Member);
    let site = &invited.site;
    let forms: Vec<_> = (0..16)
        .map(|number| {
            let mut jar = Jar::default();
            let form = invited.tab(&mut jar, &format!("person{number}"));
            (jar.header(From::Form, site.now()), form)
        })
        .collect();
    let codes = race(site, &invited.acme, &forms);
    let count = |of: &str| codes.iter().filter(|code| *code == of).count();
    assert_eq!((count("link"), count("invitation_unknown")), (1, 15), "{codes:?}");
    let counters = numbers(&site.store, "org-a");
    assert_eq!((counters.active, counters.invited), (2, 0));
}

/// What the administrator does while somebody is at the identity provider counts.
#[test]
fn an_invitation_that_was_taken_back_in_between_opens_nothing() {
    let invited = invited(Role::Administrator);
    let (site, mut jar) = (&invited.site, Jar::default());
    let form = invited.tab(&mut jar, "dana");
    site.carry("org-a", &Intent::WithdrawInvitation(&invited.dana));
    assert_eq!(numbers(&site.store, "org-a").seats().taken, 1);
    assert_eq!(code(&invited.post(&mut jar, &form)), "invitation_unknown");
    assert_eq!(site.who(&mut jar), "nobody");
    let counters = numbers(&site.store, "org-a");
    assert_eq!((counters.active, counters.invited, counters.seats().taken), (1, 0, 1));
}

#[test]
fn an_invitation_that_was_sent_again_in_between_leads_there_by_the_new_mail() {
    let mut invited = invited(Role::Member);
    let mut jar = Jar::default();
    let form = invited.tab(&mut jar, "dana");
    let token = Token::new(random());
    let invitation = Invitation::new(token.digest(), invited.site.now() + TimeDelta::days(7));
    let again = Intent::ResendInvitation { account: &invited.dana, invitation };
    invited.site.carry("org-a", &again);
    assert_eq!(code(&invited.post(&mut jar, &form)), "invitation_unknown");
    invited.token = token;
    assert_eq!(code(&invited.come(&mut jar, "dana")), "link");
}

#[test]
fn an_invitation_expires_also_in_between() {
    let invited = invited(Role::Member);
    let (site, mut jar) = (&invited.site, Jar::default());
    site.wait(TimeDelta::days(7) - TimeDelta::minutes(1));
    let request = site.tab(&mut jar, "acme", invited.purpose());
    site.wait(TimeDelta::minutes(1));
    let form = invited.answer(&IDP_A, "dana", &request);
    assert_eq!(code(&invited.post(&mut jar, &form)), "invitation_expired");
    assert_eq!(site.told_codes("org-a", 1), ["provisioning invitation_expired"]);
    assert_eq!(code(&invited.come(&mut jar, "dana")), "invitation_expired");
    assert_eq!(site.who(&mut jar), "nobody");
    let dana = site.account("org-a", &invited.dana);
    assert_eq!((dana.status, dana.link), (Status::Invited, None));
}

/// The mail is opened in a browser in which somebody else is signed in.
#[test]
fn an_invitation_is_opened_where_somebody_else_is_signed_in() {
    let invited = invited(Role::Administrator);
    let (site, acme) = (&invited.site, &invited.acme);
    let mut jar = Jar::default();
    assert!(matches!(site.log_in(&mut jar, acme, "boss"), Completed::LoggedIn(_)));
    let (boss, cookies) = (site.signed_in(&mut jar), jar.header(From::Here, site.now()));
    // At the identity provider it is still the other one, who has an account: nothing happens.
    assert_eq!(code(&invited.come(&mut jar, "boss")), "key_taken");
    assert_eq!(site.signed_in(&mut jar).session.token, boss.session.token, "it goes on");
    assert_eq!(site.account("org-a", &invited.dana).status, Status::Invited);
    // Dana herself: their session ends, and hers begins.
    assert_eq!(code(&invited.come(&mut jar, "dana")), "link");
    let dana = site.signed_in(&mut jar);
    assert_eq!((&dana.account.id, dana.session.entered_from), (&invited.dana, None));
    assert_eq!(site.kept(&cookies), "nobody", "the former session has ended");
    let link = |id: &AccountId| site.account("org-a", id).link.expect("a link").key;
    assert_ne!(link(&boss.account.id), link(&invited.dana));
}

/// Whoever has an account that is not linked yet is not led to another one.
#[test]
fn an_invitation_brings_nobody_a_second_account() {
    let acme = open("org-a", "acme", &IDP_A);
    let invited = invited_among(Role::Administrator, &[person(&acme, "mia", Role::Member, false)]);
    let (site, mut jar) = (&invited.site, Jar::default());
    assert_eq!(code(&invited.come(&mut jar, "mia")), "address_taken");
    assert_eq!(site.who(&mut jar), "nobody");
    assert_eq!(site.account("org-a", &AccountId::new("mia")).link, None);
    assert_eq!(code(&site.log_in(&mut jar, &acme, "mia")), "link");
    assert_eq!(site.signed_in(&mut jar).account.role, Role::Member);
}

/// Single sign-on only: an invitation from before is a way in by single sign-on, and by nothing
/// else.
#[test]
fn an_invitation_from_before_enforcement_leads_in_by_single_sign_on() {
    for role in [Role::Member, Role::Administrator] {
        let invited = invited(role);
        let (site, mut jar) = (&invited.site, Jar::default());
        let form = invited.tab(&mut jar, "dana");
        site.enforce_sso("org-a", &IDP_A);
        let digest = invited.token.digest();
        let accept = carry(&site.store, "org-a", &By::Application, &Intent::Accept(digest));
        assert_eq!(accept.expect_err("no dashboard").code(), "assignment_by_sso_only");
        site.ask_code(&mut Jar::default(), "acme", "dana@example.test");
        assert!(site.mails.all().is_empty(), "nobody is mailed a code before they have accepted");
        assert_eq!(code(&invited.post(&mut jar, &form)), "link");
        let dana = site.signed_in(&mut jar);
        assert_eq!((dana.account.id, dana.account.role), (invited.dana.clone(), role));
        site.wait(TimeDelta::seconds(1));
        assert_eq!(resumed(&site.page(&mut jar, From::Here)), "signed_in");
    }
}

/// Behaviour 81: while the directory says who has an account, an older invitation is none, however
/// its holder comes; once the directory names them, they come in.
#[test]
fn an_invitation_from_before_the_directory_waits_for_it() {
    let invited = invited(Role::Member);
    let site = &invited.site;
    site.set("org-a", |acme| done(acme, Change::ManageByDirectory(true)));
    assert_eq!(code(&invited.come(&mut Jar::default(), "dana")), "not_provisioned");
    let by_itself = site.log_in(&mut Jar::default(), &invited.acme, "dana");
    assert_eq!(code(&by_itself), "not_provisioned");
    assert_eq!(numbers(&site.store, "org-a").invited, 1, "she keeps her seat");
    // The rule that lets everybody in lets her in.
    let always = site.another();
    let rules =
        ProvisioningRules::new(JitRule::Always, DomainRule::default(), ProfileSource::default());
    always.set("org-a", |acme| done(acme, Change::Provision(rules)));
    assert_eq!(code(&always.log_in(&mut Jar::default(), &invited.acme, "dana")), "link");
}
