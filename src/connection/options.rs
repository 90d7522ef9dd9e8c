use std::collections::BTreeSet;

use chrono::TimeDelta;

use crate::code::codes;
use crate::digest::Digest;
use crate::error::ConfigError;
use crate::identity::{AttributeMap, IdentityField};
use crate::validate::{MAX_CLOCK_SKEW, Unsolicited};

/// How a connection takes what its identity provider sends. The default suits JumpCloud, Okta,
/// Entra and Google.
///
/// With the feature `serde` it is one map, in which what is left out has its default.
///
/// ```
/// use saml_login::identity::IdentityField;
/// use saml_login::{ConnectionOptions, Unsolicited};
///
/// let options = ConnectionOptions::default()
///     .with_unsolicited(Unsolicited::Off)
///     .with_clock_skew_seconds(120)
///     .with_required([IdentityField::Email]);
/// assert_eq!(options.clock_skew_seconds, 120);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct ConnectionOptions {
    /// What becomes of logins that begin at the identity provider. The default is to
    /// [bounce](Unsolicited::Bounce) them: they work, and are still bound to the browser.
    pub unsolicited: Unsolicited,
    /// What has to be signed. Default: the Response or the Assertion.
    pub signed_parts: SignedParts,
    /// How far the two clocks may be apart, in seconds. Default 60, at most 300.
    pub clock_skew_seconds: u32,
    /// Which attributes make up an identity. The default knows the names that the usual identity
    /// providers send.
    pub attribute_map: AttributeMap,
    /// What a response has to say of a person. Default: nothing beyond the NameID.
    pub required: BTreeSet<IdentityField>,
    /// Refuses encryption in the CBC mode, which nothing but the signature protects against
    /// changes. Default: it is opened, for most identity providers know nothing else.
    ///
    /// An assertion that is signed only inside has to be opened before its signature can be
    /// verified. Whatever goes wrong on that way gets one refusal, and it comes at one point; but
    /// no refusal hides all time. Prefer the GCM mode, or require a signed Response
    /// ([`signed_parts`](Self::signed_parts)), which is verified first.
    /// [`Connection::warnings`](crate::Connection::warnings) reminds of it.
    pub forbid_cbc: bool,
    /// Asks libxmlsec1 for its opinion of every message that is verified, and refuses where it does
    /// not come to the same octets. It doubles the work. RSA-PSS is unknown to its versions before
    /// 1.3, and so refused. Needs the feature `samael`: without it no connection can be built.
    pub second_opinion: bool,
    /// Accepts SHA-1 in signatures and digests. Collisions of SHA-1 are affordable; do this only
    /// for an identity provider that cannot do better.
    pub danger_allow_sha1: bool,
    /// Accepts RSA keys from 1024 bits, on either side; the default asks for 2048.
    pub danger_allow_weak_keys: bool,
    /// Opens what is encrypted with Triple DES, whose blocks are so short that patterns show in
    /// much data.
    pub danger_allow_3des: bool,
    /// Lets unsolicited responses carry an InResponseTo, which is ignored. Some identity providers
    /// send an invented one.
    pub danger_ignore_unsolicited_in_response_to: bool,
}

impl Default for ConnectionOptions {
    fn default() -> Self {
        Self {
            unsolicited: Unsolicited::default(),
            signed_parts: SignedParts::default(),
            clock_skew_seconds: 60,
            attribute_map: AttributeMap::default(),
            required: BTreeSet::new(),
            forbid_cbc: false,
            second_opinion: false,
            danger_allow_sha1: false,
            danger_allow_weak_keys: false,
            danger_allow_3des: false,
            danger_ignore_unsolicited_in_response_to: false,
        }
    }
}

impl ConnectionOptions {
    /// Sets [`unsolicited`](Self::unsolicited).
    #[must_use]
    pub fn with_unsolicited(self, unsolicited: Unsolicited) -> Self {
        Self { unsolicited, ..self }
    }

    /// Sets [`signed_parts`](Self::signed_parts).
    #[must_use]
    pub fn with_signed_parts(self, signed_parts: SignedParts) -> Self {
        Self { signed_parts, ..self }
    }

    /// Sets [`clock_skew_seconds`](Self::clock_skew_seconds).
    #[must_use]
    pub fn with_clock_skew_seconds(self, clock_skew_seconds: u32) -> Self {
        Self { clock_skew_seconds, ..self }
    }

    /// Sets [`attribute_map`](Self::attribute_map).
    #[must_use]
    pub fn with_attribute_map(self, attribute_map: AttributeMap) -> Self {
        Self { attribute_map, ..self }
    }

    /// Sets [`required`](Self::required).
    #[must_use]
    pub fn with_required(self, required: impl IntoIterator<Item = IdentityField>) -> Self {
        Self { required: required.into_iter().collect(), ..self }
    }

    /// Sets [`forbid_cbc`](Self::forbid_cbc).
    #[must_use]
    pub fn with_forbid_cbc(self, forbid_cbc: bool) -> Self {
        Self { forbid_cbc, ..self }
    }

    /// Sets [`second_opinion`](Self::second_opinion).
    #[must_use]
    pub fn with_second_opinion(self, second_opinion: bool) -> Self {
        Self { second_opinion, ..self }
    }

    /// Sets [`danger_allow_sha1`](Self::danger_allow_sha1).
    #[must_use]
    pub fn with_danger_allow_sha1(self, danger_allow_sha1: bool) -> Self {
        Self { danger_allow_sha1, ..self }
    }

    /// Sets [`danger_allow_weak_keys`](Self::danger_allow_weak_keys).
    #[must_use]
    pub fn with_danger_allow_weak_keys(self, danger_allow_weak_keys: bool) -> Self {
        Self { danger_allow_weak_keys, ..self }
    }

    /// Sets [`danger_allow_3des`](Self::danger_allow_3des).
    #[must_use]
    pub fn with_danger_allow_3des(self, danger_allow_3des: bool) -> Self {
        Self { danger_allow_3des, ..self }
    }

    /// Sets [`danger_ignore_unsolicited_in_response_to`][switch].
    ///
    /// [switch]: Self::danger_ignore_unsolicited_in_response_to
    #[must_use]
    pub fn with_danger_ignore_unsolicited_in_response_to(self, ignored: bool) -> Self {
        Self { danger_ignore_unsolicited_in_response_to: ignored, ..self }
    }

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

    /// The tolerance for clocks.
    pub(crate) fn clock_skew(&self) -> TimeDelta {
        TimeDelta::seconds(self.clock_skew_seconds.into())
    }

    /// Whether a connection can have these.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if i64::from(self.clock_skew_seconds) > MAX_CLOCK_SKEW {
            return Err(ConfigError::ClockSkewOutOfRange { seconds: self.clock_skew_seconds });
        }
        if self.second_opinion && !cfg!(feature = "samael") {
            return Err(ConfigError::SecondOpinionUnavailable);
        }
        Ok(())
    }

    /// Every field, so that two different connections never have one digest.
    pub(crate) fn digest(&self, digest: Digest) -> Digest {
        let Self {
            unsolicited,
            signed_parts,
            clock_skew_seconds,
            attribute_map,
            required,
            forbid_cbc,
            second_opinion,
            danger_allow_sha1,
            danger_allow_weak_keys,
            danger_allow_3des,
            danger_ignore_unsolicited_in_response_to,
        } = self;
        let digest = digest
            .text(unsolicited.as_str())
            .text(signed_parts.as_str())
            .bytes(&clock_skew_seconds.to_be_bytes());
        attribute_map
            .digest(digest)
            .list(required, |digest, field| digest.text(field.as_str()))
            .flag(*forbid_cbc)
            .flag(*second_opinion)
            .flag(*danger_allow_sha1)
            .flag(*danger_allow_weak_keys)
            .flag(*danger_allow_3des)
            .flag(*danger_ignore_unsolicited_in_response_to)
    }
}

/// Which parts of a response must be signed. A signature that is present must verify in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum SignedParts {
    /// The Response or the Assertion: whatever the identity provider prefers.
    #[default]
    Any,
    /// The Assertion.
    Assertion,
    /// Both.
    Both,
    /// The Response, with all that is in it.
    Response,
}

codes!(SignedParts {
    Any = "any",
    Assertion = "assertion",
    Both = "both",
    Response = "response",
});
