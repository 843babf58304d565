//! A DMARC aggregate report (RFC 7489 appendix C, RFC 9990): what a receiver saw in one day of letters that named our domain.

use minicbor::{Decode, Encode};
use serde::Serialize;
use utoipa::ToSchema;

/// A report. Texts have at most 255 characters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize, ToSchema)]
pub struct DmarcReport {
    /// Who reports.
    #[n(0)]
    pub organisation: String,
    /// Whom to ask about it.
    #[n(1)]
    pub email: String,
    /// The reporter's name for it.
    #[n(2)]
    pub report_id: String,
    /// From when on, Unix seconds.
    #[n(3)]
    pub begin: i64,
    /// Until when, Unix seconds.
    #[n(4)]
    pub end: i64,
    /// The domain whose policy was found.
    #[n(5)]
    pub domain: String,
    /// `p=` as found.
    #[n(6)]
    pub policy: String,
    /// `sp=` as found; empty where there was none.
    #[n(7)]
    pub subdomain_policy: String,
    /// `adkim=`: `r` or `s`; empty where it was not said.
    #[n(8)]
    pub dkim_alignment: String,
    /// `aspf=`: `r` or `s`; empty where it was not said.
    #[n(9)]
    pub spf_alignment: String,
    /// All letters.
    #[n(10)]
    pub letters: u64,
    /// Letters that passed: DKIM or SPF for an aligned domain.
    #[n(11)]
    pub passed: u64,
    /// The rows with the most letters.
    #[n(12)]
    pub rows: Vec<DmarcRow>,
    /// There are more rows than are kept.
    #[n(13)]
    pub more: bool,
}

/// Letters that came alike from one address.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize, ToSchema)]
pub struct DmarcRow {
    /// The sending address.
    #[n(0)]
    pub source: String,
    /// How many.
    #[n(1)]
    pub letters: u64,
    /// What was done: `none`, `quarantine`, `reject` (RFC 9990: `pass`).
    #[n(2)]
    pub disposition: String,
    /// DKIM passed for an aligned domain.
    #[n(3)]
    pub dkim_aligned: bool,
    /// SPF passed for an aligned domain.
    #[n(4)]
    pub spf_aligned: bool,
    /// The domain of the From header.
    #[n(5)]
    pub header_from: String,
    /// The domain of the envelope sender; empty where it was not said.
    #[n(6)]
    pub envelope_from: String,
    /// The signatures that were seen; at most 8.
    #[n(7)]
    pub dkim: Vec<DkimEvidence>,
    /// What SPF came to; at most 2.
    #[n(8)]
    pub spf: Vec<SpfEvidence>,
    /// Why the disposition is another one than the policy's (`forwarded`, `mailing_list`, …); at most 4.
    #[n(9)]
    pub overrides: Vec<String>,
}

/// One signature.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize, ToSchema)]
pub struct DkimEvidence {
    /// `d=`.
    #[n(0)]
    pub domain: String,
    /// `s=`.
    #[n(1)]
    pub selector: String,
    /// The result's name (RFC 8601 §2.7.1).
    #[n(2)]
    pub result: String,
}

/// One check of SPF.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize, ToSchema)]
pub struct SpfEvidence {
    /// The domain that was checked.
    #[n(0)]
    pub domain: String,
    /// The result's name (RFC 8601 §2.7.2).
    #[n(1)]
    pub result: String,
}

impl DmarcRow {
    /// It passed.
    pub fn passed(&self) -> bool {
        self.dkim_aligned || self.spf_aligned
    }
}

impl DmarcReport {
    /// One line for people.
    pub fn summary(&self) -> String {
        let failed = self.letters.saturating_sub(self.passed);
        let mut line = format!(
            "DMARC report of {} for {}: {} letters, {} passed, {failed} failed",
            self.organisation, self.domain, self.letters, self.passed
        );
        let mut worst: Vec<&DmarcRow> = self.rows.iter().filter(|row| !row.passed()).collect();
        worst.sort_by_key(|row| std::cmp::Reverse(row.letters));
        for (place, row) in worst.iter().take(3).enumerate() {
            line.push_str(if place == 0 { " (from " } else { ", " });
            line.push_str(&format!("{}: {}", row.source, row.letters));
        }
        if !worst.is_empty() {
            line.push_str(if worst.len() > 3 { ", …)" } else { ")" });
        }
        line
    }
}
