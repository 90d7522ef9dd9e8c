//! Which value stands for which: the same for the same, and drawn anew in each run.
//!
//! A replacement is drawn from the randomness and a counter, and never from the value. So nobody
//! who guesses a value can test the guess.

use std::collections::{HashMap, HashSet};

use openssl::sha::sha256;

use super::known;
use crate::random::Random;

/// A number of few digits soon has no free replacement of its length: then it grows.
const TRIES: usize = 16;

/// The replacements of one run. It holds what was replaced, and so has no `Debug`.
pub(super) struct Replacements {
    seed: [u8; 32],
    drawn: u64,
    /// By value without regard to letter case: its replacement, and the spellings seen so far.
    known: HashMap<(Shape, String), Known>,
    used: HashSet<String>,
}

struct Known {
    replacement: String,
    spellings: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Shape {
    Word,
    Digits,
    Domain,
}

impl Replacements {
    pub(super) fn new(random: Random) -> Self {
        let seed = random.for_purpose("replacements of a redacted copy");
        Self { seed, drawn: 0, known: HashMap::new(), used: HashSet::new() }
    }

    /// What stands for this value. An address stays an address, a URL a URL, a number a number.
    /// White space at the ends stays, since comparisons depend on it.
    pub(super) fn of(&mut self, value: &str) -> String {
        let inner = value.trim();
        if inner.is_empty() {
            return value.to_owned();
        }
        let start = value.len() - value.trim_start().len();
        let end = value.trim_end().len();
        let before = value.get(..start).unwrap_or_default();
        let after = value.get(end..).unwrap_or_default();
        format!("{before}{}{after}", self.inner(inner))
    }

    /// What stands for the name of an attribute. Everybody's names stay.
    pub(super) fn attribute_name(&mut self, name: &str) -> String {
        match known::is_attribute_name(name) {
            true => name.to_owned(),
            false => self.of(name),
        }
    }

    fn inner(&mut self, value: &str) -> String {
        if let Some((scheme, rest)) = value.split_once("://") {
            let scheme = if scheme.eq_ignore_ascii_case("http") { "http" } else { "https" };
            let (host, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
            let host = self.piece(Shape::Domain, host);
            // Each part by itself, so that what differs in a slash still does.
            let segments = path.split('/').map(|segment| match segment {
                "" => String::new(),
                segment => self.piece(Shape::Word, segment),
            });
            return format!("{scheme}://{host}{}", segments.collect::<Vec<_>>().join("/"));
        }
        match value.split_once('@') {
            Some((local, domain)) if is_address(local, domain) => {
                let local = self.piece(Shape::Word, local);
                format!("{local}@{}", self.piece(Shape::Domain, domain))
            }
            _ if value.bytes().all(|byte| byte.is_ascii_digit()) => {
                self.piece(Shape::Digits, value)
            }
            _ => self.piece(Shape::Word, value),
        }
    }

    fn piece(&mut self, shape: Shape, value: &str) -> String {
        let key = (shape, value.to_lowercase());
        if !self.known.contains_key(&key) {
            let replacement = self.free(shape, value);
            self.known.insert(key.clone(), Known { replacement, spellings: Vec::new() });
        }
        let Some(known) = self.known.get_mut(&key) else { return String::new() };
        let place = known.spellings.iter().position(|spelling| spelling == value);
        let place = place.unwrap_or_else(|| {
            known.spellings.push(value.to_owned());
            known.spellings.len() - 1
        });
        spelled(&known.replacement, place)
    }

    fn free(&mut self, shape: Shape, value: &str) -> String {
        let mut length = value.len();
        loop {
            for _ in 0..TRIES {
                let candidate = self.candidate(shape, length);
                if candidate != value && self.used.insert(candidate.clone()) {
                    return candidate;
                }
            }
            length += 1;
        }
    }

    fn candidate(&mut self, shape: Shape, length: usize) -> String {
        match shape {
            // The four letters in front can be capitalized in sixteen ways.
            Shape::Word => format!("user{}", hex(&self.draw())),
            Shape::Domain => format!("orgs{}.example", hex(&self.draw())),
            Shape::Digits => {
                let mut digits = String::new();
                while digits.len() < length {
                    digits.extend(self.draw().iter().map(|byte| char::from(b'0' + byte % 10)));
                }
                digits.truncate(length);
                digits
            }
        }
    }

    fn draw(&mut self) -> [u8; 32] {
        self.drawn += 1;
        sha256(&[self.seed.as_slice(), &self.drawn.to_be_bytes()].concat())
    }
}

fn is_address(local: &str, domain: &str) -> bool {
    let one = |part: &str| !part.is_empty() && !part.contains([' ', '@']);
    one(local) && one(domain)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// The first spelling is in small letters. Each further one has other capitals: two values that
/// differed in letter case alone still do.
fn spelled(replacement: &str, place: usize) -> String {
    let capital = |at: usize| u32::try_from(at).ok().and_then(|at| place.checked_shr(at));
    let letters = replacement.chars().enumerate().map(|(at, c)| match capital(at) {
        Some(bits) if bits & 1 == 1 => c.to_ascii_uppercase(),
        _ => c,
    });
    letters.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replacements(byte: u8) -> Replacements {
        Replacements::new(Random::new([byte; 32]))
    }

    #[test]
    fn equal_values_stay_equal_and_others_differ() {
        let mut all = replacements(1);
        let ada = all.of("ada@acme.com");
        assert_eq!(all.of("ada@acme.com"), ada);
        let (domain, other) = (ada.split_once('@').unwrap().1, all.of("bob@acme.com"));
        assert!(other.ends_with(&format!("@{domain}")), "{other} {ada}");
        assert_ne!(other, ada);
        assert_eq!(all.of(" ada@acme.com\n"), format!(" {ada}\n"));
    }

    #[test]
    fn values_that_differ_in_letter_case_still_do() {
        let mut all = replacements(1);
        let (small, large) = (all.of("ada@acme.com"), all.of("Ada@acme.com"));
        assert_ne!(small, large);
        assert!(small.eq_ignore_ascii_case(&large), "{small} {large}");
    }

    #[test]
    fn a_replacement_has_the_shape_of_its_value_and_nothing_else_of_it() {
        let mut all = replacements(1);
        let url = all.of("https://acme.okta.com/app/secret");
        assert!(
            url.starts_with("https://orgs")
                && url.contains(".example/user")
                && url.matches('/').count() == 4,
            "{url}"
        );
        let number = all.of("12345678");
        assert!(number.len() == 8 && number.bytes().all(|b| b.is_ascii_digit()), "{number}");
        let numbers: HashSet<_> = (0..10).map(|n| all.of(&n.to_string())).collect();
        assert_eq!(numbers.len(), 10);
    }

    #[test]
    fn two_runs_give_different_replacements() {
        for value in ["ada@acme.com", "https://acme.com/", "12345678", "Lovelace"] {
            assert_ne!(replacements(1).of(value), replacements(2).of(value));
        }
    }
}
