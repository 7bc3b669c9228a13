use holdfast_contract::{ChooseFile, Failure, FileUse};
use icondata_lu::LuFolderOpen;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::Icon;
use crate::{ipc, text};

/// Opens the system's own dialog for files, beside a field in which a path is typed.
#[component]
pub(crate) fn ChooseFileButton(
    purpose: FileUse,
    /// What is typed in the field.
    #[prop(into)]
    path: Signal<String>,
    #[prop(into)] on_chosen: Callback<String>,
    #[prop(into)] on_failure: Callback<Failure>,
) -> impl IntoView {
    let busy = RwSignal::new(false);
    let choose = move |_| {
        busy.set(true);
        let path = path.get_untracked().trim().to_owned();
        spawn_local(async move {
            // The field may be gone by then.
            match ipc::call(ChooseFile { purpose, path }).await {
                Ok(Some(path)) => {
                    on_chosen.try_run(path);
                }
                Ok(None) => {}
                Err(failure) => {
                    on_failure.try_run(failure);
                }
            }
            busy.try_set(false);
        });
    };
    view! {
        <button
            type="button"
            class="btn icon-only"
            data-action="choose-file"
            title=text::CHOOSE_FILE
            aria-label=text::CHOOSE_FILE
            disabled=move || busy.get()
            on:click=choose
        >
            <Icon icon=LuFolderOpen />
        </button>
    }
}
