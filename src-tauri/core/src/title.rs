/// A title from the first question: its first line that says something, at most 60 characters, cut
/// at a word.
pub fn title_of(question: &str) -> String {
    let line = question
        .lines()
        .map(|line| line.trim_start_matches(['#', '>', '-', '*', '`', ' ', '\t']).trim())
        .find(|line| !line.is_empty())
        .unwrap_or_default();
    let clean: String = line.chars().filter(|c| !c.is_control()).collect();
    if clean.chars().count() <= 60 {
        return clean;
    }
    let cut: String = clean.chars().take(60).collect();
    match cut.rfind(char::is_whitespace) {
        Some(at) if at >= 30 => format!("{}…", cut[..at].trim_end()),
        _ => format!("{cut}…"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_the_first_line_that_says_something() {
        assert_eq!(title_of("\n\n# Hello there\nmore"), "Hello there", "marks and empty lines are no title");
        assert_eq!(title_of("a\u{0}b"), "ab", "control characters have no place in a list");
        let long = "word ".repeat(40);
        assert_eq!(title_of(&long), format!("{}…", "word ".repeat(12).trim_end()), "cut at a word");
        assert_eq!(title_of(&"x".repeat(90)), format!("{}…", "x".repeat(60)), "or in it, if it has no end");
    }
}
