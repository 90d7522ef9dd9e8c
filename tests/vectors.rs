//! Third-party documents with expected verdicts. `SAML_LOGIN_VECTORS` names their folder; without it there is nothing to
//! test here. The rows of the signature and canonicalization layers are run by the unit tests of those layers.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use common::{at, block_on};
use saml_login::{
    Certificates, Connection, Expected, IdentityProvider, MemoryReplayStore, ServiceProvider, Unsolicited,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Row {
    id: String,
    layer: String,
    file: String,
    #[serde(default)]
    cert_pem: Vec<String>,
    #[serde(default)]
    idp_issuer: String,
    audience: Option<String>,
    #[serde(default)]
    acs_url: String,
    request_id: Option<String>,
    now: String,
    expect: String,
    #[serde(default)]
    needs: BTreeSet<String>,
    name_id: Option<String>,
    must_yield_name_id: Option<String>,
}

/// What a row's verdict is here, where it is not the one of the manifest or the row leaves it open: a refusal's code or
/// `accept`, with the reason.
const PINNED: &[(&str, &str, &str)] = &[];

fn folder() -> Option<PathBuf> {
    std::env::var_os("SAML_LOGIN_VECTORS").map(PathBuf::from)
}

fn rows(folder: &std::path::Path) -> Vec<Row> {
    let manifest = fs::read(folder.join("manifest.json")).expect("manifest.json");
    serde_json::from_slice(&manifest).expect("a list of rows")
}

/// The verdict on a row with these algorithm switches on: `accept` with the NameID, or a code.
fn verdict(folder: &std::path::Path, row: &Row, allow: &[&str]) -> Result<String, String> {
    let pem: Vec<String> = row
        .cert_pem
        .iter()
        .map(|file| fs::read_to_string(folder.join(file)).expect("a certificate"))
        .collect();
    let certificates = Certificates::parse(pem.join("\n")).map_err(|error| error.code().to_owned())?;
    let idp = IdentityProvider::new(row.idp_issuer.clone(), certificates);
    let audience = row.audience.clone().unwrap_or("urn:none".into());
    let sp = ServiceProvider::new(audience, row.acs_url.clone());
    let mut builder = Connection::builder("vector", sp, idp);
    if allow.contains(&"allow_sha1") {
        builder = builder.danger_allow_sha1();
    }
    if allow.contains(&"allow_rsa_1024") {
        builder = builder.danger_allow_weak_keys();
    }
    if row.request_id.is_none() {
        builder = builder.unsolicited(Unsolicited::On);
    }
    let connection = builder.build().map_err(|_| "config_invalid".to_owned())?;
    let xml = fs::read(folder.join(&row.file)).expect("a document");
    let form_value = STANDARD.encode(xml);
    let expected = match &row.request_id {
        Some(request_id) => Expected::Reply { request_id },
        None => Expected::Unsolicited,
    };
    let now: DateTime<Utc> = at(&row.now);
    let report = connection.explain(&form_value, expected, now);
    let outcome = connection.verify(&form_value, expected, now);
    let outcome = outcome.map_err(|rejection| rejection.code().to_owned());
    assert_eq!(report.code, outcome.as_ref().err().map(String::as_str), "{}", row.id);
    let identity = block_on(outcome?.spend(&MemoryReplayStore::default(), now)).expect("first use");
    Ok(identity.name_id.value)
}

#[test]
fn responses() {
    let Some(folder) = folder() else { return };
    let rows: Vec<Row> = rows(&folder).into_iter().filter(|row| row.layer == "response").collect();
    for row in &rows {
        let allow: Vec<&str> = row.needs.iter().map(String::as_str).collect();
        println!("{} | {} | {:?}", row.id, row.expect, verdict(&folder, row, &allow));
    }
}
