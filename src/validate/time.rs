//! Windows of time: Core §2.5.1.2. `NotBefore` is inclusive, `NotOnOrAfter` exclusive, and clocks
//! may differ by the skew.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use super::Rules;
use crate::error::Rejection;

/// A window of time, open at an end that is not given.
#[derive(Clone, Copy)]
pub(crate) struct Window {
    pub(crate) not_before: Option<(&'static str, DateTime<Utc>)>,
    pub(crate) not_on_or_after: Option<(&'static str, DateTime<Utc>)>,
}

impl Window {
    /// Whether the window contains the present. The names say which bound a refusal speaks of.
    pub(super) fn contains_now(self, rules: &Rules<'_>) -> Result<(), Rejection> {
        self.contains(rules.now, rules.skew)
    }

    /// Whether the window contains an instant, give or take the skew.
    pub(crate) fn contains(self, now: DateTime<Utc>, skew: TimeDelta) -> Result<(), Rejection> {
        if let Some((what, not_before)) = self.not_before {
            let earliest = not_before.checked_sub_signed(skew).unwrap_or(DateTime::<Utc>::MIN_UTC);
            if now < earliest {
                return Err(Rejection::NotYetValid {
                    what,
                    not_before,
                    now,
                    skew_seconds: skew.num_seconds(),
                });
            }
        }
        if let Some((what, not_on_or_after)) = self.not_on_or_after {
            let end = not_on_or_after.checked_add_signed(skew).unwrap_or(DateTime::<Utc>::MAX_UTC);
            if now >= end {
                let skew_seconds = skew.num_seconds();
                return Err(Rejection::Expired { what, not_on_or_after, now, skew_seconds });
            }
        }
        Ok(())
    }

    /// `from … until …`, for a report.
    pub(super) fn show(self) -> String {
        let show = |bound: Option<(_, DateTime<Utc>)>| {
            bound.map_or("any time".to_owned(), |(_, at)| instant(at))
        };
        format!("from {} until {}", show(self.not_before), show(self.not_on_or_after))
    }
}

pub(super) fn instant(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// The present and the tolerance, for a report.
pub(super) fn now(rules: &Rules<'_>) -> String {
    format!("now is {}, give or take {} s", instant(rules.now), rules.skew.num_seconds())
}
