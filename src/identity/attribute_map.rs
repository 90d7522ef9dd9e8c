use std::cmp::Ordering;
use std::collections::{BTreeMap, HashSet};

use super::IdentityField;
use super::default_names::{DEFAULT_NAMES, GROUPS_LINK, Slot};
use crate::assertion::{Attribute, AttributeValue, Attributes};
use crate::digest::Digest;

/// Which attributes make up an [`Identity`](crate::Identity): for each field the names to look for,
/// best first.
///
/// The default knows the names that the guides and defaults of common identity providers use; see
/// [`names`](AttributeMap::names). Each builder method replaces the whole list of one field:
///
/// ```
/// # use saml_login::identity::{AttributeMap, IdentityField};
/// let map = AttributeMap::default()
///     .with_names(IdentityField::Email, ["workMail", "mail"])
///     .with_group_delimiter(';');
/// assert_eq!(map.names(IdentityField::Email), ["workMail", "mail"]);
/// ```
///
/// # How a value is found
///
/// For each name in order: first the attributes with that Name, then those with that FriendlyName,
/// ASCII letter case aside. The first text that is not blank is the value, without blank space
/// around it. Empty, nil and complex values are passed over as if they were not there.
///
/// Groups are all such texts of the first match that has any, in order, each once.
///
/// # How the e-mail address is found
///
/// 1. The value found as above decides. If it is not [an address](crate::identity::Email) there is
///    no e-mail address: an identity provider that says something wrong here should be mended, not
///    guessed at.
/// 2. Without such a value the NameID decides, if its Format says that it is an e-mail address or
///    it looks like one. A transient NameID never serves.
/// 3. Last come the `upn` and `name` claims of Microsoft's identity providers, if they look like an
///    address.
///
/// Names that Entra gives to guests (`alice_example.test#EXT#@tenant.onmicrosoft.com`) look like
/// addresses and are mailboxes of nobody; in steps 2 and 3 they are never taken for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeMap {
    /// Sorted by [`compare`] of the names, so that a look-up needs neither a lower-cased copy nor a
    /// hash.
    entries: Vec<Entry>,
    /// What differs from the default: this is what is stored.
    replaced: BTreeMap<IdentityField, Vec<String>>,
    group_delimiter: Option<char>,
}

impl AttributeMap {
    /// Replaces the names of the attributes with one field. Without names there is never such a
    /// field; for the e-mail address, the NameID and the claims that stand in for a missing
    /// attribute stay.
    #[must_use]
    pub fn with_names(
        mut self,
        field: IdentityField,
        names: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        self.replaced.insert(field, names.clone());
        self.replace(Slot::of(field), names)
    }

    /// Splits every group value at `delimiter`, for identity providers that join all groups in one
    /// value. Off by default: names of groups contain commas and semicolons.
    #[must_use]
    pub fn with_group_delimiter(self, delimiter: char) -> Self {
        Self { group_delimiter: Some(delimiter), ..self }
    }

    /// The names that are looked for, best first.
    pub fn names(&self, field: IdentityField) -> Vec<&str> {
        let slot = Slot::of(field);
        let mut entries: Vec<&Entry> =
            self.entries.iter().filter(|entry| entry.slot == slot).collect();
        entries.sort_by_key(|entry| entry.rank);
        entries.into_iter().map(|entry| &*entry.name).collect()
    }

    /// What differs from the default, with lengths and counts.
    pub(crate) fn digest(&self, digest: Digest) -> Digest {
        let delimiter = self.group_delimiter.map(String::from);
        digest
            .list(&self.replaced, |digest, (field, names)| {
                digest.text(field.as_str()).list(names, |digest, name| digest.text(name))
            })
            .list(delimiter.as_slice(), |digest, delimiter| digest.text(delimiter))
    }

    /// Empty names are left out; of names that differ only in letter case the first stays.
    fn replace(mut self, slot: Slot, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.entries.retain(|entry| entry.slot != slot);
        let names = names.into_iter().map(Into::into).filter(|name| !name.is_empty());
        self.entries.extend(names.enumerate().map(|(rank, name)| Entry {
            name: name.into(),
            slot,
            rank,
        }));
        self.entries.sort_by(|a, b| {
            compare(&a.name, &b.name).then((a.slot, a.rank).cmp(&(b.slot, b.rank)))
        });
        self.entries.dedup_by(|b, a| a.slot == b.slot && a.name.eq_ignore_ascii_case(&b.name));
        self
    }

    /// Finds the values of all fields in one walk over the attributes.
    pub(super) fn apply<'a>(&self, attributes: &'a Attributes) -> Mapped<'a> {
        let mut mapped = Mapped::default();
        let mut groups = Groups { preference: None, attributes: Vec::new() };
        for attribute in attributes {
            for (slot, preference) in self.slots_of(attribute) {
                match slot {
                    Slot::DisplayName => mapped.display_name.offer(preference, attribute),
                    Slot::Email => mapped.email.offer(preference, attribute),
                    Slot::FirstName => mapped.first_name.offer(preference, attribute),
                    Slot::Groups => groups.offer(preference, attribute),
                    Slot::LastName => mapped.last_name.offer(preference, attribute),
                    Slot::NameClaim => mapped.name_claim.offer(preference, attribute),
                    Slot::UpnClaim => mapped.upn_claim.offer(preference, attribute),
                }
            }
        }
        mapped.groups = groups.collect(self.group_delimiter);
        mapped
    }

    /// The name of the attribute that is the e-mail address, and that of another one that would be
    /// it and says something else.
    pub(crate) fn rivals<'a>(&self, attributes: &'a Attributes) -> Option<(&'a str, &'a str)> {
        let mut candidates: Vec<(Preference, &'a str, &'a str)> = Vec::new();
        for attribute in attributes {
            let of_email = self.slots_of(attribute).filter(|(slot, _)| *slot == Slot::Email);
            if let Some(text) = filled_texts(attribute).next()
                && let Some(best) = of_email.map(|(_, preference)| preference).min()
            {
                candidates.push((best, &attribute.name, text.trim()));
            }
        }
        let (_, taken, address) = candidates.iter().min_by_key(|(preference, ..)| *preference)?;
        let differs = |text: &str| !text.eq_ignore_ascii_case(address);
        let rival = candidates.iter().find(|(_, _, text)| differs(text))?;
        Some((*taken, rival.1))
    }

    /// Whether a link stands in the place of the groups.
    pub(crate) fn has_groups_link(attributes: &Attributes) -> bool {
        attributes.into_iter().any(|attribute| attribute.name == GROUPS_LINK)
    }

    /// What an attribute is by its names, and how well each name says so.
    fn slots_of(&self, attribute: &Attribute) -> impl Iterator<Item = (Slot, Preference)> {
        let names = [
            (Some(&attribute.name), By::Name),
            (attribute.friendly_name.as_ref(), By::FriendlyName),
        ];
        names.into_iter().filter_map(|(name, by)| Some((name?, by))).flat_map(|(name, by)| {
            let entries = self.entries_named(name);
            entries.map(move |entry| (entry.slot, Preference { rank: entry.rank, by }))
        })
    }

    fn entries_named(&self, name: &str) -> impl Iterator<Item = &Entry> {
        let start =
            self.entries.partition_point(|entry| compare(&entry.name, name) == Ordering::Less);
        self.entries
            .iter()
            .skip(start)
            .take_while(move |entry| entry.name.eq_ignore_ascii_case(name))
    }
}

impl Default for AttributeMap {
    fn default() -> Self {
        let empty = Self { entries: Vec::new(), replaced: BTreeMap::new(), group_delimiter: None };
        DEFAULT_NAMES
            .iter()
            .fold(empty, |map, (slot, names)| map.replace(*slot, names.iter().copied()))
    }
}

/// As a map of what differs from the default: names by field, and the delimiter of groups.
#[cfg(feature = "serde")]
#[derive(Default, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Stored {
    names: BTreeMap<IdentityField, Vec<String>>,
    group_delimiter: Option<char>,
}

#[cfg(feature = "serde")]
impl serde::Serialize for AttributeMap {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let names = self.replaced.clone();
        Stored { names, group_delimiter: self.group_delimiter }.serialize(serializer)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for AttributeMap {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Stored { names, group_delimiter } = Stored::deserialize(deserializer)?;
        let map = Self { group_delimiter, ..Self::default() };
        Ok(names.into_iter().fold(map, |map, (field, names)| map.with_names(field, names)))
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    name: Box<str>,
    slot: Slot,
    rank: usize,
}

/// The lower, the better: the place of the name in its list, then what it is the name of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Preference {
    rank: usize,
    by: By,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum By {
    Name,
    FriendlyName,
}

/// What was found for each field.
#[derive(Default)]
pub(super) struct Mapped<'a> {
    pub(super) display_name: Best<'a>,
    pub(super) email: Best<'a>,
    pub(super) first_name: Best<'a>,
    pub(super) groups: Vec<String>,
    pub(super) last_name: Best<'a>,
    pub(super) name_claim: Best<'a>,
    pub(super) upn_claim: Best<'a>,
}

/// The best text so far that is not blank; the earliest among equals.
#[derive(Default)]
pub(super) struct Best<'a>(Option<(Preference, &'a str)>);

impl<'a> Best<'a> {
    fn offer(&mut self, preference: Preference, attribute: &'a Attribute) {
        if self.0.is_none_or(|(best, _)| preference < best)
            && let Some(text) = filled_texts(attribute).next()
        {
            self.0 = Some((preference, text));
        }
    }

    /// The text as sent.
    pub(super) fn raw(&self) -> Option<&'a str> {
        self.0.map(|(_, text)| text)
    }

    /// The text without blank space around it.
    pub(super) fn trimmed(&self) -> Option<String> {
        self.raw().map(|text| text.trim().to_owned())
    }
}

/// The best attributes so far that have a text which is not blank: several, if they differ in
/// NameFormat alone.
struct Groups<'a> {
    preference: Option<Preference>,
    attributes: Vec<&'a Attribute>,
}

impl<'a> Groups<'a> {
    fn offer(&mut self, preference: Preference, attribute: &'a Attribute) {
        if self.preference.is_some_and(|best| best < preference)
            || filled_texts(attribute).next().is_none()
        {
            return;
        }
        if self.preference != Some(preference) {
            self.preference = Some(preference);
            self.attributes.clear();
        }
        self.attributes.push(attribute);
    }

    fn collect(self, delimiter: Option<char>) -> Vec<String> {
        let values = self.attributes.iter().map(|attribute| attribute.values.len()).sum();
        let mut seen = HashSet::with_capacity(values);
        let mut groups = Vec::with_capacity(values);
        let texts = self.attributes.into_iter().flat_map(filled_texts);
        for text in texts.flat_map(|text| text.split(move |character| Some(character) == delimiter))
        {
            let group = text.trim();
            if !group.is_empty() && seen.insert(group) {
                groups.push(group.to_owned());
            }
        }
        groups
    }
}

/// The texts of an attribute that are not blank, as sent.
fn filled_texts(attribute: &Attribute) -> impl Iterator<Item = &str> {
    attribute
        .values
        .iter()
        .filter_map(AttributeValue::as_text)
        .filter(|text| !text.trim().is_empty())
}

/// An order in which names that differ only in ASCII letter case are equal. The length decides
/// first: it nearly always does, without a look at the names.
fn compare(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| {
        let lower_case = |byte: u8| byte.to_ascii_lowercase();
        a.bytes().map(lower_case).cmp(b.bytes().map(lower_case))
    })
}
