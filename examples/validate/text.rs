//! Words for people.

use std::fmt::Write;

use saml_login::assertion::AttributeValue;
use saml_login::connection::Warning;
use saml_login::error::Fixer;
use saml_login::report::{CheckOutcome, ReportedCheck, View};
use saml_login::{Error, Identity, Report};

use crate::escape::for_terminal;
use crate::json::words;

/// The longest attribute value shown, in characters; a photo is longer. JSON has all of it.
const MAX_VALUE_CHARS: usize = 200;

pub(crate) fn verdict(
    verdict: &Result<Identity, Error>,
    report: Option<&Report>,
    warnings: &[Warning],
    unsolicited: bool,
) -> String {
    let mut out = match verdict {
        Ok(identity) => accepted(identity),
        Err(error) => rejected(error),
    };
    if let Some(report) = report {
        explain(&mut out, report);
    }
    // A report has those of the response as well.
    for warning in report.map_or(warnings, |report| &report.warnings) {
        let _ = writeln!(out, "\nWarning: {}.", for_terminal(&warning.to_string()));
    }
    if let Some(advice) = report.and_then(|report| report.advice.as_ref()) {
        let _ = writeln!(out, "\nWhat to change: {}", advice.text);
    }
    match verdict {
        Ok(_) if unsolicited => {
            out += "\nNote: without --request-id, a login was accepted that answers no request (IdP-initiated). A connection \
                    refuses those until it is told otherwise.\n";
        }
        Err(error) if unsolicited && error.code() == "unsolicited_in_response_to" => {
            out += "\nNote: if this is the answer to a request, pass the ID of that request with --request-id.\n";
        }
        _ => {}
    }
    if verdict.is_err() && report.is_none() {
        out += "\nRun it again with --explain to see every check.\n";
    }
    out
}

/// The identity as a table.
fn accepted(identity: &Identity) -> String {
    let mut out = String::from("ACCEPTED: the identity provider vouches for this person.\n\n");
    let mut row = |name: &str, value: Option<&str>| {
        let _ = writeln!(out, "  {name:<13} {}", value.map_or("-".into(), for_terminal));
    };
    row("NameID", Some(&identity.name_id.value));
    row("Format", identity.name_id.format.as_deref());
    row("E-mail", identity.email.as_ref().map(|email| email.address()));
    row("First name", identity.first_name.as_deref());
    row("Last name", identity.last_name.as_deref());
    row("Display name", identity.display_name.as_deref());
    row("Groups", identity.groups.first().map(String::as_str));
    for group in identity.groups.iter().skip(1) {
        row("", Some(group));
    }
    row("Session", identity.session_index.as_deref());
    row("Issuer", Some(&identity.issuer));
    row("Signed by", Some(&identity.key_fingerprint));
    if !identity.attributes.is_empty() {
        out += "\n  Attributes\n";
    }
    for attribute in &identity.attributes {
        let values: Vec<String> = attribute.values.iter().map(shown).collect();
        let _ = match values.as_slice() {
            [] => writeln!(out, "    {} has no value", for_terminal(&attribute.name)),
            [value] => writeln!(out, "    {} = {value}", for_terminal(&attribute.name)),
            values => {
                writeln!(
                    out,
                    "    {} =\n      {}",
                    for_terminal(&attribute.name),
                    values.join("\n      ")
                )
            }
        };
    }
    out
}

fn shown(value: &AttributeValue) -> String {
    let cut = |text: &str| match text
        .char_indices()
        .nth(MAX_VALUE_CHARS)
        .and_then(|(end, _)| text.get(..end))
    {
        None => (for_terminal(text), String::new()),
        Some(kept) => (for_terminal(kept), format!(" … {} bytes in all", text.len())),
    };
    match value {
        AttributeValue::Text(text) => {
            let (text, more) = cut(text);
            format!("\"{text}\"{more}")
        }
        AttributeValue::Complex(xml) => {
            let (xml, more) = cut(xml);
            format!("XML: {xml}{more}")
        }
        _ => "nil".into(),
    }
}

fn rejected(error: &Error) -> String {
    let (message, help) = words(error);
    let mut out = format!(
        "REJECTED ({}): {}.\n\n  {}\n",
        error.code(),
        for_terminal(&message),
        for_terminal(&help)
    );
    if let Error::Rejected(rejection) = error {
        let acts = match rejection.fixer() {
            Fixer::Developer => "the developer who passes the response on",
            Fixer::EitherSide => {
                "whichever side has the wrong value: it has to be the same on both"
            }
            Fixer::IdentityProvider => "the administrator of the identity provider",
            Fixer::ServiceProvider => "whoever runs the service provider (this side)",
            _ => "the person who logs in, by starting again",
        };
        let _ = writeln!(out, "  To be fixed by {acts}.");
    }
    out
}

fn explain(out: &mut String, report: &Report) {
    out.push_str(match report.view {
        View::Signed => "\nEvery check; behind \"signature\", what was signed is read:\n\n",
        View::Unverified => {
            "\nEvery check. UNVERIFIED: no signature vouches for what stands behind \"signature\"; anybody may have \
             written it.\n\n"
        }
        _ => "\nEvery check; there is no assertion to look at:\n\n",
    });
    for check in &report.checks {
        row(out, check);
        if check.name == "signature" && report.view == View::Unverified {
            out.push_str("  ----  UNVERIFIED from here on\n");
        }
    }
    let count = |outcome| report.checks.iter().filter(|check| check.outcome == outcome).count();
    let (passed, failed) = (count(CheckOutcome::Passed), count(CheckOutcome::Failed));
    let skipped = count(CheckOutcome::Skipped);
    let _ = writeln!(out, "\n  {passed} passed, {failed} failed, {skipped} skipped.");
}

fn row(out: &mut String, check: &ReportedCheck) {
    let mark = match check.outcome {
        CheckOutcome::Passed => "pass",
        CheckOutcome::Failed => "FAIL",
        _ => "skip",
    };
    let _ = writeln!(out, "  {mark}  {:<22} {} [{}]", check.name, check.rule, check.section);
    let mut line = |label: &str, text: Option<&str>| {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            let _ = writeln!(out, "        {label:<9} {}", for_terminal(text));
        }
    };
    line("expected", check.expected.as_deref());
    line("found", check.found.as_deref());
    line("fix", check.help.as_deref());
    line("by", check.fixer.map(Fixer::as_str));
}
