use super::*;
use crate::fault::classify;

fn map_with(think_tags: bool, data: &[&str]) -> (Vec<Event>, Result<Progress, Fault>) {
    let mut mapper = Mapper::new(think_tags);
    let (mut events, mut last) = (Vec::new(), Ok(Progress::Nothing));
    for data in data {
        last = mapper.on(None, data, &mut events);
        if last.is_err() {
            break;
        }
    }
    mapper.finish(&mut events);
    (events, last)
}

fn map(data: &[&str]) -> Vec<Event> {
    let (events, last) = map_with(false, data);
    assert!(last.is_ok(), "{data:?}: {last:?}");
    events
}

fn text(text: &str) -> Event {
    Event::Text(text.to_owned())
}

fn reasoning(text: &str) -> Event {
    Event::Reasoning(text.to_owned())
}

fn usage(input: u64, output: u64) -> Event {
    Event::Usage(Usage { input: Some(input), output: Some(output), ..Usage::default() })
}

const END: Event = Event::Stop(StopReason::End);

#[test]
fn an_ordinary_stream_is_mapped() {
    let events = map(&[
        r#"{"id":"c","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}"#,
        r#"{"id":"c","choices":[{"index":0,"delta":{"content":"h\u00e9"},"finish_reason":null}]}"#,
        r#"{"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
        r#"{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":1}}}"#,
        "[DONE]",
    ]);
    let full = Usage { input: Some(5), output: Some(2), cached: Some(4), reasoning: Some(1) };
    assert_eq!(events, [text("hé"), END, Event::Usage(full)], "one stop, whatever says so again");
}

#[test]
fn done_alone_ends_an_answer() {
    assert_eq!(map(&[r#"{"choices":[{"delta":{"content":"a"}}]}"#, "[DONE] "]), [text("a"), END]);
}

#[test]
fn odd_pieces_are_read_or_passed_over() {
    for (data, expected) in [
        (r#"{"choices":[]}"#, vec![]),
        (r#"{"choices":null}"#, vec![]),
        (r#"{"type":"keepalive","sequence_number":3}"#, vec![]),
        (r#"{"obfuscation":"xyz"}"#, vec![]),
        (r#"{"choices":[{"delta":null,"finish_reason":null}]}"#, vec![]),
        (r#"{"choices":[{"finish_reason":""}]}"#, vec![]),
        (r#"{"choices":[{"delta":{"content":null}}]}"#, vec![]),
        (r#"{"choices":[{"index":"0","delta":{"content":"a"}}],"created":"now"}"#, vec![text("a")]),
        (r#"{"choices":[{"delta":{"content":"a"},"message":{"content":"b"}}]}"#, vec![text("a")]),
        (r#"{"choices":[{"delta":{"content":"a","content":"b"}}]}"#, vec![text("b")]),
        (
            r#"{"choices":[{"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"t"}]},{"type":"text","text":"a"}]}}]}"#,
            vec![reasoning("t"), text("a")],
        ),
        (r#"{"choices":[{"delta":{"content":"a\ud83d"}}]}"#, vec![text("a\u{FFFD}")]),
        (r#"[{"choices":[{"delta":{"content":"a"}}]}]"#, vec![text("a")]),
        (r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"f"}}]}}]}"#, vec![]),
        (r#"{"choices":[],"usage":{"prompt_tokens":"5","completion_tokens":2.0}}"#, vec![usage(5, 2)]),
        (r#"{"choices":[],"usage":{"prompt_tokens":{}}}"#, vec![]),
        (r#"{"choices":[],"usage":7}"#, vec![]),
        (
            r#"{"choices":[],"error":null,"x_groq":{"id":"r","usage":{"prompt_tokens":5,"completion_tokens":2}}}"#,
            vec![usage(5, 2)],
        ),
        ("   ", vec![]),
        ("7", vec![]),
    ] {
        assert_eq!(map(&[data]), expected, "{data}");
    }
}

#[test]
fn reasoning_that_is_sent_twice_is_shown_once() {
    let data = r#"{"choices":[{"delta":{"reasoning":"t","reasoning_content":"t","reasoning_details":[{"type":"reasoning.text","text":"t"}]}}]}"#;
    assert_eq!(map(&[data]), [reasoning("t")]);
    let data = r#"{"choices":[{"delta":{"reasoning":"","reasoning_details":[{"type":"reasoning.summary","summary":"s"},{"type":"reasoning.encrypted","data":"x"}]}}]}"#;
    assert_eq!(map(&[data]), [reasoning("s")], "and from where it is");
}

#[test]
fn a_repeated_finish_with_usage_is_one_finish() {
    let finish = r#"{"choices":[{"delta":{"content":""},"finish_reason":"stop","native_finish_reason":"STOP"}]}"#;
    let again = r#"{"choices":[{"delta":{"content":""},"finish_reason":"length"}],"usage":{"prompt_tokens":5,"completion_tokens":2,"cost":0.1}}"#;
    assert_eq!(map(&[finish, again, "[DONE]"]), [END, usage(5, 2)]);
}

#[test]
fn foreign_reasons_are_understood() {
    use StopReason::*;
    for (reason, expected) in [
        ("stop", End),
        ("end_turn", End),
        ("COMPLETE", End),
        ("eos", End),
        ("STOP", End),
        ("length", Length),
        ("MAX_TOKENS", Length),
        ("content_filter", Filtered),
        ("SAFETY", Filtered),
        ("tool_calls", ToolCalls),
        ("function_call", ToolCalls),
        ("refusal", Refusal),
        ("something_new", Other),
    ] {
        let data = format!(r#"{{"choices":[{{"delta":{{}},"finish_reason":"{reason}"}}]}}"#);
        assert_eq!(map(&[&data]), [Event::Stop(expected)], "{reason}");
    }
}

#[test]
fn a_refusal_is_told_from_an_end() {
    let data =
        [r#"{"choices":[{"delta":{"refusal":"I can't"}}]}"#, r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#];
    assert_eq!(map(&data), [text("I can't"), Event::Stop(StopReason::Refusal)]);
}

#[test]
fn a_whole_answer_is_a_stream_of_one_piece() {
    let data = r#"{"id":"c","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":2}}"#;
    assert_eq!(map(&[data]), [text("a"), usage(5, 2), END]);
}

#[test]
fn tags_are_split_where_the_row_says_so() {
    let data = [
        r#"{"choices":[{"delta":{"content":"<thi"}}]}"#,
        r#"{"choices":[{"delta":{"content":"nk>t</think>\n\na"}}]}"#,
        r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#,
    ];
    assert_eq!(map_with(true, &data).0, [reasoning("t"), text("a"), END]);
    assert_eq!(map(&data), [text("<thi"), text("nk>t</think>\n\na"), END], "elsewhere they are text");
}

#[test]
fn what_a_tag_held_back_comes_before_the_stop() {
    let data =
        [r#"{"choices":[{"delta":{"content":"a\n</th"}}]}"#, r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#];
    assert_eq!(map_with(true, &data).0, [text("a"), text("\n</th"), END]);
}

#[test]
fn errors_in_a_stream_end_it() {
    for (data, kind, message) in [
        (r#"{"error":{"message":"m","type":"server_error"}}"#, ErrorKind::Overloaded, "m"),
        (r#"{"error":"m"}"#, ErrorKind::Overloaded, "m"),
        (r#"[{"error":{"message":"m","code":429}}]"#, ErrorKind::Rate, "m"),
        (r#"{"object":"error","message":"m","type":"invalid_api_key"}"#, ErrorKind::Auth, "m"),
        (
            r#"{"id":"c","error":{"code":502,"message":"m"},"choices":[{"delta":{"content":""},"finish_reason":"error"}]}"#,
            ErrorKind::Overloaded,
            "m",
        ),
        (r#"{"choices":[],"x_groq":{"error":"m"}}"#, ErrorKind::Overloaded, "m"),
        (
            r#"{"choices":[{"delta":{},"finish_reason":"network_error"}]}"#,
            ErrorKind::Overloaded,
            "The provider broke off its answer (network_error).",
        ),
        ("{half", ErrorKind::Malformed, "A piece of the answer is not JSON: {half"),
    ] {
        let fault = map_with(false, &[data]).1.unwrap_err();
        assert_eq!((classify(Some(200), &fault), fault.message.as_str()), (kind, message), "{data}");
    }
}

#[test]
fn an_error_may_be_told_by_the_name_of_its_event() {
    let mut events = Vec::new();
    for (data, message) in [(r#"{"message":"m"}"#, "m"), ("words", "words"), (r#""text""#, "text")] {
        let fault = Mapper::new(false).on(Some("error"), data, &mut events).unwrap_err();
        assert_eq!(fault.message, message, "{data}");
    }
    assert_eq!(events, []);
}
