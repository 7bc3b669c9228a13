//! Colours for code blocks.

use std::sync::OnceLock;

use holdfast_contract::{CodeClass, CodeSpan, Failure, Highlight};
use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxSet};

use crate::App;

/// Longer code is drawn plain: colouring it would take longer than reading it.
const MOST_BYTES: usize = 200_000;

/// Runs of code with what they are, line by line; plain for a language that is not known.
///
/// # Errors
/// None at present; the type is that of every command.
pub async fn highlight(_app: App, command: Highlight) -> Result<Vec<Vec<CodeSpan>>, Failure> {
    let plain = command.code.clone();
    let spans = tokio::task::spawn_blocking(move || spans(&command.language, &command.code)).await;
    Ok(spans.unwrap_or_else(|_| plain_lines(&plain)))
}

fn syntaxes() -> &'static SyntaxSet {
    static SYNTAXES: OnceLock<SyntaxSet> = OnceLock::new();
    SYNTAXES.get_or_init(two_face::syntax::extra_newlines)
}

fn plain_lines(code: &str) -> Vec<Vec<CodeSpan>> {
    code.lines().map(|line| vec![CodeSpan { text: line.to_owned(), class: CodeClass::Plain }]).collect()
}

fn spans(language: &str, code: &str) -> Vec<Vec<CodeSpan>> {
    let token = language.split([' ', ',', '{']).next().unwrap_or_default();
    let syntax = (code.len() <= MOST_BYTES).then(|| syntaxes().find_syntax_by_token(token)).flatten();
    let Some(syntax) = syntax else { return plain_lines(code) };
    let mut state = ParseState::new(syntax);
    let mut stack = ScopeStack::new();
    let mut lines = Vec::new();
    for line in code.lines() {
        let with_end = format!("{line}\n");
        let Ok(operations) = state.parse_line(&with_end, syntaxes()) else { return plain_lines(code) };
        let mut spans: Vec<CodeSpan> = Vec::new();
        let mut from = 0;
        let mut push = |until: usize, stack: &ScopeStack| {
            let until = until.min(line.len());
            if until > from {
                let class = class_of(stack);
                match spans.last_mut() {
                    Some(last) if last.class == class => last.text.push_str(&line[from..until]),
                    _ => spans.push(CodeSpan { text: line[from..until].to_owned(), class }),
                }
                from = until;
            }
        };
        for (at, operation) in operations {
            push(at, &stack);
            if stack.apply(&operation).is_err() {
                return plain_lines(code);
            }
        }
        push(line.len(), &stack);
        lines.push(spans);
    }
    lines
}

/// The innermost scope that has a colour decides.
fn class_of(stack: &ScopeStack) -> CodeClass {
    static RULES: OnceLock<Vec<(Scope, CodeClass)>> = OnceLock::new();
    let rules = RULES.get_or_init(|| {
        [
            ("comment", CodeClass::Comment),
            ("string", CodeClass::String),
            ("constant.character.escape", CodeClass::Number),
            ("constant", CodeClass::Number),
            ("keyword.operator", CodeClass::Plain),
            ("keyword", CodeClass::Keyword),
            ("storage", CodeClass::Keyword),
            ("variable.language", CodeClass::Keyword),
            ("entity.name.function", CodeClass::Function),
            ("support.function", CodeClass::Function),
            ("variable.function", CodeClass::Function),
            ("support.macro", CodeClass::Function),
            ("entity.name.type", CodeClass::Type),
            ("entity.name.class", CodeClass::Type),
            ("entity.name.struct", CodeClass::Type),
            ("entity.name.tag", CodeClass::Keyword),
            ("entity.other.attribute-name", CodeClass::Type),
            ("support.type", CodeClass::Type),
            ("support.class", CodeClass::Type),
        ]
        .into_iter()
        .filter_map(|(name, class)| Some((Scope::new(name).ok()?, class)))
        .collect()
    });
    for scope in stack.as_slice().iter().rev() {
        if let Some((_, class)) = rules.iter().find(|(rule, _)| rule.is_prefix_of(*scope)) {
            return *class;
        }
    }
    CodeClass::Plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(language: &str, code: &str) -> Vec<(String, CodeClass)> {
        spans(language, code).concat().into_iter().map(|span| (span.text, span.class)).collect()
    }

    #[test]
    fn rust_is_coloured() {
        let spans = of("rust", "let x = 64; // n");
        assert_eq!(spans.first(), Some(&("let".to_owned(), CodeClass::Keyword)), "{spans:?}");
        assert!(spans.contains(&("64".to_owned(), CodeClass::Number)), "{spans:?}");
        assert!(spans.contains(&("// n".to_owned(), CodeClass::Comment)), "{spans:?}");
    }

    #[test]
    fn the_code_itself_is_never_changed() {
        for (language, code) in
            [("python", "def f(x):\n\n    return 'é' # ü"), ("no such language", "a  b\n c"), ("", "")]
        {
            let back: Vec<String> =
                spans(language, code).iter().map(|line| line.iter().map(|span| span.text.as_str()).collect()).collect();
            assert_eq!(back.join("\n"), code, "{language}");
        }
    }
}
