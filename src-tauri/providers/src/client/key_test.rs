//! Whether a provider accepts a key: free requests, and what their answers prove.

use holdfast_contract::KeyTestResult;
use holdfast_core::Credential;
use holdfast_core::exchange::ErrorKind;
use serde_json::Value;

use super::call::{Call, Refusal};
use super::{Client, KeyCheck, listing};
use crate::fault::{Fault, looks_like_html};
use crate::wire::{self, lenient};
use crate::{KeyProof, ProviderRow};

pub(super) async fn test(
    client: &Client,
    provider: &ProviderRow,
    credential: &Credential,
    model: Option<&str>,
) -> KeyCheck {
    let path = provider.key_test.path.as_str();
    let reply = match ask(client, provider, path, Some(credential)).await {
        Ok(reply) => reply,
        Err(check) => return check,
    };
    if provider.key_test.proves == KeyProof::Compare {
        let without = match Call::open(client, provider, path) {
            Ok(call) => call.get().await,
            Err(error) => Err(error),
        };
        let refused = matches!(&without, Err(error) if matches!(error.kind, ErrorKind::Auth | ErrorKind::Permission));
        if !refused {
            let words = "The server answers without a key too, so this shows nothing about the key.";
            return check(KeyTestResult::Unknown, words);
        }
    }
    let accepted = accepted(&reply);
    match model {
        Some(model) if accepted.result == KeyTestResult::Works => {
            match offers(client, provider, credential, &reply, model).await {
                Some(false) => check(
                    KeyTestResult::ModelMissing,
                    &format!("The key is accepted, and {} does not offer “{model}” to it.", provider.name),
                ),
                Some(true) | None => accepted,
            }
        }
        _ => accepted,
    }
}

/// One GET, and what it shows when it is not answered by the provider's API.
async fn ask(
    client: &Client,
    provider: &ProviderRow,
    path: &str,
    credential: Option<&Credential>,
) -> Result<Value, KeyCheck> {
    let call = Call::new(client, provider, path, credential).map_err(|error| refused(&error.into()))?;
    let (body, asked) = call.examine().await.map_err(|refusal| refused(&refusal))?;
    let text = String::from_utf8_lossy(&body);
    let text = text.trim_start_matches('\u{FEFF}').trim();
    let Ok(value) = lenient::value(text) else {
        let what = if looks_like_html(text) { "a web page" } else { "something that is not its API" };
        return Err(wrong_host(provider, what));
    };
    if Fault::is_one(&value) {
        return Err(refused(&asked.fault(Some(200), Fault::from_value(&value)).into()));
    }
    let is_its_own = match path.rsplit('/').next() {
        Some("models" | "tags") => listing::items(&value).is_some(),
        _ => value.is_object(),
    };
    if is_its_own { Ok(value) } else { Err(wrong_host(provider, "something that is not its API")) }
}

fn wrong_host(provider: &ProviderRow, what: &str) -> KeyCheck {
    let words = format!(
        "{} answers with {what}: this is not the address of {}, or something stands in between.",
        provider.base_url, provider.name
    );
    check(KeyTestResult::WrongHost, &words)
}

/// Whether a model is in the provider's list; none when there is no list to look into.
async fn offers(
    client: &Client,
    provider: &ProviderRow,
    credential: &Credential,
    reply: &Value,
    model: &str,
) -> Option<bool> {
    let names =
        |list: &Value| listing::items(list).map(|items| items.iter().any(|item| listing::id_of(item) == Some(model)));
    match names(reply) {
        Some(found) => Some(found),
        None => {
            let path = wire::paths(provider.wire)?.models;
            names(&ask(client, provider, path, Some(credential)).await.ok()?)
        }
    }
}

/// What a good answer says. OpenRouter's names what is left of a limit.
fn accepted(reply: &Value) -> KeyCheck {
    match reply.pointer("/data/limit_remaining").and_then(Value::as_f64) {
        Some(left) if left <= 0.0 => check(KeyTestResult::NoCredit, "The key is valid, and its limit is used up."),
        Some(left) => {
            check(KeyTestResult::Works, &format!("The key is accepted; {left:.2} dollars are left of its limit."))
        }
        None => check(KeyTestResult::Works, "The key is accepted; the first question shows whether there is credit."),
    }
}

fn refused(Refusal { error, stranger }: &Refusal) -> KeyCheck {
    let result = match error.kind {
        _ if *stranger => KeyTestResult::WrongHost,
        ErrorKind::Auth => KeyTestResult::Refused,
        ErrorKind::Permission => KeyTestResult::NoPermission,
        ErrorKind::Quota => KeyTestResult::NoCredit,
        ErrorKind::Rate => KeyTestResult::RateLimited,
        ErrorKind::NotRunning | ErrorKind::Network | ErrorKind::Timeout => KeyTestResult::Unreachable,
        ErrorKind::WrongOrigin => KeyTestResult::WrongHost,
        // The request names no model, so a missing one is not what this is about.
        ErrorKind::ModelMissing
        | ErrorKind::Overloaded
        | ErrorKind::ContextTooLong
        | ErrorKind::Filtered
        | ErrorKind::BadRequest
        | ErrorKind::Malformed
        | ErrorKind::EndedEarly
        | ErrorKind::VaultClosed => KeyTestResult::Unknown,
    };
    check(result, &error.message)
}

fn check(result: KeyTestResult, detail: &str) -> KeyCheck {
    KeyCheck { result, detail: Some(detail.to_owned()) }
}
