//! How long metadata is good for: Metadata §2.3.1, §2.3.2, §2.4.1.

use chrono::{DateTime, TimeDelta, Utc};

use super::error::MetadataError;
use super::warning::{MetadataWarning, Warnings};
use crate::error::{Excerpt, Rejection};
use crate::instant;
use crate::xml::Element;

/// Metadata is not fetched more often than this, whatever it asks for.
const LEAST_CACHE: TimeDelta = TimeDelta::hours(1);

/// The bounds that apply to an element: the tightest of its own and those of all elements around
/// it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Validity {
    pub(super) valid_until: Option<DateTime<Utc>>,
    pub(super) refresh_after: Option<DateTime<Utc>>,
}

impl Validity {
    /// A validUntil that cannot be read refuses: without it, the metadata would be valid for ever.
    /// A cacheDuration that cannot be read is none: it only says how often to ask again.
    pub(super) fn of(
        element: Element<'_>,
        now: DateTime<Utc>,
        warnings: &mut Warnings,
    ) -> Result<Self, MetadataError> {
        let mut valid_until = None;
        let mut stale = None;
        let mut next = Some(element);
        while let Some(element) = next {
            if let Some(text) = element.attribute("validUntil") {
                let end = instant::parse(text.trim()).ok_or_else(|| malformed(element, text))?;
                valid_until = valid_until.into_iter().chain([end]).min();
            }
            if let Some(text) = element.attribute("cacheDuration") {
                match duration(text.trim()) {
                    // One that ends beyond the calendar is no bound.
                    Some(duration) => {
                        let end = now.checked_add_signed(duration.max(LEAST_CACHE));
                        stale = stale.into_iter().chain(end).min();
                    }
                    None => warnings.push(MetadataWarning::CacheDurationMalformed {
                        found: Excerpt::new(text),
                    }),
                }
            }
            next = element.parent();
        }
        match valid_until {
            Some(valid_until) if valid_until <= now => {
                Err(MetadataError::Expired { valid_until, now })
            }
            _ => {
                Ok(Self { valid_until, refresh_after: stale.into_iter().chain(valid_until).min() })
            }
        }
    }
}

fn malformed(element: Element<'_>, text: &str) -> MetadataError {
    let what = match element.local_name() {
        "EntitiesDescriptor" => "EntitiesDescriptor/@validUntil",
        "EntityDescriptor" => "EntityDescriptor/@validUntil",
        _ => "IDPSSODescriptor/@validUntil",
    };
    MetadataError::Malformed(Rejection::InstantMalformed { what, found: Some(Excerpt::new(text)) })
}

/// Parses an `xs:duration` (XML Schema 2 §3.2.6) that is not negative. A month counts as its
/// shortest, 28 days, a year as 365 days: nothing is kept longer than meant. Fractions of a second
/// are cut off.
fn duration(text: &str) -> Option<TimeDelta> {
    let (date, time) = match text.strip_prefix('P')?.split_once('T') {
        Some((_, "")) => return None,
        Some((date, time)) => (date, time),
        None => (text.strip_prefix('P')?, ""),
    };
    if date.is_empty() && time.is_empty() {
        return None;
    }
    const DAY: i64 = 86_400;
    let date = seconds(date, &[('Y', 365 * DAY), ('M', 28 * DAY), ('D', DAY)])?;
    let total = date.checked_add(seconds(time, &[('H', 3_600), ('M', 60), ('S', 1)])?)?;
    Some(TimeDelta::try_seconds(total).unwrap_or(TimeDelta::MAX))
}

/// Numbers, each before its unit; units in this order, each at most once.
fn seconds(mut text: &str, units: &[(char, i64)]) -> Option<i64> {
    let mut total = 0_i64;
    for (unit, length) in units {
        let Some((number, rest)) = text.split_once(*unit) else { continue };
        let whole = match number.split_once('.') {
            Some((whole, fraction)) if *unit == 'S' && digits(fraction) => whole,
            _ => number,
        };
        if !digits(whole) {
            return None;
        }
        total = total.checked_add(whole.parse::<i64>().ok()?.checked_mul(*length)?)?;
        text = rest;
    }
    text.is_empty().then_some(total)
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let seconds = |text| duration(text).map(|duration| duration.num_seconds());
        assert_eq!(seconds("PT1H"), Some(3_600));
        assert_eq!(seconds("P1DT2H3M4.75S"), Some(86_400 + 2 * 3_600 + 3 * 60 + 4));
        assert_eq!(seconds("P1M"), Some(28 * 86_400));
        assert_eq!(seconds("PT1M"), Some(60));
        assert_eq!(seconds("P1Y"), Some(365 * 86_400));
        assert_eq!(seconds("PT0S"), Some(0));
        for bad in [
            "",
            "P",
            "PT",
            "P1",
            "1D",
            "-P1D",
            "P-1D",
            "P1DT",
            "P1H",
            "PT1D",
            "PT1S1M",
            "P1D1D",
            "PT.5S",
            "PT1.S",
            "P1.5D",
            " PT1S",
            "P1W",
            "PT99999999999999999999S",
            "P9223372036854775807Y",
            "P+1D",
        ] {
            assert_eq!(duration(bad), None, "{bad}");
        }
    }
}
