use holdfast_contract::{AuditEvent, AuditFilter, AuditReport, ExportAudit, Failure, ListAudit, VerifyAudit};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{Notices, run};
use crate::{ipc, text};

/// Entries asked for at a time.
const CHUNK: u32 = 50;

/// The log of what happened to the vault and with its keys.
#[derive(Clone, Copy)]
pub(crate) struct Audit {
    /// The newest entries that fit the filter; none until they were asked for.
    pub events: RwSignal<Option<Vec<AuditEvent>>>,
    /// There are older ones.
    pub more: RwSignal<bool>,
    pub loading: RwSignal<bool>,
    pub verifying: RwSignal<bool>,
    /// What the last verification found.
    pub report: RwSignal<Option<Result<AuditReport, Failure>>>,
    filter: StoredValue<AuditFilter>,
    /// Moves with every new filter, so that a late reply to an older one is dropped.
    asked: StoredValue<u64>,
    notices: Notices,
}

impl Audit {
    pub(crate) fn new(notices: Notices) -> Self {
        Self {
            events: RwSignal::new(None),
            more: RwSignal::new(false),
            loading: RwSignal::new(false),
            verifying: RwSignal::new(false),
            report: RwSignal::new(None),
            filter: StoredValue::new(AuditFilter::default()),
            asked: StoredValue::new(0),
            notices,
        }
    }

    /// Forgets all of it.
    pub(crate) fn purge(self) {
        self.asked.update_value(|asked| *asked += 1);
        self.events.set(None);
        self.more.set(false);
        self.loading.set(false);
        self.verifying.set(false);
        self.report.set(None);
        self.filter.set_value(AuditFilter::default());
    }

    /// Asks for the newest entries that fit.
    pub(crate) fn show(self, filter: AuditFilter) {
        self.filter.set_value(filter);
        self.refresh();
    }

    /// Asks again for the newest ones.
    pub(crate) fn refresh(self) {
        self.asked.update_value(|asked| *asked += 1);
        self.fetch(None);
    }

    /// Asks for older ones.
    pub(crate) fn load_more(self) {
        let last = self.events.with_untracked(|events| events.iter().flatten().last().map(|event| event.seq));
        if last.is_some() && !self.loading.get_untracked() {
            self.fetch(last);
        }
    }

    fn fetch(self, before: Option<u64>) {
        self.loading.set(true);
        let (filter, asked) = (self.filter.get_value(), self.asked.get_value());
        spawn_local(async move {
            let reply = ipc::call(ListAudit { filter, before, count: CHUNK }).await;
            if self.asked.get_value() != asked {
                return;
            }
            self.loading.set(false);
            match reply {
                Ok(new) => {
                    self.more.set(new.len() == CHUNK as usize);
                    self.events.update(|events| match (before, events) {
                        (Some(_), Some(events)) => events.extend(new),
                        (_, events) => *events = Some(new),
                    });
                }
                Err(failure) => self.notices.fail(failure),
            }
        });
    }

    /// Holds the whole log against itself.
    pub(crate) fn verify(self) {
        if self.verifying.get_untracked() {
            return;
        }
        self.verifying.set(true);
        self.report.set(None);
        spawn_local(async move {
            let report = ipc::call(VerifyAudit {}).await;
            if self.verifying.get_untracked() {
                self.report.set(Some(report));
            }
            self.verifying.set(false);
        });
    }

    /// Writes the whole log into a file; `then` runs when it is written.
    pub(crate) fn export(self, path: String, then: impl FnOnce() + 'static) {
        run(self.notices, async move {
            let count = ipc::call(ExportAudit { path: path.clone() }).await?;
            self.notices.done(text::security::log_exported(count, &path));
            then();
            Ok(())
        });
    }
}
