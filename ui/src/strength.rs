//! How hard a passphrase is to guess, as far as its form tells. It is a hint: only the person who chose
//! it knows whether it was picked at random. Pure, and nothing leaves the window for it.

use std::collections::HashSet;

/// The fewest characters that are taken.
pub(crate) const FEWEST: usize = 10;

/// A common word, taken from a list of two thousand.
const WORD_BITS: f64 = 11.0;
/// Letters that one word has at most; longer runs count as several.
const WORD_LETTERS: usize = 8;
const DIGIT_BITS: f64 = 3.3;
const YEAR_BITS: f64 = 6.0;
const SIGN_BITS: f64 = 4.0;
/// A letter of a run that mixes capitals in its middle, which no word does.
const MIXED_LETTER_BITS: f64 = 5.0;

const FAIR_FROM: f64 = 33.0;
const GOOD_FROM: f64 = 44.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strength {
    Empty,
    /// Characters that are missing.
    TooShort(usize),
    Weak,
    Fair,
    Good,
}

impl Strength {
    /// Whether it may be taken at all.
    pub(crate) const fn enough(self) -> bool {
        matches!(self, Self::Weak | Self::Fair | Self::Good)
    }

    /// For the style sheet.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooShort(_) => "short",
            Self::Weak => "weak",
            Self::Fair => "fair",
            Self::Good => "good",
        }
    }
}

pub(crate) fn strength(passphrase: &str) -> Strength {
    let length = passphrase.chars().count();
    if length == 0 {
        return Strength::Empty;
    }
    if length < FEWEST {
        return Strength::TooShort(FEWEST - length);
    }
    match bits(passphrase) {
        bits if bits < FAIR_FROM => Strength::Weak,
        bits if bits < GOOD_FROM => Strength::Fair,
        _ => Strength::Good,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Letter,
    Digit,
    Sign,
}

fn kind(c: char) -> Kind {
    if c.is_alphabetic() {
        Kind::Letter
    } else if c.is_numeric() {
        Kind::Digit
    } else {
        Kind::Sign
    }
}

/// Adds up runs of letters, digits and signs; what was there before adds nothing.
fn bits(passphrase: &str) -> f64 {
    let characters: Vec<char> = passphrase.chars().collect();
    let mut seen = HashSet::new();
    characters
        .chunk_by(|a, b| kind(*a) == kind(*b))
        .filter(|run| seen.insert(run.iter().collect::<String>().to_lowercase()))
        .map(|run| match kind(run[0]) {
            Kind::Letter => letter_bits(run),
            Kind::Digit => digit_bits(run),
            Kind::Sign => distinct(run) * SIGN_BITS,
        })
        .sum()
}

fn letter_bits(run: &[char]) -> f64 {
    if is_series(run) {
        return MIXED_LETTER_BITS;
    }
    let mixed = run.iter().skip(1).any(|c| c.is_uppercase()) && run.iter().any(|c| c.is_lowercase());
    if mixed {
        return distinct(run) * MIXED_LETTER_BITS;
    }
    // Scripts that write words without spaces have a word in two or three characters.
    let letters_of_word = if run.iter().all(|c| (*c as u32) < 0x2E80) { WORD_LETTERS } else { 3 };
    let words = run.len().div_ceil(letters_of_word) as f64;
    (words * WORD_BITS).min(distinct(run) * MIXED_LETTER_BITS)
}

fn digit_bits(run: &[char]) -> f64 {
    let year = run.len() == 4 && matches!(run[..2], ['1', '9'] | ['2', '0']);
    if is_series(run) {
        DIGIT_BITS
    } else if year {
        YEAR_BITS
    } else {
        run.len() as f64 * DIGIT_BITS
    }
}

fn distinct(run: &[char]) -> f64 {
    run.iter().collect::<HashSet<_>>().len() as f64
}

/// The same character again and again, or `abcd`, `4321`, a row of the keyboard.
fn is_series(run: &[char]) -> bool {
    const ROWS: [&str; 4] = ["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"];
    if run.len() < 3 {
        return false;
    }
    let steps: HashSet<i64> =
        run.windows(2).map(|pair| i64::from(pair[1] as u32) - i64::from(pair[0] as u32)).collect();
    let text = run.iter().collect::<String>().to_lowercase();
    (steps.len() == 1 && steps.iter().all(|step| step.abs() <= 1)) || ROWS.iter().any(|row| row.contains(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hint_is_honest() {
        let cases = [
            ("", Strength::Empty, "nothing typed"),
            ("short", Strength::TooShort(5), "five more are needed"),
            ("àéîõüßñçø", Strength::TooShort(1), "characters count, not bytes"),
            ("aaaaaaaaaaaaaaaaaaaaaaaa", Strength::Weak, "length alone is nothing"),
            ("1234567890", Strength::Weak, "a series"),
            ("qwertyuiop", Strength::Weak, "a row of the keyboard"),
            ("password123", Strength::Weak, "a word and a series"),
            ("Summer2026!", Strength::Weak, "a word, a year and a sign"),
            ("sunshine sunshine sunshine sunshine", Strength::Weak, "a word again adds nothing"),
            ("correct horse battery", Strength::Fair, "three words"),
            ("correct horse battery staple", Strength::Good, "four words"),
            ("mXq7vR2pLk9z", Strength::Good, "random characters"),
        ];
        for (passphrase, expected, why) in cases {
            assert_eq!(strength(passphrase), expected, "{why}: {passphrase:?}");
        }
    }

    #[test]
    fn only_what_is_long_enough_is_taken() {
        assert!(!strength("only nine").enough(), "nine characters");
        assert!(strength("ten of them").enough(), "a weak one is the user's own choice");
    }
}
