//! An answer on its way to the agent, piece by piece.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{Response, StatusCode};
use futures_util::stream;

use crate::scenario::Delivery;

/// The pause between two pieces of a slow answer.
const SLOWLY: Duration = Duration::from_millis(150);

/// The next step of an answer that is streamed.
enum Next {
    Piece(Duration, String),
    /// The connection is closed in the middle.
    Cut,
    /// Nothing more ever comes.
    Never,
}

/// Returns server-sent events: `before`, the pieces of the answer, `after`.
pub(crate) fn events(way: Delivery, before: Vec<String>, pieces: Vec<String>, after: Vec<String>) -> Response<Body> {
    let at_once = |text| Next::Piece(Duration::ZERO, text);
    let mut script: VecDeque<Next> = before.into_iter().map(at_once).collect();
    match way {
        Delivery::Never => script.push_back(Next::Never),
        Delivery::Cut => {
            let half = pieces.len().div_ceil(2);
            script.extend(pieces.into_iter().take(half).map(at_once));
            script.push_back(Next::Cut);
        }
        Delivery::Slowly | Delivery::Whole | Delivery::Status(_) => {
            let pause = if way == Delivery::Slowly { SLOWLY } else { Duration::ZERO };
            script.extend(pieces.into_iter().map(|text| Next::Piece(pause, text)));
            script.extend(after.into_iter().map(at_once));
        }
    }
    let body = stream::unfold(script, |mut script| async move {
        let piece: io::Result<Bytes> = match script.pop_front()? {
            Next::Piece(pause, text) => {
                tokio::time::sleep(pause).await;
                Ok(text.into())
            }
            Next::Cut => Err(io::ErrorKind::ConnectionAborted.into()),
            Next::Never => match std::future::pending::<Infallible>().await {},
        };
        Some((piece, script))
    });
    let response = Response::builder().header("content-type", "text/event-stream");
    response.body(Body::from_stream(body)).expect("a whole response")
}

pub(crate) fn json(status: u16, value: &serde_json::Value) -> Response<Body> {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = Response::builder().status(status).header("content-type", "application/json");
    if status == StatusCode::TOO_MANY_REQUESTS {
        response = response.header("retry-after", "1");
    }
    response.body(Body::from(value.to_string())).expect("a whole response")
}
