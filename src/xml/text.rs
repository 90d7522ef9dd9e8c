//! Pieces of a document's text, by their place in it.

use std::borrow::Cow;
use std::ops::Range;

/// A run of bytes, attributes or declarations. Half as large as a `Range`, for documents have many.
#[derive(Clone, Copy)]
pub(super) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    pub(super) fn new(range: Range<usize>) -> Self {
        Self { start: small(range.start), end: small(range.end) }
    }

    /// Where a piece of a text stands in it; `None` for what is no piece of it.
    pub(super) fn of(piece: &str, input: &str) -> Option<Self> {
        let start = piece.as_ptr().addr().checked_sub(input.as_ptr().addr())?;
        let end = start.checked_add(piece.len())?;
        (end <= input.len()).then(|| Self::new(start..end))
    }

    pub(super) fn get(self, input: &str) -> &str {
        input.get(self.range()).unwrap_or_default()
    }

    /// Whether this text stands there. Most differ in length: that is quicker to see.
    pub(super) fn holds(self, text: &str, input: &str) -> bool {
        large(self.end.wrapping_sub(self.start)) == text.len() && self.get(input) == text
    }

    pub(super) fn range(self) -> Range<usize> {
        large(self.start)..large(self.end)
    }

    pub(super) fn with_end(self, end: usize) -> Self {
        Self { end: small(end), ..self }
    }
}

/// A piece of the text as it stands there, or what references and line ends in it come to.
pub(super) enum Text {
    Plain(Span),
    Resolved(String),
}

impl Text {
    /// Points to what is borrowed from the input, and keeps the rest.
    pub(super) fn of(text: Cow<'_, str>, input: &str) -> Self {
        match text {
            Cow::Borrowed(text) => match Span::of(text, input) {
                Some(span) => Self::Plain(span),
                None => Self::Resolved(text.to_owned()),
            },
            Cow::Owned(text) => Self::Resolved(text),
        }
    }

    pub(super) fn holds(&self, text: &str, input: &str) -> bool {
        match self {
            Self::Plain(span) => span.holds(text, input),
            Self::Resolved(resolved) => resolved == text,
        }
    }

    pub(super) fn get<'t>(&'t self, input: &'t str) -> &'t str {
        match self {
            Self::Plain(span) => span.get(input),
            Self::Resolved(text) => text,
        }
    }

    /// Appends what comes next; gives the length of the whole.
    pub(super) fn push(&mut self, more: &str, input: &str) -> usize {
        let mut whole = match self {
            Self::Plain(span) => span.get(input).to_owned(),
            Self::Resolved(text) => std::mem::take(text),
        };
        whole.push_str(more);
        let length = whole.len();
        *self = Self::Resolved(whole);
        length
    }
}

/// The parser takes no document longer than this counts.
pub(super) fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

pub(super) fn large(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
