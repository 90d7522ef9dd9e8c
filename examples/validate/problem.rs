//! What keeps a response from being looked at at all.

use saml_login::error::{CertificateError, ConfigError, KeyPairError};

/// Wrong usage or configuration: exit code 2.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) help: &'static str,
}

impl Problem {
    pub(crate) fn usage(message: String) -> Self {
        Self {
            code: "usage",
            message,
            help: "Correct the command line: validate --help shows the options.",
        }
    }

    pub(crate) fn file(message: String) -> Self {
        Self {
            code: "file_unreadable",
            message,
            help: "Give the path of a file that can be read, or - for standard input.",
        }
    }

    pub(crate) fn input(message: &str) -> Self {
        Self {
            code: "input_unusable",
            message: message.to_owned(),
            help: "Give the value of the form field SAMLResponse, the XML, or the whole form body, as UTF-8.",
        }
    }

    pub(crate) fn key(file: &str, error: &KeyPairError) -> Self {
        Self {
            code: error.code(),
            message: format!("{file}: {error}"),
            help: "Correct the file given with --sp-key.",
        }
    }

    pub(crate) fn certificate(file: &str, error: &CertificateError) -> Self {
        Self {
            code: error.code(),
            message: format!("{file}: {error}"),
            help: "Correct the file given with --idp-certificate.",
        }
    }
}

impl From<ConfigError> for Problem {
    fn from(error: ConfigError) -> Self {
        let help = match error {
            ConfigError::KeyTooWeak { .. } => {
                "Have the identity provider make a new certificate; only where that is impossible, add \
                 --danger-allow-weak-keys."
            }
            _ => "Correct the options that describe the connection: validate --help shows them.",
        };
        Self { code: "config_invalid", message: error.to_string(), help }
    }
}
