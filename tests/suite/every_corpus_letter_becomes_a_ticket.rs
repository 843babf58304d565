use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::desk_process::Desk;
use crate::smtp_client::{SmtpClient, with_crlf};

/// Every `.eml` below a folder.
fn letters(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            letters(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "eml") {
            found.push(path);
        }
    }
}

#[tokio::test]
async fn malformed_ones_too() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    if !corpus.exists() {
        println!("no corpus beside this checkout: nothing to send");
        return;
    }
    let mut found = Vec::new();
    letters(&corpus, &mut found);
    assert!(found.len() > 50, "{} letters", found.len());
    let mut desk = Desk::start().await;
    let mut client = SmtpClient::greet(desk.connect());
    // Some letters are there twice, with one and with the other line end: the second is the first one's retry.
    let mut distinct = HashSet::new();
    for path in &found {
        let letter = with_crlf(&std::fs::read(path).expect("a letter"));
        let reply = client.letter(&letter);
        distinct.insert(letter);
        assert!(reply.starts_with("250 2.0.0 "), "{}: {reply}", path.display());
    }
    assert!(desk.is_alive(), "{}", desk.log());
    let messages = desk.eventually("/tickets?limit=200", |page| {
        let count = |ticket: &serde_json::Value| ticket["message_count"].as_u64().unwrap_or(0);
        page["items"]
            .as_array()
            .is_some_and(|tickets| tickets.iter().map(count).sum::<u64>() as usize == distinct.len())
    });
    println!(
        "{} letters, {} of them distinct, became {} tickets",
        found.len(),
        distinct.len(),
        messages.await["total"]
    );
}
