//! The command line: the same use cases without a window.

use std::io::{IsTerminal as _, Read as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use holdfast_app::{App, NoDesktop, Places, catalogue, chat, conversations, keys};
use holdfast_contract::{
    AnswerState, Code, ConversationId, CreateConversation, DeleteKey, Event, Failure, GetCatalogue, KeyId,
    ListConversations, ListKeys, MessageId, ModelRef, SendMessage, SetModel, StopAnswer, VaultState,
};
use holdfast_core::Secret;
use holdfast_vault::SystemKeychain;

use crate::{environment, harden, windows};

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
    /// List, add and remove keys
    Keys {
        #[command(subcommand)]
        task: KeyTask,
    },
}

#[derive(Subcommand)]
enum KeyTask {
    /// List keys, masked
    List,
    /// Add a key, read from standard input or a prompt without echo
    Add {
        /// Whose key it is, for instance `openai`
        provider: String,
        /// A name for it
        #[arg(long, default_value = "Personal")]
        name: String,
    },
    /// Remove a key for good
    Remove {
        /// Its id, from `holdfast keys list`
        id: String,
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
            match runtime.block_on(run(task, places)) {
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

async fn run(task: Task, places: Places) -> Result<ExitCode, Failure> {
    let app = App::open(places, Arc::new(SystemKeychain), Arc::new(NoDesktop))
        .await
        .map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
    match task {
        Task::Ask { model, continue_last, question } => ask(&app, model, continue_last, question).await,
        Task::Models => models(&app).await,
        Task::Keys { task: KeyTask::List } => list_keys(&app).await,
        Task::Keys { task: KeyTask::Add { provider, name } } => add_key(&app, &provider, &name).await,
        Task::Keys { task: KeyTask::Remove { id } } => remove_key(&app, &id).await,
    }
}

async fn ask(
    app: &App,
    model: Option<String>,
    continue_last: bool,
    question: Option<String>,
) -> Result<ExitCode, Failure> {
    let question = match question.as_deref() {
        None | Some("-") => read_input()?,
        Some(question) => question.to_owned(),
    };
    let model = match model {
        Some(text) => Some(ModelRef::parse(&text).ok_or_else(|| {
            Failure::new(Code::BadRequest, format!("“{text}” names no model."))
                .hint("Write it as provider/model; `holdfast models` lists them.")
        })?),
        None => None,
    };
    let newest = match continue_last {
        true => conversations::list_conversations(app.clone(), ListConversations {}).await?.into_iter().next(),
        false => None,
    };
    let conversation = match newest {
        Some(newest) => {
            if let Some(model) = model {
                conversations::set_model(app.clone(), SetModel { conversation: newest.id, model }).await?;
            }
            newest.id
        }
        None => {
            let settings = holdfast_app::status::get_settings(app.clone(), holdfast_contract::GetSettings {}).await?;
            let model = model.or(settings.model).ok_or_else(|| {
                Failure::new(Code::ModelMissing, "No model was chosen yet.")
                    .hint("Name one with --model; `holdfast models` lists them, and rehearsal/rehearsal works offline.")
            })?;
            conversations::create_conversation(app.clone(), CreateConversation { model: Some(model) }).await?.id
        }
    };
    unlock_if_asked(app).await?;
    let mut events = app.events().listen();
    let command = SendMessage { conversation, text: question, edits: None };
    let sent = chat::send_message(app.clone(), command).await?;
    let first = sent.view.tail.last().and_then(|message| message.answer.clone()).map(|info| info.state);
    print_answer(app, &mut events, conversation, sent.answer, first).await
}

/// Prints text as it comes, and ends as the answer ends.
async fn print_answer(
    app: &App,
    events: &mut holdfast_app::Listener,
    conversation: ConversationId,
    answer: MessageId,
    first: Option<AnswerState>,
) -> Result<ExitCode, Failure> {
    if let Some(AnswerState::Failed { failure }) = first {
        return Err(failure);
    }
    let mut stdout = std::io::stdout().lock();
    let mut last_char = '\n';
    // One listener for the whole answer: a Ctrl C between two events would be lost on a new one.
    let mut interrupted = std::pin::pin!(tokio::signal::ctrl_c());
    loop {
        let event = tokio::select! {
            biased;
            _ = &mut interrupted => {
                interrupted.set(tokio::signal::ctrl_c());
                chat::stop_answer(app.clone(), StopAnswer { answer }).await?;
                continue;
            }
            event = events.next() => event,
        };
        match event {
            Some(Event::Delta(delta)) if delta.answer == answer && !delta.reasoning => {
                // A reader that has gone, like `head`, ends the answer and is no fault.
                if stdout.write_all(delta.text.as_bytes()).and_then(|()| stdout.flush()).is_err() {
                    chat::stop_answer(app.clone(), StopAnswer { answer }).await?;
                    continue;
                }
                last_char = delta.text.chars().last().unwrap_or(last_char);
            }
            Some(Event::Answer { answer: id, info, .. }) if id == answer => {
                let code = match info.state {
                    AnswerState::Streaming { waiting } => {
                        if let Some(waiting) = waiting {
                            tell(&format!("{} Trying again ({} of 3).", waiting.why, waiting.attempt));
                        }
                        continue;
                    }
                    AnswerState::Complete { .. } => ExitCode::SUCCESS,
                    AnswerState::Stopped | AnswerState::Interrupted => ExitCode::from(STOPPED),
                    AnswerState::Failed { failure } => {
                        end_line(&mut stdout, last_char);
                        return Err(failure);
                    }
                };
                end_line(&mut stdout, last_char);
                return Ok(code);
            }
            // The answer went faster than the terminal. What is missing stands in the database.
            Some(Event::Lagged) => {
                return Err(Failure::new(Code::Internal, "The terminal was too slow, and text was skipped.")
                    .hint("The whole answer is in the window, in the conversation of this question.")
                    .action(holdfast_contract::Action::Reload { conversation }));
            }
            Some(_) => {}
            None => return Err(Failure::new(Code::Internal, "The program ended before the answer.")),
        }
    }
}

fn end_line(stdout: &mut impl std::io::Write, last: char) {
    if last != '\n' {
        // Nothing is lost when the reader has gone.
        let _ = writeln!(stdout);
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

#[expect(clippy::print_stdout, reason = "a list for the terminal")]
async fn list_keys(app: &App) -> Result<ExitCode, Failure> {
    for key in keys::list_keys(app.clone(), ListKeys {}).await? {
        println!("{}\t{}\t{}\t{}\t{}", key.id, key.provider, key.name, key.masked, key.origin);
    }
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::print_stdout, reason = "a list for the terminal")]
async fn add_key(app: &App, provider: &str, name: &str) -> Result<ExitCode, Failure> {
    make_or_open_vault(app).await?;
    let secret = if std::io::stdin().is_terminal() {
        prompt(&format!("Key for {provider}: "))?
    } else {
        Secret::new(read_input()?)
    };
    let key = keys::add_key(app, &provider.into(), name, secret).await?;
    println!("{}\t{}\t{}\t{}\t{}", key.id, key.provider, key.name, key.masked, key.origin);
    Ok(ExitCode::SUCCESS)
}

async fn remove_key(app: &App, id: &str) -> Result<ExitCode, Failure> {
    let known = keys::list_keys(app.clone(), ListKeys {}).await?;
    let key: Option<KeyId> = known.iter().map(|key| key.id).find(|known| known.to_string() == id);
    let key = key.ok_or_else(|| {
        Failure::new(Code::NotFound, format!("There is no key with the id “{id}”."))
            .hint("`holdfast keys list` shows the ids.")
    })?;
    keys::delete_key(app.clone(), DeleteKey { id: key }).await?;
    Ok(ExitCode::SUCCESS)
}

/// A vault that a passphrase opens is opened now, while a person can type it.
async fn unlock_if_asked(app: &App) -> Result<(), Failure> {
    if let VaultState::Locked { ways } = app.vault().ready().await
        && !ways.contains(&holdfast_contract::UnlockWay::Keychain)
        && std::io::stdin().is_terminal()
    {
        keys::unlock(app, prompt("Passphrase of the vault: ")?).await?;
    }
    Ok(())
}

async fn make_or_open_vault(app: &App) -> Result<(), Failure> {
    if app.vault().ready().await == VaultState::Missing
        && !app.vault().keychain_works().await
        && std::io::stdin().is_terminal()
    {
        let passphrase = prompt("A passphrase for the new vault: ")?;
        let again = prompt("The same again: ")?;
        if passphrase.expose() != again.expose() {
            return Err(Failure::new(Code::BadRequest, "The two passphrases differ."));
        }
        keys::set_passphrase(app, passphrase).await?;
    }
    unlock_if_asked(app).await
}

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
