//! The sections. A doc comment here is the comment in the example file.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::section::section;
use super::trust::ForwarderEntry;

section! {
    /// Mail in.
    Smtp {
        /// Where the SMTP server listens. Under systemd with socket activation, the unit's sockets are used instead.
        listen: Vec<SocketAddr> = vec![SocketAddr::from(([127, 0, 0, 1], 2525))];
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
    /// Whom a letter is believed through, when it does not come from its sender straight.
    Trust {
        /// Domains whose ARC seals are believed, such as "google.com": when a chain is whole, and these alone had the letter
        /// since, a letter that they saw pass DMARC passes here (RFC 8617 §7.2).
        arc_sealers: Vec<String> = Vec::new();
        /// Who forwards this company's mail to this machine: networks ("192.0.2.0/24") or the end of host names
        /// ("google.com"; the name must be confirmed by DNS). The client is then taken from the forwarder's own Received
        /// field, a seal of the domain that its host name lies in is believed, and SPF is not held against the letter.
        /// Networks are the surer way.
        forwarders: Vec<ForwarderEntry> = Vec::new();
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
