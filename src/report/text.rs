//! A report as text, for a terminal or a page of an administrator.

use std::fmt;

use super::{CheckOutcome, Report, ReportedCheck, View};
use crate::error::{Fixer, printable};

/// The verdict, every check, the warnings, and what to change. Everything that comes from the
/// message is escaped for terminals; escape it again before putting it in HTML.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.verdict(f)?;
        f.write_str(match self.view {
            View::Signed => "\nEvery check; behind \"signature\", what was signed is read:\n\n",
            View::Unverified => {
                "\nEvery check. UNVERIFIED: no signature vouches for what stands behind \
                 \"signature\"; anybody may have written it.\n\n"
            }
            View::None => "\nEvery check; there is no assertion to look at:\n\n",
        })?;
        for check in &self.checks {
            write!(f, "{check}")?;
            if check.name == "signature" && self.view == View::Unverified {
                f.write_str("  ----  UNVERIFIED from here on\n")?;
            }
        }
        let count = |outcome| self.checks.iter().filter(|check| check.outcome == outcome).count();
        let [passed, failed, skipped] =
            [CheckOutcome::Passed, CheckOutcome::Failed, CheckOutcome::Skipped].map(count);
        writeln!(f, "\n  {passed} passed, {failed} failed, {skipped} skipped.")?;
        if let Some(seconds) = self.clock_difference_seconds {
            writeln!(
                f,
                "  The assertion was issued {} s {} now.",
                seconds.unsigned_abs(),
                if seconds < 0 { "before" } else { "after" }
            )?;
        }
        for warning in &self.warnings {
            writeln!(f, "\nWarning: {}.", printable(&warning.to_string()))?;
        }
        match &self.advice {
            Some(advice) => writeln!(f, "\nWhat to change: {}", advice.text),
            None => Ok(()),
        }
    }
}

impl Report {
    fn verdict(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Some(code), Some(message), Some(help)) = (self.code, &self.message, &self.help) else {
            return f.write_str("ACCEPTED: the identity provider vouches for this person.\n");
        };
        writeln!(f, "REJECTED ({code}): {}.\n\n  {}", printable(message), printable(help))?;
        match self.fixer {
            Some(fixer) => writeln!(f, "  To be fixed by {}.", fixer.in_words()),
            None => Ok(()),
        }
    }
}

/// One line of the rule and its outcome, and a line each of what was expected, what was found, what
/// to change and who has to.
impl fmt::Display for ReportedCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match self.outcome {
            CheckOutcome::Failed => "FAIL",
            CheckOutcome::Passed => "pass",
            CheckOutcome::Skipped => "skip",
        };
        writeln!(f, "  {mark}  {:<22} {} [{}]", self.name, self.rule, self.section)?;
        let lines = [
            ("expected", self.expected.as_deref()),
            ("found", self.found.as_deref()),
            ("fix", self.help.as_deref()),
            ("by", self.fixer.map(Fixer::in_words)),
        ];
        for (label, text) in lines {
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                writeln!(f, "        {label:<9} {}", printable(text))?;
            }
        }
        Ok(())
    }
}
