//! What the user reads stands in `ui/src/text.rs`, so that it is written in one voice and can be
//! translated. A literal elsewhere is taken for such words by where it stands and how it looks.

use super::source::{Literal, literals};
use super::{Found, Sources};

/// Attributes that a person sees or hears.
const SEEN: &[&str] = &[
    "title",
    "placeholder",
    "alt",
    "label",
    "hint",
    "heading",
    "message",
    "text",
    "aria-label",
    "aria-description",
    "aria-placeholder",
    "aria-roledescription",
    "aria-valuetext",
];

/// Calls whose words only a developer reads.
const UNSEEN_CALLS: &[&str] = &["expect(", "panic!(", "unreachable!(", "log!(", "warn!(", "error!("];

/// Literals that only look like words for the user, by file.
const ALLOWED: &[(&str, &str)] = &[];

pub(super) fn check(sources: &Sources, found: &mut Found) {
    for (name, text) in sources.under("ui/src/") {
        if !name.ends_with(".rs") || name == "ui/src/text.rs" || name.ends_with("/tests.rs") {
            continue;
        }
        for literal in literals(text) {
            if for_the_user(&literal) && !ALLOWED.contains(&(name, literal.text)) {
                let Literal { line, text, .. } = literal;
                found
                    .problems
                    .push(format!("{name}:{line}: \"{text}\" is read by the user; it belongs in ui/src/text.rs"));
            }
        }
    }
}

fn for_the_user(literal: &Literal<'_>) -> bool {
    let before = literal.before.as_str();
    let code = before.trim_end();
    if UNSEEN_CALLS.iter().any(|call| code.ends_with(call)) {
        return false;
    }
    let has_word = literal.text.split(|c: char| !c.is_alphabetic()).any(|word| word.chars().count() > 1);
    if let Some(attribute) = before.strip_suffix('=').map(attribute_name).filter(|name| !name.is_empty()) {
        return SEEN.contains(&attribute) && has_word;
    }
    let between_tags = code.ends_with('>') && !code.ends_with("=>") && !code.ends_with("->");
    (between_tags && has_word) || sentence_like(literal.text)
}

/// The name of the attribute at the end of this code, without a prefix like `attr:`.
fn attribute_name(code: &str) -> &str {
    let start = code.rfind(|c: char| !(c.is_alphanumeric() || c == '-' || c == '_')).map_or(0, |at| at + 1);
    code.get(start..).unwrap_or_default()
}

fn sentence_like(text: &str) -> bool {
    let is_word = |word: &&str| {
        let word = word.trim_end_matches(['.', ',', ':', ';', '?', '!', '…']);
        !word.is_empty() && word.chars().all(|c| c.is_alphabetic() || c == '\'' || c == '’')
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    let real = words.iter().filter(|word| is_word(word)).count();
    let capital = text.starts_with(char::is_uppercase) && text.contains(char::is_lowercase);
    let stop = text.ends_with(['.', '?', '!', '…']);
    let counted = words.windows(2).any(|pair| pair[0].ends_with('}') && is_word(&pair[1]));
    (real >= 2 && (capital || stop || real >= 4)) || counted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(code: &str) -> Vec<String> {
        let sources = Sources(vec![("ui/src/pages/chat.rs".to_owned(), code.to_owned())]);
        let mut found = Found::default();
        check(&sources, &mut found);
        found.problems.iter().filter_map(|problem| Some(problem.split('"').nth(1)?.to_owned())).collect()
    }

    #[test]
    fn words_for_the_user_are_named() {
        let code = r#"
            view! { <button title="Stop" class="primary wide">"Send"</button> <p>{text::EMPTY}" and more"</p> }
            let failed = "No credit left";
            let asked = format!("{} messages", count);
            let sure = "really delete?";
            view! { <input attr:aria-label="Question"/> }
        "#;
        assert_eq!(
            named(code),
            ["Stop", "Send", "No credit left", "{} messages", "really delete?", "Question"],
            "by the attribute, by standing between tags, or by reading like a sentence"
        );
    }

    #[test]
    fn what_only_machines_read_is_left_alone() {
        let code = r#"
            view! { <div class="rail active" id="Main" data-state="open"/> }
            match key { "Enter" => send(), "ArrowUp" | "ArrowDown" => "row is-active", _ => "row" };
            query("(prefers-color-scheme: dark)");
            element.set_attribute("style", &format!("height: {height}px"));
            window().expect("the page runs in a window");
            let path = "M10 20 L30 40";
        "#;
        assert_eq!(named(code), Vec::<String>::new(), "classes, keys, queries, styles and paths are not words");
    }
}
