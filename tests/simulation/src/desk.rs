//! The desk of one seed: the memory store, some tickets, a reply to each.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use mxdesk::config::Config;
use mxdesk::desk::commands::{NewMailbox, NewMessage};
use mxdesk::desk::receive::{Transaction, Verdict};
use mxdesk::desk::{Actor, Delivery, Desk, DeskSettings, DsnRequest, Judged, Recipient, SessionFacts};
use mxdesk::mail::dns::Dns;
use mxdesk::mail::{Address, Authentication};
use mxdesk::queue::Trust;
use mxdesk::store::memory::MemoryStore;
use tokio::runtime::Runtime;

use crate::dice::Dice;

/// Domains of recipients: each has a server of its own.
pub const DOMAINS: [&str; 3] = ["a.test", "b.test", "c.test"];

/// What all seeds share, because it is slow to make: the DKIM key, the authorities, the resolver (which is never asked).
pub struct Place {
    folder: tempfile::TempDir,
    pub trust: Trust,
    pub dns: Dns,
}

impl Place {
    pub fn new() -> Self {
        let runtime = runtime();
        let place = Self {
            folder: tempfile::tempdir().expect("a folder"),
            trust: Trust::new(Vec::new()).expect("trust"),
            dns: runtime.block_on(async { Dns::new(&[SocketAddr::from(([127, 0, 0, 1], 9))], Duration::from_secs(1)) }),
        };
        // The first mailbox makes the key for all.
        runtime.block_on(async { mailbox(&place.open(&MemoryStore::new()).await).await });
        place
    }

    pub async fn open(&self, store: &Arc<MemoryStore>) -> Desk {
        let settings = DeskSettings {
            hostname: "mx.desk.test".to_owned(),
            dkim_dir: self.folder.path().to_owned(),
            reopen_days: 30,
            hold_seconds: 0,
            letter_size: 50 * 1024 * 1024,
            attachment_size: 36 * 1024 * 1024,
            count_dmarc: false,
            automatic: mxdesk::config::Automatic::default(),
            public_url: String::new(),
        };
        Desk::open(Arc::clone(store) as _, Arc::clone(store) as _, settings).await.expect("a desk")
    }

    /// Every recipient's deliveries, by ticket, and which of them stand in the queue.
    pub fn outcome(&self, store: &Arc<MemoryStore>, tickets: &[u64]) -> (Vec<(String, Delivery)>, Vec<u64>) {
        runtime().block_on(async {
            let desk = self.open(store).await;
            let mut deliveries = Vec::new();
            for ticket in tickets {
                for view in desk.ticket_view(&Actor::System, *ticket).await.expect("a ticket").messages {
                    let id = view.message.message_id.unwrap_or_default();
                    deliveries.extend(view.deliveries.into_iter().map(|delivery| (id.clone(), delivery)));
                }
            }
            let queued = desk.due_deliveries(u64::MAX, (0, 0), 1_000).await.expect("a queue");
            (deliveries, queued.into_iter().map(|delivery| delivery.id).collect())
        })
    }

    /// Tickets with a reply each, by the seed's dice. Answers their numbers.
    pub fn fill(&self, store: &Arc<MemoryStore>, dice: &mut Dice) -> Vec<u64> {
        runtime().block_on(async {
            let desk = self.open(store).await;
            let mailbox = mailbox(&desk).await;
            let mut tickets = Vec::new();
            for number in 0..3 + dice.below(6) {
                let ticket = letter(&desk, mailbox, number).await;
                let mut cc = Vec::new();
                for copy in 0..dice.below(5) {
                    let name = if dice.hits(15) { "gone" } else { "copy" };
                    let domain = DOMAINS[usize::try_from(dice.below(3)).expect("small")];
                    cc.push(format!("{name}{number}x{copy}@{domain}"));
                }
                let reply = NewMessage { text: format!("Reply {number}"), cc, ..NewMessage::default() };
                desk.reply(&Actor::System, ticket, reply).await.expect("a reply");
                tickets.push(ticket);
            }
            tickets
        })
    }
}

pub fn config(servers: &[SocketAddr; 3]) -> Arc<Config> {
    let mut text = "data_dir = \"d\"\nhostname = \"mx.desk.test\"\n[outbound]\nretry_seconds = [1, 2, 4, 8]\n\
                    concurrency = 5\ndestination_concurrency = 2\n"
        .to_owned();
    for (domain, server) in DOMAINS.iter().zip(servers) {
        text += &format!("[[route]]\ndomains = [\"{domain}\"]\nsmarthost = \"{server}\"\ntls = \"never\"\n");
    }
    Arc::new(Config::parse(Path::new("simulation.toml"), &text).expect("a configuration"))
}

pub fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

async fn mailbox(desk: &Desk) -> u64 {
    let mailbox = NewMailbox {
        name: "Help".to_owned(),
        prefix: "SIM".to_owned(),
        addresses: vec!["help@desk.test".to_owned()],
        signature: String::new(),
    };
    desk.add_mailbox(&Actor::CommandLine, mailbox).await.expect("a mailbox").value
}

/// A letter of a customer of a.test; answers its ticket.
async fn letter(desk: &Desk, mailbox: u64, number: u64) -> u64 {
    let address = |text: &str| Address::parse(text).expect("an address");
    let raw = format!(
        "From: ivan{number}@a.test\r\nTo: help@desk.test\r\nSubject: Order {number}\r\nMessage-ID: <{number}@a.test>\r\n\r\nWhere?\r\n"
    );
    let transaction = Transaction {
        session: SessionFacts::default(),
        mail_from: Some(address(&format!("ivan{number}@a.test"))),
        recipients: vec![Recipient { address: address("help@desk.test"), mailbox, sub_address: None }],
        dsn: DsnRequest::default(),
        require_tls: false,
        raw: Bytes::from(raw),
        trace_header: String::new(),
        authentication: Authentication::default(),
        judged: Judged::default(),
    };
    match desk.receive(transaction).await {
        Verdict::Accepted { tickets } => {
            tickets[0].split('-').next_back().and_then(|number| number.parse().ok()).expect("a number")
        }
        refused => panic!("{refused:?}"),
    }
}
