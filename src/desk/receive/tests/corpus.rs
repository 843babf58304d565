use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::desk::keys;
use crate::desk::receive::duplicate::fingerprint;
use crate::mail::Letter;
use crate::store::{Space, Store};

use super::{desk, numbers, transaction};

/// Real letters beside the checkout, where they are there.
fn letters() -> Vec<PathBuf> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus")];
    let mut letters = Vec::new();
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "eml") {
                letters.push(path);
            }
        }
    }
    letters.sort();
    letters
}

#[tokio::test]
async fn every_real_letter_becomes_a_message_of_a_ticket() {
    let test = desk().await;
    let to = ["help@demo.test".to_owned()];
    let (mut tickets, mut messages, mut different) = (HashSet::new(), HashSet::new(), HashSet::new());
    for path in letters() {
        #[expect(clippy::disallowed_methods, reason = "nothing else runs")]
        let raw = std::fs::read(&path).unwrap();
        // Some of them are one letter written in two ways.
        different.insert(fingerprint(Letter::parse(&raw).message_id.as_deref(), "ivan@shop.test", &raw));
        let verdict = test.desk.receive(transaction(&test.desk, &to, raw)).await;
        let number = numbers(&verdict)[0];
        tickets.insert(number);
        messages.extend(test.messages_of(number).await.iter().map(|message| message.id));
        assert_eq!(messages.len(), different.len(), "{}", path.display());
    }
    let mut stored = 0;
    let mut range = keys::all(Space::Ticket);
    loop {
        let page = test.store.scan(&range, 1000).await.unwrap();
        stored += page.rows.len();
        match page.next {
            Some(last) => range.after = Some(last),
            None => break,
        }
    }
    assert_eq!(stored, tickets.len());
}
