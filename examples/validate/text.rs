//! Words for people.

use std::fmt::Write;

use saml_login::{AttributeValue, CheckOutcome, Error, Fixer, Identity, Report, View, Warning};

use crate::json::words;

pub(crate) fn verdict(
    verdict: &Result<Identity, Error>,
    report: Option<&Report>,
    warnings: &[Warning],
) -> String {
    let mut out = match verdict {
        Ok(identity) => accepted(identity),
        Err(error) => rejected(error, report.is_some()),
    };
    if let Some(report) = report {
        explain(&mut out, report);
    }
    let mut warnings: Vec<String> = match report {
        Some(report) => report.warnings.clone(),
        None => warnings.iter().map(Warning::to_string).collect(),
    };
    warnings.dedup();
    for warning in warnings {
        let _ = writeln!(out, "\nWarning: {}.", escape(&warning));
    }
    out
}

/// The identity as a table.
fn accepted(identity: &Identity) -> String {
    let name_id = &identity.name_id;
    let mut rows: Vec<(&str, String)> = vec![("NameID", escape(&name_id.value))];
    let mut row = |name, value: Option<&str>| rows.push((name, value.map_or("-".into(), escape)));
    row("Format", name_id.format.as_deref());
    row("E-mail", identity.email.as_ref().map(|email| email.address()));
    row("First name", identity.first_name.as_deref());
    row("Last name", identity.last_name.as_deref());
    row("Display name", identity.display_name.as_deref());
    let groups = identity.groups.join(", ");
    row("Groups", (!groups.is_empty()).then_some(groups.as_str()));
    row("Session", identity.session_index.as_deref());
    row("Issuer", Some(&identity.issuer));
    row("Signed by", Some(&identity.key_fingerprint));
    let mut out = String::from("ACCEPTED: the identity provider vouches for this person.\n\n");
    for (name, value) in rows {
        let _ = writeln!(out, "  {name:<13} {value}");
    }
    if !identity.attributes.is_empty() {
        out += "\n  Attributes\n";
    }
    for attribute in &identity.attributes {
        let values = attribute.values.iter().map(|value| match value {
            AttributeValue::Text(text) => format!("\"{}\"", escape(text)),
            AttributeValue::Complex(xml) => escape(xml),
            _ => "nil".into(),
        });
        let values: Vec<String> = values.collect();
        let _ = writeln!(out, "    {} = {}", escape(&attribute.name), values.join(", "));
    }
    out
}

fn rejected(error: &Error, explained: bool) -> String {
    let (message, help) = words(error);
    let mut out = format!("REJECTED ({}): {}.\n\n  {}\n", error.code(), escape(&message), escape(&help));
    if let Error::Rejected(rejection) = error {
        let acts = match rejection.fixer() {
            Fixer::Developer => "the developer who passes the response on",
            Fixer::IdentityProvider => "the administrator of the identity provider",
            Fixer::ServiceProvider => "whoever runs the service provider (this side)",
            _ => "the person who logs in, by starting again",
        };
        let _ = writeln!(out, "  To be mended by {acts}.");
    }
    if !explained {
        out += "  Add --explain to see every check.\n";
    }
    out
}

fn explain(out: &mut String, report: &Report) {
    out.push_str(match report.view {
        View::Signed => "\nEvery check; from \"signature\" on, what was signed is read:\n\n",
        View::Unverified => {
            "\nEvery check. THE SIGNATURE DOES NOT HOLD: what stands behind it may be written by anybody.\n\n"
        }
        _ => "\nEvery check; there is no assertion to look at:\n\n",
    });
    for check in &report.checks {
        let mark = match check.outcome {
            CheckOutcome::Passed => "pass",
            CheckOutcome::Failed => "FAIL",
            _ => "skip",
        };
        let _ = writeln!(out, "  {mark}  {:<22} {} [{}]", check.name, check.rule, check.section);
        let mut line = |label: &str, text: Option<&str>| {
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                let _ = writeln!(out, "        {label:<9} {}", escape(text));
            }
        };
        line("expected", check.expected.as_deref());
        line("found", check.found.as_deref());
        line("mend", check.help.as_deref().filter(|_| check.outcome == CheckOutcome::Failed));
        line("by", check.fixer);
    }
}

/// Text from outside, fit for a terminal: control, bidirectional and other unprintable characters are escaped.
pub(crate) fn escape(text: &str) -> String {
    let printable = |c: char| match c {
        '"' | '\'' | '\\' => c.to_string(),
        c => c.escape_debug().to_string(),
    };
    text.chars().map(printable).collect()
}
