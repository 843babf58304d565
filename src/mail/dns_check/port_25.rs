//! Whether connections to other mail servers are let out: many providers close port 25. The smarthosts that take letters of the
//! domain are tried, too.

use std::collections::HashSet;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::CheckState::{Error, Ok as Good, Unknown};
use super::report::{CheckKind, Finding};
use super::{Look, Sender};
use crate::mail::dns::MailHosts;

/// For connecting, and again for the greeting.
const PATIENCE: Duration = Duration::from_secs(8);
/// Octets of a greeting's first line (RFC 5321 §4.5.3.1.5).
const LINE: u64 = 512;

pub(super) async fn check(look: &Look<'_>, domain: &str, port: u16) -> Finding {
    let mut finding = others(look, Finding::new(CheckKind::Port25), domain, port).await;
    let mut seen = HashSet::new();
    for sender in look.subject.senders.iter().chain(&look.subject.null_senders) {
        if let Sender::Smarthost { host, port, is_implicit } = sender
            && seen.insert((host, port))
        {
            finding = smarthost(look, finding, host, *port, *is_implicit).await;
        }
    }
    finding
}

/// The mail hosts of others.
async fn others(look: &Look<'_>, finding: Finding, domain: &str, port: u16) -> Finding {
    let host = match look.dns.mail_hosts(domain).await {
        Err(error) => return finding.note(Unknown, error.to_string()),
        Ok(MailHosts::Hosts(hosts)) => hosts.into_iter().next().unwrap_or_else(|| domain.to_owned()),
        Ok(MailHosts::NullMx | MailHosts::None) => {
            return finding.note(Unknown, format!("{domain} takes no mail: name another host to try."));
        }
    };
    let addresses = match look.dns.addresses(&host).await {
        Err(error) => return finding.note(Unknown, error.to_string()),
        Ok(addresses) => addresses,
    };
    let (finding, (greeted, failed)) = try_all(finding, &host, &addresses, port, false).await;
    let senders = || look.subject.senders.iter().chain(&look.subject.null_senders);
    match (greeted, failed) {
        (true, false) => finding.note(Good, format!("Connections to port {port} of others are let out.")),
        // Without IPv6 outwards, mail leaves over IPv4.
        (true, true) => finding.note(Good, "Connections of one address family are let out: mail leaves over it."),
        (false, false) => finding.note(Unknown, format!("{host} has no address: name another host to try.")),
        (false, true) if !senders().any(|sender| *sender == Sender::Ourselves) => finding.note(
            Good,
            format!("Port {port} of {host} cannot be reached. No letter of the domain goes that way: all leave through a smarthost."),
        ),
        (false, true) if senders().any(|sender| *sender != Sender::Ourselves) => finding.note(
            Error,
            format!("Port {port} of {host} cannot be reached: letters that no smarthost takes do not leave. Ask your provider to open port 25 outwards, or set `outbound.smarthost`."),
        ),
        (false, true) => finding.note(
            Error,
            format!("Port {port} of {host} cannot be reached: no mail leaves. Ask your provider to open port 25 outwards, or set `outbound.smarthost`."),
        ),
    }
}

/// A smarthost that takes letters of ours.
async fn smarthost(look: &Look<'_>, finding: Finding, host: &str, port: u16, is_implicit: bool) -> Finding {
    let addresses = match look.addresses_of(host).await {
        Err(error) => return finding.note(Unknown, error.to_string()),
        Ok(addresses) if addresses.is_empty() => {
            return finding
                .note(Error, format!("The smarthost {host} has no address: what it is to take does not leave."));
        }
        Ok(addresses) => addresses,
    };
    let (finding, (greeted, _)) = try_all(finding, host, &addresses, port, is_implicit).await;
    if greeted {
        finding.note(Good, format!("The smarthost {host} answers on port {port}."))
    } else {
        let sentence =
            format!("The smarthost {host} cannot be reached on port {port}: what it is to take does not leave.");
        finding.note(Error, sentence)
    }
}

/// Tries one address of each family: a server often has a way out for one of them only. Answers whether one greeted, and whether
/// one failed.
async fn try_all(
    mut finding: Finding,
    host: &str,
    addresses: &[IpAddr],
    port: u16,
    is_implicit: bool,
) -> (Finding, (bool, bool)) {
    let first = |is_v4: bool| addresses.iter().copied().find(|address| address.is_ipv4() == is_v4);
    let (mut greeted, mut failed) = (false, false);
    for address in [first(true), first(false)].into_iter().flatten() {
        let words = match greeting(SocketAddr::new(address, port), is_implicit).await {
            Ok(line) => {
                greeted = true;
                line
            }
            Err(why) => {
                failed = true;
                why
            }
        };
        finding = finding.found([format!("{host} [{address}]:{port}: {words}")]);
    }
    (finding, (greeted, failed))
}

/// The first line that a server says; where it speaks TLS at once, that it takes connections.
async fn greeting(server: SocketAddr, is_implicit: bool) -> Result<String, String> {
    let late = |_| format!("no answer within {} seconds", PATIENCE.as_secs());
    let mut stream =
        timeout(PATIENCE, TcpStream::connect(server)).await.map_err(late)?.map_err(|error| error.to_string())?;
    if is_implicit {
        return Ok("connected".to_owned());
    }
    let mut line = String::new();
    let read = async { BufReader::new((&mut stream).take(LINE)).read_line(&mut line).await };
    timeout(PATIENCE, read).await.map_err(late)?.map_err(|error| error.to_string())?;
    // Politeness only: its failure changes nothing.
    let _ = timeout(PATIENCE, stream.write_all(b"QUIT\r\n")).await;
    match line.trim_end() {
        "" => Err("it closed without a greeting".to_owned()),
        greeting => Ok(greeting.chars().filter(|c| !c.is_control()).collect()),
    }
}
