//! A connection over any stream: a daemon is spoken with through pipes as it is over its socket.

use bytes::Bytes;
use client::Connection;
use futures_util::{SinkExt, StreamExt};
use protocol::{CONTRACT, FromDaemon, FromFace, OLDEST_CONTRACT, Reply, Request, Scope, speaks};
use tokio::io::DuplexStream;
use tokio_util::codec::{Framed, LengthDelimitedCodec};

type Daemon = Framed<DuplexStream, LengthDelimitedCodec>;

async fn say(daemon: &mut Daemon, frame: &FromDaemon) {
    let json = serde_json::to_vec(frame).expect("JSON");
    daemon.send(Bytes::from(json)).await.expect("sent");
}

async fn heard(daemon: &mut Daemon) -> FromFace {
    let bytes = daemon.next().await.expect("a frame").expect("whole");
    serde_json::from_slice(&bytes).expect("a frame of a client")
}

/// Answers one client: a hello, a frame of a later version, a reply.
async fn serve(stream: DuplexStream) {
    let mut daemon = Daemon::new(stream, LengthDelimitedCodec::new());
    let FromFace::Hello { contract, .. } = heard(&mut daemon).await else { panic!("a client says hello first") };
    assert_eq!(contract, CONTRACT);
    say(&mut daemon, &FromDaemon::Hello { contract, version: "9.9.9".to_owned(), pid: 7, keys: Vec::new() }).await;
    let FromFace::Request { id, .. } = heard(&mut daemon).await else { panic!("it asks next") };
    daemon.send(Bytes::from_static(b"{\"of_tomorrow\":{\"a\":1}}")).await.expect("sent");
    say(&mut daemon, &FromDaemon::Reply { id, reply: Reply::Rows(Vec::new()) }).await;
}

#[tokio::test]
async fn any_stream_leads_to_a_daemon() {
    let (here, there) = tokio::io::duplex(256);
    let daemon = tokio::spawn(serve(there));
    let mut connection = Connection::over(here).await.expect("a connection");
    assert_eq!((connection.version(), connection.pid(), connection.contract()), ("9.9.9", 7, CONTRACT));
    let reply = connection.ask(Request::Rows(Scope::All)).await.expect("a reply");
    assert_eq!(reply, Reply::Rows(Vec::new()));
    let (_outgoing, incoming) = connection.split();
    assert_eq!(incoming.unknown(), ["of_tomorrow"], "what is passed over is named");
    daemon.await.expect("it served");
}

#[test]
fn contracts_are_spoken_in_a_range() {
    assert!(speaks(CONTRACT) && speaks(OLDEST_CONTRACT));
    assert!(!speaks(CONTRACT + 1) && !speaks(OLDEST_CONTRACT - 1));
}
