//! What opens the program, what closes it, and what its own keys go through.

use holdfast_contract::{
    Action, AnswerState, Code, ConfirmRecoveryCode, EntryPurpose, Event, Failure, GetRecoveryCode, GetStatus, GetVault,
    ListConversations, ListKeys, LockVault, MakeRecoveryCode, OpenEntry, PasteKey, Protect, Protection, RecoveryState,
    RetryAnswer, RootKind, Rotate, Rotation, StopReason, StoreState, SubmitEntry, UnlockWay, UnlockWithKeychain,
    VaultInfo, VaultState,
};
use holdfast_testkit::{FakeServer, Reply};

use crate::world::{Mood, World, cloud, models, state_of, studio, text_of};

mod backups;
mod earlier;
mod entry;
mod locking;
mod log;
mod memory;
mod rotation;
mod setup;

const PASSPHRASE: &str = "correct horse battery staple";
const SECRET: &str = "sk-test-0123456789abcdefghijklmnopqrstuvwxyz";

async fn state(world: &World) -> VaultState {
    world.send(GetStatus {}).await.unwrap().vault
}

async fn about(world: &World) -> VaultInfo {
    world.send(GetVault {}).await.unwrap()
}

/// Types in the entry window, which the page opened for this.
async fn type_in(world: &World, purpose: EntryPurpose, secret: &str) -> Result<(), Failure> {
    world.send(OpenEntry { purpose }).await.unwrap();
    world.send(SubmitEntry { secret: secret.to_owned() }).await
}

/// Reads the recovery code from the entry window and types what is asked for.
async fn write_down(world: &World) -> String {
    let shown = world.send(GetRecoveryCode {}).await.unwrap();
    let asked = shown.asked.iter().map(|&at| shown.groups[at as usize].to_lowercase()).collect();
    assert!(world.send(ConfirmRecoveryCode { groups: asked }).await.unwrap(), "typed in small letters it is the same");
    shown.groups.join("-")
}

/// A program that a passphrase opens.
async fn with_passphrase(models: &str, with: Protection) -> (World, String) {
    let world = World::newcomer().await;
    if !models.is_empty() {
        world.quit().await;
        world.write_models(models);
        world.start().await;
    }
    world.send(Protect { with }).await.unwrap();
    world.send(SubmitEntry { secret: PASSPHRASE.to_owned() }).await.unwrap();
    let code = write_down(&world).await;
    (world, code)
}

async fn add_key(world: &World) {
    world.desktop.copy(SECRET);
    let paste = PasteKey { provider: "cloud".into(), name: "Work".to_owned(), replace: None };
    world.send(paste).await.unwrap();
}

fn unlocked(by: UnlockWay) -> VaultState {
    VaultState::Unlocked { by }
}

fn complete() -> AnswerState {
    AnswerState::Complete { reason: StopReason::End }
}
