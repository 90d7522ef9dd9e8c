//! What the administrator who has to mend a refusal is told.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use super::excerpt::or_none;
use super::{
    AlgorithmUse, DecodeProblem, DigestCause, Excerpt, Mismatch, Part, Rejection, SignatureCause,
    XmlProblem,
};
use crate::fingerprint::Fingerprint;

impl Rejection {
    /// What is wrong and what to change, for the administrator: expected against found, near misses
    /// named.
    ///
    /// Values from the message are quoted, cut to 256 characters and escaped for terminals and
    /// logs; escape them again before putting them in HTML.
    pub fn help(&self) -> String {
        match self {
            Self::ArtifactRefused { problem } => format!(
                "The artifact that the browser brought is refused: {problem}. It is good for one use within a short time; let the \
                 person start again, and compare issuer and Artifact Resolution Service with the identity provider's metadata."
            ),
            Self::QueryMalformed { problem } => format!(
                "The query string of the URL is refused: {problem}. Pass it exactly as it was received, undecoded."
            ),
            Self::ResponseTooLarge { limit } => format!(
                "The message is larger than {limit} bytes. Usually the identity provider sends every group of a \
                 person: restrict the group attribute to the groups that matter."
            ),
            Self::ResponseUndecodable { problem: problem @ DecodeProblem::NotUtf8 { .. } } => format!(
                "The message could not be decoded: {problem}. Let the identity provider write its messages in UTF-8, \
                 as all current products do."
            ),
            Self::ResponseUndecodable { problem: DecodeProblem::Compressed } => {
                "The message is compressed, as for the HTTP-Redirect binding, and responses are posted. Choose HTTP-POST as the \
                 binding of the ACS URL (Assertion Consumer Service) at the identity provider."
                    .into()
            }
            Self::ResponseUndecodable { problem } => format!(
                "The SAMLResponse form field could not be decoded: {problem}. Pass the value of the field exactly as \
                 the browser posted it, after form decoding and nothing else; make sure that nothing is cut off."
            ),
            Self::DtdForbidden => "The message contains a document type declaration. No identity provider sends one; \
                                   treat this as an attack."
                .into(),
            Self::DuplicateId => "Two elements of the message share an ID. No identity provider does that; treat \
                                  this as an attack."
                .into(),
            Self::XmlLimitExceeded { limit, allowed } => {
                format!("The message exceeds the limit for {limit}, which is {allowed}.")
            }
            Self::XmlMalformed { problem: XmlProblem::DeclarationMisplaced, .. } => {
                "Something stands before the XML declaration of the message, a blank line for example, and XML has it at the very \
                 beginning. Let the identity provider send the message without it: a template or a plugin there begins with a \
                 blank line."
                    .into()
            }
            Self::XmlMalformed { problem: XmlProblem::Encoding, .. } => {
                "The message declares an encoding other than UTF-8. Let the identity provider write its messages in UTF-8, as all \
                 current products do."
                    .into()
            }
            Self::XmlMalformed { problem, offset } => format!(
                "The message is not well-formed XML: {problem} at byte {offset} of the decoded text. It was cut off \
                 or damaged on its way, or comes from something other than a SAML identity provider."
            ),
            Self::NotALogoutMessage { found } => format!(
                "A LogoutRequest or LogoutResponse of SAML 2.0 was expected; the message is {found}."
            ),
            Self::LogoutUnconfigured => "The service provider has no Single Logout Service URL: configure the URL at which \
                                         logout messages are received."
                .into(),
            Self::NotAResponse { found } => format!(
                "A SAML 2.0 Response was expected; the message is {found}. Was another message, or one of SAML 1.1, \
                 sent to the ACS URL?"
            ),
            Self::VersionUnsupported { on, found } => {
                format!("The {on} must have Version \"2.0\"; found {}.", or_none(found.as_ref()))
            }
            Self::StatusNotSuccess { codes, message } => status(codes, message.as_ref()),
            Self::AssertionCount { found: 0 } => "The response holds no Assertion. Is the identity provider set up to \
                                                  send one?"
                .into(),
            Self::AssertionCount { found } => {
                format!("The response holds {found} assertions; exactly one is accepted.")
            }
            Self::ElementMissing { parent, element: element @ "AuthnStatement" } => format!(
                "The {parent} has no {element} element, which says when and how the person authenticated. Switch it on at the \
                 identity provider; in Keycloak, for example, switch on “Include AuthnStatement”."
            ),
            Self::ElementMissing { parent, element } => format!("The {parent} has no {element} element."),
            Self::ElementRepeated { parent, element } => {
                format!("The {parent} has more than one {element} element; one is allowed.")
            }
            Self::TextMalformed { element } => {
                format!("The {element} holds a child element or a processing instruction; only text may stand there.")
            }
            Self::DecryptionFailed => "What is encrypted in the message could not be opened, or is not signed as it has to \
                                       be. Check that the identity provider encrypts to the current certificate of this \
                                       service provider, and signs with a configured key. Nothing more is told on purpose."
                .into(),
            Self::DecryptionKeyMissing { element } => format!(
                "The message contains an {element}, and the connection has no decryption key. Give the service provider a \
                 key and the identity provider its certificate; or switch encryption of {} off at the identity \
                 provider: the message travels encrypted by TLS all the same.",
                match *element {
                    "EncryptedID" => "NameIDs",
                    "EncryptedAttribute" => "attributes",
                    _ => "assertions",
                }
            ),
            Self::DecryptionKeySealed { element } => format!(
                "The message contains an {element}, and the service provider could not open its own key: it is sealed \
                 under a key that the application does not have at present. Whoever runs the application has to give \
                 it that sealing key again. Until then, switch encryption off at the identity provider: the message \
                 travels encrypted by TLS all the same."
            ),
            Self::AuthnContextUnmet => "The person did not log in at the identity provider in any of the ways that the request asked for. Let \
                                        the identity provider ask for one of them, or ask for less."
                .into(),
            Self::AuthnInFuture { authn_instant, issue_instant, skew_seconds } => format!(
                "The person authenticated at {}, which is later than the assertion was issued, at {}, with {skew_seconds} s \
                 tolerated. The machines of the identity provider disagree about the time; let its administrator set their clocks.",
                instant(*authn_instant),
                instant(*issue_instant)
            ),
            Self::AuthnTooOld { authn_instant, issue_instant, elapsed_seconds, skew_seconds } => format!(
                "The request asked for a new authentication (ForceAuthn) {elapsed_seconds} s ago; the person authenticated at {}, \
                 {} before the assertion was issued, with {skew_seconds} s tolerated. Let the identity provider honour \
                 ForceAuthn, and set AuthnInstant by it.",
                instant(*authn_instant),
                duration(*issue_instant - *authn_instant)
            ),
            Self::RequestExpired { expires_at, now } => format!(
                "The request expired at {expires_at}, and it is {now}. The person took longer to log in than the request's lifetime; \
                 let them start again."
            ),
            Self::RequestForeign => "The browser remembers a request that was made for another connection. Let the person start again."
                .into(),
            Self::RequestOutdated => "The settings were changed after this test was started, so that its answer says nothing of the ones \
                                      in effect now. Start the test again."
                .into(),
            Self::BounceUnanswered => "Twice within a minute this browser was sent to the identity provider, and came back with a \
                                       response that answers no request. Compare the single sign-on URL: it should be the one for \
                                       logins that start here, not that of a tile. If the identity provider only starts logins by \
                                       itself, set this connection to take them as they come (Unsolicited::On), by which a page elsewhere can log \
                                       somebody in as another person."
                .into(),
            Self::UnsolicitedBounced => "The login was started at the identity provider, and this connection starts such logins anew: \
                                         send the browser to the identity provider with Connection::start_login."
                .into(),
            Self::EncryptionMalformed => "An encrypted element of the message is not of the form that SAML prescribes: one \
                                          EncryptedData with its value in it, and its keys inside of it or beside it."
                .into(),
            Self::IdInvalid { on } => format!("The {on} has no ID, or one that is empty or holds white space."),
            Self::InstantMalformed { what, found: None } => format!("{what} is missing."),
            Self::InstantMalformed { what, found: Some(found) } => format!(
                "{what} is {found}, which is not a date and time with a time zone such as 2026-01-31T12:00:00Z."
            ),
            Self::AlgorithmForbidden { usage, algorithm, allowed_by } => {
                let advice = match usage {
                    AlgorithmUse::Canonicalization => "Choose Exclusive Canonicalization at the identity provider.",
                    AlgorithmUse::Cipher => "Choose AES-256 in the GCM mode for encryption at the identity provider; or switch \
                                             encryption off there: the response travels encrypted by TLS all the same.",
                    AlgorithmUse::Digest => "Choose SHA-256 for the digest at the identity provider, which can be a setting beside \
                                             that of the signature.",
                    AlgorithmUse::KeyTransport => "Choose RSA-OAEP for the encryption of keys at the identity provider; or switch \
                                                   encryption off there: the response travels encrypted by TLS all the same.",
                    AlgorithmUse::Signature => "Choose RSA with SHA-256 for signatures at the identity provider.",
                };
                let switch = allowed_by.map_or(String::new(), |switch| {
                    format!(" Only where that is impossible, allow it for this connection with {switch}.")
                });
                format!("The {usage} algorithm {algorithm} is not accepted. {advice}{switch}")
            }
            Self::CanonicalizationUndefined { reason } => {
                format!("The message has no canonical form: {reason}. No identity provider sends such a message.")
            }
            Self::DigestMismatch { on, cause: Some(DigestCause::EscapedText) } => format!(
                "The {on} is not what was signed. An attribute in it has an ampersand or a less-than sign, and some identity \
                 providers sign such text wrongly: leave such characters out of the attribute, or update the identity provider. \
                 Else something on the way rewrites the message, or it is forged."
            ),
            Self::DigestMismatch { on, cause: None } => format!(
                "The {on} was changed after it was signed. Something between the identity provider and here rewrites \
                 the message, or it is forged."
            ),
            Self::KeyUntrusted { on, key } => format!(
                "The {on} is signed by a key that is not configured: a rotation or a forgery. Compare the fingerprint \
                 in the identity provider's console; never copy a certificate from a response. Embedded certificate: \
                 {}{}. Configured: {}.",
                key.fingerprint,
                validity(key.not_before, key.not_after),
                key.configured.iter().map(Fingerprint::to_string).collect::<Vec<_>>().join(", ")
            ),
            Self::ReferenceMismatch { on, found } => format!(
                "The signature inside the {on} must refer to that {on}; it refers to {}.",
                or_none(found.as_ref())
            ),
            Self::SecondOpinionDiffers { reason } => format!(
                "libxmlsec1 was asked for a second opinion and does not agree: {reason}. Please report the message, with \
                 its personal data replaced, if it is honest; until then the connection can do without."
            ),
            Self::SignatureInvalid { on, cause: Some(SignatureCause::DerSequence) } => format!(
                "The signature of the {on} is an ECDSA value as a DER sequence; XML Signature has r and s side by side \
                 (1.1, §6.4.3), so that no key verifies it. Let the identity provider sign with an RSA key, or update its \
                 software."
            ),
            Self::SignatureInvalid { on, cause: Some(SignatureCause::InclusiveCanonicalization) } => format!(
                "The signature of the {on} names a configured certificate and does not verify with it. It was made with \
                 inclusive canonicalization, which takes in the namespaces around the {on}; made before the {on} stood in \
                 the Response, it holds no longer. Set canonicalization to exclusive at the identity provider, or let it \
                 sign the Response alone. If it still does not verify, the message was changed."
            ),
            Self::SignatureInvalid { on, cause: None } => format!(
                "The signature of the {on} does not verify with any configured certificate. Compare the certificate \
                 with the one that the identity provider's console shows; if it is the same, the message was changed."
            ),
            Self::SignatureMalformed { on, problem } => format!(
                "The signature of the {on} is not of the form that SAML prescribes: {problem}."
            ),
            Self::SignatureMisplaced { parent } => format!(
                "A signature stands inside {parent}; it may stand directly in the Response and directly in its \
                 Assertion only."
            ),
            Self::SignatureOutOfContext { on } => format!(
                "The signature of the {on} does not verify where it stands, though that of the Response around it does: the \
                 certificate is the right one, and nothing was changed on the way. It was made with inclusive \
                 canonicalization, which takes in the namespaces around the {on}, before the {on} stood in the Response. Set \
                 canonicalization to exclusive at the identity provider, or let it sign the Response alone."
            ),
            Self::SignatureMissing { on: Part::Logout } => "The request to log somebody out is not signed, and anybody can write \
                                                            one. Switch on the signing of logout messages at the identity \
                                                            provider, which can be a setting beside that of responses."
                .into(),
            Self::SignatureMissing { on: Part::Message } => "Neither the Response nor the Assertion is signed. Switch \
                                                             on signing at the identity provider; in JumpCloud, for \
                                                             example, choose “Assertion” or “Assertion and Response”."
                .into(),
            Self::SignatureMissing { on } => format!(
                "This connection requires the {on} to be signed, and it is not. Switch that on at the identity provider."
            ),
            Self::TransformForbidden { on, transform } => format!(
                "The signature of the {on} uses the transform {transform}; only enveloped-signature followed by one \
                 canonicalization is accepted."
            ),
            Self::IssuerMismatch { on, mismatch } => mismatched(
                &format!("The issuer of the {on} is not the one configured."),
                mismatch,
                "Correct the issuer in the connection, or sign in through the right identity provider.",
            ),
            Self::IssuerFormat { on, found } => {
                format!("The Issuer of the {on} has the format {found}; an entity identifier is required.")
            }
            Self::DestinationMissing { on } => format!(
                "The {on} is signed and does not say to which URL it is addressed (Destination). Enter the {} at the \
                 identity provider.",
                address(*on)
            ),
            Self::DestinationMismatch { on, mismatch } => mismatched(
                &format!("The {on} is addressed to another URL (Destination)."),
                mismatch,
                &format!("Correct the {} at the identity provider, or in this connection.", address(*on)),
            ),
            Self::InResponseToMissing { on } => format!(
                "A reply to our request was expected, but the {on} answers none: the login was started at the \
                 identity provider, or the request ID got lost there."
            ),
            Self::InResponseToAmbiguous => "The bearer confirmations of the assertion name different requests; an answer is to one. Let the \
                                            identity provider send one confirmation for each login."
                .into(),
            Self::InResponseToMismatch { on, mismatch } => mismatched(
                &format!("The {on} is the answer to another request."),
                mismatch,
                "Start the login again.",
            ),
            Self::UnsolicitedForbidden => "No request is pending in this browser, and this connection does not accept \
                                           logins that start at the identity provider. Start at the sign-in page; if \
                                           that is what happened, the cookie that remembers the request was lost."
                .into(),
            Self::UnsolicitedInResponseTo { on } => format!(
                "No request is pending in this browser, but the {on} claims to answer one. Start the login again; \
                 make sure that the cookie that remembers the request survives a cross-site POST (SameSite=None)."
            ),
            Self::NameIdMissing => "The Subject has no NameID, or an empty one. Map the NameID at the identity \
                                    provider to the e-mail address or another unchanging identifier."
                .into(),
            Self::NameIdFormatUnmet { asked, found } => format!(
                "The request asked for a NameID of the format {asked}, and the NameID has {found}. Let the identity provider \
                 send the one that is asked for, or ask for none."
            ),
            Self::SubjectConfirmationMissing => "The Subject has no bearer SubjectConfirmation with data, which web \
                                                 browser single sign-on requires."
                .into(),
            Self::RecipientMissing => "The bearer confirmation names no Recipient. Enter the ACS URL as recipient at \
                                       the identity provider."
                .into(),
            Self::RecipientMismatch { mismatch } => mismatched(
                "The assertion is meant for another URL (Recipient).",
                mismatch,
                "Correct the ACS URL (also called recipient, or reply URL) at the identity provider.",
            ),
            Self::Expired { what, not_on_or_after, now, skew_seconds } => format!(
                "{what} was {}; it is {} here: {} too late, with {skew_seconds} s tolerated. A page was left open, a \
                 response was posted again, or a clock is wrong.",
                instant(*not_on_or_after),
                instant(*now),
                duration(*now - *not_on_or_after)
            ),
            Self::NotYetValid { what, not_before, now, skew_seconds } => format!(
                "{what} is {}; it is {} here: {} too early, with {skew_seconds} s tolerated. The clock of the identity \
                 provider is ahead, or the clock here is behind.",
                instant(*not_before),
                instant(*now),
                duration(*not_before - *now)
            ),
            Self::WindowEmpty { element } => {
                format!("In the {element}, NotBefore is not earlier than NotOnOrAfter.")
            }
            Self::AudienceMissing => "The assertion names no audience. Enter the Audience URI (also called SP entity \
                                      ID) at the identity provider."
                .into(),
            Self::AudienceMismatch { mismatch } => mismatched(
                "The assertion is meant for another audience.",
                mismatch,
                "Make the Audience URI (also called SP entity ID) the same on both sides.",
            ),
            Self::ConditionUnknown { found } => {
                format!("The assertion has the condition {found}, which is not understood and so cannot be met.")
            }
            Self::AttributeMissing { field } => format!(
                "This connection requires {field}, and the response says none that is usable. Map an attribute to it \
                 at the identity provider."
            ),
            Self::AssertionReplayed => {
                "This assertion was used before: the page was reloaded, or somebody replays it. Start the login again."
                    .into()
            }
            Self::RequestReplayed => {
                "This request was answered before. Start the login again.".into()
            }
            Self::ReplayStoreFull => "The replay store has no room for another assertion of this connection, so that \
                                      single use cannot be guaranteed. Give it more capacity."
                .into(),
        }
    }
}

/// Where a message belongs.
fn address(on: Part) -> &'static str {
    match on {
        Part::Logout => "Single Logout Service URL",
        _ => "ACS URL",
    }
}

fn mismatched(what: &str, mismatch: &Mismatch, remedy: &str) -> String {
    let near =
        mismatch.near_miss.map_or(String::new(), |near| format!(" Note: {}.", near.sentence()));
    format!(
        "{what} Expected {}; found {}.{near} {remedy}",
        mismatch.expected,
        mismatch.found_list()
    )
}

fn instant(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A duration as people say it: seconds while a clock may be meant, then minutes, hours, days.
fn duration(difference: TimeDelta) -> String {
    let seconds = difference.num_seconds();
    match seconds {
        ..=599 => format!("{seconds} s"),
        600..=7_199 => format!("{} minutes", difference.num_minutes()),
        7_200..=172_799 => format!("{} hours", difference.num_hours()),
        _ => format!("{} days", difference.num_days()),
    }
}

fn validity(not_before: Option<DateTime<Utc>>, not_after: Option<DateTime<Utc>>) -> String {
    match (not_before, not_after) {
        (Some(not_before), Some(not_after)) => {
            format!(" (valid from {} to {})", instant(not_before), instant(not_after))
        }
        _ => String::new(),
    }
}

/// The status codes that identity providers really send, in words: Core §3.2.2.2.
fn status(codes: &[Excerpt], message: Option<&Excerpt>) -> String {
    let innermost = codes.last().map_or("", Excerpt::as_str).rsplit(':').next().unwrap_or_default();
    let meaning = match innermost {
        "AuthnFailed" => "the person could not be authenticated",
        "InvalidNameIDPolicy" => "it cannot supply the NameID format that was asked for",
        "NoAuthnContext" => "it cannot authenticate in the way that was asked for",
        "NoPassive" => "the person is not signed in there, and a silent login was asked for",
        "RequestDenied" => "it will not answer: the person may not be assigned to this application",
        "RequestUnsupported" => "it does not support the request",
        "UnknownPrincipal" => "it does not know the person",
        "Requester" => "it finds fault with the request",
        "Responder" => "it could not complete the login",
        _ => "see its own log",
    };
    let codes: Vec<String> = codes.iter().map(Excerpt::to_string).collect();
    let message =
        message.map_or(String::new(), |message| format!(" It says, unverified: {message}."));
    format!("The identity provider reports {}: {meaning}.{message}", codes.join(", "))
}
