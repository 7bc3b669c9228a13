use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use holdfast_contract::{CodeSpan, Highlight};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::ipc;

/// Longer code stays plain: its colours would cost more than they tell.
const LONGEST: usize = 60_000;
/// Blocks kept; when there are more, all are forgotten.
const KEPT: usize = 200;

/// Code in runs of one colour, line by line.
pub(crate) type Coloured = Arc<Vec<Vec<CodeSpan>>>;

/// The colours of code that was drawn, so that a block that comes back into view has them at once.
#[derive(Clone, Copy)]
pub(crate) struct Highlights {
    known: StoredValue<HashMap<u64, Coloured>>,
}

impl Highlights {
    pub(crate) fn new() -> Self {
        Self { known: StoredValue::new(HashMap::new()) }
    }

    /// Forgets the code and its colours.
    pub(crate) fn purge(self) {
        self.known.update_value(HashMap::clear);
    }

    /// The colours of a block: none at first, unless they are known.
    pub(crate) fn of(self, language: &str, code: &str) -> RwSignal<Option<Coloured>> {
        if language.is_empty() || code.len() > LONGEST {
            return RwSignal::new(None);
        }
        let mut hasher = DefaultHasher::new();
        (language, code).hash(&mut hasher);
        let key = hasher.finish();
        let colours = RwSignal::new(self.known.with_value(|known| known.get(&key).cloned()));
        if colours.with_untracked(Option::is_none) {
            let request = Highlight { language: language.to_owned(), code: code.to_owned() };
            spawn_local(async move {
                match ipc::call(request).await {
                    Ok(lines) => {
                        let lines = Arc::new(lines);
                        self.known.update_value(|known| {
                            if known.len() >= KEPT {
                                known.clear();
                            }
                            known.insert(key, Arc::clone(&lines));
                        });
                        // The block may have left the view.
                        colours.try_set(Some(lines));
                    }
                    // Plain code is as readable, so this is no news for the reader.
                    Err(failure) => leptos::logging::warn!("{failure}"),
                }
            });
        }
        colours
    }
}
