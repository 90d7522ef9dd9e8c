//! The attributes of a User: the one table from which names are found, schemas are written, and
//! fields are chosen.

use super::names::{Named, named};

/// An attribute or a sub-attribute of a User that is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Field {
    Id,
    ExternalId,
    UserName,
    Name,
    GivenName,
    FamilyName,
    Formatted,
    DisplayName,
    Active,
    Emails,
    EmailValue,
    EmailType,
    EmailPrimary,
    Meta,
    ResourceType,
    Created,
    LastModified,
    Location,
    Version,
}

/// RFC 7643 §2.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Boolean,
    Complex,
    DateTime,
    Reference,
    String,
}

/// An attribute, with the characteristics of RFC 7643 §7.
#[derive(Debug)]
pub(super) struct Definition {
    pub(super) field: Field,
    pub(super) name: &'static str,
    pub(super) is_a: Type,
    pub(super) description: &'static str,
    pub(super) is_list: bool,
    pub(super) is_required: bool,
    pub(super) is_case_exact: bool,
    pub(super) is_read_only: bool,
    pub(super) is_always_returned: bool,
    pub(super) is_unique: bool,
    pub(super) canonical: &'static [&'static str],
    pub(super) within: &'static [Definition],
}

/// A text that may be left out, of which letter case does not count.
const fn text(field: Field, name: &'static str, description: &'static str) -> Definition {
    Definition {
        field,
        name,
        is_a: Type::String,
        description,
        is_list: false,
        is_required: false,
        is_case_exact: false,
        is_read_only: false,
        is_always_returned: false,
        is_unique: false,
        canonical: &[],
        within: &[],
    }
}

impl Definition {
    const fn of(self, is_a: Type) -> Self {
        Self { is_a, ..self }
    }

    const fn required(self) -> Self {
        Self { is_required: true, ..self }
    }

    const fn exact(self) -> Self {
        Self { is_case_exact: true, ..self }
    }

    const fn set_here(self) -> Self {
        Self { is_read_only: true, ..self }
    }

    const fn unique(self) -> Self {
        Self { is_unique: true, ..self }
    }

    const fn with(self, within: &'static [Definition]) -> Self {
        Self { is_a: Type::Complex, within, ..self }
    }

    const fn list(self) -> Self {
        Self { is_list: true, ..self }
    }

    const fn always(self) -> Self {
        Self { is_always_returned: true, ..self }
    }

    const fn called(self, canonical: &'static [&'static str]) -> Self {
        Self { canonical, ..self }
    }

    /// What is stored of it: its sub-attributes, or itself.
    pub(super) fn leaves(&'static self) -> impl Iterator<Item = Field> {
        let own = self.within.is_empty().then_some(self.field);
        own.into_iter().chain(self.within.iter().map(|within| within.field))
    }
}

/// RFC 7643 §3.1, `id`, and the attributes of §4.1 that are stored.
pub(super) static ATTRIBUTES: [Definition; 8] = [
    text(Field::Id, "id", "The identifier of the user, which never changes.")
        .required()
        .exact()
        .set_here()
        .always()
        .unique(),
    text(Field::ExternalId, "externalId", "The identifier of the user in the directory.")
        .exact()
        .unique(),
    text(Field::UserName, "userName", "The name of the user in the directory.").required().unique(),
    text(Field::Name, "name", "The name of the person.").with(&NAME),
    text(Field::DisplayName, "displayName", "The name of the person as it is shown."),
    text(Field::Active, "active", "Whether the user may come in, and takes a seat.")
        .of(Type::Boolean)
        .required(),
    text(Field::Emails, "emails", "The e-mail addresses of the person, ten at most.")
        .list()
        .with(&EMAILS),
    text(Field::Meta, "meta", "What the server tells of the user.").set_here().with(&META),
];

static NAME: [Definition; 3] = [
    text(Field::Formatted, "formatted", "The whole name."),
    text(Field::FamilyName, "familyName", "The family name."),
    text(Field::GivenName, "givenName", "The given name."),
];

static EMAILS: [Definition; 3] = [
    text(Field::EmailValue, "value", "The address."),
    text(Field::EmailType, "type", "What kind of address it is: work, usually.")
        .called(&["work", "home", "other"]),
    text(Field::EmailPrimary, "primary", "Whether it is the address to write to; one at most.")
        .of(Type::Boolean),
];

static META: [Definition; 5] = [
    text(Field::ResourceType, "resourceType", "The type of the resource.").exact().set_here(),
    text(Field::Created, "created", "When the user came to be.").of(Type::DateTime).set_here(),
    text(Field::LastModified, "lastModified", "When the user was last changed.")
        .of(Type::DateTime)
        .set_here(),
    text(Field::Location, "location", "The address of the user.")
        .of(Type::Reference)
        .exact()
        .set_here(),
    text(Field::Version, "version", "The version of the user, as the ETag has it.")
        .exact()
        .set_here(),
];

/// Attributes of RFC 7643 §4.1 that are not stored. Directories send them.
const NOT_STORED: [&str; 16] = [
    "addresses",
    "entitlements",
    "groups",
    "ims",
    "locale",
    "nickName",
    "password",
    "phoneNumbers",
    "photos",
    "preferredLanguage",
    "profileUrl",
    "roles",
    "timezone",
    "title",
    "userType",
    "x509Certificates",
];

/// The same of `name` and `emails`.
const NOT_STORED_WITHIN: [(Field, &[&str]); 2] = [
    (Field::Name, &["honorificPrefix", "honorificSuffix", "middleName"]),
    (Field::Emails, &["display", "$ref"]),
];

/// What a name leads to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Found {
    /// To what is stored: an attribute, or a sub-attribute of one.
    Stored(&'static Definition),
    /// To what RFC 7643 or an extension knows, and what is dropped.
    NotStored,
    /// To `schemas`, of which the server knows best.
    Schemas,
    /// To nothing that anybody has heard of.
    Unknown,
    /// To the User as a whole.
    User,
}

/// What a name leads to, with its sub-attribute behind a dot and its schema before it, or without.
pub(super) fn find(name: &str) -> Found {
    match named(name) {
        Named::Extension => Found::NotStored,
        Named::User => Found::User,
        Named::Attribute(name) => match name.split_once('.') {
            Some((attribute, within)) => find_within(attribute, within),
            None => find_attribute(name),
        },
    }
}

fn find_attribute(name: &str) -> Found {
    if name.eq_ignore_ascii_case("schemas") {
        return Found::Schemas;
    }
    match called(&ATTRIBUTES, name) {
        Some(definition) => Found::Stored(definition),
        None if is_one_of(&NOT_STORED, name) => Found::NotStored,
        None => Found::Unknown,
    }
}

fn find_within(attribute: &str, name: &str) -> Found {
    match find_attribute(attribute) {
        Found::Stored(definition) => find_in(definition, name),
        other => other,
    }
}

/// What the name of a sub-attribute leads to.
pub(super) fn find_in(attribute: &'static Definition, name: &str) -> Found {
    let not_stored = NOT_STORED_WITHIN.iter().find(|(field, _)| *field == attribute.field);
    match called(attribute.within, name) {
        Some(definition) => Found::Stored(definition),
        None if not_stored.is_some_and(|(_, names)| is_one_of(names, name)) => Found::NotStored,
        None => Found::Unknown,
    }
}

fn called(definitions: &'static [Definition], name: &str) -> Option<&'static Definition> {
    definitions.iter().find(|definition| definition.name.eq_ignore_ascii_case(name))
}

fn is_one_of(names: &[&str], name: &str) -> bool {
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// The attribute that is meant, perhaps: one that differs in one letter, a long one in two, or the
/// sub-attribute of that name.
pub(super) fn near(name: &str) -> Option<&'static str> {
    /// Longer than every name here, by more than may differ.
    const LONGEST: usize = 24;
    const PATHS: [(&str, &str); 4] = [
        ("givenName", "name.givenName"),
        ("familyName", "name.familyName"),
        ("formatted", "name.formatted"),
        ("mail", "emails"),
    ];
    let name = match named(name) {
        Named::Attribute(name) => name,
        Named::Extension | Named::User => return None,
    };
    if name.len() > LONGEST {
        return None;
    }
    let own = ATTRIBUTES.iter().map(|definition| (definition.name, definition.name));
    let all = own.filter(|(name, _)| name.len() > 2).chain(PATHS);
    let near = |(known, path): (&'static str, &'static str)| {
        let distance = distance(name, known);
        (distance <= if known.len() > 5 { 2 } else { 1 }).then_some((distance, path))
    };
    all.filter_map(near).min_by_key(|(distance, _)| *distance).map(|(_, path)| path)
}

/// How many letters have to be put in, taken out or replaced to make one text the other, ASCII
/// letter case aside.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (number, c) in one.chars().enumerate() {
        let mut next = vec![number.saturating_add(1)];
        for ((above, beside), d) in row.iter().zip(row.iter().skip(1)).zip(&other) {
            let replaced = above.saturating_add(usize::from(!c.eq_ignore_ascii_case(d)));
            let left = next.last().copied().unwrap_or_default().saturating_add(1);
            next.push(replaced.min(left).min(beside.saturating_add(1)));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}
