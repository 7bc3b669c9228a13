//! Who can be asked: the built-in models.yaml with the user's own laid over it.

use holdfast_contract::{KeyNeed, ProviderId};
use holdfast_core::Secret;
use serde::Deserialize;

mod file;
mod row;

pub use row::{Flags, KeyProof, KeyTestWay, MaxTokensField, ModelRow, Price, ProviderRow, SystemRole};

/// The list that is part of the program.
const BUILT_IN: &str = include_str!("../../../models.yaml");

/// All providers, in the order they are shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalogue {
    rows: Vec<ProviderRow>,
    other_keys: Vec<OtherKey>,
}

/// A form of keys that no provider of the list takes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct OtherKey {
    prefix: String,
    /// What it is, with an article, for instance "a key of Anthropic".
    what: String,
}

/// What the form of a secret says about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyForm {
    /// Providers whose keys begin so, the most telling beginning first.
    pub providers: Vec<ProviderId>,
    /// What it is rather than a key of one of them.
    pub other: Option<String>,
}

/// What is wrong with the user's own models.yaml. The built-in list is used without it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", place(*line, *column))]
pub struct CatalogueWarning {
    /// The line, from 1, when it is known.
    pub line: Option<u64>,
    /// The column, from 1, when it is known.
    pub column: Option<u64>,
    /// What is wrong there.
    pub message: String,
}

fn place(line: Option<u64>, column: Option<u64>) -> String {
    match (line, column) {
        (Some(line), Some(column)) => format!("line {line}, column {column}: "),
        (Some(line), None) => format!("line {line}: "),
        (None, _) => String::new(),
    }
}

impl Catalogue {
    /// Reads the built-in list and lays the text of the user's file over it, provider by provider
    /// and model by model. A file that does not read changes nothing and gives a warning.
    pub fn load(user: Option<&str>) -> (Self, Option<CatalogueWarning>) {
        let mut catalogue = Self::default();
        let built_in = file::lay_over(&mut catalogue, BUILT_IN).err();
        let Some(user) = user else { return (catalogue, built_in) };
        let mut changed = catalogue.clone();
        match file::lay_over(&mut changed, user) {
            Ok(()) => (changed, built_in),
            Err(warning) => (catalogue, Some(warning)),
        }
    }

    /// All providers, in the order they are shown.
    pub fn providers(&self) -> &[ProviderRow] {
        &self.rows
    }

    /// One provider.
    pub fn provider(&self, id: &ProviderId) -> Option<&ProviderRow> {
        self.rows.iter().find(|row| row.id == *id)
    }

    /// Whose key a secret is, as far as its beginning tells.
    pub fn form_of(&self, secret: &Secret) -> KeyForm {
        let begins = |prefix: &str| !prefix.is_empty() && secret.expose().starts_with(prefix);
        let mut known: Vec<(usize, &ProviderId)> = self
            .rows
            .iter()
            .filter(|row| row.key != KeyNeed::None)
            .filter_map(|row| Some((row.key_prefix.as_deref().filter(|prefix| begins(prefix))?.len(), &row.id)))
            .collect();
        // A stable sort, so that the order of display decides between equals.
        known.sort_by_key(|(length, _)| std::cmp::Reverse(*length));
        let longest = known.first().map_or(0, |(length, _)| *length);
        let other = self.other_keys.iter().filter(|other| other.prefix.len() > longest && begins(&other.prefix));
        KeyForm {
            providers: known.into_iter().map(|(_, id)| id.clone()).collect(),
            other: other.max_by_key(|other| other.prefix.len()).map(|other| other.what.clone()),
        }
    }

    /// Adds a provider before those that are part of the program, or puts it in the place of the
    /// one with its id.
    pub fn put(&mut self, row: ProviderRow) {
        insert(&mut self.rows, row);
    }

    /// Removes a provider, if it is there.
    pub fn remove(&mut self, id: &ProviderId) {
        self.rows.retain(|row| row.id != *id);
    }
}

fn insert(rows: &mut Vec<ProviderRow>, row: ProviderRow) {
    if let Some(old) = rows.iter_mut().find(|old| old.id == row.id) {
        *old = row;
        return;
    }
    let built_in = holdfast_contract::Place::BuiltIn;
    let end = match rows.iter().position(|old| old.place == built_in) {
        Some(first) if row.place != built_in => first,
        _ => rows.len(),
    };
    rows.insert(end, row);
}

#[cfg(test)]
mod tests;
