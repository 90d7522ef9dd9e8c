//! What is shown of a person.

use std::fmt;

use crate::identity::Identity;

/// What is shown of a person. Texts are the identity provider's, or the person's own: escape them
/// like any other input.
#[derive(Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default))]
#[non_exhaustive]
pub struct Profile {
    /// The first name, if it is known.
    pub first_name: Option<String>,
    /// The last name, if it is known.
    pub last_name: Option<String>,
    /// The display name, if it is known.
    pub display_name: Option<String>,
}

impl Profile {
    /// What this identity says. A text that is [no name](is_name) is left out.
    pub fn of(identity: &Identity) -> Self {
        let Identity { first_name, last_name, display_name, .. } = identity;
        Self {
            first_name: first_name.clone(),
            last_name: last_name.clone(),
            display_name: display_name.clone(),
        }
        .named()
    }

    /// This, without what is [no name](is_name).
    pub(crate) fn named(self) -> Self {
        let name = |text: Option<String>| text.filter(|text| is_name(text));
        Self {
            first_name: name(self.first_name),
            last_name: name(self.last_name),
            display_name: name(self.display_name),
        }
    }

    /// This, with everything that `newer` knows. What it does not say stays: attributes can be
    /// switched off at the identity provider without a wish to forget anything.
    #[must_use]
    pub fn overlaid(&self, newer: &Self) -> Self {
        let either =
            |new: &Option<String>, old: &Option<String>| new.clone().or_else(|| old.clone());
        Self {
            first_name: either(&newer.first_name, &self.first_name),
            last_name: either(&newer.last_name, &self.last_name),
            display_name: either(&newer.display_name, &self.display_name),
        }
    }
}

/// Whether a text can be shown as a name, in a list and in the head of a mail: at most 256
/// characters, of any script, without line breaks, other control characters and marks that turn the
/// direction of writing.
///
/// ```
/// use saml_login::account::is_name;
///
/// assert!(is_name("Zoë O'Ångström"));
/// assert!(!is_name("Zoë\nBcc: everybody@example.com"));
/// ```
pub fn is_name(text: &str) -> bool {
    /// Characters, of any script.
    const LONGEST: usize = 256;
    let turns = |c: char| matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    text.chars().nth(LONGEST).is_none() && !text.chars().any(|c| turns(c) || breaks(c))
}

/// Names are nobody's business in a log.
impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Profile(…)")
    }
}
