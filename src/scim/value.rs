//! JSON values → values of attributes: what clients send for a text, a boolean, an address.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::names::{Named, named, shown};
use super::schema::{Definition, Field, Found, find, find_in, near};
use super::{BodyRefusal, ScimMode, Warning, json};
use crate::account::{Pushed, PushedAddress};
use crate::identity::Email;

/// The member of an object with a name, in any letter case.
pub(crate) fn member<'v>(object: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// Reads a body in a mode, and remembers what was taken otherwise than it was sent.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) mode: ScimMode,
    pub(super) warnings: Vec<Warning>,
}

/// A part of an address: what is `None` stays as it is.
#[derive(Clone, Default)]
pub(super) struct Part {
    pub(super) value: Option<String>,
    pub(super) kind: Option<Option<String>>,
    pub(super) primary: Option<bool>,
}

impl Part {
    /// The address with this in it.
    pub(super) fn laid_over(&self, address: &PushedAddress) -> PushedAddress {
        PushedAddress {
            value: self.value.clone().unwrap_or_else(|| address.value.clone()),
            kind: self.kind.clone().unwrap_or_else(|| address.kind.clone()),
            primary: self.primary.unwrap_or(address.primary),
        }
    }
}

impl Reader {
    pub(super) fn new(mode: ScimMode) -> Self {
        Self { mode, warnings: Vec::new() }
    }

    /// A body of a thousand unknown names is worth no thousand lines of a log.
    pub(super) fn warn(&mut self, warning: impl FnOnce() -> Warning) {
        const MOST: usize = 20;
        if self.warnings.len() < MOST {
            self.warnings.push(warning());
        }
    }

    /// What is not stored: the profile refuses it, and otherwise it is dropped, with a warning
    /// where nobody has heard of it.
    pub(super) fn drop_unstored(&mut self, name: &str, found: Found) -> Result<(), BodyRefusal> {
        match (self.mode, found) {
            (ScimMode::Interop, _) => return Err(BodyRefusal::AttributeUnknown(shown(name))),
            (ScimMode::Lenient, Found::Unknown) => {
                self.warn(|| Warning::UnknownDropped { name: shown(name), near: near(name) });
            }
            (ScimMode::Lenient, _) => {}
        }
        Ok(())
    }

    /// The members of a User that are stored, with what is under the name of its schema, and with
    /// the sub-attributes that stand behind a dot.
    pub(super) fn members<'v>(
        &mut self,
        object: &'v Map<String, Value>,
    ) -> Result<Vec<(&'static Definition, &'v Value)>, BodyRefusal> {
        let mut members = Vec::new();
        let inner = object.iter().filter(|(key, _)| named(key) == Named::User);
        let inner = inner.filter_map(|(_, value)| value.as_object()).flatten();
        for (key, value) in object.iter().chain(inner) {
            match find(key) {
                Found::Stored(definition) if definition.is_read_only => {}
                // It does not say which address it is of.
                Found::Stored(definition) if definition.is_of_an_address() => {
                    self.drop_unstored(key, Found::Unknown)?;
                }
                Found::Stored(definition) => members.push((definition, value)),
                Found::Schemas | Found::User => {}
                found => self.drop_unstored(key, found)?,
            }
        }
        Ok(members)
    }

    /// The addresses in a list, in a single object, or bare. Those without a value are left out.
    pub(super) fn addresses(
        &mut self,
        emails: &'static Definition,
        value: &Value,
    ) -> Result<Vec<PushedAddress>, BodyRefusal> {
        let value = unpacked(value);
        let values = match &*value {
            Value::Null => &[],
            Value::Array(values) => values.as_slice(),
            value => std::slice::from_ref(value),
        };
        let mut addresses = Vec::new();
        for value in values.iter().filter(|value| !value.is_null()) {
            let address = self.part(emails, value)?.laid_over(&PushedAddress::default());
            match address.value.is_empty() {
                true => self.warn(|| Warning::AddressEmpty),
                false => addresses.push(address),
            }
        }
        if addresses.iter().filter(|address| address.primary).count() > 1 {
            return Err(BodyRefusal::SeveralPrimary);
        }
        // What is more than is kept is refused where it is kept.
        let kept = addresses.iter().take(Pushed::MAX_ADDRESSES);
        let unreadable = kept.filter(|address| Email::parse(&address.value).is_err());
        unreadable.for_each(|_| self.warn(|| Warning::AddressUnreadable));
        Ok(addresses)
    }

    /// One address, or a part of one: an object, or the address as a text.
    pub(super) fn part(
        &mut self,
        emails: &'static Definition,
        value: &Value,
    ) -> Result<Part, BodyRefusal> {
        let value = unpacked(one(value, emails.name)?);
        let object = match &*value {
            Value::String(text) => {
                return Ok(Part { value: Some(text.clone()), ..Part::default() });
            }
            Value::Null => return Ok(Part::default()),
            Value::Object(object) => object,
            _ => return Err(BodyRefusal::TypeUnfit(emails.name)),
        };
        let mut part = Part::default();
        for (key, value) in object {
            match find_in(emails, key) {
                Found::Stored(definition) => set(&mut part, definition, value)?,
                found => self.drop_unstored(&format!("{}.{key}", emails.name), found)?,
            }
        }
        Ok(part)
    }

    /// The sub-attributes of `name`, of which `null` clears one.
    pub(super) fn names(
        &mut self,
        name: &'static Definition,
        value: &Value,
    ) -> Result<Vec<(Field, Option<String>)>, BodyRefusal> {
        let value = unpacked(one(value, name.name)?);
        let object = match &*value {
            Value::Null => return Ok(Vec::new()),
            Value::Object(object) => object,
            _ => return Err(BodyRefusal::TypeUnfit(name.name)),
        };
        let mut names = Vec::new();
        for (key, value) in object {
            match find_in(name, key) {
                Found::Stored(definition) => {
                    names.push((definition.field, text(value, definition.name)?));
                }
                found => self.drop_unstored(&format!("{}.{key}", name.name), found)?,
            }
        }
        Ok(names)
    }
}

/// Sets a sub-attribute of an address.
pub(super) fn set(
    part: &mut Part,
    definition: &'static Definition,
    value: &Value,
) -> Result<(), BodyRefusal> {
    match definition.field {
        Field::EmailValue => part.value = text(value, definition.name)?,
        Field::EmailType => part.kind = Some(text(value, definition.name)?),
        _ => part.primary = Some(boolean(value, definition.name)?.unwrap_or(false)),
    }
    Ok(())
}

/// A list of one is that one, and an empty one is nothing: RFC 7643 §2.5 "Unassigned attributes,
/// the null value, or an empty array … SHALL be considered to be equivalent".
pub(super) fn one<'v>(value: &'v Value, name: &'static str) -> Result<&'v Value, BodyRefusal> {
    match value.as_array().map(Vec::as_slice) {
        None => Ok(value),
        Some([]) => Ok(&Value::Null),
        Some([only]) => Ok(only),
        Some(_) => Err(BodyRefusal::SeveralValues(name)),
    }
}

/// A text; `None` where it is empty or there is none.
pub(super) fn text(value: &Value, name: &'static str) -> Result<Option<String>, BodyRefusal> {
    match one(value, name)? {
        Value::Null => Ok(None),
        Value::String(text) if text.is_empty() => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        _ => Err(BodyRefusal::TypeUnfit(name)),
    }
}

/// A boolean, or the text `true` or `false` in any letter case, as Entra sends it; `None` where
/// there is none.
pub(super) fn boolean(value: &Value, name: &'static str) -> Result<Option<bool>, BodyRefusal> {
    match one(value, name)? {
        Value::Null => Ok(None),
        Value::Bool(value) => Ok(Some(*value)),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
        _ => Err(BodyRefusal::BooleanUnfit(name)),
    }
}

/// An object or a list that some clients pack into a text, taken out of it.
pub(super) fn unpacked(value: &Value) -> Cow<'_, Value> {
    /// An object in a list, and a list in that.
    const DEPTH: usize = 4;
    let packed = value.as_str().filter(|text| text.trim_start().starts_with(['{', '[']));
    match packed.map(|text| json::value(text.as_bytes(), DEPTH)) {
        Some(Ok(unpacked)) => Cow::Owned(unpacked),
        _ => Cow::Borrowed(value),
    }
}
