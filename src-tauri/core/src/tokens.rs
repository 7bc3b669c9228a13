//! Counting tokens without the model's own tokenizer. Every number made here is an estimate.

/// An estimate of the tokens in a text: about four characters each for Latin scripts, one each for
/// CJK. Good to roughly a quarter either way.
pub fn estimate(text: &str) -> u32 {
    let mut wide = 0_u32;
    let mut narrow = 0_u32;
    for c in text.chars() {
        if matches!(c, '\u{2E80}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7AF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
        {
            wide = wide.saturating_add(1);
        } else {
            narrow = narrow.saturating_add(1);
        }
    }
    wide.saturating_add(narrow.div_ceil(4))
}

/// Tokens that a message costs beside its text: role and separators.
pub const PER_MESSAGE: u32 = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_grows_with_the_text() {
        assert_eq!(estimate(""), 0, "nothing costs nothing");
        assert_eq!(estimate("four"), 1, "four letters are about a token");
        assert_eq!(estimate("漢字"), 2, "CJK costs a token a character");
    }
}
