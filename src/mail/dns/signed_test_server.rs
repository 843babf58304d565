//! A real DNS server on loopback whose one zone, the root, is signed with a key of the test's own.

#![allow(dead_code, missing_docs, clippy::unwrap_used, reason = "a part of tests; each takes what it needs")]

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE64;
use hickory_server::Server;
use hickory_server::dnssec::NxProofKind;
use hickory_server::proto::dnssec::crypto::Ed25519SigningKey;
use hickory_server::proto::dnssec::rdata::DNSKEY;
use hickory_server::proto::dnssec::{DnssecSigner, PublicKey, SigningKey};
use hickory_server::proto::rr::rdata::tlsa::{CertUsage, Matching, Selector, TLSA};
use hickory_server::proto::rr::rdata::{A, AAAA, MX, NS, NULL, SOA, TXT};
use hickory_server::proto::rr::{LowerName, Name, RData, Record, RecordType};
use hickory_server::store::in_memory::InMemoryZoneHandler;
use hickory_server::zone_handler::{AxfrPolicy, Catalog, ZoneType};
use tokio::net::{TcpListener, UdpSocket};

const TTL: u32 = 300;

/// Answers while it lives.
pub struct SignedDns {
    pub address: SocketAddr,
    /// The zone's key, as a resolver's trust anchor.
    pub anchors: String,
    server: Server<Catalog>,
}

/// A zone that is being filled.
pub struct Zone {
    handler: InMemoryZoneHandler,
    key: Ed25519SigningKey,
    /// Put in when everything else has been signed.
    unsigned: Vec<Record>,
}

impl SignedDns {
    /// An empty zone.
    pub fn zone() -> Zone {
        let key = Ed25519SigningKey::from_pkcs8(&Ed25519SigningKey::generate_pkcs8().unwrap()).unwrap();
        let proof = Some(NxProofKind::Nsec);
        let handler = InMemoryZoneHandler::empty(Name::root(), ZoneType::Primary, AxfrPolicy::Deny, proof);
        let mut zone = Zone { handler, key, unsigned: Vec::new() };
        zone.put(".", RData::SOA(SOA::new(Name::root(), Name::root(), 1, 300, 300, 300, 300)));
        zone.put(".", RData::NS(NS(name_of("ns.test"))));
        zone
    }
}

impl Zone {
    pub fn mx(&mut self, domain: &str, host: &str) -> &mut Self {
        self.mx_at(domain, 10, host)
    }

    pub fn mx_at(&mut self, domain: &str, preference: u16, host: &str) -> &mut Self {
        self.put(domain, RData::MX(MX::new(preference, name_of(host))))
    }

    pub fn host(&mut self, name: &str, address: &str) -> &mut Self {
        self.put(
            name,
            match address.parse().unwrap() {
                IpAddr::V4(v4) => RData::A(A(v4)),
                IpAddr::V6(v6) => RData::AAAA(AAAA(v6)),
            },
        )
    }

    pub fn txt(&mut self, name: &str, text: &str) -> &mut Self {
        self.put(name, RData::TXT(TXT::new(vec![text.to_owned()])))
    }

    /// A record with the SHA-256 of a public key.
    pub fn tlsa(&mut self, name: &str, usage: u8, hash: [u8; 32]) -> &mut Self {
        let tlsa = TLSA::new(CertUsage::from(usage), Selector::Spki, Matching::Sha256, hash.to_vec());
        self.put(name, RData::TLSA(tlsa))
    }

    /// The apex of a zone, as one sees it from outside: an SOA record, and a DS record.
    pub fn apex(&mut self, name: &str) -> &mut Self {
        for record in apex(name) {
            self.handler.upsert_mut(record, 1);
        }
        self
    }

    /// The same without signatures.
    pub fn unsigned_apex(&mut self, name: &str) -> &mut Self {
        self.unsigned.extend(apex(name));
        self
    }

    pub fn anchors(&self) -> String {
        let key = BASE64.encode(self.key.to_public_key().unwrap().public_bytes());
        format!(". 300 IN DNSKEY 257 3 15 {key}\n")
    }

    pub async fn serve(self) -> SignedDns {
        let anchors = self.anchors();
        let Zone { mut handler, key, unsigned } = self;
        let dnskey = DNSKEY::from_key(&key.to_public_key().unwrap());
        let signer = DnssecSigner::new(dnskey, Box::new(key), Name::root(), Duration::from_secs(86_400));
        handler.add_zone_signing_key_mut(signer).unwrap();
        handler.secure_zone_mut().unwrap();
        for record in unsigned {
            handler.upsert_mut(record, 1);
        }
        let mut catalog = Catalog::new();
        catalog.upsert(LowerName::new(&Name::root()), vec![Arc::new(handler)]);
        let mut server = Server::new(catalog);
        let (udp, tcp) = loop {
            let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
            if let Ok(udp) = UdpSocket::bind(tcp.local_addr().unwrap()).await {
                break (udp, tcp);
            }
        };
        let address = tcp.local_addr().unwrap();
        server.register_socket(udp);
        server.register_listener(tcp, Duration::from_secs(5), 16);
        SignedDns { address, anchors, server }
    }

    fn put(&mut self, name: &str, data: RData) -> &mut Self {
        self.handler.upsert_mut(Record::from_rdata(name_of(name), TTL, data), 1);
        self
    }
}

fn apex(name: &str) -> [Record; 2] {
    let soa = SOA::new(Name::root(), Name::root(), 1, 300, 300, 300, 300);
    let ds = [&[0x12, 0x34, 15, 2][..], &[7; 32]].concat();
    let ds = RData::Unknown { code: RecordType::DS, rdata: NULL::with(ds) };
    [RData::SOA(soa), ds].map(|data| Record::from_rdata(name_of(name), TTL, data))
}

fn name_of(text: &str) -> Name {
    let mut name = Name::from_ascii(text).unwrap();
    name.set_fqdn(true);
    name
}
