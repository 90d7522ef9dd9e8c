//! Responses captured from real identity providers, each with its clock, its configuration and its
//! exact outcome.

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use common::{Verify as _, at, block_on};
use saml_login::ConnectionOptions;
use saml_login::assertion::AttributeValue;
use saml_login::testing::pending_request;
use saml_login::{
    Certificates, Connection, Identity, IdentityProvider, KeyPair, MemoryReplayStore,
    ServiceProvider, Unsolicited,
};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    file: String,
    certificate: String,
    /// The service provider's key, if the row decrypts; `sp-cert.pem` is its certificate.
    sp_key: Option<String>,
    issuer: String,
    audience: String,
    acs_url: String,
    request_id: Option<String>,
    now: String,
    allow: Vec<String>,
    reason: String,
    expect: Outcome,
    /// Words that the administrator has to be told.
    help: Option<String>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Code(String),
    Identity(Box<Person>),
}

/// What a fixture says of the person, in the words of the manifest.
#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Person {
    name_id: String,
    name_id_format: Option<String>,
    name_qualifier: Option<String>,
    sp_name_qualifier: Option<String>,
    email: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    display_name: Option<String>,
    groups: Vec<String>,
    session_index: Option<String>,
    authn_context: Option<String>,
    attributes: Vec<(String, Vec<String>)>,
}

impl From<Identity> for Person {
    fn from(identity: Identity) -> Self {
        let attributes = identity.attributes.iter().map(|attribute| {
            let values = attribute.values.iter().map(|value| match value {
                AttributeValue::Text(text) => text.clone(),
                other => panic!("{other:?} is not text"),
            });
            (attribute.name.clone(), values.collect())
        });
        Self {
            attributes: attributes.collect(),
            name_id: identity.name_id.value,
            name_id_format: identity.name_id.format,
            name_qualifier: identity.name_id.name_qualifier,
            sp_name_qualifier: identity.name_id.sp_name_qualifier,
            email: identity.email.map(|email| email.address().to_owned()),
            first_name: identity.first_name,
            last_name: identity.last_name,
            display_name: identity.display_name,
            groups: identity.groups,
            session_index: identity.session_index,
            authn_context: identity.authn_context_class_ref,
        }
    }
}

impl Row {
    fn outcome(&self, folder: &Path) -> Outcome {
        let read = |file: &str| fs::read(folder.join(file)).expect("a fixture");
        let mut sp = ServiceProvider::new(self.audience.clone(), self.acs_url.clone());
        if let Some(key) = &self.sp_key {
            sp = sp.with_decryption_key(
                KeyPair::from_pem(read(key), read("sp-cert.pem")).expect("a key"),
            );
        }
        let certificates = Certificates::parse(read(&self.certificate)).expect("a certificate");
        let idp = IdentityProvider::new(self.issuer.clone(), certificates);
        let unsolicited =
            if self.request_id.is_none() { Unsolicited::On } else { Unsolicited::Off };
        let mut options = ConnectionOptions::default().with_unsolicited(unsolicited);
        for allowed in &self.allow {
            match allowed.as_str() {
                "sha1" => options.danger_allow_sha1 = true,
                "3des" => options.danger_allow_3des = true,
                other => panic!("{other} is no switch"),
            }
        }
        let connection = Connection::builder("fixture", sp, idp).with_options(options).build();
        let connection = connection.expect("a connection");
        let (form_value, now) = (read(&self.file), at(&self.now));
        let request = self.request_id.as_ref().map(|id| pending_request(&connection, id, now));
        let expected = request.as_ref();
        let verdict = connection.verify(&form_value, expected, now);
        let report = connection.explain(&form_value, expected, now);
        assert_eq!(report.code, verdict.as_ref().err().map(|rejection| rejection.code()));
        if let Some(words) = &self.help {
            let help = report.help.expect("a refusal");
            assert!(help.contains(words.as_str()), "{}: {help}", self.file);
        }
        match verdict {
            Ok(unspent) => {
                let store = MemoryReplayStore::default();
                let identity = block_on(unspent.spend(&store, now)).expect("the first use");
                let again =
                    connection.verify(&form_value, expected, now).expect("the same response");
                let again = block_on(again.spend(&store, now)).expect_err("the second use");
                assert_eq!(again.code(), "assertion_replayed");
                Outcome::Identity(Box::new(identity.into()))
            }
            Err(rejection) => Outcome::Code(rejection.code().to_owned()),
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn fixtures_have_their_exact_outcome() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let manifest = fs::read(folder.join("manifest.json")).expect("the manifest");
    let rows: Vec<Row> = serde_json::from_slice(&manifest).expect("rows");
    for row in &rows {
        assert_eq!(row.outcome(&folder), row.expect, "{}: {}", row.file, row.reason);
    }
    let named: BTreeSet<PathBuf> = rows
        .iter()
        .flat_map(|row| [folder.join(&row.file), folder.join(&row.certificate)])
        .collect();
    let about = ["manifest.json", "logout.json", "README.md", "sp-key.pem", "sp-cert.pem"]
        .map(|file| folder.join(file));
    // Those of `metadata/` are named by `tests/metadata.rs`, and those of `records/` by
    // `tests/organization.rs`.
    let elsewhere = ["metadata", "records"].map(|other| folder.join(other));
    let orphans: Vec<PathBuf> = files(&folder)
        .into_iter()
        .filter(|file| {
            let is_elsewhere = elsewhere.iter().any(|other| file.starts_with(other));
            !named.contains(file) && !about.contains(file) && !is_elsewhere
        })
        .collect();
    assert_eq!(orphans, Vec::<PathBuf>::new());
    println!("fixtures: rows {}", rows.len());
}
