//! The request log in words, for the organization's administrator.

use crate::error::Fixer;
use crate::store::RequestLog;

/// What a request did, or why it did nothing, and who can change that.
///
/// ```
/// use saml_login::directory::Explanation;
/// use saml_login::store::RequestLog;
///
/// let mut entry = RequestLog::new("org-1", "2030-01-31T12:00:00Z".parse()?, "create", 403);
/// entry.reason = Some("no_seat".into());
/// entry.detail = Some("no free seat (10 of 10 taken)".into());
/// let told = Explanation::of(&entry);
/// assert_eq!(told.what, "Wanted to create somebody.");
/// assert_eq!(told.why.as_deref(), Some("no free seat (10 of 10 taken)"));
/// assert!(told.cure.is_some_and(|cure| cure.contains("seat")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explanation {
    /// What it did, or wanted to do.
    pub what: &'static str,
    /// What it was answered, where it was refused.
    pub why: Option<String>,
    /// What to do about it.
    pub cure: Option<&'static str>,
    /// Who can do that.
    pub fixer: Option<Fixer>,
}

impl Explanation {
    /// That of an entry.
    pub fn of(entry: &RequestLog) -> Self {
        let is_done = entry.status < 400;
        let cure = entry.reason.as_deref().filter(|_| !is_done).map(cure);
        Self {
            what: what(&entry.action, is_done),
            why: entry.detail.clone().filter(|_| !is_done),
            cure: cure.map(|(cure, _)| cure),
            fixer: cure.map(|(_, fixer)| fixer),
        }
    }
}

fn what(action: &str, is_done: bool) -> &'static str {
    match (action, is_done) {
        ("authenticate", _) => "Came without a token that is good.",
        ("bulk", true) => "Sent several changes at once.",
        ("bulk", false) => "Wanted to send several changes at once.",
        ("create", true) => "Created somebody.",
        ("create", false) => "Wanted to create somebody.",
        ("delete", true) => "Deleted somebody.",
        ("delete", false) => "Wanted to delete somebody.",
        ("discover", _) => "Asked what can be done here.",
        ("groups", _) => "Asked for groups, of which there are none.",
        ("list" | "search", true) => "Looked for people.",
        ("list" | "search", false) => "Wanted to look for people.",
        ("patch" | "replace", true) => "Changed somebody.",
        ("patch" | "replace", false) => "Wanted to change somebody.",
        ("read", true) => "Looked at somebody.",
        ("read", false) => "Wanted to look at somebody.",
        _ => "Asked for something that there is not.",
    }
}

/// What to do, and who can, by the reason of the refusal.
fn cure(reason: &str) -> (&'static str, Fixer) {
    match reason {
        "no_seat" => (
            "Buy a seat, or deactivate somebody who needs theirs no more; then have the identity \
             provider try again.",
            Fixer::ServiceProvider,
        ),
        "break_glass_kept" => (
            "Name somebody else for emergencies first, or leave the person out of what the \
             directory deactivates.",
            Fixer::ServiceProvider,
        ),
        "ended_by_application" => (
            "The person was deactivated here. Give the account back here, or take the person out \
             of the directory's assignment.",
            Fixer::ServiceProvider,
        ),
        "address_taken" | "external_id_taken" | "user_name_taken" | "account_ambiguous" => (
            "Somebody here has it already. Search for them by user name or address: the directory \
             takes over an account that it finds, and creates none beside it.",
            Fixer::IdentityProvider,
        ),
        "account_missing" => (
            "The directory remembers an account that is gone here. Have it forget the person, and \
             provision them again.",
            Fixer::IdentityProvider,
        ),
        "directory_off" => ("Switch the directory on, and make a token.", Fixer::ServiceProvider),
        "scim_token_missing" | "scim_token_unknown" => (
            "Copy URL and token again into the identity provider, both whole. If nobody has \
             changed them, somebody else is trying.",
            Fixer::IdentityProvider,
        ),
        "scim_token_expired" => {
            ("Make a new token, and enter it at the identity provider.", Fixer::ServiceProvider)
        }
        "scim_too_often" | "account_store_contended" | "store_failed" | "account_store_failed" => {
            ("The directory tries again by itself. Nothing has to be done.", Fixer::ServiceProvider)
        }
        "version_differs" => (
            "Somebody has changed the person in between. The directory reads them again, and \
             tries once more.",
            Fixer::IdentityProvider,
        ),
        "scim_path_unknown" | "scim_method_unknown" | "scim_groups" | "scim_me" => (
            "There is no such thing here: only users are served. If all requests are answered so, \
             the URL at the identity provider was not copied whole.",
            Fixer::IdentityProvider,
        ),
        "scim_media_type" => (
            "The client sends something that is no JSON. Choose SCIM 2.0 at the identity provider.",
            Fixer::IdentityProvider,
        ),
        reason if reason.starts_with("scim_filter") => (
            "The directory searches by something that is not stored here. Match people by user \
             name, e-mail address or external id.",
            Fixer::IdentityProvider,
        ),
        reason if reason.starts_with("push_") || reason.starts_with("scim_") => (
            "What was sent does not fit. Look at the attribute mappings at the identity provider.",
            Fixer::IdentityProvider,
        ),
        _ => ("Look at the answer, and at the audit trail beside it.", Fixer::EitherSide),
    }
}
