//! The accept loop of one listener.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{sleep, timeout};
use tracing::{Instrument, error, info_span, warn};

use super::session::Accepted;
use super::{Shared, connection_log, now, session, stopped};
use crate::desk::Reason;
use crate::smtp::reply::Reply;

/// How long letters in hand may take once the server is to stop.
const STOP_PATIENCE: Duration = Duration::from_secs(30);

/// How long to wait when no connection can be accepted (no file descriptors left), so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Accepts until `stop`, then waits for the sessions. `implicit_tls`: they begin with TLS (RFC 8314 §3).
pub(super) async fn run(
    shared: Arc<Shared>,
    listener: TcpListener,
    implicit_tls: bool,
    mut stop: watch::Receiver<bool>,
) {
    let mut sessions = JoinSet::new();
    let stop_of_sessions = stop.clone();
    loop {
        tokio::select! {
            () = stopped(&mut stop) => break,
            Some(ended) = sessions.join_next() => report(ended),
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => admit(&shared, stream, peer, implicit_tls, &stop_of_sessions, &mut sessions),
                Err(error) => {
                    warn!(%error, "no SMTP connection can be accepted");
                    sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    let drained = timeout(STOP_PATIENCE, async {
        while let Some(ended) = sessions.join_next().await {
            report(ended);
        }
    });
    if drained.await.is_err() {
        warn!(sessions = sessions.len(), "SMTP sessions did not end in time and are cut off");
        sessions.shutdown().await;
    }
}

/// Starts the session's task, where there is room for it.
fn admit(
    shared: &Arc<Shared>,
    stream: TcpStream,
    peer: SocketAddr,
    implicit_tls: bool,
    stop: &watch::Receiver<bool>,
    sessions: &mut JoinSet<()>,
) {
    let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
    let is_proxy = shared.config.smtp.proxy_from.iter().any(|network| network.contains(peer.ip()));
    let place = if is_proxy { shared.places.take_unnamed() } else { shared.places.take(peer.ip()) };
    let Some(place) = place else {
        turn_away(shared, stream, peer, implicit_tls);
        return;
    };
    // 53 bits: a session's id is a number in JSON, too.
    let id = getrandom::u64().unwrap_or_else(|_| now() << 11) >> 11;
    let span = info_span!("smtp", id, %peer, client = tracing::field::Empty);
    let (shared, stop) = (Arc::clone(shared), stop.clone());
    let accepted = Accepted { stream, peer, id, implicit_tls, is_proxy };
    sessions.spawn(async move { session::run(shared, accepted, place, stop).await }.instrument(span));
}

/// `421` without a task: one small write into the empty buffer of a new socket does not wait. Who expects TLS could not read it.
fn turn_away(shared: &Shared, stream: TcpStream, peer: SocketAddr, implicit_tls: bool) {
    let reason = Reason::TooManyConnections;
    shared.connections.note(peer.ip(), connection_log::turned_away(peer, reason));
    metrics::counter!("mxdesk_smtp_refusals_total", "reason" => reason.word()).increment(1);
    if let Ok(mut stream) = stream.into_std()
        && !implicit_tls
    {
        let line = format!("{}\r\n", Reply::from(reason).line());
        // The client is turned away whether it hears so or not.
        let _ = stream.write_all(line.as_bytes());
    }
}

fn report(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        error!(%error, "an SMTP session panicked");
    }
}
