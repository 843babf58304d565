//! Accepts connections and serves them with hyper, bounded in number and patience; stops gracefully.
//!
//! `axum::serve` has neither a time-out for request heads nor a limit of connections; otherwise this does the same.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::{JoinError, JoinSet};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use super::app::stopped;
use crate::tls::ACME_PROTOCOL;

/// Connections at the same time; further ones wait in the listener's backlog.
const MAX_CONNECTIONS: usize = 4_096;

/// For a request's head to arrive, and for an idle connection to be kept.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// For a TLS handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Octets of a request's head, and of a connection's read buffer.
const MAX_HEAD: usize = 64 * 1024;

/// For requests in hand to be finished when the server stops.
const GRACE: Duration = Duration::from_secs(10);

/// Pause after a failure to accept (usually: no file descriptors left).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `stop` becomes true; inside TLS where there is an acceptor.
pub(super) async fn serve(
    router: Router,
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    stop: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let (stream, peer, place) = tokio::select! {
            biased;
            () = stopped(stop.clone()) => break,
            Some(ended) = connections.join_next() => {
                note_panic(ended);
                continue;
            }
            accepted = accept(&listener, &places) => accepted,
        };
        connections.spawn(connection(router.clone(), stream, tls.clone(), peer, stop.clone(), place));
    }
    drop(listener);
    let finish = async {
        while let Some(ended) = connections.join_next().await {
            note_panic(ended);
        }
    };
    if tokio::time::timeout(GRACE, finish).await.is_err() {
        tracing::warn!(connections = connections.len(), "requests were cut off at the stop");
    }
    connections.shutdown().await;
    Ok(())
}

/// A panic ends its own connection and nothing else; it is a bug, and must not pass unseen.
fn note_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        metrics::counter!("mxdesk_http_panics_total").increment(1);
        tracing::error!(%error, "a request panicked");
    }
}

/// The next connection, once there is a place for it. Never fails: what cannot be accepted now is tried again.
async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
    loop {
        let Ok(place) = Arc::clone(places).acquire_owned().await else {
            // The semaphore is never closed.
            return std::future::pending().await;
        };
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, peer, place),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn connection(
    router: Router,
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    peer: SocketAddr,
    stop: watch::Receiver<bool>,
    _place: OwnedSemaphorePermit,
) {
    // Without it, small responses wait for the peer's acknowledgement; a failure only costs time.
    let _ = stream.set_nodelay(true);
    let Some(tls) = tls else { return talk(router, stream, peer, stop).await };
    match tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await {
        // For a validator of TLS-ALPN-01 the handshake was all (RFC 8737 §3).
        Ok(Ok(stream)) if stream.get_ref().1.alpn_protocol() == Some(ACME_PROTOCOL) => {}
        Ok(Ok(stream)) => talk(router, stream, peer, stop).await,
        Ok(Err(error)) => tracing::debug!(%error, %peer, "TLS handshake failed"),
        Err(_) => tracing::debug!(%peer, "TLS handshake timed out"),
    }
}

async fn talk<T>(router: Router, stream: T, peer: SocketAddr, stop: watch::Receiver<bool>)
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopped(stop) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, %peer, "a connection broke off");
    }
}
