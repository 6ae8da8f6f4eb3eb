//! Frames between the daemon and one client.

use std::io;

use bytes::Bytes;
use domain::RunId;
use futures_util::SinkExt;
use protocol::{Code, FromDaemon, MAX_FRAME, Refused, Reply};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio_util::codec::{FramedRead, FramedWrite, LengthDelimitedCodec};

/// Bytes of the longest frame that is heard of a process of a run, which only reads.
const LONGEST_OF_RUNS: usize = 1 << 20;

/// The frames that a client sends.
pub(crate) type Heard = FramedRead<OwnedReadHalf, LengthDelimitedCodec>;

/// The frames that a client is sent.
pub(crate) struct Speaking {
    frames: FramedWrite<OwnedWriteHalf, LengthDelimitedCodec>,
}

/// Splits a connection into its two directions.
pub(crate) fn wire(stream: UnixStream, is_person: bool) -> (Heard, Speaking) {
    let (read, write) = stream.into_split();
    let codec = |longest| LengthDelimitedCodec::builder().max_frame_length(longest).new_codec();
    let heard = FramedRead::new(read, codec(if is_person { MAX_FRAME } else { LONGEST_OF_RUNS }));
    (heard, Speaking { frames: FramedWrite::new(write, codec(MAX_FRAME)) })
}

impl Speaking {
    /// Sends a frame, in pieces where it is longer than one may be.
    pub(crate) async fn say(&mut self, frame: &FromDaemon) -> io::Result<()> {
        for text in texts(frame, MAX_FRAME) {
            self.frames.send(Bytes::from(text)).await?;
        }
        Ok(())
    }
}

/// Returns the frame as it is sent: as one, as several when it is longer than that, or as the reason why it can't be.
fn texts(frame: &FromDaemon, longest: usize) -> Vec<Vec<u8>> {
    let text = serde_json::to_vec(frame).expect("a frame is plain values");
    let len = text.len();
    if len <= longest {
        return vec![text];
    }
    match frame {
        FromDaemon::Reply { id, .. } => {
            let reason = format!("the answer has {} MB, more than can be sent at once; ask for less of it", len >> 20);
            let reply = Reply::Refused(Refused { code: Code::Failed, reason });
            texts(&FromDaemon::Reply { id: *id, reply }, longest)
        }
        FromDaemon::Events { run, lines } if lines.len() > 1 => {
            let halves = lines.split_at(lines.len() / 2);
            let half = |lines: &[String]| texts(&events(run, lines), longest);
            [half(halves.0), half(halves.1)].concat()
        }
        FromDaemon::Hello { .. }
        | FromDaemon::Rows { .. }
        | FromDaemon::Observed { .. }
        | FromDaemon::Events { .. }
        | FromDaemon::Disk { .. }
        | FromDaemon::Today { .. }
        | FromDaemon::Base { .. }
        | FromDaemon::Terminal { .. }
        | FromDaemon::Detached { .. }
        | FromDaemon::Degraded { .. } => {
            tracing::warn!(len, "a face is not told of something, since it is too long");
            Vec::new()
        }
    }
}

fn events(run: &RunId, lines: &[String]) -> FromDaemon {
    FromDaemon::Events { run: run.clone(), lines: lines.to_vec() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oversized_answers_are_split_or_refused() {
        let run = RunId::parse("abc234").expect("an id");
        let lines: Vec<String> = (0..10).map(|n| format!("{n}{}", "x".repeat(100))).collect();
        let sent = texts(&events(&run, &lines), 400);
        assert!(sent.len() > 3 && sent.iter().all(|text| text.len() <= 400), "{}", sent.len());
        let heard = sent.iter().flat_map(|text| match serde_json::from_slice(text).expect("a frame") {
            FromDaemon::Events { lines, .. } => lines,
            other => panic!("{other:?}"),
        });
        assert_eq!(heard.collect::<Vec<_>>(), lines);
        let sent = texts(&FromDaemon::Reply { id: 7, reply: Reply::Lines(lines) }, 400);
        let [refused] = sent.as_slice() else { panic!("{} frames", sent.len()) };
        let refused = serde_json::from_slice(refused).expect("a frame");
        assert!(matches!(refused, FromDaemon::Reply { id: 7, reply: Reply::Refused(_) }), "{refused:?}");
    }
}
