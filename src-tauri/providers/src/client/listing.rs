use std::time::Duration;

use futures::StreamExt;
use holdfast_contract::WireName;
use holdfast_core::Credential;
use holdfast_core::exchange::{ErrorKind, ProviderError};
use serde_json::{Value, json};

use super::asked::Asked;
use super::call::Call;
use super::{Client, ListedModel};
use crate::fault::{Fault, looks_like_html};
use crate::wire::{self, lenient};
use crate::{ModelRow, ProviderRow};

/// Local models whose window is looked up, how many at once, and how long each may take.
const LOOKED_UP: usize = 64;
const AT_ONCE: usize = 4;
const LOOK_UP_WAIT: Duration = Duration::from_secs(2);

pub(super) async fn models(
    client: &Client,
    provider: &ProviderRow,
    credential: Option<Credential>,
) -> Result<Vec<ListedModel>, ProviderError> {
    let Some(paths) = wire::paths(provider.wire) else { return Ok(known(provider)) };
    let (body, asked) = match Call::new(client, provider, paths.models, credential.as_ref())?.get().await {
        Ok(reply) => reply,
        // Not every server has a list. What the row knows can still be asked.
        Err(error) if matches!(error.status, Some(404 | 405)) => return Ok(known(provider)),
        Err(error) => return Err(error),
    };
    let text = String::from_utf8_lossy(&body);
    let value = lenient::value(text.trim_start_matches('\u{FEFF}').trim()).map_err(|_| not_a_list(&asked, &text))?;
    if Fault::is_one(&value) {
        return Err(asked.fault(Some(200), Fault::from_value(&value)));
    }
    let items = items(&value).ok_or_else(|| not_a_list(&asked, &text))?;
    let shown = |model: &ListedModel| !provider.hide.iter().any(|part| model.id.to_lowercase().contains(part));
    match provider.wire {
        WireName::Ollama => {
            let models = items.iter().filter_map(local).filter(shown);
            Ok(with_windows(client, provider, models.collect()).await)
        }
        WireName::OpenaiChat | WireName::Rehearsal => {
            Ok(items.iter().filter_map(|item| listed(item, provider)).filter(shown).collect())
        }
    }
}

/// The entries of a list of models.
pub(super) fn items(value: &Value) -> Option<&[Value]> {
    let list = match value {
        Value::Array(_) => value,
        _ => value.get("data").or_else(|| value.get("models"))?,
    };
    match list {
        Value::Array(items) => Some(items),
        // Some servers without models write null.
        Value::Null => Some(&[]),
        _ => None,
    }
}

/// The provider's name for a model of its list.
pub(super) fn id_of(item: &Value) -> Option<&str> {
    let text = |field: &str| item.get(field).and_then(Value::as_str).filter(|text| !text.is_empty());
    item.as_str().or_else(|| text("id")).or_else(|| text("name")).or_else(|| text("model"))
}

fn not_a_list(asked: &Asked, text: &str) -> ProviderError {
    let message = if looks_like_html(text) {
        "This address answers with a web page. Check the base URL; it often ends in /v1."
    } else {
        "This address answers with something that is not a list of models. Check the base URL."
    };
    asked.error(ErrorKind::Malformed, message)
}

fn known(provider: &ProviderRow) -> Vec<ListedModel> {
    let model = |row: &ModelRow| ListedModel {
        id: row.id.clone(),
        name: row.name.clone(),
        context_window: row.context_window,
        detail: None,
    };
    provider.models.iter().map(model).collect()
}

fn number(item: &Value, fields: &[&str]) -> Option<u32> {
    fields.iter().find_map(|field| {
        let value = item.pointer(field)?;
        let number = value.as_u64().or_else(|| value.as_str()?.parse().ok())?;
        u32::try_from(number).ok().filter(|number| *number > 0)
    })
}

fn listed(item: &Value, provider: &ProviderRow) -> Option<ListedModel> {
    let text = |field: &str| item.get(field).and_then(Value::as_str).filter(|text| !text.is_empty());
    let id = id_of(item)?;
    if item.get("active") == Some(&Value::Bool(false)) {
        return None;
    }
    let row = provider.model(id);
    let window =
        number(item, &["/context_length", "/context_window", "/max_model_len", "/max_context_length", "/meta/n_ctx"]);
    let name = row.map(|row| row.name.as_str()).or_else(|| text("name")).or_else(|| text("display_name"));
    Some(ListedModel {
        id: id.to_owned(),
        name: name.unwrap_or(id).to_owned(),
        context_window: window.or_else(|| row.and_then(|row| row.context_window)),
        detail: None,
    })
}

/// A model of Ollama's list, if it can chat.
fn local(item: &Value) -> Option<ListedModel> {
    let text = |path: &str| item.pointer(path).and_then(Value::as_str).filter(|text| !text.is_empty());
    let id = id_of(item)?;
    if let Some(can) = item.get("capabilities").and_then(Value::as_array)
        && !can.is_empty()
        && !can.iter().any(|able| able.as_str() == Some("completion"))
    {
        return None;
    }
    let on_disk = item.get("size").and_then(Value::as_u64).filter(|bytes| *bytes > 0).map(size);
    let remote = text("/remote_host").map(|host| format!("runs at {}", host.trim_start_matches("https://")));
    let parts = [
        remote,
        text("/details/parameter_size").map(str::to_owned),
        on_disk,
        text("/details/family").map(str::to_owned),
        text("/details/quantization_level").map(str::to_owned),
    ];
    let detail = parts.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    Some(ListedModel {
        id: id.to_owned(),
        name: id.strip_suffix(":latest").unwrap_or(id).to_owned(),
        context_window: None,
        detail: (!detail.is_empty()).then_some(detail),
    })
}

fn size(bytes: u64) -> String {
    if bytes < 1_000_000_000 {
        return format!("{} MB", bytes.div_ceil(1_000_000));
    }
    let tenths = (bytes + 50_000_000) / 100_000_000;
    format!("{}.{} GB", tenths / 10, tenths % 10)
}

async fn with_windows(client: &Client, provider: &ProviderRow, models: Vec<ListedModel>) -> Vec<ListedModel> {
    let indexed = models.into_iter().enumerate();
    futures::stream::iter(indexed)
        .map(|(index, mut model)| async move {
            let window = if index < LOOKED_UP { window(client, provider, &model.id).await } else { None };
            let known = provider.model(&model.id).and_then(|row| row.context_window);
            let window = known.or(window);
            model.context_window = window.map(|window| provider.max_context.map_or(window, |most| window.min(most)));
            model
        })
        .buffered(AT_ONCE)
        .collect()
        .await
}

/// The context window that a local model was made for. A server that does not say leaves it open.
async fn window(client: &Client, provider: &ProviderRow, model: &str) -> Option<u32> {
    let call = Call::open(client, provider, "api/show").ok()?;
    let body = json!({ "model": model });
    let (body, _) = tokio::time::timeout(LOOK_UP_WAIT, call.post(&body)).await.ok()?.ok()?;
    let shown: Value = serde_json::from_slice(&body).ok()?;
    let info = shown.get("model_info")?.as_object()?;
    let length = match info.get("general.architecture").and_then(Value::as_str) {
        Some(architecture) => info.get(&format!("{architecture}.context_length")),
        None => info.iter().find(|(name, _)| name.ends_with(".context_length")).map(|(_, value)| value),
    };
    u32::try_from(length?.as_u64()?).ok()
}
