use holdfast_contract::{KeyId, KeyRevisionInfo, KeyTest};
use icondata_lu::LuCornerDownRight;
use leptos::prelude::*;

use super::row::TestState;
use crate::components::{Button, ButtonKind, Icon};
use crate::state::State;
use crate::text::keys as words;

/// A new secret of a key, until it takes the place of the present one or is thrown away.
#[component]
pub(super) fn Pending(
    id: KeyId,
    pending: KeyRevisionInfo,
    test: Option<KeyTest>,
    testing: Memo<bool>,
) -> impl IntoView {
    let State { keys, .. } = State::get();
    let host = pending.origin.split_once("://").map_or(pending.origin.clone(), |(_, host)| host.to_owned());
    view! {
        <tr class="pending" data-pending=id.to_string()>
            <td class="name"><Icon icon=LuCornerDownRight /><span>{words::NEW_KEY}</span></td>
            <td class="m">{pending.masked}<small class="host">{host.clone()}</small></td>
            <td class="m goes-to" title=pending.origin>{host}</td>
            <td class="tested">
                {match test {
                    Some(test) => view! { <TestState test busy=testing /> }.into_any(),
                    None => view! { <TestState busy=testing /> }.into_any(),
                }}
            </td>
            <td class="row-end" colspan="3">
                <Button
                    kind=ButtonKind::Quiet
                    action="test-key"
                    disabled=Signal::derive(move || testing.get())
                    on_press=move |()| keys.test(id)
                >
                    {words::TEST}
                </Button>
                <Button action="use-pending" on_press=move |()| keys.settle(id, true)>{words::USE_IT}</Button>
                <Button kind=ButtonKind::Quiet action="drop-pending" on_press=move |()| keys.settle(id, false)>
                    {words::THROW_AWAY}
                </Button>
            </td>
        </tr>
    }
}
