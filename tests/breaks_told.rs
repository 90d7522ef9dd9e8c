//! Small things that a deliberate break of the people half would change, and that no other test
//! looks at: what is told of settings, accounts and changes.

mod common;

use chrono::TimeDelta;
use common::now;
use common::tenants::{
    IDP_A, IDP_B, applied, apply, done, open, record, test_login, tried, values,
};
use saml_login::audit::{Action, Actor, AuditEvent, Outcome};
use saml_login::organization::{Change, Counters, EmailDomain, Notice, Proposal, Watched, due};
use saml_login::{Certificates, Organization};

fn acme() -> Organization {
    open("org-a", "acme", &IDP_A)
}

fn told(organization: &Organization, watched: &Watched, seats: (u32, u32)) -> Vec<Notice> {
    let mut counters = Counters::default();
    (counters.active, counters.purchased) = (seats.0, Some(seats.1));
    due(organization, &counters, watched, now())
}

#[test]
fn notices_say_when_and_about_what() {
    let acme = acme();
    let pinned = IDP_A.identity_provider().expect("an identity provider");
    let certificate = pinned.certificates().iter().next().expect("a certificate");
    let end = certificate.not_after().expect("an end");
    for (left, when) in
        [(-1, "has ended"), (0, "ends today"), (1, "ends tomorrow"), (2, "ends in 2 days")]
    {
        let at = end - TimeDelta::days(left);
        let notices = due(&acme, &Counters::default(), &Watched::default(), at);
        let [notice] = notices.as_slice() else { panic!("{notices:?}") };
        assert_eq!((notice.kind.as_str(), notice.days), ("certificate_ending", Some(left)));
        assert_eq!(notice.about, Some(certificate.fingerprint().to_string()));
        let text = format!(
            "A certificate of the identity provider {when}. Logins go on with it; make a new one there, and add it here before it is used."
        );
        assert_eq!(notice.text, text);
    }
    let kinds = |notices: Vec<Notice>| {
        notices.into_iter().map(|notice| (notice.kind.as_str(), notice.days)).collect::<Vec<_>>()
    };
    let quiet = Watched::default();
    assert_eq!(kinds(told(&acme, &quiet, (0, 1))), []);
    assert_eq!(kinds(told(&acme, &quiet, (1, 2))), [("seats_nearly_gone", None)]);
    assert_eq!(kinds(told(&acme, &quiet, (1, 3))), []);
    assert_eq!(told(&acme, &quiet, (9, 10))[0].text, "9 of 10 seats are taken.");
    let used = |ago| {
        let mut watched = Watched::default();
        watched.break_glass_used_at = Some(now() - ago);
        kinds(told(&acme, &watched, (0, 1)))
    };
    let second = TimeDelta::seconds(1);
    assert_eq!(used(TimeDelta::days(1) - second), [("break_glass_used", None)]);
    assert_eq!(used(TimeDelta::days(1)), []);
    let mut managed = acme.clone();
    done(&mut managed, Change::ManageByDirectory(true));
    let mut watched = Watched::default();
    watched.directory_seen_at = Some(now() - TimeDelta::days(40));
    assert_eq!(kinds(told(&managed, &watched, (0, 1))), [("directory_silent", Some(-40))]);
    assert_eq!(kinds(told(&acme, &watched, (0, 1))), []);
}

#[test]
fn what_everybody_has_an_address_at_is_public_and_nothing_else() {
    for (text, expected) in [
        ("gmail.com", true),
        ("yahoo.de", true),
        ("yahoo.acme.test", false),
        ("acme.de", false),
        ("acme.co.uk", false),
    ] {
        assert_eq!(EmailDomain::parse(text).expect("a domain").is_public(), expected, "{text}");
    }
}

#[test]
fn another_issuer_or_another_key_is_told_as_one() {
    let acme = acme();
    let (own, other) = (values(&acme, &IDP_A), values(&acme, &IDP_B));
    let with = |issuer: &str, certificate: &str| {
        let mut values = own.clone();
        (values.issuer, values.certificate) = (issuer.into(), certificate.into());
        let change = Change::Configure(Box::new(values));
        apply(&mut acme.clone(), change).event.action.code().to_owned()
    };
    assert_eq!(with(&own.issuer, &own.certificate), "connection_updated");
    assert_eq!(with(&other.issuer, &own.certificate), "connection_rekeyed");
    assert_eq!(with(&own.issuer, &other.certificate), "connection_rekeyed");
}

#[test]
fn what_is_proposed_is_told_by_what_becomes_of_it() {
    let mut acme = acme();
    let codes = [Change::Adopt, Change::Drop].map(|change| {
        let applied = apply(&mut acme.clone(), change);
        applied.event.action.code().to_owned()
    });
    assert_eq!(codes, ["candidate_adopted", "candidate_dropped"]);
    let proposal = Proposal::of_values(values(&acme, &IDP_B));
    let applied = applied(&mut acme, Change::Propose(Box::new(proposal)));
    assert_eq!(applied.event.action.code(), "candidate_proposed");
}

#[test]
fn a_test_login_counts_for_what_it_tried_out() {
    let mut acme = acme();
    let old = tried(&acme, false, &IDP_A).expect("a test login");
    let proposal = Proposal::of_values(values(&acme, &IDP_B));
    applied(&mut acme, Change::Propose(Box::new(proposal))).result.expect("a proposal");
    let of_candidate = tried(&acme, true, &IDP_B).expect("a test login");
    let code = |organization: &Organization, test| {
        let applied = record(&mut organization.clone(), test);
        applied.result.err().map(|refusal| refusal.code())
    };
    assert_eq!(code(&acme, old.clone()), None);
    assert_eq!(code(&acme, of_candidate.clone()), None);
    // Neither of the settings in effect any more, nor of those proposed.
    let mut other = acme.clone();
    done(&mut other, Change::Configure(Box::new(values(&acme, &IDP_B))));
    assert!(other.candidate().is_some());
    assert_eq!(code(&other, old.clone()), Some("test_login_outdated"));
    let mut off = acme.clone();
    done(&mut off, Change::Disable);
    assert!(off.candidate().is_some());
    for test in [old, of_candidate] {
        assert_eq!(code(&off, test), Some("test_login_outdated"));
    }
}

#[test]
fn a_retired_key_is_retired_in_what_was_proposed_with_it() {
    let pem = |idp: &saml_login::testing::idp::TestIdp| idp.certificate_pem().expect("PEM");
    let fingerprint = |pem: &str| {
        let certificates = Certificates::parse(pem).expect("a certificate");
        certificates.iter().next().expect("one").fingerprint()
    };
    let retired = |proposal: Proposal| {
        let mut acme = acme();
        done(&mut acme, Change::AddCertificate { certificate: pem(&IDP_B) });
        test_login(&mut acme, &IDP_A);
        applied(&mut acme, Change::Propose(Box::new(proposal))).result.expect("a proposal");
        done(&mut acme, Change::RetireCertificate { fingerprint: fingerprint(&pem(&IDP_B)) });
        let candidate = acme.candidate().expect("a candidate");
        candidate.settings.certificates.iter().map(|pem| fingerprint(pem)).collect::<Vec<_>>()
    };
    let [of_a, of_b] = [&IDP_A, &IDP_B].map(|idp| fingerprint(&pem(idp)));
    let mut domain = Proposal::default();
    domain.domain = Some(EmailDomain::parse("example.test").expect("a domain"));
    assert_eq!(retired(domain), [of_a]);
    assert_eq!(retired(Proposal::of_values(values(&acme(), &IDP_B))), [of_b]);
}

#[test]
fn what_became_of_accounts_has_its_scim_event() {
    let event = |action: Action| AuditEvent::new("org-a", Actor::Application, action, now());
    let both = |decision: &'static str| {
        [
            event(Action::Provisioning { decision: decision.into() }),
            event(Action::Account { intent: "push".into(), decision: decision.into() }),
        ]
    };
    for (decision, expected) in [
        ("activate", Some("urn:ietf:params:scim:event:prov:activate")),
        ("create", Some("urn:ietf:params:scim:event:prov:create:notice")),
        ("deactivate", Some("urn:ietf:params:scim:event:prov:deactivate")),
        ("delete", Some("urn:ietf:params:scim:event:prov:delete")),
        ("link", Some("urn:ietf:params:scim:event:prov:patch:notice")),
        ("update", Some("urn:ietf:params:scim:event:prov:patch:notice")),
        ("keep", None),
    ] {
        for event in both(decision) {
            assert_eq!(event.scim_event(), expected, "{decision}");
            for outcome in [Outcome::Refused("no_seat".into()), Outcome::Failed("x".into())] {
                assert_eq!(event.clone().ended(outcome).scim_event(), None, "{decision}");
            }
        }
    }
    assert_eq!(event(Action::Login).scim_event(), None);
}
