use holdfast_contract::{AuditReport, Failure};
use icondata_lu::{LuShieldAlert, LuShieldCheck};
use leptos::prelude::*;

use crate::components::{FailureBox, Icon};
use crate::text::audit as words;

/// What a verification found, each fault with the entry it concerns.
#[component]
pub(super) fn Report(report: Result<AuditReport, Failure>) -> impl IntoView {
    let report = match report {
        Ok(report) => report,
        Err(failure) => return view! { <FailureBox failure answer=None /> }.into_any(),
    };
    let whole = report.faults.is_empty();
    let faults = report
        .faults
        .iter()
        .map(|fault| view! { <li data-fault=fault.at_seq.to_string()>{words::fault(fault)}</li> })
        .collect_view();
    view! {
        <div
            class=if whole { "banner good" } else { "banner bad" }
            role=if whole { "status" } else { "alert" }
            data-testid="log-report"
            data-whole=whole.to_string()
        >
            <Icon icon=if whole { LuShieldCheck } else { LuShieldAlert } />
            <div class="grow">
                <p>{words::verdict(&report)}</p>
                {(!whole).then(|| view! { <ul class="plain">{faults}</ul> })}
                {(!whole).then(|| view! { <p class="hint">{words::WHAT_NOW}</p> })}
            </div>
        </div>
    }
    .into_any()
}
