//! Organizations and how they are changed: two steps, four values, all or nothing.

mod common;

use std::collections::BTreeSet;

use common::tenants::{
    IDP_A, IDP_B, Plans, administrator, apply, boss, connection, done, enforced, idp, log_in, open,
    operator, organization, response, test_login, values, verify_domain,
};
use common::{block_on, now};
use saml_login::account::{Account, AccountId, Role, Status};
use saml_login::audit::{Actor, AuditEvent, AuditLog, MemoryAuditLog, Outcome};
use saml_login::binding::Binding;
use saml_login::connection::SignedParts;
use saml_login::doctor::PastedValues;
use saml_login::identity::{AttributeMap, IdentityField};
use saml_login::organization::{
    Applied, Change, DomainRule, EmailDomain, Neighbours, Organizations, ProfileSource,
    ProvisioningRules, RelinkRule, Slug, SpUrls,
};
use saml_login::trust::Fingerprint;
use saml_login::{ConnectionOptions, Organization, ServiceProvider, Unsolicited};

fn code(applied: Applied) -> &'static str {
    match (&applied.result, applied.event.outcome) {
        (Ok(()), Outcome::Done) => "done",
        (Err(refusal), Outcome::Refused(code)) => {
            assert_eq!(refusal.code(), code);
            refusal.code()
        }
        other => panic!("the event tells something else: {other:?}"),
    }
}

fn unavailable(organization: &Organization) -> Option<&'static str> {
    organization.connection().err().map(|error| error.code())
}

#[test]
fn a_slug_is_safe_in_every_url() {
    for slug in ["a", "acme", "acme-2", "0", &"x".repeat(63)] {
        assert_eq!(Slug::parse(slug).expect("a slug").as_str(), slug);
    }
    for no_slug in [
        "",
        "-a",
        "a-",
        "Acme",
        "a_b",
        "a.b",
        "a b",
        "a/b",
        "ä",
        "a%20",
        "..",
        "a?b",
        "a#b",
        "a\n",
        &"x".repeat(64),
    ] {
        assert!(Slug::parse(no_slug).is_err(), "{no_slug}");
    }
}

#[test]
fn urls_follow_from_the_slug() {
    let slug = Slug::parse("acme").expect("a slug");
    let urls = SpUrls::derived("https://app.example.test/", &slug).expect("URLs");
    assert_eq!(urls.entity_id, "https://app.example.test/saml/acme");
    assert_eq!(urls.acs_url, "https://app.example.test/saml/acme/acs");
    assert_eq!(urls.slo_url, "https://app.example.test/saml/acme/slo");
    assert_eq!(urls.login_url, "https://app.example.test/sso/acme");
    assert_eq!(SpUrls::derived("https://app.example.test", &slug), Some(urls.clone()));
    let under = SpUrls::derived("https://example.test/app", &slug).expect("URLs");
    assert_eq!(under.login_url, "https://example.test/app/sso/acme");
    assert!(SpUrls::derived("http://localhost:8080", &slug).is_some());
    for base in [
        "http://app.example.test",
        "app.example.test",
        "https://a@b",
        "https://a?b",
        "https://a#b",
        "",
    ] {
        assert_eq!(SpUrls::derived(base, &slug), None, "{base}");
    }
    // Before anything is configured there is something to give to the identity provider.
    let made = Organization::new("org-a", slug, urls);
    let expected = ServiceProvider::new(
        "https://app.example.test/saml/acme",
        "https://app.example.test/saml/acme/acs",
    )
    .with_slo_url("https://app.example.test/saml/acme/slo");
    assert_eq!(made.service_provider(), expected);
}

/// What browsers take for one address is one, however it is spelled.
#[test]
fn urls_belong_to_one_organization_in_any_spelling() {
    let mut organizations = Organizations::default();
    organizations.add(organization("org-0", "acme")).expect("room");
    let slug = Slug::parse("other").expect("a slug");
    let urls = SpUrls::derived("https://app.example.test", &slug).expect("URLs");
    let mut conflict = |id: &str, edit: &dyn Fn(&mut SpUrls)| {
        let mut urls = urls.clone();
        edit(&mut urls);
        let added = organizations.add(Organization::new(id, slug.clone(), urls));
        added.err().map(|conflict| conflict.code())
    };
    for acs_url in [
        "https://APP.example.test/saml/acme/acs",
        "https://app.example.test:443/saml/acme/acs",
        "https://app.example.test/saml/%61cme/acs",
        "https://app.example.test/saml/bravo/../acme/acs",
        "HTTPS://app.example.test/saml/acme/acs",
    ] {
        let taken = conflict("org-1", &|urls| urls.acs_url = acs_url.into());
        assert_eq!(taken, Some("acs_url_taken"), "{acs_url}");
    }
    for none in ["not even a URL", "", "https://app.example.test/#acs"] {
        for edit in [
            |urls: &mut SpUrls, url: &str| urls.acs_url = url.into(),
            |urls: &mut SpUrls, url: &str| urls.login_url = url.into(),
            |urls: &mut SpUrls, url: &str| urls.slo_url = url.into(),
        ] {
            assert_eq!(conflict("org-1", &|urls| edit(urls, none)), Some("sp_url_invalid"));
        }
    }
    let login = "https://app.example.test/sso/acme";
    assert_eq!(conflict("org-1", &|urls| urls.login_url = login.into()), Some("login_url_taken"));
    let slo = "https://app.example.test/saml/acme/slo";
    assert_eq!(conflict("org-1", &|urls| urls.slo_url = slo.into()), Some("slo_url_taken"));
    for id in ["", " "] {
        assert_eq!(conflict(id, &|_| {}), Some("organization_id_empty"));
    }
    assert_eq!(conflict("org-1", &|_| {}), None);
}

#[test]
fn slug_and_acs_url_belong_to_one_organization() {
    let mut organizations = Organizations::default();
    organizations.add(organization("org-a", "acme")).expect("room");
    let conflict = |organizations: &mut Organizations, made| {
        organizations.add(made).err().map(|conflict| conflict.code())
    };
    assert_eq!(
        conflict(&mut organizations, organization("org-a", "other")),
        Some("organization_id_taken")
    );
    assert_eq!(conflict(&mut organizations, organization("org-b", "acme")), Some("slug_taken"));
    let slug = Slug::parse("bravo").expect("a slug");
    let mut urls = SpUrls::derived("https://app.example.test", &slug).expect("URLs");
    urls.acs_url = "https://app.example.test/saml/acme/acs".into();
    let same_acs = Organization::new("org-b", slug.clone(), urls.clone());
    assert_eq!(conflict(&mut organizations, same_acs), Some("acs_url_taken"));
    assert_eq!(organizations.iter().count(), 1);
    urls.acs_url += "/";
    organizations.add(Organization::new("org-b", slug, urls)).expect("room");
    let id = |found: Option<&Organization>| found.map(|found| found.id().to_owned());
    assert_eq!(id(organizations.by_slug("bravo")), Some("org-b".into()));
    assert_eq!(
        id(organizations.by_acs_url("https://app.example.test/saml/acme/acs")),
        Some("org-a".into())
    );
    assert_eq!(
        id(organizations.by_acs_url("https://app.example.test/saml/acme/acs/")),
        Some("org-b".into())
    );
    assert_eq!(id(organizations.by_id("org-c")), None);
}

/// That of no certificate.
fn unknown() -> Fingerprint {
    "AB:".repeat(32).trim_end_matches(':').parse().expect("a fingerprint")
}

/// One of each.
fn all_changes(made: &Organization) -> Vec<Change> {
    let fingerprint = made.fingerprints().first().copied().unwrap_or_else(unknown);
    let certificate = IDP_B.certificate_pem().expect("PEM");
    vec![
        Change::AddCertificate { certificate },
        Change::Adjust(Box::default()),
        Change::BreakGlass { account: AccountId::new("keeper"), granted: true },
        Change::Configure(Box::new(values(made, &IDP_A))),
        Change::Disable,
        Change::Enable,
        Change::Enforce,
        Change::LiftEnforcement,
        Change::ManageByDirectory(false),
        Change::ManageByDirectory(true),
        Change::Provision(ProvisioningRules::default()),
        Change::RemoveConnection,
        Change::RetireCertificate { fingerprint },
    ]
}

#[test]
fn only_an_administrator_of_this_organization_changes_it() {
    let made = enforced("org-a", "acme", &IDP_A);
    for change in all_changes(&made) {
        let member = Actor::Member(AccountId::new("member"));
        for stranger in [member, boss("org-b"), Actor::IdentityProvider] {
            let mut changed = made.clone();
            let applied = changed.apply(
                change.clone(),
                &stranger,
                &Plans::with(&["org-a"]),
                &Neighbours::default(),
                now(),
            );
            assert_eq!(applied.event.actor, stranger);
            assert_eq!(code(applied), "not_administrator", "{change:?}");
            assert_eq!(changed, made);
        }
    }
}

#[test]
fn domains_are_for_the_application_to_say() {
    let mut made = organization("org-a", "acme");
    let domain = EmailDomain::parse("Example.TEST").expect("a domain");
    let plans = Plans::with(&["org-a"]);
    for change in [Change::VerifyDomain(domain.clone()), Change::ForgetDomain(domain.clone())] {
        assert_eq!(
            code(made.apply(change, &boss("org-a"), &plans, &Neighbours::default(), now())),
            "not_operator"
        );
    }
    let verified = made.apply(
        Change::VerifyDomain(domain.clone()),
        &Actor::Application,
        &plans,
        &Neighbours::default(),
        now(),
    );
    assert_eq!(verified.event.action.code(), "domain_verified");
    assert_eq!(verified.result, Ok(()));
    assert_eq!(
        made.verified_domains().iter().map(EmailDomain::as_str).collect::<Vec<_>>(),
        ["example.test"]
    );
    assert_eq!(
        code(made.apply(
            Change::ForgetDomain(domain),
            &operator(),
            &plans,
            &Neighbours::default(),
            now()
        )),
        "done"
    );
    assert!(made.verified_domains().is_empty());
    // To lose the last one loosens nothing.
    assert!(made.is_bound_to_domains());
}

#[test]
fn without_the_plan_nothing_is_set_up_and_everything_can_be_taken_back() {
    let set_up = [
        "connection_updated",
        "sso_enabled",
        "enforcement_set",
        "directory_enabled",
        "provisioning_changed",
    ];
    let made = enforced("org-a", "acme", &IDP_A);
    for change in all_changes(&made) {
        let mut changed = made.clone();
        let applied = changed.apply(
            change.clone(),
            &boss("org-a"),
            &Plans::with(&[]),
            &Neighbours::default(),
            now(),
        );
        let action = applied.event.action.code();
        let is_refused = code(applied) == "not_entitled";
        assert_eq!(is_refused, set_up.contains(&action), "{action}");
        assert!(!is_refused || changed == made);
    }
    // What was set up before goes on working.
    assert!(made.is_enforced());
    assert!(log_in(&made, &response(&made, &IDP_A, "alice")).is_ok());
    let mut none = organization("org-b", "bravo");
    let applied = none.apply(
        Change::Enable,
        &boss("org-b"),
        &Plans::with(&["org-a"]),
        &Neighbours::default(),
        now(),
    );
    assert_eq!(code(applied), "not_entitled");
    assert!(!none.is_enabled());
}

#[test]
fn enabled_and_configured_are_two_states() {
    let mut made = organization("org-a", "acme");
    assert_eq!(unavailable(&made), Some("sso_disabled"));
    done(&mut made, Change::Enable);
    assert_eq!(unavailable(&made), Some("sso_not_configured"));
    let values = values(&made, &IDP_A);
    done(&mut made, Change::Configure(Box::new(values.clone())));
    assert_eq!(unavailable(&made), None);
    assert!(made.is_open());
    done(&mut made, Change::Disable);
    assert_eq!(unavailable(&made), Some("sso_disabled"));
    assert!(!made.is_open() && made.settings().is_some());
    // The other way round.
    let mut made = organization("org-a", "acme");
    done(&mut made, Change::Configure(Box::new(values)));
    assert_eq!(unavailable(&made), Some("sso_disabled"));
    done(&mut made, Change::Enable);
    assert_eq!(unavailable(&made), None);
    done(&mut made, Change::RemoveConnection);
    assert_eq!(unavailable(&made), Some("sso_not_configured"));
    assert_eq!(code(apply(&mut made, Change::RemoveConnection)), "sso_not_configured");
}

#[test]
fn a_save_with_a_bad_value_changes_nothing() {
    let good = values(&organization("org-a", "acme"), &IDP_B);
    let bad = |edit: fn(&mut PastedValues)| {
        let mut bad = good.clone();
        edit(&mut bad);
        bad
    };
    for values in [
        bad(|values| values.audience.clear()),
        bad(|values| values.sso_url = " ".into()),
        bad(|values| values.issuer.clear()),
        bad(|values| values.certificate.clear()),
        bad(|values| values.sso_url = "not a URL".into()),
        bad(|values| values.certificate = "garbage".into()),
        bad(|values| values.certificate.truncate(200)),
    ] {
        for made in [organization("org-a", "acme"), enforced("org-a", "acme", &IDP_A)] {
            let mut changed = made.clone();
            let applied = apply(&mut changed, Change::Configure(Box::new(values.clone())));
            assert_eq!(code(applied), "values_refused", "{values:?}");
            assert_eq!(changed, made);
        }
    }
}

#[test]
fn audience_and_issuer_are_free_text_compared_byte_for_byte() {
    let idp = idp("IdP Entity ID");
    let mut made = organization("org-a", "acme");
    done(&mut made, Change::Enable);
    let mut values = values(&made, &idp);
    values.audience = "MyKrispOkta custom".into();
    values.sso_url = "https://sso.example.test/saml2/acme?app=1".into();
    done(&mut made, Change::Configure(Box::new(values)));
    let settings = made.settings().expect("settings");
    assert_eq!((&*settings.audience, &*settings.issuer), ("MyKrispOkta custom", "IdP Entity ID"));
    assert_eq!(made.service_provider().audience(), "MyKrispOkta custom");
    let login = |edit: fn(&mut saml_login::testing::idp::TestResponse<'_>)| {
        let mut response = response(&made, &idp, "alice");
        edit(&mut response);
        log_in(&made, &response).map(|_| "accepted").unwrap_or_else(|error| error.code())
    };
    assert_eq!(login(|_| {}), "accepted");
    assert_eq!(
        login(|response| response.audiences = vec![vec!["mykrispokta custom".into()]]),
        "audience_mismatch"
    );
    assert_eq!(
        login(|response| response.assertion_issuer = Some("IdP Entity ID ".into())),
        "issuer_mismatch"
    );
}

#[test]
fn a_new_configuration_counts_from_the_next_login_on() {
    let mut made = enforced("org-a", "acme", &IDP_A);
    done(&mut made, Change::BreakGlass { account: AccountId::new("keeper"), granted: true });
    verify_domain(&mut made, "example.test");
    let mut options = ConnectionOptions::default();
    options.clock_skew_seconds = 30;
    done(&mut made, Change::Adjust(Box::new(options.clone())));
    let before = made.clone();
    let values = values(&made, &IDP_B);
    let applied = apply(&mut made, Change::Configure(Box::new(values)));
    assert_eq!(applied.event.action.code(), "connection_rekeyed");
    assert_eq!(code(applied), "done");
    assert_eq!(
        log_in(&made, &response(&made, &IDP_A, "alice")).unwrap_err().code(),
        "key_untrusted"
    );
    assert!(log_in(&made, &response(&made, &IDP_B, "alice")).is_ok());
    // Everything that is not the connection's stays.
    assert_eq!((made.id(), made.urls()), (before.id(), before.urls()));
    assert_eq!(made.break_glass(), before.break_glass());
    assert_eq!(made.verified_domains(), before.verified_domains());
    assert!(made.is_enforced());
    assert_eq!(made.settings().map(|settings| &settings.options), Some(&options));
}

#[test]
fn a_second_certificate_rolls_the_key_over() {
    let mut made = open("org-a", "acme", &IDP_A);
    let next = idp(IDP_A.issuer());
    let [old, new] = [&*IDP_A, &next].map(|idp| response(&made, idp, "alice"));
    assert_eq!(log_in(&made, &new).unwrap_err().code(), "key_untrusted");
    let certificate = next.certificate_pem().expect("PEM");
    let added = apply(&mut made, Change::AddCertificate { certificate: certificate.clone() });
    assert_eq!(added.event.action.code(), "certificate_added");
    assert_eq!(code(added), "done");
    assert!(log_in(&made, &old).is_ok() && log_in(&made, &new).is_ok());
    let [first, second] = made.fingerprints().try_into().expect("two certificates");
    // Added again it is no third one.
    done(&mut made, Change::AddCertificate { certificate });
    assert_eq!(made.fingerprints().len(), 2);
    let retire = |fingerprint: Fingerprint| Change::RetireCertificate { fingerprint };
    let refused = apply(&mut made, retire(unknown()));
    assert_eq!(
        refused.event.action,
        saml_login::audit::Action::CertificateRetired { fingerprint: unknown() }
    );
    assert_eq!(code(refused), "certificate_unknown");
    // As consoles write it: in small letters, without colons.
    let written = first.to_string().to_lowercase().replace(':', "");
    let retired = apply(&mut made, retire(written.parse().expect("a fingerprint")));
    assert_eq!(
        retired.event.action,
        saml_login::audit::Action::CertificateRetired { fingerprint: first }
    );
    assert_eq!(code(retired), "done");
    assert_eq!(log_in(&made, &old).unwrap_err().code(), "key_untrusted");
    assert!(log_in(&made, &new).is_ok());
    assert_eq!(code(apply(&mut made, retire(second))), "last_certificate");
    assert_eq!(
        code(apply(&mut made, Change::AddCertificate { certificate: "x".into() })),
        "certificate_unrecognized"
    );
    assert_eq!(made.fingerprints(), [second]);
}

#[test]
fn what_the_connection_would_refuse_is_refused_when_it_is_saved() {
    let mut made = open("org-a", "acme", &IDP_A);
    let before = made.clone();
    let mut options = ConnectionOptions::default();
    options.clock_skew_seconds = 301;
    assert_eq!(
        code(apply(&mut made, Change::Adjust(Box::new(options)))),
        "clock_skew_out_of_range"
    );
    assert_eq!(made, before);
    let mut nothing = organization("org-a", "acme");
    assert_eq!(code(apply(&mut nothing, Change::Adjust(Box::default()))), "sso_not_configured");
}

#[test]
fn a_test_login_is_of_the_settings_that_it_was_made_with() {
    let mut made = open("org-a", "acme", &IDP_A);
    let revision = made.revision().expect("settings");
    let identity = log_in(&made, &response(&made, &IDP_A, "boss")).expect("a login");
    let account = administrator(&identity);
    let outdated = |made: &mut Organization, identity, revision: &str| {
        assert_eq!(
            code(made.record_test_login(identity, &account, revision, now())),
            "test_login_outdated"
        );
        assert!(!made.is_tested());
    };
    let mut options = ConnectionOptions::default();
    options.unsolicited = Unsolicited::On;
    done(&mut made, Change::Adjust(Box::new(options)));
    assert_ne!(made.revision().as_ref(), Some(&revision));
    outdated(&mut made, &identity, &revision);
    let other = open("org-b", "bravo", &IDP_B);
    let foreign = log_in(&other, &response(&other, &IDP_B, "boss")).expect("a login");
    let revision = made.revision().expect("settings");
    outdated(&mut made, &foreign, &revision);
    // The same issuer with another key, and the revision of the moment.
    let mut rekeyed = made.clone();
    let values = values(&made, &idp(IDP_A.issuer()));
    done(&mut rekeyed, Change::Configure(Box::new(values)));
    let revision_after = rekeyed.revision().expect("settings");
    outdated(&mut rekeyed, &identity, &revision_after);
    // Where single sign-on does not work there is nothing to test.
    let mut closed = made.clone();
    done(&mut closed, Change::Disable);
    assert_eq!(closed.revision(), None);
    outdated(&mut closed, &identity, &revision);

    let noted = made.record_test_login(&identity, &account, &revision, now());
    assert_eq!(noted.event.action.code(), "test_login");
    assert_eq!(noted.event.target, Some(account.id.clone()));
    assert_eq!(code(noted), "done");
    assert!(made.is_tested());
    // Away and back again: what was tested is what is configured.
    done(&mut made, Change::Disable);
    done(&mut made, Change::Enable);
    assert!(made.is_tested());
}

#[test]
fn a_test_login_is_an_administrators_all_the_way_into_the_account() {
    let mut made = open("org-a", "acme", &IDP_A);
    let revision = made.revision().expect("settings");
    let identity = log_in(&made, &response(&made, &IDP_A, "boss")).expect("a login");
    let account = administrator(&identity);
    let edits: [fn(&mut Account); 4] = [
        |account| account.role = Role::Member,
        |account| account.status = Status::Deactivated,
        |account| account.organization = "org-b".into(),
        |account| account.stable_key = None,
    ];
    for edit in edits {
        let mut account = account.clone();
        edit(&mut account);
        let applied = made.record_test_login(&identity, &account, &revision, now());
        assert_eq!(code(applied), "test_login_not_administrator");
    }
    assert_eq!(code(made.record_test_login(&identity, &account, &revision, now())), "done");
}

#[test]
fn a_test_login_without_a_lasting_name_goes_by_the_address() {
    let mut made = open("org-a", "acme", &IDP_A);
    let revision = made.revision().expect("settings");
    let mut answer = response(&made, &IDP_A, "boss");
    if let Some(name_id) = &mut answer.name_id {
        name_id.format = Some("urn:oasis:names:tc:SAML:2.0:nameid-format:transient".into());
    }
    let identity = log_in(&made, &answer).expect("a login");
    let mut other = administrator(&identity);
    other.email = saml_login::identity::Email::parse("other@example.test").ok();
    let applied = made.record_test_login(&identity, &other, &revision, now());
    assert_eq!(code(applied), "test_login_not_administrator");
    let account = administrator(&identity);
    assert_eq!(code(made.record_test_login(&identity, &account, &revision, now())), "done");
}

#[test]
fn other_domains_and_rules_ask_for_another_test_login() {
    let mut made = enforced("org-a", "acme", &IDP_A);
    let domain = Change::VerifyDomain(EmailDomain::parse("acme.test").expect("a domain"));
    let applied =
        made.apply(domain, &Actor::Application, &Plans::with(&[]), &Neighbours::default(), now());
    // Whose addresses are elsewhere does not come in any more.
    assert!(applied.enforced_untested && applied.result.is_ok());
    assert!(!made.is_tested() && made.is_enforced());
    done(&mut made, Change::LiftEnforcement);
    assert_eq!(code(apply(&mut made, Change::Enforce)), "enforcement_needs_test_login");
    test_login(&mut made, &IDP_A);
    done(&mut made, Change::Enforce);
    let rules =
        ProvisioningRules::new(true, DomainRule::VerifiedOrMember, ProfileSource::IdentityProvider);
    assert!(apply(&mut made, Change::Provision(rules)).enforced_untested);
}

#[test]
fn a_domain_belongs_to_one_customer() {
    let mut organizations = Organizations::default();
    organizations.add(organization("org-a", "acme")).expect("room");
    organizations.add(organization("org-b", "bravo")).expect("room");
    let domain = || Change::VerifyDomain(EmailDomain::parse("acme.test").expect("a domain"));
    let mut verify = |id: &str, by: &Actor| {
        code(
            organizations
                .apply(id, domain(), by, &Plans::with(&[]), now())
                .expect("an organization"),
        )
    };
    assert_eq!(verify("org-a", &Actor::Application), "done");
    assert_eq!(verify("org-a", &Actor::Application), "done");
    assert_eq!(verify("org-b", &Actor::Application), "domain_taken");
    // Two organizations of one customer: somebody has to know that.
    assert_eq!(verify("org-b", &operator()), "done");
}

#[test]
fn the_directory_and_single_sign_on_hold_each_other() {
    let mut made = organization("org-a", "acme");
    assert_eq!(code(apply(&mut made, Change::ManageByDirectory(true))), "directory_needs_sso");
    done(&mut made, Change::Enable);
    assert_eq!(code(apply(&mut made, Change::ManageByDirectory(true))), "directory_needs_sso");
    let mut made = open("org-a", "acme", &IDP_A);
    done(&mut made, Change::ManageByDirectory(true));
    assert_eq!(code(apply(&mut made, Change::Disable)), "sso_needed_by_directory");
    assert_eq!(code(apply(&mut made, Change::RemoveConnection)), "sso_needed_by_directory");
    done(&mut made, Change::ManageByDirectory(false));
    done(&mut made, Change::Disable);
}

#[test]
fn attempts_are_written_down_without_what_was_pasted() {
    let log = MemoryAuditLog::default();
    let mut made = organization("org-a", "acme");
    let secret = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----";
    let pasted = PastedValues::new("urn:aud", "https://idp.example.test/sso", "urn:idp", secret);
    let applied = apply(&mut made, Change::Configure(Box::new(pasted)));
    assert!(!format!("{applied:?}").contains("c2VjcmV0"));
    let certificate = Change::AddCertificate { certificate: secret.into() };
    assert_eq!(format!("{certificate:?}"), "AddCertificate { … }");
    block_on(log.record(&applied.event)).expect("a log");
    block_on(log.record(&apply(&mut made, Change::Enable).event)).expect("a log");
    let told = |event: &AuditEvent| {
        (event.organization.clone(), event.action.code(), event.outcome.clone())
    };
    assert_eq!(
        log.events().iter().map(told).collect::<Vec<_>>(),
        [
            ("org-a".into(), "connection_activated", Outcome::Refused("values_refused".into())),
            ("org-a".into(), "sso_enabled", Outcome::Done),
        ]
    );
    let json = serde_json::to_value(&log.events()[1]).expect("JSON");
    assert_eq!(
        json,
        serde_json::json!({
            "organization": "org-a", "at": "2030-01-31T12:00:00Z", "actor": {"member": "boss-of-org-a"},
            "action": {"sso_changed": {"enabled": true}}, "target": null, "outcome": "done",
        })
    );
}

#[test]
fn an_organization_is_one_serializable_record() {
    let mut made = enforced("org-a", "acme", &IDP_A);
    done(&mut made, Change::BreakGlass { account: AccountId::new("keeper"), granted: true });
    verify_domain(&mut made, "example.test");
    let text = serde_json::to_string(&made).expect("JSON");
    let read: Organization = serde_json::from_str(&text).expect("an organization");
    assert_eq!(read, made);
    assert!(read.is_enforced());
    // What a hand has spoiled is not read.
    for (from, to) in [
        ("\"acme\"", "\"Acme\""),
        ("\"example.test\"", "\"example\""),
        ("\"bounce\"", "\"sometimes\""),
    ] {
        assert!(text.contains(from), "{from}");
        assert!(serde_json::from_str::<Organization>(&text.replace(from, to)).is_err(), "{from}");
    }
    // Nor what contradicts itself, or is not known.
    let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let edits: [fn(&mut serde_json::Value); 10] = [
        |value| value["tested"] = serde_json::Value::Null,
        |value| value["sso_enabled"] = false.into(),
        |value| value["settings"] = serde_json::Value::Null,
        |value| value["settings"]["certificates"] = serde_json::json!([]),
        |value| value["settings"]["options"]["clock_skew_seconds"] = 301.into(),
        |value| value["settings"]["options"]["dangerAllowSha1"] = true.into(),
        |value| value["enforce"] = true.into(),
        |value| value["provisioning"]["jitt"] = false.into(),
        |value| value["settings"]["optoins"] = serde_json::json!({}),
        |value| value["bound_to_domains"] = false.into(),
    ];
    for edit in edits {
        let mut spoiled = value.clone();
        edit(&mut spoiled);
        assert!(serde_json::from_value::<Organization>(spoiled.clone()).is_err(), "{spoiled}");
    }
    // A record of an organization that has nothing set up needs no more than who it is.
    let least = serde_json::json!({"id": "org-a", "slug": "acme", "urls": made.urls()});
    let read: Organization = serde_json::from_value(least).expect("an organization");
    assert_eq!(read, organization("org-a", "acme"));
}

#[test]
fn dangers_that_are_switched_on_are_written_down() {
    let mut made = open("org-a", "acme", &IDP_A);
    let mut options = ConnectionOptions::default();
    options.danger_allow_sha1 = true;
    let adjusted = apply(&mut made, Change::Adjust(Box::new(options)));
    assert_eq!(
        adjusted.event.action,
        saml_login::audit::Action::ConnectionUpdated { dangers: vec!["danger_allow_sha1".into()] }
    );
    let mut rules = ProvisioningRules::new(true, DomainRule::DangerAny, ProfileSource::Application);
    rules.relink = RelinkRule::DangerAnyName;
    let changed = apply(&mut made, Change::Provision(rules));
    assert_eq!(
        changed.event.action,
        saml_login::audit::Action::ProvisioningChanged {
            dangers: vec!["danger_any".into(), "danger_any_name".into()]
        }
    );
}

#[test]
fn what_deserves_a_look_is_said_although_it_is_taken() {
    let mut organizations = Organizations::default();
    organizations.add(open("org-b", "bravo", &IDP_A)).expect("room");
    organizations.add(organization("org-a", "acme")).expect("room");
    let mut values = values(&organization("org-a", "acme"), &IDP_A);
    values.issuer += " ";
    let mut apply = |change| {
        let applied =
            organizations.apply("org-a", change, &boss("org-a"), &Plans::with(&["org-a"]), now());
        let applied = applied.expect("an organization");
        assert_eq!(applied.result, Ok(()));
        applied.warnings.iter().map(|finding| finding.problem.code()).collect::<Vec<_>>()
    };
    assert_eq!(
        apply(Change::Configure(Box::new(values))),
        ["surrounding_space", "certificate_shared"]
    );
    let certificate = IDP_A.certificate_pem().expect("PEM");
    assert_eq!(apply(Change::AddCertificate { certificate }), ["certificate_shared"]);
    assert_eq!(apply(Change::Enable), [""; 0]);
}

#[test]
fn enforcement_falls_with_single_sign_on() {
    for change in [Change::Disable, Change::RemoveConnection] {
        let mut made = enforced("org-a", "acme", &IDP_A);
        done(&mut made, change);
        assert!(!made.is_enforced());
        // It does not come back by itself.
        done(&mut made, Change::Enable);
        if made.settings().is_none() {
            let values = values(&made, &IDP_A);
            done(&mut made, Change::Configure(Box::new(values)));
            test_login(&mut made, &IDP_A);
        }
        assert!(made.is_open() && !made.is_enforced());
    }
}

#[test]
fn every_event_is_documented() {
    let known = common::codes_in(include_str!("../src/audit.rs"), "impl Action {");
    let (_, section) =
        include_str!("../ORGANIZATIONS.md").split_once("\n## Events\n").expect("the section");
    let (section, _) = section.split_once("\n## ").expect("its end");
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once(" | "));
    let codes =
        rows.flat_map(|(codes, _)| codes.split(", ").map(|code| code.trim_matches('`').to_owned()));
    assert_eq!(codes.collect::<BTreeSet<_>>(), known);
}

#[test]
fn every_code_is_documented() {
    let mut known = BTreeSet::new();
    for (source, of) in [
        (include_str!("../src/provision/mod.rs"), "impl ProvisionError {"),
        (include_str!("../src/organization/discovery.rs"), "impl Discovery<'_> {"),
        (include_str!("../src/organization/change.rs"), "impl ChangeRefusal {"),
        (include_str!("../src/organization/mod.rs"), "impl SsoUnavailable {"),
        (include_str!("../src/organization/registry.rs"), "impl Conflict {"),
        (include_str!("../src/policy/decision.rs"), "impl Reason {"),
        (include_str!("../src/provision/refusal.rs"), "impl Refusal {"),
    ] {
        known.extend(common::codes_in(source, of));
    }
    let (_, section) =
        include_str!("../ERRORS.md").split_once("\n## Organizations\n").expect("the section");
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let documented: Vec<String> = rows.map(|(code, _)| code.to_owned()).collect();
    assert_eq!(documented.iter().cloned().collect::<BTreeSet<_>>(), known);
    assert_eq!(documented.len(), known.len());
}

/// Two settings never share a digest: what was tested is what is in effect. Each option is here, and
/// the last pairs are those in which lists without their lengths read the same.
#[test]
fn every_setting_counts_for_what_is_tested() {
    let email = |names: &[&str]| {
        ConnectionOptions::default().with_attribute_map(
            AttributeMap::default().with_names(IdentityField::Email, names.iter().copied()),
        )
    };
    let plain = ConnectionOptions::default;
    let variants = vec![
        plain(),
        plain().with_unsolicited(Unsolicited::On),
        plain().with_unsolicited(Unsolicited::Off),
        plain().with_signed_parts(SignedParts::Both),
        plain().with_signed_parts(SignedParts::Response),
        plain().with_clock_skew_seconds(61),
        plain().with_required([IdentityField::Email]),
        plain().with_required([IdentityField::Groups]),
        plain().with_required([IdentityField::Email, IdentityField::Groups]),
        plain().with_forbid_cbc(true),
        plain().with_danger_allow_sha1(true),
        plain().with_danger_allow_weak_keys(true),
        plain().with_danger_allow_3des(true),
        plain().with_danger_ignore_unsolicited_in_response_to(true),
        plain().with_attribute_map(AttributeMap::default().with_group_delimiter(';')),
        email(&["email"]),
        email(&["e", "mail"]),
        email(&[]),
        email(&[]).with_required([IdentityField::Email]),
        email(&["email"]).with_required([IdentityField::Email]),
    ];
    // A field that is added to the options has to be added here.
    let fields = serde_json::to_value(plain()).expect("JSON");
    let names: Vec<&String> = fields.as_object().expect("a map").keys().collect();
    assert_eq!(names.len(), 11, "{names:?}");
    let mut revisions = BTreeSet::new();
    for options in &variants {
        let mut made = open("org-a", "acme", &IDP_A);
        test_login(&mut made, &IDP_A);
        assert!(made.is_tested());
        done(&mut made, Change::Adjust(Box::new(options.clone())));
        assert_eq!(made.is_tested(), *options == plain(), "{options:?}");
        revisions.insert(made.revision().expect("a revision"));
    }
    assert_eq!(revisions.len(), variants.len());
}

#[test]
fn endpoints_are_set_and_count_for_what_is_tested() {
    let mut made = open("org-a", "acme", &IDP_A);
    test_login(&mut made, &IDP_A);
    let slo_url = "https://idp.example.test/slo";
    let endpoints = |slo_url: &str| Change::SetEndpoints {
        sso_binding: Binding::HttpPost,
        slo_url: Some(slo_url.into()),
    };
    let applied = apply(&mut made, endpoints(slo_url));
    assert_eq!(applied.event.action.code(), "connection_updated");
    assert_eq!(code(applied), "done");
    assert!(!made.is_tested(), "they decide whether a login works");
    let settings = made.settings().expect("settings");
    assert_eq!(settings.sso_binding, Binding::HttpPost);
    assert_eq!(settings.slo_url.as_deref(), Some(slo_url));
    let idp = connection(&made).identity_provider().clone();
    let bindings: Vec<Binding> = idp.sso_endpoints().iter().map(|one| one.binding).collect();
    assert_eq!(bindings, [Binding::HttpPost]);
    let slo: Vec<&str> = idp.slo_endpoints().iter().map(|one| one.location.as_str()).collect();
    assert_eq!(slo, [slo_url]);
    // An address that no browser can be sent to is refused, and nothing is changed.
    let before = made.clone();
    assert_eq!(code(apply(&mut made, endpoints("slo"))), "endpoint_invalid");
    assert_eq!(made, before);
    let mut empty = organization("org-b", "bravo");
    assert_eq!(code(apply(&mut empty, endpoints(slo_url))), "sso_not_configured");
}
