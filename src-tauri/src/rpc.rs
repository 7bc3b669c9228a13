//! The router: one table from the names of the contract to the use cases, with the windows that may
//! ask. It knows windows only by their labels, so that tests reach it without one.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::LazyLock;

use holdfast_app::{App, catalogue, chat, conversations, highlight, keys, links, status};
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
        .on(keys::paste_key)
        .on(keys::test_key)
        .on(keys::delete_key)
        .on(keys::unlock_with_keychain)
        .on(keys::lock_vault)
        .on(keys::open_entry)
        .on(keys::get_entry)
        .on(keys::cancel_entry)
        .on(keys::submit_entry)
        .on(catalogue::get_catalogue)
        .on(catalogue::save_provider)
        .on(catalogue::delete_provider)
        .on(status::get_status)
        .on(status::get_settings)
        .on(status::save_settings)
        .on(status::restore_store)
        .on(status::restore_vault)
        .on(status::report_usable)
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
