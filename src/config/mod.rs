//! The configuration: one struct per section, unknown keys refused. The doc comments are the example file.
//!
//! Promises: a value that is accepted here is usable; every error names file, line and key; `config/mxdesk.toml` is
//! generated from the structs.

mod example;
mod load;
mod network;
mod section;
mod sections;

use std::path::PathBuf;

use serde::Deserialize;

pub use example::example;
pub use load::ConfigError;
pub use network::{Network, NetworkError};
pub use sections::{Automatic, BadFrom, DeskSection, Dns, Http, Limits, Outbound, Smtp, Tls};

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
    /// The certificate for STARTTLS.
    #[serde(default)]
    pub tls: Tls,
    /// Mail out.
    #[serde(default)]
    pub outbound: Outbound,
    /// Automatic letters.
    #[serde(default)]
    pub automatic: Automatic,
    /// Limits.
    #[serde(default)]
    pub limits: Limits,
    /// The desk.
    #[serde(default)]
    pub desk: DeskSection,
}
