//! Digests over several parts, and how bytes are written.

use std::fmt::Write as _;

use openssl::sha::Sha256;

/// SHA-256 over parts, each with its length in front and each list with its count, so that no two
/// sequences of parts read the same.
pub(crate) struct Digest(Sha256);

impl Digest {
    /// Begins with what the digest is of.
    pub(crate) fn of(kind: &str) -> Self {
        Self(Sha256::new()).text(kind)
    }

    pub(crate) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.update(&bytes.len().to_be_bytes());
        self.0.update(bytes);
        self
    }

    pub(crate) fn text(self, text: &str) -> Self {
        self.bytes(text.as_bytes())
    }

    pub(crate) fn flag(self, flag: bool) -> Self {
        self.bytes(&[u8::from(flag)])
    }

    /// The count, then each.
    pub(crate) fn list<T>(
        self,
        list: impl IntoIterator<Item = T, IntoIter: ExactSizeIterator>,
        each: impl Fn(Self, T) -> Self,
    ) -> Self {
        let list = list.into_iter();
        let digest = self.bytes(&list.len().to_be_bytes());
        list.fold(digest, each)
    }

    pub(crate) fn finish(self) -> [u8; 32] {
        self.0.finish()
    }
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
