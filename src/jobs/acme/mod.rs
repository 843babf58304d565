//! Certificates by ACME (RFC 8555): ordered, renewed after two thirds of their time, kept in the data folder.
//!
//! Promises: the start never waits for a certificate; failures are tried again with growing pauses; account key and
//! certificate are readable by their owner only, and are in place as a whole or not at all.
//! Leaves to others: handshakes and open challenges (`tls`); opening the listeners (`cli`).

mod account;
mod connections;
mod http_01;
mod order;
mod schedule;
mod tls_alpn_01;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use instant_acme::ChallengeType;
use rcgen::KeyPair;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::config;
use crate::tls::{Certificate, Certificates, TlsError, write_private};

/// One order from its account to its certificate, in all.
const ORDER_DEADLINE: Duration = Duration::from_secs(600);
/// How often the time is compared with the renewal's: a machine that slept does not sleep on.
const LOOK_EVERY: Duration = Duration::from_secs(3600);

/// Gets and renews one certificate.
pub struct Acme {
    /// Directory, contact and names.
    pub config: config::Acme,
    /// The names to be certified, in lower case; at least one.
    pub names: Vec<String>,
    /// Where account and certificate are kept.
    pub folder: PathBuf,
    /// What handshakes ask.
    pub certificates: Arc<Certificates>,
    /// TLS-ALPN-01 can be answered: a TLS listener uses `certificates`.
    pub has_tls: bool,
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum AcmeError {
    /// The directory refused, or could not be reached.
    #[error(transparent)]
    Protocol(#[from] instant_acme::Error),
    /// A name was not proven to be ours.
    #[error("{0}")]
    NotProven(String),
    /// A file could not be read or written.
    #[error("{0}: {1}")]
    File(String, std::io::Error),
    /// What was issued cannot be used.
    #[error(transparent)]
    Certificate(#[from] TlsError),
    /// It took too long.
    #[error("no certificate within {} s", ORDER_DEADLINE.as_secs())]
    TooLong,
}

/// The certificate that was issued last, where there is one that can be read. Blocking.
pub fn kept(folder: &Path) -> Option<Certificate> {
    #[expect(clippy::disallowed_methods, reason = "called before the runtime has work, and from the blocking pool")]
    let bundle = std::fs::read(folder.join(BUNDLE)).ok()?;
    Certificate::from_pem(&bundle, &bundle).ok()
}

/// Key and chain in one file, so that they change together.
const BUNDLE: &str = "certificate.pem";

impl Acme {
    /// Keeps the certificate fresh until `stop` becomes true (or its sender is gone). Listeners are for the challenges.
    pub async fn run(self, http: Option<TcpListener>, tls: Option<TcpListener>, mut stop: watch::Receiver<bool>) {
        let http = http_01::serve(http, Arc::clone(&self.certificates), stop.clone());
        let tls = tls_alpn_01::serve(tls, Arc::clone(&self.certificates), stop.clone());
        // Both end with `stop`, or at once where there is nothing to listen on.
        let challenges = async { tokio::join!(http, tls) };
        let renewals = async {
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => {}
                () = self.renew() => {}
            }
        };
        tokio::join!(challenges, renewals);
    }

    /// Never ends.
    async fn renew(&self) {
        let mut failures = 0;
        loop {
            let folder = self.folder.clone();
            let kept = tokio::task::spawn_blocking(move || kept(&folder)).await.ok().flatten();
            let due = schedule::due_in(kept.as_ref(), &self.names, jiff::Timestamp::now().as_second());
            if !due.is_zero() {
                tokio::time::sleep(due.min(LOOK_EVERY)).await;
                continue;
            }
            let ordered = tokio::time::timeout(ORDER_DEADLINE, self.order()).await.unwrap_or(Err(AcmeError::TooLong));
            let outcome = if ordered.is_ok() { "issued" } else { "failed" };
            metrics::counter!("mxdesk_acme_orders_total", "outcome" => outcome).increment(1);
            match ordered {
                Ok(()) => failures = 0,
                Err(error) => {
                    let pause = schedule::pause(failures);
                    failures = failures.saturating_add(1);
                    let error = whole(&error);
                    tracing::warn!(error, names = ?self.names, again_in_seconds = pause.as_secs(), "no certificate was issued");
                    tokio::time::sleep(pause).await;
                }
            }
        }
    }

    /// The key of the certificate before, or a new one: what is published of a key (TLSA records) holds over renewals.
    async fn key(&self) -> Result<KeyPair, AcmeError> {
        let kept = tokio::fs::read_to_string(self.folder.join(BUNDLE)).await;
        match kept.ok().and_then(|bundle| KeyPair::from_pem(&bundle).ok()) {
            Some(key) => Ok(key),
            None => Ok(KeyPair::generate().map_err(TlsError::from)?),
        }
    }

    /// The challenges that can be answered, the preferred one first.
    fn kinds(&self) -> Vec<ChallengeType> {
        let http = self.config.http_listen.map(|_| ChallengeType::Http01);
        http.into_iter().chain(self.has_tls.then_some(ChallengeType::TlsAlpn01)).collect()
    }

    /// Orders a certificate, keeps it and takes it into use.
    async fn order(&self) -> Result<(), AcmeError> {
        let account = account::open(&self.config, &self.folder).await?;
        let kinds = self.kinds();
        let key = self.key().await?;
        let issued = order::order(&account, &self.names, &kinds, self.certificates.challenges(), &key).await;
        if let Err(AcmeError::Protocol(error)) = &issued
            && account::is_unknown(error)
        {
            // The directory has forgotten us: the next attempt opens a new account.
            account::forget(&self.config, &self.folder).await?;
        }
        let (chain, key) = (issued?, key.serialize_pem());
        let certificate = Certificate::from_pem(chain.as_bytes(), key.as_bytes())?;
        let file = self.folder.join(BUNDLE);
        blocking_write(file, format!("{key}{chain}").into_bytes()).await?;
        let days_left = certificate.days_left(jiff::Timestamp::now().as_second());
        tracing::info!(names = ?certificate.names, days_left, "a certificate was issued");
        self.certificates.replace(certificate);
        Ok(())
    }
}

/// An error with its causes: the client's own says only that it could not connect.
fn whole(error: &AcmeError) -> String {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// Writes a private file on the blocking pool.
async fn blocking_write(file: PathBuf, content: Vec<u8>) -> Result<(), AcmeError> {
    let name = file.display().to_string();
    let written = tokio::task::spawn_blocking(move || write_private(&file, &content)).await;
    // The task does not panic; it is cancelled only where the runtime goes down.
    written.unwrap_or_else(|error| Err(std::io::Error::other(error))).map_err(|error| AcmeError::File(name, error))
}
