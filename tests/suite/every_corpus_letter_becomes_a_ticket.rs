use std::collections::BTreeSet;
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
    // Some letters are there twice, with one line end and the other: the second is the first one's retry, with its number.
    let mut named = BTreeSet::new();
    for path in &found {
        let reply = client.letter(&with_crlf(&std::fs::read(path).expect("a letter")));
        assert!(reply.starts_with("250 2.0.0 "), "{}: {reply}", path.display());
        named.insert(reply.trim_end().rsplit(' ').next().expect("a number").to_owned());
    }
    assert!(desk.is_alive(), "{}", desk.log());
    let listed = |page: &serde_json::Value| -> BTreeSet<String> {
        let tickets = page["items"].as_array().into_iter().flatten();
        tickets.filter_map(|ticket| ticket["display"].as_str().map(str::to_owned)).collect()
    };
    desk.eventually("/tickets?limit=200", |page| listed(page) == named).await;
    println!("{} letters became {} tickets", found.len(), named.len());
}
