//! A real DNS server on loopback for tests: authoritative for everything, with the records that a test gives it.
//!
//! Knows nothing of this crate, so that tests of other rooms and of the whole can include it:
//! `#[path = "../src/mail/dns/test_server.rs"] mod test_server;` in `tests/`.

#![allow(dead_code, missing_docs, clippy::unwrap_used, reason = "a part of tests; each includes what it needs")]

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hickory_server::Server;
use hickory_server::proto::rr::rdata::{A, AAAA, CAA, CNAME, MX, NULL, PTR, SOA, TLSA, TXT};
use hickory_server::proto::rr::{LowerName, Name, RData, Record, RecordType};
use hickory_server::store::in_memory::InMemoryZoneHandler;
use hickory_server::zone_handler::{AxfrPolicy, Catalog, ZoneType};
use tokio::net::{TcpListener, UdpSocket};

const TTL: u32 = 300;

/// Answers while it lives.
pub struct TestDns {
    pub address: SocketAddr,
    zone: Arc<InMemoryZoneHandler>,
    server: Server<Catalog>,
}

impl TestDns {
    /// A server without records: every name does not exist.
    pub async fn start() -> Self {
        let zone = Arc::new(InMemoryZoneHandler::empty(Name::root(), ZoneType::Primary, AxfrPolicy::Deny));
        let mut catalog = Catalog::new();
        catalog.upsert(LowerName::new(&Name::root()), vec![zone.clone()]);
        let mut server = Server::new(catalog);
        // TCP and UDP on one port: the UDP port is free as often as not, so try until both are.
        let (udp, tcp) = loop {
            let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
            if let Ok(udp) = UdpSocket::bind(tcp.local_addr().unwrap()).await {
                break (udp, tcp);
            }
        };
        let address = tcp.local_addr().unwrap();
        server.register_socket(udp);
        server.register_listener(tcp, Duration::from_secs(5), 16);
        let dns = Self { address, zone, server };
        let soa = SOA::new(Name::root(), Name::root(), 1, 300, 300, 300, 300);
        dns.put(".", RData::SOA(soa)).await;
        dns
    }

    /// The address of a server that takes questions and never answers.
    pub async fn silent() -> (SocketAddr, UdpSocket) {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        (socket.local_addr().unwrap(), socket)
    }

    pub async fn txt(&self, name: &str, value: &str) {
        let pieces = value.as_bytes().chunks(255).map(|piece| String::from_utf8(piece.to_vec()).unwrap()).collect();
        self.put(name, RData::TXT(TXT::new(pieces))).await;
    }

    pub async fn host(&self, name: &str, address: IpAddr) {
        let data = match address {
            IpAddr::V4(v4) => RData::A(A(v4)),
            IpAddr::V6(v6) => RData::AAAA(AAAA(v6)),
        };
        self.put(name, data).await;
    }

    pub async fn mx(&self, domain: &str, preference: u16, host: &str) {
        self.put(domain, RData::MX(MX::new(preference, name_of(host)))).await;
    }

    pub async fn ptr(&self, address: IpAddr, host: &str) {
        self.put(&Name::from(address).to_ascii(), RData::PTR(PTR(name_of(host)))).await;
    }

    pub async fn alias(&self, name: &str, target: &str) {
        self.put(name, RData::CNAME(CNAME(name_of(target)))).await;
    }

    pub async fn tlsa(&self, name: &str, usage: u8, selector: u8, matching: u8, data: &[u8]) {
        let data = TLSA::new(usage.into(), selector.into(), matching.into(), data.to_vec());
        self.put(name, RData::TLSA(data)).await;
    }

    /// `issuer` empty: nobody may issue.
    pub async fn caa(&self, name: &str, issuer: &str) {
        let issuer = (!issuer.is_empty()).then(|| name_of(issuer));
        self.put(name, RData::CAA(CAA::new_issue(false, issuer, Vec::new()))).await;
    }

    /// Makes a name the top of a zone, signed or not, as others see it: with a SOA record, and a DS record at its parent.
    pub async fn zone(&self, name: &str, signed: bool) {
        let soa = SOA::new(Name::root(), Name::root(), 1, 300, 300, 300, 300);
        self.put(name, RData::SOA(soa)).await;
        if signed {
            let ds = [&[0x12, 0x34, 15, 2][..], &[7; 32]].concat();
            self.put(name, RData::Unknown { code: RecordType::DS, rdata: NULL::with(ds) }).await;
        }
    }

    /// Stops answering.
    pub async fn stop(mut self) {
        self.server.shutdown_gracefully().await.unwrap();
    }

    async fn put(&self, name: &str, data: RData) {
        self.zone.upsert(Record::from_rdata(name_of(name), TTL, data), 1).await;
    }
}

fn name_of(text: &str) -> Name {
    let mut name = Name::from_ascii(text).unwrap();
    name.set_fqdn(true);
    name
}
