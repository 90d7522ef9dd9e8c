//! From what an assertion says about a person to one normalized [`Identity`].

mod attribute_map;
mod default_names;
mod email;
mod field;
mod kept;
mod stable_key;
#[cfg(test)]
mod tests;

use std::fmt;

use chrono::{DateTime, Utc};

use self::attribute_map::Mapped;
#[cfg(feature = "serde")]
pub(crate) use self::email::as_sent;
pub(crate) use self::email::is_domain;
pub use self::{
    attribute_map::AttributeMap,
    email::{Email, EmailError},
    field::IdentityField,
    stable_key::StableKey,
};
use crate::assertion::{Attributes, NameId};
use crate::fingerprint::Fingerprint;

/// A person as a verified assertion describes them.
///
/// Only a verified login yields one. Texts are the identity provider's: well-formed, but not fit
/// for HTML or SQL as they are. `Debug` hides whatever tells who the person is.
///
/// Serialized (feature `serde`), it is a map of the fields below under their names, in their order;
/// `email` is the address as a string or null, `name_id` a map of its four parts, instants are
/// strings after RFC 3339, and `attributes` is a list of maps of `name`, `name_format`,
/// `friendly_name` and `values`.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Identity {
    /// The id of the connection through which the person came.
    pub connection_id: String,
    /// The identity provider that vouches for the person: its entity ID.
    pub issuer: String,
    /// The person's name at the identity provider; see [`Identity::stable_key`].
    pub name_id: NameId,
    /// The e-mail address. [`AttributeMap`] says how it is found. That it is the person's own is
    /// the identity provider's word alone: trust it for the domains that belong to the connection's
    /// organization.
    pub email: Option<Email>,
    /// The first name, where one was sent.
    pub first_name: Option<String>,
    /// The last name, where one was sent.
    pub last_name: Option<String>,
    /// The display name, where one was sent. It is never made up from other fields.
    pub display_name: Option<String>,
    /// Groups or roles in the order sent, each once. Entra sends group ids, and a link in their
    /// place when they are too many; the link is among [`attributes`](Identity::attributes).
    pub groups: Vec<String>,
    /// The identity provider's handle of this session, needed for logout.
    pub session_index: Option<String>,
    /// When the session must end at the latest.
    pub session_not_on_or_after: Option<DateTime<Utc>>,
    /// When the person proved to the identity provider who they are.
    pub authn_instant: DateTime<Utc>,
    /// How they proved it: the URI of an authentication context class.
    pub authn_context_class_ref: Option<String>,
    /// SHA-256 fingerprint of the configured certificate that verified the signature.
    pub key_fingerprint: Fingerprint,
    /// Everything that was said about the person, mapped or not.
    pub attributes: Attributes,
}

impl Identity {
    /// Maps the attributes of a verified assertion.
    pub(crate) fn from_parts(parts: IdentityParts, map: &AttributeMap) -> Self {
        let IdentityParts { connection_id, issuer, name_id, session, attributes, key_fingerprint } =
            parts;
        let Session {
            session_index,
            session_not_on_or_after,
            authn_instant,
            authn_context_class_ref,
        } = session;
        let mapped = map.apply(&attributes);
        let email = find_email(&mapped, &name_id);
        let first_name = mapped.first_name.trimmed();
        let last_name = mapped.last_name.trimmed();
        let display_name = mapped.display_name.trimmed();
        let groups = mapped.groups;
        Self {
            connection_id,
            issuer,
            name_id,
            email,
            first_name,
            last_name,
            display_name,
            groups,
            session_index,
            session_not_on_or_after,
            authn_instant,
            authn_context_class_ref,
            key_fingerprint,
            attributes,
        }
    }

    /// The key under which to remember the person; `None` if the NameID is transient and so means
    /// nothing tomorrow.
    pub fn stable_key(&self) -> Option<StableKey> {
        StableKey::new(&self.connection_id, &self.issuer, &self.name_id)
    }

    /// The first of `required` that is not there.
    pub(crate) fn first_missing<'f>(
        &self,
        required: impl IntoIterator<Item = &'f IdentityField>,
    ) -> Option<IdentityField> {
        required.into_iter().copied().find(|field| match field {
            IdentityField::DisplayName => self.display_name.is_none(),
            IdentityField::Email => self.email.is_none(),
            IdentityField::FirstName => self.first_name.is_none(),
            IdentityField::Groups => self.groups.is_empty(),
            IdentityField::LastName => self.last_name.is_none(),
        })
    }
}

/// What an [`Identity`] is made of.
pub(crate) struct IdentityParts {
    pub(crate) connection_id: String,
    pub(crate) issuer: String,
    pub(crate) name_id: NameId,
    pub(crate) session: Session,
    pub(crate) attributes: Attributes,
    pub(crate) key_fingerprint: Fingerprint,
}

/// What the AuthnStatements say (Core §2.7.2).
pub(crate) struct Session {
    /// That of the first statement.
    pub(crate) session_index: Option<String>,
    /// The earliest of all statements.
    pub(crate) session_not_on_or_after: Option<DateTime<Utc>>,
    pub(crate) authn_instant: DateTime<Utc>,
    pub(crate) authn_context_class_ref: Option<String>,
}

/// The rule that [`AttributeMap`] documents.
fn find_email(mapped: &Mapped<'_>, name_id: &NameId) -> Option<Email> {
    if let Some(value) = mapped.email.raw() {
        return Email::parse(value).ok();
    }
    if !name_id.is_transient() {
        let email = parse_login_name(&name_id.value);
        if email.is_some() || (name_id.is_email_format() && !name_id.value.trim().is_empty()) {
            return email;
        }
    }
    [&mapped.upn_claim, &mapped.name_claim]
        .into_iter()
        .find_map(|claim| parse_login_name(claim.raw()?))
}

/// An address that is also, or chiefly, a name to log in with. Entra's names of guests are not
/// mailboxes.
fn parse_login_name(name: &str) -> Option<Email> {
    Email::parse(name).ok().filter(|email| !email.address().to_ascii_uppercase().contains("#EXT#"))
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn hidden<T>(value: &Option<T>) -> Option<fmt::Arguments<'static>> {
            value.as_ref().map(|_| format_args!("…"))
        }
        f.debug_struct("Identity")
            .field("connection_id", &self.connection_id)
            .field("issuer", &self.issuer)
            .field("name_id", &self.name_id)
            .field("email", &hidden(&self.email))
            .field("first_name", &hidden(&self.first_name))
            .field("last_name", &hidden(&self.last_name))
            .field("display_name", &hidden(&self.display_name))
            .field("groups", &self.groups.len())
            .field("session_index", &hidden(&self.session_index))
            .field("session_not_on_or_after", &self.session_not_on_or_after)
            .field("authn_instant", &self.authn_instant)
            .field("authn_context_class_ref", &self.authn_context_class_ref)
            .field("key_fingerprint", &self.key_fingerprint)
            .field("attributes", &self.attributes)
            .finish()
    }
}
