use holdfast_contract::MessageId;
use icondata_lu::LuImage;
use leptos::prelude::*;

use super::code_block::CodeBlock;
use super::{Button, ButtonKind, Icon};
use crate::link;
use crate::markdown::{Align, Block, Document, Entry, Inline, Item};
use crate::state::{Dialog, State};
use crate::text::message as words;

/// A text as elements. A block that did not change keeps its elements while the text grows.
#[component]
pub(crate) fn Markdown(message: MessageId, document: ArcRwSignal<Document>) -> impl IntoView {
    if document.with_untracked(|document| document.entries().is_empty()) {
        document.update_untracked(Document::parse);
    }
    let entries = {
        let document = document.clone();
        move || document.with(|document| document.entries().to_vec())
    };
    let cut = {
        let document = document.clone();
        Memo::new(move |_| document.with(|document| document.is_cut().then(|| document.source().len())))
    };
    view! {
        <For each=entries key=|entry| entry.key children=move |entry| top_level(message, &entry) />
        {move || {
            let document = document.clone();
            cut.get()
                .map(|bytes| {
                    view! {
                        <p class="cut">
                            {words::too_long_to_draw(bytes)}
                            <Button
                                kind=ButtonKind::Quiet
                                action="show-all"
                                on_press=move |()| {
                                    document
                                        .update(|document| {
                                            document.lift_limit();
                                            document.parse();
                                        });
                                }
                            >
                                {words::SHOW_ALL}
                            </Button>
                        </p>
                    }
                })
        }}
    }
}

fn top_level(message: MessageId, entry: &Entry) -> AnyView {
    draw_block(message, &entry.block, entry.complete)
}

fn draw_blocks(message: MessageId, blocks: &[Block], complete: bool) -> AnyView {
    blocks.iter().map(|block| draw_block(message, block, complete)).collect_view().into_any()
}

fn draw_block(message: MessageId, block: &Block, complete: bool) -> AnyView {
    match block {
        Block::Paragraph(content) => view! { <p dir="auto">{draw(message, content)}</p> }.into_any(),
        Block::Plain(content) => draw(message, content),
        Block::Heading { level, content } => {
            let content = draw(message, content);
            // The title of the conversation is the first heading of the page.
            match level {
                1 => view! { <h2 dir="auto">{content}</h2> }.into_any(),
                2 => view! { <h3 dir="auto">{content}</h3> }.into_any(),
                3 => view! { <h4 dir="auto">{content}</h4> }.into_any(),
                4 => view! { <h5 dir="auto">{content}</h5> }.into_any(),
                _ => view! { <h6 dir="auto">{content}</h6> }.into_any(),
            }
        }
        Block::List { start, items } => {
            let tasks = items.iter().any(|item| item.task.is_some());
            let drawn = items.iter().map(|item| draw_item(message, item, complete)).collect_view();
            match start {
                Some(number) => view! { <ol dir="auto" start=number.to_string()>{drawn}</ol> }.into_any(),
                None => view! { <ul dir="auto" class:tasks=tasks>{drawn}</ul> }.into_any(),
            }
        }
        Block::Quote(blocks) => {
            view! { <blockquote dir="auto">{draw_blocks(message, blocks, complete)}</blockquote> }.into_any()
        }
        Block::Code { language, text } => {
            view! { <CodeBlock language=language.clone() code=text.clone() complete /> }.into_any()
        }
        Block::Table { columns, head, rows } => draw_table(message, columns, head, rows),
        Block::Html(text) => view! { <pre class="raw" tabindex="0">{text.trim_end().to_owned()}</pre> }.into_any(),
        Block::Rule => view! { <hr /> }.into_any(),
    }
}

fn draw_item(message: MessageId, item: &Item, complete: bool) -> AnyView {
    let content = draw_blocks(message, &item.blocks, complete);
    match item.task {
        Some(done) => view! {
            <li class="task" dir="auto">
                <input type="checkbox" disabled prop:checked=done />
                <div>{content}</div>
            </li>
        }
        .into_any(),
        None => view! { <li dir="auto">{content}</li> }.into_any(),
    }
}

fn draw_table(message: MessageId, columns: &[Align], head: &[Vec<Inline>], rows: &[Vec<Vec<Inline>>]) -> AnyView {
    let align = |index: usize| match columns.get(index) {
        Some(Align::Center) => "center",
        Some(Align::End) => "end",
        Some(Align::Start) | None => "start",
    };
    let head = head
        .iter()
        .enumerate()
        .map(|(index, cell)| view! { <th class=align(index) dir="auto">{draw(message, cell)}</th> })
        .collect_view();
    let rows = rows
        .iter()
        .map(|row| {
            let cells = row
                .iter()
                .enumerate()
                .map(|(index, cell)| view! { <td class=align(index) dir="auto">{draw(message, cell)}</td> })
                .collect_view();
            view! { <tr>{cells}</tr> }
        })
        .collect_view();
    view! {
        <div class="table" tabindex="0" role="region" aria-label=words::TABLE>
            <table>
                <thead>
                    <tr>{head}</tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn draw(message: MessageId, content: &[Inline]) -> AnyView {
    content.iter().map(|inline| draw_inline(message, inline)).collect_view().into_any()
}

fn draw_inline(message: MessageId, inline: &Inline) -> AnyView {
    match inline {
        Inline::Text(text) => text.clone().into_any(),
        Inline::Code(text) => view! { <code dir="ltr">{text.clone()}</code> }.into_any(),
        Inline::Emphasis(content) => view! { <em>{draw(message, content)}</em> }.into_any(),
        Inline::Strong(content) => view! { <strong>{draw(message, content)}</strong> }.into_any(),
        Inline::Strike(content) => view! { <s>{draw(message, content)}</s> }.into_any(),
        Inline::Link { url, content } => draw_link(message, url, draw(message, content)),
        Inline::Image { url, alt } => draw_image(message, url.as_deref(), alt),
        Inline::Break => view! { <br /> }.into_any(),
    }
}

/// A link has no address the engine could follow: a press shows it first.
fn draw_link(message: MessageId, url: &str, content: AnyView) -> AnyView {
    let dialogs = State::get().dialogs;
    let Some(link) = link::inspect(url) else { return content };
    let title = link.url.clone();
    view! {
        <button
            type="button"
            role="link"
            class="link"
            title=title
            on:click=move |_| dialogs.show(Dialog::OpenLink { message, link: link.clone() })
        >
            {content}
        </button>
    }
    .into_any()
}

fn draw_image(message: MessageId, url: Option<&str>, alt: &str) -> AnyView {
    let link = url.and_then(link::inspect);
    let host = link.as_ref().map(|link| link.host.clone());
    let name = if alt.is_empty() { words::IMAGE.to_owned() } else { alt.to_owned() };
    let inside = view! {
        <Icon icon=LuImage />
        <span dir="auto">{name}</span>
        <small>{host}" "{words::NOT_LOADED}</small>
    };
    match link {
        Some(link) => {
            let dialogs = State::get().dialogs;
            view! {
                <button
                    type="button"
                    class="image"
                    title=words::OPEN_IMAGE_LINK
                    on:click=move |_| dialogs.show(Dialog::OpenLink { message, link: link.clone() })
                >
                    {inside}
                </button>
            }
            .into_any()
        }
        None => view! { <span class="image">{inside}</span> }.into_any(),
    }
}
