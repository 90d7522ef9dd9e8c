use quick_xml::escape::escape;
use std::fmt::{self, Write as _};

/// A form that the browser has to post to the identity provider: Bindings §3.5.
///
/// Serve [`page`](PostForm::page) with the header
/// [`content_security_policy`](PostForm::content_security_policy), or build a page of your own from
/// the parts.
#[derive(Clone, PartialEq, Eq)]
pub struct PostForm {
    action: String,
    fields: Vec<(&'static str, String)>,
}

impl PostForm {
    pub(crate) fn new(action: String, fields: Vec<(&'static str, String)>) -> Self {
        Self { action, fields }
    }

    /// The URL to post to.
    pub fn action(&self) -> &str {
        &self.action
    }

    /// Names and values of the hidden fields, in order.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// A page that posts itself, with a button for browsers without scripts. `nonce` is a fresh
    /// random text of letters and digits for this page, the same as in the header; other characters
    /// of it are left out.
    pub fn page(&self, nonce: &str) -> String {
        let nonce = safe(nonce);
        let action = escape(&self.action);
        let mut fields = String::new();
        for (name, value) in &self.fields {
            // Writing to a String cannot fail.
            let _ = write!(
                fields,
                "<input type=\"hidden\" name=\"{name}\" value=\"{}\">",
                escape(value)
            );
        }
        format!(
            "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"referrer\" content=\"no-referrer\">\
             <title>Signing in</title></head><body><form method=\"post\" action=\"{action}\">{fields}\
             <noscript><p>Please continue to your identity provider.</p></noscript>\
             <button type=\"submit\">Continue</button></form>\
             <script nonce=\"{nonce}\">document.forms[0].submit()</script></body></html>"
        )
    }

    /// The `Content-Security-Policy` for the page: nothing but this one script runs. There is no
    /// `form-action`, which browsers would also apply to wherever the identity provider redirects.
    pub fn content_security_policy(&self, nonce: &str) -> String {
        let nonce = safe(nonce);
        format!(
            "default-src 'none'; script-src 'nonce-{nonce}'; base-uri 'none'; frame-ancestors 'none'"
        )
    }
}

/// The fields carry identifiers of a person: their names alone are shown.
impl fmt::Debug for PostForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.fields.iter().map(|(name, _)| *name).collect();
        f.debug_struct("PostForm").field("action", &self.action).field("fields", &names).finish()
    }
}

fn safe(nonce: &str) -> String {
    nonce.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_out_of_the_page() {
        let hostile = "\"><script>alert(1)</script>'&";
        let form = PostForm::new(
            hostile.into(),
            vec![("SAMLRequest", "PGEvPg==".into()), ("RelayState", hostile.into())],
        );
        let page = form.page("n0nce\" onload=\"x");
        let escaped = "&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&apos;&amp;";
        assert_eq!(page.matches("<script").count(), 1);
        assert!(page.contains(&format!("action=\"{escaped}\"")));
        assert!(page.contains(&format!("name=\"RelayState\" value=\"{escaped}\"")));
        assert!(page.contains("<script nonce=\"n0nceonloadx\">"));
        assert_eq!(
            form.content_security_policy("a;b 'c'"),
            "default-src 'none'; script-src 'nonce-abc'; base-uri 'none'; frame-ancestors 'none'"
        );
        assert!(!format!("{form:?}").contains("PGEv"));
    }
}
