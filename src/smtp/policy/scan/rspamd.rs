//! rspamd over HTTP: `POST /checkv2` with the letter as body; JSON back.

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::Request;
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::net::TcpStream;

use super::{ScanError, Scanned};

/// Octets of an answer that are read.
const ANSWER: usize = 1024 * 1024;
/// Symbols that are named in a finding.
const SYMBOLS: usize = 8;

/// Where rspamd listens.
pub(super) struct Rspamd {
    address: String,
}

/// What rspamd asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Take it. (`greylist` is advice to a server that greylists by it: rspamd's own greylisting says `soft reject`.)
    None,
    /// Mark it as spam.
    Mark,
    /// Refuse it for now.
    SoftReject,
    /// Refuse it.
    Reject,
}

/// The part of the answer that is read.
#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    action: String,
    #[serde(default)]
    score: f64,
    #[serde(default)]
    symbols: std::collections::BTreeMap<String, Symbol>,
    #[serde(default)]
    messages: Messages,
}

#[derive(Debug, Deserialize)]
struct Symbol {
    #[serde(default)]
    score: f64,
}

#[derive(Debug, Default, Deserialize)]
struct Messages {
    smtp_message: Option<String>,
}

impl Rspamd {
    /// "host:port".
    pub(super) fn new(address: String) -> Self {
        Self { address }
    }

    /// What rspamd says of a letter.
    pub(super) async fn scan(&self, letter: &Scanned<'_>) -> Result<Answer, ScanError> {
        let stream = TcpStream::connect(&self.address).await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let request = self.request(letter).map_err(|error| ScanError::Answer(error.to_string()))?;
        let exchange = async {
            let response = sender.send_request(request).await?;
            let status = response.status();
            let body = Limited::new(response.into_body(), ANSWER).collect().await;
            let body = body.map_err(|error| ScanError::Answer(error.to_string()))?.to_bytes();
            if !status.is_success() {
                return Err(ScanError::Answer(status.to_string()));
            }
            serde_json::from_slice(&body).map_err(|error| ScanError::Answer(error.to_string()))
        };
        let (mut exchange, mut connection) = (std::pin::pin!(exchange), std::pin::pin!(connection));
        tokio::select! {
            biased;
            done = &mut exchange => done,
            ended = &mut connection => {
                ended?;
                exchange.await
            }
        }
    }

    fn request(&self, letter: &Scanned<'_>) -> Result<Request<Full<Bytes>>, hyper::http::Error> {
        let mut request = Request::post("/checkv2")
            .header("Host", &self.address)
            .header("Connection", "close")
            .header("IP", letter.peer.to_string())
            .header("Helo", value(letter.helo))
            .header("From", value(&letter.from));
        if let Some(hostname) = &letter.hostname {
            request = request.header("Hostname", value(hostname));
        }
        for recipient in &letter.recipients {
            request = request.header("Rcpt", value(recipient));
        }
        request.body(Full::new(letter.raw.clone()))
    }
}

impl Answer {
    pub(super) fn action(&self) -> Action {
        match self.action.as_str() {
            "reject" => Action::Reject,
            "soft reject" => Action::SoftReject,
            // Nothing is discarded behind a `250`.
            "add header" | "rewrite subject" | "quarantine" | "discard" => Action::Mark,
            _ => Action::None,
        }
    }

    /// What rspamd would have the sender told.
    pub(super) fn said(&self) -> Option<&str> {
        self.messages.smtp_message.as_deref()
    }

    /// Action, score and the symbols that weigh most. (Those without weight are named where there is nothing else: what decides
    /// alone has none.)
    pub(super) fn words(&self) -> String {
        let mut symbols: Vec<_> = self.symbols.iter().filter(|(_, symbol)| symbol.score >= 0.0).collect();
        symbols.sort_by(|(_, one), (_, other)| other.score.total_cmp(&one.score));
        let has_weight = symbols.first().is_some_and(|(_, symbol)| symbol.score > 0.0);
        symbols.retain(|(_, symbol)| symbol.score > 0.0 || !has_weight);
        let names: Vec<&str> = symbols.into_iter().take(SYMBOLS).map(|(name, _)| name.as_str()).collect();
        let words = format!("rspamd says {}, score {:.1}", self.action, self.score);
        if names.is_empty() { words } else { format!("{words}: {}", names.join(" ")) }
    }
}

/// A header's value cannot break its line. rspamd takes an address with UTF-8 (RFC 6531) for none, and the letter for a bounce: so
/// its domain, at least, is told.
fn value(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).map(|c| if c.is_ascii() { c } else { '?' }).collect()
}
