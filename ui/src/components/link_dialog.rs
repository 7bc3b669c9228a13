use holdfast_contract::{MessageId, OpenLink};
use icondata_lu::LuTriangleAlert;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::dialog::Modal;
use super::{Button, ButtonKind, Icon};
use crate::link::Link;
use crate::state::State;
use crate::text::link as words;
use crate::{ipc, text};

/// Shows where a link leads before it is opened.
#[component]
pub(super) fn LinkDialog(message: MessageId, link: Link) -> impl IntoView {
    let State { dialogs, chat, notices, .. } = State::get();
    let (open, copy) = (link.url.clone(), link.url.clone());
    let warnings = link
        .warnings
        .iter()
        .map(|&warning| view! { <li><Icon icon=LuTriangleAlert />{words::warning(warning)}</li> })
        .collect_view();
    let open = move |()| {
        let url = open.clone();
        dialogs.close();
        spawn_local(async move {
            if let Err(failure) = ipc::call(OpenLink { message, url }).await {
                notices.fail(failure);
            }
        });
    };
    view! {
        <Modal title=words::TITLE.to_owned()>
            <p>{words::LEADS_TO}" "<b class="host">{link.host}</b></p>
            <p class="address" dir="ltr">{link.url}</p>
            <ul class="warnings">{warnings}</ul>
            <div class="dialog-end">
                <Button on_press=move |()| dialogs.close()>{text::CANCEL}</Button>
                <Button
                    action="copy-link"
                    on_press=move |()| {
                        dialogs.close();
                        chat.copy(copy.clone());
                    }
                >
                    {words::COPY}
                </Button>
                <Button kind=ButtonKind::Primary action="open-link" on_press=open>{words::OPEN}</Button>
            </div>
        </Modal>
    }
}
