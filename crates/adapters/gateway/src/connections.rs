//! Connections of agents: those that say nothing, or not to the end of a request's head, are closed.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};

use crate::forward;
use crate::gateway::GatewayState;

/// The time within which something must come on a new connection.
const FIRST_BYTE: Duration = Duration::from_secs(10);
/// The time for a request's head, and for a connection between two requests: longer than any agent keeps one for its
/// next.
const HEAD: Duration = Duration::from_secs(120);
/// The pause after a failure to take a connection, which is mostly a lack of descriptors.
const AGAIN: Duration = Duration::from_millis(50);

/// Serves until the process ends.
pub(crate) async fn serve(listener: TcpListener, gateway: Arc<GatewayState>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(answer(stream, Arc::clone(&gateway)))),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
}

async fn answer(stream: TcpStream, gateway: Arc<GatewayState>) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "small pieces may be gathered");
    }
    if !matches!(tokio::time::timeout(FIRST_BYTE, stream.peek(&mut [0])).await, Ok(Ok(1))) {
        return;
    }
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let gateway = Arc::clone(&gateway);
        async move { Ok::<_, Infallible>(forward::forward(gateway, request.map(Body::new)).await) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection");
    }
}

/// Allows this process as many descriptors as it may have: every agent's connection needs two.
pub(crate) fn raise_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!(%error, "the limit of open files stays as it is");
    }
}
