//! Text from outside, made fit for a terminal.

pub(crate) use saml_login::error::printable as for_terminal;

/// The same JSON, with such characters inside its strings as `\uXXXX`: JSON is printed on
/// terminals, too.
pub(crate) fn json(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        let mut units = [0; 2];
        match character {
            '\n' | ' '..='~' => escaped.push(character),
            other if is_printable(other) => escaped.push(other),
            other => escaped
                .extend(other.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}"))),
        }
    }
    escaped
}

/// Of characters beyond ASCII. The letter before it keeps a combining mark from standing alone.
fn is_printable(character: char) -> bool {
    format!("a{character}").escape_debug().count() == 2
}
