//! What to change at the identity provider, and where in its console that is.

mod menus;
mod others;
mod product;
#[cfg(test)]
mod words;

pub use self::product::Product;
use crate::error::{AlgorithmUse, Part, Rejection, SignatureCause};

/// What to change at the identity provider, and where its console has that setting.
///
/// Consoles change; what stands here is where the setting was when this version was made. Nothing
/// in it comes from a message.
///
/// Serialized (feature `serde`), it is a map of these fields.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Advice {
    /// The product whose menus are named; `None` where it is not recognized.
    pub product: Option<Product>,
    /// One or two sentences for the administrator.
    pub text: String,
}

impl Advice {
    /// For the refusal with this [code](crate::Rejection::code), in the words of this product's
    /// console, or in the usual words if it is not recognized.
    ///
    /// `None` if no setting of an identity provider mends it.
    ///
    /// ```
    /// use saml_login::advice::{Advice, Product};
    ///
    /// let advice = Advice::for_code("audience_mismatch", Some(Product::Okta)).expect("a setting");
    /// assert_eq!(
    ///     advice.text,
    ///     "Enter the Audience URI of this connection as the entity ID of the service provider. \
    ///      In the Okta admin console: Applications > Applications > the application > General > \
    ///      SAML Settings > Edit > Audience URI (SP Entity ID)."
    /// );
    /// assert_eq!(Advice::for_code("duplicate_id", Some(Product::Okta)), None);
    /// ```
    pub fn for_code(code: &str, product: Option<Product>) -> Option<Self> {
        let (_, setting) = SETTINGS.iter().find(|(listed, _)| *listed == code)?;
        Some(Self::of(*setting, product))
    }

    /// For a refusal, whose details can tell more than its code: an algorithm of encryption is set
    /// elsewhere than one of signatures, and a logout elsewhere than a login; of the elements that
    /// can be missing, one has a switch.
    pub fn for_refusal(refusal: &Rejection, product: Option<Product>) -> Option<Self> {
        match refusal {
            Rejection::AlgorithmForbidden {
                usage: AlgorithmUse::Cipher | AlgorithmUse::KeyTransport,
                ..
            } => Some(Self::of(Setting::Encryption, product)),
            Rejection::ElementMissing { element: "AuthnStatement", .. } => {
                Some(Self::of(Setting::AuthnStatement, product))
            }
            Rejection::SignatureInvalid { cause: Some(cause), .. } => {
                let setting = match cause {
                    SignatureCause::DerSequence => Setting::Algorithm,
                    SignatureCause::InclusiveCanonicalization => Setting::Canonicalization,
                };
                Some(Self::of(setting, product))
            }
            Rejection::SignatureMissing { on: Part::Logout }
            | Rejection::DestinationMissing { on: Part::Logout }
            | Rejection::DestinationMismatch { on: Part::Logout, .. } => None,
            refusal => Self::for_code(refusal.code(), product),
        }
    }

    fn of(setting: Setting, product: Option<Product>) -> Self {
        let place =
            match product.and_then(|product| Some((product, menus::place(product, setting)?))) {
                Some((product, place)) => format!("In {}: {place}.", menus::console(product)),
                None => menus::usual_names(setting).to_owned(),
            };
        Self { product, text: format!("{} {place}", menus::action(setting)) }
    }
}

/// What can be set at an identity provider.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Setting {
    AcsUrl,
    Algorithm,
    Assignment,
    Attributes,
    Audience,
    AuthnStatement,
    Canonicalization,
    Certificate,
    Clock,
    Encryption,
    Issuer,
    LoginUrl,
    NameId,
    SignedParts,
}

/// Which setting mends which refusal. Codes that are not here are mended by none.
const SETTINGS: &[(&str, Setting)] = &[
    ("algorithm_forbidden", Setting::Algorithm),
    ("attribute_missing", Setting::Attributes),
    ("audience_mismatch", Setting::Audience),
    ("audience_missing", Setting::Audience),
    ("decryption_failed", Setting::Encryption),
    ("decryption_key_missing", Setting::Encryption),
    ("destination_mismatch", Setting::AcsUrl),
    ("destination_missing", Setting::AcsUrl),
    ("expired", Setting::Clock),
    ("in_response_to_missing", Setting::LoginUrl),
    ("issuer_mismatch", Setting::Issuer),
    ("key_untrusted", Setting::Certificate),
    ("name_id_format_unmet", Setting::NameId),
    ("name_id_missing", Setting::NameId),
    ("not_yet_valid", Setting::Clock),
    ("recipient_mismatch", Setting::AcsUrl),
    ("recipient_missing", Setting::AcsUrl),
    ("response_too_large", Setting::Attributes),
    ("signature_invalid", Setting::Certificate),
    ("signature_missing", Setting::SignedParts),
    ("signature_out_of_context", Setting::Canonicalization),
    ("status_not_success", Setting::Assignment),
    ("unsolicited_forbidden", Setting::LoginUrl),
];

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: [Product; 6] = [
        Product::Entra,
        Product::Google,
        Product::JumpCloud,
        Product::Keycloak,
        Product::Okta,
        Product::OneLogin,
    ];

    /// Those that are known in part.
    const PARTLY: [(Product, usize); 6] = [
        (Product::Adfs, 7),
        (Product::Auth0, 8),
        (Product::Authentik, 9),
        (Product::PingOne, 9),
        (Product::Shibboleth, 8),
        (Product::SimpleSamlPhp, 9),
    ];

    fn text(code: &str, product: Option<Product>) -> String {
        let advice = Advice::for_code(code, product).unwrap();
        assert_eq!(advice.product, product);
        advice.text
    }

    #[test]
    fn every_code_in_the_table_is_one_of_a_refusal() {
        let (refusals, _) = include_str!("../../ERRORS.md").split_once("\n## ").unwrap();
        let documented: Vec<&str> = refusals
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
            .collect();
        let mut seen: Vec<&str> = Vec::new();
        for (code, _) in SETTINGS {
            assert!(documented.contains(code), "{code}");
            assert!(!seen.contains(code), "{code} stands twice");
            seen.push(code);
        }
        let without = documented.len() - SETTINGS.len();
        assert_eq!(
            documented.iter().filter(|code| Advice::for_code(code, None).is_none()).count(),
            without
        );
    }

    #[test]
    fn every_setting_has_words_in_every_console() {
        for (code, setting) in SETTINGS {
            let neutral = text(code, None);
            for product in WHOLE {
                let text = text(code, Some(product));
                assert!(text.ends_with('.') && !text.contains(".."), "{text}");
                // No console has a clock; and what cannot be named with certainty is not named.
                let unnamed = match setting {
                    Setting::Clock => true,
                    Setting::Encryption => matches!(product, Product::Google | Product::JumpCloud),
                    Setting::Algorithm | Setting::LoginUrl => product == Product::Google,
                    Setting::Canonicalization => product != Product::Keycloak,
                    _ => false,
                };
                assert_eq!(text == neutral, unnamed, "{product}, {setting:?}");
            }
        }
    }

    #[test]
    fn what_is_not_certain_of_a_console_is_told_in_the_usual_words() {
        for (product, named) in PARTLY {
            let mut settings: Vec<Setting> = Vec::new();
            for (code, setting) in SETTINGS {
                let text = text(code, Some(product));
                assert!(text.ends_with('.') && !text.contains(".."), "{text}");
                if text != self::text(code, None) && !settings.contains(setting) {
                    settings.push(*setting);
                }
            }
            // Encryption and SignedParts can be one place.
            assert_eq!(settings.len(), named, "{product}: {settings:?}");
        }
    }

    #[test]
    fn the_words_are_those_of_the_console() {
        assert_eq!(
            text("signature_missing", Some(Product::JumpCloud)),
            "Switch signing on, of the assertion, the response, or both, as this connection requires. In the JumpCloud \
             Admin Portal: SSO Applications > the application > SSO > Sign: Assertion, Response, or both."
        );
        assert_eq!(
            text("destination_mismatch", Some(Product::Entra)),
            "Enter the ACS URL of this connection, exactly as it is. In the Microsoft Entra admin center: Enterprise \
             applications > the application > Single sign-on > Basic SAML Configuration > Reply URL (Assertion Consumer \
             Service URL)."
        );
        assert_eq!(
            text("audience_mismatch", None),
            "Enter the Audience URI of this connection as the entity ID of the service provider. Consoles call it SP \
             Entity ID, Audience, Identifier, or Client ID."
        );
        assert!(text("key_untrusted", Some(Product::Okta)).contains("never out of a response"));
        assert_eq!(
            text("signature_out_of_context", Some(Product::Keycloak)),
            "Choose exclusive canonicalization for signatures; or have the response signed, and not the assertion. In the Keycloak admin console: Clients > the client > Settings > Signature and Encryption > \
             Canonicalization method: EXCLUSIVE; or Sign documents: On and Sign assertions: Off."
        );
    }

    #[test]
    fn of_the_missing_elements_one_has_a_switch() {
        let missing = |element| Rejection::ElementMissing { parent: "Assertion", element };
        let text = |product| Advice::for_refusal(&missing("AuthnStatement"), product).unwrap().text;
        assert_eq!(
            text(Some(Product::Keycloak)),
            "Let every assertion say when and how the person authenticated (AuthnStatement). In the Keycloak admin console: \
             Clients > the client > Settings > SAML capabilities > Include AuthnStatement: On."
        );
        assert_eq!(text(Some(Product::Okta)), text(None));
        assert!(text(None).contains("Include AuthnStatement"));
        assert_eq!(Advice::for_refusal(&missing("Subject"), Some(Product::Keycloak)), None);
    }
}
