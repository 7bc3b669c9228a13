use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use holdfast_core::Secret;
use keyring::Error;
use keyring_core::Entry;
use keyring_core::api::CredentialStoreApi;

use super::patient::Patient;
use crate::{Keychain, KeychainError};

#[cfg(target_os = "macos")]
use apple_native_keyring_store::keychain::Store;
#[cfg(windows)]
use windows_native_keyring_store::Store;
#[cfg(all(unix, not(target_os = "macos")))]
use zbus_secret_service_keyring_store::Store;

/// What entries are filed under.
const SERVICE: &str = "Holdfast";
/// Long enough to answer a question for the login password.
const PATIENCE: Duration = Duration::from_secs(10);

/// The keychain of the system: Secret Service, macOS Keychain or Windows Credential Manager. Each
/// call answers within ten seconds. The keychain is not touched before the first call.
pub struct SystemKeychain;

static SYSTEM: LazyLock<Patient<Platform>> = LazyLock::new(|| Patient::new(Platform::default(), PATIENCE));

impl Keychain for SystemKeychain {
    fn get(&self, account: &str) -> Result<Option<Secret>, KeychainError> {
        SYSTEM.get(account)
    }

    fn set(&self, account: &str, secret: &Secret) -> Result<(), KeychainError> {
        SYSTEM.set(account, secret)
    }

    fn delete(&self, account: &str) -> Result<(), KeychainError> {
        SYSTEM.delete(account)
    }
}

/// The connection to the keychain, made when first needed and made anew after it broke: a keychain
/// that starts after this program must be found.
#[derive(Default)]
struct Platform {
    store: Mutex<Option<Arc<Store>>>,
}

impl Platform {
    fn with<T>(
        &self,
        account: &str,
        work: impl FnOnce(&Entry) -> Result<T, Error>,
    ) -> Result<Option<T>, KeychainError> {
        let mut connected = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        // Taken out for the call: after an error or a panic the next one connects anew.
        let store = match connected.take() {
            Some(store) => store,
            None => Store::new().map_err(|error| unavailable(&error))?,
        };
        let done = entry(&store, account).and_then(|entry| work(&entry));
        let result = match done {
            Ok(value) => Ok(Some(value)),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(translate(&error)),
        };
        if !matches!(result, Err(KeychainError::Unavailable { .. } | KeychainError::Failed { .. })) {
            *connected = Some(store);
        }
        result
    }
}

impl Keychain for Platform {
    fn get(&self, account: &str) -> Result<Option<Secret>, KeychainError> {
        self.with(account, |entry| entry.get_password().map(Secret::new))
    }

    fn set(&self, account: &str, secret: &Secret) -> Result<(), KeychainError> {
        self.with(account, |entry| entry.set_password(secret.expose())).map(drop)
    }

    fn delete(&self, account: &str) -> Result<(), KeychainError> {
        self.with(account, Entry::delete_credential).map(drop)
    }
}

fn entry(store: &Store, account: &str) -> Result<Entry, Error> {
    // What a person sees in the keychain's own window.
    #[cfg(all(unix, not(target_os = "macos")))]
    let label = format!("{SERVICE} {account}");
    let modifiers: HashMap<&str, &str> = HashMap::from([
        #[cfg(all(unix, not(target_os = "macos")))]
        ("label", label.as_str()),
        // The usual is Enterprise, which copies the entry to other computers of a domain.
        #[cfg(windows)]
        ("persistence", "local"),
    ]);
    store.build(SERVICE, account, Some(&modifiers))
}

fn unavailable(error: &Error) -> KeychainError {
    KeychainError::Unavailable { detail: error.to_string() }
}

fn translate(error: &Error) -> KeychainError {
    match error {
        #[cfg(all(unix, not(target_os = "macos")))]
        Error::NoStorageAccess(source) | Error::PlatformFailure(source) => {
            use secret_service::Error as Service;
            match source.downcast_ref::<Service>() {
                Some(Service::Locked) => KeychainError::Locked,
                Some(Service::Prompt | Service::PromptDisconnected) => KeychainError::Dismissed,
                Some(Service::Unavailable | Service::Zbus(_) | Service::ZbusFdo(_)) => unavailable(error),
                _ => KeychainError::Failed { detail: error.to_string() },
            }
        }
        #[cfg(not(all(unix, not(target_os = "macos"))))]
        Error::NoStorageAccess(_) => KeychainError::Locked,
        Error::NoDefaultStore => unavailable(error),
        _ => KeychainError::Failed { detail: error.to_string() },
    }
}
