//! One JSON object.

use saml_login::assertion::AttributeValue;
use saml_login::redact::Redacted;
use saml_login::{Error, Identity, Report};
use serde_json::{Map, Value, json};

use crate::escape;
use crate::problem::Problem;

pub(crate) fn verdict(
    verdict: &Result<Identity, Error>,
    report: Option<&Report>,
    redacted: Option<&Redacted>,
) -> String {
    let mut object = match verdict {
        Ok(identity) => json!({ "outcome": "accepted", "identity": identity_object(identity) }),
        Err(error) => {
            let (message, help) = words(error);
            let error = json!({ "code": error.code(), "message": message, "help": help });
            json!({ "outcome": "rejected", "error": error })
        }
    };
    if let (Some(report), Some(object)) = (report, object.as_object_mut()) {
        object.insert("report".into(), json!(report));
    }
    if let (Some(redacted), Some(object)) = (redacted, object.as_object_mut()) {
        object.insert("redacted".into(), copy_object(redacted));
    }
    lines(&object)
}

pub(crate) fn problem(problem: &Problem) -> String {
    let Problem { code, message, help } = problem;
    let error = json!({ "code": code, "message": message, "help": help });
    lines(&json!({ "outcome": "invalid_configuration", "error": error }))
}

fn lines(object: &Value) -> String {
    escape::json(&format!("{object:#}\n"))
}

/// All that is needed to read the copy.
fn copy_object(redacted: &Redacted) -> Value {
    let (sp, idp) =
        (redacted.connection.service_provider(), redacted.connection.identity_provider());
    let certificates: String = idp.certificates().iter().map(|one| one.to_pem()).collect();
    json!({
        "form_value": redacted.form_value,
        "idp_certificate": certificates,
        "idp_issuer": idp.issuer(),
        "audience": sp.audience(),
        "acs_url": sp.acs_url(),
        "request_id": redacted.request.as_ref().map(|request| &request.request_id),
        "now": redacted.now,
        "report": redacted.copy,
        "lost": redacted.lost.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

fn identity_object(identity: &Identity) -> Value {
    // Attributes of the same name that differ in their NameFormat come together.
    let mut attributes = Map::new();
    for attribute in &identity.attributes {
        let values = attribute.values.iter().map(|value| match value {
            AttributeValue::Text(text) | AttributeValue::Complex(text) => {
                Value::from(text.as_str())
            }
            _ => Value::Null,
        });
        let known =
            attributes.entry(attribute.name.as_str()).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(known) = known {
            known.extend(values);
        }
    }
    json!({
        "name_id": identity.name_id.value,
        "name_id_format": identity.name_id.format,
        "email": identity.email.as_ref().map(|email| email.address()),
        "first_name": identity.first_name,
        "last_name": identity.last_name,
        "display_name": identity.display_name,
        "groups": identity.groups,
        "session_index": identity.session_index,
        "issuer": identity.issuer,
        "attributes": attributes,
    })
}

/// An error in one line, and what to do about it.
pub(crate) fn words(error: &Error) -> (String, String) {
    match error {
        Error::Rejected(rejection) => (rejection.to_string(), rejection.help()),
        other => (
            other.to_string(),
            std::error::Error::source(other).map(ToString::to_string).unwrap_or_default(),
        ),
    }
}
