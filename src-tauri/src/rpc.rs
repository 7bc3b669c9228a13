//! The router: one table from the names of the contract to the use cases, with the windows that may
//! ask. It knows windows only by their labels, so that tests reach it without one.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::LazyLock;

use holdfast_app::{
    App, audit, backups, catalogue, chat, conversations, entry, files, highlight, keys, links, status, vault,
};
use holdfast_contract::{Code, Command, Failure, Window};
use serde_json::Value;

type Reply = Pin<Box<dyn Future<Output = Result<String, Failure>> + Send>>;

struct Route {
    windows: &'static [Window],
    run: Box<dyn Fn(App, Value) -> Reply + Send + Sync>,
}

/// Answers a request of a window with JSON.
///
/// # Errors
/// When the window may not ask this, the request is malformed, or the use case fails.
pub async fn dispatch(app: App, label: &str, name: &str, body: Value) -> Result<String, Failure> {
    let route = ROUTES.get(name).ok_or_else(|| refused(name))?;
    let window = Window::from_label(label).ok_or_else(|| refused(name))?;
    if !route.windows.contains(&window) {
        tracing::warn!(name, label, "a window asked for what it may not");
        return Err(refused(name));
    }
    (route.run)(app, body).await
}

/// The names that are routed, with the windows that may ask.
pub fn routes() -> impl Iterator<Item = (&'static str, &'static [Window])> {
    ROUTES.iter().map(|(name, route)| (*name, route.windows))
}

fn refused(name: &str) -> Failure {
    let shown: String = name.chars().filter(char::is_ascii_alphanumeric).take(40).collect();
    Failure::new(Code::Refused, format!("This window may not ask for “{shown}”."))
}

#[derive(Default)]
struct Routes(BTreeMap<&'static str, Route>);

impl Routes {
    fn on<C, F, R>(mut self, run: F) -> Self
    where
        C: Command + Send + 'static,
        C::Reply: Send,
        F: Fn(App, C) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = Result<C::Reply, Failure>> + Send + 'static,
    {
        let run = move |app: App, body: Value| -> Reply {
            let run = run.clone();
            Box::pin(async move {
                // The reason is not passed on: it quotes the body, which may hold a secret.
                let command = serde_json::from_value::<C>(body)
                    .map_err(|_| Failure::new(Code::BadRequest, format!("{} has another form.", C::NAME)))?;
                let reply = run(app, command).await?;
                serde_json::to_string(&reply)
                    .map_err(|error| Failure::new(Code::Internal, format!("The reply has no JSON form: {error}")))
            })
        };
        self.0.insert(C::NAME, Route { windows: C::WINDOWS, run: Box::new(run) });
        self
    }
}

static ROUTES: LazyLock<BTreeMap<&'static str, Route>> = LazyLock::new(|| {
    Routes::default()
        .on(conversations::list_conversations)
        .on(conversations::create_conversation)
        .on(conversations::open_conversation)
        .on(conversations::load_messages)
        .on(conversations::rename_conversation)
        .on(conversations::delete_conversation)
        .on(conversations::restore_conversation)
        .on(conversations::set_model)
        .on(conversations::set_conversation_key)
        .on(conversations::save_draft)
        .on(conversations::recent_questions)
        .on(chat::send_message)
        .on(chat::retry_answer)
        .on(chat::continue_answer)
        .on(chat::stop_answer)
        .on(chat::select_sibling)
        .on(links::copy_text)
        .on(links::open_link)
        .on(highlight::highlight)
        .on(keys::list_keys)
        .on(keys::look_at_clipboard)
        .on(keys::paste_key)
        .on(keys::save_key)
        .on(keys::move_key)
        .on(keys::test_key)
        .on(keys::settle_pending)
        .on(keys::delete_key)
        .on(keys::restore_key)
        .on(keys::find_keys)
        .on(keys::import_keys)
        .on(entry::open_entry)
        .on(entry::get_entry)
        .on(entry::cancel_entry)
        .on(entry::submit_entry)
        .on(entry::get_recovery_code)
        .on(entry::save_recovery_code)
        .on(entry::confirm_recovery_code)
        .on(vault::get_vault)
        .on(vault::protect)
        .on(vault::make_recovery_code)
        .on(vault::renew_protection)
        .on(vault::unlock_with_keychain)
        .on(vault::lock_vault)
        .on(vault::note_activity)
        .on(vault::rotate)
        .on(vault::move_root)
        .on(backups::list_backups)
        .on(backups::make_backup)
        .on(backups::check_backup)
        .on(backups::restore_backup)
        .on(audit::list_audit)
        .on(audit::verify_audit)
        .on(audit::export_audit)
        .on(catalogue::get_catalogue)
        .on(catalogue::save_provider)
        .on(catalogue::delete_provider)
        .on(status::get_status)
        .on(status::get_settings)
        .on(status::save_settings)
        .on(status::restore_store)
        .on(status::restore_vault)
        .on(status::report_usable)
        .on(files::choose_file)
        .0
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_of_the_contract_is_routed_as_it_says() {
        let routed: BTreeMap<_, _> = routes().collect();
        let wanted: BTreeMap<_, _> =
            holdfast_contract::commands().into_iter().map(|command| (command.name, command.windows)).collect();
        assert_eq!(routed, wanted, "a command without a route answers nobody; a route without a command is unchecked");
    }
}
