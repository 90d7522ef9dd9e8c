//! The command line.

use std::ffi::{OsStr, OsString};

use chrono::{DateTime, Utc};

use crate::problem::Problem;

pub(crate) const HELP: &str = "\
Verifies one SAML 2.0 response against what was agreed with the identity provider, and prints who it lets in.

validate --idp-certificate FILE [--idp-certificate FILE …] --idp-issuer STR --audience STR --acs-url URL
         [--request-id ID] [--now INSTANT] [--clock-skew SECONDS] [--sp-key FILE] [--format text|json]
         [--explain [--redact]] [--danger-allow-sha1] [--danger-allow-weak-keys]
         [--danger-allow-3des] FILE|-

  FILE                      the response: Base64, XML, or a pasted form body (SAMLResponse=…); - reads standard input
  --idp-certificate FILE    the identity provider's X.509 certificate; more than once during a rollover
  --idp-issuer STR          the identity provider's issuer (entity ID), compared byte for byte
  --audience STR            our Audience URI (SP entity ID), compared byte for byte
  --acs-url URL             our Assertion Consumer Service URL, compared byte for byte
  --request-id ID           the request that the response has to answer; without it, it has to answer none
  --now INSTANT             the time of the check, such as 2026-01-31T12:00:00Z; without it, the system's
  --clock-skew SECONDS      how far the two clocks may be apart: 0 to 300, default 60
  --sp-key FILE             our private key (PEM, no passphrase) that opens what is encrypted
  --format text|json        for people (default), or one JSON object
  --explain                 shows every check, with what was expected and found
  --redact                  with --explain: adds a copy that can be shared, with other names and values
  --danger-allow-sha1       lets SHA-1 in
  --danger-allow-weak-keys  lets RSA keys from 1024 bits in
  --danger-allow-3des       opens what is encrypted with Triple DES

Values may be attached, as in --idp-issuer=STR; behind -- there are no options. Single use is not looked at.

Exit code, and \"outcome\" of the JSON object:
  0  accepted               with \"identity\"
  1  rejected               with \"error\": its \"code\", \"message\" and \"help\"
  2  invalid_configuration  wrong usage, an unreadable file, an unusable certificate; with \"error\" likewise
--explain adds \"report\" to the first two, and --redact \"redacted\": all that is needed to read the copy.
Where no copy can be made, standard error says why, \"redacted\" is missing, and the exit code is 2 as well.
";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    #[default]
    Text,
}

impl Format {
    /// The format to complain in about a command line that cannot be parsed.
    pub(crate) fn asked_for(arguments: &[OsString]) -> Self {
        let apart = arguments.windows(2).any(|pair| pair == ["--format", "json"]);
        match apart || arguments.iter().any(|argument| argument == "--format=json") {
            true => Self::Json,
            false => Self::Text,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Args {
    pub(crate) certificates: Vec<OsString>,
    pub(crate) issuer: String,
    pub(crate) audience: String,
    pub(crate) acs_url: String,
    pub(crate) request_id: Option<String>,
    pub(crate) now: Option<DateTime<Utc>>,
    pub(crate) clock_skew_seconds: Option<u32>,
    pub(crate) sp_key: Option<OsString>,
    pub(crate) format: Format,
    pub(crate) explain: bool,
    pub(crate) redact: bool,
    pub(crate) allow_sha1: bool,
    pub(crate) allow_weak_keys: bool,
    pub(crate) allow_3des: bool,
    pub(crate) file: OsString,
}

const CERTIFICATE: &str = "--idp-certificate";
const WITH_VALUE: [&str; 9] = [
    CERTIFICATE,
    "--idp-issuer",
    "--audience",
    "--acs-url",
    "--request-id",
    "--now",
    "--clock-skew",
    "--sp-key",
    "--format",
];
const FLAGS: [&str; 5] = [
    "--explain",
    "--redact",
    "--danger-allow-sha1",
    "--danger-allow-weak-keys",
    "--danger-allow-3des",
];

/// The arguments, or `None` if help is asked for.
pub(crate) fn parse(arguments: &[OsString]) -> Result<Option<Args>, Problem> {
    let mut options = arguments.iter().take_while(|argument| *argument != "--");
    if options.any(|argument| argument == "--help" || argument == "-h") {
        return Ok(None);
    }
    Said::collect(arguments).and_then(Said::into_args).map(Some).map_err(Problem::usage)
}

/// What was said, option by option.
#[derive(Default)]
struct Said {
    values: Vec<(&'static str, OsString)>,
    flags: Vec<&'static str>,
    files: Vec<OsString>,
}

impl Said {
    fn collect(arguments: &[OsString]) -> Result<Self, String> {
        let mut said = Self::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            if argument == "--" {
                said.files.extend(rest.by_ref().cloned());
            } else if argument == "-" || !is_option(argument, "-") {
                said.files.push(argument.clone());
            } else {
                let text = argument
                    .to_str()
                    .ok_or_else(|| format!("{} is not UTF-8", argument.display()))?;
                said.option(text, &mut rest)?;
            }
        }
        Ok(said)
    }

    fn option<'a>(
        &mut self,
        argument: &str,
        rest: &mut impl Iterator<Item = &'a OsString>,
    ) -> Result<(), String> {
        let (name, attached) = match argument.split_once('=') {
            Some((name, value)) => (name, Some(OsString::from(value))),
            None => (argument, None),
        };
        let twice =
            self.flags.contains(&name) || self.values.iter().any(|(known, _)| *known == name);
        if twice && name != CERTIFICATE {
            return Err(format!("{name} is given twice"));
        }
        if let Some(flag) = FLAGS.into_iter().find(|flag| *flag == name) {
            self.flags.push(flag);
            return match attached {
                Some(_) => Err(format!("{flag} takes no value")),
                None => Ok(()),
            };
        }
        let option = WITH_VALUE.into_iter().find(|option| *option == name);
        let option = option.ok_or_else(|| format!("{name} is not an option"))?;
        // A forgotten value must not swallow the option behind it.
        let value =
            attached.or_else(|| rest.next().filter(|value| !is_option(value, "--")).cloned());
        self.values.push((option, value.ok_or_else(|| format!("{option} needs a value"))?));
        Ok(())
    }

    fn path(&self, option: &str) -> Option<&OsString> {
        self.values.iter().find(|(known, _)| *known == option).map(|(_, value)| value)
    }

    fn text(&self, option: &str) -> Result<Option<&str>, String> {
        let value = self.path(option).map(|value| value.to_str());
        value.map(|text| text.ok_or_else(|| format!("{option} is not UTF-8"))).transpose()
    }

    fn required(&self, option: &str) -> Result<String, String> {
        self.text(option)?.map(str::to_owned).ok_or_else(|| format!("{option} is missing"))
    }

    fn into_args(mut self) -> Result<Args, String> {
        let certificates = self.values.iter().filter(|(option, _)| *option == CERTIFICATE);
        let certificates: Vec<OsString> = certificates.map(|(_, file)| file.clone()).collect();
        if certificates.is_empty() {
            return Err(format!("{CERTIFICATE} is missing"));
        }
        let file = match self.files.pop() {
            None => {
                return Err("the file with the response is missing (- reads standard input)".into());
            }
            Some(last) if !self.files.is_empty() => {
                return Err(format!(
                    "one file with a response is expected; {} is another",
                    last.display()
                ));
            }
            Some(file) => file,
        };
        let sp_key = self.path("--sp-key").cloned();
        let read = certificates.iter().chain(&sp_key).chain([&file]);
        if read.filter(|file| *file == "-").count() > 1 {
            return Err("standard input (-) can be read only once".into());
        }
        if self.flags.contains(&"--redact") && !self.flags.contains(&"--explain") {
            return Err("--redact goes with --explain".into());
        }
        let request_id = self.text("--request-id")?.map(str::to_owned);
        if request_id.as_deref().is_some_and(str::is_empty) {
            return Err("--request-id is empty: leave it out where no request was made".into());
        }
        Ok(Args {
            certificates,
            issuer: self.required("--idp-issuer")?,
            audience: self.required("--audience")?,
            acs_url: self.required("--acs-url")?,
            request_id,
            now: self.text("--now")?.map(instant).transpose()?,
            clock_skew_seconds: self.text("--clock-skew")?.map(seconds).transpose()?,
            sp_key,
            format: self.text("--format")?.map(format).transpose()?.unwrap_or_default(),
            explain: self.flags.contains(&"--explain"),
            redact: self.flags.contains(&"--redact"),
            allow_sha1: self.flags.contains(&"--danger-allow-sha1"),
            allow_weak_keys: self.flags.contains(&"--danger-allow-weak-keys"),
            allow_3des: self.flags.contains(&"--danger-allow-3des"),
            file,
        })
    }
}

fn is_option(argument: &OsStr, dashes: &str) -> bool {
    argument.as_encoded_bytes().starts_with(dashes.as_bytes())
}

fn instant(text: &str) -> Result<DateTime<Utc>, String> {
    let parsed = DateTime::parse_from_rfc3339(text).map(|instant| instant.to_utc());
    parsed.map_err(|_| {
        format!("--now {text} is not an instant with a time zone, such as 2026-01-31T12:00:00Z")
    })
}

fn seconds(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("--clock-skew {text} is not a number of seconds"))
}

fn format(text: &str) -> Result<Format, String> {
    match text {
        "json" => Ok(Format::Json),
        "text" => Ok(Format::Text),
        other => Err(format!("--format {other} is neither text nor json")),
    }
}
