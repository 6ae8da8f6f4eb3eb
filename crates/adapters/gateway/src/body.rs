//! Bodies of requests: read whole within bounds of length, of time and of what all of them together may take.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_LENGTH;
use futures_util::StreamExt as _;
use tokio::time::Instant;

use crate::gateway::GatewayState;

/// Bytes of the longest body; no conversation has as many.
pub(crate) const LONGEST: usize = 64 << 20;
/// Bytes that are kept of all requests together, and of those of one run.
const ALL: usize = 512 << 20;
const OF_A_RUN: usize = 192 << 20;
/// The time within which something more of a body, and all of it, must come; an agent that stands still is waited for.
const SILENT: Duration = Duration::from_secs(30);
const WHOLE: Duration = Duration::from_secs(300);

/// Bytes of open requests, by run.
#[derive(Debug, Default)]
pub(crate) struct BodyRoom(Mutex<BTreeMap<String, usize>>);

/// Part of the room, given back when dropped.
#[derive(Debug)]
pub(crate) struct HeldRoom {
    room: Arc<BodyRoom>,
    run: String,
    bytes: usize,
}

/// Why a body is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyRefusal {
    TooLong,
    NoRoom,
    Silent,
    Broke,
}

impl BodyRoom {
    fn of_runs(&self) -> MutexGuard<'_, BTreeMap<String, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns a hold on no bytes yet, for a request of this run.
    pub(crate) fn of(self: &Arc<Self>, run: &str) -> HeldRoom {
        HeldRoom { room: Arc::clone(self), run: run.to_owned(), bytes: 0 }
    }
}

impl HeldRoom {
    /// Takes room for this many more bytes; `false` where there is none.
    fn more(&mut self, bytes: usize) -> bool {
        let mut runs = self.room.of_runs();
        let all: usize = runs.values().sum();
        let own = runs.entry(self.run.clone()).or_default();
        let fits = all + bytes <= ALL && *own + bytes <= OF_A_RUN;
        if fits {
            *own += bytes;
            self.bytes += bytes;
        }
        fits
    }
}

impl Drop for HeldRoom {
    fn drop(&mut self) {
        let mut runs = self.room.of_runs();
        if let Some(own) = runs.get_mut(&self.run) {
            *own = own.saturating_sub(self.bytes);
            if *own == 0 {
                runs.remove(&self.run);
            }
        }
    }
}

/// Reads the whole body of a request of this run; the room for it is held as long as what comes with it.
pub(crate) async fn read(
    gateway: &GatewayState,
    token: &str,
    run: &str,
    headers: &HeaderMap,
    body: Body,
) -> Result<(Bytes, HeldRoom), BodyRefusal> {
    let said = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if said.is_some_and(|said| said > LONGEST as u64) {
        return Err(BodyRefusal::TooLong);
    }
    let mut taken = gateway.room.of(run);
    let mut whole = Vec::new();
    let mut pieces = body.into_data_stream();
    let mut until = Instant::now() + WHOLE;
    loop {
        let piece = tokio::time::timeout_at(until.min(Instant::now() + SILENT), pieces.next()).await;
        let piece = match piece {
            Ok(None) => return Ok((Bytes::from(whole), taken)),
            Ok(Some(Ok(piece))) => piece,
            Ok(Some(Err(_))) => return Err(BodyRefusal::Broke),
            Err(_) if gateway.find(token).is_some_and(|pass| pass.frozen) => {
                until = Instant::now() + WHOLE;
                continue;
            }
            Err(_) => return Err(BodyRefusal::Silent),
        };
        if whole.len() + piece.len() > LONGEST {
            return Err(BodyRefusal::TooLong);
        }
        if !taken.more(piece.len()) {
            return Err(BodyRefusal::NoRoom);
        }
        whole.extend_from_slice(&piece);
    }
}

impl BodyRefusal {
    pub(crate) fn why(self) -> String {
        match self {
            Self::TooLong => format!("the request is longer than {} MB, which no conversation is", LONGEST >> 20),
            Self::NoRoom => "too much of other requests is being read just now; try again".to_owned(),
            Self::Silent => format!("nothing more of the request came for {} s", SILENT.as_secs()),
            Self::Broke => "the request broke off".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_bounded_per_run_and_overall() {
        let room = Arc::<BodyRoom>::default();
        let mut one = room.of("one");
        assert!(one.more(OF_A_RUN) && !one.more(1), "a run can't take more than its part");
        let mut others: Vec<HeldRoom> = ["two", "three", "four"].map(|run| room.of(run)).into();
        let went = others.iter_mut().filter_map(|taken| taken.more(OF_A_RUN).then_some(())).count();
        assert_eq!(went, 1, "nor all of them together");
        drop(one);
        assert!(others[2].more(OF_A_RUN), "what was given back can be had again");
        drop(others);
        assert!(room.of_runs().is_empty());
    }
}
