//! The configuration: one struct per section, unknown keys refused. The doc comments are the example file.
//!
//! Promises: a value that is accepted here is usable; every error names file, line and key.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;

/// The whole file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The one folder that holds everything: store, index, keys, socket.
    pub data_dir: PathBuf,
    /// This machine's name as others see it: in the greeting, in EHLO, in Message-IDs. Its PTR record should say the same.
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
    /// Limits.
    #[serde(default)]
    pub limits: Limits,
    /// The desk.
    #[serde(default)]
    pub desk: DeskSection,
}

/// Mail in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Smtp {
    /// Where the SMTP server listens. Under systemd with socket activation, the sockets of the unit are used instead.
    pub listen: Vec<SocketAddr>,
    /// Seconds to wait for a command (RFC 5321 §4.5.3.2.7: at least 5 minutes).
    pub command_timeout_seconds: u64,
    /// Seconds to wait for the next piece of a letter (RFC 5321 §4.5.3.2.5: at least 3 minutes).
    pub data_timeout_seconds: u64,
    /// Seconds that one letter may take in all, from DATA to the last byte.
    pub letter_timeout_seconds: u64,
    /// Seconds from the last byte of a letter to the reply: verification, rules and commit.
    pub reply_deadline_seconds: u64,
}

/// The API and the panel.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Http {
    /// Where the HTTP server listens. Put a TLS-terminating proxy in front of it when it is not loopback.
    pub listen: SocketAddr,
    /// How the panel is reached from outside, such as `https://desk.example.com`: what the Origin check expects. Empty: any
    /// origin whose host is the request's own.
    pub public_url: String,
}

/// Name servers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Dns {
    /// `ip:port` of name servers; those of the system where empty.
    pub servers: Vec<SocketAddr>,
    /// Seconds to wait for an answer.
    pub timeout_seconds: u64,
}

/// The certificate for STARTTLS.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tls {
    /// PEM file with the certificate chain. A self-signed one is made in the data folder where this is empty.
    pub certificate: Option<PathBuf>,
    /// PEM file with the private key.
    pub key: Option<PathBuf>,
}

/// Mail out.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Outbound {
    /// `host:port` that takes all outgoing mail; the recipients' MX hosts where empty.
    pub smarthost: Option<String>,
    /// The port used at MX hosts.
    pub port: u16,
    /// Seconds to wait before each further attempt; the last is repeated until `give_up_after_hours`.
    pub retry_seconds: Vec<u64>,
    /// Hours after which an undelivered message is given up.
    pub give_up_after_hours: u64,
    /// Deliveries at the same time, in all.
    pub concurrency: usize,
    /// Seconds that a reply waits in the queue before it leaves, so that it can be taken back.
    pub hold_seconds: u32,
}

/// Limits. Each has a default; none can be switched off.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Largest letter, in octets.
    pub message_size: usize,
    /// SMTP connections at the same time.
    pub connections: usize,
    /// SMTP connections at the same time from one address.
    pub connections_per_address: usize,
    /// Recipients of one letter (RFC 5321 §4.5.3.1.8: at least 100).
    pub recipients: usize,
    /// Octets of letters in flight that may be held in memory; beyond it they go to temporary files.
    pub memory: usize,
    /// Free space of the data folder's disk, in octets, below which letters are answered `452`.
    pub min_free_space: u64,
}

/// The desk.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeskSection {
    /// Days after which a closed ticket is not opened again by an answer: a new one is linked to it.
    pub reopen_days: u32,
}

impl Default for Smtp {
    fn default() -> Self {
        Self {
            listen: vec![SocketAddr::from(([127, 0, 0, 1], 2525))],
            command_timeout_seconds: 300,
            data_timeout_seconds: 180,
            letter_timeout_seconds: 3600,
            reply_deadline_seconds: 60,
        }
    }
}

impl Default for Http {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 8025)), public_url: String::new() }
    }
}

impl Default for Dns {
    fn default() -> Self {
        Self { servers: Vec::new(), timeout_seconds: 5 }
    }
}

impl Default for Outbound {
    fn default() -> Self {
        Self {
            smarthost: None,
            port: 25,
            retry_seconds: vec![60, 300, 900, 1800, 3600, 7200, 14400],
            give_up_after_hours: 120,
            concurrency: 50,
            hold_seconds: 0,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_size: 50 * 1024 * 1024,
            connections: 1000,
            connections_per_address: 100,
            recipients: 100,
            memory: 256 * 1024 * 1024,
            min_free_space: 512 * 1024 * 1024,
        }
    }
}

impl Default for DeskSection {
    fn default() -> Self {
        Self { reopen_days: 30 }
    }
}
