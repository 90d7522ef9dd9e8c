//! What an administrator looks at: every check of a response, passed, failed or skipped.

mod text;

use chrono::{DateTime, TimeDelta, Utc};

use crate::advice::{Advice, Product};
use crate::assertion::{Addressing, Attributes, Statements};
use crate::binding;
use crate::code::codes;
use crate::connection::{Connection, Signed, received_envelope};
use crate::error::{Excerpt, Fixer, Rejection, printable};
use crate::fingerprint::Fingerprint;
use crate::identity::AttributeMap;
use crate::request::PendingRequest;
use crate::validate::{CHECKS, Check, ENVELOPE_CHECKS, Facts, Rules, Shown};
use crate::warning::Warning;
use crate::xml::Document;

/// The result of every check that could be run on a response. It can never yield an identity.
///
/// Its texts quote protocol data (issuers, URLs, instants) cut to 256 characters, with control and
/// bidirectional characters escaped; escape them again before putting them in HTML. `Display` is
/// the whole report as text. There is no attribute value and no NameID among them; the words of a
/// failing identity provider (StatusMessage) are quoted, and may say anything.
///
/// Serialized (feature `serde`), it is a map of these fields under their names, enumerations in
/// snake_case.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Report {
    /// The connection that was asked.
    pub connection_id: String,
    /// Whether the response is accepted: [`Opened::accept`](crate::Opened::accept). Single use is
    /// not looked at.
    pub accepted: bool,
    /// The refusal, if it is refused: its [code](Rejection::code).
    pub code: Option<&'static str>,
    /// The refusal in one line.
    pub message: Option<String>,
    /// The refusal for the administrator: [`Rejection::help`].
    pub help: Option<String>,
    /// Who has to act on the refusal.
    pub fixer: Option<Fixer>,
    /// Where the checks behind the signature read.
    pub view: View,
    /// Every check, in order.
    pub checks: Vec<ReportedCheck>,
    /// How many seconds the identity provider's clock seems to be ahead of ours: the IssueInstant
    /// of the assertion less the instant of the report. A fresh response is some seconds behind.
    pub clock_difference_seconds: Option<i64>,
    /// SHA-256 fingerprint of the configured certificate that verified the signature, if one did.
    pub key_fingerprint: Option<Fingerprint>,
    /// Of a refusal that a setting of the identity provider mends: what to change, and where in the
    /// console of the product that the issuer, the single sign-on URL or the names of attributes
    /// tell of. A response that is not verified can so choose among the consoles known here, and
    /// nothing else.
    pub advice: Option<Advice>,
    /// What works, and should still be looked at; first of the connection, then of this response.
    pub warnings: Vec<Warning>,
}

/// Where the checks behind the signature read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum View {
    /// There is nothing to read.
    None,
    /// What was signed.
    Signed,
    /// What was received. Anybody may have written it.
    Unverified,
}

codes!(View {
    None = "none",
    Signed = "signed",
    Unverified = "unverified",
});

/// One check of a [`Report`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ReportedCheck {
    /// Its stable snake_case name.
    pub name: &'static str,
    /// The rule, in words.
    pub rule: &'static str,
    /// The section of the specification that it comes from.
    pub section: &'static str,
    /// Its outcome.
    pub outcome: CheckOutcome,
    /// What was expected, where that can be said.
    pub expected: Option<String>,
    /// What was found, where that can be said.
    pub found: Option<String>,
    /// Of a failed check, the [code](Rejection::code).
    pub code: Option<&'static str>,
    /// Of a failed check, what to change.
    pub help: Option<String>,
    /// Of a failed check, who has to change it.
    pub fixer: Option<Fixer>,
}

/// The outcome of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum CheckOutcome {
    /// The rule is broken.
    Failed,
    /// The rule is kept.
    Passed,
    /// An earlier failure leaves nothing to check.
    Skipped,
}

codes!(CheckOutcome {
    Failed = "failed",
    Passed = "passed",
    Skipped = "skipped",
});

impl Connection {
    /// Runs every check on a response that still can be run, for an administrator's test page.
    ///
    /// Where the signature fails, the checks behind it run on the
    /// [unverified view](View::Unverified). Nothing is spent.
    ///
    /// ```
    /// # use saml_login::testing::idp::TestIdp;
    /// # use saml_login::{Connection, ServiceProvider};
    /// # let now = "2030-01-31T12:00:00Z".parse()?;
    /// # let idp = TestIdp::p256("https://idp.example.test")?;
    /// # let sp = ServiceProvider::new("https://app.example.test", "https://app.example.test/acs");
    /// # let side = idp.identity_provider()?.with_sso_url("https://idp.example.test/sso");
    /// # let connection = Connection::builder("acme", sp.clone(), side).build()?;
    /// let report = connection.explain(idp.response(&sp, now).form_value()?, None, now);
    /// assert_eq!(report.code, Some("unsolicited_bounced"));
    /// // For the administrator: what was expected, what was found, and who has to change it.
    /// println!("{report}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn explain(
        &self,
        form_value: impl AsRef<[u8]>,
        request: Option<&PendingRequest>,
        now: DateTime<Utc>,
    ) -> Report {
        let form_value = form_value.as_ref();
        // The verdict is that of a login itself, so that a report never disagrees with it.
        let opened = self.open(form_value, now);
        let verdict = opened.and_then(|opened| opened.accept(request, now)).map(|_| ());
        let idp = self.identity_provider();
        let product = Product::recognize(idp.issuer(), idp.sso_url(), []);
        let mut writer = Writer {
            checks: Vec::new(),
            view: View::None,
            fingerprint: None,
            clock_difference: None,
            product,
        };
        let mut warnings: Vec<Warning> = self.warnings(now);
        self.explain_stages(form_value, request, now, &mut writer, &mut warnings);
        let rejection = verdict.err();
        Report {
            connection_id: self.id().to_owned(),
            accepted: rejection.is_none(),
            code: rejection.as_ref().map(Rejection::code),
            message: rejection.as_ref().map(Rejection::to_string),
            help: rejection.as_ref().map(Rejection::help),
            fixer: rejection.as_ref().map(Rejection::fixer),
            view: writer.view,
            checks: writer.checks,
            clock_difference_seconds: writer.clock_difference.map(|ahead| ahead.num_seconds()),
            key_fingerprint: writer.fingerprint,
            advice: rejection
                .as_ref()
                .and_then(|rejection| Advice::for_refusal(rejection, writer.product)),
            warnings,
        }
    }

    fn explain_stages(
        &self,
        form_value: &[u8],
        request: Option<&PendingRequest>,
        now: DateTime<Utc>,
        writer: &mut Writer,
        warnings: &mut Vec<Warning>,
    ) {
        let Some(xml) = writer.stage(DECODED, binding::decode(form_value, self.limits())) else {
            return writer.skip_rest();
        };
        let Some(received) = writer.stage(WELL_FORMED, Document::parse(xml, self.limits())) else {
            return writer.skip_rest();
        };
        let Ok(envelope) = received_envelope(&received) else { return writer.skip_rest() };
        let mut sound = true;
        for check in ENVELOPE_CHECKS {
            let result = (check.run)(&envelope);
            sound &= result.is_ok();
            writer.check(check, &result, (check.shows)(&envelope));
        }
        // Another message may well be signed; that would say nothing here.
        let mut signed = match sound {
            true => writer.stage(SIGNED, self.signed_document(envelope)),
            false => writer.skip(SIGNED),
        };
        if let Some(opinion) = signed.as_mut().and_then(|signed| signed.second_opinion.take()) {
            writer.stage(SECOND_OPINION, opinion);
        }
        let rules = self.rules(request, now);
        if let Some(signed) = signed {
            self.explain_signed(&signed, envelope.addressing(), &rules, writer, warnings);
        } else if let Ok(assertion) = envelope.assertion() {
            writer.view = View::Unverified;
            let statements = Statements::unverified(assertion);
            writer.checks(&Facts { addressing: &envelope.addressing(), statements, rules: &rules });
        }
        writer.skip_rest();
    }

    fn explain_signed(
        &self,
        signed: &Signed,
        received: Addressing,
        rules: &Rules<'_>,
        writer: &mut Writer,
        warnings: &mut Vec<Warning>,
    ) {
        writer.view = View::Signed;
        writer.fingerprint = Some(signed.content.fingerprint());
        if signed.rests_on_sha1 {
            warnings.push(Warning::RestsOnSha1);
        }
        let document = &signed.content;
        let both = document.envelope().and_then(|envelope| Ok((envelope, document.assertion()?)));
        let Some((envelope, assertion)) = writer.stage(READ, both) else { return };
        let addressing = envelope.map_or(received, |envelope| envelope.addressing());
        writer.checks(&Facts {
            addressing: &addressing,
            statements: assertion.statements(),
            rules,
        });
        writer.stage(REQUIRED, self.identity(assertion, document.fingerprint()));
        writer.stage(BOUNCE, rules.bounce());
        let issued = assertion.statements().issue_instant().ok();
        writer.clock_difference = issued.map(|issued| issued.signed_duration_since(rules.now));
        // What is old has expired, and need not come from a clock that is wrong.
        let differs = |ahead: &TimeDelta| !writer.failed("expired") || *ahead > TimeDelta::zero();
        warnings.extend(writer.clock_difference.filter(differs).and_then(Warning::of_clocks));
        if let Ok(Some(issuer)) = addressing.issuer()
            && let Some(format) = issuer.other_format()
        {
            warnings.push(Warning::IssuerFormat { found: Excerpt::new(format) });
        }
        warnings.extend(of_attributes(&assertion.attributes(), &self.options().attribute_map));
        let qualifier = assertion.name_id().ok().and_then(|name_id| name_id.sp_name_qualifier);
        if let Some(found) = qualifier.filter(|found| found != self.service_provider().audience()) {
            warnings.push(Warning::SpNameQualifier { found: Excerpt::new(&found) });
        }
    }
}

/// What of the attributes an administrator should look at. None of their values is told.
fn of_attributes(attributes: &Attributes, map: &AttributeMap) -> Vec<Warning> {
    let rivals = map.rivals(attributes).map(|(taken, other)| Warning::EmailsDiffer {
        taken: Excerpt::new(taken),
        other: Excerpt::new(other),
    });
    let linked = AttributeMap::has_groups_link(attributes).then_some(Warning::GroupsLinked);
    rivals.into_iter().chain(linked).collect()
}

/// A row of the report that is not one of the checks: name, rule, section.
type Stage = (&'static str, &'static str, &'static str);

const DECODED: Stage = ("decoded", "the form value is the Base64 of UTF-8 text", "Bindings §3.5.4");
const WELL_FORMED: Stage =
    ("well_formed", "the text is well-formed XML without a DTD", "XML 1.0, Namespaces");
const SIGNED: Stage =
    ("signature", "what has to be signed is signed by a configured key", "Core §5");
const SECOND_OPINION: Stage = (
    "second_opinion",
    "libxmlsec1 verifies the signature as well, over the same octets",
    "connection",
);
const READ: Stage =
    ("signed_document", "what was signed reads as a Response or an Assertion", "Core §5.4");
const REQUIRED: Stage = (
    "required_fields",
    "the response says all that the connection requires of a person",
    "connection",
);

const BOUNCE: Stage = (
    "unsolicited",
    "a response that answers no request is used as it is, not turned into a login from here",
    "Profiles §4.1.5",
);

struct Writer {
    checks: Vec<ReportedCheck>,
    view: View,
    fingerprint: Option<Fingerprint>,
    clock_difference: Option<TimeDelta>,
    product: Option<Product>,
}

impl Writer {
    fn stage<T>(&mut self, stage: Stage, result: Result<T, Rejection>) -> Option<T> {
        self.row(stage, Some(result.as_ref().err()), Shown::default());
        result.ok()
    }

    fn failed(&self, code: &str) -> bool {
        self.checks.iter().any(|check| check.code == Some(code))
    }

    fn skip<T>(&mut self, stage: Stage) -> Option<T> {
        self.row(stage, None, Shown::default());
        None
    }

    /// Lists as skipped whatever has no row yet.
    fn skip_rest(&mut self) {
        let of_envelope =
            ENVELOPE_CHECKS.iter().map(|check| (check.name, check.rule, check.section));
        let of_assertion = CHECKS.iter().map(|check| (check.name, check.rule, check.section));
        let stages = [DECODED, WELL_FORMED].into_iter().chain(of_envelope).chain([SIGNED, READ]);
        for stage in stages.chain(of_assertion).chain([REQUIRED, BOUNCE]) {
            if !self.checks.iter().any(|check| check.name == stage.0) {
                self.skip::<()>(stage);
            }
        }
    }

    fn checks(&mut self, facts: &Facts<'_>) {
        let names = facts.statements.attribute_names();
        self.product = self.product.or_else(|| Product::recognize("", None, names));
        for check in CHECKS {
            self.check(check, &(check.run)(facts), (check.shows)(facts));
        }
    }

    fn check<R, S>(&mut self, check: &Check<R, S>, result: &Result<(), Rejection>, shown: Shown) {
        self.row((check.name, check.rule, check.section), Some(result.as_ref().err()), shown);
    }

    fn row(
        &mut self,
        (name, rule, section): Stage,
        result: Option<Option<&Rejection>>,
        shown: Shown,
    ) {
        let rejection = result.flatten();
        let outcome = match result {
            None => CheckOutcome::Skipped,
            Some(None) => CheckOutcome::Passed,
            Some(Some(_)) => CheckOutcome::Failed,
        };
        let excerpt = |text: String| printable(Excerpt::new(&text).as_str());
        self.checks.push(ReportedCheck {
            name,
            rule,
            section,
            outcome,
            expected: shown.expected.map(excerpt),
            found: shown.found.map(excerpt),
            code: rejection.map(Rejection::code),
            help: rejection.map(Rejection::help),
            fixer: rejection.map(Rejection::fixer),
        });
    }
}
