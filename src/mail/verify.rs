//! SPF, DKIM, DMARC, ARC and iprev for one letter, by mail-auth over [`Dns`].

use std::net::IpAddr;
use std::time::Duration;

use super::dns::Dns;
use super::{Address, Authentication};

/// Verifies letters. Cheap to clone.
#[derive(Clone)]
pub struct Verifier {}

/// What is known of a letter's way to us.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// The peer's address.
    pub peer: IpAddr,
    /// The EHLO or HELO argument.
    pub helo: &'a str,
    /// The envelope sender; `None` for the null sender.
    pub mail_from: Option<&'a Address>,
}

impl Verifier {
    /// A verifier that writes `hostname` as its authserv-id.
    pub fn new(dns: Dns, hostname: &str, deadline: Duration) -> Self {
        let _ = (dns, hostname, deadline);
        todo!("mail")
    }

    /// All methods' results. Never fails: trouble with DNS, or the deadline, is `TempError` in the results.
    pub async fn verify(&self, arrival: Arrival<'_>, raw: &[u8]) -> Authentication {
        let _ = (arrival, raw);
        todo!("mail")
    }
}
