//! The vault from a terminal.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};
use holdfast_app::{App, audit, backups, status, vault};
use holdfast_contract::{
    AuditFaultKind, BackupVault, CheckBackup, Code, Failure, GetStatus, GetVault, ListBackups, MakeBackup, Protection,
    RecoveryState, RestoreBackup, RestoreVault, RootKind, Rotate, Rotation, UnlockWay, VaultState, VerifyAudit,
};
use holdfast_core::Secret;
use holdfast_vault::RecoveryCode;

use super::{FAILED, prompt, tell};

#[derive(Subcommand)]
pub(super) enum Task {
    /// Set up what keeps keys and history; prints the recovery code, this once
    Create {
        /// What opens it
        #[arg(long, value_enum, default_value_t = By::Keychain)]
        with: By,
    },
    /// Say how it stands
    Status,
    /// Lock the window that runs
    Lock,
    /// Change what opens it
    Protect {
        /// What opens it from now on
        #[arg(long, value_enum)]
        with: By,
    },
    /// Make a new recovery code and print it; the old one then opens nothing
    Recovery,
    /// Make anew what opens it and the recovery code, so that nothing from before leads to it
    Renew,
    /// Replace a key of the vault itself
    Rotate {
        /// Which
        #[arg(value_enum)]
        what: What,
    },
    /// Hold the log of the vault against its seals
    Verify,
    /// List backups, make one, or check one by a trial restore
    Backup {
        #[command(subcommand)]
        task: Option<BackupTask>,
    },
    /// Put a backup in the place of what is there, of which a backup is made first
    Restore {
        /// Its name, from `holdfast vault backup`
        name: String,
        /// Put its vault back too: for a backup of an earlier vault, which what opened it then must open
        #[arg(long)]
        with_vault: bool,
    },
    /// Put the newest vault that reads, from a backup, in the place of one that does not
    Mend,
    /// Write everything into one file under a passphrase (an age file)
    Export {
        /// The new file
        file: PathBuf,
    },
    /// Make vault and history of an export here, where there are none yet
    Import {
        /// The export
        file: PathBuf,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum By {
    /// The system's keychain
    Keychain,
    /// A passphrase
    Passphrase,
    /// Both together
    Both,
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum What {
    /// The key that every way to unlock wraps
    VaultKey,
    /// The key that wraps the key of each sealed record
    RecordKey,
}

#[derive(Subcommand)]
pub(super) enum BackupTask {
    /// Make a backup now and read it back
    Make,
    /// Restore a backup into a scratch folder and say what is in it
    Check {
        /// Its name
        name: String,
    },
}

impl From<By> for Protection {
    fn from(by: By) -> Self {
        match by {
            By::Keychain => Self::Keychain,
            By::Passphrase => Self::Passphrase,
            By::Both => Self::Both,
        }
    }
}

/// Where the terminal finds what opens the vault.
pub(super) struct Opener {
    /// A file whose first line it is.
    pub(super) file: Option<PathBuf>,
}

impl Opener {
    /// Opens the vault, if it needs more than the keychain; makes it, where there is none yet.
    pub(super) async fn open(&self, app: &App) -> Result<(), Failure> {
        let ways = match app.vault().ready().await {
            VaultState::Missing => return self.set_up(app).await,
            VaultState::Locked { ways } => ways,
            VaultState::Unlocked { .. } | VaultState::Damaged { .. } => return Ok(()),
        };
        let main = [UnlockWay::Passphrase, UnlockWay::Both].into_iter().find(|way| ways.contains(way));
        match (main, &self.file) {
            (Some(way), Some(file)) => vault::unlock(app, way, first_line(file)?).await,
            (None, Some(file)) => vault::unlock(app, UnlockWay::Recovery, first_line(file)?).await,
            (Some(way), None) if std::io::stdin().is_terminal() => {
                vault::unlock(app, way, prompt("Passphrase of the vault: ")?).await
            }
            (None, None) if std::io::stdin().is_terminal() => {
                tell("The system keychain does not open the vault.");
                vault::unlock(app, UnlockWay::Recovery, prompt("Recovery code: ")?).await
            }
            // What is asked next says that the vault is locked.
            (_, None) => Ok(()),
        }
    }

    /// The first start of a newcomer: nothing is asked where the keychain can protect.
    async fn set_up(&self, app: &App) -> Result<(), Failure> {
        if app.vault().keychain_works().await {
            vault::set_up_with_keychain(app).await?;
            tell("Keys and history are sealed now, and the system keychain opens them.");
            tell("hint: `holdfast vault recovery` makes a code for the day when it does not.");
            return Ok(());
        }
        if self.file.is_none() && !std::io::stdin().is_terminal() {
            return Err(Failure::new(
                Code::VaultMissing,
                "There is no vault yet, and this system has no keychain that works.",
            )
            .hint("`holdfast vault create --with passphrase` makes one, at a terminal or with --passphrase-file."));
        }
        let code = protect(app, Protection::Passphrase, self).await?;
        show_code(code.as_ref());
        Ok(())
    }

    fn new_passphrase(&self, words: &str) -> Result<Secret, Failure> {
        if let Some(file) = &self.file {
            return first_line(file);
        }
        let passphrase = prompt(words)?;
        if passphrase.expose() != prompt("The same again: ")?.expose() {
            return Err(Failure::new(Code::BadRequest, "The two passphrases differ."));
        }
        Ok(passphrase)
    }
}

fn first_line(file: &Path) -> Result<Secret, Failure> {
    let text = std::fs::read_to_string(file)
        .map(Secret::new)
        .map_err(|error| Failure::new(Code::Disk, format!("{} could not be read: {error}", file.display())))?;
    Ok(Secret::new(text.expose().lines().next().unwrap_or_default().to_owned()))
}

pub(super) async fn run(app: &App, task: Task, opener: &Opener) -> Result<ExitCode, Failure> {
    if let Task::Create { with } = &task {
        if app.vault().ready().await != VaultState::Missing {
            return Err(Failure::new(Code::BadRequest, "There is a vault already.")
                .hint("`holdfast vault protect` changes what opens it."));
        }
        show_code(protect(app, (*with).into(), opener).await?.as_ref());
        return Ok(ExitCode::SUCCESS);
    }
    if let Task::Import { file } = &task {
        let passphrase = match &opener.file {
            Some(file) => first_line(file)?,
            None => prompt("Passphrase of the export: ")?,
        };
        let code = backups::import(app, &absolute(file)?, passphrase).await?;
        show_code(Some(&code));
        return Ok(ExitCode::SUCCESS);
    }
    if matches!(task, Task::Mend) {
        return mend(app).await;
    }
    opener.open(app).await?;
    match task {
        Task::Create { .. } | Task::Import { .. } => {}
        // It is done before the program of the terminal opens anything.
        Task::Lock => {}
        Task::Status => return show_status(app).await,
        Task::Protect { with } => show_code(protect(app, with.into(), opener).await?.as_ref()),
        Task::Recovery => show_code(Some(&vault::new_recovery_code(app).await?)),
        Task::Renew => renew(app, opener).await?,
        Task::Rotate { what } => {
            let what = match what {
                What::VaultKey => Rotation::VaultKey,
                What::RecordKey => Rotation::RecordKey,
            };
            let info = vault::rotate(app.clone(), Rotate { what }).await?;
            if info.old_slots.is_some() {
                tell("Who has the old vault key and an old copy of the vault's files can still open newer copies.");
                tell(
                    "hint: `holdfast vault renew` makes anew what opens the vault and the recovery code; then they cannot.",
                );
            }
        }
        Task::Verify => return verify(app).await,
        Task::Backup { task: None } => list(app).await?,
        Task::Backup { task: Some(BackupTask::Make) } => {
            backups::make_backup(app.clone(), MakeBackup {}).await?;
            list(app).await?;
        }
        Task::Backup { task: Some(BackupTask::Check { name }) } => check(app, name).await?,
        Task::Restore { name, with_vault } => {
            backups::restore_backup(app.clone(), RestoreBackup { name, with_vault }).await?;
        }
        // It is done before anything is opened.
        Task::Mend => {}
        Task::Export { file } => {
            let passphrase = opener.new_passphrase("A passphrase for the export: ")?;
            backups::export(app, &absolute(&file)?, passphrase).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn protect(app: &App, with: Protection, opener: &Opener) -> Result<Option<RecoveryCode>, Failure> {
    if with.needs_passphrase() {
        let passphrase = opener.new_passphrase("The new passphrase: ")?;
        vault::set_passphrase(app, with, passphrase).await
    } else {
        vault::set_up_with_keychain(app).await
    }
}

async fn renew(app: &App, opener: &Opener) -> Result<(), Failure> {
    let info = vault::get_vault(app.clone(), GetVault {}).await?;
    if let Some(with) = info.protection {
        protect(app, with, opener).await?;
    }
    show_code(Some(&vault::new_recovery_code(app).await?));
    Ok(())
}

async fn mend(app: &App) -> Result<ExitCode, Failure> {
    let before = status::get_status(app.clone(), GetStatus {}).await?;
    let VaultState::Damaged { backup, .. } = before.vault else {
        return Err(Failure::new(Code::BadRequest, "The vault reads; nothing was changed."));
    };
    let after = status::restore_vault(app.clone(), RestoreVault {}).await?;
    match before.vault_backup.filter(|_| !backup) {
        Some(from) => {
            tell(&format!("The vault is that of the backup {}. What opened it then opens it now.", from.name));
        }
        None => tell("The copy beside the vault took its place. What opened it opens it."),
    }
    if let Some(gap) = after.vault_gap {
        let (closed, name) = (gap.keys - gap.opened_keys, gap.backup.name);
        tell(&format!("{closed} of {} keys were sealed by a newer vault and do not open.", gap.keys));
        tell(&format!(
            "hint: Add them again, or `holdfast vault restore {name}` brings back the keys and chats of then."
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn absolute(path: &Path) -> Result<String, Failure> {
    let path = std::path::absolute(path)
        .map_err(|error| Failure::new(Code::BadRequest, format!("{} is no path: {error}", path.display())))?;
    Ok(path.display().to_string())
}

#[expect(clippy::print_stdout, reason = "the recovery code is what was asked for")]
fn show_code(code: Option<&RecoveryCode>) {
    if let Some(code) = code {
        tell("The recovery code opens everything without a passphrase. Write it down; it is not shown again.");
        println!("{}", code.text().expose());
    }
}

#[expect(clippy::print_stdout, reason = "what was asked for")]
async fn show_status(app: &App) -> Result<ExitCode, Failure> {
    let state = match app.vault().state() {
        VaultState::Missing => "not set up".to_owned(),
        VaultState::Locked { .. } => "locked".to_owned(),
        VaultState::Unlocked { .. } => "open".to_owned(),
        VaultState::Damaged { detail, .. } => {
            format!("damaged: {detail}; `holdfast vault mend` looks for a copy that reads")
        }
    };
    println!("state\t{state}");
    if !matches!(app.vault().state(), VaultState::Unlocked { .. }) {
        return Ok(ExitCode::from(FAILED));
    }
    let info = vault::get_vault(app.clone(), GetVault {}).await?;
    let protection = match info.protection {
        Some(Protection::Keychain) => "the system keychain",
        Some(Protection::Passphrase) => "a passphrase",
        Some(Protection::Both) => "a passphrase and the system keychain together",
        None => "the recovery code alone",
    };
    println!("opened by\t{protection}");
    let recovery = match info.recovery {
        RecoveryState::Absent => "none; `holdfast vault recovery` makes one",
        RecoveryState::Unconfirmed => "made, not confirmed to be written down",
        RecoveryState::Confirmed => "made and written down",
    };
    println!("recovery code\t{recovery}");
    let root = match info.root {
        RootKind::Stronghold => "Stronghold",
        RootKind::SealedFile => "a sealed file",
    };
    println!("root keys in\t{root}");
    println!("keys kept out of swap\t{}", if info.memory_locked { "yes" } else { "no" });
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::print_stdout, reason = "what was asked for")]
async fn verify(app: &App) -> Result<ExitCode, Failure> {
    let report = audit::verify_audit(app.clone(), VerifyAudit {}).await?;
    let anchored = report.anchored.map_or_else(|| "-".to_owned(), |entry| entry.to_string());
    println!("entries\t{}\nvouched for up to\t{anchored}\nfaults\t{}", report.entries, report.faults.len());
    for fault in &report.faults {
        let what = match &fault.what {
            AuditFaultKind::Changed => "was changed".to_owned(),
            AuditFaultKind::Moved { from } => format!("was written as number {from}"),
            AuditFaultKind::Missing { until } => format!("is gone, up to {until}"),
            AuditFaultKind::CutOff { until } => format!("was cut off, up to {until}"),
            AuditFaultKind::Replaced => "is another one than was noted".to_owned(),
            AuditFaultKind::Unproven => "cannot be proved, because the one before does not hold".to_owned(),
        };
        println!("{}\t{what}", fault.at_seq);
    }
    Ok(if report.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(FAILED) })
}

#[expect(clippy::print_stdout, reason = "a list for the terminal")]
async fn list(app: &App) -> Result<(), Failure> {
    for backup in backups::list_backups(app.clone(), ListBackups {}).await? {
        let whole = if backup.whole { "whole" } else { "damaged" };
        println!("{}\t{}\t{whole}", backup.name, backup.bytes);
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "what was asked for")]
async fn check(app: &App, name: String) -> Result<(), Failure> {
    let preview = backups::check_backup(app.clone(), CheckBackup { name }).await?;
    if let Some(contents) = preview.contents {
        println!(
            "conversations\t{}\nmessages\t{}\nkeys\t{}\nkeys that open\t{}",
            contents.conversations, contents.messages, contents.keys, contents.opened_keys
        );
    }
    if let BackupVault::GoesBack { .. } = preview.vault {
        println!("vault\tof an earlier state; restored with --with-vault, it is opened by what opened it then");
    }
    Ok(())
}
