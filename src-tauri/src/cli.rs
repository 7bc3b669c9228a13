//! The command line: the same use cases without a window.

use std::io::Read as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use holdfast_app::{App, NoDesktop, Places, catalogue};
use holdfast_contract::{Code, Failure, GetCatalogue};
use holdfast_core::Secret;
use holdfast_vault::SystemKeychain;

use crate::{environment, harden, windows};

mod ask;
mod keys;
mod vault;

/// Something failed that waiting or another argument will not mend.
const FAILED: u8 = 1;
/// The arguments make no sense (clap's own code too).
const USAGE: u8 = 2;
/// A key is missing or refused, or the vault is closed.
const NEEDS_KEY: u8 = 3;
/// The provider or the network does not answer; trying later may help.
const UNREACHABLE: u8 = 4;
/// Stopped by Ctrl C.
const STOPPED: u8 = 130;

#[derive(Parser)]
#[command(name = "holdfast", version, about = "Talks to many AI models, and keeps your keys and history yours.")]
struct Arguments {
    /// A file whose first line opens the vault: its passphrase, or its recovery code
    #[arg(long, global = true, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Task>,
}

#[derive(Subcommand)]
enum Task {
    /// Ask a question; the answer streams to standard output as Markdown
    Ask {
        /// Who answers, as `provider/model`; if absent, the model last chosen in the window
        #[arg(long, value_name = "PROVIDER/MODEL")]
        model: Option<String>,
        /// Ask at the end of the newest conversation
        #[arg(long = "continue")]
        continue_last: bool,
        /// The question; read from standard input if absent or `-`
        question: Option<String>,
    },
    /// List the models that can be asked
    Models,
    /// List, add, test and remove keys
    Keys {
        #[command(subcommand)]
        task: keys::Task,
    },
    /// Set up, look after and back up what keeps keys and history
    Vault {
        #[command(subcommand)]
        task: vault::Task,
    },
}

/// The program: a window without arguments, else the command line.
pub fn main() -> ExitCode {
    let started = Instant::now();
    environment::start_log();
    harden::process();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        // What was not understood may be a key, and an error message would repeat it.
        Err(error) if error.kind() == ErrorKind::UnknownArgument && adds_a_key() => {
            return fail(
                &Failure::new(Code::BadRequest, "A key is never taken as an argument, where others could read it.")
                    .hint("Give it on standard input, or at the prompt."),
            );
        }
        Err(error) => error.exit(),
    };
    let Some(places) = environment::places() else {
        return fail(
            &Failure::new(Code::Disk, "The system names no home folder.").hint("Set HOLDFAST_HOME to a folder."),
        );
    };
    match arguments.command {
        // The window that runs is told; this program only carries the message.
        Some(Task::Vault { task: vault::Task::Lock }) => match windows::lock(places, started) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&Failure::new(Code::Internal, format!("The running program was not reached: {error}"))),
        },
        None => match windows::run(places, started) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(
                &Failure::new(Code::Internal, format!("No window could be opened: {error}"))
                    .hint("Without a display, use `holdfast ask`."),
            ),
        },
        Some(task) => {
            let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => {
                    return fail(&Failure::new(Code::Internal, format!("The program could not start: {error}")));
                }
            };
            match runtime.block_on(run(task, places, arguments.passphrase_file)) {
                Ok(code) => code,
                Err(failure) => fail(&failure),
            }
        }
    }
}

fn adds_a_key() -> bool {
    let words: Vec<_> = std::env::args_os().skip(1).take(2).collect();
    words == ["keys", "add"]
}

async fn run(task: Task, places: Places, passphrase_file: Option<PathBuf>) -> Result<ExitCode, Failure> {
    let app = App::open(places, Arc::new(SystemKeychain), Arc::new(NoDesktop))
        .await
        .map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
    let done = carry_out(&app, task, &vault::Opener { file: passphrase_file }).await;
    // Also after a failure: a database must be closed before the process ends.
    app.finish().await;
    done
}

async fn carry_out(app: &App, task: Task, opener: &vault::Opener) -> Result<ExitCode, Failure> {
    match task {
        Task::Ask { model, continue_last, question } => {
            opener.open(app).await?;
            ask::ask(app, model, continue_last, question).await
        }
        Task::Models => {
            opener.open(app).await?;
            models(app).await
        }
        Task::Keys { task } => {
            opener.open(app).await?;
            keys::run(app, task).await
        }
        Task::Vault { task } => vault::run(app, task, opener).await,
    }
}

#[expect(clippy::print_stdout, reason = "a list for the terminal")]
async fn models(app: &App) -> Result<ExitCode, Failure> {
    let catalogue = catalogue::get_catalogue(app.clone(), GetCatalogue { refresh: true }).await?;
    if let Some(warning) = &catalogue.warning {
        tell(warning);
    }
    for model in catalogue.models.iter().filter(|model| model.usable) {
        let window = model.context_window.map_or_else(|| "?".to_owned(), |tokens| tokens.to_string());
        println!("{}\t{}\t{window}", model.model, model.name);
    }
    Ok(ExitCode::SUCCESS)
}

/// Asks for a secret without echo.
fn prompt(words: &str) -> Result<Secret, Failure> {
    rpassword::prompt_password(words)
        .map(Secret::new)
        .map_err(|error| Failure::new(Code::Internal, format!("The terminal could not be read: {error}")))
}

fn read_input() -> Result<String, Failure> {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| Failure::new(Code::BadRequest, format!("Standard input could not be read: {error}")))?;
    Ok(text)
}

#[expect(clippy::print_stderr, reason = "messages of a command line go to standard error")]
fn tell(words: &str) {
    eprintln!("holdfast: {words}");
}

fn fail(failure: &Failure) -> ExitCode {
    tell(&failure.message);
    if let Some(hint) = &failure.hint {
        tell(&format!("hint: {hint}"));
    }
    ExitCode::from(match failure.code {
        Code::BadRequest | Code::NotFound | Code::Clipboard => USAGE,
        Code::KeyMissing
        | Code::KeyRefused
        | Code::NoCredit
        | Code::LimitReached
        | Code::VaultMissing
        | Code::VaultLocked
        | Code::WrongPassphrase => NEEDS_KEY,
        Code::RateLimited | Code::ProviderDown | Code::NotRunning | Code::Network | Code::EndedEarly => UNREACHABLE,
        Code::Refused
        | Code::ModelMissing
        | Code::TooLong
        | Code::Filtered
        | Code::Malformed
        | Code::VaultDamaged
        | Code::StoreDamaged
        | Code::Disk
        | Code::Internal => FAILED,
    })
}
