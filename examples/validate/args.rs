//! The command line.

use chrono::{DateTime, TimeDelta, Utc};

pub(crate) const HELP: &str = "\
Verifies one SAML 2.0 response against what was agreed with the identity provider, and prints who it lets in.

validate --idp-certificate FILE [--idp-certificate FILE …] --idp-issuer STR --audience STR --acs-url URL
         [--request-id ID] [--now INSTANT] [--clock-skew SECONDS] [--sp-key FILE] [--format text|json]
         [--explain] [--danger-allow-sha1] [--danger-allow-weak-keys] FILE|-

  FILE                      the response: Base64, XML, or a pasted form body (SAMLResponse=…); - reads standard input
  --idp-certificate FILE    the identity provider's X.509 certificate; more than once during a rollover
  --idp-issuer STR          the identity provider's issuer (entity ID), compared byte for byte
  --audience STR            our Audience URI (SP entity ID), compared byte for byte
  --acs-url URL             our Assertion Consumer Service URL, compared byte for byte
  --request-id ID           the request that the response has to answer; without it, it has to answer none
  --now INSTANT             the time of the check, such as 2026-01-31T12:00:00Z; without it, the system's
  --clock-skew SECONDS      how far the two clocks may be apart: 0 to 300, default 60
  --sp-key FILE             our decryption key; accepted, but encrypted responses are not supported yet
  --format text|json        for people (default), or one JSON object
  --explain                 shows every check, with what was expected and found
  --danger-allow-sha1       lets SHA-1 in
  --danger-allow-weak-keys  lets RSA keys from 1024 bits in

Exit code: 0 accepted, 1 rejected, 2 wrong usage or configuration.
";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    #[default]
    Text,
}

#[derive(Debug)]
pub(crate) struct Args {
    pub(crate) certificates: Vec<String>,
    pub(crate) issuer: String,
    pub(crate) audience: String,
    pub(crate) acs_url: String,
    pub(crate) request_id: Option<String>,
    pub(crate) now: Option<DateTime<Utc>>,
    pub(crate) clock_skew: Option<TimeDelta>,
    pub(crate) sp_key: Option<String>,
    pub(crate) format: Format,
    pub(crate) explain: bool,
    pub(crate) allow_sha1: bool,
    pub(crate) allow_weak_keys: bool,
    pub(crate) file: String,
}

/// What was said of each option, while it is being collected.
#[derive(Default)]
struct Said {
    values: Vec<(&'static str, String)>,
    flags: Vec<&'static str>,
    files: Vec<String>,
}

const WITH_VALUE: [&str; 9] = [
    "--idp-certificate",
    "--idp-issuer",
    "--audience",
    "--acs-url",
    "--request-id",
    "--now",
    "--clock-skew",
    "--sp-key",
    "--format",
];
const FLAGS: [&str; 3] = ["--explain", "--danger-allow-sha1", "--danger-allow-weak-keys"];

/// The arguments, or `None` if help is asked for.
pub(crate) fn parse(arguments: &[String]) -> Result<Option<Args>, String> {
    if arguments.iter().any(|argument| matches!(argument.as_str(), "--help" | "-h")) {
        return Ok(None);
    }
    let mut said = Said::default();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument == "-" || !argument.starts_with('-') {
            said.files.push(argument.clone());
            continue;
        }
        let (name, attached) = match argument.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (argument.as_str(), None),
        };
        if let Some(flag) = FLAGS.into_iter().find(|flag| *flag == name) {
            if attached.is_some() {
                return Err(format!("{flag} takes no value"));
            }
            said.flags.push(flag);
            continue;
        }
        let option = WITH_VALUE.into_iter().find(|option| *option == name);
        let option = option.ok_or_else(|| format!("{name} is not an option"))?;
        if option != "--idp-certificate" && said.values.iter().any(|(known, _)| *known == option) {
            return Err(format!("{option} is given twice"));
        }
        let value = attached.or_else(|| rest.next().cloned());
        said.values.push((option, value.ok_or_else(|| format!("{option} needs a value"))?));
    }
    said.into_args().map(Some)
}

impl Said {
    fn optional(&self, option: &str) -> Option<&str> {
        self.values.iter().find(|(known, _)| *known == option).map(|(_, value)| value.as_str())
    }

    fn required(&self, option: &str) -> Result<String, String> {
        self.optional(option).map(str::to_owned).ok_or_else(|| format!("{option} is missing"))
    }

    fn into_args(self) -> Result<Args, String> {
        let certificates = self.values.iter().filter(|(option, _)| *option == "--idp-certificate");
        let certificates: Vec<String> = certificates.map(|(_, file)| file.clone()).collect();
        if certificates.is_empty() {
            return Err("--idp-certificate is missing".into());
        }
        let instant = |text: &str| {
            let parsed = DateTime::parse_from_rfc3339(text).map(|instant| instant.to_utc());
            parsed.map_err(|_| format!("--now {text} is not an instant such as 2026-01-31T12:00:00Z"))
        };
        let seconds = |text: &str| {
            let parsed = text.parse().ok().and_then(TimeDelta::try_seconds);
            parsed.ok_or_else(|| format!("--clock-skew {text} is not a number of seconds"))
        };
        let format = match self.optional("--format") {
            None | Some("text") => Format::Text,
            Some("json") => Format::Json,
            Some(other) => return Err(format!("--format {other} is neither text nor json")),
        };
        let file = match self.files.as_slice() {
            [file] => file.clone(),
            [] => return Err("the file with the response is missing (- reads standard input)".into()),
            [_, second, ..] => {
                return Err(format!("one file with a response is expected; {second} is another"));
            }
        };
        Ok(Args {
            certificates,
            issuer: self.required("--idp-issuer")?,
            audience: self.required("--audience")?,
            acs_url: self.required("--acs-url")?,
            request_id: self.optional("--request-id").map(str::to_owned),
            now: self.optional("--now").map(instant).transpose()?,
            clock_skew: self.optional("--clock-skew").map(seconds).transpose()?,
            sp_key: self.optional("--sp-key").map(str::to_owned),
            format,
            explain: self.flags.contains(&"--explain"),
            allow_sha1: self.flags.contains(&"--danger-allow-sha1"),
            allow_weak_keys: self.flags.contains(&"--danger-allow-weak-keys"),
            file,
        })
    }
}
