//! Third-party documents with expected verdicts. `SAML_LOGIN_VECTORS` names their folder; without
//! it there is nothing to test here. The rows of the signature and canonicalization layers are run
//! by the unit tests of those layers.

#[path = "../common/mod.rs"]
mod common;
mod expected;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::{Verify as _, at, block_on};
use expected::{ACCEPTED, REFUSED};
use saml_login::ConnectionOptions;
use saml_login::error::ConfigError;
use saml_login::testing::pending_request;
use saml_login::{
    Certificates, Connection, IdentityProvider, KeyPair, MemoryReplayStore, ServiceProvider,
    Unsolicited,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Row {
    id: String,
    layer: String,
    file: String,
    cert_pem: Vec<String>,
    sp_key_pem: Option<String>,
    #[serde(default = "unnamed")]
    idp_issuer: String,
    audience: Option<String>,
    #[serde(default = "unnamed")]
    acs_url: String,
    request_id: Option<String>,
    now: String,
    expect: String,
    policy_dependent: bool,
    #[serde(default)]
    needs: BTreeSet<String>,
    name_id: Option<String>,
    must_yield_name_id: Option<String>,
}

/// Stands for what a row does not name, and what so occurs in none of its documents.
fn unnamed() -> String {
    "urn:saml-login:unnamed".into()
}

/// Which of the weak things a connection lets in.
#[derive(Clone, Copy)]
struct Allow {
    sha1: bool,
    weak_keys: bool,
    triple_des: bool,
    cbc: bool,
}

const EVERYTHING: Allow = Allow { sha1: true, weak_keys: true, triple_des: true, cbc: true };

impl Row {
    fn needed(&self) -> Allow {
        Allow {
            sha1: self.needs.contains("allow_sha1"),
            // Where a key of ours is needed, it may be one of 1024 bits.
            weak_keys: self.needs.contains("allow_rsa_1024") || self.sp_key_pem.is_some(),
            triple_des: self.needs.contains("allow_3des"),
            cbc: self.needs.contains("allow_cbc") || !self.needs.contains("sp_private_key"),
        }
    }

    fn connection(&self, folder: &Path, allow: Allow) -> Result<Connection, ConfigError> {
        let read = |file: &String| fs::read_to_string(folder.join(file)).expect("a certificate");
        let certificates: Vec<String> = self.cert_pem.iter().map(read).collect();
        let idp = IdentityProvider::new(
            self.idp_issuer.clone(),
            Certificates::parse(certificates.join("\n"))?,
        );
        let audience = self.audience.clone().unwrap_or_else(unnamed);
        let mut sp = ServiceProvider::new(audience, self.acs_url.clone());
        if let Some(key) = &self.sp_key_pem {
            let key = KeyPair::self_signed(
                read(key),
                "vector",
                at("2000-01-01T00:00:00Z"),
                at("2049-01-01T00:00:00Z"),
            );
            sp = sp.with_decryption_key(key.expect("a key"));
        }
        let unsolicited =
            if self.request_id.is_none() { Unsolicited::On } else { Unsolicited::Off };
        let options = ConnectionOptions::default()
            .with_unsolicited(unsolicited)
            .with_danger_allow_3des(allow.triple_des)
            .with_forbid_cbc(!allow.cbc)
            .with_danger_allow_sha1(allow.sha1)
            .with_danger_allow_weak_keys(allow.weak_keys);
        Connection::builder("vector", sp, idp).with_options(options).build()
    }

    /// The NameID of the person who gets in, or the code of the refusal. The report agrees with it.
    fn verdict(&self, folder: &Path, connection: &Connection) -> Result<String, &'static str> {
        let form_value = STANDARD.encode(fs::read(folder.join(&self.file)).expect("a document"));
        let now = at(&self.now);
        let request = self.request_id.as_ref().map(|id| pending_request(connection, id, now));
        let expected = request.as_ref();
        let verdict =
            connection.verify(&form_value, expected, now).map_err(|rejection| rejection.code());
        let report = connection.explain(&form_value, expected, now);
        assert_eq!(
            (report.accepted, report.code),
            (verdict.is_ok(), verdict.as_ref().err().copied())
        );
        let identity = block_on(verdict?.spend(&MemoryReplayStore::default(), now));
        Ok(identity.expect("the first use").name_id.value)
    }
}

fn rows() -> Option<(PathBuf, Vec<Row>)> {
    let folder = PathBuf::from(std::env::var_os("SAML_LOGIN_VECTORS")?);
    let manifest = fs::read(folder.join("manifest.json")).expect("manifest.json");
    let rows: Vec<serde_json::Value> = serde_json::from_slice(&manifest).expect("a list of rows");
    let rows = rows.into_iter().filter(|row| row["layer"] == "response");
    let rows = rows.map(|row| serde_json::from_value(row).expect("a response row")).collect();
    Some((folder, rows))
}

#[test]
fn responses() {
    let Some((folder, rows)) = rows() else { return };
    let (mut plain, mut encrypted) = (0, 0);
    for row in &rows {
        let id = row.id.as_str();
        assert_eq!(row.layer, "response");
        let refused = REFUSED.iter().find(|(refused, _)| *refused == id);
        let pinned = ACCEPTED.iter().find(|(accepted, _)| *accepted == id);
        if row.needs.contains("sp_private_key") {
            encrypted += 1;
        } else {
            plain += 1;
        }
        if let Some((_, code)) = refused {
            // Refused even with everything let in that can be.
            let pkcs1 = row.needs.contains("allow_rsa1_5");
            assert!(row.expect == "reject" || row.policy_dependent || pkcs1, "{id}");
            let connection = row.connection(&folder, EVERYTHING).expect("a connection");
            assert_eq!(row.verdict(&folder, &connection), Err(*code), "{id}");
            continue;
        }
        assert!(
            row.expect == "accept" || (row.policy_dependent && pinned.is_some()),
            "{id} has no verdict"
        );
        let needed = row.needed();
        let connection = row.connection(&folder, needed).expect("a connection");
        let name_id = row.verdict(&folder, &connection);
        assert_eq!(name_id.as_ref().ok(), row.name_id.as_ref(), "{id}: {name_id:?}");
        if let Some(only) = &row.must_yield_name_id {
            assert_eq!(name_id.as_ref(), Ok(only), "{id}");
        }
        // With one algorithm switch off, the response is refused for that reason.
        if needed.sha1 {
            let connection =
                row.connection(&folder, Allow { sha1: false, ..needed }).expect("a connection");
            // What is inside the encryption is refused with the one code of all that lies there.
            let hidden = row.needs.contains("sp_private_key")
                && !fs::read_to_string(folder.join(&row.file))
                    .expect("a document")
                    .contains("SignatureValue");
            let code = if hidden { "decryption_failed" } else { "algorithm_forbidden" };
            assert_eq!(row.verdict(&folder, &connection), Err(code), "{id}");
        }
        for off in [Allow { triple_des: false, ..needed }, Allow { cbc: false, ..needed }] {
            if (needed.triple_des, needed.cbc) != (off.triple_des, off.cbc)
                && row.needs.contains("sp_private_key")
            {
                let connection = row.connection(&folder, off).expect("a connection");
                assert_eq!(row.verdict(&folder, &connection), Err("algorithm_forbidden"), "{id}");
            }
        }
        if row.needs.contains("allow_rsa_1024") {
            let error =
                row.connection(&folder, Allow { weak_keys: false, ..needed }).expect_err(id);
            assert!(matches!(error, ConfigError::KeyTooWeak { bits: 1024, .. }), "{id}: {error:?}");
        }
    }
    println!("vectors: response rows {plain}, encrypted response rows {encrypted}");
    let ids: BTreeSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let listed = REFUSED.iter().map(|(id, _)| id).chain(ACCEPTED.iter().map(|(id, _)| id));
    assert!(listed.clone().all(|id| ids.contains(id)), "a listed row does not exist");
    assert_eq!(
        listed.clone().collect::<BTreeSet<_>>().len(),
        listed.count(),
        "a row is listed twice"
    );
}
