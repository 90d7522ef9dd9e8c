//! The User of a POST or a PUT → how the directory wants a person to be.

use std::fmt;

use serde_json::{Map, Value};

use super::names::{Kind, kind, shown};
use super::schema::{Definition, Field};
use super::value::{Reader, boolean, member, text};
use super::{BodyRefusal, ScimMode, Warning};
use crate::account::{Account, Pushed, PushedAddress};
use crate::provision::{PushRefusal, Wanted};

/// A User as a directory sends it by POST and PUT.
///
/// ```
/// use saml_login::account::Account;
/// use saml_login::provision::Push;
/// use saml_login::scim::{JsonLimits, ScimMode, ReceivedUser, ScimError, parse};
///
/// fn push(body: &[u8]) -> Result<ReceivedUser, ScimError> {
///     Ok(ReceivedUser::parse(&parse(body, &JsonLimits::default())?, ScimMode::Lenient)?)
/// }
///
/// let received = push(br#"{"userName": "alice", "emials": ["alice@example.com"]}"#)?;
/// assert_eq!(
///     received.warnings()[0].to_string(),
///     "emials was dropped: it is not stored here; emails is"
/// );
/// let apply = |account: Option<&Account>| received.apply(account);
/// let push = Push::new(&apply);
/// # let _ = push;
/// # Ok::<(), ScimError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ReceivedUser {
    said: Said,
    warnings: Vec<Warning>,
}

/// What it says. What it leaves out is `None`.
#[derive(Clone, Default, PartialEq, Eq)]
struct Said {
    user_name: Option<String>,
    external_id: Option<String>,
    given_name: Option<String>,
    family_name: Option<String>,
    formatted: Option<String>,
    display_name: Option<String>,
    addresses: Option<Vec<PushedAddress>>,
    active: Option<bool>,
}

/// Names and addresses are nobody's business in a log.
impl fmt::Debug for ReceivedUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceivedUser").field("warnings", &self.warnings).finish_non_exhaustive()
    }
}

impl ReceivedUser {
    /// Reads one.
    ///
    /// # Errors
    ///
    /// [`BodyRefusal`] where a value is not what its attribute takes, where there is no
    /// `userName`, where `schemas` names something else, and by the interoperability profile for
    /// all that the schema does not define.
    pub fn parse(body: &Map<String, Value>, mode: ScimMode) -> Result<Self, BodyRefusal> {
        check_schemas(member(body, "schemas"), mode)?;
        let mut reader = Reader::new(mode);
        let mut said = Said::default();
        let mut seen = Vec::new();
        for (definition, value) in reader.members(body)? {
            if definition.leaves().any(|field| seen.contains(&field)) {
                return Err(BodyRefusal::AttributeTwice(definition.name));
            }
            seen.extend(definition.leaves());
            said.take(&mut reader, definition, value)?;
        }
        // RFC 7643 §4.1.1: "Each User MUST include a non-empty userName value."
        if said.user_name.is_none() {
            return Err(BodyRefusal::AttributeRequired("userName"));
        }
        Ok(Self { said, warnings: reader.warnings })
    }

    /// How the person is to be: somebody new, or the one who is there. A
    /// [`Push`](crate::provision::Push) calls it.
    ///
    /// `active`, `externalId` and the addresses stay where the User does not say them (RFC 7644
    /// §3.5.1 leaves that to the server: JumpCloud sends `"emails": null` and no `externalId` for
    /// people whom it still finds by both). Names go.
    ///
    /// # Errors
    ///
    /// None of its own: what cannot be kept is refused where it would be kept.
    pub fn apply(&self, account: Option<&Account>) -> Result<Wanted, PushRefusal> {
        let before = account.map(Pushed::of).unwrap_or_default();
        let said = self.said.clone();
        let mut pushed = Pushed::new(said.user_name.unwrap_or_default());
        pushed.external_id = said.external_id.or_else(|| before.external_id.clone());
        pushed.addresses = said.addresses.unwrap_or_else(|| before.addresses.clone());
        pushed.given_name = said.given_name;
        pushed.family_name = said.family_name;
        pushed.display_name = said.display_name;
        pushed.formatted = said.formatted;
        forget_stale_name(&mut pushed, &before);
        Ok(Wanted::new(pushed, said.active))
    }

    /// Whether the person may come in, if it says so.
    pub fn active(&self) -> Option<bool> {
        self.said.active
    }

    /// What was taken otherwise than it was sent.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}

impl Said {
    fn take(
        &mut self,
        reader: &mut Reader,
        definition: &'static Definition,
        value: &Value,
    ) -> Result<(), BodyRefusal> {
        match definition.field {
            Field::Active => self.active = boolean(value, definition.name)?,
            Field::Emails => {
                let addresses = reader.addresses(definition, value)?;
                self.addresses = Some(addresses).filter(|addresses| !addresses.is_empty());
            }
            Field::Name => {
                for (field, name) in reader.names(definition, value)? {
                    self.put(field, name);
                }
            }
            field => self.put(field, text(value, definition.name)?),
        }
        Ok(())
    }

    fn put(&mut self, field: Field, text: Option<String>) {
        match field {
            Field::UserName => self.user_name = text,
            Field::ExternalId => self.external_id = text,
            Field::DisplayName => self.display_name = text,
            Field::GivenName => self.given_name = text,
            Field::FamilyName => self.family_name = text,
            Field::Formatted => self.formatted = text,
            _ => {}
        }
    }
}

/// Okta sends back the `name.formatted` that it has read together with other names: it is of the
/// person as they were called before.
pub(super) fn forget_stale_name(pushed: &mut Pushed, before: &Pushed) {
    let is_renamed =
        pushed.given_name != before.given_name || pushed.family_name != before.family_name;
    let is_named = pushed.given_name.is_some() || pushed.family_name.is_some();
    if is_renamed && is_named && pushed.formatted == before.formatted {
        pushed.formatted = None;
    }
}

/// RFC 7643 §3: "The "schemas" attribute is a REQUIRED attribute". Older clients leave it out.
fn check_schemas(schemas: Option<&Value>, mode: ScimMode) -> Result<(), BodyRefusal> {
    let schemas = match schemas {
        Some(Value::Array(schemas)) => schemas.as_slice(),
        Some(Value::Null) | None => &[],
        Some(schema) => std::slice::from_ref(schema),
    };
    let mut is_user = false;
    for schema in schemas {
        let schema = schema.as_str().ok_or(BodyRefusal::TypeUnfit("schemas"))?;
        match (kind(schema), mode) {
            (Kind::User, _) => is_user = true,
            (Kind::UserOfOld | Kind::Extension, ScimMode::Lenient) => {}
            _ => return Err(BodyRefusal::SchemaForeign(shown(schema))),
        }
    }
    if mode == ScimMode::Interop && !is_user { Err(BodyRefusal::SchemasMissing) } else { Ok(()) }
}
