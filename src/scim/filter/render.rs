//! Tree → text.

use std::fmt;

use super::{AttributePath, Comparison, Expression, Operand, PatchPath};

impl Comparison {
    const WORDS: [(Self, &'static str); 9] = [
        (Self::Contains, "co"),
        (Self::EndsWith, "ew"),
        (Self::Equal, "eq"),
        (Self::Greater, "gt"),
        (Self::GreaterOrEqual, "ge"),
        (Self::Less, "lt"),
        (Self::LessOrEqual, "le"),
        (Self::NotEqual, "ne"),
        (Self::StartsWith, "sw"),
    ];

    pub(super) fn parse(word: &str) -> Option<Self> {
        let mut words = Self::WORDS.iter();
        words.find(|(_, known)| known.eq_ignore_ascii_case(word)).map(|(comparison, _)| *comparison)
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = Self::WORDS.iter().find(|(comparison, _)| comparison == self);
        f.write_str(word.map_or("", |(_, word)| word))
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bare(word) => f.write_str(word),
            Self::Text(text) => write!(f, "{}", serde_json::Value::from(text.as_str())),
        }
    }
}

impl fmt::Display for AttributePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{schema}:")?;
        }
        f.write_str(&self.name)?;
        self.within.iter().try_for_each(|within| write!(f, ".{within}"))
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(expressions) => joined(f, expressions, " and "),
            Self::Any(expressions) => joined(f, expressions, " or "),
            Self::Compare(path, comparison, operand) => write!(f, "{path} {comparison} {operand}"),
            Self::Has(path, filter) => write!(f, "{path}[{filter}]"),
            Self::Not(expression) => write!(f, "not ({expression})"),
            Self::Present(path) => write!(f, "{path} pr"),
        }
    }
}

fn joined(f: &mut fmt::Formatter<'_>, expressions: &[Expression], word: &str) -> fmt::Result {
    for (number, expression) in expressions.iter().enumerate() {
        if number > 0 {
            f.write_str(word)?;
        }
        // "and" binds more than "or".
        match expression {
            Expression::Any(_) => write!(f, "({expression})")?,
            _ => write!(f, "{expression}")?,
        }
    }
    Ok(())
}

impl fmt::Display for PatchPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.attribute)?;
        self.filter.iter().try_for_each(|filter| write!(f, "[{filter}]"))?;
        self.within.iter().try_for_each(|within| write!(f, ".{within}"))
    }
}
