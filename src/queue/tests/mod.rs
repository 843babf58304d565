//! The queue over real sockets: a desk on the memory store, a name server and SMTP servers on loopback.

mod chunks;
mod crashes;
mod limits;
mod policies;
mod protection;
mod require_tls;
mod server;
mod transactions;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use self::server::{Behaviour, Server};
use super::Queue;
use super::net::Tcp;
use super::patience::Patience;
use super::runner::{Shared, run};
use super::taken::Taken;
use super::tls::Trust;
use crate::config::Config;
use crate::desk::commands::NewMessage;
use crate::desk::testing::{self, TestDesk};
use crate::desk::{Actor, Delivery, DeliveryState};
use crate::mail::dns::Dns;
use crate::mail::dns::test_server::TestDns;

const DEADLINE: Duration = Duration::from_secs(20);

/// A desk with a queue.
struct Setting {
    test: TestDesk,
    names: TestDns,
    server: Server,
    stop: watch::Sender<bool>,
    config: Arc<Config>,
}

impl Setting {
    /// The MX of shop.test is mx.shop.test, which is the server.
    async fn new(behaviour: Behaviour, outbound: &str) -> Self {
        let server = Server::start(behaviour).await;
        let names = TestDns::start().await;
        names.mx("shop.test", 10, "mx.shop.test").await;
        names.host("mx.shop.test", "127.0.0.1".parse().unwrap()).await;
        let port = server.address.port();
        let text = format!(
            "data_dir = \"d\"\nhostname = \"mx.demo.test\"\n[outbound]\nport = {port}\n{}",
            outbound.replace("PORT", &port.to_string())
        );
        let config = Arc::new(Config::parse(Path::new("f.toml"), &text).unwrap());
        Self { test: testing::desk().await, names, server, stop: watch::channel(false).0, config }
    }

    fn start(&self, trust: Trust) {
        self.start_with(Dns::new(&[self.names.address], Duration::from_secs(5)), trust, 443);
    }

    fn start_with(&self, dns: Dns, trust: Trust, sts_port: u16) {
        let queue = Queue { desk: self.test.desk.clone(), dns, config: Arc::clone(&self.config) };
        let mut shared = Shared::new(&queue, Tcp, trust, Patience::default());
        shared.sts_port = sts_port;
        tokio::spawn(run(Arc::new(shared), self.stop.subscribe()));
    }

    /// With a file of what servers took.
    fn start_noting(&self, file: &Path) {
        let dns = Dns::new(&[self.names.address], Duration::from_secs(5));
        let queue = Queue { desk: self.test.desk.clone(), dns, config: Arc::clone(&self.config) };
        let mut shared = Shared::new(&queue, Tcp, no_trust(), Patience::default());
        shared.taken = Some(Taken::open(file, 4).unwrap());
        tokio::spawn(run(Arc::new(shared), self.stop.subscribe()));
    }

    /// A reply to ivan@shop.test with copies. Answers its ticket.
    async fn reply(&self, cc: &[&str]) -> u64 {
        let cc = cc.iter().map(|&address| address.to_owned()).collect();
        self.reply_with(NewMessage { cc, ..NewMessage::default() }).await
    }

    async fn reply_with(&self, message: NewMessage) -> u64 {
        let (number, _) = self.test.ticket().await;
        let message = NewMessage { text: "Hello".to_owned(), ..message };
        self.test.desk.reply(&self.test.actor, number, message).await.unwrap();
        number
    }

    async fn deliveries(&self, number: u64) -> Vec<Delivery> {
        let view = self.test.desk.ticket_view(&Actor::System, number).await.unwrap();
        view.messages.into_iter().flat_map(|message| message.deliveries).collect()
    }

    /// The deliveries of a ticket when none is waiting for its first attempt any more.
    async fn attempted(&self, number: u64) -> Vec<Delivery> {
        let began = Instant::now();
        loop {
            let deliveries = self.deliveries(number).await;
            if deliveries.iter().all(|delivery| delivery.state != DeliveryState::Queued) {
                return deliveries;
            }
            assert!(began.elapsed() < DEADLINE, "{deliveries:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

fn no_trust() -> Trust {
    Trust::new(Vec::new()).unwrap()
}

fn states(deliveries: &[Delivery]) -> Vec<(&str, DeliveryState)> {
    deliveries.iter().map(|delivery| (delivery.recipient.as_str(), delivery.state)).collect()
}
