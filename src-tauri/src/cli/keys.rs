//! Keys, masked.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::Subcommand;
use holdfast_app::{App, keys};
use holdfast_contract::{Code, DeleteKey, Failure, KeyId, KeyTestResult, KeyView, ListKeys, TestKey};
use holdfast_core::Secret;

use super::{FAILED, prompt, read_input};

#[derive(Subcommand)]
pub(super) enum Task {
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
    /// Ask the provider whether it accepts a key, without cost
    Test {
        /// Its id, from `holdfast keys list`
        id: String,
    },
    /// Put a new secret in the place of a key; it takes over when the provider accepts it
    Replace {
        /// Its id, from `holdfast keys list`
        id: String,
    },
    /// Remove a key
    Remove {
        /// Its id, from `holdfast keys list`
        id: String,
    },
}

pub(super) async fn run(app: &App, task: Task) -> Result<ExitCode, Failure> {
    match task {
        Task::List => {
            for key in keys::list_keys(app.clone(), ListKeys {}).await? {
                show(&key);
            }
        }
        Task::Add { provider, name } => {
            let secret = read(&format!("Key for {provider}: "))?;
            show(&keys::add_key(app, &provider.as_str().into(), &name, secret).await?);
        }
        Task::Test { id } => {
            let id = find(app, &id).await?;
            let key = keys::test_key(app.clone(), TestKey { id }).await?;
            return Ok(show_test(&key));
        }
        Task::Replace { id } => {
            let id = find(app, &id).await?;
            let key = keys::replace_key(app, id, read("New key: ")?).await?;
            show(&key);
            if key.pending.is_some() {
                return Ok(show_test(&key));
            }
        }
        Task::Remove { id } => {
            let id = find(app, &id).await?;
            keys::delete_key(app.clone(), DeleteKey { id }).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn find(app: &App, id: &str) -> Result<KeyId, Failure> {
    let known = keys::list_keys(app.clone(), ListKeys {}).await?;
    known.iter().map(|key| key.info.id).find(|known| known.to_string() == id).ok_or_else(|| {
        Failure::new(Code::NotFound, format!("There is no key with the id “{id}”."))
            .hint("`holdfast keys list` shows the ids.")
    })
}

fn read(words: &str) -> Result<Secret, Failure> {
    if std::io::stdin().is_terminal() { prompt(words) } else { Ok(Secret::new(read_input()?)) }
}

#[expect(clippy::print_stdout, reason = "a list for the terminal")]
fn show(key: &KeyView) {
    let info = &key.info;
    println!("{}\t{}\t{}\t{}\t{}", info.id, info.provider, info.name, info.masked, info.origin);
}

#[expect(clippy::print_stdout, reason = "a list for the terminal")]
fn show_test(key: &KeyView) -> ExitCode {
    let Some(test) = &key.info.test else { return ExitCode::from(FAILED) };
    let words = match test.result {
        KeyTestResult::Works => "works",
        KeyTestResult::Refused => "refused",
        KeyTestResult::NoPermission => "no permission",
        KeyTestResult::NoCredit => "no credit",
        KeyTestResult::RateLimited => "rate limited",
        KeyTestResult::ModelMissing => "model missing",
        KeyTestResult::Unreachable => "not reachable",
        KeyTestResult::WrongHost => "wrong host",
        KeyTestResult::Unknown => "not clear",
    };
    println!("{words}\t{}", test.detail.as_deref().unwrap_or_default());
    if test.result == KeyTestResult::Works { ExitCode::SUCCESS } else { ExitCode::from(FAILED) }
}
