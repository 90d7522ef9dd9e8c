//! The settings of an organization's connection: plain data, to be stored and shown.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use chrono::TimeDelta;
use openssl::sha::Sha256;

use crate::binding::Binding;
use crate::connection::{Connection, ConnectionBuilder, SignedParts};
use crate::error::{CertificateError, ConfigError};
use crate::identity::{AttributeMap, IdentityField};
use crate::provider::{Endpoint, IdentityProvider, ServiceProvider};
use crate::trust::Certificates;
use crate::validate::Unsolicited;

/// What an administrator has configured: the four values, and how strictly the connection takes
/// them.
///
/// With the feature `serde` it is written and read as one map. It holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct ConnectionSettings {
    /// The Audience URI: our entity ID, as the identity provider has it. Free text.
    pub audience: String,
    /// The identity provider's single sign-on URL.
    pub sso_url: String,
    /// The identity provider's issuer, its entity ID. Free text.
    pub issuer: String,
    /// The identity provider's certificates, each as PEM; more than one while keys are rolled over.
    pub certificates: Vec<String>,
    /// Everything else.
    #[cfg_attr(feature = "serde", serde(default))]
    pub options: ConnectionOptions,
}

/// How a connection takes what its identity provider sends. The default is what suits JumpCloud,
/// Okta, Entra and Google.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct ConnectionOptions {
    /// How requests travel: by HTTP-Redirect, or by HTTP-POST.
    pub sso_binding: Binding,
    /// What becomes of logins that begin at the identity provider. The default is to
    /// [bounce](Unsolicited::Bounce) them: they work, and are still bound to the browser.
    pub unsolicited: Unsolicited,
    /// What has to be signed.
    pub signed_parts: SignedParts,
    /// Tolerance for clocks that disagree, in seconds: 0 to 300.
    pub clock_skew_seconds: u32,
    /// The identity provider's Single Logout Service for HTTP-Redirect, if there is one.
    pub slo_url: Option<String>,
    /// What separates groups in one value: see [`AttributeMap::group_delimiter`].
    pub group_delimiter: Option<char>,
    /// Names of attributes in the place of those that are known by default: see [`AttributeMap`].
    pub attribute_names: BTreeMap<IdentityField, Vec<String>>,
    /// What a response has to say of a person.
    pub required: BTreeSet<IdentityField>,
    /// Whether CBC is refused.
    pub forbid_cbc: bool,
    /// See [`ConnectionBuilder::danger_allow_sha1`].
    pub danger_allow_sha1: bool,
    /// See [`ConnectionBuilder::danger_allow_weak_keys`].
    pub danger_allow_weak_keys: bool,
    /// See [`ConnectionBuilder::danger_allow_3des`].
    pub danger_allow_3des: bool,
    /// See [`ConnectionBuilder::danger_ignore_unsolicited_in_response_to`].
    pub danger_ignore_unsolicited_in_response_to: bool,
}

impl Default for ConnectionOptions {
    fn default() -> Self {
        Self {
            sso_binding: Binding::HttpRedirect,
            unsolicited: Unsolicited::Bounce,
            signed_parts: SignedParts::Any,
            clock_skew_seconds: 60,
            slo_url: None,
            group_delimiter: None,
            attribute_names: BTreeMap::new(),
            required: BTreeSet::new(),
            forbid_cbc: false,
            danger_allow_sha1: false,
            danger_allow_weak_keys: false,
            danger_allow_3des: false,
            danger_ignore_unsolicited_in_response_to: false,
        }
    }
}

impl ConnectionOptions {
    /// The names of the `danger_…` switches that are on.
    pub fn dangers(&self) -> Vec<&'static str> {
        let switches = [
            (self.danger_allow_3des, "danger_allow_3des"),
            (self.danger_allow_sha1, "danger_allow_sha1"),
            (self.danger_allow_weak_keys, "danger_allow_weak_keys"),
            (
                self.danger_ignore_unsolicited_in_response_to,
                "danger_ignore_unsolicited_in_response_to",
            ),
        ];
        switches.into_iter().filter_map(|(on, name)| on.then_some(name)).collect()
    }
}

impl ConnectionSettings {
    /// The identity provider that they describe.
    ///
    /// # Errors
    ///
    /// [`CertificateError`], if what is stored as certificates is none.
    pub fn identity_provider(&self) -> Result<IdentityProvider, CertificateError> {
        let certificates = self.certificates()?;
        let sso = Endpoint::new(self.options.sso_binding, self.sso_url.clone());
        let idp = IdentityProvider::new(self.issuer.clone(), certificates).with_sso_endpoint(sso);
        Ok(match &self.options.slo_url {
            Some(url) => idp.with_slo_endpoint(Endpoint::new(Binding::HttpRedirect, url)),
            None => idp,
        })
    }

    /// The certificates, parsed.
    pub(super) fn certificates(&self) -> Result<Certificates, CertificateError> {
        Certificates::parse(self.certificates.join("\n"))
    }

    /// A connection of them, under this id and for this service provider.
    pub(super) fn builder(
        &self,
        id: &str,
        sp: ServiceProvider,
    ) -> Result<ConnectionBuilder, ConfigError> {
        let options = &self.options;
        let mut map = AttributeMap::default();
        for (field, names) in &options.attribute_names {
            map = match field {
                IdentityField::DisplayName => map.display_name(names),
                IdentityField::Email => map.email(names),
                IdentityField::FirstName => map.first_name(names),
                IdentityField::Groups => map.groups(names),
                IdentityField::LastName => map.last_name(names),
            };
        }
        if let Some(delimiter) = options.group_delimiter {
            map = map.group_delimiter(delimiter);
        }
        let mut builder = Connection::builder(id, sp, self.identity_provider()?)
            .attribute_map(map)
            .clock_skew(TimeDelta::seconds(i64::from(options.clock_skew_seconds)))
            .require(options.required.iter().copied())
            .signed_parts(options.signed_parts)
            .unsolicited(options.unsolicited);
        type Switch = fn(ConnectionBuilder) -> ConnectionBuilder;
        let switches: [(bool, Switch); 5] = [
            (options.forbid_cbc, ConnectionBuilder::forbid_cbc),
            (options.danger_allow_sha1, ConnectionBuilder::danger_allow_sha1),
            (options.danger_allow_weak_keys, ConnectionBuilder::danger_allow_weak_keys),
            (options.danger_allow_3des, ConnectionBuilder::danger_allow_3des),
            (
                options.danger_ignore_unsolicited_in_response_to,
                ConnectionBuilder::danger_ignore_unsolicited_in_response_to,
            ),
        ];
        for (_, switch) in switches.into_iter().filter(|(on, _)| *on) {
            builder = switch(builder);
        }
        Ok(builder)
    }

    /// Whether both trust the same keys of the same issuer.
    pub(super) fn trusts_as(&self, other: &Self) -> bool {
        self.issuer == other.issuer && self.certificates == other.certificates
    }

    /// A digest of everything that decides whether a login works: a test login says something of
    /// these settings and no others.
    pub(super) fn digest(&self, acs_url: &str) -> String {
        let ConnectionOptions {
            sso_binding,
            unsolicited,
            signed_parts,
            clock_skew_seconds,
            slo_url,
            group_delimiter,
            attribute_names,
            required,
            forbid_cbc,
            danger_allow_sha1,
            danger_allow_weak_keys,
            danger_allow_3des,
            danger_ignore_unsolicited_in_response_to,
        } = &self.options;
        let mut hash = Sha256::new();
        let mut field = |text: &str| {
            hash.update(text.len().to_string().as_bytes());
            hash.update(b":");
            hash.update(text.as_bytes());
        };
        [&*self.audience, &self.sso_url, &self.issuer, acs_url].into_iter().for_each(&mut field);
        field(sso_binding.uri());
        field(unsolicited.as_str());
        field(signed_parts.as_str());
        field(&clock_skew_seconds.to_string());
        field(slo_url.as_deref().unwrap_or_default());
        field(&group_delimiter.map(String::from).unwrap_or_default());
        for (name, names) in attribute_names {
            field(name.as_str());
            names.iter().for_each(|name| field(name));
        }
        required.iter().for_each(|name| field(name.as_str()));
        let dangers = [
            forbid_cbc,
            danger_allow_sha1,
            danger_allow_weak_keys,
            danger_allow_3des,
            danger_ignore_unsolicited_in_response_to,
        ];
        dangers.into_iter().for_each(|on| field(if *on { "1" } else { "0" }));
        self.certificates.iter().for_each(|pem| field(pem));
        hash.finish().iter().fold(String::new(), |mut hex, byte| {
            // Writing to a String cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}
