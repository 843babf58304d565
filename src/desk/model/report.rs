//! A report about our mail that a letter brought.

use minicbor::{Decode, Encode};

use crate::desk::queries::ReportKind;
use crate::mail::report::{DmarcReport, Report, TlsReport};

/// A report that was received. One of `dmarc` and `tls` is there.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub struct ReceivedReport {
    /// The message that brought it.
    #[n(0)]
    pub message: u64,
    /// Its ticket.
    #[n(1)]
    pub ticket: u64,
    /// When it came, Unix milliseconds.
    #[n(2)]
    pub at: u64,
    /// The From address as key; empty where there was none.
    #[n(3)]
    pub from: String,
    /// The letter passed DMARC: it is really from the From domain. A report that is not may say anything.
    #[n(4)]
    pub authenticated: bool,
    /// How letters fared that named our domain.
    #[n(5)]
    pub dmarc: Option<DmarcReport>,
    /// How connections to our MX hosts fared.
    #[n(6)]
    pub tls: Option<TlsReport>,
}

impl ReceivedReport {
    /// What kind it is.
    pub fn kind(&self) -> ReportKind {
        if self.dmarc.is_some() { ReportKind::Dmarc } else { ReportKind::Tls }
    }

    /// What it says.
    pub fn report(&self) -> Option<Report> {
        let dmarc = self.dmarc.clone().map(Report::Dmarc);
        dmarc.or_else(|| self.tls.clone().map(Report::Tls))
    }
}
