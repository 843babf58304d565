//! Content scanners beside the server: rspamd and clamd, both at once, both off where they are not set.
//!
//! Promises: an answer within the time-out; a scanner that fails is one finding, or a `451` where the setting says so; what is read
//! from a scanner is bounded. Leaves to others: what the points come to (`letter`).

mod clamd;
mod rspamd;

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::timeout;

use super::{Refusal, points};
use crate::config::{self, OnFailure};
use crate::desk::{Finding, Reason, Stage};

use clamd::Clamd;
use rspamd::{Action, Rspamd};

/// The scanners.
pub(super) struct Scanners {
    rspamd: Option<Rspamd>,
    clamd: Option<Clamd>,
    timeout: Duration,
    on_failure: OnFailure,
    max_size: usize,
    /// Points that bring a letter into quarantine.
    apart: i32,
}

/// A letter to be scanned, with what rspamd's checks want to know of it.
#[derive(Clone, Debug)]
pub(in crate::smtp) struct Scanned<'a> {
    /// The peer.
    pub peer: IpAddr,
    /// The peer's reverse name, where it has one that leads back to it.
    pub hostname: Option<String>,
    /// The EHLO or HELO argument.
    pub helo: &'a str,
    /// The envelope sender as a path (RFC 5321 §4.1.2); empty for the null sender.
    pub from: String,
    /// The recipients, in the same way.
    pub recipients: Vec<String>,
    /// As sent.
    pub raw: Bytes,
}

/// What the scanners say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::smtp) struct Scan {
    /// What was found, and by whom nothing could be.
    pub findings: Vec<Finding>,
    /// The letter is not to be taken.
    pub refusal: Option<Refusal>,
}

/// A scanner that gave no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum ScanError {
    /// Not reached, or cut off.
    #[error("cannot be asked: {0}")]
    Io(#[from] std::io::Error),
    /// Its HTTP is broken.
    #[error("cannot be asked: {0}")]
    Http(#[from] hyper::Error),
    /// It said what is no answer.
    #[error("answers {0:?}")]
    Answer(String),
    /// It took too long.
    #[error("does not answer in time")]
    Late,
}

impl Scanners {
    pub(super) fn new(settings: &config::Scan, policy: &config::Policy) -> Self {
        Self {
            rspamd: settings.rspamd.clone().map(Rspamd::new),
            clamd: settings.clamd.clone().map(Clamd::new),
            timeout: Duration::from_secs(settings.timeout_seconds),
            on_failure: settings.on_failure,
            max_size: settings.max_size,
            apart: points(policy.quarantine_points),
        }
    }

    /// rspamd counts it against a client that it is told no name of.
    pub(super) fn ask_for_reverse_name(&self) -> bool {
        self.rspamd.is_some()
    }

    /// Asks every scanner at once.
    pub(super) async fn scan(&self, letter: &Scanned<'_>) -> Scan {
        let mut scan = Scan::default();
        if self.rspamd.is_none() && self.clamd.is_none() {
            return scan;
        }
        if letter.raw.len() > self.max_size {
            let detail = format!("larger than {} octets: not scanned", self.max_size);
            scan.findings.push(Finding::new(Stage::Unscanned, 0, &detail));
            return scan;
        }
        let virus = async { Some(self.in_time(self.clamd.as_ref()?.scan(&letter.raw)).await) };
        let spam = async { Some(self.in_time(self.rspamd.as_ref()?.scan(letter)).await) };
        let (virus, spam) = tokio::join!(virus, spam);
        match virus {
            None | Some(Ok(None)) => {}
            Some(Ok(Some(name))) => {
                scan.findings.push(Finding::new(Stage::Virus, points(1_000), &name));
                scan.refuse(Reason::Virus, Some(&name));
            }
            Some(Err(error)) => self.failed("clamd", &error, &mut scan),
        }
        match spam {
            None => {}
            Some(Ok(answer)) => self.judge(&answer, &mut scan),
            Some(Err(error)) => self.failed("rspamd", &error, &mut scan),
        }
        scan
    }

    fn judge(&self, answer: &rspamd::Answer, scan: &mut Scan) {
        let mut found = |points| scan.findings.push(Finding::new(Stage::Rspamd, points, &answer.words()));
        match answer.action() {
            Action::None => {}
            Action::Mark => found(self.apart),
            Action::Reject => {
                found(points(1_000));
                scan.refuse(Reason::ScannerRejected, answer.said());
            }
            Action::SoftReject => {
                found(0);
                scan.refuse(Reason::ScannerDeferred, answer.said());
            }
        }
    }

    fn failed(&self, scanner: &'static str, error: &ScanError, scan: &mut Scan) {
        metrics::counter!("mxdesk_scanner_failures_total", "scanner" => scanner).increment(1);
        tracing::warn!(scanner, %error, "a letter could not be scanned");
        scan.findings.push(Finding::new(Stage::Unscanned, 0, &format!("{scanner} {error}")));
        if self.on_failure == OnFailure::Defer {
            scan.refuse(Reason::ScannerUnavailable, None);
        }
    }

    async fn in_time<T>(&self, scan: impl Future<Output = Result<T, ScanError>>) -> Result<T, ScanError> {
        timeout(self.timeout, scan).await.unwrap_or(Err(ScanError::Late))
    }
}

impl Scan {
    /// Refuses, where nothing before has refused.
    fn refuse(&mut self, reason: Reason, words: Option<&str>) {
        let text = words.map(|words| {
            // What a scanner says stands in a reply: printable ASCII, one line.
            let words: String = words.chars().filter(|c| *c == ' ' || c.is_ascii_graphic()).take(200).collect();
            format!("{}: {words}", reason.text())
        });
        self.refusal.get_or_insert(Refusal { text, ..reason.into() });
    }
}

#[cfg(test)]
mod tests;
