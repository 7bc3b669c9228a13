use holdfast_contract::{
    Catalogue, DeleteProvider, GetCatalogue, KeyNeed, ModelInfo, ModelRef, Place, ProviderId, ProviderInfo, Reach,
    SaveProvider,
};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{Notices, run};
use crate::ipc;

/// Providers and their models.
#[derive(Clone, Copy)]
pub(crate) struct CatalogueState {
    pub catalogue: RwSignal<Option<Catalogue>>,
    /// The providers are being asked.
    pub refreshing: RwSignal<bool>,
    notices: Notices,
}

impl CatalogueState {
    pub(crate) fn new(notices: Notices) -> Self {
        Self { catalogue: RwSignal::new(None), refreshing: RwSignal::new(false), notices }
    }

    /// Forgets all of it; it names keys.
    pub(crate) fn purge(self) {
        self.catalogue.set(None);
    }

    pub(crate) async fn load(self, refresh: bool) {
        if refresh {
            self.refreshing.set(true);
        }
        match ipc::call(GetCatalogue { refresh }).await {
            Ok(catalogue) => {
                if self.catalogue.with_untracked(|before| before.as_ref() != Some(&catalogue)) {
                    self.catalogue.set(Some(catalogue));
                }
            }
            Err(failure) => self.notices.fail(failure),
        }
        if refresh {
            self.refreshing.set(false);
        }
    }

    pub(crate) fn refresh(self) {
        if !self.refreshing.get_untracked() {
            spawn_local(self.load(true));
        }
    }

    pub(crate) fn find(self, model: &ModelRef) -> Option<ModelInfo> {
        self.catalogue.with(|catalogue| {
            catalogue.as_ref().and_then(|catalogue| catalogue.models.iter().find(|info| info.model == *model).cloned())
        })
    }

    pub(crate) fn provider(self, id: &ProviderId) -> Option<ProviderInfo> {
        self.catalogue.with(|catalogue| {
            catalogue.as_ref().and_then(|catalogue| catalogue.providers.iter().find(|info| info.id == *id).cloned())
        })
    }

    pub(crate) fn providers(self) -> Vec<ProviderInfo> {
        self.catalogue
            .with(|catalogue| catalogue.as_ref().map(|catalogue| catalogue.providers.clone()).unwrap_or_default())
    }

    /// Providers that a key can be added for.
    pub(crate) fn with_keys(self) -> Vec<ProviderInfo> {
        self.providers().into_iter().filter(|provider| provider.key != KeyNeed::None).collect()
    }

    /// A provider of this computer that answers and has models.
    pub(crate) fn ready_here(self) -> Option<(ProviderInfo, u32)> {
        self.providers().into_iter().filter(|provider| provider.place == Place::Local).find_map(|provider| {
            match provider.reach {
                Reach::Ready { models } if models > 0 => Some((provider, models)),
                _ => None,
            }
        })
    }

    /// The model that is in the program itself.
    pub(crate) fn built_in(self) -> Option<ModelInfo> {
        self.catalogue.with(|catalogue| {
            catalogue
                .as_ref()
                .and_then(|catalogue| catalogue.models.iter().find(|info| info.place == Place::BuiltIn).cloned())
        })
    }

    /// Adds a provider of the user's own; `then` runs when it is there.
    pub(crate) fn add_provider(self, request: SaveProvider, then: impl FnOnce(ProviderInfo) + 'static) {
        spawn_local(async move {
            match ipc::call(request).await {
                Ok(provider) => {
                    self.load(false).await;
                    then(provider);
                    self.refresh();
                }
                Err(failure) => self.notices.fail(failure),
            }
        });
    }

    pub(crate) fn delete_provider(self, id: ProviderId) {
        run(self.notices, async move {
            ipc::call(DeleteProvider { id }).await?;
            self.load(false).await;
            Ok(())
        });
    }
}
