//! The configuration: one struct per section, unknown keys refused. The doc comments are the example file.
//!
//! Promises: a value that is accepted here is usable; every error names file, line and key; `config/mxdesk.toml` is
//! generated from the structs.

mod certificate_files;
mod checks;
mod example;
mod external_account;
mod load;
mod mta_sts;
mod network;
mod policy;
mod section;
mod sections;
mod trust;

use std::path::PathBuf;

use serde::Deserialize;

pub use example::{example, example_with};
pub use external_account::external_account_key;
pub use load::ConfigError;
pub use network::{Network, NetworkError};
pub use policy::{Dnsbl, DnsblZone, Greylist, Ledger, OnFailure, Policy, Rates, Scan, answers, network};
pub use sections::{
    Acme, Automatic, BadFrom, DeskSection, Dns, Http, Identity, Limits, MtaSts, MtaStsMode, Outbound, Reports, Route,
    Smtp, Tls, TlsDemand, Trust,
};
pub use trust::ForwarderEntry;

/// The whole file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The one folder that holds everything: store, index, keys, socket. Relative to the file's folder.
    pub data_dir: PathBuf,
    /// This machine's name as others see it: in the greeting, in EHLO, in Message-IDs.
    pub hostname: String,
    /// Mail in.
    #[serde(default)]
    pub smtp: Smtp,
    /// The API and the panel.
    #[serde(default)]
    pub http: Http,
    /// Name servers.
    #[serde(default)]
    pub dns: Dns,
    /// Whom a letter is believed through.
    #[serde(default)]
    pub trust: Trust,
    /// What others know this server and its domains by.
    #[serde(default)]
    pub identity: Identity,
    /// The certificate from files.
    #[serde(default)]
    pub tls: Tls,
    /// The certificate by ACME.
    #[serde(default)]
    pub acme: Acme,
    /// The MTA-STS policy.
    #[serde(default)]
    pub mta_sts: MtaSts,
    /// Reports that we send.
    #[serde(default)]
    pub reports: Reports,
    /// Mail out.
    #[serde(default)]
    pub outbound: Outbound,
    /// Other ways out.
    #[serde(default, rename = "route")]
    pub routes: Vec<Route>,
    /// Automatic letters.
    #[serde(default)]
    pub automatic: Automatic,
    /// Limits.
    #[serde(default)]
    pub limits: Limits,
    /// The desk.
    #[serde(default)]
    pub desk: DeskSection,
    /// Who gets in.
    #[serde(default)]
    pub policy: Policy,
    /// Block lists.
    #[serde(default)]
    pub dnsbl: Dnsbl,
    /// Greylisting.
    #[serde(default)]
    pub greylist: Greylist,
    /// How much may come in a time.
    #[serde(default)]
    pub rates: Rates,
    /// Content scanners.
    #[serde(default)]
    pub scan: Scan,
    /// The ledger.
    #[serde(default)]
    pub ledger: Ledger,
}
