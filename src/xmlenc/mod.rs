//! XML Encryption, as much of it as SAML prescribes (Core §6, XML Encryption 1.1).
//!
//! Encryption is not authentication: whoever has the service provider's certificate can encrypt to
//! it. What is opened here is put into the place of the encrypted element and parsed like any other
//! document, and its signature is verified like any other.
//!
//! What can be refused without a key is refused before one is used. After that, every failure is
//! the same [`Rejection::DecryptionFailed`], so that nobody learns from the difference what a
//! guessed ciphertext decrypts to; and it comes at the same point whether a key, a tag, the
//! padding, the characters or the markup is wrong: what does not open is replaced by a stand-in of
//! the ciphertext's length, which goes the same way. Up to there no work depends on what was opened
//! and on the rest of the document together.

mod algorithm;
mod cipher;
mod data;
mod key;
mod place;

use std::cell::Cell;
use std::ops::Range;

pub(crate) use self::algorithm::{CBC, GCM, KEY_TRANSPORTS};
use self::data::EncryptedData;
use self::place::Place;
use crate::error::{LimitKind, Rejection};
use crate::limits::Limits;
use crate::trust::KeyPair;
use crate::xml::{Document, Element};

/// With what encrypted elements are opened.
#[derive(Clone, Copy)]
pub(crate) struct Opening<'c> {
    pub(crate) keys: &'c [KeyPair],
    /// Whether there are keys that the application could not open. Only the words are others.
    pub(crate) has_sealed_keys: bool,
    /// Our entity ID: an EncryptedKey for us is tried before the others.
    pub(crate) recipient: &'c str,
    pub(crate) forbid_cbc: bool,
    pub(crate) allow_3des: bool,
    pub(crate) limits: &'c Limits,
    pub(crate) budget: &'c Budget,
}

/// So many private-key operations are done for one message, whatever is encrypted in it.
const MAX_OPERATIONS: usize = 64;

/// How many private-key operations are left for one message.
pub(crate) struct Budget(Cell<usize>);

impl Budget {
    /// That of a message of which nothing was opened yet.
    pub(crate) fn of_one_message() -> Self {
        Self(Cell::new(MAX_OPERATIONS))
    }

    fn take(&self, operations: usize) -> Result<(), Rejection> {
        let exceeded = Rejection::XmlLimitExceeded {
            limit: LimitKind::PrivateKeyOperations,
            allowed: MAX_OPERATIONS,
        };
        self.0.set(self.0.get().checked_sub(operations).ok_or(exceeded)?);
        Ok(())
    }
}

/// So many elements are opened in one document: a NameID for each confirmation, and attributes.
const MAX_ELEMENTS: usize = 64;

/// Opens these encrypted elements of one document (none inside another), and puts what was in each
/// into its place, so that names in it mean what they meant there.
pub(crate) fn open(encrypted: &[Element<'_>], opening: Opening<'_>) -> Result<Document, Rejection> {
    let first = encrypted.first().ok_or(Rejection::EncryptionMalformed)?;
    if opening.keys.is_empty() {
        let element = place::name(*first);
        return Err(match opening.has_sealed_keys {
            true => Rejection::DecryptionKeySealed { element },
            false => Rejection::DecryptionKeyMissing { element },
        });
    }
    if encrypted.len() > MAX_ELEMENTS {
        return Err(Rejection::EncryptionMalformed);
    }
    let read = |element: &Element<'_>| {
        Ok((Place::of(*element, opening.limits)?, EncryptedData::read(*element, opening)?))
    };
    let read = encrypted.iter().map(read).collect::<Result<Vec<_>, Rejection>>()?;
    opening.budget.take(read.iter().map(|(_, data)| data.operations(opening.keys)).sum())?;

    // From here on there is one refusal, and all of this is done before it.
    let opened: Vec<Option<String>> = read
        .iter()
        .map(|(place, data)| {
            let plain = data.open(opening.keys);
            let text = place.fit(plain.text.trim_ascii());
            let fits = place.takes(&text, opening.limits);
            (plain.right && fits).then_some(text)
        })
        .collect();
    let opened: Option<Vec<String>> = opened.into_iter().collect();
    let opened = opened.ok_or(Rejection::DecryptionFailed)?;
    let places = read.iter().map(|(place, _)| place.range());
    splice(first.document().text(), places.zip(&opened), opening.limits)
        .ok_or(Rejection::DecryptionFailed)
}

/// The text with what was opened in its places, if it is there, in the whole as by itself, one
/// element that begins and ends there.
fn splice<'o>(
    text: &str,
    pieces: impl Iterator<Item = (Range<usize>, &'o String)>,
    limits: &Limits,
) -> Option<Document> {
    let mut out = String::with_capacity(text.len());
    let mut places: Vec<Range<usize>> = Vec::new();
    let mut done = 0;
    for (replaced, opened) in pieces {
        out.push_str(text.get(done..replaced.start)?);
        let start = out.len();
        out.push_str(opened);
        places.push(start..out.len());
        done = replaced.end;
    }
    out.push_str(text.get(done..)?);
    let document = Document::parse(out, limits).ok()?;
    are_elements(&document, &places).then_some(document)
}

fn are_elements(document: &Document, places: &[Range<usize>]) -> bool {
    let Some(root) = document.root() else { return false };
    let mut elements = root.descendants().filter_map(|element| element.outer_range());
    places.iter().all(|place| elements.any(|range| range == *place))
}
