//! What client speaks, as far as its requests show that. It decides nothing.

use serde_json::{Map, Value};

/// The identity providers that name themselves in `User-Agent`.
const AGENTS: [(&str, &str); 7] = [
    ("okta", "Okta"),
    ("onelogin", "OneLogin"),
    ("jumpcloud", "JumpCloud"),
    ("authentik", "authentik"),
    ("keycloak", "Keycloak"),
    ("google", "Google"),
    ("rippling", "Rippling"),
];

/// By what it calls itself.
pub(super) fn of_agent(agent: Option<&str>) -> Option<String> {
    let agent = agent?.to_ascii_lowercase();
    let known = AGENTS.iter().find(|(part, _)| agent.contains(part));
    known.map(|(_, name)| (*name).to_owned())
}

/// By the shape of what it sends: Entra writes `Add`, `Replace` and `Remove`, JumpCloud's ids of
/// people are 24 hexadecimal digits, OneLogin knows older names of the schemas.
pub(super) fn of_body(body: &Map<String, Value>) -> Option<String> {
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let list = |name: &str| body.get(name).and_then(Value::as_array).into_iter().flatten();
    let is_entra = list("Operations").any(|operation| {
        let op = operation.get("op").and_then(Value::as_str);
        matches!(op, Some("Add" | "Replace" | "Remove"))
    });
    let is_hex = |id: &str| id.len() == 24 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_old = |urn: &Value| urn.as_str().is_some_and(|urn| urn.starts_with("urn:scim:schemas:"));
    if is_entra {
        Some("Entra".to_owned())
    } else if text("externalId").is_some_and(is_hex) {
        Some("JumpCloud".to_owned())
    } else {
        list("schemas").any(is_old).then(|| "OneLogin".to_owned())
    }
}
