//! Organizations and how they are changed: two steps, four values, all or nothing.

mod common;

use std::collections::BTreeSet;

use common::people::member;
use common::tenants::{
    IDP_A, IDP_B, OPERATOR, adopt, applied, apply, around, boss, connection, done, enforced, idp,
    log_in, name_keeper, open, organization, outcome, response, test_login, values, verify_domain,
};
use common::{block_on, now};
use saml_login::account::{AccountId, EmailProof};
use saml_login::audit::{AuditEvent, AuditLog, MemoryAuditLog, Outcome};
use saml_login::binding::Binding;
use saml_login::connection::SignedParts;
use saml_login::doctor::PastedValues;
use saml_login::identity::{AttributeMap, IdentityField};
use saml_login::organization::{
    AdministratorRule, Applied, Around, By, Change, Claim, ClaimKind, Conflict, DomainRule,
    DomainToken, EmailDomain, JitRule, Plan, ProfileSource, Proposal, ProvisioningRules,
    RelinkRule, Slug, SpUrls,
};
use saml_login::trust::Fingerprint;
use saml_login::{ConnectionOptions, Organization, ServiceProvider, Unsolicited};

fn code(applied: Applied) -> &'static str {
    outcome(&applied)
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
    let first = organization("org-0", "acme");
    let slug = Slug::parse("other").expect("a slug");
    let urls = SpUrls::derived("https://app.example.test", &slug).expect("URLs");
    let conflict = |id: &str, edit: &dyn Fn(&mut SpUrls)| {
        let mut urls = urls.clone();
        edit(&mut urls);
        let made = Organization::new(id, slug.clone(), urls);
        made.own_conflict().or(made.conflict_with(&first)).map(Conflict::code)
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
    let first = organization("org-a", "acme");
    let conflict = |made: &Organization| made.conflict_with(&first).map(Conflict::code);
    assert_eq!(conflict(&organization("org-a", "other")), Some("organization_id_taken"));
    assert_eq!(conflict(&organization("org-b", "acme")), Some("slug_taken"));
    let slug = Slug::parse("bravo").expect("a slug");
    let mut urls = SpUrls::derived("https://app.example.test", &slug).expect("URLs");
    urls.acs_url = "https://app.example.test/saml/acme/acs".into();
    let same_acs = Organization::new("org-b", slug.clone(), urls.clone());
    assert_eq!(conflict(&same_acs), Some("acs_url_taken"));
    urls.acs_url += "/";
    assert_eq!(conflict(&Organization::new("org-b", slug, urls)), None);
    for reserved in ["www", "api", "admin", "login", "saml", "sso", "scim", "metadata"] {
        let made = organization("org-b", reserved);
        assert_eq!(made.own_conflict().map(Conflict::code), Some("slug_reserved"));
    }
}

/// That of no certificate.
fn unknown() -> Fingerprint {
    "AB:".repeat(32).trim_end_matches(':').parse().expect("a fingerprint")
}

fn planned(plan: Plan) -> Around {
    Around::plan(plan).with_accounts(around("org-a").accounts)
}

/// One of each that an administrator may make.
fn all_changes(made: &Organization) -> Vec<Change> {
    let fingerprint = made.fingerprints().first().copied().unwrap_or_else(unknown);
    let certificate = IDP_B.certificate_pem().expect("PEM");
    let domain = EmailDomain::parse("asked.test").expect("a domain");
    let token = saml_login::organization::DomainToken::new(common::people::random());
    let slug = Slug::parse("renamed").expect("a slug");
    vec![
        Change::AddCertificate { certificate },
        Change::Adjust(Box::default()),
        Change::Adopt,
        Change::BreakGlass { account: AccountId::new("keeper"), granted: true },
        Change::Configure(Box::new(values(made, &IDP_A))),
        Change::Disable,
        Change::Drop,
        Change::Enable,
        Change::Enforce,
        Change::LiftEnforcement,
        Change::ManageByDirectory(false),
        Change::ManageByDirectory(true),
        Change::Propose(Box::default()),
        Change::Provision(ProvisioningRules::default()),
        Change::RemoveConnection,
        Change::RenameSlug { slug, login_url: "https://app.example.test/sso/renamed".into() },
        Change::RequestDomain { domain, token },
        Change::RetireCertificate { fingerprint },
    ]
}

#[test]
fn only_an_administrator_of_this_organization_changes_it() {
    let made = enforced("org-a", "acme", &IDP_A);
    let (own, other) = (boss("org-a"), boss("org-b"));
    let mut gone = own.clone();
    gone.status = saml_login::account::Status::Deactivated;
    let plain = member("org-a", "member", "member@example.test", EmailProof::Proven);
    let scope = BTreeSet::new();
    for change in all_changes(&made) {
        for (stranger, expected) in [
            (By::member(&plain), "not_administrator"),
            (By::member(&gone), "not_administrator"),
            (By::member(&other), "not_administrator"),
            (By::entered(&own), "entered_session"),
            (By::IdentityProvider, "not_administrator"),
            (By::Directory("token-1"), "not_administrator"),
            (By::SetupLink("link-1", &scope), "not_administrator"),
        ] {
            let mut changed = made.clone();
            let applied = changed.apply(change.clone(), &stranger, &around("org-a"), now());
            assert_eq!(applied.event.actor, stranger.actor());
            assert_eq!(code(applied), expected, "{change:?}");
            assert_eq!(changed, made);
        }
    }
}

#[test]
fn domains_are_for_the_application_to_say() {
    let mut made = organization("org-a", "acme");
    let domain = EmailDomain::parse("Example.TEST").expect("a domain");
    let found = Vec::new();
    for change in [
        Change::VerifyDomain(domain.clone()),
        Change::ForgetDomain(domain.clone()),
        Change::CheckDomain { domain: domain.clone(), found },
    ] {
        assert_eq!(code(apply(&mut made, change)), "not_operator");
    }
    let verified = applied(&mut made, Change::VerifyDomain(domain.clone()));
    assert_eq!(verified.event.action.code(), "domain_verified");
    assert_eq!(verified.result, Ok(()));
    assert_eq!(
        made.verified_domains().iter().map(EmailDomain::as_str).collect::<Vec<_>>(),
        ["example.test"]
    );
    assert_eq!(code(applied(&mut made, Change::ForgetDomain(domain))), "done");
    assert!(made.verified_domains().is_empty());
    // To lose the last one loosens nothing.
    assert!(made.is_bound_to_domains());
}

#[test]
fn without_the_plan_nothing_is_set_up_and_everything_can_be_taken_back() {
    let set_up = [
        "candidate_adopted",
        "candidate_proposed",
        "connection_updated",
        "directory_enabled",
        "domain_requested",
        "enforcement_set",
        "provisioning_changed",
        "slug_renamed",
        "sso_enabled",
    ];
    let made = enforced("org-a", "acme", &IDP_A);
    let own = boss("org-a");
    for change in all_changes(&made) {
        let mut changed = made.clone();
        let without = planned(Plan::NONE);
        let applied = changed.apply(change.clone(), &By::member(&own), &without, now());
        let action = applied.event.action.code().to_owned();
        let is_refused = code(applied) == "not_entitled";
        assert_eq!(is_refused, set_up.contains(&&*action), "{action}");
        assert!(!is_refused || changed == made);
    }
    // What was set up before goes on working.
    assert!(made.is_enforced());
    assert!(log_in(&made, &response(&made, &IDP_A, "alice")).is_ok());
    // Single sign-on and the directory are asked apart.
    let mut open = open("org-a", "acme", &IDP_A);
    let sso = planned(Plan::new(true, false));
    let directory = |made: &mut Organization, around: &Around| {
        code(made.apply(Change::ManageByDirectory(true), &By::member(&own), around, now()))
    };
    assert_eq!(directory(&mut open, &sso), "not_entitled");
    assert_eq!(directory(&mut open, &around("org-a")), "done");
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
        for made in [organization("org-a", "acme"), open("org-a", "acme", &IDP_A)] {
            let mut changed = made.clone();
            let proposal = Proposal::of_values(values.clone());
            for change in
                [Change::Configure(Box::new(values.clone())), Change::Propose(Box::new(proposal))]
            {
                assert_eq!(code(apply(&mut changed, change)), "values_refused", "{values:?}");
                assert_eq!(changed, made);
            }
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
    let mut made = open("org-a", "acme", &IDP_A);
    name_keeper(&mut made);
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
    let fingerprints = made.fingerprints()[1..].to_vec();
    assert_eq!(added.event.action, saml_login::audit::Action::CertificateAdded { fingerprints });
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
        (event.organization.clone(), event.action.code().to_owned(), event.outcome.clone())
    };
    assert_eq!(
        log.events().iter().map(told).collect::<Vec<_>>(),
        [
            (
                "org-a".into(),
                "connection_activated".into(),
                Outcome::Refused("values_refused".into())
            ),
            ("org-a".into(), "sso_enabled".into(), Outcome::Done),
        ]
    );
    let json = serde_json::to_value(&log.events()[1]).expect("JSON");
    assert_eq!(
        json,
        serde_json::json!({
            "organization": "org-a", "at": "2030-01-31T12:00:00Z", "actor": {"member": "boss-of-org-a"},
            "action": {"sso_changed": {"enabled": true}}, "target": null, "outcome": "done",
            "request_id": null, "client_address": null, "unlisted": 0,
        })
    );
}

#[test]
fn an_organization_is_one_serializable_record() {
    let mut made = enforced("org-a", "acme", &IDP_A);
    name_keeper(&mut made);
    let mut proposal = Proposal::of_values(values(&made, &IDP_B));
    proposal.domain = EmailDomain::parse("example.test").ok();
    adopt(&mut made, proposal, &IDP_B);
    let again = Proposal::of_values(values(&made, &IDP_A));
    done(&mut made, Change::Propose(Box::new(again)));
    let text = serde_json::to_string(&made).expect("JSON");
    let read: Organization = serde_json::from_str(&text).expect("an organization");
    assert_eq!(read, made);
    assert!(read.is_enforced() && read.is_tested() && read.candidate().is_some());
    // What a hand has spoiled is not read.
    for (from, to) in [
        ("\"acme\"", "\"Acme\""),
        ("\"example.test\"", "\"example\""),
        ("\"bounce\"", "\"sometimes\""),
        ("\"version\":1", "\"version\":2"),
    ] {
        assert!(text.contains(from), "{from}");
        assert!(serde_json::from_str::<Organization>(&text.replace(from, to)).is_err(), "{from}");
    }
    let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let edits: [fn(&mut serde_json::Value); 3] = [
        |value| value["settings"]["options"]["dangerAllowSha1"] = true.into(),
        |value| value["provisioning"]["jitt"] = false.into(),
        |value| value["settings"]["optoins"] = serde_json::json!({}),
    ];
    for edit in edits {
        let mut spoiled = value.clone();
        edit(&mut spoiled);
        assert!(serde_json::from_value::<Organization>(spoiled.clone()).is_err(), "{spoiled}");
    }
    // A record of an organization that has nothing set up needs no more than who it is.
    let least = serde_json::json!({"id": "org-a", "slug": "acme", "urls": organization("org-a", "acme").urls()});
    let read: Organization = serde_json::from_value(least).expect("an organization");
    assert_eq!(read, organization("org-a", "acme"));
}

/// Settings that a stricter release does not take are a closed organization that can be mended,
/// and never an unreadable one.
#[test]
fn what_cannot_be_in_effect_is_closed_and_can_be_mended() {
    let made = enforced("org-a", "acme", &IDP_A);
    let value = serde_json::to_value(&made).expect("JSON");
    type Edit = fn(&mut serde_json::Value);
    let edits: [(Edit, &str); 5] = [
        (
            |value| value["settings"]["options"]["clock_skew_seconds"] = 301.into(),
            "clock_skew_out_of_range",
        ),
        (|value| value["settings"]["certificates"] = serde_json::json!([]), "certificate_empty"),
        (|value| value["sso_enabled"] = false.into(), "organization_contradictory"),
        (|value| value["settings"] = serde_json::Value::Null, "organization_contradictory"),
        (
            |value| value["verified_domains"] = serde_json::json!(["acme.test"]),
            "organization_contradictory",
        ),
    ];
    for (edit, expected) in edits {
        let mut spoiled = value.clone();
        edit(&mut spoiled);
        let mut read: Organization = serde_json::from_value(spoiled).expect("an organization");
        assert_eq!(read.closed().map(|closed| closed.code()), Some(expected));
        assert!(!read.is_open() && read.connection().is_err());
        // Nothing falls by itself: an operator lifts it, and then it is configured anew.
        assert!(read.is_enforced());
        let lifted = read.apply(Change::LiftEnforcement, &OPERATOR, &Around::default(), now());
        assert_eq!(code(lifted), "done");
        done(&mut read, Change::Enable);
        let values = values(&read, &IDP_A);
        if read.settings().is_some() {
            done(&mut read, Change::RemoveConnection);
        }
        done(&mut read, Change::Configure(Box::new(values)));
        if expected == "organization_contradictory" && !read.verified_domains().is_empty() {
            verify_domain(&mut read, "acme.test");
        }
        assert_eq!(read.closed(), None, "{expected}");
        assert!(read.is_open() && log_in(&read, &response(&read, &IDP_A, "alice")).is_ok());
    }
}

/// What a later release has written is kept, and written back.
#[test]
fn what_is_not_known_is_kept() {
    let made = enforced("org-a", "acme", &IDP_A);
    let mut newer = serde_json::to_value(&made).expect("JSON");
    newer["something_new"] = serde_json::json!({"kept": [1, 2]});
    let mut read: Organization = serde_json::from_value(newer).expect("an organization");
    done(&mut read, Change::LiftEnforcement);
    let written = serde_json::to_value(&read).expect("JSON");
    assert_eq!(written["something_new"], serde_json::json!({"kept": [1, 2]}));
    assert_eq!(written["version"], 1);
}

/// One record of each version that was ever written.
#[test]
fn records_of_former_releases_are_read() {
    let before = include_str!("../fixtures/records/organization-0.json");
    let read: Organization = serde_json::from_str(before).expect("an organization");
    assert_eq!((read.id().as_str(), read.connection_id()), ("org-a", "org-a"));
    assert!(read.is_open() && read.is_enforced());
    // It was not kept whose login it was.
    assert!(!read.is_tested());
    assert_eq!(read.provisioning().jit, JitRule::Always);
    assert_eq!(read.break_glass().iter().next(), Some(&AccountId::new("keeper")));
    let now = include_str!("../fixtures/records/organization-1.json");
    let read: Organization = serde_json::from_str(now).expect("an organization");
    assert!(read.is_open() && read.is_enforced() && read.is_tested());
    let written = serde_json::to_value(&read).expect("JSON");
    assert_eq!(written, serde_json::from_str::<serde_json::Value>(now).expect("JSON"));
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
    let mut rules =
        ProvisioningRules::new(JitRule::Always, DomainRule::DangerAny, ProfileSource::Application);
    rules.relink = RelinkRule::DangerAnyName;
    rules.administrators = AdministratorRule::DangerByEmail;
    let changed = apply(&mut made, Change::Provision(rules));
    assert_eq!(
        changed.event.action,
        saml_login::audit::Action::ProvisioningChanged {
            dangers: vec!["danger_any".into(), "danger_any_name".into(), "danger_by_email".into()]
        }
    );
}

#[test]
fn what_deserves_a_look_is_said_although_it_is_taken() {
    let mut made = organization("org-a", "acme");
    let mut values = values(&made, &IDP_A);
    values.issuer += " ";
    let mut around = around("org-a");
    around.fingerprints = open("org-b", "bravo", &IDP_A).fingerprints();
    let own = boss("org-a");
    let mut apply = |change| {
        let applied = made.apply(change, &By::member(&own), &around, now());
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

/// Two verifications of one domain, two slugs, two URLs: each belongs to whoever came first.
#[test]
fn what_another_organization_has_claimed_is_refused() {
    let domain = EmailDomain::parse("acme.test").expect("a domain");
    let slug = Slug::parse("taken").expect("a slug");
    let login_url = "https://app.example.test/sso/taken";
    for (claim, change, expected) in [
        (
            Claim::new(ClaimKind::Domain, "acme.test"),
            Change::VerifyDomain(domain.clone()),
            "domain_taken",
        ),
        (
            Claim::new(ClaimKind::Slug, "taken"),
            Change::RenameSlug { slug: slug.clone(), login_url: login_url.into() },
            "slug_taken",
        ),
        (
            Claim::new(ClaimKind::LoginUrl, "https://APP.example.test/sso/taken"),
            Change::RenameSlug { slug, login_url: login_url.into() },
            "login_url_taken",
        ),
    ] {
        let mut made = organization("org-a", "acme");
        let mut around = around("org-a");
        around.claims.insert(claim);
        for by in [By::Application, OPERATOR] {
            assert_eq!(code(made.apply(change.clone(), &by, &around, now())), expected);
        }
        around.claims.clear();
        assert_eq!(code(made.apply(change, &By::Application, &around, now())), "done");
    }
}

/// What is proposed with a domain claims it once more when it is adopted.
#[test]
fn a_domain_that_somebody_else_has_by_now_is_not_adopted() {
    let mut made = open("org-a", "acme", &IDP_A);
    let mut proposal = Proposal::default();
    proposal.domain = EmailDomain::parse("acme.test").ok();
    applied(&mut made, Change::Propose(Box::new(proposal))).result.expect("a proposal");
    let claim = Claim::new(ClaimKind::Domain, "acme.test");
    assert_eq!(Change::Adopt.claims(&made), std::slice::from_ref(&claim));
    let mut around = around("org-a");
    around.claims.insert(claim);
    assert_eq!(code(made.apply(Change::Adopt, &OPERATOR, &around, now())), "domain_taken");
    around.claims.clear();
    assert_eq!(code(made.apply(Change::Adopt, &OPERATOR, &around, now())), "done");
    assert_eq!(Change::Adopt.claims(&made), []);
}

/// What is claimed for ever, and before anybody has shown that it is theirs, is bounded.
#[test]
fn nobody_claims_without_end() {
    let mut made = open("org-a", "acme", &IDP_A);
    let rename = |slug: &str, url: &str| Change::RenameSlug {
        slug: Slug::parse(slug).expect("a slug"),
        login_url: url.into(),
    };
    let own = |slug: &str| rename(slug, &format!("https://app.example.test/sso/{slug}"));
    for number in 1..=8 {
        assert_eq!(code(apply(&mut made, own(&format!("acme-{number}")))), "done");
    }
    assert_eq!(code(apply(&mut made, own("acme-9"))), "renamed_too_often");
    // Back to one that it had is always open.
    assert_eq!(code(apply(&mut made, own("acme"))), "done");
    assert_eq!(code(applied(&mut made, own("acme-9"))), "done");
    // A login URL is that of the slug, for all but the application.
    let elsewhere = || rename("acme-1", "https://app.example.test/sso/bravo");
    assert_eq!(code(apply(&mut made, elsewhere())), "not_operator");
    assert_eq!(code(applied(&mut made, elsewhere())), "done");

    let ask = |number: usize| Change::RequestDomain {
        domain: EmailDomain::parse(&format!("acme-{number}.test")).expect("a domain"),
        token: DomainToken::new(common::people::random()),
    };
    for number in 0..64 {
        assert_eq!(code(apply(&mut made, ask(number))), "done");
    }
    assert_eq!(code(apply(&mut made, ask(64))), "domains_too_many");
    assert_eq!(code(apply(&mut made, ask(63))), "done");
    let first = EmailDomain::parse("acme-0.test").expect("a domain");
    assert_eq!(code(applied(&mut made, Change::ForgetDomain(first))), "done");
    assert_eq!(code(apply(&mut made, ask(64))), "done");
}

#[test]
fn a_login_url_is_renamed_with_the_slug() {
    let slug = |text: &str| Slug::parse(text).expect("a slug");
    let renamed = |login_url: &str| {
        let mut urls = SpUrls::derived("https://app.example.test", &slug("acme")).expect("URLs");
        urls.login_url = login_url.into();
        urls.renamed_login_url(&slug("acme"), &slug("bravo"))
    };
    for (before, after) in [
        ("https://app.example.test/sso/acme", Some("https://app.example.test/sso/bravo")),
        (
            "https://App.example.test/acme/login?a=b",
            Some("https://app.example.test/bravo/login?a=b"),
        ),
        ("https://acme.example.test/login", Some("https://bravo.example.test/login")),
        ("https://acme.example.test", Some("https://bravo.example.test/")),
        ("https://login.example.test/acmes", None),
        ("https://acmes.example.test/", None),
        ("no URL", None),
    ] {
        assert_eq!(renamed(before).as_deref(), after, "{before}");
    }
}

/// Another name changes where people start, and nothing that the identity provider knows.
#[test]
fn a_slug_can_be_renamed_and_the_former_one_stays_taken() {
    let mut made = enforced("org-a", "acme", &IDP_A);
    let before = made.clone();
    let rename = |slug: &str| Change::RenameSlug {
        slug: Slug::parse(slug).expect("a slug"),
        login_url: format!("https://app.example.test/sso/{slug}"),
    };
    let renamed = apply(&mut made, rename("acme-group"));
    assert_eq!(renamed.event.action.code(), "slug_renamed");
    assert_eq!(code(renamed), "done");
    assert_eq!(made.slug().as_str(), "acme-group");
    assert_eq!(made.urls().login_url, "https://app.example.test/sso/acme-group");
    let fixed = |made: &Organization| {
        let urls = made.urls();
        (urls.acs_url.clone(), urls.slo_url.clone(), urls.entity_id.clone())
    };
    assert_eq!(fixed(&made), fixed(&before));
    assert!(made.is_tested() && log_in(&made, &response(&made, &IDP_A, "alice")).is_ok());
    let slugs: Vec<String> = made
        .claims()
        .into_iter()
        .filter(|claim| claim.kind == ClaimKind::Slug)
        .map(|claim| claim.value)
        .collect();
    assert_eq!(slugs, ["acme", "acme-group"]);
    assert_eq!(organization("org-b", "acme").conflict_with(&made), Some(Conflict::Slug));
    // Back again it is no former one.
    done(&mut made, rename("acme"));
    assert_eq!(made.former_slugs().iter().map(Slug::as_str).collect::<Vec<_>>(), ["acme-group"]);
    assert_eq!(code(apply(&mut made, rename("admin"))), "slug_reserved");
    let mut around = around("org-a");
    around.reserved.insert("ours".into());
    let refused = made.apply(rename("ours"), &OPERATOR, &around, now());
    assert_eq!(code(refused), "slug_reserved");
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
    let known = common::codes_in(include_str!("../src/audit/action.rs"), "impl Action {");
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
        (include_str!("../src/organization/refusal.rs"), "impl ChangeRefusal {"),
        (include_str!("../src/provision/refusal.rs"), "impl PushRefusal {"),
        (include_str!("../src/administration/mod.rs"), "impl AdministrationError {"),
        (include_str!("../src/organization/key_pair.rs"), "impl KeyPairUnavailable {"),
        (include_str!("../src/organization/mod.rs"), "impl SsoUnavailable {"),
        (include_str!("../src/organization/conflict.rs"), "impl Conflict {"),
        (include_str!("../src/policy/decision.rs"), "impl Reason {"),
        (include_str!("../src/provision/refusal.rs"), "impl Refusal {"),
    ] {
        known.extend(common::codes_in(source, of));
    }
    let (_, section) =
        include_str!("../ERRORS.md").split_once("\n## Organizations\n").expect("the section");
    let (section, _) = section.split_once("\n## ").expect("its end");
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let documented: Vec<String> = rows.map(|(code, _)| code.to_owned()).collect();
    assert_eq!(documented.iter().cloned().collect::<BTreeSet<_>>(), known);
    assert_eq!(documented.len(), known.len());
}

#[test]
fn every_code_of_the_doors_is_documented() {
    let mut known = common::codes_in(include_str!("../src/sso/refusal.rs"), "impl SsoRefusal {");
    known.extend(common::codes_in(include_str!("../src/sso/builder.rs"), "impl SsoConfigError {"));
    let (_, section) =
        include_str!("../ERRORS.md").split_once("\n## The doors\n").expect("the section");
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let documented: BTreeSet<String> = rows.map(|(code, _)| code.to_owned()).collect();
    assert_eq!(documented, known);
}

/// Two settings never share a digest: what was tested is what is in effect. Each option is here,
/// and the last pairs are those in which lists without their lengths read the same.
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
