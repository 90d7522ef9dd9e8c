//! The rows of the third-party vectors that test one layer alone: signatures and canonicalization.
//!
//! `SAML_LOGIN_VECTORS` names their folder; without it there is nothing to test here.

use std::fs;
use std::path::PathBuf;

use crate::assertion::Envelope;
use crate::connection::{Connection, ConnectionOptions};
use crate::dsig::{Trust, verify};
use crate::error::{Part, Rejection};
use crate::limits::Limits;
use crate::provider::{IdentityProvider, ServiceProvider};
use crate::trust::Certificates;
use crate::xml::{C14n, Document, Namespace, canonicalize};

/// Rows whose verdict is ours to give (a code, or `None` to accept), with the reason.
const PINNED: &[(&str, Option<&str>, &str)] = &[
    (
        "node-saml__valid_2advice-signed_two_references",
        None,
        "the signature with two References stands in Advice, which is not read; the two that count have one",
    ),
    (
        "node-saml__valid_root-signed_encrypted",
        Some("issuer_mismatch"),
        "the signed Response names another issuer, so that no key is looked for",
    ),
];

/// The rows of a layer, and the folder they lie in.
fn rows(layer: &str) -> (PathBuf, Vec<serde_json::Value>) {
    let Some(folder) = std::env::var_os("SAML_LOGIN_VECTORS").map(PathBuf::from) else {
        return (PathBuf::new(), Vec::new());
    };
    let manifest = fs::read(folder.join("manifest.json")).unwrap();
    let rows: Vec<serde_json::Value> = serde_json::from_slice(&manifest).unwrap();
    (folder, rows.into_iter().filter(|row| row["layer"] == layer).collect())
}

fn verdict(
    folder: &std::path::Path,
    row: &serde_json::Value,
    allow_sha1: bool,
) -> Result<(), Rejection> {
    let certificates: Vec<String> = row["cert_pem"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| fs::read_to_string(folder.join(file.as_str().unwrap())).unwrap())
        .collect();
    let certificates = Certificates::parse(certificates.join("\n")).unwrap();
    let xml = fs::read_to_string(folder.join(row["file"].as_str().unwrap())).unwrap();
    let limits = Limits::default();
    let document = Document::parse(xml, &limits)?;
    let root = document.root().unwrap();
    if !root.is(Namespace::SAMLP, "Response") {
        let trust = Trust { certificates: &certificates, allow_sha1, limits: &limits };
        return verify(root, Part::Message, trust).map(|_| ());
    }
    let envelope = Envelope::new(root, false);
    let sp = ServiceProvider::new("urn:sp", "urn:acs");
    let idp = IdentityProvider::new("urn:idp", certificates);
    let options = ConnectionOptions::default()
        .with_danger_allow_weak_keys(true)
        .with_danger_allow_sha1(allow_sha1);
    let connection = Connection::builder("vector", sp, idp).with_options(options).build();
    connection.unwrap().signed_document(envelope).map(|_| ())
}

#[test]
fn signatures() {
    let (folder, rows) = rows("dsig");
    for row in &rows {
        let id = row["id"].as_str().unwrap();
        let sha1 = row["needs"]
            .as_array()
            .is_some_and(|needs| needs.iter().any(|need| need == "allow_sha1"));
        let expected = match PINNED.iter().find(|(pinned, ..)| *pinned == id) {
            Some((_, code, _)) => *code,
            None => {
                assert_eq!(row["expect"], "accept", "{id}");
                None
            }
        };
        let found = verdict(&folder, row, sha1).err();
        assert_eq!(found.as_ref().map(Rejection::code), expected, "{id}: {found:?}");
        if sha1 {
            assert_eq!(
                verdict(&folder, row, false).err().map(|rejection| rejection.code()),
                Some("algorithm_forbidden"),
                "{id}"
            );
        }
    }
    println!("vectors: dsig rows {}", rows.len());
}

#[test]
fn canonical_forms() {
    let (folder, rows) = rows("c14n");
    let mut refused = Vec::new();
    for row in &rows {
        let read = |field: &str| fs::read(folder.join(row[field].as_str().unwrap())).unwrap();
        let xml = String::from_utf8(read("file")).unwrap();
        let algorithm = C14n::from_uri(row["c14n_algorithm"].as_str().unwrap()).unwrap();
        match Document::parse(xml.to_owned(), &Limits::default()) {
            Ok(document) => {
                let found = canonicalize(document.root().unwrap(), None, algorithm, &[]).unwrap();
                assert_eq!(found.as_bytes(), read("c14n_output_file"), "{}", row["id"]);
            }
            Err(rejection) => refused.push((row["id"].as_str().unwrap(), rejection.code())),
        }
    }
    if !rows.is_empty() {
        // Both declare ISO-8859-1; only UTF-8 is read.
        let latin1 = [
            ("c14n_santuario_36_inc", "xml_malformed"),
            ("c14n_santuario_36_exc", "xml_malformed"),
        ];
        assert_eq!(refused, latin1);
    }
    println!("vectors: c14n rows {}", rows.len());
}
