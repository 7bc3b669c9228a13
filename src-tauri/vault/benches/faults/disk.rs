//! A disk that is really full: a small file system of its own, which only this program sees.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use fs4::FileExt;
use holdfast_core::Secret;
use holdfast_vault::{Anchor, Protection, RecordHeader, RootKind, Vault, VaultError};

use crate::dice::Dice;
use crate::tally::Tally;
use crate::world::{World, another, credential_of, header};

const POINTS: usize = 200;
/// Says to the program that it runs inside, and where the file system shall be.
const MOUNT: &str = "HOLDFAST_FAULTS_MOUNT";
const SEED: &str = "HOLDFAST_FAULTS_SEED";
const SIZE: &str = "size=40m,nr_inodes=200,mode=0700";
const MIB: usize = 1024 * 1024;
/// What the vault leaves free for others, and a little more.
const ENOUGH: usize = 17 * MIB;
const SHOWS_WITHIN: Duration = Duration::from_secs(1);
const PASSPHRASE: &str = "correct horse battery staple";

/// Where the file system shall be, and the seed, if this program was started to run inside.
pub(crate) fn inside() -> Option<(PathBuf, u64)> {
    let seed = std::env::var(SEED).ok()?.parse().ok()?;
    Some((std::env::var_os(MOUNT)?.into(), seed))
}

/// Runs it in a program that may mount a file system and whose mounts nobody else sees.
pub(crate) fn run_apart(seed: u64) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let apart = |rights: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(rights);
        command
    };
    // The second way is for who is not the administrator.
    let ways: [&[&str]; 2] = [&["--mount"], &["--map-root-user", "--mount"]];
    let may_mount = |rights: &&[&str]| {
        let mut tried = apart(rights);
        tried.arg("mount").args(["-t", "tmpfs", "-o", SIZE, "holdfast"]).arg(folder.path());
        tried.output().is_ok_and(|output| output.status.success())
    };
    let Some(rights) = ways.into_iter().find(may_mount) else {
        println!("NO DISK WAS FILLED: a file system must be mounted for it, and this user may not do that");
        return false;
    };
    let mut run = apart(rights);
    run.arg(std::env::current_exe().unwrap()).env(MOUNT, folder.path()).env(SEED, seed.to_string());
    run.status().is_ok_and(|status| status.success())
}

#[derive(Clone, Copy, Debug)]
enum Full {
    /// So many bytes are left.
    Bytes(usize),
    /// There is room, but for so many more files.
    Files(usize),
    /// Another program takes the rest after so many microseconds.
    Meanwhile(usize),
}

#[derive(Clone, Copy, Debug)]
enum Change {
    Add,
    Replace,
    RotateVaultKey,
    RotateKek,
    ProtectByKeychain,
    ProtectByPassphrase,
    MoveRoot,
    NewRecoveryCode,
    SetAnchor,
    BackUp,
    Create,
}

const CHANGES: [Change; 11] = [
    Change::Add,
    Change::Replace,
    Change::RotateVaultKey,
    Change::RotateKek,
    Change::ProtectByKeychain,
    Change::ProtectByPassphrase,
    Change::MoveRoot,
    Change::NewRecoveryCode,
    Change::SetAnchor,
    Change::BackUp,
    Change::Create,
];

/// What fills the disk.
struct Filler(PathBuf);

impl Filler {
    /// Takes all but so many bytes.
    fn bytes(&self, left: usize) {
        let free = fs4::available_space(&self.0).unwrap() as usize;
        let file = File::create(self.0.join("filler")).unwrap();
        file.allocate(free.saturating_sub(left) as u64).unwrap();
    }

    /// Takes whatever another one may leave, until nothing is left.
    fn rest(&self) {
        let file = File::create(self.0.join("rest")).unwrap();
        let mut length = 0;
        for step in [MIB, 64 * 1024, 4 * 1024] {
            while file.allocate(length + step as u64).is_ok() {
                length += step as u64;
            }
        }
    }

    /// Takes all but so many names.
    fn files(&self, left: usize) {
        let folder = self.0.join("names");
        fs::create_dir(&folder).unwrap();
        let mut made: Vec<PathBuf> = Vec::new();
        for number in 0.. {
            let path = folder.join(number.to_string());
            if File::create(&path).is_err() {
                break;
            }
            made.push(path);
        }
        made.iter().take(left).for_each(|path| fs::remove_file(path).unwrap());
    }

    fn remove(&self) {
        for name in ["filler", "rest"] {
            fs::remove_file(self.0.join(name)).ok();
        }
        fs::remove_dir_all(self.0.join("names")).ok();
    }
}

/// A user of the vault on that disk.
struct User {
    mount: PathBuf,
    world: World,
    by_passphrase: bool,
    kind: RootKind,
    /// The note that may have taken the place of the acknowledged one.
    begun: Option<Anchor>,
}

impl User {
    async fn unlock(&self, vault: &Vault) -> Result<(), VaultError> {
        if self.by_passphrase {
            vault.unlock_with_passphrase(Secret::new(PASSPHRASE.to_owned())).await
        } else {
            vault.unlock_with_keychain().await
        }
    }

    /// Makes the change; what it acknowledged is to be kept from then on.
    async fn change(&mut self, vault: &Vault, change: Change) -> Result<(), VaultError> {
        match change {
            Change::Add => {
                let header = header();
                let sealed = vault.seal(&header, credential_of(&header)).await?;
                self.world.records.push((header, sealed));
            }
            Change::Replace => {
                let (header, _) = &self.world.records[0];
                let header = RecordHeader { revision: header.revision + 1, ..header.clone() };
                let sealed = vault.seal(&header, credential_of(&header)).await?;
                self.world.records[0] = (header, sealed);
            }
            Change::RotateVaultKey => vault.rotate_vault_key().await?,
            Change::RotateKek => drop(vault.rotate_kek().await?),
            Change::ProtectByKeychain => {
                vault.protect(Protection::Keychain).await?;
                self.by_passphrase = false;
            }
            Change::ProtectByPassphrase => {
                vault.protect(Protection::Passphrase(Secret::new(PASSPHRASE.to_owned()))).await?;
                self.by_passphrase = true;
            }
            Change::MoveRoot => {
                let other = match self.kind {
                    RootKind::Stronghold => RootKind::SealedFile,
                    RootKind::SealedFile => RootKind::Stronghold,
                };
                vault.move_root(other).await?;
                self.kind = other;
            }
            Change::NewRecoveryCode => self.world.code = another(vault.new_recovery_code().await?.text()),
            Change::SetAnchor => {
                let next = Anchor { count: self.world.anchor.count + 1, ..self.world.anchor };
                self.begun = Some(next);
                vault.set_anchor(next).await?;
                (self.world.anchor, self.begun) = (next, None);
            }
            Change::BackUp => {
                vault.backup_to(self.mount.join("backup")).await?;
                vault.check_backup(self.mount.join("backup")).await?;
            }
            Change::Create => drop(self.world.open_at(&self.mount.join("other")).create(Protection::Keychain).await?),
        }
        Ok(())
    }

    /// A program that starts now opens what was acknowledged, by each way.
    async fn check(&self) -> Result<(), String> {
        let vault = self.world.open();
        self.unlock(&vault).await.map_err(|error| format!("by its main way: {error}"))?;
        self.world.check(&vault).await?;
        let code = another(&self.world.code);
        vault.unlock_with_recovery(code).await.map_err(|error| format!("by its recovery code: {error}"))?;
        self.world.check(&vault).await?;
        let anchor = vault.anchor().await.map_err(|error| format!("the note of the log: {error}"))?;
        if anchor == Some(self.world.anchor) || anchor.is_some() && anchor == self.begun {
            Ok(())
        } else {
            Err(format!("the note of the log is {anchor:?}"))
        }
    }
}

/// Files of the vault that a write left behind.
fn temporary(dir: &Path) -> usize {
    let names = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names
        .filter(|name| {
            let end = name.rsplit('.').next().unwrap_or_default();
            end.len() == 12 && end.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
        .count()
}

pub(crate) async fn run(mount: &Path, mut dice: Dice) -> Tally {
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", SIZE, "holdfast"]).arg(mount).status();
    assert!(mounted.is_ok_and(|status| status.success()), "it was tried before");
    let begun = Instant::now();
    let filler = Filler(mount.to_owned());
    let world = World::new(mount.join("vault"), RootKind::Stronghold).await;
    let mut user =
        User { mount: mount.to_owned(), world, by_passphrase: false, kind: RootKind::Stronghold, begun: None };

    let mut tally = Tally::default();
    // Refused and made, for each way to be full.
    let (mut done, mut slowest) = ([[0; 2]; 3], Duration::ZERO);
    for point in 0..POINTS {
        let change = CHANGES[point / 3 % CHANGES.len()];
        let full = match (point % 3, change) {
            // A passphrase takes its time before the disk is written to, so only a look at the disk
            // before that can say at once that it is full.
            (0, _) | (_, Change::ProtectByPassphrase) => Full::Bytes(dice.number(0..ENOUGH + MIB)),
            (1, _) => Full::Files(dice.number(0..6)),
            _ => Full::Meanwhile(dice.number(0..8000)),
        };
        let vault = user.world.open();
        user.unlock(&vault).await.unwrap();
        let taker = match full {
            Full::Bytes(left) => {
                filler.bytes(left);
                None
            }
            Full::Files(left) => {
                filler.files(left);
                None
            }
            Full::Meanwhile(after) => {
                filler.bytes(ENOUGH);
                let other = Filler(mount.to_owned());
                Some(thread::spawn(move || {
                    thread::sleep(Duration::from_micros(after as u64));
                    other.rest();
                }))
            }
        };
        let asked = Instant::now();
        let changed = user.change(&vault, change).await;
        let took = asked.elapsed();
        if let Some(taker) = taker {
            taker.join().unwrap();
        }
        drop(vault);

        let mut outcome = match &changed {
            Err(VaultError::Crashed) => Err("it crashed".to_owned()),
            Err(_) if took > SHOWS_WITHIN => Err(format!("the error took {took:?}")),
            _ => Ok(()),
        };
        let way = match full {
            Full::Bytes(_) => 0,
            Full::Files(_) => 1,
            Full::Meanwhile(_) => 2,
        };
        done[way][usize::from(changed.is_ok())] += 1;
        if changed.is_err() {
            slowest = slowest.max(took);
        }
        outcome = outcome.and(user.check().await.map_err(|error| format!("while it is full: {error}")));
        filler.remove();
        outcome = outcome.and(user.check().await.map_err(|error| format!("with room again: {error}")));
        if temporary(&user.world.dir) > 1 {
            outcome = outcome.and(Err("temporary files stay".to_owned()));
        }
        outcome = outcome.and(again(&mut user, change).await);
        tally.count(|| format!("point {point}, {change:?} with {full:?}: {changed:?}"), outcome);
    }
    println!("disk: {POINTS} points, {} violations, {:?}", tally.violations(), begun.elapsed());
    for (what, [refused, made]) in ["few bytes left", "few files left", "filled meanwhile"].into_iter().zip(done) {
        println!("  {what}: {refused} changes refused, {made} made");
    }
    println!("  the slowest error showed after {slowest:?}");
    tally
}

/// With room again the same change is made, and the rest of it cleared away for the next point.
async fn again(user: &mut User, change: Change) -> Result<(), String> {
    let vault = user.world.open();
    user.unlock(&vault).await.map_err(|error| error.to_string())?;
    let other = user.mount.join("other");
    let is_there = matches!(change, Change::Create) && user.world.open_at(&other).about().await.is_ok();
    if !is_there {
        user.change(&vault, change).await.map_err(|error| format!("with room again, {change:?}: {error}"))?;
    }
    user.begun = None;
    if user.by_passphrase {
        // So that not each later point takes the time of a passphrase.
        user.change(&vault, Change::ProtectByKeychain).await.map_err(|error| error.to_string())?;
    }
    for folder in [other, user.mount.join("backup")] {
        fs::remove_dir_all(folder).ok();
    }
    // Few enough that each look at them is quick.
    user.world.records.truncate(4);
    Ok(())
}
