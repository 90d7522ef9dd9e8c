//! Audit events on their way to a log, and to `tracing`.

mod common;

use std::fmt::Debug;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use common::{block_on, now};
use saml_login::account::AccountId;
use saml_login::audit::{
    Action, Actor, AuditEvent, AuditLog, MemoryAuditLog, Outcome, TracingAuditLog,
};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

fn event(action: Action) -> AuditEvent {
    AuditEvent::new("org-a", Actor::Operator("operator-7".into()), action, now())
}

#[test]
fn the_log_in_memory_keeps_the_latest() {
    let log = MemoryAuditLog::with_capacity(NonZeroUsize::new(2).expect("a number"));
    for granted in [true, false, true] {
        block_on(log.record(&event(Action::BreakGlassChanged { granted }))).expect("a log");
    }
    let events = log.events();
    let codes: Vec<&str> = events.iter().map(|event| event.action.code()).collect();
    assert_eq!(codes, ["break_glass_revoked", "break_glass_granted"]);
}

#[derive(Clone, Default)]
struct Collected(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0 += &format!(" {}={value:?}", field.name());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0 += &format!(" {}={value}", field.name());
    }
}

impl Subscriber for Collected {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(format!("{} {}:", event.metadata().level(), event.metadata().target()));
        event.record(&mut line);
        self.0.lock().expect("the lines").push(line.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[test]
fn tracing_gets_every_event_with_its_fields() {
    let collected = Collected::default();
    let log = TracingAuditLog::new();
    tracing::subscriber::with_default(collected.clone(), || {
        let done = event(Action::DomainChanged { domain: "example.test".into(), verified: true });
        let refused = event(Action::Policy { action: "log_in_email_code".into() })
            .about(AccountId::new("account-1"))
            .ended(Outcome::Refused("sso_enforced".into()));
        let failed = event(Action::Login).ended(Outcome::Failed("replay_store_failed".into()));
        for event in [done, refused, failed] {
            block_on(log.record(&event)).expect("a log");
        }
    });
    let before = "organization=org-a at=2030-01-31T12:00:00Z actor_kind=operator actor=operator-7";
    assert_eq!(
        *collected.0.lock().expect("the lines"),
        [
            format!(
                "INFO saml_login::audit: {before} action=domain_verified detail=example.test outcome=done reason="
            ),
            format!(
                "WARN saml_login::audit: {before} action=policy detail=log_in_email_code account=account-1 \
                 outcome=refused reason=sso_enforced"
            ),
            format!(
                "WARN saml_login::audit: {before} action=login detail= outcome=failed reason=replay_store_failed"
            ),
        ]
    );
}

#[test]
fn tracing_gets_the_detail_of_every_action() {
    let collected = Collected::default();
    let fingerprint = "ab".repeat(32).parse().expect("a fingerprint");
    let dangers = || vec!["danger_allow_sha1", "danger_allow_3des"];
    let dangers = || dangers().into_iter().map(Into::into).collect();
    let shown = saml_login::trust::Fingerprint::to_string(&fingerprint);
    let both = format!("{shown} {shown}");
    let of_dangers = "danger_allow_sha1 danger_allow_3des";
    let (actions, expected): (Vec<Action>, Vec<&str>) = [
        (Action::ConnectionUpdated { dangers: dangers() }, of_dangers),
        (Action::ConnectionRekeyed { dangers: dangers() }, of_dangers),
        (Action::ProvisioningChanged { dangers: dangers() }, of_dangers),
        (Action::Provisioning { decision: "create".into() }, "create"),
        (Action::Account { intent: "push".into(), decision: "update".into() }, "update"),
        (Action::BreakGlassUsed { action: "log_in".into() }, "log_in"),
        (Action::CertificateRetired { fingerprint }, &shown),
        (Action::CertificateAdded { fingerprints: vec![fingerprint, fingerprint] }, &both),
        (Action::DomainChecked { domain: "a.test".into(), found: true }, "a.test"),
        (Action::DomainRequested { domain: "b.test".into() }, "b.test"),
        (Action::SlugRenamed { slug: "other".into() }, "other"),
        (Action::DirectoryToken { change: "issued".into(), token: "token-1".into() }, "token-1"),
        (Action::TestLogin, ""),
    ]
    .into_iter()
    .unzip();
    tracing::subscriber::with_default(collected.clone(), || {
        for action in actions {
            let event = AuditEvent::new("org-a", Actor::Application, action, now());
            block_on(TracingAuditLog::new().record(&event)).expect("a log");
        }
    });
    let lines = collected.0.lock().expect("the lines");
    let details: Vec<&str> = lines
        .iter()
        .map(|line| line.split_once(" detail=").and_then(|(_, rest)| rest.split_once(" outcome=")))
        .map(|detail| detail.expect("a detail").0)
        .collect();
    assert_eq!(details, expected);
}
