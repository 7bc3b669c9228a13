use holdfast_contract::{RecoveryState, VaultInfo};
use icondata_lu::{LuLifeBuoy, LuShieldCheck};
use leptos::prelude::*;

use crate::components::{Button, ButtonKind, Icon};
use crate::state::{Dialog, State, exact_now, on_the_wall};
use crate::text::{date, protection, security as words};

/// What opens the vault, and the recovery code.
#[component]
pub(super) fn ProtectionSection() -> impl IntoView {
    let State { vault, dialogs, .. } = State::get();
    let busy = Signal::derive(move || vault.task.with(Option::is_some));
    view! {
        <section class="setting" data-section="protection">
            <h2>{words::PROTECTION}</h2>
            {move || {
                vault
                    .info
                    .get()
                    .map(|info| {
                        let VaultInfo { protection: now, recovery, made_at, .. } = info;
                        let made = made_at.map(|time| {
                            words::made(&date::day(on_the_wall(time), on_the_wall(exact_now()).year))
                        });
                        let confirmed = recovery == RecoveryState::Confirmed;
                        view! {
                            <div class="setting-line">
                                <span class="line-icon"><Icon icon=LuShieldCheck /></span>
                                <div class="grow">
                                    <b>{protection::name(now)}</b>
                                    <p class="hint">{protection::resists(now)}{made.map(|made| format!(" {made}"))}</p>
                                </div>
                                <Button
                                    action="change-protection"
                                    disabled=busy
                                    on_press=move |()| dialogs.show(Dialog::ChangeProtection(now))
                                >
                                    {words::CHANGE_DOTS}
                                </Button>
                            </div>
                            <div class="setting-line">
                                <span class="line-icon" class:warn=!confirmed><Icon icon=LuLifeBuoy /></span>
                                <div class="grow">
                                    <b>{words::RECOVERY_CODE}</b>
                                    <p class="hint" class:caution=!confirmed data-recovery=words::recovery_tag(recovery)>
                                        {words::recovery(recovery)}
                                    </p>
                                </div>
                                <Button
                                    kind=if confirmed { ButtonKind::Plain } else { ButtonKind::Primary }
                                    action="make-recovery-code"
                                    disabled=busy
                                    on_press=move |()| {
                                        if recovery == RecoveryState::Absent {
                                            vault.make_recovery_code();
                                        } else {
                                            dialogs.show(Dialog::NewRecoveryCode);
                                        }
                                    }
                                >
                                    {if recovery == RecoveryState::Absent { words::MAKE_CODE } else { words::NEW_CODE_DOTS }}
                                </Button>
                            </div>
                        }
                    })
            }}
        </section>
    }
}
