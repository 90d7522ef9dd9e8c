#![allow(dead_code, reason = "each target uses its part of it")]

use chrono::{DateTime, Utc};
use saml_login::test_idp::TestIdp;
use saml_login::{Connection, ServiceProvider, Unsolicited};

/// One identity provider and the connection to it, for the whole run.
pub struct Pair {
    pub idp: TestIdp,
    pub connection: Connection,
    pub now: DateTime<Utc>,
}

impl Pair {
    pub fn new() -> Self {
        let idp = TestIdp::p256("urn:idp").expect("a key");
        let sp = ServiceProvider::new("urn:sp", "urn:acs");
        let builder = Connection::builder("fuzz", sp, idp.identity_provider().expect("a certificate"));
        let connection = builder.unsolicited(Unsolicited::On).build().expect("a connection");
        Self { idp, connection, now: DateTime::from_timestamp(1_900_000_000, 0).expect("an instant") }
    }
}
