//! Connects to a server, greets, and turns TLS on when the server offers it (opportunistic, RFC 7435: any certificate will do,
//! since the alternative is clear text).

use std::time::Duration;

use mail_send::SmtpClient;
use mail_send::smtp::tls::build_tls_connector;
use smtp_proto::{EXT_SMTP_UTF8, EXT_START_TLS, EhloResponse};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::bounded::Bounded;
use super::route::Hop;

/// Time for the TCP connection (RFC 5321 §4.5.3.2 leaves it open).
const CONNECT: Duration = Duration::from_secs(30);

/// Time for the greeting (RFC 5321 §4.5.3.2.1) and for EHLO.
const GREETING: Duration = Duration::from_secs(300);

/// Time for the TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(60);

/// A greeted server.
pub(super) enum Connection {
    /// In clear text: the server offers no TLS, or its TLS does not work.
    Clear(SmtpClient<Bounded<TcpStream>>, Offer),
    /// Over TLS.
    Tls(Box<SmtpClient<Bounded<TlsStream<TcpStream>>>>, Offer),
}

/// What the server said that it can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Offer {
    /// SMTPUTF8 (RFC 6531).
    pub(super) utf8: bool,
}

/// Why there is no conversation with a server; another one may be tried.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    /// The server said no to our greeting.
    #[error("{0}")]
    Refused(String),
    /// No connection, no reply, no sense.
    #[error("{0}")]
    Broken(String),
}

impl From<mail_send::Error> for ConnectError {
    fn from(error: mail_send::Error) -> Self {
        match error {
            mail_send::Error::UnexpectedReply(reply) => Self::Refused(format!("{} {}", reply.code, reply.message)),
            other => Self::Broken(other.to_string()),
        }
    }
}

/// Connects to a server.
pub(super) async fn connect(hop: &Hop, our_name: &str) -> Result<Connection, ConnectError> {
    let (client, offer, start_tls) = greet(hop, our_name).await?;
    if !start_tls {
        return Ok(Connection::Clear(client, offer));
    }
    match turn_tls_on(client, &hop.name, our_name).await {
        Ok((client, offer)) => Ok(Connection::Tls(Box::new(client), offer)),
        Err(error) => {
            tracing::debug!(server = %hop.name, %error, "TLS does not work, going on in clear text");
            let (client, offer, _) = greet(hop, our_name).await?;
            Ok(Connection::Clear(client, offer))
        }
    }
}

async fn greet(hop: &Hop, our_name: &str) -> Result<(SmtpClient<Bounded<TcpStream>>, Offer, bool), ConnectError> {
    let stream = SmtpClient::connect(hop.address, CONNECT).await?.stream;
    stream.set_nodelay(true).map_err(|error| ConnectError::Broken(error.to_string()))?;
    let mut client = SmtpClient { stream: Bounded::new(stream), timeout: GREETING };
    let greeting = tokio::time::timeout(GREETING, client.read()).await.map_err(|_| mail_send::Error::Timeout)??;
    if greeting.code != 220 {
        return Err(ConnectError::Refused(format!("{} {}", greeting.code, greeting.message)));
    }
    let said = client.ehlo(our_name).await?;
    Ok((client, offer(&said), said.has_capability(EXT_START_TLS)))
}

async fn turn_tls_on(
    mut client: SmtpClient<Bounded<TcpStream>>,
    server_name: &str,
    our_name: &str,
) -> Result<(SmtpClient<Bounded<TlsStream<TcpStream>>>, Offer), ConnectError> {
    let connector = build_tls_connector(true).map_err(ConnectError::Broken)?;
    let ready = client.cmd(b"STARTTLS\r\n").await?;
    if ready.code != 220 {
        return Err(ConnectError::Refused(format!("{} {}", ready.code, ready.message)));
    }
    let clear = SmtpClient { stream: client.stream.into_inner(), timeout: HANDSHAKE };
    let tls = clear.into_tls(&connector, server_name).await?;
    let mut client = SmtpClient { stream: Bounded::new(tls.stream), timeout: GREETING };
    // All that was said before TLS is forgotten (RFC 3207 §4.2).
    let said = client.ehlo(our_name).await?;
    Ok((client, offer(&said)))
}

fn offer(said: &EhloResponse<String>) -> Offer {
    Offer { utf8: said.has_capability(EXT_SMTP_UTF8) }
}
