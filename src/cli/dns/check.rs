//! `mxdesk dns check DOMAIN`.

use std::time::Duration;

use anyhow::bail;
use clap::Args;

use super::{domains, subject};
use crate::cli::say;
use crate::config::Config;
use crate::mail::dns::Dns;
use crate::mail::dns_check::{self, CheckState, DomainReport, Extras, Finding, Https};

#[derive(Args)]
pub(super) struct Check {
    /// A domain of one of the desk's mailboxes.
    domain: String,
    /// Print JSON instead of text.
    #[arg(long)]
    json: bool,
    /// Try whether port 25 is open outwards, at this domain's MX.
    #[arg(long, value_name = "HOST")]
    port25: Option<String>,
    /// Look our addresses up in this DNS block list too (beside `identity.block_lists`).
    #[arg(long, value_name = "ZONE")]
    dnsbl: Vec<String>,
}

impl Check {
    pub(super) fn run(self, config: &Config) -> anyhow::Result<()> {
        let domain = self.domain.trim_end_matches('.').to_lowercase();
        if !domains(config)?.contains(&domain) {
            bail!("{domain} is no domain of a mailbox");
        }
        let subject = subject(config, &domain)?;
        let extras = Extras {
            way_out: self.port25.map(|host| (host, config.outbound.port)),
            block_lists: config.identity.block_lists.iter().cloned().chain(self.dnsbl).collect(),
        };
        let https = Https::of_system();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let report = runtime.block_on(async {
            let dns = Dns::new(&config.dns.servers, Duration::from_secs(config.dns.timeout_seconds));
            let dns = dns.with_dnssec(config.dns.trust_anchors.as_deref()).map_err(anyhow::Error::msg)?;
            anyhow::Ok(dns_check::check(&dns, &https, &subject, &extras).await)
        })?;
        say(&if self.json { serde_json::to_string_pretty(&report)? } else { text(&report) });
        match report.state {
            CheckState::Error => bail!("{domain} needs mending"),
            CheckState::Ok | CheckState::Unknown | CheckState::Warning => Ok(()),
        }
    }
}

/// As people read it: what is wrong stands out, and what to paste is below it.
fn text(report: &DomainReport) -> String {
    let count = |state| report.checks.iter().filter(|finding| finding.state == state).count();
    let mut lines = vec![format!(
        "{}: {} ok, {} warnings, {} errors, {} unknown",
        report.domain,
        count(CheckState::Ok),
        count(CheckState::Warning),
        count(CheckState::Error),
        count(CheckState::Unknown),
    )];
    for finding in &report.checks {
        lines.push(String::new());
        lines.extend(lines_of(finding));
    }
    lines.join("\n")
}

fn lines_of(finding: &Finding) -> Vec<String> {
    let mut lines = vec![format!("[{}] {}: {}", finding.state.word(), finding.title, finding.meaning)];
    lines.extend(finding.found.iter().map(|found| format!("    found: {found}")));
    if !finding.publish.is_empty() {
        lines.push("    publish:".to_owned());
        lines.extend(finding.publish.iter().map(|record| format!("        {record}")));
    }
    if let Some(file) = &finding.serve {
        lines.push(format!("    serve at {}:", file.url));
        lines.extend(file.text.lines().map(|line| format!("        {line}")));
    }
    lines
}
