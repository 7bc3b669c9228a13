//! The form of models.yaml. Every field but the id may be absent, so that a user's file can change
//! one thing alone.

use std::collections::BTreeMap;

use holdfast_contract::{KeyNeed, Place, ProviderId, WireName};
use serde::Deserialize;
use serde_json::{Map, Value};
use serde_saphyr::Spanned;

use super::{Catalogue, CatalogueWarning, OtherKey, insert};
use crate::catalogue::row::{Flags, KeyTestWay, MaxTokensField, ModelRow, Price, ProviderRow, SystemRole};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    providers: Option<Vec<Spanned<Entry>>>,
    #[serde(default)]
    other_keys: Option<Vec<OtherKey>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    name: Option<String>,
    wire: Option<WireName>,
    base_url: Option<String>,
    place: Option<Place>,
    key: Option<KeyNeed>,
    key_prefix: Option<String>,
    key_env: Option<Vec<String>>,
    link: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    flags: FlagsEntry,
    #[serde(default)]
    patch: Map<String, Value>,
    key_test: Option<KeyTestWay>,
    hide: Option<Vec<String>>,
    max_context: Option<u32>,
    #[serde(default)]
    models: Vec<ModelEntry>,
    start_hint: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FlagsEntry {
    max_tokens_field: Option<MaxTokensField>,
    include_usage: Option<bool>,
    system_role: Option<SystemRole>,
    think_tags: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelEntry {
    id: String,
    name: Option<String>,
    context_window: Option<u32>,
    max_output: Option<u32>,
    price: Option<Price>,
}

/// Headers that hold credentials, which belong in the vault.
const SECRET_HEADERS: [&str; 7] =
    ["authorization", "proxy-authorization", "cookie", "x-api-key", "api-key", "x-goog-api-key", "host"];

/// Lays a file over what is there.
pub(super) fn lay_over(catalogue: &mut Catalogue, text: &str) -> Result<(), CatalogueWarning> {
    if text.trim().is_empty() {
        return Ok(());
    }
    // An empty or fully commented file reads as null.
    let file: Option<File> = serde_saphyr::from_str(text).map_err(|error| {
        let error = error.without_snippet();
        let location = error.location();
        CatalogueWarning {
            line: location.map(|location| location.line()),
            column: location.map(|location| location.column()),
            message: without_position(&error.to_string()),
        }
    })?;
    let file = file.unwrap_or_default();
    for key in file.other_keys.unwrap_or_default() {
        catalogue.other_keys.retain(|old| old.prefix != key.prefix);
        catalogue.other_keys.push(key);
    }
    let rows = &mut catalogue.rows;
    for entry in file.providers.unwrap_or_default() {
        let (line, column) = (entry.referenced.line(), entry.referenced.column());
        let old = rows.iter().find(|row| row.id.0 == entry.value.id);
        let row = entry.value.over(old).map_err(|message| CatalogueWarning {
            line: Some(line),
            column: Some(column),
            message,
        })?;
        insert(rows, row);
    }
    Ok(())
}

/// The parser repeats the position in its words.
fn without_position(message: &str) -> String {
    let first = message.lines().next().unwrap_or_default();
    let cut = first.find(" at line ").unwrap_or(first.len());
    first[..cut].trim_start_matches("error: ").to_owned()
}

impl Entry {
    /// The row that this entry makes of the one with its id, or of nothing.
    fn over(self, old: Option<&ProviderRow>) -> Result<ProviderRow, String> {
        let id = self.id.clone();
        if id.is_empty() || id.contains(['/', ' ']) {
            return Err(format!("`{id}` cannot be an id: it must be a word without slashes"));
        }
        let mut row = match old {
            Some(old) => old.clone(),
            None => self.fresh()?,
        };
        if let Some(base_url) = &self.base_url
            && row.wire != WireName::Rehearsal
        {
            let wire = self.wire.unwrap_or(row.wire);
            let moved = ProviderRow::custom(row.id.clone(), String::new(), base_url, wire, row.key)
                .map_err(|error| format!("`{id}`: {error}"))?;
            row.base_url = moved.base_url;
            row.place = moved.place;
        }
        for name in self.headers.keys() {
            if SECRET_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
                return Err(format!("`{id}`: the header `{name}` cannot stand here; add the key in the program"));
            }
        }
        row.headers.extend(self.headers);
        for (name, value) in &row.headers {
            if reqwest::header::HeaderName::from_bytes(name.as_bytes()).is_err()
                || reqwest::header::HeaderValue::from_str(value).is_err()
            {
                return Err(format!("`{id}`: `{name}: {value}` cannot be a header"));
            }
        }
        set(&mut row.name, self.name);
        set(&mut row.wire, self.wire);
        set(&mut row.place, self.place);
        set(&mut row.key, self.key);
        set(&mut row.key_test, self.key_test);
        set(&mut row.hide, self.hide);
        set(&mut row.key_env, self.key_env);
        row.key_prefix = self.key_prefix.or(row.key_prefix);
        row.link = self.link.or(row.link);
        row.max_context = self.max_context.or(row.max_context);
        row.start_hint = self.start_hint.or(row.start_hint);
        set(&mut row.flags.max_tokens_field, self.flags.max_tokens_field);
        set(&mut row.flags.include_usage, self.flags.include_usage);
        set(&mut row.flags.system_role, self.flags.system_role);
        set(&mut row.flags.think_tags, self.flags.think_tags);
        row.patch.extend(self.patch);
        for entry in self.models {
            entry.lay_over(&mut row.models);
        }
        Ok(row)
    }

    fn fresh(&self) -> Result<ProviderRow, String> {
        let id = &self.id;
        let wire = self.wire.ok_or_else(|| format!("`{id}` is new and needs a `wire`: openai_chat or ollama"))?;
        let provider = ProviderId(id.clone());
        let name = id.clone();
        if wire == WireName::Rehearsal {
            // It has no address, so it is made here and not by `custom`.
            return Ok(ProviderRow {
                id: provider,
                name,
                wire,
                base_url: String::new(),
                place: Place::BuiltIn,
                key: KeyNeed::None,
                key_prefix: None,
                key_env: Vec::new(),
                link: None,
                headers: BTreeMap::new(),
                flags: Flags::default(),
                patch: Map::new(),
                key_test: KeyTestWay::default(),
                hide: Vec::new(),
                max_context: None,
                models: Vec::new(),
                start_hint: None,
            });
        }
        let base_url = self.base_url.as_deref().ok_or_else(|| format!("`{id}` is new and needs a `base_url`"))?;
        let mut row = ProviderRow::custom(provider, name, base_url, wire, KeyNeed::Optional)
            .map_err(|error| format!("`{id}`: {error}"))?;
        if row.place == Place::Cloud {
            row.flags.think_tags = false;
        }
        Ok(row)
    }
}

impl ModelEntry {
    fn lay_over(self, models: &mut Vec<ModelRow>) {
        let Self { id, name, context_window, max_output, price } = self;
        let index = match models.iter().position(|model| model.id == id) {
            Some(index) => index,
            None => {
                models.push(ModelRow { name: id.clone(), id, ..ModelRow::default() });
                models.len() - 1
            }
        };
        let model = &mut models[index];
        set(&mut model.name, name);
        model.context_window = context_window.or(model.context_window);
        model.max_output = max_output.or(model.max_output);
        model.price = price.or(model.price);
    }
}

fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}
