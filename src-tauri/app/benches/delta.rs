//! How long a token of a local stream takes through the program until windows are told of it:
//! `cargo bench -p holdfast-app --bench delta`. The server writes the time into each token.
#![expect(clippy::print_stdout, reason = "printing figures is what it is for")]

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use holdfast_app::{App, NoDesktop, Places, chat, conversations, vault};
use holdfast_contract::{AnswerState, CreateConversation, Event, ModelRef, Protection, SendMessage};
use holdfast_core::Secret;
use holdfast_vault::NoKeychain;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const TOKENS: usize = 400;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Box<dyn Error>> {
    for per_second in [20, 50, 200] {
        measure(per_second).await?;
    }
    Ok(())
}

async fn measure(per_second: u32) -> Result<(), Box<dyn Error>> {
    let begun = Instant::now();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server =
        tokio::spawn(async move { serve(listener, begun, per_second).await.map_err(|error| error.to_string()) });

    let home = tempfile::tempdir()?;
    let yaml = format!(
        "providers:\n  - {{ id: bench, name: Bench, wire: openai_chat, base_url: \"http://{address}/v1\", place: local, key: none }}\n"
    );
    std::fs::write(home.path().join("models.yaml"), yaml)?;
    let places = Places { data: home.path().to_owned() };
    let app = App::open(places, Arc::new(NoKeychain), Arc::new(NoDesktop)).await?;
    let passphrase = Secret::new("correct horse battery staple".to_owned());
    vault::set_passphrase(&app, Protection::Passphrase, passphrase).await?;
    let model = ModelRef { provider: "bench".into(), model: "m".to_owned() };
    let conversation =
        conversations::create_conversation(app.clone(), CreateConversation { model: Some(model) }).await?.id;
    let mut events = app.events().listen();
    chat::send_message(app.clone(), SendMessage { conversation, text: "go".to_owned(), edits: None }).await?;

    let mut micros = Vec::with_capacity(TOKENS);
    while let Some(event) = events.next().await {
        match event {
            Event::Delta(delta) => {
                let now = begun.elapsed().as_micros();
                // Every token of a batch waited since it was written.
                for token in delta.text.split_whitespace() {
                    micros.push(now.saturating_sub(token.parse::<u128>()?));
                }
            }
            Event::Answer { info, .. } if !matches!(info.state, AnswerState::Streaming { .. }) => break,
            _ => {}
        }
    }
    server.abort();
    micros.sort_unstable();
    let at = |share: usize| micros.get(micros.len().saturating_sub(1) * share / 100).copied().unwrap_or(0) as f64 / 1e3;
    println!(
        "{per_second:>4} tokens a second: median {:.2} ms, p99 {:.2} ms, of {} tokens",
        at(50),
        at(99),
        micros.len()
    );
    Ok(())
}

/// Answers chat completions with tokens that say when they were written.
async fn serve(listener: TcpListener, begun: Instant, per_second: u32) -> Result<(), Box<dyn Error>> {
    loop {
        let (mut stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let mut head = vec![0; 64 * 1024];
        let _ = stream.read(&mut head).await?;
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
        stream.write_all(head.as_bytes()).await?;
        let mut pace = tokio::time::interval(Duration::from_secs(1) / per_second);
        for _ in 0..TOKENS {
            pace.tick().await;
            let now = begun.elapsed().as_micros();
            let event = format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{now} \"}}}}]}}\n\n");
            stream.write_all(event.as_bytes()).await?;
        }
        let end = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
        stream.write_all(end.as_bytes()).await?;
    }
}
