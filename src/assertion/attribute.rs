use std::{collections::HashMap, fmt, slice};

/// One attribute of a person (Core §2.7.3.1), as sent.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Attribute {
    /// The name: `email`, a claim URI, an OID.
    pub name: String,
    /// How to read the name; absent is as good as
    /// `urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified`.
    pub name_format: Option<String>,
    /// A name for people to read.
    pub friendly_name: Option<String>,
    /// The values in order; none at all is not the same as an empty one.
    pub values: Vec<AttributeValue>,
}

impl Attribute {
    /// The values that are text, in order and untrimmed, empty ones included.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.values.iter().filter_map(AttributeValue::as_text)
    }

    /// Whether `name` is the Name or the FriendlyName, ASCII letter case aside.
    fn is_named(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
            || self
                .friendly_name
                .as_ref()
                .is_some_and(|friendly| friendly.eq_ignore_ascii_case(name))
    }

    /// What makes two Attribute elements speak of one attribute: Name and the NameFormat in effect.
    fn key(&self) -> (&str, &str) {
        const UNSPECIFIED: &str = "urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified";
        (&self.name, self.name_format.as_deref().unwrap_or(UNSPECIFIED))
    }
}

/// Names and the number of values; never a value.
impl fmt::Debug for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attribute")
            .field("name", &self.name)
            .field("name_format", &self.name_format)
            .field("friendly_name", &self.friendly_name)
            .field("values", &self.values.len())
            .finish()
    }
}

/// One value of an attribute. `Debug` tells its kind and hides the rest.
///
/// Serialized, a text is a string, a nil is null and a complex value is `{"xml": "…"}`.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AttributeValue {
    /// A value with child elements: the canonical XML of its content. Kept for the curious, never
    /// mapped.
    Complex(String),
    /// A value marked `xsi:nil` (Core §2.7.3.1.1).
    Nil,
    /// A text, untrimmed; possibly empty.
    Text(String),
}

impl AttributeValue {
    /// The text, untrimmed, of a value that is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Complex(_) | Self::Nil => None,
        }
    }
}

impl fmt::Debug for AttributeValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Complex(_) => "Complex(…)",
            Self::Nil => "Nil",
            Self::Text(_) => "Text(…)",
        })
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for AttributeValue {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Complex(xml) => serializer.collect_map([("xml", xml)]),
            Self::Nil => serializer.serialize_unit(),
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

/// All attributes of a person in the order of the assertion, whether they are mapped to anything or
/// not.
///
/// Attribute elements with the same Name and NameFormat, in one statement or several, are one
/// attribute here. It stands where its first element stood and has the values of all of them in
/// order.
///
/// There is deliberately no look-up of *the* value of a name: names differ in letter case and
/// NameFormat, and an attribute has as many values as the identity provider likes.
#[derive(Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Attributes(Vec<Attribute>);

impl Attributes {
    /// Merges Attribute elements, given in the order of the assertion.
    pub(crate) fn merge(elements: impl IntoIterator<Item = Attribute>) -> Self {
        let elements: Vec<Attribute> = elements.into_iter().collect();
        let mut positions = HashMap::with_capacity(elements.len());
        let targets: Vec<usize> = elements
            .iter()
            .map(|element| {
                let next = positions.len();
                *positions.entry(element.key()).or_insert(next)
            })
            .collect();
        let mut merged: Vec<Attribute> = Vec::with_capacity(positions.len());
        for (element, target) in elements.into_iter().zip(targets) {
            match merged.get_mut(target) {
                None => merged.push(element),
                Some(first) => {
                    first.values.extend(element.values);
                    first.friendly_name = first.friendly_name.take().or(element.friendly_name);
                }
            }
        }
        Self(merged)
    }

    /// The attributes whose Name or FriendlyName is `name`, ASCII letter case aside, in order.
    pub fn named(&self, name: &str) -> impl Iterator<Item = &Attribute> {
        self.0.iter().filter(move |attribute| attribute.is_named(name))
    }

    /// The attributes in order.
    pub fn iter(&self) -> slice::Iter<'_, Attribute> {
        self.0.iter()
    }

    /// How many attributes there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> IntoIterator for &'a Attributes {
    type Item = &'a Attribute;
    type IntoIter = slice::Iter<'a, Attribute>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Names and the number of values of each; never a value.
impl fmt::Debug for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.0.iter().map(|attribute| (&attribute.name, attribute.values.len())))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASIC: &str = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic";
    const UNSPECIFIED: &str = "urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified";

    fn attribute(
        name: &str,
        name_format: Option<&str>,
        friendly: Option<&str>,
        texts: &[&str],
    ) -> Attribute {
        Attribute {
            name: name.into(),
            name_format: name_format.map(Into::into),
            friendly_name: friendly.map(Into::into),
            values: texts.iter().map(|text| AttributeValue::Text((*text).into())).collect(),
        }
    }

    #[test]
    fn repeated_elements_are_merged_in_order_of_first_appearance() {
        let merged = Attributes::merge([
            attribute("groups", None, None, &["a"]),
            attribute("email", None, None, &[]),
            attribute("groups", Some(BASIC), None, &["other format"]),
            attribute("Groups", None, None, &["other case"]),
            attribute("groups", Some(UNSPECIFIED), Some("Groups of the person"), &["b", "a"]),
            attribute("groups", None, Some("later"), &[]),
            attribute("email", None, None, &[""]),
        ]);
        let expected = Attributes(vec![
            attribute("groups", None, Some("Groups of the person"), &["a", "b", "a"]),
            attribute("email", None, None, &[""]),
            attribute("groups", Some(BASIC), None, &["other format"]),
            attribute("Groups", None, None, &["other case"]),
        ]);
        assert_eq!(merged, expected);
        assert_eq!(merged.len(), 4);
        assert!(!merged.is_empty());
        assert!(Attributes::merge([]).is_empty());
    }

    #[test]
    fn an_attribute_without_values_and_an_empty_value_stay_what_they_are() {
        let merged = Attributes::merge([
            attribute("none", None, None, &[]),
            attribute("empty", None, None, &["", " "]),
        ]);
        let values: Vec<Vec<&str>> =
            merged.iter().map(|attribute| attribute.texts().collect()).collect();
        assert_eq!(values, [vec![], vec!["", " "]]);
    }

    #[test]
    fn names_and_friendly_names_are_found_in_any_letter_case() {
        let attributes = Attributes::merge([
            attribute("urn:oid:0.9.2342.19200300.100.1.3", None, Some("Mail"), &["1"]),
            attribute("MAIL", None, None, &["2"]),
            attribute("email", None, None, &["3"]),
        ]);
        let found: Vec<&str> = attributes.named("mail").flat_map(Attribute::texts).collect();
        assert_eq!(found, ["1", "2"]);
        assert_eq!(attributes.named("URN:OID:0.9.2342.19200300.100.1.3").count(), 1);
        assert_eq!(attributes.named("").count(), 0);
    }

    #[test]
    fn debug_shows_names_and_counts_and_never_a_value() {
        let mut one = attribute("mail", None, None, &["alice@example.test"]);
        one.values.push(AttributeValue::Complex("<x>alice</x>".into()));
        one.values.push(AttributeValue::Nil);
        assert_eq!(format!("{:?}", one.values), "[Text(…), Complex(…), Nil]");
        assert_eq!(
            format!("{one:?}"),
            r#"Attribute { name: "mail", name_format: None, friendly_name: None, values: 3 }"#
        );
        assert_eq!(format!("{:?}", Attributes::merge([one])), r#"{"mail": 3}"#);
    }

    #[cfg(feature = "serde")]
    #[test]
    fn values_serialize_by_kind() {
        let mut one = attribute("mail", None, Some("Mail"), &["a"]);
        one.values.extend([AttributeValue::Nil, AttributeValue::Complex("<x></x>".into())]);
        assert_eq!(
            serde_json::to_string(&Attributes::merge([one])).unwrap(),
            r#"[{"name":"mail","name_format":null,"friendly_name":"Mail","values":["a",null,{"xml":"<x></x>"}]}]"#
        );
    }
}
