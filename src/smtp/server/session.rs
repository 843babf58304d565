//! One client from the first line to the last: in the clear, then inside TLS where it asks for it.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;
use tracing::debug;

use super::connection::{Connection, End};
use super::{Shared, judge, now, seconds};
use crate::desk::{Reason, TlsFacts};
use crate::smtp::session::Session;

/// Serves one client.
pub(super) async fn run(
    shared: Arc<Shared>,
    stream: TcpStream,
    peer: SocketAddr,
    id: u64,
    stop: watch::Receiver<bool>,
) {
    // Replies are written whole; waiting for more to send only delays them.
    let _ = stream.set_nodelay(true);
    let mut session = Session::new(Arc::clone(&shared.settings), id, peer.to_string());
    let refusal = judge::at_connect(&shared, &stream, peer.ip(), &mut session).await;
    let mut plain = Connection::new(Arc::clone(&shared), stream, peer.ip(), session, stop.clone());
    if let Some(refusal) = refusal {
        return plain.turn_away(refusal).await;
    }
    plain.greet();
    if plain.talk().await == End::Closed {
        return;
    }
    // A new connection inside TLS: nothing that came in the clear is in its buffers.
    let (stream, mut session) = plain.into_parts();
    match handshake(&shared, stream).await {
        Some((stream, facts)) => {
            session.tls_established(facts);
            Connection::new(shared, stream, peer.ip(), session, stop).talk().await;
        }
        None => {
            session.lost(Reason::TlsHandshake, now());
            shared.desk.record(session.take_ledger_lines()).await;
        }
    }
}

async fn handshake(shared: &Shared, stream: TcpStream) -> Option<(TlsStream<TcpStream>, TlsFacts)> {
    let acceptor = shared.tls.as_ref()?;
    let patience = seconds(shared.config.smtp.command_timeout_seconds);
    let stream = match timeout(patience, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            debug!(%error, "TLS handshake failed");
            return None;
        }
        Err(_) => {
            debug!("TLS handshake timed out");
            return None;
        }
    };
    let (_, connection) = stream.get_ref();
    let version = match connection.protocol_version() {
        Some(rustls::ProtocolVersion::TLSv1_3) => "TLSv1.3",
        Some(rustls::ProtocolVersion::TLSv1_2) => "TLSv1.2",
        _ => "TLS",
    };
    let cipher = connection.negotiated_cipher_suite().map(|suite| format!("{:?}", suite.suite())).unwrap_or_default();
    Some((stream, TlsFacts { version: version.to_owned(), cipher }))
}
