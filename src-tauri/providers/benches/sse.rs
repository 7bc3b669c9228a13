//! How fast the event stream reader is: ordinary chunks, and the worst ones.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::hint::black_box;
use std::time::Instant;

use holdfast_providers::sse::SseReader;

/// A token stream as OpenAI sends it.
fn stream(bytes: usize) -> Vec<u8> {
    let words =
        [" the", " answer", " is", " \u{e9}t\u{e9}", ",", " \\\"quoted\\\"", "\\n", " forty", "-two", " \u{1F600}"];
    let mut stream = Vec::with_capacity(bytes + 512);
    let mut count = 0_usize;
    while stream.len() < bytes {
        let word = words[count % words.len()];
        stream.extend_from_slice(
            format!(
                "data: {{\"id\":\"chatcmpl-C1a2b3c4d5e6f7g8h9\",\"object\":\"chat.completion.chunk\",\"created\":1795000000,\
                 \"model\":\"gpt-6.1-sol\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_0123456789\",\
                 \"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{word}\"}},\"logprobs\":null,\"finish_reason\":null}}],\
                 \"usage\":null,\"obfuscation\":\"aB3dE5\"}}\n\n"
            )
            .as_bytes(),
        );
        count += 1;
    }
    stream
}

/// Seconds to read a stream in chunks of a size, and the events in it.
fn read(stream: &[u8], chunk: usize) -> (f64, usize) {
    let started = Instant::now();
    let (mut reader, mut events, mut count) = (SseReader::new(), Vec::new(), 0);
    for bytes in stream.chunks(chunk) {
        if let Err(error) = reader.push(bytes, &mut events) {
            panic!("{error}");
        }
        count += events.len();
        black_box(&events);
        events.clear();
    }
    if let Err(error) = reader.finish(&mut events) {
        panic!("{error}");
    }
    (started.elapsed().as_secs_f64(), count + events.len())
}

fn main() {
    let large = stream(64 << 20);
    let megabytes = large.len() as f64 / 1e6;
    let best = (0..3).map(|_| read(&large, 16 << 10)).min_by(|a, b| a.0.total_cmp(&b.0));
    if let Some((seconds, events)) = best {
        println!("sse: 16 KiB chunks: {:.0} MB/s ({events} events, {megabytes:.0} MB)", megabytes / seconds);
    }
    let small = stream(10_000_000);
    let (seconds, events) = read(&small, 1);
    println!("sse: 10 MB in 1-byte chunks: {seconds:.3} s ({events} events)");
}
