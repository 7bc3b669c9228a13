use std::path::PathBuf;

use crate::error::Result;

/// The words after the command, taken out one by one; what is left over is a mistake.
pub(crate) struct Arguments {
    words: Vec<String>,
    rest: Option<Vec<String>>,
}

impl Arguments {
    pub(crate) fn new(words: impl Iterator<Item = String>) -> Self {
        let mut words: Vec<String> = words.collect();
        let rest = words.iter().position(|word| word == "--").map(|at| {
            let rest = words.split_off(at + 1);
            words.truncate(at);
            rest
        });
        Self { words, rest }
    }

    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let before = self.words.len();
        self.words.retain(|word| word != name);
        self.words.len() < before
    }

    pub(crate) fn value(&mut self, name: &str) -> Result<Option<PathBuf>> {
        let Some(at) = self.words.iter().position(|word| word == name) else { return Ok(None) };
        if at + 1 == self.words.len() {
            return Err(format!("{name} needs a path after it").into());
        }
        let value = self.words.remove(at + 1);
        self.words.remove(at);
        Ok(Some(PathBuf::from(value)))
    }

    /// What stands after `--`, which ends the reading.
    pub(crate) fn rest(mut self) -> Result<Vec<String>> {
        let rest = self.rest.take().unwrap_or_default();
        self.end()?;
        Ok(rest)
    }

    pub(crate) fn end(self) -> Result<()> {
        match self.words.into_iter().chain(self.rest.into_iter().flatten()).next() {
            None => Ok(()),
            Some(word) => Err(format!("`{word}` is not understood here; `cargo xtask` lists what is").into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(words: &[&str]) -> Arguments {
        Arguments::new(words.iter().map(ToString::to_string))
    }

    #[test]
    fn words_after_two_dashes_go_to_the_program() {
        let mut all = arguments(&["--release", "--", "ask", "--release"]);
        assert!(all.flag("--release"), "the flag stands before the dashes");
        assert_eq!(all.rest().unwrap(), ["ask", "--release"], "the program gets its own words, whatever they are");
    }

    #[test]
    fn a_word_nobody_takes_is_an_error() {
        let error = arguments(&["--relaese"]).end().unwrap_err().to_string();
        assert!(error.contains("--relaese"), "a slip of the fingers must not build something else: {error}");
    }

    #[test]
    fn an_option_without_its_path_is_an_error() {
        assert!(arguments(&["--floor"]).value("--floor").is_err(), "there is nothing to measure");
    }
}
