//! A server with a desk, on loopback, for one test.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use crate::config::{
    Acme, Config, DeskSection, Dns as DnsSection, Dnsbl, Greylist, Http, Ledger, Limits, MtaSts, Outbound, Policy,
    Rates, Reports, Scan, Smtp, Tls,
};
use crate::desk::commands::NewMailbox;
use crate::desk::queries::LedgerQuery;
use crate::desk::{Actor, Desk, DeskSettings, LedgerLine, Message};
use crate::mail::dns::Dns;
use crate::mail::dns::test_server::TestDns;
use crate::mail::verify::Verifier;
use crate::smtp::Server;
use crate::store::memory::MemoryStore;
use crate::store::{Range, Space};
use crate::tls::{Certificate, Certificates, smtp_server};

/// The mailboxes `help@demo.test` (DEMO, also `help@shop.test`) and `sam@demo.test` (SAM).
pub(super) struct TestServer {
    pub(super) address: SocketAddr,
    /// Where TLS begins at once.
    pub(super) tls_address: SocketAddr,
    pub(super) desk: Desk,
    pub(super) certificate: CertificateDer<'static>,
    pub(super) data_dir: tempfile::TempDir,
    pub(super) name_server: TestDns,
    stop: watch::Sender<bool>,
    served: JoinHandle<()>,
}

impl TestServer {
    pub(super) async fn start() -> Self {
        Self::start_with(|_| ()).await
    }

    /// With a configuration of its own.
    pub(super) async fn start_with(configure: impl FnOnce(&mut Config)) -> Self {
        let data_dir = tempfile::tempdir().unwrap();
        let mut config = Config {
            data_dir: data_dir.path().to_owned(),
            hostname: "desk.demo.test".to_owned(),
            smtp: Smtp::default(),
            http: Http::default(),
            trust: Default::default(),
            dns: DnsSection::default(),
            identity: crate::config::Identity::default(),
            tls: Tls::default(),
            routes: Vec::new(),
            acme: Acme::default(),
            mta_sts: MtaSts::default(),
            reports: Reports::default(),
            outbound: Outbound::default(),
            automatic: crate::config::Automatic::default(),
            limits: Limits { message_size: 200_000, ..Limits::default() },
            desk: DeskSection::default(),
            policy: Policy::default(),
            dnsbl: Dnsbl::default(),
            greylist: Greylist::default(),
            rates: Rates::default(),
            scan: Scan::default(),
            ledger: Ledger::default(),
        };
        configure(&mut config);
        let desk = desk(&data_dir).await;
        let (certificate, key) = Certificate::self_signed("desk.demo.test").unwrap();
        let certificates = Certificates::new(Certificate::from_pem(certificate.as_bytes(), key.as_bytes()).unwrap());
        // Every name that is looked up does not exist.
        let name_server = TestDns::start().await;
        let dns = Dns::new(&[name_server.address], Duration::from_secs(5));
        let server = Server {
            desk: desk.clone(),
            verifier: Verifier::new(dns.clone(), &config.hostname, Duration::from_secs(5)),
            dns,
            config: Arc::new(config),
            tls: Some(smtp_server(&certificates).unwrap()),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let tls_listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let tls_address = tls_listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let served = tokio::spawn(server.serve(vec![listener], vec![tls_listener], stopped));
        let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
        Self { address, tls_address, desk, certificate, data_dir, name_server, stop, served }
    }

    /// How many letters the desk holds.
    pub(super) async fn letters(&self) -> usize {
        let range = Range::prefix(&[Space::Message as u8]);
        self.desk.store().scan(&range, 1000).await.unwrap().rows.len()
    }

    /// All messages, oldest ticket first.
    pub(super) async fn messages(&self) -> Vec<Message> {
        let mut messages = Vec::new();
        for ticket in self.desk.scan_tickets(0, 100).await.unwrap() {
            messages.extend(self.desk.messages(ticket.number).await.unwrap());
        }
        messages
    }

    /// The sources of all letters, oldest ticket first.
    pub(super) async fn sources(&self) -> Vec<String> {
        let mut sources = Vec::new();
        for ticket in self.desk.scan_tickets(0, 100).await.unwrap() {
            for message in self.desk.messages(ticket.number).await.unwrap() {
                let source = self.desk.message_source(&Actor::System, message.id).await.unwrap();
                sources.push(String::from_utf8(source.to_vec()).unwrap());
            }
        }
        sources
    }

    /// The ledger's lines, newest first, as soon as there are so many (within five seconds).
    pub(super) async fn ledger(&self, count: usize) -> Vec<LedgerLine> {
        let query = LedgerQuery { limit: 200, ..LedgerQuery::default() };
        let deadline = Instant::now() + Duration::from_secs(5);
        loop {
            let (lines, _) = self.desk.ledger(&Actor::System, &query).await.unwrap();
            if lines.len() >= count || Instant::now() > deadline {
                return lines;
            }
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Asks the server to stop.
    pub(super) fn stop(&self) {
        self.stop.send(true).unwrap();
    }

    /// Waits until it has stopped.
    pub(super) async fn stopped(self) {
        timeout(Duration::from_secs(20), self.served).await.expect("serve returns").unwrap();
    }
}

async fn desk(data_dir: &tempfile::TempDir) -> Desk {
    let store = MemoryStore::new();
    let settings = DeskSettings {
        hostname: "desk.demo.test".to_owned(),
        dkim_dir: data_dir.path().join("dkim"),
        reopen_days: 30,
        hold_seconds: 0,
        count_dmarc: true,
        letter_size: 50 * 1024 * 1024,
        attachment_size: 36 * 1024 * 1024,
        automatic: crate::config::Automatic::default(),
        public_url: String::new(),
    };
    let desk = Desk::open(store.clone(), store, settings).await.unwrap();
    for (prefix, addresses) in [("DEMO", vec!["help@demo.test", "help@shop.test"]), ("SAM", vec!["sam@demo.test"])] {
        let mailbox = NewMailbox {
            name: prefix.to_owned(),
            prefix: prefix.to_owned(),
            addresses: addresses.into_iter().map(str::to_owned).collect(),
            signature: String::new(),
        };
        desk.add_mailbox(&Actor::System, mailbox).await.unwrap();
    }
    desk
}
