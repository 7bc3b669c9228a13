//! A question, and its answer as it comes.

use std::io::Write as _;
use std::process::ExitCode;

use holdfast_app::{App, chat, conversations};
use holdfast_contract::{
    AnswerState, Code, ConversationId, CreateConversation, Event, Failure, ListConversations, MessageId, ModelRef,
    SendMessage, SetModel, StopAnswer,
};

use super::{STOPPED, read_input, tell};

pub(super) async fn ask(
    app: &App,
    model: Option<String>,
    continue_last: bool,
    question: Option<String>,
) -> Result<ExitCode, Failure> {
    let question = match question.as_deref() {
        None | Some("-") => read_input()?,
        Some(question) => question.to_owned(),
    };
    let model = match model {
        Some(text) => Some(ModelRef::parse(&text).ok_or_else(|| {
            Failure::new(Code::BadRequest, format!("“{text}” names no model."))
                .hint("Write it as provider/model; `holdfast models` lists them.")
        })?),
        None => None,
    };
    let newest = match continue_last {
        true => conversations::list_conversations(app.clone(), ListConversations {}).await?.into_iter().next(),
        false => None,
    };
    let conversation = match newest {
        Some(newest) => {
            if let Some(model) = model {
                conversations::set_model(app.clone(), SetModel { conversation: newest.id, model }).await?;
            }
            newest.id
        }
        None => {
            let settings = holdfast_app::status::get_settings(app.clone(), holdfast_contract::GetSettings {}).await?;
            let model = model.or(settings.model).ok_or_else(|| {
                Failure::new(Code::ModelMissing, "No model was chosen yet.")
                    .hint("Name one with --model; `holdfast models` lists them, and rehearsal/rehearsal works offline.")
            })?;
            conversations::create_conversation(app.clone(), CreateConversation { model: Some(model) }).await?.id
        }
    };
    let mut events = app.events().listen();
    let command = SendMessage { conversation, text: question, edits: None };
    let sent = chat::send_message(app.clone(), command).await?;
    let last = sent.view.tail.last();
    // Of an answer that failed before it began, no event tells. One that failed after some words did so
    // in events, with the words before it.
    let said = last.is_some_and(|message| !message.parts.is_empty());
    let first = last.and_then(|message| message.answer.clone()).map(|info| info.state).filter(|_| !said);
    print_answer(app, &mut events, conversation, sent.answer, first).await
}

/// Prints text as it comes, and ends as the answer ends.
async fn print_answer(
    app: &App,
    events: &mut holdfast_app::Listener,
    conversation: ConversationId,
    answer: MessageId,
    first: Option<AnswerState>,
) -> Result<ExitCode, Failure> {
    if let Some(AnswerState::Failed { failure }) = first {
        return Err(failure);
    }
    let mut stdout = std::io::stdout().lock();
    let mut last_char = '\n';
    // One listener for the whole answer: a Ctrl C between two events would be lost on a new one.
    let mut interrupted = std::pin::pin!(tokio::signal::ctrl_c());
    loop {
        let event = tokio::select! {
            biased;
            _ = &mut interrupted => {
                interrupted.set(tokio::signal::ctrl_c());
                chat::stop_answer(app.clone(), StopAnswer { answer }).await?;
                continue;
            }
            event = events.next() => event,
        };
        match event {
            Some(Event::Delta(delta)) if delta.answer == answer && !delta.reasoning => {
                // A reader that has gone, like `head`, ends the answer and is no fault.
                if stdout.write_all(delta.text.as_bytes()).and_then(|()| stdout.flush()).is_err() {
                    chat::stop_answer(app.clone(), StopAnswer { answer }).await?;
                    continue;
                }
                last_char = delta.text.chars().last().unwrap_or(last_char);
            }
            Some(Event::Answer { answer: id, info, .. }) if id == answer => {
                let code = match info.state {
                    AnswerState::Streaming { waiting } => {
                        if let Some(waiting) = waiting {
                            tell(&format!("{} Trying again ({} of 3).", waiting.why, waiting.attempt));
                        }
                        continue;
                    }
                    AnswerState::Complete { .. } => ExitCode::SUCCESS,
                    AnswerState::Stopped | AnswerState::Interrupted => ExitCode::from(STOPPED),
                    AnswerState::Failed { failure } => {
                        end_line(&mut stdout, last_char);
                        return Err(failure);
                    }
                };
                end_line(&mut stdout, last_char);
                return Ok(code);
            }
            // The answer went faster than the terminal. What is missing stands in the database.
            Some(Event::Lagged) => {
                return Err(Failure::new(Code::Internal, "The terminal was too slow, and text was skipped.")
                    .hint("The whole answer is in the window, in the conversation of this question.")
                    .action(holdfast_contract::Action::Reload { conversation }));
            }
            Some(_) => {}
            None => return Err(Failure::new(Code::Internal, "The program ended before the answer.")),
        }
    }
}

fn end_line(stdout: &mut impl std::io::Write, last: char) {
    if last != '\n' {
        // Nothing is lost when the reader has gone.
        let _ = writeln!(stdout);
    }
}
