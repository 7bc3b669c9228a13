//! The list of conversations and what one of them shows.

use holdfast_contract::{
    Code, ConversationId, ConversationSummary, ConversationView, CreateConversation, DeleteConversation, Event,
    Failure, ListConversations, LoadMessages, MessageView, ModelRef, OpenConversation, RecentQuestions,
    RenameConversation, RestoreConversation, SaveDraft, SetConversationKey, SetModel,
};
use holdfast_core::title_of;
use holdfast_store::{Conversation, ConversationLine};

use crate::failure::Explain as _;
use crate::{App, app, failure, keys};

/// Messages that an opened conversation brings along.
const TAIL: u32 = 30;
/// Messages that one request gets at most.
const MOST_AT_ONCE: u32 = 200;
const MOST_TITLE_CHARS: usize = 200;
const MOST_RECENT: u32 = 200;

/// All conversations, newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn list_conversations(app: App, _: ListConversations) -> Result<Vec<ConversationSummary>, Failure> {
    let lines = app.store()?.conversations().await.explain()?;
    Ok(lines.into_iter().map(|line| summary(&app, line)).collect())
}

/// A new conversation.
///
/// # Errors
/// When it cannot be stored.
pub async fn create_conversation(app: App, command: CreateConversation) -> Result<ConversationSummary, Failure> {
    let now = app::now();
    let id = app::new_conversation_id();
    let chosen = match &command.model {
        Some(model) => Some(app.describe(model).await),
        None => None,
    };
    let conversation = Conversation {
        id,
        title: String::new(),
        title_by_user: false,
        created_at: now,
        updated_at: now,
        deleted_at: None,
        leaf: None,
        model_name: chosen.as_ref().map(|chosen| chosen.name.clone()),
        local: chosen.is_some_and(|chosen| chosen.local),
        model: command.model,
        draft: String::new(),
    };
    let mut writes = app.store()?.begin().await.explain()?;
    writes.create_conversation(conversation).await.explain()?;
    writes.commit().await.explain()?;
    app.events().send(Event::Conversations);
    one(&app, id).await
}

/// Opens a conversation.
///
/// # Errors
/// When it is gone.
pub async fn open_conversation(app: App, command: OpenConversation) -> Result<ConversationView, Failure> {
    view(&app, command.id).await
}

/// Bodies of messages.
///
/// # Errors
/// When the database does not answer.
pub async fn load_messages(app: App, command: LoadMessages) -> Result<Vec<MessageView>, Failure> {
    let count = command.count.min(MOST_AT_ONCE);
    let store = app.store()?;
    let mut messages = store.messages(command.conversation, command.from, count).await.explain()?;
    if messages.is_empty() {
        store.conversation(command.conversation).await.explain()?.ok_or_else(failure::conversation_gone)?;
    }
    app.live().overlay(&mut messages);
    Ok(messages)
}

/// Gives a title.
///
/// # Errors
/// When the conversation is gone.
pub async fn rename_conversation(app: App, command: RenameConversation) -> Result<ConversationSummary, Failure> {
    let store = app.store()?;
    let title: String = command.title.trim().chars().filter(|c| !c.is_control()).take(MOST_TITLE_CHARS).collect();
    let by_user = !title.is_empty();
    let title = if by_user {
        title
    } else {
        let first = store.messages(command.id, 0, 1).await.explain()?;
        first.first().map(|message| title_of(&text_of(message))).unwrap_or_default()
    };
    let mut writes = store.begin().await.explain()?;
    writes.rename(command.id, &title, by_user).await.explain()?;
    writes.commit().await.explain()?;
    app.events().send(Event::Conversations);
    one(&app, command.id).await
}

/// Deletes a conversation; what it is writing stops first.
///
/// # Errors
/// When it cannot be stored.
pub async fn delete_conversation(app: App, command: DeleteConversation) -> Result<(), Failure> {
    for answer in app.live().of(command.id) {
        app.live().stop(answer);
    }
    let mut writes = app.store()?.begin().await.explain()?;
    writes.delete_conversation(command.id, app::now()).await.explain()?;
    writes.commit().await.explain()?;
    app.events().send(Event::Conversations);
    Ok(())
}

/// Takes a deletion back.
///
/// # Errors
/// When it is gone for good.
pub async fn restore_conversation(app: App, command: RestoreConversation) -> Result<ConversationSummary, Failure> {
    let mut writes = app.store()?.begin().await.explain()?;
    writes.restore_conversation(command.id).await.explain()?;
    writes.commit().await.explain()?;
    app.events().send(Event::Conversations);
    one(&app, command.id).await
}

/// Chooses the model of the next question, and of the next new conversation.
///
/// # Errors
/// When the conversation is gone.
pub async fn set_model(app: App, command: SetModel) -> Result<ConversationSummary, Failure> {
    let store = app.store()?;
    let described = app.describe(&command.model).await;
    let mut settings = store.settings().await.explain()?;
    settings.model = Some(command.model.clone());
    let mut writes = store.begin().await.explain()?;
    writes.set_model(command.conversation, &command.model, &described.name, described.local).await.explain()?;
    writes.save_settings(&settings).await.explain()?;
    writes.commit().await.explain()?;
    app.events().send(Event::Settings { settings });
    app.events().send(Event::Conversations);
    one(&app, command.conversation).await
}

/// Chooses the key of the next question. A conversation without questions begins with the model that
/// the user set for the key.
///
/// # Errors
/// When the conversation or the key is gone, or the key is of another provider than the model.
pub async fn set_conversation_key(app: App, command: SetConversationKey) -> Result<ConversationSummary, Failure> {
    let store = app.store()?;
    let line = store.conversation(command.conversation).await.explain()?.ok_or_else(failure::conversation_gone)?;
    let key = match command.key {
        Some(key) => Some(keys::present(&store, key).await?),
        None => None,
    };
    let first_model = key.as_ref().filter(|_| line.messages == 0).and_then(|key| {
        let model = key.settings.default_model.clone()?;
        Some(ModelRef { provider: key.info.provider.clone(), model })
    });
    let asked = first_model.as_ref().or(line.conversation.model.as_ref());
    if let (Some(key), Some(asked)) = (&key, asked)
        && key.info.provider != asked.provider
    {
        return Err(Failure::new(
            Code::BadRequest,
            format!("The key “{}” is of another provider than {asked}.", key.info.name),
        )
        .hint("Choose a model of its provider first."));
    }
    let described = match &first_model {
        Some(model) => Some((model, app.describe(model).await)),
        None => None,
    };
    let mut writes = store.begin().await.explain()?;
    writes.set_conversation_key(command.conversation, command.key).await.explain()?;
    if let Some((model, described)) = described {
        writes.set_model(command.conversation, model, &described.name, described.local).await.explain()?;
    }
    writes.commit().await.explain()?;
    app.events().send(Event::Conversations);
    one(&app, command.conversation).await
}

/// Keeps what the user has typed.
///
/// # Errors
/// When it cannot be stored.
pub async fn save_draft(app: App, command: SaveDraft) -> Result<(), Failure> {
    let mut writes = app.store()?.begin().await.explain()?;
    writes.save_draft(command.conversation, &command.text).await.explain()?;
    writes.commit().await.explain()?;
    Ok(())
}

/// Questions for the composer's history.
///
/// # Errors
/// When the database does not answer.
pub async fn recent_questions(app: App, command: RecentQuestions) -> Result<Vec<String>, Failure> {
    app.store()?.recent_questions(command.count.min(MOST_RECENT)).await.explain()
}

pub(crate) async fn view(app: &App, id: ConversationId) -> Result<ConversationView, Failure> {
    let store = app.store()?;
    let line = store.conversation(id).await.explain()?.ok_or_else(failure::conversation_gone)?;
    let lengths = store.lengths(id).await.explain()?;
    let count = u32::try_from(lengths.len()).unwrap_or(u32::MAX);
    let mut tail = store.messages(id, count.saturating_sub(TAIL), TAIL).await.explain()?;
    app.live().overlay(&mut tail);
    let draft = line.conversation.draft.clone();
    Ok(ConversationView { summary: summary(app, line), lengths, tail, draft })
}

async fn one(app: &App, id: ConversationId) -> Result<ConversationSummary, Failure> {
    let line = app.store()?.conversation(id).await.explain()?.ok_or_else(failure::conversation_gone)?;
    Ok(summary(app, line))
}

fn summary(app: &App, line: ConversationLine) -> ConversationSummary {
    ConversationSummary {
        id: line.conversation.id,
        title: line.conversation.title,
        updated_at: line.conversation.updated_at,
        model: line.conversation.model,
        model_name: line.conversation.model_name,
        local: line.conversation.local,
        messages: line.messages,
        streaming: app.live().of(line.conversation.id).first().copied().or(line.streaming),
        key: line.key,
    }
}

fn text_of(message: &MessageView) -> String {
    let texts = message.parts.iter().filter_map(|part| match part {
        holdfast_contract::Part::Text { text } => Some(text.as_str()),
        holdfast_contract::Part::Reasoning { .. } => None,
    });
    texts.collect::<Vec<_>>().concat()
}
