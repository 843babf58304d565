//! One client from the first octet to the last: the balancer's word for it, then in the clear, inside TLS where it asks for it,
//! or inside TLS from the beginning.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;
use tracing::{Span, debug};

use super::connection::{Connection, End};
use super::places::Place;
use super::{Shared, judge, now, proxy, seconds};
use crate::desk::{Reason, TlsFacts};
use crate::smtp::reply::Reply;
use crate::smtp::session::Session;

/// A connection that has a place.
pub(super) struct Accepted {
    /// The socket.
    pub(super) stream: TcpStream,
    /// Who connected.
    pub(super) peer: SocketAddr,
    /// The session's id.
    pub(super) id: u64,
    /// TLS begins at once.
    pub(super) implicit_tls: bool,
    /// The peer is a balancer that says for whom it speaks.
    pub(super) is_proxy: bool,
}

/// Serves one client.
pub(super) async fn run(shared: Arc<Shared>, accepted: Accepted, mut place: Place, stop: watch::Receiver<bool>) {
    let Accepted { mut stream, peer, id, implicit_tls, is_proxy } = accepted;
    // Replies are written whole; waiting for more to send only delays them.
    let _ = stream.set_nodelay(true);
    let (mut client, mut proxy) = (peer, None);
    if is_proxy {
        match proxy::read_header(&mut stream).await {
            Ok(Some(named)) => (client, proxy) = (named, Some(peer)),
            Ok(None) => {}
            Err(error) => {
                debug!(%error, "no PROXY header");
                let session = Session::new(Arc::clone(&shared.settings), id, peer, None);
                return turn_away(&shared, session, stream, Reason::ProxyHeader, implicit_tls).await;
            }
        }
        Span::current().record("client", tracing::field::display(client));
    }
    let mut session = Session::new(Arc::clone(&shared.settings), id, client, proxy);
    if proxy.is_some() && !place.is_for(client.ip()) {
        return turn_away(&shared, session, stream, Reason::TooManyConnections, implicit_tls).await;
    }
    let refusal = judge::at_connect(&shared, &stream, client.ip(), implicit_tls, &mut session).await;
    if implicit_tls {
        return match refusal {
            Some(refusal) => turn_away(&shared, session, stream, refusal.reason, implicit_tls).await,
            None => inside_tls(shared, stream, session, stop, true).await,
        };
    }
    let mut plain = Connection::new(Arc::clone(&shared), stream, client.ip(), session, stop.clone());
    if let Some(refusal) = refusal {
        return plain.turn_away(refusal).await;
    }
    plain.greet();
    if plain.talk().await == End::Closed {
        return;
    }
    // A new connection inside TLS: nothing that came in the clear is in its buffers.
    let (stream, session) = plain.into_parts();
    inside_tls(shared, stream, session, stop, false).await;
}

/// Begins TLS and talks inside it; RFC 8314 §3.3 greets then, RFC 3207 has done so before.
async fn inside_tls(
    shared: Arc<Shared>,
    stream: TcpStream,
    mut session: Session,
    stop: watch::Receiver<bool>,
    greet: bool,
) {
    let peer = session.peer().ip();
    match handshake(&shared, stream).await {
        Some((stream, facts)) => {
            session.tls_established(facts);
            let mut connection = Connection::new(shared, stream, peer, session, stop);
            if greet {
                connection.greet();
            }
            connection.talk().await;
        }
        None => {
            session.lost(Reason::TlsHandshake, now());
            shared.desk.record(session.take_ledger_lines()).await;
        }
    }
}

/// Closes with a word for the ledger, and one for the client where it can read it.
async fn turn_away(shared: &Shared, mut session: Session, mut stream: TcpStream, reason: Reason, implicit_tls: bool) {
    if !implicit_tls {
        let mut line = Vec::new();
        Reply::from(reason).write_to(&mut line);
        // A small write into the empty buffer of a new socket does not wait; whether it arrives is the client's affair.
        let _ = stream.write_all(&line).await;
        let _ = stream.shutdown().await;
    }
    session.lost(reason, now());
    let client = session.peer().ip();
    for line in session.take_ledger_lines() {
        shared.connections.note(client, line);
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
