use icondata_lu::LuTriangleAlert;
use leptos::prelude::*;

use crate::components::{Icon, VaultGapNotice, WaitingForEntry};
use crate::state::State;
use crate::text::security as words;

mod backups;
mod locking;
mod log;
mod protection;
mod rotation;

use backups::Backups;
use locking::Locking;
use log::Log;
use protection::ProtectionSection;
use rotation::RotationSection;

/// What protects the vault, when it closes, which keys it is made of, its backups and its log.
#[component]
pub(crate) fn SecurityPage() -> impl IntoView {
    let State { vault, .. } = State::get();
    vault.load();
    vault.load_backups();
    view! {
        <main class="page">
            <div class="page-body narrow">
                <header>
                    <div class="grow">
                        <h1>{words::TITLE}</h1>
                        <p class="lead">{words::LEAD}</p>
                    </div>
                </header>
                <WaitingForEntry />
                <VaultGapNotice />
                <Notice />
                <ProtectionSection />
                <Locking />
                <RotationSection />
                <Backups />
                <Log />
                <section class="setting" data-section="limits">
                    <h2>{words::LIMITS}</h2>
                    <p class="prose-line">{words::LIMITS_TEXT}</p>
                </section>
            </div>
        </main>
    }
}

/// What the system does not do for the keys in memory.
#[component]
fn Notice() -> impl IntoView {
    let State { vault, .. } = State::get();
    move || {
        let locked = vault.info.with(|info| info.as_ref().map(|info| info.memory_locked))?;
        (!locked).then(|| {
            view! {
                <p class="banner warn" data-testid="memory-notice">
                    <Icon icon=LuTriangleAlert />
                    <span class="grow">{words::MEMORY}</span>
                </p>
            }
        })
    }
}
