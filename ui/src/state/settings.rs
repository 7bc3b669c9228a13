use holdfast_contract::{GetSettings, ModelRef, SaveSettings, Settings, Theme};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{Notices, run};
use crate::ipc;

/// What the user set.
#[derive(Clone, Copy)]
pub(crate) struct SettingsState {
    pub settings: RwSignal<Settings>,
    notices: Notices,
}

impl SettingsState {
    pub(crate) fn new(notices: Notices) -> Self {
        Self { settings: RwSignal::new(Settings::default()), notices }
    }

    /// Only for an open vault: a closed one gives what everybody begins with.
    pub(crate) fn load(self) {
        spawn_local(async move {
            match ipc::call(GetSettings {}).await {
                Ok(settings) => self.adopt(settings),
                Err(failure) => self.notices.fail(failure),
            }
        });
    }

    pub(crate) fn adopt(self, settings: Settings) {
        show_theme(settings.theme);
        if self.settings.with_untracked(|before| *before != settings) {
            self.settings.set(settings);
        }
    }

    pub(crate) fn set_theme(self, theme: Theme) {
        self.save(Settings { theme, ..self.settings.get_untracked() });
    }

    pub(crate) fn set_model(self, model: ModelRef) {
        self.save(Settings { model: Some(model), ..self.settings.get_untracked() });
    }

    pub(crate) fn set_lock_after(self, lock_after_minutes: u32) {
        self.save(Settings { lock_after_minutes, ..self.settings.get_untracked() });
    }

    pub(crate) fn set_lock_with_system(self, lock_with_system: bool) {
        self.save(Settings { lock_with_system, ..self.settings.get_untracked() });
    }

    pub(crate) fn set_environment_keys(self, environment_keys: bool) {
        self.save(Settings { environment_keys, ..self.settings.get_untracked() });
    }

    fn save(self, settings: Settings) {
        self.adopt(settings.clone());
        run(self.notices, ipc::call(SaveSettings { settings }));
    }
}

/// Puts a theme on the page, and where the next start, the lock screen and the entry window find it:
/// what the user set is sealed with the rest.
fn show_theme(theme: Theme) {
    let name = match theme {
        Theme::System => None,
        Theme::Light => Some("light"),
        Theme::Dark => Some("dark"),
    };
    let storage = window().local_storage().ok().flatten();
    if let Some(page) = document().document_element() {
        // Neither call can fail for these names; a page without storage only flashes at its start.
        let _done = match name {
            Some(name) => page.set_attribute("data-theme", name).and_then(|()| match storage {
                Some(storage) => storage.set_item("theme", name),
                None => Ok(()),
            }),
            None => page.remove_attribute("data-theme").and_then(|()| match storage {
                Some(storage) => storage.remove_item("theme"),
                None => Ok(()),
            }),
        };
    }
}
