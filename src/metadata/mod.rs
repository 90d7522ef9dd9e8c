//! Metadata: the identity provider's in, ours out (SAML 2.0 Metadata).

mod elements;
mod error;
mod identity_provider;
mod keys;
mod refresh;
mod service_provider;
mod text;
mod validity;
mod warning;
mod words;

use chrono::{DateTime, Utc};

pub use self::error::MetadataError;
pub use self::refresh::{EndpointKind, MetadataChange};
pub use self::service_provider::{ContactType, EncryptionMethods, SpMetadata};
use self::validity::Validity;
pub use self::warning::MetadataWarning;
use self::warning::Warnings;
use crate::assertion::any_uri;
use crate::dsig::{SignedOctets, Trust, verify};
use crate::error::{Excerpt, Mismatch, Part};
use crate::fingerprint::Fingerprint;
use crate::limits::Limits;
use crate::provider::IdentityProvider;
use crate::trust::Certificates;
use crate::xml::{Document, Element, Namespace};

/// What makes a metadata document trustworthy.
///
/// Keys that a document brings along never do: neither those of its entities nor the one in its
/// signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MetadataTrust<'c> {
    /// The way it came: an administrator uploaded it and answers for it. A signature is not looked
    /// at.
    Unsigned,
    /// The signature of its root element, by one of these keys: Metadata §3. They were agreed on
    /// beforehand, with whoever publishes the metadata.
    ///
    /// The key of a federation signs the metadata of all its members, together or each alone:
    /// **always say which entity is meant**, or whoever can exchange the document chooses the
    /// member. A group is refused without it ([`MetadataError::EntityUnnamed`]); the document of
    /// one entity is not, for it may be signed with the identity provider's own key.
    ///
    /// A signature speaks for what is inside of it. Where an entity in a group has a signature of
    /// its own by the same key, it can be lifted out of the group, and the group's `validUntil`
    /// does not go with it: have the publisher set one on each entity as well.
    Pinned(&'c Certificates),
}

/// An identity provider as its metadata describes it: Metadata §2.4.3.
///
/// ```
/// use chrono::{DateTime, Utc};
/// use saml_login::metadata::MetadataTrust;
/// use saml_login::{IdpMetadata, Limits};
///
/// let xml = include_str!("../../fixtures/metadata/simplesamlphp.xml");
/// let now: DateTime<Utc> = "2030-01-31T12:00:00Z".parse()?;
/// let metadata = IdpMetadata::parse(xml, None, MetadataTrust::Unsigned, &Limits::default(), now)?;
///
/// let idp = metadata.identity_provider();
/// assert_eq!(idp.issuer(), "http://127.0.0.1:18101/saml2/idp/metadata.php");
/// assert_eq!(idp.sso_url(), Some("http://127.0.0.1:18101/saml2/idp/SSOService.php"));
/// assert_eq!(idp.certificates().len(), 1);
///
/// // Later, with the document of the day: what differs from the configuration, for people to
/// // look at, …
/// assert_eq!(metadata.changes_from(idp), []);
/// // … and what may be taken without asking. Of a document whose signature was not verified, that
/// // is nothing.
/// assert_eq!(metadata.refreshed(idp)?, *idp);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdpMetadata {
    identity_provider: IdentityProvider,
    validity: Validity,
    signed_by: Option<Fingerprint>,
    warnings: Warnings,
}

impl IdpMetadata {
    /// Reads an EntityDescriptor or EntitiesDescriptor, and takes the identity provider with this
    /// entity ID, or the only one if no entity ID is given. A signed group is taken only with an
    /// entity ID.
    ///
    /// The document is UTF-8, or UTF-16 by its byte order mark. It is read as it stands; only where
    /// that is no XML, what stands around it is left out: the sentence that a browser writes above
    /// it, say.
    ///
    /// Only the IDPSSODescriptor for SAML 2.0 is read: keys that may sign, the addresses by
    /// bindings that are known here, and WantAuthnRequestsSigned. With [`MetadataTrust::Pinned`]
    /// all of it is read from the octets that were signed.
    ///
    /// A key, an address or a duration that cannot be used is left out with a
    /// [warning](IdpMetadata::warnings), as long as there is a key, and an address for logins if
    /// any is given. Of the certificates in one KeyInfo, those that have issued another are not
    /// trusted to sign, and of those that remain, only the first in each X509Data is.
    ///
    /// ```
    /// use saml_login::metadata::MetadataTrust;
    /// use saml_login::{IdpMetadata, Limits};
    ///
    /// let xml = include_str!("../../fixtures/metadata/simplesamlphp.xml");
    /// let (_, xml) = xml.split_once("?>").expect("a declaration");
    /// let copied = format!("This XML file does not appear to have any style information.{xml}");
    /// # let now = "2030-01-31T12:00:00Z".parse()?;
    /// let trust = MetadataTrust::Unsigned;
    /// let metadata = IdpMetadata::parse(&copied, None, trust, &Limits::default(), now)?;
    /// assert_eq!(metadata.warnings().len(), 1);
    /// assert_eq!(metadata.warnings()[0].code(), "metadata_text_around");
    ///
    /// let refused = IdpMetadata::parse("Realm not found", None, trust, &Limits::default(), now);
    /// assert_eq!(
    ///     refused.unwrap_err().to_string(),
    ///     "this is not metadata, but a text, which says: \"Realm not found\""
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`MetadataError`] says what was given in place of metadata, or what is wrong with it;
    /// [`MetadataError::EntityUnnamed`] that a signed group was given without an entity ID.
    pub fn parse(
        xml: impl AsRef<[u8]>,
        entity_id: Option<&str>,
        trust: MetadataTrust<'_>,
        limits: &Limits,
        now: DateTime<Utc>,
    ) -> Result<Self, MetadataError> {
        let mut warnings = Warnings::default();
        let received = text::document(xml.as_ref(), limits, &mut warnings)?;
        let root = descriptor(&received)?;
        match trust {
            MetadataTrust::Unsigned => Self::read(root, entity_id, None, warnings, now),
            MetadataTrust::Pinned(certificates) => {
                let octets = signed_octets(root, certificates, limits)?;
                let fingerprint = octets.fingerprint();
                let signed = Document::parse(octets.into_text(), limits)
                    .map_err(MetadataError::Malformed)?;
                let root = descriptor(&signed)?;
                if is_group(root) && entity_id.is_none() {
                    return Err(MetadataError::EntityUnnamed);
                }
                Self::read(root, entity_id, Some(fingerprint), warnings, now)
            }
        }
    }

    fn read(
        root: Element<'_>,
        entity_id: Option<&str>,
        signed_by: Option<Fingerprint>,
        mut warnings: Warnings,
        now: DateTime<Utc>,
    ) -> Result<Self, MetadataError> {
        let entities = entities(root);
        if entities.is_empty() {
            let missing = bare(&["EntityDescriptor"], root.child_elements());
            return Err(missing.unwrap_or(MetadataError::NoEntity));
        }
        let (entity_id, entity) = chosen(&entities, entity_id)?;
        let role = identity_provider::role(entity)?;
        let validity = Validity::of(role, now, &mut warnings)?;
        let identity_provider = identity_provider::read(entity_id, role, &mut warnings)?;
        Ok(Self { identity_provider, validity, signed_by, warnings })
    }

    /// The identity provider: for [`Connection::builder`](crate::Connection::builder).
    pub fn identity_provider(&self) -> &IdentityProvider {
        &self.identity_provider
    }

    /// When it stops being valid, if it says so: the earliest `validUntil` of the role, the entity
    /// and all that encloses it (Metadata §2.3.2).
    pub fn valid_until(&self) -> Option<DateTime<Utc>> {
        self.validity.valid_until
    }

    /// When to fetch it again, if it says so: after the shortest `cacheDuration` that applies, but
    /// before `validUntil` has passed (Metadata §2.3.2). A `cacheDuration` below one hour counts as
    /// one hour, so that no document keeps its readers busy.
    pub fn refresh_after(&self) -> Option<DateTime<Utc>> {
        self.validity.refresh_after
    }

    /// Whether a pinned key has signed it: Metadata §3.
    pub fn signature_verified(&self) -> bool {
        self.signed_by.is_some()
    }

    /// The SHA-256 fingerprint of the pinned certificate whose key has signed it.
    pub fn signed_by(&self) -> Option<Fingerprint> {
        self.signed_by
    }

    /// What was left out, since it cannot be used: for the administrator who gave the document. At
    /// most 32 are kept.
    pub fn warnings(&self) -> &[MetadataWarning] {
        self.warnings.as_slice()
    }
}

/// The root, if it is one of metadata: Metadata §2.3.
fn descriptor(document: &Document) -> Result<Element<'_>, MetadataError> {
    let root = document.root().ok_or(MetadataError::NoEntity)?;
    if is_entity(root) || is_group(root) {
        return Ok(root);
    }
    Err(match bare(&["EntityDescriptor", "EntitiesDescriptor"], [root]) {
        Some(missing) => missing,
        None if text::is_web_page(document.text()) => MetadataError::WebPage,
        None => MetadataError::NotMetadata { found: Excerpt::new(&root.expanded_name()) },
    })
}

/// Names the first element that would be one of these, but is in no namespace.
fn bare<'d>(
    names: &[&'static str],
    elements: impl IntoIterator<Item = Element<'d>>,
) -> Option<MetadataError> {
    let mut elements = elements.into_iter();
    elements.find_map(|element| {
        let name = names.iter().find(|name| **name == element.local_name())?;
        let missing = MetadataError::NamespaceMissing { element: name };
        (element.expanded_name() == *name).then_some(missing)
    })
}

fn is_entity(element: Element<'_>) -> bool {
    element.is(Namespace::MD, "EntityDescriptor")
}

fn is_group(element: Element<'_>) -> bool {
    element.is(Namespace::MD, "EntitiesDescriptor")
}

/// The octets of the root that a pinned key has signed: Metadata §3.1, by the rules for messages
/// (Core §5.4).
fn signed_octets(
    root: Element<'_>,
    certificates: &Certificates,
    limits: &Limits,
) -> Result<SignedOctets, MetadataError> {
    for certificate in certificates {
        if let Some(bits) = certificate.weak_bits() {
            let fingerprint = certificate.fingerprint();
            return Err(MetadataError::PinnedKeyTooWeak { fingerprint, bits });
        }
    }
    if !root.child_elements().any(|child| child.is(Namespace::DS, "Signature")) {
        return Err(MetadataError::NotSigned);
    }
    verify(root, Part::Metadata, Trust { certificates, allow_sha1: false, limits })
        .map_err(MetadataError::Signature)
}

/// The entities in document order: the root, or those in the groups, and nothing that stands
/// elsewhere (in Extensions).
fn entities(root: Element<'_>) -> Vec<Element<'_>> {
    let mut groups = vec![root];
    let mut entities = Vec::new();
    while let Some(next) = groups.pop() {
        if is_entity(next) {
            entities.push(next);
        } else if is_group(next) {
            let behind = groups.len();
            groups.extend(
                next.child_elements().filter(|child| is_entity(*child) || is_group(*child)),
            );
            if let Some(children) = groups.get_mut(behind..) {
                children.reverse();
            }
        }
    }
    entities
}

/// The entity that is meant, with its entity ID.
fn chosen<'d>(
    entities: &[Element<'d>],
    wanted: Option<&str>,
) -> Result<(&'d str, Element<'d>), MetadataError> {
    let with_ids: Option<Vec<(&str, Element<'_>)>> = entities
        .iter()
        .map(|entity| {
            let id = entity.attribute("entityID").map(any_uri);
            Some((id.filter(|id| !id.trim().is_empty())?, *entity))
        })
        .collect();
    let with_ids = with_ids.ok_or(MetadataError::EntityIdMissing)?;
    let candidates: Vec<(&str, Element<'_>)> = match wanted {
        Some(wanted) => with_ids.iter().copied().filter(|(id, _)| *id == wanted).collect(),
        None => {
            let is_role = |child: Element<'_>| child.is(Namespace::MD, "IDPSSODescriptor");
            with_ids
                .iter()
                .copied()
                .filter(|(_, entity)| entity.child_elements().any(is_role))
                .collect()
        }
    };
    match (candidates.as_slice(), wanted) {
        ([], None) => {
            let children = entities.iter().flat_map(Element::child_elements);
            let missing = bare(&["IDPSSODescriptor"], children);
            Err(missing.unwrap_or(MetadataError::NotAnIdentityProvider))
        }
        ([], Some(wanted)) => {
            let entity = Mismatch::new(wanted, with_ids.iter().map(|(id, _)| *id), None);
            Err(MetadataError::EntityNotFound { entity })
        }
        // An entity ID that stands there twice leaves open which of the two is meant.
        ([(id, _), ..], _) if with_ids.iter().filter(|(other, _)| other == id).count() > 1 => {
            Err(MetadataError::EntityRepeated { entity_id: Excerpt::new(id) })
        }
        ([(id, entity)], _) => Ok((*id, *entity)),
        (several, _) => Err(MetadataError::SeveralIdentityProviders { count: several.len() }),
    }
}
