//! Questions and answers.

use holdfast_contract::{
    AnswerInfo, AnswerState, Code, ContinueAnswer, ConversationId, Event, Failure, KeyId, KeyNeed, MessageId, ModelRef,
    Part, RetryAnswer, Role, SelectSibling, SendMessage, Sent, StopAnswer, Usage, WireName,
};
use holdfast_core::package::{Candidate, Inputs, Package};
use holdfast_core::title_of;
use holdfast_store::StoredMessage;

use crate::catalogue::Chosen;
use crate::chain::{self, Chain, Cost, Key};
use crate::drive::{self, Job};
use crate::failure::Explain as _;
use crate::live::Claim;
use crate::{App, app, conversations, failure};

/// Room kept for an answer when the model does not say how long its answers may be.
const USUAL_RESERVE: u32 = 4096;
/// What a local server is told to make room for at least.
const SMALLEST_WINDOW: u32 = 4096;
/// A local server's window when the model does not say how much it takes.
const USUAL_LOCAL_WINDOW: u32 = 32_768;
/// Longer questions are refused: they could only be a mistake.
const MOST_QUESTION_BYTES: usize = 16 * 1024 * 1024;

/// What a continued answer is asked with. The model sees it, the conversation does not hold it.
const GO_ON: &str = "Your answer was cut off. Continue it exactly where it stopped. Do not repeat what you have written and do not comment on the interruption.";

/// Asks a question.
///
/// # Errors
/// When there is nothing to ask, nobody to ask, or the question cannot be stored. What goes wrong
/// later stands in the answer.
pub async fn send_message(app: App, command: SendMessage) -> Result<Sent, Failure> {
    if command.text.trim().is_empty() {
        return Err(Failure::new(Code::BadRequest, "There is nothing to send.").hint("Write a question first."));
    }
    if command.text.len() > MOST_QUESTION_BYTES {
        return Err(
            Failure::new(Code::TooLong, "The message is longer than 16 MB.").hint("Send the part of it that matters.")
        );
    }
    let store = app.store()?;
    let line = store.conversation(command.conversation).await.explain()?.ok_or_else(failure::conversation_gone)?;
    let _claim = claim(&app, command.conversation)?;
    let chosen = chosen_for(&app, line.conversation.model.as_ref()).await?;
    let parent = match command.edits {
        Some(edited) => {
            let edited = store.message(edited).await.explain()?.ok_or_else(failure::message_gone)?;
            if edited.role != Role::User || edited.conversation != command.conversation {
                return Err(Failure::new(Code::BadRequest, "Only a question of this conversation can be edited."));
            }
            edited.parent
        }
        None => line.conversation.leaf,
    };
    let now = app::now();
    let question = StoredMessage {
        id: app::new_message_id(),
        conversation: command.conversation,
        parent,
        depth: 0,
        role: Role::User,
        parts: vec![Part::Text { text: command.text.clone() }],
        created_at: now,
        answer: None,
    };
    let title = (!line.conversation.title_by_user && parent.is_none()).then(|| title_of(&command.text));
    let mut writes = store.begin().await.explain()?;
    let question_id = question.id;
    writes.add_message(question).await.explain()?;
    writes.set_leaf(command.conversation, question_id, now).await.explain()?;
    if let Some(title) = title {
        writes.rename(command.conversation, &title, false).await.explain()?;
    }
    writes.save_draft(command.conversation, "").await.explain()?;
    writes.commit().await.explain()?;
    answer(&app, command.conversation, question_id, chosen, line.key, Vec::new()).await
}

/// Asks the question behind an answer again.
///
/// # Errors
/// When the answer or its question is gone, or another answer is being written.
pub async fn retry_answer(app: App, command: RetryAnswer) -> Result<Sent, Failure> {
    let (old, question, _claim) = answer_and_question(&app, command.answer).await?;
    let line = app.store()?.conversation(old.conversation).await.explain()?.ok_or_else(failure::conversation_gone)?;
    let own_key = line.key;
    let model = line.conversation.model.or_else(|| old.answer.map(|info| info.model));
    let chosen = chosen_for(&app, model.as_ref()).await?;
    answer(&app, old.conversation, question, chosen, own_key, Vec::new()).await
}

/// Goes on from a partial answer, with the model that wrote it.
///
/// # Errors
/// When the answer or its question is gone, or another answer is being written.
pub async fn continue_answer(app: App, command: ContinueAnswer) -> Result<Sent, Failure> {
    let (old, question, _claim) = answer_and_question(&app, command.answer).await?;
    let line = app.store()?.conversation(old.conversation).await.explain()?.ok_or_else(failure::conversation_gone)?;
    let model = old.answer.map(|info| info.model);
    let chosen = chosen_for(&app, model.as_ref()).await?;
    answer(&app, old.conversation, question, chosen, line.key, old.parts).await
}

/// Stops an answer. One that has ended stays as it is.
///
/// # Errors
/// None at present; the type is that of every command.
pub async fn stop_answer(app: App, command: StopAnswer) -> Result<(), Failure> {
    app.live().stop(command.answer);
    Ok(())
}

/// Shows a sibling and what followed it.
///
/// # Errors
/// When the message is gone.
pub async fn select_sibling(app: App, command: SelectSibling) -> Result<holdfast_contract::ConversationView, Failure> {
    let store = app.store()?;
    let message = store.message(command.message).await.explain()?.ok_or_else(failure::message_gone)?;
    let leaf = store.newest_leaf_below(command.message).await.explain()?;
    let line = store.conversation(message.conversation).await.explain()?.ok_or_else(failure::conversation_gone)?;
    let mut writes = store.begin().await.explain()?;
    // Looking at a branch is no news: the conversation keeps its place in the list.
    writes.set_leaf(message.conversation, leaf, line.conversation.updated_at).await.explain()?;
    writes.commit().await.explain()?;
    app.events().send(Event::Conversations);
    conversations::view(&app, message.conversation).await
}

/// The right to begin an answer, held until it has begun.
fn claim(app: &App, conversation: ConversationId) -> Result<Claim, Failure> {
    app.live().claim(conversation).ok_or_else(|| {
        Failure::new(Code::BadRequest, "An answer is still being written.").hint("Stop it first, or wait for its end.")
    })
}

async fn chosen_for(app: &App, model: Option<&ModelRef>) -> Result<Chosen, Failure> {
    match model {
        Some(model) => app.choose(model).await,
        None => Err(Failure::new(Code::ModelMissing, "No model is chosen.")
            .hint("Choose who shall answer.")
            .action(holdfast_contract::Action::ChooseModel)),
    }
}

async fn answer_and_question(app: &App, answer: MessageId) -> Result<(StoredMessage, MessageId, Claim), Failure> {
    let old = app.store()?.message(answer).await.explain()?.ok_or_else(failure::message_gone)?;
    let claim = claim(app, old.conversation)?;
    let question = old.parent.filter(|_| old.role == Role::Assistant).ok_or_else(failure::message_gone)?;
    Ok((old, question, claim))
}

/// Adds the row of the answer, starts its turn, and shows the conversation as it then stands.
async fn answer(
    app: &App,
    conversation: ConversationId,
    question: MessageId,
    chosen: Chosen,
    own_key: Option<KeyId>,
    begins: Vec<Part>,
) -> Result<Sent, Failure> {
    let store = app.store()?;
    let path = store.path_to(question).await.explain()?;
    let now = app::now();
    let id = app::new_message_id();
    // What stands in the way of asking at all stands in the answer, like everything later.
    let prepared = match key_for(app, &chosen, own_key).await {
        Ok(key) => build_request(path, &chosen, &begins).map(|request| {
            let cost = Cost {
                price: chosen.price,
                input: request.package.as_ref().map_or(0, |package| package.tokens),
                output: reserve(&chosen),
            };
            (request, Chain::new(conversation, id, chosen.model.clone(), cost, key))
        }),
        Err(failure) => Err(failure),
    };
    let info = AnswerInfo {
        model: chosen.model.clone(),
        model_name: chosen.model_name.clone(),
        local: chosen.local,
        key: prepared.as_ref().ok().and_then(|(_, chain)| chain.used()),
        state: AnswerState::Streaming { waiting: None },
        first_token_ms: None,
        duration_ms: None,
        usage: Usage::default(),
    };
    let stored_info = match &prepared {
        Err(failure) => AnswerInfo { state: AnswerState::Failed { failure: failure.clone() }, ..info.clone() },
        Ok(_) => info.clone(),
    };
    let mut writes = store.begin().await.explain()?;
    writes
        .add_message(StoredMessage {
            id,
            conversation,
            parent: Some(question),
            depth: 0,
            role: Role::Assistant,
            parts: begins.clone(),
            created_at: now,
            answer: Some(stored_info),
        })
        .await
        .explain()?;
    writes.set_leaf(conversation, id, now).await.explain()?;
    writes.commit().await.explain()?;
    if let Ok((request, chain)) = prepared {
        drive::start(app, Job { conversation, answer: id, provider: chosen.provider, request, info, begins, chain });
    }
    app.events().send(Event::Conversations);
    Ok(Sent { view: conversations::view(app, conversation).await?, answer: id })
}

async fn key_for(app: &App, chosen: &Chosen, own: Option<KeyId>) -> Result<Option<Key>, Failure> {
    match chain::choose(app, &chosen.provider, own).await? {
        None if chosen.provider.key == KeyNeed::Required => Err(chain::missing(app, &chosen.provider).await?),
        key => Ok(key),
    }
}

/// Tokens that are kept free for the answer.
fn reserve(chosen: &Chosen) -> u32 {
    chosen.max_output.unwrap_or(USUAL_RESERVE).min(USUAL_RESERVE)
}

fn build_request(
    path: Vec<StoredMessage>,
    chosen: &Chosen,
    begins: &[Part],
) -> Result<holdfast_core::exchange::Request, Failure> {
    let mut messages: Vec<Candidate> = path
        .into_iter()
        .map(|message| Candidate { id: message.id, role: message.role, parts: message.parts })
        .collect();
    if let (false, Some(question)) = (begins.is_empty(), messages.last().map(|message| message.id)) {
        messages.push(Candidate { id: question, role: Role::Assistant, parts: begins.to_vec() });
        messages.push(Candidate { id: question, role: Role::User, parts: vec![Part::Text { text: GO_ON.to_owned() }] });
    }
    let reserve = reserve(chosen);
    let local_server = chosen.provider.wire == WireName::Ollama;
    let window = match chosen.context_window {
        None if local_server => Some(USUAL_LOCAL_WINDOW),
        window => window,
    };
    let package = Package::build(Inputs { instructions: None, messages, context_window: window, reserve })
        .map_err(|error| failure::of_package(&error))?;
    // A local server loads the model anew when its window changes, so the window grows in doublings.
    let told = local_server.then(|| {
        let need = package.tokens.saturating_add(package.tokens / 4).saturating_add(reserve).max(SMALLEST_WINDOW);
        let rounded = need.checked_next_power_of_two().unwrap_or(need);
        window.map_or(rounded, |most| rounded.min(most))
    });
    Ok(package.request(chosen.model.model.clone(), None, told))
}
