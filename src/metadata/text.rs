//! From the bytes of an upload, or what was pasted, to the document.

use std::borrow::Cow;

use super::error::MetadataError;
use super::warning::{MetadataWarning, Warnings};
use crate::error::{CertificateError, Excerpt, Rejection, XmlProblem};
use crate::limits::Limits;
use crate::trust::{Certificates, has_private_key, is_document, utf16};
use crate::xml::Document;

/// Reads a document as it stands. Where that is not XML, without what stands around it.
pub(super) fn document(
    bytes: &[u8],
    limits: &Limits,
    warnings: &mut Warnings,
) -> Result<Document, MetadataError> {
    if bytes.len() > limits.document_bytes {
        return Err(MetadataError::TooLarge { limit: limits.document_bytes });
    }
    let text = decoded(bytes)?;
    // XML has no NUL, wherever it stands: this is UTF-16 of another kind, or no text.
    if text.contains('\0') {
        return Err(MetadataError::NotUtf8 { encoding: None });
    }
    let text = text.trim_matches(is_blank);
    if text.is_empty() {
        return Err(MetadataError::Empty);
    }
    if has_private_key(text) {
        return Err(MetadataError::PrivateKey);
    }
    if !text.contains('<') && ["https://", "http://"].iter().any(|s| text.starts_with(s)) {
        return Err(MetadataError::Url);
    }
    let rejection = match Document::parse(text.to_owned(), limits) {
        Ok(document) => return Ok(document),
        Err(rejection @ Rejection::XmlMalformed { .. }) => rejection,
        Err(rejection) => return Err(unreadable(text, rejection)),
    };
    // A message that holds a descriptor is a message.
    let is_document = |around: &str| is_document(&without_comments(around));
    let stands_alone = |body: &&str| !text.split(*body).any(is_document);
    let body = body(text).filter(stands_alone).filter(|_| !is_web_page(text));
    let Some(body) = body else { return Err(unreadable(text, rejection)) };
    match Document::parse(without_declaration(body).to_owned(), limits) {
        Ok(document) => {
            let around = text.split(body).find(|around| !around.trim_matches(is_blank).is_empty());
            if let Some(around) = around {
                if has_private_key(around) {
                    return Err(MetadataError::PrivateKey);
                }
                let line = around.trim_matches(is_blank).lines().next().unwrap_or_default();
                let found = Excerpt::new(line);
                warnings.push(MetadataWarning::TextAround { found });
            }
            Ok(document)
        }
        Err(rejection) => Err(unreadable(body, rejection)),
    }
}

/// Browsers write one where they save a document.
fn without_comments(text: &str) -> String {
    let mut bare = String::new();
    let mut rest = text;
    while let Some((before, comment)) = rest.split_once("<!--") {
        bare.push_str(before);
        rest = comment.split_once("-->").map_or("", |(_, behind)| behind);
    }
    bare + rest
}

/// Blank space, and the invisible characters that are copied along from web pages.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200B}' | '\u{FEFF}')
}

/// By the byte order mark: XML 1.0 §4.3.3. A document holds no NUL, so that one of the first two
/// bytes tells UTF-16 without its mark (appendix F.1).
fn decoded(bytes: &[u8]) -> Result<Cow<'_, str>, MetadataError> {
    if let [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] = bytes {
        return Err(not_utf8("UTF-32"));
    }
    if let Some(text) = utf16(bytes) {
        let whole = bytes.len().is_multiple_of(2);
        return text.ok().filter(|_| whole).map(Cow::Owned).ok_or_else(|| not_utf8("UTF-16"));
    }
    str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| {
        let beginning = bytes.get(..bytes.len().min(256)).unwrap_or_default();
        let beginning = String::from_utf8_lossy(beginning);
        MetadataError::NotUtf8 { encoding: encoding(&beginning).map(Excerpt::new) }
    })
}

fn not_utf8(encoding: &str) -> MetadataError {
    MetadataError::NotUtf8 { encoding: Some(Excerpt::new(encoding)) }
}

/// The encoding that the XML declaration names.
fn encoding(text: &str) -> Option<&str> {
    let (_, declaration) = text.split_once("<?xml")?;
    let (declaration, _) = declaration.split_once("?>")?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value.strip_prefix(quote)?.split_once(quote).map(|(name, _)| name)
}

/// Without the declaration, if that changes nothing: the text is UTF-8; it was UTF-16, which never
/// looks like UTF-8; or all of it is ASCII, and the encoding begins with that.
fn without_declaration(body: &str) -> &str {
    let declaration = body.strip_prefix("<?xml").and_then(|body| body.split_once("?>"));
    let Some((declaration, behind)) = declaration else { return body };
    let name = encoding(body).unwrap_or("utf-8").to_ascii_lowercase();
    let begins_with_ascii = ["us-ascii", "iso-8859-", "windows-125"];
    let same = name.starts_with("utf-16")
        || name == "utf-8"
        || body.is_ascii() && begins_with_ascii.iter().any(|family| name.starts_with(family));
    match same && ["\"1.0\"", "'1.0'"].iter().any(|version| declaration.contains(version)) {
        true => behind.trim_start_matches(is_blank),
        false => body,
    }
}

/// From the XML declaration, or else the first tag of a descriptor, to the last end tag of that
/// descriptor. What a comment holds is none. `None` if there is nothing of the kind, or a document
/// type, which is not to be cut off.
fn body(text: &str) -> Option<&str> {
    let mut declaration = None;
    let mut at = 0;
    loop {
        let found = at + text.get(at..)?.find('<')?;
        let markup = text.get(found..)?;
        at = found + 1;
        if markup.starts_with("<!DOCTYPE") {
            return None;
        }
        if markup.starts_with("<!--") {
            at = found + markup.find("-->")?;
        } else if markup.starts_with("<?xml ") {
            declaration = Some(found);
        } else if let Some(name) = descriptor_name(markup) {
            let end_tag = format!("</{name}");
            let close = text.rfind(&end_tag).filter(|close| *close > found)?;
            let end = close + text.get(close..)?.find('>')? + 1;
            return text.get(declaration.unwrap_or(found)..end);
        }
    }
}

/// The name in a start tag, if it is that of a descriptor.
fn descriptor_name(markup: &str) -> Option<&str> {
    let name = markup.strip_prefix('<')?;
    let end = name.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/' | '<'))?;
    let name = name.get(..end)?;
    let local = name.split_once(':').map_or(name, |(_, local)| local);
    matches!(local, "EntityDescriptor" | "EntitiesDescriptor").then_some(name)
}

/// What was given in place of a document.
fn unreadable(text: &str, rejection: Rejection) -> MetadataError {
    if is_web_page(text) {
        return MetadataError::WebPage;
    }
    if let Rejection::XmlMalformed { problem: XmlProblem::Encoding, .. } = rejection {
        return MetadataError::NotUtf8 { encoding: encoding(text).map(Excerpt::new) };
    }
    if text.starts_with('<') {
        return MetadataError::Malformed(rejection);
    }
    match Certificates::parse(text) {
        Ok(_) => MetadataError::IsCertificate,
        Err(CertificateError::PrivateKey) => MetadataError::PrivateKey,
        Err(_) if text.starts_with("-----BEGIN ") => MetadataError::IsCertificate,
        Err(_) => MetadataError::NotXml { found: words(text).map(Excerpt::new) },
    }
}

/// What has no blank in its first line is no sentence: it may be a token, or a whole message.
fn words(text: &str) -> Option<&str> {
    const TOKEN: usize = 64;
    let beginning = text.char_indices().nth(TOKEN).and_then(|(end, _)| text.get(..end));
    beginning.unwrap_or(" ").contains(char::is_whitespace).then_some(text)
}

pub(super) fn is_web_page(text: &str) -> bool {
    let beginning = text.chars().take(1024).collect::<String>().to_ascii_lowercase();
    beginning.contains("<!doctype html") || beginning.contains("<html")
}
