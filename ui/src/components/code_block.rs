use std::time::Duration;

use holdfast_contract::{CodeClass, CodeSpan};
use icondata_lu::{LuCheck, LuCopy};
use leptos::prelude::*;

use super::Icon;
use crate::state::State;
use crate::text::{self, code as words};

/// A block of code with its language and a button that copies it. Colours come once it is complete.
#[component]
pub(crate) fn CodeBlock(language: String, code: String, complete: bool) -> impl IntoView {
    let State { chat, highlights, .. } = State::get();
    let colours = if complete { highlights.of(&language, &code) } else { RwSignal::new(None) };
    let copied = RwSignal::new(false);
    let shown = code.clone();
    let copy = move |_| {
        chat.copy(code.clone());
        copied.set(true);
        set_timeout(
            move || {
                copied.try_set(false);
            },
            Duration::from_secs(2),
        );
    };
    let label = if language.is_empty() { words::TEXT.to_owned() } else { language };
    view! {
        <figure class="code" dir="ltr">
            <figcaption>
                <span class="grow">{label}</span>
                <button type="button" data-action="copy-code" aria-label=words::COPY on:click=copy>
                    {move || match copied.get() {
                        true => view! { <Icon icon=LuCheck />{text::COPIED} }.into_any(),
                        false => view! { <Icon icon=LuCopy />{text::COPY} }.into_any(),
                    }}
                </button>
            </figcaption>
            <pre tabindex="0"><code>{move || match colours.get() {
                Some(lines) => coloured(&lines),
                None => shown.trim_end_matches('\n').to_owned().into_any(),
            }}</code></pre>
        </figure>
    }
}

/// Runs of one colour become one element, and plain runs none.
fn coloured(lines: &[Vec<CodeSpan>]) -> AnyView {
    let mut runs: Vec<CodeSpan> = Vec::new();
    let last = lines.len().saturating_sub(1);
    for (index, line) in lines.iter().enumerate() {
        let end = (index < last).then(|| CodeSpan { text: "\n".to_owned(), class: CodeClass::Plain });
        for span in line.iter().cloned().chain(end) {
            match runs.last_mut() {
                Some(run) if run.class == span.class || span.text.trim().is_empty() => run.text.push_str(&span.text),
                _ => runs.push(span),
            }
        }
    }
    runs.into_iter()
        .map(|run| match class(run.class) {
            Some(class) => view! { <span class=class>{run.text}</span> }.into_any(),
            None => run.text.into_any(),
        })
        .collect_view()
        .into_any()
}

const fn class(class: CodeClass) -> Option<&'static str> {
    match class {
        CodeClass::Plain => None,
        CodeClass::Comment => Some("tok-comment"),
        CodeClass::Keyword => Some("tok-keyword"),
        CodeClass::String => Some("tok-string"),
        CodeClass::Number => Some("tok-number"),
        CodeClass::Function => Some("tok-function"),
        CodeClass::Type => Some("tok-type"),
    }
}
