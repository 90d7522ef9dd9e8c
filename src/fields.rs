//! Several fields as one text of bytes, each with its length in front, so that none runs into the
//! next.

/// Writes fields one behind the other.
#[derive(Default)]
pub(crate) struct Fields(Vec<u8>);

impl Fields {
    pub(crate) fn add(&mut self, field: &[u8]) {
        self.0.extend(u32::try_from(field.len()).unwrap_or(u32::MAX).to_be_bytes());
        self.0.extend(field);
    }

    /// A field that may be missing: nothing in front, or a `1`.
    pub(crate) fn add_optional(&mut self, field: Option<&str>) {
        match field {
            None => self.add(b""),
            Some(field) => self.add(&[b"1", field.as_bytes()].concat()),
        }
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// The fields that were written, if it is nothing else.
pub(crate) fn read(mut bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let mut fields = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<4>() {
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (field, rest) = rest.split_at_checked(length)?;
        fields.push(field);
        bytes = rest;
    }
    bytes.is_empty().then_some(fields)
}

/// A field that is text.
pub(crate) fn text(field: &[u8]) -> Option<String> {
    String::from_utf8(field.to_vec()).ok()
}

/// A field that may be missing; `None` if it is neither.
pub(crate) fn optional(field: &[u8]) -> Option<Option<String>> {
    match field {
        [] => Some(None),
        [b'1', rest @ ..] => text(rest).map(Some),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_back_as_they_were_written() {
        let mut fields = Fields::default();
        fields.add(b"one");
        fields.add(b"");
        fields.add_optional(None);
        fields.add_optional(Some(""));
        fields.add_optional(Some("zwei"));
        let bytes = fields.into_bytes();
        let all = read(&bytes).unwrap();
        assert_eq!(all, [&b"one"[..], b"", b"", b"1", b"1zwei"]);
        assert_eq!(optional(all[2]), Some(None));
        assert_eq!(optional(all[3]), Some(Some(String::new())));
        assert_eq!(optional(all[4]), Some(Some("zwei".into())));
        assert_eq!(optional(b"0"), None);
        assert_eq!(text(&[0xFF]), None);
        for cut in 1..bytes.len() {
            let shorter = read(&bytes[..cut]);
            assert!(shorter.is_none_or(|fields| fields.len() < 5), "{cut}");
        }
    }
}
