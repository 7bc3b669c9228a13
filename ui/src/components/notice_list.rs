use icondata_lu::{LuCheck, LuCircleAlert, LuX};
use leptos::prelude::*;

use super::{ActionButton, Button, Icon};
use crate::state::{Notice, NoticeKind, State};
use crate::text;

/// What happened, at the upper edge of the window. An open dialog covers the window, so it draws the
/// list itself.
#[component]
pub(crate) fn NoticeList(#[prop(optional)] in_dialog: bool) -> impl IntoView {
    let State { notices, dialogs, .. } = State::get();
    let here = move || {
        if dialogs.shown.with(Option::is_some) == in_dialog { notices.list.get() } else { Vec::new() }
    };
    view! {
        <div class="notices" class:inside=in_dialog>
            <For each=here key=|notice| notice.id children=move |notice| view! { <Line notice /> } />
        </div>
    }
}

#[component]
fn Line(notice: Notice) -> impl IntoView {
    let State { notices, .. } = State::get();
    let id = notice.id;
    let (icon, role, class) = match notice.kind {
        NoticeKind::Done => (LuCheck, "status", "notice"),
        NoticeKind::Failed => (LuCircleAlert, "alert", "notice failed"),
    };
    let actions = notice
        .actions
        .into_iter()
        .map(|action| {
            view! {
                // The press does what the button says; the notice has been read then.
                <span class="contents" on:click=move |_| notices.dismiss(id)>
                    <ActionButton action answer=None />
                </span>
            }
        })
        .collect_view();
    view! {
        <div class=class role=role>
            <Icon icon />
            <div class="grow">
                <p>{notice.message}</p>
                {notice.hint.map(|hint| view! { <p class="hint">{hint}</p> })}
            </div>
            {actions}
            {notice.button.map(|(words, press)| view! {
                <Button
                    action="undo"
                    on_press=move |()| {
                        notices.dismiss(id);
                        press.run(());
                    }
                >
                    {words}
                </Button>
            })}
            <button
                type="button"
                class="icon-btn"
                aria-label=text::DISMISS
                title=text::DISMISS
                on:click=move |_| notices.dismiss(id)
            >
                <Icon icon=LuX />
            </button>
        </div>
    }
}
