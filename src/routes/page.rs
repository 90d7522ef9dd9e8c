//! The pages that a person sees on the way in and out.

use std::fmt::Write as _;

use quick_xml::escape::escape;

use crate::error::Error;
use crate::sso::Tested;

/// What a page is to say.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Page<'a> {
    /// Asks for the address to which a code is to be mailed: a form that posts `organization` and
    /// `email`.
    AskCode {
        /// The organization's slug, where it is known.
        organization: Option<&'a str>,
    },
    /// Asks for the code that was mailed to link an administrator's account: a form that posts
    /// `code`.
    Confirm {
        /// Whether a code was entered that does not work.
        wrong: bool,
    },
    /// Asks where somebody signs in: a form that posts `email` or `organization`.
    Discover {
        /// Whether what was entered leads nowhere by itself. It is the same for an address that
        /// nobody has and for one that many have: ask for the organization's name.
        unknown: bool,
    },
    /// Asks for the code that was mailed: a form that posts `code`. It is the same
    /// whether somebody has the address or not.
    EnterCode {
        /// Whether a code was entered that does not work.
        wrong: bool,
    },
    /// It does not go on from here.
    Refused {
        /// Why: [`user_message`](Error::user_message) is for the person, [`code`](Error::code) for
        /// support.
        error: &'a Error,
    },
    /// Nobody is signed in any more.
    SignedOut {
        /// Whether the identity provider has confirmed that they are signed out there, too.
        everywhere: bool,
    },
    /// Settings were tried out.
    Tested(&'a Tested),
    /// A form was used before, or answers a request that this browser has no more, and nobody is
    /// signed in.
    Used,
}

/// Where a page stands.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Place<'a> {
    /// For `<style nonce="…">`: no other style is taken, and no script.
    pub nonce: &'a str,
    /// The path of the base URL, in front of every link: nothing, usually.
    pub base_path: &'a str,
}

/// What the pages look like. They are HTML without scripts. A form posts to where its page is: it
/// needs no `action`. What comes from elsewhere has to be escaped.
///
/// To replace one page, hand the others on to [`DefaultPages`]:
///
/// ```
/// use saml_login::routes::{DefaultPages, Page, Pages, Place};
///
/// struct Ours;
///
/// impl Pages for Ours {
///     fn html(&self, page: &Page<'_>, place: &Place<'_>) -> String {
///         match page {
///             Page::SignedOut { .. } => "<!DOCTYPE html><title>Bye</title><p>See you.".into(),
///             page => DefaultPages::default().html(page, place),
///         }
///     }
/// }
/// ```
pub trait Pages: Send + Sync {
    /// The page, as a whole document.
    fn html(&self, page: &Page<'_>, place: &Place<'_>) -> String;
}

/// Plain pages, readable on a phone and by keyboard, light and dark.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct DefaultPages;

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:10vh auto;padding:0 1rem}\
label{display:block;margin:1rem 0 .25rem}input{font:inherit;width:100%;box-sizing:border-box;padding:.5rem}\
button{font:inherit;margin-top:1rem;padding:.5rem 1rem}pre{overflow:auto;white-space:pre-wrap}\
.code{opacity:.7;font-size:.875rem}:root{color-scheme:light dark}";

impl Pages for DefaultPages {
    fn html(&self, page: &Page<'_>, place: &Place<'_>) -> String {
        let (title, body) = match page {
            Page::AskCode { organization } => ("Sign in by a code", ask_code(*organization)),
            Page::Confirm { wrong } => (
                "Enter your code",
                entering(
                    "Your account is an administrator's. To link it to your identity provider, \
                     enter the code that was mailed to its address.",
                    *wrong,
                ),
            ),
            Page::Discover { unknown } => ("Sign in", discover(*unknown)),
            Page::EnterCode { wrong } => (
                "Enter your code",
                entering("If the address belongs to an account, a code was mailed to it.", *wrong),
            ),
            Page::Refused { error } => ("You are not signed in", refused(error, place)),
            Page::SignedOut { everywhere } => {
                ("You are signed out", signed_out(*everywhere, place))
            }
            Page::Tested(tested) => ("Test login", self::tested(tested)),
            Page::Used => (
                "You are not signed in",
                format!(
                    "<p>This login was used before, or began in another browser. Sign in again.\
                     </p>{}",
                    sign_in(place)
                ),
            ),
        };
        document(title, &body, place.nonce)
    }
}

fn document(title: &str, body: &str, nonce: &str) -> String {
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <style nonce=\"{nonce}\">{STYLE}</style></head><body><main><h1>{title}</h1>{body}</main>\
         </body></html>"
    )
}

fn sign_in(place: &Place<'_>) -> String {
    format!("<p><a href=\"{}/sso\">Sign in</a></p>", escape(place.base_path))
}

fn alert(shown: bool, words: &str) -> String {
    if shown { format!("<p role=\"alert\">{words}</p>") } else { String::new() }
}

fn discover(unknown: bool) -> String {
    let alert = alert(
        unknown,
        "This address does not say where you sign in. Enter your organization's name, as it \
         stands in its links.",
    );
    format!(
        "{alert}<form method=\"post\">\
         <label for=\"email\">E-mail address</label>\
         <input id=\"email\" name=\"email\" type=\"email\" autocomplete=\"username\">\
         <label for=\"organization\">or your organization's name</label>\
         <input id=\"organization\" name=\"organization\" autocomplete=\"organization\" \
         autocapitalize=\"none\"><button type=\"submit\">Continue</button></form>"
    )
}

fn ask_code(organization: Option<&str>) -> String {
    let organization = escape(organization.unwrap_or_default());
    format!(
        "<form method=\"post\">\
         <label for=\"organization\">Your organization's name</label>\
         <input id=\"organization\" name=\"organization\" value=\"{organization}\" required \
         autocapitalize=\"none\"><label for=\"email\">E-mail address</label>\
         <input id=\"email\" name=\"email\" type=\"email\" required autocomplete=\"username\">\
         <button type=\"submit\">Mail me a code</button></form>"
    )
}

fn entering(words: &str, wrong: bool) -> String {
    let alert = alert(wrong, "That code does not work. Check it, or ask for another one.");
    format!(
        "<p>{words}</p>{alert}<form method=\"post\">\
         <label for=\"code\">Code</label>\
         <input id=\"code\" name=\"code\" required autocomplete=\"one-time-code\" \
         autocapitalize=\"characters\" spellcheck=\"false\"><button type=\"submit\">Continue\
         </button></form>"
    )
}

fn refused(error: &Error, place: &Place<'_>) -> String {
    format!(
        "<p>{}</p><p class=\"code\">Your support asks for this word: <code>{}</code></p>\
         {}",
        escape(error.user_message()),
        escape(error.code()),
        sign_in(place)
    )
}

fn signed_out(everywhere: bool, place: &Place<'_>) -> String {
    let words = if everywhere {
        "You are signed out here and at your identity provider."
    } else {
        "You are signed out here. At your identity provider you may still be signed in."
    };
    format!("<p>{words}</p>{}", sign_in(place))
}

fn tested(tested: &Tested) -> String {
    let mut body = match &tested.counts {
        Ok(()) => "<p>It works, and it counts: within a day it can be made the only way in.</p>"
            .to_owned(),
        Err(refusal) => {
            format!("<p role=\"alert\">It does not count. {}</p>", escape(refusal.help()))
        }
    };
    let preview = match &tested.preview {
        Some(Ok(provisioning)) => Some(format!("the account would be: {}", provisioning.code())),
        Some(Err(refusal)) => Some(format!("nobody would get in: {}", refusal.help())),
        None => None,
    };
    if let Some(preview) = preview {
        // Writing to a String cannot fail.
        let _ = write!(body, "<p>For somebody who is not known: {}</p>", escape(&preview));
    }
    let _ = write!(body, "<pre>{}</pre>", escape(tested.report.to_string()));
    body
}
