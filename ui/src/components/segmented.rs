use leptos::prelude::*;

/// A choice of one among few, all in view.
#[component]
pub(crate) fn Segmented<T: Copy + PartialEq + Send + Sync + 'static>(
    /// The name of the choice.
    label: &'static str,
    /// What sets it apart from other groups on the page.
    name: &'static str,
    options: &'static [(T, &'static str)],
    #[prop(into)] value: Signal<T>,
    #[prop(into)] on_choose: Callback<T>,
) -> impl IntoView {
    let buttons = options
        .iter()
        .map(|&(option, words)| {
            view! {
                <label class="segment">
                    <input
                        type="radio"
                        name=name
                        prop:checked=move || value.get() == option
                        on:change=move |_| on_choose.run(option)
                    />
                    <span>{words}</span>
                </label>
            }
        })
        .collect_view();
    view! { <div class="segmented" role="radiogroup" aria-label=label>{buttons}</div> }
}
