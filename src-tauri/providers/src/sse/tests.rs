use proptest::prelude::*;

use super::*;

fn read(chunks: &[&[u8]]) -> Result<Vec<SseEvent>, SseError> {
    let (mut reader, mut events) = (SseReader::new(), Vec::new());
    for chunk in chunks {
        reader.push(chunk, &mut events)?;
    }
    reader.finish(&mut events)?;
    Ok(events)
}

fn data(stream: &[u8]) -> Vec<String> {
    read(&[stream]).unwrap().into_iter().map(|event| event.data).collect()
}

fn event(name: Option<&str>, data: &str) -> SseEvent {
    SseEvent { name: name.map(str::to_owned), data: data.to_owned() }
}

/// A stream with everything a server may send, its lines ended with LF.
const RECORDED: &str = ": hello\n\ndata: {\"delta\":\"h\u{e9}\u{2028}\u{1F600}\"}\n\n:\ndata:{\"a\":\ndata: 1}\nid: 7\nretry: 10\n\n\
                        event: error\ndata: {\"error\":\"x\"}\n\ndata\n\nunknown: y\n\ndata:  two spaces\n\ndata: [DONE]\n\n";

fn recorded() -> Vec<SseEvent> {
    vec![
        event(None, "{\"delta\":\"h\u{e9}\u{2028}\u{1F600}\"}"),
        event(None, "{\"a\":\n1}"),
        event(Some("error"), "{\"error\":\"x\"}"),
        event(None, ""),
        event(None, " two spaces"),
        event(None, "[DONE]"),
    ]
}

#[test]
fn a_stream_is_read_with_every_line_end_and_every_split() {
    for (name, stream) in [
        ("LF", RECORDED.to_owned()),
        ("CRLF", RECORDED.replace('\n', "\r\n")),
        ("CR", RECORDED.replace('\n', "\r")),
        ("BOM", format!("\u{FEFF}{RECORDED}")),
        ("no blank line at the end", RECORDED.trim_end().to_owned()),
        ("one line end at the end", format!("{}\r", RECORDED.trim_end())),
    ] {
        let bytes = stream.as_bytes();
        assert_eq!(read(&[bytes]), Ok(recorded()), "{name}, whole");
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(read(&single), Ok(recorded()), "{name}, one byte at a time");
        for at in 0..bytes.len() {
            let (head, tail) = bytes.split_at(at);
            assert_eq!(read(&[head, tail]), Ok(recorded()), "{name}, split at {at}");
        }
    }
}

#[test]
fn a_byte_order_mark_is_dropped_once() {
    assert_eq!(data("\u{FEFF}data: a\n\ndata: \u{FEFF}b\n\n\u{FEFF}data: c\n\n".as_bytes()), ["a", "\u{FEFF}b"]);
}

#[test]
fn bad_bytes_are_replaced_and_later_events_come() {
    assert_eq!(data(b"data: a\xFFb\n\ndata: c\xE2\x82\n\ndata: d\n\n"), ["a\u{FFFD}b", "c\u{FFFD}", "d"]);
}

#[test]
fn a_name_without_data_is_no_event_and_does_not_stay() {
    assert_eq!(read(&[b"event: ping\n\ndata: a\n\n"]), Ok(vec![event(None, "a")]));
}

#[test]
fn a_name_may_stand_after_its_data() {
    assert_eq!(read(&[b"data:a\nevent:b\n\n"]), Ok(vec![event(Some("b"), "a")]));
}

#[test]
fn an_empty_stream_has_no_events() {
    for stream in ["", "\u{FEFF}", "\n\n\r\r\n", ": only\n: comments\n"] {
        assert_eq!(read(&[stream.as_bytes()]), Ok(Vec::new()), "{stream:?}");
    }
}

#[test]
fn a_line_without_end_is_given_up() {
    let line = [b"data: ".as_slice(), &vec![b'x'; MAX_LINE - 6]].concat();
    assert_eq!(read(&[&line, b"\n\n"]).map(|events| events[0].data.len()), Ok(MAX_LINE - 6), "1 MiB is taken");
    assert_eq!(read(&[&line, b"x"]), Err(SseError::LineTooLong), "a byte more is not, though its end has not come");
    assert_eq!(read(&[&line, b"x\n\n"]), Err(SseError::LineTooLong), "nor with its end");
    let whole = [line.as_slice(), b"x\n\n"].concat();
    assert_eq!(read(&[&whole]), Err(SseError::LineTooLong), "nor in one chunk");
}

#[test]
fn an_event_without_end_is_given_up() {
    let line = [b"data: ".as_slice(), &vec![b'x'; MAX_LINE - 16], b"\n"].concat();
    let lines = |count: usize| -> Vec<&[u8]> { (0..count).map(|_| line.as_slice()).collect() };
    assert_eq!(read(&lines(4)).map(|events| events.len()), Ok(1), "just under 4 MiB are taken");
    assert_eq!(read(&lines(5)), Err(SseError::EventTooLong), "more is not");
}

fn line_piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(b"data: ".to_vec()),
        Just(b"event:".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"\r".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b":".to_vec()),
        Just("\u{1F600}".as_bytes().to_vec()),
        Just(b"\xEF\xBB\xBF".to_vec()),
        prop::collection::vec(any::<u8>(), 0..6),
    ]
}

proptest! {
    #[test]
    fn chunks_do_not_matter(
        pieces in prop::collection::vec(line_piece(), 0..60),
        cuts in prop::collection::vec(1_usize..9, 1..8),
    ) {
        let bytes = pieces.concat();
        let (mut chunks, mut rest, mut cut) = (Vec::new(), bytes.as_slice(), cuts.iter().cycle());
        while !rest.is_empty() {
            let (head, tail) = rest.split_at(rest.len().min(*cut.next().unwrap()));
            chunks.push(head);
            rest = tail;
        }
        prop_assert_eq!(read(&chunks), read(&[&bytes]), "the same bytes give the same events");
    }

    #[test]
    fn what_is_written_is_read(texts in prop::collection::vec("[^\r\n]{0,20}", 0..20)) {
        let stream: String = texts.iter().map(|text| format!("data: {text}\n\n")).collect();
        prop_assert_eq!(data(stream.as_bytes()), texts, "one event each");
    }
}
