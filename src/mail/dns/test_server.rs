//! A real DNS server on loopback for tests: authoritative for everything, with the records that a test gives it.
//!
//! Knows nothing of this crate, so that tests of other rooms and of the whole can include it:
//! `#[path = "../src/mail/dns/test_server.rs"] mod test_server;` in `tests/`.

#![allow(dead_code, missing_docs, clippy::unwrap_used, reason = "a part of tests; each includes what it needs")]

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hickory_server::Server;
use hickory_server::net::runtime::Time;
use hickory_server::proto::op::{Header, HeaderCounts, MessageType, Metadata};
use hickory_server::proto::rr::rdata::{A, AAAA, CAA, CNAME, MX, NULL, PTR, SOA, TLSA, TXT};
use hickory_server::proto::rr::{LowerName, Name, RData, Record, RecordType};
use hickory_server::server::{Request, RequestHandler, ResponseHandler, ResponseInfo};
use hickory_server::store::in_memory::InMemoryZoneHandler;
use hickory_server::zone_handler::{AxfrPolicy, Catalog, ZoneType};
use tokio::net::{TcpListener, UdpSocket};

const TTL: u32 = 300;

/// Answers while it lives.
pub struct TestDns {
    pub address: SocketAddr,
    zone: Arc<InMemoryZoneHandler>,
    silent: Arc<Mutex<HashSet<LowerName>>>,
    server: Server<Handler>,
}

/// The catalog, but for the names about which it says nothing.
struct Handler {
    catalog: Catalog,
    silent: Arc<Mutex<HashSet<LowerName>>>,
}

impl TestDns {
    /// A server without records: every name does not exist.
    pub async fn start() -> Self {
        let zone = Arc::new(InMemoryZoneHandler::empty(Name::root(), ZoneType::Primary, AxfrPolicy::Deny, None));
        let mut catalog = Catalog::new();
        catalog.upsert(LowerName::new(&Name::root()), vec![zone.clone()]);
        let silent = Arc::new(Mutex::new(HashSet::new()));
        let mut server = Server::new(Handler { catalog, silent: Arc::clone(&silent) });
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
        let dns = Self { address, zone, silent, server };
        let soa = SOA::new(Name::root(), Name::root(), 1, 300, 300, 300, 300);
        dns.put(".", RData::SOA(soa)).await;
        dns
    }

    /// The address of a server that takes questions and never answers.
    pub async fn silent() -> (SocketAddr, UdpSocket) {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        (socket.local_addr().unwrap(), socket)
    }

    /// Questions about this name are not answered.
    pub fn silence(&self, name: &str) {
        self.silent.lock().unwrap().insert(LowerName::new(&name_of(name)));
    }

    pub async fn txt(&self, name: &str, value: &str) {
        self.txt_strings(name, &value.as_bytes().chunks(255).collect::<Vec<_>>()).await;
    }

    /// One TXT record of these character strings.
    pub async fn txt_strings(&self, name: &str, strings: &[&[u8]]) {
        self.put(name, RData::TXT(TXT::from_bytes(strings.to_vec()))).await;
    }

    pub async fn cname(&self, name: &str, target: &str) {
        self.put(name, RData::CNAME(CNAME(name_of(target)))).await;
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
        self.ptr_at(&Name::from(address).to_ascii(), host).await;
    }

    /// A PTR record at a name, such as `1.2.0.192.in-addr.arpa`.
    pub async fn ptr_at(&self, name: &str, host: &str) {
        self.put(name, RData::PTR(PTR(name_of(host)))).await;
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

#[async_trait::async_trait]
impl RequestHandler for Handler {
    async fn handle_request<R: ResponseHandler, T: Time>(&self, request: &Request, response: R) -> ResponseInfo {
        let silent = {
            let names = self.silent.lock().unwrap();
            request.queries.queries().iter().any(|query| names.contains(query.name()))
        };
        if silent {
            let metadata = Metadata::new(request.metadata.id, MessageType::Response, request.metadata.op_code);
            return ResponseInfo::from(Header { metadata, counts: HeaderCounts::default() });
        }
        self.catalog.handle_request::<R, T>(request, response).await
    }
}

/// Any octets may stand in a label.
fn name_of(text: &str) -> Name {
    let labels = text.split('.').filter(|label| !label.is_empty());
    let mut name = Name::from_labels(labels.map(str::as_bytes)).unwrap();
    name.set_fqdn(true);
    name
}
