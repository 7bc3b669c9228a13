use icondata_lu::LuArrowDown;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement, ResizeObserver, ResizeObserverEntry};

use super::Icon;
use super::message::MessageRow;
use crate::heights::Slice;
use crate::state::{Message, State};
use crate::text::chats as words;

/// What is drawn above and below the view.
const MARGIN: f64 = 700.0;
/// Closer to the end than this, the view follows it.
const NEAR_END: f64 = 48.0;

/// The messages of the open conversation. Only rows near the view are elements; what lies above and
/// below is room of a guessed or measured height.
#[component]
pub(crate) fn Log() -> impl IntoView {
    let view = View::new(State::get());
    // What the observer calls lives as long as the log does.
    let resized = StoredValue::new_local(Closure::<dyn Fn(js_sys::Array)>::new(move |entries: js_sys::Array| {
        view.resized(&entries);
    }));
    let observer = StoredValue::new_local(
        resized.with_value(|resized| ResizeObserver::new(resized.as_ref().unchecked_ref()).ok()),
    );
    on_cleanup(move || {
        if let Some(Some(observer)) = observer.try_get_value() {
            observer.disconnect();
        }
    });
    Effect::new(move |_| {
        if let (Some(element), Some(observer)) = (view.scroller.get(), observer.get_value()) {
            observer.observe(&element);
        }
    });
    // Another conversation begins at its end.
    Effect::new(move |_| {
        view.state.chat.opened.track();
        view.follow.set_value(true);
        view.away.set(false);
    });
    Effect::new(move |_| {
        view.state.chat.changed.track();
        view.state.chat.opened.track();
        view.redraw();
        view.keep_end();
    });
    // A question just sent is what the reader wants to see.
    Effect::new(move |_| {
        if view.state.chat.sending.get() {
            view.to_end();
        }
    });
    let rows = move || {
        view.state.chat.changed.track();
        let (first, end) = view.bounds.get();
        (first..end).map(|index| (index, view.state.chat.message(index))).collect::<Vec<_>>()
    };
    view! {
        <div class="log-frame">
            <div
                node_ref=view.scroller
                class="log"
                role="log"
                aria-live="off"
                aria-label=words::LOG
                tabindex="-1"
                on:scroll=move |_| view.scrolled()
            >
                <div class="log-room" style:height=move || format!("{}px", view.slice.get().above)></div>
                <For
                    each=rows
                    key=|(index, message)| (*index, message.as_ref().map(|message| message.id))
                    children=move |(index, message)| view! { <Row index message observer /> }
                />
                <div class="log-room" style:height=move || format!("{}px", view.slice.get().below)></div>
            </div>
            {move || {
                view.away
                    .get()
                    .then(|| {
                        view! {
                            <button type="button" class="to-latest" data-action="to-latest" on:click=move |_| view.to_end()>
                                <Icon icon=LuArrowDown />
                                {words::TO_LATEST}
                            </button>
                        }
                    })
            }}
        </div>
    }
}

#[component]
fn Row(
    index: usize,
    message: Option<Message>,
    observer: StoredValue<Option<ResizeObserver>, LocalStorage>,
) -> impl IntoView {
    let node = NodeRef::<html::Div>::new();
    let observed = StoredValue::new_local(None::<HtmlElement>);
    Effect::new(move |_| {
        if let (Some(element), Some(observer)) = (node.get(), observer.get_value()) {
            observer.observe(&element);
            observed.set_value(Some(element.into()));
        }
    });
    on_cleanup(move || {
        if let (Some(Some(element)), Some(Some(observer))) = (observed.try_get_value(), observer.try_get_value()) {
            observer.unobserve(&element);
        }
    });
    match message {
        Some(message) => {
            view! { <div node_ref=node class="row-slot" data-index=index.to_string()><MessageRow message /></div> }
                .into_any()
        }
        None => {
            let chat = State::get().chat;
            let height = chat.heights(|heights| heights.offset(index + 1) - heights.offset(index)).unwrap_or_default();
            view! { <div class="row-slot missing" style:height=format!("{height}px")><i></i><i></i><i></i></div> }
                .into_any()
        }
    }
}

/// What is in view, and how it follows the end.
#[derive(Clone, Copy)]
struct View {
    state: State,
    scroller: NodeRef<html::Div>,
    slice: RwSignal<Slice>,
    bounds: Memo<(usize, usize)>,
    /// The view stays at the end as text comes.
    follow: StoredValue<bool>,
    /// Where the view was, to tell a reader's scroll from a change of heights.
    last_top: StoredValue<f64>,
    away: RwSignal<bool>,
}

impl View {
    fn new(state: State) -> Self {
        let slice = RwSignal::new(Slice::default());
        Self {
            state,
            scroller: NodeRef::new(),
            slice,
            bounds: Memo::new(move |_| slice.with(|slice| (slice.first, slice.end))),
            follow: StoredValue::new(true),
            last_top: StoredValue::new(0.0),
            away: RwSignal::new(false),
        }
    }

    /// Decides which rows are drawn.
    fn redraw(self) {
        let Some(element) = self.scroller.get_untracked() else { return };
        let height = f64::from(element.client_height());
        let top = f64::from(element.scroll_top());
        let follow = self.follow.get_value();
        let slice = self.state.chat.heights(|heights| {
            let top = if follow { (heights.total() - height).max(0.0) } else { top };
            heights.slice(top - MARGIN, top + height + MARGIN)
        });
        let Some(slice) = slice else { return };
        if self.slice.get_untracked() != slice {
            self.slice.set(slice);
        }
        if slice.end > slice.first {
            self.state.chat.load_near(slice.first, slice.end);
        }
    }

    fn scrolled(self) {
        let Some(element) = self.scroller.get_untracked() else { return };
        let top = f64::from(element.scroll_top());
        let rest = f64::from(element.scroll_height()) - top - f64::from(element.client_height());
        if rest <= NEAR_END {
            self.follow.set_value(true);
        } else if top < self.last_top.get_value() - 1.0 {
            self.follow.set_value(false);
        }
        self.last_top.set_value(top);
        let away = !self.follow.get_value();
        if self.away.get_untracked() != away {
            self.away.set(away);
        }
        self.redraw();
    }

    fn to_end(self) {
        self.follow.set_value(true);
        self.away.set(false);
        self.redraw();
        self.keep_end();
    }

    /// Once the rows are drawn, puts the view at the end if it follows it.
    fn keep_end(self) {
        queue_microtask(move || {
            if self.follow.try_get_value() == Some(true) {
                self.scroll_to_end();
            }
        });
    }

    fn scroll_to_end(self) {
        if let Some(Some(element)) = self.scroller.try_get_untracked() {
            element.set_scroll_top(element.scroll_height());
            self.last_top.set_value(f64::from(element.scroll_top()));
        }
    }

    /// Takes note of rows whose height was found or changed.
    fn resized(self, entries: &js_sys::Array) {
        let Some(Some(scroller)) = self.scroller.try_get_untracked() else { return };
        // A page that is not in view has no heights.
        if scroller.client_height() == 0 {
            return;
        }
        let top = f64::from(scroller.scroll_top());
        let shift = self.state.chat.heights(|heights| {
            let mut shift = 0.0;
            for entry in entries.iter() {
                let Ok(entry) = entry.dyn_into::<ResizeObserverEntry>() else { continue };
                let Some((index, height)) = measure(&entry.target()) else { continue };
                if index < heights.len() {
                    let known = heights.is_measured(index);
                    let change = heights.measure(index, height);
                    shift += heights.shift(index, change, known, top);
                }
            }
            shift
        });
        if self.follow.get_value() {
            self.scroll_to_end();
        } else if let Some(shift) = shift.filter(|shift| *shift != 0.0) {
            scroller.set_scroll_top((top + shift).round() as i32);
            self.last_top.set_value(f64::from(scroller.scroll_top()));
        }
        self.redraw();
    }
}

fn measure(element: &Element) -> Option<(usize, f64)> {
    let index = element.get_attribute("data-index")?.parse().ok()?;
    let height = element.get_bounding_client_rect().height();
    (height > 0.0).then_some((index, height))
}
