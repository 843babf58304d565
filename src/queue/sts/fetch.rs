//! Fetches a policy file over HTTPS (RFC 8461 §3.3).

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1;
use hyper::{Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;

use crate::queue::net::Net;
use crate::queue::runner::Shared;
use crate::queue::tls::Check;

/// Time for the whole fetch (RFC 8461 §3.3 proposes a minute).
const TIME: Duration = Duration::from_secs(30);

/// Octets of a policy (RFC 8461 §3.3 proposes 64 KiB).
const SIZE: usize = 64 * 1024;

/// Addresses that are tried.
const ADDRESSES: usize = 4;

/// Why there is no policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::queue) enum FetchError {
    /// The file is none.
    #[error("the policy is invalid: {0}")]
    Invalid(String),
    /// The policy host has no certificate for its name.
    #[error("the policy host's certificate is wrong: {0}")]
    Certificate(String),
    /// No connection, no answer, another status than 200.
    #[error("the policy cannot be fetched: {0}")]
    Unreachable(String),
}

/// The text of a domain's policy file.
pub(super) async fn fetch<N: Net>(shared: &Shared<N>, domain: &str) -> Result<String, FetchError> {
    let late = |_| FetchError::Unreachable(format!("no answer within {} s", TIME.as_secs()));
    tokio::time::timeout(TIME, fetch_at_leisure(shared, domain)).await.map_err(late)?
}

async fn fetch_at_leisure<N: Net>(shared: &Shared<N>, domain: &str) -> Result<String, FetchError> {
    let unreachable = |error: &dyn std::fmt::Display| FetchError::Unreachable(error.to_string());
    let host = format!("mta-sts.{domain}");
    let addresses = shared.dns.addresses(&host).await.map_err(|error| unreachable(&error))?;
    let name = ServerName::try_from(host.clone()).map_err(|error| unreachable(&error))?;
    let (config, judge) = shared.trust.client(&Check::Name).map_err(|error| unreachable(&error))?;
    let connector = TlsConnector::from(config);
    let mut last = FetchError::Unreachable(format!("{host} has no address"));
    for address in addresses.into_iter().take(ADDRESSES) {
        let stream = match shared.net.connect((address, shared.sts_port).into()).await {
            Ok(stream) => stream,
            Err(error) => {
                last = unreachable(&error);
                continue;
            }
        };
        match connector.connect(name.clone(), stream).await {
            Ok(stream) => return get(stream, &host).await,
            Err(error) => {
                last = match judge.verdict() {
                    Some(verdict) if verdict != "verified" => FetchError::Certificate(verdict),
                    _ => unreachable(&error),
                };
            }
        }
    }
    Err(last)
}

async fn get<S>(stream: S, host: &str) -> Result<String, FetchError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let unreachable = |error: &dyn std::fmt::Display| FetchError::Unreachable(error.to_string());
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| unreachable(&error))?;
    // Ends with the sender, or with the stream.
    let connection = tokio::spawn(connection);
    let request = Request::get("/.well-known/mta-sts.txt")
        .header(header::HOST, host)
        .header(header::USER_AGENT, "mxdesk")
        .body(Empty::<Bytes>::new())
        .map_err(|error| unreachable(&error))?;
    let outcome = async {
        let response = sender.send_request(request).await.map_err(|error| unreachable(&error))?;
        // No redirection is followed (RFC 8461 §3.3).
        if response.status() != StatusCode::OK {
            return Err(FetchError::Unreachable(format!("the policy host answers {}", response.status())));
        }
        let body = Limited::new(response.into_body(), SIZE).collect().await.map_err(|error| unreachable(&error))?;
        let text = String::from_utf8(body.to_bytes().to_vec());
        text.map_err(|_| FetchError::Invalid("it is no UTF-8".to_owned()))
    };
    let outcome = outcome.await;
    connection.abort();
    outcome
}
