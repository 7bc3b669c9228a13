use holdfast_contract::{Protection, RootKind, Rotation, Timestamp, VaultInfo, Work};
use icondata_lu::LuTriangleAlert;
use leptos::prelude::*;

use crate::components::{Button, ButtonKind, Icon, ProgressLine};
use crate::state::{State, Task, exact_now, on_the_wall};
use crate::text::{date, rotation as words};

/// The keys the vault itself is made of: what each is for, when it was last changed, and a button.
#[component]
pub(super) fn RotationSection() -> impl IntoView {
    let State { vault, .. } = State::get();
    view! {
        <section class="setting" data-section="rotation">
            <h2>{words::TITLE}</h2>
            <p class="hint">{words::HINT}</p>
            <div class="table-frame">
                <table class="plain-table">
                    <thead>
                        <tr>
                            <th>{words::WHAT}</th>
                            <th>{words::CHANGED}</th>
                            <th><span class="unseen">{words::ACTIONS}</span></th>
                        </tr>
                    </thead>
                    <tbody>{move || vault.info.get().map(|info| view! { <Lines info /> })}</tbody>
                </table>
            </div>
            <ProgressLine kinds=&[Work::Rotate] />
            <OldWays />
        </section>
    }
}

/// What the replacement of the vault key left as it was, and one button that ends it.
#[component]
fn OldWays() -> impl IntoView {
    let State { vault, .. } = State::get();
    let busy = Signal::derive(move || vault.task.with(Option::is_some));
    move || {
        vault.info.with(|info| info.as_ref().and_then(|info| info.old_slots)).map(|old| {
            view! {
                <div class="banner warn" role="status" data-testid="old-slots">
                    <Icon icon=LuTriangleAlert />
                    <div class="grow">
                        <p>{words::old_ways(old)}</p>
                        <p class="hint">{words::OLD_WAYS_HINT}</p>
                    </div>
                    <Button
                        kind=ButtonKind::Primary
                        action="renew-protection"
                        disabled=busy
                        on_press=move |()| vault.renew()
                    >
                        {words::RENEW}
                    </Button>
                </div>
            }
        })
    }
}

#[component]
fn Lines(info: VaultInfo) -> impl IntoView {
    let State { vault, .. } = State::get();
    let (passphrase, root) = (info.protection.filter(|with| with.needs_passphrase()), info.root);
    let (from, to) = match root {
        RootKind::Stronghold => (words::STRONGHOLD, RootKind::SealedFile),
        RootKind::SealedFile => (words::SEALED_FILE, RootKind::Stronghold),
    };
    view! {
        {passphrase.map(|with: Protection| view! {
            <Line
                tag="passphrase"
                name=words::PASSPHRASE
                purpose=words::PASSPHRASE_PURPOSE
                changed=info.passphrase_changed_at
                task=Task::Protect
                label=words::CHANGE
                on_press=move |()| vault.protect(with)
            />
        })}
        <Line
            tag="vault-key"
            name=words::VAULT_KEY
            purpose=words::VAULT_KEY_PURPOSE
            changed=info.vault_key_changed_at
            task=Task::Rotate(Rotation::VaultKey)
            label=words::REPLACE
            on_press=move |()| vault.rotate(Rotation::VaultKey)
        />
        <Line
            tag="record-key"
            name=words::RECORD_KEY
            purpose=words::RECORD_KEY_PURPOSE
            changed=info.record_key_changed_at
            task=Task::Rotate(Rotation::RecordKey)
            label=words::REPLACE
            on_press=move |()| vault.rotate(Rotation::RecordKey)
        />
        <tr data-rotation="root">
            <td><b>{words::ROOT}</b><small>{words::ROOT_PURPOSE}</small></td>
            <td class="when">{from}</td>
            <td class="row-end">
                <Button
                    action="move-root"
                    disabled=Signal::derive(move || vault.task.with(Option::is_some))
                    on_press=move |()| vault.move_root(to)
                >
                    {move || if vault.task.with(|task| *task == Some(Task::MoveRoot)) { words::WORKING } else { words::move_to(to) }}
                </Button>
            </td>
        </tr>
    }
}

#[component]
fn Line(
    tag: &'static str,
    name: &'static str,
    purpose: &'static str,
    changed: Option<Timestamp>,
    /// What the button begins.
    task: Task,
    label: &'static str,
    #[prop(into)] on_press: Callback<()>,
) -> impl IntoView {
    let State { vault, .. } = State::get();
    let changed =
        changed.map_or(words::UNKNOWN.to_owned(), |time| date::day(on_the_wall(time), on_the_wall(exact_now()).year));
    let busy = move || vault.task.with(|now| now.as_ref() == Some(&task));
    view! {
        <tr data-rotation=tag>
            <td><b>{name}</b><small>{purpose}</small></td>
            <td class="when">{changed}</td>
            <td class="row-end">
                <Button
                    action="rotate"
                    disabled=Signal::derive(move || vault.task.with(Option::is_some))
                    on_press=on_press
                >
                    {move || if busy() { words::WORKING } else { label }}
                </Button>
            </td>
        </tr>
    }
}
