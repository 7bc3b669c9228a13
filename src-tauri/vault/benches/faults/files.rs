//! Every byte of every file of the vault, flipped and cut off, and how the vault as a whole takes it.

use std::fs;
use std::path::Path;
use std::time::Instant;

use holdfast_vault::{RootKind, Vault, VaultError};

use crate::dice::Dice;
use crate::tally::Tally;
use crate::world::{World, files_of, put_files};

const SLOTS: &str = "vault.slots";
const ANCHOR: &str = "vault.anchor";
/// At every such byte the way back is tried too.
const REPAIRS: usize = 8;

pub(crate) async fn run(mut dice: Dice) -> Tally {
    let mut tally = Tally::default();
    for (kind, root) in [(RootKind::Stronghold, "vault.hold"), (RootKind::SealedFile, "vault.root")] {
        let folder = tempfile::tempdir().unwrap();
        let world = World::new(folder.path().join("vault"), kind).await;
        world.open().unlock_with_keychain().await.unwrap();
        let run = Run { world: &world, whole: files_of(&world.dir) };
        for name in [SLOTS, root] {
            tally.add(&report(kind, name, run.file_that_counts(name, &mut dice)).await);
            let copy = format!("{name}.bak");
            tally.add(&report(kind, &copy, run.copy_beside(name, &copy, &mut dice)).await);
        }
        tally.add(&report(kind, ANCHOR, run.anchor(&mut dice)).await);
        let backup = folder.path().join("backup");
        world.open().backup_to(backup.clone()).await.unwrap();
        for name in [SLOTS, root, ANCHOR] {
            tally.add(&report(kind, &format!("backup/{name}"), run.backup(&backup, name, &mut dice)).await);
        }
    }
    tally
}

async fn report(kind: RootKind, name: &str, run: impl Future<Output = Tally>) -> Tally {
    let begun = Instant::now();
    let tally = run.await;
    let (faults, violations) = (tally.faults(), tally.violations());
    println!("files, {kind:?}, {name}: {faults} faults, {violations} violations, {:?}", begun.elapsed());
    tally
}

/// The file with one bit flipped, and cut off, at each of its bytes.
fn harms(whole: &[u8], dice: &mut Dice) -> Vec<(usize, &'static str, Vec<u8>)> {
    let mut harms = Vec::with_capacity(whole.len() * 2);
    for at in 0..whole.len() {
        let mut flipped = whole.to_vec();
        flipped[at] ^= dice.bit();
        harms.push((at, "flipped", flipped));
        harms.push((at, "cut off", whole[..at].to_vec()));
    }
    harms
}

struct Run<'a> {
    world: &'a World,
    whole: Vec<(String, Vec<u8>)>,
}

impl Run<'_> {
    fn whole(&self, name: &str) -> &[u8] {
        self.whole.iter().find(|(each, _)| each == name).map(|(_, bytes)| bytes.as_slice()).unwrap()
    }

    /// The vault as it was, but for this file.
    fn put(&self, name: &str, bytes: &[u8]) {
        put_files(&self.world.dir, &self.whole);
        fs::write(self.world.dir.join(name), bytes).unwrap();
    }

    /// The vault opens by the keychain, with all that is in it.
    async fn opens(&self, vault: &Vault) -> Result<(), String> {
        vault.unlock_with_keychain().await.map_err(|error| error.to_string())?;
        self.world.check(vault).await
    }

    /// The slots or the root file that count: refused, with the file as it is, and repaired by the copy.
    async fn file_that_counts(&self, name: &str, dice: &mut Dice) -> Tally {
        let mut tally = Tally::default();
        for (at, how, bytes) in harms(self.whole(name), dice) {
            self.put(name, &bytes);
            let vault = self.world.open();
            let outcome = match vault.unlock_with_keychain().await {
                Err(VaultError::Damaged { backup: true, .. }) => Ok(()),
                other => Err(format!("{other:?}")),
            };
            let kept = fs::read(self.world.dir.join(name)).unwrap() == bytes;
            let outcome = outcome.and(if kept { Ok(()) } else { Err("it was overwritten".to_owned()) });
            tally.count(|| format!("{name}, byte {at} {how}"), outcome);
            if at.is_multiple_of(REPAIRS) {
                let repaired = match vault.restore_backup().await {
                    Ok(()) => self.opens(&vault).await,
                    Err(error) => Err(error.to_string()),
                };
                tally.count(|| format!("{name}, byte {at} {how}, repaired"), repaired);
            }
        }
        tally
    }

    /// The copy beside it: nothing is lost while the other reads, and it is never taken for whole.
    async fn copy_beside(&self, name: &str, copy: &str, dice: &mut Dice) -> Tally {
        let mut tally = Tally::default();
        for (at, how, bytes) in harms(self.whole(copy), dice) {
            self.put(copy, &bytes);
            let vault = self.world.open();
            let outcome = self.opens(&vault).await;
            let mended = fs::read(self.world.dir.join(copy)).unwrap() == self.whole(copy);
            let outcome = outcome.and(if mended { Ok(()) } else { Err("it was not made anew".to_owned()) });
            tally.count(|| format!("{copy}, byte {at} {how}"), outcome);

            self.put(copy, &bytes);
            fs::remove_file(self.world.dir.join(name)).unwrap();
            let vault = self.world.open();
            let outcome = match (vault.restore_backup().await, vault.unlock_with_keychain().await) {
                (Err(VaultError::NoBackup { .. }), Err(VaultError::Damaged { .. })) => Ok(()),
                // Without a key it looked whole; the key shows that it is not.
                (Ok(()), Err(VaultError::Damaged { .. })) => Ok(()),
                other => Err(format!("{other:?}")),
            };
            tally.count(|| format!("{copy}, byte {at} {how}, and {name} is gone"), outcome);
        }
        tally
    }

    /// The end of the log that the vault notes: the vault opens, the note does not.
    async fn anchor(&self, dice: &mut Dice) -> Tally {
        let mut tally = Tally::default();
        for (at, how, bytes) in harms(self.whole(ANCHOR), dice) {
            self.put(ANCHOR, &bytes);
            let vault = self.world.open();
            let opens = self.opens(&vault).await;
            let outcome = match vault.anchor().await {
                Err(VaultError::Damaged { .. }) => opens,
                other => Err(format!("{other:?}")),
            };
            tally.count(|| format!("{ANCHOR}, byte {at} {how}"), outcome);
        }
        tally
    }

    /// A backup elsewhere: found by a check, and never restored to something else.
    async fn backup(&self, backup: &Path, name: &str, dice: &mut Dice) -> Tally {
        let mut tally = Tally::default();
        let whole = files_of(backup);
        let scratch = backup.with_file_name("restored");
        put_files(&self.world.dir, &self.whole);
        let open = self.world.open();
        open.unlock_with_keychain().await.unwrap();
        let bytes = whole.iter().find(|(each, _)| each == name).map(|(_, bytes)| bytes).unwrap();
        for (at, how, bytes) in harms(bytes, dice) {
            put_files(backup, &whole);
            fs::write(backup.join(name), &bytes).unwrap();
            // The anchor is no part of what opens a vault, and shows at its own reading.
            if name != ANCHOR {
                let outcome = match open.check_backup(backup.to_owned()).await {
                    Err(VaultError::BadBackup { .. }) => Ok(()),
                    other => Err(format!("{other:?}")),
                };
                tally.count(|| format!("backup, {name}, byte {at} {how}, checked"), outcome);
            }
            put_files(&scratch, &[]);
            let vault = self.world.open_at(&scratch);
            let outcome = match (vault.restore_from(backup.to_owned()).await, vault.unlock_with_keychain().await) {
                (Err(VaultError::BadBackup { .. }), Err(VaultError::Missing)) => Ok(()),
                (Ok(()), Err(VaultError::Damaged { .. })) => Ok(()),
                (Ok(()), Ok(())) if name == ANCHOR => match vault.anchor().await {
                    Err(VaultError::Damaged { .. }) => self.world.check(&vault).await,
                    other => Err(format!("{other:?}")),
                },
                other => Err(format!("{other:?}")),
            };
            tally.count(|| format!("backup, {name}, byte {at} {how}, restored"), outcome);
        }
        put_files(backup, &whole);
        tally
    }
}
