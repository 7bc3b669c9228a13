use holdfast_contract::{KeyNeed, Part};
use holdfast_core::exchange::Message;
use serde_json::json;

use super::*;
use crate::catalogue::{MaxTokensField, SystemRole};

fn message(role: Role, text: &str) -> Message {
    Message { role, parts: vec![Part::Reasoning { text: "hidden".into() }, Part::Text { text: text.to_owned() }] }
}

fn request() -> Request {
    Request {
        model: "m".into(),
        instructions: Some("Be brief.".into()),
        messages: vec![
            message(Role::User, "one"),
            message(Role::Assistant, "  "),
            message(Role::User, "two"),
            message(Role::Assistant, "three"),
            message(Role::User, "four\0\u{1F600}"),
        ],
        max_output: Some(100),
        context_window: Some(4096),
        package: None,
    }
}

fn row(wire: WireName) -> ProviderRow {
    ProviderRow::custom("p".into(), "P".into(), "http://127.0.0.1:1", wire, KeyNeed::None).unwrap()
}

#[test]
fn a_chat_completions_body_has_what_its_flags_say() {
    let mut row = row(WireName::OpenaiChat);
    let messages = |system: &str| {
        json!([
            { "role": system, "content": "Be brief." },
            { "role": "user", "content": "one\n\ntwo" },
            { "role": "assistant", "content": "three" },
            { "role": "user", "content": "four\0\u{1F600}" },
        ])
    };
    assert_eq!(
        body(&row, &request()),
        Some(json!({
            "model": "m", "messages": messages("system"), "stream": true,
            "stream_options": { "include_usage": true }, "max_tokens": 100,
        })),
        "empty messages are dropped, neighbours of one speaker joined, reasoning and package kept"
    );
    row.flags.include_usage = false;
    row.flags.max_tokens_field = MaxTokensField::MaxCompletionTokens;
    row.flags.system_role = SystemRole::Developer;
    row.patch = json!({ "stream": null, "reasoning": { "effort": "low" } }).as_object().cloned().unwrap();
    assert_eq!(
        body(&row, &request()),
        Some(json!({
            "model": "m", "messages": messages("developer"), "max_completion_tokens": 100,
            "reasoning": { "effort": "low" },
        })),
        "flags and patch change it"
    );
}

#[test]
fn an_ollama_body_sets_the_window_only_when_it_is_known() {
    let mut row = row(WireName::Ollama);
    let mut bare = Request { instructions: None, max_output: None, context_window: None, ..request() };
    bare.messages.drain(..4);
    let messages = json!([{ "role": "user", "content": "four\0\u{1F600}" }]);
    assert_eq!(body(&row, &bare), Some(json!({ "model": "m", "messages": messages, "stream": true })));
    row.patch = json!({ "truncate": false, "options": { "num_gpu": 1 } }).as_object().cloned().unwrap();
    let full = Request { context_window: Some(8192), max_output: Some(50), ..bare };
    assert_eq!(
        body(&row, &full),
        Some(json!({
            "model": "m", "messages": messages, "stream": true, "truncate": false,
            "options": { "num_ctx": 8192, "num_predict": 50, "num_gpu": 1 },
        })),
        "a patch is merged into objects that are there"
    );
}

#[test]
fn rehearsal_has_no_body_and_no_paths() {
    assert_eq!(body(&row(WireName::Rehearsal), &request()), None);
    assert!(paths(WireName::Rehearsal).is_none());
}

mod ollama_lines {
    use holdfast_contract::{StopReason, Usage};
    use holdfast_core::exchange::ErrorKind;

    use super::*;
    use crate::fault::{Fault, classify};

    fn map(lines: &[&str]) -> (Vec<Event>, Result<Progress, Fault>) {
        let mut mapper = ollama::Mapper::new(false);
        let (mut events, mut last) = (Vec::new(), Ok(Progress::Nothing));
        for line in lines {
            last = mapper.on(line, &mut events);
            if last.is_err() {
                break;
            }
        }
        (events, last)
    }

    #[test]
    fn an_answer_is_mapped_line_by_line() {
        let (events, last) = map(&[
            r#"{"model":"m","message":{"role":"assistant","content":"","thinking":"hm"},"done":false}"#,
            r#"{"message":{"content":"h\u00e9"},"done":false}"#,
            r#"{"message":{"content":"","tool_calls":[{"function":{"name":"f","arguments":{}}}]},"done":false}"#,
            r#"{"message":{"content":""},"done":true,"done_reason":"length","prompt_eval_count":7,"eval_count":"3"}"#,
        ]);
        let usage = Usage { input: Some(7), output: Some(3), ..Usage::default() };
        assert_eq!(
            events,
            [
                Event::Reasoning("hm".into()),
                Event::Text("hé".into()),
                Event::Usage(usage),
                Event::Stop(StopReason::Length)
            ]
        );
        assert_eq!(last, Ok(Progress::Done));
    }

    #[test]
    fn counts_and_reason_may_be_missing() {
        let (events, last) = map(&[r#"{"done":true}"#]);
        assert_eq!((events, last), (vec![Event::Stop(StopReason::End)], Ok(Progress::Done)));
    }

    #[test]
    fn an_error_line_ends_it() {
        let (events, last) = map(&[r#"{"message":{"content":"a"},"done":false}"#, r#"{"error":"CUDA out of memory"}"#]);
        assert_eq!(events, [Event::Text("a".into())], "what came before stays");
        let fault = last.unwrap_err();
        assert_eq!(
            (fault.message.as_str(), classify(Some(200), &fault)),
            ("CUDA out of memory", ErrorKind::Overloaded)
        );
    }

    #[test]
    fn what_is_not_of_the_wire_is_told_apart() {
        assert_eq!(map(&[r#"{"status":"loading"}"#, "[]", "7"]).1, Ok(Progress::Nothing), "other JSON says nothing");
        assert_eq!(map(&["nonsense"]).1.unwrap_err().kind, Some(ErrorKind::Malformed), "but it must be JSON");
    }
}
