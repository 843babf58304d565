//! A desk for tests: on the memory store, with a mailbox DEMO at help@demo.test, an administrator and an operator; tickets
//! of ivan@shop.test can be put into it as they lie in the store.

use std::sync::{Arc, OnceLock};

use tempfile::TempDir;

use bytes::Bytes;

use super::clock::now_ms;
use super::codec::encode;
use super::commands::{NewMailbox, NewOperator};
use super::{Actor, Change, Desk, DeskSettings, Message, MessageKind, Role, Ticket, keys};
use crate::config::Automatic;
use crate::mail::Correspondent;
use crate::mail::dkim::DkimKey;
use crate::rules::Status;
use crate::store::memory::MemoryStore;
use crate::store::{Batch, Blobs, FeedPosition, Store};

/// The password of both operators.
pub(crate) const PASSWORD: &str = "correct horse";

/// An open desk with what stands under it.
pub(crate) struct TestDesk {
    /// The desk.
    pub desk: Desk,
    /// What it stores into.
    pub store: Arc<MemoryStore>,
    /// The id of the mailbox DEMO, help@demo.test.
    pub mailbox: u64,
    /// The id of anna@demo.test.
    pub operator: u64,
    /// anna@demo.test, who may do no set-up.
    pub actor: Actor,
    /// chief@demo.test, who may.
    pub admin: Actor,
    folder: TempDir,
}

/// Opens one.
pub(crate) async fn desk() -> TestDesk {
    desk_with(|_| {}).await
}

/// Opens one with other settings.
pub(crate) async fn desk_with(change: impl FnOnce(&mut DeskSettings)) -> TestDesk {
    desk_at("demo.test", change).await
}

/// Opens one whose mailbox is help@ of another domain.
pub(crate) async fn desk_at(domain: &str, change: impl FnOnce(&mut DeskSettings)) -> TestDesk {
    let store = Arc::new(MemoryStore::default());
    let folder = TempDir::new().expect("a temporary folder");
    put_dkim_key(&folder, domain);
    let mut settings = settings(&folder);
    change(&mut settings);
    let desk = Desk::open(store.clone(), store.clone(), settings).await.expect("a desk");
    let mailbox = NewMailbox {
        name: "Demo Support".to_owned(),
        prefix: "DEMO".to_owned(),
        addresses: vec![format!("help@{domain}")],
        signature: "Your Demo team".to_owned(),
    };
    let mailbox = desk.add_mailbox(&Actor::CommandLine, mailbox).await.expect("a mailbox").value;
    let admin = add_operator(&desk, "chief@demo.test", "Chief", Role::Admin).await;
    let operator = add_operator(&desk, "anna@demo.test", "Anna", Role::Operator).await;
    TestDesk {
        desk,
        store,
        mailbox,
        operator,
        actor: Actor::Operator { id: operator, role: Role::Operator },
        admin: Actor::Operator { id: admin, role: Role::Admin },
        folder,
    }
}

/// The same, but the store knows no DKIM key: as an older version left it, with one RSA key in a file.
pub(crate) async fn desk_without_stored_keys() -> TestDesk {
    let mut test = desk().await;
    std::fs::remove_file(test.dkim_file("demo.test", "mxdesk-ed25519")).expect("a key file");
    let mut batch = Batch::new();
    for selector in ["mxdesk", "mxdesk-ed25519"] {
        batch.delete(keys::dkim_key("demo.test", selector));
    }
    test.store.commit(batch).await.expect("a commit");
    test.desk = test.reopen().await;
    test
}

impl TestDesk {
    /// Where a DKIM key's private part is.
    pub(crate) fn dkim_file(&self, domain: &str, selector: &str) -> std::path::PathBuf {
        self.folder.path().join(domain).join(format!("{selector}.pem"))
    }

    /// A second desk over the same store and keys, as after a restart.
    pub(crate) async fn reopen(&self) -> Desk {
        let settings = settings(&self.folder);
        Desk::open(self.store.clone(), self.store.clone(), settings).await.expect("a desk")
    }
}

impl TestDesk {
    /// A new ticket of ivan@shop.test with one letter, `<1@shop.test>`. Answers its number and the message's id.
    pub(crate) async fn ticket(&self) -> (u64, u64) {
        let number = self.desk.inner.tickets.next(&*self.store).await.expect("a number");
        let now = now_ms();
        let ticket = Ticket {
            number,
            mailbox: self.mailbox,
            subject: "Where is my order?".to_owned(),
            status: Status::New,
            created_at: now,
            waiting_since: Some(now),
            requester: "Ivan".to_owned(),
            requester_address: "ivan@shop.test".to_owned(),
            participants: vec!["ivan@shop.test".to_owned()],
            ..Ticket::default()
        };
        let mut batch = Batch::new();
        batch.put(keys::ticket(number), encode(&ticket));
        self.store.commit(batch).await.expect("a commit");
        (number, self.letter(number, "1@shop.test", "ivan@shop.test", "").await)
    }

    /// A letter of a ticket, with further header fields (`Reply-To: <…>\r\n`). Answers the message's id. The ticket's version
    /// changes, as when a letter is received.
    pub(crate) async fn letter(&self, ticket: u64, message_id: &str, from: &str, fields: &str) -> u64 {
        let id = self.desk.inner.ids.next(&*self.store).await.expect("an id");
        let raw = format!(
            "From: {from}\r\nTo: help@demo.test\r\nSubject: Where is my order?\r\n\
             Message-ID: <{message_id}>\r\n{fields}\r\nWhere is it?\r\n"
        );
        let blob = self.store.keep(Bytes::from(raw)).await.expect("a blob");
        let message = Message {
            id,
            ticket,
            kind: MessageKind::Inbound,
            at: now_ms(),
            from: Some(Correspondent { name: None, address: from.to_owned() }),
            message_id: Some(message_id.to_owned()),
            references: vec!["0@shop.test".to_owned()],
            text: "Where is it?".to_owned(),
            raw: Some(blob.0),
            ..Message::default()
        };
        let (mut state, _) = self.desk.ticket(ticket).await.expect("a ticket").expect("a ticket");
        state.message_count += 1;
        let mut batch = Batch::new();
        batch
            .put(keys::ticket(ticket), encode(&state))
            .put(keys::message(ticket, id), encode(&message))
            .put(keys::message_ticket(id), encode(&ticket));
        self.store.commit(batch).await.expect("a commit");
        id
    }

    /// Puts a ticket's state as a command would, and answers the feed position of the change.
    pub(crate) async fn put_ticket(&self, ticket: &Ticket) -> FeedPosition {
        let mut batch = Batch::new();
        batch.put(keys::ticket(ticket.number), encode(ticket));
        batch.feed(Change::TicketUpdated { ticket: ticket.number }.to_entry());
        self.store.commit(batch).await.expect("a commit").position
    }

    /// The ticket as it stands, with its version.
    pub(crate) async fn state(&self, ticket: u64) -> (Ticket, u64) {
        self.desk.ticket(ticket).await.expect("a read").expect("a ticket")
    }
}

fn settings(folder: &TempDir) -> DeskSettings {
    DeskSettings {
        hostname: "mx.demo.test".to_owned(),
        dkim_dir: folder.path().to_owned(),
        reopen_days: 30,
        hold_seconds: 0,
        letter_size: 50 * 1024 * 1024,
        attachment_size: 36 * 1024 * 1024,
        automatic: Automatic::default(),
        public_url: "https://desk.demo.test".to_owned(),
        count_dmarc: true,
    }
}

async fn add_operator(desk: &Desk, email: &str, name: &str, role: Role) -> u64 {
    let operator = NewOperator { email: email.to_owned(), name: name.to_owned(), role, password: PASSWORD.to_owned() };
    desk.add_operator(&Actor::CommandLine, operator).await.expect("an operator").value
}

/// One key for all tests: to make one takes a good part of a second.
fn put_dkim_key(folder: &TempDir, domain: &str) {
    static PEM: OnceLock<String> = OnceLock::new();
    let pem = PEM.get_or_init(|| DkimKey::generate(domain, "mxdesk").expect("a key").to_pem());
    let folder = folder.path().join(domain);
    std::fs::create_dir_all(&folder).expect("a folder");
    #[expect(clippy::disallowed_methods, reason = "before anything runs")]
    std::fs::write(folder.join("mxdesk.pem"), pem).expect("a key file");
}
