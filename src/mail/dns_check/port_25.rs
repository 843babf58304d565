//! Whether connections to other mail servers are let out: many providers close port 25.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::CheckState::{Error, Ok as Good, Unknown};
use super::Look;
use super::report::{CheckKind, Finding};
use crate::mail::dns::MailHosts;

/// For connecting, and again for the greeting.
const PATIENCE: Duration = Duration::from_secs(8);
/// Octets of a greeting's first line (RFC 5321 §4.5.3.1.5).
const LINE: u64 = 512;

pub(super) async fn check(look: &Look<'_>, domain: &str, port: u16) -> Finding {
    let finding = Finding::new(CheckKind::Port25);
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
    // One of each family: a server often has a way out for one of them only.
    let first = |is_v4: bool| addresses.iter().copied().find(|address| address.is_ipv4() == is_v4);
    let tried: Vec<IpAddr> = [first(true), first(false)].into_iter().flatten().collect();
    let mut finding = finding;
    let (mut greeted, mut failed) = (false, Vec::new());
    for address in tried {
        match greeting(SocketAddr::new(address, port)).await {
            Ok(line) => {
                greeted = true;
                finding = finding.found([format!("{host} [{address}]:{port}: {line}")]);
            }
            Err(why) => {
                failed.push(address);
                finding = finding.found([format!("{host} [{address}]:{port}: {why}")]);
            }
        }
    }
    match (greeted, failed.is_empty()) {
        (true, true) => finding.note(Good, format!("Connections to port {port} of others are let out.")),
        // Without IPv6 outwards, mail leaves over IPv4.
        (true, false) => finding.note(Good, "Connections of one address family are let out: mail leaves over it."),
        (false, true) => finding.note(Unknown, format!("{host} has no address: name another host to try.")),
        (false, false) => finding.note(
            Error,
            format!("Port {port} of {host} cannot be reached: no mail leaves. Ask your provider to open port 25 outwards, or set `outbound.smarthost`."),
        ),
    }
}

/// The first line that a server says.
async fn greeting(server: SocketAddr) -> Result<String, String> {
    let late = |_| format!("no answer within {} seconds", PATIENCE.as_secs());
    let mut stream =
        timeout(PATIENCE, TcpStream::connect(server)).await.map_err(late)?.map_err(|error| error.to_string())?;
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
