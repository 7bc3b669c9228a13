//! How keys stand in their list: found, grouped, sorted, and when one is due to be replaced. Pure.

use std::cmp::{Ordering, Reverse};

use holdfast_contract::{KeyTest, KeyTestResult, KeyView, ProviderId, Timestamp};

use crate::time::DAY;

/// What keys are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum SortBy {
    /// As they are used: the default first, then the spares.
    #[default]
    Place,
    Name,
    LastUsed,
    Spent,
}

/// An order of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sort {
    pub by: SortBy,
    pub descending: bool,
}

impl Sort {
    /// The order after the heading of a column was pressed: its usual one, then the other way round,
    /// then as at first.
    pub(crate) fn pressed(self, by: SortBy) -> Self {
        let usual = matches!(by, SortBy::LastUsed | SortBy::Spent);
        if self.by != by {
            Self { by, descending: usual }
        } else if self.descending == usual {
            Self { by, descending: !usual }
        } else {
            Self::default()
        }
    }

    fn compare(self, a: &KeyView, b: &KeyView) -> Ordering {
        let order = match self.by {
            SortBy::Place => a.position.cmp(&b.position),
            SortBy::Name => a.info.name.to_lowercase().cmp(&b.info.name.to_lowercase()),
            SortBy::LastUsed => a.info.last_used_at.cmp(&b.info.last_used_at),
            SortBy::Spent => a.month.cost_micros.cmp(&b.month.cost_micros),
        };
        let order = if self.descending { order.reverse() } else { order };
        order.then(a.position.cmp(&b.position))
    }
}

/// The keys of one provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    pub provider: ProviderId,
    /// Its name for a person.
    pub name: String,
    pub keys: Vec<KeyView>,
}

/// Keys that have every word of `search`, under their providers. Providers stand in the order they
/// come, or, when the list is sorted, by the first of their keys.
pub(crate) fn groups(
    keys: Vec<KeyView>,
    search: &str,
    sort: Sort,
    provider_name: impl Fn(&ProviderId) -> String,
) -> Vec<Group> {
    let terms: Vec<String> = search.to_lowercase().split_whitespace().map(str::to_owned).collect();
    let mut groups: Vec<Group> = Vec::new();
    for key in keys {
        let name = provider_name(&key.info.provider);
        let text = format!(
            "{} {name} {} {} {}",
            key.info.name,
            key.info.masked,
            key.info.origin,
            key.settings.default_model.as_deref().unwrap_or_default()
        )
        .to_lowercase();
        if !terms.iter().all(|term| text.contains(term)) {
            continue;
        }
        match groups.iter_mut().find(|group| group.provider == key.info.provider) {
            Some(group) => group.keys.push(key),
            None => groups.push(Group { provider: key.info.provider.clone(), name, keys: vec![key] }),
        }
    }
    for group in &mut groups {
        group.keys.sort_by(|a, b| sort.compare(a, b));
    }
    if sort.by != SortBy::Place {
        groups.sort_by(|a, b| match (a.keys.first(), b.keys.first()) {
            (Some(a), Some(b)) => sort.compare(a, b),
            (a, b) => Reverse(a.is_some()).cmp(&Reverse(b.is_some())),
        });
    }
    groups
}

/// The age of a key's secret in days, when the user wants to be reminded of it by now.
pub(crate) fn due(key: &KeyView, now: Timestamp) -> Option<i64> {
    let after = i64::from(key.settings.remind_after_days?.get());
    let days = (now - key.sealed_at) / DAY;
    (days >= after).then_some(days)
}

/// The last test, if it was of the secret that is sent now.
pub(crate) fn test_of_current(key: &KeyView) -> Option<&KeyTest> {
    key.info.test.as_ref().filter(|test| key.pending.as_ref().is_none_or(|pending| test.at < pending.created_at))
}

/// The last test, if it was of the secret that waits.
pub(crate) fn test_of_pending(key: &KeyView) -> Option<&KeyTest> {
    let pending = key.pending.as_ref()?;
    key.info.test.as_ref().filter(|test| test.at >= pending.created_at)
}

/// Whether the user should look at a key: it does not do, or it is due.
pub(crate) fn needs_attention(key: &KeyView, now: Timestamp) -> bool {
    let bad = |test: &KeyTest| match test.result {
        KeyTestResult::Refused | KeyTestResult::NoPermission | KeyTestResult::NoCredit | KeyTestResult::WrongHost => {
            true
        }
        KeyTestResult::Works
        | KeyTestResult::RateLimited
        | KeyTestResult::ModelMissing
        | KeyTestResult::Unreachable
        | KeyTestResult::Unknown => false,
    };
    key.settings.active && (key.pending.is_some() || key.info.test.as_ref().is_some_and(bad) || due(key, now).is_some())
}

#[cfg(test)]
mod tests;
