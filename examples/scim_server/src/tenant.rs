//! Making an organization whose directory is switched on.

use std::sync::LazyLock;

use chrono::Utc;
use saml_login::account::{Invitation, OrganizationId, Role};
use saml_login::administration::{TokenLifetime, administer, found, issue_token};
use saml_login::doctor::PastedValues;
use saml_login::identity::Email;
use saml_login::organization::{By, Change, DirectoryRules, Plan, ScimMode, Slug, SpUrls};
use saml_login::provision::{Asked, Intent, carry_out};
use saml_login::testing::idp::TestIdp;
use saml_login::token::Token;
use saml_login::{Organization, Random};
use serde_json::Value;

use crate::Doors;

/// The customers' identity provider. One key serves them all: nobody logs in here.
static IDP: LazyLock<Option<TestIdp>> =
    LazyLock::new(|| TestIdp::p256("https://idp.example.com/metadata").ok());

/// What the directory is given.
pub(crate) struct Made {
    pub(crate) base: String,
    pub(crate) token: String,
}

/// Makes an organization with so many free `seats` (any number, unless it is said), in this `mode`,
/// and with the people of `existing` whom the application itself has invited.
pub(crate) async fn make(doors: &Doors, wanted: &Value) -> Result<Made, String> {
    let invited: Vec<Email> = invited(wanted)?;
    let digest = Token::new(random()?).digest();
    let name: String = digest.as_bytes().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    let slug = Slug::parse(&format!("tenant-{name}")).map_err(told)?;
    let urls = SpUrls::derived("https://app.example.com", &slug).ok_or("no base URL")?;
    let id = OrganizationId::new(slug.as_str());
    let asked = Asked::by(By::Operator("tester"), Utc::now());
    let organization = Organization::new(&id, slug, urls.clone());
    let seats = seats(wanted, &invited)?;
    let made = found(doors.store(), organization, seats, &asked, random()?);
    made.await.map_err(told)?;
    let idp = IDP.as_ref().ok_or("no identity provider")?;
    let values = PastedValues::new(
        urls.entity_id,
        "https://idp.example.com/sso",
        idp.issuer(),
        idp.certificate_pem().map_err(told)?,
    );
    change(doors, &id, Change::Enable).await?;
    change(doors, &id, Change::Configure(Box::new(values))).await?;
    for email in &invited {
        let expires_at = Utc::now() + chrono::TimeDelta::days(7);
        let invitation = Invitation::new(Token::new(random()?).digest(), expires_at);
        let intent = Intent::Invite { email, role: Role::Member, invitation };
        carry_out(doors.store(), &id, &intent, &asked, random()?).await.map_err(told)?;
    }
    change(doors, &id, Change::ManageByDirectory(true)).await?;
    let mode = match wanted.get("mode").and_then(Value::as_str) {
        Some("interop") => ScimMode::Interop,
        Some("lenient" | "any") | None => ScimMode::Lenient,
        Some(other) => return Err(format!("there is no mode called {other}")),
    };
    change(doors, &id, Change::ListenToDirectory(DirectoryRules::new(mode))).await?;
    let token = ("tester", TokenLifetime::NinetyDays);
    let issued = issue_token(doors.store(), &Plan::ALL, &id, token, &asked, random()?);
    let issued = issued.await.map_err(told)?;
    Ok(Made { base: doors.scim_url(&id), token: issued.secret.as_str().to_owned() })
}

async fn change(doors: &Doors, id: &OrganizationId, change: Change) -> Result<(), String> {
    let asked = Asked::by(By::Operator("tester"), Utc::now());
    let applied = administer(doors.store(), &Plan::ALL, id, &change, &asked).await.map_err(told)?;
    applied.result.map_err(told)
}

fn seats(wanted: &Value, invited: &[Email]) -> Result<Option<u32>, String> {
    let Some(seats) = wanted.get("seats").and_then(Value::as_u64) else { return Ok(None) };
    let existing = wanted.get("existing").and_then(Value::as_array).map_or(0, Vec::len);
    let taken = existing.max(invited.len());
    u32::try_from(seats)
        .ok()
        .zip(u32::try_from(taken).ok())
        .and_then(|(seats, taken)| seats.checked_add(taken))
        .map(Some)
        .ok_or_else(|| "there are not that many seats".to_owned())
}

fn invited(wanted: &Value) -> Result<Vec<Email>, String> {
    let existing = wanted.get("existing").and_then(Value::as_array).into_iter().flatten();
    let invited = existing.filter(|one| one.get("via").and_then(Value::as_str) == Some("invite"));
    let address = |one: &Value| {
        let text = one.pointer("/user/userName").and_then(Value::as_str).unwrap_or_default();
        Email::parse(text).map_err(told)
    };
    invited.map(address).collect()
}

fn told(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn random() -> Result<Random, String> {
    Random::generate().map_err(told)
}
