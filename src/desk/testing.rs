//! A desk for tests: on the memory store, with a mailbox DEMO at help@demo.test, an administrator and an operator.

use std::sync::{Arc, OnceLock};

use tempfile::TempDir;

use super::commands::{NewMailbox, NewOperator};
use super::{Actor, Desk, DeskSettings, Role};
use crate::mail::dkim::DkimKey;
use crate::store::memory::MemoryStore;

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
    let store = Arc::new(MemoryStore::default());
    let folder = TempDir::new().expect("a temporary folder");
    put_dkim_key(&folder, "demo.test");
    let desk = open(&store, &folder).await;
    let mailbox = NewMailbox {
        name: "Demo Support".to_owned(),
        prefix: "DEMO".to_owned(),
        addresses: vec!["help@demo.test".to_owned()],
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

impl TestDesk {
    /// A second desk over the same store and keys, as after a restart.
    pub(crate) async fn reopen(&self) -> Desk {
        open(&self.store, &self.folder).await
    }
}

async fn open(store: &Arc<MemoryStore>, folder: &TempDir) -> Desk {
    let settings = DeskSettings {
        hostname: "mx.demo.test".to_owned(),
        dkim_dir: folder.path().to_owned(),
        reopen_days: 30,
        hold_seconds: 0,
    };
    Desk::open(store.clone(), store.clone(), settings).await.expect("a desk")
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
