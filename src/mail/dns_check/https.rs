//! Fetches a domain's MTA-STS policy (RFC 8461 §3.3): over TLS with a certificate that the system trusts, without
//! following redirects, bounded in time and size.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use rustls_platform_verifier::ConfigVerifierExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::mail::dns::Dns;

/// For one address: connection, TLS, answer.
const PATIENCE: Duration = Duration::from_secs(8);
/// Addresses that are tried.
const MOST_ADDRESSES: usize = 2;
/// Octets of a policy (RFC 8461 §3.2 names 64,000 as enough).
const MOST_OCTETS: usize = 64_000;

/// How HTTPS is spoken: whom we trust, and the port.
#[derive(Clone)]
pub struct Https {
    /// Or why there is no TLS.
    tls: Result<Arc<ClientConfig>, String>,
    port: u16,
}

impl Https {
    /// As everybody does: the system's authorities, port 443. Reads them from the disk: call it in `spawn_blocking`.
    pub fn of_system() -> Self {
        let tls = ClientConfig::with_platform_verifier().map(Arc::new).map_err(|error| error.to_string());
        Self { tls, port: 443 }
    }

    /// With other authorities and another port.
    pub fn with(tls: Arc<ClientConfig>, port: u16) -> Self {
        Self { tls: Ok(tls), port }
    }

    /// These authorities at another's port.
    #[cfg(test)]
    pub(super) fn at_port_of(&self, other: &Self) -> Self {
        Self { tls: self.tls.clone(), port: other.port }
    }

    /// The policy's text, or why it cannot be had.
    pub(super) async fn policy(&self, dns: &Dns, domain: &str) -> Result<String, String> {
        let tls = self.tls.clone()?;
        let host = format!("mta-sts.{domain}");
        let addresses = dns.addresses(&host).await.map_err(|error| error.to_string())?;
        let mut why = format!("{host} has no address");
        for address in addresses.into_iter().take(MOST_ADDRESSES) {
            let server = SocketAddr::new(address, self.port);
            match timeout(PATIENCE, fetch(&tls, &host, server)).await {
                Ok(Ok(text)) => return Ok(text),
                Ok(Err(problem)) => why = format!("{server}: {problem}"),
                Err(_) => why = format!("{server}: no answer within {} seconds", PATIENCE.as_secs()),
            }
        }
        Err(why)
    }
}

async fn fetch(tls: &Arc<ClientConfig>, host: &str, server: SocketAddr) -> Result<String, String> {
    let words = |error: &dyn std::fmt::Display| error.to_string();
    let name = ServerName::try_from(host.to_owned()).map_err(|error| words(&error))?;
    let stream = TcpStream::connect(server).await.map_err(|error| words(&error))?;
    let stream = TlsConnector::from(Arc::clone(tls)).connect(name, stream).await.map_err(|error| words(&error))?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|error| words(&error))?;
    // Ends with the sender, or with the connection.
    tokio::spawn(connection);
    let request = Request::get("/.well-known/mta-sts.txt")
        .header(HOST, host)
        .body(Empty::<Bytes>::new())
        .map_err(|error| words(&error))?;
    let answer = sender.send_request(request).await.map_err(|error| words(&error))?;
    if answer.status() != StatusCode::OK {
        return Err(format!("it answers {}", answer.status()));
    }
    let kind = answer.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default().to_owned();
    if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("text/plain") {
        return Err(format!("its content type is \"{kind}\" instead of text/plain"));
    }
    let body = Limited::new(answer.into_body(), MOST_OCTETS).collect().await.map_err(|error| words(&error))?;
    String::from_utf8(body.to_bytes().to_vec()).map_err(|_| "it is no UTF-8".to_owned())
}
