//! One viewer's socket.

use actix_web::{HttpRequest, HttpResponse, web};
use actix_ws::{AggregatedMessage, Session};
use futures_util::StreamExt as _;
use serde_json::Value;

use super::message::{ClientMessage, parse};
use crate::problem::{Code, Problem};

/// Largest message a client may send, in bytes.
const MAX_MESSAGE: usize = 64 * 1024;

/// `GET /backtests/{id}/ws`: upgrades to the playback channel.
pub(crate) async fn socket(req: HttpRequest, body: web::Payload) -> Result<HttpResponse, Problem> {
    let (response, session, stream) = actix_ws::handle(&req, body)
        .map_err(|error| Problem::new(Code::MalformedRequest, error.to_string()))?;
    let messages = stream.aggregate_continuations().max_continuation_size(MAX_MESSAGE);
    actix_web::rt::spawn(converse(session, messages));
    Ok(response)
}

async fn converse(mut session: Session, mut messages: actix_ws::AggregatedMessageStream) {
    while let Some(Ok(message)) = messages.next().await {
        let sent = match message {
            AggregatedMessage::Text(text) => session.text(answer(&text).to_string()).await,
            AggregatedMessage::Ping(bytes) => session.pong(&bytes).await,
            AggregatedMessage::Close(_) => break,
            AggregatedMessage::Binary(_) | AggregatedMessage::Pong(_) => Ok(()),
        };
        if sent.is_err() {
            return;
        }
    }
    let _ = session.close(None).await;
}

fn answer(text: &str) -> Value {
    match parse(text) {
        Ok(ClientMessage::Control { mut sent, .. }) => {
            sent.insert("echo".to_owned(), Value::Bool(true));
            Value::Object(sent)
        }
        Ok(ClientMessage::Resume { .. } | ClientMessage::Heartbeat) => {
            serde_json::json!({"t": "hb"})
        }
        Err(refusal) => refusal.to_json(),
    }
}
