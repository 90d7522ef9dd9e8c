//! Instants: `xs:dateTime` with a time zone, as Core §1.3.3 wants them.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, SecondsFormat, Utc};

/// Parses `YYYY-MM-DDThh:mm:ss[.fraction](Z|±hh:mm)`, strictly.
///
/// Core §1.3.3 asks for UTC; an explicit offset is as good and occurs in the wild. Without either
/// the value is a local time, which names no instant, and is refused, as are leap seconds and
/// `24:00:00` (Core forbids the former). A fraction may have any number of digits; what is below a
/// nanosecond is cut off.
pub(crate) fn parse(text: &str) -> Option<DateTime<Utc>> {
    let (date, time) = text.split_once('T')?;
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let zone_start = time.find(['Z', '+', '-'])?;
    let (clock, zone) = time.split_at_checked(zone_start)?;
    let (clock, fraction) = match clock.split_once('.') {
        None => (clock, "0"),
        Some((clock, fraction)) => (clock, fraction),
    };
    let [hour, minute, second] = numbers(clock, ':', [2, 2, 2])?;
    if year == 0 || second > 59 {
        return None;
    }
    let local = NaiveDate::from_ymd_opt(year.try_into().ok()?, month, day)?.and_hms_nano_opt(
        hour,
        minute,
        second,
        nanoseconds(fraction)?,
    )?;
    let instant = local.and_local_timezone(offset(zone)?).single()?.with_timezone(&Utc);
    // An offset can reach into years that have no four digits, and could not be written again.
    (1..=9999).contains(&instant.year()).then_some(instant)
}

/// An instant as our messages write it: UTC, to the second.
pub(crate) fn write(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// `N` numbers of exactly so many digits each.
fn numbers<const N: usize>(text: &str, separator: char, digits: [usize; N]) -> Option<[u32; N]> {
    let mut parts = text.split(separator);
    let mut numbers = [0; N];
    for (number, digits) in numbers.iter_mut().zip(digits) {
        let part = parts.next().filter(|part| part.len() == digits && all_digits(part))?;
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

fn nanoseconds(fraction: &str) -> Option<u32> {
    if fraction.is_empty() || !all_digits(fraction) {
        return None;
    }
    let kept = fraction.get(..9).unwrap_or(fraction);
    let zeros = u32::try_from(9_usize.saturating_sub(kept.len())).ok()?;
    Some(kept.parse::<u32>().ok()? * 10_u32.pow(zeros))
}

/// XML Schema 2 §3.2.7.3: at most fourteen hours.
fn offset(zone: &str) -> Option<FixedOffset> {
    if zone == "Z" {
        return FixedOffset::east_opt(0);
    }
    let (sign, hours_minutes) = zone.split_at_checked(1)?;
    let [hours, minutes] = numbers(hours_minutes, ':', [2, 2])?;
    if minutes > 59 || hours * 60 + minutes > 14 * 60 {
        return None;
    }
    let seconds = i32::try_from((hours * 60 + minutes) * 60).ok()?;
    FixedOffset::east_opt(if sign == "-" { -seconds } else { seconds })
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_instant(text: &str, rfc3339: &str) {
        let expected = DateTime::parse_from_rfc3339(rfc3339).unwrap().with_timezone(&Utc);
        assert_eq!(parse(text), Some(expected), "{text}");
    }

    #[test]
    fn instants() {
        assert_instant("2026-11-23T20:40:40Z", "2026-11-23T20:40:40Z");
        assert_instant("2026-11-23T20:46:59.6Z", "2026-11-23T20:46:59.6Z");
        assert_instant("2026-11-23T20:46:59.123456789123456789Z", "2026-11-23T20:46:59.123456789Z");
        assert_instant("2026-11-23T20:46:59+14:00", "2026-11-23T06:46:59Z");
        assert_instant("2026-11-23T20:46:59.5-05:30", "2026-11-24T02:16:59.5Z");
        assert_instant("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z");
    }

    #[test]
    fn everything_else_is_refused() {
        for bad in [
            "",
            "T",
            "Z",
            "2026-11-23",
            "2026-11-23T20:40:40",
            "2026-11-23t20:40:40Z",
            "2026-11-23T20:40:40z",
            "2026-11-23 20:40:40Z",
            " 2026-11-23T20:40:40Z",
            "2026-11-23T20:40:40Z ",
            "2026-11-23T20:40Z",
            "2026-11-23T20:40:60Z",
            "2026-11-23T24:00:00Z",
            "2026-11-23T20:60:00Z",
            "2026-13-23T20:40:40Z",
            "2026-02-29T20:40:40Z",
            "0000-01-01T00:00:00Z",
            "0001-01-01T01:00:05+02:00",
            "9999-12-31T23:30:00-01:00",
            "-2026-11-23T20:40:40Z",
            "12026-11-23T20:40:40Z",
            "2026-11-23T20:40:40.Z",
            "2026-11-23T20:40:40.1.2Z",
            "2026-11-23T20:40:40,5Z",
            "2026-11-23T20:40:40+14:01",
            "2026-11-23T20:40:40+1400",
            "2026-11-23T20:40:40+05:60",
            "2026-11-23T20:40:40ZZ",
            "2026-11-23T+0:40:40Z",
            "2020-09-25T16=7:00:00Z",
            "２026-11-23T20:40:40Z",
        ] {
            assert_eq!(parse(bad), None, "{bad:?}");
        }
    }
}
