//! What an organization's administrators should know of, before somebody cannot log in.

use chrono::{DateTime, TimeDelta, Utc};

use super::ownership::GRACE;
use super::{Counters, Organization};
use crate::code::codes;
use crate::fingerprint::Fingerprint;

/// What was seen of an organization, besides its settings and its numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Watched {
    /// Refused logins were signed by a certificate that is not configured. Anybody can cause that.
    pub unknown_key_seen: bool,
    /// The last request of the directory.
    pub directory_seen_at: Option<DateTime<Utc>>,
    /// The last time that somebody made use of being named for emergencies.
    pub break_glass_used_at: Option<DateTime<Utc>>,
}

/// Which kind of notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum NoticeKind {
    /// Somebody logged in without single sign-on, being named for emergencies.
    BreakGlassUsed,
    /// A certificate ends soon, or has ended.
    CertificateEnding,
    /// What is stored is not in effect.
    Closed,
    /// The directory has been silent for a week.
    DirectorySilent,
    /// The TXT record of a verified domain is missing.
    DomainLapsing,
    /// Single sign-on is the only way in, with settings that nobody has logged in with.
    EnforcedUntested,
    /// No active administrator is left.
    NoAdministrator,
    /// Nearly all seats are taken.
    SeatsNearlyGone,
    /// Refused logins were signed by a key that is not configured.
    UnknownKey,
}

codes!(NoticeKind {
    BreakGlassUsed = "break_glass_used",
    CertificateEnding = "certificate_ending",
    Closed = "closed",
    DirectorySilent = "directory_silent",
    DomainLapsing = "domain_lapsing",
    EnforcedUntested = "enforced_untested",
    NoAdministrator = "no_administrator",
    SeatsNearlyGone = "seats_nearly_gone",
    UnknownKey = "unknown_key",
});

/// Something that an administrator should know of.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Notice {
    /// Which kind it is.
    pub kind: NoticeKind,
    /// Which thing it is about, where there are several: a fingerprint, a domain.
    pub about: Option<String>,
    /// How many days are left, where it has an end; negative ones are over.
    pub days: Option<i64>,
    /// A sentence for the administrator.
    pub text: String,
}

impl Notice {
    fn new(kind: NoticeKind, text: impl Into<String>) -> Self {
        Self { kind, about: None, days: None, text: text.into() }
    }
}

/// So many days before its end a certificate is spoken of, again at each.
const DAYS: [i64; 4] = [90, 30, 7, 1];

/// The directory is asked after when it has been silent for so long.
const SILENCE: TimeDelta = TimeDelta::days(7);

/// What there is to say of an organization at this instant, the most pressing first. Send what was
/// not said yesterday.
///
/// ```
/// use chrono::DateTime;
/// use saml_login::organization::Counters;
/// use saml_login::organization::{Organization, Slug, SpUrls, Watched, due};
///
/// let slug = Slug::parse("acme")?;
/// let urls = SpUrls::derived("https://app.example.com", &slug).ok_or("no base URL")?;
/// let acme = Organization::new("org-1", slug, urls);
/// let mut counters = Counters::default();
/// counters.had_administrator = true;
/// let notices = due(&acme, &counters, &Watched::default(), DateTime::UNIX_EPOCH);
/// assert_eq!(notices[0].kind.as_str(), "no_administrator");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn due(
    organization: &Organization,
    counters: &Counters,
    watched: &Watched,
    now: DateTime<Utc>,
) -> Vec<Notice> {
    let mut notices = Vec::new();
    if counters.had_administrator && counters.administrators == 0 {
        notices.push(Notice::new(
            NoticeKind::NoAdministrator,
            "The organization has no active administrator. An operator of the application appoints one.",
        ));
    }
    if let Some(closed) = organization.closed() {
        let text = format!("Single sign-on does not work: {closed}.");
        notices.push(Notice::new(NoticeKind::Closed, text));
    }
    if organization.is_enforced() && !organization.is_tested() {
        notices.push(Notice::new(
            NoticeKind::EnforcedUntested,
            "Single sign-on is the only way in, and no administrator has logged in with the present settings.",
        ));
    }
    notices.extend(certificates(organization, now));
    notices.extend(domains(organization, now));
    notices.extend(seats(counters));
    notices.extend(seen(organization, watched, now));
    notices
}

fn certificates(organization: &Organization, now: DateTime<Utc>) -> Vec<Notice> {
    let certificates = organization.settings().and_then(|settings| settings.certificates().ok());
    let all = certificates.iter().flat_map(|certificates| certificates.iter());
    let ends = all.filter_map(|one| Some((one.fingerprint(), one.not_after()?)));
    let notice = |(fingerprint, end): (Fingerprint, DateTime<Utc>)| {
        let days = (end - now).num_days();
        DAYS.iter().any(|limit| days <= *limit).then(|| Notice {
            about: Some(fingerprint.to_string()),
            days: Some(days),
            ..Notice::new(NoticeKind::CertificateEnding, ending(days))
        })
    };
    ends.filter_map(notice).collect()
}

fn ending(days: i64) -> String {
    let when = match days {
        ..0 => "has ended".to_owned(),
        0 => "ends today".to_owned(),
        1 => "ends tomorrow".to_owned(),
        days => format!("ends in {days} days"),
    };
    format!(
        "A certificate of the identity provider {when}. Logins go on with it; make a new one there, and add it here before it is used."
    )
}

fn domains(organization: &Organization, now: DateTime<Utc>) -> Vec<Notice> {
    let notice = |(domain, since): (&super::EmailDomain, DateTime<Utc>)| {
        let days = (GRACE - now.signed_duration_since(since)).num_days();
        let text = format!(
            "The TXT record of {domain} is missing. Put it back: without it the domain is forgotten, and nobody with an address there can log in."
        );
        Notice {
            about: Some(domain.to_string()),
            days: Some(days),
            ..Notice::new(NoticeKind::DomainLapsing, text)
        }
    };
    organization.missing_domains().map(notice).collect()
}

/// A tenth of the seats, or one.
fn seats(counters: &Counters) -> Option<Notice> {
    let seats = counters.seats();
    let (purchased, free) = (seats.purchased?, seats.free()?);
    let few = purchased.div_ceil(10);
    (seats.taken > 0 && free <= few).then(|| {
        let text = format!("{} of {purchased} seats are taken.", seats.taken);
        Notice::new(NoticeKind::SeatsNearlyGone, text)
    })
}

fn seen(organization: &Organization, watched: &Watched, now: DateTime<Utc>) -> Vec<Notice> {
    let day = TimeDelta::days(1);
    let used = watched.break_glass_used_at.filter(|at| now - *at < day).map(|_| {
        Notice::new(
            NoticeKind::BreakGlassUsed,
            "An administrator named for emergencies has logged in without single sign-on. See the audit trail.",
        )
    });
    let silent = watched.directory_seen_at.filter(|at| now - *at >= SILENCE);
    let silent = silent.filter(|_| organization.is_directory_managed()).map(|at| {
        let days = (now - at).num_days();
        let text = format!("The directory has not said anything for {days} days.");
        Notice { days: Some(-days), ..Notice::new(NoticeKind::DirectorySilent, text) }
    });
    // Whoever caused it wants exactly that their certificate is taken over: none is offered.
    let unknown = watched.unknown_key_seen.then(|| {
        Notice::new(
            NoticeKind::UnknownKey,
            "Logins were refused that were signed by a key that is not configured. If the identity provider has a new certificate, copy it from its console; never from a response.",
        )
    });
    [used, silent, unknown].into_iter().flatten().collect()
}
