//! An answer on its way to the agent: read as it comes, passed on at once, and taken from the provider to its end also while
//! the agent stands still.

use axum::body::{Body, Bytes};
use domain::event::CallEnd;
use futures_util::stream;
use metering::Meter;
use tokio::sync::mpsc;

use crate::call::OpenCall;

/// Pieces that are kept for an agent that does not read; more than any answer of a model has.
const PIECES: usize = 65_536;

type Piece = std::io::Result<Bytes>;

/// The body that the agent gets; `call` ends when that does.
pub(crate) fn pass_on(upstream: reqwest::Response, call: OpenCall, meter: Meter) -> Body {
    let (pieces, mut to_agent) = mpsc::channel::<Piece>(PIECES);
    tokio::spawn(pump(upstream, call, meter, pieces));
    Body::from_stream(stream::poll_fn(move |context| to_agent.poll_recv(context)))
}

/// How an answer ended that came to its end or broke off, by what stood in it.
fn ended(end: CallEnd, streams: bool, status: u16, complete: bool) -> CallEnd {
    match end {
        // Some agents hang up as soon as they have read the end.
        _ if complete => CallEnd::Whole,
        // Closed without a word of its end, as some proxies do.
        CallEnd::Whole if streams && status < 400 => CallEnd::Cut,
        end => end,
    }
}

async fn pump(mut upstream: reqwest::Response, mut call: OpenCall, mut meter: Meter, pieces: mpsc::Sender<Piece>) {
    let end = loop {
        tokio::select! {
            biased;
            () = pieces.closed() => break CallEnd::Left,
            chunk = upstream.chunk() => match chunk {
                Ok(Some(bytes)) => {
                    call.first_byte();
                    if meter.feed(&bytes) {
                        call.known(meter.reading());
                    }
                    if pieces.send(Ok(bytes)).await.is_err() {
                        break CallEnd::Left;
                    }
                }
                Ok(None) => break CallEnd::Whole,
                Err(error) => {
                    let cut = std::io::Error::new(std::io::ErrorKind::ConnectionAborted, error.without_url());
                    let _agent_gone = pieces.send(Err(cut)).await;
                    break CallEnd::Cut;
                }
            }
        }
    };
    let (status, streams) = (upstream.status().as_u16(), meter.streams());
    let reading = meter.end();
    let end = ended(end, streams, status, reading.complete);
    // The end of the body comes after this, so whoever has it finds the call written down.
    let _the_thread_is_gone = call.end(end, &reading).await;
}
