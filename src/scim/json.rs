//! JSON, read strictly.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::{ScimError, ScimType};

/// How much of a body is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct JsonLimits {
    /// Bytes. 1 MiB unless another number is given, as Bulk is announced with.
    pub bytes: usize,
    /// Objects and lists in one another. 16 unless another number is given: a PATCH in a Bulk has
    /// nine.
    pub depth: usize,
}

impl Default for JsonLimits {
    fn default() -> Self {
        Self { bytes: 1 << 20, depth: 16 }
    }
}

/// Why a body is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum JsonRefusal {
    /// A name stands twice in an object. Names that differ in letter case are one: RFC 7643 §2.1
    /// "Attribute names are case insensitive".
    #[error("a name stands twice in an object of the body")]
    DuplicateName,
    /// There is no body.
    #[error("there is no body: send a JSON object")]
    Empty,
    /// It is no JSON, or none in UTF-8.
    #[error("the body is no JSON in UTF-8")]
    Malformed,
    /// It is JSON, and no object.
    #[error("the body is no JSON object")]
    NotObject,
    /// Objects and lists stand too deep in one another.
    #[error("objects and lists in the body stand too deep in one another")]
    TooDeep,
    /// It has too many bytes.
    #[error("the body is too large")]
    TooLarge,
}

impl JsonRefusal {
    /// A stable snake_case code, part of semver.
    pub fn code(self) -> &'static str {
        match self {
            Self::DuplicateName => "scim_json_duplicate_name",
            Self::Empty => "scim_json_empty",
            Self::Malformed => "scim_json_malformed",
            Self::NotObject => "scim_json_not_object",
            Self::TooDeep => "scim_json_too_deep",
            Self::TooLarge => "scim_json_too_large",
        }
    }
}

impl From<JsonRefusal> for ScimError {
    fn from(refusal: JsonRefusal) -> Self {
        match refusal {
            JsonRefusal::TooLarge => Self::new(413, refusal.to_string()),
            _ => Self::bad(ScimType::InvalidSyntax, refusal.to_string()),
        }
    }
}

/// Reads the body of a request: one JSON object in UTF-8, after a byte order mark or without.
///
/// # Errors
///
/// [`JsonRefusal`]. Two readers of a body in which a name stands twice could see different people;
/// such a body is refused whatever the name is.
pub fn parse(body: &[u8], limits: &JsonLimits) -> Result<Map<String, Value>, JsonRefusal> {
    if body.len() > limits.bytes {
        return Err(JsonRefusal::TooLarge);
    }
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(JsonRefusal::Empty);
    }
    match value(body, limits.depth)? {
        Value::Object(object) => Ok(object),
        _ => Err(JsonRefusal::NotObject),
    }
}

/// Any value, with objects and lists at most so deep in one another.
pub(super) fn value(text: &[u8], depth: usize) -> Result<Value, JsonRefusal> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    let refused = std::cell::Cell::new(None);
    let seed = Strict { depth, refused: &refused };
    let read = seed.deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    read.map_err(|_| refused.get().unwrap_or(JsonRefusal::Malformed))
}

/// Reads a value, and remembers why it stops where JSON itself does not say.
#[derive(Clone, Copy)]
struct Strict<'r> {
    depth: usize,
    refused: &'r std::cell::Cell<Option<JsonRefusal>>,
}

impl Strict<'_> {
    fn refuse<E: serde::de::Error>(self, refusal: JsonRefusal) -> E {
        self.refused.set(Some(refusal));
        E::custom(refusal)
    }

    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        match self.depth.checked_sub(1) {
            Some(depth) => Ok(Self { depth, ..self }),
            None => Err(self.refuse(JsonRefusal::TooDeep)),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(inner)? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let (mut values, mut names) = (Map::new(), HashSet::new());
        while let Some(name) = object.next_key::<String>()? {
            if !names.insert(name.to_ascii_lowercase()) {
                return Err(self.refuse(JsonRefusal::DuplicateName));
            }
            values.insert(name, object.next_value_seed(inner)?);
        }
        Ok(values.into())
    }
}
