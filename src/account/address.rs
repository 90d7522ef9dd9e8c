//! An account's e-mail address, and how good it is.

use crate::code::codes;
use crate::identity::Email;

/// How good an account's e-mail address is, the weakest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum EmailProof {
    /// Anybody could have typed it in. A login never leads to an account because of such an
    /// address.
    #[default]
    Unproven,
    /// The organization says so: an administrator has invited the address, or the identity provider
    /// has sent it. That holds inside the organization and nowhere else.
    Organization,
    /// The organization says so, and had shown that the domain is its own. That holds elsewhere for
    /// as long as the domain is.
    Domain,
    /// The person has received something there.
    Proven,
}

codes!(EmailProof {
    Unproven = "unproven",
    Organization = "organization",
    Domain = "domain",
    Proven = "proven",
});

/// An e-mail address and its proof: one value, so that no proof outlives the address that it was
/// of.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct AccountAddress {
    /// The address.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::identity::as_sent::one"))]
    pub email: Email,
    /// How good it is.
    pub proof: EmailProof,
}

impl AccountAddress {
    /// An address, as good as that.
    pub fn new(email: Email, proof: EmailProof) -> Self {
        Self { email, proof }
    }

    /// Whether it is this address. ASCII letter case does not count, in the part before the `@`
    /// neither: no mail system that is in use tells `Alice@` from `alice@`, and two accounts of one
    /// person are worse than the theory.
    pub fn is(&self, email: &Email) -> bool {
        self.email.address().eq_ignore_ascii_case(email.address())
    }
}
