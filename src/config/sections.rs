//! The sections. A doc comment here is the comment in the example file.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Network;
use super::section::section;

/// What becomes of a letter without exactly one `From` field with exactly one address (RFC 5322 §3.6.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BadFrom {
    /// It is a ticket that needs eyes.
    #[default]
    NeedsEyes,
    /// It is refused.
    Reject,
}

section! {
    /// Mail in.
    Smtp {
        /// Where the SMTP server listens. Under systemd with socket activation, the unit's sockets are used instead.
        listen: Vec<SocketAddr> = vec![SocketAddr::from(([127, 0, 0, 1], 2525))];
        /// Where it listens for clients that begin TLS at once, without STARTTLS (RFC 8314 §3). Of the unit's sockets, those with
        /// a port that is named here are served so.
        tls_listen: Vec<SocketAddr> = Vec::new();
        /// Networks of balancers that say in a PROXY protocol header (version 1 or 2) for whom they speak. From these peers the
        /// header is required; from all others it is never read.
        proxy_from: Vec<Network> = Vec::new();
        /// Networks of clients that may say for whom they speak with XCLIENT, as a mail filter in front of this server does.
        xclient_from: Vec<Network> = Vec::new();
        /// Networks of senders that cannot help sending bare CR or LF: their line ends are made CRLF, while others' letters are
        /// refused with 521. The end of a letter is CRLF.CRLF from them, too.
        bare_line_end_from: Vec<Network> = Vec::new();
        /// What becomes of a letter without exactly one From field with exactly one address: "needs_eyes" (a ticket that says so)
        /// or "reject".
        bad_from: BadFrom = BadFrom::NeedsEyes;
        /// Seconds to wait for a command (RFC 5321 §4.5.3.2.7 asks for at least 5 minutes).
        command_timeout_seconds: u64 = 300;
        /// Seconds to wait for the next piece of a letter (RFC 5321 §4.5.3.2.5 asks for at least 3 minutes).
        data_timeout_seconds: u64 = 180;
        /// Seconds that one letter may take in all, from DATA to its last octet.
        letter_timeout_seconds: u64 = 3600;
        /// Seconds from the last octet of a letter to the reply: verification, rules and commit.
        reply_deadline_seconds: u64 = 60;
    }
}

section! {
    /// The API and the panel.
    Http {
        /// Where the HTTP server listens. Put a TLS-terminating proxy in front of it when it is not loopback.
        listen: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 8025));
        /// How the panel is reached from outside, such as `https://desk.example.com`: what the Origin check of writes
        /// expects. Empty: an origin is accepted when it names the same host as the request.
        public_url: String = String::new();
    }
}

section! {
    /// Name servers.
    Dns {
        /// "ip:port" of name servers; those of the system where the list is empty.
        servers: Vec<SocketAddr> = Vec::new();
        /// Seconds to wait for an answer.
        timeout_seconds: u64 = 5;
    }
}

section! {
    /// The certificate for STARTTLS. Where none is given, a self-signed one is made in the data folder.
    Tls {
        /// PEM file with the certificate chain.
        certificate: Option<PathBuf> = None;
        /// PEM file with the private key.
        key: Option<PathBuf> = None;
    }
}

section! {
    /// Mail out.
    Outbound {
        /// "host:port" that takes all outgoing mail. Unset: the recipients' MX hosts take it.
        smarthost: Option<String> = None;
        /// The port used at MX hosts.
        port: u16 = 25;
        /// Seconds to wait before each further attempt; the last one is repeated until the message is given up.
        retry_seconds: Vec<u64> = vec![60, 300, 900, 1800, 3600, 7200, 14_400];
        /// Hours after which an undelivered message is given up.
        give_up_after_hours: u64 = 120;
        /// Deliveries at the same time, in all.
        concurrency: usize = 50;
        /// Seconds that a reply waits in the queue before it leaves: how long it can be taken back.
        hold_seconds: u32 = 15;
    }
}

section! {
    /// Automatic letters (RFC 3834), and addresses that get none.
    Automatic {
        /// Automatic letters to one address within `window_hours`.
        per_address: u32 = 3;
        /// Automatic letters in one ticket within `window_hours`.
        per_ticket: u32 = 2;
        /// The hours in which they are counted.
        window_hours: u32 = 24;
        /// Seconds after an automatic letter in which the next one from the same address, or into the same ticket, is taken for a
        /// machine's answer to it.
        ping_pong_seconds: u32 = 300;
        /// Only senders whom SPF or DMARC proves are answered: to answer a forged one is to write to a stranger.
        only_proven: bool = true;
        /// Days for which an address that bounced for good gets no automatic mail, and operators are warned of it. 0: until it is
        /// taken away.
        bounced_days: u32 = 90;
        /// The same for an address whose owner complained.
        complained_days: u32 = 365;
    }
}

section! {
    /// Limits. Each has a default; none can be switched off.
    Limits {
        /// Largest letter, in octets.
        message_size: usize = 50 * 1024 * 1024;
        /// SMTP connections at the same time.
        connections: usize = 1000;
        /// SMTP connections at the same time from one address.
        connections_per_address: usize = 100;
        /// Recipients of one letter (RFC 5321 §4.5.3.1.8 asks for at least 100).
        recipients: usize = 100;
        /// Octets of letters in flight that are held in memory; beyond it they wait in temporary files.
        memory: usize = 256 * 1024 * 1024;
        /// Free space of the data folder's disk, in octets, below which letters are answered 452.
        min_free_space: u64 = 512 * 1024 * 1024;
    }
}

section! {
    /// The desk.
    DeskSection {
        /// Days after which a closed ticket is not opened again by an answer: a new one is linked to it.
        reopen_days: u32 = 30;
    }
}
