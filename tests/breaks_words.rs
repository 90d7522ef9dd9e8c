//! Sentences that a deliberate break of the people half would change, and that no other test looks
//! at.

use saml_login::administration::AdministrationError;
use saml_login::error::BoxError;
use saml_login::organization::{ChangeRefusal, Conflict, SsoUnavailable};
use saml_login::policy::Reason;
use saml_login::provision::{PushRefusal, Refusal};

#[test]
fn people_are_told_what_they_can_do_about_a_refusal() {
    for (refusals, expected) in [
        (
            &[Refusal::AccountDeactivated, Refusal::AccountDeleted][..],
            "Your account is not active. Ask your administrator.",
        ),
        (&[Refusal::NoSeat], "Your organization has no free seat. Ask your administrator."),
        (
            &[Refusal::AccountUnknown, Refusal::NotProvisioned],
            "You have no account here yet. Ask your administrator.",
        ),
        (
            &[Refusal::AssignmentBySsoOnly],
            "Your organization signs in through its identity provider. Sign in there.",
        ),
        (
            &[Refusal::DirectoryManaged],
            "Your organization's directory manages accounts. Make the change at your identity provider.",
        ),
        (&[Refusal::EnteredSession], "Sign in to this organization itself to change its settings."),
        (
            &[Refusal::InvitationExpired],
            "This invitation has expired. Ask your administrator to send it again.",
        ),
        (&[Refusal::InvitationPending], "Accept your invitation first."),
        (
            &[Refusal::InvitationUnknown],
            "This link does not lead anywhere any more. Ask your administrator for another invitation.",
        ),
        (
            &[Refusal::LastAdministrator],
            "You are the last administrator. Make somebody else one first.",
        ),
        (
            &[Refusal::LinkUnconfirmed],
            "Your account is an administrator's. Sign in as before once and connect single sign-on there, or ask another administrator.",
        ),
        (&[Refusal::NotAdministrator], "Only an administrator may do this."),
        (
            &[
                Refusal::AccountExists,
                Refusal::AccountMissing,
                Refusal::AddressTaken,
                Refusal::BreakGlassKept,
                Refusal::NotPermitted,
                Refusal::Push(PushRefusal::UserNameEmpty),
                Refusal::VersionDiffers,
            ],
            "The account was not changed.",
        ),
    ] {
        for refusal in refusals {
            assert_eq!(refusal.user_message(), expected, "{refusal:?}");
        }
    }
}

#[test]
fn a_directory_is_told_what_to_send() {
    for (refusal, code, help) in [
        (
            PushRefusal::NoTarget,
            "push_no_target",
            "The person has no such e-mail address. Add it with its type and its value.",
        ),
        (
            PushRefusal::SeveralPrimary,
            "push_several_primary",
            "Call one of the person's e-mail addresses the primary one.",
        ),
        (
            PushRefusal::SeveralTargets,
            "push_several_targets",
            "Several e-mail addresses of the person are meant. Say in the path which one it is.",
        ),
        (
            PushRefusal::TextUnfit,
            "push_text_unfit",
            "Shorten the person's texts to 256 characters each, and take out line breaks and other control characters.",
        ),
        (
            PushRefusal::TooManyAddresses,
            "push_too_many_addresses",
            "Send 10 e-mail addresses of a person at most.",
        ),
        (
            PushRefusal::UserNameEmpty,
            "push_user_name_empty",
            "Map userName to the person's user name or e-mail address.",
        ),
    ] {
        assert_eq!((refusal.code(), refusal.help()), (code, help));
        assert_eq!((Refusal::Push(refusal).code(), Refusal::Push(refusal).help()), (code, help));
    }
}

#[test]
fn nobody_is_told_how_an_account_elsewhere_stands() {
    const ELSEWHERE: &str =
        "Single sign-on is not available for your organization. Sign in another way.";
    const THERE: &str = "Your organization signs in through its identity provider.";
    const GONE: &str = "Your account is not active. Ask your administrator.";
    for (reason, expected) in [
        (Reason::AccountDeactivated, Some(GONE)),
        (Reason::AccountDeleted, Some(GONE)),
        (Reason::AccountDiffers, None),
        (Reason::Allowed, None),
        (Reason::BreakGlass, None),
        (Reason::EmailDiffers, None),
        (Reason::EmailUnproven, None),
        (Reason::InvitationPending, Some("Accept your invitation first.")),
        (Reason::OrganizationForeign, None),
        (Reason::OrganizationHidden, None),
        (Reason::OthersHidden, None),
        (Reason::SessionEnded, Some("You have been signed out. Sign in again.")),
        (Reason::SessionForeign, None),
        (Reason::SsoDisabled, Some(ELSEWHERE)),
        (Reason::SsoEnforced, Some(THERE)),
        (Reason::SsoNotConfigured, Some(ELSEWHERE)),
        (Reason::SsoStepUp, Some(THERE)),
    ] {
        assert_eq!(reason.user_message(), expected, "{reason:?}");
    }
}

#[test]
fn who_administers_is_told_what_to_do() {
    let failed = || BoxError::new("a secret of the store");
    let conflict = AdministrationError::Conflict(Conflict::Slug);
    let minute = "That did not work just now. Try again in a minute.";
    for (error, help, user_message) in [
        (
            conflict,
            "Another organization has the same slug, or had it.",
            "The organization was not changed.",
        ),
        (
            AdministrationError::Contended,
            "Others changed the settings at the same time, again and again. Try again.",
            minute,
        ),
        (
            AdministrationError::OrganizationUnknown,
            "There is no such organization. It may have been removed.",
            minute,
        ),
        (
            AdministrationError::Plans(failed()),
            "The application's billing failed. See its own log.",
            minute,
        ),
        (AdministrationError::Store(failed()), "The store failed. See its own log.", minute),
    ] {
        assert_eq!((&*error.help(), error.user_message()), (help, user_message), "{error:?}");
    }
    let disabled = SsoUnavailable::Disabled;
    assert_eq!(disabled.help(), "Single sign-on is switched off for this organization.");
    let elsewhere = "Single sign-on is not available for your organization. Sign in another way.";
    assert_eq!(disabled.user_message(), elsewhere);
    let refusal = ChangeRefusal::NotConfigured;
    assert_eq!(refusal.help(), "Single sign-on is not configured.");
    assert_eq!(refusal.user_message(), "The settings of single sign-on were not changed.");
}
