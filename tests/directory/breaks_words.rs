//! The log of requests, in words.

use saml_login::directory::Explanation;
use saml_login::error::Fixer;
use saml_login::store::RequestLog;

use crate::common::now;

fn of(action: &'static str, status: u16, reason: Option<&'static str>) -> Explanation {
    let mut entry = RequestLog::new("org-a", now(), action, status);
    entry.reason = reason.map(Into::into);
    entry.detail = Some("what the directory was told".into());
    Explanation::of(&entry)
}

#[test]
fn what_a_request_did_is_said_and_what_it_wanted_to_do() {
    for (action, done, wanted) in [
        (
            "authenticate",
            "Came without a token that is good.",
            "Came without a token that is good.",
        ),
        ("bulk", "Sent several changes at once.", "Wanted to send several changes at once."),
        ("create", "Created somebody.", "Wanted to create somebody."),
        ("delete", "Deleted somebody.", "Wanted to delete somebody."),
        ("discover", "Asked what can be done here.", "Asked what can be done here."),
        (
            "groups",
            "Asked for groups, of which there are none.",
            "Asked for groups, of which there are none.",
        ),
        ("list", "Looked for people.", "Wanted to look for people."),
        ("search", "Looked for people.", "Wanted to look for people."),
        ("patch", "Changed somebody.", "Wanted to change somebody."),
        ("replace", "Changed somebody.", "Wanted to change somebody."),
        ("read", "Looked at somebody.", "Wanted to look at somebody."),
        (
            "unknown",
            "Asked for something that there is not.",
            "Asked for something that there is not.",
        ),
    ] {
        for status in [200, 304, 399] {
            let told = of(action, status, Some("no_seat"));
            assert_eq!((told.what, told.why, told.cure, told.fixer), (done, None, None, None));
        }
        for status in [400, 503] {
            let told = of(action, status, None);
            let why = Some("what the directory was told".to_owned());
            assert_eq!((told.what, told.why), (wanted, why), "{action}");
            assert_eq!((told.cure, told.fixer), (None, None));
        }
    }
}

#[test]
fn each_reason_has_what_to_do_and_who_can() {
    let seat = "Buy a seat, or deactivate somebody who needs theirs no more; then have the \
                identity provider try again.";
    let keeper = "Name somebody else for emergencies first, or leave the person out of what the \
                  directory deactivates.";
    let ended = "The person was deactivated here. Give the account back here, or take the person \
                 out of the directory's assignment.";
    let taken = "Somebody here has it already. Search for them by user name or address: the \
                 directory takes over an account that it finds, and creates none beside it.";
    let gone = "The directory remembers an account that is gone here. Have it forget the person, \
                and provision them again.";
    let off = "Switch the directory on, and make a token.";
    let token = "Copy URL and token again into the identity provider, both whole. If nobody has \
                 changed them, somebody else is trying.";
    let expired = "Make a new token, and enter it at the identity provider.";
    let again = "The directory tries again by itself. Nothing has to be done.";
    let version = "Somebody has changed the person in between. The directory reads them again, \
                   and tries once more.";
    let filter = "The directory searches by something that is not stored here. Match people by \
                  user name, e-mail address or external id.";
    let unfit = "What was sent does not fit. Look at the attribute mappings at the identity \
                 provider.";
    let other = "Look at the answer, and at the audit trail beside it.";
    for (reasons, cure, fixer) in [
        (&["no_seat"][..], seat, Fixer::ServiceProvider),
        (&["break_glass_kept"], keeper, Fixer::ServiceProvider),
        (&["ended_by_application"], ended, Fixer::ServiceProvider),
        (
            &["address_taken", "external_id_taken", "user_name_taken", "account_ambiguous"],
            taken,
            Fixer::IdentityProvider,
        ),
        (&["account_missing"], gone, Fixer::IdentityProvider),
        (&["directory_off"], off, Fixer::ServiceProvider),
        (&["scim_token_missing", "scim_token_unknown"], token, Fixer::IdentityProvider),
        (&["scim_token_expired"], expired, Fixer::ServiceProvider),
        (
            &["scim_too_often", "account_store_contended", "store_failed", "account_store_failed"],
            again,
            Fixer::ServiceProvider,
        ),
        (&["version_differs"], version, Fixer::IdentityProvider),
        (&["scim_filter_attribute_unknown"], filter, Fixer::IdentityProvider),
        (&["push_text_unfit", "scim_type_unfit"], unfit, Fixer::IdentityProvider),
        (&["not_permitted"], other, Fixer::EitherSide),
    ] {
        for reason in reasons {
            let told = of("create", 400, Some(reason));
            assert_eq!((told.cure, told.fixer), (Some(cure), Some(fixer)), "{reason}");
        }
    }
}
