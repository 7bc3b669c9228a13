use super::*;

fn error(kind: ErrorKind, retry_after: Option<u64>) -> ProviderError {
    ProviderError {
        provider: "openai".into(),
        kind,
        status: None,
        code: None,
        message: "words".into(),
        retry_after: retry_after.map(Duration::from_secs),
    }
}

fn failed(kind: ErrorKind, retry_after: Option<u64>) -> Input {
    Input::Failed { error: error(kind, retry_after), jitter: 0.5 }
}

fn started() -> Turn {
    let mut turn = Turn::new("openai".into());
    assert_eq!(turn.handle(Input::Start), [Effect::Send { attempt: 1 }], "a turn begins by sending");
    turn
}

fn text(text: &str) -> Input {
    Input::Event(Event::Text(text.into()))
}

#[test]
fn a_whole_answer() {
    let mut turn = started();
    assert_eq!(turn.handle(text("")), [], "an empty delta is no token");
    assert_eq!(turn.handle(text("he")), [Effect::FirstToken, Effect::Text("he".into())], "the first token is noted");
    assert_eq!(turn.handle(text("y")), [Effect::Text("y".into())], "once");
    assert_eq!(turn.handle(Input::Event(Event::Stop(StopReason::End))), [], "the usage may still come");
    let usage = |input, output| Usage { input, output, ..Usage::default() };
    assert_eq!(
        turn.handle(Input::Event(Event::Usage(usage(Some(5), None)))),
        [Effect::Usage(usage(Some(5), None))],
        "figures are passed on"
    );
    assert_eq!(
        turn.handle(Input::Event(Event::Usage(usage(None, Some(2))))),
        [Effect::Usage(usage(Some(5), Some(2)))],
        "a later report replaces only what it says"
    );
    assert_eq!(
        turn.handle(Input::Ended { jitter: 0.0 }),
        [Effect::Finish(Outcome::Complete(StopReason::End))],
        "an end after the wire's own end is an end"
    );
    assert_eq!(turn.handle(text("late")), [], "nothing reopens an answer");
    assert!(turn.is_done(), "it is over");
}

#[test]
fn an_end_without_the_wires_end_is_an_error() {
    let mut turn = started();
    turn.handle(text("half"));
    let effects = turn.handle(Input::Ended { jitter: 0.0 });
    assert!(
        matches!(&effects[..], [Effect::Drop, Effect::Finish(Outcome::Failed(error))] if error.kind == ErrorKind::EndedEarly),
        "a cut stream must not look whole: {effects:?}"
    );
}

#[test]
fn nothing_is_sent_again_after_the_first_token() {
    let mut turn = started();
    turn.handle(text("a"));
    assert_eq!(
        turn.handle(failed(ErrorKind::Overloaded, None)),
        [Effect::Drop, Effect::Finish(Outcome::Failed(error(ErrorKind::Overloaded, None)))],
        "the user has seen and may have paid for the part"
    );
}

#[test]
fn three_attempts_and_no_more() {
    let mut turn = started();
    for attempt in [2, 3] {
        let effects = turn.handle(failed(ErrorKind::Overloaded, None));
        assert!(
            matches!(&effects[..], [Effect::Drop, Effect::Wait { attempt: next, .. }] if *next == attempt),
            "attempt {attempt} follows: {effects:?}"
        );
        assert_eq!(turn.handle(Input::Waited), [Effect::Send { attempt }], "after the wait it is sent");
    }
    assert_eq!(
        turn.handle(failed(ErrorKind::Overloaded, None)),
        [Effect::Drop, Effect::Finish(Outcome::Failed(error(ErrorKind::Overloaded, None)))],
        "the third failure is shown"
    );
}

#[test]
fn the_providers_wait_is_honoured_up_to_a_minute() {
    let wait = |after| started().handle(failed(ErrorKind::Rate, after));
    assert!(
        matches!(&wait(Some(60))[..], [_, Effect::Wait { delay, .. }] if *delay == Duration::from_secs(60)),
        "a minute is waited"
    );
    assert!(
        matches!(&wait(Some(61))[..], [_, Effect::Finish(Outcome::Failed(_))]),
        "more than a minute is the user's decision"
    );
}

#[test]
fn what_waiting_cannot_mend_is_not_retried() {
    for kind in [
        ErrorKind::Auth,
        ErrorKind::Permission,
        ErrorKind::Quota,
        ErrorKind::ContextTooLong,
        ErrorKind::ModelMissing,
        ErrorKind::Filtered,
        ErrorKind::BadRequest,
        ErrorKind::NotRunning,
        ErrorKind::Malformed,
        ErrorKind::WrongOrigin,
        ErrorKind::VaultClosed,
    ] {
        let effects = started().handle(failed(kind, Some(1)));
        assert!(matches!(&effects[..], [_, Effect::Finish(Outcome::Failed(_))]), "{kind:?} is shown at once");
    }
}

#[test]
fn stop_works_in_every_state() {
    let stopped = [Effect::Drop, Effect::Finish(Outcome::Stopped)];
    assert_eq!(started().handle(Input::Stop), stopped, "before the first token");
    let mut waiting = started();
    waiting.handle(failed(ErrorKind::Rate, Some(30)));
    assert_eq!(waiting.handle(Input::Stop), stopped, "while it waits");
    assert_eq!(waiting.handle(Input::Waited), [], "and the wait's end comes to nothing");
    let mut writing = started();
    writing.handle(text("a"));
    assert_eq!(writing.handle(Input::Stop), stopped, "in mid-answer");
}

#[test]
fn an_error_after_the_end_does_not_spoil_the_answer() {
    let mut turn = started();
    turn.handle(text("all of it"));
    turn.handle(Input::Event(Event::Stop(StopReason::End)));
    assert_eq!(
        turn.handle(failed(ErrorKind::Network, None)),
        [Effect::Drop, Effect::Finish(Outcome::Complete(StopReason::End))],
        "a connection that breaks after the model was done broke nothing"
    );
}
