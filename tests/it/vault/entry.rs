//! The window for secrets: whose end is told, what a lock does to it, and files that are chosen.

use holdfast_app::entry::entry_closed;
use holdfast_contract::{CancelEntry, ChooseFile, FileUse, GetEntry};

use super::*;

/// Whether each window for secrets ended with what it was opened for done.
fn ends(events: &[Event]) -> Vec<bool> {
    let done = |event: &Event| match event {
        Event::EntryClosed { done } => Some(*done),
        _ => None,
    };
    events.iter().filter_map(done).collect()
}

/// A program that was set up, whose first window for secrets has ended.
async fn set_up() -> World {
    let world = World::newcomer().await;
    world.send(Protect { with: Protection::Keychain }).await.unwrap();
    world.send(CancelEntry {}).await.unwrap();
    world.hears("its end", |events| ends(events) == [false]).await;
    world
}

#[tokio::test]
async fn the_late_end_of_a_window_is_not_taken_for_that_of_the_next() {
    let world = set_up().await;
    let first = EntryPurpose::SetPassphrase { with: Protection::Passphrase };
    world.send(OpenEntry { purpose: first }).await.unwrap();
    world.send(CancelEntry {}).await.unwrap();
    let second = EntryPurpose::SetPassphrase { with: Protection::Both };
    world.send(OpenEntry { purpose: second.clone() }).await.unwrap();
    let openings = world.desktop.openings();
    let [.., gone, there] = openings.as_slice() else { panic!("each opening is known by a number: {openings:?}") };
    let (app, gone, there) = (world.app(), *gone, *there);
    world.inside(async move { entry_closed(&app, gone) }).await;
    let context = world.send(GetEntry {}).await.unwrap();
    assert_eq!(context.purpose, second, "the second window still asks for what it was opened for");
    let app = world.app();
    world.inside(async move { entry_closed(&app, there) }).await;
    world.hears("both ends", |events| ends(events) == [false; 3]).await;
    assert_eq!(world.refused(GetEntry {}).await.code, Code::BadRequest, "its own end ends it");
}

#[tokio::test]
async fn a_code_that_is_shown_gives_way_to_nothing_but_a_lock() {
    let world = set_up().await;
    world.send(MakeRecoveryCode {}).await.unwrap();
    world.send(OpenEntry { purpose: EntryPurpose::SetPassphrase { with: Protection::Both } }).await.unwrap();
    let shown = world.send(GetEntry {}).await.unwrap();
    assert_eq!(shown.purpose, EntryPurpose::RecoveryCode, "it must be written down first");
    let app = world.app();
    world.inside(async move { app.system_locks().await }).await;
    assert!(!world.desktop.entry_is_open(), "a locked screen shows no code");
    assert_eq!(world.refused(GetRecoveryCode {}).await.code, Code::NotFound, "and the program has none any more");
    world.hears("the end", |events| ends(events) == [false; 2]).await;
}

#[tokio::test]
async fn a_file_is_chosen_in_the_dialog_of_the_system() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let (typed, chosen) = (folder.path().join("typed.age"), folder.path().join("chosen.age"));
    let ask = |purpose, path: &str| ChooseFile { purpose, path: path.to_owned() };
    let nothing = world.send(ask(FileUse::New, &typed.display().to_string())).await.unwrap();
    assert_eq!(nothing, None, "a dialog that is closed chooses nothing");
    world.desktop.will_choose(&chosen);
    let path = world.send(ask(FileUse::Export, "half a")).await.unwrap();
    assert_eq!(path, Some(chosen.display().to_string()));
    let asked = world.desktop.asked_for_files();
    assert_eq!(asked[0], (FileUse::New, typed), "it begins where the typed path leads");
    assert!(asked[1].0 == FileUse::Export && asked[1].1.is_dir(), "or where files are kept: {asked:?}");
    assert!(!chosen.exists(), "to choose a file does nothing to it");
}
