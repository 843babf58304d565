//! The sections. A doc comment here is the comment in the example file.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Network;
use super::section::section;
use super::trust::ForwarderEntry;

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

/// What an MTA-STS policy asks of senders (RFC 8461 §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MtaStsMode {
    /// There is no policy.
    Off,
    /// There is no policy any more.
    None,
    /// Failures are reported, and letters delivered all the same.
    Testing,
    /// Letters are not delivered where TLS fails.
    Enforce,
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
        /// Where the same is served over TLS, with the certificate of `[tls]` or `[acme]` (":443" needs the right to open it).
        tls_listen: Option<SocketAddr> = None;
        /// How the panel is reached from outside, such as `https://desk.example.com`: what the Origin check of writes
        /// expects. Empty: an origin is accepted when it names the same host as the request. Letters of mailings lead there for
        /// unsubscribing: without an https URL here no mailing is sent.
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
        /// File with DNSKEY records (zone format) that DNSSEC begins with instead of the root's keys. For `outbound.dane` and `dns check`.
        trust_anchors: Option<PathBuf> = None;
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
    /// What others know this server and its domains by.
    Identity {
        /// The public addresses of this server, from which its mail leaves; those of `hostname` in DNS where the list is empty.
        addresses: Vec<IpAddr> = Vec::new();
        /// DNS block lists in which `mxdesk dns check` looks these addresses up, such as `bl.example.org`. Read a list's terms
        /// first; none is asked by default.
        block_lists: Vec<String> = Vec::new();
        /// Days that a DKIM key which signs no more is kept, with its record: letters signed with it are under way.
        dkim_keep_days: u32 = 14;
    }
}

section! {
    /// The certificate for STARTTLS and HTTPS, from files. They are read anew when they change, and on SIGHUP; while they cannot be
    /// used, the certificate before them stays in use. Where neither files nor `[acme]` are set, a self-signed certificate is made
    /// in the data folder.
    Tls {
        /// PEM file with the certificate chain.
        certificate: Option<PathBuf> = None;
        /// PEM file with the private key.
        key: Option<PathBuf> = None;
    }
}

/// What TLS towards a server must be like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TlsDemand {
    /// STARTTLS where it is offered, with any certificate; else clear text (RFC 7435).
    #[default]
    Opportunistic,
    /// STARTTLS with a certificate for the server's name, or no delivery.
    Required,
    /// TLS from the first octet (RFC 8314 §3.3) with a certificate for the server's name, or no delivery.
    Implicit,
    /// Clear text.
    Never,
}

section! {
    /// The certificate for STARTTLS and HTTPS, by ACME (RFC 8555). Until the first one is issued, a self-signed one is used.
    Acme {
        /// The directory's URL, such as `https://acme-v02.api.letsencrypt.org/directory`. Setting it means that you agree to
        /// its terms of service. Unset: no ACME.
        directory: Option<String> = None;
        /// PEM file with the one root that the directory's own certificate is checked against; the system's roots where unset.
        directory_ca: Option<PathBuf> = None;
        /// The e-mail address that the directory may write to.
        contact: Option<String> = None;
        /// The name that the directory gave for an account with it (external account binding, RFC 8555 §7.3.4), where it demands
        /// one to open ours.
        eab_key_id: Option<String> = None;
        /// File with the key that the directory gave beside that name, as it gave it (base64url, one line).
        eab_key: Option<PathBuf> = None;
        /// The host names to be certified, such as the MX host, the panel's host and `mta-sts.example.com`. Empty: `hostname`.
        names: Vec<String> = Vec::new();
        /// Where HTTP-01 challenges are answered (RFC 8555 §8.3): port 80, or where a proxy in front hands
        /// `/.well-known/acme-challenge/` on to.
        http_listen: Option<SocketAddr> = None;
        /// Where TLS-ALPN-01 challenges are answered (RFC 8737): port 443. Not needed where `http.tls_listen` has that port.
        tls_listen: Option<SocketAddr> = None;
    }
}

section! {
    /// Our MTA-STS policy (RFC 8461), answered at `https://mta-sts.DOMAIN/.well-known/mta-sts.txt` for every domain of a mailbox,
    /// by the HTTP server: through a proxy with a certificate for that name, or `http.tls_listen`.
    MtaSts {
        /// "off", "none" (withdraws an earlier policy), "testing" or "enforce".
        mode: MtaStsMode = MtaStsMode::Off;
        /// Seconds that senders keep the policy (RFC 8461 §3.2: at most 31557600).
        max_age: u32 = 604_800;
        /// The MX hosts that the policy names. Empty: `hostname`.
        mx: Vec<String> = Vec::new();
    }
}

section! {
    /// Reports that we send to others, once a day. (Those that others send to us are recognised in any mailbox.)
    Reports {
        /// Send DMARC aggregate reports (RFC 7489 §7.2) to the domains that ask for them. Letters are counted from the day on
        /// which this is set.
        send_dmarc: bool = false;
        /// Send SMTP TLS reports (RFC 8460) to the domains that we send mail to and that ask for them.
        send_tlsrpt: bool = false;
        /// Who reports. Empty: `hostname`.
        organisation: String = String::new();
        /// The address that reports come from; its domain should have a DKIM key here. Unset: `postmaster@` the domain of the
        /// first mailbox.
        from: Option<String> = None;
    }
}

section! {
    /// Mail out.
    Outbound {
        /// "host:port" that takes all outgoing mail. Unset: the recipients' MX hosts take it.
        smarthost: Option<String> = None;
        /// The port used at MX hosts.
        port: u16 = 25;
        /// TLS: "opportunistic" (STARTTLS where it is offered, any certificate), "required" (STARTTLS, certificate for the
        /// server's name), "implicit" (TLS from the first octet, as on port 465; certificate for the name), "never".
        tls: TlsDemand = TlsDemand::Opportunistic;
        /// File with two lines, name and password for the smarthost (SCRAM-SHA-256, PLAIN or LOGIN). Needs `tls` to be
        /// "required" or "implicit". It is read for every connection, so it can be changed at any time.
        credentials: Option<PathBuf> = None;
        /// MTA-STS (RFC 8461): a domain's policy is fetched, kept, and followed.
        mta_sts: bool = true;
        /// DANE (RFC 7672): TLSA records that DNSSEC vouches for are followed. Only with name servers that pass DNSSEC records on:
        /// with others every domain looks forged, and its mail waits.
        dane: bool = false;
        /// PEM file with certificate authorities that are believed besides those of the system.
        authorities: Option<PathBuf> = None;
        /// Seconds to wait before each further attempt, up to a tenth more at random; the last one is repeated until the
        /// message is given up.
        retry_seconds: Vec<u64> = vec![60, 300, 900, 1800, 3600, 7200, 14_400];
        /// Hours after which a message that is still not delivered is told of on its ticket, once.
        delay_notice_hours: u64 = 4;
        /// Hours after which an undelivered message is given up.
        give_up_after_hours: u64 = 120;
        /// Connections at the same time, in all.
        concurrency: usize = 50;
        /// Largest answer with its attachments, in octets. (Base64 makes a file larger by 37 %.)
        letter_size: usize = 50 * 1024 * 1024;
        /// Largest file that is attached to an answer, in octets.
        attachment_size: usize = 36 * 1024 * 1024;
        /// Octets of letters of more than 256 KiB that are held in memory while they are sent; beyond it such letters wait.
        memory: usize = 256 * 1024 * 1024;
        /// Connections at the same time to one destination (a domain, or a smarthost). Fewer after temporary refusals.
        destination_concurrency: usize = 10;
        /// Letters to one destination in a minute. Fewer after temporary refusals.
        destination_rate_per_minute: u32 = 6000;
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
    /// Another way out for some letters. The first route counts whose `domains` and `mailboxes` both fit.
    Route {
        /// The recipients' domains: "example.com", or "*.example.com" for all below it. Empty: every domain.
        domains: Vec<String> = Vec::new();
        /// Prefixes of the mailboxes that send: "DEMO". Empty: every mailbox.
        mailboxes: Vec<String> = Vec::new();
        /// "host:port" that takes these letters. Unset: the recipients' MX hosts.
        smarthost: Option<String> = None;
        /// As in `[outbound]`.
        tls: TlsDemand = TlsDemand::Opportunistic;
        /// As in `[outbound]`.
        credentials: Option<PathBuf> = None;
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
