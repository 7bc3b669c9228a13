use holdfast_contract::{ConfirmRecoveryCode, Failure, FileUse, GetRecoveryCode, RecoveryCodeView, SaveRecoveryCode};
use icondata_lu::{LuDownload, LuPrinter};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::Refusal;
use crate::components::{Button, ButtonKind, ChooseFileButton, Icon};
use crate::text::recovery as words;
use crate::{dom, ipc};

/// Shows the recovery code, then hides it and asks for a part of it, to see that it was written down.
#[component]
pub(super) fn RecoveryCode(failure: RwSignal<Option<Failure>>, on_cancel: Callback<()>) -> impl IntoView {
    let code = RwSignal::new(None::<RecoveryCodeView>);
    let asking = RwSignal::new(false);
    spawn_local(async move {
        match ipc::call(GetRecoveryCode {}).await {
            Ok(view) => code.set(Some(view)),
            Err(error) => failure.set(Some(error)),
        }
    });
    let look_again = Callback::new(move |()| {
        failure.set(None);
        asking.set(false);
    });
    move || match code.get() {
        None => view! { <div class="form"><Refusal failure /></div> }.into_any(),
        Some(view) if asking.get() => view! { <Check asked=view.asked failure look_again on_cancel /> }.into_any(),
        Some(view) => {
            let written = Callback::new(move |()| {
                failure.set(None);
                asking.set(true);
            });
            view! { <Show code=view failure written on_cancel /> }.into_any()
        }
    }
}

#[component]
fn Show(
    code: RecoveryCodeView,
    failure: RwSignal<Option<Failure>>,
    written: Callback<()>,
    on_cancel: Callback<()>,
) -> impl IntoView {
    let groups = code
        .groups
        .into_iter()
        .enumerate()
        .map(|(index, group)| view! { <li><small>{index + 1}</small>{group}</li> })
        .collect_view();
    let print = move |()| {
        if let Err(error) = window().print() {
            dom::note(Err::<(), _>(error));
        }
    };
    view! {
        <div class="form recovery">
            <h1>{words::TITLE}</h1>
            <p class="hint">{words::LEAD}</p>
            <ol class="code-groups" aria-label=words::LABEL data-testid="recovery-code">{groups}</ol>
            <p class="print-only">{words::ON_PAPER}</p>
            <SaveTo suggested=code.suggested_path failure print=Callback::new(print) />
            <Refusal failure />
            <div class="dialog-end">
                <Button kind=ButtonKind::Quiet action="recovery-later" on_press=on_cancel>{words::LATER}</Button>
                <span class="grow"></span>
                <Button kind=ButtonKind::Primary action="recovery-written" on_press=written>{words::WRITTEN}</Button>
            </div>
        </div>
    }
}

/// Paper, or a file.
#[component]
fn SaveTo(suggested: String, failure: RwSignal<Option<Failure>>, print: Callback<()>) -> impl IntoView {
    let path = RwSignal::new(suggested);
    let naming = RwSignal::new(false);
    let saved = RwSignal::new(None::<String>);
    let save = move || {
        let file = path.get_untracked().trim().to_owned();
        if file.is_empty() {
            return;
        }
        failure.set(None);
        spawn_local(async move {
            match ipc::call(SaveRecoveryCode { path: file.clone() }).await {
                Ok(()) => {
                    saved.set(Some(words::saved(&file)));
                    naming.set(false);
                }
                Err(error) => failure.set(Some(error)),
            }
        });
    };
    view! {
        <div class="save-line">
            {move || {
                if naming.get() {
                    view! {
                        <form
                            class="path-line grow"
                            on:submit=move |event| {
                                event.prevent_default();
                                save();
                            }
                        >
                            <input
                                id="recovery-path"
                                class="mono grow"
                                type="text"
                                autocomplete="off"
                                spellcheck="false"
                                aria-label=words::PATH
                                prop:value=move || path.get()
                                on:input=move |event| path.set(event_target_value(&event))
                            />
                            <ChooseFileButton
                                purpose=FileUse::New
                                path
                                on_chosen=move |chosen| path.set(chosen)
                                on_failure=move |error| failure.set(Some(error))
                            />
                            <button type="submit" class="btn" data-action="recovery-save-file">{words::SAVE}</button>
                        </form>
                    }
                        .into_any()
                } else {
                    view! {
                        <Button action="recovery-print" on_press=print>
                            <Icon icon=LuPrinter />
                            {words::PRINT}
                        </Button>
                        <Button action="recovery-save" on_press=move |()| naming.set(true)>
                            <Icon icon=LuDownload />
                            {words::SAVE_TO_FILE}
                        </Button>
                    }
                        .into_any()
                }
            }}
        </div>
        <p class="hint" role="status">{move || saved.get()}</p>
    }
}

/// Fields for the groups that are asked for, with the code out of sight.
#[component]
fn Check(
    asked: Vec<u32>,
    failure: RwSignal<Option<Failure>>,
    look_again: Callback<()>,
    on_cancel: Callback<()>,
) -> impl IntoView {
    let typed = RwSignal::new(vec![String::new(); asked.len()]);
    let wrong = RwSignal::new(false);
    let busy = RwSignal::new(false);
    let first = NodeRef::<html::Div>::new();
    Effect::new(move |_| {
        if first.get().is_some() {
            dom::focus(".asked input");
        }
    });
    let blocked = move || busy.get() || typed.with(|typed| typed.iter().any(|group| group.trim().is_empty()));
    let confirm = move || {
        if untrack(blocked) {
            return;
        }
        busy.set(true);
        failure.set(None);
        spawn_local(async move {
            match ipc::call(ConfirmRecoveryCode { groups: typed.get_untracked() }).await {
                // The program closes the window when they are right.
                Ok(right) => wrong.set(!right),
                Err(error) => failure.set(Some(error)),
            }
            busy.set(false);
        });
    };
    let fields = asked
        .into_iter()
        .enumerate()
        .map(|(index, group)| {
            view! {
                <label class="field">
                    <span>{words::group(group + 1)}</span>
                    <input
                        type="text"
                        class="code"
                        data-group=group.to_string()
                        maxlength="12"
                        autocomplete="off"
                        autocapitalize="characters"
                        spellcheck="false"
                        on:input=move |event| {
                            wrong.set(false);
                            typed.update(|typed| typed[index] = event_target_value(&event));
                        }
                    />
                </label>
            }
        })
        .collect_view();
    view! {
        <form
            class="form"
            on:submit=move |event| {
                event.prevent_default();
                confirm();
            }
        >
            <h1>{words::CHECK_TITLE}</h1>
            <p class="hint">{words::CHECK_LEAD}</p>
            <div class="asked" node_ref=first>{fields}</div>
            <p class="refusal" role="alert">{move || wrong.get().then_some(words::WRONG)}</p>
            <Refusal failure />
            <div class="dialog-end">
                <Button kind=ButtonKind::Quiet action="recovery-later" on_press=on_cancel>{words::LATER}</Button>
                <span class="grow"></span>
                <Button action="recovery-show" on_press=look_again>{words::LOOK_AGAIN}</Button>
                <button id="submit" type="submit" class="btn primary" disabled=blocked>{words::CONFIRM}</button>
            </div>
        </form>
    }
}
