use std::sync::Arc;

use crate::desk::{Actor, Desk, commands::NewMailbox};
use crate::store::rocks::RocksStore;
use crate::store::{BlobHash, Blobs};

use super::{desk, mail, numbers};

#[tokio::test]
async fn a_letter_is_there_after_a_restart_and_is_known_again() {
    let test = desk().await;
    let settings = test.desk.inner.settings.clone();
    let folder = tempfile::tempdir().unwrap();
    let letter = mail("ivan@shop.test").id("1@shop.test");
    let number = {
        let store = RocksStore::open(folder.path(), 0).unwrap();
        let desk = Desk::open(store.clone(), store, settings.clone()).await.unwrap();
        let mailbox = NewMailbox {
            name: "Demo".to_owned(),
            prefix: "DEMO".to_owned(),
            addresses: vec!["help@demo.test".to_owned()],
            signature: String::new(),
        };
        desk.add_mailbox(&Actor::CommandLine, mailbox).await.unwrap();
        numbers(&desk.receive(letter.transaction(&desk)).await)[0]
    };
    let store: Arc<RocksStore> = RocksStore::open(folder.path(), 0).unwrap();
    let desk = Desk::open(store.clone(), store.clone(), settings).await.unwrap();
    assert_eq!(numbers(&desk.receive(letter.transaction(&desk)).await), [number]);
    let messages = desk.messages(number).await.unwrap();
    assert_eq!(messages.len(), 1);
    let source = store.fetch(BlobHash(messages[0].raw.unwrap())).await.unwrap().unwrap();
    assert!(source.ends_with(letter.raw().as_bytes()));
    let next = numbers(&desk.receive(mail("olga@shop.test").transaction(&desk)).await)[0];
    assert!(next > number);
}
