//! Words for people.

use std::fmt::Write;

use chrono::SecondsFormat;
use saml_login::assertion::AttributeValue;
use saml_login::connection::Warning;
use saml_login::redact::Redacted;
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
    let mut out = match report {
        Some(report) => report.to_string(),
        None => match verdict {
            Ok(_) => "ACCEPTED: the identity provider vouches for this person.\n".to_owned(),
            Err(error) => rejected(error),
        },
    };
    // A report has those of the connection as well.
    for warning in warnings.iter().filter(|_| report.is_none()) {
        let _ = writeln!(out, "\nWarning: {}.", for_terminal(&warning.to_string()));
    }
    if let Ok(identity) = verdict {
        out += &person(identity);
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

/// The copy, the command that reads it, and what it could not keep.
pub(crate) fn copy(redacted: &Redacted) -> String {
    let (sp, idp) =
        (redacted.connection.service_provider(), redacted.connection.identity_provider());
    let mut out = format!(
        "\n---- What stands above is not to be shared. Below is a copy with other names and values; look through it. ----\n\n{}",
        redacted.copy
    );
    if !redacted.lost.is_empty() {
        out += "\nWhat the copy could not keep:\n";
    }
    for lost in &redacted.lost {
        let _ = writeln!(out, "  - {lost}");
    }
    let request = redacted.request.as_ref();
    let request = request.map_or(String::new(), |r| format!(" --request-id {}", r.request_id));
    let _ = writeln!(
        out,
        "\nRead it with: validate --idp-certificate idp.pem --idp-issuer '{}' --audience '{}' --acs-url '{}'{request} \
         --now {} --explain response.b64\n\nidp.pem:\n",
        for_terminal(idp.issuer()),
        for_terminal(sp.audience()),
        for_terminal(sp.acs_url()),
        redacted.now.to_rfc3339_opts(SecondsFormat::Secs, true),
    );
    idp.certificates().iter().for_each(|one| out += &one.to_pem());
    let _ = writeln!(out, "\nresponse.b64:\n\n{}", redacted.form_value);
    out
}

/// The identity as a table.
fn person(identity: &Identity) -> String {
    let mut out = String::from("\n");
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
    row("Signed by", Some(&identity.key_fingerprint.to_string()));
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
    let _ = writeln!(out, "  To be fixed by {}.", error.fixer().in_words());
    out
}
