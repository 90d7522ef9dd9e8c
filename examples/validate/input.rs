//! Base64, XML or a form body: telling which, and making the form value of it.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::problem::Problem;

/// Four times what the library takes decoded: whoever gives more has taken the wrong file.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// Reads a file, or standard input for `-`.
pub(crate) fn read(file: &OsStr) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    let bound = MAX_BYTES + 1;
    let length = match file == "-" {
        true => io::stdin().take(bound).read_to_end(&mut bytes),
        false => fs::File::open(file).and_then(|opened| opened.take(bound).read_to_end(&mut bytes)),
    };
    match length {
        Err(error) => Err(Problem::file(format!("{}: {error}", file.display()))),
        Ok(length) if u64::try_from(length).is_ok_and(|length| length <= MAX_BYTES) => Ok(bytes),
        Ok(_) => Err(Problem::file(format!("{}: longer than {MAX_BYTES} bytes", file.display()))),
    }
}

/// The value of the form field `SAMLResponse` that the input stands for.
pub(crate) fn form_value(input: &[u8]) -> Result<Vec<u8>, Problem> {
    if input.starts_with(b"\xff\xfe") || input.starts_with(b"\xfe\xff") {
        return Err(Problem::input("the response is stored as UTF-16"));
    }
    let input = input.strip_prefix(b"\xef\xbb\xbf").unwrap_or(input).trim_ascii();
    if input.starts_with(b"<") {
        return Ok(STANDARD.encode(input).into_bytes());
    }
    if input.starts_with(b"http://") || input.starts_with(b"https://") {
        return Err(Problem::input("this is a web address, and responses are posted in a form"));
    }
    let mut values =
        input.split(|byte| *byte == b'&').filter_map(|field| field.strip_prefix(b"SAMLResponse="));
    match (values.next(), values.next()) {
        // Programs differ in which of the two they take.
        (Some(_), Some(_)) => Err(Problem::input("the form body has more than one SAMLResponse")),
        (Some(value), None) => Ok(percent_decoded(value)),
        (None, _) if input.starts_with(b"RelayState=") || input.starts_with(b"SAMLRequest=") => {
            Err(Problem::input("the form body has no SAMLResponse"))
        }
        // A value copied without its name is still percent-encoded. Base64 has no `%`.
        (None, _) => Ok(percent_decoded(input)),
    }
}

/// Resolves `%XX`, and leaves what is not one.
///
/// A `+` stays, although it stands for a blank in a form: browsers write the plus of Base64 as
/// `%2B`, and nothing wraps Base64 with blanks, so that a bare `+` comes from a tool that shows the
/// body decoded or has not encoded it.
fn percent_decoded(value: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((first, behind)) = rest.split_first() {
        let escaped =
            behind.split_at_checked(2).filter(|_| *first == b'%').and_then(|(digits, behind)| {
                let both_digits = digits.iter().all(u8::is_ascii_hexdigit);
                let digits = str::from_utf8(digits).ok().filter(|_| both_digits)?;
                Some((u8::from_str_radix(digits, 16).ok()?, behind))
            });
        let (byte, behind) = escaped.unwrap_or((*first, behind));
        decoded.push(byte);
        rest = behind;
    }
    decoded
}
