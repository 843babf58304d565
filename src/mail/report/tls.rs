//! An SMTP TLS report (RFC 8460 §4): how a day's connections to a domain's MX hosts fared.

use minicbor::{Decode, Encode};
use serde::Serialize;
use utoipa::ToSchema;

/// A report. Texts have at most 255 characters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize, ToSchema)]
pub struct TlsReport {
    /// Who reports.
    #[n(0)]
    pub organisation: String,
    /// Whom to ask about it.
    #[n(1)]
    pub contact: String,
    /// The reporter's name for it.
    #[n(2)]
    pub report_id: String,
    /// From when on, Unix seconds.
    #[n(3)]
    pub begin: i64,
    /// Until when, Unix seconds.
    #[n(4)]
    pub end: i64,
    /// The policies that were applied; at most 20.
    #[n(5)]
    pub policies: Vec<TlsPolicy>,
}

/// One policy and how it fared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize, ToSchema)]
pub struct TlsPolicy {
    /// `sts`, `tlsa` or `no-policy-found`.
    #[n(0)]
    pub kind: String,
    /// The policy's domain.
    #[n(1)]
    pub domain: String,
    /// The policy, line by line; at most 20 lines.
    #[n(2)]
    pub lines: Vec<String>,
    /// The MX hosts of the policy; at most 20.
    #[n(3)]
    pub mx: Vec<String>,
    /// Connections that succeeded.
    #[n(4)]
    pub succeeded: u64,
    /// Connections that failed.
    #[n(5)]
    pub failed: u64,
    /// The failures with the most connections; at most 20.
    #[n(6)]
    pub failures: Vec<TlsFailure>,
}

/// Connections that failed alike.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize, ToSchema)]
pub struct TlsFailure {
    /// What failed (RFC 8460 §4.3), such as `starttls-not-supported`.
    #[n(0)]
    pub result: String,
    /// The address of the sending server.
    #[n(1)]
    pub sender: String,
    /// The MX host.
    #[n(2)]
    pub mx: String,
    /// How many connections.
    #[n(3)]
    pub sessions: u64,
    /// Further words.
    #[n(4)]
    pub reason: String,
    /// The MX host's address.
    #[n(5)]
    pub receiver: String,
}

impl TlsReport {
    /// Connections that succeeded and that failed, over all policies.
    pub fn totals(&self) -> (u64, u64) {
        self.policies.iter().fold((0, 0), |(succeeded, failed), policy| {
            (u64::saturating_add(succeeded, policy.succeeded), u64::saturating_add(failed, policy.failed))
        })
    }

    /// The domain that it is about.
    pub fn domain(&self) -> &str {
        self.policies.first().map_or("", |policy| &policy.domain)
    }

    /// One line for people.
    pub fn summary(&self) -> String {
        let (succeeded, failed) = self.totals();
        let mut line = format!(
            "TLS report of {} for {}: {succeeded} connections succeeded, {failed} failed",
            self.organisation,
            self.domain()
        );
        let mut worst: Vec<&TlsFailure> = self.policies.iter().flat_map(|policy| &policy.failures).collect();
        worst.sort_by_key(|failure| std::cmp::Reverse(failure.sessions));
        for (place, failure) in worst.iter().take(3).enumerate() {
            line.push_str(if place == 0 { " (" } else { ", " });
            line.push_str(&format!("{}: {}", failure.result, failure.sessions));
        }
        if !worst.is_empty() {
            line.push_str(if worst.len() > 3 { ", …)" } else { ")" });
        }
        line
    }
}
