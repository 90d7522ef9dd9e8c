//! What works and should still be looked at.

use chrono::{DateTime, Utc};

use super::{Connection, SignedParts, Warning};
use crate::warning;

impl Connection {
    /// What works and should still be looked at: certificates near their end, telltale mistakes,
    /// dangers switched on.
    pub fn warnings(&self, now: DateTime<Utc>) -> Vec<Warning> {
        let mut warnings = warning::of_providers(&self.sp, &self.idp, now);
        let covered =
            matches!(self.options.signed_parts, SignedParts::Response | SignedParts::Both);
        if !self.sp.decryption_keys().is_empty() && !self.options.forbid_cbc && !covered {
            warnings.push(Warning::CbcUnsigned);
        }
        warnings
            .extend(self.options.dangers().into_iter().map(|switch| Warning::Danger { switch }));
        warnings
    }

    /// What is amiss between this connection and others of the application: a decryption key that
    /// both have. Somebody who captures what was encrypted for one can post it to the other, whose
    /// identity provider then learns what it says.
    ///
    /// ```
    /// # use saml_login::testing::idp::TestIdp;
    /// # use saml_login::{Connection, KeyPair, ServiceProvider};
    /// # let (from, until) = ("2030-01-01T00:00:00Z".parse()?, "2031-01-01T00:00:00Z".parse()?);
    /// # let key = include_bytes!("../../fixtures/sp-key.pem");
    /// # let key = KeyPair::self_signed(key, "sp", from, until)?;
    /// # let sp = ServiceProvider::new("https://app.example.test", "https://app.example.test/acs");
    /// # let sp = sp.with_decryption_key(key);
    /// # let idp = TestIdp::p256("https://idp.example.test")?.identity_provider()?;
    /// let acme = Connection::builder("acme", sp.clone(), idp.clone()).build()?;
    /// let bravo = Connection::builder("bravo", sp, idp).build()?;
    /// assert_eq!(acme.warnings_beside([&bravo])[0].code(), "decryption_key_shared");
    /// assert!(acme.warnings_beside([&acme]).is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn warnings_beside<'c>(
        &self,
        others: impl IntoIterator<Item = &'c Connection>,
    ) -> Vec<Warning> {
        let ours = self.sp.decryption_keys();
        let others = others.into_iter().filter(|other| other.id != self.id);
        let shared = others.flat_map(|other| {
            let theirs = other.sp.decryption_keys();
            let both = ours.iter().filter(|key| {
                theirs.iter().any(|their| their.certificate().has_same_key(key.certificate()))
            });
            both.map(|key| Warning::DecryptionKeyShared {
                fingerprint: key.certificate().fingerprint(),
                other: other.id.clone(),
            })
        });
        shared.collect()
    }
}
