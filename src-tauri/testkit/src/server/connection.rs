//! One connection: a request is read, and its reply played.

use std::io;
use std::sync::Arc;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{RecordedRequest, State, check, lock};
use crate::Reply;
use crate::reply::{Head, Step};

/// The longest request that is read.
const MAX_REQUEST: usize = 64 << 20;

pub(super) async fn accept(listener: TcpListener, state: Arc<State>) {
    // The tasks end with this one, so that a test leaves nothing behind.
    let mut connections = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (socket, _) = accepted.expect("this computer's own sockets are accepted");
                connections.spawn(serve(socket, state.clone()));
            }
            Some(ended) = connections.join_next() => {
                if let Err(error) = ended
                    && error.is_panic()
                {
                    lock(&state.violations).push(format!("the fake server itself failed: {error}"));
                }
            }
        }
    }
}

async fn serve(mut socket: TcpStream, state: Arc<State>) {
    socket.set_nodelay(true).expect("a TCP socket takes the option");
    // A client that goes before its request is whole has sent none.
    let Ok(Some((request, json))) = read_request(&mut socket).await else { return };
    let expected = lock(&state.script).expected_key.clone();
    lock(&state.violations).extend(check::violations(&request, expected.as_ref(), json));
    let reply = state.reply(&request);
    lock(&state.requests).push(request);
    state.counts.send_modify(|counts| counts.requests += 1);
    if play(&mut socket, &reply, &state).await.is_err() {
        state.counts.send_modify(|counts| counts.disconnects += 1);
    }
}

/// The request, and whether its body is JSON. None when the client sent nothing.
async fn read_request(socket: &mut TcpStream) -> io::Result<Option<(RecordedRequest, bool)>> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = memchr::memmem::find(&bytes, b"\r\n\r\n") {
            break end;
        }
        if bytes.len() > MAX_REQUEST || socket.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
        // A client that speaks TLS here is told in plain words, as real servers do.
        if bytes.first().is_some_and(|first| !first.is_ascii_uppercase()) {
            socket.write_all(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n").await?;
            return Ok(None);
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap_or_default().split(' ');
    let (method, path) = (first.next().unwrap_or_default().to_owned(), first.next().unwrap_or_default().to_owned());
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.and_then(|(_, value)| value.parse::<usize>().ok()).unwrap_or(0);
    let mut body = bytes.split_off(end + 4);
    while body.len() < length.min(MAX_REQUEST) {
        if socket.read_buf(&mut body).await? == 0 {
            return Ok(None);
        }
    }
    let parsed = serde_json::from_slice::<Value>(&body);
    let json = parsed.is_ok();
    Ok(Some((RecordedRequest { method, path, headers, body: parsed.unwrap_or_default() }, json)))
}

/// Plays a reply. An error means that the client went before its end.
async fn play(socket: &mut TcpStream, reply: &Reply, state: &State) -> io::Result<()> {
    match reply.head {
        Head::Refused => return Ok(()),
        Head::Silent => return unless_gone(socket, released(state)).await,
        Head::InSteps => {}
        Head::Sent => {
            let mut head = format!("HTTP/1.1 {} Scripted\r\n", reply.status);
            for (name, value) in &reply.headers {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
            head.push_str("transfer-encoding: chunked\r\nconnection: close\r\n\r\n");
            socket.write_all(head.as_bytes()).await?;
        }
    }
    for step in &reply.steps {
        match step {
            Step::Bytes(bytes) if bytes.is_empty() => {}
            Step::Bytes(bytes) if reply.head == Head::InSteps => socket.write_all(bytes).await?,
            Step::Bytes(bytes) => {
                let mut framed = format!("{:x}\r\n", bytes.len()).into_bytes();
                framed.extend_from_slice(bytes);
                framed.extend_from_slice(b"\r\n");
                socket.write_all(&framed).await?;
            }
            Step::Pause(time) => unless_gone(socket, tokio::time::sleep(*time)).await?,
            Step::Wait(gate) => unless_gone(socket, gate.pass()).await?,
            Step::Stall => unless_gone(socket, released(state)).await?,
            Step::Cut => return Ok(()),
        }
    }
    if reply.head == Head::Sent {
        socket.write_all(b"0\r\n\r\n").await?;
    }
    socket.shutdown().await
}

async fn released(state: &State) {
    let mut counts = state.counts.subscribe();
    let before = counts.borrow_and_update().releases;
    // The sender lives in the state, so this ends only when the test releases the reply.
    if counts.wait_for(|counts| counts.releases > before).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Waits, and fails as soon as the client is gone.
async fn unless_gone(socket: &mut TcpStream, wait: impl Future<Output = ()>) -> io::Result<()> {
    let mut unread = [0_u8; 1024];
    tokio::pin!(wait);
    loop {
        tokio::select! {
            () = &mut wait => return Ok(()),
            read = socket.read(&mut unread) => {
                if read? == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
        }
    }
}
