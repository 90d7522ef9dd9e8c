//! The table of refusals: code, who acts, and what the person is told.

use super::Rejection;

use crate::code::codes;

/// Who has to act to mend a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Fixer {
    /// The developer who embeds the library.
    Developer,
    /// Whichever of the two sides has the wrong value: it has to be the same on both.
    EitherSide,
    /// The administrator of the identity provider.
    IdentityProvider,
    /// Whoever runs the service provider: its settings, its clock, its storage.
    ServiceProvider,
    /// The person who tried to log in: by starting again.
    User,
}

codes!(Fixer {
    Developer = "developer",
    EitherSide = "either_side",
    IdentityProvider = "identity_provider",
    ServiceProvider = "service_provider",
    User = "user",
});

impl Fixer {
    /// Who that is, for people: completes “to be fixed by …”.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Developer => "the developer who passes the response on",
            Self::EitherSide => "whichever side has the wrong value: it has to be the same on both",
            Self::IdentityProvider => "the administrator of the identity provider",
            Self::ServiceProvider => "whoever runs the service provider (this side)",
            Self::User => "the person who logs in, by starting again",
        }
    }
}

pub(crate) const NOT_SET_UP: &str = "Single sign-on is not set up correctly for your organization. Please contact your administrator.";
pub(crate) const UNAVAILABLE: &str =
    "Login is not available right now. Please try again in a few minutes.";
const NOT_VERIFIED: &str = "Your login could not be verified. Please try again, and contact your administrator if it keeps failing.";
const NOT_COMPLETED: &str = "Your identity provider did not complete the login. Please try again or contact your administrator.";
const STARTED_ELSEWHERE: &str = "Please start your login from our sign-in page.";
pub(crate) const SIGN_IN_AGAIN: &str =
    "This login has expired or was already used. Please sign in again.";

impl Rejection {
    /// The stable snake_case code, part of semver: what support looks up and dashboards count.
    pub fn code(&self) -> &'static str {
        self.row().0
    }

    /// One of a few fixed sentences for the person who tried to log in; never data from the
    /// message.
    pub fn user_message(&self) -> &'static str {
        self.row().2
    }

    /// Who has to act.
    pub fn fixer(&self) -> Fixer {
        self.row().1
    }

    /// Code, fixer and user message of each variant: the error table.
    fn row(&self) -> (&'static str, Fixer, &'static str) {
        use Fixer::{Developer, EitherSide, IdentityProvider, ServiceProvider, User};
        match self {
            Self::ArtifactRefused { .. } => ("artifact_refused", IdentityProvider, NOT_VERIFIED),
            Self::QueryMalformed { .. } => ("query_malformed", IdentityProvider, NOT_VERIFIED),
            Self::ResponseTooLarge { .. } => ("response_too_large", IdentityProvider, NOT_VERIFIED),
            Self::ResponseUndecodable { .. } => ("response_undecodable", Developer, NOT_VERIFIED),

            Self::DtdForbidden => ("dtd_forbidden", IdentityProvider, NOT_VERIFIED),
            Self::DuplicateId => ("duplicate_id", IdentityProvider, NOT_VERIFIED),
            Self::XmlLimitExceeded { .. } => ("xml_limit_exceeded", IdentityProvider, NOT_VERIFIED),
            Self::XmlMalformed { .. } => ("xml_malformed", IdentityProvider, NOT_VERIFIED),

            Self::NotALogoutMessage { .. } => {
                ("not_a_logout_message", IdentityProvider, NOT_VERIFIED)
            }
            Self::LogoutUnconfigured => ("logout_unconfigured", ServiceProvider, NOT_SET_UP),
            Self::NotAResponse { .. } => ("not_a_response", IdentityProvider, NOT_VERIFIED),
            Self::VersionUnsupported { .. } => {
                ("version_unsupported", IdentityProvider, NOT_SET_UP)
            }
            Self::StatusNotSuccess { .. } => {
                ("status_not_success", IdentityProvider, NOT_COMPLETED)
            }

            Self::AssertionCount { .. } => ("assertion_count", IdentityProvider, NOT_VERIFIED),
            Self::ElementMissing { .. } => ("element_missing", IdentityProvider, NOT_VERIFIED),
            Self::ElementRepeated { .. } => ("element_repeated", IdentityProvider, NOT_VERIFIED),
            Self::TextMalformed { .. } => ("text_malformed", IdentityProvider, NOT_VERIFIED),
            Self::DecryptionFailed => ("decryption_failed", EitherSide, NOT_VERIFIED),
            Self::DecryptionKeyMissing { .. } => ("decryption_key_missing", EitherSide, NOT_SET_UP),
            Self::DecryptionKeySealed { .. } => {
                ("decryption_key_sealed", ServiceProvider, NOT_SET_UP)
            }
            Self::EncryptionMalformed => ("encryption_malformed", IdentityProvider, NOT_VERIFIED),
            Self::IdInvalid { .. } => ("id_invalid", IdentityProvider, NOT_VERIFIED),
            Self::InstantMalformed { .. } => ("instant_malformed", IdentityProvider, NOT_VERIFIED),

            Self::AlgorithmForbidden { .. } => {
                ("algorithm_forbidden", IdentityProvider, NOT_SET_UP)
            }
            Self::CanonicalizationUndefined { .. } => {
                ("canonicalization_undefined", IdentityProvider, NOT_VERIFIED)
            }
            Self::DigestMismatch { .. } => ("digest_mismatch", IdentityProvider, NOT_VERIFIED),
            Self::KeyUntrusted { .. } => ("key_untrusted", ServiceProvider, NOT_SET_UP),
            Self::ReferenceMismatch { .. } => {
                ("reference_mismatch", IdentityProvider, NOT_VERIFIED)
            }
            Self::SecondOpinionDiffers { .. } => {
                ("second_opinion_differs", Developer, NOT_VERIFIED)
            }
            Self::SignatureInvalid { .. } => ("signature_invalid", ServiceProvider, NOT_VERIFIED),
            Self::SignatureMalformed { .. } => {
                ("signature_malformed", IdentityProvider, NOT_VERIFIED)
            }
            Self::SignatureMisplaced { .. } => {
                ("signature_misplaced", IdentityProvider, NOT_VERIFIED)
            }
            Self::SignatureMissing { .. } => ("signature_missing", IdentityProvider, NOT_SET_UP),
            Self::SignatureOutOfContext { .. } => {
                ("signature_out_of_context", IdentityProvider, NOT_SET_UP)
            }
            Self::TransformForbidden { .. } => {
                ("transform_forbidden", IdentityProvider, NOT_VERIFIED)
            }

            Self::IssuerMismatch { .. } => ("issuer_mismatch", EitherSide, NOT_SET_UP),
            Self::IssuerFormat { .. } => ("issuer_format", IdentityProvider, NOT_SET_UP),
            Self::DestinationMissing { .. } => {
                ("destination_missing", IdentityProvider, NOT_SET_UP)
            }
            Self::DestinationMismatch { .. } => ("destination_mismatch", EitherSide, NOT_SET_UP),
            Self::InResponseToMissing { .. } => ("in_response_to_missing", User, STARTED_ELSEWHERE),
            Self::InResponseToAmbiguous => {
                ("in_response_to_ambiguous", IdentityProvider, NOT_SET_UP)
            }
            Self::InResponseToMismatch { .. } => ("in_response_to_mismatch", User, SIGN_IN_AGAIN),
            Self::UnsolicitedForbidden => {
                ("unsolicited_forbidden", ServiceProvider, STARTED_ELSEWHERE)
            }
            Self::UnsolicitedInResponseTo { .. } => {
                ("unsolicited_in_response_to", User, STARTED_ELSEWHERE)
            }

            Self::NameIdMissing => ("name_id_missing", IdentityProvider, NOT_SET_UP),
            Self::NameIdFormatUnmet { .. } => {
                ("name_id_format_unmet", IdentityProvider, NOT_COMPLETED)
            }
            Self::SubjectConfirmationMissing => {
                ("subject_confirmation_missing", IdentityProvider, NOT_SET_UP)
            }
            Self::RecipientMissing => ("recipient_missing", IdentityProvider, NOT_SET_UP),
            Self::RecipientMismatch { .. } => ("recipient_mismatch", EitherSide, NOT_SET_UP),

            Self::Expired { .. } => ("expired", User, SIGN_IN_AGAIN),
            Self::NotYetValid { .. } => ("not_yet_valid", IdentityProvider, NOT_VERIFIED),
            Self::WindowEmpty { .. } => ("window_empty", IdentityProvider, NOT_VERIFIED),

            Self::AudienceMissing => ("audience_missing", IdentityProvider, NOT_SET_UP),
            Self::AudienceMismatch { .. } => ("audience_mismatch", EitherSide, NOT_SET_UP),
            Self::ConditionUnknown { .. } => ("condition_unknown", IdentityProvider, NOT_SET_UP),

            Self::AuthnContextUnmet => ("authn_context_unmet", IdentityProvider, NOT_COMPLETED),
            Self::AuthnInFuture { .. } => ("authn_in_future", IdentityProvider, NOT_VERIFIED),
            Self::AuthnTooOld { .. } => ("authn_too_old", IdentityProvider, NOT_COMPLETED),
            Self::RequestExpired { .. } => ("request_expired", User, SIGN_IN_AGAIN),
            Self::RequestOutdated => ("request_outdated", User, SIGN_IN_AGAIN),
            Self::RequestForeign => ("request_foreign", User, SIGN_IN_AGAIN),
            Self::BounceUnanswered => ("bounce_unanswered", EitherSide, NOT_SET_UP),
            Self::UnsolicitedBounced => ("unsolicited_bounced", Developer, STARTED_ELSEWHERE),

            Self::AttributeMissing { .. } => ("attribute_missing", IdentityProvider, NOT_SET_UP),

            Self::AssertionReplayed => ("assertion_replayed", User, SIGN_IN_AGAIN),
            Self::RequestReplayed => ("request_replayed", User, SIGN_IN_AGAIN),
            Self::ReplayStoreFull => ("replay_store_full", ServiceProvider, UNAVAILABLE),
        }
    }
}
