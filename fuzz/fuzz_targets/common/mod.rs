#![allow(dead_code, reason = "each target uses its part of it")]

use chrono::{DateTime, Utc};
use saml_login::testing::idp::TestIdp;
use saml_login::trust::Certificate;
use saml_login::{Connection, ConnectionOptions, KeyPair, ServiceProvider, Unsolicited};

const SP_KEY: &[u8] = include_bytes!("../../../fixtures/sp-key.pem");
const SP_CERTIFICATE: &[u8] = include_bytes!("../../../fixtures/sp-cert.pem");

/// One identity provider and the connection to it, for the whole run.
pub struct Pair {
    pub idp: TestIdp,
    pub connection: Connection,
    pub now: DateTime<Utc>,
}

impl Pair {
    pub fn new() -> Self {
        let idp = TestIdp::p256("urn:idp").expect("a key");
        let now = DateTime::from_timestamp(1_900_000_000, 0).expect("an instant");
        let ours = KeyPair::from_pem(SP_KEY, SP_CERTIFICATE).expect("a key pair");
        let sp = ServiceProvider::new("urn:sp", "urn:acs").with_slo_url("https://sp/slo").with_decryption_key(ours);
        let builder = Connection::builder("fuzz", sp, idp.identity_provider().expect("a certificate"));
        let options = ConnectionOptions::default().with_unsolicited(Unsolicited::On);
        let connection = builder.with_options(options).build().expect("a connection");
        Self { idp, connection, now }
    }

    /// For whom to encrypt.
    pub fn recipient(&self) -> &Certificate {
        self.connection.service_provider().decryption_keys()[0].certificate()
    }
}
